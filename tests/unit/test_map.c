/* SPDX-License-Identifier: Apache-2.0 */
/* The data file's mapping: reserved addresses, growth and shrinking under it, extension, failing calls. */
#include "file/map.h"

#include "unit.h"

#include <sys/resource.h>

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
/* Fits into the addresses of any machine, and does not fit below the limit of no_address_space. */
#define MUCH (SIZE_MAX > UINT32_MAX ? 8 * GIB : GIB)
#define TOO_MUCH (SIZE_MAX > UINT32_MAX ? 64 * GIB : 2 * GIB - MIB)
#define TIGHT (SIZE_MAX > UINT32_MAX ? 4 * GIB : GIB)
/* Of extension_by_threads(): shorter areas stay mapped, 2080 steps in all. */
#define STEP (SIZE_MAX > UINT32_MAX ? 4 * MIB : MIB / 4)

static int fd;
static struct dbmap map;
static size_t page;

static void setup(void) {
  unit_setup();
  page = os_page_size();
  os_ops = &os_ops_real;
  ck_assert_int_eq(os_open(unit_path("data"), OS_OPEN_CREATE, 0600, &fd), MDBX_SUCCESS);
}

static void teardown(void) {
  map_close(&map);
  os_close(fd);
  os_ops = &os_ops_real;
  unit_teardown();
}

static uint64_t file_length(void) {
  uint64_t length = 0;
  ck_assert_int_eq(os_file_size(fd, &length), MDBX_SUCCESS);
  return length;
}

static void put(uint64_t offset, char byte) {
  struct iovec one = {&byte, 1};
  ck_assert_int_eq(os_ops->pwritev(fd, &one, 1, offset), MDBX_SUCCESS);
}

START_TEST(growth_moves_nothing) {
  ck_assert_int_eq(map_open(&map, fd, MUCH, false, false), MDBX_SUCCESS);
  ck_assert_uint_eq(map_length(&map), MUCH);
  const char *base = map_base(&map);
  for (uint64_t length = page; length <= 64 * MIB; length *= 4) {
    ck_assert_int_eq(map_grow_file(&map, fd, length), MDBX_SUCCESS);
    ck_assert_uint_eq(file_length(), length);
    put(length - 1, 'x');
    ck_assert(map_base(&map) == base);
    ck_assert_int_eq(base[length - 1], 'x');
  }
  ck_assert_int_eq(map_grow_file(&map, fd, page), MDBX_SUCCESS);
  ck_assert_msg(file_length() > page, "growing never shrinks");
  ck_assert_int_eq(map_grow_file(&map, fd, MUCH + GIB), MDBX_UNABLE_EXTEND_MAPSIZE);
}
END_TEST

START_TEST(growth_is_real_storage) {
  uint64_t allocated;
  uint32_t block;
  ck_assert_int_eq(map_open(&map, fd, GIB, false, false), MDBX_SUCCESS);
  ck_assert_int_eq(map_grow_file(&map, fd, MIB), MDBX_SUCCESS);
  ck_assert_int_eq(os_file_blocks(fd, &allocated, &block), MDBX_SUCCESS);
  ck_assert_uint_ge(allocated, MIB);
}
END_TEST

/* Nothing but the time of a store changes. */
START_TEST(made_ready_for_stores) {
  ck_assert_int_eq(map_open(&map, fd, GIB, true, false), MDBX_SUCCESS);
  ck_assert_int_eq(map_grow_file(&map, fd, MIB), MDBX_SUCCESS);
  put(0, 'a');
  const int rc = os_map_populate_for_stores(map_base(&map), MIB);
  ck_assert_msg(rc == MDBX_SUCCESS || rc == MDBX_ENOSYS, "rc %d", rc);
  ck_assert_int_eq(map_base(&map)[0], 'a');
  map_base(&map)[MIB - 1] = 'z';
  ck_assert_uint_eq(file_length(), MIB);
  ck_assert_msg(os_map_populate_for_stores(map_base(&map) + MIB, MIB) != MDBX_SUCCESS,
                "beyond the end: an error, no signal");
}
END_TEST

