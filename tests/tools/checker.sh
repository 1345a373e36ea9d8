#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/checker.sh: what mdbx_chk says of damage, and where: changed bytes, exchanged pages, pages from an
# earlier time, a file cut off; its JSON and its picture.
. "$(dirname "$0")/common.sh"

# dump_of ROUND: 600 records of two tables, every value another one in every round.
dump_of() {
  awk -v round="$1" 'BEGIN {
    print "VERSION=3\nformat=print\ntype=btree\ndb_pagesize=4096\ngeometry=l65536,c65536,u16777216,s131072,g65536\nHEADER=END"
    for (i = 0; i < 600; ++i) printf " key %05d\n round %d of the value with number %d, to fill pages\n", i * 7 % 600, round, i
    print "DATA=END\nVERSION=3\nformat=print\ndatabase=named\ntype=btree\nduplicates=1\ndupsort=1\nHEADER=END"
    for (i = 0; i < 600; ++i) printf " key %d\n value %d of round %d\n", i % 3, i, round
    print "DATA=END"
  }'
}

pages_of() { "$stat" -e "$1" | awk '/Number of pages used/ { print $NF }'; }
page_in() { dd if="$1" bs=4096 skip="$2" count=1 2>/dev/null; }
put_page() { dd of="$1" bs=4096 seek="$2" conv=notrunc 2>/dev/null; }
# fresh: the database to damage.
fresh() { rm -rf bad && mkdir bad && cp good/mdbx.dat bad/mdbx.dat; }

dump_of 1 >input
expect 0 "load" "$load" -q -f input good
cp good/mdbx.dat earlier.dat
for round in 2 3; do
  dump_of $round >input
  expect 0 "load again" "$load" -q -f input good
done
cp good/mdbx.dat now.dat
expect 0 "check" "$chk" good
expect_text "No problems found" "check"
pages=$(pages_of good)
[ "${pages:-0}" -gt 30 ] || fail "only ${pages:-no} pages to damage"

# A changed byte: the right page, with its place in the file; free pages may hold anything.
used=""
page=3
while [ $page -lt "$pages" ]; do
  fresh
  printf '\377\376\375\374' | dd of=bad/mdbx.dat bs=1 seek=$((page * 4096 + 36)) conv=notrunc 2>/dev/null
  "$chk" bad >output 2>&1
  code=$?
  checks=$((checks + 1))
  if [ $code -eq 2 ]; then
    used="$used $page"
    grep -q "^ ! page #$page at byte $((page * 4096)) " output || fail "page $page is not named"
  elif [ $code -ne 0 ]; then
    fail "page $page: left with $code"
  fi
  page=$((page + 1))
done
count=$(echo "$used" | wc -w)
checks=$((checks + 1))
[ "$count" -gt 20 ] || fail "damage was found in $count pages"

# Exchanged pages: both.
previous=""
for page in $used; do
  if [ -n "$previous" ]; then
    fresh
    page_in now.dat "$page" | put_page bad/mdbx.dat "$previous"
    page_in now.dat "$previous" | put_page bad/mdbx.dat "$page"
    expect 2 "pages $previous and $page exchanged" "$chk" bad
    # Of a branch the pages below it are not reached.
    grep -q "^ ! page #$previous " output || grep -q "^ ! page #$page " output || fail "neither of $previous and $page is named"
  fi
  previous=$page
done

# A page as it was before, as after a write that never reached the disk: the page itself is named, for what refers to it
# knows which version is meant.
replayed=0
for page in $used; do
  fresh
  page_in earlier.dat "$page" >old
  [ "$(wc -c <old)" -eq 4096 ] || continue
  page_in now.dat "$page" >new
  cmp -s old new && continue
  [ "$(od -An -tx1 -N8 old | tr -d ' \n')" != 0000000000000000 ] || continue
  put_page bad/mdbx.dat "$page" <old
  replayed=$((replayed + 1))
  expect 2 "page $page of an earlier time" "$chk" bad
  expect_text "^ ! page #$page at byte $((page * 4096))" "page $page of an earlier time"
  expect_text "page $page: its version of transaction .* is there, that of .* belongs there" "page $page of an earlier time"
