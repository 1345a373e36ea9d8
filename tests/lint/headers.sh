#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/headers.sh: every header compiles alone, and twice in one file.
. "$(dirname "$0")/common.sh"
lint_temporary

config=
[ -f "$top_builddir/config.h" ] && config="-include $top_builddir/config.h"

for header in $(lint_sources src include tools lmdb mdbx_chk); do
  case $header in *.h) ;; *) continue ;; esac
  case $header in */tools/windows/* | tools/windows/*) continue ;; esac # they stand before a header of the system
  case $header in /*) ;; *) header=$PWD/$header ;; esac
  printf '#include "%s"\n#include "%s"\nint lint_unit;\n' "$header" "$header" >"$lint_tmp/unit.c"
  $CC $config -D_GNU_SOURCE -I"$LINT_ROOT/include" -I"$LINT_ROOT/src" -I"$LINT_ROOT" $LINT_CPPFLAGS -std=gnu11 -fsyntax-only \
    -Wall -Wextra -Werror "$lint_tmp/unit.c" || lint_report "$header: does not compile alone"
done
lint_finish
