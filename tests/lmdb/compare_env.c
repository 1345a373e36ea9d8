/* SPDX-License-Identifier: Apache-2.0 */
/* Environments: opening, names, modes, settings, sizes, copies. */
#include "compare.h"

static void show_mode(const char *path) {
  struct stat st;
  if (stat(path, &st) != 0)
    NOTE("%s: %s", path, code(errno));
  else
    NOTE("%s: mode %o", path, st.st_mode & 07777);
}

static void settings(void) {
  MDB_env *env;
  unsigned number = 0;
  const char *path = "x";
  int fd = -2;
  MUST(mdb_env_create(&env));
  SAY(mdb_env_get_maxreaders(env, &number));
  NOTE("maxreaders %u, maxkeysize %d", number, mdb_env_get_maxkeysize(env));
  SAY(mdb_env_set_maxreaders(env, 0));
  SAY(mdb_env_set_maxreaders(env, 17));
  SAY(mdb_env_set_maxdbs(env, 3));
  SAY(mdb_env_set_flags(env, MDB_NOSYNC, 1));
  SAY(mdb_env_set_flags(env, MDB_NOSUBDIR, 1));
  SAY(mdb_env_set_flags(env, 0x80000000u, 1));
  SAY(mdb_env_set_userctx(env, &number));
  NOTE("user context %s", mdb_env_get_userctx(env) == &number ? "kept" : "lost");
  SAY(mdb_env_set_mapsize(env, 300000000));
  SAY(mdb_env_open(env, fresh("settings"), MDB_NOMETASYNC | MDB_NOTLS, 0640));
  SAY(mdb_env_open(env, "settings", 0, 0640));
  SAY(mdb_env_set_maxdbs(env, 4));
  SAY(mdb_env_set_maxreaders(env, 4));
  SAY(mdb_env_get_flags(env, &number));
  NOTE("flags %x", number);
  SAY(mdb_env_set_flags(env, MDB_NOSYNC, 0));
  SAY(mdb_env_set_flags(env, MDB_NOTLS, 0));
  mdb_env_get_flags(env, &number);
  NOTE("flags %x", number);
  SAY(mdb_env_get_path(env, &path));
  SAY(mdb_env_get_fd(env, &fd));
  NOTE("path %s, descriptor %s", path, fcntl(fd, F_GETFD) >= 0 ? "valid" : "bad");
  SAY(mdb_env_get_path(env, NULL));
  SAY(mdb_env_get_flags(env, NULL));
  SAY(mdb_env_set_assert(env, NULL));
  show_mode("settings/data.mdb");
  show_mode("settings/lock.mdb");
  MDB_envinfo info;
  SAY(mdb_env_info(env, &info));
  NOTE("size %zu, txnid %zu, readers %u of %u, address %s", info.me_mapsize, info.me_last_txnid, info.me_numreaders,
       info.me_maxreaders, info.me_mapaddr ? "set" : "not set");
  MDB_stat stat;
  SAY(mdb_env_stat(env, &stat));
  NOTE("psize %u depth %u pages %zu %zu %zu entries %zu", stat.ms_psize, stat.ms_depth, stat.ms_branch_pages,
       stat.ms_leaf_pages, stat.ms_overflow_pages, stat.ms_entries);
  SAY(mdb_env_sync(env, 0));
  SAY(mdb_env_sync(env, 1));
  mdb_env_close(env);
  mdb_env_close(NULL);
}

static int try_open(const char *path, unsigned flags, unsigned mode) {
  MDB_env *env;
  MUST(mdb_env_create(&env));
  const int rc = mdb_env_open(env, path, flags, mode);
  mdb_env_close(env);
  return rc;
}

static void write_file(const char *path, const char *bytes, size_t length) {
  FILE *file = fopen(path, "w");
  fwrite(bytes, 1, length, file);
  fclose(file);
}

static void paths(void) {
  char junk[8192];
  memset(junk, 'x', sizeof(junk));
  fresh("paths");
  SAY(try_open("nowhere", 0, 0644));
  SAY(try_open("nowhere", MDB_RDONLY, 0644));
  SAY(try_open("nowhere/deep", MDB_NOSUBDIR, 0644));
  SAY(try_open("paths/none", MDB_RDONLY | MDB_NOSUBDIR, 0644));
  SAY(try_open("paths", MDB_RDONLY, 0644));
  write_file("paths/junk", junk, sizeof(junk));
  SAY(try_open("paths/junk", MDB_NOSUBDIR, 0644));
  SAY(try_open("paths/junk", MDB_NOSUBDIR | MDB_RDONLY, 0644));
  SAY(try_open("paths/junk", 0, 0644));
  SAY(try_open("paths", MDB_NOSUBDIR, 0644));
  SAY(try_open("paths", 0x1000, 0644));
  write_file("paths/empty", "", 0);
  SAY(try_open("paths/empty", MDB_NOSUBDIR, 0644));
  SAY(try_open("paths/file", MDB_NOSUBDIR, 0600));
  show_mode("paths/file");
  show_mode("paths/file-lock");
  SAY(try_open("paths/file", MDB_NOSUBDIR, 0644));
  SAY(try_open("paths/file", MDB_NOSUBDIR | MDB_RDONLY, 0644));
  SAY(try_open("paths/nolock", MDB_NOSUBDIR | MDB_NOLOCK, 0666));
  show_mode("paths/nolock");
  show_mode("paths/nolock-lock");
  SAY(try_open("paths/file", MDB_NOSUBDIR | MDB_FIXEDMAP, 0644));
  SAY(try_open("paths/map", MDB_NOSUBDIR | MDB_WRITEMAP | MDB_MAPASYNC, 0644));
  SAY(try_open("paths/ahead", MDB_NOSUBDIR | MDB_NORDAHEAD | MDB_NOMEMINIT | MDB_NOSYNC, 0644));
}

