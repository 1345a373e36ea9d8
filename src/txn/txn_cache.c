/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lookups that remember where the value is.
 *
 * An entry says: in every snapshot from `trunk` to `confirmed` the key has the value at `offset` (0: it is absent). Why
 * that is true:
 *
 *  1. A leaf page never changes. If the key was found in a leaf born in B at snapshot S, that leaf was in the tree in
 *     all snapshots B..S (a page that left a tree never comes back as the same version), so the key had that value in
 *     all of them: trunk = B. A large value and a nested tree are referred to by the leaf, so they are the same as
 *     well.
 *  2. If the key is absent, this is true for all snapshots in which the table has the same content: trunk = the
 *     transaction that changed the table last.
 *  3. If a table was not changed after `confirmed` and before S, what held at `confirmed` holds at S. It was changed
 *     last in a transaction not below `trunk`, or the database was turned back to an older commit meanwhile.
 *
 * An entry serves one key of one table, so a trunk identifies its content: at most one leaf born in B has the key. So a
 * shared entry was read consistently if its trunk is the same before and after; while it is written, the trunk is
 * TRUNK_BUSY.
 */
#include "txn/txn_cache.h"

#include "base/assert.h"
#include "tree/admit.h"

#define TRUNK_NONE UINT64_C(0)
#define TRUNK_BUSY UINT64_MAX

typedef MDBX_cache_entry_t entry_t;

struct lookup {
  const MDBX_txn *txn;
  struct tree *tree;
  const MDBX_val *key;
  txnid_t snapshot; /* the commit the answer is of */
  bool uncommitted; /* the table was changed in this transaction */
  int rc;           /* MDBX_SUCCESS, MDBX_NOTFOUND, or an error */
  MDBX_val value;
  entry_t found; /* what an entry would say */
  bool own_page; /* the leaf is of this transaction */
};

/* ------------------------------------------------------------------------------------------------------- the entry */

