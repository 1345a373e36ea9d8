/* SPDX-License-Identifier: Apache-2.0 */
/* Public functions: options of an environment. env/options.c has their defaults. */
#include "api/api.h"

#include "env/flusher.h"
#include "env/options.h"

struct option_rule {
  uint64_t low, high;
  bool writers_only;
};

/* The ranges of the options in MDBX_env.options.values; the options before them are handled individually. */
static const struct option_rule option_rules[] = {
    [MDBX_opt_rp_augment_limit] = {0, PGNO_LIMIT, false},
    [MDBX_opt_loose_limit] = {0, 255, false},
    [MDBX_opt_dp_reserve_limit] = {0, INT32_MAX, false},
    [MDBX_opt_txn_dp_limit] = {128, PGNO_LIMIT, true},
    [MDBX_opt_txn_dp_initial] = {128, PGNO_LIMIT, true},
    [MDBX_opt_spill_max_denominator] = {0, 255, false},
    [MDBX_opt_spill_min_denominator] = {0, 255, false},
    [MDBX_opt_spill_parent4child_denominator] = {0, 255, false},
    [MDBX_opt_merge_threshold] = {8192, 32768, false},
    [MDBX_opt_writethrough_threshold] = {0, UINT32_MAX, false},
    [MDBX_opt_prefault_write_enable] = {0, 1, false},
    [MDBX_opt_gc_time_limit] = {0, UINT32_MAX, true},
    [MDBX_opt_prefer_waf_insteadof_balance] = {0, 1, false},
    [MDBX_opt_subpage_limit] = {0, 65535, false},
    [MDBX_opt_subpage_room_threshold] = {0, 65535, false},
    [MDBX_opt_subpage_reserve_prereq] = {0, 65535, false},
    [MDBX_opt_subpage_reserve_limit] = {0, 65535, false},
    [MDBX_opt_split_reserve] = {0, 32768, false},
    [MDBX_opt_presync_threshold] = {1, UINT64_C(1) << 31, false},
    [MDBX_opt_write_by_calls] = {0, 1, false},
    [MDBX_opt_group_commit] = {0, 1, false},
    [MDBX_opt_sync_thread] = {0, 1, true},
};

/* All other options have a range. */
static bool is_known(MDBX_option_t option) {
  return (unsigned)option <= MDBX_opt_sync_period ||
         ((unsigned)option < COUNT_OF(option_rules) && option_rules[option].high != 0);
}

static int set_max_dbs(MDBX_env *env, uint64_t value) {
  if (env->opened)
    return MDBX_EPERM;
  if (value == UINT64_MAX)
    value = 42;
  if (value > MDBX_MAX_DBI)
    return MDBX_EINVAL;
  env->options.max_dbs = (unsigned)value;
  return MDBX_SUCCESS;
}

static int set_max_readers(MDBX_env *env, uint64_t value) {
  if (env->opened)
    return MDBX_EPERM;
  if (value == UINT64_MAX)
    value = LCK_READERS_DEFAULT;
  if (value < 1 || value > LCK_READERS_MAX)
    return MDBX_EINVAL;
  env->options.max_readers = (unsigned)value;
  return MDBX_SUCCESS;
}

static int set_autosync(MDBX_env *env, MDBX_option_t option, uint64_t value) {
  if (!env->opened)
    return MDBX_EPERM;
  if (env_is_readonly(env))
    return MDBX_EACCESS;
  if (option == MDBX_opt_sync_bytes) {
    if (value == UINT64_MAX)
      value = 0;
    atomic_store(&env->lck.shared->autosync_bytes, ceil_to((size_t)value, env->page_size));
    return MDBX_SUCCESS;
  }
  if (value == UINT64_MAX)
    value = 2780315; /* 42.4 seconds */
  if (value > UINT32_MAX)
    return MDBX_EINVAL;
  atomic_store(&env->lck.shared->autosync_period, value);
  flusher_look_again(env);
  return MDBX_SUCCESS;
}

static int set_plain_option(MDBX_env *env, MDBX_option_t option, uint64_t value) {
  const struct option_rule *rule = &option_rules[option];
  if (option == MDBX_opt_presync_threshold && !env->opened)
    return MDBX_EPERM;
  if (rule->writers_only && env->opened && env_is_readonly(env))
    return MDBX_EACCESS;
  if ((option == MDBX_opt_txn_dp_limit || option == MDBX_opt_txn_dp_initial) && env->opened && env_is_writing(env))
    return MDBX_EPERM;
  if (value != UINT64_MAX && (value < rule->low || value > rule->high))
    return MDBX_EINVAL;
  atomic_store(&env->options.values[option], value);
  return option == MDBX_opt_sync_thread && env->opened ? flusher_obey_option(env) : MDBX_SUCCESS;
}

int mdbx_env_set_option(MDBX_env *env, MDBX_option_t option, uint64_t value) {
  const int rc = env_check(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  switch (option) {
  case MDBX_opt_max_db:
    return set_max_dbs(env, value);
  case MDBX_opt_max_readers:
    return set_max_readers(env, value);
  case MDBX_opt_sync_bytes:
  case MDBX_opt_sync_period:
    return set_autosync(env, option, value);
  default:
    break;
  }
  if (!is_known(option))
    return MDBX_EINVAL;
  return set_plain_option(env, option, value);
}

int mdbx_env_get_option(const MDBX_env *env, MDBX_option_t option, uint64_t *pvalue) {
  const int rc = env_check(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!pvalue || !is_known(option))
    return MDBX_EINVAL;
  switch (option) {
  case MDBX_opt_max_db:
    *pvalue = env->options.max_dbs;
    return MDBX_SUCCESS;
  case MDBX_opt_max_readers:
    *pvalue = env->opened ? env->lck.slot_count : env->options.max_readers;
    return MDBX_SUCCESS;
  case MDBX_opt_sync_bytes:
  case MDBX_opt_sync_period:
    if (!env->opened)
      return MDBX_EPERM;
    *pvalue = atomic_load(option == MDBX_opt_sync_bytes ? &env->lck.shared->autosync_bytes
                                                        : &env->lck.shared->autosync_period);
    return MDBX_SUCCESS;
  default:
    break;
  }
  *pvalue = env_option(env, option);
  return MDBX_SUCCESS;
}
