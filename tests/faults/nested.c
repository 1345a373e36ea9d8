/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A nested transaction whose n-th allocation, or write, fails, and the transaction around it, which goes on: what that one holds is as it
 * was before, its commit says so too, and the checker finds nothing. Or all of it is broken, and then nothing of it is committed.
 */
#include "shim.h"

#include <mdbx.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECORDS = 160, LONGEST = 60000, LEVELS = 3, SEEDS = 8 };

/* What a record holds: so many bytes of one value; length 0: there is none. */
struct record {
  uint32_t length;
  uint8_t byte;
};
struct model {
  struct record record[RECORDS];
};

struct way {
  const char *name;
  intptr_t page_size;
  unsigned flags;
  uint64_t memory; /* pages that stay in memory; 0: as many as there are */
  enum call_kind kind;
  int error;
  bool raises; /* the innermost level raises the upper size, and fills more than there was */
};
static const struct way ways[] = {
    {"memory", 4096, MDBX_UTTERLY_NOSYNC, 0, CALL_MEMORY, ENOMEM, false},
    {"memory, small pages", 256, MDBX_UTTERLY_NOSYNC, 0, CALL_MEMORY, ENOMEM, false},
    {"memory, latest pages first", 256, MDBX_SAFE_NOSYNC | MDBX_LIFORECLAIM, 0, CALL_MEMORY, ENOMEM, false},
    {"memory, pages written out", 256, MDBX_UTTERLY_NOSYNC, 128, CALL_MEMORY, ENOMEM, false},
    {"writes of pages", 256, MDBX_UTTERLY_NOSYNC, 128, CALL_WRITE, ENOSPC, false},
    {"memory, a greater upper size", 256, MDBX_UTTERLY_NOSYNC, 0, CALL_MEMORY, ENOMEM, true},
};
enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

static const struct way *way;
static const char *path;
static long at, seed;
static enum ending { ONE_BY_ONE, NESTED_AT_ONCE, ALL_AT_ONCE, ENDINGS } ending;
static MDBX_env *env;
static MDBX_dbi dbi;
static uint64_t chance;

static void fail(const char *what, int rc) {
  shim.armed = false;
  fprintf(stderr, "nested: %s, seed %ld, call %ld fails, ending %d: %s: %d, %s\n", way->name, seed, at, (int)ending,
          what, rc, mdbx_strerror(rc));
  exit(1);
}

static void must(int rc, const char *what) {
  if (rc != MDBX_SUCCESS)
    fail(what, rc);
}
#define MUST(call) must(call, #call)

static uint32_t draw(uint32_t limit) {
  chance = chance * UINT64_C(6364136223846793005) + 1442695040888963407;
  return (uint32_t)(chance >> 33) % limit;
}

/* ------------------------------------------------------------------------------------------------------- one level */

static int put(MDBX_txn *txn, struct model *model, uint32_t key, uint32_t length) {
  static uint8_t bytes[LONGEST];
  const uint8_t byte = (uint8_t)(1 + draw(255));
  MDBX_val k = {&key, sizeof(key)}, v = {bytes, length};
  memset(bytes, byte, length);
  const int rc = mdbx_put(txn, dbi, &k, &v, MDBX_UPSERT);
  if (rc == MDBX_SUCCESS)
    model->record[key] = (struct record){length, byte};
  return rc;
}

static int delete (MDBX_txn *txn, struct model *model, uint32_t key) {
  MDBX_val k = {&key, sizeof(key)};
  const int rc = mdbx_del(txn, dbi, &k, NULL);
  if (rc == MDBX_SUCCESS)
    model->record[key].length = 0;
  return rc == MDBX_NOTFOUND && !model->record[key].length ? MDBX_SUCCESS : rc;
}

/* Short values, some long ones, and deletions; until something fails. */
static int change(MDBX_txn *txn, struct model *model, unsigned steps) {
  int rc = MDBX_SUCCESS;
  for (unsigned i = 0; i < steps && rc == MDBX_SUCCESS; ++i) {
    const uint32_t key = draw(RECORDS), how = draw(10);
    rc = how < 6   ? put(txn, model, key, 1 + draw(100))
         : how < 8 ? put(txn, model, key, 1 + draw(how == 6 ? 3000 : LONGEST))
                   : delete (txn, model, key);
  }
  return rc;
}

