/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public header against the interface we keep compatible with: every size, offset, constant and prototype.
 *
 * Each fact stands in one list. The lists are used twice: as static assertions, and as tests that name what is wrong.
 * The numbers are those of 64-bit Linux.
 */
#include <mdbx.h>

#include "header_layout.h"
#include "unit.h"

#define CONSTANTS(X) \
  X(MDBX_MAX_DBI, 32765) \
  X(MDBX_MAXDATASIZE, 0x7fff0000) \
  X(MDBX_MIN_PAGESIZE, 256) \
  X(MDBX_MAX_PAGESIZE, 65536) \
  X(MDBX_VERSION_MAJOR, 0) \
  X(MDBX_VERSION_MINOR, 14) \
  X((intptr_t)MDBX_EPSILON, -1) \
  X((intptr_t)MDBX_CHK_MAIN, 0) \
  X((intptr_t)MDBX_CHK_GC, -1) \
  X((intptr_t)MDBX_CHK_META, -2) \
  X((intptr_t)MDBX_LOGGER_DONTCHANGE, -1) \
  X((intptr_t)MDBX_LOGGER_NOFMT_DONTCHANGE, -1)

#define FLAGS(X) \
  X(MDBX_ENV_DEFAULTS, 0) \
  X(MDBX_SYNC_DURABLE, 0) \
  X(MDBX_VALIDATION, 0x2000) \
  X(MDBX_NOSUBDIR, 0x4000) \
  X(MDBX_SAFE_NOSYNC, 0x10000) \
  X(MDBX_RDONLY, 0x20000) \
  X(MDBX_NOMETASYNC, 0x40000) \
  X(MDBX_WRITEMAP, 0x80000) \
  X(MDBX_UTTERLY_NOSYNC, 0x110000) \
  X(MDBX_NOSTICKYTHREADS, 0x200000) \
  X(MDBX_EXCLUSIVE, 0x400000) \
  X(MDBX_NORDAHEAD, 0x800000) \
  X(MDBX_NOMEMINIT, 0x1000000) \
  X(MDBX_LIFORECLAIM, 0x4000000) \
  X(MDBX_PAGEPERTURB, 0x8000000) \
  X(MDBX_ACCEDE, 0x40000000) \
  X(MDBX_COALESCE, 0) \
  X(MDBX_TXN_READWRITE, 0) \
  X(MDBX_TXN_NOWEAKING, 0) \
  X(MDBX_TXN_RDONLY, 0x20000) \
  X(MDBX_TXN_RDONLY_PREPARE, 0x1020000) \
  X(MDBX_TXN_TRY, 0x10000000) \
  X(MDBX_TXN_NOMETASYNC, 0x40000) \
  X(MDBX_TXN_NOSYNC, 0x10000) \
  X(MDBX_TXN_INVALID, INT32_MIN) \
  X(MDBX_TXN_FINISHED, 1) \
  X(MDBX_TXN_ERROR, 2) \
  X(MDBX_TXN_DIRTY, 4) \
  X(MDBX_TXN_SPILLS, 8) \
  X(MDBX_TXN_HAS_CHILD, 0x10) \
  X(MDBX_TXN_PARKED, 0x20) \
  X(MDBX_TXN_AUTOUNPARK, 0x40) \
  X(MDBX_TXN_OUSTED, 0x80) \
  X(MDBX_TXN_BLOCKED, 0x33) \
  X(MDBX_DB_DEFAULTS, 0) \
  X(MDBX_REVERSEKEY, 2) \
  X(MDBX_DUPSORT, 4) \
  X(MDBX_INTEGERKEY, 8) \
  X(MDBX_DUPFIXED, 0x10) \
  X(MDBX_INTEGERDUP, 0x20) \
  X(MDBX_REVERSEDUP, 0x40) \
  X(MDBX_CREATE, 0x40000) \
  X(MDBX_DB_ACCEDE, 0x40000000) \
  X(MDBX_UPSERT, 0) \
  X(MDBX_NOOVERWRITE, 0x10) \
  X(MDBX_NODUPDATA, 0x20) \
  X(MDBX_CURRENT, 0x40) \
  X(MDBX_ALLDUPS, 0x80) \
  X(MDBX_RESERVE, 0x10000) \
  X(MDBX_APPEND, 0x20000) \
  X(MDBX_APPENDDUP, 0x40000) \
  X(MDBX_MULTIPLE, 0x80000) \
  X(MDBX_DBI_DIRTY, 1) \
  X(MDBX_DBI_STALE, 2) \
  X(MDBX_DBI_FRESH, 4) \
  X(MDBX_DBI_CREAT, 8) \
  X(MDBX_CP_DEFAULTS, 0) \
  X(MDBX_CP_COMPACT, 1) \
  X(MDBX_CP_FORCE_DYNAMIC_SIZE, 2) \
  X(MDBX_CP_DONT_FLUSH, 4) \
  X(MDBX_CP_THROTTLE_MVCC, 8) \
  X(MDBX_CP_DISPOSE_TXN, 16) \
  X(MDBX_CP_RENEW_TXN, 32) \
  X(MDBX_CP_OVERWRITE, 64) \
  X(MDBX_ENV_JUST_DELETE, 0) \
  X(MDBX_ENV_ENSURE_UNUSED, 1) \
  X(MDBX_ENV_WAIT_FOR_UNUSED, 2) \
  X(MDBX_warmup_default, 0) \
  X(MDBX_warmup_force, 1) \
  X(MDBX_warmup_oomsafe, 2) \
  X(MDBX_warmup_lock, 4) \
  X(MDBX_warmup_touchlimit, 8) \
  X(MDBX_warmup_release, 16) \
  X(MDBX_CHK_DEFAULTS, 0) \
  X(MDBX_CHK_READWRITE, 1) \
  X(MDBX_CHK_SKIP_BTREE_TRAVERSAL, 2) \
  X(MDBX_CHK_SKIP_KV_TRAVERSAL, 4) \
  X(MDBX_CHK_IGNORE_ORDER, 8)

