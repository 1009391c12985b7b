/* SPDX-License-Identifier: Apache-2.0 */
/* What a compiler process printed, hostile or not. */
#include "compile/clang_log.h"

#include "base/cleanup.h"
#include "fuzz.h"

static void diagnostics_freep(struct skbscope_diagnostics **diagnostics)
{
	skbscope_diagnostics_free(*diagnostics);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "/usr/share/skbscope/kernel", "/home/user" };
	static const char source[] = "BPF_HASH(m, u32, u64);\nint f(struct __sk_buff *skb)\n"
				     "{\n\tu32 key = 0;\n\treturn nothing;\n}\n";
	const struct worker_request request = {
		.path = "./mine.c",
		.name = "mine",
		.comment = "",
		.text = source,
		.text_length = sizeof(source) - 1,
		.paths = paths,
		.path_count = 2,
	};
	const struct clang_log_directory directory = { .real = "/home/user", .typed = "." };
	const struct clang_log context = {
		.request = &request,
		.directories = &directory,
		.directory_count = 1,
	};
	AUTO(diagnostics_freep) struct skbscope_diagnostics *diagnostics = NULL;
	AUTO(freep) char *log = fuzz_string(data, size);
	AUTO(fclosep) FILE *nowhere = fopen("/dev/null", "w");
	size_t errors = 0, counted = 0;

	PROMISE(nowhere && skbscope_diagnostics_new(&diagnostics) == 0);
	PROMISE(clang_log_parse(&context, log, size, diagnostics, &errors) == 0);
	for (size_t i = 0; i < skbscope_diagnostics_count(diagnostics); i++) {
		const struct skbscope_diagnostic *one = skbscope_diagnostics_get(diagnostics, i);

		PROMISE(one && one->message);
		counted += one->severity == SKBSCOPE_SEVERITY_ERROR;
	}
	PROMISE(counted == errors);
	PROMISE(skbscope_diagnostics_print(diagnostics, 1, nowhere) == 0);
	return 0;
}
