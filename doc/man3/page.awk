# SPDX-License-Identifier: Apache-2.0
#
# doc/man3/page.awk: makes a page of section 3 from the comments of mdbx.h, so that they are written once.
#
# awk -v page=NAME -v subject="WHAT IT IS ABOUT" -v sections="TITLE|TITLE" -v types="TYPE TYPE" \
#   -f text.awk -f page.awk mdbx.h
# The sections are those of the header's functions. Every comment there belongs to the declarations that follow it up to
# the next blank line.

function finish_group() {
  if (declarations != "") {
    body = body ".SS " heading "\n.nf\n.B\n" declarations ".fi\n"
    for (number = 1; number <= comments; ++number) {
      if (comment[number] == "") flush_paragraph()
      else line[++lines] = comment[number]
    }
    flush_paragraph()
  }
  comments = 0
  declarations = ""
  heading = ""
}

function note_name(text,   name) {
  name = text
  sub(/[ ]*\(.*/, "", name)
  sub(/.*[ *]/, "", name)
  if (name !~ /^mdbx_/) return
  if (heading == "") heading = name
}

# Types of declarations that have a page.
function note_types(text,   word) {
  while (match(text, /MDBX_[A-Za-z_]+/)) {
    word = substr(text, RSTART, RLENGTH)
    text = substr(text, RSTART + RLENGTH)
    if (!(word in is_type)) continue
    delete is_type[word]
    see = see ",\n.BR " word " (3)"
  }
}

BEGIN {
  count = split(types, type, " ")
  for (i = 1; i <= count; ++i) is_type[type[i]] = 1
  wanted = split(sections, title, "|")
  for (i = 1; i <= wanted; ++i) is_wanted[title[i]] = 1
}

/^\/\* ---- / {
  finish_group()
  current = $0
  sub(/^\/\* ---- /, "", current)
  sub(/ -+ \*\/$/, "", current)
  inside = current in is_wanted
  next
}
/^\/\* -----/ { finish_group(); inside = 0 }
!inside { next }

/^\/\*/ { finish_group(); in_comment = 1; sub(/^\/\* ?/, "") }
in_comment {
  text = $0
  last = sub(/ *\*\/ *$/, "", text)
  sub(/^ \* ?/, "", text)
  comment[++comments] = text
  if (last) in_comment = 0
  next
}
/^$/ { finish_group(); next }
/^#|^typedef|^}|^  \/\*/ { next }
/LIBMDBX_(INLINE_|VERINFO_)?API / {
  sub(/LIBMDBX_(INLINE_|VERINFO_)?API /, "")
  declaring = 1
  named = 0
}
declaring && !named && /mdbx_[A-Za-z0-9_]+ *\(/ {
  named = 1
  note_name($0)
}
declaring {
  text = $0
  sub(/ MDBX_CXX17_NOEXCEPT/, "", text)
  note_types(text)
  declarations = declarations escaped(text) "\n"
  if (/;/) declaring = 0
}

END {
  finish_group()
  printf ".\\\" Made from mdbx.h; SPDX-License-Identifier: Apache-2.0\n.TH %s 3 \"\" \"libmdbx\" \"libmdbx\"\n", toupper(page)
  printf ".SH NAME\n%s \\- %s\n", page, subject
  printf ".SH SYNOPSIS\n.nf\n.B #include <mdbx.h>\n.fi\n.PP\ncc ... $(pkg\\-config \\-\\-cflags \\-\\-libs libmdbx)\n"
  printf ".SH DESCRIPTION\nWhat [env], [txn], [cursor], [read] and [write] stand for is said in\n.BR libmdbx (3).\n%s", body
  printf ".SH SEE ALSO\n.BR libmdbx (3)%s\n", see
}
