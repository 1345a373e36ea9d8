#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/badinput.sh: every tool, and every subcommand of mdbx, with every kind of path that is no database to use:
# a message that begins with the name of the tool and has the path, a code that says so, nothing written anywhere.
# Then what they write to: closed, full, forbidden; and what they are called with.
[ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || TMPDIR=/dev/shm
. "$(dirname "$0")/common.sh"

# ---- what they are given
printf 'k\nv\n' | "$load" -q -T db || fail "load"
"$dump" -a -f text db || fail "dump"
"$copy" -q db whole || fail "copy"
printf 'k\nw\n' | "$load" -q -T db || fail "load again"
"$mdbx" -q backup --since-copy whole db increment >/dev/null || fail "increment"
"$mdbx" -q dump --cdb db @MAIN=cdbmake || fail "dump in the format of cdbmake"

mkdir -p paths/directory paths/of_lmdb paths/empty_data paths/cut
echo "this is no database, and it is longer than a header of one would be" >paths/text
: >paths/empty
head -c 8192 /dev/zero >paths/zeros
{ head -c 16 /dev/zero; printf '\336\300\357\276\001\000\000\000'; head -c 8168 /dev/zero; } >paths/of_lmdb/data.mdb
cp paths/of_lmdb/data.mdb paths/lmdb_file
: >paths/empty_data/mdbx.dat
head -c 20000 db/mdbx.dat >paths/cut/mdbx.dat
ln -s nowhere paths/dangling
ln -s circle paths/circle

# Of each command: @ is the path.
readers='
$chk @
$chk -v @
$chk --map target @
$stat @
$stat -a -e -f -r @
$copy @ target
$copy -c @ target
$copy @ -
$dump @
$dump -a -f target @
$dump -r -f target @
$mdbx get @
$mdbx get @ k
$mdbx stat @
$mdbx readers @
$mdbx geometry @
$mdbx warm @
$mdbx copy @ target
$mdbx copyfd @
$mdbx backup @ target
$mdbx backup --since 1 @ target
$mdbx backup --since-copy @ db target
$mdbx dump @
$mdbx dump -o target @
$mdbx rewrite @ target
$mdbx watch -r 1 -i 0.01 @
$mdbx chk @
'
writers='
$chk -w @
$drop @
$defrag @
$mdbx put @ k v
$mdbx del @ k
$mdbx edit @ --set k=v
$mdbx drop @
$mdbx geometry @ --upper 1M
$mdbx defrag @
$mdbx apply @ increment
'
# These make a database where there is none: only what is something else is refused.
makers='
$load -f text @
$load -r -f text @
$load -n -f text @
$mdbx put -c @ k v
$mdbx load @ text
$mdbx restore -c @ @MAIN=cdbmake
'
sources='
$load -f @ target
$mdbx load target @
$mdbx restore -c target @MAIN=@
$mdbx apply whole @
'

# What is cut off is a database all the same: it may have a lock file.
state_of() {
  (cd paths && find . -type f ! -path ./cut/mdbx.lck -exec cksum {} + && find . ! -path ./cut/mdbx.lck) 2>/dev/null | LC_ALL=C sort
}
state_of >before
cksum <whole >whole.before

# refused COMMAND-LINE PATH WHAT [PREFIX...]: that command fails as it should.
refused() {
  line=$1 path=$2 what=$3
  shift 3
  checks=$((checks + 1))
  command_line "$line"
  eval "set -- \"\$@\" $command"
  "$@" >answer 2>output </dev/null
  code=$?
  case $line in
  *chk*) wanted="2 3 4" ;;
  *) wanted=1 ;;
  esac
  case " $wanted " in
  *" $code "*) ;;
  *) fail "$what: $line left with $code" ;;
  esac
  sane "$what: $line"
  tool=${line%% *}
  tool=mdbx_${tool#?}
  case $line in
  '$mdbx chk'*) tool=mdbx_chk ;;
  '$mdbx '*) tool=${line#* } && tool="mdbx ${tool%% *}" ;;
  esac
  hear
  case $said in
  *"$line_feed$tool: "?*) ;;
  *"${line_feed}mdbx: "?*) [ "${tool%% *}" = mdbx ] || fail "$what: $line does not say who speaks" ;;
  *) fail "$what: $line does not say who speaks" ;;
  esac
  case $said in
  *"$path"*) ;;
  *) fail "$what: $line does not name $path" ;;
  esac
  gone target "$what: $line"
}

# all LIST PATH [PREFIX...]
all() {
  list=$1 at=$2
  shift 2
  old_ifs=$IFS
  IFS='
'
  for each in $list; do
    IFS=$old_ifs
    refused "$each" "$at" "$at" "$@"
  done
  IFS=$old_ifs
}

