/* SPDX-License-Identifier: Apache-2.0 */
/* Two texts, parted by the first NUL: each rewritten line has an original one. */
#include "compile/align.h"

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
	if (rewritten_find(log, size, &found))
		PROMISE(found.text >= log && found.text + found.length <= log + size &&
			found.block_start <= found.block_end && found.block_end <= size);
	if (line_map_new(log, first, original, second, &map) < 0)
		return 0;
	for (size_t i = 0; i < second; i++)
		lines += original[i] == '\n';
	for (uint32_t line = 0; line < 200; line++) {
		bool unchanged = false;

		PROMISE(line_map_original(map, line, &unchanged) <= lines);
	}
	return 0;
}
