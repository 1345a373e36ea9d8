/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power cuts, and flushes that fail, while threads commit side by side and share flushes.
 *
 * Each transaction takes the next number, and stores it with what it changes: so the commits that a file has are known, and must
 * be those of the first numbers. After a cut none may be missing that a commit has returned, or a reader has seen, and none may
 * be there that had not begun. Flushes go on while others write, as those of a disk do.
 *
 * In other scenarios commits are weak, and steady points are made beside them: what was committed before a flush was asked for is
 * durable when that returns.
 *
 * Usage: groups [scenario [seed]]
 */
#include "cuts.h"
#include "recorder.h"
#include "verdict.h"

#include "../unit/sanitized.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 4, TICKETS = 8, MARK_BEGIN = 1, MARK_DURABLE = 2 };

/* Of the cuts. To open what they leave is the work of one thread, of which ThreadSanitizer sees nothing, and takes it most of
 * the time. */
#if THREAD_SANITIZED
enum { PLACES = 4 };
#else
enum { PLACES = 150 };
#endif

struct scenario {
  const char *name;
  size_t page_size;
  unsigned flags;
  unsigned commits; /* of each thread */
  unsigned puts, value;
  unsigned weak_every;  /* every so many of one thread's commits wait for no flush */
  unsigned lazy_every;  /* the same with MDBX_TXN_NOMETASYNC */
  unsigned alone_every; /* every so many of another thread's are written ahead in part, and so share no flush */
  bool failing;         /* some flush fails */
  unsigned tickets;     /* so many commits of a thread wait at a time; 0: it waits for each */
  enum {
    NOBODY_SEALS,
    A_THREAD_SEALS,
    THRESHOLD_SEALS,
    SYNC_THREAD_SEALS
  } seals; /* who makes steady points beside the others */
};

static const struct scenario scenarios[] = {
    {"durable", 4096, MDBX_SYNC_DURABLE, 12, 1, 60, 0, 0, 0, false, 0, NOBODY_SEALS},
    {"durable, lifo, page 512", 512, MDBX_LIFORECLAIM, 12, 2, 60, 0, 0, 0, false, 0, NOBODY_SEALS},
    {"durable, manifest full now and then, page 1024", 1024, MDBX_SYNC_DURABLE, 10, 14, 300, 0, 0, 0, false, 0,
     NOBODY_SEALS},
    {"large values", 4096, MDBX_SYNC_DURABLE, 10, 2, 20000, 0, 0, 0, false, 0, NOBODY_SEALS},
    {"page 65536", 65536, MDBX_SYNC_DURABLE, 10, 2, 60, 0, 0, 0, false, 0, NOBODY_SEALS},
    {"with weak ones", 4096, MDBX_SYNC_DURABLE, 12, 1, 60, 3, 0, 0, false, 0, NOBODY_SEALS},
    {"with lazy ones, lifo", 4096, MDBX_LIFORECLAIM, 12, 1, 60, 0, 3, 0, false, 0, NOBODY_SEALS},
    {"with both, and ones that are alone, page 512", 512, MDBX_SYNC_DURABLE, 12, 1, 60, 4, 3, 4, false, 0,
     NOBODY_SEALS},
    {"a flush fails", 4096, MDBX_SYNC_DURABLE, 12, 1, 60, 0, 0, 0, true, 0, NOBODY_SEALS},
    {"a flush fails, page 512", 512, MDBX_LIFORECLAIM, 12, 3, 90, 0, 0, 5, true, 0, NOBODY_SEALS},
    {"tickets", 4096, MDBX_SYNC_DURABLE, 12, 1, 60, 0, 0, 0, false, 3, NOBODY_SEALS},
    {"tickets, manifest full now and then, page 512", 512, MDBX_LIFORECLAIM, 12, 5, 90, 0, 0, 0, false, 8,
     NOBODY_SEALS},
    {"tickets beside all other kinds", 1024, MDBX_SYNC_DURABLE, 12, 2, 60, 4, 3, 4, false, 5, NOBODY_SEALS},
    {"tickets, a flush fails", 4096, MDBX_SYNC_DURABLE, 30, 1, 60, 0, 0, 0, true, 3, NOBODY_SEALS},
    {"weak, sealed beside", 4096, MDBX_SAFE_NOSYNC, 40, 1, 60, 0, 0, 0, false, 0, A_THREAD_SEALS},
    {"weak, sealed beside, lifo, page 512", 512, MDBX_SAFE_NOSYNC | MDBX_LIFORECLAIM, 40, 3, 90, 0, 0, 9, false, 0,
     A_THREAD_SEALS},
    {"weak, sealed beside, writemap", 4096, MDBX_SAFE_NOSYNC | MDBX_WRITEMAP, 30, 2, 60, 0, 0, 0, false, 0,
     A_THREAD_SEALS},
    {"weak, sealed beside, large values", 1024, MDBX_SAFE_NOSYNC, 30, 2, 9000, 0, 0, 0, false, 0, A_THREAD_SEALS},
    {"weak, sealed by a threshold", 4096, MDBX_SAFE_NOSYNC, 40, 1, 60, 0, 0, 0, false, 0, THRESHOLD_SEALS},
    {"weak, sealed by the thread for it, page 1024", 1024, MDBX_SAFE_NOSYNC, 40, 2, 60, 0, 0, 0, false, 0,
     SYNC_THREAD_SEALS},
    {"weak, with tickets, sealed beside", 4096, MDBX_SAFE_NOSYNC, 30, 1, 60, 0, 0, 0, false, 3, A_THREAD_SEALS},
    {"weak, sealed beside, a flush fails", 4096, MDBX_SAFE_NOSYNC, 60, 1, 60, 0, 0, 0, true, 0, A_THREAD_SEALS},
    {"all kinds, sealed beside", 1024, MDBX_SYNC_DURABLE, 20, 2, 60, 2, 3, 5, false, 0, A_THREAD_SEALS},
    {"all kinds, with tickets, sealed beside", 4096, MDBX_SYNC_DURABLE, 20, 1, 60, 2, 3, 5, false, 5, A_THREAD_SEALS},
};

