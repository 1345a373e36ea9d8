/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/lmdb_calls.c: the target of sequences of calls of programs of LMDB: tables of all kinds, also with orders of the program's
 * own, cursors, nested transactions, a reader that is reset and renewed. What tables hold is compared with a sorted array, and so is
 * every move of a cursor from a known place. Where versions of LMDB differ, doc/lmdb.md says what is right.
 */
#include "lmdb_calls.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* That of an own order has no such flags in truth: the program orders it. */
enum { OWN_ORDER = 4 };
const unsigned kind_flags[TABLES] = {0,
                                     MDB_DUPSORT,
                                     MDB_DUPSORT | MDB_DUPFIXED | MDB_INTEGERDUP,
                                     MDB_INTEGERKEY,
                                     MDB_DUPSORT | MDB_REVERSEKEY | MDB_REVERSEDUP,
                                     MDB_DUPSORT | MDB_DUPFIXED,
                                     MDB_DUPSORT | MDB_DUPFIXED | MDB_REVERSEDUP};
static const char *const names[TABLES] = {"plain", "several", "fixed", "integers", "own", "bytes", "back"};

struct lmdb_run run;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  fuzz_setup();
  return 0;
}

/* ------------------------------------------------------------------------------------------------------- arguments */

MDBX_val draw_key(int table) { return sequence_key(&run.input, run.key, kind_flags[table] & MDB_INTEGERKEY, KEY_MOST); }

/* A table with several values of a key has no empty ones here, because versions of LMDB differ there. */
MDBX_val draw_value(int table) {
  const uint8_t what = fuzz_byte(&run.input), scale = fuzz_byte(&run.input);
  const bool several = kind_flags[table] & MDB_DUPSORT;
  size_t length = kind_flags[table] & MDB_DUPFIXED ? 4 : several ? 1 + what % 30u : what % 30u;
  if (!several && scale > 200)
    length = 40u * (scale % 30u);
  if (!several)
    length = sequence_length(scale, &run.longs, length);
  memset(run.value, what, length);
  if (length)
    run.value[length - 1] = scale;
  return (MDBX_val){run.value, length};
}

static MDBX_val engine_val(const MDB_val *from) { return (MDBX_val){from->mv_data, from->mv_size}; }

static int by_last_bytes(const MDB_val *a, const MDB_val *b) {
  const MDBX_val left = engine_val(a), right = engine_val(b);
  return mdbx_get_keycmp(MDBX_REVERSEKEY)(&left, &right);
}

/* ---------------------------------------------------------------------------------------------------- transactions */

static void compare_table(MDB_txn *in, int table, const struct pairs *wanted) {
  MDB_cursor *cursor;
  MDB_val key, value;
  MDB_stat stat;
  size_t at = 0;
  FUZZ_OK(mdb_stat(in, run.dbi[table], &stat));
  FUZZ_MUST(stat.ms_entries == wanted->count);
  FUZZ_OK(mdb_cursor_open(in, run.dbi[table], &cursor));
  int rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
  for (; rc == MDB_SUCCESS; rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT), ++at) {
    FUZZ_MUST(at < wanted->count);
    FUZZ_MUST(lmdb_equal(&key, pair_key(wanted, at)) && lmdb_equal(&value, pair_value(wanted, at)));
  }
  FUZZ_MUST(rc == MDB_NOTFOUND && at == wanted->count);
  mdb_cursor_close(cursor);
}

static void compare_all(void) {
  for (int table = 0; table < TABLES; ++table)
    compare_table(txn(), table, &run.live[table]);
}

static void recover(void);

static void begin(void) {
  if (run.depth == run.levels)
    return;
  MDB_txn *const around = run.depth ? txn() : NULL, **const begun = &run.level[run.depth].txn;
  int rc = FAULTY(mdb_txn_begin(run.env, around, 0, begun));
  if (fault_may_give(rc) && around) {
    recover();
    return;
  }
  if (fault_may_give(rc))
    rc = mdb_txn_begin(run.env, NULL, 0, begun);
  FUZZ_MUST(rc == MDB_SUCCESS);
  for (int table = 0; table < TABLES; ++table)
    pairs_copy(&run.level[run.depth].before[table], &run.live[table]);
  for (int i = 0; i < CURSORS; ++i)
    run.level[run.depth].places[i] = run.slot[i].place;
  run.depth += 1;
}

