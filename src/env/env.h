/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env.h: an environment: one open database in one process.
 *
 * Owns the descriptors, the mapping, the lock file, the table handles and the write transaction's standing memory.
 * Fields are constant between open and close but for those that name their owner.
 */
#ifndef MDBX_ENV_ENV_H
#define MDBX_ENV_ENV_H

#include "file/geometry.h"
#include "file/lck.h"
#include "file/map.h"
#include "file/meta.h"
#include "file/readers.h"
#include "file/stores.h"
#include "format/compare.h"
#include "space/space.h"

#define ENV_SIGNATURE UINT32_C(0x4d454e56)
#define TXN_SIGNATURE UINT32_C(0x4d54584e)
#define CURSOR_SIGNATURE UINT32_C(0x4d435552)
#define DEAD_SIGNATURE UINT32_C(0xdeadbeef)

/* Flags that stay as mdbx_env_open() got them, and those mdbx_env_set_flags() may change. */
#define ENV_FLAGS_CHANGEABLE \
  (MDBX_SAFE_NOSYNC | MDBX_UTTERLY_NOSYNC | MDBX_NOMETASYNC | MDBX_NOMEMINIT | MDBX_LIFORECLAIM | MDBX_PAGEPERTURB | \
   MDBX_ACCEDE | MDBX_VALIDATION)
#define ENV_FLAGS_FIXED \
  (MDBX_NOSUBDIR | MDBX_RDONLY | MDBX_WRITEMAP | MDBX_NOSTICKYTHREADS | MDBX_EXCLUSIVE | MDBX_NORDAHEAD)
#define ENV_FLAGS_WRITERS \
  (MDBX_WRITEMAP | MDBX_SAFE_NOSYNC | MDBX_UTTERLY_NOSYNC | MDBX_NOMETASYNC | MDBX_LIFORECLAIM | MDBX_NOMEMINIT | \
   MDBX_PAGEPERTURB)
/* What all processes that have a database open must agree on. */
#define ENV_FLAGS_SHARED_MODE (MDBX_SAFE_NOSYNC | MDBX_UTTERLY_NOSYNC | MDBX_NOMETASYNC | MDBX_WRITEMAP)

struct table_name {
  uint8_t *bytes;
  size_t length;
};

/* The comparators a table was opened with. */
struct table_orders {
  struct user_order key, value;
  struct table_orders *older; /* of the same handle */
};

/* A table handle. `generation` is odd while the handle is open and changes with every opening and closing, so that a
 * transaction notices a handle that was closed or given to another table since. Changed under handles_mutex; `orders`
 * is read without it. */
struct table_handle {
  _Atomic uint32_t generation;
  bool claimed; /* the write transaction changes the table */
  struct table_name name;
  _Atomic(struct table_orders *) orders; /* NULL: built-in order */
  struct table_orders *all_orders;       /* ever used with this handle, freed when the environment closes */
};

/* Of an environment without a lock file: the meta pages as they were when last looked at; see lockless.c. */
struct metas_seen {
  uint64_t of[META_COUNT][2]; /* id and checksum */
  bool known;
  bool repaired; /* a writer looked: the head is durable and no unbelieved meta is left */
  bool writing;  /* a thread of this process holds the writer lock */
};

struct env_options {
  unsigned max_dbs, max_readers;
  uint64_t values[MDBX_opt_sync_thread + 1]; /* the others, by number, as set; UINT64_MAX: default */
};

struct MDBX_env {
  uint32_t signature;
  uint32_t generation;    /* os_fork_generation() at creation */
  _Atomic unsigned flags; /* changed by open, and by set_flags under the writer lock */
  char *path, *data_path, *lock_path;
  char *lock_wish; /* name of the lock file the user asked for; NULL: none. Until open, kept */
  void *user_context;
  struct env_options options;
  bool lockless;              /* no lock file; set before open */
  _Atomic uint64_t map_limit; /* bytes this process uses of the file at most, 0: as many as the geometry allows */
  struct geometry_request geometry_request; /* until open */
  bool geometry_set;                        /* the user asked for it */
  bool opened;
  unsigned recovery; /* meta page asked for by env_open_for_recovery() + 1, until it is made the newest; 0: none */

