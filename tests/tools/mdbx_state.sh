#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/mdbx_state.sh: databases in use: stat, readers, geometry, warm, watch, defrag, and backups with increments.
terminal=$(cd "$(dirname "$0")" && pwd)/terminal.py
. "$(dirname "$0")/common.sh"

fill() {
  awk -v from="$1" -v to="$2" 'BEGIN { for (i = from; i < to; ++i) printf "key %07d\n%0100d\n", i, i }' |
    "$load" -q -T "$3"
}
fill 0 20000 db || fail "load"
"$mdbx" -t named put -c db k v || fail "put"

expect 0 "stat" "$mdbx" stat db
expect_text "^page size 4096, commit " "stat"
expect_text "^@MAIN  *20001 " "stat"
expect_text "^named  *1 " "stat"
# Metrics: every line is a comment or a sample, a metric has one type, told before its samples, which stand together.
# metrics FILE WHAT
metrics() {
  checks=$((checks + 1))
  awk '
    /^# HELP mdbx_[a-z_]+ [A-Z].*\.$/ { next }
    /^# TYPE mdbx_[a-z_]+ (gauge|counter)$/ { if ($3 in type) bad = $0; type[$3] = $4; now = $3; next }
    /^mdbx_[a-z_]+\{database="[^"]*"(,[a-z]+="[^"]*")?\} [0-9]+$/ {
      name = $1; sub(/\{.*/, "", name)
      if (name != now || $0 in seen || (name ~ /_total$/) != (type[name] == "counter")) bad = $0
      seen[$0] = 1; ++samples; next }
    { bad = $0 }
    END { if (bad != "") { print bad; exit 1 } exit samples < 20 }' "$1" >output || fail "$2: no metrics"
  if command -v promtool >/dev/null; then
    expect 0 "$2: promtool" promtool check metrics <"$1"
  fi
}
"$mdbx" stat --prometheus db >metrics.txt || fail "metrics"
metrics metrics.txt "metrics"
cp metrics.txt output
expect_text '^mdbx_table_records{database="db",table="@MAIN"} 20001$' "metrics"
expect_text '^mdbx_table_records{database="db",table="named"} 1$' "metrics"
expect_text '^mdbx_pages{database="db",use="free"} ' "metrics"
expect 0 "metrics in a file" "$mdbx" watch --prometheus db.prom -i 0.01 -r 3 db
[ ! -s output ] || fail "metrics in a file: something was printed"
metrics db.prom "metrics in a file"
[ "$(echo db.prom*)" = db.prom ] || fail "metrics in a file: something is left"
expect 1 "metrics into nowhere" "$mdbx" watch --prometheus no/such/file -r 1 db
expect_text "no/such/file" "metrics into nowhere"
expect 0 "stat of a table" "$mdbx" stat -t named db
[ "$(wc -l <output)" -eq 2 ] || fail "stat of a table shows more"

# ---- geometry
expect 0 "geometry" "$mdbx" geometry db
expect_text "^  upper " "geometry"
cp output geometry.before
expect 0 "what would happen" "$mdbx" geometry db --dry-run --upper 1G --grow 1M --shrink 0 --lower 1M --now 64M
for line in "may grow to 1 GiB" "grows by 1 MiB at a time" "will not shrink automatically" "not become smaller than 1 MiB" \
  "grows to 64 MiB" "Nothing was changed"; do
  expect_text "$line" "what would happen"
done
expect 0 "geometry again" "$mdbx" geometry db
cmp -s - geometry.before <output || fail "a dry run changed something"
expect 0 "a change" "$mdbx" geometry db --upper 1G --grow 1M --shrink 2M --lower 1M --now 64M
expect_text "^Done" "a change"
for row in "lower *1048576" "now *67108864" "upper *1073741824" "grow *1048576" "shrink *2097152"; do
  expect_text "$row" "a change"
