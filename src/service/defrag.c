/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cycles of defragmentation. A cycle finds all free pages, draws a line so that about a batch of pages in use lies
 * above it, moves them below, and commits. The pages it left become free with that commit: the next cycle takes them
 * off the end. Pages below the place where the allocated part would end without holes do not move.
 */
#include "service/defrag.h"

#include "tree/relocate.h"
#include "txn/laggards.h"
#include "txn/txn_write.h"

#include <stdlib.h>

enum { BATCH_BYTES = 8 << 20, BATCH_SLACK = 16, IDLE_CYCLES = 3 };

struct defrag {
  MDBX_env *env;
  const struct defrag_goals *goals;
  MDBX_defrag_result_t *result;
  uint64_t begun;
  pgno_t first_limit, lowest_limit; /* ends of the allocated part */
  unsigned idle;                    /* consecutive cycles that did not lower it */
  bool at_goal;
};

/* ------------------------------------------------------------------------------------------------ free pages */

/* Pages that the durable commit sees would stay held for ever if nobody else made the head durable. */
static int release_durable(MDBX_txn *txn) {
  int rc = txn_make_durable(txn);
  if (rc == MDBX_SUCCESS)
    rc = txn_renew_pins(txn);
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

static int find_all_free(MDBX_txn *txn) {
  int rc;
  do
    rc = gc_take(&txn->space, 1, SPACE_FULL);
  while (rc == MDBX_SUCCESS);
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

static int note_obstructor(void *context, unsigned number, const struct reader_view *view) {
  MDBX_defrag_result_t *result = context;
  (void)number;
  if (view->txnid != result->obstructed_txnid)
    return 0;
  result->obstructor_tid = (mdbx_tid_t)view->tid;
  result->obstructor_pid = (mdbx_pid_t)view->pid;
  return 1;
}

/* The oldest snapshot of a reader that holds pages, and the greatest number of pages that readers hold. */
static int look_for_laggards(struct defrag *defrag, MDBX_txn *txn) {
  struct gc *gc = &txn->collector;
  MDBX_defrag_result_t *result = defrag->result;
  const txnid_t none[GC_FIXED_PINS] = {TXNID_NONE, TXNID_NONE};
  uint64_t *seen = calloc(gc->pin_count + 1, sizeof(*seen));
  const int rc = seen ? gc_weigh(gc, none, seen) : MDBX_ENOMEM;
  result->pages_retained = 0;
  result->obstructed_txnid = 0;
  for (size_t i = 0; rc == MDBX_SUCCESS && i < gc->pin_count; ++i)
    if (seen[i] && !txn_pin_is_fixed(txn, gc->pins[i])) {
      result->pages_retained = MAX_OF(result->pages_retained, (size_t)seen[i]);
      if (!result->obstructed_txnid)
        result->obstructed_txnid = gc->pins[i];
    }
  free(seen);
  if (rc == MDBX_SUCCESS && result->obstructed_txnid)
    readers_enumerate(&txn->env->lck, note_obstructor, result);
  return rc;
}

/* -------------------------------------------------------------------------------------------------- one cycle */

/* No more than a file has, so that sums and products of it are correct. */
static uint64_t batch_of(const struct defrag *defrag) {
  const uint64_t batch =
      defrag->goals->batch > 0 ? (uint64_t)defrag->goals->batch : (uint64_t)BATCH_BYTES >> defrag->env->shift;
  return MIN_OF(batch, (uint64_t)PGNO_LIMIT);
}

/* The line above which a batch of pages in use lies, but not below `goal`. */
static pgno_t draw_line(const struct defrag *defrag, const struct space *space, pgno_t goal) {
  uint64_t left = batch_of(defrag);
  pgno_t line = space->view.limit;
  while (line > goal && left) {
    line -= 1;
    left -= !pgset_has(&space->avail, line);
  }
  return line;
}

static pgno_t goal_of(const struct defrag *defrag, const MDBX_txn *txn) {
  const uint64_t slack = defrag->goals->backlash >= 0 ? (uint64_t)defrag->goals->backlash : 0;
  const uint64_t unused = txn->space.avail.count - MIN_OF(slack, txn->space.avail.count);
  return txn->space.view.limit - (pgno_t)unused;
}

static int move_trees(struct defrag *defrag, MDBX_txn *txn, struct relocation *relocation) {
  int rc = tree_relocate(relocation, &txn->main);
  /* The pages above a page that moves are copied as well: the line bounds the batch, the budget only how many of those. */
  relocation->exhausted = false;
  relocation->budget = MAX_OF(relocation->budget, BATCH_SLACK);
  if (rc == MDBX_SUCCESS && !relocation->full)
    rc = tree_relocate(relocation, &txn->gc);
  defrag->result->pages_moved += (size_t)relocation->moved;
  if (relocation->stuck_pages) {
    defrag->result->obstructed_pgno = relocation->stuck;
    defrag->result->obstructed_span = relocation->stuck_pages;
  }
  return rc;
}

static int do_cycle(struct defrag *defrag, MDBX_txn *txn) {
  MDBX_defrag_result_t *result = defrag->result;
  struct relocation relocation = {.space = &txn->space, .budget = 4 * batch_of(defrag) + BATCH_SLACK};
  space_prefer_low(&txn->space);
  int rc = release_durable(txn);
  if (rc == MDBX_SUCCESS)
    rc = find_all_free(txn);
  if (rc == MDBX_SUCCESS)
    rc = look_for_laggards(defrag, txn);
  if (rc == MDBX_SUCCESS)
    rc = txn_make_room(txn, NULL, false);
  if (rc != MDBX_SUCCESS)
    return rc;
  const pgno_t limit = txn->space.view.limit;
  const pgno_t goal = goal_of(defrag, txn);
  relocation.line = draw_line(defrag, &txn->space, goal);
  relocation.spare = txn->space.reserve;
  result->pages_left = limit - goal;
  result->obstructed_pgno = result->obstructed_span = 0;
  if (relocation.line < limit)
    rc = move_trees(defrag, txn, &relocation);
  /* A commit takes free pages off the end, if there is anything to commit. */
  txn->canary_changed |= pgset_has(&txn->space.avail, limit - 1);
  defrag->at_goal = !relocation.moved && !txn->canary_changed;
  return rc;
}

static void note_end(struct defrag *defrag, pgno_t limit) {
  if (!defrag->first_limit)
    defrag->first_limit = defrag->lowest_limit = limit;
  defrag->idle = limit < defrag->lowest_limit ? 0 : defrag->idle + 1;
  defrag->lowest_limit = MIN_OF(defrag->lowest_limit, limit);
  defrag->result->pages_whole = limit;
  defrag->result->pages_shrinked = (intptr_t)defrag->first_limit - (intptr_t)limit;
}

static int cycle(struct defrag *defrag) {
  MDBX_txn *txn;
  struct meta meta;
  txnid_t txnid;
  unsigned slot;
  int rc = txn_begin_write(defrag->env, 0, NULL, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!defrag->first_limit)
    defrag->first_limit = defrag->lowest_limit = txn->space.view.limit;
  rc = do_cycle(defrag, txn);
  if (rc != MDBX_SUCCESS) {
    txn_abort_write(txn);
    return rc;
  }
  rc = txn_commit_write(txn, NULL);
  if (rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE)
    rc = env_read_head(defrag->env, &meta, &txnid, &slot);
  if (rc == MDBX_SUCCESS)
    note_end(defrag, meta.next);
  defrag->result->cycles += 1;
  return rc;
}

/* --------------------------------------------------------------------------------------------------- the end */

static void stop_for(struct defrag *defrag, unsigned reason) { defrag->result->stopping_reasons |= reason; }

static void check_goals(struct defrag *defrag) {
  const struct defrag_goals *goals = defrag->goals;
  MDBX_defrag_result_t *result = defrag->result;
  result->spent_time_dot16 = (size_t)(os_monotonic_16dot16() - defrag->begun);
  const size_t given = result->pages_shrinked > 0 ? (size_t)result->pages_shrinked : 0;
  if (goals->pages_enough && given >= MAX_OF(goals->pages_enough, goals->pages_atleast) &&
      result->spent_time_dot16 >= goals->time_atleast)
    stop_for(defrag, MDBX_defrag_enough_threshold);
  if (goals->time_limit && result->spent_time_dot16 >= goals->time_limit && given >= goals->pages_atleast)
    stop_for(defrag, MDBX_defrag_time_limit);
}

static void ask(struct defrag *defrag) {
  MDBX_defrag_result_t *result = defrag->result;
  const size_t all = result->pages_left + result->pages_moved;
  result->pages_scheduled = MIN_OF(result->pages_left, (size_t)batch_of(defrag));
  result->rough_estimation_cycle_progress_permille =
      all ? (unsigned)((uint64_t)result->pages_moved * 1000 / all) : 1000;
  const int answer = defrag->goals->notify ? defrag->goals->notify(defrag->goals->context, result) : 0;
  if (answer)
    stop_for(defrag, answer < 0 ? MDBX_defrag_aborted : MDBX_defrag_discontinued);
}

/* Nothing moves any more: finds the reason. */
static void find_obstacle(struct defrag *defrag) {
  if (defrag->result->pages_retained)
    stop_for(defrag, MDBX_defrag_laggard_reader);
  if (defrag->result->obstructed_span)
    stop_for(defrag, MDBX_defrag_large_chunk);
  if (!defrag->at_goal && !defrag->result->stopping_reasons)
    stop_for(defrag, MDBX_defrag_step_size);
}

static int outcome(const MDBX_defrag_result_t *result) {
  if (result->stopping_reasons & MDBX_defrag_laggard_reader)
    return MDBX_LAGGARD_READER;
  return result->stopping_reasons & ~(unsigned)MDBX_defrag_enough_threshold ? MDBX_RESULT_TRUE : MDBX_SUCCESS;
}

int defrag_run(MDBX_env *env, const struct defrag_goals *goals, MDBX_defrag_result_t *result) {
  struct defrag defrag = {.env = env, .goals = goals, .result = result, .begun = os_monotonic_16dot16()};
  memset(result, 0, sizeof(*result));
  while (!result->stopping_reasons && !defrag.at_goal && defrag.idle <= IDLE_CYCLES) {
    const int rc = cycle(&defrag);
    if (rc != MDBX_SUCCESS) {
      stop_for(&defrag, MDBX_defrag_error);
      return rc;
    }
    check_goals(&defrag);
    ask(&defrag);
  }
  if (!result->stopping_reasons)
    find_obstacle(&defrag);
  return outcome(result);
}
