/* SPDX-License-Identifier: Apache-2.0 */
/* Copies while others write: whole ones, and increments to them. */
#include "subcommands.h"

#include "bytes.h"
#include "target.h"
#include "tools/progress.h"
#include "tools/tool_sizes.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRESS_LONG \
  { "progress", no_argument, NULL, COMMAND_OPTION }

static const struct option copy_longs[] = {{"compact", no_argument, NULL, 'c'},
                                           {"dynamic", no_argument, NULL, 'd'},
                                           {"force", no_argument, NULL, 'f'},
                                           {"throttle", no_argument, NULL, 'p'},
                                           {"no-verify", no_argument, NULL, 'N'},
                                           PROGRESS_LONG,
                                           {NULL, 0, NULL, 0}};

struct copy_wish {
  unsigned flags;
  bool force;
};

static bool take_copy_option(int option, struct copy_wish *wish) {
  switch (option) {
  case 'c':
    wish->flags |= MDBX_CP_COMPACT;
    return true;
  case 'd':
    wish->flags |= MDBX_CP_FORCE_DYNAMIC_SIZE;
    return true;
  case 'N':
    wish->flags |= MDBX_CP_NO_VERIFY;
    return true;
  case 'p':
    wish->flags |= MDBX_CP_THROTTLE_MVCC;
    return true;
  case 'f':
    wish->force = true;
    return true;
  case COMMAND_OPTION:
    progress_want();
    return true;
  default:
    return false;
  }
}

/* ----------------------------------------------------------------------------------------------------------- copy */

/* What a copy is, as a line for the user. It is looked at before it gets its name: one that cannot be read gets none. */
static int describe_copy(const struct target *target, char *line, size_t size) {
  MDBX_envinfo info;
  struct stat status;
  char bytes[SIZE_TEXT];
  int rc = mdbx_preopen_snapinfo(target->temporary, &info, sizeof(info));
  if (rc == MDBX_SUCCESS && stat(target->temporary, &status) != 0)
    rc = errno;
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot read the new copy %s", target->temporary);
  snprintf(line, size, "%s: a copy of commit %" PRIu64 ", %s\n", target->name, info.mi_recent_txnid,
           size_show((uint64_t)status.st_size, bytes));
  return rc;
}

static int copy_whole(const char *source, const char *destination, const struct copy_wish *wish) {
  struct target target = {.name = NULL};
  MDBX_env *env = NULL;
  char line[4500] = "";
  int rc = tool_open_for_reading(&env, source, wishes.env_flags);
  if (rc == MDBX_SUCCESS)
    rc = target_begin(&target, destination, wish->force, TARGET_FILE);
  if (rc == MDBX_SUCCESS) {
    progress_begin(env);
    rc = mdbx_env_copy(env, target.temporary,
                       (MDBX_copy_flags_t)(wish->flags | (target.through ? MDBX_CP_OVERWRITE : 0)));
    progress_end(env);
    if (rc != MDBX_SUCCESS)
      tool_fail(rc, "copying %s to %s failed", source, target.name);
    else if (!target.through && !tool_quiet)
      rc = describe_copy(&target, line, sizeof(line));
  }
  rc = target_finish(&target, rc);
  if (rc == MDBX_SUCCESS)
    fputs(line, stdout);
  tool_close(env, NULL);
  return rc;
}

int run_copy(int argc, char *argv[]) {
  struct copy_wish wish = {.flags = 0};
  for (int option; (option = command_option(argc, argv, "cdfNp", copy_longs)) != -1;)
    take_copy_option(option, &wish);
  char **arguments = command_arguments(argc, argv, 2, 2, NULL);
  return command_end(copy_whole(arguments[0], arguments[1], &wish));
}

/* --------------------------------------------------------------------------------------------------------- copyfd */

int run_copyfd(int argc, char *argv[]) {
  static const struct option longs[] = {{"compact", no_argument, NULL, 'c'},
                                        {"dynamic", no_argument, NULL, 'd'},
                                        {"throttle", no_argument, NULL, 'p'},
                                        {"no-verify", no_argument, NULL, 'N'},
                                        {"fd", required_argument, NULL, 'F'},
                                        PROGRESS_LONG,
                                        {NULL, 0, NULL, 0}};
  struct copy_wish wish = {.flags = 0};
  uint64_t descriptor = STDOUT_FILENO;
  MDBX_env *env = NULL;
  for (int option; (option = command_option(argc, argv, "cdNpF:", longs)) != -1;)
    if (!take_copy_option(option, &wish) && !number_parse(optarg, INT32_MAX, &descriptor))
      tool_usage("\"%s\" is no descriptor", optarg);
  char **arguments = command_arguments(argc, argv, 1, 1, NULL);
  if (on_terminal((int)descriptor))
    tool_usage("a copy is nothing for a terminal: send it to a file or through a pipe");
  signal(SIGPIPE, SIG_IGN);
  int rc = tool_open_for_reading(&env, arguments[0], wishes.env_flags);
  if (rc == MDBX_SUCCESS) {
    progress_begin(env);
    rc = mdbx_env_copy2fd(env, (int)descriptor, (MDBX_copy_flags_t)wish.flags);
    progress_end(env);
    if (rc != MDBX_SUCCESS)
      tool_fail(rc, "copying %s to descriptor %d failed", arguments[0], (int)descriptor);
  }
  tool_close(env, NULL);
  return command_end(rc);
}

/* --------------------------------------------------------------------------------------------------------- backup */

