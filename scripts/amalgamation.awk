# SPDX-License-Identifier: Apache-2.0
#
# scripts/amalgamation.awk: writes mdbx.c; see scripts/amalgamation. It relies on the style of the sources: what is declared or
# defined at the level of a file begins in the first column, everything else does not.

function fail(what) {
  print "amalgamation: " what >"/dev/stderr"
  failed = 1
  exit 1
}

# ---- names that more than one file defines ---------------------------------------------------------------------------

# The name of the function that a line defines or declares at the level of a file, "" if there is none.
function function_name(line) {
  if (line !~ /^[a-z_A-Z][^={;]*\(/ || line ~ /^(typedef|extern|_Static_assert)[ (]/ || line ~ /^[^(]*\(\*/)
    return ""
  sub(/^static __attribute__\(\([a-z_, ]*\)\) /, "", line)
  sub(/\(.*/, "", line)
  sub(/.*[ *]/, "", line)
  return line
}

function define(unit, name) {
  if (name != "" && !((unit, name) in defines)) {
    defines[unit, name] = 1
    ++owners[name]
  }
}

# The constants of an enum without a name, as far as they are on this line.
function define_constants(unit, line,    list, count, i) {
  sub(/^enum \{/, "", line)
  sub(/\}.*/, "", line)
  gsub(/\/\*[^*]*\*\//, "", line)
  count = split(line, list, ",")
  for (i = 1; i <= count; ++i) {
    sub(/=.*/, "", list[i])
    gsub(/ /, "", list[i])
    define(unit, list[i])
  }
}

# Notes what a file defines: functions, constants, and tags (as "struct name"). Of a source file only what it has for itself.
function look_for_names(unit,    path, line, code, inside) {
  path = sources "/" unit
  while ((code = (getline line < path)) > 0) {
    if (line ~ /^static / || unit ~ /\.h$/ && function_name(line) != "") {
      define(unit, function_name(line))
    } else if (line ~ /^(struct|union|enum) [a-z_0-9]+ \{/) {
      sub(/ \{.*/, "", line)
      define(unit, line)
    } else if (line ~ /^enum \{/ || inside) {
      inside = (line !~ /\}/)
      define_constants(unit, line)
    }
  }
  close(path)
  if (code < 0)
    fail("cannot read " path)
}

# ---- text ------------------------------------------------------------------------------------------------------------

# The file's own name for a token behind a text: another one if others define it too.
function own_name(token, before,    name) {
  if (before ~ /(\.|->)$/)
    return token
  name = token
  if (match(before, /(struct|union|enum) $/))
    name = substr(before, RSTART) token
  if (!((unit_now, name) in defines) || owners[name] < 2)
    return token
  return token (token ~ /^[A-Z]/ ? "_IN_" toupper(suffix) : "_in_" suffix)
}

# The line with the names of its file. Members, strings and comments stay as they are.
function renamed(line,    out, before, token) {
  out = ""
  while (line != "") {
    if (in_comment) {
      if (!match(line, /\*\//))
        return out line
      out = out substr(line, 1, RSTART + 1)
      line = substr(line, RSTART + 2)
      in_comment = 0
    } else if (match(line, /^\/\*/)) {
      in_comment = 1
      out = out "/*"
      line = substr(line, 3)
    } else if (match(line, /^\/\//)) {
      return out line
    } else if (match(line, /^"([^"\\]|\\.)*"/) || match(line, /^'([^'\\]|\\.)*'/)) {
      out = out substr(line, 1, RLENGTH)
      line = substr(line, RLENGTH + 1)
    } else if (match(line, /^[A-Za-z_][A-Za-z0-9_]*/)) {
      token = substr(line, 1, RLENGTH)
      line = substr(line, RLENGTH + 1)
      out = out own_name(token, out)
    } else if (match(line, /^[0-9][0-9A-Za-z_.]*/)) {
      out = out substr(line, 1, RLENGTH)
      line = substr(line, RLENGTH + 1)
    } else {
      out = out substr(line, 1, 1)
      line = substr(line, 2)
    }
  }
  return out
}

# A line of a header: what it declares becomes static.
function internal_declaration(line,    name) {
  if (line ~ /^extern /) {
    name = line
    sub(/(\[[^]]*\])?;.*/, "", name)
    sub(/.*[ *]/, "", name)
    objects[name] = 1
    sub(/^extern /, "static ", line)
  } else if (line !~ /^(__attribute__\(\([a-z_, ]*\)\) )?static / && function_name(line) != "") {
    line = "static " line
  }
  return line
}

# A line of a source file: an object that a header declares becomes static as it is there.
function internal_definition(line,    name) {
  if (line !~ /^[a-z_A-Z][^(]*[=;]/ || line ~ /^(static|typedef|extern) /)
    return line
  name = line
  sub(/[ ]*[=;].*/, "", name)
  sub(/\[[^]]*\]$/, "", name)
  sub(/.*[ *]/, "", name)
  return name in objects ? "static " line : line
}

# ---- files -----------------------------------------------------------------------------------------------------------

function put_header(name,    path, line, code, continued) {
  if (name in included)
    return
  included[name] = 1
  path = sources "/src/" name
  while ((code = (getline line < path)) > 0) {
    if (line ~ /SPDX-License-Identifier/)
      print "\n/* ---- src/" name " " substr(dashes, length(name)) " */"
    else if (!put_include(line))
      print continued ? line : internal_declaration(line)
    continued = line ~ /\\$/
  }
  close(path)
  if (code < 0)
    fail("cannot read " path)
}

# True if the line is an include that has been dealt with.
function put_include(line,    name) {
  if (line !~ /^[ ]*#[ ]*include[ ]/)
    return 0
  if (line ~ /<mdbx\.h>/)
    return 1
  if (line ~ /</)
    return 0
  name = line
  sub(/^[^"]*"/, "", name)
  sub(/".*/, "", name)
  put_header(name)
  return 1
}

# The line that lets only the system compile a file of the os layer, "" if it is for all.
function system_guard(unit) {
  if (unit ~ /src\/os\/win_/)
    return "#ifdef _WIN32"
  return unit ~ /src\/os\/os_/ && unit !~ /src\/os\/os_(event|file_any|pthread|shlock)\./ ? "#ifndef _WIN32" : ""
}

function put_unit(unit,    path, line, name, count, macros, i, code, guard) {
  unit_now = unit
  suffix = unit
  sub(/.*\//, "", suffix)
  sub(/\.c$/, "", suffix)
  path = sources "/" unit
  in_comment = 0
  guard = system_guard(unit)
  while ((code = (getline line < path)) > 0) {
    if (line ~ /SPDX-License-Identifier/)
      print "\n/* ---- " unit " " substr(dashes, length(unit) - 3) " */" (guard ? "\n" guard : "")
    else if (line ~ /^#define MDBX_INLINE_BODIES /)
      continue # the head of the file has it
    else if (!put_include(line)) {
      if (line ~ /^#[ ]*define /) {
        name = line
        sub(/^#[ ]*define /, "", name)
        sub(/[ (].*/, "", name)
        macros[++count] = name
      }
      print internal_definition(renamed(line))
    }
  }
  close(path)
  if (code < 0)
    fail("cannot read " path)
  for (i = 1; i <= count; ++i)
    print "#undef " macros[i]
  if (guard)
    print "#endif"
}

BEGIN {
  dashes = "--------------------------------------------------------------------------------------------------"
  count = split(files, file_list, " ")
  for (i = 1; i <= count; ++i)
    look_for_names(file_list[i])
  head = sources "/scripts/amalgamation.h"
  while ((code = (getline line < head)) > 0) {
    gsub(/@VERSION@/, version, line)
    print line
  }
  if (code < 0)
    fail("cannot read " head)
  for (i = 1; i <= count; ++i)
    if (file_list[i] ~ /\.c$/)
      put_unit(file_list[i])
}
