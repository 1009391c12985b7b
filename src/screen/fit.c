/* SPDX-License-Identifier: Apache-2.0 */
/* Text on as many rows as it takes. */
#include "screen/fit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define PLAIN "\033[m"

/* Up to and with the letter that ends an escape sequence. */
static size_t escape_length(const char *text)
{
	size_t length = 1;

	if (text[1] != '[')
		return 1;
	for (length = 2; text[length] && (text[length] < '@' || text[length] > '~');)
		length++;
	return length + (text[length] != '\0');
}

static bool continues_character(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

unsigned int fit_width(const char *line, size_t length)
{
	unsigned int width = 0;

	for (size_t at = 0; at < length;) {
		if (line[at] == '\033') {
			at += escape_length(line + at);
			continue;
		}
		width += !continues_character(line[at]);
		at++;
	}
	return width;
}

unsigned int fit_height(const char *line, size_t length, unsigned int columns)
{
	unsigned int width = fit_width(line, length);

	return columns && width > columns ? (width + columns - 1) / columns : 1;
}

unsigned int fit_rows(const char *text, unsigned int columns, unsigned int *lines)
{
	unsigned int rows = 0;

	for (*lines = 0; strchr(text, '\n'); ++*lines) {
		size_t length = strcspn(text, "\n");

		rows += fit_height(text, length, columns);
		text += length + 1;
	}
	return rows;
}

void fit_more(unsigned int lines, const char *advice, unsigned int columns, struct buffer *out)
{
	char note[80];
	size_t length =
		(size_t)snprintf(note, sizeof(note), PLAIN "… %u more lines; %s", lines, advice);

	while (columns && fit_width(note, length) > columns)
		length--;
	buffer_append(out, note, length);
}

/* One line, cut; gives how many bytes of text it was. */
static size_t cut_line(const char *text, unsigned int columns, struct buffer *out)
{
	unsigned int column = 0;
	size_t at = 0;

	while (text[at] && text[at] != '\n') {
		bool tab = text[at] == '\t';
		size_t length = 1;

		if (text[at] == '\033') {
			length = escape_length(text + at);
			buffer_append(out, text + at, length);
			at += length;
			continue;
		}
		while (continues_character(text[at + length]))
			length++;
		for (unsigned int wide = tab ? 8 - column % 8 : 1; wide-- > 0;) {
			if (columns && column >= columns)
				continue;
			column++;
			buffer_append(out, tab ? " " : text + at, tab ? 1 : length);
		}
		at += length;
	}
	buffer_string(out, "\n");
	return at + (text[at] == '\n');
}

/* Excerpts of a source: "   17 | text" and "      | ^". Their columns mean something. */
static bool is_excerpt(const char *line)
{
	while (*line == '\033' || *line == ' ' || (*line >= '0' && *line <= '9'))
		line += *line == '\033' ? escape_length(line) : 1;
	return *line == '|';
}

/* How many bytes of the line go on one row: up to its last blank, if it has one. */
static size_t row_length(const char *line, size_t length, unsigned int columns)
{
	size_t at = 0, blank = 0;

	for (unsigned int column = 0; at < length;) {
		if (line[at] == '\033') {
			at += escape_length(line + at);
			continue;
		}
		if (!continues_character(line[at]) && column++ == columns)
			return line[at] == ' ' || !blank ? at : blank;
		if (line[at] == ' ' && column > 1)
			blank = at;
		at++;
	}
	return length;
}

/* One line on as many rows as it takes, the others below its text. */
static size_t wrap_line(const char *line, unsigned int columns, struct buffer *out)
{
	size_t length = strcspn(line, "\n"), lead = strspn(line, " "), at = lead;
	unsigned int indent = (unsigned int)lead;

	if (!columns || indent + 2 > columns / 2)
		at = indent = 0;
	do {
		size_t row =
			columns ? row_length(line + at, length - at, columns - indent) : length;

		buffer_printf(out, "%*s", (int)indent, "");
		for (size_t i = at; i < at + row; i++)
			buffer_append(out, line[i] == '\t' ? " " : line + i, 1);
		buffer_string(out, "\n");
		at += row;
		at += strspn(line + at, " ");
		indent = lead + 2 > columns / 2 ? 0 : (unsigned int)lead + 2;
	} while (at < length);
	return length + (line[length] == '\n');
}

void fit_text(const char *text, unsigned int columns, unsigned int lines, const char *advice,
	      struct buffer *out)
{
	AUTO(buffer_free) struct buffer all = { 0 };
	unsigned int rows;

	while (*text)
		text += is_excerpt(text) ? cut_line(text, columns, &all)
					 : wrap_line(text, columns, &all);
	out->failed |= all.failed;
	text = buffer_text(&all);
	fit_rows(text, 0, &rows);
	if (!lines || rows <= lines) {
		buffer_string(out, text);
		return;
	}
	for (unsigned int i = 0; i + 1 < lines; i++) {
		size_t length = strcspn(text, "\n") + 1;

		buffer_append(out, text, length);
		text += length;
	}
	fit_more(rows - lines + 1, advice, columns, out);
	buffer_string(out, "\n");
}
