/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int child_start(struct child *child, char *const argv[], bool quiet) {
  posix_spawn_file_actions_t actions;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return errno;
  int rc = posix_spawn_file_actions_init(&actions);
  if (rc == 0) {
    rc = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    if (rc == 0 && quiet)
      rc = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (rc == 0)
      rc = posix_spawnp(&child->pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
  }
  close(ends[1]);
  child->output = rc == 0 ? fdopen(ends[0], "r") : NULL;
  if (child->output)
    return rc;
  const int reason = errno;
  close(ends[0]);
  if (rc != 0)
    return rc;
  child_end(child);
  return reason;
}

int child_end(struct child *child) {
  int status = 0;
  if (child->output)
    fclose(child->output);
  child->output = NULL;
  while (waitpid(child->pid, &status, 0) < 0)
    if (errno != EINTR)
      return 255;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int child_become_sibling(const char *name, char *const argv[]) {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
  char *slash = length > 0 ? (path[length] = '\0', strrchr(path, '/')) : NULL;
  if (slash && (size_t)(slash + 1 - path) + strlen(name) < sizeof(path)) {
    strcpy(slash + 1, name);
    execv(path, argv);
  }
  execvp(name, argv);
  return errno;
}
