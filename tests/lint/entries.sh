#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/entries.sh: entry points check arguments, call, and map results: no engine logic in src/api.
#
# entries.txt says which headers of other layers src/api may include, and for each file how many lines reach into a structure
# of the engine: through a member that is one (tree->record.items, root->space.geometry), or to change anything in a tree.
# The lists only shrink: what is no longer used is to be taken out.
. "$(dirname "$0")/common.sh"
lint_temporary

list=${LINT_ENTRIES:-$lint_dir/entries.txt}
files=$(lint_sources src/api)
[ -n "$files" ] || lint_report "no entry points: the lint is blind"

awk -f "$lint_dir/strip.awk" $files >"$lint_tmp/stripped"
sed -n 's/^[^:]*:[0-9]*:[ \t]*#[ \t]*include[ \t]*"\([^"]*\)".*/include \1/p' "$lint_tmp/stripped" | grep -v '^include api/' \
  >"$lint_tmp/found"
# A member of a member, and what is written to a tree or a space.
grep -E '(->|[.])(space|collector|record|rules|core|main|gc)[ ]*([.]|->)|(tree|space|record|core)(->|[.])[a-z_]*[ ]*([-+|&]?=[^=]|[+][+]|--)' \
  "$lint_tmp/stripped" | sed "s|^$LINT_ROOT/src/||; s|:.*||" | LC_ALL=C sort | uniq -c | awk '{ print "reach " $2 " " $1 }' \
  >>"$lint_tmp/found"
LC_ALL=C sort -u "$lint_tmp/found" >"$lint_tmp/uses"
grep -v '^#' "$list" | LC_ALL=C sort >"$lint_tmp/allowed"
LC_ALL=C comm -23 "$lint_tmp/uses" "$lint_tmp/allowed" | sed 's/$/: not in the list: it belongs into a layer below/' \
  >"$lint_tmp/findings"
LC_ALL=C comm -13 "$lint_tmp/uses" "$lint_tmp/allowed" | sed 's/$/: listed, and not so: take it out of the list/' \
  >>"$lint_tmp/findings"
echo "src/api: $(cat $files | wc -l) lines, $(grep -c '^include' "$lint_tmp/uses") headers of other layers"
[ ! -s "$lint_tmp/findings" ] || { cat "$lint_tmp/findings"; exit 1; }
lint_finish
