/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/lmdb/compare.h: what the parts of the comparison share. Each part prints what the functions of <lmdb.h> say;
 * compare.sh runs the program with the system's LMDB and with ours and wants the same lines.
 *
 * What LMDB leaves undefined, or does by accident of its page layout, is not asked.
 */
#ifndef MDBX_TESTS_COMPARE_H
#define MDBX_TESTS_COMPARE_H

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void part_env(void);
void part_txn(void);
void part_dbi(void);
void part_data(void);
void part_cursor(void);
void part_dup(void);
void part_nested(void);
void part_full(void);
void part_copy(void);
void part_readers(void);
void part_orders(void);
void part_random(void);
void part_rare(void);

/* The name of a code, of those programs can meet. */
const char *code(int rc);
/* Prints what was called and its result. */
#define SAY(call) printf("%s: %s = %s\n", __func__, #call, code(call))
#define NOTE(...) (printf("%s: ", __func__), printf(__VA_ARGS__), printf("\n"))

/* For what must work before something can be compared. */
#define MUST(call) must((call), #call, __func__, __LINE__)
void must(int rc, const char *what, const char *where, int line);

/* A new empty directory with that name. */
const char *fresh(const char *name);
/* An environment in a fresh directory, with 8 tables and a map of 16 MiB. */
MDB_env *open_fresh(const char *name, unsigned flags);
MDB_txn *begin(MDB_env *env, unsigned flags);
MDB_dbi table(MDB_txn *txn, const char *name, unsigned flags);

MDB_val text(const char *string);
int put(MDB_txn *txn, MDB_dbi dbi, const char *key, const char *value, unsigned flags);
int del(MDB_txn *txn, MDB_dbi dbi, const char *key, const char *value);
/* "key=value" or the code, in a static buffer. */
const char *get(MDB_txn *txn, MDB_dbi dbi, const char *key);
/* The same of a cursor move; key and value are what is searched for. */
const char *move(MDB_cursor *cursor, MDB_cursor_op op, const char *key, const char *value);
/* All records of a table. */
void show(MDB_txn *txn, MDB_dbi dbi, const char *title);
/* One record in a transaction of its own. */
void store(MDB_env *env, const char *key, const char *value);
/* Entries only: the shape of trees differs. */
void show_stat(MDB_txn *txn, MDB_dbi dbi, const char *title);

#endif
