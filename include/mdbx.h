/* SPDX-License-Identifier: Apache-2.0
 *
 * mdbx.h - the public interface of libmdbx, an embedded, transactional,
 * ordered key-value engine.
 *
 * A database is one memory-mapped copy-on-write B+tree file plus a lock file.
 * One writer works at a time. Any number of readers in any number of processes
 * work at the same time and never wait. There is no log and no separate
 * recovery run.
 *
 * How this header is ordered
 *   1. compiler glue          5. structures
 *   2. basic types            6. callback types
 *   3. constants, flags       7. functions, by subject
 *   4. error codes            8. bodies of the inline functions
 *
 * Words used in the descriptions below
 *   steady commit   a commit known to have reached the storage device
 *   weak commit     a commit not (yet) known to have reached it
 *   steady point    a weak commit that was made durable later
 *   16.16           a time in units of 1/65536 second
 *   snapshot        the state of the whole database after one commit
 *   table           one tree of key-value pairs; also called "dbi"
 *
 * Groups of return codes. To keep the descriptions short, they refer to these
 * groups as [env], [txn], [cursor], [read], [write].
 *   [env]     MDBX_EINVAL     a required pointer is NULL
 *             MDBX_EBADSIGN   the handle was closed, or is not such a handle
 *             MDBX_PANIC      the environment failed fatally; close it
 *   [txn]     the codes of [env], and
 *             MDBX_BAD_TXN    the transaction is finished, reset, broken,
 *                             parked, lost its snapshot to a writer (see
 *                             MDBX_hsr_func), or has a running child
 *             MDBX_OUSTED     it was parked and has been ousted
 *             MDBX_THREAD_MISMATCH  it belongs to another thread
 *   [cursor]  the codes of [txn]; MDBX_EINVAL also for an unbound cursor, and
 *             MDBX_BAD_DBI    its table was dropped in this transaction
 *   [read]    MDBX_CORRUPTED, MDBX_PAGE_NOTFOUND  a page is damaged
 *             MDBX_CURSOR_FULL  a tree is deeper than any valid tree can be
 *             a system error code, such as MDBX_EIO or MDBX_ENOMEM
 *   [write]   the codes of [read], and
 *             MDBX_EACCESS    the transaction or environment is read-only
 *             MDBX_MAP_FULL   the upper size bound is reached
 *             MDBX_TXN_FULL   no transaction id is left (after 2^56 commits)
 *             MDBX_UNABLE_EXTEND_MAPSIZE  the file or mapping cannot grow
 *             a system error code, such as ENOSPC, MDBX_EIO or MDBX_ENOMEM
 * Functions that return `int` return MDBX_SUCCESS (0) on success unless their
 * description says otherwise. System errors are positive errno values, codes of
 * the engine are negative.
 *
 * Threads. All threads may use an environment handle at once. A transaction and
 * its cursors belong to the thread that began the transaction. With
 * MDBX_NOSTICKYTHREADS they may move between threads, but two threads must not
 * use them at the same time. All functions follow these rules unless their
 * description says otherwise.
 *
 * Memory. A read returns a pointer into the database. It stays valid until the
 * transaction ends or, in a write transaction, until the next change made in
 * that transaction. The memory is read-only for the caller unless MDBX_RESERVE
 * says otherwise. The caller must never free it.
 *
 * What can be lost, by mode. "Nothing" means: every commit that returned
 * success is present afterwards. In all rows but the last the file stays
 * consistent: each commit is present completely or not at all.
 *
 *   mode                 | process killed | system crash     | power loss
 *   ---------------------+----------------+------------------+-----------------
 *   MDBX_SYNC_DURABLE    | nothing        | nothing          | nothing (*)
 *   MDBX_NOMETASYNC      | nothing        | the last commit  | the last commit
 *   MDBX_SAFE_NOSYNC     | nothing        | commits after    | commits after
 *                        |                | the last steady  | the last steady
 *                        |                | point            | point
 *   MDBX_UTTERLY_NOSYNC  | nothing        | commits, or the  | commits, or the
 *                        |                | whole database   | whole database
 *
 *   (*) If the device honours flush requests. MDBX_WRITEMAP changes no row.
 *   These make a steady point: mdbx_env_sync_ex() and its short forms, the
 *   thresholds MDBX_opt_sync_bytes and MDBX_opt_sync_period, a clean close, and
 *   the engine itself when space runs short.
 *
 *   Modes may follow each other in any order, by flags of the environment or of
 *   a transaction, in one process or several. The next flush makes a
 *   MDBX_NOMETASYNC commit a steady point. If a MDBX_NOMETASYNC commit follows
 *   a weak commit, it becomes durable at once, and so does the first commit of
 *   another mode after MDBX_UTTERLY_NOSYNC.
 *
 * Stray pointers. What a faulty program can damage by writing to an address
 * that the engine did not give it:
 *
 *   mode                 | what the program can damage
 *   ---------------------+----------------------------------------------------
 *   MDBX_SYNC_DURABLE,   | nothing in the file: the mapping is read-only, and
 *   MDBX_NOMETASYNC      | the write raises SIGSEGV
 *   MDBX_SAFE_NOSYNC,    | nothing through an address that the engine returns.
 *   MDBX_UTTERLY_NOSYNC  | But on ext4 and tmpfs (64-bit Linux) the engine has
 *                        | a second, writable mapping of the file, to which it
 *                        | copies pages. The engine never returns a pointer to
 *                        | it, so only a wild pointer can hit it. If the
 *                        | processor has memory protection keys, no pointer
 *                        | can: the mapping is writable only while a page is
 *                        | copied, and only for the copying thread. With the
 *                        | option MDBX_opt_write_by_calls there is no such
 *                        | mapping.
 *   MDBX_WRITEMAP        | everything: the memory the engine returns is
 *                        | writable
 *
 *   In each mode the program can damage the engine's own memory, and pages that
 *   a write transaction has changed and not committed.
 */

#ifndef LIBMDBX_H
#define LIBMDBX_H 1

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#ifndef _WIN32
#include <sys/uio.h>
#elif !defined(HAVE_STRUCT_IOVEC)
/* For MDBX_val; define HAVE_STRUCT_IOVEC if there is one already. */
#define HAVE_STRUCT_IOVEC 1
struct iovec {
  void *iov_base; /* the first byte */
  size_t iov_len; /* the number of bytes */
};
#endif
#ifndef __cplusplus
#include <stdbool.h>
#endif

/* ------------------------------------------------------------------------
 * 1. Compiler glue
 * ------------------------------------------------------------------------ */

#define MDBX_VERSION_MAJOR 0
#define MDBX_VERSION_MINOR 14

/* Marks the exported functions. Programs may define LIBMDBX_EXPORTS or
 * LIBMDBX_IMPORTS as on other systems; on ELF systems both mean the same. */
#ifndef LIBMDBX_API
#if defined(_WIN32) && defined(LIBMDBX_IMPORTS)
#define LIBMDBX_API __declspec(dllimport)
#elif defined(_WIN32)
#define LIBMDBX_API
#elif defined(__GNUC__) || defined(__clang__)
#define LIBMDBX_API __attribute__((__visibility__("default")))
#else
#define LIBMDBX_API
#endif
#endif

/* The same for types, so that type information is shared between modules. */
#ifndef LIBMDBX_API_TYPE
#define LIBMDBX_API_TYPE LIBMDBX_API
#endif

/* Exported data objects. */
#ifndef LIBMDBX_VERINFO_API
#define LIBMDBX_VERINFO_API LIBMDBX_API
#endif

#if defined(__cplusplus) && __cplusplus >= 201703L
#define MDBX_CXX17_NOEXCEPT noexcept
#else
#define MDBX_CXX17_NOEXCEPT
#endif

#ifndef MDBX_MAYBE_UNUSED
#if defined(__cplusplus) && __cplusplus >= 201703L
#define MDBX_MAYBE_UNUSED [[maybe_unused]]
#elif defined(__GNUC__) || defined(__clang__)
#define MDBX_MAYBE_UNUSED __attribute__((__unused__))
#else
#define MDBX_MAYBE_UNUSED
#endif
#endif

/* Neither throws nor has side effects; may read memory. */
#ifndef MDBX_NOTHROW_PURE_FUNCTION
#if defined(__GNUC__) || defined(__clang__)
#define MDBX_NOTHROW_PURE_FUNCTION __attribute__((__pure__, __nothrow__))
#else
#define MDBX_NOTHROW_PURE_FUNCTION
#endif
#endif

/* Neither throws nor reads anything but its arguments. */
#ifndef MDBX_NOTHROW_CONST_FUNCTION
#if defined(__GNUC__) || defined(__clang__)
#define MDBX_NOTHROW_CONST_FUNCTION __attribute__((__const__, __nothrow__))
#else
#define MDBX_NOTHROW_CONST_FUNCTION
#endif
#endif

/* For declarations in programs and wrappers made for libmdbx. */
#if defined(__GNUC__) || defined(__clang__)
#define MDBX_ATTRIBUTE(...) __attribute__((__VA_ARGS__))
#else
#define MDBX_ATTRIBUTE(...)
#endif

/* Functions whose result depends only on their arguments and on memory (pure),
 * or on their arguments alone (const). Unlike with the macros above, they may
 * throw in C++. */
#ifndef MDBX_PURE_FUNCTION
#define MDBX_PURE_FUNCTION MDBX_ATTRIBUTE(__pure__)
#endif
#ifndef MDBX_CONST_FUNCTION
#define MDBX_CONST_FUNCTION MDBX_ATTRIBUTE(__const__)
#endif

/* A function that does not return. */
#ifndef MDBX_NORETURN
#if defined(__cplusplus) && __cplusplus >= 201103L
#define MDBX_NORETURN [[noreturn]]
#else
#define MDBX_NORETURN MDBX_ATTRIBUTE(__noreturn__)
#endif
#endif

/* A function with a format as of printf(): the index of the format argument,
 * and the index of the first formatted argument. */
#ifndef MDBX_PRINTF_ARGS
#define MDBX_PRINTF_ARGS(format_index, first_arg)                              \
  MDBX_ATTRIBUTE(__format__(__printf__, format_index, first_arg))
#endif

/* Mark a function and an enum member that new programs should not use. */
#ifndef MDBX_DEPRECATED
#if defined(__cplusplus) && __cplusplus >= 201402L
#define MDBX_DEPRECATED [[deprecated]]
#else
#define MDBX_DEPRECATED MDBX_ATTRIBUTE(__deprecated__)
#endif
#endif
#ifndef MDBX_DEPRECATED_ENUM
#if defined(__cplusplus) && __cplusplus < 201703L
#define MDBX_DEPRECATED_ENUM
#else
#define MDBX_DEPRECATED_ENUM MDBX_ATTRIBUTE(__deprecated__)
#endif
#endif

/* A function that may get enum values which are not members of the enum. */
#ifndef MDBX_NOSANITIZE_ENUM
#if defined(__clang__)
#define MDBX_NOSANITIZE_ENUM __attribute__((__no_sanitize__("enum")))
#else
#define MDBX_NOSANITIZE_ENUM
#endif
#endif

/* Functions and variables that are constexpr from C++11 (C++14) on. */
#if defined(__cplusplus) && __cplusplus >= 201103L
#define MDBX_CXX01_CONSTEXPR constexpr
#define MDBX_CXX01_CONSTEXPR_VAR constexpr
#define MDBX_CXX11_CONSTEXPR constexpr
#define MDBX_CXX11_CONSTEXPR_VAR constexpr
#else
#define MDBX_CXX01_CONSTEXPR __inline
#define MDBX_CXX01_CONSTEXPR_VAR const
#define MDBX_CXX11_CONSTEXPR __inline
#define MDBX_CXX11_CONSTEXPR_VAR const
#endif
#if defined(__cplusplus) && __cplusplus >= 201402L
#define MDBX_CXX14_CONSTEXPR constexpr
#define MDBX_CXX14_CONSTEXPR_VAR constexpr
#else
#define MDBX_CXX14_CONSTEXPR __inline
#define MDBX_CXX14_CONSTEXPR_VAR const
#endif

#ifndef MDBX_LIKELY
#if defined(__GNUC__) || defined(__clang__)
#define MDBX_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define MDBX_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#else
#define MDBX_LIKELY(condition) (condition)
#define MDBX_UNLIKELY(condition) (condition)
#endif
#endif

#ifndef MDBX_STRINGIFY
#define MDBX_STRINGIFY_ARG(text) #text
#define MDBX_STRINGIFY(text) MDBX_STRINGIFY_ARG(text)
#endif

/* An assertion usable in headers; active unless NDEBUG is defined. */
#ifndef MDBX_INLINE_API_ASSERT
#ifdef NDEBUG
#define MDBX_INLINE_API_ASSERT(condition) ((void)0)
#else
#define MDBX_INLINE_API_ASSERT(condition)                                      \
  do {                                                                         \
    if (MDBX_UNLIKELY(!(condition)))                                           \
      mdbx_assert_fail(#condition, __func__, __LINE__);                        \
  } while (0)
#endif
#endif

/* Some functions are thin wrappers. Each exists twice: as an exported symbol,
 * for programs that cannot read C headers, and as an inline body at the end of
 * this header. Define MDBX_INLINE_BODIES as 0 before inclusion to get plain
 * prototypes only; the library does so where it makes the exported copies. */
#ifndef MDBX_INLINE_BODIES
#define MDBX_INLINE_BODIES 1
#endif
#if !MDBX_INLINE_BODIES
#define LIBMDBX_INLINE_API LIBMDBX_API
#elif defined(__cplusplus)
#define LIBMDBX_INLINE_API inline
#elif defined(__GNUC__) || defined(__clang__)
/* Never emits a copy: a call that is not inlined links to the library. */
#define LIBMDBX_INLINE_API extern __inline__ __attribute__((__gnu_inline__))
#else
#define LIBMDBX_INLINE_API inline
#endif

/* In C++ the flag enums get the operators a flag set needs: `|`, `&` and `^`
 * give the enum back, `~` gives unsigned, and `&` takes unsigned as well. */
#ifndef __cplusplus
#define MDBX_CONSTEXPR_ENUM_FLAGS_OPERATIONS 1
#define MDBX_FLAG_OPERATORS(type)
#else
#if __cplusplus >= 201402L
#define MDBX_CONSTEXPR_ENUM_FLAGS_OPERATIONS 1
#define MDBX_FLAG_CONSTEXPR constexpr
#define MDBX_FLAG_CONSTEXPR_ASSIGN constexpr
#elif __cplusplus >= 201103L
#define MDBX_CONSTEXPR_ENUM_FLAGS_OPERATIONS 1
#define MDBX_FLAG_CONSTEXPR constexpr
#define MDBX_FLAG_CONSTEXPR_ASSIGN inline
#else
#define MDBX_CONSTEXPR_ENUM_FLAGS_OPERATIONS 0
#define MDBX_FLAG_CONSTEXPR inline
#define MDBX_FLAG_CONSTEXPR_ASSIGN inline
#endif
#define MDBX_FLAG_BINARY_OPERATOR(type, op)                                    \
  MDBX_FLAG_CONSTEXPR type operator op(type a, type b) {                       \
    return static_cast<type>(static_cast<unsigned>(a)                          \
                                 op static_cast<unsigned>(b));                 \
  }                                                                            \
  MDBX_FLAG_CONSTEXPR_ASSIGN type &operator op##=(type &a, type b) {           \
    return a = a op b;                                                         \
  }
#define MDBX_FLAG_OPERATORS(type)                                              \
  extern "C++" {                                                               \
  MDBX_FLAG_BINARY_OPERATOR(type, |)                                           \
  MDBX_FLAG_BINARY_OPERATOR(type, &)                                           \
  MDBX_FLAG_BINARY_OPERATOR(type, ^)                                           \
  MDBX_FLAG_CONSTEXPR type operator&(type a, unsigned b) {                     \
    return static_cast<type>(static_cast<unsigned>(a) & b);                    \
  }                                                                            \
  MDBX_FLAG_CONSTEXPR type operator&(unsigned a, type b) {                     \
    return static_cast<type>(a & static_cast<unsigned>(b));                    \
  }                                                                            \
  MDBX_FLAG_CONSTEXPR_ASSIGN type &operator&=(type &a, unsigned b) {           \
    return a = a & b;                                                          \
  }                                                                            \
  MDBX_FLAG_CONSTEXPR unsigned operator~(type a) {                             \
    return ~static_cast<unsigned>(a);                                          \
  }                                                                            \
  }
#endif

/* The name under which wrappers know these operators. */
#define MDBX_DEFINE_ENUM_FLAG_OPERATORS(type) MDBX_FLAG_OPERATORS(type)

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------
 * 2. Basic types
 * ------------------------------------------------------------------------ */

/* Types of the system: a descriptor (on Windows one of the C library), a
 * process, a thread, permission bits. */
typedef int mdbx_filehandle_t;
typedef pid_t mdbx_pid_t;
typedef pthread_t mdbx_tid_t;
typedef mode_t mdbx_mode_t;

/* The handles. Their contents are private to the library. */
#ifdef __cplusplus
struct MDBX_env;
struct MDBX_txn;
struct MDBX_cursor;
#else
typedef struct MDBX_env MDBX_env;
typedef struct MDBX_txn MDBX_txn;
typedef struct MDBX_cursor MDBX_cursor;
#endif

/* Number of an opened table: 0 is the free space table, 1 the main (unnamed)
 * table, 2 the first named one. Valid in all transactions of its
 * environment. */
typedef uint32_t MDBX_dbi;

/* A run of bytes: a key, a value, or a name. iov_base may be NULL only if
 * iov_len is 0. */
typedef struct iovec MDBX_val;

/* ------------------------------------------------------------------------
 * 3. Constants and flags
 * ------------------------------------------------------------------------ */

/* Limits. */
enum MDBX_constants {
  MDBX_MAX_DBI = 32765,          /* most table handles of an environment */
  MDBX_MAXDATASIZE = 0x7fff0000, /* most bytes in one value */
  MDBX_MIN_PAGESIZE = 256,       /* smallest page, in bytes */
  MDBX_MAX_PAGESIZE = 65536      /* largest page, in bytes */
};

/* File names inside the database directory. With MDBX_NOSUBDIR the given path
 * is the data file, and the lock file has this path with a suffix. */
#ifndef MDBX_LOCKNAME
#define MDBX_LOCKNAME "/mdbx.lck"
#endif
#ifndef MDBX_DATANAME
#define MDBX_DATANAME "/mdbx.dat"
#endif
#ifndef MDBX_LOCK_SUFFIX
#define MDBX_LOCK_SUFFIX "-lck"
#endif

/* Stands for the smallest possible step where range functions take a key. */
#define MDBX_EPSILON ((MDBX_val *)((ptrdiff_t)-1))

/* Pseudo names of the checker for tables and pages without a name. */
#define MDBX_CHK_MAIN ((void *)((ptrdiff_t)0))
#define MDBX_CHK_GC ((void *)((ptrdiff_t)-1))
#define MDBX_CHK_META ((void *)((ptrdiff_t)-2))

/* On systems with wide-character paths these functions have a second form. Here
 * a path is a string of bytes, and both forms are the same. */
#define mdbx_env_openT mdbx_env_open
#define mdbx_env_deleteT mdbx_env_delete
#define mdbx_env_copyT mdbx_env_copy
#define mdbx_txn_copy2pathnameT mdbx_txn_copy2pathname
#define mdbx_env_get_pathT mdbx_env_get_path
#define mdbx_preopen_snapinfoT mdbx_preopen_snapinfo
#define mdbx_env_open_for_recoveryT mdbx_env_open_for_recovery

/* Environment flags, for mdbx_env_open(). Those marked * may also be changed
 * later by mdbx_env_set_flags(). */
typedef enum MDBX_env_flags {
  /* A directory, every commit durable, transactions tied to threads. */
  MDBX_ENV_DEFAULTS = 0,
  /* Every commit is durable when it returns. */
  MDBX_SYNC_DURABLE = 0,
  /* No effect: for older programs. The engine always does what it asked for. */
  MDBX_COALESCE = 0,
  /* * Checks a page, and all of a long value, at every read, not only when
   * the process meets it first. Counts for the transactions that begin after
   * it was set. Costs speed. */
  MDBX_VALIDATION = 0x2000,
  /* The path names the data file, not a directory. */
  MDBX_NOSUBDIR = 0x4000,
  /* * Weak commits; the engine keeps the last steady point, to which the
   * database returns after a system crash. */
  MDBX_SAFE_NOSYNC = 0x10000,
  /* This handle never changes anything. */
  MDBX_RDONLY = 0x20000,
  /* * A commit does not flush its meta page; the next flush does. */
  MDBX_NOMETASYNC = 0x40000,
  /* The engine changes pages in a writable mapping instead of writing them. If
   * a copy by another program has left holes in the file, opening gives them
   * storage, or fails with ENOSPC. On Windows the engine ignores this flag. */
  MDBX_WRITEMAP = 0x80000,
  /* * Weak commits without a steady point to return to. */
  MDBX_UTTERLY_NOSYNC = 0x110000,
  /* Transactions are not tied to the thread that began them. */
  MDBX_NOSTICKYTHREADS = 0x200000,
  /* Nobody else may have the database open. Required on a network file system
   * (or mdbx_env_set_lockless()). */
  MDBX_EXCLUSIVE = 0x400000,
  /* Asks the system not to read ahead: for data larger than memory. */
  MDBX_NORDAHEAD = 0x800000,
  /* * Unused bytes of fresh pages are not zeroed before they are written. With
   * MDBX_WRITEMAP they never are: they keep old contents of the file. */
  MDBX_NOMEMINIT = 0x1000000,
  /* * Reuses the most recently freed pages first. */
  MDBX_LIFORECLAIM = 0x4000000,
  /* * For finding stale pointers; accepted and stored, no effect here. */
  MDBX_PAGEPERTURB = 0x8000000,
  /* * If the present users of the database have another mode, takes over their
   * mode instead of failing. */
  MDBX_ACCEDE = 0x40000000
} MDBX_env_flags_t;
MDBX_FLAG_OPERATORS(MDBX_env_flags_t)

/* Transaction flags: the first group for the functions that begin a
 * transaction, the second as mdbx_txn_flags() returns them. */
typedef enum MDBX_txn_flags {
  /* May change data; one at a time. */
  MDBX_TXN_READWRITE = 0,
  /* This transaction's commit is as durable as the environment's mode says. */
  MDBX_TXN_NOWEAKING = 0,
  /* Reads one snapshot. */
  MDBX_TXN_RDONLY = MDBX_RDONLY,
  /* Makes a read handle without a snapshot; mdbx_txn_renew() gives it one. */
  MDBX_TXN_RDONLY_PREPARE = 0x1020000,
  /* With MDBX_TXN_RDONLY: allowed whatever transactions the thread has. It has
   * a reader slot of its own, which mi_numreaders does not count. For libraries
   * that read a database while the application has a transaction. */
  MDBX_TXN_APART = 0x2000000,
  /* Fails with MDBX_BUSY instead of waiting for another writer. */
  MDBX_TXN_TRY = 0x10000000,
  /* MDBX_NOMETASYNC for this transaction. */
  MDBX_TXN_NOMETASYNC = MDBX_NOMETASYNC,
  /* MDBX_SAFE_NOSYNC for this transaction. */
  MDBX_TXN_NOSYNC = MDBX_SAFE_NOSYNC,

  MDBX_TXN_INVALID = INT32_MIN, /* no transaction */
  MDBX_TXN_FINISHED = 0x01,     /* ended, reset, or prepared */
  MDBX_TXN_ERROR = 0x02,        /* broken, can only be aborted */
  MDBX_TXN_DIRTY = 0x04,        /* has changes */
  MDBX_TXN_SPILLS = 0x08,       /* wrote pages ahead of the commit */
  MDBX_TXN_HAS_CHILD = 0x10,    /* a nested transaction is running */
  MDBX_TXN_PARKED = 0x20,       /* parked reader */
  MDBX_TXN_AUTOUNPARK = 0x40,   /* parked reader that unparks on use */
  MDBX_TXN_OUSTED = 0x80,       /* parked reader that lost its snapshot */
  /* Any of the states in which reading and writing return MDBX_BAD_TXN. */
  MDBX_TXN_BLOCKED =
      MDBX_TXN_FINISHED | MDBX_TXN_ERROR | MDBX_TXN_HAS_CHILD | MDBX_TXN_PARKED
} MDBX_txn_flags_t;
MDBX_FLAG_OPERATORS(MDBX_txn_flags_t)

/* Table flags. All but the last two are stored with the table. */
typedef enum MDBX_db_flags {
  MDBX_DB_DEFAULTS = 0,  /* one value per key, keys sort by their bytes */
  MDBX_REVERSEKEY = 0x02, /* keys are compared from their end */
  MDBX_DUPSORT = 0x04,    /* a key may have many values, kept in order */
  MDBX_INTEGERKEY = 0x08, /* keys are native uint32_t or uint64_t */
  MDBX_DUPFIXED = 0x10,   /* with DUPSORT: values all of one length */
  MDBX_INTEGERDUP = 0x20, /* with DUPFIXED: values are native integers */
  MDBX_REVERSEDUP = 0x40, /* with DUPSORT: values compared from their end */
  MDBX_CREATE = 0x40000,  /* create the table if there is none */
  MDBX_DB_ACCEDE = MDBX_ACCEDE /* open it whatever its flags are */
} MDBX_db_flags_t;
MDBX_FLAG_OPERATORS(MDBX_db_flags_t)

