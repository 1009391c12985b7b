/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that were written for somebody else: each of their lines is an error, and none
 * of the errors says why. */
#include <string.h>

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

const char *hint_of_dialect(const char *program)
{
	if (is_python(program))
		return "this is a Python program: save the C text that it gives to BPF() in a file "
		       "of its own";
	if (is_libbpf(program))
		return "this is libbpf's dialect, and skbscope compiles BCC's: leave SEC() and the "
		       "headers bpf_helpers.h and vmlinux.h out, and write tables as "
		       "BPF_HASH(name, key type, value type)";
	return NULL;
}
