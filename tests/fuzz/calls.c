/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/calls.c: the target of sequences of calls. The input is a program: each step a byte that chooses the call, and
 * bytes for its arguments, right ones and wrong ones (calls.h). Several cursors, nested transactions, tables of all kinds; what tables
 * hold is compared with a sorted array.
 */
#include "calls_run.h"

#include <string.h>
#include <unistd.h>

const struct call_kind kinds[KINDS] = {
    {"plain", MDBX_DB_DEFAULTS, 0},
    {"several", MDBX_DUPSORT, 0},
    {"fixed", MDBX_DUPSORT | MDBX_DUPFIXED | MDBX_REVERSEKEY, 4},
    {"integers", MDBX_INTEGERKEY, 0},
};

struct run run;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  fuzz_setup();
  return 0;
}

/* ------------------------------------------------------------------------------------------------------- arguments */

MDBX_val draw_key(int kind) { return sequence_key(&run.input, run.key, kinds[kind].flags & MDBX_INTEGERKEY, KEY_MOST); }

MDBX_val draw_value(int kind) {
  const uint8_t what = fuzz_byte(&run.input), scale = fuzz_byte(&run.input);
  size_t length = kinds[kind].fixed ? kinds[kind].fixed : what % 30u;
  if (!kinds[kind].fixed && scale > 200)
    length = kinds[kind].flags & MDBX_DUPSORT ? 60 : 40u * (scale % 30u);
  if (!(kinds[kind].flags & MDBX_DUPSORT))
    length = sequence_length(scale, &run.longs, length);
  memset(run.value, what, length);
  if (length)
    run.value[length - 1] = scale;
  return (MDBX_val){run.value, length};
}

static void must_be_there(int kind, const MDBX_val *key, const MDBX_val *value) {
  bool exact;
  const size_t at = pairs_seek(&run.live[kind], key, value, &exact);
  FUZZ_MUST(exact);
  const MDBX_val wanted_key = pair_key(&run.live[kind], at), wanted = pair_value(&run.live[kind], at);
  FUZZ_MUST(val_equal(key, &wanted_key) && val_equal(value, &wanted));
}

/* ---------------------------------------------------------------------------------------------------- transactions */

static void open_env(void) {
  FUZZ_OK(mdbx_env_create(&run.env));
  FUZZ_OK(mdbx_env_set_maxdbs(run.env, KINDS));
  FUZZ_OK(mdbx_env_set_geometry(run.env, 0, 0, run.small ? 72 * run.page_size : 16 << 20, 4096, 8192, run.page_size));
  sequence_set_options(run.env, run.options);
  FUZZ_OK(mdbx_env_open(run.env, fuzz_path("db"), (MDBX_env_flags_t)(MDBX_NOSUBDIR | run.mode), 0600));
}

static void open_again(void) {
  (void)mdbx_env_close_ex(run.env, true);
  open_env();
}

static void look_around(void);

static void begin(void) {
  if (run.depth == run.levels)
    return;
  MDBX_txn *const around = run.depth ? txn() : NULL, **const begun = &run.level[run.depth].txn;
  int rc = FAULTY(mdbx_txn_begin(run.env, around, MDBX_TXN_READWRITE, begun));
  if (has_failed(rc) && around) {
    look_around();
    return;
  }
  if (run.failed && rc != MDBX_PANIC)
    rc = mdbx_txn_begin(run.env, NULL, MDBX_TXN_READWRITE, begun);
  if (run.faulty && rc == MDBX_PANIC) { /* a flush has failed; what was committed is there when it is opened again */
    open_again();
    rc = mdbx_txn_begin(run.env, NULL, MDBX_TXN_READWRITE, begun);
  }
  run.failed = false;
  FUZZ_MUST(rc == MDBX_SUCCESS);
  for (int kind = 0; kind < KINDS; ++kind)
    pairs_copy(&run.level[run.depth].before[kind], &run.live[kind]);
  run.depth += 1;
}

