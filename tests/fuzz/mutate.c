/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of a database file in the sense of its structure. See image.h. */
#include "image.h"

#include "format/branch.h"
#include "format/leaf.h"

#include <string.h>

/* ---------------------------------------------------------------------------------------------------------- numbers */

static const uint64_t edges[] = {0,
                                 1,
                                 2,
                                 3,
                                 4,
                                 7,
                                 8,
                                 0x7f,
                                 0x80,
                                 0xff,
                                 0x100,
                                 0x7fff,
                                 0x8000,
                                 0xffff,
                                 0x10000,
                                 0x7fffffff,
                                 0x80000000,
                                 0xffffffff,
                                 UINT64_C(0xffffffffffffff),
                                 UINT64_MAX};
enum { EDGES = sizeof(edges) / sizeof(edges[0]) };

static void change_number(const struct image *image, uint64_t *random, uint8_t *at, size_t width) {
  uint64_t number = 0;
  memcpy(&number, at, width);
  switch (fuzz_below(random, 6)) {
  case 0:
    number = edges[fuzz_below(random, EDGES)];
    break;
  case 1:
    number = fuzz_random(random);
    break;
  case 2:
    number = fuzz_below(random, (size_t)image->pages + 2); /* a page, perhaps */
    break;
  case 3:
    number ^= UINT64_C(1) << fuzz_below(random, 8 * width);
    break;
  case 4:
    number = fuzz_below(random, image->page_size);
    break;
  default:
    number += fuzz_below(random, 9) - UINT64_C(4);
  }
  memcpy(at, &number, width);
}

struct field {
  uint16_t offset;
  uint8_t width;
};

static void change_field(const struct image *image, uint64_t *random, void *base, const struct field *fields,
                         size_t count) {
  const struct field *field = &fields[fuzz_below(random, count)];
  change_number(image, random, (uint8_t *)base + field->offset, field->width);
}

#define CHANGE_FIELD(image, random, base, fields) \
  change_field((image), (random), (base), (fields), sizeof(fields) / sizeof((fields)[0]))

/* ------------------------------------------------------------------------------------------------------------- metas */

static const struct field header_fields[] = {{0, 8},  {16, 4}, {20, 2}, {22, 2}, {24, 2},
                                             {26, 2}, {28, 2}, {30, 2}, {24, 4}, {28, 4}};
static const struct field table_fields[] = {{0, 1},  {1, 1},  {2, 2},  {4, 4},  {8, 4},  {12, 4}, {16, 4},
                                            {20, 1}, {21, 1}, {22, 2}, {24, 8}, {32, 8}, {40, 8}};
static const struct field nested_fields[] = {{0, 4}, {4, 2}, {6, 2}, {8, 4}, {12, 4}, {16, 8}};
static const struct field large_fields[] = {{0, 4}, {4, 4}, {8, 2}, {10, 2}};
static const struct field meta_fields[] = {
    {32, 8},  {40, 8},  {56, 4},  {60, 4},  {60, 1}, {64, 4},  {68, 4},  {72, 4},  {76, 4},  {80, 4},
    {84, 4},  {88, 4},  {92, 2},  {94, 2},  {96, 4}, {100, 4}, {104, 8}, {112, 8}, {184, 8}, {216, 8},
    {232, 8}, {240, 8}, {248, 8}, {168, 8}, {22, 2}, {24, 2},  {26, 2},  {28, 4},  {0, 8}};

static void mutate_meta(struct image *image, uint64_t *random) {
  struct meta_page *meta = image_head(image);
  if (!meta || fuzz_below(random, 4) == 0)
    meta = (struct meta_page *)(void *)image_page(image, (pgno_t)fuzz_below(random, MIN_OF(image->pages, 3u)));
  switch (fuzz_below(random, 6)) {
  case 0: /* another transaction, whole */
    change_number(image, random, (uint8_t *)&meta->header.txnid, 8);
    meta->meta.txnid_again = meta->header.txnid;
    break;
  case 1:
    CHANGE_FIELD(image, random, &meta->meta.main, table_fields);
    break;
  case 2: /* the manifest, or the list behind it */
    if (meta_room(image->page_size)) {
      const size_t end = MIN_OF((size_t)PAGE_HEADER + meta->header.lower, image->page_size);
      const size_t room = end > PAGE_SIZE_MIN ? end - PAGE_SIZE_MIN : meta_room(image->page_size);
      change_number(image, random, (uint8_t *)meta + PAGE_SIZE_MIN + fuzz_below(random, room), 1);
    }
    break;
  case 3: /* the bounds of the file, and what is used of it */
    meta->meta.next = (pgno_t)fuzz_below(random, (size_t)image->pages + 3);
    break;
  default:
    CHANGE_FIELD(image, random, meta, meta_fields);
  }
}

