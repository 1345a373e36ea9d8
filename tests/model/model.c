/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model test: random operations on a database and on a sorted array beside it, which must agree.
 *
 * Usage: model [seed [operations]]. Without arguments a fixed set of seeds runs. Each seed chooses page size, flags and
 * the kinds of its tables; commits, aborts, reopening and old readers are drawn like other operations. After every
 * commit the checker looks at the whole database.
 */
#include "checker.h"
#include "reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TABLES = 5, CURSORS = 3, READERS = 3, VALUE_MAX = 20000 };

struct model_cursor {
  MDBX_cursor *cursor;
  int table;
  int placed;       /* it has a position */
  int behind;       /* behind the last record, since that one was deleted */
  uint8_t key[300]; /* of the record it stood on, or of the one behind it since that was deleted */
  size_t key_length;
};

struct model_reader {
  MDBX_txn *txn;
  struct ref_table tables[TABLES];
};

struct model {
  uint64_t random;
  unsigned long seed, step;
  char path[64];
  MDBX_env *env;
  MDBX_txn *txn;
  unsigned env_flags;
  size_t page_size;
  MDBX_dbi dbi[TABLES];
  MDBX_txn *outer; /* the transaction around a nested one */
  struct ref_table live[TABLES], saved[TABLES], inner_saved[TABLES];
  struct model_cursor cursors[CURSORS];
  struct model_reader readers[READERS];
  unsigned long commits, checks;
};

static const char *const table_names[TABLES] = {NULL, "integers", "reversed", "own order", "numbers"};
static const unsigned table_flags[TABLES] = {0, MDBX_INTEGERKEY, MDBX_REVERSEKEY, 0, MDBX_INTEGERKEY};

static int compare_by_last_byte(const MDBX_val *a, const MDBX_val *b) {
  const int last_a = a->iov_len ? ((const uint8_t *)a->iov_base)[a->iov_len - 1] : -1;
  const int last_b = b->iov_len ? ((const uint8_t *)b->iov_base)[b->iov_len - 1] : -1;
  return last_a != last_b ? last_a - last_b : mdbx_get_keycmp(MDBX_DB_DEFAULTS)(a, b);
}

static void fail(const struct model *model, const char *what, int rc) {
  fprintf(stderr, "model: seed %lu, step %lu, page size %zu, flags 0x%x: %s (%d, %s)\n", model->seed, model->step,
          model->page_size, model->env_flags, what, rc, mdbx_strerror(rc));
  exit(1);
}

