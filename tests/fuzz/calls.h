/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/calls.h: the calls of the target `calls`. The second byte of a step chooses the table.
 */
#ifndef MDBX_TESTS_FUZZ_CALLS_H
#define MDBX_TESTS_FUZZ_CALLS_H

#include "sequence.h"

enum { KINDS = 4, CURSORS = 3 };

/* Of the first byte, modulo their number; some are more frequent than others. */
enum call {
  CALL_PUT,
  CALL_PUT_2,
  CALL_PUT_3,
  CALL_PUT_4,
  CALL_DELETE,
  CALL_GET,
  CALL_BIND,
  CALL_CURSOR_GET,
  CALL_CURSOR_GET_2,
  CALL_CURSOR_CHANGE,
  CALL_BEGIN,
  CALL_COMMIT,
  CALL_ABORT,
  CALL_WRONG,
  CALL_EMPTY,
  CALL_COMPARE,
  CALL_REPLACE,
  CALL_PUT_MANY,
  CALL_MULTIPLE,
  CALL_BUNCH,
  CALL_RANGE,
  CALL_GET_MANY,
  CALL_SCROLL,
  CALL_CHECKPOINT,
  CALL_PLACE,
  CALL_SEARCH,
  CALL_SEARCH_2,
  CALL_PUT_EXACTLY,
  CALL_PUT_EXACTLY_2,
  CALL_CURSOR_PUT,
  CALL_PUT_CURRENT,
  CALLS
};

#endif
