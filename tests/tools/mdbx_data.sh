#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/mdbx_data.sh: records through mdbx: get, put, del, edit, drop; forms of keys and values.
. "$(dirname "$0")/common.sh"

expect 1 "put into nothing" "$mdbx" put db a 1
[ ! -e db ] || fail "put made a database"
expect 0 "put --create" "$mdbx" put --create db a 1
for pair in b:2 c:3 ca:4 d:5; do
  "$mdbx" put db "${pair%:*}" "${pair#*:}" || fail "put $pair"
done
expect 0 "get" "$mdbx" get db c
expect_line 3 "get"
expect 1 "get of what is not there" "$mdbx" get db a zz b
expect_text "has no key zz" "get of what is not there"
expect_text "^2$" "get goes on behind what is not there"
tab=$(printf '\t')
expect 0 "all" "$mdbx" get db
printf 'a\t1\nb\t2\nc\t3\nca\t4\nd\t5\n' | cmp -s - output || fail "all records"
expect 0 "keys" "$mdbx" get -k db
printf 'a\nb\nc\nca\nd\n' | cmp -s - output || fail "all keys"
expect 0 "reverse" "$mdbx" get db --reverse --limit 2
printf 'd\t5\nca\t4\n' | cmp -s - output || fail "the last two"
expect 0 "bounds" "$mdbx" get db --from b --to c
printf 'b\t2\nc\t3\n' | cmp -s - output || fail "bounds"
expect 0 "bounds backwards" "$mdbx" get db --from b --to caa -r
printf 'ca\t4\nc\t3\nb\t2\n' | cmp -s - output || fail "bounds backwards"
expect 0 "prefix" "$mdbx" get db --prefix c
printf 'c\t3\nca\t4\n' | cmp -s - output || fail "prefix"
expect 0 "prefix backwards" "$mdbx" get db --prefix c -r -l 1
expect_line "ca${tab}4" "prefix backwards"

# Nothing but the keys that begin so is read: what is far behind and before them is damaged.
awk 'BEGIN { printf "%5000s", "" }' | tr " " "#" >large
for key in 0 zz; do
  expect 0 "put" "$mdbx" put -c -f large wide $key
done
for key in 1 2 p1 p2 p3 q; do
  expect 0 "put" "$mdbx" put wide $key $key
done
for place in $(LC_ALL=C grep -abo '#\{5000\}' wide/mdbx.dat | cut -d : -f 1); do
  printf 'damaged' | dd of=wide/mdbx.dat bs=1 seek=$((place / 4096 * 4096)) conv=notrunc 2>/dev/null
done
expect 1 "the last record, damaged" "$mdbx" get wide -r -l 1
expect 0 "a prefix in the middle" "$mdbx" get wide --prefix p
printf 'p1\tp1\np2\tp2\np3\tp3\n' | cmp -s - output || fail "a prefix in the middle"
expect 1 "the record before it, damaged" "$mdbx" get wide -r --to p1
expect 0 "a prefix in the middle, backwards" "$mdbx" get wide --prefix p -r
printf 'p3\tp3\np2\tp2\np1\tp1\n' | cmp -s - output || fail "a prefix in the middle, backwards"
expect 0 "a prefix nothing begins with, backwards" "$mdbx" get wide --prefix pq -r
[ ! -s output ] || fail "a prefix nothing begins with, backwards"

# Bytes that cannot be greater, several values, and orders in which keys with a prefix do not lie together.
for pair in 61fe:1 61ff:2 61ffff:3 62:4 ffff:5; do
  expect 0 "put" "$mdbx" put -c -F dupsort -t edges --key-format hex kinds "${pair%:*}" "${pair#*:}"
done
expect 0 "put" "$mdbx" put -t edges --key-format hex kinds 61ff 22
expect 0 "a prefix with ff" "$mdbx" get -t edges --key-format hex --text kinds -p 61ff -r
printf 'a\\ff\\ff\t3\na\\ff\t22\na\\ff\t2\n' | cmp -s - output || fail "a prefix with ff"
expect 0 "a prefix of ff" "$mdbx" get -t edges --key-format hex --text kinds -p ff -r
expect_line "\\ff\\ff${tab}5" "a prefix of ff"
expect 0 "every prefix" "$mdbx" get -t edges kinds -p "" -r
[ "$(wc -l <output)" -eq 6 ] || fail "every prefix: not six records"
for key in ab ba aa bb; do
  expect 0 "put" "$mdbx" put -c -F reversekey -t reversed kinds $key 1
done
expect 0 "a prefix of reversed keys" "$mdbx" get -k -t reversed kinds -p a
printf 'aa\nab\n' | cmp -s - output || fail "a prefix of reversed keys"
expect 0 "a prefix of reversed keys, backwards" "$mdbx" get -k -t reversed kinds -p a -r
printf 'ab\naa\n' | cmp -s - output || fail "a prefix of reversed keys, backwards"

expect 1 "put -N over a key" "$mdbx" put -N db a other
expect_text "has the key a already" "put -N over a key"
expect 1 "append before the end" "$mdbx" put -a db aa 1
expect 0 "append" "$mdbx" put -a db e 6
expect 1 "del of another value" "$mdbx" del db e 7
expect_text "with that value" "del of another value"
expect 0 "del of a value" "$mdbx" del db e 6
expect 1 "del twice" "$mdbx" del db e
expect_text "has no key e" "del twice"

