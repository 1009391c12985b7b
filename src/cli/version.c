/* SPDX-License-Identifier: Apache-2.0 */
/* Which skbscope this is, and on what it stands. */
#include "cli/version.h"

#include <bpf/libbpf.h>

#include "cli/command.h"

int version_print(FILE *stream)
{
	fprintf(stream, "skbscope %s\n", SKBSCOPE_VERSION);
	fprintf(stream, "libbpf %s\n", libbpf_version_string() + 1); /* without its 'v' */
	return EXIT_FINE;
}
