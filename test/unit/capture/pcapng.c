/* SPDX-License-Identifier: Apache-2.0 */
/* capture/pcapng: sections, interfaces, every kind of packet, clocks, and files that lie. */
#include "made.h"

TEST(each_packet_has_the_link_type_name_and_clock_of_its_interface)
{
	static const struct {
		uint8_t resolution;
		int64_t offset_s;
		uint64_t ticks, time_ns;
	} clocks[] = {
		{ 0xff, 0, 1700000000123456, 1700000000123456000 },
		{ 9, 0, 1700000000123456789, 1700000000123456789 },
		{ 3, 0, 1700000000123, 1700000000123000000 },
		{ 0, 0, 1700000000, 1700000000000000000 },
		{ 12, 0, 1700000000123456, 1700000000123 },
		{ 19, 0, UINT64_MAX, 1844674407 },
		{ 0x80, 0, 1700000000, 1700000000000000000 },
		{ 0x80 | 10, 0, 1700000000ull << 10 | 512, 1700000000500000000 },
		{ 0x80 | 63, 0, UINT64_C(3) << 62, 1500000000 },
		{ 0x80 | 64, 0, UINT64_C(1) << 63, 500000000 },
		{ 0x80 | 126, 0, UINT64_MAX, 0 },
		{ 100, 0, UINT64_MAX, 0 },
		{ 6, 1700000000, 5, 1700000000000005000 },
		{ 6, -10, 15000000, 5000000000 },
		{ 6, -10, 5, 0 },
		{ 0, 0, UINT64_MAX, CAPTURE_TIME_MAX },
		{ 9, 0, UINT64_MAX, CAPTURE_TIME_MAX },
		{ 9, 0, INT64_MAX, INT64_MAX },
		{ 0, INT64_MIN, 0, 0 },
		{ 0, INT64_MAX, UINT64_MAX, CAPTURE_TIME_MAX },
	};
	const size_t count = sizeof(clocks) / sizeof(*clocks);

	for (int big = 0; big < 2; big++) {
		AUTO(capture_freep) struct capture *capture = NULL;
		AUTO_MADE made = { .big_endian = big };
		struct capture_packet packet;
		struct capture_facts facts;

		made_section(&made);
		for (size_t i = 0; i < count; i++) {
			char name[16];

			snprintf(name, sizeof(name), "eth%zu", i);
			made_interface(&made, i % 2 ? 101 : 1, (uint32_t)(i % 3 * 100), name,
				       clocks[i].resolution, clocks[i].offset_s);
		}
		for (size_t i = 0; i < count; i++)
			made_enhanced(&made, (uint32_t)i, clocks[i].ticks, (unsigned)i,
				      61 + (uint32_t)i, 1500, 0);
		REQUIRE(made_open(&made, &capture, NULL) == 0);
		for (size_t i = 0; i < count; i++) {
			char name[16];

			snprintf(name, sizeof(name), "eth%zu", i);
			REQUIRE(capture_next(capture, &packet, NULL) == 1);
			CHECK(is_frame(&packet, (unsigned)i, 61 + i) && packet.length == 1500);
			CHECK_NUMBER(packet.time_ns, clocks[i].time_ns);
			CHECK_NUMBER(packet.link, i % 2 ? 101 : 1);
			CHECK_TEXT(capture_interface(capture, packet.interface)->name, name);
		}
		CHECK_NUMBER(made_read_all(capture, NULL), 0);
		capture_facts(capture, &facts);
		CHECK_TEXT(facts.format, "pcapng");
		CHECK_NUMBER(facts.interfaces, count);
		CHECK_NUMBER(facts.odd_times, 5);
		CHECK_NUMBER(facts.consumed, facts.total);
	}
}

