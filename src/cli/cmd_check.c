/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skbscope check: compile, let the kernel verify every function where it may be
 * asked, and say what the program is and what will surprise. What is found in
 * the bytecode is in findings.c.
 */
#include <errno.h>
#include <string.h>

#include <skbscope/session.h>

#include "base/error.h"
#include "base/io.h"
#include "cli/command.h"
#include "cli/describe.h"
#include "cli/findings.h"
#include "cli/json.h"
#include "cli/listing.h"
#include "run/program.h"
#include "run/report.h"
#include "run/summary.h"

enum verification {
	VERIFIED,
	NOT_VERIFIED, /* the kernel does not let us ask */
};

struct check {
	struct program program;
	struct skbscope_session *session;
	struct skbscope_diagnostics *findings;
	enum verification verification;
	struct skbscope_error reason; /* of NOT_VERIFIED */
	uint64_t load_ns;
};

static void check_clear(struct check *check)
{
	skbscope_session_close(TAKE(check->session));
	skbscope_diagnostics_free(TAKE(check->findings));
	program_clear(&check->program);
}

static int verify(struct check *check, struct skbscope_error *error)
{
	struct skbscope_session_options options = {
		.size = sizeof(options),
		.enforce = true, /* what passive mode refuses is a finding, not an error */
		.every_function = true,
	};
	uint64_t start = clock_monotonic_ns();
	int r;

	skbscope_diagnostics_clear(check->program.diagnostics);
	r = skbscope_session_open(check->program.image, &options, &check->session,
				  check->program.diagnostics, error);
	check->load_ns = clock_monotonic_ns() - start;
	if ((r == -EPERM || r == -EACCES) && error->stage != SKBSCOPE_STAGE_VERIFY) {
		check->verification = NOT_VERIFIED;
		check->reason = *error;
		return 0;
	}
	return r;
}

/* Where a function goes by the tags, or by being the only one. */
static const char *role_of(const struct skbscope_image *image, const char *function)
{
	const struct skbscope_documentation *doc = image->documentation;
	bool in = doc->ingress && strcmp(doc->ingress, function) == 0;
	bool out = doc->egress && strcmp(doc->egress, function) == 0;

	if (in && out)
		return "ingress and egress";
	if (in)
		return "ingress";
	if (out)
		return "egress";
	for (size_t i = 0; i < doc->tail_count; i++)
		if (strcmp(doc->tails[i].function, function) == 0)
			return "tail call";
	if (image->program_count == 1 && !doc->ingress && !doc->egress)
		return "ingress";
	return NULL;
}

static bool facts_of(const struct check *check, const char *function,
		     struct skbscope_program_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	return check->session &&
	       skbscope_session_program_facts(check->session, function, facts) == 0;
}

static void print_functions(const struct check *check)
{
	const struct skbscope_image *image = check->program.image;
	struct listing *listing =
		listing_new((const char *const[]){ "FUNCTION", ">LINE", "HOOK", ">INSTRUCTIONS",
						   ">VERIFIED", ">LOAD", NULL },
			    true);

	for (size_t i = 0; i < image->program_count; i++) {
		const struct skbscope_image_program *p = &image->programs[i];
		AUTO(buffer_free) struct buffer load = { 0 };
		char line[16] = "-", instructions[16], verified[16] = "-";
		const char *role = role_of(image, p->name);
		struct skbscope_program_facts facts;

		if (p->line)
			snprintf(line, sizeof(line), "%u", p->line);
		snprintf(instructions, sizeof(instructions), "%u", p->instruction_count);
		if (facts_of(check, p->name, &facts)) {
			if (facts.verified)
				snprintf(verified, sizeof(verified), "%u", facts.verified);
			summary_time(facts.load_ns, &load);
		}
		listing_row(listing, (const char *const[]){
					     p->name, line, role ? role : "-", instructions,
					     verified, load.length ? buffer_text(&load) : "-" });
	}
	listing_end(listing, stdout);
}

static void print_times(const struct check *check, bool verbose)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	program_times_text(&check->program.times, &text);
	if (check->verification == VERIFIED) {
		buffer_string(&text, "; load and verify ");
		summary_time(check->load_ns, &text);
	}
	printf("Time      %s\n", buffer_text(&text));
	if (verbose && check->program.times.cache_trouble)
		printf("Cache     of no use, %s\n", check->program.times.cache_trouble);
}

