/* SPDX-License-Identifier: Apache-2.0 */
#include "mdbx_chk/page_map.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int allocate(struct page_map *map) {
  map->page_size = map->info.mi_dxb_pagesize;
  map->count = (size_t)(map->info.mi_geo.current / map->page_size);
  map->kind = calloc(map->count, 1);
  map->table = calloc(map->count, 1);
  map->fill = calloc(map->count, 1);
  return map->kind && map->table && map->fill ? MDBX_SUCCESS : MDBX_ENOMEM;
}

void page_map_free(struct page_map *map) {
  free(map->kind);
  free(map->table);
  free(map->fill);
}

static size_t table_named(struct page_map *map, const char *name) {
  for (size_t i = map->table_count; i-- > 0;)
    if (strncmp(map->tables[i].name, name, sizeof(map->tables[i].name) - 1) == 0)
      return i;
  if (map->table_count == PAGE_TABLES) {
    strcpy(map->tables[PAGE_TABLES - 1].name, "other tables");
    return PAGE_TABLES - 1;
  }
  struct page_table *table = &map->tables[map->table_count];
  strncpy(table->name, name, sizeof(table->name) - 1);
  return map->table_count++;
}

static enum page_kind kind_of(MDBX_page_type_t type, int deep, const char *name) {
  const bool in_main = strcmp(name, "@MAIN") == 0;
  if (deep < 0)
    return deep == -2 ? PAGE_META : PAGE_GC;
  if (type == MDBX_page_large)
    return PAGE_LARGE;
  if (deep > (in_main ? 0 : 1))
    return PAGE_NESTED;
  return type == MDBX_page_branch ? PAGE_BRANCH : PAGE_LEAF;
}

static int on_page(uint64_t pgno, unsigned number, void *context, int deep, const char *name, size_t bytes,
                   MDBX_page_type_t type, size_t entries, size_t payload, size_t header, size_t unused) {
  struct page_map *map = context;
  (void)entries, (void)payload, (void)header;
  if (!number || deep == INT_MIN)
    return MDBX_SUCCESS;
  const enum page_kind kind = kind_of(type, deep, name);
  const size_t table = deep >= 0 ? table_named(map, name) + 1 : 0;
  if (table) {
    map->tables[table - 1].pages += number;
    map->tables[table - 1].used_bytes += bytes - unused;
  }
  for (uint64_t i = pgno; i < pgno + number && i < map->count; ++i) {
    map->kind[i] = (uint8_t)kind;
    map->table[i] = (uint8_t)table;
    map->fill[i] = (uint8_t)((bytes - unused) * 100 / bytes);
  }
  return MDBX_SUCCESS;
}

static int on_free(void *context, const MDBX_txn *txn, uint64_t txnid, size_t pgno, size_t length,
                   bool reclaimable) MDBX_CXX17_NOEXCEPT {
  struct page_map *map = context;
  (void)txn, (void)txnid;
  for (size_t i = pgno; i < pgno + length && i < map->count; ++i)
    if (map->kind[i] == PAGE_LOST)
      map->kind[i] = reclaimable ? PAGE_FREE : PAGE_HELD;
  return MDBX_SUCCESS;
}

static int on_reader(void *context, int number, int slot, mdbx_pid_t pid, mdbx_tid_t thread, uint64_t txnid,
                     uint64_t lag, size_t used, size_t retained) MDBX_CXX17_NOEXCEPT {
  struct page_map *map = context;
  (void)number, (void)slot, (void)thread, (void)txnid, (void)used;
  if (!retained)
    return MDBX_SUCCESS;
  if (map->holder_count < PAGE_HOLDERS)
    map->holders[map->holder_count] = (struct page_holder){(uint64_t)pid, lag, retained};
  map->holder_count += 1;
  return MDBX_SUCCESS;
}

static int read_pages(MDBX_txn *txn, struct page_map *map) {
  MDBX_gc_info_t gc;
  int rc = mdbx_env_info_ex(mdbx_txn_env(txn), txn, &map->info, sizeof(map->info));
  if (rc == MDBX_SUCCESS)
    rc = allocate(map);
  if (rc != MDBX_SUCCESS)
    return rc;
  for (size_t i = 0; i <= map->info.mi_last_pgno && i < map->count; ++i)
    map->kind[i] = PAGE_LOST;
  rc = mdbx_env_pgwalk(txn, on_page, map);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_gc_info(txn, &gc, sizeof(gc), on_free, map);
  if (rc == MDBX_SUCCESS || rc == MDBX_NOTFOUND)
    rc = mdbx_reader_list(mdbx_txn_env(txn), on_reader, map);
  for (size_t i = 0; i < map->count; ++i)
    map->of_kind[map->kind[i]] += 1;
  return rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc; /* without a lock file there are no readers to see */
}

int page_map_read(MDBX_env *env, struct page_map *map) {
  MDBX_txn *txn;
  memset(map, 0, sizeof(*map));
  int rc = mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = read_pages(txn, map);
  mdbx_txn_abort(txn);
  return rc;
}