# unchanged WHAT
unchanged() {
  checks=$((checks + 1))
  state_of | cmp -s - before || { state_of | diff before - >output; fail "$1: something was changed"; state_of >before; }
  cksum <whole | cmp -s - whole.before || fail "$1: a copy was changed"
}

for path in paths/missing paths/missing/below paths/text paths/text/below paths/empty paths/zeros paths/directory \
  paths/of_lmdb paths/lmdb_file paths/empty_data paths/cut paths/dangling paths/circle /dev/null; do
  all "$readers" "$path"
  all "$writers" "$path"
  unchanged "$path"
done
for path in paths/text paths/zeros paths/lmdb_file paths/cut paths/circle paths/missing/below paths/text/below; do
  all "$makers" "$path"
  unchanged "$path"
done
for path in paths/missing paths/text paths/empty paths/zeros paths/directory paths/lmdb_file paths/circle; do
  all "$sources" "$path"
  unchanged "$path"
done

# ---- a broken dump: neither a new database nor one in a directory or file that was there stays behind
mkdir paths/place
: >paths/place_file
state_of >before
printf 'VERSION=3\nformat=print\nHEADER=END\n k\n v\n half\n' >broken
printf 'VERSION=3\nformat=print\nHEADER=END\n k\n v\nDATA=END\nVERSION=3\nformat=none\n' >broken2
for text in broken broken2; do
  for place in paths/place paths/missing paths/missing.file; do
    for line in '$load -f' '$load -q -f' '$load -n -f'; do
      checks=$((checks + 1))
      [ "$place" != paths/place ] || [ "$line" != '$load -n -f' ] || continue
      eval "$line" $text "$place" >output 2>&1 && fail "$line of a broken dump into $place is a success"
      grep -q "^mdbx_load: $text: line [0-9]*: " output || fail "$line: the line is not named"
      unchanged "$line of a broken dump into $place"
    done
    "$mdbx" load "$place" $text >output 2>&1 && fail "mdbx load of a broken dump into $place is a success"
    grep -q "^mdbx load: $text: line [0-9]*: " output || fail "mdbx load: the line is not named"
    unchanged "mdbx load of a broken dump into $place"
  done
done
# What was there before stays with what it has, and what could be rescued too.
"$copy" -q -f db kept
"$load" -f broken kept >output 2>&1 && fail "a broken dump into a database is a success"
expect 0 "the database into which a broken dump was loaded" "$chk" -q kept
expect 1 "rescue of a broken dump" "$load" -r -f broken rescued
expect 0 "what was rescued" "$mdbx" get rescued k
rm -rf rescued kept*

