/* SPDX-License-Identifier: Apache-2.0 */
/* Files whose trees are crafted: fields, nodes, children, separators. */
#include "corruption.h"

START_TEST(base_image_is_sound) { ck_assert(!exercise()); }
END_TEST

/* ------------------------------------------------------------------------------------------------- crafted by field */

enum place { IN_TABLE, IN_MAIN, IN_GC, IN_META, ON_BRANCH, ON_LEAF, ON_RUN, ON_FREE_LEAF };

struct craft {
  enum place place;
  unsigned offset, width;
  uint64_t value;
  bool relative; /* to be added */
};

#define RECORD(place, field, value) \
  { place, offsetof(struct table_record, field), sizeof(((struct table_record *)0)->field), value, false }
#define RECORD_BY(place, field, delta) \
  { place, offsetof(struct table_record, field), sizeof(((struct table_record *)0)->field), (uint64_t)(delta), true }
#define HEADER(place, field, value) \
  { place, offsetof(struct page, field), sizeof(((struct page *)0)->field), value, false }
#define HEADER_BY(place, field, delta) \
  { place, offsetof(struct page, field), sizeof(((struct page *)0)->field), (uint64_t)(delta), true }
#define META(field, value) \
  { IN_META, offsetof(struct meta, field), sizeof(((struct meta *)0)->field), value, false }

#define RECORD_CLASSES(place) \
  RECORD(place, flags, 0x10), RECORD(place, flags, 0x18), RECORD(place, flags, 0x20), RECORD(place, flags, 0x40), \
      RECORD(place, flags, 0x0a), RECORD(place, flags, 0x80), RECORD(place, depth, 0), RECORD(place, depth, 200), \
      RECORD(place, depth, 0xff), RECORD_BY(place, depth, 1), RECORD(place, root, 0), RECORD(place, root, 1), \
      RECORD(place, root, 2), RECORD(place, root, 0xffffffff), RECORD(place, root, 0x7fffffff), \
      RECORD(place, root, 4000), RECORD_BY(place, items, 1), RECORD_BY(place, items, -1), RECORD(place, items, 0), \
      RECORD_BY(place, leaf_pages, 1), RECORD_BY(place, branch_pages, 1), RECORD_BY(place, large_pages, 1), \
      RECORD_BY(place, root_birth, 1)

/* The record of table 0 is another one. */
#define GC(field, value) \
  { IN_GC, offsetof(struct gc_record, field), sizeof(((struct gc_record *)0)->field), value, false }
#define GC_BY(field, delta) \
  { IN_GC, offsetof(struct gc_record, field), sizeof(((struct gc_record *)0)->field), (uint64_t)(delta), true }

