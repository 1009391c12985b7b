/* SPDX-License-Identifier: Apache-2.0 */
/* Names that nobody declared: the nearest there is, before anything has to be installed. */
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/directory_names.h"
#include "base/span.h"
#include "base/text.h"
#include "compile/hints.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NAME(name) "bpf_" #name
static const char *const helpers[] = { __BPF_FUNC_MAPPER(NAME) };
#undef NAME

static const char *const fields[] = {
	"len",          "pkt_type",   "mark",       "queue_mapping", "protocol",
	"vlan_present", "vlan_tci",   "vlan_proto", "priority",      "ingress_ifindex",
	"ifindex",      "tc_index",   "cb",         "hash",          "tc_classid",
	"data",         "data_end",   "napi_id",    "family",        "remote_ip4",
	"local_ip4",    "remote_ip6", "local_ip6",  "remote_port",   "local_port",
	"data_meta",    "flow_keys",  "tstamp",     "wire_len",      "gso_segs",
	"sk",           "gso_size",   "hwtstamp",
};

static const char *const types[] = {
	"u8",       "u16",      "u32",      "u64",    "s8",      "s16",     "s32",
	"s64",      "__u8",     "__u16",    "__u32",  "__u64",   "__be16",  "__be32",
	"__be64",   "bool",     "size_t",   "char",   "int",     "long",    "uint8_t",
	"uint16_t", "uint32_t", "uint64_t", "int8_t", "int16_t", "int32_t", "int64_t",
};

/* What has another name here. */
static const struct {
	const char *name, *remedy;
} functions[] = {
	{ "printf", "bpf_trace_printk() prints: write bpf_trace_printk(\"%d\\n\", value)" },
	{ "puts", NULL },
	{ "fprintf", NULL },
	{ "sprintf",
	  "text is not made in BPF: keep the numbers in a table, whose types say how they "
	  "are shown" },
	{ "snprintf",
	  "text is not made in BPF: keep the numbers in a table, whose types say how they "
	  "are shown" },
	{ "exit", "return ends the program for this packet" },
	{ "abort", "return ends the program for this packet" },
	{ "sleep", "a program cannot wait: it is over with its packet" },
	{ "usleep", "a program cannot wait: it is over with its packet" },
	{ "bpf_printk", "this is libbpf's name: write bpf_trace_printk(\"%d\\n\", value)" },
	{ "malloc", "there is no heap: keep it in a variable, or in a table (BPF_PERCPU_ARRAY)" },
	{ "calloc", "there is no heap: keep it in a variable, or in a table (BPF_PERCPU_ARRAY)" },
	{ "kmalloc", "there is no heap: keep it in a variable, or in a table (BPF_PERCPU_ARRAY)" },
	{ "free", "there is no heap, so nothing has to be given back" },
	{ "kfree", "there is no heap, so nothing has to be given back" },
	{ "strcmp", "compare in a loop with a constant bound" },
	{ "strncmp", "compare in a loop with a constant bound" },
	{ "time", "bpf_ktime_get_ns() gives nanoseconds since the machine started" },
	{ "gettimeofday", "bpf_ktime_get_ns() gives nanoseconds since the machine started" },
	{ "rand", "bpf_get_prandom_u32() gives a random number" },
	{ "random", "bpf_get_prandom_u32() gives a random number" },
	{ "smp_processor_id", "write bpf_get_smp_processor_id()" },
	{ "skb_vlan_tag_present", "write skb->vlan_present, or #include <linux/if_vlan.h>" },
};

bool hint_quoted(const char *message, char *out, size_t size)
{
	struct span rest = span_of(message), name;

	if (!span_next_quoted(&rest, &name) || name.length >= size)
		return false;
	snprintf(out, size, "%.*s", (int)name.length, name.text);
	return true;
}

static bool is_function(const struct hint_question *question, struct buffer *plain,
			struct buffer *remedy)
{
	char name[128], prefixed[136];
	const char *nearest;