#define NUMBERS(X) \
  X(MDBX_FIRST, 0) \
  X(MDBX_FIRST_DUP, 1) \
  X(MDBX_GET_BOTH, 2) \
  X(MDBX_GET_BOTH_RANGE, 3) \
  X(MDBX_GET_CURRENT, 4) \
  X(MDBX_GET_MULTIPLE, 5) \
  X(MDBX_LAST, 6) \
  X(MDBX_LAST_DUP, 7) \
  X(MDBX_NEXT, 8) \
  X(MDBX_NEXT_DUP, 9) \
  X(MDBX_NEXT_MULTIPLE, 10) \
  X(MDBX_NEXT_NODUP, 11) \
  X(MDBX_PREV, 12) \
  X(MDBX_PREV_DUP, 13) \
  X(MDBX_PREV_NODUP, 14) \
  X(MDBX_SET, 15) \
  X(MDBX_SET_KEY, 16) \
  X(MDBX_SET_RANGE, 17) \
  X(MDBX_PREV_MULTIPLE, 18) \
  X(MDBX_SET_LOWERBOUND, 19) \
  X(MDBX_SET_UPPERBOUND, 20) \
  X(MDBX_TO_KEY_LESSER_THAN, 21) \
  X(MDBX_TO_KEY_LESSER_OR_EQUAL, 22) \
  X(MDBX_TO_KEY_EQUAL, 23) \
  X(MDBX_TO_KEY_GREATER_OR_EQUAL, 24) \
  X(MDBX_TO_KEY_GREATER_THAN, 25) \
  X(MDBX_TO_EXACT_KEY_VALUE_LESSER_THAN, 26) \
  X(MDBX_TO_EXACT_KEY_VALUE_LESSER_OR_EQUAL, 27) \
  X(MDBX_TO_EXACT_KEY_VALUE_EQUAL, 28) \
  X(MDBX_TO_EXACT_KEY_VALUE_GREATER_OR_EQUAL, 29) \
  X(MDBX_TO_EXACT_KEY_VALUE_GREATER_THAN, 30) \
  X(MDBX_TO_PAIR_LESSER_THAN, 31) \
  X(MDBX_TO_PAIR_LESSER_OR_EQUAL, 32) \
  X(MDBX_TO_PAIR_EQUAL, 33) \
  X(MDBX_TO_PAIR_GREATER_OR_EQUAL, 34) \
  X(MDBX_TO_PAIR_GREATER_THAN, 35) \
  X(MDBX_SEEK_AND_GET_MULTIPLE, 36) \
  X(MDBX_DELETE_CURRENT_VALUE, 0) \
  X(MDBX_DELETE_CURRENT_MULTIVAL_BEFORE_EXCLUDING, 1) \
  X(MDBX_DELETE_CURRENT_MULTIVAL_BEFORE_INCLUDING, 2) \
  X(MDBX_DELETE_CURRENT_MULTIVAL_AFTER_INCLUDING, 3) \
  X(MDBX_DELETE_CURRENT_MULTIVAL_AFTER_EXCLUDING, 4) \
  X(MDBX_DELETE_CURRENT_MULTIVAL_ALL, 5) \
  X(MDBX_DELETE_BEFORE_EXCLUDING, 6) \
  X(MDBX_DELETE_BEFORE_INCLUDING, 7) \
  X(MDBX_DELETE_AFTER_INCLUDING, 8) \
  X(MDBX_DELETE_AFTER_EXCLUDING, 9) \
  X(MDBX_DELETE_WHOLE, 10) \
  X(MDBX_CACHE_ERROR, -3) \
  X(MDBX_CACHE_BEHIND, -2) \
  X(MDBX_CACHE_UNABLE, -1) \
  X(MDBX_CACHE_RACE, 0) \
  X(MDBX_CACHE_DIRTY, 1) \
  X(MDBX_CACHE_HIT, 2) \
  X(MDBX_CACHE_CONFIRMED, 3) \
  X(MDBX_CACHE_REFRESHED, 4) \
  X(MDBX_LOG_DONTCHANGE, -1) \
  X(MDBX_LOG_FATAL, 0) \
  X(MDBX_LOG_ERROR, 1) \
  X(MDBX_LOG_WARN, 2) \
  X(MDBX_LOG_NOTICE, 3) \
  X(MDBX_LOG_VERBOSE, 4) \
  X(MDBX_LOG_DEBUG, 5) \
  X(MDBX_LOG_TRACE, 6) \
  X(MDBX_LOG_EXTRA, 7) \
  X(MDBX_LOG_MAX, 7) \
  X(MDBX_DBG_DONTCHANGE, -1) \
  X(MDBX_DBG_NONE, 0) \
  X(MDBX_DBG_ASSERT, 1) \
  X(MDBX_DBG_AUDIT, 2) \
  X(MDBX_DBG_JITTER, 4) \
  X(MDBX_DBG_DUMP, 8) \
  X(MDBX_DBG_LEGACY_MULTIOPEN, 16) \
  X(MDBX_DBG_LEGACY_OVERLAP, 32) \
  X(MDBX_DBG_DONT_UPGRADE, 64) \
  X(MDBX_DBG_MAX, 0x7007f) \
  X(MDBX_chk_severity_prio_shift, 4) \
  X(MDBX_chk_severity_kind_mask, 0xF) \
  X(MDBX_chk_fatal, 0) \
  X(MDBX_chk_error, 0x11) \
  X(MDBX_chk_warning, 0x22) \
  X(MDBX_chk_notice, 0x33) \
  X(MDBX_chk_result, 0x44) \
  X(MDBX_chk_resolution, 0x55) \
  X(MDBX_chk_processing, 0x56) \
  X(MDBX_chk_info, 0x67) \
  X(MDBX_chk_verbose, 0x78) \
  X(MDBX_chk_details, 0x89) \
  X(MDBX_chk_extra, 0x9A) \
  X(MDBX_chk_none, 0) \
  X(MDBX_chk_init, 1) \
  X(MDBX_chk_lock, 2) \
  X(MDBX_chk_meta, 3) \
  X(MDBX_chk_tree, 4) \
  X(MDBX_chk_gc, 5) \
  X(MDBX_chk_space, 6) \
  X(MDBX_chk_maindb, 7) \
  X(MDBX_chk_tables, 8) \
  X(MDBX_chk_conclude, 9) \
  X(MDBX_chk_unlock, 10) \
  X(MDBX_chk_finalize, 11) \
  X(MDBX_defrag_noobstacles, 0) \
  X(MDBX_defrag_step_size, 1) \
  X(MDBX_defrag_large_chunk, 2) \
  X(MDBX_defrag_discontinued, 4) \
  X(MDBX_defrag_laggard_reader, 8) \
  X(MDBX_defrag_enough_threshold, 16) \
  X(MDBX_defrag_time_limit, 32) \
  X(MDBX_defrag_aborted, 64) \
  X(MDBX_defrag_error, 128) \
  X(MDBX_opt_max_db, 0) \
  X(MDBX_opt_max_readers, 1) \
  X(MDBX_opt_sync_bytes, 2) \
  X(MDBX_opt_sync_period, 3) \
  X(MDBX_opt_rp_augment_limit, 4) \
  X(MDBX_opt_loose_limit, 5) \
  X(MDBX_opt_dp_reserve_limit, 6) \
  X(MDBX_opt_txn_dp_limit, 7) \
  X(MDBX_opt_txn_dp_initial, 8) \
  X(MDBX_opt_spill_max_denominator, 9) \
  X(MDBX_opt_spill_min_denominator, 10) \
  X(MDBX_opt_spill_parent4child_denominator, 11) \
  X(MDBX_opt_merge_threshold, 12) \
  X(MDBX_opt_writethrough_threshold, 13) \
  X(MDBX_opt_prefault_write_enable, 14) \
  X(MDBX_opt_gc_time_limit, 15) \
  X(MDBX_opt_prefer_waf_insteadof_balance, 16) \
  X(MDBX_opt_subpage_limit, 17) \
  X(MDBX_opt_subpage_room_threshold, 18) \
  X(MDBX_opt_subpage_reserve_prereq, 19) \
  X(MDBX_opt_subpage_reserve_limit, 20) \
  X(MDBX_opt_split_reserve, 21) \
  X(MDBX_opt_presync_threshold, 22) \
  X(MDBX_opt_write_by_calls, 64) \
  X(MDBX_opt_group_commit, 65)

