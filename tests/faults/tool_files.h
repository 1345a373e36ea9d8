/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/faults/tool_files.h: the files that the commands of tests/faults/tools.c get: they are made once, and put back before each
 * run. Afterwards the folder is compared with what may be there.
 *
 * All functions work in the current folder.
 */
#ifndef MDBX_TESTS_FAULTS_TOOL_FILES_H
#define MDBX_TESTS_FAULTS_TOOL_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
  char *at;
  size_t length;
};

/* A file; false: there is none. */
bool bytes_read(const char *name, struct bytes *bytes);
void files_write(const char *name, const struct bytes *bytes);
bool bytes_are(const struct bytes *a, const struct bytes *b);
void bytes_free(struct bytes *bytes);

/* Makes them; `run` runs a tool without faults. */
void files_make(bool (*run)(const char *tool, const char *words));
/* As they were made; nothing else stays. */
void files_restore(void);
/* The one of this name; NULL: there is none. */
const struct bytes *files_original(const char *name);
/* Calls `see` for each name in the folder, until it returns false. */
bool files_each(bool (*see)(void *context, const char *name), void *context);

/* What a database holds: 0, or a code of the engine. It is opened for writing, which nobody may prevent, and checked. */
int files_digest(const char *name, uint64_t *digest);
#endif
