/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes altered one by one, files cut short, no databases at all, metas that contradict each other. */
#include "corruption.h"

#include <limits.h>

/* ---------------------------------------------------------------------------------------------------- every byte */

static struct page *fuzzed_page(unsigned number) {
  struct page *const pages[] = {image.branch, image.leaf, image.record_page, image.gc, &image.head->header, image.run};
  return pages[number];
}

/* Each byte of a page altered, with a checksum that says so was meant. What comes out may be data, but nobody crashes,
 * loops or overruns. */
START_TEST(sealed_bytes) {
  struct page *page = fuzzed_page((unsigned)_i);
  static const uint8_t masks[] = {0xff, 0x01, 0x80, 0x10};
  for (unsigned at = 0; at < PAGE; at += UNIT_SANITIZED ? 3 : 1) {
    if (page == image.run && at == PAGE_HEADER)
      break;
    ((uint8_t *)page)[at] ^= masks[(at / 2) % 4];
    if (at < 8 || at >= 16)
      seal(page);
    write_image();
    MDBX_env *env = api_create();
    if (api_try_open(env, at % 3 ? FAST : FAST | MDBX_WRITEMAP) == MDBX_SUCCESS) {
      checker_complains(env);
      read_all(env);
      change(env, at % 5);
      change(env, (at + 1) % 5);
      checker_complains(env);
    }
    OK(mdbx_env_close_ex(env, at % 16 != 0));
    restore();
  }
}
END_TEST

/* One byte of the file flipped: an error, or the right data, or the checker complains. */
static void flip_and_read(size_t at, unsigned flags) {
  const int fd = open(unit_path(API_DB), O_WRONLY);
  const uint8_t flipped = image.pristine[at] ^ (uint8_t)(1u << (at % 8));
  ck_assert_int_eq(pwrite(fd, &flipped, 1, (off_t)at), 1);
  MDBX_env *env = api_create();
  const int rc = api_try_open(env, flags);
  if (rc == MDBX_SUCCESS) {
    const bool wrong = read_all(env);
    if (wrong || at % 16 == 0)
      ck_assert_msg(checker_complains(env) || !wrong, "byte %zu: wrong data, and the checker is content", at);
  }
  OK(mdbx_env_close_ex(env, true));
  if (flags & MDBX_RDONLY)
    ck_assert_int_eq(pwrite(fd, &image.pristine[at], 1, (off_t)at), 1);
  else
    write_image();
  close(fd);
}

START_TEST(flipped_bytes) {
  const size_t third = image.length / 3 + 1, begin = third * (unsigned)_i;
  write_image();
  for (size_t at = begin; at < begin + third && at < image.length; at += UNIT_SANITIZED ? 5 : 1)
    flip_and_read(at, MDBX_RDONLY);
  for (size_t at = begin; at < begin + third && at < image.length; at += 11)
    flip_and_read(at, FAST);
}
END_TEST

/* ------------------------------------------------------------------------------------------------- no database at all */

START_TEST(truncated_files) {
  const size_t length = image.length;
  for (size_t keep = 1; keep < length; keep += 499) {
    for (unsigned mode = 0; mode < 3; ++mode) {
      static const unsigned modes[] = {MDBX_RDONLY, FAST, FAST | MDBX_WRITEMAP};
      image.length = keep;
      write_image();
      image.length = length;
      MDBX_env *env = api_create();
      if (api_try_open(env, modes[mode]) == MDBX_SUCCESS) {
        const bool wrong = read_all(env);
        ck_assert(checker_complains(env) || !wrong);
        for (unsigned kind = 0; modes[mode] != MDBX_RDONLY && kind < 5; ++kind)
          change(env, kind);
      }
      OK(mdbx_env_close(env));
    }
  }
}
END_TEST

