/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same words of the verifier mean different mistakes: each rule speaks where its
 * mistake was made, and is silent where the path to the same words was another. All in the
 * words of kernels before 5.18, since then, and from 7.3 on.
 */
#include "kernel/advice.c" /* its rules */
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/span.h"
#include "harness.h"
#include "kernel/verifier.h"

/* Lines that end in what only newer kernels print behind an instruction. */
#define DATA                                                                                       \
	"0: (bf) r6 = r1\n"                                                                        \
	"1: (61) r7 = *(u32 *)(r6 +80)\n"                                                          \
	"2: (61) r8 = *(u32 *)(r6 +76)\n"
#define COMPARED                                                                                   \
	DATA "3: (bf) r1 = r8\n"                                                                   \
	     "4: (07) r1 += 34\n"                                                                  \
	     "5: (2d) if r1 > r7 goto pc+23\n"
#define SCALAR "R8 invalid mem access 'scalar'"
#define OUTSIDE                                                                                    \
	"invalid access to packet, off=23 size=1, R8(id=0,off=23,r=0)\n"                           \
	"R8 offset is outside of the packet"
#define CALL "3: (85) call bpf_get_prandom_u32#7\n"
#define STORE "3: (7b) *(u64 *)(r0 +0) = r1\n"
#define JUMP "3: (55) if r1 != 0x0 goto pc-2\n"
#define EXIT_AT "3: (95) exit\n"
#define READ "9: (71) r1 = *(u8 *)(r8 +23)\n"

