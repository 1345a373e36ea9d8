/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/tables.c: the target of the lives of tables. Each step opens, makes, fills, empties, drops, renames or closes one, in nested
 * transactions that are kept or not, beside readers of older snapshots. What each transaction sees, and which handles are valid
 * in it, is compared with a model.
 */
#include "tables.h"

#include <string.h>
#include <unistd.h>

struct tables tables;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  fuzz_setup();
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
  struct sequence sequence = {data, size, max_size, CALLS, CALL_BEGIN, {CALL_COMMIT, CALL_ABORT}};
  return sequence_mutate(&sequence, seed, NULL, 0);
}

/* ------------------------------------------------------------------------------------------------------- arguments */

static unsigned draw_flags(void) {
  static const unsigned flags[] = {MDBX_DB_DEFAULTS, MDBX_DUPSORT, MDBX_REVERSEKEY, MDBX_DUPSORT | MDBX_REVERSEDUP,
                                   MDBX_DUPSORT | MDBX_DUPFIXED};
  return flags[draw(sizeof(flags) / sizeof(flags[0]))];
}

/* Few different keys, so that calls meet. */
static MDBX_val key_of(uint8_t what) {
  const size_t length = 1 + what % 3;
  memset(tables.key, 'k', length);
  tables.key[0] = (uint8_t)('0' + what / 3 % 16);
  return (MDBX_val){tables.key, length};
}

static MDBX_val draw_value(unsigned flags) {
  const uint8_t what = fuzz_byte(&tables.input);
  size_t length = flags & MDBX_DUPFIXED ? 3 : what % 20u;
  if (!(flags & MDBX_DUPSORT) && what > 230)
    length = 38u * (what - 230u);
  if (!(flags & MDBX_DUPSORT))
    length = sequence_length(what, &tables.longs, length);
  memset(tables.value, what, length);
  return (MDBX_val){tables.value, length};
}

static const struct world_handle *draw_handle(void) {
  return world()->handles ? &world()->handle[draw(world()->handles)] : NULL;
}

static struct world_table *table_of(const struct world_handle *handle) {
  return &world()->table[world_find(world(), handle->identity)];
}

/* ---------------------------------------------------------------------------------------------------- each call */

/* The same table has the same handle, and no two have the same; what is around may know the number for one that was dropped here. */
static void note_handle(MDBX_dbi dbi, unsigned identity) {
  const struct world_handle *known = world_handle_of(world(), identity);
  FUZZ_MUST(dbi >= 2);
  FUZZ_MUST(known ? known->dbi == dbi : !world_named_by(world(), dbi));
  if (known)
    return;
  world_add_handle(world(), dbi, identity);
  lives_renumber(dbi);
}

static int expected_of_open(const struct world_table *table, unsigned flags) {
  if (!table->identity)
    return flags & MDBX_CREATE ? MDBX_SUCCESS : MDBX_NOTFOUND;
  if (flags & MDBX_DB_ACCEDE || (flags & ~(unsigned)MDBX_CREATE) == table->flags)
    return MDBX_SUCCESS;
  return flags & MDBX_CREATE && !table->pairs.count ? MDBX_SUCCESS : MDBX_INCOMPATIBLE;
}

static void do_open(void) {
  const unsigned index = draw(NAMES), drawn = draw_flags(), how = draw(8);
  struct world_table *table = &world()->table[index];
  unsigned flags = how < 5 && table->identity ? table->flags : drawn;
  flags = how == 7 ? MDBX_DB_ACCEDE : how % 3 ? flags | MDBX_CREATE : flags;
  const MDBX_val name = world_name(index);
  MDBX_dbi dbi;
  const int rc = FAULTY(mdbx_dbi_open2(txn(), &name, (MDBX_db_flags_t)flags, &dbi));
  fuzz_trace("  open %u, flags %#x: %d, handle %u", index, flags, rc, rc == MDBX_SUCCESS ? dbi : 0);
  if (rc == MDBX_DBS_FULL) {
    FUZZ_MUST(tables.most_handles < 64 && dbi == 0);
    return;
  }
  if (has_failed(rc))
    return;
  FUZZ_MUST(rc == expected_of_open(table, flags));
  if (rc != MDBX_SUCCESS)
    return;
  flags &= ~(unsigned)MDBX_CREATE;
  const bool other = table->identity && !(flags & MDBX_DB_ACCEDE) && table->flags != flags;
  if (!table->identity || other)
    world_make(table, other ? table->identity : ++tables.identities, flags);
  note_handle(dbi, table->identity);
  world_handle_of(world(), table->identity)->remade |= other;
}

