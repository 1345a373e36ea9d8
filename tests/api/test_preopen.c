/* SPDX-License-Identifier: Apache-2.0 */
/* What mdbx_preopen_snapinfo() tells of a database that is not open, and of paths where none is. */
#include "api.h"

#include <sys/stat.h>

static void fill(MDBX_env *env, unsigned commits) {
  for (unsigned commit = 0; commit < commits; ++commit) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    OK(api_put(txn, DBI_MAIN, "key", "value", MDBX_UPSERT));
    OK(mdbx_txn_commit(txn));
  }
}

static const size_t page_sizes[] = {256, 4096, 65536};

/* The newest commit may lie in each of the three meta pages. */
START_TEST(tells_what_the_environment_tells) {
  for (unsigned commits = 0; commits < 4; ++commits) {
    MDBX_envinfo info;
    MDBX_env *env = api_create();
    OK(mdbx_env_set_geometry(env, 1 << 20, -1, 16 << 20, 1 << 18, 1 << 19, (intptr_t)page_sizes[_i]));
    OK(api_try_open(env, MDBX_ENV_DEFAULTS));
    fill(env, commits);
    const MDBX_envinfo open = api_info(env);
    OK(mdbx_env_close(env));
    memset(&info, 0xff, sizeof(info));
    OK(mdbx_preopen_snapinfo(unit_path(API_DB), &info, sizeof(info)));
    ck_assert_mem_eq(&info.mi_geo, &open.mi_geo, sizeof(info.mi_geo));
    ck_assert_uint_eq(info.mi_dxb_pagesize, page_sizes[_i]);
    ck_assert_uint_eq(info.mi_sys_pagesize, open.mi_sys_pagesize);
    ck_assert_uint_eq(info.mi_last_pgno, open.mi_last_pgno);
    ck_assert_uint_eq(info.mi_recent_txnid, open.mi_recent_txnid);
    ck_assert_mem_eq(info.mi_meta_txnid, open.mi_meta_txnid, sizeof(info.mi_meta_txnid));
    ck_assert_mem_eq(&info.mi_bootid.current, &open.mi_bootid.current, sizeof(info.mi_bootid.current));
    ck_assert_uint_eq(info.mi_maxreaders, 0);
    ck_assert_uint_eq(info.mi_mapsize, 0);
    OK(mdbx_env_delete(unit_path(API_DB), MDBX_ENV_JUST_DELETE));
  }
}
END_TEST

START_TEST(bad_arguments) {
  MDBX_envinfo info;
  OK(mdbx_env_close(api_open(MDBX_ENV_DEFAULTS)));
  IS(mdbx_preopen_snapinfo(NULL, &info, sizeof(info)), MDBX_EINVAL);
  IS(mdbx_preopen_snapinfo(unit_path(API_DB), NULL, sizeof(info)), MDBX_EINVAL);
  IS(mdbx_preopen_snapinfo(unit_path(API_DB), &info, sizeof(info) - 1), MDBX_EINVAL);
  IS(mdbx_preopen_snapinfo(unit_path(API_DB), &info, sizeof(info) + 1), MDBX_EINVAL);
}
END_TEST

static void make_file(size_t length) {
  static uint8_t bytes[300000];
  memset(bytes, 0x5A, length);
  FILE *file = fopen(unit_path(API_DB), "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
  ck_assert_int_eq(fclose(file), 0);
}

/* The path of the data file, and the directory of a database without MDBX_NOSUBDIR. The environment says the same. */
static void is_refused(const char *path, unsigned flags, int code) {
  MDBX_envinfo info;
  IS(mdbx_preopen_snapinfo(path, &info, sizeof(info)), code);
  MDBX_env *env = api_create();
  IS(mdbx_env_open(env, path, (MDBX_env_flags_t)(MDBX_RDONLY | flags), 0), code);
  OK(mdbx_env_close(env));
}

START_TEST(no_database) {
  is_refused(unit_path(API_DB), MDBX_NOSUBDIR, MDBX_ENOFILE);
  const size_t lengths[] = {0, 1, 255, 256, 4095, 70000, 300000};
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); ++i) {
    make_file(lengths[i]);
    is_refused(unit_path(API_DB), MDBX_NOSUBDIR, MDBX_INVALID);
  }
}
END_TEST

/* A pipe has no writer: opening it must not wait for one. */
START_TEST(no_regular_file) {
  ck_assert_int_eq(mkfifo(unit_path(API_DB), 0600), 0);
  is_refused(unit_path(API_DB), MDBX_NOSUBDIR, MDBX_INVALID);
  ck_assert_int_eq(unlink(unit_path(API_DB)), 0);
  is_refused("/dev/zero", MDBX_NOSUBDIR, MDBX_INVALID);

  char place[4096], data[4200];
  snprintf(place, sizeof(place), "%s", unit_path("place"));
  snprintf(data, sizeof(data), "%s/mdbx.dat", place);
  ck_assert_int_eq(mkdir(place, 0700), 0);
  is_refused(place, 0, MDBX_ENOFILE);
  ck_assert_int_eq(mkdir(data, 0700), 0);
  is_refused(place, 0, MDBX_INVALID);
  ck_assert_int_eq(rmdir(data), 0);
  ck_assert_int_eq(rmdir(place), 0);
}
END_TEST

/* A regular file whose first byte cannot be read: nothing is known of any meta page. */
START_TEST(unreadable_file) {
  MDBX_envinfo info;
  if (access("/proc/self/mem", R_OK) == 0)
    IS(mdbx_preopen_snapinfo("/proc/self/mem", &info, sizeof(info)), MDBX_EIO);
  else
    unit_left_out("unreadable_file", "there is no /proc/self/mem");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("preopen");
  TCase *tcase = api_case(suite, "preopen");
  tcase_add_loop_test(tcase, tells_what_the_environment_tells, 0, sizeof(page_sizes) / sizeof(page_sizes[0]));
  tcase_add_test(tcase, bad_arguments);
  tcase_add_test(tcase, no_database);
  tcase_add_test(tcase, no_regular_file);
  tcase_add_test(tcase, unreadable_file);
  return unit_run(suite);
}
