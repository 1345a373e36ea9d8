/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/crash/recorder.h: every write, flush and change of length of one file, in order, and the images a power cut
 * could leave.
 *
 * While recording, the calls happen for real as well. A write is cut into units of one database page, so that an image
 * may have some pages of one call and not others. What is written through a mapping is found by comparing the file
 * with what was seen before, at each recorded call: such pages may reach the disk at any time after they changed.
 *
 * A flush covers what was recorded before it began, and counts from its end on: threads may write meanwhile. One that is asked
 * for a part of a mapping covers what was written through a mapping in that part only, as POSIX says of msync().
 *
 * All that is recorded lies in memory that forked processes share, so several processes may work on the file, one at a
 * time: each calls recorder_join() once, and somebody sees to it that they take turns.
 */
#ifndef TESTS_CRASH_RECORDER_H
#define TESTS_CRASH_RECORDER_H

#include "os/os.h"

enum record_kind { RECORD_WRITE, RECORD_FLUSH, RECORD_THROUGH, RECORD_LENGTH, RECORD_MARK };

struct record {
  enum record_kind kind;
  /* RECORD_WRITE; RECORD_LENGTH: the new length; RECORD_FLUSH: so many records were there when it began. */
  uint64_t offset;
  size_t length;
  uint8_t *bytes;
  bool mapped;       /* RECORD_WRITE: through a mapping */
  size_t flushed_by; /* the first record after which this one is on the disk; NEVER */
  int mark;          /* RECORD_MARK: see the workload */
  int value;
};

#define NEVER SIZE_MAX

/* Status of a process whose fuse has burnt down. */
enum { RECORDER_DEAD = 9 };

struct recorder {
  struct record *records;
  size_t count;
  size_t stores;   /* pages, or parts of them, copied by os_ops->store() */
  size_t unit;     /* bytes of a database page */
  bool mapped;     /* look for writes through a mapping */
  uint8_t *shadow; /* the file as seen last, if mapped */
  size_t shadow_length;
  size_t settled; /* all records before that one are flushed */
  int fd;         /* of the file, a descriptor of our own */
  size_t used;    /* of the shared memory this lies in */
  long fuse;      /* so many more calls happen, then the process ends before the next one; negative: none does */
  _Atomic unsigned linger; /* a flush goes on until so many records are made meanwhile, or a moment has passed */
  long good_flushes;       /* so many more work, then one fails; negative: all do */
};

/* Begins to record all changes the engine makes (one recorder at a time). Present content of the file is the start. */
struct recorder *recorder_start(const char *path, size_t unit, bool mapped);
/* In a process forked since: what it does is recorded as well. */
void recorder_join(struct recorder *recorder);
/* Any thread. */
void recorder_mark(struct recorder *recorder, int mark, int value);
void recorder_stop(struct recorder *recorder);
void recorder_free(struct recorder *recorder);

/* A file in memory. */
struct image {
  uint8_t *bytes;
  size_t length;
};

/* How much of what was not flushed a cut leaves. CUT_LATE: what came last, and nothing of what came before it. CUT_ALL_BUT_ONE:
 * one write is missing. */
enum cut_style {
  CUT_NOTHING,
  CUT_EVERYTHING,
  CUT_SOME,
  CUT_SOME_TORN,
  CUT_LATE,
  CUT_LATE_AGAIN,
  CUT_ALL_BUT_ONE,
  CUT_STYLES
};

/* The file after a cut behind record `at` (records [0, at) happened). `start` is the file before the first record. */
void recorder_image(const struct recorder *recorder, const struct image *start, size_t at, enum cut_style style,
                    uint64_t *random, struct image *image);
void image_load(struct image *image, const char *path);
void image_store(const struct image *image, const char *path);
void image_free(struct image *image);

uint64_t next_random(uint64_t *random);

#endif
