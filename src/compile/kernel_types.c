/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The running kernel's own structs as C, from its BTF. libbpf writes the
 * definitions; this file chooses where to begin, leaves out what the small tree
 * and the uapi headers define themselves, and adds an assertion for the size of
 * each struct, so that a mistake is an error of the compiler and never a wrong
 * offset.
 */
#include "compile/kernel_types.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"

/* What programs read. Each brings along all that it holds by value; what it only
 * points to stays a name unless it is listed itself. */
/* clang-format off */
static const char *const roots[] = {
	"Qdisc", "cred", "css_set", "dentry", "dst_entry", "file", "files_struct", "in_device",
	"inet_connection_sock", "inet_request_sock", "inet_sock", "inet_timewait_sock", "inode",
	"ipv6_pinfo", "kernfs_node", "mm_struct", "mnt_namespace", "mount", "msghdr",
	"napi_struct", "neighbour", "net", "net_device", "netdev_queue", "nsproxy", "path",
	"pid", "pid_namespace", "qstr", "raw_sock", "request_sock", "rtable", "sk_buff",
	"skb_shared_info", "sock", "sock_common", "socket", "task_struct", "tcp6_sock",
	"tcp_request_sock", "tcp_skb_cb", "tcp_sock", "tcp_timewait_sock", "udp6_sock", "udp_sock",
	"unix_sock", "upid", "uts_namespace", "vfsmount",
};
/* clang-format on */

/* Structs, unions and enums that have a definition already, and where: in headers that do
 * not lead to net/sock.h, whose member macros would change the structs that follow. */
static const struct known {
	const char *name, *header;
} known[] = {
	{ "atomic64_t", "linux/types.h" }, /* typedefs, these two */
	{ "atomic_t", "linux/types.h" },
	{ "ethhdr", "uapi/linux/if_ether.h" },
	{ "frag_hdr", "skbscope/frag_hdr.h" },
	{ "gnet_stats_queue", "uapi/linux/gen_stats.h" },
	{ "hlist_head", "linux/types.h" },
	{ "hlist_node", "linux/types.h" },
	{ "icmp_filter", "uapi/linux/icmp.h" },
	{ "icmphdr", "uapi/linux/icmp.h" },
	{ "in6_addr", "uapi/linux/in6.h" },
	{ "in6_pktinfo", "uapi/linux/ipv6.h" },
	{ "in_addr", "uapi/linux/in.h" },
	{ "iovec", "uapi/linux/uio.h" },
	{ "iphdr", "uapi/linux/ip.h" },
	{ "ipv6hdr", "uapi/linux/ipv6.h" },
	{ "list_head", "linux/types.h" },
	{ "new_utsname", "uapi/linux/utsname.h" },
	{ "nf_conntrack_man_proto", "uapi/linux/netfilter/nf_conntrack_tuple_common.h" },
	{ "nf_inet_addr", "uapi/linux/netfilter.h" },
	{ "pt_regs", "asm/ptrace.h" },
	{ "sctp_conntrack", "uapi/linux/netfilter/nf_conntrack_sctp.h" },
	{ "sock_filter", "uapi/linux/filter.h" },
	{ "sock_fprog", "uapi/linux/filter.h" },
	{ "sock_type", "linux/net.h" },
	{ "sockaddr", "linux/socket.h" },
	{ "sockaddr_in", "uapi/linux/in.h" },
	{ "sockaddr_in6", "uapi/linux/in6.h" },
	{ "socket_state", "uapi/linux/net.h" }, /* a typedef */
	{ "tcphdr", "uapi/linux/tcp.h" },
	{ "udphdr", "uapi/linux/udp.h" },
	{ "vlan_ethhdr", "linux/if_vlan.h" },
	{ "vlan_hdr", "linux/if_vlan.h" },
};

/* The small tree's typedefs (skbscope/base.h, linux/socket.h, linux/time.h). Equal ones may be
 * repeated, but a kernel may have chosen another integer of the same size. */
