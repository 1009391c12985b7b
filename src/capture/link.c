/* SPDX-License-Identifier: Apache-2.0 */
/* A frame as the kernel hands it to a tc program. */
#include "capture/link.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdbool.h>
#include <string.h>

#include "capture/link_headers.h"

#define TYPE_AT (2 * ETH_ALEN)
#define TAG 4u

static uint16_t u16_at(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* As eth_type_trans(): below 0x600 it is a length, and Novell's begin with a checksum of
 * ones. */
static uint16_t protocol_of(uint16_t type, const uint8_t *behind, uint32_t length)
{
	if (type >= ETH_P_802_3_MIN)
		return type;
	return length >= 2 && u16_at(behind) == 0xffff ? ETH_P_802_3 : ETH_P_802_2;
}

static uint8_t packet_type(const uint8_t *to, enum capture_direction direction,
			   enum capture_reception reception)
{
	static const uint8_t types[] = {
		[CAPTURE_UNICAST] = PACKET_HOST,
		[CAPTURE_MULTICAST] = PACKET_MULTICAST,
		[CAPTURE_BROADCAST] = PACKET_BROADCAST,
		[CAPTURE_PROMISCUOUS] = PACKET_OTHERHOST,
	};

	if (direction == CAPTURE_OUT) /* nobody sets it on the way out */
		return PACKET_HOST;
	if (reception != CAPTURE_RECEPTION_UNKNOWN)
		return types[reception];
	if (!(to[0] & 1))
		return PACKET_HOST;
	return memcmp(to, "\xff\xff\xff\xff\xff\xff", ETH_ALEN) == 0 ? PACKET_BROADCAST
								     : PACKET_MULTICAST;
}

static bool is_tag(uint16_t type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD;
}

/* parts[0] are the addresses and parts[1] begins with the type. As skb_vlan_untag(), which
 * looks at two bytes behind the tag's type. */
static void take_tag_off(struct link_frame *frame)
{
	struct link_part *rest = &frame->parts[1];
	uint16_t type = u16_at(rest->data);

	if (is_tag(type) && rest->length >= 2 + TAG + 2) {
		frame->vlan_protocol = type;
		frame->vlan_tci = u16_at(rest->data + 2);
		rest->data += TAG;
		rest->length -= TAG;
		frame->captured -= TAG;
		frame->length -= TAG;
		type = u16_at(rest->data);
	}
	frame->protocol = protocol_of(type, rest->data + 2, rest->length - 2);
}

static enum link_carry as_is(const struct capture_packet *packet, const struct fields *bytes,
			     struct link_frame *frame)
{
	if (bytes->left < ETH_HLEN)
		return LINK_TOO_SHORT;
	frame->parts[0] = (struct link_part){ bytes->next, TYPE_AT };
	frame->parts[1] =
		(struct link_part){ bytes->next + TYPE_AT, (uint32_t)bytes->left - TYPE_AT };
	frame->captured = (uint32_t)bytes->left;
	frame->length = packet->length - (packet->captured - frame->captured);
	take_tag_off(frame);
	return LINK_AS_IS;
}

/* The tag of a frame whose header is made up follows the type, as the header's own would. */
static void made_up(const struct capture_packet *packet, const struct link_header *header,
		    struct link_frame *frame)
{
	uint32_t captured = (uint32_t)header->rest.left;
	uint32_t length = packet->length - (packet->captured - captured);
	uint16_t type = header->ethertype ? header->ethertype
					  : (uint16_t)(length < ETH_P_802_3_MIN ? length : 0);
	const uint8_t *behind = header->rest.next;

	if (is_tag(type) && captured >= TAG + 2) {
		frame->vlan_protocol = type;
		frame->vlan_tci = u16_at(behind);
		type = u16_at(behind + 2);
		behind += TAG;
		captured -= TAG;
		length -= TAG;
	}
	memcpy(frame->made, header->addresses, sizeof(header->addresses));
	frame->made[TYPE_AT] = (uint8_t)(type >> 8);
	frame->made[TYPE_AT + 1] = (uint8_t)type;
	frame->parts[0] = (struct link_part){ frame->made, ETH_HLEN };
	frame->parts[1] = (struct link_part){ behind, captured };
	frame->captured = captured + ETH_HLEN;
	frame->length = length > UINT32_MAX - ETH_HLEN ? UINT32_MAX : length + ETH_HLEN;
	frame->protocol = protocol_of(type, behind, captured);
}

enum link_carry link_frame(const struct capture_packet *packet, struct link_frame *frame)
{
	struct link_header header = {
		.rest = { packet->data, packet->captured, packet->big_endian, false },
		.is_frame = packet->link == LINK_ETHERNET,
		.link = packet->link,
		.direction = packet->direction,
		.reception = packet->reception,
	};
	enum link_carry carry = LINK_AS_IS;

	memset(frame, 0, sizeof(*frame));
	/* Some headers only say which one follows; none of those twice. */
	for (int depth = 0; !header.is_frame && header.link != LINK_SAME; depth++) {
		uint16_t link = header.link;

		if (depth > 1)
			return LINK_UNKNOWN;
		header.link = LINK_SAME;
		carry = link_header(link, &header);
		if (carry != LINK_ADAPTED)
			return carry;
		if (header.link == LINK_ETHERNET)
			header.is_frame = true;
	}
	if (header.is_frame) {
		if (as_is(packet, &header.rest, frame) == LINK_TOO_SHORT)
			return LINK_TOO_SHORT;
	} else {
		made_up(packet, &header, frame);
	}
	frame->direction = header.direction;
	frame->packet_type = packet_type(frame->parts[0].data, header.direction, header.reception);
	return carry;
}

size_t link_copy(const struct link_frame *frame, void *out, size_t size)
{
	uint8_t *to = out;
	size_t done = 0;

	for (size_t i = 0; i < 2 && done < size; i++) {
		size_t length = frame->parts[i].length;

		if (length > size - done)
			length = size - done;
		if (length)
			memcpy(to + done, frame->parts[i].data, length);
		done += length;
	}
	return done;
}
