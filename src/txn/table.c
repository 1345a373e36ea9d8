/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables and their handles.
 *
 * A handle belongs to the environment: it is a number for a name. Each transaction has its own struct txn_table, loaded
 * from the main table at first use. The record of a changed table is stored in the main table when the transaction
 * commits; that of a new one at once, so that its name is taken.
 *
 * handles_mutex guards names, generations and claims of handles, only while a thread reads or changes these. Nobody
 * holds it while a tree is read or changed, memory is written out, or a callback runs, so a reader that uses a table
 * for the first time waits for nobody. After such work without the lock, the generation shows whether the handle still
 * stands for the same table.
 */
#include "txn/table.h"

#include "base/array.h"
#include "base/assert.h"
#include "base/log.h"
#include "base/text.h"
#include "env/handles.h"
#include "txn/txn_cursor.h"

#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------------- handles */

void table_use_orders(struct tree *tree, const struct table_handle *handle) {
  const struct table_orders *orders = atomic_load(&handle->orders);
  if (orders)
    tree_use_orders(tree, &orders->key, &orders->value);
}

/* ------------------------------------------------------------------------------------- tables of a transaction */

static struct txn_table *loaded_entry(const MDBX_txn *txn, MDBX_dbi dbi) {
  struct txn_table *entry = dbi < txn->tables_capacity ? txn->tables[dbi] : NULL;
  return entry && entry->stamp == txn->stamp ? entry : NULL;
}

/* The transaction's table for a handle, unless the handle was closed or given to another table since. */
static struct txn_table *entry_of(const MDBX_txn *txn, MDBX_dbi dbi) {
  struct txn_table *entry = loaded_entry(txn, dbi);
  return entry && entry->generation == atomic_load(&txn->env->handles[dbi].generation) ? entry : NULL;
}

/* Iterates over the tables of the transaction; NULL after the last one. */
static struct txn_table *known_from(const MDBX_txn *txn, struct txn_table *entry) {
  while (entry && entry_of(txn, entry->dbi) != entry)
    entry = entry->next_listed;
  return entry;
}

static struct txn_table *first_known(const MDBX_txn *txn) {
  return known_from(txn, txn->listed_stamp == txn->stamp ? txn->listed : NULL);
}

static struct txn_table *next_known(const MDBX_txn *txn, const struct txn_table *entry) {
  ASSERT(entry->listed_stamp == txn->stamp);
  return known_from(txn, entry->next_listed);
}

/* Once in a transaction, however often it is loaded. */
static void list_entry(MDBX_txn *txn, struct txn_table *entry) {
  if (entry->listed_stamp == txn->stamp)
    return;
  entry->next_listed = txn->listed_stamp == txn->stamp ? txn->listed : NULL;
  entry->listed_stamp = txn->listed_stamp = txn->stamp;
  txn->listed = entry;
}

static bool is_hidden(const MDBX_txn *txn, MDBX_dbi dbi) {
  const struct txn_table *entry = dbi < txn->tables_capacity ? txn->tables[dbi] : NULL;
  return entry && entry->hidden_stamp == txn->stamp &&
         entry->hidden_generation == atomic_load(&txn->env->handles[dbi].generation);
}

static bool is_renamed(const MDBX_txn *txn, MDBX_dbi dbi) {
  const struct txn_table *entry = entry_of(txn, dbi);
  return entry && (entry->state & TABLE_RENAMED);
}

/* Another transaction has renamed the table since this reader loaded it: here the handle stands for the old name. */
static bool has_old_name(const MDBX_txn *txn, MDBX_dbi dbi) {
  const struct txn_table *entry = entry_of(txn, dbi);
  return entry && entry->renames != txn->env->handles[dbi].renames;
}

/* The handle to which the transaction gave this name; 0 if there is none. It may have dropped that table, and given the
 * name to another one. */
static MDBX_dbi find_renamed(const MDBX_txn *txn, const MDBX_val *name) {
  ASSERT(txn->root == txn);
  MDBX_dbi dropped = 0;
  for (const struct txn_table *entry = first_known(txn); entry; entry = next_known(txn, entry)) {
    if (!(entry->state & TABLE_RENAMED) || !handle_has_name(&entry->name, name))
      continue;
    if (!(entry->state & TABLE_DROPPED))
      return entry->dbi;
    dropped = entry->dbi;
  }
  return dropped;
}

