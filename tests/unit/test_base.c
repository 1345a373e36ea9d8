/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays that grow (base/array), values as text (base/text), the log (base/log), and buffers of pages (space/pool). */
#include "base/array.h"
#include "base/log.h"
#include "base/text.h"
#include "space/pool.h"

#include "unit.h"

/* ---- Arrays ------------------------------------------------------------------------------------------------------ */

START_TEST(arrays_grow) {
  struct item {
    uint64_t number;
    uint8_t rest[5];
  } *items = NULL;
  size_t capacity = 0;
  unsigned wrong = 0;
  for (size_t count = 0; count < 5000; ++count) {
    ck_assert(array_room(items, count, capacity));
    wrong += count >= capacity;
    items[count].number = count * 3;
  }
  for (size_t i = 0; i < 5000; ++i)
    wrong += items[i].number != i * 3;
  ck_assert_uint_eq(wrong, 0);
  ck_assert_uint_le(capacity, 10000);
  /* One that would be longer than memory has addresses leaves the array as it is. */
  capacity = SIZE_MAX / sizeof(*items) / 2 + 1;
  const size_t before = capacity;
  ck_assert(!array_room(items, capacity, capacity));
  ck_assert_uint_eq(capacity, before);
  ck_assert_uint_eq(items[4999].number, 4999 * 3);
  free(items);
}
END_TEST

START_TEST(arrays_get_room_at_once) {
  uint16_t *items = NULL;
  size_t capacity = 0;
  size_t none = 0;
  ck_assert(array_reserve(items, none, capacity));
  ck_assert_ptr_null(items);
  ck_assert(array_reserve(items, 1, capacity));
  ck_assert_uint_eq(capacity, 16);
  ck_assert(array_reserve(items, 1000, capacity));
  ck_assert_uint_eq(capacity, 1000);
  ck_assert(array_reserve(items, 1001, capacity));
  ck_assert_uint_eq(capacity, 2000);
  items[1999] = 1;
  ck_assert(!array_reserve(items, SIZE_MAX, capacity));
  ck_assert_uint_eq(capacity, 2000);
  free(items);
}
END_TEST

/* ---- Text -------------------------------------------------------------------------------------------------------- */

static const char *text_of(const void *bytes, size_t length, size_t size) {
  static char text[64];
  const MDBX_val value = {(void *)(uintptr_t)bytes, length};
  memset(text, '!', sizeof(text));
  return text_of_value(&value, text, size);
}

START_TEST(values_as_text) {
  ck_assert_str_eq(text_of_value(NULL, NULL, 0), "<null>");
  ck_assert_str_eq(text_of("", 0, 64), "<empty>");
  ck_assert_str_eq(text_of("plain ~", 7, 64), "plain ~");
  ck_assert_str_eq(text_of("a\n\xff", 3, 64), "610aff");
  ck_assert_ptr_null(text_of("a", 1, 3));
}
END_TEST

START_TEST(text_is_cut_to_the_buffer) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz", bytes[] = "\1\2\3\4\5\6\7\10\11\12\13\14\15\16";
  for (size_t size = 4; size < 30; ++size) {
    const char *text = text_of(letters, 26, size);
    ck_assert_uint_lt(strlen(text), size);
    ck_assert_int_eq(strncmp(text, letters, strlen(text)), 0);
    ck_assert_int_eq(text[size], '!');
    text = text_of(bytes, 14, size);
    ck_assert_uint_lt(strlen(text), size);
    ck_assert_uint_eq(strlen(text) % 2, 0);
  }
}
END_TEST

/* ---- Log --------------------------------------------------------------------------------------------------------- */

static char last[256];
static unsigned lines, panics;

static void keep(MDBX_log_level_t level, const char *function, int line, const char *format, va_list args) {
  (void)level, (void)function, (void)line;
  vsnprintf(last, sizeof(last), format, args);
  ++lines;
}

static void keep_nofmt(MDBX_log_level_t level, const char *function, int line, const char *text, unsigned length) {
  (void)level, (void)function, (void)line;
  ck_assert_uint_eq(strlen(text), length);
  snprintf(last, sizeof(last), "%s", text);
  ++lines;
}

