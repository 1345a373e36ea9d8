/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/files.c: the folders of databases: made, copied, weighed, removed.
 */
#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
  (void)st, (void)type, (void)ftw;
  return remove(path);
}

void remove_folder(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

void make_folder(const char *path) {
  if (mkdir(path, 0755) && errno != EEXIST)
    give_up(path, strerror(errno));
}

static uint64_t weight;

/* Files may vanish while an engine is at work. */
static int weigh_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
  (void)path, (void)ftw;
  weight += type == FTW_F ? (uint64_t)st->st_blocks * 512 : 0;
  return 0;
}

uint64_t folder_bytes(const char *path) {
  weight = 0;
  nftw(path, weigh_one, 16, FTW_PHYS);
  return weight;
}

static void copy_range(int in, int out, off_t at, off_t end) {
  char buffer[1 << 16];
  while (at < end) {
    const size_t length = (size_t)(end - at) < sizeof(buffer) ? (size_t)(end - at) : sizeof(buffer);
    const ssize_t got = pread(in, buffer, length, at);
    if (got <= 0 || pwrite(out, buffer, (size_t)got, at) != got)
      give_up("copy", strerror(errno));
    at += got;
  }
}

static void copy_file(const char *from, const char *to) {
  const int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  struct stat st;
  if (in < 0 || out < 0 || fstat(in, &st))
    give_up(from, strerror(errno));
  for (off_t at = 0, end; (at = lseek(in, at, SEEK_DATA)) >= 0; at = end) {
    end = lseek(in, at, SEEK_HOLE);
    copy_range(in, out, at, end);
  }
  if (ftruncate(out, st.st_size) || fsync(out))
    give_up(to, strerror(errno));
  close(in);
  close(out);
}

void copy_folder(const char *from, const char *to) {
  DIR *folder = opendir(from);
  if (!folder)
    give_up(from, strerror(errno));
  make_folder(to);
  for (const struct dirent *entry; (entry = readdir(folder));) {
    char inner[1024], outer[1024];
    struct stat st;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    snprintf(inner, sizeof(inner), "%s/%s", from, entry->d_name);
    snprintf(outer, sizeof(outer), "%s/%s", to, entry->d_name);
    if (stat(inner, &st))
      continue;
    if (S_ISDIR(st.st_mode))
      copy_folder(inner, outer);
    else
      copy_file(inner, outer);
  }
  closedir(folder);
}
