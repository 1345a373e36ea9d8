#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/completion.sh: what bash completes for mdbx, the classic tools and mdbx-lmdb.
: "${top_srcdir:=.}"
file=$(cd "$top_srcdir" && pwd)/tools/completion/mdbx
. "$(dirname "$0")/common.sh"

if ! command -v bash >/dev/null; then
  echo "bash is not there: skipped"
  exit 77
fi
PATH=${mdbx%/*}:${stat%/*}:$PATH
"$mdbx" put -c db k v
"$mdbx" -t people put -c db k v
"$mdbx" -t places put -c db k v

# completed WORD...: the candidates for the last word, on one line.
completed() {
  bash --norc -c '
    . "$0"
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    function_of=$(complete -p "$1" | sed "s/.*-F \([^ ]*\) .*/\1/")
    "$function_of" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>/dev/null
    printf "%s\n" "${COMPREPLY[@]}" | LC_ALL=C sort | tr "\n" " "' "$file" "$@" >output 2>&1
}

gives() {
  wanted=$1
  shift
  checks=$((checks + 1))
  completed "$@"
  [ "$(cat output)" = "$wanted" ] || fail "\"$*\" is not completed to \"$wanted\""
}

has() {
  wanted=$1
  shift
  checks=$((checks + 1))
  completed "$@"
  grep -q -e "\(^\| \)$wanted " output || fail "\"$*\" is not completed to \"$wanted\""
}

gives "geometry get " mdbx ge
gives "readers restore rewrite " mdbx -q re
gives "geometry get " mdbx help ge
gives "people places " mdbx get db -t p
gives "people " mdbx get db --table pe
gives "--lower " mdbx geometry db --low
gives "--set --set-file " mdbx edit --set
gives "--help --hex " mdbx get --he
gives "u32 u64 " mdbx get --key-format u
gives "db " mdbx get d
gives "db " mdbx count d
gives "people places " mdbx count db p
has "-r" mdbx get -
has "-v" mdbx chk -
gives "people places " mdbx_dump db -s p
has "-d" mdbx_drop -
has "-T" mdbx_defrag -
has "-s" mdbx_stat -
has "db" mdbx_copy ""
gives "--help --progress --version " mdbx_defrag --
for tool in mdbx_drop mdbx_dump mdbx_load mdbx_stat; do
  gives "--help --version " $tool --
  gives " " $tool db --
done
gives "--help --no-verify --progress --version " mdbx_copy --
gives "--help --json --map --version " mdbx_chk --
gives "--json --map " mdbx_chk db --

gives "--help --libdir --version " mdbx-lmdb --
gives "--libdir " mdbx-lmdb --l
has "mdbx_stat" mdbx-lmdb mdbx_st
has "mdbx_stat" mdbx-lmdb -- mdbx_st
gives "db " mdbx-lmdb mdbx_stat d
gives "db " mdbx-lmdb -- mdbx_stat d
# A package for completion has a function that completes what stands behind a word.
sed 's/^complete -F _mdbx mdbx$/_command_offset() { COMPREPLY=("from $1"); }\n&/' "$file" >with_package
file=$work/with_package
gives "from 1 " mdbx-lmdb mdbx_stat d
gives "from 2 " mdbx-lmdb -- mdbx_stat d
finish