	if ((!strstr(question->message, "implicit declaration of function") &&
	     !strstr(question->message, "implicitly declaring library function") &&
	     !strstr(question->message, "undeclared function") &&
	     !strstr(question->message, "undeclared library function")) ||
	    !hint_quoted(question->message, name, sizeof(name)))
		return false;
	buffer_printf(plain, "there is no function '%s'", name);
	for (size_t i = 0; i < COUNT(functions); i++)
		if (strcmp(name, functions[i].name) == 0) {
			buffer_string(remedy, functions[i].remedy ? functions[i].remedy
								  : functions[0].remedy);
			return true;
		}
	snprintf(prefixed, sizeof(prefixed), "%s%s", strncmp(name, "bpf_", 4) == 0 ? "" : "bpf_",
		 name);
	nearest = strlen(name) > 6 ? text_nearest(prefixed, helpers, COUNT(helpers)) : NULL;
	if (nearest && text_distance(prefixed, nearest) <= 3)
		buffer_printf(remedy, "did you mean %s()?", nearest);
	else
		buffer_string(remedy,
			      "check its spelling; BPF has no C library, only helpers and what "
			      "you write yourself");
	return true;
}

/* "len" for "length" and "lenght", too. */
static const char *nearest_field(const char *name)
{
	const char *nearest = text_nearest(name, fields, COUNT(fields));

	for (size_t i = 0; !nearest && i < COUNT(fields); i++)
		if (strlen(fields[i]) >= 3 && strncmp(name, fields[i], strlen(fields[i])) == 0)
			nearest = fields[i];
	return nearest;
}

static bool is_field(const struct hint_question *question, struct buffer *plain,
		     struct buffer *remedy)
{
	static const char *const registers[] = { "di", "si", "regs", "gpr" };
	const char *nearest;
	char name[128];

	if (!strstr(question->message, "no member named") ||
	    !strstr(question->message, "in 'struct __sk_buff'") ||
	    strstr(question->message, "did you mean") ||
	    !hint_quoted(question->message, name, sizeof(name)))
		return false;
	for (size_t i = 0; i < COUNT(registers); i++) /* of a second parameter */
		if (strcmp(name, registers[i]) == 0)
			return false;
	(void)plain;
	nearest = nearest_field(name);
	if (nearest)
		buffer_printf(remedy, "did you mean skb->%s?", nearest);
	else
		buffer_string(remedy,
			      "struct __sk_buff is not the kernel's sk_buff: its fields are in "
			      "linux/bpf.h, and the packet's headers are read through skb->data");
	return true;
}

/* "invalid application of 'sizeof' to an incomplete type 'struct name'". */
static bool quoted_struct(const char *message, char *out, size_t size)
{
	struct span rest = span_of(message), name;

	while (span_next_quoted(&rest, &name))
		if (span_begins(name, "struct ") && name.length < size) {
			snprintf(out, size, "%.*s", (int)name.length, name.text);
			return true;
		}
	return false;
}

static bool is_sk_buff(const struct hint_question *question, struct buffer *remedy)
{
	if (!(strstr(question->message, "incomplete ") &&
	      strstr(question->message, "'struct sk_buff'")) &&
	    !strstr(question->message, "tag to refer to type 'sk_buff'"))
		return false;
	buffer_string(remedy,
		      "a packet function takes struct __sk_buff *skb, with two underscores; the "
		      "kernel's own sk_buff, which probes get, is in #include <linux/skbuff.h>");
	return true;
}

/* A second parameter is a register of a probe's to libbcc. */
static bool is_main(const struct hint_question *question, struct buffer *plain,
		    struct buffer *remedy)
{
	if (!strstr(question->message, "member reference type 'int' is not a pointer") ||
	    !strstr(question->program, " main(int "))
		return false;
	buffer_string(plain, "'main' is the beginning of a C program, and gets no packet");
	buffer_string(remedy, "a packet function is written: int count(struct __sk_buff *skb)");
	return true;
}

