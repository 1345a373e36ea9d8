/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/meta.h: reads the three meta pages, chooses the one to believe, writes one.
 *
 * What a meta promises, by kind (doc/commit.md has the invariants in full):
 *   STEADY    its pages had been flushed before it was written: believed whenever its checksum holds
 *   MANIFEST  written together with its pages: believed if its checksum holds and every page it lists matches
 *   WEAK      its pages may never have reached the disk: believed only in the boot that wrote it
 *   WIPED     as WEAK, and in addition older metas are no point to fall back to
 * A commit writes the slot that holds neither the newest meta nor the newest one known to be durable.
 *
 *   [durable head] --commit small--> MANIFEST --flush--> [durable head]          commit_small()
 *   [any head] --flush--> data safe --write--> STEADY --flush--> [durable head]  commit_large()
 *   [any head] --write--> WEAK [head, last durable one kept] --sync--> STEADY     commit_weak(), sync_head()
 */
#ifndef MDBX_FILE_META_H
#define MDBX_FILE_META_H

#include "file/geometry.h"
#include "format/meta_list.h"

/* The result of reading one slot. */
struct meta_slot {
  bool signature;    /* it has the signature of a meta page, of any format version */
  bool valid;        /* checksum and all fields are correct */
  bool blank;        /* it was wiped, or never written */
  bool incomplete;   /* an increment was applied in part, see service/increment_apply.c */
  bool senseless;    /* its checksum matches but its fields are impossible: no crash leaves such a meta */
  txnid_t claimed;   /* the id in its header, valid or not */
  const char *fault; /* for messages: why it is not valid; NULL if it is valid or blank */
  txnid_t txnid;     /* 0 unless valid */
  uint64_t checksum;
  unsigned manifest; /* entries */
  uint32_t unknown;  /* optional features that this engine does not know; if any, the meta is not valid */
  struct meta meta;
};

struct meta_set {
  uint32_t page_size;
  struct meta_slot slot[META_COUNT];
};

/* Reads the metas of a file of any page size. MDBX_SUCCESS if at least one is valid; MDBX_INVALID: no database (no
 * signature anywhere); MDBX_VERSION_MISMATCH; MDBX_INCOMPATIBLE: it uses an optional feature this engine does not know;
 * MDBX_CORRUPTED: a database, but no meta is sound; or an errno value. */
int meta_read_all(int fd, const char *path, struct meta_set *set);

/* The valid slot with the greatest id, after meta_read_all() has succeeded: then there is one. */
unsigned meta_newest(const struct meta_set *set);

/* Whether the fields have possible values; does not check the ids and the trees. */
bool meta_is_sane(const struct meta *meta);

/* Convert fields of a meta to the structs that the layers above use, and back. */
struct geometry meta_geometry(const struct meta *meta);
void meta_set_geometry(struct meta *meta, const struct geometry *geometry);
MDBX_canary meta_canary(const struct meta *meta);
void meta_set_canary(struct meta *meta, const MDBX_canary *canary);

/* Reads one slot. */
int meta_read_slot(int fd, uint32_t page_size, unsigned slot, struct meta_slot *out);

/* What the first opener of a database has to do. */
struct meta_choice {
  unsigned head;         /* slot of the snapshot to continue with */
  bool rollback;         /* newer commits exist that are not believed */
  bool make_steady;      /* the head is intact, but perhaps not on disk */
  bool wipe[META_COUNT]; /* slots to wipe before the next commit */
};

/* Sets *matches if all pages of a slot's manifest match; called only for MANIFEST metas of another boot. */
typedef int (*meta_verify)(void *context, unsigned slot, bool *matches);

/* Whether recovery may believe a meta of that kind after a system crash. */
static inline bool meta_kind_is_believed(uint32_t kind) { return kind == META_STEADY || kind == META_MANIFEST; }

/* Chooses the head. MDBX_CORRUPTED: no meta can be believed, or a `senseless` meta is newer than the head, or another
 * meta has the head's id and other content. Reads nothing but through `verify`. */
