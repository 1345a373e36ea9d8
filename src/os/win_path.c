/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/win_path.c: names of files and directories. They are UTF-8 in the engine and UTF-16 in the system.
 */
#include "os/win.h"

#include <errno.h>
#include <stdlib.h>
#include <windows.h>

/* ---- Text ------------------------------------------------------------------------------------------------------- */

/* Longer paths need a prefix, and that takes a whole path without "." and "/". */
enum { SHORT_PATH_MAX = MAX_PATH - 14 };

static wchar_t *to_utf16(const char *text, int *rc) {
  const int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
  wchar_t *wide = length > 0 ? malloc((size_t)length * sizeof(wchar_t)) : NULL;
  if (!wide) {
    *rc = length > 0 ? MDBX_ENOMEM : win_last_error();
    return NULL;
  }
  MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, length);
  *rc = MDBX_SUCCESS;
  return wide;
}

static char *to_utf8(const wchar_t *wide) {
  const int length = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
  char *text = length > 0 ? malloc((size_t)length) : NULL;
  if (text)
    WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, length, NULL, NULL);
  return text;
}

/* Replaces a long path by a whole one with the prefix; other paths stay as they are. */
static wchar_t *lengthen(wchar_t *wide, int *rc) {
  static const wchar_t local[] = L"\\\\?\\", server[] = L"\\\\?\\UNC";
  if (wcslen(wide) < SHORT_PATH_MAX || wcsncmp(wide, local, 4) == 0)
    return wide;
  const DWORD room = GetFullPathNameW(wide, 0, NULL, NULL);
  wchar_t *whole = room ? malloc((room + 8) * sizeof(wchar_t)) : NULL;
  if (whole) {
    wchar_t *const path = whole + 8;
    GetFullPathNameW(wide, room, path, NULL);
    const bool is_server = path[0] == L'\\' && path[1] == L'\\';
    const wchar_t *prefix = is_server ? server : local, *rest = is_server ? path + 1 : path;
    const size_t length = wcslen(prefix);
    memmove(whole + length, rest, (wcslen(rest) + 1) * sizeof(wchar_t));
    memcpy(whole, prefix, length * sizeof(wchar_t));
  } else {
    *rc = room ? MDBX_ENOMEM : win_last_error();
  }
  free(wide);
  return whole;
}

wchar_t *win_path(const char *path, int *rc) {
  wchar_t *wide = to_utf16(path, rc);
  return wide ? lengthen(wide, rc) : NULL;
}

char *win_path_of_handle(void *handle) {
  const DWORD room = GetFinalPathNameByHandleW(handle, NULL, 0, 0);
  wchar_t *wide = room ? malloc((room + 1) * sizeof(wchar_t)) : NULL;
  char *path = NULL;
  if (wide && GetFinalPathNameByHandleW(handle, wide, room + 1, 0) - 1 < room)
    path = to_utf8(wide);
  free(wide);
  return path;
}

/* ---- What a name stands for ------------------------------------------------------------------------------------- */

/* Opens what a path leads to, only to ask about it; INVALID_HANDLE_VALUE: *rc tells why. */
static HANDLE look_at(const char *path, DWORD flags, int *rc) {
  wchar_t *wide = win_path(path, rc);
  if (!wide)
    return INVALID_HANDLE_VALUE;
  const HANDLE handle = CreateFileW(wide, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                    OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | flags, NULL);
  *rc = handle == INVALID_HANDLE_VALUE ? win_last_error() : MDBX_SUCCESS;
  free(wide);
  return handle;
}

static DWORD attributes_of(const char *path, int *rc) {
  wchar_t *wide = win_path(path, rc);
  if (!wide)
    return INVALID_FILE_ATTRIBUTES;
  const DWORD attributes = GetFileAttributesW(wide);
  *rc = attributes == INVALID_FILE_ATTRIBUTES ? win_last_error() : MDBX_SUCCESS;
  free(wide);
  return attributes;
}

int os_path_id(const char *path, struct os_file_id *id) {
  int rc;
  const HANDLE handle = look_at(path, 0, &rc);
  if (handle == INVALID_HANDLE_VALUE)
    return rc;
  rc = win_id_of_handle(handle, id);
  CloseHandle(handle);
  return rc;
}

bool os_path_exists(const char *path) {
  int rc;
  const HANDLE handle = look_at(path, 0, &rc);
  if (handle != INVALID_HANDLE_VALUE)
    CloseHandle(handle);
  return handle != INVALID_HANDLE_VALUE;
}

