/* SPDX-License-Identifier: Apache-2.0 */
/* One cell of a table: from bytes to a number, and to text for a person. */
#ifndef MODEL_VALUE_H
#define MODEL_VALUE_H

#include <skbscope/snapshot.h>

#include "base/buffer.h"

/* A leaf of up to 128 bits as the machine's own number, bit-fields included. */
struct value {
	enum { VALUE_UNSIGNED, VALUE_SIGNED, VALUE_FLOAT, VALUE_BYTES } form;
	unsigned __int128 u;  /* UNSIGNED; SIGNED: sign-extended bits */
	double f;             /* FLOAT */
	const uint8_t *bytes; /* BYTES: arrays; borrowed from the row */
	size_t length;
};

struct value value_read(const struct skbscope_column *column, const uint8_t *data);
double value_double(const struct value *value); /* NAN for BYTES */
int value_compare(const struct skbscope_column *column, const uint8_t *a, const uint8_t *b);

/* A number that is smaller where value_compare says so, for sorting many; false: it
 * takes more than 64 bits. */
bool value_rank(const struct skbscope_column *column, const uint8_t *data, uint64_t *rank);

/* Appends what a person should see: an address, a port, "1.2 MB", an
 * enumerator; with exact, every digit and no unit scaling. */
int value_format(const struct skbscope_column *column, const uint8_t *data, bool exact,
		 struct buffer *out);
/* Appends the exact number or text without regard to display. */
int value_format_raw(const struct skbscope_column *column, const uint8_t *data, struct buffer *out);

/* "12.3k", "4.5 MiB": the scaling used above, for totals and rates. */
int format_count(double count, struct buffer *out);
int format_rate(double per_second, enum skbscope_display display, struct buffer *out);

/* The fewest digits that read back as the same number; "nan", "inf". */
int format_double(double number, struct buffer *out);

/* Text from outside, made safe for a terminal: printable ASCII as it is, the rest
 * as "\xNN". Ends at LENGTH or at the first NUL. */
int format_text(const void *text, size_t length, struct buffer *out);

/* "SHOT", "REDIRECT", …; "other" for INT32_MIN. */
const char *verdict_name(int32_t verdict);

#endif
