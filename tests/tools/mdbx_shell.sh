#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/mdbx_shell.sh: the shell of mdbx, through a pipe and on a terminal.
. "$(dirname "$0")/common.sh"
HOME=$work
XDG_STATE_HOME=$work/state
export HOME XDG_STATE_HOME
# What libedit keeps until the end (copies of its prompts) is its own.
echo "leak:wcsdup" >suppressions
LSAN_OPTIONS=suppressions=$work/suppressions:print_suppressions=0
export LSAN_OPTIONS

# ---- through a pipe
cat >commands <<'END'
# a comment, and an empty line

open db
put -c k v
put 'a key' "a \"quoted\" value"
put back\ slash \\
get "a key"
put -t one -c x 1
put -t two -c y 2
tables
use one
get
use
edit --set k=w
get k
chk -q
END
expect 0 "commands" sh -c "'$mdbx' shell <commands"
printf 'a "quoted" value\none\ntwo\nx\t1\n1 stored, 0 kept as they were, 0 deleted, 0 not there\nw\n' | cmp -s - output ||
  fail "commands"
printf 'get "back slash"\nget k' | "$mdbx" shell db >output 2>&1 || fail "a last line without an end"
printf '\\\nw\n' | cmp -s - output || fail "a last line without an end"
expect 1 "a command that fails" sh -c "printf 'get none\nget k\n' | '$mdbx' shell db"
expect_text "^w$" "the one after it"
expect_text "line 1 failed" "a command that fails"
expect 1 "an unknown command" sh -c "printf 'frob\n' | '$mdbx' shell db"
expect_text 'no command "frob"' "an unknown command"
expect 1 "an open quote" sh -c "printf 'get \"k\n' | '$mdbx' shell db"
expect_text "quote is not closed" "an open quote"
expect 1 "a shell in a shell" sh -c "printf 'shell db\n' | '$mdbx' shell db"
expect 0 "the end of it" sh -c "printf 'quit\nfrob\n' | '$mdbx' shell db"
expect 0 "help" sh -c "printf 'help\nhelp put\n' | '$mdbx' shell db"
expect_text "^  use \[TABLE\]" "help"
expect_text "^usage: mdbx put " "help of a command"
expect 1 "no database" sh -c "printf 'get k\n' | '$mdbx' shell"
expect 0 "a table from the command line" sh -c "printf 'get x\n' | '$mdbx' shell -t one db"
expect_line 1 "a table from the command line"
awk 'BEGIN { printf "get"; for (i = 0; i < 1000; ++i) printf " k"; print "" }' >many
expect 1 "too many words" sh -c "'$mdbx' shell db <many"
expect 0 "no input" "$mdbx" shell db
[ ! -s output ] || fail "a shell without input talks"
[ ! -e state ] || fail "a shell without a terminal has a history"

# ---- counts
"$mdbx" put db -t one extra 3 || fail "put"
expect 0 "a count" "$mdbx" count -t one db
expect_line 2 "a count"
expect 0 "counts" "$mdbx" count db one two @MAIN
printf 'one\t2\ntwo\t1\n@MAIN\t5\n' | cmp -s - output || fail "counts"
expect 1 "a count of no table" "$mdbx" count db one none
expect_text "there is no table none" "a count of no table"
if "$mdbx" --json count db one >output 2>&1; then
  expect_text '"table": *"one"' "a count in JSON"
  expect_text '"records": *2' "a count in JSON"
fi

# ---- comments, and the commands that begin with a dot
cat >commands <<'END'
# it's a comment with "an open quote
  -- this one isn't closed either
