/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power cuts over mixed lives.
 *
 * A life is a random sequence of steps by one or two processes: commits of every durability, asked for by flags of the
 * environment, of the transaction, and changed while open; flushes, readers that stay, environments closed and opened
 * again, processes that die in the middle of a commit. All modes follow each other in any order. Then the files that a
 * cut could have left at some place are built, opened as after a reboot, checked, and compared with the commits that
 * were acknowledged: nothing that is durable is missing.
 *
 * What a commit promises, when it returns:
 *   durable      it is there after a cut
 *   NOMETASYNC   the one before it is there
 *   weak         nothing; what was promised before stays
 *   UTTERLY      nothing at all is promised until the next commit of another mode, which makes it durable, or flush
 *
 * Usage: lives [lives [first seed [images a life]]]
 */
#include "cuts.h"
#include "recorder.h"
#include "verdict.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEPS = 36, WORKERS = 2, READERS = 2, IMAGES = 120 };

enum { MARK_BEGIN = 1, MARK_DURABLE = 2, MARK_NOTHING_PROMISED = 3 };

enum mode { DURABLE, NOMETASYNC, WEAK, UTTERLY, MODES };

static const unsigned mode_flags[MODES] = {0, MDBX_NOMETASYNC, MDBX_SAFE_NOSYNC, MDBX_UTTERLY_NOSYNC};

enum action { COMMIT, SYNC, READ, REOPEN, ACTIONS };

/* What a worker is told to do. */
struct order {
  enum action action;
  enum mode mode; /* COMMIT */
  bool by_txn;    /* the mode is asked for with flags of the transaction */
  bool nested, rolled_back;
  bool without_sync; /* REOPEN */
  int commit;        /* number of the commit */
};

/* Shared by the processes of a life. */
struct life {
  uint64_t random;
  size_t page_size;
  unsigned flags; /* of the environment, but for durability */
  unsigned values, value, dirty_limit;
  bool utterly;    /* that mode comes up */
  bool deadly;     /* flushes are frequent, and most end with the death of the process */
  bool unpromised; /* the newest commit was of that mode, and no flush has followed */
  char path[128], copy[128];
  int commits;                /* that have begun */
  int acknowledged_state;     /* the newest commit whose content is known */
  uint64_t states[STEPS + 2]; /* digest after each commit */
  struct order order;
  struct recorder *recorder;
};

/* A process sees the end of its orders only when nobody else has the other end of the pipe. */
static struct worker {
  pid_t pid; /* 0: there is none */
  int to, from;
} workers[WORKERS];

static unsigned pick(struct life *life, unsigned below) { return (unsigned)(next_random(&life->random) % below); }

/* ------------------------------------------------------------------------------------------------------- one process */

static MDBX_env *env;
static MDBX_txn *readers[READERS];

static int open_env(const struct life *life, const char *path, unsigned flags, MDBX_env **opened) {
  int rc = mdbx_env_create(opened);
  if (rc == MDBX_SUCCESS && life->dirty_limit)
    rc = mdbx_env_set_option(*opened, MDBX_opt_txn_dp_limit, life->dirty_limit);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_open(*opened, path, (MDBX_env_flags_t)(flags | MDBX_NOSUBDIR | MDBX_NOSTICKYTHREADS), 0600);
  return rc;
}

static void change(struct life *life, MDBX_txn *txn) {
  static uint8_t bytes[65536];
  const bool deleting = pick(life, 7) == 0;
  for (unsigned i = 0; i < life->values * (deleting ? 6 : 1); ++i) {
    uint32_t number = pick(life, life->values * 8);
    MDBX_val key = {&number, sizeof(number)};
    MDBX_val value = {bytes, 1 + pick(life, life->value)};
    if (deleting || pick(life, 4) == 0) {
      const int rc = mdbx_del(txn, 1, &key, NULL);
      if (rc != MDBX_SUCCESS && rc != MDBX_NOTFOUND)
        fail("delete", rc);
      continue;
    }
    memset(bytes, (int)pick(life, 256), value.iov_len);
    MUST(mdbx_put(txn, 1, &key, &value, MDBX_UPSERT));
  }
}

