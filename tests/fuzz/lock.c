/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/lock.c: the target of the lock file: its bytes change under a process that has the database open, and are there
 * before one opens it. Three bytes of the input are one change: where (two) and what.
 *
 * The file is shared with other processes, and what it says is trusted less than it looks: nothing may crash or hang. An answer
 * may be an error, and data are compared with nothing: a lock file that lies about readers costs their snapshots. A lock that
 * a living process holds is waited for, so none is said to be this one's.
 */
#include "fuzz.h"

#include "file/lck.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint8_t *data_bytes;
static size_t data_length;

static MDBX_env *open_it(int *rc) {
  MDBX_env *env;
  FUZZ_OK(mdbx_env_create(&env));
  *rc = mdbx_env_open(env, fuzz_path("db"), MDBX_NOSUBDIR | MDBX_UTTERLY_NOSYNC, 0600);
  return env;
}

static int put(MDBX_env *env, unsigned number) {
  MDBX_txn *txn;
  MDBX_val key = {&number, sizeof(number)}, value = {(void *)(uintptr_t) "value", 5};
  int rc = mdbx_txn_begin(env, NULL, MDBX_TXN_TRY, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = mdbx_put(txn, 1, &key, &value, MDBX_UPSERT);
  if (rc == MDBX_SUCCESS)
    return mdbx_txn_commit(txn);
  mdbx_txn_abort(txn);
  return rc;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  int rc;
  (void)argc, (void)argv;
  fuzz_setup();
  MDBX_env *env = open_it(&rc);
  FUZZ_OK(rc);
  FUZZ_OK(put(env, 1));
  FUZZ_OK(mdbx_env_close_ex(env, false));
  data_bytes = fuzz_read_file(fuzz_path("db"), &data_length);
  return 0;
}

enum { OWN_TOKEN = 1 };

/* Whether this process now holds a lock that it never took. */
static bool holds_a_lock(int fd) {
  static const size_t locks[] = {offsetof(struct lck_shared, writer), offsetof(struct lck_shared, flusher),
                                 offsetof(struct lck_shared, metas), offsetof(struct lck_shared, table)};
  for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); ++i) {
    uint32_t owner = 0;
    if (pread(fd, &owner, sizeof(owner), (off_t)locks[i]) == sizeof(owner) &&
        (owner & ~UINT32_C(0x80000000)) == OWN_TOKEN)
      return true;
  }
  return false;
}

/* The next change; false: there is none. */
static bool change(struct fuzz_input *input) {
  struct stat st;
  if (fuzz_ended(input))
    return false;
  const uint8_t what = fuzz_byte(input);
  const unsigned low = fuzz_byte(input), high = fuzz_byte(input);
  const int fd = open(fuzz_path("db" MDBX_LOCK_SUFFIX), O_RDWR | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0) {
    if (fd >= 0)
      close(fd);
    return true;
  }
  const off_t at = (off_t)((low | high << 8) % (size_t)st.st_size);
  uint8_t before = 0;
  FUZZ_MUST(pread(fd, &before, 1, at) == 1 && pwrite(fd, &what, 1, at) == 1);
  if (holds_a_lock(fd))
    FUZZ_MUST(pwrite(fd, &before, 1, at) == 1);
  close(fd);
  return true;
}

static void read_it(MDBX_env *env) {
  MDBX_txn *txn;
  MDBX_envinfo info;
  unsigned number = 1;
  MDBX_val key = {&number, sizeof(number)}, value;
  mdbx_env_info_ex(env, NULL, &info, sizeof(info));
  mdbx_reader_check(env, NULL);
  if (mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn) != MDBX_SUCCESS)
    return;
  mdbx_get(txn, 1, &key, &value);
  mdbx_txn_abort(txn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input input = {data, data + (size < 60 ? size : 60)};
  int rc;
  unlink(fuzz_path("db" MDBX_LOCK_SUFFIX));
  fuzz_write_file("db", data_bytes, data_length);
  MDBX_env *env = open_it(&rc);
  FUZZ_OK(rc);
  for (unsigned i = 0; change(&input) && i < 20; ++i) {
    read_it(env);
    put(env, i);
  }
  mdbx_env_close_ex(env, false);
  /* What is left of it is there when somebody opens the database. */
  env = open_it(&rc);
  if (rc == MDBX_SUCCESS) {
    read_it(env);
    put(env, 7);
  }
  mdbx_env_close_ex(env, true);
  return 0;
}
