/* SPDX-License-Identifier: Apache-2.0 */
/* Environments: lifecycle, state, geometry, options. */
#include "api/api.h"

#include "base/log.h"
#include "env/env_files.h"
#include "env/env_writer.h"
#include "env/flusher.h"
#include "env/lockless.h"
#include "env/options.h"
#include "env/seal.h"
#include "env/sync.h"
#include "service/copy.h"
#include "txn/table.h"
#include "txn/txn_env.h"
#include "txn/txn_read.h"
#include "txn/txn_write.h"

#include <stdlib.h>

#define OPEN_FLAGS_KNOWN ((unsigned)(ENV_FLAGS_FIXED | ENV_FLAGS_CHANGEABLE))

int mdbx_env_create(MDBX_env **penv) {
  if (!penv)
    return MDBX_EINVAL;
  *penv = NULL;
  return env_create(penv);
}

int mdbx_env_open(MDBX_env *env, const char *path, MDBX_env_flags_t flags, mdbx_mode_t mode) {
  const int rc = env_check(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!path || !*path || ((unsigned)flags & ~OPEN_FLAGS_KNOWN))
    return MDBX_EINVAL;
  return txn_env_open(env, path, flags, mode);
}

int mdbx_env_close_ex(MDBX_env *env, bool dont_sync) {
  if (!env)
    return MDBX_EINVAL;
  const int rc = env_check(env);
  return rc == MDBX_SUCCESS ? txn_env_close(env, dont_sync) : rc;
}

int mdbx_env_delete(const char *path, MDBX_env_delete_mode_t mode) { return env_delete(path, mode); }

/* ------------------------------------------------------------------------------------------------------------ sync */

static int check_flushing(const MDBX_env *env) {
  const int rc = env_check_open(env);
  return rc == MDBX_SUCCESS && env_is_readonly(env) ? MDBX_EACCESS : rc;
}

/* Meanwhile the environment must not be closed. */
static int sync_and_count(MDBX_env *env, bool force, bool nonblock) {
  atomic_fetch_add(&env->waiting, 1);
  const int rc = sync_newest(env, force, nonblock);
  atomic_fetch_sub(&env->waiting, 1);
  return rc;
}

static int wait_and_count(MDBX_env *env, const struct ticket *ticket, uint64_t until) {
  atomic_fetch_add(&env->waiting, 1);
  const int rc = ticket_wait(env, ticket, until);
  atomic_fetch_sub(&env->waiting, 1);
  return rc;
}

int mdbx_env_sync_ex(MDBX_env *env, bool force, bool nonblock) {
  const int rc = check_flushing(env);
  return rc == MDBX_SUCCESS ? sync_and_count(env, force, nonblock) : rc;
}

int mdbx_env_wait_durable(MDBX_env *env, const MDBX_commit_ticket *ticket, unsigned timeout_seconds_16dot16) {
  const int rc = check_flushing(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!ticket || ticket->txn_id == TXNID_NONE || ticket->epoch > UINT32_MAX)
    return MDBX_EINVAL;
  const struct ticket wanted = {ticket->txn_id, (uint32_t)ticket->epoch};
  if (timeout_seconds_16dot16 == 0)
    return ticket_ask(env, &wanted);
  if (env_is_writing(env))
    return MDBX_BUSY;
  const bool for_ever = timeout_seconds_16dot16 == UINT32_MAX;
  return wait_and_count(env, &wanted, for_ever ? TICKET_FOREVER : os_monotonic_16dot16() + timeout_seconds_16dot16);
}