/* The handle that has the name in the environment, with or without an old name here. 0 if there is none. */
static MDBX_dbi find_named(const MDBX_txn *txn, const MDBX_val *name, bool old) {
  for (MDBX_dbi i = CORE_TABLES; i < txn->env->handles_used; ++i)
    if (handle_is_open(&txn->env->handles[i]) && !is_renamed(txn, i) && has_old_name(txn, i) == old &&
        handle_has_name(&txn->env->handles[i].name, name))
      return i;
  return 0;
}

/* The handle of a name as the transaction sees it: a table that it renamed has its new name there, and only there
 * before the commit. 0 if there is none. handles_mutex is held. */
static MDBX_dbi find_handle(const MDBX_txn *txn, const MDBX_val *name) {
  const MDBX_dbi renamed = find_renamed(txn, name);
  return renamed ? renamed : find_named(txn, name, false);
}

/* The name of a table that the transaction has claimed: nobody else changes it. */
static MDBX_val claimed_name(const MDBX_txn *txn, MDBX_dbi dbi) {
  return handle_name(is_renamed(txn, dbi) ? &txn->tables[dbi]->name : &txn->env->handles[dbi].name);
}

/* From its first change of a table to its end, the write transaction prevents the handle from being closed or
 * renamed. */
static int claim(MDBX_txn *txn, MDBX_dbi dbi, struct txn_table *entry) {
  ASSERT(dbi >= CORE_TABLES && entry->dbi == dbi);
  int rc = MDBX_BAD_DBI;
  os_mutex_lock(&txn->env->handles_mutex);
  if (entry->generation == atomic_load(&txn->env->handles[dbi].generation)) {
    txn->env->handles[dbi].claimed = true;
    entry->state |= TABLE_CLAIMED;
    rc = MDBX_SUCCESS;
  }
  os_mutex_unlock(&txn->env->handles_mutex);
  return rc;
}

int table_claim(MDBX_txn *txn, struct tree *tree) {
  txn = txn->root;
  if (tree == &txn->main || tree == &txn->gc)
    return MDBX_SUCCESS;
  struct txn_table *entry = (struct txn_table *)((uint8_t *)tree - offsetof(struct txn_table, tree));
  ASSERT(entry->dbi < txn->tables_capacity && txn->tables[entry->dbi] == entry);
  return entry->state & TABLE_CLAIMED ? MDBX_SUCCESS : claim(txn, entry->dbi, entry);
}

/* Grows with the number of used handles, not with their limit. */
static bool reserve_entries(MDBX_txn *txn, unsigned count) {
  const size_t before = txn->tables_capacity;
  if (!array_reserve(txn->tables, count, txn->tables_capacity))
    return false;
  if (txn->tables_capacity > before)
    memset(txn->tables + before, 0, (txn->tables_capacity - before) * sizeof(*txn->tables));
  return true;
}

static struct txn_table *make_entry(MDBX_txn *txn, MDBX_dbi dbi) {
  ASSERT(dbi >= CORE_TABLES);
  if (!reserve_entries(txn, dbi + 1))
    return NULL;
  if (!txn->tables[dbi])
    txn->tables[dbi] = calloc(1, sizeof(**txn->tables));
  if (txn->tables[dbi])
    txn->tables[dbi]->dbi = dbi;
  return txn->tables[dbi];
}

static void prepare_name(const struct tree *main, const MDBX_val *name, struct seek_key *key, uint8_t *scratch) {
  key_prepare(key, main->rules.order, name->iov_len ? name->iov_base : "", name->iov_len, scratch);
}

/* Names can be searched for only in an order that this process knows. */
static int check_order_of_names(const struct tree *main) {
  return main->rules.order == ORDER_USER && main->rules.unknown ? MDBX_INCOMPATIBLE : MDBX_SUCCESS;
}

/* The record stored under a name. MDBX_NOTFOUND; MDBX_INCOMPATIBLE if it is a plain record, or a table with unknown
 * optional features, or if the order of the names is unknown. */
static int read_record(MDBX_txn *txn, const MDBX_val *name, struct table_record *record) {
  struct seek_key key;
  struct leaf_item item;
  uint8_t scratch[PAGE_SIZE_MAX / 2];
  if (name->iov_len > limit_key(txn->view->page_size, txn->main.record.flags) || tree_is_multi(&txn->main))
    return MDBX_NOTFOUND;
  int rc = check_order_of_names(&txn->main);
  if (rc != MDBX_SUCCESS)
    return rc;
  prepare_name(&txn->main, name, &key, scratch);
  rc = tree_find(txn->view, &txn->main, &key, &item);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (item.kind != NODE_TREE)
    return snapshot_is_lost(txn->view) ? MDBX_BAD_TXN : MDBX_INCOMPATIBLE;
  char text[64];
  return tree_read_record(txn->view, &item, record, text_of_value(name, text, sizeof(text)));
}