# ---- permission: as another user
nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
# Somebody else must get to the programs: to copies of them.
mkdir bin
cp "$chk" "$copy" "$defrag" "$drop" "$dump" "$load" "$mdbx" "$stat" bin
cp "$top_builddir"/.libs/libmdbx.so* bin 2>/dev/null
chmod 755 . bin bin/*
if [ "$(id -u)" -eq 0 ] && LD_LIBRARY_PATH=$work/bin $nobody bin/mdbx_stat -h >/dev/null 2>&1; then
  chk=$work/bin/mdbx_chk copy=$work/bin/mdbx_copy defrag=$work/bin/mdbx_defrag drop=$work/bin/mdbx_drop
  dump=$work/bin/mdbx_dump load=$work/bin/mdbx_load mdbx=$work/bin/mdbx stat=$work/bin/mdbx_stat
  PATH=$work/bin:$PATH
  LD_LIBRARY_PATH=$work/bin:$LD_LIBRARY_PATH
  chmod 700 paths/directory
  chmod 755 db && chmod 666 db/*
  mkdir paths/locked paths/forbidden paths/readonly
  cp db/mdbx.dat paths/locked && chmod 755 paths/locked && chmod 600 paths/locked/mdbx.dat
  cp db/mdbx.dat paths/forbidden && chmod 700 paths/forbidden
  cp db/mdbx.dat paths/readonly && chmod 755 paths/readonly && chmod 644 paths/readonly/mdbx.dat
  state_of >before
  for path in paths/locked paths/forbidden; do
    all "$readers" $path $nobody
    all "$writers" $path $nobody
    all "$makers" $path $nobody
    unchanged "$path for somebody else"
  done
  all "$writers" paths/readonly $nobody
  unchanged "a database that somebody else may only read"
  for line in '$copy db @' '$copy -c db @' '$dump -f @ db' '$mdbx copy db @' '$mdbx backup db @' '$mdbx dump -o @ db' \
    '$mdbx rewrite db @' '$load -f text @' '$mdbx load @ text' '$mdbx put -c @ k v' '$mdbx restore -c @ @MAIN=cdbmake'; do
    refused "$line" paths/readonly/new "a place where nothing may be made" $nobody
  done
  unchanged "a place where nothing may be made"
else
  echo "not another user: that part is skipped"
fi

# ---- file systems: read-only, and full
mkdir small
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=256k none small 2>/dev/null; then
  trap 'umount small 2>/dev/null; rm -rf "$work"' EXIT
  awk 'BEGIN { for (i = 0; i < 20000; ++i) printf "key %07d\n%0100d\n", i, i }' | "$load" -q -T big || fail "load"
  "$dump" -f bigtext big
  for line in '$copy big @' '$copy -c big @' '$dump -a -f @ big' '$load -q -f bigtext @' '$load -q -n -f bigtext @' \
    '$mdbx copy big @' '$mdbx backup big @' '$mdbx dump -o @ big' '$mdbx rewrite big @' '$mdbx load @ bigtext'; do
    refused "$line" small/new "a full disk"
    [ -z "$(ls -A small)" ] || fail "a full disk: $line left $(ls -A small)"
    rm -rf small/*
  done
  umount small
  mount -t tmpfs -o size=4m none small && mkdir small/db && cp db/mdbx.dat small/db && mount -o remount,ro small
  for line in '$drop @' '$defrag @' '$mdbx put @ k v' '$mdbx del @ k' '$mdbx edit @ --set k=v' '$mdbx drop @' '$chk -w @' \
    '$mdbx geometry @ --upper 1M' '$mdbx defrag @' '$load -f text @' '$mdbx load @ text'; do
    refused "$line" small/db "a file system that is read-only"
  done
  for line in '$copy db @' '$dump -f @ db' '$mdbx copy db @' '$mdbx backup db @' '$mdbx dump -o @ db' '$mdbx rewrite db @' \
    '$load -f text @' '$mdbx load @ text' '$mdbx put -c @ k v'; do
    refused "$line" small/new "a file system that is read-only"
  done
  for command in "$chk -q" "$stat -a" "$dump" "$mdbx get" "$mdbx stat"; do
    expect 0 "$command on a file system that is read-only" $command small/db
  done
  umount small
else
  echo "no file system could be mounted: that part is skipped"
fi

# ---- output that nobody takes: closed from the start, or a pipe that is closed
for command in "$chk" "$chk -vvv" "$stat -a -e -f" "$dump -a" "$copy db -" "$mdbx get" "$mdbx stat" "$mdbx geometry" "$mdbx readers" \
  "$mdbx dump" "$mdbx copyfd" "$mdbx help" "$mdbx help get" "$mdbx --version" "$chk -h" "$stat -V" "$load -h"; do
  case $command in
  *db\ -) set -- $command ;;
  *help* | *version | *\ -[hV]) set -- $command ;;
  *) set -- $command db ;;
  esac
  checks=$((checks + 2))
  timeout 300 "$@" >&- 2>output
  code=$?
  [ $code -ge 1 ] && [ $code -le 5 ] || fail "$* with its output closed left with $code"
  grep -q "^mdbx[a-z_ ]*: .*Bad file descriptor" output || fail "$* with its output closed does not say so"
  # The reader is gone before there is anything to write.
  { sleep 0.05; timeout 300 "$@" 2>output; echo $? >code; } | :
  [ "$(cat code)" -ge 1 ] && [ "$(cat code)" -le 5 ] || fail "$* into a closed pipe left with $(cat code)"
  grep -q "^mdbx[a-z_ ]*: .*Broken pipe" output || fail "$* into a closed pipe does not say so"
done

# A closed stream is not the file that is opened next: messages would stand in it.
awk 'BEGIN { for (i = 0; i < 4000; ++i) printf "key %07d\n%0100d\n", i, i }' | "$load" -q -T damaged || fail "load"
printf '\377\376\375\374' | dd of=damaged/mdbx.dat bs=1 seek=$((40 * 4096 + 36)) conv=notrunc 2>/dev/null
"$dump" -r -f expected damaged 2>message
grep -q "damaged" message || fail "there is no damage to tell of"
"$dump" -r -f rescued damaged 2>&-
expect_same expected rescued "messages are in the dump"
rm rescued
"$dump" -r -f rescued damaged <&- >&- 2>&-
expect_same expected rescued "messages are in the dump when everything is closed"
"$load" -q -f broken db <&- >&- 2>&- && fail "a broken dump is a success when everything is closed"
"$load" -T db <&- >output 2>&1 && fail "a closed standard input is a success"
grep -q "^mdbx_load: standard input: .*cannot be read\|Bad file descriptor" output || fail "a closed standard input is not told"
expect 0 "the database after that" "$chk" db
finish
