/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power cuts between any two operations of every commit path.
 *
 * A workload runs while a recorder notes each write, flush and change of length. Then, for every point in the record,
 * the files a cut could have left there are built, opened as after a reboot, checked, and compared with the commits
 * that may be the result: none older than the last one known to be durable, none that had not begun. Recovery itself is
 * recorded and cut as well.
 *
 * Images that are alike byte for byte, and of which the same is allowed, are opened once.
 *
 * Usage: powercut [scenario [seed [places]]]: how many places of a record are cut at most
 */
#include "cuts.h"
#include "recorder.h"
#include "verdict.h"

#include <xxhash.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMMITS_MAX = 64, MARK_BEGIN = 1, MARK_DURABLE = 2, PLACES = 250, SEEN_SLOTS = 1 << 18 };

/* How its transactions come about. */
enum style {
  ALONE,
  CHAINED,   /* from one another: checkpoints, rollbacks, readers amended */
  NESTED,    /* most changes in nested transactions, some of them taken back */
  BULK,      /* several values per key, ranges deleted, the table emptied */
  DEFRAGGED, /* every third commit is followed by a defragmentation */
};

/* Among the flags of a scenario: mdbx_env_set_lockless(); MDBX_opt_write_by_calls; MDBX_opt_sync_bytes, of one page: what begins as a
 * weak commit becomes a durable one. */
#define LOCKLESS 1u
#define BY_CALLS 2u
#define DUE_SOON 4u
#define OPTIONS (LOCKLESS | BY_CALLS | DUE_SOON)

struct scenario {
  const char *name;
  size_t page_size;
  unsigned flags;
  unsigned commits, puts, value;
  unsigned sync_every;    /* mdbx_env_sync() after so many commits */
  unsigned weak_by_one;   /* commits a cut may lose although they returned */
  unsigned delete_every;  /* such commits delete most records */
  unsigned dirty_limit;   /* changed pages in memory */
  unsigned durable_every; /* with MDBX_SAFE_NOSYNC: such commits are made durable ones by mdbx_env_set_flags() */
  enum style style;
};

