#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/selftest.sh: each lint must find what it is there for. Makes small
# trees, sound ones and faulty ones, and expects the lint to tell them apart.
. "$(dirname "$0")/common.sh"
lint_temporary
lint_dir=$(cd "$lint_dir" && pwd)
top_srcdir=$(cd "$top_srcdir" && pwd)
checks=0

fresh() {
  rm -rf "$lint_tmp/tree"
  mkdir -p "$lint_tmp/tree/include" "$lint_tmp/tree/tools"
  for layer in base os format file space tree gc env txn service api; do
    mkdir -p "$lint_tmp/tree/src/$layer"
  done
}

# file NAME: the text on standard input, with an SPDX line in front.
file() {
  { echo '/* SPDX-License-Identifier: Apache-2.0 */'; cat; } >"$lint_tmp/tree/$1"
}

# expect RESULT LINT WHY
expect() {
  checks=$((checks + 1))
  LINT_ROOT=$lint_tmp/tree top_builddir=$lint_tmp top_srcdir=$top_srcdir LINT_LIBRARY=$lint_tmp/library.so \
    LINT_OBJECTS=$lint_tmp/tree/src LINT_CIRCLES=$lint_tmp/circles LINT_WITHOUT=$lint_tmp/without LINT_ENTRIES=$lint_tmp/entries \
    sh "$lint_dir/$2.sh" >"$lint_tmp/output" 2>&1
  status=$?
  case $1 in pass) wanted=0 ;; fail) wanted=1 ;; esac
  if [ "$status" -ne "$wanted" ]; then
    lint_report "$2: $3: should $1, but left with $status"
    sed 's/^/    /' "$lint_tmp/output"
  fi
}

# ---- includes
fresh
echo 'int t;' | file src/tree/tree.h
printf '#include "tree/tree.h"\n#include "base/base.h"\n#include <stdlib.h>\n/* #include "api/x.h" */\n' | file src/tree/tree.c
echo '#include "tool.h"' | file tools/a.c
expect pass includes "downward includes, one in a comment"
echo '#include "tree/tree.h"' | file src/base/a.c
expect fail includes "an upward include"
fresh
echo 'int t;' | file src/tree/x.h
printf '#include <stdlib.h>\n#include "tree/x.h"\n' | file src/tree/x.c
expect fail includes "own header not first"
fresh
echo '#include "page.h"' | file src/tree/a.c
expect fail includes "an include without a layer"
fresh
echo '#  include "wrong/page.h"' | file src/tree/a.c
expect fail includes "an include of no layer"
fresh
echo '#include "base/base.h"' | file tools/a.c
expect fail includes "a tool that reaches into the engine"
fresh
echo 'int a;' | file src/strange.c
expect fail includes "a file in no layer"

# ---- assertions
fresh
{ echo 'void f(void) {'; echo '  ASSERT(1);'; seq 1 30 | sed 's/.*/  \/\* & \*\//'; echo '}'; } | file src/tree/a.c
expect pass assertions "an assertion on few lines"
{ echo 'void g(void) {'; echo '  /* ASSERT(1); */'; seq 1 60 | sed 's/.*/  g();/'; echo '}'; } | file src/tree/b.c
expect fail assertions "too few assertions, one in a comment"

# ---- headers
fresh
printf '#ifndef A\n#define A\nstruct a { int b; };\n#endif\n' | file src/base/a.h
expect pass headers "a complete header"
printf '#ifndef B\n#define B\nsize_t b(void);\n#endif\n' | file src/base/b.h
expect fail headers "a header that lacks an include"
fresh
printf 'struct a { int b; };\n' | file src/base/a.h
expect fail headers "a header without a guard"

# ---- header_languages
fresh
# The copy must be writable, also where the sources are not.
cat "$top_srcdir/include/mdbx.h" >"$lint_tmp/tree/include/mdbx.h"
expect pass header_languages "the header as it is"
{ cat "$top_srcdir/include/mdbx.h"; echo 'struct bad { int template; };'; } >"$lint_tmp/tree/include/mdbx.h"
[ -z "$HEADER_CXX" ] || expect fail header_languages "a name C++ reserves"
{ cat "$top_srcdir/include/mdbx.h"; echo 'struct bad { int a;; };'; } >"$lint_tmp/tree/include/mdbx.h"
expect fail header_languages "what only -pedantic sees"

# ---- documented
documented() {
  printf '#define LIBMDBX_API\n\n/* Kinds. */\nenum kind {\n  KIND_A = 1, /* one */\n%b\n  KIND_C /* last\n' "$1"
  printf '            one */\n};\n\n/* A place. */\nstruct place {\n  int x, y; /* where */\n%b\n' "$2"
  printf '  struct {\n    /* Height. */\n    int z;\n  } more; /* and */\n};\n\n'
  printf '/* Does it. */\nLIBMDBX_API int mdbx_do(int a,\n                        int b);\nLIBMDBX_API int mdbx_do_not(void);\n%b\n' "$3"
  printf '\n/* ---- Others ------ */\n\n/* Makes it. */\n%bLIBMDBX_API struct place *mdbx_make(void);\n' "$4"
}
while IFS='|' read -r result value member function gap why; do
  fresh
  documented "$value" "$member" "$function" "$gap" >"$lint_tmp/tree/include/mdbx.h"
  expect "$result" documented "$why"
