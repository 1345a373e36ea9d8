/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page map as a picture: a grid of cells in the order of the file, left to right and down. A cell is one page, or
 * several when there are many. The colour shows the table, paler cells are less full, and a dot marks branches.
 *
 * Adjacent cells of the same look are a run. Each of the longest runs is a shape of its own, with a text that a browser
 * shows when the user points at it; all other runs of one look are one shape together. So the size of the picture is
 * bounded for every database.
 */
#include "mdbx_chk/page_map.h"
#include "tools/tool_sizes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The picture of a small file has larger cells, as long as the grid is not higher than the legend. */
enum {
  COLUMNS = 128,
  ROWS_MOST = 96,
  STEP = 8,
  CELL = 7,
  LEFT = 150,
  TOP = 150,
  LEGEND = 380,
  SCALE_MOST = 4,
  HEIGHT = 400
};
enum { NAME_SHOWN = 22, TITLED_RUNS = 500, LEVELS = 3 };

/* What one cell shows. */
struct cell {
  enum page_kind kind; /* the one most of its pages have */
  unsigned table, fill;
};

/* Cells of one look in a row. */
struct run {
  size_t first, length; /* cells */
  unsigned look;
  uint64_t fill; /* sum over its cells */
};

struct drawing {
  const struct page_map *map;
  FILE *out;
  size_t per_cell, count, rows, columns, scale;
  struct cell *cells;
  struct run *runs;
  size_t run_count;
};

static const char *const kind_names[PAGE_KINDS] = {
    [PAGE_UNALLOCATED] = "unallocated end",
    [PAGE_LOST] = "lost",
    [PAGE_META] = "meta",
    [PAGE_GC] = "free space table",
    [PAGE_BRANCH] = "branch",
    [PAGE_LEAF] = "leaf",
    [PAGE_LARGE] = "large value",
    [PAGE_NESTED] = "values of one key",
    [PAGE_FREE] = "free",
    [PAGE_HELD] = "held back",
};

/* ---------------------------------------------------------------------------------------------------------- looks */

static bool has_table(enum page_kind kind) {
  return kind == PAGE_BRANCH || kind == PAGE_LEAF || kind == PAGE_LARGE || kind == PAGE_NESTED;
}

/* Looks are numbered: kinds without a table first, then the tables. */
enum { LOOKS = PAGE_KINDS + PAGE_TABLES };

static unsigned look_of(const struct cell *cell) {
  if (!has_table(cell->kind))
    return cell->kind;
  return PAGE_KINDS + (cell->table ? cell->table - 1 : PAGE_TABLES - 1);
}

static const char *name_of_look(const struct page_map *map, unsigned look) {
  if (look < PAGE_KINDS)
    return kind_names[look];
  return look - PAGE_KINDS < map->table_count ? map->tables[look - PAGE_KINDS].name : "other tables";
}

/* Colour-blind people can distinguish them too. The colours are literal values, because many viewers do not support
 * variables. */
static const char style[] =
    "<style>\n"
    "text{font:12px DejaVu Sans Mono,Menlo,Consolas,monospace;fill:#24292f}.t{font-size:17px;font-weight:bold}"
    ".h{font-weight:bold}.p{fill:#6e7781}.r{text-anchor:end}\n"
    ".ground,.dot{fill:#fff}.veil{fill:#fff;fill-opacity:.35}.frame{fill:none;stroke:#d0d7de}.stripe{stroke:#d1603d}\n"
    ".l0{fill:#f6f8fa}.l1{fill:#e5007d}.l2{fill:#111}.l3{fill:#57606a}.l8,.weave{fill:#e4e8ec}.l9{fill:url(#held)}\n"
    ".l10{fill:#4e79a7}.l11{fill:#e0a030}.l12{fill:#3f9b76}.l13{fill:#b07aa1}.l14{fill:#6fb2d2}.l15{fill:#d1603d}"
    ".l16{fill:#8a78b8}.l17{fill:#9c755f}.l18{fill:#2f9c95}.l19{fill:#c05a6a}.l20{fill:#7f9f3f}.l21{fill:#8f959c}\n"
    "@media(prefers-color-scheme:dark){text{fill:#d6dae0}.p{fill:#8b949e}.ground,.dot{fill:#14171c}.veil{fill:#14171c}"
    ".frame{stroke:#3a424c}.l0{fill:#1b1f25}.l2{fill:#e8eaed}.l3{fill:#a0a8b2}.l8,.weave{fill:#2d343d}}\n"
    "</style>\n"
    "<defs><pattern id=\"held\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\"><rect class=\"weave\" "
    "width=\"4\" "
    "height=\"4\"/><path class=\"stripe\" d=\"M0 4L4 0\" stroke-width=\"1.2\"/></pattern></defs>\n";

