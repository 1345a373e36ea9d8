/* SPDX-License-Identifier: Apache-2.0 */
/* Files: writes of any shape, reads at the end, opening modes, allocation, facts about machine and files. */
#include "os/os.h"

#include "unit.h"

#include <fcntl.h>
#include <sys/syscall.h>

#define CHUNKS 5000

/* ---- System calls that behave badly ----------------------------------------------------------------------------- */

/* These take the place of the C library's for the whole program; each test sets what it wants. */
enum badness {
  GOOD,
  SHORT,   /* writes less than asked, and is interrupted now and then */
  PRETEND, /* writes nothing, says it did, and keeps account */
  USELESS  /* file systems without fallocate, and without writes that are flushed at once */
};
static enum badness badness;
static uint64_t bad_seed = 5;
static uint64_t pretended, largest_call;

static ssize_t short_write(int fd, const char *from, size_t length, off_t offset) {
  if (unit_random(&bad_seed) % 4 == 0) {
    errno = EINTR;
    return -1;
  }
  return syscall(SYS_pwrite64, fd, from, (size_t)(1 + unit_random(&bad_seed) % length), offset);
}

static ssize_t pretend_write(uint64_t length) {
  largest_call = MAX_OF(largest_call, length);
  pretended += length;
  return (ssize_t)length;
}

ssize_t pwrite(int fd, const void *from, size_t length, off_t offset) {
  if (badness == PRETEND)
    return pretend_write(length);
  if (badness == SHORT)
    return short_write(fd, from, length, offset);
  return syscall(SYS_pwrite64, fd, from, length, offset);
}

ssize_t pwritev(int fd, const struct iovec *iov, int count, off_t offset) {
  uint64_t total = 0;
  for (int i = 0; i < count; ++i)
    total += iov[i].iov_len;
  if (badness == PRETEND)
    return pretend_write(total);
  if (badness == SHORT)
    return short_write(fd, iov->iov_base, iov->iov_len, offset);
  return syscall(SYS_pwritev, fd, iov, count, offset, 0);
}

static unsigned written_through; /* calls that say so */

ssize_t pwritev2(int fd, const struct iovec *iov, int count, off_t offset, int flags) {
  ck_assert_int_eq(flags, RWF_DSYNC);
  written_through += 1;
  if (badness == SHORT)
    return short_write(fd, iov->iov_base, iov->iov_len, offset);
  if (badness == USELESS) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return syscall(SYS_pwritev2, fd, iov, count, offset, 0, flags);
}

int fallocate(int fd, int mode, off_t from, off_t length) {
  if (badness == USELESS) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return (int)syscall(SYS_fallocate, fd, mode, from, length);
}

static void setup(void) {
  unit_setup();
  badness = GOOD;
}

/* ---- Tests ------------------------------------------------------------------------------------------------------ */

static char *big_buffer(size_t length) {
  char *buffer = malloc(length);
  ck_assert(buffer != NULL);
  for (size_t i = 0; i < length; ++i)
    buffer[i] = (char)(i * 31 + i / 251);
  return buffer;
}

static void expect_content(int fd, uint64_t offset, const char *wanted, size_t length) {
  char *got = malloc(length + 1);
  size_t count;
  ck_assert_int_eq(os_pread_full(fd, got, length + 1, offset, &count), MDBX_SUCCESS);
  ck_assert_uint_eq(count, length);
  ck_assert_int_eq(memcmp(got, wanted, length), 0);
  free(got);
}

static int open_new(const char *name) {
  int fd;
  ck_assert_int_eq(os_open(unit_path(name), OS_OPEN_CREATE_NEW, 0600, &fd), MDBX_SUCCESS);
  return fd;
}

