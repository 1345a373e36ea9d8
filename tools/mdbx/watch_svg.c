/* SPDX-License-Identifier: Apache-2.0 */
#include "watch_svg.h"

#include "target.h"
#include "tools/tool_sizes.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { LEFT = 110, PLOT = 960, RIGHT = 30, WIDTH = LEFT + PLOT + RIGHT };
enum { FIRST_TOP = 110, FIRST_HEIGHT = 300, OTHER_HEIGHT = 120, BETWEEN = 50 };
enum { SECOND_TOP = FIRST_TOP + FIRST_HEIGHT + BETWEEN, THIRD_TOP = SECOND_TOP + OTHER_HEIGHT + BETWEEN };
enum { BOTTOM = THIRD_TOP + OTHER_HEIGHT, HEIGHT = BOTTOM + 40, TICKS = 4, TIME_TICKS = 5 };

/* -------------------------------------------------------------------------------------------------------- history */

static void merge(struct history_sample *sample, const struct history_sample *later) {
  const uint64_t lag = sample->lag, readers = sample->readers;
  *sample = *later;
  sample->lag = lag > later->lag ? lag : later->lag;
  sample->readers = readers > later->readers ? readers : later->readers;
}

static void halve(struct history *history) {
  for (size_t i = 0; i < HISTORY_MOST / 2; ++i) {
    history->samples[i] = history->samples[2 * i];
    merge(&history->samples[i], &history->samples[2 * i + 1]);
  }
  history->count = HISTORY_MOST / 2;
  history->stride *= 2;
}

void history_add(struct history *history, double time, const struct facts *facts) {
  const struct history_sample sample = {time,
                                        facts->info.mi_recent_txnid,
                                        facts->used * facts->page_size,
                                        facts->held * facts->page_size,
                                        facts->free * facts->page_size,
                                        facts->unallocated * facts->page_size,
                                        facts->lag,
                                        facts->readers};
  if (!history->stride)
    history->stride = 1;
  if (history->count && history->rounds < history->stride) {
    merge(&history->samples[history->count - 1], &sample);
    history->rounds += 1;
    return;
  }
  if (history->count == HISTORY_MOST)
    halve(history);
  history->samples[history->count++] = sample;
  history->rounds = 1;
}

/* ---------------------------------------------------------------------------------------------------------- values */

/* What is drawn of a sample; `before` is the sample before it, or NULL. */
typedef double value_of(const struct history_sample *sample, const struct history_sample *before);

static double used(const struct history_sample *sample, const struct history_sample *before) {
  (void)before;
  return (double)sample->used;
}

static double with_held(const struct history_sample *sample, const struct history_sample *before) {
  return used(sample, before) + (double)sample->held;
}

static double with_free(const struct history_sample *sample, const struct history_sample *before) {
  return with_held(sample, before) + (double)sample->free;
}

static double whole_file(const struct history_sample *sample, const struct history_sample *before) {
  return with_free(sample, before) + (double)sample->unallocated;
}

static double nothing(const struct history_sample *sample, const struct history_sample *before) {
  (void)sample, (void)before;
  return 0;
}

static double lag(const struct history_sample *sample, const struct history_sample *before) {
  (void)before;
  return (double)sample->lag;
}

static double commits_per_second(const struct history_sample *sample, const struct history_sample *before) {
  return before && sample->time > before->time && sample->commit > before->commit
             ? (double)(sample->commit - before->commit) / (sample->time - before->time)
             : 0;
}

/* ---------------------------------------------------------------------------------------------------------- panels */

struct panel {
  const char *title;
  bool sizes; /* bytes, else a count */
  int top, height;
  double most; /* the value at the top */
};

struct drawing {
  FILE *out;
  const struct history *history;
};

static const struct history_sample *before(const struct history *history, size_t i) {
  return i ? &history->samples[i - 1] : NULL;
}

static double value_at(const struct history *history, value_of *value, size_t i) {
  return value(&history->samples[i], before(history, i));
}

/* The step between the lines of a panel: a power of two, or 1, 2 or 5 times a power of ten. */
static double step_for(double most, bool sizes) {
  static const double factors[] = {2, 2.5, 2};
  double step = sizes ? 4096 : 1;
  for (unsigned i = 0; step * TICKS < most; ++i)
    step *= sizes ? 2 : factors[i % 3];
  return step;
}

static void scale_panel(struct panel *panel, const struct history *history, value_of *value) {
  double most = 0;
  for (size_t i = 0; i < history->count; ++i) {
    const double here = value_at(history, value, i);
    most = here > most ? here : most;
  }
  panel->most = step_for(most, panel->sizes) * TICKS;
}

