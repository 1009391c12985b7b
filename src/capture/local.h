/* SPDX-License-Identifier: Apache-2.0 */
/* Which way a packet went, by which addresses are one's own: for captures that do not say. */
#ifndef CAPTURE_LOCAL_H
#define CAPTURE_LOCAL_H

#include "capture/link.h"

#define LOCAL_NETWORKS_MAX 64

struct local_networks {
	struct local_network {
		uint8_t address[16]; /* IPv4 in the last four, behind ::ffff: */
		uint8_t prefix;      /* of 128 bits */
	} list[LOCAL_NETWORKS_MAX];
	size_t count;
};

/* Adds "10.0.0.0/8", "192.0.2.7", "fe80::/10", or several with commas between. Bits behind
 * the prefix do not matter: it may be copied from what ip address show prints. */
int local_add(struct local_networks *networks, const char *text, struct skbscope_error *error);

/* Out of IP and ARP addresses, behind any VLAN tags: from a local one to another is out, the
 * other way in, and so is what comes from elsewhere for many; all else is unknown. */
enum capture_direction local_direction(const struct local_networks *networks,
				       const struct link_frame *frame);

#endif
