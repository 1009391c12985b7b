/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program that is fed a recording shares with the one who feeds it: the value of
 * REWRITE_MAP_REPLAY, an array of one entry.
 */
#ifndef IMAGE_REPLAY_H
#define IMAGE_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skbscope/image.h>

#define REPLAY_SENDS 256u /* by the low bits of the interface's number */

/* As many packets at a time as fit into the feeder's memory, and a power of two. */
#define REPLAY_VERDICTS 65536u
#define REPLAY_NO_VERDICT UINT8_MAX

/* So many events of a packet, and of those before it, are noted in their order. */
#define REPLAY_EVENTS 16384u
#define REPLAY_EVENT_BYTES 48u /* at most, of a buffer, beside what was submitted */

struct replay_event {
	uint64_t time_ns; /* of the packet */
	uint32_t map;     /* the image's; its number of maps: not known */
	uint32_t unused;
};

struct replay_send {
	uint64_t packets;
	uint32_t ifindex;
	uint32_t unused;
};

struct replay_state {
	uint64_t now_ns;    /* REWRITE_CLOCK: the recording's time */
	uint64_t chance;    /* REWRITE_CLOCK: where the random numbers are */
	uint32_t at;        /* the feeder's: offset of the next packet */
	uint32_t runs;      /* the feeder's: packets taken */
	uint32_t fails;     /* the feeder's: packets that the kernel refused */
	uint32_t stops;     /* the feeder takes no packet once something was submitted */
	uint32_t submitted; /* REWRITE_EVENTS: an event was, or was tried to */
	uint32_t length;    /* the feeder's: what the packet at hand had, REWRITE_LENGTH */
	uint64_t packet_ns; /* the feeder's: the time of the packet at hand */
	/* REWRITE_EVENTS: what was submitted since the reader has set them to 0. No other packet
	 * is taken once it is more than he wants, as its events might find no room. */
	uint64_t event_count;
	uint64_t event_bytes;
	uint64_t event_flags; /* whose upper half is the bytes of packets */
	uint64_t events_wanted, bytes_wanted;
	struct replay_send sends[REPLAY_SENDS]; /* REWRITE_HARMLESS: what was not sent */
	/* REWRITE_VERDICTS: the slot of each packet's, see image/passive.h; by the low bits of
	 * runs once it was taken */
	uint8_t verdicts[REPLAY_VERDICTS];
	struct replay_event events[REPLAY_EVENTS]; /* REWRITE_EVENTS: the first of event_count */
};

/* As the feeder's program asks before each packet. */
static inline bool replay_has_room(const struct replay_state *state)
{
	return state->event_count <= state->events_wanted &&
	       (state->event_flags >> 32) + state->event_bytes +
			       state->event_count * REPLAY_EVENT_BYTES <=
		       state->bytes_wanted;
}

enum helper_reach {
	HELPER_COPY,     /* no further than the copy of a packet, and the program's maps */
	HELPER_RESHAPES, /* that too, but another packet cannot be put in the copy's place */
	HELPER_SENDS,
	HELPER_MACHINE, /* reads what is so on this machine now */
	HELPER_UNKNOWN, /* of a later kernel, perhaps */
};
enum helper_reach helper_reach(uint32_t helper);

/* Whether a function of the image may do so. */
bool replay_reshapes(const struct skbscope_image *image);
/* Whether each place is known where a function of the image asks for a packet's length, and none
 * asks for more of it than was recorded: see image/length.c. */
bool replay_knows_length(const struct skbscope_image *image);
/* Names of helpers that the image calls and that answer for this machine; how many. */
size_t replay_foreign(const struct skbscope_image *image, const char *names[], size_t room);

/* Passes, see image/rewrite.c. */
struct rewrite;
int clock_apply(struct rewrite *rewrite);
int harmless_apply(struct rewrite *rewrite);
int length_apply(struct rewrite *rewrite);
int length_apply_filter(struct rewrite *rewrite);

#endif
