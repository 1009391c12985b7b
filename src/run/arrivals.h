/* SPDX-License-Identifier: Apache-2.0 */
/* "-i any" while it runs: interfaces that come are attached to, and those that went are
 * forgotten. */
#ifndef RUN_ARRIVALS_H
#define RUN_ARRIVALS_H

#include <skbscope/filter.h>
#include <skbscope/session.h>

#include "base/buffer.h"
#include "base/loop.h"
#include "run/settings.h"

struct arrivals {
	struct loop_source source; /* fd -1: not wanted */
	const struct traffic_settings *traffic;
	struct skbscope_session *session;
	const struct skbscope_filter *filter;
	uint32_t *left_out; /* by number, and said */
	size_t left_out_count;
	/* Some came, HOOKS more; what to say of it is in lines. */
	void (*came)(void *owner, size_t hooks, const char *text);
	void *owner;
};

/* Nothing where any was not asked for. When the session is attached; session and filter
 * outlive it. */
int arrivals_open(struct arrivals *arrivals, const struct traffic_settings *traffic,
		  struct skbscope_session *session, const struct skbscope_filter *filter,
		  struct loop *loop, struct skbscope_error *error);
void arrivals_close(struct arrivals *arrivals);
bool arrivals_are_awaited(const struct arrivals *arrivals);

#endif
