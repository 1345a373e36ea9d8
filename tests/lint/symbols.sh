#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/symbols.sh: the shared library exports what mdbx.h declares, all of
# it and nothing else.
. "$(dirname "$0")/common.sh"
lint_temporary

library=${LINT_LIBRARY:-$top_builddir/.libs/libmdbx.so}
if [ ! -f "$library" ]; then
  echo "no shared library was built: skipped"
  exit 77
fi

# A declaration is a statement with the export mark; its name stands before the
# parameters, or last if it is an object.
awk -f "$lint_dir/strip.awk" "$LINT_ROOT/include/mdbx.h" | awk '
  {
    text = $0
    sub(/^[^:]*:[0-9]+:/, "", text)
    if (macro || text ~ /^[ \t]*#/) { macro = (text ~ /\\$/); next }
    gsub(/[{}]/, ";", text)
    all = all " " text
  }
  END {
    count = split(all, statement, ";")
    for (i = 1; i <= count; ++i) {
      if (statement[i] !~ /LIBMDBX_(INLINE_|VERINFO_)?API /) continue
      name = statement[i]
      sub(/[ \t]*\(.*/, "", name)
      sub(/[ \t]+$/, "", name)
      sub(/.*[ \t*]/, "", name)
      print name
    }
  }' | LC_ALL=C sort -u >"$lint_tmp/declared"

${NM:-nm} -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $NF); print $NF }' |
  LC_ALL=C sort -u >"$lint_tmp/exported"
[ -s "$lint_tmp/declared" ] || lint_report "mdbx.h declares nothing: the lint is blind"
[ -s "$lint_tmp/exported" ] || lint_report "$library exports nothing"

LC_ALL=C comm -23 "$lint_tmp/declared" "$lint_tmp/exported" | sed 's/^/declared but not exported: /' >"$lint_tmp/findings"
LC_ALL=C comm -13 "$lint_tmp/declared" "$lint_tmp/exported" | sed 's/^/exported but not declared: /' >>"$lint_tmp/findings"
[ "$lint_findings" -eq 0 ] || exit 1
lint_finish_from "$lint_tmp/findings"
