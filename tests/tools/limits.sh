#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/limits.sh: the tools under limits of the process: with a small stack they work; with too few descriptors, addresses
# or bytes of a file they say so, and no signal ends them.
. "$(dirname "$0")/common.sh"

{ printf 'VERSION=3\nformat=print\ntype=btree\nHEADER=END\n'
  awk 'BEGIN { while (i++ < 3000) printf " key%d\n value%d%0200d\n", i, i, i }'
  echo DATA=END; } >text
expect 0 "making a database" "$load" -f text db

# under LIMIT VALUE COMMAND...: ulimit -LIMIT VALUE before the command.
under() (
  kind=$1 value=$2
  shift 2
  # shellcheck disable=SC3045
  ulimit -S -"$kind" "$value" && exec "$@"
)

# ---- a stack of 128 KiB
for command in "$stat -a db" "$chk -q db" "$dump -a -f dumped db" "$copy -c -f db copy" "$load -r -f text db2" "$defrag db2" \
  "$drop db2" "$mdbx get db key7" "$mdbx stat db" "$mdbx backup -f db full"; do
  # shellcheck disable=SC2086
  expect 0 "a small stack: ${command##*/}" under s 128 $command
done

# Ends by itself, with success or an error.
orderly() {
  what=$1
  shift
  under "$@" >output 2>&1
  code=$?
  checks=$((checks + 1))
  [ $code -le 3 ] || fail "$what: left with $code"
  [ $code -eq 0 ] || [ -s output ] || fail "$what: failed without a word"
}

# ---- descriptors: from too few to enough
for number in 4 5 6 7 8 9 20; do
  orderly "$number descriptors: mdbx_stat" n $number "$stat" -a db
  orderly "$number descriptors: mdbx_copy" n $number "$copy" -f db copy
  orderly "$number descriptors: mdbx get" n $number "$mdbx" get db key7
done
[ $code -eq 0 ] || fail "20 descriptors are not enough"

# ---- addresses, in KiB
for number in 20000 40000 80000 160000 320000; do
  orderly "$number KiB of addresses: mdbx_stat" v $number "$stat" -a db
  orderly "$number KiB of addresses: mdbx_chk" v $number "$chk" -q db
  orderly "$number KiB of addresses: mdbx_copy" v $number "$copy" -f -c db copy
  orderly "$number KiB of addresses: mdbx_load" v $number "$load" -r -f text db3
done

# ---- sizes of files, in units of 512 bytes: nobody can write the whole of it
refused() {
  what=$1
  shift
  under f 64 "$@" >output 2>&1
  code=$?
  checks=$((checks + 1))
  [ $code -ge 1 ] && [ $code -le 3 ] || fail "$what: left with $code"
  [ -s output ] || fail "$what: failed without a word"
}
refused "a limit of file sizes: mdbx_copy" "$copy" -f db copy
refused "a limit of file sizes: mdbx_dump" "$dump" -a -f dumped db
refused "a limit of file sizes: mdbx_load" "$load" -f text db4
refused "a limit of file sizes: mdbx backup" "$mdbx" backup -f db full
expect 0 "after all that" "$chk" -q db
finish
