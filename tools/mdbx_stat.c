/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx_stat.c: shows statistics of a database: size and limits, metas, readers, free pages, trees.
 */
#include "tool_common.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static const struct tool_about about = {
    "mdbx_stat",
    "[-V] [-h] [-a] [-e] [-f[f[f]]] [-L|-X] [-m] [-n] [-p] [-q] [-r[r]] [-s TABLE] [-t] DATABASE",
    "  -a    statistics of the main table and of all named tables\n"
    "  -e    the environment: sizes, limits, mode\n"
    "  -f    the free pages; -ff each list of them; -fff each page\n"
    "  -h    show this help and exit\n"
    "  -m    the three meta pages\n"
    "  -n    DATABASE is a data file, not a directory (needed only for a new one)\n"
    "  -p    counters of page operations\n"
    "  -q    print only errors\n"
    "  -r    the readers; -rr first releases the slots of dead processes\n"
    "  -s    statistics of one named table\n"
    "  -t    a line for each table\n" TOOL_ACCESS_HELP "  -V    show the version and exit\n",
};

struct wishes {
  bool all, environment, lines, metas, operations;
  unsigned free_pages, readers;
  unsigned env_flags;
  const char *table;
};

/* -------------------------------------------------------------------------------------------------- environment */

static void print_geometry(const MDBX_envinfo *info) {
  const uint64_t page = info->mi_dxb_pagesize;
  if (info->mi_geo.lower != info->mi_geo.upper)
    printf("  Dynamic datafile: %" PRIu64 "..%" PRIu64 " bytes (+%" PRIu64 "/-%" PRIu64 "), %" PRIu64 "..%" PRIu64
           " pages (+%" PRIu64 "/-%" PRIu64 ")\n",
           info->mi_geo.lower, info->mi_geo.upper, info->mi_geo.grow, info->mi_geo.shrink, info->mi_geo.lower / page,
           info->mi_geo.upper / page, info->mi_geo.grow / page, info->mi_geo.shrink / page);
  else
    printf("  Fixed datafile: %" PRIu64 " bytes, %" PRIu64 " pages\n", info->mi_geo.upper, info->mi_geo.upper / page);
  printf("  Current datafile: %" PRIu64 " bytes, %" PRIu64 " pages\n", info->mi_geo.current,
         info->mi_geo.current / page);
  printf("  File length: %" PRIu64 " bytes, allocated: %" PRIu64 " bytes\n", info->mi_dxb_fsize,
         info->mi_dxb_fallocated);
}

/* The three modes of durability that are not the default have bits in common. */
static const char *durability_of(unsigned mode) {
  if ((mode & MDBX_UTTERLY_NOSYNC) == MDBX_UTTERLY_NOSYNC)
    return "MDBX_UTTERLY_NOSYNC";
  if (mode & MDBX_SAFE_NOSYNC)
    return "MDBX_SAFE_NOSYNC";
  return mode & MDBX_NOMETASYNC ? "MDBX_NOMETASYNC" : "MDBX_SYNC_DURABLE";
}

static void print_mode(unsigned mode) {
  static const struct {
    unsigned bit;
    const char *name;
  } names[] = {
      {MDBX_VALIDATION, "MDBX_VALIDATION"},   {MDBX_NOSUBDIR, "MDBX_NOSUBDIR"},
      {MDBX_RDONLY, "MDBX_RDONLY"},           {MDBX_WRITEMAP, "MDBX_WRITEMAP"},
      {MDBX_EXCLUSIVE, "MDBX_EXCLUSIVE"},     {MDBX_NOSTICKYTHREADS, "MDBX_NOSTICKYTHREADS"},
      {MDBX_NORDAHEAD, "MDBX_NORDAHEAD"},     {MDBX_NOMEMINIT, "MDBX_NOMEMINIT"},
      {MDBX_LIFORECLAIM, "MDBX_LIFORECLAIM"}, {MDBX_PAGEPERTURB, "MDBX_PAGEPERTURB"},
      {MDBX_ACCEDE, "MDBX_ACCEDE"},
  };
  printf("  Mode: 0x%x, %s", mode, durability_of(mode));
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i)
    if (mode & names[i].bit)
      printf(", %s", names[i].name);
  putchar('\n');
}

