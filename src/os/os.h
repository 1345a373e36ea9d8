/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/os.h: everything the engine needs from the operating system. The only place with system calls.
 *
 * Owns no state of the database, only per-process caches (page size, boot id, fork generation) and the process mutex.
 * Invariants:
 *  - every function returns MDBX_SUCCESS, an errno value, or the MDBX_* code its comment names; errno is not used;
 *  - interrupted calls are repeated, short reads and writes are continued;
 *  - no descriptor handed out is 0, 1 or 2, and each is close-on-exec;
 *  - every modification of the data file goes through the table `os_ops`, so that a test can record it, let it fail,
 *    or cut it short.
 * Called by every layer above src/base. No function here takes a lock of the caller.
 */
#ifndef MDBX_OS_OS_H
#define MDBX_OS_OS_H

#include "base/assert.h"
#include "base/base.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

/* ---- The fault seam: calls that modify the data file -------------------------------------------------------------*/

struct os_ops {
  /* Writes all bytes of all chunks from `offset` on, or returns an error. Any count, any total size. The chunk array
   * is scratch memory of the call: its content is undefined afterwards. */
  int (*pwritev)(int fd, struct iovec *iov, int count, uint64_t offset);
  /* Flushes all data of the file, and its length, so that they survive a loss of power. */
  int (*datasync)(int fd);
  /* Writes bytes within the file so that they survive a loss of power. It may flush other data of the file too. */
  int (*write_through)(int fd, const void *bytes, size_t length, uint64_t offset);
  /* Sets the length of the file; new bytes read as zeros but may have no storage yet. MDBX_BUSY if the file would become
   * shorter and the system does not allow that while it is mapped. */
  int (*resize)(int fd, uint64_t length);
  /* Makes the file at least `to` bytes long and allocates storage for the bytes from `from` to `to`, without changing
   * their content. If the disk is full, this call returns ENOSPC, and there is no SIGBUS later. */
  int (*allocate)(int fd, uint64_t from, uint64_t to);
  /* As datasync, for bytes modified through a writable mapping of that file. `addr` is rounded down to a page. */
  int (*msync)(void *addr, size_t length, int fd);
  /* Copies bytes to a mapping made by os_map_stores(), at file offset `offset`; the file has storage for them. Others,
   * also other processes, see the copies of successive calls in the order of the calls. */
  int (*store)(int fd, void *to, const void *from, size_t length, uint64_t offset);
};

/* In os_map.c; part of os_ops_real. */
int os_store_real(int fd, void *to, const void *from, size_t length, uint64_t offset);
extern const struct os_ops os_ops_real;
/* Owned by the process; set by tests before any environment is opened, constant otherwise. */
extern const struct os_ops *os_ops;

/* ---- Files (os_file.c) -------------------------------------------------------------------------------------------*/

enum os_open_mode {
  OS_OPEN_READ,       /* an existing file, read-only */
  OS_OPEN_WRITE,      /* existing file, read and write */
  OS_OPEN_CREATE,     /* read and write, created if absent */
  OS_OPEN_CREATE_NEW, /* read and write, created; EEXIST if present */
  OS_OPEN_LOCK,       /* read and write, created if absent; ELOOP if the name is a symbolic link */
  OS_OPEN_THROUGH     /* for writing to a device or a pipe; may wait for its other end */
};

/* The identity of a file: it is equal for two descriptors of the same file. */
struct os_file_id {
  uint64_t device, inode;
};

/* Never waits for the other end of a FIFO, and never makes a terminal the controlling one. */
int os_open(const char *path, enum os_open_mode how, mode_t mode, int *fd);
/* Another descriptor of the same open file. */
int os_dup(int fd, int *copy);
int os_close(int fd);
/* Reads up to length bytes; *got is less only at the end of the file. */
int os_pread_full(int fd, void *buffer, size_t length, uint64_t offset, size_t *got);
/* Writes all bytes at the present position; also to pipes and sockets. */
int os_write_full(int fd, const void *buffer, size_t length);
int os_file_size(int fd, uint64_t *length);
int os_file_id(int fd, struct os_file_id *id);
int os_path_id(const char *path, struct os_file_id *id);
bool os_file_id_equal(const struct os_file_id *a, const struct os_file_id *b);
/* True when the file has no more than `limit` bytes, and all of them are zero. */
int os_file_is_blank(int fd, uint64_t limit, bool *blank);
/* Reads the limit of this process for file sizes: writing beyond it then returns EFBIG, without a signal. The same
 * holds for allocating. */
void os_file_note_limit(void);
/* Number of names the file has; 0 once it was unlinked. */
int os_file_links(int fd, unsigned *links);
int os_file_blocks(int fd, uint64_t *allocated, uint32_t *io_block);
int os_file_is_regular(int fd, bool *regular);
/* True for descriptors that cannot seek (pipes, sockets, terminals). */
bool os_file_is_stream(int fd);
/* True when the file system is mounted read-only. */
bool os_file_on_readonly_fs(int fd);
/* True for file systems that other machines may write to as well: mappings are not coherent between machines, and
 * shared memory does not work between them. False if unknown. */
