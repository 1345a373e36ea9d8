/* SPDX-License-Identifier: Apache-2.0 */
/* What few programs do, and some count on: the forbidden that is survived, the end of tables, forks. */
#include "compare.h"

#include "../unit/sanitized.h"

/* lmdb.h forbids it, and what LMDB does then is luck, which a sanitizer takes away; extras.c has the rest. A binding for Common
 * Lisp counts on it. */
#if ADDRESS_SANITIZED
static void close_ended_cursors(void) {}
#else
static void close_ended_cursors(void) {
  MDB_env *env = open_fresh("ended", MDB_NOSYNC);
  MDB_cursor *cursor;
  for (unsigned i = 0; i < 300; ++i) {
    MDB_txn *txn = begin(env, 0);
    MUST(mdb_cursor_open(txn, 1, &cursor));
    MDB_val k = {sizeof(i), &i}, d = text("1");
    MUST(mdb_cursor_put(cursor, &k, &d, 0));
    if (i & 1)
      MUST(mdb_txn_commit(txn));
    else
      mdb_txn_abort(txn);
    mdb_cursor_close(cursor);
  }
  MDB_txn *txn = begin(env, MDB_RDONLY);
  show_stat(txn, 1, "left");
  mdb_txn_abort(txn);
  mdb_env_close(env);
}
#endif

static void many_tables_allowed(void) {
  static const unsigned numbers[] = {1000, 32763, 32764, 32765, 32766, 65536, 1000000};
  for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); ++i) {
    MDB_env *env;
    MUST(mdb_env_create(&env));
    NOTE("%u tables", numbers[i]);
    SAY(mdb_env_set_maxdbs(env, numbers[i]));
    SAY(mdb_env_open(env, fresh("allowed"), 0, 0644));
    MDB_txn *txn = begin(env, 0);
    for (char name[] = "t00"; name[1] < '9'; ++name[1])
      for (name[2] = '0'; name[2] <= '9'; ++name[2])
        MUST(put(txn, table(txn, name, MDB_CREATE), "name", name, 0));
    NOTE("last %s", get(txn, table(txn, "t89", 0), "name"));
    MUST(mdb_txn_commit(txn));
    mdb_env_close(env);
  }
}

/* -------------------------------------------------------------------------------------------------- handles of others */

static void try_handle(MDB_txn *txn, MDB_dbi dbi, const char *when) {
  MDB_cursor *cursor;
  MDB_stat stat;
  unsigned flags;
  NOTE("%s: get %s, stat %s, flags %s", when, get(txn, dbi, "k"), code(mdb_stat(txn, dbi, &stat)),
       code(mdb_dbi_flags(txn, dbi, &flags)));
  const int rc = mdb_cursor_open(txn, dbi, &cursor);
  NOTE("cursor %s", code(rc));
  if (rc == 0)
    mdb_cursor_close(cursor);
}

static void handles_of_others(void) {
  MDB_env *env = open_fresh("others", MDB_NOTLS);
  MDB_txn *writer = begin(env, 0), *reader, *child;
  const char *const names[] = {"a", "b", "c"};
  for (int i = 0; i < 3; ++i)
    MUST(put(writer, table(writer, names[i], MDB_CREATE), "k", names[i], 0));
  MUST(mdb_txn_commit(writer));
  mdb_env_close(env);
  MUST(mdb_env_create(&env));
  MUST(mdb_env_set_maxdbs(env, 8));
  MUST(mdb_env_open(env, "others", MDB_NOTLS, 0644));
  MDB_txn *first = begin(env, MDB_RDONLY), *second = begin(env, MDB_RDONLY);
  MDB_dbi dbi = table(first, "a", 0);
  try_handle(first, dbi, "who opened it");
  try_handle(second, dbi, "another one");
  MUST(mdb_txn_commit(first));
  try_handle(second, dbi, "an older one, after the commit");
  mdb_txn_reset(second);
  MUST(mdb_txn_renew(second));
  try_handle(second, dbi, "renewed");
  mdb_txn_abort(second);
  writer = begin(env, 0);
  dbi = table(writer, "b", 0);
  reader = begin(env, MDB_RDONLY);
  try_handle(reader, dbi, "beside the writer that opened it");
  MUST(mdb_txn_begin(env, writer, 0, &child));
  try_handle(child, dbi, "in a child");
  dbi = table(child, "c", 0);
  try_handle(child, dbi, "of a child");
  MUST(mdb_txn_commit(child));
  try_handle(writer, dbi, "its parent");
  try_handle(reader, dbi, "beside its parent");
  mdb_txn_abort(writer);
  mdb_txn_abort(reader);
  reader = begin(env, MDB_RDONLY);
  try_handle(reader, dbi, "after the abort");
  mdb_txn_abort(reader);
  mdb_env_close(env);
}