static const struct scenario scenarios[] = {
    {"durable small", 4096, MDBX_SYNC_DURABLE, 24, 6, 120, 0, 0, 0, 0, 0, ALONE},
    {"durable small, lifo", 4096, MDBX_LIFORECLAIM, 24, 6, 120, 0, 0, 0, 0, 0, ALONE},
    {"durable large, page 256", 256, MDBX_SYNC_DURABLE, 16, 6, 40, 0, 0, 0, 0, 0, ALONE},
    {"durable, manifest full now and then", 1024, MDBX_SYNC_DURABLE, 16, 40, 300, 0, 0, 0, 0, 0, ALONE},
    {"durable, spilled", 512, MDBX_SYNC_DURABLE, 8, 400, 90, 0, 0, 0, 128, 0, ALONE},
    {"no meta sync", 4096, MDBX_NOMETASYNC, 20, 6, 120, 0, 1, 0, 0, 0, ALONE},
    {"safe no sync", 4096, MDBX_SAFE_NOSYNC, 30, 6, 120, 4, 0, 0, 0, 0, ALONE},
    {"safe no sync, lifo", 1024, MDBX_SAFE_NOSYNC | MDBX_LIFORECLAIM, 30, 6, 120, 5, 0, 0, 0, 0, ALONE},
    {"safe no sync, by calls", 4096, MDBX_SAFE_NOSYNC | BY_CALLS, 30, 6, 120, 4, 0, 0, 0, 0, ALONE},
    {"safe no sync, large values, page 512", 512, MDBX_SAFE_NOSYNC, 24, 4, 9000, 4, 0, 5, 0, 0, ALONE},
    {"safe no sync, spilled", 512, MDBX_SAFE_NOSYNC, 10, 400, 90, 3, 0, 0, 128, 0, ALONE},
    /* Values that are written when they are put. */
    {"safe no sync, long values, page 512", 512, MDBX_SAFE_NOSYNC, 12, 3, 100000, 4, 0, 5, 0, 0, ALONE},
    {"no meta sync, long values", 4096, MDBX_NOMETASYNC | MDBX_LIFORECLAIM, 16, 3, 100000, 0, 1, 5, 0, 0, ALONE},
    {"safe no sync, due soon, long values", 4096, MDBX_SAFE_NOSYNC | DUE_SOON, 12, 2, 100000, 0, 0, 5, 0, 0, ALONE},
    {"weak and durable by turns, long values", 4096, MDBX_SAFE_NOSYNC, 14, 3, 100000, 0, 0, 0, 0, 4, ALONE},
    {"nested, safe no sync, long values", 4096, MDBX_SAFE_NOSYNC, 10, 2, 100000, 4, 0, 0, 0, 0, NESTED},
    {"chained, safe no sync, long values", 4096, MDBX_SAFE_NOSYNC, 12, 2, 100000, 4, 0, 0, 0, 0, CHAINED},
    {"writemap", 4096, MDBX_WRITEMAP, 16, 6, 120, 0, 0, 0, 0, 0, ALONE},
    {"writemap, safe no sync", 4096, MDBX_WRITEMAP | MDBX_SAFE_NOSYNC, 20, 6, 120, 4, 0, 0, 0, 0, ALONE},
    {"writemap, safe no sync, by calls", 4096, MDBX_WRITEMAP | MDBX_SAFE_NOSYNC | BY_CALLS, 20, 6, 120, 4, 0, 0, 0, 0,
     ALONE},
    {"writemap, safe no sync, lifo, growth", 1024, MDBX_WRITEMAP | MDBX_SAFE_NOSYNC | MDBX_LIFORECLAIM, 18, 60, 1500, 3,
     0, 3, 0, 0, ALONE},
    {"growth and shrink", 4096, MDBX_SYNC_DURABLE, 18, 60, 1500, 0, 0, 3, 0, 0, ALONE},
    {"growth and shrink, no meta sync", 4096, MDBX_NOMETASYNC, 18, 60, 1500, 0, 1, 3, 0, 0, ALONE},
    {"growth and shrink, safe no sync", 4096, MDBX_SAFE_NOSYNC, 18, 60, 1500, 2, 0, 3, 0, 0, ALONE},
    {"large values", 4096, MDBX_SYNC_DURABLE, 14, 3, 30000, 0, 0, 3, 0, 0, ALONE},
    {"weak and durable by turns", 4096, MDBX_SAFE_NOSYNC, 30, 6, 120, 0, 0, 0, 0, 4, ALONE},
    {"weak and durable by turns, writemap", 1024, MDBX_SAFE_NOSYNC | MDBX_WRITEMAP, 30, 6, 120, 0, 0, 0, 0, 3, ALONE},
    {"chained, durable", 4096, MDBX_SYNC_DURABLE, 24, 6, 120, 0, 0, 0, 0, 0, CHAINED},
    {"chained, spilled, page 512", 512, MDBX_SYNC_DURABLE, 6, 300, 90, 0, 0, 0, 128, 0, CHAINED},
    {"chained, no meta sync", 4096, MDBX_NOMETASYNC, 20, 6, 120, 0, 1, 0, 0, 0, CHAINED},
    {"chained, writemap, growth", 4096, MDBX_WRITEMAP, 15, 60, 1500, 0, 0, 3, 0, 0, CHAINED},
    {"chained, safe no sync", 4096, MDBX_SAFE_NOSYNC, 24, 6, 120, 5, 0, 0, 0, 0, CHAINED},
    {"nested, durable", 4096, MDBX_SYNC_DURABLE, 16, 6, 120, 0, 0, 0, 0, 0, NESTED},
    {"nested, spilled, page 512", 512, MDBX_SYNC_DURABLE, 6, 200, 90, 0, 0, 0, 128, 0, NESTED},
    {"nested, safe no sync, growth", 4096, MDBX_SAFE_NOSYNC, 15, 40, 1500, 4, 0, 3, 0, 0, NESTED},
    {"bulk, durable, page 512", 512, MDBX_SYNC_DURABLE, 16, 60, 30, 0, 0, 0, 0, 0, BULK},
    {"bulk, spilled, page 256", 256, MDBX_SYNC_DURABLE, 6, 500, 30, 0, 0, 0, 128, 0, BULK},
    {"bulk, no meta sync", 1024, MDBX_NOMETASYNC, 16, 60, 30, 0, 1, 0, 0, 0, BULK},
    {"bulk, writemap, safe no sync", 1024, MDBX_WRITEMAP | MDBX_SAFE_NOSYNC, 16, 60, 30, 4, 0, 0, 0, 0, BULK},
    {"defragmentation", 4096, MDBX_SYNC_DURABLE, 12, 40, 1500, 0, 0, 3, 0, 0, DEFRAGGED},
    {"without a lock file", 4096, LOCKLESS, 20, 6, 120, 0, 0, 3, 0, 0, ALONE},
    {"without a lock file, safe no sync", 4096, LOCKLESS | MDBX_SAFE_NOSYNC, 20, 6, 120, 4, 0, 3, 0, 0, ALONE},
    /* The list of the meta page has little room: it goes to table 0 every few commits, and commits fall back to metas before and
     * after that. */
    {"lists, page 512", 512, MDBX_SYNC_DURABLE, 30, 2, 60, 0, 0, 0, 0, 0, ALONE},
    {"lists, lifo, page 1024", 1024, MDBX_LIFORECLAIM, 30, 3, 60, 0, 0, 0, 0, 0, ALONE},
    {"lists, no meta sync, page 512", 512, MDBX_NOMETASYNC, 24, 2, 60, 0, 1, 0, 0, 0, ALONE},
    {"lists, safe no sync, page 512", 512, MDBX_SAFE_NOSYNC, 30, 2, 60, 9, 0, 0, 0, 0, ALONE},
    {"lists, safe no sync, lifo, page 1024", 1024, MDBX_SAFE_NOSYNC | MDBX_LIFORECLAIM, 30, 4, 60, 11, 0, 0, 0, 0,
     ALONE},
    {"lists, writemap, by turns, page 512", 512, MDBX_SAFE_NOSYNC | MDBX_WRITEMAP, 30, 2, 60, 0, 0, 0, 0, 5, ALONE},
    {"lists, chained, safe no sync, page 512", 512, MDBX_SAFE_NOSYNC, 24, 2, 60, 7, 0, 0, 0, 0, CHAINED},
    {"lists, nested, page 512", 512, MDBX_SYNC_DURABLE, 20, 2, 60, 0, 0, 0, 0, 0, NESTED},
    {"defragmentation, writemap", 4096, MDBX_WRITEMAP, 12, 40, 1500, 0, 0, 3, 0, 0, DEFRAGGED},
};