static void compare_all(void);

/* Where it is not known what was committed, it is all or nothing. */
static void settle(void) {
  bool before = true;
  for (int kind = 0; kind < KINDS; ++kind)
    before = before && pairs_are_there(txn(), run.dbi[kind], &run.live[kind]);
  for (int kind = 0; kind < KINDS; ++kind) {
    if (!before) {
      pairs_clear(&run.live[kind]);
      pairs_copy(&run.live[kind], &run.maybe[kind]);
      pairs_clear(&run.level[0].before[kind]);
      pairs_copy(&run.level[0].before[kind], &run.live[kind]);
    }
    pairs_clear(&run.maybe[kind]);
  }
  fuzz_trace("  it was %scommitted", before ? "not " : "");
  run.unsure = false;
}

/* What is open is the outermost one again, with the tables. */
static void begin_anew(void) {
  begin();
  for (int kind = 0; kind < KINDS; ++kind)
    FUZZ_OK(mdbx_dbi_open(txn(), kinds[kind].name, (MDBX_db_flags_t)kinds[kind].flags, &run.dbi[kind]));
  if (run.unsure)
    settle();
}

/* Cursors of a transaction that has ended, or goes on after a checkpoint, are unbound; those of what is around it stay. */
static void forget_cursors(int around) {
  for (int i = 0; i < CURSORS; ++i)
    if (run.cursor_level[i] > around) {
      if (mdbx_cursor_unbind(run.cursor[i]) == MDBX_SUCCESS) {
        run.cursor_kind[i] = -1;
        run.cursor_level[i] = 0;
      } else /* bound again inside to where it was */
        run.cursor_level[i] = around;
    }
}

/* The innermost transaction has ended. */
static void leave(bool committed) {
  run.depth -= 1;
  for (int kind = 0; kind < KINDS; ++kind) {
    struct pairs *const gone = committed ? &run.level[run.depth].before[kind] : &run.live[kind];
    pairs_clear(gone);
    if (!committed)
      run.live[kind] = run.level[run.depth].before[kind];
  }
  forget_cursors(run.depth);
}

/* The innermost transaction has ended, because its commit failed: then nothing is committed. But if the environment is of no use any
 * more, that is not known, nor if the transaction was to go on. */
static void leave_failed(int rc, bool goes_on) {
  const bool panics = rc == MDBX_PANIC || mdbx_reader_check(run.env, NULL) == MDBX_PANIC;
  fuzz_trace("  the commit failed: %d; the environment is of use: %d", rc, !panics);
  run.failed = false;
  run.unsure = run.depth == 1 && (goes_on || panics);
  for (int kind = 0; kind < KINDS && run.unsure; ++kind)
    pairs_copy(&run.maybe[kind], &run.live[kind]);
  leave(false);
  if (panics) {
    FUZZ_MUST(!run.depth);
    open_again();
  } else if (run.depth)
    look_around();
}

/* What a commit writes of its own may find no room. */
static void end(bool commits) {
  MDBX_txn *const ending = txn();
  int rc = MDBX_SUCCESS;
  if (!commits)
    FUZZ_OK(mdbx_txn_abort(ending));
  else
    rc = FAULTY(mdbx_txn_commit(ending));
  if (changed(rc))
    leave(commits);
  else
    leave_failed(rc, false);
}

static void do_end(bool commits) {
  end(commits);
  if (run.depth)
    return;
  if (commits)
    sequence_check(run.env);
  begin_anew();
  compare_all();
}

/* The transaction commits what it has and goes on; its cursors are unbound. */
static void do_checkpoint(void) {
  const int rc = FAULTY(mdbx_txn_checkpoint(txn(), MDBX_TXN_NOWEAKING, NULL));
  if (has_failed(rc)) { /* that of the commit, or of going on after it */
    leave_failed(rc, true);
    if (!run.depth)
      begin_anew();
    return;
  }
  FUZZ_MUST(rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE);
  for (int kind = 0; kind < KINDS && rc == MDBX_SUCCESS; ++kind) {
    pairs_clear(&run.level[run.depth - 1].before[kind]);
    pairs_copy(&run.level[run.depth - 1].before[kind], &run.live[kind]);
  }
  if (rc == MDBX_SUCCESS)
    forget_cursors(run.depth - 1);
}

