/* SPDX-License-Identifier: Apache-2.0 */
#include "streams/lines.h"

#include <string.h>

enum line_place { IN_NAME, BEFORE_VALUE, IN_VALUE, IN_OTHER };

void lines_init(struct lines *lines, enum lines_kind kind,
		void (*data)(void *context, const char *data, size_t length),
		void (*end)(void *context), void *context)
{
	*lines = (struct lines){
		.kind = kind,
		.data = data,
		.end = end,
		.context = context,
		.empty = true,
	};
}

static void begin_line(struct lines *lines)
{
	lines->at = IN_NAME;
	lines->empty = true;
	lines->name_length = 0;
}

static void document_ends(struct lines *lines)
{
	if (lines->has_data)
		lines->end(lines->context);
	lines->has_data = false;
}

static void line_ends(struct lines *lines)
{
	if (lines->lost) {
		lines->lost = false;
	} else if (lines->kind == LINES_NDJSON) {
		document_ends(lines);
	} else if (lines->empty) {
		document_ends(lines);
	} else if (lines->at == IN_VALUE) {
		lines->data(lines->context, "\n", 1);
	}
	begin_line(lines);
}

static void take_name(struct lines *lines, char c)
{
	if (c != ':') {
		if (lines->name_length < sizeof(lines->name))
			lines->name[lines->name_length++] = c;
		return;
	}
	lines->at = IN_OTHER;
	if (lines->name_length == 4 && memcmp(lines->name, "data", 4) == 0) {
		lines->at = BEFORE_VALUE;
		lines->has_data = true;
	}
}

/* Up to the line's end; how much that is. */
static size_t take_value(struct lines *lines, const char *data, size_t length)
{
	size_t n = 0;

	while (n < length && data[n] != '\n' && data[n] != '\r')
		n++;
	if (n && !lines->lost && (lines->at == IN_VALUE || lines->kind == LINES_NDJSON)) {
		lines->has_data = true;
		lines->data(lines->context, data, n);
	}
	return n;
}

void lines_feed(struct lines *lines, const char *data, size_t length)
{
	for (size_t i = 0; i < length;) {
		const char c = data[i];

		if (c == '\n' && lines->after_return) {
			lines->after_return = false;
			i++;
			continue;
		}
		lines->after_return = c == '\r';
		if (c == '\n' || c == '\r') {
			if (lines->at == BEFORE_VALUE)
				lines->at = IN_VALUE;
			line_ends(lines);
			i++;
			continue;
		}
		lines->empty = false;
		if (lines->lost || lines->kind == LINES_NDJSON || lines->at >= IN_VALUE) {
			i += take_value(lines, data + i, length - i);
			continue;
		}
		i++;
		if (lines->at == IN_NAME) {
			take_name(lines, c);
		} else { /* one blank after the colon is no part of it */
			lines->at = IN_VALUE;
			if (c != ' ')
				i--;
		}
	}
}

void lines_gap(struct lines *lines)
{
	begin_line(lines);
	lines->lost = true;
	lines->has_data = false;
	lines->after_return = false;
}

void lines_end(struct lines *lines)
{
	if (lines->kind == LINES_NDJSON && !lines->lost)
		document_ends(lines);
}