static double x_of(const struct history *history, size_t i) {
  const double first = history->samples[0].time, span = history->samples[history->count - 1].time - first;
  return LEFT + (span > 0 ? PLOT * (history->samples[i].time - first) / span : 0);
}

static double y_of(const struct panel *panel, double value) {
  return panel->top + panel->height * (1 - value / panel->most);
}

static void draw_panel(const struct drawing *drawing, const struct panel *panel) {
  char size[SIZE_TEXT];
  fprintf(drawing->out, "<text class=\"h\" x=\"%d\" y=\"%d\">%s</text>\n", LEFT, panel->top - 12, panel->title);
  for (int tick = 0; tick <= TICKS; ++tick) {
    const double value = panel->most * tick / TICKS, y = y_of(panel, value);
    fprintf(drawing->out, "<path class=\"line\" d=\"M%d %.1fh%d\"/><text class=\"p r\" x=\"%d\" y=\"%.1f\">", LEFT, y,
            PLOT, LEFT - 10, y + 4);
    if (panel->sizes)
      fprintf(drawing->out, "%s</text>\n", tick ? size_show((uint64_t)value, size) : "0");
    else
      fprintf(drawing->out, "%.0f</text>\n", value);
  }
}

/* The area between two values. */
static void draw_area(const struct drawing *drawing, const struct panel *panel, const char *class, value_of *upper,
                      value_of *lower) {
  const struct history *history = drawing->history;
  fprintf(drawing->out, "<path class=\"%s\" d=\"", class);
  for (size_t i = 0; i < history->count; ++i)
    fprintf(drawing->out, "%c%.1f %.1f", i ? 'L' : 'M', x_of(history, i), y_of(panel, value_at(history, upper, i)));
  for (size_t i = history->count; i-- > 0;)
    fprintf(drawing->out, "L%.1f %.1f", x_of(history, i), y_of(panel, value_at(history, lower, i)));
  fputs("z\"/>\n", drawing->out);
}

static void draw_curve(const struct drawing *drawing, const struct panel *panel, const char *class, value_of *value) {
  const struct history *history = drawing->history;
  fprintf(drawing->out, "<path class=\"curve %s\" d=\"", class);
  for (size_t i = 0; i < history->count; ++i)
    fprintf(drawing->out, "%c%.1f %.1f", i ? 'L' : 'M', x_of(history, i), y_of(panel, value_at(history, value, i)));
  fputs("\"/>\n", drawing->out);
}

/* ------------------------------------------------------------------------------------------------------ the picture */

/* Colour-blind people can distinguish them too; literal values, because many viewers do not support variables. */
static const char style[] =
    "<style>\n"
    "text{font:12px DejaVu Sans Mono,Menlo,Consolas,monospace;fill:#24292f}.t{font-size:17px;font-weight:bold}"
    ".h{font-weight:bold}.p{fill:#6e7781}.r{text-anchor:end}.m{text-anchor:middle}\n"
    ".ground{fill:#fff}.line{stroke:#d8dee4;fill:none}.hit{fill:#000;fill-opacity:0}.hit:hover{fill-opacity:.08}\n"
    ".used{fill:#4e79a7}.held{fill:#dd9b80}.free{fill:#a9cbb8}.rest{fill:#e4e8ec}\n"
    ".curve{fill:none;stroke-width:1.6}.lag{stroke:#d1603d}.rate{stroke:#4e79a7}\n"
    "@media(prefers-color-scheme:dark){text{fill:#d6dae0}.p{fill:#8b949e}.ground{fill:#14171c}.line{stroke:#2d343d}"
    ".hit{fill:#fff}.held{fill:#b3674a}.free{fill:#3f6f58}.rest{fill:#2d343d}}\n"
    "</style>\n";

static void put_escaped(FILE *out, const char *text) {
  for (; *text; ++text) {
    const char *entity = *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : *text == '&' ? "&amp;" : NULL;
    if (entity)
      fputs(entity, out);
    else
      fputc((unsigned char)*text < 32 || (unsigned char)*text > 126 ? '.' : *text, out);
  }
}

static const char *clock_of(double time, const char *format, char buffer[64]) {
  const time_t seconds = (time_t)time;
  struct tm parts;
  buffer[0] = '\0';
  if (localtime_r(&seconds, &parts))
    strftime(buffer, 64, format, &parts);
  return buffer;
}

static void draw_head(const struct drawing *drawing, const char *title) {
  const struct history_sample *last = &drawing->history->samples[drawing->history->count - 1];
  char size[SIZE_TEXT], clock[64];
  fprintf(drawing->out,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n%s"
          "<rect class=\"ground\" width=\"%d\" height=\"%d\"/>\n<text class=\"t\" x=\"%d\" y=\"32\">",
          WIDTH, HEIGHT, WIDTH, HEIGHT, style, WIDTH, HEIGHT, LEFT);
  put_escaped(drawing->out, title);
  fprintf(drawing->out,
          "</text>\n<text x=\"%d\" y=\"54\">%s: commit %" PRIu64 ", file of %s, %" PRIu64 " reader%s</text>\n", LEFT,
          clock_of(last->time, "%Y-%m-%d %H:%M:%S %z", clock), last->commit,
          size_show((uint64_t)whole_file(last, NULL), size), last->readers, last->readers == 1 ? "" : "s");
}

