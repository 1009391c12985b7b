/* SPDX-License-Identifier: Apache-2.0 */
#include "outside/recent.h"

#include "harness.h"

static struct recent recent;

/* Of all that is there: events, and what was missed. */
static void take_all(uint64_t *number, uint64_t *events, uint64_t *missed)
{
	const struct recent_line *line;
	uint64_t gap;

	*events = *missed = 0;
	do {
		line = recent_take(&recent, number, &gap);
		*missed += gap;
		*events += line != NULL;
	} while (line);
}

static void add(unsigned int lines, uint64_t left_out)
{
	for (unsigned int i = 0; i < lines; i++)
		CHECK(recent_add(&recent, i ? 0 : left_out, "{\"event\":1}\n", 12));
}

TEST(lines_come_in_order_and_once)
{
	uint64_t number = 1, events, missed;
	const struct recent_line *line;

	recent_init(&recent);
	CHECK(recent_add(&recent, 0, "one\ntwo\n", 8));
	line = recent_take(&recent, &number, &missed);
	CHECK(line && line->number == 1 && strcmp(line->text, "one") == 0 && missed == 0);
	line = recent_take(&recent, &number, &missed);
	CHECK(line && line->number == 2 && strcmp(line->text, "two") == 0 && missed == 0);
	take_all(&number, &events, &missed);
	CHECK(events == 0 && missed == 0);
	recent_clear(&recent);
}

TEST(what_was_left_out_is_missed_by_everybody)
{
	uint64_t number = 1, events, missed;

	recent_init(&recent);
	add(3, 0);
	add(4, 20);
	CHECK(recent_add(&recent, 7, "", 0));
	take_all(&number, &events, &missed);
	CHECK(events == 7 && missed == 27);
	recent_clear(&recent);
}

TEST(what_is_too_old_is_missed_by_who_is_slow)
{
	uint64_t slow = 1, number = 1, events, missed;

	recent_init(&recent);
	add(RECENT_EVENTS, 0);
	take_all(&number, &events, &missed);
	CHECK(events == RECENT_EVENTS && missed == 0);
	add(23, 5);
	take_all(&number, &events, &missed);
	CHECK(events == 23 && missed == 5);
	take_all(&slow, &events, &missed);
	CHECK(events == RECENT_EVENTS && missed == 28);
	recent_clear(&recent);
}

TEST(memory_is_bounded_by_bytes_as_well)
{
	static char text[RECENT_LINE_MAX + 2];
	uint64_t number = 1, events, missed;

	recent_init(&recent);
	memset(text, 'x', sizeof(text));
	text[RECENT_LINE_MAX] = '\n';
	for (int i = 0; i < 300; i++)
		CHECK(recent_add(&recent, 0, text, RECENT_LINE_MAX + 1));
	CHECK(recent.bytes <= RECENT_BYTES_MAX);
	CHECK(recent_add(&recent, 0, text, RECENT_LINE_MAX)); /* without its end */
	text[RECENT_LINE_MAX] = 'x';
	CHECK(recent_add(&recent, 0, text, sizeof(text))); /* too long to be kept */
	take_all(&number, &events, &missed);
	CHECK(events == RECENT_BYTES_MAX / RECENT_LINE_MAX && events + missed == 302);
	recent_clear(&recent);
}

TEST(a_reader_begins_with_the_latest)
{
	uint64_t number, events, missed;

	recent_init(&recent);
	CHECK(recent_start(&recent, 50) == 1);
	add(100, 0);
	number = recent_start(&recent, 50);
	take_all(&number, &events, &missed);
	CHECK(events == 50 && missed == 0);
	CHECK(recent_start(&recent, 5000) == 1);
	CHECK(recent_start(&recent, 0) == 101);
	recent_clear(&recent);
}
