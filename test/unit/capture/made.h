/* SPDX-License-Identifier: Apache-2.0 */
/* Captures made by hand, in either byte order, and read from a file without a name. */
#ifndef TEST_UNIT_CAPTURE_MADE_H
#define TEST_UNIT_CAPTURE_MADE_H

#include <endian.h>
#include <errno.h>
#include <sys/mman.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "capture/capture.h"
#include "harness.h"

struct made {
	struct buffer bytes;
	bool big_endian;
};

static inline void made_u16(struct made *made, unsigned value)
{
	uint16_t stored = made->big_endian ? htobe16((uint16_t)value) : htole16((uint16_t)value);

	buffer_append(&made->bytes, &stored, sizeof(stored));
}

static inline void made_u32(struct made *made, uint32_t value)
{
	uint32_t stored = made->big_endian ? htobe32(value) : htole32(value);

	buffer_append(&made->bytes, &stored, sizeof(stored));
}

static inline void made_u64(struct made *made, uint64_t value)
{
	uint64_t stored = made->big_endian ? htobe64(value) : htole64(value);

	buffer_append(&made->bytes, &stored, sizeof(stored));
}

/* Byte i of a frame is seed + i. */
static inline void made_frame(struct made *made, unsigned seed, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		uint8_t byte = (uint8_t)(seed + i);

		buffer_append(&made->bytes, &byte, 1);
	}
}

static inline bool is_frame(const struct capture_packet *packet, unsigned seed, size_t length)
{
	for (size_t i = 0; i < packet->captured; i++)
		if (packet->data[i] != (uint8_t)(seed + i))
			return false;
	return packet->captured == length;
}

static inline void made_pcap(struct made *made, uint32_t magic, uint32_t link)
{
	made_u32(made, magic);
	made_u16(made, 2);
	made_u16(made, 4);
	made_u64(made, 0);
	made_u32(made, 262144);
	made_u32(made, link);
}

static inline void made_pcap_packet(struct made *made, uint32_t seconds, uint32_t fraction,
				    unsigned seed, uint32_t captured, uint32_t length)
{
	made_u32(made, seconds);
	made_u32(made, fraction);
	made_u32(made, captured);
	made_u32(made, length);
	made_frame(made, seed, captured);
}

/* A block of pcapng around whatever is appended between the two calls. */
static inline size_t made_block(struct made *made, uint32_t type)
{
	made_u32(made, type);
	made_u32(made, 0);
	return made->bytes.length - 8;
}

static inline void made_block_end(struct made *made, size_t block)
{
	struct made total = { .big_endian = made->big_endian };

	while (made->bytes.length % 4)
		buffer_append(&made->bytes, "", 1);
	made_u32(&total, (uint32_t)(made->bytes.length - block + 4));
	memcpy(made->bytes.data + block + 4, total.bytes.data, 4);
	buffer_append(&made->bytes, total.bytes.data, 4);
	buffer_free(&total.bytes);
}

static inline void made_option(struct made *made, unsigned code, const void *value, size_t length)
{
	made_u16(made, code);
	made_u16(made, (unsigned)length);
	buffer_append(&made->bytes, value, length);
	while (made->bytes.length % 4)
		buffer_append(&made->bytes, "", 1);
}

static inline void made_section(struct made *made)
{
	size_t block = made_block(made, 0x0a0d0d0a);

	made_u32(made, 0x1a2b3c4d);
	made_u16(made, 1);
	made_u16(made, 0);
	made_u64(made, UINT64_MAX);
	made_block_end(made, block);
}

/* Resolution 0xff: none stated. */
static inline void made_interface(struct made *made, unsigned link, uint32_t snapshot,
				  const char *name, uint8_t resolution, int64_t offset_s)
{
	size_t block = made_block(made, 1);

	made_u16(made, link);
	made_u16(made, 0);
	made_u32(made, snapshot);
	if (name)
		made_option(made, 2, name, strlen(name));
	if (resolution != 0xff)
		made_option(made, 9, &resolution, 1);
	if (offset_s) {
		struct made value = { .big_endian = made->big_endian };

		made_u64(&value, (uint64_t)offset_s);
		made_option(made, 14, value.bytes.data, 8);
		buffer_free(&value.bytes);
	}
	made_option(made, 0, "", 0);
	made_block_end(made, block);
}

/* Flags 0: no such option. */
static inline void made_enhanced(struct made *made, uint32_t interface, uint64_t ticks,
				 unsigned seed, uint32_t captured, uint32_t length, uint32_t flags)
{
	size_t block = made_block(made, 6);

	made_u32(made, interface);
	made_u32(made, (uint32_t)(ticks >> 32));
	made_u32(made, (uint32_t)ticks);
	made_u32(made, captured);
	made_u32(made, length);
	made_frame(made, seed, captured);
	while (made->bytes.length % 4)
		buffer_append(&made->bytes, "", 1);
	if (flags) {
		struct made value = { .big_endian = made->big_endian };

		made_option(made, 1, "a comment before it", 19);
		made_u32(&value, flags);
		made_option(made, 2, value.bytes.data, 4);
		made_option(made, 0, "", 0);
		buffer_free(&value.bytes);
	}
	made_block_end(made, block);
}

static inline int made_open_bytes(const void *data, size_t length, struct capture **out,
				  struct skbscope_error *error)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	if (fd < 0 || write_all(fd, data, length) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	return capture_from_fd(fd, "x.pcap", NULL, out, error);
}

static inline int made_open(const struct made *made, struct capture **out,
			    struct skbscope_error *error)
{
	return made_open_bytes(made->bytes.data, made->bytes.length, out, error);
}

/* Reads to the end, and says how it ended. */
static inline int made_read_all(struct capture *capture, struct skbscope_error *error)
{
	struct capture_packet packet;
	int r;

	do {
		r = capture_next(capture, &packet, error);
	} while (r > 0);
	return r;
}

static inline uint64_t made_count(const struct capture *capture)
{
	struct capture_facts facts;

	capture_facts(capture, &facts);
	return facts.packets;
}

#define AUTO_MADE AUTO(made_free) struct made
static inline void made_free(struct made *made)
{
	buffer_free(&made->bytes);
}

#endif
