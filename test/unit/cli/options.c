/* SPDX-License-Identifier: Apache-2.0 */
/* Options: exact names, every form of value, and the near one for a misspelling. */
#include "harness.h"

#include "cli/command.h"
#include "render/registry.h"

#define MAX 64

static struct skbscope_error error;

/* The settings of a command, or NULL; the command's name is its first word. */
static void *parse(const struct command *command, const char *const *words)
{
	char *argv[MAX + 1];
	size_t argc = 1;
	void *settings;

	argv[0] = (char *)command->name;
	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	argv[argc] = NULL;
	memset(&error, 0, sizeof(error));
	return options_parse(command, argc, argv, &settings, &error) < 0 ? NULL : settings;
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define RUN(...) parse(&command_run, WORDS(__VA_ARGS__))

TEST(operands_and_options_may_be_mixed)
{
	struct run_settings *s = RUN("-i", "eth0", "prog.c", "--interface=lo", "-DA=1", "-D", "B");

	REQUIRE(s);
	CHECK_TEXT(s->program, "prog.c");
	CHECK_NUMBER(s->traffic.interfaces.count, 2);
	CHECK_TEXT(s->traffic.interfaces.items[0], "eth0");
	CHECK_TEXT(s->traffic.interfaces.items[1], "lo");
	CHECK_NUMBER(s->compiling.defines.count, 2);
	CHECK_TEXT(s->compiling.defines.items[0], "A=1");
	CHECK_TEXT(s->compiling.defines.items[1], "B");
	options_free(&command_run, s);
}

TEST(after_two_dashes_everything_is_an_operand)
{
	struct run_settings *s = RUN("-q", "--", "-i");

	REQUIRE(s);
	CHECK_TEXT(s->program, "-i");
	CHECK(s->talk.quiet);
	options_free(&command_run, s);
}

TEST(letters_may_be_joined_and_the_last_may_have_its_argument_joined_too)
{
	struct run_settings *s = RUN("p.c", "-vqjieth0");

	REQUIRE(s);
	CHECK(s->talk.verbose && s->talk.quiet);
	CHECK_TEXT(render_format_names[s->output.format], "json");
	CHECK_TEXT(s->traffic.interfaces.items[0], "eth0");
	options_free(&command_run, s);
}

TEST(an_option_may_be_repeated_twenty_three_times)
{
	const char *words[2 * 23 + 2] = { "p.c" };
	struct run_settings *s;

	for (int i = 0; i < 23; i++) {
		words[1 + 2 * i] = "-i";
		words[2 + 2 * i] = i % 2 ? "a" : "b";
	}
	s = parse(&command_run, words);
	REQUIRE(s);
	CHECK_NUMBER(s->traffic.interfaces.count, 23);
	CHECK_TEXT(s->traffic.interfaces.items[22], "b");
	options_free(&command_run, s);
}

TEST(an_option_that_stands_for_another_sets_what_that_one_sets)
{
	const char *const *const same[] = { WORDS("p.c", "-j"), WORDS("p.c", "--json"),
					    WORDS("p.c", "-ojson"),
					    WORDS("p.c", "--output", "json") };
	struct run_settings *s;

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		s = parse(&command_run, same[i]);
		REQUIRE(s);
		CHECK_TEXT(render_format_names[s->output.format], "json");
		options_free(&command_run, s);
	}
	s = RUN("p.c", "--once");
	REQUIRE(s);
	CHECK_NUMBER(s->pace.count, 1);
	CHECK_TEXT(render_format_names[s->output.format], "table");
	options_free(&command_run, s);
}

static void check_refused(const struct command *command, const char *const *words,
			  const char *message, const char *hint)
{
	void *settings = parse(command, words);

	if (settings) {
		fprintf(stderr, "accepted: %s\n", words[0]);
		test_failures++;
		options_free(command, settings);
		return;
	}
	CHECK_NUMBER(error.stage, SKBSCOPE_STAGE_USAGE);
	CHECK_CONTAINS(error.message, message);
	CHECK_CONTAINS(error.hint, hint);
}

#define REFUSED(words, message, hint) check_refused(&command_run, words, message, hint)

TEST(an_unknown_option_gets_the_near_one)
{
	REFUSED(WORDS("--inteval", "2s"), "'--inteval'", "'--interval'");
	REFUSED(WORDS("--inteval=2s"), "'--inteval'", "'--interval'");
	REFUSED(WORDS("--zzzzzzzzzz"), "'--zzzzzzzzzz'", "--help");
	REFUSED(WORDS("--=x"), "'--'", "--help");
	REFUSED(WORDS("-Z"), "'-Z'", "--help");
	REFUSED(WORDS("-qZ"), "'-Z'", "--help");
}

TEST(an_abbreviation_is_not_accepted_but_completed_in_the_hint)
{
	REFUSED(WORDS("--interv", "2s"), "'--interv'", "'--interval'");
	REFUSED(WORDS("--enf"), "'--enf'", "'--enforce'");
	REFUSED(WORDS("--int", "2s"), "'--int'", "--int");
}

TEST(an_option_of_another_command_is_unknown)
{
	check_refused(&command_list, WORDS("-i", "lo"), "'-i'", "list --help");
	check_refused(&command_check, WORDS("p.c", "--watch"), "'--watch'", "");
	check_refused(&command_diff, WORDS("a.c", "b.c", "--enforce"), "'--enforce'", "");
}

