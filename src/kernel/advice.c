/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's words changed over the years ("inv" became "scalar" in Linux 5.18, helpers'
 * numbers moved), so every wording known has its row. */
#include "kernel/advice.h"

#include <ctype.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A complaint with what its rules ask for. */
struct scene {
	const struct complaint *complaint;
	struct origin origin; /* of the register that the reason names first */
	const struct path *path;
};

static bool never_compared(const struct scene *scene)
{
	return scene->origin.kind == ORIGIN_PACKET &&
	       path_compared(scene->path, &scene->origin) == COMPARISON_NONE;
}

static bool is_unknown(const struct scene *scene)
{
	return scene->origin.kind != ORIGIN_PACKET;
}

static bool compared_as_number(const struct scene *scene)
{
	return path_compared(scene->path, &scene->origin) == COMPARISON_DIFFERENCE;
}

static bool compared_elsewhere(const struct scene *scene)
{
	return path_compared(scene->path, &scene->origin) == COMPARISON_OTHER;
}

static bool is_offset_free(const struct scene *scene)
{
	return scene->origin.added >= 0;
}

static bool was_moved(const struct scene *scene)
{
	return scene->origin.moved &&
	       (scene->origin.kind == ORIGIN_PACKET || scene->origin.kind == ORIGIN_PACKET_END);
}

static bool is_packet_number(const struct scene *scene)
{
	return scene->origin.narrowed &&
	       (scene->origin.kind == ORIGIN_PACKET || scene->origin.kind == ORIGIN_PACKET_END);
}

static bool is_packet(const struct scene *scene)
{
	return scene->origin.kind == ORIGIN_PACKET || scene->origin.kind == ORIGIN_PACKET_END;
}

static bool is_symbol(const struct scene *scene)
{
	return scene->origin.kind == ORIGIN_SYMBOL;
}

static bool is_of_cursor(const struct scene *scene)
{
	return scene->origin.kind == ORIGIN_PACKET_LOAD;
}

/* What cursor_advance() gives is one, and so is NULL. */
static bool is_constant(const struct scene *scene)
{
	return scene->origin.kind == ORIGIN_CONSTANT;
}

static bool was_looked_up(const struct scene *scene)
{
	return scene->origin.kind == ORIGIN_HELPER && !scene->origin.released &&
	       (span_is(scene->origin.helper, "bpf_map_lookup_elem") ||
		span_is(scene->origin.helper, "bpf_ringbuf_reserve"));
}

static bool was_released(const struct scene *scene)
{
	return scene->origin.kind == ORIGIN_HELPER && scene->origin.released;
}

static bool is_read_from_memory(const struct scene *scene)
{
	return scene->origin.kind == ORIGIN_MEMORY || scene->origin.kind == ORIGIN_HELPER;
}

static bool is_in_loop(const struct scene *scene)
{
	return scene->complaint->loops;
}

/* "off=24 size=8": two fields of four bytes, since those of eight stand elsewhere. */
static bool is_two_fields(const struct scene *scene)
{
	static const size_t wide[] = {
		offsetof(struct __sk_buff, flow_keys),
		offsetof(struct __sk_buff, tstamp),
		offsetof(struct __sk_buff, sk),
		offsetof(struct __sk_buff, hwtstamp),
	};
	const char *at = strstr(scene->complaint->reason, "off=");
	size_t offset = at ? strtoul(at + strlen("off="), NULL, 10) : 0;

	for (size_t i = 0; i < sizeof(wide) / sizeof(*wide); i++)
		if (offset == wide[i])
			return false;
	return strstr(scene->complaint->reason, "size=8");
}

#define DATA_OUTSIDE                                                                               \
	"a variable, string or array of constants outside the function's stack has no memory in "  \
	"BPF: use a table (BPF_ARRAY), a switch or #define"
#define MASK_SIZE                                                                                  \
	"bound the size with a mask in place of a comparison, which the compiler may change, "     \
	"and leave 0 out: \"length &= 63; if (length) …\""
