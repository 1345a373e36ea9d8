/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that read while one writes. Every commit moves a window of values of one key on and says so in another table, so
 * that each snapshot can be told to be of one commit whole. Meant for the thread sanitizer as well.
 *
 * Usage: threads [commits]
 */
#include <mdbx.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In a debug build all that the engine can verify of itself. */
__attribute__((constructor)) static void verify_all(void) {
  mdbx_setup_debug(MDBX_LOG_DONTCHANGE, MDBX_DBG_ASSERT | MDBX_DBG_AUDIT, MDBX_LOGGER_DONTCHANGE);
}

enum { READERS = 3, WINDOW = 400, CROWD = 500 };

struct shared {
  MDBX_env *env;
  MDBX_dbi plain, multi;
  uint32_t commits;
  atomic_bool done;
  atomic_ulong snapshots;
};

static void must(int rc, int line) {
  if (rc == MDBX_SUCCESS)
    return;
  fprintf(stderr, "threads: line %d: %d (%s)\n", line, rc, mdbx_strerror(rc));
  exit(1);
}
#define MUST(call) must((call), __LINE__)
#define MUST_BE(condition) must((condition) ? MDBX_SUCCESS : MDBX_PROBLEM, __LINE__)

static MDBX_val number_val(uint32_t *number) { return (MDBX_val){number, sizeof(*number)}; }

/* ------------------------------------------------------------------------------------------------------------ reading */

static void look_at_window(const struct shared *shared, MDBX_cursor *cursor, uint32_t first) {
  MDBX_val key = {(void *)(uintptr_t) "window", 6}, value;
  size_t count;
  MUST(mdbx_cursor_get(cursor, &key, &value, MDBX_SET));
  MUST(mdbx_cursor_count(cursor, &count));
  MUST_BE(count == WINDOW);
  for (uint32_t i = 0; i < WINDOW; ++i) {
    uint32_t number;
    memcpy(&number, value.iov_base, sizeof(number));
    MUST_BE(number == first + i);
    const int rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT_DUP);
    MUST_BE(rc == (i + 1 < WINDOW ? MDBX_SUCCESS : MDBX_NOTFOUND));
  }
  (void)shared;
}

static void look(struct shared *shared, MDBX_txn *txn, MDBX_cursor *cursor) {
  uint32_t first;
  MDBX_val key = {(void *)(uintptr_t) "first", 5}, value;
  MUST(mdbx_get(txn, shared->plain, &key, &value));
  memcpy(&first, value.iov_base, sizeof(first));
  look_at_window(shared, cursor, first);
  for (uint32_t i = 0; i < CROWD; i += 7) {
    key = number_val(&i);
    MUST(mdbx_get(txn, shared->plain, &key, &value));
    MUST_BE(value.iov_len == 100 && memcmp(value.iov_base, &first, sizeof(first)) == 0);
  }
}

static void *read_on(void *context) {
  struct shared *shared = context;
  MDBX_txn *txn;
  MDBX_cursor *cursor;
  MUST(mdbx_txn_begin(shared->env, NULL, MDBX_TXN_RDONLY, &txn));
  MUST(mdbx_cursor_open(txn, shared->multi, &cursor));
  while (!atomic_load(&shared->done)) {
    look(shared, txn, cursor);
    atomic_fetch_add(&shared->snapshots, 1);
    MUST(mdbx_txn_renew(txn));
    MUST(mdbx_cursor_renew(txn, cursor));
  }
  mdbx_cursor_close(cursor);
  MUST(mdbx_txn_abort(txn));
  return NULL;
}

/* ------------------------------------------------------------------------------------------------------------ writing */

static void set_crowd(const struct shared *shared, MDBX_txn *txn, uint32_t first) {
  uint8_t bytes[100] = {0};
  memcpy(bytes, &first, sizeof(first));
  for (uint32_t i = 0; i < CROWD; ++i) {
    MDBX_val key = number_val(&i), value = {bytes, sizeof(bytes)};
    MUST(mdbx_put(txn, shared->plain, &key, &value, MDBX_UPSERT));
  }
  MDBX_val key = {(void *)(uintptr_t) "first", 5}, value = number_val(&first);
  MUST(mdbx_put(txn, shared->plain, &key, &value, MDBX_UPSERT));
}

