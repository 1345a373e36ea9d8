/* SPDX-License-Identifier: Apache-2.0 */
/* The calls that read or change many records at a time, or give the old value of one. */
#include "calls_run.h"

#include <string.h>

void do_replace(int kind) {
  static uint8_t room[1 << 14];
  struct pairs *pairs = &run.live[kind];
  const unsigned how = draw(4);
  const MDBX_val key = draw_key(kind), wanted = draw_value(kind);
  MDBX_val value = wanted, old = {room, how == 3 ? 1 : sizeof(room)};
  bool there;
  const size_t at = pairs_seek(pairs, &key, NULL, &there), behind = pairs_behind(pairs, &key);
  const bool deletes = how == 0;
  MDBX_put_flags_t flags = deletes ? MDBX_CURRENT : MDBX_UPSERT;
  if (pairs->several)
    flags |= MDBX_ALLDUPS;
  const int rc = FAULTY(mdbx_replace(txn(), run.dbi[kind], &key, deletes ? NULL : &value, &old, flags));
  if (has_failed(rc))
    return;
  if (rc == MDBX_RESULT_TRUE) { /* the buffer was too small, and nothing is changed */
    FUZZ_MUST(there && !old.iov_base && old.iov_len > 1);
    return;
  }
  if (rc != MDBX_SUCCESS) {
    FUZZ_MUST(rc == MDBX_NOTFOUND ? deletes && !there : rc == MDBX_EMULTIVAL && behind - at > 1);
    return;
  }
  FUZZ_MUST(there || !deletes);
  if (there && behind - at == 1) {
    const MDBX_val before = pair_value(pairs, at);
    FUZZ_MUST(val_equal(&old, &before));
  }
  if (!there)
    FUZZ_MUST(!old.iov_len);
  pairs_remove(pairs, at, behind);
  if (!deletes)
    pairs_put(pairs, &key, &wanted);
}

void do_put_many(int kind) {
  enum { COUNT = 4 };
  static uint8_t key_bytes[COUNT][KEY_MOST], value_bytes[COUNT][VALUE_MOST];
  MDBX_val keys[COUNT], values[COUNT];
  size_t done = 0;
  for (size_t i = 0; i < COUNT; ++i) {
    const MDBX_val key = draw_key(kind), value = draw_value(kind);
    memcpy(key_bytes[i], run.key, key.iov_len);
    memcpy(value_bytes[i], run.value, value.iov_len);
    keys[i] = (MDBX_val){key_bytes[i], key.iov_len};
    values[i] = (MDBX_val){value_bytes[i], value.iov_len};
  }
  const int rc = FAULTY(mdbx_put_many(txn(), run.dbi[kind], keys, values, COUNT, MDBX_UPSERT, &done));
  FUZZ_MUST(has_failed(rc) || (rc == MDBX_SUCCESS && done == COUNT));
  for (size_t i = 0; i < done; ++i)
    pairs_put(&run.live[kind], &keys[i], &(MDBX_val){value_bytes[i], values[i].iov_len});
}

void do_multiple(int kind) {
  uint32_t numbers[100];
  const unsigned count = 1 + draw(100), first = draw(200), stride = 1 + draw(5);
  const MDBX_val key = draw_key(kind);
  for (unsigned i = 0; i < count; ++i)
    numbers[i] = (first + i * stride) * 0x01010101u;
  MDBX_val values[2] = {{numbers, sizeof(numbers[0])}, {NULL, count}};
  const int rc = FAULTY(mdbx_put(txn(), run.dbi[kind], &key, values, MDBX_MULTIPLE));
  const bool failed = has_failed(rc);
  if (!failed)
    FUZZ_MUST((rc == MDBX_SUCCESS) == (kinds[kind].fixed != 0));
  if (!failed && rc != MDBX_SUCCESS)
    return;
  const size_t stored = values[1].iov_len; /* those before the one that failed */
  FUZZ_MUST(failed ? stored < count : stored == count);
  for (size_t i = 0; i < stored; ++i)
    pairs_put(&run.live[kind], &key, &(MDBX_val){&numbers[i], sizeof(numbers[0])});
}

void do_bunch(void) {
  const unsigned i = draw(CURSORS);
  const MDBX_bunch_action_t action = (MDBX_bunch_action_t)draw(MDBX_DELETE_WHOLE + 1);
  size_t at, from, to;
  uint64_t number;
  if (!place_of(i, &at))
    return;
  struct pairs *pairs = &run.live[run.cursor_kind[i]];
  pairs_bunch(pairs, at, action, &from, &to);
  if (!changed(FAULTY(mdbx_cursor_bunch_delete(run.cursor[i], action, &number))))
    return;
  FUZZ_MUST(number == to - from);
  pairs_remove(pairs, from, to);
}

/* Both ends are cursors, in either order. */
void do_range(void) {
  const unsigned begin = draw(CURSORS), end = draw(CURSORS);
  const bool including = draw(2);
  size_t from, to;
  uint64_t number;
  if (!place_of(begin, &from) || !place_of(end, &to) || run.cursor_kind[begin] != run.cursor_kind[end])
    return;
  const int rc = FAULTY(mdbx_cursor_delete_range(run.cursor[begin], run.cursor[end], including, &number));
  if (has_failed(rc))
    return;
  if (run.cursor_level[begin] != run.cursor_level[end]) { /* bound to transactions around each other */
    FUZZ_MUST(rc == MDBX_SUCCESS || rc == MDBX_EINVAL || rc == MDBX_BAD_TXN || rc == MDBX_ENODATA);
    if (rc != MDBX_SUCCESS)
      return;
  }
  if (from > to) {
    FUZZ_MUST(rc == MDBX_ENODATA);
    return;
  }
  FUZZ_MUST(rc == MDBX_SUCCESS && number == to - from + including);
  pairs_remove(&run.live[run.cursor_kind[begin]], from, to + including);
}

void do_get_many(int kind) {
  enum { COUNT = 6 };
  static uint8_t bytes[COUNT][KEY_MOST];
  MDBX_val keys[COUNT], values[COUNT];
  int codes[COUNT];
  for (size_t i = 0; i < COUNT; ++i) {
    const MDBX_val key = draw_key(kind);
    memcpy(bytes[i], run.key, key.iov_len);
    keys[i] = (MDBX_val){bytes[i], key.iov_len};
  }
  FUZZ_OK(mdbx_get_many(txn(), run.dbi[kind], keys, values, codes, COUNT));
  for (size_t i = 0; i < COUNT; ++i) {
    bool there;
    const size_t at = pairs_seek(&run.live[kind], &keys[i], NULL, &there);
    FUZZ_MUST(codes[i] == (there ? MDBX_SUCCESS : MDBX_NOTFOUND));
    const MDBX_val wanted = there ? pair_value(&run.live[kind], at) : values[i];
    FUZZ_MUST(val_equal(&values[i], &wanted));
  }
}
