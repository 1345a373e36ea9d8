/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions: ids, states, overlap, threads, readers, nesting, a full map. */
#include "compare.h"

static size_t last_id(MDB_env *env) {
  MDB_envinfo info;
  MUST(mdb_env_info(env, &info));
  return info.me_last_txnid;
}

static void ids(void) {
  MDB_env *env = open_fresh("ids", 0);
  NOTE("fresh %zu", last_id(env));
  MDB_txn *txn = begin(env, MDB_RDONLY);
  NOTE("reader %zu", mdb_txn_id(txn));
  mdb_txn_abort(txn);
  txn = begin(env, 0);
  NOTE("writer %zu", mdb_txn_id(txn));
  MUST(mdb_txn_commit(txn));
  NOTE("after an empty commit %zu", last_id(env));
  store(env, "a", "b");
  NOTE("after a commit %zu", last_id(env));
  txn = begin(env, 0);
  put(txn, 1, "c", "d", 0);
  mdb_txn_abort(txn);
  NOTE("after an abort %zu", last_id(env));
  txn = begin(env, 0);
  table(txn, "named", MDB_CREATE);
  MUST(mdb_txn_commit(txn));
  NOTE("after a new table %zu", last_id(env));
  txn = begin(env, 0);
  table(txn, "named", MDB_CREATE);
  MUST(mdb_txn_commit(txn));
  NOTE("after the same again %zu", last_id(env));
  txn = begin(env, MDB_RDONLY);
  NOTE("reader %zu, environment %s", mdb_txn_id(txn), mdb_txn_env(txn) == env ? "same" : "other");
  mdb_txn_abort(txn);
  NOTE("of nothing %zu %s", mdb_txn_id(NULL), mdb_txn_env(NULL) ? "something" : "nothing");
  mdb_txn_abort(NULL);
  SAY(mdb_txn_commit(NULL));
  mdb_env_close(env);
}

static void states(void) {
  MDB_env *env = open_fresh("states", 0);
  store(env, "a", "1");
  MDB_txn *reader = begin(env, MDB_RDONLY), *writer;
  SAY(mdb_txn_renew(reader));
  SAY(mdb_txn_renew(NULL));
  store(env, "a", "2");
  NOTE("old snapshot %s", get(reader, 1, "a"));
  mdb_txn_reset(reader);
  NOTE("reset %s", get(reader, 1, "a"));
  MDB_cursor *cursor;
  SAY(mdb_cursor_open(reader, 1, &cursor) != 0);
  mdb_txn_reset(reader);
  SAY(mdb_txn_renew(reader));
  NOTE("renewed %s", get(reader, 1, "a"));
  SAY(mdb_txn_commit(reader));
  writer = begin(env, 0);
  SAY(mdb_txn_renew(writer));
  mdb_txn_reset(writer);
  SAY(put(writer, 1, "b", "3", 0));
  MUST(mdb_txn_commit(writer));
  reader = begin(env, MDB_RDONLY);
  mdb_txn_reset(reader);
  SAY(mdb_txn_commit(reader));
  mdb_env_close(env);
}

/* A reader and a writer in one thread, in both orders. */
static void overlap(unsigned flags) {
  MDB_env *env = open_fresh("overlap", flags);
  MDB_txn *second = NULL;
  store(env, "a", "1");
  MDB_txn *reader = begin(env, MDB_RDONLY), *writer = begin(env, 0);
  MUST(put(writer, 1, "a", "2", 0));
  NOTE("reader %s, writer %s", get(reader, 1, "a"), get(writer, 1, "a"));
  MUST(mdb_txn_commit(writer));
  NOTE("reader %s", get(reader, 1, "a"));
  SAY(mdb_txn_begin(env, NULL, MDB_RDONLY, &second));
  if (second)
    mdb_txn_abort(second);
  mdb_txn_reset(reader);
  SAY(mdb_txn_begin(env, NULL, MDB_RDONLY, &second));
  if (!(flags & MDB_NOTLS))
    SAY(mdb_txn_renew(reader));
  mdb_txn_abort(second);
  mdb_txn_abort(reader);
  writer = begin(env, 0);
  reader = begin(env, MDB_RDONLY);
  MUST(put(writer, 1, "a", "3", 0));
  NOTE("reader %s, writer %s", get(reader, 1, "a"), get(writer, 1, "a"));
  mdb_txn_abort(reader);
  mdb_txn_abort(writer);
  mdb_env_close(env);
}

