/* SPDX-License-Identifier: Apache-2.0 */
#include "space/snapshot.h"

#include "base/log.h"
#include "format/check.h"

/* The checksum of longer values is verified only with always_check, so that a reader of a few bytes of a huge value
 * need not read all of it. The checker always sets it. */
#define CHECKSUM_RUN_BYTES (64u * 1024)

/* The memo of whoever checks always: it matches no page. Nobody may write it, because it is everybody's. */
static const uint32_t no_memo;

void snapshot_check_always(struct snapshot *snapshot) {
  snapshot->memo = (uint32_t *)(uintptr_t)&no_memo;
  snapshot->memo_mask = 0;
  snapshot->always_check = true;
}

bool snapshot_is_lost(const struct snapshot *snapshot) {
  atomic_thread_fence(memory_order_acquire);
  return snapshot->pin && atomic_load_explicit(snapshot->pin, memory_order_relaxed) != snapshot->txnid;
}

int snapshot_check_page(const struct snapshot *snapshot, pgno_t pgno, const struct page **page) {
  if (snapshot_is_lost(snapshot))
    return MDBX_BAD_TXN;
  if (pgno < PGNO_FIRST || pgno >= snapshot->present)
    return log_damage(MDBX_CORRUPTED, "page %u is not in the snapshot of transaction %llu, which ends at %u", pgno,
                      (unsigned long long)snapshot->txnid, snapshot->present);
  const struct page *mapped = snapshot_mapped(snapshot, pgno);
  /* The writer's id on a page does not prove that the writer wrote it: the file may be damaged. */
  if (!snapshot->in_place || !dirty_find(snapshot->in_place, pgno)) {
    const struct page_expectation expected = {
        .page_size = snapshot->page_size,
        .pgno = pgno,
        .newest = snapshot->newest,
        .limit = snapshot->limit,
        .present = snapshot->present,
        .seed = snapshot->seed,
        .checksum_run_limit =
            snapshot->always_check ? UINT32_MAX : run_pages_for(CHECKSUM_RUN_BYTES - PAGE_HEADER, snapshot->page_size),
    };
    const int rc = page_check(mapped, &expected);
    if (rc != MDBX_SUCCESS)
      return snapshot_is_lost(snapshot) ? MDBX_BAD_TXN : rc;
    snapshot_vouch(snapshot, pgno, mapped->txnid);
  }
  *page = mapped;
  return MDBX_SUCCESS;
}

/* The slow half of snapshot_check_meant(): a valid page that the reference does not mean. */
int snapshot_not_meant(const struct snapshot *snapshot, struct page_ref ref, unsigned flags, const struct page *page) {
  if (snapshot_is_lost(snapshot))
    return MDBX_BAD_TXN;
  if (birth_bits(page->txnid) == ref.birth && page->flags != (uint16_t)flags)
    return log_damage(MDBX_CORRUPTED, "page %u: type 0x%x where 0x%x belongs", ref.pgno, page->flags, (uint16_t)flags);
  if (birth_bits(page->txnid) == ref.birth)
    return log_damage(MDBX_CORRUPTED, "page %u: values of %u bytes where the table has %u", ref.pgno, page->item,
                      flags >> 16);
  /* The newest id with these low bits. */
  const txnid_t meant = snapshot->txnid - (uint16_t)(snapshot->txnid - ref.birth);
  return log_damage(MDBX_CORRUPTED, "page %u: its version of transaction %llu is there, that of %llu belongs there",
                    ref.pgno, (unsigned long long)page->txnid, (unsigned long long)meant);
}

int snapshot_tree_page(const struct snapshot *snapshot, struct page_ref ref, unsigned flags, const struct page **page) {
  const int rc = snapshot_page(snapshot, ref.pgno, page);
  return rc == MDBX_SUCCESS ? snapshot_check_meant(snapshot, ref, flags, *page) : rc;
}

int snapshot_run(const struct snapshot *snapshot, const struct large_ref *ref, const struct page **page) {
  const int rc = snapshot_tree_page(snapshot, (struct page_ref){ref->pgno, ref->birth}, P_LARGE, page);
  if (rc != MDBX_SUCCESS)
    return rc;
  /* It was checked in this snapshot, or in one that was longer: free pages at the end go, even if a run needs them. */
  if (unlikely((*page)->run_pages > snapshot->present - ref->pgno && *page == snapshot_mapped(snapshot, ref->pgno)))
    return snapshot_damage(snapshot, "page %u: its run of %u pages ends behind the snapshot of transaction %llu",
                           ref->pgno, (*page)->run_pages, (unsigned long long)snapshot->txnid);
  if (unlikely((*page)->run_bytes != ref->bytes))
    return log_damage(MDBX_CORRUPTED, "page %u: holds %u bytes, its record says %u", ref->pgno, (*page)->run_bytes,
                      ref->bytes);
  return MDBX_SUCCESS;
}
