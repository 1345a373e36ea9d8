/* SPDX-License-Identifier: Apache-2.0 */
/*
 * More stories for tests/faults/faults: transactions that become others, readers, names and handles of tables, cursors,
 * commits that wait, copies and rescue. A call that fails leaves its transaction as it was, broken, or ended; what mdbx.h says
 * of that is checked here where faults.c cannot know it.
 */
#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_broken(const MDBX_txn *txn) { return mdbx_txn_flags(txn) & MDBX_TXN_ERROR; }

static bool opened(unsigned table, MDBX_dbi *dbi) {
  TRY(mdbx_dbi_open(run.txn, tables[table], (MDBX_db_flags_t)table_flags[table], dbi));
  return true;
}

static bool start(void) { return open_env() && begin() && put_many(0, 50, 90) && put(LARGE, 1, 20000, 1) && commit(); }

/* -------------------------------------------------------------------------------- transactions that become others */

static bool continues(void) {
  MDBX_txn *txn = run.txn;
  run.txn = NULL; /* it ends when one of these two fails */
  run.unsure = 1;
  TRY(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL));
  run.txn = txn;
  note_state();
  if (!put_many(20, 70, 110))
    return false;
  run.txn = NULL;
  TRY(mdbx_txn_rollback(txn));
  run.txn = txn;
  return true;
}

/* Before the commit it may fail for want of a reader, and leaves the writer. */
static bool becomes_reader(void) {
  MDBX_txn *const writer = run.txn;
  run.unsure = 1;
  shim.armed = true;
  const int rc = mdbx_txn_commit_embark_read(&run.txn, NULL);
  if (!worked("mdbx_txn_commit_embark_read", rc)) {
    run.unsure = !run.txn;
    if (run.txn && (run.txn != writer || is_broken(writer)))
      give_up("a transaction that did not become a reader is not as it was", rc);
    return false;
  }
  note_state();
  return true;
}

/* While it fails, the reader goes on. */
static bool becomes_writer(void) {
  MDBX_txn *writer;
  MDBX_dbi dbi;
  shim.armed = true;
  const int rc = mdbx_txn_amend(run.txn, &writer, MDBX_TXN_READWRITE, NULL);
  if (!worked("mdbx_txn_amend", rc)) {
    MDBX_val key = {(void *)(uintptr_t) "key 0001", 8}, value;
    const bool armed = shim.armed;
    shim.armed = false;
    if (mdbx_dbi_open(run.txn, tables[PLAIN], MDBX_DB_DEFAULTS, &dbi) != MDBX_SUCCESS ||
        mdbx_get(run.txn, dbi, &key, &value) != MDBX_SUCCESS)
      give_up("a reader that did not become a writer does not go on", rc);
    shim.armed = armed;
    return false;
  }
  run.txn = writer;
  return true;
}

static bool chain(void) {
  return start() && begin() && put_many(10, 60, 100) && continues() && put_many(30, 80, 120) && becomes_reader() &&
         becomes_writer() && put_many(1, 40, 33) && becomes_reader() && becomes_writer() && continues() && commit() &&
         close_env();
}

/* ------------------------------------------------------------------------------------------------------- readers */

static bool clones(void) {
  MDBX_dbi dbi;
  MDBX_val key, value;
  TRY(mdbx_txn_begin(run.env, NULL, MDBX_TXN_RDONLY, &run.beside));
  TRY(mdbx_txn_clone(run.beside, &run.txn, NULL));
  if (mdbx_txn_id(run.txn) != mdbx_txn_id(run.beside))
    give_up("a clone has another snapshot", 0);
  TRY(mdbx_txn_park(run.txn, true));
  if (!opened(PLAIN, &dbi))
    return false;
  TRY(mdbx_cursor_open(run.txn, dbi, &run.cursor[0]));
  TRY(mdbx_cursor_get(run.cursor[0], &key, &value, MDBX_LAST));
  TRY(mdbx_txn_park(run.txn, false));
  TRY(mdbx_txn_unpark(run.txn, true));
  TRY(mdbx_txn_clone(run.beside, &run.txn, NULL)); /* the same handle again */
  TRY(mdbx_cursor_renew(run.txn, run.cursor[0]));
  TRY(mdbx_cursor_get(run.cursor[0], &key, &value, MDBX_FIRST));
  TRY(mdbx_txn_refresh(run.txn));
  TRY(mdbx_txn_reset(run.txn));
  TRY(mdbx_txn_renew(run.txn));
  return true;
}

