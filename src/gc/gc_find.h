/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gc/gc_find.h: the records of table 0 at a place of its tree.
 */
#ifndef MDBX_GC_GC_FIND_H
#define MDBX_GC_GC_FIND_H

#include "gc/gc_record.h"
#include "tree/tree.h"

struct gc_found {
  struct gc_key key;
  const uint8_t *bytes;
  size_t length;
};

/* For a search; `bytes` have to stay as long as the prepared key is used. */
void gc_key_prepare(const struct gc_key *key, uint8_t bytes[GC_KEY_SIZE], struct seek_key *prepared);
/* As memcmp(). */
int gc_key_compare(const struct gc_key *a, const struct gc_key *b);
/* The record at the end of the path; MDBX_CORRUPTED if its key is none of this table. */
int gc_found_at(const struct path *path, struct gc_found *found);
/* Reports the record. A search from key to key ends only if the keys ascend; in a damaged table they may not. */
int gc_bad_order(const struct gc_key *key);

#endif
