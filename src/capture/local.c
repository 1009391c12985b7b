/* SPDX-License-Identifier: Apache-2.0 */
/* Direction by address. */
#include "capture/local.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "capture/fields.h"

static void map_v4(const uint8_t *v4, uint8_t out[16])
{
	memset(out, 0, 10);
	memset(out + 10, 0xff, 2);
	memcpy(out + 12, v4, 4);
}

static int not_a_network(const char *text, struct skbscope_error *error)
{
	return hint(error,
		    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "'%s' is not a network or an address",
			 text),
		    "write 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32, several with commas between");
}

static int add_one(struct local_networks *networks, char *text, struct skbscope_error *error)
{
	struct local_network network = { .prefix = 128 };
	char whole[64], *slash;
	uint64_t prefix;
	uint8_t v4[4];
	bool is_v4;

	snprintf(whole, sizeof(whole), "%s", text);
	slash = strchr(text, '/');
	if (slash)
		*slash++ = '\0';
	is_v4 = inet_pton(AF_INET, text, v4) == 1;
	if (is_v4)
		map_v4(v4, network.address);
	else if (inet_pton(AF_INET6, text, network.address) != 1)
		return not_a_network(whole, error);
	if (slash) {
		if (!text_number(slash, &prefix) || prefix > (is_v4 ? 32 : 128))
			return not_a_network(whole, error);
		network.prefix = (uint8_t)(prefix + (is_v4 ? 96 : 0));
	}
	if (networks->count == LOCAL_NETWORKS_MAX)
		return fail(error, E2BIG, SKBSCOPE_STAGE_USAGE,
			    "there are more than %d local networks", LOCAL_NETWORKS_MAX);
	networks->list[networks->count++] = network;
	return 0;
}

int local_add(struct local_networks *networks, const char *text, struct skbscope_error *error)
{
	for (;;) {
		size_t length = strcspn(text, ",");
		char one[64];
		int r;

		if (length >= sizeof(one))
			return not_a_network(text, error);
		memcpy(one, text, length);
		one[length] = '\0';
		r = add_one(networks, one, error);
		if (r < 0 || !text[length])
			return r;
		text += length + 1;
	}
}

static bool is_local(const struct local_networks *networks, const uint8_t address[16])
{
	for (size_t i = 0; i < networks->count; i++) {
		const struct local_network *network = &networks->list[i];
		unsigned bytes = network->prefix / 8, bits = network->prefix % 8;

		if (memcmp(address, network->address, bytes) == 0 &&
		    (!bits || !((address[bytes] ^ network->address[bytes]) >> (8 - bits))))
			return true;
	}
	return false;
}

static bool is_for_many(const uint8_t address[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (memcmp(address, mapped, sizeof(mapped)) == 0)
		return address[12] >> 4 == 14 || memcmp(address + 12, "\xff\xff\xff\xff", 4) == 0;
	return address[0] == 0xff;
}

static bool addresses_v4(struct fields *bytes, size_t skipped, uint8_t from[16], size_t between,
			 uint8_t to[16])
{
	const uint8_t *first, *second;

	fields_take(bytes, skipped);
	first = fields_take(bytes, 4);
	fields_take(bytes, between);
	second = fields_take(bytes, 4);
	if (!first || !second)
		return false;
	map_v4(first, from);
	map_v4(second, to);
	return true;
}

static bool addresses_v6(struct fields *bytes, uint8_t from[16], uint8_t to[16])
{
	const uint8_t *both;

	fields_take(bytes, 8);
	both = fields_take(bytes, 32);
	if (!both)
		return false;
	memcpy(from, both, 16);
	memcpy(to, both + 16, 16);
	return true;
}

enum capture_direction local_direction(const struct local_networks *networks,
				       const struct link_frame *frame)
{
	uint8_t start[96], from[16], to[16];
	struct fields bytes = { start, link_copy(frame, start, sizeof(start)), true, false };
	bool known = false, to_local;
	uint16_t type;

	fields_take(&bytes, 12);
	type = fields_u16(&bytes);
	for (int tags = 0; tags < 3 && (type == ETH_P_8021Q || type == ETH_P_8021AD); tags++) {
		fields_take(&bytes, 2);
		type = fields_u16(&bytes);
	}
	if (type == ETH_P_IP)
		known = addresses_v4(&bytes, 12, from, 0, to);
	else if (type == ETH_P_IPV6)
		known = addresses_v6(&bytes, from, to);
	else if (type == ETH_P_ARP)
		known = addresses_v4(&bytes, 14, from, 6, to);
	if (!known)
		return CAPTURE_DIRECTION_UNKNOWN;
	to_local = is_local(networks, to);
	if (is_local(networks, from))
		return to_local ? CAPTURE_DIRECTION_UNKNOWN : CAPTURE_OUT;
	return to_local || is_for_many(to) ? CAPTURE_IN : CAPTURE_DIRECTION_UNKNOWN;
}
