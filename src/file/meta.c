/* SPDX-License-Identifier: Apache-2.0 */
#include "file/meta.h"

#include "base/assert.h"
#include "base/log.h"
#include "format/check.h"
#include "format/increment.h"
#include "format/page.h"
#include "os/os.h"

#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------ what is stored */

struct geometry meta_geometry(const struct meta *meta) {
  return (struct geometry){.page_size = meta->page_size,
                           .lower = meta->lower,
                           .upper = meta->upper,
                           .now = meta->now,
                           .grow = meta->grow,
                           .shrink = meta->shrink};
}

void meta_set_geometry(struct meta *meta, const struct geometry *geometry) {
  meta->page_size = geometry->page_size;
  meta->lower = geometry->lower;
  meta->upper = geometry->upper;
  meta->now = geometry->now;
  meta->grow = geometry->grow;
  meta->shrink = geometry->shrink;
}

MDBX_canary meta_canary(const struct meta *meta) {
  return (MDBX_canary){meta->canary[0], meta->canary[1], meta->canary[2], meta->canary[3]};
}

void meta_set_canary(struct meta *meta, const MDBX_canary *canary) {
  meta->canary[0] = canary->x;
  meta->canary[1] = canary->y;
  meta->canary[2] = canary->z;
  meta->canary[3] = canary->v;
}

/* ------------------------------------------------------------------------------------------------------- reading */

static bool header_is_sane(const struct meta_page *page, uint32_t page_size, unsigned slot) {
  const struct page *header = &page->header;
  const size_t manifest = header->count * sizeof(struct meta_manifest);
  return header->flags == P_META && header->pgno == slot && manifest <= meta_room(page_size) &&
         header->upper <= meta_room(page_size) - manifest && header->lower == META_BODY + manifest + header->upper &&
         header->txnid == page->meta.txnid_again && header->txnid >= 1 && header->txnid <= TXNID_MAX;
}

bool meta_is_sane(const struct meta *meta) {
  return meta->lower >= META_COUNT && meta->lower <= meta->now && meta->now <= meta->upper &&
         meta->upper <= PGNO_LIMIT && meta->next >= META_COUNT && meta->next <= meta->now &&
         meta->kind <= META_MANIFEST && meta->gc.depth <= UINT8_MAX && (meta->database_id[0] | meta->database_id[1]);
}

const uint8_t *meta_list_of(const struct meta_page *page, size_t *length) {
  *length = page->header.upper;
  return page_body(&page->header) + page->header.lower - page->header.upper;
}

const uint8_t *meta_list_inside(const struct meta_page *page, uint32_t page_size, size_t *length) {
  const struct page *header = &page->header;
  if (header->lower > body_size(page_size) || header->lower < META_BODY || header->upper > header->lower - META_BODY)
    return NULL;
  return meta_list_of(page, length);
}

static bool list_is_sane(const struct meta_page *page) {
  size_t length;
  const uint8_t *list = meta_list_of(page, &length);
  return meta_list_is_sound(list, length, page->header.txnid, page->meta.next);
}

static bool checksum_matches(const struct meta_page *page, uint32_t page_size) {
  const struct page *header = &page->header;
  /* page_checksum() uses the header's bounds, which are unchecked here: they must lie in the page. Of a meta page it
   * does not use `upper`. */
  return !(header->flags & P_LARGE) && header->lower <= page_size - PAGE_HEADER &&
         ((header->flags & P_META) || header->upper <= page_size - PAGE_HEADER) &&
         header->checksum == page_checksum(header, page_size, checksum_seed(page->meta.database_id));
}