/* Flags of the functions that store or delete. */
typedef enum MDBX_put_flags {
  MDBX_UPSERT = 0,            /* insert or update */
  MDBX_NOOVERWRITE = 0x10,    /* only insert: fail if the key exists */
  MDBX_NODUPDATA = 0x20,      /* fail if the pair exists; when deleting
                                 through a cursor: all values of the key */
  MDBX_CURRENT = 0x40,        /* only update: fail if the key is absent */
  MDBX_ALLDUPS = 0x80,        /* acts on all values of the key */
  MDBX_RESERVE = 0x10000,     /* reserve space only; the caller fills it */
  MDBX_APPEND = 0x20000,      /* the key goes after all others */
  MDBX_APPENDDUP = 0x40000,   /* the value goes after all values of its key */
  MDBX_MULTIPLE = 0x80000     /* an array of values of one length */
} MDBX_put_flags_t;
MDBX_FLAG_OPERATORS(MDBX_put_flags_t)

/* What a transaction knows about a table handle, see mdbx_dbi_flags_ex(). */
typedef enum MDBX_dbi_state {
  MDBX_DBI_DIRTY = 0x01, /* written in this transaction */
  MDBX_DBI_STALE = 0x02, /* its record must be read again */
  MDBX_DBI_FRESH = 0x04, /* the handle was opened in this transaction */
  MDBX_DBI_CREAT = 0x08  /* the table was created in this transaction */
} MDBX_dbi_state_t;
MDBX_FLAG_OPERATORS(MDBX_dbi_state_t)

/* Flags of the copy functions. */
typedef enum MDBX_copy_flags {
  MDBX_CP_DEFAULTS = 0,           /* page by page, flushed at the end */
  MDBX_CP_COMPACT = 1,            /* omit unused pages */
  MDBX_CP_FORCE_DYNAMIC_SIZE = 2, /* the copy can grow, even if this cannot */
  MDBX_CP_DONT_FLUSH = 4,         /* do not flush the copy to its device */
  MDBX_CP_THROTTLE_MVCC = 8,      /* park the reader while output is slow */
  MDBX_CP_DISPOSE_TXN = 16,       /* end the given transaction afterwards */
  MDBX_CP_RENEW_TXN = 32,         /* renew the given transaction afterwards */
  MDBX_CP_OVERWRITE = 64,         /* an existing file may be replaced */
  /* Do not verify pages; damaged pages are copied too. */
  MDBX_CP_NO_VERIFY = 0x10000
} MDBX_copy_flags_t;
MDBX_FLAG_OPERATORS(MDBX_copy_flags_t)

/* What mdbx_env_delete() does about processes that use the database. */
typedef enum MDBX_env_delete_mode {
  MDBX_ENV_JUST_DELETE = 0,    /* remove the names; users keep their files */
  MDBX_ENV_ENSURE_UNUSED = 1,  /* fail while in use */
  MDBX_ENV_WAIT_FOR_UNUSED = 2 /* wait until nobody uses it */
} MDBX_env_delete_mode_t;

/* Ways to bring a database into memory. */
typedef enum MDBX_warmup_flags {
  MDBX_warmup_default = 0,    /* ask the system to read it in */
  MDBX_warmup_force = 1,      /* read every page now */
  MDBX_warmup_oomsafe = 2,    /* survive a lack of memory while doing so */
  MDBX_warmup_lock = 4,       /* keep it in memory */
  MDBX_warmup_touchlimit = 8, /* raise the process limits as needed */
  MDBX_warmup_release = 16    /* undo a former lock */
} MDBX_warmup_flags_t;
MDBX_FLAG_OPERATORS(MDBX_warmup_flags_t)

/* Flags of the checker. */
typedef enum MDBX_chk_flags {
  MDBX_CHK_DEFAULTS = 0,            /* everything, others may write */
  MDBX_CHK_READWRITE = 1,           /* check inside a write transaction */
  MDBX_CHK_SKIP_BTREE_TRAVERSAL = 2, /* do not walk the pages of the trees */
  MDBX_CHK_SKIP_KV_TRAVERSAL = 4,   /* do not walk the records */
  MDBX_CHK_IGNORE_ORDER = 8         /* do not check the order of keys */
} MDBX_chk_flags_t;
MDBX_FLAG_OPERATORS(MDBX_chk_flags_t)

/* What mdbx_env_pgwalk() shows. */
typedef enum MDBX_page_type {
  MDBX_page_void = 0,           /* no page: the walk is over */
  MDBX_page_meta = 1,           /* the meta pages, all together */
  MDBX_page_large = 2,          /* the run of pages of one large value */
  MDBX_page_branch = 3,         /* inner page of a tree */
  MDBX_page_leaf = 4,           /* page with records, or with values of a key */
  MDBX_page_dupfixed_leaf = 5,  /* page with values of one size of a key */
  MDBX_subpage_leaf = 6,        /* a few values of a key inside a leaf */
  MDBX_subpage_dupfixed_leaf = 7 /* the same, values of one size */
} MDBX_page_type_t;

/* Operations of mdbx_cursor_get(), which describes them. */
typedef enum MDBX_cursor_op {
  MDBX_FIRST,                /* first record */
  MDBX_FIRST_DUP,            /* first value of the current key */
  MDBX_GET_BOTH,             /* exactly this pair */
  MDBX_GET_BOTH_RANGE,       /* this key, first value not less than given */
  MDBX_GET_CURRENT,          /* the record under the cursor */
  MDBX_GET_MULTIPLE,         /* all values of the current page, as an array */
  MDBX_LAST,                 /* last record */
  MDBX_LAST_DUP,             /* last value of the current key */
  MDBX_NEXT,                 /* next record */
  MDBX_NEXT_DUP,             /* next value of the current key */
  MDBX_NEXT_MULTIPLE,        /* values of the next page, as an array */
  MDBX_NEXT_NODUP,           /* first value of the next key */
  MDBX_PREV,                 /* previous record */
  MDBX_PREV_DUP,             /* previous value of the current key */
  MDBX_PREV_NODUP,           /* last value of the previous key */
  MDBX_SET,                  /* exactly this key */
  MDBX_SET_KEY,              /* the same, returns the stored key */
  MDBX_SET_RANGE,            /* first key not less than given */
  MDBX_PREV_MULTIPLE,        /* values of the previous page, as an array */
  MDBX_SET_LOWERBOUND,       /* first pair not less than given */
  MDBX_SET_UPPERBOUND,       /* first pair greater than given */
  /* Only keys are compared. On an equal key the cursor stands on the first
   * value, on a lesser key on its last. */
  MDBX_TO_KEY_LESSER_THAN,      /* last key less than given */
  MDBX_TO_KEY_LESSER_OR_EQUAL,  /* last key not greater than given */
  MDBX_TO_KEY_EQUAL,            /* the key itself */
  MDBX_TO_KEY_GREATER_OR_EQUAL, /* first key not less than given */
  MDBX_TO_KEY_GREATER_THAN,     /* first key greater than given */
  /* Among the values of exactly the given key. */
  MDBX_TO_EXACT_KEY_VALUE_LESSER_THAN,      /* last value less than given */
  MDBX_TO_EXACT_KEY_VALUE_LESSER_OR_EQUAL,  /* last not greater than given */
  MDBX_TO_EXACT_KEY_VALUE_EQUAL,            /* the value itself */
  MDBX_TO_EXACT_KEY_VALUE_GREATER_OR_EQUAL, /* first not less than given */
  MDBX_TO_EXACT_KEY_VALUE_GREATER_THAN,     /* first greater than given */
  /* Key and value are compared as one pair. */
  MDBX_TO_PAIR_LESSER_THAN,      /* last pair less than given */
  MDBX_TO_PAIR_LESSER_OR_EQUAL,  /* last pair not greater than given */
  MDBX_TO_PAIR_EQUAL,            /* the pair itself */
  MDBX_TO_PAIR_GREATER_OR_EQUAL, /* first pair not less than given */
  MDBX_TO_PAIR_GREATER_THAN,     /* first pair greater than given */
  MDBX_SEEK_AND_GET_MULTIPLE /* exactly this key, its values as an array */
} MDBX_cursor_op;

/* What mdbx_cursor_bunch_delete() removes. "Including" and "excluding" refer to
 * the record under the cursor. */
typedef enum MDBX_bunch_action {
  /* The record under the cursor: one value. */
  MDBX_DELETE_CURRENT_VALUE = 0,
  /* The values of its key before the cursor. */
  MDBX_DELETE_CURRENT_MULTIVAL_BEFORE_EXCLUDING = 1,
  /* The same and the record under the cursor. */
  MDBX_DELETE_CURRENT_MULTIVAL_BEFORE_INCLUDING = 2,
  /* The record under the cursor and the values of its key after it. */
  MDBX_DELETE_CURRENT_MULTIVAL_AFTER_INCLUDING = 3,
  /* The values of its key after the cursor. */
  MDBX_DELETE_CURRENT_MULTIVAL_AFTER_EXCLUDING = 4,
  /* All values of its key. */
  MDBX_DELETE_CURRENT_MULTIVAL_ALL = 5,
  /* All records before the cursor. */
  MDBX_DELETE_BEFORE_EXCLUDING = 6,
  /* The same and the record under the cursor. */
  MDBX_DELETE_BEFORE_INCLUDING = 7,
  /* The record under the cursor and all records after it. */
  MDBX_DELETE_AFTER_INCLUDING = 8,
  /* All records after the cursor. */
  MDBX_DELETE_AFTER_EXCLUDING = 9,
  /* The whole content of the table. */
  MDBX_DELETE_WHOLE = 10
} MDBX_bunch_action_t;

/* How a cached lookup was answered. */
typedef enum MDBX_cache_status {
  MDBX_CACHE_ERROR = -3,    /* the lookup failed */
  MDBX_CACHE_BEHIND = -2,   /* the snapshot is older than the entry */
  MDBX_CACHE_UNABLE = -1,   /* correct answer that cannot be cached */
  MDBX_CACHE_RACE = 0,      /* another thread is updating the entry */
  MDBX_CACHE_DIRTY = 1,     /* the answer is uncommitted data */
  MDBX_CACHE_HIT = 2,       /* answered from the unchanged entry */
  MDBX_CACHE_CONFIRMED = 3, /* the entry is still valid; its id was advanced */
  MDBX_CACHE_REFRESHED = 4  /* the entry was written anew */
} MDBX_cache_status_t;

/* How much is logged: each level includes those before it. */
typedef enum MDBX_log_level {
  MDBX_LOG_FATAL = 0,      /* errors that end the process */
  MDBX_LOG_ERROR = 1,      /* damage, and failures of the system */
  MDBX_LOG_WARN = 2,       /* unexpected but tolerable conditions */
  MDBX_LOG_NOTICE = 3,     /* rare events, such as a recovery */
  MDBX_LOG_VERBOSE = 4,    /* details of these events */
  MDBX_LOG_DEBUG = 5,      /* for debugging */
  MDBX_LOG_TRACE = 6,      /* each operation */
  MDBX_LOG_EXTRA = 7,      /* each part of an operation */
  MDBX_LOG_MAX = 7,        /* the highest level */
  MDBX_LOG_DONTCHANGE = -1 /* for mdbx_setup_debug(): unchanged */
} MDBX_log_level_t;

/* Process-wide debugging aids. Only the two "legacy" ones change the engine's
 * behaviour; it accepts and stores the others. */
typedef enum MDBX_debug_flags {
  MDBX_DBG_NONE = 0,              /* none of them */
  MDBX_DBG_ASSERT = 1,            /* more assertions */
  MDBX_DBG_AUDIT = 2,             /* audit the page use at each commit */
  MDBX_DBG_JITTER = 4,            /* small random pauses, to provoke races */
  MDBX_DBG_DUMP = 8,              /* include databases in core dumps */
  MDBX_DBG_LEGACY_MULTIOPEN = 16, /* one database twice in one process */
  MDBX_DBG_LEGACY_OVERLAP = 32,   /* read and write transaction on one thread */
  MDBX_DBG_DONT_UPGRADE = 64,     /* do not upgrade older formats */
  MDBX_DBG_MAX = 0x7007f,         /* all defined bits */
  MDBX_DBG_DONTCHANGE = -1        /* for mdbx_setup_debug(): unchanged */
} MDBX_debug_flags_t;
MDBX_FLAG_OPERATORS(MDBX_debug_flags_t)

/* Severity of a checker message. The low four bits are its kind, the bits above
 * them its priority: smaller is more urgent. */
typedef enum MDBX_chk_severity {
  MDBX_chk_severity_prio_shift = 4,  /* where the priority begins */
  MDBX_chk_severity_kind_mask = 0xF, /* the bits of the kind */
  MDBX_chk_fatal = 0x00,             /* the check cannot go on */
  MDBX_chk_error = 0x11,             /* damage */
  MDBX_chk_warning = 0x22,           /* possible damage */
  MDBX_chk_notice = 0x33,            /* noteworthy, not a problem */
  MDBX_chk_result = 0x44,            /* the outcome of a stage */
  MDBX_chk_resolution = 0x55,        /* what was found and how it was judged */
  MDBX_chk_processing = 0x56,        /* the current step */
  MDBX_chk_info = 0x67,              /* numbers of a table */
  MDBX_chk_verbose = 0x78,           /* more numbers of a table */
  MDBX_chk_details = 0x89,           /* single pages */
  MDBX_chk_extra = 0x9A              /* single records */
} MDBX_chk_severity_t;

/* The steps of a check, in order. This checker has the stages meta, tree, gc,
 * space and conclude; records are checked with their tree. */
typedef enum MDBX_chk_stage {
  MDBX_chk_none,     /* none has begun */
  MDBX_chk_init,     /* preparations */
  MDBX_chk_lock,     /* taking locks */
  MDBX_chk_meta,     /* meta pages */
  MDBX_chk_tree,     /* pages and records of all tables */
  MDBX_chk_gc,       /* free space table */
  MDBX_chk_space,    /* each page is used, free or waiting, exactly once */
  MDBX_chk_maindb,   /* records of the main table */
  MDBX_chk_tables,   /* records of the named tables */
  MDBX_chk_conclude, /* the results are available */
  MDBX_chk_unlock,   /* releasing locks */
  MDBX_chk_finalize  /* the end */
} MDBX_chk_stage_t;

/* Why a defragmentation ended: bits, several may be set. */
typedef enum MDBX_defrag_stopping_reasons {
  MDBX_defrag_noobstacles = 0,       /* nothing was left to do */
  MDBX_defrag_step_size = 1,         /* steps too small: others add faster */
  MDBX_defrag_large_chunk = 2,       /* no hole is as long as a large value */
  MDBX_defrag_discontinued = 4,      /* the callback returned 1 */
  MDBX_defrag_laggard_reader = 8,    /* a reader sees pages in the way */
  MDBX_defrag_enough_threshold = 16, /* the requested amount was reached */
  MDBX_defrag_time_limit = 32,       /* the time limit was reached */
  MDBX_defrag_aborted = 64,          /* the callback returned below 0 */
  MDBX_defrag_error = 128            /* see the returned code */
} MDBX_defrag_stopping_reasons_t;
MDBX_FLAG_OPERATORS(MDBX_defrag_stopping_reasons_t)

/* Options of an environment. mdbx_env_set_option() describes their units and
 * ranges, and says which of them have an effect. */
typedef enum MDBX_option {
  /* Maximum number of open named tables. */
  MDBX_opt_max_db = 0,
  /* Reader slots. */
  MDBX_opt_max_readers = 1,
  /* Unflushed bytes that make a commit steady. */
  MDBX_opt_sync_bytes = 2,
  /* Age of weak commits that makes one steady. */
  MDBX_opt_sync_period = 3,
  /* Pages taken during the search for a run. */
  MDBX_opt_rp_augment_limit = 4,
  /* Pages kept for reuse in a transaction. */
  MDBX_opt_loose_limit = 5,
  /* Spare page buffers. */
  MDBX_opt_dp_reserve_limit = 6,
  /* Changed pages kept in memory. */
  MDBX_opt_txn_dp_limit = 7,
  /* First size of their list. */
  MDBX_opt_txn_dp_initial = 8,
  /* Largest share of them that is written ahead. */
  MDBX_opt_spill_max_denominator = 9,
  /* Smallest share of them that is written ahead. */
  MDBX_opt_spill_min_denominator = 10,
  /* Share of them that is written ahead for a child. */
  MDBX_opt_spill_parent4child_denominator = 11,
  /* Fill below which pages merge. */
  MDBX_opt_merge_threshold = 12,
  /* Chunks of a commit written through. */
  MDBX_opt_writethrough_threshold = 13,
  /* Touch mapped pages before writing. */
  MDBX_opt_prefault_write_enable = 14,
  /* Time to search for free pages. */
  MDBX_opt_gc_time_limit = 15,
  /* Prefer to merge with changed neighbours. */
  MDBX_opt_prefer_waf_insteadof_balance = 16,
  /* Largest size of a set of values inside a leaf. */
  MDBX_opt_subpage_limit = 17,
  /* Space left in such a set. */
  MDBX_opt_subpage_room_threshold = 18,
  /* Size from which on such a set gets a reserve. */
  MDBX_opt_subpage_reserve_prereq = 19,
  /* Size of that reserve. */
  MDBX_opt_subpage_reserve_limit = 20,
  /* Space left on both sides of a split. */
  MDBX_opt_split_reserve = 21,
  /* Bytes from which on writing begins before the flush. */
  MDBX_opt_presync_threshold = 22,
  /* Weak commits write pages by system calls. */
  MDBX_opt_write_by_calls = 64,
  /* Durable commits share flushes. */
  MDBX_opt_group_commit = 65,
  /* A thread makes the steady points. */
  MDBX_opt_sync_thread = 66
} MDBX_option_t;

/* ------------------------------------------------------------------------
 * 4. Error codes
 * ------------------------------------------------------------------------ */

/* Return codes; mdbx_strerror() has a text for each. */
typedef enum MDBX_error {
  MDBX_SUCCESS = 0,                 /* done */
  MDBX_RESULT_FALSE = MDBX_SUCCESS, /* the answer is no */
  MDBX_RESULT_TRUE = -1, /* the answer is yes, or success with a remark */

  MDBX_FIRST_LMDB_ERRCODE = -30799, /* lowest of the first range of codes */
  MDBX_KEYEXIST = -30799,         /* the key or pair exists already */
  MDBX_NOTFOUND = -30798,         /* no such key, or no more data */
  MDBX_PAGE_NOTFOUND = -30797,    /* a page number points nowhere */
  MDBX_CORRUPTED = -30796,        /* the database is damaged */
  MDBX_PANIC = -30795,            /* the environment failed fatally */
  MDBX_VERSION_MISMATCH = -30794, /* another version of the file format */
  MDBX_INVALID = -30793,          /* not a database file */
  MDBX_MAP_FULL = -30792,         /* the upper size bound is reached */
  MDBX_DBS_FULL = -30791,         /* no table handle left */
  MDBX_READERS_FULL = -30790,     /* no reader slot left */
  MDBX_TXN_FULL = -30788,         /* no transaction id is left */
  MDBX_CURSOR_FULL = -30787,      /* a tree is too deep */
  MDBX_PAGE_FULL = -30786,        /* a page has no room (internal) */
  MDBX_UNABLE_EXTEND_MAPSIZE = -30785, /* the mapping cannot grow */
  MDBX_INCOMPATIBLE = -30784,     /* flags, mode or kind do not fit */
  MDBX_BAD_RSLOT = -30783,        /* wrong use of a reader slot */
  MDBX_BAD_TXN = -30782,          /* the transaction is not usable for this */
  MDBX_BAD_VALSIZE = -30781,      /* wrong length of a key, value or name */
  MDBX_BAD_DBI = -30780,          /* no such table handle */
  MDBX_PROBLEM = -30779,          /* unexpected internal error */
  MDBX_LAST_LMDB_ERRCODE = MDBX_PROBLEM, /* highest of the first range */

  MDBX_BUSY = -30778, /* another writer is active, or a user is present */
  MDBX_FIRST_ADDED_ERRCODE = MDBX_BUSY, /* lowest of the second range */
  MDBX_EMULTIVAL = -30421,       /* the key has more than one value */
  MDBX_EBADSIGN = -30420,        /* a closed handle, or not a handle */
  MDBX_WANNA_RECOVERY = -30419,  /* must be opened for writing first */
  MDBX_EKEYMISMATCH = -30418,    /* not the key at the cursor, or not in
                                    order for an append */
  MDBX_TOO_LARGE = -30417,       /* a size is impossible here */
  MDBX_THREAD_MISMATCH = -30416, /* used by a thread that does not own it */
  MDBX_TXN_OVERLAPPING = -30415, /* read and write transaction on one thread */
  MDBX_BACKLOG_DEPLETED = -30414, /* ran short of pages while writing the free
                                     space table (internal) */
  MDBX_DUPLICATED_LCK = -30413,  /* a second lock file exists or is in use */
  MDBX_DANGLING_DBI = -30412,    /* the table handle is still in use */
  MDBX_OUSTED = -30411,          /* the parked reader lost its snapshot */
  MDBX_MVCC_RETARDED = -30410,   /* the snapshot no longer exists */
  MDBX_LAGGARD_READER = -30409,  /* a lagging reader is in the way */
  MDBX_LAST_ADDED_ERRCODE = MDBX_LAGGARD_READER, /* highest of that range */

/* Names for system codes. */
#ifdef ENODATA
  MDBX_ENODATA = ENODATA, /* the cursor has no position */
#else
  MDBX_ENODATA = 9919, /* the cursor has no position */
#endif
  MDBX_EINVAL = EINVAL,   /* a wrong argument */
  MDBX_EACCESS = EACCES,  /* read-only, or not permitted */
  MDBX_ENOMEM = ENOMEM,   /* out of memory */
  MDBX_EROFS = EROFS,     /* read-only file system */
  MDBX_ENOSYS = ENOTSUP,  /* the system does not support it */
  MDBX_EIO = EIO,         /* the storage failed */
  MDBX_EPERM = EPERM,     /* not allowed at this time, or not permitted */
  MDBX_EINTR = EINTR,     /* a check was stopped */
  MDBX_ENOFILE = ENOENT,  /* no such file or directory */
#ifdef EREMOTEIO
  MDBX_EREMOTE = EREMOTEIO, /* on a network file system */
#elif defined(ENOTBLK)
  MDBX_EREMOTE = ENOTBLK, /* on a network file system */
#else
  MDBX_EREMOTE = 4352, /* on a network file system; Windows has no such errno */
#endif
  MDBX_EEXIST = EEXIST,   /* the file exists */
  MDBX_EDEADLK = EDEADLK  /* waiting would never end */
} MDBX_error_t;

/* ------------------------------------------------------------------------
 * 5. Structures. Where a function takes the size of one it accepts exactly
 *    sizeof the structure as declared here.
 * ------------------------------------------------------------------------ */

/* The sources the library was made from. semver_prerelease is NULL in a
 * release. */
struct MDBX_version_info {
  uint16_t major;                /* version of the interface */
  uint16_t minor;                /* the same */
  uint16_t patch;                /* of the library, without new functions */
  uint16_t tweak;                /* of a build */
  const char *semver_prerelease; /* NULL in a release */
  struct {
    const char *datetime; /* of the commit, may be empty as all of these */
    const char *tree;     /* hash of the source tree */
    const char *commit;   /* hash of the commit */
    const char *describe; /* nearest tag, and the distance from it */
  } git;                  /* the sources as version control knows them */
  const char *sourcery;   /* identifies the sources */
};

/* How the library was built. Constant strings, empty if unknown. */
struct MDBX_build_info {
  const char *datetime; /* empty: builds of one source are the same */
  const char *target;   /* the machine */
  const char *options;  /* of the library */
  const char *compiler; /* its version */
  const char *flags;    /* for the compiler */
  const char *metadata; /* set by the builder */
};

/* Version and build of the loaded library; constant, readable without any
 * call. */
extern LIBMDBX_VERINFO_API const struct MDBX_version_info mdbx_version;
extern LIBMDBX_VERINFO_API const struct MDBX_build_info mdbx_build;

/* Statistics of one tree, or the sum over several. */
struct MDBX_stat {
  uint32_t ms_psize;          /* page size in bytes */
  uint32_t ms_depth;          /* height of the tree */
  uint64_t ms_branch_pages;   /* inner pages */
  uint64_t ms_leaf_pages;     /* leaf pages */
  uint64_t ms_overflow_pages; /* pages of large values */
  uint64_t ms_entries;        /* records; each value of a key counts as one */
  uint64_t ms_mod_txnid;      /* id of the last committed change */
};

