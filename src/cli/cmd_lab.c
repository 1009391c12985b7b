/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope lab: exercises, from the skeleton to the grade, and a network to look at them in. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "cli/answer.h"
#include "cli/command.h"
#include "cli/lab_grade.h"
#include "cli/lab_net.h"
#include "cli/labs.h"
#include "run/report.h"

enum action { LIST, START, GRADE, NET };
static const char *const actions[] = { "list", "start", "grade", "net", NULL };

struct lab_settings {
	int action; /* enum action */
	struct list operands;
	struct output_settings output;
	struct talk_settings talk;
};

static int misuse(const char *what, const char *advice)
{
	struct skbscope_error error;

	hint(&error, fail(&error, EINVAL, SKBSCOPE_STAGE_USAGE, "%s", what), "%s", advice);
	return report_error(&error, NULL, false);
}

static int list(const struct lab_settings *settings, const struct labs *labs)
{
	struct document document = answer_start(&settings->output);

	document_begin_list(&document, NULL, "");
	for (size_t i = 0; i < labs->count; i++) {
		const struct lab *lab = &labs->list[i];

		document_begin_object(&document, NULL);
		document_fact(&document, "lab", ">LAB", fact_number(lab->number));
		document_fact(&document, "title", "TITLE", fact_text(lab->title));
		document_fact(&document, "name", "FOLDER", fact_text(lab->name));
		document_fact(&document, "file", "FILE", fact_text(lab->source));
		document_fact(&document, "path", NULL, fact_text(lab->path));
		document_end_object(&document);
	}
	document_end_list(&document);
	return answer_end(&document);
}

static int start(const struct lab_settings *settings, const struct lab *lab)
{
	const struct list *operands = &settings->operands;
	const char *folder = operands->count > 1 ? operands->items[1] : lab->name;
	struct skbscope_error error = { 0 };

	if (operands->count > 2)
		return misuse("lab start makes one folder", "write: skbscope lab start N FOLDER");
	if (lab_copy(lab, folder, &error) < 0)
		return report_error(&error, NULL, false);
	if (!settings->talk.quiet)
		report_say(
			"lab %u, %s: read %s/README.md, edit %s/%s, then: sudo skbscope lab grade "
			"%u%s%s",
			lab->number, lab->title, folder, folder, lab->source, lab->number,
			operands->count > 1 ? " " : "", operands->count > 1 ? folder : "");
	return EXIT_FINE;
}

static int grade(const struct lab_settings *settings, const struct lab *lab, struct arena *arena)
{
	const struct lab_grading grading = {
		.lab = lab,
		.folders = { settings->operands.items + 1, settings->operands.count - 1 },
		.output = &settings->output,
		.talk = &settings->talk,
		.arena = arena,
	};

	return lab_grade(&grading);
}

static int net(const struct lab_settings *settings)
{
	const struct list *operands = &settings->operands;
	struct skbscope_error error = { 0 };
	int r;

	if (operands->count == 1 && strcmp(operands->items[0], "up") == 0)
		r = lab_net_up(settings->talk.quiet, &error);
	else if (operands->count == 1 && strcmp(operands->items[0], "down") == 0)
		r = lab_net_down(settings->talk.quiet, &error);
	else if (operands->count == 1 && strcmp(operands->items[0], "burst") == 0)
		r = lab_net_burst(&error);
	else
		return misuse("what is the network to do?",
			      "write: skbscope lab net up, skbscope lab net down, or skbscope lab "
			      "net burst");
	return r < 0 ? report_error(&error, NULL, false) : EXIT_FINE;
}

static int run(const void *data)
{
	const struct lab_settings *settings = data;
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct skbscope_error error = { 0 };
	const struct lab *lab;
	struct labs labs;
	int r;

	if (settings->action == NET)
		return net(settings);
	r = arena ? labs_read(arena, &labs, &error) : fail_memory(&error, SKBSCOPE_STAGE_READ);
	if (r < 0)
		return report_error(&error, NULL, false);
	if (settings->action == LIST)
		return settings->operands.count
			       ? misuse("lab list shows all labs", "write: skbscope lab list")
			       : list(settings, &labs);
	if (!settings->operands.count)
		return misuse("which lab?", settings->action == START
						    ? "write: skbscope lab start N"
						    : "write: skbscope lab grade N");
	lab = labs_find(&labs, settings->operands.items[0], &error);
	if (!lab)
		return report_error(&error, NULL, false);
	return settings->action == START ? start(settings, lab) : grade(settings, lab, arena);
}

const struct command command_lab = {
	.name = "lab",
	.summary = "ten exercises in BPF, graded in words",
	.examples = { "lab start 1", "lab grade -o csv 1 class/*" },
	.operands = { { 0, COMMON, "ACTION", NULL,
			"list (the default), start N, grade N, or net up, down or burst",
			MEMBER(struct lab_settings, action), .choices = actions, .optional = true },
		      { 0, COMMON, "LAB|DIR", NULL, "the lab's number, then folders",
			MEMBER(struct lab_settings, operands) } },
	.options = {
		{ &format_options, offsetof(struct lab_settings, output) },
		{ &talk_options, offsetof(struct lab_settings, talk) },
	},
	.settings_size = sizeof(struct lab_settings),
	.run = run,
};
