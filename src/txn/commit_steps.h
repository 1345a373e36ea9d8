/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/commit_steps.h: a commit on its way, and the steps that those which are alone (commit.c) and those which share a flush
 * (commit_group.c) have in common.
 */
#ifndef MDBX_TXN_COMMIT_STEPS_H
#define MDBX_TXN_COMMIT_STEPS_H

#include "base/assert.h"
#include "txn/commit.h"

enum durability { COMMIT_DURABLE, COMMIT_GROUPED, COMMIT_NOMETASYNC, COMMIT_WEAK, COMMIT_UTTERLY };

/* A commit goes through these in their order, and may leave some out. */
enum commit_step {
  STEP_BEGUN,
  STEP_TABLES,     /* records of tables are in the main table */
  STEP_FREE_PAGES, /* the table of free pages is written: no page changes any more */
  STEP_EXTENDED,   /* the file has room */
  STEP_PAGES,      /* all pages are in the file */
  STEP_PAGES_FLUSHED,
  STEP_META,
  STEP_META_FLUSHED,
  STEP_PUBLISHED,
  STEP_SHRUNK
};

struct commit {
  MDBX_txn *txn;
  MDBX_env *env;
  enum durability durability;
  struct dirty_page *list; /* sorted */
  size_t count;
  uint64_t bytes;
  struct meta meta;
  struct meta_page *page;   /* as it will be written */
  size_t inherited;         /* entries of its base that stand in the manifest of that page already */
  struct commit_wait *wait; /* NULL: it must not wait when it has given the writer lock on */
  unsigned slot;
  bool point_of_no_return; /* the meta may be in the file */
  bool timed;              /* the caller wants to know where the time goes */
  uint64_t flushing;       /* time spent on flushes, 16.16 */
#if MDBX_DEBUG
  enum commit_step step;
#endif
};

#if MDBX_DEBUG
static inline void commit_step_to(struct commit *commit, enum commit_step step) {
  ASSERT(step > commit->step);
  commit->step = step;
}
#else
#define commit_step_to(commit, step) ((void)(commit))
#endif

/* ---- commit_steps.c ---- */

/* MDBX_PANIC when somebody else took this process for dead and has the writer lock: what it commits must not be written
 * over, see C11. Before anything is written to the file. */
int commit_check_lock(const MDBX_txn *txn);
/* The ids of the meta pages; TXNID_NONE: it is none. */
void commit_read_slots(const struct commit *commit, txnid_t txnids[META_COUNT]);
int commit_write_pages(struct commit *commit);
int commit_write_meta(struct commit *commit, enum meta_kind kind, const struct meta_manifest *manifest,
                      unsigned entries);
/* Puts the pages of this commit into its manifest, behind what is inherited, when they have been written, and so have their
 * checksums. */
void commit_list_own_pages(struct commit *commit);
int commit_write_manifest(struct commit *commit);
/* What was just written need not be checked by its first readers. */
void commit_vouch(const struct commit *commit);

/* ---- commit_group.c ---- */

/* MDBX_PANIC: what this commit builds on has failed, or what failed may still be found by an opener. */
int commit_check_base(const struct commit *commit);
/* Entries of the manifest of what it builds on, if that waits for its flush. */
size_t commit_entries_of_base(const MDBX_txn *txn);
/* True: it is one that shares a flush, and its manifest has what it inherits. */
bool commit_begin_sharing(struct commit *commit);
/* Leaves it pending. */
int commit_write_grouped(struct commit *commit);

#endif