/* ------------------------------------------------------------------------------------------------------ each call */

static void compare_table(int kind) { pairs_compare(txn(), run.dbi[kind], &run.live[kind]); }

static void compare_all(void) {
  for (int kind = 0; kind < KINDS; ++kind)
    compare_table(kind);
}

static void do_put(int kind) {
  static const MDBX_put_flags_t all[] = {MDBX_UPSERT, MDBX_NOOVERWRITE, MDBX_NODUPDATA, MDBX_APPEND, MDBX_APPENDDUP};
  const MDBX_put_flags_t flags = all[draw(5)];
  const MDBX_val key = draw_key(kind), wanted = draw_value(kind);
  MDBX_val value = wanted;
  bool key_there, pair_there;
  pairs_seek(&run.live[kind], &key, NULL, &key_there);
  pairs_seek(&run.live[kind], &key, &wanted, &pair_there);
  const int rc = FAULTY(mdbx_put(txn(), run.dbi[kind], &key, &value, flags));
  if (has_failed(rc))
    return;
  if (flags == MDBX_UPSERT)
    FUZZ_MUST(rc == MDBX_SUCCESS);
  if (flags == MDBX_NOOVERWRITE)
    FUZZ_MUST(rc == (key_there ? MDBX_KEYEXIST : MDBX_SUCCESS));
  if (flags == MDBX_NODUPDATA && run.live[kind].several)
    FUZZ_MUST(rc == (pair_there ? MDBX_KEYEXIST : MDBX_SUCCESS));
  if (rc == MDBX_SUCCESS)
    pairs_put(&run.live[kind], &key, &wanted);
  else
    FUZZ_MUST(rc == MDBX_KEYEXIST || rc == MDBX_EKEYMISMATCH || rc == MDBX_EINVAL || rc == MDBX_INCOMPATIBLE);
}

static void do_delete(int kind) {
  const MDBX_val key = draw_key(kind), value = draw_value(kind);
  const bool whole = draw(2) || !run.live[kind].several;
  bool there;
  const size_t from = pairs_seek(&run.live[kind], &key, whole ? NULL : &value, &there);
  const int rc = FAULTY(mdbx_del(txn(), run.dbi[kind], &key, whole ? NULL : &value));
  if (has_failed(rc))
    return;
  FUZZ_MUST(rc == (there ? MDBX_SUCCESS : MDBX_NOTFOUND));
  if (there)
    pairs_remove(&run.live[kind], from, whole ? pairs_behind(&run.live[kind], &key) : from + 1);
}

static void do_get(int kind) {
  const MDBX_val key = draw_key(kind);
  MDBX_val value;
  bool there;
  const size_t at = pairs_seek(&run.live[kind], &key, NULL, &there);
  FUZZ_MUST(mdbx_get(txn(), run.dbi[kind], &key, &value) == (there ? MDBX_SUCCESS : MDBX_NOTFOUND));
  if (!there)
    return;
  const MDBX_val wanted = pair_value(&run.live[kind], at);
  FUZZ_MUST(val_equal(&value, &wanted));
}

static void do_bind(int kind) {
  const unsigned i = draw(CURSORS);
  const int rc = FAULTY(mdbx_cursor_bind(txn(), run.cursor[i], run.dbi[kind]));
  if (rc == MDBX_SUCCESS) {
    run.cursor_kind[i] = kind;
    run.cursor_level[i] = run.depth;
  } else if (!has_failed(rc)) /* bound to a transaction around this one */
    FUZZ_MUST(rc == MDBX_EINVAL && run.depth > 1);
}

