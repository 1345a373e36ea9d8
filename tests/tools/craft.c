/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/tools/craft.c: damages a database in a certain way at a certain place, and seals the changed pages with checksums
 * that say so was meant.
 *
 * Usage: craft CLASS PLACE FILE. PLACE is "gc", "main", the name of a table, or TABLE:KEY for the nested tree, or the
 * values in the leaf, of a key. FILE is changed where it stands. Prints what a checker has to name: "page N TABLE" or
 * "meta N TABLE", a line for each thing that will do. Leaves with 2 if the class cannot be had at that place.
 */
#include "base/pgset.h"
#include "format/branch.h"
#include "format/leaf.h"
#include "format/subpage.h"
#include "gc/gc_record.h"

#include <stdio.h>
#include <stdlib.h>

enum { FREE_PAGES_MAX = 65536 };

static struct {
  uint8_t *bytes;
  size_t length, page_size;
  uint64_t seed;
  struct meta_page *head;
} image;

/* What the record of a table and that of a nested tree have in common. */
struct root_record {
  uint32_t root, depth, branch_pages, leaf_pages;
  uint64_t items;
};

/* Where the damage goes: a tree, and one of its leaves with the branch above it. */
static struct {
  const char *table;   /* as a checker names it */
  struct page *holder; /* the page with the record of the tree */
  uint8_t *record;
  bool nested;
  struct page *branch, *leaf; /* branch: NULL if the root is a leaf */
  unsigned child;             /* of the branch: what leads to the leaf */
  uint8_t *value;             /* TABLE:KEY whose values lie in the leaf: they */
  size_t value_length;
} place;

static _Noreturn void give_up(const char *why) {
  fprintf(stderr, "craft: %s\n", why);
  exit(2);
}

static struct page *page_at(pgno_t pgno) {
  if ((size_t)pgno * image.page_size >= image.length)
    give_up("a page is not in the file");
  return (struct page *)(void *)(image.bytes + (size_t)pgno * image.page_size);
}

static void seal(struct page *page) { page->checksum = page_checksum(page, image.page_size, image.seed); }

static void name_page(const struct page *page) {
  printf("%s %u %s\n", page->flags == P_META ? "meta" : "page",
         (unsigned)((size_t)((const uint8_t *)page - image.bytes) / image.page_size), place.table);
}

/* ---------------------------------------------------------------------------------------------------------- the file */

static void read_image(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0)
    give_up("the file cannot be read");
  image.length = (size_t)ftell(file);
  image.bytes = malloc(image.length);
  rewind(file);
  if (!image.bytes || fread(image.bytes, 1, image.length, file) != image.length)
    give_up("the file cannot be read");
  fclose(file);
  image.page_size = ((const struct meta_page *)(const void *)image.bytes)->meta.page_size;
  for (pgno_t slot = 0; slot < META_COUNT; ++slot) {
    struct meta_page *meta = (struct meta_page *)(void *)page_at(slot);
    if (!image.head || meta->header.txnid > image.head->header.txnid)
      image.head = meta;
  }
  image.seed = checksum_seed(image.head->meta.database_id);
}

static void write_image(const char *path) {
  FILE *file = fopen(path, "r+b");
  if (!file || fwrite(image.bytes, 1, image.length, file) != image.length || fclose(file) != 0)
    give_up("the file cannot be written");
}

/* --------------------------------------------------------------------------------------------------------- the place */

/* A reference that fits the page that is there. */
static struct page_ref ref_to(pgno_t pgno) {
  return (struct page_ref){pgno, pgno < image.head->meta.next ? birth_bits(page_at(pgno)->txnid) : 0};
}

static struct root_record get_root(void) {
  struct root_record root;
  if (place.nested) {
    struct nested_record record;
    memcpy(&record, place.record, sizeof(record));
    root = (struct root_record){record.root, record.depth, record.branch_pages, record.leaf_pages, record.items};
  } else {
    struct table_record record;
    memcpy(&record, place.record, sizeof(record));
    root = (struct root_record){record.root, record.depth, record.branch_pages, record.leaf_pages, record.items};
  }
  return root;
}

