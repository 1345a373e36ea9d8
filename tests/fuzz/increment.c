/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/increment.c: the target of increments. The input is one, for a copy that is made anew each time, of a database
 * that is always the same but for its id, which is put in. Checksums of the stream are made right.
 *
 * Whatever it holds: it is applied in whole and the copy can be opened then, or the copy is as it was.
 */
#include "fuzz.h"

#include "format/increment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint8_t *copy_bytes, *increment_bytes;
static size_t copy_length, increment_length;

static void put(MDBX_env *env, unsigned from, unsigned to) {
  MDBX_txn *txn;
  FUZZ_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  for (unsigned i = from; i < to; ++i) {
    MDBX_val key = {&i, sizeof(i)}, value = {(void *)(uintptr_t) "a value of some length", 22};
    FUZZ_OK(mdbx_put(txn, 1, &key, &value, MDBX_UPSERT));
  }
  FUZZ_OK(mdbx_txn_commit(txn));
}

static void prepare(void) {
  MDBX_env *env;
  MDBX_envinfo info;
  FUZZ_OK(mdbx_env_create(&env));
  FUZZ_OK(mdbx_env_set_geometry(env, 0, 0, 1 << 20, 4096, 0, 256));
  FUZZ_OK(mdbx_env_open(env, fuzz_path("db"), MDBX_NOSUBDIR | MDBX_SAFE_NOSYNC, 0600));
  put(env, 0, 40);
  FUZZ_OK(mdbx_env_copy(env, fuzz_path("copy"), MDBX_CP_OVERWRITE));
  FUZZ_OK(mdbx_preopen_snapinfo(fuzz_path("copy"), &info, sizeof(info)));
  put(env, 20, 50);
  FUZZ_OK(mdbx_env_copy_since(env, info.mi_recent_txnid, fuzz_path("increment"), MDBX_CP_OVERWRITE));
  FUZZ_OK(mdbx_env_close_ex(env, true));
  copy_bytes = fuzz_read_file(fuzz_path("copy"), &copy_length);
  increment_bytes = fuzz_read_file(fuzz_path("increment"), &increment_length);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  fuzz_setup();
  prepare();
  return 0;
}

/* Of this database; and checksums, where there is room for them. */
static void seal(uint8_t *bytes, size_t length) {
  struct increment_header header;
  const struct increment_header *own = (const void *)increment_bytes;
  if (length < sizeof(header) + sizeof(uint64_t))
    return;
  memcpy(&header, bytes, sizeof(header));
  memcpy(header.database_id, own->database_id, sizeof(header.database_id));
  increment_header_seal(&header);
  memcpy(bytes, &header, sizeof(header));
  struct increment_digest *digest = increment_digest_new();
  FUZZ_MUST(digest != NULL);
  increment_digest_add(digest, bytes, length - sizeof(uint64_t));
  const uint64_t sum = increment_digest_value(digest);
  increment_digest_free(digest);
  memcpy(bytes + length - sizeof(sum), &sum, sizeof(sum));
}

static void use_copy(bool applied) {
  MDBX_env *env;
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  memset(&context, 0, sizeof(context));
  FUZZ_OK(mdbx_env_create(&env));
  const int rc = mdbx_env_open(env, fuzz_path("copy"), MDBX_NOSUBDIR | MDBX_UTTERLY_NOSYNC, 0600);
  if (rc == MDBX_SUCCESS)
    mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0);
  if (!applied) /* then nothing was changed */
    FUZZ_MUST(rc == MDBX_SUCCESS && context.result.total_problems == 0);
  mdbx_env_close_ex(env, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  MDBX_increment_info info;
  uint8_t *bytes = malloc(size + increment_length);
  FUZZ_MUST(bytes != NULL);
  /* Without a first byte of its own it is the right one, with those bytes in the place of others. */
  size_t length = size;
  if (size)
    memcpy(bytes, data, size);
  if (size > 3 && data[0] != 'm') {
    length = increment_length;
    memcpy(bytes, increment_bytes, length);
    for (size_t i = 0; i + 3 < size; i += 3)
      bytes[(data[i + 1] | (size_t)data[i + 2] << 8) % length] = data[i];
  }
  seal(bytes, length);
  unlink(fuzz_path("copy" MDBX_LOCK_SUFFIX));
  fuzz_write_file("copy", copy_bytes, copy_length);
  fuzz_write_file("increment", bytes, length);
  mdbx_increment_info(fuzz_path("increment"), &info, sizeof(info));
  const int rc = mdbx_copy_apply(fuzz_path("copy"), fuzz_path("increment"), MDBX_CP_DONT_FLUSH);
  use_copy(rc == MDBX_SUCCESS);
  free(bytes);
  return 0;
}