done
[ "$(wc -c <db/mdbx.dat)" -eq 67108864 ] || fail "the file has another length"
expect 0 "shorter" "$mdbx" geometry -q db --now 0
[ ! -s output ] || fail "-q talks"
[ "$(wc -c <db/mdbx.dat)" -lt 8388608 ] || fail "the file was not cut"
expect 1 "an upper size below what is used" "$mdbx" geometry db --upper 64K --lower 0
expect_text "^mdbx geometry: db: --upper 65536 is too small: pages are in use up to byte [0-9]*, so" "an upper size below what is used"
[ "$(wc -l <output)" -eq 1 ] || fail "an upper size below what is used: not one line"
least=$(sed 's/.*up to byte \([0-9]*\),.*/\1/' output)
expect 1 "less than the least upper size" "$mdbx" geometry db --lower 0 --upper $((least - 4097))
expect 1 "less than the least upper size, only shown" "$mdbx" geometry db -d --lower 0 --upper $((least - 4097))
cp db/mdbx.dat before.least
"$mdbx" -q copy db other
expect 0 "the least upper size" "$mdbx" geometry other --lower 0 --upper "$least"
expect 0 "a database of the least upper size" "$chk" -q other
rm -f other*
expect 1 "an upper size below the lower one" "$mdbx" geometry db --lower 32M --upper 16M
expect_text "^mdbx geometry: db: --upper 16777216 is too small: the file is never smaller than 33554432, so" "upper below lower"
[ "$(wc -l <output)" -eq 1 ] || fail "upper below lower: not one line"
expect 1 "a lower size above the upper one" "$mdbx" geometry db --lower 2G
expect_text "^mdbx geometry: db: --lower 2147483648 is too large: the file is never larger than 1073741824, so" "lower above upper"
cmp db/mdbx.dat before.least >output 2>&1 || fail "sizes that were refused changed something"

# ---- a reader, and a writer beside it
mkfifo hold
"$mdbx" shell -q db <hold >shell.log 2>&1 &
shell=$!
exec 9>hold
"$mdbx" dump --cdb -q db @MAIN=- >slow 2>dump.log &
wait $! || fail "dump"
expect 0 "no readers" "$mdbx" readers db
expect_line "nobody is reading" "no readers"
exec 9>&-
wait $shell || fail "an empty session of the shell"

# The copy stands still in the pipe, and its reader with it.
mkfifo pipe
"$mdbx" copyfd db >pipe &
copying=$!
exec 8<pipe
while "$mdbx" readers db | grep -q nobody && kill -0 $copying 2>/dev/null; do
  sleep 0.05
done
fill 5000 9000 db || fail "load beside a reader"
expect 0 "readers" "$mdbx" readers db
expect_text "^ *slot *pid *command *age *thread *snapshot *behind *reads in *pages *held back" "readers"
expect_text "^process $copying (mdbx) keeps [0-9]* pages (.*) from being reused: it should end or renew" "readers"
checks=$((checks + 1))
"$mdbx" readers db | awk -v pid=$copying '
  NR == 2 && $2 == pid && $3 == "mdbx" && $4 >= 0 && $8 >= 1 && $11 > 0 { pages = $11 }
  /^process/ && pages && $5 == pages { found = 1 }
  END { exit !found }' || fail "the reader is not behind"
if "$mdbx" --json readers db >output 2>&1; then
  expect_text '"command": *"mdbx"' "a reader in JSON"
  expect_text '"age_seconds": *[0-9]' "a reader in JSON"
  expect_text '"retained_pages": *[1-9]' "a reader in JSON"
fi
expect 0 "readers, quietly" "$mdbx" -q readers db
! grep -q "^process" output || fail "readers, quietly: there is advice"
expect 0 "geometry with a reader" "$mdbx" geometry db
expect_text "^1 reader, the oldest" "geometry with a reader"
checks=$((checks + 1))
"$mdbx" geometry db | awk '$1 == "held" && $3 > 50 { found = 1 } END { exit !found }' || fail "no page is held"
expect 0 "mdbx_stat -r" "$stat" -r db
expect_text "[0-9]K *[1-9][0-9]*K" "mdbx_stat -r"
expect 0 "watch with a reader" "$mdbx" watch --csv -i 0.05 -r 1 db
checks=$((checks + 1))
awk -F, 'NR == 2 && $9 == 1 && $10 >= 1 { found = 1 } END { exit !found }' output || fail "watch sees no reader"
# Somebody else has it open, else the next one to open it would begin with an empty table of readers.
"$mdbx" watch -i 60 db >watched &
other=$!
catches $other
kill -9 $copying
wait $copying 2>/dev/null
exec 8<&-
expect 0 "what a dead process left" "$mdbx" readers -c db
expect_text "^[01] stale reader" "what a dead process left"
grep -q "^ .* $copying " output && fail "the dead reader is still there"
kill -TERM $other
wait $other || fail "a watch that is stopped fails"