TEST(a_direction_and_a_reception_come_from_the_flags)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	struct capture_packet packet;
	AUTO_MADE made = { 0 };

	made_section(&made);
	made_interface(&made, 1, 0, NULL, 0xff, 0);
	made_enhanced(&made, 0, 0, 0, 60, 60, 1 | 1 << 2);
	made_enhanced(&made, 0, 0, 0, 61, 61, 2);
	made_enhanced(&made, 0, 0, 0, 62, 62, 1 | 4 << 2);
	made_enhanced(&made, 0, 0, 0, 63, 63, 3 | 7 << 2);
	REQUIRE(made_open(&made, &capture, NULL) == 0);
	REQUIRE(capture_next(capture, &packet, NULL) == 1);
	CHECK(packet.direction == CAPTURE_IN && packet.reception == CAPTURE_UNICAST);
	REQUIRE(capture_next(capture, &packet, NULL) == 1);
	CHECK(packet.direction == CAPTURE_OUT && packet.reception == CAPTURE_RECEPTION_UNKNOWN);
	REQUIRE(capture_next(capture, &packet, NULL) == 1);
	CHECK(packet.direction == CAPTURE_IN && packet.reception == CAPTURE_PROMISCUOUS);
	REQUIRE(capture_next(capture, &packet, NULL) == 1);
	CHECK(packet.direction == CAPTURE_DIRECTION_UNKNOWN);
	CHECK(packet.reception == CAPTURE_RECEPTION_UNKNOWN);
	CHECK(!capture_interface(capture, 0)->name);
}

TEST(simple_and_obsolete_packets_are_packets_too)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	struct capture_packet packet;
	AUTO_MADE made = { 0 };
	size_t block;

	made_section(&made);
	made_interface(&made, 1, 64, NULL, 0xff, 0);
	made_interface(&made, 113, 0, NULL, 9, 0);
	block = made_block(&made, 3);
	made_u32(&made, 1500);
	made_frame(&made, 1, 64);
	made_block_end(&made, block);
	block = made_block(&made, 3);
	made_u32(&made, 21);
	made_frame(&made, 2, 21);
	made_block_end(&made, block);
	block = made_block(&made, 2);
	made_u16(&made, 1);
	made_u16(&made, 0xffff);
	made_u32(&made, 1);
	made_u32(&made, 5);
	made_u32(&made, 30);
	made_u32(&made, 40);
	made_frame(&made, 3, 30);
	made_frame(&made, 0, 2);
	made_option(&made, 2, "\2\0\0\0", 4);
	made_block_end(&made, block);
	REQUIRE(made_open(&made, &capture, NULL) == 0);
	REQUIRE(capture_next(capture, &packet, NULL) == 1);
	CHECK(is_frame(&packet, 1, 64) && packet.length == 1500 && !packet.has_time);
	REQUIRE(capture_next(capture, &packet, NULL) == 1);
	CHECK(is_frame(&packet, 2, 21) && packet.length == 21);
	REQUIRE(capture_next(capture, &packet, NULL) == 1);
	CHECK(is_frame(&packet, 3, 30) && packet.length == 40 && packet.link == 113);
	CHECK_NUMBER(packet.time_ns, (UINT64_C(1) << 32) + 5);
	CHECK_NUMBER(packet.direction, CAPTURE_OUT);
	CHECK_NUMBER(made_read_all(capture, NULL), 0);
}

TEST(a_section_has_its_own_byte_order_and_interfaces)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	struct skbscope_error error = { 0 };
	struct capture_packet packet;
	struct capture_facts facts;
	AUTO_MADE made = { 0 };

	for (int i = 0; i < 4; i++) {
		made.big_endian = i % 2;
		made_section(&made);
		if (i < 3)
			made_interface(&made, (unsigned)i + 100, 0, NULL, 0xff, 0);
		made_enhanced(&made, 0, 7, (unsigned)i, 60, 60, 0);
	}
	REQUIRE(made_open(&made, &capture, NULL) == 0);
	for (unsigned i = 0; i < 3; i++) {
		REQUIRE(capture_next(capture, &packet, NULL) == 1);
		CHECK(is_frame(&packet, i, 60) && packet.time_ns == 7000);
		CHECK_NUMBER(packet.link, 100 + i);
		CHECK_NUMBER(packet.interface, i);
	}
	/* The fourth section describes none, and those before it are not its own. */
	CHECK_NUMBER(capture_next(capture, &packet, &error), -EBADMSG);
	CHECK_CONTAINS(error.message, "interface 0");
	capture_facts(capture, &facts);
	CHECK_NUMBER(facts.sections, 4);
}

TEST(blocks_that_say_nothing_to_us_are_passed_over_however_long)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	AUTO_MADE made = { 0 };
	size_t block;

	made_section(&made);
	made_interface(&made, 1, 0, NULL, 0xff, 0);
	for (int i = 0; i < 3; i++) {
		static const size_t lengths[] = { 0, 20, 3 << 20 };

		block = made_block(&made, i ? 0x80000001 : 4);
		made_frame(&made, 0, lengths[i]);
		made_block_end(&made, block);
		made_enhanced(&made, 0, 0, 0, 60, 60, 0);
	}
	REQUIRE(made_open(&made, &capture, NULL) == 0);
	CHECK_NUMBER(made_read_all(capture, NULL), 0);
	CHECK_NUMBER(made_count(capture), 3);
}

