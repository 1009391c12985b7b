/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/lab_grade.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/utf8.h"
#include "cli/lab_told.h"
#include "cli/test_json.h"
#include "render/csv.h"
#include "render/json_writer.h"
#include "render/registry.h"
#include "run/people.h"
#include "run/report.h"
#include "run/test_run.h"

#define TEST "grade.test"
#define SOURCE_MAX (1u << 20)

struct grade {
	const struct lab_grading *grading;
	const char *folder;   /* that has the file */
	bool unchanged, told; /* told: of a case that failed, in full */
	size_t right, cases;
	enum exit_status stopped; /* it does not compile, or is refused: no case is different */
	struct buffer cases_text; /* to people */
	const char *first;        /* case that is not right yet; or why there is none */
	const char *unrun;        /* why it could not be run; NULL: it could, or nobody says */
	struct json_writer *json; /* NULL: another format */
};

static const struct render_format *format_of(const struct lab_grading *grading)
{
	return render_format_at((size_t)grading->output->format);
}

/* --- what is handed in --------------------------------------------------------------- */

static bool has_file(const char *folder, const char *name)
{
	AUTO(buffer_free) struct buffer path = { 0 };
	struct stat status;

	buffer_printf(&path, "%s/%s", folder, name);
	return !path.failed && stat(buffer_text(&path), &status) == 0 && S_ISREG(status.st_mode);
}

/* The folder itself, or one of the lab's name in it; NULL: neither has the file. */
static const char *folder_of(const struct lab_grading *grading, const char *folder)
{
	const struct lab *lab = grading->lab;
	const char *inner = arena_printf(grading->arena, "%s/%s", folder, lab->name);

	if (has_file(folder, lab->source))
		return folder;
	return inner && has_file(inner, lab->source) ? inner : NULL;
}

static bool is_unchanged(const struct grade *grade)
{
	const struct lab *lab = grade->grading->lab;
	const char *skeleton = lab_file(lab, grade->grading->arena, lab->source);
	AUTO(buffer_free) struct buffer path = { 0 }, given = { 0 }, theirs = { 0 };

	buffer_printf(&path, "%s/%s", grade->folder, lab->source);
	return skeleton && !path.failed && read_file(skeleton, SOURCE_MAX, &given) == 0 &&
	       read_file(buffer_text(&path), SOURCE_MAX, &theirs) == 0 &&
	       given.length == theirs.length &&
	       memcmp(buffer_text(&given), buffer_text(&theirs), given.length) == 0;
}

/* --- case by case -------------------------------------------------------------------- */

static void write_case(struct json_writer *json, const struct test_result *result)
{
	const struct judgement *judgement = result->judgement;

	json_begin_object(json, NULL);
	json_text(json, "case", result->test->name);
	json_boolean(json, "right", result->status == EXIT_FINE);
	test_json_findings(judgement, json);
	json_text(json, "hint", judgement->hint);
	json_end_object(json);
}

static bool is_of_program(enum exit_status status)
{
	return status == EXIT_NOT_COMPILED || status == EXIT_REFUSED;
}

/* Of a case that could not be run. */
static const char *why_not(const struct judgement *judgement)
{
	for (size_t i = 0; i < judgement->count; i++)
		for (size_t j = 0; j < judgement->findings[i].count; j++)
			if (judgement->findings[i].lines[j].side == FINDING_ACTUAL)
				return judgement->findings[i].lines[j].text;
	return judgement->count ? judgement->findings[0].what : "";
}

static void ended(void *context, const struct test_result *result)
{
	struct grade *grade = context;
	const bool right = result->status == EXIT_FINE;
	const bool again = is_of_program(grade->stopped) && grade->stopped == result->status;

	grade->cases++;
	grade->right += right;
	if (!right && !grade->first)
		grade->first = arena_string(grade->grading->arena, result->test->name);
	if (result->status == EXIT_FAILED && !grade->unrun)
		grade->unrun = arena_string(grade->grading->arena, why_not(result->judgement));
	if (grade->json)
		write_case(grade->json, result);
	if (again)
		return;
	if (is_of_program(result->status))
		lab_tell_broken(result, &grade->cases_text);
	else
		lab_tell_case(result, !grade->told || grade->grading->talk->verbose,
			      &grade->cases_text);
	if (!right && !grade->stopped)
		grade->stopped = result->status;
	grade->told |= !right;
}

static void file_ended(void *context, const struct test_file *file)
{
	(void)context;
	(void)file;
}

static int run_cases(struct grade *grade)
{
	const struct lab_grading *grading = grade->grading;
	const char *test = lab_file(grading->lab, grading->arena, TEST);
	const struct test_settings settings = {
		.paths = { &test, 1 },
		.talk = { .quiet = true },
		.programs_in = grade->folder,
	};
	const struct test_listener listener = { .ended = ended,
						.file_ended = file_ended,
						.context = grade };

	return test ? test_run(&settings, &listener) : EXIT_FAILED;
}

/* --- a folder ------------------------------------------------------------------------ */

