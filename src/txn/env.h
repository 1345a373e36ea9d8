/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/env.h: an environment: one open database in one process.
 *
 * Owns the descriptors, the mapping, the lock file, the table handles and the write transaction's standing memory.
 * Fields are constant between open and close but for those that name their owner.
 */
#ifndef MDBX_TXN_ENV_H
#define MDBX_TXN_ENV_H

#include "file/lck.h"
#include "file/map.h"
#include "file/geometry.h"
#include "file/meta.h"
#include "file/readers.h"
#include "gc/gc.h"
#include "space/space.h"
#include "tree/cursor.h"

#define ENV_SIGNATURE UINT32_C(0x4d454e56)
#define TXN_SIGNATURE UINT32_C(0x4d54584e)
#define CURSOR_SIGNATURE UINT32_C(0x4d435552)
#define DEAD_SIGNATURE UINT32_C(0xdeadbeef)

/* Flags that stay as mdbx_env_open() got them, and those mdbx_env_set_flags() may change. */
#define ENV_FLAGS_CHANGEABLE                                                                                           \
  (MDBX_SAFE_NOSYNC | MDBX_UTTERLY_NOSYNC | MDBX_NOMETASYNC | MDBX_NOMEMINIT | MDBX_LIFORECLAIM | MDBX_PAGEPERTURB |   \
   MDBX_ACCEDE | MDBX_VALIDATION)
#define ENV_FLAGS_FIXED                                                                                                \
  (MDBX_NOSUBDIR | MDBX_RDONLY | MDBX_WRITEMAP | MDBX_NOSTICKYTHREADS | MDBX_EXCLUSIVE | MDBX_NORDAHEAD)
#define ENV_FLAGS_WRITERS                                                                                              \
  (MDBX_WRITEMAP | MDBX_SAFE_NOSYNC | MDBX_UTTERLY_NOSYNC | MDBX_NOMETASYNC | MDBX_LIFORECLAIM | MDBX_NOMEMINIT |      \
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
  uint64_t values[MDBX_opt_presync_threshold + 1]; /* the others, by number, as set; UINT64_MAX: default */
};

struct MDBX_env {
  uint32_t signature;
  uint32_t generation; /* os_fork_generation() at creation */
  _Atomic unsigned flags; /* changed by open, and by set_flags under the writer lock */
  char *path, *data_path, *lock_path;
  char *lock_wish; /* name of the lock file the user asked for; NULL: none. Until open, kept */
  void *user_context;
  struct env_options options;
  bool lockless;                 /* no lock file; set before open */
  _Atomic uint64_t map_limit;    /* bytes this process uses of the file at most, 0: as many as the geometry allows */
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
  MDBX_txn *writer_txn;          /* the memory of write transactions, made at first use */
  _Atomic uintptr_t writer_thread; /* thread whose write transaction runs, 0: none */
  _Atomic bool writer_locked_by_user;   /* mdbx_txn_lock() */
  _Atomic uintptr_t writer_lock_thread; /* by which thread */

