/* SPDX-License-Identifier: Apache-2.0 */
#include "shell_output.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
  int descriptor; /* -1: standard output */
  int standard;   /* the shell's own standard output, while a command runs */
  pid_t program;  /* 0: a file */
  bool once;
  char name[256]; /* for messages */
} output = {.descriptor = -1};

void output_to_standard(void) {
  if (output.descriptor < 0)
    return;
  close(output.descriptor);
  output.descriptor = -1;
  while (output.program && waitpid(output.program, NULL, 0) < 0 && errno == EINTR)
    continue;
  output.program = 0;
}

static void choose(int descriptor, const char *name, bool once) {
  output.descriptor = descriptor;
  output.once = once;
  snprintf(output.name, sizeof(output.name), "%s", name);
}

bool output_to_file(const char *name, bool once) {
  output_to_standard();
  FILE *file = tool_create(name);
  const int descriptor = file ? fcntl(fileno(file), F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : -1;
  const int reason = errno;
  if (file)
    fclose(file);
  if (descriptor < 0) {
    tool_fail(reason, "cannot write to %s", name);
    return false;
  }
  choose(descriptor, name, once);
  return true;
}

static void __attribute__((__noreturn__)) become_program(const char *command, const int ends[2]) {
  signal(SIGINT, SIG_DFL);
  signal(SIGQUIT, SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
  if (dup2(ends[0], STDIN_FILENO) == STDIN_FILENO) {
    close(ends[0]);
    close(ends[1]);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
  }
  _exit(127);
}

bool output_to_program(const char *command, bool once) {
  int ends[2];
  output_to_standard();
  if (pipe(ends) != 0) {
    tool_fail(errno, "cannot run %s", command);
    return false;
  }
  tool_flush_some();
  output.program = fork();
  if (output.program == 0)
    become_program(command, ends);
  const int reason = errno;
  close(ends[0]);
  if (output.program < 0) {
    output.program = 0;
    close(ends[1]);
    tool_fail(reason, "cannot run %s", command);
    return false;
  }
  /* Else the commands that the shell starts would keep the pipe open. */
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  choose(ends[1], command, once);
  return true;
}

bool output_begin(void) {
  output.standard = -1;
  if (output.descriptor < 0)
    return true;
  tool_flush_some();
  output.standard = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (output.standard >= 0 && dup2(output.descriptor, STDOUT_FILENO) == STDOUT_FILENO)
    return true;
  tool_fail(errno, "cannot write to %s", output.name);
  if (output.standard >= 0)
    close(output.standard);
  output.standard = -1;
  return false;
}

bool output_end(void) {
  if (output.standard < 0)
    return true;
  const int rc = tool_flush(stdout, output.name);
  dup2(output.standard, STDOUT_FILENO);
  close(output.standard);
  output.standard = -1;
  /* What failed was the file or the program; the shell's own output is not concerned. */
  clearerr(stdout);
  if (tool_stopped == SIGPIPE)
    tool_stopped = 0;
  if (output.once)
    output_to_standard();
  return rc == MDBX_SUCCESS;
}
