/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics.h"

#include "target.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct table_facts {
  MDBX_val name; /* without a base: the main table */
  MDBX_stat stat;
};

struct metrics {
  FILE *out;
  const char *path;
  struct facts facts;
  struct table_facts *tables;
  size_t table_count;
};

/* ------------------------------------------------------------------------------------------------------------ lines */

/* Writes a label with the required escapes. */
static void put_label(const struct metrics *metrics, const char *name, const char *value) {
  fprintf(metrics->out, "%s=\"", name);
  for (; *value; ++value) {
    if (*value == '\\' || *value == '"')
      putc('\\', metrics->out);
    putc((unsigned char)*value < ' ' ? '?' : *value, metrics->out);
  }
  putc('"', metrics->out);
}

static void head(const struct metrics *metrics, const char *name, const char *type, const char *help) {
  fprintf(metrics->out, "# HELP mdbx_%s %s\n# TYPE mdbx_%s %s\n", name, help, name, type);
}

/* One sample; `label` may be NULL. */
static void sample(const struct metrics *metrics, const char *name, const char *label, const char *value,
                   uint64_t number) {
  fprintf(metrics->out, "mdbx_%s{", name);
  put_label(metrics, "database", metrics->path);
  if (label) {
    putc(',', metrics->out);
    put_label(metrics, label, value);
  }
  fprintf(metrics->out, "} %" PRIu64 "\n", number);
}

static void single(const struct metrics *metrics, const char *name, const char *type, const char *help,
                   uint64_t number) {
  head(metrics, name, type, help);
  sample(metrics, name, NULL, NULL, number);
}

/* ----------------------------------------------------------------------------------------------------- the database */

static void put_sizes(const struct metrics *metrics) {
  const struct facts *facts = &metrics->facts;
  single(metrics, "page_size_bytes", "gauge", "Size of a page.", facts->page_size);
  single(metrics, "commits_total", "counter", "Id of the newest commit.", facts->info.mi_recent_txnid);
  single(metrics, "file_size_bytes", "gauge", "Size of the data file.", facts->info.mi_geo.current);
  single(metrics, "file_size_lower_bytes", "gauge", "The file is never smaller.", facts->info.mi_geo.lower);
  single(metrics, "file_size_upper_bytes", "gauge", "The file is never larger.", facts->info.mi_geo.upper);
  head(metrics, "pages", "gauge",
       "Pages of the file by use; held ones are free for the newest commit, but not for all readers.");
  sample(metrics, "pages", "use", "used", facts->used);
  sample(metrics, "pages", "use", "free", facts->free);
  sample(metrics, "pages", "use", "held", facts->held);
  sample(metrics, "pages", "use", "unallocated", facts->unallocated);
  single(metrics, "unsynced_bytes", "gauge", "Committed and not durable yet.", facts->info.mi_unsync_volume);
}

static void put_readers(const struct metrics *metrics) {
  const struct facts *facts = &metrics->facts;
  single(metrics, "readers", "gauge", "Read transactions that have a snapshot.", facts->readers);
  single(metrics, "reader_slots", "gauge", "Read transactions there can be at a time.", facts->info.mi_maxreaders);
  single(metrics, "reader_lag_commits", "gauge", "How far the oldest reader is behind the newest commit.", facts->lag);
  single(metrics, "reader_retained_bytes", "gauge", "What the oldest reader keeps from being used again.",
         facts->retained);
}

/* Of all processes, since the first one opened the database. */
static void put_operations(const struct metrics *metrics) {
  const MDBX_envinfo *info = &metrics->facts.info;
  const struct {
    const char *name;
    uint64_t number;
  } operations[] = {{"new", info->mi_pgop_stat.newly},     {"copied", info->mi_pgop_stat.cow},
                    {"split", info->mi_pgop_stat.split},   {"merged", info->mi_pgop_stat.merge},
                    {"spilled", info->mi_pgop_stat.spill}, {"unspilled", info->mi_pgop_stat.unspill}};
  head(metrics, "page_operations_total", "counter", "Pages by what was done with them.");
  for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); ++i)
    sample(metrics, "page_operations_total", "operation", operations[i].name, operations[i].number);
  single(metrics, "writes_total", "counter", "Calls that wrote to the file.", info->mi_pgop_stat.wops);
  single(metrics, "flushes_total", "counter", "Calls that made the file durable.",
         info->mi_pgop_stat.fsync + info->mi_pgop_stat.msync);
  single(metrics, "shared_flushes_total", "counter", "Flushes made for commits that waited for one.",
         info->mi_shared.flushes);
  single(metrics, "shared_commits_total", "counter", "Commits made durable by those.", info->mi_shared.commits);
}

