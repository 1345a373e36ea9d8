/* SPDX-License-Identifier: Apache-2.0 */
/* Growing and shrinking while transactions run: in one transaction, beside readers, by another process. */
#include "../unit/unit.h"

#include "file/map.h"
#include "file/meta.h"
#include "os/os.h"

#include <fcntl.h>
#include <mdbx.h>

#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { VALUE = 1000, MIB = 1 << 20 };

static const char *path;

static MDBX_env *open_env(intptr_t upper, unsigned flags) {
  MDBX_env *env;
  ck_assert_int_eq(mdbx_env_create(&env), 0);
  ck_assert_int_eq(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 128), 0);
  if (upper)
    ck_assert_int_eq(mdbx_env_set_geometry(env, 0, 65536, upper, 65536, 131072, 4096), 0);
  ck_assert_int_eq(mdbx_env_open(env, path, (MDBX_env_flags_t)(flags | MDBX_NOSUBDIR | MDBX_NOSTICKYTHREADS), 0600), 0);
  return env;
}

static int put_range(MDBX_txn *txn, uint32_t from, uint32_t to) {
  uint8_t bytes[VALUE];
  int rc = MDBX_SUCCESS;
  for (uint32_t i = from; i < to && rc == MDBX_SUCCESS; ++i) {
    memset(bytes, (int)i, sizeof(bytes));
    MDBX_val key = {&i, sizeof(i)}, value = {bytes, sizeof(bytes)};
    rc = mdbx_put(txn, 1, &key, &value, MDBX_UPSERT);
  }
  return rc;
}

static void verify_range(MDBX_txn *txn, uint32_t from, uint32_t to) {
  for (uint32_t i = from; i < to; ++i) {
    MDBX_val key = {&i, sizeof(i)}, value;
    ck_assert_int_eq(mdbx_get(txn, 1, &key, &value), 0);
    ck_assert_uint_eq(value.iov_len, VALUE);
    ck_assert_uint_eq(((uint8_t *)value.iov_base)[VALUE - 1], (uint8_t)i);
  }
}

static void must_be_sound(MDBX_env *env) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  ck_assert_int_eq(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_result, 0), 0);
  ck_assert_uint_eq(context.result.total_problems, 0);
}

static uint64_t file_size(void) {
  struct stat st;
  ck_assert_int_eq(stat(path, &st), 0);
  return (uint64_t)st.st_size;
}

/* Small commits one after the other use what those before them freed, in every mode: the file stays as long as it is. A
 * commit takes pages for the table of free pages as well, when the transaction has used up what it had found. */
START_TEST(small_commits_reuse_pages) {
  static const unsigned modes[] = {MDBX_UTTERLY_NOSYNC, MDBX_UTTERLY_NOSYNC | MDBX_LIFORECLAIM, MDBX_SAFE_NOSYNC,
                                   MDBX_SAFE_NOSYNC | MDBX_LIFORECLAIM};
  enum { RECORDS = 30000, COMMITS = 30000 };
  MDBX_envinfo info;
  MDBX_env *env = open_env(512 * MIB, modes[_i]);
  MDBX_txn *txn;
  ck_assert_int_eq(mdbx_env_set_syncbytes(env, 64 * MIB), 0);
  ck_assert_int_eq(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), 0);
  ck_assert_int_eq(put_range(txn, 0, RECORDS), 0);
  ck_assert_int_eq(mdbx_txn_commit(txn), 0);
  for (uint32_t i = 0; i < COMMITS; ++i) {
    const uint32_t record = i * 7919 % RECORDS;
    ck_assert_int_eq(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), 0);
    ck_assert_int_eq(put_range(txn, record, record + 1), 0);
    ck_assert_int_eq(mdbx_txn_commit(txn), 0);
  }
  ck_assert_int_eq(mdbx_env_info_ex(env, NULL, &info, sizeof(info)), 0);
  /* Between two flushes the durable version of each leaf may be there beside the newest one; branches and lists come on top. */
  ck_assert_uint_lt(info.mi_last_pgno, 21 * RECORDS / 10 * VALUE / 3000);
  must_be_sound(env);
  ck_assert_int_eq(mdbx_env_close(env), 0);
}
END_TEST

static void setup(void) {
  unit_setup();
  path = unit_path("growth.db");
}

