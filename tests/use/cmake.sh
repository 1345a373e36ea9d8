#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/use/cmake.sh: a CMake project finds the installed library, links its shared and its static form, and runs. The
# installation lies in another folder than the one it was configured for.
command -v cmake >/dev/null || {
  echo "cmake is not installed: skipped"
  exit 77
}
. "$(dirname "$0")/common.sh"

if [ ! -f "$top_builddir/.libs/libmdbx.so" ]; then
  echo "no shared library was built: skipped"
  exit 77
fi

expect "installation" "${MAKE:-make}" -C "$top_builddir" DESTDIR="$work/stage" \
  install-libLTLIBRARIES install-includeHEADERS install-cmakeconfigDATA
config=$(find stage -name libmdbx-config.cmake)
[ -n "$config" ] || { fail "no libmdbx-config.cmake was installed"; finish; }
libdir=$work/${config%/cmake/libmdbx/*}
cp "$top_srcdir/tests/use/program.c" .

cat >CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.10)
project(user C)
set(CMAKE_C_STANDARD 11)
find_package(libmdbx ${WANTED} REQUIRED ${KIND})
add_executable(program program.c)
target_link_libraries(program PRIVATE libmdbx::mdbx)
message(STATUS "version ${libmdbx_VERSION}")
END

# project NAME CMAKE-ARGUMENT...: its folder is NAME.
project() {
  folder=$1
  shift
  cmake -S . -B "$folder" -DCMAKE_C_COMPILER="${CC%% *}" -DCMAKE_C_FLAGS="${LMDB_TEST_FLAGS:-}" \
    -Dlibmdbx_DIR="$libdir/cmake/libmdbx" "$@"
}

# works NAME CMAKE-ARGUMENT...
works() {
  expect "$1: configure" project "$@"
  grep -q "version $version" output || fail "$1: not version $version"
  expect "$1: build" cmake --build "$1"
  expect "$1: run" "$1/program" "$1.mdbx"
}

# refused NAME TEXT CMAKE-ARGUMENT...
refused() {
  folder=$1 text=$2
  shift 2
  checks=$((checks + 1))
  if project "$folder" "$@" >output 2>&1; then
    fail "$folder: accepted"
  fi
  grep -q "$text" output || fail "$folder: nothing is said of \"$text\""
}

# uses_shared PROGRAM
uses_shared() { ldd "$1" 2>/dev/null | grep -q 'libmdbx\.so'; }

version=$(sed -n 's/^set(PACKAGE_VERSION "\([0-9.]*\)")$/\1/p' "${config%.cmake}-version.cmake")
[ -n "$version" ] || fail "the version file has no version"
works shared -DWANTED="${version%.*}"
checks=$((checks + 1))
uses_shared shared/program || fail "the program does not use the shared library"
if [ -f "$libdir/libmdbx.a" ]; then
  works static -DWANTED="$version" -DKIND="COMPONENTS;static"
  checks=$((checks + 1))
  ! uses_shared static/program || fail "the program uses the shared library"
  # What the installation lacks is said.
  mv "$libdir/libmdbx.a" "$libdir/away.a"
fi
refused no_static "no static library" -DKIND="COMPONENTS;static"
[ ! -f "$libdir/away.a" ] || mv "$libdir/away.a" "$libdir/libmdbx.a"
refused newer "version" -DWANTED="${version%%.*}.999"
refused other_major "version" -DWANTED="$((${version%%.*} + 1)).0"
finish
