/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_recovery.c: continues with a meta page that the caller chooses instead of the engine.
 *
 * For mdbx_chk and experts. If the meta page is neither the newest nor the durable one, later commits may have
 * overwritten pages of its snapshot; only a check of the snapshot shows this. So opening changes nothing, and no write
 * transaction can begin before the caller has decided.
 *
 * env_turn_for_recovery() gives the chosen meta an id above all others and makes it steady, in place. The other metas
 * do not change, so the user can return to them. Later commits get ids that no page has had, so births stay unique.
 */
#include "env/env_recovery.h"

#include "base/assert.h"
#include "base/log.h"
#include "env/env_open.h"
#include "env/env_repair.h"
#include "env/env_writer.h"
#include "env/flush.h"
#include "env/group.h"
#include "env/sync.h"

int env_open_for_recovery(MDBX_env *env, const char *path, unsigned slot, bool writable) {
  ASSERT(slot < META_COUNT);
  if (env->opened)
    return MDBX_EPERM;
  env->recovery = slot + 1;
  const int rc = env_open(env, path, MDBX_EXCLUSIVE | (writable ? 0u : MDBX_RDONLY), 0);
  if (rc != MDBX_SUCCESS)
    env->recovery = 0;
  return rc;
}

/* Reads the chosen meta and finds its new id. The id is also above the ids of metas that no crash leaves (`senseless`):
 * the next open would refuse the database if such a meta were newer than the head. */
static int choose(const MDBX_env *env, unsigned chosen, struct meta_slot *meta, txnid_t *txnid) {
  ASSERT(chosen < META_COUNT);
  txnid_t others = 0;
  for (unsigned slot = 0; slot < META_COUNT; ++slot) {
    struct meta_slot seen;
    const int rc = meta_read_slot(env->fd, env->page_size, slot, &seen);
    if (rc != MDBX_SUCCESS)
      return rc;
    if (slot == chosen)
      *meta = seen;
    else if (seen.valid || seen.senseless)
      others = MAX_OF(others, seen.claimed);
  }
  if (!meta->valid || memcmp(meta->meta.database_id, env->database_id, sizeof(env->database_id)) != 0)
    return log_damage(MDBX_CORRUPTED, "%s: meta page %u is damaged or of another database", env->data_path, chosen);
  if (others >= TXNID_MAX - 1)
    return MDBX_TXN_FULL;
  *txnid = meta->txnid > others ? meta->txnid : others + 1;
  return *txnid < TXNID_MAX ? MDBX_SUCCESS : MDBX_TXN_FULL;
}

static int write_as_newest(MDBX_env *env, unsigned slot, txnid_t txnid, const struct meta_slot *chosen) {
  ASSERT(slot < META_COUNT && chosen->valid);
  ASSERT(txnid >= chosen->txnid && txnid < TXNID_MAX);
  struct meta meta = chosen->meta;
  meta.kind = META_STEADY;
  memcpy(meta.boot_id, env->boot_id, sizeof(meta.boot_id));
  /* What its copies have may be undone now. */
  int rc = txnid > chosen->txnid ? meta_begin_branch(&meta) : MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS)
    rc = meta_restate(env->fd, env->page_size, slot, chosen, txnid, &meta);
  return rc == MDBX_SUCCESS ? sync_flush(env) : rc;
}

/* The writer lock is held and no transaction runs. */
static int turn(MDBX_env *env, unsigned slot) {
  ASSERT(!atomic_load(&env->writer_thread) && !env->work);
  struct meta_slot chosen;
  txnid_t txnid = TXNID_NONE;
  uint64_t length = 0;
  int rc = choose(env, slot, &chosen, &txnid);
  if (rc == MDBX_SUCCESS)
    rc = os_file_size(env->fd, &length);
  if (rc == MDBX_SUCCESS)
    rc = env_check_length(env, &chosen.meta, length);
  if (rc == MDBX_SUCCESS)
    rc = env_restore_length(env, &chosen.meta, length);
  if (rc == MDBX_SUCCESS)
    rc = sync_flush(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = write_as_newest(env, slot, txnid, &chosen);
  if (rc != MDBX_SUCCESS) {
    atomic_store(&env->fatal, true);
    return rc;
  }
  lck_publish_durable(&env->lck, txnid);
  lck_publish_head(&env->lck, txnid, slot);
  env->recovery = 0;
  return MDBX_SUCCESS;
}

/* MDBX_BUSY: somebody reads; MDBX_ENOMEM. */
static int check_no_readers(const MDBX_env *env) {
  struct reader_pins pins;
  readers_pins_init(&pins);
  const int rc = readers_collect(&env->lck, &pins);
  const bool any = pins.length > 0;
  readers_pins_destroy(&pins);
  return rc == MDBX_SUCCESS && any ? MDBX_BUSY : rc;
}

int env_turn_for_recovery(MDBX_env *env, unsigned slot) {
  ASSERT(env->opened && slot < META_COUNT);
  int rc = atomic_load(&env->writer_thread) ? MDBX_BUSY : check_no_readers(env);
  if (rc == MDBX_SUCCESS)
    rc = env_lock_writer(env, true);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = turn(env, slot);
  env_unlock_writer(env);
  return rc;
}
