/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gc/gc_verify.h: a debug build's look at what a write transaction knows of free pages; see base/assert.h.
 *
 * Lists in the file may be damaged, and name pages twice or pages that are in use. That is no mistake of this process: the
 * whole account is asserted only if it was right before the commit gave pages back.
 */
#ifndef MDBX_GC_GC_VERIFY_H
#define MDBX_GC_GC_VERIFY_H

#include "gc/gc.h"

#if MDBX_DEBUG
/* Lists are in the order that searches rely on, and have what they are for. */
void gc_verify(const struct gc *gc);
/* Other pins for the same transaction: in order, and none is new. */
void gc_verify_pins(const struct gc *gc, const txnid_t *pins, size_t count);
/* Runs that are to be written: ascending, each page once. */
void gc_verify_runs(const struct retired_run *runs, size_t count);
/* Before and after pages are given back: each page is listed once and below the end, and none that was changed, or is of
 * the table of free pages, is free.
 * The latter asserts it, if the former found it so. */
void gc_verify_before(const struct gc *gc);
void gc_verify_after(const struct gc *gc);
#endif

#endif
