/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/report.c: results as lines for people, as values separated by commas, and as tables of a document.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

/* Four digits or so, whatever the unit. */
static const char *figure_text(char room[24], double figure) {
  snprintf(room, 24, figure < 10 ? "%.3f" : figure < 100 ? "%.2f" : figure < 1000 ? "%.1f" : "%.0f", figure);
  return room;
}

void report_begin(const struct plan *plan, enum mode mode, uint64_t records) {
  printf("%llu records, mode %s, %s, medians of %u; ratio: divided by the figure of %s\n", (unsigned long long)records,
         mode_names[mode], plan->processor_time ? "time of the processor" : "time", plan->rounds,
         plan->engines[0]->name);
  printf("%-9s %-17s", "row", "unit");
  for (size_t i = 0; i < plan->engine_count; ++i)
    printf(i ? " |%10s        ratio" : "%10s      ", plan->engines[i]->name);
  printf("\n");
  fflush(stdout);
}

void report_row(const struct plan *plan, const struct results *results, const struct row *row, enum mode mode,
                uint64_t records) {
  char room[24];
  printf("%-9s %-17s", row->name, row->unit);
  for (size_t i = 0; i < plan->engine_count; ++i) {
    const struct result *result = results_find(results, row, plan->engines[i], mode, records);
    if (i)
      printf(" |");
    if (!result || result->outcome != MEASURED)
      printf(i ? "%10s             " : "%10s      ", !result || result->outcome == IMPOSSIBLE ? "-" : "failed");
    else
      printf("%10s \302\261%2.0f %%", figure_text(room, result->median), results_spread(result));
    if (i && result && result->outcome == MEASURED)
      printf(" %6.2f", results_ratio(results, plan, result));
  }
  printf("\n");
  fflush(stdout);
}

static FILE *create(const char *path) {
  FILE *file = fopen(path, "w");
  if (!file)
    perror(path);
  return file;
}

static int finish(FILE *file, const char *path) {
  const int failed = ferror(file);
  if (fclose(file) || failed) {
    perror(path);
    return 1;
  }
  return 0;
}

int report_csv(const struct plan *plan, const struct results *results, const char *path) {
  static const char *const outcomes[] = {"measured", "impossible", "failed"};
  FILE *file = create(path);
  if (!file)
    return 1;
  fprintf(file, "row,group,unit,engine,version,mode,records,rounds,outcome,median,lowest,highest,ratio\n");
  for (size_t i = 0; i < results->count; ++i) {
    const struct result *r = &results->all[i];
    fprintf(file, "%s,%s,%s,%s,%s,%s,%llu,%u,%s,", r->row->name, r->row->group, r->row->unit, r->engine->name,
            r->engine->version(), mode_names[r->mode], (unsigned long long)r->records, plan->rounds,
            outcomes[r->outcome]);
    if (r->outcome == MEASURED)
      fprintf(file, "%.6g,%.6g,%.6g,%.4f\n", r->median, r->low, r->high, results_ratio(results, plan, r));
    else
      fprintf(file, ",,,\n");
  }
  return finish(file, path);
}

/* ---- a document -------------------------------------------------------------------------------------------------- */

/* The rest of the first line of a file that begins like this. */
static void find_line(const char *path, const char *beginning, char *room, size_t size) {
  char line[300];
  FILE *file = fopen(path, "r");
  room[0] = 0;
  while (file && fgets(line, sizeof(line), file)) {
    const char *value = line + strlen(beginning);
    if (strncmp(line, beginning, strlen(beginning)) != 0)
      continue;
    snprintf(room, size, "%s", value + strspn(value, " \t:="));
    room[strcspn(room, "\n")] = 0;
    break;
  }
  if (file)
    fclose(file);
}

static const char *file_system(const char *path) {
  static const struct {
    unsigned long type;
    const char *name;
  } known[] = {
      {0xEF53, "ext4"}, {0x01021994, "tmpfs"}, {0x58465342, "xfs"}, {0x9123683E, "btrfs"}, {0x794c7630, "overlayfs"}};
  struct statfs st;
  if (statfs(path, &st))
    return "unknown";
  for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); ++i)
    if ((unsigned long)st.f_type == known[i].type)
      return known[i].name;
  return "another one";
}

