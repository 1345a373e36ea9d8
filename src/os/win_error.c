/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/win_error.c: codes of the system as values of errno, and their texts.
 */
#include "os/win.h"

#include <errno.h>
#include <windows.h>

#ifndef ERROR_DISK_QUOTA_EXCEEDED
#define ERROR_DISK_QUOTA_EXCEEDED 1295
#endif

static const struct {
  DWORD code;
  int error;
} known_errors[] = {
    {ERROR_FILE_NOT_FOUND, ENOENT},
    {ERROR_PATH_NOT_FOUND, ENOENT},
    {ERROR_INVALID_NAME, ENOENT},
    {ERROR_BAD_PATHNAME, ENOENT},
    {ERROR_BAD_NETPATH, ENOENT},
    {ERROR_BAD_NET_NAME, ENOENT},
    {ERROR_INVALID_DRIVE, ENOENT},
    {ERROR_DIRECTORY, ENOTDIR},
    {ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG},
    {ERROR_TOO_MANY_OPEN_FILES, EMFILE},
    {ERROR_ACCESS_DENIED, EACCES},
    {ERROR_PRIVILEGE_NOT_HELD, EPERM},
    {ERROR_SHARING_VIOLATION, EBUSY},
    {ERROR_LOCK_VIOLATION, EBUSY},
    {ERROR_BUSY, EBUSY},
    {ERROR_INVALID_HANDLE, EBADF},
    {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},
    {ERROR_OUTOFMEMORY, ENOMEM},
    {ERROR_COMMITMENT_LIMIT, ENOMEM},
    {ERROR_NO_SYSTEM_RESOURCES, ENOMEM},
    {ERROR_WORKING_SET_QUOTA, ENOMEM},
    {ERROR_WRITE_PROTECT, EROFS},
    {ERROR_HANDLE_DISK_FULL, ENOSPC},
    {ERROR_DISK_FULL, ENOSPC},
    {ERROR_DISK_QUOTA_EXCEEDED, ENOSPC},
    {ERROR_FILE_TOO_LARGE, EFBIG},
    {ERROR_FILE_EXISTS, EEXIST},
    {ERROR_ALREADY_EXISTS, EEXIST},
    {ERROR_DIR_NOT_EMPTY, ENOTEMPTY},
    {ERROR_NOT_SAME_DEVICE, EXDEV},
    {ERROR_BROKEN_PIPE, EPIPE},
    {ERROR_NO_DATA, EPIPE},
    {ERROR_CANT_RESOLVE_FILENAME, ELOOP},
    {ERROR_INVALID_PARAMETER, EINVAL},
    {ERROR_NEGATIVE_SEEK, EINVAL},
    {ERROR_FILE_INVALID, EINVAL},
    {ERROR_MAPPED_ALIGNMENT, EINVAL},
    {ERROR_NO_UNICODE_TRANSLATION, EILSEQ},
    {ERROR_NOT_SUPPORTED, MDBX_ENOSYS},
    {ERROR_INVALID_FUNCTION, MDBX_ENOSYS},
    {ERROR_CALL_NOT_IMPLEMENTED, MDBX_ENOSYS},
    {ERROR_USER_MAPPED_FILE, MDBX_BUSY},
};

int win_error_of(unsigned long code) {
  for (size_t i = 0; i < COUNT_OF(known_errors); ++i)
    if (known_errors[i].code == code)
      return known_errors[i].error;
  return MDBX_EIO;
}

int win_last_error(void) { return win_error_of(GetLastError()); }

/* The system has quotas, but reports them as ENOSPC. */
bool os_error_is_no_room(int code) { return code == ENOSPC || code == EFBIG; }

const char *os_error_text(int code, char *buf, size_t size) {
  *buf = 0;
  if (strerror_s(buf, size, code) != 0 || !*buf)
    return "unknown error";
  return buf;
}