/* State of an environment. Sizes in bytes. */
struct MDBX_envinfo {
  struct {
    uint64_t lower;   /* the file is never smaller */
    uint64_t upper;   /* the file is never larger */
    uint64_t current; /* its present size */
    uint64_t shrink;  /* unused tail that triggers shrinking */
    uint64_t grow;    /* step of growth */
  } mi_geo;           /* the file's size, see mdbx_env_set_geometry() */
  uint64_t mi_mapsize;                  /* mapped bytes */
  uint64_t mi_dxb_fsize;                /* length of the data file */
  uint64_t mi_dxb_fallocated;           /* storage the file occupies */
  uint64_t mi_last_pgno;                /* highest page number in use */
  uint64_t mi_recent_txnid;             /* id of the newest commit */
  uint64_t mi_latter_reader_txnid;      /* oldest snapshot some reader uses */
  uint64_t mi_self_latter_reader_txnid; /* the same for this process only */
  uint64_t mi_meta_txnid[3];            /* commit id in each meta page */
  uint64_t mi_meta_sign[3];             /* 0 none, 1 weak, else steady */
  uint32_t mi_maxreaders;               /* reader slots */
  uint32_t mi_numreaders; /* most slots ever used at once, without those of
                             MDBX_TXN_APART */
  uint32_t mi_dxb_pagesize;             /* page size of the database */
  uint32_t mi_sys_pagesize;             /* page size of the system */
  uint32_t mi_sys_upcblk;               /* block size of the page cache */
  uint32_t mi_sys_ioblk;                /* block size of the file system */
  struct {
    struct {
      uint64_t x, y;   /* the two halves of an id */
    } current, meta[3]; /* of this boot, and as in each meta page */
  } mi_bootid; /* id of this boot (0 if unknown), and of each meta page's */
  uint64_t mi_unsync_volume;       /* bytes that are not durable yet */
  uint64_t mi_autosync_threshold;  /* option sync_bytes */
  uint32_t mi_since_sync_seconds16dot16; /* age of the oldest weak commit */
  uint32_t mi_autosync_period_seconds16dot16;    /* option sync_period */
  uint32_t mi_since_reader_check_seconds16dot16; /* since a reader check */
  uint32_t mi_mode; /* as mdbx_env_get_flags() */
  struct {
    uint64_t newly;    /* pages added at the end of the used part */
    uint64_t cow;      /* pages copied to be changed */
    uint64_t clone;    /* pages copied for nested transactions; not counted */
    uint64_t split;    /* page splits; not counted */
    uint64_t merge;    /* page merges; not counted */
    uint64_t spill;    /* pages written ahead of a commit */
    uint64_t unspill;  /* pages read back after that */
    uint64_t wops;     /* write calls */
    uint64_t prefault; /* prefault calls: always 0 */
    uint64_t mincore;  /* residency queries: always 0 */
    uint64_t msync;    /* map flushes */
    uint64_t fsync;    /* file flushes */
  } mi_pgop_stat;      /* counted since the first opener */
  struct {
    uint64_t x, y; /* both halves */
  } mi_dxbid; /* id of this data file */
  struct {
    uint64_t flushes; /* flushes made for waiting commits */
    uint64_t commits; /* commits made durable by these flushes */
  } mi_shared; /* counted since the first opener; not in libmdbx */
};

#ifndef __cplusplus
typedef struct MDBX_stat MDBX_stat;
typedef struct MDBX_envinfo MDBX_envinfo;
#endif

/* State of a transaction, as mdbx_txn_info() fills it. Sizes in bytes. */
struct MDBX_txn_info {
  uint64_t txn_id;               /* snapshot, or own id of a writer */
  uint64_t txn_reader_lag;       /* reader: commits since its snapshot;
                                    writer: lag of the oldest reader */
  uint64_t txn_space_used;       /* up to the last used page */
  uint64_t txn_space_limit_soft; /* present file size */
  uint64_t txn_space_limit_hard; /* upper size bound */
  uint64_t txn_space_retired;    /* reader: freed by later commits;
                                    writer: freed by itself */
  uint64_t txn_space_leftover;   /* reader: space that writers can use before
                                    slow readers matter; writer: what it may
                                    still change before it writes pages to the
                                    file early */
  uint64_t txn_space_dirty;      /* reader: space that would be free if only
                                    this reader ended; writer: changed pages */
  uint64_t txn_pget;             /* page look-ups, if counted */
};

/* Where a commit spent its time. Times are 16.16. The parts add up to the
 * whole. All fields are 0 for a nested or a read transaction. Fields that the
 * engine does not measure are always 0: audit, gc_cputime, and in gc_prof all
 * but kicks, max_reader_lag and max_retained_pages. */
struct MDBX_commit_latency {
  uint32_t preparation;  /* nested work, table records, cursors */
  uint32_t gc_wallclock; /* free space table, elapsed */
  uint32_t audit;        /* internal audit */
  uint32_t write;        /* writing pages */
  uint32_t sync;         /* flushing, or waiting for a shared flush */
  uint32_t ending;       /* releasing locks and memory */
  uint32_t whole;        /* the whole commit */
  uint32_t gc_cputime;   /* free space table, CPU time of the user */
  struct {
    uint32_t wloops;       /* rounds of writing the free space table */
    uint32_t coalescences; /* merged records */
    uint32_t wipes;        /* steady marks that were wiped */
    uint32_t flushes;      /* flushes forced by lack of space */
    uint32_t kicks;        /* calls of the slow-reader callback */
    uint32_t work_counter; /* searches for free pages on behalf of data */
    uint32_t work_rtime_monotonic; /* their time */
    uint32_t work_xtime_cpu;       /* their CPU time */
    uint32_t work_rsteps;          /* steps through the free space table */
    uint32_t work_xpages;          /* searches for more than one page */
    uint32_t work_majflt;          /* page faults that had to read */
    uint32_t self_counter; /* the same on behalf of the free space table */
    uint32_t self_rtime_monotonic; /* their time */
    uint32_t self_xtime_cpu;       /* their CPU time */
    uint32_t self_rsteps;          /* steps through the free space table */
    uint32_t self_xpages;          /* searches for more than one page */
    uint32_t self_majflt;          /* page faults that had to read */
    struct {
      uint32_t time;   /* spent */
      uint64_t volume; /* pages merged */
      uint32_t calls;  /* merges */
    } pnl_merge_work, pnl_merge_self; /* merging lists of free pages */
    uint32_t max_reader_lag;          /* longest lag seen, in commits */
    uint32_t max_retained_pages;      /* most pages held back by readers */
  } gc_prof; /* the search for free pages */
  /* Not in libmdbx. 0 if the commit did not share a flush. */
  uint32_t shared_wait;    /* wait for a shared flush; part of sync */
  uint32_t shared_commits; /* commits made durable by the last such flush */
};

/* A commit that becomes durable later. mdbx_txn_commit_ticket() fills it. */
struct MDBX_commit_ticket {
  uint64_t txn_id; /* of the commit */
  uint64_t epoch;  /* of the library */
};

/* Three numbers of the application, stored with each commit, and the id of the
 * transaction that last changed them. */
struct MDBX_canary {
  uint64_t x, y, z, v; /* of the application; id of the transaction */
};

/* One remembered lookup, see mdbx_cache_get(). Only the library writes it. */
typedef struct MDBX_cache_entry {
  uint64_t trunk_txnid;          /* first commit it is known valid for */
  uint64_t last_confirmed_txnid; /* last such commit */
  size_t offset;                 /* of the value in the file; 0: absent */
  uint32_t length;               /* of the value */
} MDBX_cache_entry_t;

/* The answer to a cached lookup. */
typedef struct MDBX_cache_result {
  MDBX_error_t errcode;       /* the code mdbx_get() would return */
  MDBX_cache_status_t status; /* how the answer was found */
} MDBX_cache_result_t;

#ifndef __cplusplus
typedef struct MDBX_txn_info MDBX_txn_info;
typedef struct MDBX_commit_latency MDBX_commit_latency;
typedef struct MDBX_commit_ticket MDBX_commit_ticket;
typedef struct MDBX_canary MDBX_canary;
#endif

/* Distribution of a quantity: up to nine ranges, besides the values 0 and 1. */
struct MDBX_chk_histogram {
  size_t amount, count;         /* sum and number of all values */
  size_t le1_amount, le1_count; /* the same for the values 0 and 1 */
  struct {
    /* The range is begin to end - 1; sum and count of the values in it. */
    size_t begin, end, amount, count;
  } ranges[9]; /* in ascending order; count 0: none */
};

/* The checker's own state; see MDBX_chk_scope_t. */
typedef struct MDBX_chk_internal MDBX_chk_internal_t;
typedef struct MDBX_chk_context MDBX_chk_context_t;

/* A line of checker output under construction. The text lies from begin to out,
 * the buffer ends at end. The callbacks make and own it. */
typedef struct MDBX_chk_line {
  MDBX_chk_context_t *ctx;               /* of the check */
  uint8_t severity, scope_depth, empty;  /* for the application's use */
  char *begin, *end, *out;               /* buffer, its end, place to write */
} MDBX_chk_line_t;

/* One kind of problem and how often it occurred. */
typedef struct MDBX_chk_issue {
  struct MDBX_chk_issue *next; /* the next kind */
  size_t count;                /* how often */
  const char *caption;         /* its text */
} MDBX_chk_issue_t;

/* A nested step of a check. usr_z, usr_v and usr_o are the application's. */
typedef struct MDBX_chk_scope {
  MDBX_chk_issue_t *issues;       /* a list the application may keep */
  MDBX_chk_internal_t *internal;  /* the checker's */
  const void *object;             /* the MDBX_chk_table concerned, or NULL */
  MDBX_chk_stage_t stage;         /* the stage in which it was opened */
  MDBX_chk_severity_t verbosity;  /* least urgent severity to print */
  size_t subtotal_issues;         /* problems in it and in nested scopes */
  union {
    void *ptr;             /* a pointer, */
    size_t number;         /* or a number */
  } usr_z, usr_v, usr_o;   /* of the application */
} MDBX_chk_scope_t;

/* The application may define it. */
typedef struct MDBX_chk_user_table_cookie MDBX_chk_user_table_cookie_t;

/* Results of the checker for one table. */
typedef struct MDBX_chk_table {
  MDBX_chk_user_table_cookie_t *cookie; /* from table_filter */
  MDBX_val name;                        /* or a pseudo name MDBX_CHK_... */
  MDBX_db_flags_t flags;                /* of the table */
  int id;                               /* handle number, negative if none */
  size_t payload_bytes, lost_bytes;     /* used and unused bytes of its pages */
  struct {
    size_t all, empty, broken; /* pages; not counted (0); damaged ones */
    size_t branch, leaf;       /* of the table's own tree */
    /* Pages of trees of values, and sets of values inside leaves. */
    size_t nested_branch, nested_leaf, nested_subleaf;
  } pages; /* how many of each kind */
  struct {
    struct MDBX_chk_histogram height;      /* of the tree */
    struct MDBX_chk_histogram large_pages; /* pages of a large value */
    /* Height of trees of values. */
    struct MDBX_chk_histogram nested_height_or_gc_span_length;
    struct MDBX_chk_histogram key_len;      /* bytes of keys */
    struct MDBX_chk_histogram val_len;      /* bytes of values */
    struct MDBX_chk_histogram multival;     /* values of a key */
    struct MDBX_chk_histogram tree_density; /* fill of pages, in percent */
    /* The same for trees of values. */
    struct MDBX_chk_histogram large_or_nested_density;
    struct MDBX_chk_histogram page_age; /* commits since a page was written */
    struct MDBX_chk_histogram pgno;     /* places in the file */
  } histogram; /* distributions */
} MDBX_chk_table_t;

/* A check while it runs, and its results afterwards. */
struct MDBX_chk_context {
  MDBX_chk_internal_t *internal; /* the checker's; NULL after the check */
  MDBX_env *env;                 /* the environment being checked */
  MDBX_txn *txn;                 /* the transaction it reads by; else NULL */
  MDBX_chk_scope_t *scope;       /* the innermost open scope */
  uint8_t scope_nesting;         /* number of open scopes */
  struct {
    size_t total_payload_bytes;          /* used bytes of all pages */
    size_t table_total, table_processed; /* tables found, and walked */
    /* Free pages and waiting pages. */
    size_t total_unused_bytes, unused_pages;
    /* Pages found in trees; ready for use; of the free space table; below the
     * end of the used part; in the file. */
    size_t processed_pages, reclaimable_pages, gc_pages, alloc_pages,
        backed_pages;
    /* Problems by stage. This checker counts problems of records with their
     * tree, so problems_kv is 0. gc_tree_problems counts problems of the lists
     * of free pages, problems_gc the lost pages. */
    size_t problems_meta, tree_problems, gc_tree_problems, kv_tree_problems,
        problems_gc, problems_kv, total_problems;
    /* Id of the newest steady meta, and of the snapshot that was checked. */
    uint64_t steady_txnid, recent_txnid;
    /* For all tables; this checker does not fill it, see MDBX_chk_table. */
    struct MDBX_chk_histogram histogram_page_age;
    struct MDBX_chk_histogram histogram_pgno_payload; /* the same */
    struct MDBX_chk_histogram histogram_pgno_retained; /* the same */
    /* table_total entries, including the main and the free space table. */
    const MDBX_chk_table_t *const *tables;
  } result; /* the results so far */
};

/* Callbacks of the checker. Each member may be NULL. */
typedef struct MDBX_chk_callbacks {
  /* Returns true to stop the check. */
  bool (*check_break)(MDBX_chk_context_t *ctx);
  /* A scope opens. A result other than zero makes it fail. */
  int (*scope_push)(MDBX_chk_context_t *ctx, MDBX_chk_scope_t *outer,
                    MDBX_chk_scope_t *inner, const char *fmt, va_list args);
  /* A scope is about to end; the result replaces err. */
  int (*scope_conclude)(MDBX_chk_context_t *ctx, MDBX_chk_scope_t *outer,
                        MDBX_chk_scope_t *inner, int err);
  /* A scope has ended. */
  void (*scope_pop)(MDBX_chk_context_t *ctx, MDBX_chk_scope_t *outer,
                    MDBX_chk_scope_t *inner);
  /* Reports a problem. extra_fmt may be NULL. */
  void (*issue)(MDBX_chk_context_t *ctx, const char *object,
                uint64_t entry_number, const char *issue,
                const char *extra_fmt, va_list extra_args);
  /* Returns a cookie for the table; NULL skips its records. */
  MDBX_chk_user_table_cookie_t *(*table_filter)(MDBX_chk_context_t *ctx,
                                                const MDBX_val *name,
                                                MDBX_db_flags_t flags);
  /* A table was walked; the result replaces err. cursor is NULL. */
  int (*table_conclude)(MDBX_chk_context_t *ctx, const MDBX_chk_table_t *table,
                        MDBX_cursor *cursor, int err);
  /* The check is over: the cookie is no longer needed. */
  void (*table_dispose)(MDBX_chk_context_t *ctx, const MDBX_chk_table_t *table);
  /* Gets each record. A result other than zero ends the table's check. */
  int (*table_handle_kv)(MDBX_chk_context_t *ctx, const MDBX_chk_table_t *table,
                         size_t entry_number, const MDBX_val *key,
                         const MDBX_val *value);
  /* A stage begins. A result other than zero ends the check with that code. */
  int (*stage_begin)(MDBX_chk_context_t *ctx, MDBX_chk_stage_t);
  /* A stage ends; the result replaces err. */
  int (*stage_end)(MDBX_chk_context_t *ctx, MDBX_chk_stage_t, int err);
  /* Begins a line of output; returns NULL if this severity is not wanted.
   * Without print_format and print_chars the checker puts the text into the
   * line's buffer. */
  MDBX_chk_line_t *(*print_begin)(MDBX_chk_context_t *ctx,
                                  MDBX_chk_severity_t severity);
  /* The buffer is full: must make space in it. */
  void (*print_flush)(MDBX_chk_line_t *);
  /* The line is complete. */
  void (*print_done)(MDBX_chk_line_t *);
  /* Takes finished text. */
  void (*print_chars)(MDBX_chk_line_t *, const char *str, size_t len);
  /* Takes text to be formatted; the checker prefers it to print_chars. */
  void (*print_format)(MDBX_chk_line_t *, const char *fmt, va_list args);
  /* Takes an amount of bytes; this checker does not call it. */
  void (*print_size)(MDBX_chk_line_t *, const char *prefix, uint64_t value,
                     const char *suffix);
} MDBX_chk_callbacks_t;

/* Use of space. The fields count pages unless noted otherwise. */
typedef struct MDBX_gc_info {
  size_t pages_total;     /* at the upper size bound */
  size_t pages_backed;    /* in the file */
  size_t pages_allocated; /* below the highest page ever used */
  size_t pages_gc;        /* free, to be freed, or of the free space table */
  struct {
    size_t pages; /* ready for use now */
    struct MDBX_chk_histogram span_histogram;    /* lengths of their runs */
    struct MDBX_chk_histogram pgno_distribution; /* places in the file */
  } gc_reclaimable; /* pages no snapshot can see */
  size_t max_reader_lag;     /* longest lag seen, in commits */
  size_t max_retained_pages; /* most pages held back by readers */
} MDBX_gc_info_t;

/* Progress and result of a defragmentation. Amounts are pages. */
typedef struct MDBX_defrag_result {
  intptr_t pages_shrinked; /* net; may be negative */
  size_t pages_moved;      /* in all cycles */
  size_t pages_scheduled;  /* for the next step */
  size_t pages_retained;   /* held by readers */
  size_t pages_left;       /* estimate of what can still be moved */
  size_t pages_whole;      /* in the database */
  size_t obstructed_pgno;  /* page at which it stopped; 0: none */
  size_t obstructed_span;  /* pages of the value at that page */
  uint64_t obstructed_txnid; /* oldest snapshot in the way; 0: none */
  mdbx_tid_t obstructor_tid; /* a reader in the way */
  mdbx_pid_t obstructor_pid; /* its process */
  unsigned rough_estimation_cycle_progress_permille; /* of all work */
  unsigned cycles;           /* done */
  unsigned stopping_reasons; /* bits of MDBX_defrag_stopping_reasons_t */
  size_t spent_time_dot16;   /* 16.16 */
} MDBX_defrag_result_t;

/* How far a copy is; see mdbx_env_set_copy_notify(). */
typedef struct MDBX_copy_progress {
  uint64_t bytes_done;  /* written so far */
  uint64_t bytes_total; /* of the whole copy; 0 for an increment: not known */
  uint64_t txnid;       /* the commit that is copied */
} MDBX_copy_progress_t;

/* ------------------------------------------------------------------------
 * 6. Callback types. A callback must not leave by an exception or a jump.
 * ------------------------------------------------------------------------ */

/* Receives log messages. The arguments belong to fmt as with vprintf(). The
 * strings are valid only during the call. Any thread may call it. */
typedef void (*MDBX_debug_func)(MDBX_log_level_t log_level,
                                const char *function, int line, const char *fmt,
                                va_list args) MDBX_CXX17_NOEXCEPT;
/* MDBX_debug_func with finished text of the given length. */
typedef void (*MDBX_debug_func_nofmt)(MDBX_log_level_t log_level,
                                      const char *function, int line,
                                      const char *msg,
                                      unsigned length) MDBX_CXX17_NOEXCEPT;
#define MDBX_LOGGER_DONTCHANGE ((MDBX_debug_func)(intptr_t)-1)
#define MDBX_LOGGER_NOFMT_DONTCHANGE ((MDBX_debug_func_nofmt)(intptr_t)-1)

/* Receives fatal errors. obj is the object concerned, obj_class names its type.
 * When the callback returns, the process is aborted. */
typedef void (*MDBX_panic_func)(const char *msg, const char *function,
                                unsigned line, const void *obj,
                                const char *obj_class) MDBX_CXX17_NOEXCEPT;

/* Order of two items: negative, zero or positive. Must be a strict order that
 * never changes for a stored table. */
typedef int (*MDBX_cmp_func)(const MDBX_val *a,
                             const MDBX_val *b) MDBX_CXX17_NOEXCEPT;
/* MDBX_cmp_func with a pointer of the application; see mdbx_dbi_open_ctx(). */
typedef int (*MDBX_cmp_ctx_func)(const MDBX_val *a, const MDBX_val *b,
                                 void *ctx) MDBX_CXX17_NOEXCEPT;

/* Receives each named table. dbi is 0 if it is not open. A result other than
 * zero ends the walk. */
typedef int (*MDBX_table_enum_func)(void *ctx, const MDBX_txn *txn,
                                    const MDBX_val *name, MDBX_db_flags_t flags,
                                    const struct MDBX_stat *stat,
                                    MDBX_dbi dbi) MDBX_CXX17_NOEXCEPT;

/* Receives each cursor of a transaction. A result other than zero ends the
 * walk. */
typedef int (*MDBX_cursor_enum_func)(void *ctx,
                                     MDBX_cursor *cursor) MDBX_CXX17_NOEXCEPT;

/* Saves the old value, `bytes` bytes at src, to where target says. A result
 * other than zero cancels the operation. */
typedef int (*MDBX_preserve_func)(void *context, MDBX_val *target,
                                  const void *src, size_t bytes);

/* Examines a record. Results: MDBX_RESULT_TRUE found; MDBX_RESULT_FALSE
 * continue; any other result ends the scan, which returns it. */
typedef int (*MDBX_predicate_func)(void *context, MDBX_val *key,
                                   MDBX_val *value,
                                   void *arg) MDBX_CXX17_NOEXCEPT;

/* Values that a list of readers shows in place of the thread: for a parked
 * reader (mdbx_txn_park), and for a reader that a writer has ousted and that
 * has not noticed yet. */
#define MDBX_TID_PARKED ((mdbx_tid_t)(uintptr_t)-1)
#define MDBX_TID_OUSTED ((mdbx_tid_t)(uintptr_t)-2)

/* Receives each reader.
 *
 * num             counts from 1.
 * slot            its place in the reader table.
 * thread          its thread; 0 if it is bound to none; or MDBX_TID_PARKED or
 *                 MDBX_TID_OUSTED.
 * lag             its distance from the newest commit.
 * bytes_used      the space its snapshot needs.
 * bytes_retained  bytes that this reader keeps from reuse: it sees them, and
 *                 later commits have retired them. Other readers may see the
 *                 same bytes.
 *
 * A result other than zero ends the walk. */
typedef int (*MDBX_reader_list_func)(void *ctx, int num, int slot,
                                     mdbx_pid_t pid, mdbx_tid_t thread,
                                     uint64_t txnid, uint64_t lag,
                                     size_t bytes_used,
                                     size_t bytes_retained) MDBX_CXX17_NOEXCEPT;

/* Called inside a write transaction when a reader blocks the reuse of pages,
 * before the file grows or MDBX_MAP_FULL is returned; see mdbx_env_set_hsr().
 *
 * txn      the transaction that needs pages; of nested ones the innermost. It
 *          is in the middle of a change: the callback may only query the
 *          transaction itself, for example by mdbx_txn_id(), mdbx_txn_info(),
 *          mdbx_env_info_ex().
 * pid      process of the reader.
 * tid      its thread, 0 if it is bound to none.
 * laggard  its snapshot.
 * gap      how many commits that snapshot is behind the newest.
 * space    bytes that the snapshot keeps from reuse. Bytes that other readers
 *          see too become free only when all of these readers are gone.
 * retry    counts the calls of one loop from 0.
 *
 * Results:
 *   below -1   an error, otherwise as -1.
 *   -1         give up: the file grows, or MDBX_MAP_FULL is returned.
 *   0          the engine checks the readers again and, if one is still in the
 *              way, calls again with the next retry.
 *   1          the engine takes the snapshot from this reader: any further use
 *              returns MDBX_BAD_TXN, and pages it reads meanwhile may change.
 *              When the file becomes shorter, reading such a page at its end
 *              raises SIGBUS. So the reader should not be reading.
 *   2 or more  the reader's process is gone: the engine releases its slot.
 * If a call of the loop returned 0, a last call reports the end of the loop:
 * pid, tid and space are 0, and retry is the negative number of calls before.
 * Its result is ignored. */
typedef int (*MDBX_hsr_func)(const MDBX_env *env, const MDBX_txn *txn,
                             mdbx_pid_t pid, mdbx_tid_t tid, uint64_t laggard,
                             unsigned gap, size_t space,
                             int retry) MDBX_CXX17_NOEXCEPT;

/* MDBX_hsr_func in the form of older programs, for mdbx_env_set_oomfunc(). txn
 * is the snapshot of the reader. */
typedef int MDBX_oom_func(MDBX_env *env, int pid, mdbx_tid_t tid, uint64_t txn,
                          unsigned gap, int retry);

/* Receives each run of pages in the free space table. A result other than zero
 * ends the walk. */
typedef int (*MDBX_gc_iter_func)(void *ctx, const MDBX_txn *txn,
                                 uint64_t span_txnid, size_t span_pgno,
                                 size_t span_length,
                                 bool span_is_reclaimable) MDBX_CXX17_NOEXCEPT;

/* Receives each page of a walk, for mdbx_env_pgwalk().
 *
 * pgno           number of the page; of several pages the first; for a set of
 *                values inside a leaf, the number of the leaf.
 * number         number of pages this call reports: more than one for a large
 *                value and for the metas, 0 for a set of values inside a leaf
 *                and at the end.
 * ctx            as given to mdbx_env_pgwalk().
 * deep           -2 metas, -1 free space table, 0 main table, 1 named tables;
 *                one more for values of a key in a tree or set of their own;
 *                INT_MIN at the end.
 * dbi            name of the table, zero-terminated: "@META", "@GC", "@MAIN",
 *                or that of a named table; NULL at the end. Valid during the
 *                call.
 * page_size      total bytes of the reported pages or set: payload, header and
 *                unused bytes together.
 * type           see MDBX_page_type_t.
 * nentries       records, children, values; 1 for a large value.
 * payload_bytes  bytes of records, separators or values. The payload of a leaf
 *                includes the sets of values inside it.
 * header_bytes   bytes of the header and of the arrays after it.
 * unused_bytes   the remaining bytes.
 *
 * The callback must not change the database. A result other than zero ends the
 * walk. */
typedef int MDBX_pgvisitor_func(uint64_t pgno, unsigned number, void *ctx,
                                int deep, const char *dbi, size_t page_size,
                                MDBX_page_type_t type, size_t nentries,
                                size_t payload_bytes, size_t header_bytes,
                                size_t unused_bytes);

/* Receives progress. Results: 0 continue, 1 stop after this step, -1 abort. */
typedef int (*MDBX_defrag_notify_func)(
    void *ctx, const MDBX_defrag_result_t *progress) MDBX_CXX17_NOEXCEPT;

/* Receives the progress of a copy, in the thread that copies. Results: 0
 * continue; any other ends the copy, which returns MDBX_EINTR. */
typedef int (*MDBX_copy_notify_func)(
    void *ctx, const MDBX_copy_progress_t *progress) MDBX_CXX17_NOEXCEPT;

/* ------------------------------------------------------------------------
 * 7. Functions
 * ------------------------------------------------------------------------ */

/* ---- Environment: life cycle ------------------------------------------- */

/* Allocates an environment handle with default options; opens no file.
 *
 * penv  receives the handle. The caller owns it and must release it with
 *       mdbx_env_close() or mdbx_env_close_ex(), also after a failed open.
 *
 * Returns MDBX_SUCCESS; MDBX_EINVAL if penv is NULL; MDBX_ENOMEM. */
