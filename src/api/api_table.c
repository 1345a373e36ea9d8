/* SPDX-License-Identifier: Apache-2.0 */
/* Tables. */
#include "api/api.h"

#include "base/log.h"
#include "txn/table.h"
#include "txn/table_walk.h"
#include "txn/txn_write.h"

#define OPEN_FLAGS_KNOWN \
  ((unsigned)(MDBX_REVERSEKEY | MDBX_DUPSORT | MDBX_INTEGERKEY | MDBX_DUPFIXED | MDBX_INTEGERDUP | MDBX_REVERSEDUP | \
              MDBX_CREATE | MDBX_DB_ACCEDE))

static int check_open_flags(const MDBX_txn *txn, unsigned flags) {
  if (flags & ~OPEN_FLAGS_KNOWN)
    return MDBX_EINVAL;
  if ((flags & MDBX_REVERSEKEY) && (flags & MDBX_INTEGERKEY))
    return MDBX_EINVAL;
  if ((flags & (MDBX_DUPFIXED | MDBX_INTEGERDUP | MDBX_REVERSEDUP)) && !(flags & MDBX_DUPSORT))
    return MDBX_EINVAL;
  if ((flags & MDBX_INTEGERDUP) && !(flags & MDBX_DUPFIXED))
    return MDBX_EINVAL;
  if ((flags & MDBX_CREATE) && txn_is_readonly(txn))
    return MDBX_EACCESS;
  return MDBX_SUCCESS;
}

/* The constants for the main table and for table 0 are valid names; that for the meta pages is not. */
static bool name_is_valid(const MDBX_val *name) {
  if (!name || name->iov_base == MDBX_CHK_MAIN)
    return !name || !name->iov_len;
  return name->iov_base != MDBX_CHK_META;
}

static int open_table(MDBX_txn *txn, const MDBX_val *name, MDBX_db_flags_t flags, MDBX_dbi *dbi,
                      const struct table_orders *orders) {
  if (dbi)
    *dbi = 0;
  int rc = txn_check(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!dbi || !name_is_valid(name))
    return MDBX_EINVAL;
  rc = check_open_flags(txn, flags);
  if (rc == MDBX_SUCCESS && !txn_is_reader(txn))
    rc = txn_make_room(txn, NULL, false);
  if (rc != MDBX_SUCCESS)
    return rc;
  MDBX_dbi opened = 0;
  rc = table_open(txn, name, flags, orders, &opened);
  if (rc == MDBX_SUCCESS)
    *dbi = opened;
  return txn_is_reader(txn) || rc == MDBX_DBS_FULL ? rc : txn_mark(txn, rc);
}

/* The built-in comparator for the flags does not count as the user's; a comparator for values is ignored if the table
 * has one value per key. */
int mdbx_dbi_open_ex2(MDBX_txn *txn, const MDBX_val *name, MDBX_db_flags_t flags, MDBX_dbi *dbi, MDBX_cmp_func keycmp,
                      MDBX_cmp_func datacmp) {
  struct table_orders orders = {.older = NULL};
  if (keycmp != mdbx_get_keycmp(flags))
    orders.key.plain = keycmp;
  if ((flags & MDBX_DUPSORT) && datacmp != mdbx_get_datacmp(flags))
    orders.value.plain = datacmp;
  return open_table(txn, name, flags, dbi, &orders);
}

int mdbx_dbi_open_ctx(MDBX_txn *txn, const MDBX_val *name, MDBX_db_flags_t flags, MDBX_dbi *dbi,
                      MDBX_cmp_ctx_func keycmp, MDBX_cmp_ctx_func datacmp, void *ctx) {
  struct table_orders orders = {.key = {.with_context = keycmp, .context = keycmp ? ctx : NULL}};
  if (flags & MDBX_DUPSORT)
    orders.value = (struct user_order){.with_context = datacmp, .context = datacmp ? ctx : NULL};
  return open_table(txn, name, flags, dbi, &orders);
}