/* The limit rises within the transaction that then needs it; its pages are spilled beyond the old mapping. */
static void raise_limit(unsigned flags) {
  MDBX_env *env = open_env(1 * MIB, flags);
  MDBX_txn *txn, *reader;
  ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), 0);
  ck_assert_int_eq(put_range(txn, 0, 100), 0);
  ck_assert_int_eq(mdbx_txn_commit_ex(txn, NULL), 0);
  ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_RDONLY, &reader, NULL), 0);
  ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), 0);
  ck_assert_int_eq(mdbx_env_set_geometry(env, -1, -1, 64 * MIB, -1, -1, -1), 0);
  ck_assert_int_eq(put_range(txn, 100, 20000), 0);
  verify_range(txn, 0, 20000);
  ck_assert_int_eq(mdbx_txn_commit_ex(txn, NULL), 0);
  verify_range(reader, 0, 100);
  ck_assert_int_eq(mdbx_txn_abort_ex(reader, NULL), 0);
  ck_assert_uint_gt(file_size(), 20 * MIB);
  must_be_sound(env);
  ck_assert_int_eq(mdbx_env_close_ex(env, false), 0);
}

START_TEST(limit_raised_within_the_transaction) { raise_limit(MDBX_ENV_DEFAULTS); }
END_TEST

START_TEST(limit_raised_within_the_transaction_writemap) { raise_limit(MDBX_WRITEMAP); }
END_TEST

/* The file is mapped anew when pages have been changed already; then these pages are freed. With WRITEMAP they are known by
 * their addresses in the mapping before. */
START_TEST(limit_raised_over_changed_pages) {
  MDBX_env *env = open_env(1 * MIB, _i ? MDBX_WRITEMAP : MDBX_ENV_DEFAULTS);
  MDBX_txn *txn;
  ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), 0);
  ck_assert_int_eq(put_range(txn, 0, 100), 0);
  ck_assert_int_eq(mdbx_env_set_geometry(env, -1, -1, 64 * MIB, -1, -1, -1), 0);
  ck_assert_int_eq(put_range(txn, 50, 150), 0);
  verify_range(txn, 0, 150);
  ck_assert_int_eq(mdbx_drop(txn, 1, false), 0);
  ck_assert_int_eq(put_range(txn, 0, 1000), 0);
  verify_range(txn, 0, 1000);
  ck_assert_int_eq(mdbx_txn_commit_ex(txn, NULL), 0);
  must_be_sound(env);
  ck_assert_int_eq(mdbx_env_close_ex(env, false), 0);
}
END_TEST

/* What a child does: raises the limit and fills the file; with flags it leaves without a flush. */
static int fill_as_other(MDBX_env *inherited, unsigned flags) {
  MDBX_env *own;
  MDBX_txn *writer;
  mdbx_env_close_ex(inherited, true);
  int rc = mdbx_env_create(&own);
  if (!rc)
    rc = mdbx_env_open(own, path, (MDBX_env_flags_t)(flags | MDBX_NOSUBDIR | MDBX_NOSTICKYTHREADS), 0600);
  if (!rc)
    rc = mdbx_env_set_geometry(own, -1, -1, 64 * MIB, -1, -1, -1);
  if (!rc)
    rc = mdbx_txn_begin_ex(own, NULL, MDBX_TXN_READWRITE, &writer, NULL);
  if (!rc)
    rc = put_range(writer, 50, 10000);
  if (!rc)
    rc = mdbx_txn_commit_ex(writer, NULL);
  return rc ? rc : mdbx_env_close_ex(own, flags != 0);
}

static void let_child_fill(MDBX_env *env, unsigned flags) {
  int status;
  const pid_t child = fork();
  if (child == 0)
    _exit(fill_as_other(env, flags) ? 1 : 0);
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* A child raises the limit and fills the file; the parent, which mapped less, sees it all, its old reader too. */
START_TEST(growth_by_another_process) {
  MDBX_env *env = open_env(1 * MIB, MDBX_ENV_DEFAULTS);
  MDBX_txn *txn, *reader;
  ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), 0);
  ck_assert_int_eq(put_range(txn, 0, 50), 0);
  ck_assert_int_eq(mdbx_txn_commit_ex(txn, NULL), 0);
  ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_RDONLY, &reader, NULL), 0);
  let_child_fill(env, MDBX_ENV_DEFAULTS);
  verify_range(reader, 0, 50);
  ck_assert_int_eq(mdbx_txn_renew(reader), 0);
  verify_range(reader, 0, 10000);
  ck_assert_int_eq(mdbx_txn_abort_ex(reader, NULL), 0);
  ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), 0);
  ck_assert_int_eq(put_range(txn, 10000, 11000), 0);
  ck_assert_int_eq(mdbx_txn_commit_ex(txn, NULL), 0);
  must_be_sound(env);
  ck_assert_int_eq(mdbx_env_close_ex(env, false), 0);
}
END_TEST

static size_t flushed;

