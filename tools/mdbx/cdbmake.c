/* SPDX-License-Identifier: Apache-2.0 */
#include "cdbmake.h"

#include <inttypes.h>
#include <string.h>

#define KEY_MAX MDBX_MAX_PAGESIZE
/* Memory is allocated in steps of this size, so that a wrong length costs nothing. */
#define STEP ((size_t)1 << 20)

void cdbmake_write(FILE *out, const MDBX_val *key, const MDBX_val *value) {
  fprintf(out, "+%zu,%zu:", key->iov_len, value->iov_len);
  fwrite(key->iov_base, 1, key->iov_len, out);
  fputs("->", out);
  fwrite(value->iov_base, 1, value->iov_len, out);
  putc('\n', out);
}

void cdbmake_write_end(FILE *out) { putc('\n', out); }

static enum cdbmake_event wrong(const struct cdbmake *in, const char *what) {
  if (ferror(in->file))
    tool_fail(errno, "cannot read %s", in->name);
  else
    tool_message("%s: record %" PRIu64 ": %s", in->name, in->records + 1, feof(in->file) ? "the text ends here" : what);
  return CDBMAKE_WRONG;
}

static bool read_length(FILE *file, size_t most, int end, size_t *length) {
  int c = getc(file);
  if (c < '0' || c > '9')
    return false;
  for (*length = 0; c >= '0' && c <= '9'; c = getc(file)) {
    *length = *length * 10 + (size_t)(c - '0');
    if (*length > most)
      return false;
  }
  return c == end;
}

static bool read_bytes(FILE *file, size_t length, MDBX_val *item, size_t *capacity) {
  for (size_t done = 0; done < length || !item->iov_base;) {
    if (done == *capacity || !item->iov_base) {
      const size_t wanted = length - done > STEP ? done + STEP : length;
      void *bigger = wanted > *capacity || !item->iov_base ? realloc(item->iov_base, wanted + 1) : item->iov_base;
      if (!bigger)
        return false;
      item->iov_base = bigger;
      *capacity = wanted > *capacity ? wanted : *capacity;
    }
    const size_t part = (length < *capacity ? length : *capacity) - done;
    if (fread((char *)item->iov_base + done, 1, part, file) != part)
      return false;
    done += part;
  }
  item->iov_len = length;
  return true;
}

enum cdbmake_event cdbmake_read(struct cdbmake *in) {
  size_t key_length, value_length;
  const int first = getc(in->file);
  if (first == '\n')
    return getc(in->file) == EOF && !ferror(in->file) ? CDBMAKE_END : wrong(in, "something stands behind the end");
  if (first != '+')
    return wrong(in, "it does not begin with '+'");
  if (!read_length(in->file, KEY_MAX, ',', &key_length))
    return wrong(in, "the length of the key is wrong");
  if (!read_length(in->file, MDBX_MAXDATASIZE, ':', &value_length))
    return wrong(in, "the length of the value is wrong");
  if (!read_bytes(in->file, key_length, &in->key, &in->key_capacity))
    return wrong(in, "the key cannot be read");
  if (getc(in->file) != '-' || getc(in->file) != '>')
    return wrong(in, "no \"->\" stands between key and value");
  if (!read_bytes(in->file, value_length, &in->value, &in->value_capacity))
    return wrong(in, "the value cannot be read");
  if (getc(in->file) != '\n')
    return wrong(in, "the line does not end behind the value");
  in->records += 1;
  return CDBMAKE_RECORD;
}

void cdbmake_release(struct cdbmake *in) {
  free(in->key.iov_base);
  free(in->value.iov_base);
}
