/* SPDX-License-Identifier: Apache-2.0 */
#include "load_run.h"

#include "tool_sizes.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A commit is made after this many records, or this many bytes. */
#define PIECE_RECORDS 100000
#define PIECE_BYTES ((size_t)32 << 20)
/* How often progress is shown. */
#define PROGRESS_RECORDS 20000

static bool take_size(const char *text, int64_t *size) {
  uint64_t number;
  if (!size_parse(text, &number))
    return false;
  *size = (int64_t)number;
  return true;
}

bool load_take_size(struct load *load, int option, const char *argument) {
  uint64_t number = 0;
  switch (option) {
  case 'g':
    return take_size(argument, &load->sizes.growth);
  case 'l':
    return take_size(argument, &load->sizes.lower);
  case 'P':
    return take_size(argument, &load->sizes.page);
  case 'S':
    return take_size(argument, &load->sizes.shrink);
  case 'u':
    return take_size(argument, &load->sizes.upper);
  case 'b':
    if (!number_parse(argument, INT32_MAX, &number) || !number)
      return false;
    load->batch = (size_t)number;
    return true;
  default:
    return false;
  }
}

static int complain_rc(struct load *load, int rc, const char *what) {
  char text[256];
  load->input.line = load->record.line ? load->record.line : load->input.line;
  load_complain(&load->input, "%s: %s (%d)", what, mdbx_strerror_r(rc, text, sizeof(text)), rc);
  return rc;
}

/* --------------------------------------------------------------------------------------------------- the database */

static bool wants_sizes(const struct load_sizes *wish) {
  return wish->lower >= 0 || wish->upper >= 0 || wish->growth >= 0 || wish->shrink >= 0 || wish->page >= 0;
}

/* A size of the command line, else of the header, else the default. */
static intptr_t chosen(int64_t wish, bool said, uint64_t header) {
  return wish >= 0 ? (intptr_t)wish : said ? (intptr_t)header : -1;
}

/* The size limit of another engine's database may be greater than ours can be; a lower one loses nothing. */
static uint64_t possible_upper(uint64_t upper, intptr_t page_size) {
  const intptr_t most = mdbx_limits_dbsize_max(page_size);
  return most > 0 && upper > (uint64_t)most ? (uint64_t)most : upper;
}

/* What the input says about sizes holds for a new database only. */
static int shape_new(struct load *load) {
  const struct load_header *header = &load->header;
  const struct load_sizes *wish = &load->sizes;
  const bool said = header->has_geometry;
  const intptr_t page_size = chosen(wish->page, header->page_size != 0, header->page_size);
  int rc = mdbx_env_set_geometry(load->env, chosen(wish->lower, said, header->lower), -1,
                                 chosen(wish->upper, said, possible_upper(header->upper, page_size)),
                                 chosen(wish->growth, said, header->growth), chosen(wish->shrink, said, header->shrink),
                                 page_size);
  if (rc != MDBX_SUCCESS)
    return complain_rc(load, rc, wants_sizes(wish) ? "these sizes cannot be" : "the sizes in the header cannot be");
  if (header->max_readers && header->max_readers <= INT16_MAX)
    rc = mdbx_env_set_maxreaders(load->env, (unsigned)header->max_readers);
  return rc == MDBX_SUCCESS ? rc : complain_rc(load, rc, "maxreaders in the header cannot be");
}

/* LMDB's map size is the upper size of its database: ours must not be lower. */
static int make_room(struct load *load) {
  MDBX_envinfo info;
  int rc = mdbx_env_info_ex(load->env, NULL, &info, sizeof(info));
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot describe %s", load->path);
  if (wants_sizes(&load->sizes)) {
    rc = mdbx_env_set_geometry(load->env, chosen(load->sizes.lower, false, 0), -1, chosen(load->sizes.upper, false, 0),
                               chosen(load->sizes.growth, false, 0), chosen(load->sizes.shrink, false, 0), -1);
    return rc == MDBX_SUCCESS ? rc : tool_fail(rc, "%s cannot get these sizes", load->path);
  }
  if (load->header.has_geometry || load->header.mapsize <= info.mi_geo.upper)
    return MDBX_SUCCESS;
  rc = mdbx_env_set_geometry(load->env, -1, -1, (intptr_t)load->header.mapsize, -1, -1, -1);
  if (rc != MDBX_SUCCESS && !tool_quiet)
    complain_rc(load, rc, "mapsize is not possible here, the size limit stays");
  return MDBX_SUCCESS;
}

/* An incomplete new database is removed, because it could be mistaken for a complete one. It stays if others use it
 * already. */
static void remove_made(const struct load *load) {
  const int rc = mdbx_env_delete(load->path, MDBX_ENV_ENSURE_UNUSED);
  if (rc == MDBX_SUCCESS && load->directory_mode)
    mkdir(load->path, load->directory_mode);
  else if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    tool_message("note: %s stays, but is incomplete: %s", load->path, mdbx_strerror(rc));
}

/* A system error must not make an existing database of a new one, or the reverse: what the input says about sizes holds
 * for a new one only. */
