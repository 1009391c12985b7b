/* SPDX-License-Identifier: Apache-2.0 */
/* What run says at its start and at its end. Pure: snapshots in, text out. */
#ifndef RUN_SUMMARY_H
#define RUN_SUMMARY_H

#include <stdbool.h>

#include <skbscope/compile.h>
#include <skbscope/snapshot.h>

#include "base/buffer.h"

/* "packet_count: compiled in 78 ms, attached to eth0 ingress (tcx), passive" */
void summary_start(const struct skbscope_snapshot *first,
		   const struct skbscope_compile_times *times, struct buffer *out);

/* "eth0 ingress (tcx), passive" */
void summary_where(const struct skbscope_snapshot *snapshot, struct buffer *out);

struct summary {
	uint64_t start_ns, end_ns; /* monotonic, of being attached */
	uint64_t readings;         /* that were shown */
	bool has_events;
	uint64_t events;       /* that were shown, of a program that has any */
	bool still_attached;   /* somewhere: then nothing is said of having detached */
	const char *recording; /* what was fed, in words; NULL: packets were live */
};

/* Packets, time, readings, losses, and where we were attached. */
void summary_end(const struct skbscope_snapshot *last, const struct summary *summary,
		 struct buffer *out);

/* Whether anything was, or may have been, not counted. */
bool summary_has_losses(const struct skbscope_snapshot *snapshot);

/* "12.3 ms", "4.5 s", "2 h 3 min" */
void summary_time(uint64_t ns, struct buffer *out);

#endif
