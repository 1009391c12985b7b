/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link types that say which network packet they carry, each by the registry at
 * tcpdump.org/linktypes.html. Radio frames are left out: no tc program is given one.
 */
#include "capture/link_headers.h"

#include <linux/if_ether.h>

enum link_carry link_done(const struct link_header *header)
{
	return header->rest.bad ? LINK_TOO_SHORT : LINK_ADAPTED;
}

struct fields *link_network_order(struct link_header *header)
{
	header->rest.big_endian = true;
	return &header->rest;
}

enum link_carry link_ethertype(struct link_header *header, uint16_t type)
{
	if (!header->rest.bad && type < ETH_P_802_3_MIN)
		return LINK_NO_PACKET;
	header->ethertype = type;
	return link_done(header);
}

/* AF_INET is 2 everywhere, AF_INET6 is what each system made of it. */
enum link_carry link_family(struct link_header *header, uint32_t family)
{
	if (header->rest.bad)
		return LINK_TOO_SHORT;
	switch (family) {
	case 2:
		return link_ethertype(header, ETH_P_IP);
	case 10: /* Linux */
	case 24: /* NetBSD, OpenBSD */
	case 26: /* Solaris */
	case 28: /* FreeBSD */
	case 30: /* macOS */
		return link_ethertype(header, ETH_P_IPV6);
	default:
		return LINK_NO_PACKET;
	}
}

static enum link_carry by_version(struct link_header *header)
{
	if (!header->rest.left)
		return LINK_TOO_SHORT;
	switch (*header->rest.next >> 4) {
	case 4:
		return link_ethertype(header, ETH_P_IP);
	case 6:
		return link_ethertype(header, ETH_P_IPV6);
	default:
		return LINK_NO_PACKET;
	}
}

/* In the order of the machine that captured, which need not be the one that wrote. */
static uint32_t any_order(uint32_t value)
{
	return value > UINT16_MAX ? __builtin_bswap32(value) : value;
}

static enum link_carry llc(struct link_header *header)
{
	struct fields snap = *link_network_order(header);
	bool is_snap = snap.left >= 3 && memcmp(snap.next, "\xaa\xaa\x03", 3) == 0;
	const uint8_t *start = fields_take(&snap, 6);

	if (header->rest.left < (is_snap ? 8 : 3))
		return LINK_TOO_SHORT;
	if (is_snap && !start[3] && !start[4] && (start[5] == 0 || start[5] == 0xf8)) {
		header->rest = snap;
		return link_ethertype(header, fields_u16(&header->rest));
	}
	return link_done(header); /* as a frame of 802.3 has it */
}

static void addresses(struct link_header *header)
{
	const uint8_t *both = fields_take(&header->rest, sizeof(header->addresses));

	if (both)
		memcpy(header->addresses, both, sizeof(header->addresses));
}

static enum link_carry token_ring(struct link_header *header)
{
	fields_take(&header->rest, 2);
	addresses(header);
	if (header->addresses[6] & 0x80) { /* its route follows, and says how long it is */
		uint8_t length = header->rest.left ? *header->rest.next & 0x1f : 0;

		header->addresses[6] &= 0x7f;
		if (length < 2)
			return LINK_NO_PACKET;
		fields_take(&header->rest, length);
	}
	return llc(header);
}

/* A byte before the header: 0 came in, anything else went out. */
static void direction_byte(struct link_header *header)
{
	header->direction = fields_u8(&header->rest) ? CAPTURE_OUT : CAPTURE_IN;
}

static enum link_carry behind(struct link_header *header, size_t skipped)
{
	fields_take(link_network_order(header), skipped);
	return link_ethertype(header, fields_u16(&header->rest));
}

static enum link_carry fixed(struct link_header *header, uint16_t type)
{
	return header->rest.left ? link_ethertype(header, type) : LINK_TOO_SHORT;
}

enum link_carry link_header(uint16_t link, struct link_header *header)
{
	struct fields *rest = &header->rest;
	uint32_t family;

	switch (link) {
	case 0:   /* NULL */
	case 108: /* LOOP */
		return link_family(header, any_order(fields_u32(rest)));
	case 6: /* IEEE802: token ring */
		return token_ring(header);
	case 9: /* PPP */
		return link_ppp(header);
	case 10: /* FDDI */
		fields_take(rest, 1);
		addresses(header);
		return llc(header);
	case 11: /* ATM_RFC1483 */
	case 100:
		return llc(header);
	case 12: /* RAW, as some write it */
	case 14:
	case 101: /* RAW */
		return by_version(header);
	case 50: /* PPP_SERIAL */
		return link_ppp_or_cisco(header);
	case 51: /* PPP_ETHER: PPPoE without the header of Ethernet */
		return fixed(header, ETH_P_PPP_SES);
	case 104: /* C_HDLC */
		return link_cisco_hdlc(header);
	case 107: /* FRELAY */
		return link_frame_relay(header);
	case 109: /* ENC */
		family = any_order(fields_u32(rest));
		fields_take(rest, 8);
		return link_family(header, family);
	case 113:
		return link_linux_sll(header);
	case 117:
		return link_pflog(header);
	case 122: /* IP_OVER_FC */
		fields_take(rest, 16);
		return llc(header);
	case 123: /* SUNATM */
		header->direction = fields_u8(rest) & 0x80 ? CAPTURE_OUT : CAPTURE_IN;
		fields_take(rest, 3);
		return llc(header);
	case 138: /* APPLE_IP_OVER_IEEE1394 */
		return behind(header, 16);
	case 166: /* PPP_PPPD */
		direction_byte(header);
		fields_take(rest, 1);
		return link_ppp(header);
	case 192:
		return link_ppi(header);
	case 204: /* PPP_WITH_DIR */
		direction_byte(header);
		return link_ppp(header);
	case 205: /* C_HDLC_WITH_DIR */
		direction_byte(header);
		return link_cisco_hdlc(header);
	case 206: /* FRELAY_WITH_DIR */
		direction_byte(header);
		return link_frame_relay(header);
	case 219: /* MPLS */
		return fixed(header, ETH_P_MPLS_UC);
	case 226: /* IPNET */
		fields_take(rest, 1);
		family = fields_u8(rest);
		fields_take(rest, 22);
		return link_family(header, family);
	case 228: /* IPV4 */
		return fixed(header, ETH_P_IP);
	case 229: /* IPV6 */
		return fixed(header, ETH_P_IPV6);
	case 239:
		return link_nflog(header);
	case 242: /* IPOIB */
		behind(header, 40);
		fields_take(rest, 2);
		return link_ethertype(header, header->ethertype);
	case 258:
		return link_pktap(header);
	case 259: /* EPON: a preamble, and a frame */
		fields_take(rest, 8);
		header->is_frame = true;
		return link_done(header);
	case 276:
		return link_linux_sll2(header);
	default:
		return LINK_UNKNOWN;
	}
}
