#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/use/probes.sh: a library with probes has each of doc/tracing.md, and no other; the scripts for tracers use no other.
. "$(dirname "$0")/common.sh"

made=$top_builddir/amalgamation
[ -f "$made/mdbx.c" ] || { echo "there is no $made/mdbx.c: make amalgamation"; exit 99; }
printf '#include <sys/sdt.h>\n' >header.c
# shellcheck disable=SC2086
${CC:-cc} ${LINT_CPPFLAGS:-} -c header.c -o header.o 2>/dev/null || { echo "no sys/sdt.h: skipped"; exit 77; }
command -v readelf >/dev/null || { echo "no readelf: skipped"; exit 77; }

cp "$made/mdbx.c" "$made/mdbx.h" .
# shellcheck disable=SC2086
expect "it compiles" ${CC:-cc} ${LINT_CPPFLAGS:-} -Wall -Wextra -Werror -O2 -DMDBX_USDT -c mdbx.c -o mdbx.o
readelf -n mdbx.o | awk '$1 == "Provider:" && $2 != "libmdbx" { print "provider " $2 } $1 == "Name:" { print $2 }' | LC_ALL=C sort -u >there
sed -n 's/^| `\([a-z_]*\)` |.*/\1/p' "$top_srcdir/doc/tracing.md" | LC_ALL=C sort -u >documented
expect_same documented there "the probes are not those of doc/tracing.md"
sed -n 's/^usdt:[^:]*:libmdbx:\([a-z_]*\)$/\1/p' "$top_srcdir"/tools/trace/*.bt | LC_ALL=C sort -u >used
checks=$((checks + 1))
[ "$(comm -12 used there | wc -l)" -ge 5 ] && [ -z "$(comm -23 used there)" ] || fail "a script uses a probe that is not there"

# shellcheck disable=SC2086
expect "without the option" ${CC:-cc} ${LINT_CPPFLAGS:-} -O2 -c mdbx.c -o plain.o
checks=$((checks + 1))
! readelf -n plain.o | grep -q libmdbx || fail "a library without probes has some"
finish