static void change_nested(struct life *life, MDBX_txn *txn) {
  MDBX_txn *child;
  MUST(mdbx_txn_begin_ex(env, txn, MDBX_TXN_READWRITE, &child, NULL));
  change(life, child);
  MUST(pick(life, 2) ? mdbx_txn_commit_ex(child, NULL) : mdbx_txn_abort_ex(child, NULL));
}

static void set_mode(unsigned wanted) {
  MUST(mdbx_env_set_flags(env, (MDBX_env_flags_t)((MDBX_UTTERLY_NOSYNC | MDBX_NOMETASYNC) & ~wanted), false));
  MUST(mdbx_env_set_flags(env, (MDBX_env_flags_t)wanted, true));
}

/* A change that no other commit makes: no two states are the same. */
static void put_number(MDBX_txn *txn, int commit) {
  uint32_t number = UINT32_MAX;
  MDBX_val key = {&number, sizeof(number)}, value = {&commit, sizeof(commit)};
  MUST(mdbx_put(txn, 1, &key, &value, MDBX_UPSERT));
}

static void do_commit(struct life *life) {
  const struct order *order = &life->order;
  MDBX_txn *txn;
  set_mode(order->by_txn ? 0 : mode_flags[order->mode]);
  MUST(mdbx_txn_begin_ex(env, NULL, (MDBX_txn_flags_t)(order->by_txn ? mode_flags[order->mode] : 0), &txn, NULL));
  if (order->rolled_back) {
    change(life, txn);
    MUST(mdbx_txn_rollback(txn));
  }
  put_number(txn, order->commit);
  change(life, txn);
  if (order->nested)
    change_nested(life, txn);
  MUST(mdbx_txn_commit_ex(txn, NULL));
  life->states[order->commit] = digest_of(env);
  life->acknowledged_state = order->commit;
}

/* The lock first: whoever gets it decides about the commit of a writer that died. */
static void do_sync(void) {
  MUST(mdbx_txn_lock(env, false));
  MUST(mdbx_txn_unlock(env));
  const int rc = mdbx_env_sync_ex(env, true, false);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    fail("sync", rc);
}

static void end_readers(void) {
  for (int i = 0; i < READERS; ++i)
    if (readers[i])
      MUST(mdbx_txn_abort_ex(readers[i], NULL));
  memset(readers, 0, sizeof(readers));
}

/* One more reader that stays, or one that ends. */
static void do_read(struct life *life) {
  MDBX_txn **reader = &readers[pick(life, READERS)];
  if (*reader) {
    MUST(mdbx_txn_abort_ex(*reader, NULL));
    *reader = NULL;
  } else {
    MUST(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_RDONLY, reader, NULL));
  }
}

static void do_open(const struct life *life) { MUST(open_env(life, life->path, life->flags | MDBX_ACCEDE, &env)); }

static void do_reopen(const struct life *life) {
  end_readers();
  MUST(mdbx_env_close_ex(env, life->order.without_sync));
  do_open(life);
}

static void obey(struct life *life) {
  switch (life->order.action) {
  case COMMIT:
    do_commit(life);
    break;
  case SYNC:
    do_sync();
    break;
  case READ:
    do_read(life);
    break;
  default:
    do_reopen(life);
  }
}

static _Noreturn void be_worker(struct life *life, int orders, int answers) {
  char byte;
  recorder_join(life->recorder);
  pretend_boot(1);
  do_open(life);
  if (write(answers, "", 1) != 1)
    _exit(2);
  while (read(orders, &byte, 1) == 1) {
    obey(life);
    if (write(answers, "", 1) != 1)
      _exit(2);
  }
  _exit(0);
}

/* --------------------------------------------------------------------------------------------------- who gives orders */

static void end_worker(struct worker *worker) {
  int status;
  if (!worker->pid)
    return;
  close(worker->to);
  close(worker->from);
  if (waitpid(worker->pid, &status, 0) != worker->pid)
    fail("waitpid", errno);
  if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != RECORDER_DEAD))
    fail("a process of the life failed", status);
  worker->pid = 0;
}

/* False: it died. */
static bool await(struct worker *worker) {
  char byte;
  if (read(worker->from, &byte, 1) == 1)
    return true;
  end_worker(worker);
  return false;
}

