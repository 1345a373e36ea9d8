/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo/demo_index.c: an index of real files, to show a database that grows and shrinks automatically.
 *
 * One table, path -> type, size and time of change. The file begins with 64 KiB, grows in steps and shrinks again;
 * nobody needs to know its size in advance. scripts/demo runs this program, one command after another:
 *
 *   build FILE COUNT FOLDER...   walks the folders until COUNT entries are stored, and prints how the file grows
 *   write FILE                   changes entries, a few a transaction, until it is told to stop (SIGTERM)
 *   halve FILE                   deletes the half stored last, and prints how the file shrinks
 *   get FILE PATH                looks one entry up
 */
#include <mdbx.h>

#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define KIB ((intptr_t)1024)
/* Changes of one transaction while the index is built or halved. */
#define BATCH 1000
/* Changes per transaction of the second writer, and the distance of the changed entries. */
#define TOUCHES 8
#define STRIDE 9
/* Longest key at this page size. */
#define PATH_ROOM 2048

struct entry {
  uint32_t type; /* as in st_mode */
  uint32_t changes;
  uint64_t number; /* serial number of the entry */
  uint64_t size;
  int64_t changed_at;
};

static struct {
  const char *path;
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_dbi dbi;
  uint64_t entries, wanted;
  uint64_t shown_size;
  int rc;
} run;

static volatile sig_atomic_t stopped;

static int fail(int rc, const char *what) {
  fprintf(stderr, "demo_index: %s: %s\n", what, mdbx_strerror(rc));
  return rc;
}

/* ---------------------------------------------------------------------------------------------------- the database */

static int open_index(void) {
  int rc = mdbx_env_create(&run.env);
  /* The only settings: from 64 KiB to 4 GiB, growing in steps of 64 KiB, shrinking when 128 KiB are free. */
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_set_geometry(run.env, 64 * KIB, 64 * KIB, 4 * KIB * KIB * KIB, 64 * KIB, 128 * KIB, 4096);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_open(run.env, run.path, MDBX_NOSUBDIR, 0644);
  return rc == MDBX_SUCCESS ? rc : fail(rc, run.path);
}

static int begin(MDBX_txn_flags_t flags) {
  int rc = mdbx_txn_begin(run.env, NULL, flags, &run.txn);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_dbi_open(run.txn, NULL, MDBX_DB_DEFAULTS, &run.dbi);
  return rc == MDBX_SUCCESS ? rc : fail(rc, "cannot begin a transaction");
}

static int commit(void) {
  const int rc = mdbx_txn_commit(run.txn);
  run.txn = NULL;
  return rc == MDBX_SUCCESS ? rc : fail(rc, "cannot commit");
}

static uint64_t file_size(void) {
  MDBX_envinfo info;
  return mdbx_env_info_ex(run.env, NULL, &info, sizeof(info)) == MDBX_SUCCESS ? info.mi_geo.current : 0;
}

static void show_size(void) {
  const uint64_t size = file_size();
  printf("  %8" PRIu64 " entries   file %8" PRIu64 " KiB\n", run.entries, size / 1024);
  fflush(stdout);
  run.shown_size = size;
}

/* ---------------------------------------------------------------------------------------------------------- build */

static int store(const char *path, const struct stat *status) {
  const struct entry entry = {.type = status->st_mode,
                              .number = run.entries,
                              .size = (uint64_t)status->st_size,
                              .changed_at = status->st_mtime};
  MDBX_val key = {(void *)(uintptr_t)path, strlen(path)}, data = {(void *)(uintptr_t)&entry, sizeof(entry)};
  const int rc = mdbx_put(run.txn, run.dbi, &key, &data, MDBX_NOOVERWRITE);
  if (rc == MDBX_KEYEXIST)
    return MDBX_SUCCESS;
  if (rc != MDBX_SUCCESS)
    return fail(rc, path);
  run.entries += 1;
  return rc;
}

/* A new transaction for each batch; the size is printed when it has grown by half. */
static int end_of_batch(void) {
  int rc = commit();
  if (rc == MDBX_SUCCESS && file_size() * 2 > run.shown_size * 3)
    show_size();
  return rc == MDBX_SUCCESS ? begin(MDBX_TXN_READWRITE) : rc;
}

