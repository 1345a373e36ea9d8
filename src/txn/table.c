/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables and their handles.
 *
 * A handle belongs to the environment: a number for a name. What a transaction knows of a table is its own struct
 * txn_table, loaded from the main table at first use. The record of a changed table goes to the main table when the
 * transaction commits; that of a new one at once, so that its name is taken.
 */
#include "txn/txn.h"

#include "base/log.h"

#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------------- handles */

static bool handle_is_open(const struct table_handle *handle) { return atomic_load(&handle->generation) & 1; }

/* handles_mutex is held. */
static int find_handle(const MDBX_env *env, const MDBX_val *name, MDBX_dbi *dbi) {
  for (MDBX_dbi i = CORE_TABLES; i < env->handles_used; ++i) {
    const struct table_handle *handle = &env->handles[i];
    if (handle_is_open(handle) && handle->name_length == name->iov_len &&
        memcmp(handle->name, name->iov_base, name->iov_len) == 0) {
      *dbi = i;
      return MDBX_SUCCESS;
    }
  }
  return MDBX_NOTFOUND;
}

static uint8_t *copy_name(const MDBX_val *name) {
  uint8_t *copy = malloc(name->iov_len + 1);
  if (copy && name->iov_len)
    memcpy(copy, name->iov_base, name->iov_len);
  return copy;
}

static int open_handle(MDBX_env *env, const MDBX_val *name, unsigned flags, MDBX_cmp_func key_compare, MDBX_dbi *dbi) {
  for (MDBX_dbi i = CORE_TABLES; i < env->handles_capacity; ++i) {
    struct table_handle *handle = &env->handles[i];
    if (handle_is_open(handle))
      continue;
    uint8_t *copy = copy_name(name);
    if (!copy)
      return MDBX_ENOMEM;
    free(handle->name);
    handle->name = copy;
    handle->name_length = name->iov_len;
    handle->flags = flags;
    handle->key_compare = key_compare;
    atomic_fetch_add(&handle->generation, 1);
    if (i >= env->handles_used)
      env->handles_used = i + 1;
    *dbi = i;
    return MDBX_SUCCESS;
  }
  return MDBX_DBS_FULL;
}

static void close_handle(struct table_handle *handle) {
  if (handle_is_open(handle))
    atomic_fetch_add(&handle->generation, 1);
}

/* ------------------------------------------------------------------------------------- tables of a transaction */

static struct txn_table *loaded_entry(const MDBX_txn *txn, MDBX_dbi dbi) {
  struct txn_table *entry = dbi < txn->tables_capacity ? txn->tables[dbi] : NULL;
  return entry && entry->stamp == txn->stamp ? entry : NULL;
}

/* What the transaction knows under a handle, unless the handle was closed or given to another table since. */
static struct txn_table *entry_of(const MDBX_txn *txn, MDBX_dbi dbi) {
  struct txn_table *entry = loaded_entry(txn, dbi);
  return entry && entry->generation == atomic_load(&txn->env->handles[dbi].generation) ? entry : NULL;
}

static struct txn_table *make_entry(MDBX_txn *txn, MDBX_dbi dbi) {
  if (!txn->tables) {
    txn->tables = calloc(txn->env->handles_capacity, sizeof(*txn->tables));
    if (!txn->tables)
      return NULL;
    txn->tables_capacity = txn->env->handles_capacity;
  }
  if (!txn->tables[dbi])
    txn->tables[dbi] = calloc(1, sizeof(**txn->tables));
  return txn->tables[dbi];
}

static void prepare_name(const struct tree *main, const MDBX_val *name, struct seek_key *key, uint8_t *scratch) {
  key_prepare(key, main->rules.order, name->iov_base, name->iov_len, scratch);
}

