# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/documented.awk: reads a C header as it is; prints each exported
# function, value of an enum and member of a struct that has no comment.
#
# A comment belongs to what begins on the line directly behind it, or shares a
# line with it. Exported functions that follow each other without an empty line
# share the comment before the first one.

function find(what) { print FILENAME ":" FNR ": " what ": no comment" }

# Splits the line into code and what it says about comments.
function split_line(line,    out, i, two) {
  out = ""
  comment_here = in_comment
  began_behind_code = in_comment ? open_behind_code : 0
  for (i = 1; i <= length(line); ++i) {
    two = substr(line, i, 2)
    if (in_comment) {
      if (two == "*/") { in_comment = 0; ++i }
    } else if (two == "/*") {
      in_comment = 1
      comment_here = 1
      open_behind_code = began_behind_code = (out ~ /[^ \t]/)
      banner = (line ~ /^\/\* ---/)
      ++i
    } else {
      out = out substr(line, i, 1)
    }
  }
  gsub(/^[ \t]+|[ \t]+$/, "", out)
  return out
}

# The name of a member: the last word before what ends it.
function name_of(text) {
  if (match(text, /\(\*[A-Za-z0-9_]+\)/)) return substr(text, RSTART + 2, RLENGTH - 3)
  sub(/[ \t]*=.*/, "", text)
  gsub(/\[[^]]*\]/, "", text)
  sub(/[,;][ \t]*$/, "", text)
  sub(/.*[ \t*]/, "", text)
  return text
}

function end_member() {
  if (text != "" && !told) find(name_of(text))
  text = ""
  told = 0
}

function member(code) {
  if (code ~ /^}/) {
    end_member()
    told = block_told[depth] || comment_here
    if (--depth && !told) find(name_of(code))
    told = 0
  } else if (code ~ /^(struct|union)[ \t]*[A-Za-z0-9_]*[ \t]*{$/) {
    block_told[++depth] = before
  } else {
    if (text == "") told = before
    text = text " " code
    if (comment_here) told = 1
    if (code ~ /[,;]$/ && (is_enum || code ~ /;$/)) end_member()
  }
}

{
  directive = macro || (!in_comment && /^[ \t]*#/)
  macro = directive && /\\$/
  if (directive) next
  code = split_line($0)
}

code == "" {
  if (!comment_here) before = above = 0                # an empty line
  else if (!began_behind_code) before = !banner        # a comment of its own
  next
}

depth { member(code); before = 0; next }

code ~ /^(typedef )?(struct|enum) [A-Za-z0-9_]+ {$/ {
  if (!before) find(code)
  depth = 1
  is_enum = code ~ /enum /
  text = ""
  before = 0
  next
}

# A body of what was declared above.
body { body = (code !~ /^}/); next }

declaration == "" && code ~ /^(extern )?LIBMDBX_(INLINE_|VERINFO_)?API / { told = before || above }

declaration != "" || code ~ /^(extern )?LIBMDBX_(INLINE_|VERINFO_)?API / {
  declaration = declaration " " code
  before = 0
  if (code !~ /[;{]$/) next
  body = (code ~ /{$/)
  sub(/[ \t]*[(;].*/, "", declaration)
  if (!body && !told) find(name_of(declaration))
  declaration = ""
  above = !body
  next
}

{ before = above = 0 }
