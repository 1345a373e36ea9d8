/* SPDX-License-Identifier: Apache-2.0 */
/* The standing parts of an environment: mapping, memo, snapshots, writer lock. Opening and closing are in env_open.c. */
#include "txn/env.h"

#include "base/log.h"

#include <stdlib.h>

int env_check(const MDBX_env *env) {
  if (unlikely(!env))
    return MDBX_EINVAL;
  return likely(env->signature == ENV_SIGNATURE) ? MDBX_SUCCESS : MDBX_EBADSIGN;
}

int env_check_open(const MDBX_env *env) {
  const int rc = env_check(env);
  if (unlikely(rc != MDBX_SUCCESS))
    return rc;
  if (unlikely(!env->opened))
    return MDBX_EPERM;
  if (unlikely(atomic_load(&env->fatal) || env->generation != os_fork_generation()))
    return MDBX_PANIC;
  return MDBX_SUCCESS;
}

struct geometry_system env_system(void) {
  uint64_t total = 0, available = 0;
  os_ram_pages(&total, &available);
  return (struct geometry_system){os_page_size(), total * os_page_size()};
}

/* Closed handles, to be used again: a second close finds a dead signature there, not memory of somebody else. Under
 * os_process_lock. */
static MDBX_env *graveyard;

static MDBX_env *new_handle(void) {
  os_process_lock();
  MDBX_env *env = graveyard;
  if (env)
    graveyard = env->next_dead;
  os_process_unlock();
  if (!env)
    return calloc(1, sizeof(*env));
  memset(env, 0, sizeof(*env));
  return env;
}

void env_bury(MDBX_env *env) {
  env->signature = DEAD_SIGNATURE;
  os_process_lock();
  env->next_dead = graveyard;
  graveyard = env;
  os_process_unlock();
}

int env_create(MDBX_env **result) {
  MDBX_env *env = new_handle();
  if (!env)
    return MDBX_ENOMEM;
  env->fd = -1;
  env->signature = ENV_SIGNATURE;
  env->generation = os_fork_generation();
  env->geometry_request = geometry_request_initial;
  env->options.max_readers = LCK_READERS_DEFAULT;
  for (size_t i = 0; i < COUNT_OF(env->options.values); ++i)
    env->options.values[i] = UINT64_MAX;
  int rc = os_mutex_init(&env->map_mutex);
  if (rc == MDBX_SUCCESS)
    rc = os_mutex_init(&env->handles_mutex);
  if (rc != MDBX_SUCCESS) {
    env_bury(env);
    return rc;
  }
  *result = env;
  return MDBX_SUCCESS;
}

/* -------------------------------------------------------------------------------------------------- map and memo */

/* A memo that matches nothing: every page is checked at every visit. */
static uint32_t no_memo;

static int new_memo(MDBX_env *env, size_t pages) {
  struct page_memo *memo = calloc(1, sizeof(*memo));
  if (!memo)
    return MDBX_ENOMEM;
  size_t places = 1024;
  while (places < pages)
    places *= 2;
  void *tags = NULL;
  if (!(env->flags & MDBX_VALIDATION) && os_map_anonymous(places * sizeof(uint32_t), &tags) == MDBX_SUCCESS) {
    memo->tags = tags;
    memo->mask = (uint32_t)(places - 1);
    memo->bytes = places * sizeof(uint32_t);
  } else {
    memo->tags = &no_memo;
  }
  memo->older = atomic_load(&env->memo);
  atomic_store(&env->memo, memo);
  return MDBX_SUCCESS;
}

static bool memo_covers(const MDBX_env *env, size_t pages) {
  const struct page_memo *memo = atomic_load(&env->memo);
  return memo && (memo->bytes == 0 || memo->bytes / sizeof(uint32_t) >= pages);
}

int env_check_addresses(const MDBX_env *env, pgno_t upper) {
  const uint64_t length = (uint64_t)upper << env->shift;
  if (length <= MAP_LENGTH_MAX)
    return MDBX_SUCCESS;
  return log_damage(MDBX_TOO_LARGE, "%s: it may grow to %llu bytes, more than a process of this system has addresses for",
                    env->data_path, (unsigned long long)length);
}

