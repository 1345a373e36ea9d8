/* SPDX-License-Identifier: Apache-2.0 */
/* Memory limits of control groups, read from a tree of files made up by each test. */
#include "os/os.h"

#include "unit.h"

#define V1 "sys/fs/cgroup/memory"
#define V2 "sys/fs/cgroup"
#define HYBRID "sys/fs/cgroup/unified"
#define NONE UINT64_MAX

static void teardown(void) {
  char command[600];
  snprintf(command, sizeof(command), "rm -rf '%s'", unit_dir);
  ck_assert_int_eq(system(command), 0);
}

/* With all folders on the way. */
static void put_bytes(const char *name, const void *bytes, size_t length) {
  char path[2048];
  snprintf(path, sizeof(path), "%s/%s", unit_dir, name);
  for (char *at = path + strlen(unit_dir) + 1; (at = strchr(at, '/')) != NULL; ++at) {
    *at = 0;
    ck_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
    *at = '/';
  }
  FILE *file = fopen(path, "w");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
  ck_assert_int_eq(fclose(file), 0);
}

static void put(const char *name, const char *text) { put_bytes(name, text, strlen(text)); }

static void groups(const char *text) { put("proc/self/cgroup", text); }

static uint64_t limit(void) { return os_cgroup_memory(unit_dir); }

START_TEST(nothing_there) {
  ck_assert_uint_eq(limit(), NONE);
  groups("0::/\n");
  ck_assert_uint_eq(limit(), NONE);
}
END_TEST

START_TEST(second_version) {
  groups("0::/system.slice/some.service\n");
  put(V2 "/system.slice/some.service/memory.max", "max\n");
  ck_assert_uint_eq(limit(), NONE);
  put(V2 "/system.slice/some.service/memory.max", "536870912\n");
  ck_assert_uint_eq(limit(), 536870912);
  put(V2 "/system.slice/some.service/memory.high", "268435456\n");
  ck_assert_uint_eq(limit(), 268435456);
  put(V2 "/system.slice/memory.max", "1000\n");
  ck_assert_uint_eq(limit(), 1000);
  put(V2 "/memory.max", "999\n");
  ck_assert_uint_eq(limit(), 999);
}
END_TEST

/* Neither the neighbours nor those below count. */
START_TEST(other_groups) {
  groups("0::/a/b\n");
  put(V2 "/a/b/c/memory.max", "1\n");
  put(V2 "/a/bb/memory.max", "1\n");
  put(V2 "/b/memory.max", "1\n");
  put("memory.max", "1\n");
  put("sys/memory.max", "1\n");
  ck_assert_uint_eq(limit(), NONE);
}
END_TEST

START_TEST(inside_a_container) {
  groups("0::/\n");
  put(V2 "/memory.max", "1048576\n");
  ck_assert_uint_eq(limit(), 1048576);
  groups("0::/../other\n");
  ck_assert_uint_eq(limit(), 1048576);
  put("sys/fs/other/memory.max", "1\n");
  ck_assert_uint_eq(limit(), 1048576);
  groups("0::relative\n");
  ck_assert_uint_eq(limit(), 1048576);
}
END_TEST

START_TEST(first_version) {
  groups("12:cpu,cpuacct:/x\n5:hugetlb,memory:/docker/1234\n1:name=systemd:/memory\n0::/\n");
  ck_assert_uint_eq(limit(), NONE);
  put(V1 "/memory.limit_in_bytes", "2000000\n");
  ck_assert_uint_eq(limit(), 2000000);
  put(V1 "/docker/1234/memory.limit_in_bytes", "1000000\n");
  ck_assert_uint_eq(limit(), 1000000);
  put(V1 "/x/memory.limit_in_bytes", "1\n");
  ck_assert_uint_eq(limit(), 1000000);
}
END_TEST

START_TEST(both_versions) {
  groups("5:memory:/one\n0::/two\n");
  put(V1 "/one/memory.limit_in_bytes", "9223372036854771712\n");
  ck_assert_uint_eq(limit(), UINT64_C(9223372036854771712));
  put(HYBRID "/two/memory.max", "77\n");
  ck_assert_uint_eq(limit(), 77);
}
END_TEST