#define MUST(model, call) \
  do { \
    const int rc_ = (call); \
    if (rc_ != MDBX_SUCCESS) \
      fail((model), #call, rc_); \
  } while (0)

#define MUST_BE(model, condition) \
  do { \
    if (!(condition)) \
      fail((model), #condition, 0); \
  } while (0)

static uint64_t draw(struct model *model) {
  uint64_t z = (model->random += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static unsigned below(struct model *model, unsigned limit) { return (unsigned)(draw(model) % limit); }

/* --------------------------------------------------------------------------------------------------- keys and values */

static size_t make_text_key(struct model *model, uint8_t *key, size_t limit) {
  static const char *const prefixes[] = {"", "a", "user:", "a-rather-long-common-prefix/of-many-keys/", "\0\0\0", "zz"};
  const unsigned which = below(model, 6);
  size_t length = which == 4 ? 3 : strlen(prefixes[which]);
  memcpy(key, prefixes[which], length);
  const unsigned style = below(model, 10);
  if (style < 6)
    length += (size_t)sprintf((char *)key + length, "%u", below(model, 400));
  else if (style < 9)
    for (unsigned n = below(model, 8); n; --n)
      key[length++] = (uint8_t)below(model, 4);
  else
    for (unsigned n = below(model, 200); n; --n)
      key[length++] = (uint8_t)('a' + below(model, 2));
  return length < limit ? length : limit;
}

static void make_key(struct model *model, int table, uint8_t *buffer, MDBX_val *key) {
  key->iov_base = buffer;
  if (table == 1) {
    const uint64_t number = below(model, 5) ? below(model, 700) : draw(model);
    memcpy(buffer, &number, 8);
    key->iov_len = 8;
  } else if (table == 4) {
    const uint32_t number = below(model, 5) ? below(model, 700) << 8 : (uint32_t)draw(model);
    memcpy(buffer, &number, 4);
    key->iov_len = 4;
  } else {
    key->iov_len = make_text_key(model, buffer, model->page_size / 2 - 26);
  }
}

static void make_value(struct model *model, uint8_t *buffer, MDBX_val *value) {
  static const unsigned limits[] = {1, 10, 30, 100, 300, 1500, 5000, VALUE_MAX};
  value->iov_len = below(model, limits[below(model, 100) < 90 ? below(model, 5) : below(model, 8)]);
  value->iov_base = buffer;
  memset(buffer, (int)draw(model), value->iov_len);
  for (size_t i = 0; i < value->iov_len && i < 8; ++i)
    buffer[i] = (uint8_t)draw(model);
}

/* ------------------------------------------------------------------------------------------------------- comparing */

static int same(const MDBX_val *value, const uint8_t *bytes, size_t length) {
  return value->iov_len == length && (!length || memcmp(value->iov_base, bytes, length) == 0);
}

static void compare_table(struct model *model, MDBX_txn *txn, MDBX_dbi dbi, const struct ref_table *expected) {
  MDBX_cursor *cursor;
  MDBX_val key, value;
  MUST(model, mdbx_cursor_open(txn, dbi, &cursor));
  for (size_t i = 0; i < expected->count; ++i) {
    MUST(model, mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT));
    MUST_BE(model, same(&key, expected->items[i].key, expected->items[i].key_length));
    MUST_BE(model, same(&value, expected->items[i].value, expected->items[i].value_length));
  }
  MUST_BE(model, mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT) == MDBX_NOTFOUND);
  for (size_t i = expected->count; i-- > 0;) {
    if (i + 1 < expected->count)
      MUST(model, mdbx_cursor_get(cursor, &key, &value, MDBX_PREV));
    else
      MUST(model, mdbx_cursor_get(cursor, &key, &value, MDBX_LAST));
    MUST_BE(model, same(&key, expected->items[i].key, expected->items[i].key_length));
  }
  mdbx_cursor_close(cursor);
  MDBX_stat stat;
  MUST(model, mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat)));
  const size_t names = dbi == 1 ? TABLES - 1 : 0;
  (void)names;
  MUST_BE(model, stat.ms_entries == expected->count);
}

/* The main table is compared without the names of the others: it is drawn empty of them in table_names[0]'s copy. */
static void compare_main(struct model *model, MDBX_txn *txn, const struct ref_table *expected) {
  for (size_t i = 0; i < expected->count; ++i) {
    const MDBX_val key = {expected->items[i].key, expected->items[i].key_length};
    MDBX_val value;
    MUST(model, mdbx_get(txn, 1, &key, &value));
    MUST_BE(model, same(&value, expected->items[i].value, expected->items[i].value_length));
  }
  MDBX_stat stat;
  MUST(model, mdbx_dbi_stat(txn, 1, &stat, sizeof(stat)));
  MUST_BE(model, stat.ms_entries == expected->count + TABLES - 1);
}

static void compare_all(struct model *model, MDBX_txn *txn, const struct ref_table *tables) {
  compare_main(model, txn, &tables[0]);
  for (int i = 1; i < TABLES; ++i)
    compare_table(model, txn, model->dbi[i], &tables[i]);
}

static void check(struct model *model) {
  size_t problems;
  MUST(model, checker_run(model->env, &problems));
  MUST_BE(model, problems == 0);
  model->checks += 1;
}

/* ---------------------------------------------------------------------------------------------------- transactions */

static void open_tables(struct model *model) {
  model->dbi[0] = 1;
  for (int i = 1; i < TABLES; ++i)
    MUST(model, mdbx_dbi_open_ex(model->txn, table_names[i], (MDBX_db_flags_t)(table_flags[i] | MDBX_CREATE),
                                 &model->dbi[i], i == 3 ? compare_by_last_byte : NULL, NULL));
}

static void begin(struct model *model) {
  MUST(model, mdbx_txn_begin_ex(model->env, NULL, MDBX_TXN_READWRITE, &model->txn, NULL));
  for (int i = 0; i < TABLES; ++i)
    ref_copy(&model->saved[i], &model->live[i]);
}

