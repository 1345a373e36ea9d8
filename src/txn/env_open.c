/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening, recovering, closing and deleting databases.
 *
 * Whoever opens a database first, alone, decides which commit is the head (file/meta.h) and sets the file right; the
 * others take what the lock file says. Recovery can be cut at any point: it wipes only metas that were not believed,
 * and does so before anything else is written.
 */
#include "txn/txn.h"

#include "base/log.h"
#include "txn/env_paths.h"

#include <stdlib.h>

enum { POOL_LIMIT = 1024 };

/* ----------------------------------------------------------------------------------------------------- new databases */

static int compose_first_meta(MDBX_env *env, struct meta *meta) {
  struct geometry geometry;
  const struct geometry_system system = env_system();
  const int rc = geometry_new(&env->geometry_request, &system, &geometry);
  if (rc != MDBX_SUCCESS)
    return rc;
  memset(meta, 0, sizeof(*meta));
  meta->page_size = geometry.page_size;
  meta->kind = META_STEADY;
  meta->lower = geometry.lower;
  meta->upper = geometry.upper;
  meta->now = geometry.now;
  meta->next = META_COUNT;
  meta->grow = geometry.grow;
  meta->shrink = geometry.shrink;
  meta->gc.root = meta->main.root = PGNO_NONE;
  memcpy(meta->boot_id, env->boot_id, sizeof(meta->boot_id));
  return os_random_bytes(meta->database_id, sizeof(meta->database_id));
}

/* What a creation that was cut short has left: nothing, or zeros where the metas were to be. The lock file is there, see
 * refuse_foreign(): zeros without one are somebody else's. */
static int is_to_be_made(const MDBX_env *env, bool *empty) {
  return os_file_is_blank(env->fd, (uint64_t)META_COUNT * PAGE_SIZE_MAX, empty);
}

static int write_first_pages(MDBX_env *env) {
  struct meta meta;
  int rc = compose_first_meta(env, &meta);
  if (rc == MDBX_SUCCESS)
    rc = meta_create(env->fd, meta.page_size, &meta);
  if (rc == MDBX_SUCCESS)
    rc = os_ops->datasync(env->fd);
  if (rc == MDBX_SUCCESS)
    rc = os_ops->allocate(env->fd, (uint64_t)META_COUNT * meta.page_size, (uint64_t)meta.now * meta.page_size);
  if (rc == MDBX_SUCCESS)
    rc = os_ops->datasync(env->fd);
  return rc;
}

/* The metas go in first and alone: with one of them on disk the file is a database, before that it is an empty file. When
 * there is no room it becomes an empty file again. */
static int create_database(MDBX_env *env) {
  int rc = os_ops->resize(env->fd, 0);
  if (rc == MDBX_SUCCESS)
    rc = write_first_pages(env);
  if (rc == MDBX_SUCCESS)
    os_sync_parent(env->data_path);
  else if (os_ops->resize(env->fd, 0) != MDBX_SUCCESS)
    log_error("%s: what was written of it cannot be taken back", env->data_path);
  return rc;
}

/* --------------------------------------------------------------------------------------------------------- recovery */

static void adopt_identity(MDBX_env *env, const struct meta *meta) {
  env->page_size = meta->page_size;
  env->shift = (unsigned)__builtin_ctz(meta->page_size);
  memcpy(env->database_id, meta->database_id, sizeof(env->database_id));
  env->seed = checksum_seed(env->database_id);
}

int env_check_length(const MDBX_env *env, const struct meta *meta, uint64_t length) {
  const uint64_t needed = (uint64_t)meta->next * env->page_size;
  /* Of a database that holds nothing yet a cut in its creation may have left one meta only. */
  if (length >= needed || meta->next == META_COUNT)
    return MDBX_SUCCESS;
  return log_damage(MDBX_CORRUPTED, "%s: the file is cut off: %llu bytes, %llu are in use", env->data_path,
                    (unsigned long long)length, (unsigned long long)needed);
}