#define ERRORS(X) \
  X(MDBX_SUCCESS, 0) \
  X(MDBX_RESULT_FALSE, 0) \
  X(MDBX_RESULT_TRUE, -1) \
  X(MDBX_FIRST_LMDB_ERRCODE, -30799) \
  X(MDBX_KEYEXIST, -30799) \
  X(MDBX_NOTFOUND, -30798) \
  X(MDBX_PAGE_NOTFOUND, -30797) \
  X(MDBX_CORRUPTED, -30796) \
  X(MDBX_PANIC, -30795) \
  X(MDBX_VERSION_MISMATCH, -30794) \
  X(MDBX_INVALID, -30793) \
  X(MDBX_MAP_FULL, -30792) \
  X(MDBX_DBS_FULL, -30791) \
  X(MDBX_READERS_FULL, -30790) \
  X(MDBX_TXN_FULL, -30788) \
  X(MDBX_CURSOR_FULL, -30787) \
  X(MDBX_PAGE_FULL, -30786) \
  X(MDBX_UNABLE_EXTEND_MAPSIZE, -30785) \
  X(MDBX_INCOMPATIBLE, -30784) \
  X(MDBX_BAD_RSLOT, -30783) \
  X(MDBX_BAD_TXN, -30782) \
  X(MDBX_BAD_VALSIZE, -30781) \
  X(MDBX_BAD_DBI, -30780) \
  X(MDBX_PROBLEM, -30779) \
  X(MDBX_LAST_LMDB_ERRCODE, -30779) \
  X(MDBX_BUSY, -30778) \
  X(MDBX_FIRST_ADDED_ERRCODE, -30778) \
  X(MDBX_EMULTIVAL, -30421) \
  X(MDBX_EBADSIGN, -30420) \
  X(MDBX_WANNA_RECOVERY, -30419) \
  X(MDBX_EKEYMISMATCH, -30418) \
  X(MDBX_TOO_LARGE, -30417) \
  X(MDBX_THREAD_MISMATCH, -30416) \
  X(MDBX_TXN_OVERLAPPING, -30415) \
  X(MDBX_BACKLOG_DEPLETED, -30414) \
  X(MDBX_DUPLICATED_LCK, -30413) \
  X(MDBX_DANGLING_DBI, -30412) \
  X(MDBX_OUSTED, -30411) \
  X(MDBX_MVCC_RETARDED, -30410) \
  X(MDBX_LAGGARD_READER, -30409) \
  X(MDBX_LAST_ADDED_ERRCODE, -30409)

