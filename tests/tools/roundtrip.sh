#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/roundtrip.sh: what is loaded can be dumped, copied, checked and loaded again without a difference.
. "$(dirname "$0")/common.sh"

# Every byte, empty items, large values, and a name with a space.
awk 'BEGIN {
  print "VERSION=3\nformat=bytevalue\ntype=btree\ndb_pagesize=4096\nmapsize=1048576\nHEADER=END"
  for (i = 0; i < 256; ++i) printf " %02x%02x\n %02x\n", i, 255 - i, i
  print " \n 00\n ff\n "
  printf " 6c61726765\n "; for (i = 0; i < 100000; ++i) printf "%02x", i % 256
  print "\nDATA=END"
  print "VERSION=3\nformat=print\ndatabase=a name\ntype=btree\nHEADER=END"
  for (i = 0; i < 20000; ++i) printf " key %08d\n value \\\\ of \\00 %d\n", i, i * i
  print "DATA=END"
}' >input

expect 0 "load" "$load" -f input db
expect_text "20259 records stored, 0 kept, 0 failed" "load"
expect 0 "check" "$chk" -v db
expect_text "No problems found" "check"
expect 0 "dump" "$dump" -a -f first db
expect 0 "load into a file" "$load" -q -n -f first file.mdbx
[ -f file.mdbx ] || fail "-n did not make a data file"
expect 0 "dump of the file" "$dump" -a -f second file.mdbx
expect_same first second "the second dump differs"
expect 0 "printable dump" "$dump" -a -p -f printable db
expect 0 "load of the printable dump" "$load" -q -f printable again
expect 0 "dump once more" "$dump" -a -f third again
expect_same first third "the dump of what was printable differs"

expect 0 "list" "$dump" -l db
expect_text "^a name$" "list"
expect 0 "one table" "$dump" -p -s "a name" db
expect_text "^ value \\\\\\\\ of \\\\00 9$" "one table"
expect 1 "a table that is not there" "$dump" -s none db
expect 0 "statistics" "$stat" -a -e -fff -m -p -rr db
expect_text "^Status of a name$" "statistics"
expect_text "^  Mode: 0x[0-9a-f]*, MDBX_SYNC_DURABLE, MDBX_RDONLY" "statistics"
expect_text "Entries: 20000" "statistics"
expect_text "no active readers" "statistics"
expect 0 "a line for each table" "$stat" -t db
expect_text "^a name  *20000 " "a line for each table"
expect 0 "statistics of a table" "$stat" -s "a name" db
expect 1 "statistics of a missing table" "$stat" -s none db

# ---- copies
expect 0 "copy" "$copy" db copied.mdbx
expect 0 "check of the copy" "$chk" -q copied.mdbx
expect 0 "dump of the copy" "$dump" -a -f fourth copied.mdbx
grep -v '^geometry' first >first.records
grep -v '^geometry' fourth | cmp -s first.records - || fail "the copy differs"
expect 1 "copy over a file" "$copy" db copied.mdbx
expect 0 "forced copy over a file" "$copy" -f -q db copied.mdbx
expect 0 "throttled copy of a warm source" "$copy" -f -q -p -u db copied.mdbx
expect 0 "check of that" "$chk" -q copied.mdbx
[ ! -e copied.mdbx-new ] || fail "a draft was left behind"
"$copy" -c db - | cat >piped.mdbx
expect 0 "check of a copy that went through a pipe" "$chk" -q piped.mdbx
mkdir into
expect 0 "copy into a directory" "$copy" db into
expect 0 "check of that" "$chk" into
expect 0 "compact copy" "$copy" -c db compact.mdbx
"$dump" -a compact.mdbx | grep -v '^geometry' | cmp -s first.records - || fail "the compact copy differs"

# ---- a directory as programs for LMDB make it: whoever makes no new database finds the data file
mkdir of_lmdb
cp copied.mdbx of_lmdb/data.mdb
expect 0 "check of such a directory" "$chk" -q of_lmdb
expect 0 "the same, open for writing" "$chk" -q -w of_lmdb
expect 0 "change in such a directory" "$mdbx" put of_lmdb lmdb-key value
expect 0 "read in such a directory" "$mdbx" get of_lmdb lmdb-key
expect 0 "drop in such a directory" "$drop" -s "a name" of_lmdb
expect 0 "defragment such a directory" "$defrag" of_lmdb
[ ! -e of_lmdb/mdbx.dat ] || fail "a second database was made beside LMDB's"

