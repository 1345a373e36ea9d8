/* SPDX-License-Identifier: Apache-2.0 */
#include "format/check.h"

#include "base/log.h"
#include "format/branch.h"
#include "format/leaf.h"
#include "format/subpage.h"

/* Marks of body offsets: where nodes start, and where they end. */
struct tiling {
  uint64_t starts[PAGE_SIZE_MAX / 64 + 1];
  uint64_t ends[PAGE_SIZE_MAX / 64 + 1];
  size_t bytes; /* of all pieces */
};

static bool mark(uint64_t *bits, size_t at) {
  const uint64_t bit = UINT64_C(1) << (at % 64);
  const bool fresh = !(bits[at / 64] & bit);
  bits[at / 64] |= bit;
  return fresh;
}

static void tiling_begin(struct tiling *tiling, size_t body) {
  memset(tiling->starts, 0, (body / 64 + 1) * sizeof(uint64_t));
  memset(tiling->ends, 0, (body / 64 + 1) * sizeof(uint64_t));
  tiling->bytes = 0;
}

static bool tiling_add(struct tiling *tiling, size_t start, size_t size) {
  tiling->bytes += size;
  return mark(tiling->starts, start) && mark(tiling->ends, start + size);
}

/* Pieces with distinct starts and distinct ends cover [upper, body) exactly if each end is a start, or the body's end,
 * and their sizes add up to the area. */
static bool tiling_exact(struct tiling *tiling, size_t upper, size_t body) {
  if (tiling->bytes != body - upper)
    return false;
  mark(tiling->starts, body);
  mark(tiling->ends, upper);
  return memcmp(tiling->starts, tiling->ends, (body / 64 + 1) * sizeof(uint64_t)) == 0;
}

static int damaged(const struct page *page, const char *what) {
  return log_damage(MDBX_CORRUPTED, "page %u: %s", page->pgno, what);
}

static bool fits(size_t start, size_t size, size_t upper, size_t body) {
  return start >= upper && start < body && size <= body - start;
}

static int check_leaf_node(const struct page *page, unsigned i, size_t body, struct tiling *tiling) {
  const unsigned offset = leaf_slots(page)[i];
  if (!fits(offset, NODE_HEADER, page->upper, body))
    return log_damage(MDBX_CORRUPTED, "page %u, record %u: offset %u is outside the nodes", page->pgno, i, offset);
  struct leaf_item item;
  leaf_get(page, i, &item);
  if (!fits(offset, NODE_HEADER + (size_t)item.key_length + item.data_length, page->upper, body))
    return log_damage(MDBX_CORRUPTED, "page %u, record %u: key of %u and data of %u bytes pass the page's end",
                      page->pgno, i, item.key_length, item.data_length);
  if (item.key_length < page->prefix)
    return log_damage(MDBX_CORRUPTED, "page %u, record %u: key is shorter than the page's prefix", page->pgno, i);
  if (item.kind == NODE_LARGE && item.data_length != sizeof(struct large_ref))
    return log_damage(MDBX_CORRUPTED, "page %u, record %u: bad reference to a large value", page->pgno, i);
  if (item.kind == NODE_SUBPAGE && !subpage_check(item.data, item.data_length))
    return log_damage(MDBX_CORRUPTED, "page %u, record %u: its values do not add up to their %u bytes", page->pgno, i,
                      item.data_length);
  if (!tiling_add(tiling, offset, NODE_HEADER + (size_t)item.key_length + item.data_length))
    return log_damage(MDBX_CORRUPTED, "page %u, record %u: overlaps another record", page->pgno, i);
  return MDBX_SUCCESS;
}

static int check_array(const struct page *page, size_t body) {
  if (!page->item || page->prefix || page->lower != (size_t)page->count * page->item || page->upper != body)
    return log_damage(MDBX_CORRUPTED, "page %u: %u values of %u bytes, but bounds %u..%u", page->pgno, page->count,
                      page->item, page->lower, page->upper);
  return MDBX_SUCCESS;
}

