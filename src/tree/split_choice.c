/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/split_choice.h"

static size_t difference(size_t a, size_t b) { return a > b ? a - b : b - a; }

static unsigned cut_evenly(const struct split_choice *choice, size_t total) {
  unsigned best = 0;
  size_t left = 0, best_difference = 0;
  for (unsigned cut = 1; cut < choice->count; ++cut) {
    left += choice->sizes[cut - 1];
    const size_t right = total - left;
    if (left > choice->body || right > choice->body)
      continue;
    if (!best || difference(left, right) < best_difference) {
      best = cut;
      best_difference = difference(left, right);
    }
  }
  return best;
}

unsigned split_choose(const struct split_choice *choice) {
  size_t total = 0;
  for (unsigned i = 0; i < choice->count; ++i)
    total += choice->sizes[i];
  if (choice->ascending && total - choice->sizes[choice->count - 1] <= choice->body)
    return choice->count - 1;
  if (choice->descending && total - choice->sizes[0] <= choice->body)
    return 1;
  return cut_evenly(choice, total);
}
