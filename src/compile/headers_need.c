/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading clang's complaints about a program that the small tree refused: is
 * something missing that the kernel has, or is the program wrong? A wrong guess
 * costs another compilation, never a wrong result.
 */
#include "compile/headers_need.h"

#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "compile/kernel_types.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* "… incomplete … 'const struct sock *'" */
static enum headers_need incomplete_type(const char *message)
{
	struct span rest = span_of(message), type, name;
	char copy[128];

	while (span_next_quoted(&rest, &type)) {
		while (span_skip(&type, "const ") || span_skip(&type, "volatile "))
			;
		if (!span_skip(&type, "struct ") || !span_next_word(&type, &name))
			continue;
		if (kernel_types_offers(name))
			return HEADERS_NEED_KERNEL_TYPES;
		snprintf(copy, sizeof(copy), "%.*s", (int)name.length, name.text);
		return kernel_types_known(copy) ? HEADERS_NEED_KERNEL_TYPES : HEADERS_NEED_NOTHING;
	}
	return HEADERS_NEED_NOTHING;
}

/* "'net/foo.h' file not found": only these folders are the kernel's. */
static enum headers_need missing_file(const char *message)
{
	static const char *const folders[] = {
		"linux/",   "net/",        "asm/",    "asm-generic/", "uapi/",
		"trace/",   "crypto/",     "scsi/",   "sound/",       "drm/",
		"rdma/",    "media/",      "acpi/",   "video/",       "target/",
		"kvm/",     "soc/",        "xen/",    "math-emu/",    "generated/",
		"../arch/", "../drivers/", "../net/", "../kernel/",   "../fs/",
	};
	struct span rest = span_of(message), name;

	if (!span_next_quoted(&rest, &name))
		return HEADERS_NEED_NOTHING;
	for (size_t i = 0; i < COUNT(folders); i++)
		if (span_begins(name, folders[i]))
			return HEADERS_NEED_KERNEL;
	return HEADERS_NEED_NOTHING;
}

/* A name nobody declared: a misspelt one of the program's own, or one of the
 * kernel's? The kernel's carry their subsystem's name in front. */
static bool is_kernel_name(struct span name)
{
	static const char *const prefixes[] = {
		"skb_",        "__skb_",   "sk_",     "__sk_",    "sock_",   "inet_",   "inet6_",
		"inet_sk",     "tcp_",     "udp_",    "ip_",      "ip6_",    "ipv4_",   "ipv6_",
		"icmp_",       "icmpv6_",  "eth_",    "ether_",   "is_",     "dev_",    "netdev_",
		"net_",        "netif_",   "nf_",     "vlan_",    "task_",   "pid_",    "ns_",
		"csum_",       "ip_fast_", "rcu_",    "spin_",    "atomic",  "list_",   "hlist_",
		"rb_",         "ktime_",   "jiffies", "nsecs_",   "usecs_",  "msecs_",  "smp_",
		"cpu_",        "wait_",    "mutex_",  "kuid_",    "kgid_",   "from_k",  "file_",
		"inode_",      "dentry_",  "cgroup_", "perf_",    "trace_",  "neigh_",  "dst_",
		"fib_",        "gre_",     "vxlan_",  "geneve_",  "sctp_",   "llc_",    "arp_",
		"ARP",         "BIT_",     "BPF_",    "CLONE_",   "CONFIG_", "ETH_",    "FRA_",
		"ICMP",        "IFA_",     "IFF_",    "IFLA_",    "IGMP_",   "INET_",   "IN6",
		"INADDR_",     "IP6",      "IPCB",    "IPPROTO_", "IPSKB_",  "IPTOS_",  "IPV6_",
		"IP_",         "MSG_",     "NAPI_",   "NDA_",     "ND_",     "NETDEV_", "NETIF_",
		"NET_",        "NEXTHDR_", "NF_",     "NLA_",     "NLM",     "NUD_",    "O_",
		"SIG",         "PACKET_",  "PF_",     "PT_REGS",  "RTA_",    "RTM_",    "RTN_",
		"RT_",         "SCTP_",    "SIOC",    "SKB_",     "SOCK_",   "SOF_",    "SOL_",
		"SO_",         "S_I",      "TASK_",   "TCA_",     "TCP",     "TC_",     "UDP_",
		"VLAN_",       "XFRM_",    "AF_",     "__GFP_",   "GFP_",    "__be",    "__le",
		"__constant_",
	};
	static const char *const names[] = {
		"HZ",     "current", "memcpy", "memmove", "memset",
		"memcmp", "strlen",  "strcmp", "strncmp",
	};

	for (size_t i = 0; i < COUNT(prefixes); i++)
		if (span_begins(name, prefixes[i]))
			return true;
	for (size_t i = 0; i < COUNT(names); i++)
		if (span_is(name, names[i]))
			return true;
	return false;
}

static enum headers_need unknown_name(const char *message)
{
	struct span rest = span_of(message), name;

	if (!span_next_quoted(&rest, &name))
		return HEADERS_NEED_NOTHING;
	if (is_kernel_name(name))
		return HEADERS_NEED_KERNEL_TYPES;
	/* The kernel's typedefs end so, and few of a program's own do. */
	if (strstr(message, "unknown type name") && name.length > 2 &&
	    span_is(span_from(name, name.length - 2), "_t"))
		return HEADERS_NEED_KERNEL_TYPES;
	return HEADERS_NEED_NOTHING;
}

/* The base declares what programs call without asking; one that defines it
 * itself gets along with the base that comes with kernel types. */
static enum headers_need own_definition(const char *message)
{
	static const char *const names[] = { "'memcpy'", "'memmove'", "'memset'", "'memcmp'" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (strstr(message, names[i]))
			return HEADERS_NEED_KERNEL_TYPES;
	return HEADERS_NEED_NOTHING;
}

static enum headers_need classify(const char *message)
{
	if (strstr(message, "file not found"))
		return missing_file(message);
	if (strstr(message, "incomplete"))
		return incomplete_type(message);
	if (strstr(message, "follows non-static declaration") ||
	    strstr(message, "conflicting types"))
		return own_definition(message);
	if (strstr(message, "unknown type name") || strstr(message, "undeclared identifier") ||
	    strstr(message, "implicit declaration of function") ||
	    strstr(message, "implicitly declaring library function") ||
	    strstr(message, "call to undeclared"))
		return unknown_name(message);
	return HEADERS_NEED_NOTHING;
}

enum headers_need headers_need(const struct skbscope_diagnostics *diagnostics)
{
	enum headers_need need = HEADERS_NEED_NOTHING;

	for (size_t i = 0; i < skbscope_diagnostics_count(diagnostics); i++) {
		const struct skbscope_diagnostic *entry = skbscope_diagnostics_get(diagnostics, i);
		enum headers_need more;

		if (entry->severity != SKBSCOPE_SEVERITY_ERROR || !entry->message)
			continue;
		more = classify(entry->message);
		if (more > need)
			need = more;
	}
	return need;
}