struct run {
  const struct scenario *scenario;
  uint64_t random;
  MDBX_txn *writer; /* of a chain */
  char path[128], copy[128];
  uint64_t states[COMMITS_MAX + 1]; /* digest of the content after each commit; [0]: before the first */
  struct image start;
  unsigned long places; /* of a record that are cut at most */
  unsigned long images, recoveries, alike;
  uint64_t seen[SEEN_SLOTS]; /* a hash table: digests of the images that have been opened; 0 is a free slot */
  size_t seen_count;
};

/* ---------------------------------------------------------------------------------------------------------- workload */

static int open_env(const struct run *run, const char *path, unsigned flags, MDBX_env **env) {
  int rc = mdbx_env_create(env);
  if (rc == MDBX_SUCCESS && run->scenario->dirty_limit)
    rc = mdbx_env_set_option(*env, MDBX_opt_txn_dp_limit, run->scenario->dirty_limit);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_set_lockless(*env, run->scenario->flags & LOCKLESS);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_set_option(*env, MDBX_opt_write_by_calls, run->scenario->flags & BY_CALLS ? 1 : 0);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_open(*env, path, (MDBX_env_flags_t)((flags & ~OPTIONS) | MDBX_NOSUBDIR), 0600);
  if (rc == MDBX_SUCCESS && (run->scenario->flags & DUE_SOON) && !(flags & MDBX_RDONLY))
    rc = mdbx_env_set_option(*env, MDBX_opt_sync_bytes, 1);
  return rc;
}

