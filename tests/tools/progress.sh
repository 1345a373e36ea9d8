#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/progress.sh: how far a copy has come is shown on a terminal, and only there unless --progress asks for it. A signal
# leaves nothing of a copy.
#
# A copy is stopped while it is made, so that it takes longer than the half second before the line comes.
. "$(dirname "$0")/common.sh"

expect 0 "a database" "$mdbx" put -c db a 1
head -c 50000000 /dev/zero >zeros
expect 0 "a large value" "$mdbx" put -f zeros db large
rm zeros

# lines WHAT: a line for each tenth, the last of which says that all is there.
lines() {
  checks=$((checks + 3))
  grep -v -E '^[0-9.]+ [A-Za-z]+ of [0-9.]+ MiB, [0-9]+ %$' messages | grep -v ': copied to ' >output
  [ ! -s output ] || fail "$1: other lines"
  grep -c ' %$' messages >output
  [ "$(cat output)" -ge 10 ] && [ "$(cat output)" -le 12 ] || fail "$1: $(cat output) lines"
  [ "$(grep ' %$' messages | tail -n 1 | sed 's/.*, //')" = "100 %" ] || fail "$1 does not end with 100 %"
}
"$copy" --progress db lines.mdbx 2>messages || fail "mdbx_copy --progress"
lines "mdbx_copy --progress"
"$copy" -q --progress -c db - 2>messages >piped.mdbx || fail "mdbx_copy --progress to standard output"
lines "mdbx_copy --progress to standard output"
"$mdbx" copy --progress -f db lines.mdbx 2>messages >/dev/null || fail "mdbx copy --progress"
lines "mdbx copy --progress"
"$mdbx" copyfd --progress db 2>messages | cat >piped.mdbx
lines "mdbx copyfd --progress"
"$mdbx" backup --progress db whole.mdbx 2>messages >/dev/null || fail "mdbx backup --progress"
lines "mdbx backup --progress"
expect 0 "an increment" sh -c "'$mdbx' backup --progress --since 2 db part.inc 2>&1 >/dev/null"
expect_line "0 bytes" "an increment of less than 64 MiB"
expect 0 "a copy without --progress" sh -c "'$copy' -f -q db lines.mdbx 2>&1"
[ ! -s output ] || fail "a copy without --progress shows something"
rm -f *.mdbx part.inc

# A signal during a copy; where it comes too late, again.
for _ in $(seq 200); do
  rm -f ended.mdbx
  "$copy" db ended.mdbx 2>messages &
  copying=$!
  until [ -s ended.mdbx ] || ! kill -0 $copying 2>/dev/null; do
    :
  done
  kill -TERM $copying 2>/dev/null
  wait $copying
  code=$?
  [ $code -ne 0 ] && break
done
checks=$((checks + 1))
[ $code -eq 1 ] && grep -q "ended.mdbx failed" messages && [ ! -e ended.mdbx ] || fail "a copy that a signal ends left with $code"

if ! python3 -c 'import pty, os; os.waitstatus_to_exitcode; pty.openpty()' 2>/dev/null; then
  echo "python3 or pseudo terminals are not there: skipped"
  exit 77
fi
terminal=$(cd "$OLDPWD" && cd "$(dirname "$0")" && pwd)/terminal.py

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
