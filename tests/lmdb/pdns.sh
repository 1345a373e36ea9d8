#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/pdns.sh: PowerDNS with its lmdb backend: zones loaded, changed, listed and served.
. "$(dirname "$0")/common.sh"
needs_plain_library
PATH=$PATH:/usr/sbin:/sbin
needs pdnsutil pdns_server

zone() {
  printf '$ORIGIN example.org.\n$TTL 3600\n@ IN SOA ns.example.org. admin.example.org. 1 7200 3600 1209600 3600\n'
  printf '@ IN NS ns.example.org.\nns IN A 192.0.2.1\n'
  awk 'BEGIN { for (i = 0; i < 400; ++i) printf "host%d IN A 192.0.2.%d\nhost%d IN TXT \"text %d\"\n", i, i % 250 + 1, i, i }'
}

backend() {
  cat >pdns.conf <<END
launch=lmdb
lmdb-filename=$PWD/pdns.lmdb
lmdb-shards=2
local-address=127.0.0.1
local-port=$1
socket-dir=$PWD
daemon=no
guardian=no
disable-syslog=yes
loglevel=0
query-local-address=127.0.0.1
setuid=
setgid=
END
  zone >zone
  tool="pdnsutil --config-dir=$PWD"
  $tool load-zone example.org zone 2>&1 | grep -v '^[A-Z][a-z][a-z] [0-9]'
  $tool add-record example.org new A 3600 192.0.2.77 2>&1 | grep -c 192.0.2.77
  $tool delete-rrset example.org host7 A
  $tool replace-rrset example.org host8 A 60 198.51.100.1 2>&1 | grep -c 198.51
  $tool create-zone example.net ns.example.net 2>&1 | grep -c created
  $tool list-all-zones 2>/dev/null | sort
  $tool list-zone example.org 2>/dev/null | grep -v '^\$ORIGIN' | sort | cksum
  $tool set-meta example.org ALLOW-AXFR-FROM 127.0.0.0/8
  $tool get-meta example.org 2>/dev/null
  $tool check-zone example.org 2>&1 | tail -n 1
  $tool delete-zone example.net
  $tool list-all-zones 2>/dev/null | sort
}

# Transfers the whole zone from the server.
served() {
  command -v dig >/dev/null || return 0
  pdns_server --config-dir="$PWD" >server.log 2>&1 &
  server=$!
  for try in $(seq 300); do
    dig @127.0.0.1 -p "$1" example.org SOA +short +time=1 +tries=1 2>/dev/null | grep -q admin && break
    sleep 0.2
  done
  dig @127.0.0.1 -p "$1" example.org AXFR +noall +answer 2>&1 | sort -u | cksum
  dig @127.0.0.1 -p "$1" host17.example.org TXT +short
  kill $server
  wait $server 2>/dev/null
}

work_with() {
  backend "$1"
  served "$1"
}
command -v dig >/dev/null || echo "dig is not installed: what the server answers is not compared"
both "the backend" work_with $((20000 + $$ % 20000))
sound ours/pdns.lmdb ours/pdns.lmdb-0 ours/pdns.lmdb-1
finish
