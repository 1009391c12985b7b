/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcap: a header of 24 bytes that says byte order, resolution and link type, then packets of
 * 16 bytes (24 with Kuznetzov's patch) and their own. draft-ietf-opsawg-pcap.
 */
#include <errno.h>

#include "base/error.h"
#include "capture/fields.h"
#include "capture/reader.h"

#define FILE_HEADER 24

static const struct dialect {
	uint32_t magic;
	uint32_t unit_ns;
	uint32_t packet_header;
} dialects[] = {
	{ 0xa1b2c3d4, 1000, 16 }, { 0xa1b23c4d, 1, 16 },
	{ 0xa1b2cd34, 1000, 24 }, /* Kuznetzov: interface, protocol, packet type */
	{ 0xa1b234cd, 1000, 16 }, /* Mesquita */
	{ 0xa12b3c4d, 1000, 16 }, /* Navtel */
};

static const struct dialect *find_dialect(const uint8_t *data, bool *big_endian)
{
	for (int big = 0; big < 2; big++) {
		struct fields fields = { data, 4, big, false };
		uint32_t magic = fields_u32(&fields);

		for (size_t i = 0; i < sizeof(dialects) / sizeof(*dialects); i++)
			if (dialects[i].magic == magic) {
				*big_endian = big;
				return &dialects[i];
			}
	}
	return NULL;
}

/* packet(7)'s numbers */
static void packet_type(struct capture_packet *packet, uint8_t type)
{
	static const enum capture_reception receptions[] = { CAPTURE_UNICAST, CAPTURE_BROADCAST,
							     CAPTURE_MULTICAST,
							     CAPTURE_PROMISCUOUS };

	packet->direction = type == 4 ? CAPTURE_OUT : CAPTURE_IN;
	if (type < sizeof(receptions) / sizeof(*receptions))
		packet->reception = receptions[type];
}

static void swap_lengths(const struct capture *capture, struct capture_packet *packet)
{
	uint32_t captured = packet->captured;

	if (!capture->lengths_swapped &&
	    (!capture->lengths_maybe_swapped || captured <= packet->length))
		return;
	packet->captured = packet->length;
	packet->length = captured;
}

static int pcap_next(struct capture *capture, struct capture_packet *packet,
		     struct skbscope_error *error)
{
	const struct capture_source *source = &capture->sources[0];
	struct stream *stream = &capture->stream;
	size_t header = capture->header_size;
	uint32_t seconds, fraction, limit;
	struct fields fields;
	uint64_t time;
	int r;

	r = stream_need(stream, header, error);
	if (r <= 0)
		return r == 0 && stream_available(stream)
			       ? capture_cut(capture, "a packet's header", header, error)
			       : r;
	fields = (struct fields){ stream_bytes(stream), header, capture->big_endian, false };
	seconds = fields_u32(&fields);
	fraction = fields_u32(&fields);
	*packet = (struct capture_packet){
		.captured = fields_u32(&fields),
		.length = fields_u32(&fields),
		.link = source->shown.link,
		.has_time = true,
		.big_endian = capture->big_endian,
	};
	swap_lengths(capture, packet);
	if (header == 24) {
		fields_take(&fields, 6);
		packet_type(packet, fields_u8(&fields));
	}
	limit = capture_packet_limit(source->shown.link, source->shown.snapshot);
	if (packet->captured > limit)
		return capture_damaged(capture, error,
				       "a packet says that %u bytes of it follow, and %u are the "
				       "most that it can have",
				       packet->captured, limit);
	r = stream_need(stream, header + packet->captured, error);
	if (r <= 0)
		return r < 0 ? r
			     : capture_cut(capture, "a packet", header + packet->captured, error);
	packet->data = stream_bytes(stream) + header;
	if (packet->length < packet->captured)
		packet->length = packet->captured;
	time = seconds * UINT64_C(1000000000) + fraction * source->clock.multiply;
	packet->time_ns = time;
	stream_consume(stream, header + packet->captured);
	return 1;
}

/* libpcap reads 2.0 to 2.4, and what DG/UX and AIX's old tcpdump called 543.0. */
static int check_version(struct capture *capture, uint16_t major, uint16_t minor,
			 struct skbscope_error *error)
{
	if (!(major == 2 && minor <= 4) && !(major == 543 && minor == 0))
		return hint(error,
			    fail(error, EPROTONOSUPPORT, SKBSCOPE_STAGE_READ,
				 "%s is pcap of version %u.%u, and only up to 2.4 is known",
				 stream_name(&capture->stream), major, minor),
			    "if it is a capture, tcpdump or tshark may write it anew: "
			    "tshark -r FILE -w NEW");
	capture->lengths_swapped = major == 2 && minor < 3;
	capture->lengths_maybe_swapped = major == 543 || minor == 3;
	return 0;
}

int pcap_begin(struct capture *capture, struct skbscope_error *error)
{
	struct stream *stream = &capture->stream;
	struct capture_source *source;
	const struct dialect *dialect;
	struct fields fields;
	uint16_t major, minor;
	int r;

	dialect = find_dialect(stream_bytes(stream), &capture->big_endian);
	if (!dialect)
		return 0;
	capture->facts.format = "pcap";
	capture->facts.sections = 1;
	if (stream_available(stream) < FILE_HEADER)
		return capture_cut(capture, "the file's header", FILE_HEADER, error);
	fields = (struct fields){ stream_bytes(stream), FILE_HEADER, capture->big_endian, false };
	fields_take(&fields, 4);
	major = fields_u16(&fields);
	minor = fields_u16(&fields);
	r = check_version(capture, major, minor, error);
	if (r < 0)
		return r;
	r = capture_add_source(capture, &source, error);
	if (r < 0)
		return r;
	fields_take(&fields, 8); /* the time zone and its accuracy: always 0 */
	source->shown.snapshot = fields_u32(&fields);
	/* Above it: whether frames end with their check sequence, and what a tcpdump of
	 * 2013 left there. */
	source->shown.link = (uint16_t)fields_u32(&fields);
	source->clock.multiply = dialect->unit_ns;
	capture->header_size = dialect->packet_header;
	capture->next = pcap_next;
	stream_consume(stream, FILE_HEADER);
	return 1;
}
