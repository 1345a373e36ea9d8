/* SPDX-License-Identifier: Apache-2.0 */
/* Tables: handles, flags, names, orders. */
#include "compare.h"

static int opening(MDB_txn *txn, const char *name, unsigned flags) {
  MDB_dbi dbi = 99;
  const int rc = mdb_dbi_open(txn, name, flags, &dbi);
  if (rc == 0)
    printf("[%u] ", dbi);
  return rc;
}

static unsigned flags_of(MDB_txn *txn, MDB_dbi dbi) {
  unsigned flags = 0;
  const int rc = mdb_dbi_flags(txn, dbi, &flags);
  return rc == 0 ? flags : 0xdead;
}

static void handles(void) {
  MDB_env *env = open_fresh("handles", 0);
  MDB_txn *txn = begin(env, 0);
  SAY(opening(txn, NULL, 0));
  SAY(opening(txn, "none", 0));
  SAY(opening(txn, "one", MDB_CREATE));
  SAY(opening(txn, "two", MDB_CREATE | MDB_DUPSORT));
  SAY(opening(txn, "one", 0));
  SAY(opening(txn, "one", MDB_CREATE | MDB_DUPSORT));
  SAY(opening(txn, "", MDB_CREATE));
  SAY(opening(txn, "bad", 0x1000));
  NOTE("flags %x %x %x %x", flags_of(txn, 1), flags_of(txn, 2), flags_of(txn, 3), flags_of(txn, 4));
  SAY(put(txn, 4, "a", "b", 0));
  NOTE("%s", get(txn, 4, "a"));
  SAY(put(txn, 99, "a", "b", 0));
  MUST(mdb_txn_commit(txn));
  txn = begin(env, 0);
  SAY(opening(txn, "gone", MDB_CREATE));
  mdb_txn_abort(txn);
  txn = begin(env, MDB_RDONLY);
  SAY(opening(txn, "gone", 0));
  SAY(opening(txn, "gone", MDB_CREATE));
  SAY(opening(txn, "one", MDB_CREATE));
  show_stat(txn, 2, "one");
  show_stat(txn, 1, "main");
  mdb_txn_abort(txn);
  txn = begin(env, 0);
  SAY(opening(txn, "one", 0));
  mdb_dbi_close(env, 2);
  NOTE("closed %s", get(txn, 2, "a")[0] ? "handle, refused" : "");
  mdb_txn_abort(txn);
  mdb_dbi_close(env, 77);
  txn = begin(env, 0);
  SAY(opening(txn, "two", 0));
  SAY(opening(txn, "one", 0));
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

static void put_both(MDB_txn *txn, MDB_dbi dbi) {
  SAY(put(txn, dbi, "a", "1", 0));
  SAY(put(txn, dbi, "a", "2", 0));
  SAY(put(txn, dbi, "b", "3", MDB_NODUPDATA));
  show_stat(txn, dbi, "after two values of a key");
}

/* A table that is dropped and made anew in the same transaction may have other flags. */
static void flags_change(void) {
  MDB_env *env = open_fresh("anew", 0);
  MDB_txn *txn = begin(env, 0);
  SAY(opening(txn, "t", MDB_CREATE));
  put_both(txn, 2);
  SAY(mdb_drop(txn, 2, 1));
  SAY(opening(txn, "t", MDB_CREATE | MDB_DUPSORT));
  put_both(txn, 2);
  SAY(del(txn, 2, "a", "1"));
  show_stat(txn, 2, "one value less");
  MUST(mdb_txn_commit(txn));
  mdb_env_close(env);
}

/* Handles opened in a transaction stay if it is committed, also in one for reading. */
static void handle_lives(void) {
  MDB_env *env = open_fresh("lives", 0);
  MDB_txn *txn = begin(env, 0);
  const MDB_dbi a = table(txn, "a", MDB_CREATE), b = table(txn, "b", MDB_CREATE);
  MUST(put(txn, a, "k", "a", 0));
  MUST(put(txn, b, "k", "b", 0));
  MUST(mdb_txn_commit(txn));
  mdb_env_close(env);
  MUST(mdb_env_create(&env));
  MUST(mdb_env_set_maxdbs(env, 8));
  MUST(mdb_env_open(env, "lives", 0, 0644));
  txn = begin(env, MDB_RDONLY);
  NOTE("not opened %s", get(txn, 2, "k"));
  SAY(opening(txn, "a", 0));
  NOTE("opened %s", get(txn, 2, "k"));
  mdb_txn_abort(txn);
  txn = begin(env, MDB_RDONLY);
  NOTE("after an abort %s", get(txn, 2, "k"));
  SAY(opening(txn, "a", 0));
  MUST(mdb_txn_commit(txn));
  txn = begin(env, MDB_RDONLY);
  NOTE("after a commit %s", get(txn, 2, "k"));
  SAY(opening(txn, "b", 0));
  NOTE("%s %s", get(txn, 2, "k"), get(txn, 3, "k"));
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

static void too_many(void) {
  MDB_env *env;
  MUST(mdb_env_create(&env));
  MUST(mdb_env_open(env, fresh("many"), 0, 0644));
  MDB_txn *txn = begin(env, 0);
  SAY(opening(txn, "one", MDB_CREATE));
  SAY(opening(txn, NULL, 0));
  MUST(mdb_txn_commit(txn));
  mdb_env_close(env);
  MUST(mdb_env_create(&env));
  MUST(mdb_env_set_maxdbs(env, 2));
  MUST(mdb_env_open(env, "many", 0, 0644));
  txn = begin(env, 0);
  SAY(opening(txn, "one", MDB_CREATE));
  SAY(opening(txn, "two", MDB_CREATE));
  SAY(opening(txn, "three", MDB_CREATE));
  SAY(opening(txn, "two", MDB_CREATE));
  MUST(mdb_txn_commit(txn));
  txn = begin(env, MDB_RDONLY);
  show_stat(txn, 1, "main");
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

static void names(void) {
  MDB_env *env = open_fresh("names", 0);
  MDB_txn *txn = begin(env, 0);
  MDB_val k = text("plain"), d = {0, NULL};
  MUST(put(txn, 1, "plain", "record", 0));
  SAY(opening(txn, "plain", 0));
  SAY(opening(txn, "plain", MDB_CREATE));
  SAY(opening(txn, "table", MDB_CREATE));
  k = text("table");
  SAY(mdb_get(txn, 1, &k, &d));
  NOTE("%s", d.mv_size > 0 ? "something" : "nothing");
  SAY(put(txn, 1, "table", "record", 0));
  show_stat(txn, 1, "main");
  MUST(mdb_txn_commit(txn));
  txn = begin(env, 0);
  SAY(del(txn, 1, "table", NULL));
  NOTE("%s", get(txn, 1, "plain"));
  SAY(mdb_txn_commit(txn));
  MDB_cursor *cursor;
  txn = begin(env, MDB_RDONLY);
  MUST(mdb_cursor_open(txn, 1, &cursor));
  MUST(mdb_cursor_get(cursor, &k, &d, MDB_FIRST));
  NOTE("%.*s", (int)k.mv_size, (char *)k.mv_data);
  MUST(mdb_cursor_get(cursor, &k, &d, MDB_NEXT));
  NOTE("%.*s", (int)k.mv_size, (char *)k.mv_data);
  SAY(mdb_cursor_get(cursor, &k, &d, MDB_NEXT));
  mdb_cursor_close(cursor);
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

static void main_flags(void) {
  MDB_env *env = open_fresh("main", 0);
  MDB_txn *txn = begin(env, 0);
  SAY(opening(txn, NULL, MDB_DUPSORT));
  NOTE("flags %x", flags_of(txn, 1));
  MUST(put(txn, 1, "a", "2", 0));
  MUST(put(txn, 1, "a", "1", 0));
  show(txn, 1, "several values");
  SAY(opening(txn, "named", 0));
  SAY(opening(txn, "named", MDB_CREATE));
  MUST(mdb_txn_commit(txn));
  mdb_env_close(env);
  MUST(mdb_env_create(&env));
  MUST(mdb_env_open(env, "main", 0, 0644));
  txn = begin(env, MDB_RDONLY);
  SAY(opening(txn, NULL, 0));
  NOTE("flags %x", flags_of(txn, 1));
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

static void dropping(void) {
  MDB_env *env = open_fresh("drop", 0);
  MDB_txn *txn = begin(env, 0);
  const MDB_dbi a = table(txn, "a", MDB_CREATE), b = table(txn, "b", MDB_CREATE | MDB_DUPSORT);
  MUST(put(txn, a, "k", "v", 0));
  MUST(put(txn, b, "k", "v", 0));
  MUST(put(txn, b, "k", "w", 0));
  MUST(mdb_txn_commit(txn));
  txn = begin(env, 0);
  SAY(mdb_drop(txn, b, 2));
  SAY(mdb_drop(txn, 99, 0));
  SAY(mdb_drop(txn, b, 0));
  show(txn, b, "emptied");
  show_stat(txn, b, "emptied");
  MUST(put(txn, b, "new", "v", 0));
  show(txn, b, "used again");
  SAY(mdb_drop(txn, a, 1));
  NOTE("%s", get(txn, a, "k"));
  SAY(mdb_drop(txn, a, 1));
  SAY(opening(txn, "a", 0));
  mdb_txn_abort(txn);
  txn = begin(env, 0);
  NOTE("the handle after the abort: %s", get(txn, a, "k"));
  SAY(opening(txn, "a", 0));
  NOTE("%s", get(txn, a, "k"));
  SAY(mdb_drop(txn, a, 1));
  SAY(opening(txn, "a", MDB_CREATE | MDB_DUPSORT));
  MUST(put(txn, a, "k", "2", 0));
  MUST(put(txn, a, "k", "1", 0));
  show(txn, a, "made again");
  MUST(mdb_txn_commit(txn));
  txn = begin(env, 0);
  SAY(mdb_drop(txn, 1, 1));
  show_stat(txn, 1, "main");
  MUST(put(txn, 1, "k", "v", 0));
  MUST(mdb_txn_commit(txn));
  txn = begin(env, MDB_RDONLY);
  show(txn, 1, "main");
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

void part_dbi(void) {
  handles();
  handle_lives();
  flags_change();
  too_many();
  names();
  main_flags();
  dropping();
}

/* ------------------------------------------------------------------------------------------------------------- orders */

static int backwards(const MDB_val *a, const MDB_val *b) {
  const size_t least = a->mv_size < b->mv_size ? a->mv_size : b->mv_size;
  const int order = memcmp(b->mv_data, a->mv_data, least);
  return order ? order : (int)b->mv_size - (int)a->mv_size;
}

static void fill_ordered(MDB_txn *txn, MDB_dbi dbi) {
  static const char *const keys[] = {"m", "a", "z", "b", "y", "ab", "zz"};
  for (unsigned i = 0; i < 7; ++i)
    for (unsigned n = 0; n < 3; ++n) {
      char value[8];
      snprintf(value, sizeof(value), "%u", (n * 7 + i) % 10);
      MUST(put(txn, dbi, keys[i], value, 0));
    }
}

static void own_orders(void) {
  MDB_env *env = open_fresh("orders", 0);
  MDB_txn *txn = begin(env, 0);
  MDB_cursor *cursor;
  const MDB_val a = {1, "a"}, b = {1, "b"};
  const MDB_dbi keys = table(txn, "keys", MDB_CREATE), values = table(txn, "values", MDB_CREATE | MDB_DUPSORT),
                both = table(txn, "both", MDB_CREATE | MDB_DUPSORT);
  SAY(mdb_set_compare(txn, keys, backwards));
  SAY(mdb_set_dupsort(txn, values, backwards));
  SAY(mdb_set_compare(txn, both, backwards));
  SAY(mdb_set_dupsort(txn, both, backwards));
  SAY(mdb_set_compare(txn, 99, backwards));
  SAY(mdb_set_relfunc(txn, keys, NULL));
  SAY(mdb_set_relctx(txn, keys, NULL));
  fill_ordered(txn, keys);
  fill_ordered(txn, values);
  fill_ordered(txn, both);
  NOTE("cmp %d %d, dcmp %d", mdb_cmp(txn, keys, &a, &b) > 0, mdb_cmp(txn, values, &a, &b) > 0,
       mdb_dcmp(txn, values, &a, &b) > 0);
  MUST(mdb_txn_commit(txn));
  mdb_env_close(env);
  MUST(mdb_env_create(&env));
  MUST(mdb_env_set_maxdbs(env, 8));
  MUST(mdb_env_open(env, "orders", 0, 0644));
  txn = begin(env, MDB_RDONLY);
  table(txn, "keys", 0);
  table(txn, "values", 0);
  table(txn, "both", 0);
  SAY(mdb_set_compare(txn, keys, backwards));
  SAY(mdb_set_dupsort(txn, values, backwards));
  SAY(mdb_set_compare(txn, both, backwards));
  SAY(mdb_set_dupsort(txn, both, backwards));
  MUST(mdb_txn_commit(txn));
  txn = begin(env, 0);
  show(txn, keys, "keys");
  show(txn, values, "values");
  show(txn, both, "both");
  NOTE("%s %s %s", get(txn, keys, "y"), get(txn, both, "ab"), get(txn, values, "zz"));
  MUST(mdb_cursor_open(txn, both, &cursor));
  NOTE("%s %s", move(cursor, MDB_SET_RANGE, "n", NULL), move(cursor, MDB_GET_BOTH_RANGE, "m", "5"));
  SAY(del(txn, both, "a", NULL));
  SAY(del(txn, values, "m", "7"));
  SAY(put(txn, keys, "n", "new", 0));
  show(txn, keys, "keys");
  show(txn, values, "values");
  show(txn, both, "both");
  MUST(mdb_txn_commit(txn));
  mdb_env_close(env);
}

/* An order set for a table that is empty, in a transaction that does not fill it. */
static void order_before_records(void) {
  MDB_env *env = open_fresh("before", 0);
  MDB_txn *txn = begin(env, 0);
  const MDB_dbi dbi = table(txn, "t", MDB_CREATE);
  MUST(mdb_txn_commit(txn));
  txn = begin(env, MDB_RDONLY);
  SAY(mdb_set_compare(txn, dbi, backwards));
  NOTE("%s", get(txn, dbi, "a"));
  mdb_txn_abort(txn);
  txn = begin(env, 0);
  fill_ordered(txn, dbi);
  show(txn, dbi, "t");
  mdb_txn_abort(txn);
  txn = begin(env, 0);
  fill_ordered(txn, dbi);
  MUST(mdb_txn_commit(txn));
  txn = begin(env, MDB_RDONLY);
  show(txn, dbi, "t");
  NOTE("%s", get(txn, dbi, "z"));
  mdb_txn_abort(txn);
  txn = begin(env, 0);
  MUST(mdb_drop(txn, dbi, 0));
  fill_ordered(txn, dbi);
  show(txn, dbi, "t");
  MUST(mdb_txn_commit(txn));
  mdb_env_close(env);
}

static int by_first_byte(const MDB_val *a, const MDB_val *b) {
  return *(unsigned char *)a->mv_data - *(unsigned char *)b->mv_data;
}

/* Values that are equal in their order and yet different: the last one stored is there. */
static void equal_values(void) {
  MDB_env *env = open_fresh("equal", 0);
  MDB_txn *txn = begin(env, 0);
  const MDB_dbi own = table(txn, "own", MDB_CREATE | MDB_DUPSORT),
                fixed = table(txn, "fixed", MDB_CREATE | MDB_DUPSORT | MDB_DUPFIXED | MDB_INTEGERDUP),
                arrays = table(txn, "arrays", MDB_CREATE | MDB_DUPSORT | MDB_DUPFIXED);
  MDB_cursor *cursor;
  MUST(mdb_set_dupsort(txn, own, by_first_byte));
  SAY(put(txn, own, "k", "a1", 0));
  SAY(put(txn, own, "k", "a2", 0));
  SAY(put(txn, own, "k", "b1", 0));
  SAY(put(txn, own, "k", "b1", MDB_NODUPDATA));
  SAY(put(txn, own, "k", "b3", MDB_NODUPDATA));
  show(txn, own, "own");
  MUST(mdb_cursor_open(txn, own, &cursor));
  MDB_val k = text("k"), d = text("b4");
  SAY(mdb_cursor_put(cursor, &k, &d, 0));
  NOTE("%s", move(cursor, MDB_GET_CURRENT, NULL, NULL));
  show(txn, own, "own");
  mdb_cursor_close(cursor);
  MUST(mdb_set_dupsort(txn, arrays, by_first_byte));
  SAY(put(txn, arrays, "k", "a1", 0));
  SAY(put(txn, arrays, "k", "b1", 0));
  for (unsigned i = 0; i < 3; ++i) {
    static const unsigned flags[] = {MDB_MULTIPLE, MDB_MULTIPLE | MDB_NODUPDATA, MDB_MULTIPLE};
    static const char *const values[] = {"c1a2d1c2", "e1a4f1", "a5a6"};
    MDB_val array[2] = {{2, (void *)values[i]}, {strlen(values[i]) / 2, NULL}};
    MUST(mdb_cursor_open(txn, arrays, &cursor));
    SAY(mdb_cursor_put(cursor, &k, array, flags[i]));
    NOTE("%zu stored", array[1].mv_size);
    mdb_cursor_close(cursor);
    show(txn, arrays, "arrays");
  }
  /* Integers that are none. */
  SAY(put(txn, fixed, "k", "2222 and more", 0));
  SAY(put(txn, fixed, "k", "1111 and more", 0));
  SAY(put(txn, fixed, "k", "1111 and 2222", 0));
  SAY(put(txn, fixed, "m", "3333 and more", 0));
  show(txn, fixed, "fixed");
  unsigned flags;
  SAY(mdb_dbi_flags(txn, fixed, &flags));
  NOTE("flags %x", flags);
  MUST(mdb_txn_commit(txn));
  mdb_env_close(env);
  MUST(mdb_env_create(&env));
  MUST(mdb_env_set_maxdbs(env, 8));
  MUST(mdb_env_open(env, "equal", 0, 0644));
  txn = begin(env, 0);
  const MDB_dbi again = table(txn, "fixed", MDB_CREATE | MDB_DUPSORT | MDB_DUPFIXED | MDB_INTEGERDUP);
  SAY(put(txn, again, "k", "0000 and more", 0));
  SAY(put(txn, again, "k", "2222 and 3333", 0));
  show(txn, again, "fixed");
  SAY(mdb_dbi_flags(txn, again, &flags));
  NOTE("flags %x", flags);
  MUST(mdb_txn_commit(txn));
  mdb_env_close(env);
}

static void built_in(void) {
  MDB_env *env = open_fresh("builtin", 0);
  MDB_txn *txn = begin(env, 0);
  const MDB_dbi reverse = table(txn, "reverse", MDB_CREATE | MDB_REVERSEKEY),
                integer = table(txn, "integer", MDB_CREATE | MDB_INTEGERKEY),
                dup = table(txn, "dup", MDB_CREATE | MDB_DUPSORT | MDB_REVERSEDUP),
                fixed = table(txn, "fixed", MDB_CREATE | MDB_DUPSORT | MDB_DUPFIXED | MDB_INTEGERDUP);
  MDB_cursor *cursor;
  MDB_val k, d;
  static const char *const words[] = {"cba", "abc", "bca", "zza", "aab"};
  for (unsigned i = 0; i < 5; ++i) {
    MUST(put(txn, reverse, words[i], "v", 0));
    MUST(put(txn, dup, "k", words[i], 0));
  }
  show(txn, reverse, "reverse");
  show(txn, dup, "dup");
  for (unsigned i = 0; i < 1000; ++i) {
    size_t key = i * 7919 % 1000 * 65537, value = i * 31 % 1000;
    k = (MDB_val){sizeof(key), &key};
    d = (MDB_val){sizeof(value), &value};
    MUST(mdb_put(txn, integer, &k, &d, 0));
    key = i % 3;
    MUST(mdb_put(txn, fixed, &k, &d, 0));
  }
  MUST(mdb_cursor_open(txn, integer, &cursor));
  size_t sum = 0, last = 0, sorted = 1, n = 0;
  for (int rc = mdb_cursor_get(cursor, &k, &d, MDB_FIRST); rc == 0; rc = mdb_cursor_get(cursor, &k, &d, MDB_NEXT)) {
    size_t key, value;
    memcpy(&key, k.mv_data, sizeof(key));
    memcpy(&value, d.mv_data, sizeof(value));
    sorted &= n == 0 || key > last;
    last = key;
    sum = sum * 31 + value;
    ++n;
  }
  NOTE("%zu integers, sorted %zu, sum %zx", n, sorted, sum);
  MUST(mdb_cursor_open(txn, fixed, &cursor));
  for (size_t key = 0; key < 3; ++key) {
    k = (MDB_val){sizeof(key), &key};
    MUST(mdb_cursor_get(cursor, &k, &d, MDB_SET));
    SAY(mdb_cursor_count(cursor, &n));
    for (last = 0, sorted = 1; mdb_cursor_get(cursor, &k, &d, MDB_NEXT_DUP) == 0;) {
      size_t value;
      memcpy(&value, d.mv_data, sizeof(value));
      sorted &= value > last;
      last = value;
    }
    NOTE("%zu values, sorted %zu, last %zu", n, sorted, last);
  }
  MUST(mdb_txn_commit(txn));
  mdb_env_close(env);
}

void part_orders(void) {
  own_orders();
  order_before_records();
  equal_values();
  built_in();
}