TEST(an_argument_that_is_missing_or_too_many_is_named)
{
	REFUSED(WORDS("-i"), "-i needs", "");
	REFUSED(WORDS("--interval"), "--interval needs", "");
	REFUSED(WORDS("--once=3"), "--once takes no", "");
	REFUSED(WORDS("--enforce=yes"), "--enforce takes no", "");
	REFUSED(WORDS("-i", ""), "-i takes IFACE", "");
	REFUSED(WORDS("p.c", "-D"), "-D needs an argument", "ip -br link");
}

TEST(a_choice_is_one_of_its_words)
{
	struct run_settings *s = RUN("p.c", "--hook", "clsact");

	REQUIRE(s);
	CHECK_NUMBER(s->traffic.hook, 2);
	options_free(&command_run, s);
	REFUSED(WORDS("--hook", "clasct"), "auto|tcx|clsact, not 'clasct'", "'clsact'");
	REFUSED(WORDS("--output", "xml"), "'xml'", "");
	REFUSED(WORDS("-Q", "outin"), "in|out|inout, not 'outin'", "");
	REFUSED(WORDS("--help=some"), "'some'", "");
}

TEST(a_number_starts_at_one)
{
	struct run_settings *s = RUN("p.c", "--count", "23");

	REQUIRE(s);
	CHECK_NUMBER(s->pace.count, 23);
	options_free(&command_run, s);
	REFUSED(WORDS("--count", "0"), "--count takes", "");
	REFUSED(WORDS("--count", "-1"), "--count takes", "");
	REFUSED(WORDS("--count", "many"), "'many'", "");
	REFUSED(WORDS("--top", "99999999999999999999"), "--top takes", "");
	REFUSED(WORDS("--interval", "0"), "--interval takes a time", "");
}

TEST(every_operand_is_needed_and_no_more)
{
	check_refused(&command_diff, WORDS("-q"), "missing argument OLD", "");
	check_refused(&command_show, WORDS("a.c", "b.c"), "unexpected argument 'b.c'", "");
	REFUSED(WORDS(""), "run takes PROGRAM, not ''", "");
	check_refused(&command_diff, WORDS("a.c"), "missing argument NEW", "");
	check_refused(&command_cache, WORDS("claer"), "'claer'", "'clear'");
}

static void check_filter(const struct run_settings *s, const char *program)
{
	REQUIRE(s);
	CHECK_TEXT(s->program ? s->program : "-", program);
	REQUIRE(s->traffic.filter.count == 3);
	CHECK_TEXT(s->traffic.filter.items[0], "tcp");
	CHECK_TEXT(s->traffic.filter.items[2], "80");
}

TEST(words_behind_the_program_are_an_expression)
{
	const char *const *const lines[] = { WORDS("p.c", "-i", "lo", "tcp", "port", "80"),
					     WORDS("p.c", "tcp", "-q", "port", "80"),
					     WORDS("-q", "--", "p.c", "tcp", "port", "80") };
	struct diff_settings *diff;
	struct run_settings *s;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		s = parse(&command_run, lines[i]);
		check_filter(s, "p.c");
		options_free(&command_run, s);
	}
	diff = parse(&command_diff, WORDS("a.c", "b.c", "tcp", "port"));
	REQUIRE(diff);
	CHECK_TEXT(diff->new, "b.c");
	CHECK_NUMBER(diff->traffic.filter.count, 2);
	options_free(&command_diff, diff);
}

TEST(behind_a_text_all_words_are_the_expression_wherever_the_text_stands)
{
	const char *const *const lines[] = { WORDS("-e", "u32 a;", "tcp", "port", "80"),
					     WORDS("tcp", "port", "80", "-e", "u32 a;"),
					     WORDS("tcp", "--text=u32 a;", "port", "80") };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct run_settings *s = parse(&command_run, lines[i]);

		check_filter(s, "-");
		CHECK_TEXT(s->compiling.text, "u32 a;");
		options_free(&command_run, s);
	}
}

TEST(help_needs_no_operand)
{
	void *s = RUN("--help");

	REQUIRE(s);
	CHECK_TEXT(options_general(&command_run, s)->help, "");
	options_free(&command_run, s);
	s = RUN("--help=all", "-V");
	REQUIRE(s);
	CHECK_TEXT(options_general(&command_run, s)->help, "all");
	CHECK(options_general(&command_run, s)->version);
	options_free(&command_run, s);
}

/* But for the formats there are: a difference is no metric. */
static bool means_the_same(const struct option_row *a, const struct option_row *b)
{
	return a == b || (a->letter == b->letter && a->form == b->form && a->offset == b->offset &&
			  strcmp(a->help, b->help) == 0 && !a->same_as == !b->same_as &&
			  (!a->same_as || (strcmp(a->same_as, b->same_as) == 0 &&
					   strcmp(a->value, b->value) == 0)));
}

TEST(a_word_that_diff_shares_with_run_means_the_same)
{
	struct options run, diff;
	size_t shared = 0;

	options_of(&command_run, &run);
	options_of(&command_diff, &diff);
	for (size_t i = 0; i < diff.count; i++) {
		for (size_t j = 0; j < run.count; j++) {
			if (strcmp(diff.places[i].row->name, run.places[j].row->name) != 0)
				continue;
			CHECK(means_the_same(diff.places[i].row, run.places[j].row));
			shared++;
		}
	}
	CHECK_NUMBER(shared, diff.count);
}
