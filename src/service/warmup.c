/* SPDX-License-Identifier: Apache-2.0 */
#include "service/warmup.h"

#include <stdlib.h>

enum { WARMUP_CHUNK = 1 << 20 };

/* Reads a part of the file and discards it, so that the page cache has it. */
static int read_part(const MDBX_env *env, uint64_t from, size_t length, void *buffer) {
  size_t got;
  return os_pread_full(env->fd, buffer, length, from, &got);
}

/* Fills the page tables of this process too, if the system can do so for a range that may no longer be in the file. */
static int load_part(const MDBX_env *env, uint64_t from, size_t length, bool mapped, void *buffer) {
  if (mapped && os_map_populate(map_base(&env->map) + from, length) == MDBX_SUCCESS)
    return MDBX_SUCCESS;
  return read_part(env, from, length, buffer);
}

static int load_all(const MDBX_env *env, size_t length, bool mapped, uint64_t deadline) {
  void *buffer = malloc(WARMUP_CHUNK);
  int rc = buffer ? MDBX_SUCCESS : MDBX_ENOMEM;
  for (uint64_t at = 0; at < length && rc == MDBX_SUCCESS; at += WARMUP_CHUNK) {
    rc = load_part(env, at, MIN_OF((size_t)WARMUP_CHUNK, length - (size_t)at), mapped, buffer);
    if (rc == MDBX_SUCCESS && deadline && os_monotonic_16dot16() >= deadline && at + WARMUP_CHUNK < length)
      rc = MDBX_RESULT_TRUE;
  }
  free(buffer);
  return rc;
}

/* The part of the mapping in whole system pages that the file reaches. */
static size_t lockable(const MDBX_env *env, size_t length) {
  uint64_t file = 0;
  os_file_size(env->fd, &file);
  return ceil_to(MIN_OF(length, (size_t)file), os_page_size());
}

static int lock_all(const MDBX_env *env, size_t length, bool raise_limit) {
  const size_t locked = lockable(env, length);
  if (raise_limit)
    os_memory_lock_allow(locked);
  return os_memory_lock(map_base(&env->map), locked);
}

int warmup_pages(const MDBX_env *env, pgno_t pages, unsigned flags, unsigned timeout) {
  const uint64_t deadline = timeout ? os_monotonic_16dot16() + timeout : 0;
  const size_t length = MIN_OF((size_t)pages << env->shift, map_length(&env->map));
  int rc = MDBX_SUCCESS;
  if (flags & MDBX_warmup_release)
    rc = os_memory_unlock(map_base(&env->map), map_length(&env->map));
  if (rc == MDBX_SUCCESS)
    rc = os_advise(map_base(&env->map), length, OS_ADVICE_WILLNEED);
  if (rc == MDBX_SUCCESS && (flags & MDBX_warmup_force))
    rc = load_all(env, length, !(flags & MDBX_warmup_oomsafe), deadline);
  if (rc == MDBX_SUCCESS && (flags & MDBX_warmup_lock))
    rc = lock_all(env, length, flags & MDBX_warmup_touchlimit);
  return rc;
}