static bool read_all_ways(void) {
  MDBX_dbi dbi;
  MDBX_gc_info_t info;
  MDBX_val keys[3] = {
      {(void *)(uintptr_t) "key 0001", 8}, {(void *)(uintptr_t) "key 0003", 8}, {(void *)(uintptr_t) "x", 1}};
  MDBX_val values[3], pairs[40];
  int codes[3];
  size_t count;
  ptrdiff_t distance;
  if (!opened(SEVERAL, &dbi))
    return false;
  TRY(mdbx_get_many(run.txn, dbi, keys, values, codes, 2));
  TRY(mdbx_estimate_range(run.txn, dbi, &keys[0], NULL, &keys[1], NULL, &distance));
  TRY(mdbx_cursor_open(run.txn, dbi, &run.cursor[1]));
  TRY(mdbx_cursor_get(run.cursor[1], &keys[0], &values[0], MDBX_LAST));
  TRY(mdbx_cursor_count(run.cursor[1], &count));
  mdbx_cursor_close(run.cursor[1]);
  run.cursor[1] = NULL;
  if (!opened(PLAIN, &dbi))
    return false;
  TRY(mdbx_cursor_open(run.txn, dbi, &run.cursor[1]));
  TRY(mdbx_cursor_get_batch(run.cursor[1], &count, pairs, 40, MDBX_FIRST));
  shim.armed = true;
  const int rc = mdbx_gc_info(run.txn, &info, sizeof(info), NULL, NULL);
  if (!worked("mdbx_gc_info", rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc))
    return false;
  TRY(mdbx_env_warmup(run.env, run.txn, MDBX_warmup_force, 0));
  return true;
}

static bool end_readers(void) {
  for (unsigned i = 0; i < 2; ++i) {
    if (run.cursor[i])
      mdbx_cursor_close(run.cursor[i]);
    run.cursor[i] = NULL;
  }
  MDBX_txn *txn = run.txn, *beside = run.beside;
  run.txn = run.beside = NULL;
  mdbx_txn_abort(beside);
  TRY(mdbx_txn_abort(txn));
  return true;
}

static bool readers(void) { return start() && clones() && read_all_ways() && end_readers() && close_env(); }

/* -------------------------------------------------------------------------------------------- names and handles */

static bool rename_and_drop(void) {
  MDBX_dbi dbi;
  if (!opened(LARGE, &dbi))
    return false;
  TRY(mdbx_dbi_rename(run.txn, dbi, "another name, which is longer than the place for short ones"));
  TRY(mdbx_dbi_open(run.txn, "large", MDBX_CREATE, &dbi));
  TRY(mdbx_drop(run.txn, dbi, true));
  if (!opened(SEVERAL, &dbi))
    return false;
  TRY(mdbx_drop(run.txn, dbi, false));
  TRY(mdbx_drop(run.txn, dbi, true));
  return put(SEVERAL, 4, 30, 9);
}

/* The table of the name as the innermost transaction sees it; the shim is off. */
static bool exists(const char *name) {
  MDBX_dbi dbi;
  const bool armed = shim.armed;
  shim.armed = false;
  const int rc = mdbx_dbi_open(run.txn, name, MDBX_DB_ACCEDE, &dbi);
  shim.armed = armed;
  if (rc != MDBX_SUCCESS && rc != MDBX_NOTFOUND)
    give_up("opening a table in a transaction that goes on", rc);
  return rc == MDBX_SUCCESS;
}

static void names_are_as_before(void) {
  if (!is_broken(run.txn) && (!exists("plain") || !exists("several") || !exists("large") ||
                              exists("another name, which is longer than the place for short ones")))
    give_up("a name that a nested transaction changed is not as before", 0);
}