LIBMDBX_API int mdbx_env_create(MDBX_env **penv);

/* Sets the path of the lock file, for programs that must find it under another
 * name than "mdbx.lck" or the data file's name with MDBX_LOCK_SUFFIX.
 *
 * path  copied; NULL restores the usual name.
 *
 * All users of a database must use the same lock file. Therefore, if the file
 * at this path does not exist but a lock file under the usual name does, the
 * engine uses that one. Conversely, if no path is set and there is no lock file
 * under the usual name, the engine uses an existing "NAME-lock" beside the data
 * file, or an existing "lock.mdb" beside "data.mdb".
 *
 * Returns MDBX_SUCCESS, [env], MDBX_EPERM if open, MDBX_ENOMEM. */
LIBMDBX_API int mdbx_env_set_lock_path(MDBX_env *env, const char *path);

/* Opens a database, or creates it.
 *
 * path   directory of the database, or with MDBX_NOSUBDIR the data file. The
 *        string is copied. An existing directory is used as a directory even
 *        with MDBX_NOSUBDIR.
 * flags  MDBX_env_flags_t, OR-ed.
 * mode   permission bits for files to be created, as for open(); with 0 the
 *        call creates no file.
 *
 * An empty file counts as a new database. The call never changes a non-empty
 * file that is not a database of this engine. With MDBX_RDONLY, flags that
 * matter only to writers are dropped. A process must not have a database open
 * twice at the same time. A child made by fork() must not use its parent's
 * handle. Threads: while one thread opens a handle, no other thread may use it.
 *
 * If nobody else has the database open, the call applies the sizes that
 * mdbx_env_set_geometry() requested; an upper size below the space in use is
 * raised to it. If applying them fails, the open fails with the same error. If
 * there is no space to create a database, an empty file remains; it can be
 * opened once there is space.
 *
 * On a file system that other machines can reach (NFS, SMB, 9p, Ceph, Lustre
 * and the like), a database can be opened, even for reading, only with
 * MDBX_EXCLUSIVE or after mdbx_env_set_lockless(). A file system in user space
 * (FUSE) is treated as local, since the system does not tell which kind it is.
 *
 * Returns MDBX_SUCCESS, [env], or
 *   MDBX_EINVAL            unknown flags, empty path
 *   MDBX_EPERM             this handle is open already
 *   MDBX_ENOFILE           the database does not exist, and mode or MDBX_RDONLY
 *                          forbids creating it
 *   MDBX_EACCESS           the file system denies access. If it denies access
 *                          to the lock file, the log names it: readers write to
 *                          the lock file too, unless the file system is mounted
 *                          read-only or mdbx_env_set_lockless() was called
 *   MDBX_BUSY              the database is open in this process already; or
 *                          somebody else uses it, and either that user or this
 *                          call asks for MDBX_EXCLUSIVE
 *   MDBX_INCOMPATIBLE      the present users have another mode (see
 *                          MDBX_ACCEDE); or the database uses an optional
 *                          feature this library does not know
 *   MDBX_INVALID           not a database file; or the file under the lock
 *                          file's name is not a lock file, is a symbolic link,
 *                          or is the lock file of another database
 *   MDBX_VERSION_MISMATCH  a database of another format version
 *   MDBX_CORRUPTED         no meta page is usable
 *   MDBX_WANNA_RECOVERY    opened read-only, but a writer must repair the
 *                          database first
 *   MDBX_TOO_LARGE         the database does not fit the address space. The log
 *                          tells how much it needs; the file is unchanged. With
 *                          MDBX_RDONLY this compares the present file size
 *                          only: if the upper size does not fit, the call maps
 *                          the file, and later transactions map it again when
 *                          it has grown (and may then get
 *                          MDBX_UNABLE_EXTEND_MAPSIZE)
 *   MDBX_EREMOTE           the data file or the lock file is on a network file
 *                          system, and neither MDBX_EXCLUSIVE nor
 *                          mdbx_env_set_lockless() was used
 *   MDBX_DUPLICATED_LCK    a lock file of the other naming exists beside it; or
 *                          the data file is in use with another lock file:
 *                          under another name, or removed since
 *   MDBX_ENOMEM, MDBX_EROFS, MDBX_EIO or another system code */
LIBMDBX_API int mdbx_env_open(MDBX_env *env, const char *path,
                              MDBX_env_flags_t flags, mdbx_mode_t mode);

/* Closes an environment, open or not, and frees its handle.
 *
 * dont_sync  true leaves weak commits to the operating system; false first
 *            makes them durable, unless the data file has been deleted.
 *
 * A write transaction of the calling thread is aborted. All other transactions
 * and cursors should have ended before. In a child made by fork(), the call
 * releases only memory, maps and descriptors of the child.
 * Threads: no other thread may use the handle during or after the call.
 *
 * Returns MDBX_SUCCESS; MDBX_EINVAL if env is NULL; MDBX_EBADSIGN if it was
 * closed before; MDBX_BUSY if another thread has a write transaction, waits for
 * the flush of its commit, or is inside mdbx_env_wait_durable() or
 * mdbx_env_sync_ex(): the handle then stays open and valid. Any other code
 * comes from the final flush; the handle is freed then. */
LIBMDBX_API int mdbx_env_close_ex(MDBX_env *env, bool dont_sync);

/* mdbx_env_close_ex() with dont_sync false. */
LIBMDBX_INLINE_API int mdbx_env_close(MDBX_env *env);

/* Makes an inherited environment usable in a child made by fork(). Before this
 * call the child can only close the environment, or read in the read
 * transactions that the parent had begun.
 *
 * The child registers as a user of its own, with the descriptors and maps it
 * inherited; this also works if its working directory or user id has changed or
 * the files were renamed. Table handles, options, callbacks and the context
 * pointer stay valid. The parent's write transaction is dead in the child
 * (MDBX_EBADSIGN) and continues in the parent. Before and after this call, the
 * child can use the parent's read transactions for as long as the parent keeps
 * them; after that the child gets the code of a reader that lost its snapshot.
 * If the child renews such a transaction, it belongs to the child.
 *
 * In a process that did not inherit the environment the call does nothing.
 * Threads: no other thread may use the handle during the call.
 *
 * Returns MDBX_SUCCESS. These codes change nothing: MDBX_EINVAL, MDBX_EBADSIGN
 * as of [env]; MDBX_BUSY if the parent opened the environment with
 * MDBX_EXCLUSIVE; MDBX_PANIC if the environment had failed. After these codes
 * the environment can only be closed: MDBX_PANIC if the file now contains
 * another database, or codes of mdbx_env_open(). */
LIBMDBX_API int mdbx_env_resurrect_after_fork(MDBX_env *env);

/* Deletes the files of a database, and its directory if that becomes empty.
 *
 * path  as given to mdbx_env_open().
 * mode  what to do about present users, see MDBX_env_delete_mode_t.
 *
 * Returns MDBX_SUCCESS; MDBX_RESULT_TRUE if there was nothing to delete;
 * MDBX_EINVAL for a NULL path or unknown mode; MDBX_BUSY if the database is in
 * use and mode is MDBX_ENV_ENSURE_UNUSED; MDBX_INVALID if a device, a pipe or a
 * directory has the name of the data or lock file: nothing is deleted;
 * MDBX_EACCESS, MDBX_EPERM, MDBX_EROFS or another system code. */
LIBMDBX_API int mdbx_env_delete(const char *path, MDBX_env_delete_mode_t mode);

/* Copies the newest snapshot into a new database file; other users may read and
 * write meanwhile.
 *
 * dest   path of the new data file; a file, as with MDBX_NOSUBDIR, not a
 *        directory.
 * flags  MDBX_copy_flags_t. Without MDBX_CP_DONT_FLUSH the copy is durable on
 *        return. MDBX_CP_DISPOSE_TXN and MDBX_CP_RENEW_TXN have no effect here.
 *
 * The call holds a read transaction while it runs, so writers keep the pages it
 * reads. The new file gets the permissions of the data file, as far as the
 * umask permits. The calling thread may have transactions.
 *
 * The call verifies every page that the snapshot refers to: its number, its
 * header, its checksum, and that it is the version the snapshot refers to. With
 * MDBX_CP_NO_VERIFY it does not, and copies a damaged page as it is. With
 * MDBX_CP_COMPACT the call always reads the tree pages, and fails if damage
 * prevents it from walking a tree; MDBX_CP_NO_VERIFY then skips only the
 * verification of values of more than 64 KiB and of pages that this process has
 * verified before. A damaged page then gets a correct checksum in the copy. A
 * compacting copy does not read the lists of free pages.
 *
 * With MDBX_CP_OVERWRITE a regular file is replaced once the copy is complete.
 * A device or a pipe, or anything else that is not a regular file, is written
 * to; it is never replaced or removed. A symbolic link is followed if it
 * belongs to the calling user or to root.
 *
 * Returns MDBX_SUCCESS, [env], [read], or MDBX_EINVAL for unknown flags, a NULL
 * path, or a path of the database itself or of its lock file, under any name;
 * MDBX_EEXIST if dest exists and MDBX_CP_OVERWRITE is not given, or if dest is
 * a dangling link; ELOOP for a link that belongs to another user;
 * MDBX_READERS_FULL; MDBX_MVCC_RETARDED or MDBX_OUSTED if the snapshot was lost
 * during the copy; MDBX_CORRUPTED for a damaged page: the log names the page
 * and its file, and nothing remains at dest; MDBX_EINTR if the function of
 * mdbx_env_set_copy_notify() ended it; ENOSPC or another system code from
 * writing. */
LIBMDBX_API int mdbx_env_copy(MDBX_env *env, const char *dest,
                              MDBX_copy_flags_t flags);

/* Copies the newest snapshot into an open descriptor, which may be a pipe. The
 * descriptor stays open and belongs to the caller. A seekable one is written
 * from its start. If the call fails, the target contains a partial copy, which
 * mdbx_env_open() refuses. For flags see mdbx_env_copy().
 *
 * Returns what mdbx_env_copy() does, except MDBX_EEXIST. */
LIBMDBX_API int mdbx_env_copy2fd(MDBX_env *env, mdbx_filehandle_t fd,
                                 MDBX_copy_flags_t flags);

/* Copies exactly the snapshot a transaction sees.
 *
 * txn    an active read transaction. The copy leaves it unchanged, unless
 *        MDBX_CP_DISPOSE_TXN asks to abort it or MDBX_CP_RENEW_TXN to renew it
 *        after the copy, whether or not the copy succeeded. Or a write
 *        transaction, also a nested one, without changes (else MDBX_BAD_TXN);
 *        it takes a reader slot during the copy, and these two flags and
 *        MDBX_CP_THROTTLE_MVCC give MDBX_EINVAL.
 * dest, flags  as of mdbx_env_copy().
 *
 * Returns MDBX_SUCCESS, [txn], [read], or MDBX_EINVAL (unknown flags, NULL
 * path, both flags above at once); MDBX_EEXIST; MDBX_OUSTED,
 * MDBX_MVCC_RETARDED; a system code from writing. */
LIBMDBX_API int mdbx_txn_copy2pathname(MDBX_txn *txn, const char *dest,
                                       MDBX_copy_flags_t flags);

/* Copies exactly the snapshot a transaction sees into an open descriptor; see
 * mdbx_txn_copy2pathname() and mdbx_env_copy2fd().
 *
 * Returns what mdbx_txn_copy2pathname() does, except MDBX_EEXIST. */
LIBMDBX_API int mdbx_txn_copy2fd(MDBX_txn *txn, mdbx_filehandle_t fd,
                                 MDBX_copy_flags_t flags);

/* Sets the function that copies and increments call with their progress; NULL
 * removes it.
 *
 * func  called before the first byte is written, then for about each MiB, and
 *       after the last byte: then bytes_done is bytes_total. The flush to the
 *       device comes after that. A copy first verifies the tree pages, which
 *       takes a while and is not reported; MDBX_CP_COMPACT first numbers them.
 *       If func ends the copy, nothing remains at dest, as after an error. It
 *       must neither close the environment nor end, reset or renew the
 *       transaction that is copied.
 * ctx   passed to func.
 *
 * It holds for all copies of this environment, also those of a transaction.
 * May be called before or after mdbx_env_open(), but not during a copy. Copies
 * in several threads call func at the same time.
 *
 * Returns MDBX_SUCCESS, [env]. */
LIBMDBX_API int mdbx_env_set_copy_notify(MDBX_env *env,
                                         MDBX_copy_notify_func func, void *ctx);

/* Description of an increment, see mdbx_increment_info(). */
typedef struct MDBX_increment_info {
  /* The snapshot of the copy that it applies to. */
  uint64_t ii_base_txnid;
  /* The snapshot of the copy afterwards. */
  uint64_t ii_txnid;
  /* Number of pages in it. */
  uint64_t ii_pages;
  /* Page size in bytes. */
  uint32_t ii_pagesize;
  /* Zero. */
  uint32_t ii_reserved;
  /* Id of the database, as mi_dxbid of MDBX_envinfo. */
  struct {
    /* First half. */
    uint64_t x;
    /* Second half. */
    uint64_t y;
  } ii_dxbid;
} MDBX_increment_info;

/* Writes an increment: the pages that turn a copy of an earlier snapshot into a
 * copy of the newest one. The call reads and writes only pages newer than that
 * copy, and their neighbours.
 *
 * txnid  the snapshot of the copy; mdbx_preopen_snapinfo() of the copy's file
 *        gives it (mi_recent_txnid). The copy must have been made without
 *        MDBX_CP_COMPACT.
 * dest   path of the file to be made; it is not a database.
 * flags  any of MDBX_CP_DONT_FLUSH, MDBX_CP_THROTTLE_MVCC, MDBX_CP_OVERWRITE,
 *        MDBX_CP_NO_VERIFY (without it the call verifies the pages before it
 *        writes them).
 *
 * Returns what mdbx_env_copy() does; MDBX_EINVAL also if txnid is newer than
 * the newest snapshot. */
LIBMDBX_API int mdbx_env_copy_since(MDBX_env *env, uint64_t txnid,
                                    const char *dest, MDBX_copy_flags_t flags);

/* Writes an increment into an open descriptor, which may be a pipe; see
 * mdbx_env_copy_since().
 *
 * Returns what mdbx_env_copy_since() does, except MDBX_EEXIST. */
LIBMDBX_API int mdbx_env_copy2fd_since(MDBX_env *env, uint64_t txnid,
                                       mdbx_filehandle_t fd,
                                       MDBX_copy_flags_t flags);

/* Reads an increment from beginning to end and describes it. `bytes` is
 * sizeof(MDBX_increment_info). Any thread may call it.
 *
 * Returns MDBX_SUCCESS; MDBX_EINVAL; MDBX_ENOFILE; MDBX_EACCESS; MDBX_INVALID:
 * not an increment; MDBX_VERSION_MISMATCH; MDBX_CORRUPTED: damaged or
 * truncated; MDBX_ENOMEM; another system code. */
LIBMDBX_API int mdbx_increment_info(const char *path, MDBX_increment_info *info,
                                    size_t bytes);

/* Applies an increment to a copy, which then is a copy of the later snapshot.
 *
 * copy       path of the copy, as for mdbx_env_open(). Nobody may have it open.
 * increment  path of the increment. The call reads it to its end before it
 *            changes anything.
 * flags      MDBX_CP_DONT_FLUSH or none.
 *
 * The call gives the file storage for all its pages first. If there is no room
 * (ENOSPC, EFBIG, EDQUOT), the copy stays as it was.
 *
 * If the call is interrupted after it began to change the copy, the copy cannot
 * be opened (MDBX_CORRUPTED) until the same increment has been applied again.
 *
 * Returns MDBX_SUCCESS; MDBX_RESULT_TRUE if the copy has that snapshot already;
 * what mdbx_increment_info() does; MDBX_BUSY if somebody has the copy open;
 * MDBX_INCOMPATIBLE if the increment does not fit this copy: it belongs to
 * another database or to another snapshot, or the copy is a compacted one or
 * was changed, or made of a copy that was changed (the log says which); a
 * system code from writing. */
LIBMDBX_API int mdbx_copy_apply(const char *copy, const char *increment,
                                MDBX_copy_flags_t flags);

/* ---- Environment: state, flushing, context ----------------------------- */

/* Adds up the statistics of all tables: free space, main, and named ones.
 *
 * env   the environment; may be NULL if txn is given.
 * txn   the snapshot to describe, or NULL for the newest commit.
 * stat  filled on success. bytes must be sizeof(*stat).
 *
 * Returns MDBX_SUCCESS, [env] or [txn], [read], or MDBX_EINVAL for a wrong size
 * or if both handles are NULL; MDBX_READERS_FULL if a snapshot was needed and
 * no slot was left. */
LIBMDBX_API int mdbx_env_stat_ex(const MDBX_env *env, const MDBX_txn *txn,
                                 MDBX_stat *stat, size_t bytes);

/* mdbx_env_stat_ex() for the newest commit. For older programs. */
LIBMDBX_INLINE_API int mdbx_env_stat(const MDBX_env *env, MDBX_stat *stat,
                                     size_t bytes);

/* Describes an environment: geometry, ids, mode, counters.
 *
 * env   the environment; may be NULL if txn is given. If it is not open yet,
 *       the call reports the requested geometry, and zero in all other fields.
 * txn   the snapshot to describe, or NULL for the newest commit.
 * info  filled on success. bytes must be sizeof(*info).
 *
 * Returns MDBX_SUCCESS, [env] or [txn], but not MDBX_BAD_TXN for a broken
 * transaction; MDBX_EINVAL for a wrong size or if both handles are NULL;
 * MDBX_CORRUPTED if no meta page has the newest commit that the lock file
 * names; a system code from querying the file's state. */
LIBMDBX_API int mdbx_env_info_ex(const MDBX_env *env, const MDBX_txn *txn,
                                 MDBX_envinfo *info, size_t bytes);

/* mdbx_env_info_ex() for the newest commit. For older programs. */
LIBMDBX_INLINE_API int mdbx_env_info(const MDBX_env *env, MDBX_envinfo *info,
                                     size_t bytes);

/* Reads the basic facts of a database without opening it: page size, geometry,
 * last page, commit ids, boot ids. All other fields are zero. The call takes no
 * lock, so the answer may be outdated on return.
 *
 * path  as given to mdbx_env_open(), a directory or a file.
 * info  filled on success. bytes must be sizeof(*info).
 *
 * Returns MDBX_SUCCESS; MDBX_EINVAL; MDBX_ENOFILE; MDBX_EACCESS; MDBX_INVALID,
 * MDBX_VERSION_MISMATCH, MDBX_INCOMPATIBLE or MDBX_CORRUPTED as of
 * mdbx_env_open(); MDBX_ENOMEM; another system code. */
LIBMDBX_API int mdbx_preopen_snapinfo(const char *path, MDBX_envinfo *info,
                                      size_t bytes);

/* Installs the slow-reader callback, MDBX_hsr_func; NULL removes it.
 *
 * When a write transaction finds no free page, it calls the callback before the
 * file grows and before it returns MDBX_MAP_FULL, if a reader's snapshot sees
 * pages that would otherwise be free. The callback is never asked about a
 * reader that sees no such page, however old its snapshot is. Before each call
 * the engine releases the slots of dead processes and ousts parked readers that
 * are in the way (it does so without a callback, too). If only the last steady
 * commit keeps the pages, the callback is not called; at the upper size the
 * engine then makes the newest commit steady. The pages that a commit itself
 * needs for its records of free pages are taken without a call.
 *
 * May be called at any time from any thread; a running write transaction may
 * call the former callback once more. Callbacks run in the thread of the
 * writer.
 *
 * Returns MDBX_SUCCESS, [env]. */
LIBMDBX_API int mdbx_env_set_hsr(MDBX_env *env, MDBX_hsr_func hsr);

/* Returns the slow-reader callback. Returns NULL for a bad handle, if there is
 * no callback, or if mdbx_env_set_oomfunc() installed it. */
LIBMDBX_API MDBX_hsr_func mdbx_env_get_hsr(const MDBX_env *env);

/* Install and return a slow-reader callback of the older form. An environment
 * has one callback: the last call of mdbx_env_set_oomfunc() or
 * mdbx_env_set_hsr() replaces it. The getter returns NULL if mdbx_env_set_hsr()
 * installed the callback.
 *
 * mdbx_env_set_oomfunc() returns MDBX_SUCCESS, [env]. */
LIBMDBX_API int mdbx_env_set_oomfunc(MDBX_env *env, MDBX_oom_func *oom_func);
LIBMDBX_API MDBX_oom_func *mdbx_env_get_oomfunc(MDBX_env *env);

/* Makes all commits made before the call durable: weak commits, and commits of
 * mdbx_txn_commit_ticket() that wait for their flush.
 *
 * force     false flushes only if what is not durable yet reaches a threshold
 *           (MDBX_opt_sync_bytes, MDBX_opt_sync_period).
 * nonblock  true returns MDBX_BUSY instead of waiting for a writer, or for
 *           another call that flushes. If the call has flushed already when it
 *           finds a writer, MDBX_BUSY means half a success: the next call has
 *           little left to do.
 *
 * Writers continue during the flush. The call needs the writer lock briefly
 * before and after the flush. If the calling thread has a write transaction, or
 * holds the lock by mdbx_txn_lock(), it keeps the lock throughout.
 *
 * Returns MDBX_SUCCESS; MDBX_RESULT_TRUE if nothing was pending; [env];
 * MDBX_EACCESS if read-only; MDBX_BUSY; MDBX_EPERM if not open; MDBX_EIO or
 * another system code: then the environment is unusable (MDBX_PANIC). */
LIBMDBX_API int mdbx_env_sync_ex(MDBX_env *env, bool force, bool nonblock);

/* mdbx_env_sync_ex(env, true, false): flush now, wait if needed. */
LIBMDBX_INLINE_API int mdbx_env_sync(MDBX_env *env);

/* mdbx_env_sync_ex(env, false, true): flush if due, never wait. */
LIBMDBX_INLINE_API int mdbx_env_sync_poll(MDBX_env *env);

/* Makes the file smaller: moves pages from its end into free pages near its
 * start, in cycles.
 *
 * Each cycle is a write transaction of its own. It takes and releases the
 * writer lock, so others can read and write between cycles. The commit of a
 * cycle frees the old places of the moved pages; the next cycle returns them to
 * the system, and the file becomes shorter as its geometry allows (see
 * mdbx_env_set_geometry()). The records do not change, even if the call fails.
 * With MDBX_SAFE_NOSYNC each cycle flushes the commits before it, and the next
 * durable commit cuts the file.
 *
 * defrag_atleast    pages to give back before the time limit may end the work;
 *                   0 none.
 * time_atleast_dot16  time to spend before defrag_enough may end it, 16.16.
 * defrag_enough     the work ends when this many pages were given back; 0 all.
 * time_limit_dot16  time after which no further cycle begins, 16.16; 0 none.
 * acceptable_backlash  free pages that may remain below the end; -1: as many as
 *                      a commit may need itself.
 * preferred_batch   about how many pages a cycle writes; 0 or -1 the default. A
 *                   large value is moved as a whole.
 * progress_callback  called after each cycle, without any lock; may be NULL.
 *                    For its result see MDBX_defrag_notify_func.
 * result            how much was done and why it stopped; may be NULL.
 *
 * Any thread without a write transaction of its own may call it.
 *
 * Returns MDBX_SUCCESS if nothing is left to do or defrag_enough is reached;
 * MDBX_RESULT_TRUE if it stopped earlier (result->stopping_reasons);
 * MDBX_LAGGARD_READER if pages that a reader sees are in the way; [env];
 * MDBX_EINVAL for a backlash or batch below -1; MDBX_EACCESS if opened
 * read-only; MDBX_BUSY if the thread has a write transaction; or as of
 * mdbx_txn_begin() and mdbx_txn_commit(). The cycles completed before an error
 * stay in effect. */
LIBMDBX_API int
mdbx_env_defrag(MDBX_env *env, size_t defrag_atleast,
                size_t time_atleast_dot16, size_t defrag_enough,
                size_t time_limit_dot16, intptr_t acceptable_backlash,
                intptr_t preferred_batch,
                MDBX_defrag_notify_func progress_callback, void *ctx,
                MDBX_defrag_result_t *result);

/* Brings the pages in use into memory.
 *
 * env, txn  one of them is required. The pages are those of the transaction's
 *           snapshot, or of the newest commit if txn is NULL.
 * flags     MDBX_warmup_default asks the system to read the pages and returns;
 *           _force reads them now; _oomsafe, with _force, reads them into the
 *           page cache only, not into this process; _lock keeps them in memory
 *           until _release, the close, or the end of the process; _touchlimit
 *           raises the process limits for that, as far as the process may.
 * timeout_seconds_16dot16  when to stop reading, 16.16; 0 never.
 *
 * The call takes no lock; other threads and processes may commit meanwhile.
 *
 * Returns MDBX_SUCCESS; MDBX_RESULT_TRUE if the time ran out; [env] or [txn];
 * MDBX_EINVAL for unknown flags or handles that do not belong together;
 * MDBX_EPERM if not open; MDBX_ENOSYS, MDBX_ENOMEM (also if the limit for
 * locked memory is too low), EAGAIN, MDBX_EPERM as of mlock(), or another
 * system code. */
LIBMDBX_API int mdbx_env_warmup(const MDBX_env *env, const MDBX_txn *txn,
                                MDBX_warmup_flags_t flags,
                                unsigned timeout_seconds_16dot16);

