/* SPDX-License-Identifier: Apache-2.0 */
/* base/text.h: keys and values as text, for messages. */
#ifndef MDBX_BASE_TEXT_H
#define MDBX_BASE_TEXT_H

#include "base/base.h"

/* The bytes as they are if all are printable, else in hexadecimal, cut to what fits into buf. Gives buf, or a constant for no
 * value or an empty one; NULL for a buffer of less than four bytes. */
const char *text_of_value(const MDBX_val *key, char *buf, size_t size);

#endif
