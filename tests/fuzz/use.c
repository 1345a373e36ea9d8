/* SPDX-License-Identifier: Apache-2.0 */
#include "use.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

static void touch(const MDBX_val *val) {
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

static int open_table(MDBX_txn *txn, struct used_table *table) {
  const MDBX_val name = {table->name, table->name_length};
  const int rc = table->main ? mdbx_dbi_open(txn, NULL, MDBX_DB_ACCEDE, &table->dbi)
                             : mdbx_dbi_open2(txn, &name, MDBX_DB_ACCEDE, &table->dbi);
  unsigned state;
  return rc != MDBX_SUCCESS ? rc : mdbx_dbi_flags_ex(txn, table->dbi, &table->flags, &state);
}

bool use_open_tables(struct use *use, MDBX_txn *txn) {
  bool all = true;
  for (size_t i = 0; i < use->count; ++i) {
    const int rc = open_table(txn, &use->tables[i]);
    SOUND_CODE(use, rc);
    all &= rc == MDBX_SUCCESS;
  }
  return all;
}

/* The order of what a walk shows. */
static void note_pair(struct use *use, struct used_table *table, const MDBX_val *key, const MDBX_val *value) {
  struct pairs *pairs = &table->pairs;
  touch(key);
  touch(value);
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
    touch(&key);
    touch(&value);
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
    touch(&key);
    touch(&value);
    rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT);
  }
  SOUND_MUST(use, rc == MDBX_NOTFOUND || rc == MDBX_SUCCESS);
  mdbx_cursor_close(cursor);
}

void use_read(struct use *use) {
  MDBX_txn *txn;
  const int rc = mdbx_txn_begin(use->env, NULL, MDBX_TXN_RDONLY, &txn);
  SOUND_MUST(use, rc == MDBX_SUCCESS);
  if (rc != MDBX_SUCCESS)
    return;
  find_tables(use, txn);
  for (size_t i = 0; i < use->count; ++i)
    if (open_table(txn, &use->tables[i]) == MDBX_SUCCESS)
      read_table(use, &use->tables[i], txn);
    else
      pairs_init(&use->tables[i].pairs, 0);
  read_free_pages(use, txn);
  mdbx_txn_abort(txn);
}

void use_forget(struct use *use) {
  for (size_t i = 0; i < use->count; ++i)
    pairs_clear(&use->tables[i].pairs);
  use->count = 0;
}

/* -------------------------------------------------------------------------------------------------- other questions */

static int visit_page(uint64_t pgno, unsigned number, void *ctx, int deep, const char *dbi, size_t page_size,
                      MDBX_page_type_t type, size_t nentries, size_t payload_bytes, size_t header_bytes,
                      size_t unused_bytes) {
  (void)pgno, (void)number, (void)ctx, (void)deep, (void)type, (void)nentries;
  touched += dbi ? strlen(dbi) : 0;
  FUZZ_MUST(payload_bytes + header_bytes + unused_bytes == page_size);
  return 0;
}

static int visit_span(void *ctx, const MDBX_txn *txn, uint64_t txnid, size_t pgno, size_t length, bool reclaimable) {
  (void)ctx, (void)txn, (void)reclaimable;
  touched += txnid + pgno + length;
  return 0;
}

enum { MANY = 20 };

/* Keys of the table, and some beside them. */
static void look_up_many(struct use *use, const struct used_table *table, MDBX_txn *txn) {
  MDBX_val keys[MANY], values[MANY];
  int codes[MANY];
  for (size_t i = 0; i < MANY; ++i) {
    keys[i] = (MDBX_val){(void *)(uintptr_t) "many keys", fuzz_below(&use->random, 10)};
    if (table->pairs.count)
      keys[i] = pair_key(&table->pairs, fuzz_below(&use->random, table->pairs.count));
    if (keys[i].iov_len && fuzz_below(&use->random, 4) == 0 && !(table->flags & MDBX_INTEGERKEY))
      keys[i].iov_len -= 1;
  }
  if (mdbx_get_many(txn, table->dbi, keys, values, codes, MANY) != MDBX_SUCCESS)
    return;
  for (size_t i = 0; i < MANY; ++i) {
    bool exact;
    if (codes[i] == MDBX_SUCCESS)
      touch(&values[i]);
    if (!table->modelled || table->main)
      continue;
    const size_t at = pairs_seek(&table->pairs, &keys[i], NULL, &exact);
    FUZZ_MUST(codes[i] == (exact ? MDBX_SUCCESS : MDBX_NOTFOUND));
    const MDBX_val wanted = exact ? pair_value(&table->pairs, at) : values[i];
    FUZZ_MUST(val_equal(&values[i], &wanted));
  }
}

