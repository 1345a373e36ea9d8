#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/mutants.sh: each patch of tests/crash/mutants still applies to the sources, without looking elsewhere for similar
# lines, and says what tests/crash/mutants.sh needs to know.
. "$(dirname "$0")/common.sh"
lint_temporary
command -v patch >/dev/null || exit 77

for patch in "$LINT_ROOT"/tests/crash/mutants/*.patch; do
  [ -f "$patch" ] || { lint_report "no mutants: the lint is blind"; break; }
  for word in What Breaks Rig; do
    grep -q "^$word: ." "$patch" || lint_report "$patch: no line '$word:'"
  done
  sed -n 's/^Rig: //p' "$patch" | grep -vE '^(stories|lives|(powercut|groups) [a-z].*)$' >"$lint_tmp/rigs" &&
    lint_report "$patch: no program is run like that: $(cat "$lint_tmp/rigs")"
  rm -rf "$lint_tmp/tree"
  sed -n 's|^+++ b/||p' "$patch" >"$lint_tmp/files"
  [ -s "$lint_tmp/files" ] || lint_report "$patch: changes nothing"
  while read -r file; do
    case $file in
    src/*.c) ;;
    *) lint_report "$patch: changes $file, which is no source file of the engine" ;;
    esac
    mkdir -p "$lint_tmp/tree/$(dirname "$file")"
    cat "$LINT_ROOT/$file" >"$lint_tmp/tree/$file" 2>/dev/null || lint_report "$patch: there is no $file"
  done <"$lint_tmp/files"
  patch -s -p1 -F0 -d "$lint_tmp/tree" <"$patch" >"$lint_tmp/output" 2>&1 ||
    lint_report "$patch: does not apply: $(tr '\n' ' ' <"$lint_tmp/output")"
done
lint_finish