/* Cursors end with the transaction that opened them; those around it are where they were, or where they went in what is kept. */
static void settle_cursors(bool commits, unsigned long before) {
  for (int i = 0; i < CURSORS; ++i) {
    if (run.slot[i].level > run.depth)
      run.slot[i].cursor = NULL;
    if (commits || !run.slot[i].cursor)
      continue;
    const struct cursor_place place = run.level[run.depth].places[i];
    run.slot[i].place = place;
    if (place.changes == before)
      run.slot[i].place.changes = run.changes;
  }
}

/* The innermost transaction has ended. */
static void leave(bool committed) {
  const unsigned long now = run.changes;
  run.changes += 1; /* what was noted inside is of no use around it */
  run.depth -= 1;
  for (int table = 0; table < TABLES; ++table) {
    struct pairs *const gone = committed ? &run.level[run.depth].before[table] : &run.live[table];
    pairs_clear(gone);
    if (!committed)
      run.live[table] = run.level[run.depth].before[table];
  }
  settle_cursors(committed, now);
}

/* What a commit writes of its own may find no room, or it fails; then nothing is committed. */
static void end_level(bool commits) {
  MDB_txn *const ending = txn();
  if (!commits)
    mdb_txn_abort(ending);
  const bool committed = commits && changed(FAULTY(mdb_txn_commit(ending)));
  const bool failed = run.failed;
  run.failed = false;
  leave(committed);
  if (failed && run.depth)
    recover();
}

static void open_tables(unsigned flags) {
  for (int table = 0; table < TABLES; ++table) {
    const unsigned own = table == OWN_ORDER ? MDB_DUPSORT : kind_flags[table];
    FUZZ_OK(mdb_dbi_open(txn(), names[table], own | flags, &run.dbi[table]));
  }
  FUZZ_OK(mdb_set_compare(txn(), run.dbi[OWN_ORDER], by_last_bytes));
  FUZZ_OK(mdb_set_dupsort(txn(), run.dbi[OWN_ORDER], by_last_bytes));
}

static size_t map_size(void) { return run.small ? 64 * (size_t)run.page_size : 16 << 20; }

static void open_env(void) {
  FUZZ_OK(mdb_env_create(&run.env));
  FUZZ_OK(mdb_env_set_maxdbs(run.env, TABLES));
  FUZZ_OK(mdb_env_set_mapsize(run.env, map_size()));
  FUZZ_OK(mdb_env_set_pagesize(run.env, run.page_size));
  FUZZ_OK(mdb_env_open(run.env, fuzz_path("db"), MDB_NOSUBDIR | MDB_NOTLS | run.env_flags, 0600));
  FUZZ_MUST(mdb_env_get_maxkeysize(run.env) >= KEY_MOST);
}

/* Handles live on; the next outermost transaction begins. */
static void do_end(bool commits) {
  end_level(commits);
  if (run.depth)
    return;
  begin();
  if (commits)
    compare_all();
}

/* ---------------------------------------------------------------------------------------------------------- reader */

static void reader_forget(void) {
  for (int table = 0; table < TABLES; ++table)
    pairs_clear(&run.reader.seen[table]);
}

static void reader_end(void) {
  if (!run.reader.txn)
    return;
  mdb_cursor_close(run.reader.cursor);
  mdb_txn_abort(run.reader.txn);
  if (!run.reader.reset)
    reader_forget();
  run.reader.txn = NULL;
  run.reader.cursor = NULL;
}

/* What is committed is what the outermost transaction began with. */
static void reader_sees(void) {
  for (int table = 0; table < TABLES; ++table)
    pairs_copy(&run.reader.seen[table], &run.level[0].before[table]);
  run.reader.reset = false;
}