/* Ends what runs inside `around`, which goes on. Whether it is kept. */
static bool end_inside(MDBX_txn *around, bool keep) {
  MDBX_txn *const inner = run.txn;
  run.txn = around;
  shim.armed = keep || shim.armed;
  const int rc = keep ? mdbx_txn_commit(inner) : mdbx_txn_abort(inner);
  if (keep && worked("mdbx_txn_commit", rc))
    return true;
  if (!keep && rc != MDBX_SUCCESS && !is_broken(around))
    give_up("the end of a nested transaction", rc);
  names_are_as_before();
  return false;
}

/* What a nested transaction did to names and handles is undone, whatever fails in it, for the one around it too. */
static bool nested_names(bool keep) {
  MDBX_txn *const outer = run.txn;
  MDBX_txn *middle, *inner;
  if (run.mode->flags & MDBX_WRITEMAP)
    return true;
  TRY(mdbx_txn_begin(run.env, outer, MDBX_TXN_READWRITE, &middle));
  run.txn = middle;
  bool good = put(PLAIN, 5, 200, 5);
  shim.armed = good || shim.armed;
  if (good && (good = worked("mdbx_txn_begin", mdbx_txn_begin(run.env, middle, MDBX_TXN_READWRITE, &inner)))) {
    run.txn = inner;
    good = rename_and_drop() && put(PLAIN, 3, 300, 3);
    good = end_inside(middle, good && keep) || (good && !keep);
  }
  return end_inside(outer, good && keep) || (good && !keep);
}

static int order(const MDBX_val *a, const MDBX_val *b, void *context) {
  (void)context;
  return a->iov_len == b->iov_len ? memcmp(a->iov_base, b->iov_base, a->iov_len) : a->iov_len < b->iov_len ? -1 : 1;
}

/* If the order cannot be set, the table is still one that needs none. */
static bool set_order(void) {
  MDBX_dbi dbi;
  MDBX_val key = {(void *)(uintptr_t) "k", 1}, value = {(void *)(uintptr_t) "v", 1};
  TRY(mdbx_dbi_open(run.txn, "ordered", MDBX_CREATE, &dbi));
  shim.armed = true;
  const int rc = mdbx_dbi_set_order_ctx(run.txn, dbi, order, NULL, NULL);
  if (!worked("mdbx_dbi_set_order_ctx", rc)) {
    const bool armed = shim.armed;
    shim.armed = false;
    if (!is_broken(run.txn) && mdbx_put(run.txn, dbi, &key, &value, MDBX_UPSERT) != MDBX_SUCCESS)
      give_up("an order that could not be set changed the table", rc);
    shim.armed = armed;
    return false;
  }
  TRY(mdbx_put(run.txn, dbi, &key, &value, MDBX_UPSERT));
  TRY(mdbx_drop(run.txn, dbi, true));
  return true;
}

static bool names(void) {
  return start() && begin() && nested_names(false) && set_order() && commit() && begin() && nested_names(true) &&
         commit() && check() && close_env();
}

/* ------------------------------------------------------------------------------------------------------- cursors */

/* What a cursor that only follows stands on; nothing if it lost its place. */
static void look(MDBX_cursor *cursor, const char *wanted) {
  MDBX_val key, value;
  shim.armed = false;
  const int rc = mdbx_cursor_get(cursor, &key, &value, MDBX_GET_CURRENT);
  if (rc == MDBX_SUCCESS && (key.iov_len != strlen(wanted) || memcmp(key.iov_base, wanted, key.iov_len) != 0))
    give_up("a cursor stands on another record", 0);
  if (rc != MDBX_SUCCESS && rc != MDBX_ENODATA)
    give_up("reading where a cursor stands", rc);
}

static bool change_with(MDBX_cursor *cursor, MDBX_cursor *follower, const char *wanted) {
  char text[24];
  for (unsigned i = 0; i < 40; ++i) {
    snprintf(text, sizeof(text), "key %04u", 60 + i);
    MDBX_val key = {text, 8}, value = {(void *)(uintptr_t) "another value of it, of some length", 10 + i % 25};
    TRY(mdbx_cursor_put(cursor, &key, &value, MDBX_UPSERT));
    if (i % 3 == 0)
      TRY(mdbx_cursor_del(cursor, MDBX_CURRENT));
    look(follower, wanted);
  }
  return true;
}