static int check_leaf(const struct page *page, size_t body) {
  struct tiling tiling;
  if (leaf_is_array(page))
    return check_array(page, body);
  if (page->lower != page->count * leaf_entry_size(page))
    return damaged(page, "lower bound does not follow from the number of records");
  if (!page_has_keyheads(page) && page->prefix)
    return damaged(page, "prefix on a page without keyheads");
  tiling_begin(&tiling, body);
  for (unsigned i = 0; i < page->count; ++i) {
    const int rc = check_leaf_node(page, i, body, &tiling);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return tiling_exact(&tiling, page->upper, body) ? MDBX_SUCCESS : damaged(page, "records leave gaps or overlap");
}

/* Searches compare whole keyheads: what a suffix of `length` bytes does not fill must be zero. */
static bool keyhead_is_padded(const struct page *page, unsigned i, unsigned length) {
  return length >= KEYHEAD_SIZE || branch_keyheads(page)[i] << (8 * length) == 0;
}

static int check_tail(const struct page *page, unsigned i, size_t body, struct tiling *tiling) {
  const size_t in_keyhead = page_has_keyheads(page) ? TAIL_INLINE : 0;
  const unsigned offset = branch_tails(page)[i];
  if (offset <= in_keyhead) {
    if (i == 0 && offset)
      return damaged(page, "first entry has a separator");
    if (in_keyhead && !keyhead_is_padded(page, i, offset))
      return log_damage(MDBX_CORRUPTED, "page %u, entry %u: keyhead is longer than its separator of %u bytes",
                        page->pgno, i, offset);
    return MDBX_SUCCESS;
  }
  if (i == 0)
    return damaged(page, "first entry has a separator");
  if (!fits(offset, TAIL_HEADER, page->upper, body))
    return log_damage(MDBX_CORRUPTED, "page %u, entry %u: offset %u is outside the separators", page->pgno, i, offset);
  const size_t length = get_u16(page_body(page) + offset);
  if (length <= in_keyhead || !fits(offset, TAIL_HEADER + length - in_keyhead, page->upper, body))
    return log_damage(MDBX_CORRUPTED, "page %u, entry %u: separator of %zu bytes passes the page's end", page->pgno, i,
                      length);
  if (!tiling_add(tiling, offset, TAIL_HEADER + length - in_keyhead))
    return log_damage(MDBX_CORRUPTED, "page %u, entry %u: overlaps another separator", page->pgno, i);
  return MDBX_SUCCESS;
}

static int check_branch(const struct page *page, const struct page_expectation *expected, size_t body) {
  struct tiling tiling;
  if (page->lower != branch_base(page) + (size_t)page->count * branch_entry_size(page))
    return damaged(page, "lower bound does not follow from the number of entries");
  if (!page_has_keyheads(page) && page->prefix)
    return damaged(page, "prefix on a page without keyheads");
  tiling_begin(&tiling, body);
  for (unsigned i = 0; i < page->count; ++i) {
    const pgno_t child = branch_child(page, i).pgno;
    if (child < PGNO_FIRST || child >= expected->limit || child == page->pgno)
      return log_damage(MDBX_CORRUPTED, "page %u, entry %u: child %u is not a page of the snapshot", page->pgno, i,
                        child);
    const int rc = check_tail(page, i, body, &tiling);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return tiling_exact(&tiling, page->upper, body) ? MDBX_SUCCESS : damaged(page, "separators leave gaps or overlap");
}

static int check_run(const struct page *page, const struct page_expectation *expected) {
  if (page->count || !page->run_pages || page->run_pages > expected->present - page->pgno)
    return log_damage(MDBX_CORRUPTED, "page %u: a run of %u pages passes the end of the snapshot", page->pgno,
                      page->run_pages);
  if (run_pages_for(page->run_bytes, expected->page_size) != page->run_pages)
    return log_damage(MDBX_CORRUPTED, "page %u: a run of %u pages for %u bytes", page->pgno, page->run_pages,
                      page->run_bytes);
  return MDBX_SUCCESS;
}

static int check_header(const struct page *page, const struct page_expectation *expected) {
  if (page->pgno != expected->pgno)
    return log_damage(MDBX_CORRUPTED, "page %u: carries the number %u", expected->pgno, page->pgno);
  if (page->txnid > expected->newest)
    return log_damage(MDBX_CORRUPTED, "page %u: of transaction %llu, the snapshot is of %llu", page->pgno,
                      (unsigned long long)page->txnid, (unsigned long long)expected->newest);
  if (page->flags == P_LARGE)
    return check_run(page, expected);
  const unsigned type = page->flags & ~(unsigned)P_NOKEYHEADS;
  if (type != P_LEAF && type != P_BRANCH && page->flags != (P_LEAF | P_DUPFIX | P_NOKEYHEADS))
    return log_damage(MDBX_CORRUPTED, "page %u: type 0x%x is none", page->pgno, page->flags);
  if (page->lower > page->upper || page->upper > body_size(expected->page_size) || !page->count)
    return log_damage(MDBX_CORRUPTED, "page %u: bounds %u..%u, %u entries", page->pgno, page->lower, page->upper,
                      page->count);
  return MDBX_SUCCESS;
}

int page_check_bytes(const struct page *page, const struct page_expectation *expected) {
  const int rc = check_header(page, expected);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (page->flags == P_LARGE && page->run_pages > expected->checksum_run_limit)
    return MDBX_SUCCESS;
  /* Bounds first: the checksum reads what they enclose. */
  return page->checksum == page_checksum(page, expected->page_size, expected->seed)
             ? MDBX_SUCCESS
             : damaged(page, "checksum does not match");
}

static int check_content(const struct page *page, const struct page_expectation *expected) {
  if (page->flags == P_LARGE)
    return MDBX_SUCCESS;
  return page->flags & P_LEAF ? check_leaf(page, body_size(expected->page_size))
                              : check_branch(page, expected, body_size(expected->page_size));
}

int page_check_layout(const struct page *page, const struct page_expectation *expected) {
  const int rc = check_header(page, expected);
  return rc == MDBX_SUCCESS ? check_content(page, expected) : rc;
}

int page_check(const struct page *page, const struct page_expectation *expected) {
  const int rc = page_check_bytes(page, expected);
  return rc == MDBX_SUCCESS ? check_content(page, expected) : rc;
}
