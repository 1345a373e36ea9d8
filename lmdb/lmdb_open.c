/* SPDX-License-Identifier: Apache-2.0 */
/* Environments: creation, opening, closing, and the names of their files. */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READERS_DEFAULT = 126, READERS_SPARE = 8, READERS_ENGINE_MAX = 32767 };
/* With MDB_NOSYNC at most so many bytes wait for a flush; a loss of power can cost no more. The pages of the last
 * flushed commit are kept until the next flush, so the file may be twice as long as its content. */
#define UNSYNCED_MOST ((uint64_t)256 << 20)

static pthread_once_t engine_once = PTHREAD_ONCE_INIT;

/* The engine prints nothing, and one process may open a database more than once. */
static void prepare_engine(void) {
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_LEGACY_MULTIOPEN, NULL);
  handles_prepare();
}

SHIM_API int mdb_env_create(MDB_env **result) {
  pthread_once(&engine_once, prepare_engine);
  MDB_env *env = calloc(1, sizeof(*env));
  if (!env)
    return ENOMEM;
  const int rc = mdbx_env_create(&env->engine);
  if (rc != MDBX_SUCCESS || pthread_mutex_init(&env->mutex, NULL) != 0) {
    if (env->engine)
      mdbx_env_close(env->engine);
    free(env);
    return rc == MDBX_SUCCESS ? ENOMEM : shim_rc(rc);
  }
  env->max_readers = READERS_DEFAULT;
  const char *grow = getenv("MDBX_LMDB_GROW");
  env->grow = grow && *grow && strcmp(grow, "0") != 0;
  *result = env;
  return 0;
}

/* ------------------------------------------------------------------------------------------------------------- files */

struct files {
  char *data, *lock;
  bool exists; /* the data file has content */
};

static char *join(const char *a, const char *b) {
  char *joined = malloc(strlen(a) + strlen(b) + 1);
  if (joined)
    sprintf(joined, "%s%s", a, b);
  return joined;
}

static int name_files(struct files *files, const char *path, bool nosubdir) {
  files->data = join(path, nosubdir ? "" : "/data.mdb");
  files->lock = join(path, nosubdir ? "-lock" : "/lock.mdb");
  return files->data && files->lock ? 0 : ENOMEM;
}

/* LMDB's magic number follows a page header of 16 bytes. Such a file and its lock file are not changed. */
static int refuse_foreign(const char *data) {
  uint32_t words[6] = {0};
  const int fd = open(data, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0)
    return errno == ENOENT ? 0 : errno;
  const ssize_t got = pread(fd, words, sizeof(words), 0);
  close(fd);
  return got == (ssize_t)sizeof(words) && words[4] == UINT32_C(0xBEEFC0DE) ? MDB_VERSION_MISMATCH : 0;
}

static int look_at_files(struct files *files, bool readonly) {
  struct stat st;
  if (stat(files->data, &st) != 0)
    return errno == ENOENT && !readonly ? 0 : errno;
  if (S_ISDIR(st.st_mode))
    return EISDIR;
  files->exists = st.st_size > 0;
  return files->exists ? refuse_foreign(files->data) : 0;
}

/* ----------------------------------------------------------------------------------------------------------- opening */

static unsigned engine_flags(unsigned flags) {
  unsigned out = MDBX_NOSUBDIR | MDBX_NOSTICKYTHREADS | MDBX_ACCEDE | MDBX_LIFORECLAIM;
  out |= flags & (MDB_RDONLY | MDB_WRITEMAP | MDB_NORDAHEAD | MDB_NOMEMINIT);
  return out;
}

static int set_options(MDB_env *env) {
  unsigned readers = env->max_readers;
  if (readers > READERS_ENGINE_MAX - READERS_SPARE)
    readers = READERS_ENGINE_MAX - READERS_SPARE;
  int rc = mdbx_env_set_maxreaders(env->engine, readers + READERS_SPARE);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_set_maxdbs(env->engine, env->max_dbs < MDBX_MAX_DBI ? env->max_dbs : MDBX_MAX_DBI);
  return rc;
}

/* If a writer has not closed the database, only another writer can keep or undo its last commits. */
static int recover(const struct files *files) {
  MDBX_env *writer;
  int rc = mdbx_env_create(&writer);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = mdbx_env_set_lock_path(writer, files->lock);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_open(writer, files->data, (MDBX_env_flags_t)engine_flags(0), 0);
  const int closed = mdbx_env_close(writer);
  return rc == MDBX_SUCCESS ? closed : rc;
}

