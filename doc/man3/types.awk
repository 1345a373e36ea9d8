# SPDX-License-Identifier: Apache-2.0
#
# doc/man3/types.awk: lists the enumerations and structures of mdbx.h, each by the name it has in declarations.

/^typedef struct MDBX_[A-Za-z_]* MDBX_[A-Za-z_]*;/ { alias[$3] = $4; sub(/;/, "", alias[$3]) }
/^(typedef )?(enum|struct) MDBX_[A-Za-z_]* {$/ {
  inside = 1
  tag = $0
  sub(/ {$/, "", tag)
  sub(/.* /, "", tag)
}
inside && /^}/ {
  inside = 0
  name = $0
  sub(/^} */, "", name)
  sub(/;.*/, "", name)
  print name != "" ? name : tag in alias ? alias[tag] : tag
}
