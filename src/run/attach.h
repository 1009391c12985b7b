/* SPDX-License-Identifier: Apache-2.0 */
/* From an image to attached hooks, as the command line asks: what run and diff share. */
#ifndef RUN_ATTACH_H
#define RUN_ATTACH_H

#include <skbscope/session.h>

#include "run/program.h"
#include "run/targets.h"

int attach_session(const struct traffic_settings *traffic, const struct targets *targets,
		   bool paused, struct skbscope_session *session, struct skbscope_error *error);

/* Takes the session (may be NULL) off its hooks. Gives the status, or that of the failure,
 * which it reports. */
int leave_session(struct skbscope_session *session, int status);

struct skbscope_session_options session_options(const struct traffic_settings *traffic,
						const struct skbscope_filter *filter);

/* Loads the program's image behind the filter (NULL: none); its diagnostics get what the
 * verifier says. */
int open_session(const struct traffic_settings *traffic, const struct skbscope_filter *filter,
		 struct program *program, bool measure, struct skbscope_session **session,
		 struct skbscope_error *error);

#endif
