/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recording in place of an interface: it is fed in slices, between which the loop serves
 * signals and readers, and readings are taken when they are due in the recording's time.
 */
#ifndef RUN_REPLAY_H
#define RUN_REPLAY_H

#include "run/readings.h"
#include "run/recording.h"

struct replay {
	/* The caller's, before replay_open(): */
	struct readings *readings;
	/* Feeds packets to whoever is to see them. */
	int (*feed)(void *context, const struct skbscope_packet *packets, size_t count,
		    struct skbscope_error *error);
	/* NULL, or told of each that will be fed, as it is in the file, in their order. */
	void (*kept)(void *context, const struct capture *capture,
		     const struct capture_packet *packet);
	/* The time of the first packet is known: nothing was fed yet. */
	int (*begin)(void *context, struct skbscope_error *error);
	/* There is no more. NULL, or 0: that is the end of the readings. */
	bool (*ended)(void *context);
	void *context;
	const char *name; /* of the program, for the progress */
	bool quiet;

	const struct pace_settings *pace;
	struct recording recording;
	struct packet_batch *batch;
	bool begun, finished;
	bool has_pending; /* it was read, and is not in the batch */
	struct skbscope_packet pending;
	struct link_frame frame; /* of it */
	uint64_t due_ns;         /* the next reading, in the recording's time */
	uint64_t wall_start_ns;  /* for the progress */
	uint64_t told_ns;
	struct loop_timer slice;
	struct loop_source more; /* a pipe that had nothing */
};

int replay_open(struct replay *replay, const struct traffic_settings *traffic,
		const struct pace_settings *pace, struct skbscope_error *error);
void replay_close(struct replay *replay);

/* As recording_direct(), which the first packet was read before. */
void replay_direct(struct replay *replay, const struct skbscope_session *session);

/* On which interface a packet of those that are being fed came, by its index among them. */
struct capture_interface replay_interface(const struct replay *replay, size_t index);

/* From now on, on the readings' loop. */
void replay_start(struct replay *replay);
void replay_stop(struct replay *replay);
/* From the beginning; the caller has made that what was counted is forgotten. */
int replay_again(struct replay *replay, struct skbscope_error *error);

#endif