/* ------------------------------------------------------------------------------------------------------- the tables */

static void put_of_tables(const struct metrics *metrics, const char *name, const char *help,
                          uint64_t (*number)(const MDBX_stat *stat)) {
  head(metrics, name, "gauge", help);
  for (size_t i = 0; i < metrics->table_count; ++i) {
    const struct table_facts *table = &metrics->tables[i];
    sample(metrics, name, "table", table->name.iov_base ? tool_shown_name(&table->name) : TOOL_MAIN_TABLE,
           number(&table->stat));
  }
}

static uint64_t records(const MDBX_stat *stat) { return stat->ms_entries; }

static uint64_t depth(const MDBX_stat *stat) { return stat->ms_depth; }

static uint64_t branches(const MDBX_stat *stat) { return stat->ms_branch_pages; }

static uint64_t leaves(const MDBX_stat *stat) { return stat->ms_leaf_pages; }

static uint64_t large(const MDBX_stat *stat) { return stat->ms_overflow_pages; }

static void put_tables(const struct metrics *metrics) {
  put_of_tables(metrics, "table_records", "Records, of a key with several values each.", records);
  put_of_tables(metrics, "table_depth", "Height of the tree.", depth);
  put_of_tables(metrics, "table_branch_pages", "Inner pages.", branches);
  put_of_tables(metrics, "table_leaf_pages", "Leaves.", leaves);
  put_of_tables(metrics, "table_large_pages", "Pages of large values.", large);
}

static int read_table(MDBX_txn *txn, const MDBX_val *name, MDBX_stat *stat) {
  MDBX_dbi dbi;
  int rc =
      name->iov_base ? mdbx_dbi_open2(txn, name, MDBX_DB_ACCEDE, &dbi) : mdbx_dbi_open(txn, NULL, MDBX_DB_ACCEDE, &dbi);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_dbi_stat(txn, dbi, stat, sizeof(*stat));
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot read the statistics of %s", name->iov_base ? tool_shown_name(name) : TOOL_MAIN_TABLE);
  if (name->iov_base)
    mdbx_dbi_close(mdbx_txn_env(txn), dbi);
  return rc;
}

static int read_tables(MDBX_txn *txn, struct metrics *metrics, const struct tool_names *names) {
  metrics->tables = calloc(names->count + 1, sizeof(*metrics->tables));
  if (!metrics->tables)
    return tool_fail(MDBX_ENOMEM, "cannot list the tables");
  int rc = MDBX_SUCCESS;
  for (size_t i = 0; rc == MDBX_SUCCESS && i <= names->count; ++i) {
    struct table_facts *table = &metrics->tables[metrics->table_count++];
    if (i)
      table->name = names->at[i - 1];
    rc = read_table(txn, &table->name, &table->stat);
  }
  return rc;
}

/* --------------------------------------------------------------------------------------------------------- together */

int metrics_write(FILE *out, MDBX_txn *txn, const char *path) {
  struct metrics metrics = {.out = out, .path = path};
  struct tool_names names = {.at = NULL};
  int rc = facts_read_in(txn, &metrics.facts);
  if (rc == MDBX_SUCCESS)
    rc = tool_list_tables(txn, &names);
  if (rc == MDBX_SUCCESS)
    rc = read_tables(txn, &metrics, &names);
  if (rc == MDBX_SUCCESS) {
    put_sizes(&metrics);
    put_readers(&metrics);
    put_operations(&metrics);
    put_tables(&metrics);
  }
  free(metrics.tables);
  tool_free_names(&names);
  return rc;
}

static int write_target(const struct target *target, MDBX_env *env, const char *path) {
  MDBX_txn *txn = NULL;
  FILE *out = target_open(target);
  if (!out)
    return tool_fail(errno, "cannot write to %s", target->name);
  int rc = tool_begin_reading(env, &txn);
  if (rc == MDBX_SUCCESS) {
    errno = 0;
    rc = metrics_write(out, txn, path);
    const int flushed = tool_flush(out, target->name);
    rc = rc == MDBX_SUCCESS ? flushed : rc;
    mdbx_txn_abort(txn);
  }
  fclose(out);
  return rc;
}

int metrics_replace(const char *file, MDBX_env *env, const char *path) {
  struct target target;
  int rc = target_begin(&target, file, true, TARGET_BRIEF);
  return rc == MDBX_SUCCESS ? target_finish(&target, write_target(&target, env, path)) : rc;
}
