#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/format.sh: the C sources are as .clang-format says. The public header is apart: it has 80 columns and tables.
# Versions of clang-format differ, so only one is asked; without it the lint is skipped.
. "$(dirname "$0")/common.sh"

version=14
tool=
for candidate in clang-format-$version clang-format; do
  if command -v "$candidate" >/dev/null && "$candidate" --version | grep -q "version $version\."; then
    tool=$candidate
    break
  fi
done
if [ -z "$tool" ]; then
  echo "there is no clang-format $version: skipped"
  exit 77
fi
[ -f "$LINT_ROOT/.clang-format" ] || { echo "$LINT_ROOT has no .clang-format"; exit 1; }
for file in $(lint_sources src lmdb mdbx_chk tools tests bench demo python); do
  "$tool" --style=file:"$LINT_ROOT/.clang-format" "$file" | cmp -s - "$file" || lint_report "$file: not as clang-format has it"
done
lint_finish
