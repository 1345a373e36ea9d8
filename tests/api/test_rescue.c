/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of a damaged database: a leaf costs its records, a branch nothing while its leaves can be found. */
#include "api.h"

#include "format/leaf.h"
#include "format/page.h"

#include <fcntl.h>
#include <unistd.h>

enum { KINDS = 7, UNTOLD, RECORDS = 6000, KEYS_MANY = 10 };

/* Each table has RECORDS records; what they are follows from their number. */
static const struct {
  const char *name;
  unsigned flags;
} kinds[KINDS] = {{"plain", 0},
                  {"reverse", MDBX_REVERSEKEY},
                  {"integer", MDBX_INTEGERKEY},
                  {"values", MDBX_DUPSORT},
                  {"fixed", MDBX_DUPSORT | MDBX_DUPFIXED},
                  {"large", 0},
                  {"twin", 0}}; /* of "plain" */

/* Several tables have the same keys, so that what is found could belong to any of them. */
static void make_record(unsigned kind, unsigned i, char key[32], MDBX_val *k, char data[3000], MDBX_val *d) {
  uint64_t number = i;
  memset(data, 'v', 3000);
  if (kind == 2)
    memcpy(key, &number, sizeof(number));
  else if (kind == 4 || (kind == 3 && i < RECORDS / 2)) /* keys with many values, and with a few */
    snprintf(key, 32, "key%08u", i % KEYS_MANY * 400);
  else if (kind == 3)
    snprintf(key, 32, "key%08u", i / 3 * 3 + 1);
  else
    snprintf(key, 32, "key%08u", i);
  if (kind == 3 || kind == 4)
    snprintf(data, 3000, "%s value %08u", kinds[kind].name, i);
  else
    snprintf(data, 3000, "value %08u of %s, of some length", i, kinds[kind].name);
  const size_t length = strlen(data);
  data[length] = 'v';
  *k = (MDBX_val){key, kind == 2 ? sizeof(number) : strlen(key)};
  *d = (MDBX_val){data, kind == 5 ? 2500 : length};
}

static void fill(MDBX_env *env, unsigned only) {
  char key[32], data[3000];
  MDBX_val k, d;
  for (unsigned kind = 0; kind < KINDS; ++kind) {
    if (only < KINDS && kind != only)
      continue;
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    const MDBX_dbi dbi = api_table(txn, kinds[kind].name, MDBX_CREATE | kinds[kind].flags);
    for (unsigned i = 0; i < (kind == 5 ? RECORDS / 20u : RECORDS); ++i) {
      make_record(kind, i, key, &k, data, &d);
      OK(mdbx_put(txn, dbi, &k, &d, MDBX_UPSERT));
    }
    OK(mdbx_txn_commit(txn));
  }
  /* Old versions of pages are to lie about. */
  for (int round = 0; round < 3; ++round) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    for (unsigned kind = 0; kind < KINDS; ++kind) {
      if (only < KINDS && kind != only)
        continue;
      const MDBX_dbi dbi = api_table(txn, kinds[kind].name, kinds[kind].flags);
      make_record(kind, 7, key, &k, data, &d);
      OK(mdbx_del(txn, dbi, &k, kind == 3 || kind == 4 ? &d : NULL));
      OK(mdbx_put(txn, dbi, &k, &d, MDBX_UPSERT));
    }
    OK(mdbx_txn_commit(txn));
  }
}

/* ------------------------------------------------------------------------------------------------------ what to damage */

struct choice {
  const char *table;
  MDBX_page_type_t type;
  int deep;
  unsigned skip;  /* pages of the kind to pass over */
  uint64_t page;  /* chosen */
  size_t entries; /* on it */
  bool whole;     /* nothing of the page is left */
};

