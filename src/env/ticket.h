/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/ticket.h: a ticket names a commit that becomes durable later; a thread can ask about it, or wait for it.
 */
#ifndef MDBX_ENV_TICKET_H
#define MDBX_ENV_TICKET_H

#include "env/env.h"

/* After a failure later commits get the same ids again, so a ticket also has the number of failures before its
 * commit. */
struct ticket {
  txnid_t txnid;
  uint32_t failures;
};

/* A time of os_monotonic_16dot16() that never comes. */
#define TICKET_FOREVER UINT64_MAX

/* The ticket of the newest commit. */
struct ticket ticket_of_newest(const MDBX_env *env);
/* MDBX_SUCCESS: durable. MDBX_RESULT_TRUE: not yet. MDBX_PANIC: the commit failed. MDBX_EINVAL: no such commit. */
int ticket_ask(const MDBX_env *env, const struct ticket *ticket);
/* Waits until the commit is durable, and makes the flush if nobody else does. A weak commit becomes durable by a steady
 * point of the newest commit, which this function makes. Without the writer lock. MDBX_RESULT_TRUE: the time is
 * over. */
int ticket_wait(MDBX_env *env, const struct ticket *ticket, uint64_t until);

#endif
