#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/mdbx_text.sh: dumps of both formats, load, restore, rewrite, and import from LMDB.
. "$(dirname "$0")/common.sh"

awk 'BEGIN {
  print "VERSION=3\nformat=print\ntype=btree\nHEADER=END\n k\n v\n empty\n "
  print "DATA=END\nVERSION=3\nformat=print\ndatabase=many\ntype=btree\nHEADER=END"
  for (i = 0; i < 30000; ++i) printf " %07d\n value \\0a of %d\n", i * 7919 % 1000003, i
  print "DATA=END\nVERSION=3\nformat=print\ndatabase=dups\ntype=btree\nduplicates=1\ndupsort=1\nsequence=9\nHEADER=END"
  for (i = 0; i < 500; ++i) printf " k%d\n v%05d\n", i % 3, i
  print "DATA=END"
}' >input
expect 0 "load" "$mdbx" load db input
expect_text "30502 records stored, 0 kept, 0 failed" "load"
expect 0 "dump" "$mdbx" dump -o one db
"$dump" -a db | cmp -s - one || fail "mdbx dump is not mdbx_dump -a"
expect 0 "load of the dump" sh -c "'$mdbx' dump db | '$mdbx' load again"
"$mdbx" dump again | cmp -s - one || fail "load of a dump gives something else"
expect 0 "dump of a table" "$mdbx" dump -p -t dups db
expect_text "^database=dups" "dump of a table"
expect 0 "load in order, in small pieces" sh -c "'$mdbx' dump -t many db | '$mdbx' load -a -b 100 pieces"
expect 0 "pieces" "$mdbx" stat -t many pieces
expect_text " 30000 " "pieces"
expect 0 "load with sizes" "$mdbx" load -P 16K -u 8M -l 1M -g 2M -S 4M sized one
expect 0 "the sizes" "$mdbx" geometry sized
for row in "lower *1048576" "upper *8388608" "grow *2097152" "shrink *4194304"; do
  expect_text "$row" "the sizes"
done
expect 1 "sizes that cannot be" "$mdbx" load -P 1000 strange one
expect 1 "too small" "$mdbx" load -u 512K small one
expect_text "upper size" "too small"
expect 0 "mdbx_load with sizes" "$load" -q -P 512 -u 16M -b 1000 -f one sized2
expect 0 "its page size" "$stat" sized2
expect_text "Pagesize: 512" "its page size"

# ---- a text that breaks off leaves nothing
head -n 20001 one >broken
expect 1 "a broken text" "$mdbx" load other broken
expect_text "ends before DATA=END" "a broken text"
expect 1 "what can be had of it" "$mdbx" load -r rescued broken
expect 0 "is there" "$mdbx" stat -t many rescued
expect_text " 9[0-9][0-9][0-9] " "is there"
expect 1 "no text at all" "$mdbx" load other /dev/null
expect 1 "a missing text" "$mdbx" load other nothing
for left in other* strange* small*; do
  [ ! -e "$left" ] || fail "$left was left behind"
done

# ---- cdbmake
mkdir cdb
(cd cdb && "$mdbx" dump --cdb ../db) >output || fail "dump --cdb"
printf '+5,0:empty->\n+1,1:k->v\n\n' | cmp -s - cdb/@MAIN.cdbmake || fail "@MAIN.cdbmake"
expect 0 "restore" "$mdbx" restore -c back @MAIN=cdb/@MAIN.cdbmake many=cdb/many.cdbmake
expect 0 "restore of several values" sh -c "'$mdbx' restore -F dupsort back dups=- <cdb/dups.cdbmake"
expect_text "500 records into dups" "restore of several values"
records() {
  awk '/^VERSION=/ { header = 1 } !header || /^database=/ { print } /^HEADER=END/ { header = 0 }' "$1"
}
"$mdbx" dump back >back.dump
records one >one.records
records back.dump | cmp -s - one.records || fail "restore gives something else"
expect 0 "one table to standard output" "$mdbx" dump --cdb -q db dups=-
cmp -s - cdb/dups.cdbmake <output || fail "dump of one table"
expect 1 "a table that is not there" "$mdbx" dump --cdb db none=file
[ ! -e file ] || fail "a file of a table that is not there"
expect 1 "no file" "$mdbx" restore back many
expect_text "is not TABLE=FILE" "no file"
expect 0 "a purge" "$mdbx" restore -p back many=cdb/@MAIN.cdbmake
expect 0 "after the purge" "$mdbx" get -t many -k back
printf 'empty\nk\n' | cmp -s - output || fail "a purged table"
while IFS='|' read -r text message; do
  printf "$text" >wrong
  expect 1 "cdbmake \"$text\"" "$mdbx" restore back @MAIN=wrong
  expect_text "$message" "cdbmake \"$text\""
  expect 1 "cdbmake \"$text\" into a new one" "$mdbx" restore -c fresh @MAIN=wrong
  ls -d fresh* >output 2>/dev/null && fail "cdbmake \"$text\" left something"
