#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/json.sh: what the tools print as JSON is what the schemas in doc/schema say, and the manual has each field with
# the same explanation. The tables of exit codes in the manual have the codes of mdbx_chk's help.
top_srcdir=$(cd "${top_srcdir:-.}" && pwd)
schema=$(cd "$(dirname "$0")" && pwd)/schema.py
. "$(dirname "$0")/common.sh"

if ! python3 -c '' 2>/dev/null; then
  echo "python3 is not there: skipped"
  exit 77
fi
"$mdbx" put -c db key value || fail "put"
if ! "$mdbx" --json count db >output 2>&1; then
  expect_text "cJSON" "a build without JSON"
  echo "this build prints no JSON: skipped"
  exit 77
fi

# fits NAME HOW LEAST WHAT COMMAND...: the output of the command fits the schema and has so many values.
fits() {
  name=$1 how=$2 least=$3 what=$4
  shift 4
  checks=$((checks + 1))
  "$@" >printed 2>messages </dev/null
  python3 "$schema" "$top_srcdir/doc/schema/$name.json" $how <printed >output 2>&1 || fail "$what does not fit $name.json"
  [ "$(tail -n 1 output)" -ge "$least" ] 2>/dev/null || fail "$what has fewer than $least values"
}

# ---- names and records of every kind
printf 'VERSION=3\nformat=bytevalue\ndatabase=numbers\ntype=btree\nintegerkey=1\nHEADER=END\n 0100000000000000\n ff00\n ffffffffffffffff\n 6100\nDATA=END\n' >text
printf 'VERSION=3\nformat=bytevalue\ndatabase_hex=ff41\ntype=btree\ndupsort=1\nHEADER=END\n 0a\n 62\n 0a\n 63\nDATA=END\n' >>text
printf 'VERSION=3\nformat=bytevalue\ndatabase=gr\303\266\303\237e\ntype=btree\nHEADER=END\n c3b6\n \nDATA=END\n' >>text
expect 0 "load" "$load" -q -f text db
fits mdbx-get lines 1 "get" "$mdbx" --json get db
fits mdbx-get lines 1 "get of numbers" "$mdbx" --json get -t numbers db
grep -q '"key":1,"value":{"hex":"ff00"}' printed || fail "get of numbers prints something else"
grep -q '"key":18446744073709551615,"value":{"hex":"6100"}' printed ||
  fail "get does not show the greatest number, or a null byte"
fits mdbx-get lines 1 "get of keys" "$mdbx" --json get -k -t numbers db
fits mdbx-get lines 1 "get of a key" "$mdbx" --json get db key
fits mdbx-count lines 1 "count" "$mdbx" --json count db
fits mdbx-count lines 2 "count of tables" "$mdbx" --json count db numbers @MAIN
fits mdbx-stat lines 5 "stat" "$mdbx" --json stat db
grep -q '"hex":"ff41"' printed || fail "stat does not show a name that is not text"
fits mdbx-stat lines 1 "stat of a table" "$mdbx" --json stat -t numbers db
fits mdbx-geometry "" 1 "geometry" "$mdbx" --json geometry db
fits mdbx-watch lines 2 "watch" "$mdbx" --json watch -i 0.01 -r 2 db

# ---- readers: one that reads, one that is parked
awk 'BEGIN { for (i = 0; i < 20000; ++i) printf "key %07d\n%0100d\n", i, i }' | "$load" -q -T db || fail "load"
mkfifo reading parked
"$mdbx" copyfd db >reading &
first=$!
exec 7<reading
"$mdbx" copyfd -p db >parked &
second=$!
exec 8<parked
tries=0
until "$mdbx" --json readers db >seen && grep -q '"state":"parked"' seen && grep -q '"state":"reading"' seen || [ $tries -ge 6000 ]; do
  tries=$((tries + 1))
  sleep 0.05
done
fits mdbx-readers lines 2 "readers" "$mdbx" --json readers db
grep -q '"state":"parked"' printed && grep -q '"state":"reading"' printed || fail "readers does not show both"
kill -9 $first $second
wait $first $second 2>/dev/null
exec 7<&- 8<&-