/* Sets (onoff true) or clears flags of an environment. While it is open, only
 * the flags marked * at MDBX_env_flags_t can change; the call then waits for a
 * writer of another thread or process. It changes the mode of this environment
 * alone: those who open the database later are still compared with the mode in
 * which the first of its present writers opened it (MDBX_INCOMPATIBLE,
 * MDBX_ACCEDE).
 *
 * Returns MDBX_SUCCESS, [env], MDBX_EPERM for flags that cannot change now,
 * MDBX_EINVAL for unknown ones, MDBX_EACCESS if read-only. */
LIBMDBX_API int mdbx_env_set_flags(MDBX_env *env, MDBX_env_flags_t flags,
                                   bool onoff);

/* Stores the present flags, MDBX_env_flags_t, to *flags.
 *
 * Returns MDBX_SUCCESS, [env]. */
LIBMDBX_API int mdbx_env_get_flags(const MDBX_env *env, unsigned *flags);

/* Stores the path given to mdbx_env_open(), NULL if not open. The string
 * belongs to the environment and is valid until the environment is closed.
 *
 * Returns MDBX_SUCCESS, [env]. */
LIBMDBX_API int mdbx_env_get_path(const MDBX_env *env, const char **dest);

/* Stores the descriptor of the data file, -1 if not open. It belongs to the
 * environment and is closed on exec. The caller must neither write to it nor
 * close it: closing any descriptor of the file may release locks the process
 * holds on it.
 *
 * Returns MDBX_SUCCESS, [env]. */
LIBMDBX_API int mdbx_env_get_fd(const MDBX_env *env, mdbx_filehandle_t *fd);

/* Attaches a pointer of the application to an environment. The library never
 * dereferences or frees it.
 *
 * Returns MDBX_SUCCESS, [env]. */
LIBMDBX_API int mdbx_env_set_userctx(MDBX_env *env, void *ctx);

/* Returns the pointer set by mdbx_env_set_userctx(), NULL if there is none or
 * the handle is bad. */
LIBMDBX_API void *mdbx_env_get_userctx(const MDBX_env *env);

/* Tells whether read-ahead is useful for a database: whether `volume` bytes
 * plus `redundancy` bytes (may be negative) fit into free memory. Volumes up to
 * 4 MiB always do.
 *
 * Returns MDBX_RESULT_TRUE for yes, MDBX_RESULT_FALSE for no, or a system
 * code. */
LIBMDBX_API int mdbx_is_readahead_reasonable(size_t volume,
                                             intptr_t redundancy);

/* Stores the page size of the system in bytes, and total and free memory in
 * such pages. Each pointer may be NULL, but not all. The figures are those of
 * the machine, even if a control group grants the process less.
 *
 * Returns MDBX_SUCCESS; MDBX_EINVAL; a system code. */
LIBMDBX_API int mdbx_get_sysraminfo(intptr_t *page_size, intptr_t *total_pages,
                                    intptr_t *avail_pages);

/* Returns the page size in bytes of a new database for which none is requested:
 * the system's, limited to MDBX_MIN_PAGESIZE and MDBX_MAX_PAGESIZE. */
LIBMDBX_API size_t mdbx_default_pagesize(void);

/* ---- Environment: geometry, options, limits ---------------------------- */

/* Decides whether the environment is used without a lock file; only before
 * mdbx_env_open().
 *
 * Without a lock file the engine creates no file but the data file, takes no
 * system lock on any file, and has no reader table that others could see. The
 * application itself must ensure that no process writes while another one reads
 * or writes; opening and closing are exempt. Each transaction checks the file
 * for commits of other processes. Threads of one process need no such care: the
 * engine separates them as always, and a process may have the file open several
 * times. On a network file system only one machine at a time may have it open.
 *
 * Differences to the usual mode:
 *   - Opening changes nothing in an existing file, and sizes requested before
 *   apply only to a new one. Repair after a crash waits for the first writer.
 *   With MDBX_RDONLY the newest commit can be read even if it is a weak commit
 *   of this boot.
 *   - Closing does not make weak commits durable; mdbx_env_sync() does. Call it
 *   when the process may write.
 *   - Readers of other processes do not keep pages from reuse.
 *
 * Returns MDBX_SUCCESS, [env], or MDBX_EPERM when it is open. */
LIBMDBX_API int mdbx_env_set_lockless(MDBX_env *env, bool onoff);

/* Limits how much of the database file this process uses, in bytes, rounded
 * down to whole pages. The limit is not stored, and each process has its own;
 * 0, the initial value, means no limit. The geometry bounds the file as before.
 *
 * Writers of this process get MDBX_MAP_FULL at the limit. A transaction cannot
 * begin while the newest commit uses more: MDBX_UNABLE_EXTEND_MAPSIZE. Running
 * readers keep their snapshots. Any thread may call it, before or after the
 * open.
 *
 * Returns MDBX_SUCCESS, [env], or MDBX_EINVAL while the calling thread has a
 * write transaction. */
LIBMDBX_API int mdbx_env_set_maplimit(MDBX_env *env, size_t bytes);

/* Stores the limit set by mdbx_env_set_maplimit(), 0 if there is none.
 *
 * Returns MDBX_SUCCESS, [env], or MDBX_EINVAL when `bytes` is NULL. */
LIBMDBX_API int mdbx_env_get_maplimit(const MDBX_env *env, size_t *bytes);

/* Sets the size bounds of a database. All in bytes; -1 keeps the present value
 * or takes the default, 0 means the smallest and INTPTR_MAX the largest
 * possible. Sizes are rounded up to whole pages of the database and of the
 * system.
 *
 * size_lower        the file never becomes smaller
 * size_now          its size from now on; the engine changes it later as needed
 * size_upper        the file never becomes larger. Opening reserves this much
 *                   address space.
 * growth_step       how much the file grows at a time; 0 forbids growth
 * shrink_threshold  how much unused space at the end makes it shrink; 0 never
 * pagesize          power of two, MDBX_MIN_PAGESIZE to MDBX_MAX_PAGESIZE; only
 *                   for a new database
 *
 * Before mdbx_env_open() the call stores a request: the open applies it to a
 * new database. For an existing one, the open applies the sizes if the opener
 * is the first and may write; it never applies the page size. While the
 * environment is open, the change takes effect with the running write
 * transaction of the calling thread. Without one, it takes effect at once: the
 * call waits for other writers and makes a commit of its own.
 *
 * Returns MDBX_SUCCESS, [env], [write], or
 *   MDBX_EINVAL    an impossible page size, or lower above upper
 *   MDBX_TOO_LARGE  the sizes are impossible on this system
 *   MDBX_MAP_FULL  size_upper is below what is in use
 *   MDBX_EACCESS   the environment is read-only
 *   MDBX_THREAD_MISMATCH  as of [txn]
 * For the first three the log (MDBX_LOG_WARN) names the number that is
 * wrong. */
LIBMDBX_API int mdbx_env_set_geometry(MDBX_env *env, intptr_t size_lower,
                                      intptr_t size_now, intptr_t size_upper,
                                      intptr_t growth_step,
                                      intptr_t shrink_threshold,
                                      intptr_t pagesize);

/* Gives a database a fixed size: mdbx_env_set_geometry() with all three sizes
 * the same. For older programs. */
LIBMDBX_INLINE_API int mdbx_env_set_mapsize(MDBX_env *env, size_t size);

/* Sets an option; UINT64_MAX restores its default.
 *
 *   MDBX_opt_...                  unit and range; when; default at 4 KiB pages
 *   max_db                        named tables, to MDBX_MAX_DBI; before open; 0
 *   max_readers                   reader slots, 1 to 32767; before open; as
 *                                 many as fill the lock file's first page
 *   sync_bytes                    unflushed bytes after which a commit makes a
 *                                 steady point before it returns; other writers
 *                                 continue meanwhile. A commit that finds
 *                                 another thread or process making a steady
 *                                 point does not wait, unless unflushed bytes
 *                                 reach twice the value. After open; 0 = off.
 *                                 For all processes.
 *   sync_period                   the same by age, 16.16; after open; 0 = off
 *   dp_reserve_limit              spare page buffers kept; 1018
 *   txn_dp_limit                  changed pages kept in memory, from 128; a
 *                                 42nd of the memory the process may have: of
 *                                 the machine, or of its control group
 *   spill_max_denominator         when pages are written ahead, 1/N stay in
 *                                 memory, 0 to 255, 0 = none need to stay; 8
 *   spill_min_denominator         and 1/N are written, 0 to 255, 0 = those
 *                                 above the limit; 8
 *   merge_threshold               a page with less fill than this is merged
 *                                 with a neighbour, in 1/65536 of a page, 8192
 *                                 to 32768; 21845
 *   prefer_waf_insteadof_balance  0 or 1, prefer to merge with a neighbour that
 *                                 is changed already; 1
 *   subpage_limit                 largest set of values inside a leaf, in
 *                                 1/65536 of a page; 65535. A set that exceeds
 *                                 about half a page together with its key gets
 *                                 a tree of its own anyway.
 *   presync_threshold             at half of sync_bytes the engine tells the
 *                                 system to begin writing, if that is at least
 *                                 this many bytes, 1 to 2^31; after open;
 *                                 262144
 *   write_by_calls                0 or 1, commits without a flush write pages
 *                                 by system calls only, see "Stray pointers" at
 *                                 the top; 0
 *   group_commit                  0 or 1, a durable commit lets waiting writers
 *                                 continue while it waits for a flush that
 *                                 several commits share. No such commit is
 *                                 visible to readers, or returns, before it is
 *                                 durable; the commits become durable in their
 *                                 order. If several threads or processes
 *                                 committed during the last flush, a commit
 *                                 waits for theirs before it flushes, half as
 *                                 long as a flush takes, 2 ms at most. A write
 *                                 transaction that has seen such a commit and
 *                                 commits nothing does not end before that
 *                                 commit is durable; 1
 *   sync_thread                   0 or 1, a thread of the environment makes the
 *                                 steady points that sync_bytes and sync_period
 *                                 ask for; for sync_period no call is needed.
 *                                 If another process changes sync_period, the
 *                                 thread may notice it a second late.
 *                                 Commits do not wait for it unless twice
 *                                 sync_bytes are not durable yet. The thread
 *                                 ends when the environment is closed; a forked
 *                                 child gets one of its own by
 *                                 mdbx_env_resurrect_after_fork(). Not
 *                                 available without a lock file; without effect
 *                                 if read-only; 0
 *
 * A change takes effect with the next write transaction. The following options
 * are stored, with their ranges and initial values, for programs that set them.
 * They have no effect:
 *
 *   rp_augment_limit              2044; the engine keeps free pages as runs,
 *                                 not as lists that could become too long
 *   loose_limit                   0 to 255, 64; a transaction reuses every page
 *                                 that it gives up
 *   txn_dp_initial                from 128, 1018; lists grow as needed
 *   spill_parent4child_denominator  0 to 255, 0; a child needs no copy of its
 *                                   parent's pages
 *   writethrough_threshold        32 bit, 2; a commit is written with few calls
 *   prefault_write_enable         0 or 1, 0
 *   gc_time_limit                 16.16, 0; the search for free pages is
 *                                 bounded by itself
 *   subpage_room_threshold, subpage_reserve_prereq, subpage_reserve_limit
 *                                 0, 27525, 2753; sets inside a leaf keep no
 *                                 reserve
 *   split_reserve                 0 to 32768, 0
 *
 * Returns MDBX_SUCCESS, [env], MDBX_EINVAL for an unknown option or a value out
 * of range, MDBX_EPERM at the wrong time, MDBX_EACCESS if read-only and the
 * option is one for writers, MDBX_ENOMEM. */
LIBMDBX_API int mdbx_env_set_option(MDBX_env *env, MDBX_option_t option,
                                    uint64_t value);

/* Stores the present value of an option to *pvalue.
 *
 * Returns MDBX_SUCCESS, [env], MDBX_EINVAL for an unknown option, MDBX_EPERM if
 * the option has no value before the environment is open. */
LIBMDBX_API int mdbx_env_get_option(const MDBX_env *env, MDBX_option_t option,
                                    uint64_t *pvalue);

/* Short forms of mdbx_env_set_option() and mdbx_env_get_option() for max_db,
 * max_readers, sync_bytes and sync_period. They return the same codes; a NULL
 * pointer gives MDBX_EINVAL. Sizes in bytes, the period 16.16. */
LIBMDBX_INLINE_API int mdbx_env_set_maxdbs(MDBX_env *env, MDBX_dbi dbs);
LIBMDBX_INLINE_API int mdbx_env_get_maxdbs(const MDBX_env *env, MDBX_dbi *dbs);
LIBMDBX_INLINE_API int mdbx_env_set_maxreaders(MDBX_env *env,
                                               unsigned readers);
LIBMDBX_INLINE_API int mdbx_env_get_maxreaders(const MDBX_env *env,
                                               unsigned *readers);
LIBMDBX_INLINE_API int mdbx_env_set_syncbytes(MDBX_env *env, size_t threshold);
LIBMDBX_INLINE_API int mdbx_env_get_syncbytes(const MDBX_env *env,
                                              size_t *threshold);
LIBMDBX_INLINE_API int mdbx_env_set_syncperiod(MDBX_env *env,
                                               unsigned seconds_16dot16);
LIBMDBX_INLINE_API int
mdbx_env_get_syncperiod(const MDBX_env *env, unsigned *period_seconds_16dot16);

/* Smallest and largest page size in bytes. */
LIBMDBX_INLINE_API intptr_t mdbx_limits_pgsize_min(void);
LIBMDBX_INLINE_API intptr_t mdbx_limits_pgsize_max(void);

/* The limits below are in bytes. A pagesize below 1 means the default page
 * size; an impossible one gives -1. They need no handle, and any thread may
 * call them.
 *
 * Smallest and largest size of a database. Page numbers have 32 bits. */
LIBMDBX_API intptr_t mdbx_limits_dbsize_min(intptr_t pagesize);
LIBMDBX_API intptr_t mdbx_limits_dbsize_max(intptr_t pagesize);

/* Shortest key: 4 with MDBX_INTEGERKEY, else 0. */
LIBMDBX_API intptr_t mdbx_limits_keysize_min(MDBX_db_flags_t flags);

/* Longest key: 8 with MDBX_INTEGERKEY, else pagesize/2 - 26, and with
 * MDBX_DUPSORT pagesize/2 - 68. */
LIBMDBX_API intptr_t mdbx_limits_keysize_max(intptr_t pagesize,
                                             MDBX_db_flags_t flags);

/* Shortest value: 4 with MDBX_INTEGERDUP, else 0. */
LIBMDBX_API intptr_t mdbx_limits_valsize_min(MDBX_db_flags_t flags);

/* Longest value: 8 with MDBX_INTEGERDUP, pagesize/2 - 26 with MDBX_DUPSORT,
 * else MDBX_MAXDATASIZE. */
LIBMDBX_API intptr_t mdbx_limits_valsize_max(intptr_t pagesize,
                                             MDBX_db_flags_t flags);

/* Largest sum of key and value that stays inside a page of the tree:
 * pagesize/2 - 26. A larger value gets pages of its own. */
LIBMDBX_API intptr_t mdbx_limits_pairsize4page_max(intptr_t pagesize,
                                                   MDBX_db_flags_t flags);

/* Longest value that needs no more than one page of its own: pagesize - 32, or
 * with MDBX_DUPSORT the longest value. */
LIBMDBX_API intptr_t mdbx_limits_valsize4page_max(intptr_t pagesize,
                                                  MDBX_db_flags_t flags);

/* Largest total size, in bytes, of the pages one write transaction can
 * change. */
LIBMDBX_API intptr_t mdbx_limits_txnsize_max(intptr_t pagesize);

/* The same limits for the page size of an environment; -1 for a bad handle.
 * mdbx_env_get_maxkeysize() is for older programs and assumes MDBX_DUPSORT. */
LIBMDBX_API int mdbx_env_get_maxkeysize_ex(const MDBX_env *env,
                                           MDBX_db_flags_t flags);
LIBMDBX_API int mdbx_env_get_maxkeysize(const MDBX_env *env);
LIBMDBX_API int mdbx_env_get_maxvalsize_ex(const MDBX_env *env,
                                           MDBX_db_flags_t flags);
LIBMDBX_API int mdbx_env_get_pairsize4page_max(const MDBX_env *env,
                                               MDBX_db_flags_t flags);
LIBMDBX_API int mdbx_env_get_valsize4page_max(const MDBX_env *env,
                                              MDBX_db_flags_t flags);

/* ---- Transactions ------------------------------------------------------ */

/* Begins a transaction.
 *
 * env     an open environment; it must outlive the transaction.
 * parent  a running write transaction to nest in, or NULL. While the child
 *         runs, the parent can only be committed or aborted, which ends the
 *         child too. Nesting cannot be used with MDBX_WRITEMAP.
 * flags   begin flags of MDBX_txn_flags_t.
 * txn     receives the handle; the caller owns it until it is committed or
 *         aborted. Set to NULL on failure.
 * ctx     pointer of the application, see mdbx_txn_get_userctx().
 *
 * A read transaction sees the newest commit and never waits. It keeps the pages
 * of its snapshot from reuse, so it should be short. A write transaction waits
 * until no other one is running in any process. Without MDBX_NOSTICKYTHREADS a
 * thread has at most one transaction at a time, and only that thread may use
 * it.
 *
 * Returns MDBX_SUCCESS, [env], or
 *   MDBX_EINVAL            unknown flags, read-only together with MDBX_TXN_TRY,
 *                          MDBX_TXN_APART without read-only, with a parent, or
 *                          with MDBX_TXN_RDONLY_PREPARE
 *   MDBX_BUSY              this thread has a write transaction already; or
 *                          MDBX_TXN_TRY is given and another writer is active
 *   MDBX_TXN_OVERLAPPING   this thread has a transaction of the other kind
 *   MDBX_BAD_RSLOT         this thread has a read transaction
 *   MDBX_READERS_FULL      no reader slot is free
 *   MDBX_EACCESS           write transaction in a read-only environment
 *   MDBX_BAD_TXN           the parent is not a usable write transaction
 *   MDBX_INCOMPATIBLE      nesting with MDBX_WRITEMAP
 *   MDBX_THREAD_MISMATCH   the parent belongs to another thread
 *   MDBX_UNABLE_EXTEND_MAPSIZE  another process made the database larger than
 *                               this process can map
 *   MDBX_CORRUPTED, MDBX_ENOMEM, or another system code */
LIBMDBX_API int mdbx_txn_begin_ex(MDBX_env *env, MDBX_txn *parent,
                                  MDBX_txn_flags_t flags, MDBX_txn **txn,
                                  void *ctx);

/* mdbx_txn_begin_ex() without a pointer of the application. */
LIBMDBX_INLINE_API int mdbx_txn_begin(MDBX_env *env, MDBX_txn *parent,
                                      MDBX_txn_flags_t flags, MDBX_txn **txn);

/* Commits a transaction and frees its handle. Its cursors become unbound; the
 * caller still has to close them. A running child is committed first, or
 * aborted if it is broken. A transaction without changes writes nothing and uses
 * no id. Committing a read transaction is the same as aborting it.
 *
 * latency  NULL, or receives the times of the parts of the commit.
 *
 * Returns MDBX_SUCCESS; MDBX_RESULT_TRUE if the transaction was broken (or
 * reset) and has been aborted instead; [txn]; [write]: nothing was committed.
 * MDBX_THREAD_MISMATCH leaves the transaction as it was; after every other code
 * the handle is freed. MDBX_PANIC means that the outcome on the device is
 * unknown: close the environment and open it again. A system error after which
 * the environment returns MDBX_PANIC means the same: the flush of the commit
 * failed, or that of several commits (MDBX_opt_group_commit), for all of them.
 *
 * If a nested transaction cannot be committed for lack of memory, its parent is
 * as if the child had been aborted. A parent whose running child cannot be
 * committed is aborted too. */
LIBMDBX_API int mdbx_txn_commit_ex(MDBX_txn *txn, MDBX_commit_latency *latency);

/* mdbx_txn_commit_ex() without the times. */
LIBMDBX_INLINE_API int mdbx_txn_commit(MDBX_txn *txn);

/* Commits a write transaction without waiting until the commit is durable, and
 * returns a ticket for mdbx_env_wait_durable().
 *
 * From the moment the commit is durable, it keeps every promise of its mode.
 * Commits become durable in their order, and one flush serves all that wait.
 * Until the commit is durable, only later write transactions see it; read
 * transactions do not. Not in libmdbx.
 *
 * ticket   receives the commit. A transaction without changes gives the commit
 *          that it began with.
 * latency  NULL, or receives the times of the parts of the commit.
 *
 * A flush must be requested by one of these: mdbx_env_wait_durable(),
 * mdbx_env_sync_ex(), a commit by mdbx_txn_commit_ex() in any process,
 * mdbx_env_close(), or the thread that mdbx_env_durable_fd() starts. Some
 * commits cannot wait and are durable on return: commits with MDBX_WRITEMAP,
 * with MDBX_opt_group_commit off or in MDBX_NOMETASYNC, large ones, those that
 * change the size of the file, and one in every few hundred, since the list of
 * waiting pages has to fit in a meta page. The ticket of a weak commit
 * (MDBX_SAFE_NOSYNC, MDBX_UTTERLY_NOSYNC) stands for a commit which readers see
 * at once.
 *
 * Returns as mdbx_txn_commit_ex(), and MDBX_EINVAL if ticket is NULL,
 * MDBX_EACCESS for a read transaction, MDBX_BAD_TXN for a nested one; after
 * these the transaction is as it was. */
LIBMDBX_API int mdbx_txn_commit_ticket(MDBX_txn *txn,
                                       MDBX_commit_ticket *ticket,
                                       MDBX_commit_latency *latency);

/* Waits until a commit is durable. If no other thread or process makes the
 * flush, the caller makes it; for a weak commit, it makes a steady point of the
 * newest commit. A thread must not call it while it has a write transaction.
 * Not in libmdbx.
 *
 * ticket                   of this environment since it was opened, from any
 *                          thread; may be used any number of times.
 * timeout_seconds_16dot16  how long to wait, 16.16. With 0 the call only
 *                          queries: it neither waits nor makes a flush.
 *                          0xffffffff: for ever. Once the call has begun a
 *                          flush, it waits for its end. It may notice the end
 *                          of another one's flush up to a twentieth of a second
 *                          late. For a weak commit it needs the writer lock; it
 *                          waits no longer for that either.
 *
 * Returns MDBX_SUCCESS: the commit is durable, and so are all before it;
 * MDBX_RESULT_TRUE: not yet; [env]; or
 *   MDBX_EINVAL   ticket is NULL, or there has been no such commit
 *   MDBX_EACCESS  read-only environment
 *   MDBX_BUSY     this thread has a write transaction
 *   MDBX_PANIC    a flush failed, and the commit of the ticket is lost
 *   or the error of the flush, after which MDBX_PANIC follows */
LIBMDBX_API int mdbx_env_wait_durable(MDBX_env *env,
                                      const MDBX_commit_ticket *ticket,
                                      unsigned timeout_seconds_16dot16);

/* Returns a descriptor for event loops, which becomes readable when commits by
 * mdbx_txn_commit_ticket() have become durable or have failed.
 *
 * Then read eight bytes from it, and query the oldest tickets with
 * mdbx_env_wait_durable(). Commits made before this call count as well. The
 * first call starts a thread of the library, with all signals blocked, which
 * makes the flushes. When the environment is closed, the thread ends and the
 * descriptor is closed. A forked child has neither, and may call this again
 * after mdbx_env_resurrect_after_fork(). Not in libmdbx.
 *
 * fd  receives an eventfd(2), non-blocking. It belongs to the environment.
 *
 * Returns MDBX_SUCCESS, [env], MDBX_EINVAL if fd is NULL, MDBX_EACCESS for a
 * read-only environment, MDBX_ENOSYS where the system has no such descriptors,
 * MDBX_ENOMEM, or another system code. */
LIBMDBX_API int mdbx_env_durable_fd(MDBX_env *env, mdbx_filehandle_t *fd);

/* Drops all changes of a transaction and of its child, and frees its handle.
 * Cursors become unbound; the caller still has to close them.
 *
 * If a write transaction has seen commits of other writers that still wait for
 * their flush, the abort waits for that flush too, so that a reader begun
 * afterwards sees no less (MDBX_opt_group_commit). If that flush fails, the
 * next transaction returns MDBX_PANIC.
 *
 * latency  NULL, or receives the times.
 *
 * Returns MDBX_SUCCESS; MDBX_EINVAL for NULL; MDBX_EBADSIGN; MDBX_BAD_TXN if it
 * ended before; MDBX_THREAD_MISMATCH, which leaves it as it was. For a nested
 * transaction also a system error or MDBX_CORRUPTED, if its changes could not
 * be undone: it has ended, and its parents are broken. */
LIBMDBX_API int mdbx_txn_abort_ex(MDBX_txn *txn, MDBX_commit_latency *latency);

/* mdbx_txn_abort_ex() without the times. */
LIBMDBX_INLINE_API int mdbx_txn_abort(MDBX_txn *txn);

/* Commits the changes of a write transaction so far; the transaction continues
 * with the same handle and the next id. No other writer can write in between.
 * Cursors become unbound as at a commit, pointers into the database become
 * invalid, and table handles are as after a commit.
 *
 * weakening_durability  MDBX_TXN_NOWEAKING, or MDBX_TXN_NOSYNC and
 *                       MDBX_TXN_NOMETASYNC: for this commit only, in addition
 *                       to the flags the transaction began with.
 * latency  NULL, or receives the times of the parts of the commit.
 *
 * A nested transaction passes its changes to its parent and continues with the
 * same handle: a later abort undoes only the changes made since. The cursors it
 * has bound become unbound. The durability is that of the parent's commit. If it
 * fails, the child is aborted.
 *
 * Returns MDBX_SUCCESS; MDBX_RESULT_TRUE if there were no changes: the call
 * then does nothing; [txn]; MDBX_EACCESS for a read transaction; MDBX_EINVAL
 * for other flags: after these the transaction is as it was. [write], or codes
 * of mdbx_txn_begin_ex(): the commit, or continuing after it, failed and the
 * handle is freed; MDBX_PANIC as of mdbx_txn_commit_ex(). mdbx_env_info_ex()
 * tells which commit is the newest. */
