/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/check.h: the integrity check behind mdbx_env_chk().
 *
 * Works on one snapshot, in a read transaction, while others write: metas, every page of every tree (checksum, bounds,
 * level, used once), the table of free pages (every page below the end is used, free, retired or held, exactly once),
 * the order of keys and their keyheads, and the counts of the table records.
 */
#ifndef MDBX_SERVICE_CHECK_H
#define MDBX_SERVICE_CHECK_H

#include "txn/txn.h"

int check_database(MDBX_env *env, const MDBX_chk_callbacks_t *callbacks, MDBX_chk_context_t *context, unsigned flags,
                   MDBX_chk_severity_t verbosity, unsigned timeout);
/* Reports an issue that the application has found itself. */
int check_note_issue(MDBX_chk_context_t *context);

#endif
