/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/tree.h"

#include "base/assert.h"
#include "base/log.h"

#include <stdlib.h>

/* The rules for a kind of order; for the user's order the comparator is set later. */
static struct key_rules rules_of(enum key_order order) {
  struct key_rules rules = {.order = order};
  if (order == ORDER_USER) {
    rules.user.plain = compare_user_bytes;
    rules.unknown = true;
  }
  return rules;
}

static void set_rules(struct tree *tree) {
  const unsigned flags = tree->record.flags;
  tree->rules = rules_of(order_of_flags(flags));
  tree->values = rules_of(value_order_of_flags(flags));
  tree->branch_flags = tree->leaf_flags = flags & TABLE_USER_ORDER ? P_NOKEYHEADS : 0;
}

static void use_order(struct key_rules *rules, const struct user_order *order) {
  if (rules->order == ORDER_USER && user_order_given(order)) {
    rules->user = *order;
    rules->unknown = false;
  }
}

void tree_use_orders(struct tree *tree, const struct user_order *key, const struct user_order *value) {
  use_order(&tree->rules, key);
  use_order(&tree->values, value);
}

void tree_init(struct tree *tree, unsigned table_flags) {
  memset(tree, 0, sizeof(*tree));
  tree->record.flags = (uint8_t)table_flags;
  tree->record.root = PGNO_NONE;
  set_rules(tree);
}

static bool flags_are_sane(unsigned flags) {
  if ((flags & TABLE_REVERSEKEY) && (flags & TABLE_INTEGERKEY))
    return false;
  if ((flags & (TABLE_DUPFIXED | TABLE_INTEGERDUP | TABLE_REVERSEDUP | TABLE_USER_DUPORDER)) &&
      !(flags & TABLE_DUPSORT))
    return false;
  return !(flags & TABLE_INTEGERDUP) || (flags & TABLE_DUPFIXED);
}

static bool root_is_sane(const struct table_record *record, pgno_t limit) {
  if (record->root == PGNO_NONE)
    return record->depth == 0 && record->items == 0 && record->root_birth == 0;
  return record->root >= PGNO_FIRST && record->root < limit && record->depth > 0 && record->depth <= TREE_DEPTH_MAX;
}

static int check_features(const struct table_record *record, const char *name) {
  const unsigned unknown = record->features & ~TABLE_FEATURES_KNOWN;
  if (likely(!unknown))
    return MDBX_SUCCESS;
  return log_damage(MDBX_INCOMPATIBLE, "table %s: it has optional features that this library does not know: 0x%x%s%s",
                    name, unknown, unknown & TABLE_COUNTED ? ", counted" : "",
                    unknown & TABLE_DIGEST ? ", digest" : "");
}

int tree_read_record(const struct snapshot *snapshot, const struct leaf_item *item, struct table_record *record,
                     const char *name) {
  const bool complete = item->data_length >= sizeof(*record);
  if (complete)
    memcpy(record, item->data, sizeof(*record));
  if (snapshot_is_lost(snapshot))
    return MDBX_BAD_TXN;
  const int rc = complete ? check_features(record, name) : MDBX_SUCCESS; /* which may make it longer */
  if (rc == MDBX_SUCCESS && item->data_length != sizeof(*record))
    return log_damage(MDBX_CORRUPTED, "table %s: its record has %u bytes", name, item->data_length);
  return rc;
}

int tree_load(struct tree *tree, const struct table_record *record, pgno_t limit, const char *name) {
  const int rc = check_features(record, name);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!flags_are_sane(record->flags))
    return log_damage(MDBX_CORRUPTED, "table %s: record has the flags 0x%x", name, record->flags);
  if (!root_is_sane(record, limit))
    return log_damage(MDBX_CORRUPTED, "table %s: record has root %u, depth %u, %llu items", name, record->root,
                      record->depth, (unsigned long long)record->items);
  memset(tree, 0, sizeof(*tree));
  tree->record = *record;
  set_rules(tree);
  return MDBX_SUCCESS;
}

void tree_release(struct tree *tree) {
  free(tree->scratch);
  free(tree->value_scratch);
  tree->scratch = tree->value_scratch = NULL;
}

/* Longer than any stored key. A key to search may be longer; bytes beyond this length decide nothing, because all
 * stored keys are shorter. */
#define SOUGHT_MAX (PAGE_SIZE_MAX / 2)

static int prepare(enum key_order order, uint8_t **scratch, const MDBX_val *bytes, struct seek_key *prepared) {
  ASSERT(order != ORDER_REVERSE || scratch);
  const uint8_t *raw = bytes->iov_len ? bytes->iov_base : (const uint8_t *)"";
  size_t length = bytes->iov_len;
  if (order == ORDER_REVERSE) {
    if (!*scratch)
      *scratch = malloc(SOUGHT_MAX);
    if (!*scratch)
      return MDBX_ENOMEM;
    if (length > SOUGHT_MAX) {
      raw += length - SOUGHT_MAX;
      length = SOUGHT_MAX;
    }
  }
  key_prepare(prepared, order, raw, length, *scratch);
  return MDBX_SUCCESS;
}

int tree_prepare_other_key(struct tree *tree, const MDBX_val *key, struct seek_key *prepared) {
  return prepare(tree->rules.order, &tree->scratch, key, prepared);
}

int tree_prepare_value(struct tree *tree, const MDBX_val *value, struct seek_key *prepared) {
  return prepare(tree->values.order, &tree->value_scratch, value, prepared);
}
