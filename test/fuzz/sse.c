/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams of events and lines: the same documents however they are cut. The first byte says which
 * of both it is, the second where it is cut.
 */
#include "streams/lines.h"

#include "base/hash.h"
#include "fuzz.h"

struct seen {
	uint64_t hash, documents, bytes;
};

static void note_data(void *context, const char *data, size_t length)
{
	struct seen *seen = context;

	PROMISE(length > 0);
	seen->hash = hash_bytes(seen->hash, data, length);
	seen->bytes += length;
}

static void note_end(void *context)
{
	struct seen *seen = context;

	seen->hash = hash_bytes(seen->hash, "", 1);
	seen->documents++;
}

static struct seen read_all(const char *text, size_t size, size_t step, enum lines_kind kind)
{
	struct seen seen = { HASH_INIT, 0, 0 };
	struct lines lines;

	lines_init(&lines, kind, note_data, note_end, &seen);
	for (size_t at = 0; at < size; at += step)
		lines_feed(&lines, text + at, step < size - at ? step : size - at);
	lines_end(&lines);
	lines_gap(&lines);
	lines_feed(&lines, text, size);
	lines_end(&lines);
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const enum lines_kind kind = size && data[0] & 1 ? LINES_NDJSON : LINES_SSE;
	const size_t step = size > 1 ? 1 + data[1] % 32 : 1, skip = size < 2 ? size : 2;
	char *text = fuzz_string(data + skip, size - skip);
	struct seen whole = read_all(text, size - skip, size + 1, kind);
	struct seen cut = read_all(text, size - skip, step, kind);

	PROMISE(whole.hash == cut.hash && whole.documents == cut.documents);
	PROMISE(whole.documents <= 2 * size && whole.bytes <= 3 * size);
	free(text);
	return 0;
}
