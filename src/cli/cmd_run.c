/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope run: read and compile; what follows is run/run.c's. */
#include "base/cleanup.h"
#include "cli/command.h"
#include "run/output.h"
#include "run/program_image.h"
#include "run/report.h"
#include "run/run.h"

static void report_compilation(const struct run_settings *settings, const struct program *program)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	if (settings->talk.quiet)
		return;
	report_diagnostics(program->diagnostics, settings->talk.verbose);
	if (!settings->talk.verbose)
		return;
	buffer_string(&text, "headers: ");
	program_headers_text(program->image, &text);
	buffer_string(&text, "\ntime: ");
	program_times_text(&program->times, &text);
	program_trouble_text(&program->times, &text);
	report_say("%s", buffer_text(&text));
}

static int run_program(const void *data)
{
	struct run_settings settings = *(const struct run_settings *)data;
	AUTO(program_clear) struct program program = { 0 };
	struct skbscope_error error = { 0 };
	int r = output_check(STDOUT_FILENO);

	settings.compiling.passive = !settings.traffic.enforce && !settings.traffic.recording;
	if (r < 0)
		r = output_failed(r, &error);
	if (r == 0 && settings.watch && program_is_image(settings.program))
		r = program_image_has_no_source(settings.program, "--watch", &error);
	if (r == 0)
		r = program_read(&settings.compiling, settings.program, &program, &error);
	if (r == 0)
		r = program_compile(&settings.compiling, NULL, &program, &error);
	if (r < 0)
		return report_error(&error, program.diagnostics, settings.talk.verbose);
	report_compilation(&settings, &program);
	return run(&settings, &program);
}

#define AT(member) MEMBER(struct run_settings, member)
static const struct option_row enforcing[] = {
	{ 0, COMMON, "enforce", NULL, "apply its verdicts and let it change packets",
	  AT(traffic.enforce) },
	{ 0, RARE, "confirm-within", "TIME",
	  "with --enforce: passive again unless Enter or 'ctl confirm' confirms it by then",
	  DURATION(struct run_settings, confirm_ns) },
	{ 0 },
};
static const struct option_group enforce_options = { "Traffic", enforcing };

static const struct option_row writing[] = {
	{ 'w', RARE, "write", "FILE", "write packets that it submits as pcapng; - for stdout",
	  AT(write) },
	{ 0, RARE, "verdict", "VERDICT",
	  "of a capture that is read: write the packets that got it (SHOT, OK, ...)", AT(verdict) },
	{ 0 },
};
static const struct option_group write_options = { "Output", writing };

static const struct option_row editing[] = {
	{ 0, COMMON, "watch", NULL, "recompile and swap when a file is saved", AT(watch) },
	{ 0, RARE, "no-watch", NULL,
	  "do not recompile on save (default unless PROGRAM is a path and stdout a terminal); "
	  "SIGHUP still reloads once",
	  AT(no_watch) },
	{ 0, RARE, "reset", NULL, "start with empty tables after each swap", AT(reset) },
	{ 0 },
};
static const struct option_group edit_options = { "Editing", editing };

const struct command command_run = {
	.name = "run",
	.summary = "compile a program, attach it, show what it counts",
	.examples = { "run packet_count -i eth0 tcp port 443", "run ./mine.c -i eth0 --duration 10s -j" },
	.operands = { { 0, COMMON, "PROGRAM", NULL, PROGRAM_HELP, AT(program),
			.optional = true },
		      { 0, COMMON, "FILTER", NULL, FILTER_HELP, AT(traffic.filter) } },
	.options = {
		{ &traffic_options, offsetof(struct run_settings, traffic) },
		{ &enforce_options, 0 },
		{ &table_options, offsetof(struct run_settings, tables) },
		{ &pace_options, offsetof(struct run_settings, pace) },
		{ &loss_options, 0 },
		{ &edit_options, 0 },
		{ &row_options, 0 },
		{ &display_options, offsetof(struct run_settings, output) },
		{ &reading_format_options, offsetof(struct run_settings, output) },
		{ &write_options, 0 },
		{ &serve_options, 0 },
		{ &text_options, offsetof(struct run_settings, compiling) },
		{ &compile_options, offsetof(struct run_settings, compiling) },
		{ &search_options, offsetof(struct run_settings, compiling) },
		{ &talk_options, offsetof(struct run_settings, talk) },
	},
	.settings_size = sizeof(struct run_settings),
	.run = run_program,
};
