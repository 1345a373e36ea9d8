/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/base.h: the types, limits and small helpers every layer shares.
 *
 * Owns nothing. Error codes are those of mdbx.h, which is why it is included here.
 */
#ifndef MDBX_BASE_BASE_H
#define MDBX_BASE_BASE_H

#include <mdbx.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A page number, and the id of a transaction or of the snapshot it committed. */
typedef uint32_t pgno_t;
typedef uint64_t txnid_t;

#define PGNO_NONE UINT32_MAX
/* Largest page number in use is PGNO_LIMIT - 1: a database has at most 2^31 pages. */
#define PGNO_LIMIT UINT32_C(0x80000000)
/* Pages 0, 1 and 2 are the metas; trees and runs begin here. */
#define META_COUNT 3
#define PGNO_FIRST META_COUNT
#define TXNID_NONE UINT64_C(0)
/* The last id: keys of table 0 have room for 56 bits, and the lock file packs an id with the slot of its meta. */
#define TXNID_MAX (UINT64_MAX >> 8)
/* A fresh database holds metas 1, 2, 3; the first write transaction is 4. */
#define TXNID_INITIAL UINT64_C(3)
/* Levels of a tree; a search path has this many entries. */
#define TREE_DEPTH_MAX 32

#define CORE_TABLES 2 /* dbi 0 is the table of free pages, dbi 1 the main table */
#define DBI_GC 0u
#define DBI_MAIN 1u

/* Asks for the cache line of an address, which need not exist. GCC takes a function that does nothing else for one without
 * effect, and drops its calls; the empty statement is an effect. */
#define PREFETCH(address) \
  do { \
    __builtin_prefetch(address, 0, 2); \
    __asm__ volatile(""); \
  } while (0)

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define MIN_OF(a, b) ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b) ((a) > (b) ? (a) : (b))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static inline size_t ceil_to(size_t value, size_t granularity) {
  return (value + granularity - 1) / granularity * granularity;
}

/* An MDBX_val for bytes that its reader must not change. The type has no const, so only this function casts it away. */
static inline MDBX_val val_of(const void *bytes, size_t length) { return (MDBX_val){(void *)(uintptr_t)bytes, length}; }

static inline bool is_power_of_two(size_t value) { return value != 0 && (value & (value - 1)) == 0; }

/* The number of set bits. The compiler's builtin calls a library function if the target processor may lack the
 * instruction. */
static inline uint32_t count_bits(uint64_t word) {
  word -= word >> 1 & UINT64_C(0x5555555555555555);
  word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
  word = (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
  return (uint32_t)(word * UINT64_C(0x0101010101010101) >> 56);
}

/* Unaligned little-endian loads and stores; the compiler turns each into one instruction. */
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#define LE16(x) __builtin_bswap16(x)
#define LE32(x) __builtin_bswap32(x)
#define LE64(x) __builtin_bswap64(x)
#define BE32(x) (x)
#define BE64(x) (x)
#else
#define LE16(x) (x)
#define LE32(x) (x)
#define LE64(x) (x)
#define BE32(x) __builtin_bswap32(x)
#define BE64(x) __builtin_bswap64(x)
#endif

static inline uint16_t get_u16(const void *at) {
  uint16_t v;
  memcpy(&v, at, sizeof(v));
  return LE16(v);
}

static inline uint32_t get_u32(const void *at) {
  uint32_t v;
  memcpy(&v, at, sizeof(v));
  return LE32(v);
}

static inline uint64_t get_u64(const void *at) {
  uint64_t v;
  memcpy(&v, at, sizeof(v));
  return LE64(v);
}

static inline uint32_t get_be32(const void *at) {
  uint32_t v;
  memcpy(&v, at, sizeof(v));
  return BE32(v);
}

static inline uint64_t get_be64(const void *at) {
  uint64_t v;
  memcpy(&v, at, sizeof(v));
  return BE64(v);
}

static inline void put_u16(void *at, uint16_t v) {
  v = LE16(v);
  memcpy(at, &v, sizeof(v));
}

static inline void put_u32(void *at, uint32_t v) {
  v = LE32(v);
  memcpy(at, &v, sizeof(v));
}

static inline void put_u64(void *at, uint64_t v) {
  v = LE64(v);
  memcpy(at, &v, sizeof(v));
}

static inline void put_be64(void *at, uint64_t v) {
  v = BE64(v);
  memcpy(at, &v, sizeof(v));
}

static inline void put_be32(void *at, uint32_t v) {
  v = BE32(v);
  memcpy(at, &v, sizeof(v));
}

#endif