/* The record stored under a name. MDBX_NOTFOUND; MDBX_INCOMPATIBLE when it is a plain record. */
static int read_record(MDBX_txn *txn, const MDBX_val *name, struct table_record *record) {
  struct seek_key key;
  struct leaf_item item;
  uint8_t scratch[PAGE_SIZE_MAX / 2];
  if (name->iov_len > limit_key(txn->view->page_size, txn->main.record.flags))
    return MDBX_NOTFOUND;
  prepare_name(&txn->main, name, &key, scratch);
  const int rc = tree_find(txn->view, &txn->main, &key, &item);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (item.kind != NODE_TREE)
    return MDBX_INCOMPATIBLE;
  if (item.data_length != sizeof(*record))
    return log_damage(MDBX_CORRUPTED, "a table record has %u bytes", item.data_length);
  memcpy(record, item.data, sizeof(*record));
  return MDBX_SUCCESS;
}

/* Writes a table's record under its name. */
static int write_record(MDBX_txn *txn, const MDBX_val *name, const struct table_record *record) {
  struct seek_key key;
  struct path path;
  uint8_t scratch[PAGE_SIZE_MAX / 2], *data;
  bool exact;
  prepare_name(&txn->main, name, &key, scratch);
  int rc = txn_cursors_detach(txn, &txn->main, NULL);
  if (rc == MDBX_SUCCESS)
    rc = tree_seek(txn->view, &txn->main, &key, &path, &exact);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (exact)
    rc = tree_update(&txn->space, &txn->main, &path, &key, NODE_TREE, sizeof(*record), &data);
  else
    rc = tree_insert(&txn->space, &txn->main, &path, &key, NODE_TREE, sizeof(*record), &data);
  if (rc == MDBX_SUCCESS)
    memcpy(data, record, sizeof(*record));
  return rc;
}

static int erase_record(MDBX_txn *txn, const MDBX_val *name) {
  struct seek_key key;
  struct path path;
  uint8_t scratch[PAGE_SIZE_MAX / 2];
  bool exact, moved;
  prepare_name(&txn->main, name, &key, scratch);
  int rc = txn_cursors_detach(txn, &txn->main, NULL);
  if (rc == MDBX_SUCCESS)
    rc = tree_seek(txn->view, &txn->main, &key, &path, &exact);
  if (rc != MDBX_SUCCESS)
    return rc;
  return exact ? tree_erase(&txn->space, &txn->main, &path, &moved) : MDBX_NOTFOUND;
}

static void use_comparator(struct tree *tree, MDBX_cmp_func key_compare) {
  if (tree->rules.order == ORDER_USER && key_compare) {
    tree->rules.compare = key_compare;
    tree->rules.unknown = false;
  }
}

/* handles_mutex is held and the handle is open. */
static int load_entry(MDBX_txn *txn, MDBX_dbi dbi, const struct table_record *record) {
  const struct table_handle *handle = &txn->env->handles[dbi];
  struct txn_table *entry = make_entry(txn, dbi);
  if (!entry)
    return MDBX_ENOMEM;
  tree_release(&entry->tree);
  const int rc = tree_load(&entry->tree, record, txn->view->limit, (const char *)"(named)");
  if (rc != MDBX_SUCCESS)
    return rc;
  use_comparator(&entry->tree, handle->key_compare);
  entry->generation = atomic_load(&handle->generation);
  entry->stamp = txn->stamp;
  entry->state = TABLE_LOADED;
  return MDBX_SUCCESS;
}

static int load_by_handle(MDBX_txn *txn, MDBX_dbi dbi) {
  MDBX_env *env = txn->env;
  struct table_record record;
  int rc = MDBX_BAD_DBI;
  os_mutex_lock(&env->handles_mutex);
  const struct table_handle *handle = &env->handles[dbi];
  if (handle_is_open(handle)) {
    const MDBX_val name = {handle->name, handle->name_length};
    rc = read_record(txn, &name, &record);
    if (rc == MDBX_NOTFOUND || rc == MDBX_INCOMPATIBLE)
      rc = MDBX_BAD_DBI;
    if (rc == MDBX_SUCCESS)
      rc = load_entry(txn, dbi, &record);
  }
  os_mutex_unlock(&env->handles_mutex);
  return rc;
}