static void change(struct run *run, MDBX_txn *txn, unsigned commit) {
  static uint8_t bytes[1 << 17];
  const struct scenario *scenario = run->scenario;
  const bool deleting = scenario->delete_every && commit % scenario->delete_every == 0;
  for (unsigned i = 0; i < scenario->puts * (deleting ? 8 : 1); ++i) {
    uint32_t number = (uint32_t)(next_random(&run->random) % (scenario->puts * 8));
    MDBX_val key = {&number, sizeof(number)};
    MDBX_val value = {bytes, 1 + next_random(&run->random) % scenario->value};
    if (deleting || next_random(&run->random) % 4 == 0) {
      const int rc = mdbx_del(txn, 1, &key, NULL);
      if (rc != MDBX_SUCCESS && rc != MDBX_NOTFOUND)
        fail("delete", rc);
      continue;
    }
    memset(bytes, (int)next_random(&run->random), value.iov_len);
    MUST(mdbx_put(txn, 1, &key, &value, MDBX_UPSERT));
  }
}

/* Nothing to commit is fine too. */
static int done(int rc) { return rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc; }

/* Commits in one of the ways that lead to another transaction, and sometimes takes something back first. */
static void commit_chained(struct run *run, MDBX_env *env, unsigned number) {
  MDBX_txn *txn = run->writer;
  if (!txn)
    MUST(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL));
  if (next_random(&run->random) % 3 == 0) {
    change(run, txn, number);
    MUST(mdbx_txn_rollback(txn));
  }
  change(run, txn, number);
  run->writer = NULL;
  switch (next_random(&run->random) % 3) {
  case 0:
    MUST(mdbx_txn_commit_ex(txn, NULL));
    return;
  case 1:
    MUST(done(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL)));
    break;
  default:
    MUST(done(mdbx_txn_commit_embark_read(&txn, NULL)));
    MUST(mdbx_txn_amend(txn, &txn, MDBX_TXN_READWRITE, NULL));
  }
  run->writer = txn;
}

static MDBX_txn *begin_nested(MDBX_txn *parent) {
  MDBX_txn *child;
  MUST(mdbx_txn_begin_ex(mdbx_txn_env(parent), parent, MDBX_TXN_READWRITE, &child, NULL));
  return child;
}

static void commit_nested(struct run *run, MDBX_env *env, unsigned number) {
  MDBX_txn *txn;
  MUST(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL));
  change(run, txn, number);
  MDBX_txn *child = begin_nested(txn);
  change(run, child, number);
  MUST(mdbx_txn_abort_ex(child, NULL));
  child = begin_nested(txn);
  change(run, child, number);
  MDBX_txn *grandchild = begin_nested(child);
  change(run, grandchild, number);
  MUST(next_random(&run->random) % 2 ? mdbx_txn_commit_ex(grandchild, NULL) : mdbx_txn_abort_ex(grandchild, NULL));
  MUST(mdbx_txn_commit_ex(child, NULL));
  MUST(mdbx_txn_commit_ex(txn, NULL));
}

static void put_values(struct run *run, MDBX_txn *txn) {
  for (unsigned i = 0; i < run->scenario->puts; ++i) {
    const uint32_t number = (uint32_t)(next_random(&run->random) % (run->scenario->puts * 20));
    uint8_t bytes[64] = {0}, name = (uint8_t)(number % 4);
    MDBX_val key = {&name, 1}, value = {bytes, 4 + number % run->scenario->value};
    memcpy(bytes, &number, sizeof(number));
    MUST(mdbx_put(txn, 1, &key, &value, MDBX_UPSERT));
  }
}

