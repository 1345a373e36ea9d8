#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/capacity.sh: a map takes at least as many records with ours as with the system's LMDB before it is full, and
# deletes commit on a full one.
. "$(dirname "$0")/common.sh"

printf '#include <lmdb.h>\nint main(void) { return mdb_version(0, 0, 0) == 0; }\n' >probe.c
$CC -o probe probe.c -llmdb 2>/dev/null || skip "LMDB's header and library are not installed"

$CC -std=gnu11 -O1 -g -Wall $LMDB_TEST_FLAGS -o capacity "$sources"/capacity.c -llmdb >output 2>&1 ||
  fail "the program does not compile"
mkdir theirs.dir ours.dir
with_theirs ./capacity theirs.dir >theirs 2>&1 || fail "with the system's LMDB it ends with $?"
with_ours ./capacity ours.dir >ours 2>&1 || fail "with our library it ends with $?"

paste -d ' ' theirs ours | awk '
NF != 18 || $1 != $10 || $2 != $11 || $3 != $12 { print "not two lines of the same case: " $0; next }
{ what = $1 " pages, values of " $2 ", " $3 }
$13 < $4 { print what ": " $13 " records, with LMDB " $4 }
$14 || $17 { print what ": records could not be deleted on the full map" }
# The engine keeps some pages free, which is about half of the smallest maps.
$1 >= 10 && $15 && !$16 { print what ": nothing could be added after half of the records were deleted" }
$18 != $15 { print what ": only " $18 " records could be added after all were deleted" }
' >wrong
checks=$((checks + $(wc -l <ours)))
[ ! -s wrong ] || { cp wrong output; fail "maps are full too early"; }
[ "$(wc -l <ours)" -eq 120 ] || fail "not 120 cases"
sound ours.dir/data.mdb
finish
