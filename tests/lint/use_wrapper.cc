/* SPDX-License-Identifier: Apache-2.0 */
/* tests/lint/use_wrapper.cc: what libmdbx's C++ header takes from mdbx.h: functions with these arguments, and constants. */
#include <mdbx.h>

#include <cstdint>
#include <type_traits>

namespace {

template <typename type> type &any();

/* The call is possible and gives this type. */
#define GIVES(type, call) static_assert(std::is_same<decltype(call), type>::value, #call)

#define ENV any<MDBX_env *>()
#define TXN any<MDBX_txn *>()
#define CURSOR any<MDBX_cursor *>()
#define DBI MDBX_dbi()
#define VAL &any<MDBX_val>()

/* Environments. */
GIVES(int, mdbx_env_create(&ENV));
GIVES(int, mdbx_env_open(ENV, "", MDBX_env_flags_t(), mdbx_mode_t()));
GIVES(int, mdbx_env_close_ex(ENV, true));
GIVES(int, mdbx_env_delete("", MDBX_env_delete_mode_t()));
GIVES(int, mdbx_env_copy(ENV, "", MDBX_copy_flags_t()));
GIVES(int, mdbx_env_copy2fd(ENV, mdbx_filehandle_t(), MDBX_copy_flags_t()));
GIVES(int, mdbx_env_stat_ex(ENV, TXN, &any<MDBX_stat>(), sizeof(MDBX_stat)));
GIVES(int, mdbx_env_info_ex(ENV, TXN, &any<MDBX_envinfo>(), sizeof(MDBX_envinfo)));
GIVES(int, mdbx_env_sync_ex(ENV, true, false));
GIVES(int, mdbx_env_set_geometry(ENV, -1, -1, -1, -1, -1, -1));
GIVES(int, mdbx_env_set_option(ENV, MDBX_opt_max_db, uint64_t()));
GIVES(int, mdbx_env_get_option(ENV, MDBX_opt_max_readers, &any<uint64_t>()));
GIVES(int, mdbx_env_get_flags(ENV, &any<unsigned>()));
GIVES(int, mdbx_env_get_path(ENV, &any<const char *>()));
GIVES(int, mdbx_env_get_fd(ENV, &any<mdbx_filehandle_t>()));
GIVES(int, mdbx_env_set_userctx(ENV, nullptr));
GIVES(void *, mdbx_env_get_userctx(ENV));
GIVES(int, mdbx_env_get_maxkeysize_ex(ENV, MDBX_db_flags_t()));
GIVES(int, mdbx_env_get_maxvalsize_ex(ENV, MDBX_db_flags_t()));
GIVES(int, mdbx_env_get_valsize4page_max(ENV, MDBX_db_flags_t()));
GIVES(int, mdbx_env_get_pairsize4page_max(ENV, MDBX_db_flags_t()));
GIVES(intptr_t, mdbx_limits_dbsize_min(intptr_t()));
GIVES(intptr_t, mdbx_limits_dbsize_max(intptr_t()));
GIVES(intptr_t, mdbx_limits_keysize_max(intptr_t(), MDBX_db_flags_t()));
GIVES(intptr_t, mdbx_limits_valsize_max(intptr_t(), MDBX_db_flags_t()));
GIVES(intptr_t, mdbx_limits_txnsize_max(intptr_t()));
GIVES(size_t, mdbx_default_pagesize());
GIVES(int, mdbx_reader_list(ENV, MDBX_reader_list_func(), nullptr));
GIVES(int, mdbx_reader_check(ENV, &any<int>()));
GIVES(int, mdbx_thread_register(ENV));
GIVES(int, mdbx_thread_unregister(ENV));
GIVES(int, mdbx_env_set_hsr(ENV, MDBX_hsr_func()));
GIVES(int, mdbx_env_warmup(ENV, TXN, MDBX_warmup_flags_t(), 0u));

/* Transactions. */
GIVES(int, mdbx_txn_begin_ex(ENV, TXN, MDBX_txn_flags_t(), &TXN, nullptr));
GIVES(int, mdbx_txn_commit_ex(TXN, &any<MDBX_commit_latency>()));
GIVES(int, mdbx_txn_abort(TXN));
GIVES(int, mdbx_txn_break(TXN));
GIVES(int, mdbx_txn_reset(TXN));
GIVES(int, mdbx_txn_renew(TXN));
GIVES(int, mdbx_txn_park(TXN, false));
GIVES(int, mdbx_txn_unpark(TXN, false));
GIVES(int, mdbx_txn_info(TXN, &any<MDBX_txn_info>(), false));
GIVES(uint64_t, mdbx_txn_id(TXN));
GIVES(MDBX_env *, mdbx_txn_env(TXN));
GIVES(MDBX_txn_flags_t, mdbx_txn_flags(TXN));
GIVES(int, mdbx_is_dirty(TXN, nullptr));
GIVES(int, mdbx_canary_put(TXN, &any<MDBX_canary>()));
GIVES(int, mdbx_canary_get(TXN, &any<MDBX_canary>()));

/* Tables and records. */
GIVES(int, mdbx_dbi_open(TXN, "", MDBX_db_flags_t(), &any<MDBX_dbi>()));
GIVES(int, mdbx_dbi_open_ex(TXN, "", MDBX_db_flags_t(), &any<MDBX_dbi>(), MDBX_cmp_func(), MDBX_cmp_func()));
GIVES(int, mdbx_dbi_open2(TXN, VAL, MDBX_db_flags_t(), &any<MDBX_dbi>()));
GIVES(int, mdbx_dbi_rename(TXN, DBI, ""));
GIVES(int, mdbx_dbi_stat(TXN, DBI, &any<MDBX_stat>(), sizeof(MDBX_stat)));
GIVES(int, mdbx_dbi_flags_ex(TXN, DBI, &any<unsigned>(), &any<unsigned>()));
GIVES(int, mdbx_dbi_sequence(TXN, DBI, &any<uint64_t>(), uint64_t()));
GIVES(int, mdbx_dbi_close(ENV, DBI));
GIVES(int, mdbx_drop(TXN, DBI, true));
GIVES(int, mdbx_get(TXN, DBI, VAL, VAL));
GIVES(int, mdbx_get_ex(TXN, DBI, VAL, VAL, &any<size_t>()));
GIVES(int, mdbx_get_equal_or_great(TXN, DBI, VAL, VAL));
GIVES(int, mdbx_put(TXN, DBI, VAL, VAL, MDBX_put_flags_t()));
GIVES(int, mdbx_replace(TXN, DBI, VAL, VAL, VAL, MDBX_put_flags_t()));
GIVES(int, mdbx_replace_ex(TXN, DBI, VAL, VAL, VAL, MDBX_put_flags_t(), MDBX_preserve_func(), nullptr));
GIVES(int, mdbx_del(TXN, DBI, VAL, VAL));
GIVES(int, mdbx_cmp(TXN, DBI, VAL, VAL));
GIVES(int, mdbx_dcmp(TXN, DBI, VAL, VAL));
GIVES(int, mdbx_estimate_range(TXN, DBI, VAL, VAL, VAL, VAL, &any<ptrdiff_t>()));

/* Cursors. */
GIVES(MDBX_cursor *, mdbx_cursor_create(nullptr));
GIVES(int, mdbx_cursor_open(TXN, DBI, &CURSOR));
GIVES(void, mdbx_cursor_close(CURSOR));
GIVES(int, mdbx_cursor_bind(TXN, CURSOR, DBI));
GIVES(int, mdbx_cursor_renew(TXN, CURSOR));
GIVES(int, mdbx_cursor_copy(CURSOR, CURSOR));
GIVES(MDBX_txn *, mdbx_cursor_txn(CURSOR));
GIVES(MDBX_dbi, mdbx_cursor_dbi(CURSOR));
GIVES(int, mdbx_cursor_get(CURSOR, VAL, VAL, MDBX_cursor_op()));
GIVES(int, mdbx_cursor_put(CURSOR, VAL, VAL, MDBX_put_flags_t()));
GIVES(int, mdbx_cursor_del(CURSOR, MDBX_put_flags_t()));
GIVES(int, mdbx_cursor_count(CURSOR, &any<size_t>()));
GIVES(int, mdbx_cursor_eof(CURSOR));
GIVES(int, mdbx_cursor_on_first(CURSOR));
GIVES(int, mdbx_cursor_on_last(CURSOR));
GIVES(int, mdbx_cursor_compare(CURSOR, CURSOR, false));
GIVES(int, mdbx_cursor_scan(CURSOR, MDBX_predicate_func(), nullptr, MDBX_cursor_op(), MDBX_cursor_op(), nullptr));
GIVES(int, mdbx_estimate_distance(CURSOR, CURSOR, &any<ptrdiff_t>()));
GIVES(int, mdbx_estimate_move(CURSOR, VAL, VAL, MDBX_cursor_op(), &any<ptrdiff_t>()));

/* Errors. */
GIVES(const char *, mdbx_strerror(0));
GIVES(const char *, mdbx_strerror_r(0, nullptr, size_t()));
GIVES(const char *, mdbx_liberr2str(0));
GIVES(void, mdbx_assert_fail("", "", 0u));

constexpr int codes[] = {MDBX_SUCCESS,
                         MDBX_RESULT_TRUE,
                         MDBX_RESULT_FALSE,
                         MDBX_KEYEXIST,
                         MDBX_NOTFOUND,
                         MDBX_PAGE_NOTFOUND,
                         MDBX_CORRUPTED,
                         MDBX_PANIC,
                         MDBX_VERSION_MISMATCH,
                         MDBX_INVALID,
                         MDBX_MAP_FULL,
                         MDBX_DBS_FULL,
                         MDBX_READERS_FULL,
                         MDBX_TXN_FULL,
                         MDBX_CURSOR_FULL,
                         MDBX_PAGE_FULL,
                         MDBX_INCOMPATIBLE,
                         MDBX_BAD_RSLOT,
                         MDBX_BAD_TXN,
                         MDBX_BAD_VALSIZE,
                         MDBX_BAD_DBI,
                         MDBX_PROBLEM,
                         MDBX_BUSY,
                         MDBX_UNABLE_EXTEND_MAPSIZE,
                         MDBX_EMULTIVAL,
                         MDBX_EBADSIGN,
                         MDBX_WANNA_RECOVERY,
                         MDBX_EKEYMISMATCH,
                         MDBX_TOO_LARGE,
                         MDBX_THREAD_MISMATCH,
                         MDBX_TXN_OVERLAPPING,
                         MDBX_DUPLICATED_LCK,
                         MDBX_DANGLING_DBI,
                         MDBX_OUSTED,
                         MDBX_MVCC_RETARDED,
                         MDBX_ENODATA,
                         MDBX_EINVAL,
                         MDBX_EACCESS,
                         MDBX_ENOMEM,
                         MDBX_EROFS,
                         MDBX_EIO,
                         MDBX_EPERM,
                         MDBX_EINTR,
                         MDBX_ENOFILE,
                         MDBX_EREMOTE};
static_assert(codes[0] == 0 && codes[1] == -1, "success, and the result that is true");

constexpr MDBX_cursor_op operations[] = {MDBX_FIRST,
                                         MDBX_FIRST_DUP,
                                         MDBX_GET_BOTH,
                                         MDBX_GET_BOTH_RANGE,
                                         MDBX_GET_CURRENT,
                                         MDBX_GET_MULTIPLE,
                                         MDBX_LAST,
                                         MDBX_LAST_DUP,
                                         MDBX_NEXT,
                                         MDBX_NEXT_DUP,
                                         MDBX_NEXT_MULTIPLE,
                                         MDBX_NEXT_NODUP,
                                         MDBX_PREV,
                                         MDBX_PREV_DUP,
                                         MDBX_PREV_NODUP,
                                         MDBX_SET,
                                         MDBX_SET_KEY,
                                         MDBX_SET_RANGE,
                                         MDBX_PREV_MULTIPLE,
                                         MDBX_SET_LOWERBOUND,
                                         MDBX_SET_UPPERBOUND,
                                         MDBX_TO_KEY_LESSER_THAN,
                                         MDBX_TO_KEY_EQUAL,
                                         MDBX_TO_PAIR_EQUAL,
                                         MDBX_TO_EXACT_KEY_VALUE_EQUAL};
static_assert(operations[0] == MDBX_FIRST, "operations of cursors");

} // namespace

/* What libmdbx's engine has, but not its header; doc/migration.md shows it. */
extern "C" MDBX_NORETURN void mdbx_panic(const char *format, ...) MDBX_PRINTF_ARGS(1, 2);
extern "C" void mdbx_panic(const char *format, ...) {
  mdbx_assert_fail(format, "mdbx_panic", 0);
  __builtin_unreachable();
}
