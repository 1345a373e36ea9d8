#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/python.sh: Python's lmdb module: records, cursors, copies, threads, processes, and its command line.
. "$(dirname "$0")/common.sh"
needs_plain_library

# One that loads the shared library, not one with LMDB inside.
for python in python3 /usr/bin/python3 none; do
  module=$("$python" -c 'import lmdb.cpython; print(lmdb.cpython.__file__)' 2>/dev/null) || continue
  ldd "$module" 2>/dev/null | grep -q 'liblmdb\.so\.0' && break
done
[ "$python" != none ] || skip "no Python has a module lmdb that loads liblmdb.so.0"

records() { "$python" "$sources/python.py"; }
both "the script" records
sound ours/*/data.mdb ours/single

# The command line: dump, edit, restore, copy, and the rest.
commands() {
  rm -rf cli other
  mkdir cli other
  printf '3,5:first->5:value,\n6,6:second->6:value2,\n\n' >edit
  "$python" -m lmdb -e cli -d table edit --add key=value --add other=thing
  "$python" -m lmdb -e cli -d table get key other
  "$python" -m lmdb -e cli -d table dump table=table.cdbmake
  cat table.cdbmake
  "$python" -m lmdb -e other restore table=table.cdbmake
  "$python" -m lmdb -e other -d table get other
  "$python" -m lmdb -e cli -d table edit --delete other
  "$python" -m lmdb -e cli -d table dump table=left.cdbmake
  cat left.cdbmake
  "$python" -m lmdb -e cli copy copied 2>&1
  ls copied
  "$python" -m lmdb -e cli rewrite -E rewritten table 2>&1
  "$python" -m lmdb -e cli -d table drop table
  "$python" -m lmdb -e cli readers | tail -n 1
  "$python" -m lmdb -e cli stat | grep entries
}
both "the command line" commands
sound ours/cli/data.mdb ours/other/data.mdb ours/copied/data.mdb
finish
