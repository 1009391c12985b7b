/* SPDX-License-Identifier: Apache-2.0 */
/* What a session's functions note of their points, see image/points.h. */
#ifndef KERNEL_SESSION_POINTS_H
#define KERNEL_SESSION_POINTS_H

#include <skbscope/session.h>

#include "image/lines.h"

/* Nothing has run yet. */
int session_points_forget(struct skbscope_session *session, struct skbscope_error *error);

/* Adds what has run since then. */
int session_points_read(const struct skbscope_session *session, struct lines *lines,
			struct skbscope_error *error);

#endif