bool os_file_is_remote(int fd);
bool os_path_is_remote(const char *path);
/* True for file systems that write an existing block in place for ever, as long as the file is not cut, and whose
 * blocks are not smaller than a memory page: then a store through a mapping needs no new space. False if unknown. */
bool os_file_keeps_blocks(int fd);
/* Permission bits of the file (0777 mask). */
int os_file_mode(int fd, mode_t *mode);
/* The kind of file that has the name of an output. A symbolic link counts as the file it leads to, if the caller or
 * root owns the link. */
enum os_target {
  OS_TARGET_NEW,    /* no such file */
  OS_TARGET_FILE,   /* a regular file */
  OS_TARGET_SPECIAL /* a device, pipe or other file that is never replaced or removed */
};
/* *real receives the name after following links; the caller frees it. MDBX_EEXIST for a dangling link, ELOOP for a link
 * of another owner. */
int os_path_target(const char *path, enum os_target *kind, char **real);
bool os_path_exists(const char *path);
/* The directory that contains a path, in allocated memory; slashes at the end are ignored. NULL without memory. */
char *os_path_parent(const char *path);
bool os_path_is_directory(const char *path);
/* True if the path exists and is neither a regular file nor a link: a device, a pipe, a socket, a directory. */
bool os_path_is_special(const char *path);
int os_unlink(const char *path);
int os_rename(const char *from, const char *to);
int os_mkdir(const char *path, mode_t mode);
int os_rmdir(const char *path);
/* Flushes the directory entry of `path`, so that it survives a loss of power. */
int os_sync_parent(const char *path);
/* Tells the system to begin writing what a flush would write, if the system can; waits only for space in its queues. If
 * such a write fails, the next flush reports it. */
void os_file_begin_flush(int fd);
/* The full flush of a file that is not the data file of an environment: copies, lock-step tools. */
int os_file_sync(int fd);

/* ---- Memory maps (os_map.c) --------------------------------------------------------------------------------------*/

enum os_advice {
  OS_ADVICE_NORMAL,
  OS_ADVICE_RANDOM,
  OS_ADVICE_WILLNEED,
  OS_ADVICE_DONTNEED,
  OS_ADVICE_DONTFORK,
  OS_ADVICE_DONTDUMP
};

/* Whether a mapping may be longer than its file, so that the file can grow under it, and whether a mapped file can be
 * cut. Where they may not, a file that has grown is mapped anew, and os_ops->resize() returns MDBX_BUSY instead of
 * cutting a mapped file. Nothing is stored through a mapping of the data file there. */
bool os_maps_exceed_files(void);
/* For tests: from now on this process behaves as if they may not. */
void os_maps_pretend_short(bool are);
/* Shared mapping from the start of the file. If os_maps_exceed_files(), the length may lie beyond the end of the file and
 * reserves addresses only; elsewhere such a length is MDBX_EINVAL. */
int os_map_file(int fd, size_t length, bool writable, void **addr);
/* Readable and writable mapping of bytes that exist, for the lock file. */
int os_map_shared(int fd, size_t length, void **addr);
/* Writable mapping from the start of the file, only for os_ops->store(). Children do not inherit it; if the processor
 * has memory protection keys, nothing else in the process can access it. The length is as for os_map_file(). */
int os_map_stores(int fd, size_t length, void **addr);
/* Whether the address space of this process is limited. */
bool os_addresses_are_limited(void);
/* Zeroed private memory; the system allocates it at the first access. */
int os_map_anonymous(size_t length, void **addr);
int os_unmap(void *addr, size_t length);
/* Advice that the system does not know is ignored. */
int os_advise(void *addr, size_t length, enum os_advice advice);
/* Locks pages in memory, and unlocks them. */
int os_memory_lock(void *addr, size_t length);
int os_memory_unlock(void *addr, size_t length);
/* Raises the limit of this process for locked memory as far as possible. */
void os_memory_lock_allow(size_t bytes);
/* Reads a range of a mapping into memory. MDBX_ENOSYS if the system cannot; an error, but no signal, if the file ends
 * before the range. */
int os_map_populate(void *addr, size_t length);
/* Prepares a range of a writable mapping for stores, with one call for all pages. Codes as above. */
int os_map_populate_for_stores(void *addr, size_t length);

/* ---- Byte-range locks (os_lock.c) --------------------------------------------------------------------------------*/

