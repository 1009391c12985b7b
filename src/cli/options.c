/* SPDX-License-Identifier: Apache-2.0 */
/* The table of options, and getopt_long driven by it. */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define AT(member) offsetof(struct settings, member)
#define LONG_ONLY 256 /* first getopt value of options without a letter */
#define OPTIONS_MAX 64

static const char *const hooks[] = { "auto", "tcx", "clsact", NULL };
static const char *const outputs[] = { "table", "json", NULL };

const struct option_row option_table[] = {
	{ 'i', "interface", "IFACE",
	  "the interface to attach to; may be repeated (default: that of the default route, else "
	  "lo)",
	  ON_RUN | ON_DIFF, OPTION_LIST, AT(run.traffic.interfaces), NULL },
	{ 'i', "interface", "IFACE", "only this interface; may be repeated", ON_DETACH, OPTION_LIST,
	  AT(run.traffic.interfaces), NULL },
	{ '\0', "netns", "NAME|PID|PATH", "the network namespace the interfaces are in",
	  ON_RUN | ON_DIFF, OPTION_TEXT, AT(run.traffic.netns), NULL },
	{ '\0', "hook", "auto|tcx|clsact", "how to attach (default: tcx where the kernel has it)",
	  ON_RUN | ON_DIFF, OPTION_CHOICE, AT(run.traffic.hook), hooks },
	{ '\0', "ingress", "FN", "the function for arriving packets", ON_RUN | ON_DIFF, OPTION_TEXT,
	  AT(run.traffic.ingress), NULL },
	{ '\0', "egress", "FN", "the function for leaving packets", ON_RUN | ON_DIFF, OPTION_TEXT,
	  AT(run.traffic.egress), NULL },
	{ '\0', "enforce", NULL, "honour the program's verdicts and let it change packets", ON_RUN,
	  OPTION_FLAG, AT(run.traffic.enforce), NULL },
	{ '\0', "interval", "TIME", "between readings: 500ms, 2s, 1m (default: 1s)",
	  ON_RUN | ON_DIFF, OPTION_DURATION, AT(run.pace.interval_ns), NULL },
	{ '\0', "duration", "TIME", "end after this long", ON_RUN | ON_DIFF, OPTION_DURATION,
	  AT(run.pace.duration_ns), NULL },
	{ '\0', "count", "N", "end after N readings", ON_RUN | ON_DIFF, OPTION_NUMBER,
	  AT(run.pace.count), NULL },
	{ '\0', "once", NULL, "end after one reading, an interval after attaching", ON_RUN,
	  OPTION_FLAG, AT(run.pace.once), NULL },
	{ '\0', "sort", "[TABLE.]COLUMN", "order rows by this column", ON_RUN, OPTION_TEXT,
	  AT(run.output.sort), NULL },
	{ '\0', "top", "N", "show the first N rows of each table", ON_RUN | ON_DIFF, OPTION_NUMBER,
	  AT(run.output.top), NULL },
	{ '\0', "exact", NULL, "every digit instead of k, M and G", ON_RUN | ON_DIFF, OPTION_FLAG,
	  AT(run.output.exact), NULL },
	{ '\0', "per-cpu", NULL, "show each CPU's values beside their sums", ON_RUN, OPTION_FLAG,
	  AT(run.output.per_cpu), NULL },
	{ '\0', "fail-on-loss", NULL, "exit with 6 if anything was not counted", ON_RUN,
	  OPTION_FLAG, AT(run.fail_on_loss), NULL },
	{ 'D', "define", "NAME[=VALUE]", "a macro for the program; may be repeated", ON_COMPILING,
	  OPTION_LIST, AT(run.compiling.defines), NULL },
	{ 'I', "include", "DIR", "where to look for headers first; may be repeated", ON_COMPILING,
	  OPTION_LIST, AT(run.compiling.include_directories), NULL },
	{ '\0', "headers", "auto|uapi|kernel|DIR",
	  "the kernel headers to use (default: the small tree, then the kernel's)", ON_COMPILING,
	  OPTION_TEXT, AT(run.compiling.headers), NULL },
	{ '\0', "program-path", "DIRS",
	  "colon-separated directories to look for programs in; may be repeated",
	  ON_COMPILING | ON_LIST, OPTION_LIST, AT(run.compiling.program_paths), NULL },
	{ '\0', "output", "table|json", "how data is written (default: table)",
	  ON_RUN | ON_CHECK | ON_LIST | ON_SHOW | ON_DOCTOR | ON_DIFF | ON_CACHE, OPTION_CHOICE,
	  AT(run.output.format), outputs },
	{ 'j', "json", NULL, "the same as --output json",
	  ON_RUN | ON_CHECK | ON_LIST | ON_SHOW | ON_DOCTOR | ON_DIFF | ON_CACHE, OPTION_FLAG,
	  AT(run.output.json), NULL },
	{ '\0', "watch", NULL,
	  "compile and swap in what is saved (default on a terminal for a path)", ON_RUN,
	  OPTION_FLAG, AT(run.watch), NULL },
	{ '\0', "no-watch", NULL, "do not; SIGHUP still does it once", ON_RUN, OPTION_FLAG,
	  AT(run.no_watch), NULL },
	{ '\0', "reset", NULL, "start with empty tables after each swap", ON_RUN, OPTION_FLAG,
	  AT(run.reset), NULL },
	{ '\0', "no-cache", NULL, "compile, whether or not it was compiled before", ON_COMPILING,
	  OPTION_FLAG, AT(run.compiling.no_cache), NULL },
	{ 'v', "verbose", NULL, "say more on stderr; whole logs of the compiler and the verifier",
	  ON_COMPILING | ON_DETACH | ON_CACHE, OPTION_FLAG, AT(run.talk.verbose), NULL },
	{ 'q', "quiet", NULL, "say nothing on stderr but errors",
	  ON_RUN | ON_CHECK | ON_DETACH | ON_DIFF | ON_CACHE, OPTION_FLAG, AT(run.talk.quiet),
	  NULL },
	{ 'h', "help", NULL, "show this help and exit", (unsigned int)ON_EVERY, OPTION_FLAG,
	  AT(help), NULL },
	{ 'V', "version", NULL, "show versions and exit", (unsigned int)ON_EVERY, OPTION_FLAG,
	  AT(version), NULL },
};
const size_t option_count = sizeof(option_table) / sizeof(option_table[0]);