/* From some pair on, to the end or to another one. */
static void delete_some(struct run *run, MDBX_txn *txn) {
  MDBX_cursor *cursor;
  uint8_t name = (uint8_t)(next_random(&run->random) % 3);
  uint32_t number = (uint32_t)(next_random(&run->random) % 64) << 2;
  MDBX_val key = {&name, 1}, value = {&number, sizeof(number)};
  uint64_t affected;
  MUST(mdbx_cursor_open(txn, 1, &cursor));
  const int rc = mdbx_cursor_get(cursor, &key, &value, MDBX_TO_PAIR_GREATER_OR_EQUAL);
  if (rc == MDBX_SUCCESS)
    MUST(mdbx_cursor_bunch_delete(cursor,
                                  next_random(&run->random) % 2 ? MDBX_DELETE_CURRENT_MULTIVAL_AFTER_INCLUDING
                                                                : MDBX_DELETE_AFTER_INCLUDING,
                                  &affected));
  else if (rc != MDBX_NOTFOUND)
    fail("search", rc);
  mdbx_cursor_close(cursor);
}

static void commit_bulk(struct run *run, MDBX_env *env, unsigned number) {
  MDBX_txn *txn;
  MDBX_dbi main;
  MUST(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL));
  MUST(mdbx_dbi_open(txn, NULL, MDBX_CREATE | MDBX_DUPSORT, &main));
  put_values(run, txn);
  if (number % 3 == 0)
    delete_some(run, txn);
  if (number % 7 == 0)
    MUST(mdbx_drop(txn, 1, false));
  MUST(mdbx_txn_commit_ex(txn, NULL));
}

static void commit_alone(struct run *run, MDBX_env *env, unsigned number) {
  MDBX_txn *txn;
  MUST(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL));
  change(run, txn, number);
  MUST(mdbx_txn_commit_ex(txn, NULL));
}

static void commit_defragged(struct run *run, MDBX_env *env, unsigned number) {
  commit_alone(run, env, number);
  if (number % 3 == 0)
    MUST(done(mdbx_env_defrag(env, 0, 0, 0, 0, -1, 20, NULL, NULL, NULL)));
}

static void one_commit(struct run *run, MDBX_env *env, struct recorder *recorder, unsigned number) {
  const struct scenario *scenario = run->scenario;
  const bool turned = scenario->durable_every && number % scenario->durable_every == 0;
  if (turned)
    MUST(mdbx_env_set_flags(env, MDBX_SAFE_NOSYNC, false));
  recorder_mark(recorder, MARK_BEGIN, (int)number);
  static void (*const commits[])(struct run *, MDBX_env *, unsigned) = {[ALONE] = commit_alone,
                                                                        [CHAINED] = commit_chained,
                                                                        [NESTED] = commit_nested,
                                                                        [BULK] = commit_bulk,
                                                                        [DEFRAGGED] = commit_defragged};
  commits[scenario->style](run, env, number);
  run->states[number] = digest_of(env);
  if (turned)
    MUST(mdbx_env_set_flags(env, MDBX_SAFE_NOSYNC, true));
  if (turned || (scenario->flags & DUE_SOON) || !(scenario->flags & MDBX_SAFE_NOSYNC))
    recorder_mark(recorder, MARK_DURABLE, (int)(number - scenario->weak_by_one));
  if (scenario->sync_every && number % scenario->sync_every == 0) {
    const int rc = mdbx_env_sync_ex(env, true, false);
    if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
      fail("sync", rc);
    recorder_mark(recorder, MARK_DURABLE, (int)number);
  }
}

/* Weak commits copy pages where the file system lets them, with a writable map the meta page alone, unless they must not;
 * others never do. */
static void check_stores(const struct run *run, const struct recorder *recorder) {
  const unsigned flags = run->scenario->flags;
  const bool copies = (flags & MDBX_SAFE_NOSYNC) && !(flags & BY_CALLS);
  const bool always = (flags & MDBX_WRITEMAP) || (os_file_keeps_blocks(recorder->fd) && !os_addresses_are_limited());
  if (!copies ? recorder->stores > 0 : always && recorder->stores < 20)
    fail("pages were copied where they must not be, or were not copied", (int)recorder->stores);
}

