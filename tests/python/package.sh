#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/python/package.sh: the tests of the package for Python, with pytest.
: "${top_srcdir:=.}" "${top_builddir:=.}" "${PYTHON:=/usr/bin/python3}"
top_srcdir=$(cd "$top_srcdir" && pwd)
top_builddir=$(cd "$top_builddir" && pwd)
extension=$top_builddir/python/.libs/_mdbx.so

if [ ! -f "$extension" ]; then
  echo "the package for Python was not built: skipped"
  exit 77
fi
"$PYTHON" -c 'import pytest' 2>/dev/null || {
  echo "$PYTHON has no pytest: skipped"
  exit 77
}

# The interpreter itself has no sanitizer: its library is loaded before everything else.
case ${LMDB_TEST_FLAGS:-} in
*-fsanitize=*address*)
  runtime=$(${CC:-cc} -print-file-name=libasan.so)
  [ -f "$runtime" ] || {
    echo "the library of the address sanitizer was not found: skipped"
    exit 77
  }
  LD_PRELOAD=$runtime ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}
  export LD_PRELOAD ASAN_OPTIONS
  ;;
*-fsanitize=*)
  echo "an interpreter without this sanitizer cannot load the extension: skipped"
  exit 77
  ;;
esac

work=$(mktemp -d "${TMPDIR:-/tmp}/mdbx-python-XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
mkdir "$work/mdbx"
cp "$top_srcdir"/python/mdbx/* "$extension" "$work/mdbx" || exit 99

LD_LIBRARY_PATH=$top_builddir/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
PYTHONPATH=$work PYTHONDONTWRITEBYTECODE=1 MDBX_SOURCES=$top_srcdir
export LD_LIBRARY_PATH PYTHONPATH PYTHONDONTWRITEBYTECODE MDBX_SOURCES
# An object that is freed twice, or used afterwards, does not stay hidden.
PYTHONMALLOC=${PYTHONMALLOC:-debug}
export PYTHONMALLOC
# An exception in a thread or a finalizer is a failure too.
"$PYTHON" -X faulthandler -m pytest -q -p no:cacheprovider --basetemp "$work/temporary" --rootdir "$top_srcdir/tests/python" \
  -W error::pytest.PytestUnraisableExceptionWarning -W error::pytest.PytestUnhandledThreadExceptionWarning \
  "$top_srcdir/tests/python" "$@"
