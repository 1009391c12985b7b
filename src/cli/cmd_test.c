/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope test: files of tests, and what did not come as they expect it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/coverage.h"
#include "cli/test_json.h"
#include "cli/test_record.h"
#include "cli/test_tap.h"
#include "render/csv.h"
#include "render/registry.h"
#include "run/people.h"
#include "run/test_run.h"
#include "run/test_update.h"
#include "run/test_watch.h"

#define LINES_SHOWN 40u /* of a finding, to people */

struct telling {
	bool for_people, as_csv, as_tap, pretty, verbose;
	struct tap tap;
	size_t passed, failed; /* of the file */
	size_t all_passed, all_failed, files;
};

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void add_finding(const struct test_result *result, const struct finding *finding,
			struct buffer *out)
{
	static const char marks[] = {
		[FINDING_SAME] = ' ', [FINDING_EXPECTED] = '-', [FINDING_ACTUAL] = '+'
	};

	buffer_printf(out, "%s:%u: %s: %s\n", result->file->path, finding->line, result->test->name,
		      finding->what);
	for (size_t i = 0; i < finding->count && i < LINES_SHOWN; i++)
		buffer_printf(out, "  %c %s\n", marks[finding->lines[i].side],
			      finding->lines[i].text);
	if (finding->count > LINES_SHOWN)
		buffer_printf(out, "  ... %zu more lines\n", finding->count - LINES_SHOWN);
	if (finding->hint)
		buffer_printf(out, "  %s\n", finding->hint);
}

/* Names in it are a stranger's. */
static void print(const struct buffer *text)
{
	AUTO(buffer_free) struct buffer safe = { 0 };

	utf8_printable(buffer_text(text), text->length, &safe);
	fputs(buffer_text(&safe), people_stdout());
}

static void tell_people(const struct telling *telling, const struct test_result *result)
{
	const struct judgement *judgement = result->judgement;
	AUTO(buffer_free) struct buffer text = { 0 };

	if (result->status == EXIT_FINE && telling->verbose)
		buffer_printf(&text, "%s:%u: %s: passed\n", result->file->path, result->test->line,
			      result->test->name);
	for (size_t i = 0; i < judgement->count; i++)
		add_finding(result, &judgement->findings[i], &text);
	if (judgement->hint)
		buffer_printf(&text, "  %s\n", judgement->hint);
	if (judgement->count && judgement->notes)
		buffer_printf(&text, "  %s\n", judgement->notes);
	print(&text);
}

static void write_csv(const struct telling *telling, const struct test_result *result)
{
	AUTO(buffer_free) struct buffer line = { 0 };

	if (!telling->all_passed && !telling->all_failed && telling->passed + telling->failed == 1)
		buffer_string(&line, "file,line,case,passed,status,note\n");
	csv_string(&line, result->file->path);
	csv_number(&line, result->test->line);
	csv_string(&line, result->test->name);
	csv_string(&line, result->status == EXIT_FINE ? "true" : "false");
	csv_number(&line, (uint64_t)result->status);
	csv_string(&line, result->judgement->notes);
	csv_end_line(&line);
	fputs(buffer_text(&line), stdout);
}

static void ended(void *context, const struct test_result *result)
{
	struct telling *telling = context;

	if (result->status == EXIT_FINE)
		telling->passed++;
	else
		telling->failed++;
	if (telling->for_people)
		tell_people(telling, result);
	else if (telling->as_tap)
		tap_case(&telling->tap, result);
	else if (telling->as_csv)
		write_csv(telling, result);
	else
		test_json(result, telling->pretty);
}

static void file_ended(void *context, const struct test_file *file)
{
	struct telling *telling = context;
	AUTO(buffer_free) struct buffer text = { 0 };

	if (telling->for_people) {
		buffer_printf(&text, "%s: ", file->path);
		if (telling->passed || !telling->failed)
			buffer_printf(&text, "%zu passed%s", telling->passed,
				      telling->failed ? ", " : "");
		if (telling->failed)
			buffer_printf(&text, "%zu failed", telling->failed);
		buffer_string(&text, "\n");
		print(&text);
	}
	telling->files++;
	telling->all_passed += telling->passed;
	telling->all_failed += telling->failed;
	telling->passed = telling->failed = 0;
}

static int tell_coverage(void *context, const struct covered *covered)
{
	const struct telling *telling = context;

	return telling->for_people ? coverage_text(covered)
				   : coverage_json(covered, telling->pretty);
}

static void tell_all(const struct telling *telling)
{
	if (telling->for_people && telling->files > 1)
		fprintf(people_stdout(), "%zu files: %zu test%s passed, %zu failed\n",
			telling->files, telling->all_passed, plural(telling->all_passed),
			telling->all_failed);
}

