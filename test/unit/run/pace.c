/* SPDX-License-Identifier: Apache-2.0 */
/* When readings are due, in milliseconds after an odd start. */
#include "harness.h"

#include "run/pace.h"

#define MS UINT64_C(1000000)
#define START (123456 * MS)

static const struct {
	const char *what;
	uint64_t interval, duration, count; /* as asked for */
	uint64_t now, shown;
	uint64_t next; /* 0: never */
	bool last;     /* a reading that is due then */
} table[] = {
	{ "a second is the interval of who names none", 0, 0, 0, 0, 0, 1000, false },
	{ "the first comes an interval after the start", 200, 0, 0, 0, 0, 200, false },
	{ "a reading that took some time moves none", 200, 0, 0, 230, 1, 400, false },
	{ "one that is due now is not next", 200, 0, 0, 400, 1, 600, false },
	{ "those that came too late are left out", 200, 0, 0, 1023, 1, 1200, false },
	{ "without a count none is the last", 200, 0, 0, 1023, 1000000, 1200, false },
	{ "of three the third is the last", 200, 0, 3, 430, 2, 600, true },
	{ "and no sooner", 200, 0, 3, 430, 1, 600, false },
	{ "nor is there one after it", 200, 0, 3, 630, 3, 800, true },
	{ "a duration ends between two", 200, 500, 0, 430, 2, 500, true },
	{ "before its end it does not matter", 200, 500, 0, 230, 1, 400, false },
	{ "a duration may end with an interval", 200, 600, 0, 430, 2, 600, true },
	{ "after the end nothing is waited for", 200, 500, 0, 723, 2, 500, true },
	{ "whichever comes first", 200, 500, 1, 0, 0, 200, true },
	{ "an interval may be longer than the duration", 2000, 500, 0, 0, 0, 500, true },
	{ "no time is too long", UINT64_MAX / MS, UINT64_MAX / MS, 0, 1, 0, 0, true },
};

TEST(readings_are_due_at_whole_intervals_and_at_the_end)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct pace_settings settings = { .interval_ns = table[i].interval * MS,
							.duration_ns = table[i].duration * MS,
							.count = table[i].count };
		struct pace pace = pace_start(&settings, START);
		uint64_t next = pace_next(&pace, START + table[i].now * MS);
		uint64_t expected = table[i].next ? START + table[i].next * MS : UINT64_MAX;
		bool last = pace_is_last(&pace, next, table[i].shown);

		if (next == expected && last == table[i].last)
			continue;
		fprintf(stderr, "not so: %s\n", table[i].what);
		CHECK_NUMBER(next, expected);
		CHECK_NUMBER(last, table[i].last);
	}
}
