/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model test of tables with several values per key: random operations on a database and on a sorted array of pairs.
 *
 * Usage: multi [seed [operations]]. Every kind of values is there: bytes, reversed, fixed size, integers, an order of
 * the user. Every cursor operation is drawn and compared with what it means on the array; cursors that stand while others
 * change the table are looked at again; the checker runs after every commit.
 */
#include "multi.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ------------------------------------------------------------------------------------------------------ put and del */

static void put_upsert(struct model *model, int kind, MDBX_val *key, MDBX_val *value) {
  MUST(model, mdbx_put(model->txn, model->dbi[kind], key, value, MDBX_UPSERT));
  add_pair(model, kind, key, value);
}

static void put_with_flags(struct model *model, int kind, MDBX_val *key, MDBX_val *value) {
  static const unsigned choices[] = {
      MDBX_NODUPDATA, MDBX_NOOVERWRITE,           MDBX_CURRENT, MDBX_ALLDUPS, MDBX_APPENDDUP,
      MDBX_APPEND,    MDBX_CURRENT | MDBX_ALLDUPS};
  const unsigned flags = choices[below(model, 7)];
  const struct list *list = &model->live[kind];
  const size_t from = lower(model, kind, key, NULL), to = behind_key(model, kind, key);
  const int key_there = to > from, pair_there = pair_is(model, kind, lower(model, kind, key, value), key, value);
  MDBX_val given = *value;
  int expected = MDBX_SUCCESS;
  if (flags == MDBX_NODUPDATA && pair_there)
    expected = MDBX_KEYEXIST;
  else if (flags == MDBX_NOOVERWRITE && key_there)
    expected = MDBX_KEYEXIST;
  else if ((flags & MDBX_CURRENT) && !key_there)
    expected = MDBX_NOTFOUND;
  else if (flags == MDBX_APPENDDUP && key_there && compare_pair(kind, &list->pairs[to - 1], key, value) >= 0)
    expected = MDBX_EKEYMISMATCH;
  else if (flags == MDBX_APPEND && list->count && compare_pair(kind, &list->pairs[list->count - 1], key, NULL) > 0)
    expected = MDBX_EKEYMISMATCH;
  MUST_GIVE(model, mdbx_put(model->txn, model->dbi[kind], key, &given, (MDBX_put_flags_t)flags), expected);
  if (flags == MDBX_NOOVERWRITE && expected == MDBX_KEYEXIST)
    must_be_pair(model, kind, from, key, &given);
  if (expected != MDBX_SUCCESS)
    return;
  if (flags & (MDBX_CURRENT | MDBX_ALLDUPS))
    exchange_all(model, kind, key, value);
  else
    add_pair(model, kind, key, value);
}

static void put_several(struct model *model, int kind, MDBX_val *key) {
  uint8_t elements[8 * 300], scratch[64];
  const unsigned size = kinds[kind].fixed;
  MDBX_val data[2] = {{elements, size}, {NULL, below(model, below(model, 4) ? 100 : 300)}};
  const size_t count = data[1].iov_len;
  for (size_t i = 0; i < count; ++i) {
    MDBX_val value;
    draw_value(model, kind, scratch, &value);
    memcpy(elements + i * size, scratch, size);
  }
  const int anew = below(model, 6) == 0;
  MUST(model, mdbx_put(model->txn, model->dbi[kind], key, data,
                       (MDBX_put_flags_t)(MDBX_MULTIPLE | (anew ? MDBX_ALLDUPS : 0))));
  MUST_BE(model, data[1].iov_len == count);
  for (size_t i = 0; i < count; ++i) {
    const MDBX_val value = {elements + i * size, size};
    if (anew && i == 0)
      exchange_all(model, kind, key, &value);
    else
      add_pair(model, kind, key, &value);
  }
}

static void do_put(struct model *model, int kind, uint8_t *bytes) {
  MDBX_val key, value;
  draw_pair(model, kind, bytes, &key, &value);
  if (below(model, 3))
    draw_value(model, kind, bytes + BYTES_MAX, &value);
  if (kinds[kind].fixed && below(model, 12) == 0)
    put_several(model, kind, &key);
  else if (below(model, 3))
    put_upsert(model, kind, &key, &value);
  else
    put_with_flags(model, kind, &key, &value);
}

static void do_delete(struct model *model, int kind, uint8_t *bytes) {
  MDBX_val key, value;
  draw_pair(model, kind, bytes, &key, &value);
  if (below(model, 12) == 0) {
    const int there = behind_key(model, kind, &key) > lower(model, kind, &key, NULL);
    MUST_GIVE(model, mdbx_del(model->txn, model->dbi[kind], &key, NULL), there ? MDBX_SUCCESS : MDBX_NOTFOUND);
    take_out(model, kind, lower(model, kind, &key, NULL), behind_key(model, kind, &key));
    return;
  }
  const size_t at = lower(model, kind, &key, &value);
  const int there = pair_is(model, kind, at, &key, &value);
  MUST_GIVE(model, mdbx_del(model->txn, model->dbi[kind], &key, &value), there ? MDBX_SUCCESS : MDBX_NOTFOUND);
  if (there)
    take_out(model, kind, at, at + 1);
}

