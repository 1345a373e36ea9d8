/* SPDX-License-Identifier: Apache-2.0 */
/* Tables: handles, flags, orders. */
#include "shim.h"

#include <errno.h>

#define OPEN_FLAGS (TABLE_FLAGS | MDB_CREATE)

/* ------------------------------------------------------------------------------------------------------------ flags */

/* LMDB stores flags that have no meaning without another one; the engine accepts only valid combinations. The missing
 * flags are stored in the table's sequence, which LMDB does not have. */
#define GIVEN_MARK (UINT64_C(0x4c4d4442) << 32)

static unsigned sane_flags(unsigned flags) {
  if (!(flags & MDB_DUPSORT))
    flags &= ~(unsigned)(MDB_DUPFIXED | MDB_INTEGERDUP | MDB_REVERSEDUP);
  if (flags & MDB_INTEGERDUP)
    flags |= MDB_DUPFIXED;
  if (flags & MDB_INTEGERKEY)
    flags &= ~(unsigned)MDB_REVERSEKEY;
  return flags;
}

static bool are_given(uint64_t sequence) { return (sequence & ~(uint64_t)TABLE_FLAGS) == GIVEN_MARK; }

int table_flags(MDB_txn *txn, MDB_dbi dbi, unsigned *flags) {
  uint64_t sequence = 0;
  int rc = mdbx_dbi_flags(txn->engine, dbi, flags);
  if (rc == MDBX_SUCCESS && dbi != DBI_FREE)
    rc = mdbx_dbi_sequence(txn->engine, dbi, &sequence, 0);
  if (rc == MDBX_SUCCESS && are_given(sequence))
    *flags = (unsigned)sequence & TABLE_FLAGS;
  return rc;
}

/* A sequence only grows; so do the flags of a table that stays. A sequence that a program of the engine uses is not
 * changed. */
static int note_given(MDB_txn *txn, MDB_dbi dbi, unsigned given) {
  uint64_t sequence;
  unsigned flags;
  int rc = mdbx_dbi_flags(txn->engine, dbi, &flags);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_dbi_sequence(txn->engine, dbi, &sequence, 0);
  if (rc != MDBX_SUCCESS || (sequence && !are_given(sequence)) || (!sequence && flags == given))
    return rc;
  const uint64_t wanted = GIVEN_MARK | given;
  return wanted > sequence ? mdbx_dbi_sequence(txn->engine, dbi, NULL, wanted - sequence) : MDBX_SUCCESS;
}

/* ----------------------------------------------------------------------------------------------------------- orders */

static int compare_keys(const MDBX_val *a, const MDBX_val *b, void *ctx) {
  const struct shim_table *table = ctx;
  const MDB_val left = {a->iov_len, a->iov_base}, right = {b->iov_len, b->iov_base};
  return table->key_order(&left, &right);
}

static int compare_values(const MDBX_val *a, const MDBX_val *b, void *ctx) {
  const struct shim_table *table = ctx;
  const MDB_val left = {a->iov_len, a->iov_base}, right = {b->iov_len, b->iov_base};
  return table->value_order(&left, &right);
}

/* LMDB's order of MDB_INTEGERDUP for values of any one length. */
static int compare_first_int(const MDB_val *a, const MDB_val *b) {
  unsigned left, right;
  if (a->mv_size < sizeof(left) || b->mv_size < sizeof(right))
    return memcmp(a->mv_data, b->mv_data, a->mv_size < b->mv_size ? a->mv_size : b->mv_size);
  memcpy(&left, a->mv_data, sizeof(left));
  memcpy(&right, b->mv_data, sizeof(right));
  return left < right ? -1 : left > right;
}

static int hand_orders(MDB_txn *txn, MDB_dbi dbi, struct shim_table *table) {
  return mdbx_dbi_set_order_ctx(txn->engine, dbi, table->key_order ? compare_keys : NULL,
                                table->value_order ? compare_values : NULL, table);
}

int table_engine_flags(MDB_txn *txn, MDB_dbi dbi, unsigned *flags) {
  if (!txn->flags_known || txn->flags_of != dbi) {
    const int rc = mdbx_dbi_flags(txn->engine, dbi, &txn->flags);
    if (rc != MDBX_SUCCESS)
      return rc;
    txn->flags_of = dbi;
    txn->flags_known = true;
  }
  *flags = txn->flags;
  return MDBX_SUCCESS;
}

