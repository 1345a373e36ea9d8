/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/split_choice.h"

#include "base/assert.h"

#include <stdint.h>

static size_t difference(size_t a, size_t b) { return a > b ? a - b : b - a; }

/* Separators up to this length cost a branch about the same. */
enum { SHORT_SEPARATOR = 8 };

struct candidate {
  unsigned cut; /* 0: none */
  size_t difference, separator;
};

static struct candidate candidate_at(const struct split_choice *choice, unsigned cut, size_t left, size_t right) {
  ASSERT(cut > 0 && cut < choice->count);
  struct candidate candidate = {cut, difference(left, right), SHORT_SEPARATOR};
  if (choice->separators && choice->separators[cut] > SHORT_SEPARATOR)
    candidate.separator = choice->separators[cut];
  if (left > choice->body || right > choice->body)
    candidate.cut = 0;
  return candidate;
}

/* The best cut among those whose halves differ by at most `allowed`: the shortest separator, then the least
 * difference. */
static struct candidate best_cut(const struct split_choice *choice, size_t total, size_t allowed) {
  struct candidate best = {0, 0, 0};
  size_t left = 0;
  for (unsigned cut = 1; cut < choice->count; ++cut) {
    left += choice->sizes[cut - 1];
    const struct candidate here = candidate_at(choice, cut, left, total - left);
    if (!here.cut || here.difference > allowed)
      continue;
    if (!best.cut || here.separator < best.separator ||
        (here.separator == best.separator && here.difference < best.difference))
      best = here;
  }
  return best;
}

static size_t least_difference(const struct split_choice *choice, size_t total) {
  size_t left = 0, least = SIZE_MAX;
  for (unsigned cut = 1; cut < choice->count; ++cut) {
    left += choice->sizes[cut - 1];
    const struct candidate here = candidate_at(choice, cut, left, total - left);
    if (here.cut && here.difference < least)
      least = here.difference;
  }
  return least;
}

static unsigned cut_evenly(const struct split_choice *choice, size_t total) {
  const size_t least = least_difference(choice, total);
  if (least == SIZE_MAX)
    return 0;
  return best_cut(choice, total, least + choice->body / 5).cut;
}

unsigned split_choose(const struct split_choice *choice) {
  ASSERT(choice->count > 1 && choice->inserted < choice->count);
  size_t total = 0;
  for (unsigned i = 0; i < choice->count; ++i)
    total += choice->sizes[i];
  if (choice->ascending && total - choice->sizes[choice->count - 1] <= choice->body)
    return choice->count - 1;
  if (choice->descending && total - choice->sizes[0] <= choice->body)
    return 1;
  return cut_evenly(choice, total);
}