static int cover_slowly(MDBX_env *env, pgno_t upper) {
  int rc = MDBX_SUCCESS;
  if (env_check_addresses(env, upper) != MDBX_SUCCESS)
    return MDBX_UNABLE_EXTEND_MAPSIZE;
  os_mutex_lock(&env->map_mutex);
  const size_t length = (size_t)upper << env->shift;
  if (map_length(&env->map) < length)
    rc = map_extend(&env->map, env->fd, length);
  if (rc == MDBX_SUCCESS && !memo_covers(env, upper))
    rc = new_memo(env, upper);
  os_mutex_unlock(&env->map_mutex);
  return rc;
}

int env_cover(MDBX_env *env, pgno_t upper) {
  if (likely(map_length(&env->map) >= (uint64_t)upper << env->shift && memo_covers(env, upper)))
    return MDBX_SUCCESS;
  return cover_slowly(env, upper);
}

/* ------------------------------------------------------------------------------------------------------ snapshots */

int env_read_meta(const MDBX_env *env, uint64_t head, struct meta *meta) {
  const struct meta_page *page =
      (const struct meta_page *)(const void *)(map_base(&env->map) + ((size_t)lck_head_slot(head) << env->shift));
  const txnid_t txnid = lck_head_txnid(head);
  const volatile txnid_t *before = &page->header.txnid, *after = &page->meta.txnid_again;
  const txnid_t first = *before;
  atomic_thread_fence(memory_order_acquire);
  memcpy(meta, &page->meta, sizeof(*meta));
  atomic_thread_fence(memory_order_acquire);
  if (likely(first == txnid && meta->txnid_again == txnid && *before == txnid && *after == txnid))
    return MDBX_SUCCESS;
  if (lck_head(&env->lck) != head)
    return MDBX_RESULT_TRUE;
  return log_damage(MDBX_CORRUPTED, "%s: meta page %u is not of transaction %llu", env->data_path,
                    lck_head_slot(head), (unsigned long long)txnid);
}

int env_read_head(const MDBX_env *env, struct meta *meta, txnid_t *txnid, unsigned *slot) {
  for (;;) {
    const uint64_t head = lck_head(&env->lck);
    const int rc = env_read_meta(env, head, meta);
    *txnid = lck_head_txnid(head);
    *slot = lck_head_slot(head);
    if (rc != MDBX_RESULT_TRUE)
      return rc;
  }
}

static bool meta_is_usable(const MDBX_env *env, const struct meta *meta) {
  return meta->page_size == env->page_size && meta->next >= META_COUNT && meta->next <= meta->now &&
         meta->now <= meta->upper && meta->upper <= PGNO_LIMIT;
}

void env_rebase(const MDBX_env *env, struct snapshot *snapshot) {
  const struct page_memo *memo = atomic_load(&env->memo);
  snapshot->base = (const uint8_t *)map_base(&env->map);
  snapshot->memo = memo->tags;
  snapshot->memo_mask = memo->mask;
  snapshot->always_check = memo->bytes == 0;
}

pgno_t env_map_end(const MDBX_env *env) {
  const uint64_t limit = atomic_load(&env->map_limit);
  return limit ? (pgno_t)MIN_OF(limit >> env->shift, (uint64_t)PGNO_LIMIT) : PGNO_LIMIT;
}

int env_check_map_limit(const MDBX_env *env, pgno_t pages) {
  return pages <= env_map_end(env) ? MDBX_SUCCESS : MDBX_UNABLE_EXTEND_MAPSIZE;
}

int env_snapshot(MDBX_env *env, const struct meta *meta, txnid_t txnid, struct snapshot *snapshot) {
  if (!meta_is_usable(env, meta))
    return log_damage(MDBX_CORRUPTED, "%s: the meta page of transaction %llu makes no sense", env->data_path,
                      (unsigned long long)txnid);
  const int rc = env_cover(env, meta->upper);
  if (rc != MDBX_SUCCESS)
    return rc;
  *snapshot = (struct snapshot){
      .shift = env->shift,
      .limit = meta->next,
      .present = meta->next,
      .txnid = txnid,
      .newest = txnid,
      .page_size = env->page_size,
      .seed = env->seed,
  };
  env_rebase(env, snapshot);
  return MDBX_SUCCESS;
}