static void drop_cursors(struct model *model) {
  for (int i = 0; i < CURSORS; ++i)
    model->cursors[i].placed = 0;
}

/* A nested transaction; cursors of the outer one are looked at by another model (multi.c), these are done with. */
static void begin_nested(struct model *model) {
  if (model->outer || (model->env_flags & MDBX_WRITEMAP))
    return;
  for (int i = 0; i < CURSORS; ++i)
    if (model->cursors[i].cursor)
      MUST(model, mdbx_cursor_unbind(model->cursors[i].cursor));
  drop_cursors(model);
  model->outer = model->txn;
  MUST(model, mdbx_txn_begin_ex(model->env, model->outer, MDBX_TXN_READWRITE, &model->txn, NULL));
  for (int i = 0; i < TABLES; ++i)
    ref_copy(&model->inner_saved[i], &model->live[i]);
}

static void end_nested(struct model *model, int keep) {
  if (!model->outer)
    return;
  if (keep)
    MUST(model, mdbx_txn_commit_ex(model->txn, NULL));
  else
    MUST(model, mdbx_txn_abort_ex(model->txn, NULL));
  for (int i = 0; !keep && i < TABLES; ++i)
    ref_copy(&model->live[i], &model->inner_saved[i]);
  model->txn = model->outer;
  model->outer = NULL;
  drop_cursors(model);
}

static void commit(struct model *model) {
  MDBX_txn *txn = model->outer ? model->outer : model->txn;
  MUST(model, mdbx_txn_commit_ex(txn, NULL));
  model->txn = model->outer = NULL;
  model->commits += 1;
  drop_cursors(model);
  check(model);
}

static void abort_all(struct model *model) {
  MUST(model, mdbx_txn_abort_ex(model->outer ? model->outer : model->txn, NULL));
  model->txn = model->outer = NULL;
  for (int i = 0; i < TABLES; ++i)
    ref_copy(&model->live[i], &model->saved[i]);
  drop_cursors(model);
}

static void open_database(struct model *model, int fresh) {
  MUST(model, mdbx_env_create(&model->env));
  MUST(model, mdbx_env_set_option(model->env, MDBX_opt_max_db, TABLES));
  MUST(model, mdbx_env_set_option(model->env, MDBX_opt_txn_dp_limit, 128));
  if (fresh)
    MUST(model, mdbx_env_set_geometry(model->env, 0, 65536, 256 << 20, 65536, 131072, (intptr_t)model->page_size));
  MUST(model, mdbx_env_open(model->env, model->path, (MDBX_env_flags_t)model->env_flags, 0600));
  begin(model);
  open_tables(model);
  MUST(model, mdbx_txn_commit_ex(model->txn, NULL));
  model->txn = NULL;
  check(model);
}

static void end_reader(struct model *model, struct model_reader *reader) {
  if (!reader->txn)
    return;
  const int rc = mdbx_txn_unpark(reader->txn, false);
  if (rc != MDBX_OUSTED) {
    MUST(model, rc);
    compare_all(model, reader->txn, reader->tables);
  }
  MUST(model, mdbx_txn_abort_ex(reader->txn, NULL));
  reader->txn = NULL;
}

static void reopen(struct model *model) {
  for (int i = 0; i < READERS; ++i)
    end_reader(model, &model->readers[i]);
  for (int i = 0; i < CURSORS; ++i) {
    mdbx_cursor_close(model->cursors[i].cursor);
    model->cursors[i].cursor = NULL;
  }
  MUST(model, mdbx_env_close_ex(model->env, false));
  open_database(model, 0);
}

static void turn_reader(struct model *model) {
  struct model_reader *reader = &model->readers[below(model, READERS)];
  if (reader->txn) {
    end_reader(model, reader);
    return;
  }
  MUST(model, mdbx_txn_begin_ex(model->env, NULL, MDBX_TXN_RDONLY, &reader->txn, NULL));
  for (int i = 0; i < TABLES; ++i)
    ref_copy(&reader->tables[i], model->txn ? &model->saved[i] : &model->live[i]);
  if (below(model, 4) == 0)
    MUST(model, mdbx_txn_park(reader->txn, below(model, 2)));
}

