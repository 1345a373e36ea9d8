/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys, values and names of every length, also of lengths that no table can hold, in every kind of table, with every page
 * size, through every function that takes one. What is stored, and what is only sought, are judged apart. To be run with
 * the sanitizers too: what a function writes or reads beyond its memory shows there.
 */
#include "api.h"

#include <limits.h>

enum { LONGEST = 10 * 1000 * 1000, LONG = 100 * 1000, KEYS = 60, VALUES = 700 };

static MDBX_env *env;
static MDBX_txn *txn;
static MDBX_dbi dbi;
static MDBX_cursor *cursor;
static unsigned flags; /* of the table */
static uint8_t *bytes; /* LONGEST times the letter q */
static bool changed;   /* a call has stored something: the records are those of the table no more */

static const unsigned key_kinds[] = {0, MDBX_REVERSEKEY, MDBX_INTEGERKEY};
static const unsigned value_kinds[] = {0,
                                       MDBX_DUPSORT,
                                       MDBX_DUPSORT | MDBX_REVERSEDUP,
                                       MDBX_DUPSORT | MDBX_DUPFIXED,
                                       MDBX_DUPSORT | MDBX_DUPFIXED | MDBX_REVERSEDUP,
                                       MDBX_DUPSORT | MDBX_DUPFIXED | MDBX_INTEGERDUP};
enum { KEY_KINDS = 3, VALUE_KINDS = 6 };

static int by_length(const MDBX_val *a, const MDBX_val *b) {
  return (a->iov_len > b->iov_len) - (a->iov_len < b->iov_len);
}

static int predicate(void *context, MDBX_val *key, MDBX_val *value, void *arg) {
  (void)context, (void)key, (void)value, (void)arg;
  return MDBX_RESULT_TRUE;
}

static int preserve(void *context, MDBX_val *target, const void *from, size_t length) {
  (void)context, (void)target, (void)from, (void)length;
  return MDBX_SUCCESS;
}

/* --------------------------------------------------------------------------------------------------- what is to be had */

static bool is_multi(void) { return flags & MDBX_DUPSORT; }

static bool key_fits(size_t length) {
  if (flags & MDBX_INTEGERKEY)
    return length == 4;
  return length <= (size_t)mdbx_env_get_maxkeysize_ex(env, (MDBX_db_flags_t)flags);
}

static bool value_fits(size_t length) {
  if (flags & MDBX_DUPFIXED)
    return length == 4;
  return length <= (size_t)mdbx_env_get_maxvalsize_ex(env, (MDBX_db_flags_t)flags);
}

/* A code that is an answer, not an accident. */
static void is_answer(int rc, const char *call, size_t key, size_t value) {
  static const int answers[] = {MDBX_SUCCESS,      MDBX_RESULT_TRUE,  MDBX_NOTFOUND, MDBX_KEYEXIST, MDBX_BAD_VALSIZE,
                                MDBX_INCOMPATIBLE, MDBX_EKEYMISMATCH, MDBX_EINVAL,   MDBX_ENODATA,  MDBX_EMULTIVAL};
  for (unsigned i = 0; i < sizeof(answers) / sizeof(answers[0]); ++i)
    if (rc == answers[i])
      return;
  ck_abort_msg("%s of a key of %zu and a value of %zu bytes in a table with flags 0x%x: %d", call, key, value, flags,
               rc);
}

#define ANSWERS(call) is_answer((call), #call, key->iov_len, value->iov_len)

/* ------------------------------------------------------------------------------------------------------------- calls */

