/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include "tool_common.h"
#include "tool_sizes.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BEFORE_FIRST_NS 500000000
#define BETWEEN_NS 200000000

static struct {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t ending;
  char file[4096];
  uint64_t expected;
  bool running, ended, shown;
  bool is_draft; /* `file` is the beginning of its name */
} progress = {.lock = PTHREAD_MUTEX_INITIALIZER, .ending = PTHREAD_COND_INITIALIZER};

uint64_t progress_expect(const MDBX_env *env, unsigned copy_flags) {
  MDBX_envinfo info;
  MDBX_stat stat;
  if (mdbx_env_info_ex(env, NULL, &info, sizeof(info)) != MDBX_SUCCESS ||
      mdbx_env_stat_ex(env, NULL, &stat, sizeof(stat)) != MDBX_SUCCESS)
    return 0;
  const uint64_t used = stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
  const uint64_t pages = copy_flags & MDBX_CP_COMPACT ? used : info.mi_last_pgno + 1;
  const uint64_t bytes = pages * info.mi_dxb_pagesize;
  return bytes < info.mi_geo.lower ? info.mi_geo.lower : bytes;
}

/* The draft that was written to last. */
static bool find_draft(uint64_t *length) {
  const char *base = strrchr(progress.file, '/') + 1;
  const struct dirent *entry;
  struct stat status;
  struct timespec newest = {0, 0};
  bool found = false;
  *strrchr(progress.file, '/') = '\0';
  DIR *folder = opendir(*progress.file ? progress.file : "/");
  while (folder && (entry = readdir(folder)) != NULL)
    if (strncmp(entry->d_name, base, strlen(base)) == 0 &&
        fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        (status.st_mtim.tv_sec > newest.tv_sec ||
         (status.st_mtim.tv_sec == newest.tv_sec && status.st_mtim.tv_nsec >= newest.tv_nsec))) {
      newest = status.st_mtim;
      *length = (uint64_t)status.st_size;
      found = true;
    }
  if (folder)
    closedir(folder);
  progress.file[base - 1 - progress.file] = '/';
  return found;
}

static bool find_length(uint64_t *length) {
  struct stat status;
  if (progress.is_draft)
    return find_draft(length);
  if (stat(progress.file, &status) != 0)
    return false;
  *length = (uint64_t)status.st_size;
  return true;
}

static void show(void) {
  char done[SIZE_TEXT], all[SIZE_TEXT];
  uint64_t length;
  if (!find_length(&length))
    return;
  progress.shown = true;
  fprintf(stderr, "\r%s", size_show(length, done));
  if (progress.expected)
    fprintf(stderr, " of %s, %u %%", size_show(progress.expected, all),
            length < progress.expected ? (unsigned)(length * 100 / progress.expected) : 100);
  fputs("  ", stderr);
}

/* Until that time, or the end. */
static void wait_until(const struct timespec *moment) {
  while (!progress.ended && pthread_cond_timedwait(&progress.ending, &progress.lock, moment) == 0)
    continue;
}

static void add(struct timespec *moment, long ns) {
  moment->tv_nsec += ns;
  moment->tv_sec += moment->tv_nsec / 1000000000;
  moment->tv_nsec %= 1000000000;
}

static void *watch(void *context) {
  struct timespec moment;
  clock_gettime(CLOCK_REALTIME, &moment);
  add(&moment, BEFORE_FIRST_NS);
  pthread_mutex_lock(&progress.lock);
  for (wait_until(&moment); !progress.ended; wait_until(&moment)) {
    show();
    clock_gettime(CLOCK_REALTIME, &moment);
    add(&moment, BETWEEN_NS);
  }
  pthread_mutex_unlock(&progress.lock);
  return context;
}

/* An existing file is replaced by a temporary file in the same folder; only the beginning of its name is known. */
static bool choose_file(const char *file) {
  struct stat status;
  char *real = stat(file, &status) == 0 ? realpath(file, NULL) : NULL;
  progress.is_draft = real != NULL;
  const int length = snprintf(progress.file, sizeof(progress.file), "%s%s", real ? real : file, real ? "-new-" : "");
  free(real);
  return length > 0 && (size_t)length < sizeof(progress.file);
}

void progress_begin(const char *file, uint64_t expected) {
  sigset_t all, before;
  if (tool_quiet || !isatty(STDERR_FILENO) || !choose_file(file))
    return;
  progress.expected = expected;
  progress.ended = progress.shown = false;
  /* Only the copying thread handles signals. */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  progress.running = pthread_create(&progress.thread, NULL, watch, NULL) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void progress_end(void) {
  if (!progress.running)
    return;
  pthread_mutex_lock(&progress.lock);
  progress.ended = true;
  pthread_cond_signal(&progress.ending);
  pthread_mutex_unlock(&progress.lock);
  pthread_join(progress.thread, NULL);
  progress.running = false;
  if (progress.shown)
    fputs("\r                                        \r", stderr);
}