static const MDBX_cursor_op wanderings[] = {MDBX_NEXT,
                                            MDBX_PREV,
                                            MDBX_NEXT_DUP,
                                            MDBX_PREV_DUP,
                                            MDBX_NEXT_NODUP,
                                            MDBX_PREV_NODUP,
                                            MDBX_FIRST_DUP,
                                            MDBX_LAST_DUP,
                                            MDBX_GET_CURRENT,
                                            MDBX_GET_MULTIPLE,
                                            MDBX_NEXT_MULTIPLE,
                                            MDBX_PREV_MULTIPLE,
                                            MDBX_SET_RANGE,
                                            MDBX_SET_LOWERBOUND,
                                            MDBX_SET_UPPERBOUND,
                                            MDBX_GET_BOTH,
                                            MDBX_GET_BOTH_RANGE,
                                            MDBX_TO_KEY_LESSER_THAN,
                                            MDBX_TO_PAIR_GREATER_THAN,
                                            MDBX_LAST};
enum { WANDERINGS = sizeof(wanderings) / sizeof(wanderings[0]), STEPS_OF_WANDERING = 40 };

/* One cursor wanders, the other stays at the first record. */
static void wander(struct use *use, const struct used_table *table, MDBX_txn *txn) {
  MDBX_cursor *cursor, *first;
  MDBX_val key = {NULL, 0}, value = {NULL, 0};
  intptr_t distance;
  ptrdiff_t estimate;
  size_t count;
  FUZZ_OK(mdbx_cursor_open(txn, table->dbi, &cursor));
  FUZZ_OK(mdbx_cursor_open(txn, table->dbi, &first));
  SOUND_CODE(use, mdbx_cursor_get(first, &key, &value, MDBX_FIRST));
  for (unsigned i = 0; i < STEPS_OF_WANDERING; ++i) {
    MDBX_val at = key, with = value;
    int rc = mdbx_cursor_get(cursor, &at, &with, wanderings[fuzz_below(&use->random, WANDERINGS)]);
    SOUND_CODE(use, rc);
    if (rc == MDBX_SUCCESS) {
      touch(&at);
      touch(&with);
      key = at;
      value = with;
    }
    switch (fuzz_below(&use->random, 6)) {
    case 0:
      SOUND_CODE(use, mdbx_cursor_distance(first, cursor, &distance, (unsigned)fuzz_below(&use->random, 5)));
      break;
    case 1:
      SOUND_CODE(use,
                 mdbx_cursor_scroll(cursor, (intptr_t)fuzz_below(&use->random, 60) - 30,
                                    fuzz_below(&use->random, 2) ? UINT32_MAX : (unsigned)fuzz_below(&use->random, 4)));
      break;
    case 2:
      SOUND_CODE(use, mdbx_estimate_distance(first, cursor, &estimate));
      break;
    case 3:
      SOUND_CODE(use, mdbx_cursor_count(cursor, &count));
      break;
    case 4:
      SOUND_CODE(use, mdbx_estimate_range(txn, table->dbi, &key, NULL, NULL, NULL, &estimate));
      break;
    default:
      SOUND_CODE(use, mdbx_cursor_on_last_dup(cursor));
    }
  }
  mdbx_cursor_close(cursor);
  mdbx_cursor_close(first);
}

