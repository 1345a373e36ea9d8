/* SPDX-License-Identifier: Apache-2.0 */
/* base/text.h: keys and values as text, for messages. */
#ifndef MDBX_BASE_TEXT_H
#define MDBX_BASE_TEXT_H

#include "base/base.h"

/* Writes the bytes to buf: unchanged if all are printable, else in hexadecimal; cut to the size of buf. Returns buf, or
 * a constant for a NULL or empty value; NULL if the buffer has less than four bytes. */
const char *text_of_value(const MDBX_val *key, char *buf, size_t size);

#endif
