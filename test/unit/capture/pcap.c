/* SPDX-License-Identifier: Apache-2.0 */
/* capture/pcap: both byte orders, every magic, and files that lie. */
#include "made.h"

TEST(a_packet_is_the_same_in_both_byte_orders_and_resolutions)
{
	static const struct {
		uint32_t magic, fraction;
		uint64_t time_ns;
	} kinds[] = {
		{ 0xa1b2c3d4, 123456, 1700000000123456000 },
		{ 0xa1b23c4d, 123456789, 1700000000123456789 },
		{ 0xa1b234cd, 123456, 1700000000123456000 },
	};

	for (int i = 0; i < 6; i++) {
		AUTO_MADE made = { .big_endian = i % 2 };
		AUTO(capture_freep) struct capture *capture = NULL;
		struct capture_packet packet;
		struct capture_facts facts;

		made_pcap(&made, kinds[i / 2].magic, 1);
		made_pcap_packet(&made, 1700000000, kinds[i / 2].fraction, 7, 60, 60);
		made_pcap_packet(&made, 1700000001, 0, 9, 96, 1514);
		REQUIRE(made_open(&made, &capture, NULL) == 0);
		REQUIRE(capture_next(capture, &packet, NULL) == 1);
		CHECK(is_frame(&packet, 7, 60) && packet.length == 60);
		CHECK_NUMBER(packet.time_ns, kinds[i / 2].time_ns);
		CHECK(packet.has_time && packet.link == 1 && packet.big_endian == i % 2);
		CHECK(packet.direction == CAPTURE_DIRECTION_UNKNOWN);
		REQUIRE(capture_next(capture, &packet, NULL) == 1);
		CHECK(is_frame(&packet, 9, 96) && packet.length == 1514);
		CHECK_NUMBER(capture_next(capture, &packet, NULL), 0);
		CHECK_NUMBER(capture_next(capture, &packet, NULL), 0);
		capture_facts(capture, &facts);
		CHECK_TEXT(facts.format, "pcap");
		CHECK(!facts.packing && facts.packets == 2 && facts.cut_short == 1);
		CHECK(facts.bytes == 156 && facts.interfaces == 1);
		CHECK_NUMBER(facts.consumed, made.bytes.length);
		CHECK_NUMBER(facts.total, made.bytes.length);
	}
}

TEST(the_packet_type_of_kuznetzovs_patch_is_a_direction)
{
	static const uint8_t types[] = { 0, 1, 2, 3, 4 };
	AUTO(capture_freep) struct capture *capture = NULL;
	AUTO_MADE made = { 0 };
	struct capture_packet packet;

	made_pcap(&made, 0xa1b2cd34, 1);
	for (size_t i = 0; i < sizeof(types); i++) {
		made_pcap_packet(&made, 1, 2, 0, 0, 20);
		memset(made.bytes.data + made.bytes.length - 8, 0, 4);
		memset(made.bytes.data + made.bytes.length - 4, 0, 4);
		/* captured and length were overwritten: written again with what follows them */
		made.bytes.length -= 8;
		made_u32(&made, 20);
		made_u32(&made, 20);
		made_u32(&made, 3);
		made_u16(&made, 0x0800);
		buffer_append(&made.bytes, &types[i], 1);
		buffer_append(&made.bytes, "", 1);
		made_frame(&made, (unsigned)i, 20);
	}
	REQUIRE(made_open(&made, &capture, NULL) == 0);
	for (size_t i = 0; i < sizeof(types); i++) {
		REQUIRE(capture_next(capture, &packet, NULL) == 1);
		CHECK(is_frame(&packet, (unsigned)i, 20));
		CHECK_NUMBER(packet.direction, types[i] == 4 ? CAPTURE_OUT : CAPTURE_IN);
		CHECK(i != 1 || packet.reception == CAPTURE_BROADCAST);
		CHECK(i != 3 || packet.reception == CAPTURE_PROMISCUOUS);
	}
}

TEST(what_stands_above_the_link_type_is_not_a_part_of_it)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	AUTO_MADE made = { 0 };
	struct capture_packet packet;

	made_pcap(&made, 0xa1b2c3d4, 0x30000000 | 276);
	made_pcap_packet(&made, 1, 2, 0, 20, 20);
	REQUIRE(made_open(&made, &capture, NULL) == 0);
	REQUIRE(capture_next(capture, &packet, NULL) == 1);
	CHECK_NUMBER(packet.link, 276);
	CHECK_NUMBER(capture_interface(capture, 0)->link, 276);
	CHECK(!capture_interface(capture, 1));
}

TEST(a_cut_file_gives_what_is_whole_and_says_where_it_ends)
{
	AUTO_MADE made = { 0 };

	made_pcap(&made, 0xa1b2c3d4, 1);
	made_pcap_packet(&made, 1, 2, 0, 60, 60);
	made_pcap_packet(&made, 1, 2, 0, 60, 60);
	for (size_t length = 25; length < made.bytes.length; length++) {
		AUTO(capture_freep) struct capture *capture = NULL;
		struct skbscope_error error = { 0 };
		size_t whole = (length - 24) / 76;
		char text[64];

		REQUIRE(made_open_bytes(made.bytes.data, length, &capture, NULL) == 0);
		if ((length - 24) % 76 == 0) {
			CHECK_NUMBER(made_read_all(capture, &error), 0);
			continue;
		}
		CHECK_NUMBER(made_read_all(capture, &error), -ENODATA);
		CHECK_NUMBER(made_count(capture), whole);
		snprintf(text, sizeof(text), "is cut after %zu packet", whole);
		CHECK_CONTAINS(error.message, text);
		snprintf(text, sizeof(text), "at byte %zu", 24 + 76 * whole);
		CHECK_CONTAINS(error.message, text);
		/* The same again, however often. */
		CHECK_NUMBER(made_read_all(capture, &error), -ENODATA);
		CHECK_CONTAINS(error.message, text);
	}
}

