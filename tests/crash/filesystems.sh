#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/crash/filesystems.sh: crashes of real file systems: ext4, XFS and btrfs in image files, mounted by loop devices. Run by hand,
# as root.
#
# A program commits numbers, and notes outside which commits are durable. Meanwhile the image is copied several times, each
# copy in one moment: the image lies on an XFS of its own, which makes such copies (reflink). What the inner file system had not
# written to its device is not in the copy, as after a power cut. At the end the file system is shut down without its journal,
# where it can be (ext4, XFS). Each copy is mounted, which replays the journal, and the database in it is opened as in another
# boot, checked, and compared with the notes.
#
# Usage: make check-filesystems [KINDS='ext4 xfs btrfs'] [COPIES=N]
set -u
: "${top_builddir:=.}" "${KINDS:=ext4 xfs btrfs}" "${COPIES:=6}"
MODES='durable lazy weak writemap writemap-weak'
witness=$(cd "$top_builddir" && pwd)/tests/crash/witness
PATH=$PATH:/usr/sbin:/sbin

say() { echo "filesystems: $1"; }
skip() {
  say "SKIPPED: $1"
  exit 77
}
fail() {
  say "FAILED: $1"
  exit 1
}

[ "$(id -u)" -eq 0 ] || skip "not root"
for tool in losetup mkfs.xfs mount umount; do
  command -v $tool >/dev/null || skip "there is no $tool"
done
work=$(mktemp -d "${TMPDIR:-/tmp}/mdbx-filesystems-XXXXXX") || exit 99
writer=
clean_up() {
  [ -z "$writer" ] || kill -KILL "$writer" 2>/dev/null
  umount "$work/inner" 2>/dev/null
  umount "$work/host" 2>/dev/null
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 99' HUP INT TERM

# make KIND FILE: a small file system, made in an image file.
make_image() {
  case $1 in
  ext4) truncate -s 192M "$2" && mkfs.ext4 -q -F "$2" ;;
  xfs) truncate -s 320M "$2" && mkfs.xfs -q -f "$2" ;;
  btrfs) truncate -s 320M "$2" && mkfs.btrfs -q -f "$2" ;;
  *) false ;;
  esac >/dev/null 2>&1
}

mkdir "$work/host" "$work/inner" || exit 99
truncate -s 4G "$work/host.img" && mkfs.xfs -q -f "$work/host.img" || skip "no XFS for the images can be made"
mount -o loop "$work/host.img" "$work/host" || skip "loop devices cannot be mounted here"
image=$work/host/image

# notes: the numbers of the newest commit that is durable and of the newest one begun, in $durable and $begun.
read_notes() {
  set -- $("$witness" notes "$work/notes")
  durable=$1 begun=$2
}

# Waits until more commits are durable than there were.
await_progress() {
  read_notes
  until=$((durable + $1)) turns=0
  while [ "$durable" -lt $until ]; do
    kill -0 "$writer" 2>/dev/null || fail "$kind, $mode: the writer has ended"
    [ $turns -lt 6000 ] || fail "$kind, $mode: the writer makes no progress"
    turns=$((turns + 1))
    sleep 0.01
    read_notes
  done
}

# check_image FILE OLDEST NEWEST WHAT
check_image() {
  mount -o loop "$1" "$work/inner" || fail "$kind, $mode: $4 cannot be mounted"
  "$witness" check "$work/inner/db" "$mode" "$2" "$3" || fail "$kind, $mode: $4"
  umount "$work/inner" || fail "$kind, $mode: $4 cannot be unmounted"
  images=$((images + 1))
}

run_mode() {
  make_image "$kind" "$image" || fail "$kind: cannot be made"
  mount -o loop "$image" "$work/inner" || fail "$kind: cannot be mounted"
  rm -f "$work/notes"
  "$witness" write "$work/inner/db" "$mode" "$work/notes" 2>"$work/writer.log" &
  writer=$!
  copy=0
  : >"$work/copies"
  while [ $copy -lt "$COPIES" ]; do
    await_progress $((1 + copy * 13 % 40))
    oldest=$durable
    cp --reflink=always "$image" "$image.$copy" || fail "the image cannot be copied in one moment"
    read_notes
    echo "$copy $oldest $begun" >>"$work/copies"
    copy=$((copy + 1))
  done
  await_progress 3
  down=no
  if "$witness" shutdown "$work/inner"; then
    down=yes
  fi
  kill -KILL $writer 2>/dev/null
  wait $writer 2>/dev/null
  writer=
  read_notes
  umount "$work/inner" || fail "$kind, $mode: cannot be unmounted"
  while read -r copy oldest newest; do
    check_image "$image.$copy" "$oldest" "$newest" "copy $copy"
    rm -f "$image.$copy"
  done <"$work/copies"
  [ $down = no ] || check_image "$image" "$durable" "$begun" "what the shutdown left"
  rm -f "$image"
}

tried=0
for kind in $KINDS; do
  if ! make_image "$kind" "$image" || ! mount -o loop "$image" "$work/inner" 2>/dev/null; then
    say "SKIPPED: $kind: it cannot be made or mounted here"
    rm -f "$image"
    continue
  fi
  umount "$work/inner"
  tried=$((tried + 1)) images=0
  for mode in $MODES; do
    run_mode
  done
  say "$kind: $images images, all sound$([ $down = yes ] || echo '; it cannot be shut down, so only copies were checked')"
done
[ $tried -gt 0 ] || skip "no file system can be tried here"
