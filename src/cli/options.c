/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a command line by the rows of its command. */
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"

/* What every command has stands behind what is its own. */
static size_t general_offset(const struct command *command)
{
	size_t alignment = _Alignof(struct general_settings);

	return (command->settings_size + alignment - 1) / alignment * alignment;
}

static void options_add(struct options *options, const struct option_group *group, size_t offset)
{
	for (const struct option_row *row = group->rows; row->name; row++)
		if (options->count < OPTIONS_MAX)
			options->places[options->count++] =
				(struct option_place){ row, group, offset + row->offset };
}

void options_of(const struct command *command, struct options *out)
{
	out->count = 0;
	for (const struct option_use *use = command->options; use->group; use++)
		options_add(out, use->group, use->offset);
	options_add(out, &general_options, general_offset(command));
}

bool option_takes_argument(const struct option_row *row)
{
	return row->form != OPTION_FLAG && !row->value;
}

static const struct option_place *place_named(const struct options *options, const char *name)
{
	for (size_t i = 0; i < options->count; i++)
		if (strcmp(options->places[i].row->name, name) == 0)
			return &options->places[i];
	return NULL;
}

static enum scanned scan_argument(struct scan *scan, const char *joined)
{
	scan->value = joined ? joined : scan->at < scan->count ? scan->words[scan->at++] : NULL;
	return scan->value ? SCANNED_OPTION : SCANNED_UNARMED;
}

static enum scanned scan_name(struct scan *scan, const char *word)
{
	size_t length = strcspn(word, "=");
	const char *joined = word[length] ? word + length + 1 : NULL;

	snprintf(scan->spelled, sizeof(scan->spelled), "%.*s", (int)length, word);
	scan->place = place_named(scan->options, scan->spelled + 2);
	if (!scan->place)
		return SCANNED_UNKNOWN;
	if (option_takes_argument(scan->place->row))
		return scan_argument(scan, joined);
	scan->value = joined;
	return joined && !scan->place->row->choices ? SCANNED_OVERDONE : SCANNED_OPTION;
}

static enum scanned scan_letter(struct scan *scan)
{
	char letter = *scan->letters++;
	const char *rest = scan->letters;

	snprintf(scan->spelled, sizeof(scan->spelled), "-%c", letter);
	for (size_t i = 0; i < scan->options->count && !scan->place; i++)
		if (scan->options->places[i].row->letter == letter)
			scan->place = &scan->options->places[i];
	if (!scan->place)
		return SCANNED_UNKNOWN;
	if (!option_takes_argument(scan->place->row))
		return SCANNED_OPTION;
	scan->letters = NULL;
	return scan_argument(scan, *rest ? rest : NULL);
}

enum scanned scan_next(struct scan *scan)
{
	const char *word;

	scan->place = NULL;
	scan->value = NULL;
	if (scan->letters && *scan->letters)
		return scan_letter(scan);
	if (scan->at == scan->count)
		return SCANNED_END;
	word = scan->words[scan->at++];
	if (!scan->only_operands && strcmp(word, "--") == 0) {
		scan->only_operands = true;
		return scan_next(scan);
	}
	if (scan->only_operands || word[0] != '-' || !word[1]) {
		scan->value = word;
		return SCANNED_OPERAND;
	}
	if (word[1] == '-')
		return scan_name(scan, word);
	scan->letters = word + 1;
	return scan_letter(scan);
}

void option_argument_text(const struct option_row *row, struct buffer *out)
{
	for (size_t i = 0; row->choices && row->choices[i]; i++)
		buffer_printf(out, "%s%s", i ? "|" : "", row->choices[i]);
	if (row->argument)
		buffer_printf(out, "%s%s", row->choices ? "|" : "", row->argument);
}

static int list_add(struct list *list, const char *item, struct skbscope_error *error)
{
	const char **items = reallocarray(list->items, list->count + 1, sizeof(*items));

	if (!items)
		return fail_memory(error, SKBSCOPE_STAGE_USAGE);
	list->items = items;
	list->items[list->count++] = item;
	return 0;
}

static int refuse(const char *spelled, const char *value, const char *wanted,
		  struct skbscope_error *error)
{
	return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "%s takes %s, not '%s'", spelled, wanted,
		    value);
}

/* One of the row's words, and only of those; gives which. */
static int choose(const struct option_row *row, const char *spelled, const char *value,
		  struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer wanted = { 0 };
	int count = 0, r;

	for (; row->choices[count]; count++)
		if (strcmp(row->choices[count], value) == 0)
			return count;
	option_argument_text(row, &wanted);
	r = refuse(spelled, value, buffer_text(&wanted), error);
	hint_nearest(error, value, row->choices, (size_t)count);
	return r;
}

