/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs made for libmdbx rely on, where it can be got wrong: records that are put again while a cursor walks,
 * deletions of many records, replacements, searches for pairs, and cursors spread over a range. In all kinds of table.
 */
#include "api.h"

#include <limits.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

static MDBX_env *env;
static MDBX_txn *txn;
static MDBX_dbi dbi;
static MDBX_cursor *cursor, *other;

/* How the database is opened, and whether the work is done in a nested transaction. */
static const struct way {
  unsigned flags;
  int page_size;
  bool nested;
} ways[] = {{0, 4096, false}, {MDBX_WRITEMAP, 4096, false}, {0, 4096, true}, {0, 256, false},
            {0, 256, true},   {MDBX_WRITEMAP, 65536, false}};

static const unsigned kinds[] = {0,
                                 MDBX_REVERSEKEY,
                                 MDBX_INTEGERKEY,
                                 MDBX_DUPSORT,
                                 MDBX_DUPSORT | MDBX_DUPFIXED,
                                 MDBX_DUPSORT | MDBX_REVERSEDUP,
                                 MDBX_DUPSORT | MDBX_REVERSEKEY | MDBX_REVERSEDUP,
                                 MDBX_DUPSORT | MDBX_INTEGERKEY | MDBX_DUPFIXED | MDBX_INTEGERDUP};

enum { WAYS = sizeof(ways) / sizeof(ways[0]), KINDS = sizeof(kinds) / sizeof(kinds[0]), RECORDS = 150 };

static MDBX_txn *outer;

static void begin_way(const struct way *way) {
  env = api_create();
  OK(mdbx_env_set_geometry(env, -1, -1, 64 << 20, -1, -1, way->page_size));
  OK(api_try_open(env, way->flags | MDBX_UTTERLY_NOSYNC));
  txn = outer = api_begin(env, MDBX_TXN_READWRITE);
  if (way->nested)
    OK(mdbx_txn_begin(env, outer, MDBX_TXN_READWRITE, &txn));
}

static void end_way(void) {
  if (txn != outer)
    OK(mdbx_txn_commit(txn));
  OK(mdbx_txn_commit(outer));
  api_sound(env);
  OK(mdbx_env_close(env));
}

/* ------------------------------------------------------------------------------------------- deleted and put again */

/* Keys and values with their number, in the form the table wants. */
static MDBX_val number_val(unsigned flags, unsigned integer_flag, unsigned reverse_flag, unsigned number,
                           uint32_t *room) {
  if (flags & integer_flag) {
    *room = number;
    return (MDBX_val){room, 4};
  }
  char *text = (char *)room;
  text[0] = (char)('a' + number / 1000), text[1] = (char)('a' + number / 100 % 10);
  text[2] = (char)('a' + number / 10 % 10), text[3] = (char)('a' + number % 10);
  if (flags & reverse_flag) {
    const char first = text[0], second = text[1];
    text[0] = text[3], text[1] = text[2], text[2] = second, text[3] = first;
  }
  return (MDBX_val){room, 4};
}

static MDBX_val key_of(unsigned flags, unsigned number, uint32_t *room) {
  return number_val(flags, MDBX_INTEGERKEY, MDBX_REVERSEKEY, number, room);
}

static MDBX_val value_of(unsigned flags, unsigned number, uint32_t *room) {
  return number_val(flags, MDBX_INTEGERDUP, MDBX_REVERSEDUP, number, room);
}

static void put_pair(unsigned flags, unsigned key_number, unsigned value_number) {
  uint32_t key_room, value_room;
  const MDBX_val key = key_of(flags, key_number, &key_room);
  MDBX_val value = value_of(flags, value_number, &value_room);
  OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
}

enum { DEL_HERE, DEL_BY_KEY, DEL_ELSEWHERE, DELS };
enum { PUT_BY_KEY, PUT_ELSEWHERE, PUTS };

static void delete_and_put(int del, int put, MDBX_val key, MDBX_val value, bool pair) {
  uint32_t key_copy, value_copy;
  memcpy(&key_copy, key.iov_base, 4);
  memcpy(&value_copy, value.iov_base, 4);
  key.iov_base = &key_copy, value.iov_base = &value_copy;
  MDBX_val found = value;
  if (del == DEL_HERE) {
    OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  } else if (del == DEL_BY_KEY) {
    OK(mdbx_del(txn, dbi, &key, pair ? &value : NULL));
  } else {
    OK(mdbx_cursor_get(other, &key, &found, pair ? MDBX_GET_BOTH : MDBX_SET));
    OK(mdbx_cursor_del(other, MDBX_UPSERT));
  }
  if (put == PUT_BY_KEY)
    OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
  else
    OK(mdbx_cursor_put(other, &key, &value, MDBX_UPSERT));
}

