/* SPDX-License-Identifier: Apache-2.0 */
/* The target `tables`: what transactions and their ends make of handles. */
#include "tables.h"

#include <limits.h>
#include <string.h>

/* Every handle that should name a table does. */
static void use_handles(void) {
  for (unsigned i = 0; i < world()->handles; ++i) {
    const struct world_handle *handle = &world()->handle[i];
    const struct world_table *table = &world()->table[world_find(world(), handle->identity)];
    MDBX_stat stat;
    unsigned flags;
    FUZZ_OK(mdbx_dbi_stat(txn(), handle->dbi, &stat, sizeof(stat)));
    FUZZ_OK(mdbx_dbi_flags(txn(), handle->dbi, &flags));
    FUZZ_MUST(stat.ms_entries == table->pairs.count && flags == table->flags);
  }
}

static const struct world *around(void) { return tables.depth ? world() : &tables.base; }

/* The next transaction has begun. */
static void enter(void) {
  const int level = tables.depth;
  world_copy(&tables.level[level].world, around());
  for (unsigned i = 0; !level && i < HANDLES; ++i)
    tables.level[0].world.handle[i].remade = false;
  tables.level[level].renames = 0;
  tables.depth += 1;
  use_handles();
}

void lives_begin(void) {
  if (tables.depth == (tables.env_flags & MDBX_WRITEMAP ? 1 : LEVELS))
    return;
  MDBX_txn *const around = tables.depth ? txn() : NULL, **const begun = &tables.level[tables.depth].txn;
  int rc = FAULTY(mdbx_txn_begin(tables.env, around, MDBX_TXN_READWRITE, begun));
  if (fault_may_give(rc) && around) {
    lives_recover(false);
    return;
  }
  if (fault_may_give(rc))
    rc = mdbx_txn_begin(tables.env, NULL, MDBX_TXN_READWRITE, begun);
  FUZZ_MUST(rc == MDBX_SUCCESS);
  enter();
}

/* What is kept is renamed in the transaction around. */
static void pass_renames(int level) {
  for (unsigned i = 0; level && i < tables.level[level].renames; ++i) {
    FUZZ_MUST(tables.level[level - 1].renames < RENAMES);
    tables.level[level - 1].renamed[tables.level[level - 1].renames++] = tables.level[level].renamed[i];
  }
}

/* The table is around it too, by the same name: it was neither made nor renamed. */
static bool is_known_around(const struct world *around, int level, const struct world_handle *handle) {
  for (unsigned i = 0; i < tables.level[level].renames; ++i)
    if (tables.level[level].renamed[i] == handle->dbi)
      return false;
  return world_find(around, handle->identity) < NAMES && !handle->remade;
}

static uint64_t bit_of(MDBX_dbi dbi) { return UINT64_C(1) << dbi % 64; }

void lives_reader_uses(unsigned slot, MDBX_dbi dbi, unsigned identity) {
  unsigned *const used_as = &tables.reader[slot].used_as[dbi % 64];
  tables.reader[slot].used |= bit_of(dbi);
  if (!*used_as)
    *used_as = identity;
}

/* By its handles, each of which has the name that is committed, or the one that the writer has given it. */
void lives_reader_uses_all(unsigned slot) {
  tables.reader[slot].used = UINT64_MAX;
  for (unsigned i = 0; i < world()->handles; ++i) {
    const struct world_handle *handle = &world()->handle[i];
    const unsigned name = world_find(&tables.base, handle->identity);
    const bool renamed = name != world_find(world(), handle->identity);
    if (renamed || name == NAMES)
      lives_reader_uses(slot, handle->dbi, UINT_MAX);
    else if (tables.reader[slot].world.table[name].identity)
      lives_reader_uses(slot, handle->dbi, tables.reader[slot].world.table[name].identity);
  }
}

static void forget_uses(unsigned slot) {
  tables.reader[slot].used = tables.reader[slot].lost = 0;
  memset(tables.reader[slot].used_as, 0, sizeof(tables.reader[slot].used_as));
}