static void do_put(void) {
  const struct world_handle *handle = draw_handle();
  if (!handle)
    return;
  struct world_table *table = table_of(handle);
  uint8_t what = fuzz_byte(&tables.input);
  for (unsigned i = draw(4) ? 0 : draw(40);; --i, what = (uint8_t)(what + 7)) {
    const MDBX_val key = key_of(what), wanted = draw_value(table->flags);
    MDBX_val value = wanted;
    if (!changed(FAULTY(mdbx_put(txn(), handle->dbi, &key, &value, MDBX_UPSERT))))
      return;
    pairs_put(&table->pairs, &key, &wanted);
    if (!i)
      return;
  }
}

static void do_delete(void) {
  const struct world_handle *handle = draw_handle();
  if (!handle)
    return;
  struct world_table *table = table_of(handle);
  const MDBX_val key = key_of(fuzz_byte(&tables.input));
  bool there;
  const size_t at = pairs_seek(&table->pairs, &key, NULL, &there);
  const int rc = FAULTY(mdbx_del(txn(), handle->dbi, &key, NULL));
  if (has_failed(rc))
    return;
  FUZZ_MUST(rc == (there ? MDBX_SUCCESS : MDBX_NOTFOUND));
  if (there)
    pairs_remove(&table->pairs, at, pairs_behind(&table->pairs, &key));
}

static void do_drop(bool whole) {
  const struct world_handle *handle = draw_handle();
  if (!handle)
    return;
  const MDBX_dbi dbi = handle->dbi;
  struct world_table *table = table_of(handle);
  if (!changed(FAULTY(mdbx_drop(txn(), dbi, whole))))
    return;
  fuzz_trace("  handle %u", dbi);
  if (!whole) {
    world_make(table, table->identity, table->flags);
    return;
  }
  world_drop(table);
  world_forget_number(world(), dbi);
  MDBX_stat stat;
  FUZZ_MUST(mdbx_dbi_stat(txn(), dbi, &stat, sizeof(stat)) == MDBX_BAD_DBI);
}

static void do_rename(void) {
  const struct world_handle *handle = draw_handle();
  if (!handle)
    return;
  const unsigned from = world_find(world(), handle->identity), to = draw(NAMES);
  const MDBX_val name = world_name(to);
  const int rc = FAULTY(mdbx_dbi_rename2(txn(), handle->dbi, &name));
  fuzz_trace("  handle %u: %u to %u: %d", handle->dbi, from, to, rc);
  if (has_failed(rc))
    return;
  FUZZ_MUST(rc == (from != to && world()->table[to].identity ? MDBX_KEYEXIST : MDBX_SUCCESS));
  if (rc != MDBX_SUCCESS || from == to)
    return;
  const int level = tables.depth - 1;
  world()->table[to] = world()->table[from];
  memset(&world()->table[from], 0, sizeof(world()->table[from]));
  FUZZ_MUST(tables.level[level].renames < RENAMES);
  tables.level[level].renamed[tables.level[level].renames++] = handle->dbi;
  tables.has_renamed = true;
}

static void do_close(void) {
  const struct world_handle *handle = draw_handle();
  if (!handle)
    return;
  const MDBX_dbi dbi = handle->dbi;
  const unsigned identity = handle->identity;
  const int rc = mdbx_dbi_close(tables.env, dbi);
  fuzz_trace("  handle %u: %d", dbi, rc);
  FUZZ_MUST(rc == MDBX_SUCCESS || rc == MDBX_DANGLING_DBI);
  if (rc != MDBX_SUCCESS)
    return;
  FUZZ_MUST(world_find(&tables.base, identity) < NAMES); /* it was not made here */
  lives_forget_number(dbi);
  MDBX_stat stat;
  FUZZ_MUST(mdbx_dbi_stat(txn(), dbi, &stat, sizeof(stat)) == MDBX_BAD_DBI);
}

