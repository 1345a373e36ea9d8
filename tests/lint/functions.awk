# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/functions.awk: the functions of C files. Input is the output of
# strip.awk. Output: FILE FIRST-LINE LENGTH NAME, the length from the first line
# of the head to the closing brace.

function forget() { head = ""; first = 0 }

function name_of(text,    at) {
  at = match(text, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)
  # A macro in front, such as an attribute, has a parenthesis of its own.
  while (at && substr(text, at) ~ /^(__attribute__|LIBMDBX_[A-Z_]+|[A-Z_]+)[ \t]*\(/) {
    rest = substr(text, at + RLENGTH)
    if (!match(rest, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) break
    text = rest
    at = RSTART
  }
  text = substr(text, at, RLENGTH - 1)
  gsub(/[ \t]/, "", text)
  return text
}

{
  split($0, part, ":")
  file = part[1]
  number = part[2]
  text = substr($0, length(file) + length(number) + 3)
}

file != last_file { depth = 0; in_function = 0; macro = 0; forget(); last_file = file }

# Preprocessor lines, with those that continue them.
macro || text ~ /^[ \t]*#/ { macro = (text ~ /\\$/); next }

{
  for (i = 1; i <= length(text); ++i) {
    c = substr(text, i, 1)
    if (c == "{") {
      if (depth == 0 && head ~ /^[ \t]*extern[ \t]*""[ \t]*$/) { forget(); continue }
      if (depth == 0 && head ~ /\)[ \t]*$/ && head !~ /=/) {
        in_function = 1
        start = first
        name = name_of(head)
      }
      ++depth
    } else if (c == "}") {
      if (depth > 0) --depth
      if (depth == 0) {
        if (in_function) print file, start, number - start + 1, name
        in_function = 0
        forget()
      }
    } else if (depth == 0) {
      if (c == ";") { forget(); continue }
      if (head == "" && (c == " " || c == "\t")) continue
      if (head == "") first = number
      head = head c
    }
  }
  if (depth == 0 && head != "") head = head " "
}
