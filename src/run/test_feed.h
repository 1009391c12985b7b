/* SPDX-License-Identifier: Apache-2.0 */
/* What a case feeds to a session, and what is kept of what came. */
#ifndef RUN_TEST_FEED_H
#define RUN_TEST_FEED_H

#include <skbscope/events.h>

#include "base/arena.h"
#include "expect/outcome.h"

struct test_feeding {
	const char *file;
	const struct test_case *test;
	struct skbscope_session *session;
	struct arena *arena; /* for what is kept */
	struct outcome *outcome;
	bool keeps_all;   /* events and prints, whatever is expected */
	uint64_t last_ns; /* when it is over, in the time of the packets */
	uint32_t line;    /* of what is fed */
};

int test_feed(struct test_feeding *feeding, struct skbscope_error *error);

#endif