static void put_table_record(const struct root_record *root) {
  struct table_record record;
  memcpy(&record, place.record, sizeof(record));
  record.root = root->root;
  record.root_birth = ref_to(root->root).birth;
  record.depth = (uint8_t)root->depth;
  record.branch_pages = root->branch_pages;
  record.leaf_pages = root->leaf_pages;
  record.items = root->items;
  memcpy(place.record, &record, sizeof(record));
}

static void put_root(const struct root_record *root) {
  struct nested_record record;
  if (place.nested) {
    memcpy(&record, place.record, sizeof(record));
    record.root = root->root;
    record.root_birth = ref_to(root->root).birth;
    record.depth = (uint16_t)root->depth;
    record.branch_pages = root->branch_pages;
    record.leaf_pages = root->leaf_pages;
    record.items = root->items;
    memcpy(place.record, &record, sizeof(record));
  } else {
    put_table_record(root);
  }
  seal(place.holder);
  name_page(place.holder);
}

/* Finds a key below a page; NULL: it is not there. */
static struct page *find_key(pgno_t pgno, unsigned depth, const char *key, struct leaf_item *item) {
  struct page *page = page_at(pgno), *found = NULL;
  if (depth > 1) {
    for (unsigned i = 0; i < page->count && !found; ++i)
      found = find_key(branch_child(page, i).pgno, depth - 1, key, item);
    return found;
  }
  for (unsigned i = 0; i < page->count; ++i) {
    leaf_get(page, i, item);
    if (item->key_length == strlen(key) && memcmp(item->key, key, item->key_length) == 0)
      return page;
  }
  return NULL;
}

/* Goes from the record of a tree to that of one inside. */
static void enter(const char *key, bool nested) {
  struct leaf_item item;
  const struct root_record outer = get_root();
  place.holder = find_key(outer.root, outer.depth, key, &item);
  if (!place.holder)
    give_up("no such table or key");
  place.nested = nested;
  place.record = (uint8_t *)(uintptr_t)item.data;
  if (nested && item.kind == NODE_SUBPAGE) {
    place.value = place.record;
    place.value_length = item.data_length;
    place.leaf = place.holder;
    place.record = NULL;
  }
}

/* A leaf that is neither the first nor the last if there are so many. */
static void find_leaf(void) {
  const struct root_record root = get_root();
  place.leaf = page_at(root.root);
  for (unsigned level = 1; level < root.depth; ++level) {
    place.branch = place.leaf;
    place.child = place.branch->count > 2 ? 1 : 0;
    place.leaf = page_at(branch_child(place.branch, place.child).pgno);
  }
}

static void find_place(char *name) {
  char *key = strchr(name, ':');
  if (key)
    *key++ = '\0';
  place.table = strcmp(name, "gc") == 0 ? "@GC" : strcmp(name, "main") == 0 ? "@MAIN" : name;
  place.holder = &image.head->header;
  place.record = (uint8_t *)(strcmp(name, "gc") == 0 ? (void *)&image.head->meta.gc : &image.head->meta.main);
  place.nested = strcmp(name, "gc") == 0; /* the record of table 0 begins like that of a nested tree */
  if (place.table[0] != '@')
    enter(name, false);
  if (key)
    enter(key, true);
  if (!place.value)
    find_leaf();
}

static struct page *need_branch(void) {
  if (!place.branch || place.branch->count < 3)
    give_up("there is no such branch at that place");
  return place.branch;
}

/* The run of a large value on the leaf with the key "large". */
static struct leaf_item need_large(void) {
  struct leaf_item item;
  const struct root_record root = get_root();
  place.leaf = find_key(root.root, root.depth, "large", &item);
  if (!place.leaf || item.kind != NODE_LARGE)
    give_up("there is no large value");
  return item;
}

static struct page *need_run(void) {
  struct large_ref ref;
  const struct leaf_item item = need_large();
  memcpy(&ref, item.data, sizeof(ref));
  return page_at(ref.pgno);
}

