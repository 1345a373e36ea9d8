/* SPDX-License-Identifier: Apache-2.0 */
/* Shows and changes the size limits of the file. */
#include "subcommands.h"

#include "bytes.h"
#include "facts.h"
#include "tools/tool_sizes.h"

#include <inttypes.h>

/* Sizes asked for, or -1. */
struct wish {
  intptr_t lower, now, upper, grow, shrink;
  bool dry;
};

static void row(const char *name, uint64_t bytes, uint64_t page, const char *meaning) {
  char size[SIZE_TEXT];
  printf("  %-13s %14" PRIu64 "  %12" PRIu64 "  %10s  %s\n", name, bytes, bytes / page, size_show(bytes, size),
         meaning);
}

static void show_table(const struct facts *facts) {
  const uint64_t page = facts->page_size;
  printf("%s  %-13s %14s  %12s  %10s  %s%s\n", bold(), "", "bytes", "pages", "", "", plain());
  row("lower", facts->info.mi_geo.lower, page, "the file is never smaller");
  row("now", facts->info.mi_geo.current, page, "the file as it is");
  row("upper", facts->info.mi_geo.upper, page, "the file is never larger");
  row("grow", facts->info.mi_geo.grow, page, "how much it grows at a time");
  row("shrink", facts->info.mi_geo.shrink, page, "unused tail that is given back");
  putchar('\n');
  row("used", facts->used * page, page, "tables, and the three meta pages");
  row("free", facts->free * page, page, "inside the file, for the next writers");
  row("held", facts->held * page, page, "free once readers, or the last steady commit, let go");
  row("unallocated", facts->unallocated * page, page, "at the end of the file");
  row("left", facts->info.mi_geo.upper - facts->allocated * page, page, "between the last page in use and upper");
}

static void show_json(const struct facts *facts) {
  const struct {
    const char *name;
    uint64_t number;
  } rows[] = {{"page_size", facts->page_size},
              {"lower_bytes", facts->info.mi_geo.lower},
              {"now_bytes", facts->info.mi_geo.current},
              {"upper_bytes", facts->info.mi_geo.upper},
              {"grow_bytes", facts->info.mi_geo.grow},
              {"shrink_bytes", facts->info.mi_geo.shrink},
              {"used_pages", facts->used},
              {"free_pages", facts->free},
              {"held_pages", facts->held},
              {"unallocated_pages", facts->unallocated},
              {"allocated_pages", facts->allocated}};
  json_begin();
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i)
    json_number(rows[i].name, rows[i].number);
  json_end();
}

static void show(const struct facts *facts) {
  char size[SIZE_TEXT];
  if (wishes.output == FORM_JSON) {
    show_json(facts);
    return;
  }
  show_table(facts);
  if (facts->readers)
    printf("\n%u reader%s, the oldest %" PRIu64 " commits behind (process %ld, holds %s back)\n", facts->readers,
           facts->readers > 1 ? "s" : "", facts->lag, (long)facts->slowest, size_show(facts->retained, size));
}

/* ------------------------------------------------------------------------------------------------- what will happen */

static uint64_t after(intptr_t wish, uint64_t present) { return wish < 0 ? present : (uint64_t)wish; }

/* Refuses sizes that contradict each other, or the space in use, before anything is printed or done. */
static int refuse_wish(const char *path, const struct facts *facts, const struct wish *wish) {
  const uint64_t lower = after(wish->lower, facts->info.mi_geo.lower);
  const uint64_t upper = after(wish->upper, facts->info.mi_geo.upper);
  const uint64_t in_use = facts_in_use(facts);
  const uint64_t unit = facts_unit(facts);
  if (wish->upper >= 0 && (upper + unit - 1) / unit * unit < in_use)
    tool_message("%s: --upper %" PRIu64 " is too small: pages are in use up to byte %" PRIu64
                 ", so that is the smallest "
                 "possible value (\"mdbx defrag\" may make it less)",
                 path, upper, in_use);
  else if (wish->upper >= 0 && upper < lower)
    tool_message("%s: --upper %" PRIu64 " is too small: the file is never smaller than %" PRIu64
                 ", so that is the smallest "
                 "possible value (--lower may make it less)",
                 path, upper, lower);
  else if (upper < lower)
    tool_message("%s: --lower %" PRIu64 " is too large: the file is never larger than %" PRIu64
                 ", so that is the largest "
                 "possible value (--upper may make it more)",
                 path, lower, upper);
  else
    return MDBX_SUCCESS;
  return MDBX_EINVAL;
}

static void explain_upper(const struct facts *facts, uint64_t upper) {
  char size[SIZE_TEXT], left[SIZE_TEXT];
  const uint64_t in_use = facts_in_use(facts);
  printf("The file may grow to %s, which is %s more than is in use now. Beyond that writers get \"%s\".\n",
         size_show(upper, size), size_show(upper - in_use, left), mdbx_liberr2str(MDBX_MAP_FULL));
  printf("Each process that opens the database reserves this much address space, but no memory and no storage.\n");
}

