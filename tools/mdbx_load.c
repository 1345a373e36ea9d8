/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx_load.c: fills tables from text, as mdbx_dump, mdb_dump and db_dump write it.
 *
 * Large inputs are committed in pieces, so that a transaction does not outgrow memory; all of it is durable when the
 * program ends with success.
 */
#include "load_parse.h"
#include "tool_common.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static const struct tool_about about = {
    "mdbx_load",
    "[-V] [-h] [-a] [-f FILE] [-n] [-N] [-p] [-q] [-r] [-s TABLE] [-T] DATABASE",
    "  -a  append: the input is in the order of the table; needed for tables whose\n"
    "      order only their application knows\n"
    "  -f  read FILE instead of standard input\n"
    "  -h  show this help and exit\n"
    "  -n  a new DATABASE is a data file, not a directory\n"
    "  -N  keep records that are there already\n"
    "  -p  purge: empty each table before it is loaded\n"
    "  -q  no messages but errors\n"
    "  -r  rescue: go on behind what is malformed or cannot be stored\n"
    "  -s  load into this named table, whatever the input says\n"
    "  -T  plain text: keys and values on lines in turn, no header\n"
    "  -V  show the version and exit\n",
};

/* A piece ends when it has as many records, or as many bytes. */
#define PIECE_RECORDS 100000
#define PIECE_BYTES ((size_t)32 << 20)

struct load {
  struct input input;
  struct load_record record;
  struct load_header header;
  bool append, keep, purge, rescue, plain;
  const char *table, *path;
  unsigned env_flags;
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_dbi dbi;
  unsigned table_flags;
  MDBX_val last_key; /* of the piece before this record; allocated */
  size_t piece_records, piece_bytes;
  uint64_t stored, kept, failed;
};

static int complain_rc(struct load *load, int rc, const char *what) {
  char text[256];
  load->input.line = load->record.line ? load->record.line : load->input.line;
  load_complain(&load->input, "%s: %s (%d)", what, mdbx_strerror_r(rc, text, sizeof(text)), rc);
  return rc;
}

/* --------------------------------------------------------------------------------------------------- the database */

/* What the input says about sizes holds for a new database only. */
static int shape_new(struct load *load) {
  const struct load_header *header = &load->header;
  const intptr_t page_size = header->page_size ? (intptr_t)header->page_size : -1;
  int rc = MDBX_SUCCESS;
  if (header->has_geometry)
    rc = mdbx_env_set_geometry(load->env, (intptr_t)header->lower, -1, (intptr_t)header->upper,
                               (intptr_t)header->growth, (intptr_t)header->shrink, page_size);
  else if (header->page_size)
    rc = mdbx_env_set_geometry(load->env, -1, -1, -1, -1, -1, page_size);
  if (rc != MDBX_SUCCESS)
    return complain_rc(load, rc, "the sizes in the header cannot be");
  if (header->max_readers && header->max_readers <= INT16_MAX)
    rc = mdbx_env_set_maxreaders(load->env, (unsigned)header->max_readers);
  return rc == MDBX_SUCCESS ? rc : complain_rc(load, rc, "maxreaders in the header cannot be");
}

/* LMDB's map size is as much as the database may ever have: leave no less room. */
static int make_room(struct load *load) {
  MDBX_envinfo info;
  int rc = mdbx_env_info_ex(load->env, NULL, &info, sizeof(info));
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot describe %s", load->path);
  if (load->header.has_geometry || load->header.mapsize <= info.mi_geo.upper)
    return MDBX_SUCCESS;
  rc = mdbx_env_set_geometry(load->env, -1, -1, (intptr_t)load->header.mapsize, -1, -1, -1);
  if (rc != MDBX_SUCCESS && !tool_quiet)
    complain_rc(load, rc, "mapsize is not possible here, the size limit stays");
  return MDBX_SUCCESS;
}

static int open_database(struct load *load) {
  MDBX_envinfo info;
  unsigned flags = MDBX_SAFE_NOSYNC | MDBX_ACCEDE | load->env_flags;
  int rc = mdbx_env_create(&load->env);
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "no environment");
  if (mdbx_preopen_snapinfo(load->path, &info, sizeof(info)) == MDBX_ENOFILE)
    rc = shape_new(load);
  if (rc == MDBX_SUCCESS) {
    rc = tool_open(&load->env, load->path, flags, 0664);
    return rc == MDBX_SUCCESS ? make_room(load) : rc;
  }
  mdbx_env_close_ex(load->env, true);
  load->env = NULL;
  return rc;
}

/* --------------------------------------------------------------------------------------------------------- pieces */

