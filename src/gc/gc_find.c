/* SPDX-License-Identifier: Apache-2.0 */
#include "gc/gc_find.h"

#include "base/log.h"

#include <string.h>

void gc_key_prepare(const struct gc_key *key, uint8_t bytes[GC_KEY_SIZE], struct seek_key *prepared) {
  gc_key_encode(key, bytes);
  key_prepare(prepared, ORDER_BYTES, bytes, GC_KEY_SIZE, NULL);
}

int gc_found_at(const struct path *path, struct gc_found *found) {
  struct leaf_item item;
  path_item(path, &item);
  if (!gc_key_decode(item.key, item.key_length, &found->key) || item.kind != NODE_PLAIN)
    return log_damage(MDBX_CORRUPTED, "page %u: a record of the table of free pages has no proper key",
                      path->level[path->depth - 1].page->pgno);
  found->bytes = item.data;
  found->length = item.data_length;
  return MDBX_SUCCESS;
}

int gc_key_compare(const struct gc_key *a, const struct gc_key *b) {
  uint8_t left[GC_KEY_SIZE], right[GC_KEY_SIZE];
  gc_key_encode(a, left);
  gc_key_encode(b, right);
  return memcmp(left, right, GC_KEY_SIZE);
}

int gc_bad_order(const struct gc_key *key) {
  return log_damage(MDBX_CORRUPTED, "table of free pages: the record %d/%llu/%u is out of order", (int)key->kind,
                    (unsigned long long)key->number, key->sequence);
}
