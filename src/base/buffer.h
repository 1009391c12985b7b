/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing run of bytes, always with a NUL after the last one. A failed allocation is
 * remembered, and nothing more is added: build everything, then look at failed once.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
	char *data; /* NULL while nothing was ever added */
	size_t length, capacity;
	bool failed; /* out of memory: the bytes end before what was added last */
};

void buffer_append(struct buffer *buffer, const void *data, size_t length);
void buffer_string(struct buffer *buffer, const char *string);
__attribute__((format(printf, 2, 3))) void buffer_printf(struct buffer *buffer, const char *format,
							 ...);
__attribute__((format(printf, 2, 0))) void buffer_vprintf(struct buffer *buffer, const char *format,
							  va_list arguments);
bool buffer_reserve(struct buffer *buffer, size_t more); /* whether there is that room */

/* The bytes as a string; "" for an empty buffer. Borrowed. */
const char *buffer_text(const struct buffer *buffer);
void buffer_clear(struct buffer *buffer); /* empties, keeps the memory, forgets a failure */
void buffer_free(struct buffer *buffer);  /* also usable with AUTO() */

#endif
