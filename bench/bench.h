/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/bench.h: what the parts of the benchmark know of each other.
 *
 * An engine is a table of functions (engine_*.c). A row is one kind of work (rows_*.c), written once for all engines.
 * run.c gives each engine a process and a folder of its own for each row and lets them take turns; results.c keeps what
 * they measured, report.c and plot.c write it down.
 */
#ifndef MDBX_BENCH_BENCH_H
#define MDBX_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
  const void *data;
  size_t length;
};

/* ---- engines ----------------------------------------------------------------------------------------------------- */

/* Keys: bytes, or integers of the machine. MULTI and ARRAYS have several values a key, those of ARRAYS are integers. */
enum table { PLAIN, INTEGERS, MULTI, ARRAYS };

/* Engines that know no memory to write to, or only one kind of commit without flush, take the nearest they have. */
enum mode { UTTERLY, SAFE, WRITEMAP, DURABLE, MODES };
enum how { UPSERT, APPENDED };

enum feature {
  HAS_INTEGERS = 1,  /* tables of integer keys; others get the bytes in the order of the numbers */
  HAS_VALUES = 2,    /* several values a key */
  HAS_TABLES = 4,    /* many tables that one transaction may use */
  HAS_SNAPSHOTS = 8, /* a reader sees one state for as long as it likes while others write */
  HAS_WRITERS = 16,  /* several threads commit at a time, and wait for each other */
  HAS_CALLS = 32,    /* a durable commit writes with calls only, not to mapped memory */
};

enum { TABLES = 1000 };

struct opening {
  enum mode mode;
  enum table table;
  int shared; /* one thread has several read transactions at a time */
  int tight;  /* files grow by small steps, for rows that weigh them */
};

/*
 * A handle is used by one thread. What an engine lacks is NULL; only `renew`, `get_many`, `make_tables`, `use_table`,
 * `put_array`, and `attach` with `detach` may lack. What fails ends the process.
 */
struct engine {
  const char *name, *label;
  unsigned features; /* of enum feature */
  const char *(*version)(void);
  void *(*open)(const char *folder, const struct opening *opening);
  void (*close)(void *handle);
  void (*begin)(void *handle, int reading);
  void (*renew)(void *handle); /* a new read transaction in the place of the one there is */
  void (*commit)(void *handle);
  void (*put)(void *handle, struct bytes key, struct bytes value, enum how how);
  int (*get)(void *handle, struct bytes key); /* the first byte of the value, or -1 */
  uint64_t (*get_many)(void *handle, const struct bytes *keys, size_t count);
  void (*del)(void *handle, struct bytes key); /* there may be none */
  /* The sum of the first bytes of so many values, beginning at a key, or at the end of the table if `from.data` is
   * NULL. */
  uint64_t (*scan)(void *handle, struct bytes from, uint64_t limit, int back);
  void (*make_tables)(void *handle); /* so many as TABLES */
  void (*use_table)(void *handle, unsigned number);
  void (*put_array)(void *handle, struct bytes key, const void *values, size_t length, size_t count);
  void *(*attach)(void *handle); /* a second handle of the same database: for a thread, or an old reader */
  void (*detach)(void *handle);
};

/* Ours is the first one. */
extern const struct engine *const engines[];
extern const size_t engine_count;

extern const struct engine engine_mdbx, engine_lmdb, engine_sqlite, engine_leveldb, engine_rocksdb, engine_bdb,
    engine_wiredtiger, engine_kyoto;

const char *table_name(unsigned number);

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* One engine at work on one row. */
struct stage {
  const struct engine *engine;
  void *handle;
  const char *folder;
  struct opening opening;
  uint64_t records;
  double scale; /* of counts of operations that do not follow from the number of records */
  int processor_time;
};

/* What the database has in it before a row begins. */
enum content { NOTHING, RECORDS, LONG_KEYS, VALUES, INTEGER_VALUES, CONTENTS };

enum row_kind {
  READS = 1,   /* leaves the database as it is: all rounds use one */
  FLUSHES = 2, /* durable, in the folder on the disk */
  SHARED = 4,  /* see struct opening */
  TIGHT = 8,
};

struct row {
  const char *name, *group, *unit;
  const char *text;                   /* for the tables of documents */
  double (*run)(struct stage *stage); /* the figure; less is better */
  unsigned kind;                      /* of enum row_kind */
  enum table table;
  enum content content;
  unsigned needs; /* of enum feature */
};

struct row_group {
  const char *name, *title;
};

extern const struct row rows[];
extern const size_t row_count;
extern const struct row_group row_groups[];
extern const size_t row_group_count;

/* Fills an empty database. */
void fill(struct stage *stage, enum content content);

double stage_clock(const struct stage *stage);
/* Microseconds an operation since the clock said `start`. */
double microseconds(const struct stage *stage, double start, uint64_t operations);
/* `count`, scaled; never 0. */
uint64_t scaled(const struct stage *stage, uint64_t count);
/* What is read goes here, so that no compiler leaves the reading out. */
extern volatile uint64_t sink;

