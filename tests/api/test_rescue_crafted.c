/* SPDX-License-Identifier: Apache-2.0 */
/* Damage that each page hides by itself: references made up, and pages whose last write was lost. */
#include "api.h"

#include "format/branch.h"
#include "format/leaf.h"
#include "format/page.h"

#include <sys/mman.h>

enum { RECORDS = 3000, ROUNDS = 8 };

/* ------------------------------------------------------------------------------------------------- a file in memory */

struct file {
  uint8_t *bytes;
  size_t length;
  size_t page_size;
  struct meta_page *newest;
  uint64_t seed;
};

static struct page *page_of(const struct file *file, pgno_t pgno) {
  return (struct page *)(void *)(file->bytes + (size_t)pgno * file->page_size);
}

static struct file file_open(size_t page_size) {
  struct file file = {.page_size = page_size};
  struct stat status;
  const int fd = open(unit_path(API_DB), O_RDWR);
  ck_assert(fd >= 0 && fstat(fd, &status) == 0);
  file.length = (size_t)status.st_size;
  file.bytes = mmap(NULL, file.length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ck_assert(file.bytes != MAP_FAILED);
  close(fd);
  for (pgno_t slot = 0; slot < META_COUNT; ++slot) {
    struct meta_page *meta = (void *)page_of(&file, slot);
    if (meta->header.flags == P_META && (!file.newest || meta->header.txnid > file.newest->header.txnid))
      file.newest = meta;
  }
  ck_assert_ptr_nonnull(file.newest);
  file.seed = checksum_seed(file.newest->meta.database_id);
  return file;
}

static void file_close(const struct file *file) { munmap(file->bytes, file->length); }

static void seal(const struct file *file, struct page *page) {
  page->checksum = page_checksum(page, file->page_size, file->seed);
}

static struct page *main_root(const struct file *file) { return page_of(file, file->newest->meta.main.root); }

/* ---------------------------------------------------------------------------------------------------- what is told */

struct harvest {
  unsigned records, twice, wrong, losses, old, orphans, doubts, named;
  unsigned versions[RECORDS]; /* 1 + that of the value told; 0: none */
};

static int take_table(void *context, const MDBX_rescue_table_t *table) {
  struct harvest *harvest = context;
  harvest->orphans += table->orphan != 0;
  harvest->named += table->name && !table->orphan;
  return MDBX_SUCCESS;
}

static int take_loss(void *context, const MDBX_rescue_loss_t *loss) {
  struct harvest *harvest = context;
  harvest->losses += !loss->orphan;
  harvest->doubts += loss->orphan;
  harvest->old += loss->old;
  return MDBX_SUCCESS;
}

static int take_record(void *context, const MDBX_val *key, const MDBX_val *value) {
  struct harvest *harvest = context;
  unsigned number, same, version;
  char text[64];
  snprintf(text, sizeof(text), "%.*s", (int)(value->iov_len < 40 ? value->iov_len : 40), (const char *)value->iov_base);
  if (sscanf(text, "value %8u version %u", &same, &version) != 2 || key->iov_len != 8 ||
      sscanf((const char *)memcpy(text, key->iov_base, 8), "%8u", &number) != 1 || number != same ||
      number >= RECORDS) {
    harvest->wrong += 1;
    return MDBX_SUCCESS;
  }
  harvest->records += 1;
  harvest->twice += harvest->versions[number] != 0;
  harvest->versions[number] = 1 + version;
  return MDBX_SUCCESS;
}

static int take_end(void *context, const MDBX_rescue_table_t *table, uint64_t told) {
  (void)context, (void)table, (void)told;
  return MDBX_SUCCESS;
}

static const MDBX_rescue_callbacks_t callbacks = {take_table, take_loss, take_record, take_end};
static struct harvest harvest;

static int rescue(void) {
  MDBX_env *env = api_open(MDBX_RDONLY);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  memset(&harvest, 0, sizeof(harvest));
  const int rc = mdbx_rescue(txn, &callbacks, &harvest);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  ck_assert_uint_eq(harvest.wrong, 0);
  return rc;
}

/* --------------------------------------------------------------------------------------------------------- contents */

static void put_version(MDBX_txn *txn, unsigned i, unsigned version) {
  char key[16], data[128];
  memset(data, 'v', sizeof(data));
  snprintf(key, sizeof(key), "%08u", i);
  MDBX_val k = {key, 8}, d = {data, sizeof(data)};
  const int length = snprintf(data, sizeof(data), "value %08u version %u", i, version);
  data[length] = ' ';
  OK(mdbx_put(txn, DBI_MAIN, &k, &d, MDBX_UPSERT));
}

static MDBX_env *fill(unsigned page_size, unsigned records) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, -1, -1, 1 << 28, -1, -1, (intptr_t)page_size));
  OK(api_try_open(env, MDBX_UTTERLY_NOSYNC));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  api_table(txn, NULL, 0);
  for (unsigned i = 0; i < records; ++i)
    put_version(txn, i, 0);
  OK(mdbx_txn_commit(txn));
  return env;
}

