/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of pcapng. */
#include "capture/write.h"

#include <string.h>

#include "base/utf8.h"
#include "capture/pcapng.h"

#define COMMENT_MAX 65532u /* 16 bits of length, padded to four */

enum option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_INTERFACE_NAME = 2,
	OPTION_FLAGS = 2,
	OPTION_APPLICATION = 4,
	OPTION_RESOLUTION = 9,
};

static void put_u16(struct buffer *out, uint16_t value)
{
	buffer_append(out, &value, sizeof(value));
}

static void put_u32(struct buffer *out, uint32_t value)
{
	buffer_append(out, &value, sizeof(value));
}

static void put_padded(struct buffer *out, const void *data, size_t length)
{
	buffer_append(out, data, length);
	buffer_append(out, "\0\0\0", (4 - length % 4) % 4);
}

static void put_option(struct buffer *out, enum option code, const void *value, size_t length)
{
	put_u16(out, (uint16_t)code);
	put_u16(out, (uint16_t)length);
	put_padded(out, value, length);
}

static void put_text(struct buffer *out, enum option code, const char *text, size_t length)
{
	put_option(out, code, text, length > COMMENT_MAX ? utf8_whole(text, COMMENT_MAX) : length);
}

/* Where it begins. */
static size_t begin_block(struct buffer *out, enum block_type type)
{
	size_t start = out->length;

	put_u32(out, type);
	put_u32(out, 0);
	return start;
}

static void end_block(struct buffer *out, size_t start)
{
	uint32_t total = (uint32_t)(out->length - start + sizeof(uint32_t));

	put_u32(out, total);
	if (!out->failed)
		memcpy(out->data + start + sizeof(uint32_t), &total, sizeof(total));
}

void capture_write_section(struct buffer *out, const char *application)
{
	static const uint64_t unknown_length = UINT64_MAX;
	size_t start = begin_block(out, BLOCK_SECTION);

	put_u32(out, PCAPNG_BYTE_ORDER);
	put_u16(out, 1);
	put_u16(out, 0);
	buffer_append(out, &unknown_length, sizeof(unknown_length));
	if (application) {
		put_text(out, OPTION_APPLICATION, application, strlen(application));
		put_option(out, OPTION_END, "", 0);
	}
	end_block(out, start);
}

void capture_write_interface(struct buffer *out, const struct capture_interface *interface)
{
	static const uint8_t nanoseconds = 9;
	size_t start = begin_block(out, BLOCK_INTERFACE);

	put_u16(out, interface->link);
	put_u16(out, 0);
	put_u32(out, interface->snapshot);
	if (interface->name)
		put_text(out, OPTION_INTERFACE_NAME, interface->name, strlen(interface->name));
	put_option(out, OPTION_RESOLUTION, &nanoseconds, sizeof(nanoseconds));
	put_option(out, OPTION_END, "", 0);
	end_block(out, start);
}

void capture_write_packet(struct buffer *out, const struct capture_packet *packet,
			  const char *comment, size_t length)
{
	uint32_t flags = (uint32_t)packet->direction | (uint32_t)packet->reception << 2;
	size_t start = begin_block(out, BLOCK_ENHANCED_PACKET);

	put_u32(out, packet->interface);
	put_u32(out, (uint32_t)(packet->time_ns >> 32));
	put_u32(out, (uint32_t)packet->time_ns);
	put_u32(out, packet->captured);
	put_u32(out, packet->length);
	put_padded(out, packet->data, packet->captured);
	if (flags)
		put_option(out, OPTION_FLAGS, &flags, sizeof(flags));
	if (comment)
		put_text(out, OPTION_COMMENT, comment, length);
	if (flags || comment)
		put_option(out, OPTION_END, "", 0);
	end_block(out, start);
}
