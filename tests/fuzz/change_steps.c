/* SPDX-License-Identifier: Apache-2.0 */
/* Each change that a transaction may make, and what it does to the model. */
#include "change.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_MOST = 9000, LONG_MOST = 70000 };

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
  if (!change->txn || mdbx_txn_flags(change->txn) & MDBX_TXN_ERROR)
    change->broken = true;
  return false;
}

/* --------------------------------------------------------------------------------------------------- what to change */

static uint8_t key_bytes[4096], value_bytes[LONG_MOST];

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
  if (!(table->flags & MDBX_DUPSORT) && fuzz_below(random, 24) == 0)
    value.iov_len = LONG_MOST - fuzz_below(random, LONG_MOST / 2);
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

/* All values of a key give way to one. */
static void do_put_alldups(struct change *change, struct used_table *table) {
  const MDBX_val key = draw_key(change, table), wanted = draw_value(change, table);
  MDBX_val value = wanted;
  bool there;
  if (made(change, mdbx_put(change->txn, table->dbi, &key, &value, MDBX_ALLDUPS)) && table->modelled) {
    const size_t from = pairs_seek(&table->pairs, &key, NULL, &there);
    const struct pairs *pairs = &table->pairs;
    const MDBX_val old_key = there ? pair_key(pairs, from) : key;
    uint8_t copy[sizeof(key_bytes)];
    if (key.iov_len > sizeof(copy))
      return;
    if (key.iov_len)
      memcpy(copy, old_key.iov_base, key.iov_len);
    pairs_remove(&table->pairs, from, there ? pairs_behind(&table->pairs, &key) : from);
    pairs_put(&table->pairs, &(MDBX_val){copy, key.iov_len}, &wanted);
  }
}

/* At the end of the table, or of the values of a key; elsewhere it is refused. */
static void do_append(struct change *change, struct used_table *table) {
  const MDBX_put_flags_t flags = fuzz_below(&change->use->random, 2) ? MDBX_APPEND : MDBX_APPENDDUP;
  const MDBX_val key = draw_key(change, table), wanted = draw_value(change, table);
  MDBX_val value = wanted;
  const int rc = mdbx_put(change->txn, table->dbi, &key, &value, flags);
  if (made(change, rc) && table->modelled) {
    pairs_put(&table->pairs, &key, &wanted);
    if (flags == MDBX_APPEND && !table->main)
      FUZZ_MUST(pairs_behind(&table->pairs, &key) == table->pairs.count);
  }
}

static void do_reserve(struct change *change, struct used_table *table) {
  const MDBX_val key = draw_key(change, table), wanted = draw_value(change, table);
  MDBX_val value = {NULL, wanted.iov_len};
  const int rc = mdbx_put(change->txn, table->dbi, &key, &value, MDBX_RESERVE);
  FUZZ_MUST(rc != MDBX_SUCCESS || !table->pairs.several);
  if (!made(change, rc))
    return;
  FUZZ_MUST(value.iov_len == wanted.iov_len);
  if (wanted.iov_len)
    memcpy(value.iov_base, wanted.iov_base, wanted.iov_len);
  if (table->modelled)
    pairs_put(&table->pairs, &key, &wanted);
}

static void do_put_many(struct change *change, struct used_table *table) {
  enum { COUNT = 12, LENGTH = 24 };
  static uint8_t bytes[COUNT][2][LENGTH];
  MDBX_val keys[COUNT], values[COUNT];
  size_t count = 0, done = 0;
  for (size_t i = 0; i < COUNT; ++i) {
    const MDBX_val key = draw_key(change, table), value = draw_value(change, table);
    if (key.iov_len > LENGTH || value.iov_len > LENGTH)
      continue;
    if (key.iov_len)
      memcpy(bytes[count][0], key.iov_base, key.iov_len);
    if (value.iov_len)
      memcpy(bytes[count][1], value.iov_base, value.iov_len);
    keys[count] = (MDBX_val){bytes[count][0], key.iov_len};
    values[count] = (MDBX_val){bytes[count][1], value.iov_len};
    count += 1;
  }
  const int rc = mdbx_put_many(change->txn, table->dbi, keys, values, count, MDBX_UPSERT, &done);
  (void)made(change, rc);
  FUZZ_MUST(done <= count && (rc != MDBX_SUCCESS || done == count));
  for (size_t i = 0; table->modelled && i < done; ++i)
    pairs_put(&table->pairs, &keys[i], &values[i]);
}

