/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef CLOCK_BOOTTIME

/* Seconds since the system was booted, as start times of processes are counted. */
static double since_boot(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* "PID (COMMAND) STATE ...": the command may contain anything, also parentheses and line ends. */
static void parse(char *text, struct process *process) {
  char *begin = strchr(text, '('), *end = strrchr(text, ')');
  if (!begin || !end || end < begin)
    return;
  *end = '\0';
  snprintf(process->command, sizeof(process->command), "%s", begin + 1);
  for (char *at = process->command; *at; ++at)
    if ((unsigned char)*at < ' ' || (unsigned char)*at > 126)
      *at = '?';
  /* The state is field 3, the start time field 22. */
  const char *at = end + 1;
  for (int field = 3; at && field <= 22; ++field)
    at = strchr(at + 1, ' ');
  const long ticks = sysconf(_SC_CLK_TCK);
  if (!at || ticks <= 0)
    return;
  const double started = strtod(at, NULL) / (double)ticks, now = since_boot();
  process->has_age = true;
  process->age = now > started ? (uint64_t)(now - started) : 0;
}

static void read_facts(pid_t pid, struct process *process) {
  char path[64], text[1024];
  snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
  FILE *file = fopen(path, "re");
  if (!file)
    return;
  const size_t length = fread(text, 1, sizeof(text) - 1, file);
  fclose(file);
  text[length] = '\0';
  parse(text, process);
}

#else

static void read_facts(pid_t pid, struct process *process) { (void)pid, (void)process; }

#endif

void process_read(pid_t pid, struct process *process) {
  memset(process, 0, sizeof(*process));
  read_facts(pid, process);
}

const char *age_show(uint64_t seconds, char buffer[AGE_TEXT]) {
  static const struct {
    uint64_t seconds;
    const char *name;
  } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
  unsigned unit = 0;
  /* Two whole units are needed before the larger one is precise enough. */
  while (unit + 1 < sizeof(units) / sizeof(units[0]) && seconds < 2 * units[unit].seconds)
    ++unit;
  snprintf(buffer, AGE_TEXT, "%" PRIu64 " %s", seconds / units[unit].seconds, units[unit].name);
  return buffer;
}
