/* SPDX-License-Identifier: Apache-2.0 */
/* A file of tests: read whole, or refused with its mistakes; nothing in it is out of bounds. */
#include "expect/tests.h"
#include "base/cleanup.h"
#include "expect/hex.h"
#include "fuzz.h"

static void look_at_text(const char *text)
{
	PROMISE(text && strlen(text) < TEST_FILE_MAX);
}

static void look_at_feed(const struct test_feed *feed)
{
	const struct test_packet *packet = &feed->packet;

	PROMISE(feed->line);
	if (feed->capture) {
		look_at_text(feed->capture);
		return;
	}
	PROMISE(packet->size >= 14 && packet->size <= HEX_BYTES_MAX);
	PROMISE(packet->length >= packet->size && packet->times <= 1000000);
	for (uint32_t i = 0, sum = 0; i < packet->size; i++)
		PROMISE((sum += packet->bytes[i]) <= UINT32_MAX);
}

static void look_at_expectation(const struct expectation *expectation)
{
	PROMISE(expectation->line);
	for (size_t i = 0; i < expectation->row_count; i++) {
		PROMISE(expectation->rows[i].count);
		for (size_t j = 0; j < expectation->rows[i].count; j++) {
			look_at_text(expectation->rows[i].cells[j].column);
			look_at_text(expectation->rows[i].cells[j].text);
		}
	}
	for (size_t i = 0; i < expectation->texts.count; i++)
		look_at_text(expectation->texts.items[i]);
	if (expectation->kind == EXPECT_TABLE || expectation->kind == EXPECT_EVENTS)
		PROMISE(expectation->table[0] &&
			(expectation->count.given || expectation->row_count));
}

static void look_at_case(const struct test_case *test)
{
	bool stops = false;

	look_at_text(test->name);
	look_at_text(test->program);
	PROMISE(test->expectation_count);
	for (size_t i = 0; i < test->expectation_count; i++) {
		look_at_expectation(&test->expectations[i]);
		stops |= expectation_is_error(&test->expectations[i]);
	}
	PROMISE(stops || test->feed_count);
	for (size_t i = 0; i < test->feed_count; i++)
		look_at_feed(&test->feeds[i]);
	for (size_t i = 0; i < test->defines.count; i++)
		look_at_text(test->defines.items[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(freep) char *text = fuzz_string(data, size);
	AUTO(test_file_freep) struct test_file *file = NULL;
	struct skbscope_diagnostics *diagnostics;
	struct skbscope_error error = { 0 };

	PROMISE(skbscope_diagnostics_new(&diagnostics) == 0);
	if (test_file_parse("x.test", text, size, diagnostics, &file, &error) < 0) {
		PROMISE(!file && error.code < 0 && error.message[0]);
		PROMISE(error.stage == SKBSCOPE_STAGE_USAGE);
		PROMISE(memchr(data, '\0', size) || skbscope_diagnostics_count(diagnostics));
	} else {
		PROMISE(!skbscope_diagnostics_count(diagnostics) && file->case_count);
		for (size_t i = 0; i < file->case_count; i++)
			look_at_case(&file->cases[i]);
	}
	skbscope_diagnostics_free(diagnostics);
	return 0;
}
