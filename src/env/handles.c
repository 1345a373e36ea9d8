/* SPDX-License-Identifier: Apache-2.0 */
/* Table handles. */
#include "env/handles.h"

#include "base/assert.h"

#include <stdlib.h>

bool handle_has_name(const struct table_name *have, const MDBX_val *name) {
  ASSERT(!name->iov_len || name->iov_base);
  ASSERT(!have->length || have->bytes);
  return have->length == name->iov_len && (!have->length || memcmp(have->bytes, name->iov_base, have->length) == 0);
}

int handle_set_name(struct table_name *to, const MDBX_val *name) {
  ASSERT(!name->iov_len || name->iov_base);
  uint8_t *copy = malloc(name->iov_len + 1);
  if (!copy)
    return MDBX_ENOMEM;
  if (name->iov_len)
    memcpy(copy, name->iov_base, name->iov_len);
  /* In this order: a child that is forked in between frees the name that it finds here. */
  uint8_t *old = to->bytes;
  *to = (struct table_name){copy, name->iov_len};
  ASSERT(handle_has_name(to, name));
  free(old);
  return MDBX_SUCCESS;
}

int handle_open(MDBX_env *env, const MDBX_val *name, MDBX_dbi *dbi) {
  ASSERT(env->handles && env->handles_capacity >= CORE_TABLES);
  ASSERT(env->handles_used >= CORE_TABLES && env->handles_used <= env->handles_capacity);
  for (MDBX_dbi i = CORE_TABLES; i < env->handles_capacity; ++i) {
    struct table_handle *handle = &env->handles[i];
    if (handle_is_open(handle))
      continue;
    const int rc = handle_set_name(&handle->name, name);
    if (rc != MDBX_SUCCESS)
      return rc;
    handle->claimed = false;
    atomic_store(&handle->orders, NULL);
    atomic_fetch_add(&handle->generation, 1);
    if (i >= env->handles_used)
      env->handles_used = i + 1;
    ASSERT(handle_is_open(handle) && i < env->handles_used);
    *dbi = i;
    return MDBX_SUCCESS;
  }
  return MDBX_DBS_FULL;
}

void handle_close(struct table_handle *handle) {
  if (handle_is_open(handle))
    atomic_fetch_add(&handle->generation, 1);
  ASSERT(!handle_is_open(handle));
}

static bool same_order(const struct user_order *a, const struct user_order *b) {
  return a->plain == b->plain && a->with_context == b->with_context && a->context == b->context;
}

/* Whether one of the two orders is not given, or both are the same. */
static bool order_agrees(const struct user_order *have, const struct user_order *asked) {
  return !user_order_given(asked) || !user_order_given(have) || same_order(have, asked);
}

/* The comparators of a handle are an immutable object, so that readers use them without a lock. If a handle gets
 * another comparator, it gets another object. */
int handle_set_orders(struct table_handle *handle, const struct table_orders *asked) {
  struct table_orders merged = {.key = asked->key, .value = asked->value};
  struct table_orders *have = atomic_load(&handle->orders);
  if (have && (!order_agrees(&have->key, &asked->key) || !order_agrees(&have->value, &asked->value)))
    return MDBX_INCOMPATIBLE;
  if (have && !user_order_given(&merged.key))
    merged.key = have->key;
  if (have && !user_order_given(&merged.value))
    merged.value = have->value;
  for (struct table_orders *old = handle->all_orders; old; old = old->older)
    if (same_order(&old->key, &merged.key) && same_order(&old->value, &merged.value)) {
      atomic_store(&handle->orders, old);
      return MDBX_SUCCESS;
    }
  struct table_orders *fresh = malloc(sizeof(*fresh));
  if (!fresh)
    return MDBX_ENOMEM;
  ASSERT(user_order_given(&merged.key) || user_order_given(&merged.value) || !have);
  *fresh = merged;
  fresh->older = handle->all_orders;
  handle->all_orders = fresh;
  atomic_store(&handle->orders, fresh);
  return MDBX_SUCCESS;
}

int handle_copy_name(struct name_copy *copy, const struct table_handle *handle) {
  const struct table_name *name = &handle->name;
  copy->version = handle_version(handle);
  copy->memory = NULL;
  if (!(copy->version.generation & 1))
    return MDBX_BAD_DBI;
  if (name->length > sizeof(copy->room)) {
    copy->memory = malloc(name->length);
    if (!copy->memory)
      return MDBX_ENOMEM;
  }
  copy->name = (MDBX_val){copy->memory ? copy->memory : copy->room, name->length};
  ASSERT(copy->name.iov_base && copy->name.iov_len == name->length);
  if (name->length)
    memcpy(copy->name.iov_base, name->bytes, name->length);
  return MDBX_SUCCESS;
}

void handles_release(MDBX_env *env) {
  for (MDBX_dbi dbi = 0; env->handles && dbi < env->handles_capacity; ++dbi) {
    struct table_handle *handle = &env->handles[dbi];
    while (handle->all_orders) {
      struct table_orders *older = handle->all_orders->older;
      free(handle->all_orders);
      handle->all_orders = older;
    }
    free(handle->name.bytes);
  }
  free(env->handles);
  env->handles = NULL;
  env->handles_capacity = 0;
  env->handles_used = 0;
}
