/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nested transactions.
 *
 * All levels change the one set of pages of the write transaction; its struct, the root, has all the state, and the
 * handle of a nested transaction only names a level. State that a level may have to restore is saved when the level
 * begins (trees, tables, geometry, canary, positions of cursors: all small) or when it changes (pages, see
 * space/undo.h). The root's `innermost` is the only handle that may be used; all others have the flag HAS_CHILD.
 *
 * Under the writer lock, by the thread that holds it.
 */
#include "txn/txn_nested.h"

#include "base/assert.h"
#include "space/undo.h"
#include "txn/table.h"
#include "txn/txn_cursor.h"
#include "txn/txn_verify.h"

#include <stdlib.h>

struct nested_cursor {
  MDBX_cursor *cursor; /* NULL: closed meanwhile */
  struct cursor position;
};

struct nested_state {
  struct undo *undo; /* of the level, until it begins */
  struct tree main;
  MDBX_canary canary;
  struct geometry geometry;
  bool canary_changed, geometry_changed, keep_size;
  struct txn_table *tables; /* copies of what was loaded; their `dbi` tells which */
  size_t table_count;
  struct nested_cursor *cursors;
  size_t cursor_count;
};

/* ---------------------------------------------------------------------------------------------------------- writing down */

static void free_state(struct nested_state *state) {
  for (size_t i = 0; i < state->table_count; ++i)
    free(state->tables[i].name.bytes);
  for (size_t i = 0; i < state->cursor_count; ++i)
    cursor_destroy(&state->cursors[i].position);
  free(state->undo);
  free(state->tables);
  free(state->cursors);
  free(state);
}

static bool is_loaded(const MDBX_txn *root, MDBX_dbi dbi) {
  ASSERT(dbi >= CORE_TABLES);
  return root->tables && root->tables[dbi] && root->tables[dbi]->stamp == root->stamp;
}

static int save_table(struct txn_table *copy, const struct txn_table *table) {
  *copy = *table;
  copy->name.bytes = NULL;
  if (!(table->state & TABLE_RENAMED))
    return MDBX_SUCCESS;
  copy->name.bytes = malloc(table->name.length + 1);
  if (!copy->name.bytes)
    return MDBX_ENOMEM;
  if (table->name.length)
    memcpy(copy->name.bytes, table->name.bytes, table->name.length);
  return MDBX_SUCCESS;
}

static int save_tables(struct nested_state *state, const MDBX_txn *root) {
  state->tables = calloc(root->env->handles_used, sizeof(*state->tables));
  if (!state->tables)
    return MDBX_ENOMEM;
  for (MDBX_dbi dbi = CORE_TABLES; dbi < root->tables_capacity && dbi < root->env->handles_used; ++dbi) {
    if (!is_loaded(root, dbi))
      continue;
    const int rc = save_table(&state->tables[state->table_count], root->tables[dbi]);
    if (rc != MDBX_SUCCESS)
      return rc;
    state->table_count += 1;
  }
  return MDBX_SUCCESS;
}

static int save_cursors(struct nested_state *state, const MDBX_txn *root) {
  size_t count = 0;
  for (const MDBX_cursor *cursor = root->cursors; cursor; cursor = cursor->next)
    ++count;
  state->cursors = calloc(count + 1, sizeof(*state->cursors));
  if (!state->cursors)
    return MDBX_ENOMEM;
  for (MDBX_cursor *cursor = root->cursors; cursor; cursor = cursor->next) {
    struct nested_cursor *saved = &state->cursors[state->cursor_count];
    int rc = cursor_detach(&cursor->core);
    if (rc == MDBX_SUCCESS)
      rc = cursor_copy_position(&cursor->core, &saved->position);
    if (rc != MDBX_SUCCESS)
      return rc;
    saved->cursor = cursor;
    state->cursor_count += 1;
  }
  return MDBX_SUCCESS;
}

