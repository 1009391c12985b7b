/* SPDX-License-Identifier: Apache-2.0 */
/* Help, made from the tables of commands and options. */
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "cli/command.h"

#define HELP_COLUMN 31
#define HELP_WIDTH 80

/* One entry: what to type, then what it does, wrapped under itself. */
static void print_entry(FILE *stream, const char *what, const char *text)
{
	int used = fprintf(stream, "  %s", what), line = HELP_COLUMN;

	if (used > HELP_COLUMN - 2) {
		fputc('\n', stream);
		used = 0;
	}
	fprintf(stream, "%*s", HELP_COLUMN - used, "");
	for (const char *gap = ""; *text; gap = " ") {
		int word = (int)strcspn(text, " ");

		if (line + (int)strlen(gap) + word > HELP_WIDTH) {
			fprintf(stream, "\n%*s", HELP_COLUMN, "");
			line = HELP_COLUMN;
			gap = "";
		}
		line += fprintf(stream, "%s%.*s", gap, word, text);
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', stream);
}

static void print_option(FILE *stream, const struct option_row *row)
{
	AUTO(buffer_free) struct buffer what = { 0 };

	if (row->letter)
		buffer_printf(&what, "-%c, ", row->letter);
	else
		buffer_string(&what, "    ");
	buffer_printf(&what, "--%s", row->name);
	if (row->argument)
		buffer_printf(&what, " %s", row->argument);
	print_entry(stream, buffer_text(&what), row->help);
}

static void print_command_help(const struct command *command, FILE *stream)
{
	fprintf(stream, "Usage: skbscope %s [OPTIONS]%s%s\n\n", command->name,
		command->operand ? " " : "", command->operand ? command->operand : "");
	fprintf(stream, "%s\n\nOptions:\n", command->summary);
	for (size_t i = 0; i < option_count; i++)
		if (option_table[i].commands & command->bit)
			print_option(stream, &option_table[i]);
	if (command->operand)
		fprintf(stream,
			"\nPROGRAM is a C file in BCC's dialect: a path, or the name of a bundled\n"
			"program ('skbscope list').\n");
}

void help_print(const struct command *command, FILE *stream)
{
	if (command) {
		print_command_help(command, stream);
		return;
	}
	fprintf(stream, "Usage: skbscope COMMAND [OPTIONS] [PROGRAM]\n\n"
			"Compiles a BPF program in C while you wait, puts it on a network\n"
			"interface's tc hook, and shows what it counts.\n\nCommands:\n");
	for (size_t i = 0; i < command_count; i++) {
		char what[64];

		snprintf(what, sizeof(what), "%s%s%s", command_table[i].name,
			 command_table[i].operand ? " " : "",
			 command_table[i].operand ? command_table[i].operand : "");
		print_entry(stream, what, command_table[i].summary);
	}
	fprintf(stream, "\n'skbscope COMMAND --help' shows a command's options; skbscope(8) has "
			"the rest.\n"
			"Exit status: 0 success, 1 failure, 2 misuse, 3 the program does not "
			"compile,\n4 the verifier refuses it, 6 losses under --fail-on-loss.\n");
}