static int visit(const char *path, const struct stat *status, int kind, struct FTW *place) {
  (void)place;
  if (kind == FTW_NS || stopped)
    return stopped;
  run.rc = store(path, status);
  if (run.rc == MDBX_SUCCESS && run.entries % BATCH == 0)
    run.rc = end_of_batch();
  return run.rc != MDBX_SUCCESS || run.entries >= run.wanted;
}

static int build(int argc, char *argv[]) {
  run.wanted = strtoull(argv[0], NULL, 10);
  if (begin(MDBX_TXN_READWRITE) != MDBX_SUCCESS)
    return EXIT_FAILURE;
  show_size();
  for (int i = 1; i < argc && run.rc == MDBX_SUCCESS && run.entries < run.wanted; ++i)
    nftw(argv[i], visit, 64, FTW_PHYS);
  if (!run.txn || commit() != MDBX_SUCCESS || run.rc != MDBX_SUCCESS)
    return EXIT_FAILURE;
  show_size();
  return EXIT_SUCCESS;
}

/* ---------------------------------------------------------------------------------------------------------- write */

/* Changes the first entry not before a place, and moves the place some entries ahead; after the end it continues at the
 * beginning. */
static int touch_one(MDBX_cursor *cursor, char *place, size_t *length) {
  MDBX_val key = {place, *length}, data;
  struct entry entry;
  int rc = mdbx_cursor_get(cursor, &key, &data, MDBX_SET_RANGE);
  if (rc == MDBX_NOTFOUND)
    rc = mdbx_cursor_get(cursor, &key, &data, MDBX_FIRST);
  if (rc != MDBX_SUCCESS || data.iov_len != sizeof(entry))
    return rc == MDBX_SUCCESS ? MDBX_CORRUPTED : rc;
  memcpy(&entry, data.iov_base, sizeof(entry));
  entry.changes += 1;
  data.iov_base = &entry;
  rc = mdbx_cursor_put(cursor, &key, &data, MDBX_CURRENT);
  for (int i = 0; rc == MDBX_SUCCESS && i < STRIDE; ++i)
    rc = mdbx_cursor_get(cursor, &key, &data, MDBX_NEXT);
  *length = rc == MDBX_SUCCESS ? key.iov_len : 0;
  memcpy(place, key.iov_base, *length);
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

static int touch_some(char *place, size_t *length) {
  MDBX_cursor *cursor = NULL;
  int rc = begin(MDBX_TXN_READWRITE);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_cursor_open(run.txn, run.dbi, &cursor);
  for (int i = 0; rc == MDBX_SUCCESS && i < TOUCHES; ++i)
    rc = touch_one(cursor, place, length);
  mdbx_cursor_close(cursor);
  if (rc == MDBX_SUCCESS)
    return commit();
  if (run.txn)
    mdbx_txn_abort(run.txn);
  run.txn = NULL;
  return fail(rc, "cannot change an entry");
}

static int write_on(void) {
  char place[PATH_ROOM];
  size_t length = 0;
  uint64_t transactions = 0;
  int rc = MDBX_SUCCESS;
  while (!stopped && (rc = touch_some(place, &length)) == MDBX_SUCCESS)
    transactions += 1;
  printf("%" PRIu64 "\n", transactions);
  return rc == MDBX_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---------------------------------------------------------------------------------------------------------- halve */

/* Walks from *place on, deletes entries with the serial number `first` or greater, and updates the place, until the
 * batch is full. RESULT_TRUE at the end of the table. */
static int delete_batch(uint64_t first, char *place, size_t *length) {
  MDBX_cursor *cursor = NULL;
  MDBX_val key = {place, *length}, data;
  struct entry entry;
  int rc = mdbx_cursor_open(run.txn, run.dbi, &cursor);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_cursor_get(cursor, &key, &data, MDBX_SET_RANGE);
  for (int deleted = 0; rc == MDBX_SUCCESS && deleted < BATCH;) {
    memcpy(&entry, data.iov_base, sizeof(entry));
    if (entry.number >= first) {
      rc = mdbx_cursor_del(cursor, MDBX_CURRENT);
      deleted += 1;
      run.entries -= 1;
    }
    /* After a deletion the cursor stands before the successor, so this is right in both cases. */
    if (rc == MDBX_SUCCESS)
      rc = mdbx_cursor_get(cursor, &key, &data, MDBX_NEXT);
  }
  if (rc == MDBX_SUCCESS) {
    *length = key.iov_len;
    memcpy(place, key.iov_base, key.iov_len);
  }
  mdbx_cursor_close(cursor);
  return rc == MDBX_NOTFOUND ? MDBX_RESULT_TRUE : rc;
}

static int count_entries(void) {
  MDBX_stat stat;
  int rc = begin(MDBX_TXN_RDONLY);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_dbi_stat(run.txn, run.dbi, &stat, sizeof(stat));
  if (run.txn)
    mdbx_txn_abort(run.txn);
  run.txn = NULL;
  run.entries = rc == MDBX_SUCCESS ? stat.ms_entries : 0;
  return rc;
}

static int halve(void) {
  char place[PATH_ROOM];
  size_t length = 0;
  bool ended = false;
  int rc = count_entries();
  const uint64_t half = run.entries / 2;
  show_size();
  while (rc == MDBX_SUCCESS && !ended && !stopped) {
    rc = begin(MDBX_TXN_READWRITE);
    if (rc == MDBX_SUCCESS)
      rc = delete_batch(half, place, &length);
    ended = rc == MDBX_RESULT_TRUE;
    if (rc == MDBX_SUCCESS || ended)
      rc = commit();
    if (rc == MDBX_SUCCESS && run.shown_size > file_size() + run.shown_size / 8)
      show_size();
  }
  if (run.txn)
    mdbx_txn_abort(run.txn);
  show_size();
  return rc == MDBX_SUCCESS ? EXIT_SUCCESS : (fail(rc, "cannot delete"), EXIT_FAILURE);
}

/* ------------------------------------------------------------------------------------------------------------ get */

static int get(const char *path) {
  MDBX_val key = {(void *)(uintptr_t)path, strlen(path)}, data;
  struct entry entry;
  char when[32] = "?";
  int rc = begin(MDBX_TXN_RDONLY);
  if (rc == MDBX_SUCCESS && (rc = mdbx_get(run.txn, run.dbi, &key, &data)) == MDBX_SUCCESS) {
    memcpy(&entry, data.iov_base, data.iov_len < sizeof(entry) ? data.iov_len : sizeof(entry));
    const time_t changed = (time_t)entry.changed_at;
    const struct tm *at = localtime(&changed);
    if (at)
      strftime(when, sizeof(when), "%Y-%m-%d %H:%M", at);
    printf("  %s: mode %o, %" PRIu64 " bytes, changed %s\n", path, entry.type, entry.size, when);
  }
  if (run.txn)
    mdbx_txn_abort(run.txn);
  return rc == MDBX_SUCCESS ? EXIT_SUCCESS : (fail(rc, path), EXIT_FAILURE);
}

/* ----------------------------------------------------------------------------------------------------------- main */

static void stop(int number) {
  (void)number;
  stopped = 1;
}

static int command(int argc, char *argv[]) {
  if (argc >= 5 && strcmp(argv[1], "build") == 0)
    return build(argc - 3, argv + 3);
  if (argc == 3 && strcmp(argv[1], "write") == 0)
    return write_on();
  if (argc == 3 && strcmp(argv[1], "halve") == 0)
    return halve();
  if (argc == 4 && strcmp(argv[1], "get") == 0)
    return get(argv[3]);
  fprintf(stderr, "usage: demo_index build FILE COUNT FOLDER... | write FILE | halve FILE | get FILE PATH\n");
  return EXIT_FAILURE;
}

int main(int argc, char *argv[]) {
  signal(SIGTERM, stop);
  signal(SIGINT, stop);
  if (argc < 3)
    return command(0, argv);
  run.path = argv[2];
  if (open_index() != MDBX_SUCCESS)
    return EXIT_FAILURE;
  const int result = command(argc, argv);
  const int rc = mdbx_env_close(run.env);
  return rc == MDBX_SUCCESS ? result : (fail(rc, "cannot close"), EXIT_FAILURE);
}
