/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include "bytes.h"
#include "session.h"
#include "tools/tool_json.h"

#include <string.h>
#include <unistd.h>

struct wishes wishes;
/* The text of --help; after a wrong argument only the usage is printed. */
static struct tool_about about;
static char full_help[8192];

/* ------------------------------------------------------------------------------------------------------- options */

enum {
  OPTION_KEY_FORMAT = 1000,
  OPTION_VALUE_FORMAT,
  OPTION_TEXT,
  OPTION_HEX,
  OPTION_JSON,
  OPTION_HELP,
  OPTION_VERSION
};

#define COMMON_LETTERS "t:nq" TOOL_ACCESS_LETTERS
#define LETTERS_MAX 64
#define LONGS_MAX 48

static const struct option common_longs[] = {
    {"table", required_argument, NULL, 't'},
    {"no-subdir", no_argument, NULL, 'n'},
    {"quiet", no_argument, NULL, 'q'},
    {"lockless", no_argument, NULL, 'L'},
    {"exclusive", no_argument, NULL, 'X'},
    {"key-format", required_argument, NULL, OPTION_KEY_FORMAT},
    {"value-format", required_argument, NULL, OPTION_VALUE_FORMAT},
    {"text", no_argument, NULL, OPTION_TEXT},
    {"hex", no_argument, NULL, OPTION_HEX},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static enum form form_named(const char *name) {
  static const struct {
    const char *name;
    enum form form;
  } forms[] = {{"text", FORM_TEXT}, {"hex", FORM_HEX}, {"u32", FORM_U32}, {"u64", FORM_U64}};
  for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); ++i)
    if (strcmp(forms[i].name, name) == 0)
      return forms[i].form;
  tool_usage("\"%s\" is no format: text, hex, u32 and u64 are", name);
}

static enum form json_form(void) {
  if (!json_is_there())
    tool_usage("--json was not built in: this mdbx was made without the cJSON library");
  return FORM_JSON;
}

static bool take_common(int option) {
  switch (option) {
  case 't':
    wishes.table.iov_base = strcmp(optarg, TOOL_MAIN_TABLE) == 0 ? NULL : optarg;
    wishes.table.iov_len = wishes.table.iov_base ? strlen(optarg) : 0;
    return true;
  case 'n':
    wishes.env_flags |= MDBX_NOSUBDIR;
    return true;
  case 'q':
    tool_quiet = true;
    return true;
  case 'L':
  case 'X':
    return tool_take_access(option);
  case OPTION_KEY_FORMAT:
    wishes.key = form_named(optarg);
    return true;
  case OPTION_VALUE_FORMAT:
    wishes.value = form_named(optarg);
    return true;
  case OPTION_TEXT:
    wishes.output = FORM_TEXT;
    return true;
  case OPTION_HEX:
    wishes.output = FORM_HEX;
    return true;
  case OPTION_JSON:
    wishes.output = json_form();
    return true;
  case OPTION_HELP:
    if (*full_help)
      about.options = full_help;
    tool_help();
  case OPTION_VERSION:
    tool_version();
  default:
    return false;
  }
}

static void refuse(int result, char *argv[]) {
  const char *given = argv[optind - 1];
  if (result == ':' && optopt < 128)
    tool_usage("option -%c needs an argument", optopt);
  if (result == ':')
    tool_usage("option %s needs an argument", given);
  if (optopt > ' ' && optopt < 127)
    tool_usage("unknown option -%c", optopt);
  tool_usage("unknown or ambiguous option %s", given);
}

int command_option(int argc, char *argv[], const char *letters, const struct option *longs) {
  char all_letters[LETTERS_MAX];
  struct option all_longs[LONGS_MAX];
  size_t count = 0;
  for (; longs && longs->name; ++longs)
    all_longs[count++] = *longs;
  memcpy(all_longs + count, common_longs, sizeof(common_longs));
  /* A '+' at the beginning (commands that run another program) must stay at the beginning. */
  const bool stop_at_first = *letters == '+';
  snprintf(all_letters, sizeof(all_letters), "%s:%s" COMMON_LETTERS, stop_at_first ? "+" : "", letters + stop_at_first);
  for (;;) {
    const int option = getopt_long(argc, argv, all_letters, all_longs, NULL);
    if (option == '?' || option == ':')
      refuse(option, argv);
    if (option == -1 || !take_common(option))
      return option;
  }
}

char **command_arguments(int argc, char *argv[], int least, int most, int *count) {
  const int given = argc - optind;
  if (given < least)
    tool_usage("%s", given == 0 ? "no database given" : "an argument is missing");
  if (given > most)
    tool_usage("too many arguments: %s", argv[optind + most]);
  if (count)
    *count = given;
  return argv + optind;
}

/* Names of table flags, as statistics and dumps have them, separated by commas. */
static unsigned parse_table_flags(const char *list) {
  unsigned flags = 0;
  while (*list) {
    const size_t length = strcspn(list, ",");
    const struct tool_table_flag *flag = tool_table_flags;
    while (flag->bit && (strlen(flag->name) != length || strncmp(flag->name, list, length) != 0))
      ++flag;
    if (!flag->bit)
      tool_usage("\"%.*s\" is no flag of a table", (int)length, list);
    flags |= flag->bit;
    list += length + (list[length] == ',');
  }
  if (flags & (MDBX_DUPFIXED | MDBX_INTEGERDUP | MDBX_REVERSEDUP))
    flags |= MDBX_DUPSORT;
  if (flags & MDBX_INTEGERDUP)
    flags |= MDBX_DUPFIXED;
  return flags;
}

bool take_create(int option, unsigned *create) {
  if (option == 'c')
    *create |= MDBX_CREATE;
  else if (option == 'F')
    *create |= MDBX_CREATE | parse_table_flags(optarg);
  return option == 'c' || option == 'F';
}

