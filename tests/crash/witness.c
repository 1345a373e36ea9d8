/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commits numbers to a database on a real file system, and says in another file how far it has come; then checks what such a file
 * system has after a crash. For tests/crash/filesystems.sh.
 *
 * Usage: witness write DATABASE MODE NOTES        until it is killed
 *        witness notes NOTES                      prints the newest commit that is durable, and the newest that has begun
 *        witness check DATABASE MODE OLDEST NEWEST
 *        witness shutdown FOLDER                  ends the file system as a crash would
 */
#include "verdict.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { SYNC_EVERY = 16, RECORDS = 400, CHANGES = 12, VALUE = 3000 };

static const struct mode {
  const char *name;
  unsigned flags;
} modes[] = {{"durable", MDBX_SYNC_DURABLE},
             {"lazy", MDBX_NOMETASYNC | MDBX_LIFORECLAIM},
             {"weak", MDBX_SAFE_NOSYNC},
             {"writemap", MDBX_WRITEMAP},
             {"writemap-weak", MDBX_WRITEMAP | MDBX_SAFE_NOSYNC}};

/* What another process reads. */
struct notes {
  _Atomic uint32_t durable, begun;
};

static unsigned flags_of(const char *name) {
  for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); ++i)
    if (strcmp(modes[i].name, name) == 0)
      return modes[i].flags;
  fail("no such mode", 0);
}

static MDBX_env *open_env(const char *path, unsigned flags) {
  MDBX_env *env;
  MUST(mdbx_env_create(&env));
  MUST(mdbx_env_set_geometry(env, 0, 262144, 64 << 20, 262144, 524288, 4096));
  MUST(mdbx_env_open(env, path, (MDBX_env_flags_t)(flags | MDBX_NOSUBDIR), 0600));
  return env;
}

static struct notes *open_notes(const char *path) {
  const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, sizeof(struct notes)) != 0)
    fail(path, 0);
  struct notes *notes = mmap(NULL, sizeof(*notes), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (notes == MAP_FAILED)
    fail(path, 0);
  close(fd);
  return notes;
}

/* ----------------------------------------------------------------------------------------------------------- writing */

static void put_number(MDBX_txn *txn, uint32_t name, uint32_t number, size_t length) {
  static uint32_t words[VALUE];
  words[0] = number;
  MDBX_val key = {&name, sizeof(name)}, value = {words, length};
  MUST(mdbx_put(txn, 1, &key, &value, MDBX_UPSERT));
}

/* Record 0 has the number of the newest commit, and each commit leaves a record of its own. */
static void commit_number(MDBX_env *env, uint32_t number) {
  MDBX_txn *txn;
  MUST(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  put_number(txn, 0, number, 4);
  put_number(txn, number, number, 4);
  for (uint32_t i = 0; i < CHANGES; ++i) {
    const uint32_t mixed = (number * 31 + i) * 2654435761u;
    put_number(txn, 0x80000000u | mixed % RECORDS, number, 4 + (mixed >> 8) % VALUE);
  }
  MUST(mdbx_txn_commit(txn));
}

static void write_on(const char *path, const char *mode, struct notes *notes) {
  const unsigned flags = flags_of(mode);
  MDBX_env *env = open_env(path, flags);
  for (uint32_t n = 1;; ++n) {
    atomic_store(&notes->begun, n);
    commit_number(env, n);
    if (!(flags & (MDBX_SAFE_NOSYNC | MDBX_NOMETASYNC))) {
      atomic_store(&notes->durable, n);
    } else if (flags & MDBX_NOMETASYNC) {
      atomic_store(&notes->durable, n - 1);
    } else if (n % SYNC_EVERY == 0) {
      MUST(mdbx_env_sync(env));
      atomic_store(&notes->durable, n);
    }
  }
}

/* ---------------------------------------------------------------------------------------------------------- checking */

static uint32_t newest_of(MDBX_txn *txn) {
  uint32_t name = 0, number = 0;
  MDBX_val key = {&name, sizeof(name)}, value;
  const int rc = mdbx_get(txn, 1, &key, &value);
  if (rc == MDBX_SUCCESS)
    memcpy(&number, value.iov_base, sizeof(number));
  else if (rc != MDBX_NOTFOUND)
    fail("reading the newest number", rc);
  return number;
}

/* All commits up to the newest are there, and none above. */
static uint32_t must_be_prefix(MDBX_env *env) {
  MDBX_txn *txn;
  MUST(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn));
  const uint32_t number = newest_of(txn);
  for (uint32_t i = 1; i <= number + 1; ++i) {
    MDBX_val key = {&i, sizeof(i)}, value;
    if (mdbx_get(txn, 1, &key, &value) != (i <= number ? MDBX_SUCCESS : MDBX_NOTFOUND))
      fail("the commits are not the first ones", (int)i);
  }
  MUST(mdbx_txn_abort(txn));
  return number;
}

static void check(const char *path, const char *mode, uint32_t oldest, uint32_t newest) {
  pretend_boot((uint64_t)time(NULL) << 20 | (uint64_t)getpid());
  MDBX_env *env = open_env(path, flags_of(mode));
  must_be_sound(env);
  const uint32_t number = must_be_prefix(env);
  if (number < oldest || number > newest) {
    fprintf(stderr, "witness: commit %u is the newest, %u to %u were allowed\n", number, oldest, newest);
    fail("commits are missing, or there are too many", 0);
  }
  commit_number(env, number + 1);
  must_be_sound(env);
  MUST(mdbx_env_close(env));
}

/* Nothing more goes to the device, not even the journal. */
static int shut_down(const char *folder) {
  const uint32_t no_journal = 2;
  const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd >= 0 && ioctl(fd, _IOR('X', 125, uint32_t), &no_journal) == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  snprintf(verdict_place, sizeof(verdict_place), "witness %s %s %s", what, argc > 2 ? argv[2] : "",
           argc > 3 ? argv[3] : "");
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, NULL);
  if (argc == 5 && strcmp(what, "write") == 0) {
    write_on(argv[2], argv[3], open_notes(argv[4]));
  } else if (argc == 3 && strcmp(what, "notes") == 0) {
    const struct notes *notes = open_notes(argv[2]);
    const uint32_t durable = atomic_load(&notes->durable);
    printf("%u %u\n", durable, atomic_load(&notes->begun));
  } else if (argc == 6 && strcmp(what, "check") == 0) {
    check(argv[2], argv[3], (uint32_t)strtoul(argv[4], NULL, 10), (uint32_t)strtoul(argv[5], NULL, 10));
  } else if (argc == 3 && strcmp(what, "shutdown") == 0) {
    return shut_down(argv[2]);
  } else {
    fail("usage", 0);
  }
  return 0;
}