/* ---------------------------------------------------------------------------------------------------------- cells */

static unsigned most_frequent(const size_t *counts, unsigned length) {
  unsigned best = 0;
  for (unsigned i = 1; i < length; ++i)
    if (counts[i] > counts[best])
      best = i;
  return best;
}

static struct cell cell_at(const struct drawing *drawing, size_t number) {
  const struct page_map *map = drawing->map;
  size_t kinds[PAGE_KINDS] = {0}, tables[PAGE_TABLES + 1] = {0}, fill = 0;
  const size_t first = number * drawing->per_cell;
  const size_t end = first + drawing->per_cell < map->count ? first + drawing->per_cell : map->count;
  for (size_t i = first; i < end; ++i) {
    kinds[map->kind[i]] += 1;
    tables[map->table[i]] += 1;
    fill += map->fill[i];
  }
  struct cell cell = {.fill = (unsigned)(fill / (end - first))};
  cell.kind = (enum page_kind)most_frequent(kinds, PAGE_KINDS);
  tables[0] = 0;
  cell.table = most_frequent(tables, PAGE_TABLES + 1);
  return cell;
}

static bool find_runs(struct drawing *drawing) {
  drawing->cells = calloc(drawing->count, sizeof(*drawing->cells));
  drawing->runs = calloc(drawing->count, sizeof(*drawing->runs));
  if (!drawing->cells || !drawing->runs)
    return false;
  for (size_t i = 0; i < drawing->count; ++i) {
    const struct cell cell = drawing->cells[i] = cell_at(drawing, i);
    struct run *last = drawing->run_count ? &drawing->runs[drawing->run_count - 1] : NULL;
    if (!last || last->look != look_of(&cell)) {
      last = &drawing->runs[drawing->run_count++];
      *last = (struct run){.first = i, .look = look_of(&cell)};
    }
    last->length += 1;
    last->fill += cell.fill;
  }
  return true;
}

/* --------------------------------------------------------------------------------------------------------- shapes */

/* Cells [from, to) as parts of a path, one rectangle for each row they touch. */
static void path_of(const struct drawing *drawing, size_t from, size_t to) {
  while (from < to) {
    const size_t column = from % drawing->columns, row = from / drawing->columns;
    const size_t left = drawing->columns - column, length = to - from < left ? to - from : left;
    const size_t width = length * STEP - (STEP - CELL);
    fprintf(drawing->out, "M%zu %zuh%zuv%dh-%zuz", column * STEP, row * STEP, width, CELL, width);
    from += length;
  }
}

static int longer_first(const void *a, const void *b) {
  const size_t left = *(const size_t *)a, right = *(const size_t *)b;
  return left > right ? -1 : left < right;
}

/* The least length of a run that is a shape of its own. */
static size_t least_titled(const struct drawing *drawing) {
  if (drawing->run_count <= TITLED_RUNS)
    return 1;
  size_t *lengths = malloc(drawing->run_count * sizeof(*lengths));
  if (!lengths)
    return SIZE_MAX;
  for (size_t i = 0; i < drawing->run_count; ++i)
    lengths[i] = drawing->runs[i].length;
  qsort(lengths, drawing->run_count, sizeof(*lengths), longer_first);
  const size_t least = lengths[TITLED_RUNS] + 1;
  free(lengths);
  return least;
}

