/* SPDX-License-Identifier: Apache-2.0 */
#include "tool_sizes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool number_parse(const char *text, uint64_t max, uint64_t *number) {
  char *end;
  if (*text < '0' || *text > '9')
    return false;
  errno = 0;
  const unsigned long long value = strtoull(text, &end, 10);
  if (errno || *end || value > max)
    return false;
  *number = value;
  return true;
}

/* How far to shift for a unit; -1: there is no such unit. */
static int shift_of_unit(const char *unit) {
  static const char letters[] = "KMGTP";
  if (!*unit || strcmp(unit, "B") == 0)
    return 0;
  const char upper = *unit >= 'a' && *unit <= 'z' ? (char)(*unit - 32) : *unit;
  const char *letter = strchr(letters, upper);
  if (!letter || (unit[1] && strcmp(unit + 1, "B") != 0 && strcmp(unit + 1, "iB") != 0))
    return -1;
  return 10 * (int)(letter - letters + 1);
}

bool size_parse(const char *text, uint64_t *size) {
  char *end;
  if (*text < '0' || *text > '9')
    return false;
  errno = 0;
  const unsigned long long value = strtoull(text, &end, 10);
  const int shift = shift_of_unit(end);
  if (errno || shift < 0 || value > (unsigned long long)INT64_MAX >> shift)
    return false;
  *size = value << shift;
  return true;
}

bool seconds_parse(const char *text, uint64_t *dot16) {
  char *end;
  if ((*text < '0' || *text > '9') && *text != '.')
    return false;
  double value = strtod(text, &end);
  if (*end && end[1])
    return false;
  value *= *end == 'm' ? 60 : *end == 'h' ? 3600 : 1;
  if (end == text || (*end && !strchr("smh", *end)) || !(value >= 0 && value <= 32000000))
    return false;
  *dot16 = (uint64_t)(value * 65536 + 0.5);
  return true;
}

const char *size_show(uint64_t size, char buffer[SIZE_TEXT]) {
  static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = (double)size / 1024;
  unsigned unit = 0;
  if (size < 1024) {
    snprintf(buffer, SIZE_TEXT, "%" PRIu64 " bytes", size);
    return buffer;
  }
  for (; value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0]); ++unit)
    value /= 1024;
  snprintf(buffer, SIZE_TEXT, value == (double)(uint64_t)value ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return buffer;
}
