/* SPDX-License-Identifier: Apache-2.0 */
/* Redrawing in place with a handful of ECMA-48 sequences. */
#include "run/redraw.h"

#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "screen/fit.h"

#define HOME_AND_CLEAR "\033[H\033[J"
#define CLEAR_LINE "\033[K"
#define CLEAR_BELOW "\033[J"

void redraw_measure(struct redrawn *screen, int fd)
{
	struct winsize size = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row)
		return;
	if (screen->columns && (screen->columns != size.ws_col || screen->rows != size.ws_row))
		screen->resized = true;
	screen->rows = size.ws_row;
	screen->columns = size.ws_col;
}

/* In the last column the cursor stands on the last character, which clearing would
 * take; the row is full then anyway. */
static void draw_line(const char *line, size_t length, unsigned int columns, struct buffer *out)
{
	unsigned int width = fit_width(line, length);
	bool full = columns && width && width % columns == 0;

	buffer_append(out, line, length);
	buffer_string(out, full ? "\n" : CLEAR_LINE "\n");
}

static void draw_note(unsigned int lines, unsigned int columns, struct buffer *out)
{
	AUTO(buffer_free) struct buffer note = { 0 };

	fit_more(lines, "--top shows fewer rows", columns, &note);
	draw_line(buffer_text(&note), note.length, columns, out);
}

/* To the first row of the frame on the screen, or of the screen. */
static void go_back(const struct redrawn *screen, struct buffer *out)
{
	if (screen->resized)
		buffer_string(out, HOME_AND_CLEAR);
	else if (screen->drawn)
		buffer_printf(out, "\033[%uF", screen->drawn);
}

void redraw_frame(struct redrawn *screen, const char *text, bool last, struct buffer *out)
{
	unsigned int columns = screen->columns, lines, shown = 0, drawn = 0;
	unsigned int room = fit_rows(text, columns, &lines);

	/* One row stays free for the cursor, one for saying what is missing. */
	if (!last && screen->rows > 2 && room > screen->rows - 1)
		room = screen->rows - 2;
	go_back(screen, out);
	for (; shown < lines; shown++) {
		size_t length = strcspn(text, "\n");
		unsigned int height = fit_height(text, length, columns);

		if (drawn + height > room)
			break;
		draw_line(text, length, columns, out);
		drawn += height;
		text += length + 1;
	}
	if (shown < lines) {
		draw_note(lines - shown, columns, out);
		drawn++;
	} else {
		buffer_string(out, text); /* colours that end after the last line */
	}
	buffer_string(out, CLEAR_BELOW);
	screen->drawn = drawn;
	screen->resized = false;
}

void redraw_erase(struct redrawn *screen, struct buffer *out)
{
	go_back(screen, out);
	if (screen->drawn && !screen->resized)
		buffer_string(out, CLEAR_BELOW);
	screen->drawn = 0;
	screen->resized = false;
}
