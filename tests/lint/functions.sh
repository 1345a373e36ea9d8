#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/functions.sh: no function is longer than 120 lines, and only the API
# layer defines functions named mdbx_*. Prints the median length.
. "$(dirname "$0")/common.sh"
lint_temporary

files=$(lint_sources src mdbx_chk tools lmdb demo python)
[ -n "$files" ] || { echo "no sources"; exit 0; }
awk -f "$lint_dir/strip.awk" $files | awk -f "$lint_dir/functions.awk" >"$lint_tmp/functions"

awk -v api="$LINT_ROOT/src/api/" '
  $3 > 120 { print $1 ":" $2 ": " $4 " has " $3 " lines, at most 120 are allowed" }
  $4 ~ /^mdbx_/ && index($1, api) != 1 { print $1 ":" $2 ": only src/api may define " $4 }
' "$lint_tmp/functions" >"$lint_tmp/findings"

sort -k3,3n "$lint_tmp/functions" | awk '
  { length_of[NR] = $3; if ($3 > 60) ++long }
  END { printf "%d functions, median %d lines, longest %d, %d over 60\n", NR, length_of[int((NR + 1) / 2)], length_of[NR], long }'
lint_finish_from "$lint_tmp/findings"