void lives_renumber(MDBX_dbi dbi) {
  for (unsigned slot = 0; slot < READERS; ++slot)
    tables.reader[slot].lost |= tables.reader[slot].used & bit_of(dbi);
}

void lives_forget_number(MDBX_dbi dbi) {
  cursors_forget_number(dbi);
  world_forget_number(&tables.base, dbi);
  for (int level = 0; level < tables.depth; ++level)
    world_forget_number(&tables.level[level].world, dbi);
  lives_renumber(dbi);
}

/* After a whole transaction the handle of a table that was renamed is gone. That of one which was only opened stays for later ones; what is around a
 * nested one does not know it. */
static void undo_handles(struct world *around, int level) {
  for (unsigned i = 0; !level && i < tables.level[level].renames; ++i)
    lives_forget_number(tables.level[level].renamed[i]);
  const struct world *gone = &tables.level[level].world;
  for (unsigned i = 0; level == 0 && i < gone->handles; ++i) {
    const struct world_handle *handle = &gone->handle[i];
    if (!world_handle_of(around, handle->identity) && is_known_around(around, level, handle) &&
        !world_named_by(around, handle->dbi))
      world_add_handle(around, handle->dbi, handle->identity);
  }
}

/* The innermost transaction has ended. */
static void leave(bool commits) {
  const int level = --tables.depth;
  struct world *outer = level ? world() : &tables.base, *inner = &tables.level[level].world;
  cursors_leave(level);
  if (commits) {
    pass_renames(level);
    world_clear(outer);
    *outer = *inner;
  } else {
    undo_handles(outer, level);
    world_clear(inner);
  }
}

/* The innermost transaction has ended, because its commit failed: then nothing is committed. */
static void leave_failed(int rc) {
  fuzz_trace("  the commit failed: %d", rc);
  tables.failed = false;
  leave(false);
  tables.over |= mdbx_reader_check(tables.env, NULL) == MDBX_PANIC;
  if (tables.depth)
    lives_recover(false);
}

/* What a commit writes of its own may find no room. */
void lives_end(bool commits) {
  MDBX_txn *const ending = txn();
  int rc = MDBX_SUCCESS;
  if (!commits)
    FUZZ_OK(mdbx_txn_abort(ending));
  else
    rc = FAULTY(mdbx_txn_commit(ending));
  if (!changed(rc)) {
    leave_failed(rc);
    return;
  }
  leave(commits);
  if (tables.depth)
    use_handles();
}

/* What the innermost transaction has done is dropped, and it goes on. */
void lives_rollback(void) {
  FUZZ_OK(mdbx_txn_rollback(txn()));
  leave(false);
  enter();
}

void lives_checkpoint(void) {
  const int rc = FAULTY(mdbx_txn_checkpoint(txn(), MDBX_TXN_NOWEAKING, NULL)), level = tables.depth - 1;
  if (has_failed(rc)) { /* that of the commit, or of going on after it; the transaction has ended */
    tables.over |= !level && rc != MDBX_MAP_FULL;
    leave_failed(rc);
    if (!level)
      lives_begin();
    return;
  }
  FUZZ_MUST(rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE);
  if (rc != MDBX_SUCCESS)
    return;
  struct world *outer = level ? &tables.level[level - 1].world : &tables.base;
  pass_renames(level);
  tables.level[level].renames = 0;
  for (unsigned i = 0; !level && i < world()->handles; ++i)
    world()->handle[i].remade = false;
  world_clear(outer);
  world_copy(outer, world());
  cursors_leave(level);
  use_handles();
}

bool lives_reader_knows(unsigned slot, const struct world_handle *handle) {
  const unsigned name = world_find(&tables.reader[slot].world, handle->identity);
  const unsigned used_as = tables.reader[slot].used_as[handle->dbi % 64];
  return tables.reader[slot].txn && name < NAMES && !(tables.reader[slot].lost & bit_of(handle->dbi)) &&
         (!used_as || used_as == handle->identity) && world_find(world(), handle->identity) == name &&
         world_find(&tables.base, handle->identity) == name &&
         tables.reader[slot].world.table[name].flags == world()->table[name].flags;
}