/* Walks over everything; each record is deleted and put again. Each must be met once, in order. */
static void walk(unsigned flags, int del, int put, bool back, bool pairs) {
  MDBX_val key, value;
  unsigned rounds = 0;
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  OK(mdbx_cursor_open(txn, dbi, &other));
  int rc = mdbx_cursor_get(cursor, &key, &value, back ? MDBX_LAST : MDBX_FIRST);
  for (; rc == MDBX_SUCCESS; rc = mdbx_cursor_get(cursor, &key, &value, back ? MDBX_PREV : MDBX_NEXT)) {
    uint32_t room;
    const unsigned number = back ? RECORDS - 1 - rounds : rounds;
    const MDBX_val expected = pairs ? value_of(flags, number, &room) : key_of(flags, number, &room);
    ck_assert_uint_lt(rounds, RECORDS);
    ck_assert_int_eq(memcmp(expected.iov_base, (pairs ? value : key).iov_base, 4), 0);
    ++rounds;
    /* Backwards a record that was put again is the one before the cursor, so only the deletion is looked at. */
    if (!back)
      delete_and_put(del, put, key, value, pairs);
    else
      OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  }
  IS(rc, MDBX_NOTFOUND);
  ck_assert_uint_eq(rounds, RECORDS);
  ck_assert_uint_eq(api_entries(txn, dbi), back ? 0 : RECORDS);
  mdbx_cursor_close(cursor);
  mdbx_cursor_close(other);
}

START_TEST(a_record_put_again_is_not_met_again) {
  const unsigned flags = kinds[_i % KINDS];
  begin_way(&ways[_i / KINDS]);
  dbi = api_table(txn, "t", MDBX_CREATE | flags);
  for (int pairs = 0; pairs <= !!(flags & MDBX_DUPSORT); ++pairs)
    for (int del = 0; del < DELS; ++del)
      for (int put = 0; put <= PUTS; ++put) {
        OK(mdbx_drop(txn, dbi, false));
        for (unsigned i = 0; i < RECORDS; ++i)
          put_pair(flags, pairs ? 7 : i, pairs ? i : 7);
        walk(flags, del, put, put == PUTS, pairs);
      }
  end_way();
}
END_TEST

static void goes_to(MDBX_cursor *which, MDBX_cursor_op op, const char *key, const char *data) {
  MDBX_val k, d;
  OK(mdbx_cursor_get(which, &k, &d, op));
  IS_TEXT(k, key);
  IS_TEXT(d, data);
}

static void gives(MDBX_cursor *which, MDBX_cursor_op op, int code) {
  MDBX_val k = {NULL, 0}, d = {NULL, 0};
  IS(mdbx_cursor_get(which, &k, &d, op), code);
}

static void set(MDBX_cursor *which, const char *key) {
  MDBX_val k = api_val(key), d;
  OK(mdbx_cursor_get(which, &k, &d, MDBX_SET));
}

static void put_letters(const char *letters, const char *value) {
  for (; *letters; ++letters)
    OK(api_put(txn, dbi, (char[]){*letters, 0}, value, MDBX_UPSERT));
}

static void open_letters(unsigned flags, const char *letters, const char *value) {
  begin_way(&ways[0]);
  dbi = api_table(txn, "t", MDBX_CREATE | flags);
  OK(mdbx_drop(txn, dbi, false));
  put_letters(letters, value);
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  OK(mdbx_cursor_open(txn, dbi, &other));
}

static void close_letters(void) {
  mdbx_cursor_close(cursor);
  mdbx_cursor_close(other);
  end_way();
}

