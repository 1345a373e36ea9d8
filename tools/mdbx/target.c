/* SPDX-License-Identifier: Apache-2.0 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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

/* False: errno says why. */
static bool random_number(uint64_t *number) {
  size_t length = 0;
  const int random = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  if (random < 0)
    return false;
  while (length < sizeof(*number)) {
    const ssize_t more = read(random, (char *)number + length, sizeof(*number) - length);
    if (more <= 0 && errno != EINTR)
      break;
    length += more > 0 ? (size_t)more : 0;
  }
  const int reason = errno;
  close(random);
  errno = reason;
  return length == sizeof(*number);
}

/* Nobody else can know the temporary name before the file exists, so nobody can have put something there. NULL: errno
 * says why. */
static char *temporary_name(const char *name) {
  uint64_t number;
  if (!random_number(&number))
    return NULL;
  const size_t size = strlen(name) + 64;
  char *temporary = malloc(size);
  if (temporary)
    snprintf(temporary, size, "%s.partial-%ld-%016" PRIx64, name, (long)getpid(), number);
  return temporary;
}

/* The name behind links that may be followed, and what is there. */
static int find_place(struct target *target) {
  struct stat status;
  if (lstat(target->name, &status) != 0)
    return errno == ENOENT ? MDBX_SUCCESS : errno;
  if (!target->overwrite)
    return MDBX_EEXIST;
  if (S_ISLNK(status.st_mode)) {
    if (status.st_uid != 0 && status.st_uid != geteuid())
      return ELOOP;
    if (stat(target->name, &status) != 0)
      return errno;
    char *real = S_ISREG(status.st_mode) ? realpath(target->name, NULL) : strdup(target->name);
    if (!real)
      return errno;
    free(target->name);
    target->name = real;
  }
  target->through = !S_ISREG(status.st_mode);
  return MDBX_SUCCESS;
}

static int choose_names(struct target *target, const char *name) {
  target->name = target->database ? copy_of_name(name) : target_data_file(name);
  if (!target->name)
    return MDBX_ENOMEM;
  const int rc = *name ? find_place(target) : MDBX_ENOFILE;
  if (rc != MDBX_SUCCESS)
    return rc;
  if (tool_must_stay(target->name))
    return EINVAL;
  target->temporary = target->through ? strdup(target->name) : temporary_name(target->name);
  return target->temporary ? MDBX_SUCCESS : errno;
}

enum target_kind target_kind_for(unsigned env_flags) {
  return env_flags & MDBX_NOSUBDIR ? TARGET_DATA_FILE : TARGET_DATABASE;
}

/* The engine would use an existing file. */
static int make_place(const struct target *target, enum target_kind kind) {
  if (kind == TARGET_DATABASE)
    return mkdir(target->temporary, 0775) == 0 ? MDBX_SUCCESS : errno;
  const int made = open(target->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0664);
  if (made < 0)
    return errno;
  close(made);
  return MDBX_SUCCESS;
}

int target_begin(struct target *target, const char *name, bool overwrite, enum target_kind kind) {
  const bool database = kind == TARGET_DATABASE || kind == TARGET_DATA_FILE;
  *target = (struct target){.overwrite = overwrite, .database = database};
  int rc = choose_names(target, name);
  if (rc == MDBX_SUCCESS && database && !target->through)
    rc = make_place(target, kind);
  if (rc != MDBX_SUCCESS) {
    rc = tool_fail(rc, "cannot make \"%s\"", target->name ? target->name : name);
    free(target->name);
    free(target->temporary);
    target->name = target->temporary = NULL;
    return rc;
  }
  if (target->through)
    return MDBX_SUCCESS;
  if (kind != TARGET_FILE) {
    tool_catch_signals();
  } else {
    endangered = target->temporary;
    watch_signals();
  }
  return MDBX_SUCCESS;
}

/* A file whose name ends so, if there is one. */
static void remove_with(const char *name, const char *end) {
  char file[4096];
  if ((size_t)snprintf(file, sizeof(file), "%s%s", name, end) < sizeof(file) && unlink(file) != 0 && errno != ENOENT &&
      errno != ENOTDIR && errno != ENAMETOOLONG)
    tool_message("note: %s stays: %s", file, strerror(errno));
}

/* What was begun under the temporary name. Nobody else uses it, and memory may be lacking: so it is removed without the
 * engine. */
static void remove_temporary(const struct target *target) {
  struct stat status;
  if (lstat(target->temporary, &status) == 0 && S_ISDIR(status.st_mode)) {
    remove_with(target->temporary, MDBX_DATANAME);
    remove_with(target->temporary, MDBX_LOCKNAME);
    rmdir(target->temporary);
  } else {
    remove_with(target->temporary, "");
    if (target->database)
      remove_with(target->temporary, MDBX_LOCK_SUFFIX);
  }
}

/* Without overwrite, a file that has appeared under the name meanwhile stays: link() replaces nothing. Not every file
 * system has links, and directories cannot have them. */
static int move(const struct target *target) {
  if (!target->overwrite && !target->database) {
    if (link(target->temporary, target->name) == 0)
      return unlink(target->temporary) == 0 ? MDBX_SUCCESS : errno;
    if (errno == EEXIST)
      return errno;
  }
  return rename(target->temporary, target->name) == 0 ? MDBX_SUCCESS : errno;
}

FILE *target_open(const struct target *target) {
  return target->through ? tool_create(target->temporary) : tool_create_new(target->temporary);
}

int target_finish(struct target *target, int rc) {
  if (!target->name)
    return rc;
  if (rc == MDBX_SUCCESS && !target->through) {
    if (target->database)
      remove_with(target->temporary, MDBX_LOCK_SUFFIX);
    rc = move(target);
    if (rc != MDBX_SUCCESS)
      tool_fail(rc, "cannot rename %s to %s", target->temporary, target->name);
  }
  endangered = NULL;
  if (rc != MDBX_SUCCESS && !target->through)
    remove_temporary(target);
  free(target->name);
  free(target->temporary);
  target->name = target->temporary = NULL;
  return rc;
}