static void write_many_chunks(enum badness how) {
  static struct iovec iov[CHUNKS];
  const int fd = open_new("chunks");
  uint64_t seed = 99;
  size_t total = 0;
  char *buffer = big_buffer(CHUNKS * 100);
  for (int i = 0; i < CHUNKS; ++i) {
    /* Empty chunks too, alone and in rows longer than one call takes. */
    const size_t length = i > 2000 && i < 3500 ? 0 : unit_random(&seed) % 100;
    iov[i] = (struct iovec){buffer + total, length};
    total += length;
  }
  badness = how;
  ck_assert_int_eq(os_ops->pwritev(fd, iov, CHUNKS, 1000), MDBX_SUCCESS);
  expect_content(fd, 1000, buffer, total);
  ck_assert_int_eq(os_ops->pwritev(fd, iov, 0, 0), MDBX_SUCCESS);
  iov[0] = (struct iovec){NULL, 0};
  ck_assert_int_eq(os_ops->pwritev(fd, iov, 1, 0), MDBX_SUCCESS);
  ck_assert_int_eq(os_ops->datasync(fd), MDBX_SUCCESS);
  free(buffer);
  os_close(fd);
}

/* A call that does less than was asked for is repeated for the rest. */
START_TEST(write_through) {
  const int fd = open_new("through");
  char *buffer = big_buffer(9000);
  badness = _i == PRETEND ? GOOD : (enum badness)_i;
  ck_assert_int_eq(os_ops->write_through(fd, buffer, 9000, 5), MDBX_SUCCESS);
  expect_content(fd, 5, buffer, 9000);
  ck_assert_int_eq(os_ops->write_through(fd, buffer, 4000, 5005), MDBX_SUCCESS);
  memmove(buffer + 5000, buffer, 4000);
  expect_content(fd, 5, buffer, 9000);
  ck_assert_uint_ge(written_through, 2);
  os_file_begin_flush(fd);
  free(buffer);
  os_close(fd);
  ck_assert_int_eq(os_ops->write_through(fd, "x", 1, 0), EBADF);
}
END_TEST

START_TEST(pwritev_many_chunks) { write_many_chunks(GOOD); }
END_TEST

START_TEST(pwritev_short_and_interrupted) { write_many_chunks(SHORT); }
END_TEST

START_TEST(pwritev_huge) {
  /* Nothing of it is touched: only the sums count. */
  char *nowhere = (char *)(uintptr_t)4096;
  struct iovec iov[] = {
      {nowhere, 100}, {nowhere, (size_t)5 << 30}, {nowhere, (size_t)700 << 20}, {nowhere, (size_t)700 << 20},
      {nowhere, 0},   {nowhere, (size_t)1 << 30}};
  uint64_t total = 0;
  for (size_t i = 0; i < COUNT_OF(iov); ++i)
    total += iov[i].iov_len;
  badness = PRETEND;
  pretended = largest_call = 0;
  ck_assert_int_eq(os_ops->pwritev(1, iov, COUNT_OF(iov), 0), MDBX_SUCCESS);
  ck_assert_uint_eq(pretended, total);
  ck_assert_uint_le(largest_call, INT32_MAX);
}
END_TEST

START_TEST(pwritev_reports_errors) {
  int fd = open_new("ro");
  char byte = 1;
  struct iovec one = {&byte, 1};
  os_close(fd);
  ck_assert_int_eq(os_ops->pwritev(fd, &one, 1, 0), EBADF);
  ck_assert_int_eq(os_open(unit_path("ro"), OS_OPEN_READ, 0, &fd), MDBX_SUCCESS);
  one = (struct iovec){&byte, 1};
  ck_assert_int_eq(os_ops->pwritev(fd, &one, 1, 0), EBADF);
  ck_assert_int_eq(os_ops->resize(fd, 5), EINVAL);
  os_close(fd);
}
END_TEST

static void drain(void *context) {
  const int *ends = context;
  char piece[777];
  size_t total = 0;
  close(ends[1]);
  for (ssize_t got; (got = read(ends[0], piece, sizeof(piece))) > 0;) {
    for (ssize_t i = 0; i < got; ++i)
      unit_require(piece[i] == (char)((total + (size_t)i) * 31 + (total + (size_t)i) / 251));
    total += (size_t)got;
  }
  unit_require(total == 1000000);
}

