/* SPDX-License-Identifier: Apache-2.0 */
/* capture/link: what a tc program is given for each link type. */
#include "capture/link.h"

#include <linux/if_packet.h>

#include "harness.h"

#define TO "\x02\0\0\0\0\x01"
#define FROM "\x02\0\0\0\0\x02"
#define IP "\x45\0\0\x14"
#define IP6 "\x60\0\0\0"

static struct capture_packet packet_of(uint16_t link, const char *bytes, size_t length)
{
	return (struct capture_packet){
		.data = (const uint8_t *)bytes,
		.captured = (uint32_t)length,
		.length = (uint32_t)length + 100,
		.link = link,
	};
}

#define PACKET(link, bytes) packet_of(link, bytes, sizeof(bytes) - 1)

static bool is_copy(const struct link_frame *frame, const char *bytes, size_t length)
{
	char copy[256];

	return link_copy(frame, copy, sizeof(copy)) == length && frame->captured == length &&
	       memcmp(copy, bytes, length) == 0;
}

#define IS_COPY(frame, bytes) is_copy(frame, bytes, sizeof(bytes) - 1)

TEST(ethernet_is_carried_as_it_is)
{
	struct capture_packet packet = PACKET(1, TO FROM "\x08\x00" IP);
	struct link_frame frame;

	packet.direction = CAPTURE_OUT;
	CHECK_NUMBER(link_frame(&packet, &frame), LINK_AS_IS);
	CHECK(IS_COPY(&frame, TO FROM "\x08\x00" IP));
	CHECK_NUMBER(frame.length, 118);
	CHECK_NUMBER(frame.protocol, 0x0800);
	CHECK(!frame.vlan_protocol && frame.packet_type == PACKET_HOST);
	CHECK_NUMBER(frame.direction, CAPTURE_OUT);
	packet.captured = 14;
	CHECK_NUMBER(link_frame(&packet, &frame), LINK_AS_IS);
	packet.captured = 13;
	CHECK_NUMBER(link_frame(&packet, &frame), LINK_TOO_SHORT);
}

TEST(the_outer_tag_is_taken_off_and_no_other)
{
	static const struct {
		const char *bytes;
		uint16_t tag, tci, protocol;
	} frames[] = {
		{ "\x81\x00\x60\x17\x08\x00" IP, 0x8100, 0x6017, 0x0800 },
		{ "\x88\xa8\x00\x05\x81\x00\x00\x07\x08\x00" IP, 0x88a8, 5, 0x8100 },
		{ "\x91\x00\x00\x05\x08\x00" IP, 0, 0, 0x9100 },
		{ "\x81\x00\x00\x05\x00\x20\xff\xff", 0x8100, 5, 1 },
		{ "\x81\x00\x00\x05\x00\x20\x42\x42", 0x8100, 5, 4 },
		{ "\x00\x20\xff\xff", 0, 0, 1 },
		{ "\x00\x20\x42\x42", 0, 0, 4 },
		{ "\x00\x20", 0, 0, 4 },
	};
	static const size_t lengths[] = { 10, 14, 10, 8, 8, 4, 4, 2 };

	for (size_t i = 0; i < sizeof(frames) / sizeof(*frames); i++) {
		size_t length = 12 + lengths[i], taken = frames[i].tag ? 4 : 0;
		char bytes[64] = TO FROM;
		struct capture_packet packet = packet_of(1, bytes, length);
		struct link_frame frame;

		memcpy(bytes + 12, frames[i].bytes, lengths[i]);
		CHECK_NUMBER(link_frame(&packet, &frame), LINK_AS_IS);
		CHECK_NUMBER(frame.vlan_protocol, frames[i].tag);
		CHECK_NUMBER(frame.vlan_tci, frames[i].tci);
		CHECK_NUMBER(frame.protocol, frames[i].protocol);
		CHECK_NUMBER(frame.length, length + 100 - taken);
		memmove(bytes + 12, bytes + 12 + taken, lengths[i] - taken);
		if (!taken)
			CHECK(is_copy(&frame, bytes, length));
		else
			CHECK_NUMBER(frame.captured, length - 4);
	}
}

/* The kernel drops such a frame: there is nothing to be like. */
TEST(a_tag_with_nothing_behind_it_stays)
{
	struct capture_packet packet = PACKET(1, TO FROM "\x81\x00\x00\x05\x08\x00\x45");
	struct link_frame frame;

	CHECK_NUMBER(link_frame(&packet, &frame), LINK_AS_IS);
	CHECK(frame.vlan_protocol == 0 && frame.protocol == 0x8100);
	CHECK(IS_COPY(&frame, TO FROM "\x81\x00\x00\x05\x08\x00\x45"));
}

