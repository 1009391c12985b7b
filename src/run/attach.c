/* SPDX-License-Identifier: Apache-2.0 */
/* From an image to attached hooks. */
#include "run/attach.h"

#include <string.h>

#include "kernel/session.h"
#include "run/report.h"

int attach_session(const struct traffic_settings *traffic, const struct targets *targets,
		   bool paused, struct skbscope_session *session, struct skbscope_error *error)
{
	const struct skbscope_attach_options options = {
		.size = sizeof(options),
		.interfaces = (const char *const *)targets->names,
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

static enum skbscope_directions directions_of(const struct traffic_settings *traffic)
{
	if (!traffic->direction)
		return SKBSCOPE_AS_TAGGED;
	if (strcmp(traffic->direction, "inout") == 0)
		return SKBSCOPE_INOUT;
	return strcmp(traffic->direction, "in") == 0 ? SKBSCOPE_IN : SKBSCOPE_OUT;
}

struct skbscope_session_options session_options(const struct traffic_settings *traffic,
						const struct skbscope_filter *filter)
{
	return (struct skbscope_session_options){
		.size = sizeof(struct skbscope_session_options),
		.ingress = traffic->ingress,
		.egress = traffic->egress,
		.enforce = traffic->enforce,
		.filter = filter,
		.directions = directions_of(traffic),
		.buffer_bytes = traffic->buffer_bytes,
		.numbers = traffic->numbers,
		.replay = traffic->recording != NULL,
	};
}

int open_session(const struct traffic_settings *traffic, const struct skbscope_filter *filter,
		 struct program *program, bool measure, struct skbscope_session **session,
		 struct skbscope_error *error)
{
	struct skbscope_session_options options = session_options(traffic, filter);

	options.measure = measure;
	skbscope_diagnostics_clear(program->diagnostics);
	return session_open(program->image, &options, traffic->points, session,
			    program->diagnostics, error);
}
