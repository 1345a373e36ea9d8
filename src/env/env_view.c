/* SPDX-License-Identifier: Apache-2.0 */
/* Gives a transaction its view of the files. */
#include "env/env_view.h"

#include "base/assert.h"
#include "base/log.h"
#include "file/pending.h"

#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------------ map and memo */

static int new_memo(MDBX_env *env, size_t pages) {
  struct page_memo *memo = calloc(1, sizeof(*memo));
  if (!memo)
    return MDBX_ENOMEM;
  size_t places = 1024;
  while (places < pages)
    places *= 2;
  void *tags = NULL;
  if (os_map_anonymous(places * sizeof(uint32_t), &tags) == MDBX_SUCCESS) { /* else there is none, and it is slower */
    memo->tags = tags;
    memo->mask = (uint32_t)(places - 1);
    memo->bytes = places * sizeof(uint32_t);
  }
  ASSERT(memo->bytes == 0 ||
         (memo->bytes / sizeof(uint32_t) >= pages && memo->mask + (size_t)1 == memo->bytes / sizeof(uint32_t)));
  memo->older = atomic_load(&env->memo);
  atomic_store(&env->memo, memo);
  return MDBX_SUCCESS;
}

static bool memo_covers(const MDBX_env *env, size_t pages) {
  const struct page_memo *memo = atomic_load(&env->memo);
  return memo && (memo->bytes == 0 || memo->bytes / sizeof(uint32_t) >= pages);
}

bool env_has_addresses(const MDBX_env *env, pgno_t pages) { return (uint64_t)pages << env->shift <= MAP_LENGTH_MAX; }

static int cover_slowly(MDBX_env *env, pgno_t upper) {
  ASSERT(map_is_open(&env->map));
  int rc = MDBX_SUCCESS;
  if (!env_has_addresses(env, upper))
    return MDBX_UNABLE_EXTEND_MAPSIZE;
  os_mutex_lock(&env->map_mutex);
  const size_t length = (size_t)upper << env->shift;
  if (map_length(&env->map) < length)
    rc = map_extend(&env->map, env->fd, length);
  if (rc == MDBX_SUCCESS && !memo_covers(env, upper))
    rc = new_memo(env, upper);
  ASSERT(rc != MDBX_SUCCESS || (map_length(&env->map) >= length && memo_covers(env, upper)));
  os_mutex_unlock(&env->map_mutex);
  return rc;
}

int env_cover(MDBX_env *env, pgno_t upper) {
  if (likely(map_length(&env->map) >= (uint64_t)upper << env->shift && memo_covers(env, upper)))
    return MDBX_SUCCESS;
  return cover_slowly(env, upper);
}

int env_cover_meta(MDBX_env *env, const struct meta *meta) {
  if (likely(!env->maps_present))
    return env_cover(env, meta->upper);
  /* A writer takes pages up to the end of the file. */
  if (!env_is_readonly(env))
    return env_cover(env, meta->now);
  if (map_length(&env->map) >= (uint64_t)meta->next << env->shift && memo_covers(env, meta->next))
    return MDBX_SUCCESS;
  /* Maps twice the present length: older mappings stay until the environment is closed, and many mappings that grow by
   * little would use up the addresses. */
  const uint64_t twice = MIN_OF((uint64_t)(map_length(&env->map) >> env->shift) * 2, (uint64_t)meta->upper);
  int rc = twice > meta->now ? env_cover(env, (pgno_t)twice) : MDBX_UNABLE_EXTEND_MAPSIZE;
  if (rc == MDBX_UNABLE_EXTEND_MAPSIZE)
    rc = env_cover(env, meta->now);
  return rc == MDBX_UNABLE_EXTEND_MAPSIZE ? env_cover(env, meta->next) : rc;
}

int env_cover_growth(MDBX_env *env, pgno_t pages, struct snapshot *snapshot) {
  ASSERT(env->maps_present && !env_is_readonly(env));
  const int rc = env_cover(env, pages);
  if (rc == MDBX_SUCCESS)
    env_rebase(env, snapshot);
  return rc;
}

void env_forget_memo(MDBX_env *env) {
  struct page_memo *memo = atomic_load(&env->memo);
  atomic_store(&env->memo, NULL);
  while (memo) {
    struct page_memo *older = memo->older;
    if (memo->bytes)
      os_unmap(memo->tags, memo->bytes);
    free(memo);
    memo = older;
  }
}

/* --------------------------------------------------------------------------------------------------------- snapshots */

_Static_assert(LCK_HEAD_SLOTS == META_COUNT, "the head names one of the meta pages");

/* True if the slot has the meta that `head` names, and nobody wrote it during the copy. */
static bool copy_meta(const MDBX_env *env, uint64_t head, struct meta *meta) {
  ASSERT(map_length(&env->map) >= (size_t)META_COUNT << env->shift);
  const struct meta_page *page =
      (const struct meta_page *)(const void *)(map_base(&env->map) + ((size_t)lck_head_slot(head) << env->shift));
  const txnid_t txnid = lck_head_txnid(head);
  const volatile txnid_t *before = &page->header.txnid, *after = &page->meta.txnid_again;
  const txnid_t first = *before;
  atomic_thread_fence(memory_order_acquire);
  memcpy(meta, &page->meta, sizeof(*meta));
  atomic_thread_fence(memory_order_acquire);
  return first == txnid && meta->txnid_again == txnid && *before == txnid && *after == txnid;
}

