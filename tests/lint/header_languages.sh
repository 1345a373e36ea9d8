#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/header_languages.sh: mdbx.h compiles cleanly in each language a user
# may have it in, with the warnings users may have switched on.
. "$(dirname "$0")/common.sh"

warnings="-pedantic -Wall -Wextra -Wshadow -Wundef -Wstrict-aliasing -Werror"

compile() {
  compiler=$1 standard=$2 file=$3
  shift 3
  # Compilers of today need not know every standard.
  $compiler "$standard" -fsyntax-only -x "$file" /dev/null 2>/dev/null || {
    echo "$compiler does not know $standard: not checked with it"
    return
  }
  $compiler "$standard" -fsyntax-only $warnings "$@" -I"$LINT_ROOT/include" "$source" ||
    lint_report "$source: fails with $compiler $standard $*"
}

source=$lint_dir/use_c.c
for standard in -std=c99 -std=c11 -std=gnu99 -std=gnu11 -std=c17 -std=c2x; do
  compile "$CC" $standard c -Wstrict-prototypes
  compile "$CC" $standard c -DMDBX_INLINE_BODIES=0
done

if [ -z "$HEADER_CXX" ]; then
  echo "no C++ compiler: C++ is not checked"
  lint_finish
fi
source=$lint_dir/use_cxx.cc
for standard in -std=c++11 -std=c++14 -std=c++17 -std=c++20; do
  compile "$HEADER_CXX" $standard c++
  compile "$HEADER_CXX" $standard c++ -DMDBX_INLINE_BODIES=0
done
source=$lint_dir/use_wrapper.cc
for standard in -std=c++11 -std=c++17 -std=c++20; do
  compile "$HEADER_CXX" $standard c++
done
lint_finish
