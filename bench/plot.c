/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/plot.c: results as pictures (SVG): bars of ratios for each group of rows, and lines of figures by the number of
 * records.
 */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Colours that also people see apart who see few; ours is black. */
static const char *const colours[] = {"#000000", "#0072b2", "#e69f00", "#009e73",
                                      "#cc79a7", "#56b4e9", "#d55e00", "#8c7000"};

/* An engine has the same colour in all pictures. */
static const char *colour_of(const struct engine *engine) {
  size_t i = 0;
  while (i < engine_count - 1 && engines[i] != engine)
    ++i;
  return colours[i % (sizeof(colours) / sizeof(colours[0]))];
}

static FILE *begin_picture(const char *path, double width, double height) {
  FILE *file = fopen(path, "w");
  if (!file) {
    perror(path);
    return NULL;
  }
  fprintf(file,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" "
          "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\">\n"
          "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
          width, height, width, height);
  return file;
}

static int end_picture(FILE *file, const char *path) {
  fprintf(file, "</svg>\n");
  const int failed = ferror(file);
  if (fclose(file) || failed) {
    perror(path);
    return 1;
  }
  return 0;
}

static void text(FILE *file, double x, double y, const char *anchor, const char *style, const char *words) {
  fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>%s</text>\n", x, y, anchor, style, words);
}

static void line(FILE *file, double x1, double y1, double x2, double y2, const char *style) {
  fprintf(file, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2, y2, style);
}

/* Names of engines with their colours, from this one on; beside each other. */
static void legend(FILE *file, const struct plan *plan, size_t from, double x, double y) {
  for (size_t i = from; i < plan->engine_count; ++i) {
    fprintf(file, "<rect x=\"%.1f\" y=\"%.1f\" width=\"11\" height=\"11\" fill=\"%s\"/>\n", x, y - 10,
            colour_of(plan->engines[i]));
    text(file, x + 15, y, "start", "", plan->engines[i]->label);
    x += 32 + 6.6 * (double)strlen(plan->engines[i]->label);
  }
}

/* ---- bars -------------------------------------------------------------------------------------------------------- */

enum { LEFT = 270, WIDTH = 860, RIGHT = 50, TOP = 100, BAR = 9, GAP = 9 };

struct chart {
  const struct plan *plan;
  const struct results *results;
  const struct row *rows[64];
  size_t count;
  enum mode mode;
  uint64_t records;
  double low, high; /* decades of the scale: powers of ten */
};

static double ratio_of(const struct chart *chart, const struct row *row, size_t engine) {
  const struct result *result =
      results_find(chart->results, row, chart->plan->engines[engine], chart->mode, chart->records);
  return result ? results_ratio(chart->results, chart->plan, result) : 0;
}

static double place_of(const struct chart *chart, double ratio) {
  return LEFT + (log10(ratio) - chart->low) / (chart->high - chart->low) * (WIDTH - LEFT - RIGHT);
}

/* The rows that have anything to show, and the scale that shows all. */
static void collect(struct chart *chart, const struct row_group *group) {
  double low = 0.5, high = 2;
  for (size_t r = 0; r < chart->plan->row_count && chart->count < 64; ++r) {
    const struct row *row = chart->plan->rows[r];
    int shown = 0;
    for (size_t i = 1; i < chart->plan->engine_count && strcmp(row->group, group->name) == 0; ++i) {
      const double ratio = ratio_of(chart, row, i);
      if (ratio <= 0)
        continue;
      shown = 1;
      low = ratio < low ? ratio : low;
      high = ratio > high ? ratio : high;
    }
    if (shown)
      chart->rows[chart->count++] = row;
  }
  chart->low = log10(low) - 0.03;
  chart->high = log10(high) + 0.1;
}

static void draw_scale(FILE *file, const struct chart *chart, double bottom) {
  static const double steps[] = {1, 2, 5};
  for (int decade = -3; decade <= 4; ++decade)
    for (size_t i = 0; i < 3; ++i) {
      const double ratio = steps[i] * pow(10, decade);
      char words[24];
      if (log10(ratio) < chart->low || log10(ratio) > chart->high ||
          (chart->high - chart->low > 2.2 && i && fabs(ratio - 1) > 1e-9))
        continue;
      const int one = decade == 0 && i == 0;
      snprintf(words, sizeof(words), "%g\303\227", ratio);
      line(file, place_of(chart, ratio), TOP - 6, place_of(chart, ratio), bottom,
           one ? "stroke=\"#000\" stroke-width=\"1.6\"" : "stroke=\"#ddd\"");
      text(file, place_of(chart, ratio), TOP - 12, "middle", one ? " font-weight=\"bold\"" : " fill=\"#555\"", words);
    }
}

