/* SPDX-License-Identifier: Apache-2.0 */
#include "format/branch.h"

#include "base/log.h"

#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------------ reading */

/* The number of bytes of a suffix that are in the keyhead; with P_NOKEYHEADS 0. */
static size_t bytes_in_keyhead(bool keyheads) { return keyheads ? TAIL_INLINE : 0; }

/* Length of the suffix of separator i; *rest gets the bytes that are not in the keyhead. */
static size_t suffix_of(const struct page *page, unsigned i, const uint8_t **rest) {
  const unsigned tail = branch_tails(page)[i];
  *rest = NULL;
  if (tail <= bytes_in_keyhead(page_has_keyheads(page)))
    return tail;
  *rest = page_body(page) + tail + TAIL_HEADER;
  return get_u16(page_body(page) + tail);
}

/* Whether separator i, whose keyhead equals the key's, is greater than it. `suffix` is the key without the prefix. */
static bool separator_above(const struct page *page, unsigned i, const uint8_t *suffix, size_t length) {
  const uint8_t *rest;
  const size_t wanted = suffix_of(page, i, &rest);
  if (!rest)
    return length < wanted;
  if (length <= TAIL_INLINE)
    return true;
  return compare_bytes(rest, wanted - TAIL_INLINE, suffix + TAIL_INLINE, length - TAIL_INLINE) > 0;
}

static unsigned find_by_user_order(const struct page *page, const struct key_rules *rules, const struct seek_key *key) {
  unsigned low = 1, high = page->count;
  while (low < high) {
    const unsigned middle = (low + high) / 2;
    const uint8_t *bytes;
    const size_t length = suffix_of(page, middle, &bytes);
    if (key_compare_raw(rules, bytes ? bytes : (const uint8_t *)"", length, key->raw, key->length) > 0)
      high = middle;
    else
      low = middle + 1;
  }
  return low - 1;
}

/* -1: the key is before every separator, 1: behind all of them, 0: it has their prefix. */
static int compare_prefix(const struct page *page, const struct seek_key *key) {
  const size_t common = MIN_OF(page->prefix, key->length);
  const int order = memcmp(key->norm, page_body(page), common);
  if (order)
    return order;
  return key->length < page->prefix ? -1 : 0;
}

unsigned branch_find(const struct page *page, const struct key_rules *rules, const struct seek_key *key) {
  if (unlikely(!page_has_keyheads(page)))
    return find_by_user_order(page, rules, key);
  const unsigned prefix = page->prefix;
  if (prefix) {
    const int order = compare_prefix(page, key);
    if (order)
      return order < 0 ? 0 : page->count - 1u;
  }
  const uint32_t *keyheads = branch_keyheads(page);
  const uint32_t keyhead = keyhead_make(key->norm, key->length, prefix);
  unsigned low = 1 + keyhead_count_below(keyheads + 1, page->count - 1u, keyhead);
  if (low == page->count || keyheads[low] != keyhead)
    return low - 1;
  unsigned high =
      keyhead == UINT32_MAX ? page->count : 1 + keyhead_count_below(keyheads + 1, page->count - 1u, keyhead + 1);
  while (low < high) {
    const unsigned middle = (low + high) / 2;
    if (separator_above(page, middle, key->norm + prefix, key->length - prefix))
      high = middle;
    else
      low = middle + 1;
  }
  return low - 1;
}

bool branch_leads_to(const struct page *page, const struct key_rules *rules, const struct seek_key *key, unsigned i) {
  if (page_has_keyheads(page) && !(page->prefix && compare_prefix(page, key))) {
    const uint32_t *keyheads = branch_keyheads(page);
    const uint32_t keyhead = keyhead_make(key->norm, key->length, page->prefix);
    const bool last = i + 1u == page->count;
    if ((i && keyhead < keyheads[i]) || (!last && keyhead > keyheads[i + 1]))
      return false;
    if ((!i || keyhead > keyheads[i]) && (last || keyhead < keyheads[i + 1]))
      return true;
  }
  return branch_find(page, rules, key) == i; /* equal keyheads decide nothing */
}

size_t branch_separator(const struct page *page, unsigned i, uint8_t *to) {
  if (i == 0)
    return 0;
  const uint8_t *rest;
  const size_t length = suffix_of(page, i, &rest);
  size_t inline_bytes = bytes_in_keyhead(page_has_keyheads(page));
  memcpy(to, page_body(page), page->prefix);
  to += page->prefix;
  if (inline_bytes) {
    uint8_t keyhead[KEYHEAD_SIZE];
    put_be32(keyhead, branch_keyheads(page)[i]);
    inline_bytes = MIN_OF(length, inline_bytes);
    memcpy(to, keyhead, inline_bytes);
  }
  if (rest)
    memcpy(to + inline_bytes, rest, length - inline_bytes);
  return page->prefix + length;
}

/* ------------------------------------------------------------------------------------------- changes in place */