#ifdef __linux__
#define SYSTEM_ERRORS(X) \
  X(MDBX_ENODATA, 61) \
  X(MDBX_EINVAL, 22) \
  X(MDBX_EACCESS, 13) \
  X(MDBX_ENOMEM, 12) \
  X(MDBX_EROFS, 30) \
  X(MDBX_ENOSYS, 95) \
  X(MDBX_EIO, 5) \
  X(MDBX_EPERM, 1) \
  X(MDBX_EINTR, 4) \
  X(MDBX_EEXIST, 17) \
  X(MDBX_ENOFILE, 2) \
  X(MDBX_EREMOTE, 121) \
  X(MDBX_EDEADLK, 35)
#else
#define SYSTEM_ERRORS(X)
#endif

#define CALLBACKS(X) \
  X(MDBX_debug_func, void, (MDBX_log_level_t, const char *, int, const char *, va_list)) \
  X(MDBX_debug_func_nofmt, void, (MDBX_log_level_t, const char *, int, const char *, unsigned)) \
  X(MDBX_panic_func, void, (const char *, const char *, unsigned, const void *, const char *)) \
  X(MDBX_cmp_func, int, (const MDBX_val *, const MDBX_val *)) \
  X(MDBX_table_enum_func, int, \
    (void *, const MDBX_txn *, const MDBX_val *, MDBX_db_flags_t, const MDBX_stat *, MDBX_dbi)) \
  X(MDBX_preserve_func, int, (void *, MDBX_val *, const void *, size_t)) \
  X(MDBX_predicate_func, int, (void *, MDBX_val *, MDBX_val *, void *)) \
  X(MDBX_reader_list_func, int, (void *, int, int, mdbx_pid_t, mdbx_tid_t, uint64_t, uint64_t, size_t, size_t)) \
  X(MDBX_hsr_func, int, (const MDBX_env *, const MDBX_txn *, mdbx_pid_t, mdbx_tid_t, uint64_t, unsigned, size_t, int)) \
  X(MDBX_gc_iter_func, int, (void *, const MDBX_txn *, uint64_t, size_t, size_t, bool)) \
  X(MDBX_defrag_notify_func, int, (void *, const MDBX_defrag_result_t *)) \
  X(MDBX_copy_notify_func, int, (void *, const MDBX_copy_progress_t *))

