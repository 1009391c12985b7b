/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coverage.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "cli/explain_lines.h"
#include "render/json_writer.h"
#include "run/people.h"

/* A way that leads to a line which did not run is told by that line. */
static bool is_told(const struct covered *covered, const struct line_place *goal)
{
	for (size_t i = 0; goal->file && i < covered->count; i++) {
		const struct line *line = covered->lines[i];

		if (line->place.line == goal->line && strcmp(line->place.file, goal->file) == 0)
			return !line->ran;
	}
	return false;
}

/* Where its conditions never went. */
static int never(const struct covered *covered, const struct line *line, struct line_goals *out)
{
	int r = line_goals(line, false, out);
	size_t kept = 0;

	for (size_t i = 0; r == 0 && i < out->count; i++)
		if (!is_told(covered, &out->items[i]))
			out->items[kept++] = out->items[i];
	out->count = kept;
	return r;
}

static int add_line(const struct covered *covered, const struct line *line, struct buffer *out)
{
	AUTO(line_goals_clear) struct line_goals goals = { 0 };

	if (!line->ran) {
		buffer_printf(out, "%s:%u: no packet ran: %s\n", line->place.file, line->place.line,
			      line->text);
		return 0;
	}
	if (never(covered, line, &goals) < 0)
		return -ENOMEM;
	if (!goals.count)
		return 0;
	buffer_printf(out, "%s:%u: never went to ", line->place.file, line->place.line);
	line_goals_text(line, &goals, " or ", out);
	buffer_printf(out, ": %s\n", line->text);
	return 0;
}

int coverage_text(const struct covered *covered)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	AUTO(buffer_free) struct buffer safe = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < covered->count; i++)
		r = add_line(covered, covered->lines[i], &text);
	buffer_printf(&text, "%s: %zu of %zu lines with code ran", covered->program, covered->ran,
		      covered->count);
	if (covered->ways)
		buffer_printf(&text, ", %zu of %zu branches (%zu %%)", covered->ways_ran,
			      covered->ways, covered->ways_ran * 100 / covered->ways);
	buffer_string(&text, "\n");
	utf8_printable(buffer_text(&text), text.length, &safe);
	if (r < 0 || text.failed || safe.failed)
		return -ENOMEM;
	fputs(buffer_text(&safe), people_stdout());
	return 0;
}

static void begin_line(struct json_writer *json, const struct line *line)
{
	json_begin_object(json, NULL);
	json_text(json, "file", line->place.file);
	json_u64(json, "line", line->place.line);
	json_text(json, "text", line->text);
}

static int write_one_way(struct json_writer *json, const struct line *line)
{
	AUTO(line_goals_clear) struct line_goals goals = { 0 };

	if (!line->ran)
		return 0;
	if (line_goals(line, false, &goals) < 0)
		return -ENOMEM;
	if (!goals.count)
		return 0;
	begin_line(json, line);
	line_goals_json(json, "never_to", &goals);
	json_end_object(json);
	return 0;
}

int coverage_json(const struct covered *covered, bool pretty)
{
	AUTO(json_clear) struct json_writer json = { .stream = stdout, .pretty = pretty };
	int r = 0;

	json_begin_object(&json, NULL);
	json_text(&json, "coverage", covered->program);
	json_text(&json, "path", covered->path);
	json_u64(&json, "lines", covered->count);
	json_u64(&json, "lines_ran", covered->ran);
	json_u64(&json, "branches", covered->ways);
	json_u64(&json, "branches_ran", covered->ways_ran);
	json_begin_array(&json, "not_run");
	for (size_t i = 0; i < covered->count; i++)
		if (!covered->lines[i]->ran) {
			begin_line(&json, covered->lines[i]);
			json_end_object(&json);
		}
	json_end_array(&json);
	json_begin_array(&json, "one_way");
	for (size_t i = 0; r == 0 && i < covered->count; i++)
		r = write_one_way(&json, covered->lines[i]);
	json_end_array(&json);
	json_end_object(&json);
	if (r == 0)
		json_finish(&json); /* what stdout did not take is told at the end */
	return r;
}