static const struct {
	const char *path, *words, *says; /* part of the hint */
} known[] = {
	/* a packet read too far */
	{ DATA READ, OUTSIDE, "compare with the packet's end before" },
	{ DATA "3: (55) if r1 != 0x0 goto pc+9\n" READ, OUTSIDE, "compare with the packet's end" },
	{ COMPARED READ, OUTSIDE, "the comparison with data_end ends before" },
	{ DATA "3: (1f) r7 -= r8\n4: (25) if r7 > 0x22 goto pc+1\n" READ, OUTSIDE, "subtracting" },
	{ COMPARED "6: (71) r2 = *(u8 *)(r8 +14)\n"
		   "7: (0f) r8 += r2\n" READ,
	  OUTSIDE, "compare this very pointer" },
	{ DATA "3: (28) r0 = *(u16 *)skb[12]\n"
	       "4: (0f) r8 += r0\n"
	       "5: (bf) r1 = r8\n"
	       "6: (07) r1 += 1\n"
	       "7: (3d) if r7 >= r1 goto pc+1\n"
	       "from 7 to 9: R0=inv(id=0) R8=pkt(id=1,off=0,r=0)\n" READ,
	  OUTSIDE, "bound the offset" },
	{ READ, OUTSIDE, "on every path to here" },

	/* a number that once was a pointer, or never */
	{ COMPARED "6: (b7) r2 = 64\n"
		   "7: (85) call bpf_skb_pull_data#39\n" READ,
	  SCALAR, "may move the packet" },
	{ DATA "3: (7b) *(u64 *)(r10 -32) = r8\n"
	       "4: (85) call bpf_skb_store_bytes#9\n"
	       "5: (79) r8 = *(u64 *)(r10 -32)\n" READ,
	  SCALAR, "may move the packet" },
	{ DATA "3: (67) r8 <<= 32\n4: (77) r8 >>= 32\n" READ, SCALAR, "(long)skb->data" },
	{ DATA "3: (bc) w8 = w8\n" READ, SCALAR, "(long)skb->data" },
	{ DATA "3: (18) r8 = 0x10\n5: (0f) r8 += r2\n" READ, SCALAR, "BPF_ARRAY" },
	{ "0: (b7) r8 = 26\n" READ, SCALAR, "macros" },
	{ "0: (30) r0 = *(u8 *)skb[14]\n1: (67) r0 <<= 2\n2: (bf) r8 = r0\n" READ, SCALAR,
	  "macros" },
	{ "0: (85) call bpf_map_lookup_elem#1\n1: (bf) r8 = r0\n"
	  "2: (55) if r8 != 0x0 goto pc+3\n" READ,
	  SCALAR, "on this path the pointer is NULL" },
	{ "0: (85) call bpf_ringbuf_reserve#131\n1: (bf) r8 = r0\n"
	  "2: (85) call bpf_ringbuf_submit#132\n" READ,
	  SCALAR, "is gone" },
	{ "0: (85) call bpf_get_current_task#35\n1: (bf) r8 = r0\n" READ, SCALAR,
	  "bpf_probe_read_kernel" },
	{ "0: (61) r8 = *(u32 *)(r1 +0)\n" READ, SCALAR, "a number, not a pointer that" },
	{ "8: (55) if r8 != 0x3 goto pc+1\n" READ, SCALAR, "a number, not a pointer that" },
	{ DATA "3: (85) call bpf_get_prandom_u32#7\n"
	       "4: (61) r8 = *(u32 *)(r6 +0)\n" READ,
	  SCALAR, "a number, not a pointer that" },

	/* what the helpers take */
	{ "3: (85) call bpf_map_lookup_elem#1\n", "R2 type=ctx expected=fp, pkt",
	  "copy the field" },
	{ "3: (85) call bpf_map_lookup_elem#1\n", "R2 type=scalar expected=fp, pkt", "write &" },
	{ "3: (85) call bpf_map_lookup_elem#1\n", "R2 type=map_value_or_null expected=fp",
	  "may be NULL" },
	{ "3: (85) call bpf_skb_load_bytes#26\n", "R1 type=fp expected=ctx", "own argument" },

	/* pointers computed with */
	{ DATA "3: (67) r8 <<= 32\n", "R8 pointer arithmetic with <<= operator prohibited",
	  "(long)skb->data" },
	{ DATA "3: (04) w8 += 3\n", "R8 32-bit pointer arithmetic prohibited", "(long)skb->data" },
	{ DATA "3: (27) r8 *= 3\n", "R8 pointer arithmetic with *= operator prohibited",
	  "with the value" },
	{ "0: (bf) r8 = r10\n1: (67) r8 <<= 3\n",
	  "R8 pointer arithmetic with <<= operator prohibited", "with the value" },
	{ DATA "3: (07) r7 += -1\n", "R7 pointer arithmetic on pkt_end prohibited", "other side" },
	{ "3: (4f) r2 |= r1\n", "R2 bitwise operator |= on pointer prohibited", "comparing it" },
	{ "3: (57) r2 &= 1\n", "R2 bitwise operator &= on pointer prohibited", "with the value" },
	{ "3: (0f) r0 += r6\n",
	  "math between map_value pointer and register with unbounded min value is not allowed",
	  "index &= 15" },
	{ "3: (0f) r0 += r6\n",
	  "math between pkt pointer and register with unbounded min value is not allowed",
	  "bound the offset" },

	{ "0: (63) *(u32 *)(r10 -4) = r1\n", "invalid size of register spill", "a shorter number" },
	{ "0: (63) *(u32 *)(r10 -8) = r2\n", "attempt to corrupt spilled pointer on stack",
	  "write all of it" },

	/* fields of skb */
	{ "0: (0f) r1 += r2\n1: (61) r1 = *(u32 *)(r1 +48)\n",
	  "variable ctx access var_off=(0x0; 0xc) disallowed", "an array of your own" },
	{ "0: (bf) r3 = r1\n1: (0f) r3 += r2\n2: (61) r3 = *(u32 *)(r3 +0)\n",
	  "dereference of modified ctx ptr R3 off=48 disallowed", "an array of your own" },
	{ "0: (07) r1 += 4\n1: (61) r3 = *(u32 *)(r1 +0)\n",
	  "dereference of modified ctx ptr R1 off=4 disallowed", "use skb->field" },
	{ "0: (79) r1 = *(u64 *)(r1 +24)\n", "invalid bpf_context access off=24 size=8",
	  "volatile" },
	{ "0: (79) r1 = *(u64 *)(r1 +144)\n", "invalid bpf_context access off=144 size=8",
	  "cannot be read or written" },
	{ "0: (61) r1 = *(u32 *)(r1 +84)\n", "invalid bpf_context access off=84 size=4",
	  "cannot be read or written" },
	{ "0: (db) lock *(u64 *)(r1 +0) += r2\n", "BPF_ATOMIC stores into R1 pkt is not allowed",
	  "on packets" },
	{ "0: (db) lock *(u64 *)(r1 +0) += r2\n", "BPF_XADD stores into R1 ctx is not allowed",
	  "fields of skb" },
	{ "0: (71) r1 = *(u8 *)(r1 -1)\n", "R1 invalid mem access 'pkt_end'", "through data_end" },

	/* sizes and indexes */
	{ "0: (85) call bpf_skb_load_bytes#26\n",
	  "R4 min value is negative, either use unsigned or 'var &= const'", "length &= 63" },
	{ "0: (73) *(u8 *)(r0 +0) = r1\n",
	  "R0 min value is negative, either use unsigned index or do a if (index >=0) check.",
	  "index &= 15" },
	{ "0: (71) r1 = *(u8 *)(r0 +0)\n",
	  "R0 unbounded memory access, make sure to bounds check any such access", "index &= 15" },
	{ "0: (85) call bpf_skb_load_bytes#26\n", "R4 invalid zero-sized read: u64=[0,63]",
	  "leave 0 out" },
	{ CALL, "R2 unbounded memory access, use 'var &= const' or 'if (var < const)'",
	  "length &= 63" },
	{ STORE, "value -2147483648 makes map_value pointer be out of bounds", "index &= 15" },
	{ STORE, "invalid access to map value, value_size=8 off=8 size=8", "leaves the table's" },
	{ STORE, "R0 min value is outside of the allowed memory range", "leaves the memory" },
	{ STORE, "R1 max value is outside of the array range", "bound the index" },

	/* NULL */
	{ STORE, "R0 invalid mem access 'map_value_or_null'", "for a key that is not there" },
	{ STORE, "R0 invalid mem access 'mem_or_null'", "when the buffer is full" },
	{ STORE, "R0 invalid mem access 'sock_or_null'", "may be NULL" },
	{ STORE, "cannot write into packet", "--enforce" },

	/* loops, and what is too much */
	{ JUMP, "infinite loop detected at insn 3", "never changes" },
	{ JUMP, "back-edge from insn 7 to 3", "no such loop" },
	{ JUMP, "loop detected", "constant bound" },
	{ JUMP, "BPF program is too large. Processed 1000001 insn", "million steps" },
	{ JUMP, "BPF program is too complex", "gave up" },
	{ JUMP, "too many states", "smaller constant" },
	{ CALL, "combined stack size of 2 calls is 544. Too large", "their callees" },
	{ CALL, "the function's frame exceeds the stack limit", "all there is" },

	/* the stack */
	{ CALL, "invalid indirect read from stack R2 off -16+4 size 16", "padding" },
	{ STORE, "invalid read from stack off -16+0 size 8", "never set" },
	{ STORE, "invalid read from stack R3 off -16+0 size 16", "never set" },
	{ STORE, "invalid read from stack R10 off=-520 size=8", "leaves the 512 bytes" },
	{ STORE, "invalid write to stack R10 off=-520 size=8", "leaves the 512 bytes" },
	{ STORE, "invalid stack type R2 off=-520 access_size=8", "leaves the 512 bytes" },
	{ CALL, "invalid indirect access to stack R2 off=-8 size=16", "size argument" },
	{ STORE, "R2 variable-offset stack access prohibited for !root", "array on the stack" },
	{ STORE, "invalid unbounded variable-offset write to stack R2", "index &= 15" },
	{ STORE, "misaligned stack access off (0x0; 0x0)+-14+0 size 8", "packed" },
	{ STORE, "misaligned packet access off 0+2+0+14+3 size 4", "byte by byte" },

	/* helpers, and what is no program */
	{ CALL, "program of this type cannot use helper bpf_probe_read#4", "_kernel(" },
	{ CALL, "unknown func bpf_probe_read#4", "_kernel(" },
	{ CALL, "invalid func unknown#210", "older than the helper" },
	{ CALL, "unknown func bpf_override_return#58", "on this kernel" },
	{ CALL, "program of this type cannot use helper bpf_xdp_adjust_head#44",
	  "another program" },
	{ CALL, "cannot call GPL-restricted function from non-GPL compatible program", "GPL" },
	{ CALL, "R2 type=pkt_end expected=fp, pkt, map_value", "copy what it points to" },
	{ CALL, "helper access to the packet is not allowed", "no pointer into the packet" },
	{ CALL, "cannot pass map_type 2 into func bpf_perf_event_output#25", "declaration" },
	{ CALL, "Unreleased reference id=2 alloc_insn=4", "released" },
	{ EXIT_AT, "R0 !read_ok", "return 0;" },
	{ EXIT_AT, "At program exit the register R0 has unknown scalar value", "a verdict" },
	{ EXIT_AT, "R0 leaks addr as return value", "return a number" },
	{ STORE, "R2 !read_ok", "before it is set" },
	{ STORE, "R1 leaks addr into map", "kernel address" },
	{ STORE, "R1 partial copy of pointer", "a shorter number" },
	{ "0: (bf) r8 = r10\n1: (04) w8 += 3\n", "R8 32-bit pointer arithmetic prohibited",
	  "with the value" },
	{ JUMP, "R1 pointer comparison prohibited", "the packet's end" },
	{ JUMP, "jump out of range from insn 3 to 90", "misspelt" },
	{ CALL, "last insn is not an exit or jmp", "misspelt" },
	{ JUMP, "unreachable insn 12", "after the return" },
	{ CALL, "func_info BTF section doesn't match subprog layout in BPF program", "report" },
};

