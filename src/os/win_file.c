/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/win_file.c: files, and the real table of modifying calls.
 *
 * Owns the pointer `os_ops`. Calls name the place in the file, so threads do not share a position; os_write_full() alone
 * uses the position of the handle, which the other calls move.
 */
#include "os/win.h"

#include <errno.h>

/* Or io.h declares functions with common names, such as tell(). */
#define NO_OLDNAMES 1
#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <windows.h>

/* One call takes 32 bits. */
#define CALL_BYTES_MAX ((size_t)1 << 30)
#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

void *win_handle(int fd) {
  const HANDLE handle = fd < 0 ? INVALID_HANDLE_VALUE : (HANDLE)_get_osfhandle(fd);
  return handle == INVALID_HANDLE_VALUE || handle == (HANDLE)-2 ? NULL : handle;
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static OVERLAPPED at_offset(uint64_t offset) {
  OVERLAPPED place;
  memset(&place, 0, sizeof(place));
  place.Offset = (DWORD)offset;
  place.OffsetHigh = (DWORD)(offset >> 32);
  return place;
}

/* `at` NULL: at the position of the handle. */
static int write_once(HANDLE handle, const void *bytes, size_t length, OVERLAPPED *at, size_t *moved) {
  DWORD done = 0;
  *moved = 0;
  if (!WriteFile(handle, bytes, (DWORD)MIN_OF(length, CALL_BYTES_MAX), &done, at))
    return win_last_error();
  *moved = done;
  return done ? MDBX_SUCCESS : MDBX_EIO; /* or the loops would be endless */
}

static int write_at(HANDLE handle, const char *bytes, size_t length, uint64_t offset) {
  while (length) {
    size_t moved;
    OVERLAPPED place = at_offset(offset);
    const int rc = write_once(handle, bytes, length, &place, &moved);
    if (rc != MDBX_SUCCESS)
      return rc;
    bytes += moved;
    length -= moved;
    offset += moved;
  }
  return MDBX_SUCCESS;
}

static int real_pwritev(int fd, struct iovec *iov, int count, uint64_t offset) {
  const HANDLE handle = win_handle(fd);
  if (!handle)
    return EBADF;
  for (int i = 0; i < count; ++i) {
    const int rc = write_at(handle, iov[i].iov_base, iov[i].iov_len, offset);
    if (rc != MDBX_SUCCESS)
      return rc;
    offset += iov[i].iov_len;
  }
  return MDBX_SUCCESS;
}

int os_write_full(int fd, const void *buffer, size_t length) {
  const HANDLE handle = win_handle(fd);
  const char *from = buffer;
  if (!handle)
    return EBADF;
  while (length) {
    size_t moved;
    const int rc = write_once(handle, from, length, NULL, &moved);
    if (rc != MDBX_SUCCESS)
      return rc;
    from += moved;
    length -= moved;
  }
  return MDBX_SUCCESS;
}

static int real_datasync(int fd) {
  const HANDLE handle = win_handle(fd);
  if (!handle)
    return EBADF;
  return FlushFileBuffers(handle) ? MDBX_SUCCESS : win_last_error();
}

static int real_write_through(int fd, const void *bytes, size_t length, uint64_t offset) {
  const HANDLE handle = win_handle(fd);
  const int rc = handle ? write_at(handle, bytes, length, offset) : EBADF;
  return rc == MDBX_SUCCESS ? real_datasync(fd) : rc;
}

/* The system starts writing by itself. */
void os_file_begin_flush(int fd) { (void)fd; }

int os_file_sync(int fd) { return real_datasync(fd); }

static int real_resize(int fd, uint64_t length) {
  const HANDLE handle = win_handle(fd);
  FILE_END_OF_FILE_INFO end;
  if (!handle)
    return EBADF;
  end.EndOfFile.QuadPart = (LONGLONG)length;
  return SetFileInformationByHandle(handle, FileEndOfFileInfo, &end, sizeof(end)) ? MDBX_SUCCESS : win_last_error();
}

static int real_msync(void *addr, size_t length, int fd) {
  const size_t extra = (uintptr_t)addr % os_page_size();
  if (!FlushViewOfFile((char *)addr - extra, length + extra))
    return win_last_error();
  return real_datasync(fd);
}

/* A file that is not sparse has storage up to its end, and making it longer fails if there is none. */
static int real_allocate(int fd, uint64_t from, uint64_t to) {
  uint64_t length = 0;
  const int rc = os_file_size(fd, &length);
  (void)from;
  return rc == MDBX_SUCCESS && length < to ? real_resize(fd, to) : rc;
}

const struct os_ops os_ops_real = {
    .pwritev = real_pwritev,
    .datasync = real_datasync,
    .write_through = real_write_through,
    .resize = real_resize,
    .allocate = real_allocate,
    .msync = real_msync,
    .store = os_store_real,
};

const struct os_ops *os_ops = &os_ops_real;

/* ---- Opening and reading ---------------------------------------------------------------------------------------- */

struct open_how {
  DWORD access, creation, flags;
};

static struct open_how how_to_open(enum os_open_mode how) {
  const DWORD both = GENERIC_READ | GENERIC_WRITE;
  switch (how) {
  case OS_OPEN_READ:
    return (struct open_how){GENERIC_READ, OPEN_EXISTING, 0};
  case OS_OPEN_WRITE:
    return (struct open_how){both, OPEN_EXISTING, 0};
  case OS_OPEN_CREATE:
    return (struct open_how){both, OPEN_ALWAYS, 0};
  case OS_OPEN_LOCK:
    return (struct open_how){both, OPEN_ALWAYS, FILE_FLAG_OPEN_REPARSE_POINT};
  case OS_OPEN_CREATE_NEW:
    return (struct open_how){both, CREATE_NEW, 0};
  case OS_OPEN_THROUGH:
    return (struct open_how){GENERIC_WRITE, OPEN_EXISTING, 0};
  }
  return (struct open_how){0, 0, 0};
}

/* Numbers up to 2 belong to standard streams: they are used up, and given back when a higher one is found. */
int win_descriptor(void *handle, int *fd) {
  int low[3], used = 0, number = _open_osfhandle((intptr_t)handle, _O_BINARY | _O_NOINHERIT);
  if (number < 0) {
    CloseHandle(handle);
    *fd = -1;
    return EMFILE;
  }
  while (number >= 0 && number <= 2) {
    low[used++] = number;
    number = _dup(number);
  }
  const int rc = number < 0 ? EMFILE : MDBX_SUCCESS;
  while (used)
    _close(low[--used]);
  *fd = number;
  return rc;
}

static bool is_link(HANDLE handle) {
  BY_HANDLE_FILE_INFORMATION facts;
  return GetFileInformationByHandle(handle, &facts) && (facts.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT);
}

/* Who may use a new file follows from the directory: the mode has no meaning here. */
int os_open(const char *path, enum os_open_mode how, mode_t mode, int *fd) {
  const struct open_how open = how_to_open(how);
  int rc;
  (void)mode;
  *fd = -1;
  if (!open.access)
    return MDBX_EINVAL;
  wchar_t *wide = win_path(path, &rc);
  if (!wide)
    return rc;
  const HANDLE handle =
      CreateFileW(wide, open.access, SHARE_ALL, NULL, open.creation, FILE_ATTRIBUTE_NORMAL | open.flags, NULL);
  rc = handle == INVALID_HANDLE_VALUE ? win_last_error() : MDBX_SUCCESS;
  free(wide);
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_EACCESS && os_path_is_directory(path) ? EISDIR : rc;
  if (how == OS_OPEN_LOCK && is_link(handle)) {
    CloseHandle(handle);
    return ELOOP;
  }
  return win_descriptor(handle, fd);
}

int os_dup(int fd, int *copy) {
  HANDLE twin;
  const HANDLE handle = win_handle(fd), self = GetCurrentProcess();
  *copy = -1;
  if (!handle)
    return EBADF;
  if (!DuplicateHandle(self, handle, self, &twin, 0, FALSE, DUPLICATE_SAME_ACCESS))
    return win_last_error();
  const int rc = win_descriptor(twin, copy);
  if (rc == MDBX_SUCCESS)
    win_locks_share(fd, *copy);
  return rc;
}

int os_close(int fd) {
  win_locks_forget(fd);
  return _close(fd) != 0 ? errno : MDBX_SUCCESS;
}

int os_pread_full(int fd, void *buffer, size_t length, uint64_t offset, size_t *got) {
  const HANDLE handle = win_handle(fd);
  char *to = buffer;
  *got = 0;
  if (!handle)
    return EBADF;
  while (*got < length) {
    OVERLAPPED place = at_offset(offset + *got);
    DWORD done = 0;
    if (!ReadFile(handle, to + *got, (DWORD)MIN_OF(length - *got, CALL_BYTES_MAX), &done, &place))
      return GetLastError() == ERROR_HANDLE_EOF ? MDBX_SUCCESS : win_last_error();
    if (done == 0)
      break;
    *got += done;
  }
  return MDBX_SUCCESS;
}

/* ---- Facts of a file -------------------------------------------------------------------------------------------- */

int os_file_size(int fd, uint64_t *length) {
  const HANDLE handle = win_handle(fd);
  LARGE_INTEGER size;
  if (!handle)
    return EBADF;
  if (!GetFileSizeEx(handle, &size))
    return win_last_error();
  *length = (uint64_t)size.QuadPart;
  return MDBX_SUCCESS;
}

int win_id_of_handle(void *handle, struct os_file_id *id) {
  BY_HANDLE_FILE_INFORMATION facts;
  if (!GetFileInformationByHandle(handle, &facts))
    return win_last_error();
  id->device = facts.dwVolumeSerialNumber;
  id->inode = (uint64_t)facts.nFileIndexHigh << 32 | facts.nFileIndexLow;
  return MDBX_SUCCESS;
}

int os_file_id(int fd, struct os_file_id *id) {
  const HANDLE handle = win_handle(fd);
  return handle ? win_id_of_handle(handle, id) : EBADF;
}

static int standard_facts(int fd, FILE_STANDARD_INFO *facts) {
  const HANDLE handle = win_handle(fd);
  if (!handle)
    return EBADF;
  return GetFileInformationByHandleEx(handle, FileStandardInfo, facts, sizeof(*facts)) ? MDBX_SUCCESS
                                                                                       : win_last_error();
}

/* There is no limit for the sizes of files. */
void os_file_note_limit(void) {}

int os_file_links(int fd, unsigned *links) {
  FILE_STANDARD_INFO facts;
  const int rc = standard_facts(fd, &facts);
  if (rc == MDBX_SUCCESS)
    *links = facts.DeletePending ? 0 : (unsigned)facts.NumberOfLinks;
  return rc;
}

int os_file_blocks(int fd, uint64_t *allocated, uint32_t *io_block) {
  FILE_STANDARD_INFO facts;
  const int rc = standard_facts(fd, &facts);
  if (rc == MDBX_SUCCESS) {
    *allocated = (uint64_t)facts.AllocationSize.QuadPart;
    *io_block = (uint32_t)os_page_size();
  }
  return rc;
}

int os_file_is_regular(int fd, bool *regular) {
  const HANDLE handle = win_handle(fd);
  BY_HANDLE_FILE_INFORMATION facts;
  if (!handle)
    return EBADF;
  *regular = GetFileType(handle) == FILE_TYPE_DISK && GetFileInformationByHandle(handle, &facts) &&
             !(facts.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY);
  return MDBX_SUCCESS;
}

int os_file_mode(int fd, mode_t *mode) {
  const HANDLE handle = win_handle(fd);
  BY_HANDLE_FILE_INFORMATION facts;
  if (!handle)
    return EBADF;
  if (!GetFileInformationByHandle(handle, &facts))
    return win_last_error();
  *mode = facts.dwFileAttributes & FILE_ATTRIBUTE_READONLY ? 0444 : 0666;
  return MDBX_SUCCESS;
}

bool os_file_is_stream(int fd) {
  const HANDLE handle = win_handle(fd);
  const DWORD type = handle ? GetFileType(handle) : FILE_TYPE_UNKNOWN;
  return type == FILE_TYPE_CHAR || type == FILE_TYPE_PIPE;
}

bool os_file_on_readonly_fs(int fd) {
  const HANDLE handle = win_handle(fd);
  DWORD flags = 0;
  return handle && GetVolumeInformationByHandleW(handle, NULL, 0, NULL, NULL, &flags, NULL, 0) &&
         (flags & FILE_READ_ONLY_VOLUME);
}

/* Only files of a server know a protocol. */
bool os_file_is_remote(int fd) {
  const HANDLE handle = win_handle(fd);
  FILE_REMOTE_PROTOCOL_INFO protocol;
  return handle && GetFileInformationByHandleEx(handle, FileRemoteProtocolInfo, &protocol, sizeof(protocol));
}

/* Nothing is stored through mappings, see os_maps_exceed_files(). */
bool os_file_keeps_blocks(int fd) {
  (void)fd;
  return false;
}
