/* SPDX-License-Identifier: Apache-2.0 */
/* tests/lmdb/remote.c: a network file system is refused through LMDB's interface too, unless MDB_NOLOCK is given. Exit code:
 * the number of the check that failed. */
#include <errno.h>
#include <lmdb.h>
#include <string.h>
#include <sys/vfs.h>

static unsigned long kind;

/* These take the place of the C library's for the whole program. */
int fstatfs(int fd, struct statfs *fs) {
  (void)fd;
  memset(fs, 0, sizeof(*fs));
  fs->f_type = (__typeof__(fs->f_type))kind;
  return 0;
}

int statfs(const char *path, struct statfs *fs) {
  (void)path;
  return fstatfs(-1, fs);
}

static int open_with(unsigned flags) {
  MDB_env *env;
  int rc = mdb_env_create(&env);
  if (rc == MDB_SUCCESS)
    rc = mdb_env_open(env, "remote", MDB_NOSUBDIR | flags, 0600);
  mdb_env_close(env);
  return rc;
}

int main(void) {
  static const unsigned flags[] = {0, MDB_RDONLY, MDB_WRITEMAP, MDB_NOTLS, MDB_NOSYNC};
  kind = 0x01021994; /* tmpfs */
  if (open_with(0) != MDB_SUCCESS)
    return 1;
  kind = 0x6969; /* NFS */
  for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); ++i)
    if (open_with(flags[i]) != EREMOTEIO)
      return 2 + (int)i;
  if (open_with(MDB_NOLOCK) != MDB_SUCCESS)
    return 10;
  return open_with(MDB_NOLOCK | MDB_RDONLY) != MDB_SUCCESS ? 11 : 0;
}