void lives_reader_begin(unsigned slot) {
  lives_reader_end(slot);
  const int rc = FAULTY(mdbx_txn_begin(tables.env, NULL, MDBX_TXN_RDONLY, &tables.reader[slot].txn));
  if (fault_may_give(rc)) {
    tables.reader[slot].txn = NULL;
    return;
  }
  FUZZ_MUST(rc == MDBX_SUCCESS);
  world_copy(&tables.reader[slot].world, &tables.base);
  forget_uses(slot);
}

void lives_reader_end(unsigned slot) {
  if (!tables.reader[slot].txn)
    return;
  FUZZ_OK(mdbx_txn_abort(tables.reader[slot].txn));
  cursors_reader_leaves(slot);
  tables.reader[slot].txn = NULL;
  tables.reader[slot].parked = false;
  world_clear(&tables.reader[slot].world);
}

/* The snapshot of a reader is the newest one. */
static void note_newest(unsigned slot) {
  cursors_reader_leaves(slot);
  world_clear(&tables.reader[slot].world);
  world_copy(&tables.reader[slot].world, &tables.base);
  forget_uses(slot);
}

void lives_reader_move(unsigned slot, unsigned how) {
  MDBX_txn *const reader = tables.reader[slot].txn;
  if (!reader)
    return;
  if (how == 0)
    FUZZ_OK(mdbx_txn_reset(reader));
  int rc = how == 2 ? FAULTY(mdbx_txn_refresh(reader)) : FAULTY(mdbx_txn_renew(reader));
  if (fault_may_give(rc)) /* it is as after a reset */
    rc = mdbx_txn_renew(reader);
  FUZZ_MUST(rc == MDBX_SUCCESS || (rc == MDBX_RESULT_TRUE && how == 2));
  if (rc == MDBX_SUCCESS)
    note_newest(slot);
}

void lives_reader_clone(unsigned from, unsigned to) {
  if (from == to || !tables.reader[from].txn)
    return;
  const bool made = !tables.reader[to].txn;
  const int rc = FAULTY(mdbx_txn_clone(tables.reader[from].txn, &tables.reader[to].txn, NULL));
  if (fault_may_give(rc)) {
    FUZZ_MUST(!made || !tables.reader[to].txn);
    if (!made) { /* it is as after a reset, or as it was */
      FUZZ_OK(mdbx_txn_renew(tables.reader[to].txn));
      note_newest(to);
    }
    return;
  }
  FUZZ_MUST(rc == MDBX_SUCCESS);
  cursors_reader_leaves(to);
  world_clear(&tables.reader[to].world);
  world_copy(&tables.reader[to].world, &tables.reader[from].world);
  forget_uses(to);
}

static bool has_newest(const MDBX_txn *reader) {
  MDBX_txn *newest;
  FUZZ_OK(mdbx_txn_begin(tables.env, NULL, MDBX_TXN_RDONLY, &newest));
  const bool same = mdbx_txn_id(newest) == mdbx_txn_id(reader);
  FUZZ_OK(mdbx_txn_abort(newest));
  return same;
}

void lives_amend(unsigned slot, bool commits) {
  MDBX_txn *const reader = tables.reader[slot].txn;
  if (!reader || tables.depth > 1)
    return;
  lives_end(commits);
  const bool newest = has_newest(reader);
  const int rc = FAULTY(mdbx_txn_amend(reader, &tables.level[0].txn, MDBX_TXN_READWRITE, NULL));
  if (fault_may_give(rc)) {
    lives_begin();
    return;
  }
  FUZZ_MUST(rc == (newest ? MDBX_SUCCESS : MDBX_RESULT_TRUE));
  if (!newest) {
    lives_begin();
    return;
  }
  cursors_reader_leaves(slot);
  tables.reader[slot].txn = NULL;
  world_clear(&tables.reader[slot].world);
  enter();
}