# A copy that is throttled parks while nobody takes what it has, and is ousted by a writer that needs the pages.
mkfifo parked
"$mdbx" copyfd -p db >parked 2>parked.log &
copying=$!
exec 8<parked
tries=0
until "$mdbx" readers db | grep -q " parked " || [ $tries -ge 6000 ]; do
  tries=$((tries + 1))
  sleep 0.05
done
expect 0 "a parked reader" "$mdbx" readers db
expect_text "^ *[0-9]* *$copying  *mdbx  *[0-9]* [a-z]*  *parked  *[0-9]" "a parked reader"
expect 0 "mdbx_stat -r of a parked reader" "$stat" -r db
expect_text "$copying  *parked " "mdbx_stat -r of a parked reader"
if "$mdbx" --json readers db >output 2>&1; then
  expect_text '"state": *"parked"' "a parked reader in JSON"
  checks=$((checks + 1))
  grep -q '"thread": *18446' output && fail "a parked reader has a thread in JSON"
  # The same words mean the same everywhere.
  "$mdbx" --json geometry db >output
  free=$(sed -n 's/.*"free_pages": *\([0-9]*\).*/\1/p' output)
  held=$(sed -n 's/.*"held_pages": *\([0-9]*\).*/\1/p' output)
  expect 0 "free pages for the checker" "$chk" --json db
  expect_text "\"free_pages\": *$free\>" "free pages for the checker"
  expect_text "\"held_pages\": *$held\>" "held pages for the checker"
  expect 0 "statistics in JSON" "$mdbx" --json stat db
  expect_text '"table": *"@MAIN"' "the main table in JSON"
fi
kill -9 $copying
wait $copying 2>/dev/null
exec 8<&-

# ---- watch
expect 0 "watch" "$mdbx" watch -i 0.05 -r 3 db
[ "$(wc -l <output)" -eq 4 ] || fail "watch shows other lines"
"$mdbx" watch --csv -i 0.5 db >watched &
watching=$!
# However slow both are, some row has a commit in it.
until awk -F, 'NR >= 2 && $3 > 0 && $12 > 0 && $14 > 0 { found = 1 } END { exit !found }' watched; do
  kill -0 $watching 2>/dev/null || { fail "watch ended: $(cat watched)"; break; }
  "$mdbx" put db x 1
done
kill -TERM $watching
wait $watching || fail "watch"
checks=$((checks + 1))
"$mdbx" watch -i 1 db >watched &
watching=$!
catches $watching
kill -TERM $watching
checks=$((checks + 1))
wait $watching || fail "a watch that is stopped fails"

# On a terminal it fits the width, and large numbers have units.
if python3 -c 'import pty, os; os.waitstatus_to_exitcode; pty.openpty()' 2>/dev/null && command -v stty >/dev/null; then
  for width in 30 80 200; do
    expect 0 "watch on a terminal" python3 "$terminal" /dev/null "$(command -v sh)" -c \
      "stty cols $width; NO_COLOR=1 exec '$mdbx' watch -i 0.01 -r 21 db"
    tr -d '\r' <output >screen
    checks=$((checks + 1))
    awk -v width=$width 'length($0) >= width { exit 1 }' screen || fail "watch is wider than $width columns"
    checks=$((checks + 1))
    [ "$(grep -c '^time ' screen)" -eq 2 ] || fail "watch with $width columns: not two headings"
    head -n 1 screen | wc -w >words.$width
  done
  checks=$((checks + 1))
  [ "$(cat words.30)" -lt "$(cat words.80)" ] && [ "$(cat words.80)" -lt "$(cat words.200)" ] && [ "$(cat words.200)" -eq 17 ] ||
    fail "watch does not use the width: $(cat words.30 words.80 words.200)"
  checks=$((checks + 1))
  grep -q '^..:..:.. .* [0-9.]*[KM] ' screen || fail "watch has no units"