  /* The slow-reader callback; set by the application at any time. `oom` is what it gave in the form of 2018, else NULL;
   * then `hsr` is the adapter that calls it. */
  _Atomic(MDBX_hsr_func) hsr;
  _Atomic(MDBX_oom_func *) oom;

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
int env_open(MDBX_env *env, const char *path, unsigned flags, mode_t mode);
int env_close(MDBX_env *env, bool dont_sync);
/* Makes an environment usable that was inherited by a fork. Transactions of the parent are dead. After an error it can
 * only be closed; MDBX_BUSY and MDBX_PANIC for one that cannot be shared leave it as it was. */
int env_resurrect(MDBX_env *env);
int env_delete(const char *path, int how);
/* What can be told from the file alone, without opening the database. */
int env_preopen_info(const char *path, MDBX_envinfo *info);

static inline bool env_is_readonly(const MDBX_env *env) { return env->flags & MDBX_RDONLY; }

/* The meta page of the newest published commit, copied. */
int env_read_head(const MDBX_env *env, struct meta *meta, txnid_t *txnid, unsigned *slot);
/* The meta of a packed head; MDBX_RESULT_TRUE when a newer commit has overwritten it meanwhile. */
int env_read_meta(const MDBX_env *env, uint64_t head, struct meta *meta);
/* MDBX_TOO_LARGE when a file of that many pages cannot be mapped, whatever else the process has mapped. */
int env_check_addresses(const MDBX_env *env, pgno_t upper);
/* Makes the mapping and the memo long enough for a snapshot with that upper bound.
 * MDBX_UNABLE_EXTEND_MAPSIZE. */
int env_cover(MDBX_env *env, pgno_t upper);
/* Lets a snapshot use the present mapping and memo, after env_cover() made them longer. */
void env_rebase(const MDBX_env *env, struct snapshot *snapshot);
/* Fills a snapshot from a meta. */
int env_snapshot(MDBX_env *env, const struct meta *meta, txnid_t txnid, struct snapshot *snapshot);

void env_geometry_of(const MDBX_env *env, const struct meta *meta, struct geometry *geometry);
struct geometry_system env_system(void);

/* Frees the handles with all they hold. */
void table_handles_release(MDBX_env *env);

/* Thread that may hold transactions of the environment: of sticky ones the calling thread, else 0. */
static inline uintptr_t env_thread(const MDBX_env *env) {
  return env->flags & MDBX_NOSTICKYTHREADS ? 0 : os_thread_self();
}

/* Bits of lck_shared.user. */
enum {
  METAS_DOUBTFUL = 1, /* a failed commit may have left a meta that is newer than the head */
  FILE_IS_LONG = 2    /* longer than the head says; see sync_note_long_file() */
};

/* Takes the writer lock; sets right what a dead writer left. MDBX_BUSY when try_only. */
int env_lock_writer(MDBX_env *env, bool try_only);
void env_unlock_writer(MDBX_env *env);
/* A commit failed when its meta may have been in the file: the environment is done for, and no writer of any process
 * goes on before that meta is gone for sure. Under the writer lock. */
void env_doubt_metas(MDBX_env *env, unsigned slot);

/* A file that is too short for what the meta says is used: MDBX_CORRUPTED. */
int env_check_length(const MDBX_env *env, const struct meta *meta, uint64_t length);
/* Gives the file the length the meta says: longer after growth that was rolled back, shorter after a cut at the wrong
 * time. */
int env_restore_length(MDBX_env *env, const struct meta *meta, uint64_t length);

/* An option of those kept in `options.values`, set or not; see options.c. */
uint64_t env_option(const MDBX_env *env, MDBX_option_t option);
/* By the memory the process may have. */
uint64_t env_default_dirty_limit(size_t page_size);
void env_tuning(const MDBX_env *env, struct space_tuning *tuning);

/* Writes what the choice among the metas asks for: wiped metas, a steady head, the file's length. */
int env_repair(MDBX_env *env, const struct meta_set *set, const struct meta_choice *choice, uint64_t length);
/* MDBX_UNABLE_EXTEND_MAPSIZE when a snapshot of so many pages is beyond this process's limit of the map. */
int env_check_map_limit(const MDBX_env *env, pgno_t pages);
/* The first page this process may not use. */
pgno_t env_map_end(const MDBX_env *env);

/* ---- lockless.c: without a lock file the metas are asked for what others did ---- */

/* Publishes the newest commit of any process, unless a thread of this one is writing. */
int lockless_look(const MDBX_env *env);
/* The same for whoever has just taken the writer lock of the process; repairs the file if need be. */
int lockless_begin_writing(MDBX_env *env);
void lockless_end_writing(MDBX_env *env);

/* ---- env_recovery.c ---- */

/* Opens with the given meta page as the head, alone, changing nothing: writers get MDBX_EPERM until
 * env_turn_for_recovery(). */
int env_open_for_recovery(MDBX_env *env, const char *path, unsigned slot, bool writable);
/* Makes that meta page the newest. The environment is alone with the file and may write. */
int env_turn_for_recovery(MDBX_env *env, unsigned slot);

/* ---- sync.c: durability. All under the writer lock. ---- */

/* Flushes the data file. A failure makes the environment fatal. */
int sync_flush(MDBX_env *env);
/* Makes the newest commit durable: MDBX_RESULT_TRUE when it already is. */
int sync_head(MDBX_env *env);
/* Notes that the file is longer than the head says: what a crash falls back to may need the tail. */
void sync_note_long_file(MDBX_env *env);
bool sync_file_is_long(const MDBX_env *env);
/* Cuts what the file has beyond that many pages, which nothing that a crash may fall back to needs; `all` when it has
 * the size of the head then. */
void sync_cut_file(MDBX_env *env, pgno_t pages, bool all);
/* Whether a threshold for making weak commits durable is reached. */
bool sync_is_due(const MDBX_env *env, uint64_t more_bytes);

#endif
