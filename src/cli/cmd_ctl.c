/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope ctl: from another terminal, what runs, what is in its tables, and its end. The other
 * side is run/steer.c's. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/answer.h"
#include "cli/command.h"
#include "cli/ctl_runs.h"
#include "render/registry.h"
#include "run/people.h"
#include "run/report.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE

struct ctl_settings {
	int verb; /* enum control_verb */
	struct list operands;
	const char *of;
	struct output_settings output;
	struct talk_settings talk;
};

/* --- list --------------------------------------------------------------------------- */

static void join(const char *const *items, size_t count, struct buffer *out)
{
	for (size_t i = 0; i < count; i++)
		buffer_printf(out, "%s%s", i ? ", " : "", items[i]);
	if (!count)
		buffer_string(out, "-");
}

static void add_names(struct document *document, const char *key, const char *name,
		      const char *const *items, size_t count)
{
	document_begin_list(document, key, NULL);
	for (size_t i = 0; i < count; i++) {
		document_begin_object(document, NULL);
		document_fact(document, name, NULL, fact_text(items[i]));
		document_end_object(document);
	}
	document_end_list(document);
}

static const char *mode_of(const struct control_about *about)
{
	if (!about->enforced)
		return "passive";
	return about->confirm_ns ? "enforced, to be confirmed" : "enforced";
}

static void add_run(struct document *document, const struct ctl_run *run)
{
	const struct control_about *about = &run->about;
	AUTO(buffer_free) struct buffer hooks = { 0 }, tables = { 0 };

	join(about->hooks, about->hook_count, &hooks);
	join(about->tables, about->table_count, &tables);
	document_begin_object(document, NULL);
	document_fact(document, "pid", ">PID", fact_number((uint64_t)run->pid));
	document_fact(document, "uid", NULL, fact_number(run->uid));
	document_fact(document, "program", "PROGRAM", fact_text(about->program));
	document_fact(document, "path", NULL, fact_known(*about->path, fact_text(about->path)));
	document_fact(document, NULL, "HOOKS", fact_text(buffer_text(&hooks)));
	document_fact(document, NULL, "TABLES", fact_text(buffer_text(&tables)));
	document_fact(document, "started_ns", "SINCE", fact_time(about->started_ns));
	document_fact(document, NULL, "MODE", fact_text(mode_of(about)));
	document_fact(document, "enforced", NULL, fact_boolean(about->enforced));
	document_fact(document, "confirm_by_ns", NULL,
		      fact_known(about->confirm_ns, fact_time(about->confirm_ns)));
	add_names(document, "hooks", "hook", about->hooks, about->hook_count);
	add_names(document, "tables", "table", about->tables, about->table_count);
	document_end_object(document);
}

static void say_unseen(const struct ctl_runs *runs)
{
	if (runs->roots)
		report_say("skbscope: %zu run%s root's, and not shown; use sudo", runs->roots,
			   runs->roots == 1 ? " is" : "s are");
	if (runs->silent)
		report_say("skbscope: %zu run%s no answer", runs->silent,
			   runs->silent == 1 ? " gives" : "s give");
}

static int list(const struct ctl_settings *settings, const struct ctl_runs *runs)
{
	struct document document = answer_start(&settings->output);

	document_begin_list(&document, NULL, "");
	for (size_t i = 0; i < runs->count; i++)
		add_run(&document, &runs->items[i]);
	document_end_list(&document);
	if (!settings->talk.quiet)
		say_unseen(runs);
	if (!settings->talk.quiet && !runs->count && !runs->roots && !runs->silent)
		report_say("nothing runs");
	return answer_end(&document);
}

/* --- which run ---------------------------------------------------------------------- */

static struct span table_of(const char *operand)
{
	return (struct span){ operand, strcspn(operand, "[= \t") };
}

static bool has_table(const struct ctl_run *run, struct span table)
{
	for (size_t i = 0; i < run->about.table_count; i++)
		if (span_is(table, run->about.tables[i]))
			return true;
	return false;
}

static bool is_about_tables(int verb)
{
	return verb == CONTROL_GET || verb == CONTROL_SET || verb == CONTROL_DELETE ||
	       verb == CONTROL_CLEAR;
}