static void do_sequence(void) {
  const struct world_handle *handle = draw_handle();
  if (!handle)
    return;
  const unsigned increment = draw(3);
  uint64_t found;
  FUZZ_OK(mdbx_dbi_sequence(txn(), handle->dbi, &found, increment));
  FUZZ_MUST(found == table_of(handle)->sequence);
  table_of(handle)->sequence += increment;
}

/* Records beside the names of tables, which no record may replace. */
static void do_plain(void) {
  const unsigned name = draw(NAMES);
  const uint8_t what = fuzz_byte(&tables.input);
  MDBX_val key = world_name(name), value = draw_value(MDBX_DB_DEFAULTS), wanted = value;
  if (world()->table[name].identity) {
    const int rc = draw(2) ? mdbx_put(txn(), 1, &key, &value, MDBX_UPSERT) : mdbx_del(txn(), 1, &key, NULL);
    FUZZ_MUST(rc == MDBX_INCOMPATIBLE);
    return;
  }
  key = key_of(what);
  if (draw(3)) {
    if (changed(FAULTY(mdbx_put(txn(), 1, &key, &value, MDBX_UPSERT))))
      pairs_put(&world()->plain, &key, &wanted);
    return;
  }
  bool there;
  const size_t at = pairs_seek(&world()->plain, &key, NULL, &there);
  const int rc = FAULTY(mdbx_del(txn(), 1, &key, NULL));
  if (has_failed(rc))
    return;
  FUZZ_MUST(rc == (there ? MDBX_SUCCESS : MDBX_NOTFOUND));
  if (there)
    pairs_remove(&world()->plain, at, at + 1);
}

/* A table by its name, as the write transaction has it. */
static void do_look(void) {
  const unsigned index = draw(NAMES);
  const MDBX_val name = world_name(index);
  const struct world_table *table = &world()->table[index];
  MDBX_dbi dbi;
  const int rc = FAULTY(mdbx_dbi_open2(txn(), &name, MDBX_DB_ACCEDE, &dbi));
  if (rc == MDBX_DBS_FULL) {
    FUZZ_MUST(tables.most_handles < 64);
    return;
  }
  if (has_failed(rc))
    return;
  FUZZ_MUST(rc == (table->identity ? MDBX_SUCCESS : MDBX_NOTFOUND));
  if (rc != MDBX_SUCCESS)
    return;
  note_handle(dbi, table->identity);
  pairs_compare(txn(), dbi, &table->pairs);
}

static void do_reader_look(void) {
  const unsigned slot = draw(READERS), index = draw(NAMES);
  const MDBX_val name = world_name(index);
  const struct world_table *table = &tables.reader[slot].world.table[index];
  MDBX_dbi dbi;
  if (!tables.reader[slot].txn)
    return;
  const int rc = FAULTY(mdbx_dbi_open2(tables.reader[slot].txn, &name, MDBX_DB_ACCEDE, &dbi));
  fuzz_trace("  reader %u, name %u: %d, handle %u", slot, index, rc, dbi);
  if (fault_may_give(rc))
    return;
  if (rc == MDBX_DBS_FULL || rc == MDBX_BAD_DBI) {
    FUZZ_MUST(rc == MDBX_DBS_FULL ? tables.most_handles < 64 : tables.has_renamed);
    return;
  }
  FUZZ_MUST(rc == (table->identity ? MDBX_SUCCESS : MDBX_NOTFOUND));
  if (rc != MDBX_SUCCESS)
    return;
  lives_reader_uses(slot, dbi, table->identity);
  pairs_compare(tables.reader[slot].txn, dbi, &table->pairs);
}