/* Wherever it goes, it comes to a pair that is there. */
static void do_cursor_get(void) {
  const unsigned i = draw(CURSORS);
  const MDBX_cursor_op op = (MDBX_cursor_op)draw(MDBX_TO_PAIR_GREATER_THAN + 2);
  const int kind = run.cursor_kind[i];
  MDBX_val key = draw_key(kind < 0 ? 0 : kind), value = draw_value(kind < 0 ? 0 : kind);
  const int rc = mdbx_cursor_get(run.cursor[i], &key, &value, op);
  if (kind < 0) {
    FUZZ_MUST(rc != MDBX_SUCCESS);
    return;
  }
  const bool pages = op == MDBX_GET_MULTIPLE || op == MDBX_NEXT_MULTIPLE || op == MDBX_PREV_MULTIPLE ||
                     op == MDBX_SEEK_AND_GET_MULTIPLE;
  FUZZ_MUST(rc != MDBX_CORRUPTED && rc != MDBX_PROBLEM);
  if (rc == MDBX_SUCCESS && !pages && op != MDBX_SET)
    must_be_there(kind, &key, &value);
}

static void do_cursor_change(void) {
  const unsigned i = draw(CURSORS);
  const int kind = run.cursor_kind[i];
  MDBX_val key, value;
  bool exact;
  if (kind < 0 || mdbx_cursor_get(run.cursor[i], &key, &value, MDBX_GET_CURRENT) != MDBX_SUCCESS)
    return;
  const size_t at = pairs_seek(&run.live[kind], &key, &value, &exact);
  FUZZ_MUST(exact);
  if (draw(2)) {
    if (changed(FAULTY(mdbx_cursor_del(run.cursor[i], MDBX_UPSERT))))
      pairs_remove(&run.live[kind], at, at + 1);
    return;
  }
  const MDBX_val wanted_key = pair_key(&run.live[kind], at), wanted = draw_value(kind);
  MDBX_val put = wanted;
  uint8_t copy[KEY_MOST];
  memcpy(copy, wanted_key.iov_base, wanted_key.iov_len);
  const MDBX_val own = {copy, wanted_key.iov_len};
  if (changed(FAULTY(mdbx_cursor_put(run.cursor[i], &own, &put, run.live[kind].several ? MDBX_UPSERT : MDBX_CURRENT))))
    pairs_put(&run.live[kind], &own, &wanted);
}

static void do_empty(int kind) {
  if (draw(8))
    return;
  if (changed(FAULTY(mdbx_drop(txn(), run.dbi[kind], false))))
    pairs_remove(&run.live[kind], 0, run.live[kind].count);
}