static const char *result_of(const struct grade *grade, int status)
{
	if (!grade->folder)
		return "no file";
	if (grade->unchanged)
		return "unchanged";
	if (status == EXIT_FINE)
		return "passed";
	if (grade->stopped == EXIT_NOT_COMPILED)
		return "does not compile";
	if (grade->stopped == EXIT_REFUSED)
		return "refused";
	return status == EXIT_FAILED ? "not graded" : "not yet";
}

static void print(const struct buffer *text)
{
	AUTO(buffer_free) struct buffer safe = { 0 };

	utf8_printable(buffer_text(text), text->length, &safe);
	fputs(buffer_text(&safe), people_stdout());
}

static void tell_people(const struct grade *grade, int status)
{
	const struct lab *lab = grade->grading->lab;
	AUTO(buffer_free) struct buffer text = { 0 };

	buffer_printf(&text, "lab %u, %s: %s/%s\n", lab->number, lab->title, grade->folder,
		      lab->source);
	if (grade->unchanged)
		buffer_printf(&text,
			      "%s is the skeleton as it was handed out: nothing is done yet. "
			      "README.md beside it says what to do.\n",
			      lab->source);
	buffer_append(&text, buffer_text(&grade->cases_text), grade->cases_text.length);
	if (status == EXIT_FINE)
		buffer_printf(&text, "all %zu are right\n", grade->right);
	else if (grade->cases)
		buffer_printf(&text, "%zu of %zu are right\n", grade->right, grade->cases);
	print(&text);
}

static void tell_csv(const struct grade *grade, const char *folder, int status, bool first)
{
	AUTO(buffer_free) struct buffer line = { 0 };

	if (first)
		buffer_string(&line, "lab,folder,result,right,cases,first_not_right\n");
	csv_number(&line, grade->grading->lab->number);
	csv_string(&line, folder);
	csv_string(&line, result_of(grade, status));
	csv_number(&line, grade->right);
	if (grade->cases)
		csv_number(&line, grade->cases);
	else
		csv_string(&line, NULL);
	csv_string(&line, grade->first);
	csv_end_line(&line);
	fputs(buffer_text(&line), stdout);
}

/* A line of a class has no room for it. */
static void tell_not_graded(const struct grade *grade)
{
	if (grade->unrun)
		report_say("skbscope: '%s/%s' is not graded: %s", grade->folder,
			   grade->grading->lab->source, grade->unrun);
}

static int no_file(const struct grade *grade, const char *folder)
{
	const struct lab *lab = grade->grading->lab;
	const char *path = arena_printf(grade->grading->arena, "%s/%s", folder, lab->source);
	struct skbscope_error error;
	struct stat status;

	if (path && stat(path, &status) < 0 && errno == EACCES) {
		fail_errno(&error, EACCES, SKBSCOPE_STAGE_READ, "cannot look into '%s'", folder);
		return report_error(&error, NULL, false);
	}
	hint(&error,
	     fail(&error, ENOENT, SKBSCOPE_STAGE_READ, "there is no %s in '%s'", lab->source,
		  folder),
	     "skbscope lab start %u makes a folder with it", lab->number);
	return report_error(&error, NULL, false);
}

static int grade_folder(const struct lab_grading *grading, const char *folder, bool first)
{
	const struct render_format *format = format_of(grading);
	struct json_writer json = { .stream = stdout, .pretty = format->pretty };
	struct grade grade = { .grading = grading, .folder = folder_of(grading, folder) };
	const bool as_json = !format->for_people && !format->one_table;
	int status;

	if (as_json) {
		grade.json = &json;
		json_begin_object(&json, NULL);
		json_u64(&json, "lab", grading->lab->number);
		json_text(&json, "folder", folder);
		json_begin_array(&json, "cases");
	}
	grade.unchanged = grade.folder && is_unchanged(&grade);
	status = grade.folder ? run_cases(&grade) : no_file(&grade, folder);
	if (grade.unchanged && status == EXIT_FINE)
		status = EXIT_DIFFERENT;
	if (as_json) {
		json_end_array(&json);
		json_text(&json, "result", result_of(&grade, status));
		json_u64(&json, "right", grade.right);
		json_end_object(&json);
		json_finish(&json);
	} else if (format->one_table) {
		tell_csv(&grade, folder, status, first);
		tell_not_graded(&grade);
	} else if (grade.folder) {
		tell_people(&grade, status);
	}
	buffer_free(&grade.cases_text);
	return status;
}

int lab_grade(const struct lab_grading *grading)
{
	const char *here = has_file(".", grading->lab->source) ? "." : grading->lab->name;
	const struct list own = { &here, 1 };
	const struct list *folders = grading->folders.count ? &grading->folders : &own;
	int status = EXIT_FINE;

	for (size_t i = 0; i < folders->count; i++) {
		int one = grade_folder(grading, folders->items[i], i == 0);

		if (one != EXIT_FINE && (status == EXIT_FINE || one < status))
			status = one;
	}
	return status;
}
