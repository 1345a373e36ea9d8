/* SPDX-License-Identifier: Apache-2.0 */
/* tools/windows/sys/stat.h: see tool_windows.c. No link is told from what it leads to. */
#include_next <sys/stat.h>
#ifndef MDBX_TOOLS_WINDOWS_SYS_STAT_H
#define MDBX_TOOLS_WINDOWS_SYS_STAT_H
#ifdef _WIN32
/* Nobody can choose the mode of a directory. */
int tool_windows_mkdir(const char *path, unsigned mode);
#define lstat(path, status) stat(path, status)
#define S_ISLNK(mode) ((void)(mode), 0)
#define mkdir(path, mode) tool_windows_mkdir(path, mode)
#endif
#endif