/* A meta takes the place of another one. */
static void move_meta(struct image *image, uint64_t *random) {
  const pgno_t from = (pgno_t)fuzz_below(random, META_COUNT), to = (pgno_t)fuzz_below(random, META_COUNT);
  if (from >= image->pages || to >= image->pages || from == to)
    return;
  memcpy(image_page(image, to), image_page(image, from), image->page_size);
  image_page(image, to)->pgno = to;
}

/* ------------------------------------------------------------------------------------------------------------- pages */

static pgno_t draw_page(struct image *image, uint64_t *random) {
  const struct meta_page *head = image_head(image);
  const pgno_t used =
      head && head->meta.next > META_COUNT && head->meta.next < image->pages ? head->meta.next : image->pages;
  return (pgno_t)fuzz_below(random, fuzz_below(random, 8) ? used : image->pages);
}

static void mutate_header(struct image *image, uint64_t *random) {
  static const uint16_t flags[] = {P_BRANCH,
                                   P_LEAF,
                                   P_LARGE,
                                   P_META,
                                   P_BRANCH | P_NOKEYHEADS,
                                   P_LEAF | P_NOKEYHEADS,
                                   P_LEAF | P_DUPFIX | P_NOKEYHEADS,
                                   0};
  struct page *page = image_page(image, draw_page(image, random));
  if (fuzz_below(random, 5) == 0)
    page->flags = flags[fuzz_below(random, 8)];
  else
    CHANGE_FIELD(image, random, page, header_fields);
}

static void swap_bytes(uint8_t *a, uint8_t *b, size_t length) {
  for (size_t i = 0; i < length; ++i) {
    const uint8_t byte = a[i];
    a[i] = b[i];
    b[i] = byte;
  }
}

static void move_page(struct image *image, uint64_t *random) {
  const pgno_t from = draw_page(image, random), to = draw_page(image, random);
  struct page *source = image_page(image, from), *target = image_page(image, to);
  if (from == to || from < META_COUNT || to < META_COUNT)
    return;
  switch (fuzz_below(random, 4)) {
  case 0:
    swap_bytes((uint8_t *)source, (uint8_t *)target, image->page_size);
    target->pgno = to;
    source->pgno = from;
    break;
  case 1:
    memset(target, 0, image->page_size);
    break;
  default:
    memcpy(target, source, image->page_size);
    if (fuzz_below(random, 4))
      target->pgno = to;
  }
}

/* The file becomes longer or shorter. */
static void mutate_length(struct image *image, uint64_t *random) {
  const size_t units = 1 + fuzz_below(random, 16);
  if (fuzz_below(random, 2)) {
    if (image->length > units * IMAGE_UNIT)
      image->length -= units * IMAGE_UNIT;
  } else if (image->length + units * IMAGE_UNIT <= IMAGE_MOST) {
    memset(image->bytes + image->length, 0, units * IMAGE_UNIT);
    image->length += units * IMAGE_UNIT;
  }
}

static void mutate_bytes(struct image *image, uint64_t *random) {
  uint8_t some[32];
  uint8_t *at = image->bytes + fuzz_below(random, image->length - sizeof(some));
  memcpy(some, at, sizeof(some));
  const size_t length = LLVMFuzzerMutate(some, sizeof(some), sizeof(some));
  memcpy(at, some, length);
}

/* ------------------------------------------------------------------------------------------------------------- nodes */

static void mutate_record(const struct image *image, uint64_t *random, const struct leaf_item *item) {
  uint8_t *data = (uint8_t *)(uintptr_t)item->data;
  if (item->kind == NODE_LARGE && item->data_length == sizeof(struct large_ref))
    CHANGE_FIELD(image, random, data, large_fields);
  else if (item->kind == NODE_TREE && item->data_length == sizeof(struct nested_record))
    CHANGE_FIELD(image, random, data, nested_fields);
  else if (item->kind == NODE_TREE && item->data_length == sizeof(struct table_record))
    CHANGE_FIELD(image, random, data, table_fields);
  else if (item->kind == NODE_SUBPAGE && item->data_length > SUBPAGE_HEADER)
    change_number(image, random,
                  data + (fuzz_below(random, 2) ? 2 * fuzz_below(random, 4) % item->data_length
                                                : fuzz_below(random, item->data_length)),
                  1);
  else if (item->data_length)
    change_number(image, random, data + fuzz_below(random, item->data_length), 1);
}

