/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as text for a person; all of it is appended. */
#ifndef MODEL_FORMAT_NUMBER_H
#define MODEL_FORMAT_NUMBER_H

#include <skbscope/snapshot.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "model/bits.h"

/* Decimal digits up to END; where they begin. */
char *format_backwards(char *end, uint64_t number);

/* All digits of a number of 128 bits, whose sign is told beside it. */
void format_integer(bits_t number, bool negative, struct buffer *out);

/* The fewest digits that read back as the same number; "nan", "inf". The second: as the
 * same float, if it is one. */
void format_double(double number, struct buffer *out);
void format_digits(double number, bool is_single, struct buffer *out);

/* "12.3k", "4.5 MiB", "23 ms". */
void format_count(double count, struct buffer *out);
void format_bytes(double bytes, struct buffer *out);
void format_ns(double ns, struct buffer *out);
/* The same for each second, as the amount itself is displayed. */
void format_rate(double per_second, enum skbscope_display display, struct buffer *out);

#endif
