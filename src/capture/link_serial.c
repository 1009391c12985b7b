/* SPDX-License-Identifier: Apache-2.0 */
/* Serial lines: PPP, Cisco's HDLC, frame relay. */
#include <linux/if_ether.h>

#include "capture/link_headers.h"

enum {
	NLPID_SNAP = 0x80,
	NLPID_IPV6 = 0x8e,
	NLPID_IPV4 = 0xcc,
};

enum link_carry link_ppp(struct link_header *header)
{
	struct fields *rest = link_network_order(header);
	uint16_t protocol;

	if (rest->left >= 2 && rest->next[0] == 0xff && rest->next[1] == 3)
		fields_take(rest, 2);
	/* Compressed to one byte, which is odd; the first of two is even. */
	protocol = rest->left && *rest->next & 1 ? fields_u8(rest) : fields_u16(rest);
	switch (protocol) {
	case 0x0021:
		return link_ethertype(header, ETH_P_IP);
	case 0x0057:
		return link_ethertype(header, ETH_P_IPV6);
	case 0x0281:
		return link_ethertype(header, ETH_P_MPLS_UC);
	case 0x0283:
		return link_ethertype(header, ETH_P_MPLS_MC);
	default:
		return rest->bad ? LINK_TOO_SHORT : LINK_NO_PACKET;
	}
}

enum link_carry link_cisco_hdlc(struct link_header *header)
{
	fields_take(link_network_order(header), 2);
	return link_ethertype(header, fields_u16(&header->rest));
}

enum link_carry link_ppp_or_cisco(struct link_header *header)
{
	uint8_t address = header->rest.left ? *header->rest.next : 0;

	return address == 0x0f || address == 0x8f ? link_cisco_hdlc(header) : link_ppp(header);
}

enum link_carry link_frame_relay(struct link_header *header)
{
	struct fields *rest = link_network_order(header);
	int length = 0;
	uint8_t network;

	while (length++ < 4 && !(fields_u8(rest) & 1) && !rest->bad)
		;
	if (rest->left && *rest->next != 3) /* not RFC 2427: Cisco's */
		return link_ethertype(header, fields_u16(rest));
	fields_take(rest, 1);
	do {
		network = fields_u8(rest);
	} while (!rest->bad && network == 0);
	if (network == NLPID_IPV4)
		return link_ethertype(header, ETH_P_IP);
	if (network == NLPID_IPV6)
		return link_ethertype(header, ETH_P_IPV6);
	if (network == NLPID_SNAP) {
		const uint8_t *organization = fields_take(rest, 3);
		uint16_t type = fields_u16(rest);

		if (organization && !organization[0] && !organization[1] && !organization[2])
			return link_ethertype(header, type);
	}
	return rest->bad ? LINK_TOO_SHORT : LINK_NO_PACKET;
}
