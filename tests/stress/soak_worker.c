/* SPDX-License-Identifier: Apache-2.0 */
/* What the processes of the soak test do to the database. See soak.h. */
#include "soak.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CROWD_KEYS = 40, LARGE = 40000, SCAN = 600, PHASE = 150, LOOK_EVERY = 64, REOPEN_EVERY = 40 };

static uint64_t state;

static uint32_t chance(uint32_t below) {
  state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
  return (uint32_t)(state >> 33) % below;
}

MDBX_env *soak_open(const struct soak *soak, unsigned flags) {
  MDBX_env *env;
  MUST(mdbx_env_create(&env));
  MUST(mdbx_env_set_maxdbs(env, 4));
  MUST(mdbx_env_set_geometry(env, FILE_LOWER, -1, FILE_UPPER, 1 << 20, 2 << 20, -1));
  MUST(mdbx_env_open(env, soak->path, (MDBX_env_flags_t)(flags | MDBX_NOSUBDIR), 0600));
  return env;
}

struct tables {
  MDBX_dbi plain, multi, counters;
};

static void open_tables(MDBX_txn *txn, unsigned create, struct tables *tables) {
  MUST(mdbx_dbi_open(txn, "plain", (MDBX_db_flags_t)(create | MDBX_INTEGERKEY), &tables->plain));
  MUST(mdbx_dbi_open(txn, "multi", (MDBX_db_flags_t)(create | MDBX_DUPSORT), &tables->multi));
  MUST(mdbx_dbi_open(txn, "counters", (MDBX_db_flags_t)(create | MDBX_INTEGERKEY), &tables->counters));
}

/* -------------------------------------------------------------------------------------------------------- resources */

static uint32_t memory_in_use(void) {
  char line[128];
  unsigned long kib = 0;
  FILE *file = fopen("/proc/self/status", "re");
  while (file && fgets(line, sizeof(line), file))
    if (sscanf(line, "RssAnon: %lu", &kib) == 1)
      break;
  if (file)
    fclose(file);
  return (uint32_t)kib;
}

static uint32_t descriptors_in_use(void) {
  uint32_t count = 0;
  DIR *folder = opendir("/proc/self/fd");
  for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
    count += entry->d_name[0] != '.';
  if (folder)
    closedir(folder);
  return count;
}

static uint32_t mappings_in_use(void) {
  uint32_t count = 0;
  FILE *file = fopen("/proc/self/maps", "re");
  for (int c; file && (c = getc(file)) != EOF;)
    count += c == '\n';
  if (file)
    fclose(file);
  return count;
}

static void note_most(_Atomic uint32_t *most, uint32_t now) {
  if (now > atomic_load(most))
    atomic_store(most, now);
}

static void look_at_resources(struct worker *worker) {
  note_most(&worker->memory, memory_in_use());
  note_most(&worker->descriptors, descriptors_in_use());
  note_most(&worker->mappings, mappings_in_use());
}

/* ---------------------------------------------------------------------------------------------------------- records */

/* The length of a value follows from its key and its version, and all its bytes from these. */
static size_t length_of(uint32_t number, uint32_t version) {
  const uint32_t mixed = (number * 31 + version) * 2654435761u >> 8;
  return mixed % 128 == 0 ? 8 + mixed % LARGE : 8 + mixed % 300;
}

static MDBX_val make_value(uint8_t *bytes, uint32_t number, uint32_t version) {
  const size_t length = length_of(number, version);
  memcpy(bytes, &number, 4);
  memcpy(bytes + 4, &version, 4);
  memset(bytes + 8, (int)((number ^ version) & 0xff), length - 8);
  return (MDBX_val){bytes, length};
}

static void must_be_whole(const MDBX_val *key, const MDBX_val *value) {
  uint32_t number, version;
  MUST_BE(key->iov_len == 4 && value->iov_len >= 8);
  memcpy(&number, value->iov_base, 4);
  memcpy(&version, (const uint8_t *)value->iov_base + 4, 4);
  MUST_BE(memcmp(key->iov_base, &number, 4) == 0 && value->iov_len == length_of(number, version));
  const uint8_t *bytes = value->iov_base;
  for (size_t i = 8; i < value->iov_len; ++i)
    MUST_BE(bytes[i] == ((number ^ version) & 0xff));
}

