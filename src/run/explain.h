/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one frame of a recording did: it is fed behind all that come before it, so that tables
 * hold what they held then, and what is so afterwards is compared with what was so before.
 */
#ifndef RUN_EXPLAIN_H
#define RUN_EXPLAIN_H

#include <skbscope/filter.h>
#include <skbscope/replay.h>

#include "base/buffer.h"
#include "image/lines.h"
#include "render/event_lines.h"
#include "run/packet_batch.h"
#include "run/program.h"
#include "run/recording.h"

struct explain_settings {
	const char *program;
	struct compile_settings compiling;
	struct traffic_settings traffic; /* whose filter chooses the frame */
	struct table_settings tables;
	struct output_settings output;
	struct talk_settings talk;
	uint64_t packet; /* frame number; of one that matches: this or a later one; 0: not asked */
};

struct explanation {
	const struct explain_settings *settings;
	struct program program;
	struct skbscope_filter *filter;
	struct skbscope_session *session;
	struct skbscope_session *matcher; /* NULL: without a filter */
	struct recording recording;
	struct packet_batch *batch;

	uint64_t number;               /* of the frame, from 1 */
	struct skbscope_packet packet; /* that the program was fed */
	struct buffer frame;           /* with its outer tag, as it was on the wire */
	const char *function;          /* that saw it first */
	int32_t verdict;
	struct skbscope_snapshot *before, *after;
	struct lines lines;
	struct skbscope_unsent unsent; /* packets 0: none */

	const struct event_format *event_format; /* NULL: events are not shown */
	struct event_lines *event_lines;
	struct buffer events; /* a line each */
	uint64_t event_count;
};

/* On failure explanation->program.diagnostics may say more. */
int explain(const struct explain_settings *settings, struct explanation *explanation,
	    struct skbscope_error *error);
void explanation_clear(struct explanation *explanation); /* also for AUTO() */

#endif