int mdbx_env_durable_fd(MDBX_env *env, mdbx_filehandle_t *fd) {
  const int rc = check_flushing(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  return fd ? flusher_start(env, fd) : MDBX_EINVAL;
}

/* ----------------------------------------------------------------------------------------------------------- flags */

int mdbx_env_set_flags(MDBX_env *env, MDBX_env_flags_t flags, bool onoff) {
  const int rc = env_check(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if ((unsigned)flags & ~(unsigned)ENV_FLAGS_CHANGEABLE)
    return MDBX_EPERM;
  if (!env->opened)
    return MDBX_EPERM;
  if (env_is_readonly(env))
    return MDBX_EACCESS;
  return env_change_flags(env, (unsigned)flags, onoff);
}

int mdbx_env_get_flags(const MDBX_env *env, unsigned *flags) {
  const int rc = env_check_open(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!flags)
    return MDBX_EINVAL;
  *flags = env->flags & OPEN_FLAGS_KNOWN;
  return MDBX_SUCCESS;
}

int mdbx_env_get_path(const MDBX_env *env, const char **dest) {
  const int rc = env_check_open(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!dest)
    return MDBX_EINVAL;
  *dest = env->path;
  return MDBX_SUCCESS;
}

int mdbx_env_set_lock_path(MDBX_env *env, const char *path) {
  const int rc = env_check(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (env->opened)
    return MDBX_EPERM;
  char *copy = path ? strdup(path) : NULL;
  if (path && !copy)
    return MDBX_ENOMEM;
  free(env->lock_wish);
  env->lock_wish = copy;
  return MDBX_SUCCESS;
}

int mdbx_env_get_fd(const MDBX_env *env, mdbx_filehandle_t *fd) {
  const int rc = env_check_open(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!fd)
    return MDBX_EINVAL;
  *fd = env->fd;
  return MDBX_SUCCESS;
}

int mdbx_env_set_userctx(MDBX_env *env, void *ctx) {
  const int rc = env_check(env);
  if (rc == MDBX_SUCCESS)
    atomic_store(&env->user_context, ctx);
  return rc;
}

void *mdbx_env_get_userctx(const MDBX_env *env) {
  return env_check(env) == MDBX_SUCCESS ? atomic_load(&env->user_context) : NULL;
}

/* -------------------------------------------------------------------------------------------------------- geometry */

static int check_request(const struct geometry_request *request) {
  struct geometry unused;
  const struct geometry_system system = env_system();
  return geometry_new(request, &system, &unused);
}

int mdbx_env_set_geometry(MDBX_env *env, intptr_t size_lower, intptr_t size_now, intptr_t size_upper,
                          intptr_t growth_step, intptr_t shrink_threshold, intptr_t pagesize) {
  const struct geometry_request request = {size_lower, size_now, size_upper, growth_step, shrink_threshold, pagesize};
  int rc = env_check(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (env->opened) {
    rc = env_check_open(env);
    if (rc != MDBX_SUCCESS)
      return rc;
    return env_is_readonly(env) ? MDBX_EACCESS : txn_set_geometry(env, &request);
  }
  rc = check_request(&request);
  if (rc == MDBX_SUCCESS) {
    env->geometry_request = request;
    env->geometry_set = true;
  }
  return rc;
}

/* ----------------------------------------------------------------------------------------------------- information */

/* The meta and the tables to report on: the transaction's, or those of the newest commit. */
struct reported {
  struct table_record gc, main;
  struct geometry geometry;
  pgno_t next;
  struct snapshot view;
};

static int report_newest(const MDBX_env *env, struct reported *reported) {
  struct meta meta;
  txnid_t txnid;
  unsigned slot;
  int rc = env->lockless ? lockless_look(env) : MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS)
    rc = env_read_head(env, &meta, &txnid, &slot);
  if (rc != MDBX_SUCCESS)
    return rc;
  reported->gc = meta_gc_record(&meta);
  reported->main = meta.main;
  reported->next = meta.next;
  reported->geometry = meta_geometry(&meta);
  return MDBX_SUCCESS;
}

static void add_record(MDBX_stat *stat, const struct table_record *record) {
  stat->ms_branch_pages += record->branch_pages;
  stat->ms_leaf_pages += record->leaf_pages;
  stat->ms_overflow_pages += record->large_pages;
  stat->ms_entries += record->items;
  stat->ms_depth = MAX_OF(stat->ms_depth, record->depth);
  stat->ms_mod_txnid = MAX_OF(stat->ms_mod_txnid, record->mod_txnid);
}

static int add_named(void *ctx, const MDBX_txn *txn, const MDBX_val *name, MDBX_db_flags_t flags, const MDBX_stat *stat,
                     MDBX_dbi dbi) {
  MDBX_stat *sum = ctx;
  struct tree *tree;
  (void)name, (void)flags;
  if (dbi && txn_tree((MDBX_txn *)(uintptr_t)txn, dbi, &tree) == MDBX_SUCCESS) {
    add_record(sum, &tree->record);
    return MDBX_SUCCESS;
  }
  sum->ms_branch_pages += stat->ms_branch_pages;
  sum->ms_leaf_pages += stat->ms_leaf_pages;
  sum->ms_overflow_pages += stat->ms_overflow_pages;
  sum->ms_entries += stat->ms_entries;
  sum->ms_depth = MAX_OF(sum->ms_depth, stat->ms_depth);
  sum->ms_mod_txnid = MAX_OF(sum->ms_mod_txnid, stat->ms_mod_txnid);
  return MDBX_SUCCESS;
}

static int stat_of_txn(const MDBX_txn *txn, MDBX_stat *stat) {
  memset(stat, 0, sizeof(*stat));
  stat->ms_psize = (uint32_t)txn->view->page_size;
  add_record(stat, &txn->root->gc.record);
  add_record(stat, &txn->root->main.record);
  return mdbx_enumerate_tables(txn, add_named, stat);
}

/* Begins a reader of its own; but if the thread has a write transaction, uses that. */
static int stat_of_newest(const MDBX_env *env, MDBX_stat *stat) {
  if (env_is_writing(env))
    return stat_of_txn(env->writer_txn->innermost, stat);
  MDBX_txn *txn;
  int rc = txn_begin_read_apart((MDBX_env *)(uintptr_t)env, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = stat_of_txn(txn, stat);
  txn_end_read(txn);
  return rc;
}

int mdbx_env_stat_ex(const MDBX_env *env, const MDBX_txn *txn, MDBX_stat *stat, size_t bytes) {
  int rc = txn ? txn_check(txn) : env_check_open(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!stat || bytes != sizeof(*stat) || (txn && env && txn->env != env))
    return MDBX_EINVAL;
  return txn ? stat_of_txn(txn, stat) : stat_of_newest(env, stat);
}

/* Without a steady meta there is no commit to return to; then the fields are those of an unused meta. */
static void mark_hopeless(MDBX_envinfo *info) {
  unsigned oldest = 0;
  for (unsigned slot = 0; slot < META_COUNT; ++slot) {
    if (info->mi_meta_sign[slot] > 1)
      return;
    if (info->mi_meta_txnid[slot] < info->mi_meta_txnid[oldest])
      oldest = slot;
  }
  info->mi_meta_sign[oldest] = 0;
}

static int fill_metas(MDBX_envinfo *info, const MDBX_env *env) {
  for (unsigned slot = 0; slot < META_COUNT; ++slot) {
    struct meta_slot meta;
    const int rc = meta_read_slot(env->fd, env->page_size, slot, &meta);
    if (rc != MDBX_SUCCESS)
      return rc;
    if (!meta.valid)
      continue;
    info->mi_meta_txnid[slot] = meta.txnid;
    info->mi_meta_sign[slot] = meta.meta.kind == META_WIPED ? 0 : meta.meta.kind == META_WEAK ? 1 : meta.checksum;
    info->mi_bootid.meta[slot].x = meta.meta.boot_id[0];
    info->mi_bootid.meta[slot].y = meta.meta.boot_id[1];
  }
  mark_hopeless(info);
  info->mi_bootid.current.x = env->boot_id[0];
  info->mi_bootid.current.y = env->boot_id[1];
  info->mi_dxbid.x = env->database_id[0];
  info->mi_dxbid.y = env->database_id[1];
  return MDBX_SUCCESS;
}

static int fill_file(MDBX_envinfo *info, const MDBX_env *env) {
  uint64_t length = 0, allocated = 0;
  uint32_t block = 0;
  int rc = os_file_size(env->fd, &length);
  if (rc == MDBX_SUCCESS)
    rc = os_file_blocks(env->fd, &allocated, &block);
  info->mi_mapsize = map_length(&env->map);
  info->mi_dxb_fsize = length;
  info->mi_dxb_fallocated = allocated;
  info->mi_sys_ioblk = block;
  return rc;
}

static void fill_shared(MDBX_envinfo *info, const MDBX_env *env) {
  const struct lck_shared *shared = env->lck.shared;
  const uint64_t now = os_monotonic_16dot16(), since = sync_wanted_since(env);
  info->mi_recent_txnid = lck_head_txnid(lck_head(&env->lck));
  info->mi_latter_reader_txnid = readers_oldest(&env->lck);
  info->mi_self_latter_reader_txnid = readers_oldest_own(&env->lck);
  info->mi_maxreaders = env->lck.slot_count;
  info->mi_numreaders = readers_shown(&env->lck);
  info->mi_mode = env->flags & OPEN_FLAGS_KNOWN;
  info->mi_unsync_volume = sync_volume(env);
  info->mi_autosync_threshold = atomic_load(&shared->autosync_bytes);
  info->mi_autosync_period_seconds16dot16 = (uint32_t)atomic_load(&shared->autosync_period);
  info->mi_since_sync_seconds16dot16 = since ? (uint32_t)(now - since) : 0;
  const uint64_t check = atomic_load(&shared->last_check);
  info->mi_since_reader_check_seconds16dot16 = check ? (uint32_t)(now - check) : 0;
}

static void fill_counters(MDBX_envinfo *info, const MDBX_env *env) {
  uint64_t values[LCK_COUNTERS];
  for (unsigned i = 0; i < LCK_COUNTERS; ++i)
    values[i] = atomic_load(&env->lck.shared->counters[i]);
  _Static_assert(sizeof(info->mi_pgop_stat) == LCK_SHARED_FLUSHES * sizeof(values[0]),
                 "the counters are in the order of the public struct");
  memcpy(&info->mi_pgop_stat, values, sizeof(info->mi_pgop_stat));
  info->mi_shared.flushes = values[LCK_SHARED_FLUSHES];
  info->mi_shared.commits = values[LCK_SHARED_COMMITS];
}

static int info_before_open(const MDBX_env *env, MDBX_envinfo *info) {
  struct geometry geometry;
  const struct geometry_system system = env_system();
  const int rc = geometry_new(&env->geometry_request, &system, &geometry);
  if (rc == MDBX_SUCCESS)
    env_fill_geometry(info, &geometry);
  return rc;
}

static int fill_info(const MDBX_env *env, const MDBX_txn *txn, MDBX_envinfo *info) {
  if (!env->opened)
    return info_before_open(env, info);
  int rc = env_check_open(env);
  struct reported reported;
  if (rc == MDBX_SUCCESS)
    rc = report_newest(env, &reported);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (txn) {
    reported.geometry = txn_is_reader(txn) ? txn->geometry : txn->root->space.geometry;
    reported.next = txn->view->limit;
  }
  env_fill_geometry(info, &reported.geometry);
  rc = fill_file(info, env);
  if (rc == MDBX_SUCCESS)
    rc = fill_metas(info, env);
  if (rc != MDBX_SUCCESS)
    return rc;
  fill_shared(info, env);
  fill_counters(info, env);
  info->mi_last_pgno = reported.next - 1;
  return MDBX_SUCCESS;
}

int mdbx_env_info_ex(const MDBX_env *env, const MDBX_txn *txn, MDBX_envinfo *info, size_t bytes) {
  MDBX_envinfo whole = {0};
  int rc = txn ? txn_check_for_info(txn, MDBX_TXN_ERROR) : env_check(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  const bool known = bytes == sizeof(whole) || bytes == offsetof(MDBX_envinfo, mi_shared); /* the latter is libmdbx's */
  if (!info || !known || (txn && env && txn->env != env))
    return MDBX_EINVAL;
  rc = fill_info(txn ? txn->env : env, txn, &whole);
  memcpy(info, &whole, bytes);
  return rc;
}

int mdbx_preopen_snapinfo(const char *path, MDBX_envinfo *info, size_t bytes) {
  if (!path || !info || bytes != sizeof(*info))
    return MDBX_EINVAL;
  memset(info, 0, sizeof(*info));
  return env_preopen_info(path, info);
}

/* ------------------------------------------------------------------------------------------------------------- copy */

#define COPY_FLAGS_KNOWN \
  ((unsigned)(MDBX_CP_COMPACT | MDBX_CP_FORCE_DYNAMIC_SIZE | MDBX_CP_DONT_FLUSH | MDBX_CP_THROTTLE_MVCC | \
              MDBX_CP_DISPOSE_TXN | MDBX_CP_RENEW_TXN | MDBX_CP_OVERWRITE | MDBX_CP_NO_VERIFY))

int mdbx_env_set_copy_notify(MDBX_env *env, MDBX_copy_notify_func func, void *ctx) {
  const int rc = env_check(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  env->copy_notify = func;
  env->copy_notify_context = ctx;
  return rc;
}

/* A reader of the newest snapshot, for one copy. */
static int begin_copy(MDBX_env *env, MDBX_copy_flags_t flags, MDBX_txn **txn) {
  const int rc = env_check_open(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if ((unsigned)flags & ~COPY_FLAGS_KNOWN)
    return MDBX_EINVAL;
  return txn_begin_read_apart(env, txn);
}

int mdbx_env_copy(MDBX_env *env, const char *dest, MDBX_copy_flags_t flags) {
  MDBX_txn *txn;
  int rc = begin_copy(env, flags, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = copy_to_path(txn, dest, flags);
  txn_end_read(txn);
  return rc;
}

int mdbx_env_copy2fd(MDBX_env *env, mdbx_filehandle_t fd, MDBX_copy_flags_t flags) {
  MDBX_txn *txn;
  int rc = begin_copy(env, flags, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = copy_to_fd(txn, fd, flags);
  txn_end_read(txn);
  return rc;
}

/* Ends, renews or keeps the caller's transaction after its snapshot was copied. */
static int after_copy(MDBX_txn *txn, MDBX_copy_flags_t flags, int rc) {
  if (flags & MDBX_CP_DISPOSE_TXN)
    txn_end_read(txn);
  else if (flags & MDBX_CP_RENEW_TXN) {
    const int renewed = txn_renew_read(txn);
    return rc == MDBX_SUCCESS ? renewed : rc;
  }
  return rc;
}

/* *reader is the transaction whose snapshot is copied: for a write transaction without changes it is a reader of the
 * commit on which that builds. If that commit is pending, it is made durable first; then it is the head as long as the
 * transaction runs. */
static int find_reader(MDBX_txn *txn, MDBX_copy_flags_t flags, MDBX_txn **reader) {
  const unsigned for_readers = MDBX_CP_THROTTLE_MVCC | MDBX_CP_DISPOSE_TXN | MDBX_CP_RENEW_TXN;
  const int rc = txn_check(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  const bool reading = txn_is_reader(txn);
  if ((unsigned)flags & (~COPY_FLAGS_KNOWN | (reading ? 0 : for_readers)))
    return MDBX_EINVAL;
  if (!reading && txn_has_changes(txn->root))
    return MDBX_BAD_TXN;
  *reader = txn;
  if (reading)
    return MDBX_SUCCESS;
  return txn_begin_read_beside(txn, reader);
}

static int end_copy(MDBX_txn *txn, MDBX_txn *reader, MDBX_copy_flags_t flags, int rc) {
  if (txn == reader)
    return after_copy(txn, flags, rc);
  txn_end_read(reader);
  return rc;
}

int mdbx_txn_copy2pathname(MDBX_txn *txn, const char *dest, MDBX_copy_flags_t flags) {
  MDBX_txn *reader;
  const int rc = find_reader(txn, flags, &reader);
  return rc == MDBX_SUCCESS ? end_copy(txn, reader, flags, copy_to_path(reader, dest, flags)) : rc;
}

int mdbx_txn_copy2fd(MDBX_txn *txn, mdbx_filehandle_t fd, MDBX_copy_flags_t flags) {
  MDBX_txn *reader;
  const int rc = find_reader(txn, flags, &reader);
  return rc == MDBX_SUCCESS ? end_copy(txn, reader, flags, copy_to_fd(reader, fd, flags)) : rc;
}
