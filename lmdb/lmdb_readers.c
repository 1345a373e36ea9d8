/* SPDX-License-Identifier: Apache-2.0 */
/* The list of readers. */
#include "shim.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

struct listing {
  MDB_msg_func *func;
  void *context;
  bool any;
  bool hide; /* one of this process without a snapshot: it is kept for the next transaction */
  int said;
};

static int tell(struct listing *listing, const char *text) {
  listing->said = listing->func(text, listing->context);
  return listing->said < 0 ? MDBX_RESULT_TRUE : MDBX_SUCCESS;
}

static int list_one(void *ctx, int num, int slot, mdbx_pid_t pid, mdbx_tid_t thread, uint64_t txnid, uint64_t lag,
                    size_t used, size_t retained) {
  struct listing *listing = ctx;
  char line[96];
  (void)num, (void)slot, (void)lag, (void)used, (void)retained;
  if (listing->hide && !txnid && pid == getpid()) {
    listing->hide = false;
    return MDBX_SUCCESS;
  }
  if (!listing->any && tell(listing, "    pid     thread     txnid\n") != MDBX_SUCCESS)
    return MDBX_RESULT_TRUE;
  listing->any = true;
  if (txnid)
    snprintf(line, sizeof(line), "%10d %zx %zu\n", (int)pid, (size_t)thread, txnid_shown(txnid));
  else
    snprintf(line, sizeof(line), "%10d %zx -\n", (int)pid, (size_t)thread);
  return tell(listing, line);
}

SHIM_API int mdb_reader_list(MDB_env *env, MDB_msg_func *func, void *ctx) {
  if (!env || !func)
    return -1;
  struct listing listing = {.func = func, .context = ctx};
  pthread_mutex_lock(&env->mutex);
  listing.hide = env->spare;
  pthread_mutex_unlock(&env->mutex);
  if (!env->opened || (env->flags & MDB_NOLOCK))
    return func("(no reader locks)\n", ctx);
  int rc = follow_fork(env);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_reader_list(env->engine, list_one, &listing);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return shim_rc(rc);
  return listing.any || listing.said < 0 ? listing.said : func("(no active readers)\n", ctx);
}

SHIM_API int mdb_reader_check(MDB_env *env, int *dead) {
  int found = 0;
  if (!env)
    return EINVAL;
  if (dead)
    *dead = 0;
  if (!env->opened || (env->flags & MDB_NOLOCK))
    return 0;
  int rc = follow_fork(env);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_reader_check(env->engine, &found);
  if (dead)
    *dead = found;
  return shim_rc(rc);
}