/* ------------------------------------------------------------------------------------------------------- free pages */

struct free_pages {
  pgno_t at[FREE_PAGES_MAX];
  size_t count;
};

static int keep_free(void *context, pgno_t pgno, uint32_t pages, txnid_t birth) {
  struct free_pages *free_pages = context;
  (void)birth;
  for (uint32_t i = 0; i < pages && free_pages->count < FREE_PAGES_MAX; ++i)
    free_pages->at[free_pages->count++] = pgno + i;
  return MDBX_SUCCESS;
}

/* All pages that the table of free pages lists; it is one leaf. */
static const struct free_pages *list_free(void) {
  static struct free_pages list;
  list.count = 0;
  const struct page *leaf = page_at(image.head->meta.gc.root);
  for (unsigned i = 0; leaf->flags == P_LEAF && i < leaf->count; ++i) {
    struct leaf_item item;
    struct gc_key key;
    leaf_get(leaf, i, &item);
    if (gc_key_decode(item.key, item.key_length, &key))
      gc_record_decode(&key, item.data, item.data_length, image.page_size, image.head->meta.next, keep_free, &list);
  }
  return &list;
}

static pgno_t free_page(void) {
  const struct free_pages *list = list_free();
  if (!list->count)
    give_up("there is no free page");
  return list->at[list->count / 2];
}

/* A record more in the table of free pages, which is one leaf with room for it. */
static void add_free_bytes(const uint8_t bytes[GC_KEY_SIZE], const void *value, size_t length) {
  struct seek_key prepared;
  struct page *leaf = place.leaf;
  const struct key_rules rules = {.order = ORDER_BYTES};
  bool exact;
  key_prepare(&prepared, ORDER_BYTES, bytes, GC_KEY_SIZE, NULL);
  const unsigned at = leaf_seek(leaf, &rules, &prepared, &exact);
  if (exact || page_room(leaf) < leaf_bytes_for(leaf, GC_KEY_SIZE, length))
    give_up("no room for a record of free pages");
  memcpy(leaf_insert(leaf, ORDER_BYTES, at, &prepared, NODE_PLAIN, length), value, length);
  leaf_make_keyheads(leaf, ORDER_BYTES);
  seal(leaf);
  image.head->meta.gc.items += 1;
  seal(&image.head->header);
}

static void add_free_record(struct gc_key key, const void *value, size_t length) {
  uint8_t bytes[GC_KEY_SIZE];
  gc_key_encode(&key, bytes);
  add_free_bytes(bytes, value, length);
}

static void add_free_run(pgno_t pgno, txnid_t number) {
  uint8_t bytes[32];
  size_t used;
  const struct retired_run run = {.pgno = pgno, .pages = 1, .birth = 1};
  gc_runs_encode(&run, 1, number, bytes, sizeof(bytes), &used);
  add_free_record((struct gc_key){GC_FRESH, number, 900}, bytes, used);
}

static void gc_lists_used(void) {
  const struct page *used = page_at(image.head->meta.main.root);
  add_free_run(used->pgno, image.head->header.txnid);
  name_page(used);
}

static void gc_lists_twice(void) {
  const pgno_t twice = free_page();
  add_free_run(twice, image.head->header.txnid);
  name_page(page_at(twice));
}

static void gc_lists_beyond(void) {
  add_free_run(image.head->meta.next + 3, image.head->header.txnid);
  name_page(place.leaf);
}

static void gc_of_the_future(void) {
  add_free_record((struct gc_key){GC_FRESH, image.head->header.txnid + 100, 0}, "\0\0", 2);
  name_page(place.leaf);
}

static void gc_unknown_kind(void) {
  add_free_bytes((const uint8_t[GC_KEY_SIZE]){9, [7] = 1}, "\0\0", 2);
  name_page(place.leaf);
}

static void gc_garbage(void) {
  add_free_record((struct gc_key){GC_FRESH, image.head->header.txnid, 901}, "\xff\xff\xff\xff\xff", 5);
  name_page(place.leaf);
}