static struct columns branch_columns(const struct page *page) {
  uint8_t *base = page_body(page) + branch_base(page);
  if (page_has_keyheads(page))
    return (struct columns){base, {KEYHEAD_SIZE, CHILD_SIZE, TAIL_SIZE}, 3};
  return (struct columns){base, {CHILD_SIZE, TAIL_SIZE}, 2};
}

/* The bytes that a suffix of that length needs in the tail area. */
static size_t tail_bytes(size_t suffix_length, bool keyheads) {
  if (suffix_length <= bytes_in_keyhead(keyheads))
    return 0;
  return TAIL_HEADER + suffix_length - bytes_in_keyhead(keyheads);
}

/* Writes the tail of a suffix below `upper` and returns the value for its entry in the tails column. */
static unsigned store_tail(struct page *page, const uint8_t *suffix, size_t length) {
  const bool keyheads = page_has_keyheads(page);
  const size_t bytes = tail_bytes(length, keyheads);
  if (!bytes)
    return (unsigned)length;
  page->upper = (uint16_t)(page->upper - bytes);
  uint8_t *tail = page_body(page) + page->upper;
  put_u16(tail, (uint16_t)length);
  memcpy(tail + TAIL_HEADER, suffix + bytes_in_keyhead(keyheads), bytes - TAIL_HEADER);
  return page->upper;
}

bool branch_insert(struct page *page, unsigned at, const struct separator *separator, struct page_ref child) {
  const bool keyheads = page_has_keyheads(page);
  /* Every separator begins with the empty prefix of a new root. Its first one, stored by a list, makes the prefix. */
  if (keyheads && page->count == 1)
    return false;
  if (separator->length < page->prefix || memcmp(separator->bytes, page_body(page), page->prefix) != 0)
    return false;
  const uint8_t *suffix = separator->bytes + page->prefix;
  const size_t length = separator->length - page->prefix;
  if (page_room(page) < branch_entry_size(page) + tail_bytes(length, keyheads))
    return false;
  const struct columns columns = branch_columns(page);
  columns_open(&columns, page->count, at);
  page->count += 1;
  page->lower = (uint16_t)(page->lower + branch_entry_size(page));
  if (keyheads)
    branch_keyheads(page)[at] = keyhead_make(suffix, length, 0);
  branch_set_child(page, at, child);
  branch_tails(page)[at] = (uint16_t)store_tail(page, suffix, length);
  return true;
}

/* Frees the tail bytes of entry i and leaves the entry with an empty suffix. */
static void drop_tail(struct page *page, unsigned i) {
  uint16_t *tails = branch_tails(page);
  const unsigned offset = tails[i];
  const bool keyheads = page_has_keyheads(page);
  tails[i] = 0;
  if (keyheads)
    branch_keyheads(page)[i] = 0;
  if (offset <= bytes_in_keyhead(keyheads))
    return;
  uint8_t *start = page_body(page) + page->upper;
  const size_t size = tail_bytes(get_u16(page_body(page) + offset), keyheads);
  memmove(start + size, start, offset - page->upper);
  for (unsigned k = 0; k < page->count; ++k)
    if (tails[k] > bytes_in_keyhead(keyheads) && tails[k] < offset)
      tails[k] = (uint16_t)(tails[k] + size);
  page->upper = (uint16_t)(page->upper + size);
}

void branch_erase(struct page *page, unsigned at) {
  drop_tail(page, at);
  if (at == 0 && page->count > 1)
    drop_tail(page, 1);
  const struct columns columns = branch_columns(page);
  columns_close(&columns, page->count, at);
  page->count -= 1;
  page->lower = (uint16_t)(page->lower - branch_entry_size(page));
}

/* -------------------------------------------------------------------------------------------------------- lists */

int branch_list_init(struct branch_list *list, size_t page_size) {
  memset(list, 0, sizeof(*list));
  list->capacity = (unsigned)(2 * (page_size / (BRANCH_ENTRY - KEYHEAD_SIZE)) + 4);
  list->separators = malloc(list->capacity * sizeof(*list->separators));
  list->children = malloc(list->capacity * sizeof(*list->children));
  return list->separators && list->children ? MDBX_SUCCESS : MDBX_ENOMEM;
}

void branch_list_destroy(struct branch_list *list) {
  free(list->separators);
  free(list->children);
  free(list->bytes);
  memset(list, 0, sizeof(*list));
}

/* The size of all separators of a page, each with the prefix. */
static size_t unpacked_bytes(const struct page *page) {
  size_t total = 0;
  for (unsigned i = 1; i < page->count; ++i) {
    const uint8_t *rest;
    total += page->prefix + suffix_of(page, i, &rest);
  }
  return total;
}

