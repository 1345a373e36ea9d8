/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/model/reference.h: what a table should hold: a sorted array, too simple to be wrong.
 */
#ifndef TESTS_MODEL_REFERENCE_H
#define TESTS_MODEL_REFERENCE_H

#include <mdbx.h>

struct ref_item {
  uint8_t *key, *value;
  size_t key_length, value_length;
};

struct ref_table {
  struct ref_item *items;
  size_t count, capacity;
  MDBX_cmp_func compare;
};

void ref_init(struct ref_table *table, MDBX_cmp_func compare);
void ref_clear(struct ref_table *table);
void ref_copy(struct ref_table *to, const struct ref_table *from);
/* Index of the first item not less than the key; *exact tells whether it equals it. */
size_t ref_seek(const struct ref_table *table, const MDBX_val *key, int *exact);
void ref_put(struct ref_table *table, const MDBX_val *key, const MDBX_val *value);
/* 1 if the key was there. */
int ref_delete(struct ref_table *table, const MDBX_val *key);

#endif
