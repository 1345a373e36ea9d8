#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/lmdb.sh: our dumps can be loaded by LMDB's tools, and theirs by ours.
. "$(dirname "$0")/common.sh"

if ! command -v mdb_load >/dev/null || ! command -v mdb_dump >/dev/null; then
  echo "LMDB's tools are not installed: skipped"
  exit 77
fi

# records FILE: what is between the headers.
records() {
  awk '/^VERSION=/ { header = 1 } !header || /^database=/ { print } /^HEADER=END/ { header = 0 }' "$1"
}

awk 'BEGIN {
  print "VERSION=3\nformat=bytevalue\ndatabase=one\ntype=btree\nmapsize=33554432\nHEADER=END"
  for (i = 0; i < 10000; ++i) printf " %08x\n %08x%08x\n", i * 2654435761 % 4294967296, i, i
  print "DATA=END\nVERSION=3\nformat=bytevalue\ndatabase=two\ntype=btree\nHEADER=END\n 61\n "
  print "DATA=END"
}' >input
mkdir theirs
mdb_load -f input theirs || fail "mdb_load of the input"
mdb_dump -a theirs >theirs.dump
expect 0 "load of their dump" "$load" -f theirs.dump ours
expect 0 "check" "$chk" -q ours
expect 0 "our dump" "$dump" -a -f ours.dump ours
records ours.dump >ours.records
records theirs.dump >theirs.records
expect_same ours.records theirs.records "our dump has other records than theirs"

expect 0 "strict dump" "$dump" -a -x -f strict.dump ours
mkdir back
mdb_load -f strict.dump back >output 2>&1 || fail "mdb_load of our dump"
mdb_dump -a back >back.dump
records back.dump | cmp -s - theirs.records || fail "LMDB read something else than we wrote"
mkdir back2
"$dump" -a ours | mdb_load back2 2>output || fail "mdb_load of our dump with lines it does not know"
mdb_dump -a back2 | cmp -s - back.dump || fail "the lines LMDB does not know have an effect"

# Several values per key, of any length and of one size, in both directions.
awk 'BEGIN {
  print "VERSION=3\nformat=bytevalue\ndatabase=any\ntype=btree\nmapsize=33554432\ndupsort=1\nHEADER=END"
  for (k = 0; k < 40; ++k) for (i = 0; i <= k * k; ++i) printf " %02x\n %08x%s\n", k, i * 40503 % 65536, i % 3 ? "" : "ff"
  print "DATA=END\nVERSION=3\nformat=bytevalue\ndatabase=fixed\ntype=btree\ndupsort=1\ndupfixed=1\nHEADER=END"
  for (k = 0; k < 5; ++k) for (i = 0; i < 3000; i += k + 1) printf " %02x\n %08x\n", k, i
  print "DATA=END"
}' >values
mkdir values.theirs values.back
mdb_load -f values values.theirs || fail "mdb_load of several values"
mdb_dump -a values.theirs >values.dump
expect 0 "load of their several values" "$load" -f values.dump values.ours
expect 0 "check of several values" "$chk" -q values.ours
expect 0 "strict dump of several values" "$dump" -a -x -f values.strict values.ours
mdb_load -f values.strict values.back >output 2>&1 || fail "mdb_load of our several values"
mdb_dump -a values.back >values.again
records values.dump >values.wanted
records values.again | cmp -s - values.wanted || fail "LMDB read other values than we wrote"

# Their printable form leaves backslashes as they are, so it can be read only where there are none.
mkdir words
printf 'VERSION=3\nformat=print\ndatabase=w\ntype=btree\nHEADER=END\n a\\00\n \\ffb c\nDATA=END\n' | mdb_load words
mdb_dump -a -p words >words.dump
expect 0 "load of their printable dump" "$load" -f words.dump printable
expect 0 "our printable dump" "$dump" -a -p -f words.ours printable
records words.dump >words.theirs
records words.ours | cmp -s - words.theirs || fail "their printable dump was read otherwise"

# Our strict printable form can be read by them with backslashes too, and by Berkeley DB without two lines.
printf 'VERSION=3\nformat=print\ntype=btree\nHEADER=END\n a\\\\b c\n \\\\\\\\\n \\\\\n d\\\\ e\\\\\\00\\\\f g\nDATA=END\n' >slashes
expect 0 "load of backslashes" "$load" -n -f slashes slashes.ours
expect 0 "hexadecimal dump of backslashes" "$dump" -x -f slashes.hex slashes.ours
expect 0 "printable dump of backslashes" "$dump" -p -x -f slashes.print slashes.ours
mkdir slashes.back
mdb_load -f slashes.print slashes.back >output 2>&1 || fail "mdb_load of backslashes"
mdb_dump slashes.back >slashes.dump
records slashes.hex >slashes.wanted
records slashes.dump | cmp -s - slashes.wanted || fail "LMDB read other backslashes than we wrote"
if command -v db5.3_load >/dev/null && command -v db5.3_dump >/dev/null; then
  grep -v '^mapsize=\|^maxreaders=' slashes.print | db5.3_load slashes.bdb >output 2>&1 || fail "db_load of our dump"
  db5.3_dump slashes.bdb >slashes.dump
  records slashes.dump | cmp -s - slashes.wanted || fail "Berkeley DB read other records than we wrote"
  expect 0 "load of db_dump" "$load" -n -f slashes.dump slashes.again
  expect 0 "dump of what db_dump wrote" "$dump" -x -f slashes.hex2 slashes.again
  records slashes.hex2 | cmp -s - slashes.wanted || fail "we read other records than Berkeley DB wrote"
fi
finish
