/* SPDX-License-Identifier: Apache-2.0 */
/* Network file systems: who may open a database there, and what is left of a refusal. Here statfs() says what a test wants. */
#include "api.h"

#include "base/base.h"

#include <sys/vfs.h>

#define NFS 0x6969
#define FUSE 0x65735546
#define EXT4 0xEF53

/* What the system would say of files; and of those alone whose name ends so, when that is set. */
static uint32_t pretended;
static const char *pretended_end;

static void pretend(uint32_t kind) {
  pretended = kind;
  pretended_end = NULL;
}

/* These take the place of the C library's for the whole program. */
int fstatfs(int fd, struct statfs *fs) {
  (void)fd;
  memset(fs, 0, sizeof(*fs));
  fs->f_type = (__typeof__(fs->f_type))(pretended_end ? EXT4 : pretended);
  return 0;
}

static bool ends_so(const char *path) {
  const size_t length = strlen(path), end = strlen(pretended_end);
  return length >= end && strcmp(path + length - end, pretended_end) == 0;
}

int statfs(const char *path, struct statfs *fs) {
  if (access(path, F_OK) != 0)
    return -1;
  memset(fs, 0, sizeof(*fs));
  fs->f_type = (__typeof__(fs->f_type))(pretended_end && !ends_so(path) ? EXT4 : pretended);
  return 0;
}

static int open_once(unsigned flags, bool lockless) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_lockless(env, lockless));
  const int rc = api_try_open(env, flags);
  if (rc == MDBX_SUCCESS && !(flags & MDBX_RDONLY))
    api_store(env, "key", "value");
  OK(mdbx_env_close(env));
  return rc;
}

static void make_locally(void) {
  pretend(EXT4);
  OK(open_once(0, false));
}

static const uint32_t remote_kinds[] = {NFS,        0x517B,     0xFE534D42, 0xFF534D42, 0x01021997, 0xBACBACBC,
                                        0x786F4256, 0x0BD00BD0, 0x00C36400, 0x5346414F, 0x6B414653, 0x73757245,
                                        0x564C,     0x01161970, 0x7461636F, 0x47504653, 0x19830326, 0xAAD7AAEA};

/* tmpfs, btrfs, xfs, overlayfs, F2FS, ZFS. */
static const uint32_t local_kinds[] = {EXT4,       FUSE,       0x01021994, 0x9123683E,
                                       0x58465342, 0x794C7630, 0xF2F52010, 0x2FC12FC1};

START_TEST(shared_openers_are_refused) {
  make_locally();
  pretend(remote_kinds[_i]);
  IS(open_once(0, false), MDBX_EREMOTE);
  IS(open_once(MDBX_WRITEMAP, false), MDBX_EREMOTE);
  IS(open_once(MDBX_ACCEDE, false), MDBX_EREMOTE);
  IS(open_once(MDBX_RDONLY, false), MDBX_EREMOTE);
}
END_TEST

START_TEST(who_has_it_alone_may) {
  pretend(remote_kinds[_i]);
  OK(open_once(MDBX_EXCLUSIVE, false));
  OK(open_once(MDBX_EXCLUSIVE | MDBX_WRITEMAP, false));
  OK(open_once(MDBX_EXCLUSIVE | MDBX_RDONLY, false));
}
END_TEST

START_TEST(without_a_lock_file_all_may) {
  pretend(remote_kinds[_i]);
  OK(open_once(0, true));
  OK(open_once(MDBX_RDONLY, true));
}
END_TEST

START_TEST(local_file_systems_are_open_to_all) {
  pretend(local_kinds[_i]);
  OK(open_once(0, false));
  OK(open_once(MDBX_RDONLY, false));
  OK(open_once(MDBX_EXCLUSIVE, false));
}
END_TEST

START_TEST(a_refusal_makes_nothing) {
  MDBX_env *env = api_create();
  pretend(NFS);
  IS(api_try_open(env, 0), MDBX_EREMOTE);
  ck_assert_int_ne(access(unit_path(API_DB), F_OK), 0);
  ck_assert_int_ne(access(unit_path(API_DB MDBX_LOCK_SUFFIX), F_OK), 0);
  IS(mdbx_env_open(env, unit_path("folder/"), MDBX_ENV_DEFAULTS, 0600), MDBX_EREMOTE);
  ck_assert_int_ne(access(unit_path("folder"), F_OK), 0);
  pretend(EXT4);
  OK(api_try_open(env, 0));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(the_lock_file_counts_too) {
  make_locally();
  pretend(NFS);
  pretended_end = MDBX_LOCK_SUFFIX;
  IS(open_once(0, false), MDBX_EREMOTE);
  OK(open_once(MDBX_EXCLUSIVE, false));
  OK(open_once(0, true));
}
END_TEST

/* The name tells nothing, since nothing is behind it before it is opened. */
START_TEST(a_link_to_nothing_is_seen_through) {
  ck_assert_int_eq(symlink("elsewhere", unit_path(API_DB)), 0);
  pretend(NFS);
  pretended_end = "elsewhere";
  OK(open_once(0, false));
  ck_assert_int_eq(unlink(unit_path("elsewhere")), 0);
  pretend(NFS);
  IS(open_once(0, false), MDBX_EREMOTE);
}
END_TEST

START_TEST(the_rest_of_the_interface) {
  MDBX_envinfo info;
  make_locally();
  pretend(NFS);
  OK(mdbx_preopen_snapinfo(unit_path(API_DB), &info, sizeof(info)));
  MDBX_env *env = api_create();
  OK(mdbx_env_open_for_recovery(env, unit_path(API_DB), 0, false));
  OK(mdbx_env_close(env));
  OK(mdbx_env_delete(unit_path(API_DB), MDBX_ENV_ENSURE_UNUSED));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("remote");
  TCase *tc = tcase_create("remote");
  tcase_add_checked_fixture(tc, unit_setup, unit_teardown);
  tcase_add_loop_test(tc, shared_openers_are_refused, 0, COUNT_OF(remote_kinds));
  tcase_add_loop_test(tc, who_has_it_alone_may, 0, COUNT_OF(remote_kinds));
  tcase_add_loop_test(tc, without_a_lock_file_all_may, 0, COUNT_OF(remote_kinds));
  tcase_add_loop_test(tc, local_file_systems_are_open_to_all, 0, COUNT_OF(local_kinds));
  tcase_add_test(tc, a_refusal_makes_nothing);
  tcase_add_test(tc, the_lock_file_counts_too);
  tcase_add_test(tc, a_link_to_nothing_is_seen_through);
  tcase_add_test(tc, the_rest_of_the_interface);
  suite_add_tcase(suite, tc);
  return unit_run(suite);
}
