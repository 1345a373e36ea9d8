/* SPDX-License-Identifier: Apache-2.0 */
/* Gives the orders of a life, and knows what is promised after each. */
#include "life.h"
#include "verdict.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A process sees the end of its orders only when nobody else has the other end of the pipe. */
static struct worker {
  pid_t pid; /* 0: there is none */
  int to, from;
} workers[LIFE_WORKERS];

static unsigned pick(struct life *life, unsigned below) { return life_pick(life, below); }

/* --------------------------------------------------------------------------------------------------- who gives orders */

static void end_worker(struct worker *worker) {
  int status;
  if (!worker->pid)
    return;
  close(worker->to);
  close(worker->from);
  if (waitpid(worker->pid, &status, 0) != worker->pid)
    fail("waitpid", errno);
  if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != RECORDER_DEAD))
    fail("a process of the life failed", status);
  worker->pid = 0;
}

/* False: it died. */
static bool await(struct worker *worker) {
  char byte;
  if (read(worker->from, &byte, 1) == 1)
    return true;
  end_worker(worker);
  return false;
}

static bool start_worker(struct life *life, struct worker *worker) {
  int orders[2], answers[2];
  if (pipe(orders) != 0 || pipe(answers) != 0)
    fail("pipe", errno);
  worker->pid = fork();
  if (worker->pid < 0)
    fail("fork", errno);
  if (worker->pid == 0) {
    for (int i = 0; i < LIFE_WORKERS; ++i)
      if (workers[i].pid > 0) {
        close(workers[i].to);
        close(workers[i].from);
      }
    close(orders[1]);
    close(answers[0]);
    life_work(life, orders[0], answers[1]);
  }
  close(orders[0]);
  close(answers[1]);
  worker->to = orders[1];
  worker->from = answers[0];
  return await(worker);
}

static bool tell(struct worker *worker) {
  if (write(worker->to, "", 1) != 1)
    fail("a process of the life does not listen", errno);
  return await(worker);
}

/* ---------------------------------------------------------------------------------------------------- orders and promises */

static enum mode pick_mode(struct life *life) {
  const enum mode mode = (enum mode)pick(life, life->utterly ? 2 * MODES + 1 : MODES - 1);
  return mode < MODES ? mode : (enum mode)(mode % (MODES - 1));
}

static void invent_commit(struct life *life) {
  struct order *order = &life->order;
  order->mode = pick_mode(life);
  order->by_txn = order->mode != UTTERLY && pick(life, 2);
  order->nested = !(life->flags & MDBX_WRITEMAP) && pick(life, 5) == 0;
  order->rolled_back = pick(life, 8) == 0;
  order->much = pick(life, life->dirty_limit ? 5 : 25) == 0;
  order->resized = pick(life, 8) == 0;
  order->ticket = order->mode == DURABLE && (life->eager ? pick(life, 6) != 0 : pick(life, 4) == 0);
  order->commit = ++life->commits;
}

static void invent_order(struct life *life) {
  struct order *order = &life->order;
  const unsigned die = pick(life, 24);
  memset(order, 0, sizeof(*order));
  order->action = die < 16 ? COMMIT : (enum action)(die - 15 < ACTIONS ? die - 15 : READ);
  if (life->deadly && pick(life, 3) == 0)
    order->action = SYNC;
  order->without_sync = pick(life, 2);
  order->locked = pick(life, 3) == 0;
  order->from_writer = pick(life, 2);
  order->mode = (enum mode)pick(life, UTTERLY); /* of a defragmentation */
  if (order->action == COMMIT)
    invent_commit(life);
}

static void prepare_trouble_told(struct life *life) {
  life->taker_fails = *life->story == '*';
  if (*life->story == '!' || life->taker_fails)
    life->recorder->fuse = life->trouble_after;
  else if (*life->story == '?')
    life->recorder->good_flushes = life->trouble_after;
  else
    return;
  life->story += 1;
}

/* The next order of a story. */
static void read_order(struct life *life) {
  static const char commits[] = "DNWU";
  struct order *order = &life->order;
  prepare_trouble_told(life);
  const char letter = *life->story++, *commit = strchr(commits, letter);
  memset(order, 0, sizeof(*order));
  if (commit || letter == 'T') {
    order->action = COMMIT;
    order->mode = commit ? (enum mode)(commit - commits) : DURABLE;
    order->ticket = !commit;
    order->commit = ++life->commits;
  } else {
    order->action = letter == 'G' ? DEFRAG : SYNC;
    order->mode = WEAK;
    order->locked = letter == 'L';
  }
}

static void promise(struct life *life, int commit) { recorder_mark(life->recorder, MARK_DURABLE, commit); }

/* A commit was made. Those that waited for a flush before are durable, unless this one joins them. */
static void note_commit(struct life *life) {
  const struct order *order = &life->order;
  const int before = life->tip;
  const bool waited = life->visible < before;
  life->tip = life->commits;
  if (order->ticket)
    return;
  life->visible = life->tip;
  if (order->mode == DURABLE)
    promise(life, life->tip);
  else if (order->mode != UTTERLY && (order->mode == NOMETASYNC || life->unpromised || waited))
    promise(life, before);
  life->unpromised = order->mode == UTTERLY;
}

