/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/map.h: the data file's mapping in this process.
 *
 * Owns the address range reserved for the file up to its upper size; changes the file's length under that range. Where
 * mappings end with their file (os_maps_exceed_files()), an area is as long as the file was when the area was made, and
 * a file that has grown gets a longer area.
 * Invariants:
 *  - a pointer into an area stays valid until map_close(), whatever grows, shrinks or is extended;
 *  - the current area is replaced only by a longer one; older ones stay mapped behind it;
 *  - bytes of an area beyond the end of the file must not be touched (SIGBUS): callers stay below the pages of the
 *    snapshot they hold, and check the file's length against the meta when they open it.
 * Called by the environment (open, close, extend at transaction begin) and by commit (grow, shrink; under the writer
 * lock). Readers of the current area take no lock.
 */
#ifndef MDBX_FILE_MAP_H
#define MDBX_FILE_MAP_H

#include "os/os.h"

/* So that rounding up cannot overflow. */
#define MAP_LENGTH_MAX (SIZE_MAX / 2)

/* Constant once it is published. */
struct map_area {
  char *base;
  size_t length;          /* bytes of address range, up to the upper bound or more */
  struct map_area *older; /* shorter areas, kept for pointers into them */
};

struct dbmap {
  /* Written by map_open, map_extend (under guard) and map_close; read by anyone. */
  _Atomic(struct map_area *) current;
  os_mutex_t guard; /* serialises map_extend among threads */
  bool writable;    /* constant after map_open */
  bool random;      /* read-ahead is off; owned by whoever holds guard */
};

/* Reserves `length` bytes (rounded up to system pages) for the file. MDBX_TOO_LARGE: the address space has no room for
 * that, or mappings end with their file and the file is shorter. */
int map_open(struct dbmap *map, int fd, size_t length, bool writable, bool random);
/* Makes the current area at least `length` bytes long. MDBX_UNABLE_EXTEND_MAPSIZE: the address space has no room, or
 * mappings end with their file and the file is shorter. */
int map_extend(struct dbmap *map, int fd, size_t length);
void map_close(struct dbmap *map);
bool map_is_open(const struct dbmap *map);

/* Makes the file `new_length` bytes long with storage behind every new byte; unchanged on error. Under the writer
 * lock. */
int map_grow_file(struct dbmap *map, int fd, uint64_t new_length);
/* Cuts the file to new_length bytes if it is longer. The addresses stay reserved. MDBX_BUSY: the system cannot cut a
 * mapped file; the next first opener cuts it. Under the writer lock. */
int map_shrink_file(struct dbmap *map, int fd, uint64_t new_length);
/* Flushes what was written through a writable map: `length` bytes from offset `from` on. */
int map_flush(struct dbmap *map, int fd, size_t from, size_t length);

/* The current base and length, as one consistent pair. */
static inline const struct map_area *map_area_now(const struct dbmap *map) {
  return atomic_load_explicit(&map->current, memory_order_acquire);
}

static inline char *map_base(const struct dbmap *map) { return map_area_now(map)->base; }

static inline size_t map_length(const struct dbmap *map) { return map_area_now(map)->length; }

#endif
