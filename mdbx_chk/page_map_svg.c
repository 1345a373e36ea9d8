/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page map as a picture: a grid of cells in the order of the file, left to right and down. A cell is one page, or
 * several when there are many. The colour tells the table, the height of the coloured part how full the pages are, and a
 * mark the kind of page.
 */
#include "mdbx_chk/page_map.h"
#include "tools/tool_sizes.h"

#include <inttypes.h>

/* Of a small file the cells are larger, as long as the grid does not become higher than the legend is anyway. */
enum { COLUMNS = 128, ROWS_MOST = 200, STEP = 9, CELL = 8, LEFT = 110, TOP = 96, LEGEND = 330, SCALE_MOST = 4, HEIGHT = 400 };

/* What one cell shows. */
struct cell {
  enum page_kind kind; /* the one most of its pages have */
  unsigned table, fill;
  size_t first;
};

struct drawing {
  const struct page_map *map;
  FILE *out;
  size_t per_cell, cells, rows, columns, scale;
};

static const char *const kind_names[PAGE_KINDS] = {
    [PAGE_UNALLOCATED] = "unallocated end", [PAGE_LOST] = "lost",
    [PAGE_META] = "meta",                   [PAGE_GC] = "free space table",
    [PAGE_BRANCH] = "branch",               [PAGE_LEAF] = "leaf",
    [PAGE_LARGE] = "large value",           [PAGE_NESTED] = "values of one key",
    [PAGE_FREE] = "free",                   [PAGE_HELD] = "held by a reader or commit",
};

/* Told apart by people who see colours differently, too. */
static const char *const table_colours[PAGE_TABLES] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                                       "#56b4e9", "#d55e00", "#8c6bb1", "#a6761d",
                                                       "#1b9e77", "#b2182b", "#4d9221", "#777777"};

static const char *colour_of(const struct cell *cell) {
  switch (cell->kind) {
  case PAGE_UNALLOCATED: return "#f3f3f3";
  case PAGE_FREE: return "#ffffff";
  case PAGE_HELD: return "url(#held)";
  case PAGE_LOST: return "#ff00ff";
  case PAGE_META: return "#000000";
  case PAGE_GC: return "#555555";
  default: return table_colours[cell->table ? cell->table - 1 : PAGE_TABLES - 1];
  }
}

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
  struct cell cell = {.first = first, .fill = (unsigned)(fill / (end - first))};
  cell.kind = (enum page_kind)most_frequent(kinds, PAGE_KINDS);
  tables[0] = 0;
  cell.table = most_frequent(tables, PAGE_TABLES + 1);
  return cell;
}

/* ------------------------------------------------------------------------------------------------------- drawing */

static void rectangle(FILE *out, double x, double y, double width, double height, const char *fill,
                      const char *more) {
  fprintf(out, "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" fill=\"%s\"%s/>\n", x, y, width, height, fill, more);
}

static bool has_table(const struct cell *cell) {
  return cell->kind == PAGE_BRANCH || cell->kind == PAGE_LEAF || cell->kind == PAGE_LARGE || cell->kind == PAGE_NESTED;
}

/* Marks tell kinds of pages of one table apart. */
static void draw_mark(FILE *out, const struct cell *cell, double x, double y) {
  if (cell->kind == PAGE_BRANCH)
    fprintf(out, "<circle cx=\"%g\" cy=\"%g\" r=\"2\" fill=\"#000\" stroke=\"#fff\"/>\n", x + CELL / 2.0,
            y + CELL / 2.0);
  else if (cell->kind == PAGE_NESTED)
    fprintf(out, "<circle cx=\"%g\" cy=\"%g\" r=\"1.8\" fill=\"none\" stroke=\"#fff\"/>\n", x + CELL / 2.0,
            y + CELL / 2.0);
  else if (cell->kind == PAGE_LARGE)
    fprintf(out, "<path d=\"M%g %gh%d\" stroke=\"#fff\" stroke-width=\"1.5\"/>\n", x, y + CELL / 2.0, CELL);
}

static void draw_cell(FILE *out, const struct cell *cell, double x, double y) {
  const char *colour = colour_of(cell);
  if (!has_table(cell)) {
    rectangle(out, x, y, CELL, CELL, colour, cell->kind == PAGE_FREE ? " stroke=\"#bbb\" stroke-width=\"0.6\"" : "");
    return;
  }
  const double height = CELL * cell->fill / 100.0;
  rectangle(out, x, y, CELL, CELL, colour, " fill-opacity=\"0.22\"");
  rectangle(out, x, y + CELL - height, CELL, height, colour, "");
  draw_mark(out, cell, x, y);
}

static void draw_grid(const struct drawing *drawing) {
  fprintf(drawing->out, "<g transform=\"translate(%d %d) scale(%zu)\">\n", LEFT, TOP, drawing->scale);
  for (size_t number = 0; number < drawing->cells; ++number) {
    const struct cell cell = cell_at(drawing, number);
    draw_cell(drawing->out, &cell, (double)(number % drawing->columns) * STEP, (double)(number / drawing->columns) * STEP);
  }
  fputs("</g>\n", drawing->out);
}

/* The number of the first page of some rows, before them. */
static void draw_numbers(const struct drawing *drawing) {
  const size_t every = 8 / drawing->scale;
  for (size_t row = 0; row < drawing->rows; row += every)
    fprintf(drawing->out, "<text x=\"%d\" y=\"%zu\" text-anchor=\"end\">%zu</text>\n", LEFT - 8,
            TOP + row * STEP * drawing->scale + CELL * drawing->scale / 2 + 4, row * drawing->columns * drawing->per_cell);
}