struct work {
  MDB_env *env;
  MDB_txn *txn;
  char said[64];
};

static void *read_in_thread(void *arg) {
  struct work *work = arg;
  MDB_txn *txn = begin(work->env, MDB_RDONLY);
  snprintf(work->said, sizeof(work->said), "%s", get(txn, 1, "a"));
  mdb_txn_abort(txn);
  return NULL;
}

static void *use_given(void *arg) {
  struct work *work = arg;
  snprintf(work->said, sizeof(work->said), "%s", get(work->txn, 1, "a"));
  mdb_txn_abort(work->txn);
  return NULL;
}

static void run(void *(*body)(void *), struct work *work) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, body, work) == 0)
    pthread_join(thread, NULL);
}

static unsigned readers_used(MDB_env *env) {
  MDB_envinfo info;
  MUST(mdb_env_info(env, &info));
  return info.me_numreaders;
}

static void threads(void) {
  MDB_env *env = open_fresh("threads", 0);
  struct work work = {env, NULL, ""};
  store(env, "a", "1");
  NOTE("readers %u", readers_used(env));
  MDB_txn *reader = begin(env, MDB_RDONLY);
  run(read_in_thread, &work);
  NOTE("other thread %s", work.said);
  run(read_in_thread, &work);
  NOTE("readers %u", readers_used(env));
  mdb_txn_abort(reader);
  reader = begin(env, MDB_RDONLY);
  NOTE("readers %u", readers_used(env));
  mdb_txn_abort(reader);
  mdb_env_close(env);
  env = open_fresh("threads", MDB_NOTLS);
  store(env, "a", "2");
  work.env = env;
  work.txn = begin(env, MDB_RDONLY);
  run(use_given, &work);
  NOTE("given away %s", work.said);
  mdb_env_close(env);
}

static void write_errors(void) {
  MDB_env *env = open_fresh("errors", 0);
  MDB_txn *reader = begin(env, MDB_RDONLY), *txn;
  MDB_dbi dbi;
  SAY(put(reader, 1, "a", "b", 0));
  SAY(del(reader, 1, "a", NULL));
  SAY(mdb_drop(reader, 1, 0));
  SAY(mdb_dbi_open(reader, "new", MDB_CREATE, &dbi));
  SAY(mdb_txn_begin(env, reader, 0, &txn));
  mdb_txn_abort(reader);
  mdb_env_close(env);
}

/* A child may end what it inherited; the parent goes on. */
static void forked(void) {
  MDB_env *env = open_fresh("forked", 0);
  store(env, "a", "1");
  MDB_txn *reader = begin(env, MDB_RDONLY);
  fflush(stdout);
  if (fork() == 0) {
    mdb_txn_abort(reader);
    mdb_env_close(env);
    _exit(0);
  }
  wait(NULL);
  store(env, "a", "2");
  store(env, "a", "3");
  NOTE("%s", get(reader, 1, "a"));
  mdb_txn_abort(reader);
  mdb_env_close(env);
}

/* An environment closed while a transaction is open. Its handle cannot be used any more, not even to end it. */
static void closed_early(void) {
  static MDB_txn *reader; /* so that a search for leaks finds it */
  MDB_env *env = open_fresh("early", 0);
  MDB_cursor *cursor;
  store(env, "a", "1");
  reader = begin(env, MDB_RDONLY);
  MUST(mdb_cursor_open(reader, 1, &cursor));
  mdb_txn_abort(reader);
  mdb_cursor_close(cursor);
  reader = begin(env, MDB_RDONLY);
  MUST(mdb_cursor_open(reader, 1, &cursor));
  mdb_cursor_close(cursor);
  mdb_env_close(env);
  NOTE("still here");
}

