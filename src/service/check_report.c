/* SPDX-License-Identifier: Apache-2.0 */
#include "service/check_report.h"

#include "base/log.h"

#include <stdio.h>

static const MDBX_chk_callbacks_t *callbacks_of(const MDBX_chk_context_t *context) {
  return context->internal->callbacks;
}

int report_pause(MDBX_chk_context_t *context) {
  struct MDBX_chk_internal *internal = context->internal;
  if (!internal->cancelled && internal->callbacks->check_break && internal->callbacks->check_break(context))
    internal->cancelled = true;
  if (!internal->cancelled && internal->deadline && os_monotonic_16dot16() >= internal->deadline)
    internal->cancelled = true;
  return internal->cancelled ? MDBX_EINTR : MDBX_SUCCESS;
}

/* ---------------------------------------------------------------------------------------------------------- scopes */

int report_scope_push(MDBX_chk_context_t *context, const char *format, ...) {
  const MDBX_chk_callbacks_t *callbacks = callbacks_of(context);
  MDBX_chk_scope_t *outer = context->scope, *inner = outer + 1;
  if (context->scope_nesting + 1u >= COUNT_OF(context->internal->scopes))
    return MDBX_PROBLEM;
  memset(inner, 0, sizeof(*inner));
  inner->internal = context->internal;
  inner->stage = outer->stage;
  inner->verbosity = outer->verbosity;
  int rc = MDBX_SUCCESS;
  if (callbacks->scope_push) {
    va_list args;
    va_start(args, format);
    rc = callbacks->scope_push(context, outer, inner, format, args);
    va_end(args);
  }
  if (rc != MDBX_SUCCESS)
    return rc;
  context->scope = inner;
  context->scope_nesting += 1;
  return MDBX_SUCCESS;
}

int report_scope_pop(MDBX_chk_context_t *context, int rc) {
  const MDBX_chk_callbacks_t *callbacks = callbacks_of(context);
  MDBX_chk_scope_t *inner = context->scope, *outer = inner - 1;
  if (callbacks->scope_conclude)
    rc = callbacks->scope_conclude(context, outer, inner, rc);
  outer->subtotal_issues += inner->subtotal_issues;
  context->scope = outer;
  context->scope_nesting -= 1;
  if (callbacks->scope_pop)
    callbacks->scope_pop(context, outer, inner);
  return rc;
}

int report_stage_begin(MDBX_chk_context_t *context, MDBX_chk_stage_t stage, size_t *counter) {
  context->scope->stage = stage;
  context->internal->counter = counter;
  return callbacks_of(context)->stage_begin ? callbacks_of(context)->stage_begin(context, stage) : MDBX_SUCCESS;
}

int report_stage_end(MDBX_chk_context_t *context, MDBX_chk_stage_t stage, int rc) {
  context->internal->counter = NULL;
  return callbacks_of(context)->stage_end ? callbacks_of(context)->stage_end(context, stage, rc) : rc;
}

/* ---------------------------------------------------------------------------------------------------------- issues */

void report_issue(MDBX_chk_context_t *context, const char *object, uint64_t entry, const char *issue,
                  const char *format, ...) {
  context->result.total_problems += 1;
  context->scope->subtotal_issues += 1;
  if (context->internal->counter)
    *context->internal->counter += 1;
  if (!callbacks_of(context)->issue)
    return;
  va_list args;
  va_start(args, format);
  callbacks_of(context)->issue(context, object, entry, issue, format, args);
  va_end(args);
}

/* Prints text to the line's own buffer, for applications that have no print callback. */
static void put_in_buffer(const MDBX_chk_callbacks_t *callbacks, MDBX_chk_line_t *line, const char *text) {
  for (; *text; ++text) {
    if (line->out == line->end && callbacks->print_flush)
      callbacks->print_flush(line);
    if (line->out == line->end)
      return;
    *line->out++ = *text;
  }
}

static void fill_line(const MDBX_chk_callbacks_t *callbacks, MDBX_chk_line_t *line, const char *format, va_list args) {
  if (callbacks->print_format) {
    callbacks->print_format(line, format, args);
    return;
  }
  char text[512];
  vsnprintf(text, sizeof(text), format, args);
  if (callbacks->print_chars)
    callbacks->print_chars(line, text, strlen(text));
  else
    put_in_buffer(callbacks, line, text);
}

void report_line(MDBX_chk_context_t *context, MDBX_chk_severity_t severity, const char *format, ...) {
  const MDBX_chk_callbacks_t *callbacks = callbacks_of(context);
  const unsigned shift = MDBX_chk_severity_prio_shift;
  if (!callbacks->print_begin || (unsigned)severity >> shift > (unsigned)context->internal->verbosity >> shift)
    return;
  MDBX_chk_line_t *line = callbacks->print_begin(context, severity);
  if (!line)
    return;
  va_list args;
  va_start(args, format);
  fill_line(callbacks, line, format, args);
  va_end(args);
  if (callbacks->print_done)
    callbacks->print_done(line);
}

/* --------------------------------------------------------------------------------------------------------- damage */

static void keep_message(void *context, const char *message) {
  struct MDBX_chk_internal *internal = ((MDBX_chk_context_t *)context)->internal;
  snprintf(internal->last_damage, sizeof(internal->last_damage), "%s", message);
}

void report_listen(MDBX_chk_context_t *context) { log_set_damage_hook(keep_message, context); }

void report_deafen(void) { log_set_damage_hook(NULL, NULL); }

/* ------------------------------------------------------------------------------------------------------ histograms */

/* Ranges grow by powers of four from 2 on: 2..7, 8..31, and so on; the last takes the rest. */
void report_histogram_add(struct MDBX_chk_histogram *histogram, size_t value) {
  histogram->amount += value;
  histogram->count += 1;
  if (value <= 1) {
    histogram->le1_amount += value;
    histogram->le1_count += 1;
    return;
  }
  size_t begin = 2, end = 8, i = 0;
  while (value >= end && i + 1 < COUNT_OF(histogram->ranges)) {
    begin = end;
    end *= 4;
    ++i;
  }
  histogram->ranges[i].begin = begin;
  histogram->ranges[i].end = i + 1 < COUNT_OF(histogram->ranges) ? end : SIZE_MAX;
  histogram->ranges[i].amount += value;
  histogram->ranges[i].count += 1;
}
