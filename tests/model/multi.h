/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/model/multi.h: what the parts of the model test of tables with several values share: the reference, drawing and
 * comparing (multi_reference.c), cursors (multi_cursor.c), single calls and transactions (multi.c).
 */
#ifndef MDBX_TESTS_MODEL_MULTI_H
#define MDBX_TESTS_MODEL_MULTI_H

#include <mdbx.h>

#include <stddef.h>
#include <stdint.h>

enum { KINDS = 6, STANDING = 3, LEVELS = 4, BYTES_MAX = 33000 };

struct pair {
  size_t key_length, value_length;
  uint8_t *bytes; /* key, then value */
};

struct list {
  struct pair *pairs;
  size_t count, capacity;
};

/* Where a cursor is to be found: on a pair, or where that went before the successor: on the first value of a key, behind
 * the last value of one, behind everything. */
enum where { ON_PAIR, ON_KEY, BEHIND_VALUES, BEHIND_ALL };

struct standing {
  MDBX_cursor *cursor;
  int kind, placed;
  int level; /* of nesting it was bound at, -1: unbound */
  enum where where;
  struct pair pair;
};

/* What a transaction, nested or not, began with. */
struct level {
  MDBX_txn *txn;
  struct list saved[KINDS];
  struct standing standing[STANDING];
};

struct model {
  uint64_t random;
  unsigned long seed, step, commits;
  uint32_t forms; /* in which keys kept their values, as mdbx_dbi_dupsort_depthmask() says */
  char path[64];
  MDBX_env *env;
  MDBX_txn *txn;
  size_t page_size;
  MDBX_dbi dbi[KINDS];
  struct list live[KINDS];
  struct standing standing[STANDING];
  struct level levels[LEVELS];
  int depth; /* transactions that run inside each other */
  unsigned long nested;
};

struct kind {
  const char *name;
  unsigned flags;
  int own_order;
  unsigned fixed; /* bytes of every value */
};

extern const struct kind kinds[KINDS];

_Noreturn void fail(const struct model *model, int line, const char *what, int rc);

#define MUST(model, call) \
  do { \
    const int rc_ = (call); \
    if (rc_ != MDBX_SUCCESS) \
      fail((model), __LINE__, #call, rc_); \
  } while (0)

#define MUST_BE(model, condition) \
  do { \
    if (!(condition)) \
      fail((model), __LINE__, #condition, 0); \
  } while (0)

#define MUST_GIVE(model, call, code) \
  do { \
    const int rc_ = (call); \
    if (rc_ != (code)) \
      fail((model), __LINE__, #call " should give " #code, rc_); \
  } while (0)

/* ---- multi_reference.c ---- */

int by_last_byte(const MDBX_val *a, const MDBX_val *b);
MDBX_val key_of(const struct pair *pair);
MDBX_val value_of(const struct pair *pair);
struct pair make_pair(const MDBX_val *key, const MDBX_val *value);
int compare_pair(int kind, const struct pair *pair, const MDBX_val *key, const MDBX_val *value);
size_t lower(const struct model *model, int kind, const MDBX_val *key, const MDBX_val *value);
size_t behind_key(const struct model *model, int kind, const MDBX_val *key);
int pair_is(const struct model *model, int kind, size_t at, const MDBX_val *key, const MDBX_val *value);
void add_pair(struct model *model, int kind, const MDBX_val *key, const MDBX_val *value);
void remove_pairs(struct list *list, size_t from, size_t to);
int has_key(const struct model *model, int kind, size_t at, const MDBX_val *key);
void take_out(struct model *model, int kind, size_t from, size_t to);
void exchange(struct model *model, int kind, size_t from, size_t to, const MDBX_val *key, const MDBX_val *value);
void exchange_all(struct model *model, int kind, const MDBX_val *key, const MDBX_val *value);
void copy_list(struct list *to, const struct list *from);
size_t below(struct model *model, size_t limit);
void draw_value(struct model *model, int kind, uint8_t *bytes, MDBX_val *value);
void draw_pair(struct model *model, int kind, uint8_t *bytes, MDBX_val *key, MDBX_val *value);
void must_be_pair(struct model *model, int kind, size_t at, const MDBX_val *key, const MDBX_val *value);
void compare_table(struct model *model, int kind);
void check(struct model *model);

/* ---- multi_cursor.c ---- */

void do_walk(struct model *model, int kind, uint8_t *bytes);
void do_pages(struct model *model, int kind);
void do_bulk(struct model *model, int kind);
void do_change(struct model *model, int kind, uint8_t *bytes);
void stand(struct standing *standing, int kind, const MDBX_val *key, const MDBX_val *value);
void do_standing(struct model *model, int kind);

/* ---- multi.c ---- */

size_t scroll(struct model *model, int kind, MDBX_cursor *cursor, size_t at);

#endif