static void stays_as_it_is(const void *bytes, size_t length) {
  static const unsigned modes[] = {MDBX_RDONLY, 0, MDBX_WRITEMAP, FAST, MDBX_EXCLUSIVE};
  for (unsigned i = 0; i < sizeof(modes) / sizeof(*modes); ++i) {
    api_write_file(API_DB, bytes, length);
    MDBX_env *env = api_create();
    IS(api_try_open(env, modes[i]), MDBX_INVALID);
    OK(mdbx_env_close(env));
    ck_assert_int_ne(access(unit_path(API_DB MDBX_LOCK_SUFFIX), F_OK), 0);
    size_t now;
    uint8_t *present = api_read_file(API_DB, &now);
    ck_assert_uint_eq(now, length);
    ck_assert_int_eq(memcmp(present, bytes, length), 0);
    free(present);
  }
}

START_TEST(foreign_files) {
  static uint8_t bytes[200000];
  uint64_t random = 42;
  for (size_t length = 1; length <= 100; ++length) {
    for (size_t i = 0; i < length; ++i)
      bytes[i] = (uint8_t)unit_random(&random);
    stays_as_it_is(bytes, length);
  }
  static const size_t lengths[] = {255, 256, 4095, 4096, 12288, 200000};
  for (unsigned i = 0; i < 6; ++i) {
    memset(bytes, 'a', lengths[i]);
    stays_as_it_is(bytes, lengths[i]);
  }
  memset(bytes, 0, sizeof(bytes));
  static const size_t blank[] = {1, 100, 4095, 4096, 12288, 65536};
  for (unsigned i = 0; i < 6; ++i)
    stays_as_it_is(bytes, blank[i]);
  stays_as_it_is("a text file\n", 12);
}
END_TEST

START_TEST(directories_and_versions) {
  ck_assert_int_eq(mkdir(unit_path("dir"), 0700), 0);
  MDBX_env *env = api_create();
  IS(mdbx_env_open(env, unit_path("dir"), MDBX_RDONLY, 0600), MDBX_ENOFILE);
  OK(mdbx_env_close(env));
  rmdir(unit_path("dir"));
  for (pgno_t slot = 0; slot < META_COUNT; ++slot) {
    struct meta_page *meta = (struct meta_page *)(void *)page_at(slot);
    meta->meta.magic += UINT64_C(1) << 56;
    seal(&meta->header);
  }
  write_image();
  for (unsigned readonly = 0; readonly < 2; ++readonly) {
    env = api_create();
    IS(api_try_open(env, readonly ? MDBX_RDONLY : 0), MDBX_VERSION_MISMATCH);
    OK(mdbx_env_close(env));
  }
  size_t length;
  uint8_t *present = api_read_file(API_DB, &length);
  ck_assert_uint_eq(length, image.length);
  ck_assert_int_eq(memcmp(present, image.bytes, length), 0);
  free(present);
}
END_TEST

/* What an engine of a later version may do with a database or with a table is refused, not guessed at. */
START_TEST(optional_features) {
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_dbi dbi;
  image.head->header.features = 1;
  seal(&image.head->header);
  write_image();
  for (unsigned readonly = 0; readonly < 2; ++readonly) {
    env = api_create();
    IS(api_try_open(env, readonly ? MDBX_RDONLY : 0), MDBX_INCOMPATIBLE);
    OK(mdbx_env_close(env));
  }
  image.head->header.features = 0;
  seal(&image.head->header);
  for (unsigned feature = 1; feature < 0x100; feature *= 2) {
    image.record->features = (uint8_t)feature;
    seal(image.record_page);
    write_image();
    env = api_create();
    OK(api_try_open(env, 0));
    OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
    IS(mdbx_dbi_open(txn, "t", MDBX_DB_ACCEDE, &dbi), MDBX_INCOMPATIBLE);
    OK(mdbx_txn_abort(txn));
    OK(mdbx_env_close(env));
  }
  image.record->features = 0;
  seal(image.record_page);
  image.head->meta.main.features = TABLE_COUNTED;
  seal(&image.head->header);
  write_image();
  env = api_create();
  OK(api_try_open(env, 0));
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn), MDBX_INCOMPATIBLE);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), MDBX_INCOMPATIBLE);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(two_metas_of_one_commit) {
  struct meta_page *other = NULL;
  for (pgno_t slot = 0; slot < META_COUNT; ++slot)
    if (page_at(slot) != &image.head->header)
      other = (struct meta_page *)(void *)page_at(slot);
  other->header.txnid = other->meta.txnid_again = image.head->header.txnid;
  other->meta.main.root = image.head->meta.main.root + 1;
  seal(&other->header);
  ck_assert(exercise());
}
END_TEST

