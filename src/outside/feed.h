/* SPDX-License-Identifier: Apache-2.0 */
/* What the run sends, piece by piece, to whole messages. */
#ifndef OUTSIDE_FEED_H
#define OUTSIDE_FEED_H

#include <stdbool.h>

#include "base/buffer.h"
#include "outside/protocol.h"

struct feed {
	int fd;
	struct feed_header header;
	size_t header_length; /* of which so much is there */
	struct buffer body;
	/* The body is the callee's to take, or to leave. False: what came makes no sense. */
	bool (*message)(void *context, const struct feed_header *header, struct buffer *body);
	void *context;
};

/* Reads once. 0; -EPIPE: the run is gone; -EBADMSG; another negative errno. */
int feed_read(struct feed *feed);
void feed_clear(struct feed *feed);

#endif
