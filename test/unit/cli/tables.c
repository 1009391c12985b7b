/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands and their options are the truth: help, man page and README must know
 * every entry, and must not know anything else.
 */
#include "harness.h"

#include <ctype.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
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

/* Of the command, or of any where it is NULL. */
static const struct option_row *option_find(const struct command *command, const char *name)
{
	struct options options;

	for (size_t i = 0; commands[i]; i++) {
		if (command && commands[i] != command)
			continue;
		options_of(commands[i], &options);
		for (size_t j = 0; j < options.count; j++)
			if (strcmp(options.places[j].row->name, name) == 0)
				return options.places[j].row;
	}
	return NULL;
}

/* Every --option in a text must be one of the command's. */
static void check_options_exist(const char *file, const char *text, const struct command *command)
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
		if (islower((unsigned char)name[0]) && !option_find(command, name)) {
			fprintf(stderr, "%s: there is no option --%s\n", file, name);
			test_failures++;
		}
	}
}

/* "skbscope WORD" is the one or runs the other. */
TEST(no_bundled_program_is_called_like_a_command)
{
	for (size_t i = 0; commands[i]; i++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/../programs/%s.c", TEST_DIR, commands[i]->name);
		CHECK(access(path, F_OK) != 0);
	}
}

TEST(no_option_is_declared_twice_for_a_command)
{
	for (size_t i = 0; commands[i]; i++) {
		struct options options;

		options_of(commands[i], &options);
		CHECK(options.count < OPTIONS_MAX);
		for (size_t j = 0; j < options.count; j++) {
			for (size_t k = j + 1; k < options.count; k++) {
				const struct option_row *a = options.places[j].row,
							*b = options.places[k].row;

				CHECK(strcmp(a->name, b->name) != 0);
				CHECK(!a->letter || a->letter != b->letter);
			}
		}
	}
}

TEST(what_a_command_is_made_of_has_an_end)
{
	for (size_t i = 0; commands[i]; i++) {
		const struct command *command = commands[i];

		CHECK(!command->examples[sizeof(command->examples) / sizeof(char *) - 1]);
		CHECK(!command->operands[sizeof(command->operands) / sizeof(struct option_row) - 1]
			       .name);
		CHECK(!command->options[sizeof(command->options) / sizeof(struct option_use) - 1]
			       .group);
	}
}

TEST(an_option_that_stands_for_another_names_one_of_its_command)
{
	for (size_t i = 0; commands[i]; i++) {
		struct options options;

		options_of(commands[i], &options);
		for (size_t j = 0; j < options.count; j++)
			if (options.places[j].row->same_as)
				CHECK(option_find(commands[i], options.places[j].row->same_as));
	}
}

static char *help_of(const struct command *command, bool all)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	if (command)
		help_command(command, all, stream);
	else
		help_overview(stream);
	fclose(stream);
	return text;
}

static size_t check_lines(const char *text)
{
	size_t lines = 0, length;

	for (; *text; text += length + 1, lines++) {
		length = strcspn(text, "\n");
		CHECK(length <= 80);
	}
	return lines;
}

/* Of 80 columns and 24 lines, the last of which is the prompt's. */
TEST(the_help_of_a_command_fits_a_screen)
{
	AUTO(freep) char *overview = help_of(NULL, false);

	CHECK(check_lines(overview) < 24);
	for (size_t i = 0; commands[i]; i++) {
		AUTO(freep) char *text = help_of(commands[i], false);

		CHECK_CONTAINS(text, commands[i]->summary);
		CHECK_CONTAINS(text, commands[i]->examples[0]);
		check_options_exist(commands[i]->name, text, commands[i]);
		if (check_lines(text) >= 24) {
			fprintf(stderr, "the help of %s is longer\n", commands[i]->name);
			test_failures++;
		}
	}
}

TEST(help_all_has_every_option_of_its_command)
{
	for (size_t i = 0; commands[i]; i++) {
		AUTO(freep) char *text = help_of(commands[i], true);
		struct options options;

		options_of(commands[i], &options);
		for (size_t j = 0; j < options.count; j++) {
			char name[64];

			snprintf(name, sizeof(name), " --%s", options.places[j].row->name);
			CHECK_CONTAINS(text, name);
		}
		check_options_exist(commands[i]->name, text, commands[i]);
		check_lines(text);
	}
}

TEST(the_examples_of_a_command_are_commands)
{
	for (size_t i = 0; commands[i]; i++) {
		for (size_t j = 0; commands[i]->examples[j]; j++) {
			char line[128], *words[16];
			struct skbscope_error error = { 0 };
			void *settings = NULL;
			size_t count = 0;

			snprintf(line, sizeof(line), "%s", commands[i]->examples[j]);
			for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
				words[count++] = word;
			CHECK_TEXT(words[0], commands[i]->name);
			CHECK_NUMBER(options_parse(commands[i], count, words, &settings, &error),
				     0);
			CHECK_TEXT(error.message, "");
			options_free(commands[i], settings);
		}
	}
}

