#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/docs/documents.sh: the examples in the documents compile and run, their links and file names exist,
# doc/architecture.md lists every source file, and each function and type has a place in the manual.
. "$(dirname "$0")/../tools/common.sh"

root=${srcdir:-.}
case $root in
/*) ;;
*) root=$OLDPWD/$root ;;
esac
root=$(cd "$root" && pwd)

# ---- whole programs in the documents: every block with a main() ------------------------------------------------------

number=0
# run_example FILE WHERE
run_example() {
  number=$((number + 1))
  # shellcheck disable=SC2086
  expect 0 "example of $2 compiles" ${CC:-cc} -std=c11 -Wall -Wextra -Werror -I"$root/include" -o "example$number" "$1" \
    -L"$top_builddir/.libs" -Wl,-rpath,"$top_builddir/.libs" -lmdbx -lpthread ${LMDB_TEST_FLAGS:-}
  mkdir -p "in$number"
  expect 0 "example of $2 runs" sh -c "cd in$number && ../example$number"
}

if [ ! -e "$top_builddir/.libs/libmdbx.so" ]; then
  echo "no shared library: the examples are not compiled"
else
  for document in "$root"/README.md "$root"/doc/*.md; do
    [ "$document" != "$root/doc/tutorial.md" ] || continue
    awk -v out="$work/block" '
      /^```c$/ { inside = 1; text = ""; next }
      /^```$/ && inside { inside = 0; if (text ~ /int main\(/) { printf "%s", text >(out "." ++count ".c"); close(out "." count ".c") } next }
      inside { text = text $0 "\n" }' "$document"
    for block in block.*.c; do
      [ -e "$block" ] || continue
      run_example "$block" "$(basename "$document")"
      rm "$block"
    done
  done
  sed -n '/^\.SH EXAMPLE/,/^\.fi/p' "$root/doc/man3/libmdbx.3" | grep -v '^\.' | sed 's/\\e/\\/g' >manual.c
  run_example manual.c "libmdbx(3)"
  # The pages of the main functions, as a reader sees them.
  for example in "$root"/doc/man3/examples/*.c; do
    function=$(basename "$example" .c)
    sed -n '/^\.SH EXAMPLE/,/^\.fi/p' "$top_builddir/doc/man3/single/$function.3" | grep -v '^\.' |
      sed 's/^\\&//; s/\\-/-/g; s/\\\\/\\/g' >shown.c
    grep -v SPDX "$example" | cmp -s - shown.c || fail "$function(3) shows another example"
    run_example shown.c "$function(3)"
  done
  for function in mdbx_env_open mdbx_txn_begin mdbx_get mdbx_put mdbx_cursor_get mdbx_env_set_geometry mdbx_env_copy mdbx_dbi_open; do
    checks=$((checks + 1))
    grep -q '^\.SH EXAMPLE' "$top_builddir/doc/man3/single/$function.3" || fail "$function(3) has no example"
  done
  checks=$((checks + 1))
  [ "$number" -ge 3 ] || fail "only $number examples were found"
fi

# ---- the tutorial: its parts are one program, and print what it says; then the commands in its end ------------------------

if [ -e "$top_builddir/.libs/libmdbx.so" ]; then
  awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0; next } inside' "$root/doc/tutorial.md" >tour.c
  run_example tour.c tutorial.md
  cp output said
  awk '/^It prints:$/ { inside = 1; next } /^## / { inside = 0 } inside && /^    /' "$root/doc/tutorial.md" | sed 's/^    //' >promised
  expect_same said promised "the tutorial prints something else than it says"
  awk '/^## From the command line$/ { inside = 1; next } /^Then:/ { inside = 0 } inside && /^    /' "$root/doc/tutorial.md" >commands
  checks=$((checks + 1))
  [ "$(wc -l <commands)" -ge 4 ] || fail "the tutorial has no commands"
  while read -r command; do
    # shellcheck disable=SC2086
    expect 0 "tutorial: $command" env PATH="${mdbx%/*}:${chk%/*}:$PATH" sh -c "cd in$number && $command"
  done <commands
fi

# ---- what the README says to compile with: on a system that has no other development package ------------------------

if command -v pkg-config >/dev/null; then
  expect 0 "pkg-config with libmdbx alone" env PKG_CONFIG_LIBDIR="$top_builddir" PKG_CONFIG_PATH= pkg-config --cflags --libs libmdbx
  expect_text "-lmdbx" "pkg-config with libmdbx alone"
  ! grep -q xxhash output || fail "programs are linked with what only the library needs"
  expect 0 "pkg-config for a static program" env PKG_CONFIG_LIBDIR="$top_builddir" PKG_CONFIG_PATH= pkg-config --static --libs libmdbx
  expect_text "-lxxhash" "pkg-config for a static program"
else
  echo "pkg-config is not installed: what it says is not looked at"
fi

# ---- links and names of files ----------------------------------------------------------------------------------------

for document in "$root"/README.md "$root"/CONTRIBUTING.md "$root"/SECURITY.md "$root"/NEWS "$root"/doc/*.md; do
  folder=$(dirname "$document")
  for link in $(grep -o '](\([^)]*\))' "$document" | sed 's/^](//; s/)$//; s/#.*//'); do
    case $link in *://*) continue ;; esac
    checks=$((checks + 1))
    [ -e "$folder/$link" ] || [ -e "$root/$link" ] || fail "$(basename "$document"): $link is not there"
  done
  for file in $(grep -o '`\(src\|doc\|tests\|tools\|scripts\|bench\|lmdb\|include\|mdbx_chk\)/[A-Za-z0-9_./-]*`' "$document" | tr -d '`'); do
    checks=$((checks + 1))
    [ -e "$root/$file" ] || [ -e "$root/$file.c" ] || [ -e "$root/$file.h" ] ||
      fail "$(basename "$document"): $file is not there"
  done