/* clang-format off */
static const char *const typedefs[] = {
	"__be16", "__be32", "__be64", "__kernel_caddr_t", "__kernel_clock_t",
	"__kernel_clockid_t", "__kernel_daddr_t", "__kernel_dev_t", "__kernel_gid32_t",
	"__kernel_gid_t", "__kernel_ino_t", "__kernel_key_t", "__kernel_loff_t",
	"__kernel_long_t", "__kernel_mode_t", "__kernel_mqd_t", "__kernel_off_t",
	"__kernel_old_time_t", "__kernel_pid_t", "__kernel_ptrdiff_t", "__kernel_sa_family_t",
	"__kernel_size_t", "__kernel_ssize_t", "__kernel_suseconds_t", "__kernel_time64_t",
	"__kernel_time_t", "__kernel_timer_t", "__kernel_uid32_t", "__kernel_uid_t",
	"__kernel_ulong_t", "__le16", "__le32", "__le64", "__poll_t", "__s128", "__s16",
	"__s32", "__s64", "__s8", "__sum16", "__u128", "__u16", "__u32", "__u64", "__u8",
	"__wsum", "blkcnt_t", "bool", "clock_t", "clockid_t", "dev_t", "dma_addr_t", "fmode_t",
	"gfp_t", "gid_t", "ino_t", "int16_t", "int32_t", "int64_t", "int8_t", "irq_hw_number_t",
	"key_t", "ktime_t", "loff_t", "mode_t", "mqd_t", "nlink_t", "off_t", "phys_addr_t",
	"pid_t", "psw_t", "ptrdiff_t", "resource_size_t", "s16", "s32", "s64", "s8",
	"sa_family_t", "sector_t", "size_t", "slab_flags_t", "ssize_t", "time64_t", "timer_t",
	"u16", "u32", "u64", "u8", "u_char", "u_int", "u_int16_t", "u_int32_t", "u_int64_t",
	"u_int8_t", "u_long", "u_short", "uid_t", "uint", "uint16_t", "uint32_t", "uint64_t",
	"uint8_t", "uintptr_t", "ulong", "umode_t", "unchar", "ushort",
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* libbpf explains on stderr what is not there; we say it in our own words. */
struct btf *kernel_types_load(void)
{
	libbpf_print_fn_t print = libbpf_set_print(NULL);
	struct btf *btf = btf__load_vmlinux_btf();
	int code = errno;

	libbpf_set_print(print);
	errno = code;
	return btf;
}

static bool is_named(const struct btf *btf, uint32_t offset, struct span name)
{
	const char *string = btf__name_by_offset(btf, offset);

	return string && span_is(name, string);
}

static bool has_enumerator(const struct btf *btf, const struct btf_type *type, struct span name)
{
	for (uint32_t i = 0; i < btf_vlen(type); i++)
		if (is_named(btf,
			     btf_is_enum(type) ? btf_enum(type)[i].name_off
					       : btf_enum64(type)[i].name_off,
			     name))
			return true;
	return false;
}

bool kernel_types_have(const struct btf *btf, bool tag, struct span name)
{
	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if ((tag ? btf_is_composite(type) : btf_is_typedef(type)) &&
		    is_named(btf, type->name_off, name))
			return true;
		if (!tag && btf_is_any_enum(type) && has_enumerator(btf, type, name))
			return true;
	}
	return false;
}

static const struct known *find_known(struct span name)
{
	for (size_t i = 0; i < COUNT(known); i++)
		if (span_is(name, known[i].name))
			return &known[i];
	return NULL;
}

static bool is_tree_typedef(struct span name)
{
	for (size_t i = 0; i < COUNT(typedefs); i++)
		if (span_is(name, typedefs[i]))
			return true;
	return false;
}

/* One definition as libbpf writes it, up to the blank line that ends it. */
static struct span next_definition(struct span *rest)
{
	struct span definition = *rest;
	size_t i = 0;
	int depth = 0;

	for (; i < rest->length; i++) {
		char c = rest->text[i];

		depth += c == '{' ? 1 : c == '}' ? -1 : 0;
		if (depth == 0 && c == '\n' && i + 1 < rest->length && rest->text[i + 1] == '\n') {
			i += 2;
			break;
		}
	}
	definition.length = i;
	*rest = span_from(*rest, i);
	return definition;
}

/* "struct name {", "union name {" or "enum name {": the name. */
static bool defined_tag(struct span definition, struct span *name)
{
	return (span_skip(&definition, "struct ") || span_skip(&definition, "union ") ||
		span_skip(&definition, "enum ")) &&
	       span_next_word(&definition, name) && span_begins(definition, " {");
}

/* "typedef … name;": the name, where it comes last. */
static bool defined_typedef(struct span definition, struct span *name)
{
	size_t end = definition.length;

	if (!span_begins(definition, "typedef "))
		return false;
	while (end && (definition.text[end - 1] == '\n' || definition.text[end - 1] == ';'))
		end--;
	for (name->length = 0; end && text_is_word(definition.text[end - 1]); end--)
		name->length++;
	name->text = definition.text + end;
	return name->length > 0;
}