static void write_through_pipe(int flags) {
  static char *buffer; /* static, so that valgrind finds it in the child too */
  int ends[2];
  ck_assert_int_eq(pipe(ends), 0);
  buffer = big_buffer(1000000);
  const pid_t pid = unit_fork(drain, ends);
  fcntl(ends[1], F_SETFL, flags);
  ck_assert(os_file_is_stream(ends[1]));
  ck_assert_int_eq(os_write_full(ends[1], buffer, 1000000), MDBX_SUCCESS);
  close(ends[1]);
  close(ends[0]);
  unit_join(pid);
  free(buffer);
}

START_TEST(write_full_to_pipes) {
  write_through_pipe(0);
  write_through_pipe(O_NONBLOCK);
}
END_TEST

START_TEST(opening) {
  const char *path = unit_path("file");
  int fd, other;
  bool regular;
  ck_assert_int_eq(os_open(path, OS_OPEN_READ, 0, &fd), ENOENT);
  ck_assert_int_eq(os_open(path, OS_OPEN_WRITE, 0, &fd), ENOENT);
  ck_assert_int_eq(fd, -1);
  ck_assert_int_eq(os_open(path, OS_OPEN_CREATE, 0640, &fd), MDBX_SUCCESS);
  ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  ck_assert_int_eq(os_open(path, OS_OPEN_CREATE_NEW, 0600, &other), EEXIST);
  ck_assert_int_eq(os_write_full(fd, "abc", 3), MDBX_SUCCESS);
  ck_assert_int_eq(lseek(fd, 1, SEEK_SET), 1);
  ck_assert_int_eq(os_write_full(fd, "X", 1), MDBX_SUCCESS);
  expect_content(fd, 0, "aXc", 3);
  expect_content(fd, 3, "", 0);
  ck_assert_int_eq(truncate(path, 0), 0);
  ck_assert_int_eq(os_open(path, OS_OPEN_THROUGH, 0, &other), MDBX_SUCCESS);
  expect_content(fd, 0, "", 0);
  ck_assert_int_eq(os_file_is_regular(fd, &regular), MDBX_SUCCESS);
  ck_assert(regular);
  mode_t mode;
  ck_assert_int_eq(os_file_mode(fd, &mode), MDBX_SUCCESS);
  ck_assert_uint_eq(mode & 0600, 0600);
  os_close(fd);
  os_close(other);
}
END_TEST

START_TEST(standard_descriptors_are_left_free) {
  int fd;
  const int saved = dup(0);
  close(0);
  ck_assert_int_eq(os_open(unit_path("std"), OS_OPEN_CREATE, 0600, &fd), MDBX_SUCCESS);
  ck_assert_int_gt(fd, 2);
  ck_assert_int_lt(fcntl(0, F_GETFD), 0);
  ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  dup2(saved, 0);
  close(saved);
  os_close(fd);
}
END_TEST

START_TEST(identity) {
  struct os_file_id a, b, c;
  unsigned links;
  const int fd = open_new("one"), other = open_new("two");
  ck_assert_int_eq(link(unit_path("one"), unit_path("alias")), 0);
  ck_assert_int_eq(os_file_id(fd, &a), MDBX_SUCCESS);
  ck_assert_int_eq(os_path_id(unit_path("alias"), &b), MDBX_SUCCESS);
  ck_assert_int_eq(os_file_id(other, &c), MDBX_SUCCESS);
  ck_assert(os_file_id_equal(&a, &b) && !os_file_id_equal(&a, &c));
  ck_assert_int_eq(os_file_links(fd, &links), MDBX_SUCCESS);
  ck_assert_uint_eq(links, 2);
  ck_assert_int_eq(os_unlink(unit_path("alias")), MDBX_SUCCESS);
  ck_assert_int_eq(os_path_id(unit_path("alias"), &b), ENOENT);
  ck_assert_int_eq(os_unlink(unit_path("alias")), ENOENT);
  ck_assert_int_eq(os_rename(unit_path("one"), unit_path("three")), MDBX_SUCCESS);
  ck_assert(os_path_exists(unit_path("three")) && !os_path_exists(unit_path("one")));
  os_close(fd);
  os_close(other);
}
END_TEST