static void explain_now(const struct facts *facts, uint64_t now, uint64_t lower, uint64_t upper) {
  char size[SIZE_TEXT], present[SIZE_TEXT];
  const uint64_t in_use = facts_in_use(facts);
  const uint64_t wanted = now < lower ? lower : now > upper ? upper : now;
  const uint64_t reached = wanted < in_use ? in_use : wanted;
  if (reached > facts->info.mi_geo.current)
    printf("The file grows to %s, from %s.\n", size_show(reached, size),
           size_show(facts->info.mi_geo.current, present));
  else if (reached < facts->info.mi_geo.current)
    printf("The file is cut to about %s, from %s%s.\n", size_show(reached, size),
           size_show(facts->info.mi_geo.current, present),
           wanted < in_use ? ", for its last page in use ends there" : "");
}

static void explain(const struct facts *facts, const struct wish *wish) {
  char size[SIZE_TEXT];
  const uint64_t lower = after(wish->lower, facts->info.mi_geo.lower);
  const uint64_t upper = after(wish->upper, facts->info.mi_geo.upper);
  if (wish->lower >= 0)
    printf("The file will not become smaller than %s, even when it is empty.\n", size_show(lower, size));
  if (wish->upper >= 0)
    explain_upper(facts, upper);
  explain_now(facts, after(wish->now, facts->info.mi_geo.current), lower, upper);
  if (wish->grow == 0)
    printf("The file will not grow automatically any more; only --now makes it larger.\n");
  else if (wish->grow > 0)
    printf("When it is full, the file grows by %s at a time: larger steps are fewer interruptions, smaller ones less "
           "unused storage.\n",
           size_show((uint64_t)wish->grow, size));
  if (wish->shrink == 0)
    printf("The file will not shrink automatically any more.\n");
  else if (wish->shrink > 0)
    printf("When %s at its end are unused, a commit returns them to the file system.\n",
           size_show((uint64_t)wish->shrink, size));
  printf("Others can continue to use the database; their next transactions see the new sizes.\n");
}

static int change(const char *path, const struct wish *wish, struct facts *facts) {
  MDBX_env *env = NULL;
  int rc = tool_open(&env, path, (wish->dry ? MDBX_RDONLY : 0) | MDBX_ACCEDE | wishes.env_flags, 0);
  if (rc == MDBX_SUCCESS)
    rc = facts_read(env, facts);
  if (rc == MDBX_SUCCESS)
    rc = refuse_wish(path, facts, wish);
  if (rc == MDBX_SUCCESS && !tool_quiet && wishes.output != FORM_JSON)
    explain(facts, wish);
  if (rc == MDBX_SUCCESS && !wish->dry) {
    rc = mdbx_env_set_geometry(env, wish->lower, wish->now, wish->upper, wish->grow, wish->shrink, -1);
    if (rc != MDBX_SUCCESS)
      tool_fail(rc, "the sizes were not changed");
    else
      rc = facts_read(env, facts);
  }
  tool_close(env, NULL);
  return rc;
}

static int look(const char *path, struct facts *facts) {
  MDBX_env *env = NULL;
  int rc = tool_open_for_reading(&env, path, wishes.env_flags);
  if (rc == MDBX_SUCCESS)
    rc = facts_read(env, facts);
  tool_close(env, NULL);
  return rc;
}

static intptr_t size_argument(const char *text) {
  uint64_t size;
  if (!size_parse(text, &size))
    tool_usage("\"%s\" is no size: 4096, 64K, 10M, 1G are", text);
  return (intptr_t)size;
}

int run_geometry(int argc, char *argv[]) {
  static const struct option longs[] = {{"lower", required_argument, NULL, 'l'},
                                        {"now", required_argument, NULL, 'c'},
                                        {"upper", required_argument, NULL, 'u'},
                                        {"grow", required_argument, NULL, 'g'},
                                        {"shrink", required_argument, NULL, 's'},
                                        {"dry-run", no_argument, NULL, 'd'},
                                        {NULL, 0, NULL, 0}};
  struct wish wish = {.lower = -1, .now = -1, .upper = -1, .grow = -1, .shrink = -1};
  struct facts facts;
  bool changes = false;
  for (int option; (option = command_option(argc, argv, "l:c:u:g:s:d", longs)) != -1;) {
    changes = changes || option != 'd';
    switch (option) {
    case 'l':
      wish.lower = size_argument(optarg);
      break;
    case 'c':
      wish.now = size_argument(optarg);
      break;
    case 'u':
      wish.upper = size_argument(optarg);
      break;
    case 'g':
      wish.grow = size_argument(optarg);
      break;
    case 's':
      wish.shrink = size_argument(optarg);
      break;
    default:
      wish.dry = true;
    }
  }
  char **arguments = command_arguments(argc, argv, 1, 1, NULL);
  const int rc = changes ? change(arguments[0], &wish, &facts) : look(arguments[0], &facts);
  if (rc == MDBX_SUCCESS && changes && !tool_quiet && wishes.output != FORM_JSON)
    printf(wish.dry ? "\nNothing was changed. Now it is:\n" : "\nDone. Now it is:\n");
  if (rc == MDBX_SUCCESS && !(changes && tool_quiet))
    show(&facts);
  return command_end(rc);
}
