# SPDX-License-Identifier: Apache-2.0
#
# doc/man3/single.awk: makes a page of its own for each function, callback and simple type of mdbx.h from its comment.
#
# awk -v folder=OUT -v topics="TITLE=PAGE|TITLE=PAGE" -v types="TYPE TYPE" -v examples=FOLDER -f text.awk -f single.awk \
#   mdbx.h mdbx.h
# The first reading finds who takes which type, for the references, and keeps the comments; the second writes the pages. If a
# comment only says in what a function differs from another one, the page has the comment of that one too. A comment belongs to the
# declarations that follow it up to the next blank line or comment; they share a page, and all names but the first get a
# file that leads there. types: those that have pages already. A file FOLDER/NAME.c is shown as the example of NAME.

function forget() { comments = declared = functions = 0; declaration = ""; split("", comment); split("", name) }

# The name a declaration declares.
function name_of(text) {
  if (text ~ /^typedef/ && text !~ /\(/) {
    sub(/;.*/, "", text)
    sub(/.*[ *]/, "", text)
    return text
  }
  if (match(text, /\(\*MDBX_[A-Za-z_]+\)/)) return substr(text, RSTART + 2, RLENGTH - 3)
  sub(/ *\(.*/, "", text)
  sub(/.*[ *\n]/, "", text)
  return text
}

function note_declaration(   this) {
  this = name_of(declaration)
  if (this in done) return
  name[++declared] = this
  text_of[declared] = declaration
  if (declaration ~ /^LIBMDBX/) functions += 1
}

function refer(to) {
  if (to == name[1] || to in referred) return
  referred[to] = 1
  see = see ",\n.BR " to " (3)"
}

# Types with a page that a text names, then functions that it names.
function refer_to(text,   rest, word) {
  for (rest = text; match(rest, /MDBX_[A-Za-z_]+/); rest = substr(rest, RSTART + RLENGTH)) {
    word = substr(rest, RSTART, RLENGTH)
    if (word in has_page) refer(word)
  }
  for (rest = text; match(rest, /mdbx_[a-z0-9_]+\(/); rest = substr(rest, RSTART + RLENGTH))
    refer(substr(rest, RSTART, RLENGTH - 1))
}

# The function from which this one differs, if the comment begins with it.
function model(   other) {
  other = comment[1]
  if (other !~ /^mdbx_[a-z0-9_]+\(\)/) return ""
  sub(/\(.*/, "", other)
  return other in kept ? other : ""
}

# What NAME says: the first sentence of the comment.
function summary(text) {
  sub(/\n\n.*/, "", text)
  gsub(/\n/, " ", text)
  sub(/[.:;]( .*)?$/, "", text)
  # A list of pages has a line for each.
  while (length(text) > 100 && match(text, /,[^,]*$/)) text = substr(text, 1, RSTART - 1)
  if (text ~ /^[A-Z][a-z ]/) text = tolower(substr(text, 1, 1)) substr(text, 2)
  return text
}

# The paragraphs before the one that begins with "Returns" go to `body`, those from there on to `results`.
function describe(   number, before, apart, other, count, row) {
  body = results = ""
  for (number = 1; number <= comments; ++number) {
    if (comment[number] != "") { line[++lines] = comment[number]; continue }
    flush_paragraph()
    if (comment[number + 1] ~ /^(Returns|Results)[ :]/ && !apart) { before = body; body = ""; apart = 1 }
  }
  flush_paragraph()
  other = model()
  if (other != "") {
    if (apart) { results = body; body = before; apart = 0 }
    body = body ".SS " other "\n"
    count = split(kept[other], row, "\n")
    for (number = 1; number < count; ++number) {
      if (row[number] != "") line[++lines] = row[number]
      else flush_paragraph()
    }
    flush_paragraph()
  }
  if (apart) { results = body; body = before }
}

function all_comment(   number, text) {
  for (number = 1; number <= comments; ++number) text = text comment[number] "\n"
  return text
}

function show_example(file,   text, any) {
  while ((getline text <file) > 0) {
    if (text ~ /^\/\* SPDX/) continue
    if (!any) printf ".SH EXAMPLE\n.nf\n" >page
    any = 1
    text = escaped(text)
    print text >page
  }
  if (any) printf ".fi\n" >page
  close(file)
}

function write_page(   number, names, all) {
  page = folder "/" name[1] ".3"
  for (number = 1; number <= declared; ++number) {
    names = names (number > 1 ? ", " : "") name[number]
    all = all text_of[number] "\n"
    done[name[number]] = 1
  }
  describe()
  see = ""
  split("", referred)
  if (current in topic) refer(topic[current])
  refer_to(all all_comment())
  if (!functions)
    for (number = 1; number <= user_count[name[1]] && number <= 12; ++number) refer(user[name[1], number])
  printf ".\\\" Made from mdbx.h; SPDX-License-Identifier: Apache-2.0\n.TH %s 3 \"\" \"libmdbx\" \"libmdbx\"\n", name[1] >page
  printf ".SH NAME\n%s \\- %s\n", names, escaped(summary(model() != "" ? kept[model()] : all_comment())) >page
  printf ".SH SYNOPSIS\n.nf\n.B #include <mdbx.h>\n.PP\n" >page
  for (number = 1; number <= declared; ++number) print escaped_lines(text_of[number]) >page
  printf ".fi\n.SH DESCRIPTION\n%s", body >page
  if (results != "") printf ".SH RETURN VALUE\n%s", results >page
  if (functions) printf ".PP\nWhat [env], [txn], [cursor], [read] and [write] stand for is said in\n.BR libmdbx (3).\n" >page
  show_example(examples "/" name[1] ".c")
  printf ".SH SEE ALSO\n.BR libmdbx (3)%s\n", see >page
  close(page)
  for (number = 2; number <= declared; ++number) {
    print ".so man3/" name[1] ".3" >(folder "/" name[number] ".3")
    close(folder "/" name[number] ".3")
  }
}

# The lines of a declaration, with what follows the first one moved by as much as that loses.
function escaped_lines(text,   count, row, number, out, lost, blanks) {
  lost = length(text)
  sub(/^LIBMDBX_(INLINE_|VERINFO_)?API /, "", text)
  lost -= length(text)
  gsub(/ MDBX_CXX17_NOEXCEPT/, "", text)
  count = split(text, row, "\n")
  for (number = 1; number <= count; ++number) {
    match(row[number], /^ */)
    blanks = RLENGTH < lost ? RLENGTH : lost
    out = out (number > 1 ? "\n" : "") escaped(number > 1 ? substr(row[number], blanks + 1) : row[number])
  }
  return out
}

function finish(   number) {
  for (number = 1; number <= declared && reading == 1; ++number) kept[name[number]] = all_comment()
  if (declared && reading == 2) write_page()
  forget()
}

# In the first reading: which function takes which type.
function note_users(   rest, word, this) {
  this = name_of(declaration)
  for (rest = declaration; match(rest, /M?mdbx_[a-z_]+_t|MDBX_[A-Za-z_]+/); rest = substr(rest, RSTART + RLENGTH)) {
    word = substr(rest, RSTART, RLENGTH)
    if ((word, this) in is_user) continue
    is_user[word, this] = 1
    user[word, ++user_count[word]] = this
  }
}

BEGIN {
  count = split(topics, pair, "|")
  for (i = 1; i <= count; ++i) topic[substr(pair[i], 1, index(pair[i], "=") - 1)] = substr(pair[i], index(pair[i], "=") + 1)
  count = split(types, word, " ")
  for (i = 1; i <= count; ++i) { has_page[word[i]] = 1; done[word[i]] = 1 }
}

FNR == 1 { finish(); reading += 1; in_comment = in_declaration = in_type = 0; current = "" }

/^\/\* ---- / {
  finish()
  current = $0
  sub(/^\/\* ---- /, "", current)
  sub(/ -+ \*\/$/, "", current)
  next
}
# The definitions of inline functions, behind the declarations, are no part of the manual.
/^\/\* -----/ { finish(); current = ""; in_comment = 1; boxed = 1; next }
boxed { if (/\*\//) boxed = in_comment = 0; next }

/^\/\*/ && !in_declaration { if (declared) finish(); else forget(); in_comment = 1; sub(/^\/\* ?/, "") }
in_comment {
  text = $0
  last = sub(/ *\*\/ *$/, "", text)
  sub(/^ \* ?/, "", text)
  comment[++comments] = text
  if (last) in_comment = 0
  next
}
/^$/ { if (!in_declaration) finish(); next }
/^(typedef )?(enum|struct) MDBX_[A-Za-z_]* \{$/ { in_type = 1 }
in_type { if (/^}/) { in_type = 0; forget() } next }
/^LIBMDBX_(INLINE_)?API / || /^typedef / { in_declaration = 1; declaration = "" }
in_declaration {
  declaration = declaration (declaration == "" ? "" : "\n") $0
  if ($0 ~ /\{$/) { in_declaration = 0; forget(); next }
  if ($0 !~ /;$/) next
  in_declaration = 0
  if (reading == 1) note_users()
  note_declaration()
}

END { finish() }
