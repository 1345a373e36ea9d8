#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/classes.sh: each class of malformed files, at each place it can stand: mdbx_chk names the page, with its byte
# in the file, the table, and what is wrong; the other tools end with an exit code, a message, and no half of a result.
# Copies by the hundred, and nothing here is about disks.
[ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || TMPDIR=/dev/shm
. "$(dirname "$0")/common.sh"

craft=$top_builddir/tests/tools/craft
if [ ! -x "$craft" ]; then
  echo "craft was not built: skipped"
  exit 77
fi

# The tables "plain" (with a large value), "multi" and "fixed" (several values per key: one, few, many).
input() {
  awk -v round="$1" 'BEGIN {
    print "VERSION=3\nformat=print\ntype=btree\ndb_pagesize=512\ngeometry=l65536,c65536,u16777216,s131072,g65536\nHEADER=END"
    for (i = 0; i < 60; ++i) printf " main %04d\n %d and the rest of it\n", i, i + round
    print "DATA=END\nVERSION=3\nformat=print\ndatabase=plain\ntype=btree\nHEADER=END"
    for (i = 0; i < 900; ++i) printf " key %05d\n round %d of number %d\n", i * 7 % 900, round, i
    printf " large\n "; for (i = 0; i < 3000; ++i) printf "x"
    print "\nDATA=END\nVERSION=3\nformat=print\ndatabase=multi\ntype=btree\nduplicates=1\ndupsort=1\nHEADER=END"
    for (i = 0; i < 40; ++i) printf " a%03d\n value %d\n", i, i
    for (i = 0; i < 5; ++i) printf " few\n value %d\n", i
    for (i = 0; i < 600; ++i) printf " many\n value %05d of many\n", i
    print "DATA=END\nVERSION=3\nformat=print\ndatabase=fixed\ntype=btree\nduplicates=1\ndupsort=1\ndupfixed=1\nHEADER=END"
    for (i = 0; i < 5; ++i) printf " few\n %04d\n", i
    for (i = 0; i < 2000; ++i) printf " many\n %04d\n", i
    print "DATA=END"
  }'
}
# More free pages than the list of a meta is for, so that table 0 has some, and used ones behind them.
input 1 >text
expect 0 "load" "$load" -q -f text good
awk 'BEGIN {
  print "VERSION=3\nformat=print\ndatabase=junk\ntype=btree\nHEADER=END"
  for (i = 0; i < 80; ++i) { printf " junk %04d\n ", i; for (k = 0; k < 3000; ++k) printf "j"; print "" }
  print "DATA=END"
}' >text
expect 0 "load" "$load" -q -f text good
input 2 >text
expect 0 "load" "$load" -q -f text good
expect 0 "drop" "$drop" -d -s junk good
printf 'VERSION=3\nformat=print\ntype=btree\nHEADER=END\n main 0001\n 1 and the rest of it\nDATA=END\n' >text
expect 0 "load" "$load" -q -f text good
input 3 >text
expect 0 "load" "$load" -q -f text good
expect 0 "check" "$chk" good
expect_text "No problems found" "check"
json=no
"$chk" --json good >output 2>&1 && json=yes
mkdir bad

# ends COMMAND...: with an exit code of its own, in time; a failure says something that has the name of the file.
ends() {
  checks=$((checks + 1))
  "$@" >answer 2>output </dev/null
  code=$?
  [ $code -le 5 ] || fail "$class at $place: $* left with $code"
  sane "$class at $place: $*"
  [ $code -eq 0 ] || grep -q "bad" output || fail "$class at $place: $* failed and did not name the file"
}

# No half of a result is left behind by a command that failed, and what one that did not fail wrote is sound.
whole() {
  checks=$((checks + 1))
  if [ $code -ne 0 ]; then
    [ ! -e "$1" ] || fail "$class at $place: $1 was left behind"
  fi
  [ ! -e "$1" ] || rm -rf "$1"
}

# told COMMAND...: a copy fails, says in which file and at which page, and leaves nothing.
told() {
  checks=$((checks + 2))
  "$@" >answer 2>output </dev/null
  code=$?
  [ $code -eq 1 ] || fail "$class at $place: $* left with $code"
  hear
  names_page "$said" || fail "$class at $place: $* does not tell of it"
  gone copied "$class at $place: $*"
}

