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
#include "cli/answer.h"
#include "cli/command.h"
#include "cli/findings.h"
#include "cli/rules.h"
#include "image/context.h"
#include "image/image.h"
#include "render/registry.h"
#include "run/clangd.h"
#include "run/people.h"
#include "run/program.h"
#include "run/report.h"
#include "run/summary.h"

struct check_settings {
	struct list programs;
	const char *clangd; /* a directory to write for it; NULL: none */
	struct compile_settings compiling;
	struct output_settings output;
	struct talk_settings talk;
};

struct check {
	struct program program;
	struct skbscope_session *session;
	struct skbscope_diagnostics *findings;
	bool verified; /* else the kernel does not let us ask, for a reason */
	struct skbscope_error reason;
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
		check->reason = *error;
		return 0;
	}
	check->verified = r == 0;
	return r;
}

static bool is_tail_target(const struct skbscope_image *image, const char *function)
{
	const struct skbscope_documentation *doc = image->documentation;

	for (size_t i = 0; i < doc->tail_count; i++)
		if (strcmp(doc->tails[i].function, function) == 0)
			return true;
	return false;
}

/* Of the first file, a tc program, and called by no other. */
static size_t count_entries(const struct skbscope_image *image)
{
	struct foreign foreign;
	size_t count = 0;

	for (size_t i = 0; i < image->program_count; i++) {
		const struct skbscope_image_program *program = &image->programs[i];

		count += !program->path && !context_is_foreign(program, &foreign) &&
			 !is_tail_target(image, program->name);
	}
	return count;
}

