#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/tested.sh: every function of the interface (interface.txt) is declared
# in mdbx.h, and every function that is declared is called by a test.
. "$(dirname "$0")/common.sh"
lint_temporary

interface=${LINT_INTERFACE:-$lint_dir/interface.txt}
awk -f "$lint_dir/strip.awk" "$LINT_ROOT/include/mdbx.h" |
  grep -o 'mdbx_[A-Za-z0-9_]*[ ]*(' | tr -d ' (' | LC_ALL=C sort -u >"$lint_tmp/declared"
grep -v '^#' "$interface" | LC_ALL=C sort -u >"$lint_tmp/wanted"
[ -s "$lint_tmp/wanted" ] || lint_report "$interface is empty: the lint is blind"
LC_ALL=C comm -13 "$lint_tmp/declared" "$lint_tmp/wanted" | sed 's/$/: not declared in mdbx.h/' >"$lint_tmp/findings"

lint_sources tests/api tests/crash tests/model tests/stress tests/unit >"$lint_tmp/files"
while read -r file; do
  awk -f "$lint_dir/strip.awk" "$file"
done <"$lint_tmp/files" | grep -o 'mdbx_[A-Za-z0-9_]*' | LC_ALL=C sort -u >"$lint_tmp/called"
LC_ALL=C comm -23 "$lint_tmp/declared" "$lint_tmp/called" | sed 's/$/: no test uses it/' >>"$lint_tmp/findings"
lint_finish_from "$lint_tmp/findings"