static void print_environment(const MDBX_envinfo *info) {
  printf("Environment Info\n");
  printf("  Pagesize: %u\n", info->mi_dxb_pagesize);
  print_geometry(info);
  printf("  Number of pages used: %" PRIu64 "\n", info->mi_last_pgno + 1);
  printf("  Last transaction ID: %" PRIu64 "\n", info->mi_recent_txnid);
  printf("  Latter reader transaction ID: %" PRIu64 " (%" PRIu64 ")\n", info->mi_latter_reader_txnid,
         info->mi_recent_txnid - info->mi_latter_reader_txnid);
  printf("  Max readers: %u\n", info->mi_maxreaders);
  printf("  Number of reader slots used: %u\n", info->mi_numreaders);
  printf("  Not synced: %" PRIu64 " bytes\n", info->mi_unsync_volume);
  print_mode(info->mi_mode);
}

static void print_metas(const MDBX_envinfo *info) {
  printf("Meta Pages\n");
  for (unsigned i = 0; i < 3; ++i) {
    const uint64_t sign = info->mi_meta_sign[i];
    printf("  meta-%u: txn#%" PRIu64 ", %s%s\n", i, info->mi_meta_txnid[i],
           sign == 0   ? "not usable"
           : sign == 1 ? "weak"
                       : "steady",
           sign && info->mi_meta_txnid[i] == info->mi_recent_txnid ? ", head" : "");
  }
}

static void print_operations(const MDBX_envinfo *info) {
  const struct {
    const char *name;
    uint64_t count;
  } rows[] = {
      {"New pages", info->mi_pgop_stat.newly},
      {"Copied pages", info->mi_pgop_stat.cow},
      {"Cloned pages", info->mi_pgop_stat.clone},
      {"Splits", info->mi_pgop_stat.split},
      {"Merges", info->mi_pgop_stat.merge},
      {"Spilled pages", info->mi_pgop_stat.spill},
      {"Unspilled pages", info->mi_pgop_stat.unspill},
      {"Write calls", info->mi_pgop_stat.wops},
      {"Prefaults", info->mi_pgop_stat.prefault},
      {"Residency queries", info->mi_pgop_stat.mincore},
      {"Map flushes", info->mi_pgop_stat.msync},
      {"File flushes", info->mi_pgop_stat.fsync},
      {"Shared flushes", info->mi_shared.flushes},
      {"Commits of shared flushes", info->mi_shared.commits},
  };
  printf("Page Operations\n");
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i)
    printf("  %s: %" PRIu64 "\n", rows[i].name, rows[i].count);
}

static int show_environment(const MDBX_env *env, const struct wishes *wishes) {
  MDBX_envinfo info;
  if (!wishes->environment && !wishes->metas && !wishes->operations)
    return MDBX_SUCCESS;
  const int rc = mdbx_env_info_ex(env, NULL, &info, sizeof(info));
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot describe the environment");
  if (wishes->environment)
    print_environment(&info);
  if (wishes->metas)
    print_metas(&info);
  if (wishes->operations)
    print_operations(&info);
  return rc;
}

/* ------------------------------------------------------------------------------------------------------- readers */

static int print_reader(void *context, int number, int slot, mdbx_pid_t pid, mdbx_tid_t thread, uint64_t txnid,
                        uint64_t lag, size_t used, size_t retained) {
  (void)context;
  if (number == 1)
    printf("   #\tslot\t%6s %*s %20s %10s %13s %13s\n", "pid", (int)sizeof(size_t) * 2, "thread", "txnid", "lag",
           "used", "retained");
  printf("%4d)\t[%d]\t%6ld %*s", number, slot, (long)pid, (int)sizeof(size_t) * 2, tool_reader_thread(thread));
  if (txnid)
    printf(" %20" PRIu64 " %10" PRIu64 " %12zuK %12zuK\n", txnid, lag, used >> 10, retained >> 10);
  else
    printf(" %20s %10s %13s %13s\n", "-", "0", "0", "0");
  return MDBX_SUCCESS;
}

static int list_readers(const MDBX_env *env) {
  const int rc = mdbx_reader_list(env, print_reader, NULL);
  if (rc == MDBX_RESULT_TRUE)
    printf("(no active readers)\n");
  return rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : tool_fail(rc, "cannot list the readers");
}

static int show_readers(MDBX_env *env, const struct wishes *wishes) {
  int dead = 0;
  if (!wishes->readers)
    return MDBX_SUCCESS;
  printf("Reader Table Status\n");
  int rc = list_readers(env);
  if (rc != MDBX_SUCCESS || wishes->readers < 2)
    return rc;
  rc = mdbx_reader_check(env, &dead);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return tool_fail(rc, "cannot look for dead readers");
  printf("  %d stale readers cleared.\n", dead);
  return rc == MDBX_RESULT_TRUE ? list_readers(env) : MDBX_SUCCESS;
}