static void search(const MDBX_val *key, const MDBX_val *value) {
  MDBX_val k = *key, v = *value;
  MDBX_cache_entry_t entry;
  ptrdiff_t distance;
  size_t count;
  int code;
  const int absent = key_fits(key->iov_len) ? MDBX_SUCCESS : flags & MDBX_INTEGERKEY ? MDBX_BAD_VALSIZE : MDBX_NOTFOUND;
  const int rc = mdbx_get(txn, dbi, key, &v);
  ANSWERS(rc);
  if (absent)
    ck_assert_int_eq(rc, absent);
  ck_assert_int_eq(mdbx_get_ex(txn, dbi, &k, &v, &count), rc);
  mdbx_cache_init(&entry);
  ck_assert_int_eq(mdbx_cache_get(txn, dbi, key, &v, &entry).errcode, rc);
  mdbx_cache_init(&entry);
  ck_assert_int_eq(mdbx_cache_get_SingleThreaded(txn, dbi, key, &v, &entry).errcode, rc);
  OK(mdbx_get_many(txn, dbi, key, &v, &code, 1));
  ck_assert_int_eq(code, rc);
  k = *key, v = *value;
  ANSWERS(mdbx_get_equal_or_great(txn, dbi, &k, &v));
  k = *key, v = *value;
  ANSWERS(mdbx_estimate_range(txn, dbi, &k, NULL, NULL, NULL, &distance));
  ANSWERS(mdbx_estimate_range(txn, dbi, NULL, NULL, &k, &v, &distance));
  ANSWERS(mdbx_estimate_range(txn, dbi, &k, &v, MDBX_EPSILON, NULL, &distance));
  ANSWERS(mdbx_estimate_range(txn, dbi, &k, &v, &k, &v, &distance));
  mdbx_cmp(txn, dbi, key, key);
  mdbx_dcmp(txn, dbi, value, value);
  mdbx_get_keycmp((MDBX_db_flags_t)flags)(key, key);
  mdbx_get_datacmp((MDBX_db_flags_t)flags)(value, value);
}

/* The letter z follows all letters q, however many they are. */
static void lands_on_z(MDBX_cursor_op op, const MDBX_val *key) {
  MDBX_val k = *key, v = {NULL, 0};
  if (!key->iov_len || (flags & MDBX_INTEGERKEY) || changed)
    return;
  ck_assert_msg(key->iov_len > 1 || op == MDBX_SET_RANGE, "only ranges");
  OK(mdbx_cursor_get(cursor, &k, &v, op));
  IS_TEXT(k, "zzz");
}

static void search_by_cursor(const MDBX_val *key, const MDBX_val *value) {
  for (int op = MDBX_FIRST; op <= MDBX_SEEK_AND_GET_MULTIPLE + 1; ++op) {
    MDBX_val k = *key, v = *value;
    ptrdiff_t distance;
    ANSWERS(mdbx_cursor_get(cursor, &k, &v, (MDBX_cursor_op)op));
    k = *key, v = *value;
    ANSWERS(mdbx_estimate_move(cursor, &k, &v, (MDBX_cursor_op)op, &distance));
    k = *key, v = *value;
    ANSWERS(mdbx_cursor_scan_from(cursor, predicate, NULL, (MDBX_cursor_op)op, &k, &v, MDBX_NEXT, NULL));
  }
  if (key->iov_len > 4) {
    lands_on_z(MDBX_SET_RANGE, key);
    lands_on_z(MDBX_TO_KEY_GREATER_THAN, key);
    lands_on_z(MDBX_TO_KEY_GREATER_OR_EQUAL, key);
  }
}

/* Stored it is only if both fit. */
static void is_stored_if_it_fits(int rc, const char *call, const MDBX_val *key, const MDBX_val *value) {
  is_answer(rc, call, key->iov_len, value->iov_len);
  if (!key_fits(key->iov_len) || !value_fits(value->iov_len))
    ck_assert_msg(rc != MDBX_SUCCESS, "%s stored %zu and %zu bytes", call, key->iov_len, value->iov_len);
  changed |= rc == MDBX_SUCCESS;
}

