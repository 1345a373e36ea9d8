/* SPDX-License-Identifier: Apache-2.0 */
#include "env/group.h"

#include "base/log.h"
#include "env/env_writer.h"
#include "env/flush.h"
#include "file/pending.h"

/* False if a writer that died in the middle of its commit has overwritten the meta of the newest pending commit. Under
 * the metas lock. */
static bool meta_is_there(const MDBX_env *env, uint64_t frozen) {
  const struct meta_page *page = env_mapped_meta(env, lck_head_slot(frozen));
  return page->header.txnid == lck_head_txnid(frozen) && page->meta.txnid_again == lck_head_txnid(frozen);
}

/* ---- Waiting for company ----
 *
 * The threads whose commits the last flush made durable are in their next transactions now. A flush without them would
 * be followed by another one for them alone. So a thread that could begin a flush first waits for commits of as many
 * threads as committed at the time of the last flush, but no longer than half a flush takes. The last of these threads
 * begins the flush for all. If fewer threads come, the next wait is for fewer. */

enum { COMPANY_MICROSECONDS_MAX = 2000 };

static int flush_and_time(MDBX_env *env) {
  const uint64_t begun = os_monotonic_16dot16();
  const int rc = sync_datasync(env);
  const uint32_t took =
      (uint32_t)MIN_OF((os_monotonic_16dot16() - begun) * 15625 / 1024, UINT64_C(1000000)); /* microseconds */
  const uint32_t usual = atomic_load(&env->flush_microseconds);
  atomic_store(&env->flush_microseconds, usual ? (usual * 7 + took) / 8 : took);
  return rc;
}

/* How long to wait for commits of other threads; 0: do not wait. */
static uint32_t patience_for_company(const MDBX_env *env) {
  return pending_may_grow(&env->lck) ? MIN_OF(atomic_load(&env->flush_microseconds) / 2, COMPANY_MICROSECONDS_MAX) : 0;
}

/* The flusher lock is held. MDBX_RESULT_TRUE: the meta of the newest commit was overwritten; mend_newest() must
 * follow. */
static int flush_pending(MDBX_env *env) {
  struct lck *lck = &env->lck;
  int rc = pending_metas_lock(lck);
  if (rc != MDBX_SUCCESS)
    return rc;
  const uint32_t failures = pending_failures(lck);
  const bool whole = !pending_any(lck) || meta_is_there(env, pending_tip(lck));
  const uint64_t frozen = whole ? pending_freeze(lck) : 0;
  pending_metas_unlock(lck);
  if (!frozen)
    return whole ? MDBX_SUCCESS : MDBX_RESULT_TRUE;
  const int flushed = flush_and_time(env);
  rc = pending_metas_lock(lck);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (flushed == MDBX_SUCCESS)
    pending_publish(lck, frozen, failures);
  else
    env_fail_pending(env);
  pending_metas_unlock(lck);
  return flushed;
}

/* Taking over the writer lock from the dead writer mends the newest commit. If its meta is still not there, a program
 * other than this engine has overwritten it. */
static int mend_newest(MDBX_env *env, bool is_writer) {
  struct lck *lck = &env->lck;
  int rc = is_writer ? MDBX_SUCCESS : env_lock_writer_beside_pending(env, false);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = pending_metas_lock(lck);
  if (rc == MDBX_SUCCESS) {
    if (pending_any(lck) && !meta_is_there(env, pending_tip(lck))) {
      log_error("%s: meta page %u was written over; commits that waited for a flush are lost", env->data_path,
                lck_head_slot(pending_tip(lck)));
      env_fail_pending(env);
    }
    pending_metas_unlock(lck);
  }
  if (!is_writer)
    env_unlock_writer(env);
  return rc;
}

static int wait_for_flush(MDBX_env *env, const struct ticket *ticket, uint64_t until, bool is_writer) {
  struct lck *lck = &env->lck;
  bool patient = !is_writer && until == TICKET_FOREVER;
  for (;;) {
    const uint32_t seen = atomic_load(&lck->shared->flushes), company = patient ? patience_for_company(env) : 0;
    int rc = pending_outcome(lck, ticket->txnid, ticket->failures);
    if (rc == MDBX_SUCCESS)
      return rc;
    if (rc == MDBX_RESULT_TRUE && company) {
      patient = false;
      pending_sleep(lck, seen, company);
      continue;
    }
    if (rc != MDBX_RESULT_TRUE)
      atomic_store(&env->fatal, true);
    else if (until != TICKET_FOREVER && os_monotonic_16dot16() >= until)
      return rc;
    else
      rc = pending_flusher_try(lck);
    if (rc == MDBX_BUSY) {
      pending_sleep(lck, seen, UINT32_MAX);
      continue;
    }
    if (rc != MDBX_SUCCESS)
      return rc;
    if (pending_outcome(lck, ticket->txnid, ticket->failures) == MDBX_RESULT_TRUE)
      rc = flush_pending(env);
    pending_flusher_unlock(lck);
    if (rc == MDBX_RESULT_TRUE)
      rc = mend_newest(env, is_writer);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
}

int group_wait(MDBX_env *env, const struct ticket *ticket, uint64_t until) {
  return wait_for_flush(env, ticket, until, env_has_locked(env));
}

int group_wait_newest(MDBX_env *env) {
  struct ticket newest;
  pending_newest(&env->lck, &newest.txnid, &newest.failures);
  const int rc = group_wait(env, &newest, TICKET_FOREVER);
  return rc == MDBX_SUCCESS ? group_settle(env) : rc;
}

/* The process that publishes a head notes it as durable and as no longer pending in later steps; it may be between two
 * steps, or may have died there. */
int group_settle(MDBX_env *env) {
  struct lck *lck = &env->lck;
  if (!pending_any(lck))
    return MDBX_SUCCESS;
  const int rc = pending_metas_lock(lck);
  if (rc != MDBX_SUCCESS)
    return rc;
  pending_settle(lck);
  pending_metas_unlock(lck);
  return MDBX_SUCCESS;
}

int group_drain(MDBX_env *env) {
  struct ticket newest = {.failures = pending_failures(&env->lck)};
  const uint64_t tip = pending_tip(&env->lck);
  int rc = MDBX_SUCCESS;
  newest.txnid = lck_head_txnid(tip);
  if (tip != lck_head(&env->lck))
    rc = wait_for_flush(env, &newest, TICKET_FOREVER, true);
  return rc == MDBX_SUCCESS ? group_settle(env) : rc;
}

int env_lock_writer(MDBX_env *env, bool try_only) {
  int rc = env_lock_writer_beside_pending(env, try_only);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = group_drain(env);
  if (rc != MDBX_SUCCESS)
    env_unlock_writer(env);
  return rc;
}
