/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options: one table drives parsing, help and suggestions. Names match exactly,
 * because abbreviations would turn every new option into a break.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skbscope/error.h>

#include "run/settings.h"

/* Which commands take an option. */
enum command_bit {
	ON_RUN = 1 << 0,
	ON_CHECK = 1 << 1,
	ON_LIST = 1 << 2,
	ON_SHOW = 1 << 3,
	ON_DOCTOR = 1 << 4,
	ON_DETACH = 1 << 5,
	ON_DIFF = 1 << 6,
	ON_CACHE = 1 << 7,
	ON_COMPILING = ON_RUN | ON_CHECK | ON_SHOW | ON_DIFF,
	ON_EVERY = ~0,
};

/* Everything that can be asked for. Strings are borrowed from argv; NULL and
 * zero mean "not asked". */
struct settings {
	struct list operands;
	struct run_settings run;
	bool help, version;
};

enum option_form {
	OPTION_FLAG,     /* bool */
	OPTION_TEXT,     /* const char * */
	OPTION_LIST,     /* struct list; may be repeated */
	OPTION_NUMBER,   /* uint64_t, from 1 */
	OPTION_DURATION, /* uint64_t nanoseconds, from 1 ms */
	OPTION_CHOICE,   /* int: which of choices */
};

struct option_row {
	char letter; /* '\0': none */
	const char *name;
	const char *argument; /* what help calls it; NULL for flags */
	const char *help;
	unsigned int commands; /* enum command_bit */
	enum option_form form;
	size_t offset;              /* into struct settings */
	const char *const *choices; /* NULL-terminated */
};

extern const struct option_row option_table[];
extern const size_t option_count;

/* argv[0] is the command's name. Fills *settings, whose lists the caller frees
 * with settings_clear. Fails with SKBSCOPE_STAGE_USAGE. */
int options_parse(unsigned int command, int argc, char **argv, struct settings *settings,
		  struct skbscope_error *error);
void settings_clear(struct settings *settings); /* also for AUTO() */

/* "500ms", "2s", "1m", "1h", "0.5"; a bare number means seconds. */
bool parse_duration(const char *text, uint64_t *out_ns);

#endif
