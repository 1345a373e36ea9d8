#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/recovery.sh: mdbx_chk looks at the snapshot of each meta page, and goes back to one.
. "$(dirname "$0")/common.sh"

# value TEXT: the database holds one record with it, in a commit of its own.
value() {
  printf 'key\n%s\n' "$1" | "$load" -q -T db || fail "cannot load $1"
}
# shows TEXT WHAT
shows() {
  expect 0 "$2" "$dump" -p db
  expect_text " $1\$" "$2"
}
# Ids of the meta pages (the first bytes of each) and their numbers, the newest first.
meta_ids() {
  for slot in 0 1 2; do
    echo "$(od -An -t u8 -j $((slot * 4096)) -N 8 db/mdbx.dat | tr -d ' ') $slot"
  done | sort -rn
}

value first
for number in 1 2 3 4 5 6; do
  value "value-$number"
done
newest=$(meta_ids | sed -n '1s/.* //p')
before=$(meta_ids | sed -n '2s/.* //p')
shows value-6 "the newest commit"
cp -r db kept

expect 0 "check of the newest meta page" "$chk" "-$newest" db
expect 0 "check of the one before" "$chk" -v "-$before" db
for slot in 0 1 2; do
  "$chk" -q "-$slot" db >output 2>&1
  code=$?
  checks=$((checks + 1))
  [ $code -le 2 ] || fail "check of meta page $slot left with $code"
done
expect_same db/mdbx.dat kept/mdbx.dat "a check of a meta page changed the file"

expect 1 "turning without -w" "$chk" "-$before" -t db
expect 1 "turning without a meta page" "$chk" -w -t db
expect_text "need -w" "turning without a meta page"
expect_same db/mdbx.dat kept/mdbx.dat "a refused turn changed the file"

expect 0 "turning to the one before" "$chk" -w "-$before" -t db
expect_text "Meta page $before is the newest now" "turning"
shows value-5 "after turning back"
expect 0 "check after turning" "$chk" db
value later
shows later "a commit after turning"
expect 0 "check after a commit" "$chk" -w db

# A damaged page in the snapshot before the newest: -t leaves it, -T does it all the same.
rm -rf db
cp -r kept db
damaged=
page=3
pages=$(($(wc -c <db/mdbx.dat) / 4096))
while [ $page -lt $pages ]; do
  cp kept/mdbx.dat db/mdbx.dat
  printf '\377\376\375\374' | dd of=db/mdbx.dat bs=1 seek=$((page * 4096 + 36)) conv=notrunc 2>/dev/null
  "$chk" -q "-$before" db >/dev/null 2>&1
  [ $? -eq 2 ] && damaged=$page && break
  page=$((page + 1))
done
[ -n "$damaged" ] || fail "no page of the snapshot before the newest was found"
cp db/mdbx.dat damaged
expect 2 "turning to a damaged snapshot" "$chk" -w "-$before" -t db
expect_text "was not made the newest" "turning to a damaged snapshot"
expect_same db/mdbx.dat damaged "a turn that was not made changed the file"
expect 2 "turning to it anyway" "$chk" -w "-$before" -T db
expect_text "Meta page $before is the newest now" "turning anyway"

# A damaged meta page.
cp kept/mdbx.dat db/mdbx.dat
printf '\377\376\375\374' | dd of=db/mdbx.dat bs=1 seek=$((before * 4096 + 60)) conv=notrunc 2>/dev/null
expect 2 "a damaged meta page" "$chk" "-$before" db
expect 0 "going on from the newest" "$chk" -w "-$newest" -t db
shows value-6 "the newest commit"

expect 0 "warming up" "$chk" -u -v db
expect_text "warmed up" "warming up"
expect 0 "warming up and locking" "$chk" -U db
finish
