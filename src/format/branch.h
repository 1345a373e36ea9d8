/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format/branch.h: a branch page: children and separators; separators are truncated and stored without their common
 * prefix.
 *
 * Entry i leads to keys not less than separator i and less than separator i + 1; entry 0 has no separator. Separators
 * are normalised bytes (whole raw keys with P_NOKEYHEADS). Pure functions on checked pages.
 */
#ifndef MDBX_FORMAT_BRANCH_H
#define MDBX_FORMAT_BRANCH_H

#include "format/keyhead.h"
#include "format/page.h"

static inline size_t branch_base(const struct page *page) { return ceil_to(page->prefix, 4); }

static inline uint32_t *branch_keyheads(const struct page *page) {
  return (uint32_t *)(void *)(page_body(page) + branch_base(page));
}

static inline uint8_t *branch_children(const struct page *page) {
  return (uint8_t *)(branch_keyheads(page) + (page_has_keyheads(page) ? page->count : 0));
}

static inline uint16_t *branch_tails(const struct page *page) {
  return (uint16_t *)(void *)(branch_children(page) + (size_t)page->count * CHILD_SIZE);
}

static inline unsigned branch_entry_size(const struct page *page) {
  return page_has_keyheads(page) ? BRANCH_ENTRY : BRANCH_ENTRY - KEYHEAD_SIZE;
}

static inline struct page_ref branch_child(const struct page *page, unsigned i) {
  const uint8_t *at = branch_children(page) + (size_t)i * CHILD_SIZE;
  return (struct page_ref){get_u32(at), get_u16(at + 4)};
}

static inline void branch_set_child(struct page *page, unsigned i, struct page_ref child) {
  uint8_t *at = branch_children(page) + (size_t)i * CHILD_SIZE;
  put_u32(at, child.pgno);
  put_u16(at + 4, child.birth);
}

/* Index of the child that a key belongs to. */
unsigned branch_find(const struct page *page, const struct key_rules *rules, const struct seek_key *key);

/* Whether it is child i: then no search is needed. */
bool branch_leads_to(const struct page *page, const struct key_rules *rules, const struct seek_key *key, unsigned i);

/* One separator. */
struct separator {
  const uint8_t *bytes;
  size_t length;
};

/* Writes separator i, prefix included, to `to` (room for the longest key) and returns its length; 0 for entry 0. */
size_t branch_separator(const struct page *page, unsigned i, uint8_t *to);

/* Inserts an entry at index `at` (not 0) if the separator has the page's prefix and there is room. False if not, or if it is the
 * first separator: a list finds the prefix. */
bool branch_insert(struct page *page, unsigned at, const struct separator *separator, struct page_ref child);

/* Removes an entry. When it is entry 0, the next one loses its separator. */
void branch_erase(struct page *page, unsigned at);

/* ---- lists: branch entries unpacked, for splits, merges and changes of prefix ---- */

struct branch_list {
  struct separator *separators; /* point into `bytes`, prefix included; [0] may be empty */
  struct page_ref *children;
  unsigned count;
  uint8_t *bytes;
  size_t bytes_used;
  /* capacities set by branch_list_init */
  unsigned capacity;
  size_t bytes_capacity;
};

/* Room for the entries of two pages and one more. */
int branch_list_init(struct branch_list *list, size_t page_size);
void branch_list_destroy(struct branch_list *list);

/* Replaces the list by the entries of a page. MDBX_SUCCESS, MDBX_ENOMEM, MDBX_CORRUPTED when they do not ascend. */
int branch_list_load(struct branch_list *list, const struct page *page);
/* Appends the entries of a page; `first` becomes the separator of its entry 0. */
int branch_list_append(struct branch_list *list, const struct page *page, const struct separator *first);
/* Inserts an entry; the bytes of the separator must outlive the list. */
void branch_list_insert(struct branch_list *list, unsigned at, const struct separator *separator,
                        struct page_ref child);
/* Body bytes that entries [from, to) need on one page, where entry `from` becomes entry 0. */
size_t branch_list_size(const struct branch_list *list, unsigned from, unsigned to, bool keyheads);
/* Writes entries [from, to) to an initialised page, whatever was on it; they must fit. */
void branch_list_store(const struct branch_list *list, unsigned from, unsigned to, struct page *page, size_t page_size);

#endif