/* An array of values for one key. */
static void do_multiple(struct change *change, struct used_table *table) {
  static uint8_t bytes[600];
  const MDBX_val key = draw_key(change, table);
  const size_t length = table->pairs.count ? table->pairs.items[0].value_length : 8;
  if (!(table->flags & MDBX_DUPFIXED) || !length || length > 40)
    return;
  draw_bytes(&change->use->random, bytes, sizeof(bytes));
  for (size_t i = 0; i < sizeof(bytes); i += 8)
    bytes[i] = (uint8_t)fuzz_random(&change->use->random);
  MDBX_val values[2] = {{bytes, length}, {NULL, 1 + fuzz_below(&change->use->random, sizeof(bytes) / length)}};
  const size_t count = values[1].iov_len;
  if (!made(change, mdbx_put(change->txn, table->dbi, &key, values, MDBX_MULTIPLE)) || !table->modelled)
    return;
  FUZZ_MUST(values[1].iov_len == count);
  for (size_t i = 0; i < count; ++i)
    pairs_put(&table->pairs, &key, &(MDBX_val){bytes + i * length, length});
}

/* The old value comes back; without a new one the record goes. */
static void do_replace(struct change *change, struct used_table *table) {
  static uint8_t old_bytes[1 << 16];
  const MDBX_val key = draw_key(change, table), wanted = draw_value(change, table);
  const bool deletes = fuzz_below(&change->use->random, 3) == 0, one = fuzz_below(&change->use->random, 2);
  MDBX_val value = wanted, old = {old_bytes, sizeof(old_bytes)};
  bool there;
  const size_t at = pairs_seek(&table->pairs, &key, NULL, &there), behind = pairs_behind(&table->pairs, &key);
  MDBX_put_flags_t flags = deletes ? MDBX_CURRENT : MDBX_UPSERT;
  if (table->pairs.several && one && there) { /* the value that is meant is told */
    flags = MDBX_CURRENT | MDBX_NOOVERWRITE;
    old = pair_value(&table->pairs, at);
  } else if (table->pairs.several)
    flags |= MDBX_ALLDUPS;
  const int rc = mdbx_replace(change->txn, table->dbi, &key, deletes ? NULL : &value, &old, flags);
  if (!made(change, rc) || !table->modelled)
    return;
  FUZZ_MUST(there || !deletes);
  if (there && behind == at + 1) {
    const MDBX_val before = pair_value(&table->pairs, at);
    FUZZ_MUST(table->pairs.several || val_equal(&old, &before));
  }
  uint8_t copy[sizeof(key_bytes)];
  if (key.iov_len > sizeof(copy))
    return;
  if (key.iov_len)
    memcpy(copy, there ? pair_key(&table->pairs, at).iov_base : key.iov_base, key.iov_len);
  if (table->pairs.several || deletes)
    pairs_remove(&table->pairs, at, !there ? at : flags & MDBX_NOOVERWRITE ? at + 1 : behind);
  if (!deletes)
    pairs_put(&table->pairs, &(MDBX_val){copy, key.iov_len}, &wanted);
}

/* Where the cursor is in the model: it goes there by key, or by key and value. */
static MDBX_cursor *cursor_at(struct change *change, const struct used_table *table, size_t at) {
  MDBX_cursor *cursor;
  MDBX_val key = pair_key(&table->pairs, at), value = pair_value(&table->pairs, at);
  FUZZ_OK(mdbx_cursor_open(change->txn, table->dbi, &cursor));
  if (mdbx_cursor_get(cursor, &key, &value, table->pairs.several ? MDBX_GET_BOTH : MDBX_SET_KEY) == MDBX_SUCCESS)
    return cursor;
  mdbx_cursor_close(cursor);
  return NULL;
}

static void do_bunch(struct change *change, struct used_table *table) {
  const MDBX_bunch_action_t action = (MDBX_bunch_action_t)fuzz_below(&change->use->random, MDBX_DELETE_WHOLE + 1);
  uint64_t number = 0;
  if (table->main || !table->pairs.count)
    return;
  const size_t at = fuzz_below(&change->use->random, table->pairs.count);
  MDBX_cursor *cursor = cursor_at(change, table, at);
  if (!cursor)
    return;
  if (made(change, mdbx_cursor_bunch_delete(cursor, action, &number)) && table->modelled) {
    size_t from, to;
    pairs_bunch(&table->pairs, at, action, &from, &to);
    FUZZ_MUST(number == to - from);
    pairs_remove(&table->pairs, from, to);
  }
  mdbx_cursor_close(cursor);
}