/* A handle of the writer, for a table that has the same name in the reader's snapshot. */
static void do_reader_use(void) {
  const unsigned slot = draw(READERS);
  const struct world_handle *handle = draw_handle();
  if (!handle || !lives_reader_knows(slot, handle))
    return;
  const struct world *seen = &tables.reader[slot].world;
  lives_reader_uses(slot, handle->dbi, handle->identity);
  fuzz_trace("  reader %u, handle %u", slot, handle->dbi);
  pairs_compare(tables.reader[slot].txn, handle->dbi, &seen->table[world_find(seen, handle->identity)].pairs);
}

/* The order in which arguments are computed is the compiler's; that of the bytes is not. */
static void do_move(void) {
  const unsigned slot = draw(READERS);
  lives_reader_move(slot, draw(3));
}

static void do_amend(void) {
  const unsigned slot = draw(READERS);
  lives_amend(slot, draw(2));
}

static void do_clone(void) {
  const unsigned from = draw(READERS), to = draw(READERS);
  lives_reader_clone(from, to);
}

static void do_copy(void) {
  const unsigned slot = draw(READERS), how = draw(16);
  if (how < 6)
    env_copy_of(slot, how);
}

static void do_park(void) {
  const unsigned slot = draw(READERS);
  lives_park(slot, draw(2));
}

static void do_break(void) {
  const unsigned slot = draw(READERS);
  lives_break(slot, draw(4));
}

static void do_set(void) {
  const unsigned what = draw(12);
  env_set(what, draw(2));
}

static void do_defragment(void) {
  if (tables.depth > 1 || draw(4))
    return;
  lives_end(draw(2));
  env_defragment();
  lives_begin();
}

static MDBX_val wanted_of(const struct world_table *table, const MDBX_val *key, bool *there) {
  const size_t at = pairs_seek(&table->pairs, key, NULL, there);
  return *there ? pair_value(&table->pairs, at) : (MDBX_val){NULL, 0};
}

/* The entry of a key of a table, in the write transaction or in a reader that knows the table by the same name. */
static void do_cached(void) {
  const struct world_handle *handle = draw_handle();
  const uint8_t what = (uint8_t)draw(8);
  const unsigned slot = draw(READERS + 1);
  if (!handle)
    return;
  const bool reads = slot < READERS;
  if (reads && !lives_reader_knows(slot, handle))
    return;
  if (reads)
    lives_reader_uses(slot, handle->dbi, handle->identity);
  const struct world *seen = reads ? &tables.reader[slot].world : world();
  const unsigned name = world_find(seen, handle->identity), place = (handle->identity * 8 + what) % CACHED;
  if (tables.cached[place].identity != handle->identity || tables.cached[place].key != what) {
    tables.cached[place].identity = handle->identity;
    tables.cached[place].key = what;
    mdbx_cache_init(&tables.cached[place].entry);
  }
  const MDBX_val key = key_of(what);
  MDBX_val value;
  bool there;
  const MDBX_cache_result_t result =
      mdbx_cache_get(reads ? tables.reader[slot].txn : txn(), handle->dbi, &key, &value, &tables.cached[place].entry);
  const MDBX_val wanted = wanted_of(&seen->table[name], &key, &there);
  fuzz_trace("  handle %u: status %d, code %d", handle->dbi, result.status, result.errcode);
  FUZZ_MUST(result.status != MDBX_CACHE_ERROR && result.errcode == (there ? MDBX_SUCCESS : MDBX_NOTFOUND));
  FUZZ_MUST(!there || val_equal(&value, &wanted));
}

struct listing {
  unsigned names, records;
};

static int count_table(void *context, const MDBX_txn *in, const MDBX_val *name, MDBX_db_flags_t flags,
                       const struct MDBX_stat *stat, MDBX_dbi dbi) {
  struct listing *listing = context;
  (void)in, (void)dbi;
  for (unsigned i = 0; i < NAMES; ++i) {
    const MDBX_val known = world_name(i);
    const struct world_table *table = &world()->table[i];
    if (!val_equal(&known, name))
      continue;
    FUZZ_MUST(table->identity && table->flags == (unsigned)flags && table->pairs.count == stat->ms_entries);
    listing->names += 1;
    listing->records += (unsigned)stat->ms_entries;
  }
  return MDBX_SUCCESS;
}

