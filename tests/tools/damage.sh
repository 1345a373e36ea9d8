#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/damage.sh: the checker finds a changed byte in any page in use, and no tool falls over it.
. "$(dirname "$0")/common.sh"

awk 'BEGIN {
  print "VERSION=3\nformat=print\ntype=btree\ndb_pagesize=4096\ngeometry=l65536,c65536,u16777216,s131072,g65536\nHEADER=END"
  for (i = 0; i < 400; ++i) printf " key %05d\n a value of some length, number %d, to fill pages\n", i, i
  printf " large\n "; for (i = 0; i < 20000; ++i) printf "x"
  print "\nDATA=END\nVERSION=3\nformat=print\ndatabase=named\ntype=btree\nHEADER=END"
  for (i = 0; i < 200; ++i) printf " %d\n %d\n", i, i
  print "DATA=END"
}' >input
expect 0 "load" "$load" -q -f input good
expect 0 "check" "$chk" -q good
expect 0 "statistics" "$stat" -e good
pages=$(awk '/Number of pages used/ { print $NF }' output)
used=$("$stat" -f good | awk '/^  Used:/ { print $2 }')
[ "${pages:-0}" -gt 10 ] || fail "only ${pages:-no} pages to damage"

# no_crash TOOL ARGUMENT...: any exit code of its own will do.
no_crash() {
  checks=$((checks + 1))
  "$@" >output 2>&1
  code=$?
  [ $code -le 5 ] || fail "page $page: $* left with $code"
}

found=0
page=0
while [ $page -lt "$pages" ]; do
  rm -rf bad
  mkdir bad
  cp good/mdbx.dat bad/mdbx.dat
  # The first bytes behind the header of the page.
  printf '\377\376\375\374' | dd of=bad/mdbx.dat bs=1 seek=$((page * 4096 + 36)) conv=notrunc 2>/dev/null
  no_crash "$chk" bad
  [ $code -ne 0 ] && [ $page -gt 2 ] && found=$((found + 1))
  no_crash "$stat" -a -e -fff -r bad
  no_crash "$dump" -a -f out bad
  no_crash "$dump" -r -a -f out bad
  no_crash "$copy" -q -f bad copied
  no_crash "$copy" -q -f -c bad copied
  page=$((page + 1))
done
# The pages in use but for the metas; free ones may hold anything.
checks=$((checks + 1))
[ "$found" -ge $((used - 3)) ] || fail "damage was found in $found of $((used - 3)) pages"
finish