/* Writes a table's record under its name. */
static int write_record(MDBX_txn *txn, const MDBX_val *name, const struct table_record *record) {
  ASSERT(!tree_is_multi(&txn->main) && !txn_is_readonly(txn));
  ASSERT(check_order_of_names(&txn->main) == MDBX_SUCCESS);
  struct seek_key key;
  struct path path;
  uint8_t scratch[PAGE_SIZE_MAX / 2];
  bool exact;
  prepare_name(&txn->main, name, &key, scratch);
  int rc = txn_cursors_detach(txn, &txn->main, NULL);
  if (rc == MDBX_SUCCESS)
    rc = tree_seek(txn->view, &txn->main, &key, &path, &exact);
  if (rc != MDBX_SUCCESS)
    return rc;
  struct change change = {&txn->space, &txn->main, &path, &key, NODE_TREE, sizeof(*record), NULL};
  rc = change_put(&change, exact);
  if (rc == MDBX_SUCCESS)
    memcpy(change.data, record, sizeof(*record));
  return rc;
}

static int erase_record(MDBX_txn *txn, const MDBX_val *name) {
  ASSERT(!tree_is_multi(&txn->main) && !txn_is_readonly(txn));
  ASSERT(check_order_of_names(&txn->main) == MDBX_SUCCESS);
  struct seek_key key;
  struct path path;
  uint8_t scratch[PAGE_SIZE_MAX / 2];
  bool exact, moved;
  prepare_name(&txn->main, name, &key, scratch);
  int rc = txn_cursors_detach_to_delete(txn, &txn->main, NULL);
  txn_cursors_doubt(txn, &txn->main, NULL, name, NULL);
  if (rc == MDBX_SUCCESS)
    rc = tree_seek(txn->view, &txn->main, &key, &path, &exact);
  if (rc != MDBX_SUCCESS)
    return rc;
  return exact ? tree_erase(&txn->space, &txn->main, &path, &moved) : MDBX_NOTFOUND;
}

/* `version` is that of the handle when its name was read. If another table has got the handle since, this is
 * detected when the entry is used. */
static int load_entry(MDBX_txn *txn, MDBX_dbi dbi, struct handle_version version, const MDBX_val *name,
                      const struct table_record *record) {
  ASSERT(txn->root == txn && dbi < txn->env->handles_used);
  struct txn_table *entry = make_entry(txn, dbi);
  if (!entry)
    return MDBX_ENOMEM;
  tree_release(&entry->tree);
  const int rc = tree_load(&entry->tree, record, txn->view->limit, "(named)");
  /* The handle may stand for another table, or another kind of table, than that to which cursors were bound. */
  txn_cursors_unset(txn, &entry->tree);
  if (rc == MDBX_CORRUPTED) {
    char text[64];
    return log_damage(rc, "table %s: its record is damaged", text_of_value(name, text, sizeof(text)));
  }
  if (rc != MDBX_SUCCESS)
    return rc;
  table_use_orders(&entry->tree, &txn->env->handles[dbi]);
  entry->generation = version.generation;
  entry->renames = version.renames;
  entry->stamp = txn->stamp;
  list_entry(txn, entry);
  entry->hidden_stamp = 0;
  entry->state = TABLE_LOADED;
  return MDBX_SUCCESS;
}

/* The search for the record may wait for pages from the disk: no lock is held then. */
static int load_by_handle(MDBX_txn *txn, MDBX_dbi dbi) {
  MDBX_env *env = txn->env;
  struct table_record record;
  struct name_copy copy;
  os_mutex_lock(&env->handles_mutex);
  int rc = handle_copy_name(&copy, &env->handles[dbi]);
  os_mutex_unlock(&env->handles_mutex);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = find_renamed(txn, &copy.name) ? MDBX_BAD_DBI : read_record(txn, &copy.name, &record);
  if (rc == MDBX_NOTFOUND || rc == MDBX_INCOMPATIBLE)
    rc = MDBX_BAD_DBI;
  if (rc == MDBX_SUCCESS)
    rc = load_entry(txn, dbi, copy.version, &copy.name, &record);
  free(copy.memory);
  return rc;
}

