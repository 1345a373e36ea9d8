/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/api_exports.c: linkable copies of the inline functions of mdbx.h, and the two objects that describe the library.
 *
 * Programs in other languages cannot use inline functions of a C header, so this file defines each of them as an
 * ordinary function. The header declares plain prototypes here, so a mismatch is a compile error.
 */
#define MDBX_INLINE_BODIES 0
#include <mdbx.h>

const struct MDBX_version_info mdbx_version = {
    .major = MDBX_VERSION_MAJOR,
    .minor = MDBX_VERSION_MINOR,
    .patch = 0,
    .tweak = 0,
    .semver_prerelease = NULL,
    .git = {"", "", "", ""},
    .sourcery = PACKAGE_NAME "-" PACKAGE_VERSION,
};

/* No date and no time, so that two builds of one source are the same. */
const struct MDBX_build_info mdbx_build = {
    .datetime = "",
    .target = MDBX_BUILD_TARGET,
    .options = MDBX_BUILD_OPTIONS,
    .compiler = __VERSION__,
    .flags = MDBX_BUILD_FLAGS,
    .metadata = "",
};

int mdbx_env_close(MDBX_env *env) { return mdbx_env_close_ex(env, false); }

int mdbx_env_stat(const MDBX_env *env, MDBX_stat *stat, size_t bytes) {
  return mdbx_env_stat_ex(env, NULL, stat, bytes);
}

int mdbx_env_info(const MDBX_env *env, MDBX_envinfo *info, size_t bytes) {
  return mdbx_env_info_ex(env, NULL, info, bytes);
}

int mdbx_env_sync(MDBX_env *env) { return mdbx_env_sync_ex(env, true, false); }

int mdbx_env_sync_poll(MDBX_env *env) { return mdbx_env_sync_ex(env, false, true); }

int mdbx_env_set_mapsize(MDBX_env *env, size_t size) {
  const intptr_t fixed = (intptr_t)size;
  return mdbx_env_set_geometry(env, fixed, fixed, fixed, -1, -1, -1);
}

int mdbx_env_set_maxdbs(MDBX_env *env, MDBX_dbi dbs) { return mdbx_env_set_option(env, MDBX_opt_max_db, dbs); }

int mdbx_env_set_maxreaders(MDBX_env *env, unsigned readers) {
  return mdbx_env_set_option(env, MDBX_opt_max_readers, readers);
}

int mdbx_env_set_syncbytes(MDBX_env *env, size_t threshold) {
  return mdbx_env_set_option(env, MDBX_opt_sync_bytes, threshold);
}

int mdbx_env_set_syncperiod(MDBX_env *env, unsigned seconds_16dot16) {
  return mdbx_env_set_option(env, MDBX_opt_sync_period, seconds_16dot16);
}

/* The value of a 32-bit option; after a failure *value is unchanged. */
static int get_option_u32(const MDBX_env *env, MDBX_option_t option, uint32_t *value) {
  uint64_t wide = 0;
  if (!value)
    return MDBX_EINVAL;
  const int rc = mdbx_env_get_option(env, option, &wide);
  if (rc == MDBX_SUCCESS)
    *value = (uint32_t)wide;
  return rc;
}

int mdbx_env_get_maxdbs(const MDBX_env *env, MDBX_dbi *dbs) { return get_option_u32(env, MDBX_opt_max_db, dbs); }

int mdbx_env_get_maxreaders(const MDBX_env *env, unsigned *readers) {
  return get_option_u32(env, MDBX_opt_max_readers, readers);
}

int mdbx_env_get_syncperiod(const MDBX_env *env, unsigned *period_seconds_16dot16) {
  return get_option_u32(env, MDBX_opt_sync_period, period_seconds_16dot16);
}

int mdbx_env_get_syncbytes(const MDBX_env *env, size_t *threshold) {
  uint64_t wide = 0;
  if (!threshold)
    return MDBX_EINVAL;
  const int rc = mdbx_env_get_option(env, MDBX_opt_sync_bytes, &wide);
  if (rc == MDBX_SUCCESS)
    *threshold = (size_t)wide;
  return rc;
}

intptr_t mdbx_limits_pgsize_min(void) { return MDBX_MIN_PAGESIZE; }

intptr_t mdbx_limits_pgsize_max(void) { return MDBX_MAX_PAGESIZE; }

int mdbx_txn_begin(MDBX_env *env, MDBX_txn *parent, MDBX_txn_flags_t flags, MDBX_txn **txn) {
  return mdbx_txn_begin_ex(env, parent, flags, txn, NULL);
}

int mdbx_txn_commit(MDBX_txn *txn) { return mdbx_txn_commit_ex(txn, NULL); }

int mdbx_txn_abort(MDBX_txn *txn) { return mdbx_txn_abort_ex(txn, NULL); }

int mdbx_txn_release_all_cursors(const MDBX_txn *txn, bool unbind) {
  return mdbx_txn_release_all_cursors_ex(txn, unbind, NULL);
}

int mdbx_dbi_flags(const MDBX_txn *txn, MDBX_dbi dbi, unsigned *flags) {
  unsigned state;
  return mdbx_dbi_flags_ex(txn, dbi, flags, &state);
}

void mdbx_cache_init(MDBX_cache_entry_t *entry) { *entry = (MDBX_cache_entry_t){0, 0, 0, 0}; }

uint64_t mdbx_key_from_int64(const int64_t i64) { return (uint64_t)i64 + (UINT64_C(1) << 63); }

uint32_t mdbx_key_from_int32(const int32_t i32) { return (uint32_t)i32 + (UINT32_C(1) << 31); }
