/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/warmup.h: brings the pages in use into memory.
 *
 * Never touches the mapping by itself: the tail of the file may be cut meanwhile by another process, and what lies behind
 * the end of a file must not be touched. Takes no lock.
 */
#ifndef MDBX_SERVICE_WARMUP_H
#define MDBX_SERVICE_WARMUP_H

#include "txn/txn.h"

/* The first `pages` pages, by MDBX_warmup_flags_t; timeout is 16.16, 0: none. MDBX_RESULT_TRUE: it ran out. */
int warmup_pages(const MDBX_env *env, pgno_t pages, unsigned flags, unsigned timeout);

#endif
