/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/file.c: the target of database files. The input is a file; the bytes behind its last whole 256 ones, if there
 * are any, say what is done with it (struct orders), so a database file is an input too.
 *
 * Checksums are made right before the file is opened, so that any mutation reaches what lies behind them. The file is opened
 * for reading, writing or recovery, checked, read, asked, and changed. What the checker calls sound must be so: see use.h.
 */
#include "image.h"
#include "use.h"

#include "os/os.h"

#include <errno.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DB "db"

enum mode_kind { FOR_READING, FOR_WRITING, LOCKLESS, FOR_RECOVERY, TO_BE_TURNED };

struct mode {
  enum mode_kind kind;
  unsigned flags; /* or the number of the meta */
};

static const struct mode modes[] = {
    {FOR_WRITING, MDBX_UTTERLY_NOSYNC},
    {FOR_WRITING, MDBX_UTTERLY_NOSYNC | MDBX_WRITEMAP},
    {FOR_READING, MDBX_RDONLY},
    {FOR_READING, MDBX_RDONLY | MDBX_VALIDATION | MDBX_EXCLUSIVE},
    {FOR_WRITING, MDBX_UTTERLY_NOSYNC | MDBX_VALIDATION | MDBX_NOSTICKYTHREADS},
    {FOR_WRITING, MDBX_SAFE_NOSYNC | MDBX_LIFORECLAIM | MDBX_NOSTICKYTHREADS},
    {FOR_WRITING, MDBX_SYNC_DURABLE | MDBX_EXCLUSIVE},
    {FOR_WRITING, MDBX_NOMETASYNC | MDBX_NORDAHEAD | MDBX_PAGEPERTURB},
    {FOR_WRITING, MDBX_SAFE_NOSYNC | MDBX_WRITEMAP | MDBX_NOMEMINIT},
    {LOCKLESS, MDBX_UTTERLY_NOSYNC},
    {FOR_RECOVERY, 0},
    {FOR_RECOVERY, 1},
    {FOR_RECOVERY, 2},
    {TO_BE_TURNED, 0},
    {TO_BE_TURNED, 1},
    {TO_BE_TURNED, 2},
};
enum { MODES = sizeof(modes) / sizeof(modes[0]) };

/* What becomes of a file that was opened. */
enum { USE_ASK = 1, USE_CHANGE = 2, USE_UP = 4, USE_AGAIN = 8, IN_OTHER_BOOT = 16, DROP_WEAK = 32, BY_INCREMENT = 64 };
/* Of `changes`: how many they are, and whether few changed pages stay in memory. */
enum { CHANGES_MOST = 32, BOUND_MEMORY = 32 };

struct orders {
  uint8_t seal; /* enum seal_flags: what is not made right */
  uint8_t mode;
  uint8_t use;
  uint8_t changes;
  uint8_t seed;
};

static struct orders read_orders(const uint8_t *data, size_t size) {
  struct fuzz_input rest = {data + size - size % IMAGE_UNIT, data + size};
  struct orders orders = {0, 0, 0, 0, 0};
  if (fuzz_ended(&rest))
    return (struct orders){0, 0, USE_ASK | USE_CHANGE | USE_UP, 12, 0};
  orders.seal = fuzz_byte(&rest);
  orders.mode = fuzz_byte(&rest);
  orders.use = fuzz_byte(&rest);
  orders.changes = fuzz_byte(&rest);
  orders.seed = fuzz_byte(&rest);
  return orders;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  fuzz_setup();
  return 0;
}

static int open_as(MDBX_env *env, const struct mode *mode) {
  if (mode->kind == FOR_RECOVERY || mode->kind == TO_BE_TURNED)
    return mdbx_env_open_for_recovery(env, fuzz_path(DB), mode->flags, mode->kind == TO_BE_TURNED);
  if (mode->kind == LOCKLESS)
    FUZZ_OK(mdbx_env_set_lockless(env, true));
  return mdbx_env_open(env, fuzz_path(DB), (MDBX_env_flags_t)(MDBX_NOSUBDIR | mode->flags), 0600);
}

static MDBX_env *create(const struct orders *orders) {
  MDBX_env *env;
  FUZZ_OK(mdbx_env_create(&env));
  FUZZ_OK(mdbx_env_set_maxdbs(env, HANDLES_MOST));
  if (orders->changes & BOUND_MEMORY)
    FUZZ_OK(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 128));
  return env;
}

/* What was opened once can be opened again, whatever was done with it, and what was sound still is. A database that was not
 * sound may list a page as free that it needs: once such a page is written, recovery may believe no commit. */
