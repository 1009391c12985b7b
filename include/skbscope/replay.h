/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded packets, fed to the loaded program instead of attaching it. What it does to
 * them it does to copies; nothing is sent, and nothing else on the machine is touched.
 */
#ifndef SKBSCOPE_REPLAY_H
#define SKBSCOPE_REPLAY_H

#include <skbscope/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As the kernel's PACKET_HOST and its successors: whom the link layer meant. */
enum skbscope_packet_type {
	SKBSCOPE_PACKET_HOST,
	SKBSCOPE_PACKET_BROADCAST,
	SKBSCOPE_PACKET_MULTICAST,
	SKBSCOPE_PACKET_OTHERHOST,
};

/* An Ethernet frame as a card delivers it: without its outer VLAN tag, which is beside it. */
struct skbscope_packet {
	const void *frame;
	uint32_t captured;      /* bytes that are there */
	uint32_t length;        /* that the frame had; what is missing: see docs/replay.md */
	uint64_t time_ns;       /* since 1970 */
	uint32_t mark;          /* skb->mark */
	uint16_t vlan_protocol; /* 0x8100, 0x88a8; 0: no tag */
	uint16_t vlan_tci;
	enum skbscope_packet_type type;
	enum skbscope_direction direction; /* whose function sees it */
};

/* Every packet is counted in one of them; cut_short are among the seen. */
struct skbscope_feed_counts {
	uint64_t seen;
	uint64_t no_function; /* for its direction */
	uint64_t no_frame;    /* there is nothing of them: of a link type that is not carried */
	uint64_t too_short;   /* fewer than 14 bytes are there */
	uint64_t too_long;    /* more than 65535 bytes */
	uint64_t no_tap;      /* more than 16000 bytes, and there is no tap to carry them */
	uint64_t refused;     /* by the kernel, for another reason */
	uint64_t cut_short;   /* bytes are missing at the end */
	int tap_error;        /* why there is no tap: a negative errno; 0: none was needed yet */
};

/* For a session opened with "replay" and attached to nothing. In the order of the packets,
 * whose time is the program's. Nothing of them is kept. */
SKBSCOPE_API int skbscope_session_feed(struct skbscope_session *session,
				       const struct skbscope_packet *packets, size_t count,
				       struct skbscope_error *error);
/* The same, but it ends behind the first packet for which the program submitted events: they
 * can be drained before the next one's, and have its time. *fed is how many of these packets
 * were fed, 0 at first; it is called again with the same until that is all of them. */
SKBSCOPE_API int skbscope_session_feed_on(struct skbscope_session *session,
					  const struct skbscope_packet *packets, size_t count,
					  size_t *fed, struct skbscope_error *error);

/* Events of packets that are fed wait in the session's buffers. The callback is called between
 * two packets before there might be no room for more, and once MOST wait (0: not for that): it
 * drains them. So nothing is lost but what is too large for a buffer. Negative: no more is fed,
 * and that is the answer of skbscope_session_feed(). NULL: nobody is told, and what finds no
 * room is lost. Events of a recording come in the order in which they were submitted, over all
 * tables, and have the times of their packets. */
typedef int skbscope_room_callback(void *context, struct skbscope_error *error);
SKBSCOPE_API void skbscope_session_feed_events(struct skbscope_session *session, uint64_t most,
					       skbscope_room_callback *make_room, void *context);

SKBSCOPE_API void skbscope_session_feed_counts(const struct skbscope_session *session,
					       struct skbscope_feed_counts *counts);

/* The verdict of each packet that was fed last, in their order: TC_ACT_*,
 * INT32_MIN for every value that the kernel does not know, SKBSCOPE_NO_VERDICT for a packet that
 * the program did not see. Borrowed until the next call. */
#define SKBSCOPE_NO_VERDICT INT32_MAX
SKBSCOPE_API const int32_t *skbscope_session_feed_verdicts(const struct skbscope_session *session,
							   size_t *count);

/* Packets that the program would have sent to an interface of this machine. */
struct skbscope_unsent {
	uint32_t ifindex;
	uint64_t packets;
};

/* Into an array with room for so many; how many there are. */
SKBSCOPE_API size_t skbscope_session_unsent(const struct skbscope_session *session,
					    struct skbscope_unsent *out, size_t room);

/* Names of the kernel's functions that the program calls and that know nothing of the
 * recording: sockets, routes and processes are those of this machine, now. */
SKBSCOPE_API size_t skbscope_session_foreign(const struct skbscope_session *session,
					     const char *names[], size_t room);

#ifdef __cplusplus
}
#endif

#endif
