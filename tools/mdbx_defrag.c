/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx_defrag.c: makes the file of a database smaller while others use it.
 */
#include "defrag_run.h"
#include "tool_common.h"

#include <getopt.h>
#include <unistd.h>

static const struct tool_about about = {
    "mdbx_defrag",
    "[-V] [-h] [-n] [-q] [-v] [-a SIZE] [-b PAGES] [-c PAGES] [-e SIZE] [-m TIME] [-T TIME] [--progress] DATABASE",
    "  -a  return at least so many bytes, such as 10M, even if -T is over\n"
    "  -b  stop when no more free pages than this are left among the used ones\n"
    "  -c  about how many pages to move in one commit\n"
    "  -e  enough: end when so many bytes were returned to the file system\n"
    "  -h  show this help and exit\n"
    "  -m  work at least so many seconds, even if -e is reached\n"
    "  -n  DATABASE is a data file, not a directory (needed only for a new one)\n"
    "  -q  print only errors\n"
    "  -T  end after so many seconds\n"
    "  -v  print a line for each step\n"
    "  -V  show the version and exit\n"
    "  --progress  show how far it is, also where standard error is no terminal\n",
};

int main(int argc, char *argv[]) {
  static const struct option longs[] = {{"progress", no_argument, NULL, DEFRAG_PROGRESS}, {NULL, 0, NULL, 0}};
  struct defrag_limits limits = DEFRAG_NO_LIMITS;
  unsigned env_flags = 0;
  MDBX_env *env = NULL;
  tool_start(&about, argc, argv);
  for (int option; (option = getopt_long(argc, argv, ":Vhnq" DEFRAG_LETTERS, longs, NULL)) != -1;) {
    switch (option) {
    case 'V':
      tool_version();
    case 'h':
      tool_help();
    case 'n':
      env_flags |= MDBX_NOSUBDIR;
      break;
    case 'q':
      tool_quiet = true;
      break;
    case '?':
    case ':':
      tool_bad_option(option, optopt);
    default:
      if (!defrag_take_option(&limits, option, optarg))
        tool_usage("\"%s\" cannot be the argument of -%c", optarg, option);
    }
  }
  if (argc - optind != 1)
    tool_usage("%s", argc == optind ? "no database given" : "too many arguments");
  tool_catch_signals();
  int rc = tool_open(&env, argv[optind], MDBX_ACCEDE | env_flags, 0);
  if (rc == MDBX_SUCCESS)
    rc = tool_defrag(env, &limits);
  tool_close(env, NULL);
  if (tool_flush(stdout, "standard output") != MDBX_SUCCESS)
    rc = MDBX_EIO;
  return rc == MDBX_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}
