#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/use/static.sh: a program without shared libraries works with the static one, also where xxHash's lacks what its header has.
. "$(dirname "$0")/common.sh"

archive=$top_builddir/.libs/libmdbx.a
[ -f "$archive" ] || { echo "there is no static library: skipped"; exit 77; }
if ${NM:-nm} "$archive" 2>/dev/null | grep -q ' U __\(asan\|ubsan\|tsan\|gcov\|sanitizer\)'; then
  echo "the library needs what its build has put in: skipped"
  exit 77
fi
cp "$top_srcdir/include/mdbx.h" "$top_srcdir/tests/use/program.c" .
printf 'int main(void) { return 0; }\n' >empty.c
# shellcheck disable=SC2086
${CC:-cc} -static empty.c -o empty -lxxhash 2>/dev/null || { echo "the system links no static program: skipped"; exit 77; }
# shellcheck disable=SC2086
expect "the program is linked" ${CC:-cc} -static -I. program.c "$archive" -o program -lxxhash -lpthread
[ ! -x program ] || expect "the program runs" ./program database
finish
