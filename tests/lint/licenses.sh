#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/licenses.sh: each source file names its license in the first lines,
# and no file has notes of unfinished work.
. "$(dirname "$0")/common.sh"

candidates() {
  for folder in src include tools mdbx_chk lmdb demo bench tests scripts .ci; do
    [ -d "$LINT_ROOT/$folder" ] && find "$LINT_ROOT/$folder" -type f \
      \( -name '*.[ch]' -o -name '*.cc' -o -name '*.sh' -o -name '*.awk' -o -path '*/scripts/*' -o -path '*/.ci/*' \)
  done
  for file in configure.ac Makefile.am autogen.sh; do
    [ -f "$LINT_ROOT/$file" ] && echo "$LINT_ROOT/$file"
  done
}

for file in $(candidates); do
  head -n 4 "$file" | grep -q 'SPDX-License-Identifier: Apache-2\.0' || lint_report "$file: no SPDX line"
  # The words are put together here so that this file does not hold them.
  grep -nwE "TO[D]O|FIX[M]E|X[X]X|HA[C]K" "$file" && lint_report "$file: a note of unfinished work"
done
lint_finish