int txn_tree(MDBX_txn *txn, MDBX_dbi dbi, struct tree **tree) {
  txn = txn->root;
  if (dbi == DBI_MAIN || dbi == DBI_GC) {
    *tree = dbi == DBI_MAIN ? &txn->main : &txn->gc;
    return MDBX_SUCCESS;
  }
  if (dbi >= txn->env->handles_used)
    return MDBX_BAD_DBI;
  struct txn_table *entry = loaded_entry(txn, dbi);
  if (!entry) {
    const int rc = is_hidden(txn, dbi) ? MDBX_BAD_DBI : load_by_handle(txn, dbi);
    if (rc != MDBX_SUCCESS)
      return rc;
    entry = txn->tables[dbi];
  }
  if (entry->generation != atomic_load(&txn->env->handles[dbi].generation) || (entry->state & TABLE_DROPPED))
    return MDBX_BAD_DBI;
  ASSERT(entry->dbi == dbi && entry->stamp == txn->stamp);
  *tree = &entry->tree;
  return MDBX_SUCCESS;
}

int txn_tree_at_hand(MDBX_txn *txn, MDBX_dbi dbi, struct tree **tree) {
  const bool broken = txn->root->innermost->flags & MDBX_TXN_ERROR;
  if (broken && dbi >= CORE_TABLES && dbi < txn->env->handles_used && !loaded_entry(txn->root, dbi))
    return MDBX_BAD_TXN;
  return txn_tree(txn, dbi, tree);
}

int table_bind_cursor(MDBX_txn *txn, MDBX_cursor *cursor, MDBX_dbi dbi) {
  struct tree *tree;
  const int rc = txn_tree_at_hand(txn, dbi, &tree);
  return rc == MDBX_SUCCESS ? txn_cursor_bind(txn, cursor, dbi, tree) : rc;
}

/* ------------------------------------------------------------------------------------------------------- opening */

struct opening {
  MDBX_txn *txn;
  const MDBX_val *name;
  unsigned wanted; /* table flags */
  bool create, accede;
  const struct table_orders *orders; /* may be empty */
};

static unsigned flags_wanted(const struct opening *opening) {
  return opening->wanted | (user_order_given(&opening->orders->key) ? TABLE_USER_ORDER : 0) |
         (user_order_given(&opening->orders->value) ? TABLE_USER_DUPORDER : 0);
}

/* The caller may omit the comparator of a table that has one (tools do), but may not set one for a table without. */
static bool flags_agree(const struct opening *opening, unsigned stored) {
  const unsigned wanted = flags_wanted(opening);
  if (wanted & ~stored & ~TABLE_FLAGS_PUBLIC)
    return false;
  return opening->accede || opening->wanted == (stored & TABLE_FLAGS_PUBLIC);
}

/* The order of table 0 is fixed. */
static int open_gc(const struct opening *opening) {
  return flags_agree(opening, opening->txn->gc.record.flags) ? MDBX_SUCCESS : MDBX_INCOMPATIBLE;
}

/* The empty main table becomes one of another kind. Its sequence stays. */
static void change_main(MDBX_txn *txn, unsigned flags) {
  struct tree *main = &txn->main;
  ASSERT(tree_is_empty(main) && !txn_is_readonly(txn));
  const uint64_t sequence = main->record.sequence;
  tree_release(main);
  tree_init(main, flags);
  txn_cursors_unset(txn, main);
  main->record.sequence = sequence;
  main->record.mod_txnid = txn->view->txnid;
  main->changed = true;
}

static int give_orders(MDBX_env *env, MDBX_dbi dbi, const struct table_orders *orders) {
  os_mutex_lock(&env->handles_mutex);
  const int rc = handle_set_orders(&env->handles[dbi], orders);
  os_mutex_unlock(&env->handles_mutex);
  return rc;
}

static int open_main(const struct opening *opening) {
  MDBX_txn *txn = opening->txn;
  const bool other = !flags_agree(opening, txn->main.record.flags);
  if (other && (!opening->create || !tree_is_empty(&txn->main)))
    return MDBX_INCOMPATIBLE;
  const int rc = give_orders(txn->env, DBI_MAIN, opening->orders);
  if (rc == MDBX_SUCCESS && other)
    change_main(txn, flags_wanted(opening));
  table_use_orders(&txn->main, &txn->env->handles[DBI_MAIN]);
  return rc;
}

/* An empty main table for several values per key becomes one that can hold names. */
static int make_main_hold_names(MDBX_txn *txn) {
  struct tree *main = &txn->main;
  if ((main->record.flags & TABLE_INTEGERKEY) || (tree_is_multi(main) && !tree_is_empty(main)))
    return MDBX_INCOMPATIBLE;
  if (!tree_is_multi(main))
    return MDBX_SUCCESS;
  change_main(txn, main->record.flags & (TABLE_REVERSEKEY | TABLE_USER_ORDER));
  table_use_orders(main, &txn->env->handles[DBI_MAIN]);
  return MDBX_SUCCESS;
}