static void draw_bar(FILE *file, const struct chart *chart, size_t engine, double ratio, double y) {
  const double one = place_of(chart, 1), end = place_of(chart, ratio);
  char words[24];
  fprintf(file, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n", end < one ? end : one, y,
          fabs(end - one) < 1 ? 1 : fabs(end - one), BAR - 1, colour_of(chart->plan->engines[engine]));
  snprintf(words, sizeof(words), ratio < 0.1 ? "%.3f" : ratio < 10 ? "%.2f" : "%.0f", ratio);
  text(file, ratio < 1 ? one + 4 : end + 3, y + BAR - 2, "start", " font-size=\"8.5\" fill=\"#333\"", words);
}

static double row_height(const struct plan *plan) { return (double)(plan->engine_count - 1) * BAR + GAP; }

static int bars(struct chart *chart, const struct row_group *group, const char *path) {
  const double each = row_height(chart->plan), bottom = TOP + (double)chart->count * each;
  FILE *file = begin_picture(path, WIDTH, bottom + 14);
  char words[200];
  if (!file)
    return 1;
  snprintf(words, sizeof(words), "%s (%llu records)", group->title, (unsigned long long)chart->records);
  text(file, 12, 20, "start", " font-size=\"15\" font-weight=\"bold\"", words);
  snprintf(words, sizeof(words), "What the others take, divided by what %s takes. Right of 1\303\227: %s is ahead.",
           chart->plan->engines[0]->label, chart->plan->engines[0]->label);
  text(file, 12, 38, "start", " fill=\"#555\"", words);
  legend(file, chart->plan, 1, 12, 62);
  draw_scale(file, chart, bottom);
  for (size_t r = 0; r < chart->count; ++r) {
    const double y = TOP + (double)r * each;
    line(file, 12, y - 1, WIDTH - 12, y - 1, "stroke=\"#eee\"");
    text(file, LEFT - 12, y + each / 2 + 3, "end", "", chart->rows[r]->text);
    for (size_t i = 1; i < chart->plan->engine_count; ++i) {
      const double ratio = ratio_of(chart, chart->rows[r], i);
      if (ratio > 0)
        draw_bar(file, chart, i, ratio, y + GAP / 2.0 + (double)(i - 1) * BAR);
    }
  }
  return end_picture(file, path);
}

/* ---- lines ------------------------------------------------------------------------------------------------------- */

enum { PANEL_WIDTH = 430, PANEL_HEIGHT = 250, PANELS_BESIDE = 2, HEAD = 66 };

struct panel {
  double x, y, width, height;    /* of what is inside the axes */
  double left, right, low, high; /* logarithms at its borders */
};

static double figure_at(const struct chart *chart, const struct row *row, size_t engine, uint64_t records) {
  const struct result *result = results_find(chart->results, row, chart->plan->engines[engine], chart->mode, records);
  return result && result->outcome == MEASURED ? result->median : 0;
}

static double panel_x(const struct panel *panel, double records) {
  return panel->x + (log10(records) - panel->left) / (panel->right - panel->left) * panel->width;
}

static double panel_y(const struct panel *panel, double figure) {
  return panel->y + (panel->high - log10(figure)) / (panel->high - panel->low) * panel->height;
}

static void fit(struct panel *panel, const struct chart *chart, const struct row *row) {
  const struct plan *plan = chart->plan;
  double low = 1e300, high = 0, least = 1e300, most = 0;
  for (size_t size = 0; size < plan->sizes; ++size) {
    const double records = (double)plan->records[size];
    least = records < least ? records : least;
    most = records > most ? records : most;
    for (size_t i = 0; i < plan->engine_count; ++i) {
      const double figure = figure_at(chart, row, i, plan->records[size]);
      low = figure > 0 && figure < low ? figure : low;
      high = figure > high ? figure : high;
    }
  }
  panel->left = log10(least) - 0.05;
  panel->right = log10(most) + 0.05;
  panel->low = log10(high > 0 ? low : 1) - 0.1;
  panel->high = log10(high > 0 ? high : 10) + 0.1;
}

