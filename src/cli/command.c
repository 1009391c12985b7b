/* SPDX-License-Identifier: Apache-2.0 */
/* The commands, and finding the one that was asked for. */
#include "cli/command.h"

#include <string.h>

#include "base/text.h"
#include "cli/version.h"
#include "run/report.h"
#include "source/source.h"

#define COMMANDS_MAX 32

const struct command command_table[] = {
	{ "run", "PROGRAM", 1, "compile a program, attach it and show what it counts", ON_RUN,
	  cmd_run },
	{ "check", "PROGRAM", 1, "compile a program, let the kernel verify it and say what it does",
	  ON_CHECK, cmd_check },
	{ "diff", "OLD NEW", 2, "run two versions on the same packets and show where they differ",
	  ON_DIFF, cmd_diff },
	{ "list", NULL, 0, "the bundled programs", ON_LIST, cmd_list },
	{ "show", "PROGRAM", 1, "a program's documentation, tables and parameters", ON_SHOW,
	  cmd_show },
	{ "cache", "list|clear", 1, "what was compiled before and is kept", ON_CACHE, cmd_cache },
	{ "doctor", NULL, 0, "what this machine offers and what is missing", ON_DOCTOR,
	  cmd_doctor },
	{ "detach", NULL, 0, "remove filters left behind by a skbscope that is gone", ON_DETACH,
	  cmd_detach },
};
const size_t command_count = sizeof(command_table) / sizeof(command_table[0]);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (strcmp(command_table[i].name, name) == 0)
			return &command_table[i];
	return NULL;
}

static int misuse(const char *command, const char *hint)
{
	if (hint)
		fprintf(stderr, "  %s\n", hint);
	fprintf(stderr, "'skbscope %s--help' shows how it is used\n", command);
	return EXIT_MISUSE;
}

static int unknown_command(const char *word)
{
	const char *names[COMMANDS_MAX], *nearest;
	char meant[256] = "";

	for (size_t i = 0; i < command_count; i++)
		names[i] = command_table[i].name;
	nearest = text_nearest(word, names, command_count);
	if (nearest)
		snprintf(meant, sizeof(meant), "did you mean '%s'?", nearest);
	else if (source_is_path(word))
		snprintf(meant, sizeof(meant), "did you mean 'skbscope run %s'?", word);
	fprintf(stderr, "skbscope: there is no command '%s'\n", word);
	return misuse("", meant[0] ? meant : NULL);
}

static int check_operands(const struct command *command, const struct settings *settings)
{
	char name[32];
	size_t wanted = command->operands;

	if (settings->operands.count == wanted)
		return EXIT_FINE;
	if (settings->operands.count < wanted)
		fprintf(stderr, "skbscope %s: which %s?\n", command->name, command->operand);
	else
		fprintf(stderr, "skbscope %s: '%s' is one word too many\n", command->name,
			settings->operands.items[wanted]);
	snprintf(name, sizeof(name), "%s ", command->name);
	return misuse(name, NULL);
}

static int dispatch(const struct command *command, int argc, char **argv)
{
	AUTO(settings_clear) struct settings settings = { 0 };
	struct skbscope_error error = { 0 };
	int status;

	if (options_parse(command->bit, argc, argv, &settings, &error) < 0)
		return report_error(&error, NULL, false);
	if (settings.help) {
		help_print(command, stdout);
		return EXIT_FINE;
	}
	if (settings.version)
		return version_print(stdout);
	status = check_operands(command, &settings);
	if (settings.operands.count)
		settings.run.program = settings.operands.items[0];
	return status ? status : command->run(&settings);
}

int cli_main(int argc, char **argv)
{
	const struct command *command;
	const char *word = argc > 1 ? argv[1] : NULL;

	if (!word) {
		help_print(NULL, stderr);
		return EXIT_MISUSE;
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
		command = argc > 2 ? command_find(argv[2]) : NULL;
		if (argc > 2 && !command)
			return unknown_command(argv[2]);
		help_print(command, stdout);
		return EXIT_FINE;
	}
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		return version_print(stdout);
	command = command_find(word);
	if (!command && word[0] == '-') {
		fprintf(stderr, "skbscope: the command comes first, '%s' is not one\n", word);
		return misuse("", NULL);
	}
	return command ? dispatch(command, argc - 1, argv + 1) : unknown_command(word);
}
