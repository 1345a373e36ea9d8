/* SPDX-License-Identifier: Apache-2.0 */
#include "tool_files.h"

#include <mdbx.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MOST = 16, NAME_LENGTH = 64 };

static struct file {
  char name[NAME_LENGTH];
  struct bytes bytes;
  struct stat status; /* as it was put back */
} files[FILES_MOST];
static size_t file_count;

static _Noreturn void give_up(const char *what, const char *name, const char *why) {
  fprintf(stderr, "tools: %s %s: %s\n", what, name, why);
  exit(99);
}

static void must(int rc, const char *call) {
  if (rc != MDBX_SUCCESS)
    give_up("making the files:", call, mdbx_strerror(rc));
}
#define MUST(call) must(call, #call)

/* ------------------------------------------------------------------------------------------------------------ bytes */

bool bytes_read(const char *name, struct bytes *bytes) {
  struct stat status;
  const int fd = open(name, O_RDONLY | O_CLOEXEC);
  *bytes = (struct bytes){NULL, 0};
  if (fd < 0)
    return false;
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
    bytes->at = malloc((size_t)status.st_size + 1);
  if (bytes->at) {
    const ssize_t length = read(fd, bytes->at, (size_t)status.st_size);
    bytes->length = length < 0 ? 0 : (size_t)length;
    bytes->at[bytes->length] = '\0';
  }
  close(fd);
  return bytes->at != NULL;
}

bool bytes_are(const struct bytes *a, const struct bytes *b) {
  return a->length == b->length && (!a->length || memcmp(a->at, b->at, a->length) == 0);
}

void bytes_free(struct bytes *bytes) {
  free(bytes->at);
  *bytes = (struct bytes){NULL, 0};
}

static void write_file(const char *name, const void *at, size_t length) {
  const int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0 || write(fd, at, length) != (ssize_t)length || close(fd) != 0)
    give_up("writing", name, strerror(errno));
}

void files_write(const char *name, const struct bytes *bytes) { write_file(name, bytes->at, bytes->length); }

static void write_text(const char *name, const char *text) { write_file(name, text, strlen(text)); }

/* -------------------------------------------------------------------------------------------------------- databases */

static MDBX_env *open_database(const char *name, unsigned flags) {
  MDBX_env *env;
  MUST(mdbx_env_create(&env));
  MUST(mdbx_env_set_maxdbs(env, 8));
  MUST(mdbx_env_set_geometry(env, 0, 0, 4 << 20, 16384, 32768, 1024));
  MUST(mdbx_env_open(env, name, (MDBX_env_flags_t)(MDBX_NOSUBDIR | flags), 0644));
  return env;
}