/*
 * Locks of the open file where the system has them (Linux): they go when the last descriptor of that open file is
 * closed or its last holder dies, whatever other descriptors the process opens and closes. A forked child shares them,
 * until os_reopen() gives it an open file of its own. A mapping keeps the open file it was made from, in children too;
 * so the mapped open file must not be the one that has the locks.
 *
 * Elsewhere, and for descriptors with OS_LOCK_BY_PROCESS or-ed in, POSIX record locks: owned by the process, not
 * inherited by a forked child, gone at the death of the owner, and gone also when the owner closes ANY descriptor of the
 * file.
 *
 * Locks of one open file, or of one process, never conflict with each other; the two kinds do conflict.
 */
#define OS_LOCK_BY_PROCESS 0x40000000

/* A caller locks ranges that are disjoint, or one range again, shared or exclusively; and unlocks whole ranges. MDBX_BUSY
 * when somebody else holds a byte in conflict and wait is false. */
int os_range_lock(int fd, uint64_t start, uint64_t length, bool exclusive, bool wait);
int os_range_unlock(int fd, uint64_t start, uint64_t length);
/* Tells whether somebody else holds a lock that conflicts, and the range of one such lock (length 0: to the end), or a
 * range with such a lock in it. */
int os_range_test(int fd, uint64_t start, uint64_t length, bool exclusive, bool *busy, uint64_t *busy_start,
                  uint64_t *busy_length);
/* True where closing another descriptor of the file does not drop locks. */
bool os_range_belongs_to_file(void);
/* Opens the file of a descriptor again, with the same access, without its name. The result is another open file. System
 * errors if this is impossible. */
int os_open_again(int fd, int *twin);
/* Gives a descriptor an open file of its own, so that it shares no locks with other processes. Async-signal-safe. False
 * if the system does not allow it; then nothing changes. */
bool os_reopen(int fd);
/* Makes fd another descriptor of the open file that `by` has. Async-signal-safe. */
bool os_replace(int fd, int by);

/* ---- The process-shared lock (os_shlock.c, os_word.c) ------------------------------------------------------------*/

/*
 * A lock in memory shared by processes. Zero bytes are a free lock. The owner is a token, so any thread of the owning
 * process may release it, and a waiter can ask whether the owner still lives.
 */
struct os_shlock {
  /* Low half: owner token and the bit "somebody waits"; high half: a number that grows with every acquisition, so that
   * a take-over cannot remove a later owner with the same token. Changed by compare-and-swap when the lock is acquired,
   * released or taken over. */
  _Atomic uint64_t word;
};

/* Tokens of owners are 1 .. OS_SHLOCK_TOKEN_MAX. */
#define OS_SHLOCK_TOKEN_MAX UINT32_C(0x7ffffffe)

typedef bool (*os_shlock_alive)(void *context, uint32_t token);

/* MDBX_SUCCESS; MDBX_RESULT_TRUE when it was taken over from an owner that died holding it (the caller holds it then,
 * and the guarded data may be inconsistent); MDBX_BUSY when `try` and a living owner has it. */
int os_shlock_acquire(struct os_shlock *lock, uint32_t token, os_shlock_alive alive, void *context, bool try_only);
/* Waits, but gives up with MDBX_BUSY soon after `over` has become true. */
int os_shlock_acquire_until(struct os_shlock *lock, uint32_t token, os_shlock_alive alive, void *context,
                            const _Atomic bool *over);
/* The number of the present ownership. While it does not change, nobody has taken the lock away from its owner. */
uint32_t os_shlock_turn(const struct os_shlock *lock);
/* MDBX_PROBLEM, and nothing is done, if token is not the owner, or if it was taken for dead meanwhile and is the owner
 * again. */
int os_shlock_release(struct os_shlock *lock, uint32_t token, uint32_t turn);
/* The owner's token, 0 when free or when the owner is known dead. */
uint32_t os_shlock_owner(const struct os_shlock *lock);
/* True if somebody waits for the lock, or may wait. */
bool os_shlock_is_wanted(const struct os_shlock *lock);
/* Call it when it is known that a former holder of token is gone: the next acquirer learns of it. True if that holder
 * had the lock. */
bool os_shlock_bury(struct os_shlock *lock, uint32_t token);

/* Sleeps while a word shared by processes has this value, at most this long, and at most 50 ms; may return early. */
void os_word_sleep(_Atomic uint32_t *word, uint32_t value, uint32_t microseconds);
/* Wakes all sleepers of the word, or one of them; the caller has changed its value before. */
void os_word_wake(_Atomic uint32_t *word);
void os_word_wake_one(_Atomic uint32_t *word);

/* ---- Threads (os_thread.c) ---------------------------------------------------------------------------------------*/

/* A mutex with a rank, which a debug build checks. */
typedef struct {
  pthread_mutex_t mutex;
  enum lock_rank rank;
} os_mutex_t;
typedef pthread_key_t os_tls_t;

