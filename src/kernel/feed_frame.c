/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/feed_frame.h"

#include <linux/if_ether.h>
#include <string.h>

/* As the kernel finds it behind the addresses of a frame. */
static uint16_t protocol_of(const uint8_t *frame, uint32_t length)
{
	const uint16_t protocol = (uint16_t)(frame[12] << 8 | frame[13]);

	if (protocol >= ETH_P_802_3_MIN)
		return protocol;
	return length >= ETH_HLEN + 2 && frame[14] == 0xff && frame[15] == 0xff ? ETH_P_802_3
										: ETH_P_802_2;
}

static uint16_t to_network(uint16_t value)
{
	const uint8_t bytes[2] = { (uint8_t)(value >> 8), (uint8_t)value };
	uint16_t out;

	memcpy(&out, bytes, sizeof(out));
	return out;
}

static bool is_tag(uint16_t protocol)
{
	return protocol == ETH_P_8021Q || protocol == ETH_P_8021AD;
}

void feed_frame_describe(const struct skbscope_packet *packet, struct feed_record *out)
{
	const uint16_t tag[2] = { to_network(packet->vlan_protocol), to_network(packet->vlan_tci) };

	*out = (struct feed_record){
		.length = packet->length,
		.stored = packet->captured,
		.time_ns = packet->time_ns,
		.mark = packet->mark,
		.protocol = to_network(protocol_of(packet->frame, packet->captured)),
		.vlan_protocol = tag[0],
		.vlan_tci = packet->vlan_tci,
		.type = (uint8_t)packet->type,
		.direction = (uint8_t)packet->direction,
	};
	memcpy(out->vlan_tag, tag, sizeof(tag));
}

bool feed_frame_is_whole(const struct skbscope_packet *packet)
{
	const uint8_t *frame = packet->frame;

	if (packet->captured < ETH_HLEN)
		return false;
	/* A tag that is cut is no frame: a card's driver gives it up. */
	return packet->vlan_protocol || !is_tag((uint16_t)(frame[12] << 8 | frame[13]));
}

uint32_t feed_frame_whole(const struct skbscope_packet *packet, uint8_t *out)
{
	const uint16_t tag[2] = { to_network(packet->vlan_protocol), to_network(packet->vlan_tci) };
	const uint32_t addresses = 2 * ETH_ALEN, more = packet->vlan_protocol ? FEED_FRAME_MORE : 0;
	const uint8_t *frame = packet->frame;

	memcpy(out, frame, addresses);
	memcpy(out + addresses, tag, more);
	memcpy(out + addresses + more, frame + addresses, packet->captured - addresses);
	memset(out + packet->captured + more, 0, packet->length - packet->captured);
	return packet->length + more;
}
