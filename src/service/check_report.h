/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/check_report.h: how the checker reports to the application: scopes, stages, issues, lines of text.
 */
#ifndef MDBX_SERVICE_CHECK_REPORT_H
#define MDBX_SERVICE_CHECK_REPORT_H

#include "txn/txn.h"

#include <stdarg.h>

/* The opaque part of MDBX_chk_context. */
struct MDBX_chk_internal {
  const MDBX_chk_callbacks_t *callbacks;
  unsigned flags;
  MDBX_chk_severity_t verbosity;
  uint64_t deadline; /* os_monotonic_16dot16(), 0: none */
  bool cancelled;
  size_t *counter; /* the result field to which the present stage adds its problems */
  MDBX_chk_scope_t scopes[8];
  const MDBX_val *key;   /* of the record that is being checked, or NULL */
  char last_damage[256]; /* the last damage report of the lower layers */
};

#define REPORT_PRINTF(text, first) __attribute__((format(printf, text, first)))

/* MDBX_EINTR if the application or the time limit ends the check. */
int report_pause(MDBX_chk_context_t *context);

int report_scope_push(MDBX_chk_context_t *context, const char *format, ...) REPORT_PRINTF(2, 3);
int report_scope_pop(MDBX_chk_context_t *context, int rc);
int report_stage_begin(MDBX_chk_context_t *context, MDBX_chk_stage_t stage, size_t *counter);
int report_stage_end(MDBX_chk_context_t *context, MDBX_chk_stage_t stage, int rc);

/* A problem of an object (a table, a page, a meta); `entry` is its number. */
void report_issue(MDBX_chk_context_t *context, const char *object, uint64_t entry, const char *issue,
                  const char *format, ...) REPORT_PRINTF(5, 6);
/* Prints a line of text, if its severity is selected. */
void report_line(MDBX_chk_context_t *context, MDBX_chk_severity_t severity, const char *format, ...)
    REPORT_PRINTF(3, 4);

/* Between the two calls, last_damage keeps the damage reports of lower layers in this thread. */
void report_listen(MDBX_chk_context_t *context);
void report_deafen(void);

/* Adds a value to a distribution. */
void report_histogram_add(struct MDBX_chk_histogram *histogram, size_t value);

#endif
