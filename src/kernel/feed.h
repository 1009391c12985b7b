/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded packets through loaded functions. One BPF_PROG_TEST_RUN runs a program of ours
 * many times on one packet; each time it takes the next record from memory that it shares
 * with us, makes the packet that one, and calls the function. What is too long for that is
 * written to a tap in a network namespace of its own (feed_tap.h).
 */
#ifndef KERNEL_FEED_H
#define KERNEL_FEED_H

#include <skbscope/replay.h>

#include "image/replay.h"

struct feed;

/* single: each packet on a fresh copy, for functions that reshape it. as_recorded: what was not
 * recorded of a packet is not there; else it is zeros. */
int feed_new(bool single, bool as_recorded, struct feed **out, struct skbscope_error *error);
void feed_free(struct feed *feed); /* accepts NULL */

/* Nothing was fed yet, and no time has passed; what nobody was told of is forgotten. */
void feed_reset(struct feed *feed);

/* Of REWRITE_MAP_REPLAY. */
int feed_map(const struct feed *feed);
struct replay_state *feed_state(const struct feed *feed);

/* Between packets, whenever their events are more than is wanted: has them read, so that
 * there is room for others. Negative: no more is fed, and that is feed_packets()'s answer. */
typedef int feed_room(void *context, struct skbscope_error *error);
void feed_on_events(struct feed *feed, feed_room *make_room, void *context);

/* Which function sees the packets of a direction; without one, packets are only counted. */
int feed_target(struct feed *feed, enum skbscope_direction direction, int program,
		struct skbscope_error *error);

/* fed: NULL, or as skbscope_session_feed_on() has it. */
int feed_packets(struct feed *feed, const struct skbscope_packet *packets, size_t count,
		 size_t *fed, struct skbscope_error *error);
/* Of the packets of the last call, see skbscope/replay.h. */
const int32_t *feed_verdicts(const struct feed *feed, size_t *count);
const struct skbscope_feed_counts *feed_counts(const struct feed *feed);

#endif