/* Memory for all of it is taken here, so that the level can begin at any later time. */
static int write_down(MDBX_txn *root, struct nested_state **result) {
  ASSERT(root->root == root);
  struct nested_state *state = calloc(1, sizeof(*state));
  if (!state)
    return MDBX_ENOMEM;
  state->main = root->main;
  state->canary = root->canary;
  state->geometry = root->space.geometry;
  state->canary_changed = root->canary_changed;
  state->geometry_changed = root->geometry_changed;
  state->keep_size = root->keep_size;
  state->undo = undo_make();
  int rc = state->undo ? save_tables(state, root) : MDBX_ENOMEM;
  if (rc == MDBX_SUCCESS)
    rc = save_cursors(state, root);
  if (rc != MDBX_SUCCESS)
    free_state(state);
  else
    *result = state;
  return rc;
}

static void begin_level(MDBX_txn *child, struct nested_state *state) {
  ASSERT(state->undo);
  undo_begin(&child->root->space, state->undo);
  state->undo = NULL;
  child->nested = state;
}

int txn_begin_nested(MDBX_txn *parent, unsigned flags, void *context, MDBX_txn **result) {
  ASSERT(parent->root->innermost == parent);
  MDBX_txn *root = parent->root;
  MDBX_txn *child = calloc(1, sizeof(*child));
  if (!child)
    return MDBX_ENOMEM;
  struct nested_state *state = NULL;
  const int rc = write_down(root, &state);
  if (rc != MDBX_SUCCESS) {
    free(child);
    return rc;
  }
  child->signature = TXN_SIGNATURE;
  child->generation = root->generation;
  child->env = root->env;
  child->owner = root->owner;
  child->user_context = context;
  child->view = root->view;
  child->root = root;
  begin_level(child, state);
  child->parent = parent;
  child->innermost = child;
  child->nesting = parent->nesting + 1;
  child->flags =
      (parent->flags & (MDBX_TXN_NOSYNC | MDBX_TXN_NOMETASYNC)) | ((parent->flags | flags) & MDBX_TXN_RDONLY);
  parent->flags |= MDBX_TXN_HAS_CHILD;
  root->innermost = child;
  VERIFY(txn_verify(root));
  *result = child;
  return MDBX_SUCCESS;
}

/* ----------------------------------------------------------------------------------------------------- putting back */

/* Scratch memory belongs to the tree, not to the state of it. */
static void put_tree_back(struct tree *tree, const struct tree *before) {
  uint8_t *scratch = tree->scratch, *value_scratch = tree->value_scratch;
  *tree = *before;
  tree->scratch = scratch;
  tree->value_scratch = value_scratch;
}

static struct txn_table *find_saved(const struct nested_state *state, MDBX_dbi dbi) {
  for (size_t i = 0; i < state->table_count; ++i)
    if (state->tables[i].dbi == dbi)
      return &state->tables[i];
  return NULL;
}

static void put_table_back(struct txn_table *table, struct txn_table *before) {
  table->stamp = before->stamp;
  table->generation = before->generation;
  table->renames = before->renames;
  put_tree_back(&table->tree, &before->tree);
  free(table->name.bytes);
  table->name = before->name;
  table->state = before->state;
  before->name.bytes = NULL;
}

static void put_tables_back(MDBX_txn *root, struct nested_state *state) {
  os_mutex_lock(&root->env->handles_mutex);
  for (MDBX_dbi dbi = CORE_TABLES; dbi < root->tables_capacity && dbi < root->env->handles_used; ++dbi) {
    if (!is_loaded(root, dbi))
      continue;
    struct txn_table *table = root->tables[dbi], *before = find_saved(state, dbi);
    if ((table->state & TABLE_CLAIMED) && !(before && (before->state & TABLE_CLAIMED)))
      root->env->handles[dbi].claimed = false;
    if (!before || before->generation != table->generation) /* the handle has been closed and opened for this table */
      table_forget(root, table);
    if (before)
      put_table_back(table, before);
  }
  os_mutex_unlock(&root->env->handles_mutex);
}

