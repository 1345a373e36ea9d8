/* SPDX-License-Identifier: Apache-2.0 */
/* The target `calls`: puts with every combination of flags that doc/rules.md gives a meaning, which has one right result. */
#include "calls_run.h"

#include <string.h>

static const unsigned combinations[] = {MDBX_UPSERT,
                                        MDBX_NOOVERWRITE,
                                        MDBX_NODUPDATA,
                                        MDBX_APPEND,
                                        MDBX_APPENDDUP,
                                        MDBX_CURRENT,
                                        MDBX_ALLDUPS,
                                        MDBX_CURRENT | MDBX_NOOVERWRITE,
                                        MDBX_CURRENT | MDBX_ALLDUPS,
                                        MDBX_NOOVERWRITE | MDBX_NODUPDATA,
                                        MDBX_APPEND | MDBX_NOOVERWRITE,
                                        MDBX_APPEND | MDBX_APPENDDUP,
                                        MDBX_RESERVE};
enum { COMBINATIONS = sizeof(combinations) / sizeof(combinations[0]) };

/* What the model knows about the key. */
struct state {
  size_t first, behind;
  bool key_there, pair_there, several;
  bool not_last, last; /* there is a greater key; the key is the last one */
  bool greater;        /* the value is greater than all of the key */
};

static struct state look(const struct pairs *pairs, const MDBX_val *key, const MDBX_val *value) {
  struct state state;
  state.first = pairs_seek(pairs, key, NULL, &state.key_there);
  state.behind = pairs_behind(pairs, key);
  pairs_seek(pairs, key, value, &state.pair_there);
  state.several = pairs->several;
  state.not_last = state.behind < pairs->count;
  state.last = state.key_there && !state.not_last;
  state.greater = true;
  if (state.key_there) {
    const MDBX_val last = pair_value(pairs, state.behind - 1);
    state.greater = pairs->value_order(&last, value) < 0;
  }
  return state;
}

static int expected_of(const struct state *state, unsigned flags) {
  if (flags & MDBX_RESERVE && state->several)
    return MDBX_INCOMPATIBLE;
  if (flags & MDBX_APPEND && state->not_last)
    return MDBX_EKEYMISMATCH;
  if (flags & MDBX_CURRENT && !state->key_there)
    return MDBX_NOTFOUND;
  if ((flags & MDBX_CURRENT) && (flags & MDBX_NOOVERWRITE))
    return state->several && state->behind - state->first > 1 ? MDBX_EMULTIVAL : MDBX_EINVAL;
  if (flags & MDBX_NOOVERWRITE && state->key_there)
    return MDBX_KEYEXIST;
  if (flags & MDBX_NODUPDATA && state->several && state->pair_there)
    return MDBX_KEYEXIST;
  if (flags & MDBX_APPENDDUP && state->several && !state->greater)
    return MDBX_EKEYMISMATCH;
  return MDBX_SUCCESS;
}

/* The key keeps its own bytes when its values give way to one. */
static void put_in_model(struct pairs *pairs, const struct state *state, const MDBX_val *key, const MDBX_val *value,
                         unsigned flags) {
  if (state->several && flags & (MDBX_CURRENT | MDBX_ALLDUPS))
    pairs_remove(pairs, state->first, state->behind);
  pairs_put(pairs, key, value);
}

void do_put_exactly(int kind) {
  const unsigned flags = combinations[draw(COMBINATIONS)];
  struct pairs *pairs = &run.live[kind];
  const MDBX_val key = draw_key(kind), wanted = draw_value(kind);
  const struct state state = look(pairs, &key, &wanted);
  MDBX_val value = wanted;
  const int expected = expected_of(&state, flags),
            rc = FAULTY(mdbx_put(txn(), run.dbi[kind], &key, &value, (MDBX_put_flags_t)flags));
  fuzz_trace("  put, flags %#x: %d, not %d", flags, rc, expected);
  if (has_failed(rc))
    return;
  FUZZ_MUST(rc == expected);
  if (rc == MDBX_KEYEXIST && flags & MDBX_NOOVERWRITE) {
    const MDBX_val first = pair_value(pairs, state.first);
    FUZZ_MUST(val_equal(&value, &first));
  }
  if (rc != MDBX_SUCCESS)
    return;
  if (flags & MDBX_RESERVE && wanted.iov_len) {
    FUZZ_MUST(value.iov_len == wanted.iov_len && value.iov_base != wanted.iov_base);
    memcpy(value.iov_base, wanted.iov_base, wanted.iov_len);
  }
  put_in_model(pairs, &state, &key, &wanted, flags);
}

/* With a cursor: it stands on the record then, also if it is refused because the key is there. */
void do_cursor_put_exactly(void) {
  static const unsigned all[] = {MDBX_UPSERT, MDBX_NOOVERWRITE, MDBX_NODUPDATA, MDBX_ALLDUPS};
  const unsigned i = draw(CURSORS), flags = all[draw(4)];
  const int kind = run.cursor_kind[i];
  if (kind < 0)
    return;
  struct pairs *pairs = &run.live[kind];
  const MDBX_val key = draw_key(kind), wanted = draw_value(kind);
  const struct state state = look(pairs, &key, &wanted);
  MDBX_val value = wanted;
  const int expected = expected_of(&state, flags),
            rc = FAULTY(mdbx_cursor_put(run.cursor[i], &key, &value, (MDBX_put_flags_t)flags));
  fuzz_trace("  put with a cursor, flags %#x: %d, not %d", flags, rc, expected);
  if (has_failed(rc))
    return;
  FUZZ_MUST(rc == expected);
  size_t now;
  if (rc == MDBX_SUCCESS) {
    bool there;
    put_in_model(pairs, &state, &key, &wanted, flags);
    const size_t at = pairs_seek(pairs, &key, pairs->several ? &wanted : NULL, &there);
    FUZZ_MUST(there && place_of(i, &now) && now == at);
  } else if (flags & MDBX_NOOVERWRITE)
    FUZZ_MUST(place_of(i, &now) && now == state.first);
}

/* The value under the cursor gives way to another one of its key; beside it, it may be there already. */
void do_put_current(void) {
  const unsigned i = draw(CURSORS);
  size_t at, now;
  if (!place_of(i, &at))
    return;
  const int kind = run.cursor_kind[i];
  struct pairs *pairs = &run.live[kind];
  const MDBX_val wanted = draw_value(kind), stored = pair_key(pairs, at);
  uint8_t copy[KEY_MOST];
  memcpy(copy, stored.iov_base, stored.iov_len);
  const MDBX_val key = {copy, stored.iov_len};
  MDBX_val value = wanted;
  if (!changed(FAULTY(mdbx_cursor_put(run.cursor[i], &key, &value, MDBX_CURRENT))))
    return;
  pairs_remove(pairs, at, at + 1);
  const size_t new = pairs_put(pairs, &key, &wanted);
  FUZZ_MUST(place_of(i, &now) && now == new);
}
