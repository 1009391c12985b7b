/* SPDX-License-Identifier: Apache-2.0 */
/* What the peer of the labs' network sends: the packets of a file, in their order, over and over.
 */
#ifndef CLI_LAB_TRAFFIC_H
#define CLI_LAB_TRAFFIC_H

#include <skbscope/error.h>
#include <stddef.h>
#include <stdint.h>

#define LAB_RATE 100u     /* packets a second */
#define LAB_HOURS 4u      /* and then it ends by itself */
#define LAB_BURST 200000u /* packets of a burst, on each CPU */
#define LAB_BURST_CPUS 2u

struct lab_frames {
	struct lab_frame {
		const uint8_t *bytes;
		size_t size;
	} * list;
	size_t count;
};

struct arena;

/* Paragraphs of a file, a packet each. */
int lab_frames_read(const char *path, struct arena *arena, struct lab_frames *out,
		    struct skbscope_error *error);

/* Both in the namespace of the interface. The first starts a process that sends until the
 * interface is gone; LOCK is a descriptor that it keeps locked as long as it lives. */
int lab_traffic_start(const struct lab_frames *frames, const char *interface, int lock,
		      struct skbscope_error *error);
int lab_traffic_burst(const struct lab_frame *frame, const char *interface, uint64_t *sent,
		      size_t *cpus, struct skbscope_error *error);

#endif