count one
use one
count
.output listed
get x
tables
.output
count
.once 'only once'
count two
count two
.output | sed "s/^/through a 'program': /" >piped
get x
.output
.read more
.once |cat >&2; exit 3
get x
count
END
printf '# read\nput read 1\n.read deeper\nget read\n' >more
printf 'put deeper 2\n-- the end' >deeper
expect 0 "commands with dots" sh -c "'$mdbx' shell db <commands 2>errors"
printf '2\n2\n2\n1\n1\n4\n' | cmp -s - output || fail "commands with dots"
printf '1\none\ntwo\n' | cmp -s - listed || fail ".output to a file"
printf '1\n' | cmp -s - 'only once' || fail ".once"
printf "through a 'program': 1\n" | cmp -s - piped || fail ".output to a program"
printf '1\n' | cmp -s - errors || fail ".once to a program"
printf '.timer on\ncount one\n.timer off\ncount one\n' >commands
expect 0 "a timer" sh -c "'$mdbx' shell db <commands 2>&1 >/dev/null"
[ "$(wc -l <output)" -eq 1 ] && grep -q '^time: [0-9]*\.[0-9][0-9][0-9] s$' output || fail "a timer"
# shell_fails PATTERN LINES: the line fails, with this message.
shell_fails() {
  printf "$2\n" >commands
  expect 1 "\"$2\"" sh -c "'$mdbx' shell db <commands"
  expect_text "$1" "\"$2\""
}
shell_fails 'is not understood' '.timer soon'
shell_fails 'is not understood' '.frob'
shell_fails 'needs a file' '.once'
shell_fails 'needs a file' '.output |'
shell_fails 'needs a file' '.output a b'
shell_fails 'cannot write to no/such/file' '.output no/such/file'
shell_fails 'the database that is read' '.output db/mdbx.dat'
shell_fails 'cannot read nothing' '.read nothing'
expect 0 "the database is whole" "$chk" db
printf 'get x\nget none\nget -t one x\n' >half
shell_fails 'half: line 2 failed' '.read half'
expect_text '^1$' "what follows a failure in a file"
printf 'put -t one gone 1\nget none\nput -t one gone 2\n' >half
shell_fails 'half: line 2 failed' 'begin\n.read half\ncommit'
expect_text 'its changes are undone' "a failure in a file in a transaction"
expect 1 "what it undoes" "$mdbx" get db -t one gone
echo '.read circle' >circle
shell_fails 'circle: files may read each other 16 deep only' '.read circle'
printf '.read half\nquit\nfrob\n' >commands
printf 'quit\nfrob\n' >half
expect 0 "quit in a file" sh -c "'$mdbx' shell db <commands"
printf 'begin\n.once counted\ncount one\nput -t one inside 1\ncount one\n.once full\ncount one\ncommit\n' >commands
if own_device full 1 7; then
  expect 1 "a full device in a transaction" sh -c "'$mdbx' shell db <commands"
  expect_text "No space left" "a full device in a transaction"
  expect_text "^5$" "a count in a transaction"
  printf '4\n' | cmp -s - counted || fail ".once in a transaction"
fi
# A program that ends early does not end the shell.
awk 'BEGIN { for (i = 0; i < 20000; ++i) printf "+6,1:%06d->v\n", i; print "" }' >long.cdb
expect 0 "a long table" "$mdbx" restore -c db long=long.cdb
printf '.output |head -n 1 >first\nget -t long\n.output\ncount long\nbegin\n.once |head -n 1 >first\nget -t long\n' >commands
"$mdbx" shell db <commands >output 2>&1
expect_text "^20000$" "a program that ends early"
expect 0 "the table goes" "$mdbx" drop -q -d -t long db

# ---- transactions across commands
cat >commands <<'END'
begin
put new 1
put -t fresh -c x y
edit --set new=2 --add more=3
get new
tables
drop -q -d -t two
stat -t fresh
begin
del new
get more
commit
begin
put more 4
abort
get more
get --help
copy -q inside.mdbx
commit
get more
END
expect 0 "a transaction" sh -c "'$mdbx' shell db <commands"
grep -v "^usage\|^ \|^[A-Z]\|^$\|records\|^fresh  \|^\"--help" output >seen
printf '2 stored, 0 kept as they were, 0 deleted, 0 not there\n2\nfresh\none\ntwo\n3\n3\n3\n' | cmp -s - seen ||
  fail "a transaction"
expect_text "^fresh  *1 " "the statistics of a table in it"
expect 1 "deleted in a nested transaction" "$mdbx" get db new
expect 1 "dropped in a transaction" "$mdbx" get db -t two
expect 0 "made in a transaction" "$mdbx" get db -t fresh x
expect 1 "a copy made beside it" "$mdbx" get inside.mdbx more
expect 0 "what was there before it" "$mdbx" get inside.mdbx k