done

# ---- the tests that doc/threats.md names: `FILE` (`TEST`, `TEST`) -----------------------------------------------------

grep -o '`tests/[a-z_/]*\.c` (`[a-z_`, ]*)' "$root/doc/threats.md" | tr -d '`(),' >named
[ "$(wc -l <named)" -ge 15 ] || fail "doc/threats.md names next to no tests"
while read -r file names; do
  for name in $names; do
    checks=$((checks + 1))
    grep -q "^START_TEST($name)" "$root/$file" || fail "doc/threats.md: $file has no test $name"
  done
done <named

# ---- the table of files in doc/architecture.md: what is in src/ is listed, and nothing else ---------------------------

for folder in "$root"/src/*/; do
  folder=$(basename "$folder")
  sed -n "s/^| \`$folder\/\` |.*|\(.*\)|\$/\1/p" "$root/doc/architecture.md" | tr -d '`' | tr ' ' '\n' | sed '/^$/d' >listed
  for file in "$root/src/$folder"/*.c; do
    checks=$((checks + 1))
    grep -qx "$(basename "$file" .c)" listed || fail "doc/architecture.md does not list $folder/$(basename "$file")"
  done
  while read -r name; do
    checks=$((checks + 1))
    [ -e "$root/src/$folder/$name" ] || [ -e "$root/src/$folder/$name.c" ] || [ -e "$root/src/$folder/$name.h" ] ||
      fail "doc/architecture.md lists $folder/$name, which is not there"
  done <listed
done

# ---- the manual ------------------------------------------------------------------------------------------------------

pages=$top_builddir/doc/man3
for page in "$pages"/single/*.3; do
  basename "$page" .3
done | sort -u >in_manual
while read -r function; do
  case $function in '' | '#'*) continue ;; esac
  checks=$((checks + 1))
  grep -qx "$function" in_manual || fail "$function has no place in the manual"
done <"$root/tests/lint/interface.txt"
# Each type has a page, and what the pages refer to is there.
sed -n '/^\.SH NAME/{n;s/ .-.*//;p;}' "$top_builddir"/doc/man3/MDBX_*.3 | tr ', ' '\n\n' | sed '/^$/d' | sort -u >types_in_manual
awk -f "$root/doc/man3/types.awk" "$root/include/mdbx.h" >types
[ "$(wc -l <types)" -ge 40 ] || fail "only $(wc -l <types) types were found"
# What the header declares as a type: the last name of each typedef, or that in "(*name)".
awk '/^\/\*/ { comment = 1 } comment { if (/\*\//) comment = 0; next } /^#/ { next }
  /^typedef/ { open = 1; text = "" }
  open {
    line = $0; gsub(/\/\*.*\*\//, "", line); sub(/\/\*.*/, "", line)
    depth += gsub(/{/, "{", line) - gsub(/}/, "}", line)
    text = text " " line
    if (depth || line !~ /;/) next
    open = 0
    gsub(/{.*}/, "", text)
    if (match(text, /\(\*MDBX_[A-Za-z_]+\)/)) print substr(text, RSTART + 2, RLENGTH - 3)
    else { sub(/\(.*/, "", text); sub(/ *;.*/, "", text); sub(/.*[ *]/, "", text); print text }
  }' "$root/include/mdbx.h" | sort -u >declared
checks=$((checks + 1))
[ "$(wc -l <declared)" -ge 60 ] || fail "only $(wc -l <declared) types are declared"
while read -r type; do
  checks=$((checks + 1))
  grep -qx "$type" types_in_manual in_manual || fail "$type has no place in the manual"
done <declared
for type in $(cat types) $(sed -n 's/^\(typedef \)\{0,1\}\(enum\|struct\) \(MDBX_[A-Za-z_]*\) {$/\3/p' "$root/include/mdbx.h"); do
  checks=$((checks + 1))
  grep -qx "$type" types_in_manual || fail "$type has no place in the manual"
done
for name in $(sed -n '/^\.SH SEE ALSO/,$s/^\.BR \([A-Za-z_0-9]*\) (3).*/\1/p' "$pages"/*.3 "$pages"/single/*.3 | sort -u); do
  checks=$((checks + 1))
  [ "$name" = libmdbx ] || [ -e "$top_builddir/doc/man3/$name.3" ] || grep -qx "$name" in_manual types_in_manual || fail "the manual refers to $name"
done
for pair in MDBX_put_flags_t:mdbx_put MDBX_stat:mdbx_dbi_stat MDBX_chk_context_t:MDBX_chk_callbacks_t mdbx_data:MDBX_put_flags_t; do
  checks=$((checks + 1))
  sed -n '/^\.SH SEE ALSO/,$p' "$top_builddir/doc/man3/${pair%:*}.3" | grep -q "^\.BR ${pair#*:} (3)" || fail "${pair%:*} does not refer to ${pair#*:}"
done
# A page that only leads to another one leads somewhere.
for target in $(sed -n 's/^\.so man3\///p' "$pages"/single/*.3 | sort -u); do
  checks=$((checks + 1))
  [ -e "$pages/single/$target" ] || fail "a page leads to $target"
done
# What apropos finds: a name and a short text for each page.
if command -v lexgrog >/dev/null; then
  for page in "$root"/doc/*.1 "$root"/doc/man3/libmdbx.3 "$pages"/*.3 "$pages"/single/*.3; do
    ! grep -q '^\.so ' "$page" || continue
    checks=$((checks + 1))
    lexgrog "$page" >found 2>&1 || fail "$page is not found by apropos"
    awk -F ' - ' '{ if (length($2) < 5 || length($2) > 121 || $1 !~ /mdbx|MDBX/) exit 1 }' found || fail "apropos would show $(cat found)"
  done
else
  echo "lexgrog is not installed: what apropos finds is not looked at"
fi
grep -q 'MDBX_NOOVERWRITE = 0x10, .*only insert' "$top_builddir/doc/man3/MDBX_put_flags_t.3" || fail "no explanation of a flag"
if command -v man >/dev/null && man --version >/dev/null 2>&1; then
  # Of the many small pages some, for each takes a moment.
  for page in "$root"/doc/*.1 "$root"/doc/man3/*.3 "$pages"/*.3 "$pages"/single/mdbx_[a-d]*.3 "$pages"/single/MDBX_*.3; do
    ! grep -q '^\.so ' "$page" || continue
    checks=$((checks + 1))
    LC_ALL=C.UTF-8 MANWIDTH=100 man --warnings -l "$page" >/dev/null 2>warnings
    [ ! -s warnings ] || fail "$page: $(head -n 1 warnings)"
  done
else
  echo "man is not installed: how the pages look is not checked"
fi
finish
