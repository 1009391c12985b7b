/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of compiler messages and remedies. Messages are matched by words
 * that have been stable over many LLVM and bcc versions; the first match wins,
 * so the narrower ones stand first.
 */
#include "compile/hints.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "base/text.h"

struct rule {
	const char *words; /* in the message */
	const char *also;  /* in the message too; NULL: no matter */
	/* Where there is neither, those of the next row that has any: */
	const char *plain;  /* instead of the message; %s: the first quoted name in it */
	const char *remedy; /* %s as above */
};

static const struct rule rules[] = {
	/* back end */
	{ "BPF stack limit", NULL,
	  "the variables of this function need more than the 512 bytes of BPF's stack",
	  "keep large variables in a table: BPF_PERCPU_ARRAY(scratch, struct large, 1), then use "
	  "the pointer that scratch.lookup(&zero) returns" },
	{ .words = "igned division" },
	{ .words = "Cannot select", .also = "sdiv" },
	{ "Cannot select", "srem", "BPF can divide unsigned numbers only",
	  "give both operands of / or % an unsigned type (u32, u64)" },
	{ "built-in function 'mem", NULL, "%s with a length that is not known at compile time",
	  "use a constant length, or a loop with a constant bound" },
	{ "built-in function 'str", NULL, "BPF has no C library, so no %s",
	  "write a loop with a constant bound" },
	{ "built-in function '__", "ti3'", "BPF has no 128-bit multiplication or division",
	  "work in u64" },
	{ "built-in function '__", "f", "BPF has no floating point",
	  "count in integers of a smaller unit (thousandths, nanoseconds) and divide where the "
	  "numbers are read" },
	{ .words = "too many args to" },
	{ .words = "too many arguments", .also = "GlobalAddress" },
	{ "tack arguments are not supported", NULL,
	  "a function that is not inlined takes more than five arguments",
	  "pass at most five, or one pointer to a struct that holds them" },
	{ "unimplemented opcode", NULL, "this has no meaning in BPF",
	  "remove it, or write it differently: packet programs have no caller and no C library" },
	{ "pass by value not supported", NULL, NULL, "pass a pointer to the struct" },
	{ .words = "variable sized stack" },
	{ "nsupported dynamic stack allocation", NULL, NULL, "give the array a constant size" },
	{ "changed binding to STB_GLOBAL", NULL, "a section has the name of a function",
	  "remove __attribute__((section(…))): every function gets a section of its own" },
	{ "<inline asm>", NULL, NULL,
	  "inline assembly must be for BPF (r1 = r2); assembly for the machine's processor usually "
	  "comes from a kernel header: try --headers uapi" },

	/* the worker's own */
	{ "uses a global or static variable", NULL, NULL,
	  "the kernel will refuse it: keep variables in a table (BPF_ARRAY(name, type, 1)), "
	  "constants in #define or enum, and text in a local char array" },
	{ "() adds no entry to '", NULL, NULL,
	  "libbcc adds missing keys to a BPF_HASH only: count in the value that "
	  "lookup_or_try_init(&key, &zero) returns" },
	{ "calls a function that cannot be inlined", NULL, NULL,
	  "the kernel will refuse it: write static inline, and a loop instead of recursion; "
	  "strcpy, "
	  "memcpy and their like are expanded only for lengths that clang knows" },

	/* libbcc's rewriter */
	{ "cannot call non-static helper function", NULL,
	  "a function called by another one must be static", "write static inline before it" },
	{ "reference to undefined table", NULL, "an extern table lives in another program",
	  "declare it here: BPF_TABLE(\"hash\", key type, value type, name, entries)" },
	{ "failed to open", "bpf_table", NULL, "see the error at the table's declaration" },
	{ .words = "cannot use map function inside a macro" },
	{ "cannot use builtin inside a macro", NULL, NULL,
	  "write the call out where the macro is used, or make the macro a static inline "
	  "function" },
	{ "histogram leaf type must be u64", NULL, NULL, "write BPF_HISTOGRAM(name)" },
	{ .words = "too many arguments, bcc only supports" },
	{ .words = "no member named 'di' in 'struct __sk_buff'" },
	{ .words = "no member named 'si' in 'struct __sk_buff'" },
	{ .words = "no member named 'regs' in 'struct __sk_buff'" },
	{ "no member named 'gpr' in 'struct __sk_buff'", NULL,
	  "a packet function has one parameter; this one looks like a kernel probe",
	  "let it take struct __sk_buff *skb and nothing else; if it is a helper of yours, make it "
	  "static inline" },
	{ "no member named", "_table_t'", "a table has no function %s",
	  "tables have lookup, lookup_or_try_init, update, insert, delete and increment; others "
	  "depend on their type: docs/writing-programs.md" },
	{ "redefinition of '", "_table_t'", "a table of this name exists already",
	  "give one of them another name" },

	/* front end */
	{ .words = "implicit declaration of function" },
	{ "undeclared function", NULL, "there is no function %s",
	  "check its spelling; BPF has no C library, only helpers and what you write yourself" },
	{ "has internal linkage but is not defined", NULL,
	  "function %s is declared but has no body", "write its body in this file" },
	{ "but never defined", NULL, NULL, "write its body in this file" },
	{ "#include nested too deeply", NULL, "a file includes itself endlessly",
	  "write #pragma once at the top of the file that is included" },
	{ "file not found", "'std", "%s belongs to the C library, which BPF does not have",
	  "u8 to u64, bool, NULL and the kernel's types need no header here" },
	{ "file not found", "'arpa/", "%s belongs to the C library, which BPF does not have",
	  "htons() and the like need no header here" },
	{ "file not found", "'netinet/", "%s belongs to the C library, which BPF does not have",
	  "the kernel's own are linux/ip.h, linux/tcp.h, linux/in.h…" },
	{ "ermission denied", "cannot open file", NULL,
	  "the compiler runs without privilege, as the user who called sudo or as nobody: let that "
	  "user read the file (chmod o+r)" },
	{ "No such device or address", NULL, NULL,
	  "only files are included: opening a device does something, and a pipe may let one wait" },
	{ "BPF_LICENSE cannot be specified", NULL, NULL,
	  "write #define BPF_LICENSE in the program" },
};

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
	{ "ipv4_t", "skbscope/types.h" },
	{ "mac_t", "skbscope/types.h" },
	{ "ns_t", "skbscope/types.h" },
	{ "bytes_t", "skbscope/types.h" },
	{ "count_t", "skbscope/types.h" },
	{ "ip_proto_t", "skbscope/types.h" },
	{ "eth_proto_t", "skbscope/types.h" },
};

