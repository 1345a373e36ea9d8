/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/assert.h: assertions about the engine's own state.
 *
 * Compiled in with configure's --enable-debug only. The content of files is input and is never asserted: a damaged
 * page, record or list must cause an error code, in a debug build too.
 *
 * ASSERT(condition)   always evaluated; it costs a comparison or two.
 * VERIFY(call)        a walk over one structure, which uses ASSERT; made if MDBX_DBG_ASSERT is set at run time
 *                     (mdbx_setup_debug()).
 * AUDIT(call)         a walk over all structures of the transaction; made if MDBX_DBG_AUDIT is set.
 *
 * Both walks assume that the file is sound. In a damaged file they fail although the code is correct: a damaged list of
 * free pages gives one page two owners, a damaged keyhead puts a record in a wrong place.
 */
#ifndef MDBX_BASE_ASSERT_H
#define MDBX_BASE_ASSERT_H

#include "base/log.h"

#if MDBX_DEBUG
#define ASSERT(condition) (likely(condition) ? (void)0 : assert_failed(#condition, __func__, __LINE__))
#define VERIFY(call) \
  do { \
    if (unlikely(log_debug_flags() & MDBX_DBG_ASSERT)) \
      call; \
  } while (0)
#define AUDIT(call) \
  do { \
    if (unlikely(log_debug_flags() & MDBX_DBG_AUDIT)) \
      call; \
  } while (0)
#else
#define ASSERT(condition) ((void)sizeof(!(condition)))
#define VERIFY(call) ((void)0)
#define AUDIT(call) ((void)0)
#endif

/* Reports to the panic callback, or prints and aborts. Does not return. */
void assert_failed(const char *condition, const char *function, int line) __attribute__((noreturn, cold));

/* The ranks of locks, outermost first; doc/locking.md has the reasons. A thread may take a lock only while all locks it
 * holds have lower rank numbers. */
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
