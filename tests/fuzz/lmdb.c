/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/lmdb.c: the target of database files that programs of LMDB open. The input is a file, as for file.c; a byte behind its
 * last whole 256 ones says how it is opened and what is done.
 *
 * What such a program does is done with it: it is walked in both directions and by pages of values, asked, changed, copied.
 * Nothing may crash or go on for ever; a call may fail.
 */
#include "image.h"

#include "lmdb.h"
#include "os/os.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { STEPS_MOST = 20000, TABLES_MOST = 6, NAME_MOST = 64, CHANGES = 8 };
enum use { USE_CHANGE = 8, USE_COPY = 16, USE_DROP = 32, USE_NESTED = 64, OTHER_BOOT = 128 };

static const unsigned modes[] = {MDB_NOSYNC,
                                 MDB_RDONLY,
                                 MDB_NOSYNC | MDB_WRITEMAP,
                                 MDB_RDONLY | MDB_NOLOCK,
                                 MDB_NOMETASYNC,
                                 MDB_NOTLS | MDB_NOSYNC,
                                 MDB_NORDAHEAD,
                                 MDB_NOMEMINIT | MDB_NOSYNC};
enum { MODES = sizeof(modes) / sizeof(modes[0]) };

/* Every byte that the library hands out can be read. */
static volatile uint8_t sum;

static void touch(const MDB_val *value) {
  const uint8_t *bytes = value->mv_data;
  for (size_t i = 0; i < value->mv_size; i += 1 + i / 64)
    sum ^= bytes[i];
  if (value->mv_size)
    sum ^= bytes[value->mv_size - 1];
}

static void walk(MDB_cursor *cursor, MDB_cursor_op first, MDB_cursor_op next) {
  MDB_val key = {0, NULL}, data = {0, NULL};
  unsigned steps = 0;
  for (int rc = mdb_cursor_get(cursor, &key, &data, first); rc == MDB_SUCCESS && ++steps < STEPS_MOST;
       rc = mdb_cursor_get(cursor, &key, &data, next)) {
    size_t count;
    touch(&key);
    touch(&data);
    if (steps % 16 == 1)
      mdb_cursor_count(cursor, &count);
  }
}

static void walk_values(MDB_cursor *cursor) {
  MDB_val key, data;
  unsigned steps = 0;
  for (int rc = mdb_cursor_get(cursor, &key, &data, MDB_FIRST); rc == MDB_SUCCESS && ++steps < STEPS_MOST;
       rc = mdb_cursor_get(cursor, &key, &data, MDB_NEXT_NODUP)) {
    for (int more = mdb_cursor_get(cursor, &key, &data, MDB_GET_MULTIPLE); more == MDB_SUCCESS && ++steps < STEPS_MOST;
         more = mdb_cursor_get(cursor, &key, &data, MDB_NEXT_MULTIPLE))
      touch(&data);
    if (mdb_cursor_get(cursor, &key, &data, MDB_LAST_DUP) == MDB_SUCCESS)
      touch(&data);
  }
}

static void read_table(MDB_txn *txn, MDB_dbi dbi) {
  MDB_cursor *cursor;
  MDB_stat stat;
  unsigned flags;
  mdb_stat(txn, dbi, &stat);
  if (mdb_dbi_flags(txn, dbi, &flags) != MDB_SUCCESS || mdb_cursor_open(txn, dbi, &cursor) != MDB_SUCCESS)
    return;
  walk(cursor, MDB_FIRST, MDB_NEXT);
  walk(cursor, MDB_LAST, MDB_PREV);
  if (flags & MDB_DUPSORT)
    walk_values(cursor);
  mdb_cursor_close(cursor);
}

/* As mdb_dump -a does: each key of the main table may be the name of one. */
static size_t open_tables(MDB_txn *txn, MDB_dbi dbis[TABLES_MOST]) {
  MDB_cursor *cursor;
  MDB_val key, data;
  size_t count = 0;
  unsigned steps = 0;
  if (mdb_dbi_open(txn, NULL, 0, &dbis[0]) != MDB_SUCCESS)
    return 0;
  count = 1;
  if (mdb_cursor_open(txn, dbis[0], &cursor) != MDB_SUCCESS)
    return count;
  while (count < TABLES_MOST && ++steps < STEPS_MOST &&
         mdb_cursor_get(cursor, &key, &data, MDB_NEXT_NODUP) == MDB_SUCCESS) {
    char name[NAME_MOST];
    if (key.mv_size >= sizeof(name) || memchr(key.mv_data, 0, key.mv_size))
      continue;
    memcpy(name, key.mv_data, key.mv_size);
    name[key.mv_size] = 0;
    count += mdb_dbi_open(txn, name, 0, &dbis[count]) == MDB_SUCCESS;
  }
  mdb_cursor_close(cursor);
  return count;
}

