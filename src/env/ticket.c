/* SPDX-License-Identifier: Apache-2.0 */
#include "env/ticket.h"

#include "env/group.h"
#include "env/seal.h"
#include "file/pending.h"

struct ticket ticket_of_newest(const MDBX_env *env) {
  struct ticket newest;
  pending_newest(&env->lck, &newest.txnid, &newest.failures);
  return newest;
}

int ticket_ask(const MDBX_env *env, const struct ticket *ticket) {
  const struct lck *lck = &env->lck;
  /* The durable commit is read first: after a failure meanwhile, another commit may get the id. */
  const bool durable = lck_durable(lck) >= ticket->txnid;
  const txnid_t newest = lck_head_txnid(pending_tip(lck));
  const int rc = pending_outcome(lck, ticket->txnid, ticket->failures);
  if (rc == MDBX_SUCCESS)
    return durable ? rc : MDBX_RESULT_TRUE;
  return rc == MDBX_RESULT_TRUE && ticket->txnid > newest ? MDBX_EINVAL : rc;
}

/* Makes a steady point. The locks it needs may be held for long and have no wait with a time limit, so it polls. */
static int sync_until(MDBX_env *env, const struct ticket *ticket, uint64_t until) {
  if (until == TICKET_FOREVER)
    return sync_newest(env, true, false);
  for (;;) {
    const int rc = sync_newest(env, true, true);
    if (rc != MDBX_BUSY)
      return rc;
    if (ticket_ask(env, ticket) == MDBX_SUCCESS)
      return MDBX_SUCCESS;
    if (os_monotonic_16dot16() >= until)
      return MDBX_BUSY;
    os_sleep_ms(1);
  }
}

int ticket_wait(MDBX_env *env, const struct ticket *ticket, uint64_t until) {
  int rc = ticket_ask(env, ticket);
  if (rc == MDBX_RESULT_TRUE)
    rc = group_wait(env, ticket, until);
  if (rc == MDBX_SUCCESS)
    rc = group_settle(env);
  if (rc != MDBX_SUCCESS || ticket_ask(env, ticket) == MDBX_SUCCESS)
    return rc;
  rc = sync_until(env, ticket, until);
  if (rc == MDBX_BUSY)
    return MDBX_RESULT_TRUE;
  return rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc;
}
