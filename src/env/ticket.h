/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/ticket.h: commits that are to become durable later, and waiting for that.
 */
#ifndef MDBX_ENV_TICKET_H
#define MDBX_ENV_TICKET_H

#include "env/env.h"

/* After a failure the same ids are given to other commits, so it goes with the number of failures before it. */
struct ticket {
  txnid_t txnid;
  uint32_t failures;
};

/* A time of os_monotonic_16dot16() that never comes. */
#define TICKET_FOREVER UINT64_MAX

/* The newest commit that there is. */
struct ticket ticket_of_newest(const MDBX_env *env);
/* MDBX_SUCCESS: durable; MDBX_RESULT_TRUE: not yet; MDBX_PANIC: it failed; MDBX_EINVAL: there has been no such commit. */
int ticket_ask(const MDBX_env *env, const struct ticket *ticket);
/* Waits for it, and makes the flush where nobody else does; a weak commit becomes durable by the steady point of a newer one,
 * which this makes. Without the writer lock. MDBX_RESULT_TRUE: the time has come. */
int ticket_wait(MDBX_env *env, const struct ticket *ticket, uint64_t until);

#endif
