#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/units.sh: modules that can be tested without a database have a unit test.
#
# The layers below trees need no database. A module of theirs is tested on its own if a program of tests/unit includes its
# header. without_unit_test.txt lists those that have none, and only shrinks.
. "$(dirname "$0")/common.sh"
lint_temporary

without=${LINT_WITHOUT:-$lint_dir/without_unit_test.txt}
# A module of several files has one header: x_part.c without x_part.h is a part of x.
lint_sources src/base src/os src/format src/file src/space | grep '\.c$' |
  sed "s|^$LINT_ROOT/src/||; s|\.c$||" | while read -r module; do
  case $module in
  os/*) ;;
  *) [ -f "$LINT_ROOT/src/$module.h" ] || module=${module%_*} ;;
  esac
  echo "$module"
done | LC_ALL=C sort -u >"$lint_tmp/modules"
[ -s "$lint_tmp/modules" ] || lint_report "no modules: the lint is blind"
# The os layer has one header.
cat "$LINT_ROOT"/tests/unit/*.[ch] 2>/dev/null | sed -n 's/^#include "\([a-z]*\/[a-z_0-9]*\)\.h".*/\1/p' | LC_ALL=C sort -u \
  >"$lint_tmp/included"
if grep -qx os/os "$lint_tmp/included"; then
  grep '^os/' "$lint_tmp/modules" >>"$lint_tmp/included"
fi
LC_ALL=C sort -u "$lint_tmp/included" >"$lint_tmp/tested"
grep -v '^#' "$without" | LC_ALL=C sort >"$lint_tmp/known"
LC_ALL=C comm -23 "$lint_tmp/modules" "$lint_tmp/tested" >"$lint_tmp/untested"
LC_ALL=C comm -23 "$lint_tmp/untested" "$lint_tmp/known" | sed 's/$/: no program of tests\/unit includes its header/' \
  >"$lint_tmp/findings"
LC_ALL=C comm -13 "$lint_tmp/untested" "$lint_tmp/known" | sed 's/$/: has a unit test or is gone, take it out of the list/' \
  >>"$lint_tmp/findings"
lint_finish_from "$lint_tmp/findings"
lint_finish
