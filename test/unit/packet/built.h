/* SPDX-License-Identifier: Apache-2.0 */
/* A packet from its text, for tests. */
#ifndef TEST_UNIT_PACKET_BUILT_H
#define TEST_UNIT_PACKET_BUILT_H

#include "base/cleanup.h"
#include "harness.h"
#include "packet/packet.h"

/* What was said, if it cannot be built: "COLUMN what (hint)". */
static inline struct buffer built(const char *text, struct buffer *said)
{
	struct packet_mistake mistake;
	struct buffer bytes = { 0 };

	if (packet_build(span_of(text), &bytes, &mistake) < 0)
		buffer_printf(said, "%zu %s (%s)", (size_t)(mistake.at - text) + 1, mistake.what,
			      mistake.hint);
	return bytes;
}

#endif