static void describe(FILE *file, const struct plan *plan) {
  char model[200], memory[100], cpus[100];
  struct utsname name;
  unsigned long kib = 0;
  uname(&name);
  find_line("/proc/cpuinfo", "model name", model, sizeof(model));
  find_line("/proc/cpuinfo", "siblings", cpus, sizeof(cpus));
  find_line("/proc/meminfo", "MemTotal", memory, sizeof(memory));
  sscanf(memory, "%lu", &kib);
  fprintf(file, "- Processor: %s, %s of them; memory %.0f GiB; %s %s.\n", model[0] ? model : name.machine,
          cpus[0] ? cpus : "?", (double)kib / 1048576, name.sysname, name.release);
  fprintf(file, "- File systems: %s for what is not flushed, %s for durable commits.\n", file_system(plan->folder),
          file_system(plan->disk));
  fprintf(file, "- %u rounds%s; counts of operations times %g.\n- Engines:", plan->rounds,
          plan->processor_time ? ", time of the processor" : "", plan->scale);
  for (size_t i = 0; i < plan->engine_count; ++i)
    fprintf(file, "%s %s %s", i ? "," : "", plan->engines[i]->label, plan->engines[i]->version());
  fprintf(file, ".\n");
}

static void cell(FILE *file, const struct plan *plan, const struct results *results, const struct result *result,
                 int first) {
  char room[24];
  if (!result || result->outcome != MEASURED)
    fprintf(file, " %s |", result && result->outcome == FAILED ? "failed" : "-");
  else if (first)
    fprintf(file, " %s \302\261%.0f %% |", figure_text(room, result->median), results_spread(result));
  else
    fprintf(file, " %s \302\261%.0f %%, **%.2f** |", figure_text(room, result->median), results_spread(result),
            results_ratio(results, plan, result));
}

static int has_group(const struct results *results, const char *group, enum mode mode, uint64_t records) {
  for (size_t i = 0; i < results->count; ++i)
    if (strcmp(results->all[i].row->group, group) == 0 && results->all[i].mode == mode &&
        results->all[i].records == records)
      return 1;
  return 0;
}

static void group_table(FILE *file, const struct plan *plan, const struct results *results,
                        const struct row_group *group, enum mode mode, uint64_t records) {
  if (!has_group(results, group->name, mode, records))
    return;
  fprintf(file, "\n### %s\n\n%llu records, mode `%s`.\n\n| row | what | unit |", group->title,
          (unsigned long long)records, mode_names[mode]);
  for (size_t i = 0; i < plan->engine_count; ++i)
    fprintf(file, " %s |", plan->engines[i]->label);
  fprintf(file, "\n|---|---|---|");
  for (size_t i = 0; i < plan->engine_count; ++i)
    fprintf(file, "---|");
  fprintf(file, "\n");
  for (size_t r = 0; r < plan->row_count; ++r) {
    const struct row *row = plan->rows[r];
    if (strcmp(row->group, group->name) != 0)
      continue;
    fprintf(file, "| `%s` | %s | %s |", row->name, row->text, row->unit);
    for (size_t i = 0; i < plan->engine_count; ++i)
      cell(file, plan, results, results_find(results, row, plan->engines[i], mode, records), i == 0);
    fprintf(file, "\n");
  }
}

int report_markdown(const struct plan *plan, const struct results *results, const char *path) {
  FILE *file = create(path);
  if (!file)
    return 1;
  describe(file, plan);
  for (size_t size = 0; size < plan->sizes; ++size)
    for (size_t m = 0; m < plan->mode_count; ++m)
      for (size_t g = 0; g < row_group_count; ++g)
        group_table(file, plan, results, &row_groups[g], plan->modes[m], plan->records[size]);
  return finish(file, path);
}
