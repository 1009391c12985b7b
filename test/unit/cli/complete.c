/* SPDX-License-Identifier: Apache-2.0 */
/* Completion: what can stand in the place of the last word. */
#include "harness.h"

#include <unistd.h>

#include "base/cleanup.h"
#include "cli/command.h"

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Offered words, without what they mean, each followed by a space. */
static char *offered(const char *const *typed)
{
	char *words[16], *text = NULL, *end;
	size_t count = 0, length = 0;
	FILE *stream = open_memstream(&text, &length);

	for (; typed[count]; count++)
		words[count] = (char *)typed[count];
	complete(count, words, stream);
	fclose(stream);
	end = text;
	for (const char *line = text; *line; line += *line == '\n') {
		size_t word = strcspn(line, "\t\n");

		memmove(end, line, word);
		end += word;
		*end++ = ' '; /* at least a newline went before it */
		line += strcspn(line, "\n");
	}
	*end = '\0';
	return text;
}

static void check_offers(const char *const *typed, const char *expected)
{
	AUTO(freep) char *text = offered(typed);

	CHECK_TEXT(text, expected);
}

static void check_has(const char *const *typed, const char *part)
{
	AUTO(freep) char *text = offered(typed);

	CHECK_CONTAINS(text, part);
}

TEST(the_first_word_is_a_command)
{
	check_offers(WORDS("d"), "diff doctor detach dns :files.c ");
	check_offers(WORDS("help", "ru"), "run ");
	check_offers(WORDS("--v"), "--version ");
	check_offers(WORDS("rnu", ""), "");
	check_offers(WORDS("help", "run", ""), "");
}

TEST(the_first_word_may_be_a_program_to_run)
{
	check_has(WORDS("talk"), "talkers ");
	check_offers(WORDS("talkers", "--inte"), "--interface --interval ");
	check_offers(WORDS("./mine.c", "--inte"), "--interface --interval ");
}

TEST(options_are_those_of_the_command)
{
	check_offers(WORDS("run", "--in"), "--interface --ingress --interval --include ");
	check_offers(WORDS("run", "p.c", "-q", "--enf"), "--enforce ");
	check_offers(WORDS("list", "--in"), "");
	check_has(WORDS("doctor", "-"), "--version ");
	check_offers(WORDS("run", "-qv"), "-qv ");
	check_offers(WORDS("run", "-Z"), "");
}

TEST(an_argument_is_completed_by_what_it_is)
{
	check_offers(WORDS("run", "--hook", ""), "auto tcx clsact ");
	check_offers(WORDS("run", "--hook=c"), "--hook=clsact ");
	check_offers(WORDS("check", "-o", "j"), "json ");
	check_offers(WORDS("check", "-qoj"), "-qojson ");
	check_offers(WORDS("check", "--help="), "--help=all ");
	check_offers(WORDS("check", "--headers", "k"), "kernel :files/ ");
	check_offers(WORDS("check", "-I", "x"), ":files/ ");
	check_offers(WORDS("run", "-i", "l"), "lo ");
	check_offers(WORDS("run", "-vil"), "-vilo ");
	check_has(WORDS("run", "--netns", "/proc"), ":files ");
	check_offers(WORDS("run", "--interval", ""), "");
	check_offers(WORDS("run", "--once", "--", "-"), ":files.c ");
}

TEST(operands_are_completed_each_by_what_it_is)
{
	check_offers(WORDS("cache", ""), "list clear ");
	check_offers(WORDS("cache", "list", ""), "");
	check_offers(WORDS("show", "packet_c"), "packet_count :files.c ");
	check_offers(WORDS("diff", "a.c", "-q", "packet_c"), "packet_count :files.c ");
	check_offers(WORDS("diff", "a.c", "b.c", ""), "");
	check_offers(WORDS("test", "a.test", "b"), ":files ");
	check_offers(WORDS("lab", "st"), "start ");
	check_offers(WORDS("lab", "start", "1"), "1 10 :files/ ");
	check_offers(WORDS("lab", "grade", "1", "x"), ":files/ ");
	check_offers(WORDS("lab", "net", "b"), "burst :files/ ");
}

TEST(programs_and_their_parameters_are_looked_for_where_the_line_says)
{
	char directory[] = "/tmp/skbscope-complete-XXXXXX", path[64];
	FILE *file;

	REQUIRE(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/limits23.c", directory);
	file = fopen(path, "w");
	REQUIRE(file);
	fputs("/*\n * limits23 - ?\n *\n * @param LIMIT=1500 in bytes\n */\n", file);
	fclose(file);
	check_offers(WORDS("run", "--program-path", directory, "limits2"), "limits23 :files.c ");
	check_offers(WORDS("run", "--program-path", directory, "limits23", "-D", ""), "LIMIT= ");
	check_offers(WORDS("run", path, "-D", "X"), "");
	check_offers(WORDS("run", "-D", ""), "");
	unlink(path);
	rmdir(directory);
}