TEST(a_packet_type_comes_from_the_file_or_else_from_the_address)
{
	static const struct {
		const char *to;
		enum capture_direction direction;
		enum capture_reception reception;
		int type;
	} cases[] = {
		{ TO, 0, 0, PACKET_HOST },
		{ "\xff\xff\xff\xff\xff\xff", 0, 0, PACKET_BROADCAST },
		{ "\x01\x00\x5e\x00\x00\x01", CAPTURE_IN, 0, PACKET_MULTICAST },
		{ "\xff\xff\xff\xff\xff\xff", CAPTURE_OUT, 0, PACKET_HOST },
		{ TO, CAPTURE_IN, CAPTURE_PROMISCUOUS, PACKET_OTHERHOST },
		{ TO, CAPTURE_IN, CAPTURE_BROADCAST, PACKET_BROADCAST },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char bytes[64] = TO FROM "\x08\x00" IP;
		struct capture_packet packet = packet_of(1, bytes, 18);
		struct link_frame frame;

		memcpy(bytes, cases[i].to, 6);
		packet.direction = cases[i].direction;
		packet.reception = cases[i].reception;
		CHECK_NUMBER(link_frame(&packet, &frame), LINK_AS_IS);
		CHECK_NUMBER(frame.packet_type, cases[i].type);
	}
}

#define ZERO "\0\0\0\0\0\0"
#define V4 ZERO ZERO "\x08\x00" IP
#define V6 ZERO ZERO "\x86\xdd" IP6
#define ROW(link, bytes, frame, ...)                                                               \
	{                                                                                          \
		link, bytes, sizeof(bytes) - 1, frame, sizeof(frame) - 1, __VA_ARGS__              \
	}

TEST(what_carries_a_network_packet_is_adapted)
{
	static const struct {
		uint16_t link;
		const char *bytes;
		size_t length;
		const char *frame;
		size_t frame_length;
		enum capture_direction direction;
		int type;
	} rows[] = {
		ROW(0, "\x02\0\0\0" IP, V4, 0, 0),
		ROW(0, "\0\0\0\x02" IP, V4, 0, 0),
		ROW(0, "\x1e\0\0\0" IP6, V6, 0, 0),
		ROW(108, "\0\0\0\x18" IP6, V6, 0, 0),
		ROW(9, "\xff\x03\x00\x21" IP, V4, 0, 0),
		ROW(9, "\x21" IP, V4, 0, 0),
		ROW(9, "\x00\x57" IP6, V6, 0, 0),
		ROW(50, "\x0f\x00\x08\x00" IP, V4, 0, 0),
		ROW(50, "\xff\x03\x00\x21" IP, V4, 0, 0),
		ROW(51, "\x11\0\0\x01", ZERO ZERO "\x88\x64\x11\0\0\x01", 0, 0),
		ROW(10, "\x50" TO FROM "\xaa\xaa\x03\0\0\0\x08\x00" IP, TO FROM "\x08\x00" IP, 0,
		    0),
		ROW(6, "\x10\x40" TO FROM "\xaa\xaa\x03\0\0\0\x08\x00" IP, TO FROM "\x08\x00" IP, 0,
		    0),
		ROW(100, "\xaa\xaa\x03\0\0\0\x86\xdd" IP6, V6, 0, 0),
		ROW(101, IP, V4, 0, 0),
		ROW(12, IP6, V6, 0, 0),
		ROW(228, IP, V4, 0, 0),
		ROW(229, IP6, V6, 0, 0),
		ROW(104, "\x8f\x00\x86\xdd" IP6, V6, 0, 0),
		ROW(107, "\x18\x41\x03\xcc" IP, V4, 0, 0),
		ROW(107, "\x18\x41\x03\x00\x80\0\0\0\x86\xdd" IP6, V6, 0, 0),
		ROW(107, "\x18\x41\x08\x00" IP, V4, 0, 0),
		ROW(109, "\0\0\0\x02" ZERO "\0\0" IP, V4, 0, 0),
		ROW(113, "\0\x04\0\x01\0\x06" FROM "\0\0\x08\x00" IP, ZERO FROM "\x08\x00" IP,
		    CAPTURE_OUT, PACKET_HOST),
		ROW(113, "\0\x03\x03\x04\0\0" ZERO "\0\0\x86\xdd" IP6, V6, CAPTURE_IN,
		    PACKET_OTHERHOST),
		ROW(113, "\0\x01\0\x01\0\x06" FROM "\0\0\0\x04\x42\x42", ZERO FROM "\0\x66\x42\x42",
		    CAPTURE_IN, PACKET_BROADCAST),
		ROW(276, "\x08\x00\0\0\0\0\0\x07\0\x01\x02\x06" FROM "\0\0" IP,
		    ZERO FROM "\x08\x00" IP, CAPTURE_IN, PACKET_MULTICAST),
		ROW(138, ZERO ZERO "\0\0\0\0\x08\x00" IP, V4, 0, 0),
		ROW(166, "\x01\x03\x00\x21" IP, V4, CAPTURE_OUT, 0),
		ROW(204, "\x00\xff\x03\x00\x21" IP, V4, CAPTURE_IN, 0),
		ROW(205, "\x01\x0f\x00\x08\x00" IP, V4, CAPTURE_OUT, 0),
		ROW(206, "\x00\x18\x41\x03\xcc" IP, V4, CAPTURE_IN, 0),
		ROW(219, "\0\0\x11\x40", ZERO ZERO "\x88\x47\0\0\x11\x40", 0, 0),
		ROW(226, "\x01\x1a" ZERO ZERO ZERO "\0\0\0\0" IP6, V6, 0, 0),
		ROW(239, "\x02\0\0\0\x05\0\x0a\0\x01\0\0\0\x08\0\x09\0" IP, V4, 0, 0),
		ROW(117, "\x05\x02\0\0\0\0\0\0" IP, V4, 0, 0),
		ROW(122, ZERO ZERO "\0\0\0\0\xaa\xaa\x03\0\0\0\x08\x00" IP, V4, 0, 0),
		ROW(123, "\x81\0\0\0\xaa\xaa\x03\0\0\0\x08\x00" IP, V4, CAPTURE_OUT, 0),
		ROW(192, "\0\0\x08\0\x01\0\0\0" TO FROM "\x08\x00" IP, TO FROM "\x08\x00" IP, 0, 0),
		ROW(192, "\0\0\x0a\0\x0c\0\0\0\0\0" IP, V4, 0, 0),
		ROW(242, ZERO ZERO ZERO ZERO ZERO ZERO "\0\0\0\0\x08\x00\0\0" IP, V4, 0, 0),
		ROW(258,
		    "\x28\0\0\0\x01\0\0\0\x01\0\0\0" ZERO ZERO ZERO ZERO "\x02\0\0\0" TO FROM
		    "\x08\x00" IP,
		    TO FROM "\x08\x00" IP, CAPTURE_OUT, 0),
		ROW(259, "\0\0\0\0\0\0\0\0" TO FROM "\x08\x00" IP, TO FROM "\x08\x00" IP, 0, 0),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct capture_packet packet =
			packet_of(rows[i].link, rows[i].bytes, rows[i].length);
		struct link_frame frame;
		int before = test_failures;

		CHECK_NUMBER(link_frame(&packet, &frame), LINK_ADAPTED);
		CHECK(is_copy(&frame, rows[i].frame, rows[i].frame_length));
		CHECK_NUMBER(frame.length, rows[i].frame_length + 100);
		CHECK_NUMBER(frame.direction, rows[i].direction);
		CHECK_NUMBER(frame.packet_type, rows[i].type);
		/* Cut anywhere, it is too short, or a shorter one. */
		for (uint32_t length = 0; length < rows[i].length; length++) {
			enum link_carry carry;

			packet.captured = length;
			carry = link_frame(&packet, &frame);
			CHECK(carry == LINK_TOO_SHORT || carry == LINK_NO_PACKET ||
			      frame.captured < rows[i].frame_length);
		}
		if (before != test_failures)
			fprintf(stderr, "row %zu, link type %u\n", i, rows[i].link);
	}
}