static void readonly(void) {
  MDB_env *env = open_fresh("readonly", 0);
  MDB_txn *txn;
  unsigned flags;
  store(env, "key", "value");
  mdb_env_close(env);
  MUST(mdb_env_create(&env));
  MUST(mdb_env_open(env, "readonly", MDB_RDONLY | MDB_WRITEMAP, 0644));
  mdb_env_get_flags(env, &flags);
  NOTE("flags %x", flags);
  SAY(mdb_txn_begin(env, NULL, 0, &txn));
  SAY(mdb_env_sync(env, 1));
  txn = begin(env, MDB_RDONLY);
  NOTE("%s", get(txn, 1, "key"));
  SAY(put(txn, 1, "key", "other", 0));
  SAY(del(txn, 1, "key", NULL));
  SAY(mdb_drop(txn, 1, 0));
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

static size_t size_of(MDB_env *env) {
  MDB_envinfo info;
  MUST(mdb_env_info(env, &info));
  return info.me_mapsize;
}

static void sizes(void) {
  MDB_env *env;
  MUST(mdb_env_create(&env));
  MUST(mdb_env_open(env, fresh("sizes"), 0, 0644));
  NOTE("default %zu", size_of(env));
  SAY(mdb_env_set_mapsize(env, 4 << 20));
  NOTE("set %zu", size_of(env));
  MDB_txn *txn = begin(env, 0);
  SAY(mdb_env_set_mapsize(env, 8 << 20));
  mdb_txn_abort(txn);
  store(env, "a", "b");
  SAY(mdb_env_set_mapsize(env, 0));
  NOTE("adopted %zu", size_of(env));
  SAY(mdb_env_set_mapsize(env, 1 << 20));
  NOTE("less %zu", size_of(env));
  mdb_env_close(env);
  MUST(mdb_env_create(&env));
  MUST(mdb_env_open(env, "sizes", 0, 0644));
  NOTE("stored %zu", size_of(env));
  mdb_env_close(env);
  MUST(mdb_env_create(&env));
  SAY(mdb_env_set_mapsize(env, 32 << 20));
  MUST(mdb_env_open(env, "sizes", 0, 0644));
  NOTE("more %zu", size_of(env));
  txn = begin(env, 0);
  NOTE("txnid %zu", mdb_txn_id(txn));
  MUST(mdb_txn_commit(txn));
  store(env, "c", "d");
  mdb_env_close(env);
  MUST(mdb_env_create(&env));
  MUST(mdb_env_open(env, "sizes", MDB_RDONLY, 0644));
  NOTE("read-only %zu", size_of(env));
  mdb_env_close(env);
}

/* Every kind of environment stores and finds. */
static void modes(void) {
  static const unsigned flags[] = {0,
                                   MDB_NOSYNC,
                                   MDB_NOMETASYNC,
                                   MDB_WRITEMAP,
                                   MDB_NOTLS,
                                   MDB_MAPASYNC,
                                   MDB_WRITEMAP | MDB_MAPASYNC,
                                   MDB_NOLOCK,
                                   MDB_NOLOCK | MDB_NOSYNC | MDB_NOTLS | MDB_NORDAHEAD | MDB_NOMEMINIT};
  for (unsigned i = 0; i < sizeof(flags) / sizeof(*flags); ++i) {
    MDB_env *env = open_fresh("modes", flags[i]);
    for (unsigned n = 0; n < 20; ++n) {
      char key[16];
      snprintf(key, sizeof(key), "key%02u", n * 7 % 20);
      store(env, key, "value");
    }
    SAY(mdb_env_sync(env, 1));
    mdb_env_close(env);
    MUST(mdb_env_create(&env));
    MUST(mdb_env_open(env, "modes", flags[i], 0644));
    MDB_txn *txn = begin(env, MDB_RDONLY);
    NOTE("flags %x: id %zu, %s", flags[i], mdb_txn_id(txn), get(txn, 1, "key19"));
    show_stat(txn, 1, "stat");
    mdb_txn_abort(txn);
    mdb_env_close(env);
  }
}

/* Two handles of one database in two processes; one makes it larger than the other allows. */
static void resized(void) {
  MDB_env *env;
  MDB_txn *txn;
  int rc;
  MUST(mdb_env_create(&env));
  MUST(mdb_env_set_mapsize(env, 128 * 1024));
  MUST(mdb_env_open(env, fresh("resized"), 0, 0644));
  store(env, "a", "b");
  if (fork() == 0) {
    MDB_env *other;
    char big[2000];
    memset(big, 'b', sizeof(big));
    MUST(mdb_env_create(&other));
    MUST(mdb_env_set_mapsize(other, 8 << 20));
    MUST(mdb_env_open(other, "resized", 0, 0644));
    txn = begin(other, 0);
    for (int i = 0; i < 1000; ++i) {
      MDB_val k = {sizeof(i), &i}, d = {sizeof(big), big};
      MUST(mdb_put(txn, 1, &k, &d, 0));
    }
    MUST(mdb_txn_commit(txn));
    mdb_env_close(other);
    _exit(0);
  }
  wait(&rc);
  SAY(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn));
  SAY(mdb_txn_begin(env, NULL, 0, &txn));
  SAY(mdb_env_set_mapsize(env, 0));
  NOTE("size %zu", size_of(env));
  txn = begin(env, MDB_RDONLY);
  NOTE("%s", get(txn, 1, "a"));
  show_stat(txn, 1, "stat");
  mdb_txn_abort(txn);
  txn = begin(env, 0);
  SAY(put(txn, 1, "c", "d", 0));
  SAY(mdb_txn_commit(txn));
  mdb_env_close(env);
}