/* The id of the database a copy was made from. Nothing is written beside the copy. */
static int identity_of(const char *path, MDBX_envinfo *info) {
  MDBX_env *env = NULL;
  int rc = mdbx_env_create(&env);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_set_lockless(env, true);
  if (rc == MDBX_SUCCESS)
    rc = tool_try_open(&env, path, MDBX_RDONLY, 0);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_info_ex(env, NULL, info, sizeof(*info));
  tool_close(env, NULL);
  return rc;
}

/* The snapshot that an increment must begin with: that of a copy, or the one that an earlier increment leads to. */
static int base_from(const MDBX_env *env, const char *path, uint64_t *txnid) {
  MDBX_increment_info increment;
  MDBX_envinfo copy, source;
  uint64_t x, y;
  /* The message of the failed attempt is not needed. */
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  int rc = mdbx_increment_info(path, &increment, sizeof(increment));
  mdbx_setup_debug(MDBX_LOG_WARN, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  if (rc == MDBX_SUCCESS) {
    *txnid = increment.ii_txnid;
    x = increment.ii_dxbid.x;
    y = increment.ii_dxbid.y;
  } else {
    rc = identity_of(path, &copy);
    if (rc != MDBX_SUCCESS)
      return tool_fail(rc, "%s is neither a copy nor an increment", path);
    *txnid = copy.mi_recent_txnid;
    x = copy.mi_dxbid.x;
    y = copy.mi_dxbid.y;
  }
  rc = mdbx_env_info_ex(env, NULL, &source, sizeof(source));
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot describe the database");
  if (source.mi_dxbid.x == x && source.mi_dxbid.y == y)
    return rc;
  tool_message("%s is of another database", path);
  return MDBX_INCOMPATIBLE;
}

static int write_increment(MDBX_env *env, uint64_t since, const char *destination, const struct copy_wish *wish) {
  struct target target = {.name = NULL};
  MDBX_increment_info info;
  int rc = target_begin(&target, destination, wish->force, TARGET_FILE);
  if (rc != MDBX_SUCCESS)
    return rc;
  progress_begin(env);
  rc = mdbx_env_copy_since(env, since, target.temporary,
                           (MDBX_copy_flags_t)(wish->flags | (target.through ? MDBX_CP_OVERWRITE : 0)));
  progress_end(env);
  if (rc != MDBX_SUCCESS)
    tool_fail(rc, "cannot write %s, what is newer than commit %" PRIu64, target.name, since);
  else if (!target.through && (rc = mdbx_increment_info(target.temporary, &info, sizeof(info))) != MDBX_SUCCESS)
    tool_fail(rc, "cannot read the new increment %s", target.temporary);
  const bool shows = !target.through && !tool_quiet;
  rc = target_finish(&target, rc);
  if (rc == MDBX_SUCCESS && shows)
    printf("%s: an increment from commit %" PRIu64 " to %" PRIu64 ", %" PRIu64 " pages\n", destination,
           info.ii_base_txnid, info.ii_txnid, info.ii_pages);
  return rc;
}

static int backup_since(const char *source, const char *destination, const char *copy, uint64_t since,
                        const struct copy_wish *wish) {
  MDBX_env *env = NULL;
  int rc = tool_open_for_reading(&env, source, wishes.env_flags);
  if (rc == MDBX_SUCCESS && copy)
    rc = base_from(env, copy, &since);
  if (rc == MDBX_SUCCESS)
    rc = write_increment(env, since, destination, wish);
  tool_close(env, NULL);
  return rc;
}

int run_backup(int argc, char *argv[]) {
  static const struct option longs[] = {{"since-copy", required_argument, NULL, 's'},
                                        {"since", required_argument, NULL, 'S'},
                                        {"force", no_argument, NULL, 'f'},
                                        {"throttle", no_argument, NULL, 'p'},
                                        {"no-verify", no_argument, NULL, 'N'},
                                        PROGRESS_LONG,
                                        {NULL, 0, NULL, 0}};
  struct copy_wish wish = {.flags = 0};
  const char *copy = NULL;
  uint64_t since = 0;
  for (int option; (option = command_option(argc, argv, "s:S:fNp", longs)) != -1;) {
    if (option == 's')
      copy = optarg;
    else if (option == 'S' && (!number_parse(optarg, UINT64_MAX, &since) || !since))
      tool_usage("\"%s\" is no number of a commit", optarg);
    else
      take_copy_option(option, &wish);
  }
  char **arguments = command_arguments(argc, argv, 2, 2, NULL);
  if (copy && since)
    tool_usage("--since and --since-copy exclude each other");
  if (!copy && !since)
    return command_end(copy_whole(arguments[0], arguments[1], &wish));
  return command_end(backup_since(arguments[0], arguments[1], copy, since, &wish));
}

static int apply_one(const char *copy, const char *increment) {
  MDBX_increment_info info;
  int rc = mdbx_increment_info(increment, &info, sizeof(info));
  if (rc == MDBX_SUCCESS)
    rc = mdbx_copy_apply(copy, increment, MDBX_CP_DEFAULTS);
  if (rc == MDBX_RESULT_TRUE) {
    if (!tool_quiet)
      printf("%s has commit %" PRIu64 " already\n", copy, info.ii_txnid);
    return MDBX_SUCCESS;
  }
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot apply %s to %s", increment, copy);
  if (!tool_quiet)
    printf("%s now is a copy of commit %" PRIu64 "\n", copy, info.ii_txnid);
  return rc;
}

int run_apply(int argc, char *argv[]) {
  int count, rc = MDBX_SUCCESS;
  while (command_option(argc, argv, "", NULL) != -1)
    continue;
  char **arguments = command_arguments(argc, argv, 2, INT32_MAX, &count);
  for (int i = 1; rc == MDBX_SUCCESS && i < count; ++i)
    rc = apply_one(arguments[0], arguments[i]);
  return command_end(rc);
}