static void store(const MDBX_val *key, const MDBX_val *value) {
  static const unsigned ways[] = {0,           MDBX_NOOVERWRITE, MDBX_NODUPDATA, MDBX_CURRENT, MDBX_ALLDUPS,
                                  MDBX_APPEND, MDBX_APPENDDUP,   MDBX_RESERVE};
  for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); ++i) {
    const MDBX_put_flags_t way = (MDBX_put_flags_t)ways[i];
    /* One large value is enough. */
    if (!is_multi() && value->iov_len > 100000 && i > 0 && way != MDBX_RESERVE)
      continue;
    uint8_t room[64];
    MDBX_val v = *value, old = {room, sizeof(room)};
    is_stored_if_it_fits(mdbx_put(txn, dbi, key, &v, way), "mdbx_put", key, value);
    v = *value;
    is_stored_if_it_fits(mdbx_cursor_put(cursor, key, &v, way), "mdbx_cursor_put", key, value);
    v = *value;
    is_stored_if_it_fits(mdbx_replace(txn, dbi, key, &v, &old, way), "mdbx_replace", key, value);
    v = *value, old = (MDBX_val){room, sizeof(room)};
    is_stored_if_it_fits(mdbx_replace_ex(txn, dbi, key, &v, &old, way, preserve, NULL), "mdbx_replace_ex", key, value);
    v = *value, old = *value;
    is_answer(mdbx_replace(txn, dbi, key, &v, &old, MDBX_CURRENT | MDBX_NOOVERWRITE), "mdbx_replace", key->iov_len,
              value->iov_len);
  }
  MDBX_val v = *value;
  is_stored_if_it_fits(mdbx_put_many(txn, dbi, key, &v, 1, MDBX_UPSERT, NULL), "mdbx_put_many", key, value);
  MDBX_val many[2] = {*value, {NULL, 1}};
  is_stored_if_it_fits(mdbx_put(txn, dbi, key, many, MDBX_MULTIPLE), "MULTIPLE", key, value);
  many[0] = *value, many[1].iov_len = 1;
  is_stored_if_it_fits(mdbx_cursor_put(cursor, key, many, MDBX_MULTIPLE), "MULTIPLE", key, value);
  const int by_pair = mdbx_del(txn, dbi, key, value), by_key = mdbx_del(txn, dbi, key, NULL);
  is_answer(by_pair, "mdbx_del", key->iov_len, value->iov_len);
  is_answer(by_key, "mdbx_del", key->iov_len, value->iov_len);
  changed |= by_pair == MDBX_SUCCESS || by_key == MDBX_SUCCESS;
  if (!key_fits(key->iov_len))
    ck_assert_int_eq(by_key, flags & MDBX_INTEGERKEY ? MDBX_BAD_VALSIZE : MDBX_NOTFOUND);
}

static void name_a_table(const MDBX_val *name) {
  const size_t limit = (size_t)mdbx_env_get_maxkeysize_ex(env, MDBX_DB_DEFAULTS);
  MDBX_dbi opened, renamed;
  IS(mdbx_dbi_open2(txn, name, MDBX_DB_DEFAULTS, &opened), MDBX_NOTFOUND);
  const int fits = name->iov_len <= limit ? MDBX_SUCCESS : MDBX_BAD_VALSIZE;
  IS(mdbx_dbi_open2(txn, name, MDBX_CREATE, &opened), fits);
  if (fits == MDBX_SUCCESS)
    OK(mdbx_drop(txn, opened, true));
  OK(mdbx_dbi_open(txn, "renamed", MDBX_CREATE, &renamed));
  IS(mdbx_dbi_rename2(txn, renamed, name), fits);
}

/* ------------------------------------------------------------------------------------------------------------- tables */

static MDBX_val number(unsigned kind_flag, uint32_t *room, char *text, unsigned n, const char *format) {
  if (flags & kind_flag) {
    *room = n;
    return (MDBX_val){room, 4};
  }
  return (MDBX_val){text, (size_t)sprintf(text, format, n)};
}

static void put_number(unsigned key_number, unsigned value_number) {
  uint32_t key_room, value_room;
  char key_text[16], value_text[16];
  const MDBX_val key = number(MDBX_INTEGERKEY, &key_room, key_text, key_number, "k%02u");
  MDBX_val value = number(MDBX_INTEGERDUP, &value_room, value_text, value_number, "%04u");
  OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
}

