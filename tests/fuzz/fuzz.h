/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz.h: what the fuzz targets share.
 *
 * A target is a program with LLVMFuzzerTestOneInput(). Built with --enable-fuzzers, libFuzzer drives it; else main.c does: it
 * runs files, which is what AFL++ and "make check" want, and has a simple loop of mutations of its own. What a target finds
 * wrong it says with fuzz_fail(), which aborts: every driver keeps the input then.
 */
#ifndef MDBX_TESTS_FUZZ_H
#define MDBX_TESTS_FUZZ_H

#include <mdbx.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- The interface of libFuzzer ----------------------------------------------------------------------------------*/

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
/* Of targets that know the structure of their inputs. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
/* Of the driver: changes bytes that have no structure. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* ---- fuzz.c ------------------------------------------------------------------------------------------------------*/

/* Makes a folder for the files of this process, in memory where there is /dev/shm, removed when the process ends; bounds the
 * size of files; keeps the engine silent. */
void fuzz_setup(void);
/* A path in it; the text lives until four more calls. */
const char *fuzz_path(const char *name);
/* Puts bytes into a file of the folder, which is made or replaced. */
void fuzz_write_file(const char *name, const void *bytes, size_t length);
/* The whole file; the caller frees it. */
uint8_t *fuzz_read_file(const char *path, size_t *length);

/* Says what is wrong and aborts. */
_Noreturn void fuzz_fail(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));
#define FUZZ_MUST(condition) \
  do { \
    if (!(condition)) \
      fuzz_fail("%s:%d: %s", __FILE__, __LINE__, #condition); \
  } while (0)
#define FUZZ_OK(call) \
  do { \
    const int rc_ = (call); \
    if (rc_ != MDBX_SUCCESS) \
      fuzz_fail("%s:%d: %s: %d, %s", __FILE__, __LINE__, #call, rc_, mdbx_strerror(rc_)); \
  } while (0)

/* Tells what is done, if FUZZ_LOUD is set: for who looks for the reason of a failure. */
void fuzz_trace(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

/* Drawn numbers; the same seed gives the same ones. */
uint64_t fuzz_random(uint64_t *state);
/* Less than limit, which is not 0. */
size_t fuzz_below(uint64_t *state, size_t limit);

/* An input that is read from its start; behind its end there are zeros. */
struct fuzz_input {
  const uint8_t *at, *end;
};
uint8_t fuzz_byte(struct fuzz_input *input);
static inline bool fuzz_ended(const struct fuzz_input *input) { return input->at == input->end; }

#endif
