/* SPDX-License-Identifier: Apache-2.0 */
/* The target `tables`: what is done to the whole database beside its transactions, which changes nothing that they see. */
#include "tables.h"

#include <unistd.h>

#define COPY "copy"

static void compare_copy(const struct world *wanted) {
  MDBX_env *env;
  MDBX_txn *reader;
  FUZZ_OK(mdbx_env_create(&env));
  FUZZ_OK(mdbx_env_set_maxdbs(env, NAMES));
  FUZZ_OK(mdbx_env_open(env, fuzz_path(COPY), MDBX_NOSUBDIR | MDBX_UTTERLY_NOSYNC | MDBX_VALIDATION, 0600));
  sequence_check(env);
  FUZZ_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &reader));
  world_compare(reader, wanted);
  FUZZ_OK(mdbx_txn_abort(reader));
  FUZZ_OK(mdbx_env_close_ex(env, true));
}

void env_copy_of(unsigned slot, unsigned how) {
  static const MDBX_copy_flags_t flags[] = {MDBX_CP_DEFAULTS, MDBX_CP_COMPACT, MDBX_CP_FORCE_DYNAMIC_SIZE};
  if (!tables.reader[slot].txn)
    return;
  unlink(fuzz_path(COPY));
  unlink(fuzz_path(COPY MDBX_LOCK_SUFFIX));
  FUZZ_OK(mdbx_txn_copy2pathname(tables.reader[slot].txn, fuzz_path(COPY),
                                 flags[how % 3] | MDBX_CP_DONT_FLUSH | MDBX_CP_OVERWRITE));
  lives_reader_uses_all(slot);
  compare_copy(&tables.reader[slot].world);
}

void env_set(unsigned what, bool on) {
  static const MDBX_env_flags_t flags[] = {MDBX_SAFE_NOSYNC, MDBX_NOMETASYNC,  MDBX_LIFORECLAIM,   MDBX_VALIDATION,
                                           MDBX_NOMEMINIT,   MDBX_PAGEPERTURB, MDBX_UTTERLY_NOSYNC};
  enum { FLAGS = sizeof(flags) / sizeof(flags[0]) };
  const intptr_t step = (intptr_t)4096 << what % 8;
  if (what < FLAGS)
    FUZZ_OK(mdbx_env_set_flags(tables.env, flags[what], on));
  else if (tables.depth == 1)
    FUZZ_OK(mdbx_env_set_geometry(tables.env, -1, -1, -1, on ? step : -1, on ? -1 : 2 * step, -1));
}

void env_defragment(void) {
  MDBX_defrag_result_t result;
  const int rc = mdbx_env_defrag(tables.env, 0, 0, 0, 0, 0, 3, NULL, NULL, &result);
  fuzz_trace("  defragmented: %d", rc);
  FUZZ_MUST(rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE || rc == MDBX_LAGGARD_READER ||
            (tables.small && rc == MDBX_MAP_FULL));
  sequence_check(tables.env);
}
