#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/ldb.sh: Samba's ldb with its mdb backend.
. "$(dirname "$0")/common.sh"
needs_plain_library
needs ldbadd ldbmodify ldbsearch ldbdel ldbrename

entries() {
  awk -v from="$1" -v to="$2" 'BEGIN {
    for (i = from; i < to; ++i)
      printf "dn: cn=user%d,dc=example\ncn: user%d\nsn: family%d\nmail: user%d@example.org\nobjectUUID: %016d\n\n", i, i, i % 10, i, i
  }'
}

directory() {
  url=mdb://$PWD/test.ldb
  printf 'dn: @INDEXLIST\n@IDXATTR: cn\n@IDXATTR: sn\n@IDXGUID: objectUUID\n@IDX_DN_GUID: GUID\n\n' >index.ldif
  ldbadd -H "$url" index.ldif || return
  entries 0 400 >users.ldif
  ldbadd -H "$url" users.ldif
  ldbsearch -H "$url" '(cn=user123)' cn sn mail | grep -v '^#'
  ldbsearch -H "$url" '(sn=family7)' cn | grep -c '^cn:'
  printf 'dn: cn=user5,dc=example\nchangetype: modify\nreplace: mail\nmail: other@example.org\n-\nadd: description\ndescription: changed\n\n' >change.ldif
  ldbmodify -H "$url" change.ldif
  ldbsearch -H "$url" '(cn=user5)' mail description | grep -v '^#'
  ldbrename -H "$url" cn=user6,dc=example cn=renamed,dc=example
  ldbdel -H "$url" cn=user7,dc=example
  entries 399 402 >more.ldif
  ldbadd -H "$url" more.ldif 2>&1 | sed 's/ on line.*//'
  ldbsearch -H "$url" '(objectUUID=*)' cn sn mail | grep -v '^#' | sort | cksum
  ls test.ldb test.ldb-lock
}
both "the tools" directory
sound ours/test.ldb
finish