static bool is_name(const struct hint_question *question, struct buffer *remedy)
{
	const bool type = strstr(question->message, "unknown type name");
	const char *nearest, *header = NULL;
	char name[128];

	if (!type && !strstr(question->message, "undeclared identifier") &&
	    !strstr(question->message, "incomplete "))
		return false;
	if (hints_of_homes(question, remedy))
		return true;
	if (strstr(question->message, "did you mean") ||
	    !(quoted_struct(question->message, name, sizeof(name)) ||
	      hint_quoted(question->message, name, sizeof(name))))
		return false;
	if (strcmp(name, "jiffies") == 0 || strcmp(name, "jiffies_64") == 0) {
		buffer_string(remedy, "write bpf_jiffies64(), or bpf_ktime_get_ns() for a time in "
				      "nanoseconds");
		return true;
	}
	if (strncmp(name, "struct ", strlen("struct ")) == 0) {
		nearest = hint_nearest_home(name, &header);
		if (!nearest || text_distance(name, nearest) > 2)
			return false;
		buffer_printf(remedy, "did you mean '%s'? It is in #include <%s>", nearest, header);
		return true;
	}
	/* An identifier may be anything; one with digits or _t is likely to be a type. */
	nearest = type || strstr(name, "_t") ? text_nearest(name, types, COUNT(types)) : NULL;
	if (!nearest || text_distance(name, nearest) > 2)
		return false;
	buffer_printf(remedy, "did you mean '%s'?", nearest);
	return true;
}

static const char *nearest_header(const char *tree, const char *name, struct arena *arena)
{
	static const char *const roots[] = { "include", "include/generated/uapi", "include/uapi" };
	/* These are elsewhere: libbcc has its own in memory. */
	static const char *const own[] = { "bcc/proto.h", "bcc/helpers.h", "skbscope/types.h" };
	static const char *const folders[] = { "linux", "net", "skbscope", "bcc" };
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name, *nearest;
	struct directory_names *all = ARENA_NEW(arena, struct directory_names);
	int length = slash ? (int)(slash - name) : 0;

	if (!all)
		return NULL;
	nearest = text_nearest(name, own, COUNT(own));
	if (!nearest)
		nearest = hint_home_header(name);
	if (nearest)
		return nearest;
	all->arena = arena;
	for (size_t i = 0; i < COUNT(roots); i++)
		for (size_t j = 0; j < (slash ? 1 : COUNT(folders)); j++) {
			const char *path =
				slash ? arena_printf(arena, "%s/%s/%.*s", tree, roots[i], length,
						     name)
				      : arena_printf(arena, "%s/%s/%s", tree, roots[i], folders[j]);
			size_t before = all->count;

			if (path)
				directory_names_add(all, path, "");
			for (size_t k = before; !slash && k < all->count; k++)
				if (strcmp(all->list[k], base) == 0)
					return arena_printf(arena, "%s/%s", folders[j], base);
		}
	nearest = slash ? text_nearest(base, all->list, all->count) : NULL;
	if (!nearest || text_distance(base, nearest) > 2)
		return NULL;
	return arena_printf(arena, "%.*s/%s", length, name, nearest);
}

static bool is_header(const struct hint_question *question, struct buffer *remedy)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *nearest;
	char name[128];

	if (!arena || !question->headers || !strstr(question->message, "file not found") ||
	    !hint_quoted(question->message, name, sizeof(name)) || strstr(name, ".."))
		return false;
	nearest = nearest_header(question->headers, name, arena);
	if (!nearest)
		return false;
	buffer_printf(remedy, "did you mean <%s>?", nearest);
	return true;
}

bool hints_of_names(const struct hint_question *question, struct buffer *plain,
		    struct buffer *remedy)
{
	return is_function(question, plain, remedy) || is_field(question, plain, remedy) ||
	       is_sk_buff(question, remedy) || is_main(question, plain, remedy) ||
	       is_name(question, remedy) || is_header(question, remedy);
}
