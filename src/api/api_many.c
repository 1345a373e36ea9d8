/* SPDX-License-Identifier: Apache-2.0 */
/* Many records with one call. */
#include "api/api.h"

#include "tree/admit.h"
#include "tree/find_many.h"

static const MDBX_val nothing = {NULL, 0};

/* A key that cannot be in the table is a result (not found); only a failure that affects every further lookup is an
 * error. */
static bool rc_ends(int rc) { return rc != MDBX_SUCCESS && rc != MDBX_NOTFOUND && rc != MDBX_BAD_VALSIZE; }

/* Reads the value of a lookup, if it found one. */
static int answer(const MDBX_txn *txn, const struct tree *tree, const struct lookup *lookup, MDBX_val *value,
                  int *code) {
  *value = nothing;
  *code = lookup->rc == MDBX_SUCCESS ? tree_value(txn->view, tree, &lookup->item, value) : lookup->rc;
  return rc_ends(*code) ? *code : MDBX_SUCCESS;
}

static int get_group(const MDBX_txn *txn, struct tree *tree, const MDBX_val *keys, MDBX_val *values, int *codes,
                     unsigned count) {
  struct lookup lookups[FIND_GROUP];
  for (unsigned i = 0; i < count; ++i) {
    lookups[i].rc = admit_search_key(txn->view, tree, &keys[i], &lookups[i].key);
    if (rc_ends(lookups[i].rc))
      return lookups[i].rc;
  }
  int rc = tree_find_many(txn->view, tree, lookups, count);
  for (unsigned i = 0; i < count && rc == MDBX_SUCCESS; ++i)
    rc = answer(txn, tree, &lookups[i], &values[i], &codes[i]);
  return rc;
}

int mdbx_get_many(const MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *keys, MDBX_val *values, int *codes, size_t count) {
  struct tree *tree;
  int rc = api_tree(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (count && (!keys || !values || !codes))
    return MDBX_EINVAL;
  /* Reversed keys are prepared in the scratch memory of the tree, which has room for only one. */
  const size_t group = tree->rules.order == ORDER_REVERSE ? 1 : FIND_GROUP;
  for (size_t i = 0; i < count && rc == MDBX_SUCCESS; i += group)
    rc = get_group(txn, tree, keys + i, values + i, codes + i, (unsigned)MIN_OF(count - i, group));
  return rc;
}

int mdbx_put_many(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *keys, MDBX_val *values, size_t count,
                  MDBX_put_flags_t flags, size_t *done) {
  struct tree *tree;
  if (done)
    *done = 0;
  int rc = api_tree_for_write(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  /* The space reserved for one record may move when the next one is stored. */
  if ((count && (!keys || !values)) || (flags & (MDBX_MULTIPLE | MDBX_RESERVE)))
    return MDBX_EINVAL;
  for (size_t i = 0; i < count; ++i) {
    rc = mdbx_put(txn, dbi, &keys[i], &values[i], flags);
    if (rc != MDBX_SUCCESS)
      return rc;
    if (done)
      *done = i + 1;
  }
  return MDBX_SUCCESS;
}
