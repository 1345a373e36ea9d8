/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of an open database, beside reading all of it. See use.h. */
#include "use.h"

#include <string.h>

/* What the model says counts only where it holds all there is: in the main table names of tables are missing. */
static bool is_known(const struct used_table *table) { return table->modelled && !table->main; }

/* ------------------------------------------------------------------------------------------------- asked of a table */

enum { MANY = 20 };

/* Keys of the table, and some beside them. */
static void look_up_many(struct use *use, const struct used_table *table, MDBX_txn *txn) {
  MDBX_val keys[MANY], values[MANY];
  int codes[MANY];
  for (size_t i = 0; i < MANY; ++i) {
    keys[i] =
        (MDBX_val){(void *)(uintptr_t) "many keys", table->flags & MDBX_INTEGERKEY ? 8 : fuzz_below(&use->random, 10)};
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
      use_touch(&values[i]);
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
      use_touch(&at);
      use_touch(&with);
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

/* A key of the table, or one beside it, in bytes of its own. */
static MDBX_val draw_near(struct use *use, const struct used_table *table, uint8_t bytes[4096]) {
  const struct pairs *pairs = &table->pairs;
  if (!pairs->count)
    return (MDBX_val){memset(bytes, 'k', 8), table->flags & MDBX_INTEGERKEY ? 8 : fuzz_below(&use->random, 9)};
  const MDBX_val old = pair_key(pairs, fuzz_below(&use->random, pairs->count));
  if (old.iov_len > 4096)
    return old;
  MDBX_val key = {bytes, old.iov_len};
  if (old.iov_len)
    memcpy(bytes, old.iov_base, old.iov_len);
  if (old.iov_len && fuzz_below(&use->random, 2))
    bytes[fuzz_below(&use->random, old.iov_len)] ^= (uint8_t)(1u << fuzz_below(&use->random, 8));
  return key;
}

/* The value found is that of the pair at this place of the model, or nothing was found behind its end. */
static void must_be_at(const struct used_table *table, size_t at, int rc, const MDBX_val *key, const MDBX_val *value) {
  const struct pairs *pairs = &table->pairs;
  if (!is_known(table))
    return;
  FUZZ_MUST((rc == MDBX_NOTFOUND) == (at >= pairs->count));
  if (at >= pairs->count)
    return;
  const MDBX_val wanted_key = pair_key(pairs, at), wanted = pair_value(pairs, at);
  FUZZ_MUST(pairs->key_order(key, &wanted_key) == 0 && val_equal(value, &wanted));
}

static void look_near(struct use *use, const struct used_table *table, MDBX_txn *txn) {
  static uint8_t bytes[4096];
  const struct pairs *pairs = &table->pairs;
  for (unsigned times = 0; times < 6; ++times) {
    MDBX_val key = draw_near(use, table, bytes), value = {bytes, table->flags & MDBX_DUPFIXED ? 8 : 2};
    if (pairs->count && table->flags & MDBX_DUPFIXED)
      value.iov_len = pairs->items[0].value_length;
    if (value.iov_len > sizeof(bytes) || table->own_order)
      return;
    bool exact;
    const size_t at = pairs_seek(pairs, &key, pairs->several ? &value : NULL, &exact);
    MDBX_val found_key = key, found = value;
    int rc = mdbx_get_equal_or_great(txn, table->dbi, &found_key, &found);
    SOUND_CODE(use, rc);
    if (rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE)
      use_touch(&found);
    if (rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE || rc == MDBX_NOTFOUND)
      must_be_at(table, at, rc, &found_key, &found);
    size_t count;
    rc = mdbx_get_ex(txn, table->dbi, &key, &found, &count);
    SOUND_CODE(use, rc);
    if (rc != MDBX_SUCCESS || !is_known(table))
      continue;
    const size_t first = pairs_seek(pairs, &key, NULL, &exact);
    FUZZ_MUST(exact && count == pairs_behind(pairs, &key) - first);
    must_be_at(table, first, rc, &key, &found);
  }
}

static void read_in_batches(struct use *use, const struct used_table *table, MDBX_txn *txn) {
  enum { ROOM = 22 };
  MDBX_val items[ROOM];
  MDBX_cursor *cursor;
  size_t count, at = 0;
  FUZZ_OK(mdbx_cursor_open(txn, table->dbi, &cursor));
  int rc = mdbx_cursor_get_batch(cursor, &count, items, 4 + fuzz_below(&use->random, ROOM - 3), MDBX_FIRST);
  SOUND_CODE(use, rc);
  while ((rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE) && at < STEPS_MOST) {
    FUZZ_MUST(count && count % 2 == 0 && count <= ROOM);
    for (size_t i = 0; i < count; i += 2, ++at) {
      use_touch(&items[i]);
      use_touch(&items[i + 1]);
      must_be_at(table, at, MDBX_SUCCESS, &items[i], &items[i + 1]);
    }
    if (rc == MDBX_RESULT_TRUE)
      break;
    rc = mdbx_cursor_get_batch(cursor, &count, items, 4 + fuzz_below(&use->random, ROOM - 3), MDBX_NEXT);
    SOUND_CODE(use, rc);
  }
  if (is_known(table) && !table->pairs.several)
    FUZZ_MUST(at == table->pairs.count);
  mdbx_cursor_close(cursor);
}

static int count_record(void *context, MDBX_val *key, MDBX_val *value, void *arg) {
  size_t *counted = context;
  (void)arg;
  use_touch(key);
  use_touch(value);
  *counted += 1;
  return *counted == STEPS_MOST ? MDBX_RESULT_TRUE : MDBX_RESULT_FALSE;
}

static void scan(struct use *use, const struct used_table *table, MDBX_txn *txn) {
  static uint8_t bytes[4096];
  MDBX_cursor *cursor;
  size_t counted = 0, behind = 0;
  const bool forward = fuzz_below(&use->random, 2);
  FUZZ_OK(mdbx_cursor_open(txn, table->dbi, &cursor));
  int rc = mdbx_cursor_scan(cursor, count_record, &counted, forward ? MDBX_FIRST : MDBX_LAST,
                            forward ? MDBX_NEXT : MDBX_PREV, NULL);
  SOUND_CODE(use, rc);
  if (is_known(table) && table->pairs.count < STEPS_MOST)
    FUZZ_MUST(counted == table->pairs.count && rc == MDBX_RESULT_FALSE);
  MDBX_val key = draw_near(use, table, bytes), value = {NULL, 0};
  bool exact;
  const size_t from = table->own_order ? 0 : pairs_seek(&table->pairs, &key, NULL, &exact);
  rc = mdbx_cursor_scan_from(cursor, count_record, &behind, MDBX_SET_RANGE, &key, &value, MDBX_NEXT, NULL);
  SOUND_CODE(use, rc);
  if (is_known(table) && table->pairs.count < STEPS_MOST && rc == MDBX_RESULT_FALSE)
    FUZZ_MUST(behind == table->pairs.count - from);
  mdbx_cursor_close(cursor);
}

/* The parts of a range ascend, and the last one ends where the range does. */
static void distribute(struct use *use, const struct used_table *table, MDBX_txn *txn) {
  enum { PARTS = 5 };
  MDBX_cursor *parts[PARTS], *first, *last;
  MDBX_val key, value;
  FUZZ_OK(mdbx_cursor_open(txn, table->dbi, &first));
  FUZZ_OK(mdbx_cursor_open(txn, table->dbi, &last));
  for (unsigned i = 0; i < PARTS; ++i)
    FUZZ_OK(mdbx_cursor_open(txn, table->dbi, &parts[i]));
  int rc = mdbx_cursor_get(first, &key, &value, MDBX_FIRST);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_cursor_get(last, &key, &value, MDBX_LAST);
  SOUND_CODE(use, rc);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_cursor_distribute(first, last, parts, 1 + (intptr_t)fuzz_below(&use->random, PARTS),
                                (unsigned)fuzz_below(&use->random, 5));
  SOUND_CODE(use, rc);
  for (unsigned i = 0; i < PARTS && use->sound && rc == MDBX_SUCCESS; ++i) {
    if (i && mdbx_cursor_get(parts[i], &key, &value, MDBX_GET_CURRENT) == MDBX_SUCCESS)
      FUZZ_MUST(mdbx_cursor_compare(parts[i - 1], parts[i], false) < 0 &&
                mdbx_cursor_compare(parts[i], last, false) <= 0);
    mdbx_cursor_on_first(parts[i]);
    mdbx_cursor_on_last(parts[i]);
    mdbx_cursor_on_first_dup(parts[i]);
    mdbx_cursor_eof(parts[i]);
  }
  for (unsigned i = 0; i < PARTS; ++i)
    mdbx_cursor_close(parts[i]);
  mdbx_cursor_close(first);
  mdbx_cursor_close(last);
}

/* Twice, so that the second answer comes from the entry. */
static void look_up_cached(struct use *use, const struct used_table *table, MDBX_txn *txn) {
  static uint8_t bytes[4096];
  const MDBX_val key = draw_near(use, table, bytes);
  MDBX_cache_entry_t entry;
  bool exact;
  if (table->own_order)
    return;
  const size_t at = pairs_seek(&table->pairs, &key, NULL, &exact);
  mdbx_cache_init(&entry);
  for (unsigned times = 0; times < 2; ++times) {
    MDBX_val value;
    const MDBX_cache_result_t result = times ? mdbx_cache_get_SingleThreaded(txn, table->dbi, &key, &value, &entry)
                                             : mdbx_cache_get(txn, table->dbi, &key, &value, &entry);
    SOUND_CODE(use, result.errcode);
    if (result.errcode == MDBX_SUCCESS)
      use_touch(&value);
    if (is_known(table) && result.status != MDBX_CACHE_ERROR)
      must_be_at(table, exact ? at : table->pairs.count, result.errcode, &key, &value);
  }
}

static void describe(struct use *use, const struct used_table *table, MDBX_txn *txn) {
  MDBX_stat stat;
  MDBX_cursor *cursor, *other;
  MDBX_val key, value;
  uint32_t mask;
  size_t count;
  ptrdiff_t moved;
  SOUND_CODE(use, mdbx_dbi_stat(txn, table->dbi, &stat, sizeof(stat)));
  SOUND_CODE(use, mdbx_dbi_dupsort_depthmask(txn, table->dbi, &mask));
  MDBX_val last_key, last;
  FUZZ_OK(mdbx_cursor_open(txn, table->dbi, &cursor));
  FUZZ_OK(mdbx_cursor_open(txn, table->dbi, &other));
  int rc = mdbx_cursor_get(cursor, &key, &value, fuzz_below(&use->random, 2) ? MDBX_FIRST : MDBX_LAST);
  for (unsigned i = 0; rc == MDBX_SUCCESS && i < 8; ++i) {
    SOUND_CODE(use, mdbx_cursor_count_ex(cursor, &count, &stat, sizeof(stat)));
    SOUND_CODE(use, mdbx_estimate_move(cursor, &key, &value, MDBX_SET_RANGE, &moved));
    SOUND_CODE(use, mdbx_cursor_copy(cursor, other));
    rc = mdbx_cursor_get(other, &key, &value, MDBX_NEXT_NODUP);
    if (rc == MDBX_SUCCESS)
      rc = mdbx_cursor_copy(other, cursor);
  }
  SOUND_CODE(use, rc);
  if (!table->own_order && mdbx_cursor_get(cursor, &key, &value, MDBX_FIRST) == MDBX_SUCCESS &&
      mdbx_cursor_get(other, &last_key, &last, MDBX_LAST) == MDBX_SUCCESS) {
    SOUND_MUST(use, mdbx_cmp(txn, table->dbi, &key, &last_key) <= 0);
    (void)mdbx_dcmp(txn, table->dbi, &value, &last);
    SOUND_MUST(use, mdbx_is_dirty(txn, value.iov_base) != MDBX_EINVAL);
  }
  mdbx_cursor_close(cursor);
  mdbx_cursor_close(other);
}

typedef void ask_table(struct use *use, const struct used_table *table, MDBX_txn *txn);
static ask_table *const table_questions[] = {look_up_many,    look_up_many, wander,     wander,         look_near,
                                             read_in_batches, scan,         distribute, look_up_cached, describe};
enum { TABLE_QUESTIONS = sizeof(table_questions) / sizeof(table_questions[0]) };

void use_ask_table(struct use *use, const struct used_table *table, MDBX_txn *txn) {
  if (!use_has_handle(use, table, txn))
    return;
  table_questions[fuzz_below(&use->random, TABLE_QUESTIONS)](use, table, txn);
}

static void ask_tables(struct use *use, MDBX_txn *txn) {
  for (size_t i = 0; i < use->count; ++i)
    if (use_open_table(txn, &use->tables[i]) == MDBX_SUCCESS) {
      use_ask_table(use, &use->tables[i], txn);
      use_ask_table(use, &use->tables[i], txn);
    }
}

/* ------------------------------------------------------------------------------------------- asked of a transaction */

static int visit_page(uint64_t pgno, unsigned number, void *ctx, int deep, const char *dbi, size_t page_size,
                      MDBX_page_type_t type, size_t nentries, size_t payload_bytes, size_t header_bytes,
                      size_t unused_bytes) {
  (void)pgno, (void)number, (void)ctx, (void)deep, (void)type, (void)nentries;
  const MDBX_val name = {(void *)(uintptr_t)dbi, dbi ? strlen(dbi) : 0};
  use_touch(&name);
  FUZZ_MUST(payload_bytes + header_bytes + unused_bytes == page_size);
  return 0;
}

static int visit_span(void *ctx, const MDBX_txn *txn, uint64_t txnid, size_t pgno, size_t length, bool reclaimable) {
  (void)ctx, (void)txn, (void)txnid, (void)pgno, (void)length, (void)reclaimable;
  return 0;
}

static int rescued_table(void *ctx, const MDBX_rescue_table_t *table) {
  (void)ctx;
  use_touch(&table->first);
  use_touch(&table->last);
  if (table->name)
    use_touch(table->name);
  return MDBX_SUCCESS;
}

static int rescued_loss(void *ctx, const MDBX_rescue_loss_t *loss) {
  (void)ctx;
  use_touch(&loss->key);
  use_touch(&loss->after);
  use_touch(&loss->before);
  return MDBX_SUCCESS;
}

static int rescued_record(void *ctx, const MDBX_val *key, const MDBX_val *value) {
  (void)ctx;
  use_touch(key);
  use_touch(value);
  return MDBX_SUCCESS;
}

static int rescued_end(void *ctx, const MDBX_rescue_table_t *table, uint64_t told) {
  struct use *use = ctx;
  SOUND_MUST(use, table->orphan || told == table->records);
  return MDBX_SUCCESS;
}

static void walk_pages(struct use *use, MDBX_txn *txn) {
  SOUND_MUST(use, mdbx_env_pgwalk(txn, visit_page, NULL) == MDBX_SUCCESS);
}

static void tell_free_pages(struct use *use, MDBX_txn *txn) {
  MDBX_gc_info_t gc;
  SOUND_CODE(use, mdbx_gc_info(txn, &gc, sizeof(gc), visit_span, NULL));
}

static void tell_transaction(struct use *use, MDBX_txn *txn) {
  MDBX_txn_info info;
  MDBX_canary canary;
  SOUND_CODE(use, mdbx_txn_info(txn, &info, true));
  SOUND_CODE(use, mdbx_canary_get(txn, &canary));
  FUZZ_MUST(mdbx_txn_straggler(txn, NULL) == 0);
}

static void rescue(struct use *use, MDBX_txn *txn) {
  const MDBX_rescue_callbacks_t callbacks = {rescued_table, rescued_loss, rescued_record, rescued_end};
  const int rc = mdbx_rescue(txn, &callbacks, use);
  SOUND_MUST(use, rc == MDBX_SUCCESS);
}

static int note_reader(void *ctx, int num, int slot, mdbx_pid_t pid, mdbx_tid_t thread, uint64_t txnid, uint64_t lag,
                       size_t bytes_used, size_t bytes_retained) {
  (void)num, (void)slot, (void)pid, (void)thread, (void)txnid, (void)lag, (void)bytes_used, (void)bytes_retained;
  *(unsigned *)ctx += 1;
  return MDBX_SUCCESS;
}

/* The transaction leaves its snapshot for a while, and goes on. */
static void pause_reading(struct use *use, MDBX_txn *txn) {
  MDBX_txn *clone = NULL;
  unsigned readers = 0;
  SOUND_CODE(use, mdbx_reader_list(use->env, note_reader, &readers));
  SOUND_MUST(use, mdbx_txn_park(txn, fuzz_below(&use->random, 2)) == MDBX_SUCCESS);
  SOUND_MUST(use, mdbx_txn_unpark(txn, false) == MDBX_SUCCESS);
  SOUND_MUST(use, mdbx_txn_refresh(txn) == MDBX_RESULT_TRUE);
  if (mdbx_txn_clone(txn, &clone, NULL) == MDBX_SUCCESS) {
    ask_tables(use, clone);
    mdbx_txn_abort(clone);
  }
  if (mdbx_txn_reset(txn) == MDBX_SUCCESS)
    SOUND_MUST(use, mdbx_txn_renew(txn) == MDBX_SUCCESS);
  ask_tables(use, txn);
}

typedef void ask_txn(struct use *use, MDBX_txn *txn);
static ask_txn *const questions[] = {ask_tables,       ask_tables, walk_pages,    tell_free_pages,
                                     tell_transaction, rescue,     pause_reading, use_copy_snapshot};
enum { QUESTIONS = sizeof(questions) / sizeof(questions[0]), ASKED = 4 };

/* Each in a transaction of its own, because one that has met damage answers no more. */
static void ask(struct use *use, ask_txn *question) {
  MDBX_txn *txn;
  if (mdbx_txn_begin(use->env, NULL, MDBX_TXN_RDONLY, &txn) == MDBX_SUCCESS) {
    question(use, txn);
    mdbx_txn_abort(txn);
  }
}

void use_ask(struct use *use) {
  MDBX_envinfo info;
  MDBX_stat stat;
  SOUND_CODE(use, mdbx_env_info_ex(use->env, NULL, &info, sizeof(info)));
  SOUND_CODE(use, mdbx_env_stat_ex(use->env, NULL, &stat, sizeof(stat)));
  SOUND_CODE(use, mdbx_reader_check(use->env, NULL));
  for (unsigned i = 0; i < ASKED; ++i)
    ask(use, questions[fuzz_below(&use->random, QUESTIONS)]);
  if (!use->sound)
    ask(use, rescue);
  if (fuzz_below(&use->random, 8) == 0)
    SOUND_CODE(use, mdbx_env_warmup(use->env, NULL, MDBX_warmup_force, 0));
}