static int choose_page(uint64_t pgno, unsigned number, void *context, int deep, const char *name, size_t bytes,
                       MDBX_page_type_t type, size_t entries, size_t payload, size_t header, size_t unused) {
  struct choice *choice = context;
  (void)bytes, (void)payload, (void)header, (void)unused;
  if (!number || choice->page || type != choice->type || deep != choice->deep || strcmp(name, choice->table) != 0)
    return MDBX_SUCCESS;
  if (choice->skip-- > 0)
    return MDBX_SUCCESS;
  choice->page = pgno;
  choice->entries = entries;
  return MDBX_SUCCESS;
}

static void overwrite(uint64_t page, size_t size) {
  const int fd = open(unit_path(API_DB), O_RDWR);
  char bytes[4096];
  memset(bytes, 0x5a, sizeof(bytes));
  ck_assert_int_eq(pwrite(fd, bytes, size, (off_t)(page * 4096 + 8)), (ssize_t)size);
  close(fd);
}

static void damage(struct choice *choice) {
  MDBX_env *env = api_open(MDBX_RDONLY);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_env_pgwalk(txn, choose_page, choice));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  if (!choice->page)
    return;
  overwrite(choice->page, choice->whole ? 4088 : 64);
}

/* ----------------------------------------------------------------------------------------------------- what comes back */

struct harvest {
  unsigned kind; /* of the table that is told now; KINDS: another one */
  unsigned records[KINDS], losses[KINDS], wrong;
  uint64_t expected[KINDS], told[KINDS];
  size_t leaves_found;
  uint8_t seen[KINDS][RECORDS];
  /* Of tables whose names are lost. */
  unsigned orphans, fitting, remains, doubts;
  unsigned flags; /* of the one that is told now */
};

/* Whose a record is, that is in a table with a name that is made up. */
static unsigned kind_of_value(const MDBX_val *value) {
  for (unsigned kind = 0; kind < KINDS; ++kind) {
    char text[40];
    snprintf(text, sizeof(text), kind == 3 || kind == 4 ? "%s value " : "of %s, ", kinds[kind].name);
    if (memmem(value->iov_base, value->iov_len, text, strlen(text)))
      return kind;
  }
  return KINDS;
}

static int take_orphan(struct harvest *harvest, const MDBX_rescue_table_t *table) {
  char name[32];
  snprintf(name, sizeof(name), "lost-%u", (unsigned)table->orphan);
  harvest->wrong += !api_equal(table->name, name) || !table->first.iov_base || !table->last.iov_base;
  harvest->kind = UNTOLD;
  harvest->flags = table->flags;
  harvest->orphans += 1;
  harvest->fitting += table->fits > 1;
  harvest->remains += table->remains.iov_base != NULL;
  return MDBX_SUCCESS;
}

static int take_table(void *context, const MDBX_rescue_table_t *table) {
  struct harvest *harvest = context;
  harvest->kind = KINDS;
  if (table->orphan)
    return take_orphan(harvest, table);
  for (unsigned kind = 0; table->name && kind < KINDS; ++kind)
    if (api_equal(table->name, kinds[kind].name))
      harvest->kind = kind;
  harvest->wrong += harvest->kind < KINDS && table->flags != (MDBX_db_flags_t)kinds[harvest->kind].flags;
  if (harvest->kind < KINDS)
    harvest->expected[harvest->kind] = table->records;
  return harvest->kind == KINDS && table->name ? MDBX_RESULT_TRUE : MDBX_SUCCESS;
}

static int take_loss(void *context, const MDBX_rescue_loss_t *loss) {
  struct harvest *harvest = context;
  harvest->doubts += loss->orphan;
  if (harvest->kind < KINDS)
    harvest->losses[harvest->kind] += 1;
  harvest->leaves_found += loss->leaves_found;
  harvest->wrong += loss->error != MDBX_CORRUPTED || !loss->page;
  return MDBX_SUCCESS;
}