static int open_database(MDB_env *env, const struct files *files, mdb_mode_t mode) {
  const MDBX_env_flags_t flags = (MDBX_env_flags_t)engine_flags(env->flags);
  const int rc = mdbx_env_open(env->engine, files->data, flags, mode);
  if (rc != MDBX_WANNA_RECOVERY || (env->flags & MDB_NOLOCK) || recover(files) != MDBX_SUCCESS)
    return rc;
  return mdbx_env_open(env->engine, files->data, flags, mode);
}

static int open_engine(MDB_env *env, const struct files *files, mdb_mode_t mode) {
  int rc = set_options(env);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_set_lock_path(env->engine, files->lock);
  if (rc == MDBX_SUCCESS && (env->flags & MDB_NOLOCK))
    rc = mdbx_env_set_lockless(env->engine, true);
  if (rc == MDBX_SUCCESS && !files->exists)
    rc = map_prepare_new(env);
  if (rc == MDBX_SUCCESS)
    rc = open_database(env, files, mode);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!(env->flags & MDB_RDONLY))
    mdbx_env_set_syncbytes(env->engine, UNSYNCED_MOST);
  return map_settle(env);
}

static int open_with_files(MDB_env *env, const char *path, mdb_mode_t mode) {
  struct files files = {NULL, NULL, false};
  int rc = name_files(&files, path, env->flags & MDB_NOSUBDIR);
  if (rc == 0)
    rc = look_at_files(&files, env->flags & MDB_RDONLY);
  if (rc == 0)
    rc = open_engine(env, &files, mode);
  free(files.data);
  free(files.lock);
  return rc;
}

SHIM_API int mdb_env_open(MDB_env *env, const char *path, unsigned int flags, mdb_mode_t mode) {
  if (env->opened || env->failed || (flags & ~(unsigned)(ENV_CHANGEABLE | ENV_FIXED)))
    return EINVAL;
  env->flags |= flags;
  if (env->flags & MDB_RDONLY)
    env->flags &= ~(unsigned)MDB_WRITEMAP;
  env->path = strdup(path);
  int rc = env->path ? tables_open(env) : ENOMEM;
  if (rc == 0)
    rc = open_with_files(env, path, mode);
  if (rc == MDBX_SUCCESS)
    rc = slots_open(env);
  env->opened = rc == MDBX_SUCCESS;
  env->failed = !env->opened;
  return shim_rc(rc);
}

/* ---------------------------------------------------------------------------------------------- leaving for a while */

void engine_leave(MDB_env *env) {
  slots_close(env);
  mdbx_env_close(env->engine);
  env->engine = NULL;
  tables_forget(env);
}

int engine_return(MDB_env *env) {
  int rc = mdbx_env_create(&env->engine);
  if (rc == MDBX_SUCCESS)
    rc = open_with_files(env, env->path, 0);
  if (rc == MDBX_SUCCESS)
    rc = slots_open(env);
  env->opened = rc == MDBX_SUCCESS;
  env->failed = !env->opened;
  return rc;
}

/* ----------------------------------------------------------------------------------------------------------- closing */

static bool is_unlinked(MDB_env *env) {
  mdbx_filehandle_t fd;
  struct stat st;
  return mdbx_env_get_fd(env->engine, &fd) == MDBX_SUCCESS && fstat(fd, &st) == 0 && st.st_nlink == 0;
}

/* Closing flushes what MDB_NOSYNC has left. But LMDB's closing waits for nobody, and the writer may be the thread that
 * closes, in another environment of the same database. So a writer that is busy leaves the flush to those who close
 * later. */
static bool flushed_or_busy(MDB_env *env) {
  if (!env->opened || (env->flags & MDB_NOLOCK) || is_unlinked(env))
    return false;
  const int rc = mdbx_env_sync_ex(env->engine, true, true);
  return rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE || rc == MDBX_BUSY;
}

SHIM_API void mdb_env_close(MDB_env *env) {
  if (!env)
    return;
  txns_orphan(env);
  slots_close(env);
  if (env->engine)
    mdbx_env_close_ex(env->engine, flushed_or_busy(env));
  pthread_mutex_destroy(&env->mutex);
  tables_close(env);
  free(env->path);
  free(env);
}
