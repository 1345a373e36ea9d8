/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/mdbx.c: a command for interactive use: inspects, changes, copies, moves and watches databases by
 * subcommands.
 */
#include "command.h"

#include <string.h>

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
  printf("\n\"mdbx help COMMAND\" shows the options of a command; \"man mdbx\" is the manual.\n");
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
