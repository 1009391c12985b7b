/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of commands. Dispatch, help, suggestions and the tests that hold the
 * man page and the README to it are all made from here.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdio.h>

#include "cli/options.h"
#include "run/exit_status.h"

struct command {
	const char *name;
	const char *operand; /* "PROGRAM", or NULL for none */
	size_t operands;     /* how many */
	const char *summary;
	unsigned int bit;                            /* enum command_bit */
	int (*run)(const struct settings *settings); /* gives an exit status */
};

extern const struct command command_table[];
extern const size_t command_count;

const struct command *command_find(const char *name); /* NULL if there is none */

int cmd_run(const struct settings *settings);
int cmd_check(const struct settings *settings);
int cmd_list(const struct settings *settings);
int cmd_show(const struct settings *settings);
int cmd_doctor(const struct settings *settings);
int cmd_detach(const struct settings *settings);
int cmd_diff(const struct settings *settings);
int cmd_cache(const struct settings *settings);

/* The whole of the command line; gives the process's exit status. */
int cli_main(int argc, char **argv);

/* Help, to stdout. NULL: of skbscope itself. */
void help_print(const struct command *command, FILE *stream);

#endif
