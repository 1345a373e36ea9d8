/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/log.h: the process-wide log sink and the error reports built on it.
 *
 * The level, debug flags and sink are process-wide and set by mdbx_setup_debug(); reading them takes no lock. Nothing
 * is printed unless a sink or a level is set.
 */
#ifndef MDBX_BASE_LOG_H
#define MDBX_BASE_LOG_H

#include "base/base.h"

#include <stdarg.h>

/* Owned by log.c; written only by log_setup(). */
extern int log_level_now;

/* Sets what is not "don't change"; returns the previous level and flags packed as mdbx_setup_debug() documents. */
int log_setup(int level, int flags, MDBX_debug_func sink);
int log_setup_nofmt(int level, int flags, MDBX_debug_func_nofmt sink, char *buffer, size_t size);
int log_debug_flags(void);

void log_write(int level, const char *function, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Reports what is wrong with the content of a database and returns code, so that callers can write
 * `return log_damage(MDBX_CORRUPTED, "page %u: ...", pgno);` */
int log_damage_at(int code, const char *function, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Collects damage reports of this thread: while set, each log_damage_at() also calls it. NULL ends it. The checker uses
 * this to report what is behind an error code. */
typedef void (*log_damage_hook)(void *context, const char *message);
void log_set_damage_hook(log_damage_hook hook, void *context);

/* From now on damage reports of this thread begin with this file name, which the caller keeps. NULL ends it. */
void log_set_damage_file(const char *path);

void log_set_panic(MDBX_panic_func panic);
/* Reports an unrecoverable failure to the panic callback, or prints it and aborts. */
void log_panic(const char *message, const char *function, unsigned line);

#define log_at(level, ...) \
  do { \
    if (unlikely((level) <= log_level_now)) \
      log_write((level), __func__, __LINE__, __VA_ARGS__); \
  } while (0)
#define log_error(...) log_at(MDBX_LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_at(MDBX_LOG_WARN, __VA_ARGS__)
#define log_notice(...) log_at(MDBX_LOG_NOTICE, __VA_ARGS__)
#define log_verbose(...) log_at(MDBX_LOG_VERBOSE, __VA_ARGS__)
#define log_debug(...) log_at(MDBX_LOG_DEBUG, __VA_ARGS__)
#define log_trace(...) log_at(MDBX_LOG_TRACE, __VA_ARGS__)
#define log_damage(code, ...) log_damage_at((code), __func__, __LINE__, __VA_ARGS__)

#endif