int txn_tree(MDBX_txn *txn, MDBX_dbi dbi, struct tree **tree) {
  if (dbi == DBI_MAIN || dbi == DBI_GC) {
    *tree = dbi == DBI_MAIN ? &txn->main : &txn->gc;
    return MDBX_SUCCESS;
  }
  if (dbi >= txn->env->handles_used)
    return MDBX_BAD_DBI;
  struct txn_table *entry = loaded_entry(txn, dbi);
  if (!entry) {
    const int rc = load_by_handle(txn, dbi);
    if (rc != MDBX_SUCCESS)
      return rc;
    entry = txn->tables[dbi];
  }
  if (entry->generation != atomic_load(&txn->env->handles[dbi].generation) || (entry->state & TABLE_DROPPED))
    return MDBX_BAD_DBI;
  *tree = &entry->tree;
  return MDBX_SUCCESS;
}

/* ------------------------------------------------------------------------------------------------------- opening */

struct opening {
  MDBX_txn *txn;
  const MDBX_val *name;
  unsigned wanted; /* table flags */
  bool create, accede;
  MDBX_cmp_func key_compare;
};

static unsigned flags_wanted(const struct opening *opening) {
  return opening->wanted | (opening->key_compare ? TABLE_USER_ORDER : 0);
}

/* A comparator may be left out for a table that has one (tools), but not come to a table that has none. */
static bool flags_agree(const struct opening *opening, unsigned stored) {
  const unsigned wanted = flags_wanted(opening);
  if (opening->accede)
    return !opening->key_compare || (stored & TABLE_USER_ORDER);
  return wanted == stored || (wanted | TABLE_USER_ORDER) == stored;
}

static int open_main(const struct opening *opening) {
  MDBX_txn *txn = opening->txn;
  if (!flags_agree(opening, txn->main.record.flags)) {
    if (!opening->create || !tree_is_empty(&txn->main))
      return MDBX_INCOMPATIBLE;
    const uint64_t sequence = txn->main.record.sequence;
    tree_release(&txn->main);
    tree_init(&txn->main, flags_wanted(opening));
    txn->main.record.sequence = sequence;
    txn->main.changed = true;
  }
  if (opening->key_compare)
    txn->env->handles[DBI_MAIN].key_compare = opening->key_compare;
  use_comparator(&txn->main, opening->key_compare);
  return MDBX_SUCCESS;
}