START_TEST(shrinking) {
  ck_assert_int_eq(map_open(&map, fd, GIB, false, false), MDBX_SUCCESS);
  ck_assert_int_eq(map_grow_file(&map, fd, MIB), MDBX_SUCCESS);
  put(0, 'a');
  put(MIB - 1, 'z');
  ck_assert_int_eq(map_base(&map)[MIB - 1], 'z');
  ck_assert_int_eq(map_shrink_file(&map, fd, 4 * page), MDBX_SUCCESS);
  ck_assert_uint_eq(file_length(), 4 * page);
  ck_assert_int_eq(map_shrink_file(&map, fd, 8 * page), MDBX_SUCCESS);
  ck_assert_uint_eq(file_length(), 4 * page);
  ck_assert_int_eq(map_base(&map)[0], 'a');
  ck_assert_int_eq(map_grow_file(&map, fd, MIB), MDBX_SUCCESS);
  ck_assert_msg(map_base(&map)[MIB - 1] == 0, "what was cut off does not come back");
}
END_TEST

START_TEST(extension_keeps_old_pointers) {
  ck_assert_int_eq(map_open(&map, fd, MIB, false, true), MDBX_SUCCESS);
  ck_assert_int_eq(map_grow_file(&map, fd, MIB), MDBX_SUCCESS);
  put(5, 'a');
  const char *before = map_base(&map);
  ck_assert_int_eq(map_extend(&map, fd, MIB), MDBX_SUCCESS);
  ck_assert(map_base(&map) == before);
  ck_assert_int_eq(map_extend(&map, fd, 2 * MIB), MDBX_SUCCESS);
  ck_assert_uint_eq(map_length(&map), 2 * MIB);
  ck_assert_int_eq(map_extend(&map, fd, 3 * MIB), MDBX_SUCCESS);
  ck_assert_int_eq(map_grow_file(&map, fd, 3 * MIB), MDBX_SUCCESS);
  put(5, 'b');
  put(3 * MIB - 1, 'c');
  ck_assert_int_eq(before[5], 'b');
  ck_assert_int_eq(map_base(&map)[5], 'b');
  ck_assert_int_eq(map_base(&map)[3 * MIB - 1], 'c');
}
END_TEST

START_TEST(odd_lengths) {
  ck_assert_int_eq(map_open(&map, fd, 8 * 256, false, false), MDBX_SUCCESS);
  ck_assert_uint_eq(map_length(&map), ceil_to(8 * 256, page));
  map_close(&map);
  ck_assert(!map_is_open(&map));
  map_close(&map);
  ck_assert_int_eq(map_open(&map, fd, 0, false, false), MDBX_EINVAL);
  ck_assert_int_eq(map_open(&map, fd, SIZE_MAX, false, false), MDBX_TOO_LARGE);
  ck_assert(!map_is_open(&map));
}
END_TEST

START_TEST(writable) {
  ck_assert_int_eq(map_open(&map, fd, GIB, true, false), MDBX_SUCCESS);
  ck_assert_int_eq(map_grow_file(&map, fd, MIB), MDBX_SUCCESS);
  char got[6];
  size_t count;
  memcpy(map_base(&map) + 12345, "hello", 6);
  ck_assert_int_eq(map_flush(&map, fd, 12345, 6), MDBX_SUCCESS);
  ck_assert_int_eq(os_pread_full(fd, got, sizeof(got), 12345, &count), MDBX_SUCCESS);
  ck_assert_uint_eq(count, sizeof(got));
  ck_assert_str_eq(got, "hello");
  ck_assert_int_eq(map_flush(&map, fd, 7, 0), MDBX_SUCCESS);
  ck_assert_int_eq(map_flush(&map, fd, GIB, 1), MDBX_EINVAL);
  ck_assert_int_eq(map_flush(&map, fd, 1, SIZE_MAX), MDBX_EINVAL);
}
END_TEST

