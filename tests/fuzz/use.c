/* SPDX-License-Identifier: Apache-2.0 */
#include "use.h"

#include <string.h>

bool code_is_bad(int rc) {
  switch (rc) {
  case MDBX_CORRUPTED:
  case MDBX_PAGE_NOTFOUND:
  case MDBX_PANIC:
  case MDBX_PROBLEM:
  case MDBX_CURSOR_FULL:
  case MDBX_PAGE_FULL:
  case MDBX_INVALID:
  case MDBX_VERSION_MISMATCH:
    return true;
  default:
    return false;
  }
}

/* ------------------------------------------------------------------------------------------------------ the checker */

bool use_is_sound(MDBX_env *env, bool in_write_transaction) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  memset(&context, 0, sizeof(context));
  const int rc = mdbx_env_chk(env, &callbacks, &context, in_write_transaction ? MDBX_CHK_READWRITE : MDBX_CHK_DEFAULTS,
                              MDBX_chk_error, 0);
  return rc == MDBX_SUCCESS && !context.result.total_problems;
}

/* ------------------------------------------------------------------------------------------------------ reading all */

static volatile unsigned long touched;

void use_touch(const MDBX_val *val) {
  unsigned long sum = 0;
  for (size_t i = 0; i < val->iov_len; ++i)
    sum += ((const uint8_t *)val->iov_base)[i];
  touched += sum;
}

static bool is_table_name(const struct use *use, const MDBX_val *key) {
  for (size_t i = 0; i < use->count; ++i)
    if (!use->tables[i].main && use->tables[i].name_length == key->iov_len &&
        memcmp(use->tables[i].name, key->iov_base, key->iov_len) == 0)
      return true;
  return false;
}

static int note_table(void *ctx, const MDBX_txn *txn, const MDBX_val *name, MDBX_db_flags_t flags,
                      const struct MDBX_stat *stat, MDBX_dbi dbi) {
  struct use *use = ctx;
  (void)txn, (void)flags, (void)stat, (void)dbi;
  if (use->count == TABLES_MOST || name->iov_len > NAME_MOST) {
    use->all_tables = false;
    return MDBX_SUCCESS;
  }
  struct used_table *table = &use->tables[use->count++];
  memset(table, 0, sizeof(*table));
  table->name_length = name->iov_len;
  if (name->iov_len)
    memcpy(table->name, name->iov_base, name->iov_len);
  return MDBX_SUCCESS;
}

static void find_tables(struct use *use, MDBX_txn *txn) {
  use_forget(use);
  use->all_tables = true;
  memset(&use->tables[0], 0, sizeof(use->tables[0]));
  use->tables[0].main = true;
  use->count = 1;
  SOUND_CODE(use, mdbx_enumerate_tables(txn, note_table, use));
}

int use_open_table(MDBX_txn *txn, struct used_table *table) {
  const MDBX_val name = {table->name, table->name_length};
  const int rc = table->main ? mdbx_dbi_open(txn, NULL, MDBX_DB_ACCEDE, &table->dbi)
                             : mdbx_dbi_open2(txn, &name, MDBX_DB_ACCEDE, &table->dbi);
  unsigned state;
  return rc != MDBX_SUCCESS ? rc : mdbx_dbi_flags_ex(txn, table->dbi, &table->flags, &state);
}

bool use_open_tables(struct use *use, MDBX_txn *txn) {
  bool all = true;
  for (size_t i = 0; i < use->count; ++i) {
    const int rc = use_open_table(txn, &use->tables[i]);
    SOUND_CODE(use, rc);
    all &= rc == MDBX_SUCCESS;
  }
  return all;
}

bool use_has_handle(const struct use *use, const struct used_table *table, MDBX_txn *txn) {
  MDBX_cursor *cursor;
  const int rc = mdbx_cursor_open(txn, table->dbi, &cursor);
  SOUND_MUST(use, rc == MDBX_SUCCESS);
  if (rc == MDBX_SUCCESS)
    mdbx_cursor_close(cursor);
  return rc == MDBX_SUCCESS;
}

/* The order of what a walk shows. */
static void note_pair(struct use *use, struct used_table *table, const MDBX_val *key, const MDBX_val *value) {
  struct pairs *pairs = &table->pairs;
  use_touch(key);
  use_touch(value);
  if (!use->sound)
    return;
  if (pairs->count && !table->own_order) {
    const MDBX_val last_key = pair_key(pairs, pairs->count - 1), last_value = pair_value(pairs, pairs->count - 1);
    const int order = pairs->key_order(&last_key, key);
    SOUND_MUST(use, order < 0 || (order == 0 && pairs->several && pairs->value_order(&last_value, value) < 0));
  }
  pairs_append(pairs, key, value);
}

/* Gives the code that ended it. */
static int walk_forward(struct use *use, struct used_table *table, MDBX_cursor *cursor) {
  MDBX_val key, value;
  int rc = mdbx_cursor_get(cursor, &key, &value, MDBX_FIRST);
  for (unsigned steps = 0; rc == MDBX_SUCCESS && (use->sound || steps < STEPS_MOST); ++steps) {
    note_pair(use, table, &key, &value);
    rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT);
  }
  return rc;
}

