/* SPDX-License-Identifier: Apache-2.0 */
#include "target.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a signal removes. */
static char *volatile endangered;

static void remove_and_die(int number) {
  if (endangered)
    unlink(endangered);
  signal(number, SIG_DFL);
  raise(number);
}

static void watch_signals(void) {
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = remove_and_die;
  for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); ++i)
    sigaction(numbers[i], &action, NULL);
  /* A closed pipe is an error of the write. */
  signal(SIGPIPE, SIG_IGN);
}

char *target_data_file(const char *path) {
  struct stat status;
  const bool directory = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
  const size_t size = strlen(path) + sizeof(MDBX_DATANAME);
  char *file = malloc(size);
  if (file)
    snprintf(file, size, "%s%s", path, directory ? MDBX_DATANAME : "");
  return file;
}

/* Names that end with a slash mean the same without it. */
static char *copy_of_name(const char *name) {
  size_t length = strlen(name);
  while (length > 1 && name[length - 1] == '/')
    --length;
  return strndup(name, length);
}

int target_begin(struct target *target, const char *name, bool overwrite, bool database) {
  struct stat status;
  target->overwrite = overwrite;
  target->database = database;
  target->name = database ? copy_of_name(name) : target_data_file(name);
  const size_t size = strlen(name) + sizeof(MDBX_DATANAME) + 40;
  target->temporary = target->name ? malloc(size) : NULL;
  if (!target->temporary) {
    free(target->name);
    target->name = NULL;
    return tool_fail(MDBX_ENOMEM, "cannot make %s", name);
  }
  snprintf(target->temporary, size, "%s.partial-%ld", target->name, (long)getpid());
  if (!*name || (!overwrite && lstat(target->name, &status) == 0)) {
    const int rc = tool_fail(*name ? MDBX_EEXIST : MDBX_ENOFILE, "cannot make \"%s\"", target->name);
    free(target->name);
    free(target->temporary);
    target->name = target->temporary = NULL;
    return rc;
  }
  if (database) {
    tool_catch_signals();
  } else {
    endangered = target->temporary;
    watch_signals();
  }
  return MDBX_SUCCESS;
}

static void remove_lock_file(const char *data) {
  char name[4096];
  if ((size_t)snprintf(name, sizeof(name), "%s" MDBX_LOCK_SUFFIX, data) < sizeof(name))
    unlink(name);
}

/* Without overwrite, a name that has appeared meanwhile stays: link() does not replace. Not every file system has
 * links, and directories have none. */
static int move(const struct target *target) {
  if (!target->overwrite && !target->database) {
    if (link(target->temporary, target->name) == 0)
      return unlink(target->temporary) == 0 ? MDBX_SUCCESS : errno;
    if (errno == EEXIST)
      return errno;
  }
  return rename(target->temporary, target->name) == 0 ? MDBX_SUCCESS : errno;
}

int target_finish(struct target *target, int rc) {
  if (!target->name)
    return rc;
  if (rc == MDBX_SUCCESS) {
    remove_lock_file(target->temporary);
    rc = move(target);
    if (rc != MDBX_SUCCESS)
      tool_fail(rc, "cannot rename %s to %s", target->temporary, target->name);
  }
  endangered = NULL;
  if (rc != MDBX_SUCCESS && target->database)
    mdbx_env_delete(target->temporary, MDBX_ENV_JUST_DELETE);
  else if (rc != MDBX_SUCCESS)
    unlink(target->temporary);
  free(target->name);
  free(target->temporary);
  target->name = target->temporary = NULL;
  return rc;
}