static int take_record(void *context, const MDBX_val *key, const MDBX_val *value) {
  struct harvest *harvest = context;
  char k_bytes[32], d_bytes[3000];
  MDBX_val k, d;
  unsigned number = 0;
  const char *digits = memchr(value->iov_base, ' ', value->iov_len);
  if (harvest->kind == UNTOLD) {
    harvest->kind = kind_of_value(value);
    harvest->wrong += harvest->kind == KINDS || harvest->flags != kinds[harvest->kind].flags;
  }
  if (harvest->kind == KINDS)
    return MDBX_SUCCESS;
  if (harvest->kind == 3 || harvest->kind == 4)
    digits = memchr(digits + 1, ' ', 10);
  sscanf(digits, " %8u", &number);
  if (number >= RECORDS || harvest->seen[harvest->kind][number]++) {
    harvest->wrong += 1;
    return MDBX_SUCCESS;
  }
  make_record(harvest->kind, number, k_bytes, &k, d_bytes, &d);
  harvest->wrong += k.iov_len != key->iov_len || memcmp(k.iov_base, key->iov_base, k.iov_len) != 0 ||
                    d.iov_len != value->iov_len || memcmp(d.iov_base, value->iov_base, d.iov_len) != 0;
  harvest->records[harvest->kind] += 1;
  return MDBX_SUCCESS;
}

static int take_end(void *context, const MDBX_rescue_table_t *table, uint64_t told) {
  struct harvest *harvest = context;
  (void)table;
  if (harvest->kind < KINDS)
    harvest->told[harvest->kind] += told;
  return MDBX_SUCCESS;
}

/* Values whose keys are lost are the keys of tables of their own. */
struct orphan_values {
  unsigned tables, records;
  bool orphan;
};

static int value_table(void *context, const MDBX_rescue_table_t *table) {
  struct orphan_values *values = context;
  values->orphan = table->orphan != 0;
  values->tables += values->orphan;
  return MDBX_SUCCESS;
}

static int value_loss(void *context, const MDBX_rescue_loss_t *loss) {
  (void)context, (void)loss;
  return MDBX_SUCCESS;
}

static int value_record(void *context, const MDBX_val *key, const MDBX_val *value) {
  struct orphan_values *values = context;
  values->records += values->orphan && !value->iov_len && kind_of_value(key) < KINDS;
  return MDBX_SUCCESS;
}

static int value_end(void *context, const MDBX_rescue_table_t *table, uint64_t told) {
  (void)context, (void)table, (void)told;
  return MDBX_SUCCESS;
}

static const MDBX_rescue_callbacks_t value_callbacks = {value_table, value_loss, value_record, value_end};

static const MDBX_rescue_callbacks_t callbacks = {take_table, take_loss, take_record, take_end};

static int rescue(struct harvest *harvest) {
  MDBX_env *env = api_open(MDBX_RDONLY);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  memset(harvest, 0, sizeof(*harvest));
  const int rc = mdbx_rescue(txn, &callbacks, harvest);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  ck_assert_uint_eq(harvest->wrong, 0);
  for (unsigned kind = 0; kind < KINDS; ++kind)
    ck_assert_uint_eq(harvest->told[kind], harvest->records[kind]);
  return rc;
}

static unsigned records_of(unsigned kind) { return kind == 5 ? RECORDS / 20u : RECORDS; }

static struct harvest harvest;

START_TEST(sound_database) {
  MDBX_env *env = api_open(0);
  fill(env, KINDS);
  OK(mdbx_env_close(env));
  IS(rescue(&harvest), MDBX_SUCCESS);
  for (unsigned kind = 0; kind < KINDS; ++kind) {
    ck_assert_uint_eq(harvest.records[kind], records_of(kind));
    ck_assert_uint_eq(harvest.expected[kind], records_of(kind));
    ck_assert_uint_eq(harvest.losses[kind], 0);
  }
}
END_TEST

