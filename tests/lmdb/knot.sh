#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/knot.sh: the Knot DNS server: its configuration, journal, keys and timers are in LMDB.
. "$(dirname "$0")/common.sh"
needs_plain_library
PATH=$PATH:/usr/sbin:/sbin
needs knotd knotc kjournalprint keymgr

configuration() {
  cat <<END
server:
    rundir: "$PWD"
    listen: 127.0.0.1@$1
log:
  - target: stdout
    any: error
database:
    storage: "$PWD/db"
    journal-db-max-size: 50M
    kasp-db-max-size: 50M
    timer-db-max-size: 10M
policy:
  - id: fast
    algorithm: ecdsap256sha256
zone:
  - domain: example.org
    storage: "$PWD"
    file: zone
    journal-content: all
    zonefile-sync: -1
  - domain: signed.org
    storage: "$PWD"
    file: zone2
    dnssec-signing: on
    dnssec-policy: fast
    journal-content: all
END
}

zone() {
  printf '$ORIGIN %s.\n$TTL 3600\n@ IN SOA ns.%s. admin.%s. 1 7200 3600 1209600 3600\n@ NS ns\nns A 192.0.2.1\n' "$1" "$1" "$1"
  awk 'BEGIN { for (i = 0; i < 200; ++i) printf "host%d A 192.0.2.%d\n", i, i % 250 + 1 }'
}

control="knotc -C config"

started() {
  knotd -C config >>knotd.log 2>&1 &
  server=$!
  for try in $(seq 300); do
    $control zone-status 2>/dev/null | grep -q 'signed.org.*serial: 2' && return
    sleep 0.2
  done
  echo "the server does not start"
  cat knotd.log
}

stopped() {
  $control stop || kill $server
  wait $server 2>/dev/null
}

# What does not depend on the clock or on random keys.
zones() {
  $control zone-status | sed 's/ | re-sign.*//'
  $control zone-read example.org | sort | cksum
  $control zone-read signed.org | awk '{ print $4 }' | sort | uniq -c
}

server() {
  mkdir -p db
  configuration "$1" >knot.conf
  zone example.org >zone
  zone signed.org >zone2
  $control conf-import knot.conf
  $control conf-export exported
  grep -c domain exported
  started
  for i in 1 2 3 4 5 6 7 8; do
    $control zone-begin example.org
    $control zone-set example.org "added$i" 60 A "198.51.100.$i"
    $control zone-unset example.org "host$i"
    $control zone-commit example.org
  done
  $control zone-begin example.org
  $control zone-set example.org forgotten 60 A 192.0.2.3
  $control zone-abort example.org
  $control conf-begin
  $control conf-set 'zone[added.org]'
  $control conf-read zone.domain | sort
  $control conf-abort
  zones
  stopped
  started
  zones
  stopped
  kjournalprint db/journal example.org 2>/dev/null
  kjournalprint -z db/journal 2>/dev/null
  keymgr -C config signed.org list 2>/dev/null | awk '{ print $3, $4 }' | sort
  cat knotd.log
}
both "the server" server $((20000 + $$ % 20000))
sound ours/db/*/data.mdb ours/config/data.mdb
finish
