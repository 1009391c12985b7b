/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the verifier's log. Its lines are instructions, register states,
 * quoted source, bookkeeping, and complaints; the complaints at the end are the
 * reason. Their words changed over the years ("inv" became "scalar", helpers'
 * numbers moved), so a hint is found by every wording known.
 */
#include "kernel/verifier.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/span.h"
#include "image/image.h"

/* "12: (79) r1 = …", the index in front. States alone look like "12: R1=…". */
static bool is_numbered(struct span line, int32_t *index, bool *instruction)
{
	size_t i = 0;
	int64_t number = 0;

	while (i < line.length && isdigit((unsigned char)line.text[i]) && i < 9)
		number = number * 10 + (line.text[i++] - '0');
	if (!i || i + 2 >= line.length || line.text[i] != ':' || line.text[i + 1] != ' ')
		return false;
	*instruction = line.text[i + 2] == '(';
	*index = (int32_t)number;
	return true;
}

static bool is_state(struct span line)
{
	struct span word;

	return (span_begins(line, "R") || span_begins(line, "f")) && span_next_word(&line, &word) &&
	       span_begins(line, "=");
}

static bool is_bookkeeping(struct span line)
{
	static const char *const prefixes[] = {
		" ",
		";",
		"func#",
		"from ",
		"processed ",
		"stack depth ",
		"verification time",
		"max_states",
		"mark_precise",
		"last_idx",
		"regs=",
		"parent ",
		"caller",
		"callee",
		"frame",
		"returning ",
		"propagating",
		"Func#",
		"Validating ",
		"arg#",
		"insn ",
		"BPF program verification",
		"safe",
		"to caller",
		"Live regs",
		"cur state:",
		"old state:",
	};

	if (!line.length || is_state(line))
		return true;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (span_begins(line, prefixes[i]))
			return !span_begins(line, "arg#") || !span_contains(line, "expected");
	return false;
}

/* Complaints from before the walk name their instruction themselves. */
static int32_t named_instruction(struct span line)
{
	static const char *const words[] = { "from insn ", "at insn ", "insn " };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const char *at = span_find(line, words[i]);

		if (at && isdigit((unsigned char)at[strlen(words[i])])) {
			long instruction = strtol(at + strlen(words[i]), NULL, 10);

			return instruction <= INT32_MAX ? (int32_t)instruction : -1;
		}
	}
	return -1;
}

struct advice {
	const char *part; /* of the reason */
	const char *hint; /* NULL: that of the next row */
};