/* What is put between a deleted record and its successor comes before the cursor; behind the end it stays behind. */
START_TEST(what_is_put_in_between_comes_before) {
  open_letters(_i ? MDBX_DUPSORT : 0, "bdf", "1");
  set(cursor, "b"), set(other, "b");
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  put_letters("abc", "2");
  goes_to(cursor, MDBX_NEXT, "d", "1");
  goes_to(cursor, MDBX_PREV, "c", "2");
  goes_to(other, MDBX_GET_CURRENT, "d", "1");
  goes_to(other, MDBX_PREV, "c", "2");
  set(cursor, "f"), set(other, "f");
  OK(api_del(txn, dbi, "f"));
  put_letters("fgh", "3");
  gives(cursor, MDBX_NEXT, MDBX_NOTFOUND);
  goes_to(other, MDBX_PREV, "h", "3");
  /* The successor goes as well, and both come back. */
  set(cursor, "b");
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  OK(api_del(txn, dbi, "c"));
  put_letters("bc", "4");
  goes_to(cursor, MDBX_NEXT, "d", "1");
  /* All go, and some come back. */
  set(cursor, "d");
  OK(mdbx_cursor_bunch_delete(cursor, MDBX_DELETE_WHOLE, NULL));
  put_letters("ad", "5");
  gives(cursor, MDBX_NEXT, MDBX_NOTFOUND);
  close_letters();
}
END_TEST

START_TEST(a_smaller_value_is_no_successor) {
  open_letters(MDBX_DUPSORT, "", "");
  OK(api_put(txn, dbi, "k00", "v53", MDBX_UPSERT));
  OK(api_put(txn, dbi, "k01", "v18", MDBX_UPSERT));
  goes_to(cursor, MDBX_FIRST, "k00", "v53");
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  OK(api_put(txn, dbi, "k00", _i ? "v60" : "v36", MDBX_UPSERT));
  goes_to(cursor, MDBX_NEXT, "k01", "v18");
  /* Behind the last value of a key it stays there. */
  OK(api_put(txn, dbi, "k00", "v80", MDBX_UPSERT));
  set(cursor, "k00");
  goes_to(cursor, MDBX_LAST_DUP, "k00", "v80");
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  OK(api_put(txn, dbi, "k00", "v80", MDBX_UPSERT));
  OK(api_put(txn, dbi, "k00", "v90", MDBX_UPSERT));
  gives(cursor, MDBX_NEXT_DUP, MDBX_NOTFOUND);
  goes_to(cursor, MDBX_NEXT, "k01", "v18");
  close_letters();
}
END_TEST

/* A place before a successor survives a nested transaction, whatever that did. */
START_TEST(a_place_before_a_successor_in_nested_transactions) {
  MDBX_txn *child;
  open_letters(0, "bdf", "1");
  set(cursor, "b"), set(other, "d");
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
  OK(api_put(child, dbi, "b", "2", MDBX_UPSERT));
  OK(api_del(child, dbi, "d"));
  OK(api_put(child, dbi, "c", "2", MDBX_UPSERT));
  OK(_i ? mdbx_txn_commit(child) : mdbx_txn_abort(child));
  OK(api_put(txn, dbi, "a", "3", MDBX_UPSERT));
  goes_to(cursor, MDBX_NEXT, _i ? "f" : "d", "1");
  goes_to(other, MDBX_GET_CURRENT, _i ? "f" : "d", "1");
  close_letters();
}
END_TEST

/* An order of the user, in which two keys may be equal that are not the same bytes. */
static int by_first_byte(const MDBX_val *a, const MDBX_val *b) {
  return *(const uint8_t *)a->iov_base - *(const uint8_t *)b->iov_base;
}

START_TEST(a_record_put_again_under_an_equal_key) {
  begin_way(&ways[0]);
  OK(mdbx_dbi_open_ex(txn, "t", MDBX_CREATE, &dbi, by_first_byte, NULL));
  put_letters("abc", "1");
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  OK(mdbx_cursor_open(txn, dbi, &other));
  goes_to(cursor, MDBX_FIRST, "a", "1");
  OK(api_del(txn, dbi, "a with more"));
  OK(api_put(txn, dbi, "a with yet more", "2", MDBX_UPSERT));
  goes_to(cursor, MDBX_NEXT, "b", "1");
  close_letters();
}
END_TEST

/* ------------------------------------------------------------------------------------------------ deleting in bunches */