/* What is wrong with a slot; NULL: nothing. *senseless: the checksum matches, so it was written like that. */
static const char *fault_of(const struct meta_page *page, uint32_t page_size, unsigned slot, bool *senseless) {
  if ((page->meta.magic & META_SIGNATURE_MASK) != META_SIGNATURE)
    return "no signature";
  if (page->meta.magic != META_MAGIC)
    return "another format version";
  if (page->meta.page_size != page_size)
    return "another page size than the others";
  if (page->header.txnid != page->meta.txnid_again)
    return "it was not written completely";
  if (!checksum_matches(page, page_size))
    return header_is_sane(page, page_size, slot) ? "checksum does not match" : "its header makes no sense";
  const char *fault = page->header.features & ~META_FEATURES_KNOWN ? "it has optional features that are not known here"
                      : !header_is_sane(page, page_size, slot)     ? "its header makes no sense"
                      : !meta_is_sane(&page->meta)                 ? "its sizes make no sense"
                      : !list_is_sane(page)                        ? "its list of free pages makes no sense"
                                                                   : NULL;
  *senseless = fault != NULL;
  return fault;
}

/* Fills *out from the page of one slot. */
static void judge_slot(const struct meta_page *page, uint32_t page_size, unsigned slot, struct meta_slot *out) {
  memset(out, 0, sizeof(*out));
  out->blank = page->header.flags == 0 && page->meta.magic == 0;
  out->incomplete = page->meta.magic == INCREMENT_MAGIC;
  out->signature = (page->meta.magic & META_SIGNATURE_MASK) == META_SIGNATURE;
  out->claimed = page->header.txnid;
  out->fault = out->blank ? NULL : fault_of(page, page_size, slot, &out->senseless);
  /* Only if the checksum matches. */
  out->unknown = out->senseless ? page->header.features & ~META_FEATURES_KNOWN : 0;
  if (out->blank || out->fault)
    return;
  out->valid = true;
  out->txnid = page->header.txnid;
  out->checksum = page->header.checksum;
  out->manifest = page->header.count;
  out->meta = page->meta;
}

static int read_page(int fd, uint32_t page_size, pgno_t pgno, struct meta_page *page, bool *whole) {
  size_t got = 0;
  memset(page, 0, page_size);
  const int rc = os_pread_full(fd, page, page_size, (uint64_t)pgno * page_size, &got);
  *whole = got == page_size;
  return rc;
}

int meta_read_slot(int fd, uint32_t page_size, unsigned slot, struct meta_slot *out) {
  struct meta_page *page = malloc(page_size);
  bool whole;
  if (!page)
    return MDBX_ENOMEM;
  const int rc = read_page(fd, page_size, slot, page, &whole);
  if (rc == MDBX_SUCCESS)
    judge_slot(page, page_size, slot, out);
  free(page);
  return rc;
}

static bool any_valid(const struct meta_set *set) {
  return set->slot[0].valid || set->slot[1].valid || set->slot[2].valid;
}

/* Every meta has the page size, but the places of metas 1 and 2 depend on it. *version becomes the format version of a
 * meta that has another one than this engine. */
static int read_with_page_size(int fd, uint32_t page_size, struct meta_set *set, bool *signature, int *version) {
  set->page_size = page_size;
  struct meta_page *page = malloc(page_size);
  if (!page)
    return MDBX_ENOMEM;
  int rc = MDBX_SUCCESS;
  for (unsigned slot = 0; slot < META_COUNT && rc == MDBX_SUCCESS; ++slot) {
    bool whole;
    rc = read_page(fd, page_size, slot, page, &whole);
    if (rc != MDBX_SUCCESS)
      break;
    judge_slot(page, page_size, slot, &set->slot[slot]);
    *signature |= set->slot[slot].signature;
    if (set->slot[slot].signature && page->meta.magic != META_MAGIC)
      *version = (int)(page->meta.magic >> 56);
  }
  free(page);
  return rc;
}

unsigned meta_newest(const struct meta_set *set) {
  unsigned newest = 0;
  for (unsigned i = 1; i < META_COUNT; ++i)
    if (set->slot[i].valid && (!set->slot[newest].valid || set->slot[i].txnid > set->slot[newest].txnid))
      newest = i;
  ASSERT(set->slot[newest].valid);
  return newest;
}