static int noting_msync(void *addr, size_t length, int fd) {
  flushed = length > flushed ? length : flushed;
  return os_ops_real.msync(addr, length, fd);
}

/* A flush by who has mapped less covers what the other process wrote beyond, before it says that this is durable. */
START_TEST(flush_of_what_another_process_added) {
  static struct os_ops noting;
  noting = os_ops_real;
  noting.msync = noting_msync;
  MDBX_env *env = open_env(1 * MIB, MDBX_WRITEMAP | MDBX_SAFE_NOSYNC);
  let_child_fill(env, MDBX_WRITEMAP | MDBX_SAFE_NOSYNC);
  os_ops = &noting;
  ck_assert_int_eq(mdbx_env_sync_ex(env, true, false), 0);
  os_ops = &os_ops_real;
  ck_assert_uint_gt(file_size(), 10 * MIB);
  ck_assert_uint_ge(flushed, file_size());
  must_be_sound(env);
  ck_assert_int_eq(mdbx_env_close_ex(env, false), 0);
}
END_TEST

/* An emptied database gives its file back, by itself. */
START_TEST(shrinks_when_emptied) {
  static const unsigned modes[] = {0, MDBX_NOMETASYNC, MDBX_SAFE_NOSYNC, MDBX_UTTERLY_NOSYNC};
  MDBX_env *env = open_env(64 * MIB, modes[_i / 2] | (_i % 2 ? MDBX_WRITEMAP : 0));
  MDBX_txn *txn;
  ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), 0);
  ck_assert_int_eq(put_range(txn, 0, 10000), 0);
  ck_assert_int_eq(mdbx_txn_commit_ex(txn, NULL), 0);
  ck_assert_uint_gt(file_size(), 10 * MIB);
  ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), 0);
  ck_assert_int_eq(mdbx_drop(txn, 1, false), 0);
  ck_assert_int_eq(mdbx_txn_commit_ex(txn, NULL), 0);
  for (uint32_t i = 0; i < 6; ++i) {
    ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), 0);
    ck_assert_int_eq(put_range(txn, i, i + 1), 0);
    ck_assert_int_eq(mdbx_txn_commit_ex(txn, NULL), 0);
  }
  must_be_sound(env);
  const int rc = mdbx_env_sync_ex(env, true, false);
  ck_assert(rc == 0 || rc == MDBX_RESULT_TRUE);
  ck_assert_uint_lt(file_size(), 1 * MIB);
  ck_assert_int_eq(mdbx_env_close_ex(env, false), 0);
}
END_TEST

/* A size the user takes back in a weak commit: the file follows when it may, not only at the next open. */
START_TEST(weak_commit_with_a_smaller_size) {
  MDBX_env *env = open_env(64 * MIB, MDBX_SAFE_NOSYNC);
  MDBX_txn *txn;
  ck_assert_int_eq(mdbx_env_set_geometry(env, 0, 16 * MIB, 64 * MIB, MIB, 32 * MIB, -1), 0);
  ck_assert_uint_eq(file_size(), 16 * MIB);
  ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), 0);
  ck_assert_int_eq(put_range(txn, 0, 10), 0);
  ck_assert_int_eq(mdbx_env_set_geometry(env, 0, 2 * MIB, 64 * MIB, MIB, 32 * MIB, -1), 0);
  ck_assert_int_eq(mdbx_txn_commit_ex(txn, NULL), 0);
  ck_assert_int_eq(mdbx_env_sync_ex(env, true, false), 0);
  ck_assert_uint_eq(file_size(), 2 * MIB);
  must_be_sound(env);
  ck_assert_int_eq(mdbx_env_close_ex(env, false), 0);
}
END_TEST