static bool use_cursors(unsigned table) {
  MDBX_dbi dbi;
  MDBX_val key = {(void *)(uintptr_t) "key 0002", 8}, value;
  uint64_t affected;
  if (!opened(table, &dbi))
    return false;
  for (unsigned i = 0; i < 2; ++i)
    TRY(mdbx_cursor_open(run.txn, dbi, &run.cursor[i]));
  TRY(mdbx_cursor_get(run.cursor[1], &key, &value, MDBX_SET_KEY));
  if (!change_with(run.cursor[0], run.cursor[1], "key 0002"))
    return false;
  TRY(mdbx_cursor_get(run.cursor[0], &key, &value, MDBX_LAST));
  TRY(mdbx_cursor_get(run.cursor[0], &key, &value, MDBX_PREV));
  TRY(mdbx_cursor_bunch_delete(run.cursor[0], MDBX_DELETE_AFTER_EXCLUDING, &affected));
  look(run.cursor[1], "key 0002");
  TRY(mdbx_cursor_get(run.cursor[0], &key, &value, MDBX_LAST));
  TRY(mdbx_cursor_copy(run.cursor[0], run.cursor[1]));
  TRY(mdbx_cursor_get(run.cursor[1], &key, &value, MDBX_FIRST));
  TRY(mdbx_cursor_get(run.cursor[1], &key, &value, MDBX_NEXT));
  TRY(mdbx_cursor_delete_range(run.cursor[1], run.cursor[0], false, &affected));
  for (unsigned i = 0; i < 2; ++i) {
    MDBX_cursor *cursor = run.cursor[i];
    run.cursor[i] = NULL;
    mdbx_cursor_close(cursor);
  }
  return true;
}

/* Cursors of the transaction around it return to where they were. */
static bool nested_cursors(void) {
  MDBX_txn *const outer = run.txn;
  MDBX_dbi dbi;
  MDBX_val key = {(void *)(uintptr_t) "key 0000", 8}, value;
  if (run.mode->flags & MDBX_WRITEMAP)
    return true;
  if (!opened(PLAIN, &dbi))
    return false;
  TRY(mdbx_cursor_open(run.txn, dbi, &run.cursor[1]));
  TRY(mdbx_cursor_get(run.cursor[1], &key, &value, MDBX_SET_KEY));
  MDBX_txn *inner;
  TRY(mdbx_txn_begin(run.env, outer, MDBX_TXN_READWRITE, &inner));
  run.txn = inner;
  const bool good = put_many(0, 30, 150);
  if (good)
    mdbx_cursor_get(run.cursor[1], &key, &value, MDBX_LAST);
  run.txn = outer;
  shim.armed = false;
  const int rc = mdbx_txn_abort(inner);
  if (rc != MDBX_SUCCESS && !is_broken(outer))
    give_up("the end of a nested transaction", rc);
  if (!is_broken(outer))
    look(run.cursor[1], "key 0000");
  mdbx_cursor_close(run.cursor[1]);
  run.cursor[1] = NULL;
  return good;
}

static bool cursors(void) {
  return start() && begin() && use_cursors(PLAIN) && commit() && begin() && use_cursors(SEVERAL) && commit() &&
         begin() && nested_cursors() && put_many(3, 20, 20) && commit() && check() && close_env();
}

/* -------------------------------------------------------------------------------------------------------- arrays */

static int keep_old(void *context, MDBX_val *target, const void *bytes, size_t length) {
  (void)context, (void)bytes;
  *target = (MDBX_val){NULL, length};
  return MDBX_SUCCESS;
}

