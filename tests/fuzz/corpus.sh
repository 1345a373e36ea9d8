#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each fuzz target runs the inputs that are kept, those of files that "seeds" makes, and some mutations of them, which are
# the same each time.
set -u
srcdir=$(cd "${top_srcdir:-.}/tests/fuzz" && pwd)
built=$(cd "${top_builddir:-.}/tests/fuzz" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/mdbx-corpus-XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
failed=0
mkdir "$work/seeds" && "$built/seeds" "$work/seeds" || exit 1
for target in ${FUZZ_TARGETS:-file}; do
  target=${target##*/}
  runs=400
  [ "$target" != shell ] || runs=40 # each command is a process
  [ "${FUZZ_DRIVER:-no}" = no ] || runs=1 # libFuzzer would run each input so often, and mutates none of them
  set --
  [ -d "$srcdir/corpus/$target" ] && set -- "$srcdir/corpus/$target"/*
  case $target in file | lmdb) set -- "$@" "$work/seeds"/* ;; esac
  (cd "$work" && exec "$built/$target" -runs=$runs -seed=1 "$@") >"$work/log" 2>&1 || {
    echo "$target: an input of its corpus, or a mutation, fails:"
    tail -n 30 "$work/log"
    failed=1
  }
done
exit $failed
