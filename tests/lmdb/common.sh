# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/common.sh: what the tests of the library with LMDB's interface share. Sourced, not run.
#
# A test runs the same commands with the system's LMDB and with ours, in two folders, and compares what they print.

: "${CC:=cc}" "${top_builddir:=.}" "${LMDB_TEST_FLAGS=}"
sources=$(cd "$(dirname "$0")" && pwd)
top_builddir=$(cd "$top_builddir" && pwd)
library_dir=$top_builddir/lmdb/.libs
chk=$top_builddir/mdbx_chk/mdbx_chk

skip() {
  echo "$*: skipped"
  exit 77
}

[ -e "$library_dir/liblmdb.so.0" ] || skip "the library was not built"
[ -x "$chk" ] || skip "the tools were not built"

work=$(mktemp -d "${TMPDIR:-/tmp}/mdbx-lmdb-XXXXXX") || exit 99
cleanup=:
trap 'eval "$cleanup"; rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
cd "$work" || exit 99

# Programs leave memory to the system at their end; that is not what a build with sanitizers is to find.
ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
export ASAN_OPTIONS

checks=0
failures=0

fail() {
  echo "FAILED: $*"
  [ ! -s output ] || sed 's/^/    /' output | head -n 20
  failures=$((failures + 1))
}

with_theirs() { "$@"; }
with_ours() { LD_LIBRARY_PATH=$library_dir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$@"; }

# same WHAT FILE FILE
same() {
  checks=$((checks + 1))
  diff "$2" "$3" >output 2>&1 || fail "$1: other with ours"
  : >output
}

# sound FILE...: our checker passes them, so they are ours.
sound() {
  for file; do
    checks=$((checks + 1))
    "$chk" -q "$file" >output 2>&1 || fail "the checker does not pass $file"
  done
  : >output
}

# A library built with sanitizers can be loaded by programs built with them only.
needs_plain_library() {
  [ -z "$LMDB_TEST_FLAGS" ] || skip "the library is built with sanitizers"
}

# needs COMMAND...
needs() {
  for command; do
    command -v "$command" >/dev/null || skip "$command is not installed"
  done
}

# both WHAT COMMAND...: runs a shell function in the folders "theirs" and "ours", with either library, and compares.
both() {
  what=$1
  shift
  mkdir -p theirs ours
  (cd theirs && with_theirs "$@") >theirs.out 2>&1
  echo "code $?" >>theirs.out
  (cd ours && LD_LIBRARY_PATH=$library_dir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} && export LD_LIBRARY_PATH && "$@") >ours.out 2>&1
  echo "code $?" >>ours.out
  same "$what" theirs.out ours.out
}

finish() {
  echo "$checks checks, $failures failures"
  [ "$failures" -eq 0 ] || exit 1
  exit 0
}
