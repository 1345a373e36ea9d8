# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/common.sh: what the lints share. Sourced, not run.
#
# LINT_ROOT is the tree to look at: the sources, or what the self-test made up.

: "${top_srcdir:=.}"
: "${LINT_ROOT:=$top_srcdir}"
: "${CC:=cc}"
lint_dir=$(dirname "$0")
lint_findings=0

# Source files below the given folders of the tree, those that exist.
lint_sources() {
  for lint_folder in "$@"; do
    [ -d "$LINT_ROOT/$lint_folder" ] && find "$LINT_ROOT/$lint_folder" -name '*.[ch]' -type f
  done | LC_ALL=C sort
}

lint_report() {
  echo "$1"
  lint_findings=$((lint_findings + 1))
}

# Ends a lint: what is on standard input are the findings.
lint_finish_from() {
  if [ -s "$1" ]; then
    cat "$1"
    exit 1
  fi
}

lint_finish() {
  [ "$lint_findings" -eq 0 ] || exit 1
  exit 0
}

lint_temporary() {
  lint_tmp=$(mktemp -d "${TMPDIR:-/tmp}/mdbx-lint-XXXXXX") || exit 99
  trap 'rm -rf "$lint_tmp"' EXIT
  trap 'exit 99' HUP INT TERM
}