static void compare(MDBX_txn *txn, const struct model *model) {
  for (uint32_t key = 0; key < RECORDS; ++key) {
    const struct record *record = &model->record[key];
    MDBX_val k = {&key, sizeof(key)}, v = {NULL, 0};
    const int rc = mdbx_get(txn, dbi, &k, &v);
    if (rc != (record->length ? MDBX_SUCCESS : MDBX_NOTFOUND))
      fail("reading a record", rc);
    if (record->length && v.iov_len != record->length)
      fail("the length of a record", MDBX_CORRUPTED);
    for (size_t i = 0; i < v.iov_len; ++i)
      if (((uint8_t *)v.iov_base)[i] != record->byte)
        fail("a byte of a record", MDBX_CORRUPTED);
  }
}

static bool is_broken(const MDBX_txn *txn) { return mdbx_txn_flags(txn) & MDBX_TXN_ERROR; }

/* ------------------------------------------------------------------------------------------------ nested transactions */

static int fill_more(MDBX_txn *txn, struct model *model) {
  int rc = mdbx_env_set_geometry(env, -1, -1, 64 << 20, -1, -1, -1);
  for (uint32_t key = 0; key < 60 && rc == MDBX_SUCCESS; ++key)
    rc = put(txn, model, key, LONGEST);
  return rc;
}

/* The innermost level works with faults, and ends. *model is what the level around it holds then, unless that is broken. */
static void work_inside(MDBX_txn *around, struct model *model) {
  struct model inner = *model;
  MDBX_txn *txn;
  shim.armed = true;
  int rc = mdbx_txn_begin(env, around, MDBX_TXN_READWRITE, &txn);
  const bool begun = rc == MDBX_SUCCESS;
  if (begun)
    rc = way->raises ? fill_more(txn, &inner) : change(txn, &inner, 4 + draw(30));
  const bool keep = begun && rc == MDBX_SUCCESS && !(way->raises && seed % 2);
  if (keep)
    rc = mdbx_txn_commit(txn);
  shim.armed = false;
  if (rc != MDBX_SUCCESS && !shim.fired)
    fail("a change without a fault", rc);
  if (keep && rc == MDBX_SUCCESS)
    *model = inner;
  if (!begun || keep)
    return;
  if (!is_broken(txn))
    compare(txn, &inner);
  shim.armed = way->raises;
  rc = mdbx_txn_abort(txn);
  shim.armed = false;
  if (rc != MDBX_SUCCESS && !is_broken(around))
    fail("the end of a nested transaction", rc);
}

/* Transactions in each other; the innermost one meets the fault. All that is not broken goes on and is kept. */
static void work(MDBX_txn *txn, struct model *model, int level) {
  MUST(change(txn, model, 8));
  if (level == LEVELS - 1) {
    work_inside(txn, model);
  } else {
    MDBX_txn *nested;
    struct model inner = *model;
    MUST(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &nested));
    work(nested, &inner, level + 1);
    const bool broken = is_broken(nested);
    const int rc = mdbx_txn_commit(nested);
    if (broken ? rc == MDBX_SUCCESS : rc != MDBX_SUCCESS)
      fail("the commit of a nested transaction", rc);
    if (!broken)
      *model = inner;
  }
  if (is_broken(txn))
    return;
  compare(txn, model);
  MUST(change(txn, model, 8));
  compare(txn, model);
}

/* The levels are open when one that contains others is committed, and meets the fault: all of them are kept, or none. */
static int end_at_once(MDBX_txn *txn, struct model *model) {
  MDBX_txn *level[LEVELS + 1] = {txn};
  struct model inner;
  for (int i = 0; i <= LEVELS; ++i) {
    if (i)
      MUST(mdbx_txn_begin(env, level[i - 1], MDBX_TXN_READWRITE, &level[i]));
    MUST(change(level[i], i ? &inner : model, 8));
    if (!i)
      inner = *model;
  }
  shim.armed = true;
  const int rc = mdbx_txn_commit(level[ending == NESTED_AT_ONCE]);
  shim.armed = false;
  if (rc == MDBX_SUCCESS)
    *model = inner;
  else if (!shim.fired)
    fail("a commit of several levels", rc);
  return rc;
}