static const char *const map_types[] = {
	"hash",          "array",           "percpu_hash",    "percpu_array",
	"lru_hash",      "lru_percpu_hash", "lpm_trie",       "histogram",
	"prog",          "perf_output",     "perf_array",     "ringbuf",
	"queue",         "stack",           "cgroup_array",   "stacktrace",
	"devmap",        "cpumap",          "xskmap",         "hash_of_maps",
	"array_of_maps", "sk_storage",      "inode_storage",  "task_storage",
	"sockmap",       "sockhash",        "cgroup_storage", "percpu_cgroup_storage",
};

static void suggest_map_type(const char *message, struct buffer *plain, struct buffer *remedy)
{
	const char *type = strstr(message, "maps/");
	const char *nearest;

	if (!type)
		return;
	type += strlen("maps/");
	nearest = text_nearest(type, map_types, sizeof(map_types) / sizeof(map_types[0]));
	buffer_printf(plain, "there is no table type \"%s\"", type);
	if (nearest)
		buffer_printf(remedy, "did you mean \"%s\"?", nearest);
	else
		buffer_string(remedy, "\"hash\", \"array\", \"percpu_hash\", \"percpu_array\", "
				      "\"lru_hash\" and \"lpm_trie\" are the usual ones");
}

/* What the message names first in quotes, quotes included. */
static void quoted_name(const char *message, char *out, size_t size)
{
	struct span rest = span_of(message), name;

	if (span_next_quoted(&rest, &name))
		snprintf(out, size, "'%.*s'", (int)name.length, name.text);
	else
		snprintf(out, size, "this");
}

static bool misses_a_name(const char *message)
{
	return strstr(message, "undeclared identifier") || strstr(message, "incomplete ") ||
	       strstr(message, "unknown type name");
}

static void suggest_header(const char *message, struct buffer *remedy)
{
	if (!misses_a_name(message))
		return;
	for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++) {
		const size_t length = strlen(homes[i].name);
		const bool family = homes[i].name[length - 1] == '_';

		for (const char *at = message; (at = strchr(at, '\'')); at++)
			if (strncmp(at + 1, homes[i].name, length) == 0 &&
			    (family || at[1 + length] == '\'')) {
				buffer_printf(remedy, "write #include <%s>", homes[i].header);
				return;
			}
	}
}

static void fill(const char *pattern, const char *name, struct buffer *out)
{
	struct span rest = span_of(pattern ? pattern : ""), before;

	if (span_cut(&rest, "%s", &before)) {
		buffer_append(out, before.text, before.length);
		buffer_string(out, name);
	}
	buffer_append(out, rest.text, rest.length);
}

static const struct rule *find_rule(const char *message)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strstr(message, rules[i].words) &&
		    (!rules[i].also || strstr(message, rules[i].also)))
			return &rules[i];
	return NULL;
}

void hints_for(const char *message, struct buffer *plain, struct buffer *remedy)
{
	const struct rule *rule = find_rule(message);
	char name[128];

	if (strstr(message, "unsupported map type")) {
		suggest_map_type(message, plain, remedy);
	} else if (!rule) {
		suggest_header(message, remedy);
	} else {
		while (!rule->plain && !rule->remedy)
			rule++;
		quoted_name(message, name, sizeof(name));
		fill(rule->plain, name, plain);
		fill(rule->remedy, name, remedy);
	}
}