static void reader_move_cursor(void) {
  static const MDB_cursor_op ops[] = {MDB_FIRST, MDB_NEXT, MDB_PREV, MDB_LAST, MDB_NEXT_NODUP};
  const MDB_cursor_op op = ops[draw(5)];
  MDB_val key, value;
  bool there;
  if (!run.reader.cursor || mdb_cursor_get(run.reader.cursor, &key, &value, op) != MDB_SUCCESS)
    return;
  const MDBX_val k = engine_val(&key), v = engine_val(&value);
  pairs_seek(&run.reader.seen[run.reader.table], &k, &v, &there);
  FUZZ_MUST(there);
}

static void reader_bind_cursor(int table) {
  if (run.reader.cursor && run.reader.table == table) {
    FUZZ_OK(mdb_cursor_renew(run.reader.txn, run.reader.cursor));
    return;
  }
  mdb_cursor_close(run.reader.cursor);
  const int rc = FAULTY(mdb_cursor_open(run.reader.txn, run.dbi[table], &run.reader.cursor));
  FUZZ_MUST(rc == MDB_SUCCESS || fault_may_give(rc));
  if (rc != MDB_SUCCESS)
    run.reader.cursor = NULL;
  run.reader.table = table;
}

static void do_reader(int table) {
  const unsigned what = draw(8);
  if (!run.reader.txn) {
    const int rc = FAULTY(mdb_txn_begin(run.env, NULL, MDB_RDONLY, &run.reader.txn));
    if (fault_may_give(rc)) {
      run.reader.txn = NULL;
      return;
    }
    FUZZ_MUST(rc == MDB_SUCCESS);
    reader_sees();
  } else if (run.reader.reset) {
    MDB_val key = lmdb_val(draw_key(table)), value;
    FUZZ_MUST(mdb_get(run.reader.txn, run.dbi[table], &key, &value) != MDB_SUCCESS);
    FUZZ_OK(mdb_txn_renew(run.reader.txn));
    reader_sees();
  } else if (what == 0) {
    reader_end();
  } else if (what == 1) {
    mdb_txn_reset(run.reader.txn);
    reader_forget();
    run.reader.reset = true;
  } else if (what == 2) {
    reader_bind_cursor(table);
  } else if (what < 5) {
    reader_move_cursor();
  } else
    compare_table(run.reader.txn, table, &run.reader.seen[table]);
}

/* ------------------------------------------------------------------------------------------------------ each call */

/* What is right for a put into the table as the model has it. */
static int expected_of_put(int table, const MDBX_val *key, const MDBX_val *value, unsigned flags) {
  const struct pairs *pairs = &run.live[table];
  bool key_there, pair_there;
  if (!key->iov_len)
    return MDB_BAD_VALSIZE;
  const size_t at = pairs_seek(pairs, key, NULL, &key_there), behind = pairs_behind(pairs, key);
  pairs_seek(pairs, key, value, &pair_there);
  if (flags & MDB_RESERVE && pairs->several)
    return MDB_INCOMPATIBLE;
  if (flags & MDB_NOOVERWRITE)
    return key_there ? MDB_KEYEXIST : MDB_SUCCESS;
  if (flags & MDB_NODUPDATA)
    return pairs->several && pair_there ? MDB_KEYEXIST : MDB_SUCCESS;
  if (flags & MDB_APPEND)
    return at < pairs->count ? MDB_KEYEXIST : MDB_SUCCESS;
  if (flags & MDB_APPENDDUP && pairs->several && key_there) {
    const MDBX_val last = pair_value(pairs, behind - 1);
    return pairs->value_order(&last, value) >= 0 ? MDB_KEYEXIST : MDB_SUCCESS;
  }
  return MDB_SUCCESS;
}