static void escaped(FILE *out, const char *text) {
  for (; *text; ++text)
    switch (*text) {
    case '<':
      fputs("&lt;", out);
      break;
    case '>':
      fputs("&gt;", out);
      break;
    case '&':
      fputs("&amp;", out);
      break;
    default:
      fputc((unsigned char)*text < 32 || (unsigned char)*text > 126 ? '.' : *text, out);
    }
}

static void draw_titled(const struct drawing *drawing, const struct run *run) {
  const size_t first = run->first * drawing->per_cell, end = (run->first + run->length) * drawing->per_cell;
  fprintf(drawing->out, "<path class=\"l%u\" d=\"", run->look);
  path_of(drawing, run->first, run->first + run->length);
  fprintf(drawing->out, "\"><title>pages %zu to %zu: ", first,
          (end < drawing->map->count ? end : drawing->map->count) - 1);
  escaped(drawing->out, name_of_look(drawing->map, run->look));
  if (run->look >= PAGE_KINDS)
    fprintf(drawing->out, ", %u %% full", (unsigned)(run->fill / run->length));
  fputs("</title></path>\n", drawing->out);
}

/* All short runs of one look. */
static void draw_rest(const struct drawing *drawing, unsigned look, size_t titled) {
  bool any = false;
  for (size_t i = 0; i < drawing->run_count; ++i) {
    const struct run *run = &drawing->runs[i];
    if (run->look != look || run->length >= titled)
      continue;
    if (!any)
      fprintf(drawing->out, "<path class=\"l%u\" d=\"", look);
    path_of(drawing, run->first, run->first + run->length);
    any = true;
  }
  if (!any)
    return;
  fputs("\"><title>", drawing->out);
  escaped(drawing->out, name_of_look(drawing->map, look));
  fputs("</title></path>\n", drawing->out);
}

/* 0: nearly full, LEVELS - 1: nearly empty. */
static unsigned level_of(const struct cell *cell) {
  return !has_table(cell->kind) || cell->fill >= 67 ? 0 : cell->fill >= 34 ? 1 : 2;
}

/* Less full cells are paler: a translucent layer for each level, which the pointer ignores. */
static void draw_veils(const struct drawing *drawing) {
  for (unsigned level = 1; level < LEVELS; ++level) {
    fputs("<path class=\"veil\" pointer-events=\"none\" d=\"", drawing->out);
    for (size_t from = 0, to; from < drawing->count; from = to) {
      for (to = from; to < drawing->count && level_of(&drawing->cells[to]) >= level; ++to)
        ;
      path_of(drawing, from, to);
      to = to > from ? to : from + 1;
    }
    fputs("\"/>\n", drawing->out);
  }
}

/* Branches and the values of one key, where a cell is a page. */
static void draw_dots(const struct drawing *drawing) {
  enum { DOT = 3, INSET = (CELL - DOT) / 2 };
  if (drawing->per_cell > 1)
    return;
  fputs("<path class=\"dot\" pointer-events=\"none\" d=\"", drawing->out);
  for (size_t i = 0; i < drawing->count; ++i)
    if (drawing->cells[i].kind == PAGE_BRANCH)
      fprintf(drawing->out, "M%zu %zuh%dv%dh-%dz", i % drawing->columns * STEP + INSET,
              i / drawing->columns * STEP + INSET, DOT, DOT, DOT);
  fputs("\"/>\n", drawing->out);
}

static void draw_grid(const struct drawing *drawing) {
  const size_t titled = least_titled(drawing);
  fprintf(drawing->out, "<g transform=\"translate(%d %d) scale(%zu)\">\n", LEFT, TOP, drawing->scale);
  for (unsigned look = 0; look < LOOKS; ++look)
    draw_rest(drawing, look, titled);
  for (size_t i = 0; i < drawing->run_count; ++i)
    if (drawing->runs[i].length >= titled)
      draw_titled(drawing, &drawing->runs[i]);
  draw_veils(drawing);
  draw_dots(drawing);
  fputs("</g>\n", drawing->out);
}

