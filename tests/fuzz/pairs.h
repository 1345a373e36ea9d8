/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/pairs.h: what a table should hold: a sorted array of pairs, for tables with one value a key and with several.
 */
#ifndef MDBX_TESTS_FUZZ_PAIRS_H
#define MDBX_TESTS_FUZZ_PAIRS_H

#include "fuzz.h"

struct pair {
  size_t key_length, value_length;
  uint8_t *bytes; /* key, then value */
};

struct pairs {
  MDBX_cmp_func key_order, value_order;
  bool several;
  struct pair *items;
  size_t count, capacity;
};

void pairs_init(struct pairs *pairs, unsigned table_flags);
void pairs_clear(struct pairs *pairs);
void pairs_copy(struct pairs *to, const struct pairs *from);
MDBX_val pair_key(const struct pairs *pairs, size_t at);
MDBX_val pair_value(const struct pairs *pairs, size_t at);
/* First pair not less than (key, value); without a value, than the key. *exact tells whether it is equal. */
size_t pairs_seek(const struct pairs *pairs, const MDBX_val *key, const MDBX_val *value, bool *exact);
/* First pair whose key is greater. */
size_t pairs_behind(const struct pairs *pairs, const MDBX_val *key);
/* As mdbx_put() without flags. Gives where the pair is. */
size_t pairs_put(struct pairs *pairs, const MDBX_val *key, const MDBX_val *value);
/* At the end, wherever it belongs. */
void pairs_append(struct pairs *pairs, const MDBX_val *key, const MDBX_val *value);
/* Those from `from` on and before `to`. */
void pairs_remove(struct pairs *pairs, size_t from, size_t to);

/* Those that mdbx_cursor_bunch_delete() takes, with the cursor at `at`: from *from on and before *to. */
void pairs_bunch(const struct pairs *pairs, size_t at, MDBX_bunch_action_t action, size_t *from, size_t *to);

/* Whether the transaction finds these pairs, in this order. */
bool pairs_are_there(MDBX_txn *txn, MDBX_dbi dbi, const struct pairs *wanted);
/* Fails unless the transaction finds these pairs, in this order, and their number. */
void pairs_compare(MDBX_txn *txn, MDBX_dbi dbi, const struct pairs *wanted);

static inline bool val_equal(const MDBX_val *a, const MDBX_val *b) {
  return a->iov_len == b->iov_len && (!a->iov_len || __builtin_memcmp(a->iov_base, b->iov_base, a->iov_len) == 0);
}

#endif
