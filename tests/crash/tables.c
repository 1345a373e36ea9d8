/* SPDX-License-Identifier: Apache-2.0 */
#include "tables.h"

#include "recorder.h"

#include <string.h>

static const struct table {
  const char *name; /* of one letter: keys of records of the main table are longer */
  unsigned flags;
} tables[TABLES_NAMED] = {{"p", MDBX_DB_DEFAULTS}, {"m", MDBX_DUPSORT}};

enum { MULTIPLE = 1, LARGE = 20000, MULTIPLE_MAX = 60 };

static unsigned pick(uint64_t *random, unsigned below) { return (unsigned)(next_random(random) % below); }

static int ignore_absent(int rc) { return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc; }

/* ----------------------------------------------------------------------------------------------------------- changes */

static int delete_some(MDBX_txn *txn, MDBX_dbi dbi, uint64_t *random, unsigned count, unsigned keys) {
  int rc = MDBX_SUCCESS;
  for (unsigned i = 0; i < count && rc == MDBX_SUCCESS; ++i) {
    uint32_t number = pick(random, keys);
    MDBX_val key = {&number, sizeof(number)};
    rc = ignore_absent(mdbx_del(txn, dbi, &key, NULL));
  }
  return rc;
}

static int put_some(MDBX_txn *txn, MDBX_dbi dbi, uint64_t *random, unsigned count, unsigned keys, unsigned longest) {
  static uint8_t bytes[LARGE];
  int rc = MDBX_SUCCESS;
  for (unsigned i = 0; i < count && rc == MDBX_SUCCESS; ++i) {
    uint32_t number = pick(random, keys);
    MDBX_val key = {&number, sizeof(number)}, value = {bytes, 1 + pick(random, longest)};
    if (pick(random, 4) == 0) {
      rc = ignore_absent(mdbx_del(txn, dbi, &key, NULL));
      continue;
    }
    memset(bytes, (int)pick(random, 256), value.iov_len);
    rc = mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT);
  }
  return rc;
}

static int change_table(MDBX_txn *txn, MDBX_dbi dbi, uint64_t *random, const struct tables_habit *habit,
                        bool multiple) {
  const unsigned keys = multiple ? 4 + habit->values / 4 : habit->values * 8;
  if (pick(random, 7) == 0)
    return delete_some(txn, dbi, random, habit->values * 6, keys);
  const int rc = put_some(txn, dbi, random, habit->values, keys, multiple ? MULTIPLE_MAX : habit->value);
  return rc == MDBX_SUCCESS && !multiple && pick(random, 16) == 0 ? put_some(txn, dbi, random, 1, keys, LARGE) : rc;
}

static int change_named(MDBX_txn *txn, uint64_t *random, const struct tables_habit *habit) {
  const unsigned which = pick(random, TABLES_NAMED);
  MDBX_dbi dbi;
  const int rc = mdbx_dbi_open(txn, tables[which].name, (MDBX_db_flags_t)(tables[which].flags | MDBX_CREATE), &dbi);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (habit->drop_every && pick(random, habit->drop_every) == 0)
    return mdbx_drop(txn, dbi, pick(random, 2));
  return change_table(txn, dbi, random, habit, which == MULTIPLE);
}

int tables_change(MDBX_txn *txn, uint64_t *random, const struct tables_habit *habit) {
  if (!habit->main_only && pick(random, 3) == 0)
    return change_named(txn, random, habit);
  return change_table(txn, DBI_MAIN, random, habit, false);
}

int tables_number(MDBX_txn *txn, int commit) {
  uint32_t number = UINT32_MAX;
  MDBX_val key = {&number, sizeof(number)}, value = {&commit, sizeof(commit)};
  return mdbx_put(txn, DBI_MAIN, &key, &value, MDBX_UPSERT);
}

/* ----------------------------------------------------------------------------------------------------------- content */

static uint64_t add_bytes(uint64_t digest, const void *bytes, size_t length) {
  for (size_t i = 0; i < length; ++i)
    digest = (digest ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
  return digest;
}

/* Records of named tables in the main table say where those are, not what they hold. */
static int read_table(MDBX_txn *txn, MDBX_dbi dbi, uint64_t *digest) {
  MDBX_cursor *cursor;
  MDBX_val key, value;
  int rc = mdbx_cursor_open(txn, dbi, &cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  while ((rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT)) == MDBX_SUCCESS) {
    if (dbi == DBI_MAIN && key.iov_len == 1)
      continue;
    *digest = add_bytes(*digest, key.iov_base, key.iov_len);
    *digest = add_bytes(*digest, value.iov_base, value.iov_len);
  }
  mdbx_cursor_close(cursor);
  return ignore_absent(rc);
}

int tables_read(MDBX_txn *txn, uint64_t *digest) {
  *digest = UINT64_C(0xcbf29ce484222325);
  int rc = read_table(txn, DBI_MAIN, digest);
  for (unsigned i = 0; i < TABLES_NAMED && rc == MDBX_SUCCESS; ++i) {
    MDBX_dbi dbi;
    rc = mdbx_dbi_open(txn, tables[i].name, MDBX_DB_ACCEDE, &dbi);
    *digest = add_bytes(*digest, &rc, sizeof(rc));
    rc = rc == MDBX_SUCCESS ? read_table(txn, dbi, digest) : ignore_absent(rc);
  }
  return rc;
}

int tables_digest(MDBX_env *env, uint64_t *digest) {
  MDBX_txn *txn;
  int rc = mdbx_txn_begin_ex(env, NULL, MDBX_TXN_RDONLY, &txn, NULL);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = tables_read(txn, digest);
  const int ended = mdbx_txn_abort_ex(txn, NULL);
  return rc == MDBX_SUCCESS ? ended : rc;
}