void part_txn(void) {
  ids();
  states();
  overlap(0);
  overlap(MDB_NOTLS);
  threads();
  write_errors();
  forked();
  closed_early();
}

/* ------------------------------------------------------------------------------------------------------------ nesting */

static void merged(void) {
  MDB_env *env = open_fresh("nested", 0);
  MDB_txn *outer = begin(env, 0), *inner, *third;
  MUST(put(outer, 1, "a", "outer", 0));
  SAY(mdb_txn_begin(env, outer, MDB_RDONLY, &inner));
  SAY(mdb_txn_begin(env, outer, 0, &inner));
  NOTE("ids %s", mdb_txn_id(outer) == mdb_txn_id(inner) ? "same" : "other");
  NOTE("blocked parent %s", get(outer, 1, "a"));
  SAY(put(outer, 1, "a", "x", 0));
  SAY(mdb_txn_begin(env, outer, 0, &third));
  MUST(put(inner, 1, "a", "inner", 0));
  MUST(put(inner, 1, "b", "inner", 0));
  SAY(mdb_txn_commit(inner));
  show(outer, 1, "merged");
  MUST(mdb_txn_begin(env, outer, 0, &inner));
  MUST(put(inner, 1, "a", "gone", 0));
  MUST(del(inner, 1, "b", NULL));
  MUST(mdb_txn_begin(env, inner, 0, &third));
  MUST(put(third, 1, "c", "third", 0));
  MUST(mdb_txn_commit(third));
  show(inner, 1, "inner");
  mdb_txn_abort(inner);
  show(outer, 1, "aborted");
  MUST(mdb_txn_begin(env, outer, 0, &inner));
  MUST(put(inner, 1, "d", "inner", 0));
  SAY(mdb_txn_commit(outer));
  outer = begin(env, 0);
  show(outer, 1, "committed with its child");
  MUST(mdb_txn_begin(env, outer, 0, &inner));
  MUST(put(inner, 1, "e", "inner", 0));
  mdb_txn_abort(outer);
  outer = begin(env, MDB_RDONLY);
  show(outer, 1, "aborted with its child");
  mdb_txn_abort(outer);
  mdb_env_close(env);
}

static void nested_tables(void) {
  MDB_env *env = open_fresh("nested", 0);
  MDB_txn *outer = begin(env, 0), *inner;
  MDB_dbi kept, lost, again;
  MUST(mdb_txn_begin(env, outer, 0, &inner));
  kept = table(inner, "kept", MDB_CREATE);
  MUST(put(inner, kept, "a", "b", 0));
  MUST(mdb_txn_commit(inner));
  NOTE("kept %s", get(outer, kept, "a"));
  MUST(mdb_txn_begin(env, outer, 0, &inner));
  lost = table(inner, "lost", MDB_CREATE);
  NOTE("handles %u %u", kept, lost);
  mdb_txn_abort(inner);
  NOTE("lost %s", get(outer, lost, "a"));
  SAY(mdb_dbi_open(outer, "lost", 0, &again));
  MUST(mdb_txn_commit(outer));
  outer = begin(env, MDB_RDONLY);
  NOTE("kept %s", get(outer, kept, "a"));
  mdb_txn_abort(outer);
  mdb_env_close(env);
}