done <<'END'
pass|||||comments in all allowed places
pass|  /* Two. */\n  KIND_B = 2,|  /* Its call. */\n  void (*call)(int a);|||comments before what they belong to
fail|  KIND_B = 2,||||a value without a comment
fail||  unsigned colour;|||a member without a comment
fail||  void (*call)(int a);|||a callback without a comment
fail||  struct { int w; } inner;|||a structure inside without a comment
fail|||\nLIBMDBX_API void mdbx_alone(void);||a function behind an empty line
fail|||\n/* ---- Part ---- */\n\nLIBMDBX_API void mdbx_alone(void);||a function behind a heading only
fail||||\n|a comment that is not next to its function
END

# ---- objects
# object NAME: compiles the text on standard input to the object that the build would make of it.
object() {
  file "src/$1.c"
  ${CC:-cc} -c -o "$lint_tmp/tree/src/$1.o" "$lint_tmp/tree/src/$1.c" || lint_report "objects: no compiler"
}
fresh
: >"$lint_tmp/circles"
echo 'int below(void) { return 1; }' | object tree/below
echo 'int below(void); int beside(void) { return below(); }' | object tree/beside
echo 'int below(void); int above(void) { return below(); }' | object txn/above
expect pass objects "uses of the same layer and of one below"
echo 'int above(void); int upward(void) { return above(); }' | object gc/upward
expect fail objects "a use of a layer above"
grep -q 'gc/upward uses above of txn/above' "$lint_tmp/output" || lint_report "objects: no name of what is used"
rm "$lint_tmp/tree/src/gc/upward.c"
expect pass objects "an object whose source is gone"
echo 'int last(void); int below(void) { return last(); }' | object tree/below
echo 'int beside(void); int last(void) { return beside(); }' | object tree/last
expect fail objects "a circle of three files"
printf '# known\ntree/below tree/beside\ntree/below tree/last\ntree/beside tree/last\n' >"$lint_tmp/circles"
expect pass objects "a circle that is known"
echo 'int last(void) { return 1; }' | object tree/last
expect fail objects "a known circle that is none any more"

# ---- casts
fresh
echo 'struct page *f(const struct page *p) { return (struct page *)(uintptr_t)p; }' | file src/space/a.c
echo '/* (struct page *)(uintptr_t)p */ struct page *f(void *p) { return (struct page *)p; }' | file src/tree/a.c
expect pass casts "a cast in space/, and one in a comment"
echo 'struct page *f(const struct page *p) { return (struct page *)(uintptr_t)p; }' | file src/tree/a.c
expect fail casts "a cast in tree/"

# ---- entries
fresh
printf '# allowed\ninclude txn/x.h\nreach api/a.c 1\n' >"$lint_tmp/entries"
printf '#include "api/api.h"\n#include "txn/x.h"\nint f(struct t *t) { return t->record.items; }\n/* s->space.dirty */\n' |
  file src/api/a.c
expect pass entries "what is listed"
printf '#include "space/y.h"\n' | file src/api/b.c
expect fail entries "a header of a layer that is none of theirs"
for logic in 't->space.used = 1' 'cursor->core.tree' 'tree->changed = true' 'tree->record += 2' 'root->space.n++'; do
  echo "void g(void) { $logic; }" | file src/api/b.c
  expect fail entries "$logic"
done
echo 'int g(void) { return tree->changed == true || same(&t->record); }' | file src/api/b.c
expect pass entries "what only looks like a change"
echo '#include "txn/x.h"' | file src/api/a.c
expect fail entries "a list that could shrink"

# ---- units
fresh
mkdir -p "$lint_tmp/tree/tests/unit"
echo 'int a;' | file src/space/a.c
echo 'int b;' | file src/tree/b.c
printf '# none\n' >"$lint_tmp/without"
expect fail units "a module without a test"
printf '# one\nspace/a\n' >"$lint_tmp/without"
expect pass units "a module that is known to have none"
echo '#include "space/a.h"' | file tests/unit/test_a.c
expect fail units "a module that has a test now"
printf '# none\n' >"$lint_tmp/without"
expect pass units "a module with a test"