static void put_cursors_back(struct nested_state *state) {
  for (size_t i = 0; i < state->cursor_count; ++i) {
    struct nested_cursor *saved = &state->cursors[i];
    if (!saved->cursor)
      continue;
    cursor_destroy(&saved->cursor->core);
    saved->cursor->core = saved->position;
    cursor_init(&saved->position);
  }
}

/* The file may have grown: restores the user's settings, but keeps the size above the used part. If pages could not be given
 * back, that may be above the upper size there was; nothing is kept then. */
static void put_geometry_back(MDBX_txn *root, const struct nested_state *state) {
  if (root->space.failed != MDBX_SUCCESS)
    return;
  const pgno_t in_use = root->space.view.limit;
  struct geometry geometry = state->geometry;
  geometry.now = MAX_OF(geometry.now, in_use);
  space_set_geometry(&root->space, &geometry);
}

static int put_back(MDBX_txn *root, struct nested_state *state) {
  ASSERT(root->root == root && root->space.undo);
  const int rc = undo_restore(&root->space);
  put_tree_back(&root->main, &state->main);
  put_tables_back(root, state);
  put_cursors_back(state);
  put_geometry_back(root, state);
  root->canary = state->canary;
  root->canary_changed = state->canary_changed;
  root->geometry_changed = state->geometry_changed;
  root->keep_size = state->keep_size;
  return rc;
}

/* --------------------------------------------------------------------------------------------------------------- end */

static void unbind_own_cursors(MDBX_txn *root, unsigned nesting) {
  for (MDBX_cursor *cursor = root->cursors, *next; cursor; cursor = next) {
    next = cursor->next;
    if (cursor->nesting >= nesting)
      txn_cursor_unbind(cursor);
  }
}

static void free_handle(MDBX_txn *child) {
  ASSERT(child->parent && child->parent->nesting + 1 == child->nesting);
  ASSERT(child->root->innermost == child);
  MDBX_txn *parent = child->parent;
  parent->flags &= ~(unsigned)MDBX_TXN_HAS_CHILD;
  parent->root->innermost = parent;
  free_state(child->nested);
  child->signature = DEAD_SIGNATURE;
  free(child);
}

/* Undoes the level and frees the handle, since the level ends with this code. */
static int undo_level(MDBX_txn *child, int code) {
  MDBX_txn *root = child->root, *parent = child->parent;
  const int undone = put_back(root, child->nested);
  free_handle(child);
  if (undone != MDBX_SUCCESS)
    parent->flags |= MDBX_TXN_ERROR;
  VERIFY(txn_verify(root));
  return code == MDBX_SUCCESS ? undone : code;
}

/* A level that cannot be kept is undone. */
static int end_level(MDBX_txn *child, bool keep) {
  ASSERT(child->root->innermost == child && child->nested);
  MDBX_txn *root = child->root;
  unbind_own_cursors(root, child->nesting);
  const int kept = keep ? undo_keep(&root->space) : MDBX_SUCCESS;
  if (!keep || kept != MDBX_SUCCESS)
    return undo_level(child, kept);
  free_handle(child);
  VERIFY(txn_verify(root));
  return MDBX_SUCCESS;
}

/* A level is kept with all that is nested in it, or not at all. */
int txn_commit_nested(MDBX_txn *child) {
  const int rc = txn_end_children(child, true);
  const bool broken = child->flags & MDBX_TXN_ERROR;
  const int ended = end_level(child, rc == MDBX_SUCCESS && !broken);
  if (rc != MDBX_SUCCESS || ended != MDBX_SUCCESS)
    return rc == MDBX_SUCCESS ? ended : rc;
  return broken ? MDBX_RESULT_TRUE : MDBX_SUCCESS;
}