static int create_record(const struct opening *opening, struct table_record *record) {
  ASSERT(!txn_is_readonly(opening->txn));
  int rc = check_order_of_names(&opening->txn->main);
  if (rc == MDBX_SUCCESS)
    rc = make_main_hold_names(opening->txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (opening->name->iov_len > limit_key(opening->txn->view->page_size, opening->txn->main.record.flags))
    return MDBX_BAD_VALSIZE;
  *record = (struct table_record){
      .flags = (uint8_t)flags_wanted(opening), .root = PGNO_NONE, .mod_txnid = opening->txn->view->txnid};
  return write_record(opening->txn, opening->name, record);
}

/* The table as this transaction has it loaded under an open handle, else as it is stored. */
static int current_record(const struct opening *opening, MDBX_dbi dbi, struct table_record *record) {
  const struct txn_table *entry = dbi ? entry_of(opening->txn, dbi) : NULL;
  if (!entry)
    return read_record(opening->txn, opening->name, record);
  *record = entry->tree.record;
  return entry->state & TABLE_DROPPED ? MDBX_NOTFOUND : MDBX_SUCCESS;
}

/* Finds the table; *create: it is to be created, or to become one of another kind. */
static int find_to_open(const struct opening *opening, MDBX_dbi dbi, struct table_record *record, bool *create) {
  const int rc = current_record(opening, dbi, record);
  *create = rc == MDBX_NOTFOUND && opening->create;
  if (*create)
    return MDBX_SUCCESS;
  if (rc != MDBX_SUCCESS || flags_agree(opening, record->flags))
    return rc;
  *create = opening->create && !record->items;
  return *create ? MDBX_SUCCESS : MDBX_INCOMPATIBLE;
}

/* The handle for a name, and what the transaction knows about it. */
struct taking {
  MDBX_dbi dbi;
  struct handle_version version;
  unsigned state; /* of the transaction's table */
  bool loaded;    /* that table is valid */
  bool opened;    /* the handle has been opened now */
  bool claimed;   /* now, by this opening */
};

/* The handle of the name as it is now: others may have opened or closed it since. handles_mutex is held. */
static int take_handle(const struct opening *opening, bool create, struct taking *taking) {
  MDBX_txn *txn = opening->txn;
  MDBX_dbi found = find_handle(txn, opening->name);
  const unsigned before = found && entry_of(txn, found) ? entry_of(txn, found)->state : 0;
  int rc = MDBX_SUCCESS;
  *taking = (struct taking){.loaded = before && !create, .opened = !found};
  taking->state = (before & (TABLE_FRESH | TABLE_CREATED | TABLE_RENAMED | TABLE_CLAIMED)) |
                  (create ? TABLE_CREATED | TABLE_CLAIMED : 0);
  if (!found || is_hidden(txn, found))
    taking->state |= TABLE_FRESH;
  if (!found) /* a name has one handle */
    rc = find_named(txn, opening->name, true) ? MDBX_BAD_DBI : handle_open(txn->env, opening->name, &found);
  if (rc != MDBX_SUCCESS)
    return rc;
  struct table_handle *handle = &txn->env->handles[found];
  taking->dbi = found;
  taking->version = handle_version(handle);
  rc = handle_set_orders(handle, opening->orders);
  if (rc != MDBX_SUCCESS && taking->opened)
    handle_close(handle);
  taking->claimed = rc == MDBX_SUCCESS && create && !handle->claimed;
  handle->claimed |= taking->claimed;
  return rc;
}

/* The table could not be created. */
static void give_back(MDBX_env *env, const struct taking *taking) {
  struct table_handle *handle = &env->handles[taking->dbi];
  os_mutex_lock(&env->handles_mutex);
  if (taking->claimed)
    handle->claimed = false;
  if (taking->opened)
    handle_close(handle);
  os_mutex_unlock(&env->handles_mutex);
}

/* Finds or creates the table without handles_mutex, because that reads and changes the main table and may call the
 * slow-reader callback. It creates a table only under the writer lock, and only when it has a handle for it: a call
 * that fails for want of a handle creates nothing. */
static int open_named(const struct opening *opening, MDBX_dbi *dbi) {
  MDBX_txn *txn = opening->txn;
  struct table_record record;
  struct taking taking;
  bool create;
  int rc = find_to_open(opening, table_handle_of(txn, opening->name), &record, &create);
  if (rc != MDBX_SUCCESS)
    return rc;
  os_mutex_lock(&txn->env->handles_mutex);
  rc = take_handle(opening, create, &taking);
  os_mutex_unlock(&txn->env->handles_mutex);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (create) {
    rc = make_entry(txn, taking.dbi) ? create_record(opening, &record) : MDBX_ENOMEM;
    if (rc != MDBX_SUCCESS)
      give_back(txn->env, &taking);
  }
  if (rc == MDBX_SUCCESS && !taking.loaded)
    rc = load_entry(txn, taking.dbi, taking.version, opening->name, &record);
  if (rc != MDBX_SUCCESS)
    return rc;
  txn->tables[taking.dbi]->state = TABLE_LOADED | taking.state;
  table_use_orders(&txn->tables[taking.dbi]->tree, &txn->env->handles[taking.dbi]);
  *dbi = taking.dbi;
  return MDBX_SUCCESS;
}

int table_open(MDBX_txn *txn, const MDBX_val *name, unsigned flags, const struct table_orders *orders, MDBX_dbi *dbi) {
  txn = txn->root;
  const struct opening opening = {
      .txn = txn,
      .name = name,
      .wanted = flags & TABLE_FLAGS_PUBLIC,
      .create = flags & MDBX_CREATE,
      .accede = flags & MDBX_DB_ACCEDE,
      .orders = orders,
  };
  if (!name || name->iov_base == MDBX_CHK_MAIN) {
    *dbi = DBI_MAIN;
    return open_main(&opening);
  }
  if (name->iov_base == MDBX_CHK_GC) {
    *dbi = DBI_GC;
    return open_gc(&opening);
  }
  return open_named(&opening, dbi);
}

/* Gives an empty table another kind of order. */
static void change_order(MDBX_txn *txn, struct tree *tree, unsigned order_flags) {
  ASSERT(txn->root == txn && order_flags && tree_is_empty(tree));
  struct table_record record = tree->record;
  record.flags |= (uint8_t)order_flags;
  record.mod_txnid = txn->view->txnid;
  txn_cursors_unset(txn, tree);
  tree_release(tree);
  tree_init(tree, record.flags);
  tree->record = record;
  tree->changed = true;
}

/* The handle may have other functions already, or there is no memory for these: then the table stays as it is. */
int table_set_orders(MDBX_txn *txn, MDBX_dbi dbi, const struct table_orders *orders) {
  const bool readonly = txn_is_readonly(txn);
  txn = txn->root;
  struct tree *tree;
  struct table_orders given = {.key = orders->key};
  int rc = txn_tree(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (tree_is_multi(tree))
    given.value = orders->value;
  const unsigned order_flags = (user_order_given(&given.key) ? TABLE_USER_ORDER : 0u) |
                               (user_order_given(&given.value) ? TABLE_USER_DUPORDER : 0u);
  const bool other = order_flags & ~(unsigned)tree->record.flags;
  if (other && !tree_is_empty(tree))
    return MDBX_INCOMPATIBLE;
  if (other && !readonly)
    rc = table_claim(txn, tree);
  if (rc == MDBX_SUCCESS)
    rc = give_orders(txn->env, dbi, &given);
  if (rc == MDBX_SUCCESS && other && !readonly)
    change_order(txn, tree, order_flags);
  table_use_orders(tree, &txn->env->handles[dbi]);
  return rc == MDBX_SUCCESS && other && readonly ? MDBX_RESULT_TRUE : rc;
}

/* -------------------------------------------------------------------------------------- closing, dropping, renaming */

int table_close(MDBX_env *env, MDBX_dbi dbi) {
  if (dbi == DBI_MAIN)
    return MDBX_SUCCESS;
  if (dbi < CORE_TABLES || dbi >= env->handles_used)
    return MDBX_BAD_DBI;
  int rc = MDBX_BAD_DBI;
  os_mutex_lock(&env->handles_mutex);
  if (handle_is_open(&env->handles[dbi])) {
    rc = env->handles[dbi].claimed ? MDBX_DANGLING_DBI : MDBX_SUCCESS;
    if (rc == MDBX_SUCCESS)
      handle_close(&env->handles[dbi]);
  }
  os_mutex_unlock(&env->handles_mutex);
  return rc;
}

MDBX_dbi table_handle_of(const MDBX_txn *txn, const MDBX_val *name) {
  txn = txn->root;
  os_mutex_lock(&txn->env->handles_mutex);
  const MDBX_dbi dbi = find_handle(txn, name);
  os_mutex_unlock(&txn->env->handles_mutex);
  return dbi;
}

/* Deletes the tables that the main table names. */
struct main_clearing {
  struct tree_visitor visitor;
  MDBX_txn *txn;
};

static int visit_nothing(struct tree_visitor *visitor, const struct page *page, unsigned level) {
  (void)visitor, (void)page, (void)level;
  return MDBX_SUCCESS;
}

/* The transaction's table with that name; its handle stays open from now on. NULL: none. */
static struct txn_table *claim_named(MDBX_txn *txn, const MDBX_val *name) {
  os_mutex_lock(&txn->env->handles_mutex);
  const MDBX_dbi dbi = find_handle(txn, name);
  struct txn_table *entry = dbi ? entry_of(txn, dbi) : NULL;
  if (entry && (entry->state & TABLE_DROPPED))
    entry = NULL;
  if (entry) {
    entry->state |= TABLE_CLAIMED;
    txn->env->handles[dbi].claimed = true;
  }
  os_mutex_unlock(&txn->env->handles_mutex);
  return entry;
}

static int clear_named(struct tree_visitor *visitor, const struct page *leaf, unsigned index,
                       const struct leaf_item *item) {
  MDBX_txn *txn = ((struct main_clearing *)visitor)->txn;
  const MDBX_val name = val_of(item->key, item->key_length);
  struct table_record record;
  struct tree tree;
  (void)leaf, (void)index;
  if (item->kind != NODE_TREE)
    return MDBX_SUCCESS;
  struct txn_table *entry = claim_named(txn, &name);
  if (entry) {
    txn_cursors_unset(txn, &entry->tree);
    entry->state |= TABLE_DROPPED;
    return tree_clear(&txn->space, &entry->tree);
  }
  if (item->data_length != sizeof(record))
    return log_damage(MDBX_CORRUPTED, "a table record has %u bytes", item->data_length);
  memcpy(&record, item->data, sizeof(record));
  const int rc = tree_load(&tree, &record, txn->view->limit, "(named)");
  return rc == MDBX_SUCCESS ? tree_clear(&txn->space, &tree) : rc;
}

static int drop_main(MDBX_txn *txn) {
  struct main_clearing clearing = {.visitor = {.page = visit_nothing, .record = clear_named}, .txn = txn};
  const int rc = tree_is_multi(&txn->main) ? MDBX_SUCCESS : tree_walk(txn->view, &txn->main, &clearing.visitor);
  return rc == MDBX_SUCCESS ? tree_clear(&txn->space, &txn->main) : rc;
}

int table_drop(MDBX_txn *txn, MDBX_dbi dbi, bool remove) {
  ASSERT(txn->root->innermost == txn);
  txn = txn->root;
  struct tree *tree;
  int rc = dbi == DBI_GC ? MDBX_EACCESS : txn_tree(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  txn_cursors_unset(txn, tree);
  if (dbi == DBI_MAIN)
    return drop_main(txn);
  rc = table_claim(txn, tree);
  if (rc == MDBX_SUCCESS)
    rc = tree_clear(&txn->space, tree);
  if (rc != MDBX_SUCCESS || !remove)
    return rc;
  const MDBX_val name = claimed_name(txn, dbi);
  rc = erase_record(txn, &name);
  txn->tables[dbi]->state |= TABLE_DROPPED;
  return rc;
}

int table_rename(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *name) {
  ASSERT(txn->root->innermost == txn);
  txn = txn->root;
  struct tree *tree;
  struct table_record record;
  int rc = txn_tree(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (name->iov_len > limit_key(txn->view->page_size, txn->main.record.flags))
    return MDBX_BAD_VALSIZE;
  rc = table_claim(txn, tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  const MDBX_val old = claimed_name(txn, dbi);
  if (handle_has_name(&(struct table_name){old.iov_base, old.iov_len}, name))
    return MDBX_SUCCESS;
  rc = read_record(txn, name, &record);
  if (rc != MDBX_NOTFOUND)
    return rc == MDBX_SUCCESS || rc == MDBX_INCOMPATIBLE ? MDBX_KEYEXIST : rc;
  rc = write_record(txn, name, &tree->record);
  if (rc == MDBX_SUCCESS)
    rc = erase_record(txn, &old);
  if (rc == MDBX_SUCCESS)
    rc = handle_set_name(&txn->tables[dbi]->name, name);
  if (rc == MDBX_SUCCESS)
    txn->tables[dbi]->state |= TABLE_RENAMED;
  return rc;
}

int table_state(MDBX_txn *txn, MDBX_dbi dbi, unsigned *flags, unsigned *state) {
  txn = txn->root;
  struct tree *tree;
  const int rc = txn_tree_at_hand(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  const struct txn_table *entry = entry_of(txn, dbi);
  const unsigned own = dbi >= CORE_TABLES && entry ? entry->state : 0;
  *flags = tree->record.flags & TABLE_FLAGS_PUBLIC;
  *state = (tree->changed ? MDBX_DBI_DIRTY : 0u) | (own & TABLE_FRESH ? MDBX_DBI_FRESH : 0u) |
           (own & TABLE_CREATED ? MDBX_DBI_CREAT : 0u);
  return MDBX_SUCCESS;
}

/* --------------------------------------------------------------------------------------------- end of transaction */

bool tables_changed(const MDBX_txn *txn) {
  for (const struct txn_table *entry = first_known(txn); entry; entry = next_known(txn, entry))
    if (entry->tree.changed)
      return true;
  return false;
}

int tables_store(MDBX_txn *txn) {
  ASSERT(txn->root == txn && txn->innermost == txn);
  for (struct txn_table *entry = first_known(txn); entry; entry = next_known(txn, entry)) {
    if (!entry->tree.changed || (entry->state & TABLE_DROPPED))
      continue;
    const MDBX_val name = claimed_name(txn, entry->dbi);
    const int rc = write_record(txn, &name, &entry->tree.record);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return MDBX_SUCCESS;
}

static bool must_close(const struct txn_table *entry, bool committed) {
  if (committed)
    return entry->state & TABLE_DROPPED;
  return (entry->state & TABLE_RENAMED) || ((entry->state & TABLE_CREATED) && (entry->state & TABLE_FRESH));
}

/* Publishes the new name. Closes remaining handles of a dropped table of that name, because a name has only one
 * handle. */
static void install_name(MDBX_env *env, MDBX_dbi dbi, struct txn_table *entry) {
  ASSERT(entry->dbi == dbi && (entry->state & TABLE_RENAMED));
  const MDBX_val name = handle_name(&entry->name);
  for (MDBX_dbi i = CORE_TABLES; i < env->handles_used; ++i)
    if (i != dbi && !env->handles[i].claimed && handle_is_open(&env->handles[i]) &&
        handle_has_name(&env->handles[i].name, &name))
      handle_close(&env->handles[i]);
  /* In this order: a child that is made meanwhile frees what stands in the handle, and nothing of the transaction. */
  uint8_t *old = env->handles[dbi].name.bytes;
  env->handles[dbi].name = entry->name;
  env->handles[dbi].renames += 1;
  entry->name = (struct table_name){NULL, 0};
  free(old);
}

void tables_end(MDBX_txn *txn, bool committed) {
  if (!first_known(txn))
    return;
  os_mutex_lock(&txn->env->handles_mutex);
  struct txn_table *next;
  for (struct txn_table *entry = first_known(txn); entry; entry = known_from(txn, next)) {
    const MDBX_dbi dbi = entry->dbi;
    next = entry->next_listed;
    if (must_close(entry, committed))
      handle_close(&txn->env->handles[dbi]);
    else if (entry->state & TABLE_RENAMED)
      install_name(txn->env, dbi, entry);
    if (entry->state & TABLE_CLAIMED)
      txn->env->handles[dbi].claimed = false;
    entry->stamp = 0;
  }
  os_mutex_unlock(&txn->env->handles_mutex);
}

/* Closes a handle that the level opened for a table it created. A handle for an existing table stays, but only for
 * transactions that begin, or open it, later. */
void table_forget(MDBX_txn *txn, struct txn_table *table) {
  ASSERT(txn->root == txn);
  struct table_handle *handle = &txn->env->handles[table->dbi];
  if (table->generation == atomic_load(&handle->generation) && (table->state & TABLE_FRESH)) {
    if (table->state & TABLE_CREATED)
      handle_close(handle);
    table->hidden_stamp = txn->stamp;
    table->hidden_generation = table->generation;
  }
  table->stamp = 0;
}

void tables_disown(MDBX_env *env) {
  const MDBX_txn *txn = env->writer_txn;
  const bool writing = txn && txn->signature == TXN_SIGNATURE && txn->tables;
  for (MDBX_dbi dbi = CORE_TABLES; dbi < env->handles_used; ++dbi) {
    const struct txn_table *entry = writing ? entry_of(txn, dbi) : NULL;
    if (entry && must_close(entry, false))
      handle_close(&env->handles[dbi]);
    env->handles[dbi].claimed = false;
  }
}

void tables_release(MDBX_txn *txn) {
  tree_release(&txn->main);
  tree_release(&txn->gc);
  for (unsigned i = 0; i < txn->tables_capacity; ++i)
    if (txn->tables[i]) {
      tree_release(&txn->tables[i]->tree);
      free(txn->tables[i]->name.bytes);
      free(txn->tables[i]);
    }
  free(txn->tables);
  txn->tables = NULL;
  txn->listed = NULL;
  txn->tables_capacity = 0;
}