static void do_put(int table) {
  static const unsigned all[] = {0, 0, MDB_NOOVERWRITE, MDB_NODUPDATA, MDB_APPEND, MDB_APPENDDUP, MDB_RESERVE};
  const unsigned flags = all[draw(7)];
  const MDBX_val key = draw_key(table), wanted = draw_value(table);
  MDB_val k = lmdb_val(key), v = lmdb_val(wanted);
  const int expected = expected_of_put(table, &key, &wanted, flags);
  if (flags & MDB_RESERVE)
    v.mv_data = NULL;
  const int rc = FAULTY(mdb_put(txn(), run.dbi[table], &k, &v, flags));
  fuzz_trace("  put, flags %#x: %d, not %d", flags, rc, expected);
  if (has_failed(rc))
    return;
  FUZZ_MUST(rc == expected);
  if (rc == MDB_KEYEXIST && flags & MDB_NOOVERWRITE) {
    bool there;
    const size_t at = pairs_seek(&run.live[table], &key, NULL, &there);
    FUZZ_MUST(lmdb_equal(&v, pair_value(&run.live[table], at)));
  }
  if (rc != MDB_SUCCESS)
    return;
  if (flags & MDB_RESERVE && wanted.iov_len)
    memcpy(v.mv_data, wanted.iov_base, wanted.iov_len);
  pairs_put(&run.live[table], &key, &wanted);
  run.changes += 1;
}

static void do_delete(int table) {
  const MDBX_val key = draw_key(table), value = draw_value(table);
  const bool told = draw(2), one = told && run.live[table].several;
  MDB_val k = lmdb_val(key), v = lmdb_val(value);
  bool there;
  const size_t from = pairs_seek(&run.live[table], &key, one ? &value : NULL, &there);
  const int rc = FAULTY(mdb_del(txn(), run.dbi[table], &k, told ? &v : NULL));
  if (has_failed(rc))
    return;
  FUZZ_MUST(rc == (!key.iov_len ? MDB_BAD_VALSIZE : there ? MDB_SUCCESS : MDB_NOTFOUND));
  if (rc != MDB_SUCCESS)
    return;
  pairs_remove(&run.live[table], from, one ? from + 1 : pairs_behind(&run.live[table], &key));
  run.changes += 1;
}

static int sign(int number) { return (number > 0) - (number < 0); }

/* Two items as keys and as values. */
static void do_compare_items(int table, const MDBX_val *key) {
  uint8_t other_bytes[KEY_MOST];
  const struct pairs *pairs = &run.live[table];
  memcpy(other_bytes, key->iov_base, key->iov_len);
  const MDBX_val other = {other_bytes, key->iov_len}, again = draw_key(table), value = draw_value(table);
  const MDB_val a = lmdb_val(other), b = lmdb_val(again);
  FUZZ_MUST(sign(mdb_cmp(txn(), run.dbi[table], &a, &b)) == sign(pairs->key_order(&other, &again)));
  if (!pairs->several || !pairs->count || (kind_flags[table] & MDB_INTEGERDUP && value.iov_len != 4))
    return;
  const MDBX_val stored = pair_value(pairs, value.iov_len % pairs->count);
  const MDB_val c = lmdb_val(stored), d = lmdb_val(value);
  FUZZ_MUST(sign(mdb_dcmp(txn(), run.dbi[table], &c, &d)) == sign(pairs->value_order(&stored, &value)));
}

static void do_get(int table) {
  const MDBX_val key = draw_key(table);
  MDB_val k = lmdb_val(key), v;
  bool there;
  const size_t at = pairs_seek(&run.live[table], &key, NULL, &there);
  const int rc = mdb_get(txn(), run.dbi[table], &k, &v);
  FUZZ_MUST(rc == (!key.iov_len ? MDB_BAD_VALSIZE : there ? MDB_SUCCESS : MDB_NOTFOUND));
  FUZZ_MUST(rc != MDB_SUCCESS || lmdb_equal(&v, pair_value(&run.live[table], at)));
  const unsigned more = draw(4);
  if (more & 1)
    do_other_length(table);
  else if (more == 2)
    do_compare_items(table, &key);
}