/* All metas of a database have its id; a meta with another id is left from another database. One is valid. */
static void drop_strangers(struct meta_set *set) {
  const struct meta_slot *newest = &set->slot[meta_newest(set)];
  for (unsigned i = 0; i < META_COUNT; ++i)
    if (set->slot[i].valid &&
        memcmp(set->slot[i].meta.database_id, newest->meta.database_id, sizeof(newest->meta.database_id)) != 0) {
      set->slot[i].valid = false;
      set->slot[i].fault = "of another database";
    }
}

int meta_read_all(int fd, const char *path, struct meta_set *set) {
  bool signature = false;
  int version = -1;
  for (uint32_t page_size = PAGE_SIZE_MIN; page_size <= PAGE_SIZE_MAX; page_size *= 2) {
    const int rc = read_with_page_size(fd, page_size, set, &signature, &version);
    if (rc != MDBX_SUCCESS)
      return rc;
    const uint32_t unknown = set->slot[0].unknown | set->slot[1].unknown | set->slot[2].unknown;
    if (unknown)
      return log_damage(MDBX_INCOMPATIBLE,
                        "%s: the database uses optional features that this library does not know: 0x%x", path, unknown);
    if (any_valid(set)) {
      drop_strangers(set);
      return MDBX_SUCCESS;
    }
  }
  if (set->slot[0].incomplete)
    return log_damage(MDBX_CORRUPTED, "%s: an increment was applied to it in part; apply it again", path);
  if (!signature)
    return log_damage(MDBX_INVALID, "%s: not a database: no signature", path);
  if (version >= 0)
    return log_damage(MDBX_VERSION_MISMATCH, "%s: a database of format version %d, this library reads %u", path,
                      version, META_VERSION);
  return log_damage(MDBX_CORRUPTED, "%s: none of the three meta pages is sound", path);
}

/* ------------------------------------------------------------------------------------------------------ choosing */

static bool same_boot(const struct meta *meta, const uint64_t boot_id[2]) {
  return (boot_id[0] | boot_id[1]) && memcmp(meta->boot_id, boot_id, sizeof(meta->boot_id)) == 0;
}

static int newest_valid(const struct meta_set *set, const bool passed_over[META_COUNT]) {
  int newest = -1;
  for (int i = 0; i < META_COUNT; ++i)
    if (set->slot[i].valid && !passed_over[i] && (newest < 0 || set->slot[i].txnid > set->slot[newest].txnid))
      newest = i;
  return newest;
}

static int is_believable(const struct meta_set *set, unsigned slot, const uint64_t boot_id[2], meta_verify verify,
                         void *context, bool *believable) {
  const struct meta *meta = &set->slot[slot].meta;
  *believable = same_boot(meta, boot_id) || meta->kind == META_STEADY;
  if (*believable || meta->kind != META_MANIFEST)
    return MDBX_SUCCESS;
  return verify(context, slot, believable);
}

/* Finds a meta with the head's id and other content: nobody can tell which one is right. Returns its slot, or the head
 * if there is none. */
static unsigned find_twin(const struct meta_set *set, unsigned head) {
  for (unsigned i = 0; i < META_COUNT; ++i)
    if (i != head && set->slot[i].valid && set->slot[i].txnid == set->slot[head].txnid &&
        (memcmp(&set->slot[i].meta.gc, &set->slot[head].meta.gc, sizeof(struct gc_record)) != 0 ||
         memcmp(&set->slot[i].meta.main, &set->slot[head].meta.main, sizeof(struct table_record)) != 0))
      return i;
  return head;
}

/* A newer meta whose checksum matches but whose fields are impossible is damage, no crash: the engine must not drop its
 * commit silently. */
static int refuse_senseless(const struct meta_set *set, unsigned head) {
  for (unsigned i = 0; i < META_COUNT; ++i)
    if (set->slot[i].senseless && set->slot[i].claimed > set->slot[head].txnid)
      return log_damage(
          MDBX_CORRUPTED,
          "meta page %u of transaction %llu is damaged: %s; the newest sound one is meta page %u, of transaction "
          "%llu",
          i, (unsigned long long)set->slot[i].claimed, set->slot[i].fault, head,
          (unsigned long long)set->slot[head].txnid);
  return MDBX_SUCCESS;
}

