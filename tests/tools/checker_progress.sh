#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/checker_progress.sh: the line on the terminal that says how far mdbx_chk has come, in a long check only.
. "$(dirname "$0")/common.sh"

if ! python3 -c 'import pty, os; os.waitstatus_to_exitcode; pty.openpty()' 2>/dev/null; then
  echo "python3 or pseudo terminals are not there: skipped"
  exit 77
fi
terminal=$(cd "$OLDPWD" 2>/dev/null && cd "$(dirname "$0")" && pwd)/terminal.py
{
  printf 'VERSION=3\nformat=print\ndatabase=people\ntype=btree\ndb_pagesize=512\nmapsize=8388608\nHEADER=END\n'
  awk 'BEGIN { for (i = 0; i < 20000; ++i) printf " key %07d\n %060d\n", i, i }'
  echo "DATA=END"
} >text
expect 0 "load" "$load" -q -f text db

# A check that takes longer than half a second: what it prints goes to a pipe that is full, and nobody reads that for a while.
cat >slowly <<'END'
{
  head -c 65536 /dev/zero
  "$@"
  echo $? >code
} | {
  sleep 1
  tr -d '\0' >printed
}
END
: >script
# A pipe may be shorter than that when the system is short of pages: then the check begins later, and is tried again.
shows() {
  tries=0
  until [ $tries -ge 3 ]; do
    tries=$((tries + 1))
    python3 "$terminal" script /bin/sh slowly "$@" >screen 2>&1
    tr '\r\033' '\n\n' <screen | grep -q '^ *[0-9]*% of [0-9]* pages' && return 0
  done
  return 1
}

checks=$((checks + 5))
shows "$chk" db || fail "a long check shows no progress"
[ "$(cat code)" -eq 0 ] || fail "a check that shows progress left with $(cat code)"
grep -q "of [0-9]* pages, table people" screen || fail "the table is not named"
grep -q "No problems found" printed || fail "the outcome is not there"
# The end of what the terminal shows: back to the start of the line, and it is erased.
printf '\r\033[K' >end
tail -c 4 screen | cmp -s - end || fail "the line is not erased in the end"

checks=$((checks + 3))
python3 "$terminal" script /bin/sh slowly "$chk" -q db >screen 2>&1
[ ! -s screen ] || fail "-q shows progress"
sh slowly "$chk" db 2>message
[ ! -s message ] || fail "progress goes to what is no terminal"
expect 0 "a short check" python3 "$terminal" script "$chk" db
grep -q "of [0-9]* pages" output && fail "a short check shows progress"
finish
