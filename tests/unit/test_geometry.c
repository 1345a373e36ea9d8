/* SPDX-License-Identifier: Apache-2.0 */
/* Geometry arithmetic: every row of the public rounding table, changes of an existing database, growing, shrinking. */
#include "file/geometry.h"

#include "unit.h"

#define KIB ((intptr_t)1024)
#define MIB (KIB * KIB)
#define GIB (MIB * KIB)
/* Sizes that only 64-bit machines know are tested there; what 32-bit machines do instead has tests of its own. */
#if INTPTR_MAX > INT32_MAX
#define WIDE 1
#define TIB (GIB * KIB)
#else
#define WIDE 0
#endif

static const struct geometry_system sys4k = {.page_size = 4096, .ram = UINT64_C(16) << 30};
static const struct geometry_system sys64k = {.page_size = 65536, .ram = UINT64_C(16) << 30};

/* What geometry.h promises of whatever was made or changed. */
static bool is_sound(const struct geometry *geo) {
  return geometry_page_size_is_valid((intptr_t)geo->page_size) && geo->lower >= PGNO_FIRST && geo->lower <= geo->now &&
         geo->now <= geo->upper && geometry_bytes(geo, geo->upper) <= geometry_dbsize_max(geo->page_size) &&
         geo->grow <= PGNO_LIMIT && geo->shrink <= PGNO_LIMIT && (geo->shrink == 0 || geo->grow > 0);
}

static struct geometry fresh(intptr_t lower, intptr_t now, intptr_t upper, intptr_t grow, intptr_t shrink,
                             intptr_t page) {
  const struct geometry_request want = {lower, now, upper, grow, shrink, page};
  struct geometry geo;
  ck_assert_int_eq(geometry_new(&want, &sys4k, &geo), MDBX_SUCCESS);
  ck_assert(is_sound(&geo));
  return geo;
}

static int fresh_error(intptr_t lower, intptr_t now, intptr_t upper, intptr_t grow, intptr_t shrink, intptr_t page) {
  const struct geometry_request want = {lower, now, upper, grow, shrink, page};
  struct geometry geo;
  return geometry_new(&want, &sys4k, &geo);
}

static void expect(const struct geometry *geo, intptr_t lower, intptr_t now, intptr_t upper, intptr_t grow,
                   intptr_t shrink, uint32_t page) {
  ck_assert_uint_eq(geo->page_size, page);
  ck_assert_int_eq((intptr_t)geometry_bytes(geo, geo->lower), lower);
  ck_assert_int_eq((intptr_t)geometry_bytes(geo, geo->now), now);
  ck_assert_int_eq((intptr_t)geometry_bytes(geo, geo->upper), upper);
  ck_assert_int_eq((intptr_t)geometry_bytes(geo, geo->grow), grow);
  ck_assert_int_eq((intptr_t)geometry_bytes(geo, geo->shrink), shrink);
}

START_TEST(row_all_default) {
  const struct geometry geo = fresh(-1, -1, -1, -1, -1, -1);
#if WIDE
  expect(&geo, 256 * KIB, 256 * KIB, 16 * GIB, 16 * MIB, 32 * MIB, 4096);
#else
  expect(&geo, 256 * KIB, 256 * KIB, 1 * GIB, 16 * MIB, 32 * MIB, 4096);
#endif
}
END_TEST

START_TEST(row_after_env_create) {
  struct geometry geo;
#if WIDE
  ck_assert_int_eq(geometry_new(&geometry_request_initial, &sys4k, &geo), MDBX_SUCCESS);
  const intptr_t span = 16 * GIB - 12288;
  expect(&geo, 12288, 64 * KIB, 16 * GIB, (span / 65536 + 4095) / 4096 * 4096, 512 * KIB, 4096);
#endif

  const struct geometry_system small = {.page_size = 4096, .ram = 1 << 30};
  ck_assert_int_eq(geometry_new(&geometry_request_initial, &small, &geo), MDBX_SUCCESS);
  expect(&geo, 12288, 64 * KIB, 1 * GIB, 64 * KIB, 128 * KIB, 4096);
}
END_TEST

START_TEST(row_all_zero) {
  const struct geometry geo = fresh(0, 0, 0, 0, 0, 0);
  expect(&geo, 4096, 4096, 4096, 0, 0, 256);
}
END_TEST

START_TEST(row_upper_64m) {
  const struct geometry geo = fresh(0, -1, 64 * MIB, -1, -1, 4096);
  expect(&geo, 12288, 64 * KIB, 64 * MIB, 65536, 131072, 4096);
}
END_TEST