#define PROTOTYPES(X) \
  X(mdbx_env_create, int, (MDBX_env **)) \
  X(mdbx_env_open, int, (MDBX_env *, const char *, MDBX_env_flags_t, mdbx_mode_t)) \
  X(mdbx_env_close, int, (MDBX_env *)) \
  X(mdbx_env_close_ex, int, (MDBX_env *, bool)) \
  X(mdbx_env_delete, int, (const char *, MDBX_env_delete_mode_t)) \
  X(mdbx_env_copy, int, (MDBX_env *, const char *, MDBX_copy_flags_t)) \
  X(mdbx_env_copy2fd, int, (MDBX_env *, mdbx_filehandle_t, MDBX_copy_flags_t)) \
  X(mdbx_txn_copy2pathname, int, (MDBX_txn *, const char *, MDBX_copy_flags_t)) \
  X(mdbx_txn_copy2fd, int, (MDBX_txn *, mdbx_filehandle_t, MDBX_copy_flags_t)) \
  X(mdbx_env_stat_ex, int, (const MDBX_env *, const MDBX_txn *, MDBX_stat *, size_t)) \
  X(mdbx_env_stat, int, (const MDBX_env *, MDBX_stat *, size_t)) \
  X(mdbx_env_info_ex, int, (const MDBX_env *, const MDBX_txn *, MDBX_envinfo *, size_t)) \
  X(mdbx_env_info, int, (const MDBX_env *, MDBX_envinfo *, size_t)) \
  X(mdbx_preopen_snapinfo, int, (const char *, MDBX_envinfo *, size_t)) \
  X(mdbx_env_sync_ex, int, (MDBX_env *, bool, bool)) \
  X(mdbx_env_sync, int, (MDBX_env *)) \
  X(mdbx_env_sync_poll, int, (MDBX_env *)) \
  X(mdbx_env_set_flags, int, (MDBX_env *, MDBX_env_flags_t, bool)) \
  X(mdbx_env_get_flags, int, (const MDBX_env *, unsigned *)) \
  X(mdbx_env_get_path, int, (const MDBX_env *, const char **)) \
  X(mdbx_env_get_fd, int, (const MDBX_env *, mdbx_filehandle_t *)) \
  X(mdbx_env_set_userctx, int, (MDBX_env *, void *)) \
  X(mdbx_env_get_userctx, void *, (const MDBX_env *)) \
  X(mdbx_is_readahead_reasonable, int, (size_t, intptr_t)) \
  X(mdbx_get_sysraminfo, int, (intptr_t *, intptr_t *, intptr_t *)) \
  X(mdbx_default_pagesize, size_t, (void)) \
  X(mdbx_env_set_geometry, int, (MDBX_env *, intptr_t, intptr_t, intptr_t, intptr_t, intptr_t, intptr_t)) \
  X(mdbx_env_set_mapsize, int, (MDBX_env *, size_t)) \
  X(mdbx_env_set_option, int, (MDBX_env *, MDBX_option_t, uint64_t)) \
  X(mdbx_env_get_option, int, (const MDBX_env *, MDBX_option_t, uint64_t *)) \
  X(mdbx_env_set_maxdbs, int, (MDBX_env *, MDBX_dbi)) \
  X(mdbx_env_get_maxdbs, int, (const MDBX_env *, MDBX_dbi *)) \
  X(mdbx_env_set_maxreaders, int, (MDBX_env *, unsigned)) \
  X(mdbx_env_get_maxreaders, int, (const MDBX_env *, unsigned *)) \
  X(mdbx_env_set_syncbytes, int, (MDBX_env *, size_t)) \
  X(mdbx_env_get_syncbytes, int, (const MDBX_env *, size_t *)) \
  X(mdbx_env_set_syncperiod, int, (MDBX_env *, unsigned)) \
  X(mdbx_env_get_syncperiod, int, (const MDBX_env *, unsigned *)) \
  X(mdbx_limits_pgsize_min, intptr_t, (void)) \
  X(mdbx_limits_pgsize_max, intptr_t, (void)) \
  X(mdbx_limits_dbsize_min, intptr_t, (intptr_t)) \
  X(mdbx_limits_dbsize_max, intptr_t, (intptr_t)) \
  X(mdbx_limits_keysize_min, intptr_t, (MDBX_db_flags_t)) \
  X(mdbx_limits_keysize_max, intptr_t, (intptr_t, MDBX_db_flags_t)) \
  X(mdbx_limits_valsize_min, intptr_t, (MDBX_db_flags_t)) \
  X(mdbx_limits_valsize_max, intptr_t, (intptr_t, MDBX_db_flags_t)) \
  X(mdbx_limits_pairsize4page_max, intptr_t, (intptr_t, MDBX_db_flags_t)) \
  X(mdbx_limits_valsize4page_max, intptr_t, (intptr_t, MDBX_db_flags_t)) \
  X(mdbx_limits_txnsize_max, intptr_t, (intptr_t)) \
  X(mdbx_env_get_maxkeysize_ex, int, (const MDBX_env *, MDBX_db_flags_t)) \
  X(mdbx_env_get_maxkeysize, int, (const MDBX_env *)) \
  X(mdbx_env_get_maxvalsize_ex, int, (const MDBX_env *, MDBX_db_flags_t)) \
  X(mdbx_env_get_pairsize4page_max, int, (const MDBX_env *, MDBX_db_flags_t)) \
  X(mdbx_env_get_valsize4page_max, int, (const MDBX_env *, MDBX_db_flags_t)) \
  X(mdbx_txn_begin_ex, int, (MDBX_env *, MDBX_txn *, MDBX_txn_flags_t, MDBX_txn **, void *)) \
  X(mdbx_txn_begin, int, (MDBX_env *, MDBX_txn *, MDBX_txn_flags_t, MDBX_txn **)) \
  X(mdbx_txn_commit_ex, int, (MDBX_txn *, MDBX_commit_latency *)) \
  X(mdbx_txn_commit, int, (MDBX_txn *)) \
  X(mdbx_txn_abort_ex, int, (MDBX_txn *, MDBX_commit_latency *)) \
  X(mdbx_txn_abort, int, (MDBX_txn *)) \
  X(mdbx_txn_break, int, (MDBX_txn *)) \
  X(mdbx_txn_reset, int, (MDBX_txn *)) \
  X(mdbx_txn_renew, int, (MDBX_txn *)) \
  X(mdbx_txn_refresh, int, (MDBX_txn *)) \
  X(mdbx_txn_info, int, (const MDBX_txn *, MDBX_txn_info *, bool)) \
  X(mdbx_txn_straggler, int, (const MDBX_txn *, int *)) \
  X(mdbx_txn_env, MDBX_env *, (const MDBX_txn *)) \
  X(mdbx_txn_flags, MDBX_txn_flags_t, (const MDBX_txn *)) \
  X(mdbx_txn_id, uint64_t, (const MDBX_txn *)) \
  X(mdbx_txn_set_userctx, int, (MDBX_txn *, void *)) \
  X(mdbx_txn_get_userctx, void *, (const MDBX_txn *)) \
  X(mdbx_txn_lock, int, (MDBX_env *, bool)) \
  X(mdbx_txn_unlock, int, (MDBX_env *)) \
  X(mdbx_txn_release_all_cursors_ex, int, (const MDBX_txn *, bool, size_t *)) \
  X(mdbx_txn_release_all_cursors, int, (const MDBX_txn *, bool)) \
  X(mdbx_dbi_open, int, (MDBX_txn *, const char *, MDBX_db_flags_t, MDBX_dbi *)) \
  X(mdbx_dbi_open2, int, (MDBX_txn *, const MDBX_val *, MDBX_db_flags_t, MDBX_dbi *)) \
  X(mdbx_dbi_open_ex, int, (MDBX_txn *, const char *, MDBX_db_flags_t, MDBX_dbi *, MDBX_cmp_func, MDBX_cmp_func)) \
  X(mdbx_dbi_open_ex2, int, (MDBX_txn *, const MDBX_val *, MDBX_db_flags_t, MDBX_dbi *, MDBX_cmp_func, MDBX_cmp_func)) \
  X(mdbx_dbi_rename, int, (MDBX_txn *, MDBX_dbi, const char *)) \
  X(mdbx_dbi_rename2, int, (MDBX_txn *, MDBX_dbi, const MDBX_val *)) \
  X(mdbx_dbi_close, int, (MDBX_env *, MDBX_dbi)) \
  X(mdbx_drop, int, (MDBX_txn *, MDBX_dbi, bool)) \
  X(mdbx_dbi_stat, int, (const MDBX_txn *, MDBX_dbi, MDBX_stat *, size_t)) \
  X(mdbx_dbi_flags_ex, int, (const MDBX_txn *, MDBX_dbi, unsigned *, unsigned *)) \
  X(mdbx_dbi_flags, int, (const MDBX_txn *, MDBX_dbi, unsigned *)) \
  X(mdbx_dbi_sequence, int, (MDBX_txn *, MDBX_dbi, uint64_t *, uint64_t)) \
  X(mdbx_enumerate_tables, int, (const MDBX_txn *, MDBX_table_enum_func, void *)) \
  X(mdbx_cmp, int, (const MDBX_txn *, MDBX_dbi, const MDBX_val *, const MDBX_val *)) \
  X(mdbx_get_keycmp, MDBX_cmp_func, (MDBX_db_flags_t)) \
  X(mdbx_get_datacmp, MDBX_cmp_func, (MDBX_db_flags_t)) \
  X(mdbx_get, int, (const MDBX_txn *, MDBX_dbi, const MDBX_val *, MDBX_val *)) \
  X(mdbx_get_ex, int, (const MDBX_txn *, MDBX_dbi, MDBX_val *, MDBX_val *, size_t *)) \
  X(mdbx_get_equal_or_great, int, (const MDBX_txn *, MDBX_dbi, MDBX_val *, MDBX_val *)) \
  X(mdbx_put, int, (MDBX_txn *, MDBX_dbi, const MDBX_val *, MDBX_val *, MDBX_put_flags_t)) \
  X(mdbx_replace, int, (MDBX_txn *, MDBX_dbi, const MDBX_val *, MDBX_val *, MDBX_val *, MDBX_put_flags_t)) \
  X(mdbx_replace_ex, int, \
    (MDBX_txn *, MDBX_dbi, const MDBX_val *, MDBX_val *, MDBX_val *, MDBX_put_flags_t, MDBX_preserve_func, void *)) \
  X(mdbx_del, int, (MDBX_txn *, MDBX_dbi, const MDBX_val *, const MDBX_val *)) \
  X(mdbx_canary_put, int, (MDBX_txn *, const MDBX_canary *)) \
  X(mdbx_canary_get, int, (const MDBX_txn *, MDBX_canary *)) \
  X(mdbx_is_dirty, int, (const MDBX_txn *, const void *)) \
  X(mdbx_cursor_create, MDBX_cursor *, (void *)) \
  X(mdbx_cursor_open, int, (MDBX_txn *, MDBX_dbi, MDBX_cursor **)) \
  X(mdbx_cursor_bind, int, (MDBX_txn *, MDBX_cursor *, MDBX_dbi)) \
  X(mdbx_cursor_renew, int, (MDBX_txn *, MDBX_cursor *)) \
  X(mdbx_cursor_unbind, int, (MDBX_cursor *)) \
  X(mdbx_cursor_reset, int, (MDBX_cursor *)) \
  X(mdbx_cursor_close, void, (MDBX_cursor *)) \
  X(mdbx_cursor_close2, int, (MDBX_cursor *)) \
  X(mdbx_cursor_set_userctx, int, (MDBX_cursor *, void *)) \
  X(mdbx_cursor_get_userctx, void *, (const MDBX_cursor *)) \
  X(mdbx_cursor_txn, MDBX_txn *, (const MDBX_cursor *)) \
  X(mdbx_cursor_dbi, MDBX_dbi, (const MDBX_cursor *)) \
  X(mdbx_cursor_copy, int, (const MDBX_cursor *, MDBX_cursor *)) \
  X(mdbx_cursor_compare, int, (const MDBX_cursor *, const MDBX_cursor *, bool)) \
  X(mdbx_cursor_get, int, (MDBX_cursor *, MDBX_val *, MDBX_val *, MDBX_cursor_op)) \
  X(mdbx_cursor_get_batch, int, (MDBX_cursor *, size_t *, MDBX_val *, size_t, MDBX_cursor_op)) \
  X(mdbx_cursor_scan, int, (MDBX_cursor *, MDBX_predicate_func, void *, MDBX_cursor_op, MDBX_cursor_op, void *)) \
  X(mdbx_cursor_scan_from, int, \
    (MDBX_cursor *, MDBX_predicate_func, void *, MDBX_cursor_op, MDBX_val *, MDBX_val *, MDBX_cursor_op, void *)) \
  X(mdbx_cursor_put, int, (MDBX_cursor *, const MDBX_val *, MDBX_val *, MDBX_put_flags_t)) \
  X(mdbx_cursor_del, int, (MDBX_cursor *, MDBX_put_flags_t)) \
  X(mdbx_cursor_count, int, (const MDBX_cursor *, size_t *)) \
  X(mdbx_cursor_eof, int, (const MDBX_cursor *)) \
  X(mdbx_cursor_on_first, int, (const MDBX_cursor *)) \
  X(mdbx_cursor_on_last, int, (const MDBX_cursor *)) \
  X(mdbx_cursor_ignord, int, (MDBX_cursor *)) \
  X(mdbx_reader_list, int, (const MDBX_env *, MDBX_reader_list_func, void *)) \
  X(mdbx_reader_check, int, (MDBX_env *, int *)) \
  X(mdbx_thread_register, int, (const MDBX_env *)) \
  X(mdbx_thread_unregister, int, (const MDBX_env *)) \
  X(mdbx_gc_info, int, (MDBX_txn *, MDBX_gc_info_t *, size_t, MDBX_gc_iter_func, void *)) \
  X(mdbx_env_chk, int, \
    (MDBX_env *, const MDBX_chk_callbacks_t *, MDBX_chk_context_t *, MDBX_chk_flags_t, MDBX_chk_severity_t, unsigned)) \
  X(mdbx_env_chk_encount_problem, int, (MDBX_chk_context_t *)) \
  X(mdbx_ratio2digits, const char *, (uint64_t, uint64_t, int, char *, size_t)) \
  X(mdbx_ratio2percents, const char *, (uint64_t, uint64_t, char *, size_t)) \
  X(mdbx_setup_debug, int, (MDBX_log_level_t, MDBX_debug_flags_t, MDBX_debug_func)) \
  X(mdbx_setup_debug_nofmt, int, (MDBX_log_level_t, MDBX_debug_flags_t, MDBX_debug_func_nofmt, char *, size_t)) \
  X(mdbx_set_panic, void, (MDBX_panic_func)) \
  X(mdbx_assert_fail, void, (const char *, const char *, unsigned)) \
  X(mdbx_dump_val, const char *, (const MDBX_val *, char *, size_t)) \
  X(mdbx_strerror, const char *, (int)) \
  X(mdbx_strerror_r, const char *, (int, char *, size_t)) \
  X(mdbx_liberr2str, const char *, (int)) \
  X(mdbx_key_from_int64, uint64_t, (int64_t)) \
  X(mdbx_key_from_int32, uint32_t, (int32_t)) \
  X(mdbx_key_from_double, uint64_t, (double)) \
  X(mdbx_key_from_ptrdouble, uint64_t, (const double *)) \
  X(mdbx_key_from_float, uint32_t, (float)) \
  X(mdbx_key_from_ptrfloat, uint32_t, (const float *)) \
  X(mdbx_key_from_jsonInteger, uint64_t, (int64_t)) \
  X(mdbx_int64_from_key, int64_t, (MDBX_val)) \
  X(mdbx_int32_from_key, int32_t, (MDBX_val)) \
  X(mdbx_double_from_key, double, (MDBX_val)) \
  X(mdbx_float_from_key, float, (MDBX_val)) \
  X(mdbx_jsonInteger_from_key, int64_t, (MDBX_val))