LIBMDBX_API int mdbx_txn_checkpoint(MDBX_txn *txn,
                                    MDBX_txn_flags_t weakening_durability,
                                    MDBX_commit_latency *latency);

/* Commits a write transaction and replaces its handle by a read transaction of
 * exactly that commit, or of the newest commit if there were no changes. The
 * read transaction has the context pointer of the write transaction, and
 * belongs to the calling thread like any read transaction. Cursors become
 * unbound. A read transaction remains unchanged.
 *
 * ptxn     the handle of the write transaction, replaced on success; NULL after
 *          a failed commit, since the handle is freed then.
 * latency  NULL, or receives the times of the parts of the commit.
 *
 * Returns MDBX_SUCCESS; [txn]; MDBX_BAD_TXN also for a nested transaction;
 * MDBX_BAD_RSLOT, MDBX_READERS_FULL, MDBX_ENOMEM if there is none for the
 * reader: these are detected before the commit and leave *ptxn as it was.
 * [write], MDBX_PANIC as of mdbx_txn_commit_ex(). */
LIBMDBX_API int mdbx_txn_commit_embark_read(MDBX_txn **ptxn,
                                            MDBX_commit_latency *latency);

/* Turns a read transaction into a write transaction that begins with the same
 * snapshot, if that is still the newest commit.
 *
 * read_txn       an active read transaction. On success it ends, and its handle
 *                is freed. Its cursors become unbound.
 * ptr_write_txn  receives the write transaction, NULL if there is none.
 * flags          as for a write transaction of mdbx_txn_begin_ex(). With
 *                MDBX_TXN_RDONLY_PREPARE read_txn is reset instead of ended.
 * ctx            pointer of the application, see mdbx_txn_get_userctx().
 *
 * The call waits for other writers, unless MDBX_TXN_TRY is given. It returns
 * MDBX_RESULT_TRUE if another writer commits first.
 *
 * Returns MDBX_SUCCESS; MDBX_RESULT_TRUE if there is a newer commit; [txn];
 * MDBX_BAD_TXN also for a write transaction; MDBX_EINVAL for NULL or unknown
 * flags; MDBX_EACCESS in a read-only environment; MDBX_TXN_OVERLAPPING if this
 * thread has a write transaction already; MDBX_BUSY; codes of
 * mdbx_txn_begin_ex(). After every code but MDBX_SUCCESS read_txn continues. */
LIBMDBX_API int mdbx_txn_amend(MDBX_txn *read_txn, MDBX_txn **ptr_write_txn,
                               MDBX_txn_flags_t flags, void *ctx);

/* Drops all changes of a write transaction, or of the given nested one, which
 * continues with the same handle and id.
 *
 * Cursors become unbound; the cursors of the parents of a nested transaction
 * return to where they were when it began. Table handles are as after an abort.
 * A broken transaction is usable again afterwards. A read transaction has
 * nothing to drop: it keeps its snapshot and its cursors, and if it was marked
 * as broken it can be used again.
 *
 * Returns MDBX_SUCCESS; [txn], which change nothing; a code of
 * mdbx_txn_begin_ex(): then the handle is freed. The parent, if there is one,
 * is as after an abort, see mdbx_txn_abort_ex(). */
LIBMDBX_API int mdbx_txn_rollback(MDBX_txn *txn);

/* Marks a transaction as broken: functions that read or change data in it
 * return MDBX_BAD_TXN, until it is aborted or rolled back. A commit then aborts
 * it. Functions that describe the transaction itself still work:
 * mdbx_txn_info(), mdbx_env_info_ex(), mdbx_dbi_flags_ex(), mdbx_cursor_bind()
 * and the like.
 *
 * Returns MDBX_SUCCESS, [txn] but not MDBX_BAD_TXN for a reset one. */
LIBMDBX_API int mdbx_txn_break(MDBX_txn *txn);

/* Releases the snapshot of a read transaction, and keeps the handle and its
 * reader slot for mdbx_txn_renew(), which is cheaper than a new begin. Its
 * cursors become unbound. Resetting twice is allowed.
 *
 * Returns MDBX_SUCCESS, [txn], MDBX_EINVAL for a write transaction. */
LIBMDBX_API int mdbx_txn_reset(MDBX_txn *txn);

/* Starts a read transaction again on the newest snapshot. It may be reset,
 * prepared by MDBX_TXN_RDONLY_PREPARE, or still active; then its cursors become
 * unbound.
 *
 * Returns MDBX_SUCCESS, [txn], MDBX_EINVAL for a write transaction, and the
 * codes of mdbx_txn_begin_ex() for a read transaction. */
LIBMDBX_API int mdbx_txn_renew(MDBX_txn *txn);

/* Moves an active read transaction to the newest snapshot. If it moves,
 * pointers obtained before become invalid and its cursors unbound.
 *
 * Returns MDBX_SUCCESS if it moved; MDBX_RESULT_TRUE if its snapshot was the
 * newest already; [txn]; MDBX_EINVAL for a write transaction; codes as of
 * mdbx_txn_renew(). */
LIBMDBX_API int mdbx_txn_refresh(MDBX_txn *txn);

/* Parks an active read transaction: it keeps its snapshot until a writer needs
 * pages that the snapshot keeps from reuse; then the writer ousts it.
 *
 * autounpark  true: the next use of the transaction or of its cursors brings it
 *             back as mdbx_txn_unpark(txn, false) would, and returns
 *             MDBX_OUSTED if that is impossible. false: each use returns
 *             MDBX_BAD_TXN, or MDBX_OUSTED if it has been ousted.
 *
 * Pointers obtained before must not be used while it is parked. Cursors keep
 * their positions unless it is ousted.
 *
 * Returns MDBX_SUCCESS, [txn]; MDBX_BAD_TXN also for a write transaction and
 * one that is parked already. */
LIBMDBX_API int mdbx_txn_park(MDBX_txn *txn, bool autounpark);

/* Brings a parked transaction back. A transaction that is not parked remains
 * unchanged.
 *
 * restart_if_ousted  true starts it on the newest snapshot if a writer ousted
 *                    it.
 *
 * Returns MDBX_SUCCESS; MDBX_RESULT_TRUE if it was ousted and started again;
 * MDBX_OUSTED: it was ousted, and is now as after mdbx_txn_reset(), its cursors
 * unbound; [txn]; codes of mdbx_txn_renew() when it starts again. */
LIBMDBX_API int mdbx_txn_unpark(MDBX_txn *txn, bool restart_if_ousted);

/* Begins a read transaction on the snapshot of another transaction.
 *
 * origin  an active read transaction, which requires MDBX_NOSTICKYTHREADS since
 *         a thread has only one reader slot; it must not end during the call.
 *         Or a write transaction without changes: the snapshot is then the
 *         commit it began with.
 * in_out_clone  if it points to NULL, it receives a new handle. Otherwise it
 *               points to a read transaction of the same environment, whose
 *               handle the call reuses; if that one is active, it ends first.
 *               After a failure a given handle is as after mdbx_txn_reset() or
 *               unchanged.
 * ctx     pointer of the application, see mdbx_txn_get_userctx().
 *
 * Returns MDBX_SUCCESS, [txn] of both handles, or
 *   MDBX_BAD_TXN        also for a write transaction with changes
 *   MDBX_EINVAL         in_out_clone is NULL; or its handle belongs to another
 *                       environment, is a write transaction, or is origin
 *                       itself
 *   MDBX_OUSTED         origin was parked and has been ousted
 *   MDBX_MVCC_RETARDED  origin lost its snapshot during the call
 *   MDBX_BAD_RSLOT      the reader slot of this thread is in use
 *   MDBX_READERS_FULL, MDBX_CORRUPTED, MDBX_ENOMEM, or a system code */
LIBMDBX_API int mdbx_txn_clone(const MDBX_txn *origin, MDBX_txn **in_out_clone,
                               void *ctx);

/* Describes a transaction.
 *
 * info      filled on success.
 * scan_rlt  true also walks the reader table, for the fields that depend on
 *           other readers: txn_reader_lag of a writer, txn_space_dirty of a
 *           reader.
 *
 * The call also describes a parked transaction, which stays parked, and a
 * broken one.
 *
 * Returns MDBX_SUCCESS, [txn], MDBX_OUSTED if it was parked and lost its
 * snapshot. */
LIBMDBX_API int mdbx_txn_info(const MDBX_txn *txn, MDBX_txn_info *info,
                              bool scan_rlt);

/* Returns the number of commits since the snapshot of a reader, 0 for a writer;
 * negative for an error: the negated system code, or an engine code. If percent
 * is not NULL it receives how much of the file is allocated. For older
 * programs; mdbx_txn_info() tells more. */
LIBMDBX_API int mdbx_txn_straggler(const MDBX_txn *txn, int *percent);

/* Returns the environment of a transaction, NULL for a bad handle. */
LIBMDBX_API MDBX_env *mdbx_txn_env(const MDBX_txn *txn);

/* Returns begin and state flags, MDBX_TXN_INVALID for a bad handle. Bits
 * without a name may be set as well. Only the thread that owns the transaction
 * gets MDBX_TXN_DIRTY and MDBX_TXN_SPILLS. */
LIBMDBX_API MDBX_txn_flags_t mdbx_txn_flags(const MDBX_txn *txn);

/* Returns the id: of the snapshot for a reader, of the commit to come for a
 * writer, 0 if the transaction is not active or the handle is bad. */
LIBMDBX_API uint64_t mdbx_txn_id(const MDBX_txn *txn);

/* Attaches a pointer of the application to a transaction.
 *
 * Returns MDBX_SUCCESS, or MDBX_EINVAL, MDBX_EBADSIGN as of [txn]. */
LIBMDBX_API int mdbx_txn_set_userctx(MDBX_txn *txn, void *ctx);

/* Returns the pointer given to mdbx_txn_begin_ex() or mdbx_txn_set_userctx(),
 * NULL if there is none or the handle is bad. */
LIBMDBX_API void *mdbx_txn_get_userctx(const MDBX_txn *txn);

/* Takes the writer lock of a database without a transaction. Until
 * mdbx_txn_unlock(), only the calling thread can write.
 *
 * dont_wait  true returns MDBX_BUSY instead of waiting.
 *
 * Returns MDBX_SUCCESS, [env], MDBX_BUSY (also if this thread has it already),
 * MDBX_EACCESS if read-only, MDBX_EPERM if not open, or a system code. */
LIBMDBX_API int mdbx_txn_lock(MDBX_env *env, bool dont_wait);

/* Releases the lock taken by mdbx_txn_lock().
 *
 * Returns MDBX_SUCCESS, [env], MDBX_THREAD_MISMATCH if the calling thread does
 * not hold it, MDBX_BUSY while its write transaction runs. */
LIBMDBX_API int mdbx_txn_unlock(MDBX_env *env);

/* Detaches all cursors from a transaction and its parents.
 *
 * unbind  true keeps the handles, unbound, for reuse; false closes them: they
 *         must not be used afterwards.
 * count   NULL, or receives how many cursors there were.
 *
 * Returns MDBX_SUCCESS, [txn]. */
LIBMDBX_API int mdbx_txn_release_all_cursors_ex(const MDBX_txn *txn,
                                                bool unbind, size_t *count);

/* mdbx_txn_release_all_cursors_ex() without the count. */
LIBMDBX_INLINE_API int mdbx_txn_release_all_cursors(const MDBX_txn *txn,
                                                    bool unbind);

/* Calls func for each cursor bound to a transaction, its parents or its
 * children, in no particular order. func may close or unbind the cursor it is
 * given, but no other. If func returns a value other than zero, the walk ends
 * and returns it.
 *
 * Returns MDBX_SUCCESS, MDBX_EINVAL also for a NULL func, MDBX_EBADSIGN,
 * MDBX_THREAD_MISMATCH. */
LIBMDBX_API int mdbx_txn_enumerate_cursors(const MDBX_txn *txn,
                                           MDBX_cursor_enum_func func,
                                           void *ctx);

/* ---- Tables ------------------------------------------------------------ */

/* Opens a table, or creates it with MDBX_CREATE.
 *
 * name   zero-terminated; the zero is not part of the name. NULL for the main
 *        table. Named tables are records of the main table and need
 *        mdbx_env_set_maxdbs(). The name is copied.
 * flags  MDBX_db_flags_t. For an existing table they must equal the stored
 *        ones, with two exceptions: MDBX_DB_ACCEDE is given; or the table is
 *        empty and MDBX_CREATE recreates it, so that cursors on it lose their
 *        positions.
 * dbi    receives the handle, 0 on failure. It is valid in all transactions of
 *        the environment until it is closed or the table is dropped. If this
 *        transaction created the table and aborts, the table and its handle are
 *        gone. If a nested transaction opened the handle and aborts, its
 *        parents do not know the handle (MDBX_BAD_DBI) until they open the
 *        table themselves; later transactions know it. Opening the same name
 *        again gives the same handle.
 *
 * Returns MDBX_SUCCESS, [txn], [read], [write] when creating, or
 *   MDBX_NOTFOUND      there is no such table, and MDBX_CREATE is not given
 *   MDBX_EACCESS       the table is to be created, but the transaction is
 *                      read-only
 *   MDBX_EINVAL        flags that cannot be combined
 *   MDBX_INCOMPATIBLE  the table has an optional feature this library does not
 *                      know; or it has other flags; or the name is a plain
 *                      record; or the main table is of a kind that cannot hold
 *                      names, or has comparators that were not given when it
 *                      was opened
 *   MDBX_BAD_VALSIZE   the name is too long
 *   MDBX_BAD_DBI       since this read transaction used a table, that table has
 *                      been renamed to this name, which had been another one's
 *   MDBX_DBS_FULL      no handle is left
 *   MDBX_ENOMEM */
LIBMDBX_API int mdbx_dbi_open(MDBX_txn *txn, const char *name,
                              MDBX_db_flags_t flags, MDBX_dbi *dbi);

/* mdbx_dbi_open() with a name of any bytes. A NULL name, or a name whose
 * address is NULL (MDBX_CHK_MAIN), is the main table. A name with the address
 * MDBX_CHK_GC and length zero is table 0, which has the flags MDBX_DB_DEFAULTS.
 * MDBX_CHK_META is not a table: MDBX_EINVAL. An empty name with any other
 * address is a valid name. */
LIBMDBX_API int mdbx_dbi_open2(MDBX_txn *txn, const MDBX_val *name,
                               MDBX_db_flags_t flags, MDBX_dbi *dbi);

/* mdbx_dbi_open() with comparison functions of the application for keys and for
 * values; NULL means the built-in one. They are not stored: every opener must
 * give the same ones, and tools without them cannot change the table; their
 * cursors lose their positions (MDBX_ENODATA) when a nested transaction begins or
 * ends. For older programs; prefer keys that sort as bytes.
 *
 * Returns what mdbx_dbi_open() does; MDBX_INCOMPATIBLE also if the table is
 * open with other functions. */
LIBMDBX_API int mdbx_dbi_open_ex(MDBX_txn *txn, const char *name,
                                 MDBX_db_flags_t flags, MDBX_dbi *dbi,
                                 MDBX_cmp_func keycmp, MDBX_cmp_func datacmp);

/* mdbx_dbi_open_ex() with a name of any bytes. */
LIBMDBX_API int mdbx_dbi_open_ex2(MDBX_txn *txn, const MDBX_val *name,
                                  MDBX_db_flags_t flags, MDBX_dbi *dbi,
                                  MDBX_cmp_func keycmp, MDBX_cmp_func datacmp);

/* mdbx_dbi_open2() with comparison functions that get a pointer of the
 * application. The functions and `ctx` must stay valid until the environment is
 * closed. A later opening must give the same three, or none, else the result is
 * MDBX_INCOMPATIBLE. Everything else is as with mdbx_dbi_open_ex(). */
LIBMDBX_API int mdbx_dbi_open_ctx(MDBX_txn *txn, const MDBX_val *name,
                                  MDBX_db_flags_t flags, MDBX_dbi *dbi,
                                  MDBX_cmp_ctx_func keycmp,
                                  MDBX_cmp_ctx_func datacmp, void *ctx);

/* Sets the comparison functions of a table whose handle is open, as
 * mdbx_dbi_open_ctx() does when it opens one. For programs that learn of the
 * functions only after opening.
 *
 * keycmp, datacmp  NULL keeps the present function. datacmp has no effect
 *                  without MDBX_DUPSORT.
 * ctx              passed to both.
 *
 * The table's record stores that the table has a custom order. Therefore the
 * call changes an empty table that has no custom order yet, if the transaction
 * may write, and the cursors of that table lose their positions. A table with
 * records must have been filled in such an order; the call then writes nothing,
 * and any transaction will do.
 *
 * Returns MDBX_SUCCESS; MDBX_RESULT_TRUE if an empty table would have to be
 * changed and the transaction is read-only: the handle has the functions, but
 * the program must repeat the call in the transaction that stores the first
 * record; [txn], [read], MDBX_BAD_DBI (also for the free space table),
 * MDBX_INCOMPATIBLE if the table has records in another order, or the handle
 * other functions; MDBX_ENOMEM. */
LIBMDBX_API int mdbx_dbi_set_order_ctx(MDBX_txn *txn, MDBX_dbi dbi,
                                       MDBX_cmp_ctx_func keycmp,
                                       MDBX_cmp_ctx_func datacmp, void *ctx);

/* Renames a table; its handle stays valid. If the transaction is aborted the
 * handle becomes invalid. In read transactions of older snapshots the table has
 * its old name. Those that have used the handle can still use it.
 *
 * Returns MDBX_SUCCESS (also for its own name), [txn], [write], MDBX_BAD_DBI,
 * MDBX_EINVAL for the main table or a NULL name, MDBX_KEYEXIST if the name is
 * taken, MDBX_BAD_VALSIZE if it is too long, MDBX_ENOMEM. */
LIBMDBX_API int mdbx_dbi_rename(MDBX_txn *txn, MDBX_dbi dbi, const char *name);

/* mdbx_dbi_rename() with a name of any bytes. */
LIBMDBX_API int mdbx_dbi_rename2(MDBX_txn *txn, MDBX_dbi dbi,
                                 const MDBX_val *name);

/* Closes a handle, so that another table can get its number. The table itself
 * is unchanged. No other thread may be using the handle. Cursors of a closed
 * handle return MDBX_BAD_DBI until they are bound again. Seldom needed: handles
 * close with the environment. The main table's handle stays open; the call then
 * returns success.
 *
 * Returns MDBX_SUCCESS, [env], MDBX_BAD_DBI, MDBX_DANGLING_DBI if a running
 * transaction changed or created the table. */
LIBMDBX_API int mdbx_dbi_close(MDBX_env *env, MDBX_dbi dbi);

/* Empties a table (del false), or removes it and its handle too (del true).
 * Emptying sets the table's sequence to 0, and its open cursors lose their
 * positions. Cursors of a removed table return MDBX_BAD_DBI until they are
 * bound again. Emptying the main table removes all named ones; the main table
 * itself is never removed.
 *
 * Returns MDBX_SUCCESS, [txn], [write], MDBX_BAD_DBI, MDBX_EACCESS also for the
 * free space table. */
LIBMDBX_API int mdbx_drop(MDBX_txn *txn, MDBX_dbi dbi, bool del);

/* Stores the statistics of one table. bytes must be sizeof(*stat).
 *
 * Returns MDBX_SUCCESS, [txn], [read], MDBX_BAD_DBI, MDBX_EINVAL for a wrong
 * size. */
LIBMDBX_API int mdbx_dbi_stat(const MDBX_txn *txn, MDBX_dbi dbi,
                              MDBX_stat *stat, size_t bytes);

/* Tells how the keys of a table with MDBX_DUPSORT store their values. Bit 0 of
 * *mask: some key has one value. Bit 1: some key has a few values inside the
 * leaf, or a nested tree of height 1. Bit N: some key has a nested tree of
 * height N. The call reads the whole table.
 *
 * Returns MDBX_SUCCESS; MDBX_RESULT_TRUE and 0 for a table without
 * MDBX_DUPSORT; [txn], [read], MDBX_BAD_DBI, MDBX_EINVAL for NULL. */
LIBMDBX_API int mdbx_dbi_dupsort_depthmask(const MDBX_txn *txn, MDBX_dbi dbi,
                                           uint32_t *mask);

/* Stores the flags of a table, MDBX_db_flags_t, and its state in the
 * transaction, MDBX_dbi_state_t. Both pointers are required.
 *
 * Returns MDBX_SUCCESS, [txn], [read], MDBX_BAD_DBI. For a broken transaction
 * the call succeeds for the tables it has used; for others it returns
 * MDBX_BAD_TXN. */
LIBMDBX_API int mdbx_dbi_flags_ex(const MDBX_txn *txn, MDBX_dbi dbi,
                                  unsigned *flags, unsigned *state);

/* mdbx_dbi_flags_ex() for the flags alone. */
LIBMDBX_INLINE_API int mdbx_dbi_flags(const MDBX_txn *txn, MDBX_dbi dbi,
                                      unsigned *flags);

/* Reads and increments the counter that is stored with each table. Stores its
 * value to *result, unless that is NULL, and then adds increment.
 *
 * Returns MDBX_SUCCESS; MDBX_RESULT_TRUE if it would overflow: it is unchanged
 * then; [txn], [read]; MDBX_BAD_DBI; MDBX_EACCESS for an increment in a read
 * transaction or of the free space table. */
LIBMDBX_API int mdbx_dbi_sequence(MDBX_txn *txn, MDBX_dbi dbi, uint64_t *result,
                                  uint64_t increment);

/* Calls func for each named table, in the order of their names. If func returns
 * a value other than zero, the walk ends and returns it.
 *
 * Returns MDBX_SUCCESS, [txn], [read], MDBX_EINVAL for a NULL func. */
LIBMDBX_API int mdbx_enumerate_tables(const MDBX_txn *txn,
                                      MDBX_table_enum_func func, void *ctx);

/* Compares two items as keys of a table.
 *
 * Returns a negative number, 0 or a positive one. For a bad handle the result
 * has no meaning. */
LIBMDBX_API int mdbx_cmp(const MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *a,
                         const MDBX_val *b);

/* Compares two items as values of a key of a table. In a table without
 * MDBX_DUPSORT only the result 0 (equal) is meaningful.
 *
 * Returns as mdbx_cmp(). */
LIBMDBX_API int mdbx_dcmp(const MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *a,
                          const MDBX_val *b);

/* Return the built-in comparison function of keys, or of values, for the given
 * table flags: bytes from the front, bytes from the end, or native unsigned
 * integers. Never NULL. */
LIBMDBX_API MDBX_cmp_func mdbx_get_keycmp(MDBX_db_flags_t flags);
LIBMDBX_API MDBX_cmp_func mdbx_get_datacmp(MDBX_db_flags_t flags);

/* ---- Reading, storing, deleting by key --------------------------------- */

/* Finds the value of a key; if the key has many values, the first one.
 *
 * key   the key; not changed.
 * data  receives address and length of the stored value. For its lifetime see
 *       "Memory" at the top.
 *
 * Returns MDBX_SUCCESS, [txn], [read], MDBX_NOTFOUND, MDBX_BAD_DBI,
 * MDBX_BAD_VALSIZE if the key's length is impossible in this table (integer
 * keys; a key that is merely too long gives MDBX_NOTFOUND), MDBX_INCOMPATIBLE
 * if the table has comparators that were not given when it was opened,
 * MDBX_EINVAL for a NULL. */
LIBMDBX_API int mdbx_get(const MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key,
                         MDBX_val *data);

/* mdbx_get() that also sets key to the stored key, and stores to *count (may be
 * NULL) the number of its values; 0 if the key is not found.
 *
 * Returns what mdbx_get() does. */
LIBMDBX_API int mdbx_get_ex(const MDBX_txn *txn, MDBX_dbi dbi, MDBX_val *key,
                            MDBX_val *data, size_t *count);

/* Finds the values of many keys with one call. In a table larger than the
 * processor caches this is much faster than the same number of calls of
 * mdbx_get(): the lookups descend the tree side by side, so that their waits
 * for memory overlap.
 *
 * keys    `count` keys in any order, duplicates allowed; not changed.
 * values  `count` places. Each receives what mdbx_get() would give; a NULL
 *         address and length 0 if there is no such key. For the lifetime see
 *         "Memory" at the top.
 * codes   `count` places. Each receives MDBX_SUCCESS, MDBX_NOTFOUND, or
 *         MDBX_BAD_VALSIZE for a length that is impossible in this table.
 *
 * Returns MDBX_SUCCESS if all keys were looked up, found or not; [txn], [read],
 * MDBX_BAD_DBI, MDBX_EINVAL for a NULL, MDBX_INCOMPATIBLE if the table's
 * comparators were not given. After any code but MDBX_SUCCESS the contents of
 * values and codes are undefined. */
LIBMDBX_API int mdbx_get_many(const MDBX_txn *txn, MDBX_dbi dbi,
                              const MDBX_val *keys, MDBX_val *values,
                              int *codes, size_t count);

/* Makes a cache entry empty. Call it once before the first use of the entry. */
LIBMDBX_INLINE_API void mdbx_cache_init(MDBX_cache_entry_t *entry);

