#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/tools/hostile.sh: malformed dumps are refused with the number of the line, and never crash the loader.
. "$(dirname "$0")/common.sh"

# refuse LINE WHAT: the text in the file "bad" must be refused at this line.
refuse() {
  rm -rf bad.db
  expect 1 "$2" "$load" -f bad bad.db
  expect_text "bad: line $1: " "$2"
}

head='VERSION=3\nformat=bytevalue\ntype=btree\n'
: >bad
refuse 1 "an empty text"
printf 'VERSION=2\n' >bad
refuse 1 "another version"
printf 'format=print\nHEADER=END\n' >bad
refuse 2 "no version"
printf 'VERSION=3' >bad
refuse 2 "a text that ends in the header"
printf 'nonsense\n' >bad
refuse 1 "a line without a keyword"
printf 'VERSION=3\nformat=xml\n' >bad
refuse 2 "an unknown format"
printf 'VERSION=3\ntype=recno\n' >bad
refuse 2 "an unknown type"
printf 'VERSION=3\nkeys=0\n' >bad
refuse 2 "no keys"
for number in -1 +1 '' ' 1' 1x 0x10 99999999999999999999999999 9223372036854775808; do
  printf "${head}mapsize=$number\nHEADER=END\nDATA=END\n" >bad
  refuse 4 "mapsize=$number"
done
for pair in maxreaders=4294967296 db_pagesize=4294967296 dupsort=2 dupsort= sequence=18446744073709551616 \
  geometry= geometry=l geometry=u0 geometry=l2,u1 geometry=l1,u2, geometry=u1u2 geometry=l1,u18446744073709551615 \
  canary=x canary=x-1 database_hex=0 database_hex=zz; do
  printf "${head}$pair\nHEADER=END\nDATA=END\n" >bad
  refuse 4 "$pair"
done
printf "${head}db_pagesize=1000\nHEADER=END\nDATA=END\n" >bad
refuse 5 "a page size that cannot be"
printf "${head}a\\000b=1\nHEADER=END\n" >bad
refuse 4 "a zero byte in the header"
{ printf "$head"; awk 'BEGIN { while (i++ < 70000) printf "x" }'; } >bad
refuse 4 "a header line without end"
printf "${head}integerdup=1\nHEADER=END\n 61\n 62\nDATA=END\n" >bad
refuse 5 "flags that do not go together"
printf "${head}HEADER=END\n6\n 62\nDATA=END\n" >bad
refuse 5 "a data line without a space"
printf "${head}HEADER=END\n\n 62\nDATA=END\n" >bad
refuse 5 "an empty data line"
printf "${head}HEADER=END\n 6\n 62\nDATA=END\n" >bad
refuse 5 "an odd number of digits"
printf "${head}HEADER=END\n 61\n 6g\nDATA=END\n" >bad
refuse 6 "no digit"
printf "${head}HEADER=END\n 61\nDATA=END\n" >bad
refuse 6 "a key without a value"
printf "${head}HEADER=END\n 61\n 62\n" >bad
refuse 7 "no DATA=END"
printf "${head}HEADER=END\n 61" >bad
refuse 6 "a text that ends behind a key"
printf "${head}HEADER=END\n 61\n 62\nDATA=END\nVERSION=4\n" >bad
refuse 8 "a second header that is wrong"
printf "VERSION=3\nformat=print\nHEADER=END\n a\\\\\n b\nDATA=END\n" >bad
refuse 4 "a lone backslash"
printf "VERSION=3\nformat=print\nHEADER=END\n a\\\\4\n b\nDATA=END\n" >bad
refuse 4 "half an escape"
printf "VERSION=3\nformat=print\nHEADER=END\n a\n b\\\\gg\nDATA=END\n" >bad
refuse 5 "an escape of no digits"
{ printf "${head}HEADER=END\n "; awk 'BEGIN { while (i++ < 8000) printf "61" }'; printf '\n 62\nDATA=END\n'; } >bad
refuse 5 "a key that is too long"
{ printf "${head}HEADER=END\n "; awk 'BEGIN { while (i++ < 500000) printf "61" }'; printf '\n 62\nDATA=END\n'; } >bad
refuse 5 "a key line without end"
printf "${head}integerkey=1\nHEADER=END\n 616263\n 62\nDATA=END\n" >bad
refuse 6 "a number of three bytes"
printf "${head}database=\nHEADER=END\n 61\n 62\nDATA=END\n" >bad
rm -rf bad.db
"$load" -q -f bad bad.db >output 2>&1
[ $? -le 1 ] || fail "an empty name"

# ---- rescue takes what is whole
printf "${head}HEADER=END\n 61\n 62\n 6\n 62\n 63\n 6x\nxx\n 64\n 65\n 66\n 67\n" >bad
expect 1 "rescue" "$load" -r -f bad rescued.db
expect_text "2 records stored, 0 kept, 4 failed" "rescue"
expect 0 "check of what was rescued" "$chk" -q rescued.db

# ---- random damage: a good dump with bytes changed, lines lost and lines doubled
awk 'BEGIN {
  print "VERSION=3\nformat=print\ndatabase=t\ntype=btree\nmapsize=1048576\nmaxreaders=100\ngeometry=l65536,c65536,u1048576,s131072,g65536\ncanary=v1,x2,y3,z4\nsequence=7\ndb_pagesize=4096\nHEADER=END"
  for (i = 0; i < 20; ++i) printf " k%d\\00\n v%d\\\\\n", i, i
  print "DATA=END"
}' >good
awk -v rounds="${HOSTILE_ROUNDS:-300}" '
  { text[NR] = $0 }
  END {
    for (round = 1; round <= rounds; ++round) {
      srand(round)
      rate = rand() * 0.1
      out = "bad." round
      printf "" >out
      for (i = 1; i <= NR; ++i) {
        if (rand() < rate) continue
        if (rand() < rate) print text[i] >out
        line = text[i]
        while (rand() < rate * 3 && length(line)) {
          at = int(rand() * length(line)) + 1
          line = substr(line, 1, at - 1) sprintf("%c", int(rand() * 95) + 32) substr(line, at + (rand() < 0.7))
        }
        print line >out
      }
      close(out)
    }
  }' good
round=0
while [ $round -lt "${HOSTILE_ROUNDS:-300}" ]; do
  round=$((round + 1))
  [ ! -e bad.db ] || rm -rf bad.db
  checks=$((checks + 1))
  "$load" -q -r -f bad.$round bad.db >output 2>&1
  code=$?
  [ $code -le 1 ] || fail "round $round left with $code"
  if [ -e bad.db/mdbx.dat ]; then
    "$chk" -q bad.db >output 2>&1 || fail "round $round made a bad database"
  fi
done
finish