/* ------------------------------------------------------------------------------------------------------ tables' flags */

static void odd_flags(void) {
  static const unsigned flags[] = {MDB_DUPFIXED,
                                   MDB_INTEGERDUP,
                                   MDB_REVERSEDUP,
                                   MDB_DUPFIXED | MDB_INTEGERDUP,
                                   MDB_DUPSORT | MDB_INTEGERDUP,
                                   MDB_DUPSORT | MDB_DUPFIXED | MDB_REVERSEDUP,
                                   MDB_DUPSORT | MDB_INTEGERDUP | MDB_REVERSEDUP};
  for (unsigned i = 0; i < sizeof(flags) / sizeof(*flags); ++i) {
    MDB_env *env = open_fresh("odd", 0);
    MDB_txn *txn = begin(env, 0);
    unsigned present = 0;
    MDB_dbi dbi = table(txn, "t", MDB_CREATE | flags[i]);
    MUST(mdb_dbi_flags(txn, dbi, &present));
    NOTE("asked %x, got %x", flags[i], present);
    MUST(mdb_drop(txn, dbi, 0));
    MUST(mdb_dbi_flags(txn, dbi, &present));
    NOTE("emptied %x", present);
    MUST(mdb_txn_commit(txn));
    mdb_env_close(env);
    MUST(mdb_env_create(&env));
    MUST(mdb_env_set_maxdbs(env, 8));
    MUST(mdb_env_open(env, "odd", 0, 0644));
    txn = begin(env, MDB_RDONLY);
    MUST(mdb_dbi_flags(txn, table(txn, "t", 0), &present));
    NOTE("opened again %x", present);
    mdb_txn_abort(txn);
    txn = begin(env, 0);
    table(txn, NULL, flags[i] & ~(unsigned)MDB_DUPSORT);
    MUST(mdb_dbi_flags(txn, 1, &present));
    NOTE("main table %x", present);
    mdb_txn_abort(txn);
    mdb_env_close(env);
  }
}

/* ------------------------------------------------------------------------------------------------- values of a length */

static const char *find(MDB_cursor *cursor, MDB_cursor_op op, MDB_val value) {
  static char line[64];
  MDB_val k = text("k");
  const int rc = mdb_cursor_get(cursor, &k, &value, op);
  if (rc != 0)
    return code(rc);
  snprintf(line, sizeof(line), "%.*s", (int)value.mv_size, (char *)value.mv_data);
  return line;
}

static void other_lengths(void) {
  static const char *const sought[] = {"",     "b",     "bb", "bbb", "bbbb", "bbbbb", "aaaaz",
                                       "cccc", "ccccc", "c",  "zz",  "cb",   "xbbbb", "bb1b"};
  MDB_env *env = open_fresh("lengths", 0);
  MDB_cursor *cursor;
  for (unsigned reverse = 0; reverse < 2; ++reverse) {
    MDB_txn *txn = begin(env, 0);
    const unsigned flags = MDB_CREATE | MDB_DUPSORT | MDB_DUPFIXED | (reverse ? MDB_REVERSEDUP : 0);
    const MDB_dbi dbi = table(txn, reverse ? "reverse" : "forward", flags);
    MUST(put(txn, dbi, "k", "aaaa", 0));
    MUST(put(txn, dbi, "k", "bbbb", 0));
    MUST(put(txn, dbi, "k", "cccc", 0));
    MUST(put(txn, dbi, "one", "bbbb", 0));
    MUST(mdb_cursor_open(txn, dbi, &cursor));
    for (unsigned i = 1; i < sizeof(sought) / sizeof(*sought); ++i) {
      NOTE("%u %s: both %s", reverse, sought[i], find(cursor, MDB_GET_BOTH, text(sought[i])));
      NOTE("range %s, next %s", find(cursor, MDB_GET_BOTH_RANGE, text(sought[i])), move(cursor, MDB_NEXT, NULL, NULL));
      NOTE("one: both %s", move(cursor, MDB_GET_BOTH, "one", sought[i]));
      NOTE("one: range %s", move(cursor, MDB_GET_BOTH_RANGE, "one", sought[i]));
      if (strlen(sought[i]) != 4)
        NOTE("del %s", code(del(txn, dbi, "k", sought[i])));
    }
    NOTE("no key: %s", move(cursor, MDB_GET_BOTH, "none", "b"));
    show(txn, dbi, "left");
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
  }
  mdb_env_close(env);
}

