/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading clang's complaints about a program that the small tree refused: is
 * something missing that the kernel has, or is the program wrong? A wrong guess
 * costs a second compilation, never a wrong result.
 */
#include <string.h>

#include "compile/headers.h"

/* The text between the first pair of quotes after START. */
static bool quoted(const char *start, const char **name, size_t *length)
{
	const char *open = strchr(start, '\''), *close = open ? strchr(open + 1, '\'') : NULL;

	if (!close)
		return false;
	*name = open + 1;
	*length = (size_t)(close - open - 1);
	return true;
}

static bool begins(const char *string, size_t length, const char *prefix)
{
	size_t n = strlen(prefix);

	return length >= n && memcmp(string, prefix, n) == 0;
}

/* "… incomplete … 'struct sock'" */
static enum headers_need incomplete_type(const char *message)
{
	const char *name;
	size_t length;

	while (quoted(message, &name, &length)) {
		message = name + length + 1;
		for (;;) {
			if (begins(name, length, "const ")) {
				name += 6;
				length -= 6;
			} else if (begins(name, length, "volatile ")) {
				name += 9;
				length -= 9;
			} else {
				break;
			}
		}
		if (!begins(name, length, "struct "))
			continue;
		name += 7;
		length -= 7;
		while (length && (name[length - 1] == '*' || name[length - 1] == ' '))
			length--;
		return kernel_types_offers(name, length) ? HEADERS_NEED_KERNEL_TYPES
							 : HEADERS_NEED_KERNEL;
	}
	return HEADERS_NEED_NOTHING;
}

/* "'net/foo.h' file not found": only these folders are the kernel's. */
static enum headers_need missing_file(const char *message)
{
	static const char *const folders[] = {
		"linux/",  "net/",   "asm/",    "asm-generic/", "uapi/",    "trace/",
		"crypto/", "scsi/",  "sound/",  "drm/",         "rdma/",    "generated/",
		"acpi/",   "video/", "target/", "kvm/",         "../arch/", "arch/",
	};
	const char *name;
	size_t length;

	if (!quoted(message, &name, &length))
		return HEADERS_NEED_NOTHING;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (begins(name, length, folders[i]))
			return HEADERS_NEED_KERNEL;
	return HEADERS_NEED_NOTHING;
}

/* A name nobody declared: a misspelt one of the program's own, or one of the
 * kernel's? The kernel's carry their subsystem's name in front. */
static enum headers_need unknown_name(const char *message)
{
	static const char *const prefixes[] = {
		"skb_",    "__skb_",  "sk_",    "sock_",   "inet_",   "inet6_",  "tcp_",
		"udp_",    "ip_",     "ip6_",   "ipv4_",   "ipv6_",   "icmp_",   "icmpv6_",
		"eth_",    "ether_",  "dev_",   "net_",    "netif_",  "nf_",     "vlan_",
		"task_",   "pid_",    "ns_",    "bpf_jit", "csum_",   "rcu_",    "spin_",
		"atomic",  "list_",   "hlist_", "rb_",     "ktime_",  "jiffies", "nsecs_",
		"usecs_",  "msecs_",  "smp_",   "cpu_",    "CONFIG_", "SKB_",    "TCP_",
		"INET_",   "IPSKB_",  "IFF_",   "NETIF_",  "NF_",     "__GFP_",  "SOCK_",
		"PT_REGS", "HZ",      "wait_",  "mutex_",  "kuid_",   "kgid_",   "from_k",
		"d_",      "file_",   "inode_", "mnt_",    "dentry_", "cgroup_", "perf_",
		"trace_",  "neigh_",  "dst_",   "rt_",     "fib_",    "gre_",    "vxlan_",
		"geneve_", "current",
	};
	const char *name;
	size_t length;

	if (!quoted(message, &name, &length))
		return HEADERS_NEED_NOTHING;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (begins(name, length, prefixes[i]))
			return HEADERS_NEED_KERNEL;
	/* Kernel types that are typedefs end so, and few programs' own do. */
	if (strstr(message, "unknown type name") && length > 2 &&
	    memcmp(name + length - 2, "_t", 2) == 0)
		return HEADERS_NEED_KERNEL;
	return HEADERS_NEED_NOTHING;
}

static enum headers_need classify(const char *message)
{
	if (strstr(message, "file not found"))
		return missing_file(message);
	if (strstr(message, "incomplete"))
		return incomplete_type(message);
	if (strstr(message, "unknown type name") ||
	    strstr(message, "use of undeclared identifier") ||
	    strstr(message, "implicit declaration of function") ||
	    strstr(message, "call to undeclared function"))
		return unknown_name(message);
	return HEADERS_NEED_NOTHING;
}

enum headers_need headers_need(const struct skbscope_diagnostics *diagnostics)
{
	enum headers_need need = HEADERS_NEED_NOTHING;

	for (size_t i = 0; i < skbscope_diagnostics_count(diagnostics); i++) {
		const struct skbscope_diagnostic *diagnostic =
			skbscope_diagnostics_get(diagnostics, i);
		enum headers_need more;

		if (diagnostic->severity != SKBSCOPE_SEVERITY_ERROR)
			continue;
		more = classify(diagnostic->message);
		if (more > need)
			need = more;
	}
	return need;
}
