/* SPDX-License-Identifier: Apache-2.0 */
/* What a database is changed by, beside a model of its tables. See use.h. */
#include "use.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_MOST = 9000 };

struct change {
  struct use *use;
  MDBX_txn *txn;
  size_t page_size;
  bool broken; /* the transaction cannot go on */
};

/* Of a sound database: what may be returned by a change that was not made. */
static bool refusal_is_good(int rc) {
  return rc == MDBX_MAP_FULL || rc == MDBX_TXN_FULL || rc == MDBX_UNABLE_EXTEND_MAPSIZE || rc == MDBX_ENOMEM ||
         rc == 27 || rc == 28;
}

/* True if the change was made. */
static bool made(struct change *change, int rc) {
  if (rc == MDBX_SUCCESS)
    return true;
  if (refusal_is_good(rc))
    change->broken = true;
  else
    SOUND_CODE(change->use, rc);
  if (mdbx_txn_flags(change->txn) & MDBX_TXN_ERROR)
    change->broken = true;
  return false;
}

/* --------------------------------------------------------------------------------------------------- what to change */

static uint8_t key_bytes[4096], value_bytes[VALUE_MOST];

static void draw_bytes(uint64_t *random, uint8_t *bytes, size_t length) {
  const uint8_t letter = (uint8_t)fuzz_random(random);
  memset(bytes, letter, length);
  for (size_t i = 0; i < 4 && i < length; ++i)
    bytes[fuzz_below(random, length)] = (uint8_t)fuzz_random(random);
}

static size_t draw_length(uint64_t *random, size_t most) {
  const size_t few = most < 24 ? most : 24;
  return fuzz_below(random, 3) ? fuzz_below(random, few + 1) : fuzz_below(random, most + 1);
}

static MDBX_val draw_key(struct change *change, const struct used_table *table) {
  uint64_t *random = &change->use->random;
  const struct pairs *pairs = &table->pairs;
  MDBX_val key = {key_bytes, 0};
  if (pairs->count && fuzz_below(random, 4)) {
    const MDBX_val old = pair_key(pairs, fuzz_below(random, pairs->count));
    if (old.iov_len > sizeof(key_bytes))
      return old;
    if (old.iov_len)
      memcpy(key_bytes, old.iov_base, old.iov_len);
    key.iov_len = old.iov_len;
    if (key.iov_len && fuzz_below(random, 2))
      key_bytes[fuzz_below(random, key.iov_len)] ^= (uint8_t)(1u << fuzz_below(random, 8));
    return key;
  }
  const int most = mdbx_env_get_maxkeysize_ex(change->use->env, (MDBX_db_flags_t)table->flags);
  key.iov_len = table->flags & MDBX_INTEGERKEY ? 4u << fuzz_below(random, 2)
                                               : draw_length(random, most > 0 && most < 4096 ? (size_t)most : 100);
  draw_bytes(random, key_bytes, key.iov_len);
  return key;
}

static MDBX_val draw_value(struct change *change, const struct used_table *table) {
  uint64_t *random = &change->use->random;
  const struct pairs *pairs = &table->pairs;
  MDBX_val value = {value_bytes, 0};
  if (table->flags & MDBX_DUPFIXED)
    value.iov_len = pairs->count ? pairs->items[0].value_length : 8;
  else if (table->flags & MDBX_DUPSORT)
    value.iov_len = draw_length(random, change->page_size / 2);
  else
    value.iov_len = draw_length(random, fuzz_below(random, 4) ? change->page_size / 2 : 3 * change->page_size);
  if (value.iov_len > VALUE_MOST)
    value.iov_len = VALUE_MOST;
  draw_bytes(random, value_bytes, value.iov_len);
  return value;
}

/* ------------------------------------------------------------------------------------------------------- each change */

static void do_put(struct change *change, struct used_table *table) {
  static const MDBX_put_flags_t kinds[] = {MDBX_UPSERT, MDBX_UPSERT, MDBX_NOOVERWRITE, MDBX_CURRENT};
  const MDBX_val key = draw_key(change, table), wanted = draw_value(change, table);
  MDBX_val value = wanted;
  bool there;
  pairs_seek(&table->pairs, &key, NULL, &there);
  MDBX_put_flags_t flags = kinds[fuzz_below(&change->use->random, 4)];
  if (table->pairs.several && flags == MDBX_CURRENT)
    flags = MDBX_UPSERT;
  const int rc = mdbx_put(change->txn, table->dbi, &key, &value, flags);
  if (table->modelled && (rc == MDBX_KEYEXIST || rc == MDBX_NOTFOUND))
    FUZZ_MUST(there == (rc == MDBX_KEYEXIST));
  if (made(change, rc) && table->modelled) {
    FUZZ_MUST(flags != MDBX_NOOVERWRITE || !there);
    FUZZ_MUST(flags != MDBX_CURRENT || there);
    pairs_put(&table->pairs, &key, &wanted);
  }
}