START_TEST(strange_limits) {
  static const struct {
    const char *text;
    uint64_t limit;
  } cases[] = {
      {"", NONE},
      {"\n", NONE},
      {"-1\n", NONE},
      {" 5\n", NONE},
      {"+5\n", NONE},
      {"5 \n", NONE},
      {"5k\n", NONE},
      {"0x10\n", NONE},
      {"maximum", NONE},
      {"5\n6\n", 5},
      {"5", 5},
      {"0\n", 0},
      {"1.5\n", NONE},
      {"007\n", 7},
      {"18446744073709551615\n", NONE},
      {"18446744073709551616\n", NONE},
      {"99999999999999999999999999999999999999999999999999999999999999999\n", NONE},
      {"18446744073709551614\n", NONE - 1},
  };
  groups("0::/g\n");
  for (size_t i = 0; i < COUNT_OF(cases); ++i) {
    put(V2 "/g/memory.max", cases[i].text);
    ck_assert_msg(limit() == cases[i].limit, "\"%s\" is %llu", cases[i].text, (unsigned long long)limit());
  }
}
END_TEST

START_TEST(strange_lists_of_groups) {
  static const char *const texts[] = {
      "",
      "\n\n\n",
      ":",
      "::",
      ":::\n",
      "0\n",
      "0:\n",
      "0:/g\n",
      "1::/g\n",
      "00::/g\n",
      "x::/g\n",
      "-0::/g\n",
      "0:cpu:/g\n",
      "memory:/g\n",
      "1:memor:/g\n",
      "1:memoryy:/g\n",
      "1:,:/g\n",
      "1:name=memory:/g\n",
      "0: :/g\n",
      "1:MEMORY:/g\n",
  };
  put(V1 "/g/memory.limit_in_bytes", "1\n");
  put(V2 "/g/memory.max", "1\n");
  for (size_t i = 0; i < COUNT_OF(texts); ++i) {
    groups(texts[i]);
    ck_assert_msg(limit() == NONE, "\"%s\" has a limit", texts[i]);
  }
  groups("garbage\n1:,memory:/g"); /* the last line need not end */
  ck_assert_uint_eq(limit(), 1);
  groups("0::///g//\n");
  ck_assert_uint_eq(limit(), 1);
  put_bytes("proc/self/cgroup", "\0000::/g\n", 8);
  ck_assert_uint_eq(limit(), NONE);
}
END_TEST

/* Longer than any name of a file, and than what is read of the list. */
START_TEST(endless_names) {
  char text[20000];
  put(V2 "/memory.max", "3\n");
  memset(text, 'a', sizeof(text));
  memcpy(text, "0::/", 4);
  put_bytes("proc/self/cgroup", text, sizeof(text));
  ck_assert_uint_eq(limit(), 3);
  memset(text + 3, '/', sizeof(text) - 3);
  put_bytes("proc/self/cgroup", text, sizeof(text));
  ck_assert_uint_eq(limit(), 3);
  memset(text, '\n', sizeof(text));
  put_bytes("proc/self/cgroup", text, sizeof(text));
  ck_assert_uint_eq(limit(), NONE);
}
END_TEST

/* What is no file, and a root that is too long. */
START_TEST(unreadable) {
  char root[5000];
  put(V2 "/memory.max/x", "1\n");
  groups("0::/\n");
  ck_assert_uint_eq(limit(), NONE);
  memset(root, '/', sizeof(root));
  root[sizeof(root) - 1] = 0;
  ck_assert_uint_eq(os_cgroup_memory(root), NONE);
}
END_TEST

START_TEST(memory_of_the_process) {
  uint64_t total, available;
  ck_assert_int_eq(os_ram_pages(&total, &available), MDBX_SUCCESS);
  total *= os_page_size();
  ck_assert_uint_le(os_memory_of_process(), total);
  ck_assert_uint_gt(os_memory_of_process(), 0);
  os_memory_pretend(unit_dir);
  ck_assert_uint_eq(os_memory_of_process(), MIN_OF(total, SIZE_MAX));
  groups("0::/g\n");
  put(V2 "/g/memory.max", "33554432\n");
  ck_assert_uint_eq(os_memory_of_process(), 33554432);
  put(V2 "/g/memory.max", "18446744073709551614\n");
  ck_assert_uint_eq(os_memory_of_process(), MIN_OF(total, SIZE_MAX));
  os_memory_pretend("");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("cgroup");
  TCase *tc = tcase_create("cgroup");
  tcase_add_checked_fixture(tc, unit_setup, teardown);
  tcase_add_test(tc, nothing_there);
  tcase_add_test(tc, second_version);
  tcase_add_test(tc, other_groups);
  tcase_add_test(tc, inside_a_container);
  tcase_add_test(tc, first_version);
  tcase_add_test(tc, both_versions);
  tcase_add_test(tc, strange_limits);
  tcase_add_test(tc, strange_lists_of_groups);
  tcase_add_test(tc, endless_names);
  tcase_add_test(tc, unreadable);
  tcase_add_test(tc, memory_of_the_process);
  suite_add_tcase(suite, tc);
  return unit_run(suite);
}