/* mdbx_get() with a cache entry: the entry remembers where the value lies and
 * the range of commits in which it has been there. If the table has not changed
 * since, the call needs no search; for a snapshot within that range it does not
 * even read the table's record. With MDBX_VALIDATION every call searches, and
 * checks what it reads.
 *
 * data   as of mdbx_get(): the value in the database, never a copy.
 * entry  memory of the application, made empty by mdbx_cache_init(). One entry
 *        serves one key of one table of one open environment; used for anything
 *        else it gives wrong answers. It needs no release, and may outlive the
 *        transaction.
 *
 * Threads: several threads may call mdbx_cache_get() with the same entry at
 * once, each with a transaction of its own; mdbx_cache_get_SingleThreaded()
 * only one at a time.
 *
 * Returns as errcode the code mdbx_get() would return, and as status how the
 * answer was found. Only MDBX_CACHE_CONFIRMED and MDBX_CACHE_REFRESHED changed
 * the entry. For all statuses but MDBX_CACHE_ERROR the answer is correct. The
 * entry remembers MDBX_NOTFOUND as well. MDBX_CACHE_UNABLE: the value is in a
 * table that the write transaction has changed, or the key is impossible in any
 * table. errcode is MDBX_EINVAL also if entry is NULL. */
LIBMDBX_API MDBX_cache_result_t
mdbx_cache_get(const MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key,
               MDBX_val *data, volatile MDBX_cache_entry_t *entry);
LIBMDBX_API MDBX_cache_result_t mdbx_cache_get_SingleThreaded(
    const MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key, MDBX_val *data,
    MDBX_cache_entry_t *entry);

/* Finds the first record not less than the given key, or with MDBX_DUPSORT not
 * less than the given pair. On success key and data point to the record found.
 *
 * Returns MDBX_SUCCESS if it is equal; MDBX_RESULT_TRUE if it is greater;
 * MDBX_NOTFOUND past the end; otherwise as mdbx_get(). */
LIBMDBX_API int mdbx_get_equal_or_great(const MDBX_txn *txn, MDBX_dbi dbi,
                                        MDBX_val *key, MDBX_val *data);

/* Stores a record.
 *
 * key    copied.
 * data   copied. No thread may change the source during the call, since the
 *        engine may compute its checksum in place. With MDBX_RESERVE only the
 *        length counts; iov_base receives the address to which the caller
 *        writes the value before the next operation. With MDBX_MULTIPLE data is
 *        an array of two: data[0] has the address and the length of the first
 *        element, data[1].iov_len the number of elements. On return
 *        data[1].iov_len holds the number of elements stored, also if the call
 *        fails at a later element, except if it returns MDBX_EINVAL or
 *        MDBX_INCOMPATIBLE. What was stored stays, unless the transaction is
 *        broken.
 * flags  MDBX_put_flags_t:
 *   MDBX_UPSERT       insert or update; with MDBX_DUPSORT add the value
 *   MDBX_NOOVERWRITE  insert only; if refused, data receives the present value
 *   MDBX_CURRENT      update only; replaces all values of the key
 *   MDBX_ALLDUPS      replaces all values of the key
 *   MDBX_NODUPDATA    refuse a pair that exists already
 *   MDBX_APPEND       the key comes last; fast for sorted input
 *   MDBX_APPENDDUP    the value comes last in its key
 *   MDBX_RESERVE      not with MDBX_DUPSORT
 *   MDBX_MULTIPLE     only with MDBX_DUPFIXED
 *
 * Returns MDBX_SUCCESS, [txn], [write], or
 *   MDBX_BAD_DBI       no such table, or the free space table
 *   MDBX_KEYEXIST      refused by NOOVERWRITE or NODUPDATA
 *   MDBX_NOTFOUND      CURRENT, but there is no such key
 *   MDBX_EMULTIVAL     CURRENT and NOOVERWRITE, but the key has many values
 *   MDBX_EKEYMISMATCH  APPEND or APPENDDUP out of order
 *   MDBX_BAD_VALSIZE   a length that is impossible in this table
 *   MDBX_INCOMPATIBLE  the record is a named table; or a flag does not fit the
 *                      table's kind; or the table has comparators that were not
 *                      given
 *   MDBX_EINVAL        NULL, unknown flags, flags that cannot be combined
 * If the call fails in the middle of a change of the tree, the transaction is
 * broken and can only be aborted. */
LIBMDBX_API int mdbx_put(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key,
                         MDBX_val *data, MDBX_put_flags_t flags);

/* Stores many records in the given order, like the same number of calls of
 * mdbx_put().
 *
 * keys    `count` keys; keys and values are copied. Neither may point into the
 *         database: storing a record may move records that are there.
 * values  `count` values. If MDBX_NOOVERWRITE refuses one, it receives the
 *         present value.
 * flags   as of mdbx_put(), but not MDBX_RESERVE and MDBX_MULTIPLE.
 * done    NULL, or receives how many records were stored: if the call fails,
 *         the index of the record it failed at.
 *
 * Returns MDBX_SUCCESS if all were stored. Otherwise it returns the code of
 * mdbx_put() for the first record that failed: the records before it are
 * stored, those after it were not tried, and unless the transaction is broken
 * the caller may continue. MDBX_EINVAL also for a NULL and for flags that are
 * not allowed here. */
LIBMDBX_API int mdbx_put_many(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *keys,
                              MDBX_val *values, size_t count,
                              MDBX_put_flags_t flags, size_t *done);

/* Stores or deletes a record and returns its old value.
 *
 * new_data  the new value; NULL deletes, which needs MDBX_CURRENT. It must not
 *           be old_data.
 * old_data  in: a buffer. out: the old value. The call copies it to the buffer
 *           if the page will change in place; else iov_base points into the
 *           database. {NULL, 0} if there was none.
 * flags     as of mdbx_put(). MDBX_CURRENT with MDBX_NOOVERWRITE in a table
 *           with MDBX_DUPSORT: old_data names the value to replace.
 *           MDBX_ALLDUPS: the new value replaces all values of the key, or all
 *           of them are deleted. MDBX_RESERVE: the call makes room for the new
 *           value, and new_data then points to it. MDBX_APPEND, MDBX_APPENDDUP:
 *           the new record must be the last one of the table, of the key
 *           (MDBX_EKEYMISMATCH).
 *
 * Returns what mdbx_put() does; MDBX_RESULT_TRUE if the buffer is too small:
 * nothing is changed, old_data has the length needed and a NULL base;
 * MDBX_EMULTIVAL if CURRENT finds many values. */
LIBMDBX_API int mdbx_replace(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key,
                             MDBX_val *new_data, MDBX_val *old_data,
                             MDBX_put_flags_t flags);

/* mdbx_replace() with a callback that saves the old value. The callback gets
 * context, old_data, and the bytes. If it returns any code but MDBX_SUCCESS,
 * nothing is changed and the call returns that code. */
LIBMDBX_API int mdbx_replace_ex(MDBX_txn *txn, MDBX_dbi dbi,
                                const MDBX_val *key, MDBX_val *new_data,
                                MDBX_val *old_data, MDBX_put_flags_t flags,
                                MDBX_preserve_func preserver,
                                void *preserver_context);

/* Deletes a key with all its values; with data given, only the pair that equals
 * both.
 *
 * Returns MDBX_SUCCESS, [txn], [write], MDBX_NOTFOUND, MDBX_BAD_DBI,
 * MDBX_BAD_VALSIZE, MDBX_INCOMPATIBLE if the record is a named table,
 * MDBX_EINVAL for a NULL key. */
LIBMDBX_API int mdbx_del(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key,
                         const MDBX_val *data);

/* Stores the application's numbers x, y, z with this commit. If one of them
 * changes, v becomes the id of the transaction. With a NULL canary only v is
 * set.
 *
 * Returns MDBX_SUCCESS, [txn], MDBX_EACCESS in a read transaction. */
LIBMDBX_API int mdbx_canary_put(MDBX_txn *txn, const MDBX_canary *canary);

/* Reads the numbers of mdbx_canary_put() in the transaction's snapshot.
 *
 * Returns MDBX_SUCCESS, [txn]. */
LIBMDBX_API int mdbx_canary_get(const MDBX_txn *txn, MDBX_canary *canary);

/* Tells whether an address obtained from the database lies on a page this
 * transaction has changed. If it does, the next change may overwrite the data
 * there.
 *
 * Returns MDBX_RESULT_TRUE for yes, MDBX_RESULT_FALSE for no, [txn],
 * MDBX_EINVAL for an address outside the database in a read transaction. To be
 * safe, a write transaction returns MDBX_RESULT_TRUE also for unknown
 * addresses; and for all addresses once it has changed anything in a writable
 * mapping or has written pages ahead. */
LIBMDBX_API int mdbx_is_dirty(const MDBX_txn *txn, const void *ptr);

/* ---- Cursors ----------------------------------------------------------- */

/* Creates an unbound cursor.
 *
 * ctx  pointer of the application.
 *
 * Returns the cursor, which the caller must close; NULL if there is no
 * memory. */
LIBMDBX_API MDBX_cursor *mdbx_cursor_create(void *ctx);

/* Creates a cursor and binds it. A cursor outlives its transaction, unbound;
 * the caller must close it.
 *
 * Returns MDBX_SUCCESS, [txn], [read], MDBX_BAD_DBI, MDBX_EACCESS for the free
 * space table in a write transaction, MDBX_ENOMEM. */
LIBMDBX_API int mdbx_cursor_open(MDBX_txn *txn, MDBX_dbi dbi,
                                 MDBX_cursor **cursor);

/* Binds a cursor to a transaction and a table, without a position. If it is
 * bound to these already, the call does nothing; if it is bound to others, the
 * call first unbinds it. In a broken transaction a cursor can be bound to the
 * tables that the transaction has used before.
 *
 * Returns MDBX_SUCCESS, [txn], [read], MDBX_BAD_DBI, MDBX_EACCESS as above;
 * MDBX_EINVAL, MDBX_EBADSIGN for a bad cursor; MDBX_THREAD_MISMATCH. */
LIBMDBX_API int mdbx_cursor_bind(MDBX_txn *txn, MDBX_cursor *cursor,
                                 MDBX_dbi dbi);

/* Binds a cursor to a transaction and the table it had before.
 *
 * Returns what mdbx_cursor_bind() does; MDBX_BAD_DBI if it never had one. */
LIBMDBX_API int mdbx_cursor_renew(MDBX_txn *txn, MDBX_cursor *cursor);

/* Detaches a cursor from its transaction; it can be bound again. Unbinding
 * twice is allowed.
 *
 * Returns MDBX_SUCCESS, MDBX_EBADSIGN, MDBX_THREAD_MISMATCH; MDBX_EINVAL for
 * NULL, or for a parent's cursor inside a nested transaction. */
LIBMDBX_API int mdbx_cursor_unbind(MDBX_cursor *cursor);

/* Drops the position of a cursor and keeps its binding, if it has one.
 *
 * Returns MDBX_SUCCESS, MDBX_EINVAL for NULL, MDBX_EBADSIGN. */
LIBMDBX_API int mdbx_cursor_reset(MDBX_cursor *cursor);

/* Frees a cursor, bound or not; NULL is ignored. Incorrect use is fatal, see
 * mdbx_set_panic(). */
LIBMDBX_API void mdbx_cursor_close(MDBX_cursor *cursor);

/* Frees a cursor and returns a code.
 *
 * Returns MDBX_SUCCESS, MDBX_EINVAL for NULL, MDBX_EBADSIGN,
 * MDBX_THREAD_MISMATCH: the cursor then remains open. */
LIBMDBX_API int mdbx_cursor_close2(MDBX_cursor *cursor);

/* Attaches a pointer of the application to a cursor.
 *
 * Returns MDBX_SUCCESS, MDBX_EINVAL, MDBX_EBADSIGN. */
LIBMDBX_API int mdbx_cursor_set_userctx(MDBX_cursor *cursor, void *ctx);

/* Returns the pointer given to mdbx_cursor_create() or
 * mdbx_cursor_set_userctx(), NULL if there is none or the handle is bad. */
LIBMDBX_API void *mdbx_cursor_get_userctx(const MDBX_cursor *cursor);

/* Returns the transaction a cursor is bound to, the innermost one if nested;
 * NULL if unbound or bad. */
LIBMDBX_API MDBX_txn *mdbx_cursor_txn(const MDBX_cursor *cursor);

/* Returns the table a cursor is bound to, UINT_MAX if unbound or bad. */
LIBMDBX_API MDBX_dbi mdbx_cursor_dbi(const MDBX_cursor *cursor);

/* Gives dest the binding and position of src.
 *
 * Returns MDBX_SUCCESS, [cursor], MDBX_EINVAL if both are the same. */
LIBMDBX_API int mdbx_cursor_copy(const MDBX_cursor *src, MDBX_cursor *dest);

/* Compares the positions of two cursors of one table and snapshot.
 *
 * ignore_multival  true ignores the place among the values of a key.
 *
 * Returns a negative number, 0 or a positive one. The result is meaningless for
 * cursors that do not belong together. */
LIBMDBX_API int mdbx_cursor_compare(const MDBX_cursor *left,
                                    const MDBX_cursor *right,
                                    bool ignore_multival);

/* Moves a cursor and reads the record at its new position.
 *
 * key, data  in: what the operation searches for. out: the record. Both may be
 *            NULL for operations that do not search. MDBX_SET, MDBX_GET_BOTH
 *            and MDBX_GET_BOTH_RANGE leave key as given.
 * op         MDBX_cursor_op:
 *   FIRST, LAST, NEXT, PREV     over all records; without a position NEXT goes
 *                               to the first and PREV to the last
 *   ..._DUP                     among the values of the current key
 *   ..._NODUP                   to another key
 *   GET_CURRENT                 does not move
 *   SET, SET_KEY, SET_RANGE     by key
 *   GET_BOTH, GET_BOTH_RANGE    by key and value, MDBX_DUPSORT only
 *   SET_LOWERBOUND              first pair not less; MDBX_RESULT_TRUE if it is
 *                               greater
 *   SET_UPPERBOUND              first pair greater; for both bounds a value
 *                               with a NULL address means that only the key is
 *                               compared
 *   TO_KEY_...                  by key in relation to the given one; on an
 *                               equal key the cursor stands on the first value,
 *                               on a lesser key on its last
 *   TO_EXACT_KEY_VALUE_...      exactly this key; by value in relation to the
 *                               given one
 *   TO_PAIR_...                 key and value are compared as one pair (without
 *                               MDBX_DUPSORT a longer value is greater; values
 *                               of equal length are compared by their bytes)
 *   ..._MULTIPLE                many values at once, MDBX_DUPFIXED only: data
 *                               covers all values of a page
 * At the end (the beginning) of the table the cursor stays on the last (first)
 * record. After a failed search for an exact match the cursor has no position
 * to move on from.
 *
 * Returns MDBX_SUCCESS, MDBX_RESULT_TRUE as said, [cursor], [read], or
 *   MDBX_NOTFOUND      no such record, or no further one
 *   MDBX_ENODATA       the operation needs a position and there is none
 *   MDBX_INCOMPATIBLE  the table is not of the kind needed
 *   MDBX_BAD_VALSIZE   a length that is impossible in this table
 *   MDBX_EINVAL        unknown operation, or a required pointer is NULL */
LIBMDBX_API int mdbx_cursor_get(MDBX_cursor *cursor, MDBX_val *key,
                                MDBX_val *data, MDBX_cursor_op op);

/* Reads many records with one call, from a table without MDBX_DUPSORT.
 *
 * count  receives the number of items stored: keys and values alternate.
 * pairs  room for `limit` items, at least 4.
 * op     MDBX_FIRST, which begins at the cursor's position if it has one; or
 *        MDBX_NEXT.
 *
 * Returns MDBX_SUCCESS if more records follow; MDBX_RESULT_TRUE with the last
 * records; MDBX_NOTFOUND if there was none; [cursor], [read]; MDBX_INCOMPATIBLE
 * for MDBX_DUPSORT; MDBX_EINVAL for another operation, a small limit or
 * NULL. */
LIBMDBX_API int mdbx_cursor_get_batch(MDBX_cursor *cursor, size_t *count,
                                      MDBX_val *pairs, size_t limit,
                                      MDBX_cursor_op op);

/* Scans records: moves by start_op, then repeatedly by turn_op, and passes each
 * record to the predicate until the predicate ends the scan.
 *
 * context, arg  passed to the predicate.
 *
 * Returns MDBX_RESULT_TRUE if the predicate returned it, with the cursor on
 * that record; MDBX_RESULT_FALSE at the end of the data; any other result of
 * the predicate; [cursor], [read], MDBX_EINVAL for operations that cannot be
 * used here. */
LIBMDBX_API int mdbx_cursor_scan(MDBX_cursor *cursor,
                                 MDBX_predicate_func predicate, void *context,
                                 MDBX_cursor_op start_op,
                                 MDBX_cursor_op turn_op, void *arg);

/* mdbx_cursor_scan() that begins with a search: from_op with from_key and
 * from_value, as of mdbx_cursor_get(). The scan updates both. */
LIBMDBX_API int mdbx_cursor_scan_from(MDBX_cursor *cursor,
                                      MDBX_predicate_func predicate,
                                      void *context, MDBX_cursor_op from_op,
                                      MDBX_val *from_key, MDBX_val *from_value,
                                      MDBX_cursor_op turn_op, void *arg);

/* Stores a record and leaves the cursor on it. Other cursors stay on their
 * records. As mdbx_put(), except that MDBX_CURRENT replaces the value under the
 * cursor: key must be the key there, and if the key has many values only this
 * one is replaced, unless MDBX_ALLDUPS is given too.
 *
 * Returns what mdbx_put() does, and [cursor]; MDBX_ENODATA for MDBX_CURRENT
 * without a position; MDBX_EKEYMISMATCH if key is not the key there;
 * MDBX_EINVAL for MDBX_CURRENT with MDBX_NOOVERWRITE or MDBX_APPEND. */
LIBMDBX_API int mdbx_cursor_put(MDBX_cursor *cursor, const MDBX_val *key,
                                MDBX_val *data, MDBX_put_flags_t flags);

/* Deletes the record under the cursor; with MDBX_ALLDUPS or MDBX_NODUPDATA all
 * values of its key.
 *
 * Afterwards the cursor stands before the next record: both MDBX_GET_CURRENT
 * and MDBX_NEXT return that record. The cursor keeps this place, as do other
 * cursors that stood on the deleted record: records stored later, even the
 * deleted one again, come before it, and MDBX_NEXT does not return them. A
 * cursor behind the last record stays behind all records.
 *
 * Returns MDBX_SUCCESS, [cursor], [write], MDBX_ENODATA without a position,
 * MDBX_INCOMPATIBLE if the record is a named table or the table has comparators
 * that were not given when it was opened, MDBX_EINVAL for flags other than
 * these and MDBX_CURRENT, which has no effect. */
LIBMDBX_API int mdbx_cursor_del(MDBX_cursor *cursor, MDBX_put_flags_t flags);

/* Deletes all records from the one under `begin` to the one under `end`; the
 * latter only if end_including is true. The call cuts off whole branches of the
 * tree, so its cost depends on the number of pages, not of records.
 *
 * begin, end  cursors of one table and transaction; NULL stands for the first
 *             or the last record (at most one of them may be NULL).
 * affected    receives the number of deleted records, with MDBX_DUPSORT of
 *             values; may be NULL.
 *
 * Afterwards both cursors stand on the record behind the deleted ones, if there
 * is one.
 *
 * Returns MDBX_SUCCESS, [cursor], [write], or
 *   MDBX_ENODATA       a cursor has no position, or begin is behind end
 *   MDBX_EINVAL        both NULL, or cursors that do not belong together
 *   MDBX_INCOMPATIBLE  a named table is among the records, which only
 *                      mdbx_drop() can remove: nothing is deleted; or the table
 *                      has comparators that were not given when it was
 *                      opened */
LIBMDBX_API int mdbx_cursor_delete_range(MDBX_cursor *begin, MDBX_cursor *end,
                                         bool end_including,
                                         uint64_t *affected);

/* Deletes many records by their place relative to a cursor, as
 * MDBX_bunch_action_t says: among the values of its key, or in the whole table,
 * before or behind the cursor, with or without its own record. In a table
 * without MDBX_DUPSORT a key has one value.
 *
 * affected  receives the number of records or values deleted; may be NULL.
 *
 * Afterwards the cursor stands on its record if that still exists; else before
 * the record behind the deleted ones, as after mdbx_cursor_del(). But after
 * MDBX_DELETE_AFTER_... it stands behind the end in a table with MDBX_DUPSORT,
 * also if its record still exists: MDBX_GET_CURRENT returns MDBX_ENODATA, and
 * MDBX_PREV the last record. In other tables MDBX_GET_CURRENT returns the last
 * record.
 *
 * A cursor that never had a position stands before the first record for the two
 * actions ...AFTER_EXCLUDING; for MDBX_DELETE_AFTER_INCLUDING the call moves it
 * to the last record and returns MDBX_ENODATA. MDBX_DELETE_WHOLE needs no
 * position; in an empty table the actions on the whole table need none either.
 *
 * Returns MDBX_SUCCESS, also if there was nothing to delete; [cursor], [write];
 * MDBX_ENODATA without a position otherwise; MDBX_EINVAL for an unknown action;
 * MDBX_INCOMPATIBLE as of mdbx_cursor_delete_range(). */
LIBMDBX_API int mdbx_cursor_bunch_delete(MDBX_cursor *cursor,
                                         MDBX_bunch_action_t action,
                                         uint64_t *affected);

/* Stores to *count how many values the current key has, 0 without a position.
 *
 * Returns MDBX_SUCCESS, [cursor], [read]. */
LIBMDBX_API int mdbx_cursor_count(const MDBX_cursor *cursor, size_t *count);

/* mdbx_cursor_count() that also describes the nested tree which holds the
 * values of the key: depth 0 and no pages while they are few and lie inside the
 * leaf.
 *
 * count  may be NULL if stat is not.
 * stat   may be NULL; else bytes must be sizeof(*stat).
 *
 * Returns MDBX_SUCCESS, [cursor], [read], MDBX_EINVAL for a wrong size. */
LIBMDBX_API int mdbx_cursor_count_ex(const MDBX_cursor *cursor, size_t *count,
                                     MDBX_stat *stat, size_t bytes);

/* Tells whether no record is under the cursor: it has no position or was moved
 * past the end.
 *
 * Returns MDBX_RESULT_TRUE, MDBX_RESULT_FALSE, or [cursor]. */
LIBMDBX_API int mdbx_cursor_eof(const MDBX_cursor *cursor);

/* Tell whether the cursor stands on the first, or last, key of the table. The
 * place among the values of that key does not matter. Without a position the
 * answer is yes.
 *
 * Returns MDBX_RESULT_TRUE, MDBX_RESULT_FALSE, [cursor], [read]. */
LIBMDBX_API int mdbx_cursor_on_first(const MDBX_cursor *cursor);
LIBMDBX_API int mdbx_cursor_on_last(const MDBX_cursor *cursor);

/* Tell whether the cursor stands on the first, or last, value of its key; a
 * single value is both. Without a position the answer is yes.
 *
 * Return MDBX_RESULT_TRUE, MDBX_RESULT_FALSE, [cursor], [read]. */
LIBMDBX_API int mdbx_cursor_on_first_dup(const MDBX_cursor *cursor);
LIBMDBX_API int mdbx_cursor_on_last_dup(const MDBX_cursor *cursor);

/* Switches the order checks off for this cursor, so that a tool can walk a
 * table without its comparison function. Such a cursor must not search.
 *
 * Returns MDBX_SUCCESS, [cursor]. */
LIBMDBX_API int mdbx_cursor_ignord(MDBX_cursor *cursor);

/* ---- Distances between records ----------------------------------------- */

/* Counts the steps from one cursor to another.
 *
 * first, last  cursors of one table, in one transaction or in read transactions
 *              of one environment that see the same commit. One of them may be
 *              NULL: the first or last record of the other's table.
 * distance     receives the steps, negative if last comes before first.
 * deepness     the level of the tree on which steps are counted. 0: entries of
 *              the root; the level of the leaves: keys; any deeper level, such
 *              as UINT_MAX: items, that is all values.
 *
 * The call reads every page of that level between the two cursors, so an exact
 * distance in a large table takes long; for a fast answer see
 * mdbx_estimate_distance().
 *
 * Returns MDBX_SUCCESS, [cursor], [read], MDBX_ENODATA if a cursor has no
 * position or the table is empty, MDBX_EINVAL if both are NULL or the cursors
 * do not belong together, or for a NULL distance. */
LIBMDBX_API int mdbx_cursor_distance(const MDBX_cursor *first,
                                     const MDBX_cursor *last,
                                     intptr_t *distance, unsigned deepness);

/* Moves a cursor by `amount` steps; backwards if amount is negative.
 *
 * deepness  as of mdbx_cursor_distance(). On a level above the leaves the
 *           cursor stops at the first item below the entry.
 *
 * Returns MDBX_SUCCESS, [cursor], [read], MDBX_ENODATA without a position,
 * MDBX_NOTFOUND if the table ends earlier: the cursor then stands on the last
 * (or first) item. After any other code it has not moved. */
LIBMDBX_API int mdbx_cursor_scroll(MDBX_cursor *cursor, intptr_t amount,
                                   unsigned deepness);

/* Divides a range into parts, for example to give each thread a part of a
 * table: each cursor moves to the end of one part, the last cursor to the end
 * of the range. If the parts cannot be equal, the first ones are longer by one
 * step.
 *
 * first, last  as of mdbx_cursor_distance(); not moved, unless also in the
 *              array.
 * array        `count` bound cursors of the same table. They may belong to
 *              different read transactions, if those see the same commit.
 * deepness     as of mdbx_cursor_distance(). A smaller one is faster, but the
 *              sizes of the parts differ more.
 *
 * Returns MDBX_SUCCESS; MDBX_RESULT_TRUE if the range has fewer steps than
 * there are cursors: the cursors at the end of the array then have no position;
 * [cursor], [read]; MDBX_ENODATA as above; MDBX_EINVAL also for a NULL array,
 * for no cursors, or for a cursor that does not belong there. If the call fails
 * because of damage, some cursors may have moved. */
