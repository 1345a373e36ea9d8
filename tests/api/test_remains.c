/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of deleted records in pages that are written: nothing between the used bytes, where doc/threats.md says so. */
#include "api.h"

#include "format/format.h"

enum { PAGE = 1024, MARK = 0xA7, KEYS = 300, COMMITS = 120 };

/* Records are put, changed in length, and deleted; all values are made of one byte. */
static void live(MDBX_env *env) {
  static unsigned char bytes[3000];
  uint64_t chance = 1;
  memset(bytes, MARK, sizeof(bytes));
  for (unsigned commit = 0; commit < COMMITS; ++commit) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    for (unsigned i = 0; i < 20; ++i) {
      const uint32_t number = unit_below(&chance, KEYS);
      const MDBX_val key = {(void *)(uintptr_t)&number, sizeof(number)};
      MDBX_val value = {bytes, unit_below(&chance, unit_below(&chance, 5) ? 200 : sizeof(bytes))};
      if (unit_below(&chance, 3)) {
        OK(mdbx_put(txn, DBI_MAIN, &key, &value, MDBX_UPSERT));
      } else {
        const int rc = mdbx_del(txn, DBI_MAIN, &key, NULL);
        ck_assert(rc == MDBX_SUCCESS || rc == MDBX_NOTFOUND);
      }
    }
    OK(mdbx_txn_commit(txn));
  }
}

static bool has_mark(const uint8_t *from, const uint8_t *to) {
  return from < to && memchr(from, MARK, (size_t)(to - from));
}

/* Pages of the file, in use or free, that have bytes of records where no record is; *seen: how many were looked at. The later
 * pages of a run may have been reused. */
static unsigned count_remains(unsigned *seen) {
  unsigned found = 0;
  uint8_t bytes[PAGE];
  FILE *file = fopen(unit_path(API_DB), "rb");
  ck_assert_ptr_nonnull(file);
  *seen = 0;
  for (uint32_t pgno = 0; fread(bytes, 1, sizeof(bytes), file) == sizeof(bytes); ++pgno) {
    struct page page;
    memcpy(&page, bytes, sizeof(page));
    const uint8_t *body = bytes + PAGE_HEADER;
    if (page.pgno != pgno || !page.txnid)
      continue;
    const bool run = page.flags == P_LARGE && page.run_pages == 1, tree = page.flags & (P_LEAF | P_BRANCH);
    *seen += run || tree;
    if (run)
      found += has_mark(body + page.run_bytes, bytes + PAGE);
    else if (tree)
      found += has_mark(body + page.lower, body + page.upper);
  }
  fclose(file);
  return found;
}

struct way {
  unsigned flags;
  uint64_t by_calls;
  bool clean; /* promised */
};
static const struct way ways[] = {{MDBX_SYNC_DURABLE, 0, true},
                                  {MDBX_NOMETASYNC, 0, true},
                                  {MDBX_SAFE_NOSYNC, 1, true},
                                  {MDBX_UTTERLY_NOSYNC, 1, true},
                                  {MDBX_WRITEMAP, 0, false}};

START_TEST(between_used_bytes) {
  const struct way *way = &ways[_i];
  unsigned seen;
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, -1, -1, 16 << 20, -1, -1, PAGE));
  OK(mdbx_env_set_option(env, MDBX_opt_write_by_calls, way->by_calls));
  OK(api_try_open(env, way->flags));
  live(env);
  OK(mdbx_env_close(env));
  const unsigned found = count_remains(&seen);
  ck_assert_uint_gt(seen, 40);
  if (way->clean)
    ck_assert_uint_eq(found, 0);
  else
    ck_assert_uint_gt(found, 0); /* the test would see them */
}
END_TEST

int main(void) {
  Suite *suite = suite_create("remains");
  TCase *tcase = api_case(suite, "remains");
  tcase_add_loop_test(tcase, between_used_bytes, 0, sizeof(ways) / sizeof(ways[0]));
  return unit_run(suite);
}