static void do_replace(struct model *model, int kind, uint8_t *bytes) {
  MDBX_val key, value, old;
  uint8_t fresh_bytes[BYTES_MAX];
  MDBX_val fresh;
  draw_pair(model, kind, bytes, &key, &value);
  draw_value(model, kind, fresh_bytes, &fresh);
  const size_t at = lower(model, kind, &key, &value);
  const int there = pair_is(model, kind, at, &key, &value), gone = below(model, 4) == 0;
  old = value;
  MUST_GIVE(model,
            mdbx_replace(model->txn, model->dbi[kind], &key, gone ? NULL : &fresh, &old,
                         (MDBX_put_flags_t)(MDBX_CURRENT | MDBX_NOOVERWRITE)),
            there ? MDBX_SUCCESS : MDBX_NOTFOUND);
  if (!there)
    return;
  if (gone) {
    take_out(model, kind, at, at + 1);
    return;
  }
  exchange(model, kind, at, at + 1, &key, &fresh);
}

/* Counts from the record to another one and goes there, sometimes further than there are records. */
size_t scroll(struct model *model, int kind, MDBX_cursor *cursor, size_t at) {
  const struct list *list = &model->live[kind];
  const size_t to = below(model, list->count);
  const intptr_t steps = (intptr_t)to - (intptr_t)at, over = below(model, 8) ? 0 : steps < 0 ? -(intptr_t)to - 1 : 0;
  MDBX_cursor *start;
  MDBX_val key, value;
  intptr_t distance;
  MUST(model, mdbx_cursor_open(model->txn, model->dbi[kind], &start));
  MUST(model, mdbx_cursor_copy(cursor, start));
  MUST_GIVE(model, mdbx_cursor_scroll(cursor, steps + over, UINT_MAX), over ? MDBX_NOTFOUND : MDBX_SUCCESS);
  const size_t end = over ? 0 : to;
  MUST(model, mdbx_cursor_get(cursor, &key, &value, MDBX_GET_CURRENT));
  must_be_pair(model, kind, end, &key, &value);
  MUST(model, mdbx_cursor_distance(start, cursor, &distance, UINT_MAX));
  MUST_BE(model, distance == (intptr_t)end - (intptr_t)at);
  MUST(model, mdbx_cursor_distance(cursor, NULL, &distance, UINT_MAX));
  MUST_BE(model, distance == (intptr_t)(list->count - 1 - end));
  mdbx_cursor_close(start);
  return end;
}

/* Whole tables and single keys are counted; anything else must have the right direction. */
static void check_estimates(struct model *model, int kind, const MDBX_val *key, const MDBX_val *end) {
  const struct list *list = &model->live[kind];
  const size_t from = lower(model, kind, key, NULL), to = behind_key(model, kind, key);
  const size_t last = lower(model, kind, end, NULL);
  ptrdiff_t distance;
  MUST(model, mdbx_estimate_range(model->txn, model->dbi[kind], NULL, NULL, NULL, NULL, &distance));
  MUST_BE(model, distance == (ptrdiff_t)list->count);
  MUST(model, mdbx_estimate_range(model->txn, model->dbi[kind], key, NULL, MDBX_EPSILON, NULL, &distance));
  MUST_BE(model, distance == (ptrdiff_t)(to - from));
  MUST(model, mdbx_estimate_range(model->txn, model->dbi[kind], key, NULL, end, NULL, &distance));
  MUST_BE(model, last >= from ? distance >= 0 : distance <= 0);
}

/* Some keys with one call: those of pairs that are there, in any order, and the drawn one. */
static void get_many(struct model *model, int kind, const MDBX_val *drawn) {
  enum { SOME = 40 };
  const struct list *list = &model->live[kind];
  MDBX_val keys[SOME] = {{NULL, 0}}, found[SOME];
  int codes[SOME];
  const size_t count = below(model, SOME + 1);
  for (size_t i = 0; i < count; ++i)
    keys[i] = list->count && below(model, 4) ? key_of(&list->pairs[below(model, list->count)]) : *drawn;
  MUST(model, mdbx_get_many(model->txn, model->dbi[kind], keys, found, codes, count));
  for (size_t i = 0; i < count; ++i) {
    const size_t from = lower(model, kind, &keys[i], NULL);
    MUST_BE(model, codes[i] == (behind_key(model, kind, &keys[i]) > from ? MDBX_SUCCESS : MDBX_NOTFOUND));
    if (codes[i] == MDBX_SUCCESS)
      must_be_pair(model, kind, from, &keys[i], &found[i]);
  }
}

