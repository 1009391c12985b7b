/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the compiler's words mean to somebody who writes a packet program: the
 * message in plain terms where the original speaks of libbcc's insides, and what
 * to write instead.
 */
#ifndef COMPILE_HINTS_H
#define COMPILE_HINTS_H

#include <stdint.h>

#include "base/buffer.h"

struct hint_question {
	const char *message;
	const char *source;  /* the line it is about, or NULL */
	uint32_t column;     /* in it, from 1; 0: not known */
	const char *program; /* the text of the user's file */
	const char *headers; /* the header tree in use, or NULL */
};

/* Appends to *plain (empty: the message is good as it is) and *remedy (empty:
 * nothing to say). */
void hints_for(const struct hint_question *question, struct buffer *plain, struct buffer *remedy);

/* The parts of it; each says whether it had an answer. */
bool hints_of_tables(const struct hint_question *question, struct buffer *plain,
		     struct buffer *remedy);
bool hints_of_names(const struct hint_question *question, struct buffer *plain,
		    struct buffer *remedy);

/* A name that a well-known header has, or nearly. */
bool hints_of_homes(const struct hint_question *question, struct buffer *remedy);
const char *hint_nearest_home(const char *name, const char **header);
const char *hint_home_header(const char *name); /* the header meant by one like it, or NULL */

/* What the message names first in quotes, without them; false if nothing. */
bool hint_quoted(const char *message, char *out, size_t size);

/* The program is in another dialect or language: what to do; NULL if it is not. One answer
 * for all the errors that come of it. */
const char *hint_of_dialect(const char *program);

#endif
