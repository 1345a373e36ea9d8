/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/metrics.h: the state of a database in the text format of Prometheus.
 */
#ifndef MDBX_TOOLS_MDBX_METRICS_H
#define MDBX_TOOLS_MDBX_METRICS_H

#include "facts.h"

/* Writes all metrics of a database and its tables. `path` becomes a label. A message is printed if it fails. */
int metrics_write(FILE *out, MDBX_txn *txn, const char *path);
/* The same into a file that is replaced as a whole, so that nobody reads an incomplete file. */
int metrics_replace(const char *file, MDBX_env *env, const char *path);

#endif