done
checks=$((checks + 1))
[ "$replayed" -gt 10 ] || fail "only $replayed pages could be put back"

# A file cut off, at some pages and in the middle of one.
for left in $((pages - 1)) $((pages / 2)) 4; do
  fresh
  dd if=now.dat of=bad/mdbx.dat bs=4096 count="$left" 2>/dev/null
  expect 2 "cut off at page $left" "$chk" bad
  expect_text "cut off: $((left * 4096)) bytes, $((pages * 4096)) are in use" "cut off at page $left"
done

# JSON.
if "$chk" --json good >output 2>&1; then
  expect 0 "JSON of a sound database" "$chk" --json good
  expect_text '"problems_total":0' "JSON of a sound database"
  expect_text '"name":"named"' "JSON of a sound database"
  expect_text '"exit_code":0' "JSON of a sound database"
  set -- $used
  fresh
  printf '\377\376' | dd of=bad/mdbx.dat bs=1 seek=$(($1 * 4096 + 36)) conv=notrunc 2>/dev/null
  expect 2 "JSON of a damaged one" "$chk" --json bad
  expect_text "\"entry\":$1," "JSON of a damaged one"
  expect_text "\"offset\":$(($1 * 4096))," "JSON of a damaged one"
  expect_text '"issue":"is damaged"' "JSON of a damaged one"
  expect_text '"exit_code":2' "JSON of a damaged one"
  expect 4 "JSON without a database" "$chk" --json nothing
  expect_text '"error":{' "JSON without a database"
  if command -v python3 >/dev/null; then
    expect 0 "JSON is JSON" sh -c "'$chk' --json good | python3 -m json.tool"
  else
    echo "python3 is not installed: that JSON is JSON is not checked"
  fi
else
  expect 1 "JSON that was not built in" "$chk" --json good
fi

# Silent: the exit code is all.
# quiet CODE WHAT ARGUMENT...
quiet() {
  expected=$1 silent=$2
  shift 2
  expect "$expected" "$silent" "$chk" -q "$@"
  [ ! -s output ] || fail "$silent: something was printed"
}
quiet 0 "a sound database, silently" good
set -- $used
fresh
printf '\377\376' | dd of=bad/mdbx.dat bs=1 seek=$(($1 * 4096 + 36)) conv=notrunc 2>/dev/null
quiet 2 "a damaged database, silently" bad
quiet 2 "a damaged database, silently with -v" -vvv bad
quiet 4 "no database, silently" nothing
quiet 3 "no such table, silently" -s nothing good
quiet 4 "no place for the picture, silently" --map no/such/map.svg good
expect 1 "wrong usage, silently" "$chk" -q --unknown good
expect_text "unknown option" "wrong usage, silently"
if "$chk" --json good >output 2>&1; then
  expect 2 "JSON, silently" "$chk" -q --json bad
  expect_text '"issue":"is damaged"' "JSON, silently"
fi

# The picture.
expect 0 "picture" "$chk" -q --map map.svg good
checks=$((checks + 1))
grep -q "<svg " map.svg && grep -q "</svg>" map.svg && grep -q ">named<" map.svg || fail "no picture"
checks=$((checks + 1))
grep -q "<title>pages 0 to 2: meta</title>" map.svg && grep -q "in use .*(.* %)" map.svg && grep -q "UTC, transaction" map.svg &&
  grep -q "prefers-color-scheme:dark" map.svg || fail "the picture lacks its texts"
if command -v xmllint >/dev/null; then
  expect 0 "the picture is well-formed" xmllint --noout map.svg
else
  echo "xmllint is not installed: that the picture is well-formed is not checked"
fi
expect 4 "picture into nowhere" "$chk" --map no/such/map.svg good
expect_text "cannot draw no/such/map.svg" "picture into nowhere"
if own_device full 1 7; then
  expect 4 "picture onto a full disk" "$chk" -q --map full good
  [ -c full ] || fail "a picture took the place of a device"
fi
expect 1 "no picture's name" "$chk" --map
expect 1 "unknown long option" "$chk" --unknown good
finish