bool os_path_is_directory(const char *path) {
  int rc;
  const DWORD attributes = attributes_of(path, &rc);
  return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
}

static enum os_target target_of(HANDLE handle) {
  BY_HANDLE_FILE_INFORMATION facts;
  return GetFileType(handle) == FILE_TYPE_DISK && GetFileInformationByHandle(handle, &facts) &&
                 !(facts.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
             ? OS_TARGET_FILE
             : OS_TARGET_SPECIAL;
}

bool os_path_is_special(const char *path) {
  int rc;
  const HANDLE handle = look_at(path, FILE_FLAG_OPEN_REPARSE_POINT, &rc);
  if (handle == INVALID_HANDLE_VALUE)
    return false;
  const bool special = target_of(handle) == OS_TARGET_SPECIAL;
  CloseHandle(handle);
  return special;
}

/* Links need a right that only administrators have, so nobody asks who owns one. */
int os_path_target(const char *path, enum os_target *kind, char **real) {
  int rc;
  *kind = OS_TARGET_NEW;
  *real = NULL;
  const DWORD attributes = attributes_of(path, &rc);
  if (rc != MDBX_SUCCESS && rc != MDBX_ENOFILE)
    return rc;
  const bool there = rc == MDBX_SUCCESS, link = there && (attributes & FILE_ATTRIBUTE_REPARSE_POINT);
  if (there) {
    const HANDLE handle = look_at(path, 0, &rc);
    if (handle == INVALID_HANDLE_VALUE)
      return link && rc == MDBX_ENOFILE ? MDBX_EEXIST : rc;
    *kind = target_of(handle);
    if (link && *kind == OS_TARGET_FILE)
      *real = win_path_of_handle(handle);
    CloseHandle(handle);
  }
  if (!*real)
    *real = strdup(path);
  return *real ? MDBX_SUCCESS : MDBX_ENOMEM;
}

static bool is_separator(char c) { return c == '/' || c == '\\'; }

char *os_path_parent(const char *path) {
  size_t length = strlen(path);
  while (length > 1 && is_separator(path[length - 1]))
    --length;
  while (length > 0 && !is_separator(path[length - 1]) && path[length - 1] != ':')
    --length;
  while (length > 1 && is_separator(path[length - 1]) && path[length - 2] != ':')
    --length;
  char *parent = malloc(MAX_OF(length, (size_t)1) + 1);
  if (parent) {
    memcpy(parent, length ? path : ".", MAX_OF(length, (size_t)1));
    parent[MAX_OF(length, (size_t)1)] = 0;
  }
  return parent;
}

/* A name there may be nothing behind: then the nearest directory above it counts. */
bool os_path_is_remote(const char *path) {
  wchar_t root[MAX_PATH + 1];
  int rc;
  wchar_t *wide = win_path(path, &rc);
  const bool remote = wide && GetVolumePathNameW(wide, root, COUNT_OF(root)) && GetDriveTypeW(root) == DRIVE_REMOTE;
  free(wide);
  return remote;
}

/* ---- Changes ---------------------------------------------------------------------------------------------------- */

static int change_name(const char *path, BOOL(WINAPI *change)(const wchar_t *)) {
  int rc;
  wchar_t *wide = win_path(path, &rc);
  if (!wide)
    return rc;
  rc = change(wide) ? MDBX_SUCCESS : win_last_error();
  free(wide);
  return rc;
}

static BOOL WINAPI make_directory(const wchar_t *path) { return CreateDirectoryW(path, NULL); }

/* A file that is open elsewhere keeps its name until it is closed, or on newer systems loses it at once. */
int os_unlink(const char *path) { return change_name(path, DeleteFileW); }

int os_rmdir(const char *path) { return change_name(path, RemoveDirectoryW); }

/* The directory has the access rights of its parent. */
int os_mkdir(const char *path, mode_t mode) {
  (void)mode;
  return change_name(path, make_directory);
}

int os_rename(const char *from, const char *to) {
  int rc;
  wchar_t *source = win_path(from, &rc);
  wchar_t *target = source ? win_path(to, &rc) : NULL;
  if (target && !MoveFileExW(source, target, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
    rc = win_last_error();
  free(source);
  free(target);
  return rc;
}

/* NTFS writes changes of names to its log, which every flush of a file flushes; nobody can flush a directory. */
int os_sync_parent(const char *path) {
  char *parent = os_path_parent(path);
  if (!parent)
    return MDBX_ENOMEM;
  const bool there = os_path_is_directory(parent);
  free(parent);
  return there ? MDBX_SUCCESS : MDBX_ENOFILE;
}
