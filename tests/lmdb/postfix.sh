#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/postfix.sh: postmap makes, changes and queries lmdb: tables.
. "$(dirname "$0")/common.sh"
needs_plain_library
PATH=$PATH:/usr/sbin:/sbin
needs postmap postconf
postconf -m 2>/dev/null | grep -q '^lmdb$' || skip "Postfix has no lmdb tables"

tables() {
  mkdir conf
  printf 'compatibility_level = 3.6\nlmdb_map_size = 1048576\ndefault_database_type = lmdb\n' >conf/main.cf
  awk 'BEGIN { for (i = 0; i < 3000; ++i) printf "user%d@example.org relay%d.example.net\n", i, i % 7 }' >map
  map=lmdb:$PWD/map
  postmap -c conf "$map" || return
  echo "lock file: $(ls map.lmdb-lock 2>&1 | wc -l)"
  postmap -c conf -q user17@example.org "$map"
  postmap -c conf -q nobody@example.org "$map" || echo "none"
  postmap -c conf -s "$map" | sort | cksum
  postmap -c conf -d user17@example.org "$map"
  postmap -c conf -q user17@example.org "$map" || echo "deleted"
  printf 'new@example.org added\nuser18@example.org changed\n' | postmap -c conf -i "$map" 2>&1 | sed "s|$PWD||"
  postmap -c conf -i -r "$map" <<END
user18@example.org changed
END
  postmap -c conf -q new@example.org "$map"
  postmap -c conf -q user18@example.org "$map"
  awk '{ print $1 }' map | postmap -c conf -q - "$map" | sort | cksum
  # While one writes, others read.
  for round in 1 2 3; do
    postmap -c conf "$map" &
    postmap -c conf -q user100@example.org "$map"
    wait
  done
  postmap -c conf -s "$map" | sort | cksum
}
both "postmap" tables
sound ours/map.lmdb
finish
