/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx_dump.c: writes tables as portable text, for mdbx_load, mdb_load and others.
 */
#include "dump_run.h"
#include "tool_common.h"

#include <unistd.h>

static const struct tool_about about = {
    "mdbx_dump",
    "[-V] [-h] [-a | -l | -s TABLE] [-c] [-f FILE] [-L|-X] [-n] [-p] [-q] [-r] [-u|-U] [-x] DATABASE",
    "  -a  dump the main table and all named tables\n"
    "  -c  concise: write a key with several values once; only mdbx_load reads that\n"
    "  -f  write to FILE instead of standard output\n"
    "  -h  show this help and exit\n"
    "  -l  list only the names of the tables\n"
    "  -n  DATABASE is a data file, not a directory (needed only for a new one)\n"
    "  -p  write printable characters as they are\n"
    "  -q  print only errors\n"
    "  -r  rescue: read around damaged pages\n"
    "  -s  dump this named table\n" TOOL_WARM_HELP TOOL_ACCESS_HELP "  -V  show the version and exit\n"
    "  -x  strict: only what mdb_load reads\n",
};

static void read_options(int argc, char *argv[], struct dump *dump) {
  for (int option; (option = getopt(argc, argv, ":Vacf:hlnpqrs:x" TOOL_WARM_LETTERS TOOL_ACCESS_LETTERS)) != -1;) {
    switch (option) {
    case 'V':
      tool_version();
    case 'a':
      dump->all = true;
      break;
    case 'c':
      dump->concise = true;
      break;
    case 'f':
      dump->file = optarg;
      break;
    case 'h':
      tool_help();
    case 'l':
      dump->list = true;
      break;
    case 'n':
      dump->env_flags |= MDBX_NOSUBDIR;
      break;
    case 'p':
      dump->printable = true;
      break;
    case 'q':
      tool_quiet = true;
      break;
    case 'r':
      dump->rescue = true;
      break;
    case 's':
      dump->table = optarg;
      break;
    case 'x':
      dump->strict = true;
      break;
    default:
      if (!tool_take_access(option) && !tool_take_warming(option))
        tool_bad_option(option, optopt);
    }
  }
  if (dump->all + dump->list + (dump->table != NULL) > 1)
    tool_usage("-a, -l and -s exclude each other");
  if (dump->concise && dump->strict)
    tool_usage("-c and -x exclude each other");
  if (argc - optind != 1)
    tool_usage("%s", argc == optind ? "no database given" : "too many arguments");
}

int main(int argc, char *argv[]) {
  struct dump dump = {.out = stdout};
  MDBX_env *env = NULL;
  MDBX_txn *txn = NULL;
  tool_start(&about, argc, argv);
  read_options(argc, argv, &dump);
  tool_catch_signals();
  /* Opens the database first, so that a mistyped path does not empty an old dump. */
  int rc = tool_open_for_reading(&env, argv[optind], dump.env_flags);
  if (rc == MDBX_SUCCESS) {
    tool_warm_up(env);
    rc = tool_begin_reading(env, &txn);
  }
  if (rc == MDBX_SUCCESS && dump.file && !(dump.out = tool_create(dump.file)))
    rc = tool_fail(errno, "cannot write %s", dump.file);
  if (rc == MDBX_SUCCESS)
    rc = dump_snapshot(&dump, txn);
  dump_release(&dump);
  tool_close(env, txn);
  if (dump.out && tool_flush(dump.out, dump.file ? dump.file : "standard output") != MDBX_SUCCESS)
    rc = MDBX_EIO;
  if (dump.out && dump.out != stdout && fclose(dump.out) != 0)
    rc = tool_fail(errno, "cannot write %s", dump.file);
  /* Removes an incomplete dump, because it looks like a complete one. */
  if (rc != MDBX_SUCCESS && dump.out && dump.out != stdout)
    tool_discard(dump.file);
  return rc == MDBX_SUCCESS && !dump.damaged ? EXIT_SUCCESS : EXIT_FAILURE;
}