/* Another value at the place of the cursor, while another cursor stays at its own. */
static void do_put_here(struct change *change, struct used_table *table) {
  MDBX_val key, value;
  if (table->main || !table->pairs.count)
    return;
  const size_t at = fuzz_below(&change->use->random, table->pairs.count);
  const size_t other_at = fuzz_below(&change->use->random, table->pairs.count);
  MDBX_cursor *cursor = cursor_at(change, table, at), *other = cursor_at(change, table, other_at);
  const MDBX_val wanted = draw_value(change, table);
  if (cursor && other && mdbx_cursor_get(cursor, &key, &value, MDBX_GET_CURRENT) == MDBX_SUCCESS) {
    uint8_t copy[sizeof(key_bytes)];
    if (key.iov_len && key.iov_len <= sizeof(copy))
      memcpy(copy, key.iov_base, key.iov_len);
    const MDBX_val own = {copy, key.iov_len};
    value = wanted;
    if (own.iov_len <= sizeof(copy) && made(change, mdbx_cursor_put(cursor, &own, &value, MDBX_CURRENT)) &&
        table->modelled) {
      pairs_remove(&table->pairs, at, at + 1);
      pairs_put(&table->pairs, &own, &wanted);
      bool exact = mdbx_cursor_get(other, &key, &value, MDBX_GET_CURRENT) == MDBX_SUCCESS;
      if (exact)
        pairs_seek(&table->pairs, &key, &value, &exact);
      FUZZ_MUST(exact || at == other_at || table->pairs.several);
    }
  }
  if (cursor)
    mdbx_cursor_close(cursor);
  if (other)
    mdbx_cursor_close(other);
}

/* --------------------------------------------------------------------------------------------------- tables as such */

static void new_name(struct change *change, struct used_table *table) {
  table->name_length = 1 + fuzz_below(&change->use->random, 12);
  memset(table->name, 'A' + (int)fuzz_below(&change->use->random, 20), table->name_length);
}

/* The main table, if it is empty, gives up several values a key when it gets a table. */
static void look_at_main(struct change *change) {
  struct used_table *table = &change->use->tables[0];
  const unsigned before = table->flags;
  if (use_open_table(change->txn, table) != MDBX_SUCCESS || table->flags == before)
    return;
  FUZZ_MUST(!table->pairs.count);
  pairs_clear(&table->pairs);
  pairs_init(&table->pairs, table->flags);
}

static void do_create(struct change *change, struct used_table *unused) {
  static const unsigned kinds[] = {0, MDBX_DUPSORT, MDBX_DUPSORT | MDBX_DUPFIXED, MDBX_INTEGERKEY, MDBX_REVERSEKEY};
  struct use *use = change->use;
  (void)unused;
  if (change->nested || use->count == TABLES_MOST || fuzz_below(&use->random, 2))
    return;
  struct used_table *table = &use->tables[use->count];
  memset(table, 0, sizeof(*table));
  new_name(change, table);
  for (size_t i = 0; i < use->count; ++i)
    if (use->tables[i].name_length == table->name_length && use->tables[i].name[0] == table->name[0])
      return;
  const MDBX_val name = {table->name, table->name_length};
  table->flags = kinds[fuzz_below(&use->random, 5)];
  const int rc = mdbx_dbi_open2(change->txn, &name, (MDBX_db_flags_t)(table->flags | MDBX_CREATE), &table->dbi);
  if (!made(change, rc))
    return;
  look_at_main(change);
  pairs_init(&table->pairs, table->flags);
  table->modelled = use->sound && use->all_tables;
  use->count += 1;
}

static void do_drop(struct change *change, struct used_table *table) {
  struct use *use = change->use;
  if (change->nested || table->main || fuzz_below(&use->random, 3))
    return;
  if (!made(change, mdbx_drop(change->txn, table->dbi, true)))
    return;
  pairs_clear(&table->pairs);
  const size_t at = (size_t)(table - use->tables);
  memmove(table, table + 1, (use->count - at - 1) * sizeof(*table));
  use->count -= 1;
}