/* ------------------------------------------------------------------------------------------------ running a command */

const struct command *command_find(const char *name) {
  for (const struct command *command = commands; command->name; ++command)
    if (strcmp(command->name, name) == 0)
      return command;
  return NULL;
}

#define OPTIONS_OF_ALL \
  "Options of every command:\n" \
  "  -t, --table TABLE      a named table instead of the main one, @MAIN\n" \
  "  -n, --no-subdir        DATABASE is a data file, not a directory (needed only for\n" \
  "                         a new one)\n" \
  "  -L, --lockless         read without the lock file; nobody may write meanwhile\n" \
  "  -X, --exclusive        open exclusively: nobody else may have it open; works on\n" \
  "                         network file systems\n" \
  "  -q, --quiet            print only errors\n" \
  "      --key-format F     format of keys on the command line: text, hex, u32 or u64\n" \
  "      --value-format F   the same for values\n" \
  "      --text --hex --json  format of the output\n" \
  "      --help --version\n"

void command_introduce(const struct command *command) {
  static char name[64];
  snprintf(name, sizeof(name), "mdbx %s", command->name);
  snprintf(full_help, sizeof(full_help), "%s.\n\n%s%s" OPTIONS_OF_ALL, command->summary, command->options,
           *command->options ? "\n" : "");
  about.name = name;
  about.arguments = command->arguments;
  about.options = "";
  tool_start(&about, 0, NULL);
}

int command_run(const struct command *command, int argc, char *argv[]) {
  command_introduce(command);
  optind = 0;
  return command->run(argc, argv);
}

int command_end(int rc) {
  if (bytes_lost_json() && rc == MDBX_SUCCESS)
    rc = tool_fail(MDBX_ENOMEM, "JSON is missing in the output");
  if (tool_flush(stdout, "standard output") != MDBX_SUCCESS)
    return EXIT_FAILURE;
  return rc == MDBX_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* --------------------------------------------------------------------------------------------------------- places */

const char *place_table_name(void) { return wishes.table.iov_base ? tool_shown_name(&wishes.table) : TOOL_MAIN_TABLE; }

int place_open_table(struct place *place, const MDBX_val *name, unsigned flags) {
  const char *shown = name ? tool_shown_name(name) : TOOL_MAIN_TABLE;
  /* An existing table keeps its flags, unless the options name some. */
  const unsigned accede = flags & ~(unsigned)MDBX_CREATE ? 0 : MDBX_DB_ACCEDE;
  int rc = mdbx_dbi_open2(place->txn, name, (MDBX_db_flags_t)(flags | accede), &place->dbi);
  if (rc == MDBX_NOTFOUND) {
    const char *path = tool_opened();
    mdbx_env_get_path(place->env, &path);
    tool_message("%s: there is no table %s%s%s", path, shown, tool_missing_hint ? "; " : "",
                 tool_missing_hint ? tool_missing_hint : "");
    return rc;
  }
  if (rc == MDBX_SUCCESS)
    rc = mdbx_dbi_flags(place->txn, place->dbi, &place->flags);
  return rc == MDBX_SUCCESS ? rc : tool_fail(rc, "cannot open %s", shown);
}

static const MDBX_val *wished_table(void) { return wishes.table.iov_base ? &wishes.table : NULL; }

/* Whether the shell has a transaction open, to which this place belongs. */
static bool join(struct place *place, int *rc) {
  place->joined = session_depth() > 0;
  if (place->joined)
    *rc = session_join(place);
  return place->joined;
}

int place_begin_reading(struct place *place, const char *path) {
  int rc;
  if (join(place, &rc))
    return rc;
  rc = tool_open_for_reading(&place->env, path, wishes.env_flags);
  if (rc == MDBX_SUCCESS)
    rc = tool_begin_reading(place->env, &place->txn);
  return rc;
}

int place_open_reading(struct place *place, const char *path) {
  const int rc = place_begin_reading(place, path);
  return rc == MDBX_SUCCESS ? place_open_table(place, wished_table(), 0) : rc;
}

int place_begin_writing(struct place *place, const char *path, unsigned create) {
  int rc;
  if (join(place, &rc))
    return rc;
  rc = tool_open(&place->env, path, MDBX_ACCEDE | wishes.env_flags, create ? 0664 : 0);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = mdbx_txn_begin(place->env, NULL, MDBX_TXN_READWRITE, &place->txn);
  return rc == MDBX_SUCCESS ? rc : tool_fail(rc, "cannot begin to write");
}

int place_open_writing(struct place *place, const char *path, unsigned create) {
  const int rc = place_begin_writing(place, path, create);
  return rc == MDBX_SUCCESS ? place_open_table(place, wished_table(), create) : rc;
}

int place_commit(struct place *place) {
  int rc = mdbx_txn_commit(place->txn);
  place->txn = NULL;
  if (rc == MDBX_RESULT_TRUE)
    rc = MDBX_BAD_TXN;
  return rc == MDBX_SUCCESS ? rc : tool_fail(rc, "cannot commit");
}

void place_close(struct place *place) {
  if (place->joined)
    session_leave(place);
  else
    tool_close(place->env, place->txn);
  memset(place, 0, sizeof(*place));
}

/* ------------------------------------------------------------------------------------------------------- terminal */

bool on_terminal(int descriptor) { return isatty(descriptor) == 1; }

static bool coloured(void) { return on_terminal(STDOUT_FILENO) && !getenv("NO_COLOR"); }

const char *bold(void) { return coloured() ? "\033[1m" : ""; }

const char *plain(void) { return coloured() ? "\033[0m" : ""; }