START_TEST(delete_range_without_an_end) {
  for (unsigned count = 1; count < 6; ++count)
    for (unsigned at = 0; at < count; ++at)
      for (int including = 0; including < 2; ++including)
        for (int from = 0; from < 2; ++from) {
          uint64_t affected;
          open_letters(_i ? MDBX_DUPSORT : 0, (char[6]){0}, "1");
          for (unsigned i = 0; i < count; ++i)
            put_letters((char[]){(char)('a' + i), 0}, "1");
          set(cursor, (char[]){(char)('a' + at), 0});
          OK(mdbx_cursor_delete_range(from ? cursor : NULL, from ? NULL : cursor, including, &affected));
          ck_assert_uint_eq(affected, (from ? count - 1 - at : at) + (unsigned)including);
          ck_assert_uint_eq(api_entries(txn, dbi), count - affected);
          if (from && !including)
            goes_to(cursor, MDBX_GET_CURRENT, (char[]){(char)('a' + count - 1), 0}, "1");
          close_letters();
        }
}
END_TEST

enum ending { STAYS_UNSET, ON_LAST, ON_SECOND };

/* Per action: without a position in an empty and in a full table of five keys: code and what goes; where it ends. */
static const struct bunch {
  int empty, full;
  unsigned gone; /* keys */
  enum ending ends;
} unset_bunches[] = {
    {MDBX_ENODATA, MDBX_ENODATA, 0, STAYS_UNSET},
    {MDBX_ENODATA, MDBX_ENODATA, 0, STAYS_UNSET},
    {MDBX_ENODATA, MDBX_ENODATA, 0, STAYS_UNSET},
    {MDBX_ENODATA, MDBX_ENODATA, 0, STAYS_UNSET},
    {0, 0, 1, ON_SECOND},
    {MDBX_ENODATA, MDBX_ENODATA, 0, STAYS_UNSET},
    {0, MDBX_ENODATA, 0, STAYS_UNSET},
    {0, MDBX_ENODATA, 0, STAYS_UNSET},
    {0, MDBX_ENODATA, 0, ON_LAST},
    {0, 0, 5, STAYS_UNSET},
    {0, 0, 5, STAYS_UNSET},
};

static void put_five(bool multi) {
  put_letters("abcde", "1");
  if (multi) {
    put_letters("abcde", "2");
    put_letters("abcde", "3");
  }
}

START_TEST(bunches_without_a_position) {
  const bool multi = _i;
  const unsigned values = multi ? 3 : 1;
  for (int action = 0; action <= MDBX_DELETE_WHOLE; ++action) {
    const struct bunch *bunch = &unset_bunches[action];
    uint64_t affected = 9;
    open_letters(multi ? MDBX_DUPSORT : 0, "", "");
    IS(mdbx_cursor_bunch_delete(cursor, (MDBX_bunch_action_t)action, &affected), bunch->empty);
    ck_assert_uint_eq(affected, 0);
    put_five(multi);
    OK(mdbx_cursor_reset(cursor));
    IS(mdbx_cursor_bunch_delete(cursor, (MDBX_bunch_action_t)action, &affected), bunch->full);
    ck_assert_uint_eq(affected, bunch->gone * values);
    ck_assert_uint_eq(api_entries(txn, dbi), (5 - bunch->gone) * values);
    if (bunch->ends == ON_SECOND)
      goes_to(cursor, MDBX_GET_CURRENT, "b", "1");
    else if (bunch->ends == ON_LAST)
      goes_to(cursor, MDBX_GET_CURRENT, "e", multi ? "3" : "1");
    else
      gives(cursor, MDBX_GET_CURRENT, MDBX_ENODATA);
    close_letters();
  }
}
END_TEST

/* From the third key, of several values from the second: values that go, and the key and value that are current then. */
static const struct positioned {
  unsigned gone;
  const char *key, *value;
} single_bunches[] = {{1, "d", "1"}, {0, "c", "1"}, {1, "d", "1"}, {1, "d", "1"}, {0, "c", "1"},  {1, "d", "1"},
                      {2, "c", "1"}, {3, "d", "1"}, {3, "b", "1"}, {2, "c", "1"}, {5, NULL, NULL}},
  multi_bunches[] = {{1, "c", "3"}, {1, "c", "2"}, {2, "c", "3"},   {2, "c", "1"},   {1, "c", "2"},   {3, "d", "1"},
                     {7, "c", "2"}, {8, "c", "3"}, {8, NULL, NULL}, {7, NULL, NULL}, {15, NULL, NULL}};