struct run {
  const struct scenario *scenario;
  struct recorder *recorder;
  MDBX_env *env;
  uint64_t random;
  char path[128], copy[128];
  struct image start;
  _Atomic bool failed; /* a commit has */
  _Atomic bool over;
  _Atomic uint32_t committed; /* the newest that a commit has returned */
  unsigned long images, recoveries, flushes;
};

/* ---------------------------------------------------------------------------------------------------------- workload */

static int open_env(const struct run *run, const char *path, unsigned flags, MDBX_env **env) {
  int rc = mdbx_env_create(env);
  if (rc == MDBX_SUCCESS && run->scenario->alone_every)
    rc = mdbx_env_set_option(*env, MDBX_opt_txn_dp_limit, 128);
  if (rc == MDBX_SUCCESS && run->scenario->seals == SYNC_THREAD_SEALS)
    rc = mdbx_env_set_option(*env, MDBX_opt_sync_thread, 1);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_open(*env, path, (MDBX_env_flags_t)(flags | MDBX_NOSUBDIR), 0600);
  return rc;
}

/* The number of the newest commit that the transaction sees. */
static int newest_in(MDBX_txn *txn, uint32_t *number) {
  const uint32_t name = 0;
  MDBX_val key = {(void *)(uintptr_t)&name, sizeof(name)}, value;
  const int rc = mdbx_get(txn, 1, &key, &value);
  *number = 0;
  if (rc == MDBX_SUCCESS)
    memcpy(number, value.iov_base, sizeof(*number));
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

static int store_number(MDBX_txn *txn, uint32_t name, uint32_t number) {
  MDBX_val key = {&name, sizeof(name)}, value = {&number, sizeof(number)};
  return mdbx_put(txn, 1, &key, &value, MDBX_UPSERT);
}

static int fill(const struct run *run, MDBX_txn *txn, uint64_t *random, bool much) {
  static const uint8_t bytes[20000];
  int rc = MDBX_SUCCESS;
  for (unsigned i = 0; i < run->scenario->puts + (much ? 2000 : 0) && rc == MDBX_SUCCESS; ++i) {
    const uint32_t name = 0x80000000u | (uint32_t)(next_random(random) % (much ? 4000 : 200));
    MDBX_val key = {(void *)(uintptr_t)&name, sizeof(name)};
    MDBX_val value = {(void *)(uintptr_t)bytes, 1 + next_random(random) % run->scenario->value};
    rc = mdbx_put(txn, 1, &key, &value, MDBX_UPSERT);
  }
  return rc;
}

struct worker {
  struct run *run;
  unsigned number;
  pthread_t thread;
  uint64_t random;
  /* Commits that wait, oldest first. */
  unsigned waiting;
  MDBX_commit_ticket tickets[TICKETS];
  uint32_t numbers[TICKETS];
};

/* Waits for commits until only so many are left that wait. */
static int wait_for_tickets(struct worker *worker, unsigned left) {
  int rc = MDBX_SUCCESS;
  while (worker->waiting > left && rc == MDBX_SUCCESS) {
    rc = mdbx_env_wait_durable(worker->run->env, worker->tickets, UINT32_MAX);
    if (rc == MDBX_SUCCESS)
      recorder_mark(worker->run->recorder, MARK_DURABLE, (int)worker->numbers[0]);
    worker->waiting -= 1;
    memmove(worker->tickets, worker->tickets + 1, worker->waiting * sizeof(worker->tickets[0]));
    memmove(worker->numbers, worker->numbers + 1, worker->waiting * sizeof(worker->numbers[0]));
  }
  return rc;
}

static void note_committed(struct run *run, uint32_t number) {
  uint32_t seen = atomic_load(&run->committed);
  while (seen < number && !atomic_compare_exchange_weak(&run->committed, &seen, number))
    ;
}

static int commit_with_ticket(struct worker *worker, MDBX_txn *txn, uint32_t number) {
  int rc = mdbx_txn_commit_ticket(txn, &worker->tickets[worker->waiting], NULL);
  if (rc != MDBX_SUCCESS)
    return rc;
  note_committed(worker->run, number);
  worker->numbers[worker->waiting++] = number;
  return wait_for_tickets(worker, worker->run->scenario->tickets - 1);
}

static int commit_and_wait(struct run *run, MDBX_txn *txn, unsigned flags, uint32_t number) {
  const int rc = mdbx_txn_commit_ex(txn, NULL);
  if (rc == MDBX_SUCCESS)
    note_committed(run, number);
  if (rc == MDBX_SUCCESS && !(flags & MDBX_TXN_NOSYNC) && !(run->scenario->flags & MDBX_SAFE_NOSYNC))
    recorder_mark(run->recorder, MARK_DURABLE, (int)(number - (flags & MDBX_TXN_NOMETASYNC ? 1 : 0)));
  return rc;
}

/* One commit of a thread: an error only if a flush failed. */
static int one_commit(struct worker *worker, unsigned flags, bool much) {
  struct run *run = worker->run;
  MDBX_txn *txn;
  uint32_t number;
  int rc = mdbx_txn_begin_ex(run->env, NULL, (MDBX_txn_flags_t)flags, &txn, NULL);
  if (rc != MDBX_SUCCESS)
    return rc;
  MUST(newest_in(txn, &number));
  number += 1;
  recorder_mark(run->recorder, MARK_BEGIN, (int)number);
  rc = store_number(txn, 0, number);
  if (rc == MDBX_SUCCESS)
    rc = store_number(txn, number, number);
  if (rc == MDBX_SUCCESS)
    rc = fill(run, txn, &worker->random, much);
  if (rc != MDBX_SUCCESS) {
    mdbx_txn_abort_ex(txn, NULL);
    return rc;
  }
  return run->scenario->tickets ? commit_with_ticket(worker, txn, number) : commit_and_wait(run, txn, flags, number);
}

static bool is_turn(unsigned every, unsigned commit) { return every && commit % every == 0; }

static void *work(void *argument) {
  struct worker *worker = argument;
  struct run *run = worker->run;
  const struct scenario *scenario = run->scenario;
  int rc = MDBX_SUCCESS;
  worker->random = worker->number * 1000 + scenario->commits;
  for (unsigned i = 1; i <= scenario->commits && rc == MDBX_SUCCESS; ++i) {
    unsigned flags = MDBX_TXN_READWRITE;
    if (worker->number == 1 && is_turn(scenario->weak_every, i))
      flags |= MDBX_TXN_NOSYNC;
    if (worker->number == 2 && is_turn(scenario->lazy_every, i))
      flags |= MDBX_TXN_NOMETASYNC;
    rc = one_commit(worker, flags, worker->number == 3 && is_turn(scenario->alone_every, i));
    if (scenario->seals)
      usleep((unsigned)(next_random(&worker->random) % 400));
  }
  if (rc == MDBX_SUCCESS)
    rc = wait_for_tickets(worker, 0);
  if (rc == MDBX_SUCCESS)
    return NULL;
  if (!scenario->failing || (rc != EIO && rc != MDBX_PANIC))
    fail("commit", rc);
  atomic_store(&run->failed, true);
  return NULL;
}

/* What a reader sees stays. */
static void *look(void *argument) {
  struct run *run = argument;
  while (!atomic_load(&run->over)) {
    MDBX_txn *txn;
    uint32_t number;
    const int rc = mdbx_txn_begin_ex(run->env, NULL, MDBX_TXN_RDONLY, &txn, NULL);
    if (rc == MDBX_PANIC && run->scenario->failing)
      break;
    MUST(rc);
    MUST(newest_in(txn, &number));
    recorder_mark(run->recorder, MARK_DURABLE, (int)number);
    MUST(mdbx_txn_abort_ex(txn, NULL));
    usleep(300);
  }
  return NULL;
}

/* What was committed before a flush is asked for is durable after it. One that does not wait for the writer may come to nothing. */
static void *seal(void *argument) {
  struct run *run = argument;
  for (unsigned turn = 0; !atomic_load(&run->over); ++turn) {
    const uint32_t committed = atomic_load(&run->committed);
    const bool nonblock = turn % 3 == 2;
    const int rc = mdbx_env_sync_ex(run->env, true, nonblock);
    if (run->scenario->failing && (rc == EIO || rc == MDBX_PANIC)) {
      atomic_store(&run->failed, true);
      break;
    }
    if (!nonblock || rc != MDBX_BUSY) {
      if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
        fail("sync", rc);
      recorder_mark(run->recorder, MARK_DURABLE, (int)committed);
    }
    usleep(100);
  }
  return NULL;
}

static void start_thread(pthread_t *thread, void *(*body)(void *), void *argument) {
  if (pthread_create(thread, NULL, body, argument) != 0)
    fail("thread", 0);
}

static void live(struct run *run) {
  const struct scenario *scenario = run->scenario;
  struct worker workers[THREADS];
  pthread_t reader, sealer;
  const bool reads = !scenario->weak_every && !scenario->lazy_every && !(scenario->flags & MDBX_SAFE_NOSYNC);
  const bool seals = scenario->seals == A_THREAD_SEALS;
  pretend_boot(1);
  MUST(mdbx_env_create(&run->env));
  MUST(mdbx_env_set_geometry(run->env, 0, 262144, 64 << 20, 262144, 262144, (intptr_t)scenario->page_size));
  MUST(mdbx_env_open(run->env, run->path, MDBX_NOSUBDIR, 0600));
  MUST(mdbx_env_close_ex(run->env, false));
  image_load(&run->start, run->path);
  run->recorder = recorder_start(run->path, scenario->page_size, scenario->flags & MDBX_WRITEMAP);
  MUST(open_env(run, run->path, scenario->flags, &run->env));
  if (scenario->seals > A_THREAD_SEALS)
    MUST(mdbx_env_set_option(run->env, MDBX_opt_sync_bytes, 8 * scenario->page_size));
  run->recorder->linger = 12;
  if (scenario->failing)
    run->recorder->good_flushes = 5 + (long)(next_random(&run->random) % 8);
  if (reads)
    start_thread(&reader, look, run);
  if (seals)
    start_thread(&sealer, seal, run);
  for (unsigned i = 0; i < THREADS; ++i) {
    workers[i] = (struct worker){.run = run, .number = i};
    start_thread(&workers[i].thread, work, &workers[i]);
  }
  for (unsigned i = 0; i < THREADS; ++i)
    pthread_join(workers[i].thread, NULL);
  atomic_store(&run->over, true);
  if (reads)
    pthread_join(reader, NULL);
  if (seals)
    pthread_join(sealer, NULL);
  run->recorder->linger = 0;
  const bool failed = scenario->failing && run->recorder->good_flushes < 0; /* there may have been too few flushes */
  if (failed != atomic_load(&run->failed))
    fail("a flush that failed was not told, or was told where none did", 0);
  const int rc = mdbx_env_close_ex(run->env, true);
  if (rc != MDBX_SUCCESS && rc != MDBX_PANIC)
    fail("close", rc);
  recorder_stop(run->recorder);
}

/* ----------------------------------------------------------------------------------------------------------- judging */

static void allowed(const struct recorder *recorder, size_t at, uint32_t *oldest, uint32_t *newest) {
  *oldest = *newest = 0;
  for (size_t i = 0; i < at; ++i) {
    const struct record *record = &recorder->records[i];
    uint32_t *bound = record->mark == MARK_BEGIN ? newest : oldest;
    if (record->kind == RECORD_MARK && record->value > (int)*bound)
      *bound = (uint32_t)record->value;
  }
}

/* All numbers up to the newest are there, and none above. */
static void must_be_prefix(MDBX_env *env, uint32_t oldest, uint32_t newest) {
  MDBX_txn *txn;
  uint32_t number;
  MUST(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_RDONLY, &txn, NULL));
  MUST(newest_in(txn, &number));
  if (number < oldest || number > newest) {
    fprintf(stderr, "groups: commit %u is the newest, %u to %u were allowed\n", number, oldest, newest);
    fail("commits are missing, or there are too many", 0);
  }
  for (uint32_t i = 1; i <= newest + 1; ++i) {
    MDBX_val key = {&i, sizeof(i)}, value;
    if (mdbx_get(txn, 1, &key, &value) != (i <= number ? MDBX_SUCCESS : MDBX_NOTFOUND))
      fail("the commits are not the first ones", (int)i);
  }
  MUST(mdbx_txn_abort_ex(txn, NULL));
}

