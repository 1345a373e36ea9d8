/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/results.c: what was measured.
 */
#include "bench.h"

#include <stdlib.h>

const char *const mode_names[MODES] = {"utterly", "safe", "writemap", "durable"};

static int by_value(const void *a, const void *b) {
  const double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

void results_add(struct results *results, const struct row *row, const struct engine *engine, enum mode mode,
                 uint64_t records, double *figures, unsigned count, enum outcome outcome) {
  if (results->count == results->room) {
    results->room = results->room ? 2 * results->room : 256;
    results->all = realloc(results->all, results->room * sizeof(*results->all));
    if (!results->all)
      give_up("results", "no memory");
  }
  struct result *result = &results->all[results->count++];
  *result = (struct result){row, engine, mode, records, outcome, 0, 0, 0};
  if (outcome != MEASURED)
    return;
  qsort(figures, count, sizeof(*figures), by_value);
  result->median = figures[count / 2];
  result->low = figures[0];
  result->high = figures[count - 1];
}

const struct result *results_find(const struct results *results, const struct row *row, const struct engine *engine,
                                  enum mode mode, uint64_t records) {
  for (size_t i = 0; i < results->count; ++i) {
    const struct result *r = &results->all[i];
    if (r->row == row && r->engine == engine && r->mode == mode && r->records == records)
      return r;
  }
  return NULL;
}

double results_ratio(const struct results *results, const struct plan *plan, const struct result *result) {
  const struct result *first = results_find(results, result->row, plan->engines[0], result->mode, result->records);
  if (!first || first->outcome != MEASURED || result->outcome != MEASURED || first->median <= 0)
    return 0;
  return result->median / first->median;
}

double results_spread(const struct result *result) {
  return result->median > 0 ? (result->high - result->low) / 2 / result->median * 100 : 0;
}
