/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/lock.c: the target of the lock file: its content changes under a process that has the database open, and is
 * there before one opens it. The first byte of the input is the environment's mode; then four bytes are one step: what is
 * changed, and what the process does afterwards.
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

/* The file keeps its size: where it is cut, a lock file that names a commit from before that makes its users read beyond the
 * end (doc/threats.md). */
enum { FILE_BYTES = 1 << 20 };

static uint8_t *data_bytes;
static size_t data_length;

/* What the process does with the environment, whose lock file lies. */
struct user {
  MDBX_env *env;
  MDBX_txn *reader;
  unsigned number;
};

static MDBX_env *open_it(MDBX_env_flags_t mode, int *rc) {
  MDBX_env *env;
  FUZZ_OK(mdbx_env_create(&env));
  FUZZ_OK(mdbx_env_set_geometry(env, FILE_BYTES, FILE_BYTES, FILE_BYTES, 0, 0, 4096));
  *rc = mdbx_env_open(env, fuzz_path("db"), MDBX_NOSUBDIR | mode, 0600);
  return env;
}

static int put(MDBX_env *env, unsigned number, size_t length, MDBX_txn_flags_t flags, bool waits) {
  static char bytes[20000];
  MDBX_txn *txn;
  MDBX_commit_ticket ticket;
  MDBX_val key = {&number, sizeof(number)}, value = {bytes, length};
  int rc = mdbx_txn_begin(env, NULL, MDBX_TXN_TRY | flags, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = mdbx_put(txn, 1, &key, &value, MDBX_UPSERT);
  if (rc == MDBX_SUCCESS)
    return waits ? mdbx_txn_commit(txn) : mdbx_txn_commit_ticket(txn, &ticket, NULL);
  mdbx_txn_abort(txn);
  return rc;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  int rc;
  (void)argc, (void)argv;
  fuzz_setup();
  MDBX_env *env = open_it(MDBX_UTTERLY_NOSYNC, &rc);
  FUZZ_OK(rc);
  FUZZ_OK(put(env, 1, 100, 0, true));
  FUZZ_OK(mdbx_env_close_ex(env, false));
  data_bytes = fuzz_read_file(fuzz_path("db"), &data_length);
  return 0;
}

enum { OWN_TOKEN = 1 };

/* Whether this process now holds a lock that it never took. */
static bool holds_a_lock(int fd) {
  static const size_t locks[] = {offsetof(struct lck_shared, writer), offsetof(struct lck_shared, sealer),
                                 offsetof(struct lck_shared, flusher), offsetof(struct lck_shared, metas),
                                 offsetof(struct lck_shared, table)};
  for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); ++i) {
    uint32_t owner = 0;
    if (pread(fd, &owner, sizeof(owner), (off_t)locks[i]) == sizeof(owner) &&
        (owner & ~UINT32_C(0x80000000)) == OWN_TOKEN)
      return true;
  }
  return false;
}

static void write_unless_locked(int fd, const void *bytes, size_t length, off_t at) {
  uint64_t before = 0;
  FUZZ_MUST(length <= sizeof(before));
  FUZZ_MUST(pread(fd, &before, length, at) == (ssize_t)length && pwrite(fd, bytes, length, at) == (ssize_t)length);
  if (holds_a_lock(fd))
    FUZZ_MUST(pwrite(fd, &before, length, at) == (ssize_t)length);
}

/* A field gets a value that could be there: the id of a commit of these days, for most fields with the number of a meta page. */
static void change_field(int fd, uint8_t which, uint8_t what) {
  static const struct {
    size_t at, length;
    bool names_slot;
  } fields[] = {
      {offsetof(struct lck_shared, head), 8, true},
      {offsetof(struct lck_shared, pending), 8, true},
      {offsetof(struct lck_shared, flushing), 8, true},
      {offsetof(struct lck_shared, durable), 8, false},
      {offsetof(struct lck_shared, believable), 8, false},
      {offsetof(struct lck_shared, failed_above), 8, false},
      {offsetof(struct lck_shared, failures), 4, false},
      {offsetof(struct lck_shared, waiting), 4, false},
      {offsetof(struct lck_shared, company), 4, false},
      {offsetof(struct lck_shared, waiting_makers), 8, false},
      {offsetof(struct lck_shared, user), 4, false},
      {offsetof(struct lck_shared, mode), 4, false},
      {offsetof(struct lck_shared, readers_high), 4, false},
      {offsetof(struct lck_shared, autosync_bytes), 8, false},
      {offsetof(struct lck_shared, autosync_period), 8, false},
      {offsetof(struct lck_shared, unsynced_bytes), 8, false},
      {offsetof(struct lck_shared, sealing_bytes), 8, false},
      {sizeof(struct lck_shared) + offsetof(struct reader_slot, txnid), 8, false},
      {sizeof(struct lck_shared) + offsetof(struct reader_slot, state), 4, false},
      {sizeof(struct lck_shared) + offsetof(struct reader_slot, process), 4, false},
      {sizeof(struct lck_shared) + sizeof(struct reader_slot) + offsetof(struct reader_slot, txnid), 8, false},
      {sizeof(struct lck_shared) + sizeof(struct reader_slot) + offsetof(struct reader_slot, state), 4, false},
  };
  const size_t field = which % (sizeof(fields) / sizeof(fields[0]));
  uint64_t head = 0;
  FUZZ_MUST(pread(fd, &head, sizeof(head), (off_t)offsetof(struct lck_shared, head)) == sizeof(head));
  const unsigned kind = what >> 6, low = what & 63;
  const uint64_t near = (head >> 2) + (low >> 2) - 8;
  const uint64_t value = kind == 0                  ? low
                         : kind == 3                ? ~(uint64_t)low << low
                         : fields[field].names_slot ? near << 2 | (low & 3)
                                                    : near;
  write_unless_locked(fd, &value, fields[field].length, (off_t)fields[field].at);
}

