/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of commands and options are the truth: help, man page and README
 * must know every entry, and must not know anything else.
 */
#include "harness.h"

#include <ctype.h>

#include "base/buffer.h"
#include "base/io.h"
#include "cli/command.h"

#define DOCUMENT_MAX (1u << 20)

static struct buffer document(const char *name)
{
	struct buffer text = { 0 };
	char path[512];

	snprintf(path, sizeof(path), "%s/../%s", TEST_DIR, name);
	if (read_file(path, DOCUMENT_MAX, &text) < 0) {
		fprintf(stderr, "cannot read %s\n", path);
		test_failures++;
	}
	return text;
}

static bool is_option(const char *name, unsigned int commands)
{
	for (size_t i = 0; i < option_count; i++)
		if (strcmp(option_table[i].name, name) == 0 && option_table[i].commands & commands)
			return true;
	return false;
}

/* Every --option in a text must be in the table. */
static void check_options_exist(const char *file, const char *text, unsigned int commands)
{
	for (const char *at = text; (at = strstr(at, "--"));) {
		char name[64];
		size_t length = 0;

		/* Not the middle of a longer dash or word. */
		if (at > text && (at[-1] == '-' || isalnum((unsigned char)at[-1]))) {
			at += 2;
			continue;
		}
		at += 2;
		while (length < sizeof(name) - 1 &&
		       (islower((unsigned char)at[length]) || at[length] == '-'))
			length++;
		memcpy(name, at, length);
		name[length] = '\0';
		/* A table's rule is no option. */
		if (islower((unsigned char)name[0]) && !is_option(name, commands)) {
			fprintf(stderr, "%s: there is no option --%s\n", file, name);
			test_failures++;
		}
	}
}

TEST(no_option_is_declared_twice_for_a_command)
{
	for (size_t i = 0; i < option_count; i++) {
		for (size_t j = i + 1; j < option_count; j++) {
			const struct option_row *a = &option_table[i], *b = &option_table[j];

			if (!(a->commands & b->commands))
				continue;
			CHECK(strcmp(a->name, b->name) != 0);
			CHECK(!a->letter || a->letter != b->letter);
		}
	}
}

TEST(help_shows_every_option_of_its_command_within_eighty_columns)
{
	for (size_t i = 0; i < command_count; i++) {
		const struct command *command = &command_table[i];
		char *text = NULL;
		size_t length = 0;
		FILE *stream = open_memstream(&text, &length);

		REQUIRE(stream);
		help_print(command, stream);
		fclose(stream);
		check_options_exist(command->name, text, command->bit);
		CHECK_CONTAINS(text, command->summary);
		for (size_t j = 0; j < option_count; j++) {
			char name[64];

			snprintf(name, sizeof(name), "--%s", option_table[j].name);
			if (option_table[j].commands & command->bit)
				CHECK_CONTAINS(text, name);
		}
		for (const char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			CHECK(strlen(line) <= 80);
		free(text);
	}
}

TEST(the_man_page_has_every_command_and_every_option)
{
	struct buffer page = document("docs/skbscope.8.scd");

	for (size_t i = 0; i < command_count; i++) {
		char head[64];

		snprintf(head, sizeof(head), "*skbscope %s*", command_table[i].name);
		CHECK_CONTAINS(buffer_text(&page), head);
	}
	for (size_t i = 0; i < option_count; i++) {
		char option[64];

		snprintf(option, sizeof(option), "*--%s*", option_table[i].name);
		CHECK_CONTAINS(buffer_text(&page), option);
		if (option_table[i].letter) {
			snprintf(option, sizeof(option), "*-%c*", option_table[i].letter);
			CHECK_CONTAINS(buffer_text(&page), option);
		}
	}
	buffer_free(&page);
}

/* The options of what builds and tests are not ours. */
static bool is_cmake(const char *line)
{
	return strstr(line, "test/run ") || strstr(line, "cmake ") || strstr(line, "pkg-config ") ||
	       strstr(line, "ctest ");
}

TEST(no_document_speaks_of_options_or_commands_there_are_not)
{
	const char *const documents[] = { "docs/skbscope.8.scd", "README.md",
					  "docs/writing-programs.md", "docs/architecture.md" };

	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		struct buffer text = document(documents[i]);

		for (char *line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n")) {
			const char *at = line;

			if (!is_cmake(line))
				check_options_exist(documents[i], line, (unsigned int)ON_EVERY);
			/* In code, "skbscope WORD" is a command. */
			while ((at = strstr(at, "`skbscope "))) {
				char word[32] = "";

				at += strlen("`skbscope ");
				sscanf(at, "%31[a-z]", word);
				if (word[0] && !command_find(word)) {
					fprintf(stderr, "%s: there is no command %s\n",
						documents[i], word);
					test_failures++;
				}
			}
		}
		buffer_free(&text);
	}
}

TEST(the_man_page_has_every_exit_status)
{
	struct buffer page = document("docs/skbscope.8.scd");
	const int statuses[] = { EXIT_FINE,         EXIT_FAILED,  EXIT_MISUSE,
				 EXIT_NOT_COMPILED, EXIT_REFUSED, EXIT_LOST };
	const char *section = strstr(buffer_text(&page), "# EXIT STATUS");

	REQUIRE(section);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		char line[16];

		snprintf(line, sizeof(line), "*%d*", statuses[i]);
		CHECK_CONTAINS(section, line);
	}
	buffer_free(&page);
}