/* What a crash falls back to needs the tail that a weak commit has given up; undone growth must leave it. */
START_TEST(growth_is_undone_above_the_durable_commit) {
  MDBX_env *env = open_env(64 * MIB, MDBX_SAFE_NOSYNC | MDBX_WRITEMAP);
  MDBX_txn *txn;
  ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), 0);
  ck_assert_int_eq(put_range(txn, 0, 8000), 0);
  ck_assert_int_eq(mdbx_txn_commit_ex(txn, NULL), 0);
  ck_assert_int_eq(mdbx_env_sync_ex(env, true, false), 0);
  const uint64_t durable = file_size();
  ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), 0);
  ck_assert_int_eq(mdbx_drop(txn, 1, false), 0);
  ck_assert_int_eq(mdbx_txn_commit_ex(txn, NULL), 0);
  for (uint32_t i = 0; i < 3; ++i) {
    ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), 0);
    ck_assert_int_eq(mdbx_env_set_geometry(env, 0, 0, 64 * MIB, 65536, 65536, -1), 0);
    ck_assert_int_eq(put_range(txn, i, i + 1), 0);
    ck_assert_int_eq(mdbx_txn_commit_ex(txn, NULL), 0);
  }
  for (uint32_t i = 0; i < 3; ++i) {
    ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), 0);
    ck_assert_int_eq(put_range(txn, 0, 20000), 0);
    ck_assert_int_eq(mdbx_txn_abort_ex(txn, NULL), 0);
    ck_assert_uint_ge(file_size(), durable);
  }
  for (uint32_t i = 0; i < 6; ++i) {
    ck_assert_int_eq(mdbx_env_sync_ex(env, true, false), 0);
    ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), 0);
    ck_assert_int_eq(put_range(txn, i, i + 1), 0);
    ck_assert_int_eq(mdbx_txn_commit_ex(txn, NULL), 0);
  }
  ck_assert_int_eq(mdbx_env_sync_ex(env, true, false), 0);
  ck_assert_uint_lt(file_size(), 1 * MIB);
  must_be_sound(env);
  ck_assert_int_eq(mdbx_env_close_ex(env, false), 0);
}
END_TEST

/* A flush in the middle of a transaction cuts the file to the size of the head, but not what the transaction has added. */
START_TEST(flush_within_the_transaction_that_grows) {
  MDBX_env *env = open_env(64 * MIB, MDBX_SAFE_NOSYNC | (_i ? MDBX_WRITEMAP : 0));
  MDBX_txn *txn;
  ck_assert_int_eq(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), 0);
  ck_assert_int_eq(put_range(txn, 0, 100), 0);
  ck_assert_int_eq(mdbx_txn_commit(txn), 0);
  /* Above a weak commit the file stays as long as this one leaves it, until the next flush. */
  ck_assert_int_eq(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), 0);
  ck_assert_int_eq(put_range(txn, 100, 20000), 0);
  ck_assert_int_eq(mdbx_txn_abort(txn), 0);
  ck_assert_uint_ge(file_size(), 20 * MIB);
  ck_assert_int_eq(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), 0);
  ck_assert_int_eq(put_range(txn, 100, 10000), 0);
  ck_assert_int_eq(mdbx_env_sync_ex(env, true, false), 0);
  ck_assert_uint_lt(file_size(), 20 * MIB);
  verify_range(txn, 0, 10000);
  ck_assert_int_eq(put_range(txn, 10000, 10100), 0);
  ck_assert_int_eq(mdbx_txn_commit(txn), 0);
  must_be_sound(env);
  ck_assert_int_eq(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn), 0);
  verify_range(txn, 0, 10100);
  ck_assert_int_eq(mdbx_txn_abort(txn), 0);
  ck_assert_int_eq(mdbx_env_close(env), 0);
}
END_TEST

/* A transaction far larger than what it may keep in memory. */
START_TEST(transaction_larger_than_memory) {
  MDBX_env *env = open_env(256 * MIB, MDBX_ENV_DEFAULTS);
  MDBX_txn *txn;
  MDBX_txn_info info;
  ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), 0);
  ck_assert_int_eq(put_range(txn, 0, 60000), 0);
  ck_assert_int_eq(mdbx_txn_info(txn, &info, false), 0);
  ck_assert_uint_le(info.txn_space_dirty, 160 * 4096);
  ck_assert_int_eq(put_range(txn, 0, 60000), 0);
  verify_range(txn, 0, 60000);
  ck_assert_int_eq(mdbx_txn_abort_ex(txn, NULL), 0);
  ck_assert_uint_le(file_size(), 65536);
  ck_assert_int_eq(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), 0);
  ck_assert_int_eq(put_range(txn, 0, 30000), 0);
  ck_assert_int_eq(mdbx_txn_commit_ex(txn, NULL), 0);
  must_be_sound(env);
  ck_assert_int_eq(mdbx_env_close_ex(env, false), 0);
}
END_TEST

/* Small pages, so that the table of free pages has many regions and several leaves, and commits that take the free pages
 * of whole regions, give some back, or take pages off the end. Which pages meet in which list is a matter of chance, so
 * the operations are drawn; these draws once led to lists out of order, and to a record left empty behind the end. */
struct churn {
  uint64_t random;
  uint32_t page_size, keys, low; /* keys from `low` on come and go, those below are written again */
  unsigned flags;
  MDBX_env *env;
  MDBX_txn *txn;
  bool *gone;
};

static uint32_t draw(struct churn *churn, uint32_t below) {
  churn->random ^= churn->random << 13;
  churn->random ^= churn->random >> 7;
  churn->random ^= churn->random << 17;
  return (uint32_t)((churn->random >> 11) % below);
}

