/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <string.h>

MDBX_val world_name(unsigned name) {
  static const char *const texts[NAMES] = {"a", "ab", "b", "name", "\x01\xff\xfe", "a name that is a good deal longer"};
  return (MDBX_val){(void *)texts[name], strlen(texts[name])};
}

void world_init(struct world *world, unsigned main_flags) {
  memset(world, 0, sizeof(*world));
  pairs_init(&world->plain, main_flags);
}

void world_clear(struct world *world) {
  for (unsigned name = 0; name < NAMES; ++name)
    pairs_clear(&world->table[name].pairs);
  pairs_clear(&world->plain);
  memset(world, 0, sizeof(*world));
}

void world_copy(struct world *to, const struct world *from) {
  *to = *from;
  for (unsigned name = 0; name < NAMES; ++name)
    pairs_copy(&to->table[name].pairs, &from->table[name].pairs);
  pairs_copy(&to->plain, &from->plain);
}

void world_make(struct world_table *table, unsigned identity, unsigned flags) {
  pairs_clear(&table->pairs);
  table->identity = identity;
  table->flags = flags;
  table->sequence = 0;
  pairs_init(&table->pairs, flags);
}

void world_drop(struct world_table *table) {
  pairs_clear(&table->pairs);
  memset(table, 0, sizeof(*table));
}

unsigned world_find(const struct world *world, unsigned identity) {
  unsigned name = 0;
  while (name < NAMES && (!identity || world->table[name].identity != identity))
    ++name;
  return name;
}

struct world_handle *world_handle_of(struct world *world, unsigned identity) {
  for (unsigned i = 0; i < world->handles; ++i)
    if (world->handle[i].identity == identity)
      return &world->handle[i];
  return NULL;
}

unsigned world_named_by(const struct world *world, MDBX_dbi dbi) {
  for (unsigned i = 0; i < world->handles; ++i)
    if (world->handle[i].dbi == dbi)
      return world->handle[i].identity;
  return 0;
}

void world_add_handle(struct world *world, MDBX_dbi dbi, unsigned identity) {
  FUZZ_MUST(world->handles < HANDLES);
  world->handle[world->handles++] = (struct world_handle){dbi, identity, false};
}

static void forget(struct world *world, unsigned i) { world->handle[i] = world->handle[--world->handles]; }

void world_forget_number(struct world *world, MDBX_dbi dbi) {
  for (unsigned i = world->handles; i-- > 0;)
    if (world->handle[i].dbi == dbi)
      forget(world, i);
}

void world_forget_table(struct world *world, unsigned identity) {
  for (unsigned i = world->handles; i-- > 0;)
    if (world->handle[i].identity == identity)
      forget(world, i);
}

void world_compare(MDBX_txn *txn, const struct world *wanted) {
  for (unsigned i = 0; i < NAMES; ++i) {
    const MDBX_val name = world_name(i);
    MDBX_dbi dbi;
    const int rc = mdbx_dbi_open2(txn, &name, MDBX_DB_ACCEDE, &dbi);
    FUZZ_MUST(rc == MDBX_DBS_FULL || rc == (wanted->table[i].identity ? MDBX_SUCCESS : MDBX_NOTFOUND));
    if (rc == MDBX_SUCCESS)
      pairs_compare(txn, dbi, &wanted->table[i].pairs);
  }
}