START_TEST(bunches_from_a_position) {
  const bool multi = _i;
  for (int action = 0; action <= MDBX_DELETE_WHOLE; ++action) {
    const struct positioned *expected = multi ? &multi_bunches[action] : &single_bunches[action];
    uint64_t affected;
    open_letters(multi ? MDBX_DUPSORT : 0, "", "");
    put_five(multi);
    set(cursor, "c");
    if (multi)
      goes_to(cursor, MDBX_NEXT, "c", "2");
    OK(mdbx_cursor_bunch_delete(cursor, (MDBX_bunch_action_t)action, &affected));
    ck_assert_uint_eq(affected, expected->gone);
    ck_assert_uint_eq(api_entries(txn, dbi), (multi ? 15 : 5) - expected->gone);
    if (expected->key)
      goes_to(cursor, MDBX_GET_CURRENT, expected->key, expected->value);
    else
      gives(cursor, MDBX_GET_CURRENT, MDBX_ENODATA);
    if (action == MDBX_DELETE_AFTER_INCLUDING)
      gives(cursor, MDBX_NEXT, MDBX_NOTFOUND);
    close_letters();
  }
}
END_TEST

/* Nowhere is no position either: it was lost, or it is behind the end. */
START_TEST(bunches_from_nowhere) {
  MDBX_val key = api_val("x"), data;
  uint64_t affected;
  open_letters(0, "abc", "1");
  IS(mdbx_cursor_get(cursor, &key, &data, MDBX_SET), MDBX_NOTFOUND);
  IS(mdbx_cursor_bunch_delete(cursor, MDBX_DELETE_AFTER_EXCLUDING, &affected), MDBX_ENODATA);
  IS(mdbx_cursor_get(cursor, &key, &data, MDBX_SET_RANGE), MDBX_NOTFOUND);
  OK(mdbx_cursor_bunch_delete(cursor, MDBX_DELETE_AFTER_EXCLUDING, &affected));
  IS(mdbx_cursor_bunch_delete(cursor, MDBX_DELETE_AFTER_INCLUDING, &affected), MDBX_ENODATA);
  OK(mdbx_cursor_bunch_delete(cursor, MDBX_DELETE_WHOLE, &affected));
  ck_assert_uint_eq(affected, 3);
  close_letters();
}
END_TEST

/* Bytes that malloc() has given out, where that can be told; else the sanitizers and valgrind tell what is lost. */
static size_t bytes_in_use(void) {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
  return UNIT_SANITIZED ? 0 : mallinfo2().uordblks;
#else
  return 0;
#endif
}

/* Stretches of a nested tree go, in an order that needs memory to search in; it is needed once, not each time. */
START_TEST(stretches_of_values_lose_no_memory) {
  const unsigned flags = kinds[_i];
  if (!(flags & MDBX_DUPSORT))
    return;
  begin_way(&ways[0]);
  if (!bytes_in_use())
    unit_left_out(__func__, "malloc() does not tell what it has given out; a sanitizer tells what is lost");
  dbi = api_table(txn, "t", MDBX_CREATE | flags);
  size_t before = 0;
  for (unsigned round = 0; round < 60; ++round) {
    uint32_t key_room, value_room;
    MDBX_val key = key_of(flags, 7, &key_room), value = value_of(flags, 400, &value_room);
    for (unsigned i = 0; i < 3000; ++i)
      put_pair(flags, 7, i);
    OK(mdbx_cursor_open(txn, dbi, &cursor));
    OK(mdbx_cursor_open(txn, dbi, &other));
    OK(mdbx_cursor_get(cursor, &key, &value, MDBX_GET_BOTH));
    value = value_of(flags, 900, &value_room);
    OK(mdbx_cursor_get(other, &key, &value, MDBX_GET_BOTH));
    uint64_t affected;
    OK(mdbx_cursor_delete_range(cursor, other, true, &affected));
    ck_assert_uint_eq(affected, 501);
    mdbx_cursor_close(cursor);
    mdbx_cursor_close(other);
    /* A transaction is what the memory would belong to. */
    OK(mdbx_txn_commit(txn));
    txn = outer = api_begin(env, MDBX_TXN_READWRITE);
    if (round == 9)
      before = bytes_in_use();
  }
  ck_assert_uint_le(bytes_in_use(), before + 500000);
  end_way();
}
END_TEST

/* ---------------------------------------------------------------------------------------------------------- replace */