enum dialect { BEFORE_5_18, SINCE_5_18, FROM_7_3, DIALECTS };

/* The words of DIALECT: the states of registers, the name of a number, the report. */
static void print_log(enum dialect dialect, const char *path, const char *words, struct buffer *out)
{
	struct span rest = span_of(path), line, before;

	while (span_next_line(&rest, &line)) {
		buffer_printf(out, "%.*s%s\n", (int)line.length, line.text,
			      dialect == BEFORE_5_18 || !rest.length ? ""
								     : "   ; R1=scalar() R10=fp0");
		if (dialect == BEFORE_5_18 && rest.length)
			buffer_string(out, " R1_w=inv(id=0) R10=fp0\n");
	}
	rest = span_of(words);
	while (dialect == BEFORE_5_18 && span_cut(&rest, "scalar", &before)) {
		buffer_append(out, before.text, before.length);
		buffer_string(out, "inv");
	}
	buffer_append(out, rest.text, rest.length);
	if (dialect == FROM_7_3)
		buffer_string(out,
			      "\n\nVerification failed: Memory Safety: R8 (8: (71) r8 = 3)\n\n"
			      "Reason:\n  R8 is not what it was.\n\nSuggestion:\n  Try again.\n");
	buffer_string(out, "\nprocessed 6 insns (limit 1000000)\n");
}