bool parse_duration(const char *text, uint64_t *out_ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "", 1e9 },  { "ns", 1 },   { "us", 1e3 },   { "ms", 1e6 },
		      { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 }, { "d", 86400e9 } };
	size_t digits = strspn(text, "0123456789."), unit = 0;
	char *end;
	double number;

	if (!digits)
		return false;
	number = strtod(text, &end);
	if (end != text + digits)
		return false;
	while (strcmp(units[unit].unit, end) != 0)
		if (++unit == sizeof(units) / sizeof(units[0]))
			return false;
	number *= units[unit].ns;
	if (!isfinite(number) || number < 1e6 || number > 3650 * 86400e9)
		return false;
	*out_ns = (uint64_t)llround(number);
	return true;
}

static int list_add(struct list *list, const char *item)
{
	/* Room is made in powers of two, whenever the count reaches one. */
	if ((list->count & (list->count - 1)) == 0) {
		size_t room = list->count ? list->count * 2 : 1;
		const char **items = realloc(list->items, room * sizeof(*items));

		if (!items)
			return -ENOMEM;
		list->items = items;
	}
	list->items[list->count++] = item;
	return 0;
}

static int refuse_value(const struct option_row *row, const char *value, const char *wanted,
			struct skbscope_error *error)
{
	return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "--%s takes %s, not '%s'", row->name,
		    wanted, value);
}

static int choose(const struct option_row *row, const char *value, int *out,
		  struct skbscope_error *error)
{
	const char *nearest;
	int count = 0, r;

	for (; row->choices[count]; count++) {
		if (strcmp(row->choices[count], value) == 0) {
			*out = count;
			return 0;
		}
	}
	nearest = text_nearest(value, row->choices, (size_t)count);
	r = refuse_value(row, value, row->argument, error);
	return nearest ? hint(error, r, "did you mean '%s'?", nearest) : r;
}

static int apply(const struct option_row *row, const char *value, struct settings *settings,
		 struct skbscope_error *error)
{
	void *member = (char *)settings + row->offset;

	switch (row->form) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return 0;
	case OPTION_TEXT:
		if (!*value)
			return refuse_value(row, value, row->argument, error);
		*(const char **)member = value;
		return 0;
	case OPTION_LIST:
		if (!*value)
			return refuse_value(row, value, row->argument, error);
		if (list_add(member, value) < 0)
			return fail_memory(error, SKBSCOPE_STAGE_USAGE);
		return 0;
	case OPTION_NUMBER:
		if (!text_number(value, member) || *(uint64_t *)member == 0 ||
		    *(uint64_t *)member > UINT32_MAX)
			return refuse_value(row, value, "a number from 1", error);
		return 0;
	case OPTION_DURATION:
		if (!parse_duration(value, member))
			return refuse_value(row, value, "a time from 1ms, as in 500ms, 2s or 1m",
					    error);
		return 0;
	case OPTION_CHOICE:
		return choose(row, value, member, error);
	}
	return 0;
}

