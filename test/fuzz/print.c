/* SPDX-License-Identifier: Apache-2.0 */
/* A print's record: whatever it says of itself, its text has no control characters. */
#include "model/print.h"

#include "base/cleanup.h"
#include "base/utf8.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	AUTO(freep) uint8_t *record = malloc(size ? size : 1);
	struct print print;

	PROMISE(record);
	if (size)
		memcpy(record, data, size);
	if (print_read(record, size, &print, &text) < 0) {
		PROMISE(!text.length);
		return 0;
	}
	PROMISE(text.length <= 8 * 1024 + 4 * size);
	for (size_t i = 0; i < text.length;) {
		size_t length = utf8_length(text.data + i, text.length - i);

		PROMISE(length);
		PROMISE(text.data[i] == '\n' || text.data[i] == '\t' ||
			!utf8_is_control(text.data + i, length));
		i += length;
	}
	return 0;
}