int mdbx_dbi_set_order_ctx(MDBX_txn *txn, MDBX_dbi dbi, MDBX_cmp_ctx_func keycmp, MDBX_cmp_ctx_func datacmp,
                           void *ctx) {
  const struct table_orders orders = {
      .key = {.with_context = keycmp, .context = keycmp ? ctx : NULL},
      .value = {.with_context = datacmp, .context = datacmp ? ctx : NULL},
  };
  int rc = txn_check(txn);
  if (rc == MDBX_SUCCESS && dbi == DBI_GC)
    rc = MDBX_BAD_DBI;
  if (rc != MDBX_SUCCESS)
    return rc;
  return table_set_orders(txn, dbi, &orders);
}

static const MDBX_val *name_value(const char *name, MDBX_val *value) {
  if (!name)
    return NULL;
  const bool mark = (const void *)name == MDBX_CHK_GC || (const void *)name == MDBX_CHK_META;
  *value = val_of(name, mark ? 0 : strlen(name));
  return value;
}

int mdbx_dbi_open_ex(MDBX_txn *txn, const char *name, MDBX_db_flags_t flags, MDBX_dbi *dbi, MDBX_cmp_func keycmp,
                     MDBX_cmp_func datacmp) {
  MDBX_val value;
  return mdbx_dbi_open_ex2(txn, name_value(name, &value), flags, dbi, keycmp, datacmp);
}

int mdbx_dbi_open(MDBX_txn *txn, const char *name, MDBX_db_flags_t flags, MDBX_dbi *dbi) {
  return mdbx_dbi_open_ex(txn, name, flags, dbi, NULL, NULL);
}

int mdbx_dbi_open2(MDBX_txn *txn, const MDBX_val *name, MDBX_db_flags_t flags, MDBX_dbi *dbi) {
  return mdbx_dbi_open_ex2(txn, name, flags, dbi, NULL, NULL);
}

int mdbx_dbi_rename2(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *name) {
  int rc = txn_check_write(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!name || name->iov_base == MDBX_CHK_MAIN || name->iov_base == MDBX_CHK_GC || name->iov_base == MDBX_CHK_META)
    return MDBX_EINVAL;
  if (dbi < CORE_TABLES)
    return dbi == DBI_GC ? MDBX_BAD_DBI : MDBX_EINVAL;
  struct tree *tree;
  rc = txn_tree(txn, dbi, &tree);
  if (rc == MDBX_SUCCESS)
    rc = txn_make_room(txn, NULL, false);
  return rc == MDBX_SUCCESS ? txn_mark(txn, table_rename(txn, dbi, name)) : rc;
}

int mdbx_dbi_rename(MDBX_txn *txn, MDBX_dbi dbi, const char *name) {
  MDBX_val value;
  return mdbx_dbi_rename2(txn, dbi, name_value(name, &value));
}

int mdbx_dbi_close(MDBX_env *env, MDBX_dbi dbi) {
  const int rc = env_check_open(env);
  return rc == MDBX_SUCCESS ? table_close(env, dbi) : rc;
}

int mdbx_drop(MDBX_txn *txn, MDBX_dbi dbi, bool del) {
  struct tree *tree;
  int rc = txn_check_write(txn);
  if (rc == MDBX_SUCCESS)
    rc = dbi == DBI_GC ? MDBX_EACCESS : txn_tree(txn, dbi, &tree);
  if (rc == MDBX_SUCCESS)
    rc = txn_make_room(txn, tree, true);
  return rc == MDBX_SUCCESS ? txn_mark(txn, table_drop(txn, dbi, del)) : rc;
}

static MDBX_stat stat_of_record(const MDBX_txn *txn, const struct table_record *record) {
  return (MDBX_stat){.ms_psize = (uint32_t)txn->view->page_size,
                     .ms_depth = record->depth,
                     .ms_branch_pages = record->branch_pages,
                     .ms_leaf_pages = record->leaf_pages,
                     .ms_overflow_pages = record->large_pages,
                     .ms_entries = record->items,
                     .ms_mod_txnid = record->mod_txnid};
}

