/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Completion: what can stand in the place of the last word. The scripts in completion/
 * ask "skbscope __complete WORD..." at every TAB, so that they never lag behind. A line is
 * a word, a tab and what it means; ":files.c" leaves it to the shell, which knows its own
 * quoting, to offer directories and the files that end so.
 */
#include <net/if.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "cli/catalogue.h"
#include "cli/command.h"
#include "cli/labs.h"
#include "run/program.h"
#include "source/source.h"

struct completion {
	const char *whole, *word;         /* word: the end of it that is completed */
	const char *program;              /* the first operand, or NULL */
	const char *program_path;         /* of --program-path */
	struct compile_settings settings; /* only that path */
	FILE *stream;
};

/* A shell writes it to the terminal as it is: a name with bytes that act on one, or that
 * would end the line, is not offered. */
static void offer(struct completion *completion, const char *word, const char *meaning)
{
	AUTO(buffer_free) struct buffer safe = { 0 };
	size_t same;

	if (strncmp(word, completion->word, strlen(completion->word)) != 0)
		return;
	utf8_printable(word, strlen(word), &safe);
	same = safe.length;
	utf8_printable(meaning, strlen(meaning), &safe);
	if (!safe.failed && same == strlen(word) && !strpbrk(word, "\t\n"))
		fprintf(completion->stream, "%.*s%s\t%s\n",
			(int)(completion->word - completion->whole), completion->whole, word,
			buffer_text(&safe) + same);
}

static void offer_programs(struct completion *completion)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct catalogue *catalogue =
		arena ? catalogue_read(arena, &completion->settings) : NULL;

	for (size_t i = 0; catalogue && i < catalogue->count; i++)
		offer(completion, catalogue->entries[i].name, catalogue->entries[i].summary);
}

static void offer_parameters(struct completion *completion)
{
	AUTO(program_clear) struct program program = { 0 };
	const struct skbscope_documentation *doc;

	if (!completion->program ||
	    program_read(&completion->settings, completion->program, &program, NULL) < 0)
		return;
	doc = &program.source->documentation;
	for (size_t i = 0; i < doc->parameter_count; i++) {
		AUTO(buffer_free) struct buffer word = { 0 };

		buffer_printf(&word, "%s=", doc->parameters[i].name);
		offer(completion, buffer_text(&word), doc->parameters[i].text);
	}
}

static void offer_interfaces(struct completion *completion)
{
	struct if_nameindex *interfaces = if_nameindex();

	for (size_t i = 0; interfaces && interfaces[i].if_name; i++)
		offer(completion, interfaces[i].if_name, "");
	if_freenameindex(interfaces);
}

static void offer_namespaces(struct completion *completion)
{
	AUTO(closedirp) DIR *directory = opendir("/run/netns");
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			offer(completion, entry->d_name, "");
}

static void offer_labs(struct completion *completion)
{
	static const char *const network[] = { "up", "burst", "down" };
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct labs labs = { 0 };

	if (completion->program && strcmp(completion->program, "net") == 0) {
		for (size_t i = 0; i < sizeof(network) / sizeof(network[0]); i++)
			offer(completion, network[i], "");
		return;
	}
	if (!arena || labs_read(arena, &labs, NULL) < 0)
		return;
	for (size_t i = 0; i < labs.count; i++) {
		char number[16];

		snprintf(number, sizeof(number), "%u", labs.list[i].number);
		offer(completion, number, labs.list[i].title);
	}
}

/* By what help calls an argument or an operand. */
static const struct {
	const char *name;
	void (*offer)(struct completion *completion); /* NULL: only files */
	const char *files;                            /* which of them, for the shell */
} kinds[] = {
	{ "PROGRAM", offer_programs, ":files.c\n" },
	{ "OLD", offer_programs, ":files.c\n" },
	{ "NEW", offer_programs, ":files.c\n" },
	{ "IFACE", offer_interfaces, "" },
	{ "FILE", offer_programs, ":files.c\n" },
	{ "DIR", NULL, ":files/\n" },
	{ "LAB", offer_labs, "" },
	{ "DIRS", NULL, ":files/\n" },
	{ "PATH", NULL, ":files\n" },
	{ "NAME", offer_namespaces, "" },
	{ "NAME[=VALUE]", offer_parameters, "" },
};