else
  echo "python3, pseudo terminals or stty are not there: watch on a terminal is skipped"
fi

# A picture: well-formed, replaced as a whole, of bounded size, with a curve that shows what happened.
# picture FILE WHAT
picture() {
  checks=$((checks + 1))
  grep -q "prefers-color-scheme:dark" "$1" && [ "$(tail -n 1 "$1")" = "</svg>" ] || fail "$2: no picture"
  if command -v xmllint >/dev/null; then
    expect 0 "$2 is well-formed" xmllint --noout "$1"
  fi
  [ "$(echo "$1"*)" = "$1" ] || fail "$2: something is left"
}
mkdir -p 'a<b&c'
"$copy" -q db 'a<b&c/mdbx.dat'
expect 0 "a picture of one round" "$mdbx" watch --svg now.svg -r 1 'a<b&c'
[ ! -s output ] || fail "a picture of one round: something was printed"
picture now.svg "a picture of one round"
grep -q 'a&lt;b&amp;c' now.svg || fail "the picture does not name the database"
"$mdbx" watch --svg state.svg --prometheus state.prom -i 0.05 db &
watching=$!
# However slow both are, in some picture commits were made and the time goes on.
until [ -s state.svg ] && [ "$(grep -c 'class="hit"' state.svg)" -ge 3 ] && grep -q ' [1-9][0-9]* commits/s</title>' state.svg; do
  kill -0 $watching 2>/dev/null || { fail "watch ended"; break; }
  "$mdbx" put db x 1
done
kill -TERM $watching
wait $watching || fail "a watch that draws"
picture state.svg "a picture"
metrics state.prom "metrics beside a picture"
for name in used held free rest; do
  checks=$((checks + 1))
  [ "$(grep -c "<path class=\"$name\" d=\"M[0-9. L]*z\"/>" state.svg)" -eq 1 ] || fail "the picture has no area of $name"
done
expect 0 "a picture of many rounds" "$mdbx" watch --svg many.svg -i 0.001 -r 500 db
picture many.svg "a picture of many rounds"
count=$(grep -c 'class="hit"' many.svg)
[ "$count" -gt 100 ] && [ "$count" -le 240 ] || fail "a picture of many rounds has $count points"
expect 1 "a picture into nowhere" "$mdbx" watch --svg no/such/file -r 1 db
expect_text "no/such/file" "a picture into nowhere"

# ---- warm
expect 0 "warm" "$mdbx" warm db
expect_text "were read into memory" "warm"
expect 0 "warm in the background" "$mdbx" warm -b db
expect_text "will be read into memory" "warm in the background"
"$mdbx" warm -l db >locked 2>&1 &
warming=$!
catches $warming
kill -TERM $warming 2>/dev/null
wait $warming || grep -q "cannot warm up" locked || fail "warm -l"

