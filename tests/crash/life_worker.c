/* SPDX-License-Identifier: Apache-2.0 */
/* One process of a life. A flush that fails ends its environment, not the process. */
#include "life.h"
#include "verdict.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { READERS = 4, TICKETS = 4 };

static MDBX_env *env;

/* Readers that stay, and what they see. */
static struct {
  MDBX_txn *txn;
  uint64_t digest;
} readers[READERS];

/* Commits that wait for their flush, oldest first. */
static struct {
  MDBX_commit_ticket ticket;
  int commit;
} tickets[TICKETS];
static unsigned ticket_count;

static const unsigned mode_flags[MODES] = {0, MDBX_NOMETASYNC, MDBX_SAFE_NOSYNC, MDBX_UTTERLY_NOSYNC};

/* What a flush that fails, here or in another process, makes of a call. */
static bool is_failure(int rc) { return rc == EIO || rc == MDBX_PANIC; }

static int done(int rc) { return rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc; }

/* ------------------------------------------------------------------------------------------------------------ commits */

static int change_nested(struct life *life, MDBX_txn *txn) {
  MDBX_txn *child;
  int rc = mdbx_txn_begin_ex(env, txn, MDBX_TXN_READWRITE, &child, NULL);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = tables_change(child, &life->random, &life->habit);
  if (rc == MDBX_SUCCESS && life_pick(life, 2))
    return mdbx_txn_commit_ex(child, NULL);
  const int ended = mdbx_txn_abort_ex(child, NULL);
  return rc == MDBX_SUCCESS ? ended : rc;
}

/* Other steps of growth and shrinking, and now and then another size. */
static int resize(struct life *life) {
  const intptr_t grow = (intptr_t)4096 << life_pick(life, 8), shrink = (intptr_t)4096 << life_pick(life, 8);
  const intptr_t now = life_pick(life, 3) ? -1 : (intptr_t)65536 << life_pick(life, 5);
  return mdbx_env_set_geometry(env, 65536, now, -1, grow, shrink, -1);
}

static int change_much(struct life *life, MDBX_txn *txn) {
  struct tables_habit habit = life->habit;
  habit.values = 400;
  habit.value = 90;
  return tables_change(txn, &life->random, &habit);
}

static int change(struct life *life, MDBX_txn *txn) {
  const struct order *order = &life->order;
  int rc = MDBX_SUCCESS;
  if (order->rolled_back) {
    rc = tables_change(txn, &life->random, &life->habit);
    if (rc == MDBX_SUCCESS)
      rc = mdbx_txn_rollback(txn);
  }
  if (rc == MDBX_SUCCESS)
    rc = tables_number(txn, order->commit);
  if (rc == MDBX_SUCCESS)
    rc = tables_change(txn, &life->random, &life->habit);
  if (rc == MDBX_SUCCESS && order->nested)
    rc = change_nested(life, txn);
  if (rc == MDBX_SUCCESS && order->much)
    rc = change_much(life, txn);
  if (rc == MDBX_SUCCESS && order->resized)
    rc = resize(life);
  return rc;
}

static int set_mode(unsigned wanted) {
  const int rc = mdbx_env_set_flags(env, (MDBX_env_flags_t)((MDBX_UTTERLY_NOSYNC | MDBX_NOMETASYNC) & ~wanted), false);
  return rc == MDBX_SUCCESS ? mdbx_env_set_flags(env, (MDBX_env_flags_t)wanted, true) : rc;
}

static int commit_with_ticket(struct life *life, MDBX_txn *txn) {
  const int rc = mdbx_txn_commit_ticket(txn, &tickets[ticket_count].ticket, NULL);
  if (rc == MDBX_SUCCESS)
    tickets[ticket_count++].commit = life->order.commit;
  return rc;
}

/* What the commit will make of the database is known before it begins. */
static int do_commit(struct life *life) {
  struct order *order = &life->order;
  MDBX_txn *txn;
  uint64_t digest;
  int rc = set_mode(order->by_txn ? 0 : mode_flags[order->mode]);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_txn_begin_ex(env, NULL, (MDBX_txn_flags_t)(order->by_txn ? mode_flags[order->mode] : 0), &txn, NULL);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = change(life, txn);
  if (rc == MDBX_SUCCESS)
    rc = tables_read(txn, &life->states[order->commit]);
  if (rc != MDBX_SUCCESS) {
    mdbx_txn_abort_ex(txn, NULL);
    return rc;
  }
  order->ticket &= ticket_count < TICKETS;
  if (order->ticket)
    return commit_with_ticket(life, txn);
  rc = mdbx_txn_commit_ex(txn, NULL);
  if (rc == MDBX_SUCCESS)
    rc = tables_digest(env, &digest);
  if (rc == MDBX_SUCCESS && digest != life->states[order->commit])
    fail("a commit is not what its transaction saw", 0);
  return rc;
}

/* ------------------------------------------------------------------------------------------------------- other orders */

/* Whoever gets the lock decides about the commit of a writer that died. What a writer sees is there for readers, too, when it
 * has ended. */
static int take_over(void) {
  MDBX_txn *txn;
  const int rc = mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL);
  return rc == MDBX_SUCCESS ? mdbx_txn_abort_ex(txn, NULL) : rc;
}

static int do_sync(const struct life *life) {
  int rc = life->order.locked ? mdbx_txn_lock(env, false) : take_over();
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = done(mdbx_env_sync_ex(env, true, false));
  const int unlocked = life->order.locked ? mdbx_txn_unlock(env) : MDBX_SUCCESS;
  return rc == MDBX_SUCCESS ? unlocked : rc;
}