/* "## Title" up to the next heading, or "". */
static struct buffer section(const char *page, const char *title)
{
	char heading[64];
	struct buffer text = { 0 };
	const char *at;

	snprintf(heading, sizeof(heading), "\n## %s\n", title);
	at = strstr(page, heading);
	if (at) {
		const char *end = strstr(at + 1, "\n#");

		buffer_append(&text, at, end ? (size_t)(end - at) : strlen(at));
	}
	return text;
}

/* "*-i*, *--interface* _IFACE_" */
static void check_documented(const struct option_row *row, const char *text)
{
	char option[64];

	snprintf(option, sizeof(option), "*--%s*", row->name);
	CHECK_CONTAINS(text, option);
	if (row->letter) {
		snprintf(option, sizeof(option), "*-%c*, *--%s*", row->letter, row->name);
		CHECK_CONTAINS(text, option);
	}
}

TEST(the_man_page_has_every_option_under_the_title_of_its_group)
{
	AUTO(buffer_free) struct buffer page = document("docs/skbscope.8.scd");

	for (size_t i = 0; commands[i]; i++) {
		struct options options;

		options_of(commands[i], &options);
		for (size_t j = 0; j < options.count; j++) {
			AUTO(buffer_free)
			struct buffer text =
				section(buffer_text(&page), options.places[j].group->title);

			check_documented(options.places[j].row, buffer_text(&text));
		}
	}
}

/* After a command's words: "Options: _Traffic_, _Readings_". */
TEST(the_man_page_has_every_command_and_the_groups_of_its_options)
{
	AUTO(buffer_free) struct buffer page = document("docs/skbscope.8.scd");
	const char *list = strstr(buffer_text(&page), "# COMMANDS");

	REQUIRE(list);
	for (size_t i = 0; commands[i]; i++) {
		AUTO(buffer_free) struct buffer head = { 0 }, groups = { 0 };
		struct options options;
		const char *at, *title = NULL;

		buffer_printf(&head, "\n*skbscope %s*", commands[i]->name);
		at = strstr(list, buffer_text(&head));
		CHECK_CONTAINS(buffer_text(&page), buffer_text(&head));
		options_of(commands[i], &options);
		buffer_string(&groups, "Options:");
		for (size_t j = 0; j < options.count; j++) {
			const char *group = options.places[j].group->title;

			if (!title || strcmp(title, group) != 0)
				buffer_printf(&groups, "%s _%s_", title ? "," : "", group);
			title = group;
		}
		at = at ? strstr(at, "\tOptions:") : NULL;
		REQUIRE(at);
		CHECK(strncmp(at + 1, buffer_text(&groups), groups.length) == 0);
		CHECK(strncmp(at + 1 + groups.length, ".\n", 2) == 0);
	}
}

/* The options of what builds and tests are not ours. */
static bool is_cmake(const char *line)
{
	return strstr(line, "test/run ") || strstr(line, "test/kernels/run ") ||
	       strstr(line, "test/bench/") || strstr(line, "cmake ") ||
	       strstr(line, "pkg-config ") || strstr(line, "ctest ");
}

TEST(no_document_speaks_of_options_or_commands_there_are_not)
{
	const char *const documents[] = { "docs/skbscope.8.scd",
					  "README.md",
					  "docs/architecture.md",
					  "docs/cache.md",
					  "docs/headers.md",
					  "docs/hot-swap.md",
					  "docs/image.md",
					  "docs/kernel-objects.md",
					  "docs/kernels.md",
					  "docs/distributions.md",
					  "docs/dependencies.md",
					  "docs/output.md",
					  "docs/benchmarks.md",
					  "docs/writing-programs.md",
					  "docs/testing-programs.md",
					  "docs/replay.md" };

	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		AUTO(buffer_free) struct buffer text = document(documents[i]);

		for (char *line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n")) {
			const char *at = line;

			if (!is_cmake(line))
				check_options_exist(documents[i], line, NULL);
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
	}
}

TEST(the_readme_lists_every_command)
{
	AUTO(buffer_free) struct buffer text = document("README.md");

	for (size_t i = 0; commands[i]; i++) {
		char row[64];

		snprintf(row, sizeof(row), "\n| `skbscope %s", commands[i]->name);
		CHECK_CONTAINS(buffer_text(&text), row);
	}
}

TEST(the_man_page_has_every_exit_status)
{
	AUTO(buffer_free) struct buffer page = document("docs/skbscope.8.scd");
	const int statuses[] = { EXIT_FINE,         EXIT_FAILED,  EXIT_MISUSE,
				 EXIT_NOT_COMPILED, EXIT_REFUSED, EXIT_LOST };
	const char *status = strstr(buffer_text(&page), "# EXIT STATUS");

	REQUIRE(status);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		char line[16];

		snprintf(line, sizeof(line), "*%d*", statuses[i]);
		CHECK_CONTAINS(status, line);
	}
}