/* getopt's two descriptions of one command's share of the table. */
struct grammar {
	const struct option_row *rows[OPTIONS_MAX];
	const char *names[OPTIONS_MAX];
	struct option longs[OPTIONS_MAX + 1];
	char letters[2 * OPTIONS_MAX + 3];
	int count;
};

static void describe(unsigned int command, struct grammar *grammar)
{
	/* '-': operands in their place, so that argv is never reordered; ':': a
	 * missing argument is told from an unknown option. */
	char *letter = stpcpy(grammar->letters, "-:");

	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *row = &option_table[i];
		int n = grammar->count;

		if (!(row->commands & command))
			continue;
		grammar->rows[n] = row;
		grammar->names[n] = row->name;
		grammar->longs[n].name = row->name;
		grammar->longs[n].has_arg = row->argument ? required_argument : no_argument;
		grammar->longs[n].val = LONG_ONLY + n;
		grammar->count++;
		if (row->letter) {
			*letter++ = row->letter;
			if (row->argument)
				*letter++ = ':';
		}
	}
	*letter = '\0';
}

static const struct option_row *row_of(const struct grammar *grammar, int value)
{
	if (value >= LONG_ONLY)
		return grammar->rows[value - LONG_ONLY];
	for (int i = 0; i < grammar->count; i++)
		if (grammar->rows[i]->letter == value)
			return grammar->rows[i];
	return NULL;
}

static bool is_exact(const char *token, const struct option_row *row)
{
	size_t length = strcspn(token + 2, "=");

	return strlen(row->name) == length && strncmp(token + 2, row->name, length) == 0;
}

static int unknown(const char *command, const char *token, const struct grammar *grammar,
		   struct skbscope_error *error)
{
	char word[64];
	const char *nearest = NULL;
	int r;

	if (strncmp(token, "--", 2) == 0) {
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(token + 2, "="), token + 2);
		nearest = text_nearest(word, grammar->names, (size_t)grammar->count);
		for (int i = 0; !nearest && word[0] && i < grammar->count; i++)
			if (strncmp(grammar->names[i], word, strlen(word)) == 0)
				nearest = grammar->names[i];
		r = fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "there is no option '--%s'", word);
	} else {
		r = fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "there is no option '%s'", token);
	}
	if (nearest)
		return hint(error, r, "did you mean '--%s'?", nearest);
	return hint(error, r, "'skbscope %s --help' shows the options", command);
}

static int parse_one(const char *command, const char *token, int value,
		     const struct grammar *grammar, struct settings *settings,
		     struct skbscope_error *error)
{
	bool is_long = strncmp(token, "--", 2) == 0;
	char letter[] = { '-', (char)optopt, '\0' };
	const struct option_row *row;

	if (value == 1) {
		if (list_add(&settings->operands, optarg) < 0)
			return fail_memory(error, SKBSCOPE_STAGE_USAGE);
		return 0;
	}
	if (value == ':')
		return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "%s needs an argument",
			    is_long ? token : letter);
	if (value == '?' && is_long && optopt >= LONG_ONLY &&
	    is_exact(token, row_of(grammar, optopt)))
		return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "--%s takes no argument",
			    row_of(grammar, optopt)->name);
	if (value == '?')
		return unknown(command, is_long ? token : letter, grammar, error);
	row = row_of(grammar, value);
	if (is_long && !is_exact(token, row))
		return unknown(command, token, grammar, error);
	return apply(row, optarg, settings, error);
}

int options_parse(unsigned int command, int argc, char **argv, struct settings *settings,
		  struct skbscope_error *error)
{
	struct grammar grammar = { .count = 0 };
	int value, r;

	describe(command, &grammar);
	opterr = 0;
	optind = 0; /* glibc: start afresh */
	for (int at = 1;; at = optind) {
		value = getopt_long(argc, argv, grammar.letters, grammar.longs, NULL);
		if (value < 0)
			break;
		r = parse_one(argv[0], argv[at], value, &grammar, settings, error);
		if (r < 0) {
			settings_clear(settings);
			return r;
		}
	}
	for (; optind < argc; optind++) {
		if (list_add(&settings->operands, argv[optind]) < 0) {
			settings_clear(settings);
			return fail_memory(error, SKBSCOPE_STAGE_USAGE);
		}
	}
	if (settings->run.output.json)
		settings->run.output.format = OUTPUT_JSON;
	if (settings->run.pace.once)
		settings->run.pace.count = 1;
	return 0;
}

void settings_clear(struct settings *settings)
{
	free(settings->operands.items);
	free(settings->run.traffic.interfaces.items);
	free(settings->run.compiling.defines.items);
	free(settings->run.compiling.include_directories.items);
	free(settings->run.compiling.program_paths.items);
	memset(settings, 0, sizeof(*settings));
}
