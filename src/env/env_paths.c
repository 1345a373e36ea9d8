/* SPDX-License-Identifier: Apache-2.0 */
#include "env/env_paths.h"

#include "base/assert.h"
#include "os/os.h"

#include <stdlib.h>

static char *join(const char *a, const char *b) {
  char *joined = malloc(strlen(a) + strlen(b) + 1);
  if (joined) {
    strcpy(joined, a);
    strcat(joined, b);
  }
  return joined;
}

static bool ends_with(const char *text, const char *end) {
  const size_t length = strlen(text), end_length = strlen(end);
  return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static char *lock_in_same_directory(const char *data) {
  char *lock = join(data, "");
  if (lock)
    strcpy(lock + strlen(lock) - strlen(MDBX_DATANAME), MDBX_LOCKNAME);
  return lock;
}

/* Names that programs written for LMDB may have given the lock file; see mdbx_env_set_lock_path(). */
#define FOREIGN_SUFFIX "-lock"
#define FOREIGN_DATANAME "/data.mdb"
#define FOREIGN_LOCKNAME "/lock.mdb"

/* LMDB's magic, behind the header of the first page of its files. The lock file of such a file is LMDB's own. */
#define FOREIGN_MAGIC UINT32_C(0xbeefc0de)

static bool is_foreign_data(const char *data) {
  uint32_t words[6] = {0};
  size_t got = 0;
  int fd;
  if (os_open(data, OS_OPEN_READ, 0, &fd) != MDBX_SUCCESS)
    return false;
  const int rc = os_pread_full(fd, words, sizeof(words), 0, &got);
  os_close(fd);
  return rc == MDBX_SUCCESS && got == sizeof(words) && words[4] == FOREIGN_MAGIC;
}

/* The path of an existing lock file with one of these names, or NULL. */
static char *find_foreign_lock(const char *data) {
  char *lock = join(data, FOREIGN_SUFFIX);
  if (lock && !os_path_exists(lock) && ends_with(data, FOREIGN_DATANAME))
    strcpy(lock + strlen(data) - strlen(FOREIGN_DATANAME), FOREIGN_LOCKNAME);
  if (lock && os_path_exists(lock) && !is_foreign_data(data))
    return lock;
  free(lock);
  return NULL;
}

static void prefer_present_lock(struct env_paths *paths) {
  char *present = os_path_exists(paths->lock) ? NULL : find_foreign_lock(paths->data);
  if (!present)
    return;
  free(paths->lock);
  paths->lock = present;
}

int env_paths_wish(struct env_paths *paths, const char *lock) {
  ASSERT(paths->data && paths->lock);
  if (!lock || (!os_path_exists(lock) && os_path_exists(paths->lock)))
    return MDBX_SUCCESS;
  char *copy = join(lock, "");
  if (!copy)
    return MDBX_ENOMEM;
  free(paths->lock);
  free(paths->other_lock);
  paths->lock = copy;
  paths->other_lock = NULL;
  return MDBX_SUCCESS;
}

int env_paths_make(const char *path, bool nosubdir, struct env_paths *paths) {
  memset(paths, 0, sizeof(*paths));
  if (!path || !*path)
    return MDBX_EINVAL;
  const bool exists = os_path_exists(path);
  paths->directory = os_path_is_directory(path) || (!nosubdir && !exists);
  if (paths->directory) {
    paths->data = join(path, MDBX_DATANAME);
    paths->lock = join(path, MDBX_LOCKNAME);
    paths->other_lock = paths->data ? join(paths->data, MDBX_LOCK_SUFFIX) : NULL;
  } else {
    paths->data = join(path, "");
    paths->lock = join(path, MDBX_LOCK_SUFFIX);
    if (paths->data && paths->lock)
      prefer_present_lock(paths);
    if (paths->data && ends_with(paths->data, MDBX_DATANAME))
      paths->other_lock = lock_in_same_directory(paths->data);
  }
  ASSERT(!paths->data || strlen(paths->data) >= strlen(path));
  if (paths->data && paths->lock)
    return MDBX_SUCCESS;
  env_paths_free(paths);
  return MDBX_ENOMEM;
}

void env_paths_free(struct env_paths *paths) {
  free(paths->data);
  free(paths->lock);
  free(paths->other_lock);
  memset(paths, 0, sizeof(*paths));
}
