/* SPDX-License-Identifier: Apache-2.0 */
#include "service/check.h"

#include "env/env_writer.h"
#include "env/group.h"
#include "service/check_parts.h"
#include "txn/txn_read.h"

#include <stdlib.h>

/* ----------------------------------------------------------------------------------------------------------- metas */

/* How often a meta that looks damaged is read again, a millisecond apart. */
enum { META_READS = 50 };

/* A writer may be writing the slot at this moment: then it is valid a moment later. */
static int read_meta(const struct check *check, unsigned slot, struct meta_slot *meta) {
  int rc = MDBX_SUCCESS;
  for (unsigned reads = 0; reads < META_READS; ++reads) {
    rc = meta_read_slot(check->env->fd, check->env->page_size, slot, meta);
    if (rc != MDBX_SUCCESS || meta->valid || meta->blank)
      break;
    os_sleep_ms(1);
  }
  return rc;
}

/* A read error says nothing about the content. */
static int check_one_meta(struct check *check, unsigned slot) {
  struct meta_slot meta;
  const int rc = read_meta(check, slot, &meta);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!meta.valid && !meta.blank) {
    /* Content that a crash may have left in an unused slot is no problem; anything else is. */
    if (meta.senseless || lck_head_slot(lck_head(&check->env->lck)) == slot)
      report_issue(check->context, "meta", slot, "is damaged", "%s", meta.fault);
    else
      report_line(check->context, MDBX_chk_notice, "meta %u: not readable, left by a crash: %s", slot, meta.fault);
    return MDBX_SUCCESS;
  }
  static const char *const kinds[] = {"wiped", "weak", "steady", "steady (by manifest)"};
  if (meta.blank)
    report_line(check->context, MDBX_chk_resolution, "meta %u: blank", slot);
  else
    report_line(check->context, MDBX_chk_resolution, "meta %u: transaction %llu, %s", slot,
                (unsigned long long)meta.txnid, kinds[meta.meta.kind]);
  if (meta.valid && meta.txnid == check->view.txnid)
    check->meta = slot;
  if (meta.valid && meta.meta.kind >= META_STEADY)
    check->context->result.steady_txnid = MAX_OF(check->context->result.steady_txnid, meta.txnid);
  return MDBX_SUCCESS;
}

static int check_metas(struct check *check) {
  MDBX_chk_context_t *context = check->context;
  int rc = report_stage_begin(context, MDBX_chk_meta, &context->result.problems_meta);
  if (rc != MDBX_SUCCESS)
    return rc;
  for (unsigned slot = 0; slot < META_COUNT && rc == MDBX_SUCCESS; ++slot)
    rc = check_one_meta(check, slot);
  context->result.recent_txnid = check->view.txnid;
  return report_stage_end(context, MDBX_chk_meta, rc);
}

/* ------------------------------------------------------------------------------------------------------- the whole */

static int check_all(struct check *check) {
  const unsigned flags = check->context->internal->flags;
  int rc = check_metas(check);
  if (rc != MDBX_SUCCESS || (flags & MDBX_CHK_SKIP_BTREE_TRAVERSAL))
    return rc;
  rc = check_trees(check);
  if (rc == MDBX_SUCCESS)
    rc = check_free_lists(check);
  if (rc == MDBX_SUCCESS)
    rc = check_uses(check);
  return rc;
}

static int check_snapshot(struct check *check) {
  MDBX_chk_context_t *context = check->context;
  check->view = *check->txn->view;
  snapshot_check_always(&check->view);
  check->use = calloc(check->view.limit, 1);
  check->room = malloc(sizeof(*check->room));
  if (!check->use || !check->room) {
    free(check->use);
    free(check->room);
    return MDBX_ENOMEM;
  }
  report_listen(context);
  int rc = check_all(check);
  report_deafen();
  context->result.tables = (const MDBX_chk_table_t *const *)check->tables;
  context->result.table_total = check->table_count;
  const int begun = report_stage_begin(context, MDBX_chk_conclude, NULL);
  const int ended = report_stage_end(context, MDBX_chk_conclude, rc);
  rc = begun != MDBX_SUCCESS && rc == MDBX_SUCCESS ? begun : ended;
  for (size_t i = 0; i < check->table_count; ++i) {
    if (context->internal->callbacks->table_dispose)
      context->internal->callbacks->table_dispose(context, check->tables[i]);
    free(check->tables[i]);
  }
  context->result.tables = NULL;
  free(check->tables);
  free(check->use);
  free(check->room);
  return rc;
}

/* If the meta page has invalid tree records, there is nothing to walk. */
static int report_no_snapshot(struct check *check) {
  MDBX_chk_context_t *context = check->context;
  int rc = report_stage_begin(context, MDBX_chk_meta, &context->result.problems_meta);
  if (rc == MDBX_SUCCESS)
    report_issue(context, "meta", lck_head_slot(lck_head(&check->env->lck)), "is damaged", "%s",
                 context->internal->last_damage);
  return report_stage_end(context, MDBX_chk_meta, rc);
}

static int begin_transaction(struct check *check) {
  report_listen(check->context);
  const int rc = txn_begin_read_with_meta(check->env, &check->txn, &check->meta_page);
  report_deafen();
  return rc;
}

static int run_in_transaction(struct check *check) {
  MDBX_chk_context_t *context = check->context;
  const bool writer = (context->internal->flags & MDBX_CHK_READWRITE) && !env_writer_lock_is_own(check->env);
  int rc = MDBX_SUCCESS;
  if (writer)
    rc = env_lock_writer(check->env, false);
  if (rc == MDBX_SUCCESS)
    rc = begin_transaction(check);
  if (rc == MDBX_CORRUPTED && context->internal->last_damage[0])
    rc = report_no_snapshot(check);
  else if (rc == MDBX_SUCCESS) {
    context->txn = check->txn;
    rc = check_snapshot(check);
    context->txn = NULL;
    txn_end_read(check->txn);
    free(check->meta_page);
  }
  if (writer && lck_writer_is_mine(&check->env->lck))
    env_unlock_writer(check->env);
  return rc;
}

int check_database(MDBX_env *env, const MDBX_chk_callbacks_t *callbacks, MDBX_chk_context_t *context, unsigned flags,
                   MDBX_chk_severity_t verbosity, unsigned timeout) {
  struct MDBX_chk_internal internal;
  struct check check = {.context = context, .env = env};
  memset(&internal, 0, sizeof(internal));
  internal.callbacks = callbacks;
  internal.flags = flags;
  internal.verbosity = verbosity;
  if (timeout)
    internal.deadline = os_monotonic_16dot16() + timeout;
  memset(context, 0, sizeof(*context));
  context->internal = &internal;
  context->env = env;
  context->scope = internal.scopes;
  internal.scopes[0].internal = &internal;
  internal.scopes[0].verbosity = verbosity;
  const int rc = run_in_transaction(&check);
  context->internal = NULL;
  context->scope = NULL;
  return rc;
}

int check_note_issue(MDBX_chk_context_t *context) {
  if (!context || !context->internal || !context->scope)
    return MDBX_EINVAL;
  context->result.total_problems += 1;
  context->scope->subtotal_issues += 1;
  if (context->internal->counter)
    *context->internal->counter += 1;
  return MDBX_SUCCESS;
}
