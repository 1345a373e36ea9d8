/* SPDX-License-Identifier: Apache-2.0 */
/*
 * space/space_verify.h: assertions of a debug build about the pages of a write transaction; see base/assert.h.
 */
#ifndef MDBX_SPACE_SPACE_VERIFY_H
#define MDBX_SPACE_SPACE_VERIFY_H

#include "space/space.h"

#if MDBX_DEBUG
/* Asserts that each page has at most one of the states changed, retired, free, and that the counters agree with the
 * lists. */
void space_verify(const struct space *space);
/* Asserts that a changed page is consistent. */
void space_verify_page(const struct space *space, const struct page *page);
#endif

#endif
