/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/calls.h: what an input of the target `calls` consists of: two bytes that choose the database, then steps of
 * STEP_BYTES each. The first byte of a step chooses the call, the second the table, the others are its arguments. A step has
 * more bytes than its call needs, so that a changed step leaves the steps behind it as they were.
 */
#ifndef MDBX_TESTS_FUZZ_CALLS_H
#define MDBX_TESTS_FUZZ_CALLS_H

#include "fuzz.h"

enum { HEAD_BYTES = 2, STEP_BYTES = 8, STEPS = 600, KINDS = 4, CURSORS = 3 };

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
  CALLS
};

#endif