static void do_get(struct model *model, int kind, uint8_t *bytes) {
  MDBX_val key, value, found_key, found;
  size_t count;
  draw_pair(model, kind, bytes, &key, &value);
  const size_t from = lower(model, kind, &key, NULL), to = behind_key(model, kind, &key);
  get_many(model, kind, &key);
  if (model->live[kind].count) {
    const MDBX_val end = key_of(&model->live[kind].pairs[below(model, model->live[kind].count)]);
    check_estimates(model, kind, &key, &end);
  }
  MUST_GIVE(model, mdbx_get(model->txn, model->dbi[kind], &key, &found), to > from ? MDBX_SUCCESS : MDBX_NOTFOUND);
  if (to > from)
    must_be_pair(model, kind, from, &key, &found);
  found_key = key;
  mdbx_get_ex(model->txn, model->dbi[kind], &found_key, &found, &count);
  MUST_BE(model, count == to - from);
  found_key = key;
  found = value;
  const size_t at = lower(model, kind, &key, &value);
  const int rc = mdbx_get_equal_or_great(model->txn, model->dbi[kind], &found_key, &found);
  if (at == model->live[kind].count)
    MUST_BE(model, rc == MDBX_NOTFOUND);
  else
    MUST_BE(model, rc == (pair_is(model, kind, at, &key, &value) ? MDBX_SUCCESS : MDBX_RESULT_TRUE));
  if (rc != MDBX_NOTFOUND)
    must_be_pair(model, kind, at, &found_key, &found);
}

/* ------------------------------------------------------------------------------------------------------ transactions */

static void copy_standing(struct standing *to, const struct standing *from) {
  const MDBX_val key = key_of(&from->pair), value = value_of(&from->pair);
  free(to->pair.bytes);
  *to = *from;
  to->pair = from->placed ? make_pair(&key, &value) : (struct pair){0, 0, NULL};
}

static void begin(struct model *model) {
  struct level *level = &model->levels[model->depth];
  MUST(model, mdbx_txn_begin(model->env, model->txn, MDBX_TXN_READWRITE, &level->txn));
  if (model->txn)
    MUST_BE(model, mdbx_txn_flags(model->txn) & MDBX_TXN_HAS_CHILD);
  for (int i = 0; i < KINDS; ++i)
    copy_list(&level->saved[i], &model->live[i]);
  for (int i = 0; i < STANDING; ++i)
    copy_standing(&level->standing[i], &model->standing[i]);
  model->txn = level->txn;
  model->nested += model->depth > 0;
  model->depth += 1;
}

/* Ends the transactions from the innermost to that one. */
static void end_level(struct model *model, int keep, int depth) {
  struct level *level = &model->levels[depth];
  if (keep)
    MUST(model, mdbx_txn_commit(level->txn));
  else
    MUST(model, mdbx_txn_abort(level->txn));
  for (int i = 0; !keep && i < KINDS; ++i)
    copy_list(&model->live[i], &level->saved[i]);
  for (int i = 0; i < STANDING; ++i) {
    struct standing *standing = &model->standing[i];
    if (!keep && standing->level >= 0 && standing->level < depth)
      copy_standing(standing, &level->standing[i]);
    else if (standing->level >= depth)
      standing->placed = 0;
    if (standing->level >= depth)
      standing->level = -1;
  }
  model->depth = depth;
  model->txn = depth ? model->levels[depth - 1].txn : NULL;
}

static void end(struct model *model, int keep) {
  const int depth = below(model, 8) ? model->depth - 1 : 0;
  end_level(model, keep, depth);
  if (!keep || depth)
    return;
  model->commits += 1;
  check(model);
}

static void open_database(struct model *model, int fresh) {
  static const unsigned modes[] = {MDBX_UTTERLY_NOSYNC, MDBX_SAFE_NOSYNC | MDBX_LIFORECLAIM,
                                   MDBX_UTTERLY_NOSYNC | MDBX_WRITEMAP, MDBX_SAFE_NOSYNC | MDBX_VALIDATION};
  MUST(model, mdbx_env_create(&model->env));
  MUST(model, mdbx_env_set_maxdbs(model->env, KINDS));
  MUST(model, mdbx_env_set_option(model->env, MDBX_opt_txn_dp_limit, 128));
  if (fresh)
    MUST(model, mdbx_env_set_geometry(model->env, 0, 65536, 256 << 20, 65536, 131072, (intptr_t)model->page_size));
  MUST(model,
       mdbx_env_open(model->env, model->path, (MDBX_env_flags_t)(modes[model->seed / 8 % 4] | MDBX_NOSUBDIR), 0600));
  MUST(model, mdbx_txn_begin(model->env, NULL, MDBX_TXN_READWRITE, &model->txn));
  for (int i = 0; i < KINDS; ++i) {
    const MDBX_cmp_func order = kinds[i].own_order ? by_last_byte : NULL;
    MUST(model, mdbx_dbi_open_ex(model->txn, kinds[i].name, (MDBX_db_flags_t)(kinds[i].flags | MDBX_CREATE),
                                 &model->dbi[i], order, order));
  }
  MUST(model, mdbx_txn_commit(model->txn));
  model->txn = NULL;
  for (int i = 0; i < STANDING; ++i)
    model->standing[i].level = -1;
}