# ---- the checker: sound, damaged, missing, interrupted by a wrong table
fits mdbx_chk "" 1 "a check" "$chk" --json db
grep -q '"name_hex":"ff41"' printed && grep -q '"name":"größe"' printed || fail "a check does not show the names"
fits mdbx_chk "" 1 "a check of nothing" "$chk" --json nothing
fits mdbx_chk "" 1 "a check of a strange path" "$chk" --json "$(printf 'no\377thing')"
fits mdbx_chk "" 1 "a check of a missing table" "$chk" --json -s none db
pages=$(($(wc -c <db/mdbx.dat) / 4096))
page=3 damaged=0
while [ $page -lt $pages ]; do
  cp db/mdbx.dat bad
  printf '\377\376\375' | dd of=bad bs=1 seek=$((page * 4096 + 50)) conv=notrunc 2>/dev/null
  fits mdbx_chk "" 1 "a check with page $page damaged" "$chk" --json bad
  ! grep -q '"issue"' printed || damaged=$((damaged + 1))
  page=$((page + (page < 9 ? 1 : 197)))
done
checks=$((checks + 1))
[ $damaged -ge 3 ] || fail "only $damaged pages were damaged"

# ---- a schema finds what does not fit
no_fit() {
  checks=$((checks + 1))
  ! printf '%s\n' "$2" | python3 "$schema" "$top_srcdir/doc/schema/$1.json" lines >output 2>&1 || fail "$1.json accepts $2"
}
no_fit mdbx-count '{"table":"a"}'
no_fit mdbx-count '{"table":"a","records":-1}'
no_fit mdbx-count '{"table":"a","records":"1"}'
no_fit mdbx-count '{"table":"a","records":1,"more":2}'
no_fit mdbx-get '{"key":{"hex":"0"}}'
no_fit mdbx_chk '{"database":"a","tables":[{}],"problems":[],"seconds":0.5,"exit_code":0}'
no_fit mdbx_chk '{"database":"a","tables":[],"problems":[],"seconds":0.5,"exit_code":6}'

# ---- the manual: each field is a row of a table, explained in the same words
# rows PAGE: "FIELD	EXPLANATION" for each row of its tables.
rows() {
  awk '/^\.TS/ { inside = 1; next } /^\.TE/ { inside = 0; next }
    inside && sub(/\tT\{$/, "") { name = $0; text = ""; next }
    inside && $0 == "T}" { print name "\t" text; next }
    inside { text = text (text == "" ? "" : " ") $0 }' "$1" | sed 's/\\-/-/g; s/\\fB//g; s/\\fR//g'
}
for name in mdbx-get mdbx-count mdbx-stat mdbx-readers mdbx-geometry mdbx-watch mdbx_chk; do
  rows "$top_srcdir/doc/${name%-*}.1" >rows
  python3 "$schema" "$top_srcdir/doc/schema/$name.json" fields | grep -v '^hex	' >fields
  checks=$((checks + 1))
  [ -s fields ] || fail "$name.json has no fields"
  while read -r field; do
    checks=$((checks + 1))
    grep -q -x -F -- "$field" rows || fail "the manual has no row \"$field\""
  done <fields
done
for page in "$top_srcdir"/doc/*.1; do
  checks=$((checks + 1))
  sed -n '/^\.SH EXIT STATUS/,$p' "$page" >status
  rows status | grep -q '^1	' || fail "$page has no table of exit codes"
done
sed -n '/^\.SH EXIT STATUS/,$p' "$top_srcdir/doc/mdbx_chk.1" >status
rows status | cut -f 1 | sort >codes
"$chk" -h | tr '\n' ' ' | sed 's/.*Exit codes: //' | tr ',' '\n' | sed -n 's/^ *\([0-9]\).*/\1/p' | sort | cmp -s - codes ||
  fail "mdbx_chk(1) and its help have other exit codes"
finish
