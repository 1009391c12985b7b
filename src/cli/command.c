/* SPDX-License-Identifier: Apache-2.0 */
/* The commands, and finding the one that was asked for. */
#include "cli/command.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "cli/catalogue.h"
#include "run/program.h"
#include "run/report.h"
#include "source/source.h"

const struct command *const commands[] = {
	&command_run,   &command_check,  &command_diff,   &command_explain, &command_test,
	&command_ctl,   &command_lab,    &command_list,   &command_show,    &command_export,
	&command_cache, &command_doctor, &command_detach, &command_http,    NULL,
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]) - 1)

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

/* In place of a command: a path, or a program that "list" shows. A file of the current
 * directory has to be written as a path, so that none is run for a word that was mistyped. */
static bool names_program(const char *word)
{
	const struct compile_settings nothing_said = { 0 };
	AUTO(buffer_free) struct buffer path = { 0 };
	struct skbscope_source *source = NULL;
	bool found;

	if (strchr(word, '/'))
		return true;
	if (source_is_path(word) || word[0] == '-')
		return false;
	program_search_path(&nothing_said, &path);
	found = skbscope_source_read(word, buffer_text(&path), &source, NULL) == 0;
	skbscope_source_free(source);
	return found;
}

static int unknown_command(const char *word)
{
	const struct compile_settings nothing_said = { 0 };
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct catalogue *programs = arena ? catalogue_read(arena, &nothing_said) : NULL;
	const char *names[COMMAND_COUNT + CATALOGUE_MAX];
	size_t count = 0;
	struct skbscope_error error;
	int r = fail(&error, EINVAL, SKBSCOPE_STAGE_USAGE,
		     "no command and no program is called '%s'", word);

	hint(&error, r, "'skbscope --help' shows the commands, 'skbscope list' the programs");
	while (count < COMMAND_COUNT) {
		names[count] = commands[count]->name;
		count++;
	}
	for (size_t i = 0; programs && i < programs->count; i++)
		names[count++] = programs->entries[i].name;
	if (source_is_path(word))
		hint(&error, r, "did you mean 'skbscope run %s'?", word);
	else
		hint_nearest(&error, word, names, count);
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
	if (command)
		return dispatch(command, argc - 1, argv + 1);
	/* "talkers -i eth0" is "run talkers -i eth0". */
	return names_program(word) ? dispatch(&command_run, argc, argv) : unknown_command(word);
}
