/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format/increment.h: the bytes of an increment: an increment turns a copy of one snapshot into a copy of a later one.
 *
 *   struct increment_header
 *   any number of: struct increment_record, and the bytes of its pages as they stand in the file
 *   a struct increment_record of zeros
 *   struct increment_trailer
 *   the list of the meta
 *   u64: checksum of all bytes before it
 *
 * Written and read in sequence. Little-endian like the database; nothing is aligned.
 */
#ifndef MDBX_FORMAT_INCREMENT_H
#define MDBX_FORMAT_INCREMENT_H

#include "format/format.h"

/* "mdbxincr" */
#define INCREMENT_MAGIC UINT64_C(0x72636E697862646D)
#define INCREMENT_VERSION 2u

struct increment_header {
  uint64_t magic;
  uint32_t version;
  uint32_t page_size;
  uint64_t database_id[2];
  uint64_t base;     /* the snapshot of the copy it belongs to */
  uint64_t txnid;    /* the snapshot the copy has afterwards */
  uint64_t branch;   /* of the database: meta_branch() */
  uint64_t checksum; /* of the above */
};

struct increment_record {
  uint32_t pgno, pages;
};

struct increment_trailer {
  struct meta meta;     /* of the snapshot, as a copy has it */
  uint64_t pages;       /* in all records */
  uint64_t list_length; /* bytes of the list of the meta, which follow */
};
_Static_assert(sizeof(struct increment_header) == 64 && sizeof(struct increment_trailer) == META_BODY + 16,
               "an increment has no padding");

/* Checksum of a stream; NULL when there is no memory. */
struct increment_digest *increment_digest_new(void);
void increment_digest_add(struct increment_digest *digest, const void *bytes, size_t length);
uint64_t increment_digest_value(const struct increment_digest *digest);
void increment_digest_free(struct increment_digest *digest);

/* Fills in magic, version and checksum. */
void increment_header_seal(struct increment_header *header);
/* MDBX_INVALID: not an increment; MDBX_VERSION_MISMATCH; MDBX_CORRUPTED. */
int increment_header_check(const struct increment_header *header, const char *path);

#endif
