/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions that change a database, beside a model of its tables. See use.h. */
#include "change.h"

#include <string.h>

static const struct used_table *table_of_name(const struct use *use, const struct used_table *wanted) {
  for (size_t i = 0; i < use->count; ++i)
    if (use->tables[i].main == wanted->main && use->tables[i].name_length == wanted->name_length &&
        memcmp(use->tables[i].name, wanted->name, wanted->name_length) == 0)
      return &use->tables[i];
  fuzz_fail("a table is missing");
}

void use_compare(const struct use *read, const struct use *wanted) {
  FUZZ_MUST(read->count == wanted->count || !wanted->all_tables);
  for (size_t i = 0; i < wanted->count; ++i) {
    if (!wanted->tables[i].modelled)
      continue;
    const struct pairs *have = &table_of_name(read, &wanted->tables[i])->pairs, *want = &wanted->tables[i].pairs;
    if (have->count != want->count)
      fuzz_fail("table \"%.*s\" has %zu pairs, the model has %zu", (int)wanted->tables[i].name_length,
                wanted->tables[i].name, have->count, want->count);
    for (size_t n = 0; n < have->count; ++n) {
      const MDBX_val key = pair_key(have, n), value = pair_value(have, n);
      const MDBX_val wanted_key = pair_key(want, n), wanted_value = pair_value(want, n);
      FUZZ_MUST(val_equal(&key, &wanted_key) && val_equal(&value, &wanted_value));
    }
  }
}

static void change_tables(struct change *change) {
  struct use *use = change->use;
  for (unsigned i = 0; i < use->changes && !change->broken && use->count; ++i)
    change_step(change, &use->tables[fuzz_below(&use->random, use->count)]);
}

/* A write transaction, or what a reader turns into one. */
static int begin(struct use *use, MDBX_txn **txn) {
  MDBX_txn *reader;
  if (fuzz_below(&use->random, 4))
    return mdbx_txn_begin(use->env, NULL, MDBX_TXN_READWRITE, txn);
  *txn = NULL;
  int rc = mdbx_txn_begin(use->env, NULL, MDBX_TXN_RDONLY, &reader);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = mdbx_txn_amend(reader, txn, MDBX_TXN_READWRITE, NULL);
  SOUND_MUST(use, rc != MDBX_RESULT_TRUE);
  if (rc != MDBX_SUCCESS)
    mdbx_txn_abort(reader);
  return rc;
}

static int commit_and_read(struct use *use, MDBX_txn *txn) {
  MDBX_val key = {NULL, 0}, value;
  const uint64_t txnid = mdbx_txn_id(txn);
  const int rc = mdbx_txn_commit_embark_read(&txn, NULL);
  if (rc == MDBX_SUCCESS) {
    FUZZ_MUST(mdbx_txn_id(txn) == txnid || mdbx_txn_id(txn) + 1 == txnid);
    SOUND_CODE(use, mdbx_get(txn, 1, &key, &value));
  }
  if (txn)
    mdbx_txn_abort(txn);
  return rc;
}

static int commit_and_wait(struct use *use, MDBX_txn *txn) {
  MDBX_commit_ticket ticket;
  int rc = mdbx_txn_commit_ticket(txn, &ticket, NULL);
  if (rc == MDBX_SUCCESS) {
    rc = mdbx_env_wait_durable(use->env, &ticket, UINT32_MAX);
    SOUND_MUST(use, rc == MDBX_SUCCESS || rc == 27 || rc == 28);
  }
  return rc;
}

static int commit(struct use *use, MDBX_txn *txn) {
  switch (fuzz_below(&use->random, 5)) {
  case 0:
    return commit_and_read(use, txn);
  case 1:
    return commit_and_wait(use, txn);
  default:
    return mdbx_txn_commit(txn);
  }
}

/* ----------------------------------------------------------------------------------------------------- an old reader */

/* It begins before the change, where a thread may have two transactions, and sees what was there. */
struct old_reader {
  MDBX_txn *txn;
  bool parked;
  struct use seen;
};

