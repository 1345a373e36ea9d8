/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power cuts, and full disks, while a database is made.
 *
 * Making one is recorded from the empty file on, with a first commit. A cut anywhere leaves a file that opens: with what
 * was committed, or with nothing. Then each call of the making fails in turn, for want of room: what is left opens once
 * there is room.
 */
#include "recorder.h"
#include "verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[128], copy[128];
static uint64_t random_state;
static uint64_t empty_digest, full_digest;

static int open_env(const char *name, size_t page_size, unsigned flags, MDBX_env **env) {
  MUST(mdbx_env_create(env));
  MUST(mdbx_env_set_geometry(*env, 0, 65536, 1 << 20, 65536, 65536, (intptr_t)page_size));
  return mdbx_env_open(*env, name, (MDBX_env_flags_t)(flags | MDBX_NOSUBDIR), 0600);
}

static void put_one(MDBX_env *env) {
  MDBX_txn *txn;
  char text[] = "0123456789";
  MDBX_val pair = {text, 10};
  MUST(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL));
  MUST(mdbx_put(txn, 1, &pair, &pair, MDBX_UPSERT));
  MUST(mdbx_txn_commit_ex(txn, NULL));
}

static void make_empty_file(const char *name) {
  const int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || close(fd) != 0)
    fail(name, errno);
}

/* Opens what is there, which has nothing or the record, and goes on with it. */
static void must_open(const char *name, size_t page_size, unsigned flags, bool committed) {
  MDBX_env *env;
  MUST(open_env(name, page_size, flags, &env));
  must_be_sound(env);
  const uint64_t digest = digest_of(env);
  if (digest != full_digest && (committed || digest != empty_digest))
    fail("the content is neither nothing nor what was committed", 0);
  put_one(env);
  if (digest_of(env) != full_digest)
    fail("the database does not go on", 0);
  must_be_sound(env);
  MUST(mdbx_env_close_ex(env, false));
}

/* The lock file is made before the first byte of the data file, and stays. */
static struct recorder *record(size_t page_size, unsigned flags, size_t *committed) {
  MDBX_env *env;
  make_empty_file(path);
  struct recorder *recorder = recorder_start(path, page_size, flags & MDBX_WRITEMAP);
  pretend_boot(1);
  MUST(open_env(path, page_size, flags, &env));
  empty_digest = digest_of(env);
  put_one(env);
  full_digest = digest_of(env);
  *committed = recorder->count;
  recorder_stop(recorder);
  MUST(mdbx_env_close_ex(env, true));
  return recorder;
}

static unsigned long cut_everywhere(size_t page_size, unsigned flags) {
  size_t committed;
  unsigned long images = 0;
  struct image start = {NULL, 0};
  struct recorder *recorder = record(page_size, flags, &committed);
  image_load(&start, path);
  start.length = 0;
  for (size_t at = 0; at <= recorder->count; ++at)
    for (enum cut_style style = CUT_NOTHING; style < CUT_STYLES; ++style)
      for (int again = 0; again < 4; ++again) {
        struct image image;
        recorder_image(recorder, &start, at, style, &random_state, &image);
        image_store(&image, copy);
        pretend_boot(next_random(&random_state));
        snprintf(verdict_place, sizeof(verdict_place),
                 "creation: page %zu, flags %x, cut behind operation %zu, style %d", page_size, flags, at, (int)style);
        must_open(copy, page_size, flags, at >= committed);
        image_free(&image);
        images += 1;
      }
  image_free(&start);
  recorder_free(recorder);
  return images;
}

/* ---- A disk that fills up ------------------------------------------------------------------------------------------ */

static long calls_left;

static bool full(void) { return calls_left == 0 || calls_left-- == 0; }

/* A part of it gets there. */
static int full_pwritev(int fd, struct iovec *iov, int count, uint64_t offset) {
  if (!full())
    return os_ops_real.pwritev(fd, iov, count, offset);
  struct iovec half = {iov[0].iov_base, iov[0].iov_len / 2};
  const int rc = os_ops_real.pwritev(fd, &half, 1, offset);
  return rc == MDBX_SUCCESS ? ENOSPC : rc;
}

static int full_allocate(int fd, uint64_t from, uint64_t to) {
  return full() ? ENOSPC : os_ops_real.allocate(fd, from, to);
}

static int full_datasync(int fd) { return full() ? ENOSPC : os_ops_real.datasync(fd); }

static void fill_everywhere(size_t page_size, unsigned flags) {
  struct os_ops filling = os_ops_real;
  filling.pwritev = full_pwritev;
  filling.allocate = full_allocate;
  filling.datasync = full_datasync;
  int rc = ENOSPC;
  for (long calls = 0; rc != MDBX_SUCCESS; ++calls) {
    MDBX_env *env;
    snprintf(verdict_place, sizeof(verdict_place), "creation: page %zu, flags %x, full after %ld calls", page_size,
             flags, calls);
    make_empty_file(copy);
    calls_left = calls;
    os_ops = &filling;
    rc = open_env(copy, page_size, flags, &env);
    os_ops = &os_ops_real;
    if (rc != MDBX_SUCCESS && rc != ENOSPC)
      fail("a full disk has another error", rc);
    MUST(mdbx_env_close_ex(env, false));
    must_open(copy, page_size, flags, false);
  }
}

int main(void) {
  static const size_t sizes[] = {256, 4096, 65536};
  const char *folder = getenv("TEST_TMPDIR");
  unsigned long images = 0;
  mdbx_setup_debug(MDBX_LOG_FATAL, 0, NULL);
  snprintf(path, sizeof(path), "%s/creation-%d.db", folder ? folder : "/tmp", (int)getpid());
  snprintf(copy, sizeof(copy), "%s/creation-%d-copy.db", folder ? folder : "/tmp", (int)getpid());
  /* Its lock file. */
  make_empty_file(copy);
  MDBX_env *env;
  MUST(open_env(copy, 4096, 0, &env));
  MUST(mdbx_env_close_ex(env, false));
  for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); ++i)
    for (unsigned flags = 0; flags <= MDBX_WRITEMAP; flags += MDBX_WRITEMAP) {
      images += cut_everywhere(sizes[i], flags);
      fill_everywhere(sizes[i], flags);
    }
  mdbx_env_delete(path, MDBX_ENV_JUST_DELETE);
  mdbx_env_delete(copy, MDBX_ENV_JUST_DELETE);
  printf("%lu images: all sound\n", images);
  return 0;
}
