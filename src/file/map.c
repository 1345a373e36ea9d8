/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/map.c: see map.h.
 */
#include "file/map.h"

#include "base/log.h"
#include "base/probe.h"

#include <stdlib.h>

/* The length to map. Where mappings end with their file, the whole file is mapped: a shorter mapping would soon be too
 * short. */
static int reachable(int fd, size_t length, size_t *reach) {
  uint64_t end = 0;
  *reach = length;
  if (os_maps_exceed_files())
    return MDBX_SUCCESS;
  const int rc = os_file_size(fd, &end);
  if (rc != MDBX_SUCCESS)
    return rc;
  *reach = (size_t)MIN_OF(end, (uint64_t)MAP_LENGTH_MAX);
  return *reach >= length ? MDBX_SUCCESS : MDBX_ENOMEM;
}

static int area_open(int fd, size_t length, bool writable, bool random, struct map_area **result) {
  int rc = reachable(fd, length, &length);
  if (rc != MDBX_SUCCESS)
    return rc;
  struct map_area *area = calloc(1, sizeof(*area));
  if (!area)
    return MDBX_ENOMEM;
  void *base;
  area->length = ceil_to(length, os_page_size());
  rc = os_map_file(fd, area->length, writable, &base);
  if (rc != MDBX_SUCCESS) {
    free(area);
    return rc;
  }
  area->base = base;
  if (random) {
    rc = os_advise(base, area->length, OS_ADVICE_RANDOM);
    if (rc != MDBX_SUCCESS)
      log_notice("the system takes no advice for the mapping, error %d", rc);
  }
  *result = area;
  return MDBX_SUCCESS;
}

int map_open(struct dbmap *map, int fd, size_t length, bool writable, bool random) {
  struct map_area *area;
  memset(map, 0, sizeof(*map));
  if (length == 0 || length > MAP_LENGTH_MAX)
    return length ? MDBX_TOO_LARGE : MDBX_EINVAL;
  int rc = os_mutex_init(&map->guard, RANK_GUARD);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = area_open(fd, length, writable, random, &area);
  if (rc != MDBX_SUCCESS) {
    os_mutex_destroy(&map->guard);
    return rc == MDBX_ENOMEM ? MDBX_TOO_LARGE : rc;
  }
  map->writable = writable;
  map->random = random;
  atomic_store_explicit(&map->current, area, memory_order_release);
  return MDBX_SUCCESS;
}

/* Under guard. */
static int extend_locked(struct dbmap *map, int fd, size_t length) {
  struct map_area *now = atomic_load_explicit(&map->current, memory_order_relaxed);
  if (length <= now->length)
    return MDBX_SUCCESS;
  struct map_area *area;
  const int rc = area_open(fd, length, map->writable, map->random, &area);
  if (rc != MDBX_SUCCESS) {
    log_notice("the map cannot be extended from %zu to %zu bytes, error %d", now->length, length, rc);
    return rc == MDBX_ENOMEM ? MDBX_UNABLE_EXTEND_MAPSIZE : rc;
  }
  area->older = now;
  atomic_store_explicit(&map->current, area, memory_order_release);
  return MDBX_SUCCESS;
}

int map_extend(struct dbmap *map, int fd, size_t length) {
  if (length <= map_length(map))
    return MDBX_SUCCESS;
  if (length > MAP_LENGTH_MAX)
    return MDBX_UNABLE_EXTEND_MAPSIZE;
  os_mutex_lock(&map->guard);
  const int rc = extend_locked(map, fd, length);
  os_mutex_unlock(&map->guard);
  return rc;
}

bool map_is_open(const struct dbmap *map) { return map_area_now(map) != NULL; }

void map_close(struct dbmap *map) {
  struct map_area *area = atomic_load_explicit(&map->current, memory_order_relaxed);
  if (!area)
    return;
  atomic_store_explicit(&map->current, NULL, memory_order_relaxed);
  while (area) {
    struct map_area *older = area->older;
    os_unmap(area->base, area->length);
    free(area);
    area = older;
  }
  os_mutex_destroy(&map->guard);
}

int map_grow_file(struct dbmap *map, int fd, uint64_t new_length) {
  uint64_t length;
  int rc = os_file_size(fd, &length);
  if (rc != MDBX_SUCCESS || new_length <= length)
    return rc;
  if (os_maps_exceed_files() && new_length > map_length(map))
    return MDBX_UNABLE_EXTEND_MAPSIZE;
  rc = os_ops->allocate(fd, length, new_length);
  PROBE4(growth, fd, length, new_length, rc);
  if (rc != MDBX_SUCCESS) {
    /* If the disk is full, part of the space may have been allocated: the file is cut back to its old length. */
    const int back = os_ops->resize(fd, length);
    log_notice("the file cannot grow to %llu bytes, error %d (and cut back: %d)", (unsigned long long)new_length, rc,
               back);
  }
  return rc;
}

int map_shrink_file(struct dbmap *map, int fd, uint64_t new_length) {
  uint64_t length;
  int rc = os_file_size(fd, &length);
  if (rc != MDBX_SUCCESS || new_length >= length)
    return rc;
  (void)map;
  rc = os_ops->resize(fd, new_length);
  PROBE4(shrink, fd, length, new_length, rc);
  return rc;
}

int map_flush(struct dbmap *map, int fd, size_t from, size_t length) {
  const struct map_area *area = map_area_now(map);
  if (from > area->length || length > area->length - from)
    return MDBX_EINVAL;
  return length ? os_ops->msync(area->base + from, length, fd) : MDBX_SUCCESS;
}
