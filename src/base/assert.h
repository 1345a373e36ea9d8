/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/assert.h: what must be true of the engine's own state.
 *
 * Compiled in with configure's --enable-debug only. The content of files is input and is never asserted: a damaged
 * page, record or list must get an error, in a debug build too.
 *
 * ASSERT(condition)   always looked at; it costs a comparison or two.
 * VERIFY(call)        a walk over a structure that reports by ASSERT; made when MDBX_DBG_ASSERT is set at run time
 *                     (mdbx_setup_debug()).
 * AUDIT(call)         a walk over all that the transaction has; when MDBX_DBG_AUDIT is set.
 *
 * Both walks take the file for sound: a damaged list of free pages gives a page two owners, a damaged head leads a record to a
 * wrong place, and no function does wrong.
 */
#ifndef MDBX_BASE_ASSERT_H
#define MDBX_BASE_ASSERT_H

#include "base/log.h"

#if MDBX_DEBUG
#define ASSERT(condition) (likely(condition) ? (void)0 : assert_failed(#condition, __func__, __LINE__))
#define VERIFY(call)                                                                                                   \
  do {                                                                                                                 \
    if (unlikely(log_debug_flags() & MDBX_DBG_ASSERT))                                                                 \
      call;                                                                                                            \
  } while (0)
#define AUDIT(call)                                                                                                    \
  do {                                                                                                                 \
    if (unlikely(log_debug_flags() & MDBX_DBG_AUDIT))                                                                  \
      call;                                                                                                            \
  } while (0)
#else
#define ASSERT(condition) ((void)sizeof(!(condition)))
#define VERIFY(call) ((void)0)
#define AUDIT(call) ((void)0)
#endif

/* Reports to the panic callback, or prints and aborts. Does not return. */
void assert_failed(const char *condition, const char *function, int line) __attribute__((noreturn, cold));

/* The ranks of locks, outermost first; doc/locking.md has the reasons. A lock is taken only by a thread that holds none of
 * a higher rank. */
enum lock_rank {
  RANK_OPENING = 1,
  RANK_SEALER,
  RANK_WRITER,
  RANK_FLUSHER,
  RANK_METAS,
  RANK_HANDLES,
  RANK_MAP,
  RANK_GUARD, /* of the length of a mapping */
  RANK_READERS,
  RANK_PROCESS
};

#if MDBX_DEBUG
/* Asserts that the calling thread may take a lock of that rank now. */
void rank_check(enum lock_rank rank);
void rank_enter(enum lock_rank rank);
void rank_leave(enum lock_rank rank);
/* In a forked child: the locks are the parent's. */
void rank_forget(void);
#else
static inline void rank_check(enum lock_rank rank) { (void)rank; }
static inline void rank_enter(enum lock_rank rank) { (void)rank; }
static inline void rank_leave(enum lock_rank rank) { (void)rank; }
static inline void rank_forget(void) {}
#endif

#endif
