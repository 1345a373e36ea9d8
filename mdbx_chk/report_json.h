/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mdbx_chk/report_json.h: prints the result of a check as one JSON object.
 */
#ifndef MDBX_CHK_REPORT_JSON_H
#define MDBX_CHK_REPORT_JSON_H

#include <mdbx.h>

#include <stdio.h>

void json_report_begin(const char *path);
void json_report_database(const MDBX_envinfo *info);
/* What to do about what was found. */
void json_report_advice(const char *advice);
/* A problem; `detail` may be NULL. */
void json_report_problem(const MDBX_chk_context_t *context, const char *object, uint64_t entry, const char *issue,
                         const char *detail);
void json_report_table(const MDBX_chk_table_t *table);
void json_report_result(const MDBX_chk_context_t *context);
/* An error that kept the check from its end; `detail` may be empty. */
void json_report_error(int code, const char *detail);
/* MDBX_ENOMEM: nothing was printed. */
int json_report_print(int exit_code, double seconds, FILE *out);

#endif