/* A reader of the same snapshot as another one, which may be parked and gone. */
static void clone_reader(struct model *model) {
  struct model_reader *from = &model->readers[below(model, READERS)], *to = &model->readers[below(model, READERS)];
  if (!from->txn || to->txn)
    return;
  const int rc = mdbx_txn_clone(from->txn, &to->txn, NULL);
  if (rc == MDBX_BAD_TXN || rc == MDBX_OUSTED)
    return;
  MUST(model, rc);
  for (int i = 0; i < TABLES; ++i)
    ref_copy(&to->tables[i], &from->tables[i]);
}

static void roll_back(struct model *model) {
  MUST(model, mdbx_txn_rollback(model->txn));
  for (int i = 0; i < TABLES; ++i)
    ref_copy(&model->live[i], model->outer ? &model->inner_saved[i] : &model->saved[i]);
  drop_cursors(model);
}

/* A commit that is followed by the next write transaction without a gap. */
static void commit_and_go_on(struct model *model) {
  if (model->outer)
    return;
  int rc;
  if (below(model, 2)) {
    rc = mdbx_txn_checkpoint(model->txn, MDBX_TXN_NOWEAKING, NULL);
  } else {
    rc = mdbx_txn_commit_embark_read(&model->txn, NULL);
    compare_all(model, model->txn, model->live);
    MUST(model, mdbx_txn_amend(model->txn, &model->txn, MDBX_TXN_READWRITE, NULL));
  }
  MUST(model, rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc);
  for (int i = 0; i < TABLES; ++i)
    ref_copy(&model->saved[i], &model->live[i]);
  model->commits += 1;
  drop_cursors(model);
  check(model);
}

/* ------------------------------------------------------------------------------------------------------ operations */

static void do_put(struct model *model, int table) {
  uint8_t key_bytes[70000], value_bytes[VALUE_MAX];
  MDBX_val key, value;
  int exact;
  make_key(model, table, key_bytes, &key);
  make_value(model, value_bytes, &value);
  const size_t at = ref_seek(&model->live[table], &key, &exact);
  unsigned mode = below(model, 10);
  if (mode == 3 && table == 0)
    mode = 4; /* names of tables lie among the keys, so what is last is not known here */
  if (mode == 0) {
    const int rc = mdbx_put(model->txn, model->dbi[table], &key, &value, MDBX_NOOVERWRITE);
    MUST_BE(model, rc == (exact ? MDBX_KEYEXIST : MDBX_SUCCESS));
    if (exact) {
      MUST_BE(model, same(&value, model->live[table].items[at].value, model->live[table].items[at].value_length));
      return;
    }
  } else if (mode == 1) {
    const int rc = mdbx_put(model->txn, model->dbi[table], &key, &value, MDBX_CURRENT);
    MUST_BE(model, rc == (exact ? MDBX_SUCCESS : MDBX_NOTFOUND));
    if (!exact)
      return;
  } else if (mode == 2) {
    MDBX_val reserved = {NULL, value.iov_len};
    MUST(model, mdbx_put(model->txn, model->dbi[table], &key, &reserved, MDBX_RESERVE));
    if (value.iov_len)
      memcpy(reserved.iov_base, value.iov_base, value.iov_len);
  } else if (mode == 3) {
    const int rc = mdbx_put(model->txn, model->dbi[table], &key, &value, MDBX_APPEND);
    const int fits = at == model->live[table].count || (exact && at + 1 == model->live[table].count);
    MUST_BE(model, rc == (fits ? MDBX_SUCCESS : MDBX_EKEYMISMATCH));
    if (!fits)
      return;
  } else {
    MUST(model, mdbx_put(model->txn, model->dbi[table], &key, &value, MDBX_UPSERT));
  }
  ref_put(&model->live[table], &key, &value);
}

static void remember(struct model_cursor *cursor, int table, const MDBX_val *key) {
  cursor->table = table;
  cursor->behind = 0;
  cursor->placed = key->iov_len <= sizeof(cursor->key);
  cursor->key_length = key->iov_len;
  if (cursor->placed && key->iov_len)
    memcpy(cursor->key, key->iov_base, key->iov_len);
}

