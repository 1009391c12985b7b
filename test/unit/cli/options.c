/* SPDX-License-Identifier: Apache-2.0 */
/* Options: exact names, every form of value, and the near one for a misspelling. */
#include "harness.h"

#include "cli/options.h"

#define MAX 16

static int parse(unsigned int command, const char *const *words, struct settings *settings,
		 struct skbscope_error *error)
{
	char *argv[MAX + 1];
	int argc = 0;

	for (; words[argc]; argc++)
		argv[argc] = (char *)words[argc];
	argv[argc] = NULL;
	memset(settings, 0, sizeof(*settings));
	return options_parse(command, argc, argv, settings, error);
}

#define WORDS(...) ((const char *const[]){ "run", __VA_ARGS__, NULL })

TEST(operands_and_options_may_be_mixed)
{
	struct settings s;
	struct skbscope_error error;

	REQUIRE(parse(ON_RUN, WORDS("-i", "eth0", "prog.c", "--interface=lo", "-DA=1", "-D", "B"),
		      &s, &error) == 0);
	CHECK_NUMBER(s.operands.count, 1);
	CHECK_TEXT(s.operands.items[0], "prog.c");
	CHECK_NUMBER(s.run.traffic.interfaces.count, 2);
	CHECK_TEXT(s.run.traffic.interfaces.items[0], "eth0");
	CHECK_TEXT(s.run.traffic.interfaces.items[1], "lo");
	CHECK_NUMBER(s.run.compiling.defines.count, 2);
	CHECK_TEXT(s.run.compiling.defines.items[0], "A=1");
	CHECK_TEXT(s.run.compiling.defines.items[1], "B");
	settings_clear(&s);
}

TEST(after_two_dashes_everything_is_an_operand)
{
	struct settings s;
	struct skbscope_error error;

	REQUIRE(parse(ON_RUN, WORDS("-q", "--", "-i"), &s, &error) == 0);
	CHECK_NUMBER(s.operands.count, 1);
	CHECK_TEXT(s.operands.items[0], "-i");
	CHECK(s.run.talk.quiet);
	settings_clear(&s);
}

TEST(an_option_may_be_repeated_twenty_three_times)
{
	const char *words[2 * 23 + 2] = { "run" };
	char *argv[2 * 23 + 2];
	struct settings s = { 0 };
	struct skbscope_error error;

	for (int i = 0; i < 23; i++) {
		words[1 + 2 * i] = "-i";
		words[2 + 2 * i] = i % 2 ? "a" : "b";
	}
	memcpy(argv, words, sizeof(words));
	REQUIRE(options_parse(ON_RUN, 2 * 23 + 1, argv, &s, &error) == 0);
	CHECK_NUMBER(s.run.traffic.interfaces.count, 23);
	CHECK_TEXT(s.run.traffic.interfaces.items[22], "b");
	settings_clear(&s);
}

TEST(json_has_a_short_and_a_long_spelling)
{
	struct settings s;
	struct skbscope_error error;

	REQUIRE(parse(ON_RUN, WORDS("-j"), &s, &error) == 0);
	CHECK_NUMBER(s.run.output.format, OUTPUT_JSON);
	settings_clear(&s);
	REQUIRE(parse(ON_RUN, WORDS("--output", "json"), &s, &error) == 0);
	CHECK_NUMBER(s.run.output.format, OUTPUT_JSON);
	settings_clear(&s);
	REQUIRE(parse(ON_RUN, WORDS("-q"), &s, &error) == 0);
	CHECK_NUMBER(s.run.output.format, OUTPUT_TABLE);
	settings_clear(&s);
}

static void check_refused(const char *const *words, const char *message, const char *hint)
{
	struct settings s;
	struct skbscope_error error = { 0 };

	if (parse(ON_RUN, words, &s, &error) == 0) {
		fprintf(stderr, "accepted: %s\n", words[1]);
		test_failures++;
		settings_clear(&s);
		return;
	}
	CHECK_NUMBER(error.stage, SKBSCOPE_STAGE_USAGE);
	CHECK_CONTAINS(error.message, message);
	CHECK_CONTAINS(error.hint, hint);
}