static void texts(void) {
  for (int rc = MDB_KEYEXIST - 1; rc <= MDB_BAD_DBI + 1; ++rc)
    NOTE("%d %s", rc, mdb_strerror(rc));
  NOTE("%s, %s", mdb_strerror(0), mdb_strerror(EINVAL));
  int major, minor;
  mdb_version(&major, &minor, NULL);
  NOTE("%d.%d", major, minor);
}

void part_env(void) {
  texts();
  settings();
  paths();
  readonly();
  sizes();
  modes();
  resized();
}

/* ------------------------------------------------------------------------------------------------------------ copies */

static void look_into_copy(const char *path, unsigned flags) {
  MDB_env *env;
  MUST(mdb_env_create(&env));
  MUST(mdb_env_set_maxdbs(env, 4));
  const int rc = mdb_env_open(env, path, flags, 0644);
  NOTE("%s: %s", path, code(rc));
  if (rc == 0) {
    MDB_txn *txn = begin(env, 0);
    show_stat(txn, 1, "main");
    show_stat(txn, table(txn, "named", 0), "named");
    NOTE("%s %s", get(txn, 2, "k0500"), get(txn, 2, "k0001"));
    MUST(put(txn, 2, "more", "data", 0));
    MUST(mdb_txn_commit(txn));
  }
  mdb_env_close(env);
}

static void to_pipe(MDB_env *env, const char *path, unsigned flags) {
  int ends[2];
  char bytes[65536];
  if (pipe(ends) != 0)
    return;
  if (fork() == 0) {
    close(ends[1]);
    FILE *file = fopen(path, "w");
    for (ssize_t n; (n = read(ends[0], bytes, sizeof(bytes))) > 0;)
      fwrite(bytes, 1, (size_t)n, file);
    fclose(file);
    _exit(0);
  }
  close(ends[0]);
  SAY(mdb_env_copyfd2(env, ends[1], flags));
  close(ends[1]);
  wait(NULL);
}

void part_copy(void) {
  MDB_env *env = open_fresh("copied", 0);
  MDB_txn *txn = begin(env, 0);
  const MDB_dbi dbi = table(txn, "named", MDB_CREATE);
  char key[16];
  for (int i = 0; i < 2000; ++i) {
    snprintf(key, sizeof(key), "k%04d", i);
    MUST(put(txn, dbi, key, "some value of the record", 0));
  }
  MUST(mdb_txn_commit(txn));
  txn = begin(env, 0);
  for (int i = 1; i < 2000; i += 2) {
    snprintf(key, sizeof(key), "k%04d", i);
    MUST(del(txn, dbi, key, NULL));
  }
  MUST(mdb_txn_commit(txn));
  SAY(mdb_env_copy(env, "nowhere"));
  SAY(mdb_env_copy(env, fresh("copy1")));
  SAY(mdb_env_copy(env, "copy1"));
  SAY(mdb_env_copy2(env, fresh("copy2"), MDB_CP_COMPACT));
  show_mode("copy1/data.mdb");
  show_mode("copy1/lock.mdb");
  look_into_copy("copy1", 0);
  look_into_copy("copy2", 0);
  fresh("copy3");
  SAY(mdb_env_copyfd(env, -1));
  SAY(mdb_env_copyfd2(env, -1, MDB_CP_COMPACT));
  to_pipe(env, "copy3/plain", 0);
  to_pipe(env, "copy3/compact", MDB_CP_COMPACT);
  look_into_copy("copy3/plain", MDB_NOSUBDIR);
  look_into_copy("copy3/compact", MDB_NOSUBDIR);
  mdb_env_close(env);
}