static const struct craft crafts[] = {
    RECORD_CLASSES(IN_TABLE),
    RECORD_CLASSES(IN_MAIN),
    GC(depth, 0),
    GC(depth, 200),
    GC(depth, 0x101),
    GC(depth, 0xffff),
    GC_BY(depth, 1),
    GC(root, 0),
    GC(root, 1),
    GC(root, 2),
    GC(root, 0xffffffff),
    GC(root, 0x7fffffff),
    GC(root, 4000),
    GC_BY(items, 1),
    GC_BY(items, -1),
    GC(items, 0),
    GC_BY(leaf_pages, 1),
    GC_BY(branch_pages, 1),
    GC_BY(root_birth, 1),
    RECORD_BY(IN_TABLE, depth, -1),
    RECORD(IN_TABLE, large_pages, 0),
    META(page_size, 0),
    META(page_size, 3),
    META(page_size, 128),
    META(page_size, 768),
    META(page_size, 4096),
    META(page_size, 131072),
    META(next, 0),
    META(next, 3),
    META(next, 0x7fffffff),
    META(now, 0),
    META(now, 0xffffffff),
    META(upper, 1),
    META(lower, 0xffffffff),
    META(kind, 7),
    META(txnid_again, 1),
    META(magic, 1),
    HEADER(ON_BRANCH, flags, 0),
    HEADER(ON_BRANCH, flags, P_LEAF),
    HEADER(ON_BRANCH, flags, P_BRANCH | 0x40),
    HEADER(ON_BRANCH, flags, P_BRANCH | P_LEAF),
    HEADER(ON_BRANCH, flags, P_META),
    HEADER(ON_BRANCH, flags, P_LARGE),
    HEADER(ON_BRANCH, flags, P_BRANCH | P_NOKEYHEADS),
    HEADER(ON_LEAF, flags, P_BRANCH),
    HEADER(ON_LEAF, flags, P_LEAF | P_DUPFIX),
    HEADER(ON_LEAF, flags, P_LEAF | P_NOKEYHEADS),
    HEADER(ON_LEAF, flags, P_LEAF | 0x8000),
    HEADER(ON_LEAF, flags, P_LARGE),
    HEADER(ON_LEAF, count, 0),
    HEADER(ON_LEAF, count, 0xffff),
    HEADER_BY(ON_LEAF, count, 1),
    HEADER_BY(ON_LEAF, count, -1),
    HEADER(ON_LEAF, lower, 0),
    HEADER(ON_LEAF, lower, 0xffff),
    HEADER_BY(ON_LEAF, lower, 2),
    HEADER(ON_LEAF, upper, 0),
    HEADER(ON_LEAF, upper, 0xffff),
    HEADER(ON_LEAF, upper, PAGE - PAGE_HEADER),
    HEADER(ON_LEAF, upper, PAGE - PAGE_HEADER + 1),
    HEADER_BY(ON_LEAF, upper, -2),
    HEADER(ON_LEAF, prefix, 0xffff),
    HEADER_BY(ON_LEAF, prefix, 1),
    HEADER(ON_LEAF, pgno, 3),
    HEADER(ON_LEAF, txnid, 1000000),
    HEADER(ON_BRANCH, count, 0),
    HEADER_BY(ON_BRANCH, count, 1),
    HEADER(ON_BRANCH, lower, 0xffff),
    HEADER(ON_BRANCH, upper, 0xffff),
    HEADER(ON_BRANCH, prefix, 0xffff),
    HEADER(ON_BRANCH, pgno, 0),
    HEADER(ON_BRANCH, txnid, UINT64_MAX),
    HEADER(ON_RUN, run_pages, 0),
    HEADER(ON_RUN, run_pages, 0xffffffff),
    HEADER_BY(ON_RUN, run_pages, 1),
    HEADER(ON_RUN, run_bytes, 0),
    HEADER(ON_RUN, run_bytes, 0xffffffff),
    HEADER_BY(ON_RUN, run_bytes, -1),
    HEADER(ON_RUN, flags, P_LEAF),
    HEADER(ON_RUN, pgno, 1),
    HEADER(ON_RUN, count, 1),
    HEADER(ON_FREE_LEAF, flags, P_BRANCH),
    HEADER(ON_FREE_LEAF, count, 0),
    HEADER_BY(ON_FREE_LEAF, count, 1),
    HEADER(ON_FREE_LEAF, txnid, 1000000),
};

static void alter(uint8_t *at, const struct craft *craft) {
  uint64_t value = 0;
  memcpy(&value, at, craft->width);
  value = craft->relative ? value + craft->value : craft->value;
  memcpy(at, &value, craft->width);
}

static void craft_metas(const struct craft *craft) {
  static const size_t bases[] = {
      [IN_MAIN] = offsetof(struct meta, main), [IN_GC] = offsetof(struct meta, gc), [IN_META] = 0};
  for (pgno_t slot = 0; slot < META_COUNT; ++slot) {
    struct meta_page *meta = (struct meta_page *)(void *)page_at(slot);
    alter((uint8_t *)&meta->meta + bases[craft->place] + craft->offset, craft);
    seal(&meta->header);
  }
}

static void apply(const struct craft *craft) {
  struct page *const pages[] = {
      [ON_BRANCH] = image.branch, [ON_LEAF] = image.leaf, [ON_RUN] = image.run, [ON_FREE_LEAF] = image.gc};
  if (craft->place == IN_TABLE) {
    alter((uint8_t *)image.record + craft->offset, craft);
    seal(image.record_page);
  } else if (craft->place <= IN_META) {
    craft_metas(craft);
  } else {
    alter((uint8_t *)pages[craft->place] + craft->offset, craft);
    seal(pages[craft->place]);
  }
}