static void change(uint8_t what, uint8_t low, uint8_t high) {
  struct stat st;
  const int fd = open(fuzz_path("db" MDBX_LOCK_SUFFIX), O_RDWR | O_CLOEXEC);
  if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size != 0) {
    if (high & 0x80)
      change_field(fd, low, what);
    else
      write_unless_locked(fd, &what, 1, (off_t)((low | high << 8) % (size_t)st.st_size));
  }
  if (fd >= 0)
    close(fd);
}

static int show_reader(void *context, int number, int slot, mdbx_pid_t pid, mdbx_tid_t thread, uint64_t txnid,
                       uint64_t lag, size_t bytes_used, size_t bytes_retained) {
  (void)context, (void)number, (void)slot, (void)pid, (void)thread, (void)txnid, (void)lag, (void)bytes_used;
  (void)bytes_retained;
  return 0;
}

static void get(MDBX_txn *txn) {
  unsigned number = 1;
  MDBX_val key = {&number, sizeof(number)}, value;
  mdbx_get(txn, 1, &key, &value);
}

static void read_it(MDBX_env *env) {
  MDBX_txn *txn;
  MDBX_envinfo info;
  mdbx_env_info_ex(env, NULL, &info, sizeof(info));
  mdbx_reader_check(env, NULL);
  if (mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn) != MDBX_SUCCESS)
    return;
  get(txn);
  mdbx_txn_abort(txn);
}

/* A reader that stays over several steps. */
static void use_reader(struct user *user, uint8_t how) {
  if (!user->reader) {
    if (mdbx_txn_begin(user->env, NULL, MDBX_TXN_RDONLY, &user->reader) != MDBX_SUCCESS)
      user->reader = NULL;
    return;
  }
  get(user->reader);
  switch (how % 6) {
  case 0:
    mdbx_txn_park(user->reader, how & 64);
    break;
  case 1:
    mdbx_txn_unpark(user->reader, how & 64);
    break;
  case 2:
    mdbx_txn_reset(user->reader);
    break;
  case 3:
    mdbx_txn_renew(user->reader);
    break;
  case 4:
    mdbx_txn_refresh(user->reader);
    break;
  default:
    mdbx_txn_abort(user->reader);
    user->reader = NULL;
  }
}

static void copy_it(MDBX_env *env, MDBX_copy_flags_t flags) {
  unlink(fuzz_path("copy"));
  mdbx_env_copy(env, fuzz_path("copy"), flags);
}

static void act(struct user *user, uint8_t action) {
  MDBX_env *env = user->env;
  const uint8_t how = action >> 4;
  switch (action & 15) {
  case 0:
    read_it(env);
    return;
  case 1:
    put(env, user->number++, 100, how & 1 ? MDBX_TXN_NOSYNC : 0, true);
    return;
  case 2:
    put(env, user->number++ % 4, 20000, how & 1 ? MDBX_TXN_NOMETASYNC : 0, true);
    return;
  case 3:
  case 4:
    put(env, user->number++, 10, 0, false);
    return;
  case 5:
    mdbx_env_sync_ex(env, how & 1, how & 2);
    return;
  case 6:
    mdbx_env_sync_poll(env);
    return;
  case 7:
    mdbx_env_wait_durable(env, NULL, 0);
    return;
  case 8:
    mdbx_reader_list(env, show_reader, NULL);
    return;
  case 9:
    mdbx_env_set_option(env, how & 1 ? MDBX_opt_sync_bytes : MDBX_opt_sync_period, how << 8);
    return;
  case 10:
    mdbx_env_warmup(env, NULL, MDBX_warmup_default, 0);
    return;
  case 11:
    copy_it(env, how & 1 ? MDBX_CP_COMPACT : MDBX_CP_DEFAULTS);
    return;
  default:
    use_reader(user, action);
  }
}

static void finish(struct user *user, bool dont_sync) {
  if (user->reader)
    mdbx_txn_abort(user->reader);
  mdbx_env_close_ex(user->env, dont_sync);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const unsigned modes[] = {MDBX_UTTERLY_NOSYNC, MDBX_SAFE_NOSYNC, MDBX_NOMETASYNC, MDBX_SYNC_DURABLE};
  struct fuzz_input input = {data, data + (size < 200 ? size : 200)};
  struct user user = {NULL, NULL, 0};
  int rc;
  unlink(fuzz_path("db" MDBX_LOCK_SUFFIX));
  fuzz_write_file("db", data_bytes, data_length);
  const uint8_t first = fuzz_byte(&input);
  const MDBX_env_flags_t mode = (MDBX_env_flags_t)(modes[first & 3] | (first & 4 ? MDBX_WRITEMAP : 0));
  user.env = open_it(mode, &rc);
  FUZZ_OK(rc);
  while (!fuzz_ended(&input)) {
    const uint8_t what = fuzz_byte(&input), low = fuzz_byte(&input), high = fuzz_byte(&input);
    change(what, low, high);
    act(&user, fuzz_byte(&input));
  }
  finish(&user, false);
  /* What is left of it is there when somebody opens the database. */
  user = (struct user){NULL, NULL, 7};
  user.env = open_it(mode, &rc);
  if (rc == MDBX_SUCCESS) {
    read_it(user.env);
    put(user.env, 7, 100, 0, true);
  }
  finish(&user, true);
  return 0;
}
