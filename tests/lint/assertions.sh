#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/assertions.sh: the environment and the layers that change pages assert their own state (base/assert.h): at least one assertion for
# every 40 lines of each.
. "$(dirname "$0")/common.sh"
lint_temporary

for layer in space tree gc env txn; do
  files=$(lint_sources "src/$layer")
  [ -n "$files" ] || continue
  lines=$(cat $files | wc -l)
  assertions=$(awk -f "$lint_dir/strip.awk" $files | grep -cE '[^A-Z_](ASSERT|VERIFY|AUDIT)\(')
  echo "src/$layer: $assertions assertions on $lines lines"
  [ $((assertions * 40)) -ge "$lines" ] || lint_report "src/$layer: fewer assertions than one for every 40 lines"
done
lint_finish
