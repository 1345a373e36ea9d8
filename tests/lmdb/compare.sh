#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/compare.sh: one program, compiled with the <lmdb.h> of the system, says the same with the system's LMDB and
# with our library.
. "$(dirname "$0")/common.sh"

printf '#include <lmdb.h>\nint main(void) { return mdb_version(0, 0, 0) == 0; }\n' >probe.c
$CC -o probe probe.c -llmdb 2>/dev/null || skip "LMDB's header and library are not installed"

$CC -std=gnu11 -O1 -g -Wall $LMDB_TEST_FLAGS -o compare "$sources"/compare*.c -llmdb -lpthread >output 2>&1 ||
  fail "the program does not compile"
mkdir theirs.dir ours.dir
with_theirs ./compare theirs.dir >theirs 2>&1 || fail "with the system's LMDB it ends with $?"
with_ours ./compare ours.dir >ours 2>&1 || fail "with our library it ends with $?"
same "what the program prints" theirs ours
lines=$(wc -l <ours)
[ "$lines" -gt 1000 ] || fail "only $lines lines were compared"
for file in ours.dir/*/data.mdb; do
  sound "$file"
done
finish
