/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * process - rows that tell of their ends what --process goes by
 *
 * @ingress nt_in
 * @egress nt_out
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/link.h>
#include <skbscope/ports.h>

struct flow {
	ip_address_t source, destination;
	port_be_t source_port, destination_port;
	ip_proto_t protocol;
	u8 pad[3];
};

struct server {
	ip_address_t address;
	port_be_t port;
	ip_proto_t protocol;
	u8 pad;
};

struct port {
	port_be_t port;
};

BPF_HASH(nt_flows, struct flow, u64, 1024);
BPF_HASH(nt_servers, struct server, u64, 1024);
BPF_HASH(nt_ports, struct port, u64, 1024);

static inline int nt_count(struct __sk_buff *skb, int sent)
{
	struct cursor cursor = cursor_start(skb);
	struct ip_packet ip = {};
	struct flow flow = {};
	struct server server = {};
	struct port port = {};
	struct ports ports;
	u64 zero = 0, *packets;

	if (read_ip(&cursor, link_ethertype(&cursor), &ip) < 0 || !has_ports(&ip) ||
	    look_at_ports(&cursor, &ip, &ports) < 0)
		return TC_ACT_UNSPEC;
	flow.source = ip.source;
	flow.destination = ip.destination;
	flow.source_port = ports.source;
	flow.destination_port = ports.destination;
	flow.protocol = ip.protocol;
	packets = nt_flows.lookup_or_try_init(&flow, &zero);
	if (packets)
		lock_xadd(packets, 1);
	server.address = sent ? ip.source : ip.destination;
	server.port = sent ? ports.source : ports.destination;
	server.protocol = ip.protocol;
	packets = nt_servers.lookup_or_try_init(&server, &zero);
	if (packets)
		lock_xadd(packets, 1);
	port.port = server.port;
	packets = nt_ports.lookup_or_try_init(&port, &zero);
	if (packets)
		lock_xadd(packets, 1);
	return TC_ACT_UNSPEC;
}

int nt_in(struct __sk_buff *skb)
{
	return nt_count(skb, 0);
}

int nt_out(struct __sk_buff *skb)
{
	return nt_count(skb, 1);
}
