#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/mdbx_disk.sh: full disks and closed pipes: a message, an exit code, and nothing left behind.
. "$(dirname "$0")/common.sh"

awk 'BEGIN { for (i = 0; i < 20000; ++i) printf "key %07d\n%0100d\n", i, i }' | "$load" -q -T db
"$mdbx" dump -o text db
"$mdbx" dump --cdb -q db @MAIN=main.cdbmake

# ---- closed pipes
for command in "get db" "dump db" "dump --cdb db @MAIN=-" "copyfd db"; do
  checks=$((checks + 1))
  { "$mdbx" $command 2>message; echo $? >code; } | head -c 10 >head
  [ "$(cat code)" -eq 1 ] || fail "mdbx $command into a closed pipe left with $(cat code)"
  grep -q "Broken pipe" message || fail "mdbx $command into a closed pipe said: $(cat message)"
done
checks=$((checks + 1))
{ "$mdbx" watch -i 0.01 db 2>message; echo $? >code; } | head -n 1 >head
[ "$(cat code)" -eq 1 ] || fail "a watch into a closed pipe left with $(cat code)"

# ---- a device that is always full
if own_device full 1 7; then
  for command in get stat geometry dump "watch -r 1 -i 0.01" help; do
    [ "$command" = help ] && set -- help || set -- $command db
    checks=$((checks + 1))
    "$mdbx" "$@" >full 2>output
    [ $? -eq 1 ] || fail "$command to a full device left with another code"
    expect_text "No space left" "$command to a full device"
  done
fi

# ---- a small file system
mkdir small
umount_small() {
  umount small 2>/dev/null
}
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=1m none small 2>/dev/null; then
  trap 'umount_small; rm -rf "$work"' EXIT
  expect 1 "mdbx_dump to a full disk" "$dump" -f small/dump db
  [ ! -e small/dump ] || fail "mdbx_dump left half a dump on a full disk"
  # Room for the lock file only.
  dd if=/dev/zero of=small/filler bs=4096 count=252 2>/dev/null
  expect 1 "mdbx_load onto a full disk" "$load" -q -n -f text small/loaded
  [ ! -e small/loaded ] || fail "mdbx_load left an empty file on a full disk"
  rm -f small/*
  try() {
    what=$1
    shift
    expect 1 "$what on a full disk" "$@"
    grep -q "No space left\|MDBX_UNABLE_EXTEND\|cannot be written" output || fail "$what on a full disk: no such message"
    left=$(ls -A small)
    [ -z "$left" ] || fail "$what on a full disk left $left"
    rm -rf small/*
  }
  try copy "$mdbx" copy db small/copy
  try backup "$mdbx" backup db small/copy
  try increment "$mdbx" backup --since 1 db small/increment
  try rewrite "$mdbx" rewrite db small/new
  try load "$mdbx" load small/new text
  try restore "$mdbx" restore -c small/new @MAIN=main.cdbmake
  try dump "$mdbx" dump -o small/text db
  try "dump --cdb" "$mdbx" dump --cdb db @MAIN=small/text
  if command -v mdb_load >/dev/null && command -v mdb_dump >/dev/null; then
    mkdir theirs
    "$mdbx" dump -x db | mdb_load theirs 2>/dev/null
    try import "$mdbx" import theirs small/new
  else
    echo "LMDB's tools are not installed: an import is not tried"
  fi
  # What is there stays as it is.
  "$mdbx" put -c small/db k v
  "$mdbx" dump -o before small/db
  head -c 2000000 /dev/zero >large
  expect 1 "a large value" "$mdbx" put -f large small/db large
  "$mdbx" dump small/db >after
  grep -v '^geometry' before >before.records
  grep -v '^geometry' after | cmp -s - before.records || fail "a failed put changed the database"
  umount_small
else
  echo "no small file system could be mounted: that part is skipped"
fi

# ---- a name that leaves no room for the ending of a temporary one
printf 'k\nv\n' | "$load" -q -T -n small.db || fail "load for a copy"
long=$(printf '%0245d' 0)
expect 1 "a backup with a name that is too long" "$mdbx" backup small.db "$long"
checks=$((checks + 1))
[ "$(grep -c . output)" -eq 1 ] || fail "more is said than that the name is too long"

# ---- a signal while a copy is made
mkfifo slow
awk 'BEGIN { for (i = 0; i < 4; ++i) print "VERSION=3\nformat=print\ntype=btree\nHEADER=END" }' >header
"$mdbx" load interrupted <slow >output 2>&1 &
loading=$!
exec 7>slow
head -n 4 header >&7
printf ' k\n v\n' >&7
while ! ls -d interrupted.partial-* >/dev/null 2>&1 && kill -0 $loading 2>/dev/null; do
  sleep 0.05
done
checks=$((checks + 1))
ls -d interrupted.partial-* >/dev/null 2>&1 || fail "no temporary name"
kill -INT $loading
# It may be gone by then.
(trap '' PIPE && printf ' l\n w\n' >&7) 2>/dev/null
exec 7>&-
checks=$((checks + 1))
wait $loading && fail "an interrupted load is a success"
ls -d interrupted* >/dev/null 2>&1 && fail "an interrupted load left something behind"
finish
