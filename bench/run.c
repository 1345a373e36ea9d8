/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/run.c: engines take turns at a row, each in a process and a folder of its own.
 *
 * The content that a row begins with is made once for each engine and mode, in a folder that is copied for each round.
 * A worker runs one round for each byte it is sent, and answers with the figure; one that ends without an answer has
 * failed.
 */
#include "bench.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct worker {
  pid_t pid;
  int ask, answer; /* pipes */
  char folder[512];
  double figures[ROUNDS_MAX];
  enum outcome outcome;
};

struct task {
  const struct plan *plan;
  const struct row *row;
  enum mode mode;
  uint64_t records;
};

static void content_path(char *path, size_t room, const struct task *task, const struct engine *engine) {
  snprintf(path, room, "%s/bench-%d-content%d-%s", task->plan->folder, (int)getppid(), (int)task->row->content,
           engine->name);
}

static struct stage stage_of(const struct task *task, const struct engine *engine, const char *folder) {
  const struct row *row = task->row;
  return (struct stage){.engine = engine,
                        .folder = folder,
                        .opening = {.mode = row->kind & FLUSHES ? DURABLE : task->mode,
                                    .table = row->table,
                                    .shared = (row->kind & SHARED) != 0,
                                    .tight = (row->kind & TIGHT) != 0},
                        .records = task->records,
                        .scale = task->plan->scale,
                        .processor_time = task->plan->processor_time};
}

/* In a process of its own, so that what the engine keeps in memory does not come along. */
static void make_content(const struct task *task, const struct engine *engine, const char *path) {
  struct stage stage = stage_of(task, engine, path);
  const struct opening opening = {.mode = task->mode, .table = task->row->table, .tight = 1};
  fflush(NULL);
  const pid_t pid = fork();
  int status = 0;
  if (pid == 0) {
    make_folder(path);
    stage.handle = engine->open(path, &opening);
    fill(&stage, task->row->content);
    engine->close(stage.handle);
    _exit(0);
  }
  if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
    remove_folder(path);
    give_up(engine->name, "cannot be filled");
  }
}

/* The rows are about databases in use: not about what is met first, by an engine or by the system. */
static void read_through(struct stage *stage) {
  stage->engine->begin(stage->handle, 1);
  sink += stage->engine->scan(stage->handle, (struct bytes){NULL, 0}, UINT64_MAX, 0);
  stage->engine->commit(stage->handle);
}

static void prepare(const struct task *task, struct stage *stage) {
  char path[512];
  remove_folder(stage->folder);
  if (task->row->content != NOTHING) {
    content_path(path, sizeof(path), task, stage->engine);
    if (access(path, F_OK))
      make_content(task, stage->engine, path);
    copy_folder(path, stage->folder);
  } else
    make_folder(stage->folder);
  stage->handle = stage->engine->open(stage->folder, &stage->opening);
  if (task->row->content != NOTHING)
    read_through(stage);
}

static _Noreturn void work(const struct task *task, const struct engine *engine, const struct worker *worker) {
  struct stage stage = stage_of(task, engine, worker->folder);
  for (char byte; read(worker->ask, &byte, 1) == 1;) {
    if (stage.handle && !(task->row->kind & READS)) {
      engine->close(stage.handle);
      stage.handle = NULL;
    }
    if (!stage.handle)
      prepare(task, &stage);
    const double figure = task->row->run(&stage);
    if (write(worker->answer, &figure, sizeof(figure)) != sizeof(figure))
      break;
  }
  _exit(0);
}

static void start(struct worker *worker, const struct task *task, const struct engine *engine) {
  int ask[2], answer[2];
  const char *folder = task->row->kind & FLUSHES ? task->plan->disk : task->plan->folder;
  snprintf(worker->folder, sizeof(worker->folder), "%s/bench-%d-%s", folder, (int)getpid(), engine->name);
  if (pipe(ask) || pipe(answer))
    give_up("pipe", strerror(errno));
  fflush(NULL);
  worker->pid = fork();
  if (worker->pid < 0)
    give_up("fork", strerror(errno));
  if (worker->pid == 0) {
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    close(ask[1]);
    close(answer[0]);
    worker->ask = ask[0];
    worker->answer = answer[1];
    work(task, engine, worker);
  }
  close(ask[0]);
  close(answer[1]);
  worker->ask = ask[1];
  worker->answer = answer[0];
}

static void take_turn(struct worker *worker, unsigned round) {
  if (worker->outcome == MEASURED &&
      (write(worker->ask, "", 1) != 1 ||
       read(worker->answer, &worker->figures[round], sizeof(double)) != (ssize_t)sizeof(double)))
    worker->outcome = FAILED;
}

static void stop(const struct worker *worker) {
  close(worker->ask);
  waitpid(worker->pid, NULL, 0);
  close(worker->answer);
  remove_folder(worker->folder);
}

/* Other workers hold the pipes of those before them open: so each is told to stop, and waited for, in the opposite
 * order. */
static void run_row(const struct task *task, struct results *results) {
  static struct worker workers[16];
  const struct plan *plan = task->plan;
  for (size_t i = 0; i < plan->engine_count; ++i) {
    workers[i] = (struct worker){.outcome = MEASURED};
    if ((plan->engines[i]->features & task->row->needs) != task->row->needs)
      workers[i].outcome = IMPOSSIBLE;
    else
      start(&workers[i], task, plan->engines[i]);
  }
  for (unsigned round = 0; round < plan->rounds; ++round)
    for (size_t i = 0; i < plan->engine_count; ++i)
      take_turn(&workers[i], round);
  for (size_t i = plan->engine_count; i-- > 0;)
    if (workers[i].pid)
      stop(&workers[i]);
  for (size_t i = 0; i < plan->engine_count; ++i)
    results_add(results, task->row, plan->engines[i], task->mode, task->records, workers[i].figures, plan->rounds,
                workers[i].outcome);
}

static void remove_contents(const struct plan *plan) {
  char path[512];
  for (int content = NOTHING; content < CONTENTS; ++content)
    for (size_t i = 0; i < plan->engine_count; ++i) {
      snprintf(path, sizeof(path), "%s/bench-%d-content%d-%s", plan->folder, (int)getpid(), content,
               plan->engines[i]->name);
      remove_folder(path);
    }
}

/* ---- an end by a signal leaves no files -------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;

static void interrupt(int number) { interrupted = number; }

/* Durable rows do the same in all modes: they come with the first one only. */
static int belongs(const struct plan *plan, const struct row *row, enum mode mode) {
  return !(row->kind & FLUSHES) || mode == plan->modes[0];
}

void run_plan(const struct plan *plan, struct results *results) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGINT, interrupt);
  signal(SIGTERM, interrupt);
  for (size_t size = 0; size < plan->sizes; ++size)
    for (size_t m = 0; m < plan->mode_count; ++m) {
      report_begin(plan, plan->modes[m], plan->records[size]);
      for (size_t r = 0; r < plan->row_count && !interrupted; ++r) {
        const struct task task = {plan, plan->rows[r], plan->modes[m], plan->records[size]};
        if (!belongs(plan, task.row, task.mode))
          continue;
        run_row(&task, results);
        report_row(plan, results, task.row, task.mode, task.records);
      }
      remove_contents(plan);
    }
  if (interrupted)
    give_up("interrupted", "the files are removed");
}
