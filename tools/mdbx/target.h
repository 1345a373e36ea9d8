/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/target.h: an output file or database that is complete or does not exist: it is created under a temporary
 * name in the same folder and renamed at the end. If a signal ends the program, it is removed. A device or pipe is
 * written directly, and is never replaced or removed. For a symbolic link, the file that it leads to counts.
 */
#ifndef MDBX_TOOLS_MDBX_TARGET_H
#define MDBX_TOOLS_MDBX_TARGET_H

#include "command.h"

enum target_kind {
  TARGET_FILE,     /* any file */
  TARGET_BRIEF,    /* one that is written so quickly that a signal can wait: it sets tool_stopped */
  TARGET_DATABASE, /* a database in a directory */
  TARGET_DATA_FILE /* one that is named by its data file */
};

struct target {
  char *name;      /* the final name */
  char *temporary; /* the temporary name; for a device or pipe the same as name */
  bool overwrite, database;
  bool through; /* the name is a device or pipe: it is written directly */
};

/* Chooses the names. For a database the function creates an empty file or directory, which the program then opens; a
 * signal sets tool_stopped. Any other file is created by the program itself, and a signal ends the program at once. If
 * something exists under the name and must not be overwritten, the function prints a message. */
int target_begin(struct target *target, const char *name, bool overwrite, enum target_kind kind);
/* The kind of target for the flags with which a database is opened. */
enum target_kind target_kind_for(unsigned env_flags);
/* Opens the temporary file for writing. NULL: errno says why. */
FILE *target_open(const struct target *target);
/* Renames the file if rc is MDBX_SUCCESS, else removes it. All files of it must be closed. */
int target_finish(struct target *target, int rc);

/* The data file in a directory, or the path itself; the caller frees it. NULL: out of memory. */
char *target_data_file(const char *path);

#endif
