/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as it is written: no tree, and commas by itself. What comes out is valid
 * whatever went in, and harmless to a terminal.
 *
 * Every value takes the name it has in its object; NULL in an array and at the top.
 * Nothing fails before json_finish().
 */
#ifndef RENDER_JSON_WRITER_H
#define RENDER_JSON_WRITER_H

#include <stdio.h>

#include "base/buffer.h"

struct json_writer {
	FILE *stream;       /* NULL: all of it stays in text */
	struct buffer text; /* what the stream does not have yet */
	bool has_before;    /* a value that a comma parts from the next one */
	bool pretty;        /* a line for each, for people */
	bool after_key;     /* of which the next one is the value */
	unsigned int depth; /* of objects and arrays */
	int error;          /* errno of the first failure; nothing is written after it */
};

/* Ends the document, with a newline, and frees. 0, -ENOMEM, or -EIO with errno as the
 * stream left it. */
int json_finish(struct json_writer *json);
void json_clear(struct json_writer *json); /* gives up; for AUTO() */

void json_begin_object(struct json_writer *json, const char *key);
void json_end_object(struct json_writer *json);
void json_begin_array(struct json_writer *json, const char *key);
void json_end_array(struct json_writer *json);

/* Bytes that are not UTF-8 become "\xNN": packets and file names may hold any. */
void json_bytes(struct json_writer *json, const char *key, const void *bytes, size_t length);
void json_text(struct json_writer *json, const char *key, const char *text); /* NULL: null */
void json_u64(struct json_writer *json, const char *key, uint64_t number);
void json_known(struct json_writer *json, const char *key, uint64_t number, bool known);
void json_i64(struct json_writer *json, const char *key, int64_t number);
void json_u128(struct json_writer *json, const char *key, unsigned __int128 number);
void json_i128(struct json_writer *json, const char *key, __int128 number);
void json_double(struct json_writer *json, const char *key, double number); /* or null */
void json_boolean(struct json_writer *json, const char *key, bool value);
void json_null(struct json_writer *json, const char *key);

/* A number that somebody else formats: its digits go into what is returned. */
struct buffer *json_digits(struct json_writer *json, const char *key);

/* The key of the value that follows, as '"name":'; for names that come a million times.
 * json_quote() appends one. */
void json_quoted_key(struct json_writer *json, const char *quoted, size_t length);
void json_quote(struct buffer *out, const char *name);
/* Such a key and its number at once. */
void json_quoted_integer(struct json_writer *json, const char *quoted, size_t length,
			 uint64_t magnitude, bool negative);

#endif
