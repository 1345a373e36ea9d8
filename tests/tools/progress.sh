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
head -c 50000000 /dev/zero >zeros
expect 0 "a large value" "$mdbx" put -f zeros db large
rm zeros

# slowly FILE COMMAND...: runs it on a terminal, stopped for a while when it makes the file; its output goes to the file
# "output". Where it was stopped too late to show anything, again.
slowly() {
  made=$1
  shift
  echo "pause $made" >script
  for _ in $(seq 100); do
    rm -f "$made"*
    [ -z "${replacing:-}" ] || echo old >"$made"
    expect 0 "$*" python3 "$terminal" script "$@"
    grep -q "                                        " output && return
  done
}

shows() {
  checks=$((checks + 2))
  tr '\r' '\n' <output >lines
  grep -q "$2" lines || fail "$1: no line with $2"
  # Blanks come over it.
  grep -q '^                                        $' lines || fail "$1: the line is not erased"
}

slowly out.mdbx "$copy" db out.mdbx
shows "mdbx_copy" '^[0-9.]* MiB of [0-9.]* MiB, [0-9]* %'
expect 0 "the copy" "$mdbx" get out.mdbx a
replacing=yes
slowly out.mdbx "$copy" -c -f db out.mdbx
replacing=
shows "mdbx_copy over a file" '^[0-9.]* MiB of [0-9.]* MiB, [0-9]* %'
slowly out.mdbx "$mdbx" copy db out.mdbx
shows "mdbx copy" '^[0-9.]* MiB of [0-9.]* MiB, [0-9]* %'
slowly out.inc "$mdbx" backup --since 2 db out.inc
shows "an increment" '^[0-9.]* MiB *$'
rm -f out.mdbx*
expect 0 "a copy that is not on a terminal" python3 "$terminal" script /bin/sh -c 'exec "$@" 2>messages' sh "$copy" db out.mdbx
grep -q "copied to" messages || fail "no message in the end"
grep -q MiB messages && fail "a copy that is not on a terminal shows how far it is"
expect 0 "a small database" "$mdbx" put -c small a 1
expect 0 "a short copy" python3 "$terminal" /dev/null "$copy" small short.mdbx
grep -q ' of ' output && fail "a short copy shows how far it is"
finish