# ---- bytes that are no text
printf 'one\ntwo\000\377' >bytes
expect 0 "put of a file" "$mdbx" put -f bytes db file
"$mdbx" get --raw db file >got
expect_same got bytes "a value from a file"
expect 0 "put of standard input" sh -c "'$mdbx' put -f - db stdin <bytes"
"$mdbx" get -R db stdin | cmp -s - bytes || fail "a value from standard input"
expect 0 "hex" "$mdbx" get --hex db file
expect_line 6f6e650a74776f00ff "hex"
expect 0 "escaped" "$mdbx" get db -p file
expect_line "file${tab}one\\0atwo\\00\\ff" "control characters in a list"
expect 0 "put of hex" "$mdbx" put db --key-format hex --value-format hex 00ff 0xC3a4
expect 0 "get of hex" "$mdbx" get db --key-format hex 00ff
expect_line "ä" "a value given in hex"
for wrong in 0 0g xyz; do
  expect 1 "hex \"$wrong\"" "$mdbx" get db --key-format hex "$wrong"
  expect_text "is not hexadecimal" "hex \"$wrong\""
done
expect 1 "a missing file" "$mdbx" put -f nothing db x
expect_text "cannot read nothing" "a missing file"
expect 1 "get of what a failed put would have made" "$mdbx" get db x
expect 1 "an empty key to a table that allows it" "$mdbx" get db ""
expect 0 "a value that looks like an option" "$mdbx" put db -- minus -5
expect 0 "it" "$mdbx" get db minus
expect_line -5 "a value that looks like an option"

# ---- integers
expect 0 "a table of integers" "$mdbx" -t int put -F integerkey db 300 a
"$mdbx" -t int put db 18446744073709551615 b || fail "the largest key"
"$mdbx" -t int put db 5 c || fail "a small key"
expect 0 "integers" "$mdbx" get -t int db
printf '5\tc\n300\ta\n18446744073709551615\tb\n' | cmp -s - output || fail "integers in their order"
for wrong in 18446744073709551616 -1 5x ""; do
  expect 1 "the number \"$wrong\"" "$mdbx" -t int put db -- "$wrong" x
  expect_text "is no number from 0 to" "the number \"$wrong\""
done
expect 0 "short integers" "$mdbx" -t int32 put -F integerkey --key-format u32 db 70000 a
expect 0 "a short integer without saying so" "$mdbx" -t int32 get db 70000
expect_line a "a short integer"
expect 1 "a long one among them" "$mdbx" -t int32 put --key-format u64 db 70000 a
expect 0 "integer values" "$mdbx" -t dups put -F integerdup --value-format u64 db k 1000
expect 0 "another" "$mdbx" -t dups put db k 256
expect 0 "values" "$mdbx" -t dups get db k
printf '256\n1000\n' | cmp -s - output || fail "integer values in their order"
expect 0 "del of one" "$mdbx" -t dups del db k 256
expect 0 "what is left" "$mdbx" -t dups get db k
expect_line 1000 "what is left"

expect 0 "tables are no records" "$mdbx" get db
grep -q '^int' output && fail "get shows tables as records"

# ---- JSON
"$mdbx" get --json db a >output 2>&1
if grep -q "was not built in" output; then
  echo "without JSON"
else
  expect_line '{"key":"a","value":"1"}' "JSON"
  expect 0 "JSON of bytes" "$mdbx" get --json db file
  expect_line '{"key":"file","value":{"hex":"6f6e650a74776f00ff"}}' "JSON of bytes"
  expect 0 "JSON of integers" "$mdbx" get --json -t int db --limit 1
  expect_line '{"key":5,"value":"c"}' "JSON of integers"
  expect 0 "JSON of statistics" "$mdbx" stat --json -t int db
  expect_text '"records":3' "JSON of statistics"
  for command in geometry "watch -i 0.01 -r 1"; do
    expect 0 "JSON of $command" "$mdbx" $command --json db
    [ "$(wc -l <output)" -eq 1 ] || fail "JSON of $command is not one line"
  done
fi

# ---- edit
printf content >content
expect 0 "edit" "$mdbx" edit db --set a=A --set "x=y=z" --add a=no --add new=yes --delete b --delete none \
  --set-file f=content --add-file f=bytes --add-file g=content
expect_line "5 stored, 2 kept as they were, 1 deleted, 1 not there" "edit"
for pair in a:A x:y=z new:yes f:content g:content; do
  expect 0 "get ${pair%%:*}" "$mdbx" get db "${pair%%:*}"
  expect_line "${pair#*:}" "edit of ${pair%%:*}"
done
expect 1 "b is gone" "$mdbx" get db b
expect 1 "edit that fails" "$mdbx" edit db --set half=done --set-file x=nothing
expect 1 "all of it fails" "$mdbx" get db half

# ---- drop
expect 0 "drop" "$mdbx" drop -t int db
expect_text "int was emptied: 3 records are gone" "drop"
expect 0 "the empty table" "$mdbx" get -t int db
[ ! -s output ] || fail "an emptied table has records"
expect 0 "drop -d" "$mdbx" drop -d -t int db
expect 1 "drop of what is not there" "$mdbx" drop -d -t int db
expect_text "there is no table int" "drop of what is not there"
expect 1 "deleting the main table" "$mdbx" drop -d db
expect_text "cannot be deleted" "deleting the main table"
expect 0 "mdbx_drop -d" "$drop" -d -s int32 db
expect 1 "mdbx_drop of what is not there" "$drop" -s int32 db
expect 0 "mdbx_drop -q" "$drop" -q -s dups db
[ ! -s output ] || fail "mdbx_drop -q talks"
expect 0 "mdbx_drop of everything" "$drop" db
expect 0 "nothing is left" "$mdbx" get db
[ ! -s output ] || fail "records are left"
expect 0 "check" "$chk" -q db
finish
