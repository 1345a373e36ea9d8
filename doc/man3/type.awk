# SPDX-License-Identifier: Apache-2.0
#
# doc/man3/type.awk: makes the page of an enumeration or a structure from its comment and declaration in mdbx.h.
#
# awk -v page=NAME -f text.awk -f type.awk mdbx.h mdbx.h
# The first reading finds the type; the second who takes it, which is what the page refers to. Ends with 1 if there is no
# such type.

# What `depth` braces are open behind a line.
function count_braces(text) {
  gsub(/\/\*.*\*\//, "", text)
  depth += gsub(/{/, "", text) - gsub(/}/, "", text)
}

# The name of the type whose declaration ends with this line: "} MDBX_put_flags_t;", or that of the struct.
function note_names(text) {
  sub(/^} */, "", text)
  sub(/;.*/, "", text)
  first_name = text != "" ? text : tag in alias ? alias[tag] : tag
}

function finish_type(   number) {
  if (first_name != page) return
  found = 1
  names = page (tag == page ? "" : ", " tag)
  short = tag
  shown = declaration
  for (number = 1; number <= comments; ++number) line[++lines] = comment[number]
  flush_paragraph()
  for (number = 1; number <= comments; ++number) subject = subject (number > 1 ? " " : "") comment[number]
  refer_to_comment(subject)
  sub(/\.( .*)?$/, "", subject)
  sub(/[.:;] .*/, "", subject)
}

function mentions(text) {
  return text ~ ("(^|[^A-Za-z0-9_])(" page "|" short ")([^A-Za-z0-9_]|$)")
}

function refer(name) {
  if (name == page || name in referred) return
  referred[name] = 1
  see = see ",\n.BR " name " (3)"
}

# The functions it speaks of come first.
function refer_to_comment(text) {
  while (match(text, /mdbx_[a-z0-9_]+\(/)) {
    refer(substr(text, RSTART, RLENGTH - 1))
    text = substr(text, RSTART + RLENGTH)
  }
}

# ---- the first reading: the type

FNR == 1 { reading += 1; in_comment = in_type = in_function = 0 }

reading == 1 && /^typedef struct MDBX_[A-Za-z_]* MDBX_[A-Za-z_]*;/ { alias[$3] = $4; sub(/;/, "", alias[$3]) }
reading == 1 && !in_type && /^\/\*/ { comments = 0; in_comment = 1; sub(/^\/\* ?/, "") }
reading == 1 && in_comment {
  text = $0
  last = sub(/ *\*\/ *$/, "", text)
  sub(/^ \* ?/, "", text)
  comment[++comments] = text
  if (last) in_comment = 0
  next
}
/^(typedef )?(enum|struct) MDBX_[A-Za-z_]* {$/ {
  in_type = 1
  depth = 0
  declaration = ""
  tag = $0
  sub(/ {$/, "", tag)
  sub(/.* /, "", tag)
}
in_type {
  declaration = declaration $0 "\n"
  count_braces($0)
  if (depth > 0) next
  in_type = 0
  note_names($0)
  if (reading == 1) finish_type()
  else if (mentions(declaration)) refer(first_name)
  next
}
reading == 1 && /^$/ { comments = 0 }

# ---- the second one: functions

reading == 2 && /LIBMDBX_(INLINE_|VERINFO_)?API / { in_function = 1; declaration = "" }
in_function {
  declaration = declaration $0 " "
  if (!/;|{$/) next
  in_function = 0
  if (declaration !~ /\(/ || !mentions(declaration)) next
  sub(/ *\(.*/, "", declaration)
  sub(/;.*/, "", declaration)
  sub(/.*[ *]/, "", declaration)
  refer(declaration)
}

END {
  if (!found) exit 1
  count = split(shown, row, "\n")
  printf ".\\\" Made from mdbx.h; SPDX-License-Identifier: Apache-2.0\n.TH %s 3 \"\" \"libmdbx\" \"libmdbx\"\n", page
  printf ".SH NAME\n%s \\- %s\n", names, escaped(subject)
  printf ".SH SYNOPSIS\n.nf\n.B #include <mdbx.h>\n.PP\n"
  for (number = 1; number < count; ++number) print escaped(row[number])
  printf ".fi\n.SH DESCRIPTION\n%s", body
  printf ".SH SEE ALSO\n.BR libmdbx (3)%s\n", see
}