/* Makes room for more bytes; moving the block moves what the separators point to. */
static int reserve_bytes(struct branch_list *list, size_t more) {
  if (list->bytes_used + more <= list->bytes_capacity)
    return MDBX_SUCCESS;
  const size_t capacity = (list->bytes_used + more) * 2;
  uint8_t *bytes = malloc(capacity);
  if (!bytes)
    return MDBX_ENOMEM;
  for (unsigned i = 0; i < list->count; ++i)
    if (list->separators[i].length)
      list->separators[i].bytes = bytes + (list->separators[i].bytes - list->bytes);
  if (list->bytes_used)
    memcpy(bytes, list->bytes, list->bytes_used);
  free(list->bytes);
  list->bytes = bytes;
  list->bytes_capacity = capacity;
  return MDBX_SUCCESS;
}

/* Whether the entries from `at` on follow their predecessors. Entry 0 of a list has no separator. */
static bool list_ascends(const struct branch_list *list, unsigned at) {
  for (unsigned i = MAX_OF(at, 2u); i < list->count; ++i) {
    const struct separator *low = &list->separators[i - 1], *high = &list->separators[i];
    if (compare_bytes(low->bytes, low->length, high->bytes, high->length) > 0)
      return false;
  }
  return true;
}

int branch_list_append(struct branch_list *list, const struct page *page, const struct separator *first) {
  const int rc = reserve_bytes(list, unpacked_bytes(page) + (first ? first->length : 0) + 1);
  if (rc != MDBX_SUCCESS)
    return rc;
  for (unsigned i = 0; i < page->count; ++i) {
    uint8_t *to = list->bytes + list->bytes_used;
    size_t length = 0;
    if (i > 0) {
      length = branch_separator(page, i, to);
    } else if (first) {
      length = first->length;
      memcpy(to, first->bytes, length);
    }
    list->separators[list->count] = (struct separator){to, length};
    list->children[list->count++] = branch_child(page, i);
    list->bytes_used += length;
  }
  if (page_has_keyheads(page) && !list_ascends(list, list->count - page->count))
    return log_damage(MDBX_CORRUPTED, "page %u: separators are not in order", page->pgno);
  return MDBX_SUCCESS;
}

int branch_list_load(struct branch_list *list, const struct page *page) {
  list->count = 0;
  list->bytes_used = 0;
  return branch_list_append(list, page, NULL);
}

void branch_list_insert(struct branch_list *list, unsigned at, const struct separator *separator,
                        struct page_ref child) {
  memmove(list->separators + at + 1, list->separators + at, (list->count - at) * sizeof(*list->separators));
  memmove(list->children + at + 1, list->children + at, (list->count - at) * sizeof(*list->children));
  list->separators[at] = *separator;
  list->children[at] = child;
  list->count += 1;
}

/* The common prefix of the separators of entries (from, to). They are sorted, so it is that of the first and the last
 * one. In a damaged tree a new separator may be out of order, so the result is limited to the shortest separator. */
static size_t shared_prefix(const struct branch_list *list, unsigned from, unsigned to, bool keyheads) {
  if (!keyheads || to - from < 2)
    return 0;
  const struct separator *first = &list->separators[from + 1], *last = &list->separators[to - 1];
  size_t limit = first->length;
  for (unsigned i = from + 2; i < to; ++i)
    limit = MIN_OF(limit, list->separators[i].length);
  return common_bytes(first->bytes, last->bytes, limit);
}

size_t branch_list_size(const struct branch_list *list, unsigned from, unsigned to, bool keyheads) {
  const size_t prefix = shared_prefix(list, from, to, keyheads);
  size_t size = ceil_to(prefix, 4) + (to - from) * (size_t)(keyheads ? BRANCH_ENTRY : BRANCH_ENTRY - KEYHEAD_SIZE);
  for (unsigned i = from + 1; i < to; ++i)
    size += tail_bytes(list->separators[i].length - prefix, keyheads);
  return size;
}

void branch_list_store(const struct branch_list *list, unsigned from, unsigned to, struct page *page,
                       size_t page_size) {
  const bool keyheads = page_has_keyheads(page);
  const size_t prefix = shared_prefix(list, from, to, keyheads);
  page->prefix = (uint16_t)prefix;
  page->count = (uint16_t)(to - from);
  page->upper = (uint16_t)body_size(page_size);
  page->lower = (uint16_t)(ceil_to(prefix, 4) + (to - from) * branch_entry_size(page));
  if (prefix) {
    memset(page_body(page), 0, ceil_to(prefix, 4));
    memcpy(page_body(page), list->separators[from + 1].bytes, prefix);
  }
  for (unsigned i = from; i < to; ++i) {
    const struct separator *separator = &list->separators[i];
    const uint8_t *suffix = prefix ? separator->bytes + prefix : separator->bytes;
    const size_t length = i == from ? 0 : separator->length - prefix;
    if (keyheads)
      branch_keyheads(page)[i - from] = keyhead_make(suffix, length, 0);
    branch_set_child(page, i - from, list->children[i]);
    branch_tails(page)[i - from] = (uint16_t)store_tail(page, suffix, length);
  }
}
