/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/warmup.h: reads the pages in use into memory.
 *
 * Never accesses the mapping directly: another process may cut the tail of the file meanwhile, and accessing a mapping
 * beyond the end of a file raises SIGBUS. Takes no lock.
 */
#ifndef MDBX_SERVICE_WARMUP_H
#define MDBX_SERVICE_WARMUP_H

#include "txn/txn.h"

/* Reads the first `pages` pages as the MDBX_warmup_flags_t say; timeout is 16.16, 0: none. MDBX_RESULT_TRUE: the time
 * is over. */
int warmup_pages(const MDBX_env *env, pgno_t pages, unsigned flags, unsigned timeout);

#endif