START_TEST(row_mapsize) {
  const struct geometry geo = fresh(1 * MIB, 1 * MIB, 1 * MIB, -1, -1, -1);
  expect(&geo, 1 * MIB, 1 * MIB, 1 * MIB, 65536, 131072, 4096);
}
END_TEST

START_TEST(row_odd_numbers) {
  const struct geometry geo = fresh(1000, 5000, 100000, 1, -1, 4096);
  expect(&geo, 12288, 12288, 102400, 4096, 8192, 4096);
}
END_TEST

START_TEST(row_shrink_without_growth) {
  const struct geometry geo = fresh(0, -1, 1 * GIB, 0, 65536, 4096);
  expect(&geo, 12288, 64 * KIB, 1 * GIB, 4096, 65536, 4096);
}
END_TEST

START_TEST(row_largest_page) {
  const struct geometry geo = fresh(-1, -1, -1, -1, -1, INTPTR_MAX);
  ck_assert_uint_eq(geo.page_size, 65536);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.lower), 4 * MIB);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.now), 4 * MIB);
}
END_TEST

START_TEST(new_refuses) {
  ck_assert_int_eq(fresh_error(-1, -1, -1, -1, -1, 1000), MDBX_EINVAL);
  ck_assert_int_eq(fresh_error(-1, -1, -1, -1, -1, 128), MDBX_EINVAL);
  ck_assert_int_eq(fresh_error(-1, -1, -1, -1, -1, 131072), MDBX_EINVAL);
#if WIDE
  ck_assert_int_eq(fresh_error(-1, -1, -1, -1, -1, (intptr_t)1 << 40), MDBX_EINVAL);
#endif
  ck_assert_int_eq(fresh_error(2 * MIB, -1, 1 * MIB, -1, -1, -1), MDBX_EINVAL);
  ck_assert_int_eq(fresh_error(INTPTR_MAX, -1, 1 * MIB, -1, -1, -1), MDBX_EINVAL);
  /* More than can be, with that page size or at all. */
#if WIDE
  const intptr_t large = 9 * TIB, huge = 1024 * TIB;
#else
  const intptr_t large = GIB + 1, huge = INTPTR_MAX - 1;
#endif
  ck_assert_int_eq(fresh_error(-1, -1, large, -1, -1, 4096), MDBX_TOO_LARGE);
  ck_assert_int_eq(fresh_error(-1, -1, huge, -1, -1, -1), MDBX_TOO_LARGE);
  ck_assert_int_eq(fresh_error(-1, large, -1, -1, -1, 4096), MDBX_TOO_LARGE);
  ck_assert_int_eq(fresh_error(large, -1, -1, -1, -1, 4096), MDBX_TOO_LARGE);
}
END_TEST

#if WIDE
START_TEST(new_grants_the_maximum) {
  struct geometry geo = fresh(-1, -1, INTPTR_MAX, -1, -1, 4096);
  ck_assert_uint_eq(geo.upper, PGNO_LIMIT);
  geo = fresh(-1, -1, INTPTR_MAX, -1, -1, 65536);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.upper), UINT64_C(1) << 46);
  geo = fresh(INTPTR_MAX, INTPTR_MAX, INTPTR_MAX, INTPTR_MAX, INTPTR_MAX, 256);
  ck_assert_uint_eq(geo.lower, PGNO_LIMIT);
  ck_assert_uint_eq(geo.now, PGNO_LIMIT);
  ck_assert_uint_eq(geo.grow, PGNO_LIMIT);
  ck_assert_uint_eq(geo.shrink, PGNO_LIMIT);
  /* Without a page size given, a large database gets pages large enough. */
  geo = fresh(-1, -1, 9 * TIB, -1, -1, -1);
  ck_assert_uint_eq(geo.page_size, 8192);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.upper), 9 * TIB);
}
END_TEST
#else
START_TEST(new_grants_the_maximum) {
  struct geometry geo = fresh(-1, -1, INTPTR_MAX, -1, -1, 4096);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.upper), GIB);
  geo = fresh(INTPTR_MAX, INTPTR_MAX, INTPTR_MAX, INTPTR_MAX, INTPTR_MAX, 256);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.lower), GIB);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.now), GIB);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.grow), GIB);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.shrink), GIB);
}
END_TEST
#endif

