/* SPDX-License-Identifier: Apache-2.0 */
/* Opens and closes an environment, and revives it after a fork. */
#include "env/env_open.h"

#include "base/assert.h"
#include "base/log.h"
#include "env/env_files.h"
#include "env/env_make.h"
#include "env/env_paths.h"
#include "env/env_repair.h"
#include "env/env_view.h"
#include "env/env_writer.h"
#include "env/flusher.h"
#include "env/group.h"
#include "env/handles.h"
#include "env/options.h"
#include "env/sync.h"
#include "file/pending.h"

#include <stdlib.h>

enum { POOL_LIMIT = 1024 };

static void adopt_identity(MDBX_env *env, const struct meta *meta) {
  env->page_size = meta->page_size;
  env->shift = (unsigned)__builtin_ctz(meta->page_size);
  memcpy(env->database_id, meta->database_id, sizeof(env->database_id));
  env->seed = checksum_seed(env->database_id);
}

/* For env_open_for_recovery(): the given meta becomes the head, and the file is not changed. */
static int open_chosen(MDBX_env *env, const struct meta_set *set, unsigned chosen, struct meta *meta) {
  ASSERT(chosen < META_COUNT && env->recovery == chosen + 1);
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
  *meta = head->meta;
  lck_publish_head(&env->lck, head->txnid, chosen);
  lck_publish_durable(&env->lck, head->txnid);
  return MDBX_SUCCESS;
}

/* Whether a read-only opener would need a repair first. Without a lock file the first write transaction repairs the
 * file, because nobody knows at open which other processes use it. */
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

/* So many bytes of the file must be mapped at least. */
static uint64_t width_of(const MDBX_env *env, const struct meta *meta) {
  return (uint64_t)(env_is_readonly(env) ? meta->now : meta->upper) << env->shift;
}

static int refuse_width(const MDBX_env *env, const struct meta *meta) {
  return log_damage(MDBX_TOO_LARGE, "%s: the database %s %llu bytes, and this process has not so many addresses",
                    env->data_path, env_is_readonly(env) ? "has" : "may grow to",
                    (unsigned long long)width_of(env, meta));
}

static int check_width(const MDBX_env *env, const struct meta *meta) {
  return width_of(env, meta) <= MAP_LENGTH_MAX ? MDBX_SUCCESS : refuse_width(env, meta);
}

/* Nobody else has the database open. */
static int open_first(MDBX_env *env, struct meta_set *set, struct meta *meta) {
  ASSERT(env->lck.first && !env->recovery);
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
    rc = check_width(env, &head->meta); /* before anything is repaired */
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
  *meta = head->meta;
  lck_publish_head(&env->lck, head->txnid, choice.head);
  lck_publish_durable(&env->lck, repaired || (env->lockless && !choice.make_steady) ? head->txnid : TXNID_NONE);
  return MDBX_SUCCESS;
}

/* How often a meta that looks damaged is read again, a millisecond apart. */
enum { HEAD_READS = 50 };

/* Reads the meta of the head. Other processes may commit meanwhile: a newer commit may become the head while this reads
 * the slot, a later one may overwrite the slot, and the head's own meta is rewritten when the commit becomes steady. */
