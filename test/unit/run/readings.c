/* SPDX-License-Identifier: Apache-2.0 */
/* What ends readings and what still comes then, with a source and a view that only take
 * notes. */
#include "harness.h"

#include <errno.h>

#include "base/error.h"
#include "base/io.h"
#include "run/readings.h"

/* What is to happen; a test sets what it is about. */
struct play {
	uint64_t count;
	const char *unseen; /* '1': this reading takes the place of one that nobody saw */
	int interrupted;    /* how many readings a SIGINT comes into, from the first on */
	int failing;        /* the reading that fails, from 1 */
	int full;           /* the reading that the view has no room for */
	int signal;         /* that comes after the first reading */
	bool detached;
};

static struct readings readings;
static struct play play;
static int taken, shown;
static char said[64]; /* a letter for each thing that happened */

static void say(char letter)
{
	size_t length = strlen(said);

	if (length + 1 < sizeof(said))
		said[length] = letter;
}

static int take(void *context, bool last, struct skbscope_error *error)
{
	(void)context;
	say(last ? 'L' : 'r');
	if (++taken <= play.interrupted) {
		raise(SIGINT);
		if (!signals_go_on(&readings.signals))
			return -EINTR;
	}
	if (taken == play.failing)
		return fail(error, EIO, SKBSCOPE_STAGE_OBSERVE, "it cannot be read");
	if (taken == 1 && play.signal)
		raise(play.signal);
	return readings_show(&readings, &(struct shown){ NULL, NULL }, last, error);
}

static int look(void *context, struct skbscope_error *error)
{
	(void)context;
	return play.detached ? readings_fail_detached(error) : 0;
}

static void reload(void *context)
{
	(void)context;
	say('h');
}

static bool waits(struct view *view)
{
	(void)view;
	return play.unseen && play.unseen[shown] == '1';
}

static int show(struct view *view, const struct shown *what, enum show how,
		struct skbscope_error *error)
{
	int unseen = waits(view);

	(void)what;
	(void)how;
	if (++shown == play.full)
		return fail(error, ENOSPC, SKBSCOPE_STAGE_RENDER, "there is no room");
	return unseen;
}

static void resized(struct view *view)
{
	(void)view;
	say('w');
}

static int finish(struct view *view, uint64_t patience_ns, struct skbscope_error *error)
{
	(void)view;
	(void)patience_ns;
	(void)error;
	say('F');
	return 0;
}

static void close_view(struct view *view)
{
	(void)view;
}

/* Readings every millisecond. */
static void check_play(struct play what, const char *expected, enum ending ending)
{
	static const struct readings_source source = { take, look, reload };
	struct view view = { .show = show,
			     .waits = waits,
			     .resized = resized,
			     .finish = finish,
			     .close = close_view };
	const struct pace_settings pace = { .interval_ns = 1000000, .count = what.count };
	struct skbscope_error error;

	signal(SIGHUP, SIG_DFL); /* else it would be left alone */
	play = what;
	taken = shown = 0;
	memset(said, 0, sizeof(said));
	memset(&readings, 0, sizeof(readings));
	REQUIRE(readings_open(&readings, &source, NULL, true, &error) == 0);
	readings_add(&readings, &view);
	readings_run(&readings, &pace, clock_monotonic_ns());
	readings_finish(&readings);
	CHECK_TEXT(said, expected);
	CHECK_NUMBER(readings.ending, ending);
	readings_close(&readings);
}

TEST(the_last_of_those_asked_for_is_the_last)
{
	check_play((struct play){ .count = 3 }, "rrLF", END_REACHED);
	check_play((struct play){ .count = 1 }, "LF", END_REACHED);
}

TEST(a_reading_that_nobody_saw_is_none_of_those_asked_for)
{
	check_play((struct play){ .count = 3, .unseen = "011000" }, "rrrrLF", END_REACHED);
}

TEST(a_signal_to_end_is_followed_by_a_last_reading)
{
	check_play((struct play){ .signal = SIGINT }, "rLF", END_SIGNAL);
	check_play((struct play){ .signal = SIGTERM }, "rLF", END_SIGNAL);
	check_play((struct play){ .interrupted = 1 }, "rLF", END_SIGNAL);
}

TEST(a_second_signal_ends_even_the_last_reading)
{
	check_play((struct play){ .interrupted = 2 }, "rL", END_SIGNAL);
}

TEST(a_first_signal_in_the_last_reading_does_not_end_it)
{
	check_play((struct play){ .count = 1, .interrupted = 1 }, "LLF", END_REACHED);
	check_play((struct play){ .count = 1, .interrupted = 2 }, "LL", END_REACHED);
}

TEST(another_size_and_a_reload_are_no_end)
{
	check_play((struct play){ .count = 3, .signal = SIGWINCH }, "rwrLF", END_REACHED);
	check_play((struct play){ .count = 3, .signal = SIGHUP }, "rhrLF", END_REACHED);
}

TEST(a_failure_to_read_is_followed_by_another_try)
{
	check_play((struct play){ .failing = 2 }, "rrLF", END_FAILED);
	CHECK_TEXT(readings.error.message, "it cannot be read");
}

TEST(where_nothing_can_be_shown_nothing_more_is_read)
{
	check_play((struct play){ .full = 2 }, "rrF", END_FAILED);
	CHECK_TEXT(readings.error.message, "there is no room");
}

TEST(the_first_failure_is_the_cause)
{
	check_play((struct play){ .detached = true, .failing = 1 }, "LF", END_FAILED);
	CHECK_CONTAINS(readings.error.message, "nothing is attached any more");
}