static void put(MDBX_txn *txn, MDBX_dbi dbi, unsigned number, size_t length, unsigned fill) {
  char name[24], bytes[8000];
  memset(bytes, (int)('a' + fill % 26), length);
  snprintf(name, sizeof(name), "key-%04u", number);
  const MDBX_val key = {name, strlen(name)};
  MDBX_val value = {bytes, length};
  MUST(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
}

static void fill(MDBX_env *env, unsigned records) {
  MDBX_txn *txn;
  MDBX_dbi plain, several, large;
  MUST(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  MUST(mdbx_dbi_open(txn, "plain", MDBX_CREATE, &plain));
  MUST(mdbx_dbi_open(txn, "several", MDBX_CREATE | MDBX_DUPSORT, &several));
  MUST(mdbx_dbi_open(txn, "large", MDBX_CREATE, &large));
  for (unsigned i = 0; i < records; ++i) {
    put(txn, plain, i, 60, i);
    put(txn, several, i % 12, 1 + i % 20, i);
  }
  for (unsigned i = 0; i < 3; ++i)
    put(txn, large, i, 3000 + 1000 * i, i);
  put(txn, 1, records, 10, records);
  MUST(mdbx_canary_put(txn, &(MDBX_canary){1, 2, 3, 4}));
  MUST(mdbx_txn_commit(txn));
}

/* So that pages in the middle are free. */
static void thin_out(MDBX_env *env, unsigned records) {
  MDBX_txn *txn;
  MDBX_dbi plain;
  MUST(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  MUST(mdbx_dbi_open(txn, "plain", MDBX_DB_DEFAULTS, &plain));
  for (unsigned i = 0; i < records; ++i)
    if (i % 40 > 20) {
      char name[24];
      snprintf(name, sizeof(name), "key-%04u", i);
      MUST(mdbx_del(txn, plain, &(MDBX_val){name, strlen(name)}, NULL));
    }
  MUST(mdbx_txn_commit(txn));
}

/* The file as a system crash leaves it: with commits that no flush followed. */
static void make_weak(void) {
  struct bytes bytes;
  MDBX_env *env = open_database("made", MDBX_SYNC_DURABLE);
  fill(env, 40);
  MUST(mdbx_env_close(env));
  env = open_database("made", MDBX_SAFE_NOSYNC);
  fill(env, 60);
  fill(env, 80);
  if (!bytes_read("made", &bytes))
    give_up("reading", "made", strerror(errno));
  write_file("weak", bytes.at, bytes.length);
  bytes_free(&bytes);
  MUST(mdbx_env_close(env));
}

static void make_lines(void) {
  char text[2000];
  size_t length = 0;
  for (unsigned i = 0; i < 35; ++i)
    length += (size_t)snprintf(text + length, sizeof(text) - length, "zz-%04u\nvalue\n", i);
  write_file("lines", text, length);
}

static void keep(const char *name) {
  struct file *file = &files[file_count];
  if (!bytes_read(name, &file->bytes))
    return;
  snprintf(file->name, sizeof(file->name), "%s", name);
  file_count += 1;
}

void files_make(bool (*run)(const char *tool, const char *words)) {
  static const char *const names[] = {"db",   "weak",  "whole", "old",  "increment",
                                      "text", "lines", "cdb",   "lmdb", "commands"};
  MDBX_env *env = open_database("db", MDBX_SYNC_DURABLE);
  fill(env, 200);
  MUST(mdbx_env_copy(env, "whole", MDBX_CP_DEFAULTS));
  thin_out(env, 200);
  MUST(mdbx_env_close(env));
  make_weak();
  make_lines();
  write_text("old", "what was there before\n");
  write_text("cdb", "+7,5:new-key->value\n+8,2:new-key2->no\n\n");
  write_text("commands",
             "tables\nbegin\nput zb c\nbegin\nput zc d\ncommit\nput zd e\ncommit\nget zb\n.output made\ncount\n");
  write_text("ltext", "VERSION=3\nformat=print\ntype=btree\nmapsize=1048576\nHEADER=END\n key\n value\nDATA=END\n");
  if (!run("mdbx", "backup -q --since-copy whole db increment") || !run("mdbx_dump", "-a -f text db"))
    give_up("making", "the files", "a tool failed");
  if (!run("mdb_load", "-n -f ltext lmdb"))
    printf("there is no mdb_load: import is left out\n");
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i)
    keep(names[i]);
  files_restore();
}

/* ---------------------------------------------------------------------------------------------------------- folder */

const struct bytes *files_original(const char *name) {
  for (size_t i = 0; i < file_count; ++i)
    if (strcmp(files[i].name, name) == 0)
      return &files[i].bytes;
  return NULL;
}

bool files_each(bool (*see)(void *context, const char *name), void *context) {
  DIR *folder = opendir(".");
  bool goes_on = folder != NULL;
  if (!folder)
    give_up("reading", "the folder", strerror(errno));
  for (const struct dirent *entry; goes_on && (entry = readdir(folder));)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      goes_on = see(context, entry->d_name);
  closedir(folder);
  return goes_on;
}

static bool remove_entry(void *context, const char *name) {
  char path[300];
  (void)context;
  if (files_original(name) || unlink(name) == 0)
    return true;
  /* A database in a folder. */
  snprintf(path, sizeof(path), "%s" MDBX_DATANAME, name);
  unlink(path);
  snprintf(path, sizeof(path), "%s" MDBX_LOCKNAME, name);
  unlink(path);
  if (rmdir(name) != 0)
    give_up("removing", name, strerror(errno));
  return true;
}

static bool is_as_it_was(const struct file *file) {
  struct stat now;
  return stat(file->name, &now) == 0 && now.st_ino == file->status.st_ino && now.st_size == file->status.st_size &&
         now.st_mtim.tv_sec == file->status.st_mtim.tv_sec && now.st_mtim.tv_nsec == file->status.st_mtim.tv_nsec;
}

void files_restore(void) {
  files_each(remove_entry, NULL);
  for (struct file *file = files; file < files + file_count; ++file)
    if (!is_as_it_was(file)) {
      unlink(file->name);
      write_file(file->name, file->bytes.at, file->bytes.length);
      stat(file->name, &file->status);
    }
}

/* --------------------------------------------------------------------------------------------------------- contents */

static uint64_t mix(uint64_t sum, const void *bytes, size_t length) {
  for (size_t i = 0; i < length; ++i)
    sum = (sum ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
  return sum * 31 + length;
}

/* The main table is read as records too: that makes the names of the tables part of the sum. */
static int digest_table(MDBX_txn *txn, MDBX_dbi dbi, uint64_t *sum) {
  MDBX_cursor *cursor;
  MDBX_val key, value;
  int rc = mdbx_cursor_open(txn, dbi, &cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = mdbx_cursor_get(cursor, &key, &value, MDBX_FIRST);
  for (; rc == MDBX_SUCCESS; rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT)) {
    MDBX_dbi inner;
    *sum = mix(*sum, key.iov_base, key.iov_len);
    if (dbi != 1 || mdbx_dbi_open2(txn, &key, MDBX_DB_ACCEDE, &inner) != MDBX_SUCCESS)
      *sum = mix(*sum, value.iov_base, value.iov_len);
    else
      rc = digest_table(txn, inner, sum);
    if (rc != MDBX_SUCCESS)
      break;
  }
  mdbx_cursor_close(cursor);
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

static int digest_snapshot(MDBX_env *env, uint64_t *sum) {
  MDBX_txn *txn;
  MDBX_canary canary;
  MDBX_envinfo info;
  int rc = mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  *sum = 7;
  rc = digest_table(txn, 1, sum);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_canary_get(txn, &canary);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_info_ex(env, txn, &info, sizeof(info));
  if (rc == MDBX_SUCCESS) {
    const uint64_t numbers[] = {canary.x, canary.y, canary.z, info.mi_geo.upper, info.mi_geo.grow};
    *sum = mix(*sum, numbers, sizeof(numbers));
  }
  mdbx_txn_abort(txn);
  return rc;
}

/* A writer can begin at once, and the checker finds nothing. */
static int prove_sound(MDBX_env *env) {
  MDBX_txn *txn;
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  memset(&context, 0, sizeof(context));
  int rc = mdbx_txn_begin(env, NULL, MDBX_TXN_TRY, &txn);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_txn_abort(txn);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0);
  return rc == MDBX_SUCCESS && context.result.total_problems ? MDBX_CORRUPTED : rc;
}

int files_digest(const char *name, uint64_t *digest) {
  MDBX_env *env;
  struct stat status;
  const bool folder = stat(name, &status) == 0 && S_ISDIR(status.st_mode);
  *digest = 0;
  int rc = mdbx_env_create(&env);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = mdbx_env_set_maxdbs(env, 8);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_open(env, name, (folder ? 0 : MDBX_NOSUBDIR) | MDBX_ACCEDE, 0);
  if (rc == MDBX_SUCCESS)
    rc = prove_sound(env);
  if (rc == MDBX_SUCCESS)
    rc = digest_snapshot(env, digest);
  mdbx_env_close_ex(env, false);
  return rc;
}