TEST(an_unknown_option_gets_the_near_one)
{
	check_refused(WORDS("--inteval", "2s"), "'--inteval'", "'--interval'");
	check_refused(WORDS("--inteval=2s"), "'--inteval'", "'--interval'");
	check_refused(WORDS("--zzzzzzzzzz"), "'--zzzzzzzzzz'", "--help");
	check_refused(WORDS("-Z"), "'-Z'", "--help");
	check_refused(WORDS("-qZ"), "'-Z'", "--help");
}

TEST(an_abbreviation_is_not_accepted_but_completed_in_the_hint)
{
	check_refused(WORDS("--interv", "2s"), "'--interv'", "'--interval'");
	check_refused(WORDS("--enf"), "'--enf'", "'--enforce'");
	check_refused(WORDS("--int", "2s"), "'--int'", "--int");
}

TEST(an_option_of_another_command_is_unknown)
{
	struct settings s;
	struct skbscope_error error = { 0 };

	CHECK(parse(ON_LIST, ((const char *const[]){ "list", "-i", "lo", NULL }), &s, &error) < 0);
	CHECK_CONTAINS(error.message, "'-i'");
}

TEST(an_argument_that_is_missing_or_too_many_is_named)
{
	check_refused(WORDS("-i"), "-i needs", "");
	check_refused(WORDS("--interval"), "--interval needs", "");
	check_refused(WORDS("--once=3"), "--once takes no", "");
	check_refused(WORDS("-i", ""), "--interface takes", "");
}

TEST(a_choice_is_one_of_its_words)
{
	struct settings s;
	struct skbscope_error error;

	REQUIRE(parse(ON_RUN, WORDS("--hook", "clsact"), &s, &error) == 0);
	CHECK_NUMBER(s.run.traffic.hook, 2);
	settings_clear(&s);
	check_refused(WORDS("--hook", "clasct"), "'clasct'", "'clsact'");
	check_refused(WORDS("--output", "xml"), "'xml'", "");
}

TEST(a_number_starts_at_one)
{
	struct settings s;
	struct skbscope_error error;

	REQUIRE(parse(ON_RUN, WORDS("--count", "23"), &s, &error) == 0);
	CHECK_NUMBER(s.run.pace.count, 23);
	settings_clear(&s);
	check_refused(WORDS("--count", "0"), "--count takes", "");
	check_refused(WORDS("--count", "-1"), "--count takes", "");
	check_refused(WORDS("--count", "many"), "'many'", "");
	check_refused(WORDS("--top", "99999999999999999999"), "--top takes", "");
}

TEST(once_is_a_count_of_one)
{
	struct settings s;
	struct skbscope_error error;

	REQUIRE(parse(ON_RUN, WORDS("--once"), &s, &error) == 0);
	CHECK_NUMBER(s.run.pace.count, 1);
	settings_clear(&s);
}

static void check_duration(const char *text, uint64_t expected)
{
	uint64_t ns = 0;

	CHECK(parse_duration(text, &ns));
	CHECK_NUMBER(ns, expected);
}

TEST(durations_have_units_and_default_to_seconds)
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
		if (parse_duration(wrong[i], &ns)) {
			fprintf(stderr, "accepted: '%s'\n", wrong[i]);
			test_failures++;
		}
	}
}

TEST(watching_can_be_asked_for_and_refused)
{
	struct settings s;
	struct skbscope_error error;

	REQUIRE(parse(ON_RUN, WORDS("p.c", "--watch", "--reset", "--no-cache"), &s, &error) == 0);
	CHECK(s.run.watch && s.run.reset && s.run.compiling.no_cache && !s.run.no_watch);
	settings_clear(&s);
	REQUIRE(parse(ON_RUN, WORDS("p.c", "--no-watch"), &s, &error) == 0);
	CHECK(s.run.no_watch && !s.run.watch);
	settings_clear(&s);
	CHECK(parse(ON_CHECK, WORDS("p.c", "--watch"), &s, &error) < 0);
}

TEST(a_diff_takes_two_programs_and_what_both_have_in_common)
{
	struct settings s;
	struct skbscope_error error;

	REQUIRE(parse(ON_DIFF, WORDS("a.c", "b.c", "-i", "lo", "--duration", "1s", "-j"), &s,
		      &error) == 0);
	CHECK_NUMBER(s.operands.count, 2);
	CHECK_TEXT(s.operands.items[1], "b.c");
	settings_clear(&s);
	CHECK(parse(ON_DIFF, WORDS("a.c", "b.c", "--enforce"), &s, &error) < 0);
}
