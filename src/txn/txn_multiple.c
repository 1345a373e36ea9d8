/* SPDX-License-Identifier: Apache-2.0 */
#include "txn/txn_multiple.h"

#include "base/assert.h"
#include "tree/admit.h"
#include "tree/dup.h"
#include "txn/txn_write.h"

#include <stdlib.h>

struct elements {
  MDBX_val first; /* the others follow it */
  size_t count;
  size_t *written;
  unsigned first_flags, flags;
};

static int key_exists(const struct txn_change *change, const MDBX_val *key, bool *exists) {
  struct seek_key prepared;
  struct leaf_item item;
  int rc = admit_key(change->txn->view, change->tree, key, &prepared);
  if (rc == MDBX_SUCCESS)
    rc = tree_find(change->txn->view, change->tree, &prepared, &item);
  *exists = rc == MDBX_SUCCESS;
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

static uint8_t *element(const struct elements *elements, size_t i) {
  return (uint8_t *)elements->first.iov_base + i * elements->first.iov_len;
}

static int put_one(const struct txn_change *change, const struct seek_key *key, const struct elements *elements,
                   size_t i) {
  MDBX_val value = {element(elements, i), elements->first.iov_len};
  return txn_put_prepared(change, key, &value, i ? elements->flags : elements->flags | elements->first_flags);
}

/* Puts the elements that fit one leaf together, except the last element, which put_one() puts, so that the cursor gets
 * its position. */
static int put_run(const struct txn_change *change, const struct seek_key *key, const struct elements *elements,
                   size_t from, size_t *put) {
  ASSERT(from + 1 < elements->count);
  const struct dup_array array = {element(elements, from), elements->first.iov_len, elements->count - from - 1};
  struct path path;
  const struct change node = {.space = &change->txn->root->space, .tree = change->tree, .path = &path, .key = key};
  *put = 0;
  int rc = txn_change_begin(change, false);
  if (rc == MDBX_SUCCESS)
    rc = dup_put_run(&node, &array, elements->flags, put);
  return txn_mark(change->txn, rc);
}

enum { RUN_LEAST = 8 }; /* number of elements for which a run is worthwhile */

static int put_elements(const struct txn_change *change, const MDBX_val *key, const struct elements *elements) {
  struct seek_key prepared;
  size_t next_try = 1;
  int rc = admit_key(change->txn->view, change->tree, key, &prepared);
  for (size_t i = 0; i < elements->count && rc == MDBX_SUCCESS;) {
    size_t put = 0;
    if (i >= next_try && elements->count - i > RUN_LEAST && elements->first.iov_len) {
      rc = put_run(change, &prepared, elements, i, &put);
      next_try = i + put + (put ? 1 : RUN_LEAST);
    }
    if (rc == MDBX_SUCCESS && !put) {
      rc = put_one(change, &prepared, elements, i);
      put = rc == MDBX_SUCCESS;
    }
    *elements->written += put;
    i += put;
  }
  return rc;
}

/* Key and elements may lie in the database, where each put may move them, so the function works on copies. */
static int put_copied(const struct txn_change *change, const MDBX_val *given, const struct elements *elements) {
  const MDBX_val *first = &elements->first;
  if (first->iov_len && elements->count > (SIZE_MAX / 2 - given->iov_len) / first->iov_len)
    return MDBX_EINVAL;
  const size_t bytes = elements->count * first->iov_len;
  uint8_t *memory = malloc(given->iov_len + bytes + 1);
  if (!memory)
    return MDBX_ENOMEM;
  const MDBX_val key = {memory, given->iov_len};
  struct elements copies = *elements;
  copies.first.iov_base = memory + given->iov_len;
  if (key.iov_len)
    memcpy(key.iov_base, given->iov_base, key.iov_len);
  if (bytes)
    memcpy(copies.first.iov_base, first->iov_base, bytes);
  const int rc = put_elements(change, &key, &copies);
  free(memory);
  return rc;
}

static int remove_key(const struct txn_change *change, const MDBX_val *key) {
  if (!change->cursor)
    return txn_delete(change, key, NULL);
  MDBX_val sought = *key;
  const int rc = cursor_get(&change->cursor->core, &sought, NULL, MDBX_SET);
  return rc == MDBX_SUCCESS ? txn_cursor_delete(change->cursor, true) : rc;
}

int txn_put_multiple(const struct txn_change *change, const MDBX_val *key, MDBX_val *data, unsigned flags) {
  ASSERT(tree_is_multi(change->tree));
  struct elements elements = {.first = data[0],
                              .count = data[1].iov_len,
                              .written = &data[1].iov_len,
                              .flags = flags & (MDBX_NODUPDATA | MDBX_APPEND | MDBX_APPENDDUP)};
  bool exists;
  data[1].iov_len = 0;
  const int rc = key_exists(change, key, &exists);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (exists ? flags & MDBX_NOOVERWRITE : flags & MDBX_CURRENT)
    return exists ? MDBX_KEYEXIST : MDBX_NOTFOUND;
  if (!elements.count)
    return flags & MDBX_CURRENT ? remove_key(change, key) : MDBX_SUCCESS;
  if (exists && (flags & (MDBX_CURRENT | MDBX_ALLDUPS)))
    elements.first_flags = MDBX_ALLDUPS;
  return put_copied(change, key, &elements);
}
