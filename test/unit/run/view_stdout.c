/* SPDX-License-Identifier: Apache-2.0 */
/* Readings, notes and a status on a terminal that may be stopped, and in a pipe that may be
 * full. The readings have nothing in them but their program's name. */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "run/view_stdout.h"

static struct signals signals;
static struct view *view;
static int ends[2]; /* where it can be read, and stdout */

static void stop(void *context, uint64_t now_ns)
{
	(void)now_ns;
	loop_quit(context, 0);
}

/* What can be written is more urgent than a deadline, so all of it was when it comes. */
static void write_what_can_be(void)
{
	struct loop_timer timer = { .due = stop, .context = signals.loop };

	loop_arm(signals.loop, &timer, 1);
	CHECK_NUMBER(loop_run(signals.loop), 0);
}

/* What there is to read, after all that can be written was. */
static const char *read_all(void)
{
	static char text[4096];
	size_t length = 0;
	ssize_t n;

	do {
		write_what_can_be();
		n = read(ends[0], text + length, sizeof(text) - 1 - length);
		length += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	text[length] = '\0';
	return text;
}

/* A view on stdout, which is ends[1] for as long as that is asked. */
static void open_view(bool with_stderr)
{
	static const struct output_settings settings = { .format = 0 };
	int saved[] = { dup(STDOUT_FILENO), dup(STDERR_FILENO) };
	struct skbscope_error error;

	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	REQUIRE(loop_new(&signals.loop) == 0);
	dup2(ends[1], STDOUT_FILENO);
	if (with_stderr)
		dup2(ends[1], STDERR_FILENO);
	CHECK_NUMBER(
		view_stdout_open(&settings, &(struct talk_settings){ 0 }, &signals, &view, &error),
		0);
	dup2(saved[1], STDERR_FILENO);
	close(saved[1]);
	close(ends[1]);
	ends[1] = saved[0];
}

static void end(void)
{
	views_close(&view);
	loop_freep(&signals.loop);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[0]);
	close(ends[1]);
}

static void open_terminal(void)
{
	const struct winsize size = { .ws_row = ROWS, .ws_col = COLUMNS };
	struct termios settings;

	reset();
	setenv("NO_COLOR", "1", 1);
	ends[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	REQUIRE(ends[0] >= 0 && grantpt(ends[0]) == 0 && unlockpt(ends[0]) == 0);
	ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
	REQUIRE(ends[1] >= 0 && tcgetattr(ends[1], &settings) == 0);
	cfmakeraw(&settings);
	REQUIRE(tcsetattr(ends[1], TCSANOW, &settings) == 0);
	REQUIRE(ioctl(ends[1], TIOCSWINSZ, &size) == 0);
	open_view(true);
}

static int show_reading(const char *program, enum show how)
{
	/* Kept, as it is borrowed until the next. */
	static struct skbscope_snapshot snapshots[2];
	static size_t turn;
	struct skbscope_snapshot *snapshot = &snapshots[turn++ % 2];
	struct skbscope_error error;

	*snapshot = (struct skbscope_snapshot){ .program = program, .path = program };
	return view->show(view, &(struct shown){ .snapshot = snapshot }, how, &error);
}

static void check_row(int r, const char *expected)
{
	char begin[COLUMNS + 1];

	snprintf(begin, sizeof(begin), "%.*s", (int)strlen(expected), grid[r]);
	CHECK_TEXT(begin, expected);
}

TEST(a_terminal_has_the_latest_reading_in_one_place_below_all_notes)
{
	open_terminal();
	show("$ skbscope run x\n");
	CHECK_NUMBER(show_reading("first", SHOW_EXTRA), 0);
	show(read_all());
	check_row(1, "first at");
	CHECK_NUMBER(show_reading("second", SHOW_READING), 0);
	view->note(view, "a note\n");
	show(read_all());
	check_row(0, "$ skbscope");
	check_row(1, "a note");
	check_row(2, "second at");
	CHECK(!strstr(grid[3], " at"));
	end();
}

TEST(a_terminal_that_was_stopped_goes_on_with_the_latest_reading_and_every_note)
{
	open_terminal();
	CHECK_NUMBER(show_reading("first", SHOW_READING), 0);
	show(read_all());
	REQUIRE(tcflow(STDOUT_FILENO, TCOOFF) == 0);
	CHECK(!view->waits(view));
	CHECK_NUMBER(show_reading("second", SHOW_READING), 0);
	CHECK(view->waits(view));
	view->note(view, "a note\n");
	CHECK(view->waits(view));
	CHECK_NUMBER(show_reading("third", SHOW_READING), 1);
	view->note(view, "another\n");
	CHECK_TEXT(read_all(), "");
	REQUIRE(tcflow(STDOUT_FILENO, TCOON) == 0);
	show(read_all());
	check_row(0, "a note");
	check_row(1, "another");
	check_row(2, "third at");
	CHECK(!strstr(grid[3], " at"));
	CHECK(!view->waits(view));
	end();
}

TEST(a_status_stands_above_the_reading_for_as_long_as_it_is_so)
{
	open_terminal();
	show_reading("first", SHOW_READING);
	view->status(view, "old version\n");
	show(read_all());
	check_row(0, "old version");
	check_row(2, "first at");
	view->status(view, "old version\n");
	CHECK_TEXT(read_all(), ""); /* no news */
	view->status(view, "");
	show(read_all());
	check_row(0, "first at");
	end();
}

TEST(after_the_last_reading_nothing_is_drawn)
{
	open_terminal();
	show_reading("first", SHOW_LAST);
	show(read_all());
	view->resized(view);
	view->status(view, "too late\n");
	CHECK_TEXT(read_all(), "");
	end();
}

TEST(a_terminal_of_another_size_is_drawn_anew)
{
	open_terminal();
	show_reading("first", SHOW_READING);
	read_all();
	view->resized(view);
	view->resized(view);
	CHECK_CONTAINS(read_all(), "\033[H\033[Jfirst at");
	CHECK_TEXT(read_all(), "");
	end();
}

TEST(in_a_pipe_readings_follow_one_another_with_a_line_between_them)
{
	REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
	open_view(false);
	CHECK(!view->status);
	CHECK_NUMBER(show_reading("nobody saw", SHOW_READING), 0);
	CHECK_NUMBER(show_reading("first", SHOW_READING), 1);
	CHECK(strncmp(read_all(), "first at", 8) == 0);
	CHECK_NUMBER(show_reading("second", SHOW_READING), 0);
	CHECK(strncmp(read_all(), "\nsecond at", 10) == 0);
	view->resized(view);
	CHECK_TEXT(read_all(), "");
	end();
}
