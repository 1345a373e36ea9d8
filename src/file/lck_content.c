/* SPDX-License-Identifier: Apache-2.0 */
/* The content of the lock file: the first opener makes it anew, later openers adopt it. */
#include "file/lck_parts.h"

#include "base/log.h"

/* "mdbx-lck" with a number that no text file begins with. */
#define LCK_MAGIC UINT64_C(0xB56B636C7862646D)
/* The magic of LMDB's lock files. One may be left under our name by a program made for LMDB; nobody needs its
 * content. */
#define FOREIGN_LOCK_MAGIC UINT32_C(0xBEEFC0DE)
#define SLOTS_MAX 65536u

_Static_assert(sizeof(struct reader_slot) == 64, "a reader slot is one cache line");
_Static_assert(sizeof(struct lck_shared) == 512, "the header of the lock file is eight cache lines");
_Static_assert(offsetof(struct lck_shared, magic) == 0, "a lock file begins with its magic");

size_t lck_content_length(uint32_t slots) {
  return sizeof(struct lck_shared) + (size_t)slots * sizeof(struct reader_slot);
}

uint32_t lck_readers_rounded(unsigned max_readers) {
  const uint32_t wanted = MIN_OF(MAX_OF(max_readers, 1u), LCK_READERS_MAX);
  const size_t length = ceil_to(lck_content_length(wanted), os_page_size());
  return (uint32_t)((length - sizeof(struct lck_shared)) / sizeof(struct reader_slot));
}

void lck_content_attach(struct lck *lck, void *addr, uint32_t slots) {
  lck->shared = addr;
  lck->slots = (struct reader_slot *)(void *)(lck->shared + 1);
  lck->slot_count = slots;
}

/* Writes everything anew but the magic, which the file must have at any time. */
void lck_content_fill(struct lck *lck) {
  const size_t magic = sizeof(lck->shared->magic);
  memset((uint8_t *)lck->shared + magic, 0, lck->length - magic);
  lck->shared->version = LCK_VERSION;
  lck->shared->slot_count = lck->slot_count;
  lck->shared->length = lck->length;
  if (lck->file)
    lck->shared->data = lck->file->data;
  lck->shared->magic = LCK_MAGIC;
}

/* Nobody uses the file. It may be overwritten only if it is a lock file, of any layout, is empty, or has only zeros,
 * which a power cut may leave of a new file. A new lock file first gets its magic, durably, so that it is known as a
 * lock file after a power cut. */
static int content_claim(struct lck *lck, const char *path) {
  const int fd = lck->file->fd;
  uint64_t magic = 0;
  size_t got = 0;
  bool blank = false;
  int rc = os_pread_full(fd, &magic, sizeof(magic), 0, &got);
  if (rc != MDBX_SUCCESS || (got == sizeof(magic) && magic == LCK_MAGIC))
    return rc;
  const bool foreign = got == sizeof(magic) && (uint32_t)magic == FOREIGN_LOCK_MAGIC;
  rc = foreign ? MDBX_SUCCESS : os_file_is_blank(fd, lck_content_length(SLOTS_MAX), &blank);
  if (rc == MDBX_SUCCESS && !blank && !foreign)
    return log_damage(MDBX_INVALID, "%s has the lock file's name but is no lock file; it is not changed", path);
  magic = LCK_MAGIC;
  struct iovec one = {&magic, sizeof(magic)};
  if (rc == MDBX_SUCCESS)
    rc = os_ops_real.pwritev(fd, &one, 1, 0);
  return rc == MDBX_SUCCESS ? os_ops_real.datasync(fd) : rc;
}

/* The file never becomes shorter: children of dead processes may still read slots in it. */
static int content_allocate(int fd, size_t length) {
  uint64_t now;
  int rc = os_file_size(fd, &now);
  if (rc == MDBX_SUCCESS && now < length)
    rc = os_ops_real.resize(fd, length);
  return rc == MDBX_SUCCESS ? os_ops_real.allocate(fd, 0, length) : rc;
}