static bool start_worker(struct life *life, struct worker *worker) {
  int orders[2], answers[2];
  if (pipe(orders) != 0 || pipe(answers) != 0)
    fail("pipe", errno);
  worker->pid = fork();
  if (worker->pid < 0)
    fail("fork", errno);
  if (worker->pid == 0) {
    for (int i = 0; i < WORKERS; ++i)
      if (workers[i].pid > 0) {
        close(workers[i].to);
        close(workers[i].from);
      }
    close(orders[1]);
    close(answers[0]);
    be_worker(life, orders[0], answers[1]);
  }
  close(orders[0]);
  close(answers[1]);
  worker->to = orders[1];
  worker->from = answers[0];
  return await(worker);
}

static bool tell(struct worker *worker) {
  if (write(worker->to, "", 1) != 1)
    fail("a process of the life does not listen", errno);
  return await(worker);
}

static enum mode pick_mode(struct life *life) {
  const enum mode mode = (enum mode)pick(life, life->utterly ? 2 * MODES + 1 : MODES - 1);
  return mode < MODES ? mode : (enum mode)(mode % (MODES - 1));
}

static void invent_order(struct life *life) {
  struct order *order = &life->order;
  const unsigned die = pick(life, 20);
  memset(order, 0, sizeof(*order));
  order->action = die < 15 ? COMMIT : (enum action)(die - 14 < ACTIONS ? die - 14 : READ);
  if (life->deadly && pick(life, 3) == 0)
    order->action = SYNC;
  if (order->action == COMMIT) {
    order->mode = pick_mode(life);
    order->by_txn = order->mode != UTTERLY && pick(life, 2);
    order->nested = !(life->flags & MDBX_WRITEMAP) && pick(life, 5) == 0;
    order->rolled_back = pick(life, 8) == 0;
    order->commit = ++life->commits;
  }
  order->without_sync = pick(life, 2);
}

/* What is promised now that the order was carried out. */
static void note_promise(struct life *life) {
  const struct order *order = &life->order;
  const bool committed = order->action == COMMIT && order->mode != UTTERLY;
  if (order->action == SYNC || (committed && order->mode == DURABLE))
    recorder_mark(life->recorder, MARK_DURABLE, life->commits);
  else if (committed && (order->mode == NOMETASYNC || life->unpromised))
    recorder_mark(life->recorder, MARK_DURABLE, life->commits - 1);
  if (order->action == COMMIT || order->action == SYNC)
    life->unpromised = order->action == COMMIT && order->mode == UTTERLY;
}

/* Somebody died in the middle of something. Its commit is there or it is not; the next one sees. */
static void settle_death(struct life *life, struct worker *worker) {
  const bool flushed = life->order.action == SYNC;
  life->recorder->fuse = -1;
  life->order.action = SYNC;
  while (!start_worker(life, worker))
    ;
  if (flushed) /* it promised nothing, and nobody makes another one at once */
    return;
  if (!tell(worker))
    fail("a process died without a reason", 0);
  MDBX_env *seen;
  MUST(open_env(life, life->path, MDBX_RDONLY | MDBX_ACCEDE, &seen));
  const uint64_t digest = digest_of(seen);
  MUST(mdbx_env_close_ex(seen, false));
  if (life->acknowledged_state != life->commits && digest == life->states[life->acknowledged_state])
    life->states[life->commits] = digest; /* it never happened */
  else if (life->acknowledged_state != life->commits)
    life->states[life->commits] = digest;
  else if (digest != life->states[life->commits])
    fail("a commit that was acknowledged is lost after another process died", 0);
  life->acknowledged_state = life->commits;
  life->unpromised = false;
  recorder_mark(life->recorder, MARK_DURABLE, life->commits);
}

static void take_step(struct life *life, unsigned count) {
  struct worker *worker = &workers[pick(life, count)];
  invent_order(life);
  if (life->order.action == COMMIT)
    recorder_mark(life->recorder, life->order.mode == UTTERLY ? MARK_NOTHING_PROMISED : MARK_BEGIN, life->commits);
  if (life->order.action == COMMIT && pick(life, 12) == 0)
    life->recorder->fuse = (long)pick(life, 8);
  else if (life->order.action == SYNC && pick(life, 3) < (life->deadly ? 2 : 1))
    life->recorder->fuse = (long)pick(life, 4);
  const bool lives = tell(worker);
  life->recorder->fuse = -1;
  if (lives)
    note_promise(life);
  else
    settle_death(life, worker);
}