static void judge(struct run *run, uint32_t oldest, uint32_t newest) {
  MDBX_env *env;
  MDBX_txn *txn;
  MUST(open_env(run, run->copy, run->scenario->flags, &env));
  must_be_sound(env);
  must_be_prefix(env, oldest, newest);
  MUST(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL));
  MUST(store_number(txn, 0xffffff, 1));
  MUST(mdbx_txn_commit_ex(txn, NULL));
  must_be_sound(env);
  MUST(mdbx_env_close_ex(env, false));
}

struct verdict {
  struct run *run;
  uint32_t oldest, newest;
  struct survivor survivor;
};

static int open_copy(void *context, MDBX_env **env) {
  const struct run *run = ((const struct verdict *)context)->run;
  return open_env(run, run->copy, run->scenario->flags, env);
}

static void judge_image(void *context, const struct image *image) {
  const struct verdict *verdict = context;
  survivor_put(&verdict->survivor, image);
  judge(verdict->run, verdict->oldest, verdict->newest);
}

static void cut_at(struct run *run, size_t at, enum cut_style style) {
  struct image image;
  struct verdict verdict = {
      .run = run, .survivor = {run->copy, run->scenario->page_size, &run->random, &verdict, open_copy, judge_image}};
  snprintf(verdict_place, sizeof(verdict_place), "groups: %s, cut behind operation %zu, style %d", run->scenario->name,
           at, (int)style);
  allowed(run->recorder, at, &verdict.oldest, &verdict.newest);
  recorder_image(run->recorder, &run->start, at, style, &run->random, &image);
  judge_image(&verdict, &image);
  run->images += 1;
  if (run->images % 53 == 0)
    run->recoveries += survivor_cut_recovery(&verdict.survivor, &image);
  image_free(&image);
}