static int change(MDB_txn *txn, MDB_dbi dbi, uint64_t *random) {
  uint64_t bytes[4] = {fuzz_random(random), 1, 2, 3};
  MDB_val key = {1 + fuzz_below(random, 16), bytes}, data = {fuzz_below(random, sizeof(bytes)), bytes};
  MDB_cursor *cursor;
  int rc = mdb_put(txn, dbi, &key, &data, (unsigned)(fuzz_below(random, 4) ? 0 : MDB_NOOVERWRITE));
  if (fuzz_below(random, 3) == 0)
    rc = mdb_del(txn, dbi, &key, NULL);
  if (mdb_cursor_open(txn, dbi, &cursor) != MDB_SUCCESS)
    return rc;
  const MDB_cursor_op where = fuzz_below(random, 2) ? MDB_FIRST : MDB_LAST;
  if (mdb_cursor_get(cursor, &key, &data, where) == MDB_SUCCESS)
    rc = mdb_cursor_del(cursor, fuzz_below(random, 3) ? 0 : MDB_NODUPDATA);
  mdb_cursor_close(cursor);
  return rc;
}

static void change_all(MDB_env *env, MDB_txn *txn, const MDB_dbi *dbis, size_t count, uint8_t use) {
  uint64_t random = use;
  MDB_txn *child = txn;
  if (use & USE_NESTED && mdb_txn_begin(env, txn, 0, &child) != MDB_SUCCESS)
    child = txn;
  for (size_t i = 0; count && i < CHANGES; ++i)
    change(child, dbis[fuzz_below(&random, count)], &random);
  if (use & USE_DROP && count > 1)
    mdb_drop(child, dbis[count - 1], (int)fuzz_below(&random, 2));
  if (child != txn && mdb_txn_commit(child) != MDB_SUCCESS) {
    mdb_txn_abort(txn);
    return;
  }
  if (mdb_txn_commit(txn) == MDB_SUCCESS)
    mdb_env_sync(env, 1);
}

/* Keys and values are ordered by the table. */
static void compare_ends(MDB_txn *txn, MDB_dbi dbi) {
  MDB_cursor *cursor;
  MDB_val first, first_data, last, last_data;
  if (mdb_cursor_open(txn, dbi, &cursor) != MDB_SUCCESS)
    return;
  if (mdb_cursor_get(cursor, &first, &first_data, MDB_FIRST) == MDB_SUCCESS &&
      mdb_cursor_get(cursor, &last, &last_data, MDB_LAST) == MDB_SUCCESS) {
    (void)mdb_cmp(txn, dbi, &first, &last);
    (void)mdb_dcmp(txn, dbi, &first_data, &last_data);
    (void)mdb_cursor_is_db(cursor);
  }
  mdb_cursor_close(cursor);
}

static void use_in_txn(MDB_env *env, uint8_t use, bool writes) {
  MDB_txn *txn;
  MDB_dbi dbis[TABLES_MOST];
  if (mdb_txn_begin(env, NULL, writes ? 0 : MDB_RDONLY, &txn) != MDB_SUCCESS)
    return;
  const size_t count = open_tables(txn, dbis);
  for (size_t i = 0; i < count; ++i) {
    read_table(txn, dbis[i]);
    compare_ends(txn, dbis[i]);
  }
  if (writes)
    change_all(env, txn, dbis, count, use);
  else
    mdb_txn_abort(txn);
  for (size_t i = 1; i < count && use & USE_NESTED; ++i)
    mdb_dbi_close(env, dbis[i]);
}

static int ignore_line(const char *line, void *context) {
  (void)context;
  const MDB_val text = {strlen(line), (void *)(uintptr_t)line};
  touch(&text);
  return 0;
}

