/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

void line_goals_clear(struct line_goals *goals)
{
	free(TAKE(goals->items));
}

static bool is_same(const struct line_place *a, const struct line_place *b)
{
	if (!a->file || !b->file)
		return a->file == b->file;
	return a->line == b->line && strcmp(a->file, b->file) == 0;
}

static bool is_among(const struct line_goals *goals, const struct line_place *place)
{
	for (size_t i = 0; i < goals->count; i++)
		if (is_same(&goals->items[i], place))
			return true;
	return false;
}

/* Another of the line's conditions may have gone where this one has not. */
static bool was_reached(const struct line *line, const struct line_place *place)
{
	for (size_t i = 0; i < line->way_count; i++)
		if (line->ways[i]->ran && is_same(&line->ways[i]->to, place))
			return true;
	return false;
}

int line_goals(const struct line *line, bool ran, struct line_goals *out)
{
	out->count = 0;
	out->items = calloc(line->way_count + 1, sizeof(*out->items));
	if (!out->items)
		return -ENOMEM;
	for (size_t i = 0; i < line->way_count; i++) {
		const struct line_way *way = line->ways[i];

		if (!way->asked || way->ran != ran || is_same(&way->to, &line->place) ||
		    is_among(out, &way->to) || (!ran && was_reached(line, &way->to)))
			continue;
		out->items[out->count++] = way->to;
	}
	return 0;
}

const char *line_file_name(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}

void line_goal_text(const struct line *line, const struct line_place *goal, struct buffer *out)
{
	if (!goal->file) {
		buffer_string(out, "the end");
		return;
	}
	if (strcmp(goal->file, line->place.file) != 0)
		buffer_printf(out, "%s:", line_file_name(goal->file));
	buffer_printf(out, "%u", goal->line);
}

void line_goals_text(const struct line *line, const struct line_goals *goals, const char *and,
		     struct buffer *out)
{
	for (size_t i = 0; i < goals->count; i++) {
		if (i)
			buffer_printf(out, "%s", i + 1 < goals->count ? ", " : and);
		line_goal_text(line, &goals->items[i], out);
	}
}

void line_goals_json(struct json_writer *json, const char *key, const struct line_goals *goals)
{
	json_begin_array(json, key);
	for (size_t i = 0; i < goals->count; i++) {
		if (!goals->items[i].file) {
			json_null(json, NULL);
			continue;
		}
		json_begin_object(json, NULL);
		json_text(json, "file", goals->items[i].file);
		json_u64(json, "line", goals->items[i].line);
		json_end_object(json);
	}
	json_end_array(json);
}
