/* SPDX-License-Identifier: Apache-2.0 */
/* A verifier log of a kernel yet to come. */
#include "kernel/verifier.h"

#include "base/cleanup.h"
#include "fuzz.h"

#define LIMIT 23u

static void diagnostics_freep(struct skbscope_diagnostics **diagnostics)
{
	skbscope_diagnostics_free(*diagnostics);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bpf_insn insns[LIMIT];
	const struct skbscope_image_program program = {
		.name = "fuzzed",
		.instructions = insns,
		.instruction_count = LIMIT,
	};
	const struct skbscope_image image = { .name = "fuzzed", .path = "./fuzzed.c" };
	AUTO(diagnostics_freep) struct skbscope_diagnostics *diagnostics = NULL;
	AUTO(freep) char *log = fuzz_string(data, size);
	struct verifier_reading reading;

	PROMISE(skbscope_diagnostics_new(&diagnostics) == 0);
	verifier_read(log, LIMIT, &program, &reading);
	PROMISE(reading.instruction >= -1);
	PROMISE(memchr(reading.reason, '\0', sizeof(reading.reason)));
	PROMISE(!strchr(reading.reason, '\n'));
	verifier_report(&image, &program, &reading, SKBSCOPE_SEVERITY_ERROR, diagnostics);
	PROMISE(skbscope_diagnostics_count(diagnostics) >= 1);
	return 0;
}
