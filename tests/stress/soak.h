/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/soak.h: what the two halves of the soak test share: soak.c starts, kills, checks and counts; soak_worker.c is
 * what the processes do to the database.
 */
#ifndef MDBX_TESTS_STRESS_SOAK_H
#define MDBX_TESTS_STRESS_SOAK_H

#include <mdbx.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
  WRITERS = 2,
  READERS = 3,
  WORKERS = WRITERS + READERS,
  NUMBERS = 40000,        /* keys that there are */
  FILE_LOWER = 1 << 20,   /* sizes of the file: it begins with this */
  FILE_BOUND = 192 << 20, /* and never gets larger; the upper size of the geometry is beyond it */
  FILE_UPPER = 1 << 30,
  FILE_AT_END = 4 << 20,   /* when everything was deleted and defragmented */
  MEMORY_BOUND = 64 << 10, /* KiB of a process that are no file's */
  DESCRIPTORS_BOUND = 24,
  MAPPINGS_BOUND = 200,
};

/* A worker notes here what it does; its successor goes on with that after a kill. */
struct worker {
  _Atomic uint32_t begun, committed;              /* commits of a writer, by their numbers */
  _Atomic uint32_t snapshots;                     /* that a reader has looked at */
  _Atomic uint32_t memory, descriptors, mappings; /* the most so far; memory in KiB */
};

/* In memory that all processes share. */
struct soak {
  char path[200];
  unsigned flags; /* of the mode that is on */
  atomic_bool stop;
  _Atomic uint32_t commits;
  struct worker workers[WORKERS];
};

/* Says what is wrong and ends the process with code 1. */
_Noreturn void soak_fail(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));
#define MUST(call) \
  do { \
    const int rc_ = (call); \
    if (rc_ != MDBX_SUCCESS) \
      soak_fail("%s:%d: %s: %s", __FILE__, __LINE__, #call, mdbx_strerror(rc_)); \
  } while (0)
#define MUST_BE(condition) \
  do { \
    if (!(condition)) \
      soak_fail("%s:%d: %s", __FILE__, __LINE__, #condition); \
  } while (0)

MDBX_env *soak_open(const struct soak *soak, unsigned flags);
/* What a worker does until it is told to stop: 0 to WRITERS - 1 write, the others read. */
void soak_work(struct soak *soak, unsigned number);
/* Every number of commits lies between what its writer had noted before and after; every record is whole. Returns how many
 * records there are. */
uint64_t soak_verify(struct soak *soak, MDBX_env *env, bool all);
/* Empties all tables. */
void soak_empty(MDBX_env *env);

#endif