/* Before some rows: the number of the first page, and where that is in the file. */
static void draw_axis(const struct drawing *drawing) {
  const size_t every = drawing->scale > 1 ? 4 : 8;
  fprintf(drawing->out,
          "<text x=\"%d\" y=\"%d\" class=\"p r\">page</text><text x=\"%d\" y=\"%d\" class=\"p r\">MiB</text>\n",
          LEFT - 70, TOP - 10, LEFT - 8, TOP - 10);
  for (size_t row = 0; row < drawing->rows; row += every) {
    const size_t page = row * drawing->columns * drawing->per_cell;
    const size_t y = TOP + row * STEP * drawing->scale + CELL * drawing->scale / 2 + 4;
    fprintf(drawing->out,
            "<text x=\"%d\" y=\"%zu\" class=\"r\">%zu</text><text x=\"%d\" y=\"%zu\" class=\"p r\">%.1f</text>\n",
            LEFT - 70, y, page, LEFT - 8, y, (double)page * (double)drawing->map->page_size / 1048576.0);
  }
}

/* --------------------------------------------------------------------------------------------------------- legend */

static double legend_x(void) { return LEFT + COLUMNS * STEP + 24; }

static void draw_name(FILE *out, const char *name) {
  char shown[NAME_SHOWN + 4];
  snprintf(shown, sizeof(shown), "%.*s%s", NAME_SHOWN, name, strlen(name) > NAME_SHOWN ? "..." : "");
  escaped(out, shown);
}

static void legend_line(const struct drawing *drawing, double y, unsigned look, const char *name, size_t pages,
                        int fill) {
  FILE *out = drawing->out;
  const double x = legend_x();
  fprintf(out, "<rect class=\"l%u\" x=\"%g\" y=\"%g\" width=\"10\" height=\"10\"/><text x=\"%g\" y=\"%g\">", look, x,
          y - 10, x + 18, y);
  draw_name(out, name);
  fprintf(out, "<title>");
  escaped(out, name);
  fprintf(
      out,
      "</title></text><text x=\"%g\" y=\"%g\" class=\"r\">%zu</text><text x=\"%g\" y=\"%g\" class=\"r\">%.1f %%</text>",
      x + 270, y, pages, x + 325, y, 100.0 * (double)pages / (double)drawing->map->count);
  if (fill >= 0)
    fprintf(out, "<text x=\"%g\" y=\"%g\" class=\"p r\">%d %%</text>", x + LEGEND - 10, y, fill);
  fputc('\n', out);
}

static void legend_head(const struct drawing *drawing, double y, const char *name, const char *last) {
  const double x = legend_x();
  fprintf(drawing->out,
          "<text x=\"%g\" y=\"%g\" class=\"h\">%s</text><text x=\"%g\" y=\"%g\" class=\"p r\">pages</text>"
          "<text x=\"%g\" y=\"%g\" class=\"p r\">%s</text>\n",
          x, y, name, x + 270, y, x + LEGEND - 10, y, last);
}

static const enum page_kind other_kinds[] = {PAGE_META, PAGE_GC, PAGE_FREE, PAGE_HELD, PAGE_LOST, PAGE_UNALLOCATED};
enum { OTHER_KINDS = sizeof(other_kinds) / sizeof(other_kinds[0]), LINE = 18, GAP = 12 };
/* Below the tables: kinds of their pages, as many as there can be, and the next heading. */
enum { LINES_OF_TABLES = 5 };

static double draw_kinds(const struct drawing *drawing, double y) {
  for (size_t i = 0; i < OTHER_KINDS; ++i)
    if (drawing->map->of_kind[other_kinds[i]])
      legend_line(drawing, y += LINE, other_kinds[i], kind_names[other_kinds[i]], drawing->map->of_kind[other_kinds[i]],
                  -1);
  return y;
}

static size_t legend_height(const struct page_map *map) {
  size_t lines = 1 + map->table_count + LINES_OF_TABLES;
  for (size_t i = 0; i < OTHER_KINDS; ++i)
    lines += map->of_kind[other_kinds[i]] > 0;
  lines += map->holder_count > PAGE_HOLDERS ? PAGE_HOLDERS + 1 : map->holder_count;
  return lines * LINE + GAP;
}