static int no_such_meta(const MDBX_env *env, uint64_t head) {
  return log_damage(MDBX_CORRUPTED, "%s: meta page %u is not of transaction %llu", env->data_path, lck_head_slot(head),
                    (unsigned long long)lck_head_txnid(head));
}

/* A blank page is a meta page of transaction 0 for a lock file that says so. */
static int check_usable(const MDBX_env *env, const struct meta *meta, txnid_t txnid) {
  ASSERT(env->page_size == UINT32_C(1) << env->shift);
  if (likely(meta->page_size == env->page_size && meta->next >= META_COUNT && meta->next <= meta->now &&
             meta->now <= meta->upper && meta->upper <= PGNO_LIMIT))
    return MDBX_SUCCESS;
  return log_damage(MDBX_CORRUPTED, "%s: the meta page of transaction %llu makes no sense", env->data_path,
                    (unsigned long long)txnid);
}

int env_read_meta(const MDBX_env *env, uint64_t head, struct meta *meta) {
  if (likely(copy_meta(env, head, meta)))
    return check_usable(env, meta, lck_head_txnid(head));
  return lck_head(&env->lck) != head ? MDBX_RESULT_TRUE : no_such_meta(env, head);
}

/* Only the holder of the writer lock writes meta pages, and a process whose flush failed: that one wipes them. */
int env_read_tip(const MDBX_env *env, struct meta *meta, txnid_t *txnid, unsigned *slot) {
  const uint64_t tip = pending_tip(&env->lck);
  *txnid = lck_head_txnid(tip);
  *slot = lck_head_slot(tip);
  if (likely(copy_meta(env, tip, meta)))
    return check_usable(env, meta, *txnid);
  return pending_tip(&env->lck) != tip ? MDBX_PANIC : no_such_meta(env, tip);
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

/* How often a meta that looks damaged is read again, a millisecond apart: another process may be writing it. */
enum { META_READS = 50 };

int env_find_meta(MDBX_env *env, txnid_t txnid, struct meta_page **page) {
  ASSERT(txnid != TXNID_NONE && env->fd >= 0);
  int rc = MDBX_RESULT_TRUE;
  for (unsigned reads = 0; reads < META_READS && rc != MDBX_SUCCESS; ++reads) {
    bool claimed = false;
    const uint64_t head = lck_head(&env->lck);
    /* In a damaged file two metas may have the same id; the engine has chosen the head's, so look there first. */
    const unsigned first = lck_head_txnid(head) == txnid ? lck_head_slot(head) : 0;
    for (unsigned i = 0; i < META_COUNT; ++i) {
      const unsigned slot = (first + i) % META_COUNT;
      struct meta_slot seen;
      const int read = meta_read_slot(env->fd, env->page_size, slot, &seen);
      if (read != MDBX_SUCCESS)
        return read;
      claimed |= seen.claimed == txnid;
      if (seen.valid && seen.txnid == txnid &&
          meta_read_page(env->fd, env->page_size, slot, &seen, page) == MDBX_SUCCESS)
        return MDBX_SUCCESS;
    }
    if (!claimed)
      break;
    os_sleep_ms(1);
  }
  return rc;
}

void env_rebase(const MDBX_env *env, struct snapshot *snapshot) {
  const struct page_memo *memo = atomic_load(&env->memo);
  ASSERT(memo && map_is_open(&env->map));
  snapshot->base = (const uint8_t *)map_base(&env->map);
  if (unlikely(!memo->bytes || env->flags & MDBX_VALIDATION)) {
    snapshot_check_always(snapshot);
    return;
  }
  snapshot->memo = memo->tags;
  snapshot->memo_mask = memo->mask;
  snapshot->always_check = false;
}

pgno_t env_map_end(const MDBX_env *env) {
  const uint64_t limit = atomic_load(&env->map_limit);
  return limit ? (pgno_t)MIN_OF(limit >> env->shift, (uint64_t)PGNO_LIMIT) : PGNO_LIMIT;
}

int env_check_map_limit(const MDBX_env *env, pgno_t pages) {
  return pages <= env_map_end(env) ? MDBX_SUCCESS : MDBX_UNABLE_EXTEND_MAPSIZE;
}

int env_snapshot(MDBX_env *env, const struct meta *meta, txnid_t txnid, struct snapshot *snapshot) {
  ASSERT(env->page_size && env->page_size == UINT32_C(1) << env->shift);
  ASSERT(meta->next <= meta->now && meta->now <= meta->upper); /* as those that read it have found */
  const int rc = env_cover_meta(env, meta);
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
  ASSERT(map_length(&env->map) >= (uint64_t)snapshot->limit << env->shift);
  ASSERT(memo_covers(env, snapshot->limit));
  env_rebase(env, snapshot);
  return MDBX_SUCCESS;
}

bool env_resume_snapshot(const MDBX_env *env, txnid_t txnid, struct snapshot *snapshot) {
  ASSERT(snapshot->limit >= PGNO_FIRST && snapshot->shift == env->shift);
  if (map_length(&env->map) < (uint64_t)snapshot->limit << env->shift || !memo_covers(env, snapshot->limit) ||
      env_check_map_limit(env, snapshot->limit) != MDBX_SUCCESS)
    return false;
  snapshot->txnid = txnid;
  env_rebase(env, snapshot);
  return true;
}

/* ---------------------------------------------------------------------------------------------------------- geometry */

struct geometry_system env_system(void) {
  uint64_t total = 0, available = 0;
  os_ram_pages(&total, &available);
  return (struct geometry_system){os_page_size(), total * os_page_size()};
}