/* ---------------------------------------------------------------------------------------------------------- writing */

static void must_or_not_there(int rc) { MUST(rc == MDBX_NOTFOUND || rc == MDBX_KEYEXIST ? MDBX_SUCCESS : rc); }

/* growth: of 100 changes so many store. */
static void change(MDBX_txn *txn, const struct tables *tables, unsigned count, unsigned growth) {
  static uint8_t bytes[LARGE + 8];
  for (unsigned i = 0; i < count; ++i) {
    uint32_t number = chance(NUMBERS), crowd = number % CROWD_KEYS;
    MDBX_val key = {&number, 4}, crowd_key = {&crowd, 4}, item = {&number, 4};
    if (chance(100) < growth) {
      MDBX_val value = make_value(bytes, number, chance(1000));
      MUST(mdbx_put(txn, tables->plain, &key, &value, MDBX_UPSERT));
      must_or_not_there(mdbx_put(txn, tables->multi, &crowd_key, &item, MDBX_NODUPDATA));
    } else {
      must_or_not_there(mdbx_del(txn, tables->plain, &key, NULL));
      must_or_not_there(mdbx_del(txn, tables->multi, &crowd_key, &item));
    }
  }
}

/* Removes the records from a drawn one on. */
static void cut_range(MDBX_txn *txn, const struct tables *tables) {
  MDBX_cursor *cursor;
  MDBX_val key, value;
  uint32_t from = chance(NUMBERS);
  MUST(mdbx_cursor_open(txn, tables->plain, &cursor));
  key = (MDBX_val){&from, 4};
  for (int i = 0, rc = mdbx_cursor_get(cursor, &key, &value, MDBX_SET_RANGE); i < 500 && rc == MDBX_SUCCESS; ++i) {
    MUST(mdbx_cursor_del(cursor, MDBX_UPSERT));
    rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT);
  }
  mdbx_cursor_close(cursor);
}

static uint32_t counter_of(MDBX_txn *txn, const struct tables *tables, uint32_t writer) {
  MDBX_val key = {&writer, 4}, value;
  uint32_t count = 0;
  const int rc = mdbx_get(txn, tables->counters, &key, &value);
  must_or_not_there(rc);
  if (rc == MDBX_SUCCESS)
    memcpy(&count, value.iov_base, 4);
  return count;
}

/* Grows, stays, shrinks, by turns. */
static unsigned growth_now(const struct soak *soak) {
  static const unsigned phases[] = {90, 90, 55, 10};
  return phases[atomic_load(&soak->commits) / PHASE % 4];
}

