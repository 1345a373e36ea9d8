/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx_load.c: fills tables from text, as mdbx_dump, mdb_dump and db_dump write it.
 */
#include "load_run.h"
#include "tool_common.h"

#include <unistd.h>

static const struct tool_about about = {
    "mdbx_load",
    "[-V] [-h] [-a] [-b N] [-f FILE] [-n] [-N] [-p] [-q] [-Q] [-r] [-s TABLE] [-T] [-g SIZE] [-l SIZE] [-P SIZE] [-S "
    "SIZE] "
    "[-u SIZE] DATABASE",
    "  -a  append: the input is in the order of the table; required for tables whose\n"
    "      comparator only the application has\n"
    "  -b  store so many records in one commit\n"
    "  -f  read FILE instead of standard input\n"
    "  -g  growth step of the file\n"
    "  -h  show this help and exit\n"
    "  -l  lower size of the file\n"
    "  -n  a new DATABASE is a data file, not a directory\n"
    "  -N  keep existing records\n"
    "  -p  purge: empty each table before it is loaded\n"
    "  -P  page size of a new database\n"
    "  -q  print only errors\n"
    "  -Q  accepted and ignored: one flush at the end makes everything durable anyway\n"
    "  -r  rescue: skip malformed lines and records that cannot be stored\n"
    "  -s  load into this named table, even if the input names another one\n"
    "  -S  shrink threshold: an unused tail of this length is returned\n"
    "  -T  plain text: no header; lines are alternately a key and a value\n"
    "  -u  upper size of the file\n"
    "  -V  show the version and exit\n"
    "Sizes are bytes, or have K, M or G behind them. Without them those of the input hold.\n",
};

static void read_options(int argc, char *argv[], struct load *load) {
  for (int option; (option = getopt(argc, argv, ":VNQTaf:hnpqrs:" LOAD_SIZE_LETTERS)) != -1;) {
    switch (option) {
    case 'V':
      tool_version();
    case 'N':
      load->keep = true;
      break;
    case 'Q':
      break;
    case 'T':
      load->plain = true;
      break;
    case 'a':
      load->append = true;
      break;
    case 'f':
      load->input.name = optarg;
      break;
    case 'h':
      tool_help();
    case 'n':
      load->env_flags |= MDBX_NOSUBDIR;
      break;
    case 'p':
      load->purge = true;
      break;
    case 'q':
      tool_quiet = true;
      break;
    case 'r':
      load->rescue = true;
      break;
    case 's':
      load->table = optarg;
      break;
    case '?':
    case ':':
      tool_bad_option(option, optopt);
    default:
      if (!load_take_size(load, option, optarg))
        tool_usage("\"%s\" cannot be the argument of -%c", optarg, option);
    }
  }
  if (argc - optind != 1)
    tool_usage("%s", argc == optind ? "no database given" : "too many arguments");
  load->path = argv[optind];
}

int main(int argc, char *argv[]) {
  struct load load = {.input = {.file = stdin}, .sizes = LOAD_ANY_SIZES};
  tool_start(&about, argc, argv);
  read_options(argc, argv, &load);
  if (load.input.name && !(load.input.file = fopen(load.input.name, "r"))) {
    tool_fail(errno, "cannot read %s", load.input.name);
    return EXIT_FAILURE;
  }
  if (!load.input.name)
    load.input.name = "standard input";
  tool_catch_signals();
  int rc = load_all(&load);
  const bool opened = load.env != NULL;
  rc = load_finish(&load, rc);
  if (opened)
    load_report(&load);
  if (opened && rc != MDBX_SUCCESS && access(load.path, F_OK) != 0)
    tool_message("note: %s was not there before, and half of it does not stay", load.path);
  if (load.input.file != stdin)
    fclose(load.input.file);
  return rc == MDBX_SUCCESS && !load.failed ? EXIT_SUCCESS : EXIT_FAILURE;
}