static void describe(MDB_env *env) {
  MDB_envinfo info;
  MDB_stat stat;
  int dead;
  mdb_env_stat(env, &stat);
  mdb_env_info(env, &info);
  mdb_reader_list(env, ignore_line, NULL);
  mdb_reader_check(env, &dead);
}

/* Brings a copy up to date by an increment from the commit that it is of. */
static void follow(MDB_env *env, size_t base) {
  MDB_env *copy;
  unlink(fuzz_path("increment"));
  if (mdb_env_incr_dump(env, fuzz_path("increment"), base) != MDB_SUCCESS)
    return;
  const int fd = open(fuzz_path("increment"), O_RDONLY);
  FUZZ_MUST(fd >= 0 && mdb_env_create(&copy) == MDB_SUCCESS);
  FUZZ_MUST(mdb_env_set_maxdbs(copy, TABLES_MOST) == MDB_SUCCESS);
  if (mdb_env_open(copy, fuzz_path("copy"), MDB_NOSUBDIR | MDB_NOSYNC, 0600) == MDB_SUCCESS) {
    const int rc = mdb_env_incr_loadfd(copy, fd);
    fuzz_trace("increment of transactions behind %zu: %d", base, rc);
    use_in_txn(copy, 0, false);
  }
  mdb_env_close(copy);
  close(fd);
}

static int copy_to_descriptor(MDB_env *env, const char *path, unsigned flags) {
  const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  FUZZ_MUST(fd >= 0);
  const int rc = mdb_env_copyfd2(env, fd, flags);
  close(fd);
  return rc;
}

static void use_it(MDB_env *env, uint8_t use) {
  MDB_envinfo info;
  const bool writes = use & USE_CHANGE && !(modes[use % MODES] & MDB_RDONLY), copies = use & USE_COPY;
  bool follows = false;
  describe(env);
  unlink(fuzz_path("copy"));
  unlink(fuzz_path("copy-lock"));
  if (copies && mdb_env_info(env, &info) == MDB_SUCCESS)
    follows = (use & USE_NESTED ? mdb_env_copy(env, fuzz_path("copy"))
                                : copy_to_descriptor(env, fuzz_path("copy"), 0)) == MDB_SUCCESS;
  use_in_txn(env, use, writes);
  if (follows)
    follow(env, info.me_last_txnid);
  unlink(fuzz_path("copy"));
  if (copies)
    mdb_env_copy2(env, fuzz_path("copy"), use & 1 ? MDB_CP_COMPACT : 0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  fuzz_setup();
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct image image;
  uint64_t boot[2] = {1, 2};
  MDB_env *env;
  if (size > IMAGE_MOST)
    return 0;
  const uint8_t use = size % IMAGE_UNIT ? data[size - size % IMAGE_UNIT] : USE_CHANGE | USE_COPY;
  image_take(&image, data, size - size % IMAGE_UNIT);
  image_seal(&image, 0);
  if (!(use & OTHER_BOOT))
    image_boot(&image, boot);
  os_bootid_pretend(boot);
  unlink(fuzz_path("db-lock"));
  fuzz_write_file("db", image.bytes, image.length);
  FUZZ_MUST(mdb_env_create(&env) == MDB_SUCCESS);
  FUZZ_MUST(mdb_env_set_maxdbs(env, TABLES_MOST) == MDB_SUCCESS);
  if (mdb_env_open(env, fuzz_path("db"), MDB_NOSUBDIR | modes[use % MODES], 0600) == MDB_SUCCESS)
    use_it(env, use);
  mdb_env_close(env);
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
  static struct image image;
  uint64_t random = seed;
  uint8_t use = size % IMAGE_UNIT ? data[size - size % IMAGE_UNIT] : USE_CHANGE | USE_COPY;
  image_take(&image, data, size - size % IMAGE_UNIT);
  if (fuzz_below(&random, 3) == 0)
    use = (uint8_t)fuzz_random(&random);
  else
    for (size_t times = 1 + fuzz_below(&random, 3); times; --times) {
      image_mutate(&image, &random);
      image_take(&image, image.bytes, image.length);
    }
  if (image.length + 1 > max_size)
    return size;
  memcpy(data, image.bytes, image.length);
  data[image.length] = use;
  return image.length + 1;
}
