/* SPDX-License-Identifier: Apache-2.0 */
/* tests/api/extensions.h: what the tests of the extensions share. */
#ifndef MDBX_TESTS_EXTENSIONS_H
#define MDBX_TESTS_EXTENSIONS_H

#include "api.h"

enum { PAGE = 4096 };

static inline MDBX_cursor *cursor_on(MDBX_txn *txn, MDBX_dbi dbi) {
  MDBX_cursor *cursor;
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  return cursor;
}

static inline int go(MDBX_cursor *cursor, MDBX_cursor_op op, const char *key, const char *data) {
  MDBX_val k = api_val(key ? key : ""), d = api_val(data ? data : "");
  return mdbx_cursor_get(cursor, &k, &d, op);
}

#endif