done <<'END'
|the text ends here
x|does not begin with
+|the text ends here
+x|length of the key
+1|the text ends here
+1,x:|length of the value
+1,9999999999:a->|length of the value
+99999999,1:a->b\n\n|length of the key
+1,2000000000:a->b|the text ends here
+1,1:a>>b\n|stands between key and value
+1,1:a->bc\n|does not end behind the value
+1,1:a->b\n|the text ends here
+1,1:a->b\n\nx|stands behind the end
END
expect 0 "what was there is there" "$mdbx" get back k
expect_line v "what was there is there"

# ---- rewrite
"$mdbx" del -q db k || fail "del"
expect 0 "rewrite" "$mdbx" rewrite db rewritten
expect_text "30501 records" "rewrite"
"$mdbx" dump db >old.dump
"$mdbx" dump rewritten | cmp -s - old.dump || fail "rewrite gives something else"
expect 0 "check" "$mdbx" chk -q rewritten
expect 1 "rewrite over a file" "$mdbx" rewrite db rewritten
expect_text "File exists" "rewrite over a file"
expect 0 "rewrite of one table with larger pages" "$mdbx" rewrite -P 64K db part dups
expect 0 "that table" "$mdbx" stat part
expect_text "^dups .* 500 " "that table"
grep -q '^many' output && fail "rewrite of one table has others"
expect 1 "rewrite of a table that is not there" "$mdbx" rewrite db nopart dups none
ls -d nopart* >output 2>/dev/null && fail "rewrite left something behind"

# ---- a damaged source
page=$("$stat" -s many db | awk '/Pagesize/ { print $2 }')
"$mdbx" copy -q db damaged
# Most pages are leaves of the large table.
printf 'damage' | dd of=damaged bs=1 seek=$((page * 30 + 200)) conv=notrunc 2>/dev/null
expect 1 "dump of a damaged database" "$mdbx" dump -o damaged.dump damaged
[ ! -e damaged.dump ] || fail "the dump of a damaged database was left behind"
"$mdbx" dump -r damaged >damaged.dump 2>output && fail "a rescue of a damaged database says nothing"
expect 0 "load of the rescued part" "$mdbx" load -q undamaged damaged.dump
expect 1 "rewrite of a damaged database" "$mdbx" rewrite damaged nothing.new
ls -d nothing.new* >output 2>/dev/null && fail "rewrite of a damaged database left something behind"

# ---- import
mkdir stranger
{ head -c 16 /dev/zero; printf '\336\300\357\276\001\000\000\000'; head -c 8168 /dev/zero; } >stranger/data.mdb
expect 1 "import without mdb_dump" env PATH=/nowhere "$mdbx" import stranger imported
expect_text "mdb_dump is not installed" "import without mdb_dump"
if command -v mdb_load >/dev/null && command -v mdb_dump >/dev/null; then
  mkdir theirs plain
  "$mdbx" dump -x db | mdb_load theirs 2>/dev/null
  expect 0 "import" "$mdbx" import theirs imported
  expect_text "30501 records, 2 named tables; the counts are right" "import"
  records old.dump >old.records
  "$mdbx" dump imported >imported.dump
  records imported.dump | cmp -s - old.records || fail "import gives something else"
  expect 1 "import over it" "$mdbx" import theirs imported
  printf 'a\n1\nb\n2\n' | mdb_load -T plain
  expect 0 "import without named tables" "$mdbx" import plain imported2
  expect_text "2 records, 0 named tables" "import without named tables"
  expect 0 "import of a file" "$mdbx" import plain/data.mdb imported3
  [ -f imported3 ] || fail "import of a file made no file"
  expect 1 "import of no environment" "$mdbx" import db imported4
  ls -d imported4* >output 2>/dev/null && fail "import left something behind"
else
  echo "LMDB's tools are not installed: an import is not tried"
fi
finish
