/* SPDX-License-Identifier: Apache-2.0 */
/* Codes and their texts, and the version of the interface. */
#include "shim.h"

#include <errno.h>

SHIM_API char *mdb_version(int *major, int *minor, int *patch) {
  if (major)
    *major = MDB_VERSION_MAJOR;
  if (minor)
    *minor = MDB_VERSION_MINOR;
  if (patch)
    *patch = MDB_VERSION_PATCH;
  static char text[] = MDB_VERSION_STRING;
  return text;
}

/* Programs print these and some compare them, so they are those of the interface. */
static const char *const texts[] = {
    "MDB_KEYEXIST: Key/data pair already exists",
    "MDB_NOTFOUND: No matching key/data pair found",
    "MDB_PAGE_NOTFOUND: Requested page not found",
    "MDB_CORRUPTED: Located page was wrong type",
    "MDB_PANIC: Update of meta page failed or environment had fatal error",
    "MDB_VERSION_MISMATCH: Database environment version mismatch",
    "MDB_INVALID: File is not an LMDB file",
    "MDB_MAP_FULL: Environment mapsize limit reached",
    "MDB_DBS_FULL: Environment maxdbs limit reached",
    "MDB_READERS_FULL: Environment maxreaders limit reached",
    "MDB_TLS_FULL: Thread-local storage keys full - too many environments open",
    "MDB_TXN_FULL: Transaction has too many dirty pages - transaction too big",
    "MDB_CURSOR_FULL: Internal error - cursor stack limit reached",
    "MDB_PAGE_FULL: Internal error - page has no more space",
    "MDB_MAP_RESIZED: Database contents grew beyond environment mapsize",
    "MDB_INCOMPATIBLE: Operation and DB incompatible, or DB flags changed",
    "MDB_BAD_RSLOT: Invalid reuse of reader locktable slot",
    "MDB_BAD_TXN: Transaction must abort, has a child, or is invalid",
    "MDB_BAD_VALSIZE: Unsupported size of key/DB name/data, or wrong DUPFIXED size",
    "MDB_BAD_DBI: The specified DBI handle was closed/changed unexpectedly",
};

SHIM_API char *mdb_strerror(int err) {
  if (err == 0)
    return (char *)(uintptr_t) "Successful return: 0";
  if (err >= MDB_KEYEXIST && err <= MDB_LAST_ERRCODE)
    return (char *)(uintptr_t)texts[err - MDB_KEYEXIST];
  return strerror(err);
}

/* Codes that only the engine has. */
static const struct {
  int engine, ours;
} translations[] = {
    {MDBX_RESULT_TRUE, 0},
    {MDBX_BAD_DBI, EINVAL},
    {MDBX_PROBLEM, MDB_PANIC},
    {MDBX_BUSY, EBUSY},
    {MDBX_EMULTIVAL, MDB_KEYEXIST},
    {MDBX_EBADSIGN, EINVAL},
    {MDBX_WANNA_RECOVERY, EROFS},
    {MDBX_EKEYMISMATCH, MDB_KEYEXIST},
    {MDBX_TOO_LARGE, ENOMEM},
    {MDBX_THREAD_MISMATCH, EINVAL},
    {MDBX_TXN_OVERLAPPING, MDB_BAD_RSLOT},
    {MDBX_BACKLOG_DEPLETED, MDB_MAP_FULL},
    {MDBX_DUPLICATED_LCK, EEXIST},
    {MDBX_DANGLING_DBI, EBUSY},
    {MDBX_OUSTED, MDB_BAD_TXN},
    {MDBX_MVCC_RETARDED, MDB_BAD_TXN},
    {MDBX_LAGGARD_READER, EBUSY},
    {MDBX_ENODATA, EINVAL},
};

int shim_code(int rc) {
  for (size_t i = 0; i < sizeof(translations) / sizeof(*translations); ++i)
    if (translations[i].engine == rc)
      return translations[i].ours;
  return rc;
}
