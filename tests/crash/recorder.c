/* SPDX-License-Identifier: Apache-2.0 */
#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* In a debug build all that the engine can verify of itself. */
__attribute__((constructor)) static void verify_all(void) {
  mdbx_setup_debug(MDBX_LOG_DONTCHANGE, MDBX_DBG_ASSERT | MDBX_DBG_AUDIT, MDBX_LOGGER_DONTCHANGE);
}

enum { SECTOR = 512 };

static struct recorder *active;
/* Of this process: records are made in the order in which things happen. */
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

uint64_t next_random(uint64_t *random) {
  uint64_t z = (*random += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

_Noreturn static void give_up(const char *what) {
  perror(what);
  exit(2);
}

/* --------------------------------------------------------------------------------------------------------- recording */

/* Places for all a program may record; memory that is not touched costs nothing. */
enum { RECORDS_MAX = 1 << 18, FILE_MAX = 96 << 20 };
#define ARENA_BYTES ((size_t)4 << 30)

static void *take(struct recorder *recorder, size_t bytes) {
  bytes = (bytes + 15) & ~(size_t)15;
  if (bytes > ARENA_BYTES - recorder->used)
    give_up("the memory of the recorder is full");
  void *taken = (uint8_t *)recorder + recorder->used;
  recorder->used += bytes;
  return taken;
}

static struct record *append(struct recorder *recorder, enum record_kind kind) {
  if (recorder->count == RECORDS_MAX)
    give_up("the recorder is full");
  struct record *record = &recorder->records[recorder->count++];
  memset(record, 0, sizeof(*record));
  record->kind = kind;
  record->flushed_by = NEVER;
  return record;
}

/* Bytes of the file. */
struct range {
  uint64_t from, to;
};

static const struct range all_bytes = {0, UINT64_MAX};

static bool covers(const struct range *range, const struct record *record) {
  return !record->mapped || (record->offset >= range->from && record->offset + record->length <= range->to);
}

/* A flush that began when there were so many records is over. Flushes overlap: one that began later may have ended before. */
static void append_flush(struct recorder *recorder, size_t begin, const struct range *range) {
  append(recorder, RECORD_FLUSH)->offset = begin;
  for (size_t i = recorder->settled; i < begin; ++i) {
    struct record *record = &recorder->records[i];
    if (record->flushed_by == NEVER && covers(range, record))
      record->flushed_by = recorder->count - 1;
  }
  while (recorder->settled < recorder->count && recorder->records[recorder->settled].flushed_by != NEVER)
    recorder->settled += 1;
}

/* The file is that long now. */
static void see_length(struct recorder *recorder, size_t length) {
  if (length > recorder->shadow_length)
    memset(recorder->shadow + recorder->shadow_length, 0, length - recorder->shadow_length);
  recorder->shadow_length = length;
}

/* What is recorded has been seen, and nothing else: another thread may store to the map at any time. */
static void see_bytes(struct recorder *recorder, uint64_t offset, const uint8_t *bytes, size_t length) {
  if (!recorder->mapped)
    return;
  if (offset + length > recorder->shadow_length)
    see_length(recorder, (size_t)offset + length);
  memcpy(recorder->shadow + offset, bytes, length);
}

/* What was recorded from that one on is on the disk, and nothing else for that reason. */
static void append_through(struct recorder *recorder, size_t begin) {
  append(recorder, RECORD_THROUGH);
  for (size_t i = begin; i < recorder->count; ++i)
    recorder->records[i].flushed_by = recorder->count - 1;
}

static void append_write(struct recorder *recorder, uint64_t offset, const uint8_t *bytes, size_t length, bool mapped) {
  see_bytes(recorder, offset, bytes, length);
  while (length) {
    const size_t some = length < recorder->unit ? length : recorder->unit;
    struct record *record = append(recorder, RECORD_WRITE);
    record->offset = offset;
    record->length = some;
    record->mapped = mapped;
    record->bytes = take(recorder, some);
    memcpy(record->bytes, bytes, some);
    offset += some;
    bytes += some;
    length -= some;
  }
}

static size_t file_length(const struct recorder *recorder) {
  const off_t length = lseek(recorder->fd, 0, SEEK_END);
  if (length < 0 || length > FILE_MAX)
    give_up("the length of the recorded file");
  return (size_t)length;
}

/* After a call that changes its length. */
static void see_new_length(struct recorder *recorder) {
  if (recorder->mapped)
    see_length(recorder, file_length(recorder));
}

/* At the start: nobody is at work. */
static void see_file(struct recorder *recorder) {
  if (!recorder->mapped)
    return;
  const size_t length = file_length(recorder);
  see_length(recorder, length);
  if (pread(recorder->fd, recorder->shadow, length, 0) != (ssize_t)length)
    give_up("reading the recorded file");
}

/* Pages that changed since the file was seen last, by other ways than recorded calls. */
static void find_mapped_writes(struct recorder *recorder) {
  if (!recorder->mapped)
    return;
  static uint8_t seen[65536];
  const size_t length = file_length(recorder);
  for (size_t at = 0; at < length && at < recorder->shadow_length; at += recorder->unit) {
    const size_t rest = recorder->shadow_length - at < recorder->unit ? recorder->shadow_length - at : recorder->unit;
    if (pread(recorder->fd, seen, rest, (off_t)at) != (ssize_t)rest)
      give_up("reading the recorded file");
    if (memcmp(recorder->shadow + at, seen, rest) != 0)
      append_write(recorder, at, seen, rest, true);
  }
}

/* Before each call: what changed since the last one, and whether the process lives to make this one. */
static void before_call(void) {
  find_mapped_writes(active);
  if (active->fuse == 0)
    _exit(RECORDER_DEAD);
  if (active->fuse > 0)
    active->fuse -= 1;
}

static int recording_pwritev(int fd, struct iovec *iov, int count, uint64_t offset) {
  pthread_mutex_lock(&order);
  before_call();
  uint64_t at = offset;
  for (int i = 0; i < count; ++i) {
    append_write(active, at, iov[i].iov_base, iov[i].iov_len, false);
    at += iov[i].iov_len;
  }
  const int rc = os_ops_real.pwritev(fd, iov, count, offset);
  pthread_mutex_unlock(&order);
  return rc;
}

enum { MOMENTS = 40 };

/* As a disk does: others write while it is at work. */
static void linger_from(size_t begin) {
  for (int i = 0; i < MOMENTS && active->count < begin + active->linger; ++i) {
    pthread_mutex_unlock(&order);
    usleep(100);
    pthread_mutex_lock(&order);
  }
}

static int flush(const struct range *range) {
  pthread_mutex_lock(&order);
  before_call();
  const size_t begin = active->count;
  linger_from(begin);
  const bool fails = active->good_flushes == 0;
  if (active->good_flushes >= 0)
    active->good_flushes -= 1;
  if (!fails)
    append_flush(active, begin, range);
  pthread_mutex_unlock(&order);
  return fails ? EIO : MDBX_SUCCESS;
}

static int recording_datasync(int fd) {
  (void)fd;
  return flush(&all_bytes);
}

/* Only what it writes itself is on the disk then. */
static int recording_write_through(int fd, const void *bytes, size_t length, uint64_t offset) {
  struct iovec vector = {(void *)(uintptr_t)bytes, length};
  pthread_mutex_lock(&order);
  before_call();
  const size_t begin = active->count;
  append_write(active, offset, bytes, length, false);
  const int rc = os_ops_real.pwritev(fd, &vector, 1, offset);
  const bool fails = active->good_flushes == 0;
  if (active->good_flushes >= 0)
    active->good_flushes -= 1;
  if (!fails)
    append_through(active, begin);
  pthread_mutex_unlock(&order);
  return rc == MDBX_SUCCESS && fails ? EIO : rc;
}

static int recording_resize(int fd, uint64_t length) {
  pthread_mutex_lock(&order);
  before_call();
  append(active, RECORD_LENGTH)->offset = length;
  const int rc = os_ops_real.resize(fd, length);
  see_new_length(active);
  pthread_mutex_unlock(&order);
  return rc;
}

static int recording_allocate(int fd, uint64_t from, uint64_t to) {
  pthread_mutex_lock(&order);
  before_call();
  append(active, RECORD_LENGTH)->offset = to;
  const int rc = os_ops_real.allocate(fd, from, to);
  see_new_length(active);
  pthread_mutex_unlock(&order);
  return rc;
}

/* The bytes of the file that are mapped there. */
static struct range mapped_bytes(const void *addr, size_t length) {
  char line[512];
  const uintptr_t wanted = (uintptr_t)addr;
  FILE *maps = fopen("/proc/self/maps", "re");
  while (maps && fgets(line, sizeof(line), maps)) {
    unsigned long from, to, offset;
    if (sscanf(line, "%lx-%lx %*4s %lx", &from, &to, &offset) == 3 && from <= wanted && wanted < to) {
      fclose(maps);
      return (struct range){offset + (wanted - from), offset + (wanted - from) + length};
    }
  }
  give_up("/proc/self/maps");
}

static int recording_msync(void *addr, size_t length, int fd) {
  (void)fd;
  const struct range range = mapped_bytes(addr, length);
  return flush(&range);
}

static int recording_store(int fd, void *to, const void *from, size_t length, uint64_t offset) {
  pthread_mutex_lock(&order);
  before_call();
  append_write(active, offset, from, length, active->mapped);
  active->stores += 1;
  const int rc = os_ops_real.store(fd, to, from, length, offset);
  pthread_mutex_unlock(&order);
  return rc;
}

static const struct os_ops recording = {
    .pwritev = recording_pwritev,
    .datasync = recording_datasync,
    .write_through = recording_write_through,
    .resize = recording_resize,
    .allocate = recording_allocate,
    .msync = recording_msync,
    .store = recording_store,
};

void recorder_join(struct recorder *recorder) {
  active = recorder;
  os_ops = &recording;
}

struct recorder *recorder_start(const char *path, size_t unit, bool mapped) {
  struct recorder *recorder =
      mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (recorder == MAP_FAILED)
    give_up("memory for the recorder");
  recorder->used = sizeof(*recorder);
  recorder->records = take(recorder, RECORDS_MAX * sizeof(*recorder->records));
  recorder->shadow = mapped ? take(recorder, FILE_MAX) : NULL;
  recorder->unit = unit;
  recorder->mapped = mapped;
  recorder->fuse = recorder->good_flushes = -1;
  recorder->fd = open(path, O_RDONLY | O_CLOEXEC);
  if (recorder->fd < 0)
    give_up(path);
  see_file(recorder);
  recorder_join(recorder);
  return recorder;
}

void recorder_mark(struct recorder *recorder, int mark, int value) {
  pthread_mutex_lock(&order);
  find_mapped_writes(recorder);
  struct record *record = append(recorder, RECORD_MARK);
  record->mark = mark;
  record->value = value;
  pthread_mutex_unlock(&order);
}

void recorder_stop(struct recorder *recorder) {
  find_mapped_writes(recorder);
  os_ops = &os_ops_real;
  active = NULL;
  close(recorder->fd);
}

void recorder_free(struct recorder *recorder) { munmap(recorder, ARENA_BYTES); }

/* ------------------------------------------------------------------------------------------------------------ images */

static void set_length(struct image *image, uint64_t length) {
  image->bytes = realloc(image->bytes, length + 1);
  if (length > image->length)
    memset(image->bytes + image->length, 0, length - image->length);
  image->length = length;
}

static void put_bytes(struct image *image, uint64_t offset, const uint8_t *bytes, size_t length) {
  if (offset + length > image->length)
    set_length(image, offset + length);
  if (length)
    memcpy(image->bytes + offset, bytes, length);
}

static void apply_whole(struct image *image, const struct record *record) {
  if (record->kind == RECORD_WRITE)
    put_bytes(image, record->offset, record->bytes, record->length);
  else if (record->kind == RECORD_LENGTH)
    set_length(image, record->offset);
}

/* Some sectors of a write. */
static void apply_torn(struct image *image, const struct record *record, uint64_t *random) {
  if (record->kind != RECORD_WRITE) {
    apply_whole(image, record);
    return;
  }
  for (size_t at = 0; at < record->length; at += SECTOR) {
    const size_t some = record->length - at < SECTOR ? record->length - at : SECTOR;
    if (next_random(random) & 1)
      put_bytes(image, record->offset + at, record->bytes + at, some);
  }
}

/* So many of the first records are on the disk for sure. */
static size_t flushed_before(const struct recorder *recorder, size_t at) {
  size_t safe = 0;
  while (safe < at && recorder->records[safe].flushed_by < at)
    ++safe;
  return safe;
}

/* What a cut leaves of the records from `safe` on. */
struct remains {
  enum cut_style style;
  unsigned odds; /* of eight */
  size_t late;   /* CUT_LATE: from that one on; CUT_ALL_BUT_ONE: the one */
};

enum part { NONE, TORN, WHOLE };

static enum part part_left(const struct remains *remains, size_t i, bool lucky) {
  switch (remains->style) {
  case CUT_NOTHING:
    return NONE;
  case CUT_SOME:
    return lucky ? WHOLE : NONE;
  case CUT_SOME_TORN:
    return lucky ? TORN : NONE;
  case CUT_LATE:
  case CUT_LATE_AGAIN:
    return i >= remains->late ? WHOLE : NONE;
  case CUT_ALL_BUT_ONE:
    return i != remains->late ? WHOLE : NONE;
  default:
    return WHOLE;
  }
}

void recorder_image(const struct recorder *recorder, const struct image *start, size_t at, enum cut_style style,
                    uint64_t *random, struct image *image) {
  const size_t safe = flushed_before(recorder, at);
  image->length = 0;
  image->bytes = NULL;
  put_bytes(image, 0, start->bytes, start->length);
  for (size_t i = 0; i < safe; ++i)
    apply_whole(image, &recorder->records[i]);
  const unsigned odds = 1 + (unsigned)(next_random(random) % 7);
  const struct remains remains = {style, odds, safe + (size_t)(next_random(random) % (at - safe + 1))};
  for (size_t i = safe; i < at; ++i) {
    const struct record *record = &recorder->records[i];
    const bool lucky = next_random(random) % 8 < odds;
    const enum part part = record->flushed_by < at ? WHOLE : part_left(&remains, i, lucky);
    if (part == WHOLE)
      apply_whole(image, record);
    else if (part == TORN)
      apply_torn(image, record, random);
  }
}

void image_load(struct image *image, const char *path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  const off_t length = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
  if (length < 0)
    give_up(path);
  image->bytes = malloc((size_t)length + 1);
  image->length = (size_t)length;
  if (pread(fd, image->bytes, image->length, 0) != length)
    give_up(path);
  close(fd);
}

void image_store(const struct image *image, const char *path) {
  const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, image->bytes, image->length) != (ssize_t)image->length)
    give_up(path);
  close(fd);
}

void image_free(struct image *image) {
  free(image->bytes);
  image->bytes = NULL;
  image->length = 0;
}
