/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/meta.h: the three meta pages: reading them, choosing the one to believe, writing one.
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

/* What is known of one slot. */
struct meta_slot {
  bool signature;    /* it looks like a meta of this format at all */
  bool valid;        /* checksum and all fields are sound */
  bool blank;        /* was made unreadable */
  bool incomplete;   /* an increment was being applied, see service/increment_apply.c */
  bool senseless;    /* its checksum is right and its fields cannot be: no crash leaves that */
  txnid_t claimed;   /* the id it gives itself, valid or not */
  const char *fault; /* what is wrong with one that is neither valid nor blank, for messages; else NULL */
  txnid_t txnid;     /* 0 unless valid */
  uint64_t checksum;
  unsigned manifest; /* entries */
  uint32_t unknown;  /* optional features that this engine does not know: then not valid */
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

/* Whether the fields are possible, but for the ids and the trees. */
bool meta_is_sane(const struct meta *meta);

/* What a meta stores, as the structs that the layers above use, and back. */
struct geometry meta_geometry(const struct meta *meta);
void meta_set_geometry(struct meta *meta, const struct geometry *geometry);
MDBX_canary meta_canary(const struct meta *meta);
void meta_set_canary(struct meta *meta, const MDBX_canary *canary);

/* Reads one slot anew. */
int meta_read_slot(int fd, uint32_t page_size, unsigned slot, struct meta_slot *out);

/* What opening a database that nobody else has open has to do. */
struct meta_choice {
  unsigned head;         /* slot of the snapshot to go on with */
  bool rollback;         /* newer commits exist that cannot be believed */
  bool make_steady;      /* the head is not on disk for sure, but intact */
  bool wipe[META_COUNT]; /* slots to be made unreadable before the next commit */
};

/* Answers whether all pages of a slot's manifest match; asked for MANIFEST metas of another boot only. */
typedef int (*meta_verify)(void *context, unsigned slot, bool *matches);

/* Whether a meta of that kind may be believed after a system crash. */
static inline bool meta_kind_is_believed(uint32_t kind) { return kind == META_STEADY || kind == META_MANIFEST; }

/* Chooses. MDBX_CORRUPTED when no meta can be believed, or one that cannot come from a crash is newer than what can. Pure but
 * for what `verify` does. */
int meta_choose(const struct meta_set *set, const uint64_t boot_id[2], meta_verify verify, void *context,
                struct meta_choice *choice);

struct meta_verify_context {
  int fd;
  const struct meta_set *set;
};
/* The real meta_verify: reads the pages from the file. */
int meta_verify_manifest(void *context, unsigned slot, bool *matches);

/* What stands behind a meta on its page. */
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

/* Builds the page of a meta: `page` has page_size bytes. The tail may be NULL: nothing. */
void meta_build(struct meta_page *page, uint32_t page_size, unsigned slot, txnid_t txnid, const struct meta *meta,
                const struct meta_tail *tail);

/* The list of a built or read page, which is sound. */
const uint8_t *meta_list_of(const struct meta_page *page, size_t *length);
/* The same of a page that was sound when the database was opened; NULL: it does not lie inside the page. */
const uint8_t *meta_list_inside(const struct meta_page *page, uint32_t page_size, size_t *length);

/* Reads a slot again, of which `old` was read, and gives its page, which is the caller's to free. MDBX_CORRUPTED, without a
 * report: it has changed. */
int meta_read_page(int fd, uint32_t page_size, unsigned slot, const struct meta_slot *old, struct meta_page **page);

/* Writes a slot anew, with that meta and id, and the list it has. The manifest goes. No flush. */
int meta_restate(int fd, uint32_t page_size, unsigned slot, const struct meta_slot *old, txnid_t txnid,
                 const struct meta *meta);

/* Writes a built page to its slot; no flush. */
int meta_write(int fd, const struct meta_page *page, uint32_t page_size);
/* The same through a writable mapping of the file that begins at `base`. */
int meta_store(char *base, int fd, const struct meta_page *page, uint32_t page_size);

/* Writes a meta that was weak anew as steady. Its pages have been flushed; a flush must follow. */
int meta_make_steady(int fd, size_t page_size, unsigned slot, const struct meta_slot *old);

/* Writes the meta of a page that was read from some slot to that one, as steady, without a manifest. It is on the disk on return.
 * Its pages have been flushed. */
int meta_write_steady(int fd, uint32_t page_size, unsigned slot, struct meta_page *page);

/* Writes the three metas of a new database in one go; no flush. Ids 1, 2, 3. */
int meta_create(int fd, uint32_t page_size, const struct meta *meta);

/* Makes a slot unreadable; no flush. */
int meta_wipe(int fd, uint32_t page_size, unsigned slot);

/* The slot the next commit writes: neither the head's nor that of the newest durable commit (0: there is none), and of
 * the others the oldest. `txnids` are those of the slots, 0 for an unreadable one. */
unsigned meta_next_slot(const txnid_t txnids[META_COUNT], unsigned head, txnid_t durable);

#endif
