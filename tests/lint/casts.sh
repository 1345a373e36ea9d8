#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/casts.sh: what a path shows is not written to: from a const page to one that may change there is
# space_writable(), which asserts that the transaction owns it, and what space/ itself does with mapped pages.
. "$(dirname "$0")/common.sh"
lint_temporary

files=$(lint_sources src)
[ -z "$files" ] || awk -f "$lint_dir/strip.awk" $files |
  grep -E '\(struct page [*]\)[ ]*\(uintptr_t\)' | grep -v "^$LINT_ROOT/src/space/" |
  sed 's/:\([0-9]*\):.*/:\1: a cast from a const page: space_writable() is the way/' >"$lint_tmp/findings"
[ -z "$files" ] || lint_finish_from "$lint_tmp/findings"
lint_finish
