/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options as rows, and parsing by them. A row says which member of a struct it sets; the
 * member's type says what it takes. Help, completion and the manual's test read the same
 * rows. Names match exactly, because abbreviations would turn every new option into a break.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skbscope/error.h>

#include "base/buffer.h"
#include "run/settings.h"

enum option_form {
	OPTION_FLAG,     /* bool */
	OPTION_TEXT,     /* const char * */
	OPTION_LIST,     /* struct list; may be repeated */
	OPTION_NUMBER,   /* uint64_t, from 1 */
	OPTION_CHOICE,   /* int: which of choices */
	OPTION_DURATION, /* uint64_t nanoseconds, from 1 ms */
	OPTION_SIZE,     /* uint64_t bytes */
};

enum { RARE, COMMON }; /* for common */

/* Also an operand, of which name is what help calls it. */
struct option_row {
	char letter; /* 0: none */
	bool common; /* in --help, not only in --help=all */
	const char *name;
	const char *argument; /* what help calls it and completion goes by; NULL: none */
	const char *help;
	enum option_form form;
	size_t offset;
	const char *const *choices; /* NULL last; beside an argument only suggestions */
	const char *value;          /* without an argument; with same_as there never is one */
	const char *same_as;        /* the option that gets value: "--json" is "--output json" */
	const char *in_place_of;    /* the first operand, which is then not there */
	const char *unarmed;        /* to be said where its argument is missing */
	bool optional;              /* an operand that need not be there */
};

/* The form and the offset, for a row. */
#define MEMBER(type, member)                                                                       \
	.form = _Generic(((type *)0)->member,                                                      \
			 bool: OPTION_FLAG,                                                        \
			 const char *: OPTION_TEXT,                                                \
			 struct list: OPTION_LIST,                                                 \
			 uint64_t: OPTION_NUMBER,                                                  \
			 int: OPTION_CHOICE),                                                      \
	.offset = offsetof(type, member)
#define DURATION(type, member) .form = OPTION_DURATION, .offset = offsetof(type, member)
#define SIZE(type, member) .form = OPTION_SIZE, .offset = offsetof(type, member)

struct option_group {
	const char *title;             /* in --help=all and in the manual; groups may share one */
	const struct option_row *rows; /* the last has no name */
};

/* A group in a command: where the struct that its rows are about is in the command's own. */
struct option_use {
	const struct option_group *group; /* NULL after the last */
	size_t offset;
};

extern const struct option_group traffic_options, table_options, pace_options, display_options,
	format_options, check_format_options, test_format_options, reading_format_options,
	text_options, compile_options, search_options, loss_options, row_options, serve_options,
	talk_options;
extern const struct option_group general_options; /* every command has them */

struct general_settings {
	const char *help; /* "" or "all" */
	bool version;
};

/* Every option of a command, in the order of its groups. */
#define OPTIONS_MAX 64
struct option_place {
	const struct option_row *row;
	const struct option_group *group;
	size_t offset; /* into the command's settings */
};
struct options {
	struct option_place places[OPTIONS_MAX];
	size_t count;
};

struct command;
void options_of(const struct command *command, struct options *out);
bool option_takes_argument(const struct option_row *row);
void option_argument_text(const struct option_row *row, struct buffer *out); /* "auto|tcx|DIR" */

/* One word after the other, as the parser and completion read them. */
enum scanned {
	SCANNED_END,
	SCANNED_OPERAND,
	SCANNED_OPTION,
	SCANNED_UNKNOWN,  /* no such option */
	SCANNED_UNARMED,  /* an option whose argument is missing */
	SCANNED_OVERDONE, /* an option that takes no argument has one */
};
struct scan {
	const struct options *options;
	char *const *words;
	size_t count, at;
	bool only_operands;               /* after "--" */
	const char *letters;              /* the rest of "-abc" */
	const struct option_place *place; /* of an option */
	const char *value;                /* of an option, or the operand */
	char spelled[64];                 /* "--interval", "-i" */
};
enum scanned scan_next(struct scan *scan);

/* The first operand that these words can have: "-e TEXT" stands in the place of PROGRAM. Where
 * nothing could follow that, it is told as one too many by whoever gets both. */
const struct option_row *options_operands(const struct command *command,
					  const struct options *options, size_t count,
					  char *const *words);

/* argv[0] is the command's name. *settings is the command's struct, zero but for what was
 * asked; fails with SKBSCOPE_STAGE_USAGE. Operands may be missing with --help or --version. */
int options_parse(const struct command *command, size_t argc, char **argv, void **settings,
		  struct skbscope_error *error);
const struct general_settings *options_general(const struct command *command, const void *settings);
void options_free(const struct command *command, void *settings);

#endif
