#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# bench/lmdb_python.sh BUILD-FOLDER [DIRECTORY [RECORDS [ROUNDS]]]: operations a second of Python's lmdb module with the
# system's LMDB and with ours, in turn; the best of the rounds of each.
build=$(cd "${1:?the folder of the build}" && pwd) || exit 1
directory=${2:-$build/bench-lmdb} records=${3:-1000000} rounds=${4:-3}
script=$(cd "$(dirname "$0")" && pwd)/lmdb_python.py
python=${PYTHON:-/usr/bin/python3}
results=$(mktemp -d) || exit 1
trap 'rm -rf "$results"' EXIT
for round in $(seq "$rounds"); do
  "$python" "$script" "$directory" "$records" >>"$results/theirs" || exit 1
  LD_LIBRARY_PATH=$build/lmdb/.libs "$python" "$script" "$directory" "$records" >>"$results/ours" || exit 1
done
awk '
  { rate = $NF; sub(/ [0-9]+$/, ""); if (!($0 in seen)) { seen[$0] = 1; names[++n] = $0 } }
  FILENAME ~ /theirs$/ { if (rate > theirs[$0]) theirs[$0] = rate }
  FILENAME ~ /ours$/ { if (rate > ours[$0]) ours[$0] = rate }
  END {
    printf "%-36s %12s %12s %6s\n", "", "LMDB", "ours", "ratio"
    for (i = 1; i <= n; ++i) printf "%-36s %12d %12d %6.2f\n", names[i], theirs[names[i]], ours[names[i]], ours[names[i]] / theirs[names[i]]
  }' "$results/theirs" "$results/ours"
