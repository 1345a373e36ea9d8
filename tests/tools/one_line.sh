#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/one_line.sh: whatever is wrong with what a tool, or a subcommand of mdbx, is given: one line says so, with the
# name of the tool and of the file; of wrong arguments it points to --help. Nothing is written to standard output, and
# nothing is changed or made.
[ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || TMPDIR=/dev/shm
. "$(dirname "$0")/common.sh"

printf 'k\nv\n' | "$load" -q -T db || fail "load"
"$copy" -q db whole || fail "copy"
cp whole stale
for round in 1 2 3; do
  printf "k%d\nw\n" $round | "$load" -q -T db || fail "load again"
  "$mdbx" -q backup --since-copy whole db increment$round || fail "increment"
  [ $round -eq 3 ] || "$mdbx" -q apply whole increment$round || fail "apply"
done
"$dump" -a -f text db || fail "dump"
printf '+1,1:k->v\n\n' >cdb
mkdir directory
: >empty
echo "this is no database, and it is longer than a header of one would be" >foreign
mkdir watched
mv directory empty foreign watched

# A name for messages, then the command line: @ is the path, % where an option may stand.
table='
mdbx_chk|$chk % @
mdbx_stat|$stat % @
mdbx_copy|$copy % @ target
mdbx_dump|$dump % @
mdbx_drop|$drop % @
mdbx_defrag|$defrag % @
mdbx_load|$load % -f @ target
mdbx get|$mdbx get % @ k
mdbx put|$mdbx put % @ k v
mdbx del|$mdbx del % @ k
mdbx edit|$mdbx edit % @ --set k=v
mdbx drop|$mdbx drop % @
mdbx stat|$mdbx stat % @
mdbx readers|$mdbx readers % @
mdbx geometry|$mdbx geometry % @
mdbx geometry|$mdbx geometry % @ --upper 1M
mdbx warm|$mdbx warm % @
mdbx defrag|$mdbx defrag % @
mdbx copy|$mdbx copy % @ target
mdbx copyfd|$mdbx copyfd % @
mdbx backup|$mdbx backup % @ target
mdbx backup|$mdbx backup % --since 1 @ target
mdbx backup|$mdbx backup % --since-copy @ db target
mdbx apply|$mdbx apply % @ increment1
mdbx apply|$mdbx apply % whole @
mdbx dump|$mdbx dump % @
mdbx load|$mdbx load % target @
mdbx restore|$mdbx restore % -c target @MAIN=@
mdbx rewrite|$mdbx rewrite % @ target
mdbx import|$mdbx import % @ target
mdbx watch|$mdbx watch % -r 1 -i 0.01 @
mdbx shell|$mdbx shell % @
mdbx_chk|$mdbx chk % @
'

state_of() {
  find watched whole stale db/mdbx.dat -type f -exec cksum {} + | LC_ALL=C sort
  find watched | LC_ALL=C sort
}
state_of >before

# run LINE OPTION PATH: the command line, with these in it.
run() {
  command_line "$1"
  option=$2 path=$3
  eval "set -- $command"
  checks=$((checks + 1))
  "$@" >answer 2>output </dev/null
  code=$?
}

# says NAME PATTERN WHAT: the last command failed with one line, which has the name and the pattern (of the shell).
says() {
  checks=$((checks + 1))
  hear
  [ $code -ge 1 ] && [ $code -le 5 ] || fail "$3 left with $code"
  [ ! -s answer ] || fail "$3 writes to standard output"
  [ $heard -eq 1 ] || fail "$3 does not say it in one line"
  first=${said#"$line_feed"}
  first=${first%%"$line_feed"*}
  # shellcheck disable=SC2254
  case $first in
  "$1: "*$2*) ;;
  *) fail "$3 does not begin with \"$1: \" and have \"$2\"" ;;
  esac
  sane "$3"
  gone target "$3"
}

# points NAME PATTERN WHAT: the same for wrong arguments: the line ends with a pointer to the help.
points() {
  says "$1" "$2" "$3"
  case $first in
  *"; $1 --help explains the options") ;;
  *) fail "$3 does not point to --help" ;;
  esac
}

# unchanged WHAT
unchanged() {
  checks=$((checks + 1))
  state_of | cmp -s - before || {
    state_of | diff before - >output
    fail "$1 changed something"
    state_of >before
  }
}

echo "$table" | grep -F '|' >rows
while IFS='|' read -r name line; do
  run "$line" --frob db
  points "$name" "option" "$line with an unknown option"
  run "$line" -Z db
  points "$name" "unknown option -Z" "$line with an unknown letter"
  for path in watched/missing watched/directory watched/empty watched/foreign; do
    run "$line" "" $path
    says "$name" "$path" "$line of $path"
  done
  unchanged "$line"
done <rows

# Without an operand; the shell needs none, and mdbx_load reads standard input.
for name in mdbx_chk mdbx_stat mdbx_copy mdbx_dump mdbx_drop mdbx_defrag mdbx_load; do
  eval "tool=\$${name#mdbx_}"
  "$tool" >answer 2>output </dev/null
  code=$?
  points "$name" "no [a-z]* given" "$name without an operand"
done
for name in get put del edit drop stat readers geometry warm defrag copy copyfd backup apply dump load restore rewrite import \
  watch; do
  "$mdbx" $name >answer 2>output </dev/null
  code=$?
  points "mdbx $name" "no database given" "mdbx $name without an operand"
done
"$mdbx" >answer 2>output </dev/null
code=$?
points mdbx "no command given" "mdbx without a command"
"$mdbx" frob >answer 2>output </dev/null
code=$?
points mdbx '"frob"' "mdbx with an unknown command"

# An unknown table.
while IFS='|' read -r name line; do
  run "$line" "$line" db
  says "$name" "db*frob" "an unknown table: $line"
done <<'END'
mdbx_stat|$stat -s frob @
mdbx_dump|$dump -s frob @
mdbx_drop|$drop -s frob @
mdbx get|$mdbx get -t frob @ k
mdbx put|$mdbx put -t frob @ k v
mdbx del|$mdbx del -t frob @ k
mdbx drop|$mdbx drop -t frob @
mdbx stat|$mdbx stat -t frob @
mdbx dump|$mdbx dump -t frob @
mdbx dump|$mdbx dump -c @ frob=target
mdbx rewrite|$mdbx rewrite @ target frob
END

expect 3 "an unknown table: mdbx_chk" sh -c "'$chk' -s frob db 2>&1 >/dev/null"
expect_line "mdbx_chk: db: there is no table frob" "an unknown table: mdbx_chk"

# Increments in the wrong order, or for something else.
run '$mdbx apply % @ increment3' "" stale
says "mdbx apply" "stale" "an increment that comes too early"
grep -q "increment3" output || fail "an increment that comes too early is not named"
run '$mdbx apply % @ increment1' "" db
says "mdbx apply" "db" "an increment to what is no copy"

# A database of this engine is nothing to import, also where a program made for LMDB has made it.
run '$mdbx import % @ target' "" db
says "mdbx import" "db is no environment of LMDB, but a database of this engine" "import of a database of this engine"
mkdir wrapped
cp whole wrapped/data.mdb
run '$mdbx import % @ target' "" wrapped
says "mdbx import" "wrapped is no environment of LMDB, but a database of this engine" "import of one in LMDB's clothes"
unchanged "one of the commands behind the rows"
finish