static void do_delete(struct change *change, struct used_table *table) {
  const MDBX_val key = draw_key(change, table);
  bool there;
  const size_t from = pairs_seek(&table->pairs, &key, NULL, &there);
  const int rc = mdbx_del(change->txn, table->dbi, &key, NULL);
  if (!table->modelled)
    (void)made(change, rc);
  else if (made(change, rc)) {
    FUZZ_MUST(there);
    pairs_remove(&table->pairs, from, pairs_behind(&table->pairs, &key));
  } else
    FUZZ_MUST(change->broken || !there || table->main);
}

/* One pair, through a cursor that has come to it by steps. */
static void do_delete_here(struct change *change, struct used_table *table) {
  MDBX_cursor *cursor;
  MDBX_val key, value;
  const size_t steps = table->pairs.count ? fuzz_below(&change->use->random, table->pairs.count) : 1;
  FUZZ_OK(mdbx_cursor_open(change->txn, table->dbi, &cursor));
  int rc = mdbx_cursor_get(cursor, &key, &value, MDBX_FIRST);
  for (size_t i = 0; rc == MDBX_SUCCESS && i < steps; ++i)
    rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT);
  SOUND_CODE(change->use, rc);
  const bool lone = table->modelled && !table->main && rc == MDBX_SUCCESS;
  if (lone)
    FUZZ_MUST(steps < table->pairs.count);
  if ((lone || !table->modelled) && rc == MDBX_SUCCESS && made(change, mdbx_cursor_del(cursor, MDBX_UPSERT)) &&
      table->modelled)
    pairs_remove(&table->pairs, steps, steps + 1);
  mdbx_cursor_close(cursor);
}

/* Both ends of a range are found by keys. */
static void do_delete_range(struct change *change, struct used_table *table) {
  MDBX_cursor *begin, *end;
  uint64_t number = 0;
  if (table->main || !table->pairs.count)
    return;
  const size_t from = fuzz_below(&change->use->random, table->pairs.count);
  const size_t to = from + fuzz_below(&change->use->random, table->pairs.count - from);
  MDBX_val from_key = pair_key(&table->pairs, from), from_value = pair_value(&table->pairs, from);
  MDBX_val to_key = pair_key(&table->pairs, to), to_value = pair_value(&table->pairs, to);
  const MDBX_cursor_op op = table->pairs.several ? MDBX_GET_BOTH : MDBX_SET_KEY;
  FUZZ_OK(mdbx_cursor_open(change->txn, table->dbi, &begin));
  FUZZ_OK(mdbx_cursor_open(change->txn, table->dbi, &end));
  if (mdbx_cursor_get(begin, &from_key, &from_value, op) == MDBX_SUCCESS &&
      mdbx_cursor_get(end, &to_key, &to_value, op) == MDBX_SUCCESS &&
      made(change, mdbx_cursor_delete_range(begin, end, false, &number)) && table->modelled) {
    FUZZ_MUST(number == to - from);
    pairs_remove(&table->pairs, from, to);
  }
  mdbx_cursor_close(begin);
  mdbx_cursor_close(end);
}

static void do_empty(struct change *change, struct used_table *table) {
  if (table->main || fuzz_below(&change->use->random, 3))
    return;
  if (made(change, mdbx_drop(change->txn, table->dbi, false)))
    pairs_remove(&table->pairs, 0, table->pairs.count);
}

/* What comes to nothing. */
static void do_nested(struct change *change, struct used_table *table) {
  struct change inner = *change;
  if (mdbx_txn_begin(change->use->env, change->txn, MDBX_TXN_READWRITE, &inner.txn) != MDBX_SUCCESS)
    return;
  struct pairs before;
  pairs_copy(&before, &table->pairs);
  for (size_t i = fuzz_below(&change->use->random, 6); i && !inner.broken; --i)
    if (fuzz_below(&change->use->random, 2))
      do_put(&inner, table);
    else
      do_delete(&inner, table);
  SOUND_CODE(change->use, mdbx_txn_abort(inner.txn));
  pairs_clear(&table->pairs);
  table->pairs = before;
  if (mdbx_txn_flags(change->txn) & MDBX_TXN_ERROR)
    change->broken = true;
}

