/* SPDX-License-Identifier: Apache-2.0 */
/* tests/lint/use_c.c: a small C user of mdbx.h, for the check of languages. */
#include <mdbx.h>

int use_flags(MDBX_env *env, MDBX_txn **txn);
const void *use_constants(void);
MDBX_cmp_func use_callback(MDBX_db_flags_t flags);

/* What programs use in declarations of their own. */
enum own_flags { own_first = 1, own_second MDBX_DEPRECATED_ENUM = 2 };
MDBX_DEFINE_ENUM_FLAG_OPERATORS(own_flags)
MDBX_NORETURN void own_end(const char *format, ...) MDBX_PRINTF_ARGS(1, 2);
MDBX_DEPRECATED int own_old(void);
MDBX_PURE_FUNCTION int own_pure(const int *number);
MDBX_CONST_FUNCTION int own_const(int number);
MDBX_NOSANITIZE_ENUM enum own_flags own_both(void);
static MDBX_CXX01_CONSTEXPR int own_inline(void) { return 1; }
static MDBX_CXX11_CONSTEXPR int own_sum(int a, int b) { return a + b; }
static MDBX_CXX14_CONSTEXPR int own_loop(int count) { return count; }
static MDBX_CXX01_CONSTEXPR_VAR int own_first_variable = 1;
static MDBX_CXX11_CONSTEXPR_VAR int own_second_variable = 2;
static MDBX_CXX14_CONSTEXPR_VAR int own_third_variable = 3;

enum own_flags own_both(void) {
  const int sum = own_sum(own_loop(own_first_variable), own_inline()) + own_second_variable + own_third_variable;
  return sum == 7 ? own_first : (enum own_flags)MDBX_COALESCE;
}

int use_flags(MDBX_env *env, MDBX_txn **txn) {
  MDBX_env_flags_t flags = (MDBX_env_flags_t)(MDBX_NOSUBDIR | MDBX_SAFE_NOSYNC);
  int rc = mdbx_env_openT(env, "db", flags, 0644);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, txn);
  MDBX_INLINE_API_ASSERT(rc <= 0);
  if (rc == MDBX_WANNA_RECOVERY)
    return mdbx_env_open_for_recoveryT(env, "db", 0, true);
  return MDBX_UNLIKELY(rc) ? rc : mdbx_txn_abort(*txn);
}

const void *use_constants(void) {
  static const char text[] = MDBX_STRINGIFY(MDBX_VERSION_MAJOR) MDBX_DATANAME MDBX_LOCKNAME MDBX_LOCK_SUFFIX;
  return mdbx_version.sourcery ? (const void *)text : (const void *)MDBX_EPSILON;
}

MDBX_cmp_func use_callback(MDBX_db_flags_t flags) {
  return mdbx_setup_debug(MDBX_LOG_DONTCHANGE, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE) < 0
             ? NULL
             : mdbx_get_keycmp(flags);
}
