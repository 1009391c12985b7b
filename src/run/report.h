/* SPDX-License-Identifier: Apache-2.0 */
/* Talk: everything a person is told on stderr, and the exit status it means. */
#ifndef RUN_REPORT_H
#define RUN_REPORT_H

#include <stdbool.h>

#include <skbscope/diagnostics.h>
#include <skbscope/error.h>

#include "base/buffer.h"
#include "base/cleanup.h"

/* The contract with scripts; docs/skbscope.8.scd lists them. */
enum exit_status {
	EXIT_FINE = 0,
	EXIT_FAILED = 1,
	EXIT_MISUSE = 2,
	EXIT_NOT_COMPILED = 3,
	EXIT_REFUSED = 4,   /* by the verifier */
	EXIT_DIFFERENT = 5, /* two versions, or what a test expects and what came */
	EXIT_LOST = 6,      /* with --fail-on-loss */
};

/* Prints the diagnostics (may be NULL), the error and its hint; with verbose also
 * the whole log. Gives the exit status that the error's stage stands for. */
int report_error(const struct skbscope_error *error, const struct skbscope_diagnostics *diagnostics,
		 bool verbose);

int report_exit_status(const struct skbscope_error *error);

/* The same text, without the exit status, into memory; error may be NULL. Coloured
 * where stderr would be. */
void report_text(const struct skbscope_error *error, const struct skbscope_diagnostics *diagnostics,
		 bool verbose, struct buffer *out);

/* stdout did not take all, as of errno. Said once, and nothing of a reader who has seen
 * enough, as of any filter. Gives the exit status. */
int report_stdout_lost(void);

/* Warnings of a step that succeeded. */
void report_diagnostics(const struct skbscope_diagnostics *diagnostics, bool verbose);

__attribute__((format(printf, 1, 2))) void report_say(const char *format, ...);

/* Whether a stream is a terminal that can be painted on (TERM=dumb cannot), and whether it
 * wants colours (NO_COLOR). */
bool is_screen(int fd);
/* 0: it is none, or does not say. */
uint32_t terminal_width(int fd);
bool wants_colour(int fd);

#endif