/* The process goes on, in the same boot: what it left is whole. */
static void open_again(struct run *run) {
  uint32_t oldest, newest;
  struct image image;
  snprintf(verdict_place, sizeof(verdict_place), "groups: %s, opened again", run->scenario->name);
  allowed(run->recorder, run->recorder->count, &oldest, &newest);
  image_load(&image, run->path);
  image_store(&image, run->copy);
  image_free(&image);
  pretend_boot(1);
  judge(run, oldest,
        run->scenario->failing || run->scenario->weak_every || run->scenario->lazy_every || run->scenario->seals
            ? newest
            : oldest);
}

static void remove_all(const struct run *run) {
  mdbx_env_delete(run->path, MDBX_ENV_JUST_DELETE);
  mdbx_env_delete(run->copy, MDBX_ENV_JUST_DELETE);
}

static void run_scenario(const struct scenario *scenario, uint64_t seed) {
  struct run *run = calloc(1, sizeof(*run));
  const char *folder = getenv("TEST_TMPDIR");
  snprintf(verdict_place, sizeof(verdict_place), "groups: %s", scenario->name);
  run->scenario = scenario;
  run->random = seed;
  snprintf(run->path, sizeof(run->path), "%s/groups-%d.db", folder ? folder : "/tmp", (int)getpid());
  snprintf(run->copy, sizeof(run->copy), "%s/groups-%d-copy.db", folder ? folder : "/tmp", (int)getpid());
  remove_all(run);
  live(run);
  open_again(run);
  const struct recorder *recorder = run->recorder;
  for (size_t i = 0; i < recorder->count; ++i)
    run->flushes += recorder->records[i].kind == RECORD_FLUSH;
  const size_t stride = 1 + recorder->count / PLACES;
  for (size_t at = next_random(&run->random) % stride; at <= recorder->count; at += stride)
    for (enum cut_style style = CUT_NOTHING; style < CUT_STYLES; ++style)
      cut_at(run, at, style);
  remove_all(run);
  printf("%-48s %5zu operations, %4lu flushes, %6lu images, %6lu cut recoveries: all sound\n", scenario->name,
         recorder->count, run->flushes, run->images, run->recoveries);
  fflush(stdout);
  recorder_free(run->recorder);
  image_free(&run->start);
  free(run);
}

int main(int argc, char **argv) {
  const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  mdbx_setup_debug(getenv("GROUPS_LOG") ? MDBX_LOG_NOTICE : MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, NULL);
  for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); ++i)
    if (argc < 2 || strstr(scenarios[i].name, argv[1]))
      run_scenario(&scenarios[i], seed);
  return 0;
}