static void expect_lost(unsigned kind, size_t least, size_t most) {
  for (unsigned other = 0; other < KINDS; ++other)
    if (other != kind)
      ck_assert_uint_eq(harvest.records[other], records_of(other));
  const size_t lost = records_of(kind) - harvest.records[kind];
  ck_assert_msg(lost >= least && lost <= most, "%s: %zu lost, not %zu to %zu", kinds[kind].name, lost, least, most);
}

/* A leaf at both ends and in the middle. */
START_TEST(leaf_costs_its_records) {
  static const unsigned skips[] = {0, 5, 11};
  const unsigned kind = (unsigned)_i % 3;
  MDBX_env *env = api_open(0);
  fill(env, KINDS);
  OK(mdbx_env_close(env));
  struct choice choice = {.table = kinds[kind].name, .type = MDBX_page_leaf, .deep = 1, .skip = skips[_i / 3]};
  damage(&choice);
  ck_assert_uint_ne(choice.page, 0);
  IS(rescue(&harvest), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(harvest.losses[kind], 1);
  expect_lost(kind, choice.entries, choice.entries);
}
END_TEST

/* A reader of a long value checks its beginning; a rescue checks all of it, also if it was read before. */
START_TEST(long_value_that_was_read) {
  static char bytes[300000];
  MDBX_env *env = api_open(MDBX_UTTERLY_NOSYNC);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_val key = api_val("key00000000");
  MDBX_val value = {bytes, sizeof(bytes)};
  const MDBX_dbi dbi = api_table(txn, "large", MDBX_CREATE);
  memset(bytes, 'v', sizeof(bytes));
  OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
  struct choice choice = {.table = "large", .type = MDBX_page_large, .deep = 1};
  env = api_open(MDBX_RDONLY);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_env_pgwalk(txn, choose_page, &choice));
  ck_assert_uint_ne(choice.page, 0);
  OK(mdbx_get(txn, api_table(txn, "large", 0), &key, &value));
  overwrite(choice.page + 40, 64);
  memset(&harvest, 0, sizeof(harvest));
  IS(mdbx_rescue(txn, &callbacks, &harvest), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(harvest.losses[5], 1);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* The root, in each kind of table; all its leaves are found, whatever else has such keys. */
START_TEST(branch_costs_nothing) {
  const unsigned kind = (unsigned)_i;
  MDBX_env *env = api_open(0);
  fill(env, KINDS);
  OK(mdbx_env_close(env));
  struct choice choice = {.table = kinds[kind].name, .type = MDBX_page_branch, .deep = 1};
  damage(&choice);
  if (!choice.page)
    return; /* so small a table has none */
  IS(rescue(&harvest), MDBX_RESULT_TRUE);
  ck_assert_uint_ge(harvest.losses[kind], 1);
  ck_assert_uint_gt(harvest.leaves_found, 1);
  expect_lost(kind, 0, 0);
}
END_TEST

/* The values of one key: a leaf, and the branch above the leaves. */
START_TEST(nested_trees) {
  const unsigned kind = 3 + (_i & 1);
  const bool branch = _i & 2;
  MDBX_env *env = api_open(0);
  fill(env, KINDS);
  OK(mdbx_env_close(env));
  struct choice choice = {.table = kinds[kind].name,
                          .type = branch      ? MDBX_page_branch
                                  : kind == 4 ? MDBX_page_dupfixed_leaf
                                              : MDBX_page_leaf,
                          .deep = 2,
                          .skip = 3};
  damage(&choice);
  ck_assert_uint_ne(choice.page, 0);
  IS(rescue(&harvest), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(harvest.losses[kind], 1);
  expect_lost(kind, branch ? 0 : choice.entries, branch ? 0 : choice.entries);
}
END_TEST

START_TEST(large_value_costs_itself) {
  MDBX_env *env = api_open(0);
  fill(env, KINDS);
  OK(mdbx_env_close(env));
  struct choice choice = {.table = "large", .type = MDBX_page_large, .deep = 1, .skip = 10};
  damage(&choice);
  ck_assert_uint_ne(choice.page, 0);
  IS(rescue(&harvest), MDBX_RESULT_TRUE);
  expect_lost(5, 1, 1);
}
END_TEST

/* The main table has one leaf, with the names: the tables are found without it, and what they are. */
START_TEST(names_are_gone) {
  MDBX_env *env = api_open(0);
  fill(env, KINDS);
  OK(mdbx_env_close(env));
  struct choice choice = {.table = "@MAIN", .type = MDBX_page_leaf, .deep = 0, .whole = _i};
  damage(&choice);
  ck_assert_uint_ne(choice.page, 0);
  IS(rescue(&harvest), MDBX_RESULT_TRUE);
  expect_lost(0, 0, 0);
  ck_assert_uint_eq(harvest.orphans, KINDS);
  ck_assert_uint_eq(harvest.remains, _i ? 0 : KINDS);
  ck_assert_uint_eq(harvest.fitting + harvest.doubts, 0);
}
END_TEST

/* And a branch of each of them. What is left of the branch says what belongs to it; else the leaves are told apart. */
START_TEST(names_and_branches_are_gone) {
  const bool whole = _i & 1;
  const unsigned kind = (unsigned)_i / 2;
  MDBX_env *env = api_open(0);
  fill(env, KINDS);
  OK(mdbx_env_close(env));
  struct choice root = {.table = kinds[kind].name, .type = MDBX_page_branch, .deep = 1, .whole = whole};
  struct choice names = {.table = "@MAIN", .type = MDBX_page_leaf, .deep = 0};
  MDBX_txn *txn;
  env = api_open(MDBX_RDONLY);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_env_pgwalk(txn, choose_page, &root));
  OK(mdbx_env_pgwalk(txn, choose_page, &names));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  if (!root.page)
    return;
  overwrite(root.page, whole ? 4088 : 64);
  overwrite(names.page, 64);
  IS(rescue(&harvest), MDBX_RESULT_TRUE);
  expect_lost(kind, 0, 0);
  ck_assert_uint_gt(harvest.orphans, KINDS);
}
END_TEST

/* The roots of two tables that have the same keys. With some of a root left it is known what it had; with nothing left
 * nobody can tell, and nothing is mixed up: each leaf is a table. */
START_TEST(twins) {
  MDBX_env *env = api_open(0);
  fill(env, KINDS);
  OK(mdbx_env_close(env));
  struct choice one = {.table = "plain", .type = MDBX_page_branch, .deep = 1};
  struct choice other = {.table = "twin", .type = MDBX_page_branch, .deep = 1};
  env = api_open(MDBX_RDONLY);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_env_pgwalk(txn, choose_page, &one));
  OK(mdbx_env_pgwalk(txn, choose_page, &other));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  overwrite(one.page, _i ? 4088 : 64);
  overwrite(other.page, _i ? 4088 : 64);
  IS(rescue(&harvest), MDBX_RESULT_TRUE);
  expect_lost(0, 0, 0);
  ck_assert_uint_eq(harvest.fitting, harvest.orphans);
  ck_assert(_i ? harvest.orphans > 10 : harvest.orphans < 10);
}
END_TEST

/* A leaf of a table with several values per key: the nested trees of its keys are found, their keys are not. */
START_TEST(keys_of_values_are_gone) {
  const unsigned kind = 3 + (unsigned)_i;
  MDBX_env *env = api_open(0);
  fill(env, KINDS);
  OK(mdbx_env_close(env));
  struct choice choice = {.table = kinds[kind].name, .type = MDBX_page_leaf, .deep = 1};
  damage(&choice);
  ck_assert_uint_ne(choice.page, 0);
  MDBX_env *damaged = api_open(MDBX_RDONLY);
  MDBX_txn *txn = api_begin(damaged, MDBX_TXN_RDONLY);
  struct orphan_values values = {0};
  IS(mdbx_rescue(txn, &value_callbacks, &values), MDBX_RESULT_TRUE);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(damaged));
  ck_assert_uint_gt(values.tables, 0);
  ck_assert_uint_le(values.tables, choice.entries);
  ck_assert_uint_eq(values.records, values.tables * (kind == 3 ? RECORDS / 2 : RECORDS) / KEYS_MANY);
}
END_TEST

