#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/windows/run.sh: builds the engine and the tools for Windows with mingw-w64, and runs them under wine. "make
# check-windows" calls it in the folder of a build, whose native programs are the other side:
#
#   - the os layer (os_layer.c), and databases in all modes with several processes (processes.c)
#   - the tools there make what the tools here make of the same database, and each side finds the files of the other sound
#   - the engine as one file, with the models and the threads
#
# Without mingw-w64 or wine it is skipped (77); WINDOWS_REQUIRED=yes in the environment makes that a failure.
set -u
: "${top_srcdir:=.}" "${top_builddir:=.}"
sources=$(cd "$top_srcdir" && pwd)
built=$(cd "$top_builddir" && pwd)
host=x86_64-w64-mingw32
compiler=$host-gcc
libraries='-static -lpthread -lsynchronization -lntdll'
passed=0 failed=0

say() { printf '%s\n' "$*"; }

skip() {
  say "skipped: windows: $*"
  [ "${WINDOWS_REQUIRED-}" != yes ] || exit 1
  exit 77
}

command -v "$compiler" >/dev/null || skip "there is no $compiler"
command -v wine >/dev/null || skip "there is no wine"
for needed in amalgamation/mdbx.c mdbx_chk/mdbx_chk tools/mdbx_dump tools/mdbx_load; do
  [ -f "$built/$needed" ] || { say "there is no $built/$needed: run \"make\" and \"make amalgamation\""; exit 99; }
done

work=$(mktemp -d "${TMPDIR:-/tmp}/mdbx-windows-XXXXXX") || exit 99
# The windows of this prefix only, and no messages about fonts and screens.
WINEPREFIX=$work/prefix WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml=d' TEST_TMPDIR=. TMPDIR=$work
export WINEPREFIX WINEDEBUG WINEDLLOVERRIDES TEST_TMPDIR TMPDIR
trap 'wineserver -k >/dev/null 2>&1; rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM

# check WHAT COMMAND...: a check that passes or fails.
check() {
  what=$1
  shift
  if "$@" >"$work/log" 2>&1; then
    passed=$((passed + 1))
    return 0
  fi
  failed=$((failed + 1))
  say "FAILED: windows: $what"
  grep -v '^it looks like wine32\|^multiarch needs\|^execute "dpkg\|^apt-get install wine32' "$work/log" | tail -n 15 |
    sed 's/^/    /'
  return 1
}

on_windows() { timeout 300 wine "$@" 2>"$work/errors" || { cat "$work/errors" >&2; return 1; }; }

prepare() {
  # shellcheck disable=SC2086
  header=$(echo '#include <xxhash.h>' | ${CC:-cc} ${XXHASH_CFLAGS-} -M -x c - 2>/dev/null | tr ' ' '\n' | grep '/xxhash\.h$')
  [ -n "$header" ] || { say "there is no xxhash.h"; exit 99; }
  mkdir "$work/include" "$work/build" "$work/run"
  cp "$header" "$work/include/"
  wine wineboot -i >"$work/log" 2>&1
  echo 'int main(void) { return 0; }' >"$work/empty.c"
  "$compiler" "$work/empty.c" -o "$work/empty.exe" >"$work/log" 2>&1 || skip "$compiler links no program"
  wine "$work/empty.exe" >"$work/log" 2>&1 || skip "wine runs no program"
}

# As a user builds it; with assertions.
build() {
  cd "$work/build" || exit 99
  check "configure" "$sources/configure" -q --host=$host CC=$compiler --enable-werror --enable-debug --disable-shared --disable-tests \
    --disable-python --disable-lmdb PKG_CONFIG_LIBDIR="$work/none" XXHASH_CFLAGS="-I$work/include -DXXH_INLINE_ALL" \
    XXHASH_LIBS=" " CFLAGS=-O1 &&
    check "the library and the tools compile" make LDFLAGS=-all-static
}