/* -------------------------------------------------------------------------------------------------------- trees */

static void print_tree(const MDBX_stat *stat) {
  printf("  Pagesize: %u\n", stat->ms_psize);
  printf("  Tree depth: %u\n", stat->ms_depth);
  printf("  Branch pages: %" PRIu64 "\n", stat->ms_branch_pages);
  printf("  Leaf pages: %" PRIu64 "\n", stat->ms_leaf_pages);
  printf("  Overflow pages: %" PRIu64 "\n", stat->ms_overflow_pages);
  printf("  Entries: %" PRIu64 "\n", stat->ms_entries);
}

static void print_table_flags(unsigned flags) {
  const char *separator = "  Flags: ";
  for (const struct tool_table_flag *flag = tool_table_flags; flag->bit; ++flag)
    if (flags & flag->bit) {
      printf("%s%s", separator, flag->name);
      separator = ", ";
    }
  if (*separator == ',')
    putchar('\n');
}

/* The one line of -t. */
static void print_line(const char *title, const MDBX_stat *stat) {
  printf("%-24s %12" PRIu64 " %6u %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "\n", title, stat->ms_entries, stat->ms_depth,
         stat->ms_branch_pages, stat->ms_leaf_pages, stat->ms_overflow_pages);
}

static int show_handle(const MDBX_txn *txn, MDBX_dbi dbi, const char *title) {
  MDBX_stat stat;
  unsigned flags = 0;
  const int rc = mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat));
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot read the statistics of %s", title);
  printf("Status of %s\n", title);
  print_tree(&stat);
  if (dbi && mdbx_dbi_flags(txn, dbi, &flags) == MDBX_SUCCESS)
    print_table_flags(flags);
  return rc;
}

static int show_table(MDBX_txn *txn, const MDBX_val *name, const struct wishes *wishes) {
  MDBX_dbi dbi;
  MDBX_stat stat;
  const char *shown = name ? tool_shown_name(name) : TOOL_MAIN_TABLE;
  int rc = mdbx_dbi_open2(txn, name, MDBX_DB_ACCEDE, &dbi);
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot open %s", shown);
  if (!wishes->lines)
    rc = show_handle(txn, dbi, shown);
  else if ((rc = mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat))) == MDBX_SUCCESS)
    print_line(shown, &stat);
  else
    tool_fail(rc, "cannot read the statistics of %s", shown);
  if (name)
    mdbx_dbi_close(mdbx_txn_env(txn), dbi);
  return rc;
}

static int show_tables(MDBX_txn *txn, const struct wishes *wishes) {
  struct tool_names names;
  MDBX_val one = {(void *)(uintptr_t)wishes->table, wishes->table ? strlen(wishes->table) : 0};
  if (wishes->lines)
    printf("%-24s %12s %6s %10s %10s %10s\n", "Table", "Entries", "Depth", "Branch", "Leaf", "Overflow");
  if (wishes->table)
    return show_table(txn, &one, wishes);
  int rc = show_table(txn, NULL, wishes);
  if ((!wishes->all && !wishes->lines) || rc != MDBX_SUCCESS)
    return rc;
  rc = tool_list_tables(txn, &names);
  for (size_t i = 0; rc == MDBX_SUCCESS && i < names.count; ++i)
    rc = show_table(txn, &names.at[i], wishes);
  tool_free_names(&names);
  return rc;
}

/* --------------------------------------------------------------------------------------------------- free pages */

struct free_list {
  unsigned detail;
  bool begun;
  uint64_t txnid;
  size_t pages, spans, longest, waiting;
};

/* The callback gets the lists run by run; a list ends where the list of another transaction begins. */
static void end_list(struct free_list *list) {
  if (list->begun && list->detail == 2)
    printf("    Transaction %" PRIu64 ", %zu pages, %zu spans, longest %zu\n", list->txnid, list->pages, list->spans,
           list->longest);
  list->begun = false;
  list->pages = list->spans = list->longest = 0;
}

