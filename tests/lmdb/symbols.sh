#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/lmdb/symbols.sh: the library has the name, the functions and the structures programs were linked with, and shows
# nothing else.
. "$(dirname "$0")/common.sh"
library=$library_dir/liblmdb.so.0
header=$sources/../../lmdb/lmdb.h

wanted='mdb_cmp mdb_cursor_close mdb_cursor_count mdb_cursor_dbi mdb_cursor_del mdb_cursor_get mdb_cursor_open
mdb_cursor_put mdb_cursor_renew mdb_cursor_txn mdb_dbi_close mdb_dbi_flags mdb_dbi_open mdb_dcmp mdb_del mdb_drop
mdb_env_close mdb_env_copy mdb_env_copy2 mdb_env_copyfd mdb_env_copyfd2 mdb_env_create mdb_env_get_fd mdb_env_get_flags
mdb_env_get_maxkeysize mdb_env_get_maxreaders mdb_env_get_path mdb_env_get_userctx mdb_env_info mdb_env_open
mdb_env_set_assert mdb_env_set_flags mdb_env_set_mapsize mdb_env_set_maxdbs mdb_env_set_maxreaders mdb_env_set_userctx
mdb_env_stat mdb_env_sync mdb_get mdb_put mdb_reader_check mdb_reader_list mdb_set_compare mdb_set_dupsort
mdb_set_relctx mdb_set_relfunc mdb_stat mdb_strerror mdb_txn_abort mdb_txn_begin mdb_txn_commit mdb_txn_env mdb_txn_id
mdb_txn_renew mdb_txn_reset mdb_version'
# Of LMDB 1.0.
newer='mdb_cursor_is_db mdb_env_incr_dump mdb_env_incr_dumpfd mdb_env_incr_loadfd mdb_env_set_pagesize'

printf '%s\n' $wanted | LC_ALL=C sort >wanted
[ "$(wc -l <wanted)" -eq 56 ] || fail "the list has not 56 functions"
printf '%s\n' $wanted $newer | LC_ALL=C sort >all
${NM:-nm} -D --defined-only "$library" | awk '{ print $NF }' | LC_ALL=C sort >exported
same "the exported functions" all exported
awk '!/^#/' "$header" | grep -o 'mdb_[a-z0-9_]*(' | tr -d '(' | LC_ALL=C sort -u >declared
same "the declared functions" all declared

if command -v readelf >/dev/null; then
  readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p' >soname
  echo liblmdb.so.0 >soname.wanted
  same "the soname" soname.wanted soname
else
  echo "readelf is not installed: the soname is not checked"
fi

# Values and layouts as the header of the system has them.
cat >layout.c <<'END'
#include <lmdb.h>
#include <stddef.h>
#include <stdio.h>
#define P(x) printf(#x " %ld\n", (long)(x))
int main(void) {
  P(sizeof(MDB_val)); P(offsetof(MDB_val, mv_data)); P(sizeof(MDB_stat)); P(offsetof(MDB_stat, ms_entries));
  P(offsetof(MDB_stat, ms_depth)); P(offsetof(MDB_stat, ms_overflow_pages)); P(sizeof(MDB_envinfo));
  P(offsetof(MDB_envinfo, me_mapsize)); P(offsetof(MDB_envinfo, me_last_txnid)); P(offsetof(MDB_envinfo, me_numreaders));
  P(sizeof(MDB_dbi)); P(sizeof(mdb_mode_t)); P(sizeof(mdb_filehandle_t)); P(sizeof(MDB_cursor_op));
  P(MDB_FIXEDMAP); P(MDB_NOSUBDIR); P(MDB_NOSYNC); P(MDB_RDONLY); P(MDB_NOMETASYNC); P(MDB_WRITEMAP); P(MDB_MAPASYNC);
  P(MDB_NOTLS); P(MDB_NOLOCK); P(MDB_NORDAHEAD); P(MDB_NOMEMINIT); P(MDB_REVERSEKEY); P(MDB_DUPSORT);
  P(MDB_INTEGERKEY); P(MDB_DUPFIXED); P(MDB_INTEGERDUP); P(MDB_REVERSEDUP); P(MDB_CREATE); P(MDB_NOOVERWRITE);
  P(MDB_NODUPDATA); P(MDB_CURRENT); P(MDB_RESERVE); P(MDB_APPEND); P(MDB_APPENDDUP); P(MDB_MULTIPLE); P(MDB_CP_COMPACT);
  P(MDB_FIRST); P(MDB_FIRST_DUP); P(MDB_GET_BOTH); P(MDB_GET_BOTH_RANGE); P(MDB_GET_CURRENT); P(MDB_GET_MULTIPLE);
  P(MDB_LAST); P(MDB_LAST_DUP); P(MDB_NEXT); P(MDB_NEXT_DUP); P(MDB_NEXT_MULTIPLE); P(MDB_NEXT_NODUP); P(MDB_PREV);
  P(MDB_PREV_DUP); P(MDB_PREV_NODUP); P(MDB_SET); P(MDB_SET_KEY); P(MDB_SET_RANGE); P(MDB_PREV_MULTIPLE);
  P(MDB_SUCCESS); P(MDB_KEYEXIST); P(MDB_NOTFOUND); P(MDB_PAGE_NOTFOUND); P(MDB_CORRUPTED); P(MDB_PANIC);
  P(MDB_VERSION_MISMATCH); P(MDB_INVALID); P(MDB_MAP_FULL); P(MDB_DBS_FULL); P(MDB_READERS_FULL); P(MDB_TLS_FULL);
  P(MDB_TXN_FULL); P(MDB_CURSOR_FULL); P(MDB_PAGE_FULL); P(MDB_MAP_RESIZED); P(MDB_INCOMPATIBLE); P(MDB_BAD_RSLOT);
  P(MDB_BAD_TXN); P(MDB_BAD_VALSIZE); P(MDB_BAD_DBI); P(MDB_LAST_ERRCODE); P(MDB_VERSION_MAJOR); P(MDB_VERSION_MINOR);
  return 0;
}
END
$CC -I"$(dirname "$header")" -o ours.layout layout.c >output 2>&1 || fail "lmdb.h does not compile"
./ours.layout >ours.values
if $CC -o theirs.layout layout.c 2>/dev/null; then
  ./theirs.layout >theirs.values
  same "values and layouts" theirs.values ours.values
fi
finish