static void walk_backward(struct use *use, const struct used_table *table, MDBX_cursor *cursor) {
  MDBX_val key, value;
  size_t left = table->pairs.count;
  int rc = mdbx_cursor_get(cursor, &key, &value, MDBX_LAST);
  for (unsigned steps = 0; rc == MDBX_SUCCESS && (use->sound || steps < STEPS_MOST); ++steps) {
    if (use->sound) {
      FUZZ_MUST(left > 0);
      left -= 1;
      const MDBX_val wanted_key = pair_key(&table->pairs, left), wanted = pair_value(&table->pairs, left);
      FUZZ_MUST(val_equal(&key, &wanted_key) && val_equal(&value, &wanted));
    }
    use_touch(&key);
    use_touch(&value);
    rc = mdbx_cursor_get(cursor, &key, &value, MDBX_PREV);
  }
  SOUND_MUST(use, rc == MDBX_NOTFOUND && left == 0);
}

/* Each record is found by its key, and each pair by itself. */
static void look_up_all(struct use *use, const struct used_table *table, MDBX_txn *txn, MDBX_cursor *cursor) {
  for (size_t i = 0; i < table->pairs.count; ++i) {
    const MDBX_val wanted_key = pair_key(&table->pairs, i), wanted = pair_value(&table->pairs, i);
    MDBX_val key = wanted_key, value = wanted;
    if (table->pairs.several) {
      SOUND_MUST(use, mdbx_cursor_get(cursor, &key, &value, MDBX_GET_BOTH) == MDBX_SUCCESS);
    } else {
      SOUND_MUST(use, mdbx_get(txn, table->dbi, &key, &value) == MDBX_SUCCESS);
    }
    SOUND_MUST(use, val_equal(&value, &wanted));
  }
}

/* Names of tables are among the records of the main one, as long as nothing else is said. */
static void drop_names(struct use *use, struct used_table *table) {
  for (size_t i = 0; table->main && i < table->pairs.count;) {
    const MDBX_val key = pair_key(&table->pairs, i);
    if (is_table_name(use, &key))
      pairs_remove(&table->pairs, i, i + 1);
    else
      ++i;
  }
}

/* Of keys or values: then records can be walked over, and not looked for. */
static bool has_own_order(struct use *use, const struct used_table *table, MDBX_txn *txn, MDBX_cursor *cursor) {
  MDBX_val key, value;
  int rc = mdbx_cursor_get(cursor, &key, &value, MDBX_FIRST);
  if (rc == MDBX_SUCCESS && table->flags & MDBX_DUPSORT)
    rc = mdbx_cursor_get(cursor, &key, &value, MDBX_GET_BOTH);
  else if (rc == MDBX_SUCCESS)
    rc = mdbx_get(txn, table->dbi, &key, &value);
  SOUND_CODE(use, rc);
  return rc == MDBX_INCOMPATIBLE;
}

static void read_table(struct use *use, struct used_table *table, MDBX_txn *txn) {
  MDBX_stat stat;
  MDBX_cursor *cursor;
  pairs_init(&table->pairs, table->flags);
  SOUND_MUST(use, mdbx_dbi_stat(txn, table->dbi, &stat, sizeof(stat)) == MDBX_SUCCESS);
  if (mdbx_cursor_open(txn, table->dbi, &cursor) != MDBX_SUCCESS)
    fuzz_fail("a cursor cannot be opened");
  table->own_order = has_own_order(use, table, txn, cursor);
  const int rc = walk_forward(use, table, cursor);
  SOUND_MUST(use, rc == MDBX_NOTFOUND);
  SOUND_MUST(use, stat.ms_entries == table->pairs.count);
  walk_backward(use, table, cursor);
  if (!table->own_order)
    look_up_all(use, table, txn, cursor);
  drop_names(use, table);
  table->modelled = use->sound && !table->own_order && (!table->main || use->all_tables);
  mdbx_cursor_close(cursor);
}

/* The table of free pages, which a program may read. */
static void read_free_pages(struct use *use, MDBX_txn *txn) {
  MDBX_cursor *cursor;
  MDBX_val key, value;
  if (mdbx_cursor_open(txn, 0, &cursor) != MDBX_SUCCESS)
    return;
  int rc = mdbx_cursor_get(cursor, &key, &value, MDBX_FIRST);
  for (unsigned steps = 0; rc == MDBX_SUCCESS && steps < STEPS_MOST; ++steps) {
    use_touch(&key);
    use_touch(&value);
    rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT);
  }
  SOUND_MUST(use, rc == MDBX_NOTFOUND || rc == MDBX_SUCCESS);
  mdbx_cursor_close(cursor);
}

void use_read_in(struct use *use, MDBX_txn *txn) {
  find_tables(use, txn);
  for (size_t i = 0; i < use->count; ++i)
    if (use_open_table(txn, &use->tables[i]) == MDBX_SUCCESS)
      read_table(use, &use->tables[i], txn);
    else
      pairs_init(&use->tables[i].pairs, 0);
  read_free_pages(use, txn);
}

void use_read(struct use *use) {
  MDBX_txn *txn;
  const int rc = mdbx_txn_begin(use->env, NULL, MDBX_TXN_RDONLY, &txn);
  SOUND_MUST(use, rc == MDBX_SUCCESS);
  if (rc != MDBX_SUCCESS)
    return;
  use_read_in(use, txn);
  mdbx_txn_abort(txn);
}

void use_forget(struct use *use) {
  for (size_t i = 0; i < use->count; ++i)
    pairs_clear(&use->tables[i].pairs);
  use->count = 0;
}