static void do_multiple(int table) {
  uint32_t numbers[60];
  const unsigned count = 1 + draw(60), first = draw(200), stride = 1 + draw(5);
  const MDBX_val key = draw_key(table);
  for (unsigned i = 0; i < count; ++i)
    numbers[i] = first + i * stride;
  MDB_val k = lmdb_val(key), values[2] = {{sizeof(numbers[0]), numbers}, {count, NULL}};
  MDB_cursor *cursor;
  FUZZ_OK(mdb_cursor_open(txn(), run.dbi[table], &cursor));
  const int rc = FAULTY(mdb_cursor_put(cursor, &k, values, MDB_MULTIPLE));
  mdb_cursor_close(cursor);
  const bool fixed = kind_flags[table] & MDB_DUPFIXED, failed = has_failed(rc);
  if (!failed)
    FUZZ_MUST(rc == (fixed && key.iov_len ? MDB_SUCCESS
                     : fixed              ? MDB_BAD_VALSIZE
                                          : MDB_INCOMPATIBLE) ||
              (!fixed && !key.iov_len && rc == MDB_BAD_VALSIZE));
  if (!failed && rc != MDB_SUCCESS)
    return;
  /* Those before the one that failed; the number is as it was if the call failed before the first one. */
  const size_t stored = failed && values[1].mv_size == count ? 0 : values[1].mv_size;
  FUZZ_MUST(failed ? stored < count : stored == count);
  for (size_t i = 0; i < stored; ++i)
    pairs_put(&run.live[table], &key, &(MDBX_val){&numbers[i], sizeof(numbers[0])});
  run.changes += stored != 0;
}

static void do_empty(int table) {
  if (draw(6))
    return;
  if (!changed(FAULTY(mdb_drop(txn(), run.dbi[table], 0))))
    return;
  pairs_remove(&run.live[table], 0, run.live[table].count);
  run.changes += 1;
}

/* Handles that an outermost transaction has opened stay when it commits. */
static void begin_with_tables(unsigned flags) {
  begin();
  open_tables(flags);
  end_level(true);
  begin();
}

/* The engine's checker, which knows no order of a program. */
static void check_file(void) {
  MDBX_env *env;
  FUZZ_OK(mdbx_env_create(&env));
  FUZZ_OK(mdbx_env_open(env, fuzz_path("db"), MDBX_NOSUBDIR, 0600));
  sequence_check(env);
  FUZZ_OK(mdbx_env_close(env));
}

static void close_env(void) {
  while (run.depth)
    end_level(true);
  reader_end();
  mdb_env_close(run.env);
}

static void do_reopen(void) {
  if (draw(4))
    return;
  close_env();
  open_env();
  begin_with_tables(0);
  compare_all();
}

/* What may be changed while the database is open, and what is asked of it. */
static void do_change_env(void) {
  static const unsigned changed[] = {MDB_NOSYNC, MDB_NOMETASYNC, MDB_NOMEMINIT};
  MDB_envinfo info;
  MDB_stat stat;
  unsigned flags;
  int dead;
  const unsigned flag = changed[draw(3)];
  FUZZ_OK(mdb_env_set_flags(run.env, flag, (int)draw(2)));
  FUZZ_OK(mdb_env_get_flags(run.env, &flags));
  FUZZ_OK(mdb_env_info(run.env, &info));
  FUZZ_OK(mdb_env_stat(run.env, &stat));
  FUZZ_OK(mdb_reader_check(run.env, &dead));
  FUZZ_MUST(!dead && info.me_mapsize == map_size() && stat.ms_psize == (unsigned)run.page_size);
  FUZZ_MUST(mdb_txn_env(txn()) == run.env && mdb_txn_id(txn()) == info.me_last_txnid + 1);
}

/* If the transaction is broken it has to end, as in LMDB; a commit of it is refused, and ends it. */
static void recover(void) {
  MDB_val key = {1, run.key}, value;
  const bool was_full = run.failed && !fault_has_fired();
  run.failed = false;
  const bool broken = mdb_get(txn(), run.dbi[0], &key, &value) == MDB_BAD_TXN;
  fuzz_trace("  failed; broken %d", (int)broken);
  FUZZ_MUST(broken || !was_full);
  if (broken) {
    if (draw(2)) {
      const int rc = mdb_txn_commit(txn());
      FUZZ_MUST(rc == MDB_BAD_TXN || (run.depth > 1 && fault_may_give(rc)));
    } else
      mdb_txn_abort(txn());
    leave(false);
    if (run.depth) {
      recover(); /* that one may be broken too, if the other could not be undone on its own */
      return;
    }
    begin();
  }
  compare_all();
}

