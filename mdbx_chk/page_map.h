/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mdbx_chk/page_map.h: finds out what each page of a database is used for, and draws it.
 */
#ifndef MDBX_CHK_PAGE_MAP_H
#define MDBX_CHK_PAGE_MAP_H

#include <mdbx.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum page_kind {
  PAGE_UNALLOCATED, /* behind the pages in use: the file has room there */
  PAGE_LOST,        /* nobody has it and nobody lists it as free */
  PAGE_META,
  PAGE_GC, /* tree of the free space table */
  PAGE_BRANCH,
  PAGE_LEAF,
  PAGE_LARGE,
  PAGE_NESTED, /* values of one key */
  PAGE_FREE,
  PAGE_HELD, /* free as soon as a reader goes on or a commit is durable */
  PAGE_KINDS
};

/* Tables that have a name of their own in the picture; the others share the last place. */
#define PAGE_TABLES 12

struct page_table {
  char name[64];
  size_t pages, used_bytes;
};

/* Readers that prevent pages from being reused: the first of them are named. */
#define PAGE_HOLDERS 3

struct page_holder {
  uint64_t pid, behind, bytes; /* commits behind the newest; what it sees of retired pages */
};

struct page_map {
  size_t count, page_size;
  uint8_t *kind;  /* enum page_kind */
  uint8_t *table; /* 0: none; else index into `tables` + 1 */
  uint8_t *fill;  /* of 100 */
  size_t of_kind[PAGE_KINDS];
  struct page_table tables[PAGE_TABLES];
  size_t table_count;
  struct page_holder holders[PAGE_HOLDERS];
  size_t holder_count; /* of all */
  MDBX_envinfo info;
};

/* Looks at the newest snapshot. Afterwards page_map_free() in any case. */
int page_map_read(MDBX_env *env, struct page_map *map);
void page_map_free(struct page_map *map);

/* Writes it as a picture. MDBX_ENOMEM. */
int page_map_draw(const struct page_map *map, const char *title, FILE *out);

#endif