int meta_choose(const struct meta_set *set, const uint64_t boot_id[2], meta_verify verify, void *context,
                struct meta_choice *choice) {
  memset(choice, 0, sizeof(*choice));
  bool passed_over[META_COUNT] = {false};
  for (;;) {
    const int newest = newest_valid(set, passed_over);
    bool believable;
    if (newest < 0)
      return log_damage(MDBX_CORRUPTED, "no commit survived the system crash: there is no steady meta page");
    const int rc = is_believable(set, (unsigned)newest, boot_id, verify, context, &believable);
    if (rc != MDBX_SUCCESS)
      return rc;
    if (believable) {
      choice->head = (unsigned)newest;
      break;
    }
    passed_over[newest] = true;
    choice->rollback = true;
  }
  const int senseless = refuse_senseless(set, choice->head);
  if (senseless != MDBX_SUCCESS)
    return senseless;
  const unsigned twin = find_twin(set, choice->head);
  if (twin != choice->head)
    return log_damage(MDBX_CORRUPTED, "meta pages %u and %u are both of transaction %llu, and differ",
                      MIN_OF(twin, choice->head), MAX_OF(twin, choice->head),
                      (unsigned long long)set->slot[choice->head].txnid);
  const uint32_t kind = set->slot[choice->head].meta.kind;
  choice->make_steady = kind == META_WEAK || kind == META_WIPED;
  for (unsigned i = 0; i < META_COUNT; ++i)
    choice->wipe[i] = passed_over[i] || (!set->slot[i].valid && !set->slot[i].blank);
  return MDBX_SUCCESS;
}

/* Reads the header of a page, and then the rest of its run. */
static int read_listed_page(int fd, uint32_t page_size, pgno_t pgno, pgno_t limit, struct page **page) {
  size_t got = 0, want = page_size;
  *page = malloc(page_size);
  int rc = *page ? os_pread_full(fd, *page, want, (uint64_t)pgno * page_size, &got) : MDBX_ENOMEM;
  if (rc == MDBX_SUCCESS && got == want && (*page)->flags == P_LARGE && (*page)->run_pages > 1 &&
      (*page)->run_pages <= limit - pgno) {
    /* An error, so that the commit is not passed over as if its pages did not match. */
    if ((*page)->run_pages > SIZE_MAX / 2 / page_size)
      return log_damage(MDBX_TOO_LARGE, "a value of %u pages is more than this process has addresses for",
                        (*page)->run_pages);
    want = (size_t)(*page)->run_pages * page_size;
    struct page *longer = realloc(*page, want);
    if (!longer)
      return MDBX_ENOMEM;
    *page = longer;
    rc = os_pread_full(fd, *page, want, (uint64_t)pgno * page_size, &got);
  }
  if (rc == MDBX_SUCCESS && got != want)
    memset(*page, 0, PAGE_HEADER);
  return rc;
}

static int page_matches(const struct meta_verify_context *context, const struct meta_slot *slot,
                        const struct meta_manifest *entry, bool *matches) {
  const struct page_expectation expected = {
      .page_size = context->set->page_size,
      .pgno = entry->pgno,
      .newest = slot->txnid,
      .limit = slot->meta.next,
      .present = slot->meta.next,
      .seed = checksum_seed(slot->meta.database_id),
      .checksum_run_limit = UINT32_MAX,
  };
  struct page *page = NULL;
  *matches = false;
  if (entry->pgno < PGNO_FIRST || entry->pgno >= slot->meta.next)
    return MDBX_SUCCESS;
  const int rc = read_listed_page(context->fd, expected.page_size, entry->pgno, expected.limit, &page);
  if (rc == MDBX_SUCCESS) {
    const uint64_t listed = (uint64_t)entry->checksum_high << 32 | entry->checksum_low;
    *matches = page->checksum == listed && page_check(page, &expected) == MDBX_SUCCESS;
  }
  free(page);
  return rc;
}