START_TEST(crafted_fields) {
  apply(&crafts[_i]);
  ck_assert_msg(exercise(), "class %d passes unnoticed", _i);
}
END_TEST

/* ------------------------------------------------------------------------------------------- crafted nodes, children */

typedef uint16_t __attribute__((aligned(1))) word;

static word *node_words(unsigned index) {
  return (word *)(void *)(page_body(image.leaf) + leaf_slots(image.leaf)[index]);
}

static unsigned index_of_large(void) {
  struct leaf_item item;
  for (unsigned i = 0; i < image.leaf->count; ++i) {
    leaf_get(image.leaf, i, &item);
    if (item.kind == NODE_LARGE)
      return i;
  }
  ck_abort_msg("no large value");
}

static struct large_ref *large_ref(void) {
  word *node = node_words(index_of_large());
  return (struct large_ref *)(void *)((uint8_t *)node + NODE_HEADER + (node[0] & NODE_LENGTH));
}

/* A reference that fits the page as it is, if there is one. */
static struct page_ref ref_to(pgno_t pgno) {
  return (struct page_ref){pgno, pgno < image.head->meta.next ? birth_bits(page_at(pgno)->txnid) : 0};
}

static void set_ref(pgno_t pgno, uint32_t bytes) {
  const struct large_ref ref = {pgno, bytes, ref_to(pgno).birth, 0};
  memcpy(large_ref(), &ref, sizeof(ref));
}

static void craft_key_length(void) { node_words(0)[0] = 0x7fff; }
static void craft_data_length(void) { node_words(0)[1] = 0x7fff; }
static void craft_data_longer(void) { node_words(0)[1] += 1; }
static void craft_data_shorter(void) { node_words(0)[1] -= 1; }
static void craft_kind_large(void) { node_words(0)[0] |= NODE_FLAG; }
static void craft_kind_other(void) { node_words(0)[1] |= NODE_FLAG; }
static void craft_kind_both(void) { node_words(0)[0] |= NODE_FLAG, node_words(0)[1] |= NODE_FLAG; }
static void craft_large_kind_off(void) {
  word *node = node_words(index_of_large());
  node[0] &= NODE_LENGTH, node[1] &= NODE_LENGTH;
}
static void craft_large_length(void) { node_words(index_of_large())[1] ^= 1; }
static void craft_slot_outside(void) { leaf_slots(image.leaf)[0] = 0xffff; }
static void craft_slot_low(void) { leaf_slots(image.leaf)[0] = 0; }
static void craft_slot_at_end(void) { leaf_slots(image.leaf)[0] = PAGE - PAGE_HEADER - 1; }
static void craft_slot_twice(void) { leaf_slots(image.leaf)[0] = leaf_slots(image.leaf)[1]; }
static void craft_slots_swapped(void) {
  uint16_t *slots = leaf_slots(image.leaf);
  const uint16_t first = slots[0];
  slots[0] = slots[1], slots[1] = first;
}
static void craft_ref_beyond(void) { set_ref(image.head->meta.next, BIG); }
static void craft_ref_behind_file(void) { set_ref((pgno_t)(image.length / PAGE) + 10, BIG); }
static void craft_ref_across_end(void) { set_ref(image.head->meta.next - 1, BIG * 8); }
static void craft_ref_to_meta(void) { set_ref(1, BIG); }
static void craft_ref_to_leaf(void) { set_ref(image.leaf->pgno, BIG); }
static void craft_ref_far(void) { set_ref(0xfffffff0, BIG); }
static void craft_ref_bytes(void) { set_ref(image.run->pgno, 0xffffffff); }
static void craft_ref_more(void) { set_ref(image.run->pgno, BIG + 1); }
static void craft_ref_none(void) { set_ref(image.run->pgno, 0); }
static void craft_ref_version(void) {
  const uint16_t birth = (uint16_t)(birth_bits(image.run->txnid) - 1);
  memcpy((uint8_t *)large_ref() + offsetof(struct large_ref, birth), &birth, sizeof(birth));
}

