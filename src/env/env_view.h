/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_view.h: gives a transaction its view of the files: the head's meta, the mapping, the memo of checked pages.
 */
#ifndef MDBX_ENV_ENV_VIEW_H
#define MDBX_ENV_ENV_VIEW_H

#include "env/env.h"

/* These copy a meta, and return MDBX_CORRUPTED if it makes no sense.
 *
 * The meta of the head, the newest published commit. */
int env_read_head(const MDBX_env *env, struct meta *meta, txnid_t *txnid, unsigned *slot);
/* Copies the meta of the newest commit, which a writer builds on; the commit may be pending. Under the writer lock.
 * MDBX_PANIC: the pending commits failed meanwhile. */
int env_read_tip(const MDBX_env *env, struct meta *meta, txnid_t *txnid, unsigned *slot);
/* Copies the meta that `head`, a result of lck_head(), names. MDBX_RESULT_TRUE: a newer commit has overwritten it. */
int env_read_meta(const MDBX_env *env, uint64_t head, struct meta *meta);
/* Whether one mapping can have that many pages at all; ignores what else the process has mapped. */
bool env_has_addresses(const MDBX_env *env, pgno_t pages);
/* Makes the mapping and the memo long enough for a snapshot with that upper bound. MDBX_UNABLE_EXTEND_MAPSIZE. */
int env_cover(MDBX_env *env, pgno_t upper);
/* The same for the file that a meta describes: covers its upper size, or only the file's present length, see
 * MDBX_env.maps_present. */
int env_cover_meta(MDBX_env *env, const struct meta *meta);
/* The same for a file that the writer has made longer: its snapshot sees the pages that were added. */
int env_cover_growth(MDBX_env *env, pgno_t pages, struct snapshot *snapshot);
/* Lets a snapshot use the present mapping and memo, after env_cover() made them longer. */
void env_rebase(const MDBX_env *env, struct snapshot *snapshot);
/* Fills a snapshot from a meta that one of the functions above has copied and found usable. */
int env_snapshot(MDBX_env *env, const struct meta *meta, txnid_t txnid, struct snapshot *snapshot);
/* Reuses a snapshot for a transaction that pins it again. False: the mapping does not cover the snapshot, or the map
 * limit forbids it; env_snapshot() reports which. */
bool env_resume_snapshot(const MDBX_env *env, txnid_t txnid, struct snapshot *snapshot);
/* Frees the memo and all older ones; no transaction is left. */
void env_forget_memo(MDBX_env *env);

struct geometry_system env_system(void);

/* MDBX_UNABLE_EXTEND_MAPSIZE: a snapshot of so many pages exceeds this process's limit of the map. */
int env_check_map_limit(const MDBX_env *env, pgno_t pages);
/* The first page this process may not use. */
pgno_t env_map_end(const MDBX_env *env);

/* Finds the meta page of that transaction and returns a copy, which the caller frees. MDBX_RESULT_TRUE: the file has no
 * such meta page (any more). */
int env_find_meta(MDBX_env *env, txnid_t txnid, struct meta_page **page);

#endif