static int read_head_slot(const MDBX_env *env, uint32_t page_size, uint64_t *head, struct meta_slot *slot) {
  for (unsigned reads = 0; reads < HEAD_READS;) {
    *head = lck_head(&env->lck);
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

/* Other processes have the database open; the lock file names the head. A later commit may have cut the file since. */
static int open_further(MDBX_env *env, const struct meta_set *set, struct meta *meta) {
  ASSERT(!env->lck.first);
  for (;;) {
    uint64_t head, length;
    struct meta_slot slot;
    int rc = read_head_slot(env, set->page_size, &head, &slot);
    if (rc == MDBX_SUCCESS)
      rc = os_file_size(env->fd, &length);
    if (rc != MDBX_SUCCESS)
      return rc;
    adopt_identity(env, &slot.meta);
    *meta = slot.meta;
    if (length >= (uint64_t)slot.meta.next * env->page_size || lck_head(&env->lck) == head)
      return env_check_length(env, &slot.meta, length);
  }
}

/* ------------------------------------------------------------------------------------------------------------- files */

static int refuse_empty(const MDBX_env *env) {
  return log_damage(MDBX_INVALID, "%s: the file is empty", env->data_path);
}

/* The engine makes no lock file beside a file that is no database. If there is no lock file, no other process is making
 * the database: a process makes the lock file before it writes to the data file. */
static int refuse_foreign(const MDBX_env *env) {
  struct meta_set set;
  uint64_t length;
  /* The length first: if another process makes the database after this line, its lock file exists by the next line. */
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

/* Other machines see neither our locks nor our readers. An exclusive environment, or an application that keeps
 * processes apart itself, needs neither. */
static bool may_be_remote(const MDBX_env *env, unsigned flags) { return env->lockless || (flags & MDBX_EXCLUSIVE); }

static int refuse_remote(const char *path) {
  return log_damage(MDBX_EREMOTE, "%s: on a network file system, where it can be opened only with MDBX_EXCLUSIVE",
                    path);
}

static int open_files(MDBX_env *env, unsigned flags, mode_t mode) {
  const enum os_open_mode how = flags & MDBX_RDONLY ? OS_OPEN_READ : mode ? OS_OPEN_CREATE : OS_OPEN_WRITE;
  int rc = os_open(env->data_path, how, mode, &env->fd);
  if (rc == MDBX_SUCCESS)
    rc = env_refuse_irregular(env->fd, env->data_path);
  /* The name may be a link whose target did not exist when check_remote_names() looked. */
  if (rc == MDBX_SUCCESS && !may_be_remote(env, flags) && os_file_is_remote(env->fd))
    rc = refuse_remote(env->data_path);
  if (rc == MDBX_SUCCESS)
    rc = refuse_foreign(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  mode_t lock_mode = mode;
  if (!lock_mode && os_file_mode(env->fd, &lock_mode) != MDBX_SUCCESS)
    lock_mode = 0644;
  return lck_open(&env->lck, env->lock_path, env->fd, lock_flags(env, flags), env->options.max_readers, lock_mode);
}

/* Processes that write must agree on the durability of commits. */
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

/* ----------------------------------------------------------------------------------------------------------- content */

static int open_existing(MDBX_env *env, struct meta *meta) {
  struct meta_set set;
  const int rc = meta_read_all(env->fd, env->data_path, &set);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (env->recovery)
    return open_chosen(env, &set, env->recovery - 1, meta);
  return env->lck.first ? open_first(env, &set, meta) : open_further(env, &set, meta);
}

/* Without a lock file, another process may commit and cut the file while this process reads the metas one by one: then
 * the file looks damaged, and is read again. */
static int open_among_writers(MDBX_env *env, struct meta *meta) {
  int rc = open_existing(env, meta);
  for (unsigned reads = 1; env->lockless && rc == MDBX_CORRUPTED && reads < HEAD_READS; ++reads) {
    os_sleep_ms(1);
    rc = open_existing(env, meta);
  }
  return rc;
}

/* *meta becomes the meta of the head. */
static int open_content(MDBX_env *env, struct meta *meta) {
  bool empty;
  int rc = env_is_to_be_made(env, &empty);
  if (rc == MDBX_SUCCESS && empty) {
    if (env_is_readonly(env) || env->recovery)
      return refuse_empty(env);
    rc = env_make_database(env);
  }
  return rc == MDBX_SUCCESS ? open_among_writers(env, meta) : rc;
}

static int map_pages(MDBX_env *env, pgno_t pages) {
  ASSERT(!map_is_open(&env->map));
  if (!env_has_addresses(env, pages))
    return MDBX_TOO_LARGE;
  return map_open(&env->map, env->fd, (size_t)pages << env->shift, env->flags & MDBX_WRITEMAP,
                  env->flags & MDBX_NORDAHEAD);
}

/* A writer maps the file up to its upper size. A reader without so many addresses maps the file's present length, and
 * more when the file has grown. Where mappings end with their file, every environment does that. */
static int open_map(MDBX_env *env, const struct meta *meta) {
  const bool growing = !os_maps_exceed_files();
  int rc = growing ? MDBX_TOO_LARGE : map_pages(env, meta->upper);
  if (rc == MDBX_TOO_LARGE && (growing || env_is_readonly(env))) {
    rc = map_pages(env, meta->now);
    env->maps_present = rc == MDBX_SUCCESS;
  }
  return rc == MDBX_TOO_LARGE ? refuse_width(env, meta) : rc;
}

static int open_memory(MDBX_env *env, const struct meta *meta) {
  ASSERT(env->page_size && env->page_size == UINT32_C(1) << env->shift);
  int rc = map_is_open(&env->map) ? MDBX_SUCCESS : open_map(env, meta);
  if (rc == MDBX_SUCCESS)
    rc = env_cover_meta(env, meta);
  if (rc != MDBX_SUCCESS)
    return rc;
  pool_init(&env->pool, env->page_size, POOL_LIMIT);
  if (env->handles) /* kept by env_resurrect() */
    return MDBX_SUCCESS;
  env->handles_capacity = CORE_TABLES + env->options.max_dbs;
  env->handles_used = CORE_TABLES;
  env->handles = calloc(env->handles_capacity, sizeof(*env->handles));
  return env->handles ? MDBX_SUCCESS : MDBX_ENOMEM;
}

static int make_head_durable(MDBX_env *env) {
  ASSERT(!env_is_readonly(env) && !env->lockless);
  int rc = env_lock_writer(env, false);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = sync_head(env);
  env_unlock_writer(env);
  return rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc;
}

/* A read-only first opener cannot make the head durable; the next opener that may write does it here. */
static int ensure_durable_head(MDBX_env *env) {
  if (env_is_readonly(env) || env->lockless || lck_durable(&env->lck) != TXNID_NONE ||
      (env->flags & MDBX_UTTERLY_NOSYNC) == MDBX_UTTERLY_NOSYNC)
    return MDBX_SUCCESS;
  return make_head_durable(env);
}

/* Opens the rest; the files are open. */
static int open_rest(MDBX_env *env) {
  ASSERT(!env->opened && env->fd >= 0);
  ASSERT(!env->writer_txn && !env->work);
  struct meta meta;
  int rc = open_content(env, &meta);
  if (rc == MDBX_SUCCESS) {
    env->dirty_limit = env_default_dirty_limit(env->page_size);
    rc = agree_on_mode(env);
  }
  if (rc == MDBX_SUCCESS && (env->flags & MDBX_WRITEMAP) && !env->recovery)
    rc = env_fill_holes(env);
  if (rc == MDBX_SUCCESS)
    rc = open_memory(env, &meta);
  if (rc == MDBX_SUCCESS && !(env->flags & MDBX_NOSTICKYTHREADS))
    rc = readers_threads_open(&env->threads, &env->lck);
  if (rc == MDBX_SUCCESS)
    rc = ensure_durable_head(env);
  env->opened = rc == MDBX_SUCCESS;
  lck_open_done(&env->lck);
  return rc;
}

/* ------------------------------------------------------------------------------------------------------------- names */

/* If the path does not exist yet, the directory that it will be made in decides. */
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

/* Called before any file is made. The lock file must not be remote either: processes share it through a mapping. */
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
  /* Users who may read the files may enter the directory. */
  return os_mkdir(path, mode | ((mode & 0444) >> 2) | 0700);
}

static int take_paths(MDBX_env *env, const char *path, unsigned flags, mode_t mode) {
  ASSERT(!env->path && !env->data_path && !env->lock_path);
  struct env_paths paths;
  int rc = env_paths_make(path, flags & MDBX_NOSUBDIR, &paths);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = env_paths_wish(&paths, env->lock_wish);
  if (rc == MDBX_SUCCESS)
    rc = check_remote_names(env, &paths, path, flags);
  if (rc == MDBX_SUCCESS)
    rc = make_directory(&paths, path, flags, mode);
  if (rc == MDBX_SUCCESS && !env->lockless && paths.other_lock && os_path_exists(paths.lock) &&
      os_path_exists(paths.other_lock))
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

/* *other: the lock file with this name is gone; another one, under another name, is in use. */
static int open_once(MDBX_env *env, const char *path, unsigned flags, mode_t mode, bool *other) {
  int rc = take_paths(env, path, flags, mode);
  if (rc != MDBX_SUCCESS)
    return rc;
  env->flags = flags;
  os_file_note_limit();
  rc = os_bootid(env->boot_id);
  if (rc == MDBX_SUCCESS)
    rc = open_files(env, flags, mode);
  *other = rc == MDBX_DUPLICATED_LCK && !os_path_exists(env->lock_path);
  if (rc == MDBX_SUCCESS)
    rc = open_rest(env);
  if (rc != MDBX_SUCCESS)
    env_release(env);
  return rc;
}

int env_open(MDBX_env *env, const char *path, unsigned flags, mode_t mode) {
  enum { ATTEMPTS = 8 }; /* of two openers that make lock files under two names, both may fail and come again */
  if (env->opened || env->path)
    return MDBX_EPERM;
  if (flags & MDBX_RDONLY)
    flags &= ~(unsigned)ENV_FLAGS_WRITERS;
  if (!os_maps_exceed_files())
    flags &= ~(unsigned)MDBX_WRITEMAP;
  bool other = true;
  int rc = MDBX_DUPLICATED_LCK;
  for (unsigned i = 0; i < ATTEMPTS && other; ++i) {
    other = false;
    rc = open_once(env, path, flags, mode, &other);
  }
  return other ? log_damage(rc, "%s: in use under another name, or its lock file was removed", path) : rc;
}

/* ----------------------------------------------------------------------------------------------------------- closing */

void env_release(MDBX_env *env) {
  const bool inherited = env->generation != os_fork_generation();
  if (inherited)
    flusher_forget(env);
  if (env->threads.open && !inherited)
    readers_threads_close(&env->threads);
  pool_destroy(&env->pool);
  handles_release(env);
  env_forget_memo(env);
  stores_close(&env->stores);
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
  ASSERT(!env->handles && !map_is_open(&env->map) && !env->lck.shared);
}

static bool data_file_is_unlinked(const MDBX_env *env) {
  unsigned links = 1;
  return os_file_links(env->fd, &links) == MDBX_SUCCESS && links == 0;
}

static int sync_at_close(MDBX_env *env) {
  if (env_is_readonly(env) || env->lockless || atomic_load(&env->fatal) || data_file_is_unlinked(env))
    return MDBX_SUCCESS;
  /* If there is nothing to flush, closing does not wait for a writer. */
  if (sync_all_is_durable(env))
    return MDBX_SUCCESS;
  return make_head_durable(env);
}

int env_close(MDBX_env *env, bool dont_sync) {
  ASSERT(env->signature == ENV_SIGNATURE && !env->writer_txn);
  const bool inherited = env->generation != os_fork_generation();
  int rc = MDBX_SUCCESS;
  if (env->opened && !inherited && env->writer_locked_by_user) {
    env->writer_locked_by_user = false;
    env_unlock_writer(env);
  }
  if (env->opened && !inherited) {
    flusher_stop(env);
    rc = dont_sync ? MDBX_SUCCESS : sync_at_close(env);
  }
  env->signature = DEAD_SIGNATURE;
  env_release(env);
  os_mutex_destroy(&env->map_mutex);
  os_mutex_destroy(&env->handles_mutex);
  free(env->lock_wish);
  env->lock_wish = NULL;
  env_bury(env);
  return rc;
}

/* ------------------------------------------------------------------------------------------------------ after a fork */

/* Gives up everything that belongs to the parent, but keeps descriptors and maps: they are valid in the child, even if
 * the files can no longer be opened by name, and read transactions of the parent continue to use them. */
static int shed_inherited(MDBX_env *env) {
  ASSERT(env->opened && !env->writer_txn);
  flusher_forget(env);
  atomic_store(&env->writer_thread, 0);
  atomic_store(&env->waiting, 0); /* the child does not have those threads */
  atomic_store(&env->tickets, false);
  env->work = NULL;
  env->writer_locked_by_user = false;
  env->writer_lock_thread = 0;
  if (env->threads.open)
    os_tls_delete(env->threads.key);
  env->threads.open = false;
  env->opened = false;
  env->metas = (struct metas_seen){.known = false};
  env->geometry_set = false;
  env->generation = os_fork_generation();
  int rc = os_mutex_init(&env->map_mutex, RANK_MAP);
  if (rc == MDBX_SUCCESS)
    rc = os_mutex_init(&env->map.guard, RANK_GUARD);
  return rc == MDBX_SUCCESS ? os_mutex_init(&env->handles_mutex, RANK_HANDLES) : rc;
}

int env_check_resurrection(const MDBX_env *env) {
  if (env->opened && (env->flags & MDBX_EXCLUSIVE))
    return MDBX_BUSY;
  return env->opened && atomic_load(&env->fatal) ? MDBX_PANIC : MDBX_SUCCESS;
}

int env_resurrect(MDBX_env *env) {
  uint64_t database_id[2];
  if (!env->opened) {
    env->generation = os_fork_generation();
    return MDBX_SUCCESS;
  }
  const unsigned acceding = env->flags & MDBX_ACCEDE;
  memcpy(database_id, env->database_id, sizeof(database_id));
  int rc = shed_inherited(env);
  env->flags |= MDBX_ACCEDE; /* other processes may have agreed on another mode since */
  if (rc == MDBX_SUCCESS)
    rc = lck_reopen(&env->lck, env->lock_path, env->fd, lock_flags(env, env->flags));
  if (rc == MDBX_SUCCESS)
    rc = open_rest(env);
  env->flags = (env->flags & ~(unsigned)MDBX_ACCEDE) | acceding;
  if (rc == MDBX_SUCCESS && memcmp(database_id, env->database_id, sizeof(database_id)) != 0)
    rc = log_damage(MDBX_PANIC, "%s: another database is there now", env->data_path);
  if (rc != MDBX_SUCCESS)
    env_release(env);
  return rc;
}