static void close_database(struct model *model) {
  for (int i = 0; i < STANDING; ++i) {
    mdbx_cursor_close(model->standing[i].cursor);
    model->standing[i].cursor = NULL;
    model->standing[i].placed = 0;
  }
  MUST(model, mdbx_env_close(model->env));
}

static void drop(struct model *model, int kind) {
  MUST(model, mdbx_drop(model->txn, model->dbi[kind], false));
  remove_pairs(&model->live[kind], 0, model->live[kind].count);
  for (int i = 0; i < STANDING; ++i)
    if (model->standing[i].kind == kind)
      model->standing[i].placed = 0;
}

static unsigned env_flags(const struct model *model) {
  unsigned flags = 0;
  mdbx_env_get_flags(model->env, &flags);
  return flags;
}

static void step(struct model *model) {
  static uint8_t bytes[4 * BYTES_MAX];
  const size_t what = below(model, 1000);
  const int kind = (int)below(model, KINDS);
  if (!model->txn) {
    if (what < 30) {
      close_database(model);
      open_database(model, 0);
    }
    begin(model);
  }
  if (what < 420)
    do_put(model, kind, bytes);
  else if (what < 560)
    do_delete(model, kind, bytes);
  else if (what < 600)
    do_replace(model, kind, bytes);
  else if (what < 650)
    do_get(model, kind, bytes);
  else if (what < 780)
    do_walk(model, kind, bytes);
  else if (what < 800)
    do_pages(model, kind);
  else if (what < 880)
    do_change(model, kind, bytes);
  else if (what < 970)
    do_standing(model, kind);
  else if (what < 971)
    drop(model, kind);
  else if (what < 975)
    do_bulk(model, kind);
  else if (what < 980)
    compare_table(model, kind);
  else if (what < 984)
    end(model, 0);
  else if (what < 992)
    end(model, 1);
  else if (model->depth < LEVELS && !(env_flags(model) & MDBX_WRITEMAP))
    begin(model);
}

static void run(unsigned long seed, unsigned long steps) {
  static const unsigned sizes[] = {4096, 256, 512, 1024, 2048, 8192, 16384, 65536};
  struct model *model = calloc(1, sizeof(*model));
  const char *folder = getenv("TEST_TMPDIR");
  model->seed = seed;
  model->random = seed * 104729 + 7;
  model->page_size = sizes[seed % 8];
  snprintf(model->path, sizeof(model->path), "%s/multi-%d-%lu.db", folder ? folder : "/tmp", (int)getpid(), seed);
  mdbx_env_delete(model->path, MDBX_ENV_JUST_DELETE);
  open_database(model, 1);
  for (; model->step < steps; ++model->step)
    step(model);
  if (!model->txn)
    begin(model);
  for (int i = 0; i < KINDS; ++i)
    compare_table(model, i);
  end_level(model, 1, 0);
  check(model);
  close_database(model);
  mdbx_env_delete(model->path, MDBX_ENV_JUST_DELETE);
  printf("seed %lu: page size %zu, %lu steps, %lu commits, %lu nested, forms of values 0x%x: agreed\n", seed,
         model->page_size, steps, model->commits, model->nested, model->forms);
  for (int i = 0; i < KINDS; ++i) {
    remove_pairs(&model->live[i], 0, model->live[i].count);
    free(model->live[i].pairs);
    for (int level = 0; level < LEVELS; ++level) {
      remove_pairs(&model->levels[level].saved[i], 0, model->levels[level].saved[i].count);
      free(model->levels[level].saved[i].pairs);
    }
  }
  for (int i = 0; i < STANDING; ++i) {
    free(model->standing[i].pair.bytes);
    for (int level = 0; level < LEVELS; ++level)
      free(model->levels[level].standing[i].pair.bytes);
  }
  free(model);
}

int main(int argc, char **argv) {
  mdbx_setup_debug(MDBX_LOG_ERROR, MDBX_DBG_NONE, NULL);
  const unsigned long steps = argc > 2 ? strtoul(argv[2], NULL, 10) : 4000;
  if (argc > 1) {
    run(strtoul(argv[1], NULL, 10), steps);
    return 0;
  }
  for (unsigned long seed = 1; seed <= 32; ++seed)
    run(seed, steps);
  return 0;
}