static void do_list(void) {
  struct listing listing = {0, 0};
  unsigned names = 0;
  MDBX_stat stat;
  for (unsigned i = 0; i < NAMES; ++i)
    names += world()->table[i].identity != 0;
  FUZZ_OK(mdbx_enumerate_tables(txn(), count_table, &listing));
  FUZZ_MUST(listing.names == names);
  FUZZ_OK(mdbx_dbi_stat(txn(), 1, &stat, sizeof(stat)));
  FUZZ_MUST(stat.ms_entries == names + world()->plain.count);
}

static void do_empty_all(void) {
  if (draw(6))
    return;
  if (!changed(FAULTY(mdbx_drop(txn(), 1, false))))
    return;
  world_clear(world());
  pairs_init(&world()->plain, tables.main_flags);
}

/* ------------------------------------------------------------------------------------------------ the database */

static void open_env(void) {
  FUZZ_OK(mdbx_env_create(&tables.env));
  FUZZ_OK(mdbx_env_set_maxdbs(tables.env, tables.most_handles));
  FUZZ_OK(mdbx_env_set_geometry(tables.env, 0, 0, tables.small ? 64 * (intptr_t)tables.page_size : 16 << 20, 4096, 8192,
                                tables.page_size));
  sequence_set_options(tables.env, tables.options);
  FUZZ_OK(mdbx_env_open(tables.env, fuzz_path("db"),
                        (MDBX_env_flags_t)(MDBX_NOSUBDIR | MDBX_NOSTICKYTHREADS | tables.env_flags), 0600));
  tables.has_renamed = false;
  memset(tables.cached, 0, sizeof(tables.cached));
}

static void compare_names(void) {
  MDBX_txn *reader;
  FUZZ_OK(mdbx_txn_begin(tables.env, NULL, MDBX_TXN_RDONLY, &reader));
  world_compare(reader, &tables.base);
  FUZZ_OK(mdbx_txn_abort(reader));
}

/* All ends here; the write transactions are kept. */
static void close_env(void) {
  while (tables.depth)
    lives_end(true);
  for (unsigned slot = 0; slot < READERS; ++slot)
    lives_reader_end(slot);
  compare_names();
  FUZZ_OK(mdbx_env_close_ex(tables.env, false));
  tables.base.handles = 0;
}

/* Nobody knows what it holds. */
static void abandon_env(void) {
  while (tables.depth)
    lives_end(false);
  for (unsigned slot = 0; slot < READERS; ++slot)
    lives_reader_end(slot);
  (void)mdbx_env_close_ex(tables.env, true);
  cursors_close();
  world_clear(&tables.base);
}

static void do_reopen(void) {
  if (draw(4))
    return;
  close_env();
  open_env();
  compare_names();
  lives_begin();
}

static void do_end(bool commits) {
  lives_end(commits);
  if (tables.depth)
    return;
  if (commits)
    sequence_check(tables.env);
  lives_begin();
}

static bool uses_readers(enum call what) {
  switch (what) {
  case CALL_CURSOR:
  case CALL_CURSOR_2:
  case CALL_READER_LOOK:
  case CALL_READER_LOOK_2:
  case CALL_READER_USE:
  case CALL_READER_MOVE:
  case CALL_READER_CLONE:
  case CALL_AMEND:
  case CALL_EMBARK:
  case CALL_CACHED:
  case CALL_COPY:
  case CALL_BREAK:
    return true;
  default:
    return false;
  }
}

