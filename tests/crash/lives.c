/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power cuts over mixed lives.
 *
 * A life is a random sequence of steps by one or two processes. Among them are commits of every durability, asked for by flags of
 * the environment or of the transaction, and changed while open; commits that wait for their flush; nested and rolled back
 * changes, changes that do not fit into memory, tables that are emptied or deleted, other sizes and steps of the file; flushes,
 * steady points at a threshold, defragmentation, copies, readers that stay, environments closed and opened again, processes that
 * die in the middle of something, and flushes that fail. All modes follow each other in any order. Then the files that a cut
 * could have left at some place are built, opened as after a reboot, checked, and compared with the commits that were
 * acknowledged: nothing that is durable is missing. Some of these files begin a second life, which is cut as well.
 *
 * What a commit promises, when it returns:
 *   durable      it is there after a cut
 *   NOMETASYNC   the one before it is there
 *   weak         nothing; what was promised before stays
 *   UTTERLY      nothing at all is promised until the next commit of another mode, which makes it durable, or flush
 *   with ticket  nothing until somebody waits for it, or a later commit of another kind returns
 *
 * Then there are stories: short sequences of orders that somebody thought of, with trouble at each call of one of them.
 *
 * Usage: lives [lives [first seed [images a life]]], or lives stories [seed]
 */
#include "life.h"
#include "verdict.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { IMAGES = 120, SECOND_EVERY = 40, SECOND_STEPS = 8, SECOND_IMAGES = 12, BEFORE_TROUBLE = 3 };

static unsigned pick(struct life *life, unsigned below) { return life_pick(life, below); }

int life_open(const struct life *life, const char *path, unsigned flags, MDBX_env **env) {
  int rc = mdbx_env_create(env);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_set_maxdbs(*env, TABLES_NAMED);
  if (rc == MDBX_SUCCESS && life->dirty_limit)
    rc = mdbx_env_set_option(*env, MDBX_opt_txn_dp_limit, life->dirty_limit);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_set_option(*env, MDBX_opt_write_by_calls, life->by_calls);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_open(*env, path, (MDBX_env_flags_t)(flags | MDBX_NOSUBDIR | MDBX_NOSTICKYTHREADS), 0600);
  if (rc == MDBX_SUCCESS && life->due && !(flags & MDBX_RDONLY))
    rc = mdbx_env_set_option(*env, MDBX_opt_sync_bytes, life->due);
  return rc;
}

/* ------------------------------------------------------------------------------------------------------------- lives */

static void make_database(const struct life *life) {
  MDBX_env *made;
  MUST(mdbx_env_create(&made));
  MUST(mdbx_env_set_geometry(made, 0, 65536, 64 << 20, life->step, life->step, (intptr_t)life->page_size));
  MUST(mdbx_env_open(made, life->path, MDBX_NOSUBDIR, 0600));
  MUST(mdbx_env_close_ex(made, false));
}