/* None of these may do anything. */
static void do_wrong(int kind) {
  MDBX_val key = draw_key(kind), value = draw_value(kind), too_long = {run.key, 70000};
  MDBX_cursor *cursor;
  MDBX_txn *inner;
  uint64_t number;
  switch (draw(14)) {
  case 0:
    FUZZ_MUST(mdbx_put(txn(), run.dbi[kind], NULL, &value, MDBX_UPSERT) == MDBX_EINVAL);
    break;
  case 1:
    FUZZ_MUST(mdbx_put(txn(), 999, &key, &value, MDBX_UPSERT) == MDBX_BAD_DBI);
    break;
  case 2:
    FUZZ_MUST(mdbx_put(txn(), run.dbi[kind], &key, &value, (MDBX_put_flags_t)0x7ff00000) == MDBX_EINVAL);
    break;
  case 3:
    FUZZ_MUST(mdbx_put(txn(), run.dbi[kind], &too_long, &value, MDBX_UPSERT) == MDBX_BAD_VALSIZE);
    break;
  case 4:
    FUZZ_MUST(mdbx_get(NULL, run.dbi[kind], &key, &value) == MDBX_EINVAL);
    break;
  case 5:
    FUZZ_MUST(mdbx_cursor_open(txn(), 999, &cursor) == MDBX_BAD_DBI);
    break;
  case 6:
    FUZZ_MUST(mdbx_cursor_get(run.cursor[0], NULL, NULL, (MDBX_cursor_op)(200 + draw(50))) == MDBX_EINVAL);
    break;
  case 7:
    FUZZ_MUST(mdbx_txn_renew(txn()) == MDBX_EINVAL);
    break;
  case 8:
    FUZZ_MUST(mdbx_txn_begin(run.env, NULL, MDBX_TXN_TRY, &inner) != MDBX_SUCCESS);
    break;
  case 9:
    FUZZ_MUST(mdbx_txn_begin(run.env, txn(), (MDBX_txn_flags_t)0x40, &inner) != MDBX_SUCCESS);
    break;
  case 10:
    FUZZ_MUST(mdbx_cursor_delete_range(NULL, NULL, false, &number) == MDBX_EINVAL);
    break;
  case 11:
    FUZZ_MUST(mdbx_del(txn(), run.dbi[kind], &too_long, NULL) != MDBX_SUCCESS);
    break;
  case 12:
    FUZZ_MUST(mdbx_env_set_geometry(run.env, -1, -1, 1, -1, -1, 77) != MDBX_SUCCESS);
    break;
  default:
    if (run.depth > 1) /* of the outer one, while the inner one runs */
      FUZZ_MUST(mdbx_get(run.level[0].txn, run.dbi[kind], &key, &value) == MDBX_BAD_TXN);
  }
}

/* A transaction has ended that could not be undone on its own: those around it are broken too. */
static void leave_lost(int rc) {
  FUZZ_MUST(run.depth > 1 && fault_may_give(rc));
  leave(false);
  FUZZ_MUST(mdbx_txn_flags(txn()) & MDBX_TXN_ERROR);
  look_around();
}

/* The broken transaction is rolled back, or ends. */
static void give_up(bool commits) {
  MDBX_canary canary;
  MDBX_txn *const same = txn();
  FUZZ_MUST(mdbx_canary_get(same, &canary) == MDBX_BAD_TXN);
  const int rc = commits ? mdbx_txn_commit(same) : mdbx_txn_rollback(same);
  if (rc != (commits ? MDBX_RESULT_TRUE : MDBX_SUCCESS)) {
    leave_lost(rc);
    return;
  }
  leave(false);
  if (commits) {
    if (!run.depth)
      begin_anew();
    return;
  }
  for (int kind = 0; kind < KINDS; ++kind)
    pairs_copy(&run.level[run.depth].before[kind], &run.live[kind]);
  run.level[run.depth].txn = same;
  run.depth += 1;
}

/* A flush has failed: all that is open ends. What was committed is there when the database is opened again. */
static void drop_all(void) {
  while (run.depth) {
    FUZZ_OK(mdbx_txn_abort(txn()));
    leave(false);
  }
  open_again();
  begin_anew();
  compare_all();
}

/* What had no room, or failed, is not done. If it was begun, the transaction is broken. */
static void look_around(void) {
  run.failed = false;
  if (run.faulty && mdbx_reader_check(run.env, NULL) == MDBX_PANIC) {
    drop_all();
    return;
  }
  const bool broken = mdbx_txn_flags(txn()) & MDBX_TXN_ERROR;
  fuzz_trace("  failed; broken %d", (int)broken);
  if (broken)
    give_up(draw(2));
  compare_all();
}