static int print_text(const struct check *check, bool verbose)
{
	const struct skbscope_image *image = check->program.image;
	AUTO(buffer_free) struct buffer headers = { 0 };

	printf("%s (%s)\n\nFunctions\n", image->name, image->path);
	print_functions(check);
	printf("\nTables\n");
	if (describe_tables(image, stdout) < 0)
		return EXIT_FAILED;
	program_headers_text(image, &headers);
	printf("\nLicence   %s\nHeaders   %s\n", image->license, buffer_text(&headers));
	print_times(check, verbose);
	if (check->verification == VERIFIED)
		printf("Verified  every function, by this machine's kernel\n");
	else
		printf("Verified  no, compiled only: %s\n          %s\n", check->reason.message,
		       check->reason.hint);
	return EXIT_FINE;
}

static void add_functions_json(const struct check *check, struct json_object *document)
{
	const struct skbscope_image *image = check->program.image;
	struct json_object *list = json_put_list(document, "functions");

	for (size_t i = 0; i < image->program_count; i++) {
		const struct skbscope_image_program *p = &image->programs[i];
		struct json_object *item = json_object_new_object();
		struct skbscope_program_facts facts;
		bool known = facts_of(check, p->name, &facts);

		json_put_text(item, "function", p->name);
		json_put_known(item, "line", p->line, p->line != 0);
		json_put_text(item, "hook", role_of(image, p->name));
		json_put_number(item, "instructions", p->instruction_count);
		json_put_known(item, "verified", facts.verified, known && facts.verified);
		json_put_known(item, "load_ns", facts.load_ns, known);
		json_object_array_add(list, item);
	}
}

static void add_findings_json(const struct check *check, struct json_object *document)
{
	struct json_object *list = json_put_list(document, "warnings");

	for (size_t i = 0; i < skbscope_diagnostics_count(check->findings); i++) {
		const struct skbscope_diagnostic *finding =
			skbscope_diagnostics_get(check->findings, i);
		struct json_object *item = json_object_new_object();

		json_put_text(item, "file", finding->file);
		json_put_known(item, "line", finding->line, finding->line != 0);
		json_put_text(item, "message", finding->message);
		json_put_text(item, "hint", finding->hint);
		json_object_array_add(list, item);
	}
}

static int print_json(const struct check *check)
{
	const struct skbscope_image *image = check->program.image;
	struct json_object *document = json_object_new_object(), *times;
	AUTO(buffer_free) struct buffer headers = { 0 };

	program_headers_text(image, &headers);
	json_put_text(document, "program", image->name);
	json_put_text(document, "path", image->path);
	json_put_text(document, "license", image->license);
	json_put_bool(document, "verified", check->verification == VERIFIED);
	json_put_text(document, "not_verified_because",
		      check->verification == VERIFIED ? NULL : check->reason.message);
	json_put_text(document, "headers", buffer_text(&headers));
	add_functions_json(check, document);
	json_object_object_add(document, "tables", describe_tables_json(image));
	add_findings_json(check, document);
	times = json_object_new_object();
	json_put_number(times, "start_ns", check->program.times.start_ns);
	json_put_number(times, "types_ns", check->program.times.types_ns);
	json_put_number(times, "compile_ns", check->program.times.compile_ns);
	json_put_number(times, "total_ns", check->program.times.total_ns);
	json_put_known(times, "load_ns", check->load_ns, check->verification == VERIFIED);
	json_object_object_add(document, "times", times);
	return json_print(document, stdout);
}

int cmd_check(const struct settings *settings)
{
	AUTO(check_clear) struct check check = { 0 };
	struct skbscope_error error = { 0 };
	int r = program_read(&settings->run.compiling, settings->run.program, &check.program,
			     &error);

	if (r == 0)
		r = program_compile(&settings->run.compiling, NULL, &check.program, &error);
	if (r == 0)
		report_diagnostics(check.program.diagnostics, settings->run.talk.verbose);
	if (r == 0)
		r = verify(&check, &error);
	if (r == 0)
		r = findings_collect(check.program.image, &check.findings, &error);
	if (r < 0)
		return report_error(&error, check.program.diagnostics, settings->run.talk.verbose);
	if (settings->run.talk.verbose)
		report_diagnostics(check.program.diagnostics, true);
	if (settings->run.output.format == OUTPUT_JSON) {
		program_say_trouble(&settings->run.talk, &check.program);
		return print_json(&check);
	}
	r = print_text(&check, settings->run.talk.verbose);
	fflush(stdout); /* so that the warnings come after it, also in a log */
	report_diagnostics(check.findings, false);
	return r;
}
