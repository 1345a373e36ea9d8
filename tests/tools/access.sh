#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/access.sh: databases that can be read, but not in the usual way: without a right to the lock file, with less address
# space than the file may take, on a network file system. The message names what is in the way and the option that helps.
. "$(dirname "$0")/common.sh"

printf 'k\nv\n' | "$load" -q -T -u 64G db || fail "load"
"$mdbx" put db -t table -c a b || fail "put"
rm -f db/mdbx.lck

# What looks at a database, or copies it; @ stands for the options.
looks='
$stat @ -a -e -f -r db
$chk @ db
$dump @ -a -f /dev/null db
$copy @ -q db -
$copy @ -q -c db -
$mdbx get @ db k
$mdbx stat @ db
$mdbx readers @ db
$mdbx geometry @ db
$mdbx copyfd @ db
$mdbx dump @ db
$mdbx watch @ -r 1 -i 0.01 db
$mdbx chk @ db
'
echo "$looks" | grep -F '@' >looks

# look OPTION WRAPPER...: runs the command of `line`.
look() {
  option=$1
  shift
  command=$(echo "$line" | sed 's/@/$option/')
  eval "set -- \"\$@\" $command"
  checks=$((checks + 1))
  timeout 300 "$@" >answer 2>output </dev/null
  code=$?
  sane "$line"
}

# each CODE OPTION WHAT WRAPPER...
each() {
  wanted=$1 with=$2 what=$3
  shift 3
  while read -r line; do
    look "$with" "$@"
    if [ "$wanted" -eq 0 ]; then
      [ $code -eq 0 ] || fail "$what: $line left with $code"
    else
      [ $code -ge 1 ] && [ $code -le 5 ] || fail "$what: $line left with $code"
      [ "$(grep -c . output)" -eq 1 ] || fail "$what: $line does not say it in one line"
      grep -q -e "$hint" output || fail "$what: $line does not say \"$hint\""
    fi
  done <looks
}

# ---- less address space than the file may take
few() {
  ulimit -v 200000
  exec "$@"
}
if (few "$stat" -h) >/dev/null 2>&1; then
  while read -r line; do
    option=
    command=$(echo "$line" | sed 's/@/$option/')
    checks=$((checks + 1))
    (
      ulimit -v 200000
      eval "$command"
    ) >answer 2>output </dev/null || fail "little address space: $line left with $?"
  done <looks
  checks=$((checks + 1))
  (few "$mdbx" put db k w) >output 2>&1 && fail "a writer needs no address space"
  expect_text "ulimit -v" "a writer without address space"
else
  echo "no program runs with so little address space (sanitizers): skipped"
fi

# ---- another user, who may read the data file and nothing else
nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
mkdir bin
cp "$chk" "$copy" "$dump" "$mdbx" "$stat" bin
cp "$top_builddir"/.libs/libmdbx.so* bin 2>/dev/null
chmod 755 . bin bin/*
if [ "$(id -u)" -eq 0 ] && LD_LIBRARY_PATH=$work/bin $nobody bin/mdbx_stat -h >/dev/null 2>&1; then
  chk=$work/bin/mdbx_chk copy=$work/bin/mdbx_copy dump=$work/bin/mdbx_dump mdbx=$work/bin/mdbx stat=$work/bin/mdbx_stat
  PATH=$work/bin:$PATH
  LD_LIBRARY_PATH=$work/bin:$LD_LIBRARY_PATH
  chmod 755 db && chmod 644 db/mdbx.dat
  rm -f db/mdbx.lck
  hint="the lock file db/mdbx.lck cannot be made.*-L reads without it"
  each 1 "" "no lock file can be made" $nobody
  each 0 -L "no lock file can be made, -L" $nobody
  [ ! -e db/mdbx.lck ] || fail "-L made a lock file"
  "$mdbx" get db k >/dev/null || fail "get"
  chmod 444 db/mdbx.lck
  cksum db/mdbx.lck >lock.before
  hint="the lock file db/mdbx.lck is not writable.*-L reads without it"
  each 1 "" "a lock file that may only be read" $nobody
  each 0 -L "a lock file that may only be read, -L" $nobody
  cksum db/mdbx.lck | cmp -s - lock.before || fail "-L wrote into the lock file"
  chk=$(direct "$top_builddir/mdbx_chk/mdbx_chk") mdbx=$(direct "$top_builddir/tools/mdbx/mdbx")
  copy=$(direct "$top_builddir/tools/mdbx_copy") dump=$(direct "$top_builddir/tools/mdbx_dump")
  stat=$(direct "$top_builddir/tools/mdbx_stat")
else
  echo "not root, or no setpriv: the part of another user is skipped"
fi
for command in put del; do
  expect 1 "$command without a lock file" "$mdbx" $command -L db k v
  expect_text "-L is for what only reads" "$command without a lock file"
done

# ---- a file system that is mounted read-only
mkdir mounted
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs none mounted 2>/dev/null; then
  trap 'umount mounted 2>/dev/null; rm -rf "$work"' EXIT
  "$copy" -q db mounted/db || fail "copy"
  if mount -o remount,ro mounted 2>/dev/null; then
    expect 0 "a file system that is read-only" "$mdbx" get mounted/db k
    expect 0 "a file system that is read-only, -L" "$mdbx" get -L mounted/db k
    expect 0 "a file system that is read-only, -X" "$stat" -X mounted/db
  fi
  umount mounted
else
  echo "nothing can be mounted here: the part of a read-only file system is skipped"
fi

# ---- alone
"$mdbx" watch -i 60 db >watched &
other=$!
catches $other
expect 1 "-X beside another user" "$stat" -X db
expect_text "MDBX_BUSY" "-X beside another user"
kill -TERM $other
wait $other
expect 0 "-X" "$stat" -X db

# ---- a network file system: so the system calls it
cat >remote.c <<'END'
#include <string.h>
#include <sys/vfs.h>
int fstatfs(int fd, struct statfs *fs) {
  (void)fd;
  memset(fs, 0, sizeof(*fs));
  fs->f_type = 0x6969;
  return 0;
}
int statfs(const char *path, struct statfs *fs) {
  (void)path;
  return fstatfs(-1, fs);
}
END
# The system has each of them under two names.
if ${CC:-cc} -fPIC -c -o remote.o remote.c 2>/dev/null &&
  ${CC:-cc} -D_FILE_OFFSET_BITS=64 -fPIC -c -o remote64.o remote.c 2>/dev/null &&
  ${CC:-cc} -shared -o remote.so remote.o remote64.o 2>/dev/null &&
  ! LD_PRELOAD=$work/remote.so "$stat" db >output 2>&1 && grep -q "network file system" output; then
  hint="network file system.*-X opens it.*-L reads it"
  each 1 "" "a network file system" env LD_PRELOAD="$work/remote.so"
  each 0 -X "a network file system, -X" env LD_PRELOAD="$work/remote.so"
  each 0 -L "a network file system, -L" env LD_PRELOAD="$work/remote.so"
  expect 1 "a writer on a network file system" env LD_PRELOAD="$work/remote.so" "$mdbx" put db k w
  expect_text "network file system.*-X opens it" "a writer on a network file system"
  expect 0 "a writer on a network file system, -X" env LD_PRELOAD="$work/remote.so" "$mdbx" put -X db k w
else
  echo "no compiler, or nothing can be preloaded (sanitizers): the part of a network file system is skipped"
fi
finish