/* Two records change places. */
static void gc_unsorted(void) {
  uint16_t *slots = leaf_slots(place.leaf), slot = slots[0];
  uint32_t *keyheads = leaf_keyheads(place.leaf), keyhead = keyheads[0];
  if (place.leaf->count < 2)
    give_up("there are no two records of free pages");
  slots[0] = slots[1], slots[1] = slot;
  keyheads[0] = keyheads[1], keyheads[1] = keyhead;
  seal(place.leaf);
  name_page(place.leaf);
}

/* A page that nobody lists. */
static void gc_forgets(void) {
  struct leaf_item item;
  const struct free_pages *list = list_free();
  leaf_get(place.leaf, 0, &item);
  if (!list->count || item.data_length < 3)
    give_up("there is no free page");
  memset((void *)(uintptr_t)item.data, 0, item.data_length);
  seal(place.leaf);
  name_page(page_at(list->at[0]));
}

/* ------------------------------------------------------------------------------------------------ records of trees */

static void set_flags(unsigned flags) {
  struct table_record record;
  if (place.nested)
    give_up("the record of a nested tree has no flags");
  memcpy(&record, place.record, sizeof(record));
  record.flags = (uint8_t)flags;
  memcpy(place.record, &record, sizeof(record));
  seal(place.holder);
  name_page(place.holder);
}

static void flags_dupfixed(void) { set_flags(TABLE_DUPFIXED); }
static void flags_integerdup(void) { set_flags(TABLE_INTEGERDUP); }
static void flags_reversedup(void) { set_flags(TABLE_REVERSEDUP); }
static void flags_duporder(void) { set_flags(TABLE_USER_DUPORDER); }

static void change_root(int64_t depth, int64_t root, int64_t items, int32_t branches, int32_t leaves) {
  struct root_record record = get_root();
  record.depth = depth < -1 || depth > 1 ? (uint32_t)depth : (uint32_t)((int64_t)record.depth + depth);
  record.root = root >= 0 ? (uint32_t)root : record.root;
  record.items += (uint64_t)items;
  record.branch_pages += (uint32_t)branches;
  record.leaf_pages += (uint32_t)leaves;
  put_root(&record);
}

static void depth_huge(void) { change_root(0xff, -1, 0, 0, 0); }
static void depth_more(void) { name_page(page_at(get_root().root)), change_root(1, -1, 0, 0, 0); }
static void depth_less(void) { name_page(page_at(get_root().root)), change_root(-1, -1, 0, 0, 0); }
static void root_meta(void) { change_root(0, 1, 0, 0, 0); }
static void root_beyond(void) { change_root(0, image.head->meta.next + 7, 0, 0, 0); }
static void root_free(void) {
  const pgno_t page = free_page();
  name_page(page_at(page));
  change_root(0, page, 0, 0, 0);
}
/* Then the table has itself as a table, without end. */
static void root_of_main(void) {
  const struct table_record *main = &image.head->meta.main;
  name_page(page_at(main->root));
  put_root(&(struct root_record){main->root, main->depth, main->branch_pages, main->leaf_pages, main->items});
}
static void items_more(void) { change_root(0, -1, 1, 0, 0); }
static void branches_more(void) { change_root(0, -1, 0, 1, 0); }
static void leaves_more(void) { change_root(0, -1, 0, 0, 1); }

static void large_more(void) {
  struct table_record record;
  memcpy(&record, place.record, sizeof(record));
  record.large_pages += 1;
  memcpy(place.record, &record, sizeof(record));
  seal(place.holder);
  name_page(place.holder);
}

/* ---------------------------------------------------------------------------------------------------- page headers */