/* "auto|uapi|kernel|DIR": the words themselves, and whatever is a DIR. */
static void offer_argument(struct completion *completion, const struct option_row *row)
{
	const char *names = row->argument ? row->argument : row->name;

	for (size_t i = 0; row->choices && row->choices[i]; i++)
		offer(completion, row->choices[i], "");
	while (*names) {
		size_t length = strcspn(names, "|");

		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			if (strlen(kinds[i].name) != length ||
			    strncmp(kinds[i].name, names, length) != 0)
				continue;
			if (kinds[i].offer)
				kinds[i].offer(completion);
			fputs(kinds[i].files, completion->stream);
		}
		names += length + (names[length] == '|');
	}
}

static void offer_options(struct completion *completion, const struct options *options)
{
	for (size_t i = 0; i < options->count; i++) {
		AUTO(buffer_free) struct buffer word = { 0 };

		buffer_printf(&word, "--%s", options->places[i].row->name);
		offer(completion, buffer_text(&word), options->places[i].row->help);
	}
}

/* A word that begins with '-': "--na", "--name=va", "-iva", "-qv". */
static void complete_option(struct completion *completion, const struct options *options)
{
	char *words[] = { (char *)completion->whole };
	struct scan scan = { .options = options, .words = words, .count = 1 };
	enum scanned found = scan_next(&scan);

	while (scan.letters && *scan.letters && found == SCANNED_OPTION)
		found = scan_next(&scan);
	if (found == SCANNED_OPTION && scan.value) {
		completion->word = scan.value;
		offer_argument(completion, scan.place->row);
	} else if (completion->whole[1] == '-' || !completion->whole[1]) {
		offer_options(completion, options);
	} else if (found != SCANNED_UNKNOWN) {
		offer(completion, completion->whole, scan.place->row->help);
	}
}

static void complete_command(struct completion *completion, const struct command *command,
			     size_t count, char *const *words)
{
	const struct option_row *operand;
	struct options options;
	struct scan scan = { .options = &options, .words = words, .count = count };
	enum scanned found;

	options_of(command, &options);
	operand = options_operands(command, &options, count, words);
	while ((found = scan_next(&scan)) != SCANNED_END && found != SCANNED_UNARMED) {
		if (found == SCANNED_OPTION && scan.place->group == &search_options) {
			completion->program_path = scan.value;
			completion->settings.program_paths =
				(struct list){ .items = &completion->program_path, .count = 1 };
		}
		if (found != SCANNED_OPERAND)
			continue;
		if (!completion->program)
			completion->program = scan.value;
		operand += operand->name && operand->form != OPTION_LIST;
	}
	if (found == SCANNED_UNARMED)
		offer_argument(completion, scan.place->row);
	else if (completion->whole[0] == '-' && !scan.only_operands)
		complete_option(completion, &options);
	else if (operand->name)
		offer_argument(completion, operand);
}

void complete(size_t count, char *const *words, FILE *stream)
{
	const char *word = count ? words[count - 1] : "";
	struct completion completion = { .whole = word, .word = word, .stream = stream };
	const struct command *command = count > 1 ? command_find(words[0]) : NULL;

	if (command) {
		complete_command(&completion, command, count - 2, words + 1);
	} else if (count < 2 || (count == 2 && strcmp(words[0], "help") == 0)) {
		for (size_t i = 0; commands[i]; i++)
			offer(&completion, commands[i]->name, commands[i]->summary);
	} else if (strcmp(words[0], "help") != 0) { /* a program, as run has it */
		complete_command(&completion, &command_run, count - 1, words);
	}
	if (count < 2) {
		if (word[0] != '-')
			offer_argument(&completion, command_run.operands);
		offer(&completion, "--help", "show the commands");
		offer(&completion, "--version", "show versions");
	}
}
