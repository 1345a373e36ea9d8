/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_view.h: what a transaction sees of the files: the head's meta, the mapping, the memo of checked pages.
 */
#ifndef MDBX_ENV_ENV_VIEW_H
#define MDBX_ENV_ENV_VIEW_H

#include "env/env.h"

/* The meta page of the newest published commit, copied. */
int env_read_head(const MDBX_env *env, struct meta *meta, txnid_t *txnid, unsigned *slot);
/* That of the newest commit, which may wait for its flush: what a writer builds on, under the writer lock. MDBX_PANIC: what
 * waited failed meanwhile. */
int env_read_tip(const MDBX_env *env, struct meta *meta, txnid_t *txnid, unsigned *slot);
/* The meta of a packed head; MDBX_RESULT_TRUE when a newer commit has overwritten it meanwhile. */
int env_read_meta(const MDBX_env *env, uint64_t head, struct meta *meta);
/* Whether a file of that many pages can be mapped, whatever else the process has mapped. */
bool env_has_addresses(const MDBX_env *env, pgno_t pages);
/* Makes the mapping and the memo long enough for a snapshot with that upper bound. MDBX_UNABLE_EXTEND_MAPSIZE. */
int env_cover(MDBX_env *env, pgno_t upper);
/* The same for the file a meta describes: up to its upper bound, or as long as the file is, see MDBX_env.maps_present. */
int env_cover_meta(MDBX_env *env, const struct meta *meta);
/* The same for a file that the writer has made longer: its snapshot sees the pages that were added. */
int env_cover_growth(MDBX_env *env, pgno_t pages, struct snapshot *snapshot);
/* Lets a snapshot use the present mapping and memo, after env_cover() made them longer. */
void env_rebase(const MDBX_env *env, struct snapshot *snapshot);
/* Fills a snapshot from a meta. */
int env_snapshot(MDBX_env *env, const struct meta *meta, txnid_t txnid, struct snapshot *snapshot);
/* Makes a snapshot of that transaction valid again, which its owner gave up and pins anew. False: the mapping does not cover it
 * any more, or the map limit forbids it; env_snapshot() finds out. */
bool env_resume_snapshot(const MDBX_env *env, txnid_t txnid, struct snapshot *snapshot);
/* Frees the memo; no transaction is left. */
void env_forget_memo(MDBX_env *env);

struct geometry_system env_system(void);

/* MDBX_UNABLE_EXTEND_MAPSIZE when a snapshot of so many pages is beyond this process's limit of the map. */
int env_check_map_limit(const MDBX_env *env, pgno_t pages);
/* The first page this process may not use. */
pgno_t env_map_end(const MDBX_env *env);

/* The page of the meta of that transaction, which is the caller's to free. MDBX_RESULT_TRUE: there is none any more. */
int env_find_meta(MDBX_env *env, txnid_t txnid, struct meta_page **page);

#endif