/* More free pages than the list of a meta is for, so that table 0 has some. What was on them is no page of a table. */
static void make_free_pages(MDBX_env *env) {
  enum { PAGES = 300 };
  static char data[PAGES * 4096];
  MDBX_val key = api_val("run"), value = {data, sizeof(data)};
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_put(txn, DBI_MAIN, &key, &value, MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  fill(env, 0); /* behind it: what is free at the end is cut off */
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_del(txn, DBI_MAIN, &key, NULL));
  OK(mdbx_txn_commit(txn));
}

/* All that is known of free pages is gone as well. Old versions of the tables lie about: the newest are told. */
START_TEST(names_and_free_pages_unknown) {
  MDBX_env *env = api_open(0);
  make_free_pages(env);
  fill(env, KINDS);
  OK(mdbx_env_close(env));
  struct choice free_pages = {.table = "@GC", .type = MDBX_page_leaf, .deep = -1};
  struct choice names = {.table = "@MAIN", .type = MDBX_page_leaf, .deep = 0};
  env = api_open(MDBX_RDONLY);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_env_pgwalk(txn, choose_page, &free_pages));
  OK(mdbx_env_pgwalk(txn, choose_page, &names));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  ck_assert_uint_ne(free_pages.page, 0);
  overwrite(free_pages.page, 4088);
  overwrite(names.page, 4088);
  IS(rescue(&harvest), MDBX_RESULT_TRUE);
  expect_lost(0, 0, 0);
}
END_TEST

