/* SPDX-License-Identifier: Apache-2.0 */
#include "format/leaf.h"

#include "base/assert.h"
#include "format/bisect.h"

static const uint8_t *node_key(const uint8_t *node, size_t *length) {
  *length = get_u16(node) & NODE_LENGTH;
  return node + NODE_HEADER;
}

static int compare_at(const void *page, unsigned i, const struct key_rules *rules, const void *sought) {
  const struct seek_key *key = sought;
  size_t length;
  const uint8_t *raw = leaf_key(page, i, &length);
  return key_compare_raw(rules, key->raw, key->length, raw, length);
}

/* First of the entries [low, high) that is not less than the key. */
static unsigned seek_between(const struct page *page, const struct key_rules *rules, const struct seek_key *key,
                             unsigned low, unsigned high, bool *exact) {
  return bisect(compare_at, page, rules, key, low, high, exact);
}

static uint8_t norm_byte(enum key_order order, const uint8_t *raw, size_t length, size_t i) {
  return order == ORDER_BYTES ? raw[i] : raw[length - 1 - i];
}

bool leaf_shares_prefix(const struct page *page, enum key_order order, const struct leaf_item *item) {
  size_t length;
  const uint8_t *first = node_key(leaf_node(page, 0), &length);
  ASSERT(length >= page->prefix && item->key_length >= page->prefix);
  size_t i = 0;
  while (i < page->prefix && norm_byte(order, first, length, i) == norm_byte(order, item->key, item->key_length, i))
    ++i;
  return i == page->prefix;
}

/* Normalised bytes that a prepared key and a key on a page have in common, at most `limit`. */
static size_t common_with_raw(enum key_order order, const struct seek_key *key, const uint8_t *raw, size_t length,
                              size_t limit) {
  limit = MIN_OF(limit, MIN_OF(key->length, length));
  if (order == ORDER_BYTES)
    return common_bytes(key->norm, raw, limit);
  size_t i = 0;
  while (i < limit && key->norm[i] == norm_byte(order, raw, length, i))
    ++i;
  return i;
}

/* Compares the key with the prefix of the page: before (-1) or after (1) every record, or among them (0). */
static int compare_prefix(const struct page *page, enum key_order order, const struct seek_key *key) {
  size_t length;
  const uint8_t *raw = node_key(leaf_node(page, 0), &length);
  const size_t common = common_with_raw(order, key, raw, length, page->prefix);
  if (common == page->prefix)
    return 0;
  if (common == key->length)
    return -1;
  return key->norm[common] < norm_byte(order, raw, length, common) ? -1 : 1;
}

static unsigned keyheads_end(const uint32_t *keyheads, unsigned at, unsigned count, uint32_t keyhead) {
  while (at < count && keyheads[at] == keyhead)
    ++at;
  return at;
}

unsigned leaf_seek(const struct page *page, const struct key_rules *rules, const struct seek_key *key, bool *exact) {
  *exact = false;
  if (!page_has_keyheads(page))
    return seek_between(page, rules, key, 0, page->count, exact);
  if (page->prefix) {
    const int order = compare_prefix(page, rules->order, key);
    if (order)
      return order < 0 ? 0 : page->count;
  }
  const uint32_t *keyheads = leaf_keyheads(page);
  const uint32_t keyhead = keyhead_make(key->norm, key->length, page->prefix);
  const unsigned at = keyhead_count_below(keyheads, page->count, keyhead);
  return seek_between(page, rules, key, at, keyheads_end(keyheads, at, page->count, keyhead), exact);
}

int leaf_find(const struct page *page, const struct key_rules *rules, const struct seek_key *key) {
  bool exact = false;
  unsigned at;
  if (page_has_keyheads(page)) {
    /* A key without the prefix is not on the page; the comparison of whole keys shows it, so the prefix need not be
     * compared first. */
    const uint32_t *keyheads = leaf_keyheads(page);
    const uint32_t keyhead = keyhead_make(key->norm, key->length, page->prefix);
    at = keyhead_count_below(keyheads, page->count, keyhead);
    if (at == page->count || keyheads[at] != keyhead)
      return -1;
    if (compare_at(page, at, rules, key) == 0)
      return (int)at;
    at = seek_between(page, rules, key, at + 1, keyheads_end(keyheads, at + 1, page->count, keyhead), &exact);
  } else {
    at = seek_between(page, rules, key, 0, page->count, &exact);
  }
  return exact ? (int)at : -1;
}

