/* SPDX-License-Identifier: Apache-2.0 */
/* A system whose mappings end with their file, and which does not cut a mapped file: the os layer pretends to be one. */
#include "api.h"

#include "os/os.h"

enum { VALUE = 700, KIB = 1 << 10, MIB = 1 << 20 };

static void setup(void) {
  unit_setup();
  os_maps_pretend_short(true);
}

static void teardown(void) {
  os_maps_pretend_short(false);
  unit_teardown();
}

static MDBX_env *open_small(unsigned flags) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 128));
  OK(mdbx_env_set_geometry(env, 0, 64 * KIB, (intptr_t)256 * MIB, 64 * KIB, 128 * KIB, 4096));
  OK(api_try_open(env, flags | MDBX_NOSTICKYTHREADS));
  return env;
}

static void put_range(MDBX_txn *txn, uint32_t from, uint32_t to) {
  uint8_t bytes[VALUE];
  for (uint32_t i = from; i < to; ++i) {
    const uint32_t number = i * UINT32_C(2654435761);
    memset(bytes, (int)i, sizeof(bytes));
    MDBX_val key = {(void *)(uintptr_t)&number, sizeof(number)}, value = {bytes, sizeof(bytes)};
    OK(mdbx_put(txn, DBI_MAIN, &key, &value, MDBX_UPSERT));
  }
}

static void has_range(const MDBX_txn *txn, uint32_t from, uint32_t to) {
  for (uint32_t i = from; i < to; ++i) {
    const uint32_t number = i * UINT32_C(2654435761);
    MDBX_val key = {(void *)(uintptr_t)&number, sizeof(number)}, value;
    OK(mdbx_get(txn, DBI_MAIN, &key, &value));
    ck_assert_uint_eq(value.iov_len, VALUE);
    ck_assert_uint_eq(((uint8_t *)value.iov_base)[VALUE - 1], (uint8_t)i);
  }
}

static const unsigned modes[] = {
    MDBX_SYNC_DURABLE, MDBX_SAFE_NOSYNC, MDBX_UTTERLY_NOSYNC, MDBX_WRITEMAP, MDBX_WRITEMAP | MDBX_SAFE_NOSYNC,
    MDBX_VALIDATION};

/* The map grows with the file, from commit to commit and within one that writes pages before it ends. */
START_TEST(the_map_follows_the_file) {
  enum { SMALL = 40, LARGE = 20000 };
  MDBX_env *env = open_small(modes[_i]);
  const uint64_t before = api_info(env).mi_mapsize;
  uint32_t done = 0;
  for (; done < 4000; done += SMALL) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    put_range(txn, done, done + SMALL);
    OK(mdbx_txn_commit(txn));
  }
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  put_range(txn, done, LARGE);
  has_range(txn, 0, LARGE);
  OK(mdbx_txn_commit(txn));
  const MDBX_envinfo info = api_info(env);
  ck_assert_uint_gt(info.mi_mapsize, before);
  ck_assert_uint_le(info.mi_mapsize, info.mi_dxb_fsize);
  ck_assert_uint_lt(info.mi_mapsize, info.mi_geo.upper);
  ck_assert_msg(!(info.mi_mode & MDBX_WRITEMAP), "nothing is stored through the map");
  txn = api_begin(env, MDBX_TXN_RDONLY);
  has_range(txn, 0, LARGE);
  OK(mdbx_txn_abort(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* Nested transactions, long values that are written at once, and an abort after the file has grown. */
START_TEST(growth_inside_nested_transactions) {
  MDBX_env *env = open_small(modes[_i]);
  MDBX_txn *parent = api_begin(env, MDBX_TXN_READWRITE), *child;
  put_range(parent, 0, 3000);
  OK(mdbx_txn_begin(env, parent, MDBX_TXN_READWRITE, &child));
  put_range(child, 3000, 9000);
  OK(mdbx_txn_abort(child));
  OK(mdbx_txn_begin(env, parent, MDBX_TXN_READWRITE, &child));
  put_range(child, 3000, 6000);
  char *large = calloc(1, MIB);
  MDBX_val key = api_val("large"), value = {large, MIB};
  for (int i = 0; i < 3; ++i) {
    memset(large, 'a' + i, MIB);
    OK(mdbx_put(child, DBI_MAIN, &key, &value, MDBX_UPSERT));
  }
  OK(mdbx_txn_commit(child));
  has_range(parent, 0, 6000);
  OK(mdbx_get(parent, DBI_MAIN, &key, &value));
  ck_assert_int_eq(memcmp(value.iov_base, large, MIB), 0);
  OK(mdbx_txn_commit(parent));
  api_sound(env);
  parent = api_begin(env, MDBX_TXN_READWRITE);
  put_range(parent, 6000, 20000);
  OK(mdbx_txn_abort(parent));
  parent = api_begin(env, MDBX_TXN_READWRITE);
  ck_assert_uint_eq(api_entries(parent, DBI_MAIN), 6001);
  put_range(parent, 6000, 7000);
  has_range(parent, 0, 7000);
  OK(mdbx_txn_commit(parent));
  api_sound(env);
  free(large);
  OK(mdbx_env_close(env));
}
END_TEST

/* What a reader has seen stays where it is while the file outgrows the map again and again. */
START_TEST(readers_keep_their_pointers) {
  MDBX_env *env = open_small(MDBX_UTTERLY_NOSYNC);
  MDBX_val value;
  api_store(env, "first", "here");
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY);
  OK(api_get(reader, DBI_MAIN, "first", &value));
  const uint64_t before = api_info(env).mi_mapsize;
  for (uint32_t i = 0; i < 6000; i += 500) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    put_range(txn, i, i + 500);
    OK(mdbx_txn_commit(txn));
  }
  ck_assert_uint_gt(api_info(env).mi_mapsize, before);
  IS_TEXT(value, "here");
  OK(mdbx_txn_reset(reader));
  OK(mdbx_txn_renew(reader));
  has_range(reader, 0, 6000);
  OK(mdbx_txn_abort(reader));
  OK(mdbx_env_close(env));
}
END_TEST

