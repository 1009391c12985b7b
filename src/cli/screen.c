/* SPDX-License-Identifier: Apache-2.0 */
/* Redrawing in place with a handful of ECMA-48 sequences. */
#include "cli/screen.h"

#include <string.h>
#include <sys/ioctl.h>

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

static unsigned int count_lines(const char *text)
{
	unsigned int lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

int screen_draw(struct screen *screen, const char *text, bool last, struct buffer *out)
{
	unsigned int lines = count_lines(text), shown = lines;
	int r = 0;

	/* One row stays free for the cursor, one for saying what is missing. */
	if (!last && screen->rows > 2 && lines > screen->rows - 1)
		shown = screen->rows - 2;
	if (screen->resized)
		r = buffer_string(out, HOME_AND_CLEAR);
	else if (screen->drawn)
		r = buffer_printf(out, "\033[%uF", screen->drawn);
	for (unsigned int i = 0; i < shown && r == 0; i++) {
		size_t length = strcspn(text, "\n");

		r = buffer_append(out, text, length);
		if (r == 0)
			r = buffer_string(out, CLEAR_LINE "\n");
		text += length + 1;
	}
	if (r == 0 && shown < lines)
		r = buffer_printf(out,
				  PLAIN "… %u more lines; --top shows fewer rows" CLEAR_LINE "\n",
				  lines - shown);
	else if (r == 0)
		r = buffer_string(out, text); /* colours that end after the last line */
	if (r == 0)
		r = buffer_string(out, CLEAR_BELOW);
	screen->drawn = shown + (shown < lines);
	screen->resized = false;
	return r;
}

int screen_erase(struct screen *screen, struct buffer *out)
{
	int r = 0;

	if (screen->resized)
		r = buffer_string(out, HOME_AND_CLEAR);
	else if (screen->drawn)
		r = buffer_printf(out, "\033[%uF" CLEAR_BELOW, screen->drawn);
	screen->drawn = 0;
	screen->resized = false;
	return r;
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

/* One line; gives how many bytes of text it was. */
static size_t fit_line(const char *text, unsigned int columns, struct buffer *out, int *r)
{
	unsigned int column = 0;
	size_t at = 0;

	while (text[at] && text[at] != '\n') {
		size_t length = 1;

		if (text[at] == '\033') {
			length = escape_length(text + at);
			*r = *r ? *r : buffer_append(out, text + at, length);
			at += length;
			continue;
		}
		while (continues_character(text[at + length]))
			length++;
		for (unsigned int wide = text[at] == '\t' ? 8 - column % 8 : 1; wide-- > 0;) {
			if (columns && column >= columns)
				continue;
			column++;
			if (text[at] == '\t')
				*r = *r ? *r : buffer_string(out, " ");
			else
				*r = *r ? *r : buffer_append(out, text + at, length);
		}
		at += length;
	}
	*r = *r ? *r : buffer_string(out, "\n");
	return at + (text[at] == '\n');
}

int screen_fit(const char *text, unsigned int columns, unsigned int lines, struct buffer *out)
{
	int r = 0;

	for (unsigned int i = 0; *text && r == 0 && (!lines || i < lines); i++)
		text += fit_line(text, columns, out, &r);
	return r;
}