static int replace(const char *key, const char *fresh, MDBX_val *old, unsigned flags) {
  const MDBX_val k = api_val(key);
  MDBX_val n = api_val(fresh ? fresh : "");
  return mdbx_replace(txn, dbi, &k, fresh ? &n : NULL, old, (MDBX_put_flags_t)flags);
}

START_TEST(replace_with_reserve) {
  char room[64];
  begin_way(&ways[_i]);
  dbi = api_table(txn, "t", MDBX_CREATE);
  MDBX_val key = api_val("k"), old = {room, sizeof(room)}, fresh = {NULL, 10};
  OK(api_put(txn, dbi, "k", "v1", MDBX_UPSERT));
  OK(mdbx_replace(txn, dbi, &key, &fresh, &old, MDBX_CURRENT | MDBX_RESERVE));
  IS_TEXT(old, "v1");
  ck_assert_ptr_nonnull(fresh.iov_base);
  memset(fresh.iov_base, 'x', 10);
  api_has(txn, dbi, "k", "xxxxxxxxxx");
  key = api_val("new"), fresh = (MDBX_val){NULL, 3}, old = (MDBX_val){room, sizeof(room)};
  OK(mdbx_replace(txn, dbi, &key, &fresh, &old, MDBX_RESERVE));
  ck_assert(old.iov_base == NULL && old.iov_len == 0);
  memcpy(fresh.iov_base, "abc", 3);
  api_has(txn, dbi, "new", "abc");
  old = (MDBX_val){room, sizeof(room)};
  IS(mdbx_replace(txn, dbi, &key, NULL, &old, MDBX_CURRENT | MDBX_RESERVE), MDBX_EINVAL);
  IS(mdbx_replace(txn, dbi, &key, &old, &old, MDBX_CURRENT), MDBX_EINVAL);
  dbi = api_table(txn, "m", MDBX_CREATE | MDBX_DUPSORT);
  fresh = (MDBX_val){NULL, 3};
  IS(mdbx_replace(txn, dbi, &key, &fresh, &old, MDBX_RESERVE), MDBX_INCOMPATIBLE);
  end_way();
}
END_TEST

START_TEST(replace_all_values) {
  char room[64];
  MDBX_val old = {room, sizeof(room)};
  begin_way(&ways[_i]);
  dbi = api_table(txn, "m", MDBX_CREATE | MDBX_DUPSORT);
  put_letters("k", "v1");
  OK(replace("k", "zz", &old, MDBX_ALLDUPS));
  IS_TEXT(old, "v1");
  old = (MDBX_val){room, sizeof(room)};
  OK(replace("k", "yy", &old, MDBX_CURRENT | MDBX_ALLDUPS));
  IS_TEXT(old, "zz");
  put_letters("k", "v2");
  put_letters("k", "v3");
  old = (MDBX_val){room, sizeof(room)};
  IS(replace("k", "yy", &old, MDBX_CURRENT | MDBX_ALLDUPS), MDBX_EMULTIVAL);
  OK(replace("k", "one", &old, MDBX_ALLDUPS));
  IS_TEXT(old, "v2");
  ck_assert_uint_eq(api_entries(txn, dbi), 1);
  api_has(txn, dbi, "k", "one");
  put_letters("k", "two");
  old = api_val("two");
  OK(replace("k", NULL, &old, MDBX_CURRENT | MDBX_NOOVERWRITE | MDBX_ALLDUPS));
  ck_assert_uint_eq(api_entries(txn, dbi), 0);
  end_way();
}
END_TEST

START_TEST(replace_at_the_end) {
  char room[64];
  MDBX_val old = {room, sizeof(room)};
  begin_way(&ways[_i]);
  dbi = api_table(txn, "t", MDBX_CREATE);
  put_letters("k", "v1");
  OK(replace("l", "zz", &old, MDBX_APPEND));
  ck_assert(old.iov_base == NULL && old.iov_len == 0);
  IS(replace("a", "zz", &old, MDBX_APPEND), MDBX_EKEYMISMATCH);
  old = (MDBX_val){room, sizeof(room)};
  OK(replace("l", "yy", &old, MDBX_APPEND));
  IS_TEXT(old, "zz");
  old = (MDBX_val){room, sizeof(room)};
  IS(replace("k", "yy", &old, MDBX_APPEND), MDBX_EKEYMISMATCH);
  dbi = api_table(txn, "m", MDBX_CREATE | MDBX_DUPSORT);
  OK(replace("l", "b", &old, MDBX_APPENDDUP));
  old = (MDBX_val){room, sizeof(room)};
  IS(replace("l", "a", &old, MDBX_APPENDDUP), MDBX_EKEYMISMATCH);
  OK(replace("l", "c", &old, MDBX_APPENDDUP));
  IS_TEXT(old, "b");
  OK(api_put(txn, dbi, "m", "a", MDBX_UPSERT));
  old = (MDBX_val){room, sizeof(room)};
  IS(replace("l", "d", &old, MDBX_APPEND), MDBX_EKEYMISMATCH);
  OK(replace("m", "d", &old, MDBX_APPEND));
  IS(replace("m", "d", &old, 1u << 30), MDBX_EINVAL);
  end_way();
}
END_TEST

