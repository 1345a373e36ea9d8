/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/geometry.c: turns the sizes that an application asks for, in bytes, into sizes in pages.
 *
 * All sizes are computed in bytes, 64 bit, as multiples of the unit (the larger of the two page sizes), and turned
 * into pages at the very end. The largest is 2^46, so sums, products by 64 and roundings cannot overflow.
 */
#include "file/geometry.h"

#include "base/log.h"

#define KIB UINT64_C(1024)
#define MIB (KIB * KIB)
#define GIB (MIB * KIB)

/* The addresses that one mapping may use: as many as every 64-bit system of today can give; on 32 bits a share of
 * all. */
#define ADDRESS_BYTES_MAX (SIZE_MAX > UINT32_MAX ? UINT64_C(1) << 46 : UINT64_C(1) << 30)
#define LOWER_PAGES_DEFAULT 64u
#define NOW_BYTES_DEFAULT (64 * KIB)
#define GROW_BYTES_LEAST (64 * KIB)
#define GROW_BYTES_MOST (4 * GIB)

const struct geometry_request geometry_request_initial = {0, -1, -1, -1, -1, -1};

/* A geometry in the making. */
struct draft {
  uint32_t page;
  uint64_t unit, least, most; /* limits of each of the three sizes */
  uint64_t lower, now, upper, grow, shrink;
};

bool geometry_page_size_is_valid(intptr_t page_size) {
  return page_size >= MDBX_MIN_PAGESIZE && page_size <= MDBX_MAX_PAGESIZE && is_power_of_two((size_t)page_size);
}

uint32_t geometry_default_page_size(const struct geometry_system *sys) {
  return (uint32_t)MIN_OF(MAX_OF(sys->page_size, (size_t)MDBX_MIN_PAGESIZE), (size_t)MDBX_MAX_PAGESIZE);
}

uint64_t geometry_dbsize_min(uint32_t page_size) { return (uint64_t)PGNO_FIRST * page_size; }

uint64_t geometry_dbsize_max(uint32_t page_size) {
  const uint64_t all_pages = (uint64_t)PGNO_LIMIT * page_size;
  return MIN_OF(all_pages, ADDRESS_BYTES_MAX);
}

