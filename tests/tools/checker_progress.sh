#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/checker_progress.sh: the line on the terminal that says how far mdbx_chk has come, in a long check only.
. "$(dirname "$0")/common.sh"

if ! python3 -c 'import pty, os; os.waitstatus_to_exitcode; pty.openpty(); open("/proc/self/stat")' 2>/dev/null; then
  echo "python3, pseudo terminals or /proc are not there: skipped"
  exit 77
fi
terminal=$(cd "$OLDPWD" 2>/dev/null && cd "$(dirname "$0")" && pwd)/terminal.py
{
  printf 'VERSION=3\nformat=print\ndatabase=people\ntype=btree\ndb_pagesize=512\nmapsize=8388608\nHEADER=END\n'
  awk 'BEGIN { for (i = 0; i < 20000; ++i) printf " key %07d\n %060d\n", i, i }'
  echo "DATA=END"
} >text
expect 0 "load" "$load" -q -f text db

# A check that takes longer than half a second: its output is a full pipe that nobody reads before it has stood still for
# longer than that, which its state and the time it has used tell.
cat >slowly <<'END'
import os, subprocess, sys, time


def state(pid):
    with open("/proc/%d/stat" % pid, encoding="latin-1") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return fields[0] if fields[0] in "SZ" else "R", fields[11:13]


def stands_still(pid):
    """Asleep, or gone, at fourteen looks in a row."""
    looks = 0
    before = None
    while looks < 14:
        now = state(pid)
        looks = looks + 1 if now == before and now[0] != "R" else 0
        before = now
        time.sleep(0.05)


reading, writing = os.pipe()
os.set_blocking(writing, False)
filler = 0
try:
    while True:
        filler += os.write(writing, bytes(512))
except BlockingIOError:
    pass
os.set_blocking(writing, True)
process = subprocess.Popen(sys.argv[1:], stdout=writing)
os.close(writing)
stands_still(process.pid)
with os.fdopen(reading, "rb") as pipe, open("printed", "wb") as printed:
    printed.write(pipe.read()[filler:])
with open("code", "w", encoding="ascii") as code:
    print(process.wait(), file=code)
END
: >script
shows() {
  python3 "$terminal" script "$(command -v python3)" slowly "$@" >screen 2>&1
  tr '\r\033' '\n\n' <screen | grep -q '^ *[0-9]*% of [0-9]* pages'
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
python3 "$terminal" script "$(command -v python3)" slowly "$chk" -q db >screen 2>&1
[ ! -s screen ] || fail "-q shows progress"
python3 slowly "$chk" db 2>message
[ ! -s message ] || fail "progress goes to what is no terminal"
expect 0 "a short check" python3 "$terminal" script "$chk" db
grep -q "of [0-9]* pages" output && fail "a short check shows progress"
finish
