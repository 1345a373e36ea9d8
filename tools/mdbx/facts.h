/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/facts.h: the state of a database at one moment: sizes, pages by use, readers.
 */
#ifndef MDBX_TOOLS_MDBX_FACTS_H
#define MDBX_TOOLS_MDBX_FACTS_H

#include "command.h"

struct facts {
  MDBX_envinfo info;
  MDBX_stat stat; /* of all tables together */
  uint64_t page_size;
  /* Pages. Of those below the highest one ever used (allocated), some are in use, some free, some held: free for the
   * newest snapshot, but a reader, or the last steady commit, still sees them. */
  uint64_t allocated, used, free, held;
  uint64_t unallocated; /* in the file, above the allocated part */
  unsigned readers;     /* with a snapshot, without this process */
  uint64_t lag;         /* of the oldest of them */
  uint64_t retained;    /* bytes that this reader prevents from being reused */
  mdbx_pid_t slowest;   /* its process */
};

/* The sizes of the file are multiples of this, in bytes. */
static inline uint64_t facts_unit(const struct facts *facts) {
  return facts->page_size > facts->info.mi_sys_pagesize ? facts->page_size : facts->info.mi_sys_pagesize;
}

/* Bytes up to the end of the last page in use: the least that the upper size can be. */
static inline uint64_t facts_in_use(const struct facts *facts) {
  const uint64_t unit = facts_unit(facts);
  return (facts->allocated * facts->page_size + unit - 1) / unit * unit;
}

/* Reads the state as a read transaction sees it. Prints a message if it fails. */
int facts_read_in(MDBX_txn *txn, struct facts *facts);
/* The same in a short transaction of its own. */
int facts_read(const MDBX_env *env, struct facts *facts);

#endif
