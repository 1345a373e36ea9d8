/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env.h: an environment: one open database in one process.
 *
 * Owns the descriptors, the mapping, the lock file, the table handles and the write transaction's standing memory.
 * A field is constant between open and close, unless its comment says who changes it.
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

/* Flags that mdbx_env_set_flags() may change; flags that stay as mdbx_env_open() got them; flags that a read-only
 * environment ignores. */
#define ENV_FLAGS_CHANGEABLE \
  (MDBX_SAFE_NOSYNC | MDBX_UTTERLY_NOSYNC | MDBX_NOMETASYNC | MDBX_NOMEMINIT | MDBX_LIFORECLAIM | MDBX_PAGEPERTURB | \
   MDBX_ACCEDE | MDBX_VALIDATION)
#define ENV_FLAGS_FIXED \
  (MDBX_NOSUBDIR | MDBX_RDONLY | MDBX_WRITEMAP | MDBX_NOSTICKYTHREADS | MDBX_EXCLUSIVE | MDBX_NORDAHEAD)
#define ENV_FLAGS_WRITERS \
  (MDBX_WRITEMAP | MDBX_SAFE_NOSYNC | MDBX_UTTERLY_NOSYNC | MDBX_NOMETASYNC | MDBX_LIFORECLAIM | MDBX_NOMEMINIT | \
   MDBX_PAGEPERTURB)
/* All environments that may write to a database must agree on these flags. */
#define ENV_FLAGS_SHARED_MODE (MDBX_SAFE_NOSYNC | MDBX_UTTERLY_NOSYNC | MDBX_NOMETASYNC | MDBX_WRITEMAP)

struct table_name {
  uint8_t *bytes;
  size_t length;
};

/* The comparators a table was opened with. */
struct table_orders {
  struct user_order key, value;
  struct table_orders *older; /* earlier comparators of the same handle */
};

/* A table handle. `generation` is odd while the handle is open. Every opening and closing increments it, so a
 * transaction notices that the handle was closed or given to another table. The fields change under handles_mutex;
 * readers load `orders` without the mutex. */
struct table_handle {
  _Atomic uint32_t generation;
  uint32_t renames; /* changes of the name since the environment was opened */
  bool claimed;     /* the write transaction changes the table */
  struct table_name name;
  _Atomic(struct table_orders *) orders; /* NULL: built-in order */
  struct table_orders *all_orders; /* all comparators that this handle has had; freed when the environment closes */
};

/* In an environment without a lock file: the meta pages as this process saw them last; see lockless.c. */
struct metas_seen {
  uint64_t of[META_COUNT][2]; /* id and checksum */
  bool known;
  bool repaired;    /* a writer saw them: the head is durable and no unbelieved meta is left */
  bool writing;     /* a thread of this process holds the writer lock */
  unsigned present; /* so many meta pages are in the file */
};

struct env_options {
  unsigned max_dbs, max_readers;
  /* The other options, by number; UINT64_MAX: not set. Any thread may change them at any time. */
  _Atomic uint64_t values[MDBX_opt_sync_thread + 1];
};

struct MDBX_env {
  uint32_t signature;
  uint32_t generation;    /* os_fork_generation() at creation */
  _Atomic unsigned flags; /* changed by open, and by set_flags under the writer lock */
  char *path, *data_path, *lock_path;
  char *lock_wish; /* the lock file's name that the application asked for, NULL: the usual name; freed at close */
  _Atomic(void *) user_context;
  struct env_options options;
  bool lockless;              /* no lock file; set before open */
  _Atomic uint64_t map_limit; /* this process uses at most so many bytes of the file; 0: no limit but the geometry */
  struct geometry_request geometry_request; /* used by open */
  bool geometry_set;                        /* the application made the request */
  bool opened;
  unsigned recovery; /* 1 + the slot given to env_open_for_recovery(), until env_turn_for_recovery(); 0: none */

  int fd;
  uint32_t page_size;
  unsigned shift;
  uint64_t seed;
  uint64_t database_id[2];
  uint64_t boot_id[2];
  /* `map` is only as long as the file was: a reader's address space has no room for the upper size, or mappings end
   * with their file (os_maps_exceed_files()). Constant once open. */
  bool maps_present;
  struct dbmap map;
  struct lck lck;
  struct reader_threads threads;
  _Atomic bool fatal; /* a flush failed: nothing is certain until the database is opened again */

