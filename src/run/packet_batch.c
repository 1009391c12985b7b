/* SPDX-License-Identifier: Apache-2.0 */
#include "run/packet_batch.h"

void packet_batch_add(struct packet_batch *batch, const struct skbscope_packet *packet,
		      const struct link_frame *frame)
{
	struct skbscope_packet *out = &batch->packets[batch->count++];
	uint8_t *bytes = batch->bytes + batch->used;
	size_t room = packet->captured < PACKET_BATCH_FRAME ? packet->captured : PACKET_BATCH_FRAME;

	*out = *packet;
	out->frame = bytes;
	out->captured = (uint32_t)link_copy(frame, bytes, room);
	batch->used += out->captured;
}

bool packet_batch_is_full(const struct packet_batch *batch)
{
	return batch->count == PACKET_BATCH_PACKETS || batch->used > PACKET_BATCH_BYTES;
}

void packet_batch_clear(struct packet_batch *batch)
{
	batch->count = 0;
	batch->used = 0;
}
