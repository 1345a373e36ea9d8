/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gc/gc_verify.h: assertions of a debug build about the free pages that a write transaction knows; see base/assert.h.
 *
 * Lists in the file may be damaged, and list pages twice or pages that are in use. This is no error of this process, so
 * the whole account is asserted only if it was right before gc_give().
 */
#ifndef MDBX_GC_GC_VERIFY_H
#define MDBX_GC_GC_VERIFY_H

#include "gc/gc.h"

#if MDBX_DEBUG
/* Asserts that the lists are sorted, and that their entries are of the right kind. */
void gc_verify(const struct gc *gc);
/* Asserts that replaced pins are sorted, and that none is new. */
void gc_verify_pins(const struct gc *gc, const txnid_t *pins, size_t count);
/* Asserts that runs to be written ascend, and have each page once. */
void gc_verify_runs(const struct retired_run *runs, size_t count);
/* Before and after gc_give(): each page is listed once and below the end; no page that was changed, or that belongs to
 * the table of free pages, is listed as free. The second asserts this, if the first found it true. */
void gc_verify_before(const struct gc *gc);
void gc_verify_after(const struct gc *gc);
#endif

#endif
