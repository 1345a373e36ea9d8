/* SPDX-License-Identifier: Apache-2.0 */
/* tests/lint/use_c.c: a small C user of mdbx.h, for the check of languages. */
#include <mdbx.h>

int use_flags(MDBX_env *env, MDBX_txn **txn);
const void *use_constants(void);
MDBX_cmp_func use_callback(MDBX_db_flags_t flags);

int use_flags(MDBX_env *env, MDBX_txn **txn) {
  MDBX_env_flags_t flags = (MDBX_env_flags_t)(MDBX_NOSUBDIR | MDBX_SAFE_NOSYNC);
  int rc = mdbx_env_openT(env, "db", flags, 0644);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, txn);
  MDBX_INLINE_API_ASSERT(rc <= 0);
  return MDBX_UNLIKELY(rc) ? rc : mdbx_txn_abort(*txn);
}

const void *use_constants(void) {
  static const char text[] = MDBX_STRINGIFY(MDBX_VERSION_MAJOR) MDBX_DATANAME MDBX_LOCKNAME MDBX_LOCK_SUFFIX;
  return mdbx_version.sourcery ? (const void *)text : (const void *)MDBX_EPSILON;
}

MDBX_cmp_func use_callback(MDBX_db_flags_t flags) {
  return mdbx_setup_debug(MDBX_LOG_DONTCHANGE, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE) < 0 ? NULL
                                                                                               : mdbx_get_keycmp(flags);
}
