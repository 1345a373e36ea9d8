/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/handles.h: table handles: a number for a name, belonging to the environment.
 *
 * handles_mutex guards names, generations and claims, for as long as they are looked at; all functions but those that say
 * otherwise are called under it. Nobody holds it while a tree is read or changed, memory is written out, or a callback runs.
 */
#ifndef MDBX_ENV_HANDLES_H
#define MDBX_ENV_HANDLES_H

#include "env/env.h"

static inline bool handle_is_open(const struct table_handle *handle) { return atomic_load(&handle->generation) & 1; }

bool handle_has_name(const struct table_name *have, const MDBX_val *name);
static inline MDBX_val handle_name(const struct table_name *name) { return (MDBX_val){name->bytes, name->length}; }
int handle_set_name(struct table_name *to, const MDBX_val *name);

/* A free handle gets that name. MDBX_DBS_FULL. */
int handle_open(MDBX_env *env, const MDBX_val *name, MDBX_dbi *dbi);
void handle_close(struct table_handle *handle);

/* Gives a handle comparators besides those it has. MDBX_INCOMPATIBLE when it has others. */
int handle_set_orders(struct table_handle *handle, const struct table_orders *asked);

/* The name of a handle at one moment, to be looked for without the lock. */
struct name_copy {
  MDBX_val name;
  uint32_t generation;
  uint8_t *memory; /* to be freed; NULL: the name is in `room` */
  uint8_t room[120];
};
/* MDBX_BAD_DBI for a closed handle. */
int handle_copy_name(struct name_copy *copy, const struct table_handle *handle);

/* Frees the handles with all they hold; the environment closes, without the lock. */
void handles_release(MDBX_env *env);

#endif
