#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/progress.sh: how far a copy has come is shown on a terminal, and only there.
#
# A copy is stopped while it is made, so that it takes longer than the half second before the line comes.
. "$(dirname "$0")/common.sh"
if ! python3 -c 'import pty, os; os.waitstatus_to_exitcode; pty.openpty()' 2>/dev/null; then
  echo "python3 or pseudo terminals are not there: skipped"
  exit 77
fi
terminal=$(cd "$OLDPWD" && cd "$(dirname "$0")" && pwd)/terminal.py

expect 0 "a database" "$mdbx" put -c db a 1
head -c 40000000 /dev/zero >zeros
expect 0 "a large value" "$mdbx" put -f zeros db large
rm zeros

# The process whose id is in the file "pid" is stopped as soon as a file whose name begins so has more than 512 bytes. 1:
# it was over before that.
stop_at() {
  begun=no
  for _ in $(seq 1000); do
    [ -s pid ] && [ -n "$(find . -name "$1*" -size +1 2>/dev/null)" ] && begun=yes && break
    kill -0 "$runner" 2>/dev/null || break
    sleep 0.002
  done
  [ $begun = yes ] && kill -STOP "$(cat pid)" 2>/dev/null
}

# slowly HOW FILE COMMAND...: runs it, stopped for a while, on a terminal or not; its output goes to the file "output".
slowly() {
  how=$1 made=$2
  shift 2
  set -- /bin/sh -c 'echo $$ >pid; exec "$@"' sh "$@"
  [ "$how" = plain ] || set -- python3 "$terminal" /dev/null "$@"
  for _ in 1 2 3 4 5; do
    rm -f pid "$made"*
    [ "$how" != replacing ] || echo old >"$made"
    "$@" >output 2>&1 </dev/null &
    runner=$!
    stop_at "$made" && sleep 0.7 && kill -CONT "$(cat pid)" && wait $runner && return
    wait $runner
  done
  fail "$*: could not be stopped on the way"
}

shows() {
  checks=$((checks + 2))
  tr '\r' '\n' <output >lines
  grep -q "$2" lines || fail "$1: no line with $2"
  # Blanks come over it.
  grep -q '^                                        $' lines || fail "$1: the line is not erased"
}

slowly terminal out.mdbx "$copy" db out.mdbx
shows "mdbx_copy" '^[0-9.]* MiB of [0-9.]* MiB, [0-9]* %'
expect 0 "the copy" "$mdbx" get out.mdbx a
slowly replacing out.mdbx "$copy" -c -f db out.mdbx
shows "mdbx_copy over a file" '^[0-9.]* MiB of [0-9.]* MiB, [0-9]* %'
slowly terminal out.mdbx "$mdbx" copy db out.mdbx
shows "mdbx copy" '^[0-9.]* MiB of [0-9.]* MiB, [0-9]* %'
slowly terminal out.inc "$mdbx" backup --since 2 db out.inc
shows "an increment" '^[0-9.]* MiB *$'
slowly plain out.mdbx "$copy" db out.mdbx
grep -q MiB output && fail "a copy that is not on a terminal shows how far it is"
expect 0 "a small database" "$mdbx" put -c small a 1
expect 0 "a short copy" python3 "$terminal" /dev/null "$copy" small short.mdbx
grep -q ' of ' output && fail "a short copy shows how far it is"
finish