static struct recorder *work(struct run *run) {
  MDBX_env *env;
  pretend_boot(1);
  MUST(mdbx_env_create(&env));
  MUST(mdbx_env_set_geometry(env, 0, 65536, 64 << 20, 65536, 65536, (intptr_t)run->scenario->page_size));
  MUST(mdbx_env_open(env, run->path, MDBX_NOSUBDIR, 0600));
  MUST(mdbx_env_close_ex(env, false));
  image_load(&run->start, run->path);
  struct recorder *recorder = recorder_start(run->path, run->scenario->page_size, run->scenario->flags & MDBX_WRITEMAP);
  MUST(open_env(run, run->path, run->scenario->flags, &env));
  run->states[0] = digest_of(env);
  for (unsigned i = 1; i <= run->scenario->commits; ++i)
    one_commit(run, env, recorder, i);
  check_stores(run, recorder);
  recorder_stop(recorder);
  MUST(mdbx_env_close_ex(env, true));
  return recorder;
}

/* ------------------------------------------------------------------------------------------------------- after a cut */

/* The commits that may be there after a cut behind record `at`. */
static void allowed_states(const struct recorder *recorder, size_t at, int *oldest, int *newest) {
  *oldest = *newest = 0;
  for (size_t i = 0; i < at; ++i) {
    const struct record *record = &recorder->records[i];
    if (record->kind != RECORD_MARK)
      continue;
    if (record->mark == MARK_BEGIN)
      *newest = record->value;
    else if (record->value > *oldest)
      *oldest = record->value;
  }
}

static void must_be_allowed(const struct run *run, uint64_t digest, int oldest, int newest) {
  for (int i = oldest; i <= newest; ++i)
    if (run->states[i] == digest)
      return;
  for (int i = 0; i <= (int)run->scenario->commits; ++i)
    if (run->states[i] == digest)
      fprintf(stderr, "powercut: commit %d is there, %d to %d were allowed\n", i, oldest, newest);
  fail("the content is of no commit that is allowed", 0);
}

/* Opening for reading changes nothing, and either works or asks for recovery. */
static void try_readonly(struct run *run, const struct image *image) {
  struct image after;
  MDBX_env *env;
  const int rc = open_env(run, run->copy, MDBX_RDONLY, &env);
  if (rc != MDBX_SUCCESS && rc != MDBX_WANNA_RECOVERY && rc != MDBX_CORRUPTED)
    fail("read-only open", rc);
  MUST(mdbx_env_close_ex(env, false));
  image_load(&after, run->copy);
  if (after.length != image->length || memcmp(after.bytes, image->bytes, image->length) != 0)
    fail("a read-only open changed the file", 0);
  image_free(&after);
}

static void open_and_compare(struct run *run, int oldest, int newest) {
  MDBX_env *env;
  MDBX_txn *txn;
  MUST(open_env(run, run->copy, run->scenario->flags, &env));
  must_be_sound(env);
  must_be_allowed(run, digest_of(env), oldest, newest);
  /* The survivor must be able to go on. */
  MUST(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL));
  uint32_t number = 0xffffff;
  MDBX_val key = {&number, 4}, value = {&number, 4};
  MUST(mdbx_put(txn, 1, &key, &value, MDBX_UPSERT));
  MUST(mdbx_txn_commit_ex(txn, NULL));
  must_be_sound(env);
  MUST(mdbx_env_close_ex(env, false));
}

/* True if an image like this one, of which the same is allowed, has been here before. */
static bool seen_before(struct run *run, const struct image *image, int oldest, int newest) {
  const uint64_t seed = (uint64_t)(unsigned)oldest << 32 | (unsigned)newest;
  const uint64_t digest = XXH3_64bits_withSeed(image->bytes, image->length, seed) | 1;
  size_t slot = (digest >> 1) % SEEN_SLOTS;
  while (run->seen[slot] != 0 && run->seen[slot] != digest)
    slot = (slot + 1) % SEEN_SLOTS;
  if (run->seen[slot] == digest) {
    run->alike += 1;
    return true;
  }
  if (run->seen_count < SEEN_SLOTS / 2) {
    run->seen[slot] = digest;
    run->seen_count += 1;
  }
  return false;
}