#define ASSERT_FACT(expression, value) _Static_assert((long long)(expression) == (long long)(value), #expression);
#define ASSERT_CALLBACK(name, result, arguments) \
  _Static_assert(__builtin_types_compatible_p(name, result(*) arguments), #name);
#define ASSERT_PROTOTYPE(name, result, arguments) \
  _Static_assert(__builtin_types_compatible_p(__typeof__(name), result arguments), #name);

/* Programs that bring their own copy of the header rely on the layout of 64-bit machines; on others it follows from theirs. */
#if UINTPTR_MAX > UINT32_MAX
LAYOUT(ASSERT_FACT)
#endif
/* Pointers are no constants of the language, so the second list is left to the tests. */
FLAGS(ASSERT_FACT)
NUMBERS(ASSERT_FACT)
ERRORS(ASSERT_FACT)
SYSTEM_ERRORS(ASSERT_FACT)
CALLBACKS(ASSERT_CALLBACK)
PROTOTYPES(ASSERT_PROTOTYPE)

struct fact {
  const char *text;
  long long is, shall;
};

#define FACT_ROW(expression, value) {#expression, (long long)(expression), (long long)(value)},

#define FACT_TEST(name, list) \
  START_TEST(name) { \
    const struct fact facts[] = {list(FACT_ROW){NULL, 0, 0}}; \
    for (const struct fact *fact = facts; fact->text; ++fact) \
      ck_assert_msg(fact->is == fact->shall, "%s is %lld, not %lld", fact->text, fact->is, fact->shall); \
  } \
  END_TEST

#if UINTPTR_MAX > UINT32_MAX
FACT_TEST(layout, LAYOUT)
#endif
FACT_TEST(constants, CONSTANTS)
FACT_TEST(flags, FLAGS)
FACT_TEST(numbers, NUMBERS)
FACT_TEST(errors, ERRORS)
FACT_TEST(system_errors, SYSTEM_ERRORS)

START_TEST(file_names) {
  ck_assert_str_eq(MDBX_DATANAME, "/mdbx.dat");
  ck_assert_str_eq(MDBX_LOCKNAME, "/mdbx.lck");
  ck_assert_str_eq(MDBX_LOCK_SUFFIX, "-lck");
}
END_TEST

/* The bodies in the header and the exported copies are written apart; here they are compared. */
START_TEST(inline_key_encoders) {
  static const int64_t samples[] = {INT64_MIN, INT32_MIN, -1, 0, 1, INT32_MAX, INT64_MAX};
  uint64_t (*volatile exported64)(const int64_t) = mdbx_key_from_int64;
  uint32_t (*volatile exported32)(const int32_t) = mdbx_key_from_int32;
  for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); ++i) {
    ck_assert_uint_eq(mdbx_key_from_int64(samples[i]), (uint64_t)samples[i] ^ (UINT64_C(1) << 63));
    ck_assert_uint_eq(exported64(samples[i]), mdbx_key_from_int64(samples[i]));
    const int32_t narrow = (int32_t)(samples[i] >> 32);
    ck_assert_uint_eq(mdbx_key_from_int32(narrow), (uint32_t)narrow ^ (UINT32_C(1) << 31));
    ck_assert_uint_eq(exported32(narrow), mdbx_key_from_int32(narrow));
  }
}
END_TEST