static void escaped(FILE *out, const char *text) {
  for (; *text; ++text)
    switch (*text) {
    case '<': fputs("&lt;", out); break;
    case '>': fputs("&gt;", out); break;
    case '&': fputs("&amp;", out); break;
    default: fputc((unsigned char)*text < 32 || (unsigned char)*text > 126 ? '.' : *text, out);
    }
}

static void legend_line(const struct drawing *drawing, double y, const struct cell *sample, const char *name,
                        size_t pages, int fill) {
  const struct page_map *map = drawing->map;
  const double x = LEFT + COLUMNS * STEP + 24;
  draw_cell(drawing->out, sample, x, y - CELL);
  fprintf(drawing->out, "<text x=\"%g\" y=\"%g\">", x + 16, y);
  escaped(drawing->out, name);
  fprintf(drawing->out, "</text><text x=\"%g\" y=\"%g\" text-anchor=\"end\">%zu pages, %.1f %%", x + LEGEND - 30, y,
          pages, 100.0 * (double)pages / (double)map->count);
  if (fill >= 0)
    fprintf(drawing->out, ", %d %% full", fill);
  fputs("</text>\n", drawing->out);
}

static double draw_kinds(const struct drawing *drawing, double y) {
  static const enum page_kind order[] = {PAGE_META, PAGE_GC,   PAGE_BRANCH, PAGE_LEAF, PAGE_LARGE,
                                         PAGE_NESTED, PAGE_FREE, PAGE_HELD,  PAGE_LOST, PAGE_UNALLOCATED};
  for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); ++i, y += 18) {
    const struct cell sample = {.kind = order[i], .table = PAGE_TABLES, .fill = 70};
    legend_line(drawing, y, &sample, kind_names[order[i]], drawing->map->of_kind[order[i]], -1);
  }
  return y;
}

static void draw_tables(const struct drawing *drawing, double y) {
  const struct page_map *map = drawing->map;
  for (size_t i = 0; i < map->table_count; ++i, y += 18) {
    const struct page_table *table = &map->tables[i];
    const int fill = (int)(table->used_bytes * 100 / (table->pages * map->page_size));
    const struct cell sample = {.kind = PAGE_LEAF, .table = (unsigned)i + 1, .fill = (unsigned)fill};
    legend_line(drawing, y, &sample, table->name, table->pages, fill);
  }
}

static void draw_legend(const struct drawing *drawing) {
  const double x = LEFT + COLUMNS * STEP + 24;
  fprintf(drawing->out, "<text x=\"%g\" y=\"%d\" class=\"h\">Pages by kind</text>\n", x, TOP + 6);
  const double y = draw_kinds(drawing, TOP + 30);
  fprintf(drawing->out, "<text x=\"%g\" y=\"%g\" class=\"h\">Pages by table</text>\n", x, y + 16);
  draw_tables(drawing, y + 40);
}

static void draw_title(const struct drawing *drawing, const char *title) {
  const struct page_map *map = drawing->map;
  char now[SIZE_TEXT], lower[SIZE_TEXT], upper[SIZE_TEXT];
  fprintf(drawing->out, "<text x=\"%d\" y=\"32\" class=\"t\">", LEFT);
  escaped(drawing->out, title);
  fprintf(drawing->out,
          "</text>\n<text x=\"%d\" y=\"54\">%zu pages of %zu bytes, %s; transaction %" PRIu64
          "; limits %s to %s</text>\n",
          LEFT, map->count, map->page_size, size_show(map->info.mi_geo.current, now), map->info.mi_recent_txnid,
          size_show(map->info.mi_geo.lower, lower), size_show(map->info.mi_geo.upper, upper));
  fprintf(drawing->out,
          "<text x=\"%d\" y=\"74\">each cell is %zu page%s, in the order of the file; the height of the colour is how full "
          "it is</text>\n",
          LEFT, drawing->per_cell, drawing->per_cell == 1 ? "" : "s");
}

static void draw_frame(const struct drawing *drawing) {
  const size_t least = (PAGE_KINDS + drawing->map->table_count + 5) * 18;
  const size_t grid = drawing->rows * STEP * drawing->scale;
  const size_t width = LEFT + COLUMNS * STEP + 24 + LEGEND, height = TOP + (grid > least ? grid : least) + 24;
  fprintf(drawing->out,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" height=\"%zu\" viewBox=\"0 0 %zu %zu\">\n"
          "<style>text{font:12px sans-serif;fill:#222}.t{font-size:18px;font-weight:bold}.h{font-weight:bold}</style>\n"
          "<defs><pattern id=\"held\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\">"
          "<rect width=\"4\" height=\"4\" fill=\"#fff\"/><path d=\"M0 4L4 0\" stroke=\"#d00\" stroke-width=\"1.4\"/>"
          "</pattern></defs>\n",
          width, height, width, height);
  rectangle(drawing->out, 0, 0, (double)width, (double)height, "#ffffff", "");
}

static void choose_scale(struct drawing *drawing) {
  drawing->scale = SCALE_MOST + 1;
  do {
    drawing->scale -= 1;
    drawing->columns = COLUMNS / drawing->scale;
    drawing->rows = (drawing->cells + drawing->columns - 1) / drawing->columns;
  } while (drawing->scale > 1 && drawing->rows * STEP * drawing->scale > HEIGHT);
}

void page_map_draw(const struct page_map *map, const char *title, FILE *out) {
  struct drawing drawing = {.map = map, .out = out};
  drawing.per_cell = (map->count + COLUMNS * ROWS_MOST - 1) / (COLUMNS * ROWS_MOST);
  drawing.cells = (map->count + drawing.per_cell - 1) / drawing.per_cell;
  choose_scale(&drawing);
  draw_frame(&drawing);
  draw_title(&drawing, title);
  draw_grid(&drawing);
  draw_numbers(&drawing);
  draw_legend(&drawing);
  fputs("</svg>\n", out);
}
