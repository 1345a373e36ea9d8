/* SPDX-License-Identifier: Apache-2.0 */
/*
 * space/space_verify.h: a debug build's look at the pages of a write transaction; see base/assert.h.
 */
#ifndef MDBX_SPACE_SPACE_VERIFY_H
#define MDBX_SPACE_SPACE_VERIFY_H

#include "space/space.h"

#if MDBX_DEBUG
/* Every page is changed, retired, free or none of these, and is counted once; sums are the sums of what they stand for. */
void space_verify(const struct space *space);
/* A page that was changed: everything on it lies where it may. */
void space_verify_page(const struct space *space, const struct page *page);
#endif

#endif
