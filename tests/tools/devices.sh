#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/devices.sh: what is no regular file is written through, never replaced or removed; links of others are not
# followed; and a pipe or terminal given as a database is refused at once.
. "$(dirname "$0")/common.sh"

"$mdbx" put --create db key value >/dev/null || fail "cannot make a database"
"$mdbx" get db >text

# ---- pipes: each command writes into one that somebody reads
stays() {
  [ -p pipe ] || fail "$1 replaced or removed the pipe"
}
# through WHAT COMMAND...: its output arrives in the file "arrived".
through() {
  what=$1
  shift
  rm -f pipe
  mkfifo pipe || exit 99
  cat pipe >arrived &
  reader=$!
  expect 0 "$what into a pipe" "$@"
  # One that did not open the pipe leaves the reader waiting.
  [ "$code" -eq 0 ] || kill $reader
  wait $reader
  stays "$what"
  [ -s arrived ] || fail "$what: nothing came through the pipe"
}
through "mdbx dump" "$mdbx" dump -o pipe db
grep -q "HEADER=END" arrived || fail "mdbx dump: no dump came through the pipe"
through "mdbx dump --cdb" "$mdbx" dump --cdb db @MAIN=pipe
through "mdbx_dump" "$dump" -f pipe db
through "mdbx copy" "$mdbx" copy -f db pipe
cp arrived copied
expect 0 "what came through the pipe" "$chk" -q copied
through "mdbx_copy" "$copy" -f -q db pipe
through "mdbx backup" "$mdbx" backup -f db pipe
through "mdbx_chk --map" "$chk" -q --map pipe db
grep -q "</svg>" arrived || fail "no picture came through the pipe"

# ---- devices
if own_device null 1 3 && own_device full 1 7; then
  device() {
    wanted=$1 node=$2 what=$3
    shift 3
    expect "$wanted" "$what onto $node" "$@"
    [ -c "$node" ] || fail "$what replaced or removed the device $node"
  }
  for node in null full; do
    wanted=0
    [ $node = null ] || wanted=1
    device $wanted $node "mdbx dump -o" "$mdbx" dump -o $node db
    device $wanted $node "mdbx_dump -f" "$dump" -f $node db
    device $wanted $node "mdbx copy -f" "$mdbx" copy -f db $node
    device $wanted $node "mdbx_copy -f" "$copy" -q -f db $node
    device $wanted $node "mdbx backup -f" "$mdbx" backup -f db $node
    device $wanted $node "mdbx dump --cdb" "$mdbx" dump --cdb db @MAIN=$node
  done
  device 0 null "mdbx_chk --map" "$chk" -q --map null db
  device 4 full "mdbx_chk --map" "$chk" -q --map full db
  "$mdbx" watch -r 1 -i 0.01 db >full 2>output
  expect_text "No space left" "a watch onto a full device"
  ! grep -q "Input/output" output || fail "a watch onto a full device tells another error"
  # A link to a device.
  ln -s null link
  device 0 link "mdbx_copy -f" "$copy" -q -f db link
  [ -L link ] || fail "mdbx_copy replaced a link"
fi

# ---- links
printf 'precious\n' >kept
ln -s kept mine
expect 0 "mdbx_copy -f over a link" "$copy" -q -f db mine
[ -L mine ] || fail "a link was replaced"
expect 0 "a copy behind a link" "$chk" -q kept
expect 0 "mdbx dump -o over a link" "$mdbx" dump -o mine db
[ -L mine ] && grep -q "HEADER=END" kept || fail "mdbx dump did not go where the link leads"
ln -s nothing dangling
expect 1 "mdbx_copy -f over a link to nothing" "$copy" -q -f db dangling
[ ! -e nothing ] || fail "a copy was made where a link to nothing leads"
if [ "$(id -u)" -eq 0 ]; then
  printf 'precious\n' >kept
  chown -h 65534 mine
  for command in "$copy -q -f db mine" "$mdbx copy -f db mine" "$mdbx dump -o mine db" "$dump -f mine db" "$chk -q --map mine db"; do
    checks=$((checks + 1))
    $command >output 2>&1 && fail "$command follows somebody else's link"
    [ "$(cat kept)" = precious ] || fail "$command wrote through somebody else's link"
  done
else
  echo "links of somebody else: they take root to be made: skipped"
fi

# ---- a limit of the length of files: an error like a full disk, no signal, and nothing is left
mkdir limited
"$mdbx" put -n --create long key value >/dev/null || fail "cannot make a database"
for command in "$copy -q long limited/a" "$mdbx copy long limited/b" "$mdbx backup long limited/c" "$dump -f limited/d db" \
  "$mdbx dump -o limited/e db" "$chk -q --map limited/f long"; do
  checks=$((checks + 1))
  (ulimit -f 0 && exec $command) >output 2>&1 </dev/null
  code=$?
  [ $code -ne 0 ] && [ $code -lt 128 ] || fail "$command with a limit left with $code: $(cat output)"
  [ -z "$(ls limited)" ] || fail "$command with a limit left $(ls limited)"
  rm -f limited/*
done

# ---- the database itself and its lock file, under any name
"$mdbx" put -n --create own key value >/dev/null || fail "cannot make a database"
ln -s own itself
ln own another
for target in own itself another own-lck; do
  for command in "$dump -f $target own" "$mdbx dump -o $target own" "$mdbx dump --cdb own @MAIN=$target" "$chk --map $target own" \
    "$chk -0 --map $target own" "$copy -q -f own $target" "$mdbx copy -f own $target" "$mdbx backup -f own $target" \
    "$mdbx backup -f --since 3 own $target"; do
    checks=$((checks + 1))
    cp own before
    $command >output 2>&1 && fail "$command overwrites what it reads"
    cmp -s own before || fail "$command changed the database"
    [ "${command#*-0}" != "$command" ] || grep -q "the database\|the lock file\|a lock file" output || fail "$command does not say why: $(cat output)"
    "$mdbx" get own key >/dev/null 2>&1 || fail "after $command the database cannot be opened"
  done
done
rm -f itself another before own own-lck

# ---- pipes and terminals as databases
rm -f pipe
mkfifo pipe
for command in "$chk" "$stat" "$dump" "$mdbx get" "$mdbx stat" "$mdbx watch" "$copy -q" "$load -q -T" "$drop -q" "$defrag" "$mdbx put --create"; do
  checks=$((checks + 1))
  case $command in
  *copy*) set -- pipe target ;;
  *put*) set -- pipe k v ;;
  *) set -- pipe ;;
  esac
  timeout 300 $command "$@" >output 2>&1 </dev/null
  code=$?
  [ $code -ne 0 ] && [ $code -ne 124 ] || fail "${command##*/} of a pipe left with $code"
  [ "${command##*/}" = load ] || grep -q "regular file\|empty" output || fail "${command##*/} of a pipe does not say what is wrong"
  stays "${command##*/}"
done
finish
