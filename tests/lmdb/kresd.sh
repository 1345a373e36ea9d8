#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/kresd.sh: the Knot resolver's cache is in LMDB: it answers from it when its source is gone, also after a
# restart.
. "$(dirname "$0")/common.sh"
needs_plain_library
PATH=$PATH:/usr/sbin:/sbin
needs kresd knotd dig

configuration() {
  printf '$TTL 3600\n@ SOA ns.example.org. admin.example.org. 1 7200 3600 1209600 3600\n@ NS ns\nns A 192.0.2.1\n' >zone
  awk 'BEGIN { for (i = 0; i < 50; ++i) printf "host%d A 192.0.2.%d\n", i, i + 1 }' >>zone
  cat >knot.conf <<END
server:
    rundir: "$PWD"
    listen: 127.0.0.1@$1
database:
    storage: "$PWD/knot"
zone:
  - domain: example.org
    storage: "$PWD"
    file: zone
END
  cat >kresd.conf <<END
net.listen('127.0.0.1', $2, { kind = 'dns' })
cache.open(20 * MB, 'lmdb://$PWD/cache')
for _, name in ipairs({'ta_update', 'ta_signal_query', 'detect_time_skew', 'detect_time_jump', 'priming'}) do
  modules.unload(name)
end
trust_anchors.remove('.')
policy.add(policy.all(policy.FORWARD('127.0.0.1@$1')))
log_level('crit')
END
  mkdir -p knot cache
}

ask() { dig @127.0.0.1 -p "$1" "$2.example.org" A +short +time=2 +tries=1; }

started() {
  kresd -n -c kresd.conf . >kresd.log 2>&1 &
  resolver=$!
  for try in $(seq 300); do
    ask "$1" host1 2>/dev/null | grep -q '^192' && return
    sleep 0.2
  done
  echo "the resolver does not answer"
  cat kresd.log
}

resolver() {
  configuration "$1" "$2"
  # The source of the answers is the same program in both runs.
  env -u LD_LIBRARY_PATH knotd -c knot.conf >knot.log 2>&1 &
  source=$!
  started "$2"
  for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    ask "$2" host$i
  done
  kill $source
  wait $source 2>/dev/null
  echo "from the cache:"
  for i in 3 7 20; do
    ask "$2" host$i
  done
  kill $resolver
  wait $resolver 2>/dev/null
  started "$2"
  echo "after a restart:"
  for i in 1 12 20; do
    ask "$2" host$i
  done
  kill $resolver
  wait $resolver 2>/dev/null
  ls cache
}
port=$((20000 + $$ % 20000))
both "the resolver" resolver $port $((port + 1))
sound ours/cache/data.mdb
finish
