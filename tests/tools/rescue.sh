#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/rescue.sh: mdbx_dump -r brings back all but the records of damaged leaves, and says which those are; mdbx_load
# repeats it; the checker says what to do.
. "$(dirname "$0")/common.sh"

table() {
  printf 'VERSION=3\nformat=print\ndatabase=%s\ntype=btree\n%sHEADER=END\n' "$1" "$2"
  awk -v table="$1" 'BEGIN {
    for (i = 0; i < 20000; ++i)
      if (table == "tags") printf " tag%05d\n value%08d\n", i % 2000, i
      else printf " key%08d\n value of record %d of table %s, of some length\n", i, i, table
    print "DATA=END"
  }'
}
{ table tags "duplicates=1
dupsort=1
"; table first ''; table second ''; } >input
expect 0 "load" "$load" -q -n -f input good

count() { "$stat" -n -s "$1" "$2" | awk '/Entries/ { print $NF; exit }'; }

# ---- a sound database: the same as without -r
expect 0 "a dump" "$dump" -a -n -f plain.dump good
expect 0 "a rescue of what is sound" "$dump" -a -r -n -f rescued.dump good
[ ! -s output ] || fail "a rescue of a sound database complains"
expect_same plain.dump rescued.dump "a rescue of a sound database is another dump"
expect 0 "a rescue of one table" "$dump" -r -s first -n -f one.dump good
expect 0 "a dump of one table" "$dump" -s first -n -f plain.dump good
expect_same plain.dump one.dump "a rescue of one table is another dump"
expect 1 "a rescue of a table that is not there" "$dump" -r -s none -n good

# ---- pages by name: those that the checker finds damaged when they are
damaged=0
for seed in 1 2 3; do
  cp good bad
  pages=$(($(wc -c <good) / 4096))
  for n in 1 2 3 4; do
    page=$(((seed * 7919 + n * 104729) % (pages - 3) + 3))
    printf 'damage' | dd of=bad bs=1 seek=$((page * 4096 + 50)) conv=notrunc 2>/dev/null
  done
  "$chk" bad >findings 2>&1
  code=$?
  [ $code -eq 0 ] && continue
  damaged=$((damaged + 1))
  grep -q "^What to do: " findings || fail "the checker gives no advice"
  checks=$((checks + 1))
  "$dump" -a -r -n -f bad.dump bad 2>told
  expect 0 "loading what was rescued" "$load" -r -n -q -f bad.dump back$seed
  cp output repeated
  expect 0 "check of what was rescued" "$chk" -q back$seed
  lost=0
  for name in tags first second; do
    lost=$((lost + 20000 - $(count $name back$seed)))
  done
  # A leaf has at most 200 of these records.
  [ "$lost" -le 800 ] || fail "four pages cost $lost records"
  if [ "$lost" -gt 0 ]; then
    grep -q "are lost" told || fail "nothing is said of $lost lost records"
    grep -q "of 20000 records could be read" told || fail "the count is not told"
    grep -q "the dump is incomplete: .* are lost" repeated || fail "mdbx_load does not repeat what is lost"
  fi
done
[ "$damaged" -gt 0 ] || fail "nothing was damaged"

# ---- branches, the root among them: all records come back
branches=$(od -An -v -tu2 -w4096 good | awk '$11 == 1 { print NR - 1 }')
[ -n "$branches" ] || fail "there is no branch"
told_of=0
for page in $branches; do
  cp good bad
  printf 'damage' | dd of=bad bs=1 seek=$((page * 4096 + 50)) conv=notrunc 2>/dev/null
  "$dump" -a -r -n -f bad.dump bad 2>told
  grep -q "a branch" told || continue # a free page
  told_of=$((told_of + 1))
  checks=$((checks + 1))
  ! grep -q "records could be read" told || fail "a branch cost records: $(cat told)"
  rm -f whole
  expect 0 "loading it" "$load" -n -q -f bad.dump whole
  for name in tags first second; do
    [ "$(count $name whole)" -eq 20000 ] || fail "$name is not whole without page $page"
  done
done
[ $told_of -ge 3 ] || fail "only $told_of branches were damaged"

# ---- the leaf with the names of tables: all records come back, under names that are made up; mdbx_load says so again
number() {
  printf 'VERSION=3\nformat=bytevalue\ndatabase=numbers\ntype=btree\nintegerkey=1\nHEADER=END\n'
  awk 'BEGIN { for (i = 1; i <= 200; ++i) printf " %02x00000000000000\n %06x\n", i, i; print "DATA=END" }'
}
number >numbers
expect 0 "load numbers" "$load" -q -n -f numbers good
cp good bad
for at in $(grep -abo numbers good | cut -d : -f 1); do
  printf 'damage' | dd of=bad bs=1 seek=$((at / 4096 * 4096 + 10)) conv=notrunc 2>/dev/null
done
"$dump" -a -r -n -f bad.dump bad 2>told
[ "$(grep -c 'the name is made up' told)" -eq 4 ] || fail "not four tables are found: $(cat told)"
for name in tags first second numbers; do
  grep -q "a damaged page calls it $name" told || fail "what is left of the name $name is not told"
done
[ "$(grep -c '^database=lost-' bad.dump)" -eq 4 ] || fail "not four tables are dumped"
[ "$(grep -c '^note=the name is made up' bad.dump)" -eq 4 ] || fail "the dump does not say what is made up"
rm -f whole
expect 0 "loading tables without names" "$load" -r -n -f bad.dump whole
grep -q "the dump says of lost-.*: the name is made up" output || fail "mdbx_load does not say what is made up"
expect 0 "check of tables without names" "$chk" -q whole
for name in tags first second numbers; do
  made_up=$(sed -n "s/.*bad: \(lost-[0-9]*\): a damaged page calls it $name\$/\1/p" told)
  "$dump" -s "$name" -n good | sed '1,/HEADER=END/d' >expected.records
  "$dump" -s "$made_up" -n whole | sed '1,/HEADER=END/d' >found.records
  expect_same expected.records found.records "the records of $name"
  "$stat" -n -s "$name" good | sed -n 's/.*[Ff]lags.*/&/p' >expected.flags
  "$stat" -n -s "$made_up" whole | sed -n 's/.*[Ff]lags.*/&/p' >found.flags
  expect_same expected.flags found.flags "the flags of $name"
done
finish