TEST(no_packets_is_no_error_and_no_bytes_is_one)
{
	AUTO(capture_freep) struct capture *capture = NULL, *empty = NULL;
	struct skbscope_error error = { 0 };
	AUTO_MADE made = { 0 };

	made_pcap(&made, 0xa1b2c3d4, 1);
	REQUIRE(made_open(&made, &capture, NULL) == 0);
	CHECK_NUMBER(made_read_all(capture, NULL), 0);
	CHECK_NUMBER(made_open_bytes("", 0, &empty, &error), -ENODATA);
	CHECK_TEXT(error.message, "x.pcap is empty");
	CHECK(error.hint[0] && !empty);
	CHECK_NUMBER(made_open_bytes("\xd4\xc3", 2, &empty, &error), -EINVAL);
	CHECK_NUMBER(made_open_bytes(made.bytes.data, 23, &empty, &error), -ENODATA);
	CHECK_CONTAINS(error.message, "cut");
}

TEST(a_packet_may_have_256_KiB_and_one_that_says_more_is_a_lie)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	struct skbscope_error error = { 0 };
	struct capture_packet packet;
	AUTO_MADE made = { 0 };

	made_pcap(&made, 0xa1b2c3d4, 1);
	made_pcap_packet(&made, 1, 2, 3, 262144, 262144);
	made_pcap_packet(&made, 1, 2, 3, 262145, 262145);
	REQUIRE(made_open(&made, &capture, NULL) == 0);
	REQUIRE(capture_next(capture, &packet, NULL) == 1);
	CHECK(is_frame(&packet, 3, 262144));
	CHECK_NUMBER(capture_next(capture, &packet, &error), -EBADMSG);
	CHECK_CONTAINS(error.message, "262145");
	CHECK_CONTAINS(error.message, "damaged at byte 262184, after 1 packet:");
}

TEST(a_file_that_announces_larger_packets_may_have_them)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	struct capture_packet packet;
	AUTO_MADE made = { 0 };

	made_pcap(&made, 0xa1b2c3d4, 1);
	made.bytes.length -= 8;
	made_u32(&made, 1 << 20);
	made_u32(&made, 1);
	made_pcap_packet(&made, 1, 2, 3, 1 << 20, 1 << 20);
	made_pcap_packet(&made, 1, 2, 5, 60, 60);
	REQUIRE(made_open(&made, &capture, NULL) == 0);
	REQUIRE(capture_next(capture, &packet, NULL) == 1);
	CHECK(is_frame(&packet, 3, 1 << 20));
	REQUIRE(capture_next(capture, &packet, NULL) == 1);
	CHECK(is_frame(&packet, 5, 60));
}

TEST(what_is_no_capture_is_called_by_its_name)
{
	static const struct {
		char bytes[32];
		const char *said;
	} files[] = {
		{ "BZh91AY&SY..............", "bzip2" },
		{ "snoop\0\0\0\0\0\0\2........", "Solaris' snoop" },
		{ "PK\3\4....................", "zip" },
		{ "#include <linux/bpf.h>...", "not a capture: its first bytes are 23 69 6e 63" },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		AUTO(capture_freep) struct capture *capture = NULL;
		struct skbscope_error error = { 0 };

		CHECK(made_open_bytes(files[i].bytes, 24, &capture, &error) < 0);
		CHECK_CONTAINS(error.message, files[i].said);
		CHECK(error.hint[0]);
	}
}

TEST(an_unknown_version_is_refused_and_an_old_one_has_its_lengths_swapped)
{
	AUTO(capture_freep) struct capture *capture = NULL, *old = NULL;
	struct skbscope_error error = { 0 };
	struct capture_packet packet;
	AUTO_MADE made = { 0 };

	made_pcap(&made, 0xa1b2c3d4, 1);
	made_pcap_packet(&made, 1, 2, 3, 60, 0);
	made.bytes.data[4] = 3;
	CHECK_NUMBER(made_open(&made, &capture, &error), -EPROTONOSUPPORT);
	CHECK_CONTAINS(error.message, "version 3.4");
	made.bytes.data[4] = 2;
	made.bytes.data[6] = 2;
	memcpy(made.bytes.data + 32, "\xdc\x05\0\0\x3c\0\0\0", 8); /* 1500, 60 */
	REQUIRE(made_open(&made, &old, NULL) == 0);
	REQUIRE(capture_next(old, &packet, NULL) == 1);
	CHECK(is_frame(&packet, 3, 60) && packet.length == 1500);
}

TEST(a_length_on_the_wire_is_never_less_than_what_was_captured)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	struct capture_packet packet;
	AUTO_MADE made = { 0 };

	made_pcap(&made, 0xa1b2c3d4, 1);
	made_pcap_packet(&made, 1, 2, 3, 60, 10);
	REQUIRE(made_open(&made, &capture, NULL) == 0);
	REQUIRE(capture_next(capture, &packet, NULL) == 1);
	CHECK_NUMBER(packet.length, 60);
}
