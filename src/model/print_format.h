/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's printf(), of values that a program handed over. */
#ifndef MODEL_PRINT_FORMAT_H
#define MODEL_PRINT_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct print_value {
	uint64_t number;
	uint8_t kind;         /* base/print_record.h */
	const uint8_t *bytes; /* what it points to */
	size_t length;        /* 0: it could not be read */
};

/* Nothing in what is appended obeys a terminal. Of any format: what it asks for beyond the
 * values stays as it is written, widths have an end. */
void print_format(const char *format, const struct print_value *values, size_t count,
		  struct buffer *out);

#endif
