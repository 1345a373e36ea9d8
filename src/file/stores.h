/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/stores.h: the second, writable mapping of the data file, through which weak commits copy pages.
 *
 * Owns the mapping, and this process's knowledge of the storage behind each page. Invariant: a page is copied only if
 * this process has written it by a system call before, and since then nobody else has committed and the file was never
 * cut below that page. Then the file system has allocated and initialised its blocks, and a store cannot cause SIGBUS
 * for lack of space. This is true only on file systems that write such blocks in place; on others no page is copied. A
 * page that was not written recently is not copied either, since the store might first read it from the disk.
 *
 * Only the holder of the writer lock calls these functions; stores_close() is also called at close. No other code knows
 * the addresses.
 */
#ifndef MDBX_FILE_STORES_H
#define MDBX_FILE_STORES_H

#include "os/os.h"

struct stores {
  char *base;       /* NULL: not mapped */
  size_t length;    /* bytes */
  uint8_t *written; /* for each page the epoch in which it was written, 0: not known */
  unsigned shift;   /* log2 of the page size */
  uint8_t epoch;
  bool refused;        /* pages cannot be copied here; not tried again */
  uint32_t generation; /* os_fork_generation() when mapped: children do not inherit the mapping */
  uint64_t in_epoch, epoch_pages;
  pgno_t end;     /* nothing is known of this page and those behind it */
  txnid_t newest; /* the last commit of this process */
};

/* Whether a transaction that builds on the commit `base`, whose file has `pages` pages, may copy pages. Maps `length`
 * bytes at the first call, and again if `length` has grown. */
bool stores_begin(struct stores *stores, int fd, unsigned shift, size_t length, txnid_t base, pgno_t pages);
void stores_close(struct stores *stores);

/* Whether consecutive pages may be copied. */
bool stores_may_copy(const struct stores *stores, pgno_t pgno, uint32_t pages);
/* Notes that consecutive pages were written by a system call, or copied. */
void stores_note(struct stores *stores, pgno_t pgno, uint32_t pages);
/* Copies bytes to `offset` in the file. */
int stores_copy(const struct stores *stores, int fd, uint64_t offset, const void *bytes, size_t length);

#endif
