# SPDX-License-Identifier: Apache-2.0
#
# doc/man3/text.awk: text of comments as that of a manual page; for page.awk and type.awk. The page grows in `body`.

function escaped(text) {
  gsub(/\\/, "\\\\", text)
  gsub(/-/, "\\-", text)
  if (text ~ /^[.']/) text = "\\&" text
  return text
}

# A paragraph with columns keeps its lines.
function flush_paragraph(   i, columns) {
  for (i = 1; i <= lines; ++i)
    if (line[i] ~ /^ / || line[i] ~ /[^ .:;]  +[^ ]/) columns = 1
  if (lines) {
    body = body ".PP\n"
    if (columns) body = body ".nf\n"
    for (i = 1; i <= lines; ++i) body = body escaped(line[i]) "\n"
    if (columns) body = body ".fi\n"
  }
  lines = 0
}