TEST(a_cut_file_gives_what_is_whole)
{
	size_t second, end;
	AUTO_MADE made = { 0 };

	made_section(&made);
	made_interface(&made, 1, 0, NULL, 0xff, 0);
	made_enhanced(&made, 0, 0, 0, 60, 60, 0);
	second = made.bytes.length;
	made_enhanced(&made, 0, 0, 0, 61, 61, 1);
	end = made.bytes.length;
	made_block_end(&made, made_block(&made, 0x777));
	for (size_t length = second + 1; length < made.bytes.length; length++) {
		AUTO(capture_freep) struct capture *capture = NULL;
		struct skbscope_error error = { 0 };

		REQUIRE(made_open_bytes(made.bytes.data, length, &capture, NULL) == 0);
		CHECK_NUMBER(made_read_all(capture, &error), length == end ? 0 : -ENODATA);
		CHECK_NUMBER(made_count(capture), length < end ? 1 : 2);
		if (length != end)
			CHECK_CONTAINS(error.message, length < end ? "cut after 1 packet:"
								   : "cut after 2 packets:");
	}
}

/* What is wrong, where the packet's block begins, and a change to it. */
TEST(a_length_that_cannot_be_is_said)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *said;
	} lies[] = {
		{ 4, 0, "has 0 bytes, which no block can have" },
		{ 4, 11, "has 11 bytes" },
		{ 4, 93, "has 93 bytes" },
		{ 4, 0xfffffffc, "has 4294967292 bytes" },
		{ 4, 88, "at its end" },
		{ 8, 1, "interface 1" },
		{ 20, 61, "does not fit" },
		{ 20, 262145, "262144 are the most" },
		{ 20, 0xffffffff, "4294967295 bytes of it follow" },
	};

	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		AUTO(capture_freep) struct capture *capture = NULL;
		struct skbscope_error error = { 0 };
		AUTO_MADE made = { 0 };
		uint32_t value = htole32(lies[i].value);
		size_t block;

		made_section(&made);
		made_interface(&made, 1, 0, NULL, 0xff, 0);
		block = made.bytes.length;
		made_enhanced(&made, 0, 0, 0, 60, 60, 0);
		made_enhanced(&made, 0, 0, 0, 60, 60, 0);
		memcpy(made.bytes.data + block + lies[i].at, &value, 4);
		REQUIRE(made_open(&made, &capture, NULL) == 0);
		CHECK_NUMBER(made_read_all(capture, &error), -EBADMSG);
		CHECK_CONTAINS(error.message, lies[i].said);
		CHECK_CONTAINS(error.message, "after 0 packets");
		CHECK(error.hint[0]);
	}
}

TEST(options_that_make_no_sense_do_not_cost_the_packet)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	AUTO_MADE made = { 0 };
	size_t block;

	made_section(&made);
	made_interface(&made, 1, 0, NULL, 0xff, 0);
	block = made_block(&made, 6);
	for (int i = 0; i < 5; i++)
		made_u32(&made, 0);
	made_u16(&made, 2);
	made_u16(&made, 0xffff);
	made_block_end(&made, block);
	REQUIRE(made_open(&made, &capture, NULL) == 0);
	CHECK_NUMBER(made_read_all(capture, NULL), 0);
	CHECK_NUMBER(made_count(capture), 1);
}

TEST(a_section_of_another_version_is_refused)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	struct skbscope_error error = { 0 };
	AUTO_MADE made = { 0 };

	made_section(&made);
	made.bytes.data[12] = 2;
	REQUIRE(made_open(&made, &capture, NULL) == 0);
	CHECK_NUMBER(made_read_all(capture, &error), -EPROTONOSUPPORT);
	CHECK_CONTAINS(error.message, "version 2.0");
}

TEST(a_file_cannot_have_interfaces_without_end)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	struct skbscope_error error = { 0 };
	AUTO_MADE made = { 0 };

	made_section(&made);
	for (int i = 0; i < 65537; i++)
		made_interface(&made, 1, 0, NULL, 0xff, 0);
	REQUIRE(made_open(&made, &capture, NULL) == 0);
	CHECK_NUMBER(made_read_all(capture, &error), -EBADMSG);
	CHECK_CONTAINS(error.message, "more than 65536 interfaces");
}
