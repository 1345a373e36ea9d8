#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/cfengine.sh: cf-agent keeps locks and classes in LMDB; cf-check dumps and examines the files.
. "$(dirname "$0")/common.sh"
needs_plain_library
PATH=$PATH:/usr/sbin:/sbin
needs cf-agent cf-promises cf-key cf-check

policy() {
  cat <<'END'
body common control { bundlesequence => { "main" }; }
body action rarely { ifelapsed => "60"; }
bundle agent main {
  classes:
      "remembered" expression => "any", persistence => "600";
      "known_$(number)" expression => "any", persistence => "600";
  vars:
      "number" slist => { "1", "2", "3", "4", "5", "6", "7", "8", "9" };
  commands:
      "/bin/echo command $(number)" action => rarely;
  reports:
    known_3.remembered::
      "classes are there";
}
END
}

state() {
  umask 077
  mkdir -p cf/state cf/bin cf/ppkeys cf/inputs
  export CFENGINE_TEST_OVERRIDE_WORKDIR="$PWD/cf"
  ln -s "$(command -v cf-promises)" cf/bin/cf-promises
  cf-key >/dev/null 2>&1
  policy >policy.cf
  # The commands run once, and then not for an hour.
  for round in 1 2 3; do
    timeout 300 cf-agent -f "$PWD/policy.cf" 2>&1 | sed "s|$PWD||"
  done
  cf-check dump cf/state/cf_state.lmdb | grep -o '"[^"]*":' | sort
  cf-check diagnose cf/state/cf_state.lmdb cf/state/cf_lock.lmdb 2>&1 | sed "s|$PWD||"
}
both "the agent" state
sound ours/cf/state/cf_state.lmdb ours/cf/state/cf_lock.lmdb
finish
