#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/blast.sh: NCBI's BLAST makes a sequence database of version 5, whose ids are in LMDB, and searches it.
. "$(dirname "$0")/common.sh"
needs_plain_library
needs makeblastdb blastdbcmd blastn

sequences() {
  awk 'BEGIN {
    srand(7); split("A C G T", base, " ")
    for (i = 0; i < 120; ++i) {
      printf ">lcl|seq%03d taxid sequence %d\n", i, i
      for (j = 0; j < 600; ++j) { x = (x * 1103515245 + 12345 + i) % 2147483648; printf "%s", base[int(x / 65536) % 4 + 1] }
      print ""
    }
  }'
}

database() {
  sequences >sequences.fa
  sed -n 's/^>lcl.\(seq[0-9]*\).*/\1 9606/p' sequences.fa >taxids
  makeblastdb -in sequences.fa -dbtype nucl -parse_seqids -blastdb_version 5 -taxid_map taxids -out db -title test 2>&1 |
    grep -v 'Building\|Adding sequences\|current time\|New DB name'
  blastdbcmd -db db -entry seq017 -outfmt '%a %l %T %s' | cksum
  blastdbcmd -db db -entry_batch taxids -outfmt '%a %l' 2>&1 | sort | head -n 5
  blastdbcmd -db db -entry none 2>&1 | head -n 1
  blastdbcmd -db db -taxids 9606 -outfmt '%a' 2>/dev/null | sort | cksum
  sed -n '/seq042/{n;p;}' sequences.fa | cut -c 100-400 | sed '1i>query' >query.fa
  blastn -db db -query query.fa -outfmt '6 sseqid length pident' -num_threads 2 | head -n 3
  blastn -db db -query query.fa -seqidlist taxids -outfmt '6 sseqid' 2>&1 | head -n 1 | cut -c 1-20
  ls db.ndb db.ndb-lock 2>&1 | head -n 1
}
both "the tools" database
sound ours/db.ndb
finish
