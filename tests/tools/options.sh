#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/options.sh: the tables of options in doc/migration.md, the help of each tool, its manual page and the options
# that it accepts agree; what the tables say of LMDB's tools is what LMDB's tools say.
top_srcdir=$(cd "${top_srcdir:-.}" && pwd)
. "$(dirname "$0")/common.sh"

table=$top_srcdir/doc/migration.md

# rows TOOL: "OPTION LMDB LIBMDBX" for each row of its table.
rows() {
  awk -F ' *[|] *' -v heading="### $1" '
    /^##/ { inside = $0 == heading; next }
    inside && /^[|] `-/ { gsub(/`/, "", $2); print $2, $3, $4 }' "$table"
}
# helped TOOL: the options in its help.
helped() {
  "$1" -h | awk '/^ +-/ {
    sub(/^ +/, "")
    sub(/  .*/, "")
    count = split($0, part, /[ ,]+/)
    for (i = 1; i <= count; ++i) if (part[i] ~ /^--?[A-Za-z0-9]/) print part[i]
  }' | sort -u
}

for tool in $chk $copy $defrag $drop $dump $load $stat; do
  name=${tool##*/}
  rows "$name" >rows
  cut -d ' ' -f 1 rows | sort >told
  # A long name of an option that has a letter needs no row.
  helped "$tool" | grep -v -x -e --no-verify >offered
  checks=$((checks + 1))
  [ "$(wc -l <rows)" -ge 6 ] || fail "$name has no table in doc/migration.md"
  diff told offered >output || fail "$name: doc/migration.md (<) and -h (>) have other options"
  checks=$((checks + 1))
  ! grep -v -E '^-[^ ]+ (yes|no) (yes|no)$' rows >output || fail "$name: a row says neither yes nor no"
  # The manual page has each of them.
  for option in $(cat offered); do
    checks=$((checks + 1))
    escaped=$(printf '%s\n' "$option" | sed 's/-/\\-/g')
    grep -F -q -- "$escaped" "$top_srcdir/doc/$name.1" || fail "$name(1) does not have $option"
  done
  # Each is known; it may fail for want of an argument or of a database.
  for option in $(grep -x -e '-.' offered | grep -v -x -e -h -e -V); do
    checks=$((checks + 1))
    "$tool" "$option" >output 2>&1 </dev/null
    ! grep -q "unknown option" output || fail "$name does not know $option"
  done
  # LMDB's tool, of whatever version: "[-V] [-f output] [-r[r]] [-a|-s subdb]".
  other=mdb_${name#mdbx_}
  if command -v "$other" >/dev/null; then
    for option in $("$other" 2>&1 | grep -o -e '-[A-Za-z]' | sort -u); do
      checks=$((checks + 1))
      grep -q -e "^$option yes " rows || fail "$name: doc/migration.md does not say that LMDB has $option"
    done
  fi
done
finish
