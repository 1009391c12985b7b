/* SPDX-License-Identifier: Apache-2.0 */
/* base/text: numbers, identifiers, near misses. */
#include "base/text.h"

#include "harness.h"

TEST(a_number_is_the_whole_string)
{
	uint64_t value = 5;

	CHECK(text_number("0x1f", &value) && value == 31);
	CHECK(text_number("18446744073709551615", &value) && value == UINT64_MAX);
	CHECK(!text_number("18446744073709551616", &value));
	CHECK(!text_number("12k", &value));
	CHECK(!text_number("-1", &value));
	CHECK(!text_number(" 1", &value));
	CHECK(!text_number("", &value));
}

TEST(a_swapped_pair_is_one_mistake)
{
	CHECK_NUMBER(text_distance("chekc", "check"), 1);
	CHECK_NUMBER(text_distance("", "run"), 3);
	CHECK_NUMBER(text_distance("doctor", "doctor"), 0);
}

TEST(only_a_near_word_is_suggested)
{
	const char *const commands[] = { "run", "check", "doctor", "detach" };

	CHECK_TEXT(text_nearest("doktor", commands, 4), "doctor");
	CHECK_TEXT(text_nearest("rn", commands, 4), "run");
	CHECK(!text_nearest("completion", commands, 4));
}

TEST(an_identifier_is_one_of_c)
{
	CHECK(text_is_identifier("_skb2"));
	CHECK(!text_is_identifier("2skb"));
	CHECK(!text_is_identifier("a-b"));
	CHECK(!text_is_identifier(""));
}

static void check_duration(const char *text, uint64_t expected)
{
	uint64_t ns = 0;

	CHECK(text_duration(text, &ns));
	CHECK_NUMBER(ns, expected);
}

TEST(a_duration_has_a_unit_or_is_in_seconds)
{
	check_duration("500ms", 500000000u);
	check_duration("2s", 2000000000u);
	check_duration("2", 2000000000u);
	check_duration("0.5", 500000000u);
	check_duration("1.5s", 1500000000u);
	check_duration("1m", 60000000000u);
	check_duration("2h", 7200000000000u);
	check_duration("1000us", 1000000u);
}

TEST(what_is_no_duration_is_refused)
{
	const char *const wrong[] = { "",   "s",    "-1",  "0",    "0.0001ms",  "1x",  "1 s",
				      "1e", "1.2.", "inf", "0x10", "99999999d", "1s ", "nan" };
	uint64_t ns;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (text_duration(wrong[i], &ns)) {
			fprintf(stderr, "accepted: '%s'\n", wrong[i]);
			test_failures++;
		}
	}
}

TEST(times_are_as_short_as_a_nanosecond)
{
	uint64_t ns = 0;

	CHECK(text_time("1ns", &ns) && ns == 1);
	CHECK(text_time("20us", &ns) && ns == 20000);
	CHECK(text_time("12345678901ns", &ns) && ns == 12345678901);
	CHECK(!text_time("0ns", &ns));
	CHECK(!text_time("5parsecs", &ns));
	CHECK(!text_duration("999us", &ns));
	CHECK(text_duration("1000us", &ns) && ns == 1000000);
}