static void draw_axes(FILE *file, const struct panel *panel, const struct plan *plan) {
  static const double steps[] = {1, 2, 5};
  char words[32];
  for (int decade = -4; decade <= 7; ++decade)
    for (size_t i = 0; i < 3; ++i) {
      const double figure = steps[i] * pow(10, decade);
      if (log10(figure) < panel->low || log10(figure) > panel->high || (panel->high - panel->low > 2 && i))
        continue;
      snprintf(words, sizeof(words), "%g", figure);
      line(file, panel->x, panel_y(panel, figure), panel->x + panel->width, panel_y(panel, figure), "stroke=\"#ddd\"");
      text(file, panel->x - 6, panel_y(panel, figure) + 4, "end", " fill=\"#555\" font-size=\"11\"", words);
    }
  for (size_t size = 0; size < plan->sizes; ++size) {
    const double x = panel_x(panel, (double)plan->records[size]);
    snprintf(words, sizeof(words), "%llu", (unsigned long long)plan->records[size]);
    line(file, x, panel->y, x, panel->y + panel->height, "stroke=\"#eee\"");
    text(file, x, panel->y + panel->height + 16, "middle", " fill=\"#555\" font-size=\"11\"", words);
  }
  fprintf(file, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"none\" stroke=\"#888\"/>\n",
          panel->x, panel->y, panel->width, panel->height);
}

static void draw_line(FILE *file, const struct panel *panel, const struct chart *chart, const struct row *row,
                      size_t engine) {
  const struct plan *plan = chart->plan;
  fprintf(file, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" points=\"", colour_of(plan->engines[engine]),
          engine ? "1.6" : "2.6");
  for (size_t size = 0; size < plan->sizes; ++size) {
    const double figure = figure_at(chart, row, engine, plan->records[size]);
    if (figure > 0)
      fprintf(file, "%.1f,%.1f ", panel_x(panel, (double)plan->records[size]), panel_y(panel, figure));
  }
  fprintf(file, "\"/>\n");
  for (size_t size = 0; size < plan->sizes; ++size) {
    const double figure = figure_at(chart, row, engine, plan->records[size]);
    if (figure > 0)
      fprintf(file, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n",
              panel_x(panel, (double)plan->records[size]), panel_y(panel, figure), colour_of(plan->engines[engine]));
  }
}

static int growth(const struct chart *chart, const char *path) {
  const struct plan *plan = chart->plan;
  const size_t deep = (plan->row_count + PANELS_BESIDE - 1) / PANELS_BESIDE;
  FILE *file = begin_picture(path, PANEL_WIDTH * PANELS_BESIDE, HEAD + (double)deep * PANEL_HEIGHT);
  char words[160];
  if (!file)
    return 1;
  text(file, 12, 20, "start", " font-size=\"15\" font-weight=\"bold\"",
       "Growth with the number of records (less is better)");
  legend(file, plan, 0, 12, 46);
  for (size_t r = 0; r < plan->row_count; ++r) {
    struct panel panel = {.x = (double)(r % PANELS_BESIDE) * PANEL_WIDTH + 60,
                          .y = HEAD + (double)(r / PANELS_BESIDE) * PANEL_HEIGHT + 26,
                          .width = PANEL_WIDTH - 84,
                          .height = PANEL_HEIGHT - 66};
    fit(&panel, chart, plan->rows[r]);
    snprintf(words, sizeof(words), "%s: %s", plan->rows[r]->text, plan->rows[r]->unit);
    text(file, panel.x, panel.y - 8, "start", " font-weight=\"bold\"", words);
    draw_axes(file, &panel, plan);
    for (size_t i = plan->engine_count; i-- > 0;)
      draw_line(file, &panel, chart, plan->rows[r], i);
  }
  return end_picture(file, path);
}

int plot_all(const struct plan *plan, const struct results *results, const char *prefix) {
  char path[600];
  int rc = 0;
  if (plan->sizes > 1) {
    const struct chart chart = {.plan = plan, .results = results, .mode = plan->modes[0]};
    snprintf(path, sizeof(path), "%s-growth.svg", prefix);
    return growth(&chart, path);
  }
  for (size_t g = 0; g < row_group_count; ++g) {
    struct chart chart = {.plan = plan, .results = results, .mode = plan->modes[0], .records = plan->records[0]};
    collect(&chart, &row_groups[g]);
    snprintf(path, sizeof(path), "%s-%s.svg", prefix, row_groups[g].name);
    if (chart.count)
      rc |= bars(&chart, &row_groups[g], path);
  }
  return rc;
}
