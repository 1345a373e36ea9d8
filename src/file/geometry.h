/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/geometry.h: how large a data file may be, is, and becomes. Pure arithmetic.
 *
 * Owns nothing. Invariants of a struct geometry that geometry_new() or geometry_change() made:
 *  - 3 <= lower <= now <= upper <= PGNO_LIMIT, and upper * page_size fits the address space;
 *  - lower, now, upper, grow and shrink are, in bytes, multiples of the system's page size;
 *  - shrink > 0 implies grow > 0.
 * A geometry read from disk has passed meta_is_sane(); its sizes need not be multiples of the system's page size, since
 * the database may come from a machine with smaller pages.
 * Called by the environment, commit and the space layer; no lock, the caller owns the structs.
 */
#ifndef MDBX_FILE_GEOMETRY_H
#define MDBX_FILE_GEOMETRY_H

#include "base/base.h"

struct geometry {
  uint32_t page_size;
  pgno_t lower, upper, now; /* pages */
  uint32_t grow, shrink;    /* pages; grow 0: the file never grows, shrink 0: it never shrinks */
};

/* Bytes as mdbx_env_set_geometry() takes them: negative = keep or default, 0 = least, INTPTR_MAX = most possible. */
struct geometry_request {
  intptr_t lower, now, upper, grow, shrink, pagesize;
};

/* Facts of the machine that the arithmetic needs; parameters, so that tests are deterministic. */
struct geometry_system {
  size_t page_size; /* of the system, a power of two */
  uint64_t ram;     /* bytes */
};

/* The request of an environment for which nobody called mdbx_env_set_geometry(). */
extern const struct geometry_request geometry_request_initial;

bool geometry_page_size_is_valid(intptr_t page_size);
/* The system's page size, clipped to the page sizes of the engine. */
uint32_t geometry_default_page_size(const struct geometry_system *sys);
/* Smallest and largest database of that page size in bytes. */
uint64_t geometry_dbsize_min(uint32_t page_size);
uint64_t geometry_dbsize_max(uint32_t page_size);

/* Geometry of a new database. MDBX_EINVAL, MDBX_TOO_LARGE. */
int geometry_new(const struct geometry_request *want, const struct geometry_system *sys, struct geometry *result);
/* Geometry of an existing database whose first `used` pages are in use. A negative value keeps the old one. MDBX_EINVAL
 * (also for another page size), MDBX_MAP_FULL if the upper size would be below `used`, MDBX_TOO_LARGE. `result` may be
 * `old`. */
int geometry_change(const struct geometry *old, const struct geometry_request *want, const struct geometry_system *sys,
                    pgno_t used, struct geometry *result);

bool geometry_is_equal(const struct geometry *a, const struct geometry *b);
uint64_t geometry_bytes(const struct geometry *geo, pgno_t pages);

/* The file length (pages) to grow to so that `needed` pages fit: by growth steps, at most upper. Less than `needed`
 * when that is impossible. Never less than now. */
pgno_t geometry_grow_target(const struct geometry *geo, uint64_t needed);
/* The file length (pages) to shrink to when the first `used` pages are in use; `now` when the tail behind them is
 * within the threshold. Never below lower. */
pgno_t geometry_shrink_target(const struct geometry *geo, pgno_t used);

#endif