static void (*const node_crafts[])(void) = {
    craft_key_length,  craft_data_length, craft_data_longer,     craft_data_shorter,   craft_kind_large,
    craft_kind_other,  craft_kind_both,   craft_large_kind_off,  craft_large_length,   craft_slot_outside,
    craft_slot_low,    craft_slot_at_end, craft_slot_twice,      craft_slots_swapped,  craft_ref_beyond,
    craft_ref_to_meta, craft_ref_to_leaf, craft_ref_far,         craft_ref_bytes,      craft_ref_more,
    craft_ref_none,    craft_ref_version, craft_ref_behind_file, craft_ref_across_end,
};
enum { NODE_CRAFTS = sizeof(node_crafts) / sizeof(*node_crafts) };

START_TEST(crafted_nodes) {
  node_crafts[_i]();
  seal(image.leaf);
  if (node_crafts[_i] == craft_large_kind_off) { /* sound as a file: a short value of eight bytes */
    write_image();
    MDBX_env *env = api_open(MDBX_RDONLY);
    ck_assert(checker_complains(env));
    OK(mdbx_env_close(env));
    return;
  }
  ck_assert_msg(exercise(), "class %d passes unnoticed", _i);
}
END_TEST

/* What the checker says of a record comes with its key. */
static unsigned keys_told;

static void hear_issue(MDBX_chk_context_t *ctx, const char *object, uint64_t entry, const char *issue,
                       const char *format, va_list args) {
  MDBX_val key = {NULL, 0};
  (void)object, (void)entry, (void)format, (void)args;
  const bool of_record = strcmp(issue, "keys are out of order") == 0;
  IS(mdbx_env_chk_key(ctx, &key), of_record ? MDBX_SUCCESS : MDBX_NOTFOUND);
  IS(mdbx_env_chk_key(ctx, NULL), MDBX_EINVAL);
  keys_told += of_record;
  if (of_record)
    ck_assert(key.iov_len == 7 && memcmp(key.iov_base, "key", 3) == 0);
}

START_TEST(checker_tells_the_key) {
  MDBX_chk_callbacks_t callbacks = {.issue = hear_issue};
  MDBX_chk_context_t context;
  MDBX_val key;
  uint16_t *slots = leaf_slots(image.leaf), slot = slots[0];
  uint32_t *keyheads = leaf_keyheads(image.leaf), keyhead = keyheads[0];
  slots[0] = slots[1], slots[1] = slot;
  keyheads[0] = keyheads[1], keyheads[1] = keyhead;
  image.record->leaf_pages += 1;
  seal(image.leaf);
  seal(image.record_page);
  write_image();
  MDBX_env *env = api_open(MDBX_RDONLY);
  OK(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0));
  ck_assert_uint_eq(context.result.total_problems, keys_told + 1);
  ck_assert_uint_eq(keys_told, 1);
  IS(mdbx_env_chk_key(&context, &key), MDBX_EINVAL);
  IS(mdbx_env_chk_key(NULL, &key), MDBX_EINVAL);
  OK(mdbx_env_close(env));
}
END_TEST

static unsigned told, told_prefix;

static void hear_of_prefix(MDBX_chk_context_t *ctx, const char *object, uint64_t entry, const char *issue,
                           const char *format, va_list args) {
  (void)ctx, (void)object, (void)entry, (void)format, (void)args;
  told += 1;
  told_prefix += strcmp(issue, "a key without the page's prefix") == 0;
}

/* Keys ascend, keyheads are right, and lookups find each record; but what is erased or stored later relies on a prefix
 * that all records have. The first key of the first leaf becomes smaller. */
