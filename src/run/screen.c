/* SPDX-License-Identifier: Apache-2.0 */
/* Redrawing in place with a handful of ECMA-48 sequences. */
#include "run/screen.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"

#define HOME_AND_CLEAR "\033[H\033[J"
#define CLEAR_LINE "\033[K"
#define CLEAR_BELOW "\033[J"
#define PLAIN "\033[m"

void screen_measure(struct screen *screen, int fd)
{
	struct winsize size = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row)
		return;
	if (screen->columns && (screen->columns != size.ws_col || screen->rows != size.ws_row))
		screen->resized = true;
	screen->rows = size.ws_row;
	screen->columns = size.ws_col;
}

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

/* How many columns the line takes. Lines hold no tabs and no wide characters. */
static unsigned int width_of(const char *line, size_t length)
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

/* How many of the terminal's rows: a line that does not fit goes on in the next. */
static unsigned int height_of(const char *line, size_t length, unsigned int columns)
{
	unsigned int width = width_of(line, length);

	return columns && width > columns ? (width + columns - 1) / columns : 1;
}

static unsigned int count_rows(const char *text, unsigned int columns, unsigned int *lines)
{
	unsigned int rows = 0;

	for (*lines = 0; strchr(text, '\n'); ++*lines) {
		size_t length = strcspn(text, "\n");

		rows += height_of(text, length, columns);
		text += length + 1;
	}
	return rows;
}

/* In the last column the cursor stands on the last character, which clearing would
 * take; the row is full then anyway. */
static void draw_line(const char *line, size_t length, unsigned int columns, struct buffer *out)
{
	unsigned int width = width_of(line, length);
	bool full = columns && width && width % columns == 0;

	buffer_append(out, line, length);
	buffer_string(out, full ? "\n" : CLEAR_LINE "\n");
}

/* What the cut hides; one row, however narrow. */
static void draw_note(unsigned int lines, const char *advice, unsigned int columns,
		      struct buffer *out)
{
	char note[80];
	size_t length =
		(size_t)snprintf(note, sizeof(note), PLAIN "… %u more lines; %s", lines, advice);

	while (columns && width_of(note, length) > columns)
		length--;
	draw_line(note, length, columns, out);
}

/* To the first row of the frame on the screen, or of the screen. */
static void go_back(const struct screen *screen, struct buffer *out)
{
	if (screen->resized)
		buffer_string(out, HOME_AND_CLEAR);
	else if (screen->drawn)
		buffer_printf(out, "\033[%uF", screen->drawn);
}

void screen_draw(struct screen *screen, const char *text, bool last, struct buffer *out)
{
	unsigned int columns = screen->columns, lines, shown = 0, drawn = 0;
	unsigned int room = count_rows(text, columns, &lines);

	/* One row stays free for the cursor, one for saying what is missing. */
	if (!last && screen->rows > 2 && room > screen->rows - 1)
		room = screen->rows - 2;
	go_back(screen, out);
	for (; shown < lines; shown++) {
		size_t length = strcspn(text, "\n");
		unsigned int height = height_of(text, length, columns);

		if (drawn + height > room)
			break;
		draw_line(text, length, columns, out);
		drawn += height;
		text += length + 1;
	}
	if (shown < lines) {
		draw_note(lines - shown, "--top shows fewer rows", columns, out);
		drawn++;
	} else {
		buffer_string(out, text); /* colours that end after the last line */
	}
	buffer_string(out, CLEAR_BELOW);
	screen->drawn = drawn;
	screen->resized = false;
}

void screen_erase(struct screen *screen, struct buffer *out)
{
	go_back(screen, out);
	if (screen->drawn && !screen->resized)
		buffer_string(out, CLEAR_BELOW);
	screen->drawn = 0;
	screen->resized = false;
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

void screen_fit(const char *text, unsigned int columns, unsigned int lines, const char *advice,
		struct buffer *out)
{
	AUTO(buffer_free) struct buffer all = { 0 };
	unsigned int rows;

	while (*text)
		text += is_excerpt(text) ? cut_line(text, columns, &all)
					 : wrap_line(text, columns, &all);
	out->failed |= all.failed;
	text = buffer_text(&all);
	count_rows(text, 0, &rows);
	if (!lines || rows <= lines) {
		buffer_string(out, text);
		return;
	}
	for (unsigned int i = 0; i + 1 < lines; i++) {
		size_t length = strcspn(text, "\n") + 1;

		buffer_append(out, text, length);
		text += length;
	}
	draw_note(rows - lines + 1, advice, columns, out);
}