# ---- ways to load
printf 'b\n2\na\n1\n' >plain
expect 0 "plain text" sh -c "'$load' -T plain.db <plain"
expect 0 "keep what is there" sh -c "printf 'a\nX\nc\n3\n' | '$load' -N -T plain.db"
expect_text "1 record stored, 1 kept" "keep what is there"
expect 0 "dump of plain text" "$dump" -p plain.db
expect_text "^ 1$" "a kept value"
expect 0 "replace" sh -c "printf 'a\nX\n' | '$load' -T plain.db"
expect 0 "purge" sh -c "printf 'z\n26\n' | '$load' -p -T plain.db"
expect 0 "statistics after a purge" "$stat" plain.db
expect_text "Entries: 1$" "purge"
expect 1 "append out of order" sh -c "printf 'b\n2\na\n1\n' | '$load' -a -T append.db"
expect_text "line 3: cannot store" "append out of order"
"$dump" -p -s "a name" db >printable.one
expect 0 "append in order, to a table of another name" "$load" -a -s named -f printable.one append2.db
expect 0 "that table" "$stat" -s named append2.db
expect_text "Entries: 20000" "that table"

# ---- names that fit no line
printf 'VERSION=3\nformat=print\ndatabase_hex=6e616d650a0031\ntype=btree\nsequence=42\nHEADER=END\n k\n v\nDATA=END\n' >odd
expect 0 "a name with a line end" "$load" -f odd odd.db
expect 0 "dump of it" "$dump" -a -p -f odd.1 odd.db
expect 0 "load of that" "$load" -f odd.1 odd.db2
expect 0 "dump once more" "$dump" -a -p -f odd.2 odd.db2
expect_same odd.1 odd.2 "the dump of an odd name differs"
grep -q '^sequence=42$' odd.2 || fail "the sequence is lost"
expect 0 "strict dump" "$dump" -x -a odd.db
grep -q '^geometry\|^sequence\|^database_hex' output && fail "a strict dump has lines others do not know"

# ---- a name as long as a page of 64 KiB lets it be
for line in database=x database_hex=01; do
  awk -v keyword="${line%=*}" -v byte="${line#*=}" 'BEGIN {
    printf "VERSION=3\nformat=print\ntype=btree\ndb_pagesize=65536\n%s=", keyword
    for (i = 0; i < 32742; ++i) printf "%s", byte
    print "\nHEADER=END\n k\n v\nDATA=END"
  }' >long
  rm -rf long.db long.db2
  expect 0 "a long name, $line" "$load" -f long long.db
  expect 0 "dump of it" "$dump" -a -f long.1 long.db
  expect 0 "load of that" "$load" -f long.1 long.db2
  expect 0 "dump once more" "$dump" -a -f long.2 long.db2
  expect_same long.1 long.2 "the dump of a long name differs"
done

# ---- a main table with another order: what is a name, and what a record; its flags and its sequence
{
  printf 'VERSION=3\nformat=print\ntype=btree\nreversekey=1\nsequence=7\nHEADER=END\n zzzz\n record\n cbaa\n record\nDATA=END\n'
  for name in aaab bbba abba bbab caaa aaac; do
    printf 'VERSION=3\nformat=print\ndatabase=%s\ntype=btree\nHEADER=END\n k\n %s\nDATA=END\n' $name $name
  done
} >order
expect 0 "a main table with reversekey" "$load" -q -f order order.db
expect 0 "dump of it" "$dump" -a -p -f order.1 order.db
[ "$(grep -c '^ record$' order.1)" -eq 2 ] || fail "the main table with reversekey has not its two records"
[ "$(grep -c "^reversekey=1$" order.1)" -eq 1 ] || fail "reversekey is lost"
expect 0 "load of that" "$load" -f order.1 order.db2
expect 0 "dump once more" "$dump" -a -p -f order.2 order.db2
expect_same order.1 order.2 "the dump of a main table with reversekey differs"
"$mdbx" del order.db zzzz >output 2>&1 || fail "delete the first record"
"$mdbx" del order.db cbaa >output 2>&1 || fail "delete the second record"
expect 0 "dump without records of its own" "$dump" -a -p -f order.3 order.db
expect 0 "load of that" "$load" -f order.3 order.db3
expect 0 "dump of that" "$dump" -a -p -f order.4 order.db3
expect_same order.3 order.4 "the dump of an empty main table with reversekey differs"
expect 0 "rescue of that" "$dump" -a -p -r -f order.5 order.db3
sort order.4 >order.4.lines
sort order.5 >order.5.lines
expect_same order.4.lines order.5.lines "the rescue of an empty main table with reversekey differs"
[ "$(grep -c "^reversekey=1$\|^sequence=7$" order.4)" -eq 2 ] || fail "the flags or the sequence of the main table are lost"