START_TEST(inline_limits) {
  intptr_t (*volatile smallest)(void) = mdbx_limits_pgsize_min;
  intptr_t (*volatile largest)(void) = mdbx_limits_pgsize_max;
  ck_assert_int_eq(mdbx_limits_pgsize_min(), 256);
  ck_assert_int_eq(mdbx_limits_pgsize_max(), 65536);
  ck_assert_int_eq(smallest(), 256);
  ck_assert_int_eq(largest(), 65536);
}
END_TEST

START_TEST(version_object) {
  ck_assert_uint_eq(mdbx_version.major, MDBX_VERSION_MAJOR);
  ck_assert_uint_eq(mdbx_version.minor, MDBX_VERSION_MINOR);
  ck_assert_ptr_nonnull(mdbx_version.sourcery);
  ck_assert_ptr_nonnull(mdbx_version.git.describe);
  ck_assert_ptr_nonnull(mdbx_build.target);
  ck_assert_ptr_nonnull(mdbx_build.flags);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("header");
  TCase *tc = tcase_create("header");
#if UINTPTR_MAX > UINT32_MAX
  tcase_add_test(tc, layout);
#else
  unit_left_out("layout", "it is known for 64-bit machines only");
#endif
  tcase_add_test(tc, constants);
  tcase_add_test(tc, flags);
  tcase_add_test(tc, numbers);
  tcase_add_test(tc, errors);
  tcase_add_test(tc, system_errors);
  tcase_add_test(tc, file_names);
  tcase_add_test(tc, inline_key_encoders);
  tcase_add_test(tc, inline_limits);
  tcase_add_test(tc, version_object);
  suite_add_tcase(suite, tc);
  return unit_run(suite);
}