static int do_wait(struct life *life) {
  if (!ticket_count)
    return MDBX_SUCCESS;
  const int rc = mdbx_env_wait_durable(env, &tickets[0].ticket, UINT32_MAX);
  if (rc == MDBX_SUCCESS)
    life->answer.durable = tickets[0].commit;
  memmove(tickets, tickets + 1, --ticket_count * sizeof(tickets[0]));
  return rc;
}

/* As long as it lasted, nobody has taken anything of what it sees. */
static int end_reader(unsigned i) {
  uint64_t digest;
  MDBX_txn *txn = readers[i].txn;
  readers[i].txn = NULL;
  const int rc = tables_read(txn, &digest);
  if (rc == MDBX_SUCCESS && digest != readers[i].digest)
    fail("the snapshot of a reader has changed", 0);
  const int ended = mdbx_txn_abort_ex(txn, NULL);
  return rc == MDBX_SUCCESS ? ended : rc;
}

static int begin_reader(unsigned i) {
  int rc = mdbx_txn_begin_ex(env, NULL, MDBX_TXN_RDONLY, &readers[i].txn, NULL);
  if (rc != MDBX_SUCCESS) {
    readers[i].txn = NULL;
    return rc;
  }
  return tables_read(readers[i].txn, &readers[i].digest);
}

/* One more reader that stays, or one that ends. */
static int do_read(struct life *life) {
  const unsigned i = life_pick(life, READERS);
  return readers[i].txn ? end_reader(i) : begin_reader(i);
}

static int do_defrag(struct life *life) {
  const int rc = set_mode(mode_flags[life->order.mode]);
  if (rc != MDBX_SUCCESS)
    return rc;
  const int moved = mdbx_env_defrag(env, 0, 0, 0, 0, -1, 20, NULL, NULL, NULL);
  return moved == MDBX_LAGGARD_READER ? MDBX_SUCCESS : done(moved);
}

static int open_env(const struct life *life) { return life_open(life, life->path, life->flags | MDBX_ACCEDE, &env); }

/* The copy is complete on its own. */
static void check_copy(const struct life *life, uint64_t wanted) {
  MDBX_env *copy;
  uint64_t digest;
  MUST(mdbx_env_create(&copy));
  MUST(mdbx_env_set_maxdbs(copy, TABLES_NAMED));
  MUST(mdbx_env_open(copy, life->aside, MDBX_NOSUBDIR | MDBX_RDONLY, 0));
  must_be_sound(copy);
  MUST(tables_digest(copy, &digest));
  MUST(mdbx_env_close_ex(copy, false));
  if (digest != wanted)
    fail("a copy has other records than the database", 0);
}

/* The copy of a write transaction is that of what it began with. */
static int do_copy(struct life *life) {
  static const unsigned flags[] = {MDBX_CP_DEFAULTS, MDBX_CP_COMPACT, MDBX_CP_FORCE_DYNAMIC_SIZE};
  const unsigned how = flags[life_pick(life, 3)] | MDBX_CP_OVERWRITE;
  MDBX_txn *txn;
  uint64_t digest;
  int rc = mdbx_txn_begin_ex(env, NULL, life->order.from_writer ? MDBX_TXN_READWRITE : MDBX_TXN_RDONLY, &txn, NULL);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = tables_read(txn, &digest);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_txn_copy2pathname(txn, life->aside, (MDBX_copy_flags_t)how);
  const int ended = mdbx_txn_abort_ex(txn, NULL);
  if (rc == MDBX_SUCCESS)
    check_copy(life, digest);
  return rc == MDBX_SUCCESS ? ended : rc;
}

static int do_reopen(const struct life *life) {
  int rc = MDBX_SUCCESS;
  for (unsigned i = 0; i < READERS && rc == MDBX_SUCCESS; ++i)
    if (readers[i].txn)
      rc = end_reader(i);
  if (rc != MDBX_SUCCESS)
    return rc;
  ticket_count = 0;
  rc = mdbx_env_close_ex(env, life->order.without_sync);
  env = NULL;
  return rc == MDBX_SUCCESS ? open_env(life) : rc;
}

/* After a flush that failed. What the readers saw cannot be read any more. */
static void recover(const struct life *life) {
  for (unsigned i = 0; i < READERS; ++i)
    if (readers[i].txn)
      mdbx_txn_abort_ex(readers[i].txn, NULL);
  memset(readers, 0, sizeof(readers));
  ticket_count = 0;
  const int rc = env ? mdbx_env_close_ex(env, true) : MDBX_SUCCESS;
  if (rc != MDBX_SUCCESS && rc != MDBX_PANIC)
    fail("close after a flush failed", rc);
  MUST(open_env(life));
}

static int obey(struct life *life) {
  switch (life->order.action) {
  case COMMIT:
    return do_commit(life);
  case SYNC:
    return do_sync(life);
  case TAKE_OVER:
    return take_over();
  case READ:
    return do_read(life);
  case WAIT:
    return do_wait(life);
  case DEFRAG:
    return do_defrag(life);
  case COPY:
    return do_copy(life);
  default:
    return do_reopen(life);
  }
}

_Noreturn void life_work(struct life *life, int orders, int answers) {
  char byte;
  recorder_join(life->recorder);
  pretend_boot(life->boot);
  MUST(open_env(life));
  if (write(answers, "", 1) != 1)
    _exit(2);
  while (read(orders, &byte, 1) == 1) {
    life->answer = (struct answer){MDBX_SUCCESS, 0};
    life->answer.rc = obey(life);
    if (life->answer.rc != MDBX_SUCCESS && !(life->troubled && is_failure(life->answer.rc)))
      fail("an order failed", life->answer.rc);
    if (life->answer.rc != MDBX_SUCCESS)
      recover(life);
    if (write(answers, "", 1) != 1)
      _exit(2);
  }
  _exit(0);
}
