/* SPDX-License-Identifier: Apache-2.0 */
/* The readers of a database: who they are, what they hold back, and what to do about it. */
#include "subcommands.h"

#include "bytes.h"
#include "process.h"
#include "tools/tool_sizes.h"

#include <inttypes.h>

/* As many as are worth advice of their own. */
#define ADVICE_MOST 16

/* One reader. */
struct reader {
  int slot;
  mdbx_pid_t pid;
  mdbx_tid_t thread;
  uint64_t txnid, lag;
  size_t used, retained; /* bytes */
  struct process process;
};

struct listing {
  uint64_t page_size;
  bool begun;
  struct reader held[ADVICE_MOST]; /* those that hold pages back */
  size_t held_count;
};

static uint64_t pages_of(const struct listing *listing, size_t bytes) {
  return listing->page_size ? bytes / listing->page_size : 0;
}

static void show_as_json(const struct listing *listing, const struct reader *reader) {
  const char *state = tool_reader_state(reader->thread);
  json_begin();
  json_number("slot", (uint64_t)reader->slot);
  json_number("pid", (uint64_t)reader->pid);
  json_text("command", reader->process.command);
  if (reader->process.has_age)
    json_number("age_seconds", reader->process.age);
  if (!state)
    json_number("thread", (uint64_t)reader->thread);
  json_text("state", state ? state : reader->txnid ? "reading" : "idle");
  json_number("txnid", reader->txnid);
  json_number("lag", reader->lag);
  json_number("used_bytes", reader->used);
  json_number("retained_bytes", reader->retained);
  json_number("retained_pages", pages_of(listing, reader->retained));
  json_end();
}

static void show_as_text(struct listing *listing, const struct reader *reader) {
  char age[AGE_TEXT], used[SIZE_TEXT], kept[SIZE_TEXT];
  if (!listing->begun)
    printf("%s%5s %8s %-16s %8s %16s %12s %8s %12s %8s %12s%s\n", bold(), "slot", "pid", "command", "age", "thread",
           "snapshot", "behind", "reads in", "pages", "held back", plain());
  listing->begun = true;
  printf("%5d %8ld %-16s %8s %16s", reader->slot, (long)reader->pid,
         *reader->process.command ? reader->process.command : "-",
         reader->process.has_age ? age_show(reader->process.age, age) : "-", tool_reader_thread(reader->thread));
  if (!reader->txnid)
    printf(" %12s\n", "idle");
  else
    printf(" %12" PRIu64 " %8" PRIu64 " %12s %8" PRIu64 " %12s\n", reader->txnid, reader->lag,
           size_show(reader->used, used), pages_of(listing, reader->retained), size_show(reader->retained, kept));
}

static int show_reader(void *context, int number, int slot, mdbx_pid_t pid, mdbx_tid_t thread, uint64_t txnid,
                       uint64_t lag, size_t used, size_t retained) {
  struct listing *listing = context;
  struct reader reader = {slot, pid, thread, txnid, lag, used, retained, {.has_age = false}};
  (void)number;
  process_read(pid, &reader.process);
  if (wishes.output == FORM_JSON)
    show_as_json(listing, &reader);
  else
    show_as_text(listing, &reader);
  if (retained && listing->held_count < ADVICE_MOST)
    listing->held[listing->held_count++] = reader;
  return MDBX_SUCCESS;
}

/* What to do about one reader. */
static void advise(const struct listing *listing, const struct reader *reader) {
  char size[SIZE_TEXT];
  printf("process %ld", (long)reader->pid);
  if (*reader->process.command)
    printf(" (%s)", reader->process.command);
  printf(" keeps %" PRIu64 " pages (%s) from being reused: ", pages_of(listing, reader->retained),
         size_show(reader->retained, size));
  if (reader->thread == MDBX_TID_OUSTED)
    printf("a writer has ousted it, and its slot is free when it notices\n");
  else if (reader->thread == MDBX_TID_PARKED)
    printf("it is parked, so the next writer that needs them takes them\n");
  else
    printf("it should end or renew its read transaction, or park it while it waits; if it does neither, end the "
           "process\n");
}

static int list_readers(MDBX_env *env) {
  struct listing listing = {.begun = false};
  MDBX_envinfo info;
  int rc = mdbx_env_info_ex(env, NULL, &info, sizeof(info));
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot describe the environment");
  listing.page_size = info.mi_dxb_pagesize;
  rc = mdbx_reader_list(env, show_reader, &listing);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return tool_fail(rc, "cannot list the readers");
  if (wishes.output == FORM_JSON)
    return MDBX_SUCCESS;
  if (rc == MDBX_RESULT_TRUE)
    printf("nobody is reading\n");
  for (size_t i = 0; i < listing.held_count && !tool_quiet; ++i)
    advise(&listing, &listing.held[i]);
  return MDBX_SUCCESS;
}

static int clear_dead(MDBX_env *env) {
  int dead = 0;
  const int rc = mdbx_reader_check(env, &dead);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return tool_fail(rc, "cannot look for dead readers");
  if (wishes.output != FORM_JSON)
    printf("%d stale %s cleared\n", dead, dead == 1 ? "reader was" : "readers were");
  return MDBX_SUCCESS;
}

int run_readers(int argc, char *argv[]) {
  static const struct option longs[] = {{"clean", no_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
  bool clear = false;
  MDBX_env *env = NULL;
  while (command_option(argc, argv, "c", longs) != -1)
    clear = true;
  char **arguments = command_arguments(argc, argv, 1, 1, NULL);
  int rc = tool_open_for_reading(&env, arguments[0], wishes.env_flags);
  if (rc == MDBX_SUCCESS && clear)
    rc = clear_dead(env);
  if (rc == MDBX_SUCCESS)
    rc = list_readers(env);
  tool_close(env, NULL);
  return command_end(rc);
}
