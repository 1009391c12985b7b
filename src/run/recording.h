/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A capture file as packets that a session can be fed: link types adapted, directions found,
 * and an account of what could not be carried.
 */
#ifndef RUN_RECORDING_H
#define RUN_RECORDING_H

#include <skbscope/replay.h>

#include "base/buffer.h"
#include "capture/capture.h"
#include "capture/link.h"
#include "capture/local.h"
#include "run/settings.h"

struct recording {
	const char *path;
	struct capture *capture;
	struct capture_packet found; /* the latest packet as it is in the file */
	struct local_networks local;
	enum skbscope_direction otherwise; /* of a packet whose direction nobody knows */
	uint64_t time_ns;                  /* of the latest packet */
	uint64_t first_ns, last_ns;        /* the earliest and the latest time; first 0: none yet */
	uint64_t packets;
	uint64_t adapted, no_packet, unknown, too_short;
	uint16_t adapted_link, unknown_link; /* the first of each */
};

int recording_open(const struct traffic_settings *traffic, struct recording *out,
		   struct skbscope_error *error);
void recording_close(struct recording *recording);
/* From its beginning once more. */
int recording_rewind(struct recording *recording, struct skbscope_error *error);

/* A packet as it is in the file: as capture_next(). In frame it is as a card would deliver
 * it; a packet that cannot be carried has nothing in it. Until the next call. */
int recording_next(struct recording *recording, struct link_frame *frame,
		   struct skbscope_packet *packet, struct skbscope_error *error);

/* The same of a packet that is in no file. */
void recording_take(struct recording *recording, const struct capture_packet *found,
		    struct link_frame *frame, struct skbscope_packet *packet);
/* What nobody knows a direction of goes where the program has a function. */
void recording_direct(struct recording *recording, const struct skbscope_session *session);
/* That of the packet, or where such packets go. */
enum skbscope_direction recording_direction(const struct recording *recording,
					    const struct link_frame *frame);

/* For people: "-" is "standard input". */
const char *recording_name(const char *path);
/* "23 packets of x.pcap over 4.2 s: 3 cut short, …" */
void recording_text(const struct recording *recording, const struct skbscope_feed_counts *counts,
		    struct buffer *out);

#endif
