/* SPDX-License-Identifier: Apache-2.0 */
/* Records: get, put and its flags, del, sizes; random changes beside a digest. */
#include "compare.h"

static void flags(void) {
  MDB_env *env = open_fresh("data", 0);
  MDB_txn *txn = begin(env, 0);
  const MDB_dbi dbi = table(txn, "plain", MDB_CREATE);
  MDB_val k, d;
  SAY(put(txn, dbi, "b", "1", 0));
  SAY(put(txn, dbi, "b", "2", MDB_NOOVERWRITE));
  k = text("b");
  d = text("3");
  SAY(mdb_put(txn, dbi, &k, &d, MDB_NOOVERWRITE));
  NOTE("present %.*s", (int)d.mv_size, (char *)d.mv_data);
  SAY(put(txn, dbi, "b", "1", MDB_NODUPDATA));
  SAY(put(txn, dbi, "b", "4", MDB_NODUPDATA));
  SAY(put(txn, dbi, "b", "5", MDB_CURRENT));
  SAY(put(txn, dbi, "b", "5", MDB_MULTIPLE));
  SAY(put(txn, dbi, "b", "5", 0x1000));
  SAY(put(txn, dbi, "c", "6", MDB_APPEND));
  SAY(put(txn, dbi, "c", "7", MDB_APPEND));
  SAY(put(txn, dbi, "a", "8", MDB_APPEND));
  SAY(put(txn, dbi, "d", "9", MDB_APPENDDUP));
  SAY(put(txn, dbi, "a", "", 0));
  show(txn, dbi, "plain");
  SAY(put(txn, dbi, "", "x", 0));
  NOTE("empty key %s", get(txn, dbi, ""));
  SAY(del(txn, dbi, "", NULL));
  SAY(del(txn, dbi, "none", NULL));
  SAY(del(txn, dbi, "c", "not this"));
  SAY(del(txn, dbi, "c", NULL));
  show(txn, dbi, "plain");
  SAY(mdb_get(txn, dbi, NULL, &d));
  SAY(mdb_get(txn, dbi, &k, NULL));
  SAY(mdb_put(txn, dbi, NULL, &d, 0));
  SAY(mdb_put(txn, dbi, &k, NULL, 0));
  SAY(mdb_del(txn, dbi, NULL, NULL));
  SAY(mdb_get(txn, 0, &k, &d));
  SAY(mdb_put(txn, 0, &k, &d, 0));
  MUST(mdb_txn_commit(txn));
  mdb_env_close(env);
}

static void lengths(void) {
  MDB_env *env = open_fresh("lengths", 0);
  MDB_txn *txn = begin(env, 0);
  const MDB_dbi dbi = table(txn, "plain", MDB_CREATE), dup = table(txn, "dup", MDB_CREATE | MDB_DUPSORT);
  static char bytes[3 << 20];
  memset(bytes, 'x', sizeof(bytes));
  static const size_t keys[] = {1, 510, 511, 512, 600, 3000}, values[] = {0, 1, 2000, 4000, 5000, 70000, 3 << 20};
  for (unsigned i = 0; i < sizeof(keys) / sizeof(*keys); ++i) {
    MDB_val k = {keys[i], bytes}, d = {4, "data"};
    NOTE("key of %zu", keys[i]);
    SAY(mdb_put(txn, dbi, &k, &d, 0));
    SAY(mdb_get(txn, dbi, &k, &d));
    SAY(mdb_del(txn, dbi, &k, NULL));
    MDB_val shorter = {1, "k"}, value = {keys[i], bytes};
    SAY(mdb_put(txn, dup, &shorter, &value, 0));
  }
  for (unsigned i = 0; i < sizeof(values) / sizeof(*values); ++i) {
    MDB_val k = {sizeof(i), &i}, d = {values[i], bytes};
    SAY(mdb_put(txn, dbi, &k, &d, 0));
  }
  MUST(mdb_txn_commit(txn));
  txn = begin(env, 0);
  for (unsigned i = 0; i < sizeof(values) / sizeof(*values); ++i) {
    MDB_val k = {sizeof(i), &i}, d;
    MUST(mdb_get(txn, dbi, &k, &d));
    NOTE("%zu bytes, %s", d.mv_size,
         d.mv_size == 0 || (((char *)d.mv_data)[0] == 'x' && ((char *)d.mv_data)[d.mv_size - 1] == 'x') ? "right"
                                                                                                        : "wrong");
    d = (MDB_val){values[(i + 3) % 7], bytes};
    SAY(mdb_put(txn, dbi, &k, &d, 0));
  }
  show_stat(txn, dbi, "plain");
  MUST(mdb_txn_commit(txn));
  mdb_env_close(env);
}