static void nested_cursors(void) {
  MDB_env *env = open_fresh("nested", 0);
  MDB_txn *outer = begin(env, 0), *inner;
  MDB_cursor *cursor, *own;
  for (char key[2] = "a"; *key <= 'h'; ++*key)
    MUST(put(outer, 1, key, "v", 0));
  MUST(mdb_cursor_open(outer, 1, &cursor));
  NOTE("before %s", move(cursor, MDB_SET_KEY, "c", NULL));
  MUST(mdb_txn_begin(env, outer, 0, &inner));
  MUST(mdb_cursor_open(inner, 1, &own));
  NOTE("own %s", move(own, MDB_SET_KEY, "f", NULL));
  SAY(mdb_cursor_del(own, 0));
  NOTE("cursor of the parent %s %s", move(cursor, MDB_GET_CURRENT, NULL, NULL), move(cursor, MDB_NEXT, NULL, NULL));
  mdb_txn_abort(inner);
  NOTE("restored %s %s", move(cursor, MDB_GET_CURRENT, NULL, NULL), move(cursor, MDB_NEXT, NULL, NULL));
  NOTE("belongs to %s", mdb_cursor_txn(cursor) == outer ? "parent" : "other");
  MUST(mdb_txn_begin(env, outer, 0, &inner));
  MUST(del(inner, 1, "e", NULL));
  NOTE("moved %s", move(cursor, MDB_NEXT, NULL, NULL));
  MUST(mdb_txn_commit(inner));
  NOTE("kept %s", move(cursor, MDB_GET_CURRENT, NULL, NULL));
  SAY(mdb_cursor_del(cursor, 0));
  show(outer, 1, "left");
  mdb_txn_abort(outer);
  mdb_env_close(env);
}

static void nested_writemap(void) {
  MDB_env *env = open_fresh("nested", MDB_WRITEMAP);
  MDB_txn *outer = begin(env, 0), *inner;
  SAY(mdb_txn_begin(env, outer, 0, &inner));
  MUST(put(outer, 1, "a", "b", 0));
  SAY(mdb_txn_commit(outer));
  mdb_env_close(env);
}

void part_nested(void) {
  merged();
  nested_tables();
  nested_cursors();
  nested_writemap();
}

/* ----------------------------------------------------------------------------------------------------------- full map */

static MDB_env *open_small(const char *name, size_t size, unsigned flags) {
  MDB_env *env;
  MUST(mdb_env_create(&env));
  MUST(mdb_env_set_mapsize(env, size));
  MUST(mdb_env_set_maxdbs(env, 4));
  MUST(mdb_env_open(env, fresh(name), flags, 0644));
  return env;
}

static int fill(MDB_txn *txn, int *count) {
  char value[100];
  int rc = 0;
  memset(value, 'v', sizeof(value));
  for (*count = 0; rc == 0 && *count < 100000; ++*count) {
    MDB_val k = {sizeof(*count), count}, d = {sizeof(value), value};
    rc = mdb_put(txn, 1, &k, &d, 0);
  }
  return rc;
}

static void fills(size_t size, unsigned flags) {
  MDB_env *env = open_small("full", size, flags);
  MDB_txn *txn = begin(env, 0);
  int count;
  NOTE("%zu: %s", size, code(fill(txn, &count)));
  SAY(put(txn, 1, "x", "y", 0));
  NOTE("get %s", get(txn, 1, "x"));
  SAY(mdb_txn_commit(txn));
  txn = begin(env, 0);
  show_stat(txn, 1, "rolled back");
  SAY(put(txn, 1, "x", "y", 0));
  SAY(mdb_txn_commit(txn));
  SAY(mdb_env_set_mapsize(env, 4 << 20));
  txn = begin(env, 0);
  for (int i = 0; i < 2000; ++i) {
    char value[500];
    MDB_val k = {sizeof(i), &i}, d = {sizeof(value), value};
    memset(value, i, sizeof(value));
    MUST(mdb_put(txn, 1, &k, &d, 0));
  }
  SAY(mdb_txn_commit(txn));
  mdb_env_close(env);
}

/* One record a transaction until it is full; then a record can be deleted. */
static void delete_when_full(size_t pages) {
  MDB_env *env = open_small("full", pages * 4096, 0);
  int rc = 0, stored = 0;
  while (rc == 0 && stored < 10000) {
    MDB_txn *txn = begin(env, 0);
    char value[1000];
    MDB_val k = {sizeof(stored), &stored}, d = {sizeof(value), value};
    memset(value, 'x', sizeof(value));
    rc = mdb_put(txn, 1, &k, &d, 0);
    if (rc != 0) {
      mdb_txn_abort(txn);
      break;
    }
    rc = mdb_txn_commit(txn);
    stored += rc == 0;
  }
  NOTE("%zu pages: %s", pages, code(rc));
  int key = 0;
  MDB_val k = {sizeof(key), &key};
  MDB_txn *txn = begin(env, 0);
  SAY(mdb_del(txn, 1, &k, NULL));
  SAY(mdb_txn_commit(txn));
  mdb_env_close(env);
}

