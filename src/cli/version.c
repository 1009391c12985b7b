/* SPDX-License-Identifier: Apache-2.0 */
/* Which skbscope this is, and on what it stands. */
#include <bpf/libbpf.h>

#include "cli/command.h"
#include "compile/worker_client.h"

const char *version_text(void)
{
	return SKBSCOPE_VERSION;
}

int version_print(FILE *stream)
{
	struct worker_versions worker = { 0 };
	struct skbscope_error error = { 0 };

	fprintf(stream, "skbscope %s\n", SKBSCOPE_VERSION);
	fprintf(stream, "libbpf %s\n", libbpf_version_string() + 1); /* without its 'v' */
	if (worker_versions(&worker, &error) < 0) {
		fprintf(stream, "compiler: %s\n", error.message);
		return EXIT_FINE;
	}
	fprintf(stream, "libbcc %s\nLLVM %s\n", worker.libbcc[0] ? worker.libbcc : "unknown",
		worker.llvm[0] ? worker.llvm : "unknown");
	return EXIT_FINE;
}
