/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of tests as lines and words. A line that begins at the margin is a statement, those
 * below it that are indented belong to it; '#' begins a comment. Mistakes are noted with their
 * place, and reading goes on.
 */
#ifndef EXPECT_LINES_H
#define EXPECT_LINES_H

#include <skbscope/diagnostics.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

struct lines {
	const char *path;
	struct arena *arena; /* for words */
	struct skbscope_diagnostics *diagnostics;
	size_t mistakes;
	/* The line at hand: without its comment, and trimmed; at the end of the file there is
	 * none. */
	bool there, indented;
	struct span line;
	uint32_t number;
	/* ... as it is written, and what follows it. */
	struct span whole, rest;
};

/* At its first line that says something. */
void lines_open(struct lines *lines, const char *path, const char *text, size_t length);
void lines_next(struct lines *lines);
/* The next line, if it belongs to the statement. */
bool lines_next_indented(struct lines *lines);

/* at: in the line at hand, or NULL. */
__attribute__((format(printf, 4, 5))) void lines_mistake(struct lines *lines, const char *at,
							 const char *hint, const char *format, ...);
/* Of a line that may be behind us. */
__attribute__((format(printf, 3, 4))) void lines_mistake_at(struct lines *lines, uint32_t number,
							    const char *format, ...);
/* at: in that line, which is behind us. */
__attribute__((format(printf, 6, 7))) void lines_mistake_in(struct lines *lines, uint32_t number,
							    struct span whole, const char *at,
							    const char *hint, const char *format,
							    ...);
uint32_t lines_column(const struct lines *lines, const char *at); /* from 1 */

struct word {
	const char *text; /* without its quotes; "" where there was no memory */
	const char *at;   /* in the line */
	bool quoted;
};

/* The first word of *rest, which it is taken from. In quotes, blanks belong to a word, and \"
 * is a quote; every other backslash is one. False at the end of the line. */
bool lines_word(struct lines *lines, struct span *rest, struct word *word);
/* The same of a word that ends with what is in a bracket: "[1 2 3]". */
bool lines_value(struct lines *lines, struct span *rest, struct word *word);
void lines_skip_blanks(struct span *rest);

/* Whether the word is a number, which a mistake is noted of otherwise. */
bool lines_number(struct lines *lines, const struct word *word, uint64_t most, uint64_t *out);

/* Room for one more item, zeroed; NULL, and none any more: no memory, which the arena
 * remembers. */
void *lines_grow(struct arena *arena, void *items, size_t *count, size_t *room, size_t size);
#define LINES_ADD(arena, items, count, room)                                                       \
	((items) = lines_grow(arena, items, &(count), &(room), sizeof(*(items))),                  \
	 (items) ? &(items)[(count)-1] : NULL)

#endif