static int begin_piece(struct load *load) {
  load->piece_records = load->piece_bytes = 0;
  const int rc = mdbx_txn_begin(load->env, NULL, MDBX_TXN_READWRITE, &load->txn);
  return rc == MDBX_SUCCESS ? rc : tool_fail(rc, "cannot begin to write");
}

static int commit_piece(struct load *load) {
  int rc = mdbx_txn_commit(load->txn);
  load->txn = NULL;
  if (rc == MDBX_RESULT_TRUE)
    rc = MDBX_BAD_TXN;
  return rc == MDBX_SUCCESS ? rc : tool_fail(rc, "cannot commit");
}

/* ---------------------------------------------------------------------------------------------------------- tables */

static int set_extras(struct load *load) {
  uint64_t present = 0;
  int rc = MDBX_SUCCESS;
  if (load->header.has_canary)
    rc = mdbx_canary_put(load->txn, &load->header.canary);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_dbi_sequence(load->txn, load->dbi, &present, 0);
  if (rc == MDBX_SUCCESS && present < load->header.sequence)
    rc = mdbx_dbi_sequence(load->txn, load->dbi, NULL, load->header.sequence - present);
  return rc == MDBX_SUCCESS ? rc : complain_rc(load, rc, "cannot set canary or sequence");
}

static int open_table(struct load *load) {
  MDBX_val forced = {(void *)(uintptr_t)load->table, load->table ? strlen(load->table) : 0};
  const MDBX_val *name = load->table ? &forced : load->header.named ? &load->header.name : NULL;
  /* Plain text has no header: it goes into a table as it is. */
  const unsigned flags = MDBX_CREATE | (load->plain ? (unsigned)MDBX_DB_ACCEDE : load->header.flags);
  load->record.line = 0;
  int rc = mdbx_dbi_open2(load->txn, name, (MDBX_db_flags_t)flags, &load->dbi);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_dbi_flags(load->txn, load->dbi, &load->table_flags);
  if (rc == MDBX_SUCCESS && load->purge)
    rc = mdbx_drop(load->txn, load->dbi, false);
  if (rc != MDBX_SUCCESS)
    return complain_rc(load, rc, name ? "cannot open the table" : "cannot open the main table");
  return set_extras(load);
}

/* --------------------------------------------------------------------------------------------------------- records */

static unsigned put_flags(const struct load *load) {
  const MDBX_val *key = &load->record.key;
  const bool multi = load->table_flags & MDBX_DUPSORT;
  unsigned flags = load->keep ? (multi ? MDBX_NODUPDATA : MDBX_NOOVERWRITE) : MDBX_UPSERT;
  if (!load->append)
    return flags;
  const bool same_key = load->last_key.iov_base && load->last_key.iov_len == key->iov_len &&
                        memcmp(load->last_key.iov_base, key->iov_base, key->iov_len) == 0;
  return flags | (multi && same_key ? MDBX_APPENDDUP : MDBX_APPEND);
}

static int remember_key(struct load *load) {
  const MDBX_val *key = &load->record.key;
  if (!load->append)
    return MDBX_SUCCESS;
  char *copy = realloc(load->last_key.iov_base, key->iov_len + 1);
  if (!copy)
    return tool_fail(MDBX_ENOMEM, "cannot go on");
  memcpy(copy, key->iov_base, key->iov_len);
  load->last_key.iov_base = copy;
  load->last_key.iov_len = key->iov_len;
  return MDBX_SUCCESS;
}

/* Errors that are the record's fault leave the transaction usable. */
static bool may_go_on(const struct load *load) {
  return load->rescue && !(mdbx_txn_flags(load->txn) & MDBX_TXN_BLOCKED);
}

static int store(struct load *load) {
  MDBX_val data = load->record.data;
  const int rc = mdbx_put(load->txn, load->dbi, &load->record.key, &data, (MDBX_put_flags_t)put_flags(load));
  if (rc == MDBX_KEYEXIST && load->keep) {
    load->kept += 1;
    return MDBX_SUCCESS;
  }
  if (rc != MDBX_SUCCESS) {
    const uint64_t line = load->input.line;
    complain_rc(load, rc, "cannot store the record");
    load->input.line = line;
    load->failed += 1;
    return may_go_on(load) ? MDBX_SUCCESS : rc;
  }
  load->stored += 1;
  load->piece_records += 1;
  load->piece_bytes += load->record.key.iov_len + load->record.data.iov_len;
  return remember_key(load);
}

