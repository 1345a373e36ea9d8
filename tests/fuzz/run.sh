#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh TARGET SECONDS yes|no TARGETS...: runs one of the fuzz targets of the build in the working folder; "yes": libFuzzer
# drives it. What it has found interesting, and what it has failed with, are kept in fuzz-TARGET there; the next run goes on
# from that.
set -eu
target=$1 seconds=$2 libfuzzer=$3
shift 3
found=no names=
for each; do
  each=${each##*/} names="$names $each"
  [ "$each" != "$target" ] || found=yes
done
[ $found = yes ] || { echo "TARGET=$target: there is no such fuzz target, but:$names" >&2; exit 2; }
case $seconds in *[!0-9]* | '' | 0) echo "TIME=$seconds: how many seconds?" >&2 && exit 2 ;; esac
srcdir=${top_srcdir:-.}/tests/fuzz
program=$PWD/tests/fuzz/$target
srcdir=$(cd "$srcdir" && pwd)
mkdir -p "fuzz-$target/found" "fuzz-$target/seeds"
case $target in file | lmdb) tests/fuzz/seeds "fuzz-$target/seeds" ;; esac
cd "fuzz-$target"
kept=
[ ! -d "$srcdir/corpus/$target" ] || kept=$srcdir/corpus/$target
if [ "$libfuzzer" = yes ]; then
  # What entropic schedules cost is more than what runs, with so many features.
  exec "$program" -entropic=0 -max_len=40000 -timeout=5 -rss_limit_mb=3000 -max_total_time="$seconds" \
    -artifact_prefix="$PWD/" found seeds $kept
fi
exec "$program" -seconds="$seconds" -seed="$(date +%s)" found seeds $kept
