/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in the blocks of pcapng that describe an interface or hold a packet. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "capture/pcapng.h"

/* The option's bytes, and *code, or false behind the last. */
static bool next_option(struct fields *options, uint16_t *code, struct fields *value)
{
	const uint8_t *at;
	uint16_t length;
	size_t padding;

	if (options->bad || options->left < 4)
		return false;
	*code = fields_u16(options);
	length = fields_u16(options);
	if (*code == 0)
		return false;
	at = fields_take(options, length);
	if (!at)
		return false;
	*value = (struct fields){ at, length, options->big_endian, false };
	padding = (4u - length % 4u) % 4u; /* some leave out the last one's */
	fields_take(options, padding < options->left ? padding : options->left);
	return true;
}

static uint64_t power_of_ten(unsigned exponent)
{
	uint64_t power = 1;

	while (exponent--)
		power *= 10;
	return power;
}

/* if_tsresol: 10^-n, or 2^-n with the highest bit. What is finer than 64 bits can count in a
 * second never passes 0. */
static void set_resolution(struct capture_clock *clock, uint8_t resolution)
{
	unsigned exponent = resolution & 0x7f;

	*clock = (struct capture_clock){ .multiply = 1, .divide = 1, .offset_s = clock->offset_s };
	if (resolution & 0x80)
		clock->shift = (uint8_t)exponent;
	else if (exponent <= 9)
		clock->multiply = power_of_ten(9 - exponent);
	else if (exponent <= 28)
		clock->divide = power_of_ten(exponent - 9);
	else
		clock->multiply = 0;
	if (resolution == 0x80) /* 2^0: seconds */
		clock->multiply = 1000000000;
}

int pcapng_interface(struct capture *capture, struct fields *body, struct skbscope_error *error)
{
	struct capture_source *source;
	struct fields value;
	uint16_t code;
	int r = capture_add_source(capture, &source, error);

	if (r < 0)
		return r;
	source->shown.link = fields_u16(body);
	fields_take(body, 2);
	source->shown.snapshot = fields_u32(body);
	while (next_option(body, &code, &value)) {
		if (code == 2 && !source->name) {
			source->name = strndup((const char *)value.next, value.left);
			if (!source->name)
				return fail_memory(error, SKBSCOPE_STAGE_READ);
			source->shown.name = source->name;
		} else if (code == 9) {
			set_resolution(&source->clock, fields_u8(&value));
		} else if (code == 14) {
			source->clock.offset_s = (int64_t)fields_u64(&value);
		}
	}
	if (body->bad)
		return capture_damaged(capture, error,
				       "the description of an interface is longer than its block");
	return 0;
}

/* epb_flags; options that make no sense say nothing, the packet before them is whole. */
static void read_flags(struct fields *options, uint16_t wanted, struct capture_packet *packet)
{
	struct fields value;
	uint16_t code;

	while (next_option(options, &code, &value)) {
		uint32_t flags = code == wanted ? fields_u32(&value) : 0;

		if (code != wanted || value.bad)
			continue;
		if ((flags & 3) == 1)
			packet->direction = CAPTURE_IN;
		else if ((flags & 3) == 2)
			packet->direction = CAPTURE_OUT;
		if ((flags >> 2 & 7) <= CAPTURE_PROMISCUOUS)
			packet->reception = (enum capture_reception)(flags >> 2 & 7);
		return;
	}
}

static const struct capture_source *find_source(const struct capture *capture, uint32_t interface,
						struct skbscope_error *error)
{
	if (interface < capture->source_count - capture->first_source)
		return &capture->sources[capture->first_source + interface];
	capture_damaged(capture, error,
			"a packet is of interface %u, which the file does not describe before it",
			interface);
	return NULL;
}

int pcapng_packet(struct capture *capture, uint32_t type, struct fields *body,
		  struct capture_packet *packet, struct skbscope_error *error)
{
	uint32_t interface = 0, limit, padding;
	const struct capture_source *source;
	uint64_t ticks = 0;

	*packet = (struct capture_packet){ .big_endian = capture->big_endian };
	if (type == BLOCK_ENHANCED_PACKET) {
		interface = fields_u32(body);
	} else if (type == BLOCK_PACKET) {
		interface = fields_u16(body);
		fields_take(body, 2); /* drops */
	}
	source = find_source(capture, interface, error);
	if (!source)
		return -EBADMSG;
	if (type != BLOCK_SIMPLE_PACKET) {
		ticks = (uint64_t)fields_u32(body) << 32;
		ticks |= fields_u32(body);
		packet->captured = fields_u32(body);
		packet->has_time = true;
	}
	packet->length = fields_u32(body);
	if (type == BLOCK_SIMPLE_PACKET) {
		uint32_t snapshot = source->shown.snapshot;

		packet->captured =
			snapshot && snapshot < packet->length ? snapshot : packet->length;
	}
	limit = capture_packet_limit(source->shown.link, source->shown.snapshot);
	if (packet->captured > limit)
		return capture_damaged(capture, error,
				       "a packet says that %u bytes of it follow, and %u are the "
				       "most that it can have",
				       packet->captured, limit);
	packet->data = fields_take(body, packet->captured);
	if (!packet->data)
		return capture_damaged(capture, error,
				       "a packet of %u bytes does not fit into its block",
				       packet->captured);
	packet->interface = (uint32_t)(source - capture->sources);
	packet->link = source->shown.link;
	if (packet->length < packet->captured)
		packet->length = packet->captured;
	if (packet->has_time && !capture_time(&source->clock, ticks, &packet->time_ns))
		capture->facts.odd_times++;
	padding = (4 - packet->captured % 4) % 4;
	if (type != BLOCK_SIMPLE_PACKET && body->left > padding) {
		fields_take(body, padding);
		read_flags(body, 2, packet);
	}
	return 1;
}