START_TEST(new_default_growth) {
  /* Lower given, under 1 MiB and below a 42nd of the span: lower. */
  struct geometry geo = fresh(512 * KIB, -1, 1 * GIB, -1, -1, 4096);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.grow), 512 * KIB);
  /* Lower given and larger: a 42nd of the span, rounded up. */
  geo = fresh(2 * MIB, -1, 44 * MIB, -1, -1, 4096);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.grow), 1 * MIB);
#if WIDE
  /* At most 64 times lower. */
  geo = fresh(1 * MIB, -1, 100 * GIB, -1, -1, 4096);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.grow), 64 * MIB);
  /* At least a 65536th of the span. */
  geo = fresh(1 * MIB, -1, 5 * TIB, -1, -1, 4096);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.grow), 80 * MIB);
  /* At most 4 GiB. */
  geo = fresh(1 * TIB, -1, 8 * TIB, -1, -1, 4096);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.grow), 4 * GIB);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.shrink), 8 * GIB);
#endif
  /* Growth switched off switches shrinking off, unless that is asked for. */
  geo = fresh(-1, -1, 1 * GIB, 0, -1, 4096);
  ck_assert_uint_eq(geo.grow, 0);
  ck_assert_uint_eq(geo.shrink, 0);
}
END_TEST

START_TEST(new_keeps_order) {
  /* A default bound gives way to a given one. */
  struct geometry geo = fresh(-1, 16 * KIB, -1, -1, -1, 4096);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.lower), 16 * KIB);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.now), 16 * KIB);
  geo = fresh(-1, -1, 20000, -1, -1, 4096);
  expect(&geo, 20480, 20480, 20480, 65536, 131072, 4096);
  geo = fresh(0, 1 * GIB, 1 * MIB, -1, -1, 4096);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.now), 1 * MIB);
  /* A database larger than memory still has room to double. */
#if WIDE
  geo = fresh(-1, 100 * GIB, -1, -1, -1, 4096);
  ck_assert_uint_eq(geometry_bytes(&geo, geo.upper), 200 * GIB);
#endif
}
END_TEST

START_TEST(new_large_system_page) {
  const struct geometry_request want = {1, 1, 100000, 1, 1, 512};
  struct geometry geo;
  ck_assert_int_eq(geometry_new(&want, &sys64k, &geo), MDBX_SUCCESS);
  expect(&geo, 65536, 65536, 131072, 65536, 65536, 512);
  ck_assert_uint_eq(geometry_default_page_size(&sys64k), 65536);
  const struct geometry_system sys256k = {.page_size = 262144, .ram = 1};
  ck_assert_uint_eq(geometry_default_page_size(&sys256k), 65536);
}
END_TEST

START_TEST(new_random_requests) {
  uint64_t seed = 88172645463325252u;
  for (int i = 0; i < 200000; ++i) {
    intptr_t v[6];
    for (int j = 0; j < 6; ++j) {
      const uint64_t pick = unit_random(&seed) % 8;
      v[j] = pick == 0 ? -1 : pick == 1 ? INTPTR_MAX : (intptr_t)(unit_random(&seed) >> (1 + unit_random(&seed) % 62));
    }
    if (unit_random(&seed) % 4)
      v[5] = (intptr_t)256 << unit_random(&seed) % 9;
    const struct geometry_request want = {v[0], v[1], v[2], v[3], v[4], v[5]};
    const struct geometry_system *sys = unit_random(&seed) % 2 ? &sys4k : &sys64k;
    struct geometry geo;
    const int rc = geometry_new(&want, sys, &geo);
    if (rc != MDBX_SUCCESS) {
      ck_assert(rc == MDBX_EINVAL || rc == MDBX_TOO_LARGE);
      continue;
    }
    ck_assert(is_sound(&geo));
    ck_assert_uint_eq(geometry_bytes(&geo, geo.lower) % sys->page_size, 0);
    ck_assert_uint_eq(geometry_bytes(&geo, geo.now) % sys->page_size, 0);
    ck_assert_uint_eq(geometry_bytes(&geo, geo.upper) % sys->page_size, 0);
    ck_assert_uint_eq(geometry_bytes(&geo, geo.grow) % sys->page_size, 0);
    ck_assert_uint_eq(geometry_bytes(&geo, geo.shrink) % sys->page_size, 0);
  }
}
END_TEST

/* lower 1 MiB, now 4 MiB, upper 64 MiB, growth 1 MiB, shrink 2 MiB, 4096 */
static const struct geometry old = {
    .page_size = 4096, .lower = 256, .now = 1024, .upper = 16384, .grow = 256, .shrink = 512};

