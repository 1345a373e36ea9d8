/* SPDX-License-Identifier: Apache-2.0 */
/* Limits, readers, errors, log, and the conversions of numbers to keys. */
#include "api/api.h"

#include "base/log.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

/* ---------------------------------------------------------------------------------------------------------- limits */

/* The page size for an argument; 0 if it is invalid. */
static size_t page_size_meant(intptr_t pagesize) {
  if (pagesize < 1)
    return mdbx_default_pagesize();
  return geometry_page_size_is_valid(pagesize) ? (size_t)pagesize : 0;
}

size_t mdbx_default_pagesize(void) {
  const struct geometry_system system = {os_page_size(), 0};
  return geometry_default_page_size(&system);
}

intptr_t mdbx_limits_dbsize_min(intptr_t pagesize) {
  const size_t size = page_size_meant(pagesize);
  return size ? (intptr_t)geometry_dbsize_min((uint32_t)size) : -1;
}

intptr_t mdbx_limits_dbsize_max(intptr_t pagesize) {
  const size_t size = page_size_meant(pagesize);
  return size ? (intptr_t)geometry_dbsize_max((uint32_t)size) : -1;
}

intptr_t mdbx_limits_keysize_min(MDBX_db_flags_t flags) { return flags & MDBX_INTEGERKEY ? 4 : 0; }

intptr_t mdbx_limits_keysize_max(intptr_t pagesize, MDBX_db_flags_t flags) {
  const size_t size = page_size_meant(pagesize);
  return size ? (intptr_t)limit_key(size, flags) : -1;
}

intptr_t mdbx_limits_valsize_min(MDBX_db_flags_t flags) { return flags & MDBX_INTEGERDUP ? 4 : 0; }

intptr_t mdbx_limits_valsize_max(intptr_t pagesize, MDBX_db_flags_t flags) {
  const size_t size = page_size_meant(pagesize);
  if (!size)
    return -1;
  if (flags & MDBX_INTEGERDUP)
    return 8;
  return flags & MDBX_DUPSORT ? (intptr_t)limit_pair(size) : MDBX_MAXDATASIZE;
}

intptr_t mdbx_limits_pairsize4page_max(intptr_t pagesize, MDBX_db_flags_t flags) {
  const size_t size = page_size_meant(pagesize);
  (void)flags;
  return size ? (intptr_t)limit_pair(size) : -1;
}

intptr_t mdbx_limits_valsize4page_max(intptr_t pagesize, MDBX_db_flags_t flags) {
  const size_t size = page_size_meant(pagesize);
  if (!size)
    return -1;
  return flags & MDBX_DUPSORT ? (intptr_t)limit_pair(size) : (intptr_t)body_size(size);
}

intptr_t mdbx_limits_txnsize_max(intptr_t pagesize) { return mdbx_limits_dbsize_max(pagesize); }

static intptr_t page_size_of(const MDBX_env *env) {
  return env_check(env) == MDBX_SUCCESS && env->opened ? (intptr_t)env->page_size : -1;
}

int mdbx_env_get_maxkeysize_ex(const MDBX_env *env, MDBX_db_flags_t flags) {
  const intptr_t page_size = page_size_of(env);
  return page_size > 0 ? (int)mdbx_limits_keysize_max(page_size, flags) : -1;
}

int mdbx_env_get_maxkeysize(const MDBX_env *env) { return mdbx_env_get_maxkeysize_ex(env, MDBX_DUPSORT); }

int mdbx_env_get_maxvalsize_ex(const MDBX_env *env, MDBX_db_flags_t flags) {
  const intptr_t page_size = page_size_of(env);
  return page_size > 0 ? (int)mdbx_limits_valsize_max(page_size, flags) : -1;
}

int mdbx_env_get_pairsize4page_max(const MDBX_env *env, MDBX_db_flags_t flags) {
  const intptr_t page_size = page_size_of(env);
  return page_size > 0 ? (int)mdbx_limits_pairsize4page_max(page_size, flags) : -1;
}

int mdbx_env_get_valsize4page_max(const MDBX_env *env, MDBX_db_flags_t flags) {
  const intptr_t page_size = page_size_of(env);
  return page_size > 0 ? (int)mdbx_limits_valsize4page_max(page_size, flags) : -1;
}

/* ------------------------------------------------------------------------------------------------------------- RAM */

int mdbx_get_sysraminfo(intptr_t *page_size, intptr_t *total, intptr_t *avail) {
  uint64_t all, available;
  if (!page_size && !total && !avail)
    return MDBX_EINVAL;
  const int rc = os_ram_pages(&all, &available);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (page_size)
    *page_size = (intptr_t)os_page_size();
  if (total)
    *total = (intptr_t)all;
  if (avail)
    *avail = (intptr_t)available;
  return MDBX_SUCCESS;
}

