#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/remote.sh: a network file system is refused with EREMOTEIO through LMDB's interface; MDB_NOLOCK opens there.
. "$(dirname "$0")/common.sh"

$CC $LMDB_TEST_FLAGS -std=gnu11 -Wall -rdynamic -I"$sources/../../lmdb" -o remote-test "$sources/remote.c" \
  -L"$library_dir" -llmdb -lpthread >output 2>&1 || fail "the program does not link with our header and library"
with_ours ./remote-test >output 2>&1 || fail "the program ends with $?"
checks=$((checks + 2))
finish
