/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/image.h: a database file in memory: what makes its checksums right, and what changes it in the sense of its
 * structure.
 *
 * Nothing in it is trusted: it may be any bytes.
 */
#ifndef MDBX_TESTS_FUZZ_IMAGE_H
#define MDBX_TESTS_FUZZ_IMAGE_H

#include "fuzz.h"

#include "format/page.h"

enum { IMAGE_UNIT = 256, IMAGE_MOST = 1 << 16 };

struct image {
  _Alignas(64) uint8_t bytes[IMAGE_MOST];
  size_t length; /* whole units */
  size_t page_size;
  pgno_t pages;
};

void image_take(struct image *image, const void *bytes, size_t length);
struct page *image_page(struct image *image, pgno_t pgno);
/* A branch or a leaf whose content can be looked at. */
bool image_page_is_sound(const struct image *image, pgno_t pgno);
/* The meta with the greatest transaction; NULL: there is none. */
struct meta_page *image_head(struct image *image);
/* The boot that the newest meta was written in; unchanged without one. */
void image_boot(const struct image *image, uint64_t boot[2]);

/* What is to be left as it is. */
enum seal_flags { KEEP_REFERENCES = 1, KEEP_CHECKSUMS = 2, KEEP_MANIFESTS = 4, KEEP_META_CHECKSUMS = 8 };

/* Makes births in references, checksums, and checksums in manifests right. */
void image_seal(struct image *image, unsigned seal);

/* In mutate.c: one change, drawn. */
void image_mutate(struct image *image, uint64_t *random);

#endif