static void keep_damage(void *context, const char *message) { snprintf(context, 256, "%s", message); }

START_TEST(levels_and_sinks) {
  log_setup(MDBX_LOG_WARN, MDBX_DBG_NONE, keep);
  log_notice("not %d", 1);
  ck_assert_uint_eq(lines, 0);
  log_warn("yes %d", 2);
  ck_assert_uint_eq(lines, 1);
  ck_assert_str_eq(last, "yes 2");
  const int before = log_setup(MDBX_LOG_DONTCHANGE, MDBX_DBG_ASSERT, MDBX_LOGGER_DONTCHANGE);
  ck_assert_int_eq(before, MDBX_LOG_WARN << 16 | MDBX_DBG_NONE);
  ck_assert_int_eq(log_debug_flags(), MDBX_DBG_ASSERT);
  char buffer[8];
  log_setup_nofmt(MDBX_LOG_DONTCHANGE, MDBX_DBG_NONE, keep_nofmt, buffer, sizeof(buffer));
  log_error("longer than the buffer");
  ck_assert_str_eq(last, "longer ");
  log_setup(MDBX_LOG_FATAL, MDBX_DBG_NONE, NULL);
}
END_TEST

START_TEST(damage_is_told_with_its_file) {
  char told[256] = "";
  log_setup(MDBX_LOG_FATAL, MDBX_DBG_NONE, keep);
  log_set_damage_hook(keep_damage, told);
  ck_assert_int_eq(log_damage(MDBX_CORRUPTED, "page %u is bad", 7), MDBX_CORRUPTED);
  ck_assert_str_eq(told, "page 7 is bad");
  ck_assert_uint_eq(lines, 0);
  log_setup(MDBX_LOG_ERROR, MDBX_DBG_NONE, MDBX_LOGGER_DONTCHANGE);
  log_set_damage_hook(NULL, NULL);
  log_damage(MDBX_CORRUPTED, "page %u is bad", 8);
  ck_assert_str_eq(last, "page 8 is bad");
  log_set_damage_file("some.db");
  log_damage(MDBX_CORRUPTED, "page %u is bad", 9);
  ck_assert_str_eq(last, "some.db: page 9 is bad");
  ck_assert_str_eq(told, "page 7 is bad");
  log_set_damage_file(NULL);
  log_setup(MDBX_LOG_FATAL, MDBX_DBG_NONE, NULL);
}
END_TEST

static void panic(const char *message, const char *function, unsigned line, const void *unused, const char *none) {
  (void)function, (void)line, (void)unused, (void)none;
  ck_assert_str_eq(message, "no way on");
  ++panics;
}

START_TEST(a_panic_goes_to_its_callback) {
  log_set_panic(panic);
  log_panic("no way on", __func__, __LINE__);
  ck_assert_uint_eq(panics, 1);
  log_set_panic(NULL);
}
END_TEST

/* ---- Buffers of pages -------------------------------------------------------------------------------------------- */

START_TEST(buffers_are_used_again) {
  struct page_pool pool;
  pool_init(&pool, 512, 2);
  void *buffers[3];
  for (unsigned i = 0; i < 3; ++i) {
    buffers[i] = pool_take(&pool);
    ck_assert_ptr_nonnull(buffers[i]);
    memset(buffers[i], (int)i, 512);
  }
  for (unsigned i = 0; i < 3; ++i)
    pool_give(&pool, buffers[i]);
  ck_assert_uint_eq(pool.kept, 2);
  void *again = pool_take(&pool);
  ck_assert(again == buffers[0] || again == buffers[1]);
  ck_assert_uint_eq(pool.kept, 1);
  pool_give(&pool, again);
  pool_destroy(&pool);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("base");
  TCase *tcase = tcase_create("base");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, arrays_grow);
  tcase_add_test(tcase, arrays_get_room_at_once);
  tcase_add_test(tcase, values_as_text);
  tcase_add_test(tcase, text_is_cut_to_the_buffer);
  tcase_add_test(tcase, levels_and_sinks);
  tcase_add_test(tcase, damage_is_told_with_its_file);
  tcase_add_test(tcase, a_panic_goes_to_its_callback);
  tcase_add_test(tcase, buffers_are_used_again);
  return unit_run(suite);
}
