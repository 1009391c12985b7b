/* SPDX-License-Identifier: Apache-2.0 */
/* Two texts, parted by the first NUL: each rewritten line has an original one. */
#include "compile/line_map.h"

#include "base/cleanup.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(freep) char *log = fuzz_string(data, size), *original = NULL;
	AUTO(line_map_freep) struct line_map *map = NULL;
	const size_t first = strlen(log), second = first < size ? size - first - 1 : 0;
	struct rewritten_text found;
	uint32_t lines = 1;

	original = fuzz_string(data + size - second, second);
	if (rewritten_find((struct span){ log, size }, &found))
		PROMISE(found.before.text == log &&
			found.before.text + found.before.length <= found.text.text &&
			found.text.text + found.text.length <= found.after.text &&
			found.after.text + found.after.length == log + size);
	if (line_map_new((struct span){ log, first }, (struct span){ original, second }, &map) < 0)
		return 0;
	for (size_t i = 0; i < second; i++)
		lines += original[i] == '\n';
	for (uint32_t line = 0; line < 200; line++) {
		bool unchanged = false;

		PROMISE(line_map_original(map, line, &unchanged) <= lines);
	}
	return 0;
}
