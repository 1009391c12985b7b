/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The key of an LPM table of networks of both families, of which IPv4 is ::ffff:0:0/96:
 *
 *	BPF_LPM_TRIE(networks, struct network, u64, 1024);
 *
 *	struct network network = network_of(&ip.source);
 *	u64 *found = networks.lookup(&network);		of those that it is in, the smallest
 */
#ifndef SKBSCOPE_NETWORK_H
#define SKBSCOPE_NETWORK_H

#include <skbscope/types.h>

struct network {
	u32 prefixlen;
	ip_address_t address;
};

/* The one of a single address. */
static inline struct network network_of(const ip_address_t *address)
{
	struct network network = { .prefixlen = sizeof(*address) * 8, .address = *address };

	return network;
}

#endif