static int wipe_unbelieved(MDBX_env *env, const struct meta_set *set, const struct meta_choice *choice) {
  bool any = false;
  for (unsigned slot = 0; slot < META_COUNT; ++slot) {
    if (!choice->wipe[slot])
      continue;
    if (set->slot[slot].fault)
      log_warn("%s: meta page %u at byte %llu is damaged: %s; it is wiped, and its commit is lost", env->data_path, slot,
               (unsigned long long)slot * set->page_size, set->slot[slot].fault);
    else
      log_notice("%s: meta page %u is wiped", env->data_path, slot);
    any = true;
    const int rc = meta_wipe(env->fd, env->page_size, slot);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return any ? os_ops->datasync(env->fd) : MDBX_SUCCESS;
}

int env_restore_length(MDBX_env *env, const struct meta *meta, uint64_t length) {
  const uint64_t wanted = (uint64_t)meta->now * env->page_size;
  if (length < wanted)
    return os_ops->allocate(env->fd, length, wanted);
  return length > wanted ? os_ops->resize(env->fd, wanted) : MDBX_SUCCESS;
}

int env_repair(MDBX_env *env, const struct meta_set *set, const struct meta_choice *choice, uint64_t length) {
  const struct meta *head = &set->slot[choice->head].meta;
  int rc = wipe_unbelieved(env, set, choice);
  /* After a process died: the page cache has everything, the disk perhaps not. */
  if (rc == MDBX_SUCCESS)
    rc = os_ops->datasync(env->fd);
  if (rc == MDBX_SUCCESS && choice->make_steady)
    rc = meta_make_steady(env->fd, env->page_size, choice->head, &set->slot[choice->head]);
  if (rc == MDBX_SUCCESS && choice->make_steady)
    rc = os_ops->datasync(env->fd);
  return rc == MDBX_SUCCESS ? env_restore_length(env, head, length) : rc;
}

/* Whoever asked for a certain meta gets it, and nothing is changed on the way. */
static int open_chosen(MDBX_env *env, const struct meta_set *set, unsigned chosen) {
  const struct meta_slot *head = &set->slot[chosen];
  uint64_t length;
  if (!head->valid)
    return log_damage(MDBX_CORRUPTED, "%s: meta page %u is %s%s", env->data_path, chosen,
                      head->blank ? "blank" : "damaged: ", head->blank ? "" : head->fault);
  adopt_identity(env, &head->meta);
  int rc = os_file_size(env->fd, &length);
  if (rc == MDBX_SUCCESS)
    rc = env_check_length(env, &head->meta, length);
  if (rc != MDBX_SUCCESS)
    return rc;
  lck_publish_head(&env->lck, head->txnid, chosen);
  lck_publish_durable(&env->lck, head->txnid);
  return MDBX_SUCCESS;
}

/* Without a lock file nobody knows who else is at work: nothing is written before the first write transaction. */
static bool must_not_be_read(const MDBX_env *env, const struct meta_choice *choice, uint64_t length) {
  if (!env_is_readonly(env))
    return false;
  return choice->rollback || (!env->lockless && (choice->make_steady || length % os_page_size()));
}

/* Why a database must not be read as it is. */
static int refuse_reading(const MDBX_env *env, const struct meta_set *set) {
  for (unsigned slot = 0; slot < META_COUNT; ++slot)
    if (set->slot[slot].fault)
      log_error("%s: meta page %u at byte %llu is damaged: %s", env->data_path, slot,
                (unsigned long long)slot * set->page_size, set->slot[slot].fault);
  return MDBX_WANNA_RECOVERY;
}

/* Nobody else has the database open. */
static int open_first(MDBX_env *env, struct meta_set *set) {
  struct meta_choice choice;
  struct meta_verify_context verify = {env->fd, set};
  uint64_t length;
  int rc = meta_choose(set, env->boot_id, meta_verify_manifest, &verify, &choice);
  if (rc == MDBX_SUCCESS)
    rc = os_file_size(env->fd, &length);
  if (rc != MDBX_SUCCESS)
    return rc;
  const struct meta_slot *head = &set->slot[choice.head];
  adopt_identity(env, &head->meta);
  rc = env_check_length(env, &head->meta, length);
  if (rc == MDBX_SUCCESS)
    rc = env_check_addresses(env, head->meta.upper); /* before anything is repaired */
  if (rc != MDBX_SUCCESS)
    return rc;
  if (choice.rollback)
    log_notice("%s: rolled back to transaction %llu after a system crash", env->data_path,
               (unsigned long long)head->txnid);
  const bool repaired = !env_is_readonly(env) && !env->lockless;
  if (repaired)
    rc = env_repair(env, set, &choice, length);
  else if (must_not_be_read(env, &choice, length))
    rc = refuse_reading(env, set);
  if (rc != MDBX_SUCCESS)
    return rc;
  lck_publish_head(&env->lck, head->txnid, choice.head);
  lck_publish_durable(&env->lck, repaired || (env->lockless && !choice.make_steady) ? head->txnid : TXNID_NONE);
  return MDBX_SUCCESS;
}

/* How often a meta that looks damaged is read again, a millisecond apart. */
enum { HEAD_READS = 50 };

/* The meta of the head. Others may be committing: another commit may be the head by the time its slot is read, and its
 * slot be written once more; and the head's own meta is rewritten when it becomes steady. */
static int read_head_slot(const MDBX_env *env, uint32_t page_size, uint64_t *head, struct meta_slot *slot) {
  for (unsigned reads = 0; reads < HEAD_READS;) {
    *head = lck_head(&env->lck);
    if (lck_head_slot(*head) >= META_COUNT)
      break;
    const int rc = meta_read_slot(env->fd, page_size, lck_head_slot(*head), slot);
    if (rc != MDBX_SUCCESS || (slot->valid && slot->txnid == lck_head_txnid(*head)))
      return rc;
    if (lck_head(&env->lck) != *head)
      continue;
    os_sleep_ms(1);
    ++reads;
  }
  return log_damage(MDBX_CORRUPTED, "%s: the meta page that is in use is damaged", env->data_path);
}

/* Others have it open; the lock file tells the head. The file may have been cut since by a commit after that one. */
static int open_further(MDBX_env *env, const struct meta_set *set) {
  for (;;) {
    uint64_t head, length;
    struct meta_slot slot;
    int rc = read_head_slot(env, set->page_size, &head, &slot);
    if (rc == MDBX_SUCCESS)
      rc = os_file_size(env->fd, &length);
    if (rc != MDBX_SUCCESS)
      return rc;
    adopt_identity(env, &slot.meta);
    if (length >= (uint64_t)slot.meta.next * env->page_size || lck_head(&env->lck) == head)
      return env_check_length(env, &slot.meta, length);
  }
}

/* ---------------------------------------------------------------------------------------------------------- opening */

static int refuse_empty(const MDBX_env *env) {
  return log_damage(MDBX_INVALID, "%s: the file is empty", env->data_path);
}

/* Next to a file that is no database no lock file is made. Where there is none, nobody is at work: whoever makes a database
 * makes the lock file before there is anything in the data file. */
static int refuse_foreign(const MDBX_env *env) {
  struct meta_set set;
  uint64_t length;
  /* The length first: what was written since may be half of a database, with its lock file there. */
  const int rc = os_file_size(env->fd, &length);
  if (rc != MDBX_SUCCESS || os_path_exists(env->lock_path))
    return rc;
  if (length)
    return meta_read_all(env->fd, env->data_path, &set);
  return env_is_readonly(env) ? refuse_empty(env) : MDBX_SUCCESS;
}

static unsigned lock_flags(const MDBX_env *env, unsigned flags) {
  unsigned lock = flags & MDBX_EXCLUSIVE ? LCK_EXCLUSIVE : 0;
  if (env->lockless)
    lock |= LCK_NOLOCK;
  if (flags & MDBX_RDONLY)
    lock |= LCK_READONLY;
  if (log_debug_flags() & MDBX_DBG_LEGACY_MULTIOPEN)
    lock |= LCK_MULTIOPEN;
  return lock;
}

/* Other machines see neither our locks nor our readers. Who has the database alone, or keeps processes apart by himself, needs
 * neither of them. */
static bool may_be_remote(const MDBX_env *env, unsigned flags) { return env->lockless || (flags & MDBX_EXCLUSIVE); }

static int refuse_remote(const char *path) {
  return log_damage(MDBX_EREMOTE, "%s: on a file system of the network, where only MDBX_EXCLUSIVE can have it", path);
}

static int open_files(MDBX_env *env, unsigned flags, mode_t mode) {
  bool regular = false;
  const enum os_open_mode how = flags & MDBX_RDONLY ? OS_OPEN_READ : mode ? OS_OPEN_CREATE : OS_OPEN_WRITE;
  int rc = os_open(env->data_path, how, mode, &env->fd);
  if (rc == MDBX_SUCCESS)
    rc = os_file_is_regular(env->fd, &regular);
  /* By a link that led to nothing when the names were looked at. */
  if (rc == MDBX_SUCCESS && !may_be_remote(env, flags) && os_file_is_remote(env->fd))
    rc = refuse_remote(env->data_path);
  if (rc == MDBX_SUCCESS && !regular)
    rc = log_damage(MDBX_INVALID, "%s: not a regular file", env->data_path);
  if (rc == MDBX_SUCCESS)
    rc = refuse_foreign(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  mode_t lock_mode = mode;
  if (!lock_mode && os_file_mode(env->fd, &lock_mode) != MDBX_SUCCESS)
    lock_mode = 0644;
  return lck_open(&env->lck, env->lock_path, env->fd, lock_flags(env, flags), env->options.max_readers, lock_mode);
}

/* Processes that write must agree on how durable commits are. */
static int agree_on_mode(MDBX_env *env) {
  bool others;
  if (env_is_readonly(env))
    return MDBX_SUCCESS;
  const int rc = lck_enter_writers(&env->lck, &others);
  if (rc != MDBX_SUCCESS)
    return rc;
  const unsigned present = atomic_load(&env->lck.shared->mode), own = env->flags & ENV_FLAGS_SHARED_MODE;
  if (!others)
    atomic_store(&env->lck.shared->mode, own);
  if (!others || present == own)
    return MDBX_SUCCESS;
  if (!(env->flags & MDBX_ACCEDE))
    return log_damage(MDBX_INCOMPATIBLE, "%s: open elsewhere with other durability flags (0x%x, here 0x%x)",
                      env->data_path, present, own);
  env->flags = (env->flags & ~(unsigned)ENV_FLAGS_SHARED_MODE) | (present & ENV_FLAGS_SHARED_MODE);
  return MDBX_SUCCESS;
}

static int open_content(MDBX_env *env) {
  struct meta_set set;
  bool empty;
  int rc = is_to_be_made(env, &empty);
  if (rc == MDBX_SUCCESS && empty) {
    if (env_is_readonly(env) || env->recovery)
      return refuse_empty(env);
    rc = create_database(env);
  }
  if (rc == MDBX_SUCCESS)
    rc = meta_read_all(env->fd, env->data_path, &set);
  if (rc == MDBX_SUCCESS && env->recovery)
    return open_chosen(env, &set, env->recovery - 1);
  if (rc == MDBX_SUCCESS)
    rc = env->lck.first ? open_first(env, &set) : open_further(env, &set);
  return rc;
}

static int map_content(MDBX_env *env, pgno_t upper) {
  int rc = env_check_addresses(env, upper);
  if (rc != MDBX_SUCCESS)
    return rc;
  const size_t length = (size_t)upper << env->shift;
  rc = map_open(&env->map, env->fd, length, env->flags & MDBX_WRITEMAP, env->flags & MDBX_NORDAHEAD);
  if (rc == MDBX_TOO_LARGE)
    log_error("%s: it may grow to %zu bytes, and this process has not so many addresses left", env->data_path, length);
  return rc;
}

static int open_memory(MDBX_env *env) {
  uint64_t head;
  struct meta_slot slot;
  int rc = read_head_slot(env, env->page_size, &head, &slot);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!map_is_open(&env->map))
    rc = map_content(env, slot.meta.upper);
  if (rc == MDBX_SUCCESS)
    rc = env_cover(env, slot.meta.upper);
  if (rc != MDBX_SUCCESS)
    return rc;
  pool_init(&env->pool, env->page_size, POOL_LIMIT);
  if (env->handles) /* of an environment that goes on after a fork */
    return MDBX_SUCCESS;
  env->handles_capacity = CORE_TABLES + env->options.max_dbs;
  env->handles_used = CORE_TABLES;
  env->handles = calloc(env->handles_capacity, sizeof(*env->handles));
  return env->handles ? MDBX_SUCCESS : MDBX_ENOMEM;
}

/* A writer that comes after a reader who could not make sure of the head does so now. */
static int settle_durability(MDBX_env *env) {
  if (env_is_readonly(env) || env->lockless || lck_durable(&env->lck) != TXNID_NONE ||
      (env->flags & MDBX_UTTERLY_NOSYNC) == MDBX_UTTERLY_NOSYNC)
    return MDBX_SUCCESS;
  int rc = env_lock_writer(env, false);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = sync_head(env);
  env_unlock_writer(env);
  return rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc;
}

/* A wish for less than there is becomes one for what there is, as with a new database. */
static int change_geometry(MDBX_txn *txn, struct geometry_request request) {
  const struct geometry_system system = env_system();
  struct geometry changed, *present = &txn->space.geometry;
  const intptr_t used = (intptr_t)geometry_bytes(present, txn->view->limit);
  request.pagesize = -1;
  if (request.upper >= 0)
    request.upper = MAX_OF(request.upper, used);
  const int rc = geometry_change(present, &request, &system, txn->view->limit, &changed);
  if (rc == MDBX_SUCCESS && !geometry_is_equal(present, &changed)) {
    *present = changed;
    txn->geometry_changed = true;
    txn->keep_size = request.now >= 0;
  }
  return rc;
}

/* Size limits asked for before the open hold for an existing database if this process opened it first. Without a lock
 * file it cannot tell, and others may be at work. */
static int apply_requested_geometry(MDBX_env *env) {
  MDBX_txn *txn;
  if (!env->geometry_set || env_is_readonly(env) || !env->lck.first || env->recovery || env->lockless)
    return MDBX_SUCCESS;
  int rc = txn_begin_write(env, MDBX_TXN_READWRITE, NULL, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = change_geometry(txn, env->geometry_request);
  if (rc == MDBX_SUCCESS)
    return txn_commit_write(txn, NULL);
  txn_abort_write(txn);
  return rc;
}

/* The files are open. */
static int open_rest(MDBX_env *env) {
  int rc = open_content(env);
  if (rc == MDBX_SUCCESS) {
    env->dirty_limit = env_default_dirty_limit(env->page_size);
    rc = agree_on_mode(env);
  }
  if (rc == MDBX_SUCCESS)
    rc = open_memory(env);
  if (rc == MDBX_SUCCESS && !(env->flags & MDBX_NOSTICKYTHREADS))
    rc = readers_threads_open(&env->threads, &env->lck);
  if (rc == MDBX_SUCCESS)
    rc = settle_durability(env);
  if (rc == MDBX_SUCCESS) {
    env->opened = true;
    rc = apply_requested_geometry(env);
  }
  lck_open_done(&env->lck);
  return rc;
}

/* A name there may be nothing behind yet: then what will be made lies where its directory does. */
static int check_remote_name(const char *path) {
  if (os_path_exists(path))
    return os_path_is_remote(path) ? refuse_remote(path) : MDBX_SUCCESS;
  char *parent = os_path_parent(path);
  if (!parent)
    return MDBX_ENOMEM;
  const bool remote = os_path_is_remote(parent);
  free(parent);
  return remote ? refuse_remote(path) : MDBX_SUCCESS;
}

/* Before anything is made. The lock file counts too: it is mapped, and others must see what is stored there. */
static int check_remote_names(const MDBX_env *env, const struct env_paths *paths, const char *path, unsigned flags) {
  if (may_be_remote(env, flags))
    return MDBX_SUCCESS;
  if (paths->directory && !os_path_is_directory(path))
    return check_remote_name(path);
  const int rc = check_remote_name(paths->data);
  return rc == MDBX_SUCCESS ? check_remote_name(paths->lock) : rc;
}

static int make_directory(const struct env_paths *paths, const char *path, unsigned flags, mode_t mode) {
  if (!paths->directory || os_path_is_directory(path))
    return MDBX_SUCCESS;
  if (!mode || (flags & MDBX_RDONLY))
    return MDBX_ENOFILE;
  /* Whoever may read the files may enter the directory. */
  return os_mkdir(path, mode | ((mode & 0444) >> 2) | 0700);
}

static int take_paths(MDBX_env *env, const char *path, unsigned flags, mode_t mode) {
  struct env_paths paths;
  int rc = env_paths_make(path, flags & MDBX_NOSUBDIR, &paths);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = env_paths_wish(&paths, env->lock_wish);
  if (rc == MDBX_SUCCESS)
    rc = check_remote_names(env, &paths, path, flags);
  if (rc == MDBX_SUCCESS)
    rc = make_directory(&paths, path, flags, mode);
  if (rc == MDBX_SUCCESS && !env->lockless && paths.other_lock && os_path_exists(paths.lock) && os_path_exists(paths.other_lock))
    rc = log_damage(MDBX_DUPLICATED_LCK, "%s: there is another lock file, %s", paths.lock, paths.other_lock);
  env->path = rc == MDBX_SUCCESS ? strdup(path) : NULL;
  if (rc != MDBX_SUCCESS || !env->path) {
    env_paths_free(&paths);
    return rc == MDBX_SUCCESS ? MDBX_ENOMEM : rc;
  }
  env->data_path = paths.data;
  env->lock_path = paths.lock;
  free(paths.other_lock);
  return MDBX_SUCCESS;
}

static void release_all(MDBX_env *env);

int env_open(MDBX_env *env, const char *path, unsigned flags, mode_t mode) {
  if (env->opened || env->path)
    return MDBX_EPERM;
  if (flags & MDBX_RDONLY)
    flags &= ~(unsigned)ENV_FLAGS_WRITERS;
  int rc = take_paths(env, path, flags, mode);
  if (rc != MDBX_SUCCESS)
    return rc;
  env->flags = flags;
  os_bootid(env->boot_id);
  os_file_note_limit();
  rc = open_files(env, flags, mode);
  if (rc == MDBX_SUCCESS)
    rc = open_rest(env);
  if (rc != MDBX_SUCCESS)
    release_all(env);
  return rc;
}

/* ---------------------------------------------------------------------------------------------------------- closing */

static void free_memos(MDBX_env *env) {
  struct page_memo *memo = atomic_load(&env->memo);
  atomic_store(&env->memo, NULL);
  while (memo) {
    struct page_memo *older = memo->older;
    if (memo->bytes)
      os_unmap(memo->tags, memo->bytes);
    free(memo);
    memo = older;
  }
}

static void free_handles(MDBX_env *env) {
  table_handles_release(env);
  env->handles_capacity = 0;
  env->handles_used = 0;
}

static void free_writer(MDBX_env *env) {
  if (!env->writer_txn)
    return;
  tables_release(env->writer_txn);
  dirty_destroy(&env->writer_txn->space.dirty);
  free(env->writer_txn->space.retired.runs);
  free(env->writer_txn);
  env->writer_txn = NULL;
}

/* Gives back everything, at whatever stage opening stopped; the handle stays. */
static void release_all(MDBX_env *env) {
  const bool inherited = env->generation != os_fork_generation();
  if (env->threads.open && !inherited)
    readers_threads_close(&env->threads);
  free_writer(env);
  pool_destroy(&env->pool);
  free_handles(env);
  free_memos(env);
  map_close(&env->map);
  if (env->lck.shared)
    lck_close(&env->lck);
  if (env->fd >= 0)
    os_close(env->fd);
  env->fd = -1;
  free(env->path);
  free(env->data_path);
  free(env->lock_path);
  env->path = env->data_path = env->lock_path = NULL;
  env->opened = false;
}

static bool data_file_is_unlinked(const MDBX_env *env) {
  unsigned links = 1;
  return os_file_links(env->fd, &links) == MDBX_SUCCESS && links == 0;
}

static int sync_at_close(MDBX_env *env) {
  if (env_is_readonly(env) || env->lockless || atomic_load(&env->fatal) || data_file_is_unlinked(env))
    return MDBX_SUCCESS;
  if (lck_durable(&env->lck) == lck_head_txnid(lck_head(&env->lck)))
    return MDBX_SUCCESS;
  int rc = env_lock_writer(env, false);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = sync_head(env);
  env_unlock_writer(env);
  return rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc;
}

static int close_opened(MDBX_env *env, bool dont_sync) {
  const uintptr_t writer = atomic_load(&env->writer_thread);
  if (writer && writer != os_thread_self())
    return MDBX_BUSY;
  if (writer)
    txn_abort_write(env->writer_txn);
  if (env->writer_locked_by_user) {
    env->writer_locked_by_user = false;
    env_unlock_writer(env);
  }
  return dont_sync ? MDBX_SUCCESS : sync_at_close(env);
}

int env_close(MDBX_env *env, bool dont_sync) {
  int rc = MDBX_SUCCESS;
  const bool inherited = env->generation != os_fork_generation();
  if (env->opened && !inherited)
    rc = close_opened(env, dont_sync);
  if (rc == MDBX_BUSY)
    return rc;
  env->signature = DEAD_SIGNATURE;
  release_all(env);
  os_mutex_destroy(&env->map_mutex);
  os_mutex_destroy(&env->handles_mutex);
  free(env->lock_wish);
  env->lock_wish = NULL;
  env_bury(env);
  return rc;
}

/* ------------------------------------------------------------------------------------------------------- after a fork */

/* The pages and lists of a writer that ran in the parent may be in any state; they are left where they are. */
static void forget_writer(MDBX_env *env) {
  if (!atomic_load(&env->writer_thread) && !lck_writer_is_mine(&env->lck)) {
    free_writer(env);
    pool_destroy(&env->pool);
  } else if (env->writer_txn) {
    env->writer_txn->signature = DEAD_SIGNATURE;
    env->writer_txn = NULL;
  }
  atomic_store(&env->writer_thread, 0);
  env->writer_locked_by_user = false;
  env->writer_lock_thread = 0;
  for (MDBX_dbi dbi = 0; dbi < env->handles_used; ++dbi)
    env->handles[dbi].claimed = false;
}

/* What belongs to the parent. Descriptors and maps are as good here, whatever became of the names and of the right to open
 * them, and readers of the parent go on with them. */
static int shed_inherited(MDBX_env *env) {
  tables_disown(env);
  forget_writer(env);
  if (env->threads.open)
    os_tls_delete(env->threads.key);
  env->threads.open = false;
  env->opened = false;
  env->metas.known = env->metas.writing = false;
  env->geometry_set = false;
  env->generation = os_fork_generation();
  int rc = os_mutex_init(&env->map_mutex);
  if (rc == MDBX_SUCCESS)
    rc = os_mutex_init(&env->map.guard);
  return rc == MDBX_SUCCESS ? os_mutex_init(&env->handles_mutex) : rc;
}

int env_resurrect(MDBX_env *env) {
  uint64_t database_id[2];
  if (!env->opened) {
    env->generation = os_fork_generation();
    return MDBX_SUCCESS;
  }
  if (env->flags & MDBX_EXCLUSIVE)
    return MDBX_BUSY;
  if (atomic_load(&env->fatal))
    return MDBX_PANIC;
  const unsigned acceding = env->flags & MDBX_ACCEDE;
  memcpy(database_id, env->database_id, sizeof(database_id));
  int rc = shed_inherited(env);
  env->flags |= MDBX_ACCEDE; /* the mode may have been changed since */
  if (rc == MDBX_SUCCESS)
    rc = lck_reopen(&env->lck, env->lock_path, env->fd, lock_flags(env, env->flags));
  if (rc == MDBX_SUCCESS)
    rc = open_rest(env);
  env->flags = (env->flags & ~(unsigned)MDBX_ACCEDE) | acceding;
  if (rc == MDBX_SUCCESS && memcmp(database_id, env->database_id, sizeof(database_id)) != 0)
    rc = log_damage(MDBX_PANIC, "%s: another database is there now", env->data_path);
  if (rc != MDBX_SUCCESS)
    release_all(env);
  return rc;
}

/* --------------------------------------------------------------------------------------------------------- deleting */

static int unlink_counted(const char *path, bool *any) {
  const int rc = os_unlink(path);
  *any |= rc == MDBX_SUCCESS;
  return rc == MDBX_ENOFILE ? MDBX_SUCCESS : rc;
}

static int delete_files(const struct env_paths *paths, const char *path) {
  bool any = false;
  int rc = unlink_counted(paths->data, &any);
  if (rc == MDBX_SUCCESS)
    rc = unlink_counted(paths->lock, &any);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (paths->directory && os_path_is_directory(path) && os_rmdir(path) == MDBX_SUCCESS)
    any = true;
  return any ? MDBX_SUCCESS : MDBX_RESULT_TRUE;
}

/* Takes the database exclusively, so that nobody has it open while its files go. */
static int delete_unused(const struct env_paths *paths, const char *path, bool wait) {
  struct lck lck;
  int fd, rc = os_open(paths->data, OS_OPEN_WRITE, 0, &fd);
  if (rc == MDBX_ENOFILE)
    return delete_files(paths, path);
  if (rc != MDBX_SUCCESS)
    return rc;
  memset(&lck, 0, sizeof(lck));
  rc = lck_open(&lck, paths->lock, fd, LCK_EXCLUSIVE | (wait ? LCK_WAIT : 0), 1, 0600);
  if (rc == MDBX_SUCCESS) {
    lck_open_done(&lck);
    rc = delete_files(paths, path);
    lck_close(&lck);
  }
  os_close(fd);
  return rc;
}

int env_delete(const char *path, int how) {
  struct env_paths paths;
  if (how != MDBX_ENV_JUST_DELETE && how != MDBX_ENV_ENSURE_UNUSED && how != MDBX_ENV_WAIT_FOR_UNUSED)
    return MDBX_EINVAL;
  int rc = env_paths_make(path, false, &paths);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = how == MDBX_ENV_JUST_DELETE ? delete_files(&paths, path)
                                   : delete_unused(&paths, path, how == MDBX_ENV_WAIT_FOR_UNUSED);
  env_paths_free(&paths);
  return rc;
}

/* --------------------------------------------------------------------------------------------------------- peeking */

static void fill_from_meta(MDBX_envinfo *info, const struct meta_set *set, unsigned newest) {
  const struct meta *meta = &set->slot[newest].meta;
  const uint64_t page_size = set->page_size;
  info->mi_geo.lower = meta->lower * page_size;
  info->mi_geo.upper = meta->upper * page_size;
  info->mi_geo.current = meta->now * page_size;
  info->mi_geo.shrink = meta->shrink * page_size;
  info->mi_geo.grow = meta->grow * page_size;
  info->mi_dxb_pagesize = set->page_size;
  info->mi_sys_pagesize = (uint32_t)os_page_size();
  info->mi_last_pgno = meta->next - 1;
  info->mi_recent_txnid = set->slot[newest].txnid;
  for (unsigned i = 0; i < META_COUNT; ++i) {
    info->mi_meta_txnid[i] = set->slot[i].txnid;
    info->mi_bootid.meta[i].x = set->slot[i].meta.boot_id[0];
    info->mi_bootid.meta[i].y = set->slot[i].meta.boot_id[1];
  }
  uint64_t boot[2];
  os_bootid(boot);
  info->mi_bootid.current.x = boot[0];
  info->mi_bootid.current.y = boot[1];
}

int env_preopen_info(const char *path, MDBX_envinfo *info) {
  struct env_paths paths;
  struct meta_set set;
  int fd, rc = env_paths_make(path, false, &paths);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = os_open(paths.data, OS_OPEN_READ, 0, &fd);
  if (rc == MDBX_SUCCESS) {
    rc = meta_read_all(fd, paths.data, &set);
    unsigned newest = 0;
    for (unsigned i = 1; i < META_COUNT; ++i)
      if (set.slot[i].valid && (!set.slot[newest].valid || set.slot[i].txnid > set.slot[newest].txnid))
        newest = i;
    if (rc == MDBX_SUCCESS)
      fill_from_meta(info, &set, newest);
    os_close(fd);
  }
  env_paths_free(&paths);
  return rc;
}
