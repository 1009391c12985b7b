/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/submitted.h"

#include <linux/if_ether.h>

#include "capture/fields.h"
#include "capture/link_headers.h"

/* What the IP header at the front says, with what was before it; 0: it says nothing. */
static uint32_t length_of(struct fields bytes, uint16_t type, uint32_t before)
{
	switch (type) {
	case ETH_P_IP: {
		uint16_t total;

		fields_take(&bytes, 2);
		total = fields_u16(&bytes);
		return bytes.bad || total < 20 ? 0 : before + total;
	}
	case ETH_P_IPV6: {
		uint16_t payload;

		fields_take(&bytes, 4);
		payload = fields_u16(&bytes);
		return bytes.bad || !payload ? 0 : before + 40 + payload;
	}
	case ETH_P_ARP:
		return before + 28;
	default:
		return 0;
	}
}

static uint32_t announced(const uint8_t *data, uint32_t size, uint16_t link)
{
	struct fields bytes = { data, size, true, false };
	uint16_t type;

	if (link != LINK_ETHERNET) {
		uint8_t version = size ? *data >> 4 : 0;

		return length_of(bytes, version == 4 ? ETH_P_IP : version == 6 ? ETH_P_IPV6 : 0, 0);
	}
	fields_take(&bytes, 12);
	type = fields_u16(&bytes);
	for (int tags = 0; tags < 3 && (type == ETH_P_8021Q || type == ETH_P_8021AD); tags++) {
		fields_take(&bytes, 2);
		type = fields_u16(&bytes);
	}
	return bytes.bad ? 0 : length_of(bytes, type, size - (uint32_t)bytes.left);
}

void capture_submitted(const uint8_t *bytes, uint32_t size, uint32_t padding, uint16_t link,
		       struct capture_packet *packet)
{
	uint32_t least = size > padding ? size - padding : 0;
	uint32_t length = announced(bytes, size, link);

	/* A card fills a short frame up. */
	if (link == LINK_ETHERNET && length && length < ETH_ZLEN && size >= ETH_ZLEN)
		length = ETH_ZLEN;
	packet->data = bytes;
	packet->link = link;
	packet->captured = !length || length < least ? size : length <= size ? length : least;
	packet->length = length > packet->captured ? length : packet->captured;
}
