/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skbscope-calls, the process that reads HTTP: a loop from what the run sends to calls. It has
 * one descriptor, blocks on nothing else, and what it holds is bounded (src/streams).
 */
#ifndef OUTSIDE_READER_H
#define OUTSIDE_READER_H

#include "base/buffer.h"
#include "calls/wire.h"
#include "streams/streams.h"

#define GAPS_TOLD 16u /* of a kind, one by one, for each time that we read */

struct reader {
	struct buffer in, out;
	struct streams *streams; /* NULL: not started yet */
	struct wire_start start;
	struct wire_gap many[STREAM_EVENT_KINDS]; /* those that are not told one by one */
	uint64_t told[STREAM_EVENT_KINDS];
	uint64_t seen[STREAM_EVENT_KINDS]; /* of all */
	struct wire_statistics last;       /* that were told */
	uint64_t ticked_ns;
};

/* Until the run closes its end; enum wire_status. */
int reader_run(struct reader *reader);

void reader_send(struct reader *reader, enum wire_kind kind, const void *data, size_t length);

/* pieces.c: false: what came is no piece. */
bool reader_piece(struct reader *reader, const uint8_t *data, size_t length);

/* answers of the streams: told.c */
void reader_call(void *context, const struct call *call);
void reader_event(void *context, const struct stream_event *event);
void reader_gaps(struct reader *reader); /* what was kept back */

#endif
