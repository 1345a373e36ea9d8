/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

/* Only log_setup() writes it; the documentation says to call it before other threads use the library. */
int log_level_now = MDBX_LOG_FATAL;
static int debug_flags = MDBX_DBG_NONE;
static MDBX_debug_func sink_fmt;
static MDBX_debug_func_nofmt sink_nofmt;
static char *nofmt_buffer;
static size_t nofmt_size;
static MDBX_panic_func panic_callback;

static __thread log_damage_hook damage_hook;
static __thread void *damage_context;
static __thread const char *damage_file;

static int setup_levels(int level, int flags) {
  const int before = debug_flags | (log_level_now << 16);
  if (level != MDBX_LOG_DONTCHANGE)
    log_level_now = level;
  if (flags != MDBX_DBG_DONTCHANGE)
    debug_flags = flags;
  return before;
}

int log_setup(int level, int flags, MDBX_debug_func sink) {
  const int before = setup_levels(level, flags);
  if (sink != MDBX_LOGGER_DONTCHANGE) {
    sink_fmt = sink;
    sink_nofmt = NULL;
  }
  return before;
}

int log_setup_nofmt(int level, int flags, MDBX_debug_func_nofmt sink, char *buffer, size_t size) {
  const int before = setup_levels(level, flags);
  if (sink != MDBX_LOGGER_NOFMT_DONTCHANGE) {
    sink_nofmt = sink;
    sink_fmt = NULL;
    nofmt_buffer = buffer;
    nofmt_size = size;
  }
  return before;
}

int log_debug_flags(void) { return debug_flags; }

static void print_to_stderr(const char *function, int line, const char *format, va_list args) {
  char text[1024];
  vsnprintf(text, sizeof(text), format, args);
  fprintf(stderr, "libmdbx %s:%d %s\n", function, line, text);
}

static void emit(int level, const char *function, int line, const char *format, va_list args) {
  if (sink_fmt) {
    sink_fmt((MDBX_log_level_t)level, function, line, format, args);
  } else if (sink_nofmt && nofmt_buffer && nofmt_size) {
    const int length = vsnprintf(nofmt_buffer, nofmt_size, format, args);
    const unsigned stored = length < 0 ? 0 : (unsigned)MIN_OF((size_t)length, nofmt_size - 1);
    sink_nofmt((MDBX_log_level_t)level, function, line, nofmt_buffer, stored);
  } else {
    print_to_stderr(function, line, format, args);
  }
}

void log_write(int level, const char *function, int line, const char *format, ...) {
  va_list args;
  va_start(args, format);
  emit(level, function, line, format, args);
  va_end(args);
}

static void tell_damage_hook(const char *format, va_list args) {
  char text[512];
  vsnprintf(text, sizeof(text), format, args);
  damage_hook(damage_context, text);
}

int log_damage_at(int code, const char *function, int line, const char *format, ...) {
  va_list args;
  if (damage_hook) {
    va_start(args, format);
    tell_damage_hook(format, args);
    va_end(args);
  }
  if (log_level_now >= MDBX_LOG_ERROR && damage_file) {
    char text[512];
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    log_write(MDBX_LOG_ERROR, function, line, "%s: %s", damage_file, text);
  } else if (log_level_now >= MDBX_LOG_ERROR) {
    va_start(args, format);
    emit(MDBX_LOG_ERROR, function, line, format, args);
    va_end(args);
  }
  return code;
}

void log_set_damage_file(const char *path) { damage_file = path; }

void log_set_damage_hook(log_damage_hook hook, void *context) {
  damage_hook = hook;
  damage_context = context;
}

void log_set_panic(MDBX_panic_func panic) { panic_callback = panic; }

void log_panic(const char *message, const char *function, unsigned line) {
  if (panic_callback) {
    panic_callback(message, function, line, NULL, NULL);
    return;
  }
  fprintf(stderr, "libmdbx fatal: %s (%s:%u)\n", message, function, line);
  abort();
}
