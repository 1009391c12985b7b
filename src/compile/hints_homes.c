/* SPDX-License-Identifier: Apache-2.0 */
/* Well-known names, and the headers that have them. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/span.h"
#include "base/text.h"
#include "compile/hints.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HEADER_MAX_BYTES (1u << 20)
#define FAMILY_MAX 512

/* Names that newcomers meet in other people's programs, and the header that has
 * them; a name ending in _ stands for all that begin so. */
static const struct {
	const char *name, *header;
} homes[] = {
	{ "TC_ACT_", "linux/pkt_cls.h" },
	{ "ETH_", "linux/if_ether.h" },
	{ "struct ethhdr", "linux/if_ether.h" },
	{ "IPPROTO_", "linux/in.h" },
	{ "struct in_addr", "linux/in.h" },
	{ "struct iphdr", "linux/ip.h" },
	{ "struct ipv6hdr", "linux/ipv6.h" },
	{ "struct in6_addr", "linux/in6.h" },
	{ "struct tcphdr", "linux/tcp.h" },
	{ "struct udphdr", "linux/udp.h" },
	{ "struct icmphdr", "linux/icmp.h" },
	{ "ICMP_", "linux/icmp.h" },
	{ "struct icmp6hdr", "linux/icmpv6.h" },
	{ "struct vlan_hdr", "linux/if_vlan.h" },
	{ "struct arphdr", "linux/if_arp.h" },
	{ "ARPHRD_", "linux/if_arp.h" },
	{ "AF_", "linux/socket.h" },
	{ "struct sock", "net/sock.h" },
	{ "struct vxlanhdr", "net/vxlan.h" },
	{ "bucket_t", "skbscope/types.h" },
	{ "bytes_bucket_t", "skbscope/types.h" },
	{ "bytes_t", "skbscope/types.h" },
	{ "count_t", "skbscope/types.h" },
	{ "eth_proto_be_t", "skbscope/types.h" },
	{ "eth_proto_t", "skbscope/types.h" },
	{ "histogram_add", "skbscope/histogram.h" },
	{ "histogram_add_shared", "skbscope/histogram.h" },
	{ "hex16_t", "skbscope/types.h" },
	{ "hex32_t", "skbscope/types.h" },
	{ "hex64_t", "skbscope/types.h" },
	{ "hex8_t", "skbscope/types.h" },
	{ "ifindex_t", "skbscope/types.h" },
	{ "ip_address_t", "skbscope/types.h" },
	{ "ip_proto_t", "skbscope/types.h" },
	{ "ipv4_host_t", "skbscope/types.h" },
	{ "ipv4_t", "skbscope/types.h" },
	{ "ipv6_t", "skbscope/types.h" },
	{ "level_t", "skbscope/types.h" },
	{ "log2_t", "skbscope/types.h" },
	{ "mac_t", "skbscope/types.h" },
	{ "max_t", "skbscope/types.h" },
	{ "min_t", "skbscope/types.h" },
	{ "ns_bucket_t", "skbscope/types.h" },
	{ "ns_level_t", "skbscope/types.h" },
	{ "ns_t", "skbscope/types.h" },
	{ "port_be_t", "skbscope/types.h" },
	{ "port_t", "skbscope/types.h" },
	{ "tcp_flags_t", "skbscope/types.h" },
	{ "verdict_t", "skbscope/types.h" },
	{ "when_t", "skbscope/types.h" },
};

const char *hint_nearest_home(const char *name, const char **header)
{
	const char *names[COUNT(homes)], *nearest;

	for (size_t i = 0; i < COUNT(homes); i++)
		names[i] = homes[i].name;
	nearest = text_nearest(name, names, COUNT(homes));
	for (size_t i = 0; nearest && i < COUNT(homes); i++)
		if (homes[i].name == nearest)
			*header = homes[i].header;
	return nearest;
}

/* Those that everybody includes are meant more often than what is one letter nearer. */
const char *hint_home_header(const char *name)
{
	const char *headers[COUNT(homes)], *nearest;

	if (strncmp(name, "uapi/", strlen("uapi/")) == 0)
		name += strlen("uapi/");
	for (size_t i = 0; i < COUNT(homes); i++)
		headers[i] = homes[i].header;
	nearest = text_nearest(name, headers, COUNT(homes));
	return nearest && text_distance(name, nearest) <= 2 ? nearest : NULL;
}

/* The names in a header that begin alike. */
struct family {
	struct arena *arena;
	const char *prefix, *header;
	const char *names[FAMILY_MAX];
	size_t count;
};

