/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applying an increment to a copy.
 *
 * The increment is read to its end before anything is changed, and the file gets storage for all pages it will have: a
 * full disk or a limit leaves the copy as it was. Then, each step flushed before the next:
 *
 *   1. the header of the increment takes the place of meta 0, the other metas are wiped: no longer a database
 *   2. the pages are written and the file gets its length
 *   3. meta 2 is written: a copy of the new snapshot
 *   4. the others are written as metas that nobody believes, or blank
 *
 * If this is interrupted between 1 and 3, the file names the increment that has to be applied again. That needs nothing
 * that the first attempt may have overwritten: where the increment has a page, the base has no page that the new
 * snapshot keeps.
 */
#include "service/increment.h"

#include "base/log.h"
#include "env/env_paths.h"

#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------------- reading */

struct source {
  const char *path;
  int fd;
  uint64_t at;
  struct increment_digest *digest;
  uint8_t *chunk;
};

/* Receives pages of a record; NULL: they are only checked. */
typedef int page_taker(void *context, pgno_t pgno, const uint8_t *bytes, size_t length, uint64_t offset);

static int read_exactly(struct source *source, void *bytes, size_t length) {
  size_t got;
  const int rc = os_pread_full(source->fd, bytes, length, source->at, &got);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (got < length)
    return log_damage(MDBX_CORRUPTED, "%s: the increment is cut off at %llu bytes", source->path,
                      (unsigned long long)(source->at + got));
  increment_digest_add(source->digest, bytes, length);
  source->at += length;
  return MDBX_SUCCESS;
}

static int read_pages(struct source *source, const struct increment_record *record, uint32_t page_size,
                      page_taker *take, void *context) {
  const uint64_t length = (uint64_t)record->pages * page_size;
  int rc = MDBX_SUCCESS;
  for (uint64_t done = 0; done < length && rc == MDBX_SUCCESS;) {
    const size_t some = (size_t)MIN_OF(length - done, (uint64_t)COPY_CHUNK);
    rc = read_exactly(source, source->chunk, some);
    if (rc == MDBX_SUCCESS && take)
      rc = take(context, record->pgno, source->chunk, some, done);
    done += some;
  }
  return rc;
}

static int check_record(const struct source *source, const struct increment_record *record) {
  if (record->pgno >= META_COUNT && record->pages && record->pages <= PGNO_LIMIT - record->pgno &&
      record->pgno < PGNO_LIMIT)
    return MDBX_SUCCESS;
  return log_damage(MDBX_CORRUPTED, "%s: a record of %u pages at %u makes no sense", source->path, record->pages,
                    record->pgno);
}

static int check_trailer(const struct source *source, const struct increment_header *header,
                         const struct increment_end *ending, uint64_t pages, uint64_t end) {
  const struct increment_trailer *trailer = &ending->trailer;
  const struct meta *meta = &trailer->meta;
  if (trailer->pages == pages && meta_list_is_sound(ending->list, trailer->list_length, header->txnid, meta->next) &&
      meta_is_sane(meta) && meta->page_size == header->page_size && end <= meta->next &&
      meta->copy_of == (header->txnid ^ header->branch) &&
      memcmp(meta->database_id, header->database_id, sizeof(meta->database_id)) == 0)
    return MDBX_SUCCESS;
  return log_damage(MDBX_CORRUPTED, "%s: the end of the increment does not belong to its beginning", source->path);
}

/* The trailer, the list, and the checksum of all. */
static int read_end(struct source *source, const struct increment_header *header, struct increment_end *ending) {
  struct increment_trailer *trailer = &ending->trailer;
  uint64_t checksum;
  int rc = read_exactly(source, trailer, sizeof(*trailer));
  if (rc == MDBX_SUCCESS && trailer->list_length > meta_room(header->page_size))
    rc = log_damage(MDBX_CORRUPTED, "%s: the list of free pages is longer than its page", source->path);
  if (rc != MDBX_SUCCESS)
    return rc;
  ending->list = malloc((size_t)trailer->list_length + 1);
  rc = ending->list ? read_exactly(source, ending->list, (size_t)trailer->list_length) : MDBX_ENOMEM;
  const uint64_t expected = increment_digest_value(source->digest);
  if (rc == MDBX_SUCCESS)
    rc = read_exactly(source, &checksum, sizeof(checksum));
  if (rc == MDBX_SUCCESS && checksum != expected)
    rc = log_damage(MDBX_CORRUPTED, "%s: the checksum of the increment does not match", source->path);
  return rc;
}