static void make_database(const struct life *life) {
  MDBX_env *made;
  MUST(mdbx_env_create(&made));
  MUST(mdbx_env_set_geometry(made, 0, 65536, 64 << 20, 65536, 65536, (intptr_t)life->page_size));
  MUST(mdbx_env_open(made, life->path, MDBX_NOSUBDIR, 0600));
  MUST(mdbx_env_close_ex(made, false));
}

static void live(struct life *life, unsigned count, struct image *start) {
  memset(workers, 0, sizeof(workers));
  pretend_boot(1);
  make_database(life);
  image_load(start, life->path);
  MDBX_env *empty;
  MUST(open_env(life, life->path, MDBX_RDONLY, &empty));
  life->states[0] = digest_of(empty);
  MUST(mdbx_env_close_ex(empty, false));
  life->recorder = recorder_start(life->path, life->page_size, life->flags & MDBX_WRITEMAP);
  for (unsigned i = 0; i < count; ++i)
    if (!start_worker(life, &workers[i]))
      fail("a process did not start", 0);
  while (life->commits < STEPS)
    take_step(life, count);
  for (unsigned i = 0; i < count; ++i)
    end_worker(&workers[i]);
  recorder_stop(life->recorder);
}

/* ------------------------------------------------------------------------------------------------------- after a cut */

/* The commits that may be there after a cut behind record `at`; false: anything may. */
static bool allowed_states(const struct recorder *recorder, size_t at, int *oldest, int *newest) {
  bool promised = true;
  *oldest = *newest = 0;
  for (size_t i = 0; i < at; ++i) {
    const struct record *record = &recorder->records[i];
    if (record->kind != RECORD_MARK)
      continue;
    if (record->mark == MARK_DURABLE) {
      *oldest = record->value > *oldest ? record->value : *oldest;
      promised = true;
    } else {
      *newest = record->value;
      promised &= record->mark == MARK_BEGIN;
    }
  }
  return promised;
}

static void must_be_allowed(const struct life *life, uint64_t digest, int oldest, int newest) {
  for (int i = oldest; i <= newest; ++i)
    if (life->states[i] == digest)
      return;
  for (int i = 0; i <= life->commits; ++i)
    if (life->states[i] == digest)
      fprintf(stderr, "commit %d is there, %d to %d were allowed\n", i, oldest, newest);
  fail("the content is of no commit that is allowed", 0);
}

/* The survivor must be able to go on. */
static void go_on(MDBX_env *survivor) {
  MDBX_txn *txn;
  MUST(mdbx_txn_begin_ex(survivor, NULL, MDBX_TXN_READWRITE, &txn, NULL));
  put_number(txn, -1);
  MUST(mdbx_txn_commit_ex(txn, NULL));
  must_be_sound(survivor);
}

static void judge(const struct life *life, int oldest, int newest) {
  MDBX_env *survivor;
  MUST(open_env(life, life->copy, life->flags, &survivor));
  must_be_sound(survivor);
  must_be_allowed(life, digest_of(survivor), oldest, newest);
  go_on(survivor);
  MUST(mdbx_env_close_ex(survivor, false));
}

/* Nothing was promised: it may be damaged, and is told to be, or it is not; no more than that can be asked. */
static void look_only(const struct life *life) {
  MDBX_env *survivor;
  uint64_t digest;
  if (open_env(life, life->copy, life->flags, &survivor) == MDBX_SUCCESS)
    (void)digest_read(survivor, &digest);
  MUST(mdbx_env_close_ex(survivor, true));
}

struct verdict {
  struct life *life;
  int oldest, newest;
  struct survivor survivor;
};

static int open_copy(void *context, MDBX_env **survivor) {
  const struct life *life = ((const struct verdict *)context)->life;
  return open_env(life, life->copy, life->flags, survivor);
}

