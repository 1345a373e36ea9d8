/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/main.c: drives a fuzz target without libFuzzer.
 *
 * Usage: TARGET [-runs=N] [-seconds=T] [-seed=S] [FILE-OR-FOLDER]...
 *
 * Runs each file once: so AFL++ calls it, and so "make check" does. With -runs or -seconds it goes on with mutations of these
 * inputs; without knowledge of what they execute, so it finds less than the other drivers do. What ends it is kept as
 * crash-N in the working folder, N being a number made of the bytes.
 */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#pragma weak LLVMFuzzerCustomMutator
#pragma weak __sanitizer_set_death_callback
void __sanitizer_set_death_callback(void (*callback)(void));

enum { INPUT_MOST = 1 << 16, HANG_SECONDS = 5, MUTATIONS_MOST = 6 };

static struct {
  uint8_t *bytes;
  size_t length;
} * inputs;
static size_t input_count, input_capacity;
static uint64_t chance = 1;

/* What runs now. */
static const uint8_t *running;
static size_t running_length;
static int folder; /* the working folder at the start; a target may be in another when it fails */

static void keep_input(void) {
  char name[32];
  uint64_t sum = running_length;
  for (size_t i = 0; i < running_length; ++i)
    sum = (sum ^ running[i]) * UINT64_C(0x100000001b3);
  snprintf(name, sizeof(name), "crash-%016llx", (unsigned long long)sum);
  const int fd = running ? openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
  if (fd < 0 || write(fd, running, running_length) != (ssize_t)running_length)
    return;
  close(fd);
  dprintf(STDERR_FILENO, "fuzz: the input is in %s\n", name);
}

static void on_signal(int number) {
  signal(number, SIG_DFL);
  if (number == SIGALRM)
    dprintf(STDERR_FILENO, "fuzz: it hangs\n");
  keep_input();
  raise(number);
}

static void run_one(const uint8_t *bytes, size_t length, unsigned hang_seconds) {
  running = bytes;
  running_length = length;
  alarm(hang_seconds);
  LLVMFuzzerTestOneInput(bytes, length);
  alarm(0);
  running = NULL;
}

/* ----------------------------------------------------------------------------------------------------------- inputs */

static void take_file(const char *path) {
  if (input_count == input_capacity) {
    input_capacity = input_capacity ? 2 * input_capacity : 64;
    inputs = realloc(inputs, input_capacity * sizeof(*inputs));
    FUZZ_MUST(inputs);
  }
  inputs[input_count].bytes = fuzz_read_file(path, &inputs[input_count].length);
  input_count += 1;
}

static void take_folder(const char *path) {
  DIR *dir = opendir(path);
  if (!dir) {
    perror(path);
    exit(99);
  }
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    char name[4096];
    snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
    if (entry->d_name[0] != '.')
      take_file(name);
  }
  closedir(dir);
}

static void take(const char *path) {
  struct stat st;
  if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
    take_folder(path);
  else
    take_file(path);
}

/* -------------------------------------------------------------------------------------------------------- mutations */

static const uint8_t edges[] = {0, 1, 2, 0x7f, 0x80, 0xfe, 0xff};

/* Removes, doubles or moves a stretch. */
static size_t mutate_stretch(uint8_t *data, size_t size, size_t max_size) {
  const size_t at = fuzz_below(&chance, size), rest = size - at;
  const size_t length = 1 + fuzz_below(&chance, rest < 64 ? rest : 64);
  switch (fuzz_below(&chance, 3)) {
  case 0:
    if (length == size)
      return size;
    memmove(data + at, data + at + length, rest - length);
    return size - length;
  case 1:
    if (size + length > max_size)
      return size;
    memmove(data + at + length, data + at, rest);
    return size + length;
  default:
    memmove(data + fuzz_below(&chance, size - length + 1), data + at, length);
    return size;
  }
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) {
  if (!size) {
    data[0] = (uint8_t)fuzz_random(&chance);
    return max_size ? 1 : 0;
  }
  uint8_t *byte = &data[fuzz_below(&chance, size)];
  switch (fuzz_below(&chance, 5)) {
  case 0:
    *byte ^= (uint8_t)(1u << fuzz_below(&chance, 8));
    break;
  case 1:
    *byte = (uint8_t)fuzz_random(&chance);
    break;
  case 2:
    *byte = edges[fuzz_below(&chance, sizeof(edges))];
    break;
  case 3:
    *byte = (uint8_t)(*byte + fuzz_below(&chance, 17) - 8);
    break;
  default:
    size = mutate_stretch(data, size, max_size);
  }
  return size;
}

static void run_mutation(void) {
  static uint8_t bytes[INPUT_MOST];
  size_t length = 0;
  if (input_count) {
    const size_t from = fuzz_below(&chance, input_count);
    length = inputs[from].length < INPUT_MOST ? inputs[from].length : INPUT_MOST;
    memcpy(bytes, inputs[from].bytes, length);
  }
  for (size_t times = 1 + fuzz_below(&chance, MUTATIONS_MOST); times; --times)
    length = LLVMFuzzerCustomMutator
                 ? LLVMFuzzerCustomMutator(bytes, length, sizeof(bytes), (unsigned)fuzz_random(&chance))
                 : LLVMFuzzerMutate(bytes, length, sizeof(bytes));
  run_one(bytes, length, HANG_SECONDS);
}

static void run_mutations(unsigned long runs, time_t seconds) {
  const time_t begin = time(NULL);
  unsigned long done = 0;
  while ((!runs || done < runs) && (!seconds || time(NULL) - begin < seconds)) {
    run_mutation();
    done += 1;
  }
  dprintf(STDERR_FILENO, "%lu mutations, %ld seconds\n", done, (long)(time(NULL) - begin));
}

static int usage(const char *program) {
  dprintf(STDERR_FILENO, "usage: %s [-runs=N] [-seconds=T] [-seed=S] [FILE-OR-FOLDER]...\n", program);
  return 2;
}

int main(int argc, char *argv[]) {
  unsigned long runs = 0, seconds = 0, seed = 1;
  if (argc < 2)
    return usage(argv[0]);
  folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  LLVMFuzzerInitialize(&argc, &argv);
  for (int i = 1; i < argc; ++i)
    if (argv[i][0] != '-')
      take(argv[i]);
    else if (sscanf(argv[i], "-runs=%lu", &runs) != 1 && sscanf(argv[i], "-seconds=%lu", &seconds) != 1 &&
             sscanf(argv[i], "-seed=%lu", &seed) != 1)
      return usage(argv[0]);
  chance = seed;
  if (__sanitizer_set_death_callback)
    __sanitizer_set_death_callback(keep_input);
  else
    signal(SIGSEGV, on_signal), signal(SIGBUS, on_signal);
  signal(SIGABRT, on_signal);
  signal(SIGALRM, on_signal);
  /* No limit of time for these: a machine may be slow. */
  for (size_t i = 0; i < input_count; ++i)
    run_one(inputs[i].bytes, inputs[i].length, 0);
  if (runs || seconds)
    run_mutations(runs, (time_t)seconds);
  else
    dprintf(STDERR_FILENO, "inputs that did not fail: %zu\n", input_count);
  for (size_t i = 0; i < input_count; ++i)
    free(inputs[i].bytes);
  free(inputs);
  return 0;
}
