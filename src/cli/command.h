/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command: its words, its options and its code. Each stands in its cmd_*.c, beside the
 * struct of its settings; dispatch, help, completion and the tests that hold the manual
 * and the README to them are made from here.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdio.h>

#include "cli/options.h"
#include "run/report.h"

struct command {
	const char *name, *summary;
	const char *const examples[3];       /* these three end with an empty element */
	const struct option_row operands[4]; /* one word each; a list takes the rest */
	const struct option_use options[16];
	size_t settings_size;
	int (*run)(const void *settings); /* the command's struct; gives an exit status */
};

#define PROGRAM_HELP "a C file, - (stdin), or a bundled program's name"
#define FILTER_HELP "a tcpdump expression: only packets that match it"

extern const struct command command_run, command_check, command_diff, command_explain,
	command_export, command_test, command_ctl, command_lab, command_list, command_show,
	command_cache, command_doctor, command_detach, command_http;
extern const struct command *const commands[]; /* NULL last */

const struct command *command_find(const char *name); /* NULL if there is none */

/* The whole of the command line; gives the process's exit status. */
int cli_main(int argc, char **argv);

/* Help for a command: what is common on one screen, or everything. */
void help_command(const struct command *command, bool all, FILE *stream);
void help_overview(FILE *stream);

int version_print(FILE *stream); /* gives an exit status */
const char *version_text(void);  /* "1.2.3" */

/* What can stand in the place of the last word: see complete.c. */
void complete(size_t count, char *const *words, FILE *stream);

#endif