static uint64_t round_up(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

static uint64_t clip(uint64_t value, uint64_t least, uint64_t most) { return MIN_OF(MAX_OF(value, least), most); }

/* ---- Reading a request ------------------------------------------------------------------------------------------ */

static bool is_given(intptr_t bytes) { return bytes >= 0; }

static bool is_most(intptr_t bytes) { return bytes == INTPTR_MAX; }

/* The default page size, or a larger one if a requested size would have too many pages. */
static uint32_t page_size_for(const struct geometry_request *want, const struct geometry_system *sys) {
  const intptr_t sizes[] = {want->lower, want->now, want->upper};
  uint32_t page = geometry_default_page_size(sys);
  for (size_t i = 0; i < COUNT_OF(sizes); ++i)
    while (is_given(sizes[i]) && !is_most(sizes[i]) && page < MDBX_MAX_PAGESIZE &&
           (uint64_t)sizes[i] > geometry_dbsize_max(page))
      page *= 2;
  return page;
}

static int choose_page_size(const struct geometry_request *want, const struct geometry_system *sys, uint32_t *page) {
  if (!is_given(want->pagesize)) {
    *page = page_size_for(want, sys);
    return MDBX_SUCCESS;
  }
  const intptr_t size = is_most(want->pagesize) ? MDBX_MAX_PAGESIZE : want->pagesize;
  *page = size ? (uint32_t)MIN_OF(size, MDBX_MAX_PAGESIZE + 1) : MDBX_MIN_PAGESIZE;
  if (geometry_page_size_is_valid((intptr_t)*page))
    return MDBX_SUCCESS;
  log_warn("geometry: pages of %lld bytes; it must be a power of two from %u to %u", (long long)size,
           (unsigned)MDBX_MIN_PAGESIZE, (unsigned)MDBX_MAX_PAGESIZE);
  return MDBX_EINVAL;
}

static void draft_begin(struct draft *draft, uint32_t page, const struct geometry_system *sys) {
  memset(draft, 0, sizeof(*draft));
  draft->page = page;
  draft->unit = MAX_OF((uint64_t)page, (uint64_t)sys->page_size);
  draft->least = round_up(geometry_dbsize_min(page), draft->unit);
  draft->most = geometry_dbsize_max(page) / draft->unit * draft->unit;
}

/* Takes over one of the three sizes; leaves *size unchanged if the request does not give it. */
static int draft_size(const struct draft *draft, const char *name, intptr_t bytes, uint64_t *size) {
  if (!is_given(bytes))
    return MDBX_SUCCESS;
  if (!is_most(bytes) && (uint64_t)bytes > draft->most) {
    log_warn("geometry: the %s size of %llu bytes is more than %llu, the largest with pages of %u bytes", name,
             (unsigned long long)bytes, (unsigned long long)draft->most, draft->page);
    return MDBX_TOO_LARGE;
  }
  *size = is_most(bytes) ? draft->most : MAX_OF(round_up((uint64_t)bytes, draft->unit), draft->least);
  return MDBX_SUCCESS;
}

static int lower_is_above(uint64_t lower, uint64_t upper) {
  log_warn("geometry: the lower size of %llu bytes is above the upper one of %llu", (unsigned long long)lower,
           (unsigned long long)upper);
  return MDBX_EINVAL;
}

static int draft_sizes(struct draft *draft, const struct geometry_request *want) {
  if (is_given(want->lower) && is_given(want->upper) && want->lower > want->upper)
    return lower_is_above((uint64_t)want->lower, (uint64_t)want->upper);
  int rc = draft_size(draft, "lower", want->lower, &draft->lower);
  if (rc == MDBX_SUCCESS)
    rc = draft_size(draft, "present", want->now, &draft->now);
  if (rc == MDBX_SUCCESS)
    rc = draft_size(draft, "upper", want->upper, &draft->upper);
  return rc;
}

static void draft_step(const struct draft *draft, intptr_t bytes, uint64_t *step) {
  if (is_given(bytes))
    *step = round_up(MIN_OF((uint64_t)bytes, draft->most), draft->unit);
}

static void draft_steps(struct draft *draft, const struct geometry_request *want) {
  draft_step(draft, want->grow, &draft->grow);
  draft_step(draft, want->shrink, &draft->shrink);
  /* A file that may shrink must be able to grow again. */
  if (draft->grow == 0 && draft->shrink > 0)
    draft->grow = draft->unit;
}

static void draft_finish(const struct draft *draft, struct geometry *result) {
  result->page_size = draft->page;
  result->lower = (pgno_t)(draft->lower / draft->page);
  result->now = (pgno_t)(draft->now / draft->page);
  result->upper = (pgno_t)(draft->upper / draft->page);
  result->grow = (uint32_t)(draft->grow / draft->page);
  result->shrink = (uint32_t)(draft->shrink / draft->page);
}

/* ---- A new database --------------------------------------------------------------------------------------------- */

static void default_lower(struct draft *draft, const struct geometry_request *want) {
  if (is_given(want->lower))
    return;
  draft->lower = round_up((uint64_t)LOWER_PAGES_DEFAULT * draft->page, draft->unit);
  if (is_given(want->now))
    draft->lower = MIN_OF(draft->lower, draft->now);
  if (is_given(want->upper))
    draft->lower = MIN_OF(draft->lower, draft->upper);
}

/* As large as the machine's memory, since most users want a database that fits into it, but at least twice the present
 * size. */
static void default_upper(struct draft *draft, const struct geometry_request *want, const struct geometry_system *sys) {
  if (is_given(want->upper))
    return;
  const uint64_t ram = round_up(MIN_OF(sys->ram, draft->most), GIB);
  const uint64_t at_least = 2 * MAX_OF(draft->lower, draft->now);
  draft->upper = MIN_OF(MAX_OF(MAX_OF(ram, GIB), at_least), draft->most);
}

static void default_now(struct draft *draft, const struct geometry_request *want) {
  if (!is_given(want->now))
    draft->now = round_up(NOW_BYTES_DEFAULT, draft->unit);
  draft->now = clip(draft->now, draft->lower, draft->upper);
}

static void default_steps(struct draft *draft, const struct geometry_request *want) {
  const uint64_t span = draft->upper - draft->lower;
  uint64_t step = span / 42;
  if (is_given(want->lower) && draft->lower < MIB && draft->lower < step)
    step = draft->lower;
  else
    step = MIN_OF(step, 64 * draft->lower);
  step = MIN_OF(MAX_OF(MAX_OF(step, GROW_BYTES_LEAST), span / 65536), GROW_BYTES_MOST);
  draft->grow = round_up(step, draft->unit);
  draft_step(draft, want->grow, &draft->grow);
  draft->shrink = MIN_OF(2 * draft->grow, draft->most);
}

int geometry_new(const struct geometry_request *want, const struct geometry_system *sys, struct geometry *result) {
  uint32_t page;
  int rc = choose_page_size(want, sys, &page);
  if (rc != MDBX_SUCCESS)
    return rc;
  struct draft draft;
  draft_begin(&draft, page, sys);
  rc = draft_sizes(&draft, want);
  if (rc != MDBX_SUCCESS)
    return rc;
  default_lower(&draft, want);
  default_upper(&draft, want, sys);
  default_now(&draft, want);
  default_steps(&draft, want);
  draft_steps(&draft, want);
  draft_finish(&draft, result);
  return MDBX_SUCCESS;
}

/* ---- An existing database --------------------------------------------------------------------------------------- */

static void draft_from(struct draft *draft, const struct geometry *old) {
  draft->lower = round_up(geometry_bytes(old, old->lower), draft->unit);
  draft->now = round_up(geometry_bytes(old, old->now), draft->unit);
  draft->upper = round_up(geometry_bytes(old, old->upper), draft->unit);
  draft->grow = round_up(geometry_bytes(old, old->grow), draft->unit);
  draft->shrink = round_up(geometry_bytes(old, old->shrink), draft->unit);
}

int geometry_change(const struct geometry *old, const struct geometry_request *want, const struct geometry_system *sys,
                    pgno_t used, struct geometry *result) {
  uint32_t page;
  if (is_given(want->pagesize) && choose_page_size(want, sys, &page) != MDBX_SUCCESS)
    return MDBX_EINVAL;
  if (is_given(want->pagesize) && page != old->page_size) {
    log_warn("geometry: the page size cannot change from %u to %u bytes", old->page_size, page);
    return MDBX_EINVAL;
  }
  struct draft draft;
  draft_begin(&draft, old->page_size, sys);
  draft_from(&draft, old);
  const int rc = draft_sizes(&draft, want);
  if (rc != MDBX_SUCCESS)
    return rc;
  const uint64_t used_bytes = round_up(geometry_bytes(old, used), draft.unit);
  if (draft.upper < used_bytes) {
    log_warn("geometry: an upper size of %llu bytes is too little, %llu are in use", (unsigned long long)draft.upper,
             (unsigned long long)used_bytes);
    return MDBX_MAP_FULL;
  }
  if (draft.lower > draft.upper)
    return lower_is_above(draft.lower, draft.upper);
  draft.now = clip(draft.now, MAX_OF(draft.lower, used_bytes), draft.upper);
  draft_steps(&draft, want);
  draft_finish(&draft, result);
  return MDBX_SUCCESS;
}

/* ---- Questions -------------------------------------------------------------------------------------------------- */

uint64_t geometry_bytes(const struct geometry *geo, pgno_t pages) { return (uint64_t)pages * geo->page_size; }

bool geometry_is_equal(const struct geometry *a, const struct geometry *b) {
  return a->page_size == b->page_size && a->lower == b->lower && a->now == b->now && a->upper == b->upper &&
         a->grow == b->grow && a->shrink == b->shrink;
}

pgno_t geometry_grow_target(const struct geometry *geo, uint64_t needed) {
  if (needed <= geo->now || geo->grow == 0)
    return geo->now;
  if (needed >= geo->upper)
    return geo->upper;
  return (pgno_t)MIN_OF(round_up(needed, geo->grow), (uint64_t)geo->upper);
}

pgno_t geometry_shrink_target(const struct geometry *geo, pgno_t used) {
  if (geo->shrink == 0 || used >= geo->now || geo->now - used <= geo->shrink)
    return geo->now;
  const uint64_t whole_steps = round_up(used, MAX_OF(geo->grow, 1u));
  return (pgno_t)clip(whole_steps, geo->lower, geo->now);
}
