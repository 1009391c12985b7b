/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope export: a program into a file that others load. See run/export.h. */
#include "base/cleanup.h"
#include "cli/command.h"
#include "run/export.h"
#include "run/program_image.h"
#include "run/report.h"

static int write_as(enum export_form form, const struct export_settings *settings,
		    const struct program *program, struct skbscope_error *error)
{
	return form == EXPORT_OBJECT ? export_object(settings, program, error)
				     : export_image(settings, program, error);
}

static int run_export(const void *data)
{
	struct export_settings settings = *(const struct export_settings *)data;
	AUTO(program_clear) struct program program = { 0 };
	struct skbscope_error error = { 0 };
	enum export_form form;
	int r = export_form_of(settings.file, &form, &error);

	settings.compiling.passive = !settings.traffic.enforce;
	settings.compiling.kernel_prints = r == 0 && form == EXPORT_OBJECT;
	if (r == 0 && form == EXPORT_OBJECT && program_is_image(settings.program))
		r = program_image_has_no_source(settings.program, "an object", &error);
	if (r == 0)
		r = program_read(&settings.compiling, settings.program, &program, &error);
	if (r == 0)
		r = program_compile(&settings.compiling, NULL, &program, &error);
	if (r == 0 && !settings.talk.quiet)
		report_diagnostics(program.diagnostics, settings.talk.verbose);
	if (r == 0)
		r = write_as(form, &settings, &program, &error);
	return r < 0 ? report_error(&error, program.diagnostics, settings.talk.verbose) : EXIT_FINE;
}

#define AT(member) MEMBER(struct export_settings, traffic.member)
static const char *const directions[] = { "in", "out", "inout", NULL };
static const struct option_row exporting[] = {
	{ 0, COMMON, "enforce", NULL, "let the file apply its verdicts and change packets",
	  AT(enforce) },
	{ 'Q', RARE, "direction", NULL, "only these packets (default: as the program says)",
	  AT(direction), .choices = directions },
	{ 0, RARE, "ingress", "FN", "function to run on incoming packets", AT(ingress) },
	{ 0, RARE, "egress", "FN", "function to run on outgoing packets", AT(egress) },
	{ 0 },
};
static const struct option_group export_options = { "Traffic", exporting };

#undef AT
#define AT(member) MEMBER(struct export_settings, member)
const struct command command_export = {
	.name = "export",
	.summary = "write a program that tc, or libbpf, loads",
	.examples = { "export packet_count count.o tcp port 443", "export ./mine.c mine.skb" },
	.operands = { { 0, COMMON, "PROGRAM", NULL, PROGRAM_HELP, AT(program) },
		      { 0, COMMON, "FILE", NULL,
			"NAME.o: an ELF object for tc, bpftool, libbpf; NAME.skb: for skbscope run",
			AT(file) },
		      { 0, COMMON, "FILTER", NULL, FILTER_HELP, AT(traffic.filter) } },
	.options = {
		{ &export_options, 0 },
		{ &text_options, offsetof(struct export_settings, compiling) },
		{ &compile_options, offsetof(struct export_settings, compiling) },
		{ &search_options, offsetof(struct export_settings, compiling) },
		{ &talk_options, offsetof(struct export_settings, talk) },
	},
	.settings_size = sizeof(struct export_settings),
	.run = run_export,
};
