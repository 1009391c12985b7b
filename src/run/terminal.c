/* SPDX-License-Identifier: Apache-2.0 */
/* ncurses, and what it must not do: write to the terminal by itself, or read from it. */
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include "run/terminal.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
#undef columns /* which it makes words of its own */
#undef lines
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "run/terminal_rescue.h"
#include "run/typed.h"

struct terminal {
	int fd, keys;
	bool colour, entered;
	FILE *memory, *nothing;
	int memory_fd;
	SCREEN *screen;
	locale_t locale;
	struct picture painted;
	struct termios before;
};

/* --- opening ------------------------------------------------------------------------ */

bool terminal_can_paint(int fd)
{
	bool can;
	int why;

	if (setupterm(NULL, fd, &why) != OK)
		return false;
	can = tigetstr("cup") && tigetstr("cup") != (char *)-1;
	del_curterm(cur_term);
	return can;
}

static void free_terminal(struct terminal *terminal)
{
	if (terminal->screen)
		delscreen(terminal->screen);
	fclosep(&terminal->memory);
	fclosep(&terminal->nothing);
	if (terminal->locale)
		freelocale(terminal->locale);
	picture_free(&terminal->painted);
	free(terminal);
}

void terminal_freep(struct terminal **terminal)
{
	if (!*terminal)
		return;
	if ((*terminal)->entered) {
		terminal_restore();
		terminal_need_no_rescue();
	}
	free_terminal(TAKE(*terminal));
}

static int open_memory(struct terminal *terminal)
{
	terminal->memory_fd = memfd_create("skbscope-terminal", MFD_CLOEXEC);
	if (terminal->memory_fd < 0)
		return -errno;
	terminal->memory = fdopen(terminal->memory_fd, "w");
	if (!terminal->memory) {
		close(terminal->memory_fd);
		return -ENOMEM;
	}
	terminal->nothing = fopen("/dev/null", "re");
	return terminal->nothing ? 0 : -errno;
}

int terminal_open(int fd, int keys, bool colour, struct terminal **out)
{
	struct terminal *terminal = calloc(1, sizeof(*terminal));
	int r;

	if (!terminal)
		return -ENOMEM;
	terminal->fd = fd;
	terminal->keys = keys;
	terminal->colour = colour;
	terminal->locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	r = open_memory(terminal);
	if (r < 0) {
		free_terminal(terminal);
		return r;
	}
	*out = terminal;
	return 0;
}

bool terminal_size(int fd, unsigned int *rows, unsigned int *columns)
{
	struct winsize size = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		return false;
	*rows = size.ws_row;
	*columns = size.ws_col;
	return true;
}

bool terminal_is_ours(int keys)
{
	const pid_t front = tcgetpgrp(keys);

	return front < 0 || front == getpgrp(); /* nobody controls it, or we are in front */
}

/* --- painting ----------------------------------------------------------------------- */

/* ncurses asks the thread's locale what letters are, and libraries of ours that ask the
 * process's go on as they are. */
static locale_t take_locale(const struct terminal *terminal)
{
	return terminal->locale ? uselocale(terminal->locale) : (locale_t)0;
}

static void give_locale(locale_t before)
{
	if (before)
		uselocale(before);
}

static void take_written(struct terminal *terminal, struct buffer *out)
{
	const off_t length = lseek(terminal->memory_fd, 0, SEEK_CUR);

	if (length > 0 && buffer_reserve(out, (size_t)length)) {
		const ssize_t n =
			pread(terminal->memory_fd, out->data + out->length, (size_t)length, 0);

		out->length += n > 0 ? (size_t)n : 0;
		out->data[out->length] = '\0';
	}
	if (ftruncate(terminal->memory_fd, 0) < 0 || lseek(terminal->memory_fd, 0, SEEK_SET) < 0)
		out->failed = true;
}

static void set_modes(const struct terminal *terminal)
{
	struct termios modes = terminal->before;

	modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	modes.c_oflag &= ~(tcflag_t)XTABS; /* ncurses has tabs of its own */
	modes.c_cc[VMIN] = 1;
	modes.c_cc[VTIME] = 0;
	tcsetattr(terminal->keys, TCSANOW, &modes);
}

void terminal_enter(struct terminal *terminal)
{
	if (terminal->entered || tcgetattr(terminal->keys, &terminal->before) < 0)
		return;
	terminal->entered = true;
	set_modes(terminal);
}

/* It takes its size from there, as what it writes to has none. */
static void say_size(const struct picture *picture)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", picture->rows);
	setenv("LINES", number, 1);
	snprintf(number, sizeof(number), "%u", picture->columns);
	setenv("COLUMNS", number, 1);
}