static void open_again(const struct orders *orders, bool sound) {
  MDBX_env *env = create(orders);
  const int rc = mdbx_env_open(env, fuzz_path(DB), MDBX_NOSUBDIR | MDBX_UTTERLY_NOSYNC, 0600);
  const bool lost = !sound && rc == MDBX_CORRUPTED;
  if (lost || rc == EFBIG) { /* EFBIG: the meta page says a length that the limit of this process does not allow */
    FUZZ_OK(mdbx_env_close_ex(env, false));
    return;
  }
  if (rc != MDBX_SUCCESS)
    fuzz_fail("it was opened once, and is not any more: %d, %s", rc, mdbx_strerror(rc));
  const bool still = use_is_sound(env, false);
  FUZZ_MUST(still || !sound);
  FUZZ_OK(mdbx_env_close_ex(env, false));
}

static bool change_twice(struct use *use, const struct orders *orders) {
  if (!(orders->use & USE_CHANGE) || !use_change(use))
    return false;
  if (!(orders->use & USE_AGAIN))
    return true;
  use_read(use);
  return use_change(use);
}

static void change_it(struct use *use, const struct orders *orders) {
  uint64_t base;
  const bool follows = orders->use & BY_INCREMENT && use_copy_base(use, &base);
  const bool changed = change_twice(use, orders);
  if (follows)
    use_follow_base(use, base, changed);
  if (orders->use & USE_UP)
    use_up(use);
}

static void use_it(MDBX_env *env, const struct mode *mode, const struct orders *orders) {
  static struct use use;
  use = (struct use){
      .env = env, .sound = use_is_sound(env, false), .random = orders->seed, .changes = orders->changes % CHANGES_MOST};
  use_read(&use);
  if (orders->use & USE_ASK)
    use_ask(&use);
  bool writes = mode->kind == FOR_WRITING || mode->kind == LOCKLESS;
  if (mode->kind == TO_BE_TURNED) {
    const int rc = mdbx_env_turn_for_recovery(env, mode->flags);
    SOUND_CODE(&use, rc);
    writes = rc == MDBX_SUCCESS;
    if (writes) {
      SOUND_MUST(&use, use_is_sound(env, false));
      use_read(&use);
    }
  }
  if (writes)
    change_it(&use, orders);
  const bool sound = use.sound;
  use_forget(&use);
  const int closed = mdbx_env_close_ex(env, orders->use & DROP_WEAK);
  if (writes && closed == MDBX_SUCCESS)
    open_again(orders, sound);
}

/* Not in an unknown boot: there, commits that were never flushed are rightly lost at the next opening. */
static void pretend_boot(const struct image *image, bool other) {
  uint64_t boot[2] = {1, 2};
  if (!other)
    image_boot(image, boot);
  if (!(boot[0] | boot[1]))
    boot[0] = 1;
  os_bootid_pretend(boot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct image image;
  if (size > IMAGE_MOST)
    return 0;
  const struct orders orders = read_orders(data, size);
  image_take(&image, data, size - size % IMAGE_UNIT);
  image_seal(&image, orders.seal);
  pretend_boot(&image, orders.use & IN_OTHER_BOOT);
  unlink(fuzz_path(DB MDBX_LOCK_SUFFIX));
  fuzz_write_file(DB, image.bytes, image.length);
  MDBX_env *env = create(&orders);
  const struct mode *mode = &modes[orders.mode % MODES];
  if (open_as(env, mode) == MDBX_SUCCESS)
    use_it(env, mode, &orders);
  else
    mdbx_env_close_ex(env, true);
  return 0;
}

/* The orders are changed now and then; else the file. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
  static struct image image;
  uint64_t random = seed;
  uint8_t orders[sizeof(struct orders)];
  const size_t there = size % IMAGE_UNIT < sizeof(orders) ? size % IMAGE_UNIT : sizeof(orders);
  memset(orders, 0, sizeof(orders));
  memcpy(orders, data + size - size % IMAGE_UNIT, there);
  image_take(&image, data, size - size % IMAGE_UNIT);
  if (fuzz_below(&random, 3) == 0)
    orders[fuzz_below(&random, sizeof(orders))] = (uint8_t)fuzz_random(&random);
  else
    for (size_t times = 1 + fuzz_below(&random, 3); times; --times) {
      image_mutate(&image, &random);
      image_take(&image, image.bytes, image.length);
    }
  if (fuzz_below(&random, 8))
    orders[0] = 0;
  if (image.length + sizeof(orders) > max_size)
    return size;
  memcpy(data, image.bytes, image.length);
  memcpy(data + image.length, orders, sizeof(orders));
  return image.length + sizeof(orders);
}