/* So many values as are told are there, unless the transaction is broken. */
static bool put_array(MDBX_dbi dbi) {
  static uint32_t numbers[600];
  MDBX_val key = {(void *)(uintptr_t) "array", 5}, first;
  MDBX_val data[2] = {{numbers, sizeof(numbers[0])}, {NULL, 600}};
  size_t count = 0;
  for (uint32_t i = 0; i < 600; ++i)
    numbers[i] = i * 7919 % 600;
  shim.armed = true;
  const int rc = mdbx_put(run.txn, dbi, &key, data, MDBX_MULTIPLE);
  const bool good = worked("mdbx_put", rc);
  const bool armed = shim.armed;
  shim.armed = false;
  if (!is_broken(run.txn)) {
    const int found = mdbx_get_ex(run.txn, dbi, &key, &first, &count);
    if (found != (data[1].iov_len ? MDBX_SUCCESS : MDBX_NOTFOUND) || count != data[1].iov_len)
      give_up("an array was not stored as far as is told", found);
  } else if (good) {
    give_up("an array is stored, and the transaction broken", 0);
  }
  shim.armed = armed;
  return good;
}

static bool put_pairs(MDBX_dbi dbi) {
  static char texts[50][8];
  MDBX_val keys[50], values[50];
  size_t done = 0;
  for (unsigned i = 0; i < 50; ++i) {
    snprintf(texts[i], sizeof(texts[i]), "k%05u", i * 37 % 50);
    keys[i] = values[i] = (MDBX_val){texts[i], 6};
  }
  shim.armed = true;
  const int rc = mdbx_put_many(run.txn, dbi, keys, values, 50, MDBX_UPSERT, &done);
  const bool good = worked("mdbx_put_many", rc);
  const bool armed = shim.armed;
  shim.armed = false;
  MDBX_val value;
  for (size_t i = 0; i < 50 && !is_broken(run.txn); ++i)
    if (mdbx_get(run.txn, dbi, &keys[i], &value) != (i < done ? MDBX_SUCCESS : MDBX_NOTFOUND))
      give_up("records were not stored as far as is told", (int)i);
  shim.armed = armed;
  return good;
}

static bool arrays(void) {
  MDBX_dbi fixed, plain;
  MDBX_val key = {(void *)(uintptr_t) "k00001", 6}, value = {(void *)(uintptr_t) "a longer value", 14}, old;
  uint64_t number;
  char room[64];
  if (!start() || !begin())
    return false;
  TRY(mdbx_dbi_open(run.txn, "fixed", MDBX_CREATE | MDBX_DUPSORT | MDBX_DUPFIXED | MDBX_INTEGERDUP, &fixed));
  TRY(mdbx_dbi_open(run.txn, "pairs", MDBX_CREATE, &plain));
  if (!put_array(fixed) || !put_pairs(plain))
    return false;
  old = (MDBX_val){room, sizeof(room)};
  TRY(mdbx_replace(run.txn, plain, &key, &value, &old, MDBX_UPSERT));
  TRY(mdbx_replace_ex(run.txn, plain, &key, NULL, &old, MDBX_CURRENT, keep_old, NULL));
  TRY(mdbx_dbi_sequence(run.txn, plain, &number, 7));
  return commit() && check() && close_env();
}

/* ------------------------------------------------------------------------------------------- commits that wait */

static bool commit_later(MDBX_commit_ticket *ticket) {
  MDBX_txn *txn = run.txn;
  run.txn = NULL;
  run.unsure += 1;
  TRY(mdbx_txn_commit_ticket(txn, ticket, NULL));
  return true;
}

/* Three commits wait for one flush. Until then they may be lost with it, but not for want of memory in another one. Without
 * faults each is waited for, to learn what it holds. */
static bool commit_three_later(void) {
  MDBX_commit_ticket ticket;
  for (unsigned turn = 0; turn < 3; ++turn) {
    if (!begin() || !put_many(turn, 30 + turn, 70) || !commit_later(&ticket))
      return false;
    TRY(mdbx_env_wait_durable(run.env, &ticket, 0));
    if (!shim.error) {
      TRY(mdbx_env_wait_durable(run.env, &ticket, UINT32_MAX));
      note_state();
    } else if (shim.kind == CALL_MEMORY) {
      run.unsure = 0;
      run.state += 1;
    }
  }
  TRY(mdbx_env_wait_durable(run.env, &ticket, UINT32_MAX));
  run.state += run.unsure;
  run.unsure = 0;
  return true;
}