  /* The memo of checked pages (see space/snapshot.h). When the map grows, a larger memo replaces it, under map_mutex;
   * closing frees the older memos. */
  _Atomic(struct page_memo *) memo;
  os_mutex_t map_mutex;
  struct metas_seen metas; /* lockless only; under map_mutex */

  struct table_handle *handles;
  unsigned handles_capacity;
  _Atomic unsigned handles_used; /* no handle with this or a greater number has ever been open */
  os_mutex_t handles_mutex;

  uint64_t dirty_limit; /* default of MDBX_opt_txn_dp_limit */

  /* For the holder of the writer lock. */
  struct page_pool pool;
  struct stores stores;
  MDBX_txn *writer_txn;           /* the memory of write transactions, made at first use; txn/ owns it */
  const struct space *work;       /* the pages of the running write transaction, NULL: none runs */
  _Atomic uint64_t writer_thread; /* os_thread_serial() of the thread whose write transaction runs, 0: none runs */
  /* How many pages were retired since the durable commit, when a transaction last ran out of pages and therefore made
   * the head durable; 0: never. */
  uint64_t short_after;
  /* Threads that flush, or wait for a flush, without the writer lock: at the end of a transaction, or in a call such as
   * mdbx_env_sync(). The environment cannot be closed meanwhile. */
  _Atomic uint32_t waiting;
  _Atomic bool writer_locked_by_user;  /* mdbx_txn_lock() */
  _Atomic uint64_t writer_lock_thread; /* os_thread_serial() of the thread that called mdbx_txn_lock() */

  /* The slow-reader callback; the application may set it at any time. If the application set one of the older type
   * MDBX_oom_func, `oom` is that callback and `hsr` an adapter that calls it; else `oom` is NULL. */
  _Atomic(MDBX_hsr_func) hsr;
  _Atomic(MDBX_oom_func *) oom;
  MDBX_copy_notify_func copy_notify; /* receives the progress of copies; NULL: none. Set while no copy runs */
  void *copy_notify_context;

  _Atomic uint32_t flush_microseconds; /* group.c: how long a shared flush takes on average; 0: not known */
  struct flusher *_Atomic flusher;     /* flusher.c: the thread that flushes for others; NULL: none */
  _Atomic bool tickets;                /* a commit with a ticket was made since that thread looked */

  MDBX_env *next_dead; /* list of closed handles; under os_process_lock */
};

struct page_memo {
  uint32_t *tags;
  uint32_t mask;
  size_t bytes; /* length of `tags`; 0: there was no memory for it, so pages are checked at every visit */
  struct page_memo *older;
};

/* MDBX_EINVAL: NULL. MDBX_EBADSIGN: the environment was closed, or is none. */
int env_check(const MDBX_env *env);
/* The same; also MDBX_EPERM: not open, and MDBX_PANIC: the environment has failed, or was inherited over a fork. */
int env_check_open(const MDBX_env *env);

int env_create(MDBX_env **env);
/* Ends a handle whose resources have all been released. */
void env_bury(MDBX_env *env);

/* The meta page that the file has in that slot now; not checked. */
static inline const struct meta_page *env_mapped_meta(const MDBX_env *env, unsigned slot) {
  return (const struct meta_page *)(const void *)(map_base(&env->map) + ((size_t)slot << env->shift));
}

static inline bool env_is_readonly(const MDBX_env *env) { return env->flags & MDBX_RDONLY; }

/* Whether the running write transaction is one that the calling thread began. If it is not tied to the thread, it may
 * outlive it: so a later thread must not be taken for that one. */
static inline bool env_is_writing(const MDBX_env *env) {
  const uint64_t writer = atomic_load(&env->writer_thread);
  return writer && writer == os_thread_serial();
}

/* Whether the calling thread holds the writer lock by mdbx_txn_lock(). */
static inline bool env_has_locked(const MDBX_env *env) {
  return env->writer_locked_by_user && env->writer_lock_thread == os_thread_serial();
}

/* The owner of a transaction that begins now: the calling thread, or 0 with MDBX_NOSTICKYTHREADS. */
static inline uintptr_t env_thread(const MDBX_env *env) {
  return env->flags & MDBX_NOSTICKYTHREADS ? 0 : os_thread_self();
}

#endif