TEST(a_tag_behind_a_cooked_header_is_taken_off_too)
{
	struct capture_packet packet =
		PACKET(113, "\0\0\0\x01\0\x06" FROM "\0\0\x81\x00\x00\x05\x08\x00" IP);
	struct link_frame frame;

	CHECK_NUMBER(link_frame(&packet, &frame), LINK_ADAPTED);
	CHECK(IS_COPY(&frame, ZERO FROM "\x08\x00" IP));
	CHECK(frame.vlan_protocol == 0x8100 && frame.vlan_tci == 5 && frame.protocol == 0x0800);
	CHECK_NUMBER(frame.length, 118);
}

TEST(what_is_for_no_network_is_told_from_what_nothing_is_known_of)
{
	struct capture_packet lcp = PACKET(9, "\xff\x03\xc0\x21\x01\x01"),
			      netlink = PACKET(113, "\0\x04\x03\x38\0\0" ZERO "\0\0\0\0\x10\0\0\0"),
			      raw = PACKET(101, "\x10\0\0\0"),
			      radio = PACKET(127, "\0\0\x08\0\0\0\0\0\x80\0"),
			      twice = PACKET(192, "\0\0\x08\0\xc0\0\0\0"
						  "\0\0\x08\0\xc0\0\0\0" IP);
	struct link_frame frame;

	CHECK_NUMBER(link_frame(&lcp, &frame), LINK_NO_PACKET);
	CHECK_NUMBER(link_frame(&netlink, &frame), LINK_NO_PACKET);
	CHECK_NUMBER(link_frame(&raw, &frame), LINK_NO_PACKET);
	CHECK_NUMBER(link_frame(&radio, &frame), LINK_UNKNOWN);
	CHECK_NUMBER(link_frame(&twice, &frame), LINK_UNKNOWN);
}

TEST(a_link_type_has_libpcaps_name)
{
	char text[LINK_NAME_MAX];

	CHECK_TEXT(link_name(1, text), "EN10MB");
	CHECK_TEXT(link_name(101, text), "RAW");
	CHECK_TEXT(link_name(127, text), "IEEE802_11_RADIO");
	CHECK_TEXT(link_name(276, text), "LINUX_SLL2");
	CHECK_TEXT(link_name(149, text), "USER2");
	CHECK_TEXT(link_name(65535, text), "65535");
}