/* The same commit in two slots: a third must always be left to write to. */
START_TEST(one_commit_twice) {
  const pgno_t head = image.head->header.pgno, other = (head + 1 + (pgno_t)_i) % META_COUNT;
  memcpy(page_at(other), page_at(head), PAGE);
  page_at(other)->pgno = other;
  seal(page_at(other));
  write_image();
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  for (unsigned i = 0; i < 6; ++i)
    api_store(env, key_of(i), "another value");
  ck_assert_uint_lt(api_info(env).mi_geo.current, 1u << 20);
  OK(mdbx_env_close(env));
  struct stat st;
  ck_assert_int_eq(stat(unit_path(API_DB), &st), 0);
  ck_assert_int_le(st.st_size, 1 << 20);
  env = api_open(0);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

static void number_metas(txnid_t newest) {
  const txnid_t before = image.head->header.txnid;
  for (pgno_t slot = 0; slot < META_COUNT; ++slot) {
    struct meta_page *meta = (struct meta_page *)(void *)page_at(slot);
    meta->header.txnid = meta->meta.txnid_again = newest - (before - meta->header.txnid);
    seal(&meta->header);
  }
}

/* Ids come to an end before a key of table 0 or the lock file could no longer hold them. */
START_TEST(last_transactions) {
  number_metas(TXNID_MAX - 2);
  write_image();
  MDBX_txn *txn;
  for (unsigned commits = 0; commits < 2; ++commits) {
    MDBX_env *env = api_open(FAST);
    api_store(env, key_of(commits), "another value");
    api_sound(env);
    OK(mdbx_env_close(env));
  }
  MDBX_env *env = api_open(FAST);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), MDBX_TXN_FULL);
  api_sound(env);
  OK(mdbx_env_close(env));
  number_metas(TXNID_MAX + 3);
  ck_assert(exercise());
}
END_TEST

/* A page of the next transaction in the tree of this one: its writer must not take it for its own, which may be
 * changed in place and needs no check. */
START_TEST(page_of_the_next_transaction) {
  static const unsigned flags[] = {FAST, FAST | MDBX_WRITEMAP, MDBX_SAFE_NOSYNC, MDBX_WRITEMAP};
  MDBX_val data;
  struct page *page = image.leaf;
  page->txnid = image.head->header.txnid + 1;
  seal(page);
  if (_i >= 4)
    memset(page_body(page), 0xff, PAGE - PAGE_HEADER);
  write_image();
  MDBX_env *env = api_open(flags[_i % 4]);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_DB_ACCEDE);
  IS(api_get(txn, dbi, "large", &data), MDBX_CORRUPTED);
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(api_put(txn, api_table(txn, "t", MDBX_DB_ACCEDE), "large", "small", MDBX_UPSERT), MDBX_CORRUPTED);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  ck_assert(exercise());
}
END_TEST

START_TEST(lock_file_garbage) {
  static uint8_t bytes[65536];
  uint64_t random = 7;
  for (unsigned round = 0; round < 20; ++round) {
    const size_t length = (size_t)unit_random(&random) % sizeof(bytes);
    for (size_t i = 0; i < length; ++i)
      bytes[i] = (uint8_t)unit_random(&random);
    write_image();
    api_write_file(API_DB MDBX_LOCK_SUFFIX, bytes, length);
    MDBX_env *env = api_create();
    if (api_try_open(env, round % 2 ? MDBX_RDONLY : 0) == MDBX_SUCCESS)
      ck_assert(!read_all(env));
    OK(mdbx_env_close(env));
  }
}
END_TEST

