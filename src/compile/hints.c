/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of compiler messages and remedies. Messages are matched by words
 * that have been stable over many LLVM and bcc versions; the first match wins,
 * so the narrower ones stand first.
 */
#include "compile/hints.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "base/text.h"

struct rule {
	const char *words; /* in the message */
	const char *also;  /* in the message too; NULL: no matter */
	const char *code;  /* in the line of the source; NULL: no matter */
	/* Where there is neither, those of the next row that has any: */
	const char *plain;  /* instead of the message; %s: the first quoted name in it */
	const char *remedy; /* %s as above */
};

static const struct rule rules[] = {
	/* back end */
	{ "BPF stack limit", NULL, NULL,
	  "the variables of this function need more than the 512 bytes of BPF's stack",
	  "keep large variables in a table: BPF_PERCPU_ARRAY(scratch, struct large, 1), then use "
	  "the pointer that scratch.lookup(&zero) returns" },
	{ .words = "igned division" },
	{ .words = "Cannot select", .also = "sdiv" },
	{ "Cannot select", "srem", NULL, "BPF can divide unsigned numbers only",
	  "give both operands of / or % an unsigned type (u32, u64)" },
	{ "built-in function 'mem", NULL, NULL,
	  "%s with a length that is not known at compile time",
	  "use a constant length, or a loop with a constant bound" },
	{ "built-in function 'str", NULL, NULL, "BPF has no C library, so no %s",
	  "write a loop with a constant bound" },
	{ "built-in function '__", "ti3'", NULL, "BPF has no 128-bit multiplication or division",
	  "work in u64" },
	{ "built-in function '__", "f", NULL, "BPF has no floating point",
	  "count in integers of a smaller unit (thousandths, nanoseconds) and divide where the "
	  "numbers are read" },
	{ "prints at most eight values", NULL, NULL,
	  "bpf_trace_printk() prints at most eight values",
	  "print eight with one bpf_trace_printk(), the others with a second" },
	{ "has at most 1023 bytes", NULL, NULL,
	  "the format of bpf_trace_printk() has at most 1023 bytes",
	  "print the rest with a second bpf_trace_printk()" },
	{ "more '%' conversions than data arguments", NULL, NULL,
	  "the format asks for more values than there are",
	  "give a value for each conversion, and write %% for a percent sign" },
	{ "data argument not used by format string", NULL, NULL,
	  "this value is not printed: the format has no conversion for it",
	  "add one (%d, %x, %pI4…), or leave the value out" },
	{ "invalid conversion specifier", NULL, NULL, "bpf_trace_printk() has no conversion %s",
	  "it knows %d %i %u %x %X %o %c %p %pI4 %pI6 %pM and strings, with h, l or ll, a width "
	  "and a precision" },
	{ .words = "format specifies type 'double'" },
	{ "format specifies type 'long double'", NULL, NULL, "BPF has no floating point to print",
	  "print an integer of a smaller unit (thousandths, nanoseconds)" },
	{ "format specifies type 'char *'", NULL, NULL,
	  "the format wants a string here, and this points to no text",
	  "numbers print with %d, %u or %x, addresses with %pI4, %pI6 or %pM" },
	{ "format specifies type 'void *'", NULL, NULL,
	  "the format wants something that points to the value, and this is the value itself",
	  "write & before it: &ip->saddr" },
	{ "format specifies type", " *'", NULL,
	  "the format wants a number here, and this points to something",
	  "write * before it, or print it with %p" },
	{ .words = "cannot use more than 3 conversion specifiers" },
	{ .words = "too many args to", .code = "bpf_trace_printk" },
	{ .words = "too many arguments", .also = "GlobalAddress", .code = "bpf_trace_printk" },
	{ .words = "too many arguments", .also = "Constant<6>" }, /* the number of that helper */
	{ .words = "too many arguments, bcc only supports", .code = "bpf_trace_printk" },
	{ "tack arguments are not supported", NULL, "bpf_trace_printk",
	  "bpf_trace_printk() prints at most three values",
	  "print three with one bpf_trace_printk(), the others with a second" },
	{ .words = "conversion specifiers allowed",
	  .plain = "the kernel prints nothing at all of a format in which it does not know a "
		   "conversion",
	  .remedy = "it knows %d %i %u %x %X %c %p… and strings, with l or ll and a width" },
	{ .words = "too many args to" },
	{ .words = "too many arguments", .also = "GlobalAddress" },
	{ "tack arguments are not supported", NULL, NULL,
	  "a function that is not inlined takes more than five arguments",
	  "pass at most five, or one pointer to a struct that holds them" },
	{ "unimplemented opcode", NULL, NULL, "this has no meaning in BPF",
	  "remove it, or write it differently: packet programs have no caller and no C library" },
	{ "pass by value not supported", NULL, NULL, NULL, "pass a pointer to the struct" },
	{ .words = "variable sized stack" },
	{ "nsupported dynamic stack allocation", NULL, NULL, NULL,
	  "give the array a constant size" },
	{ "changed binding to STB_GLOBAL", NULL, NULL, "a section has the name of a function",
	  "remove __attribute__((section(…))): every function gets a section of its own" },
	{ "<inline asm>", NULL, NULL, NULL,
	  "inline assembly must be for BPF (r1 = r2); assembly for the machine's processor usually "
	  "comes from a kernel header: try --headers uapi" },

	/* the worker's own */
	{ "uses a global or static variable", NULL, NULL, NULL,
	  "BPF has no memory for them, nor for a table as such: keep variables in BPF_ARRAY(name, "
	  "type, 1), and choose between constants with a switch" },
	{ "prints a text that has no memory", NULL, NULL, NULL,
	  "choose between texts in the call itself (up ? \"in\" : \"out\"), write a print for "
	  "each, or copy one into an array: char name[4] = \"in\"" },
	{ "() adds no entry to '", NULL, NULL, NULL,
	  "libbcc adds missing keys to a BPF_HASH only: count in the value that "
	  "lookup_or_try_init(&key, &zero) returns" },
	{ "calls a function that cannot be inlined", NULL, NULL, NULL,
	  "the kernel will refuse it: write static inline, and a loop instead of recursion; "
	  "strcpy, memcpy and their like are expanded only for lengths that clang knows" },

	/* libbcc's rewriter */
	{ "cannot call non-static helper function", NULL, NULL,
	  "a function called by another one must be static", "write static inline before it" },
	{ "failed to open", "bpf_table", NULL, NULL, "see the error at the table's declaration" },
	{ .words = "cannot use map function inside a macro" },
	{ "cannot use builtin inside a macro", NULL, NULL, NULL,
	  "write the call out where the macro is used, or make the macro a static inline "
	  "function" },
	{ "histogram leaf type must be u64", NULL, NULL, NULL, "write BPF_HISTOGRAM(name)" },
	{ .words = "too many arguments, bcc only supports" },
	{ .words = "no member named 'di' in 'struct __sk_buff'" },
	{ .words = "no member named 'si' in 'struct __sk_buff'" },
	{ .words = "no member named 'regs' in 'struct __sk_buff'" },
	{ "no member named 'gpr' in 'struct __sk_buff'", NULL, NULL,
	  "a packet function has one parameter; this one looks like a kernel probe",
	  "let it take struct __sk_buff *skb and nothing else; if it is a helper of yours, make it "
	  "static inline" },
	{ "redefinition of '", "_table_t'", NULL, "a table of this name exists already",
	  "give one of them another name" },

	/* front end */
	{ "has internal linkage but is not defined", NULL, NULL,
	  "function %s is declared but has no body", "write its body in this file" },
	{ "array initializer must be an initializer list or string literal", NULL,
	  "bpf_trace_printk", "bpf_trace_printk() takes its format as a string, and no size of it",
	  "write bpf_trace_printk(\"%d\\n\", value)" },
	{ "first parameter of 'main'", NULL, NULL,
	  "'main' is the beginning of a C program, and cannot take the packet",
	  "give the function any other name: int count(struct __sk_buff *skb)" },
	{ "but never defined", NULL, NULL, NULL, "write its body in this file" },
	{ "#include nested too deeply", NULL, NULL, "a file includes itself endlessly",
	  "write #pragma once at the top of the file that is included" },
	{ "file not found", "'std", NULL, "%s belongs to the C library, which BPF does not have",
	  "u8 to u64, bool, NULL and the kernel's types need no header here" },
	{ "file not found", "'arpa/", NULL, "%s belongs to the C library, which BPF does not have",
	  "htons() and the like need no header here" },
	{ "file not found", "'netinet/", NULL,
	  "%s belongs to the C library, which BPF does not have",
	  "the kernel's own are linux/ip.h, linux/tcp.h, linux/in.h…" },
	{ "ermission denied", "cannot open file", NULL, NULL,
	  "the compiler runs without privilege, as the user who called sudo or as nobody: let that "
	  "user read the file (chmod o+r)" },
	{ "No such device or address", NULL, NULL, NULL,
	  "only files are included: opening a device does something, and a pipe may let one wait" },
	{ "BPF_LICENSE cannot be specified", NULL, NULL, NULL,
	  "write #define BPF_LICENSE in the program" },
};