int mdbx_is_readahead_reasonable(size_t volume, intptr_t redundancy) {
  intptr_t page_size, available;
  if (volume <= 4u * 1024 * 1024)
    return MDBX_RESULT_TRUE;
  const int rc = mdbx_get_sysraminfo(&page_size, NULL, &available);
  if (rc != MDBX_SUCCESS)
    return rc;
  const double wanted = (double)volume + (double)redundancy;
  return wanted <= (double)available * (double)page_size ? MDBX_RESULT_TRUE : MDBX_RESULT_FALSE;
}

/* --------------------------------------------------------------------------------------------------------- readers */

int mdbx_reader_check(MDBX_env *env, int *dead) {
  unsigned count = 0;
  if (dead)
    *dead = 0;
  int rc = env_check_open(env);
  if (rc == MDBX_SUCCESS)
    rc = readers_check_dead(&env->lck, &count);
  if (dead)
    *dead = (int)count;
  return rc;
}

int mdbx_thread_register(const MDBX_env *env) {
  struct reader_slot *slot;
  const int rc = env_check_open(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (env->flags & MDBX_NOSTICKYTHREADS)
    return MDBX_EINVAL;
  return readers_thread_bind((struct reader_threads *)(uintptr_t)&env->threads, &slot);
}

int mdbx_thread_unregister(const MDBX_env *env) {
  const int rc = env_check_open(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (env->flags & MDBX_NOSTICKYTHREADS)
    return MDBX_RESULT_TRUE;
  return readers_thread_release((struct reader_threads *)(uintptr_t)&env->threads);
}

/* ---------------------------------------------------------------------------------------------------------- errors */

struct error_text {
  int code;
  const char *text;
};

static const struct error_text error_texts[] = {
    {MDBX_SUCCESS, "MDBX_SUCCESS: done"},
    {MDBX_RESULT_TRUE, "MDBX_RESULT_TRUE: done, and the answer is yes"},
    {MDBX_KEYEXIST, "MDBX_KEYEXIST: the key or pair is there already"},
    {MDBX_NOTFOUND, "MDBX_NOTFOUND: no such key, or the end of the data"},
    {MDBX_PAGE_NOTFOUND, "MDBX_PAGE_NOTFOUND: a page that should be there is missing"},
    {MDBX_CORRUPTED, "MDBX_CORRUPTED: the database is damaged"},
    {MDBX_PANIC, "MDBX_PANIC: the environment failed and must be closed and opened again"},
    {MDBX_VERSION_MISMATCH, "MDBX_VERSION_MISMATCH: the database is of another format version"},
    {MDBX_INVALID, "MDBX_INVALID: the file is not a database of this engine"},
    {MDBX_MAP_FULL, "MDBX_MAP_FULL: the upper size limit of the database is reached"},
    {MDBX_DBS_FULL, "MDBX_DBS_FULL: too many tables are open (see mdbx_env_set_maxdbs)"},
    {MDBX_READERS_FULL, "MDBX_READERS_FULL: too many readers (see mdbx_env_set_maxreaders)"},
    {MDBX_TXN_FULL, "MDBX_TXN_FULL: no transaction id is left"},
    {MDBX_CURSOR_FULL, "MDBX_CURSOR_FULL: a tree is deeper than a cursor can go"},
    {MDBX_PAGE_FULL, "MDBX_PAGE_FULL: a page has no room where it should"},
    {MDBX_UNABLE_EXTEND_MAPSIZE, "MDBX_UNABLE_EXTEND_MAPSIZE: the mapping of the database cannot be made longer"},
    {MDBX_INCOMPATIBLE, "MDBX_INCOMPATIBLE: flags, mode or kind of table do not fit"},
    {MDBX_BAD_RSLOT, "MDBX_BAD_RSLOT: the reader slot of this thread is in use"},
    {MDBX_BAD_TXN, "MDBX_BAD_TXN: the transaction cannot be used for this, it is over, broken or has a child"},
    {MDBX_BAD_VALSIZE, "MDBX_BAD_VALSIZE: the size of a key or value does not fit the table"},
    {MDBX_BAD_DBI, "MDBX_BAD_DBI: no table is open under this handle"},
    {MDBX_PROBLEM, "MDBX_PROBLEM: something that should never happen has happened"},
    {MDBX_BUSY, "MDBX_BUSY: somebody else uses it"},
    {MDBX_EMULTIVAL, "MDBX_EMULTIVAL: the key has several values"},
    {MDBX_EBADSIGN, "MDBX_EBADSIGN: the handle is not, or no longer, one of the library"},
    {MDBX_WANNA_RECOVERY, "MDBX_WANNA_RECOVERY: the database must be opened for writing once, to recover"},
    {MDBX_EKEYMISMATCH, "MDBX_EKEYMISMATCH: the key does not fit the cursor's place or the order of appending"},
    {MDBX_TOO_LARGE, "MDBX_TOO_LARGE: a size is more than this system can handle"},
    {MDBX_THREAD_MISMATCH, "MDBX_THREAD_MISMATCH: the transaction belongs to another thread"},
    {MDBX_TXN_OVERLAPPING, "MDBX_TXN_OVERLAPPING: the thread has a transaction of the other kind already"},
    {MDBX_BACKLOG_DEPLETED, "MDBX_BACKLOG_DEPLETED: no spare pages were left to note the free ones"},
    {MDBX_DUPLICATED_LCK, "MDBX_DUPLICATED_LCK: there is a second lock file"},
    {MDBX_DANGLING_DBI, "MDBX_DANGLING_DBI: the table is in use by a transaction"},
    {MDBX_OUSTED, "MDBX_OUSTED: the parked transaction lost its snapshot"},
    {MDBX_MVCC_RETARDED, "MDBX_MVCC_RETARDED: the snapshot is no longer there"},
    {MDBX_LAGGARD_READER, "MDBX_LAGGARD_READER: a reader of an old snapshot is in the way"},
};

const char *mdbx_liberr2str(int errnum) {
  for (size_t i = 0; i < COUNT_OF(error_texts); ++i)
    if (error_texts[i].code == errnum)
      return error_texts[i].text;
  return NULL;
}

const char *mdbx_strerror_r(int errnum, char *buf, size_t size) {
  const char *own = mdbx_liberr2str(errnum);
  if (own || !buf || !size)
    return own ? own : "unknown error";
  return os_error_text(errnum, buf, size);
}

const char *mdbx_strerror(int errnum) {
  const char *own = mdbx_liberr2str(errnum);
  return own ? own : strerror(errnum);
}

/* ------------------------------------------------------------------------------------------------------------- log */

int mdbx_setup_debug(MDBX_log_level_t log_level, MDBX_debug_flags_t debug_flags, MDBX_debug_func logger) {
  return log_setup(log_level, debug_flags, logger);
}

int mdbx_setup_debug_nofmt(MDBX_log_level_t log_level, MDBX_debug_flags_t debug_flags, MDBX_debug_func_nofmt logger,
                           char *logger_buffer, size_t logger_buffer_size) {
  return log_setup_nofmt(log_level, debug_flags, logger, logger_buffer, logger_buffer_size);
}

void mdbx_set_panic(MDBX_panic_func func) { log_set_panic(func); }

void mdbx_assert_fail(const char *msg, const char *func, unsigned line) {
  log_panic(msg, func, line);
  abort();
}

const char *mdbx_dump_val(const MDBX_val *key, char *const buf, const size_t size) {
  return text_of_value(key, buf, size);
}

/* The older form returns the caller's buffer or NULL, because its result is not const. */
char *mdbx_dkey(const MDBX_val *key, char *const buf, const size_t size) {
  const char *text = mdbx_dump_val(key, buf, size);
  if (!text || !buf || !size)
    return NULL;
  if (text != buf)
    snprintf(buf, size, "%s", text);
  return buf;
}

/* --------------------------------------------------------------------------------------------------- keys of numbers */

uint64_t mdbx_key_from_double(const double v) {
  uint64_t bits;
  memcpy(&bits, &v, sizeof(bits));
  return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

uint64_t mdbx_key_from_ptrdouble(const double *const v) { return mdbx_key_from_double(*v); }

uint32_t mdbx_key_from_float(const float v) {
  uint32_t bits;
  memcpy(&bits, &v, sizeof(bits));
  return bits >> 31 ? ~bits : bits | UINT32_C(1) << 31;
}

uint32_t mdbx_key_from_ptrfloat(const float *const v) { return mdbx_key_from_float(*v); }

uint64_t mdbx_key_from_jsonInteger(const int64_t v) { return mdbx_key_from_double((double)v); }

int64_t mdbx_int64_from_key(const MDBX_val key) { return (int64_t)(get_u64(key.iov_base) - (UINT64_C(1) << 63)); }

int32_t mdbx_int32_from_key(const MDBX_val key) { return (int32_t)(get_u32(key.iov_base) - (UINT32_C(1) << 31)); }

double mdbx_double_from_key(const MDBX_val key) {
  const uint64_t stored = get_u64(key.iov_base);
  const uint64_t bits = stored >> 63 ? stored & ~(UINT64_C(1) << 63) : ~stored;
  double v;
  memcpy(&v, &bits, sizeof(v));
  return v;
}

float mdbx_float_from_key(const MDBX_val key) {
  const uint32_t stored = get_u32(key.iov_base);
  const uint32_t bits = stored >> 31 ? stored & ~(UINT32_C(1) << 31) : ~stored;
  float v;
  memcpy(&v, &bits, sizeof(v));
  return v;
}

int64_t mdbx_jsonInteger_from_key(const MDBX_val key) {
  const double v = mdbx_double_from_key(key);
  if (v != v)
    return v < 0 ? INT64_MIN : INT64_MAX;
  if (v >= 9223372036854775808.0)
    return INT64_MAX;
  return v < -9223372036854775808.0 ? INT64_MIN : (int64_t)v;
}