/* A record goes. Cursors on it stand before its successor from then on, whatever is put in between. */
static int take_out(struct model *model, int table, const MDBX_val *key) {
  const MDBX_val gone = {memcpy(malloc(key->iov_len + 1), key->iov_base, key->iov_len), key->iov_len};
  struct ref_table *ref = &model->live[table];
  int exact;
  const int there = ref_delete(ref, key);
  const size_t at = ref_seek(ref, &gone, &exact);
  for (int i = 0; there && i < CURSORS; ++i) {
    struct model_cursor *cursor = &model->cursors[i];
    if (cursor->table != table || !cursor->placed || cursor->behind || !same(&gone, cursor->key, cursor->key_length))
      continue;
    cursor->behind = at == ref->count;
    if (!cursor->behind)
      remember(cursor, table, &(MDBX_val){ref->items[at].key, ref->items[at].key_length});
  }
  free(gone.iov_base);
  return there;
}

/* An existing key more often than not. */
static void pick_key(struct model *model, int table, uint8_t *buffer, MDBX_val *key) {
  const struct ref_table *ref = &model->live[table];
  if (!ref->count || below(model, 4) == 0) {
    make_key(model, table, buffer, key);
    return;
  }
  const struct ref_item *item = &ref->items[below(model, (unsigned)ref->count)];
  memcpy(buffer, item->key, item->key_length);
  *key = (MDBX_val){buffer, item->key_length};
}

static void do_delete(struct model *model, int table) {
  uint8_t key_bytes[70000];
  MDBX_val key;
  pick_key(model, table, key_bytes, &key);
  const int rc = mdbx_del(model->txn, model->dbi[table], &key, NULL);
  MUST_BE(model, rc == (take_out(model, table, &key) ? MDBX_SUCCESS : MDBX_NOTFOUND));
}

static void do_get(struct model *model, int table) {
  uint8_t key_bytes[70000];
  MDBX_val key, value;
  int exact;
  pick_key(model, table, key_bytes, &key);
  const size_t at = ref_seek(&model->live[table], &key, &exact);
  const int rc = mdbx_get(model->txn, model->dbi[table], &key, &value);
  MUST_BE(model, rc == (exact ? MDBX_SUCCESS : MDBX_NOTFOUND));
  if (exact)
    MUST_BE(model, same(&value, model->live[table].items[at].value, model->live[table].items[at].value_length));
}

static void do_delete_range(struct model *model, int table) {
  const struct ref_table *ref = &model->live[table];
  MDBX_cursor *cursor;
  if (!ref->count || table == 0)
    return;
  const size_t from = below(model, (unsigned)ref->count);
  MDBX_val key = {ref->items[from].key, ref->items[from].key_length}, value;
  MUST(model, mdbx_cursor_open(model->txn, model->dbi[table], &cursor));
  MUST(model, mdbx_cursor_get(cursor, &key, &value, MDBX_SET));
  for (unsigned n = below(model, 60); n && from < ref->count; --n) {
    MUST(model, mdbx_cursor_get(cursor, &key, &value, MDBX_GET_CURRENT));
    MUST_BE(model, same(&key, ref->items[from].key, ref->items[from].key_length));
    MUST(model, mdbx_cursor_del(cursor, MDBX_UPSERT));
    const MDBX_val gone = {ref->items[from].key, ref->items[from].key_length};
    take_out(model, table, &gone);
  }
  mdbx_cursor_close(cursor);
}

/* ---------------------------------------------------------------------------------------------------------- cursors */

/* Where the cursor must be found: on its record, or on the successor, or (behind the end) on the last record. */
static void verify_cursor(struct model *model, struct model_cursor *cursor) {
  const struct ref_table *ref = &model->live[cursor->table];
  const MDBX_val wanted = {cursor->key, cursor->key_length};
  MDBX_val key, value;
  int exact;
  size_t at = ref_seek(ref, &wanted, &exact);
  const int rc = mdbx_cursor_get(cursor->cursor, &key, &value, MDBX_GET_CURRENT);
  if (!ref->count) {
    MUST_BE(model, rc == MDBX_ENODATA);
    cursor->placed = 0;
    return;
  }
  if (cursor->behind || at == ref->count)
    at = ref->count - 1;
  if (rc != MDBX_SUCCESS)
    fail(model, "cursor lost its place", rc);
  MUST_BE(model, same(&key, ref->items[at].key, ref->items[at].key_length));
  MUST_BE(model, same(&value, ref->items[at].value, ref->items[at].value_length));
  remember(cursor, cursor->table, &key);
}