TEST(the_same_words_are_told_apart_by_the_path_that_led_to_them)
{
	for (int dialect = BEFORE_5_18; dialect < DIALECTS; dialect++)
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
			AUTO(buffer_free) struct buffer log = { 0 };
			struct verifier_reading reading;

			print_log((enum dialect)dialect, known[i].path, known[i].words, &log);
			verifier_read(buffer_text(&log), 100, NULL, &reading);
			CHECK_CONTAINS(reading.hint, known[i].says);
			if (!reading.hint || !strstr(reading.hint, known[i].says))
				fprintf(stderr, "… of:\n%s", buffer_text(&log));
		}
}

static const char *hint_of(enum dialect dialect, size_t input)
{
	static struct verifier_reading reading;
	AUTO(buffer_free) struct buffer log = { 0 };

	print_log(dialect, known[input].path, known[input].words, &log);
	verifier_read(buffer_text(&log), 100, NULL, &reading);
	return reading.hint;
}

/* The words of an input as DIALECT has them. */
static bool has_words(enum dialect dialect, size_t input, const char *part)
{
	AUTO(buffer_free) struct buffer log = { 0 };

	print_log(dialect, "", known[input].words, &log);
	return !part || strstr(buffer_text(&log), part);
}

/* Those that ask for something: silent where the same words came otherwise. */
TEST(every_rule_speaks_and_where_it_asks_for_more_is_silent)
{
	for (const struct rule *rule = rules; rule < rules + sizeof(rules) / sizeof(*rules);
	     rule++) {
		const struct rule *hinted = rule;
		size_t speaks = 0, is_silent = 0;

		while (!hinted->hint)
			hinted++;
		for (int dialect = BEFORE_5_18; dialect < DIALECTS; dialect++)
			for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
				const char *hint = hint_of((enum dialect)dialect, i);

				if (!has_words((enum dialect)dialect, i, rule->part) ||
				    !has_words((enum dialect)dialect, i, rule->also))
					continue;
				if (hint == hinted->hint)
					speaks++;
				else
					is_silent++;
			}
		if (strstr(rule->part, "jumps is")) /* which takes a program: see below */
			continue;
		if (!speaks || (rule->holds && !is_silent))
			fprintf(stderr, "'%s' %s: %zu speak, %zu are silent\n", rule->part,
				rule->also ? rule->also : "", speaks, is_silent);
		CHECK(speaks);
		CHECK(!rule->holds || is_silent);
	}
}