static void leaf_flags(void) { place.leaf->flags |= 0x4000, seal(place.leaf), name_page(place.leaf); }
static void leaf_number(void) {
  name_page(place.leaf);
  place.leaf->pgno += 1;
  seal(place.leaf);
}
static void leaf_lower(void) { place.leaf->lower = 0, seal(place.leaf), name_page(place.leaf); }
static void leaf_upper(void) { place.leaf->upper = 0xffff, name_page(place.leaf); }
static void leaf_crossed(void) { place.leaf->lower = (uint16_t)(place.leaf->upper + 2), name_page(place.leaf); }
static void leaf_empty(void) { place.leaf->count = 0, seal(place.leaf), name_page(place.leaf); }
static void leaf_young(void) {
  place.leaf->txnid = image.head->header.txnid + 1, seal(place.leaf), name_page(place.leaf);
}
static void leaf_checksum(void) { place.leaf->checksum ^= 1, name_page(place.leaf); }
static void leaf_branch(void) { place.leaf->flags = P_BRANCH, seal(place.leaf), name_page(place.leaf); }
static void branch_flags(void) { need_branch()->flags |= 0x4000, seal(place.branch), name_page(place.branch); }
static void branch_leaf(void) { need_branch()->flags = P_LEAF, seal(place.branch), name_page(place.branch); }
static void branch_number(void) {
  name_page(need_branch());
  place.branch->pgno += 1;
  seal(place.branch);
}
static void branch_lower(void) { need_branch()->lower = 0, seal(place.branch), name_page(place.branch); }
static void branch_upper(void) { need_branch()->upper = 0xffff, name_page(place.branch); }

/* ----------------------------------------------------------------------------------------------------------- leaves */

static void need_nodes(void) {
  if (place.value || leaf_is_array(place.leaf) || place.leaf->count < 4)
    give_up("there are no such records at that place");
}

static uint8_t *node_at(unsigned index) { return page_body(place.leaf) + leaf_slots(place.leaf)[index]; }

static void sealed_leaf(void) {
  seal(place.leaf);
  name_page(place.leaf);
}

static void exchange_in_array(void) {
  uint8_t *first = page_body(place.leaf) + place.leaf->item;
  for (unsigned i = 0; i < place.leaf->item; ++i) {
    const uint8_t byte = first[i];
    first[i] = first[place.leaf->item + i];
    first[place.leaf->item + i] = byte;
  }
}

/* Two records change places, with their keyheads. */
static void keys_exchanged(void) {
  if (!place.value && leaf_is_array(place.leaf)) {
    exchange_in_array();
  } else {
    need_nodes();
    uint16_t *slots = leaf_slots(place.leaf), slot = slots[1];
    slots[1] = slots[2], slots[2] = slot;
    if (page_has_keyheads(place.leaf)) {
      uint32_t *keyheads = leaf_keyheads(place.leaf), keyhead = keyheads[1];
      keyheads[1] = keyheads[2], keyheads[2] = keyhead;
    }
  }
  sealed_leaf();
}

static void key_edited(void) {
  need_nodes();
  node_at(1)[NODE_HEADER + place.leaf->prefix] = 0xff;
  sealed_leaf();
}

static void head_edited(void) {
  need_nodes();
  leaf_keyheads(place.leaf)[1] += 1;
  sealed_leaf();
}

static void key_huge(void) { need_nodes(), put_u16(node_at(1), NODE_LENGTH), sealed_leaf(); }
static void data_huge(void) { need_nodes(), put_u16(node_at(1) + 2, NODE_LENGTH), sealed_leaf(); }
static void data_longer(void) {
  need_nodes();
  put_u16(node_at(1) + 2, (uint16_t)(get_u16(node_at(1) + 2) + 1));
  sealed_leaf();
}
static void node_outside(void) { need_nodes(), leaf_slots(place.leaf)[1] = 0xffff, sealed_leaf(); }
static void node_low(void) { need_nodes(), leaf_slots(place.leaf)[1] = 0, sealed_leaf(); }
static void node_twice(void) { need_nodes(), leaf_slots(place.leaf)[1] = leaf_slots(place.leaf)[2], sealed_leaf(); }
static void kind_subpage(void) {
  need_nodes();
  put_u16(node_at(1), get_u16(node_at(1)) | NODE_FLAG);
  sealed_leaf();
}
static void kind_tree(void) {
  need_nodes();
  put_u16(node_at(1), get_u16(node_at(1)) | NODE_FLAG);
  put_u16(node_at(1) + 2, get_u16(node_at(1) + 2) | NODE_FLAG);
  sealed_leaf();
}