static void step(void) {
  if (run.faulty && run.input.end - run.input.at == STEP_BYTES)
    fault_choose_certain(run.input.end[-1]);
  const enum call what = (enum call)draw(CALLS);
  const int table = (int)draw(TABLES);
  fuzz_trace("call %d, table %d, depth %d", (int)what, table, run.depth);
  switch (what) {
  case CALL_DELETE:
    do_delete(table);
    break;
  case CALL_GET:
    do_get(table);
    break;
  case CALL_CURSOR_OPEN:
    do_cursor_open(table);
    break;
  case CALL_CURSOR_GET:
  case CALL_CURSOR_GET_2:
  case CALL_CURSOR_GET_3:
    do_cursor_get();
    break;
  case CALL_CURSOR_PUT:
    do_cursor_put();
    break;
  case CALL_CURSOR_DELETE:
    do_cursor_delete();
    break;
  case CALL_MULTIPLE:
    do_multiple(table);
    break;
  case CALL_BEGIN:
    begin();
    break;
  case CALL_COMMIT:
    do_end(true);
    break;
  case CALL_ABORT:
    do_end(false);
    break;
  case CALL_EMPTY:
    do_empty(table);
    break;
  case CALL_READER:
  case CALL_READER_2:
    do_reader(table);
    break;
  case CALL_COMPARE:
    compare_table(txn(), table, &run.live[table]);
    do_other_length(table);
    break;
  case CALL_REOPEN:
    do_reopen();
    break;
  case CALL_APPEND:
    do_append(table);
    break;
  case CALL_CHANGE_ENV:
    do_change_env();
    break;
  default:
    do_put(table);
  }
  if (run.failed)
    recover();
}

static void start(void) {
  static const int page_sizes[] = {256, 512, 1024, 4096};
  static const unsigned flags[] = {MDB_NOSYNC, 0, MDB_NOSYNC | MDB_WRITEMAP, MDB_NOMETASYNC,
                                   MDB_NOSYNC | MDB_NOLOCK | MDB_NOMEMINIT};
  enum { FLAGS = sizeof(flags) / sizeof(flags[0]) };
  run.page_size = page_sizes[draw(4)];
  const unsigned also = draw(256);
  run.env_flags = flags[also % FLAGS];
  run.small = also / FLAGS % 4 == 3;
  run.faulty = also / FLAGS / 4 % 3 == 2;
  run.failed = false;
  fault_choose_none();
  run.levels = run.env_flags & MDB_WRITEMAP ? 1 : LEVELS;
  run.longs = 0;
  memset(run.slot, 0, sizeof(run.slot));
  unlink(fuzz_path("db"));
  unlink(fuzz_path("db-lock"));
  unlink(fuzz_path("db" MDBX_LOCK_SUFFIX));
  open_env();
  for (int table = 0; table < TABLES; ++table)
    pairs_init(&run.live[table], kind_flags[table]);
  begin_with_tables(MDB_CREATE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *const steps = data + (size < HEAD_BYTES ? size : HEAD_BYTES), *const behind = data + size;
  run.input = (struct fuzz_input){data, steps};
  start();
  sequence_run(&run.input, steps, behind, step);
  fault_choose_none();
  compare_all();
  close_env();
  check_file();
  for (int table = 0; table < TABLES; ++table)
    pairs_clear(&run.live[table]);
  return 0;
}

static void insert_run(struct sequence *sequence, uint64_t *random) {
  static const struct sequence_run_calls calls = {CALL_PUT, CALL_DELETE, TABLES};
  sequence_insert_run(sequence, random, &calls);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
  static sequence_change *const changes[] = {insert_run};
  struct sequence sequence = {data, size, max_size, CALLS, CALL_BEGIN, {CALL_COMMIT, CALL_ABORT}};
  return sequence_mutate(&sequence, seed, changes, 1);
}