static void fill(const char *pattern, const char *name, struct buffer *out)
{
	struct span rest = span_of(pattern ? pattern : ""), before;

	if (span_cut(&rest, "%s", &before)) {
		buffer_append(out, before.text, before.length);
		buffer_string(out, name);
	}
	buffer_append(out, rest.text, rest.length);
}

static const struct rule *find_rule(const struct hint_question *question)
{
	const char *message = question->message, *source = question->source;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strstr(message, rules[i].words) &&
		    (!rules[i].also || strstr(message, rules[i].also)) &&
		    (!rules[i].code || (source && strstr(source, rules[i].code))))
			return &rules[i];
	return NULL;
}

void hints_for(const struct hint_question *question, struct buffer *plain, struct buffer *remedy)
{
	const struct rule *rule = find_rule(question);
	char name[128], quoted[132] = "this";

	if (hints_of_tables(question, plain, remedy))
		return;
	if (!rule) {
		hints_of_names(question, plain, remedy);
		return;
	}
	while (!rule->plain && !rule->remedy)
		rule++;
	if (hint_quoted(question->message, name, sizeof(name)))
		snprintf(quoted, sizeof(quoted), "'%s'", name);
	fill(rule->plain, quoted, plain);
	fill(rule->remedy, quoted, remedy);
}
