/* SPDX-License-Identifier: Apache-2.0 */
/* Deletes, and reads the sizes of, a database that is not open. */
#include "env/env_files.h"

#include "base/assert.h"
#include "env/env_paths.h"
#include "file/lck.h"
#include "file/meta.h"

#include <stdlib.h>

int env_refuse_irregular(int fd, const char *path) {
  bool regular;
  const int rc = os_file_is_regular(fd, &regular);
  return rc != MDBX_SUCCESS || regular ? rc : log_damage(MDBX_INVALID, "%s: not a regular file", path);
}

/* ---------------------------------------------------------------------------------------------------------- deleting */

/* If one of the two paths is no regular file, neither is removed. */
static int refuse_special(const char *path) {
  return os_path_is_special(path) ? log_damage(MDBX_INVALID, "%s is no regular file", path) : MDBX_SUCCESS;
}

static int unlink_counted(const char *path, bool *any) {
  const int rc = os_unlink(path);
  *any |= rc == MDBX_SUCCESS;
  return rc == MDBX_ENOFILE ? MDBX_SUCCESS : rc;
}

static int delete_files(const struct env_paths *paths, const char *path) {
  bool any = false;
  int rc = unlink_counted(paths->data, &any);
  if (rc == MDBX_SUCCESS)
    rc = unlink_counted(paths->lock, &any);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (paths->directory && os_path_is_directory(path) && os_rmdir(path) == MDBX_SUCCESS)
    any = true;
  return any ? MDBX_SUCCESS : MDBX_RESULT_TRUE;
}

/* Opens the lock file exclusively, so that nobody has the database open while its files are removed. */
static int delete_unused(const struct env_paths *paths, const char *path, bool wait) {
  struct lck lck;
  int fd, rc = os_open(paths->data, OS_OPEN_WRITE, 0, &fd);
  if (rc == MDBX_ENOFILE)
    return delete_files(paths, path);
  if (rc != MDBX_SUCCESS)
    return rc;
  memset(&lck, 0, sizeof(lck));
  rc = lck_open(&lck, paths->lock, fd, LCK_EXCLUSIVE | (wait ? LCK_WAIT : 0), 1, 0600);
  if (rc == MDBX_SUCCESS) {
    lck_open_done(&lck);
    rc = delete_files(paths, path);
    lck_close(&lck);
  }
  os_close(fd);
  return rc;
}

int env_delete(const char *path, int how) {
  struct env_paths paths;
  if (how != MDBX_ENV_JUST_DELETE && how != MDBX_ENV_ENSURE_UNUSED && how != MDBX_ENV_WAIT_FOR_UNUSED)
    return MDBX_EINVAL;
  int rc = env_paths_make(path, false, &paths);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = refuse_special(paths.data);
  if (rc == MDBX_SUCCESS)
    rc = refuse_special(paths.lock);
  if (rc == MDBX_SUCCESS)
    rc = how == MDBX_ENV_JUST_DELETE ? delete_files(&paths, path)
                                     : delete_unused(&paths, path, how == MDBX_ENV_WAIT_FOR_UNUSED);
  env_paths_free(&paths);
  return rc;
}

/* ----------------------------------------------------------------------------------------------------------- peeking */

void env_fill_geometry(MDBX_envinfo *info, const struct geometry *geometry) {
  ASSERT(geometry_page_size_is_valid((intptr_t)geometry->page_size));
  info->mi_geo.lower = geometry_bytes(geometry, geometry->lower);
  info->mi_geo.upper = geometry_bytes(geometry, geometry->upper);
  info->mi_geo.current = geometry_bytes(geometry, geometry->now);
  info->mi_geo.shrink = geometry_bytes(geometry, geometry->shrink);
  info->mi_geo.grow = geometry_bytes(geometry, geometry->grow);
  info->mi_dxb_pagesize = geometry->page_size;
  info->mi_sys_pagesize = (uint32_t)os_page_size();
  info->mi_sys_upcblk = (uint32_t)os_page_size();
}

static int fill_from_metas(MDBX_envinfo *info, const struct meta_set *set) {
  const unsigned newest = meta_newest(set);
  const struct meta *meta = &set->slot[newest].meta;
  const struct geometry geometry = meta_geometry(meta);
  env_fill_geometry(info, &geometry);
  info->mi_last_pgno = meta->next - 1;
  info->mi_recent_txnid = set->slot[newest].txnid;
  for (unsigned i = 0; i < META_COUNT; ++i) {
    info->mi_meta_txnid[i] = set->slot[i].txnid;
    info->mi_bootid.meta[i].x = set->slot[i].meta.boot_id[0];
    info->mi_bootid.meta[i].y = set->slot[i].meta.boot_id[1];
  }
  uint64_t boot[2] = {0, 0};
  const int rc = os_bootid(boot);
  info->mi_bootid.current.x = boot[0];
  info->mi_bootid.current.y = boot[1];
  return rc;
}

int env_preopen_info(const char *path, MDBX_envinfo *info) {
  struct env_paths paths;
  struct meta_set set;
  int fd, rc = env_paths_make(path, false, &paths);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = os_open(paths.data, OS_OPEN_READ, 0, &fd);
  if (rc == MDBX_SUCCESS) {
    rc = env_refuse_irregular(fd, paths.data);
    if (rc == MDBX_SUCCESS)
      rc = meta_read_all(fd, paths.data, &set);
    if (rc == MDBX_SUCCESS)
      rc = fill_from_metas(info, &set);
    os_close(fd);
  }
  env_paths_free(&paths);
  return rc;
}