  int fd;
  uint32_t page_size;
  unsigned shift;
  uint64_t seed;
  uint64_t database_id[2];
  uint64_t boot_id[2];
  /* `map` is as long as the file was: that of a reader without room for the upper bound, or of anybody where mappings end
   * with their file. Constant once open. */
  bool maps_present;
  struct dbmap map;
  struct lck lck;
  struct reader_threads threads;
  _Atomic bool fatal; /* a flush failed: nothing is certain until the database is opened again */

  /* The memo of checked pages (see space/snapshot.h). Replaced with a larger one when the map grows, under
   * map_mutex; old ones are freed at close. */
  _Atomic(struct page_memo *) memo;
  os_mutex_t map_mutex;
  struct metas_seen metas; /* lockless only; under map_mutex */

  struct table_handle *handles;
  unsigned handles_capacity;
  _Atomic unsigned handles_used; /* no handle at or above has ever been open */
  os_mutex_t handles_mutex;

  uint64_t dirty_limit; /* default of MDBX_opt_txn_dp_limit */

  /* For the holder of the writer lock. */
  struct page_pool pool;
  struct stores stores;
  MDBX_txn *writer_txn;            /* the memory of write transactions, made at first use; txn/ owns it */
  const struct space *work;        /* the pages of the write transaction that runs, NULL: none */
  _Atomic uintptr_t writer_thread; /* thread whose write transaction runs, 0: none */
  uint64_t short_after; /* pages retired since the durable commit when a transaction had no others left; 0: none had */
  /* Threads that wait for a flush without the writer lock, or make one: at the end of a transaction, or asked for. */
  _Atomic uint32_t waiting;
  _Atomic bool writer_locked_by_user;   /* mdbx_txn_lock() */
  _Atomic uintptr_t writer_lock_thread; /* by which thread */

  /* The slow-reader callback; set by the application at any time. `oom` is what it gave in the form of 2018, else NULL;
   * then `hsr` is the adapter that calls it. */
  _Atomic(MDBX_hsr_func) hsr;
  _Atomic(MDBX_oom_func *) oom;
  MDBX_copy_notify_func copy_notify; /* receives the progress of copies, NULL: nobody; set while no copy runs */
  void *copy_notify_context;

  _Atomic uint32_t flush_microseconds; /* group.c: what a flush of commits takes; 0: not known */
  struct flusher *_Atomic flusher;     /* flusher.c: the thread that makes flushes for others, NULL: none */
  _Atomic bool tickets;                /* there were commits with tickets since that thread looked */

  MDBX_env *next_dead; /* of closed handles; under os_process_lock */
};

struct page_memo {
  uint32_t *tags;
  uint32_t mask;
  size_t bytes; /* of the mapping; 0 for the fallback that never matches */
  struct page_memo *older;
};

/* MDBX_SUCCESS for a handle that may be used, MDBX_EINVAL, MDBX_EBADSIGN. */
int env_check(const MDBX_env *env);
/* The same, and it must be open (MDBX_EPERM), not failed and not inherited by a fork (MDBX_PANIC). */
int env_check_open(const MDBX_env *env);

int env_create(MDBX_env **env);
/* The end of a handle: everything it had has been released. */
void env_bury(MDBX_env *env);

/* What is in the file now, unchecked. */
static inline const struct meta_page *env_mapped_meta(const MDBX_env *env, unsigned slot) {
  return (const struct meta_page *)(const void *)(map_base(&env->map) + ((size_t)slot << env->shift));
}

static inline bool env_is_readonly(const MDBX_env *env) { return env->flags & MDBX_RDONLY; }

/* Thread that may hold transactions of the environment: of sticky ones the calling thread, else 0. */
static inline uintptr_t env_thread(const MDBX_env *env) {
  return env->flags & MDBX_NOSTICKYTHREADS ? 0 : os_thread_self();
}

#endif
