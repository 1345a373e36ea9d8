/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors: every move from every kind of place, changes under them, values of one key, life and death. */
#include "compare.h"

static const char *const op_names[] = {"FIRST",         "FIRST_DUP",  "GET_BOTH",  "GET_BOTH_RANGE", "GET_CURRENT",
                                       "GET_MULTIPLE",  "LAST",       "LAST_DUP",  "NEXT",           "NEXT_DUP",
                                       "NEXT_MULTIPLE", "NEXT_NODUP", "PREV",      "PREV_DUP",       "PREV_NODUP",
                                       "SET",           "SET_KEY",    "SET_RANGE", "PREV_MULTIPLE"};

struct step {
  int op; /* -1: none */
  const char *key, *value;
};

static void take(MDB_cursor *cursor, const struct step *step) {
  if (step->op >= 0)
    printf(" %s(%s,%s) %s", op_names[step->op], step->key ? step->key : "", step->value ? step->value : "",
           move(cursor, (MDB_cursor_op)step->op, step->key, step->value));
}

static const MDB_cursor_op relative[] = {MDB_GET_CURRENT, MDB_NEXT,     MDB_PREV,       MDB_NEXT_DUP,  MDB_PREV_DUP,
                                         MDB_FIRST_DUP,   MDB_LAST_DUP, MDB_NEXT_NODUP, MDB_PREV_NODUP};

/* After a search without success for a key whose successor has several values LMDB tells of values it reads from where
 * it was before; nothing is compared then but the code. */
static int is_undefined(const struct step *search, MDB_cursor_op op, int multi) {
  if (!multi)
    return 0;
  if (search->op < 0 || !*search->key)
    return op == MDB_PREV_DUP;
  return search->op == MDB_SET && strcmp(search->key, "e") == 0 &&
         (op == MDB_PREV || op == MDB_PREV_DUP || op == MDB_NEXT || op == MDB_NEXT_DUP);
}

static void matrix(MDB_txn *txn, MDB_dbi dbi, int multi) {
  static const struct step places[] = {
      {-1, NULL, NULL}, {MDB_FIRST, NULL, NULL}, {MDB_LAST, NULL, NULL}, {MDB_SET, "d", NULL}};
  static const struct step searches[] = {{-1, NULL, NULL},
                                         {MDB_SET, "a", NULL},
                                         {MDB_SET, "e", NULL},
                                         {MDB_SET, "z", NULL},
                                         {MDB_SET_KEY, "f", NULL},
                                         {MDB_SET_RANGE, "c", NULL},
                                         {MDB_SET_RANGE, "z", NULL},
                                         {MDB_GET_BOTH, "d", "2"},
                                         {MDB_GET_BOTH, "d", "3"},
                                         {MDB_GET_BOTH, "d", "9"},
                                         {MDB_GET_BOTH, "c", "1"},
                                         {MDB_GET_BOTH_RANGE, "d", "2"},
                                         {MDB_GET_BOTH_RANGE, "d", "9"},
                                         {MDB_GET_BOTH, "b", "9"},
                                         {MDB_SET, "", NULL}};
  for (unsigned p = 0; p < 4; ++p)
    for (unsigned s = 0; s < sizeof(searches) / sizeof(*searches); ++s)
      for (unsigned r = 0; r < 9; ++r) {
        MDB_cursor *cursor;
        const struct step first = {relative[r], NULL, NULL}, then = {MDB_GET_CURRENT, NULL, NULL};
        if (is_undefined(&searches[s], relative[r], multi) ||
            (searches[s].key && !strcmp(searches[s].key, "c") && multi))
          continue;
        MUST(mdb_cursor_open(txn, dbi, &cursor));
        printf("%s:", multi ? "dup" : "plain");
        take(cursor, &places[p]);
        take(cursor, &searches[s]);
        take(cursor, &first);
        take(cursor, &then);
        printf("\n");
        mdb_cursor_close(cursor);
      }
}

