/* SPDX-License-Identifier: Apache-2.0 */
/* From a manual's layout to sentences. */
#include "model/help.h"

#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/span.h"

struct layout {
	size_t map, key, value; /* where these words begin */
};

static size_t indent_of(struct span line)
{
	size_t at = 0;

	while (at < line.length && line.text[at] == ' ')
		at++;
	return at;
}

/* "map", "key" and "value", and nothing else. */
static bool is_head(struct span line, struct layout *out)
{
	const char *words[] = { "map", "key", "value" };
	size_t places[3];
	size_t at = 0;

	for (size_t i = 0; i < 3; i++) {
		at += indent_of(span_from(line, at));
		places[i] = at;
		if (!span_begins(span_from(line, at), words[i]))
			return false;
		at += strlen(words[i]);
	}
	*out = (struct layout){ places[0], places[1], places[2] };
	return span_trim(span_from(line, at)).length == 0;
}

static bool is_named(struct span line, const char *name)
{
	const size_t indent = indent_of(line), length = strlen(name);
	const struct span rest = span_from(line, indent);

	return span_begins(rest, name) && (rest.length == length || rest.text[length] == ' ');
}

static void add(struct buffer *out, struct span text)
{
	text = span_trim(text);
	if (!text.length)
		return;
	buffer_string(out, out->length ? " " : "");
	buffer_append(out, text.text, text.length);
}

/* What stands below "value". */
static void add_value(struct buffer *out, struct span line, const struct layout *layout)
{
	if (line.length > layout->value && line.text[layout->value - 1] == ' ')
		add(out, span_from(line, layout->value));
}

static void collect(struct span lines, const struct layout *layout, const char *table,
		    const char *column, struct buffer *out)
{
	bool of_table = false, wanted = false;
	struct span line;

	while (span_next_line(&lines, &line) && span_trim(line).length) {
		const size_t indent = indent_of(line);

		if (indent < layout->map)
			return;
		if (indent == layout->map) {
			of_table = is_named(line, table);
			wanted = of_table && !column;
			if (wanted)
				add_value(out, line, layout);
		} else if (indent < layout->key) {
			wanted = of_table && column && is_named(line, column);
			if (wanted)
				add(out, span_from(line, indent + strlen(column)));
		} else if (wanted && column) {
			add(out, line);
		} else if (wanted) {
			add_value(out, line, layout);
		}
	}
}

const char *help_find(const char *manual, const char *table, const char *column,
		      struct arena *arena)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	struct span lines = span_of(manual), line;
	struct layout layout;

	while (!text.length && span_next_line(&lines, &line))
		if (is_head(line, &layout))
			collect(lines, &layout, table, column, &text);
	return text.length && !text.failed ? arena_string(arena, buffer_text(&text)) : NULL;
}