START_TEST(crafted_prefix) {
  MDBX_chk_callbacks_t callbacks = {.issue = hear_of_prefix};
  MDBX_chk_context_t context;
  struct page *leaf = page_at(branch_child(image.branch, 0).pgno);
  struct leaf_item item;
  leaf_get(leaf, 0, &item);
  ck_assert_uint_gt(leaf->prefix, (unsigned)_i);
  ((uint8_t *)(uintptr_t)item.key)[_i] -= 1;
  seal(leaf);
  write_image();
  MDBX_env *env = api_open(MDBX_RDONLY);
  told = told_prefix = 0;
  OK(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0));
  ck_assert_uint_gt(told_prefix, 0);
  ck_assert_uint_eq(told, told_prefix);
  ck_assert_uint_eq(context.result.total_problems, told);
  OK(mdbx_env_close(env));
}
END_TEST

static void set_child(unsigned index, pgno_t pgno) { branch_set_child(image.branch, index, ref_to(pgno)); }

START_TEST(crafted_children) {
  const pgno_t first = branch_child(image.branch, 0).pgno, second = branch_child(image.branch, 1).pgno;
  switch (_i) {
  case 0:
    set_child(1, 0);
    break;
  case 1:
    set_child(1, image.head->meta.next);
    break;
  case 2:
    set_child(1, 0xffffffff);
    break;
  case 3:
    set_child(1, image.branch->pgno);
    break;
  case 4:
    set_child(1, first);
    break;
  case 5:
    set_child(0, second);
    set_child(1, first);
    break;
  case 6:
    set_child(1, image.record_page->pgno);
    break;
  case 7:
    set_child(1, image.gc->pgno);
    break;
  case 8:
    set_child(1, image.run->pgno);
    break;
  case 9:
    set_child(1, image.run->pgno + 1);
    break;
  default: /* another version of the page */
    branch_set_child(image.branch, 1, (struct page_ref){second, (uint16_t)(ref_to(second).birth - 1)});
  }
  seal(image.branch);
  ck_assert_msg(exercise(), "class %d passes unnoticed", _i);
  write_image();
  MDBX_env *env = api_open(MDBX_RDONLY);
  ck_assert_msg(_i == 5 || walk_complains(env), "class %d: the walk over the pages sees nothing wrong", _i);
  OK(mdbx_env_close(env));
}
END_TEST

/* Separators of the branch, as they are given, without a common prefix. */
static void set_separators(const char *const *texts) {
  struct page *page = image.branch;
  struct page_ref children[64];
  for (unsigned i = 0; i < page->count; ++i)
    children[i] = branch_child(page, i);
  const unsigned count = page->count;
  page_init(page, PAGE, page->pgno, page->txnid, P_BRANCH);
  page->count = (uint16_t)count;
  page->lower = (uint16_t)(count * BRANCH_ENTRY);
  for (unsigned i = 0; i < count; ++i) {
    const uint8_t *text = (const uint8_t *)(i ? texts[i - 1] : "");
    const size_t length = i ? strlen(texts[i - 1]) : 0, tail = length > TAIL_INLINE ? length - TAIL_INLINE : 0;
    branch_keyheads(page)[i] = keyhead_make(text, length, 0);
    branch_set_child(page, i, children[i]);
    branch_tails(page)[i] = (uint16_t)length;
    if (!tail)
      continue;
    page->upper = (uint16_t)(page->upper - TAIL_HEADER - tail);
    put_u16(page_body(page) + page->upper, (uint16_t)length);
    memcpy(page_body(page) + page->upper + TAIL_HEADER, text + TAIL_INLINE, tail);
    branch_tails(page)[i] = page->upper;
  }
  ck_assert_uint_le(page->lower, page->upper);
  seal(page);
}

/* The outer separators share more than those between them have. */
START_TEST(crafted_separators) {
  char outer[2][160];
  const char *texts[64], *const inner[] = {"b", "", "key1", "zz"};
  const unsigned last = image.branch->count - 2u;
  for (unsigned i = 0; i < 2; ++i) {
    memset(outer[i], 'a', sizeof(outer[i]));
    outer[i][80 + 20 * (unsigned)(_i / 4)] = 0;
    outer[i][i] = (char)(outer[i][i] + (_i / 8 ? i : 0));
    memcpy(outer[i], "key0", 4);
  }
  for (unsigned i = 0; i <= last; ++i)
    texts[i] = inner[_i % 4];
  texts[0] = outer[0];
  texts[last] = outer[1];
  set_separators(texts);
  ck_assert(exercise());
}
END_TEST

