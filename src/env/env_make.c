/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a new database in an empty file. */
#include "env/env_make.h"

#include "base/assert.h"
#include "base/log.h"
#include "env/env_view.h"

int env_is_to_be_made(const MDBX_env *env, bool *empty) {
  ASSERT(env->fd >= 0);
  return os_file_is_blank(env->fd, (uint64_t)META_COUNT * PAGE_SIZE_MAX, empty);
}

static int compose_first_meta(MDBX_env *env, struct meta *meta) {
  struct geometry geometry;
  const struct geometry_system system = env_system();
  const int rc = geometry_new(&env->geometry_request, &system, &geometry);
  if (rc != MDBX_SUCCESS)
    return rc;
  ASSERT(geometry.lower >= META_COUNT && geometry.lower <= geometry.now && geometry.now <= geometry.upper);
  memset(meta, 0, sizeof(*meta));
  meta_set_geometry(meta, &geometry);
  meta->kind = META_STEADY;
  meta->next = META_COUNT;
  meta->gc.root = meta->main.root = PGNO_NONE;
  memcpy(meta->boot_id, env->boot_id, sizeof(meta->boot_id));
  return os_random_bytes(meta->database_id, sizeof(meta->database_id));
}

static int write_first_pages(MDBX_env *env) {
  struct meta meta;
  int rc = compose_first_meta(env, &meta);
  if (rc == MDBX_SUCCESS)
    rc = meta_create(env->fd, meta.page_size, &meta);
  if (rc == MDBX_SUCCESS)
    rc = os_ops->datasync(env->fd);
  if (rc == MDBX_SUCCESS)
    rc = os_ops->allocate(env->fd, (uint64_t)META_COUNT * meta.page_size, (uint64_t)meta.now * meta.page_size);
  if (rc == MDBX_SUCCESS)
    rc = os_ops->datasync(env->fd);
  return rc;
}

/* The metas are written first and alone: the file is a database as soon as one of them is on disk, and counts as empty
 * before. On an error the file is emptied again. */
int env_make_database(MDBX_env *env) {
  ASSERT(!env_is_readonly(env) && !env->recovery);
  ASSERT(!env->opened);
  int rc = os_ops->resize(env->fd, 0);
  if (rc == MDBX_SUCCESS)
    rc = write_first_pages(env);
  if (rc == MDBX_SUCCESS)
    rc = os_sync_parent(env->data_path);
  if (rc != MDBX_SUCCESS && os_ops->resize(env->fd, 0) != MDBX_SUCCESS)
    log_error("%s: the unfinished database cannot be removed from the file", env->data_path);
  return rc;
}