static struct life *life_memory(void) {
  struct life *life = mmap(NULL, sizeof(*life), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (life == MAP_FAILED)
    fail("mmap", errno);
  return life;
}

static void name_files(struct life *life, int generation) {
  const char *folder = getenv("TEST_TMPDIR");
  const size_t size = sizeof(life->path);
  folder = folder ? folder : "/tmp";
  snprintf(life->path, size, "%s/life-%d-%d.db", folder, (int)getpid(), generation);
  snprintf(life->copy, size, "%s/life-%d-%d-copy.db", folder, (int)getpid(), generation);
  snprintf(life->aside, size, "%s/life-%d-%d-aside.db", folder, (int)getpid(), generation);
}

static void remove_all(const struct life *life) {
  mdbx_env_delete(life->path, MDBX_ENV_JUST_DELETE);
  mdbx_env_delete(life->copy, MDBX_ENV_JUST_DELETE);
  mdbx_env_delete(life->aside, MDBX_ENV_JUST_DELETE);
}

static void end_life(struct life *life) {
  remove_all(life);
  recorder_free(life->recorder);
  munmap(life, sizeof(*life));
}

static struct life *conceive(uint64_t seed) {
  static const size_t sizes[] = {256, 512, 1024, 4096, 4096};
  struct life *life = life_memory();
  life->random = seed;
  life->page_size = sizes[pick(life, 5)];
  life->flags = (pick(life, 3) ? 0 : MDBX_WRITEMAP) | (pick(life, 2) ? MDBX_LIFORECLAIM : 0);
  life->habit.values = 1 + pick(life, pick(life, 3) ? 10 : 60);
  life->habit.value = pick(life, 3) ? 120 : 1500;
  life->habit.drop_every = pick(life, 2) ? 12 : 0;
  life->dirty_limit = pick(life, 5) ? 0 : 128;
  life->utterly = pick(life, 3) == 0;
  life->deadly = pick(life, 3) == 0;
  life->failing = pick(life, 3) == 0;
  life->eager = pick(life, 4) == 0;
  life->step = pick(life, 3) ? 65536 : 4096;
  life->due = pick(life, 4) ? 0 : (unsigned)(1 + pick(life, 40)) * (unsigned)life->page_size;
  life->by_calls = pick(life, 4) == 0;
  life->steps = STEPS;
  life->boot = 1;
  name_files(life, 1);
  return life;
}

/* Makes the database, and lives to the end. */
static void begin_life(struct life *life, unsigned processes) {
  remove_all(life);
  pretend_boot(life->boot);
  make_database(life);
  image_load(&life->start, life->path);
  life->states[0] = life_look(life);
  life_live(life, processes);
}

static unsigned long cut_somewhere(struct life *life, unsigned number, struct remnant *remnant) {
  const size_t at = pick(life, (unsigned)life->recorder->count + 1);
  return life_cut(life, at, (enum cut_style)pick(life, CUT_STYLES), number, remnant);
}

/* A short life with the habits of the one that was cut, in another boot, from what the cut left on. */
static struct life *revive(struct life *before, const struct remnant *remnant) {
  struct life *life = life_memory();
  *life = *before;
  life->steps = SECOND_STEPS;
  life->boot = next_random(&before->random);
  life->start = remnant->image;
  life->states[0] = before->states[remnant->state];
  life->commits = life->tip = life->visible = 0;
  life->unpromised = life->troubled = false;
  memset(life->is_void, 0, sizeof(life->is_void));
  name_files(life, 2);
  return life;
}

static unsigned long second_life(struct life *before, const struct remnant *first) {
  unsigned long images = 0;
  struct life *life = revive(before, first);
  remove_all(life);
  image_store(&life->start, life->path);
  verdict_detail(", second life");
  life_live(life, 1 + pick(life, LIFE_WORKERS));
  for (unsigned i = 0; i < SECOND_IMAGES; ++i) {
    struct remnant remnant;
    images += cut_somewhere(life, i, &remnant);
    image_free(&remnant.image);
  }
  before->random = life->random;
  end_life(life);
  return images;
}

static unsigned long cut_life(struct life *life, uint64_t seed, unsigned number) {
  struct remnant remnant;
  verdict_begin("lives: seed %llu", (unsigned long long)seed);
  unsigned long images = cut_somewhere(life, number, &remnant);
  if (remnant.promised && number % SECOND_EVERY == SECOND_EVERY / 2) {
    verdict_begin("lives: seed %llu, image %u", (unsigned long long)seed, number);
    images += second_life(life, &remnant);
  }
  image_free(&remnant.image);
  return images;
}

static unsigned long one_life(uint64_t seed, unsigned wanted) {
  unsigned long images = 0;
  verdict_begin("lives: seed %llu", (unsigned long long)seed);
  struct life *life = conceive(seed);
  begin_life(life, 1 + pick(life, LIFE_WORKERS));
  for (unsigned i = 0; i < wanted; ++i)
    images += cut_life(life, seed, i);
  image_free(&life->start);
  end_life(life);
  return images;
}

/* ----------------------------------------------------------------------------------------------------------- stories */

static struct life *conceive_story(const struct story *story, uint64_t seed, long trouble_after) {
  struct life *life = life_memory();
  life->random = seed;
  life->page_size = story->page_size;
  life->flags = story->flags;
  life->habit = (struct tables_habit){.values = story->values, .value = 60, .main_only = true};
  life->step = 4096;
  life->boot = 1;
  life->story = story->orders;
  life->trouble_after = trouble_after;
  name_files(life, 1);
  return life;
}

/* From shortly before the trouble on, in each style. */
static unsigned long cut_story(struct life *life) {
  unsigned long images = 0;
  const size_t from = life->trouble_at < BEFORE_TROUBLE ? 0 : life->trouble_at - BEFORE_TROUBLE;
  for (size_t at = from; at <= life->recorder->count; ++at)
    for (enum cut_style style = CUT_NOTHING; style < CUT_STYLES; ++style) {
      struct remnant remnant;
      images += life_cut(life, at, style, (unsigned)at, &remnant);
      image_free(&remnant.image);
    }
  return images;
}

/* With the trouble at each call, until it comes too late. */
static unsigned long tell_story(const struct story *story, uint64_t seed) {
  unsigned long images = 0;
  bool troubled = true;
  for (long after = 0; troubled; ++after) {
    verdict_begin("lives: %s, seed %llu, trouble after %ld calls", story->name, (unsigned long long)seed, after);
    struct life *life = conceive_story(story, seed, after);
    begin_life(life, LIFE_WORKERS);
    images += cut_story(life);
    troubled = life->trouble_at > 0;
    image_free(&life->start);
    end_life(life);
  }
  return images;
}

static unsigned long tell_stories(uint64_t seed) {
  unsigned long images = 0;
  for (unsigned i = 0; i < story_count; ++i)
    images += tell_story(&stories[i], seed);
  return images;
}

int main(int argc, char **argv) {
  const bool only_stories = argc > 1 && strcmp(argv[1], "stories") == 0;
  const unsigned long lives = argc > 1 ? strtoul(argv[1], NULL, 10) : 40;
  const uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  const unsigned wanted = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : IMAGES;
  unsigned long images = 0;
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_LEGACY_OVERLAP | MDBX_DBG_LEGACY_MULTIOPEN, NULL);
  if (argc < 2 || only_stories)
    images += tell_stories(first);
  for (unsigned long i = 0; i < lives; ++i)
    images += one_life(first + i, wanted);
  printf("%lu lives, %lu images: all sound\n", lives, images);
  return 0;
}
