/* SPDX-License-Identifier: Apache-2.0 */
/* The commands, and finding the one that was asked for. */
#include "cli/command.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "run/report.h"
#include "source/source.h"

const struct command *const commands[] = {
	&command_run,  &command_check, &command_diff,   &command_test,   &command_list,
	&command_show, &command_cache, &command_doctor, &command_detach, NULL,
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]) - 1)

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int unknown_command(const char *word)
{
	struct skbscope_error error;
	const char *names[COMMAND_COUNT];
	int r = fail(&error, EINVAL, SKBSCOPE_STAGE_USAGE, "unknown command '%s'", word);

	hint(&error, r, "'skbscope --help' shows the commands");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		names[i] = commands[i]->name;
	if (!hint_nearest(&error, word, names, COMMAND_COUNT) && source_is_path(word))
		hint(&error, r, "did you mean 'skbscope run %s'?", word);
	return report_error(&error, NULL, false);
}

static int dispatch(const struct command *command, int argc, char **argv)
{
	const struct general_settings *general;
	struct skbscope_error error = { 0 };
	int status = EXIT_FINE;
	void *settings;

	if (options_parse(command, (size_t)argc, argv, &settings, &error) < 0)
		return report_error(&error, NULL, false);
	general = options_general(command, settings);
	if (general->help)
		help_command(command, strcmp(general->help, "all") == 0, stdout);
	else if (general->version)
		status = version_print(stdout);
	else
		status = command->run(settings);
	options_free(command, settings);
	return status;
}

static bool is_either(const char *word, const char *one, const char *other)
{
	return strcmp(word, one) == 0 || strcmp(word, other) == 0;
}

int cli_main(int argc, char **argv)
{
	const struct command *command;
	const char *word = argc > 1 ? argv[1] : NULL;

	if (!word) {
		help_overview(stderr);
		return EXIT_MISUSE;
	}
	if (is_either(word, "--help", "-h") || strcmp(word, "help") == 0) {
		command = argc > 2 ? command_find(argv[2]) : NULL;
		if (argc > 2 && !command)
			return unknown_command(argv[2]);
		if (command)
			help_command(command, false, stdout);
		else
			help_overview(stdout);
		return EXIT_FINE;
	}
	if (is_either(word, "--version", "-V"))
		return version_print(stdout);
	if (strcmp(word, "__complete") == 0) {
		complete((size_t)argc - 2, argv + 2, stdout);
		return EXIT_FINE;
	}
	command = command_find(word);
	return command ? dispatch(command, argc - 1, argv + 1) : unknown_command(word);
}