static void do_small_things(struct change *change, struct used_table *table) {
  uint64_t sequence;
  const MDBX_canary canary = {1, 2, 3, 4};
  (void)made(change, mdbx_dbi_sequence(change->txn, table->dbi, &sequence, 1));
  (void)made(change, mdbx_canary_put(change->txn, &canary));
}

typedef void do_change(struct change *change, struct used_table *table);
static do_change *const all_changes[] = {do_put,    do_put,    do_put,         do_put,         do_put,
                                         do_delete, do_delete, do_delete_here, do_delete_here, do_delete_range,
                                         do_empty,  do_nested, do_small_things};
enum { ALL_CHANGES = sizeof(all_changes) / sizeof(all_changes[0]) };

/* ------------------------------------------------------------------------------------------------ the transaction */

/* What a walk sees now is what the model holds. */
static void compare(struct use *use, const struct use *wanted) {
  FUZZ_MUST(use->count == wanted->count);
  for (size_t i = 0; i < use->count; ++i) {
    const struct pairs *have = &use->tables[i].pairs, *want = &wanted->tables[i].pairs;
    if (!wanted->tables[i].modelled)
      continue;
    FUZZ_MUST(have->count == want->count);
    for (size_t n = 0; n < have->count; ++n) {
      const MDBX_val key = pair_key(have, n), value = pair_value(have, n);
      const MDBX_val wanted_key = pair_key(want, n), wanted_value = pair_value(want, n);
      FUZZ_MUST(val_equal(&key, &wanted_key) && val_equal(&value, &wanted_value));
    }
  }
}

static void change_tables(struct change *change) {
  struct use *use = change->use;
  for (unsigned i = 0; i < use->changes && !change->broken && use->count; ++i)
    all_changes[fuzz_below(&use->random, ALL_CHANGES)](change, &use->tables[fuzz_below(&use->random, use->count)]);
}

bool use_change(struct use *use) {
  static struct use after;
  struct change change = {.use = use};
  MDBX_stat stat;
  const int rc = mdbx_txn_begin(use->env, NULL, MDBX_TXN_READWRITE, &change.txn);
  SOUND_CODE(use, rc);
  if (rc != MDBX_SUCCESS)
    return false;
  change.page_size = mdbx_env_stat_ex(use->env, change.txn, &stat, sizeof(stat)) == MDBX_SUCCESS ? stat.ms_psize : 512;
  const bool opened = use_open_tables(use, change.txn);
  SOUND_MUST(use, opened);
  if (opened)
    change_tables(&change);
  if (change.broken) {
    SOUND_CODE(use, mdbx_txn_abort(change.txn));
    return false;
  }
  const int committed = mdbx_txn_commit(change.txn);
  SOUND_CODE(use, committed);
  if (committed != MDBX_SUCCESS)
    return false;
  SOUND_MUST(use, use_is_sound(use->env, false));
  after = (struct use){.env = use->env, .sound = use->sound, .random = 1};
  use_read(&after);
  if (use->sound)
    compare(&after, use);
  use_forget(&after);
  return true;
}

/* ------------------------------------------------------------------------------------------------------- the end */

static void drop_all(struct use *use) {
  MDBX_txn *txn;
  if (mdbx_txn_begin(use->env, NULL, MDBX_TXN_READWRITE, &txn) != MDBX_SUCCESS)
    return;
  int rc = use_open_tables(use, txn) ? MDBX_SUCCESS : MDBX_NOTFOUND;
  for (size_t i = use->count; i && rc == MDBX_SUCCESS; --i)
    rc = mdbx_drop(txn, use->tables[i - 1].dbi, !use->tables[i - 1].main);
  SOUND_CODE(use, rc);
  rc = mdbx_txn_commit(txn);
  SOUND_CODE(use, rc);
}

void use_up(struct use *use) {
  static const intptr_t sizes[] = {-1, 0, 1 << 16, 1 << 20, 1 << 24};
  MDBX_defrag_result_t result;
  SOUND_CODE(use, mdbx_env_defrag(use->env, 0, 0, 0, 0, 0, 8, NULL, NULL, &result));
  SOUND_MUST(use, use_is_sound(use->env, false));
  SOUND_CODE(use, mdbx_env_set_geometry(use->env, 0, -1, sizes[fuzz_below(&use->random, 5)],
                                        sizes[fuzz_below(&use->random, 3)], sizes[fuzz_below(&use->random, 3)], -1));
  SOUND_CODE(use, mdbx_env_sync_ex(use->env, true, false));
  SOUND_MUST(use, use_is_sound(use->env, true));
  drop_all(use);
  SOUND_MUST(use, use_is_sound(use->env, false));
}
