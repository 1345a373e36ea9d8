# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/strip.awk: C source without comments and without the contents of
# strings and characters. Lines keep their numbers; include lines keep their
# file names. Output: FILE:LINE:text.

FNR == 1 { in_comment = 0; continued = 0 }

{
  line = $0
  if (!in_comment && !continued && line ~ /^[ \t]*#[ \t]*include[ \t]/) {
    sub(/\/[*\/].*$/, "", line)
    print FILENAME ":" FNR ":" line
    next
  }
  out = ""
  if (!continued) quote = ""
  for (i = 1; i <= length(line); ++i) {
    c = substr(line, i, 1)
    two = substr(line, i, 2)
    if (in_comment) {
      if (two == "*/") { in_comment = 0; ++i; out = out " " }
    } else if (quote != "") {
      if (c == "\\") ++i
      else if (c == quote) { out = out c; quote = "" }
    } else if (two == "/*") {
      in_comment = 1; ++i
    } else if (two == "//") {
      break
    } else {
      if (c == "\"" || c == "'") quote = c
      out = out c
    }
  }
  # A string goes on behind a backslash at the end of a line only.
  continued = (quote != "" && line ~ /\\$/)
  print FILENAME ":" FNR ":" out
}