static void change_nested(MDBX_env *env, MDBX_txn *txn, const struct tables *tables, unsigned growth) {
  MDBX_txn *child;
  MUST(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
  change(child, tables, chance(30), growth);
  MUST(chance(2) ? mdbx_txn_commit(child) : mdbx_txn_abort(child));
}

static void write_once(struct soak *soak, MDBX_env *env, uint32_t number) {
  struct worker *me = &soak->workers[number];
  const unsigned growth = growth_now(soak);
  struct tables tables;
  MDBX_txn *txn;
  MUST(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  open_tables(txn, MDBX_CREATE, &tables);
  uint32_t count = counter_of(txn, &tables, number) + 1;
  MDBX_val key = {&number, 4}, value = {&count, 4};
  MUST(mdbx_put(txn, tables.counters, &key, &value, MDBX_UPSERT));
  change(txn, &tables, 1 + chance(chance(10) ? 30 : 3000), growth);
  if (growth < 50)
    cut_range(txn, &tables);
  if (!(soak->flags & MDBX_WRITEMAP) && !chance(4))
    change_nested(env, txn, &tables, growth);
  if (!chance(12)) {
    MUST(mdbx_txn_abort(txn));
    return;
  }
  atomic_store(&me->begun, count);
  MUST(mdbx_txn_commit(txn));
  atomic_store(&me->committed, count);
  atomic_fetch_add(&soak->commits, 1);
}

/* ---------------------------------------------------------------------------------------------------------- reading */

static uint64_t scan(MDBX_txn *txn, const struct tables *tables, uint32_t from, uint64_t most) {
  MDBX_cursor *cursor;
  MDBX_val key = {&from, 4}, value;
  uint64_t count = 0;
  MUST(mdbx_cursor_open(txn, tables->plain, &cursor));
  int rc = mdbx_cursor_get(cursor, &key, &value, MDBX_SET_RANGE);
  for (; rc == MDBX_SUCCESS && count < most; ++count, rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT))
    must_be_whole(&key, &value);
  MUST_BE(rc == MDBX_SUCCESS || rc == MDBX_NOTFOUND);
  mdbx_cursor_close(cursor);
  return count;
}

/* The same key is in both tables: each transaction changes both, but ranges are cut from the plain one only. */
static void compare_tables(MDBX_txn *txn, const struct tables *tables) {
  for (unsigned i = 0; i < 50; ++i) {
    uint32_t number = chance(NUMBERS), crowd = number % CROWD_KEYS;
    MDBX_val key = {&number, 4}, crowd_key = {&crowd, 4}, item = {&number, 4}, value;
    if (mdbx_get(txn, tables->plain, &key, &value) != MDBX_SUCCESS)
      continue;
    must_be_whole(&key, &value);
    MDBX_cursor *cursor;
    MUST(mdbx_cursor_open(txn, tables->multi, &cursor));
    MUST(mdbx_cursor_get(cursor, &crowd_key, &item, MDBX_GET_BOTH));
    mdbx_cursor_close(cursor);
  }
}

/* A reader that stays looks at the same snapshot again, whatever was committed meanwhile. */
static void stay(MDBX_txn *txn, const struct tables *tables) {
  const uint32_t from = chance(NUMBERS);
  const uint64_t before = scan(txn, tables, from, SCAN);
  usleep(chance(1000000));
  MUST_BE(scan(txn, tables, from, SCAN) == before);
}

uint64_t soak_verify(struct soak *soak, MDBX_env *env, bool all) {
  uint32_t committed[WRITERS];
  struct tables tables;
  MDBX_txn *txn;
  for (uint32_t i = 0; i < WRITERS; ++i)
    committed[i] = atomic_load(&soak->workers[i].committed);
  MUST(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn));
  open_tables(txn, 0, &tables);
  for (uint32_t i = 0; i < WRITERS; ++i) {
    const uint32_t count = counter_of(txn, &tables, i);
    MUST_BE(count >= committed[i] && count <= atomic_load(&soak->workers[i].begun));
  }
  const uint64_t count = all ? scan(txn, &tables, 0, UINT64_MAX) : scan(txn, &tables, chance(NUMBERS), SCAN);
  compare_tables(txn, &tables);
  if (!all && !chance(15))
    stay(txn, &tables);
  MUST(mdbx_txn_abort(txn));
  return count;
}

void soak_empty(MDBX_env *env) {
  struct tables tables;
  MDBX_txn *txn;
  MUST(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  open_tables(txn, MDBX_CREATE, &tables);
  MUST(mdbx_drop(txn, tables.plain, false));
  MUST(mdbx_drop(txn, tables.multi, false));
  MUST(mdbx_txn_commit(txn));
}

/* ---------------------------------------------------------------------------------------------------------- workers */

static void read_once(struct soak *soak, MDBX_env *env, uint32_t number) {
  soak_verify(soak, env, false);
  atomic_fetch_add(&soak->workers[number].snapshots, 1);
}

void soak_work(struct soak *soak, unsigned number) {
  const unsigned flags = number < WRITERS ? soak->flags : MDBX_RDONLY | MDBX_ACCEDE;
  state = (uint64_t)getpid() * 7919 + number;
  MDBX_env *env = soak_open(soak, flags);
  const pid_t parent = getppid(); /* when it is gone, nobody says stop */
  for (unsigned long turn = 0; !atomic_load(&soak->stop) && getppid() == parent; ++turn) {
    if (turn % REOPEN_EVERY == REOPEN_EVERY - 1) {
      MUST(mdbx_env_close(env));
      env = soak_open(soak, flags);
    }
    if (turn % LOOK_EVERY == 0)
      look_at_resources(&soak->workers[number]);
    if (number < WRITERS)
      write_once(soak, env, number);
    else
      read_once(soak, env, number);
  }
  look_at_resources(&soak->workers[number]);
  MUST(mdbx_env_close(env));
}