double row_load(struct stage *stage);
double row_append(struct stage *stage);
double row_inorder(struct stage *stage);
double row_integers(struct stage *stage);
double row_longkeys(struct stage *stage);
double row_multi(struct stage *stage);
double row_arrays(struct stage *stage);
double row_longarr(struct stage *stage);
double row_multiple(struct stage *stage);
double row_64k(struct stage *stage);
double row_1m(struct stage *stage);

double row_tables(struct stage *stage);
double row_oneput(struct stage *stage);
double row_update(struct stage *stage);
double row_after(struct stage *stage);
double row_ten(struct stage *stage);
double row_thousand(struct stage *stage);
double row_crud(struct stage *stage);
double row_replace(struct stage *stage);
double row_delete(struct stage *stage);
double row_durable_one(struct stage *stage);
double row_durable_ten(struct stage *stage);
double row_durable_thousand(struct stage *stage);
double row_durable(struct stage *stage);
double row_commits_4(struct stage *stage);
double row_commits_16(struct stage *stage);
double row_written(struct stage *stage);

double row_get(struct stage *stage);
double row_miss(struct stage *stage);
double row_gettxn(struct stage *stage);
double row_renew(struct stage *stage);
double row_getmany(struct stage *stage);
double row_get_threads(struct stage *stage);
double row_getlong(struct stage *stage);
double row_scan(struct stage *stage);
double row_back(struct stage *stage);
double row_scan10(struct stage *stage);
double row_scan100(struct stage *stage);

double row_mixed_95(struct stage *stage);
double row_mixed_50(struct stage *stage);
double row_mixed_95_zipf(struct stage *stage);
double row_mixed_50_zipf(struct stage *stage);

double row_reader_1(struct stage *stage);
double row_reader_10(struct stage *stage);
double row_reader_1_size(struct stage *stage);
double row_reader_10_size(struct stage *stage);
double row_open(struct stage *stage);
double row_disk(struct stage *stage);
double row_disk_churn(struct stage *stage);
double row_memory(struct stage *stage);

/* What geometry does to a growing data set of this engine; prints lines of its own. */
void geometry_report(const char *folder, uint64_t records);

/* ---- keys -------------------------------------------------------------------------------------------------------- */

uint64_t ordered(uint64_t i); /* neighbours in the order of bytes */
uint64_t counted(uint64_t i); /* neighbours in the order of integers */
enum { LONG_KEY = 64 };
/* A key of LONG_KEY bytes that has its first 48 in common with others. */
struct bytes long_key(char room[LONG_KEY], uint64_t i);
/* So many numbers below `records`; with `zipf`, few of them are drawn often (exponent 0.99). The caller frees them. */
uint64_t *draw(uint64_t records, uint64_t count, int zipf);

/* ---- results ----------------------------------------------------------------------------------------------------- */

enum { ROUNDS_MAX = 15 };

enum outcome { MEASURED, IMPOSSIBLE, FAILED };

struct result {
  const struct row *row;
  const struct engine *engine;
  enum mode mode;
  uint64_t records;
  enum outcome outcome;
  double median, low, high;
};

struct plan {
  const char *folder, *disk;
  uint64_t records[16];
  size_t sizes;
  enum mode modes[MODES];
  size_t mode_count;
  const struct engine *engines[16]; /* ours is the first one, if it takes part */
  size_t engine_count;
  const struct row *rows[128];
  size_t row_count;
  unsigned rounds;
  double scale;
  int processor_time;
};

struct results {
  struct result *all;
  size_t count, room;
};

void results_add(struct results *results, const struct row *row, const struct engine *engine, enum mode mode,
                 uint64_t records, double *figures, unsigned count, enum outcome outcome);
/* NULL: there is none. */
const struct result *results_find(const struct results *results, const struct row *row, const struct engine *engine,
                                  enum mode mode, uint64_t records);
/* The figure divided by that of the first engine of the plan, in the same row; 0: there is none. */
double results_ratio(const struct results *results, const struct plan *plan, const struct result *result);
/* Half of the distance of the lowest and the highest, in percent of the median. */
double results_spread(const struct result *result);
extern const char *const mode_names[MODES];

/* Runs everything that the plan has, and prints it row by row. */
void run_plan(const struct plan *plan, struct results *results);

void report_begin(const struct plan *plan, enum mode mode, uint64_t records);
void report_row(const struct plan *plan, const struct results *results, const struct row *row, enum mode mode,
                uint64_t records);
int report_csv(const struct plan *plan, const struct results *results, const char *path);
int report_markdown(const struct plan *plan, const struct results *results, const char *path);
/* PREFIX-GROUP.svg for each group, and PREFIX-growth.svg if there are several numbers of records. */
int plot_all(const struct plan *plan, const struct results *results, const char *prefix);

/* ---- files ------------------------------------------------------------------------------------------------------- */

void remove_folder(const char *path);
void make_folder(const char *path);
/* All files of a flat folder or one with folders in it; holes stay holes, and the copy is on the disk when this
 * returns. */
void copy_folder(const char *from, const char *to);
uint64_t folder_bytes(const char *path); /* that the files occupy */

/* Ends the process. */
_Noreturn void give_up(const char *what, const char *why);

#endif