void env_geometry_of(const MDBX_env *env, const struct meta *meta, struct geometry *geometry) {
  *geometry = (struct geometry){.page_size = env->page_size,
                                .lower = meta->lower,
                                .upper = meta->upper,
                                .now = meta->now,
                                .grow = meta->grow,
                                .shrink = meta->shrink};
}

/* ---------------------------------------------------------------------------------------------------- writer lock */

/* A writer died. Its pages may be in the file and even its meta; what it had not published never happened, unless the
 * meta is whole: then the commit stands (it may be durable already, and must not be overwritten as if it were not). */
static int adopt_newest_meta(MDBX_env *env) {
  struct meta_slot newest = {.txnid = lck_head_txnid(lck_head(&env->lck))};
  int chosen = -1;
  for (unsigned slot = 0; slot < META_COUNT; ++slot) {
    struct meta_slot seen;
    const int rc = meta_read_slot(env->fd, env->page_size, slot, &seen);
    if (rc != MDBX_SUCCESS)
      return rc;
    if (seen.valid && seen.txnid > newest.txnid &&
        memcmp(seen.meta.database_id, env->database_id, sizeof(env->database_id)) == 0) {
      newest = seen;
      chosen = (int)slot;
    }
  }
  if (chosen >= 0) {
    log_notice("%s: a writer died; its commit %llu was complete and stands", env->data_path,
               (unsigned long long)newest.txnid);
    if (meta_kind_is_believed(newest.meta.kind))
      lck_publish_believable(&env->lck, newest.txnid);
    lck_publish_head(&env->lck, newest.txnid, (unsigned)chosen);
  }
  return MDBX_SUCCESS;
}

void env_doubt_metas(MDBX_env *env, unsigned slot) {
  atomic_store(&env->fatal, true);
  atomic_fetch_or(&env->lck.shared->user, METAS_DOUBTFUL);
  /* So that an opener of this boot does not find it; that this reaches the disk is the next writer's care. */
  if (meta_wipe(env->fd, env->page_size, slot) != MDBX_SUCCESS)
    log_error("%s: meta page %u of a failed commit cannot be wiped", env->data_path, slot);
}

/* Pages of the failed commit are free to everybody else: before one is overwritten, its meta must be gone. */
static int settle_doubt(MDBX_env *env) {
  const txnid_t head = lck_head_txnid(lck_head(&env->lck));
  for (unsigned slot = 0; slot < META_COUNT; ++slot) {
    struct meta_slot seen;
    int rc = meta_read_slot(env->fd, env->page_size, slot, &seen);
    if (rc == MDBX_SUCCESS && seen.valid && seen.txnid > head)
      rc = meta_wipe(env->fd, env->page_size, slot);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  const int rc = os_ops->datasync(env->fd);
  if (rc == MDBX_SUCCESS)
    atomic_fetch_and(&env->lck.shared->user, ~(unsigned)METAS_DOUBTFUL);
  return rc;
}

/* The lock is held; `rc` tells whether its last holder died. */
static int enter_as_writer(MDBX_env *env, int rc) {
  if (env->lockless)
    return lockless_begin_writing(env);
  if (atomic_load(&env->lck.shared->user) & METAS_DOUBTFUL)
    return settle_doubt(env);
  return rc == MDBX_RESULT_TRUE ? adopt_newest_meta(env) : MDBX_SUCCESS;
}

int env_lock_writer(MDBX_env *env, bool try_only) {
  int rc = lck_writer_lock(&env->lck, try_only);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return rc;
  rc = enter_as_writer(env, rc);
  if (rc != MDBX_SUCCESS)
    lck_writer_unlock(&env->lck);
  return rc;
}

void env_unlock_writer(MDBX_env *env) {
  if (env->lockless)
    lockless_end_writing(env);
  lck_writer_unlock(&env->lck);
}
