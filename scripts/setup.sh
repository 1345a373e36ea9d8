# SPDX-License-Identifier: Apache-2.0
#
# scripts/setup.sh: what scripts/demo and scripts/check share. Sourced, not run.
#
# Looks for what the build needs and installs it where that is possible (root, apt-get), then builds in a folder of its
# own. Everything long goes to log files; what is printed is for people.

top=$(cd "$(dirname "$0")/.." && pwd)

say() { printf '%s\n' "$*"; }

die() {
  say "$(basename "$0"): $*" >&2
  exit 1
}

# missing_packages tests: the packages that lack, the Check library among them if tests are wanted.
missing_packages() {
  command -v cc >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null || say gcc
  command -v make >/dev/null || say make
  command -v autoconf >/dev/null || say autoconf
  command -v automake >/dev/null || say automake
  command -v libtoolize >/dev/null || say libtool
  command -v pkg-config >/dev/null || say pkg-config
  if command -v pkg-config >/dev/null; then
    pkg-config --exists libxxhash || say libxxhash-dev
    pkg-config --exists libcjson || say libcjson-dev
    pkg-config --exists libedit || say libedit-dev
    [ "$1" != tests ] || pkg-config --exists check || say check
  else
    say libxxhash-dev libcjson-dev libedit-dev
    [ "$1" != tests ] || say check
  fi
  # A compiler without the C library's headers compiles nothing.
  [ -e /usr/include/stdio.h ] || say libc6-dev
  [ "$1" != tests ] || command -v mdb_dump >/dev/null || say lmdb-utils
  [ "$1" != tests ] || [ -e /usr/include/"$(cc -dumpmachine 2>/dev/null)"/sys/sdt.h ] || [ -e /usr/include/sys/sdt.h ] || say systemtap-sdt-dev
  [ "$1" != tests ] || command -v clang-format >/dev/null || say clang-format
  [ "$1" != tests ] || command -v cmake >/dev/null || say cmake
  [ "$1" != tests ] || /usr/bin/python3 -c 'import os, sysconfig
os.stat(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null || say python3-dev
  [ "$1" != tests ] || /usr/bin/python3 -c 'import pytest' 2>/dev/null || say python3-pytest
}

# Programs that use LMDB, run by the tests of the library with its interface: each test without its program is skipped.
client_packages() {
  PATH=$PATH:/usr/sbin:/sbin
  [ -e /usr/include/lmdb.h ] || say liblmdb-dev
  /usr/bin/python3 -c 'import lmdb' 2>/dev/null || say python3-lmdb
  perl -MLMDB_File -e 1 2>/dev/null || say liblmdb-file-perl
  { command -v postconf && postconf -m | grep -q '^lmdb$'; } >/dev/null 2>&1 || say postfix-lmdb
  command -v ldbadd >/dev/null || say ldb-tools
  command -v knotd >/dev/null || say knot
  command -v pdnsutil >/dev/null || say pdns-backend-lmdb
  php8.2 -r 'exit(in_array("lmdb", dba_handlers()) ? 0 : 1);' >/dev/null 2>&1 || say php8.2-cli php8.2-dba
  { command -v named && command -v rndc; } >/dev/null || say bind9
  command -v dig >/dev/null || say bind9-dnsutils
  command -v makeblastdb >/dev/null || say ncbi-blast+
  command -v cf-agent >/dev/null || say cfengine3
  command -v kresd >/dev/null || say knot-resolver
}

# One after the other: a system that lacks one may have the next.
install_clients() {
  [ "$1" = tests ] && [ "${CLIENTS-}" != no ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || return 0
  clients=$(client_packages)
  [ -z "$clients" ] || say "installing programs that use LMDB, for the tests of that interface, name servers and a mail server" \
    "among them: $(echo $clients). CLIENTS=no leaves them out"
  [ -z "$clients" ] || apt-get update >>"$build/packages.log" 2>&1
  for package in $clients; do
    say "installing: $package"
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$package" >>"$build/packages.log" 2>&1 ||
      say "could not install it; its test will be skipped"
  done
}

install_packages() {
  packages=$(missing_packages "$1" | tr '\n' ' ')
  [ -n "${packages% }" ] || return 0
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    say "not installed: $packages"
    say "as root on Debian or Ubuntu: apt-get install $packages"
    say "going on with what is there"
    return 0
  fi
  say "installing: $packages"
  log=$build/packages.log
  { DEBIAN_FRONTEND=noninteractive apt-get update &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages; } >"$log" 2>&1 ||
    say "could not install them, see $log; going on with what is there"
}

# What scripts/check-kinds needs beyond: other compilers, the analyzers, and what runs programs of other machines.
kinds_packages() {
  command -v clang >/dev/null || say clang
  [ -f "$(clang -print-file-name=libclang_rt.asan-$(uname -m).a 2>/dev/null)" ] || say libclang-rt-dev
  command -v cppcheck >/dev/null || say cppcheck
  command -v i686-linux-gnu-gcc >/dev/null || say gcc-i686-linux-gnu libc6-dev-i386-cross
  command -v aarch64-linux-gnu-gcc >/dev/null || say gcc-aarch64-linux-gnu libc6-dev-arm64-cross
  command -v qemu-aarch64-static >/dev/null || say qemu-user-static
  command -v musl-gcc >/dev/null || say musl-tools
  command -v x86_64-w64-mingw32-gcc >/dev/null || say gcc-mingw-w64-x86-64
  command -v wine >/dev/null || say wine wine64
}

# Into "$build", as install_packages does: a kind that lacks its program then fails with a message of its own.
install_kinds() {
  packages=$(kinds_packages | tr '\n' ' ')
  [ -n "${packages% }" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || return 0
  say "installing: $packages"
  # shellcheck disable=SC2086
  { DEBIAN_FRONTEND=noninteractive apt-get update &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages; } >>"$build/packages.log" 2>&1 ||
    say "could not install them, see $build/packages.log; going on with what is there"
}

# run_logged LOG WHAT COMMAND...
run_logged() {
  log=$1 what=$2
  shift 2
  "$@" >"$log" 2>&1 && return 0
  tail -n 20 "$log" >&2
  die "$what failed, see $log"
}

jobs() { getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1; }

# build FOLDER tests|demo CONFIGURE-OPTION...
build_in() {
  build=$1 purpose=$2
  shift 2
  mkdir -p "$build" || die "cannot write to $build"
  build=$(cd "$build" && pwd)
  install_packages "$purpose"
  install_clients "$purpose"
  if [ ! -x "$top/configure" ] || [ "$top/configure.ac" -nt "$top/configure" ]; then
    say "preparing the build"
    run_logged "$build/autogen.log" "autogen.sh" "$top/autogen.sh"
  fi
  cd "$build" || die "cannot go to $build"
  say "building in $build"
  run_logged "$build/configure.log" "configure" "$top/configure" "$@"
  run_logged "$build/make.log" "make" make -j"$(jobs)"
}
