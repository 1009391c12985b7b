/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skbscope show: what a program says of itself, its parameters, and its tables
 * as compiling it shows them. Needs no privilege; a program that does not
 * compile here still shows its documentation.
 */
#include <string.h>

#include "cli/command.h"
#include "cli/describe.h"
#include "cli/json.h"
#include "cli/listing.h"
#include "run/program.h"
#include "run/report.h"

static void print_parameters(const struct skbscope_documentation *doc)
{
	struct listing *listing;

	if (!doc->parameter_count)
		return;
	printf("\nParameters (-D NAME=VALUE)\n");
	listing = listing_new((const char *const[]){ "NAME", "DEFAULT", "", NULL }, true);
	for (size_t i = 0; i < doc->parameter_count; i++) {
		const struct skbscope_parameter *p = &doc->parameters[i];

		listing_row(listing, (const char *const[]){ p->name, p->value, p->text });
	}
	listing_end(listing, stdout);
}

static void print_wiring(const struct skbscope_documentation *doc)
{
	struct listing *listing = listing_new((const char *const[]){ "", "", NULL }, false);

	if (doc->ingress)
		listing_row(listing, (const char *const[]){ "ingress", doc->ingress });
	if (doc->egress)
		listing_row(listing, (const char *const[]){ "egress", doc->egress });
	if (doc->enforce)
		listing_row(listing, (const char *const[]){ "enforce", doc->enforce });
	if (!listing_is_empty(listing))
		printf("\nWiring\n");
	listing_end(listing, stdout);
}

static int print_text(const struct program *program)
{
	const struct skbscope_documentation *doc = &program->source->documentation;

	if (doc->text[0])
		printf("%s\n", doc->text);
	else
		printf("%s has no documentation comment\n", program->source->name);
	print_wiring(doc);
	print_parameters(doc);
	if (program->image) {
		printf("\nTables\n");
		return describe_tables(program->image, stdout) < 0 ? EXIT_FAILED : EXIT_FINE;
	}
	return EXIT_FINE;
}

static int print_json(const struct program *program)
{
	const struct skbscope_documentation *doc = &program->source->documentation;
	struct json_object *document = json_object_new_object(), *list;

	json_put_text(document, "name", program->source->name);
	json_put_text(document, "path", program->source->path);
	json_put_text(document, "summary", doc->summary);
	json_put_text(document, "text", doc->text);
	json_put_text(document, "ingress", doc->ingress);
	json_put_text(document, "egress", doc->egress);
	json_put_text(document, "enforce", doc->enforce);
	list = json_put_list(document, "parameters");
	for (size_t i = 0; i < doc->parameter_count; i++) {
		struct json_object *item = json_object_new_object();

		json_put_text(item, "name", doc->parameters[i].name);
		json_put_text(item, "default", doc->parameters[i].value);
		json_put_text(item, "text", doc->parameters[i].text);
		json_object_array_add(list, item);
	}
	json_object_object_add(document, "tables",
			       program->image ? describe_tables_json(program->image) : NULL);
	return json_print(document, stdout);
}

int cmd_show(const struct settings *settings)
{
	AUTO(program_clear) struct program program = { 0 };
	struct skbscope_error error = { 0 };
	int r = program_read(&settings->run.compiling, settings->run.program, &program, &error);

	if (r < 0)
		return report_error(&error, program.diagnostics, settings->run.talk.verbose);
	r = program_compile(&settings->run.compiling, NULL, &program, &error);
	if (r < 0 && error.stage == SKBSCOPE_STAGE_USAGE)
		return report_error(&error, program.diagnostics, settings->run.talk.verbose);
	if (r < 0) {
		report_error(&error, program.diagnostics, settings->run.talk.verbose);
		report_say(
			"skbscope: its tables are known only once it compiles; the rest follows");
	}
	program_say_trouble(&settings->run.talk, &program);
	return settings->run.output.format == OUTPUT_JSON ? print_json(&program)
							  : print_text(&program);
}
