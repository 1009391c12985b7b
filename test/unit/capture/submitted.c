/* SPDX-License-Identifier: Apache-2.0 */
/* capture/submitted: how long a packet was that came with up to seven bytes too many. */
#include "capture/submitted.h"

#include "harness.h"

enum { V4 = 0x0800, V6 = 0x86dd, ARP = 0x0806, OTHER = 0x88cc };

static uint8_t frame[2048];

/* The IP packet is so long. */
static void make(int type, uint32_t tags, uint32_t length)
{
	uint32_t at = 12;

	memset(frame, 0xee, sizeof(frame));
	for (uint32_t i = 0; i < tags; i++, at += 4)
		memcpy(frame + at, "\x81\x00\x00\x05", 4);
	frame[at] = (uint8_t)(type >> 8);
	frame[at + 1] = (uint8_t)type;
	if (type == V6)
		length -= 40;
	at += type == V4 ? 4 : 6;
	frame[at] = (uint8_t)(length >> 8);
	frame[at + 1] = (uint8_t)length;
}

TEST(padding_is_left_out_and_what_is_missing_is_counted)
{
	static const struct {
		int type;
		uint32_t tags, ip, size, captured, length;
	} cases[] = {
		{ V4, 0, 1000, 1014, 1014, 1014 }, { V4, 0, 1000, 1021, 1014, 1014 },
		{ V4, 0, 1000, 1022, 1022, 1022 }, /* more than padding: a trailer */
		{ V4, 1, 1000, 1020, 1018, 1018 }, { V4, 2, 1000, 1026, 1022, 1022 },
		{ V6, 0, 1000, 1018, 1014, 1014 }, { V4, 0, 40, 60, 60, 60 },
		{ V4, 0, 40, 64, 60, 60 },         { V4, 0, 40, 58, 54, 54 },
		{ ARP, 0, 28, 44, 42, 42 },        { ARP, 0, 28, 60, 60, 60 },
		{ OTHER, 0, 28, 68, 68, 68 },      { V4, 0, 1000, 68, 61, 1014 },
		{ V4, 0, 0, 68, 68, 68 },          { V6, 0, 40, 68, 68, 68 },
		{ V4, 0, 1000, 14, 14, 14 },       { V4, 0, 1000, 3, 3, 3 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct capture_packet packet = { .time_ns = 7 };

		make(cases[i].type, cases[i].tags, cases[i].ip);
		capture_submitted(frame, cases[i].size, 7, 1, &packet);
		CHECK_NUMBER(packet.captured, cases[i].captured);
		CHECK_NUMBER(packet.length, cases[i].length);
		CHECK(packet.data == frame && packet.link == 1 && packet.time_ns == 7);
	}
}

TEST(without_a_link_layer_it_begins_with_ip)
{
	static const uint8_t v4[64] = { 0x45, 0, 0, 50 }, v6[64] = { 0x60, 0, 0, 0, 0, 10 };
	struct capture_packet packet = { 0 };

	capture_submitted(v4, 52, 7, 101, &packet);
	CHECK(packet.captured == 50 && packet.length == 50 && packet.link == 101);
	capture_submitted(v6, 52, 7, 101, &packet);
	CHECK(packet.captured == 50 && packet.length == 50);
	capture_submitted(v6, 0, 7, 101, &packet);
	CHECK(packet.captured == 0 && packet.length == 0);
}

TEST(where_nothing_is_padded_all_is_the_packets)
{
	struct capture_packet packet = { 0 };

	make(V4, 0, 1000);
	capture_submitted(frame, 64, 0, 1, &packet);
	CHECK(packet.captured == 64 && packet.length == 1014);
}