static struct columns leaf_columns(const struct page *page) {
  if (page_has_keyheads(page))
    return (struct columns){page_body(page), {KEYHEAD_SIZE, SLOT_SIZE}, 2};
  return (struct columns){page_body(page), {SLOT_SIZE}, 1};
}

/* Opens a gap for entry `at` in keyheads and slots. It is written out for the two columns because every insertion calls
 * it. */
static void open_entry(struct page *page, unsigned at) {
  const unsigned count = page->count;
  const size_t keyhead = page_has_keyheads(page) ? KEYHEAD_SIZE : 0;
  uint8_t *keyheads = page_body(page), *slots = keyheads + keyhead * count, *moved = slots + keyhead;
  if (at < count)
    memmove(moved + (size_t)SLOT_SIZE * (at + 1), slots + (size_t)SLOT_SIZE * at, (size_t)SLOT_SIZE * (count - at));
  if (!keyhead)
    return;
  if (at)
    memmove(moved, slots, (size_t)SLOT_SIZE * at);
  if (at < count)
    memmove(keyheads + keyhead * (at + 1), keyheads + keyhead * at, keyhead * (count - at));
}

static void set_prefix(struct page *page, enum key_order order, size_t prefix) {
  uint32_t *keyheads = leaf_keyheads(page);
  page->prefix = (uint16_t)prefix;
  for (unsigned i = 0; i < page->count; ++i) {
    size_t length;
    const uint8_t *raw = node_key(leaf_node(page, i), &length);
    keyheads[i] = keyhead_of_raw(order, raw, length, prefix);
  }
}

/* Whether a key has the prefix of the page, found by comparing raw bytes with a record of the page: a fast test for
 * most keys. */
static inline bool shares_prefix(const struct page *page, enum key_order order, const struct seek_key *key,
                                 const uint8_t *raw, size_t length) {
  const size_t prefix = page->prefix;
  return order == ORDER_BYTES && prefix <= key->length && prefix <= length && memcmp(key->norm, raw, prefix) == 0;
}

/* Shortens the prefix so that a key that will be inserted shares it. */
static void admit_key(struct page *page, enum key_order order, const struct seek_key *key) {
  if (page->count == 0) {
    page->prefix = 0;
    return;
  }
  size_t length;
  const uint8_t *raw = node_key(leaf_node(page, 0), &length);
  if (page->count > 1 && shares_prefix(page, order, key, raw, length))
    return;
  const size_t limit = page->count == 1 ? UINT16_MAX : page->prefix;
  const size_t common = common_with_raw(order, key, raw, length, limit);
  if (common != page->prefix)
    set_prefix(page, order, common);
}

static void node_write_header(uint8_t *node, size_t key_length, size_t data_length, enum node_kind kind) {
  put_u16(node, (uint16_t)(key_length | (kind & 2 ? NODE_FLAG : 0)));
  put_u16(node + 2, (uint16_t)(data_length | (kind & 1 ? NODE_FLAG : 0)));
}

static uint8_t *array_at(const struct page *page, unsigned i) { return page_body(page) + (size_t)i * page->item; }

void leaf_insert_values(struct page *page, unsigned at, const uint8_t *values, unsigned count) {
  memmove(array_at(page, at + count), array_at(page, at), (size_t)(page->count - at) * page->item);
  memcpy(array_at(page, at), values, (size_t)count * page->item);
  page->count = (uint16_t)(page->count + count);
  page->lower = (uint16_t)(page->lower + count * page->item);
}

static uint8_t *array_insert(struct page *page, unsigned at, const uint8_t *value, size_t length) {
  if (page->count == 0)
    page->item = (uint16_t)length;
  leaf_insert_values(page, at, value, 1);
  return array_at(page, at + 1);
}

static void array_erase(struct page *page, unsigned at) {
  page->count -= 1;
  page->lower = (uint16_t)(page->lower - page->item);
  memmove(array_at(page, at), array_at(page, at + 1), (size_t)(page->count - at) * page->item);
}

uint8_t *leaf_insert(struct page *page, enum key_order order, unsigned at, const struct seek_key *key,
                     enum node_kind kind, size_t data_length) {
  if (leaf_is_array(page))
    return array_insert(page, at, key->raw, key->length);
  const bool keyheads = page_has_keyheads(page);
  if (keyheads)
    admit_key(page, order, key);
  open_entry(page, at);
  page->count += 1;
  page->lower = (uint16_t)(page->lower + leaf_entry_size(page));
  page->upper = (uint16_t)(page->upper - (NODE_HEADER + key->length + data_length));
  if (keyheads)
    leaf_keyheads(page)[at] = keyhead_make(key->norm, key->length, page->prefix);
  leaf_slots(page)[at] = page->upper;
  uint8_t *node = page_body(page) + page->upper;
  node_write_header(node, key->length, data_length, kind);
  if (key->length)
    memcpy(node + NODE_HEADER, key->raw, key->length);
  return node + NODE_HEADER + key->length;
}

