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
#include "base/utf8.h"
#include "screen/keys.h"

#define KEY_BYTES 16u

struct terminal {
	int fd, keys;
	bool colour, entered;
	FILE *memory, *nothing;
	int memory_fd;
	SCREEN *screen;
	locale_t locale;
	struct picture painted;
	struct termios before;
	struct buffer typed;
};

/* --- whatever happens --------------------------------------------------------------- */

/* For a handler of signals: what makes the terminal as it was. */
static struct {
	volatile sig_atomic_t needed;
	pid_t owner; /* and not a process that was made of it */
	int fd, keys;
	struct termios modes;
	char bytes[256];
	size_t length;
} rescue;

static void restore_now(void)
{
	if (!rescue.needed || rescue.owner != getpid())
		return;
	rescue.needed = 0;
	if (write(rescue.fd, rescue.bytes, rescue.length) < 0)
		errno = 0; /* there is nobody left to tell */
	tcsetattr(rescue.keys, TCSANOW, &rescue.modes);
}

static void die(int number)
{
	restore_now();
	signal(number, SIG_DFL);
	raise(number);
}

/* Those that end the process and that the loop does not hear. */
static const int deadly[] = { SIGQUIT, SIGILL,  SIGTRAP,   SIGABRT, SIGBUS,  SIGFPE,  SIGUSR1,
			      SIGSEGV, SIGUSR2, SIGALRM,   SIGPIPE, SIGXCPU, SIGXFSZ, SIGVTALRM,
			      SIGPROF, SIGSYS,  SIGSTKFLT, SIGPWR,  SIGIO };

static void handle_deadly(void (*handler)(int), void (*instead_of)(int))
{
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
		struct sigaction action;

		if (sigaction(deadly[i], NULL, &action) == 0 && action.sa_handler == instead_of)
			signal(deadly[i], handler);
	}
}

/* Without the times to wait ("$<5>") that terminals of paper had. */
static void add_capability(const char *name)
{
	const char *text = tigetstr(name);

	if (!text || text == (const char *)-1)
		return;
	while (*text && rescue.length < sizeof(rescue.bytes)) {
		if (text[0] == '$' && text[1] == '<')
			text += strcspn(text, ">") + (strchr(text, '>') != NULL);
		else
			rescue.bytes[rescue.length++] = *text++;
	}
}

static void be_rescued(const struct terminal *terminal)
{
	static bool once;

	rescue.owner = getpid();
	rescue.fd = terminal->fd;
	rescue.keys = terminal->keys;
	rescue.modes = terminal->before;
	rescue.length = 0;
	add_capability("sgr0");
	add_capability("cnorm");
	add_capability("rmkx");
	add_capability("rmcup");
	if (!once)
		atexit(restore_now);
	once = true;
	rescue.needed = 1;
	handle_deadly(die, SIG_DFL);
}

static void need_no_rescue(void)
{
	handle_deadly(SIG_DFL, die);
	rescue.needed = 0;
}

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
	buffer_free(&terminal->typed);
	free(terminal);
}

void terminal_freep(struct terminal **terminal)
{
	if (!*terminal)
		return;
	if ((*terminal)->entered) {
		restore_now();
		need_no_rescue();
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

/* In the mode that terminfo does not describe, which some stay in. */
static void know_arrows(void)
{
	define_key("\033[A", KEY_UP);
	define_key("\033[B", KEY_DOWN);
	define_key("\033[C", KEY_RIGHT);
	define_key("\033[D", KEY_LEFT);
	define_key("\033[H", KEY_HOME);
	define_key("\033[F", KEY_END);
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
	know_arrows();
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
	if (!rescue.needed)
		be_rescued(terminal);
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
	need_no_rescue();
	if (terminal_is_ours(terminal->keys)) /* else its modes are another's by now */
		tcsetattr(terminal->keys, TCSANOW, &terminal->before);
	return stays;
}

/* --- keys --------------------------------------------------------------------------- */

void terminal_typed(struct terminal *terminal, const char *bytes, size_t length)
{
	buffer_append(&terminal->typed, bytes, length);
}

bool terminal_has_begun_key(const struct terminal *terminal)
{
	return terminal->typed.length > 0;
}

static void drop(struct buffer *typed, size_t length)
{
	typed->length -= length;
	memmove(typed->data, typed->data + length, typed->length + 1);
}

static uint32_t key_of_code(int code)
{
	static const struct {
		int code;
		uint32_t key;
	} keys[] = {
		{ KEY_UP, KEY_OF_UP },         { KEY_DOWN, KEY_OF_DOWN },
		{ KEY_LEFT, KEY_OF_LEFT },     { KEY_RIGHT, KEY_OF_RIGHT },
		{ KEY_PPAGE, KEY_OF_PAGE_UP }, { KEY_NPAGE, KEY_OF_PAGE_DOWN },
		{ KEY_HOME, KEY_OF_HOME },     { KEY_END, KEY_OF_END },
		{ KEY_BTAB, KEY_OF_BACK_TAB }, { KEY_BACKSPACE, KEY_OF_BACKSPACE },
		{ KEY_ENTER, KEY_OF_ENTER },   { KEY_F(1), KEY_OF_F1 },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].code == code)
			return keys[i].key;
	return 0;
}

/* A sequence of the terminal's keys at the start: its length, and the key (0: one that we
 * have no use for). 0: there is none; or it is only begun. */
static size_t find_sequence(const struct buffer *typed, uint32_t *key, bool *begun)
{
	char text[KEY_BYTES + 1];

	*begun = false;
	for (size_t length = 1; length <= typed->length && length <= KEY_BYTES; length++) {
		int code;

		memcpy(text, typed->data, length);
		text[length] = '\0';
		code = key_defined(text);
		if (code > 0) {
			*key = key_of_code(code);
			return length;
		}
		if (code == 0)
			return 0;
		*begun = length == typed->length;
	}
	return 0;
}

/* Another's sequence (a key that terminfo does not have) is no text. */
static size_t foreign_length(const struct buffer *typed)
{
	size_t length = 2;

	if (typed->length < 2 || typed->data[0] != '\033' ||
	    (typed->data[1] != '[' && typed->data[1] != 'O'))
		return 0;
	while (length < typed->length && (typed->data[length] < '@' || typed->data[length] > '~'))
		length++;
	return length < typed->length ? length + 1 : length;
}

static size_t take_letter(const struct buffer *typed, uint32_t *key)
{
	const unsigned char *text = (const unsigned char *)typed->data;
	size_t length = utf8_length(text, typed->length < 4 ? typed->length : 4);

	if (length <= 1) {
		*key = *text < 0x80 ? *text : 0;
		return 1;
	}
	*key = *text & (0x7fu >> length);
	for (size_t i = 1; i < length; i++)
		*key = *key << 6 | (text[i] & 0x3fu);
	return length;
}

bool terminal_key(struct terminal *terminal, bool whole, uint32_t *key)
{
	struct buffer *typed = &terminal->typed;

	for (*key = 0; !*key && typed->length;) {
		bool begun = false;
		size_t length;

		if (!typed->data[0]) { /* no key of anybody's */
			drop(typed, 1);
			continue;
		}
		length = find_sequence(typed, key, &begun);
		if (!length && begun && !whole)
			return false;
		if (!length)
			length = foreign_length(typed);
		if (!length)
			length = take_letter(typed, key);
		drop(typed, length);
	}
	return *key != 0;
}