# fails LINE WHAT COMMANDS: nothing of them is kept.
fails() {
  expect 1 "$2" sh -c "printf '$3' | '$mdbx' shell db"
  expect_text "line $1 failed" "$2"
  expect_text "its changes are undone" "$2"
  expect 1 "$2: its changes" "$mdbx" get db gone
}
fails 3 "a failure in a transaction" "begin\nput gone 1\nget none\ncommit\n"
fails 3 "wrong arguments in a transaction" "begin\nput gone 1\nput -Z\ncommit\n"
fails 3 "wrong arguments of an edit" "begin\nput gone 1\nedit --set a=b --set nothing\ncommit\n"
fails 3 "a command that would wait for it" "begin\nput gone 1\ngeometry --upper 1G\ncommit\n"
fails 3 "another database" "begin\nput gone 1\nopen other\ncommit\n"
fails 4 "an edit that fails" "begin\nput gone 1\nbegin\nedit --set a=b --set-file c=none\ncommit\ncommit\n"
expect 1 "the end of the input in a transaction" sh -c "printf 'begin\nput gone 1\n' | '$mdbx' shell db"
expect_text "its changes are undone" "the end of the input in a transaction"
expect 1 "leaving in a transaction" sh -c "printf 'begin\nput gone 1\nquit\n' | '$mdbx' shell db"
expect 1 "not committed" "$mdbx" get db gone
expect 1 "commit without begin" sh -c "printf 'commit\n' | '$mdbx' shell db"
expect 1 "begin without a database" sh -c "printf 'begin\n' | '$mdbx' shell"

# until_text TEXT FILE WHAT
until_text() {
  checks=$((checks + 1))
  for _ in $(seq 6000); do
    grep -q "$1" "$2" && return
    sleep 0.05
  done
  fail "$3: no \"$1\" in time"
}
mkfifo commands.fifo
"$mdbx" shell db <commands.fifo >shown 2>&1 &
first=$!
exec 3>commands.fifo
printf 'begin\nput secret 1\nget secret\n' >&3
until_text "^1$" shown "the transaction of a shell"
expect 1 "what is not committed" "$mdbx" get db secret
printf 'begin\nget secret\ncommit\n' | "$mdbx" shell db >second 2>&1 3>&- &
second=$!
until_text "waiting for another writer" second "another transaction"
printf 'put secret 5\ncommit\n' >&3
exec 3>&-
wait $first || fail "the transaction of a shell"
wait $second || fail "the transaction after it"
grep -q "^5$" second || fail "the transaction after it does not see the first"
expect 0 "what is committed" "$mdbx" get db secret

# There is no nesting while somebody has a writable map, so no transaction across commands either.
cat >holder.c <<'END'
#include <mdbx.h>
#include <stdio.h>
int main(void) {
  MDBX_env *env;
  int rc = mdbx_env_create(&env);
  if (rc == 0)
    rc = mdbx_env_open(env, "db", MDBX_WRITEMAP, 0600);
  printf("result %d\n", rc);
  fflush(stdout);
  getchar();
  return mdbx_env_close(env) || rc;
}
END
include=$(cd "$OLDPWD" && cd "${top_srcdir:-.}" && pwd)/include
if [ -e "$top_builddir/.libs/libmdbx.so" ]; then
  expect 0 "a program with a writable map" ${CC:-cc} -I"$include" -o holder holder.c -L"$top_builddir/.libs" \
    -Wl,-rpath,"$top_builddir/.libs" -lmdbx ${LMDB_TEST_FLAGS:-}
  mkfifo hold.fifo
  ./holder <hold.fifo >held &
  holder=$!
  exec 3>hold.fifo
  until_text "result 0" held "a program with a writable map"
  expect 1 "a transaction beside a writable map" sh -c "printf 'begin\n' | '$mdbx' shell db"
  expect_text "MDBX_WRITEMAP, so there is no transaction" "a transaction beside a writable map"
  expect 0 "a record beside a writable map" sh -c "printf 'put k w\n' | '$mdbx' shell db"
  exec 3>&-
  wait $holder || fail "a program with a writable map"
fi

# ---- on a terminal
if ! python3 -c 'import pty, os; os.waitstatus_to_exitcode; pty.openpty()' 2>/dev/null; then
  echo "python3 or pseudo terminals are not there: the terminal is skipped"
  finish
