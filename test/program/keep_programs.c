/* SPDX-License-Identifier: Apache-2.0 */
/* With SKBSCOPE_TEST_KEEP=DIRECTORY each program that a test has as a text becomes a file
 * there, for precompiled_all.sh. The linker puts this in the function's place (--wrap). */
#include <skbscope/source.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"

int __real_skbscope_source_from_text(const char *name, const char *text, size_t length,
				     struct skbscope_source **source, struct skbscope_error *error);
int __wrap_skbscope_source_from_text(const char *name, const char *text, size_t length,
				     struct skbscope_source **source, struct skbscope_error *error);

int __wrap_skbscope_source_from_text(const char *name, const char *text, size_t length,
				     struct skbscope_source **source, struct skbscope_error *error)
{
	const char *directory = getenv("SKBSCOPE_TEST_KEEP");
	char path[4096];
	FILE *file;

	if (directory) {
		snprintf(path, sizeof(path), "%s/%016llx.c", directory,
			 (unsigned long long)hash_bytes(HASH_INIT, text, length));
		file = fopen(path, "we");
		/* A child that became another user cannot. */
		if (file && (fwrite(text, 1, length, file) != length || fclose(file) != 0))
			abort();
	}
	return __real_skbscope_source_from_text(name, text, length, source, error);
}
