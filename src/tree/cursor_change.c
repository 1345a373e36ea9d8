/* SPDX-License-Identifier: Apache-2.0 */
/* Changes with a cursor. Afterwards it stands on the record put, or before the successor of the record deleted. */
#include "tree/cursor_parts.h"

#include "base/assert.h"
#include "tree/tree_verify.h"

#include <stdlib.h>

/* Saves a pair that was just stored as the position; the cursor searches for it at its next use. */
static int stand_on(struct cursor *cursor, const struct seek_key *key, const MDBX_val *value) {
  const int rc = cursor_save_key(cursor, key->raw, key->length, value);
  cursor->state = CURSOR_AT;
  cursor->eof = false;
  cursor->in_set = false;
  cursor->detached = true;
  return rc;
}

static struct change change_at(struct cursor *cursor, const struct seek_key *key) {
  return (struct change){.space = cursor->space, .tree = cursor->tree, .path = &cursor->path, .key = key};
}

static int put_several(struct cursor *cursor, const struct seek_key *key, MDBX_val *data, unsigned flags) {
  ASSERT(cursor->space && cursor->multi);
  const struct change change = change_at(cursor, key);
  /* Saves the position first, because key and value may point to bytes that the change overwrites. */
  struct cursor position = {.saved = NULL};
  int rc = cursor_save_key(&position, key->raw, key->length, data);
  if (rc != MDBX_SUCCESS) {
    cursor_unset(cursor);
    return rc;
  }
  rc = dup_put(&change, data, flags);
  const struct seek_key stored = {.raw = position.saved, .length = position.saved_key};
  const MDBX_val value = {position.saved + position.saved_key, position.saved_length - position.saved_key};
  int stood = MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS || (rc == MDBX_KEYEXIST && !(flags & MDBX_NOOVERWRITE)))
    stood = stand_on(cursor, &stored, &value);
  else if (rc == MDBX_KEYEXIST)
    stood = stand_on(cursor, &stored, data);
  else
    cursor_unset(cursor);
  free(position.saved);
  return stood == MDBX_SUCCESS ? rc : stood;
}

int cursor_put(struct cursor *cursor, const struct seek_key *key, MDBX_val *data, unsigned flags) {
  ASSERT(cursor->space != NULL);
  if (cursor->multi)
    return put_several(cursor, key, data, flags);
  struct change change = change_at(cursor, key);
  const int rc = tree_put(&change, data, flags);
  cursor->detached = cursor->in_doubt = false;
  if (rc == MDBX_KEYEXIST)
    cursor_arrive(cursor, MDBX_SUCCESS);
  else if (rc != MDBX_SUCCESS)
    cursor_unset(cursor);
  return cursor_arrive(cursor, rc);
}

static int put_current_value(struct cursor *cursor, const struct seek_key *key, MDBX_val *data, unsigned flags) {
  ASSERT(cursor->multi && cursor->in_set);
  const struct change change = change_at(cursor, key);
  struct cursor position = {.saved = NULL};
  int rc = cursor_save_key(&position, key->raw, key->length, data);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = flags & MDBX_ALLDUPS ? dup_replace_all(&change, data) : dup_replace(&change, &cursor->set, data);
  const struct seek_key stored = {.raw = position.saved, .length = position.saved_key};
  const MDBX_val value = {position.saved + position.saved_key, position.saved_length - position.saved_key};
  if (rc == MDBX_SUCCESS)
    rc = stand_on(cursor, &stored, &value);
  free(position.saved);
  return rc;
}

int cursor_put_current(struct cursor *cursor, const struct seek_key *key, MDBX_val *data, unsigned flags) {
  ASSERT(cursor->space != NULL && cursor->state == CURSOR_AT && !cursor->detached);
  struct leaf_item item;
  path_item(&cursor->path, &item);
  if (key_compare_raw(&cursor->tree->rules, key->raw, key->length, item.key, item.key_length) != 0)
    return MDBX_EKEYMISMATCH;
  if (cursor->multi)
    return put_current_value(cursor, key, data, flags);
  struct change change = change_at(cursor, key);
  return tree_set_value(&change, data, flags);
}

/* Deletes one of several values. */
static int delete_value(struct cursor *cursor) {
  ASSERT(cursor->in_set && !cursor->detached);
  int rc = cursor_save_position(cursor);
  if (rc == MDBX_SUCCESS)
    rc = dup_erase(cursor->space, cursor->tree, &cursor->path, &cursor->set);
  cursor->detached = cursor->in_doubt = true;
  return cursor_lose_position(cursor, rc);
}

/* Deletes the record with all its values. */
static int delete_record(struct cursor *cursor) {
  ASSERT(!cursor->detached);
  struct leaf_item item;
  bool moved = true;
  path_item(&cursor->path, &item);
  int rc = cursor_save_key(cursor, item.key, item.key_length, NULL);
  if (rc == MDBX_SUCCESS)
    rc = tree_delete_at(cursor->space, cursor->tree, &cursor->path, &moved);
  cursor->detached = cursor->in_doubt = moved;
  return cursor_lose_position(cursor, rc);
}

int cursor_delete(struct cursor *cursor, bool all_values) {
  ASSERT(cursor->space != NULL);
  int rc = cursor_settle(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  const bool one = cursor->multi && !all_values && values_count(&cursor->set) > 1;
  rc = one ? delete_value(cursor) : delete_record(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  cursor->state = CURSOR_BEFORE_NEXT;
  cursor->in_set = false;
  cursor->eof = false;
  if (!cursor->detached && path_settle(cursor->snapshot, cursor->tree, &cursor->path) == MDBX_NOTFOUND)
    cursor->eof = true;
  VERIFY(tree_verify_cursor(cursor));
  return MDBX_SUCCESS;
}

void cursor_bound(const struct cursor *cursor, struct range_bound *bound) {
  ASSERT(cursor->state == CURSOR_AT && !cursor->detached);
  struct leaf_item item;
  path_item(&cursor->path, &item);
  bound->key = val_of(item.key, item.key_length);
  bound->has_value = cursor->multi;
  if (cursor->multi)
    bound->value = values_get(&cursor->set);
}

static size_t bound_bytes(const struct range_bound *bound) {
  return bound ? bound->key.iov_len + (bound->has_value ? bound->value.iov_len : 0) : 0;
}

static uint8_t *copy_val(MDBX_val *to, const MDBX_val *from, uint8_t *memory) {
  if (from->iov_len)
    memcpy(memory, from->iov_base, from->iov_len);
  *to = (MDBX_val){memory, from->iov_len};
  return memory + from->iov_len;
}

/* NULL stays NULL. */
static const struct range_bound *copy_bound(struct range_bound *to, const struct range_bound *from, uint8_t *memory) {
  if (!from)
    return NULL;
  *to = (struct range_bound){.has_value = from->has_value};
  memory = copy_val(&to->key, &from->key, memory);
  if (from->has_value)
    copy_val(&to->value, &from->value, memory);
  return to;
}

int cursor_erase_between(struct cursor *cursor, const struct range_bound *from, const struct range_bound *to,
                         uint64_t *removed) {
  ASSERT(cursor->space != NULL);
  struct range_bound own_from, own_to;
  uint8_t *memory = malloc(bound_bytes(from) + bound_bytes(to) + 1);
  if (!memory)
    return MDBX_ENOMEM;
  from = copy_bound(&own_from, from, memory);
  to = copy_bound(&own_to, to, memory + bound_bytes(from));
  const int rc = range_erase(cursor->space, cursor->tree, from, to, removed);
  free(memory);
  return rc;
}
