/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/model/checker.h: the checker over a whole database, for programs that are no unit tests. What it finds goes to stderr.
 */
#ifndef TESTS_MODEL_CHECKER_H
#define TESTS_MODEL_CHECKER_H

#include "mdbx.h"

#include <stdio.h>
#include <string.h>

static inline void checker_print_issue(MDBX_chk_context_t *ctx, const char *object, uint64_t entry, const char *issue,
                                       const char *format, va_list args) {
  (void)ctx;
  fprintf(stderr, "checker: %s %llu %s: ", object, (unsigned long long)entry, issue);
  if (format)
    vfprintf(stderr, format, args);
  fputc('\n', stderr);
}

static inline int checker_run(MDBX_env *env, size_t *problems) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  memset(&context, 0, sizeof(context));
  callbacks.issue = checker_print_issue;
  const int rc = mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_result, 0);
  *problems = context.result.total_problems;
  return rc;
}

#endif
