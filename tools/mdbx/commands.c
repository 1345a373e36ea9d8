/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands: what "mdbx help", the shell and its completion know of them. */
#include "command.h"

#include "subcommands.h"

#define CREATE_OPTIONS \
  "  -c, --create           create the database and the table if they do not exist\n" \
  "  -F, --flags LIST       the same, with these flags for the table: reversekey,\n" \
  "                         integerkey, dupsort, dupfixed, integerdup, reversedup\n"

const struct command commands[] = {
    {"get", "Records", "[OPTION...] DATABASE [KEY...]", "Show values of keys, or all records, or a part of them",
     "  -f, --from KEY         begin with this key\n"
     "  -T, --to KEY           end with this key\n"
     "  -p, --prefix KEY       only keys that begin with KEY\n"
     "  -l, --limit N          show at most N records\n"
     "  -r, --reverse          begin with the last one\n"
     "  -k, --keys             show only keys\n"
     "  -R, --raw              write values unchanged, without line ends\n",
     run_get},
    {"put", "Records", "[OPTION...] DATABASE KEY [VALUE]", "Store a record",
     CREATE_OPTIONS "  -N, --no-overwrite     fail if the key exists\n"
                    "  -a, --append           fail unless the key follows all others\n"
                    "  -f, --file FILE        the value is the content of FILE, or of standard\n"
                    "                         input for \"-\"\n",
     run_put},
    {"del", "Records", "[OPTION...] DATABASE KEY [VALUE]", "Delete a key, or one of its values", "", run_del},
    {"edit", "Records", "[OPTION...] DATABASE", "Make several changes in one transaction, in the order given",
     CREATE_OPTIONS "      --set KEY=VALUE    store\n"
                    "      --set-file KEY=FILE  store the content of a file\n"
                    "      --add KEY=VALUE    store, unless the key exists\n"
                    "      --add-file KEY=FILE  the same with the content of a file\n"
                    "      --delete KEY       delete the key with all its values\n",
     run_edit},
    {"drop", "Records", "[OPTION...] DATABASE", "Empty a table, or delete it",
     "  -d, --delete           delete it\n"
     "Without -t it empties the main table, which also deletes all named tables.\n",
     run_drop},
    {"count", "Records", "[OPTION...] DATABASE [TABLE...]", "Show how many records tables have",
     "Without TABLE it counts the table of -t, or the main table.\n", run_count},
    {"stat", "State", "[OPTION...] DATABASE", "Show sizes, pages and tables",
     "  --prometheus           print metrics in the text format of Prometheus\n", run_stat},
    {"readers", "State", "[OPTION...] DATABASE", "Show the readers, and what they prevent from being reused",
     "  -c, --clean            first release the slots of dead processes\n", run_readers},
    {"geometry", "State", "[OPTION...] DATABASE", "Show or change the sizes of a file, also of one in use",
     "  -l, --lower SIZE       the file never gets smaller\n"
     "  -c, --now SIZE         the size from now on\n"
     "  -u, --upper SIZE       the file never gets larger\n"
     "  -g, --grow SIZE        growth step\n"
     "  -s, --shrink SIZE      return an unused tail of this length\n"
     "  -d, --dry-run          only say what would happen\n"
     "Sizes are in bytes, or have the suffix K, M, G or T.\n",
     run_geometry},
    {"warm", "State", "[OPTION...] DATABASE", "Read a database into memory",
     "  -b, --background       ask the system to do so and return\n"
     "  -l, --lock             keep it there until the program is stopped\n"
     "  -T, --timeout TIME     give up after so many seconds\n",
     run_warm},
    {"defrag", "State", "[OPTION...] DATABASE", "Make the file smaller while others use it",
     "  -v, --verbose          print a line for each step\n"
     "  -T, --time TIME        end after so many seconds\n"
     "  -m, --least-time TIME  work at least so long, even if -e is reached\n"
     "  -a, --least SIZE       return at least this much, even if -T is over\n"
     "  -e, --enough SIZE      end when this much was returned to the file system\n"
     "  -b, --backlash PAGES   end when only so many free pages are left\n"
     "  -c, --batch PAGES      pages to move in one commit\n"
     "      --progress         show how far it is, also where standard error is no terminal\n",
     run_defrag},
    {"copy", "Copies", "[OPTION...] DATABASE FILE", "Copy the newest commit while others write",
     "  -c, --compact          leave out unused pages; such a copy takes no increments\n"
     "  -d, --dynamic          the copy can grow, even if the source cannot\n"
     "  -f, --force            replace an existing file\n"
     "  -N, --no-verify        copy damaged pages as they are\n"
     "  -p, --throttle         let writers reuse pages while the output is slow\n"
     "      --progress         show how far it is, also where standard error is no terminal\n"
     "If FILE is a directory, the copy gets the usual name in it.\n",
     run_copy},
    {"copyfd", "Copies", "[OPTION...] DATABASE", "The same to standard output",
     "  -c, --compact          leave out unused pages\n"
     "  -d, --dynamic          the copy can grow, even if the source cannot\n"
     "  -N, --no-verify        copy damaged pages as they are\n"
     "  -p, --throttle         let writers reuse pages while the output is slow\n"
     "      --fd N             to this descriptor instead\n"
     "      --progress         show how far it is, also where standard error is no terminal\n",
     run_copyfd},
    {"backup", "Copies", "[OPTION...] DATABASE FILE", "Back up: a whole copy, or the changes since an earlier one",
     "  -s, --since-copy FILE  only pages that this copy or increment does not have\n"
     "  -S, --since COMMIT     only pages newer than this commit\n"
     "  -f, --force            replace an existing file\n"
     "  -N, --no-verify        copy damaged pages as they are\n"
     "  -p, --throttle         let writers reuse pages while the output is slow\n"
     "      --progress         show how far it is, also where standard error is no terminal\n"
     "\"mdbx apply\" applies increments to the copy, in their order.\n",
     run_backup},
    {"apply", "Copies", "[OPTION...] COPY INCREMENT...", "Apply increments to a copy", "", run_apply},
    {"dump", "Text", "[OPTION...] DATABASE [TABLE[=FILE]...]", "Write tables as text that mdbx load and mdb_load read",
     "  -o, --output FILE      write to FILE instead of standard output\n"
     "  -p, --printable        write printable characters as they are\n"
     "  -r, --rescue           read around damaged pages\n"
     "      --concise          write a key with several values once; mdb_load does not read that\n"
     "  -x, --strict           only what mdb_load reads\n"
     "  -c, --cdb              write the format of cdbmake, one file for each table, by default\n"
     "                         TABLE.cdbmake; \"@MAIN\" is the main table\n",
     run_dump},
    {"load", "Text", "[OPTION...] DATABASE [FILE]", "Read what mdbx dump or mdb_dump has written",
     "  -a, --append           the text is in the order of the table\n"
     "  -N, --keep             keep existing records\n"
     "  -p, --purge            empty each table first\n"
     "  -r, --rescue           skip malformed lines and records that cannot be stored\n"
     "  -T, --plain            no header; lines are alternately a key and a value\n"
     "  -u, --upper SIZE       upper size; the other sizes are as for geometry:\n"
     "  -l, --lower  -g, --grow  -S, --shrink\n"
     "  -P, --page-size SIZE   page size of a new database\n"
     "  -b, --batch N          store so many records in one commit\n",
     run_load},
    {"restore", "Text", "[OPTION...] DATABASE TABLE=FILE...", "Read files in the format of cdbmake, in one transaction",
     CREATE_OPTIONS "  -p, --purge            empty each table first\n"
                    "\"@MAIN\" is the main table, \"-\" standard input.\n",
     run_restore},
    {"rewrite", "Text", "[OPTION...] DATABASE FILE [TABLE...]",
     "Copy tables in the order of their keys into a new database",
     "  -P, --page-size SIZE   page size of the new database\n"
     "The pages of the new file are full, and in the order of the keys.\n",
     run_rewrite},
    {"import", "Text", "[OPTION...] LMDB-ENVIRONMENT DATABASE", "Convert a database of LMDB, with LMDB's mdb_dump",
     "  -u, --upper SIZE       upper size; the other sizes are as for geometry:\n"
     "  -l, --lower  -g, --grow  -S, --shrink\n"
     "  -P, --page-size SIZE   page size of a new database\n"
     "  -b, --batch N          store so many records in one commit\n",
     run_import},
    {"watch", "Sessions", "[OPTION...] DATABASE", "Show the activity of a database, a line for each interval",
     "  -c, --csv              values separated by commas\n"
     "  -i, --interval TIME    seconds between lines (default: 1)\n"
     "  -r, --rounds N         end after N lines\n"
     "  --prometheus FILE      print nothing; replace FILE by metrics each time\n"
     "  --svg FILE             print nothing; replace FILE by a picture of size, use and\n"
     "                         readers' lag over time\n",
     run_watch},
    {"shell", "Sessions", "[OPTION...] [DATABASE]", "Read commands, with line editing, history and completion", "",
     run_shell},
    {"chk", "Sessions", "[OPTION...] DATABASE", "Check a database: runs mdbx_chk, which has its own options", "",
     run_chk},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};