static void add_names(struct family *family, const struct buffer *text)
{
	struct span rest = { buffer_text(text), text->length }, word;

	while (rest.length && family->count < FAMILY_MAX) {
		if (!text_is_word(rest.text[0])) {
			rest = span_from(rest, 1);
			continue;
		}
		span_next_word(&rest, &word);
		if (span_begins(word, family->prefix) && word.length > strlen(family->prefix))
			family->names[family->count++] =
				arena_string_n(family->arena, word.text, word.length);
	}
}

/* False: the header is not there to be read. */
static bool read_family(struct family *family, const char *tree)
{
	static const char *const roots[] = { "include", "include/generated/uapi", "include/uapi" };
	bool any = false;

	for (size_t i = 0; tree && i < COUNT(roots); i++) {
		AUTO(buffer_free) struct buffer text = { 0 };
		const char *path =
			arena_printf(family->arena, "%s/%s/%s", tree, roots[i], family->header);
		AUTO(closep) int fd = path ? open_regular(path, false) : -1;

		if (fd < 0 || read_descriptor(fd, HEADER_MAX_BYTES, &text) < 0)
			continue;
		add_names(family, &text);
		any = true;
	}
	return any && !arena_failed(family->arena);
}

static bool has_name(const struct family *family, const char *name)
{
	for (size_t i = 0; i < family->count; i++)
		if (strcmp(family->names[i], name) == 0)
			return true;
	return false;
}

/* Names of a family that were never in its header. */
static const struct {
	const char *wrong, *right;
} meant[] = {
	{ "TC_ACT_DROP", "TC_ACT_SHOT" },
	{ "TC_ACT_PASS", "TC_ACT_OK" },
	{ "TC_ACT_ACCEPT", "TC_ACT_OK" },
	{ "TC_ACT_CONTINUE", "TC_ACT_UNSPEC" },
	{ "ETH_P_IPV4", "ETH_P_IP" },
	{ "ETH_P_IP4", "ETH_P_IP" },
	{ "ETH_P_IP6", "ETH_P_IPV6" },
	{ "ETH_P_VLAN", "ETH_P_8021Q" },
	{ "IPPROTO_ICMP6", "IPPROTO_ICMPV6" },
	{ "IPPROTO_ICMPv6", "IPPROTO_ICMPV6" },
	{ "IPPROTO_IPV4", "IPPROTO_IPIP" },
	{ "ICMP_ECHO_REQUEST", "ICMP_ECHO" },
	{ "ICMP_ECHO_REPLY", "ICMP_ECHOREPLY" },
	{ "AF_INET4", "AF_INET" },
};

/* "did you mean": of all the family that the header has. False: it has none like it. */
static bool nearest_of_family(const struct family *family, const char *name,
			      const struct hint_question *question, struct buffer *remedy)
{
	const char *nearest = NULL;
	char include[64];

	for (size_t i = 0; i < COUNT(meant); i++)
		if (strcmp(meant[i].wrong, name) == 0)
			nearest = meant[i].right;
	if (!nearest)
		nearest = text_nearest(name, family->names, family->count);
	if (!nearest)
		return false;
	snprintf(include, sizeof(include), "%s>", family->header);
	buffer_printf(remedy, "did you mean %s?", nearest);
	if (has_name(family, nearest) && !strstr(question->program, include))
		buffer_printf(remedy, " It is in #include <%s>", family->header);
	return true;
}

static bool is_of_family(const char *prefix, const char *header,
			 const struct hint_question *question, struct buffer *remedy)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct family *family = arena ? ARENA_NEW(arena, struct family) : NULL;
	char name[128];

	if (!family || strstr(question->message, "did you mean") ||
	    !hint_quoted(question->message, name, sizeof(name)))
		return false;
	family->arena = arena;
	family->prefix = prefix;
	family->header = header;
	if (read_family(family, question->headers) && !has_name(family, name))
		return nearest_of_family(family, name, question, remedy);
	buffer_printf(remedy, "write #include <%s>", header);
	return true;
}

bool hints_of_homes(const struct hint_question *question, struct buffer *remedy)
{
	for (size_t i = 0; i < COUNT(homes); i++) {
		const size_t length = strlen(homes[i].name);
		const bool family = homes[i].name[length - 1] == '_';

		for (const char *at = question->message; (at = strchr(at, '\'')); at++) {
			if (strncmp(at + 1, homes[i].name, length) != 0)
				continue;
			if (family)
				return is_of_family(homes[i].name, homes[i].header, question,
						    remedy);
			if (at[1 + length] != '\'')
				continue;
			buffer_printf(remedy, "write #include <%s>", homes[i].header);
			return true;
		}
	}
	return false;
}
