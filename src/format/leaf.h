/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format/leaf.h: a leaf page: sorted records, found by their keyheads.
 *
 * Nodes lie without gaps between `upper` and the end of the body. The prefix of the header never exceeds what all keys
 * share; it gets shorter when a key that shares less is inserted, and as long as possible when the page is rebuilt.
 * Pure functions on checked pages.
 */
#ifndef MDBX_FORMAT_LEAF_H
#define MDBX_FORMAT_LEAF_H

#include "format/keyhead.h"
#include "format/page.h"

struct leaf_item {
  const uint8_t *key;
  const uint8_t *data;
  uint32_t key_length;
  uint32_t data_length;
  enum node_kind kind;
};

/* An array leaf: fixed-size values one after another from the start of the body, and nothing else. */
static inline bool leaf_is_array(const struct page *page) { return page->flags & P_DUPFIX; }

static inline unsigned leaf_entry_size(const struct page *page) {
  if (leaf_is_array(page))
    return page->item;
  return page_has_keyheads(page) ? LEAF_ENTRY : SLOT_SIZE;
}

static inline uint32_t *leaf_keyheads(const struct page *page) { return (uint32_t *)(void *)page_body(page); }

static inline uint16_t *leaf_slots(const struct page *page) {
  return (uint16_t *)(void *)(page_body(page) + (page_has_keyheads(page) ? (size_t)KEYHEAD_SIZE * page->count : 0));
}

static inline const uint8_t *leaf_node(const struct page *page, unsigned i) {
  return page_body(page) + leaf_slots(page)[i];
}

static inline size_t node_size(const uint8_t *node) {
  return NODE_HEADER + (get_u16(node) & NODE_LENGTH) + (get_u16(node + 2) & NODE_LENGTH);
}

static inline void leaf_get(const struct page *page, unsigned i, struct leaf_item *item) {
  if (unlikely(leaf_is_array(page))) {
    const uint8_t *value = page_body(page) + (size_t)i * page->item;
    *item = (struct leaf_item){value, value + page->item, page->item, 0, NODE_PLAIN};
    return;
  }
  const uint8_t *node = leaf_node(page, i);
  const unsigned key = get_u16(node), data = get_u16(node + 2);
  item->key_length = key & NODE_LENGTH;
  item->data_length = data & NODE_LENGTH;
  item->kind = (enum node_kind)((key >> 15) << 1 | data >> 15);
  item->key = node + NODE_HEADER;
  item->data = item->key + item->key_length;
}

static inline const uint8_t *leaf_key(const struct page *page, unsigned i, size_t *length) {
  if (unlikely(leaf_is_array(page))) {
    *length = page->item;
    return page_body(page) + (size_t)i * page->item;
  }
  const uint8_t *node = leaf_node(page, i);
  *length = get_u16(node) & NODE_LENGTH;
  return node + NODE_HEADER;
}

/* Bytes a record would take in this leaf. */
static inline size_t leaf_bytes_for(const struct page *page, size_t key_length, size_t data_length) {
  return leaf_is_array(page) ? key_length : leaf_entry_size(page) + NODE_HEADER + key_length + data_length;
}

/* Bytes record i takes. */
static inline size_t leaf_bytes_of(const struct page *page, unsigned i) {
  return leaf_entry_size(page) + (leaf_is_array(page) ? 0 : node_size(leaf_node(page, i)));
}

/* Index of the first record not less than the key; *exact tells whether it equals the key. */
unsigned leaf_seek(const struct page *page, const struct key_rules *rules, const struct seek_key *key, bool *exact);

/* Index of the record with that key, or -1. Reads less of the page than leaf_seek(). */
int leaf_find(const struct page *page, const struct key_rules *rules, const struct seek_key *key);

/* Inserts a record at index `at`; the caller has checked the order and the room (leaf_bytes_for()). Returns where to
 * put the data. */
uint8_t *leaf_insert(struct page *page, enum key_order order, unsigned at, const struct seek_key *key,
                     enum node_kind kind, size_t data_length);

/* Inserts values into a non-empty array leaf, before the value at index `at`. They are contiguous and sorted, and there
 * is room. */
void leaf_insert_values(struct page *page, unsigned at, const uint8_t *values, unsigned count);

/* Changes length and kind of a record's data; a longer one needs room. Returns where to put the data; the old bytes
 * are lost. */
uint8_t *leaf_resize(struct page *page, unsigned at, enum node_kind kind, size_t data_length);

/* Makes the data of a record longer by `bytes`, for which there is room: inserts a gap at `offset`. Returns the gap. */
uint8_t *leaf_open_gap(struct page *page, unsigned at, size_t offset, size_t bytes);

void leaf_erase(struct page *page, unsigned at);

/* Whether a record, not shorter than the page's prefix, has it: the first bytes that record 0 has. */
bool leaf_shares_prefix(const struct page *page, enum key_order order, const struct leaf_item *item);

/* Appends record i of another leaf of the same kind; keyheads are zero until leaf_make_keyheads(). */
void leaf_append(struct page *page, const struct page *from, unsigned i);

/* Makes the prefix as long as all keys allow and computes every keyhead anew. */
void leaf_make_keyheads(struct page *page, enum key_order order);

#endif
