/* SPDX-License-Identifier: Apache-2.0 */
/* Talk on stderr, and what it means for the exit status. */
#include "run/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/utf8.h"
#include "run/people.h"

int report_exit_status(const struct skbscope_error *error)
{
	switch (error->stage) {
	case SKBSCOPE_STAGE_USAGE:
		return EXIT_MISUSE;
	case SKBSCOPE_STAGE_COMPILE:
		return EXIT_NOT_COMPILED;
	case SKBSCOPE_STAGE_VERIFY:
		return EXIT_REFUSED;
	default:
		return EXIT_FAILED;
	}
}

bool is_screen(int fd)
{
	const char *terminal = getenv("TERM");

	return isatty(fd) && terminal && strcmp(terminal, "dumb") != 0;
}

uint32_t terminal_width(int fd)
{
	struct winsize size = { 0 };

	if (!is_screen(fd) || ioctl(fd, TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col;
}

bool wants_colour(int fd)
{
	const char *no_colour = getenv("NO_COLOR");

	return is_screen(fd) && !(no_colour && *no_colour);
}

/* Names and text of strangers are in it: none of it may act on a terminal. */
__attribute__((format(printf, 2, 0))) static void print(FILE *stream, const char *format,
							va_list arguments)
{
	AUTO(buffer_free) struct buffer safe = { 0 };
	AUTO(freep) char *text = NULL;
	int length = vasprintf(&text, format, arguments);

	if (length < 0) {
		text = NULL;
		return;
	}
	utf8_printable(text, (size_t)length, &safe);
	fputs(buffer_text(&safe), stream);
}

__attribute__((format(printf, 2, 3))) static void say(FILE *stream, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print(stream, format, arguments);
	va_end(arguments);
}

static void print_log(const struct skbscope_diagnostics *diagnostics, FILE *stream)
{
	const char *log = diagnostics ? skbscope_diagnostics_log(diagnostics) : "";
	size_t length = strlen(log);

	if (length)
		say(stream, "--- whole log ---\n%s%s--- end of log ---\n", log,
		    log[length - 1] == '\n' ? "" : "\n");
}

/* Notes alone are worth a person's time only when asked for. */
static bool is_worth_saying(const struct skbscope_diagnostics *diagnostics, bool verbose)
{
	for (size_t i = 0; i < skbscope_diagnostics_count(diagnostics); i++)
		if (verbose ||
		    skbscope_diagnostics_get(diagnostics, i)->severity > SKBSCOPE_SEVERITY_NOTE)
			return true;
	return false;
}

static void print_diagnostics(const struct skbscope_diagnostics *diagnostics, bool verbose,
			      FILE *stream)
{
	if (!diagnostics)
		return;
	if (is_worth_saying(diagnostics, verbose))
		skbscope_diagnostics_print(diagnostics, wants_colour(STDERR_FILENO), stream);
	if (verbose)
		print_log(diagnostics, stream);
}

static void print_error(const struct skbscope_error *error, FILE *stream)
{
	say(stream, "skbscope: %s\n", error->message);
	if (error->hint[0])
		say(stream, "  %s\n", error->hint);
}

void report_diagnostics(const struct skbscope_diagnostics *diagnostics, bool verbose)
{
	print_diagnostics(diagnostics, verbose, people_stderr());
}

int report_error(const struct skbscope_error *error, const struct skbscope_diagnostics *diagnostics,
		 bool verbose)
{
	print_diagnostics(diagnostics, verbose, people_stderr());
	/* A reader of stdout who has seen enough needs no telling. */
	if (error->code != -EPIPE || error->stage != SKBSCOPE_STAGE_RENDER)
		print_error(error, people_stderr());
	return report_exit_status(error);
}

int report_stdout_lost(void)
{
	int failure = write_failure(STDOUT_FILENO);

	clearerr(stdout);
	if (failure != EPIPE)
		report_say("skbscope: cannot write to stdout: %s",
			   failure == EBADF ? "it is closed" : strerror(failure));
	return EXIT_FAILED;
}

void report_text(const struct skbscope_error *error, const struct skbscope_diagnostics *diagnostics,
		 bool verbose, struct buffer *out)
{
	AUTO(freep) char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	if (!stream)
		return;
	print_diagnostics(diagnostics, verbose, stream);
	if (error)
		print_error(error, stream);
	if (fclose(stream) == 0)
		buffer_append(out, text, length);
}

void report_say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print(people_stderr(), format, arguments);
	va_end(arguments);
	fputc('\n', people_stderr());
}