/* Some keys, one of them with a tree of values if the table has such, and the last one in any order. */
static void fill_table(void) {
  for (unsigned i = 0; i < KEYS; ++i)
    put_number(i, i);
  for (unsigned i = 0; is_multi() && i < VALUES; ++i)
    put_number(7, i);
  if (!(flags & MDBX_INTEGERKEY)) {
    const MDBX_val key = api_val("zzz");
    MDBX_val value = {(void *)(uintptr_t) "last", 4};
    OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
  }
}

static size_t add_around(size_t *lengths, size_t count, size_t limit) {
  for (size_t i = 0; i < 3; ++i)
    if (limit + i >= 1)
      lengths[count++] = limit + i - 1;
  return count;
}

/* The longest lengths take most of the time: three page sizes have them, all do with MDBX_TEST_LONG in the environment. */
static bool is_tried_to_the_end(size_t page_size) {
  return page_size == 256 || page_size == 4096 || page_size == 65536 || getenv("MDBX_TEST_LONG");
}

static size_t list_lengths(size_t *lengths, size_t page_size) {
  static const size_t small[] = {0, 1, 2, 4, 8, 12, 255};
  size_t count = 0;
  for (unsigned i = 0; i < sizeof(small) / sizeof(small[0]); ++i)
    lengths[count++] = small[i];
  count = add_around(lengths, count, (size_t)mdbx_env_get_maxkeysize_ex(env, MDBX_DB_DEFAULTS));
  count = add_around(lengths, count, (size_t)mdbx_env_get_maxkeysize_ex(env, MDBX_DUPSORT));
  count = add_around(lengths, count, (size_t)mdbx_env_get_maxvalsize_ex(env, MDBX_DUPSORT));
  count = add_around(lengths, count, page_size);
  count = add_around(lengths, count, 32768);
  count = add_around(lengths, count, 65536);
  lengths[count++] = is_tried_to_the_end(page_size) ? LONGEST : LONG;
  return count;
}

static void begin_table(MDBX_cmp_func order) {
  changed = false;
  OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  OK(mdbx_dbi_open_ex(txn, "t", (MDBX_db_flags_t)(flags | MDBX_CREATE), &dbi, order, order));
  fill_table();
  OK(mdbx_cursor_open(txn, dbi, &cursor));
}

static void end_table(bool keep) {
  mdbx_cursor_close(cursor);
  OK(keep ? mdbx_txn_commit(txn) : mdbx_txn_abort(txn));
}

/* A long key with a value of the table, a key of the table with a long value, and both long. */
static void try_length(size_t length) {
  uint32_t key_room, value_room;
  char key_text[16], value_text[16];
  const MDBX_val given = {length ? bytes : NULL, length};
  const MDBX_val own_key = number(MDBX_INTEGERKEY, &key_room, key_text, 7, "k%02u");
  const MDBX_val own_value = number(MDBX_INTEGERDUP, &value_room, value_text, 5, "%04u");
  const MDBX_val pairs[3][2] = {{given, own_value}, {own_key, given}, {given, given}};
  for (int i = 0; i < 3; ++i) {
    search(&pairs[i][0], &pairs[i][1]);
    search_by_cursor(&pairs[i][0], &pairs[i][1]);
  }
  /* To write the longest values is what takes the time. */
  for (int i = 0; i < 3; ++i)
    if (is_multi() || pairs[i][1].iov_len < LONGEST || mdbx_env_get_maxkeysize_ex(env, MDBX_DB_DEFAULTS) > 2000)
      store(&pairs[i][0], &pairs[i][1]);
}

static void drop_table(void) {
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_drop(txn, dbi, true));
  OK(mdbx_txn_commit(txn));
}