static void judge_image(void *context, const struct image *image) {
  const struct verdict *verdict = context;
  survivor_put(&verdict->survivor, image);
  judge(verdict->life, verdict->oldest, verdict->newest);
}

static unsigned long cut_at(struct life *life, uint64_t seed, const struct image *start, unsigned number) {
  const size_t at = pick(life, (unsigned)life->recorder->count + 1);
  const enum cut_style style = (enum cut_style)pick(life, CUT_STYLES);
  struct image image;
  struct verdict verdict = {.life = life,
                            .survivor = {life->copy, life->page_size, &life->random, &verdict, open_copy, judge_image}};
  unsigned long images = 1;
  snprintf(verdict_place, sizeof(verdict_place), "lives: seed %llu, image %u, cut behind operation %zu, style %d",
           (unsigned long long)seed, number, at, (int)style);
  const bool promised = allowed_states(life->recorder, at, &verdict.oldest, &verdict.newest);
  recorder_image(life->recorder, start, at, style, &life->random, &image);
  if (promised) {
    judge_image(&verdict, &image);
  } else {
    survivor_put(&verdict.survivor, &image);
    look_only(life);
  }
  if (promised && number % 40 == 39)
    images += survivor_cut_recovery(&verdict.survivor, &image);
  image_free(&image);
  return images;
}

/* ------------------------------------------------------------------------------------------------------------- lives */

static struct life *conceive(uint64_t seed) {
  static const size_t sizes[] = {256, 512, 1024, 4096, 4096};
  struct life *life = mmap(NULL, sizeof(*life), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const char *folder = getenv("TEST_TMPDIR");
  if (life == MAP_FAILED)
    fail("mmap", errno);
  life->random = seed;
  life->page_size = sizes[pick(life, 5)];
  life->flags = (pick(life, 3) ? 0 : MDBX_WRITEMAP) | (pick(life, 2) ? MDBX_LIFORECLAIM : 0);
  life->values = 1 + pick(life, pick(life, 3) ? 10 : 60);
  life->value = pick(life, 3) ? 120 : 1500;
  life->dirty_limit = pick(life, 5) ? 0 : 128;
  life->utterly = pick(life, 3) == 0;
  life->deadly = pick(life, 3) == 0;
  snprintf(life->path, sizeof(life->path), "%s/life-%d.db", folder ? folder : "/tmp", (int)getpid());
  snprintf(life->copy, sizeof(life->copy), "%s/life-%d-copy.db", folder ? folder : "/tmp", (int)getpid());
  return life;
}

static void remove_all(const struct life *life) {
  mdbx_env_delete(life->path, MDBX_ENV_JUST_DELETE);
  mdbx_env_delete(life->copy, MDBX_ENV_JUST_DELETE);
}

static unsigned long one_life(uint64_t seed, unsigned wanted) {
  struct image start;
  unsigned long images = 0;
  snprintf(verdict_place, sizeof(verdict_place), "lives: seed %llu", (unsigned long long)seed);
  struct life *life = conceive(seed);
  remove_all(life);
  live(life, 1 + pick(life, WORKERS), &start);
  for (unsigned i = 0; i < wanted; ++i)
    images += cut_at(life, seed, &start, i);
  remove_all(life);
  recorder_free(life->recorder);
  image_free(&start);
  munmap(life, sizeof(*life));
  return images;
}

/* They have found faults: a flush that dies between the STEADY mark and its own flush, and a meta that a dying writer left torn. */
static const uint64_t telling[] = {119, 223};

int main(int argc, char **argv) {
  const unsigned long lives = argc > 1 ? strtoul(argv[1], NULL, 10) : 40;
  const uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  const unsigned wanted = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : IMAGES;
  unsigned long images = 0;
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_LEGACY_OVERLAP | MDBX_DBG_LEGACY_MULTIOPEN, NULL);
  for (unsigned long i = 0; i < sizeof(telling) / sizeof(telling[0]) && argc < 2; ++i)
    images += one_life(telling[i], wanted);
  for (unsigned long i = 0; i < lives; ++i)
    images += one_life(first + i, wanted);
  printf("%lu lives, %lu images: all sound\n", lives, images);
  return 0;
}
