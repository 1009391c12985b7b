/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that have names. */
#include "model/names.h"

#include <ctype.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "model/value.h"

struct name {
	uint32_t number;
	const char *name;
};

/* IANA, "Assigned Internet Protocol Numbers": the ones met on live links. */
static const struct name protocols[] = {
	{ 0, "HOPOPT" },     { 1, "ICMP" },       { 2, "IGMP" },        { 4, "IPv4" },
	{ 6, "TCP" },        { 8, "EGP" },        { 9, "IGP" },         { 17, "UDP" },
	{ 27, "RDP" },       { 33, "DCCP" },      { 41, "IPv6" },       { 43, "IPv6-Route" },
	{ 44, "IPv6-Frag" }, { 46, "RSVP" },      { 47, "GRE" },        { 50, "ESP" },
	{ 51, "AH" },        { 58, "IPv6-ICMP" }, { 59, "IPv6-NoNxt" }, { 60, "IPv6-Opts" },
	{ 88, "EIGRP" },     { 89, "OSPFIGP" },   { 94, "IPIP" },       { 97, "ETHERIP" },
	{ 103, "PIM" },      { 108, "IPComp" },   { 112, "VRRP" },      { 115, "L2TP" },
	{ 132, "SCTP" },     { 135, "Mobility" }, { 136, "UDPLite" },   { 137, "MPLS-in-IP" },
	{ 139, "HIP" },      { 140, "Shim6" },    { 143, "Ethernet" },  { 255, "Reserved" },
};

/* IEEE registration authority, by the names packet tools print. */
static const struct name ethertypes[] = {
	{ 0x0800, "IPv4" },     { 0x0806, "ARP" },      { 0x0842, "WoL" },
	{ 0x22f0, "AVTP" },     { 0x22f3, "TRILL" },    { 0x8035, "RARP" },
	{ 0x8100, "VLAN" },     { 0x8137, "IPX" },      { 0x86dd, "IPv6" },
	{ 0x8808, "PAUSE" },    { 0x8809, "LACP" },     { 0x8847, "MPLS" },
	{ 0x8848, "MPLS-MC" },  { 0x8863, "PPPoE-D" },  { 0x8864, "PPPoE" },
	{ 0x888e, "EAPOL" },    { 0x8892, "PROFINET" }, { 0x88a2, "AoE" },
	{ 0x88a4, "EtherCAT" }, { 0x88a8, "QinQ" },     { 0x88b8, "GOOSE" },
	{ 0x88ca, "TIPC" },     { 0x88cc, "LLDP" },     { 0x88e5, "MACsec" },
	{ 0x88e7, "PBB" },      { 0x88f7, "PTP" },      { 0x8902, "CFM" },
	{ 0x8906, "FCoE" },     { 0x8914, "FIP" },      { 0x8915, "RoCE" },
	{ 0x892f, "HSR" },      { 0x9000, "Loopback" }, { 0x9100, "QinQ" },
	{ 0x9200, "QinQ" },
};

static const struct name verdicts[] = {
	{ (uint32_t)TC_ACT_UNSPEC, "UNSPEC" },
	{ TC_ACT_OK, "OK" },
	{ TC_ACT_RECLASSIFY, "RECLASSIFY" },
	{ TC_ACT_SHOT, "SHOT" },
	{ TC_ACT_PIPE, "PIPE" },
	{ TC_ACT_STOLEN, "STOLEN" },
	{ TC_ACT_QUEUED, "QUEUED" },
	{ TC_ACT_REPEAT, "REPEAT" },
	{ TC_ACT_REDIRECT, "REDIRECT" },
	{ TC_ACT_TRAP, "TRAP" },
};

static const char *find(const struct name *names, size_t count, uint32_t number)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].number == number)
			return names[i].name;
	return NULL;
}

const char *ip_protocol_name(uint32_t protocol)
{
	return find(protocols, sizeof(protocols) / sizeof(*protocols), protocol);
}

const char *ethertype_name(uint32_t ethertype)
{
	return find(ethertypes, sizeof(ethertypes) / sizeof(*ethertypes), ethertype);
}

/* Bit 8 was NS and is AE since RFC 9768. */
static const struct name tcp_flags[] = {
	{ 0x001, "FIN" }, { 0x002, "SYN" }, { 0x004, "RST" }, { 0x008, "PSH" }, { 0x010, "ACK" },
	{ 0x020, "URG" }, { 0x040, "ECE" }, { 0x080, "CWR" }, { 0x100, "AE" },
};

void tcp_flags_format(uint32_t flags, struct buffer *out)
{
	const char *separator = "";

	if (!flags)
		buffer_string(out, "0");
	for (size_t i = 0; i < sizeof(tcp_flags) / sizeof(*tcp_flags); i++) {
		if (!(flags & tcp_flags[i].number))
			continue;
		buffer_printf(out, "%s%s", separator, tcp_flags[i].name);
		separator = "|";
	}
	if (flags >> 9)
		buffer_printf(out, "%s0x%x", separator, flags >> 9 << 9);
}

const char *verdict_name(int32_t verdict)
{
	const char *name = find(verdicts, sizeof(verdicts) / sizeof(*verdicts), (uint32_t)verdict);

	return name ? name : "other";
}

static bool find_number(const struct name *names, size_t count, struct span name, uint32_t *out)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(names[i].name) == name.length &&
		    strncasecmp(names[i].name, name.text, name.length) == 0) {
			*out = names[i].number;
			return true;
		}
	return false;
}

bool ip_protocol_named(struct span name, uint32_t *out)
{
	return find_number(protocols, sizeof(protocols) / sizeof(*protocols), name, out);
}

bool ethertype_named(struct span name, uint32_t *out)
{
	return find_number(ethertypes, sizeof(ethertypes) / sizeof(*ethertypes), name, out);
}

bool tcp_flag_named(struct span name, uint32_t *out)
{
	return find_number(tcp_flags, sizeof(tcp_flags) / sizeof(*tcp_flags), name, out);
}

bool verdict_named(struct span name, int32_t *out)
{
	uint32_t number;

	span_skip(&name, "TC_ACT_");
	if (!find_number(verdicts, sizeof(verdicts) / sizeof(*verdicts), name, &number))
		return false;
	*out = (int32_t)number;
	return true;
}

int verdict_parse(const char *name, int32_t *out, struct skbscope_error *error)
{
	const char *names[sizeof(verdicts) / sizeof(*verdicts) + 1];
	const char *other = verdict_name(INT32_MIN);
	char upper[32];
	size_t count = 0;

	if (verdict_named(span_of(name), out))
		return 0;
	if (strcasecmp(name, other) == 0) {
		*out = INT32_MIN;
		return 0;
	}
	for (; count < sizeof(verdicts) / sizeof(*verdicts); count++)
		names[count] = verdicts[count].name;
	names[count++] = other;
	snprintf(upper, sizeof(upper), "%s", name);
	for (char *c = upper; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "'%s' is no verdict", name);
	if (!hint_nearest(error, upper, names, count))
		hint(error, 0, "verdicts are OK, SHOT, PIPE and the others of tc, without TC_ACT_");
	return -EINVAL;
}

const char *direction_name(enum skbscope_direction direction)
{
	return direction == SKBSCOPE_EGRESS ? "egress" : "ingress";
}

const char *hook_name(enum skbscope_hook hook)
{
	static const char *const names[] = { [SKBSCOPE_HOOK_AUTO] = "auto",
					     [SKBSCOPE_HOOK_TCX] = "tcx",
					     [SKBSCOPE_HOOK_CLSACT] = "clsact" };

	return names[hook];
}