/* A value is a page of its own. */
static void churn_put(const struct churn *churn, uint32_t number) {
  uint8_t bytes[VALUE] = {0},
          name[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
  MDBX_val key = {name, sizeof(name)}, value = {bytes, churn->page_size * 6 / 10};
  ck_assert_int_eq(mdbx_put(churn->txn, 1, &key, &value, MDBX_UPSERT), 0);
}

static void churn_delete(const struct churn *churn, uint32_t number) {
  uint8_t name[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
  MDBX_val key = {name, sizeof(name)};
  ck_assert_int_eq(mdbx_del(churn->txn, 1, &key, NULL), 0);
}

static void churn_begin(struct churn *churn) {
  ck_assert_int_eq(mdbx_txn_begin(churn->env, NULL, MDBX_TXN_READWRITE, &churn->txn), 0);
}

static void churn_commit(const struct churn *churn) { ck_assert_int_eq(mdbx_txn_commit(churn->txn), 0); }

static void churn_remove(struct churn *churn) {
  const uint32_t clusters = 1 + draw(churn, 6);
  churn_begin(churn);
  for (uint32_t i = 0; i < clusters; ++i) {
    const uint32_t from = churn->low + draw(churn, churn->keys - churn->low);
    const uint32_t most = draw(churn, 3) ? 1 + draw(churn, 60) : draw(churn, 400);
    for (uint32_t number = from; number < from + most && number < churn->keys; ++number)
      if (!churn->gone[number]) {
        churn_delete(churn, number);
        churn->gone[number] = true;
      }
  }
  churn_commit(churn);
}

static void churn_rewrite(struct churn *churn) {
  churn_begin(churn);
  const uint32_t writes = 1 + draw(churn, draw(churn, 4) ? 4 : 20), from = draw(churn, churn->low);
  for (uint32_t i = 0; i < writes; ++i) {
    const uint32_t number = draw(churn, 2) ? from + draw(churn, 30) : draw(churn, churn->low);
    if (number >= churn->low)
      continue;
    churn_put(churn, number);
    if (draw(churn, 8) == 0) {
      churn_delete(churn, number);
      churn_put(churn, number);
    }
  }
  churn_commit(churn);
}

static void churn_refill(struct churn *churn, uint32_t most) {
  uint32_t count = 0;
  churn_begin(churn);
  for (uint32_t number = churn->low; number < churn->keys && count < most; ++number)
    if (churn->gone[number]) {
      churn_put(churn, number);
      churn->gone[number] = false;
      ++count;
    }
  churn_commit(churn);
}

static void churn_open(struct churn *churn, uint64_t seed) {
  churn->random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
  for (unsigned i = 0; i < 20; ++i)
    draw(churn, 2);
  churn->low = churn->keys / 3;
  churn->gone = calloc(churn->keys, sizeof(*churn->gone));
  ck_assert_ptr_nonnull(churn->gone);
  ck_assert_int_eq(mdbx_env_create(&churn->env), 0);
  ck_assert_int_eq(mdbx_env_set_geometry(churn->env, -1, -1, 256 * MIB, -1, -1, (intptr_t)churn->page_size), 0);
  ck_assert_int_eq(mdbx_env_open(churn->env, path, (MDBX_env_flags_t)(churn->flags | MDBX_NOSUBDIR), 0600), 0);
  churn_begin(churn);
  for (uint32_t i = 0; i < churn->keys; ++i)
    churn_put(churn, i);
  churn_commit(churn);
}

START_TEST(regions_come_and_go) {
  enum { ROUNDS = 300 };
  static const struct {
    uint64_t seed;
    uint32_t page_size, keys;
    unsigned flags;
  } cases[] = {{27, 512, 19500, 0}, {59, 512, 17000, 0}, {36, 256, 14500, MDBX_LIFORECLAIM}};
  struct churn churn = {
      .page_size = cases[_i].page_size, .keys = cases[_i].keys, .flags = cases[_i].flags | MDBX_UTTERLY_NOSYNC};
  churn_open(&churn, cases[_i].seed);
  for (unsigned round = 1; round <= ROUNDS; ++round) {
    churn_remove(&churn);
    for (uint32_t left = draw(&churn, 40); left; --left)
      churn_rewrite(&churn);
    const uint32_t part = draw(&churn, 4);
    if (part) {
      const uint32_t most = draw(&churn, 300);
      churn_refill(&churn, part == 1 ? UINT32_MAX : most);
    }
    if (draw(&churn, 200) == 0 || round == ROUNDS)
      must_be_sound(churn.env);
  }
  ck_assert_int_eq(mdbx_env_close(churn.env), 0);
  free(churn.gone);
}
END_TEST

/* ------------------------------------------------------------------------------------ little address space to read in */

/* The address space this process has now, and so many bytes more. */
static void allow_more(size_t bytes) {
  unsigned long pages = 0;
  struct rlimit limit;
  FILE *file = fopen("/proc/self/statm", "r");
  ck_assert_ptr_nonnull(file);
  ck_assert_int_eq(fscanf(file, "%lu", &pages), 1);
  fclose(file);
  ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
  limit.rlim_cur = pages * os_page_size() + bytes;
  ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

static void grow_in_steps(void *context) {
  static const uint32_t records[] = {100, 20000, 60000};
  _Atomic int *step = context;
  MDBX_env *env = open_env((intptr_t)8 << 30, MDBX_UTTERLY_NOSYNC);
  for (int i = 0; i < 3; ++i) {
    MDBX_txn *txn;
    unit_require(unit_await(step, 2 * i));
    unit_require(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn) == 0);
    unit_require(put_range(txn, i ? records[i - 1] : 0, records[i]) == 0);
    unit_require(mdbx_txn_commit(txn) == 0);
    atomic_store(step, 2 * i + 1);
  }
  unit_require(unit_await(step, 6));
  unit_require(mdbx_env_close(env) == 0);
}

enum { SMALL_STEPS = 100 };

static void grow_in_small_steps(void *context) {
  static char bytes[65536];
  _Atomic int *step = context;
  MDBX_env *env;
  unit_require(mdbx_env_create(&env) == 0);
  unit_require(mdbx_env_set_geometry(env, 0, -1, (intptr_t)8 << 30, 65536, 0, 4096) == 0);
  unit_require(mdbx_env_open(env, unit_path("small"), MDBX_NOSUBDIR | MDBX_UTTERLY_NOSYNC, 0600) == 0);
  for (int i = 0; i < SMALL_STEPS; ++i) {
    MDBX_txn *txn;
    MDBX_dbi dbi;
    MDBX_val key = {&i, sizeof(i)}, value = {bytes, sizeof(bytes)};
    unit_require(unit_await(step, 2 * i));
    unit_require(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn) == 0);
    unit_require(mdbx_dbi_open(txn, NULL, MDBX_DB_DEFAULTS, &dbi) == 0);
    unit_require(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT) == 0);
    unit_require(mdbx_txn_commit(txn) == 0);
    atomic_store(step, 2 * i + 1);
  }
  unit_require(unit_await(step, 2 * SMALL_STEPS));
  unit_require(mdbx_env_close(env) == 0);
}

