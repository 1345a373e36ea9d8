/* SPDX-License-Identifier: Apache-2.0 */
#include "env/flush.h"

#include "base/assert.h"
#include "base/log.h"

static int note_flush(MDBX_env *env, enum lck_counter counter, int rc) {
  lck_count(&env->lck, counter, 1);
  if (rc == MDBX_SUCCESS)
    return rc;
  atomic_store(&env->fatal, true);
  log_error("%s: flush failed with %d; the environment must be opened again", env->data_path, rc);
  return rc;
}

int sync_datasync(MDBX_env *env) { return note_flush(env, LCK_FSYNC, os_ops->datasync(env->fd)); }

int sync_write_meta_through(MDBX_env *env, unsigned slot, struct meta_page *page) {
  return note_flush(env, LCK_FSYNC, meta_write_steady(env->fd, env->page_size, slot, page));
}

int sync_flush(MDBX_env *env) {
  ASSERT(env->fd >= 0);
  if (env->flags & MDBX_WRITEMAP)
    return note_flush(env, LCK_MSYNC, map_flush(&env->map, env->fd, 0, map_length(&env->map)));
  return sync_datasync(env);
}
