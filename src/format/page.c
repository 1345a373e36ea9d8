/* SPDX-License-Identifier: Apache-2.0 */
#include "format/page.h"

#include "format/hash.h"

void page_init(struct page *page, size_t page_size, pgno_t pgno, txnid_t txnid, unsigned flags) {
  memset(page, 0, sizeof(*page));
  page->pgno = pgno;
  page->txnid = txnid;
  page->flags = (uint16_t)flags;
  page->upper = (uint16_t)body_size(page_size);
}

void page_init_run(struct page *page, pgno_t pgno, txnid_t txnid, uint32_t pages, uint32_t bytes) {
  memset(page, 0, sizeof(*page));
  page->pgno = pgno;
  page->txnid = txnid;
  page->flags = P_LARGE;
  page->run_pages = pages;
  page->run_bytes = bytes;
}

/* The input of the checksum: the header without the checksum, and digests of the used bytes. */
struct digest {
  uint64_t txnid;
  uint64_t tail[2];
  uint64_t low, high;
};

uint64_t page_checksum_run(const struct page *header, const void *value, uint64_t seed) {
  struct digest digest = {.txnid = header->txnid};
  memcpy(digest.tail, &header->pgno, sizeof(digest.tail));
  digest.low = hash_of(value, header->run_bytes, seed);
  return hash_of(&digest, sizeof(digest), seed);
}

uint64_t page_checksum(const struct page *page, size_t page_size, uint64_t seed) {
  struct digest digest = {.txnid = page->txnid};
  const uint8_t *body = page_body(page);
  if (page->flags & P_LARGE)
    return page_checksum_run(page, body, seed);
  memcpy(digest.tail, &page->pgno, sizeof(digest.tail));
  digest.low = hash_of(body, page->lower, seed);
  if (!(page->flags & P_META))
    digest.high = hash_of(body + page->upper, body_size(page_size) - page->upper, seed);
  return hash_of(&digest, sizeof(digest), seed);
}

void columns_open(const struct columns *columns, unsigned count, unsigned at) {
  size_t before = 0; /* bytes of the columns before this one, per entry */
  for (unsigned c = 0; c < columns->number; ++c)
    before += columns->width[c];
  for (unsigned c = columns->number; c-- > 0;) {
    const size_t width = columns->width[c];
    before -= width;
    uint8_t *from = columns->base + before * count;
    uint8_t *to = columns->base + before * (count + 1);
    if (at < count)
      memmove(to + (at + 1) * width, from + at * width, (count - at) * width);
    if (at && to != from)
      memmove(to, from, at * width);
  }
}

void columns_close(const struct columns *columns, unsigned count, unsigned at) {
  size_t before = 0;
  for (unsigned c = 0; c < columns->number; ++c) {
    const size_t width = columns->width[c];
    uint8_t *from = columns->base + before * count;
    uint8_t *to = columns->base + before * (count - 1);
    if (at && to != from)
      memmove(to, from, at * width);
    if (at + 1 < count)
      memmove(to + at * width, from + (at + 1) * width, (count - at - 1) * width);
    before += width;
  }
}