int os_mutex_init(os_mutex_t *mutex, enum lock_rank rank);
void os_mutex_lock(os_mutex_t *mutex);
void os_mutex_unlock(os_mutex_t *mutex);
void os_mutex_destroy(os_mutex_t *mutex);

/* One mutex of the process for rare work on process-wide lists (open, close, first use by a thread, thread exit). It
 * is the innermost lock of all, never held across a call that may block, and is in a usable state in a forked child. */
void os_process_lock(void);
void os_process_unlock(void);

int os_tls_create(os_tls_t *key, void (*destructor)(void *));
void *os_tls_get(os_tls_t key);
int os_tls_set(os_tls_t key, void *value);
void os_tls_delete(os_tls_t key);

/* The calling thread; unique among the living threads of the process. */
static inline uintptr_t os_thread_self(void) {
#if defined(__x86_64__) && defined(__GLIBC__) && __GNUC__ >= 11 && !defined(__clang__)
  return (uintptr_t)__builtin_thread_pointer(); /* the same, without a call: every operation asks */
#else
  return (uintptr_t)pthread_self();
#endif
}
/* A small number of the calling thread, unique in the process. */
uint32_t os_thread_number(void);
/* A number of the calling thread that no other thread of the process ever gets, not even after this one has ended, as it
 * may get that of os_thread_self(). Never 0. */
uint64_t os_thread_serial(void);
uint32_t os_pid(void);
/* Grows by one in each forked child, so that a child knows what it inherited; no system call. */
extern _Atomic uint32_t os_fork_count;
/* Registers a function that is called in each forked child, under the process mutex and before the generation grows. It
 * may only do what is async-signal-safe. Only one function can be registered. */
void os_fork_watch(void (*in_child)(void));
static inline uint32_t os_fork_generation(void) { return atomic_load_explicit(&os_fork_count, memory_order_relaxed); }
void os_sleep_ms(unsigned milliseconds);
/* A thread of the library: it handles no signals of the program. */
int os_thread_start(pthread_t *thread, void *(*run)(void *), void *argument);
/* From now on the calling thread, when it is woken, does not preempt the thread that woke it (SCHED_BATCH). */
void os_thread_give_way(void);
void os_thread_join(pthread_t thread);
/* An event: a descriptor that is readable from the time it is raised until it is read. MDBX_ENOSYS if the system has
 * none. */
int os_event_open(int *fd);
void os_event_raise(int fd);
/* Sleeps until an event is raised, and consumes it; or until the time is over (16.16; EVENT_FOREVER: no limit). */
#define EVENT_FOREVER UINT64_MAX
void os_event_await(int fd, uint64_t patience);

/* ---- Facts (os_info.c) -------------------------------------------------------------------------------------------*/

/* Constant until the next boot; zeros when the system has none. An error passes: the next call may work. */
int os_bootid(uint64_t id[2]);
/* For tests: from now on this process behaves as if it ran in another boot. */
void os_bootid_pretend(const uint64_t id[2]);
int os_random_bytes(void *buffer, size_t length);
/* Seconds in units of 1/65536 since some point of this boot; the same clock in every process. */
uint64_t os_monotonic_16dot16(void);
size_t os_page_size(void);
/* Pages of RAM of the machine, and free ones, without regard to limits of this process. */
int os_ram_pages(uint64_t *total, uint64_t *available);
/* Bytes of RAM that this process may use: the least of the machine's, its control groups' and its address space's. 0 if
 * unknown. */
uint64_t os_memory_of_process(void);
/* For tests: control groups are searched below this folder; "" for the real ones. The text is not copied. */
void os_memory_pretend(const char *root);
/* Reads a small file as text, as much as fits; ENOENT when it is empty. */
int os_read_text(const char *path, char *text, size_t size);

/* Whether an error means that the disk, a quota or a limit leaves no room for more bytes. */
bool os_error_is_no_room(int code);
/* The text of an error of the system: a constant one, or put into the buffer, which is not empty. */
const char *os_error_text(int code, char *buf, size_t size);

/* C libraries differ in what strerror_r() returns: GNU's the text, wherever it is, and those that follow POSIX a code,
 * with the text in the buffer. The type tells which one it is. */
static inline const char *os_text_of_gnu(const char *text, const char *buf) { return text ? text : buf; }

static inline const char *os_text_of_posix(int rc, const char *buf) {
  (void)rc; /* a text that was cut is better than none */
  return *buf ? buf : "unknown error";
}

#define OS_TEXT_OF(result, buf) _Generic((result), int : os_text_of_posix, char * : os_text_of_gnu)((result), (buf))

/* ---- Control groups (os_cgroup.c) --------------------------------------------------------------------------------*/

/* Bytes of memory the control groups of this process allow, of either version; UINT64_MAX without a limit. The files
 * are searched below the folder `root`. */
uint64_t os_cgroup_memory(const char *root);

#endif