/* All mappings stay: many that are each a little longer would need the square of the file. */
START_TEST(test_reader_of_many_small_steps) {
  MDBX_env *env = NULL;
  if (unit_is_instrumented())
    return;
  _Atomic int *step = unit_shared(sizeof(*step));
  const pid_t child = unit_fork(grow_in_small_steps, (void *)(uintptr_t)step);
  for (int i = 0; i < SMALL_STEPS; ++i) {
    MDBX_txn *txn;
    ck_assert(unit_await(step, 2 * i + 1));
    if (!env) {
      allow_more((size_t)96 << 20);
      ck_assert_int_eq(mdbx_env_create(&env), MDBX_SUCCESS);
      ck_assert_int_eq(mdbx_env_open(env, unit_path("small"), MDBX_NOSUBDIR | MDBX_RDONLY, 0), MDBX_SUCCESS);
    }
    ck_assert_int_eq(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn), MDBX_SUCCESS);
    ck_assert_int_eq(mdbx_txn_abort(txn), MDBX_SUCCESS);
    atomic_store(step, 2 * i + 2);
  }
  unit_join(child);
  ck_assert_int_eq(mdbx_env_close(env), MDBX_SUCCESS);
}
END_TEST

START_TEST(test_reader_with_little_address_space) {
  MDBX_txn *old, *txn;
  MDBX_env *env;
  if (unit_is_instrumented())
    return;
  _Atomic int *step = unit_shared(sizeof(*step));
  const pid_t child = unit_fork(grow_in_steps, (void *)(uintptr_t)step);
  ck_assert(unit_await(step, 1));
  allow_more(256 * (size_t)MIB);
  ck_assert_int_eq(mdbx_env_create(&env), 0);
  ck_assert_int_eq(mdbx_env_open(env, path, MDBX_NOSUBDIR | MDBX_ACCEDE, 0), MDBX_TOO_LARGE);
  ck_assert_int_eq(mdbx_env_close(env), 0);
  env = open_env(0, MDBX_RDONLY);
  ck_assert_int_eq(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &old), 0);
  verify_range(old, 0, 100);
  atomic_store(step, 2);
  ck_assert(unit_await(step, 3));
  ck_assert_int_eq(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn), 0);
  verify_range(txn, 0, 20000);
  verify_range(old, 0, 100);
  ck_assert_int_eq(mdbx_txn_reset(txn), 0);
  allow_more(MIB);
  atomic_store(step, 4);
  ck_assert(unit_await(step, 5));
  ck_assert_int_eq(mdbx_txn_renew(txn), MDBX_UNABLE_EXTEND_MAPSIZE);
  verify_range(old, 0, 100);
  allow_more(256 * (size_t)MIB);
  ck_assert_int_eq(mdbx_txn_renew(txn), 0);
  verify_range(txn, 0, 60000);
  ck_assert_int_eq(mdbx_txn_abort(txn), 0);
  ck_assert_int_eq(mdbx_txn_abort(old), 0);
  must_be_sound(env);
  ck_assert_int_eq(mdbx_env_close(env), 0);
  atomic_store(step, 6);
  ck_assert_int_eq(unit_wait(child), 0);
}
END_TEST

