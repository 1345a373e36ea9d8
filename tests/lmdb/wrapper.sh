#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/wrapper.sh: mdbx-lmdb runs commands with our library; MDBX_LMDB_GROW lets a map size be no limit.
. "$(dirname "$0")/common.sh"

# As it will be installed, but with the folder of the build.
sed "s|^libdir=.*|libdir='$library_dir'|" "$top_builddir/lmdb/mdbx-lmdb" >mdbx-lmdb
grep -q "^libdir='/.*/mdbx-lmdb'" "$top_builddir/lmdb/mdbx-lmdb" || fail "the script does not name the installed folder"
chmod +x mdbx-lmdb

[ "$(./mdbx-lmdb --libdir)" = "$library_dir" ] || fail "--libdir"
./mdbx-lmdb --help | grep -q 'mdb_dump -a' || fail "--help does not tell how to migrate"
./mdbx-lmdb >output 2>message && fail "without a command it succeeds"
grep -q "^mdbx-lmdb: no command given" message && [ ! -s output ] || fail "without a command"
./mdbx-lmdb --frob true >output 2>message && fail "an unknown option is taken"
grep -q "^mdbx-lmdb: unknown option --frob" message && [ ! -s output ] || fail "an unknown option"
[ "$(./mdbx-lmdb -h)" = "$(./mdbx-lmdb --help)" ] || fail "-h is not --help"
./mdbx-lmdb no-such-command >output 2>&1
[ $? -eq 127 ] && [ "$(cat output)" = "mdbx-lmdb: there is no command no-such-command" ] ||
  fail "a command that is not there"
./mdbx-lmdb -- sh -c 'exit 3'
[ $? -eq 3 ] || fail "a command behind --"
sed "s|^libdir=.*|libdir='$work/nowhere'|" mdbx-lmdb >without
sh without true >output 2>&1 && fail "without the library the command runs"
grep -q "^mdbx-lmdb: $work/nowhere/liblmdb.so.0 does not exist" output || fail "without the library"
checks=$((checks + 9))
./mdbx-lmdb sh -c 'exit 7'
[ $? -eq 7 ] || fail "the code of the command"
[ "$(LD_LIBRARY_PATH=/else ./mdbx-lmdb sh -c 'echo $LD_LIBRARY_PATH')" = "$library_dir:/else" ] || fail "the path"
checks=$((checks + 6))

$CC $LMDB_TEST_FLAGS -I"$sources/../../lmdb" -o grow "$sources/grow.c" -L"$library_dir" -llmdb >output 2>&1 ||
  fail "the program does not link with our header and library"
checks=$((checks + 3))
[ "$(./mdbx-lmdb ./grow)" = "MDB_MAP_FULL: Environment mapsize limit reached" ] || fail "the map size is no limit"
rm -f grow.mdb*
[ "$(MDBX_LMDB_GROW=1 ./mdbx-lmdb ./grow)" = "Successful return: 0" ] || fail "it does not grow"
[ "$(MDBX_LMDB_GROW=0 ./mdbx-lmdb ./grow)" = "MDB_MAP_FULL: Environment mapsize limit reached" ] &&
  fail "a database that has grown is refused"
sound grow.mdb
finish
