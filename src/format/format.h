/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format/format.h: every byte a database file holds. doc/format.md describes the same in tables.
 *
 * All numbers are little-endian. Offsets inside a page body count from the end of the page header, so that a page of
 * 65536 bytes needs no more than 16 bits for them. Nothing read from a file may be used before format/check.c, or the
 * decoder of the record, has checked it.
 */
#ifndef MDBX_FORMAT_FORMAT_H
#define MDBX_FORMAT_FORMAT_H

#include "base/base.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the format is little-endian and read in place");

#define PAGE_SIZE_MIN 256u
#define PAGE_SIZE_MAX 65536u

/* ------------------------------------------------------------------------------------------------- page header */

enum page_flags {
  P_BRANCH = 0x01,
  P_LEAF = 0x02,
  P_LARGE = 0x04, /* first page of a run that holds one large value */
  P_META = 0x08,
  P_NOKEYHEADS = 0x10, /* branch or leaf of a table with a comparator of the user: no keyheads, whole separators */
  P_DUPFIX = 0x20,     /* leaf of a nested tree with values of one size: a plain array */
};

struct page {
  uint64_t txnid;    /* birth: the transaction that wrote this version of the page */
  uint64_t checksum; /* XXH3-64 of the rest of the used bytes, seeded by the database id */
  uint32_t pgno;
  uint16_t flags; /* enum page_flags; nothing else is ever valid here */
  uint16_t count; /* entries; on a meta page: entries of the manifest */
  union {
    struct {
      uint16_t lower; /* end of the arrays that grow up from the body's start */
      uint16_t upper; /* start of the nodes that grow down from the body's end; on a meta page: bytes of its list */
    };
    uint32_t run_pages; /* P_LARGE: pages of the run */
  };
  union {
    struct {
      uint16_t prefix; /* bytes of the normalised key that all keys of the page share */
      uint16_t item;   /* P_DUPFIX: bytes of one value */
    };
    uint32_t run_bytes; /* P_LARGE: bytes of the value */
    uint32_t features;  /* P_META: optional features, enum meta_features */
  };
};

#define PAGE_HEADER 32u
_Static_assert(sizeof(struct page) == PAGE_HEADER, "page header");
_Static_assert(offsetof(struct page, checksum) == 8, "page header");
_Static_assert(offsetof(struct page, pgno) == 16, "page header");
_Static_assert(offsetof(struct page, lower) == 24 && offsetof(struct page, run_pages) == 24, "page header");
_Static_assert(offsetof(struct page, prefix) == 28 && offsetof(struct page, run_bytes) == 28, "page header");

/* A reference to a page has its number and the low bits of its birth. If a write was lost, the page is an older
 * version: its checksum is valid, but the page is stale, and the birth shows it. */
struct page_ref {
  uint32_t pgno;
  uint16_t birth;
};

static inline uint16_t birth_bits(uint64_t txnid) { return (uint16_t)txnid; }

static inline struct page_ref page_ref(const struct page *page) {
  return (struct page_ref){page->pgno, birth_bits(page->txnid)};
}

/* --------------------------------------------------------------------------------------------------------- leaf
 * body: keyheads u32 x count (not with P_NOKEYHEADS), slots u16 x count, free space, nodes.
 * A slot is the body offset of its node. A node: u16 key length and flag, u16 data length and flag, key, data. The two
 * flag bits together say what the data is. Nodes leave no gap between them. */

#define NODE_HEADER 4u
#define NODE_FLAG 0x8000u
#define NODE_LENGTH 0x7fffu

enum node_kind {
  NODE_PLAIN = 0,   /* the value itself */
  NODE_LARGE = 1,   /* struct large_ref */
  NODE_SUBPAGE = 2, /* values of a key of a multi-value table, inside the leaf */
  NODE_TREE = 3,    /* main table: struct table_record of a named table; multi-value table: nested tree */
};

struct large_ref {
  uint32_t pgno;
  uint32_t bytes;
  uint16_t birth;    /* of the run: birth_bits() */
  uint16_t reserved; /* zero */
};
_Static_assert(sizeof(struct large_ref) == 12, "large_ref");

#define KEYHEAD_SIZE 4u
#define SLOT_SIZE 2u
#define LEAF_ENTRY (KEYHEAD_SIZE + SLOT_SIZE)

/* ------------------------------------------------------------------------------------------------------- branch
 * body: prefix padded to 4, keyheads u32 x count (not with P_NOKEYHEADS), children (u32 page, u16 birth) x count, tails
 * u16 x count, free space, tail bytes. Entry 0 has no separator: it stands for everything below entry 1.
 * A separator without the page's prefix is its suffix. A tail of 0..4 is the length of a suffix that lies in the
 * keyhead alone; a greater one is the body offset of u16 suffix length followed by the suffix bytes after the fourth. With
 * P_NOKEYHEADS there is no prefix, 0 is the empty key, and the bytes at the offset are the whole key. */

