/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/mdbx.c: one command for people: looks at, changes, copies, moves and watches databases by subcommands.
 */
#include "command.h"
#include "subcommands.h"

#include <string.h>

#define CREATE_OPTIONS                                                                                                 \
  "  -c, --create           make the database and the table if they are not there\n"                                   \
  "  -F, --flags LIST       the same, and the table has these flags: reversekey,\n"                                    \
  "                         integerkey, dupsort, dupfixed, integerdup, reversedup\n"

const struct command commands[] = {
    {"get", "Records", "[OPTION...] DATABASE [KEY...]", "Show values of keys, or all records, or a part of them",
     "  -f, --from KEY         begin with this key\n"
     "  -T, --to KEY           end with this key\n"
     "  -p, --prefix KEY       keys that begin so\n"
     "  -l, --limit N          no more records than this\n"
     "  -r, --reverse          the last one first\n"
     "  -k, --keys             no values\n"
     "  -R, --raw              values as they are, nothing between or behind them\n",
     run_get},
    {"put", "Records", "[OPTION...] DATABASE KEY [VALUE]", "Store a record",
     CREATE_OPTIONS "  -N, --no-overwrite     fail if the key is there\n"
                    "  -a, --append           the key is behind all others\n"
                    "  -f, --file FILE        the value is the content of FILE, or of standard\n"
                    "                         input for \"-\"\n",
     run_put},
    {"del", "Records", "[OPTION...] DATABASE KEY [VALUE]", "Delete a key, or one of its values", "", run_del},
    {"edit", "Records", "[OPTION...] DATABASE", "Make several changes in one transaction, in the order given",
     CREATE_OPTIONS "      --set KEY=VALUE    store\n"
                    "      --set-file KEY=FILE  store the content of a file\n"
                    "      --add KEY=VALUE    store, unless the key is there\n"
                    "      --add-file KEY=FILE  the same with the content of a file\n"
                    "      --delete KEY       delete; all values of the key\n",
     run_edit},
    {"drop", "Records", "[OPTION...] DATABASE", "Empty a table, or delete it",
     "  -d, --delete           delete it\n"
     "Without -t it is the main table, and all named tables go with it.\n",
     run_drop},
    {"stat", "State", "[OPTION...] DATABASE", "Show sizes, pages and tables",
     "  --prometheus           as metrics in the text format of Prometheus\n", run_stat},
    {"readers", "State", "[OPTION...] DATABASE", "Show who reads, and what is held back by that",
     "  -c, --clean            first clear what dead processes left\n", run_readers},
    {"geometry", "State", "[OPTION...] DATABASE", "Show or change the sizes of a file, also of one in use",
     "  -l, --lower SIZE       the file is never smaller\n"
     "  -c, --now SIZE         the size from now on\n"
     "  -u, --upper SIZE       the file is never larger\n"
     "  -g, --grow SIZE        how much it grows at a time\n"
     "  -s, --shrink SIZE      how large an unused tail is given back\n"
     "  -d, --dry-run          only say what would happen\n"
     "Sizes are bytes, or have K, M, G or T behind them.\n",
     run_geometry},
    {"warm", "State", "[OPTION...] DATABASE", "Read a database into memory",
     "  -b, --background       ask the system to do so and return\n"
     "  -l, --lock             keep it there until the program is stopped\n"
     "  -T, --timeout TIME     give up after so many seconds\n",
     run_warm},
    {"defrag", "State", "[OPTION...] DATABASE", "Make the file smaller while others use it",
     "  -v, --verbose          a line for each step\n"
     "  -T, --time TIME        end after so many seconds\n"
     "  -m, --least-time TIME  work at least so long before -e may end it\n"
     "  -a, --least SIZE       give back at least this before -T may end it\n"
     "  -e, --enough SIZE      end when so much was given back\n"
     "  -b, --backlash PAGES   free pages that may be left\n"
     "  -c, --batch PAGES      how many to move in one commit\n",
     run_defrag},
    {"copy", "Copies", "[OPTION...] DATABASE FILE", "Copy the newest commit while others write",
     "  -c, --compact          leave unused pages out; no increment fits such a copy\n"
     "  -d, --dynamic          the copy can grow, even if the source cannot\n"
     "  -f, --force            replace an existing file\n"
     "  -N, --no-verify        copy damaged pages, too\n"
     "  -p, --throttle         do not hold writers back while the output is slow\n"
     "Into a directory it goes under the usual name.\n",
     run_copy},
    {"copyfd", "Copies", "[OPTION...] DATABASE", "The same to standard output",
     "  -c, --compact          leave unused pages out\n"
     "  -d, --dynamic          the copy can grow, even if the source cannot\n"
     "  -N, --no-verify        copy damaged pages, too\n"
     "  -p, --throttle         do not hold writers back while the output is slow\n"
     "      --fd N             to this descriptor instead\n",
     run_copyfd},
    {"backup", "Copies", "[OPTION...] DATABASE FILE",
     "Back up: a whole copy, or what is new since an earlier one",
     "  -s, --since-copy FILE  only what this copy, or increment, does not have\n"
     "  -S, --since COMMIT     only what is newer than this commit\n"
     "  -f, --force            replace an existing file\n"
     "  -N, --no-verify        copy damaged pages, too\n"
     "  -p, --throttle         do not hold writers back while the output is slow\n"
     "\"mdbx apply\" brings increments into the copy, in their order.\n",
     run_backup},
    {"apply", "Copies", "[OPTION...] COPY INCREMENT...", "Bring increments into a copy", "", run_apply},
    {"dump", "Text", "[OPTION...] DATABASE [TABLE[=FILE]...]", "Write tables as text that mdbx load and mdb_load read",
     "  -o, --output FILE      instead of standard output\n"
     "  -p, --printable        characters as they are where possible\n"
     "  -r, --rescue           go on where a table is damaged\n"
     "  -x, --strict           only header lines that mdb_load and db_load know\n"
     "  -c, --cdb              the format of cdbmake, a file for each table: TABLE.cdbmake,\n"
     "                         or the one given; \"@MAIN\" is the main table\n",
     run_dump},
    {"load", "Text", "[OPTION...] DATABASE [FILE]", "Read what mdbx dump or mdb_dump has written",
     "  -a, --append           the text is in the order of the table\n"
     "  -N, --keep             keep records that are there already\n"
     "  -p, --purge            empty each table first\n"
     "  -r, --rescue           go on behind what is malformed or cannot be stored\n"
     "  -T, --plain            keys and values on lines in turn, no header\n"
     "  -u, --upper SIZE       the file is never larger; and so on as of geometry:\n"
     "  -l, --lower  -g, --grow  -S, --shrink\n"
     "  -P, --page-size SIZE   of a new database\n"
     "  -b, --batch N          records of one commit\n",
     run_load},
    {"restore", "Text", "[OPTION...] DATABASE TABLE=FILE...", "Read files in the format of cdbmake, in one transaction",
     CREATE_OPTIONS "  -p, --purge            empty each table first\n"
                    "\"@MAIN\" is the main table, \"-\" standard input.\n",
     run_restore},
    {"rewrite", "Text", "[OPTION...] DATABASE FILE [TABLE...]",
     "Copy tables in the order of their keys into a new database",
     "  -P, --page-size SIZE   of the new database\n"
     "The pages of the result are full, and lie in order.\n",
     run_rewrite},
    {"import", "Text", "[OPTION...] LMDB-ENVIRONMENT DATABASE", "Make a database from one of LMDB, by LMDB's mdb_dump",
     "  -u, --upper SIZE       the file is never larger; and so on as of geometry:\n"
     "  -l, --lower  -g, --grow  -S, --shrink\n"
     "  -P, --page-size SIZE   of a new database\n"
     "  -b, --batch N          records of one commit\n",
     run_import},
    {"watch", "Sessions", "[OPTION...] DATABASE", "Show what happens in a database, a line for each interval",
     "  -c, --csv              values separated by commas\n"
     "  -i, --interval TIME    seconds between lines, 1 if not given\n"
     "  -r, --rounds N         as many lines\n"
     "  --prometheus FILE      no lines: metrics in a file that is replaced each time\n",
     run_watch},
    {"shell", "Sessions", "[OPTION...] [DATABASE]", "Read commands, with line editing, history and completion", "",
     run_shell},
    {"chk", "Sessions", "[OPTION...] DATABASE", "Check a database: runs mdbx_chk, which has its own options", "",
     run_chk},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

/* ----------------------------------------------------------------------------------------------------- the program */

static const struct tool_about about = {"mdbx", "[OPTION...] COMMAND [ARGUMENT...]",
                                        "\"mdbx help\" lists the commands, \"mdbx help COMMAND\" explains one.\n"};

static void list_commands(void) {
  const char *group = "";
  printf("usage: mdbx [OPTION...] COMMAND [ARGUMENT...]\n");
  for (const struct command *command = commands; command->name; ++command) {
    if (strcmp(group, command->group) != 0)
      printf("\n%s%s%s\n", bold(), command->group, plain());
    group = command->group;
    printf("  %-10s %s\n", command->name, command->summary);
  }
  printf("\n\"mdbx help COMMAND\" shows the options of a command, \"man mdbx\" tells more.\n");
}

static int help(int argc, char *argv[]) {
  static char option[] = "--help";
  if (argc < 2) {
    list_commands();
    return command_end(MDBX_SUCCESS);
  }
  const struct command *command = command_find(argv[1]);
  if (!command)
    tool_usage("there is no command \"%s\"", argv[1]);
  char *arguments[] = {argv[1], option, NULL};
  return command_run(command, 2, arguments);
}

int main(int argc, char *argv[]) {
  tool_start(&about, 0, NULL);
  if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
    return help(1, argv);
  if (argc == 2 && strcmp(argv[1], "-V") == 0)
    tool_version();
  while (command_option(argc, argv, "+", NULL) != -1)
    continue;
  argc -= optind;
  argv += optind;
  if (!argc)
    tool_usage("no command given");
  if (strcmp(argv[0], "help") == 0)
    return help(argc, argv);
  const struct command *command = command_find(argv[0]);
  if (!command)
    tool_usage("there is no command \"%s\"", argv[0]);
  return command_run(command, argc, argv);
}
