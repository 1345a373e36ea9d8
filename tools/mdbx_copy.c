/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx_copy.c: copies the newest snapshot of a database while others use it, to a file or standard output.
 */
#include "progress.h"
#include "tool_common.h"

#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct tool_about about = {
    "mdbx_copy",
    "[-V] [-h] [-c] [-d] [-f] [-L|-X] [-n] [-N] [-p] [-q] [-u|-U] [--progress] SOURCE [DESTINATION]",
    "  -c  compact: leave out unused pages\n"
    "  -d  the copy can grow, even if the source cannot\n"
    "  -f  replace an existing file\n"
    "  -h  show this help and exit\n"
    "  -n  SOURCE is a data file, not a directory (needed only for a new one)\n"
    "  -N, --no-verify  copy damaged pages as they are\n"
    "  -p  throttle: while the destination is slow, writers may reuse the pages of the\n"
    "      snapshot; if one does, the copy fails\n"
    "  -q  print only errors\n" TOOL_WARM_HELP TOOL_ACCESS_HELP "  -V  show the version and exit\n"
    "  --progress  show how far the copy is, also where standard error is no terminal\n"
    "Without DESTINATION, or with \"-\", the copy goes to standard output.\n",
};

/* The copy is one file. In a directory it gets the usual name. */
static const char *file_at(const char *destination, char *buffer, size_t size) {
  struct stat status;
  if (stat(destination, &status) != 0 || !S_ISDIR(status.st_mode))
    return destination;
  const int length = snprintf(buffer, size, "%s%s", destination, MDBX_DATANAME);
  return length > 0 && (size_t)length < size ? buffer : NULL;
}

static int copy_to_output(MDBX_env *env, const char *source, unsigned flags) {
  progress_begin(env);
  const int rc = mdbx_env_copy2fd(env, STDOUT_FILENO, (MDBX_copy_flags_t)flags);
  progress_end(env);
  return rc == MDBX_SUCCESS ? rc : tool_fail(rc, "copying %s to standard output failed", source);
}

/* Writing to a file does not block, so a signal can wait for the next call of the progress function, and no part of the
 * copy stays. */
static bool is_file(const char *path) {
  struct stat status;
  return stat(path, &status) != 0 || S_ISREG(status.st_mode);
}

static int copy(MDBX_env *env, const char *source, const char *destination, unsigned flags) {
  char buffer[4096];
  const char *file = file_at(destination, buffer, sizeof(buffer));
  int rc = ENAMETOOLONG;
  if (file) {
    if (is_file(file))
      tool_catch_signals();
    progress_begin(env);
    rc = mdbx_env_copy(env, file, (MDBX_copy_flags_t)flags);
    progress_end(env);
  }
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "copying %s to %s failed", source, file ? file : destination);
  if (!tool_quiet)
    fprintf(stderr, "%s: copied to %s\n", source, file);
  return rc;
}

/* What the options ask for. */
struct wish {
  unsigned flags, env_flags;
};

enum { OPTION_PROGRESS = 256 };

static void take_option(struct wish *wish, int option) {
  switch (option) {
  case OPTION_PROGRESS:
    progress_want();
    break;
  case 'c':
    wish->flags |= MDBX_CP_COMPACT;
    break;
  case 'd':
    wish->flags |= MDBX_CP_FORCE_DYNAMIC_SIZE;
    break;
  case 'f':
    wish->flags |= MDBX_CP_OVERWRITE;
    break;
  case 'n':
    wish->env_flags |= MDBX_NOSUBDIR;
    break;
  case 'N':
    wish->flags |= MDBX_CP_NO_VERIFY;
    break;
  case 'p':
    wish->flags |= MDBX_CP_THROTTLE_MVCC;
    break;
  case 'q':
    tool_quiet = true;
    break;
  default:
    if (!tool_take_access(option) && !tool_take_warming(option))
      tool_bad_option(option, optopt);
  }
}

int main(int argc, char *argv[]) {
  struct wish wish = {MDBX_CP_DEFAULTS, 0};
  static const struct option longs[] = {
      {"no-verify", no_argument, NULL, 'N'}, {"progress", no_argument, NULL, OPTION_PROGRESS}, {NULL, 0, NULL, 0}};
  tool_start(&about, argc, argv);
  for (int option;
       (option = getopt_long(argc, argv, ":VcdfhnNpq" TOOL_WARM_LETTERS TOOL_ACCESS_LETTERS, longs, NULL)) != -1;) {
    if (option == 'V')
      tool_version();
    if (option == 'h')
      tool_help();
    take_option(&wish, option);
  }
  if (argc - optind < 1 || argc - optind > 2)
    tool_usage("%s", argc == optind ? "no source given" : "too many arguments");
  const char *source = argv[optind], *destination = argv[optind + 1];
  if (destination && destination[0] == '-' && !destination[1])
    destination = NULL;
  if (!destination && isatty(STDOUT_FILENO))
    tool_usage("standard output is a terminal, name a destination");

  MDBX_env *env = NULL;
  int rc = tool_open_for_reading(&env, source, wish.env_flags);
  if (rc == MDBX_SUCCESS) {
    tool_warm_up(env);
    rc = destination ? copy(env, source, destination, wish.flags) : copy_to_output(env, source, wish.flags);
  }
  tool_close(env, NULL);
  return rc == MDBX_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}
