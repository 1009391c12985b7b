/* SPDX-License-Identifier: Apache-2.0 */
/* What JSON is said to hold is bounded, and the same however it is cut. The first byte says where.
 */
#include "streams/json_scan.h"

#include "base/hash.h"
#include "fuzz.h"

struct seen {
	uint64_t hash, count;
};

static void note(void *context, const struct json_value *value)
{
	struct seen *seen = context;

	PROMISE(strlen(value->path) < JSON_PATH_MAX);
	PROMISE(value->length < JSON_SCALAR_MAX && strlen(value->text) == value->length);
	seen->hash = hash_bytes(seen->hash, value->path, strlen(value->path) + 1);
	seen->hash = hash_bytes(seen->hash, value->text, value->length + 1);
	seen->hash = hash_bytes(seen->hash, &value->is_text, 1);
	seen->hash = hash_bytes(seen->hash, &value->cut, 1);
	seen->count++;
}

static struct seen scan(const char *text, size_t size, size_t step)
{
	struct seen seen = { HASH_INIT, 0 };
	struct json_scan scan;

	json_scan_init(&scan, note, &seen);
	for (size_t at = 0; at < size; at += step)
		json_scan_feed(&scan, text + at, step < size - at ? step : size - at);
	json_scan_end(&scan);
	PROMISE(scan.elements <= size);
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t step = size ? 1 + data[0] % 32 : 1;
	char *text = fuzz_string(data + (size > 0), size ? size - 1 : 0);
	struct seen whole = scan(text, size ? size - 1 : 0, size + 1);
	struct seen cut = scan(text, size ? size - 1 : 0, step);

	PROMISE(whole.hash == cut.hash && whole.count == cut.count);
	PROMISE(whole.count <= size);
	free(text);
	return 0;
}
