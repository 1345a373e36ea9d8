/* SPDX-License-Identifier: Apache-2.0 */
#include "format/increment.h"

#include "base/log.h"
#include "format/hash.h"

struct increment_digest *increment_digest_new(void) {
  XXH3_state_t *state = XXH3_createState();
  if (state)
    XXH3_64bits_reset(state);
  return (struct increment_digest *)(void *)state;
}

void increment_digest_add(struct increment_digest *digest, const void *bytes, size_t length) {
  hash_add((XXH3_state_t *)(void *)digest, bytes, length);
}

uint64_t increment_digest_value(const struct increment_digest *digest) {
  return XXH3_64bits_digest((const XXH3_state_t *)(const void *)digest);
}

void increment_digest_free(struct increment_digest *digest) { XXH3_freeState((XXH3_state_t *)(void *)digest); }

static uint64_t header_checksum(const struct increment_header *header) {
  return hash_of(header, offsetof(struct increment_header, checksum), 0);
}

void increment_header_seal(struct increment_header *header) {
  header->magic = INCREMENT_MAGIC;
  header->version = INCREMENT_VERSION;
  header->checksum = header_checksum(header);
}

static bool header_is_sane(const struct increment_header *header) {
  const uint32_t page_size = header->page_size;
  return header->checksum == header_checksum(header) && page_size >= PAGE_SIZE_MIN && page_size <= PAGE_SIZE_MAX &&
         !(page_size & (page_size - 1)) && header->base <= header->txnid && header->txnid <= TXNID_MAX;
}

int increment_header_check(const struct increment_header *header, const char *path) {
  if (header->magic != INCREMENT_MAGIC)
    return log_damage(MDBX_INVALID, "%s: not an increment: no signature", path);
  if (header->version != INCREMENT_VERSION)
    return log_damage(MDBX_VERSION_MISMATCH, "%s: an increment of format version %u, this is %u", path, header->version,
                      INCREMENT_VERSION);
  if (!header_is_sane(header))
    return log_damage(MDBX_CORRUPTED, "%s: the header of the increment is damaged", path);
  return MDBX_SUCCESS;
}