static void tiny(void) {
  MDB_env *env = open_small("full", 10, 0);
  MDB_txn *txn = begin(env, 0);
  char value[3000];
  int rc = 0;
  memset(value, 'x', sizeof(value));
  for (int i = 0; rc == 0 && i < 100; ++i) {
    MDB_val k = {sizeof(i), &i}, d = {sizeof(value), value};
    rc = mdb_put(txn, 1, &k, &d, 0);
  }
  NOTE("%s", code(rc));
  mdb_txn_abort(txn);
  mdb_env_close(env);
}

void part_full(void) {
  fills(64 * 1024, 0);
  fills(1 << 20, 0);
  fills(1 << 20, MDB_WRITEMAP);
  fills(1 << 20, MDB_NOSYNC);
  delete_when_full(9);
  delete_when_full(16);
  delete_when_full(256);
  tiny();
}

/* ------------------------------------------------------------------------------------------------------------ readers */

static int count_lines(const char *line, void *ctx) {
  int *lines = ctx;
  if (*lines == 0 || line[0] == '(')
    printf("list: %s", line);
  *lines += 1;
  return 0;
}

static int stop_at_once(const char *line, void *ctx) {
  (void)line, (void)ctx;
  return -5;
}

static void list(MDB_env *env) {
  int lines = 0;
  SAY(mdb_reader_list(env, count_lines, &lines) < 0);
  NOTE("%d lines", lines);
}

static void dead_reader(void) {
  MDB_env *env = open_fresh("dead", 0);
  int dead = -1;
  store(env, "a", "1");
  fflush(stdout);
  if (fork() == 0) {
    MDB_env *other;
    MUST(mdb_env_create(&other));
    MUST(mdb_env_set_mapsize(other, 16 << 20));
    MUST(mdb_env_open(other, "dead", 0, 0644));
    begin(other, MDB_RDONLY);
    _exit(0);
  }
  wait(NULL);
  list(env);
  SAY(mdb_reader_check(env, &dead));
  NOTE("dead %d", dead);
  SAY(mdb_reader_check(env, &dead));
  NOTE("dead %d", dead);
  list(env);
  SAY(mdb_reader_check(env, NULL));
  mdb_env_close(env);
}

static void few_readers(void) {
  MDB_env *env;
  MDB_txn *txns[4];
  MUST(mdb_env_create(&env));
  MUST(mdb_env_set_maxreaders(env, 2));
  MUST(mdb_env_open(env, fresh("few"), MDB_NOTLS, 0644));
  for (int i = 0; i < 3; ++i)
    SAY(mdb_txn_begin(env, NULL, MDB_RDONLY, &txns[i]));
  mdb_txn_abort(txns[0]);
  SAY(mdb_txn_begin(env, NULL, MDB_RDONLY, &txns[0]));
  mdb_txn_abort(txns[0]);
  mdb_txn_abort(txns[1]);
  mdb_env_close(env);
}

void part_readers(void) {
  MDB_env *env = open_fresh("readers", MDB_NOTLS);
  list(env);
  MDB_txn *a = begin(env, MDB_RDONLY), *b = begin(env, MDB_RDONLY);
  list(env);
  SAY(mdb_reader_list(env, stop_at_once, NULL) < 0);
  mdb_txn_reset(a);
  list(env);
  mdb_txn_abort(a);
  mdb_txn_abort(b);
  list(env);
  mdb_env_close(env);
  env = open_fresh("readers", 0);
  a = begin(env, MDB_RDONLY);
  list(env);
  mdb_txn_abort(a);
  list(env);
  mdb_env_close(env);
  env = open_fresh("readers", MDB_NOLOCK);
  list(env);
  mdb_env_close(env);
  dead_reader();
  few_readers();
}
