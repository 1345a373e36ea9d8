/* SPDX-License-Identifier: Apache-2.0 */
#include "tool_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HANG_SECONDS = 60, WORDS_MOST = 20, PATH_LENGTH = 4096 };

struct preload_orders *run_orders;
long run_longest;

static char folder[300], orders_name[320], output_name[320], errors_name[320], input_name[320], work[320];
static char build[PATH_LENGTH];
static char *with_library[8], *without_library[8];

void run_give_up(const char *what, const char *why) {
  fprintf(stderr, "tools: %s: %s\n", what, why);
  exit(99);
}

/* ---------------------------------------------------------------------------------------------------------- programs */

/* The program itself instead of libtool's script around it. */
static bool find_in(const char *where, const char *tool, char path[PATH_LENGTH]) {
  return snprintf(path, PATH_LENGTH, "%s/%s/.libs/%s", build, where, tool) < PATH_LENGTH && access(path, X_OK) == 0;
}

static bool find_tool(const char *tool, char path[PATH_LENGTH]) {
  return find_in("mdbx_chk", tool, path) || find_in("tools", tool, path) || find_in("tools/mdbx", tool, path) ||
         (snprintf(path, PATH_LENGTH, "/usr/bin/%s", tool) < PATH_LENGTH && access(path, X_OK) == 0);
}

static char *variable(const char *name, const char *value) {
  char *text = malloc(strlen(name) + strlen(value) + 2);
  if (!text)
    run_give_up(name, strerror(errno));
  sprintf(text, "%s=%s", name, value);
  return text;
}

static void set_environment(const char *library) {
  char path[PATH_LENGTH + 16];
  snprintf(path, sizeof(path), "%s/.libs", build);
  without_library[0] = variable("LD_LIBRARY_PATH", path);
  without_library[1] = variable("PATH", "/usr/bin:/bin");
  without_library[2] = variable("HOME", work);
  without_library[3] = variable("LC_ALL", "C");
  memcpy(with_library, without_library, sizeof(with_library));
  with_library[4] = variable("LD_PRELOAD", library);
  with_library[5] = variable(PRELOAD_FILE, orders_name);
}

/* A sanitizer's runtime wants to be the first library. */
static bool has_sanitizer(const char *path) {
  struct bytes program;
  if (!bytes_read(path, &program))
    return true;
  const bool found =
      memmem(program.at, program.length, "__asan_", 7) || memmem(program.at, program.length, "__tsan_", 7);
  bytes_free(&program);
  return found;
}

static void map_orders(void) {
  const int fd = open(orders_name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, sizeof(*run_orders)) != 0)
    run_give_up(orders_name, strerror(errno));
  run_orders = mmap(NULL, sizeof(*run_orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (run_orders == MAP_FAILED)
    run_give_up(orders_name, strerror(errno));
  close(fd);
}

static bool make_folder(void) {
  const char *base = getenv("TMPDIR");
  snprintf(folder, sizeof(folder), "%s/mdbx-tools-XXXXXX", base ? base : "/tmp");
  if (!mkdtemp(folder))
    return false;
  snprintf(orders_name, sizeof(orders_name), "%s/orders", folder);
  snprintf(output_name, sizeof(output_name), "%s/output", folder);
  snprintf(errors_name, sizeof(errors_name), "%s/errors", folder);
  snprintf(input_name, sizeof(input_name), "%s/input", folder);
  snprintf(work, sizeof(work), "%s/work", folder);
  return mkdir(work, 0700) == 0;
}

static volatile sig_atomic_t running, hung;

static void end_running(int number) {
  (void)number;
  hung = 1;
  if (running)
    kill((pid_t)running, SIGKILL);
}

bool run_begin(void) {
  const char *top = getenv("top_builddir");
  char library[PATH_LENGTH], tool[PATH_LENGTH];
  if (!realpath(top ? top : ".", build))
    run_give_up("the folder of the build", strerror(errno));
#ifndef __GLIBC__
  printf("the library that makes faults is for the GNU C library: skipped\n");
  return false;
#endif
  if (!find_in("tests/faults", "preload.so", library) || !find_tool("mdbx_load", tool)) {
    printf("there are no tools, or no shared libraries: skipped\n");
    return false;
  }
  if (has_sanitizer(tool)) {
    printf("tools with a sanitizer take no other library before it: skipped\n");
    return false;
  }
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = end_running;
  sigaction(SIGALRM, &action, NULL);
  if (!make_folder() || chdir(work) != 0)
    run_give_up(folder, strerror(errno));
  map_orders();
  set_environment(library);
  return true;
}

static bool remove_one(void *context, const char *name) {
  (void)context;
  return unlink(name) == 0 || rmdir(name) == 0;
}

void run_end(void) {
  const char *const names[] = {orders_name, output_name, errors_name, input_name};
  files_each(remove_one, NULL);
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i)
    unlink(names[i]);
  if (chdir("/") != 0 || rmdir(work) != 0 || rmdir(folder) != 0)
    run_give_up(folder, strerror(errno));
}