# program NAME FLAGS SOURCE... : in the folder of the programs.
program() {
  name=$1 flags=$2
  shift 2
  # shellcheck disable=SC2086
  (cd "$sources" && "$compiler" -O1 -Wall -Wextra -Werror -Wno-format $flags "$@" $libraries -o "$work/run/$name.exe")
}

try_layers() {
  check "os_layer compiles" program os_layer "-std=gnu11 -include $work/build/config.h -Iinclude -Isrc" \
    tests/windows/os_layer.c "$work/build/.libs/libmdbx_core.a" && check "the os layer" on_windows ./os_layer.exe
  check "processes compiles" program processes "-std=gnu11 -include $work/build/config.h -Iinclude" \
    tests/windows/processes.c "$work/build/.libs/libmdbx.a" && check "databases and processes" on_windows ./processes.exe
}

same_dumps() {
  "$built/tools/mdbx_dump" -a "$1" >here.txt && on_windows "$work/build/tools/mdbx_dump.exe" -a "$1" >there.txt &&
    cmp here.txt there.txt && [ "$(wc -l <here.txt)" -gt 20000 ]
}

loads_there() { on_windows "$work/build/tools/mdbx_load.exe" -n -f here.txt there && same_dumps there; }

loads_here() { "$built/tools/mdbx_load" -q -n -f there.txt here && same_dumps here; }

copies_to_a_pipe() { on_windows "$work/build/tools/mdbx_copy.exe" -c left >piped && "$built/mdbx_chk/mdbx_chk" -q piped; }

# "left" is what processes.exe has left.
try_tools() {
  [ -f left ] || return
  for database in left there here; do
    case $database in
    there) check "a load there" loads_there ;;
    here) check "a load here" loads_here ;;
    esac
    check "this mdbx_chk finds $database sound" "$built/mdbx_chk/mdbx_chk" -q $database
    check "the other mdbx_chk finds $database sound" on_windows "$work/build/mdbx_chk/mdbx_chk.exe" -q $database
    check "both dumps of $database are equal" same_dumps $database
  done
  check "a copy to a file" on_windows "$work/build/tools/mdbx_copy.exe" -c left copy
  check "the copy is sound" "$built/mdbx_chk/mdbx_chk" -q copy
  check "a copy to a pipe" copies_to_a_pipe
  check "defragmenting" on_windows "$work/build/tools/mdbx_defrag.exe" -q left
  check "what was defragmented is sound" "$built/mdbx_chk/mdbx_chk" -q left
  check "statistics" on_windows "$work/build/tools/mdbx_stat.exe" -a left
  check "emptying" on_windows "$work/build/tools/mdbx_drop.exe" -q copy
  check "what was emptied is sound" "$built/mdbx_chk/mdbx_chk" -q copy
}

try_one_file() {
  check "mdbx.c compiles" "$compiler" -O2 -Wall -Wextra -Werror -I"$work/include" -c "$built/amalgamation/mdbx.c" \
    -o "$work/mdbx.o" || return
  for name in tests/use/program tests/model/model tests/model/multi tests/stress/threads; do
    files=$("$sources/scripts/sources-of" $name)
    # shellcheck disable=SC2086
    check "${name##*/} compiles" program "${name##*/}" "-I$built/amalgamation -I." $files "$work/mdbx.o" || return
  done
  check "the program" on_windows ./program.exe single
  check "the program's database is sound" "$built/mdbx_chk/mdbx_chk" -q single
  for seed in 9 18 27 36; do
    check "model $seed" on_windows ./model.exe $seed 2000
    check "multi $seed" on_windows ./multi.exe $seed 1500
  done
  check "threads" on_windows ./threads.exe 30
}

prepare
build && built_there=yes || built_there=no
cd "$work/run" || exit 99
[ $built_there = no ] || try_layers
try_tools
try_one_file
say "windows: $passed checks passed, $failed failed"
[ "$failed" -eq 0 ]
