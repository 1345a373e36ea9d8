/* SPDX-License-Identifier: Apache-2.0 */
/* The target `tables`: cursors of the write transaction and of readers, which are bound, renewed, copied and released. */
#include "tables.h"

#include <limits.h>

enum { OF_NONE = -1, OF_WRITER = READERS };

static bool is_bound(const struct tables_cursor *cursor) { return cursor->owner != OF_NONE; }

static MDBX_txn *txn_of(int owner) { return owner == OF_WRITER ? txn() : tables.reader[owner].txn; }

static const struct world *world_of(int owner) { return owner == OF_WRITER ? world() : &tables.reader[owner].world; }

void cursors_open(void) {
  for (unsigned i = 0; i < CURSORS; ++i) {
    tables.cursor[i] = (struct tables_cursor){mdbx_cursor_create(NULL), OF_NONE, 0, 0, 0};
    FUZZ_MUST(tables.cursor[i].handle != NULL);
  }
}

void cursors_close(void) {
  for (unsigned i = 0; i < CURSORS; ++i)
    FUZZ_OK(mdbx_cursor_close2(tables.cursor[i].handle));
}

static void must_be_unbound(struct tables_cursor *cursor) {
  MDBX_val key, value;
  FUZZ_MUST(!mdbx_cursor_txn(cursor->handle) && mdbx_cursor_dbi(cursor->handle) == UINT_MAX);
  FUZZ_MUST(mdbx_cursor_get(cursor->handle, &key, &value, MDBX_FIRST) == MDBX_EINVAL);
  cursor->owner = OF_NONE;
  cursor->level = 0;
}

void cursors_leave(int around) {
  for (unsigned i = 0; i < CURSORS; ++i) {
    struct tables_cursor *cursor = &tables.cursor[i];
    if (cursor->owner != OF_WRITER || cursor->level <= around)
      continue;
    if (around && mdbx_cursor_txn(cursor->handle))
      cursor->level = around;
    else
      must_be_unbound(cursor);
  }
}

void cursors_reader_leaves(unsigned slot) {
  for (unsigned i = 0; i < CURSORS; ++i)
    if (tables.cursor[i].owner == (int)slot)
      must_be_unbound(&tables.cursor[i]);
}

void cursors_forget_number(MDBX_dbi dbi) {
  for (unsigned i = 0; i < CURSORS; ++i)
    if (tables.cursor[i].dbi == dbi)
      tables.cursor[i].identity = 0;
}

/* A cursor of a transaction around the innermost one cannot be taken from it. */
static bool is_outer(const struct tables_cursor *cursor) {
  return cursor->owner == OF_WRITER && cursor->level < tables.depth;
}

/* Where it was bound to the same already, it stays that of its level. */
static void note_binding(struct tables_cursor *cursor, int owner, MDBX_dbi dbi, unsigned identity) {
  if (cursor->owner != owner || cursor->dbi != dbi || !cursor->identity)
    cursor->level = owner == OF_WRITER ? tables.depth : 0;
  cursor->owner = owner;
  cursor->dbi = dbi;
  cursor->identity = identity;
  FUZZ_MUST(mdbx_cursor_txn(cursor->handle) == txn_of(owner) && mdbx_cursor_dbi(cursor->handle) == dbi);
}

/* In the write transaction a table that was dropped and made again by the same name has the same number. */
static unsigned table_of(const struct tables_cursor *cursor) {
  const struct world *seen = world_of(cursor->owner);
  if (cursor->owner != OF_WRITER || !cursor->identity)
    return world_find(seen, cursor->identity);
  return world_find(seen, world_named_by(seen, cursor->dbi));
}

/* Wherever it goes, it comes to a pair of its table. */
static void get(struct tables_cursor *cursor, MDBX_cursor_op op) {
  MDBX_val key, value;
  const int rc = mdbx_cursor_get(cursor->handle, &key, &value, op);
  fuzz_trace("  get %d: %d (of %d, handle %u, level %d)", (int)op, rc, cursor->owner, cursor->dbi, cursor->level);
  FUZZ_MUST(rc != MDBX_CORRUPTED && rc != MDBX_PROBLEM);
  FUZZ_MUST(is_bound(cursor) || rc == MDBX_EINVAL);
  if (rc != MDBX_SUCCESS)
    return;
  const unsigned name = table_of(cursor);
  FUZZ_MUST(name < NAMES);
  bool there;
  pairs_seek(&world_of(cursor->owner)->table[name].pairs, &key, &value, &there);
  FUZZ_MUST(there);
}

/* A call with the cursor failed for lack of memory: it is unbound, or bound as it was. */
static void note_failure(struct tables_cursor *cursor, int owner) {
  if (!mdbx_cursor_txn(cursor->handle) && is_bound(cursor))
    must_be_unbound(cursor);
  tables.failed = owner == OF_WRITER;
}

static void bind(struct tables_cursor *cursor, int owner, const struct world_handle *handle) {
  const int rc = FAULTY(mdbx_cursor_bind(txn_of(owner), cursor->handle, handle->dbi));
  fuzz_trace("  bind to %d, handle %u: %d", owner, handle->dbi, rc);
  if (fault_may_give(rc)) {
    note_failure(cursor, owner);
    return;
  }
  if (rc == MDBX_SUCCESS)
    note_binding(cursor, owner, handle->dbi, handle->identity);
  else
    FUZZ_MUST(rc == MDBX_EINVAL && is_outer(cursor));
}

