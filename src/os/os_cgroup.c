/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/os_cgroup.c: finds out how much memory the control groups of this process allow (containers, services).
 *
 * The content of the files is not trusted: text that cannot be understood counts as no limit. The path of the group may
 * not exist below the mount point; in a container often only its upper part exists. So the module reads every group
 * from the process's own one up to the root, and the smallest limit counts, as in the kernel.
 */
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int os_read_text(const char *path, char *text, size_t size) {
  size_t length = 0;
  int fd, rc = MDBX_SUCCESS;
  do
    fd = open(path, O_RDONLY | O_CLOEXEC);
  while (fd < 0 && errno == EINTR);
  if (fd < 0)
    return errno;
  for (ssize_t got = 1; rc == MDBX_SUCCESS && got && length < size - 1;) {
    got = read(fd, text + length, size - 1 - length);
    if (got < 0 && errno != EINTR)
      rc = errno;
    length += got > 0 ? (size_t)got : 0;
  }
  close(fd);
  text[length] = 0;
  return rc == MDBX_SUCCESS && !length ? ENOENT : rc;
}

/* Where hierarchies are mounted, and the files in them with a limit. */
struct hierarchy {
  const char *mounted;
  const char *files[2];
};

static const struct hierarchy first_version = {"/sys/fs/cgroup/memory", {"memory.limit_in_bytes", NULL}};
/* Above "high" the kernel reclaims pages and slows the process down; above "max" it kills the process. */
static const struct hierarchy second_version[] = {
    {"/sys/fs/cgroup", {"memory.max", "memory.high"}},
    {"/sys/fs/cgroup/unified", {"memory.max", "memory.high"}},
};

static uint64_t smaller(uint64_t a, uint64_t b) { return MIN_OF(a, b); }

/* A whole number and nothing else. */
static uint64_t parse_limit(const char *text) {
  char *end;
  if (*text < '0' || *text > '9')
    return UINT64_MAX;
  errno = 0;
  const unsigned long long value = strtoull(text, &end, 10);
  return errno || (*end && *end != '\n') ? UINT64_MAX : value;
}

static uint64_t limit_of_group(const char *root, const struct hierarchy *in, const char *group) {
  uint64_t limit = UINT64_MAX;
  for (size_t i = 0; i < COUNT_OF(in->files) && in->files[i]; ++i) {
    char path[4096], text[64];
    const int length = snprintf(path, sizeof(path), "%s%s%s/%s", root, in->mounted, group, in->files[i]);
    if (length > 0 && (size_t)length < sizeof(path) && os_read_text(path, text, sizeof(text)) == MDBX_SUCCESS)
      limit = smaller(limit, parse_limit(text));
  }
  return limit;
}

/* The limit of the group and all groups above it. Shortens `group`. */
static uint64_t limit_of_line(const char *root, const struct hierarchy *in, char *group) {
  /* The group is outside the part that the process can see. */
  if (*group != '/' || strstr(group, "/.."))
    *group = 0;
  uint64_t limit = limit_of_group(root, in, group);
  for (char *slash; (slash = strrchr(group, '/')) != NULL;) {
    *slash = 0;
    limit = smaller(limit, limit_of_group(root, in, group));
  }
  return limit;
}

static bool has_word(const char *list, const char *word) {
  const size_t length = strlen(word);
  for (;;) {
    const size_t here = strcspn(list, ",");
    if (here == length && memcmp(list, word, length) == 0)
      return true;
    if (!list[here])
      return false;
    list += here + 1;
  }
}

/* "NUMBER:CONTROLLERS:GROUP"; the second version is number 0 and has no list. */
static uint64_t limit_by_line(const char *root, char *line) {
  char *controllers = strchr(line, ':');
  char *group = controllers ? strchr(controllers + 1, ':') : NULL;
  if (!group)
    return UINT64_MAX;
  *controllers++ = 0;
  *group++ = 0;
  if (has_word(controllers, "memory"))
    return limit_of_line(root, &first_version, group);
  if (*controllers || strcmp(line, "0") != 0)
    return UINT64_MAX;
  char *copy = strdup(group);
  uint64_t limit = limit_of_line(root, &second_version[0], group);
  if (copy)
    limit = smaller(limit, limit_of_line(root, &second_version[1], copy));
  free(copy);
  return limit;
}

uint64_t os_cgroup_memory(const char *root) {
  char path[4096], text[8192], *rest = NULL;
  uint64_t limit = UINT64_MAX;
  const int length = snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
  if (length < 0 || (size_t)length >= sizeof(path) || os_read_text(path, text, sizeof(text)) != MDBX_SUCCESS)
    return limit;
  for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
    limit = smaller(limit, limit_by_line(root, line));
  return limit;
}