int table_ready(MDB_txn *txn, MDB_dbi dbi, struct shim_table *table) {
  if ((!table->key_order && !table->value_order) || table->ordered_by == txn->serial)
    return 0;
  const int rc = hand_orders(txn, dbi, table);
  if (rc == MDBX_SUCCESS)
    table->ordered_by = txn->serial;
  return rc;
}

static int set_orders(MDB_txn *txn, MDB_dbi dbi, struct shim_table *table) {
  table->ordered_by = 0;
  return shim_rc(hand_orders(txn, dbi, table));
}

int table_fit_value(MDB_txn *txn, MDB_dbi dbi, unsigned flags, size_t length) {
  struct shim_table *table = table_at(txn->env, dbi);
  if (!(flags & MDB_INTEGERDUP) || length == sizeof(unsigned) || length == sizeof(size_t))
    return 0;
  const unsigned wanted = (flags & ~(unsigned)MDB_INTEGERDUP) | MDBX_CREATE;
  unsigned given;
  MDBX_dbi same;
  int rc = table_flags(txn, dbi, &given);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_dbi_open(txn->engine, table->name, (MDBX_db_flags_t)wanted, &same);
  table_forget_flags(txn);
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_INCOMPATIBLE ? MDB_BAD_VALSIZE : rc;
  table->value_order = compare_first_int;
  table->ordered_by = 0;
  const int noted = note_given(txn, dbi, given);
  return noted == MDBX_SUCCESS ? table_ready(txn, dbi, table) : noted;
}