/* Reads the whole increment, in sequence. */
static int read_all(struct source *source, struct increment_header *header, struct increment_end *ending,
                    page_taker *take, void *context) {
  uint64_t pages = 0, end = 0;
  int rc = read_exactly(source, header, sizeof(*header));
  if (rc == MDBX_SUCCESS)
    rc = increment_header_check(header, source->path);
  while (rc == MDBX_SUCCESS) {
    struct increment_record record;
    rc = read_exactly(source, &record, sizeof(record));
    if (rc != MDBX_SUCCESS || !(record.pgno | record.pages))
      break;
    pages += record.pages;
    end = MAX_OF(end, (uint64_t)record.pgno + record.pages);
    rc = check_record(source, &record);
    if (rc == MDBX_SUCCESS)
      rc = read_pages(source, &record, header->page_size, take, context);
  }
  if (rc == MDBX_SUCCESS)
    rc = read_end(source, header, ending);
  return rc == MDBX_SUCCESS ? check_trailer(source, header, ending, pages, end) : rc;
}

static int read_through(const char *path, struct increment_header *header, struct increment_end *ending,
                        page_taker *take, void *context) {
  struct source source = {.path = path};
  ending->list = NULL;
  int rc = os_open(path, OS_OPEN_READ, 0, &source.fd);
  if (rc != MDBX_SUCCESS)
    return rc;
  source.digest = increment_digest_new();
  source.chunk = malloc(COPY_CHUNK);
  rc = source.digest && source.chunk ? read_all(&source, header, ending, take, context) : MDBX_ENOMEM;
  increment_digest_free(source.digest);
  free(source.chunk);
  os_close(source.fd);
  if (rc != MDBX_SUCCESS) {
    free(ending->list);
    ending->list = NULL;
  }
  return rc;
}

int increment_verify(const char *path, struct increment_header *header, struct increment_end *ending) {
  return read_through(path, header, ending, NULL, NULL);
}

/* ------------------------------------------------------------------------------------------------------ the copy */

struct target {
  const char *path;
  int fd;
  unsigned flags;
  const struct increment_header *header;
  const struct increment_end *end;
};

static int flush_target(const struct target *target) {
  return target->flags & MDBX_CP_DONT_FLUSH ? MDBX_SUCCESS : os_ops->datasync(target->fd);
}

static int put(const struct target *target, const void *bytes, size_t length, uint64_t offset) {
  struct iovec vector = {(void *)(uintptr_t)bytes, length};
  return os_ops->pwritev(target->fd, &vector, 1, offset);
}

/* Whether applying this increment was begun before. */
static int was_begun(const struct target *target, bool *begun) {
  struct increment_header seen;
  size_t got;
  *begun = false;
  const int rc = os_pread_full(target->fd, &seen, sizeof(seen), PAGE_HEADER, &got);
  if (rc != MDBX_SUCCESS || got < sizeof(seen) || seen.magic != INCREMENT_MAGIC)
    return rc;
  *begun = memcmp(&seen, target->header, sizeof(seen)) == 0;
  if (*begun)
    return MDBX_SUCCESS;
  return log_damage(MDBX_INCOMPATIBLE, "%s: another increment has been applied to it in part, to transaction %llu",
                    target->path, (unsigned long long)seen.txnid);
}

/* MDBX_RESULT_TRUE: nothing is left to do. */
static int check_target(const struct target *target) {
  struct meta_set set;
  const int rc = meta_read_all(target->fd, target->path, &set);
  if (rc != MDBX_SUCCESS)
    return rc;
  const struct increment_header *header = target->header;
  const struct meta_slot *newest = &set.slot[meta_newest(&set)];
  if (set.page_size != header->page_size ||
      memcmp(newest->meta.database_id, header->database_id, sizeof(header->database_id)) != 0)
    return log_damage(MDBX_INCOMPATIBLE, "%s: the increment is of another database", target->path);
  if (!meta_is_copy(&newest->meta))
    return log_damage(MDBX_INCOMPATIBLE, "%s: not a plain copy, or it was changed since", target->path);
  if (meta_branch(&newest->meta, newest->txnid) != header->branch)
    return log_damage(MDBX_INCOMPATIBLE, "%s: a compacting copy, or a copy of another database of the same origin",
                      target->path);
  if (newest->txnid == header->txnid)
    return MDBX_RESULT_TRUE;
  if (newest->txnid != header->base)
    return log_damage(MDBX_INCOMPATIBLE, "%s: a copy of transaction %llu, the increment is for one of %llu",
                      target->path, (unsigned long long)newest->txnid, (unsigned long long)header->base);
  return MDBX_SUCCESS;
}

static uint64_t final_length(const struct target *target) {
  return (uint64_t)target->end->trailer.meta.now * target->header->page_size;
}

