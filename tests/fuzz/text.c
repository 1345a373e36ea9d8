/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/text.c: the target of texts that tools read. The first byte says which: a dump, plain lines to be imported, or
 * records of cdbmake. What can be read comes into a database, which is sound then.
 */
#include "fuzz.h"

#include "tools/load_run.h"
#include "tools/mdbx/cdbmake.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  static const struct tool_about about = {"fuzz", "", ""};
  static char name[] = "fuzz", *arguments[] = {name, NULL};
  (void)argc, (void)argv;
  fuzz_setup();
  tool_start(&about, 1, arguments);
  tool_quiet = true;
#ifdef __GLIBC__
  /* Messages are many, and nobody reads them. Those of drivers and sanitizers go to the descriptor, not to the stream. */
  if (!getenv("FUZZ_LOUD"))
    FUZZ_MUST((stderr = fopen("/dev/null", "w")) != NULL);
#endif
  return 0;
}

static void remove_database(void) {
  unlink(fuzz_path("loaded"));
  unlink(fuzz_path("loaded" MDBX_LOCK_SUFFIX));
}

static void must_be_sound(void) {
  MDBX_env *env;
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  memset(&context, 0, sizeof(context));
  FUZZ_OK(mdbx_env_create(&env));
  if (mdbx_env_open(env, fuzz_path("loaded"), MDBX_NOSUBDIR | MDBX_RDONLY, 0) == MDBX_SUCCESS) {
    FUZZ_OK(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0));
    FUZZ_MUST(context.result.total_problems == 0);
  }
  FUZZ_OK(mdbx_env_close_ex(env, true));
}

static void load(FILE *file, bool plain, bool rescue) {
  struct load load = {.input = {.file = file, .name = "input"},
                      .plain = plain,
                      .rescue = rescue,
                      .path = fuzz_path("loaded"),
                      .env_flags = MDBX_NOSUBDIR | MDBX_UTTERLY_NOSYNC,
                      .sizes = LOAD_ANY_SIZES};
  load_finish(&load, load_all(&load));
  must_be_sound();
}

static void read_cdbmake(FILE *file) {
  struct cdbmake in = {.file = file, .name = "input"};
  while (cdbmake_read(&in) == CDBMAKE_RECORD)
    ;
  cdbmake_release(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2)
    return 0;
  FILE *file = fmemopen((void *)(uintptr_t)(data + 1), size - 1, "r");
  FUZZ_MUST(file != NULL);
  remove_database();
  if (data[0] % 4 == 3)
    read_cdbmake(file);
  else
    load(file, data[0] % 4 == 1, data[0] % 4 == 2);
  fclose(file);
  return 0;
}
