/* SPDX-License-Identifier: Apache-2.0 */
/* tools/windows/fcntl.h: see tool_windows.c. */
#include_next <fcntl.h>
#ifndef MDBX_TOOLS_WINDOWS_FCNTL_H
#define MDBX_TOOLS_WINDOWS_FCNTL_H
#ifdef _WIN32
/* Whether a descriptor is open: 0 or -1. */
int tool_windows_is_open(int fd);
#define O_NOCTTY 0
#define O_NOFOLLOW 0
#define O_CLOEXEC _O_NOINHERIT
#define F_GETFD 1
#define fcntl(fd, command) tool_windows_is_open(fd)
#endif
#endif