TEST(a_branch_goes_on_where_it_was_left)
{
	static const char log[] = DATA "3: (15) if r8 == r7 goto pc+4\n"
				       "4: (b7) r8 = 3\n"
				       "5: (95) exit\n"
				       "\n"
				       "from 3 to 8: R6=ctx() R7=pkt_end() R8=pkt(r=0)\n"
				       "8: (85) call bpf_skb_vlan_pop#19\n" READ SCALAR "\n";
	struct verifier_reading reading;

	verifier_read(log, 100, NULL, &reading);
	CHECK_CONTAINS(reading.hint, "may move the packet");
}

TEST(too_many_jumps_are_a_loop_only_where_there_is_one)
{
	static const struct bpf_insn instructions[] = {
		[3] = { .code = BPF_JMP | BPF_JNE | BPF_K, .off = -3 },
		[4] = { .code = BPF_JMP | BPF_EXIT },
	};
	const struct skbscope_image_program program = { .instructions = instructions,
							.instruction_count = 5 };
	struct verifier_reading reading;

	verifier_read("2: (b7) r0 = 0\nThe sequence of 8193 jumps is too complex.\n", 5, &program,
		      &reading);
	CHECK_CONTAINS(reading.hint, "loop");
	verifier_read("4: (95) exit\nThe sequence of 8193 jumps is too complex.\n", 5, &program,
		      &reading);
	CHECK_CONTAINS(reading.hint, "branches");
}

TEST(an_endless_loop_is_told_of_where_the_line_begins_with_an_instruction_too)
{
	static const char log[] =
		"0: (85) call bpf_get_prandom_u32#7    ; R0=scalar()\n"
		"3: (55) if r0 != 0x3 goto pc-4 0: R0=scalar() R10=fp0\n"
		"0: (85) call bpf_get_prandom_u32#7    ; R0=scalar()\n"
		"3: (55) if r0 != 0x3 goto pc-4 infinite loop detected at insn 0\n"
		"cur state: R0=scalar() R10=fp0\n"
		"old state: R0=scalar() R10=fp0\n"
		"processed 47 insns (limit 1000000)\n";
	struct verifier_reading reading;

	verifier_read(log, 100, NULL, &reading);
	CHECK_TEXT(reading.reason, "infinite loop detected at insn 0");
	CHECK_NUMBER(reading.instruction, 0);
	CHECK_CONTAINS(reading.hint, "never changes what it tests");
}