/* Cuts the recovery of an image at every operation. */
struct verdict {
  struct run *run;
  int oldest, newest;
  struct survivor survivor;
};

static int open_copy(void *context, MDBX_env **env) {
  const struct run *run = ((const struct verdict *)context)->run;
  const int rc = open_env(run, run->copy, run->scenario->flags, env);
  if (rc == MDBX_SUCCESS && run->scenario->flags & LOCKLESS) { /* recovery waits for a writer */
    MUST(mdbx_txn_lock(*env, false));
    MUST(mdbx_txn_unlock(*env));
  }
  return rc;
}

static void judge_image(void *context, const struct image *image) {
  const struct verdict *verdict = context;
  if (seen_before(verdict->run, image, verdict->oldest, verdict->newest))
    return;
  survivor_put(&verdict->survivor, image);
  open_and_compare(verdict->run, verdict->oldest, verdict->newest);
}

static void cut_at(struct run *run, const struct recorder *recorder, size_t at, enum cut_style style) {
  struct image image;
  struct verdict verdict = {
      .run = run, .survivor = {run->copy, run->scenario->page_size, &run->random, &verdict, open_copy, judge_image}};
  snprintf(verdict_place, sizeof(verdict_place), "powercut: %s, cut behind operation %zu, style %d",
           run->scenario->name, at, (int)style);
  allowed_states(recorder, at, &verdict.oldest, &verdict.newest);
  recorder_image(recorder, &run->start, at, style, &run->random, &image);
  if (!seen_before(run, &image, verdict.oldest, verdict.newest)) {
    survivor_put(&verdict.survivor, &image);
    try_readonly(run, &image);
    open_and_compare(run, verdict.oldest, verdict.newest);
  }
  run->images += 1;
  if (run->images % 37 == 0)
    run->recoveries += survivor_cut_recovery(&verdict.survivor, &image);
  image_free(&image);
}

static void remove_all(const struct run *run) {
  mdbx_env_delete(run->path, MDBX_ENV_JUST_DELETE);
  mdbx_env_delete(run->copy, MDBX_ENV_JUST_DELETE);
}

static void run_scenario(const struct scenario *scenario, uint64_t seed, unsigned long places) {
  struct run *run = calloc(1, sizeof(*run));
  const char *folder = getenv("TEST_TMPDIR");
  snprintf(verdict_place, sizeof(verdict_place), "powercut: %s", scenario->name);
  run->scenario = scenario;
  run->random = seed;
  run->places = places;
  snprintf(run->path, sizeof(run->path), "%s/cut-%d.db", folder ? folder : "/tmp", (int)getpid());
  snprintf(run->copy, sizeof(run->copy), "%s/cut-%d-copy.db", folder ? folder : "/tmp", (int)getpid());
  remove_all(run);
  struct recorder *recorder = work(run);
  /* Long records are sampled: about so many places, always all styles. */
  const size_t stride = 1 + recorder->count / run->places;
  for (size_t at = next_random(&run->random) % stride; at <= recorder->count; at += stride)
    for (enum cut_style style = CUT_NOTHING; style < CUT_STYLES; ++style)
      cut_at(run, recorder, at, style);
  remove_all(run);
  printf("%-36s %5zu operations, %6lu images, %6lu cut recoveries, %6lu of them alike: all sound\n", scenario->name,
         recorder->count, run->images, run->recoveries, run->alike);
  fflush(stdout);
  recorder_free(recorder);
  image_free(&run->start);
  free(run);
}

int main(int argc, char **argv) {
  const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  const unsigned long places = argc > 3 ? strtoul(argv[3], NULL, 10) : PLACES;
  /* The content is read while the next transaction of a chain is there already. */
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_LEGACY_OVERLAP, NULL);
  bool any = false;
  for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); ++i)
    if (argc < 2 || strstr(scenarios[i].name, argv[1])) {
      run_scenario(&scenarios[i], seed, places ? places : 1);
      any = true;
    }
  if (!any)
    fprintf(stderr, "powercut: no scenario has a name with \"%s\" in it\n", argv[1]);
  return any ? 0 : 2;
}
