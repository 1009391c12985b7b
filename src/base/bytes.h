/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers and strings as bytes, in the machine's byte order, and back. Writer and reader
 * remember that something went wrong, so that one look at the end is enough.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define BYTES_NO_STRING UINT32_MAX /* the length of NULL */

struct bytes_writer {
	struct buffer *out;
	bool too_large; /* then nothing more is written */
};

void bytes_put(struct bytes_writer *writer, const void *data, size_t length);
void bytes_put_u32(struct bytes_writer *writer, uint32_t value);
void bytes_put_count(struct bytes_writer *writer, size_t count);
/* A count, the text, and a NUL, so that the reader can borrow it. */
void bytes_put_text(struct bytes_writer *writer, const char *text, size_t length);
void bytes_put_string(struct bytes_writer *writer, const char *string); /* or NULL */
int bytes_written(const struct bytes_writer *writer);                   /* 0, -ENOMEM or -EFBIG */

/* Checks the bounds of all that it reads; after the first error every getter returns 0,
 * NULL or "". */
struct bytes_reader {
	const char *next, *end;
	bool bad;
};

const char *bytes_get(struct bytes_reader *reader, size_t length);
void bytes_get_into(struct bytes_reader *reader, void *out, size_t length);
uint32_t bytes_get_u32(struct bytes_reader *reader);
/* Each item takes some bytes at least: a count beyond them is a lie. */
size_t bytes_get_count(struct bytes_reader *reader, size_t least);
/* Borrowed. A text may have NULs in it; length may be NULL where it must have none. */
const char *bytes_get_text(struct bytes_reader *reader, size_t *length);
const char *bytes_get_string(struct bytes_reader *reader); /* or NULL */

#endif
