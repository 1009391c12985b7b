/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skbscope show: what a program says of itself, its parameters, and its tables
 * as compiling it shows them. Needs no privilege; a program that does not
 * compile here still shows its documentation.
 */
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/answer.h"
#include "cli/command.h"
#include "run/people.h"
#include "run/program_image.h"
#include "run/report.h"

struct show_settings {
	const char *program;
	struct compile_settings compiling;
	struct output_settings output;
	struct talk_settings talk;
	bool source;
};

static void add_wiring(struct document *document, const struct skbscope_documentation *doc)
{
	if (doc->ingress || doc->egress || doc->enforce)
		document_say(document, "\n");
	document_fact(document, "ingress", doc->ingress ? "Ingress" : NULL,
		      fact_text(doc->ingress));
	document_fact(document, "egress", doc->egress ? "Egress" : NULL, fact_text(doc->egress));
	document_fact(document, "enforce", doc->enforce ? "Enforce" : NULL,
		      fact_text(doc->enforce));
}

static void add_files(struct document *document, const struct program *program)
{
	document_begin_list(document, "with", program->with_count ? "Other files" : NULL);
	for (size_t i = 0; i < program->with_count; i++) {
		const struct skbscope_source *source = program->with[i];

		document_begin_object(document, NULL);
		document_fact(document, "path", "FILE", fact_text(source->path));
		document_fact(document, "summary", "", fact_text(source->documentation.summary));
		document_end_object(document);
	}
	document_end_list(document);
}

static bool is_listed(const struct program *program, size_t before, const char *name)
{
	for (size_t i = 0; i < before; i++) {
		const struct skbscope_documentation *doc =
			i ? &program->with[i - 1]->documentation : &program->source->documentation;

		for (size_t j = 0; j < doc->parameter_count; j++)
			if (strcmp(doc->parameters[j].name, name) == 0)
				return true;
	}
	return false;
}

/* Of all files, each once. */
static void add_parameters(struct document *document, const struct program *program)
{
	document_begin_list(document, "parameters", "Parameters (-D NAME=VALUE)");
	for (size_t i = 0; i <= program->with_count; i++) {
		const struct skbscope_documentation *doc =
			i ? &program->with[i - 1]->documentation : &program->source->documentation;

		for (size_t j = 0; j < doc->parameter_count; j++) {
			const struct skbscope_parameter *parameter = &doc->parameters[j];

			if (is_listed(program, i, parameter->name))
				continue;
			document_begin_object(document, NULL);
			document_fact(document, "name", "NAME", fact_text(parameter->name));
			document_fact(document, "default", "DEFAULT", fact_text(parameter->value));
			document_fact(document, "text", "", fact_text(parameter->text));
			document_end_object(document);
		}
	}
	document_end_list(document);
}

static int answer(const struct output_settings *output, const struct program *program)
{
	const struct skbscope_documentation *doc = &program->source->documentation;
	struct document document = answer_start(output);

	document_begin_object(&document, NULL);
	document_fact(&document, "name", NULL, fact_text(program->source->name));
	document_fact(&document, "path", NULL, fact_text(program->source->path));
	document_fact(&document, "summary", NULL, fact_text(doc->summary));
	document_fact(&document, "text", NULL, fact_text(doc->text));
	if (doc->text[0])
		document_say(&document, "%s\n", doc->text);
	else
		document_say(&document, "%s has no documentation comment\n", program->source->name);
	add_wiring(&document, doc);
	add_files(&document, program);
	add_parameters(&document, program);
	if (program->image)
		answer_tables(&document, program->image, NULL);
	else
		document_fact(&document, "tables", NULL, fact_text(NULL));
	document_end_object(&document);
	return answer_end(&document);
}

/* Byte for byte, but to a terminal, which it may not act on. */
static int print_source(const struct skbscope_source *source)
{
	AUTO(buffer_free) struct buffer safe = { 0 };

	if (!isatty(STDOUT_FILENO)) {
		fwrite(source->text, 1, source->length, stdout);
		return EXIT_FINE;
	}
	utf8_printable(source->text, source->length, &safe);
	fputs(buffer_text(&safe), people_stdout());
	return safe.failed ? EXIT_FAILED : EXIT_FINE;
}

static int run(const void *data)
{
	const struct show_settings *settings = data;
	AUTO(program_clear) struct program program = { 0 };
	struct skbscope_error error = { 0 };
	int r = program_read(&settings->compiling, settings->program, &program, &error);

	if (r < 0)
		return report_error(&error, program.diagnostics, settings->talk.verbose);
	if (settings->source && program.is_image) {
		program_image_has_no_source(settings->program, "--source", &error);
		return report_error(&error, NULL, false);
	}
	if (settings->source)
		return print_source(program.source);
	r = program_compile(&settings->compiling, NULL, &program, &error);
	if (r < 0 && error.stage == SKBSCOPE_STAGE_USAGE)
		return report_error(&error, program.diagnostics, settings->talk.verbose);
	if (r < 0) {
		report_error(&error, program.diagnostics, settings->talk.verbose);
		report_say(
			"skbscope: its tables are only known once it compiles; this is the rest");
	}
	program_say_trouble(&settings->talk, &program);
	return answer(&settings->output, &program);
}

static const struct option_row rows[] = {
	{ 0, COMMON, "source", NULL, "print the program itself, to start from",
	  MEMBER(struct show_settings, source) },
	{ 0 },
};
static const struct option_group own_options = { "Output", rows };

const struct command command_show = {
	.name = "show",
	.summary = "show a program's documentation and tables",
	.examples = { "show protocols", "show --source packet_count" },
	.operands = { { 0, COMMON, "PROGRAM", NULL, PROGRAM_HELP,
			MEMBER(struct show_settings, program), .optional = true } },
	.options = {
		{ &text_options, offsetof(struct show_settings, compiling) },
		{ &compile_options, offsetof(struct show_settings, compiling) },
		{ &search_options, offsetof(struct show_settings, compiling) },
		{ &format_options, offsetof(struct show_settings, output) },
		{ &own_options, 0 },
		{ &talk_options, offsetof(struct show_settings, talk) },
	},
	.settings_size = sizeof(struct show_settings),
	.run = run,
};