int table_overwrite_equal(MDB_txn *txn, MDB_dbi dbi, const MDBX_val *key, MDBX_val *value) {
  MDBX_cursor *cursor;
  MDBX_val k = *key, stored = *value;
  int rc = mdbx_cursor_open(txn->engine, dbi, &cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = mdbx_cursor_get(cursor, &k, &stored, MDBX_GET_BOTH);
  const bool same = rc == MDBX_SUCCESS && stored.iov_len == value->iov_len &&
                    (!stored.iov_len || memcmp(stored.iov_base, value->iov_base, stored.iov_len) == 0);
  if (rc == MDBX_SUCCESS && !same)
    rc = mdbx_cursor_put(cursor, &k, value, MDBX_CURRENT);
  mdbx_cursor_close(cursor);
  return rc;
}

SHIM_API int mdb_set_compare(MDB_txn *txn, MDB_dbi dbi, MDB_cmp_func *cmp) {
  struct shim_table *table = txn_usable(txn) == 0 ? table_of(txn, dbi) : NULL;
  if (!table || dbi == DBI_FREE || !cmp)
    return EINVAL;
  table->key_order = cmp;
  return set_orders(txn, dbi, table);
}

SHIM_API int mdb_set_dupsort(MDB_txn *txn, MDB_dbi dbi, MDB_cmp_func *cmp) {
  struct shim_table *table = txn_usable(txn) == 0 ? table_of(txn, dbi) : NULL;
  if (!table || dbi == DBI_FREE || !cmp)
    return EINVAL;
  table->value_order = cmp;
  return set_orders(txn, dbi, table);
}

SHIM_API int mdb_set_relfunc(MDB_txn *txn, MDB_dbi dbi, MDB_rel_func *rel) {
  (void)rel;
  return txn && txn->env && table_of(txn, dbi) ? 0 : EINVAL;
}

SHIM_API int mdb_set_relctx(MDB_txn *txn, MDB_dbi dbi, void *ctx) {
  (void)ctx;
  return txn && txn->env && table_of(txn, dbi) ? 0 : EINVAL;
}

/* ----------------------------------------------------------------------------------------------------------- handles */

bool table_is_own(const MDB_txn *txn, MDB_dbi dbi, const struct shim_table *table) {
  for (; txn; txn = txn->parent)
    for (unsigned i = 0; i < txn->opened_count; ++i)
      if (txn->opened[i].dbi == dbi && txn->opened[i].opening == table->opening)
        return true;
  return false;
}

static int note_opened(MDB_txn *txn, struct shim_opening opening) {
  if (txn->opened_count == txn->opened_capacity) {
    const unsigned capacity = txn->opened_capacity * 2 + 8;
    struct shim_opening *more = realloc(txn->opened, capacity * sizeof(*more));
    if (!more)
      return ENOMEM;
    txn->opened = more;
    txn->opened_capacity = capacity;
  }
  txn->opened[txn->opened_count++] = opening;
  return 0;
}

/* Under the mutex, or before the environment is anybody's. */
static struct shim_table *make_table(MDB_env *env, MDB_dbi dbi) {
  _Atomic(struct shim_table *) *chunk = &env->tables[dbi / TABLES_OF_CHUNK];
  if (!*chunk)
    atomic_store_explicit(chunk, calloc(TABLES_OF_CHUNK, sizeof(struct shim_table)), memory_order_release);
  return table_at(env, dbi);
}

int tables_open(MDB_env *env) {
  struct shim_table *first = make_table(env, DBI_FREE);
  if (!first)
    return ENOMEM;
  first[DBI_FREE].open = first[DBI_MAIN].open = true;
  first[DBI_FREE].shared_since = first[DBI_MAIN].shared_since = env->handle_clock = 1;
  return 0;
}

void tables_forget(MDB_env *env) {
  env->open_tables = 0;
  for (MDB_dbi dbi = DBI_NAMED; dbi < TABLES_OF_CHUNK * TABLE_CHUNKS; ++dbi) {
    struct shim_table *table = table_at(env, dbi);
    if (!table)
      return; /* handles are given from the lowest on */
    free(table->name);
    memset(table, 0, sizeof(*table));
  }
}

void tables_close(MDB_env *env) {
  tables_forget(env);
  for (unsigned i = 0; i < TABLE_CHUNKS; ++i)
    free(env->tables[i]);
}

static int open_table(MDB_txn *txn, MDB_dbi dbi, const char *name) {
  MDB_env *env = txn->env;
  char *copy = strdup(name);
  pthread_mutex_lock(&env->mutex);
  struct shim_table *table = copy ? make_table(env, dbi) : NULL;
  const int rc = table ? note_opened(txn, (struct shim_opening){dbi, table->opening + 1}) : ENOMEM;
  if (rc == 0) {
    free(table->name);
    table->name = copy;
    table->key_order = table->value_order = NULL;
    table->ordered_by = 0;
    table->claims = 1;
    table->opening += 1;
    table->shared_since = 0;
    table->open = true;
    env->open_tables += 1;
  } else {
    free(copy);
  }
  pthread_mutex_unlock(&env->mutex);
  return rc;
}

/* The handle belongs to another running transaction: then both have it. */
static int share_opening(MDB_txn *txn, MDB_dbi dbi, struct shim_table *table) {
  pthread_mutex_lock(&txn->env->mutex);
  const int rc = note_opened(txn, (struct shim_opening){dbi, table->opening});
  table->claims += rc == 0;
  pthread_mutex_unlock(&txn->env->mutex);
  return rc;
}

static void close_locked(MDB_env *env, struct shim_table *table) {
  env->open_tables -= table->open;
  table->open = false;
}

static void close_table(MDB_env *env, MDB_dbi dbi) {
  pthread_mutex_lock(&env->mutex);
  close_locked(env, table_at(env, dbi));
  pthread_mutex_unlock(&env->mutex);
}

static MDB_dbi count_open(MDB_env *env) {
  pthread_mutex_lock(&env->mutex);
  const MDB_dbi count = env->open_tables;
  pthread_mutex_unlock(&env->mutex);
  return count;
}

/* After a child's commit, its handles belong to its parent. */
static void hand_to_parent(MDB_txn *txn) {
  for (unsigned i = 0; i < txn->opened_count; ++i)
    if (note_opened(txn->parent, txn->opened[i]) != 0)
      return; /* then they stay open */
}

/* True: nobody else has the handle; the caller closes it. */
static bool give_up(MDB_env *env, const struct shim_opening *opening, bool committed) {
  struct shim_table *table = table_at(env, opening->dbi);
  bool closes = false;
  pthread_mutex_lock(&env->mutex);
  if (table->open && table->opening == opening->opening) {
    table->claims -= 1;
    if (committed && !table->shared_since)
      table->shared_since = ++env->handle_clock;
    closes = !table->claims && !table->shared_since;
    if (closes)
      close_locked(env, table);
  }
  pthread_mutex_unlock(&env->mutex);
  return closes;
}

void tables_ended(MDB_txn *txn, bool committed) {
  if (committed && txn->parent) {
    hand_to_parent(txn);
    return;
  }
  for (unsigned i = 0; i < txn->opened_count && txn->env; ++i)
    if (give_up(txn->env, &txn->opened[i], committed))
      mdbx_dbi_close(txn->env->engine, txn->opened[i].dbi);
}

/* ----------------------------------------------------------------------------------------------------------- opening */

static int main_flags(MDB_txn *txn, unsigned *flags) { return mdbx_dbi_flags(txn->engine, DBI_MAIN, flags); }

/* The main table accepts more flags while it is empty; it accepts flags without a meaning at any time. */
static int open_main(MDB_txn *txn, unsigned flags) {
  unsigned given, present;
  MDBX_dbi dbi;
  int rc = table_flags(txn, DBI_MAIN, &given);
  if (rc == MDBX_SUCCESS)
    rc = main_flags(txn, &present);
  if (rc != MDBX_SUCCESS || txn->readonly || !(flags & TABLE_FLAGS & ~given))
    return rc;
  const unsigned wanted = given | (flags & TABLE_FLAGS);
  if (sane_flags(wanted) != present) {
    rc = mdbx_dbi_open(txn->engine, NULL, (MDBX_db_flags_t)(sane_flags(wanted) | MDBX_CREATE), &dbi);
    if (rc != MDBX_SUCCESS)
      return rc == MDBX_INCOMPATIBLE ? MDBX_SUCCESS : rc;
  }
  rc = map_make_room(txn);
  return rc == MDBX_SUCCESS ? note_given(txn, DBI_MAIN, wanted) : rc;
}

static bool is_open(const MDB_env *env, MDB_dbi dbi) {
  const struct shim_table *table = table_at(env, dbi);
  return table && table->open;
}

static bool find_open(MDB_txn *txn, const char *name, MDBX_dbi *dbi) {
  return mdbx_dbi_open(txn->engine, name, MDBX_DB_ACCEDE, dbi) == MDBX_SUCCESS && is_open(txn->env, *dbi);
}

static int open_in_engine(MDB_txn *txn, const char *name, unsigned flags, MDBX_dbi *dbi) {
  int rc = mdbx_dbi_open(txn->engine, name, MDBX_DB_ACCEDE, dbi);
  if (rc != MDBX_NOTFOUND || !(flags & MDB_CREATE))
    return rc;
  if (txn->readonly)
    return EACCES;
  rc = map_make_room(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  const unsigned wanted = sane_flags(flags & TABLE_FLAGS) | MDBX_CREATE;
  rc = mdbx_dbi_open(txn->engine, name, (MDBX_db_flags_t)wanted, dbi);
  return rc == MDBX_SUCCESS ? note_given(txn, *dbi, flags & TABLE_FLAGS) : rc;
}

/* Names are records of the main table, which must be of a kind that can hold them. */
static int check_main(MDB_txn *txn, unsigned flags) {
  unsigned present;
  const int rc = main_flags(txn, &present);
  if (rc != MDBX_SUCCESS || !(present & (MDB_DUPSORT | MDB_INTEGERKEY)))
    return rc;
  return flags & MDB_CREATE ? MDB_INCOMPATIBLE : MDB_NOTFOUND;
}

/* A table that the program opened with MDB_INTEGERDUP, but that the engine stores without it: see table_fit_value(). */
static int restore_order(MDB_txn *txn, unsigned flags, MDBX_dbi dbi) {
  struct shim_table *table = table_at(txn->env, dbi);
  unsigned present, given = 0;
  int rc = mdbx_dbi_flags(txn->engine, dbi, &present);
  if (rc == MDBX_SUCCESS)
    rc = table_flags(txn, dbi, &given);
  flags |= given;
  if (rc != MDBX_SUCCESS || !(flags & MDB_INTEGERDUP) || !(present & MDB_DUPFIXED) || (present & MDB_INTEGERDUP))
    return rc;
  table->value_order = compare_first_int;
  if (hand_orders(txn, dbi, table) == MDBX_INCOMPATIBLE)
    table->value_order = NULL; /* it never had */
  return MDBX_SUCCESS;
}

static int take_handle(MDB_txn *txn, const char *name, unsigned flags, MDBX_dbi dbi) {
  struct shim_table *table = table_at(txn->env, dbi);
  if (table && table->open)
    return table_of(txn, dbi) ? 0 : share_opening(txn, dbi, table);
  const int rc = open_table(txn, dbi, name);
  return rc == 0 ? restore_order(txn, flags, dbi) : rc;
}

static int open_named(MDB_txn *txn, const char *name, unsigned flags, MDB_dbi *dbi) {
  MDB_env *env = txn->env;
  MDBX_dbi opened = 0;
  int rc = check_main(txn, flags);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (count_open(env) >= env->max_dbs && !find_open(txn, name, &opened))
    return MDB_DBS_FULL;
  rc = open_in_engine(txn, name, flags, &opened);
  if (rc == MDBX_SUCCESS)
    rc = take_handle(txn, name, flags, opened);
  if (rc == MDBX_SUCCESS)
    *dbi = opened;
  return rc;
}

SHIM_API int mdb_dbi_open(MDB_txn *txn, const char *name, unsigned int flags, MDB_dbi *dbi) {
  if (flags & ~(unsigned)OPEN_FLAGS)
    return EINVAL;
  int rc = txn_usable(txn);
  if (rc != 0)
    return rc;
  table_forget_flags(txn);
  if (name) {
    if (!*name)
      return MDB_BAD_VALSIZE;
    return shim_rc(open_named(txn, name, flags, dbi));
  }
  rc = open_main(txn, flags);
  if (rc == MDBX_SUCCESS)
    *dbi = DBI_MAIN;
  return shim_rc(rc);
}

SHIM_API void mdb_dbi_close(MDB_env *env, MDB_dbi dbi) {
  if (dbi < DBI_NAMED || !is_open(env, dbi))
    return;
  close_table(env, dbi);
  mdbx_dbi_close(env->engine, dbi);
}

/* ---------------------------------------------------------------------------------------------------------- questions */

SHIM_API int mdb_dbi_flags(MDB_txn *txn, MDB_dbi dbi, unsigned int *flags) {
  if (!txn || !txn->engine || dbi == DBI_FREE || !table_of(txn, dbi))
    return EINVAL;
  const int rc = table_flags(txn, dbi, flags);
  if (rc == MDBX_SUCCESS && table_at(txn->env, dbi)->value_order == compare_first_int)
    *flags |= MDB_INTEGERDUP;
  return shim_rc(rc);
}

SHIM_API int mdb_stat(MDB_txn *txn, MDB_dbi dbi, MDB_stat *stat) {
  MDBX_stat engine;
  if (!txn || !txn->engine || !stat || !table_of(txn, dbi))
    return EINVAL;
  const int rc = mdbx_dbi_stat(txn->engine, dbi, &engine, sizeof(engine));
  if (rc != MDBX_SUCCESS)
    return shim_rc(rc);
  *stat = (MDB_stat){.ms_psize = engine.ms_psize,
                     .ms_depth = engine.ms_depth,
                     .ms_branch_pages = engine.ms_branch_pages,
                     .ms_leaf_pages = engine.ms_leaf_pages,
                     .ms_overflow_pages = engine.ms_overflow_pages,
                     .ms_entries = engine.ms_entries};
  return 0;
}

SHIM_API int mdb_cmp(MDB_txn *txn, MDB_dbi dbi, const MDB_val *a, const MDB_val *b) {
  const MDBX_val left = to_engine(a), right = to_engine(b);
  return mdbx_cmp(txn->engine, dbi, &left, &right);
}

SHIM_API int mdb_dcmp(MDB_txn *txn, MDB_dbi dbi, const MDB_val *a, const MDB_val *b) {
  const MDBX_val left = to_engine(a), right = to_engine(b);
  return mdbx_dcmp(txn->engine, dbi, &left, &right);
}

/* ---------------------------------------------------------------------------------------------------------- emptying */

SHIM_API int mdb_drop(MDB_txn *txn, MDB_dbi dbi, int del) {
  if (!txn || (unsigned)del > 1 || dbi == DBI_FREE || !txn->engine || !table_of(txn, dbi))
    return EINVAL;
  int rc = txn_writable(txn);
  if (rc != MDBX_SUCCESS)
    return shim_rc(rc);
  const bool removes = del && dbi >= DBI_NAMED;
  unsigned given;
  table_forget_flags(txn);
  rc = table_flags(txn, dbi, &given);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_drop(txn->engine, dbi, removes);
  if (rc == MDBX_SUCCESS && removes)
    close_table(txn->env, dbi);
  else if (rc == MDBX_SUCCESS)
    rc = note_given(txn, dbi, given);
  if (rc == MDBX_SUCCESS && !removes)
    cursors_emptied(txn, dbi);
  return shim_rc(rc);
}