static void place_cursor(struct model *model, struct model_cursor *cursor) {
  const int table = 1 + (int)below(model, TABLES - 1);
  uint8_t key_bytes[70000];
  MDBX_val key, value;
  int exact;
  if (!cursor->cursor)
    cursor->cursor = mdbx_cursor_create(NULL);
  MUST(model, mdbx_cursor_bind(model->txn, cursor->cursor, model->dbi[table]));
  pick_key(model, table, key_bytes, &key);
  const size_t at = ref_seek(&model->live[table], &key, &exact);
  const int rc = mdbx_cursor_get(cursor->cursor, &key, &value, MDBX_SET_RANGE);
  MUST_BE(model, rc == (at < model->live[table].count ? MDBX_SUCCESS : MDBX_NOTFOUND));
  cursor->placed = 0;
  if (rc != MDBX_SUCCESS)
    return;
  MUST_BE(model, same(&key, model->live[table].items[at].key, model->live[table].items[at].key_length));
  remember(cursor, table, &key);
}

static void step_cursor(struct model *model, struct model_cursor *cursor) {
  const struct ref_table *ref = &model->live[cursor->table];
  MDBX_val key, value;
  int exact;
  verify_cursor(model, cursor);
  if (!cursor->placed)
    return;
  const MDBX_val present = {cursor->key, cursor->key_length};
  const size_t at = ref_seek(ref, &present, &exact);
  const int forward = (int)below(model, 2);
  const int rc = mdbx_cursor_get(cursor->cursor, &key, &value, forward ? MDBX_NEXT : MDBX_PREV);
  const int edge = forward ? at + 1 == ref->count : at == 0;
  MUST_BE(model, rc == (edge ? MDBX_NOTFOUND : MDBX_SUCCESS));
  if (edge)
    return;
  const struct ref_item *item = &ref->items[forward ? at + 1 : at - 1];
  MUST_BE(model, same(&key, item->key, item->key_length));
  remember(cursor, cursor->table, &key);
}

static void change_by_cursor(struct model *model, struct model_cursor *cursor) {
  uint8_t value_bytes[VALUE_MAX];
  MDBX_val key, value;
  verify_cursor(model, cursor);
  if (!cursor->placed)
    return;
  key = (MDBX_val){cursor->key, cursor->key_length};
  if (below(model, 2)) {
    make_value(model, value_bytes, &value);
    MUST(model, mdbx_cursor_put(cursor->cursor, &key, &value, MDBX_CURRENT));
    ref_put(&model->live[cursor->table], &key, &value);
  } else {
    MUST(model, mdbx_cursor_del(cursor->cursor, MDBX_UPSERT));
    take_out(model, cursor->table, &key);
  }
}

static void do_cursor(struct model *model) {
  struct model_cursor *cursor = &model->cursors[below(model, CURSORS)];
  if (!cursor->cursor || !cursor->placed || below(model, 5) == 0) {
    place_cursor(model, cursor);
    return;
  }
  switch (below(model, 4)) {
  case 0:
    verify_cursor(model, cursor);
    break;
  case 1:
    change_by_cursor(model, cursor);
    break;
  default:
    step_cursor(model, cursor);
  }
}

/* ------------------------------------------------------------------------------------------------------------ runs */

static void empty_table(struct model *model) {
  const int table = 1 + (int)below(model, TABLES - 1);
  MUST(model, mdbx_drop(model->txn, model->dbi[table], false));
  ref_clear(&model->live[table]);
  for (int i = 0; i < CURSORS; ++i)
    if (model->cursors[i].table == table)
      model->cursors[i].placed = 0;
}

