#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/use/one_file.sh: what "make amalgamation" makes compiles alone, without a warning, gives other files the functions of
# mdbx.h and nothing else, and works.
. "$(dirname "$0")/common.sh"

made=$top_builddir/amalgamation
if [ ! -f "$made/mdbx.c" ]; then
  echo "there is no $made/mdbx.c: make amalgamation"
  exit 99
fi
# Nothing of the source tree can be seen from here.
cp "$made/mdbx.c" "$made/mdbx.h" "$top_srcdir/tests/use/program.c" .
cmp mdbx.h "$top_srcdir/include/mdbx.h" || fail "mdbx.h is not that of the sources"

# The names that the shared library exports, in "public".
names() { awk '$2 != "A" { sub(/@.*/, "", $NF); print $NF }' | LC_ALL=C sort -u; }
library=$top_builddir/.libs/libmdbx.so
if [ -f "$library" ]; then
  ${NM:-nm} -D --defined-only "$library" | grep -v ' __asan\| __ubsan\| __tsan\| __gcov\| _init$\| _fini$' | names >public
  [ "$(wc -l <public)" -gt 100 ] || fail "the shared library exports next to nothing"
else
  echo "there is no shared library: the names are compared with their prefix only"
fi

# flags that the compiler of the build is called with by its name, as CC='gcc -m32' has them, stay.
host=${CC:-cc}

# one COMPILER FLAG...: compiled with warnings as errors, its names compared.
one() {
  label=$*
  # shellcheck disable=SC2086
  expect "$label: mdbx.c compiles" "$@" ${LINT_CPPFLAGS:-} -Wall -Wextra -Werror -c mdbx.c -o mdbx.o
  [ -f mdbx.o ] || return 0
  ${NM:-nm} -g --defined-only mdbx.o | names >names
  [ -f public ] || sed '/^mdbx_/!s/^/not /' names | grep -v '^not ' >public
  expect_same public names "$label: other names are visible than those of mdbx.h"
}

# runs COMPILER FLAG...: a program with it works.
runs() {
  [ -f mdbx.o ] || return 0
  rm -rf database*
  # shellcheck disable=SC2086
  expect "$*: the program is linked" "$@" -I. program.c mdbx.o -o program ${library_of_hash-} -lpthread
  expect "$*: the program runs" ./program database
  grep -q "^libmdbx-[0-9.]* [a-z]" output || fail "$*: it does not tell the version"
  checker=$top_builddir/mdbx_chk/mdbx_chk
  [ ! -x "$checker" ] || expect "$*: mdbx_chk finds the database sound" "$checker" -q database
  rm -f mdbx.o program
}

# shellcheck disable=SC2086
one $host -O2
# shellcheck disable=SC2086
runs $host
# shellcheck disable=SC2086
one $host -std=c11 -O0 -DMDBX_DEBUG=1
# shellcheck disable=SC2086
runs $host -std=c11 -D_GNU_SOURCE
for other in gcc clang; do
  case $host in *$other*) continue ;; esac
  [ "$other" != gcc ] || case $host in cc*) continue ;; esac
  command -v $other >/dev/null || continue
  one $other -O1
  runs $other
done

# With the library of xxHash in place of its header alone.
if [ -f public ] && echo 'int main(void) { return 0; }' >empty.c && $host empty.c -o empty -lxxhash >output 2>&1; then
  # shellcheck disable=SC2086
  one $host -O0 -DMDBX_XXHASH_LINK
  checks=$((checks + 1))
  [ ! -f mdbx.o ] || ${NM:-nm} -u mdbx.o | grep -q XXH3 || fail "with MDBX_XXHASH_LINK nothing of the library is used"
  library_of_hash=-lxxhash
  # shellcheck disable=SC2086
  runs $host
  library_of_hash=
else
  echo "there is no library of xxHash to link"
fi

# Inside a library of somebody else it shows no name at all.
# shellcheck disable=SC2086
expect "a shared library with it" $host ${LINT_CPPFLAGS:-} -O0 -fPIC -shared -fvisibility=hidden -DLIBMDBX_API= mdbx.c -o hidden.so -lpthread
checks=$((checks + 1))
if [ -f hidden.so ] && ${NM:-nm} -D --defined-only hidden.so | grep -q ' mdbx_'; then
  fail "a library that hides it shows its names"
fi
finish