static int renew_piece(struct load *load) {
  if (load->piece_records < PIECE_RECORDS && load->piece_bytes < PIECE_BYTES)
    return MDBX_SUCCESS;
  const int rc = commit_piece(load);
  return rc == MDBX_SUCCESS ? begin_piece(load) : rc;
}

static int load_records(struct load *load) {
  for (;;) {
    if (tool_stopped)
      return tool_fail(MDBX_EINTR, "stopped");
    const enum load_event event =
        load_record_read(&load->input, load->header.printable, load->plain, &load->record);
    if (event == LOAD_END)
      return MDBX_SUCCESS;
    if (event != LOAD_OK) {
      load->failed += 1;
      /* A text that breaks off has nothing more to give, but what came is worth keeping. */
      if (!load->rescue)
        return MDBX_EINVAL;
      if (event == LOAD_FATAL)
        return MDBX_SUCCESS;
      continue;
    }
    int rc = store(load);
    if (rc == MDBX_SUCCESS)
      rc = renew_piece(load);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
}

static int load_table(struct load *load) {
  int rc = begin_piece(load);
  if (rc == MDBX_SUCCESS)
    rc = open_table(load);
  if (rc == MDBX_SUCCESS)
    rc = load_records(load);
  if (rc == MDBX_SUCCESS)
    rc = commit_piece(load);
  if (load->txn)
    mdbx_txn_abort(load->txn);
  load->txn = NULL;
  if (rc == MDBX_SUCCESS && load->dbi > 1)
    rc = mdbx_dbi_close(load->env, load->dbi);
  free(load->last_key.iov_base);
  load->last_key.iov_base = NULL;
  return rc;
}

/* ------------------------------------------------------------------------------------------------------- the whole */

static int load_all(struct load *load) {
  enum load_event event = load->plain ? LOAD_OK : load_header_read(&load->input, &load->header);
  if (event == LOAD_END)
    load_complain(&load->input, "the input is empty");
  int rc = event == LOAD_OK ? open_database(load) : MDBX_EINVAL;
  while (rc == MDBX_SUCCESS && event == LOAD_OK) {
    rc = load_table(load);
    load_header_release(&load->header);
    if (load->plain)
      break;
    if (rc == MDBX_SUCCESS)
      event = load_header_read(&load->input, &load->header);
  }
  load_header_release(&load->header);
  return rc == MDBX_SUCCESS && event == LOAD_FATAL ? MDBX_EINVAL : rc;
}

static int finish(struct load *load, int rc) {
  if (!load->env)
    return rc;
  const int synced = mdbx_env_sync(load->env);
  if (synced != MDBX_SUCCESS && synced != MDBX_RESULT_TRUE)
    rc = tool_fail(synced, "cannot flush %s", load->path);
  const int closed = mdbx_env_close(load->env);
  if (closed != MDBX_SUCCESS)
    rc = tool_fail(closed, "cannot close %s", load->path);
  if (!tool_quiet)
    fprintf(stderr, "%s: %" PRIu64 " records stored, %" PRIu64 " kept, %" PRIu64 " failed\n", load->path, load->stored,
            load->kept, load->failed);
  return rc;
}

static void read_options(int argc, char *argv[], struct load *load) {
  for (int option; (option = getopt(argc, argv, ":VNTaf:hnpqrs:")) != -1;) {
    switch (option) {
    case 'V': tool_version();
    case 'N': load->keep = true; break;
    case 'T': load->plain = true; break;
    case 'a': load->append = true; break;
    case 'f': load->input.name = optarg; break;
    case 'h': tool_help();
    case 'n': load->env_flags |= MDBX_NOSUBDIR; break;
    case 'p': load->purge = true; break;
    case 'q': tool_quiet = true; break;
    case 'r': load->rescue = true; break;
    case 's': load->table = optarg; break;
    default: tool_bad_option(option, optopt);
    }
  }
  if (argc - optind != 1)
    tool_usage("%s", argc == optind ? "no database given" : "too many arguments");
  load->path = argv[optind];
}

int main(int argc, char *argv[]) {
  struct load load = {.input = {.file = stdin}};
  tool_start(&about, argc, argv);
  read_options(argc, argv, &load);
  if (load.input.name && !(load.input.file = fopen(load.input.name, "r"))) {
    tool_fail(errno, "cannot read %s", load.input.name);
    return EXIT_FAILURE;
  }
  if (!load.input.name)
    load.input.name = "standard input";
  tool_catch_signals();
  const int rc = finish(&load, load_all(&load));
  load_input_release(&load.input, &load.record);
  if (load.input.file != stdin)
    fclose(load.input.file);
  return rc == MDBX_SUCCESS && !load.failed ? EXIT_SUCCESS : EXIT_FAILURE;
}
