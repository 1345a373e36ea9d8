#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/php.sh: PHP's dba functions with the lmdb handler.
. "$(dirname "$0")/common.sh"
needs_plain_library
for php in php8.2 php none; do
  "$php" -r 'exit(in_array("lmdb", dba_handlers()) ? 0 : 1);' >/dev/null 2>&1 && break
done
[ "$php" != none ] || skip "no PHP with lmdb in its dba functions is installed"

records() { "$php" "$sources/php.php"; }
both "the script" records
sound ours/test.mdb ours/new.mdb
finish
