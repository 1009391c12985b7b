/* SPDX-License-Identifier: Apache-2.0 */
/* A program from another machine: what is accepted is a whole image, and words that can be
 * shown. The checksum is made right, so that what is behind it is met. */
#include "compile/exported.h"
#include "base/cleanup.h"
#include "fuzz.h"
#include "image/image.h"

#define LENGTH_AT 16
#define CHECKSUM_AT 24
#define HEADER_BYTES (CHECKSUM_AT + CACHE_HASH_BYTES)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(image_freep) struct skbscope_image *image = NULL;
	AUTO(freep) char *copy = fuzz_string(data, size);
	struct skbscope_error error = { 0 };
	struct exported exported;
	struct machine here;
	uint64_t length = size;

	if (size >= HEADER_BYTES) {
		memcpy(copy + LENGTH_AT, &length, sizeof(length));
		cache_hash(copy + HEADER_BYTES, size - HEADER_BYTES, (uint8_t *)copy + CHECKSUM_AT);
	}
	if (exported_read(copy, size, &exported, &image, &error) < 0) {
		PROMISE(!image && error.code < 0 && error.message[0]);
		return 0;
	}
	PROMISE(strlen(exported.machine.name) < 256 && strlen(exported.machine.release) < 256 &&
		strlen(exported.facts) < 256);
	PROMISE(machine_here(false, &here, &error) == 0);
	if (exported_require(&exported, image, &here, &error) < 0)
		PROMISE(error.code < 0 && error.message[0]);
	return 0;
}