/* In order: a special wording before the general one it contains. */
static const struct advice advices[] = {
	{ "invalid mem access 'map_value_or_null'",
	  "a lookup gives NULL for a key that is not there: test the pointer before using it, "
	  "\"if (value) …\"" },
	{ "invalid mem access 'mem_or_null'",
	  "the reservation gives NULL when the buffer is full: test the pointer before using it" },
	{ "_or_null'", "this pointer may be NULL: test it before using it, \"if (pointer) …\"" },
	{ "invalid access to packet",
	  "compare with the packet's end before reading: \"if (data + sizeof(*eth) > data_end) "
	  "return 0;\", where data and data_end are (void *)(long)skb->data and skb->data_end" },
	{ "outside of the packet",
	  "compare with the packet's end before reading: \"if (data + sizeof(*eth) > data_end) "
	  "return 0;\"" },
	{ "cannot write into packet",
	  "only a program attached with --enforce may write to packets" },
	{ "math between pkt pointer and register with unbounded",
	  "bound the offset before adding it to a packet pointer: \"if (offset > 60) return 0;\" "
	  "or "
	  "\"offset &= 0x3f\"" },
	{ "infinite loop",
	  "the loop never changes what it tests: count with a variable that grows to a constant "
	  "bound" },
	{ "back-edge",
	  "this kernel allows no such loop: give it a constant bound, or unroll it with \"#pragma "
	  "unroll\"" },
	{ "loop detected", "give the loop a constant bound, or unroll it with \"#pragma unroll\"" },
	{ "program is too large",
	  "the verifier gave up after a million steps: bound loops with a smaller constant, make "
	  "branches fewer, or split the program with a tail call" },
	{ "program is too complex", "the verifier gave up: bound loops with a smaller constant, "
				    "make branches fewer, or split "
				    "the program with a tail call" },
	{ "jumps is too complex",
	  "too many open branches: make them fewer, or split the program with a tail call" },
	{ "too many states", "bound loops with a smaller constant, or make branches fewer" },
	{ "combined stack size",
	  "functions and their callees share 512 bytes of stack: move large variables into a "
	  "BPF_PERCPU_ARRAY of one entry" },
	{ "stack limit", "512 bytes of stack are all there is: move large variables into a "
			 "BPF_PERCPU_ARRAY of one entry" },
	{ "invalid indirect read from stack",
	  "the helper would read bytes that were never set: zero the whole variable first, padding "
	  "included, \"struct key key = {};\" or __builtin_memset" },
	{ "invalid read from stack",
	  "these bytes of the stack were never set: initialise the variable, \"= {}\"" },
	{ "invalid indirect access to stack",
	  "the helper's size argument exceeds the variable it is given" },
	{ "variable-offset", "bound the index into the array on the stack before using it" },
	{ "invalid stack",
	  "the access leaves the 512 bytes of stack: check array indexes and sizes" },
	{ "misaligned stack",
	  "access the stack at multiples of the value's size; a packed struct may be the cause" },
	{ "misaligned", "read the value byte by byte, or with bpf_skb_load_bytes" },
	{ "invalid func unknown",
	  "this kernel is older than the helper; skbscope doctor shows what it has" },
	{ "unknown func",
	  "tc programs cannot call this helper on this kernel: it belongs to another program type "
	  "(tracing, XDP, sockets), or is newer than the kernel" },
	{ "cannot use helper",
	  "tc programs cannot call this helper: it belongs to another program type (tracing, XDP, "
	  "sockets)" },
	{ "GPL", "this helper wants a GPL program: remove the licence line, or write \"#define "
		 "BPF_LICENSE GPL\"" },
	{ "R0 !read_ok", "every path must return a value: add \"return 0;\" at the end" },
	{ "At program exit the register R0",
	  "the function must return a number that is a verdict" },
	{ "!read_ok",
	  "a variable is used before it is set on some path, or a helper call destroyed it: "
	  "initialise it where it is declared" },
	{ "leaks addr as return value", "the function returns a pointer: return a number" },
	{ "leaks addr",
	  "a kernel address must not be stored where user space can see it: store the value it "
	  "points to instead of the pointer" },
	{ "partial copy of pointer",
	  "a pointer cannot be made into a shorter number: use what it points to" },
	{ "unbounded memory access", "bound the size or index: \"if (length > sizeof(buffer)) "
				     "return 0;\" or \"length &= 63\"" },
	{ "min value is negative",
	  "make the size or index unsigned (u32), or test that it is not below zero" },
	{ "invalid access to map value",
	  "the access leaves the table's value: check the array index against its size first" },
	{ "outside of the allowed memory range",
	  "the access leaves the memory it points to: check the index against the size first" },
	{ "max value is outside", "bound the index before using it: \"if (i >= N) return 0;\"" },
	{ "invalid zero-sized read", "the length may be 0 here: test \"if (length > 0)\" first" },
	{ "R1 type=inv expected=ctx", NULL },
	{ "R1 type=scalar expected=ctx",
	  "the helper wants the function's own argument (skb), unchanged" },
	{ "invalid bpf_context access",
	  "the field of struct __sk_buff cannot be read or written like this in a tc program: only "
	  "whole fields, and not all of them; is the function's argument really struct __sk_buff "
	  "*?" },
	{ "dereference of modified ctx",
	  "use skb->field directly instead of a pointer computed from skb" },
	{ "invalid mem access 'inv'", NULL },
	{ "invalid mem access 'scalar'",
	  "this is a number, not a pointer the verifier can trust: kernel memory is read with "
	  "bpf_probe_read_kernel, packets with bpf_skb_load_bytes, values after a lookup" },
	{ "pointer arithmetic", "compute with the value, not with the pointer" },
	{ "pointer comparison prohibited",
	  "only packet pointers can be compared, with the packet's end" },
	{ "cannot pass map_type",
	  "this helper does not work on a table of this type: see the declaration" },
	{ "Unreleased reference",
	  "what was looked up or reserved must be released or submitted on every path" },
	{ "expected=fp", "the helper wants a pointer to a variable or a value, not a number" },
	{ "jump out of range",
	  "a function that does not exist was called: look for a misspelt or missing function" },
	{ "last insn is not an exit",
	  "the function ends in a call to something that does not exist: look for a misspelt or "
	  "missing function" },
	{ "unreachable insn", "remove the code after the return, or let the compiler see its use" },
	{ "func_info", "the type information does not match the program; please report it" },
};

static const char *find_hint(const char *reason)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++)
		if (strstr(reason, advices[i].part))
			return advices[i].hint ? advices[i].hint : advices[i + 1].hint;
	return NULL;
}

static void add_reason(struct verifier_reading *out, struct span line)
{
	size_t used = strlen(out->reason);

	snprintf(out->reason + used, sizeof(out->reason) - used, "%s%.*s", used ? "; " : "",
		 (int)line.length, line.text);
}

/* Linux 7.3 and later follow the complaint with a report in paragraphs: what
 * failed, "Reason:", "At:", and mostly "Suggestion:". */
