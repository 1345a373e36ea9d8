#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lint/includes.sh: folders are layers, and an include may only point down.
#
# In src/ a quoted include names a layer, the same or a lower one; a source file
# includes its own header first. Programs and the LMDB layer see the public
# header only, and headers of their own folder.
. "$(dirname "$0")/common.sh"
lint_temporary

check_layers() {
  awk -v root="$LINT_ROOT/src/" '
    function rank(layer) { return layer in ranks ? ranks[layer] : 0 }
    BEGIN {
      count = split("base os format file space tree gc env txn service api", order, " ")
      for (i = 1; i <= count; ++i) ranks[order[i]] = i
    }
    {
      split($0, part, ":")
      file = part[1]
      where = file ":" part[2]
      own = substr(file, length(root) + 1)
      layer = own; sub(/\/.*/, "", layer)
      if (file != last) {
        last = file
        seen = 0
        if (!rank(layer)) print file ": " layer " is no layer"
      }
      if (!rank(layer) || $0 !~ /:[ \t]*#[ \t]*include[ \t]/) next
      target = $0
      sub(/^.*include[ \t]*/, "", target)
      sub(/[ \t]*$/, "", target)
      if (!seen++ && own ~ /\.c$/) {
        header = own; sub(/\.c$/, ".h", header)
        path = root header
        found = (getline ignored < path)
        close(path)
        if (found >= 0 && target != "\"" header "\"")
          print where ": the first include must be its own header, " header
      }
      if (target !~ /^"/) next
      gsub(/"/, "", target)
      if (target !~ /^[a-z]+\/[a-z_0-9]+\.h$/) { print where ": include \"" target "\" does not name a layer"; next }
      sub(/\/.*/, "", target)
      if (!rank(target)) print where ": " target " is no layer"
      else if (rank(target) > rank(layer)) print where ": layer " layer " must not include from " target " above it"
    }'
}

# The command lines share their helpers; everybody else has its own folder.
check_outsiders() {
  awk -v root="$LINT_ROOT/" '
    {
      split($0, part, ":")
      if ($0 !~ /:[ \t]*#[ \t]*include[ \t]*"/) next
      target = $0
      sub(/^[^"]*"/, "", target)
      sub(/".*$/, "", target)
      folder = substr(part[1], length(root) + 1)
      sub(/\/.*/, "", folder)
      base = target; sub(/.*\//, "", base)
      if (target == base || target == folder "/" base || target ~ /^tools\/tool_[a-z]+\.h$/) next
      print part[1] ":" part[2] ": " folder " must include <mdbx.h> and its own headers only, not \"" target "\""
    }'
}

files=$(lint_sources src)
[ -z "$files" ] || awk -f "$lint_dir/strip.awk" $files | check_layers >"$lint_tmp/findings"
files=$(lint_sources mdbx_chk tools lmdb demo python)
[ -z "$files" ] || awk -f "$lint_dir/strip.awk" $files | check_outsiders >>"$lint_tmp/findings"
lint_finish_from "$lint_tmp/findings"
