#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/crash/mutants.sh: do the programs about power cuts find mistakes? Each patch in tests/crash/mutants makes a mistake in
# the engine. For each one this script patches a copy of the sources, compiles what changed, links the programs that the
# patch names with it, and runs them with one seed after the other until one of them fails. Then the untouched engine must
# pass the same runs.
#
# The head of a patch says what the mistake is ("What:"), which rule it breaks ("Breaks:") and who should find it ("Rig:", one
# or more lines: "stories", "lives", "powercut SCENARIO" or "groups SCENARIO").
#
# Usage: make check-mutants [MUTANTS='NAME...'] [SEEDS=N]. Prints FOUND or MISSED for each; exit code 1 if one was missed.
set -u
: "${top_srcdir:=.}" "${top_builddir:=.}" "${SEEDS:=6}" "${MUTANTS:=}" "${TEST_TMPDIR:=${TMPDIR:-/tmp}}"
export TEST_TMPDIR
LIVES=40        # with each seed
SECONDS_MAX=900 # for one run
patches=$top_srcdir/tests/crash/mutants

die() {
  echo "mutants: $1" >&2
  exit 2
}
work=$(mktemp -d "${TMPDIR:-/tmp}/mdbx-mutants-XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM

cp -R "$top_srcdir/src" "$top_srcdir/include" "$work/" && chmod -R u+w "$work" || die "cannot copy the sources"
mkdir "$work/mutant" || die "cannot make a folder"

# link FOLDER PROGRAM OBJECT...: the program, with these objects in place of those of the library.
link() {
  folder=$1 program=$2
  shift 2
  case $program in
  lives) own=$LIVES_OBJECTS ;;
  powercut) own=$POWERCUT_OBJECTS ;;
  groups) own=$GROUPS_OBJECTS ;;
  *) die "there is no program '$program'" ;;
  esac
  # shellcheck disable=SC2086
  (cd "$top_builddir" && $LIBTOOL --quiet --tag=CC --mode=link $CC $MUTANT_CFLAGS -o "$work/$folder/$program" $own "$@" \
    libmdbx_core.la -lpthread) >"$work/link.log" 2>&1 || {
    cat "$work/link.log" >&2
    die "cannot link $program"
  }
}

# run FOLDER RIG SEED: RIG is a line of a patch. The output is in the file "output".
run() {
  program=${2%% *}
  scenario=${2#"$program"}
  case $program in
  lives) set -- "$1" lives $LIVES $(($3 * LIVES)) ;;
  stories) set -- "$1" lives stories "$3" ;;
  powercut | groups) set -- "$1" "$program" "${scenario# }" "$3" ;;
  esac
  command=$1/$2
  shift 2
  timeout $SECONDS_MAX "$work/$command" "$@" >"$work/output" 2>&1
}

# compile NAME: what the patch changes; the objects are in $objects.
compile() {
  objects=
  for source in $(sed -n 's|^+++ b/||p' "$patches/$1.patch"); do
    cp "$top_srcdir/$source" "$work/$source" || die "cannot copy $source"
  done
  patch -s -p1 -F0 --no-backup-if-mismatch -d "$work" <"$patches/$1.patch" >"$work/patch.log" 2>&1 || {
    cat "$work/patch.log" >&2
    die "$1.patch does not apply any more"
  }
  for source in $(sed -n 's|^+++ b/||p' "$patches/$1.patch"); do
    object=$work/mutant/$(basename "$source" .c).o
    # shellcheck disable=SC2086
    (cd "$top_builddir" && $CC -I"$work/include" -I"$work/src" $MUTANT_CFLAGS -w -c -o "$object" "$work/$source") >"$work/compile.log" 2>&1 || {
      cat "$work/compile.log" >&2
      die "$1: $source cannot be compiled"
    }
    objects="$objects $object"
  done
}

restore() {
  for source in $(sed -n 's|^+++ b/||p' "$patches/$1.patch"); do
    cp "$top_srcdir/$source" "$work/$source" || die "cannot copy $source"
  done
}

# found NAME: true when a run failed; the runs are added to the file "runs".
found() {
  seed=1
  while [ $seed -le "$SEEDS" ]; do
    while read -r rig; do
      echo "$seed $rig" >>"$work/runs"
      run mutant "$rig" $seed </dev/null
      code=$?
      case $code in
      0) ;;
      2) cat "$work/output" >&2; die "$1: the program could not work" ;;
      *)
        how="$rig, seed $seed: $(tail -n 1 "$work/output")"
        return 0
        ;;
      esac
    done <"$work/rigs"
    seed=$((seed + 1))
  done
  return 1
}

all=$(for patch in "$patches"/*.patch; do basename "$patch" .patch; done)
missed=0 count=0
: >"$work/runs"
for name in ${MUTANTS:-$all}; do
  [ -f "$patches/$name.patch" ] || die "there is no mutant $name"
  compile "$name"
  sed -n 's/^Rig: //p' "$patches/$name.patch" >"$work/rigs"
  for program in $(sed 's/ .*//; s/^stories$/lives/' "$work/rigs" | sort -u); do
    # shellcheck disable=SC2086
    link mutant "$program" $objects
  done
  count=$((count + 1))
  if found "$name"; then
    echo "FOUND  $name ($how)"
  else
    echo "MISSED $name: $(sed -n 's/^What: //p' "$patches/$name.patch")"
    missed=$((missed + 1))
  fi
  restore "$name"
done
[ $count -gt 0 ] || die "there are no mutants"

# The engine as it is.
wrong=0
mkdir "$work/untouched"
for program in $(cut -d' ' -f2 "$work/runs" | sed 's/^stories$/lives/' | sort -u); do
  link untouched "$program"
done
sort -u "$work/runs" >"$work/again"
while read -r seed rig; do
  if ! run untouched "$rig" "$seed" </dev/null; then
    echo "WRONG  the untouched engine fails: $rig, seed $seed"
    cat "$work/output"
    wrong=$((wrong + 1))
  fi
done <"$work/again"
echo "$count mistakes: $((count - missed)) found, $missed missed; the untouched engine passes $(($(wc -l <"$work/again") - wrong)) runs and fails $wrong"
[ $missed -eq 0 ] && [ $wrong -eq 0 ]
