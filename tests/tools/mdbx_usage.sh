#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/mdbx_usage.sh: help, wrong arguments and bad paths, for each subcommand of mdbx.
. "$(dirname "$0")/common.sh"

expect 0 "overview" "$mdbx" help
cp output overview
expect 0 "mdbx --help" "$mdbx" --help
cmp -s - overview <output || fail "mdbx --help is not mdbx help"
expect 0 "version" "$mdbx" --version
expect_text "libmdbx" "version"
expect 1 "no command" "$mdbx"
expect_text "no command given" "no command"
expect 1 "an unknown command" "$mdbx" frob
expect_text 'no command "frob"' "an unknown command"
expect 1 "help of an unknown command" "$mdbx" help frob

commands=$(sed -n 's/^  \([a-z]*\)  .*/\1/p' overview)
[ "$(echo "$commands" | wc -l)" -eq 23 ] || fail "the overview has other commands: $commands"
for command in $commands; do
  [ "$command" = chk ] && continue
  expect 0 "help $command" "$mdbx" help "$command"
  expect_text "^usage: mdbx $command " "help $command"
  cp output explained
  expect 0 "$command --help" "$mdbx" "$command" --help
  cmp -s - explained <output || fail "$command --help is not help $command"
  expect 1 "$command --frob" "$mdbx" "$command" --frob
  expect_text "unknown or ambiguous option --frob" "$command --frob"
  expect 1 "$command -Z" "$mdbx" "$command" -Z
  expect_text "unknown option -Z" "$command -Z"
  expect 1 "$command -t" "$mdbx" "$command" -t
  expect_text "needs an argument" "$command -t"
  "$mdbx" "$command" -Z 2>/dev/null | grep -q . && fail "$command: wrong arguments are told on standard output"
  [ "$command" = shell ] && continue
  expect 1 "$command without arguments" "$mdbx" "$command"
  expect_text "no database given" "$command without arguments"
done
expect 0 "chk --version" "$mdbx" chk --version
expect_text "^mdbx_chk: libmdbx" "chk --version"

# ---- arguments that mean nothing
expect 1 "a size" "$mdbx" geometry --upper much db
expect_text '"much" is no size' "a size"
for size in 12X -5 1.5G '' 99999999999G; do
  expect 1 "the size \"$size\"" "$mdbx" geometry "--upper=$size" db
done
expect 1 "an interval" "$mdbx" watch -i 0 db
expect 1 "a number of rounds" "$mdbx" watch -r many db
expect 1 "a format" "$mdbx" get --key-format roman db k
expect 1 "flags" "$mdbx" put -F dupsort,wrong db k v
expect_text '"wrong" is no flag' "flags"
expect 1 "an edit without =" "$mdbx" edit db --set k
expect 1 "an edit of nothing" "$mdbx" edit db
expect 1 "bounds and a prefix" "$mdbx" get -p a -f b db
expect 1 "two bases" "$mdbx" backup --since 3 --since-copy x db y
expect 1 "no commit" "$mdbx" backup --since none db y
expect 1 "a time" "$mdbx" warm -T soon db
expect 1 "a limit" "$mdbx" defrag -T soon db
expect 1 "a batch" "$mdbx" load -b 0 db
expect 1 "too many arguments" "$mdbx" stat a b
expect_text "too many arguments: b" "too many arguments"

# ---- paths
mkdir empty
echo "this is no database, and it is longer than a header of one would be" >foreign
cp foreign foreign.before
run() {
  "$mdbx" "$@" </dev/null
}
for path in nothing nothing/below empty foreign ""; do
  for command in "get" "stat" "readers" "geometry" "warm" "defrag" "dump" "drop" "watch -r 1" "copyfd" "get -k"; do
    expect 1 "$command of \"$path\"" run $command "$path"
    expect_text "cannot open" "$command of \"$path\""
  done
  for command in copy backup rewrite; do
    expect 1 "$command of \"$path\"" run $command "$path" target
    [ ! -e target ] || fail "$command of \"$path\" left a file"
  done
  expect 1 "put into \"$path\"" run put "$path" k v
  expect 1 "del in \"$path\"" run del "$path" k
  expect 1 "edit of \"$path\"" run edit "$path" --set a=b
  expect 1 "geometry of \"$path\"" run geometry "$path" --upper 1M
  expect 1 "apply to \"$path\"" run apply "$path" nothing
  expect 1 "apply of \"$path\"" run apply nothing "$path"
  expect 1 "import of \"$path\"" run import "$path" target
done
expect_same foreign foreign.before "a foreign file was changed"
[ -z "$(ls empty)" ] || fail "files appeared in an empty directory"
expect 1 "create in a foreign file" "$mdbx" put -c foreign k v
expect_same foreign foreign.before "a foreign file was changed by put -c"

# ---- no permission
"$mdbx" put -c db k v || fail "put"
if [ "$(id -u)" -ne 0 ]; then
  chmod 0 db/mdbx.dat
  expect 1 "get without permission" "$mdbx" get db
  expect_text "Permission denied" "get without permission"
  expect 1 "put without permission" "$mdbx" put db k v
  chmod 600 db/mdbx.dat
  mkdir closed
  chmod 500 closed
  expect 1 "copy without permission" "$mdbx" copy db closed/copy
  expect_text "Permission denied" "copy without permission"
else
  echo "root may read and write everything: files without permission are not tried"
fi
for command in copy backup rewrite; do
  expect 1 "$command into a missing directory" "$mdbx" $command db missing/copy
  expect_text "No such file" "$command into a missing directory"
done
expect 1 "a missing table" "$mdbx" get -t none db
expect_text "there is no table none" "a missing table"
finish
