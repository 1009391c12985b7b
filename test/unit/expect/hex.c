/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a packet, in the forms that tools print. */
#include "parsed.h"

static const uint8_t frame[] = { 0x02, 0, 0,    0,    0,    1,    0x02, 0,    0,    0,
				 0,    2, 0x88, 0xb5, 0xab, 0xcd, 0xef, 0x20, 0x23, 0x7c };

static void is_frame(const char *dump)
{
	AUTO(buffer_free) struct buffer said = { 0 };
	AUTO(buffer_free) struct buffer text = { 0 };
	struct test_file *file;

	buffer_printf(&text, "program p\npacket\n%s\nexpect packets 1\n", dump);
	file = parsed(buffer_text(&text), &said);
	CHECK_TEXT(buffer_text(&said), "");
	REQUIRE(file);
	CHECK_NUMBER(file->cases[0].feeds[0].packet.size, sizeof(frame));
	CHECK(memcmp(file->cases[0].feeds[0].packet.bytes, frame, sizeof(frame)) == 0);
	test_file_free(file);
}

TEST(what_tools_print_can_be_pasted)
{
	is_frame("\t0x0000:  0200 0000 0001 0200 0000 0002 88b5 abcd\n\t0x0010:  ef20 237c");
	is_frame("\t0x0000:  0200 0000 0001 0200 0000 0002 88b5 abcd  ..............ab\n"
		 "\t0x0010:  ef20 237c                                .ab|");
	is_frame("    00000000: 0200 0000 0001 0200 0000 0002 88b5 abcd  ................\n"
		 "    00000010: ef20 237c                                . #|");
	is_frame("  00000000  02 00 00 00 00 01 02 00  00 00 00 02 88 b5 ab cd  |.......... # ..|\n"
		 "  00000010  ef 20 23 7c                                       |. #||");
	is_frame("  0000   02 00 00 00 00 01 02 00 00 00 00 02 88 b5 ab cd   ......ab cd\n"
		 "  0010   ef 20 23 7c                                       . #|");
	is_frame("  000000 02 00 00 00 00 01 02 00 00 00 00 02 88 b5 ab cd\n  000010 ef 20 23 7c");
}

TEST(what_is_typed_by_hand_is_read)
{
	is_frame("\t02:00:00:00:00:01 02:00:00:00:00:02 88:b5  # Ethernet\n\tabcd EF20 237C");
	is_frame("\t0x02 0x00 00000001 020000000002\n\n# in between\n\t88b5 abcd ef 20 23 7c");
	is_frame("\t0200 0000 0001 0200 0000 0002\n\t88b5 abcd ef20 237c");
	is_frame("\t02000000000102000000000288b5abcdef20237c");
}

TEST(bytes_that_are_none_are_told_with_their_place)
{
	static const struct {
		const char *dump, *said;
	} mistakes[] = {
		{ "\t02 00 0", "3:8 half a byte (bytes are pairs" },
		{ "\t02 0g", "3:5 half a byte" },
		{ "\t02 zz", "3:5 this is no byte" },
		{ "\t02 00zz", "this is no byte" },
		{ "\t0x0000:  0200 0000\n\t0x0010:  0001",
		  "4:2 the offset is 0x10, but 4 bytes (0x4) stand before it" },
		{ "\t0000 02 00\n\t0000 02 00",
		  "another packet seems to begin here (write a line 'packet' before it)" },
	};
	AUTO(buffer_free) struct buffer said = { 0 };

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
		AUTO(buffer_free) struct buffer text = { 0 };

		buffer_printf(&text, "program p\npacket\n%s\nexpect packets 1\n", mistakes[i].dump);
		CHECK(!parsed(buffer_text(&text), &said));
		CHECK_CONTAINS(buffer_text(&said), mistakes[i].said);
	}
}

TEST(a_packet_has_an_end)
{
	AUTO(buffer_free) struct buffer said = { 0 };
	AUTO(buffer_free) struct buffer text = { 0 };

	buffer_string(&text, "program p\npacket\n\t");
	for (int i = 0; i < 66000; i++)
		buffer_string(&text, "00");
	buffer_string(&text, "\nexpect packets 1\n");
	CHECK(!parsed(buffer_text(&text), &said));
	CHECK_CONTAINS(buffer_text(&said), "a packet has at most 65535 bytes");
}