/* Without the lists of free pages old versions of leaves are met; the newest one of a key counts. */
START_TEST(free_pages_unknown) {
  MDBX_env *env = api_open(0);
  fill(env, 0);
  OK(mdbx_env_close(env));
  struct choice free_pages = {.table = "@GC", .type = MDBX_page_leaf, .deep = -1};
  struct choice root = {.table = "plain", .type = MDBX_page_branch, .deep = 1};
  damage(&root);
  /* The walk does not get past the first damage. */
  env = api_open(MDBX_RDONLY);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  (void)mdbx_env_pgwalk(txn, choose_page, &free_pages);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  if (free_pages.page) {
    const int fd = open(unit_path(API_DB), O_RDWR);
    ck_assert_int_eq(pwrite(fd, "damage", 6, (off_t)(free_pages.page * 4096 + 100)), 6);
    close(fd);
  }
  IS(rescue(&harvest), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(harvest.records[0], RECORDS);
}
END_TEST

/* A leaf of values that itself names a nested tree, whose leaf does so, and so on: each of them is sound by itself. */
static unsigned make_chain(const char *path) {
  enum { SIZE = 256 };
  struct stat status;
  const int fd = open(path, O_RDWR);
  ck_assert(fd >= 0 && fstat(fd, &status) == 0);
  uint8_t *file = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ck_assert(file != MAP_FAILED);
  const struct meta_page *newest = NULL;
  for (unsigned i = 0; i < META_COUNT; ++i) {
    const struct meta_page *meta = (const void *)(file + i * SIZE);
    if (meta->header.flags == P_META && (!newest || meta->header.txnid > newest->header.txnid))
      newest = meta;
  }
  const uint64_t seed = checksum_seed(newest->meta.database_id), txnid = newest->header.txnid;
  const pgno_t next = newest->meta.next, root = newest->meta.main.root;
  struct page *above = NULL;
  unsigned count = 0;
  for (pgno_t pgno = PGNO_FIRST; pgno < next; ++pgno) {
    if (pgno == root)
      continue;
    struct page *page = (void *)(file + (size_t)pgno * SIZE);
    const struct nested_record self = {
        .root = PGNO_NONE, .depth = 1, .root_birth = birth_bits(txnid), .leaf_pages = 1, .items = 1};
    struct seek_key key;
    char name[16];
    memset(page, 0, SIZE);
    page_init(page, SIZE, pgno, txnid, P_LEAF);
    snprintf(name, sizeof(name), "key%08u", pgno);
    key_prepare(&key, ORDER_BYTES, name, strlen(name), NULL);
    memcpy(leaf_insert(page, ORDER_BYTES, 0, &key, NODE_TREE, sizeof(self)), &self, sizeof(self));
    leaf_make_keyheads(page, ORDER_BYTES);
    page->checksum = page_checksum(page, SIZE, seed);
    if (above) {
      struct leaf_item item;
      leaf_get(above, 0, &item);
      memcpy((uint8_t *)(uintptr_t)item.data + offsetof(struct nested_record, root), &pgno, sizeof(pgno));
      above->checksum = page_checksum(above, SIZE, seed);
    }
    above = page;
    ++count;
  }
  memset(file + (size_t)root * SIZE + PAGE_HEADER, 0x55, 100);
  munmap(file, (size_t)status.st_size);
  close(fd);
  return count;
}

START_TEST(values_have_no_values) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, -1, -1, 1 << 28, -1, -1, 256));
  OK(api_try_open(env, MDBX_UTTERLY_NOSYNC));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "table", MDBX_CREATE);
  for (unsigned i = 0; i < 60000; ++i) {
    char text[120];
    memset(text, 'v', sizeof(text));
    MDBX_val key = {&i, sizeof(i)}, value = {text, sizeof(text)};
    OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
  }
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
  ck_assert_uint_gt(make_chain(unit_path(API_DB)), 50000);
  env = api_open(MDBX_RDONLY);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  struct orphan_values values = {0};
  IS(mdbx_rescue(txn, &value_callbacks, &values), MDBX_RESULT_TRUE);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

