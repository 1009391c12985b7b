/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skbscope run: compile, load, attach, show readings until something ends it,
 * show a last one, detach. Watching itself is in watch.c.
 */
#include <string.h>

#include <skbscope/session.h>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/program.h"
#include "cli/report.h"
#include "cli/route.h"
#include "cli/watch.h"
#include "kernel/netns.h"

static void session_closep(struct skbscope_session **session)
{
	skbscope_session_close(TAKE(*session));
}

static int open_session(const struct settings *settings, struct program *program,
			struct skbscope_session **session, struct skbscope_error *error)
{
	struct skbscope_session_options options = {
		.size = sizeof(options),
		.ingress = settings->ingress,
		.egress = settings->egress,
		.enforce = settings->enforce,
	};

	skbscope_diagnostics_clear(program->diagnostics);
	return skbscope_session_open(program->image, &options, session, program->diagnostics,
				     error);
}

/* What is meant without -i, in the namespace that is meant. */
static int default_interface(const struct settings *settings, char interface[IF_NAMESIZE],
			     struct skbscope_error *error)
{
	AUTO(netns_leavep) struct netns_visit visit = NETNS_VISIT_INIT;
	AUTO(closep) int netns = -1;
	bool by_route;

	if (settings->netns) {
		int r;

		netns = netns_open(settings->netns, error);
		if (netns < 0)
			return netns;
		r = netns_enter(&visit, netns, error);
		if (r < 0)
			return r;
	}
	by_route = route_default_interface(interface);
	if (!settings->quiet)
		say("no -i given: %s, %s", interface,
		    by_route ? "where the default route leaves" : "as there is no default route");
	return 0;
}

static int attach(const struct settings *settings, struct skbscope_session *session,
		  struct skbscope_error *error)
{
	char interface[IF_NAMESIZE];
	const char *chosen[] = { interface };
	struct skbscope_attach_options options = {
		.size = sizeof(options),
		.interfaces = settings->interfaces.items,
		.interface_count = settings->interfaces.count,
		.hook = (enum skbscope_hook)settings->hook,
		.netns = settings->netns,
	};

	if (!options.interface_count) {
		int r = default_interface(settings, interface, error);

		if (r < 0)
			return r;
		options.interfaces = chosen;
		options.interface_count = 1;
	}
	return skbscope_session_attach(session, &options, error);
}

/* What the choice between passive and enforcing means for this program. */
static void advise(const struct settings *settings, const struct skbscope_image *image)
{
	const char *enforce = image->documentation ? image->documentation->enforce : NULL;

	if (enforce && !settings->enforce && !settings->quiet)
		say("%s is written to be run with --enforce (%s); its verdicts are counted and "
		    "held back",
		    image->name, *enforce ? enforce : "@enforce");
}

static void report_compilation(const struct settings *settings, const struct program *program)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	if (settings->quiet)
		return;
	report_diagnostics(program->diagnostics, settings->verbose);
	if (!settings->verbose)
		return;
	buffer_string(&text, "headers: ");
	program_headers_text(program->image, &text);
	buffer_string(&text, "\ntime: ");
	program_times_text(&program->times, &text);
	say("%s", buffer_text(&text));
}

int cmd_run(const struct settings *settings)
{
	AUTO(program_clear) struct program program = { 0 };
	AUTO(session_closep) struct skbscope_session *session = NULL;
	AUTO(waiter_close) struct waiter waiter = WAITER_INIT;
	struct skbscope_error error = { 0 };
	int r = output_check(STDOUT_FILENO);

	if (r < 0)
		r = output_failed(r, &error);
	if (r == 0)
		r = program_read(settings, &program, &error);
	if (r == 0)
		r = program_compile(settings, &program, &error);
	if (r == 0)
		report_compilation(settings, &program);
	if (r == 0)
		r = open_session(settings, &program, &session, &error);
	/* From the first hook on, a signal must find somebody who detaches. */
	if (r == 0)
		r = waiter_open(&waiter, STDOUT_FILENO, &error);
	if (r == 0)
		r = attach(settings, session, &error);
	if (r < 0)
		return report_error(&error, program.diagnostics, settings->verbose);

	advise(settings, program.image);
	return watch(settings, session, &program.times, &waiter);
}
