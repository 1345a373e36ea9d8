#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/extras.sh: what our library does where LMDB does something else, as the table in doc/lmdb.md says.
. "$(dirname "$0")/common.sh"

$CC $LMDB_TEST_FLAGS -std=gnu11 -Wall -I"$sources/../../lmdb" -o extras "$sources/extras.c" -L"$library_dir" -llmdb -lpthread >output 2>&1 ||
  fail "the program does not link with our header and library"
with_ours ./extras >output 2>&1 || fail "the program"
checks=$((checks + 2))
sound ended small incr incr-copy left1 left2 left3 left4 threads threads2 threads3 page256 page65536 is_db forked forked2 twice beside orders txns copy-while-writing copy-while-reading refused
finish
