/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

#include "format/branch.h"
#include "format/check.h"
#include "format/leaf.h"

#include <string.h>

static bool is_page_size(uint64_t size) {
  return size >= PAGE_SIZE_MIN && size <= PAGE_SIZE_MAX && (size & (size - 1)) == 0;
}

/* As the first meta says, or the second one where it then is. */
static size_t find_page_size(const struct image *image) {
  const struct meta_page *meta = (const void *)image->bytes;
  if (image->length >= sizeof(*meta) && is_page_size(meta->meta.page_size))
    return meta->meta.page_size;
  for (size_t size = PAGE_SIZE_MIN; size + sizeof(*meta) <= image->length; size *= 2) {
    meta = (const void *)(image->bytes + size);
    if (meta->meta.page_size == size)
      return size;
  }
  return PAGE_SIZE_MIN;
}

void image_take(struct image *image, const void *bytes, size_t length) {
  image->length = MIN_OF(length - length % IMAGE_UNIT, (size_t)IMAGE_MOST);
  if (image->length)
    memmove(image->bytes, bytes, image->length);
  image->page_size = find_page_size(image);
  image->pages = (pgno_t)(image->length / image->page_size);
}

struct page *image_page(struct image *image, pgno_t pgno) {
  return (struct page *)(void *)(image->bytes + (size_t)pgno * image->page_size);
}

bool image_page_is_sound(const struct image *image, pgno_t pgno) {
  const struct page_expectation expected = {
      .page_size = image->page_size, .pgno = pgno, .newest = TXNID_MAX, .limit = image->pages, .present = image->pages};
  const struct page *page = (const void *)(image->bytes + (size_t)pgno * image->page_size);
  return page->flags & (P_BRANCH | P_LEAF) && page_check_layout(page, &expected) == MDBX_SUCCESS;
}

struct meta_page *image_head(struct image *image) {
  struct meta_page *head = NULL;
  for (pgno_t slot = 0; slot < META_COUNT && slot < image->pages; ++slot) {
    struct meta_page *meta = (struct meta_page *)(void *)image_page(image, slot);
    if ((meta->meta.magic & META_SIGNATURE_MASK) == META_SIGNATURE &&
        (!head || meta->header.txnid > head->header.txnid))
      head = meta;
  }
  return head;
}

void image_boot(const struct image *image, uint64_t boot[2]) {
  const struct meta_page *head = image_head((struct image *)(uintptr_t)image);
  if (head)
    memcpy(boot, head->meta.boot_id, sizeof(head->meta.boot_id));
}

/* ------------------------------------------------------------------------------------------------------- references */

static uint16_t birth_of(struct image *image, pgno_t pgno, uint16_t otherwise) {
  return pgno < image->pages ? birth_bits(image_page(image, pgno)->txnid) : otherwise;
}

static void seal_branch(struct image *image, struct page *page) {
  for (unsigned i = 0; i < page->count; ++i) {
    struct page_ref child = branch_child(page, i);
    child.birth = birth_of(image, child.pgno, child.birth);
    branch_set_child(page, i, child);
  }
}

static void seal_node(struct image *image, struct leaf_item *item) {
  uint8_t *data = (uint8_t *)(uintptr_t)item->data;
  struct large_ref large;
  struct nested_record nested;
  struct table_record table;
  if (item->kind == NODE_LARGE && item->data_length == sizeof(large)) {
    memcpy(&large, data, sizeof(large));
    large.birth = birth_of(image, large.pgno, large.birth);
    memcpy(data, &large, sizeof(large));
  } else if (item->kind == NODE_TREE && item->data_length == sizeof(nested)) {
    memcpy(&nested, data, sizeof(nested));
    nested.root_birth = birth_of(image, nested.root, nested.root_birth);
    memcpy(data, &nested, sizeof(nested));
  } else if (item->kind == NODE_TREE && item->data_length == sizeof(table)) {
    memcpy(&table, data, sizeof(table));
    table.root_birth = birth_of(image, table.root, table.root_birth);
    memcpy(data, &table, sizeof(table));
  }
}

static void seal_references(struct image *image) {
  for (pgno_t pgno = META_COUNT; pgno < image->pages; ++pgno) {
    struct page *page = image_page(image, pgno);
    if (!image_page_is_sound(image, pgno))
      continue;
    if (page->flags & P_BRANCH)
      seal_branch(image, page);
    for (unsigned i = 0; i < page->count && page->flags & P_LEAF; ++i) {
      struct leaf_item item;
      leaf_get(page, i, &item);
      seal_node(image, &item);
    }
  }
  for (pgno_t slot = 0; slot < META_COUNT && slot < image->pages; ++slot) {
    struct meta *meta = &((struct meta_page *)(void *)image_page(image, slot))->meta;
    meta->gc.root_birth = birth_of(image, meta->gc.root, meta->gc.root_birth);
    meta->main.root_birth = birth_of(image, meta->main.root, meta->main.root_birth);
  }
}

/* -------------------------------------------------------------------------------------------------------- checksums */

static bool can_be_sealed(const struct image *image, const struct page *page, pgno_t pgno) {
  if (page->flags == P_META)
    return page->lower <= body_size(image->page_size);
  if (page->flags & P_LARGE)
    return page->run_pages && page->run_pages <= image->pages - pgno &&
           page->run_bytes <= page->run_pages * image->page_size - PAGE_HEADER;
  return page->lower <= page->upper && page->upper <= body_size(image->page_size);
}

static void seal_page(struct image *image, pgno_t pgno, uint64_t seed) {
  struct page *page = image_page(image, pgno);
  if (can_be_sealed(image, page, pgno))
    page->checksum = page_checksum(page, image->page_size, seed);
}

static void seal_manifest(struct image *image, struct meta_page *meta) {
  const size_t room = meta_room(image->page_size) / sizeof(struct meta_manifest);
  for (size_t i = 0; i < meta->header.count && i < room; ++i) {
    struct meta_manifest entry;
    memcpy(&entry, &meta->manifest[i], sizeof(entry));
    if (entry.pgno >= image->pages)
      continue;
    const uint64_t checksum = image_page(image, entry.pgno)->checksum;
    entry.checksum_low = (uint32_t)checksum;
    entry.checksum_high = (uint32_t)(checksum >> 32);
    memcpy(&meta->manifest[i], &entry, sizeof(entry));
  }
}

void image_seal(struct image *image, unsigned seal) {
  const struct meta_page *head = image_head(image);
  if (!head)
    return;
  const uint64_t seed = checksum_seed(head->meta.database_id);
  if (!(seal & KEEP_REFERENCES))
    seal_references(image);
  for (pgno_t pgno = META_COUNT; pgno < image->pages && !(seal & KEEP_CHECKSUMS); ++pgno)
    seal_page(image, pgno, seed);
  for (pgno_t slot = 0; slot < META_COUNT && slot < image->pages; ++slot) {
    if (!(seal & KEEP_MANIFESTS))
      seal_manifest(image, (struct meta_page *)(void *)image_page(image, slot));
    if (!(seal & KEEP_META_CHECKSUMS))
      seal_page(image, slot, seed);
  }
}
