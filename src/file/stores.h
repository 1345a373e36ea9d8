/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/stores.h: the second, writable mapping of the data file, through which weak commits copy pages.
 *
 * Owns the mapping and what this process knows of the storage behind each page. Invariant: a page is copied only if this
 * process has written it by a call before, nobody else has committed since, and the file has not become shorter than that
 * page since. Then the file system has allocated and initialised its blocks, and a store cannot end with SIGBUS for want of
 * room; so it is only on file systems where such blocks are written in place. A page that was not written lately is not
 * copied either: its content may have to come from the disk first.
 *
 * For the holder of the writer lock, like all that writes. Nobody else knows the addresses.
 */
#ifndef MDBX_FILE_STORES_H
#define MDBX_FILE_STORES_H

#include "os/os.h"

struct stores {
  char *base;       /* NULL: not mapped */
  size_t length;    /* bytes */
  uint8_t *written; /* of each page the epoch it was written in, 0: not known */
  unsigned shift;   /* log2 of the page size */
  uint8_t epoch;
  bool refused;        /* here it cannot be; not asked again */
  uint32_t generation; /* os_fork_generation() of the mapping: children do not inherit it */
  uint64_t in_epoch, epoch_pages;
  pgno_t end;     /* nothing is known from here on */
  txnid_t newest; /* the last commit of this process */
};

/* Whether pages may be copied in a transaction on the commit `base`, whose file has `pages` pages. Maps `length` bytes when
 * it is asked first, or for more. */
bool stores_begin(struct stores *stores, int fd, unsigned shift, size_t length, txnid_t base, pgno_t pages);
void stores_close(struct stores *stores);

/* Whether a row of pages may be copied. */
bool stores_may_copy(const struct stores *stores, pgno_t pgno, uint32_t pages);
/* A row of pages was written by a call, or copied. */
void stores_note(struct stores *stores, pgno_t pgno, uint32_t pages);
/* Copies bytes to where they belong in the file. */
int stores_copy(const struct stores *stores, int fd, uint64_t offset, const void *bytes, size_t length);

#endif
