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