# ---- backups
expect 0 "backup" "$mdbx" backup db full
expect_text "^full: a copy of commit " "backup"
expect 1 "backup over a file" "$mdbx" backup db full
expect 0 "forced backup over a file" "$mdbx" backup -f db full
fill 20000 20100 db || fail "more"
expect 0 "an increment to a copy" "$mdbx" backup db first --since-copy full
expect_text "^first: an increment from commit .* [0-9]* pages$" "an increment to a copy"
"$mdbx" put --create tiny key one && "$mdbx" backup -q tiny tiny.full && "$mdbx" put tiny key two || fail "a small database"
expect 0 "an increment of one page" "$mdbx" backup tiny tiny.inc --since-copy tiny.full
expect_text ", 1 page$" "an increment of one page"
"$mdbx" del db "key 0000007" || fail "del"
expect 0 "an increment to an increment" "$mdbx" backup db second -s first
[ ! -e full-lck ] || fail "a lock file appeared beside the copy"
[ "$(wc -c <first)" -lt "$(($(wc -c <full) / 4))" ] || fail "the increment is as large as the copy"
cp full kept
expect 1 "the wrong order" "$mdbx" apply full second
cmp -s full kept || fail "a wrong increment changed the copy"
expect 0 "apply" "$mdbx" apply full first second
expect_text "full now is a copy of commit " "apply"
expect 0 "apply once more" "$mdbx" apply full second
expect_text "has commit .* already" "apply once more"
"$mdbx" dump -x db >source.dump
"$mdbx" dump -x full | cmp -s - source.dump || fail "the copy is not the source"
expect 0 "check of the copy" "$mdbx" chk -q full
commit=$("$mdbx" stat db | sed -n 's/.*commit \([0-9]*\),.*/\1/p')
expect 0 "since a commit" "$mdbx" backup db third --since "$commit"
expect_text " 0 pages" "since a commit"
expect 1 "since a commit to come" "$mdbx" backup db fourth --since 999999
"$mdbx" put -c stranger k v
expect 1 "an increment to a copy of another database" "$mdbx" backup stranger fourth -s full
expect_text "is of another database" "an increment to a copy of another database"
echo junk >junk
expect 1 "an increment to junk" "$mdbx" backup db fourth -s junk
expect_text "neither a copy nor an increment" "an increment to junk"
expect 1 "apply of junk" "$mdbx" apply full junk
head -c 5000 first >cut
expect 1 "apply of a part" "$mdbx" apply kept cut
[ ! -e fourth ] || fail "a failed backup left a file"
"$mdbx" copyfd -c db >piped || fail "copyfd"
expect 0 "check of what went through a pipe" "$mdbx" chk -q piped
"$mdbx" copyfd --fd 7 db 7>piped7 || fail "copyfd to a descriptor"
expect 0 "check of that" "$mdbx" chk -q piped7
expect 1 "a closed descriptor" "$mdbx" copyfd --fd 77 db
mkdir folder
expect 0 "copy into a directory" "$mdbx" copy -c db folder
expect 0 "check of that" "$mdbx" chk -q folder

# ---- defrag
awk 'BEGIN { for (i = 0; i < 18000; ++i) printf "--delete=key %07d\n", i }' | tr '\n' '\0' | xargs -0 -n 4000 "$mdbx" edit -q db
"$mdbx" geometry -q db --shrink 64K
before=$(wc -c <db/mdbx.dat)
cp -r db db2
expect 0 "defrag that has enough soon" "$mdbx" defrag -v -e 64K -c 16 db2
expect_text "cycle 1:" "defrag"
expect_text "it is enough" "defrag"
cp -r db db3
expect 0 "defrag with its progress" sh -c "'$defrag' --progress -c 16 db3 2>&1 >/dev/null"
checks=$((checks + 1))
awk '!/^[0-9.]+ %, [0-9]+ pages moved$/ || $1 + 0 < last { exit 1 } { last = $1 + 0 } END { if (!NR || NR > 11) exit 1 }' output ||
  fail "defrag with its progress shows other lines"
expect 0 "mdbx defrag without progress" sh -c "'$mdbx' defrag -q db3 2>&1"
[ ! -s output ] || fail "mdbx defrag -q talks"
expect 0 "defrag" "$mdbx" defrag db
expect_text "^[1-9][0-9]* pages (.*B) freed at the end, " "defrag"
expect_text "^the file has .*B, .*B less than before$" "defrag that shortens the file"
[ "$(wc -c <db/mdbx.dat)" -lt "$before" ] || fail "the file did not become smaller"
"$mdbx" dump -x db >after.dump
expect 0 "mdbx_defrag" "$defrag" -q -T 10s db2
[ ! -s output ] || fail "mdbx_defrag -q talks"
"$mdbx" dump -x db2 | cmp -s - after.dump || fail "two ways to defragment, two contents"
expect 0 "check" "$chk" -q db
expect 0 "check" "$chk" -q db2
finish
