/* SPDX-License-Identifier: Apache-2.0 */
#include "reference.h"

#include <stdlib.h>
#include <string.h>

/* In a debug build all that the engine can verify of itself. */
__attribute__((constructor)) static void verify_all(void) {
  mdbx_setup_debug(MDBX_LOG_DONTCHANGE, MDBX_DBG_ASSERT | MDBX_DBG_AUDIT, MDBX_LOGGER_DONTCHANGE);
}

void ref_init(struct ref_table *table, MDBX_cmp_func compare) {
  memset(table, 0, sizeof(*table));
  table->compare = compare;
}

void ref_clear(struct ref_table *table) {
  for (size_t i = 0; i < table->count; ++i) {
    free(table->items[i].key);
    free(table->items[i].value);
  }
  free(table->items);
  table->items = NULL;
  table->count = table->capacity = 0;
}

static uint8_t *copy_bytes(const void *bytes, size_t length) {
  uint8_t *copy = malloc(length + 1);
  if (length)
    memcpy(copy, bytes, length);
  return copy;
}

static void make_room(struct ref_table *table) {
  if (table->count < table->capacity)
    return;
  table->capacity = table->capacity ? table->capacity * 2 : 64;
  table->items = realloc(table->items, table->capacity * sizeof(*table->items));
}

void ref_copy(struct ref_table *to, const struct ref_table *from) {
  ref_clear(to);
  to->compare = from->compare;
  for (size_t i = 0; i < from->count; ++i) {
    make_room(to);
    const struct ref_item *item = &from->items[i];
    to->items[to->count++] =
        (struct ref_item){copy_bytes(item->key, item->key_length), copy_bytes(item->value, item->value_length),
                          item->key_length, item->value_length};
  }
}

size_t ref_seek(const struct ref_table *table, const MDBX_val *key, int *exact) {
  size_t low = 0, high = table->count;
  *exact = 0;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    const MDBX_val at = {table->items[middle].key, table->items[middle].key_length};
    const int order = table->compare(&at, key);
    if (order == 0) {
      *exact = 1;
      return middle;
    }
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

void ref_put(struct ref_table *table, const MDBX_val *key, const MDBX_val *value) {
  int exact;
  const size_t at = ref_seek(table, key, &exact);
  if (exact) {
    free(table->items[at].value);
  } else {
    make_room(table);
    memmove(table->items + at + 1, table->items + at, (table->count - at) * sizeof(*table->items));
    table->items[at].key = copy_bytes(key->iov_base, key->iov_len);
    table->items[at].key_length = key->iov_len;
    table->count += 1;
  }
  table->items[at].value = copy_bytes(value->iov_base, value->iov_len);
  table->items[at].value_length = value->iov_len;
}

int ref_delete(struct ref_table *table, const MDBX_val *key) {
  int exact;
  const size_t at = ref_seek(table, key, &exact);
  if (!exact)
    return 0;
  free(table->items[at].key);
  free(table->items[at].value);
  table->count -= 1;
  memmove(table->items + at, table->items + at + 1, (table->count - at) * sizeof(*table->items));
  return 1;
}
