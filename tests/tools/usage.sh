#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/usage.sh: help, version, wrong arguments and bad paths, for each tool.
. "$(dirname "$0")/common.sh"

mkdir empty_directory
echo "this is no database, and it is longer than a header of one would be" >foreign
: >zero
for tool in $chk $copy $defrag $drop $dump $load $stat; do
  name=${tool##*/}
  expect 0 "$name -h" "$tool" -h
  expect_text "^usage: $name " "$name -h"
  "$tool" -h 2>/dev/null | cmp -s - output || fail "$name -h does not go to standard output"
  expect 0 "$name --help" "$tool" --help
  expect 0 "$name --version" "$tool" --version
  expect 0 "$name -V" "$tool" -V
  expect_text "libmdbx" "$name -V"
  expect 1 "$name without arguments" "$tool"
  expect_text "^$name: no [a-z]* given; $name --help explains the options$" "$name without arguments"
  [ "$(wc -l <output)" -eq 1 ] || fail "$name without arguments: not one line"
  "$tool" 2>/dev/null | grep -q . && fail "$name: wrong arguments are told on standard output"
  expect 1 "$name with an unknown option" "$tool" -Z x
  expect_text "unknown option -Z" "$name with an unknown option"
  expect 1 "$name with too many arguments" "$tool" a b c
done
for tool in $drop $dump $load $stat $chk; do
  expect 1 "${tool##*/} -s without a name" "$tool" -s
  expect_text "needs an argument" "${tool##*/} -s without a name"
done

long=$(awk 'BEGIN { while (i++ < 5000) printf "x" }')
for path in nothing nothing/below empty_directory foreign foreign/below "" "$long" /dev/null; do
  for tool in $defrag $drop $dump $stat; do
    expect 1 "${tool##*/} of \"$path\"" "$tool" "$path"
  done
  expect 1 "mdbx_copy of \"$path\"" "$copy" "$path" target
  [ ! -e target ] || fail "mdbx_copy of \"$path\" left a file"
  checks=$((checks + 1))
  "$chk" "$path" >output 2>&1
  code=$?
  case $code in 3 | 4) ;; *) fail "mdbx_chk of \"$path\" left with $code" ;; esac
done
expect 1 "mdbx_load into a foreign file" sh -c "printf 'a\nb\n' | '$load' -T foreign"
grep -q "no database" foreign || fail "a foreign file was changed"
expect 4 "mdbx_chk of nothing" "$chk" nothing
expect 3 "mdbx_chk of a foreign file" "$chk" foreign
expect 1 "mdbx_load of a missing file" "$load" -f nothing new
[ ! -e new ] || fail "mdbx_load made a database out of nothing"
finish