START_TEST(directories) {
  ck_assert_int_eq(os_mkdir(unit_path("dir"), 0700), MDBX_SUCCESS);
  ck_assert_int_eq(os_mkdir(unit_path("dir"), 0700), EEXIST);
  ck_assert(os_path_is_directory(unit_path("dir")));
  const int fd = open_new("dir/file");
  ck_assert(!os_path_is_directory(unit_path("dir/file")));
  ck_assert_int_eq(os_sync_parent(unit_path("dir/file")), MDBX_SUCCESS);
  ck_assert_int_eq(os_sync_parent(unit_path("dir//")), MDBX_SUCCESS);
  ck_assert_int_eq(os_sync_parent("relative"), MDBX_SUCCESS);
  ck_assert_int_eq(os_sync_parent("/tmp"), MDBX_SUCCESS);
  ck_assert_int_eq(os_sync_parent(unit_path("absent/file")), ENOENT);
  ck_assert_int_eq(os_rmdir(unit_path("dir")), ENOTEMPTY);
  os_close(fd);
  ck_assert_int_eq(os_unlink(unit_path("dir/file")), MDBX_SUCCESS);
  ck_assert_int_eq(os_rmdir(unit_path("dir")), MDBX_SUCCESS);
}
END_TEST

static void allocate_over_content(enum badness how) {
  const int fd = open_new("alloc");
  char *buffer = big_buffer(10000);
  uint64_t length, allocated;
  uint32_t block;
  ck_assert_int_eq(os_write_full(fd, buffer, 10000), MDBX_SUCCESS);
  badness = how;
  ck_assert_int_eq(os_ops->allocate(fd, 0, 100001), MDBX_SUCCESS);
  ck_assert_int_eq(os_file_size(fd, &length), MDBX_SUCCESS);
  ck_assert_uint_eq(length, 100001);
  ck_assert_int_eq(os_file_blocks(fd, &allocated, &block), MDBX_SUCCESS);
  ck_assert_uint_ge(allocated, 100001);
  ck_assert_int_eq(os_ops->allocate(fd, 0, 50), MDBX_SUCCESS);
  ck_assert_int_eq(os_ops->allocate(fd, 200000, 200000), MDBX_SUCCESS);
  ck_assert_int_eq(os_file_size(fd, &length), MDBX_SUCCESS);
  ck_assert_uint_eq(length, 200000);
  ck_assert_int_eq(os_ops->resize(fd, 10000), MDBX_SUCCESS);
  expect_content(fd, 0, buffer, 10000);
  free(buffer);
  os_close(fd);
}

START_TEST(allocation_keeps_content) { allocate_over_content(GOOD); }
END_TEST

START_TEST(allocation_without_fallocate) { allocate_over_content(USELESS); }
END_TEST

START_TEST(facts) {
  uint64_t id[2], again[2], total, available;
  unsigned char random[2][16];
  ck_assert_int_eq(os_bootid(id), MDBX_SUCCESS);
  ck_assert_int_eq(os_bootid(again), MDBX_SUCCESS);
  ck_assert_int_eq(memcmp(id, again, sizeof(id)), 0);
  if (os_path_exists("/proc/sys/kernel/random/boot_id"))
    ck_assert(id[0] != 0 && id[1] != 0);
  ck_assert_int_eq(os_random_bytes(random[0], 16), MDBX_SUCCESS);
  ck_assert_int_eq(os_random_bytes(random[1], 16), MDBX_SUCCESS);
  ck_assert_int_ne(memcmp(random[0], random[1], 16), 0);
  ck_assert(is_power_of_two(os_page_size()));
  ck_assert_int_eq(os_ram_pages(&total, &available), MDBX_SUCCESS);
  ck_assert_uint_gt(available, 0);
  ck_assert_uint_le(available, total);
  const uint64_t ns = unit_monotonic_ns(), fixed = os_monotonic_16dot16();
  os_sleep_ms(100);
  const uint64_t fixed_passed = os_monotonic_16dot16() - fixed, ns_passed = unit_monotonic_ns() - ns;
  ck_assert_uint_ge(ns_passed, 100000000);
  ck_assert_uint_ge(fixed_passed, 6553);
  ck_assert_uint_le(fixed_passed, (ns_passed << 16) / 1000000000 + 2);
}
END_TEST

