#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/perl.sh: Perl's LMDB_File.
. "$(dirname "$0")/common.sh"
needs_plain_library
needs perl
perl -MLMDB_File -e 1 2>/dev/null || skip "Perl's LMDB_File is not installed"

records() { perl "$sources/perl.pl"; }
both "the script" records
sound ours/db/data.mdb ours/tied.mdb ours/data.mdb
finish