static int change(intptr_t lower, intptr_t now, intptr_t upper, intptr_t grow, intptr_t shrink, intptr_t page,
                  pgno_t used, struct geometry *geo) {
  const struct geometry_request want = {lower, now, upper, grow, shrink, page};
  memset(geo, 0, sizeof(*geo));
  return geometry_change(&old, &want, &sys4k, used, geo);
}

START_TEST(change_keeps) {
  struct geometry geo;
  ck_assert_int_eq(change(-1, -1, -1, -1, -1, -1, 100, &geo), MDBX_SUCCESS);
  ck_assert(geometry_is_equal(&geo, &old));
  ck_assert_int_eq(change(-1, -1, -1, -1, -1, 4096, 100, &geo), MDBX_SUCCESS);
  ck_assert(geometry_is_equal(&geo, &old));
  ck_assert_int_eq(change(-1, -1, -1, -1, 0, -1, 100, &geo), MDBX_SUCCESS);
  ck_assert(!geometry_is_equal(&geo, &old));
}
END_TEST

START_TEST(change_refuses) {
  struct geometry geo;
  ck_assert_int_eq(change(-1, -1, -1, -1, -1, 8192, 100, &geo), MDBX_EINVAL);
  ck_assert_int_eq(change(-1, -1, -1, -1, -1, 1000, 100, &geo), MDBX_EINVAL);
  ck_assert_int_eq(change(-1, -1, 2 * MIB, -1, -1, -1, 513, &geo), MDBX_MAP_FULL);
  ck_assert_int_eq(change(-1, -1, 2 * MIB, -1, -1, -1, 512, &geo), MDBX_SUCCESS);
  const intptr_t large = INTPTR_MAX - 1;
  ck_assert_int_eq(change(-1, -1, large, -1, -1, -1, 100, &geo), MDBX_TOO_LARGE);
  ck_assert_int_eq(change(-1, large, -1, -1, -1, -1, 100, &geo), MDBX_TOO_LARGE);
  ck_assert_int_eq(change(2 * MIB, -1, 1 * MIB, -1, -1, -1, 100, &geo), MDBX_EINVAL);
  ck_assert_int_eq(change(128 * MIB, -1, -1, -1, -1, -1, 100, &geo), MDBX_EINVAL);
  ck_assert_int_eq(change(-1, -1, 512 * KIB, -1, -1, -1, 100, &geo), MDBX_EINVAL);
}
END_TEST

START_TEST(change_moves_now_into_bounds) {
  struct geometry geo;
  ck_assert_int_eq(change(-1, 0, -1, -1, -1, -1, 100, &geo), MDBX_SUCCESS);
  ck_assert_uint_eq(geo.now, 256);
  ck_assert_int_eq(change(-1, 0, -1, -1, -1, -1, 700, &geo), MDBX_SUCCESS);
  ck_assert_uint_eq(geo.now, 700);
  ck_assert_int_eq(change(-1, -1, 3 * MIB, -1, -1, -1, 100, &geo), MDBX_SUCCESS);
  ck_assert_uint_eq(geo.now, 768);
  ck_assert_uint_eq(geo.upper, 768);
  ck_assert_int_eq(change(8 * MIB, -1, -1, -1, -1, -1, 100, &geo), MDBX_SUCCESS);
  ck_assert_uint_eq(geo.now, 2048);
  ck_assert_int_eq(change(-1, 5 * MIB + 1, -1, -1, -1, -1, 100, &geo), MDBX_SUCCESS);
  ck_assert_uint_eq(geo.now, 1281);
}
END_TEST

START_TEST(change_steps) {
  struct geometry geo;
  ck_assert_int_eq(change(-1, -1, -1, 0, -1, -1, 100, &geo), MDBX_SUCCESS);
  ck_assert_uint_eq(geo.grow, 1);
  ck_assert_uint_eq(geo.shrink, 512);
  ck_assert_int_eq(change(-1, -1, -1, 0, 0, -1, 100, &geo), MDBX_SUCCESS);
  ck_assert_uint_eq(geo.grow, 0);
  ck_assert_uint_eq(geo.shrink, 0);
  ck_assert_int_eq(change(-1, -1, -1, 5000, 9000, -1, 100, &geo), MDBX_SUCCESS);
  ck_assert_uint_eq(geo.grow, 2);
  ck_assert_uint_eq(geo.shrink, 3);
}
END_TEST

START_TEST(change_in_place_and_on_larger_system_pages) {
  struct geometry geo = {.page_size = 4096, .lower = 3, .now = 17, .upper = 33, .grow = 1, .shrink = 2};
  const struct geometry_request keep = {-1, -1, -1, -1, -1, -1};
  ck_assert_int_eq(geometry_change(&geo, &keep, &sys64k, 10, &geo), MDBX_SUCCESS);
  expect(&geo, 65536, 131072, 196608, 65536, 65536, 4096);
}
END_TEST

