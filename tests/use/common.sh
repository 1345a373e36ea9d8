# SPDX-License-Identifier: Apache-2.0
#
# tests/use/common.sh: what the tests share that use the library as other projects do. Sourced, not run.
: "${top_srcdir:=.}" "${top_builddir:=.}"
top_srcdir=$(cd "$top_srcdir" && pwd)
top_builddir=$(cd "$top_builddir" && pwd)

work=$(mktemp -d "${TMPDIR:-/tmp}/mdbx-use-XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
cd "$work" || exit 99

checks=0
failures=0

fail() {
  echo "FAILED: $*"
  [ ! -s output ] || sed 's/^/    /' output | head -n 40
  failures=$((failures + 1))
}

# expect WHAT COMMAND...: it ends well. Its output goes to the file "output".
expect() {
  what=$1
  shift
  checks=$((checks + 1))
  "$@" >output 2>&1 </dev/null || fail "$what"
}

# expect_same FILE FILE WHAT
expect_same() {
  checks=$((checks + 1))
  diff "$1" "$2" >output || fail "$3"
}

finish() {
  echo "$checks checks, $failures failures"
  [ "$failures" -eq 0 ] || exit 1
  exit 0
}