static void begin_round(void *context, const char *saved)
{
	struct telling *telling = context;
	AUTO(buffer_free) struct buffer text = { 0 };

	telling->all_passed = telling->all_failed = telling->files = 0;
	if (!saved || !telling->for_people)
		return;
	buffer_printf(&text, "\n%s was saved\n",
		      strrchr(saved, '/') ? strrchr(saved, '/') + 1 : saved);
	print(&text);
}

static void told_update(void *context, const struct test_file *file, const struct test_case *test,
			const char *why)
{
	const struct telling *telling = context;
	AUTO(buffer_free) struct buffer text = { 0 };

	if (!telling->for_people)
		return;
	buffer_printf(&text, "%s:%u: %s: %s%s\n", file->path, test->line, test->name,
		      why ? "not written: " : "now expects what came", why ? why : "");
	print(&text);
}

static void end_round(void *context)
{
	tell_all(context);
	fflush(stdout);
}

static struct telling telling_of(const struct test_settings *settings)
{
	const size_t place = (size_t)settings->output.format;
	const struct render_format *format;

	if (render_is_tap(place))
		return (struct telling){ .as_tap = true };
	format = render_format_at(place);
	return (struct telling){ .for_people = format->for_people,
				 .as_csv = format->one_table,
				 .pretty = format->pretty,
				 .verbose = settings->talk.verbose };
}

/* Options that do not go together. */
static int check_options(const struct test_settings *settings, const struct telling *telling,
			 struct skbscope_error *error)
{
	int r = 0;

	if (settings->coverage && (telling->as_csv || telling->as_tap))
		r = fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "--coverage has no form as %s",
			 telling->as_csv ? "CSV" : "TAP");
	else if (settings->watch && telling->as_tap)
		r = fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			 "TAP is about tests that are run once, and --watch runs them again");
	else if (settings->update && (settings->watch || settings->coverage || telling->as_tap))
		r = fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			 "--update is run by itself, without --watch, --coverage and TAP");
	else if (settings->watch && settings->coverage)
		r = fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			 "--coverage is told once at the end, which --watch does not have");
	return r < 0 ? hint(error, r, "leave out one of them, or write -j") : 0;
}

static int run_tests(const struct test_settings *settings)
{
	struct telling telling = telling_of(settings);
	const struct test_listener listener = { ended, file_ended, tell_coverage, &telling };
	const struct test_rounds rounds = { begin_round, end_round, &telling };
	const struct test_updates updates = { told_update, &telling };
	struct skbscope_error error;
	int status;

	if (check_options(settings, &telling, &error) < 0)
		return report_error(&error, NULL, false);
	if (settings->watch)
		return test_watch(settings, &listener, &rounds);
	if (settings->update)
		return test_update(settings, &listener, &updates);
	status = test_run(settings, &listener);
	if (telling.as_tap)
		tap_end(&telling.tap, status == EXIT_FINE || telling.all_failed);
	tell_all(&telling);
	return status;
}

struct command_settings {
	struct test_settings test; /* the first: options say where they are in it */
	struct recording_settings recording;
};

static int run(const void *data)
{
	const struct command_settings *settings = data;
	int status;

	return test_record(&settings->test, &settings->recording, &status)
		       ? status
		       : run_tests(&settings->test);
}

#define AT(member) MEMBER(struct test_settings, member)
static const struct option_row watching[] = {
	{ 0, COMMON, "watch", NULL, "run them again on every save of a test or a program, until ^C",
	  AT(watch) },
	{ 0, COMMON, "update", NULL, "write what came into the files, for review", AT(update) },
	{ 0 },
};
static const struct option_group watch_options = { "Output", watching };
static const struct option_row covering[] = {
	{ 0, COMMON, "coverage", NULL, "say which lines of the programs no packet ran",
	  AT(coverage) },
	{ 0 },
};
static const struct option_group cover_options = { "Output", covering };

const struct command command_test = {
	.name = "test",
	.summary = "run files of tests: packets in, rows out",
	.examples = { "test ./mine.test", "test programs/ -o tap" },
	.operands = { { 0, COMMON, "PATH", NULL,
			"a file of tests, or a directory with such, *.test", AT(paths) } },
	.options = {
		{ &recording_options, offsetof(struct command_settings, recording) },
		{ &traffic_options, offsetof(struct command_settings, recording.traffic) },
		{ &table_options, offsetof(struct command_settings, recording.tables) },
		{ &watch_options, 0 },
		{ &cover_options, 0 },
		{ &test_format_options, offsetof(struct test_settings, output) },
		{ &compile_options, offsetof(struct test_settings, compiling) },
		{ &search_options, offsetof(struct test_settings, compiling) },
		{ &talk_options, offsetof(struct test_settings, talk) },
	},
	.settings_size = sizeof(struct command_settings),
	.run = run,
};