static void begin_old(struct old_reader *old, struct use *use) {
  unsigned flags = 0;
  old->txn = NULL;
  if (mdbx_env_get_flags(use->env, &flags) != MDBX_SUCCESS || !(flags & MDBX_NOSTICKYTHREADS) ||
      mdbx_txn_begin(use->env, NULL, MDBX_TXN_RDONLY, &old->txn) != MDBX_SUCCESS)
    return;
  old->seen = *use;
  for (size_t i = 0; i < use->count; ++i)
    pairs_copy(&old->seen.tables[i].pairs, &use->tables[i].pairs);
  old->parked = fuzz_below(&use->random, 4) == 0 && mdbx_txn_park(old->txn, false) == MDBX_SUCCESS;
}

static void end_old(struct old_reader *old) {
  static struct use now;
  if (!old->txn)
    return;
  const int rc = old->parked ? mdbx_txn_unpark(old->txn, false) : MDBX_SUCCESS;
  SOUND_CODE(&old->seen, rc);
  if (rc == MDBX_SUCCESS) {
    now = (struct use){.env = old->seen.env, .sound = old->seen.sound, .random = 1};
    use_read_in(&now, old->txn);
    if (now.sound)
      use_compare(&now, &old->seen);
    use_forget(&now);
  }
  mdbx_txn_abort(old->txn);
  use_forget(&old->seen);
}

/* ---------------------------------------------------------------------------------------------------- the whole change */

static bool change_and_commit(struct use *use) {
  static struct use after;
  struct change change = {.use = use};
  MDBX_stat stat;
  const int rc = begin(use, &change.txn);
  SOUND_CODE(use, rc);
  if (rc != MDBX_SUCCESS)
    return false;
  change.page_size = mdbx_env_stat_ex(use->env, change.txn, &stat, sizeof(stat)) == MDBX_SUCCESS ? stat.ms_psize : 512;
  const bool opened = use_open_tables(use, change.txn);
  SOUND_MUST(use, opened);
  if (opened)
    change_tables(&change);
  if (change.broken) {
    if (change.txn)
      SOUND_CODE(use, mdbx_txn_abort(change.txn));
    return false;
  }
  const int committed = commit(use, change.txn);
  fuzz_trace("committed: %d", committed);
  SOUND_CODE(use, committed);
  if (committed != MDBX_SUCCESS)
    return false;
  SOUND_MUST(use, use_is_sound(use->env, false));
  after = (struct use){.env = use->env, .sound = use->sound, .random = 1};
  use_read(&after);
  if (use->sound)
    use_compare(&after, use);
  use_forget(&after);
  return true;
}

bool use_change(struct use *use) {
  static struct old_reader old;
  begin_old(&old, use);
  const bool committed = change_and_commit(use);
  end_old(&old);
  return committed;
}

/* ------------------------------------------------------------------------------------------------------- the end */

static void drop_all(struct use *use) {
  MDBX_txn *txn;
  if (mdbx_txn_begin(use->env, NULL, MDBX_TXN_READWRITE, &txn) != MDBX_SUCCESS)
    return;
  int rc = use_open_tables(use, txn) ? MDBX_SUCCESS : MDBX_NOTFOUND;
  for (size_t i = use->count; i && rc == MDBX_SUCCESS; --i)
    rc = mdbx_drop(txn, use->tables[i - 1].dbi, !use->tables[i - 1].main);
  SOUND_CODE(use, rc);
  rc = mdbx_txn_commit(txn);
  SOUND_CODE(use, rc);
}

void use_up(struct use *use) {
  static const intptr_t sizes[] = {-1, 0, 1 << 16, 1 << 20, 1 << 24};
  MDBX_defrag_result_t result;
  SOUND_CODE(use, mdbx_env_defrag(use->env, 0, 0, 0, 0, 0, 8, NULL, NULL, &result));
  SOUND_MUST(use, use_is_sound(use->env, false));
  SOUND_CODE(use, mdbx_env_set_geometry(use->env, 0, -1, sizes[fuzz_below(&use->random, 5)],
                                        sizes[fuzz_below(&use->random, 3)], sizes[fuzz_below(&use->random, 3)], -1));
  SOUND_CODE(use, mdbx_env_sync_ex(use->env, true, false));
  SOUND_MUST(use, use_is_sound(use->env, true));
  drop_all(use);
  SOUND_MUST(use, use_is_sound(use->env, false));
}
