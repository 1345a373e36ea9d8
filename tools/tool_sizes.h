/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/tool_sizes.h: sizes and times as people write them: "64K", "1G", "90s", "1.5". No database, no output.
 */
#ifndef MDBX_TOOLS_TOOL_SIZES_H
#define MDBX_TOOLS_TOOL_SIZES_H

#include <stdbool.h>
#include <stdint.h>

/* A number of bytes, with an optional suffix K M G T P (powers of 1024; "KiB" and "KB" mean the same), up to
 * INT64_MAX. */
bool size_parse(const char *text, uint64_t *size);
/* A decimal number up to max. */
bool number_parse(const char *text, uint64_t max, uint64_t *number);
/* A time in seconds, with an optional fraction and an optional suffix s m h; the result is in units of 1/65536
 * second. */
bool seconds_parse(const char *text, uint64_t *dot16);

#define SIZE_TEXT 32
/* "4.0 KiB"; the text is in the buffer, which is returned. */
const char *size_show(uint64_t size, char buffer[SIZE_TEXT]);

#endif