/* A branch whose children are all the same page. */
static void make_funnel(struct page *page, pgno_t pgno, struct page_ref child) {
  enum { CHILDREN = 40 };
  memset(page_body(page), 0, PAGE - PAGE_HEADER);
  page->pgno = pgno;
  page->flags = P_BRANCH;
  page->count = CHILDREN;
  page->prefix = 0;
  page->lower = CHILDREN * BRANCH_ENTRY;
  page->upper = PAGE - PAGE_HEADER;
  for (unsigned i = 0; i < CHILDREN; ++i) {
    branch_set_child(page, i, child);
    branch_tails(page)[i] = i ? 1 : 0;
    page_body(page)[4 * i] = (uint8_t)i;
  }
  seal(page);
}

/* Branches that have the next one as every child: short as a file, endless as a tree. */
START_TEST(crafted_endless_tree) {
  struct table_record record;
  struct page_ref leaves[16];
  const unsigned count = image.branch->count < 16 ? image.branch->count : 16;
  ck_assert_uint_ge(count, 6);
  for (unsigned i = 0; i < count; ++i)
    leaves[i] = branch_child(image.branch, i);
  for (unsigned i = 0; i + 1 < count; ++i)
    make_funnel(page_at(leaves[i].pgno), leaves[i].pgno, leaves[i + 1]);
  make_funnel(image.branch, image.branch->pgno, leaves[0]);
  memcpy(&record, image.record, sizeof(record));
  record.depth = (uint8_t)(count + 1);
  memcpy(image.record, &record, sizeof(record));
  seal(image.record_page);
  ck_assert(exercise());
}
END_TEST

/* Every child of a branch is one and the same leaf: a scan must end with an error, not go round. */
START_TEST(crafted_circle_of_leaves) {
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_cursor *cursor;
  MDBX_val key, value;
  unsigned steps = 0;
  int rc;
  for (unsigned i = 1; i < image.branch->count; ++i)
    branch_set_child(image.branch, i, branch_child(image.branch, 0));
  seal(image.branch);
  write_image();
  env = api_open(MDBX_RDONLY);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_cursor_open(txn, api_table(txn, "t", MDBX_DB_ACCEDE), &cursor));
  while ((rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT)) == MDBX_SUCCESS)
    ck_assert_uint_lt(++steps, 1000);
  ck_assert_int_eq(rc, MDBX_CORRUPTED);
  ck_assert_int_eq(mdbx_cursor_reset(cursor), MDBX_SUCCESS);
  for (steps = 0; (rc = mdbx_cursor_get(cursor, &key, &value, MDBX_PREV)) == MDBX_SUCCESS;)
    ck_assert_uint_lt(++steps, 1000);
  ck_assert_int_eq(rc, MDBX_CORRUPTED);
  mdbx_cursor_close(cursor);
  ck_assert_int_eq(mdbx_txn_abort(txn), MDBX_SUCCESS);
  ck_assert_int_eq(mdbx_env_close(env), MDBX_SUCCESS);
}
END_TEST

int main(void) {
  Suite *suite = corruption_suite("corruption");
  TCase *tcase = image_case(suite, "crafted");
  tcase_add_test(tcase, base_image_is_sound);
  tcase_add_loop_test(tcase, crafted_fields, 0, sizeof(crafts) / sizeof(*crafts));
  tcase_add_loop_test(tcase, crafted_nodes, 0, NODE_CRAFTS);
  tcase_add_loop_test(tcase, crafted_children, 0, 11);
  tcase_add_test(tcase, checker_tells_the_key);
  tcase_add_loop_test(tcase, crafted_prefix, 0, 3);
  tcase_add_test(tcase, crafted_endless_tree);
  tcase_add_test(tcase, crafted_circle_of_leaves);
  tcase_add_loop_test(tcase, crafted_separators, 0, 16);
  return unit_run(suite);
}