static double draw_tables(const struct drawing *drawing, double y) {
  const struct page_map *map = drawing->map;
  for (size_t i = 0; i < map->table_count; ++i) {
    const struct page_table *table = &map->tables[i];
    const int fill = table->pages ? (int)(table->used_bytes * 100 / (table->pages * map->page_size)) : 0;
    legend_line(drawing, y += LINE, PAGE_KINDS + (unsigned)i, table->name, table->pages, fill);
  }
  return y;
}

static void draw_of_tables(const struct drawing *drawing, double y) {
  static const enum page_kind kinds[] = {PAGE_BRANCH, PAGE_LEAF, PAGE_LARGE, PAGE_NESTED};
  for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); ++i)
    if (drawing->map->of_kind[kinds[i]]) {
      y += LINE;
      fprintf(drawing->out,
              "<text x=\"%g\" y=\"%g\" class=\"p\">%s</text><text x=\"%g\" y=\"%g\" class=\"p r\">%zu</text>\n",
              legend_x() + 18, y, kind_names[kinds[i]], legend_x() + 270, y, drawing->map->of_kind[kinds[i]]);
    }
}

static void draw_holders(const struct drawing *drawing, double y) {
  const struct page_map *map = drawing->map;
  char size[SIZE_TEXT];
  for (size_t i = 0; i < map->holder_count && i < PAGE_HOLDERS; ++i)
    fprintf(drawing->out,
            "<text x=\"%g\" y=\"%g\" class=\"p\">process %" PRIu64 ", %" PRIu64 " commits behind, holds %s</text>\n",
            legend_x() + 18, y += LINE, map->holders[i].pid, map->holders[i].behind,
            size_show(map->holders[i].bytes, size));
  if (map->holder_count > PAGE_HOLDERS)
    fprintf(drawing->out, "<text x=\"%g\" y=\"%g\" class=\"p\">and %zu more readers</text>\n", legend_x() + 18,
            y + LINE, map->holder_count - PAGE_HOLDERS);
}

static void draw_legend(const struct drawing *drawing) {
  double y = TOP + 4;
  legend_head(drawing, y, "Tables", "full");
  y = draw_tables(drawing, y);
  draw_of_tables(drawing, y + 6);
  y += GAP + LINE * LINES_OF_TABLES;
  legend_head(drawing, y, "Other pages", "");
  draw_holders(drawing, draw_kinds(drawing, y));
}

/* -------------------------------------------------------------------------------------------------------- summary */

struct part {
  const char *name;
  unsigned look;
  size_t pages;
};

static size_t used_pages(const struct page_map *map) {
  return map->count - map->of_kind[PAGE_FREE] - map->of_kind[PAGE_HELD] - map->of_kind[PAGE_LOST] -
         map->of_kind[PAGE_UNALLOCATED];
}

/* Used, free, held, lost and unallocated pages as one bar, with the figures below. */
static void draw_bar(const struct drawing *drawing) {
  enum { WIDTH = COLUMNS * STEP, Y = 84, THICK = 14 };
  const struct page_map *map = drawing->map;
  const struct part parts[] = {{"in use", PAGE_KINDS, used_pages(map)},
                               {"free", PAGE_FREE, map->of_kind[PAGE_FREE]},
                               {"held back", PAGE_HELD, map->of_kind[PAGE_HELD]},
                               {"lost", PAGE_LOST, map->of_kind[PAGE_LOST]},
                               {"unallocated", PAGE_UNALLOCATED, map->of_kind[PAGE_UNALLOCATED]}};
  double x = LEFT;
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); ++i) {
    const double width = WIDTH * (double)parts[i].pages / (double)map->count;
    if (parts[i].pages)
      fprintf(drawing->out, "<rect class=\"l%u\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>", parts[i].look, x,
              Y, width, THICK);
    x += width;
  }
  fprintf(drawing->out,
          "<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n<text x=\"%d\" y=\"%d\">", LEFT, Y,
          WIDTH, THICK, LEFT, Y + THICK + 18);
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); ++i) {
    char size[SIZE_TEXT];
    if (parts[i].pages)
      fprintf(drawing->out, "%s%s %s (%.1f %%)", i ? "; " : "", parts[i].name,
              size_show((uint64_t)parts[i].pages * map->page_size, size),
              100.0 * (double)parts[i].pages / (double)map->count);
  }
  fputs("</text>\n", drawing->out);
}