LIBMDBX_API int mdbx_cursor_distribute(const MDBX_cursor *first,
                                       const MDBX_cursor *last,
                                       MDBX_cursor **array, intptr_t count,
                                       unsigned deepness);

/* Estimates how many items lie between two cursors, from the pages above them
 * only. The result is exact if both stand in the same leaf, or in adjacent
 * leaves of one branch, and no key has very many values.
 *
 * first, last  as of mdbx_cursor_distance(), but never NULL. A cursor behind
 *              the last record counts as standing at the end.
 * distance     receives the number of items, negative if last comes before
 *              first.
 *
 * Returns MDBX_SUCCESS, [cursor], [read], MDBX_ENODATA if a cursor has no
 * position, MDBX_EINVAL for cursors that do not belong together, or a NULL
 * distance. */
LIBMDBX_API int mdbx_estimate_distance(const MDBX_cursor *first,
                                       const MDBX_cursor *last,
                                       ptrdiff_t *distance);

/* Estimates by how many items mdbx_cursor_get() would move the cursor. The
 * cursor itself does not move.
 *
 * key, data, move_op  as of mdbx_cursor_get(), and changed as by that call.
 * distance            receives the number of items, negative backwards. A
 *                     search past the last record counts to the end of the
 *                     table.
 *
 * Returns MDBX_SUCCESS; what mdbx_cursor_get() would return for a move that
 * finds nothing; MDBX_ENODATA if the cursor has no position; MDBX_EINVAL for
 * MDBX_GET_CURRENT, MDBX_GET_MULTIPLE, or a NULL distance. */
LIBMDBX_API int mdbx_estimate_move(const MDBX_cursor *cursor, MDBX_val *key,
                                   MDBX_val *data, MDBX_cursor_op move_op,
                                   ptrdiff_t *distance);

/* Estimates how many items a range of a table has.
 *
 * begin_key   start of the range; NULL: the first record.
 * begin_data  with MDBX_DUPSORT a value of that key to begin with, or NULL.
 *             Ignored in other tables. Only with a key.
 * end_key, end_data
 *             the first item behind the range; NULL: the range includes the
 *             last record. If both keys are the same and end_data is NULL, the
 *             range includes the last value of the key. MDBX_EPSILON as one of
 *             the keys stands for the other key (if that is NULL: for the key
 *             of the first or last record), so the range lies within one key.
 * distance    receives the number of items, negative if the end comes first.
 *
 * The answer is exact for a whole table (NULL to NULL) and for one key without
 * values. Otherwise it is as exact as mdbx_estimate_distance(). The keys need
 * not be in the table.
 *
 * Returns MDBX_SUCCESS, [txn], [read], MDBX_BAD_DBI, MDBX_BAD_VALSIZE for a
 * length that is impossible in this table, MDBX_EINVAL for a NULL distance, a
 * value without key, or MDBX_EPSILON twice. */
LIBMDBX_API int mdbx_estimate_range(const MDBX_txn *txn, MDBX_dbi dbi,
                                    const MDBX_val *begin_key,
                                    const MDBX_val *begin_data,
                                    const MDBX_val *end_key,
                                    const MDBX_val *end_data,
                                    ptrdiff_t *distance);

/* ---- Readers and threads ----------------------------------------------- */

/* Calls func for each reader of all processes. If func returns a value other
 * than zero, the walk ends and returns it. The call takes no lock; readers may
 * come and go meanwhile.
 *
 * Returns MDBX_SUCCESS, MDBX_RESULT_TRUE if there is no reader, [env],
 * MDBX_EINVAL for a NULL func, MDBX_EPERM if not open, MDBX_CORRUPTED as
 * mdbx_env_info_ex(). */
LIBMDBX_API int mdbx_reader_list(const MDBX_env *env, MDBX_reader_list_func func,
                                 void *ctx);

/* Releases the reader slots of dead processes.
 *
 * dead  NULL, or receives the number of released slots.
 *
 * Returns MDBX_SUCCESS; MDBX_RESULT_TRUE if the call released slots, or
 * repaired a lock that a dead process had left behind; [env]; MDBX_EPERM if not
 * open; a system code. */
LIBMDBX_API int mdbx_reader_check(MDBX_env *env, int *dead);

/* Binds a reader slot to the calling thread now, so that its first read
 * transaction need not search for one.
 *
 * Returns MDBX_SUCCESS; MDBX_RESULT_TRUE if it has one; [env]; MDBX_EINVAL with
 * MDBX_NOSTICKYTHREADS; MDBX_READERS_FULL; MDBX_EPERM if not open; a system
 * code. */
LIBMDBX_API int mdbx_thread_register(const MDBX_env *env);

/* Releases the reader slot of the calling thread. The library does so itself
 * when a thread ends.
 *
 * Returns MDBX_SUCCESS; MDBX_RESULT_TRUE if it has none, or with
 * MDBX_NOSTICKYTHREADS; [env]; MDBX_BUSY while its read transaction runs. */
LIBMDBX_API int mdbx_thread_unregister(const MDBX_env *env);

/* ---- Free space and checking ------------------------------------------- */

/* Sums up the use of space in the snapshot of a transaction.
 *
 * info       filled on success. bytes must be sizeof(*info).
 * iter_func  NULL, or called for each run of free pages. If it returns a value
 *            other than zero, the walk ends and returns it.
 * iter_ctx   passed to iter_func.
 *
 * The meta page lists the pages that small commits have freed. For a reader
 * whose snapshot is older than the last few commits, this list is lost, and its
 * pages are not counted.
 *
 * Returns MDBX_SUCCESS, [txn], [read], MDBX_NOTFOUND if no page is listed,
 * MDBX_EINVAL for a wrong size or NULL. */
LIBMDBX_API int mdbx_gc_info(MDBX_txn *txn, MDBX_gc_info_t *info, size_t bytes,
                             MDBX_gc_iter_func iter_func, void *iter_ctx);

/* Calls visitor for every page in use in the transaction's snapshot, each once:
 * first the metas, then the free space table, then the main table with the
 * named tables in it; a last call reports the end. A page comes after all pages
 * below it. A write transaction sees its own changes. Newer programs use
 * mdbx_env_chk() and mdbx_gc_info().
 *
 * visitor  called for each page by the calling thread. If it returns a value
 *          other than zero, the walk ends and returns it.
 * ctx      passed to visitor.
 *
 * Returns MDBX_SUCCESS, [txn], [read], MDBX_EINVAL for a NULL visitor. A
 * damaged page, or a page that is used twice, ends the walk with
 * MDBX_CORRUPTED. */
LIBMDBX_API int mdbx_env_pgwalk(MDBX_txn *txn, MDBX_pgvisitor_func *visitor,
                                void *ctx);

/* A table that mdbx_rescue() reports. */
typedef struct MDBX_rescue_table {
  const MDBX_val *name;  /* NULL: the main table */
  MDBX_db_flags_t flags; /* as mdbx_dbi_open() takes them */
  uint64_t sequence;     /* of mdbx_dbi_sequence() */
  uint64_t records;      /* its number of records, not counting table names */
  bool comparator;       /* keys or values have an order of the application */
  uint64_t orphan;       /* 0 if something refers to the table. Else its first
                            page: nothing refers to it any more, its name is
                            made up, its flags are guessed, and the members
                            below are set */
  bool old;              /* it may be an old version of another table */
  MDBX_db_flags_t unsure; /* other flags that would fit its pages as well */
  MDBX_val first, last;  /* its first and last key */
  MDBX_val remains;      /* its name as read from a damaged page, if readable */
  unsigned fits;         /* number of other tables it may be a part of */
  MDBX_val fitting[2];   /* the first two of these; NULL base: the main table */
} MDBX_rescue_table_t;

/* A place where a table is damaged. If there is no damaged page, the table's
 * own record is damaged, and nothing of the table can be reported. A val with a
 * NULL base means that there is none. */
typedef struct MDBX_rescue_loss {
  uint64_t page;         /* the damaged page */
  int error;             /* why it cannot be used: MDBX_CORRUPTED */
  bool branch;           /* it is a branch: it refers to other pages */
  bool orphan;           /* the page is valid, but nothing refers to it, and it
                            may be an old version: its records are not reported.
                            `after` and `before` are its first and last key.
                            Reported with the main table */
  size_t leaves_found;   /* leaves of that branch that were found without it */
  bool old;              /* some of these leaves may be old versions, of this or
                            another table: the free pages are unknown, or some
                            page holds a stale version, so others may too */
  MDBX_val key;          /* some values of this key are lost; without it, keys
                            are lost */
  MDBX_val after, before; /* the last readable item before the gap and the first
                          one behind it: keys, or values of `key`. If both
                          have a NULL base and `key` is given: the one value
                          of that key is lost */
} MDBX_rescue_loss_t;

/* Callbacks of mdbx_rescue(). Everything passed by pointer is valid until
 * mdbx_rescue() returns. A result other than MDBX_SUCCESS ends the rescue,
 * except as described. */
typedef struct MDBX_rescue_callbacks {
  /* Begins a table. MDBX_RESULT_TRUE skips it. */
  int (*table_begin)(void *ctx, const MDBX_rescue_table_t *table);
  /* Gets each damaged place, before the table's records. */
  int (*loss)(void *ctx, const MDBX_rescue_loss_t *loss);
  /* Gets each readable record; of a key with several values, each of them. The
   * records come in the order of the table as far as that is known. */
  int (*record)(void *ctx, const MDBX_val *key, const MDBX_val *value);
  /* Ends a table. told: the number of reported records. */
  int (*table_end)(void *ctx, const MDBX_rescue_table_t *table, uint64_t told);
} MDBX_rescue_callbacks_t;

/* Reads whatever can be read of a damaged database.
 *
 * txn        a read transaction; its database may have tables that cannot be
 *            opened.
 * callbacks  all are required. They are called for the main table first, for
 *            each named table, and for the tables whose names are lost. They
 *            must not use txn.
 * ctx        passed to the callbacks.
 *
 * A damaged leaf costs its records. Pages that nothing refers to are searched
 * for among all pages that are neither in use nor free. Such a page is placed
 * below a damaged branch if height, type, age, and the keys on both sides leave
 * exactly one place for it, or if the damaged page still refers to it. Pages
 * with no place or several possible places are reported as a table of their
 * own, named lost- and the page number: a table whose name was on a damaged
 * leaf of the main table, the values of a key that is lost, or a part of one of
 * the tables it fits. The flags of such a table are guessed from its pages.
 * If the lists of free pages are damaged too, or the last write of some page
 * was lost, the search may find old versions. The newest version of a key
 * counts, but a deleted record may come back. Pages with the first or last key
 * of another table may be an old version of that table: a whole tree is then
 * reported as a table that may be old, and single pages are reported as losses.
 * Large values are read twice. The call needs two bytes of memory for each
 * page.
 *
 * Returns MDBX_SUCCESS if nothing is damaged, MDBX_RESULT_TRUE if something is;
 * the value by which a callback ended it; [read]; MDBX_EINVAL for a NULL
 * pointer or a transaction that may write; MDBX_ENOMEM. */
LIBMDBX_API int mdbx_rescue(MDBX_txn *txn,
                            const MDBX_rescue_callbacks_t *callbacks,
                            void *ctx);

/* Checks a whole database: metas, trees, free space, and records. Other users
 * may read and write meanwhile; MDBX_CHK_READWRITE keeps writers out.
 *
 * cb         callbacks; see MDBX_chk_callbacks_t. Only the calling thread calls
 *            them.
 * ctx        cleared and filled; the results remain in it. Everything it points
 *            to is freed when the call ends, including the tables in
 *            result.tables.
 * flags      MDBX_chk_flags_t.
 * verbosity  least urgent severity to be printed.
 * timeout_seconds_16dot16  16.16, 0 for no limit.
 *
 * Returns MDBX_SUCCESS if the check ran to its end: ctx->result.total_problems
 * then tells whether the database is sound. Otherwise [env], [read];
 * MDBX_EINVAL; MDBX_EINTR if check_break stopped it; ETIMEDOUT; MDBX_EACCESS
 * for MDBX_CHK_READWRITE in a read-only environment; a code of
 * mdbx_txn_begin_ex(); MDBX_ENOMEM or a system code if something could not be
 * read, which is not a problem of the database; the code that a callback
 * returned. */
LIBMDBX_API int mdbx_env_chk(MDBX_env *env, const MDBX_chk_callbacks_t *cb,
                             MDBX_chk_context_t *ctx, MDBX_chk_flags_t flags,
                             MDBX_chk_severity_t verbosity,
                             unsigned timeout_seconds_16dot16);

/* Counts a problem in the open scope of a check. For callbacks of
 * mdbx_env_chk() that find a problem themselves.
 *
 * Returns MDBX_SUCCESS; MDBX_EINVAL for NULL or outside a check. */
LIBMDBX_API int mdbx_env_chk_encount_problem(MDBX_chk_context_t *ctx);

/* Stores the key of the record that mdbx_env_chk() is checking, for its
 * callbacks: a problem they get concerns this record. The key is valid until
 * the callback returns.
 *
 * Returns MDBX_SUCCESS; MDBX_NOTFOUND if the check is not at a record, but at a
 * page or a table; MDBX_EINVAL for NULL or outside a check. Not in libmdbx. */
LIBMDBX_API int mdbx_env_chk_key(const MDBX_chk_context_t *ctx, MDBX_val *key);

/* Opens an existing database exclusively, with the commit of a chosen meta page
 * as the newest. The call repairs nothing and writes nothing. For a checker:
 * later commits may have overwritten pages of an older meta page's snapshot.
 *
 * env          a handle that is not open yet. Its flags become MDBX_EXCLUSIVE,
 *              and MDBX_RDONLY unless writeable. Close it as any other.
 * pathname     as for mdbx_env_open().
 * target_meta  0, 1 or 2.
 * writeable    true allows mdbx_env_turn_for_recovery(). Before that call a
 *              write transaction returns MDBX_EPERM.
 *
 * Returns MDBX_SUCCESS; MDBX_EINVAL for a wrong target_meta or no path;
 * MDBX_CORRUPTED if that meta page is damaged, or needs more pages than the
 * file has; codes of mdbx_env_open(). */
LIBMDBX_API int mdbx_env_open_for_recovery(MDBX_env *env, const char *pathname,
                                           unsigned target_meta,
                                           bool writeable);

/* Makes the commit of a meta page the newest one. The meta page is rewritten in
 * place, gets an id above all others, and becomes steady. The other meta pages
 * do not change. Check the snapshot first, by mdbx_env_open_for_recovery() and
 * mdbx_env_chk().
 *
 * env  open with MDBX_EXCLUSIVE and not read-only; no transaction may run in
 *      it.
 *
 * Returns MDBX_SUCCESS, [env], MDBX_EINVAL if target_meta is above 2,
 * MDBX_EPERM if not open that way, MDBX_BUSY while a transaction runs,
 * MDBX_CORRUPTED if that meta page is damaged or needs more pages than the file
 * has, MDBX_TXN_FULL if no id is left above the others, MDBX_ENOMEM, or a
 * system code. After a failed write the environment is unusable (MDBX_PANIC). */
LIBMDBX_API int mdbx_env_turn_for_recovery(MDBX_env *env, unsigned target_meta);

/* Writes numerator / denominator as a decimal number with the given number of
 * digits after the point. buffer must have room for at least 42 bytes.
 *
 * Returns the text: buffer, or a constant word if denominator is 0 or an
 * argument is wrong. Any thread may call it. */
LIBMDBX_API const char *mdbx_ratio2digits(uint64_t numerator,
                                          uint64_t denominator, int precision,
                                          char *buffer, size_t buffer_size);

/* mdbx_ratio2digits() as a percentage, with its sign. */
LIBMDBX_API const char *mdbx_ratio2percents(uint64_t value, uint64_t whole,
                                            char *buffer, size_t buffer_size);

/* ---- Debugging, errors, key encoding ----------------------------------- */

/* Sets log level, debug flags and logger of the whole process. Each of them has
 * a "don't change" value. A NULL logger switches logging off. The call is not
 * allowed while other threads use the library.
 *
 * Returns the previous settings: flags in bits 0 to 15, level in bits 16 to 31.
 * A negative number is an error. */
LIBMDBX_API int mdbx_setup_debug(MDBX_log_level_t log_level,
                                 MDBX_debug_flags_t debug_flags,
                                 MDBX_debug_func logger);

/* mdbx_setup_debug() with a logger that gets finished text. The library
 * composes the text in the given buffer, which must stay valid as long as the
 * logger is set.
 *
 * Returns what mdbx_setup_debug() does. */
LIBMDBX_API int mdbx_setup_debug_nofmt(MDBX_log_level_t log_level,
                                       MDBX_debug_flags_t debug_flags,
                                       MDBX_debug_func_nofmt logger,
                                       char *logger_buffer,
                                       size_t logger_buffer_size);

/* Sets the function that is called on a fatal error, for the whole process.
 * NULL restores the default: a message to standard error and abort(). */
LIBMDBX_API void mdbx_set_panic(MDBX_panic_func func);

/* Reports a failed assertion as a fatal error. Does not return. */
LIBMDBX_API void mdbx_assert_fail(const char *msg, const char *func,
                                  unsigned line);

/* Writes a key or value in readable form: as text if all of it is printable
 * ASCII, else in hexadecimal. The text is truncated at the end of the buffer.
 *
 * Returns the text: buf, or a constant word for NULL and empty items. NULL for
 * other items if there is no buffer, or one shorter than 4 bytes. */
LIBMDBX_API const char *mdbx_dump_val(const MDBX_val *key, char *const buf,
                                      const size_t bufsize);

/* mdbx_dump_val() for older programs: the text is always in the buffer.
 *
 * Returns buf; NULL if there is no buffer, or one shorter than 4 bytes for an
 * item that is not empty. */
LIBMDBX_API char *mdbx_dkey(const MDBX_val *key, char *const buf,
                            const size_t bufsize);

/* Returns the text of any code. For system codes the next call of any thread
 * may change the text; see mdbx_strerror_r(). */
LIBMDBX_API const char *mdbx_strerror(int errnum);

/* Returns the text of any code: a constant string, or one composed in buf. Any
 * thread may call it. */
LIBMDBX_API const char *mdbx_strerror_r(int errnum, char *buf, size_t buflen);

/* Returns the constant text of a code of the engine, NULL for other codes. */
LIBMDBX_API const char *mdbx_liberr2str(int errnum);

/* Converts numbers into unsigned integers that sort the same way, or back, for
 * tables with MDBX_INTEGERKEY. These functions cannot fail; any thread may call
 * them. The decoders take keys of 8 bytes (4 for int32 and float), at
 * any address. */
LIBMDBX_INLINE_API uint64_t mdbx_key_from_int64(const int64_t i64);
LIBMDBX_INLINE_API uint32_t mdbx_key_from_int32(const int32_t i32);
LIBMDBX_API uint64_t mdbx_key_from_double(const double ieee754_64bit);
LIBMDBX_API uint64_t
mdbx_key_from_ptrdouble(const double *const ieee754_64bit);
LIBMDBX_API uint32_t mdbx_key_from_float(const float ieee754_32bit);
LIBMDBX_API uint32_t mdbx_key_from_ptrfloat(const float *const ieee754_32bit);
/* Equals mdbx_key_from_double() of the integer, rounded to the nearest
 * double. */
LIBMDBX_API uint64_t mdbx_key_from_jsonInteger(const int64_t json_integer);
LIBMDBX_API int64_t mdbx_int64_from_key(const MDBX_val key);
LIBMDBX_API int32_t mdbx_int32_from_key(const MDBX_val key);
LIBMDBX_API double mdbx_double_from_key(const MDBX_val key);
LIBMDBX_API float mdbx_float_from_key(const MDBX_val key);
/* Rounds toward zero; numbers out of range give INT64_MIN or INT64_MAX. */
LIBMDBX_API int64_t mdbx_jsonInteger_from_key(const MDBX_val key);

/* ------------------------------------------------------------------------
 * 8. Bodies of the inline functions
 * ------------------------------------------------------------------------ */

#if MDBX_INLINE_BODIES

LIBMDBX_INLINE_API int mdbx_env_close(MDBX_env *env) {
  return mdbx_env_close_ex(env, false);
}

LIBMDBX_INLINE_API int mdbx_env_stat(const MDBX_env *env, MDBX_stat *stat,
                                     size_t bytes) {
  return mdbx_env_stat_ex(env, NULL, stat, bytes);
}

LIBMDBX_INLINE_API int mdbx_env_info(const MDBX_env *env, MDBX_envinfo *info,
                                     size_t bytes) {
  return mdbx_env_info_ex(env, NULL, info, bytes);
}

LIBMDBX_INLINE_API int mdbx_env_sync(MDBX_env *env) {
  return mdbx_env_sync_ex(env, true, false);
}

LIBMDBX_INLINE_API int mdbx_env_sync_poll(MDBX_env *env) {
  return mdbx_env_sync_ex(env, false, true);
}

LIBMDBX_INLINE_API int mdbx_env_set_mapsize(MDBX_env *env, size_t size) {
  return mdbx_env_set_geometry(env, (intptr_t)size, (intptr_t)size,
                               (intptr_t)size, -1, -1, -1);
}

LIBMDBX_INLINE_API int mdbx_env_set_maxdbs(MDBX_env *env, MDBX_dbi dbs) {
  return mdbx_env_set_option(env, MDBX_opt_max_db, dbs);
}

LIBMDBX_INLINE_API int mdbx_env_get_maxdbs(const MDBX_env *env, MDBX_dbi *dbs) {
  uint64_t value = 0;
  int rc = dbs ? mdbx_env_get_option(env, MDBX_opt_max_db, &value)
               : (int)MDBX_EINVAL;
  if (rc == MDBX_SUCCESS)
    *dbs = (MDBX_dbi)value;
  return rc;
}

LIBMDBX_INLINE_API int mdbx_env_set_maxreaders(MDBX_env *env,
                                               unsigned readers) {
  return mdbx_env_set_option(env, MDBX_opt_max_readers, readers);
}

LIBMDBX_INLINE_API int mdbx_env_get_maxreaders(const MDBX_env *env,
                                               unsigned *readers) {
  uint64_t value = 0;
  int rc = readers ? mdbx_env_get_option(env, MDBX_opt_max_readers, &value)
                   : (int)MDBX_EINVAL;
  if (rc == MDBX_SUCCESS)
    *readers = (unsigned)value;
  return rc;
}

LIBMDBX_INLINE_API int mdbx_env_set_syncbytes(MDBX_env *env, size_t threshold) {
  return mdbx_env_set_option(env, MDBX_opt_sync_bytes, threshold);
}

LIBMDBX_INLINE_API int mdbx_env_get_syncbytes(const MDBX_env *env,
                                              size_t *threshold) {
  uint64_t value = 0;
  int rc = threshold ? mdbx_env_get_option(env, MDBX_opt_sync_bytes, &value)
                     : (int)MDBX_EINVAL;
  if (rc == MDBX_SUCCESS)
    *threshold = (size_t)value;
  return rc;
}

LIBMDBX_INLINE_API int mdbx_env_set_syncperiod(MDBX_env *env,
                                               unsigned seconds_16dot16) {
  return mdbx_env_set_option(env, MDBX_opt_sync_period, seconds_16dot16);
}

LIBMDBX_INLINE_API int
mdbx_env_get_syncperiod(const MDBX_env *env, unsigned *period_seconds_16dot16) {
  uint64_t value = 0;
  int rc = period_seconds_16dot16
               ? mdbx_env_get_option(env, MDBX_opt_sync_period, &value)
               : (int)MDBX_EINVAL;
  if (rc == MDBX_SUCCESS)
    *period_seconds_16dot16 = (unsigned)value;
  return rc;
}

LIBMDBX_INLINE_API intptr_t mdbx_limits_pgsize_min(void) {
  return MDBX_MIN_PAGESIZE;
}

LIBMDBX_INLINE_API intptr_t mdbx_limits_pgsize_max(void) {
  return MDBX_MAX_PAGESIZE;
}

LIBMDBX_INLINE_API int mdbx_txn_begin(MDBX_env *env, MDBX_txn *parent,
                                      MDBX_txn_flags_t flags, MDBX_txn **txn) {
  return mdbx_txn_begin_ex(env, parent, flags, txn, NULL);
}

LIBMDBX_INLINE_API int mdbx_txn_commit(MDBX_txn *txn) {
  return mdbx_txn_commit_ex(txn, NULL);
}

LIBMDBX_INLINE_API int mdbx_txn_abort(MDBX_txn *txn) {
  return mdbx_txn_abort_ex(txn, NULL);
}

LIBMDBX_INLINE_API int mdbx_txn_release_all_cursors(const MDBX_txn *txn,
                                                    bool unbind) {
  return mdbx_txn_release_all_cursors_ex(txn, unbind, NULL);
}

LIBMDBX_INLINE_API int mdbx_dbi_flags(const MDBX_txn *txn, MDBX_dbi dbi,
                                      unsigned *flags) {
  unsigned state;
  return mdbx_dbi_flags_ex(txn, dbi, flags, &state);
}

LIBMDBX_INLINE_API void mdbx_cache_init(MDBX_cache_entry_t *entry) {
  entry->trunk_txnid = 0;
  entry->last_confirmed_txnid = 0;
  entry->offset = 0;
  entry->length = 0;
}

LIBMDBX_INLINE_API uint64_t mdbx_key_from_int64(const int64_t i64) {
  return (uint64_t)i64 + ((uint64_t)1 << 63);
}

LIBMDBX_INLINE_API uint32_t mdbx_key_from_int32(const int32_t i32) {
  return (uint32_t)i32 + ((uint32_t)1 << 31);
}

#endif /* MDBX_INLINE_BODIES */

#ifdef __cplusplus
}
#endif

#endif /* LIBMDBX_H */