/* What another user calls a run, and has in it, decides nothing: it is reached by its PID. */
static bool is_meant(const struct ctl_settings *settings, const struct ctl_run *run)
{
	uint64_t pid;

	if (settings->of && text_number(settings->of, &pid))
		return (uint64_t)run->pid == pid;
	return run->uid == geteuid() &&
	       (!settings->of || strcmp(settings->of, run->about.program) == 0);
}

struct choice {
	const struct ctl_run *run; /* one of those that are meant */
	size_t count;
	struct buffer names; /* of them all */
};

static void choice_clear(struct choice *choice)
{
	buffer_free(&choice->names);
}

static struct choice choose(const struct ctl_settings *settings, const struct ctl_runs *runs,
			    bool (*suits)(const struct ctl_run *run, const void *context),
			    const void *context)
{
	struct choice choice = { .count = 0 };

	for (size_t i = 0; i < runs->count; i++) {
		const struct ctl_run *run = &runs->items[i];

		if (!is_meant(settings, run) || (suits && !suits(run, context)))
			continue;
		choice.run = run;
		buffer_printf(&choice.names, "%s%d (%s)", choice.count++ ? ", " : "", (int)run->pid,
			      run->about.program);
	}
	return choice;
}

static int no_run(const struct ctl_settings *settings, const struct ctl_runs *runs,
		  struct skbscope_error *error)
{
	int r = settings->of
			? fail(error, ESRCH, STAGE, "no run of yours is called '%s'", settings->of)
			: fail(error, ESRCH, STAGE, "no run of yours is there");

	if (runs->silent)
		hint(error, r, "%zu gave no answer: stopped, or at a long reading", runs->silent);
	else if (runs->roots)
		hint(error, r, "%zu of root's: use sudo", runs->roots);
	else if (runs->count)
		hint(error, r, "skbscope ctl list shows what runs; --of takes a PID or a program");
	else
		hint(error, r, "skbscope run starts one; of a capture (-r) there is none");
	return r;
}

static int no_table(const struct choice *choice, struct span table, struct skbscope_error *error)
{
	AUTO(freep) char *name = strndup(table.text, table.length);
	const struct control_about *about = &choice->run->about;
	int r = fail(error, ENOENT, SKBSCOPE_STAGE_USAGE, "%s has no table '%.*s'",
		     choice->count == 1 ? about->program : "none of the runs", (int)table.length,
		     table.text);

	if (name)
		hint_nearest(error, name, about->tables, about->table_count);
	return r;
}

static bool suits_table(const struct ctl_run *run, const void *context)
{
	return has_table(run, *(const struct span *)context);
}

static bool suits_confirm(const struct ctl_run *run, const void *context)
{
	(void)context;
	return run->about.confirm_ns != 0;
}

static int choose_run(const struct ctl_settings *settings, const struct ctl_runs *runs,
		      const struct ctl_run **out, struct skbscope_error *error)
{
	const struct span table =
		table_of(settings->operands.count ? settings->operands.items[0] : "");
	AUTO(choice_clear) struct choice any = choose(settings, runs, NULL, NULL);
	AUTO(choice_clear) struct choice suit = { .count = 0 };

	if (!any.count)
		return no_run(settings, runs, error);
	if (is_about_tables(settings->verb))
		suit = choose(settings, runs, suits_table, &table);
	else if (settings->verb == CONTROL_CONFIRM)
		suit = choose(settings, runs, suits_confirm, NULL);
	if (is_about_tables(settings->verb) && !suit.count)
		return no_table(&any, table, error);
	if (suit.count == 1 || (!suit.count && any.count == 1)) {
		*out = suit.count ? suit.run : any.run;
		return 0;
	}
	if (is_about_tables(settings->verb))
		fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "%zu runs have a table '%.*s'",
		     suit.count, (int)table.length, table.text);
	else if (settings->verb == CONTROL_CONFIRM && !suit.count)
		return fail(error, EALREADY, STAGE, "no run waits to be confirmed");
	else
		fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "%zu runs could be meant",
		     suit.count ? suit.count : any.count);
	return hint(error, -EINVAL, "choose one with --of PID: %s",
		    buffer_text(suit.count ? &suit.names : &any.names));
}

/* --- asking it ---------------------------------------------------------------------- */

