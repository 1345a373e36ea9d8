/* SPDX-License-Identifier: Apache-2.0 */
/* Repairs the data file after a crash. */
#include "env/env_repair.h"

#include "base/assert.h"
#include "base/log.h"

int env_check_length(const MDBX_env *env, const struct meta *meta, uint64_t length) {
  const uint64_t needed = (uint64_t)meta->next * env->page_size;
  /* A power cut during the creation of a database may leave only one meta page, and no data. */
  if (length >= needed || meta->next == META_COUNT)
    return MDBX_SUCCESS;
  return log_damage(MDBX_CORRUPTED, "%s: the file is cut off: %llu bytes, %llu are in use", env->data_path,
                    (unsigned long long)length, (unsigned long long)needed);
}

static int wipe_unbelieved(MDBX_env *env, const struct meta_set *set, const struct meta_choice *choice) {
  ASSERT(!choice->wipe[choice->head]);
  ASSERT(set->page_size == env->page_size);
  bool any = false;
  for (unsigned slot = 0; slot < META_COUNT; ++slot) {
    if (!choice->wipe[slot])
      continue;
    if (set->slot[slot].fault)
      log_warn("%s: meta page %u at byte %llu is damaged: %s; it is wiped, and its commit is lost", env->data_path,
               slot, (unsigned long long)slot * set->page_size, set->slot[slot].fault);
    else
      log_notice("%s: meta page %u is wiped", env->data_path, slot);
    any = true;
    const int rc = meta_wipe(env->fd, env->page_size, slot);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return any ? os_ops->datasync(env->fd) : MDBX_SUCCESS;
}

/* If the disk is full, part of the space may have been allocated: the file is cut back to its old length. */
static int lengthen(const MDBX_env *env, uint64_t length, uint64_t wanted) {
  const int rc = os_ops->allocate(env->fd, length, wanted);
  if (rc == MDBX_SUCCESS)
    return rc;
  const int back = os_ops->resize(env->fd, length);
  log_error(
      "%s: the file has %llu bytes and cannot be extended to %llu, error %d (cutting it back: %d); it can be opened "
      "read-only",
      env->data_path, (unsigned long long)length, (unsigned long long)wanted, rc, back);
  return rc;
}

int env_restore_length(MDBX_env *env, const struct meta *meta, uint64_t length) {
  ASSERT(!env_is_readonly(env));
  const uint64_t wanted = (uint64_t)meta->now * env->page_size;
  if (length < wanted)
    return lengthen(env, length, wanted);
  const int rc = length > wanted ? os_ops->resize(env->fd, wanted) : MDBX_SUCCESS;
  return rc == MDBX_BUSY ? MDBX_SUCCESS : rc; /* a file that is too long does no harm */
}

/* Where the file system does not keep blocks, a store may need new storage for any page, and filling holes is no help. */
int env_fill_holes(const MDBX_env *env) {
  ASSERT(!env_is_readonly(env) && !env->recovery);
  uint64_t length, allocated = 0;
  uint32_t io_block;
  int rc = os_file_size(env->fd, &length);
  if (rc == MDBX_SUCCESS)
    rc = os_file_blocks(env->fd, &allocated, &io_block);
  /* If there is more than the length, blocks of the file system's own are counted too, and may hide a hole. */
  if (rc != MDBX_SUCCESS || allocated == length || !os_file_keeps_blocks(env->fd))
    return rc;
  rc = os_ops->allocate(env->fd, 0, length);
  if (rc != MDBX_SUCCESS)
    log_error("%s: no storage for the holes in the file, error %d; without MDBX_WRITEMAP it can be opened",
              env->data_path, rc);
  return rc;
}

int env_repair(MDBX_env *env, const struct meta_set *set, const struct meta_choice *choice, uint64_t length) {
  ASSERT(choice->head < META_COUNT && set->slot[choice->head].valid);
  ASSERT(!env_is_readonly(env) && !env->work);
  const struct meta *head = &set->slot[choice->head].meta;
  int rc = wipe_unbelieved(env, set, choice);
  /* If only a process died, all its writes are in the page cache, but perhaps not on the disk. */
  if (rc == MDBX_SUCCESS)
    rc = os_ops->datasync(env->fd);
  if (rc == MDBX_SUCCESS && choice->make_steady)
    rc = meta_make_steady(env->fd, env->page_size, choice->head, &set->slot[choice->head]);
  if (rc == MDBX_SUCCESS && choice->make_steady)
    rc = os_ops->datasync(env->fd);
  return rc == MDBX_SUCCESS ? env_restore_length(env, head, length) : rc;
}
