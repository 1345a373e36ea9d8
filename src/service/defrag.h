/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/defrag.h: makes the file smaller, in cycles of one write transaction each.
 */
#ifndef MDBX_SERVICE_DEFRAG_H
#define MDBX_SERVICE_DEFRAG_H

#include "txn/txn.h"

/* Pages and 16.16 times, as of mdbx_env_defrag(). */
struct defrag_goals {
  size_t pages_atleast, time_atleast, pages_enough, time_limit;
  intptr_t backlash, batch;
  MDBX_defrag_notify_func notify;
  void *context;
};

int defrag_run(MDBX_env *env, const struct defrag_goals *goals, MDBX_defrag_result_t *result);

#endif