int meta_verify_manifest(void *context, unsigned slot, bool *matches) {
  const struct meta_verify_context *verify = context;
  const uint32_t page_size = verify->set->page_size;
  struct meta_page *page = malloc(page_size);
  if (!page)
    return MDBX_ENOMEM;
  bool whole;
  int rc = read_page(verify->fd, page_size, slot, page, &whole);
  *matches = rc == MDBX_SUCCESS;
  const unsigned count = verify->set->slot[slot].manifest;
  for (unsigned i = 0; i < count && rc == MDBX_SUCCESS && *matches; ++i)
    rc = page_matches(verify, &verify->set->slot[slot], &page->manifest[i], matches);
  free(page);
  return rc;
}

/* ------------------------------------------------------------------------------------------------------- writing */

void meta_build(struct meta_page *page, uint32_t page_size, unsigned slot, txnid_t txnid, const struct meta *meta,
                const struct meta_tail *tail) {
  static const struct meta_tail nothing = {NULL, 0, NULL, 0};
  if (!tail)
    tail = &nothing;
  const size_t manifest = tail->count * sizeof(*tail->manifest), used = META_BODY + manifest + tail->list_length;
  ASSERT(meta_tail_fits(page_size, tail->count, tail->list_length));
  page->meta = *meta;
  page->meta.magic = META_MAGIC;
  page->meta.page_size = page_size;
  page->meta.txnid_again = txnid;
  if (tail->count && tail->manifest != page->manifest)
    memcpy(page->manifest, tail->manifest, manifest);
  /* memmove: the list may lie in the page that is being built. */
  if (tail->list_length)
    memmove((uint8_t *)page->manifest + manifest, tail->list, tail->list_length);
  memset((uint8_t *)&page->meta + used, 0, body_size(page_size) - used);
  page->header = (struct page){.txnid = txnid, .pgno = slot, .flags = P_META};
  page->header.count = (uint16_t)tail->count;
  page->header.lower = (uint16_t)used;
  page->header.upper = (uint16_t)tail->list_length;
  page->header.checksum = page_checksum(&page->header, page_size, checksum_seed(meta->database_id));
}

int meta_write(int fd, const struct meta_page *page, uint32_t page_size) {
  struct iovec vector = {(void *)(uintptr_t)page, page_size};
  return os_ops->pwritev(fd, &vector, 1, (uint64_t)page->header.pgno * page_size);
}

/* The header with the new id is stored first: a reader reads it last, so a reader that saw any new byte sees the new
 * id. */
int meta_store(char *base, int fd, const struct meta_page *page, uint32_t page_size) {
  const uint64_t offset = (uint64_t)page->header.pgno * page_size;
  const int rc = os_ops->store(fd, base + offset, page, PAGE_HEADER, offset);
  return rc == MDBX_SUCCESS ? os_ops->store(fd, base + offset + PAGE_HEADER, (const uint8_t *)page + PAGE_HEADER,
                                            page_size - PAGE_HEADER, offset + PAGE_HEADER)
                            : rc;
}

int meta_read_page(int fd, uint32_t page_size, unsigned slot, const struct meta_slot *old, struct meta_page **result) {
  struct meta_page *page = malloc(page_size);
  struct meta_slot seen;
  bool whole;
  if (!page)
    return MDBX_ENOMEM;
  int rc = read_page(fd, page_size, slot, page, &whole);
  if (rc == MDBX_SUCCESS) {
    judge_slot(page, page_size, slot, &seen);
    if (!seen.valid || seen.txnid != old->txnid || seen.checksum != old->checksum)
      rc = MDBX_CORRUPTED;
  }
  if (rc == MDBX_SUCCESS)
    *result = page;
  else
    free(page);
  return rc;
}