/* Valid large values must pass all of the checks above. */
START_TEST(large_values_are_sound) {
  static const size_t sizes[] = {223, 224, 225, 479, 480, 481, 991, 992, 993, 65500, 65536, 65537, 131072, 199999};
  static const unsigned modes[] = {FAST, FAST | MDBX_WRITEMAP};
  for (unsigned mode = 0; mode < 2; ++mode) {
    write_image();
    MDBX_env *env = api_open(modes[mode]);
    for (unsigned i = 0; i < 2 * sizeof(sizes) / sizeof(*sizes); ++i) {
      const size_t size = sizes[i * 5 % (sizeof(sizes) / sizeof(*sizes))];
      MDBX_val data;
      MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
      put_big(txn, api_table(txn, "t", 0), (unsigned char)i, size);
      OK(mdbx_txn_commit(txn));
      txn = api_begin(env, MDBX_TXN_RDONLY);
      OK(api_get(txn, api_table(txn, "t", 0), "large", &data));
      ck_assert_uint_eq(data.iov_len, size);
      for (size_t n = 0; n < size; ++n)
        ck_assert(((const uint8_t *)data.iov_base)[n] == i);
      OK(mdbx_txn_abort(txn));
      api_sound(env);
    }
    OK(mdbx_env_close(env));
  }
}
END_TEST

/* The last bytes of the file are a key, and the checker shows it as more digits than there are bytes. */
START_TEST(keys_at_the_end_of_the_file) {
  enum { SIZE = 4096, KEY = 20 };
  uint8_t bytes[KEY];
  size_t length;
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, 0, 1 << 20, SIZE, 0, SIZE));
  OK(api_try_open(env, FAST));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (unsigned i = 2; i; --i) {
    const MDBX_val key = {bytes, KEY};
    MDBX_val value = {NULL, 0};
    memset(bytes, (int)i, KEY);
    OK(mdbx_put(txn, DBI_MAIN, &key, &value, MDBX_UPSERT));
  }
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
  uint8_t *file = api_read_file(API_DB, &length);
  struct page *leaf = (struct page *)(void *)(file + length - SIZE);
  ck_assert_uint_eq(leaf->flags, P_LEAF);
  ck_assert_uint_eq(leaf->count, 2);
  ck_assert_uint_eq(file[length - 1], 2);
  file[length - KEY] = 0;
  leaf->checksum = page_checksum(leaf, SIZE, checksum_seed(((struct meta_page *)(void *)file)->meta.database_id));
  api_write_file(API_DB, file, length);
  free(file);
  env = api_open(FAST);
  ck_assert(checker_complains(env));
  OK(mdbx_env_close_ex(env, true));
}
END_TEST

/* ------------------------------------------------------------------------------------------------- every visit checks */

enum { VALUES = 300, WHICH = 150 };

static const char *long_value(unsigned i) {
  static char text[400];
  memset(text, 'v', sizeof(text) - 1);
  text[snprintf(text, sizeof(text), "this is value %u", i)] = ':';
  return text;
}