static int create_record(const struct opening *opening, struct table_record *record) {
  if (opening->name->iov_len > limit_key(opening->txn->view->page_size, opening->txn->main.record.flags))
    return MDBX_BAD_VALSIZE;
  *record = (struct table_record){
      .flags = (uint16_t)flags_wanted(opening), .root = PGNO_NONE, .mod_txnid = opening->txn->view->txnid};
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

/* Finds the table or makes it. *created tells. */
static int find_or_create(const struct opening *opening, MDBX_dbi dbi, struct table_record *record, bool *created) {
  int rc = current_record(opening, dbi, record);
  *created = false;
  if (rc == MDBX_NOTFOUND && opening->create) {
    if (opening->txn->main.record.flags & (TABLE_DUPSORT | TABLE_INTEGERKEY))
      return MDBX_INCOMPATIBLE;
    *created = true;
    return create_record(opening, record);
  }
  if (rc != MDBX_SUCCESS || flags_agree(opening, record->flags))
    return rc;
  if (!opening->create || record->items)
    return MDBX_INCOMPATIBLE;
  *created = true;
  return create_record(opening, record);
}

/* handles_mutex is held. */
static int open_named(const struct opening *opening, MDBX_dbi *dbi) {
  MDBX_txn *txn = opening->txn;
  struct table_record record;
  bool created;
  MDBX_dbi found = 0;
  find_handle(txn->env, opening->name, &found);
  int rc = find_or_create(opening, found, &record, &created);
  if (rc != MDBX_SUCCESS)
    return rc;
  const unsigned before = found && entry_of(txn, found) ? entry_of(txn, found)->state : 0;
  unsigned state = (before & (TABLE_FRESH | TABLE_CREATED | TABLE_RENAMED)) | (created ? TABLE_CREATED : 0);
  if (!found) {
    rc = open_handle(txn->env, opening->name, record.flags, opening->key_compare, &found);
    state |= TABLE_FRESH;
  }
  if (rc != MDBX_SUCCESS)
    return rc;
  if (opening->key_compare)
    txn->env->handles[found].key_compare = opening->key_compare;
  const bool keep = before && !created;
  if (!keep)
    rc = load_entry(txn, found, &record);
  if (rc != MDBX_SUCCESS)
    return rc;
  txn->tables[found]->state = TABLE_LOADED | state;
  use_comparator(&txn->tables[found]->tree, txn->env->handles[found].key_compare);
  *dbi = found;
  return MDBX_SUCCESS;
}

int table_open(MDBX_txn *txn, const MDBX_val *name, unsigned flags, MDBX_cmp_func key_compare, MDBX_dbi *dbi) {
  const struct opening opening = {
      .txn = txn,
      .name = name,
      .wanted = flags & TABLE_FLAGS_PUBLIC,
      .create = flags & MDBX_CREATE,
      .accede = flags & MDBX_DB_ACCEDE,
      .key_compare = key_compare,
  };
  if (!name) {
    *dbi = DBI_MAIN;
    return open_main(&opening);
  }
  os_mutex_lock(&txn->env->handles_mutex);
  const int rc = open_named(&opening, dbi);
  os_mutex_unlock(&txn->env->handles_mutex);
  return rc;
}

/* -------------------------------------------------------------------------------------- closing, dropping, renaming */

static bool is_dangling(const MDBX_env *env, MDBX_dbi dbi) {
  const MDBX_txn *txn = env->writer_txn;
  if (!atomic_load(&env->writer_thread) || !txn)
    return false;
  const struct txn_table *entry = entry_of(txn, dbi);
  return entry && (entry->tree.changed || (entry->state & (TABLE_CREATED | TABLE_DROPPED | TABLE_RENAMED)));
}

int table_close(MDBX_env *env, MDBX_dbi dbi) {
  if (dbi == DBI_MAIN)
    return MDBX_SUCCESS;
  if (dbi < CORE_TABLES || dbi >= env->handles_used)
    return MDBX_BAD_DBI;
  int rc = MDBX_BAD_DBI;
  os_mutex_lock(&env->handles_mutex);
  if (handle_is_open(&env->handles[dbi])) {
    rc = is_dangling(env, dbi) ? MDBX_DANGLING_DBI : MDBX_SUCCESS;
    if (rc == MDBX_SUCCESS)
      close_handle(&env->handles[dbi]);
  }
  os_mutex_unlock(&env->handles_mutex);
  return rc;
}

MDBX_dbi table_handle_of(MDBX_env *env, const MDBX_val *name) {
  MDBX_dbi dbi = 0;
  os_mutex_lock(&env->handles_mutex);
  find_handle(env, name, &dbi);
  os_mutex_unlock(&env->handles_mutex);
  return dbi;
}

/* The tables named in the main table go with it. */
struct main_clearing {
  struct tree_visitor visitor;
  MDBX_txn *txn;
};

static int visit_nothing(struct tree_visitor *visitor, const struct page *page, unsigned level) {
  (void)visitor, (void)page, (void)level;
  return MDBX_SUCCESS;
}

static int clear_named(struct tree_visitor *visitor, const struct page *leaf, unsigned index,
                       const struct leaf_item *item) {
  MDBX_txn *txn = ((struct main_clearing *)visitor)->txn;
  const MDBX_val name = {(void *)(uintptr_t)item->key, item->key_length};
  struct table_record record;
  struct tree tree;
  MDBX_dbi dbi = 0;
  (void)leaf, (void)index;
  if (item->kind != NODE_TREE)
    return MDBX_SUCCESS;
  struct txn_table *entry = find_handle(txn->env, &name, &dbi) == MDBX_SUCCESS ? entry_of(txn, dbi) : NULL;
  if (entry && !(entry->state & TABLE_DROPPED)) {
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
  os_mutex_lock(&txn->env->handles_mutex);
  int rc = tree_walk(txn->view, &txn->main, &clearing.visitor);
  os_mutex_unlock(&txn->env->handles_mutex);
  return rc == MDBX_SUCCESS ? tree_clear(&txn->space, &txn->main) : rc;
}

int table_drop(MDBX_txn *txn, MDBX_dbi dbi, bool remove) {
  struct tree *tree;
  int rc = dbi == DBI_GC ? MDBX_EACCESS : txn_tree(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  txn_cursors_unset(txn, tree);
  if (dbi == DBI_MAIN)
    return drop_main(txn);
  rc = tree_clear(&txn->space, tree);
  if (rc != MDBX_SUCCESS || !remove)
    return rc;
  const struct table_handle *handle = &txn->env->handles[dbi];
  const MDBX_val name = {handle->name, handle->name_length};
  rc = erase_record(txn, &name);
  txn->tables[dbi]->state |= TABLE_DROPPED;
  return rc;
}

/* Handles that are left of a dropped table of that name go: one name, one handle. */
static int rename_handle(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *name) {
  struct table_handle *handle = &txn->env->handles[dbi];
  uint8_t *copy = copy_name(name);
  MDBX_dbi stale;
  if (!copy)
    return MDBX_ENOMEM;
  os_mutex_lock(&txn->env->handles_mutex);
  while (find_handle(txn->env, name, &stale) == MDBX_SUCCESS)
    close_handle(&txn->env->handles[stale]);
  free(handle->name);
  handle->name = copy;
  handle->name_length = name->iov_len;
  os_mutex_unlock(&txn->env->handles_mutex);
  txn->tables[dbi]->state |= TABLE_RENAMED;
  return MDBX_SUCCESS;
}

int table_rename(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *name) {
  struct tree *tree;
  struct table_record record;
  int rc = txn_tree(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (name->iov_len > limit_key(txn->view->page_size, txn->main.record.flags))
    return MDBX_BAD_VALSIZE;
  const struct table_handle *handle = &txn->env->handles[dbi];
  const MDBX_val old = {handle->name, handle->name_length};
  if (old.iov_len == name->iov_len && memcmp(old.iov_base, name->iov_base, old.iov_len) == 0)
    return MDBX_SUCCESS;
  rc = read_record(txn, name, &record);
  if (rc != MDBX_NOTFOUND)
    return rc == MDBX_SUCCESS || rc == MDBX_INCOMPATIBLE ? MDBX_KEYEXIST : rc;
  rc = write_record(txn, name, &tree->record);
  if (rc == MDBX_SUCCESS)
    rc = erase_record(txn, &old);
  return rc == MDBX_SUCCESS ? rename_handle(txn, dbi, name) : rc;
}

int table_state(MDBX_txn *txn, MDBX_dbi dbi, unsigned *flags, unsigned *state) {
  struct tree *tree;
  const int rc = txn_tree(txn, dbi, &tree);
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
  for (MDBX_dbi dbi = CORE_TABLES; txn->tables && dbi < txn->env->handles_used; ++dbi) {
    const struct txn_table *entry = entry_of(txn, dbi);
    if (entry && entry->tree.changed)
      return true;
  }
  return false;
}

int tables_store(MDBX_txn *txn) {
  for (MDBX_dbi dbi = CORE_TABLES; txn->tables && dbi < txn->env->handles_used; ++dbi) {
    struct txn_table *entry = entry_of(txn, dbi);
    if (!entry || !entry->tree.changed || (entry->state & TABLE_DROPPED))
      continue;
    const struct table_handle *handle = &txn->env->handles[dbi];
    const MDBX_val name = {handle->name, handle->name_length};
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

void tables_end(MDBX_txn *txn, bool committed) {
  if (!txn->tables)
    return;
  os_mutex_lock(&txn->env->handles_mutex);
  for (MDBX_dbi dbi = CORE_TABLES; dbi < txn->env->handles_used; ++dbi) {
    struct txn_table *entry = entry_of(txn, dbi);
    if (!entry)
      continue;
    if (must_close(entry, committed))
      close_handle(&txn->env->handles[dbi]);
    else if (committed)
      txn->env->handles[dbi].flags = entry->tree.record.flags;
    entry->stamp = 0;
  }
  os_mutex_unlock(&txn->env->handles_mutex);
}

void tables_release(MDBX_txn *txn) {
  tree_release(&txn->main);
  tree_release(&txn->gc);
  for (unsigned i = 0; i < txn->tables_capacity; ++i)
    if (txn->tables[i]) {
      tree_release(&txn->tables[i]->tree);
      free(txn->tables[i]);
    }
  free(txn->tables);
  txn->tables = NULL;
  txn->tables_capacity = 0;
}