static void reserve(void) {
  MDB_env *env = open_fresh("reserve", 0);
  MDB_txn *txn = begin(env, 0);
  static const size_t sizes[] = {3, 1000, 9000};
  for (unsigned i = 0; i < 3; ++i) {
    char key[2] = {(char)('a' + i), 0};
    MDB_val k = text(key), d = {sizes[i], NULL};
    SAY(mdb_put(txn, 1, &k, &d, MDB_RESERVE));
    memset(d.mv_data, 'r', d.mv_size);
    NOTE("%zu bytes", d.mv_size);
  }
  MDB_cursor *cursor;
  MUST(mdb_cursor_open(txn, 1, &cursor));
  MDB_val k = text("d"), d = {5, NULL};
  SAY(mdb_cursor_put(cursor, &k, &d, MDB_RESERVE));
  memcpy(d.mv_data, "fives", 5);
  MUST(mdb_txn_commit(txn));
  txn = begin(env, MDB_RDONLY);
  NOTE("%s %s", get(txn, 1, "a"), get(txn, 1, "d"));
  k = text("c");
  MUST(mdb_get(txn, 1, &k, &d));
  NOTE("%zu %c", d.mv_size, ((char *)d.mv_data)[8999]);
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

/* ------------------------------------------------------------------------------------- sought, but longer than storable */

enum { STORED = 300, SOUGHT = 40000 };

static MDB_val filled(char *bytes, size_t length, size_t place, char letter) {
  memset(bytes, 'm', length);
  bytes[place] = letter;
  return (MDB_val){length, bytes};
}

/* A long value, whose letter is compared first. */
static void seek_long_value(MDB_txn *txn, MDB_dbi dbi, size_t length, char letter, int reverse) {
  static char bytes[SOUGHT];
  MDB_cursor *cursor;
  MDB_val k = text("k"), d;
  const MDB_val sought = filled(bytes, length, reverse ? length - 1 : 0, letter);
  MUST(mdb_cursor_open(txn, dbi, &cursor));
  d = sought;
  printf("%zu %c: both %s", length, letter, code(mdb_cursor_get(cursor, &k, &d, MDB_GET_BOTH)));
  d = sought;
  const int rc = mdb_cursor_get(cursor, &k, &d, MDB_GET_BOTH_RANGE);
  printf(", range %s %c", code(rc), rc == 0 ? ((char *)d.mv_data)[reverse ? STORED - 1 : 0] : '-');
  d = sought;
  printf(", del %s\n", code(mdb_del(txn, dbi, &k, &d)));
  mdb_cursor_close(cursor);
}

static void long_values(const char *name, unsigned flags) {
  static char bytes[STORED];
  MDB_env *env = open_fresh(name, 0);
  MDB_txn *txn = begin(env, 0);
  const MDB_dbi dbi = table(txn, name, MDB_CREATE | MDB_DUPSORT | flags);
  const int reverse = (flags & MDB_REVERSEDUP) != 0;
  for (char letter = 'b'; letter <= 'h'; letter += 2) {
    MDB_val k = text("k"), d = filled(bytes, STORED, reverse ? STORED - 1 : 0, letter);
    MUST(mdb_put(txn, dbi, &k, &d, 0));
  }
  for (size_t length = 500; length <= SOUGHT; length *= 4)
    for (char letter = 'a'; letter <= 'i'; ++letter)
      seek_long_value(txn, dbi, length, letter, reverse);
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

/* The last bytes decide where the cursor stands after a search for a key that is too long. */
static void long_keys(void) {
  static char bytes[SOUGHT];
  MDB_env *env = open_fresh("longkeys", 0);
  MDB_txn *txn = begin(env, 0);
  const MDB_dbi dbi = table(txn, "reverse", MDB_CREATE | MDB_REVERSEKEY);
  MDB_cursor *cursor;
  for (char key[] = "b"; key[0] <= 'h'; key[0] += 2)
    MUST(put(txn, dbi, key, key, 0));
  MUST(mdb_cursor_open(txn, dbi, &cursor));
  for (char letter = 'a'; letter <= 'd'; ++letter) {
    MDB_val k = filled(bytes, SOUGHT, SOUGHT - 1, letter), d;
    SAY(mdb_cursor_get(cursor, &k, &d, MDB_SET));
    NOTE("then %s", move(cursor, MDB_NEXT, NULL, NULL));
  }
  mdb_cursor_close(cursor);
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

void part_data(void) {
  long_values("longvalues", 0);
  long_values("longreverse", MDB_REVERSEDUP);
  long_values("longfixed", MDB_DUPFIXED);
  long_keys();
  flags();
  lengths();
  reserve();
}

/* ------------------------------------------------------------------------------------------------------------- random */

static unsigned seed;

static unsigned dice(unsigned sides) {
  seed = seed * 1103515245u + 12345u;
  return (seed >> 16) % sides;
}

static void digest(MDB_txn *txn, MDB_dbi dbi, const char *title) {
  MDB_cursor *cursor;
  MDB_val k, d;
  unsigned long long sum = 14695981039346656037u;
  size_t forward = 0, back = 0;
  MUST(mdb_cursor_open(txn, dbi, &cursor));
  for (int rc = mdb_cursor_get(cursor, &k, &d, MDB_FIRST); rc == 0; rc = mdb_cursor_get(cursor, &k, &d, MDB_NEXT)) {
    for (size_t i = 0; i < k.mv_size; ++i)
      sum = (sum ^ ((unsigned char *)k.mv_data)[i]) * 1099511628211u;
    for (size_t i = 0; i < d.mv_size; ++i)
      sum = (sum ^ ((unsigned char *)d.mv_data)[i]) * 1099511628211u;
    ++forward;
  }
  for (int rc = mdb_cursor_get(cursor, &k, &d, MDB_LAST); rc == 0; rc = mdb_cursor_get(cursor, &k, &d, MDB_PREV))
    ++back;
  printf("%s: %zu forward, %zu back, %llx\n", title, forward, back, sum);
  mdb_cursor_close(cursor);
}

/* Changes by key and by cursors, half of them aborted with their nested transaction. */
static void change(MDB_txn *txn, MDB_dbi dbi, int multi) {
  char key[16], value[1200];
  MDB_cursor *cursor;
  unsigned long long codes = 0;
  MUST(mdb_cursor_open(txn, dbi, &cursor));
  for (int i = 0; i < 300; ++i) {
    snprintf(key, sizeof(key), "%u", dice(400));
    const size_t length = dice(multi ? 100 : 1200);
    memset(value, (int)('a' + dice(26)), length);
    if (multi && length == 0)
      continue;
    MDB_val k = text(key), d = {length, value};
    int rc;
    switch (dice(8)) {
    case 0:
    case 1:
    case 2:
      rc = mdb_put(txn, dbi, &k, &d, 0);
      break;
    case 3:
      rc = mdb_del(txn, dbi, &k, NULL);
      break;
    case 4:
      rc = mdb_cursor_get(cursor, &k, &d, MDB_SET_RANGE);
      if (rc == 0)
        rc = mdb_cursor_del(cursor, dice(2) && multi ? MDB_NODUPDATA : 0);
      break;
    case 5:
      rc = mdb_cursor_put(cursor, &k, &d, MDB_NOOVERWRITE);
      break;
    case 6:
      rc = mdb_cursor_get(cursor, &k, NULL, MDB_SET);
      break;
    default:
      rc = multi ? mdb_put(txn, dbi, &k, &d, MDB_NODUPDATA) : mdb_cursor_put(cursor, &k, &d, 0);
    }
    codes = codes * 31 + (unsigned long long)-rc;
  }
  printf("codes %llx\n", codes);
  mdb_cursor_close(cursor);
}

static void random_changes(const char *title, unsigned table_flags) {
  MDB_env *env = open_fresh(title, MDB_NOSYNC);
  seed = 4711;
  MDB_txn *txn = begin(env, 0);
  const MDB_dbi dbi = table(txn, "t", MDB_CREATE | table_flags);
  MUST(mdb_txn_commit(txn));
  for (int round = 0; round < 60; ++round) {
    MDB_txn *inner;
    txn = begin(env, 0);
    change(txn, dbi, table_flags & MDB_DUPSORT);
    MUST(mdb_txn_begin(env, txn, 0, &inner));
    change(inner, dbi, table_flags & MDB_DUPSORT);
    if (dice(2))
      MUST(mdb_txn_commit(inner));
    else
      mdb_txn_abort(inner);
    digest(txn, dbi, title);
    if (dice(4))
      MUST(mdb_txn_commit(txn));
    else
      mdb_txn_abort(txn);
  }
  txn = begin(env, MDB_RDONLY);
  digest(txn, dbi, title);
  show_stat(txn, dbi, title);
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

void part_random(void) {
  random_changes("random", 0);
  random_changes("randomdup", MDB_DUPSORT);
}