/* Moves the nodes that start at or before body offset `to` by delta bytes (down when negative). */
static void shift_slots(struct page *page, unsigned to, int delta) {
  uint16_t *slots = leaf_slots(page);
  for (unsigned i = 0; i < page->count; ++i)
    slots[i] = (uint16_t)(slots[i] + (slots[i] <= to ? delta : 0));
}

uint8_t *leaf_resize(struct page *page, unsigned at, enum node_kind kind, size_t data_length) {
  const unsigned offset = leaf_slots(page)[at];
  uint8_t *node = page_body(page) + offset;
  const size_t key_length = get_u16(node) & NODE_LENGTH;
  const int delta = (int)(get_u16(node + 2) & NODE_LENGTH) - (int)data_length;
  if (delta) {
    uint8_t *start = page_body(page) + page->upper;
    memmove(start + delta, start, offset + NODE_HEADER + key_length - page->upper);
    shift_slots(page, offset, delta);
    page->upper = (uint16_t)(page->upper + delta);
    node += delta;
  }
  node_write_header(node, key_length, data_length, kind);
  return node + NODE_HEADER + key_length;
}

uint8_t *leaf_open_gap(struct page *page, unsigned at, size_t offset, size_t bytes) {
  const unsigned node_at = leaf_slots(page)[at];
  uint8_t *start = page_body(page) + page->upper, *node = page_body(page) + node_at;
  const size_t before = NODE_HEADER + (get_u16(node) & NODE_LENGTH) + offset;
  memmove(start - bytes, start, node_at - page->upper + before);
  shift_slots(page, node_at, -(int)bytes);
  page->upper = (uint16_t)(page->upper - bytes);
  node -= bytes;
  put_u16(node + 2, (uint16_t)(get_u16(node + 2) + bytes));
  return node + before;
}

void leaf_erase(struct page *page, unsigned at) {
  if (leaf_is_array(page)) {
    array_erase(page, at);
    return;
  }
  const unsigned offset = leaf_slots(page)[at];
  uint8_t *start = page_body(page) + page->upper;
  const size_t size = node_size(page_body(page) + offset);
  memmove(start + size, start, offset - page->upper);
  shift_slots(page, offset, (int)size);
  const struct columns columns = leaf_columns(page);
  columns_close(&columns, page->count, at);
  page->upper = (uint16_t)(page->upper + size);
  page->lower = (uint16_t)(page->lower - leaf_entry_size(page));
  page->count -= 1;
}

void leaf_append(struct page *page, const struct page *from, unsigned i) {
  if (leaf_is_array(page)) {
    array_insert(page, page->count, array_at(from, i), from->item);
    return;
  }
  const uint8_t *node = leaf_node(from, i);
  const size_t size = node_size(node);
  const unsigned at = page->count;
  open_entry(page, at);
  page->count += 1;
  page->lower = (uint16_t)(page->lower + leaf_entry_size(page));
  page->upper = (uint16_t)(page->upper - size);
  if (page_has_keyheads(page))
    leaf_keyheads(page)[at] = 0;
  leaf_slots(page)[at] = page->upper;
  memcpy(page_body(page) + page->upper, node, size);
}

void leaf_make_keyheads(struct page *page, enum key_order order) {
  if (!page_has_keyheads(page) || page->count == 0)
    return;
  size_t first_length, last_length;
  const uint8_t *first = node_key(leaf_node(page, 0), &first_length);
  const uint8_t *last = node_key(leaf_node(page, page->count - 1u), &last_length);
  size_t limit = first_length;
  /* Keys are sorted, so the common prefix is that of the first and last key. On a damaged page this may be wrong, but
   * must not cause further damage. */
  for (unsigned i = 1; i < page->count; ++i)
    limit = MIN_OF(limit, (size_t)(get_u16(leaf_node(page, i)) & NODE_LENGTH));
  size_t common = 0;
  while (page->count > 1 && common < limit &&
         norm_byte(order, first, first_length, common) == norm_byte(order, last, last_length, common))
    ++common;
  set_prefix(page, order, common);
}
