# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/common.sh: what the tests of the command-line tools share. Sourced, not run.
#
# Starting a process takes longer than most of what is looked at here: what runs a hundred times uses the shell alone.

# A tool that hangs is ended, and the test with it.
if [ -z "${TOOLS_TIMED:-}" ] && command -v timeout >/dev/null; then
  TOOLS_TIMED=yes
  export TOOLS_TIMED
  exec timeout 3000 sh "$0" "$@"
fi

: "${top_builddir:=.}"
top_builddir=$(cd "$top_builddir" && pwd)
if [ ! -x "$top_builddir/tools/mdbx_load" ]; then
  echo "the tools were not built: skipped"
  exit 77
fi

# The program itself instead of libtool's script around it, which takes ten times as long as most of what is done here.
direct() {
  if [ -x "${1%/*}/.libs/${1##*/}" ]; then
    echo "${1%/*}/.libs/${1##*/}"
  else
    echo "$1"
  fi
}

chk=$(direct "$top_builddir/mdbx_chk/mdbx_chk")
copy=$(direct "$top_builddir/tools/mdbx_copy")
defrag=$(direct "$top_builddir/tools/mdbx_defrag")
drop=$(direct "$top_builddir/tools/mdbx_drop")
dump=$(direct "$top_builddir/tools/mdbx_dump")
load=$(direct "$top_builddir/tools/mdbx_load")
mdbx=$(direct "$top_builddir/tools/mdbx/mdbx")
stat=$(direct "$top_builddir/tools/mdbx_stat")
LD_LIBRARY_PATH=$top_builddir/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
# Where "mdbx chk" finds the checker of this build.
PATH=${chk%/*}:$PATH

work=$(mktemp -d "${TMPDIR:-/tmp}/mdbx-tools-XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
cd "$work" || exit 99

checks=0
failures=0

fail() {
  echo "FAILED: $*"
  [ ! -s output ] || sed 's/^/    /' output | head -n 20
  failures=$((failures + 1))
}

# expect CODE WHAT COMMAND...: runs it, its output goes to the file "output".
expect() {
  wanted=$1 what=$2
  shift 2
  checks=$((checks + 1))
  "$@" >output 2>&1 </dev/null
  code=$?
  [ "$code" -eq "$wanted" ] || fail "$what: left with $code, not $wanted"
}

# expect_text PATTERN WHAT: the last output has a line with it.
expect_text() {
  checks=$((checks + 1))
  grep -q -e "$1" output || fail "$2: no line with \"$1\""
}

# expect_line LINE WHAT: the last output is this line and nothing else.
expect_line() {
  checks=$((checks + 1))
  printf '%s\n' "$1" | cmp -s - output || fail "$2: not \"$1\""
}

# expect_same FILE FILE WHAT
expect_same() {
  checks=$((checks + 1))
  cmp "$1" "$2" >output 2>&1 || fail "$3"
}

# sane WHAT: no sanitizer has complained in the last output.
sanitized=no
! grep -q -a "__asan_\|__ubsan_\|__tsan_\|__msan_" "$chk" || sanitized=yes
sane() {
  [ $sanitized = no ] || ! grep -q "Sanitizer\|runtime error:" output || fail "$1"
}

# hear: the last output becomes $said, each line behind a line feed; $heard is how many there are, of 100 at most. For short ones.
line_feed='
'
hear() {
  said= heard=0
  while IFS= read -r heard_line || [ -n "$heard_line" ]; do
    said=$said$line_feed$heard_line
    heard=$((heard + 1))
    [ $heard -lt 100 ] || break
  done <output
}

# command_line LINE: $command is it with "$path" for each @, but for that of @MAIN, and $option for %.
command_line() {
  command= rest=$1
  while :; do
    case $rest in
    *@*) ;;
    *) break ;;
    esac
    command=$command${rest%%@*}
    rest=${rest#*@}
    case $rest in
    MAIN*) command=$command@ ;;
    *) command=$command\"\$path\" ;;
    esac
  done
  command=$command$rest
  case $command in
  *%*) command=${command%%%*}\$option${command#*%} ;;
  esac
}

# gone PREFIX WHAT: nothing has a name that begins so. What does is removed.
gone() {
  for found in "$1"*; do
    if [ -e "$found" ] || [ -L "$found" ]; then
      fail "$2 left $found"
      rm -rf "$found"
    fi
  done
}

# catches PID: returns when the process, started a moment ago, catches SIGTERM. Until it has become the program it is a copy of
# this shell, which catches it as well.
catches() {
  tries=0
  while [ $tries -lt 6000 ] && kill -0 "$1" 2>/dev/null; do
    if [ ! -r "/proc/$1/status" ]; then
      sleep 3
      return
    fi
    if [ "$(cat "/proc/$1/comm" 2>/dev/null)" != "$(cat "/proc/$$/comm")" ]; then
      case $(sed -n 's/^SigCgt:.*\(.\)...$/\1/p' "/proc/$1/status") in
      [4-7c-f]) return ;;
      esac
    fi
    sleep 0.05
    tries=$((tries + 1))
  done
}

# own_device NAME MAJOR MINOR: a device node in the test's own folder, so that a fault cannot destroy one of the machine. Says
# so where there can be none.
own_device() {
  rm -f "$1"
  if mknod -m 666 "$1" c "$2" "$3" 2>/dev/null && { : >"$1"; } 2>/dev/null; then
    return 0
  fi
  rm -f "$1"
  echo "device $1: nodes cannot be made or used here (that takes root): skipped"
  return 1
}

finish() {
  echo "$checks checks, $failures failures"
  [ "$failures" -eq 0 ] || exit 1
  exit 0
}
