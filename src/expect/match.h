/* SPDX-License-Identifier: Apache-2.0 */
/* An expected row against a record, value by value. */
#ifndef EXPECT_MATCH_H
#define EXPECT_MATCH_H

#include <skbscope/difference.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "expect/outcome.h"

struct matcher_cell {
	const struct skbscope_column *column;
	enum relation relation;
	const uint8_t *data; /* the key's or the value's bytes, of which the column's count */
};

struct matcher {
	const struct expected_row *row;
	struct matcher_cell *cells; /* one for each of the row's */
};

/* What is wrong with the row, which is a mistake of the file. */
struct match_mistake {
	const char *what, *hint;
};

/* False: a mistake, or no memory (what is NULL). */
bool matcher_make(const struct expected_row *row, const struct skbscope_schema *schema,
		  struct arena *arena, struct matcher *out, struct match_mistake *mistake);

/* bytes: of an event's value, those that are there. keys_only: what names a row. */
bool matcher_matches(const struct matcher *matcher, const struct skbscope_record *record,
		     uint32_t bytes, bool keys_only);
bool matcher_has_keys(const struct matcher *matcher);

bool relation_holds(enum relation relation, int order); /* of what is against what is expected */

/* As it would be written in a file: those columns that the row names, or all. */
void match_text(const struct matcher *matcher, const struct skbscope_record *record, uint32_t bytes,
		struct buffer *out);
/* One column: "packets=3", behind a blank where there is something before it. */
void match_cell_text(const struct skbscope_column *column, const struct skbscope_record *record,
		     uint32_t bytes, struct buffer *out);
void match_row_text(const struct expected_row *row, struct buffer *out);

#endif
