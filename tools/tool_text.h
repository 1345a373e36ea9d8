/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/tool_text.h: which bytes are text that a terminal and JSON can have as it is. No database, no output.
 */
#ifndef MDBX_TOOLS_TOOL_TEXT_H
#define MDBX_TOOLS_TOOL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the UTF-8 character at a place; 0 if the bytes are no character, or a control character. */
size_t utf8_character(const uint8_t *at, size_t left);
/* Whether all bytes are characters; those of ASCII may be control characters too. */
bool utf8_is_text(const void *bytes, size_t length);

#endif