static void mutate_key(struct page *page, const struct image *image, uint64_t *random, const struct leaf_item *item) {
  if (!item->key_length)
    return;
  change_number(image, random, (uint8_t *)(uintptr_t)item->key + fuzz_below(random, item->key_length), 1);
  if (fuzz_below(random, 4) && page_has_keyheads(page))
    leaf_make_keyheads(page, ORDER_BYTES);
}

static void mutate_leaf(struct image *image, uint64_t *random, struct page *page) {
  const unsigned i = (unsigned)fuzz_below(random, page->count), other = (unsigned)fuzz_below(random, page->count);
  struct leaf_item item;
  leaf_get(page, i, &item);
  if (leaf_is_array(page)) {
    change_number(image, random, (uint8_t *)(uintptr_t)item.key + fuzz_below(random, item.key_length), 1);
    return;
  }
  uint8_t *node = (uint8_t *)(uintptr_t)leaf_node(page, i);
  switch (fuzz_below(random, 8)) {
  case 0:
    change_number(image, random, (uint8_t *)&leaf_slots(page)[i], 2);
    break;
  case 1:
    change_number(image, random, node + 2 * fuzz_below(random, 2), 2);
    break;
  case 2: /* another kind of node */
    node[1 + 2 * fuzz_below(random, 2)] ^= 0x80;
    break;
  case 3:
    swap_bytes((uint8_t *)&leaf_slots(page)[i], (uint8_t *)&leaf_slots(page)[other], 2);
    if (page_has_keyheads(page))
      swap_bytes((uint8_t *)&leaf_keyheads(page)[i], (uint8_t *)&leaf_keyheads(page)[other], 4);
    break;
  case 4:
    mutate_key(page, image, random, &item);
    break;
  case 5:
    if (page_has_keyheads(page) && fuzz_below(random, 2))
      change_number(image, random, (uint8_t *)&leaf_keyheads(page)[i], 4);
    else if (page->count > 1)
      leaf_erase(page, i);
    break;
  default:
    mutate_record(image, random, &item);
  }
}

static void mutate_branch(struct image *image, uint64_t *random, struct page *page) {
  const unsigned i = (unsigned)fuzz_below(random, page->count), other = (unsigned)fuzz_below(random, page->count);
  uint8_t *children = branch_children(page);
  switch (fuzz_below(random, 7)) {
  case 0:
    change_number(image, random, children + (size_t)i * CHILD_SIZE, 4);
    break;
  case 1:
    change_number(image, random, children + (size_t)i * CHILD_SIZE + 4, 2);
    break;
  case 2:
    change_number(image, random, (uint8_t *)&branch_tails(page)[i], 2);
    break;
  case 3:
    if (page_has_keyheads(page))
      change_number(image, random, (uint8_t *)&branch_keyheads(page)[i], 4);
    break;
  case 4:
    swap_bytes(children + (size_t)i * CHILD_SIZE, children + (size_t)other * CHILD_SIZE, i == other ? 0 : CHILD_SIZE);
    break;
  case 5: /* one more or one less, whatever it leads to */
    page->count = (uint16_t)(page->count + (fuzz_below(random, 2) ? 1 : -1));
    break;
  default:
    if (page->prefix)
      change_number(image, random, page_body(page) + fuzz_below(random, page->prefix), 1);
  }
}

static void mutate_node(struct image *image, uint64_t *random) {
  for (unsigned tries = 0; tries < 8; ++tries) {
    const pgno_t pgno = draw_page(image, random);
    struct page *page = image_page(image, pgno);
    if (pgno < META_COUNT || !image_page_is_sound(image, pgno) || !page->count)
      continue;
    if (page->flags & P_BRANCH)
      mutate_branch(image, random, page);
    else
      mutate_leaf(image, random, page);
    return;
  }
}

typedef void mutation(struct image *image, uint64_t *random);

void image_mutate(struct image *image, uint64_t *random) {
  static mutation *const all[] = {mutate_meta, mutate_meta, move_meta,   mutate_header, mutate_header, move_page,
                                  mutate_node, mutate_node, mutate_node, mutate_node,   mutate_length, mutate_bytes};
  if (image->pages < META_COUNT)
    mutate_length(image, random);
  else
    all[fuzz_below(random, sizeof(all) / sizeof(all[0]))](image, random);
}