/* To the table it had before, by its number, which may stand for another one now. */
static void renew(struct tables_cursor *cursor, int owner) {
  const MDBX_dbi dbi = cursor->dbi;
  const struct world_handle *named = NULL;
  for (unsigned i = 0; i < world()->handles; ++i)
    if (world()->handle[i].dbi == dbi)
      named = &world()->handle[i];
  if (!dbi) {
    FUZZ_MUST(mdbx_cursor_renew(txn_of(owner), cursor->handle) == MDBX_BAD_DBI);
    return;
  }
  if (!named || (owner != OF_WRITER && !lives_reader_knows((unsigned)owner, named)))
    return;
  if (owner != OF_WRITER)
    lives_reader_uses((unsigned)owner, dbi, named->identity);
  const int rc = FAULTY(mdbx_cursor_renew(txn_of(owner), cursor->handle));
  fuzz_trace("  renew with %d, handle %u: %d", owner, dbi, rc);
  if (fault_may_give(rc)) {
    note_failure(cursor, owner);
    return;
  }
  if (rc == MDBX_SUCCESS)
    note_binding(cursor, owner, dbi, named->identity);
  else
    FUZZ_MUST(rc == MDBX_EINVAL && is_outer(cursor));
}

static void copy(const struct tables_cursor *from, struct tables_cursor *to) {
  MDBX_val key, value, other_key, other;
  const int rc = FAULTY(mdbx_cursor_copy(from->handle, to->handle));
  fuzz_trace("  copy from handle %u of %d: %d", from->dbi, from->owner, rc);
  if (fault_may_give(rc)) { /* it may be bound, without a place */
    if (mdbx_cursor_txn(to->handle))
      note_binding(to, from->owner, from->dbi, from->identity);
    note_failure(to, from->owner);
    return;
  }
  if (from == to || !is_bound(from)) {
    FUZZ_MUST(rc == MDBX_EINVAL || (from == to && rc == MDBX_BAD_DBI));
    return;
  }
  if (rc != MDBX_SUCCESS) { /* its table is gone, or the other one cannot be taken */
    FUZZ_MUST(rc == MDBX_BAD_DBI || (rc == MDBX_EINVAL && is_outer(to)));
    return;
  }
  note_binding(to, from->owner, from->dbi, from->identity);
  const int said = mdbx_cursor_get(from->handle, &key, &value, MDBX_GET_CURRENT);
  FUZZ_MUST(mdbx_cursor_get(to->handle, &other_key, &other, MDBX_GET_CURRENT) == said);
  if (said == MDBX_SUCCESS)
    FUZZ_MUST(val_equal(&key, &other_key) && val_equal(&value, &other));
}

static int count_cursor(void *context, MDBX_cursor *cursor) {
  (void)cursor;
  *(size_t *)context += 1;
  return MDBX_SUCCESS;
}

static size_t count_of(int owner) {
  size_t count = 0;
  for (unsigned i = 0; i < CURSORS; ++i)
    count += tables.cursor[i].owner == owner;
  return count;
}

static void release_all(int owner) {
  size_t walked = 0, released;
  FUZZ_OK(mdbx_txn_enumerate_cursors(txn_of(owner), count_cursor, &walked));
  FUZZ_OK(mdbx_txn_release_all_cursors_ex(txn_of(owner), true, &released));
  FUZZ_MUST(walked == count_of(owner) && released == walked);
  for (unsigned i = 0; i < CURSORS; ++i)
    if (tables.cursor[i].owner == owner)
      must_be_unbound(&tables.cursor[i]);
}

static void unbind(struct tables_cursor *cursor) {
  const bool outer = is_outer(cursor);
  const int rc = mdbx_cursor_unbind(cursor->handle);
  FUZZ_MUST(rc == MDBX_SUCCESS || (rc == MDBX_EINVAL && outer));
  if (rc == MDBX_SUCCESS)
    must_be_unbound(cursor);
}

/* Frees it, bound or not, and makes another one. */
static void close_and_open(struct tables_cursor *cursor) {
  FUZZ_OK(mdbx_cursor_close2(cursor->handle));
  *cursor = (struct tables_cursor){mdbx_cursor_create(NULL), OF_NONE, 0, 0, 0};
  FUZZ_MUST(cursor->handle != NULL);
}

/* A transaction that is there; most often the writer. */
static int draw_owner(void) {
  const unsigned drawn = draw(2 * READERS);
  return drawn < READERS && tables.reader[drawn].txn ? (int)drawn : OF_WRITER;
}

static void bind_somewhere(struct tables_cursor *cursor, int owner) {
  const struct world_handle *handle = world()->handles ? &world()->handle[draw(world()->handles)] : NULL;
  if (!handle || (owner != OF_WRITER && !lives_reader_knows((unsigned)owner, handle)))
    return;
  if (owner != OF_WRITER)
    lives_reader_uses((unsigned)owner, handle->dbi, handle->identity);
  bind(cursor, owner, handle);
}

void cursors_step(void) {
  static const MDBX_cursor_op ops[] = {MDBX_FIRST, MDBX_NEXT, MDBX_PREV, MDBX_LAST, MDBX_GET_CURRENT, MDBX_NEXT_NODUP};
  const unsigned what = draw(16);
  struct tables_cursor *cursor = &tables.cursor[draw(CURSORS)];
  const int owner = draw_owner();
  if (what < 5)
    bind_somewhere(cursor, owner);
  else if (what < 7)
    copy(&tables.cursor[draw(CURSORS)], cursor);
  else if (what < 9)
    renew(cursor, owner);
  else if (what == 9)
    unbind(cursor);
  else if (what == 10)
    close_and_open(cursor);
  else if (what == 11 && draw(4) == 0)
    release_all(owner);
  get(cursor, ops[draw(sizeof(ops) / sizeof(ops[0]))]);
  get(cursor, ops[draw(sizeof(ops) / sizeof(ops[0]))]);
}
