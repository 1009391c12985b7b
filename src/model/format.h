/* SPDX-License-Identifier: Apache-2.0 */
/* Cells as text for a person; all of it is appended. */
#ifndef MODEL_FORMAT_H
#define MODEL_FORMAT_H

#include "base/buffer.h"
#include "model/format_number.h"
#include "model/value.h"

/* What a person should see: an address, a port, "1.2 MB", an
 * enumerator; with exact, every digit and no unit scaling. */
void value_format(const struct skbscope_column *column, const uint8_t *data, bool exact,
		  struct buffer *out);
/* The exact number or text without regard to display. */
void value_format_raw(const struct skbscope_column *column, const uint8_t *data,
		      struct buffer *out);

/* An instant of CLOCK_MONOTONIC, seen from another: "3 s ago", "-" for 0. */
void value_format_when(const struct skbscope_column *column, const uint8_t *data, uint64_t now_ns,
		       struct buffer *out);

/* Text from outside, made safe for a terminal: printable ASCII as it is, the rest
 * as "\xNN". */
void format_text(const void *text, size_t length, struct buffer *out);

#endif