/* All the data become part of the key, and those of the next record are as long as that allows. */
static void key_too_long(void) {
  const size_t limit = limit_key(image.page_size, 0);
  uint8_t key[PAGE_SIZE_MAX];
  struct seek_key prepared;
  struct leaf_item item;
  need_nodes();
  leaf_get(place.leaf, place.leaf->count - 1u, &item);
  memset(key, 0, sizeof(key));
  memcpy(key, item.key, item.key_length);
  key_prepare(&prepared, ORDER_BYTES, key, limit + 1, NULL);
  while (place.leaf->count > 1 && page_room(place.leaf) < leaf_bytes_for(place.leaf, limit + 1, 0))
    leaf_erase(place.leaf, place.leaf->count - 1u);
  leaf_insert(place.leaf, ORDER_BYTES, place.leaf->count, &prepared, NODE_PLAIN, 0);
  leaf_make_keyheads(place.leaf, ORDER_BYTES);
  sealed_leaf();
}

static void array_item_zero(void) {
  if (place.value || !leaf_is_array(place.leaf))
    give_up("there is no array at that place");
  place.leaf->item = 0;
  sealed_leaf();
}

/* -------------------------------------------------------------------------------------------- values in their leaf */

static void need_subpage(void) {
  if (!place.value)
    give_up("there are no values in the leaf at that place");
}

static void subpage_count_more(void) {
  need_subpage();
  put_u16(place.value, (uint16_t)(get_u16(place.value) + 1));
  sealed_leaf();
}

static void subpage_count_huge(void) { need_subpage(), put_u16(place.value, 0xffff), sealed_leaf(); }
static void subpage_count_none(void) { need_subpage(), put_u16(place.value, 0), sealed_leaf(); }
static void subpage_item_more(void) {
  need_subpage();
  put_u16(place.value + 2, (uint16_t)(get_u16(place.value + 2) + 1));
  sealed_leaf();
}

static void subpage_exchanged(void) {
  need_subpage();
  const struct subpage values = {place.value, place.value_length};
  const MDBX_val first = subpage_value(&values, 0), second = subpage_value(&values, 1);
  uint8_t *a = first.iov_base, *b = second.iov_base;
  for (size_t i = 0; i < first.iov_len && i < second.iov_len; ++i) {
    const uint8_t byte = a[i];
    a[i] = b[i], b[i] = byte;
  }
  sealed_leaf();
}

static void subpage_end_outside(void) {
  need_subpage();
  if (get_u16(place.value + 2))
    give_up("the values have one size");
  put_u16(place.value + SUBPAGE_HEADER, 0xfff0);
  sealed_leaf();
}

/* --------------------------------------------------------------------------------------------------------- branches */

static void set_child(pgno_t pgno) {
  branch_set_child(need_branch(), place.child, ref_to(pgno));
  seal(place.branch);
}

static void child_beyond(void) { set_child(image.head->meta.next + 2), name_page(place.branch); }
static void child_meta(void) { set_child(1), name_page(place.branch); }
static void child_itself(void) { set_child(need_branch()->pgno), name_page(place.branch); }
static void child_free(void) {
  const pgno_t page = free_page();
  set_child(page);
  name_page(page_at(page));
}
static void child_twice(void) {
  const pgno_t other = branch_child(need_branch(), place.child ? 0 : 1).pgno;
  set_child(other);
  name_page(page_at(other));
}
static void child_of_main(void) {
  const pgno_t other = image.head->meta.main.root;
  set_child(other);
  name_page(page_at(other));
}
/* Another version of the page is meant than the one that is there. */
static void child_version(void) {
  struct page_ref child = branch_child(need_branch(), place.child);
  child.birth = (uint16_t)(child.birth - 1);
  branch_set_child(place.branch, place.child, child);
  seal(place.branch);
  name_page(page_at(child.pgno));
}
/* The root is a child of a branch below it. */
static void child_root(void) {
  const pgno_t root = get_root().root;
  if (need_branch()->pgno == root)
    give_up("the tree is too low for a circle");
  set_child(root);
  name_page(page_at(root));
}

