#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# bench/report.sh BENCH FOLDER: measures and writes the generated parts of FOLDER/performance.md, with its pictures.
# RECORDS, ROUNDS, SCALE, GROWTH (numbers of records, for the lines), GROWTH_ENGINES, DISK (a folder of a disk), FLAGS (-c, for
# example) and PARTS (some of tables, modes, growth) say otherwise than here. What was measured stays in performance*.csv in the current folder.
bench=${1:?the program} folder=${2:?the folder of the document}
document=$folder/performance.md
records=${RECORDS:-1000000} rounds=${ROUNDS:-5} scale=${SCALE:-1} growth=${GROWTH:-100000,1000000,10000000} disk=${DISK:-.}
parts=$(mktemp -d) || exit 1
trap 'rm -rf "$parts"' EXIT

# measure NAME OPTION...: one run; its lines are shown, its tables become parts/NAME.
measure() {
  name=$1
  shift
  # shellcheck disable=SC2086
  "$bench" -r "$rounds" -s "$scale" -D "$disk" ${FLAGS-} --csv "performance-$name.csv" --markdown "$parts/$name" "$@" || exit 1
}

for part in ${PARTS:-tables modes growth}; do
  case $part in
  tables) measure tables -n "$records" --svg "$parts/performance" ;;
  modes)
    modes_engines=mdbx
    ! "$bench" --list | grep -q '^  lmdb ' || modes_engines=mdbx,lmdb
    measure modes -n "$records" -e "$modes_engines" -m safe,writemap loads small
    ;;
  growth)
    measure growth -n "$growth" ${GROWTH_ENGINES:+-e "$GROWTH_ENGINES"} --svg "$parts/performance" load get scan100 oneput ten crud
    ;;
  *) echo "$0: no such part: $part" >&2 && exit 1 ;;
  esac
  # The description of the machine is the lines of a list before the first table; it belongs to the tables.
  [ "$part" != tables ] || awk '/^$/ { exit } { print }' "$parts/tables" >"$parts/machine"
  awk 'begun || /^### / { begun = 1; print }' "$parts/$part" >"$parts/only" && mv "$parts/only" "$parts/$part"
done
for picture in loads small reads flushed growth; do
  [ ! -e "$parts/performance-$picture.svg" ] || cp "$parts/performance-$picture.svg" "$folder/" || exit 1
done
# A part that was not measured stays as it is.
awk -v parts="$parts" '
  /^<!-- begin / {
    print
    if ((getline line <(parts "/" $3)) <= 0) next
    print ""
    do print line; while ((getline line <(parts "/" $3)) > 0)
    print ""; skip = 1; next
  }
  /^<!-- end / { skip = 0 }
  !skip { print }' "$document" >"$parts/document" && cp "$parts/document" "$document"