/* Both kinds of strerror_r() there are, and what they do with codes they do not know and with short buffers. */
static int posix_strerror_r(int code, char *buf, size_t size) {
  char text[32];
  if (code < 0)
    return EINVAL;
  const size_t length = (size_t)snprintf(text, sizeof(text), "error %d", code), fits = MIN_OF(length, size - 1);
  memcpy(buf, text, fits);
  buf[fits] = 0;
  return fits == length ? 0 : ERANGE;
}

static char *gnu_strerror_r(int code, char *buf, size_t size) {
  static char constant[] = "constant";
  if (code == 0)
    return constant;
  snprintf(buf, size, "error %d", code);
  return buf;
}

START_TEST(error_texts_of_any_c_library) {
  char buf[64] = "";
  ck_assert_str_eq(OS_TEXT_OF(gnu_strerror_r(0, buf, sizeof(buf)), buf), "constant");
  ck_assert_str_eq(OS_TEXT_OF(gnu_strerror_r(5, buf, sizeof(buf)), buf), "error 5");
  *buf = 0;
  ck_assert_str_eq(OS_TEXT_OF(posix_strerror_r(-1, buf, sizeof(buf)), buf), "unknown error");
  ck_assert_str_eq(OS_TEXT_OF(posix_strerror_r(6, buf, sizeof(buf)), buf), "error 6");
  ck_assert_str_eq(OS_TEXT_OF(posix_strerror_r(123, buf, 8), buf), "error 1");
}
END_TEST

START_TEST(error_texts_of_this_one) {
  char buf[256], tiny[1], expected[256];
  static const int codes[] = {ENOENT, EACCES, ENOSPC, EIO, ENOMEM};
  for (size_t i = 0; i < COUNT_OF(codes); ++i) {
    memset(buf, 'x', sizeof(buf));
    snprintf(expected, sizeof(expected), "%s", strerror(codes[i]));
    ck_assert_str_eq(os_error_text(codes[i], buf, sizeof(buf)), expected);
    ck_assert_str_eq(mdbx_strerror_r(codes[i], buf, sizeof(buf)), expected);
    ck_assert_ptr_nonnull(os_error_text(codes[i], tiny, sizeof(tiny)));
  }
  memset(buf, 'x', sizeof(buf));
  ck_assert_uint_gt(strlen(os_error_text(999999, buf, sizeof(buf))), 0);
  ck_assert_uint_gt(strlen(os_error_text(-5, buf, sizeof(buf))), 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("os_file");
  TCase *tc = tcase_create("os_file");
  tcase_add_checked_fixture(tc, setup, unit_teardown);
  tcase_add_loop_test(tc, write_through, 0, USELESS + 1);
  tcase_add_test(tc, pwritev_many_chunks);
  tcase_add_test(tc, pwritev_short_and_interrupted);
  tcase_add_test(tc, pwritev_huge);
  tcase_add_test(tc, pwritev_reports_errors);
  tcase_add_test(tc, write_full_to_pipes);
  tcase_add_test(tc, opening);
  tcase_add_test(tc, standard_descriptors_are_left_free);
  tcase_add_test(tc, identity);
  tcase_add_test(tc, directories);
  tcase_add_test(tc, allocation_keeps_content);
  tcase_add_test(tc, allocation_without_fallocate);
  tcase_add_test(tc, facts);
  tcase_add_test(tc, error_texts_of_any_c_library);
  tcase_add_test(tc, error_texts_of_this_one);
  suite_add_tcase(suite, tc);
  return unit_run(suite);
}
