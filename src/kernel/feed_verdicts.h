/* SPDX-License-Identifier: Apache-2.0 */
/* Which verdict each packet got, out of what the functions note by their runs. */
#ifndef KERNEL_FEED_VERDICTS_H
#define KERNEL_FEED_VERDICTS_H

#include <stddef.h>

#include "image/replay.h"

struct feed_verdicts {
	int32_t *of; /* the packets of one call, see skbscope/replay.h */
	size_t count, room;
	uint32_t first;                    /* run of those that are expected */
	uint32_t packets[REPLAY_VERDICTS]; /* whose records those are */
};

/* None has one yet. -ENOMEM. */
int feed_verdicts_begin(struct feed_verdicts *verdicts, size_t count);
/* So many of the runs that come; and what those from one to before another, which have been,
 * brought. */
void feed_verdicts_expect(struct feed_verdicts *verdicts, struct replay_state *state,
			  uint32_t count);
void feed_verdicts_take(struct feed_verdicts *verdicts, const struct replay_state *state,
			uint32_t from, uint32_t to);
void feed_verdicts_clear(struct feed_verdicts *verdicts);

#endif