struct report {
	bool inside;
	enum { PARAGRAPH_OTHER, PARAGRAPH_AT, PARAGRAPH_SUGGESTION } paragraph;
};

static void read_report(struct report *report, struct span line, struct verifier_reading *out)
{
	size_t used = strlen(out->suggestion);

	if (line.length && line.text[0] != ' ') {
		report->paragraph = span_begins(line, "At:")           ? PARAGRAPH_AT
				    : span_begins(line, "Suggestion:") ? PARAGRAPH_SUGGESTION
								       : PARAGRAPH_OTHER;
		return;
	}
	while (span_skip(&line, " "))
		;
	if (report->paragraph == PARAGRAPH_AT && out->instruction < 0)
		out->instruction = named_instruction(line);
	if (report->paragraph == PARAGRAPH_SUGGESTION && line.length)
		snprintf(out->suggestion + used, sizeof(out->suggestion) - used, "%s%.*s",
			 used ? " " : "", (int)line.length, line.text);
}

static bool begins_report(struct span line, struct verifier_reading *out)
{
	if (!span_skip(&line, "Verification failed: "))
		return false;
	if (!out->reason[0])
		add_reason(out, line);
	return true;
}

void verifier_read(const char *log, uint32_t limit, struct verifier_reading *out)
{
	struct span rest = span_of(log), line;
	int32_t inside = -1; /* the last instruction of the program itself */
	struct report report = { 0 };

	memset(out, 0, sizeof(*out));
	out->instruction = -1;
	while (span_next_line(&rest, &line)) {
		bool instruction;
		int32_t index;

		if (span_begins(line, "processed "))
			report.inside = false;
		if (report.inside) {
			read_report(&report, line, out);
			continue;
		}
		if (begins_report(line, out)) {
			report.inside = true;
			continue;
		}
		if (is_numbered(line, &index, &instruction)) {
			out->reason[0] = '\0'; /* what came before was no reason to stop */
			out->instruction = index;
			if (instruction && (uint32_t)index < limit)
				inside = index;
			continue;
		}
		if (is_bookkeeping(line))
			continue;
		add_reason(out, line);
		if (out->instruction < 0 || span_contains(line, " at insn "))
			out->instruction = named_instruction(line);
	}
	if (out->instruction >= 0 && (uint32_t)out->instruction >= limit)
		out->instruction = inside;
	out->hint = find_hint(out->reason);
	if (!out->hint && out->suggestion[0])
		out->hint = out->suggestion;
}

static bool jumps_back(const struct bpf_insn *instruction)
{
	uint8_t class = BPF_CLASS(instruction->code), operation = BPF_OP(instruction->code);

	return (class == BPF_JMP || class == BPF_JMP32) && operation != BPF_CALL &&
	       operation != BPF_EXIT && instruction->off < 0;
}

/* Where the verifier gave up says nothing; the loop that wore it out does: the
 * innermost around that place, else the first. -1: there is no loop. */
static int32_t find_loop(const struct skbscope_image_program *program, int32_t place)
{
	int32_t first = -1, best = -1;

	for (int32_t i = 0; i < (int32_t)program->instruction_count; i++) {
		int32_t target = i + 1 + program->instructions[i].off;

		if (!jumps_back(&program->instructions[i]) || target < 0)
			continue;
		if (first < 0)
			first = target;
		if (target <= place && place <= i && target > best)
			best = target;
	}
	return best >= 0 ? best : first;
}

static bool gave_up(const struct verifier_reading *reading)
{
	return strstr(reading->reason, "too large") || strstr(reading->reason, "too complex");
}

void verifier_report(const struct skbscope_image *image,
		     const struct skbscope_image_program *program,
		     const struct verifier_reading *reading, enum skbscope_severity severity,
		     struct skbscope_diagnostics *diagnostics)
{
	AUTO(buffer_free) struct buffer message = { 0 };
	struct skbscope_diagnostic diagnostic = { .severity = severity, .hint = reading->hint };
	int32_t instruction =
		gave_up(reading) ? find_loop(program, reading->instruction) : reading->instruction;
	struct image_place place;

	if (!diagnostics)
		return;
	if (instruction >= 0 && image_place(image, program, (uint32_t)instruction, &place)) {
		diagnostic.file = place.file;
		diagnostic.line = place.line;
		diagnostic.column = place.column;
		diagnostic.source = place.source;
	} else {
		diagnostic.file = image->path;
		diagnostic.line = program->line;
	}
	buffer_printf(&message, "the verifier refuses '%s'", program->name);
	if (instruction >= 0)
		buffer_printf(&message, " at instruction %d", instruction);
	if (reading->reason[0])
		buffer_printf(&message, ": %s", reading->reason);
	diagnostic.message = buffer_text(&message);
	skbscope_diagnostics_add(diagnostics, &diagnostic);
}
