/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/handles.h: the table handles of an environment; each maps a number to a table name.
 *
 * handles_mutex guards names, generations and claims; all functions are called under it unless their comment says
 * otherwise. No thread holds it while it reads or changes a tree, writes pages out, or calls a callback.
 */
#ifndef MDBX_ENV_HANDLES_H
#define MDBX_ENV_HANDLES_H

#include "env/env.h"

static inline bool handle_is_open(const struct table_handle *handle) { return atomic_load(&handle->generation) & 1; }

bool handle_has_name(const struct table_name *have, const MDBX_val *name);
static inline MDBX_val handle_name(const struct table_name *name) { return (MDBX_val){name->bytes, name->length}; }
int handle_set_name(struct table_name *to, const MDBX_val *name);

/* Gives the name to a free handle. MDBX_DBS_FULL. */
int handle_open(MDBX_env *env, const MDBX_val *name, MDBX_dbi *dbi);
void handle_close(struct table_handle *handle);

/* Sets comparators that the handle does not have yet. MDBX_INCOMPATIBLE: it has a different one. */
int handle_set_orders(struct table_handle *handle, const struct table_orders *asked);

/* Tells whether a handle was closed, or got another name, since. */
struct handle_version {
  uint32_t generation, renames;
};
static inline struct handle_version handle_version(const struct table_handle *handle) {
  return (struct handle_version){atomic_load(&handle->generation), handle->renames};
}

/* A copy of a handle's name, so that the table can be searched for without the mutex. */
struct name_copy {
  MDBX_val name;
  struct handle_version version;
  uint8_t *memory; /* the caller frees it; NULL: the name is in `room` */
  uint8_t room[120];
};
/* MDBX_BAD_DBI for a closed handle. */
int handle_copy_name(struct name_copy *copy, const struct table_handle *handle);

/* Frees the handles and everything they own, while the environment closes. Called without the mutex. */
void handles_release(MDBX_env *env);

#endif