static void put_values(MDBX_env *env) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (unsigned i = 0; i < VALUES; ++i)
    OK(api_put(txn, DBI_MAIN, key_of(i), long_value(i), MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
}

static void damage_value(unsigned i) {
  size_t length, found = 0;
  uint8_t *file = api_read_file(API_DB, &length);
  const char *text = long_value(i);
  const int fd = open(unit_path(API_DB), O_WRONLY);
  for (uint8_t *at = file; (at = memmem(at, length - (size_t)(at - file), text, strlen(text))) != NULL; ++at, ++found)
    ck_assert_int_eq(pwrite(fd, "X", 1, at - file + 100), 1);
  ck_assert_uint_gt(found, 0);
  close(fd);
  free(file);
}

static int read_cached(MDBX_env *env, unsigned i, MDBX_cache_entry_t *entry) {
  const MDBX_val key = api_val(key_of(i));
  MDBX_val data;
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  const int rc = mdbx_cache_get(txn, DBI_MAIN, &key, &data, entry).errcode;
  OK(mdbx_txn_abort(txn));
  return rc;
}

static int read_value(MDBX_env *env, unsigned i) {
  MDBX_val data;
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  const int rc = api_get(txn, DBI_MAIN, key_of(i), &data);
  ck_assert(rc != MDBX_SUCCESS || data.iov_len == strlen(long_value(i)));
  OK(mdbx_txn_abort(txn));
  return rc;
}

/* Also of pages that the process has written itself, by the commit or before it. */
START_TEST(validation_of_own_pages) {
  MDBX_env *env = api_create();
  MDBX_envinfo info;
  MDBX_cache_entry_t entry;
  const bool spills = _i & 1;
  mdbx_cache_init(&entry);
  OK(mdbx_env_set_geometry(env, 0, 0, 1024 * 1024, 4096, 0, PAGE));
  if (spills)
    OK(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 128));
  OK(api_try_open(env, (_i & 2 ? MDBX_SYNC_DURABLE : FAST) | MDBX_VALIDATION));
  put_values(env);
  OK(mdbx_env_info_ex(env, NULL, &info, sizeof(info)));
  ck_assert((info.mi_pgop_stat.spill > 0) == spills);
  IS(read_value(env, WHICH), MDBX_SUCCESS);
  IS(read_cached(env, WHICH, &entry), MDBX_SUCCESS);
  damage_value(WHICH);
  IS(read_value(env, WHICH), MDBX_CORRUPTED);
  IS(read_cached(env, WHICH, &entry), MDBX_CORRUPTED);
  damage_value(WHICH + 1); /* no other page is believed either */
  IS(read_value(env, WHICH + 1), MDBX_CORRUPTED);
  OK(mdbx_env_close_ex(env, true));
}
END_TEST

/* The option counts for the transactions that begin after it was set. */
START_TEST(validation_set_later) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, 0, 1024 * 1024, 4096, 0, PAGE));
  OK(api_try_open(env, FAST));
  put_values(env);
  IS(read_value(env, WHICH), MDBX_SUCCESS);
  OK(mdbx_env_set_flags(env, MDBX_VALIDATION, true));
  IS(read_value(env, WHICH), MDBX_SUCCESS);
  damage_value(WHICH);
  IS(read_value(env, WHICH), MDBX_CORRUPTED);
  IS(read_value(env, WHICH + 50), MDBX_SUCCESS);
  OK(mdbx_env_set_flags(env, MDBX_VALIDATION, false));
  IS(read_value(env, WHICH + 50), MDBX_SUCCESS);
  damage_value(WHICH + 50); /* it was checked while it was sound */
  IS(read_value(env, WHICH + 50), MDBX_SUCCESS);
  OK(mdbx_env_close_ex(env, true));
}
END_TEST

int main(void) {
  Suite *suite = corruption_suite("corruption_files");
  TCase *tcase = image_case(suite, "bytes");
  tcase_add_loop_test(tcase, sealed_bytes, 0, 6);
  tcase_add_loop_test(tcase, flipped_bytes, 0, 3);
  tcase = image_case(suite, "files");
  tcase_add_test(tcase, truncated_files);
  tcase_add_test(tcase, foreign_files);
  tcase_add_test(tcase, directories_and_versions);
  tcase_add_test(tcase, lock_file_garbage);
  tcase_add_test(tcase, large_values_are_sound);
  tcase_add_test(tcase, keys_at_the_end_of_the_file);
  tcase = image_case(suite, "metas");
  tcase_add_test(tcase, optional_features);
  tcase_add_test(tcase, two_metas_of_one_commit);
  tcase_add_loop_test(tcase, one_commit_twice, 0, 2);
  tcase_add_test(tcase, last_transactions);
  tcase_add_loop_test(tcase, page_of_the_next_transaction, 0, 8);
  tcase = tcase_create("validation");
  tcase_add_checked_fixture(tcase, unit_setup, unit_teardown);
  suite_add_tcase(suite, tcase);
  tcase_add_loop_test(tcase, validation_of_own_pages, 0, 4);
  tcase_add_test(tcase, validation_set_later);
  return unit_run(suite);
}
