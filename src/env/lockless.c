/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/lockless.c: environments without a lock file (mdbx_env_set_lockless()).
 *
 * The application keeps processes apart: no process reads while another one writes. Processes do not notify each other
 * of commits, so each begin of a transaction looks at the meta pages: it compares an id and a checksum of each in the
 * mapping with those seen last, and reads all metas again if one differs.
 *
 * Within the process everything works as with a lock file; `lck` is in private memory. While a thread of the process
 * holds the writer lock, no other process writes, and the published head is the newest commit. So readers do not look
 * at the metas then, and never see a commit before it is published.
 *
 * A file may need repair (its newest meta is weak, or is not believed). Readers use the newest commit that is believed;
 * the first writer repairs the file.
 */
#include "env/lockless.h"

#include "base/assert.h"
#include "base/log.h"
#include "env/env_repair.h"

/* How many meta pages the file has: a power cut in the creation may have left one, until a writer repairs the file. */
static unsigned metas_present(const MDBX_env *env) {
  uint64_t length;
  ASSERT(env->lockless && env->metas.present <= META_COUNT);
  if (likely(env->metas.present == META_COUNT))
    return META_COUNT;
  return os_file_size(env->fd, &length) == MDBX_SUCCESS ? (unsigned)MIN_OF(length >> env->shift, (uint64_t)META_COUNT)
                                                        : 0;
}

static void look(const MDBX_env *env, struct metas_seen *seen) {
  ASSERT(map_length(&env->map) >= (size_t)META_COUNT << env->shift);
  memset(seen->of, 0, sizeof(seen->of));
  seen->present = metas_present(env);
  for (unsigned slot = 0; slot < seen->present; ++slot) {
    const volatile struct page *page =
        (const volatile struct page *)(const void *)(map_base(&env->map) + ((size_t)slot << env->shift));
    seen->of[slot][0] = page->txnid;
    seen->of[slot][1] = page->checksum;
  }
}

static int check_identity(const MDBX_env *env, const struct meta_set *set, const struct meta *head) {
  if (set->page_size == env->page_size && memcmp(head->database_id, env->database_id, sizeof(env->database_id)) == 0)
    return MDBX_SUCCESS;
  return log_damage(MDBX_PANIC, "%s: another database is in the file now", env->data_path);
}

static int choose_anew(MDBX_env *env, bool writing) {
  ASSERT(env->lockless);
  ASSERT(!writing || !env_is_readonly(env));
  struct meta_set set;
  struct meta_choice choice;
  struct meta_verify_context verify = {env->fd, &set};
  uint64_t length;
  int rc = meta_read_all(env->fd, env->data_path, &set);
  if (rc == MDBX_SUCCESS)
    rc = meta_choose(&set, env->boot_id, meta_verify_manifest, &verify, &choice);
  if (rc == MDBX_SUCCESS)
    rc = check_identity(env, &set, &set.slot[choice.head].meta);
  if (rc == MDBX_SUCCESS)
    rc = os_file_size(env->fd, &length);
  if (rc == MDBX_SUCCESS)
    rc = env_check_length(env, &set.slot[choice.head].meta, length);
  if (rc == MDBX_SUCCESS && writing)
    rc = env_repair(env, &set, &choice, length);
  if (rc != MDBX_SUCCESS)
    return rc;
  const txnid_t txnid = set.slot[choice.head].txnid;
  lck_publish_head(&env->lck, txnid, choice.head);
  lck_publish_durable(&env->lck, writing || !choice.make_steady ? txnid : TXNID_NONE);
  return MDBX_SUCCESS;
}

/* Under map_mutex. */
static int follow(MDBX_env *env, bool writing) {
  ASSERT(env->lockless && !env->metas.writing);
  struct metas_seen seen;
  look(env, &seen);
  if (likely(env->metas.known && memcmp(seen.of, env->metas.of, sizeof(seen.of)) == 0 &&
             (!writing || env->metas.repaired)))
    return MDBX_SUCCESS;
  const int rc = choose_anew(env, writing);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (writing)
    look(env, &seen);
  seen.known = true;
  seen.repaired = writing;
  seen.writing = false;
  env->metas = seen;
  return MDBX_SUCCESS;
}

int lockless_look(const MDBX_env *constant) {
  MDBX_env *env = (MDBX_env *)(uintptr_t)constant;
  os_mutex_lock(&env->map_mutex);
  const int rc = env->metas.writing ? MDBX_SUCCESS : follow(env, false);
  os_mutex_unlock(&env->map_mutex);
  return rc;
}

int lockless_begin_writing(MDBX_env *env) {
  os_mutex_lock(&env->map_mutex);
  const int rc = follow(env, true);
  env->metas.writing = rc == MDBX_SUCCESS;
  os_mutex_unlock(&env->map_mutex);
  return rc;
}

void lockless_end_writing(MDBX_env *env) {
  ASSERT(env->lockless);
  os_mutex_lock(&env->map_mutex);
  look(env, &env->metas);
  env->metas.writing = false;
  os_mutex_unlock(&env->map_mutex);
}
