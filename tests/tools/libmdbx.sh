#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/libmdbx.sh: text with the header lines that libmdbx's mdbx_dump writes can be loaded, and nothing is lost.
. "$(dirname "$0")/common.sh"

cat >text <<'END'
VERSION=3
geometry=l12582912,c16777216,u1099511627776,s8388608,g4194304
mapsize=1099511627776
maxreaders=114
canary=v7,x1,y2,z3
format=bytevalue
type=btree
db_pagesize=8192
txnid=42
duplicates=0
sequence=17
HEADER=END
 6b6579
 76616c7565
 
 00ff
DATA=END
VERSION=3
format=bytevalue
database=numbers
type=btree
db_pagesize=8192
txnid=40
duplicates=1
dupsort=1
integerkey=1
dupfix=1
integerdup=1
sequence=5
HEADER=END
 0002000000000000
 0a00000000000000
 0100000000000000
 0001000000000000
 0100000000000000
 0b00000000000000
DATA=END
VERSION=3
format=print
database=turned round
type=btree
db_pagesize=8192
duplicates=1
reversekey=1
dupsort=1
reversedup=1
HEADER=END
 ba
 a\5cb
 ab
 1\00
DATA=END
VERSION=3
format=bytevalue
database=empty
type=btree
db_pagesize=8192
duplicates=0
HEADER=END
DATA=END
VERSION=3
format=bytevalue
database=fixed
type=btree
db_pagesize=8192
duplicates=1
dupsort=1
dupfixed=1
HEADER=END
 61
 3131
DATA=END
END
expect 0 "load" "$load" -f text db
expect_text "8 records stored, 0 kept, 0 failed" "load"
grep -q "ignored" output && fail "a header line is not known"
expect 0 "check" "$chk" -q db
expect 0 "values" "$mdbx" get db key
expect_line value "values"
expect 0 "numbers" "$mdbx" get db -t numbers
printf '1\t11\n1\t256\n512\t10\n' | cmp -s - output || fail "numbers are not in their order"
expect 0 "reversed keys" "$mdbx" get db -t "turned round"
tr -d '\n' <output | grep -q '^ba	a..*bab	1.00$' || fail "reversed keys are not in their order"
expect 0 "dump" "$dump" -a -f again db
for line in 'geometry=l12582912,c[0-9]*,u1099511627776,s8388608,g4194304' db_pagesize=8192 sequence=17 sequence=5 \
  'canary=.*x1,y2,z3' database=empty integerdup=1 integerkey=1 reversekey=1 reversedup=1; do
  checks=$((checks + 1))
  grep -q "^$line$" again || fail "$line did not come over"
done
[ "$(grep -c '^dupfixed=1$' again)" -eq 2 ] || fail "not two tables with values of one length"
expect 0 "load of the dump" "$load" -q -f again db2
expect 0 "dump of that" "$dump" -a -f third db2
expect_same again third "the dump of what came over"

# header LINES: a text with them loads.
header() {
  rm -rf one
  printf 'VERSION=3\n%bformat=bytevalue\ntype=btree\nHEADER=END\n 61\n 62\nDATA=END\n' "$1" >header.text
  expect 0 "a header with $1" "$load" -f header.text one
  expect_text "1 record stored" "a header with $1"
}
header 'unknown=something\n'
expect_text "line 2: unrecognized keyword ignored: unknown" "an unknown line"
header 'geometry=l12288,c65536,u140737488355328,s131072,g65536\nmapsize=140737488355328\ndb_pagesize=65536\n'
header 'geometry=l12288,c65536,u1048576,s0,g0\nmapsize=1048576\nmaxreaders=40000\ndb_pagesize=256\n'
header 'mapsize=1048576\nmaxreaders=32767\nmapaddr=0x7f0000000000\n'
finish
