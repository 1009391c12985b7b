/* SPDX-License-Identifier: Apache-2.0 */
/* capture/unpack: gzip and zstd, cut, damaged, and one after another. */
#include <zlib.h>
#include <zstd.h>

#include "made.h"

#define PACKETS 5000

static void make(struct made *made)
{
	made_pcap(made, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < PACKETS; i++)
		made_pcap_packet(made, i, 0, i, 60 + i % 1000, 1500);
}

static void pack(const struct made *made, bool gzip, struct buffer *out)
{
	size_t room = made->bytes.length + (1 << 16);
	size_t before = out->length;

	if (!buffer_reserve(out, room))
		abort();
	if (gzip) {
		z_stream z = { .next_in = (uint8_t *)made->bytes.data,
			       .avail_in = (uInt)made->bytes.length,
			       .next_out = (uint8_t *)out->data + before,
			       .avail_out = (uInt)room };

		if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
		    deflate(&z, Z_FINISH) != Z_STREAM_END)
			abort();
		out->length += z.total_out;
		deflateEnd(&z);
	} else {
		out->length += ZSTD_compress(out->data + before, room, made->bytes.data,
					     made->bytes.length, 3);
	}
}

static void check_all(struct capture *capture)
{
	struct capture_packet packet;

	for (unsigned i = 0; i < PACKETS; i++) {
		REQUIRE(capture_next(capture, &packet, NULL) == 1);
		REQUIRE(is_frame(&packet, i, 60 + i % 1000));
	}
	CHECK_NUMBER(capture_next(capture, &packet, NULL), 0);
}

TEST(a_packed_capture_is_read_as_it_was_before)
{
	for (int gzip = 0; gzip < 2; gzip++) {
		AUTO(buffer_free) struct buffer packed = { 0 };
		AUTO(capture_freep) struct capture *capture = NULL;
		AUTO_MADE made = { 0 };
		struct capture_facts facts;

		make(&made);
		pack(&made, gzip, &packed);
		REQUIRE(made_open_bytes(packed.data, packed.length, &capture, NULL) == 0);
		check_all(capture);
		capture_facts(capture, &facts);
		CHECK_TEXT(facts.packing, gzip ? "gzip" : "zstd");
		CHECK_TEXT(facts.format, "pcap");
		CHECK_NUMBER(facts.consumed, packed.length);
		CHECK_NUMBER(facts.total, packed.length);
	}
}

TEST(members_may_follow_one_another_and_zeros_behind_gzip)
{
	for (int gzip = 0; gzip < 2; gzip++) {
		AUTO(buffer_free) struct buffer packed = { 0 };
		AUTO(capture_freep) struct capture *capture = NULL;
		AUTO_MADE made = { 0 }, part = { 0 };

		make(&made);
		for (size_t at = 0; at < made.bytes.length; at += 100000) {
			size_t left = made.bytes.length - at;

			buffer_clear(&part.bytes);
			buffer_append(&part.bytes, made.bytes.data + at,
				      left < 100000 ? left : 100000);
			pack(&part, gzip, &packed);
		}
		if (gzip)
			buffer_append(&packed, "\0\0\0\0\0", 5);
		REQUIRE(made_open_bytes(packed.data, packed.length, &capture, NULL) == 0);
		check_all(capture);
	}
}

TEST(what_is_cut_is_never_taken_for_whole)
{
	for (int gzip = 0; gzip < 2; gzip++) {
		AUTO(buffer_free) struct buffer packed = { 0 };
		AUTO_MADE made = { 0 };

		make(&made);
		pack(&made, gzip, &packed);
		for (size_t length = 4; length < packed.length; length += packed.length / 50) {
			AUTO(capture_freep) struct capture *capture = NULL;
			struct skbscope_error error = { 0 };
			int r = made_open_bytes(packed.data, length, &capture, &error);

			if (r == 0)
				r = made_read_all(capture, &error);
			CHECK_NUMBER(r, -ENODATA);
			CHECK_CONTAINS(error.message, gzip ? "gzip data ends" : "zstd data ends");
		}
	}
}

TEST(damage_is_said_and_what_came_before_it_is_right)
{
	for (int gzip = 0; gzip < 2; gzip++) {
		AUTO(buffer_free) struct buffer packed = { 0 };
		AUTO(capture_freep) struct capture *capture = NULL;
		struct skbscope_error error = { 0 };
		AUTO_MADE made = { 0 };

		make(&made);
		pack(&made, gzip, &packed);
		buffer_string(&packed, "rubbish");
		REQUIRE(made_open_bytes(packed.data, packed.length, &capture, &error) == 0);
		CHECK_NUMBER(made_read_all(capture, &error), -EBADMSG);
		CHECK_NUMBER(made_count(capture), PACKETS);
		CHECK_CONTAINS(error.message, "cannot be unpacked");
		CHECK(error.hint[0]);
	}
}

TEST(an_empty_capture_once_unpacked_is_empty)
{
	for (int gzip = 0; gzip < 2; gzip++) {
		AUTO(buffer_free) struct buffer packed = { 0 };
		AUTO(capture_freep) struct capture *capture = NULL;
		struct skbscope_error error = { 0 };
		AUTO_MADE nothing = { 0 };

		pack(&nothing, gzip, &packed);
		CHECK_NUMBER(made_open_bytes(packed.data, packed.length, &capture, &error),
			     -ENODATA);
		CHECK_TEXT(error.message, "x.pcap is empty once unpacked");
	}
}