static int find_out_if_new(struct load *load) {
  MDBX_envinfo info;
  struct stat status;
  const bool there = stat(load->path, &status) == 0;
  if (!there && errno != ENOENT)
    return tool_fail(errno, "cannot look at %s", load->path);
  if (there && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
    return MDBX_SUCCESS; /* it is refused when it is opened */
  load->made = there && S_ISREG(status.st_mode) && !status.st_size;
  load->directory_mode = there && S_ISDIR(status.st_mode) ? status.st_mode & 07777 : 0;
  const int rc = load->made ? MDBX_ENOFILE : mdbx_preopen_snapinfo(load->path, &info, sizeof(info));
  load->made = rc == MDBX_ENOFILE;
  return rc > 0 && rc != MDBX_ENOFILE ? tool_fail(rc, "cannot look at %s", load->path) : MDBX_SUCCESS;
}

static int open_database(struct load *load) {
  unsigned flags = MDBX_SAFE_NOSYNC | MDBX_ACCEDE | load->env_flags;
  int rc = mdbx_env_create(&load->env);
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "no environment");
  rc = find_out_if_new(load);
  if (rc == MDBX_SUCCESS && load->made)
    rc = shape_new(load);
  if (rc == MDBX_SUCCESS) {
    rc = tool_open(&load->env, load->path, flags, 0664);
    if (rc != MDBX_SUCCESS && load->made)
      remove_made(load);
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
    return complain_rc(load, rc, name ? "cannot open the table" : "cannot open " TOOL_MAIN_TABLE);
  return set_extras(load);
}

/* -------------------------------------------------------------------------------------------------------- progress */

static void begin_progress(struct load *load) {
  struct stat status;
  load->shows_progress = !tool_quiet && isatty(STDERR_FILENO);
  if (fstat(fileno(load->input.file), &status) == 0 && S_ISREG(status.st_mode))
    load->input_size = (uint64_t)status.st_size;
}

static void show_progress(const struct load *load) {
  const off_t place = load->input_size ? ftello(load->input.file) : 0;
  fprintf(stderr, "\r%" PRIu64 " records", load->stored);
  if (place > 0)
    fprintf(stderr, ", %u %%", (unsigned)((uint64_t)place * 100 / load->input_size));
  fputs("  ", stderr);
}

static void end_progress(struct load *load) {
  if (load->shows_progress && load->stored >= PROGRESS_RECORDS)
    fputs("\r                                        \r", stderr);
  load->shows_progress = false;
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

/* After an error of the record itself the transaction is still usable. */
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
  if (rc == MDBX_INCOMPATIBLE && load->skip_tables && load->dbi == 1) {
    load->skipped += 1;
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
  if (load->shows_progress && load->stored % PROGRESS_RECORDS == 0)
    show_progress(load);
  load->piece_records += 1;
  load->piece_bytes += load->record.key.iov_len + load->record.data.iov_len;
  return remember_key(load);
}

static int renew_piece(struct load *load) {
  if (load->piece_records < (load->batch ? load->batch : PIECE_RECORDS) && load->piece_bytes < PIECE_BYTES)
    return MDBX_SUCCESS;
  const int rc = commit_piece(load);
  return rc == MDBX_SUCCESS ? begin_piece(load) : rc;
}

static int load_records(struct load *load) {
  for (;;) {
    if (tool_stopped)
      return tool_fail(MDBX_EINTR, "stopped");
    const enum load_event event = load_record_read(&load->input, &load->header, load->plain, &load->record);
    if (event == LOAD_END)
      return MDBX_SUCCESS;
    if (event != LOAD_OK) {
      load->failed += 1;
      /* The text ends too early: nothing more can be read, but the records so far are kept. */
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

int load_all(struct load *load) {
  begin_progress(load);
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

/* After an error, which has its message already, what was committed becomes durable if that is possible. */
static int close_database(struct load *load, int rc, bool doomed) {
  const int synced = doomed ? MDBX_SUCCESS : mdbx_env_sync(load->env);
  if (rc == MDBX_SUCCESS && synced != MDBX_SUCCESS && synced != MDBX_RESULT_TRUE)
    rc = tool_fail(synced, "cannot flush %s", load->path);
  const int closed = mdbx_env_close_ex(load->env, doomed);
  load->env = NULL;
  if (rc == MDBX_SUCCESS && closed != MDBX_SUCCESS)
    rc = tool_fail(closed, "cannot close %s", load->path);
  return rc;
}

int load_finish(struct load *load, int rc) {
  const bool can_go = load->made && !(load->rescue && load->stored);
  end_progress(load);
  load_input_release(&load->input, &load->record);
  if (!load->env)
    return rc;
  rc = close_database(load, rc, rc != MDBX_SUCCESS && can_go);
  if (rc != MDBX_SUCCESS && can_go)
    remove_made(load);
  return rc;
}

void load_report(const struct load *load) {
  if (!tool_quiet)
    fprintf(stderr, "%s: %" PRIu64 " record%s stored, %" PRIu64 " kept, %" PRIu64 " failed\n", load->path, load->stored,
            load->stored == 1 ? "" : "s", load->kept, load->failed);
}