#define CHILD_SIZE 6u
#define TAIL_SIZE 2u
#define BRANCH_ENTRY (KEYHEAD_SIZE + CHILD_SIZE + TAIL_SIZE)
#define TAIL_HEADER 2u
#define TAIL_INLINE 4u

/* --------------------------------------------------------------------------------------------- table records */

enum table_flags {
  TABLE_REVERSEKEY = 0x02,
  TABLE_DUPSORT = 0x04,
  TABLE_INTEGERKEY = 0x08,
  TABLE_DUPFIXED = 0x10,
  TABLE_INTEGERDUP = 0x20,
  TABLE_REVERSEDUP = 0x40,
  TABLE_USER_ORDER = 0x01, /* keys are in the order of a comparator of the user: pages are P_NOKEYHEADS */
  TABLE_USER_DUPORDER = 0x80,
};
#define TABLE_FLAGS_PUBLIC 0x7eu

/* Optional features of a table. An engine refuses a table with a feature that it does not know. This engine knows none
 * yet; the names are reserved. */
enum table_features {
  TABLE_COUNTED = 0x01, /* branches store the number of items below each child */
  TABLE_DIGEST = 0x02, /* 16 bytes follow the record: a digest of the content; of the main table they are in the meta */
};
#define TABLE_FEATURES_KNOWN 0u

struct table_record {
  uint8_t flags; /* enum table_flags */
  uint8_t depth;
  uint16_t root_birth; /* birth_bits() of the root; zero when the tree is empty */
  uint32_t root;       /* PGNO_NONE when the tree is empty */
  uint32_t branch_pages;
  uint32_t leaf_pages;
  uint32_t large_pages;
  uint8_t key_item;    /* bytes of every key of an INTEGERKEY table; 0: none stored yet */
  uint8_t features;    /* enum table_features */
  uint16_t value_item; /* bytes of every value of a DUPFIXED one */
  uint64_t items;
  uint64_t sequence;
  uint64_t mod_txnid;
};
_Static_assert(sizeof(struct table_record) == 48, "table_record");
_Static_assert(offsetof(struct table_record, items) == 24, "table_record");

/* ------------------------------------------------------------------------------------------------- several values
 * A key of a TABLE_DUPSORT table has one node: NODE_PLAIN with its only value, NODE_SUBPAGE with a few, NODE_TREE with
 * a nested tree whose keys are the values and have no data. A sub-page: u16 count, u16 item; then, with item 0, the
 * u16 end of each value counted from the first value's start, and the values; else values of `item` bytes each. */

#define SUBPAGE_HEADER 4u
#define SUBPAGE_ENTRY 2u

struct nested_record {
  uint32_t root;
  uint16_t depth;
  uint16_t root_birth; /* birth_bits() of the root */
  uint32_t branch_pages;
  uint32_t leaf_pages;
  uint64_t items;
};
_Static_assert(sizeof(struct nested_record) == 24, "nested_record");

/* --------------------------------------------------------------------------------------------------------- meta
 * A meta page is a page header (flags P_META, txnid = id of the commit, count = entries of the manifest, lower = used
 * bytes of the body, upper = bytes of the list) followed by struct meta, the manifest and the list: pages that wait and are
 * not in table 0 (format/meta_list.h). */

/* "libmdbxC" without its last letter, and the format version in the last byte. */
#define META_SIGNATURE UINT64_C(0x00786264626d696c)
#define META_SIGNATURE_MASK UINT64_C(0x00ffffffffffffff)
#define META_VERSION 3u
#define META_MAGIC (META_SIGNATURE | (uint64_t)META_VERSION << 56)

enum meta_kind {
  META_WIPED = 0,    /* UTTERLY_NOSYNC gave up this commit as a fallback; never believed after a system crash */
  META_WEAK = 1,     /* its pages may not have reached the disk: believed in the boot that wrote it only */
  META_STEADY = 2,   /* its pages were flushed before it was written */
  META_MANIFEST = 3, /* written together with its pages: believed if every page of the manifest matches */
};

/* Optional features of a database as a whole. As for table_features, none is known yet. */
#define META_FEATURES_KNOWN 0u

struct meta_manifest {
  uint32_t pgno;
  uint32_t checksum_low;
  uint32_t checksum_high;
};
_Static_assert(sizeof(struct meta_manifest) == 12, "meta_manifest");

/* Table 0 needs fewer members than other tables. */
struct gc_record {
  uint32_t root;
  uint16_t depth;
  uint16_t root_birth;
  uint32_t branch_pages;
  uint32_t leaf_pages;
  uint64_t items;
  uint64_t mod_txnid;
};
_Static_assert(sizeof(struct gc_record) == 32, "gc_record");

