/* SPDX-License-Identifier: Apache-2.0 */
/* tests/lint/use_cxx.cc: a small C++ user of mdbx.h: operators of the flag enums, and callbacks. */
#include <mdbx.h>

#include <type_traits>

template <typename flag> bool operators_work(flag a, flag b) {
  static_assert(std::is_same<decltype(a | b), flag>::value, "| gives the enum");
  static_assert(std::is_same<decltype(a & b), flag>::value, "& gives the enum");
  static_assert(std::is_same<decltype(a ^ b), flag>::value, "^ gives the enum");
  static_assert(std::is_same<decltype(a & 1u), flag>::value, "& takes unsigned");
  static_assert(std::is_same<decltype(1u & a), flag>::value, "& takes unsigned in front");
  static_assert(std::is_same<decltype(~a), unsigned>::value, "~ gives unsigned");
  static_assert(sizeof(flag) == 4, "flag enums have four bytes");
  a |= b;
  a &= b;
  a ^= b;
  a &= ~b;
  return a == b;
}

bool every_flag_enum();
bool every_flag_enum() {
  return operators_work(MDBX_NOSUBDIR, MDBX_RDONLY) || operators_work(MDBX_TXN_TRY, MDBX_TXN_RDONLY) ||
         operators_work(MDBX_DUPSORT, MDBX_CREATE) || operators_work(MDBX_CURRENT, MDBX_APPEND) ||
         operators_work(MDBX_DBI_DIRTY, MDBX_DBI_STALE) || operators_work(MDBX_CP_COMPACT, MDBX_CP_OVERWRITE) ||
         operators_work(MDBX_warmup_force, MDBX_warmup_lock) || operators_work(MDBX_DBG_ASSERT, MDBX_DBG_AUDIT) ||
         operators_work(MDBX_CHK_READWRITE, MDBX_CHK_IGNORE_ORDER) ||
         operators_work(MDBX_defrag_error, MDBX_defrag_aborted);
}

static_assert(MDBX_CONSTEXPR_ENUM_FLAGS_OPERATIONS == 1, "C++11 and later have constexpr");
constexpr MDBX_env_flags_t combined = MDBX_NOSUBDIR | MDBX_SAFE_NOSYNC;
static_assert((combined & MDBX_NOSUBDIR) == MDBX_NOSUBDIR, "flags can be combined at compile time");

/* What wrappers use in declarations of their own. */
enum own_flags { own_first = 1, own_second = 2 };
MDBX_DEFINE_ENUM_FLAG_OPERATORS(own_flags)
namespace wrapped {
enum inner_flags { inner_first = 1, inner_second MDBX_DEPRECATED_ENUM = 2 };
MDBX_DEFINE_ENUM_FLAG_OPERATORS(inner_flags)
} // namespace wrapped
MDBX_NORETURN void own_end(const char *format, ...) MDBX_PRINTF_ARGS(1, 2);
MDBX_DEPRECATED int own_old();
MDBX_PURE_FUNCTION int own_pure(const int *number);
MDBX_CONST_FUNCTION int own_const(int number);
MDBX_CXX01_CONSTEXPR int own_constant() { return 1; }
MDBX_CXX11_CONSTEXPR int own_sum(int a, int b) { return a + b; }
MDBX_CXX14_CONSTEXPR int own_loop(int count);
MDBX_CXX14_CONSTEXPR int own_loop(int count) { return count; }
MDBX_CXX01_CONSTEXPR_VAR int own_first_variable = own_constant();
MDBX_CXX11_CONSTEXPR_VAR int own_second_variable = own_sum(1, 2);
MDBX_CXX14_CONSTEXPR_VAR int own_third_variable = own_loop(3);
static_assert(own_first_variable == 1 && own_second_variable == 3, "they are constant");
MDBX_NOSANITIZE_ENUM own_flags own_both();
own_flags own_both() {
  return own_loop(own_third_variable) && operators_work(own_first, own_second) &&
                 (MDBX_COALESCE | MDBX_NOSUBDIR) == MDBX_NOSUBDIR
             ? own_first | own_second
             : own_first;
}

static int compare(const MDBX_val *, const MDBX_val *) MDBX_CXX17_NOEXCEPT { return 0; }
static int keep(void *, MDBX_val *, const void *, size_t) { return 0; }

int use(MDBX_txn *txn);
int use(MDBX_txn *txn) {
  const MDBX_cmp_func cmp = compare;
  const MDBX_preserve_func preserve = keep;
  ::MDBX_dbi dbi = 0;
  int rc = mdbx_dbi_open_ex(txn, nullptr, MDBX_CREATE | MDBX_DUPSORT, &dbi, cmp, cmp);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_replace_ex(txn, dbi, nullptr, nullptr, nullptr, MDBX_CURRENT, preserve, nullptr);
  return rc == MDBX_SUCCESS ? mdbx_txn_commit(txn) : mdbx_txn_abort(txn);
}
