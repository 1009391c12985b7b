/* SPDX-License-Identifier: GPL-2.0-only */
/* What TCP, UDP, UDP-Lite, SCTP and DCCP have in common: they begin with two ports. */
#ifndef SKBSCOPE_PORTS_H
#define SKBSCOPE_PORTS_H

#include <skbscope/ip.h>

struct ports {
	port_be_t source, destination;
};

static inline int has_ports(const struct ip_packet *ip)
{
	return ip->protocol == IPPROTO_TCP || ip->protocol == IPPROTO_UDP ||
	       ip->protocol == IPPROTO_UDPLITE || ip->protocol == IPPROTO_SCTP ||
	       ip->protocol == IPPROTO_DCCP;
}

/* The cursor stays where it is, before the header; -1 where the packet ends before, or ends by its IP
 * header: what is behind that is padding. */
static inline int look_at_ports(const struct cursor *cursor, const struct ip_packet *ip,
				struct ports *ports)
{
	if (ip->length < sizeof(*ports) && !ip_is_open(cursor, ip))
		return -1;
	return cursor_look(cursor, 0, ports, sizeof(*ports));
}

#endif