/* The window moves on by one: in a nested transaction, after one that came to nothing. */
static void move_window(const struct shared *shared, MDBX_txn *txn, uint32_t first) {
  MDBX_txn *child;
  MDBX_val key = {(void *)(uintptr_t) "window", 6};
  uint32_t gone = first - 1, come = first + WINDOW - 1;
  MUST(mdbx_txn_begin(shared->env, txn, MDBX_TXN_READWRITE, &child));
  MUST(mdbx_del(child, shared->multi, &key, NULL));
  MUST(mdbx_txn_abort(child));
  MUST(mdbx_txn_begin(shared->env, txn, MDBX_TXN_READWRITE, &child));
  MDBX_val value = number_val(&gone);
  MUST(mdbx_del(child, shared->multi, &key, &value));
  value = number_val(&come);
  MUST(mdbx_put(child, shared->multi, &key, &value, MDBX_APPENDDUP));
  MUST(mdbx_txn_commit(child));
}

static void start(struct shared *shared) {
  MDBX_txn *txn;
  MUST(mdbx_txn_begin(shared->env, NULL, MDBX_TXN_READWRITE, &txn));
  MUST(mdbx_dbi_open(txn, "plain", MDBX_CREATE, &shared->plain));
  MUST(mdbx_dbi_open(txn, "multi", MDBX_CREATE | MDBX_DUPSORT | MDBX_DUPFIXED | MDBX_INTEGERDUP, &shared->multi));
  for (uint32_t i = 0; i < WINDOW; ++i) {
    MDBX_val key = {(void *)(uintptr_t) "window", 6}, value = number_val(&i);
    MUST(mdbx_put(txn, shared->multi, &key, &value, MDBX_UPSERT));
  }
  set_crowd(shared, txn, 0);
  MUST(mdbx_txn_commit(txn));
}

static void *write_on(void *context) {
  struct shared *shared = context;
  for (uint32_t first = 1; first <= shared->commits; ++first) {
    MDBX_txn *txn;
    MUST(mdbx_txn_begin(shared->env, NULL, MDBX_TXN_READWRITE, &txn));
    set_crowd(shared, txn, first);
    move_window(shared, txn, first);
    MUST(mdbx_txn_commit(txn));
  }
  atomic_store(&shared->done, true);
  return NULL;
}

int main(int argc, char **argv) {
  struct shared shared = {.commits = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000};
  const char *folder = getenv("TEST_TMPDIR");
  char path[128];
  pthread_t threads[READERS + 1];
  snprintf(path, sizeof(path), "%s/threads-%d.db", folder ? folder : "/tmp", (int)getpid());
  mdbx_env_delete(path, MDBX_ENV_JUST_DELETE);
  MUST(mdbx_env_create(&shared.env));
  MUST(mdbx_env_set_maxdbs(shared.env, 4));
  MUST(mdbx_env_set_geometry(shared.env, 0, -1, 256 << 20, -1, -1, -1));
  MUST(mdbx_env_open(shared.env, path, MDBX_NOSUBDIR | MDBX_SAFE_NOSYNC, 0600));
  start(&shared);
  for (int i = 0; i <= READERS; ++i)
    MUST(pthread_create(&threads[i], NULL, i < READERS ? read_on : write_on, &shared));
  for (int i = 0; i <= READERS; ++i)
    MUST(pthread_join(threads[i], NULL));
  MUST(mdbx_env_close(shared.env));
  mdbx_env_delete(path, MDBX_ENV_JUST_DELETE);
  printf("%u commits, %lu snapshots looked at: each is of one commit\n", shared.commits,
         atomic_load(&shared.snapshots));
  return 0;
}