/* A leaf is a child of the root, where branches belong. */
static void child_leaf(void) {
  struct page *root = page_at(get_root().root);
  if (need_branch() == root)
    give_up("the tree is too low");
  branch_set_child(root, 0, ref_to(place.leaf->pgno));
  seal(root);
  name_page(place.leaf);
}

/* Two separators change places. */
static void separators_exchanged(void) {
  struct page *branch = need_branch();
  uint16_t *tails = branch_tails(branch), tail = tails[1];
  tails[1] = tails[2], tails[2] = tail;
  if (page_has_keyheads(branch)) {
    uint32_t *keyheads = branch_keyheads(branch), keyhead = keyheads[1];
    keyheads[1] = keyheads[2], keyheads[2] = keyhead;
  }
  seal(branch);
  name_page(branch);
}

/* One separator is a little greater than the keys it leads to. */
static void separator_edited(void) {
  struct page *branch = need_branch();
  if (!page_has_keyheads(branch))
    give_up("the separators have no keyheads");
  branch_keyheads(branch)[1] += 0x01000000;
  seal(branch);
  name_page(branch);
}

static void separator_outside(void) {
  branch_tails(need_branch())[1] = 0xffff, seal(place.branch), name_page(place.branch);
}
static void separator_of_first(void) {
  branch_tails(need_branch())[0] = 1, seal(place.branch), name_page(place.branch);
}

/* ----------------------------------------------------------------------------------------------------- large values */

static void run_too_long(void) { need_run()->run_pages = 0x7fffffff, name_page(need_run()); }
static void run_other_bytes(void) { need_run()->run_bytes -= 1, seal(need_run()), name_page(need_run()); }
static void run_flags(void) { need_run()->flags |= 0x4000, name_page(need_run()); }
static void run_checksum(void) { page_body(need_run())[image.page_size] ^= 1, name_page(need_run()); }

static void set_reference(pgno_t pgno, uint32_t bytes) {
  struct large_ref ref;
  const struct leaf_item item = need_large();
  memcpy(&ref, item.data, sizeof(ref));
  if (pgno) {
    ref.pgno = pgno;
    ref.birth = ref_to(pgno).birth;
  }
  ref.bytes = bytes ? bytes : ref.bytes;
  memcpy((void *)(uintptr_t)item.data, &ref, sizeof(ref));
  seal(place.leaf);
}

static void reference_beyond(void) { set_reference(image.head->meta.next + 1, 0), name_page(place.leaf); }
static void reference_bytes(void) { set_reference(0, 0xfffffff0), name_page(need_run()), name_page(place.leaf); }
static void reference_free(void) {
  const pgno_t page = free_page();
  set_reference(page, 0);
  name_page(page_at(page));
}

/* ------------------------------------------------------------------------------------------------------------ metas */

static void sealed_meta(void) {
  seal(&image.head->header);
  name_page(&image.head->header);
}

static void meta_page_size_zero(void) { image.head->meta.page_size = 0, sealed_meta(); }
static void meta_page_size_odd(void) { image.head->meta.page_size = 768, sealed_meta(); }
static void meta_kind(void) { image.head->meta.kind = 77, sealed_meta(); }
static void meta_magic(void) { image.head->meta.magic ^= 1, sealed_meta(); }
static void meta_txnid(void) { image.head->meta.txnid_again -= 1, sealed_meta(); }
static void meta_end_none(void) { image.head->meta.next = 0, sealed_meta(); }
static void meta_end_far(void) { image.head->meta.next = 0x7fffffff, sealed_meta(); }
static void meta_geometry(void) { image.head->meta.lower = 0xfffffff0, sealed_meta(); }
static void meta_checksum(void) { image.head->header.checksum ^= 1, name_page(&image.head->header); }

static void metas_page_size_zero(void) {
  for (pgno_t slot = 0; slot < META_COUNT; ++slot) {
    struct meta_page *meta = (struct meta_page *)(void *)page_at(slot);
    meta->meta.page_size = 0;
    seal(&meta->header);
    name_page(&meta->header);
  }
}

