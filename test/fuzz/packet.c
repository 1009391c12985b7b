/* SPDX-License-Identifier: Apache-2.0 */
/* Packets as text and as bytes: what can be built is described, whatever is described is built
 * again, and both are the same bytes. */
#include "packet/packet.h"
#include "base/cleanup.h"
#include "fuzz.h"

static void look_at_bytes(const uint8_t *bytes, size_t size)
{
	AUTO(buffer_free) struct buffer text = { 0 }, again = { 0 }, headers = { 0 };
	struct packet_mistake mistake = { 0 };

	packet_describe(bytes, size, &text);
	packet_describe_headers(bytes, size, &headers);
	PROMISE(packet_build((struct span){ text.data, text.length }, &again, &mistake) == 0);
	PROMISE(again.length == size && memcmp(again.data, bytes, size) == 0);
}

static void look_at_text(struct span text)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct packet_mistake mistake = { 0 };

	if (packet_build(text, &bytes, &mistake) == 0) {
		PROMISE(bytes.length && bytes.length <= PACKET_BYTES_MAX);
		look_at_bytes((const uint8_t *)bytes.data, bytes.length);
		return;
	}
	PROMISE(mistake.what[0] && mistake.at >= text.text &&
		mistake.at <= text.text + text.length && !bytes.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Copies, so that a sanitizer sees their ends. */
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	look_at_text((struct span){ (const char *)copy, size });
	if (size && size <= PACKET_BYTES_MAX)
		look_at_bytes(copy, size);
	free(copy);
	return 0;
}
