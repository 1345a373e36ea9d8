#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/objects.sh: what objects of the engine use of each other.
#
# A symbol may be used in its own layer and in those above it, whatever header declares it. Files of one layer that use each
# other, directly or by others of the layer, make a circle: circles.txt lists the pairs that there are, and only shrinks.
. "$(dirname "$0")/common.sh"
lint_temporary

objects=${LINT_OBJECTS:-$top_builddir/src}
circles=${LINT_CIRCLES:-$lint_dir/circles.txt}

# Lines "layer/file kind symbol" of the objects whose source is there: nm writes "object:address kind symbol".
for source in "$LINT_ROOT"/src/*/*.c; do
  [ ! -f "$source" ] || echo "${source#"$LINT_ROOT"/src/}"
done >"$lint_tmp/sources"
find "$objects" -name '*.o' -exec ${NM:-nm} -A -g {} + 2>/dev/null | awk -v objects="$objects/" '
  FILENAME != "-" { sub(/\.c$/, ""); there[$0]; next }
  {
    name = substr($0, length(objects) + 1)
    sub(/\.o:.*/, "", name)
    sub(/\/\.libs\//, "/", name)
    sub(/libmdbx_core_la-/, "", name)
    if (name in there) print name, $(NF - 1), $NF
  }' "$lint_tmp/sources" - | LC_ALL=C sort -u >"$lint_tmp/symbols"
if ! grep -q ' T ' "$lint_tmp/symbols"; then
  echo "nm shows no symbols of the objects: skipped"
  exit 77
fi

awk '
  { line[NR] = $0 }
  $2 != "U" { home[$3] = $1 }
  END {
    for (i = 1; i <= NR; ++i) {
      split(line[i], part, " ")
      if (part[2] == "U" && part[3] in home && home[part[3]] != part[1]) print part[1], home[part[3]], part[3]
    }
  }' "$lint_tmp/symbols" >"$lint_tmp/uses"

awk '
  BEGIN {
    count = split("base os format file space tree gc env txn service api", order, " ")
    for (i = 1; i <= count; ++i) rank[order[i]] = i
  }
  {
    user = $1; sub(/\/.*/, "", user)
    home = $2; sub(/\/.*/, "", home)
    if (rank[home] > rank[user]) print $1 " uses " $3 " of " $2 ", which is above it"
  }' "$lint_tmp/uses" >"$lint_tmp/findings"

# Pairs of files that reach each other.
awk '
  {
    user = $1; sub(/\/.*/, "", user)
    home = $2; sub(/\/.*/, "", home)
    if (user == home) { reach[$1, $2] = 1; files[$1]; files[$2] }
  }
  END {
    for (over in files)
      for (from in files)
        if ((from, over) in reach)
          for (to in files)
            if ((over, to) in reach) reach[from, to] = 1
    for (a in files)
      for (b in files)
        if (a < b && (a, b) in reach && (b, a) in reach) print a, b
  }' "$lint_tmp/uses" | LC_ALL=C sort >"$lint_tmp/circles"
grep -v '^#' "$circles" | LC_ALL=C sort >"$lint_tmp/known"
LC_ALL=C comm -23 "$lint_tmp/circles" "$lint_tmp/known" | sed 's/ / and /; s/$/ use each other/' >>"$lint_tmp/findings"
LC_ALL=C comm -13 "$lint_tmp/circles" "$lint_tmp/known" | sed 's/$/: no circle any more, take it out of circles.txt/' \
  >>"$lint_tmp/findings"
lint_finish_from "$lint_tmp/findings"
lint_finish
