#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/dirserver.sh: two suppliers of the directory server 389-ds-base on this machine, both with LMDB storage on our
# engine, each replicating to the other. Not part of `make check`; run by `make check-dirserver`, as root, in about a
# minute. Everything is below one temporary folder; the ports are 38901 and 38902, or $DIRSERVER_PORT and the next.
. "$(dirname "$0")/common.sh"
needs_plain_library
PATH=$PATH:/usr/sbin:/sbin
needs dscreate dsconf ns-slapd ldapsearch ldapadd ldapmodify ldapdelete
[ "$(id -u)" -eq 0 ] || skip "only root can set up a directory server"
defaults=/usr/share/dirsrv/inf/defaults.inf
[ -r $defaults ] || skip "there is no $defaults"
[ -w /dev/shm ] || skip "/dev/shm cannot be written to"

port=${DIRSERVER_PORT:-38901}
suffix=dc=example,dc=com
manager='cn=Directory Manager'
password=secret-of-the-test

# The server's user must be able to reach its files and the library.
chmod 755 "$work"
mkdir -p share/dirsrv/inf sbin run default log lib lock etc ours
cp "$library_dir/liblmdb.so.0" ours/
chown -R dirsrv:dirsrv run log lib lock etc

# Its starter clears the environment, so a wrapper sets the path of the library.
cat >sbin/ns-slapd <<END
#!/bin/sh
LD_LIBRARY_PATH=$work/ours exec $(command -v ns-slapd) "\$@"
END
chmod 755 sbin/ns-slapd

# What the set-up tools of the server take for its folders.
sed -e "s|^with_systemd = .*|with_systemd = 0|
  s|^prefix = .*|prefix = $work|
  s|^sbin_dir = .*|sbin_dir = $work/sbin|
  s|^initconfig_dir = .*|initconfig_dir = $work/default|
  s|^run_dir = .*|run_dir = $work/run|
  s|^db_home_dir = .*|db_home_dir = $work/lib/slapd-{instance_name}/db|
  s|= /etc/dirsrv/slapd-|= $work/etc/slapd-|
  s|= /run/slapd-|= $work/run/slapd-|
  s|= /run/dirsrv/|= $work/run/|
  s|= /run/lock/dirsrv|= $work/lock|
  s|= /var/log/dirsrv|= $work/log|
  s|= /var/lib/dirsrv|= $work/lib|
  s|= /usr/lib/.*/dirsrv/slapd-|= $work/lib/inst-|" $defaults >share/dirsrv/inf/defaults.inf
PREFIX=$work
export PREFIX

stop_all() {
  for pid in run/*.pid; do
    [ -s "$pid" ] && kill "$(cat "$pid")" 2>/dev/null
  done
  for try in $(seq 300); do
    alive=no
    for pid in run/*.pid; do
      [ -s "$pid" ] && kill -0 "$(cat "$pid")" 2>/dev/null && alive=yes
    done
    [ $alive = yes ] || return 0
    sleep 0.5
  done
}
cleanup=stop_all

# must WHAT COMMAND...
must() {
  what=$1
  shift
  checks=$((checks + 1))
  "$@" >output 2>&1 && return
  fail "$what"
  finish
}

# instance NAME PORT
instance() {
  cat >"$1.inf" <<END
[general]
config_version = 2
full_machine_name = localhost
strict_host_checking = False
selinux = False
systemd = False
start = True
[slapd]
instance_name = $1
port = $2
root_password = $password
self_sign_cert = False
db_lib = mdb
mdb_max_size = 1073741824
[backend-userroot]
suffix = $suffix
sample_entries = no
create_suffix_entry = True
END
  must "instance $1" dscreate from-file "$1.inf"
}

url() { echo "ldap://127.0.0.1:$1"; }
configure() {
  at=$1
  shift
  dsconf -D "$manager" -w "$password" "$(url "$at")" "$@"
}
ldap() {
  command=$1 at=$2
  shift 2
  "$command" -x -H "$(url "$at")" -D "$manager" -w "$password" "$@"
}

people() {
  awk -v from="$1" -v to="$2" -v suffix=$suffix 'BEGIN {
    for (i = from; i < to; ++i)
      printf "dn: uid=user%d,%s\nobjectClass: inetOrgPerson\nuid: user%d\ncn: User %d\nsn: Family%d\nmail: user%d@example.org\n\n", i, suffix, i, i, i % 10, i
  }'
}
contents() {
  ldap ldapsearch "$1" -LLL -o ldif-wrap=no -b $suffix '(objectClass=inetOrgPerson)' uid cn sn mail description 2>/dev/null |
    awk 'BEGIN { RS = "" } { gsub(/\n/, "|"); print }' | sort
}

# agree WHAT COUNT: both have the same entries, that many, within five minutes.
agree() {
  checks=$((checks + 1))
  for try in $(seq 300); do
    contents $one >contents.one
    contents $two >contents.two
    [ "$(wc -l <contents.one)" -eq "$2" ] && cmp -s contents.one contents.two && return
    sleep 1
  done
  echo "$(wc -l <contents.one) and $(wc -l <contents.two) entries, not $2" >output
  fail "$1"
}

one=$port two=$((port + 1))
instance one $one
instance two $two
people 0 300 >people
must "the first entries" ldap ldapadd $one -f people
for id in 1 2; do
  must "replication of $id" configure $((port + id - 1)) replication enable --suffix $suffix --role supplier --replica-id $id \
    --bind-dn 'cn=replication manager,cn=config' --bind-passwd "$password"
done
must "export" configure $one backend export -r -l "$work/lib/slapd-one/ldif/all.ldif" userroot
cp lib/slapd-one/ldif/all.ldif lib/slapd-two/ldif/all.ldif && chown dirsrv:dirsrv lib/slapd-two/ldif/all.ldif
must "import" configure $two backend import userroot "$work/lib/slapd-two/ldif/all.ldif"
agree "the import" 300
for pair in "$one $two" "$two $one"; do
  set -- $pair
  must "agreement $1 to $2" configure "$1" repl-agmt create --suffix $suffix --host 127.0.0.1 --port "$2" --conn-protocol LDAP \
    --bind-dn 'cn=replication manager,cn=config' --bind-passwd "$password" --bind-method SIMPLE "to-$2"
done

people 300 400 >people
must "entries at the first" ldap ldapadd $one -f people
people 400 500 >people
must "entries at the second" ldap ldapadd $two -f people
agree "new entries of both" 500
for i in 1 2 3 4 5 6 7 8 9; do
  printf 'dn: uid=user%d,%s\nchangetype: modify\nreplace: description\ndescription: of the first\n\n' $((i * 10)) $suffix
done >changes
must "changes at the first" ldap ldapmodify $one -f changes
sed 's/of the first/of the second/; s/uid=user\([0-9]*\)0,/uid=user\15,/' changes >changes.two
must "changes at the second" ldap ldapmodify $two -f changes.two
must "deletion" ldap ldapdelete $two uid=user7,$suffix uid=user450,$suffix
must "renaming" ldap ldapmodify $one <<END
dn: uid=user8,$suffix
changetype: modrdn
newrdn: uid=renamed
deleteoldrdn: 1
END
agree "changes of both" 498
[ "$(grep -c 'description: of the' contents.two)" -eq 18 ] || fail "not all changes arrived"
for pid in run/*.pid; do
  grep -q "$work/ours/liblmdb" "/proc/$(cat "$pid")/maps" || fail "a server does not use our library"
done
stop_all
sound lib/slapd-one/db/data.mdb lib/slapd-two/db/data.mdb
finish