static int apply(const struct option_row *row, const char *spelled, const char *value,
		 void *settings, size_t offset, struct skbscope_error *error)
{
	void *member = (char *)settings + offset;
	uint64_t number;
	int choice = 0;

	if (!value)
		value = row->value;
	else if (row->choices && !row->argument)
		choice = choose(row, spelled, value, error);
	else if (!*value)
		return refuse(spelled, value, row->argument ? row->argument : row->name, error);
	if (choice < 0)
		return choice;
	switch (row->form) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return 0;
	case OPTION_TEXT:
		/* A file, a program, a function: that one of two goes unused is no small thing. */
		if (*(const char **)member && !row->value)
			return hint(error,
				    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
					 "%s is given twice: '%.60s' and '%.60s'", spelled,
					 *(const char **)member, value),
				    "only one of them can be used: leave the other out");
		*(const char **)member = value;
		return 0;
	case OPTION_LIST:
		return list_add(member, value, error);
	case OPTION_NUMBER:
		if (!text_number(value, &number) || number == 0 || number > UINT32_MAX)
			return refuse(spelled, value, "a number from 1", error);
		*(uint64_t *)member = number;
		return 0;
	case OPTION_CHOICE:
		*(int *)member = choice;
		return 0;
	case OPTION_SIZE:
		return text_size(value, member)
			       ? 0
			       : refuse(spelled, value, "a number of bytes, as in 64k, 16M or 1G",
					error);
	case OPTION_DURATION:
		return text_duration(value, member)
			       ? 0
			       : refuse(spelled, value, "a time from 1ms, as in 500ms, 2s or 1m",
					error);
	}
	return 0;
}

static int unknown(const struct command *command, const struct scan *scan,
		   struct skbscope_error *error)
{
	const char *names[OPTIONS_MAX], *word = scan->spelled + 2, *begun = NULL;
	size_t count = scan->options->count;
	int r = fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "unknown option '%s'", scan->spelled);

	hint(error, r, "'skbscope %s --help' shows the options", command->name);
	if (scan->letters || !*word)
		return r;
	for (size_t i = count; i-- > 0;) {
		names[i] = scan->options->places[i].row->name;
		if (strncmp(names[i], word, strlen(word)) == 0)
			begun = names[i];
	}
	word = begun ? begun : text_nearest(word, names, count);
	return word ? hint(error, r, "did you mean '--%s'?", word) : r;
}

static int unarmed(const struct scan *scan, struct skbscope_error *error)
{
	const char *what = scan->place->row->unarmed;
	int r = fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "%s needs an argument", scan->spelled);

	return what ? hint(error, r, "%s", what) : r;
}

static int take(const struct command *command, const struct scan *scan, enum scanned found,
		const struct option_row **operand, void *settings, struct skbscope_error *error)
{
	const struct option_place *place = scan->place;
	const struct option_row *row = *operand;
	const char *value = scan->value;

	switch (found) {
	case SCANNED_UNKNOWN:
		return unknown(command, scan, error);
	case SCANNED_UNARMED:
		return unarmed(scan, error);
	case SCANNED_OVERDONE:
		return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "%s takes no argument",
			    scan->spelled);
	case SCANNED_OPTION:
		if (place->row->same_as) {
			value = place->row->value;
			place = place_named(scan->options, place->row->same_as);
		}
		return apply(place->row, scan->spelled, value, settings, place->offset, error);
	case SCANNED_OPERAND:
		if (!row->name)
			return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "unexpected argument '%s'",
				    value);
		*operand += row->form != OPTION_LIST;
		return apply(row, command->name, value, settings, row->offset, error);
	case SCANNED_END:
		break;
	}
	return 0;
}

const struct option_row *options_operands(const struct command *command,
					  const struct options *options, size_t count,
					  char *const *words)
{
	const struct option_row *first = command->operands;
	struct scan scan = { .options = options, .words = words, .count = count };
	enum scanned found;

	while ((found = scan_next(&scan)) != SCANNED_END)
		if (found == SCANNED_OPTION && scan.place->row->in_place_of && first[0].name &&
		    strcmp(scan.place->row->in_place_of, first[0].name) == 0 && first[1].name)
			return first + 1;
	return first;
}

const struct general_settings *options_general(const struct command *command, const void *settings)
{
	return (const void *)((const char *)settings + general_offset(command));
}

int options_parse(const struct command *command, size_t argc, char **argv, void **out,
		  struct skbscope_error *error)
{
	void *settings = calloc(1, general_offset(command) + sizeof(struct general_settings));
	const struct option_row *operand;
	const struct general_settings *general;
	struct options options;
	struct scan scan = { .options = &options, .words = argv + 1, .count = argc - 1 };
	enum scanned found;
	int r = settings ? 0 : fail_memory(error, SKBSCOPE_STAGE_USAGE);

	options_of(command, &options);
	operand = options_operands(command, &options, argc - 1, argv + 1);
	while (r == 0 && (found = scan_next(&scan)) != SCANNED_END)
		r = take(command, &scan, found, &operand, settings, error);
	general = options_general(command, settings);
	if (r == 0 && operand->name && operand->form != OPTION_LIST && !operand->optional &&
	    !general->help && !general->version)
		r = fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "missing argument %s", operand->name);
	if (r < 0)
		options_free(command, TAKE(settings));
	*out = settings;
	return r;
}

static void free_list(const struct option_row *row, void *settings, size_t offset)
{
	const struct list *list = (const void *)((const char *)settings + offset);

	if (row->form == OPTION_LIST)
		free(list->items);
}

void options_free(const struct command *command, void *settings)
{
	struct options options;

	if (!settings)
		return;
	options_of(command, &options);
	for (size_t i = 0; i < options.count; i++)
		free_list(options.places[i].row, settings, options.places[i].offset);
	for (const struct option_row *row = command->operands; row->name; row++)
		free_list(row, settings, row->offset);
	free(settings);
}
