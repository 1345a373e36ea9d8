/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/target.h: a file or database that is there completely or not at all: it is made under a temporary name
 * beside its place and renamed at the end. A signal that ends the program removes it. What is no regular file is written to
 * in its place, and never replaced or removed; a symbolic link stands for what it leads to.
 */
#ifndef MDBX_TOOLS_MDBX_TARGET_H
#define MDBX_TOOLS_MDBX_TARGET_H

#include "command.h"

enum target_kind {
  TARGET_FILE,     /* any file */
  TARGET_DATABASE, /* a database in a directory */
  TARGET_DATA_FILE /* one that is named by its data file */
};

struct target {
  char *name;      /* where it shall be */
  char *temporary; /* where it is made; the same as name for what is no file */
  bool overwrite, database;
  bool through; /* there is a device or pipe in its place: it is written to, and stays */
};

/* Chooses the names. A database is one that the program opens itself: an empty file or directory is made for it, which nobody
 * else has made, and tool_stopped tells about signals; any other file the program makes itself, and a signal ends it at
 * once. A message is printed if there is something in its place and it may not be overwritten. */
int target_begin(struct target *target, const char *name, bool overwrite, enum target_kind kind);
/* What suits the flags a database is opened with. */
enum target_kind target_kind_for(unsigned env_flags);
/* Opens the temporary file for writing. NULL: errno says why. */
FILE *target_open(const struct target *target);
/* Renames it if rc is MDBX_SUCCESS, else removes it; after all files of it were closed. */
int target_finish(struct target *target, int rc);

/* The data file in a directory, or the path itself; to be freed. NULL: out of memory. */
char *target_data_file(const char *path);

#endif
