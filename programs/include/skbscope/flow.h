/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One key for both directions of a flow, and what a program that keeps something about each
 * needs to have it right on many CPUs.
 *
 * The remote end is the source of what arrives and the destination of what leaves. Where both
 * directions arrive (a mirrored port, a recording that does not say which way packets went), it
 * is the source of the first packet: a flow that is not there is looked for the other way
 * round, too, and is the same one unless that direction of it was seen at the other hook. (What
 * a router forwards, and what loopback carries, passes both hooks: these are two flows, with
 * the ends exchanged, and each packet counts once in each.)
 *
 * Packets of a flow come on any CPU, both directions at once. So an entry is changed under one
 * of FLOW_LOCKS locks, which the flow chooses. (A lock in the entry itself would rule out LRU
 * tables.) Two packets of one direction that two CPUs have at the same moment are taken in the
 * order in which these get the lock.
 */
#ifndef SKBSCOPE_FLOW_H
#define SKBSCOPE_FLOW_H

#include <skbscope/ip.h>
#include <skbscope/ports.h>

#define FLOW_LOCKS 64

enum way { RECEIVED, SENT };

struct flow {
	ip_address_t local;
	port_be_t local_port;
	u16 pad;
	ip_address_t remote;
	port_be_t remote_port;
	ip_proto_t protocol;
	u8 pad2;
};

struct flow_lock {
	struct bpf_spin_lock lock;
};

/* The flow of a packet whose source is the remote end. */
static inline struct flow flow_from(const struct ip_packet *ip, struct ports ports)
{
	struct flow flow = {
		.local = ip->destination,
		.local_port = ports.destination,
		.remote = ip->source,
		.remote_port = ports.source,
		.protocol = ip->protocol,
	};

	return flow;
}

/* Exchanges the ends. */
static inline void flow_turn(struct flow *flow)
{
	ip_address_t address = flow->local;
	port_be_t port = flow->local_port;

	flow->local = flow->remote;
	flow->local_port = flow->remote_port;
	flow->remote = address;
	flow->remote_port = port;
}

/* Which lock: the same for both directions. */
static inline u32 flow_slot(const struct flow *flow)
{
	return bpf_ntohs(flow->local_port ^ flow->remote_port) % FLOW_LOCKS;
}

/* Whether a packet that is found the other way round is of this flow. SEEN has for each way
 * the hook at which it was seen first: 1 + RECEIVED or SENT, 0 for not yet. */
static inline int flow_passes(const u8 *seen, enum way way, enum way hook)
{
	u8 first = seen[way & 1];

	return !first || first == 1 + hook;
}

#endif