struct meta {
  uint64_t magic;
  uint64_t database_id[2];
  uint32_t page_size;
  uint32_t kind;              /* enum meta_kind */
  uint32_t lower, upper, now; /* geometry, in pages */
  uint32_t next;              /* first unallocated page */
  uint32_t grow, shrink;
  struct gc_record gc;
  struct table_record main;
  uint64_t main_digest[2]; /* with TABLE_DIGEST; else zero */
  uint64_t canary[4];      /* x, y, z, v */
  uint64_t boot_id[2];
  uint64_t retired;     /* pages retired by all commits so far */
  uint64_t copy_of;     /* of a copy: its snapshot and branch; else the branch: see meta_branch() */
  uint64_t txnid_again; /* equals the header's txnid, else the page was read in the middle of a write */
};
#define META_BODY 224u
_Static_assert(sizeof(struct meta) == META_BODY, "a meta fits a page of 256 bytes");

struct meta_page {
  struct page header;
  struct meta meta;
  struct meta_manifest manifest[];
};
_Static_assert(sizeof(struct meta_page) == PAGE_SIZE_MIN, "a meta fits a page of 256 bytes");

/* A copy that is changed goes on beside the database it was made of: both have the same id, and give the same numbers to
 * their commits. What tells them apart is the branch, which has a bit above those of a txnid: zero for a database that
 * never was a copy; a random number that the first commit to a copy draws; of a compacting copy a number of its own. It
 * is in `copy_of`: marked, or without the mark XORed with the txnid, which says that the file is a copy, and unchanged. */
#define BRANCH_MARK (UINT64_C(1) << 63)
#define BRANCH_BIT (UINT64_C(1) << 62)

static inline bool meta_is_copy(const struct meta *meta) { return meta->copy_of && !(meta->copy_of & BRANCH_MARK); }
static inline uint64_t meta_branch(const struct meta *meta, uint64_t txnid) {
  return meta_is_copy(meta) ? meta->copy_of ^ txnid : meta->copy_of & ~BRANCH_MARK;
}

/* Converts the record of table 0 to an ordinary table record, and back. */
static inline struct table_record meta_gc_record(const struct meta *meta) {
  const struct gc_record *gc = &meta->gc;
  return (struct table_record){.depth = gc->depth <= UINT8_MAX ? (uint8_t)gc->depth : UINT8_MAX,
                               .root_birth = gc->root_birth,
                               .root = gc->root,
                               .branch_pages = gc->branch_pages,
                               .leaf_pages = gc->leaf_pages,
                               .items = gc->items,
                               .mod_txnid = gc->mod_txnid};
}

static inline void meta_set_gc(struct meta *meta, const struct table_record *record) {
  meta->gc = (struct gc_record){.root = record->root,
                                .depth = record->depth,
                                .root_birth = record->root_birth,
                                .branch_pages = record->branch_pages,
                                .leaf_pages = record->leaf_pages,
                                .items = record->items,
                                .mod_txnid = record->mod_txnid};
}

/* ----------------------------------------------------------------------------------------- records of free pages
 * Table 0. Key, 12 bytes: u64 big-endian with the kind in the top byte and a number below it, then u32 big-endian
 * sequence. Values are explained in gc/gc_record.h. */

enum gc_kind {
  GC_FREE = 1,  /* number: region; pages that no snapshot sees */
  GC_FRESH = 2, /* number: the transaction that retired the pages */
  GC_HELD = 3,  /* number: the newest pinned snapshot that sees the pages */
};
#define GC_KEY_SIZE 12u
#define GC_NUMBER_MASK UINT64_C(0x00ffffffffffffff)
_Static_assert(TXNID_MAX <= GC_NUMBER_MASK, "the id of every transaction fits a key of table 0");

/* ------------------------------------------------------------------------------------------------- derived limits */

static inline size_t body_size(size_t page_size) { return page_size - PAGE_HEADER; }

/* The greatest length of key and value together in a record that stays in a leaf; two such records fit a page. */
static inline size_t limit_pair(size_t page_size) { return body_size(page_size) / 2 - NODE_HEADER - LEAF_ENTRY; }

static inline size_t limit_key(size_t page_size, unsigned table_flags) {
  if (table_flags & TABLE_INTEGERKEY)
    return 8;
  return limit_pair(page_size) - (table_flags & TABLE_DUPSORT ? 42 : 0);
}

/* Room of a meta page for its manifest and its list. */
static inline size_t meta_room(size_t page_size) { return page_size - PAGE_SIZE_MIN; }

/* Pages of a run that holds a value of that many bytes. */
static inline uint32_t run_pages_for(uint64_t bytes, size_t page_size) {
  return (uint32_t)((bytes + PAGE_HEADER + page_size - 1) / page_size);
}

#endif