/* ---- Databases of machines with more addresses ------------------------------------------------------------------- */

#define WIDE_GIB (UINT64_C(1) << 30)
/* What remains of them in 32 bits is nothing, little, or what would fit. */
static const uint64_t wide_uppers[] = {
    2 * WIDE_GIB, 4 * WIDE_GIB, 4 * WIDE_GIB + 65536, 5 * WIDE_GIB, 16 * WIDE_GIB + 16 * MIB, 1024 * WIDE_GIB};
enum { WIDE_UPPERS = 6 };

/* As another machine would have written it: all metas, but for the newest ones as many as `newest`, say that the file may have
 * `upper` bytes, and has and uses `used` unless that is 0. */
static void make_wide(uint64_t upper, uint64_t used, unsigned newest) {
  struct meta_set set;
  struct meta_page *page = malloc(PAGE_SIZE_MAX);
  const int fd = open(path, O_RDWR);
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(meta_read_all(fd, path, &set), 0);
  for (unsigned i = 0; i < META_COUNT; ++i) {
    struct meta meta = set.slot[i].meta;
    unsigned newer = 0;
    for (unsigned j = 0; j < META_COUNT; ++j)
      newer += set.slot[j].txnid > set.slot[i].txnid;
    ck_assert(set.slot[i].valid);
    if (newer < newest)
      continue;
    meta.upper = (pgno_t)(upper / 4096);
    if (used)
      meta.now = meta.next = (pgno_t)(used / 4096);
    meta_build(page, 4096, i, set.slot[i].txnid, &meta, NULL);
    ck_assert_int_eq(meta_write(fd, page, 4096), 0);
  }
  if (used)
    ck_assert_int_eq(os_ops->resize(fd, used), 0);
  free(page);
  close(fd);
}

static void make_some(void) {
  MDBX_env *env = open_env(64 * MIB, MDBX_ENV_DEFAULTS);
  MDBX_txn *txn;
  for (uint32_t i = 0; i < 3; ++i) { /* no meta is left from the beginning */
    ck_assert_int_eq(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), 0);
    ck_assert_int_eq(put_range(txn, i * 10, i * 10 + 10), 0);
    ck_assert_int_eq(mdbx_txn_commit(txn), 0);
  }
  ck_assert_int_eq(mdbx_env_close(env), 0);
}

static uint64_t bytes_of_metas(void) {
  uint64_t sum = 0;
  uint8_t page[3 * 4096];
  const int fd = open(path, O_RDONLY);
  ck_assert_int_eq(pread(fd, page, sizeof(page), 0), sizeof(page));
  for (size_t i = 0; i < sizeof(page); ++i)
    sum = sum * 31 + page[i];
  close(fd);
  return sum;
}

/* Opened where there are addresses enough, refused and left alone elsewhere. */
static void open_wide(uint64_t upper, uint64_t needed, unsigned flags) {
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_envinfo info;
  const uint64_t before = bytes_of_metas();
  ck_assert_int_eq(mdbx_preopen_snapinfo(path, &info, sizeof(info)), 0);
  ck_assert_uint_eq(info.mi_geo.upper, upper);
  ck_assert_int_eq(mdbx_env_create(&env), 0);
  const int rc = mdbx_env_open(env, path, (MDBX_env_flags_t)(flags | MDBX_NOSUBDIR), 0600);
  if (needed > MAP_LENGTH_MAX)
    ck_assert_int_eq(rc, MDBX_TOO_LARGE);
  else if (SIZE_MAX > UINT32_MAX || needed == 0)
    ck_assert_int_eq(rc, MDBX_SUCCESS);
  if (rc == MDBX_SUCCESS) {
    ck_assert_int_eq(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn), 0);
    verify_range(txn, 0, 30);
    ck_assert_int_eq(mdbx_txn_abort(txn), 0);
  } else {
    ck_assert_int_eq(rc, MDBX_TOO_LARGE);
    ck_assert_uint_eq(bytes_of_metas(), before);
  }
  ck_assert_int_eq(mdbx_env_close(env), 0);
}