static void step(void) {
  if (run.faulty && run.input.end - run.input.at == STEP_BYTES)
    fault_choose(run.input.end[-1]);
  const enum call what = (enum call)draw(CALLS);
  const int kind = (int)draw(KINDS);
  fuzz_trace("call %d, table %d, depth %d", (int)what, kind, run.depth);
  switch (what) {
  case CALL_DELETE:
    do_delete(kind);
    break;
  case CALL_GET:
    do_get(kind);
    break;
  case CALL_BIND:
    do_bind(kind);
    break;
  case CALL_CURSOR_GET:
  case CALL_CURSOR_GET_2:
    do_cursor_get();
    break;
  case CALL_CURSOR_CHANGE:
    do_cursor_change();
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
  case CALL_WRONG:
    do_wrong(kind);
    break;
  case CALL_EMPTY:
    do_empty(kind);
    break;
  case CALL_COMPARE:
    compare_table(kind);
    break;
  case CALL_REPLACE:
    do_replace(kind);
    break;
  case CALL_PUT_MANY:
    do_put_many(kind);
    break;
  case CALL_MULTIPLE:
    do_multiple(kind);
    break;
  case CALL_BUNCH:
    do_bunch();
    break;
  case CALL_RANGE:
    do_range();
    break;
  case CALL_GET_MANY:
    do_get_many(kind);
    break;
  case CALL_SCROLL:
    do_scroll();
    break;
  case CALL_PLACE:
    do_place();
    break;
  case CALL_CHECKPOINT:
    do_checkpoint();
    break;
  case CALL_SEARCH:
  case CALL_SEARCH_2:
    do_search();
    break;
  case CALL_PUT_EXACTLY:
  case CALL_PUT_EXACTLY_2:
    do_put_exactly(kind);
    break;
  case CALL_CURSOR_PUT:
    do_cursor_put_exactly();
    break;
  case CALL_PUT_CURRENT:
    do_put_current();
    break;
  default:
    do_put(kind);
  }
  if (run.failed)
    look_around();
}

static void start(void) {
  static const intptr_t page_sizes[] = {256, 512, 1024, 4096};
  static const unsigned flags[] = {MDBX_UTTERLY_NOSYNC, MDBX_SAFE_NOSYNC, MDBX_SYNC_DURABLE,
                                   MDBX_UTTERLY_NOSYNC | MDBX_LIFORECLAIM, MDBX_UTTERLY_NOSYNC | MDBX_WRITEMAP};
  enum { FLAGS = sizeof(flags) / sizeof(flags[0]) };
  const unsigned how = draw(256), also = draw(256), mode = flags[also % FLAGS];
  run.page_size = page_sizes[how % 4];
  run.options = how / 4;
  run.mode = mode;
  run.small = also / FLAGS % 4 == 3;
  run.faulty = also / FLAGS / 4 % 3 == 2;
  run.failed = run.unsure = false;
  fault_choose_none();
  unlink(fuzz_path("db"));
  unlink(fuzz_path("db" MDBX_LOCK_SUFFIX));
  open_env();
  run.levels = mode & MDBX_WRITEMAP ? 1 : LEVELS;
  run.longs = 0;
  for (int kind = 0; kind < KINDS; ++kind)
    pairs_init(&run.live[kind], kinds[kind].flags);
  begin();
  for (int kind = 0; kind < KINDS; ++kind)
    FUZZ_OK(mdbx_dbi_open(txn(), kinds[kind].name, (MDBX_db_flags_t)(kinds[kind].flags | MDBX_CREATE), &run.dbi[kind]));
  for (int i = 0; i < CURSORS; ++i) {
    FUZZ_MUST((run.cursor[i] = mdbx_cursor_create(NULL)) != NULL);
    run.cursor_kind[i] = -1;
    run.cursor_level[i] = 0;
  }
  end(true);
  begin_anew();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *const steps = data + (size < HEAD_BYTES ? size : HEAD_BYTES), *const behind = data + size;
  run.input = (struct fuzz_input){data, steps};
  start();
  sequence_run(&run.input, steps, behind, step);
  fault_choose_none();
  compare_all();
  while (run.depth)
    end(true);
  sequence_check(run.env);
  for (int i = 0; i < CURSORS; ++i)
    mdbx_cursor_close(run.cursor[i]);
  FUZZ_OK(mdbx_env_close_ex(run.env, false));
  for (int kind = 0; kind < KINDS; ++kind)
    pairs_clear(&run.live[kind]);
  return 0;
}