static int compare(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	size_t shorter = x->length < y->length ? x->length : y->length;
	int order = memcmp(x->text, y->text, shorter);

	return order ? order : (x->length > y->length) - (x->length < y->length);
}

/* Copies the definitions that nobody else gives, and adds the names of those to kept. */
static void keep(const struct buffer *all, struct buffer *kept, struct buffer *out)
{
	struct span rest = { buffer_text(all), all->length };
	bool included[COUNT(known)] = { false };

	while (rest.length) {
		struct span definition = next_definition(&rest), name;
		const struct known *elsewhere = NULL;
		bool tag = defined_tag(definition, &name);

		if (tag || defined_typedef(definition, &name))
			elsewhere = find_known(name);
		if (elsewhere && !included[elsewhere - known]) {
			included[elsewhere - known] = true;
			buffer_printf(out, "#include <%s>\n", elsewhere->header);
		}
		if (elsewhere ||
		    (!tag && defined_typedef(definition, &name) && is_tree_typedef(name)))
			continue;
		buffer_append(out, definition.text, definition.length);
		if (tag)
			buffer_append(kept, &name, sizeof(name));
	}
}

/* A name that BTF has twice says nothing about which of the two was meant. */
static int assert_sizes(const struct btf *btf, const struct buffer *kept, struct buffer *out)
{
	struct span *names = (struct span *)(void *)kept->data;
	const size_t count = kept->length / sizeof(*names);
	AUTO(freep) uint32_t *sizes = calloc(count + 1, sizeof(*sizes));
	AUTO(freep) uint8_t *seen = calloc(count + 1, sizeof(*seen));

	if (!sizes || !seen || kept->failed)
		return -ENOMEM;
	if (count)
		qsort(names, count, sizeof(*names), compare);
	for (uint32_t id = 1; count && id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *string = btf__name_by_offset(btf, type->name_off);
		struct span name = span_of(string ? string : ""), *found;

		if (!btf_is_struct(type) || !name.length)
			continue;
		found = bsearch(&name, names, count, sizeof(name), compare);
		if (!found)
			continue;
		if (seen[found - names] < 2)
			seen[found - names]++;
		sizes[found - names] = type->size;
	}
	for (size_t i = 0; i < count; i++)
		if (seen[i] == 1)
			buffer_printf(out,
				      "_Static_assert(sizeof(struct %.*s) == %u, \"kernel "
				      "type\");\n",
				      (int)names[i].length, names[i].text, sizes[i]);
	return 0;
}

__attribute__((format(printf, 2, 0))) static void append(void *context, const char *format,
							 va_list arguments)
{
	buffer_vprintf(context, format, arguments);
}

static int dump_roots(const struct btf *btf, struct buffer *out)
{
	bool dumped[COUNT(roots)] = { false };
	struct btf_dump *dump = btf_dump__new(btf, append, out, NULL);
	int r = 0;

	if (!dump)
		return -errno;
	for (uint32_t id = 1; id < btf__type_cnt(btf) && r == 0; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *name;

		if (!btf_is_struct(type))
			continue;
		name = btf__name_by_offset(btf, type->name_off);
		for (size_t i = 0; i < COUNT(roots) && name && r == 0; i++) {
			if (dumped[i] || strcmp(name, roots[i]) != 0)
				continue;
			dumped[i] = true;
			r = btf_dump__dump_type(dump, id);
		}
	}
	btf_dump__free(dump);
	return r;
}

int kernel_types_write(const struct btf *btf, struct buffer *out, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer all = { 0 };
	AUTO(buffer_free) struct buffer kept = { 0 };
	int r = dump_roots(btf, &all);

	if (r == 0) {
		buffer_string(out, "/* Made from the running kernel's BTF. */\n#pragma once\n");
		keep(&all, &kept, out);
		r = assert_sizes(btf, &kept, out);
	}
	if (all.failed || out->failed)
		r = -ENOMEM;
	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_COMPILE,
				  "cannot generate the kernel's types from its BTF");
	return 0;
}

int kernel_types_generate(struct buffer *out, struct skbscope_error *error)
{
	struct btf *btf = kernel_types_load();
	int r = btf ? 0 : -errno;

	if (r < 0)
		return hint(
			error,
			fail(error, r == -ENOMEM ? r : -ENOENT, SKBSCOPE_STAGE_COMPILE,
			     "this kernel has no BTF to take its types from"),
			"a kernel with CONFIG_DEBUG_INFO_BTF has it in /sys/kernel/btf/vmlinux");
	r = kernel_types_write(btf, out, error);
	btf__free(btf);
	return r;
}
