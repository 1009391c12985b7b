/* SPDX-License-Identifier: Apache-2.0 */
/* From an image to attached hooks. */
#include "run/attach.h"

#include <net/if.h>

#include "base/cleanup.h"
#include "kernel/netns.h"
#include "run/report.h"
#include "run/route.h"

_Static_assert(sizeof(((struct targets *)0)->chosen) >= IF_NAMESIZE, "an interface's name");

/* What is meant without -i, in the namespace that is meant. */
static int default_interface(const struct traffic_settings *traffic, bool quiet,
			     char interface[IF_NAMESIZE], struct skbscope_error *error)
{
	AUTO(netns_leavep) struct netns_visit visit = NETNS_VISIT_INIT;
	AUTO(closep) int netns = -1;
	bool by_route;

	if (traffic->netns) {
		int r;

		netns = netns_open(traffic->netns, error);
		if (netns < 0)
			return netns;
		r = netns_enter(&visit, netns, error);
		if (r < 0)
			return r;
	}
	by_route = route_default_interface(interface);
	if (!quiet)
		report_say("no -i given: using %s, %s", interface,
			   by_route ? "the interface of the default route"
				    : "as there is no default route");
	return 0;
}

int targets_choose(const struct traffic_settings *traffic, bool quiet, struct targets *targets,
		   struct skbscope_error *error)
{
	targets->interfaces = traffic->interfaces.items;
	targets->count = traffic->interfaces.count;
	if (targets->count)
		return 0;
	targets->only = targets->chosen;
	targets->interfaces = &targets->only;
	targets->count = 1;
	return default_interface(traffic, quiet, targets->chosen, error);
}

int attach_session(const struct traffic_settings *traffic, const struct targets *targets,
		   bool paused, struct skbscope_session *session, struct skbscope_error *error)
{
	const struct skbscope_attach_options options = {
		.size = sizeof(options),
		.interfaces = targets->interfaces,
		.interface_count = targets->count,
		.hook = (enum skbscope_hook)traffic->hook,
		.netns = traffic->netns,
		.paused = paused,
	};

	return skbscope_session_attach(session, &options, error);
}

int leave_session(struct skbscope_session *session, int status)
{
	struct skbscope_error error;

	if (!session || skbscope_session_detach(session, &error) == 0)
		return status;
	return report_error(&error, NULL, false);
}

int open_session(const struct traffic_settings *traffic, struct program *program, bool measure,
		 struct skbscope_session **session, struct skbscope_error *error)
{
	const struct skbscope_session_options options = {
		.size = sizeof(options),
		.ingress = traffic->ingress,
		.egress = traffic->egress,
		.enforce = traffic->enforce,
		.measure = measure,
	};

	skbscope_diagnostics_clear(program->diagnostics);
	return skbscope_session_open(program->image, &options, session, program->diagnostics,
				     error);
}
