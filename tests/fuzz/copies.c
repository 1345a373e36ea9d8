/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of an open database, and increments that bring them up to date. See use.h. */
#include "use.h"

#include "format/format.h"

#include <fcntl.h>
#include <unistd.h>

/* Of a sound database it is sound. */
static void look_at_copy(struct use *use, const char *path) {
  MDBX_env *copy;
  FUZZ_OK(mdbx_env_create(&copy));
  const int opened = mdbx_env_open(copy, path, MDBX_NOSUBDIR | MDBX_RDONLY | MDBX_EXCLUSIVE, 0600);
  SOUND_CODE(use, opened);
  if (opened == MDBX_SUCCESS)
    SOUND_MUST(use, use_is_sound(copy, false));
  mdbx_env_close_ex(copy, true);
}

static int copy_to_path(struct use *use, MDBX_txn *txn, MDBX_copy_flags_t flags) {
  const MDBX_copy_flags_t how = flags | MDBX_CP_OVERWRITE;
  return fuzz_below(&use->random, 2) ? mdbx_txn_copy2pathname(txn, fuzz_path("copy"), how)
                                     : mdbx_env_copy(use->env, fuzz_path("copy"), how);
}

static int copy_to_descriptor(struct use *use, MDBX_txn *txn, MDBX_copy_flags_t flags) {
  const int fd = open(fuzz_path("copy"), O_RDWR | O_CREAT | O_TRUNC, 0600);
  FUZZ_MUST(fd >= 0);
  const int rc = fuzz_below(&use->random, 2) ? mdbx_txn_copy2fd(txn, fd, flags) : mdbx_env_copy2fd(use->env, fd, flags);
  close(fd);
  return rc;
}

void use_copy_snapshot(struct use *use, MDBX_txn *txn) {
  const bool compact = fuzz_below(&use->random, 2), resizable = fuzz_below(&use->random, 4) == 0;
  const MDBX_copy_flags_t flags =
      MDBX_CP_DONT_FLUSH | (compact ? MDBX_CP_COMPACT : 0) | (resizable ? MDBX_CP_FORCE_DYNAMIC_SIZE : 0);
  const int rc = fuzz_below(&use->random, 2) ? copy_to_path(use, txn, flags) : copy_to_descriptor(use, txn, flags);
  SOUND_CODE(use, rc);
  if (rc == MDBX_SUCCESS)
    look_at_copy(use, fuzz_path("copy"));
  unlink(fuzz_path("copy"));
  unlink(fuzz_path("copy" MDBX_LOCK_SUFFIX));
}

/* ------------------------------------------------------------------------------------------------------- increments */

/* It becomes another database by its first commit, and what was copied before belongs to what it was a copy of. */
static bool may_be_a_copy(const struct use *use) {
  MDBX_envinfo info;
  struct meta_page page;
  mdbx_filehandle_t fd;
  if (mdbx_env_get_fd(use->env, &fd) != MDBX_SUCCESS ||
      mdbx_env_info_ex(use->env, NULL, &info, sizeof(info)) != MDBX_SUCCESS)
    return true;
  for (unsigned slot = 0; slot < META_COUNT; ++slot)
    if (pread(fd, &page, sizeof(page), (off_t)slot * (off_t)info.mi_dxb_pagesize) != sizeof(page) ||
        meta_is_copy(&page.meta))
      return true;
  return false;
}

bool use_copy_base(struct use *use, uint64_t *txnid) {
  MDBX_envinfo info;
  use->was_copy = may_be_a_copy(use);
  const int rc = mdbx_env_copy(use->env, fuzz_path("base"), MDBX_CP_OVERWRITE | MDBX_CP_DONT_FLUSH);
  SOUND_CODE(use, rc);
  if (rc != MDBX_SUCCESS || mdbx_preopen_snapinfo(fuzz_path("base"), &info, sizeof(info)) != MDBX_SUCCESS)
    return false;
  *txnid = info.mi_recent_txnid;
  return true;
}

/* The copy that was brought up to date holds what the database does. */
static void compare_with_base(struct use *use) {
  static struct use copied;
  copied = (struct use){.sound = true, .random = 1};
  FUZZ_OK(mdbx_env_create(&copied.env));
  FUZZ_OK(mdbx_env_set_maxdbs(copied.env, HANDLES_MOST));
  FUZZ_OK(mdbx_env_open(copied.env, fuzz_path("base"), MDBX_NOSUBDIR | MDBX_RDONLY | MDBX_EXCLUSIVE, 0600));
  FUZZ_MUST(use_is_sound(copied.env, false));
  use_read(&copied);
  use_compare(&copied, use);
  use_forget(&copied);
  FUZZ_OK(mdbx_env_close_ex(copied.env, true));
}

static int write_increment(struct use *use, uint64_t txnid) {
  if (fuzz_below(&use->random, 2))
    return mdbx_env_copy_since(use->env, txnid, fuzz_path("inc"), MDBX_CP_OVERWRITE | MDBX_CP_DONT_FLUSH);
  const int fd = open(fuzz_path("inc"), O_RDWR | O_CREAT | O_TRUNC, 0600);
  FUZZ_MUST(fd >= 0);
  const int rc = mdbx_env_copy2fd_since(use->env, txnid, fd, MDBX_CP_DONT_FLUSH);
  close(fd);
  return rc;
}

void use_follow_base(struct use *use, uint64_t txnid, bool changed) {
  MDBX_increment_info info;
  int rc = write_increment(use, txnid);
  SOUND_CODE(use, rc);
  if (rc == MDBX_SUCCESS) {
    SOUND_CODE(use, mdbx_increment_info(fuzz_path("inc"), &info, sizeof(info)));
    rc = mdbx_copy_apply(fuzz_path("base"), fuzz_path("inc"), MDBX_CP_DONT_FLUSH);
    SOUND_MUST(use, rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE || (rc == MDBX_INCOMPATIBLE && use->was_copy));
    if (use->sound && changed && rc != MDBX_INCOMPATIBLE)
      compare_with_base(use);
  }
  unlink(fuzz_path("base"));
  unlink(fuzz_path("base" MDBX_LOCK_SUFFIX));
  unlink(fuzz_path("inc"));
}