/* False while another thread writes it. */
static bool entry_read(const volatile entry_t *entry, entry_t *copy) {
  copy->trunk_txnid = __atomic_load_n(&entry->trunk_txnid, __ATOMIC_ACQUIRE);
  copy->last_confirmed_txnid = __atomic_load_n(&entry->last_confirmed_txnid, __ATOMIC_RELAXED);
  copy->offset = __atomic_load_n(&entry->offset, __ATOMIC_RELAXED);
  copy->length = __atomic_load_n(&entry->length, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  return copy->trunk_txnid != TRUNK_BUSY && __atomic_load_n(&entry->trunk_txnid, __ATOMIC_RELAXED) == copy->trunk_txnid;
}

/* Changes the content from `before` to `after`; false if the content is not `before`. */
static bool entry_write(volatile entry_t *entry, const entry_t *before, const entry_t *after) {
  uint64_t trunk = before->trunk_txnid;
  if (!__atomic_compare_exchange_n(&entry->trunk_txnid, &trunk, TRUNK_BUSY, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
    return false;
  __atomic_thread_fence(__ATOMIC_RELEASE);
  uint64_t confirmed = after->last_confirmed_txnid;
  if (after->trunk_txnid == before->trunk_txnid)
    confirmed = MAX_OF(confirmed, __atomic_load_n(&entry->last_confirmed_txnid, __ATOMIC_RELAXED));
  __atomic_store_n(&entry->last_confirmed_txnid, confirmed, __ATOMIC_RELAXED);
  __atomic_store_n(&entry->offset, after->offset, __ATOMIC_RELAXED);
  __atomic_store_n(&entry->length, after->length, __ATOMIC_RELAXED);
  __atomic_store_n(&entry->trunk_txnid, after->trunk_txnid, __ATOMIC_RELEASE);
  return true;
}

static bool entry_read_alone(const volatile entry_t *entry, entry_t *copy) {
  const entry_t *plain = (const entry_t *)(uintptr_t)entry;
  *copy = *plain;
  return true;
}

static bool entry_write_alone(volatile entry_t *entry, const entry_t *before, const entry_t *after) {
  (void)before;
  *(entry_t *)(uintptr_t)entry = *after;
  return true;
}

/* How an entry is read and written. */
struct access {
  bool (*read)(const volatile entry_t *entry, entry_t *copy);
  bool (*write)(volatile entry_t *entry, const entry_t *before, const entry_t *after);
};

static const struct access shared = {entry_read, entry_write};
static const struct access alone = {entry_read_alone, entry_write_alone};

/* -------------------------------------------------------------------------------------------------------- the lookup */

/* The file offset of bytes of a snapshot; 0 for bytes of a buffer. */
static size_t offset_of(const struct snapshot *view, const void *bytes) {
  const uintptr_t base = (uintptr_t)view->base, at = (uintptr_t)bytes;
  return at > base && at - base <= (size_t)view->limit << view->shift ? at - base : 0;
}

static int find(struct lookup *lookup) {
  const struct snapshot *view = lookup->txn->view;
  struct seek_key prepared;
  struct leaf_item item;
  struct path path;
  bool exact;
  int rc = admit_search_key(lookup->txn->view, lookup->tree, lookup->key, &prepared);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (tree_is_empty(lookup->tree))
    return MDBX_NOTFOUND;
  rc = tree_seek(view, lookup->tree, &prepared, &path, &exact);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!exact)
    return MDBX_NOTFOUND;
  const txnid_t birth = path_leaf(&path)->page->txnid;
  path_item(&path, &item);
  rc = tree_value(view, lookup->tree, &item, &lookup->value);
  lookup->own_page = birth > lookup->snapshot;
  lookup->found.trunk_txnid = birth;
  lookup->found.offset = offset_of(view, lookup->value.iov_base);
  lookup->found.length = (uint32_t)lookup->value.iov_len;
  return rc;
}

/* A key that is too long is in no table. */
static bool is_possible(const struct lookup *lookup) {
  return lookup->key->iov_len <= limit_key(lookup->txn->view->page_size, lookup->tree->record.flags);
}

static void look_up(struct lookup *lookup) {
  const txnid_t changed = lookup->tree->record.mod_txnid;
  lookup->found = (entry_t){.trunk_txnid = MAX_OF(changed, 1), .last_confirmed_txnid = lookup->snapshot};
  lookup->own_page = lookup->uncommitted;
  lookup->rc = find(lookup);
}

/* The result by a valid entry. False if it points outside of the snapshot: then the entry is not ours. */
static bool use_entry(struct lookup *lookup, const entry_t *entry) {
  const struct snapshot *view = lookup->txn->view;
  const size_t end = (size_t)view->present << view->shift;
  if (entry->offset > end || entry->length > end - entry->offset)
    return false;
  lookup->rc = entry->offset ? MDBX_SUCCESS : MDBX_NOTFOUND;
  lookup->value = val_of(view->base + entry->offset, entry->length);
  return true;
}

static bool holds_by_table(const struct lookup *lookup, const entry_t *entry) {
  const txnid_t changed = lookup->tree->record.mod_txnid;
  return entry->trunk_txnid != TRUNK_NONE && entry->trunk_txnid <= changed && changed <= entry->last_confirmed_txnid;
}

/* Without the entry: the data are uncommitted, or the snapshot is older than the entry. */
static MDBX_cache_status_t look_up_beside(struct lookup *lookup, MDBX_cache_status_t status) {
  look_up(lookup);
  if (status == MDBX_CACHE_DIRTY && !lookup->own_page)
    return MDBX_CACHE_UNABLE;
  return status;
}

static MDBX_cache_status_t renew_entry(struct lookup *lookup, volatile entry_t *entry, const entry_t *before,
                                       const struct access *access) {
  look_up(lookup);
  if (lookup->rc != MDBX_SUCCESS && lookup->rc != MDBX_NOTFOUND)
    return MDBX_CACHE_ERROR;
  if (lookup->rc == MDBX_SUCCESS ? !lookup->found.offset : !is_possible(lookup))
    return MDBX_CACHE_UNABLE;
  const bool same = before->trunk_txnid == lookup->found.trunk_txnid && before->offset == lookup->found.offset;
  if (!access->write(entry, before, &lookup->found))
    return MDBX_CACHE_RACE;
  return same ? MDBX_CACHE_CONFIRMED : MDBX_CACHE_REFRESHED;
}

static MDBX_cache_status_t look_up_by(struct lookup *lookup, volatile entry_t *entry, const struct access *access) {
  entry_t before;
  if (lookup->uncommitted)
    return look_up_beside(lookup, MDBX_CACHE_DIRTY);
  if (!access->read(entry, &before))
    return look_up_beside(lookup, MDBX_CACHE_RACE);
  if (lookup->snapshot < before.trunk_txnid)
    return look_up_beside(lookup, MDBX_CACHE_BEHIND);
  if (lookup->txn->view->always_check) /* whoever wants that pays for it */
    return renew_entry(lookup, entry, &before, access);
  if (lookup->snapshot <= before.last_confirmed_txnid && use_entry(lookup, &before))
    return MDBX_CACHE_HIT;
  if (!holds_by_table(lookup, &before) || !use_entry(lookup, &before))
    return renew_entry(lookup, entry, &before, access);
  entry_t after = before;
  after.last_confirmed_txnid = lookup->snapshot;
  return access->write(entry, &before, &after) ? MDBX_CACHE_CONFIRMED : MDBX_CACHE_RACE;
}

MDBX_cache_result_t txn_cache_get(const MDBX_txn *txn, struct tree *tree, const MDBX_val *key, MDBX_val *data,
                                  volatile MDBX_cache_entry_t *entry, bool for_threads) {
  ASSERT(tree && entry);
  struct lookup lookup = {.txn = txn, .tree = tree, .key = key};
  lookup.snapshot = txn_is_reader(txn) ? txn->snapshot.txnid : txn->root->base_txnid;
  lookup.uncommitted = tree->changed || tree->record.mod_txnid > lookup.snapshot;
  const MDBX_cache_status_t status = look_up_by(&lookup, entry, for_threads ? &shared : &alone);
  if (lookup.rc == MDBX_SUCCESS)
    *data = lookup.value;
  return (MDBX_cache_result_t){(MDBX_error_t)lookup.rc,
                               lookup.rc == MDBX_SUCCESS || lookup.rc == MDBX_NOTFOUND ? status : MDBX_CACHE_ERROR};
}
