#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/bind.sh: BIND keeps the zones that are added while it runs in LMDB.
. "$(dirname "$0")/common.sh"
needs_plain_library
PATH=$PATH:/usr/sbin:/sbin
needs named rndc rndc-confgen named-nzd2nzf

configuration() {
  rndc-confgen -a -c "$PWD/key" -k local >/dev/null 2>&1
  cat >named.conf <<END
include "$PWD/key";
controls { inet 127.0.0.1 port $2 allow { 127.0.0.1; } keys { local; }; };
options {
  directory "$PWD"; pid-file "$PWD/pid"; session-keyfile "$PWD/session.key"; listen-on port $1 { 127.0.0.1; };
  listen-on-v6 { none; }; allow-new-zones yes; recursion no; dnssec-validation no; new-zones-directory "$PWD";
};
END
  printf 'include "%s/key";\noptions { default-key local; default-server 127.0.0.1; default-port %d; };\n' "$PWD" "$2" >rndc.conf
  printf '$TTL 60\n@ SOA ns.x. admin.x. 1 2 3 4 5\n@ NS ns.x.\n' >zone
}

control() { rndc -c rndc.conf "$@" 2>&1; }

started() {
  named -g -c named.conf >named.log 2>&1 &
  server=$!
  for try in $(seq 300); do
    control status | grep -q 'server is up' && return
    sleep 0.2
  done
  echo "the server does not start"
  tail -n 5 named.log
}

# Gives it a minute.
stopped() {
  control stop
  for try in $(seq 300); do
    kill -0 $server 2>/dev/null || break
    sleep 0.2
  done
  kill -9 $server 2>/dev/null && echo "the server had to be killed"
  wait $server 2>/dev/null
}

server() {
  configuration "$1" $(($1 + 1))
  started
  for i in 1 2 3 4 5 6 7 8 9 10; do
    control addzone "zone$i.example" "{ type primary; file \"zone\"; };"
  done
  control addzone zone1.example '{ type primary; file "zone"; };'
  control delzone zone3.example | head -n 1
  control modzone zone4.example '{ type primary; file "zone"; allow-transfer { none; }; };'
  control showzone zone4.example
  stopped
  ls _default.nzd*
  named-nzd2nzf _default.nzd | sort
  started
  control showzone zone9.example
  control showzone zone3.example | tail -n 1
  control delzone zone9.example | head -n 1
  stopped
  named-nzd2nzf _default.nzd | sort
}
both "the server" server $((20000 + $$ % 20000))
sound ours/_default.nzd
finish
