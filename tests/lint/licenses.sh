#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/licenses.sh: each source file names its license in the first lines,
# and no file has notes of unfinished work.
. "$(dirname "$0")/common.sh"

candidates() {
  for folder in src include tools mdbx_chk lmdb demo python cmake bench tests scripts .ci; do
    [ -d "$LINT_ROOT/$folder" ] && find "$LINT_ROOT/$folder" -type f \
      \( -name '*.[ch]' -o -name '*.cc' -o -name '*.sh' -o -name '*.awk' -o -name '*.py' -o -name '*.pyi' -o -name '*.cmake.in' -o -path '*/scripts/*' -o -path '*/.ci/*' \)
  done
  for file in configure.ac Makefile.am autogen.sh; do
    [ -f "$LINT_ROOT/$file" ] && echo "$LINT_ROOT/$file"
  done
}

lint_temporary
candidates >"$lint_tmp/files"
while read -r file; do
  found=no count=0
  while [ $count -lt 4 ] && IFS= read -r line; do
    count=$((count + 1))
    case $line in *'SPDX-License-Identifier: Apache-2.0'*) found=yes ;; esac
  done <"$file"
  [ $found = yes ] || lint_report "$file: no SPDX line"
done <"$lint_tmp/files"
# The words are put together here so that this file does not hold them.
tr '\n' '\0' <"$lint_tmp/files" | xargs -0 grep -nwE "TO[D]O|FIX[M]E|X[X]X|HA[C]K" /dev/null &&
  lint_report "notes of unfinished work are above"
lint_finish