int meta_choose(const struct meta_set *set, const uint64_t boot_id[2], meta_verify verify, void *context,
                struct meta_choice *choice);

struct meta_verify_context {
  int fd;
  const struct meta_set *set;
};
/* The real meta_verify: reads the pages from the file. */
int meta_verify_manifest(void *context, unsigned slot, bool *matches);

/* The content of a meta page behind the meta. */
struct meta_tail {
  const struct meta_manifest *manifest; /* anywhere, or in its place in the page that is built */
  unsigned count;
  const uint8_t *list; /* format/meta_list.h */
  size_t list_length;
};

/* Whether a tail has room in a page. */
static inline bool meta_tail_fits(uint32_t page_size, size_t manifest, size_t list_length) {
  return manifest * sizeof(struct meta_manifest) + list_length <= meta_room(page_size);
}

/* Builds the page of a meta: `page` has page_size bytes. A NULL tail is an empty one. */
void meta_build(struct meta_page *page, uint32_t page_size, unsigned slot, txnid_t txnid, const struct meta *meta,
                const struct meta_tail *tail);

/* The list of a page that this module has built, or has read and found valid. */
const uint8_t *meta_list_of(const struct meta_page *page, size_t *length);
/* The same for a page that was valid earlier, and may have changed; NULL: the list does not lie inside the page. */
const uint8_t *meta_list_inside(const struct meta_page *page, uint32_t page_size, size_t *length);

/* Reads a slot again, after it was read into `old`, and returns its page, which the caller frees. MDBX_CORRUPTED, not
 * logged: the slot has changed. */
int meta_read_page(int fd, uint32_t page_size, unsigned slot, const struct meta_slot *old, struct meta_page **page);

/* Rewrites a slot with that meta and id; keeps its list, drops its manifest. No flush. */
int meta_restate(int fd, uint32_t page_size, unsigned slot, const struct meta_slot *old, txnid_t txnid,
                 const struct meta *meta);

/* Writes a built page to its slot; no flush. */
int meta_write(int fd, const struct meta_page *page, uint32_t page_size);
/* The same through a writable mapping of the file that begins at `base`. */
int meta_store(char *base, int fd, const struct meta_page *page, uint32_t page_size);

/* From now on the database is no copy, and another one than what it was a copy of. */
int meta_begin_branch(struct meta *meta);

/* Rewrites a weak meta as steady. Its pages have been flushed; a flush must follow. */
int meta_make_steady(int fd, size_t page_size, unsigned slot, const struct meta_slot *old);
/* The same for a slot that meta_read_page() has read: only the write can fail. */
int meta_turn_steady(int fd, uint32_t page_size, unsigned slot, struct meta_page *page);

/* Writes `page`, a meta page read from any slot, to `slot`, as steady and without a manifest. The pages of the commit
 * have been flushed; the meta page is on the disk on return. */
int meta_write_steady(int fd, uint32_t page_size, unsigned slot, struct meta_page *page);

/* Writes the three metas of a new database in one go; no flush. Ids 1, 2, 3. */
int meta_create(int fd, uint32_t page_size, const struct meta *meta);

/* Fills a slot with zeros; no flush. */
int meta_wipe(int fd, uint32_t page_size, unsigned slot);

/* The slot of the durable commit, or META_COUNT; the head if it may be. A damaged file may have that commit in several
 * slots: if all were kept, no slot might be left to write to. */
unsigned meta_durable_slot(const txnid_t txnids[META_COUNT], unsigned head, txnid_t durable);
/* The slot that the next commit writes: the oldest one that is neither the head's nor that of the newest durable commit
 * (TXNID_NONE: there is no durable commit). `txnids` are the ids of the slots, 0 for an unreadable one. */
unsigned meta_next_slot(const txnid_t txnids[META_COUNT], unsigned head, txnid_t durable);

#endif
