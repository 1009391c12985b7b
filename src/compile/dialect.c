/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that were written for somebody else: each of their lines is an error, and none
 * of the errors says why. */
#include <string.h>

#include "base/cleanup.h"
#include "base/span.h"
#include "base/text.h"
#include "compile/hints.h"

static bool begins_line(const char *program, const char *words)
{
	for (const char *at = program; (at = strstr(at, words)); at++)
		if (at == program || at[-1] == '\n')
			return true;
	return false;
}

static bool is_python(const char *program)
{
	return (begins_line(program, "#!") && strstr(program, "python")) ||
	       begins_line(program, "from bcc import") || begins_line(program, "import bcc");
}

static bool is_libbpf(const char *program)
{
	static const char *const words[] = {
		"<bpf/bpf_",       "\"bpf/bpf_",      "vmlinux.h\"", "<vmlinux.h>",
		"bpf_helpers.h\"", "<bpf_helpers.h>", "SEC(\"",      "__uint(",
	};

	if (strstr(program, "define SEC(") || strstr(program, "define __uint("))
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(program, words[i]))
			return true;
	return false;
}

/* Other languages, by what a line of them begins with; both where there are two. */
static const struct {
	const char *line, *other, *hint;
} languages[] = {
	{ "package ", "\nimport ",
	  "this is a Go program: save the C text that it gives to bcc in a file of its own" },
	{ "#![", NULL,
	  "this is a Rust program, and skbscope compiles BCC's C: "
	  "int count(struct __sk_buff *skb) { … }" },
	{ "use ", "\nfn ",
	  "this is a Rust program, and skbscope compiles BCC's C: "
	  "int count(struct __sk_buff *skb) { … }" },
	{ "use ", "aya",
	  "this is a Rust program, and skbscope compiles BCC's C: "
	  "int count(struct __sk_buff *skb) { … }" },
	{ "local ", "require",
	  "this is a Lua program: save the C text that it gives to bcc in a file of its own" },
	{ "require ", "rbbcc",
	  "this is a Ruby program: save the C text that it gives to bcc in a file of its own" },
	{ "kprobe:", NULL, "this is a script for bpftrace: skbscope compiles C for packets" },
	{ "tracepoint:", NULL, "this is a script for bpftrace: skbscope compiles C for packets" },
};

static bool is_iproute(const char *program)
{
	return strstr(program, "bpf_api.h\"") || strstr(program, "__section_cls") ||
	       (strstr(program, "__section(\"") && !strstr(program, "define __section"));
}

static const char *dialect_of(const char *program)
{
	if (is_python(program))
		return "this is a Python program: save the C text that it gives to BPF() in a file "
		       "of its own";
	if (is_libbpf(program))
		return "this is libbpf's dialect, and skbscope compiles BCC's: leave SEC() and the "
		       "headers bpf_helpers.h and vmlinux.h out, and write tables as "
		       "BPF_HASH(name, key type, value type)";
	if (is_iproute(program))
		return "this is iproute2's dialect, and skbscope compiles BCC's: leave bpf_api.h "
		       "and "
		       "__section() out, and write tables as BPF_HASH(name, key type, value type)";
	if (begins_line(program, "#!") && strstr(program, "bpftrace"))
		return "this is a script for bpftrace: skbscope compiles C for packets";
	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
		if (begins_line(program, languages[i].line) &&
		    (!languages[i].other || strstr(program, languages[i].other)))
			return languages[i].hint;
	return NULL;
}

/* What stands in a comment is no code of any dialect. */
static void blank_comments(char *text)
{
	for (char *at = text; *at; at++) {
		char *end = NULL;

		if (at[0] == '/' && at[1] == '*')
			end = strstr(at + 2, "*/");
		else if (at[0] == '/' && at[1] == '/')
			end = at + strcspn(at, "\n");
		for (; end && at < end; at++)
			*at = *at == '\n' ? '\n' : ' ';
	}
}

const char *hint_of_dialect(const char *program)
{
	AUTO(freep) char *code = strdup(program);

	if (!code)
		return NULL;
	blank_comments(code);
	return dialect_of(code);
}