# ---- concise: a key with several values is written once, whatever spaces it and its values begin with
{
  printf 'VERSION=3\nformat=print\ndatabase=multi\ntype=btree\ndupsort=1\nHEADER=END\n'
  printf ' %s\n' k v1 k v2 k '\20 two' '\20\20k' a '\20\20k' '' '' x '' y
  printf 'DATA=END\n'
} >multi
expect 0 "several values" "$load" -q -f multi multi.db
expect 0 "a dump of them" "$dump" -a -p -f plain.multi multi.db
for printable in "" -p; do
  expect 0 "a concise dump $printable" "$dump" -a -c $printable -f concise.multi multi.db
  grep -q '^concise=1$' concise.multi || fail "a concise dump $printable does not say so"
  [ "$(grep -c '^  ' concise.multi)" -eq 4 ] || fail "a concise dump $printable repeats keys"
  rm -f concise.db*
  expect 0 "load of the concise dump $printable" "$load" -q -n -f concise.multi concise.db
  expect 0 "dump of that" "$dump" -a -p -f again.multi concise.db
  grep -v '^geometry' plain.multi >one
  grep -v '^geometry' again.multi >two
  expect_same one two "what a concise dump $printable has differs"
  rm -rf concise.new
  expect 0 "append of the concise dump $printable" "$load" -a -q -f concise.multi concise.new
done
expect 0 "a concise rescue" "$dump" -a -c -r -p -f rescued.multi multi.db
expect_same concise.multi rescued.multi "a concise rescue differs from a concise dump"
expect 0 "a concise dump of mdbx" "$mdbx" dump --concise -p -o of_mdbx.multi multi.db
expect_same concise.multi of_mdbx.multi "mdbx dump --concise differs from mdbx_dump -c"
"$dump" -a -c multi.db | grep -v '^concise=' >unmarked
expect 0 "hexadecimal text without the mark" "$load" -q -n -f unmarked unmarked.db
"$dump" -a -p unmarked.db | grep -v '^geometry' >two
expect_same one two "hexadecimal text without the mark differs"
printf 'VERSION=3\nformat=print\ndatabase=m\ntype=btree\ndupsort=1\nconcise=1\nHEADER=END\n  v\nDATA=END\n' >headless
expect 1 "a further value without a key" "$load" -n -f headless headless.db
expect_text "line 8: a further value without a key" "a further value without a key"
printf 'VERSION=3\nformat=print\ndatabase=m\ntype=btree\ndupsort=1\nconcise=1\nHEADER=END\n k\n v\n \\zz\n w\n  x\nDATA=END\n' >broken
expect 1 "a further value behind a malformed key" "$load" -r -n -f broken broken.db
expect_text "1 record stored, 0 kept, 2 failed" "a further value behind a malformed key"
expect 1 "concise and strict" "$dump" -c -x multi.db
expect_text "exclude each other" "concise and strict"
expect 1 "--concise and --cdb" "$mdbx" dump -c --concise multi.db

# ---- warming up changes nothing
expect 0 "a dump of a warm database" "$dump" -u -a -f warm db
expect_same first warm "a dump of a warm database differs"
expect 0 "a dump of a locked database" "$dump" -U -a -f warm db
expect_same first warm "a dump of a locked database differs"
expect 0 "a load as LMDB's -Q" sh -c "printf 'a\nX\n' | '$load' -Q -T quick.db"
finish