/* -------------------------------------------------------------------------------------------------------------- runs */

static void split(char *text, char **words) {
  size_t count = 1;
  for (char *word; (word = strsep(&text, " "));)
    if (*word && count < WORDS_MOST - 1)
      words[count++] = word;
  words[count] = NULL;
}

static void redirect(const char *name, int flags, int to) {
  const int fd = open(name, flags, 0600);
  if (fd < 0 || dup2(fd, to) < 0)
    _exit(98);
  close(fd);
}

static pid_t start(const char *tool, const char *line, const char *input, char **environment) {
  char path[PATH_LENGTH], text[512], *words[WORDS_MOST];
  if (!find_tool(tool, path))
    return -1;
  snprintf(text, sizeof(text), "%s", line);
  split(text, words);
  words[0] = path;
  const pid_t child = vfork();
  if (child == 0) {
    redirect(input ? input : "/dev/null", O_RDONLY, STDIN_FILENO);
    redirect(output_name, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
    redirect(errors_name, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, STDERR_FILENO);
    execve(path, words, environment);
    _exit(98);
  }
  return child;
}

static void await(pid_t child, struct run_result *result) {
  const struct itimerval limit = {.it_value.tv_sec = HANG_SECONDS}, none = {.it_value.tv_sec = 0};
  int status = 0;
  running = child;
  hung = 0;
  setitimer(ITIMER_REAL, &limit, NULL);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  setitimer(ITIMER_REAL, &none, NULL);
  running = 0;
  result->hung = hung != 0;
  result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  result->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static long milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void run_tool(const char *tool, const char *words, const char *input, bool with_faults, struct run_result *result) {
  const long begun = milliseconds();
  memset(result, 0, sizeof(*result));
  const pid_t child = start(tool, words, input, with_faults ? with_library : without_library);
  if (child < 0) {
    result->status = 98;
    return;
  }
  await(child, result);
  const long took = milliseconds() - begun;
  run_longest = took > run_longest ? took : run_longest;
  if (!bytes_read(output_name, &result->output) || !bytes_read(errors_name, &result->errors))
    run_give_up(output_name, strerror(errno));
}

void run_tool_with_input(const char *tool, const char *words, const char *input, size_t length,
                         struct run_result *result) {
  FILE *file = fopen(input_name, "w");
  if (!file || fwrite(input, 1, length, file) != length || fclose(file) != 0)
    run_give_up(input_name, strerror(errno));
  run_tool(tool, words, input_name, false, result);
}

void run_release(struct run_result *result) {
  bytes_free(&result->output);
  bytes_free(&result->errors);
}

bool run_quietly(const char *tool, const char *words) {
  struct run_result result;
  run_tool(tool, words, NULL, false, &result);
  const bool good = result.status == 0;
  run_release(&result);
  return good;
}
