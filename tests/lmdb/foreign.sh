#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/foreign.sh: files of LMDB itself are refused and stay as they are, lock file included; LMDB refuses ours;
# records come over with mdb_dump and mdbx_load, and go back.
. "$(dirname "$0")/common.sh"
needs mdb_load mdb_dump
tools=$top_builddir/tools

# Says what opening gives. NOSUBDIR is 16384, NOLOCK 4194304, RDONLY 131072.
cat >opener.c <<'END'
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
  MDB_env *env;
  MDB_txn *txn = NULL;
  MDB_dbi dbi;
  MDB_val key = {3, "key"}, data;
  int rc = mdb_env_create(&env);
  if (rc == 0 && argc > 2)
    rc = mdb_env_open(env, argv[1], (unsigned)atoi(argv[2]), 0644);
  if (rc == 0)
    rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
  if (rc == 0)
    rc = mdb_dbi_open(txn, NULL, 0, &dbi);
  if (rc == 0)
    rc = mdb_get(txn, dbi, &key, &data);
  printf("%d %s", rc, rc ? mdb_strerror(rc) : "");
  if (rc == 0)
    printf("%.*s", (int)data.mv_size, (char *)data.mv_data);
  printf("\n");
  mdb_txn_abort(txn);
  mdb_env_close(env);
  return 0;
}
END
$CC $LMDB_TEST_FLAGS -o opener opener.c -llmdb >output 2>&1 || skip "LMDB's header and library are not installed"

# says WHAT WANTED COMMAND...
says() {
  what=$1 wanted=$2
  shift 2
  checks=$((checks + 1))
  "$@" >output 2>&1
  grep -q -e "$wanted" output || fail "$what"
}

printf 'VERSION=3\nformat=print\ntype=btree\nHEADER=END\n key\n value\nDATA=END\n' >records
mkdir theirs
mdb_load -f records theirs
says "LMDB reads its own" '^0 value' with_theirs ./opener theirs 0
cksum theirs/data.mdb theirs/lock.mdb >before
for flags in 0 131072 4194304 524288; do
  says "a file of LMDB, flags $flags" MDB_VERSION_MISMATCH with_ours ./opener theirs $flags
  says "the same as a single file" MDB_VERSION_MISMATCH with_ours ./opener theirs/data.mdb $((flags + 16384))
done
cksum theirs/data.mdb theirs/lock.mdb >after
same "the files of LMDB" before after
[ "$(ls theirs | wc -l)" -eq 2 ] || fail "there are other files beside those of LMDB"
for tool in mdbx_stat mdbx_dump; do
  says "$tool says where to read on" 'lmdb\.md' "$tools/$tool" theirs/data.mdb
done
says "mdbx_load says where to read on" 'lmdb\.md' "$tools/mdbx_load" -f records theirs/data.mdb
cksum theirs/data.mdb theirs/lock.mdb >after
same "the files of LMDB after the tools" before after

# The way over, as doc/lmdb.md says.
mdb_dump theirs >dump
mkdir ours
says "mdbx_load" '^$' sh -c '"$@"; echo' - "$tools/mdbx_load" -n -f dump ours/data.mdb
says "ours reads what came over" '^0 value' with_ours ./opener ours 0
says "LMDB does not" 'MDB_INVALID' with_theirs ./opener ours 0
sound ours/data.mdb
"$tools/mdbx_dump" -x ours/data.mdb >back.dump 2>output || fail "mdbx_dump"
mkdir back
mdb_load -f back.dump back >output 2>&1 || fail "mdb_load of what went back"
says "LMDB reads what went back" '^0 value' with_theirs ./opener back 0

# The same with named tables.
printf 'VERSION=3\nformat=print\ndatabase=named\ntype=btree\ndupsort=1\nHEADER=END\n a\n 1\n a\n 2\nDATA=END\n' >named
mkdir named.theirs named.ours named.back
mdb_load -f named named.theirs
mdb_dump -a named.theirs >named.dump
"$tools/mdbx_load" -n -f named.dump named.ours/data.mdb >output 2>&1 || fail "mdbx_load of named tables"
"$tools/mdbx_dump" -a -x named.ours/data.mdb | mdb_load named.back >output 2>&1 || fail "named tables back"
mdb_dump -a named.back >named.again
sed '/^mapsize/d;/^maxreaders/d' named.dump >named.1
sed '/^mapsize/d;/^maxreaders/d' named.again >named.2
same "named tables that went over and back" named.1 named.2
sound named.ours/data.mdb

# What is left of a lock file of LMDB is no hindrance.
mkdir stale
cp theirs/lock.mdb stale
cp ours/data.mdb stale
says "a lock file of LMDB that nobody uses" '^0 value' with_ours ./opener stale 0
sound stale/data.mdb
finish