START_TEST(databases_of_wider_machines) {
  const uint64_t upper = wide_uppers[_i];
  make_some();
  make_wide(upper, 0, 0);
  open_wide(upper, 0, MDBX_RDONLY); /* the file itself is small */
  open_wide(upper, upper, MDBX_ENV_DEFAULTS);
  open_wide(upper, upper, MDBX_WRITEMAP);
  /* In use as far as that, too. */
  make_wide(upper, upper, 0);
  open_wide(upper, upper, MDBX_RDONLY);
}
END_TEST

/* On the wider machine it was given another upper size. */
START_TEST(databases_made_narrow_on_wider_machines) {
  make_some();
  make_wide(wide_uppers[_i], 0, 1);
  MDBX_env *env = open_env(0, MDBX_ENV_DEFAULTS);
  MDBX_txn *txn;
  ck_assert_int_eq(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), 0);
  ck_assert_int_eq(put_range(txn, 30, 40), 0);
  ck_assert_int_eq(mdbx_txn_commit(txn), 0);
  must_be_sound(env);
  ck_assert_int_eq(mdbx_env_close(env), 0);
}
END_TEST

/* Another process may give a database that is open more than this one can map. */
START_TEST(database_becomes_wider_than_the_machine) {
  MDBX_txn *txn;
  const uint64_t upper = wide_uppers[_i];
  make_some();
  MDBX_env *env = open_env(0, MDBX_ENV_DEFAULTS);
  make_wide(upper, 0, 0);
  for (int write = 0; write < 2; ++write) {
    const int rc = mdbx_txn_begin(env, NULL, write ? MDBX_TXN_READWRITE : MDBX_TXN_RDONLY, &txn);
    if (upper > MAP_LENGTH_MAX)
      ck_assert_int_eq(rc, MDBX_UNABLE_EXTEND_MAPSIZE);
    else if (SIZE_MAX > UINT32_MAX)
      ck_assert_int_eq(rc, MDBX_SUCCESS);
    if (rc != MDBX_SUCCESS)
      continue;
    verify_range(txn, 0, 30);
    ck_assert_int_eq(mdbx_txn_abort(txn), 0);
  }
  ck_assert_int_eq(mdbx_env_close(env), 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("growth");
  TCase *tests = tcase_create("growth");
  tcase_set_timeout(tests, 120);
  tcase_add_checked_fixture(tests, setup, unit_teardown);
  tcase_add_test(tests, limit_raised_within_the_transaction);
  tcase_add_test(tests, limit_raised_within_the_transaction_writemap);
  tcase_add_loop_test(tests, limit_raised_over_changed_pages, 0, 2);
  tcase_add_test(tests, growth_by_another_process);
  tcase_add_test(tests, flush_of_what_another_process_added);
  tcase_add_loop_test(tests, shrinks_when_emptied, 0, 8);
  tcase_add_test(tests, growth_is_undone_above_the_durable_commit);
  tcase_add_test(tests, weak_commit_with_a_smaller_size);
  tcase_add_loop_test(tests, flush_within_the_transaction_that_grows, 0, 2);
  tcase_add_loop_test(tests, small_commits_reuse_pages, 0, 4);
  tcase_add_test(tests, transaction_larger_than_memory);
  tcase_add_loop_test(tests, regions_come_and_go, 0, 3);
  tcase_add_test(tests, test_reader_of_many_small_steps);
  tcase_add_test(tests, test_reader_with_little_address_space);
  suite_add_tcase(suite, tests);
  TCase *wide = tcase_create("wide");
  tcase_set_timeout(wide, 120);
  tcase_add_checked_fixture(wide, setup, unit_teardown);
  tcase_add_loop_test(wide, databases_of_wider_machines, 0, WIDE_UPPERS);
  tcase_add_loop_test(wide, databases_made_narrow_on_wider_machines, 0, WIDE_UPPERS);
  tcase_add_loop_test(wide, database_becomes_wider_than_the_machine, 0, WIDE_UPPERS);
  suite_add_tcase(suite, wide);
  return unit_run(suite);
}