# names_page TEXT: it names the file, and, where the damage is in a page itself, one of the pages that craft said.
names_page() {
  case $1 in
  *"bad/mdbx.dat: "?*) ;;
  *) return 1 ;;
  esac
  case $class in child_* | root_* | depth_* | reference_*) return 0 ;; esac
  while read -r object number table; do
    case $1 in
    *"bad/mdbx.dat: "*"page $number"[!0-9]*) [ "$object" != page ] || return 0 ;;
    esac
  done <wanted
  return 1
}

# What a copy must notice: all that is wrong with bytes, and references that lead to something else. Copies that compact do not
# read the lists of free pages.
copies() {
  case $class in
  leaf_* | branch_* | run_too_long | run_flags | run_checksum | child_version | child_beyond | child_meta | child_itself | \
    child_twice | child_of_main | child_root | child_leaf | root_meta | root_beyond | depth_huge | reference_beyond) ;;
  *) return ;;
  esac
  told "$copy" -q bad copied
  told "$copy" -q bad -
  told "$mdbx" -q copy bad copied
  told "$mdbx" -q copyfd bad
  told "$mdbx" -q backup bad copied
  # An increment has each page as often as it is referred to.
  [ "$class" = child_twice ] || told "$mdbx" -q backup --since 1 bad copied
  if [ "$place" != gc ]; then
    told "$copy" -q -c bad copied
    told "$mdbx" -q copy -c bad copied
  fi
  expect 0 "$class at $place: a copy that does not look" "$copy" -q --no-verify bad copied
  checks=$((checks + 1))
  "$chk" -q copied >output 2>&1 && fail "$class at $place: the copy has none of it"
  rm -f copied*
  expect 0 "$class at $place: a backup that does not look" "$mdbx" -q backup -N bad copied
  rm -f copied
}

others() {
  copies
  ends "$stat" -a -e -f bad
  ends "$mdbx" stat bad
  ends "$dump" -a -f dumped bad
  whole dumped
  ends "$copy" -q bad copied
  whole copied
  ends "$copy" -q -c bad copied
  whole copied
  ends "$copy" -q -c --no-verify bad copied
  whole copied
  ends "$mdbx" -q backup --since 1 bad copied
  whole copied
  ends "$mdbx" -q backup -N --since 1 bad copied
  whole copied
  ends "$dump" -r -a -f rescued bad
  if [ -s rescued ]; then
    checks=$((checks + 1))
    "$load" -q -r -f rescued new >output 2>&1
    code=$?
    [ $code -le 1 ] || fail "$class at $place: loading what was rescued left with $code"
    [ ! -e new ] || "$chk" -q new >output 2>&1 || fail "$class at $place: what was rescued is not sound"
  fi
  rm -rf rescued new
}

# named OBJECT NUMBER TABLE: a line of the checker has them, with the byte and an explanation.
named() {
  case $class in
  metas*) grep -q "none of the three meta pages is sound" output ;;
  meta_twin) grep -q "meta pages [012] and [012] are both of transaction" output ;;
  meta*) grep -q "bad/mdbx.dat: meta page $2 at byte $(($2 * 512)) is damaged: ." output ;;
  gc_forgets) grep -q "^ ! page #$2 at byte $(($2 * 512)) is neither used nor listed as free" output ;;
  *) grep -q "^ ! $1 #$2 at byte $(($2 * 512)) [a-z].*: .*$3" output ;;
  esac
}

named_in_json() {
  case $class in
  metas*) grep -q '"detail":".*none of the three meta pages' answer ;;
  meta_twin) grep -q '"detail":".*are both of transaction' answer ;;
  meta*) grep -q "\"detail\":\".*meta page $2 at byte $(($2 * 512)) is damaged" answer ;;
  *)
    grep -q "\"entry\":$2," answer && grep -q "\"offset\":$(($2 * 512))," answer || return 1
    case $class in
    flags* | depth* | root* | gc_forgets) ;;
    *) grep -q "\"table\":\"$3\"" answer || return 1 ;;
    esac
    case $class in
    keys_exchanged | key_edited | key_too_long | head_edited | subpage_exchanged) grep -q '"key\(_hex\)*":"..*"' answer ;;
    esac
    ;;
  esac
}

# any_named HOW: one of the things that craft said will do.
any_named() {
  while read -r object number table; do
    "$1" "$object" "$number" "$table" && return 0
  done <wanted
  return 1
}