/* Storage for all pages, also where the file has holes. The content remains. */
static int make_room(const struct target *target) {
  uint64_t present;
  int rc = os_file_size(target->fd, &present);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = os_ops->allocate(target->fd, 0, final_length(target));
  if (rc != MDBX_SUCCESS) {
    const int back = os_ops->resize(target->fd, present);
    log_notice("%s: no room for the increment, error %d (and cut back: %d)", target->path, rc, back);
  }
  return rc;
}

/* Step 1. */
static int begin(const struct target *target) {
  const size_t page_size = target->header->page_size;
  uint8_t *pages = calloc(META_COUNT, page_size);
  if (!pages)
    return MDBX_ENOMEM;
  memcpy(pages + PAGE_HEADER, target->header, sizeof(*target->header));
  int rc = put(target, pages, META_COUNT * page_size, 0);
  free(pages);
  return rc == MDBX_SUCCESS ? flush_target(target) : rc;
}

static int write_pages(void *context, pgno_t pgno, const uint8_t *bytes, size_t length, uint64_t offset) {
  const struct target *target = context;
  return put(target, bytes, length, (uint64_t)pgno * target->header->page_size + offset);
}

/* Step 2. */
static int write_content(struct target *target, const char *path) {
  struct increment_header header;
  struct increment_end ending;
  uint64_t present;
  int rc = read_through(path, &header, &ending, write_pages, target);
  free(ending.list);
  if (rc == MDBX_SUCCESS)
    rc = os_file_size(target->fd, &present);
  if (rc == MDBX_SUCCESS && present > final_length(target))
    rc = os_ops->resize(target->fd, final_length(target));
  return rc == MDBX_SUCCESS ? flush_target(target) : rc;
}

/* Metas of ids before the first transaction are blank. */
static int put_meta(const struct target *target, struct meta_page *page, unsigned slot) {
  const uint32_t page_size = target->header->page_size;
  const txnid_t before = META_COUNT - 1 - slot;
  const struct meta_tail tail = {NULL, 0, target->end->list, (size_t)target->end->trailer.list_length};
  if (target->header->txnid > before)
    meta_build(page, page_size, slot, target->header->txnid - before, &target->end->trailer.meta,
               before ? NULL : &tail);
  else
    memset(page, 0, page_size);
  return put(target, page, page_size, (uint64_t)slot * page_size);
}

/* Steps 3 and 4. */
static int finish(const struct target *target) {
  struct meta_page *page = malloc(target->header->page_size);
  int rc = page ? put_meta(target, page, META_COUNT - 1) : MDBX_ENOMEM;
  if (rc == MDBX_SUCCESS)
    rc = flush_target(target);
  for (unsigned slot = 0; slot < META_COUNT - 1 && rc == MDBX_SUCCESS; ++slot)
    rc = put_meta(target, page, slot);
  free(page);
  return rc == MDBX_SUCCESS ? flush_target(target) : rc;
}

static int change_copy(struct target *target, const char *path) {
  bool begun;
  int rc = was_begun(target, &begun);
  if (rc == MDBX_SUCCESS && !begun)
    rc = check_target(target);
  if (rc == MDBX_SUCCESS)
    rc = make_room(target);
  if (rc == MDBX_SUCCESS && !begun)
    rc = begin(target);
  if (rc == MDBX_SUCCESS)
    rc = write_content(target, path);
  return rc == MDBX_SUCCESS ? finish(target) : rc;
}

/* Opens the copy exclusively. A lock file created for this is removed again. */
static int change_alone(struct target *target, const char *path, const struct env_paths *paths) {
  struct lck lck;
  const bool had_lock = os_path_exists(paths->lock);
  memset(&lck, 0, sizeof(lck));
  int rc = lck_open(&lck, paths->lock, target->fd, LCK_EXCLUSIVE, 1, 0);
  if (rc != MDBX_SUCCESS)
    return rc;
  lck_open_done(&lck);
  rc = change_copy(target, path);
  if (!had_lock)
    os_unlink(paths->lock);
  lck_close(&lck);
  return rc;
}

int increment_apply(const char *path, const char *increment, unsigned flags) {
  struct increment_header header;
  struct increment_end ending;
  struct env_paths paths;
  int rc = increment_verify(increment, &header, &ending);
  if (rc == MDBX_SUCCESS)
    rc = env_paths_make(path, false, &paths);
  if (rc != MDBX_SUCCESS) {
    free(ending.list);
    return rc;
  }
  struct target target = {.path = paths.data, .flags = flags, .header = &header, .end = &ending};
  rc = os_open(paths.data, OS_OPEN_WRITE, 0, &target.fd);
  if (rc == MDBX_SUCCESS) {
    rc = change_alone(&target, increment, &paths);
    os_close(target.fd);
  }
  env_paths_free(&paths);
  free(ending.list);
  return rc;
}
