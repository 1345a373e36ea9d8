/* SPDX-License-Identifier: Apache-2.0 */
/* tools/windows/stdio.h: see tool_windows.c. */
#include_next <stdio.h>
#ifndef MDBX_TOOLS_WINDOWS_STDIO_H
#define MDBX_TOOLS_WINDOWS_STDIO_H
#ifdef _WIN32
#define getc_unlocked(file) getc(file)
#endif
#endif