START_TEST(limits) {
  ck_assert_uint_eq(geometry_dbsize_min(4096), 12288);
  ck_assert_uint_eq(geometry_dbsize_min(256), 768);
#if WIDE
  ck_assert_uint_eq(geometry_dbsize_max(4096), 8 * TIB);
  ck_assert_uint_eq(geometry_dbsize_max(256), 512 * GIB);
  ck_assert_uint_eq(geometry_dbsize_max(65536), 64 * TIB);
#else
  ck_assert_uint_eq(geometry_dbsize_max(4096), GIB);
  ck_assert_uint_eq(geometry_dbsize_max(256), GIB);
  ck_assert_uint_eq(geometry_dbsize_max(65536), GIB);
#endif
  ck_assert(geometry_page_size_is_valid(256) && geometry_page_size_is_valid(65536));
  ck_assert(!geometry_page_size_is_valid(0) && !geometry_page_size_is_valid(-4096));
  ck_assert(!geometry_page_size_is_valid(255) && !geometry_page_size_is_valid(768));
}
END_TEST

START_TEST(grow_by_steps) {
  struct geometry geo = old;
  ck_assert_uint_eq(geometry_grow_target(&geo, 10), 1024);
  ck_assert_uint_eq(geometry_grow_target(&geo, 1024), 1024);
  ck_assert_uint_eq(geometry_grow_target(&geo, 1025), 1280);
  ck_assert_uint_eq(geometry_grow_target(&geo, 1280), 1280);
  ck_assert_uint_eq(geometry_grow_target(&geo, 1281), 1536);
  ck_assert_uint_eq(geometry_grow_target(&geo, 16384), 16384);
  ck_assert_uint_eq(geometry_grow_target(&geo, 16385), 16384);
  ck_assert_uint_eq(geometry_grow_target(&geo, UINT64_MAX), 16384);
  geo.upper = 1300;
  ck_assert_uint_eq(geometry_grow_target(&geo, 1290), 1300);
  geo.grow = 0;
  ck_assert_uint_eq(geometry_grow_target(&geo, 1025), 1024);
}
END_TEST

START_TEST(shrink_past_the_threshold) {
  struct geometry geo = old;
  ck_assert_uint_eq(geometry_shrink_target(&geo, 1024), 1024);
  ck_assert_uint_eq(geometry_shrink_target(&geo, 512), 1024);
  ck_assert_uint_eq(geometry_shrink_target(&geo, 511), 512);
  ck_assert_uint_eq(geometry_shrink_target(&geo, 257), 512);
  ck_assert_uint_eq(geometry_shrink_target(&geo, 3), 256);
  geo.lower = 700;
  ck_assert_uint_eq(geometry_shrink_target(&geo, 3), 700);
  geo.shrink = 0;
  ck_assert_uint_eq(geometry_shrink_target(&geo, 3), 1024);
  geo = old;
  geo.shrink = 1;
  ck_assert_uint_eq(geometry_shrink_target(&geo, 1000), 1024);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("geometry");
  TCase *tc = tcase_create("geometry");
  tcase_add_test(tc, row_all_default);
  tcase_add_test(tc, row_after_env_create);
  tcase_add_test(tc, row_all_zero);
  tcase_add_test(tc, row_upper_64m);
  tcase_add_test(tc, row_mapsize);
  tcase_add_test(tc, row_odd_numbers);
  tcase_add_test(tc, row_shrink_without_growth);
  tcase_add_test(tc, row_largest_page);
  tcase_add_test(tc, new_refuses);
  tcase_add_test(tc, new_grants_the_maximum);
  tcase_add_test(tc, new_default_growth);
  tcase_add_test(tc, new_keeps_order);
  tcase_add_test(tc, new_large_system_page);
  tcase_add_test(tc, new_random_requests);
  tcase_add_test(tc, change_keeps);
  tcase_add_test(tc, change_refuses);
  tcase_add_test(tc, change_moves_now_into_bounds);
  tcase_add_test(tc, change_steps);
  tcase_add_test(tc, change_in_place_and_on_larger_system_pages);
  tcase_add_test(tc, limits);
  tcase_add_test(tc, grow_by_steps);
  tcase_add_test(tc, shrink_past_the_threshold);
  suite_add_tcase(suite, tc);
  return unit_run(suite);
}
