/* SPDX-License-Identifier: Apache-2.0 */
/* Help, made from the commands and their options. */
#include <string.h>

#include "base/cleanup.h"
#include "cli/command.h"

#define COLUMN 30
#define WIDTH 80
#define SCREEN 23 /* lines, and one for the prompt */

enum extent { COMMON_OPTIONS, EVERY_OPTION, WITH_TITLES };

/* One entry: what to type, then what it does, wrapped under itself. */
static void add_entry(struct buffer *out, const char *what, const char *text)
{
	size_t start = out->length;

	buffer_printf(out, "  %s", what);
	if (out->length - start > COLUMN - 2) {
		buffer_string(out, "\n");
		start = out->length;
	}
	buffer_printf(out, "%*s", (int)(COLUMN - (out->length - start)), "");
	for (const char *gap = ""; *text; gap = " ") {
		size_t word = strcspn(text, " ");

		if (out->length - start + strlen(gap) + word > WIDTH) {
			buffer_string(out, "\n");
			start = out->length;
			buffer_printf(out, "%*s", COLUMN, "");
			gap = "";
		}
		buffer_printf(out, "%s%.*s", gap, (int)word, text);
		text += word + strspn(text + word, " ");
	}
	buffer_string(out, "\n");
}

/* Where all commands stand side by side, a filter of packets is one of their details. */
static void add_operands(struct buffer *out, const struct command *command, bool filter)
{
	for (const struct option_row *row = command->operands; row->name; row++)
		if (filter || strcmp(row->name, "FILTER") != 0)
			buffer_printf(out,
				      row->form == OPTION_LIST ? " [%s...]"
				      : row->optional          ? " [%s]"
							       : " %s",
				      row->name);
}

static void add_option(struct buffer *out, const struct option_row *row)
{
	AUTO(buffer_free) struct buffer what = { 0 }, argument = { 0 };

	if (row->letter)
		buffer_printf(&what, "-%c, --%s", row->letter, row->name);
	else
		buffer_printf(&what, "    --%s", row->name);
	option_argument_text(row, &argument);
	if (option_takes_argument(row))
		buffer_printf(&what, " %s", buffer_text(&argument));
	else if (row->choices)
		buffer_printf(&what, "[=%s]", buffer_text(&argument));
	add_entry(out, buffer_text(&what), row->help);
}

static void add_rows(struct buffer *out, const struct command *command, enum extent extent)
{
	struct options options;
	const char *title = NULL;

	for (const struct option_row *row = command->operands; row->name; row++)
		if (row->help)
			add_entry(out, row->name, row->help);
	options_of(command, &options);
	for (size_t i = 0; i < options.count; i++) {
		const struct option_place *place = &options.places[i];

		if (extent == COMMON_OPTIONS && !place->row->common)
			continue;
		if (extent == WITH_TITLES && (!title || strcmp(title, place->group->title) != 0))
			buffer_printf(out, "\n%s:\n", place->group->title);
		title = place->group->title;
		add_option(out, place->row);
	}
}

static size_t add_command(struct buffer *out, const struct command *command, enum extent extent)
{
	size_t lines = 0;

	buffer_clear(out);
	buffer_printf(out, "Usage: skbscope %s [OPTIONS]", command->name);
	add_operands(out, command, true);
	buffer_printf(out, "\n\n%s\n\n", command->summary);
	add_rows(out, command, extent);
	buffer_string(out, "\nExamples:\n");
	for (size_t i = 0; command->examples[i]; i++)
		buffer_printf(out, "  skbscope %s\n", command->examples[i]);
	if (extent == COMMON_OPTIONS)
		buffer_printf(out, "\n'skbscope %s --help=all' shows every option.\n",
			      command->name);
	for (const char *c = buffer_text(out); *c; c++)
		lines += *c == '\n';
	return lines;
}

void help_command(const struct command *command, bool all, FILE *stream)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	if (all)
		add_command(&text, command, WITH_TITLES);
	else if (add_command(&text, command, EVERY_OPTION) > SCREEN)
		add_command(&text, command, COMMON_OPTIONS);
	fputs(buffer_text(&text), stream);
}

void help_overview(FILE *stream)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	buffer_string(&text,
		      "Usage: skbscope COMMAND [OPTIONS] [PROGRAM], or PROGRAM alone to run it\n"
		      "Compiles a BPF program in C, puts it on tc hooks, shows what it counts.\n"
		      "Commands:\n");
	for (size_t i = 0; commands[i]; i++) {
		AUTO(buffer_free) struct buffer what = { 0 };

		buffer_string(&what, commands[i]->name);
		add_operands(&what, commands[i], false);
		add_entry(&text, buffer_text(&what), commands[i]->summary);
	}
	buffer_string(
		&text,
		"\n'skbscope COMMAND --help' shows a command's options; skbscope(8) has the "
		"rest.\n"
		"Exit status: 0 success, 1 failure, 2 misuse, 3 the program does not compile,\n"
		"4 the verifier refuses it, 5 a test failed, 6 losses under --fail-on-loss.\n");
	fputs(buffer_text(&text), stream);
}
