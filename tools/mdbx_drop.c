/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx_drop.c: empties or deletes a table.
 */
#include "drop_run.h"
#include "tool_common.h"

#include <string.h>
#include <unistd.h>

static const struct tool_about about = {
    "mdbx_drop",
    "[-V] [-h] [-d] [-n] [-q] [-s TABLE] DATABASE",
    "  -d  delete the table instead of emptying it\n"
    "  -h  show this help and exit\n"
    "  -n  DATABASE is a data file, not a directory (needed only for a new one)\n"
    "  -q  print only errors\n"
    "  -s  a named table; default: the main table, with all named tables\n"
    "  -V  show the version and exit\n",
};

static int drop(MDBX_env *env, const MDBX_val *name, bool delete) {
  MDBX_txn *txn;
  uint64_t entries = 0;
  int rc = mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn);
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot begin to write");
  rc = drop_table(txn, name, delete, &entries);
  if (rc != MDBX_SUCCESS) {
    mdbx_txn_abort(txn);
    return rc;
  }
  rc = mdbx_txn_commit(txn);
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot commit");
  drop_report(name, delete, entries);
  return rc;
}

int main(int argc, char *argv[]) {
  unsigned env_flags = 0;
  bool delete = false;
  const char *table = NULL;
  MDBX_env *env = NULL;
  tool_start(&about, argc, argv);
  for (int option; (option = getopt(argc, argv, ":Vdhnqs:")) != -1;) {
    switch (option) {
    case 'V':
      tool_version();
    case 'd':
      delete = true;
      break;
    case 'h':
      tool_help();
    case 'n':
      env_flags |= MDBX_NOSUBDIR;
      break;
    case 'q':
      tool_quiet = true;
      break;
    case 's':
      table = optarg;
      break;
    default:
      tool_bad_option(option, optopt);
    }
  }
  if (argc - optind != 1)
    tool_usage("%s", argc == optind ? "no database given" : "too many arguments");
  const MDBX_val name = {(void *)(uintptr_t)table, table ? strlen(table) : 0};
  int rc = tool_open(&env, argv[optind], MDBX_ACCEDE | env_flags, 0);
  if (rc == MDBX_SUCCESS)
    rc = drop(env, table ? &name : NULL, delete);
  tool_close(env, NULL);
  return rc == MDBX_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}