static int rescued_table(void *ctx, const MDBX_rescue_table_t *table) {
  (void)ctx;
  touch(&table->first);
  touch(&table->last);
  if (table->name)
    touch(table->name);
  return MDBX_SUCCESS;
}

static int rescued_loss(void *ctx, const MDBX_rescue_loss_t *loss) {
  (void)ctx;
  touch(&loss->key);
  touch(&loss->after);
  touch(&loss->before);
  return MDBX_SUCCESS;
}

static int rescued_record(void *ctx, const MDBX_val *key, const MDBX_val *value) {
  (void)ctx;
  touch(key);
  touch(value);
  return MDBX_SUCCESS;
}

static int rescued_end(void *ctx, const MDBX_rescue_table_t *table, uint64_t told) {
  struct use *use = ctx;
  SOUND_MUST(use, table->orphan || told == table->records);
  return MDBX_SUCCESS;
}

/* Copies of both kinds: of a sound database they are sound. */
static void copy_all(struct use *use) {
  MDBX_env *copy;
  const bool compact = fuzz_below(&use->random, 2);
  const MDBX_copy_flags_t flags = MDBX_CP_OVERWRITE | MDBX_CP_DONT_FLUSH | (compact ? MDBX_CP_COMPACT : 0);
  const int rc = mdbx_env_copy(use->env, fuzz_path("copy"), flags);
  SOUND_CODE(use, rc);
  if (rc != MDBX_SUCCESS)
    return;
  FUZZ_OK(mdbx_env_create(&copy));
  const int opened = mdbx_env_open(copy, fuzz_path("copy"), MDBX_NOSUBDIR | MDBX_RDONLY | MDBX_EXCLUSIVE, 0600);
  SOUND_CODE(use, opened);
  if (opened == MDBX_SUCCESS)
    SOUND_MUST(use, use_is_sound(copy, false));
  mdbx_env_close_ex(copy, true);
  unlink(fuzz_path("copy"));
  unlink(fuzz_path("copy" MDBX_LOCK_SUFFIX));
}

static void ask_in_transaction(struct use *use, MDBX_txn *txn) {
  MDBX_gc_info_t gc;
  MDBX_txn_info info;
  MDBX_canary canary;
  const MDBX_rescue_callbacks_t callbacks = {rescued_table, rescued_loss, rescued_record, rescued_end};
  SOUND_MUST(use, mdbx_env_pgwalk(txn, visit_page, NULL) == MDBX_SUCCESS);
  SOUND_CODE(use, mdbx_gc_info(txn, &gc, sizeof(gc), visit_span, NULL));
  SOUND_CODE(use, mdbx_txn_info(txn, &info, true));
  SOUND_CODE(use, mdbx_canary_get(txn, &canary));
  if (fuzz_below(&use->random, 4) == 0)
    SOUND_MUST(use, mdbx_rescue(txn, &callbacks, use) == MDBX_SUCCESS);
  for (size_t i = 0; i < use->count; ++i)
    if (open_table(txn, &use->tables[i]) == MDBX_SUCCESS) {
      look_up_many(use, &use->tables[i], txn);
      wander(use, &use->tables[i], txn);
    }
}

void use_ask(struct use *use) {
  MDBX_txn *txn;
  MDBX_envinfo info;
  MDBX_stat stat;
  SOUND_CODE(use, mdbx_env_info_ex(use->env, NULL, &info, sizeof(info)));
  SOUND_CODE(use, mdbx_env_stat_ex(use->env, NULL, &stat, sizeof(stat)));
  SOUND_CODE(use, mdbx_reader_check(use->env, NULL));
  if (mdbx_txn_begin(use->env, NULL, MDBX_TXN_RDONLY, &txn) == MDBX_SUCCESS) {
    ask_in_transaction(use, txn);
    mdbx_txn_abort(txn);
  }
  if (fuzz_below(&use->random, 4) == 0)
    copy_all(use);
  if (fuzz_below(&use->random, 8) == 0)
    SOUND_CODE(use, mdbx_env_warmup(use->env, NULL, MDBX_warmup_force, 0));
}