/* Another meta page is of the same commit, and has other trees. */
static void meta_twin(void) {
  const pgno_t other = (image.head->header.pgno + 1) % META_COUNT;
  struct meta_page *twin = (struct meta_page *)(void *)page_at(other);
  memcpy(twin, image.head, image.page_size);
  twin->header.pgno = other;
  twin->meta.main.items += 1;
  seal(&twin->header);
  name_page(&twin->header);
  name_page(&image.head->header);
}

/* ------------------------------------------------------------------------------------------------------------- main */

#define CLASS(name) \
  { #name, name }

static const struct {
  const char *name;
  void (*damage)(void);
} classes[] = {
    CLASS(gc_lists_used),      CLASS(gc_lists_twice),      CLASS(gc_lists_beyond),
    CLASS(gc_of_the_future),   CLASS(gc_unsorted),         CLASS(child_leaf),
    CLASS(gc_unknown_kind),    CLASS(gc_garbage),          CLASS(gc_forgets),
    CLASS(flags_dupfixed),     CLASS(flags_integerdup),    CLASS(flags_reversedup),
    CLASS(flags_duporder),     CLASS(depth_huge),          CLASS(depth_more),
    CLASS(depth_less),         CLASS(root_meta),           CLASS(root_beyond),
    CLASS(root_free),          CLASS(root_of_main),        CLASS(items_more),
    CLASS(branches_more),      CLASS(leaves_more),         CLASS(large_more),
    CLASS(leaf_flags),         CLASS(leaf_number),         CLASS(leaf_lower),
    CLASS(leaf_upper),         CLASS(leaf_crossed),        CLASS(leaf_empty),
    CLASS(leaf_young),         CLASS(leaf_checksum),       CLASS(leaf_branch),
    CLASS(branch_flags),       CLASS(branch_leaf),         CLASS(branch_number),
    CLASS(branch_lower),       CLASS(branch_upper),        CLASS(keys_exchanged),
    CLASS(key_edited),         CLASS(head_edited),         CLASS(key_huge),
    CLASS(data_huge),          CLASS(data_longer),         CLASS(node_outside),
    CLASS(node_low),           CLASS(node_twice),          CLASS(kind_subpage),
    CLASS(kind_tree),          CLASS(key_too_long),        CLASS(array_item_zero),
    CLASS(subpage_count_more), CLASS(subpage_count_huge),  CLASS(subpage_count_none),
    CLASS(subpage_item_more),  CLASS(subpage_exchanged),   CLASS(subpage_end_outside),
    CLASS(child_beyond),       CLASS(child_meta),          CLASS(child_itself),
    CLASS(child_free),         CLASS(child_twice),         CLASS(child_of_main),
    CLASS(child_root),         CLASS(child_version),       CLASS(separators_exchanged),
    CLASS(separator_edited),   CLASS(separator_outside),   CLASS(separator_of_first),
    CLASS(run_too_long),       CLASS(run_other_bytes),     CLASS(run_flags),
    CLASS(run_checksum),       CLASS(reference_beyond),    CLASS(reference_bytes),
    CLASS(reference_free),     CLASS(meta_page_size_zero), CLASS(meta_page_size_odd),
    CLASS(meta_kind),          CLASS(meta_magic),          CLASS(meta_txnid),
    CLASS(meta_end_none),      CLASS(meta_end_far),        CLASS(meta_geometry),
    CLASS(meta_checksum),      CLASS(meta_twin),           CLASS(metas_page_size_zero),
};

int main(int argc, char *argv[]) {
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  if (argc != 4)
    give_up("usage: craft CLASS PLACE FILE");
  read_image(argv[3]);
  find_place(argv[2]);
  for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); ++i) {
    if (strcmp(classes[i].name, argv[1]) != 0)
      continue;
    classes[i].damage();
    write_image(argv[3]);
    return fflush(stdout) == 0 ? 0 : 1;
  }
  give_up("no such class");
}
