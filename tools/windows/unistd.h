/* SPDX-License-Identifier: Apache-2.0 */
/* tools/windows/unistd.h: see tool_windows.c. Files have owners without numbers. */
#include_next <unistd.h>
#ifndef MDBX_TOOLS_WINDOWS_UNISTD_H
#define MDBX_TOOLS_WINDOWS_UNISTD_H
#ifdef _WIN32
#define geteuid() 0
#endif
#endif