/* ---------------------------------------------------------------------------------------------- which buffers are set */

static void written_buffers(void) {
  static const struct {
    int op;
    const char *key, *value;
  } steps[] = {{MDB_FIRST_DUP, NULL, NULL},    {MDB_LAST_DUP, NULL, NULL},          {MDB_GET_MULTIPLE, NULL, NULL},
               {MDB_GET_CURRENT, NULL, NULL},  {MDB_NEXT_DUP, NULL, NULL},          {MDB_PREV_DUP, NULL, NULL},
               {MDB_SET, "key1", NULL},        {MDB_SET_KEY, "key1", NULL},         {MDB_SET_RANGE, "key1", NULL},
               {MDB_GET_BOTH, "key1", "val2"}, {MDB_GET_BOTH_RANGE, "key1", "val"}, {MDB_NEXT_MULTIPLE, NULL, NULL},
               {MDB_PREV_MULTIPLE, NULL, NULL}};
  MDB_env *env = open_fresh("buffers", 0);
  MDB_cursor *cursor;
  for (unsigned values = 1; values <= 3; values += 2) {
    MDB_txn *txn = begin(env, 0);
    const MDB_dbi dbi = table(txn, "t", MDB_CREATE | MDB_DUPSORT | MDB_DUPFIXED);
    for (char key[] = "key1"; key[3] <= '2'; ++key[3])
      for (char value[] = "val1"; value[3] < (char)('1' + values); ++value[3])
        MUST(put(txn, dbi, key, value, 0));
    MUST(mdb_cursor_open(txn, dbi, &cursor));
    for (unsigned i = 0; i < sizeof(steps) / sizeof(*steps); ++i) {
      MDB_val k, d;
      MUST(mdb_cursor_get(cursor, &k, &d, MDB_FIRST));
      if (steps[i].op == MDB_PREV_DUP)
        MUST(mdb_cursor_get(cursor, &k, &d, MDB_LAST_DUP));
      if (values == 1 && steps[i].op == MDB_GET_MULTIPLE)
        continue; /* LMDB says it worked and sets nothing */
      k = text(steps[i].key);
      d = text(steps[i].value);
      const int rc = mdb_cursor_get(cursor, &k, &d, (MDB_cursor_op)steps[i].op);
      NOTE("%u values, move %d: %s, key %s, value %s", values, steps[i].op, code(rc),
           k.mv_data == steps[i].key ? "as it was" : "set", d.mv_data == steps[i].value ? "as it was" : "set");
    }
    mdb_txn_abort(txn);
  }
  mdb_env_close(env);
}

/* -------------------------------------------------------------------------------------------- deleting on the way */

static void probe(MDB_cursor *cursor, const char *when) {
  size_t count = 0;
  NOTE("%s: %s, count %s", when, move(cursor, MDB_GET_CURRENT, NULL, NULL), code(mdb_cursor_count(cursor, &count)));
  NOTE("del %s", code(mdb_cursor_del(cursor, 0)));
}