# ---- functions
lines() { awk -v n="$1" 'BEGIN { for (i = 0; i < n; ++i) print "  a += 1;" }'; }
fresh
{
  printf 'extern "C" {\nstatic const int a[] = {\n'; lines 130 | tr ';' ','; printf '};\nstruct s {\n'; lines 130
  printf '};\nstatic int f(int a) {\n'; lines 118; printf '}\n#define M(x) do { \\\n } while (0)\n'
  printf 'int mdbx_f(void);\nint g(void) { return mdbx_f(); }\n}\n'
} | file src/tree/a.c
echo 'int mdbx_f(void) { return 1; }' | file src/api/a.c
expect pass functions "118 lines of body and long data"
{ printf 'static int f(int a) {\n'; lines 119; printf '}\n'; } | file src/tree/b.c
expect fail functions "a function of 121 lines"
fresh
printf 'int\nmdbx_get(int a,\n int b)\n{\n  return 1;\n}\n' | file src/tree/a.c
expect fail functions "mdbx_ outside the API"
grep -q 'a.c:2: only src/api may define mdbx_get' "$lint_tmp/output" || lint_report "functions: wrong place or name"

# ---- calls
fresh
file src/tree/a.c <<'END'
/* write(1, "", 0) and
   read(0) */
// close(3);
static const char *text = "open(\"x\") ftruncate(1) \" fsync(2)"; static char c = '"', d = '\'';
static int f(struct s *s) { return os_open(s) + s->read(1) + s->ops.write (2) + page_write(3) + readers(4) + xclose(5); }
END
echo 'int f(void) { return open("x", 0); }' | file src/os/a.c
expect pass calls "names that only look like calls"
for call in 'open("x", 0)' 'pwrite(1, 0, 0, 0)' 'fsync (1)' 'mmap(0)' 'pthread_mutex_lock(m)' 'getenv("A")' \
  'clock_gettime(1, t)' 'a + /* */ getpid()' "'\"' + unlink(p)" 'syscall(2)'; do
  fresh
  echo "int f(void) { return $call; }" | file src/space/a.c
  expect fail calls "$call"
done
fresh
echo '#include <unistd.h>' | file src/base/a.h
expect fail calls "a header of system calls"

# ---- licenses
fresh
echo 'int a;' | file src/base/a.c
expect pass licenses "an SPDX line"
echo 'int a;' >"$lint_tmp/tree/src/base/b.c"
expect fail licenses "no SPDX line"
fresh
printf '/* TO%s: more */\n' DO | file src/base/a.c
expect fail licenses "unfinished work"

# ---- mutants
mutant() {
  mkdir -p "$lint_tmp/tree/tests/crash/mutants"
  cat >"$lint_tmp/tree/tests/crash/mutants/a.patch"
}
if command -v patch >/dev/null; then
  fresh
  printf 'int a;\nint b;\nint c;\n' | file src/base/a.c
  head='What: w\nBreaks: C1\nRig: lives\n\n--- a/src/base/a.c\n+++ b/src/base/a.c\n@@ -3,3 +3,3 @@\n int a;\n-int b;\n+int d;\n'
  printf "$head int c;\n" | mutant
  expect pass mutants "a patch that applies"
  printf "$head int e;\n" | mutant
  expect fail mutants "a patch that does not apply"
  printf "$head int c;\n" | sed 's/^Rig: .*/Rig: nobody/' | mutant
  expect fail mutants "a program that is not there"
  printf "$head int c;\n" | sed '/^What/d' | mutant
  expect fail mutants "a mistake that is not named"
  fresh
  expect fail mutants "no patch at all"
fi

# ---- symbols
library() {
  echo "$1" >"$lint_tmp/library.c"
  $CC -shared -fPIC -o "$lint_tmp/library.so" "$lint_tmp/library.c" 2>/dev/null
}
fresh
file include/mdbx.h <<'END'
#define LIBMDBX_API __attribute__((visibility("default")))
LIBMDBX_API int mdbx_a(int (*callback)(int)); /* LIBMDBX_API int mdbx_c(void); */
extern LIBMDBX_VERINFO_API const struct s mdbx_b;
typedef int mdbx_t;
END
if library 'int mdbx_a(void) { return 0; } const int mdbx_b = 1;'; then
  expect pass symbols "the same names"
  library 'int mdbx_a(void) { return 0; }'
  expect fail symbols "a missing name"
  library 'int mdbx_a(void) { return 0; } const int mdbx_b = 1; int helper(void) { return 0; }'
  expect fail symbols "a name too many"
fi

# ---- tested
fresh
mkdir -p "$lint_tmp/tree/tests/api"
LINT_INTERFACE=$lint_tmp/interface.txt
export LINT_INTERFACE
printf '# names\nmdbx_a\n' >"$LINT_INTERFACE"
echo 'int mdbx_a(void); int mdbx_own(int);' | file include/mdbx.h
echo 'int t(void) { return mdbx_a() + mdbx_own(1); }' | file tests/api/a.c
expect pass tested "all declared, all called"
echo 'int t(void) { return mdbx_a(); /* mdbx_own(1) */ }' | file tests/api/a.c
expect fail tested "a function without a test"
echo 'int t(void) { return mdbx_a() + mdbx_own(1); }' | file tests/api/a.c
printf 'mdbx_a\nmdbx_b\n' >"$LINT_INTERFACE"
expect fail tested "a function that is missing"

echo "$checks checks of lints, $lint_findings findings"
lint_finish
