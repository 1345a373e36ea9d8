/* SPDX-License-Identifier: Apache-2.0 */
/* Run by extras.sh with our library: what it does where LMDB does something else, or nothing good. */
#include <errno.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int failures;

#define IS(call, wanted) \
  do { \
    const int rc_ = (call); \
    if (rc_ != (wanted)) { \
      printf("%s:%d: %s = %d (%s), not %d\n", __FILE__, __LINE__, #call, rc_, mdb_strerror(rc_), (wanted)); \
      ++failures; \
    } \
  } while (0)
#define OK(call) IS(call, 0)
#define CHECK(condition) IS((condition) ? 0 : 1, 0)

static MDB_env *env_new(void) {
  MDB_env *env;
  OK(mdb_env_create(&env));
  OK(mdb_env_set_maxdbs(env, 8));
  return env;
}

static MDB_env *env_at(const char *name, unsigned flags) {
  MDB_env *env = env_new();
  OK(mdb_env_open(env, name, MDB_NOSUBDIR | flags, 0644));
  return env;
}

static MDB_txn *begin(MDB_env *env, unsigned flags) {
  MDB_txn *txn = NULL;
  OK(mdb_txn_begin(env, NULL, flags, &txn));
  return txn;
}

static int put(MDB_txn *txn, MDB_dbi dbi, const char *key, const char *value) {
  MDB_val k = {strlen(key), (void *)(size_t)key}, d = {strlen(value), (void *)(size_t)value};
  return mdb_put(txn, dbi, &k, &d, 0);
}

static int has(MDB_txn *txn, MDB_dbi dbi, const char *key, const char *value) {
  MDB_val k = {strlen(key), (void *)(size_t)key}, d;
  const int rc = mdb_get(txn, dbi, &k, &d);
  return rc ? rc : d.mv_size == strlen(value) && memcmp(d.mv_data, value, d.mv_size) == 0 ? 0 : -1;
}

static void page_sizes(void) {
  static const int sizes[] = {256, 512, 1024, 8192, 65536};
  MDB_stat stat;
  char name[32];
  for (int i = 0; i < 5; ++i) {
    snprintf(name, sizeof(name), "page%d", sizes[i]);
    MDB_env *env = env_new();
    OK(mdb_env_set_pagesize(env, sizes[i]));
    OK(mdb_env_open(env, name, MDB_NOSUBDIR, 0644));
    IS(mdb_env_set_pagesize(env, sizes[i]), EINVAL);
    MDB_txn *txn = begin(env, 0);
    OK(put(txn, 1, "key", "value"));
    OK(mdb_txn_commit(txn));
    OK(mdb_env_stat(env, &stat));
    CHECK((int)stat.ms_psize == sizes[i]);
    CHECK(sizes[i] >= 2048 ? mdb_env_get_maxkeysize(env) == 511 : mdb_env_get_maxkeysize(env) < sizes[i] / 2);
    mdb_env_close(env);
    env = env_at(name, 0);
    txn = begin(env, MDB_RDONLY);
    OK(has(txn, 1, "key", "value"));
    mdb_txn_abort(txn);
    mdb_env_close(env);
  }
  MDB_env *env = env_new();
  IS(mdb_env_set_pagesize(env, 1000), EINVAL);
  IS(mdb_env_set_pagesize(env, 128), EINVAL);
  IS(mdb_env_set_pagesize(env, 131072), EINVAL);
  mdb_env_close(env);
}

static void tables_as_records(void) {
  MDB_env *env = env_at("is_db", 0);
  MDB_txn *txn = begin(env, 0);
  MDB_dbi dbi;
  MDB_cursor *cursor;
  MDB_val k, d;
  OK(mdb_dbi_open(txn, "table", MDB_CREATE, &dbi));
  OK(put(txn, 1, "a", "plain"));
  OK(put(txn, 1, "z", "plain"));
  OK(mdb_cursor_open(txn, 1, &cursor));
  CHECK(mdb_cursor_is_db(cursor) == 0);
  OK(mdb_cursor_get(cursor, &k, &d, MDB_FIRST));
  CHECK(mdb_cursor_is_db(cursor) == 0);
  OK(mdb_cursor_get(cursor, &k, &d, MDB_NEXT));
  CHECK(mdb_cursor_is_db(cursor) == 1);
  OK(mdb_cursor_get(cursor, &k, &d, MDB_NEXT));
  CHECK(mdb_cursor_is_db(cursor) == 0);
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

/* A child goes on with what it inherited, and the parent too. */
static void forked(const char *name, unsigned flags) {
  MDB_env *env = env_at(name, flags);
  MDB_txn *txn = begin(env, 0);
  OK(put(txn, 1, "a", "1"));
  OK(mdb_txn_commit(txn));
  txn = begin(env, MDB_RDONLY);
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    if (!(flags & MDB_NOTLS))
      mdb_txn_abort(txn);
    MDB_txn *own = begin(env, MDB_RDONLY);
    OK(has(own, 1, "a", "1"));
    mdb_txn_abort(own);
    own = begin(env, 0);
    OK(put(own, 1, "b", "child"));
    OK(mdb_txn_commit(own));
    mdb_env_close(env);
    fflush(stdout);
    _exit(failures != 0);
  }
  int status = 1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  IS(has(txn, 1, "b", "child"), MDB_NOTFOUND);
  mdb_txn_abort(txn);
  txn = begin(env, 0);
  OK(has(txn, 1, "b", "child"));
  OK(put(txn, 1, "c", "parent"));
  OK(mdb_txn_commit(txn));
  mdb_env_close(env);
}

/* One database, two handles of one process. */
static void twice(unsigned flags) {
  MDB_env *one = env_at("twice", flags), *two = env_at("twice", flags);
  for (int i = 0; i < 20; ++i) {
    MDB_txn *txn = begin(i % 2 ? one : two, 0);
    char value[8];
    snprintf(value, sizeof(value), "%d", i);
    OK(put(txn, 1, "k", value));
    OK(mdb_txn_commit(txn));
    txn = begin(i % 2 ? two : one, MDB_RDONLY);
    OK(has(txn, 1, "k", value));
    mdb_txn_abort(txn);
  }
  mdb_env_close(one);
  MDB_txn *txn = begin(two, 0);
  OK(put(txn, 1, "k", "last"));
  OK(mdb_txn_commit(txn));
  mdb_env_close(two);
}

/* Closing waits for no writer, not even if commits are not flushed yet; here it would wait for itself. */
static void close_beside_writer(void) {
  MDB_env *writer = env_at("beside", MDB_NOSYNC), *other = env_at("beside", MDB_NOSYNC);
  MDB_txn *txn = begin(other, 0);
  OK(put(txn, 1, "a", "1"));
  OK(mdb_txn_commit(txn));
  txn = begin(writer, 0);
  OK(put(txn, 1, "b", "2"));
  alarm(60);
  mdb_env_close(other);
  alarm(0);
  OK(mdb_txn_commit(txn));
  mdb_env_close(writer);
  writer = env_at("beside", MDB_RDONLY);
  txn = begin(writer, MDB_RDONLY);
  OK(has(txn, 1, "a", "1"));
  OK(has(txn, 1, "b", "2"));
  mdb_txn_abort(txn);
  mdb_env_close(writer);
}

static int backwards(const MDB_val *a, const MDB_val *b) {
  return -memcmp(a->mv_data, b->mv_data, a->mv_size < b->mv_size ? a->mv_size : b->mv_size);
}

static void orders(void) {
  MDB_env *env = env_at("orders", 0);
  MDB_txn *txn = begin(env, 0);
  MDB_dbi plain, own;
  OK(mdb_dbi_open(txn, "plain", MDB_CREATE, &plain));
  OK(mdb_dbi_open(txn, "own", MDB_CREATE, &own));
  OK(mdb_set_compare(txn, own, backwards));
  OK(put(txn, plain, "a", "1"));
  OK(put(txn, own, "a", "1"));
  OK(put(txn, own, "b", "2"));
  IS(mdb_set_compare(txn, plain, backwards), MDB_INCOMPATIBLE);
  OK(mdb_txn_commit(txn));
  mdb_env_close(env);
  env = env_at("orders", 0);
  txn = begin(env, MDB_RDONLY);
  OK(mdb_dbi_open(txn, "own", 0, &own));
  IS(has(txn, own, "a", "1"), MDB_INCOMPATIBLE);
  OK(mdb_set_compare(txn, own, backwards));
  OK(has(txn, own, "a", "1"));
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

static void transactions(void) {
  MDB_env *env = env_at("txns", 0);
  MDB_txn *txn = begin(env, 0), *second;
  IS(mdb_txn_begin(env, NULL, 0, &second), EDEADLK);
  OK(put(txn, 1, "a", "1"));
  OK(mdb_env_copy(env, "copy-while-writing"));
  OK(mdb_txn_commit(txn));
  txn = begin(env, MDB_RDONLY);
  OK(mdb_env_copy(env, "copy-while-reading"));
  MDB_cursor *cursor;
  OK(mdb_cursor_open(txn, 1, &cursor));
  mdb_env_close(env); /* before its transaction and cursor */
  mdb_cursor_close(cursor);
  mdb_txn_abort(txn);
}

/* A writer without locks leaves commits that were not flushed; so does one that is killed. A reader takes what is there. */
static void left_unflushed(const char *name, unsigned flags, int killed) {
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    MDB_env *env = env_at(name, MDB_NOSYNC | flags);
    for (int i = 0; i < 3; ++i) {
      MDB_txn *txn = begin(env, 0);
      OK(put(txn, 1, "k", i < 2 ? "old" : "new"));
      OK(mdb_txn_commit(txn));
    }
    if (!killed)
      mdb_env_close(env);
    fflush(stdout);
    _exit(failures != 0);
  }
  int status = 1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  MDB_env *env = env_at(name, MDB_RDONLY);
  MDB_txn *txn = begin(env, MDB_RDONLY);
  OK(has(txn, 1, "k", "new"));
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

/* Sizes that fit no rule of integer tables, and flags that mean nothing alone. */
static void refused(void) {
  MDB_env *env = env_at("refused", 0);
  MDB_txn *txn = begin(env, 0);
  MDB_dbi dbi;
  unsigned flags;
  OK(mdb_dbi_open(txn, "int", MDB_CREATE | MDB_INTEGERKEY, &dbi));
  IS(put(txn, dbi, "abc", "v"), MDB_BAD_VALSIZE);
  OK(put(txn, dbi, "abcd", "v"));
  IS(put(txn, dbi, "abcdefgh", "v"), MDB_BAD_VALSIZE);
  OK(mdb_dbi_open(txn, "fixed", MDB_CREATE | MDB_DUPSORT | MDB_DUPFIXED, &dbi));
  OK(put(txn, dbi, "k", "1234"));
  IS(put(txn, dbi, "k", "123"), MDB_BAD_VALSIZE);
  MDB_val k = {1, "k"}, d = {4, NULL};
  IS(mdb_put(txn, dbi, &k, &d, MDB_RESERVE), MDB_INCOMPATIBLE);
  OK(mdb_dbi_open(txn, "odd", MDB_CREATE | MDB_DUPFIXED | MDB_INTEGERDUP, &dbi));
  OK(mdb_dbi_flags(txn, dbi, &flags));
  CHECK(flags == (MDB_DUPFIXED | MDB_INTEGERDUP));
  OK(mdb_dbi_open(txn, "dup", MDB_CREATE | MDB_DUPSORT, &dbi));
  OK(put(txn, dbi, "k", ""));
  OK(put(txn, dbi, "k", "x"));
  OK(has(txn, dbi, "k", ""));
  OK(mdb_txn_commit(txn));
  mdb_env_close(env);
}

/* Many threads read and write through one environment; each counter is written by one of them. */
enum { THREADS = 6, ROUNDS = 150 };

struct worker {
  MDB_env *env;
  int number, wrong;
};

static int count_of(MDB_txn *txn, int number) {
  char key[8];
  snprintf(key, sizeof(key), "t%d", number);
  MDB_val k = {strlen(key), key}, d;
  int count = 0;
  if (mdb_get(txn, 1, &k, &d) == 0 && d.mv_size == sizeof(count))
    memcpy(&count, d.mv_data, sizeof(count));
  return count;
}

static int ignore_line(const char *line, void *ctx) {
  (void)line, (void)ctx;
  return 0;
}

static void *work(void *arg) {
  struct worker *worker = arg;
  for (int i = 1; i <= ROUNDS; ++i) {
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_val k, d;
    char key[8];
    snprintf(key, sizeof(key), "t%d", worker->number);
    worker->wrong += mdb_txn_begin(worker->env, NULL, 0, &txn) != 0;
    worker->wrong += count_of(txn, worker->number) != i - 1;
    k = (MDB_val){strlen(key), key};
    d = (MDB_val){sizeof(i), &i};
    worker->wrong += mdb_put(txn, 1, &k, &d, 0) != 0;
    worker->wrong += mdb_txn_commit(txn) != 0;
    worker->wrong += mdb_txn_begin(worker->env, NULL, MDB_RDONLY, &txn) != 0;
    worker->wrong += count_of(txn, worker->number) != i;
    const int other = count_of(txn, (worker->number + 1) % THREADS);
    worker->wrong += mdb_cursor_open(txn, 1, &cursor) != 0;
    worker->wrong += mdb_cursor_get(cursor, &k, &d, MDB_FIRST) != 0;
    mdb_cursor_close(cursor);
    worker->wrong += count_of(txn, (worker->number + 1) % THREADS) != other;
    mdb_txn_abort(txn);
    if (i % 50 == 0)
      worker->wrong += mdb_reader_list(worker->env, ignore_line, NULL) != 0;
  }
  return NULL;
}

static void threads(const char *name, unsigned flags) {
  MDB_env *env = env_at(name, MDB_NOSYNC | flags);
  pthread_t running[THREADS];
  struct worker workers[THREADS];
  for (int i = 0; i < THREADS; ++i) {
    workers[i] = (struct worker){env, i, 0};
    OK(pthread_create(&running[i], NULL, work, &workers[i]));
  }
  for (int i = 0; i < THREADS; ++i) {
    OK(pthread_join(running[i], NULL));
    CHECK(workers[i].wrong == 0);
  }
  OK(mdb_env_sync(env, 1)); /* without locks a close does not */
  mdb_env_close(env);
}

static void store(MDB_env *env, const char *key, const char *value) {
  MDB_txn *txn = begin(env, 0);
  MDB_dbi dbi;
  OK(mdb_dbi_open(txn, "table", MDB_CREATE, &dbi));
  OK(put(txn, dbi, key, value));
  OK(mdb_txn_commit(txn));
}

static int stored(MDB_env *env, const char *key, const char *value) {
  MDB_txn *txn = begin(env, MDB_RDONLY);
  MDB_dbi dbi;
  OK(mdb_dbi_open(txn, "table", 0, &dbi));
  const int rc = has(txn, dbi, key, value);
  mdb_txn_abort(txn);
  return rc;
}

static void increments(void) {
  MDB_envinfo info;
  MDB_env *env = env_at("incr", 0);
  store(env, "one", "1");
  OK(mdb_env_copy(env, "incr-copy"));
  OK(mdb_env_info(env, &info));
  const size_t base = info.me_last_txnid;
  store(env, "two", "2");
  store(env, "one", "11");
  OK(mdb_env_incr_dump(env, "incr-stream", base));
  IS(mdb_env_incr_dump(env, "incr-stream", base), EEXIST);
  IS(mdb_env_incr_dump(env, "incr-never", base + 100), EINVAL);
  MDB_env *copy = env_at("incr-copy", 0);
  OK(stored(copy, "one", "1"));
  FILE *stream = fopen("incr-stream", "r");
  MDB_txn *txn = begin(copy, MDB_RDONLY);
  IS(mdb_env_incr_loadfd(copy, fileno(stream)), EBUSY);
  mdb_txn_abort(txn);
  OK(mdb_env_incr_loadfd(copy, fileno(stream)));
  OK(stored(copy, "one", "11"));
  OK(stored(copy, "two", "2"));
  OK(mdb_env_info(copy, &info));
  CHECK(info.me_last_txnid == base + 2);
  rewind(stream);
  OK(mdb_env_incr_loadfd(copy, fileno(stream)));
  store(copy, "three", "3");
  rewind(stream);
  IS(mdb_env_incr_loadfd(copy, fileno(stream)), MDB_INCOMPATIBLE);
  OK(stored(copy, "three", "3"));
  fclose(stream);
  CHECK(access("incr-copy-increment", F_OK) != 0);
  IS(mdb_env_incr_loadfd(copy, -1), EBADF);
  mdb_env_close(copy);
  mdb_env_close(env);
}

/* The handle of a cursor that ended is never another cursor's. */
static void ended_cursors(void) {
  MDB_env *env = env_at("ended", MDB_NOSYNC);
  MDB_cursor *ended[100], *live;
  MDB_val k = {1, "k"}, d = {1, "v"};
  size_t count;
  for (int i = 0; i < 100; ++i) {
    MDB_txn *txn = begin(env, 0);
    OK(mdb_cursor_open(txn, 1, &ended[i]));
    OK(mdb_cursor_put(ended[i], &k, &d, 0));
    OK(mdb_txn_commit(txn));
  }
  MDB_txn *txn = begin(env, 0);
  OK(mdb_cursor_open(txn, 1, &live));
  OK(mdb_cursor_get(live, &k, &d, MDB_FIRST));
  for (int i = 0; i < 100; ++i) {
    IS(mdb_cursor_get(ended[i], &k, &d, MDB_FIRST), EINVAL);
    IS(mdb_cursor_put(ended[i], &k, &d, 0), EINVAL);
    IS(mdb_cursor_del(ended[i], 0), EINVAL);
    IS(mdb_cursor_count(ended[i], &count), EINVAL);
    IS(mdb_cursor_is_db(ended[i]), 0);
    CHECK(!mdb_cursor_txn(ended[i]) && mdb_cursor_dbi(ended[i]) == 0);
    mdb_cursor_close(ended[i]);
    mdb_cursor_close(ended[i]);
  }
  CHECK(mdb_cursor_txn(live) == txn);
  OK(mdb_cursor_get(live, &k, &d, MDB_GET_CURRENT));
  mdb_txn_abort(txn);
  mdb_env_close(env);
  mdb_cursor_close(live);
}

/* The size of the map says nothing about the size of the file. */
static void small_file(void) {
  struct stat st;
  MDB_env *env = env_new();
  OK(mdb_env_set_mapsize(env, (size_t)5 << 30));
  OK(mdb_env_open(env, "small", MDB_NOSUBDIR | MDB_NOSYNC, 0644));
  MDB_txn *txn = begin(env, 0);
  OK(put(txn, 1, "k", "v"));
  OK(mdb_txn_commit(txn));
  CHECK(stat("small", &st) == 0 && st.st_size <= 128 << 10);
  for (int i = 0; i < 40000; ++i) {
    char key[16], value[100];
    snprintf(key, sizeof(key), "%06d", i);
    memset(value, 'v', sizeof(value));
    value[99] = 0;
    if (i % 1000 == 0)
      txn = begin(env, 0);
    OK(put(txn, 1, key, value));
    if (i % 1000 == 999)
      OK(mdb_txn_commit(txn));
  }
  MDB_envinfo info;
  OK(mdb_env_info(env, &info));
  CHECK(stat("small", &st) == 0 && (uint64_t)st.st_size < (info.me_last_pgno + 1) * 4096 * 5 / 4);
  CHECK(st.st_size > 4 << 20);
  mdb_env_close(env);
}

int main(void) {
  increments();
  threads("threads", 0);
  threads("threads2", MDB_NOTLS);
  threads("threads3", MDB_NOLOCK | MDB_WRITEMAP);
  page_sizes();
  tables_as_records();
  ended_cursors();
  small_file();
  forked("forked", 0);
  forked("forked2", MDB_NOTLS);
  twice(0);
  twice(MDB_NOLOCK);
  close_beside_writer();
  left_unflushed("left1", MDB_NOLOCK, 0);
  left_unflushed("left2", MDB_NOLOCK, 1);
  left_unflushed("left3", 0, 1);
  left_unflushed("left4", MDB_WRITEMAP, 1);
  orders();
  transactions();
  refused();
  printf("%d failures\n", failures);
  return failures != 0;
}