/* The table's last record goes, or the last of several. */
static void delete_the_last(void) {
  MDB_env *env = open_fresh("last", 0);
  MDB_cursor *cursor, *other;
  for (unsigned way = 0; way < 6; ++way) {
    MDB_txn *txn = begin(env, 0);
    const MDB_dbi dbi = table(txn, way & 1 ? "dup" : "plain", MDB_CREATE | (way & 1 ? MDB_DUPSORT : 0));
    MUST(put(txn, dbi, "b", "1", 0));
    if (way & 1)
      MUST(put(txn, dbi, "b", "2", 0));
    if (way >= 4)
      MUST(put(txn, dbi, "a", "1", 0));
    MUST(mdb_cursor_open(txn, dbi, &cursor));
    MUST(mdb_cursor_open(txn, dbi, &other));
    NOTE("%s %s", move(cursor, MDB_SET, "b", NULL), move(other, MDB_SET, "b", NULL));
    if (way == 2 || way == 3)
      NOTE("del %s", code(del(txn, dbi, "b", NULL)));
    else
      NOTE("del %s", code(mdb_cursor_del(cursor, MDB_NODUPDATA)));
    if (way < 4) {
      probe(cursor, "cursor");
      probe(other, "other");
      MUST(put(txn, dbi, "c", "3", 0));
      probe(cursor, "filled again");
    } else if (way & 1) {
      probe(cursor, "behind the last");
    }
    mdb_txn_abort(txn);
  }
  mdb_env_close(env);
}

/* Each choice of five values is deleted on a walk over them. */
static void delete_on_a_walk(void) {
  MDB_env *env = open_fresh("walk", MDB_NOSYNC);
  static const MDB_cursor_op ways[] = {MDB_NEXT_DUP, MDB_NEXT};
  for (unsigned kind = 0; kind < 3; ++kind)
    for (unsigned choice = 0; choice < 64; ++choice) {
      MDB_txn *txn = begin(env, 0);
      MDB_cursor *cursor;
      MDB_val k, d;
      const MDB_cursor_op way = ways[choice >> 5];
      const MDB_dbi dbi = table(txn, "t", MDB_CREATE | (kind ? MDB_DUPSORT : 0) | (kind == 2 ? MDB_DUPFIXED : 0));
      for (char value[] = "1"; *value <= '5'; ++*value)
        MUST(put(txn, dbi, kind ? "k" : value, value, 0));
      MUST(put(txn, dbi, "z", "9", 0));
      MUST(mdb_cursor_open(txn, dbi, &cursor));
      printf("%s: kind %u, choice %x:", __func__, kind, choice);
      int rc = mdb_cursor_get(cursor, &k, &d, MDB_FIRST);
      for (; rc == 0; rc = mdb_cursor_get(cursor, &k, &d, way)) {
        const char value = *(char *)d.mv_data;
        printf(" %c", value);
        if (value <= '5' && (choice >> (value - '1')) & 1)
          MUST(mdb_cursor_del(cursor, 0));
      }
      printf(" %s\n", code(rc));
      show(txn, dbi, "left");
      mdb_txn_abort(txn);
    }
  mdb_env_close(env);
}

/* --------------------------------------------------------------------------------------------------------- readers */

static void readers_counted(void) {
  MDB_env *env;
  MDB_envinfo info;
  MDB_stat stat;
  int dead;
  MUST(mdb_env_create(&env));
  MUST(mdb_env_open(env, fresh("counted"), 0, 0644));
#define COUNTED(call) \
  do { \
    SAY(call); \
    MUST(mdb_env_info(env, &info)); \
    NOTE("readers %u", info.me_numreaders); \
  } while (0)
  COUNTED(mdb_env_stat(env, &stat));
  COUNTED(mdb_env_sync(env, 1));
  COUNTED(mdb_reader_check(env, &dead));
  fresh("counted-copy");
  COUNTED(mdb_env_copy(env, "counted-copy"));
  COUNTED(mdb_env_stat(env, &stat));
  mdb_txn_abort(begin(env, MDB_RDONLY));
  COUNTED(mdb_env_stat(env, &stat));
  mdb_env_close(env);
}

/* ------------------------------------------------------------------------------------------------- sizes at the limit */

