/* SPDX-License-Identifier: Apache-2.0 */
/* Headers that a system makes up for what it captured: cooked ones, logs, per-packet ones. */
#include <linux/if_arp.h>
#include <linux/if_ether.h>

#include "capture/link_headers.h"

/* By the numbers of packet(7). */
static void packet_type(struct link_header *header, unsigned type)
{
	static const enum capture_reception receptions[] = { CAPTURE_UNICAST, CAPTURE_BROADCAST,
							     CAPTURE_MULTICAST,
							     CAPTURE_PROMISCUOUS };

	if (type > 4)
		return;
	header->direction = type == 4 ? CAPTURE_OUT : CAPTURE_IN;
	header->reception = type == 4 ? CAPTURE_RECEPTION_UNKNOWN : receptions[type];
}

/* The protocol of a cooked header is a type of Ethernet, if the device has any. */
static enum link_carry cooked(struct link_header *header, uint16_t hardware, uint16_t protocol)
{
	if (header->rest.bad)
		return LINK_TOO_SHORT;
	if (hardware == ARPHRD_NETLINK || hardware == ARPHRD_IEEE80211_RADIOTAP ||
	    hardware == ARPHRD_FRAD)
		return LINK_NO_PACKET;
	if (protocol == ETH_P_802_3 || protocol == ETH_P_802_2)
		return LINK_ADAPTED;
	return link_ethertype(header, protocol);
}

static void cooked_source(struct link_header *header, unsigned length)
{
	const uint8_t *address = fields_take(&header->rest, 8);

	if (address && length == ETH_ALEN)
		memcpy(header->addresses + ETH_ALEN, address, ETH_ALEN);
}

enum link_carry link_linux_sll(struct link_header *header)
{
	struct fields *rest = link_network_order(header);
	uint16_t type = fields_u16(rest);
	uint16_t hardware = fields_u16(rest);

	packet_type(header, type);
	cooked_source(header, fields_u16(rest));
	return cooked(header, hardware, fields_u16(rest));
}

enum link_carry link_linux_sll2(struct link_header *header)
{
	struct fields *rest = link_network_order(header);
	uint16_t protocol = fields_u16(rest);
	uint16_t hardware;

	fields_take(rest, 6); /* the interface's number */
	hardware = fields_u16(rest);
	packet_type(header, fields_u8(rest));
	cooked_source(header, fields_u8(rest));
	return cooked(header, hardware, protocol);
}

/* Records of netfilter; the packet is one of them. */
enum link_carry link_nflog(struct link_header *header)
{
	struct fields *rest = &header->rest;
	uint8_t family = fields_u8(rest);

	fields_take(rest, 3);
	while (rest->left >= 4) {
		uint16_t length = fields_u16(rest), type = fields_u16(rest);
		const uint8_t *value;

		if (length < 4)
			return LINK_NO_PACKET;
		value = fields_take(rest, length - 4u);
		if (value && (type & 0x7fff) == 9) {
			/* Padding and what follows it are no part of the packet. */
			*rest = (struct fields){ value, length - 4u, true, false };
			return link_family(header, family);
		}
		fields_take(rest, rest->left < 3 ? rest->left : (4u - length % 4u) % 4u);
	}
	return rest->bad ? LINK_TOO_SHORT : LINK_NO_PACKET;
}

enum link_carry link_pflog(struct link_header *header)
{
	struct fields *rest = &header->rest;
	uint8_t length = fields_u8(rest), family = fields_u8(rest);

	fields_take(rest, ((length + 3u) & ~3u) - 2u);
	return length < 4 ? LINK_NO_PACKET : link_family(header, family);
}

/* Numbers of DLT_… and LINKTYPE_… are the same for those that may follow here, but RAW. */
static enum link_carry nested(struct link_header *header, uint32_t dlt)
{
	header->link = dlt < UINT16_MAX ? (uint16_t)dlt : 0;
	return link_done(header);
}

enum link_carry link_ppi(struct link_header *header)
{
	struct fields *rest = &header->rest;
	uint16_t length;
	uint32_t dlt;

	rest->big_endian = false;
	fields_take(rest, 2);
	length = fields_u16(rest);
	dlt = fields_u32(rest);
	if (length < 8)
		return LINK_NO_PACKET;
	fields_take(rest, length - 8u);
	return nested(header, dlt);
}

enum link_carry link_pktap(struct link_header *header)
{
	struct fields *rest = &header->rest;
	uint32_t length, type, dlt, flags;

	rest->big_endian = false;
	length = fields_u32(rest);
	type = fields_u32(rest);
	dlt = fields_u32(rest);
	fields_take(rest, 24); /* the interface's name */
	flags = fields_u32(rest);
	if (length < 40 || type != 1)
		return rest->bad ? LINK_TOO_SHORT : LINK_NO_PACKET;
	fields_take(rest, length - 40);
	if (flags & 3)
		header->direction = flags & 1 ? CAPTURE_IN : CAPTURE_OUT;
	return nested(header, dlt);
}
