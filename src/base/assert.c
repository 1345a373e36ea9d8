/* SPDX-License-Identifier: Apache-2.0 */
#include "base/assert.h"

#include <stdlib.h>

void assert_failed(const char *condition, const char *function, int line) {
  log_panic(condition, function, (unsigned)line);
  abort(); /* the callback returned */
}

#if MDBX_DEBUG
/* A bit for each rank that the thread holds. */
static _Thread_local unsigned held;

void rank_check(enum lock_rank rank) { ASSERT(held >> rank == 0); }

void rank_enter(enum lock_rank rank) {
  rank_check(rank);
  held |= 1u << rank;
}

void rank_leave(enum lock_rank rank) {
  ASSERT(held >> rank & 1);
  held &= ~(1u << rank);
}

void rank_forget(void) { held = 0; }
#endif
