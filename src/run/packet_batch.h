/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that are fed at once, with their bytes. */
#ifndef RUN_PACKET_BATCH_H
#define RUN_PACKET_BATCH_H

#include <skbscope/replay.h>

#include "capture/link.h"

#define PACKET_BATCH_PACKETS 4096u
#define PACKET_BATCH_BYTES (1u << 20)
#define PACKET_BATCH_FRAME 65536u /* more of a frame is of no use: it cannot be fed */

struct packet_batch {
	struct skbscope_packet packets[PACKET_BATCH_PACKETS];
	uint32_t interfaces[PACKET_BATCH_PACKETS]; /* of a capture, where somebody asks for them */
	size_t count, used;
	uint8_t bytes[PACKET_BATCH_BYTES + PACKET_BATCH_FRAME];
};

/* There is room for one more unless it is full. Its bytes are the frame's, which are copied. */
void packet_batch_add(struct packet_batch *batch, const struct skbscope_packet *packet,
		      const struct link_frame *frame);
bool packet_batch_is_full(const struct packet_batch *batch);
void packet_batch_clear(struct packet_batch *batch);

#endif