# try CODE CLASS PLACE
try() {
  wanted_code=$1 class=$2 place=$3
  checks=$((checks + 3))
  cp good/mdbx.dat bad/mdbx.dat
  rm -f bad/mdbx.lck
  "$craft" "$class" "$place" bad/mdbx.dat >wanted 2>output || {
    fail "$class at $place cannot be had"
    return
  }
  "$chk" bad >output 2>&1 </dev/null
  code=$?
  [ $code -eq "$wanted_code" ] || fail "$class at $place: the check left with $code, not $wanted_code"
  sane "$class at $place: the check"
  # A meta page that was written senseless is refused at opening, which names it.
  read -r object number table <wanted
  if [ "$object" = meta ] && grep -q "^mdbx_chk: cannot open bad: meta page $number of transaction [0-9]* is damaged: " output; then
    return
  fi
  any_named named || fail "$class at $place: the check did not name $(head -n 1 wanted)"
  if [ $json = yes ]; then
    "$chk" --json bad >answer 2>output </dev/null
    [ $? -eq "$wanted_code" ] || fail "$class at $place: the check with JSON left with another code"
    any_named named_in_json || fail "$class at $place: JSON does not name $(head -n 1 wanted)"
  fi
}

# each CODE PLACES CLASS...: the other tools look at the first place only.
each() {
  wanted_code=$1 places=$2
  shift 2
  for class in "$@"; do
    first=yes
    for place in $places; do
      try "$wanted_code" "$class" "$place"
      [ $first = no ] || others
      first=no
    done
  done
}

trees="plain gc main multi multi:many fixed:many"
each 2 gc gc_lists_used gc_lists_twice gc_lists_beyond gc_of_the_future gc_unsorted gc_unknown_kind gc_garbage
each 1 gc gc_forgets
each 2 "plain main" flags_dupfixed flags_integerdup flags_reversedup flags_duporder
each 2 "$trees" depth_huge depth_more depth_less root_meta root_beyond root_free items_more branches_more leaves_more
each 2 "plain main multi" large_more
each 2 "$trees" leaf_flags leaf_number leaf_lower leaf_upper leaf_crossed leaf_empty leaf_young leaf_checksum leaf_branch
each 2 "plain main multi:many fixed:many" branch_flags branch_leaf branch_number branch_lower branch_upper
each 2 "plain main multi multi:many fixed:many" keys_exchanged
each 2 "plain main multi multi:many" key_edited head_edited key_huge data_huge data_longer node_outside node_low \
  node_twice kind_tree key_too_long
each 2 "plain main multi:many" kind_subpage
each 2 fixed:many array_item_zero
each 2 "multi:few fixed:few" subpage_count_more subpage_count_huge subpage_count_none subpage_item_more subpage_exchanged
each 2 multi:few subpage_end_outside
each 2 "plain main multi:many fixed:many" child_beyond child_version child_meta child_itself child_free child_twice child_of_main \
  separators_exchanged separator_edited separator_outside separator_of_first
each 2 plain root_of_main child_root child_leaf run_too_long run_other_bytes run_flags run_checksum reference_beyond reference_bytes \
  reference_free
each 2 main meta_page_size_zero meta_page_size_odd meta_kind meta_magic meta_txnid meta_end_none meta_end_far \
  meta_geometry meta_checksum meta_twin metas_page_size_zero

# ---- a damaged meta page, opened for writing: what is lost is said
class="recovery" place=meta
cp good/mdbx.dat bad/mdbx.dat
"$craft" meta_checksum main bad/mdbx.dat >wanted
expect 0 "a check that repairs" "$chk" -w bad
expect_text "bad/mdbx.dat: meta page [012] at byte [0-9]* is damaged: checksum does not match; it is wiped" "a check that repairs"
expect 0 "the check after it" "$chk" -w bad
checks=$((checks + 1))
grep -q "is damaged" output && fail "the check after it tells of damage"

# ---- files: cut off, and with garbage for a lock file
class="cut off" place=file
head -c 51200 good/mdbx.dat >bad/mdbx.dat
rm -f bad/mdbx.lck
expect 2 "a file cut off" "$chk" bad
expect_text "bad/mdbx.dat: the file is cut off: 51200 bytes" "a file cut off"
others
class="lock file"
cp good/mdbx.dat bad/mdbx.dat
for bytes in 0 1 100 4096 65536; do
  head -c $bytes good/mdbx.dat >bad/mdbx.lck
  ends "$chk" bad
  if [ $bytes -eq 0 ]; then
    [ $code -eq 0 ] || fail "an empty lock file: the check left with $code"
  else
    [ $code -ne 0 ] || fail "a lock file of $bytes foreign bytes is taken"
    head -c $bytes good/mdbx.dat | cmp -s - bad/mdbx.lck || fail "a lock file of $bytes foreign bytes was changed"
  fi
done
rm -f bad/mdbx.lck
finish
