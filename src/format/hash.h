/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format/hash.h: XXH3, by the widest vectors that the processor has if xxHash can choose them at run time.
 *
 * Debian's static library lacks the functions that choose, though its header and its shared library have them. So they are
 * weak: a program that is linked with the static library takes the plain ones. Both give the same numbers.
 */
#ifndef MDBX_FORMAT_HASH_H
#define MDBX_FORMAT_HASH_H

#include "base/base.h"

#include <xxhash.h>

#ifdef HAVE_XXHASH_DISPATCH
#define XXH_DISPATCH_DISABLE_REPLACE
#include <xxh_x86dispatch.h>
#pragma weak XXH3_64bits_withSeed_dispatch
#pragma weak XXH3_64bits_update_dispatch
#endif

static inline uint64_t hash_of(const void *bytes, size_t length, uint64_t seed) {
#ifdef HAVE_XXHASH_DISPATCH
  if (likely(XXH3_64bits_withSeed_dispatch != NULL))
    return XXH3_64bits_withSeed_dispatch(bytes, length, seed);
#endif
  return XXH3_64bits_withSeed(bytes, length, seed);
}

static inline void hash_add(XXH3_state_t *state, const void *bytes, size_t length) {
#ifdef HAVE_XXHASH_DISPATCH
  if (likely(XXH3_64bits_update_dispatch != NULL)) {
    XXH3_64bits_update_dispatch(state, bytes, length);
    return;
  }
#endif
  XXH3_64bits_update(state, bytes, length);
}

#endif