static void moves(void) {
  MDB_env *env = open_fresh("moves", 0);
  MDB_txn *txn = begin(env, 0);
  const MDB_dbi plain = table(txn, "plain", MDB_CREATE), dup = table(txn, "dup", MDB_CREATE | MDB_DUPSORT);
  for (char key[2] = "b"; *key <= 'h'; *key += 2)
    for (int i = 0; i < (*key == 'd' ? 3 : *key == 'f' ? 2 : 1); ++i) {
      char value[2] = {(char)('1' + 2 * i), 0};
      MUST(put(txn, dup, key, value, 0));
      if (i == 0)
        MUST(put(txn, plain, key, value, 0));
    }
  MUST(mdb_txn_commit(txn));
  txn = begin(env, MDB_RDONLY);
  matrix(txn, plain, 0);
  matrix(txn, dup, 1);
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

static void empty_table(void) {
  MDB_env *env = open_fresh("none", 0);
  MDB_txn *txn = begin(env, 0);
  MDB_cursor *cursor;
  size_t count;
  for (unsigned multi = 0; multi < 2; ++multi) {
    const MDB_dbi dbi = table(txn, multi ? "dup" : "plain", MDB_CREATE | (multi ? MDB_DUPSORT : 0));
    for (int op = 0; op <= MDB_PREV_MULTIPLE; ++op) {
      MUST(mdb_cursor_open(txn, dbi, &cursor));
      NOTE("%s %s", op_names[op], move(cursor, (MDB_cursor_op)op, "a", "b"));
      mdb_cursor_close(cursor);
    }
    MUST(mdb_cursor_open(txn, dbi, &cursor));
    SAY(mdb_cursor_del(cursor, 0));
    SAY(mdb_cursor_count(cursor, &count));
    MDB_val k = text("k"), d = text("v");
    SAY(mdb_cursor_put(cursor, &k, &d, MDB_CURRENT));
    SAY(mdb_cursor_get(cursor, &k, &d, (MDB_cursor_op)77));
    SAY(mdb_cursor_get(NULL, &k, &d, MDB_FIRST));
    SAY(mdb_cursor_get(cursor, NULL, NULL, MDB_SET));
  }
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

static void deleting(void) {
  MDB_env *env = open_fresh("deleting", 0);
  MDB_txn *txn = begin(env, 0);
  MDB_cursor *cursor, *other;
  const MDB_dbi dbi = table(txn, "plain", MDB_CREATE);
  for (char key[2] = "a"; *key <= 'p'; ++*key)
    MUST(put(txn, dbi, key, key, 0));
  MUST(mdb_cursor_open(txn, dbi, &cursor));
  MUST(mdb_cursor_open(txn, dbi, &other));
  NOTE("at %s", move(cursor, MDB_SET_KEY, "c", NULL));
  SAY(mdb_cursor_del(cursor, 0));
  NOTE("current %s, next %s", move(cursor, MDB_GET_CURRENT, NULL, NULL), move(cursor, MDB_NEXT, NULL, NULL));
  SAY(mdb_cursor_del(cursor, 0));
  NOTE("next %s, next %s", move(cursor, MDB_NEXT, NULL, NULL), move(cursor, MDB_NEXT, NULL, NULL));
  SAY(mdb_cursor_del(cursor, 0));
  NOTE("prev %s", move(cursor, MDB_PREV, NULL, NULL));
  SAY(mdb_cursor_del(cursor, 0));
  SAY(mdb_cursor_del(cursor, 0));
  NOTE("next %s", move(cursor, MDB_NEXT, NULL, NULL));
  show(txn, dbi, "left");
  NOTE("other at %s", move(other, MDB_SET_KEY, "k", NULL));
  SAY(del(txn, dbi, "k", NULL));
  NOTE("other next %s", move(other, MDB_NEXT, NULL, NULL));
  NOTE("both at %s %s", move(other, MDB_SET_KEY, "m", NULL), move(cursor, MDB_SET_KEY, "m", NULL));
  SAY(mdb_cursor_del(cursor, 0));
  NOTE("other next %s", move(other, MDB_NEXT, NULL, NULL));
  SAY(put(txn, dbi, "l5", "new", 0));
  NOTE("other %s, prev %s", move(other, MDB_GET_CURRENT, NULL, NULL), move(other, MDB_PREV, NULL, NULL));
  NOTE("last %s", move(cursor, MDB_LAST, NULL, NULL));
  SAY(mdb_cursor_del(cursor, 0));
  NOTE("next %s", move(cursor, MDB_NEXT, NULL, NULL));
  NOTE("last %s", move(cursor, MDB_LAST, NULL, NULL));
  SAY(mdb_cursor_del(cursor, 0));
  NOTE("current %s", move(cursor, MDB_GET_CURRENT, NULL, NULL));
  NOTE("prev %s", move(cursor, MDB_PREV, NULL, NULL));
  for (int rc = mdb_cursor_get(cursor, &(MDB_val){0, NULL}, &(MDB_val){0, NULL}, MDB_FIRST); rc == 0;
       rc = mdb_cursor_get(cursor, &(MDB_val){0, NULL}, &(MDB_val){0, NULL}, MDB_NEXT))
    MUST(mdb_cursor_del(cursor, 0));
  show(txn, dbi, "emptied");
  NOTE("first %s", move(cursor, MDB_FIRST, NULL, NULL));
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

static void storing(void) {
  MDB_env *env = open_fresh("storing", 0);
  MDB_txn *txn = begin(env, 0);
  MDB_cursor *cursor;
  MDB_val k = text("b"), d = text("1");
  MUST(mdb_cursor_open(txn, 1, &cursor));
  SAY(mdb_cursor_put(cursor, &k, &d, 0));
  NOTE("%s", move(cursor, MDB_GET_CURRENT, NULL, NULL));
  d = text("2");
  SAY(mdb_cursor_put(cursor, &k, &d, MDB_CURRENT));
  NOTE("%s", move(cursor, MDB_GET_CURRENT, NULL, NULL));
  k = text("other");
  SAY(mdb_cursor_put(cursor, &k, &d, MDB_CURRENT));
  show(txn, 1, "after CURRENT");
  k = text("b");
  d = text("3");
  SAY(mdb_cursor_put(cursor, &k, &d, MDB_NOOVERWRITE));
  NOTE("present %.*s", (int)d.mv_size, (char *)d.mv_data);
  k = text("a");
  d = text("4");
  SAY(mdb_cursor_put(cursor, &k, &d, MDB_APPEND));
  k = text("c");
  SAY(mdb_cursor_put(cursor, &k, &d, MDB_APPEND));
  NOTE("%s, next %s", move(cursor, MDB_GET_CURRENT, NULL, NULL), move(cursor, MDB_NEXT, NULL, NULL));
  k = text("");
  SAY(mdb_cursor_put(cursor, &k, &d, 0));
  SAY(mdb_cursor_put(cursor, NULL, &d, 0));
  show(txn, 1, "stored");
  MUST(mdb_txn_commit(txn));
  mdb_env_close(env);
}

static void lives(void) {
  MDB_env *env = open_fresh("cursors", 0);
  MDB_cursor *cursor, *second;
  store(env, "a", "1");
  store(env, "b", "2");
  MDB_txn *txn = begin(env, 0);
  SAY(mdb_cursor_open(txn, 0, &cursor));
  SAY(mdb_cursor_open(txn, 99, &cursor));
  SAY(mdb_cursor_open(txn, 1, NULL));
  MUST(mdb_cursor_open(txn, 1, &cursor));
  NOTE("%s, table %u", mdb_cursor_txn(cursor) == txn ? "its transaction" : "other", mdb_cursor_dbi(cursor));
  SAY(mdb_cursor_renew(txn, cursor));
  MUST(mdb_cursor_open(txn, 1, &second));
  mdb_cursor_close(second);
  MUST(mdb_txn_commit(txn)); /* frees the other one */
  txn = begin(env, MDB_RDONLY);
  SAY(mdb_cursor_open(txn, 0, &cursor));
  NOTE("free list %s", move(cursor, MDB_FIRST, NULL, NULL)[0] ? "can be read" : "");
  mdb_cursor_close(cursor);
  MUST(mdb_cursor_open(txn, 1, &cursor));
  NOTE("%s", move(cursor, MDB_LAST, NULL, NULL));
  mdb_txn_reset(txn);
  NOTE("reset %s", move(cursor, MDB_GET_CURRENT, NULL, NULL));
  MUST(mdb_txn_renew(txn));
  SAY(mdb_cursor_renew(txn, cursor));
  NOTE("renewed %s", move(cursor, MDB_NEXT, NULL, NULL));
  mdb_txn_abort(txn);
  txn = begin(env, MDB_RDONLY);
  SAY(mdb_cursor_renew(txn, cursor));
  NOTE("in another one %s", move(cursor, MDB_FIRST, NULL, NULL));
  SAY(mdb_cursor_renew(NULL, cursor));
  SAY(mdb_cursor_renew(txn, NULL));
  MDB_val k = text("a"), d = text("b");
  SAY(mdb_cursor_put(cursor, &k, &d, 0));
  SAY(mdb_cursor_del(cursor, 0));
  mdb_txn_abort(txn);
  mdb_cursor_close(cursor);
  mdb_cursor_close(NULL);
  mdb_env_close(env);
}

/* The buffers of key and data may be the same for input and output, and data may be missing. */
static void buffers(void) {
  MDB_env *env = open_fresh("buffers", 0);
  MDB_cursor *cursor;
  store(env, "a", "1");
  store(env, "b", "2");
  MDB_txn *txn = begin(env, MDB_RDONLY);
  MUST(mdb_cursor_open(txn, 1, &cursor));
  MDB_val k = text("a");
  SAY(mdb_cursor_get(cursor, &k, NULL, MDB_SET));
  SAY(mdb_cursor_get(cursor, &k, NULL, MDB_NEXT));
  NOTE("%.*s", (int)k.mv_size, (char *)k.mv_data);
  MDB_val d;
  SAY(mdb_cursor_get(cursor, NULL, &d, MDB_GET_CURRENT));
  NOTE("%.*s", (int)d.mv_size, (char *)d.mv_data);
  SAY(mdb_cursor_get(cursor, &k, NULL, MDB_SET_RANGE));
  SAY(mdb_cursor_get(cursor, &k, NULL, MDB_FIRST));
  SAY(mdb_cursor_get(cursor, &k, NULL, MDB_GET_BOTH));
  mdb_cursor_close(cursor);
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

void part_cursor(void) {
  moves();
  empty_table();
  deleting();
  storing();
  lives();
  buffers();
}

/* ----------------------------------------------------------------------------------------------------- several values */

static void values(void) {
  MDB_env *env = open_fresh("values", 0);
  MDB_txn *txn = begin(env, 0);
  const MDB_dbi dbi = table(txn, "dup", MDB_CREATE | MDB_DUPSORT);
  MDB_val k, d;
  SAY(put(txn, dbi, "a", "2", 0));
  SAY(put(txn, dbi, "a", "1", 0));
  SAY(put(txn, dbi, "a", "3", 0));
  SAY(put(txn, dbi, "a", "2", 0));
  SAY(put(txn, dbi, "a", "2", MDB_NODUPDATA));
  SAY(put(txn, dbi, "a", "4", MDB_NODUPDATA));
  k = text("a");
  d = text("9");
  SAY(mdb_put(txn, dbi, &k, &d, MDB_NOOVERWRITE));
  NOTE("present %.*s", (int)d.mv_size, (char *)d.mv_data);
  SAY(put(txn, dbi, "a", "5", MDB_APPENDDUP));
  SAY(put(txn, dbi, "a", "5", MDB_APPENDDUP));
  SAY(put(txn, dbi, "a", "0", MDB_APPENDDUP));
  SAY(put(txn, dbi, "b", "0", MDB_APPENDDUP));
  SAY(put(txn, dbi, "c", "1", MDB_APPEND));
  SAY(put(txn, dbi, "b", "1", MDB_APPEND));
  SAY(put(txn, dbi, "c", "2", 0));
  show(txn, dbi, "values");
  NOTE("first %s", get(txn, dbi, "a"));
  SAY(del(txn, dbi, "a", "2"));
  SAY(del(txn, dbi, "a", "2"));
  SAY(del(txn, dbi, "a", "77"));
  SAY(del(txn, dbi, "c", NULL));
  SAY(del(txn, dbi, "b", "0"));
  SAY(del(txn, dbi, "b", "0"));
  show(txn, dbi, "values");
  show_stat(txn, dbi, "values");
  MUST(mdb_txn_commit(txn));
  mdb_env_close(env);
}

static void value_cursors(void) {
  MDB_env *env = open_fresh("values", 0);
  MDB_txn *txn = begin(env, 0);
  const MDB_dbi dbi = table(txn, "dup", MDB_CREATE | MDB_DUPSORT);
  MDB_cursor *cursor;
  size_t count = 0;
  for (char key[2] = "a"; *key <= 'e'; ++*key)
    for (char value[2] = "1"; *value <= '5'; ++*value)
      MUST(put(txn, dbi, key, value, 0));
  MUST(mdb_cursor_open(txn, dbi, &cursor));
  SAY(mdb_cursor_count(cursor, &count));
  NOTE("%s", move(cursor, MDB_SET, "b", NULL));
  SAY(mdb_cursor_count(cursor, &count));
  NOTE("count %zu", count);
  NOTE("%s %s", move(cursor, MDB_GET_BOTH, "b", "3"), move(cursor, MDB_NEXT_DUP, NULL, NULL));
  SAY(mdb_cursor_del(cursor, 0));
  NOTE("current %s, next %s", move(cursor, MDB_GET_CURRENT, NULL, NULL), move(cursor, MDB_NEXT, NULL, NULL));
  NOTE("%s", move(cursor, MDB_GET_BOTH, "b", "1"));
  SAY(mdb_cursor_del(cursor, 0));
  NOTE("next %s", move(cursor, MDB_NEXT, NULL, NULL));
  SAY(mdb_cursor_del(cursor, MDB_NODUPDATA));
  NOTE("next %s", move(cursor, MDB_NEXT, NULL, NULL));
  show(txn, dbi, "left");
  MDB_val k = text("d"), d = text("3");
  MUST(mdb_cursor_get(cursor, &k, &d, MDB_GET_BOTH));
  d = text("4");
  SAY(mdb_cursor_put(cursor, &k, &d, MDB_NODUPDATA));
  NOTE("%s", move(cursor, MDB_GET_CURRENT, NULL, NULL));
  d = text("35");
  SAY(mdb_cursor_put(cursor, &k, &d, 0));
  NOTE("%s %s", move(cursor, MDB_GET_CURRENT, NULL, NULL), move(cursor, MDB_NEXT, NULL, NULL));
  MUST(mdb_cursor_get(cursor, &k, &d, MDB_FIRST));
  MUST(mdb_cursor_get(cursor, &k, &d, MDB_NEXT));
  d = text("2");
  SAY(mdb_cursor_put(cursor, &k, &d, MDB_CURRENT));
  show(txn, dbi, "left");
  for (int rc = mdb_cursor_get(cursor, &k, &d, MDB_FIRST); rc == 0;
       rc = mdb_cursor_get(cursor, &k, &d, MDB_NEXT_NODUP)) {
    MUST(mdb_cursor_count(cursor, &count));
    NOTE("%.*s has %zu", (int)k.mv_size, (char *)k.mv_data, count);
  }
  MUST(mdb_txn_commit(txn));
  mdb_env_close(env);
}

/* Many values: nested trees on both sides. */
static void many_values(void) {
  MDB_env *env = open_fresh("values", 0);
  MDB_txn *txn = begin(env, 0);
  const MDB_dbi dbi = table(txn, "dup", MDB_CREATE | MDB_DUPSORT);
  MDB_cursor *cursor;
  size_t count;
  char value[40];
  for (int i = 0; i < 5000; ++i) {
    snprintf(value, sizeof(value), "value %05d", i * 7919 % 5000);
    MUST(put(txn, dbi, "many", value, 0));
  }
  MUST(put(txn, dbi, "few", "one", 0));
  MUST(put(txn, dbi, "more", "one", 0));
  MUST(mdb_cursor_open(txn, dbi, &cursor));
  MUST(mdb_cursor_get(cursor, &(MDB_val){4, "many"}, &(MDB_val){0, NULL}, MDB_SET));
  MUST(mdb_cursor_count(cursor, &count));
  NOTE("%zu values, last %s", count, move(cursor, MDB_LAST_DUP, NULL, NULL));
  NOTE("%s", move(cursor, MDB_GET_BOTH_RANGE, "many", "value 02500x"));
  NOTE("%s", move(cursor, MDB_GET_BOTH, "many", "value 04999"));
  NOTE("%s %s", move(cursor, MDB_NEXT, NULL, NULL), move(cursor, MDB_PREV, NULL, NULL));
  NOTE("%s", move(cursor, MDB_PREV_NODUP, NULL, NULL));
  MUST(mdb_cursor_get(cursor, &(MDB_val){4, "many"}, &(MDB_val){0, NULL}, MDB_SET));
  for (int i = 0; i < 4990; ++i) {
    MUST(mdb_cursor_del(cursor, 0));
    MUST(mdb_cursor_get(cursor, &(MDB_val){0, NULL}, &(MDB_val){0, NULL}, MDB_NEXT));
  }
  show(txn, dbi, "left");
  MUST(mdb_txn_commit(txn));
  mdb_env_close(env);
}

static void multiple(void) {
  MDB_env *env = open_fresh("values", 0);
  MDB_txn *txn = begin(env, 0);
  const MDB_dbi dbi = table(txn, "fixed", MDB_CREATE | MDB_DUPSORT | MDB_DUPFIXED),
                plain = table(txn, "dup", MDB_CREATE | MDB_DUPSORT);
  MDB_cursor *cursor;
  unsigned numbers[500];
  MDB_val k = text("k"), d[2] = {{sizeof(numbers[0]), numbers}, {500, NULL}};
  for (unsigned i = 0; i < 500; ++i)
    numbers[i] = __builtin_bswap32(i * 3);
  MUST(mdb_cursor_open(txn, plain, &cursor));
  SAY(mdb_cursor_put(cursor, &k, d, MDB_MULTIPLE));
  NOTE("written %zu", d[1].mv_size);
  MUST(mdb_cursor_open(txn, dbi, &cursor));
  d[0] = (MDB_val){sizeof(numbers[0]), numbers};
  d[1].mv_size = 500;
  SAY(mdb_cursor_put(cursor, &k, d, MDB_MULTIPLE));
  NOTE("written %zu", d[1].mv_size);
  d[0] = (MDB_val){sizeof(numbers[0]), numbers};
  d[1].mv_size = 500;
  SAY(mdb_cursor_put(cursor, &k, d, MDB_MULTIPLE));
  NOTE("written %zu", d[1].mv_size);
  d[0] = (MDB_val){sizeof(numbers[0]), numbers};
  d[1].mv_size = 500;
  SAY(mdb_cursor_put(cursor, &k, d, MDB_MULTIPLE | MDB_NODUPDATA));
  NOTE("written %zu", d[1].mv_size);
  show_stat(txn, dbi, "fixed");
  SAY(mdb_cursor_get(cursor, &k, d, MDB_SET));
  size_t got = 0, sum = 0;
  for (int rc = mdb_cursor_get(cursor, &k, d, MDB_GET_MULTIPLE); rc == 0;
       rc = mdb_cursor_get(cursor, &k, d, MDB_NEXT_MULTIPLE))
    for (size_t i = 0; i < d[0].mv_size; i += 4) {
      unsigned number;
      memcpy(&number, (char *)d[0].mv_data + i, 4);
      sum += __builtin_bswap32(number);
      ++got;
    }
  NOTE("read %zu, sum %zu", got, sum);
  MUST(mdb_cursor_open(txn, plain, &cursor));
  MUST(put(txn, plain, "k", "v", 0));
  MUST(mdb_cursor_get(cursor, &k, d, MDB_FIRST));
  SAY(mdb_cursor_get(cursor, &k, d, MDB_GET_MULTIPLE));
  SAY(mdb_cursor_get(cursor, &k, d, MDB_NEXT_MULTIPLE));
  MUST(mdb_txn_commit(txn));
  mdb_env_close(env);
}

void part_dup(void) {
  values();
  value_cursors();
  many_values();
  multiple();
}