static void draw_legend(const struct drawing *drawing) {
  static const char *const names[] = {"used", "in use", "held", "held back", "free", "free", "rest", "unallocated end"};
  for (unsigned i = 0; i < 4; ++i)
    fprintf(drawing->out,
            "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"10\" height=\"10\"/><text x=\"%d\" y=\"%d\">%s</text>\n",
            names[2 * i], WIDTH - RIGHT - 470 + (int)i * 120, FIRST_TOP - 21, WIDTH - RIGHT - 454 + (int)i * 120,
            FIRST_TOP - 12, names[2 * i + 1]);
}

static void draw_times(const struct drawing *drawing) {
  const struct history *history = drawing->history;
  const double first = history->samples[0].time, span = history->samples[history->count - 1].time - first;
  char clock[64];
  for (int tick = 0; tick <= TIME_TICKS && (span > 0 || !tick); ++tick)
    fprintf(drawing->out, "<text class=\"p m\" x=\"%d\" y=\"%d\">%s</text>\n", LEFT + PLOT * tick / TIME_TICKS,
            BOTTOM + 22, clock_of(first + span * tick / TIME_TICKS, span > 86400 ? "%m-%d %H:%M" : "%H:%M:%S", clock));
}

/* Invisible bars; a browser shows their texts when the user points at them. */
static void draw_texts(const struct drawing *drawing) {
  const struct history *history = drawing->history;
  for (size_t i = 0; i < history->count; ++i) {
    const struct history_sample *sample = &history->samples[i];
    const double from = i ? (x_of(history, i - 1) + x_of(history, i)) / 2 : LEFT;
    const double to = i + 1 < history->count ? (x_of(history, i) + x_of(history, i + 1)) / 2 : LEFT + PLOT;
    char clock[64], sizes[4][SIZE_TEXT];
    fprintf(
        drawing->out,
        "<rect class=\"hit\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"><title>%s: in use %s, held back %s, free "
        "%s, unallocated %s; lag %" PRIu64 ", readers %" PRIu64 "; %.0f commits/s</title></rect>\n",
        from, FIRST_TOP, to - from, BOTTOM - FIRST_TOP, clock_of(sample->time, "%m-%d %H:%M:%S", clock),
        size_show(sample->used, sizes[0]), size_show(sample->held, sizes[1]), size_show(sample->free, sizes[2]),
        size_show(sample->unallocated, sizes[3]), sample->lag, sample->readers,
        commits_per_second(sample, before(history, i)));
  }
}

static void draw(FILE *out, const struct history *history, const char *title) {
  const struct drawing drawing = {out, history};
  struct panel use = {"Size of the file, by use", true, FIRST_TOP, FIRST_HEIGHT, 0};
  struct panel behind = {"Lag of the oldest reader, in commits", false, SECOND_TOP, OTHER_HEIGHT, 0};
  struct panel rate = {"Commits per second", false, THIRD_TOP, OTHER_HEIGHT, 0};
  scale_panel(&use, history, whole_file);
  scale_panel(&behind, history, lag);
  scale_panel(&rate, history, commits_per_second);
  draw_head(&drawing, title);
  draw_legend(&drawing);
  draw_panel(&drawing, &use);
  draw_area(&drawing, &use, "used", used, nothing);
  draw_area(&drawing, &use, "held", with_held, used);
  draw_area(&drawing, &use, "free", with_free, with_held);
  draw_area(&drawing, &use, "rest", whole_file, with_free);
  draw_panel(&drawing, &behind);
  draw_curve(&drawing, &behind, "lag", lag);
  draw_panel(&drawing, &rate);
  draw_curve(&drawing, &rate, "rate", commits_per_second);
  draw_times(&drawing);
  draw_texts(&drawing);
  fputs("</svg>\n", out);
}

int history_replace(const char *file, const struct history *history, const char *title) {
  struct target target;
  int rc = target_begin(&target, file, true, TARGET_BRIEF);
  if (rc != MDBX_SUCCESS)
    return rc;
  FILE *out = target_open(&target);
  if (!out)
    return target_finish(&target, tool_fail(errno, "cannot write to %s", file));
  errno = 0;
  draw(out, history, title);
  rc = tool_flush(out, file);
  fclose(out);
  return target_finish(&target, rc);
}
