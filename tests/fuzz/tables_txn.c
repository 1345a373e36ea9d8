/* SPDX-License-Identifier: Apache-2.0 */
/* The target `tables`: what transactions and their ends make of handles. */
#include "tables.h"

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

void lives_begin(void) {
  if (tables.depth == (tables.env_flags & MDBX_WRITEMAP ? 1 : LEVELS))
    return;
  const struct world *around = tables.depth ? world() : &tables.base;
  FUZZ_OK(mdbx_txn_begin(tables.env, tables.depth ? txn() : NULL, MDBX_TXN_READWRITE, &tables.level[tables.depth].txn));
  world_copy(&tables.level[tables.depth].world, around);
  for (unsigned i = 0; !tables.depth && i < HANDLES; ++i)
    tables.level[0].world.handle[i].remade = false;
  tables.level[tables.depth].renames = 0;
  tables.depth += 1;
  use_handles();
}

/* Cursors of a transaction that has ended, or goes on after a checkpoint, are unbound; those of what is around it stay. */
static void forget_cursor(int around) {
  if (tables.cursor_level <= around)
    return;
  if (mdbx_cursor_unbind(tables.cursor) == MDBX_SUCCESS)
    tables.cursor_dbi = 0, tables.cursor_level = 0;
  else
    tables.cursor_level = around;
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

void lives_forget_number(MDBX_dbi dbi) {
  if (tables.cursor_dbi == dbi)
    tables.cursor_dbi = 0;
  world_forget_number(&tables.base, dbi);
  for (int level = 0; level < tables.depth; ++level)
    world_forget_number(&tables.level[level].world, dbi);
  for (unsigned slot = 0; slot < READERS; ++slot)
    tables.reader[slot].lost |= UINT64_C(1) << dbi % 64;
}

/* The handle of a table that was renamed is gone. That of one which was only opened stays for later transactions; what is around a
 * nested one does not know it. */
static void undo_handles(struct world *around, int level) {
  for (unsigned i = 0; i < tables.level[level].renames; ++i)
    lives_forget_number(tables.level[level].renamed[i]);
  const struct world *gone = &tables.level[level].world;
  for (unsigned i = 0; level == 0 && i < gone->handles; ++i) {
    const struct world_handle *handle = &gone->handle[i];
    if (!world_handle_of(around, handle->identity) && is_known_around(around, level, handle) &&
        !world_named_by(around, handle->dbi))
      world_add_handle(around, handle->dbi, handle->identity);
  }
}

void lives_end(bool commits) {
  const int level = --tables.depth;
  struct world *around = level ? world() : &tables.base, *inner = &tables.level[level].world;
  if (commits)
    FUZZ_OK(mdbx_txn_commit(tables.level[level].txn));
  else
    FUZZ_OK(mdbx_txn_abort(tables.level[level].txn));
  forget_cursor(level);
  if (commits) {
    pass_renames(level);
    world_clear(around);
    *around = *inner;
  } else {
    undo_handles(around, level);
    world_clear(inner);
  }
  if (level)
    use_handles();
}

void lives_checkpoint(void) {
  const int rc = mdbx_txn_checkpoint(txn(), MDBX_TXN_NOWEAKING, NULL), level = tables.depth - 1;
  FUZZ_MUST(rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE);
  if (rc != MDBX_SUCCESS)
    return;
  struct world *around = level ? &tables.level[level - 1].world : &tables.base;
  pass_renames(level);
  tables.level[level].renames = 0;
  for (unsigned i = 0; !level && i < world()->handles; ++i)
    world()->handle[i].remade = false;
  world_clear(around);
  world_copy(around, world());
  forget_cursor(level);
  use_handles();
}

bool lives_reader_knows(unsigned slot, const struct world_handle *handle) {
  const unsigned name = world_find(&tables.reader[slot].world, handle->identity);
  return tables.reader[slot].txn && name < NAMES && !(tables.reader[slot].lost >> handle->dbi % 64 & 1) &&
         world_find(world(), handle->identity) == name && world_find(&tables.base, handle->identity) == name &&
         tables.reader[slot].world.table[name].flags == world()->table[name].flags;
}

void lives_reader_begin(unsigned slot) {
  lives_reader_end(slot);
  FUZZ_OK(mdbx_txn_begin(tables.env, NULL, MDBX_TXN_RDONLY, &tables.reader[slot].txn));
  world_copy(&tables.reader[slot].world, &tables.base);
  tables.reader[slot].lost = 0;
}

void lives_reader_end(unsigned slot) {
  if (!tables.reader[slot].txn)
    return;
  FUZZ_OK(mdbx_txn_abort(tables.reader[slot].txn));
  tables.reader[slot].txn = NULL;
  world_clear(&tables.reader[slot].world);
}

void lives_check(void) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  memset(&context, 0, sizeof(context));
  FUZZ_OK(mdbx_env_chk(tables.env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0));
  FUZZ_MUST(context.result.total_problems == 0);
}