fi
terminal=$(cd "$OLDPWD" 2>/dev/null && cd "$(dirname "$0")" && pwd)/terminal.py
cat >script <<'END'
wait mdbx db>
send get k\n
wait w
wait mdbx db>
send use one\n
wait mdbx db:one>
send put z typed\n
wait mdbx db:one>
send get z\n
wait typed
wait mdbx db:one>
send quit\n
END
expect 0 "a terminal" python3 "$terminal" script "$mdbx" shell db
if ldd "$top_builddir/tools/mdbx/.libs/mdbx" 2>/dev/null | grep -q libedit; then
  grep -q "put z typed" state/mdbx/history || { [ -e state/mdbx/history ] && grep -q 'put\\040z\\040typed' state/mdbx/history; } ||
    fail "no history"
  cat >script <<'END'
wait mdbx db>
send ed\t
wait it 
send --set k=completed\n
wait 1 stored
wait mdbx db>
send use o\t\n
wait mdbx db:one>
send quit\n
END
  expect 0 "completion" python3 "$terminal" script "$mdbx" shell db
  cat >script <<'END'
wait mdbx db>
send re\t
wait rewrite
send \x15
send \x10\x10\n
wait mdbx db:one>
send quit\n
END
  expect 0 "candidates and history" python3 "$terminal" script "$mdbx" shell db
  expect_text "readers  restore  rewrite" "candidates"
  expect 0 "a table with a space" "$mdbx" put -c -t "a name" db k v
  cat >script <<'END'
wait mdbx db>
send count a\t
wait \\ name 
send \n
wait 1
wait mdbx db>
send get --table=o\t
wait ne 
send x\n
wait mdbx db>
send help cou\t
wait nt 
send \n
wait usage: mdbx count
wait mdbx db>
send .tim\t
wait er 
send of\t
wait f 
send \n
wait mdbx db>
send quit\n
END
  expect 0 "completion of names" python3 "$terminal" script "$mdbx" shell db
  expect 0 "it goes" "$mdbx" drop -q -d -t "a name" db
fi
cat >script <<'END'
wait mdbx db>
send watch -i 0.05\n
wait commits/s
send \x03
wait mdbx db>
send quit\n
END
expect 0 "an interrupted command" python3 "$terminal" script "$mdbx" shell db
awk 'BEGIN { for (i = 0; i < 100000; ++i) printf "+6,1:%06d->v\n", i; print "" }' >many.cdb
expect 0 "many records" "$mdbx" restore -c db many=many.cdb
cat >script <<'END'
wait mdbx db>
send begin\n
wait Nobody else can write
wait mdbx db*>
send put typed 7\n
wait mdbx db*>
send begin\n
wait mdbx db**>
send abort\n
wait mdbx db*>
send get none\n
wait has no key none
wait mdbx db*>
send get -t many\n
wait 000100
send \x03
wait mdbx db*>
send get typed\n
wait 7
wait mdbx db*>
send commit\n
wait mdbx db>
send begin\n
wait mdbx db*>
send del typed\n
wait mdbx db*>
send quit\n
wait its changes are undone
END
expect 0 "a transaction on a terminal" python3 "$terminal" script "$mdbx" shell db
grep -q "^099999" output && fail "Ctrl-C did not end a command in a transaction"
expect 0 "what it has committed" "$mdbx" get db typed
"$mdbx" shell db <commands.fifo >shown 2>&1 &
first=$!
exec 3>commands.fifo
printf 'begin\ntables\n' >&3
until_text "^many$" shown "a transaction of another shell"
cat >script <<'END'
wait mdbx db>
send begin\n
wait waiting for another writer
send \x03
wait cannot begin
wait mdbx db>
send quit\n
END
expect 0 "waiting that is interrupted" python3 "$terminal" script "$mdbx" shell db
exec 3>&-
wait $first && fail "the end of the input in a transaction leaves with 0"
cat >script <<'END'
wait records
END
expect 0 "bold headings" python3 "$terminal" script "$mdbx" stat db
expect_text "$(printf '\033')\[1m" "bold headings"
NO_COLOR=1
export NO_COLOR
expect 0 "no bold headings" python3 "$terminal" script "$mdbx" stat db
grep -q "$(printf '\033')" output && fail "NO_COLOR has no effect"
expect 1 "a copy to a terminal" python3 "$terminal" /dev/null "$mdbx" copyfd db
expect_text "nothing for a terminal" "a copy to a terminal"
finish