/* --------------------------------------------------------------------------------------------------------- searches */

/* The key a search for ("b", value) comes to among a=5, b=5, c=5; per relation for the values 4, 5, 6. */
static const char exact[5][3] = {"\0\0b", "\0bb", "\0b\0", "bb\0", "b\0\0"};
static const char pairs[5][3] = {"aab", "abb", "\0b\0", "bbc", "bcc"};

START_TEST(exact_values_with_one_value_a_key) {
  begin_way(&ways[0]);
  dbi = api_table(txn, "t", MDBX_CREATE);
  put_letters("abc", "5");
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  for (int op = 0; op < 10; ++op)
    for (int value = 0; value < 3; ++value) {
      const char expected = op < 5 ? exact[op][value] : pairs[op - 5][value];
      MDBX_val key = api_val("b"), data = api_val((char[]){(char)('4' + value), 0});
      const MDBX_cursor_op search = (MDBX_cursor_op)(MDBX_TO_EXACT_KEY_VALUE_LESSER_THAN + op);
      IS(mdbx_cursor_get(cursor, &key, &data, search), expected ? MDBX_SUCCESS : MDBX_NOTFOUND);
      if (expected)
        IS_TEXT(key, ((char[]){expected, 0}));
      else if (op < 5)
        gives(cursor, MDBX_NEXT, MDBX_ENODATA);
      key = api_val("bb"), data = api_val("5");
      const bool lesser = op == 5 || op == 6, greater = op > 7;
      IS(mdbx_cursor_get(cursor, &key, &data, search), lesser || greater ? MDBX_SUCCESS : MDBX_NOTFOUND);
      if (lesser || greater)
        IS_TEXT(key, lesser ? "b" : "c");
    }
  /* A longer value is the greater one, and at the ends nothing is found. */
  MDBX_val key = api_val("c"), data = api_val("11");
  IS(mdbx_cursor_get(cursor, &key, &data, MDBX_TO_PAIR_GREATER_OR_EQUAL), MDBX_NOTFOUND);
  gives(cursor, MDBX_GET_CURRENT, MDBX_NOTFOUND);
  key = api_val("a"), data = api_val("5");
  IS(mdbx_cursor_get(cursor, &key, &data, MDBX_TO_PAIR_LESSER_THAN), MDBX_NOTFOUND);
  key = api_val("z"), data = api_val("5");
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_TO_PAIR_LESSER_THAN));
  IS_TEXT(key, "c");
  IS(mdbx_cursor_get(cursor, &key, NULL, MDBX_TO_PAIR_LESSER_THAN), MDBX_EINVAL);
  key = api_val("a"), data = api_val("5");
  IS(mdbx_cursor_get(cursor, &key, &data, MDBX_GET_BOTH), MDBX_INCOMPATIBLE);
  mdbx_cursor_close(cursor);
  end_way();
}
END_TEST

START_TEST(back_after_a_miss) {
  open_letters(_i ? MDBX_DUPSORT : 0, "ab", "1");
  MDBX_val key = api_val("x"), data;
  IS(mdbx_cursor_get(cursor, &key, &data, MDBX_SET_RANGE), MDBX_NOTFOUND);
  gives(cursor, MDBX_PREV_DUP, MDBX_NOTFOUND);
  gives(cursor, MDBX_NEXT_DUP, MDBX_NOTFOUND);
  goes_to(cursor, MDBX_PREV_NODUP, "b", "1");
  IS(mdbx_cursor_get(cursor, &key, &data, MDBX_SET), MDBX_NOTFOUND);
  gives(cursor, MDBX_PREV_DUP, MDBX_ENODATA);
  close_letters();
}
END_TEST