/* ------------------------------------------------------------------------------------------------------ made up */

/* The first leaf once more, as the last: the place it had costs nothing. */
START_TEST(leaf_with_two_places) {
  OK(mdbx_env_close(fill(4096, RECORDS)));
  const struct file file = file_open(4096);
  struct page *root = main_root(&file);
  const unsigned last = root->count - 1u, twice = _i ? last / 2 : 0;
  const unsigned lost = page_of(&file, branch_child(root, last).pgno)->count;
  ck_assert_uint_eq(root->flags, P_BRANCH);
  branch_set_child(root, last, branch_child(root, twice));
  seal(&file, root);
  file_close(&file);
  IS(rescue(), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(harvest.losses, 1);
  ck_assert_uint_eq(harvest.twice, 0);
  /* Nothing leads to the last leaf now, and no branch is lost that might have: it is told as a page that has no place. */
  ck_assert_uint_eq(harvest.records + (harvest.orphans ? 0 : lost), RECORDS);
}
END_TEST

/* A branch leads back to the root of its tree. */
START_TEST(branch_leads_to_what_is_above) {
  OK(mdbx_env_close(fill(256, RECORDS)));
  const struct file file = file_open(256);
  struct page *root = main_root(&file), *child = page_of(&file, branch_child(root, 1).pgno);
  ck_assert_uint_eq(child->flags, P_BRANCH);
  ck_assert_uint_gt(file.newest->meta.main.depth, 2);
  branch_set_child(child, 0, (struct page_ref){root->pgno, birth_bits(root->txnid)});
  seal(&file, child);
  file_close(&file);
  IS(rescue(), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(harvest.twice, 0);
  ck_assert_uint_eq(harvest.losses, 1);
  ck_assert_uint_eq(harvest.records,
                    RECORDS); /* what it led to before has one place only: below the one that is wrong */
}
END_TEST

/* A branch that leads to one page again and again. */
static void make_fan(const struct file *file, struct page *page, const struct page *below) {
  const struct page_ref ref = {below->pgno, birth_bits(below->txnid)};
  const pgno_t pgno = page->pgno;
  struct branch_list list;
  uint8_t bytes[64];
  OK(branch_list_init(&list, file->page_size));
  for (unsigned i = 0; i < 10; ++i) {
    bytes[i] = (uint8_t)('a' + i);
    branch_list_insert(&list, i, &(struct separator){bytes + i, i ? 1 : 0}, ref);
  }
  memset(page, 0, file->page_size);
  page_init(page, file->page_size, pgno, file->newest->header.txnid, P_BRANCH);
  branch_list_store(&list, 0, 10, page, file->page_size);
  branch_list_destroy(&list);
  seal(file, page);
}

/* Each of many branches leads to all of a tower whose floors each lead to the one below ten times. Walked to its end that is
 * a walk for each of them, as long as the file. */
START_TEST(towers) {
  enum { FLOORS = 6 };
  OK(mdbx_env_close(fill(256, 30000)));
  const struct file file = file_open(256);
  const struct page *below = NULL;
  unsigned floors = 0, tops = 0;
  for (pgno_t pgno = PGNO_FIRST; pgno < file.newest->meta.next; ++pgno) {
    struct page *page = page_of(&file, pgno);
    if (page == main_root(&file) || page->pgno != pgno)
      continue;
    if (!below && page->flags != P_LEAF)
      continue;
    if (below)
      make_fan(&file, page, below);
    if (floors < FLOORS) {
      below = page;
      ++floors;
    } else {
      ++tops;
    }
  }
  main_root(&file)->checksum ^= 1;
  file_close(&file);
  ck_assert_uint_gt(tops, 20000);
  IS(rescue(), MDBX_RESULT_TRUE);
}
END_TEST

/* The same below the root of the main table, and nothing else is damaged: each page is told once, whatever leads to it. */
START_TEST(towers_of_the_main_table) {
  enum { FLOORS = 25 };
  OK(mdbx_env_close(fill(256, RECORDS)));
  const struct file file = file_open(256);
  struct page *root = main_root(&file);
  const struct page *below = NULL;
  unsigned floors = 0;
  for (pgno_t pgno = PGNO_FIRST; floors < FLOORS; ++pgno) {
    struct page *page = page_of(&file, pgno);
    ck_assert_uint_lt(pgno, file.newest->meta.next);
    if (page == root || page->pgno != pgno || page->flags != P_LEAF)
      continue;
    if (below)
      make_fan(&file, page, below);
    below = page;
    ++floors;
  }
  make_fan(&file, root, below);
  file.newest->meta.main.depth = FLOORS + 1;
  seal(&file, &file.newest->header);
  file_close(&file);
  IS(rescue(), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(harvest.twice, 0);
}
END_TEST

/* A leaf of the main table to which two branches lead, or one twice: its tables are told once. */
START_TEST(tables_with_two_places) {
  enum { TABLES = 200 };
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, -1, -1, 1 << 28, -1, -1, 1024));
  OK(mdbx_env_set_maxdbs(env, TABLES));
  OK(api_try_open(env, MDBX_UTTERLY_NOSYNC));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (unsigned i = 0; i < TABLES; ++i) {
    char name[24];
    snprintf(name, sizeof(name), "the table %06u", i);
    api_table(txn, name, MDBX_CREATE);
  }
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
  const struct file file = file_open(1024);
  struct page *root = main_root(&file);
  const unsigned last = root->count - 1u;
  const unsigned lost = page_of(&file, branch_child(root, last).pgno)->count;
  ck_assert_uint_eq(root->flags, P_BRANCH);
  ck_assert_uint_eq(file.newest->meta.main.depth, 2);
  branch_set_child(root, last, branch_child(root, 0));
  seal(&file, root);
  file_close(&file);
  IS(rescue(), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(harvest.losses, 1);
  ck_assert_uint_eq(harvest.named + lost, TABLES);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- lost writes */

struct history {
  uint8_t *bytes[ROUNDS];
  size_t length[ROUNDS];
};

/* Every file that was, and records of which the newest version is ROUNDS. */
static void make_history(struct history *history) {
  MDBX_env *env = fill(4096, RECORDS);
  for (unsigned round = 0; round < ROUNDS; ++round) {
    history->bytes[round] = api_read_file(API_DB, &history->length[round]);
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    for (unsigned i = 0; i < RECORDS; i += 300)
      put_version(txn, i, 1 + round);
    OK(mdbx_txn_commit(txn));
  }
  OK(mdbx_env_close(env));
}

/* The newest version that a page had before the one it has, if it was of that type; else NULL. */
static const struct page *version_before(const struct history *history, const struct page *page) {
  const size_t at = (size_t)page->pgno * 4096;
  for (unsigned round = ROUNDS; round-- > 0;) {
    const struct page *old = (const void *)(history->bytes[round] + at);
    if (at + 4096 <= history->length[round] && old->pgno == page->pgno && old->txnid && old->txnid != page->txnid)
      return old->flags == page->flags ? old : NULL;
  }
  return NULL;
}

static void forget(struct history *history) {
  for (unsigned round = 0; round < ROUNDS; ++round)
    free(history->bytes[round]);
}

static bool lose_write(const struct history *history, struct page *page) {
  const struct page *old = version_before(history, page);
  if (old)
    memcpy(page, old, 4096);
  return old;
}

/* The last write of the root was lost: its leaves are found, the old version of what it was is no help and no harm. */
START_TEST(root_is_old) {
  struct history history;
  make_history(&history);
  const struct file file = file_open(4096);
  ck_assert(lose_write(&history, main_root(&file)));
  file_close(&file);
  forget(&history);
  IS(rescue(), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(harvest.losses, 1);
  ck_assert_uint_eq(harvest.old, 1);
  ck_assert_uint_eq(harvest.twice, 0);
  ck_assert_uint_eq(harvest.records, RECORDS);
  for (unsigned i = 0; i < RECORDS; ++i)
    ck_assert_uint_eq(harvest.versions[i], i % 300 ? 1 : 1 + ROUNDS);
}
END_TEST

/* The root is damaged, and leaves below it are old: nothing tells which. What is found is said to be old, maybe. */
START_TEST(leaves_are_old) {
  struct history history;
  unsigned lost = 0;
  make_history(&history);
  const struct file file = file_open(4096);
  struct page *root = main_root(&file);
  for (unsigned i = 0; i < root->count; ++i)
    lost += lose_write(&history, page_of(&file, branch_child(root, i).pgno));
  if (!_i)
    ck_assert(lose_write(&history, root));
  file_close(&file);
  forget(&history);
  ck_assert_uint_gt(lost, 0);
  IS(rescue(), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(harvest.twice, 0);
  ck_assert_uint_eq(harvest.old, _i ? 0 : 1);
  ck_assert_uint_eq(harvest.losses, _i ? lost : 1);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("rescue_crafted");
  TCase *tcase = api_case(suite, "rescue_crafted");
  api_no_audit = true;
  tcase_add_loop_test(tcase, leaf_with_two_places, 0, 2);
  tcase_add_test(tcase, branch_leads_to_what_is_above);
  tcase_add_test(tcase, towers);
  tcase_add_test(tcase, towers_of_the_main_table);
  tcase_add_test(tcase, tables_with_two_places);
  tcase_add_test(tcase, root_is_old);
  tcase_add_loop_test(tcase, leaves_are_old, 0, 2);
  return unit_run(suite);
}