static void step(struct model *model) {
  const unsigned what = below(model, 1000);
  const int table = (int)below(model, TABLES);
  if (!model->txn) {
    if (what < 60)
      turn_reader(model);
    else if (what < 75)
      reopen(model);
    else
      begin(model);
    return;
  }
  if (what < 430)
    do_put(model, table);
  else if (what < 650)
    do_delete(model, table);
  else if (what < 750)
    do_get(model, table);
  else if (what < 960)
    do_cursor(model);
  else if (what < 966)
    do_delete_range(model, table);
  else if (what < 968)
    empty_table(model);
  else if (what < 975)
    turn_reader(model);
  else if (what < 985)
    compare_all(model, model->txn, model->live);
  else if (what < 986)
    begin_nested(model);
  else if (what < 988)
    end_nested(model, (int)below(model, 2));
  else if (what < 989)
    roll_back(model);
  else if (what < 991)
    commit_and_go_on(model);
  else if (what < 992)
    clone_reader(model);
  else if (what < 994)
    abort_all(model);
  else
    commit(model);
}

static void choose(struct model *model) {
  static const unsigned sizes[] = {256, 512, 1024, 2048, 4096, 8192, 16384, 65536};
  static const unsigned modes[] = {MDBX_UTTERLY_NOSYNC,
                                   MDBX_SAFE_NOSYNC,
                                   MDBX_SAFE_NOSYNC | MDBX_LIFORECLAIM,
                                   MDBX_UTTERLY_NOSYNC | MDBX_WRITEMAP,
                                   MDBX_SAFE_NOSYNC | MDBX_WRITEMAP,
                                   MDBX_SAFE_NOSYNC | MDBX_VALIDATION,
                                   MDBX_SYNC_DURABLE,
                                   MDBX_NOMETASYNC};
  model->page_size = sizes[model->seed % 8];
  model->env_flags = modes[model->seed / 8 % 8] | MDBX_NOSUBDIR | MDBX_NOSTICKYTHREADS;
}

static void clean_up(struct model *model) {
  for (int i = 0; i < READERS; ++i) {
    end_reader(model, &model->readers[i]);
    for (int t = 0; t < TABLES; ++t)
      ref_clear(&model->readers[i].tables[t]);
  }
  if (model->txn)
    commit(model);
  for (int i = 0; i < CURSORS; ++i)
    mdbx_cursor_close(model->cursors[i].cursor);
  MUST(model, mdbx_env_close_ex(model->env, false));
  for (int t = 0; t < TABLES; ++t) {
    ref_clear(&model->live[t]);
    ref_clear(&model->saved[t]);
    ref_clear(&model->inner_saved[t]);
  }
  mdbx_env_delete(model->path, MDBX_ENV_JUST_DELETE);
}

static void run(unsigned long seed, unsigned long steps) {
  struct model *model = calloc(1, sizeof(*model));
  model->seed = seed;
  model->random = seed * 7919 + 1;
  choose(model);
  const char *folder = getenv("TEST_TMPDIR");
  snprintf(model->path, sizeof(model->path), "%s/model-%d-%lu.db", folder ? folder : "/tmp", (int)getpid(), seed);
  for (int i = 0; i < TABLES; ++i)
    ref_init(&model->live[i], i == 3 ? compare_by_last_byte : mdbx_get_keycmp((MDBX_db_flags_t)table_flags[i]));
  mdbx_env_delete(model->path, MDBX_ENV_JUST_DELETE);
  open_database(model, 1);
  for (; model->step < steps; ++model->step)
    step(model);
  const unsigned long commits = model->commits, checks = model->checks;
  clean_up(model);
  printf("seed %lu: page size %zu, flags 0x%x, %lu steps, %lu commits, %lu checks: agreed\n", seed, model->page_size,
         model->env_flags, steps, commits, checks);
  free(model);
}

int main(int argc, char **argv) {
  mdbx_setup_debug(MDBX_LOG_ERROR, MDBX_DBG_NONE, NULL);
  const unsigned long steps = argc > 2 ? strtoul(argv[2], NULL, 10) : 6000;
  if (argc > 1) {
    run(strtoul(argv[1], NULL, 10), steps);
    return 0;
  }
  for (unsigned long seed = 1; seed <= 64; ++seed)
    run(seed, steps);
  return 0;
}