void lives_embark(unsigned slot) {
  if (tables.depth > 1)
    return;
  lives_reader_end(slot);
  MDBX_txn *moving = txn();
  MDBX_txn *const before = moving;
  const int rc = FAULTY(mdbx_txn_commit_embark_read(&moving, NULL));
  if (fault_may_give(rc) && moving == before) { /* there was no room for a reader */
    tables.failed = false;
    return;
  }
  if (!changed(rc)) {
    FUZZ_MUST(!moving);
    leave_failed(rc);
    lives_begin();
    return;
  }
  leave(true);
  tables.reader[slot].txn = moving;
  note_newest(slot);
  lives_begin();
}

/* ------------------------------------------------------------------------------------------- parked, and broken ones */

void lives_park(unsigned slot, bool wakes) {
  if (!tables.reader[slot].txn || tables.reader[slot].parked)
    return;
  FUZZ_OK(mdbx_txn_park(tables.reader[slot].txn, wakes));
  tables.reader[slot].parked = true;
  tables.reader[slot].wakes = wakes;
}

/* A writer that needed pages may have taken its snapshot. */
static void wake(unsigned slot) {
  MDBX_txn *const reader = tables.reader[slot].txn;
  MDBX_canary canary;
  int rc = mdbx_canary_get(reader, &canary);
  if (tables.reader[slot].wakes) {
    FUZZ_MUST(rc == MDBX_SUCCESS || rc == MDBX_OUSTED);
    if (rc == MDBX_OUSTED) {
      FUZZ_OK(mdbx_txn_renew(reader));
      note_newest(slot);
    }
  } else {
    FUZZ_MUST(rc == MDBX_BAD_TXN || rc == MDBX_OUSTED);
    const bool ousted = rc == MDBX_OUSTED;
    rc = mdbx_txn_unpark(reader, true);
    FUZZ_MUST(rc == (ousted ? MDBX_RESULT_TRUE : MDBX_SUCCESS));
    if (ousted)
      note_newest(slot);
  }
  fuzz_trace("  reader %u wakes: %d", slot, rc);
}

void lives_wake_all(void) {
  for (unsigned slot = 0; slot < READERS; ++slot)
    if (tables.reader[slot].parked) {
      tables.reader[slot].parked = false;
      wake(slot);
    }
}

static void break_reader(MDBX_txn *reader) {
  MDBX_canary canary;
  FUZZ_OK(mdbx_txn_break(reader));
  FUZZ_MUST(mdbx_canary_get(reader, &canary) == MDBX_BAD_TXN);
  FUZZ_OK(mdbx_txn_rollback(reader));
  FUZZ_OK(mdbx_canary_get(reader, &canary));
}

/* The broken transaction is rolled back; or its commit tells that it was aborted. If it cannot be undone on its own, those around it
 * are broken too. */
static void give_up(bool commits) {
  MDBX_canary canary;
  FUZZ_MUST(mdbx_canary_get(txn(), &canary) == MDBX_BAD_TXN);
  const int rc = commits ? mdbx_txn_commit(txn()) : mdbx_txn_rollback(txn()), level = tables.depth - 1;
  const bool undone = rc == (commits ? MDBX_RESULT_TRUE : MDBX_SUCCESS);
  leave(false);
  if (!undone) {
    FUZZ_MUST(level && fault_may_give(rc) && mdbx_txn_flags(txn()) & MDBX_TXN_ERROR);
    lives_recover(commits);
  } else if (!commits)
    enter();
  else if (level)
    use_handles();
  else
    lives_begin();
}

void lives_break(unsigned slot, unsigned how) {
  if (how < 2) {
    if (tables.reader[slot].txn)
      break_reader(tables.reader[slot].txn);
    return;
  }
  FUZZ_OK(mdbx_txn_break(txn()));
  give_up(how == 3);
}

void lives_recover(bool commits) {
  tables.failed = false;
  const bool broken = mdbx_txn_flags(txn()) & MDBX_TXN_ERROR;
  fuzz_trace("  no room; broken %d", (int)broken);
  if (broken)
    give_up(commits);
  else
    use_handles();
}
