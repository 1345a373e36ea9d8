#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# doc/man3/pages.sh SOURCE PAGE: writes the page of section 3 of that file name (…/mdbx_cursor.3, …/MDBX_stat.3) from
# mdbx.h. For a PAGE …/single/done it writes a page for each function, callback and simple type into that folder.
set -e
source=$1 file=$2
page=$(basename "$file" .3)

make_page() {
  types=$(awk -f "$source/doc/man3/types.awk" "$source/include/mdbx.h" | tr '\n' ' ')
  awk -v page="$page" -v subject="$1" -v sections="$2" -v types="$types" -f "$source/doc/man3/text.awk" \
    -f "$source/doc/man3/page.awk" "$source/include/mdbx.h" >"$file.new"
}

make_type_page() {
  awk -v page="$page" -f "$source/doc/man3/text.awk" -f "$source/doc/man3/type.awk" "$source/include/mdbx.h" \
    "$source/include/mdbx.h" >"$file.new"
}

# The sections of mdbx.h, and the pages that have them as a whole.
topics="Environment: life cycle=mdbx_env|Environment: state, flushing, context=mdbx_env"
topics="$topics|Environment: geometry, options, limits=mdbx_geometry|Transactions=mdbx_txn|Tables=mdbx_dbi"
topics="$topics|Reading, storing, deleting by key=mdbx_data|Cursors=mdbx_cursor|Distances between records=mdbx_distance"
topics="$topics|Readers and threads=mdbx_reader|Free space and checking=mdbx_check|Debugging, errors, key encoding=mdbx_debug"

make_single_pages() {
  folder=$(dirname "$file")
  types=$(awk -f "$source/doc/man3/types.awk" "$source/include/mdbx.h" | tr '\n' ' ')
  rm -f "$folder"/*.3
  awk -v folder="$folder" -v topics="$topics" -v types="$types" -v examples="$source/doc/man3/examples" \
    -f "$source/doc/man3/text.awk" -f "$source/doc/man3/single.awk" "$source/include/mdbx.h" "$source/include/mdbx.h"
  : >"$file.new"
}

case $page in
done) make_single_pages ;;
mdbx_env) make_page "environments: opening, copying, flushing, information" \
  "Environment: life cycle|Environment: state, flushing, context" ;;
mdbx_geometry) make_page "sizes, options and limits" "Environment: geometry, options, limits" ;;
mdbx_txn) make_page "transactions" "Transactions" ;;
mdbx_dbi) make_page "tables" "Tables" ;;
mdbx_data) make_page "reading, storing and deleting by key" "Reading, storing, deleting by key" ;;
mdbx_cursor) make_page "cursors" "Cursors" ;;
mdbx_distance) make_page "distances between records" "Distances between records" ;;
mdbx_reader) make_page "readers and threads" "Readers and threads" ;;
mdbx_check) make_page "free space, checking, defragmentation" "Free space and checking" ;;
mdbx_debug) make_page "log, errors, encoding of keys" "Debugging, errors, key encoding" ;;
MDBX_*) make_type_page ;;
*)
  echo "pages.sh: there is no page $page" >&2
  exit 1
  ;;
esac
mv "$file.new" "$file"