/* The result of a defragmentation: all free pages are moved to the end, and the file is not cut below its lower
 * size. */
static uint64_t bytes_after_defrag(const struct page_map *map) {
  const uint64_t needed =
      (uint64_t)(map->count - map->of_kind[PAGE_FREE] - map->of_kind[PAGE_UNALLOCATED]) * map->page_size;
  return needed > map->info.mi_geo.lower ? needed : map->info.mi_geo.lower;
}

static void draw_title(const struct drawing *drawing, const char *title) {
  const struct page_map *map = drawing->map;
  char now[SIZE_TEXT], lower[SIZE_TEXT], upper[SIZE_TEXT], after[SIZE_TEXT], date[64] = "";
  const uint64_t left = bytes_after_defrag(map);
  const time_t seconds = time(NULL);
  struct tm utc;
  if (gmtime_r(&seconds, &utc))
    strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", &utc);
  fprintf(drawing->out, "<text x=\"%d\" y=\"32\" class=\"t\">", LEFT);
  escaped(drawing->out, title);
  fprintf(drawing->out,
          "</text>\n<text x=\"%d\" y=\"54\">%s, transaction %" PRIu64
          ": %s, %zu pages of %zu bytes; limits %s to %s</text>\n",
          LEFT, date, map->info.mi_recent_txnid, size_show(map->info.mi_geo.current, now), map->count, map->page_size,
          size_show(map->info.mi_geo.lower, lower), size_show(map->info.mi_geo.upper, upper));
  fprintf(
      drawing->out,
      "<text x=\"%d\" y=\"72\" class=\"p\">each cell is %zu page%s, in the order of the file; emptier ones are paler",
      LEFT, drawing->per_cell, drawing->per_cell == 1 ? ", with a dot if it is a branch" : "s");
  if (left < map->info.mi_geo.current)
    fprintf(drawing->out, "; mdbx_defrag would leave a file of %s", size_show(left, after));
  fputs("</text>\n", drawing->out);
}

static void draw_frame(const struct drawing *drawing) {
  const size_t least = legend_height(drawing->map);
  const size_t grid = drawing->rows * STEP * drawing->scale;
  const size_t width = LEFT + COLUMNS * STEP + 24 + LEGEND, height = TOP + (grid > least ? grid : least) + 24;
  fprintf(drawing->out,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" height=\"%zu\" viewBox=\"0 0 %zu %zu\">\n%s"
          "<rect class=\"ground\" width=\"%zu\" height=\"%zu\"/>\n",
          width, height, width, height, style, width, height);
}

static void choose_scale(struct drawing *drawing) {
  drawing->scale = SCALE_MOST + 1;
  do {
    drawing->scale -= 1;
    drawing->columns = COLUMNS / drawing->scale;
    drawing->rows = (drawing->count + drawing->columns - 1) / drawing->columns;
  } while (drawing->scale > 1 && drawing->rows * STEP * drawing->scale > HEIGHT);
}

int page_map_draw(const struct page_map *map, const char *title, FILE *out) {
  struct drawing drawing = {.map = map, .out = out};
  drawing.per_cell = (map->count + COLUMNS * ROWS_MOST - 1) / (COLUMNS * ROWS_MOST);
  drawing.count = (map->count + drawing.per_cell - 1) / drawing.per_cell;
  choose_scale(&drawing);
  const bool drawn = find_runs(&drawing);
  if (drawn) {
    draw_frame(&drawing);
    draw_title(&drawing, title);
    draw_bar(&drawing);
    draw_axis(&drawing);
    draw_grid(&drawing);
    draw_legend(&drawing);
    fputs("</svg>\n", out);
  }
  free(drawing.cells);
  free(drawing.runs);
  return drawn ? MDBX_SUCCESS : MDBX_ENOMEM;
}