int txn_abort_nested(MDBX_txn *child) {
  const int rc = txn_end_children(child, false);
  const int ended = end_level(child, false);
  return rc == MDBX_SUCCESS ? ended : rc;
}

/* A new level under the same handle. */
static int begin_again(MDBX_txn *child, struct nested_state *state) {
  ASSERT(child->parent);
  free_state(child->nested);
  begin_level(child, state);
  child->flags &= ~(unsigned)MDBX_TXN_ERROR;
  VERIFY(txn_verify(child->root));
  return MDBX_SUCCESS;
}

int txn_rollback_nested(MDBX_txn *child) {
  ASSERT(child->root->innermost == child);
  MDBX_txn *root = child->root, *parent = child->parent;
  struct nested_state *again = NULL;
  unbind_own_cursors(root, child->nesting);
  const int undone = put_back(root, child->nested);
  const int rc = undone == MDBX_SUCCESS ? write_down(root, &again) : undone;
  if (rc == MDBX_SUCCESS)
    return begin_again(child, again);
  free_handle(child);
  if (undone != MDBX_SUCCESS)
    parent->flags |= MDBX_TXN_ERROR;
  return rc;
}

static bool table_differs(const struct txn_table *table, const struct txn_table *before) {
  const unsigned made = TABLE_CREATED | TABLE_DROPPED | TABLE_RENAMED;
  if (!before)
    return table->tree.changed || (table->state & made);
  return (table->state & made) != (before->state & made) ||
         memcmp(&table->tree.record, &before->tree.record, sizeof(before->tree.record)) != 0;
}

static bool level_has_changes(const MDBX_txn *child) {
  const MDBX_txn *root = child->root;
  const struct nested_state *state = child->nested;
  if (undo_has_changes(&root->space) ||
      memcmp(&root->main.record, &state->main.record, sizeof(root->main.record)) != 0 ||
      memcmp(&root->canary, &state->canary, sizeof(root->canary)) != 0 || root->keep_size != state->keep_size ||
      root->geometry_changed != state->geometry_changed ||
      memcmp(&root->space.geometry, &state->geometry, sizeof(state->geometry)) != 0)
    return true;
  for (MDBX_dbi dbi = CORE_TABLES; dbi < root->tables_capacity && dbi < root->env->handles_used; ++dbi)
    if (is_loaded(root, dbi) && table_differs(root->tables[dbi], find_saved(state, dbi)))
      return true;
  return false;
}

int txn_checkpoint_nested(MDBX_txn *child) {
  ASSERT(child->root->innermost == child);
  if (!level_has_changes(child))
    return MDBX_RESULT_TRUE;
  unbind_own_cursors(child->root, child->nesting);
  struct nested_state *again = NULL;
  int rc = write_down(child->root, &again);
  if (rc == MDBX_SUCCESS)
    rc = undo_keep(&child->root->space);
  if (rc == MDBX_SUCCESS)
    return begin_again(child, again);
  if (again)
    free_state(again);
  return undo_level(child, rc);
}

int txn_end_children(MDBX_txn *txn, bool keep) {
  ASSERT(txn->root->innermost->nesting >= txn->nesting);
  int rc = MDBX_SUCCESS;
  while (txn->root->innermost != txn) {
    MDBX_txn *child = txn->root->innermost;
    const int ended = end_level(child, keep && !(child->flags & MDBX_TXN_ERROR));
    rc = rc == MDBX_SUCCESS ? ended : rc;
  }
  return rc;
}

void txn_drop_children(MDBX_txn *root) {
  while (root->innermost != root)
    free_handle(root->innermost);
}

void txn_forget_cursor(const MDBX_cursor *cursor) {
  for (MDBX_txn *txn = cursor->txn->innermost; txn->nesting > cursor->nesting; txn = txn->parent)
    for (size_t i = 0; i < txn->nested->cursor_count; ++i)
      if (txn->nested->cursors[i].cursor == cursor)
        txn->nested->cursors[i].cursor = NULL;
}