static void check(void) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  memset(&context, 0, sizeof(context));
  MUST(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0));
  if (context.result.total_problems)
    fail("the checker", MDBX_CORRUPTED);
}

/* The transaction with the fault. Whether it is committed; *model is what it holds then. */
static bool change_and_commit(struct model *model) {
  MDBX_txn *txn;
  MUST(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  if (ending == ONE_BY_ONE)
    work(txn, model, 0);
  else if (end_at_once(txn, model) != MDBX_SUCCESS && ending == ALL_AT_ONCE)
    return false;
  else if (ending == ALL_AT_ONCE)
    return true;
  const bool broken = is_broken(txn);
  if (!broken)
    compare(txn, model);
  const int rc = mdbx_txn_commit(txn);
  if (rc != (broken ? MDBX_RESULT_TRUE : MDBX_SUCCESS))
    fail("the commit", rc);
  return !broken;
}

/* Whether the fault came to pass. */
static bool run(void) {
  static struct model model, inner;
  MDBX_txn *txn;
  chance = (uint64_t)seed;
  memset(&model, 0, sizeof(model));
  mdbx_env_delete(path, MDBX_ENV_JUST_DELETE);
  MUST(mdbx_env_create(&env));
  MUST(mdbx_env_set_geometry(env, 0, 0, way->raises ? 2 << 20 : 64 << 20, 65536, 131072, way->page_size));
  if (way->memory)
    MUST(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, way->memory));
  MUST(mdbx_env_open(env, path, (MDBX_env_flags_t)(MDBX_NOSUBDIR | way->flags), 0600));
  for (unsigned i = 0; i < 6; ++i) { /* so that there are lists of free pages */
    MUST(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
    MUST(mdbx_dbi_open(txn, NULL, MDBX_DB_DEFAULTS, &dbi));
    MUST(change(txn, &model, 40));
    MUST(mdbx_txn_commit(txn));
  }
  inner = model;
  memset(&shim, 0, sizeof(shim));
  shim.kind = way->kind;
  shim.error = way->error;
  shim.at = at;
  const bool kept = change_and_commit(&inner), fired = shim.fired;
  check();
  MUST(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn));
  compare(txn, kept ? &inner : &model);
  MUST(mdbx_txn_abort(txn));
  MUST(mdbx_env_close(env));
  return fired;
}

/* Every call of the way and of the seed that can fail. */
static long run_all(void) {
  for (at = 0; run();)
    ++at;
  return at;
}

/* Arguments: the number of a way, of a seed and of a call, and how the levels end; then that one fails, and no other. */
int main(int argc, char **argv) {
  const char *folder = getenv("TMPDIR");
  char name[4096];
  snprintf(name, sizeof(name), "%s/mdbx-nested-%ld", folder ? folder : "/tmp", (long)getpid());
  path = name;
  /* The accounts of pages need memory too. */
  mdbx_setup_debug(MDBX_LOG_FATAL, (MDBX_debug_flags_t)(MDBX_DBG_ASSERT | MDBX_DBG_AUDIT), MDBX_LOGGER_DONTCHANGE);
  if (argc > 3) {
    way = &ways[atol(argv[1]) % WAYS];
    seed = atol(argv[2]);
    at = atol(argv[3]);
    ending = argc > 4 ? (enum ending)(atol(argv[4]) % ENDINGS) : ONE_BY_ONE;
    printf("%s: it %s\n", way->name, run() ? "failed" : "did not come so far");
  }
  for (way = ways; argc <= 3 && way < ways + WAYS; ++way) {
    long calls = 0;
    for (seed = 1; seed <= (way->raises ? 2 : SEEDS); ++seed)
      for (ending = ONE_BY_ONE; ending < (way->raises ? NESTED_AT_ONCE : ENDINGS); ++ending)
        calls += run_all();
    printf("%s: %ld calls\n", way->name, calls);
    if (!calls) {
      fprintf(stderr, "nested: %s: nothing fails\n", way->name);
      return 1;
    }
  }
  way = ways;
  MUST(mdbx_env_delete(path, MDBX_ENV_JUST_DELETE));
  return 0;
}