static int take_span(void *context, const MDBX_txn *txn, uint64_t txnid, size_t pgno, size_t length, bool reclaimable) {
  struct free_list *list = context;
  (void)txn;
  if (!list->begun || list->txnid != txnid) {
    end_list(list);
    if (list->detail > 2)
      printf("    Transaction %" PRIu64 ", %s\n", txnid, reclaimable ? "reclaimable" : "held or not reclaimable yet");
  }
  list->begun = true;
  list->txnid = txnid;
  list->pages += length;
  list->spans += 1;
  list->longest = length > list->longest ? length : list->longest;
  list->waiting += reclaimable ? 0 : length;
  for (size_t i = 0; list->detail > 2 && i < length; ++i)
    printf("      %zu\n", pgno + i);
  return tool_stopped ? MDBX_EINTR : MDBX_SUCCESS;
}

static void print_use(const MDBX_gc_info_t *info, const struct free_list *list) {
  const size_t free_pages = info->gc_reclaimable.pages + list->waiting;
  printf("Page Usage\n");
  printf("  Total: %zu\n", info->pages_total);
  printf("  Backed: %zu\n", info->pages_backed);
  printf("  Allocated: %zu\n", info->pages_allocated);
  printf("  Remained: %zu\n", info->pages_total - info->pages_allocated);
  printf("  Used: %zu\n", info->pages_allocated - free_pages);
  printf("  GC: %zu\n", free_pages);
  printf("  Retained: %zu\n", list->waiting);
  printf("  Reclaimable: %zu\n", info->gc_reclaimable.pages);
  printf("  Available: %zu\n", info->pages_total - info->pages_allocated + info->gc_reclaimable.pages);
}

static int show_free_pages(MDBX_txn *txn, const struct wishes *wishes) {
  struct free_list list = {.detail = wishes->free_pages};
  MDBX_gc_info_t info;
  if (!wishes->free_pages)
    return MDBX_SUCCESS;
  printf("Garbage Collection\n");
  int rc = mdbx_gc_info(txn, &info, sizeof(info), take_span, &list);
  if (rc != MDBX_SUCCESS && rc != MDBX_NOTFOUND)
    return tool_fail(rc, "cannot read the free pages");
  end_list(&list);
  rc = show_handle(txn, 0, "GC");
  if (rc == MDBX_SUCCESS)
    print_use(&info, &list);
  return rc;
}

/* --------------------------------------------------------------------------------------------------------- main */

static void read_options(int argc, char *argv[], struct wishes *wishes) {
  for (int option; (option = getopt(argc, argv, ":Vaefhmnpqrs:t" TOOL_ACCESS_LETTERS)) != -1;) {
    switch (option) {
    case 'V':
      tool_version();
    case 'h':
      tool_help();
    case 'a':
      wishes->all = true;
      break;
    case 'e':
      wishes->environment = true;
      break;
    case 'f':
      wishes->free_pages += 1;
      break;
    case 'm':
      wishes->metas = true;
      break;
    case 'n':
      wishes->env_flags |= MDBX_NOSUBDIR;
      break;
    case 'p':
      wishes->operations = true;
      break;
    case 'q':
      tool_quiet = true;
      break;
    case 'r':
      wishes->readers += 1;
      break;
    case 's':
      wishes->table = optarg;
      break;
    case 't':
      wishes->lines = true;
      break;
    default:
      if (!tool_take_access(option))
        tool_bad_option(option, optopt);
    }
  }
  if (wishes->all && wishes->table)
    tool_usage("-a and -s exclude each other");
  if (argc - optind != 1)
    tool_usage("%s", argc == optind ? "no database given" : "too many arguments");
}

int main(int argc, char *argv[]) {
  struct wishes wishes = {.all = false};
  MDBX_env *env = NULL;
  MDBX_txn *txn = NULL;
  tool_start(&about, argc, argv);
  read_options(argc, argv, &wishes);
  tool_catch_signals();
  int rc = tool_open_for_reading(&env, argv[optind], wishes.env_flags);
  if (rc == MDBX_SUCCESS)
    rc = show_environment(env, &wishes);
  /* Before this program becomes a reader itself. */
  if (rc == MDBX_SUCCESS)
    rc = show_readers(env, &wishes);
  if (rc == MDBX_SUCCESS)
    rc = tool_begin_reading(env, &txn);
  if (rc == MDBX_SUCCESS)
    rc = show_free_pages(txn, &wishes);
  if (rc == MDBX_SUCCESS)
    rc = show_tables(txn, &wishes);
  tool_close(env, txn);
  if (tool_flush(stdout, "standard output") != MDBX_SUCCESS)
    rc = MDBX_EIO;
  return rc == MDBX_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}
