/* SPDX-License-Identifier: Apache-2.0 */
/* Where a line's conditions went, as both forms of an explanation and of coverage tell it. */
#ifndef CLI_EXPLAIN_LINES_H
#define CLI_EXPLAIN_LINES_H

#include "base/buffer.h"
#include "image/lines.h"
#include "render/json_writer.h"

/* Of the ways that lead away from the line, each place once: those that were gone, or those
 * that were not although the condition was tested. */
struct line_goals {
	struct line_place *items; /* no file: out of the function */
	size_t count;
};
int line_goals(const struct line *line, bool ran, struct line_goals *out); /* 0 or -ENOMEM */
void line_goals_clear(struct line_goals *goals);                           /* also for AUTO() */

/* "134", "ip.h:30" where that is another file than the line's, "the end". */
void line_goal_text(const struct line *line, const struct line_place *goal, struct buffer *out);

/* "134", "134 and 140" */
void line_goals_text(const struct line *line, const struct line_goals *goals, const char *and,
		     struct buffer *out);

/* An array; null is the end of the function. */
void line_goals_json(struct json_writer *json, const char *key, const struct line_goals *goals);

/* What a file is called before people: without its directories. */
const char *line_file_name(const char *file);

#endif