/* Maps the file through another open file than the one with the locks, see os.h. That one stays open too: if locks
 * belong to the process, closing it would release them. */
static int content_map(const struct lck_file *file, size_t length, void **addr) {
  return os_map_shared(file->spare >= 0 ? file->spare : file->fd, length, addr);
}

/* For the first opener: any content of the lock file is left from dead processes. */
int lck_content_make(struct lck *lck, const char *path, unsigned max_readers) {
  const uint32_t slots = lck_readers_rounded(max_readers);
  const size_t length = lck_content_length(slots);
  const int fd = lck->file->fd;
  void *addr;
  int rc = content_claim(lck, path);
  if (rc == MDBX_SUCCESS)
    rc = content_allocate(fd, length);
  if (rc == MDBX_SUCCESS)
    rc = content_map(lck->file, length, &addr);
  if (rc != MDBX_SUCCESS)
    return rc;
  lck->length = length;
  lck_content_attach(lck, addr, slots);
  lck_content_fill(lck);
  return MDBX_SUCCESS;
}

static int content_check(const struct lck_shared *header, size_t got, uint64_t file_length, const char *path) {
  if (got < sizeof(*header) || header->magic != LCK_MAGIC)
    return log_damage(MDBX_INVALID, "the lock file %s is in use but is no lock file", path);
  if (header->version != LCK_VERSION)
    return log_damage(MDBX_VERSION_MISMATCH, "the lock file %s is in use with layout version %u, this is %u", path,
                      header->version, LCK_VERSION);
  if (header->slot_count == 0 || header->slot_count > SLOTS_MAX ||
      header->length != lck_content_length(header->slot_count) || header->length > file_length)
    return log_damage(MDBX_INVALID, "the lock file %s is in use but its sizes are wrong: %u slots, %llu of %llu bytes",
                      path, header->slot_count, (unsigned long long)header->length, (unsigned long long)file_length);
  return MDBX_SUCCESS;
}

/* Others have the file open: their content is valid, and they chose the number of slots. */
int lck_content_adopt(struct lck *lck, const char *path) {
  struct lck_shared header;
  uint64_t file_length;
  size_t got;
  void *addr;
  int rc = os_file_size(lck->file->fd, &file_length);
  if (rc == MDBX_SUCCESS)
    rc = os_pread_full(lck->file->fd, &header, sizeof(header), 0, &got);
  if (rc == MDBX_SUCCESS)
    rc = content_check(&header, got, file_length, path);
  if (rc == MDBX_SUCCESS && !os_file_id_equal(&header.data, &lck->file->data))
    rc = log_damage(MDBX_INVALID, "the lock file %s is in use for another database", path);
  if (rc == MDBX_SUCCESS)
    rc = content_map(lck->file, header.length, &addr);
  if (rc != MDBX_SUCCESS)
    return rc;
  lck->length = header.length;
  lck_content_attach(lck, addr, header.slot_count);
  return MDBX_SUCCESS;
}

/* For a forked child that is the first user: makes the content anew in the inherited mapping. */
int lck_content_remake(struct lck *lck, const struct lck *old) {
  const int rc = content_allocate(lck->file->fd, old->length);
  if (rc != MDBX_SUCCESS)
    return rc;
  lck->length = old->length;
  lck_content_attach(lck, old->shared, old->slot_count);
  lck_content_fill(lck);
  return MDBX_SUCCESS;
}

/* For a forked child that is not the first user. If others have made the content anew with another length, the child
 * maps it anew, and the old mapping stays for transactions that have slots there. */
int lck_content_return(struct lck *lck, const struct lck *old, const char *path) {
  const struct lck_shared *there = old->shared;
  if (there->magic != LCK_MAGIC || there->version != LCK_VERSION || there->slot_count != old->slot_count ||
      there->length != old->length)
    return lck_content_adopt(lck, path);
  lck->length = old->length;
  lck_content_attach(lck, old->shared, old->slot_count);
  return MDBX_SUCCESS;
}