static int stop(void *context, const MDBX_val *key, const MDBX_val *value) {
  (void)context, (void)key, (void)value;
  return 77;
}

START_TEST(arguments) {
  MDBX_env *env = api_open(0);
  fill(env, 0);
  MDBX_rescue_callbacks_t some = callbacks;
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(mdbx_rescue(txn, &callbacks, &harvest), MDBX_EINVAL);
  OK(mdbx_txn_abort(txn));
  IS(mdbx_rescue(NULL, &callbacks, &harvest), MDBX_EINVAL);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(mdbx_rescue(txn, NULL, &harvest), MDBX_EINVAL);
  some.loss = NULL;
  IS(mdbx_rescue(txn, &some, &harvest), MDBX_EINVAL);
  some.loss = take_loss;
  some.record = stop;
  IS(mdbx_rescue(txn, &some, &harvest), 77);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("rescue");
  TCase *tcase = api_case(suite, "rescue");
  tcase_add_test(tcase, sound_database);
  tcase_add_loop_test(tcase, leaf_costs_its_records, 0, 9);
  tcase_add_loop_test(tcase, branch_costs_nothing, 0, KINDS);
  tcase_add_loop_test(tcase, nested_trees, 0, 4);
  tcase_add_test(tcase, large_value_costs_itself);
  tcase_add_test(tcase, long_value_that_was_read);
  tcase_add_loop_test(tcase, names_are_gone, 0, 2);
  tcase_add_loop_test(tcase, names_and_branches_are_gone, 0, 2 * KINDS);
  tcase_add_loop_test(tcase, twins, 0, 2);
  tcase_add_loop_test(tcase, keys_of_values_are_gone, 0, 2);
  tcase_add_test(tcase, names_and_free_pages_unknown);
  tcase_add_test(tcase, free_pages_unknown);
  tcase_add_test(tcase, values_have_no_values);
  tcase_add_test(tcase, arguments);
  return unit_run(suite);
}