static int rewrite(int fd, uint32_t page_size, unsigned slot, struct meta_page *page, txnid_t txnid,
                   const struct meta *meta) {
  struct meta_tail tail = {NULL, 0, NULL, 0};
  tail.list = meta_list_of(page, &tail.list_length);
  meta_build(page, page_size, slot, txnid, meta, &tail);
  return meta_write(fd, page, page_size);
}

int meta_restate(int fd, uint32_t page_size, unsigned slot, const struct meta_slot *old, txnid_t txnid,
                 const struct meta *meta) {
  struct meta_page *page;
  int rc = meta_read_page(fd, page_size, slot, old, &page);
  if (rc == MDBX_CORRUPTED)
    return log_damage(rc, "meta page %u changed between two reads", slot);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = rewrite(fd, page_size, slot, page, txnid, meta);
  free(page);
  return rc;
}

int meta_begin_branch(struct meta *meta) {
  uint64_t number;
  const int rc = os_random_bytes(&number, sizeof(number));
  if (rc == MDBX_SUCCESS)
    meta->copy_of = number | BRANCH_BIT | BRANCH_MARK;
  return rc;
}

int meta_make_steady(int fd, size_t page_size, unsigned slot, const struct meta_slot *old) {
  struct meta meta = old->meta;
  meta.kind = META_STEADY;
  return meta_restate(fd, (uint32_t)page_size, slot, old, old->txnid, &meta);
}

int meta_turn_steady(int fd, uint32_t page_size, unsigned slot, struct meta_page *page) {
  struct meta meta = page->meta;
  meta.kind = META_STEADY;
  return rewrite(fd, page_size, slot, page, page->header.txnid, &meta);
}

int meta_write_steady(int fd, uint32_t page_size, unsigned slot, struct meta_page *page) {
  struct meta meta = page->meta;
  struct meta_tail tail = {NULL, 0, NULL, 0};
  tail.list = meta_list_of(page, &tail.list_length);
  meta.kind = META_STEADY;
  meta_build(page, page_size, slot, page->header.txnid, &meta, &tail);
  return os_ops->write_through(fd, page, page_size, (uint64_t)slot * page_size);
}

int meta_create(int fd, uint32_t page_size, const struct meta *meta) {
  uint8_t *pages = malloc((size_t)page_size * META_COUNT);
  if (!pages)
    return MDBX_ENOMEM;
  for (unsigned slot = 0; slot < META_COUNT; ++slot)
    meta_build((struct meta_page *)(void *)(pages + (size_t)slot * page_size), page_size, slot, slot + 1, meta, NULL);
  struct iovec vector = {pages, (size_t)page_size * META_COUNT};
  const int rc = os_ops->pwritev(fd, &vector, 1, 0);
  free(pages);
  return rc;
}

int meta_wipe(int fd, uint32_t page_size, unsigned slot) {
  void *zeros = calloc(1, page_size);
  if (!zeros)
    return MDBX_ENOMEM;
  struct iovec vector = {zeros, page_size};
  const int rc = os_ops->pwritev(fd, &vector, 1, (uint64_t)slot * page_size);
  free(zeros);
  return rc;
}

unsigned meta_durable_slot(const txnid_t txnids[META_COUNT], unsigned head, txnid_t durable) {
  if (durable == TXNID_NONE || txnids[head] == durable)
    return head;
  unsigned slot = 0;
  while (slot < META_COUNT && txnids[slot] != durable)
    ++slot;
  return slot;
}

unsigned meta_next_slot(const txnid_t txnids[META_COUNT], unsigned head, txnid_t durable) {
  const unsigned kept = meta_durable_slot(txnids, head, durable);
  int chosen = -1;
  for (int i = 0; i < META_COUNT; ++i) {
    if ((unsigned)i != head && (unsigned)i != kept && (chosen < 0 || txnids[i] < txnids[chosen]))
      chosen = i;
  }
  return (unsigned)chosen;
}
