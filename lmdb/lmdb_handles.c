/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles of cursors.
 *
 * A commit or an abort frees the cursors of a write transaction, and programs may not close them afterwards. Some do,
 * and with LMDB it often works by chance. So a handle is not an address but a number: the index of a place in the table
 * below, and a generation, which counts how often the place was used. By the generation an ended cursor is recognised
 * for ever, while its place serves the next cursor.
 *
 * Places are never freed; there are as many as there were cursors at the same time.
 */
#include "shim.h"

#include <stdatomic.h>

/* A handle, from the lowest bit: nothing, index, generation. With 32 bits the generation of a place repeats after 4096
 * cursors. */
enum { HANDLE_SHIFT = 4, INDEX_BITS = sizeof(void *) > 4 ? 24 : 16, CHUNK_BITS = 8 };
#define GENERATION_SHIFT (HANDLE_SHIFT + INDEX_BITS)
#define GENERATION_MASK ((uint32_t)(UINTPTR_MAX >> GENERATION_SHIFT) & INT32_MAX)
#define INDEX_MASK (((uint32_t)1 << INDEX_BITS) - 1)
#define CHUNK_PLACES ((uint32_t)1 << CHUNK_BITS)
#define CHUNKS ((uint32_t)1 << (INDEX_BITS - CHUNK_BITS))

struct place_of_cursor {
  struct shim_cursor cursor;   /* first: the one is the other's address */
  _Atomic uint32_t generation; /* of the handle that is good now; of a free place: of the next one */
  uint32_t index;
  struct place_of_cursor *next_free;
};

static _Atomic(struct place_of_cursor *) chunks[CHUNKS];
/* Guards the following members, and each change of `chunks`. */
static pthread_mutex_t places_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct place_of_cursor *free_places;
static uint32_t chunk_count;

static void places_lock(void) { pthread_mutex_lock(&places_mutex); }
static void places_unlock(void) { pthread_mutex_unlock(&places_mutex); }

void handles_prepare(void) { pthread_atfork(places_lock, places_unlock, places_unlock); }

static void add_places(void) {
  struct place_of_cursor *chunk = chunk_count < CHUNKS ? calloc(CHUNK_PLACES, sizeof(*chunk)) : NULL;
  if (!chunk)
    return;
  for (uint32_t i = CHUNK_PLACES; i-- > 0;) {
    chunk[i].index = chunk_count << CHUNK_BITS | i;
    chunk[i].generation = 1;
    chunk[i].next_free = free_places;
    free_places = &chunk[i];
  }
  atomic_store_explicit(&chunks[chunk_count++], chunk, memory_order_release);
}

struct shim_cursor *cursor_new(void) {
  places_lock();
  if (!free_places)
    add_places();
  struct place_of_cursor *place = free_places;
  if (place)
    free_places = place->next_free;
  places_unlock();
  if (!place)
    return NULL;
  memset(&place->cursor, 0, sizeof(place->cursor));
  return &place->cursor;
}

void cursor_free(struct shim_cursor *cursor) {
  struct place_of_cursor *place = (struct place_of_cursor *)cursor;
  const uint32_t next = (place->generation + 1) & GENERATION_MASK;
  atomic_store_explicit(&place->generation, next ? next : 1, memory_order_relaxed);
  places_lock();
  place->next_free = free_places;
  free_places = place;
  places_unlock();
}

MDB_cursor *cursor_handle(const struct shim_cursor *cursor) {
  const struct place_of_cursor *place = (const struct place_of_cursor *)cursor;
  return (MDB_cursor *)((uintptr_t)place->generation << GENERATION_SHIFT | (uintptr_t)place->index << HANDLE_SHIFT);
}

struct shim_cursor *cursor_of(const MDB_cursor *handle) {
  const uint32_t index = (uint32_t)((uintptr_t)handle >> HANDLE_SHIFT) & INDEX_MASK;
  struct place_of_cursor *chunk = atomic_load_explicit(&chunks[index >> CHUNK_BITS], memory_order_acquire);
  if (!chunk)
    return NULL;
  struct place_of_cursor *place = &chunk[index & (CHUNK_PLACES - 1)];
  const uintptr_t generation = (uintptr_t)handle >> GENERATION_SHIFT;
  return atomic_load_explicit(&place->generation, memory_order_relaxed) == generation ? &place->cursor : NULL;
}