/* --------------------------------------------------------------------------------------------------- spreading cursors */

START_TEST(cursors_stand_at_the_ends_of_parts) {
  MDBX_cursor *first, *last, *spread[6];
  begin_way(&ways[0]);
  dbi = api_table(txn, "t", MDBX_CREATE | MDBX_INTEGERKEY | (_i ? MDBX_DUPSORT : 0));
  for (uint32_t i = 0; i < 14; ++i) {
    const MDBX_val key = {&(uint32_t){_i ? i / 3 : i}, 4};
    MDBX_val value = {&i, 4};
    OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
  }
  OK(mdbx_cursor_open(txn, dbi, &first));
  OK(mdbx_cursor_open(txn, dbi, &last));
  for (int i = 0; i < 6; ++i)
    OK(mdbx_cursor_open(txn, dbi, &spread[i]));
  for (intptr_t distance = -13; distance < 14; ++distance)
    for (int count = 1; count < 6; ++count) {
      const intptr_t start = distance < 0 ? 13 : 0;
      MDBX_val key, value;
      gives(first, MDBX_FIRST, MDBX_SUCCESS);
      OK(start ? mdbx_cursor_scroll(first, start, UINT_MAX) : MDBX_SUCCESS);
      gives(last, MDBX_FIRST, MDBX_SUCCESS);
      OK(start + distance ? mdbx_cursor_scroll(last, start + distance, UINT_MAX) : MDBX_SUCCESS);
      IS(mdbx_cursor_distribute(first, last, spread, count, UINT_MAX),
         (distance < 0 ? -distance : distance) < count ? MDBX_RESULT_TRUE : MDBX_SUCCESS);
      intptr_t rest = distance < 0 ? -distance : distance, at = start;
      for (int i = 0; i < count; ++i) {
        const intptr_t step = (rest + count - i - 1) / (count - i);
        rest -= step;
        at += distance < 0 ? -step : step;
        IS(mdbx_cursor_get(spread[i], &key, &value, MDBX_GET_CURRENT), step ? MDBX_SUCCESS : MDBX_ENODATA);
        IS(mdbx_cursor_eof(spread[i]), step ? MDBX_RESULT_FALSE : MDBX_RESULT_TRUE);
        uint32_t number = UINT32_MAX;
        if (step)
          memcpy(&number, value.iov_base, sizeof(number));
        ck_assert_uint_eq(number, step ? (uint32_t)at : UINT32_MAX);
      }
    }
  mdbx_cursor_close(first);
  mdbx_cursor_close(last);
  for (int i = 0; i < 6; ++i)
    mdbx_cursor_close(spread[i]);
  end_way();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("programs");
  TCase *tcase = api_case(suite, "cursors");
  tcase_add_loop_test(tcase, a_record_put_again_is_not_met_again, 0, WAYS * KINDS);
  tcase_add_loop_test(tcase, what_is_put_in_between_comes_before, 0, 2);
  tcase_add_loop_test(tcase, a_smaller_value_is_no_successor, 0, 2);
  tcase_add_loop_test(tcase, a_place_before_a_successor_in_nested_transactions, 0, 2);
  tcase_add_test(tcase, a_record_put_again_under_an_equal_key);
  tcase_add_loop_test(tcase, delete_range_without_an_end, 0, 2);
  tcase_add_loop_test(tcase, bunches_without_a_position, 0, 2);
  tcase_add_loop_test(tcase, bunches_from_a_position, 0, 2);
  tcase_add_test(tcase, bunches_from_nowhere);
  tcase_add_loop_test(tcase, stretches_of_values_lose_no_memory, 0, KINDS);
  tcase_add_test(tcase, exact_values_with_one_value_a_key);
  tcase_add_loop_test(tcase, back_after_a_miss, 0, 2);
  tcase_add_loop_test(tcase, cursors_stand_at_the_ends_of_parts, 0, 2);
  tcase = api_case(suite, "replace");
  tcase_add_loop_test(tcase, replace_with_reserve, 0, WAYS);
  tcase_add_loop_test(tcase, replace_all_values, 0, WAYS);
  tcase_add_loop_test(tcase, replace_at_the_end, 0, WAYS);
  return unit_run(suite);
}