/* To fill the table takes longer than what is tried on it: that is done once, and what a length has changed is taken back. */
static void try_table(size_t page_size, MDBX_cmp_func order) {
  size_t lengths[64];
  const size_t count = list_lengths(lengths, page_size);
  begin_table(order);
  end_table(true);
  for (size_t i = 0; i < count; ++i) {
    txn = api_begin(env, MDBX_TXN_READWRITE);
    OK(mdbx_cursor_open(txn, dbi, &cursor));
    /* Whether a key sorts behind another is not asked where the order is one of the user. */
    changed = order != NULL;
    try_length(lengths[i]);
    end_table(false);
  }
  drop_table();
}

static void open_with(size_t page_size) {
  bytes = malloc(LONGEST);
  ck_assert_ptr_nonnull(bytes);
  memset(bytes, 'q', LONGEST);
  env = api_create();
  OK(mdbx_env_set_geometry(env, -1, -1, 512 << 20, 1 << 20, 4 << 20, (intptr_t)page_size));
  OK(api_try_open(env, MDBX_UTTERLY_NOSYNC));
}

static void close_all(void) {
  api_sound(env);
  OK(mdbx_env_close(env));
  free(bytes);
}

/* -------------------------------------------------------------------------------------------------------------- tests */

enum { PAGE_SIZES = 9 };

START_TEST(every_length_in_every_table) {
  const size_t page_size = (size_t)256 << (_i % PAGE_SIZES);
  open_with(page_size);
  for (int value = 0; value < VALUE_KINDS; ++value) {
    flags = key_kinds[_i / PAGE_SIZES] | value_kinds[value];
    try_table(page_size, NULL);
  }
  close_all();
}
END_TEST

START_TEST(every_length_in_an_order_of_the_user) {
  const size_t page_size = (size_t)256 << (4 * _i);
  open_with(page_size);
  flags = 0;
  try_table(page_size, by_length);
  flags = MDBX_DUPSORT;
  try_table(page_size, by_length);
  close_all();
}
END_TEST

/* In a reader, where nothing is copied before it is looked at, and after the process has seen the pages. */
START_TEST(every_length_in_a_reader) {
  const size_t page_size = (size_t)256 << (4 * _i);
  size_t lengths[64];
  open_with(page_size);
  const size_t count = list_lengths(lengths, page_size);
  for (int key = 0; key < KEY_KINDS; ++key)
    for (int value = 0; value < VALUE_KINDS; ++value) {
      flags = key_kinds[key] | value_kinds[value];
      begin_table(NULL);
      end_table(true);
      txn = api_begin(env, MDBX_TXN_RDONLY);
      OK(mdbx_cursor_open(txn, dbi, &cursor));
      for (size_t i = 0; i < count; ++i) {
        const MDBX_val given = {bytes, lengths[i]};
        search(&given, &given);
        search_by_cursor(&given, &given);
      }
      end_table(false);
      drop_table();
    }
  close_all();
}
END_TEST

START_TEST(names_of_every_length) {
  const size_t page_size = (size_t)256 << (_i % PAGE_SIZES);
  size_t lengths[64];
  open_with(page_size);
  const size_t count = list_lengths(lengths, page_size);
  for (size_t i = 0; i < count; ++i) {
    MDBX_dbi main;
    txn = api_begin(env, MDBX_TXN_READWRITE);
    OK(mdbx_dbi_open(txn, NULL, _i < PAGE_SIZES ? MDBX_DB_DEFAULTS : MDBX_REVERSEKEY | MDBX_CREATE, &main));
    const MDBX_val name = {bytes, lengths[i]};
    name_a_table(&name);
    OK(mdbx_txn_abort(txn));
  }
  close_all();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("lengths");
  TCase *tcase = api_case(suite, "lengths");
  tcase_set_timeout(tcase, 600);
  tcase_add_loop_test(tcase, every_length_in_every_table, 0, KEY_KINDS * PAGE_SIZES);
  tcase_add_loop_test(tcase, every_length_in_an_order_of_the_user, 0, 3);
  tcase_add_loop_test(tcase, every_length_in_a_reader, 0, 3);
  tcase_add_loop_test(tcase, names_of_every_length, 0, 2 * PAGE_SIZES);
  return unit_run(suite);
}