static void grow_elsewhere(void *context) {
  (void)context;
  MDBX_env *env;
  MDBX_txn *txn;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(mdbx_env_open(env, unit_path(API_DB), MDBX_NOSUBDIR, 0600));
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  put_range(txn, 1000, 5000);
  CHILD_OK(mdbx_txn_commit(txn));
  CHILD_OK(mdbx_env_close(env));
}

/* Readers and the next writer of this process see what another process has added. */
START_TEST(another_process_grows_the_file) {
  MDBX_env *env = open_small(MDBX_SYNC_DURABLE);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  put_range(txn, 0, 1000);
  OK(mdbx_txn_commit(txn));
  unit_join(unit_fork(grow_elsewhere, NULL));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  has_range(txn, 0, 5000);
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  put_range(txn, 5000, 9000);
  has_range(txn, 0, 9000);
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

static void lengthen_elsewhere(void *context) {
  (void)context;
  MDBX_env *env;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(mdbx_env_open(env, unit_path(API_DB), MDBX_NOSUBDIR, 0600));
  CHILD_OK(mdbx_env_set_geometry(env, (intptr_t)16 * MIB, (intptr_t)16 * MIB, -1, -1, -1, -1));
  CHILD_OK(mdbx_env_close(env));
}

/* A writer needs all of a file that another process has made longer, although nothing lies there yet: it does not grow the
 * file itself. */
START_TEST(another_process_makes_room) {
  MDBX_env *env = open_small(MDBX_SYNC_DURABLE);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  put_range(txn, 0, 1000);
  OK(mdbx_txn_commit(txn));
  unit_join(unit_fork(lengthen_elsewhere, NULL));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  put_range(txn, 1000, 8000);
  has_range(txn, 0, 8000);
  OK(mdbx_txn_commit(txn));
  ck_assert_uint_eq(api_info(env).mi_geo.current, (uint64_t)16 * MIB);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* The upper size may be raised above the map; the file is cut when it is opened the next time, not while it is mapped. */
START_TEST(sizes_change) {
  MDBX_env *env = open_small(MDBX_SYNC_DURABLE);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  put_range(txn, 0, 6000);
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_set_geometry(env, -1, -1, (intptr_t)512 * MIB, -1, -1, -1));
  ck_assert_uint_eq(api_info(env).mi_geo.upper, (uint64_t)512 * MIB);
  const uint64_t full = api_info(env).mi_dxb_fsize;
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_drop(txn, DBI_MAIN, false));
  OK(mdbx_txn_commit(txn));
  for (int i = 0; i < 8; ++i)
    api_store(env, "key", "value");
  ck_assert_uint_eq(api_info(env).mi_dxb_fsize, full);
  ck_assert_uint_lt(api_info(env).mi_geo.current, full);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  put_range(txn, 0, 7000);
  has_range(txn, 0, 7000);
  OK(mdbx_drop(txn, DBI_MAIN, false));
  OK(mdbx_txn_commit(txn));
  for (int i = 0; i < 8; ++i)
    api_store(env, "key", "value");
  api_sound(env);
  OK(mdbx_env_close(env));
  os_maps_pretend_short(false); /* nobody maps it now */
  env = open_small(MDBX_SYNC_DURABLE);
  ck_assert_uint_lt(api_info(env).mi_dxb_fsize, full);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* The layer itself: what is beyond the end is not mapped, and only then. */
START_TEST(the_pretence_holds) {
  void *addr;
  int fd;
  const size_t page = os_page_size();
  OK(os_open(unit_path("file"), OS_OPEN_CREATE, 0600, &fd));
  OK(os_ops->resize(fd, 3 * page));
  ck_assert(!os_maps_exceed_files());
  IS(os_map_file(fd, 4 * page, false, &addr), MDBX_EINVAL);
  OK(os_map_file(fd, 3 * page, false, &addr));
  IS(os_ops->resize(fd, page), MDBX_BUSY);
  OK(os_unmap(addr, 3 * page));
  os_maps_pretend_short(false);
  OK(os_map_file(fd, 4 * page, false, &addr));
  OK(os_unmap(addr, 4 * page));
  OK(os_ops->resize(fd, page));
  os_close(fd);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("short_maps");
  TCase *tc = tcase_create("short_maps");
  tcase_set_timeout(tc, 60);
  tcase_add_checked_fixture(tc, setup, teardown);
  tcase_add_loop_test(tc, the_map_follows_the_file, 0, COUNT_OF(modes));
  tcase_add_loop_test(tc, growth_inside_nested_transactions, 0, COUNT_OF(modes));
  tcase_add_test(tc, readers_keep_their_pointers);
  tcase_add_test(tc, another_process_grows_the_file);
  tcase_add_test(tc, another_process_makes_room);
  tcase_add_test(tc, sizes_change);
  tcase_add_test(tc, the_pretence_holds);
  suite_add_tcase(suite, tc);
  return unit_run(suite);
}
