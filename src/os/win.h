/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/win.h: what the parts of the os layer for Windows share.
 *
 * A descriptor is one of the C library (_open_osfhandle), so that the engine has ints everywhere, programs pass what
 * _fileno() and _open() give, and the tools write to descriptor 1 as elsewhere. All I/O goes to its handle.
 */
#ifndef MDBX_OS_WIN_H
#define MDBX_OS_WIN_H

#include "os/os.h"

/* The handle of a descriptor, NULL if it is none. */
void *win_handle(int fd);
/* The errno value for a code of GetLastError(); never MDBX_SUCCESS. MDBX_BUSY: the file is mapped. */
int win_error_of(unsigned long code);
int win_last_error(void);

/* A path in UTF-8 as the system takes it, also a long one; the caller frees it. NULL: *rc tells why. */
wchar_t *win_path(const char *path, int *rc);
/* The path of an open file in UTF-8; the caller frees it. NULL without memory, or if it has none. */
char *win_path_of_handle(void *handle);
/* The identity of an open file. */
int win_id_of_handle(void *handle, struct os_file_id *id);

/* A descriptor for a handle, which is closed on error. */
int win_descriptor(void *handle, int *fd);
/* Known byte locks: those of a descriptor that is closed are forgotten, and a copy of it has the same. */
void win_locks_forget(int fd);
void win_locks_share(int fd, int copy);

#endif