static void step(void) {
  if (tables.over)
    return;
  if (tables.faulty && tables.input.end - tables.input.at == STEP_BYTES)
    fault_choose_certain(tables.input.end[-1]);
  const enum call what = (enum call)draw(CALLS);
  fuzz_trace("call %d, depth %d", (int)what, tables.depth);
  if (uses_readers(what))
    lives_wake_all();
  switch (what) {
  case CALL_PUT:
  case CALL_PUT_2:
    do_put();
    break;
  case CALL_DELETE:
    do_delete();
    break;
  case CALL_EMPTY:
    do_drop(false);
    break;
  case CALL_DROP:
    do_drop(true);
    break;
  case CALL_RENAME:
    do_rename();
    break;
  case CALL_CLOSE:
    do_close();
    break;
  case CALL_SEQUENCE:
    do_sequence();
    break;
  case CALL_PLAIN:
    do_plain();
    break;
  case CALL_CURSOR:
  case CALL_CURSOR_2:
    cursors_step();
    break;
  case CALL_BEGIN:
    lives_begin();
    break;
  case CALL_COMMIT:
    do_end(true);
    break;
  case CALL_ABORT:
    do_end(false);
    break;
  case CALL_CHECKPOINT:
    lives_checkpoint();
    break;
  case CALL_LOOK:
    do_look();
    break;
  case CALL_READER_BEGIN:
    lives_reader_begin(draw(READERS));
    break;
  case CALL_READER_LOOK:
  case CALL_READER_LOOK_2:
    do_reader_look();
    break;
  case CALL_READER_USE:
    do_reader_use();
    break;
  case CALL_READER_END:
    lives_reader_end(draw(READERS));
    break;
  case CALL_READER_MOVE:
    do_move();
    break;
  case CALL_READER_CLONE:
    do_clone();
    break;
  case CALL_AMEND:
    do_amend();
    break;
  case CALL_EMBARK:
    lives_embark(draw(READERS));
    break;
  case CALL_CACHED:
    do_cached();
    break;
  case CALL_LIST:
    do_list();
    break;
  case CALL_REOPEN:
    do_reopen();
    break;
  case CALL_ROLLBACK:
    lives_rollback();
    break;
  case CALL_COPY:
    do_copy();
    break;
  case CALL_SET:
    do_set();
    break;
  case CALL_DEFRAGMENT:
    do_defragment();
    break;
  case CALL_PARK:
    do_park();
    break;
  case CALL_BREAK:
    do_break();
    break;
  case CALL_EMPTY_ALL:
    do_empty_all();
    break;
  default:
    do_open();
  }
  if (tables.failed && !tables.over)
    lives_recover(draw(2));
}

static void start(void) {
  static const unsigned page_sizes[] = {256, 512, 4096};
  static const unsigned flags[] = {MDBX_UTTERLY_NOSYNC, MDBX_SYNC_DURABLE, MDBX_UTTERLY_NOSYNC | MDBX_WRITEMAP,
                                   MDBX_SAFE_NOSYNC | MDBX_LIFORECLAIM};
  const unsigned how = draw(256);
  tables.env_flags = flags[how % 4];
  tables.page_size = page_sizes[how / 4 % 3];
  tables.main_flags = how & 64 ? MDBX_REVERSEKEY : MDBX_DB_DEFAULTS;
  tables.most_handles = how & 128 ? 4 : 64;
  const unsigned also = draw(256);
  tables.options = also % 64;
  tables.small = also / 64 == 3;
  tables.faulty = also / 64 == 2;
  tables.failed = tables.over = false;
  fault_choose_none();
  tables.identities = tables.longs = 0;
  unlink(fuzz_path("db"));
  unlink(fuzz_path("db" MDBX_LOCK_SUFFIX));
  open_env();
  world_init(&tables.base, tables.main_flags);
  cursors_open();
  lives_begin();
  MDBX_dbi dbi;
  FUZZ_OK(mdbx_dbi_open(txn(), NULL, (MDBX_db_flags_t)(tables.main_flags | MDBX_CREATE), &dbi));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint8_t *const steps = data + (size < HEAD_BYTES ? size : HEAD_BYTES), *const behind = data + size;
  tables.input = (struct fuzz_input){data, steps};
  start();
  sequence_run(&tables.input, steps, behind, step);
  fault_choose_none();
  if (tables.over) {
    abandon_env();
    return 0;
  }
  close_env();
  cursors_close();
  open_env();
  sequence_check(tables.env);
  compare_names();
  FUZZ_OK(mdbx_env_close_ex(tables.env, false));
  world_clear(&tables.base);
  return 0;
}