static void do_rename(struct change *change, struct used_table *table) {
  struct used_table renamed = *table;
  if (change->nested || table->main)
    return;
  new_name(change, &renamed);
  const MDBX_val name = {renamed.name, renamed.name_length};
  if (made(change, mdbx_dbi_rename2(change->txn, table->dbi, &name)))
    *table = renamed;
}

static void do_empty_table(struct change *change, struct used_table *table) {
  do_empty(change, table);
  use_ask_table(change->use, table, change->txn);
}

/* Reads among the changes see them. */
static void do_ask(struct change *change, struct used_table *table) {
  use_ask_table(change->use, table, change->txn);
  if (mdbx_txn_flags(change->txn) & MDBX_TXN_ERROR)
    change->broken = true;
}

static void do_nested(struct change *change, struct used_table *table);

static void do_small_things(struct change *change, struct used_table *table) {
  uint64_t sequence;
  const MDBX_canary canary = {1, 2, 3, 4};
  (void)made(change, mdbx_dbi_sequence(change->txn, table->dbi, &sequence, 1));
  (void)made(change, mdbx_canary_put(change->txn, &canary));
}

/* Commits so far, and the same handle goes on. */
static void do_checkpoint(struct change *change, struct used_table *table) {
  (void)table;
  if (change->nested || fuzz_below(&change->use->random, 2))
    return;
  const int rc = mdbx_txn_checkpoint(change->txn, MDBX_TXN_NOWEAKING, NULL);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE) {
    change->txn = NULL;
    (void)made(change, rc);
  } else if (!use_open_tables(change->use, change->txn))
    change->broken = true;
}

typedef void do_change(struct change *change, struct used_table *table);
#define STEP(name) \
  { do_##name, #name }
static const struct {
  do_change *make;
  const char *name;
} all_changes[] = {STEP(put),         STEP(put),      STEP(put),          STEP(put),         STEP(put),
                   STEP(delete),      STEP(delete),   STEP(delete_here),  STEP(delete_here), STEP(append),
                   STEP(ask),         STEP(ask),      STEP(delete_range), STEP(bunch),       STEP(bunch),
                   STEP(put_here),    STEP(put_here), STEP(replace),      STEP(nested),      STEP(nested),
                   STEP(put_many),    STEP(multiple), STEP(multiple),     STEP(reserve),     STEP(put_alldups),
                   STEP(create),      STEP(rename),   STEP(drop),         STEP(empty_table), STEP(checkpoint),
                   STEP(small_things)};
enum { ALL_CHANGES = sizeof(all_changes) / sizeof(all_changes[0]) };

void change_step(struct change *change, struct used_table *table) {
  if (!use_has_handle(change->use, table, change->txn))
    return;
  const size_t i = fuzz_below(&change->use->random, ALL_CHANGES);
  fuzz_trace("%s%s: table \"%.*s\", flags 0x%x, %zu pairs", change->nested ? "  nested " : "", all_changes[i].name,
             (int)table->name_length, table->name, table->flags, table->pairs.count);
  all_changes[i].make(change, table);
  if (change->broken)
    fuzz_trace("the transaction is broken");
}

/* Half of them come to nothing. */
static void do_nested(struct change *change, struct used_table *table) {
  struct change inner = *change;
  inner.nested = true;
  if (mdbx_txn_begin(change->use->env, change->txn, MDBX_TXN_READWRITE, &inner.txn) != MDBX_SUCCESS)
    return;
  struct pairs before;
  pairs_copy(&before, &table->pairs);
  for (size_t i = fuzz_below(&change->use->random, 6); i && !inner.broken; --i)
    change_step(&inner, table);
  const bool commits = !inner.broken && fuzz_below(&change->use->random, 2);
  const int rc = commits ? mdbx_txn_commit(inner.txn) : mdbx_txn_abort(inner.txn);
  if (commits && rc != MDBX_SUCCESS)
    (void)made(change, rc);
  SOUND_CODE(change->use, rc);
  if (!commits || rc != MDBX_SUCCESS) {
    pairs_clear(&table->pairs);
    table->pairs = before;
  } else
    pairs_clear(&before);
  if (mdbx_txn_flags(change->txn) & MDBX_TXN_ERROR)
    change->broken = true;
}