static bool tickets(void) {
  if (!start() || !commit_three_later())
    return false;
  TRY(mdbx_txn_lock(run.env, false));
  const bool good = begin() && put_many(7, 20, 60) && commit();
  if (!good && run.txn) {
    mdbx_txn_abort(run.txn);
    run.txn = NULL;
  }
  const int rc = mdbx_txn_unlock(run.env);
  if (rc != MDBX_SUCCESS && rc != MDBX_PANIC)
    give_up("unlocking", rc);
  if (!good)
    return false;
  TRY(mdbx_env_sync_poll(run.env));
  return close_env();
}

/* ------------------------------------------------------------------------------------------------ copies and rescue */

static bool copies(void) {
  MDBX_envinfo info;
  if (!start())
    return false;
  TRY(mdbx_txn_begin(run.env, NULL, MDBX_TXN_RDONLY, &run.txn));
  TRY(mdbx_txn_copy2pathname(run.txn, path("copy"), MDBX_CP_OVERWRITE | MDBX_CP_RENEW_TXN));
  TRY(mdbx_txn_copy2pathname(run.txn, path("compact"), MDBX_CP_OVERWRITE | MDBX_CP_COMPACT | MDBX_CP_THROTTLE_MVCC));
  MDBX_txn *txn = run.txn;
  run.txn = NULL;
  TRY(mdbx_txn_abort(txn));
  TRY(mdbx_preopen_snapinfo(path("copy"), &info, sizeof(info)));
  const int fd = open(path("increment"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  shim.armed = true;
  const int rc = mdbx_env_copy2fd_since(run.env, info.mi_recent_txnid, fd, MDBX_CP_DEFAULTS);
  const bool good = worked("mdbx_env_copy2fd_since", rc);
  close(fd);
  if (!good)
    return false;
  MDBX_increment_info about;
  TRY(mdbx_increment_info(path("increment"), &about, sizeof(about)));
  return close_env();
}

static int ignore_table(void *context, const MDBX_rescue_table_t *table) {
  (void)context, (void)table;
  return MDBX_SUCCESS;
}
static int ignore_loss(void *context, const MDBX_rescue_loss_t *loss) {
  (void)context, (void)loss;
  return MDBX_CORRUPTED;
}
static int count_record(void *context, const MDBX_val *key, const MDBX_val *value) {
  (void)key, (void)value;
  ++*(unsigned *)context;
  return MDBX_SUCCESS;
}
static int ignore_end(void *context, const MDBX_rescue_table_t *table, uint64_t told) {
  (void)context, (void)table, (void)told;
  return MDBX_SUCCESS;
}

static bool rescue(void) {
  const MDBX_rescue_callbacks_t callbacks = {ignore_table, ignore_loss, count_record, ignore_end};
  unsigned records = 0;
  TRY(mdbx_txn_begin(run.env, NULL, MDBX_TXN_RDONLY, &run.txn));
  TRY(mdbx_rescue(run.txn, &callbacks, &records));
  if (!records)
    give_up("nothing is rescued", 0);
  MDBX_txn *txn = run.txn;
  run.txn = NULL;
  TRY(mdbx_txn_abort(txn));
  return true;
}

/* The newest meta is chosen. A write that fails there makes the environment unusable. */
static bool recovery(void) {
  MDBX_envinfo info;
  if (!start() || !begin() || !put_many(5, 60, 77) || !commit())
    return false;
  TRY(mdbx_env_info_ex(run.env, NULL, &info, sizeof(info)));
  unsigned newest = 0;
  for (unsigned i = 1; i < 3; ++i)
    if (info.mi_meta_txnid[i] > info.mi_meta_txnid[newest])
      newest = i;
  if (!close_env())
    return false;
  TRY(mdbx_env_create(&run.env));
  TRY(mdbx_env_set_maxdbs(run.env, 8));
  TRY(mdbx_env_open_for_recovery(run.env, path("db"), newest, true));
  run.opened = true;
  if (!rescue() || !check())
    return false;
  TRY(mdbx_env_turn_for_recovery(run.env, newest));
  return begin() && put_many(9, 20, 55) && commit() && close_env();
}

/* ----------------------------------------------------------------------------------------------- readers in the way */

static unsigned blamed;

/* Once the writer is to look again, then it takes the snapshot. */
static int oust(const MDBX_env *env, const MDBX_txn *txn, mdbx_pid_t pid, mdbx_tid_t tid, uint64_t laggard,
                unsigned gap, size_t space, int retry) {
  (void)env, (void)txn, (void)pid, (void)tid, (void)laggard, (void)gap, (void)space;
  blamed += retry >= 0;
  return retry > 0;
}

/* Everything is written anew, also from the inside of a nested transaction, so that the reader's pages are missing. */
static bool rewrite(unsigned turn) {
  MDBX_txn *inner;
  if (!begin())
    return false;
  MDBX_txn *const outer = run.txn;
  if (turn % 2 == 0 || (run.mode->flags & MDBX_WRITEMAP))
    return put_many(0, 150, 150 + turn) && commit();
  TRY(mdbx_txn_begin(run.env, outer, MDBX_TXN_READWRITE, &inner));
  run.txn = inner;
  const bool good = put_many(0, 150, 150 + turn);
  run.txn = outer;
  shim.armed = false;
  const int rc = good ? mdbx_txn_commit(inner) : mdbx_txn_abort(inner);
  if (rc != MDBX_SUCCESS && !is_broken(outer))
    give_up("the end of a nested transaction", rc);
  if (!good && !is_broken(outer)) {
    run.unsure = 1; /* the outer one goes on, and is committed without it */
    run.txn = NULL;
    const int committed = mdbx_txn_commit(outer);
    if (committed != MDBX_SUCCESS && committed != MDBX_PANIC && committed != shim.error)
      give_up("the commit of a transaction that goes on", committed);
    run.unsure = 0;
  }
  return good && commit();
}

static bool laggards(void) {
  blamed = 0;
  if (!open_env())
    return false;
  TRY(mdbx_env_set_geometry(run.env, -1, -1, 3 << 17, 16384, 32768, -1));
  TRY(mdbx_env_set_hsr(run.env, oust));
  if (!begin() || !put_many(0, 150, 150) || !commit())
    return false;
  for (unsigned turn = 1; turn < 5; ++turn) {
    if (!run.beside) {
      TRY(mdbx_txn_begin(run.env, NULL, MDBX_TXN_RDONLY, &run.beside));
      if (turn > 2)
        TRY(mdbx_txn_park(run.beside, true));
    }
    if (!rewrite(turn) || !rewrite(turn))
      return false;
    if (turn == 2) {
      MDBX_txn *txn = run.beside;
      run.beside = NULL;
      mdbx_txn_abort(txn);
    }
  }
  if (!blamed && !shim.error)
    give_up("no reader was in the way", 0);
  MDBX_txn *txn = run.beside;
  run.beside = NULL;
  mdbx_txn_abort(txn);
  return check() && close_env();
}

/* ----------------------------------------------------------------------------------------------- other ways to open */

static bool open_with(unsigned flags, bool lockless) {
  TRY(mdbx_env_create(&run.env));
  TRY(mdbx_env_set_maxdbs(run.env, 8));
  if (lockless)
    TRY(mdbx_env_set_lockless(run.env, true));
  TRY(mdbx_env_open(run.env, path("db"), (MDBX_env_flags_t)(MDBX_NOSUBDIR | run.mode->flags | flags), 0600));
  run.opened = true;
  return true;
}

/* The size is set inside a transaction, and undone with it. */
static bool set_size_inside(void) {
  if (!begin())
    return false;
  TRY(mdbx_env_set_geometry(run.env, 0, 1 << 20, 16 << 20, 65536, 65536, -1));
  if (!put_many(50, 90, 300))
    return false;
  MDBX_txn *txn = run.txn;
  run.txn = NULL;
  TRY(mdbx_txn_abort(txn));
  return begin() && put_many(2, 70, 90) && commit();
}

static bool openings(void) {
  if (!start() || !set_size_inside() || !close_env() || !open_with(0, true) || !begin() || !put_many(5, 50, 40) ||
      !commit())
    return false;
  TRY(mdbx_env_sync_ex(run.env, true, false));
  if (!close_env() || !open_with(MDBX_EXCLUSIVE, false) || !begin() || !put_many(1, 40, 45) || !commit())
    return false;
  TRY(mdbx_env_warmup(run.env, NULL, MDBX_warmup_force | MDBX_warmup_oomsafe, 65536));
  if (!close_env() || !open_with(0, false))
    return false;
  TRY(mdbx_thread_register(run.env));
  TRY(mdbx_txn_begin(run.env, NULL, MDBX_TXN_RDONLY, &run.txn));
  MDBX_txn *txn = run.txn;
  run.txn = NULL;
  TRY(mdbx_txn_abort(txn));
  TRY(mdbx_thread_unregister(run.env));
  return close_env();
}

/* ---------------------------------------------------------------------------------------------------------- forks */

/* Whether a thread of this process waits for something; also true if it has ended. */
static bool thread_sleeps(const char *number) {
  char name[300], line[400];
  snprintf(name, sizeof(name), "/proc/self/task/%s/stat", number);
  const int fd = open(name, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return true;
  const ssize_t length = read(fd, line, sizeof(line) - 1);
  close(fd);
  line[length > 0 ? length : 0] = 0;
  const char *state = strrchr(line, ')');
  return !state || strncmp(state, ") S", 3) == 0;
}

/* A child of fork has no thread that gives back the allocator's locks. The C library takes care of that, the allocators of
 * sanitizers do not: a thread that starts just now would stop the child. So all others have come to their wait first. */
static void let_others_sleep(void) {
  char own[32] = ""; /* as that /proc names this process: it may be one of another namespace */
  bool sleep = readlink("/proc/self", own, sizeof(own) - 1) <= 0;
  while (!sleep) {
    const struct dirent *entry;
    DIR *dir = opendir("/proc/self/task");
    if (!dir)
      return;
    sleep = true;
    while ((entry = readdir(dir)) != NULL)
      if (*entry->d_name != '.' && strcmp(entry->d_name, own) != 0)
        sleep &= thread_sleeps(entry->d_name);
    closedir(dir);
    if (!sleep)
      sched_yield();
  }
}

/* The child goes on with the story; the parent has the database open until that ends, and ends as the child does. */
static void become_child(void) {
  int status = 0;
  fflush(NULL);
  let_others_sleep();
  const pid_t child = fork();
  if (child == 0) {
    alarm(HANG_SECONDS); /* the parent's is not inherited */
    return;
  }
  alarm(0); /* the child may go on with all other stories */
  if (child < 0)
    give_up("fork", errno);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  if (WIFSIGNALED(status))
    fprintf(stderr, "faults: the child was ended by signal %d\n", WTERMSIG(status));
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* Only the child meets faults: a lock that the parent cannot release would stop it. The environment can only be closed after a
 * failure. */
static bool forks(void) {
  const int error = shim.error;
  shim.error = 0;
  if (!start())
    return false;
  TRY(mdbx_env_set_option(run.env, MDBX_opt_sync_thread, 1));
  become_child();
  shim.error = error;
  memset(shim.calls, 0, sizeof(shim.calls));
  shim.armed = true;
  const int rc = mdbx_env_resurrect_after_fork(run.env);
  if (!worked("mdbx_env_resurrect_after_fork", rc)) {
    if (mdbx_txn_begin(run.env, NULL, MDBX_TXN_RDONLY, &run.txn) == MDBX_SUCCESS)
      give_up("an environment that could not come back can be used", rc);
    return false;
  }
  return begin() && put_many(4, 60, 45) && commit() && close_env();
}

const struct story more_stories[] = {
    {"transactions that continue", chain, 0},
    {"readers", readers, MDBX_NOSTICKYTHREADS},
    {"names", names, 0},
    {"cursors", cursors, 0},
    {"arrays", arrays, 0},
    {"commits that wait", tickets, 0},
    {"copies", copies, 0},
    {"recovery", recovery, 0},
    {"laggards", laggards, MDBX_NOSTICKYTHREADS},
    {"openings", openings, 0},
    {"children of fork", forks, 0},
};
const unsigned more_stories_count = sizeof(more_stories) / sizeof(more_stories[0]);