#define MASK_INDEX                                                                                 \
	"the verifier knows no bound of this index: write a mask, \"index &= 15\" for 16 "         \
	"elements, not a comparison, which the compiler may change"
#define STACK_LEFT "the access leaves the 512 bytes of stack: check array indexes and sizes"
#define WHOLE_POINTER                                                                              \
	"packet pointers do not fit into 32 bits: keep them as "                                   \
	"\"void *data = (void *)(long)skb->data\", data_end likewise"

static const struct rule {
	const char *part;                         /* of the reason */
	const char *also;                         /* another, or NULL */
	bool (*holds)(const struct scene *scene); /* NULL: always */
	const char *hint;                         /* NULL: that of the next row */
} rules[] = {
	/* In order: a special wording before the general one it contains. */
	{ "invalid mem access 'map_value_or_null'", NULL, NULL,
	  "a lookup gives NULL for a key that is not there: test the pointer before using it, "
	  "\"if (value) …\"" },
	{ "invalid mem access 'mem_or_null'", NULL, NULL,
	  "the reservation gives NULL when the buffer is full: test the pointer before using it" },
	{ "_or_null", "expected=", NULL, NULL },
	{ "_or_null'", NULL, NULL,
	  "this pointer may be NULL: test it before using it, \"if (pointer) …\"" },
	{ "invalid mem access 'pkt_end'", NULL, NULL,
	  "nothing can be read through data_end: go from skb->data forwards, or read with "
	  "bpf_skb_load_bytes(skb, skb->len - 1, &value, 1)" },

	{ "invalid access to packet", NULL, never_compared, NULL },
	{ "outside of the packet", NULL, never_compared,
	  "compare with the packet's end before reading: "
	  "\"if (data + sizeof(*eth) > data_end) return 0;\", where data and "
	  "data_end are (void *)(long)skb->data and skb->data_end" },
	{ "outside of the packet", NULL, is_unknown,
	  "compare its end with skb->data_end on every path to here, or read with "
	  "bpf_skb_load_bytes(skb, offset, &value, sizeof(value))" },
	{ "outside of the packet", NULL, compared_as_number,
	  "a comparison made by subtracting pointers, as the compiler writes it in loops too, "
	  "means nothing to the verifier: read with bpf_skb_load_bytes(skb, offset, &value, "
	  "sizeof(value))" },
	{ "outside of the packet", NULL, compared_elsewhere,
	  "compare this very pointer with data_end, after the offset was added: "
	  "\"if ((void *)(header + 1) > data_end) return 0;\"; or read with "
	  "bpf_skb_load_bytes(skb, offset, &value, sizeof(value))" },
	{ "outside of the packet", NULL, is_offset_free,
	  "bound the offset before adding it (\"offset &= 0xff\") and compare the end of all that "
	  "is read; or read with bpf_skb_load_bytes(skb, offset, &value, sizeof(value))" },
	{ "outside of the packet", NULL, NULL,
	  "the comparison with data_end ends before what is read here, or belongs to the other "
	  "branch: compare the end of this header, \"(void *)(header + 1) > data_end\"" },
	{ "cannot write into packet", NULL, NULL,
	  "only a program attached with --enforce may write to packets" },
	{ "math between pkt pointer and register with unbounded", NULL, NULL,
	  "bound the offset before adding it to a packet pointer: \"if (offset > 60) return 0;\" "
	  "or \"offset &= 0x3f\"" },
	{ "math between", "pointer and register with unbounded", NULL, MASK_INDEX },
	{ "pointer be out of bounds", NULL, NULL, MASK_INDEX },

	{ "infinite loop", NULL, NULL,
	  "the loop never changes what it tests: count with a variable that grows to a constant "
	  "bound" },
	{ "back-edge", NULL, NULL,
	  "this kernel allows no such loop: give it a constant bound, or unroll it with "
	  "\"#pragma unroll\"" },
	{ "loop detected", NULL, NULL,
	  "give the loop a constant bound, or unroll it with \"#pragma unroll\"" },
	{ "program is too large", NULL, NULL,
	  "the verifier gave up after a million steps: bound loops with a smaller constant, make "
	  "branches fewer, or split the program with a tail call" },
	{ "program is too complex", NULL, NULL,
	  "the verifier gave up: bound loops with a smaller constant, make branches fewer, or "
	  "split the program with a tail call" },
	{ "jumps is too complex", NULL, is_in_loop,
	  "the verifier walks every round of this loop, and comes to no end: give it a small "
	  "constant bound, \"for (u32 i = 0; i < 64; i++)\"" },
	{ "jumps is too complex", NULL, NULL,
	  "too many open branches: make them fewer, or split the program with a tail call" },
	{ "too many states", NULL, NULL,
	  "bound loops with a smaller constant, or make branches fewer" },
	{ "combined stack size", NULL, NULL,
	  "functions and their callees share 512 bytes of stack: move large variables into a "
	  "BPF_PERCPU_ARRAY of one entry" },
	{ "stack limit", NULL, NULL,
	  "512 bytes of stack are all there is: move large variables into a BPF_PERCPU_ARRAY of "
	  "one entry" },
	{ "invalid indirect read from stack", NULL, NULL,
	  "the helper would read bytes that were never set: zero the whole variable first, padding "
	  "included, \"struct key key = {};\" or __builtin_memset" },
	{ "invalid read from stack R", " off=", NULL, NULL },
	{ "invalid write to stack R", NULL, NULL, STACK_LEFT },
	{ "invalid read from stack", NULL, NULL,
	  "these bytes of the stack were never set: initialise the variable, \"= {}\"" },
	{ "invalid indirect access to stack", NULL, NULL,
	  "the helper's size argument exceeds the variable it is given" },
	{ "invalid unbounded variable-offset", NULL, NULL, MASK_INDEX },
	{ "variable-offset", NULL, NULL,
	  "bound the index into the array on the stack before using it" },
	{ "invalid stack", NULL, NULL, STACK_LEFT },
	{ "misaligned stack", NULL, NULL,
	  "access the stack at multiples of the value's size; a packed struct may be the cause" },
	{ "misaligned", NULL, NULL, "read the value byte by byte, or with bpf_skb_load_bytes" },

	{ "cannot use helper bpf_probe_read", NULL, NULL, NULL },
	{ "unknown func bpf_probe_read#", NULL, NULL,
	  "libbcc reads with it where a pointer looks like the kernel's: write "
	  "bpf_probe_read_kernel(&value, sizeof(value), &pointer->member), or give the pointer a "
	  "type of the program's own" },
	{ "invalid func unknown", NULL, NULL,
	  "this kernel is older than the helper; skbscope doctor shows what it has" },
	{ "unknown func", NULL, NULL,
	  "tc programs cannot call this helper on this kernel: it belongs to another program type "
	  "(tracing, XDP, sockets), or is newer than the kernel" },
	{ "cannot use helper", NULL, NULL,
	  "tc programs cannot call this helper: it belongs to another program type (tracing, XDP, "
	  "sockets)" },
	{ "GPL", NULL, NULL,
	  "this helper wants a GPL program: remove the licence line, or write "
	  "\"#define BPF_LICENSE GPL\"" },
	{ "R0 !read_ok", NULL, NULL,
	  "every path must return a value: add \"return 0;\" at the end; what has no defined "
	  "result, as a division by 0, makes none" },
	{ "At program exit the register R0", NULL, NULL,
	  "the function must return a number that is a verdict" },
	{ "!read_ok", NULL, NULL,
	  "a variable is used before it is set on some path, or a helper call destroyed it: "
	  "initialise it where it is declared" },
	{ "leaks addr as return value", NULL, NULL,
	  "the function returns a pointer: return a number" },
	{ "leaks addr", NULL, NULL,
	  "a kernel address must not be stored where user space can see it: store the value it "
	  "points to instead of the pointer" },
	{ "attempt to corrupt spilled pointer", NULL, NULL,
	  "without CAP_PERFMON a part of a variable that the verifier follows as a whole cannot "
	  "be overwritten on this kernel: write all of it, write to another variable, or run as "
	  "root" },
	{ "invalid size of register spill", NULL, NULL, NULL },
	{ "partial copy of pointer", NULL, NULL,
	  "a pointer cannot be made into a shorter number: use what it points to" },

	{ "invalid zero-sized read", NULL, NULL, NULL },
	{ "unbounded memory access, use 'var", NULL, NULL, NULL },
	{ "min value is negative, either use unsigned or", NULL, NULL, MASK_SIZE },
	{ "unbounded memory access", NULL, NULL, NULL },
	{ "min value is negative", NULL, NULL, MASK_INDEX },
	{ "invalid access to map value", NULL, NULL,
	  "the access leaves the table's value: check the array index against its size first" },
	{ "outside of the allowed memory range", NULL, NULL,
	  "the access leaves the memory it points to: check the index against the size first" },
	{ "max value is outside", NULL, NULL,
	  "bound the index before using it: \"if (i >= N) return 0;\"" },

	{ "stores into R", " pkt is not allowed", NULL,
	  "there are no atomic operations on packets: count in a table's value" },
	{ "stores into R", " ctx is not allowed", NULL,
	  "there are no atomic operations on the fields of skb: count in a table's value" },
	{ "variable ctx access", NULL, NULL, NULL },
	{ "dereference of modified ctx", NULL, is_offset_free,
	  "fields of skb are read at constant offsets only: copy those of cb[] to an array of "
	  "your own, \"u32 cb[4] = { skb->cb[0], … };\", and index that" },
	{ "dereference of modified ctx", NULL, NULL,
	  "fields of skb are read at constant offsets only: use skb->field directly, and where "
	  "branches read different ones, copy them to variables first" },
	{ "invalid bpf_context access", NULL, is_two_fields,
	  "the compiler joined two fields into one access: go through a volatile pointer, "
	  "\"volatile struct __sk_buff *packet = skb;\"" },
	{ "invalid bpf_context access", NULL, NULL,
	  "this field of struct __sk_buff cannot be read or written like this in a tc program: "
	  "only whole fields, and not all of them" },

	{ "helper access to the packet is not allowed", NULL, NULL,
	  "this helper takes no pointer into the packet: copy what it points to to a variable, and "
	  "give its address" },
	{ "type=", "expected=ctx", NULL,
	  "the helper wants the function's own argument (skb), unchanged" },
	{ "type=ctx", "expected=fp", NULL,
	  "a helper takes no pointer to a field of skb: copy the field to a variable, "
	  "\"u32 length = skb->len;\", and give &length" },
	{ "type=inv ", "expected=fp", NULL, NULL },
	{ "type=scalar ", "expected=fp", NULL,
	  "the helper wants a pointer to a variable or a value, not a number: write & in front of "
	  "the variable" },
	{ "type=", "expected=fp", NULL,
	  "the helper cannot take this pointer: copy what it points to to a variable, and give its "
	  "address" },

	/* A number is used as a pointer, but which? */
	{ "invalid mem access 'inv'", NULL, was_moved, NULL },
	{ "invalid mem access 'scalar'", NULL, was_moved,
	  "a helper that may move the packet was called: read skb->data and skb->data_end again "
	  "after it, and compare again" },
	{ "invalid mem access 'inv'", NULL, is_packet_number, NULL },
	{ "invalid mem access 'scalar'", NULL, is_packet_number, WHOLE_POINTER },
	{ "invalid mem access 'inv'", NULL, is_symbol, NULL },
	{ "invalid mem access 'scalar'", NULL, is_symbol, DATA_OUTSIDE },
	{ "invalid mem access 'inv'", NULL, is_of_cursor, NULL },
	{ "invalid mem access 'scalar'", NULL, is_of_cursor,
	  "cursor_advance() gives no pointer to read through: only its struct's fields can be "
	  "read, and outside macros (htons, ntohl …), so copy the field to a variable first" },
	{ "invalid mem access 'inv'", NULL, is_constant, NULL },
	{ "invalid mem access 'scalar'", NULL, is_constant,
	  "this pointer is NULL or another constant: was it set on every way here? One from "
	  "cursor_advance() gives only its struct's fields, and these not in macros (htons, "
	  "ntohl …): copy the field to a variable first" },
	{ "invalid mem access 'inv'", NULL, was_looked_up, NULL },
	{ "invalid mem access 'scalar'", NULL, was_looked_up,
	  "on this path the pointer is NULL: use it where it was found not to be, "
	  "\"if (value) …\"" },
	{ "invalid mem access 'inv'", NULL, was_released, NULL },
	{ "invalid mem access 'scalar'", NULL, was_released,
	  "what was submitted, discarded or released is gone: use it before that" },
	{ "invalid mem access 'inv'", NULL, is_read_from_memory, NULL },
	{ "invalid mem access 'scalar'", NULL, is_read_from_memory,
	  "this is a number to the verifier, not a pointer: if it is an address in the kernel, "
	  "read with bpf_probe_read_kernel(&value, sizeof(value), pointer)" },
	{ "invalid mem access 'inv'", NULL, NULL, NULL },
	{ "invalid mem access 'scalar'", NULL, NULL,
	  "this is a number, not a pointer that the verifier knows" },

	{ "pointer arithmetic on pkt_end", NULL, NULL,
	  "nothing can be computed from data_end: move the number to the other side, "
	  "\"data + 34 > data_end\"" },
	{ "pointer arithmetic", NULL, is_packet_number, WHOLE_POINTER },
	{ "pointer arithmetic with <<= operator", NULL, is_packet, NULL },
	{ "32-bit pointer arithmetic", NULL, is_packet, WHOLE_POINTER },
	{ "bitwise operator |= on pointer", NULL, NULL,
	  "the compiler joins the array's address and the masked index: bound the index by "
	  "comparing it, or keep the array in a table (BPF_ARRAY)" },
	{ "bitwise operator", "on pointer", NULL, NULL },
	{ "pointer arithmetic", NULL, NULL, "compute with the value, not with the pointer" },
	{ "pointer comparison prohibited", NULL, NULL,
	  "only packet pointers can be compared, with the packet's end" },
	{ "cannot pass map_type", NULL, NULL,
	  "this helper does not work on a table of this type: see the declaration" },
	{ "Unreleased reference", NULL, NULL,
	  "what was looked up or reserved must be released or submitted on every path" },
	{ "jump out of range", NULL, NULL,
	  "a function that does not exist was called: look for a misspelt or missing function" },
	{ "last insn is not an exit", NULL, NULL,
	  "the function ends in a call to something that does not exist: look for a misspelt or "
	  "missing function" },
	{ "unreachable insn", NULL, NULL,
	  "remove the code after the return, or let the compiler see its use" },
	{ "func_info", NULL, NULL,
	  "the type information does not match the program; please report it" },
};

/* "R1 …", or "invalid access to packet, off=54 size=1, R1(…". */
static int named_register(const char *reason)
{
	for (const char *at = reason; (at = strchr(at, 'R')); at++)
		if (isdigit((unsigned char)at[1]) &&
		    (at == reason || !isalnum((unsigned char)at[-1])))
			return at[1] - '0';
	return -1;
}

const char *advice_find(const struct complaint *complaint)
{
	struct scene scene = { .complaint = complaint, .path = &complaint->path };

	scene.origin = path_origin(scene.path, named_register(complaint->reason));
	for (const struct rule *rule = rules; rule < rules + sizeof(rules) / sizeof(*rules);
	     rule++) {
		if (!strstr(complaint->reason, rule->part) ||
		    (rule->also && !strstr(complaint->reason, rule->also)) ||
		    (rule->holds && !rule->holds(&scene)))
			continue;
		while (!rule->hint)
			rule++;
		return rule->hint;
	}
	return NULL;
}
