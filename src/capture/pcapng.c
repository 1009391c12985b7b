/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcapng: blocks, of which sections, interfaces and three kinds of packets say something to
 * us and all others are passed over. Every section starts anew: its byte order, and the
 * numbers of its interfaces. draft-ietf-opsawg-pcapng.
 */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "capture/fields.h"
#include "capture/pcapng.h"
#include "capture/reader.h"

#define BLOCK_MIN 12u
/* A packet, its header, and options that no writer comes near to. */
#define BLOCK_MAX (CAPTURE_PACKET_MAX + (1u << 20))

/* A section says in which order its numbers are, after the first of them. */
static int read_byte_order(struct capture *capture, struct skbscope_error *error)
{
	const uint8_t *at = stream_bytes(&capture->stream) + 8;

	for (int big = 0; big < 2; big++) {
		struct fields fields = { at, 4, big, false };

		if (fields_u32(&fields) == PCAPNG_BYTE_ORDER) {
			capture->big_endian = big;
			return 0;
		}
	}
	return capture_damaged(capture, error, "a section begins without a byte order");
}

static int read_section(struct capture *capture, struct fields *body, struct skbscope_error *error)
{
	uint16_t major, minor;

	fields_take(body, 4);
	major = fields_u16(body);
	minor = fields_u16(body);
	fields_take(body, 8); /* how long it is: a hint that is mostly left out */
	if (body->bad)
		return capture_damaged(capture, error, "a section's header is too short");
	if (major != 1 || (minor != 0 && minor != 2))
		return hint(error,
			    fail(error, EPROTONOSUPPORT, SKBSCOPE_STAGE_READ,
				 "%s is pcapng of version %u.%u, and only 1.0 and 1.2 are known",
				 stream_name(&capture->stream), major, minor),
			    "if it is a capture, tshark may write it anew: tshark -r FILE -w NEW");
	capture->first_source = capture->source_count;
	capture->facts.sections++;
	return 0;
}

/* The length is at the end of a block as at its beginning. */
static int check_trailer(struct capture *capture, const uint8_t *trailer, uint32_t total,
			 struct skbscope_error *error)
{
	struct fields fields = { trailer, 4, capture->big_endian, false };
	uint32_t again = fields_u32(&fields);

	if (again == total)
		return 0;
	return capture_damaged(capture, error,
			       "a block says at its beginning that it has %u bytes, and %u at its "
			       "end",
			       total, again);
}

static int pass_over(struct capture *capture, struct skbscope_error *error)
{
	struct stream *stream = &capture->stream;
	int r = stream_skip(stream, &capture->skip, error);

	if (r > 0)
		r = stream_need(stream, 4, error);
	if (r == 0)
		return capture_cut(capture, "a block", capture->skip + 4, error);
	if (r < 0)
		return r;
	r = check_trailer(capture, stream_bytes(stream), capture->skipped, error);
	if (r < 0)
		return r;
	stream_consume(stream, 4);
	capture->skipped = 0;
	return 1;
}

static bool is_known(uint32_t type)
{
	return type == BLOCK_SECTION || type == BLOCK_INTERFACE || type == BLOCK_PACKET ||
	       type == BLOCK_SIMPLE_PACKET || type == BLOCK_ENHANCED_PACKET;
}

/* *type and *total of the block that begins here; 1, 0 at the end of the file, or an error. */
static int read_head(struct capture *capture, uint32_t *type, uint32_t *total,
		     struct skbscope_error *error)
{
	struct stream *stream = &capture->stream;
	struct fields head;
	int r = stream_need(stream, BLOCK_MIN, error);

	if (r < 0 || (r == 0 && !stream_available(stream)))
		return r;
	if (r == 0)
		return capture_cut(capture, "a block", BLOCK_MIN, error);
	head = (struct fields){ stream_bytes(stream), BLOCK_MIN, capture->big_endian, false };
	*type = fields_u32(&head);
	if (*type == BLOCK_SECTION) {
		r = read_byte_order(capture, error);
		if (r < 0)
			return r;
		head.big_endian = capture->big_endian;
	}
	*total = fields_u32(&head);
	if (*total < BLOCK_MIN || *total % 4)
		return capture_damaged(capture, error,
				       "a block says that it has %u bytes, which no block can have",
				       *total);
	if (is_known(*type) && *total > BLOCK_MAX)
		return capture_damaged(capture, error,
				       "a block says that it has %u bytes, and a packet has at "
				       "most %u",
				       *total, CAPTURE_PACKET_MAX);
	return 1;
}

/* 1 if it was a packet, 0 if not. */
static int read_block(struct capture *capture, uint32_t type, uint32_t total,
		      struct capture_packet *packet, struct skbscope_error *error)
{
	struct fields body = { stream_bytes(&capture->stream) + 8, total - BLOCK_MIN,
			       capture->big_endian, false };
	int r = check_trailer(capture, body.next + body.left, total, error);

	if (r < 0)
		return r;
	if (type == BLOCK_SECTION)
		return read_section(capture, &body, error);
	if (type == BLOCK_INTERFACE)
		return pcapng_interface(capture, &body, error);
	return pcapng_packet(capture, type, &body, packet, error);
}

static int pcapng_next(struct capture *capture, struct capture_packet *packet,
		       struct skbscope_error *error)
{
	struct stream *stream = &capture->stream;

	for (;;) {
		uint32_t type = 0, total = 0;
		int r = capture->skipped ? pass_over(capture, error) : 1;

		if (r > 0)
			r = read_head(capture, &type, &total, error);
		if (r <= 0)
			return r;
		if (!is_known(type)) {
			stream_consume(stream, 8);
			capture->skip = total - BLOCK_MIN;
			capture->skipped = total;
			continue;
		}
		r = stream_need(stream, total, error);
		if (r <= 0)
			return r < 0 ? r : capture_cut(capture, "a block", total, error);
		r = read_block(capture, type, total, packet, error);
		if (r < 0)
			return r;
		stream_consume(stream, total);
		if (r > 0)
			return r;
	}
}

int pcapng_begin(struct capture *capture, struct skbscope_error *error)
{
	static const uint8_t section[] = { 0x0a, 0x0d, 0x0d, 0x0a };
	struct stream *stream = &capture->stream;
	int r;

	if (memcmp(stream_bytes(stream), section, sizeof(section)) != 0)
		return 0;
	capture->facts.format = "pcapng";
	if (stream_available(stream) >= BLOCK_MIN) {
		r = read_byte_order(capture, error);
		if (r < 0)
			return r;
	}
	capture->next = pcapng_next;
	return 1;
}