/* Where a function goes by the tags, or by being the only one. */
static const char *role_of(const struct skbscope_image *image,
			   const struct skbscope_image_program *program)
{
	const struct skbscope_documentation *doc = image->documentation;
	const char *function = program->name;
	struct foreign foreign;
	bool in = doc->ingress && strcmp(doc->ingress, function) == 0;
	bool out = doc->egress && strcmp(doc->egress, function) == 0;

	if (context_is_foreign(program, &foreign))
		return "not tc";
	if (in && out)
		return "ingress and egress";
	if (in)
		return "ingress";
	if (out)
		return "egress";
	if (is_tail_target(image, function))
		return "tail call";
	if (!doc->ingress && !doc->egress && !program->path && count_entries(image) == 1)
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

static void add_functions(struct document *document, const struct check *check)
{
	const struct skbscope_image *image = check->program.image;
	const bool several = check->program.with_count;

	document_begin_list(document, "functions", "Functions");
	for (size_t i = 0; i < image->program_count; i++) {
		const struct skbscope_image_program *p = &image->programs[i];
		struct skbscope_program_facts facts;
		bool known = facts_of(check, p->name, &facts);

		document_begin_object(document, NULL);
		document_fact(document, "function", "FUNCTION", fact_text(p->name));
		document_fact(document, "file", several ? "FILE" : NULL,
			      fact_text(image_path_of(image, p)));
		document_fact(document, "line", ">LINE",
			      fact_known(p->line != 0, fact_number(p->line)));
		document_fact(document, "hook", "HOOK", fact_text(role_of(image, p)));
		document_fact(document, "instructions", ">INSTRUCTIONS",
			      fact_number(p->instruction_count));
		document_fact(document, "verified", ">VERIFIED",
			      fact_known(known && facts.verified, fact_number(facts.verified)));
		document_fact(document, "stack", ">STACK",
			      fact_known(known, fact_number(facts.stack)));
		document_fact(document, "load_ns", ">LOAD",
			      fact_known(known, fact_ns(facts.load_ns)));
		document_end_object(document);
	}
	document_end_list(document);
}

static void add_times(struct document *document, const struct check *check)
{
	const struct skbscope_compile_times *times = &check->program.times;
	AUTO(buffer_free) struct buffer text = { 0 };

	program_times_text(times, &text);
	if (check->verified) {
		buffer_string(&text, "; load and verify ");
		summary_time(check->load_ns, &text);
	}
	document_fact(document, NULL, "Time", fact_text(buffer_text(&text)));
	document_begin_object(document, "times");
	document_fact(document, "start_ns", NULL, fact_ns(times->start_ns));
	document_fact(document, "types_ns", NULL, fact_ns(times->types_ns));
	document_fact(document, "compile_ns", NULL, fact_ns(times->compile_ns));
	document_fact(document, "total_ns", NULL, fact_ns(times->total_ns));
	document_fact(document, "load_ns", NULL,
		      fact_known(check->verified, fact_ns(check->load_ns)));
	document_end_object(document);
}

static void add_verification(struct document *document, const struct check *check)
{
	const struct skbscope_image *image = check->program.image;
	AUTO(buffer_free) struct buffer text = { 0 };
	struct skbscope_program_facts facts;
	size_t verified = 0;

	for (size_t i = 0; i < image->program_count; i++)
		verified += facts_of(check, image->programs[i].name, &facts);
	document_fact(document, "verified", NULL, fact_boolean(verified == image->program_count));
	document_fact(document, "not_verified_because", NULL,
		      fact_known(!check->verified, fact_text(check->reason.message)));
	if (check->verified && verified == image->program_count)
		buffer_string(&text, "every function, by this machine's kernel");
	else if (check->verified)
		buffer_printf(&text, "%zu of %zu functions, by this machine's kernel", verified,
			      image->program_count);
	else
		buffer_printf(&text, "no, compiled only: %s\n          %s", check->reason.message,
			      check->reason.hint);
	document_fact(document, NULL, "Verified", fact_text(buffer_text(&text)));
}

/* For people they are talk, which follows on stderr. */
static void add_findings(struct document *document, const struct check *check)
{
	document_begin_list(document, "warnings", NULL);
	for (size_t i = 0; i < skbscope_diagnostics_count(check->findings); i++) {
		const struct skbscope_diagnostic *finding =
			skbscope_diagnostics_get(check->findings, i);

		document_begin_object(document, NULL);
		document_fact(document, "file", NULL, fact_text(finding->file));
		document_fact(document, "line", NULL,
			      fact_known(finding->line != 0, fact_number(finding->line)));
		document_fact(document, "message", NULL, fact_text(finding->message));
		document_fact(document, "hint", NULL, fact_text(finding->hint));
		document_fact(document, "rule", NULL, fact_text(finding->rule));
		document_end_object(document);
	}
	document_end_list(document);
}

/* Whether an error is among them. */
static bool is_told(const struct skbscope_diagnostics *diagnostics)
{
	const struct skbscope_diagnostic *entry;

	for (size_t i = 0; (entry = skbscope_diagnostics_get(diagnostics, i)); i++)
		if (entry->severity == SKBSCOPE_SEVERITY_ERROR)
			return true;
	return false;
}

static int answer(const struct output_settings *output, const struct check *check)
{
	const struct skbscope_image *image = check->program.image;
	struct document document = answer_start(output);
	AUTO(buffer_free) struct buffer headers = { 0 };

	program_headers_text(image, &headers);
	document_begin_object(&document, NULL);
	document_fact(&document, "program", NULL, fact_text(image->name));
	document_fact(&document, "path", NULL, fact_text(image->path));
	document_say(&document, "%s (%s)\n", image->name, image->path);
	add_functions(&document, check);
	answer_tables(&document, image, check->verified ? check->session : NULL);
	document_say(&document, "\n");
	document_fact(&document, "license", "Licence", fact_text(image->license));
	document_fact(&document, "headers", "Headers", fact_text(buffer_text(&headers)));
	add_times(&document, check);
	add_verification(&document, check);
	add_findings(&document, check);
	document_end_object(&document);
	return answer_end(&document);
}

/* What is about the program is a result; that it was not looked at is none. */
static int failed(const struct check_settings *settings, const struct check *check,
		  const struct skbscope_error *error, struct sarif *sarif)
{
	const struct skbscope_diagnostics *found = check->program.diagnostics;
	const bool compiles = check->program.image;
	const char *rule = error->stage == SKBSCOPE_STAGE_COMPILE  ? RULE_COMPILER_ERROR
			   : error->stage == SKBSCOPE_STAGE_VERIFY ? RULE_VERIFIER
			   : compiles                              ? RULE_CANNOT_RUN
								   : NULL;

	if (sarif && rule) {
		sarif_add(sarif, found, rule, compiles ? rule : RULE_COMPILER_WARNING);
		if (!is_told(found))
			sarif_add_error(sarif, error, rule);
	} else if (sarif) {
		sarif_notice(sarif, SARIF_ERROR, error->message, error->hint);
	}
	return report_error(error, found, settings->talk.verbose);
}

static int tell(const struct check_settings *settings, const struct check *check,
		struct sarif *sarif)
{
	int status = EXIT_FINE;

	if (!sarif)
		status = answer(&settings->output, check);
	else
		sarif_add(sarif, check->findings, RULE_VERIFIER, RULE_VERIFIER);
	if (sarif && !check->verified)
		sarif_notice(sarif, SARIF_WARNING, check->reason.message, check->reason.hint);
	report_diagnostics(check->findings, false);
	return status;
}

/* Compiled, with what the compiler had to say. */
static int compile(const struct check_settings *settings, const char *name, struct check *check,
		   struct sarif *sarif, struct skbscope_error *error)
{
	int r = program_read(&settings->compiling, name, &check->program, error);

	if (r == 0 && sarif)
		sarif_artifact(sarif, check->program.source->path);
	if (r == 0)
		r = program_compile(&settings->compiling, NULL, &check->program, error);
	if (r < 0)
		return r;
	if (sarif)
		sarif_add(sarif, check->program.diagnostics, RULE_COMPILER_ERROR,
			  RULE_COMPILER_WARNING);
	report_diagnostics(check->program.diagnostics, settings->talk.verbose);
	return 0;
}

/* NAME: NULL for a program in the settings. SARIF: NULL where something else is asked for. */
static int check_one(const struct check_settings *settings, const char *name, struct sarif *sarif,
		     bool *kernel_types)
{
	AUTO(check_clear) struct check check = { 0 };
	struct skbscope_error error = { 0 };
	int r = compile(settings, name, &check, sarif, &error);

	if (r == 0)
		*kernel_types |= check.program.image->kernel_types;
	if (r == 0)
		r = verify(&check, &error);
	if (r == 0)
		r = findings_collect(check.program.image, check.session, &check.findings, &error);
	if (r < 0)
		return failed(settings, &check, &error, sarif);
	if (settings->talk.verbose)
		report_diagnostics(check.program.diagnostics, true);
	program_say_trouble(&settings->talk, &check.program);
	return tell(settings, &check, sarif);
}

/* As of tests. */
static int smaller_failure(int a, int b)
{
	return a == EXIT_FINE || (b != EXIT_FINE && b < a) ? b : a;
}

static int write_for_editors(const struct check_settings *settings, bool kernel_types)
{
	struct skbscope_error error = { 0 };

	if (clangd_write(&settings->compiling, settings->clangd, kernel_types, &error) < 0)
		return report_error(&error, NULL, false);
	if (!settings->talk.quiet)
		report_say("skbscope: clangd understands the programs in '%s' by its "
			   "compile_flags.txt",
			   settings->clangd);
	return EXIT_FINE;
}

static int check_all(const struct check_settings *settings, struct sarif *sarif)
{
	const struct list *programs = &settings->programs;
	const bool for_people =
		!sarif && render_format_at((size_t)settings->output.format)->for_people;
	bool kernel_types = false;
	int status = EXIT_FINE;

	if (!settings->clangd || settings->compiling.text || programs->count)
		status = check_one(settings, programs->count ? programs->items[0] : NULL, sarif,
				   &kernel_types);
	for (size_t i = 1; i < programs->count; i++) {
		if (for_people)
			fputs("\n", people_stdout());
		status = smaller_failure(
			status, check_one(settings, programs->items[i], sarif, &kernel_types));
	}
	if (settings->clangd)
		status = smaller_failure(status, write_for_editors(settings, kernel_types));
	return status;
}

/* Whether nothing but the program's own faults kept a check from its end. */
static bool is_judged(int status)
{
	return status == EXIT_FINE || status == EXIT_NOT_COMPILED || status == EXIT_REFUSED;
}

static int check_as_sarif(const struct check_settings *settings)
{
	struct sarif sarif;
	int status, r;

	sarif_begin(&sarif, version_text(), rules, stdout);
	status = check_all(settings, &sarif);
	r = sarif_end(&sarif, is_judged(status), status);
	if (r == -ENOMEM)
		report_say("skbscope: no memory for the document");
	else if (r < 0 || fflush(stdout) != 0)
		return report_stdout_lost();
	return r < 0 ? EXIT_FAILED : status;
}

static int run(const void *data)
{
	const struct check_settings *settings = data;
	struct skbscope_error error = { 0 };

	if (render_is_sarif((size_t)settings->output.format))
		return check_as_sarif(settings);
	if (settings->programs.count > 1 &&
	    render_format_at((size_t)settings->output.format)->one_table) {
		hint(&error,
		     fail(&error, EINVAL, SKBSCOPE_STAGE_USAGE,
			  "a table as CSV is of one program, and these are %zu",
			  settings->programs.count),
		     "check one of them, or write -j: an object for each");
		return report_error(&error, NULL, false);
	}
	return check_all(settings, NULL);
}

#define AT(member) MEMBER(struct check_settings, member)
static const struct option_row editors[] = {
	{ 0, COMMON, "clangd", "DIR", "have clangd understand the programs in DIR", AT(clangd) },
	{ 0 },
};
static const struct option_group editor_options = { "Editors", editors };

const struct command command_check = {
	.name = "check",
	.summary = "let the kernel verify a program, and report on it",
	.examples = { "check ./mine.c", "check -o sarif ./*.c >found.sarif" },
	.operands = { { 0, COMMON, "PROGRAM", NULL, PROGRAM_HELP,
			AT(programs) } },
	.options = {
		{ &text_options, offsetof(struct check_settings, compiling) },
		{ &compile_options, offsetof(struct check_settings, compiling) },
		{ &search_options, offsetof(struct check_settings, compiling) },
		{ &editor_options, 0 },
		{ &check_format_options, offsetof(struct check_settings, output) },
		{ &talk_options, offsetof(struct check_settings, talk) },
	},
	.settings_size = sizeof(struct check_settings),
	.run = run,
};
