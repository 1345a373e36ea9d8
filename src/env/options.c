/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/options.c: the values of an environment's options, set or default, and the form in which the layers below get
 * them.
 *
 * Some options of the interface have no effect in this engine: they only keep their value. mdbx.h says which.
 */
#include "env/options.h"

#include "base/assert.h"

/* Changed pages use memory of the process; mapped pages do not. */
uint64_t env_default_dirty_limit(size_t page_size) {
  ASSERT(page_size > 0);
  const uint64_t pages = os_memory_of_process() / 42 / page_size;
  return MAX_OF(pages, 128);
}

static uint64_t option_default(const MDBX_env *env, MDBX_option_t option) {
  ASSERT((size_t)option < COUNT_OF(env->options.values));
  static const uint64_t values[] = {
      [MDBX_opt_rp_augment_limit] = 2044,
      [MDBX_opt_loose_limit] = 64,
      [MDBX_opt_dp_reserve_limit] = 1018,
      [MDBX_opt_txn_dp_initial] = 1018,
      [MDBX_opt_spill_max_denominator] = 8,
      [MDBX_opt_spill_min_denominator] = 8,
      [MDBX_opt_merge_threshold] = 21845,
      [MDBX_opt_writethrough_threshold] = 2,
      [MDBX_opt_prefer_waf_insteadof_balance] = 1,
      [MDBX_opt_subpage_limit] = 65535,
      [MDBX_opt_subpage_reserve_prereq] = 27525,
      [MDBX_opt_subpage_reserve_limit] = 2753,
      [MDBX_opt_presync_threshold] = 262144,
      [MDBX_opt_write_by_calls] = 0,
      [MDBX_opt_group_commit] = 1,
      [MDBX_opt_sync_thread] = 0,
  };
  if (option == MDBX_opt_txn_dp_limit)
    return env->opened ? env->dirty_limit : env_default_dirty_limit(os_page_size());
  return values[option];
}

uint64_t env_option(const MDBX_env *env, MDBX_option_t option) {
  ASSERT((size_t)option < COUNT_OF(env->options.values));
  const uint64_t set = atomic_load(&env->options.values[option]);
  return set == UINT64_MAX ? option_default(env, option) : set;
}

/* A share of a page in units of 1/65536. */
static uint32_t share_of(uint64_t share, size_t bytes) {
  ASSERT(share <= 65536);
  return (uint32_t)(share * bytes / 65536);
}

/* 1/N of so many pages; 0 if N is 0. */
static uint64_t part(uint64_t pages, uint64_t denominator) { return denominator ? pages / denominator : 0; }

void env_tuning(const MDBX_env *env, struct space_tuning *tuning) {
  const size_t body = body_size(env->page_size);
  const uint64_t limit = env_option(env, MDBX_opt_txn_dp_limit);
  const uint64_t stay = part(limit, env_option(env, MDBX_opt_spill_max_denominator));
  const uint64_t go = part(limit, env_option(env, MDBX_opt_spill_min_denominator));
  tuning->merge_below = share_of(env_option(env, MDBX_opt_merge_threshold), body);
  tuning->subpage_most = share_of(env_option(env, MDBX_opt_subpage_limit) + 1, body);
  tuning->prefer_changed = env_option(env, MDBX_opt_prefer_waf_insteadof_balance);
  tuning->dirty_limit = limit;
  tuning->dirty_kept = MAX_OF(limit - go, stay);
  ASSERT(tuning->dirty_kept <= tuning->dirty_limit);
  ASSERT(tuning->merge_below < body && tuning->subpage_most <= body);
}
