/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/rows.c: which rows there are.
 */
#include "bench.h"
#include "common.h"

volatile uint64_t sink;

double stage_clock(const struct stage *stage) {
  struct timespec t;
  clock_gettime(stage->processor_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double microseconds(const struct stage *stage, double start, uint64_t operations) {
  return (stage_clock(stage) - start) * 1e6 / (double)operations;
}

uint64_t scaled(const struct stage *stage, uint64_t count) {
  const uint64_t result = (uint64_t)((double)count * stage->scale);
  return result ? result : 1;
}

const struct row_group row_groups[] = {
    {"loads", "Loading an empty database"}, {"small", "Small write transactions, no flush"},
    {"reads", "Lookups and scans"},         {"mixed", "Lookups and updates mixed, each a transaction"},
    {"readers", "Beside old readers"},      {"flushed", "Durable commits, on a disk"},
    {"space", "Opening, disk, memory"},
};
const size_t row_group_count = sizeof(row_groups) / sizeof(row_groups[0]);

#define PUT "us a put"
#define TXN "us a transaction"
#define GET "us a lookup"
#define RECORD "us a record"

const struct row rows[] = {
    {"load", "loads", PUT, "at random, 1,000 a transaction", row_load, 0, PLAIN, NOTHING, 0},
    {"append", "loads", PUT, "in order, with the flag for it", row_append, 0, PLAIN, NOTHING, 0},
    {"inorder", "loads", PUT, "in order", row_inorder, 0, PLAIN, NOTHING, 0},
    {"integers", "loads", PUT, "integer keys in order, 32 bytes", row_integers, 0, INTEGERS, NOTHING, 0},
    {"longkeys", "loads", PUT, "keys of 64 bytes with a common beginning", row_longkeys, 0, PLAIN, NOTHING, 0},
    {"multi", "loads", PUT, "100 values a key, 32 bytes", row_multi, 0, MULTI, NOTHING, HAS_VALUES},
    {"arrays", "loads", PUT, "100 integers a key", row_arrays, 0, ARRAYS, NOTHING, HAS_VALUES},
    {"longarr", "loads", PUT, "integers, of 1,000 keys", row_longarr, 0, ARRAYS, NOTHING, HAS_VALUES},
    {"multiple", "loads", PUT, "integers, 1,000 a call", row_multiple, 0, ARRAYS, NOTHING, HAS_VALUES},
    {"64k", "loads", PUT, "values of 64 KiB, one a transaction", row_64k, 0, PLAIN, NOTHING, 0},
    {"1m", "loads", PUT, "values of 1 MiB, one a transaction", row_1m, 0, PLAIN, NOTHING, 0},
    {"tables", "small", TXN, "one put, 1,000 tables in turn", row_tables, 0, PLAIN, NOTHING, HAS_TABLES},
    {"oneput", "small", TXN, "one put", row_oneput, 0, PLAIN, RECORDS, 0},
    {"update", "small", TXN, "one update", row_update, 0, PLAIN, RECORDS, 0},
    {"after", "small", TXN, "one put, after a transaction of 100,000", row_after, 0, PLAIN, RECORDS, 0},
    {"ten", "small", TXN, "ten updates", row_ten, 0, PLAIN, RECORDS, 0},
    {"thousand", "small", TXN, "1,000 updates", row_thousand, 0, PLAIN, RECORDS, 0},
    {"crud", "small", TXN, "two lookups, insert, update, delete", row_crud, 0, PLAIN, RECORDS, 0},
    {"replace", "small", TXN, "delete one, put one", row_replace, 0, PLAIN, RECORDS, 0},
    {"delete", "small", "us a delete", "delete half, 1,000 a transaction", row_delete, 0, PLAIN, RECORDS, 0},
    {"get", "reads", GET, "lookup", row_get, READS, PLAIN, RECORDS, 0},
    {"miss", "reads", GET, "lookup of what is not there", row_miss, READS, PLAIN, RECORDS, 0},
    {"gettxn", "reads", GET, "lookup, each in a new transaction", row_gettxn, READS, PLAIN, RECORDS, 0},
    {"renew", "reads", GET, "lookup, each in a renewed transaction", row_renew, READS, PLAIN, RECORDS, 0},
    {"getmany", "reads", GET, "lookup, 256 a call where there is one", row_getmany, READS, PLAIN, RECORDS, 0},
    {"get2", "reads", GET, "lookup, by two threads", row_get_threads, READS, PLAIN, RECORDS, 0},
    {"getlong", "reads", GET, "lookup, keys of 64 bytes", row_getlong, READS, PLAIN, LONG_KEYS, 0},
    {"scan10", "reads", "us a scan", "10 records from anywhere", row_scan10, READS, PLAIN, RECORDS, 0},
    {"scan100", "reads", "us a scan", "100 records from anywhere", row_scan100, READS, PLAIN, RECORDS, 0},
    {"scan", "reads", RECORD, "all records", row_scan, READS, PLAIN, RECORDS, 0},
    {"back", "reads", RECORD, "all records, backwards", row_back, READS, PLAIN, RECORDS, 0},
    {"scandups", "reads", RECORD, "100 values a key", row_scan, READS, MULTI, VALUES, HAS_VALUES},
    {"backdups", "reads", RECORD, "100 values a key, backwards", row_back, READS, MULTI, VALUES, HAS_VALUES},
    {"scanfix", "reads", RECORD, "100 integers a key", row_scan, READS, ARRAYS, INTEGER_VALUES, HAS_VALUES},
    {"mixed95", "mixed", "us an operation", "95 % lookups", row_mixed_95, 0, PLAIN, RECORDS, 0},
    {"mixed95z", "mixed", "us an operation", "95 % lookups, Zipfian", row_mixed_95_zipf, 0, PLAIN, RECORDS, 0},
    {"mixed50", "mixed", "us an operation", "50 % lookups", row_mixed_50, 0, PLAIN, RECORDS, 0},
    {"mixed50z", "mixed", "us an operation", "50 % lookups, Zipfian", row_mixed_50_zipf, 0, PLAIN, RECORDS, 0},
    {"reader1", "readers", TXN, "ten updates, one reader", row_reader_1, SHARED, PLAIN, RECORDS, HAS_SNAPSHOTS},
    {"reader10", "readers", TXN, "ten updates, ten readers", row_reader_10, SHARED, PLAIN, RECORDS, HAS_SNAPSHOTS},
    {"size1", "readers", "MiB", "size after that, one reader", row_reader_1_size, SHARED | TIGHT, PLAIN, RECORDS,
     HAS_SNAPSHOTS},
    {"size10", "readers", "MiB", "size after that, ten readers", row_reader_10_size, SHARED | TIGHT, PLAIN, RECORDS,
     HAS_SNAPSHOTS},
    {"durable1", "flushed", TXN, "one put", row_durable_one, FLUSHES, PLAIN, RECORDS, 0},
    {"durable10", "flushed", TXN, "ten updates", row_durable_ten, FLUSHES, PLAIN, RECORDS, 0},
    {"durable1k", "flushed", TXN, "1,000 updates", row_durable_thousand, FLUSHES, PLAIN, RECORDS, 0},
    {"durable", "flushed", TXN, "two lookups, insert, update, delete", row_durable, FLUSHES, PLAIN, RECORDS, 0},
    {"commits4", "flushed", TXN, "one put, by 4 threads", row_commits_4, FLUSHES, PLAIN, RECORDS, HAS_WRITERS},
    {"commits16", "flushed", TXN, "one put, by 16 threads", row_commits_16, FLUSHES, PLAIN, RECORDS, HAS_WRITERS},
    {"written", "flushed", "KiB a transaction", "bytes written, ten updates", row_written, FLUSHES, PLAIN, RECORDS,
     HAS_CALLS},
    {"open", "space", "us", "opening and a first lookup", row_open, READS, PLAIN, RECORDS, 0},
    {"disk", "space", "MiB", "files after loading at random", row_disk, TIGHT, PLAIN, NOTHING, 0},
    {"diskcrud", "space", "MiB", "files after small transactions", row_disk_churn, TIGHT, PLAIN, RECORDS, 0},
    {"memory", "space", "MiB", "memory of its own, updates and lookups", row_memory, 0, PLAIN, RECORDS, 0},
};
const size_t row_count = sizeof(rows) / sizeof(rows[0]);