START_TEST(no_address_space) {
  struct rlimit limit;
  ck_assert_int_eq(map_open(&map, fd, MIB, false, false), MDBX_SUCCESS);
  ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
  const struct rlimit tight = {.rlim_cur = TIGHT, .rlim_max = limit.rlim_max};
  ck_assert_int_eq(setrlimit(RLIMIT_AS, &tight), 0);
  void *probe;
  if (os_map_anonymous(TOO_MUCH, &probe) == MDBX_SUCCESS) {
    os_unmap(probe, TOO_MUCH);
    unit_left_out(__func__, "the limit of addresses does not hold here, as under an emulator");
    setrlimit(RLIMIT_AS, &limit);
    return;
  }
  const char *base = map_base(&map);
  const int extended = map_extend(&map, fd, TOO_MUCH);
  struct dbmap other;
  const int opened = map_open(&other, fd, TOO_MUCH, false, false);
  ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
  ck_assert_int_eq(extended, MDBX_UNABLE_EXTEND_MAPSIZE);
  ck_assert_int_eq(opened, MDBX_TOO_LARGE);
  ck_assert(map_base(&map) == base);
  ck_assert_uint_eq(map_length(&map), MIB);
}
END_TEST

/* A disk that is full after half of what is asked for. */
static int allocate_half(int file, uint64_t from, uint64_t to) {
  os_ops_real.allocate(file, from, from + (to - from) / 2);
  return ENOSPC;
}

START_TEST(full_disk_changes_nothing) {
  struct os_ops ops = os_ops_real;
  ck_assert_int_eq(map_open(&map, fd, GIB, false, false), MDBX_SUCCESS);
  ck_assert_int_eq(map_grow_file(&map, fd, MIB), MDBX_SUCCESS);
  ops.allocate = allocate_half;
  os_ops = &ops;
  ck_assert_int_eq(map_grow_file(&map, fd, 3 * MIB), ENOSPC);
  ck_assert_uint_eq(file_length(), MIB);
  os_ops = &os_ops_real;
  ck_assert_int_eq(map_grow_file(&map, fd, 3 * MIB), MDBX_SUCCESS);
  ck_assert_uint_eq(file_length(), 3 * MIB);
}
END_TEST

static void *extend_by_steps(void *context) {
  for (uint64_t i = 1; i <= 64; ++i)
    if (map_extend(&map, fd, i * STEP) != MDBX_SUCCESS)
      return context;
  return NULL;
}

START_TEST(extension_by_threads) {
  pthread_t threads[3];
  void *failed;
  ck_assert_int_eq(map_open(&map, fd, MIB, false, false), MDBX_SUCCESS);
  ck_assert_int_eq(map_grow_file(&map, fd, MIB), MDBX_SUCCESS);
  put(MIB - 1, 'e');
  for (size_t i = 0; i < COUNT_OF(threads); ++i)
    pthread_create(&threads[i], NULL, extend_by_steps, &map);
  for (int i = 0; i < 20000; ++i) {
    const struct map_area *area = map_area_now(&map);
    ck_assert_uint_ge(area->length, MIB);
    ck_assert_int_eq(area->base[MIB - 1], 'e');
  }
  for (size_t i = 0; i < COUNT_OF(threads); ++i) {
    pthread_join(threads[i], &failed);
    ck_assert(failed == NULL);
  }
  ck_assert_uint_eq(map_length(&map), 64 * STEP);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("map");
  TCase *tc = tcase_create("map");
  tcase_set_timeout(tc, 30);
  tcase_add_checked_fixture(tc, setup, teardown);
  tcase_add_test(tc, growth_moves_nothing);
  tcase_add_test(tc, growth_is_real_storage);
  tcase_add_test(tc, made_ready_for_stores);
  tcase_add_test(tc, shrinking);
  tcase_add_test(tc, extension_keeps_old_pointers);
  tcase_add_test(tc, odd_lengths);
  tcase_add_test(tc, writable);
  if (!unit_is_instrumented())
    tcase_add_test(tc, no_address_space);
  else
    unit_left_out("no_address_space", "sanitizers and valgrind take more addresses than the test allows");
  tcase_add_test(tc, full_disk_changes_nothing);
  tcase_add_test(tc, extension_by_threads);
  suite_add_tcase(suite, tc);
  return unit_run(suite);
}
