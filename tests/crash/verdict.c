/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict.h"

#include "../model/checker.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char verdict_place[256];

static size_t detail_at; /* in verdict_place */

static void print_place(const char *format, va_list args) {
  vsnprintf(verdict_place + detail_at, sizeof(verdict_place) - detail_at, format, args);
}

void verdict_begin(const char *format, ...) {
  va_list args;
  va_start(args, format);
  detail_at = 0;
  print_place(format, args);
  detail_at = strlen(verdict_place);
  va_end(args);
}

void verdict_detail(const char *format, ...) {
  va_list args;
  va_start(args, format);
  print_place(format, args);
  va_end(args);
}

void fail(const char *what, int rc) {
  fprintf(stderr, "%s: %s (%d, %s)\n", verdict_place, what, rc, mdbx_strerror(rc));
  exit(1);
}

void pretend_boot(uint64_t number) {
  const uint64_t id[2] = {number, ~number};
  os_bootid_pretend(id);
}

static uint64_t add_bytes(uint64_t digest, const MDBX_val *part) {
  for (size_t i = 0; i < part->iov_len; ++i)
    digest = (digest ^ ((const uint8_t *)part->iov_base)[i]) * UINT64_C(0x100000001b3);
  return digest;
}

static int read_all(MDBX_txn *txn, uint64_t *digest) {
  MDBX_cursor *cursor;
  MDBX_val key, value;
  int rc = mdbx_cursor_open(txn, 1, &cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  *digest = UINT64_C(0xcbf29ce484222325);
  while ((rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT)) == MDBX_SUCCESS)
    *digest = add_bytes(add_bytes(*digest, &key), &value);
  mdbx_cursor_close(cursor);
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

int digest_read(MDBX_env *env, uint64_t *digest) {
  MDBX_txn *txn;
  int rc = mdbx_txn_begin_ex(env, NULL, MDBX_TXN_RDONLY, &txn, NULL);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = read_all(txn, digest);
  const int ended = mdbx_txn_abort_ex(txn, NULL);
  return rc == MDBX_SUCCESS ? ended : rc;
}

uint64_t digest_of(MDBX_env *env) {
  uint64_t digest = 0;
  MUST(digest_read(env, &digest));
  return digest;
}

void must_be_sound(MDBX_env *env) {
  size_t problems;
  MUST(checker_run(env, &problems));
  if (problems)
    fail("the checker found problems", 0);
}