/* Another user's process may say anything, to a terminal as well. */
static void print(struct span text, bool is_trusted, FILE *stream)
{
	AUTO(buffer_free) struct buffer safe = { 0 };

	if (is_trusted) {
		fwrite(text.text, 1, text.length, stream);
		return;
	}
	utf8_printable(text.text, text.length, &safe);
	fwrite(buffer_text(&safe), 1, safe.length, stream);
}

static int ask(const struct ctl_settings *settings, const struct ctl_run *run)
{
	const bool for_people = render_format_at((size_t)settings->output.format)->for_people;
	const struct control_request request = {
		.verb = (enum control_verb)settings->verb,
		.format = settings->output.format,
		.colour = for_people && wants_colour(STDOUT_FILENO),
		.exact = settings->output.exact,
		.width = terminal_width(STDOUT_FILENO),
		.operands = settings->operands.items,
		.count = settings->operands.count,
	};
	const bool is_trusted = run->uid == geteuid();
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct skbscope_error error = { 0 };
	struct control_answer answer;

	if (ctl_run_ask(run, &request, &bytes, &answer, &error) < 0)
		return report_error(&error, NULL, false);
	print(answer.out, is_trusted, for_people ? people_stdout() : stdout);
	if (answer.status || !settings->talk.quiet)
		print(answer.err, is_trusted, people_stderr());
	return answer.status;
}

static int check(const struct ctl_settings *settings, struct skbscope_error *error)
{
	const char *verb = control_verbs[settings->verb];

	if (is_about_tables(settings->verb) && !settings->operands.count)
		return hint(error, fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "%s what?", verb),
			    settings->verb == CONTROL_SET
				    ? "write: skbscope ctl set 'TABLE[KEY]=VALUE'"
			    : settings->verb == CONTROL_DELETE
				    ? "write: skbscope ctl delete 'TABLE[KEY]'"
				    : "write: skbscope ctl %s TABLE",
			    verb);
	if (!is_about_tables(settings->verb) && settings->operands.count)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				 "%s is about a whole run, not about '%s'", verb,
				 settings->operands.items[0]),
			    "--of takes its PID or its program's name");
	if (settings->verb == CONTROL_LIST && settings->of)
		return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "list shows all runs");
	return 0;
}

static int run(const void *data)
{
	const struct ctl_settings *settings = data;
	AUTO(ctl_runs_clear) struct ctl_runs runs = { 0 };
	const struct ctl_run *chosen = NULL;
	struct skbscope_error error = { 0 };
	int r = check(settings, &error);

	if (r == 0)
		r = ctl_runs_find(&runs, &error);
	if (r == 0 && settings->verb == CONTROL_LIST)
		return list(settings, &runs);
	if (r == 0)
		r = choose_run(settings, &runs, &chosen, &error);
	return r < 0 ? report_error(&error, NULL, false) : ask(settings, chosen);
}

static const struct option_row rows[] = {
	{ 0, COMMON, "of", "PID|PROGRAM", "which run, where several could be meant",
	  MEMBER(struct ctl_settings, of) },
	{ 0, RARE, "exact", NULL, "show every digit instead of k, M and G",
	  MEMBER(struct ctl_settings, output.exact) },
	{ 0 },
};
static const struct option_group own_options = { "Control", rows };

const struct command command_ctl = {
	.name = "ctl",
	.summary = "show and steer what runs, from another terminal",
	.examples = { "ctl set 'blocked[192.0.2.0/24]={action=SHOT}'", "ctl stop --of 4711" },
	.operands = { { 0, COMMON, "ACTION", NULL,
			"list (the default), get, set, delete or clear rows; reload, stop, confirm",
			MEMBER(struct ctl_settings, verb), .choices = control_verbs,
			.optional = true },
		      { 0, COMMON, "ROW", NULL, "TABLE[KEY], or TABLE for all; to set TABLE[KEY]=VALUE",
			MEMBER(struct ctl_settings, operands) } },
	.options = {
		{ &own_options, 0 },
		{ &format_options, offsetof(struct ctl_settings, output) },
		{ &talk_options, offsetof(struct ctl_settings, talk) },
	},
	.settings_size = sizeof(struct ctl_settings),
	.run = run,
};