/* What is promised now that the order was carried out. */
static void note_promise(struct life *life) {
  const int durable = life->answer.durable;
  if (life->order.action == COMMIT) {
    note_commit(life);
  } else if (life->order.action == SYNC) {
    promise(life, life->tip);
    life->visible = life->tip;
    life->unpromised = false;
  } else if (life->order.action == WAIT && durable) {
    promise(life, durable);
    life->visible = durable > life->visible ? durable : life->visible;
  }
}

uint64_t life_look(const struct life *life) {
  MDBX_env *seen;
  uint64_t digest = 0;
  MUST(life_open(life, life->path, MDBX_RDONLY | MDBX_ACCEDE, &seen));
  MUST(tables_digest(seen, &digest));
  MUST(mdbx_env_close_ex(seen, false));
  return digest;
}

/* The newest commit is there, or one before it, but none before the one that readers saw. What was newer never happened. */
static void find_tip(struct life *life) {
  const uint64_t digest = life_look(life);
  for (int i = life->commits; i >= life->visible; --i)
    if (!life->is_void[i] && life->states[i] == digest) {
      for (int commit = i + 1; commit <= life->commits; ++commit)
        life->is_void[commit] = true;
      recorder_mark(life->recorder, MARK_VOID, i);
      life->tip = life->visible = i;
      return;
    }
  fail("a commit that was acknowledged is lost after a process died or a flush failed", 0);
}

static void tell_until_answered(struct life *life, struct worker *worker) {
  while (!worker->pid || !tell(worker))
    while (!start_worker(life, worker))
      ;
}

/* Until it is carried out: the worker may be dead, or be told that a flush of another one failed. */
static void insist(struct life *life, struct worker *worker, enum action action) {
  life->order.action = action;
  do
    tell_until_answered(life, worker);
  while (life->answer.rc != MDBX_SUCCESS);
}

/* The flush that decides about the commit of the dead one fails, and that is not tried again. */
static void fail_to_take_over(struct life *life, struct worker *worker) {
  life->order.action = TAKE_OVER;
  while (!worker->pid)
    start_worker(life, worker);
  life->recorder->good_flushes = 0;
  tell_until_answered(life, worker);
  life->recorder->good_flushes = -1;
  life->taker_fails = false;
}

/* Somebody died in the middle of something, or a flush failed. What became of it is seen when somebody has taken the writer
 * lock; sometimes a flush follows at once. After a commit of mode UTTERLY only a flush tells what can be relied on. */
static void settle(struct life *life, struct worker *worker) {
  const bool needed = life->unpromised || (life->order.action == COMMIT && life->order.mode == UTTERLY);
  if (life->taker_fails)
    fail_to_take_over(life, worker);
  insist(life, worker, TAKE_OVER);
  if (needed || (!life->story && pick(life, 3) == 0)) {
    insist(life, worker, SYNC);
    find_tip(life);
    promise(life, life->tip);
    life->unpromised = false;
  } else {
    find_tip(life);
  }
}

/* Somebody dies during the order, or a flush fails. */
static void prepare_trouble(struct life *life) {
  const enum action action = life->order.action;
  if (action == COMMIT && pick(life, life->deadly ? 5 : 12) == 0)
    life->recorder->fuse = (long)pick(life, pick(life, 2) ? 6 : 30);
  else if (action == SYNC && pick(life, 3) < (life->deadly ? 2u : 1u))
    life->recorder->fuse = (long)pick(life, 4);
  else if ((action == DEFRAG || action == REOPEN || action == WAIT) && pick(life, 6) == 0)
    life->recorder->fuse = (long)pick(life, 6);
  else if (life->failing && pick(life, 12) == 0)
    life->recorder->good_flushes = (long)pick(life, 2);
}

static void give_order(struct life *life) {
  if (life->story) {
    read_order(life);
  } else {
    invent_order(life);
    prepare_trouble(life);
  }
  life->troubled |= life->recorder->fuse >= 0 || life->recorder->good_flushes >= 0;
  if (life->order.action == COMMIT)
    recorder_mark(life->recorder, life->order.mode == UTTERLY ? MARK_NOTHING_PROMISED : MARK_BEGIN, life->commits);
}

static void take_step(struct life *life, unsigned count) {
  struct worker *worker = &workers[life->story ? 0 : pick(life, count)];
  while (!worker->pid)
    start_worker(life, worker);
  give_order(life);
  const bool lives = tell(worker);
  life->recorder->fuse = life->recorder->good_flushes = -1;
  if (lives && life->answer.rc == MDBX_SUCCESS) {
    note_promise(life);
    return;
  }
  life->trouble_at = life->recorder->count;
  settle(life, pick(life, 2) ? worker : &workers[count - 1]);
}

/* From life->start on, whose content is states[0]. */
void life_live(struct life *life, unsigned count) {
  memset(workers, 0, sizeof(workers));
  life->recorder = recorder_start(life->path, life->page_size, life->flags & MDBX_WRITEMAP);
  for (unsigned i = 0; i < count; ++i)
    if (!start_worker(life, &workers[i]))
      fail("a process did not start", 0);
  while (life->story ? *life->story != 0 : life->commits < life->steps)
    take_step(life, count);
  for (unsigned i = 0; i < count; ++i)
    end_worker(&workers[i]);
  recorder_stop(life->recorder);
}