static bool start_curses(struct terminal *terminal, const struct picture *picture)
{
	const char *lines = getenv("LINES"), *columns = getenv("COLUMNS");
	AUTO(freep) char *lines_before = lines ? strdup(lines) : NULL;
	AUTO(freep) char *columns_before = columns ? strdup(columns) : NULL;
	sigset_t all, before;

	/* The handlers that it brings never run: the loop has those signals. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	say_size(picture);
	terminal->screen = newterm(NULL, terminal->memory, terminal->nothing);
	if (lines_before)
		setenv("LINES", lines_before, 1);
	else
		unsetenv("LINES");
	if (columns_before)
		setenv("COLUMNS", columns_before, 1);
	else
		unsetenv("COLUMNS");
	for (int number = 1; number < NSIG; number++)
		if (number == SIGTSTP || number == SIGWINCH || number == SIGINT ||
		    number == SIGTERM)
			signal(number, SIG_DFL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!terminal->screen)
		return false;
	leaveok(stdscr, FALSE);
	typed_know_arrows();
	if (terminal->colour && has_colors() && start_color() == OK) {
		use_default_colors();
		init_pair(1, COLOR_RED, -1);
		init_pair(2, COLOR_YELLOW, -1);
	} else {
		terminal->colour = false;
	}
	return true;
}

static attr_t attributes_of(const struct terminal *terminal, unsigned int look, short *pair)
{
	attr_t attributes = A_NORMAL;

	*pair = 0;
	if (look & (LOOK_RED | LOOK_YELLOW)) {
		if (terminal->colour)
			*pair = look & LOOK_RED ? 1 : 2;
		else
			attributes |= A_BOLD;
	}
	return attributes | (look & LOOK_BOLD ? A_BOLD : 0) | (look & LOOK_DIM ? A_DIM : 0) |
	       (look & LOOK_REVERSE ? A_REVERSE : 0);
}

static void paint_row(const struct terminal *terminal, const struct picture *picture,
		      unsigned int row)
{
	for (unsigned int column = 0; column < picture->columns; column++) {
		const struct glyph *glyph = picture_at(picture, row, column);
		const wchar_t letter[2] = { (wchar_t)glyph->letter, L'\0' };
		cchar_t cell;
		short pair;
		const attr_t attributes = attributes_of(terminal, glyph->look, &pair);

		if (setcchar(&cell, letter, attributes, pair, NULL) == OK)
			mvadd_wch((int)row, (int)column, &cell);
	}
}

/* Rows that are as they were cost nothing. */
static void paint_rows(struct terminal *terminal, const struct picture *picture, bool all)
{
	struct picture *painted = &terminal->painted;
	const size_t size = picture->columns * sizeof(*picture->glyphs);
	const bool same = !all && painted->rows == picture->rows &&
			  painted->columns == picture->columns && painted->glyphs;

	for (unsigned int row = 0; row < picture->rows; row++)
		if (!same ||
		    memcmp(picture_at(picture, row, 0), picture_at(painted, row, 0), size) != 0)
			paint_row(terminal, picture, row);
	if (picture_clear(painted, picture->rows, picture->columns) == 0)
		memcpy(painted->glyphs, picture->glyphs, picture->rows * size);
}

void terminal_paint(struct terminal *terminal, const struct picture *picture, bool anew,
		    struct buffer *out)
{
	const locale_t locale = take_locale(terminal);

	if (!terminal->screen && !start_curses(terminal, picture)) {
		give_locale(locale);
		out->failed = true;
		return;
	}
	if (anew)
		terminal_need_rescue(terminal->fd, terminal->keys, &terminal->before);
	if (picture->rows != terminal->painted.rows ||
	    picture->columns != terminal->painted.columns)
		resizeterm((int)picture->rows, (int)picture->columns);
	if (anew)
		keypad(stdscr, TRUE);
	paint_rows(terminal, picture, anew);
	curs_set(picture->cursor);
	if (picture->cursor)
		move((int)picture->cursor_row, (int)picture->cursor_column);
	clearok(curscr, anew);
	refresh();
	give_locale(locale);
	take_written(terminal, out);
}

bool terminal_leave(struct terminal *terminal, struct buffer *out)
{
	bool stays = false;

	if (!terminal->entered)
		return false;
	if (terminal->screen) {
		const locale_t locale = take_locale(terminal);

		stays = !tigetstr("rmcup");
		endwin();
		give_locale(locale);
		take_written(terminal, out);
	}
	terminal->entered = false;
	picture_free(&terminal->painted);
	terminal_need_no_rescue();
	if (terminal_is_ours(terminal->keys)) /* else its modes are another's by now */
		tcsetattr(terminal->keys, TCSANOW, &terminal->before);
	return stays;
}
