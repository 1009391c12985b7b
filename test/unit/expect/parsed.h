/* SPDX-License-Identifier: Apache-2.0 */
/* A file of tests from text, and what is said of one with mistakes. */
#ifndef TEST_UNIT_EXPECT_PARSED_H
#define TEST_UNIT_EXPECT_PARSED_H

#include "base/buffer.h"
#include "base/cleanup.h"
#include "expect/tests.h"
#include "harness.h"

#define FRAME "\n\t02:00:00:00:00:01 02:00:00:00:00:02 08:00\n"
#define HEAD "program ./x.c\npacket" FRAME

/* NULL: it has mistakes, which are in said, a line each: "LINE:COLUMN message (hint)". */
static inline struct test_file *parsed(const char *text, struct buffer *said)
{
	struct skbscope_diagnostics *diagnostics;
	const struct skbscope_diagnostic *item;
	struct skbscope_error error = { 0 };
	struct test_file *file = NULL;

	CHECK_NUMBER(skbscope_diagnostics_new(&diagnostics), 0);
	buffer_clear(said);
	if (test_file_parse("some/x.test", text, strlen(text), diagnostics, &file, &error) < 0) {
		CHECK_NUMBER(error.stage, SKBSCOPE_STAGE_USAGE);
		CHECK_CONTAINS(error.message, "x.test");
	}
	for (size_t i = 0; (item = skbscope_diagnostics_get(diagnostics, i)); i++)
		buffer_printf(said, "%u:%u %s (%s)\n", item->line, item->column, item->message,
			      item->hint ? item->hint : "");
	skbscope_diagnostics_free(diagnostics);
	return file;
}

#endif