static void sizes_with_current(void) {
  static char bytes[600];
  static const size_t sizes[] = {0, 1, 511, 512, 600};
  MDB_env *env = open_fresh("sizes_current", 0);
  MDB_val stored;
  for (unsigned multi = 0; multi < 2; ++multi)
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); ++i)
      for (unsigned of_key = 0; of_key < 2; ++of_key) {
        MDB_txn *txn = begin(env, 0);
        MDB_cursor *cursor, *unset;
        const MDB_dbi dbi = table(txn, "t", MDB_CREATE | (multi ? MDB_DUPSORT : 0));
        MUST(put(txn, dbi, "k", "v", 0));
        MUST(mdb_cursor_open(txn, dbi, &unset));
        MUST(mdb_cursor_open(txn, dbi, &cursor));
        MDB_val k = text("k"), d = text("v");
        MUST(mdb_cursor_get(cursor, &k, &d, MDB_SET));
        memset(bytes, 'v', sizeof(bytes));
        d = text("w");
        MDB_val *which = of_key ? &k : &d;
        *which = (MDB_val){sizes[i], bytes};
        if (of_key || sizes[i])
          NOTE("multi %u, key %u, %zu bytes: %s", multi, of_key, sizes[i],
               code(mdb_cursor_put(cursor, &k, &d, MDB_CURRENT)));
        NOTE("not at a record: %s", code(mdb_cursor_put(unset, &k, &d, MDB_CURRENT)));
        k = text("k");
        MUST(mdb_get(txn, dbi, &k, &stored));
        NOTE("stored %zu bytes", stored.mv_size);
        mdb_txn_abort(txn);
      }
  mdb_env_close(env);
}

/* ------------------------------------------------------------------------------------------------------------- forks */

struct inherited {
  MDB_env *env;
  MDB_txn *txn;
  const char *where; /* the child goes there first */
};

static void live_in_child(const struct inherited *in) {
  MDB_stat stat;
  MDB_envinfo info;
  if (in->where && chdir(in->where) != 0)
    exit(3);
  if (in->txn)
    NOTE("reads on %s", get(in->txn, 1, "k"));
  MDB_txn *txn;
  SAY(mdb_env_stat(in->env, &stat));
  SAY(mdb_env_info(in->env, &info));
  int rc = mdb_txn_begin(in->env, NULL, MDB_RDONLY, &txn);
  NOTE("reader %s", code(rc));
  if (rc == 0) {
    NOTE("reads %s", get(txn, 1, "k"));
    mdb_txn_abort(txn);
  }
  if (in->txn)
    NOTE("reads on %s", get(in->txn, 1, "k"));
  rc = mdb_txn_begin(in->env, NULL, 0, &txn);
  NOTE("writer %s", code(rc));
  if (rc != 0)
    return;
  NOTE("put %s", code(put(txn, 1, "child", "1", 0)));
  NOTE("commit %s", code(mdb_txn_commit(txn)));
}

static void in_child(const struct inherited *in) {
  int status;
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    live_in_child(in);
    fflush(stdout);
    _exit(0);
  }
  MUST(child < 0 || waitpid(child, &status, 0) != child);
  NOTE("child ended %d", status);
}

static void go_on_after_fork(void) {
  static const unsigned flags[] = {0, MDB_NOTLS, MDB_WRITEMAP, MDB_NOLOCK, MDB_NOTLS | MDB_NOLOCK};
  char top[512];
  MUST(!getcwd(top, sizeof(top)));
  for (unsigned i = 0; i < sizeof(flags) / sizeof(*flags); ++i)
    for (unsigned way = 0; way < 4; ++way) {
      MDB_env *env = open_fresh("forked", flags[i]);
      store(env, "k", "v");
      struct inherited in = {env, NULL, way & 2 ? "/" : NULL};
      if (way & 1)
        in.txn = begin(env, MDB_RDONLY);
      NOTE("flags %x, way %u", flags[i], way);
      if (!(way & 1) || (flags[i] & MDB_NOTLS))
        in_child(&in);
      if (in.txn) {
        NOTE("parent reads %s", get(in.txn, 1, "k"));
        mdb_txn_abort(in.txn);
      }
      in.txn = NULL;
      MUST(chdir("/")); /* before the fork */
      in_child(&in);
      MUST(chdir(top));
      MDB_txn *txn = begin(env, MDB_RDONLY);
      NOTE("child wrote %s", get(txn, 1, "child"));
      mdb_txn_abort(txn);
      store(env, "parent", "goes on");
      mdb_env_close(env);
    }
}

void part_rare(void) {
  close_ended_cursors();
  many_tables_allowed();
  handles_of_others();
  odd_flags();
  other_lengths();
  written_buffers();
  delete_the_last();
  delete_on_a_walk();
  readers_counted();
  sizes_with_current();
  go_on_after_fork();
}