int mdbx_dbi_stat(const MDBX_txn *txn, MDBX_dbi dbi, MDBX_stat *stat, size_t bytes) {
  struct tree *tree;
  const int rc = api_tree(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!stat || bytes != sizeof(*stat))
    return MDBX_EINVAL;
  *stat = stat_of_record(txn, &tree->record);
  return MDBX_SUCCESS;
}

int mdbx_dbi_flags_ex(const MDBX_txn *txn, MDBX_dbi dbi, unsigned *flags, unsigned *state) {
  const int rc = txn_check_for_info(txn, MDBX_TXN_ERROR);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!flags || !state)
    return MDBX_EINVAL;
  return table_state((MDBX_txn *)(uintptr_t)txn, dbi, flags, state);
}

int mdbx_dbi_sequence(MDBX_txn *txn, MDBX_dbi dbi, uint64_t *result, uint64_t increment) {
  struct tree *tree;
  int rc = api_tree(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (increment && (txn_is_readonly(txn) || dbi == DBI_GC))
    return MDBX_EACCESS;
  const uint64_t before = tree->record.sequence;
  if (result)
    *result = before;
  if (!increment)
    return MDBX_SUCCESS;
  if (before + increment < before)
    return MDBX_RESULT_TRUE;
  return txn_set_sequence(txn, tree, before + increment);
}

int mdbx_dbi_dupsort_depthmask(const MDBX_txn *txn, MDBX_dbi dbi, uint32_t *mask) {
  struct tree *tree;
  const int rc = api_tree(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!mask)
    return MDBX_EINVAL;
  *mask = 0;
  if (!tree_is_multi(tree))
    return MDBX_RESULT_TRUE;
  return table_nested_depths(txn, tree, mask);
}

/* ----------------------------------------------------------------------------------------------------- enumeration */

/* Passes each table to the callback of the user. */
struct enumeration {
  const MDBX_txn *txn;
  MDBX_table_enum_func func;
  void *context;
};

static int tell_table(void *context, const MDBX_val *name, const struct table_record *record, MDBX_dbi dbi) {
  const struct enumeration *enumeration = context;
  const MDBX_stat stat = stat_of_record(enumeration->txn, record);
  return enumeration->func(enumeration->context, enumeration->txn, name,
                           (MDBX_db_flags_t)(record->flags & TABLE_FLAGS_PUBLIC), &stat, dbi);
}

int mdbx_enumerate_tables(const MDBX_txn *txn, MDBX_table_enum_func func, void *ctx) {
  const int rc = txn_check(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  struct enumeration enumeration = {txn, func, ctx};
  return func ? tables_enumerate(txn, tell_table, &enumeration) : MDBX_EINVAL;
}

/* ------------------------------------------------------------------------------------------------------ comparators */

/* An empty item may have no address. */
static int compare_items(const struct key_rules *rules, const MDBX_val *a, const MDBX_val *b) {
  return key_compare_raw(rules, a->iov_len ? a->iov_base : "", a->iov_len, b->iov_len ? b->iov_base : "", b->iov_len);
}

int mdbx_cmp(const MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *a, const MDBX_val *b) {
  struct tree *tree;
  if (api_tree(txn, dbi, &tree) != MDBX_SUCCESS)
    return 0;
  return compare_items(&tree->rules, a, b);
}

int mdbx_dcmp(const MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *a, const MDBX_val *b) {
  struct tree *tree;
  if (api_tree(txn, dbi, &tree) != MDBX_SUCCESS)
    return 0;
  if (!tree_is_multi(tree))
    return compare_user_length(a, b);
  return compare_items(&tree->values, a, b);
}

MDBX_cmp_func mdbx_get_keycmp(MDBX_db_flags_t flags) {
  if (flags & MDBX_INTEGERKEY)
    return compare_user_integer;
  return flags & MDBX_REVERSEKEY ? compare_user_reverse : compare_user_bytes;
}

MDBX_cmp_func mdbx_get_datacmp(MDBX_db_flags_t flags) {
  if (!(flags & MDBX_DUPSORT))
    return compare_user_length;
  if (flags & MDBX_INTEGERDUP)
    return compare_user_integer;
  return flags & MDBX_REVERSEDUP ? compare_user_reverse : compare_user_bytes;
}
