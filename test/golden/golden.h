/* SPDX-License-Identifier: Apache-2.0 */
/* A rendering compared with NAME.txt beside this file; UPDATE_GOLDEN writes it. */
#ifndef TEST_GOLDEN_H
#define TEST_GOLDEN_H

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "harness.h"

#define GOLDEN_MAX (1u << 20)

static inline void golden_check(const char *name, const char *actual)
{
	AUTO(buffer_free) struct buffer expected = { 0 };
	char path[512];

	snprintf(path, sizeof(path), "%s/golden/%s.txt", TEST_DIR, name);
	if (getenv("UPDATE_GOLDEN")) {
		FILE *file = fopen(path, "w");

		CHECK(file && fputs(actual, file) >= 0);
		if (file)
			fclose(file);
	}
	if (read_file(path, GOLDEN_MAX, &expected) < 0) {
		fprintf(stderr, "%s is missing; UPDATE_GOLDEN=1 writes it\n", path);
		test_failures++;
	}
	CHECK_TEXT(actual, buffer_text(&expected));
}

#endif
