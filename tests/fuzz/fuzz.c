/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A damaged length may ask for a file of terabytes: beyond this it is EFBIG. */
enum { FILE_MOST = 32 << 20 };

static char folder[256];
static pid_t owner;

static void remove_folder(void) {
  if (getpid() != owner)
    return;
  DIR *dir = opendir(folder);
  for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;)
    if (entry->d_name[0] != '.')
      unlink(fuzz_path(entry->d_name));
  if (dir)
    closedir(dir);
  rmdir(folder);
}

static void tell(MDBX_log_level_t level, const char *function, int line, const char *format, va_list args) {
  (void)level;
  fprintf(stderr, "%s:%d: ", function, line);
  vfprintf(stderr, format, args);
}

/* FUZZ_LOUD in the environment: what the engine says is shown, to look at one input. */
void fuzz_setup(void) {
  const char *base = getenv("TMPDIR");
  struct stat st;
  if (!base)
    base = stat("/dev/shm", &st) == 0 ? "/dev/shm" : "/tmp";
  snprintf(folder, sizeof(folder), "%s/mdbx-fuzz-XXXXXX", base);
  if (!mkdtemp(folder)) {
    perror(folder);
    exit(99);
  }
  owner = getpid();
  atexit(remove_folder);
  const struct rlimit most = {FILE_MOST, FILE_MOST};
  setrlimit(RLIMIT_FSIZE, &most);
  signal(SIGXFSZ, SIG_IGN);
  if (getenv("FUZZ_LOUD"))
    mdbx_setup_debug(MDBX_LOG_NOTICE, MDBX_DBG_DONTCHANGE, tell);
  else
    mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
}

const char *fuzz_path(const char *name) {
  static char paths[4][512];
  static unsigned turn;
  char *path = paths[turn++ % 4];
  snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
  return path;
}

void fuzz_write_file(const char *name, const void *bytes, size_t length) {
  const int fd = open(fuzz_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, bytes, length) != (ssize_t)length) {
    perror(name);
    exit(99);
  }
  close(fd);
}

uint8_t *fuzz_read_file(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  size_t room = 4096, used = 0;
  uint8_t *bytes = malloc(room);
  while (file && bytes) {
    const size_t got = fread(bytes + used, 1, room - used, file);
    used += got;
    if (used < room)
      break;
    uint8_t *more = realloc(bytes, room *= 2);
    if (!more)
      break;
    bytes = more;
  }
  if (!file || ferror(file)) {
    perror(path);
    exit(99);
  }
  fclose(file);
  *length = used;
  return bytes;
}

void fuzz_trace(const char *format, ...) {
  va_list args;
  if (!getenv("FUZZ_LOUD"))
    return;
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
}

void fuzz_fail(const char *format, ...) {
  va_list args;
  va_start(args, format);
  dprintf(STDERR_FILENO, "fuzz: ");
  vdprintf(STDERR_FILENO, format, args);
  dprintf(STDERR_FILENO, "\n");
  va_end(args);
  remove_folder();
  abort();
}

uint64_t fuzz_random(uint64_t *state) {
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

size_t fuzz_below(uint64_t *state, size_t limit) { return (size_t)(fuzz_random(state) % limit); }

uint8_t fuzz_byte(struct fuzz_input *input) { return input->at < input->end ? *input->at++ : 0; }
