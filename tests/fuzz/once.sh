#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# once.sh RUNS SEED JOBS TARGET...: so many executions of each fuzz target with libFuzzer, from what is kept and what "seeds" makes.
# The same seed gives the same inputs. What a target fails with is kept in fuzz-once.
set -eu
runs=$1 seed=$2 jobs=$3
shift 3
srcdir=$(cd "${top_srcdir:-.}/tests/fuzz" && pwd)
built=$PWD/tests/fuzz
rm -rf fuzz-once
mkdir -p fuzz-once/seeds
"$built/seeds" fuzz-once/seeds
cd fuzz-once
export srcdir built runs seed

# one TARGET: in a folder of its own; a command of the shell is a process, so it gets fewer.
cat >one <<'END'
set -u
target=${1##*/} kept=
[ "$target" != shell ] || runs=$((runs / 50))
mkdir -p "$target/found"
case $target in file | lmdb) kept=seeds ;; esac
[ ! -d "$srcdir/corpus/$target" ] || kept="$kept $srcdir/corpus/$target"
if "$built/$target" -runs="$runs" -seed="$seed" -entropic=0 -max_len=40000 -timeout=120 -rss_limit_mb=4000 \
  -artifact_prefix="$PWD/$target/" "$target/found" $kept >"$target.log" 2>&1; then
  echo "PASS: fuzz target $target: $(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$target.log") executions"
else
  echo "FAIL: fuzz target $target, see $PWD/$target.log"
  grep -v '^#\|^INFO\|NEW_' "$target.log" | tail -n 30
  exit 1
fi
END
printf '%s\n' "$@" | xargs -n 1 -P "$jobs" sh one
