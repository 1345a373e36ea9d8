/* SPDX-License-Identifier: Apache-2.0 */
#include "service/reader_list.h"

#include "base/array.h"
#include "env/env_writer.h"
#include "txn/txn_read.h"

#include <stdlib.h>

/* A reader, and the retired pages that its snapshot sees. */
struct listed {
  struct reader_view view;
  unsigned number;
  uint64_t kept;
};

struct reader_listing {
  const MDBX_env *env;
  struct meta head;
  txnid_t newest;
  struct listed *readers;
  size_t length, capacity, lagging;
};

/* A page that the newest snapshot sees has not been retired. */
static bool keeps_something(const struct reader_listing *listing, const struct listed *reader) {
  return reader->view.txnid && reader->view.txnid < listing->newest;
}

static int note_reader(void *context, unsigned number, const struct reader_view *view) {
  struct reader_listing *listing = context;
  if (!array_room(listing->readers, listing->length, listing->capacity))
    return MDBX_ENOMEM;
  struct listed *reader = &listing->readers[listing->length++];
  *reader = (struct listed){*view, number, 0};
  listing->lagging += keeps_something(listing, reader);
  return 0;
}

static int count_run(void *context, const struct gc_key *key, pgno_t pgno, uint32_t pages, txnid_t birth) {
  struct reader_listing *listing = context;
  const txnid_t last = key->kind == GC_FRESH ? key->number - 1 : key->number;
  (void)pgno;
  for (size_t i = 0; i < listing->length; ++i)
    if (birth <= listing->readers[i].view.txnid && listing->readers[i].view.txnid <= last)
      listing->readers[i].kept += pages;
  return MDBX_SUCCESS;
}

/* Counts by the lists of retired pages what each reader holds. Each page is checked for each reader. */
static int count_kept(struct reader_listing *listing) {
  enum { READERS_MOST = 1000 };
  MDBX_txn *txn;
  if (!listing->lagging || listing->length > READERS_MOST)
    return listing->lagging ? MDBX_RESULT_TRUE : MDBX_SUCCESS;
  struct meta_page *page;
  size_t length;
  int rc = txn_begin_read_with_meta((MDBX_env *)(uintptr_t)listing->env, &txn, &page);
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_BUSY ? MDBX_RESULT_TRUE : rc;
  const uint8_t *list = meta_list_of(page, &length);
  rc = gc_visit_list(txn->view, list, length, count_run, listing);
  free(page);
  if (rc == MDBX_SUCCESS && !tree_is_empty(&txn->gc))
    rc = gc_visit_retired(txn->view, &txn->gc, count_run, listing);
  txn_end_read(txn);
  return rc;
}

/* If the pages cannot be counted, an upper bound: the pages that a reader sees, and the pages retired since. */
static void estimate_kept(struct reader_listing *listing) {
  for (size_t i = 0; i < listing->length; ++i) {
    struct listed *reader = &listing->readers[i];
    const uint64_t retired = listing->head.retired - MIN_OF(reader->view.pages_retired, listing->head.retired);
    reader->kept = keeps_something(listing, reader) ? MIN_OF(retired, reader->view.pages_used) : 0;
  }
}

/* A parked reader is shown as such, not with its thread. */
static mdbx_tid_t shown_thread(const struct reader_view *view) {
  if (view->parked)
    return MDBX_TID_PARKED;
  return view->ousted ? MDBX_TID_OUSTED : (mdbx_tid_t)view->tid;
}

static int tell_reader(const struct reader_listing *listing, const struct listed *reader, MDBX_reader_list_func func,
                       void *context) {
  const struct reader_view *view = &reader->view;
  const unsigned shift = listing->env->shift;
  const uint64_t lag = view->txnid ? listing->newest - MIN_OF(view->txnid, listing->newest) : 0;
  return func(context, (int)reader->number, (int)view->index, (mdbx_pid_t)view->pid, shown_thread(view), view->txnid,
              lag, view->txnid ? view->pages_used << shift : 0, reader->kept << shift);
}

/* The readers found before; reading the lists needs a reader too, which must not be counted. */
static int tell_readers(struct reader_listing *listing, MDBX_reader_list_func func, void *context) {
  int rc = MDBX_SUCCESS;
  if (count_kept(listing) != MDBX_SUCCESS)
    estimate_kept(listing);
  for (size_t i = 0; i < listing->length && rc == MDBX_SUCCESS; ++i)
    rc = tell_reader(listing, &listing->readers[i], func, context);
  return rc;
}

int reader_list(const MDBX_env *env, MDBX_reader_list_func func, void *context) {
  struct reader_listing listing = {.env = env};
  unsigned slot;
  int rc = env_read_head(env, &listing.head, &listing.newest, &slot);
  if (rc == MDBX_SUCCESS)
    rc = readers_enumerate(&env->lck, note_reader, &listing);
  if (rc == MDBX_SUCCESS)
    rc = tell_readers(&listing, func, context);
  free(listing.readers);
  return rc;
}
