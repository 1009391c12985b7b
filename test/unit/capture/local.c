/* SPDX-License-Identifier: Apache-2.0 */
/* capture/local: in or out, by whose addresses. */
#include "capture/local.h"

#include <errno.h>

#include "harness.h"

#define HEAD "\x02\0\0\0\0\x01\x02\0\0\0\0\x02"
#define V4 "\x45\0\0\x14\0\0\0\0\x40\x11\0\0"
#define V6 "\x60\0\0\0\0\0\x3b\x40"
#define ARP "\0\x01\x08\0\x06\x04\0\x01\x02\0\0\0\0\x02"
#define ZERO6 "\0\0\0\0\0\0"
#define OURS "\x0a\x01\x02\x03"
#define OTHER "\xc0\0\x02\x07"
#define OURS6 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"
#define OTHER6 "\x20\x01\x0d\xb9\0\0\0\0\0\0\0\0\0\0\0\x07"
#define MANY6 "\xff\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"

TEST(the_direction_is_from_whose_to_whose)
{
	static const struct {
		const char *bytes;
		size_t length;
		enum capture_direction expected;
	} cases[] = {
#define CASE(bytes, expected) { bytes, sizeof(bytes) - 1, expected }
		CASE(HEAD "\x08\0" V4 OURS OTHER, CAPTURE_OUT),
		CASE(HEAD "\x08\0" V4 OTHER OURS, CAPTURE_IN),
		CASE(HEAD "\x08\0" V4 OURS OURS, CAPTURE_DIRECTION_UNKNOWN),
		CASE(HEAD "\x08\0" V4 OTHER OTHER, CAPTURE_DIRECTION_UNKNOWN),
		CASE(HEAD "\x08\0" V4 OTHER "\xff\xff\xff\xff", CAPTURE_IN),
		CASE(HEAD "\x08\0" V4 OURS "\xe0\0\0\x01", CAPTURE_OUT),
		CASE(HEAD "\x08\0" V4 OTHER "\x0a\x01\x02", CAPTURE_DIRECTION_UNKNOWN),
		CASE(HEAD "\x86\xdd" V6 OURS6 OTHER6, CAPTURE_OUT),
		CASE(HEAD "\x86\xdd" V6 OTHER6 OURS6, CAPTURE_IN),
		CASE(HEAD "\x86\xdd" V6 OTHER6 MANY6, CAPTURE_IN),
		CASE(HEAD "\x08\x06" ARP OURS ZERO6 OTHER, CAPTURE_OUT),
		CASE(HEAD "\x08\x06" ARP OTHER ZERO6 OURS, CAPTURE_IN),
		CASE(HEAD "\x81\0\0\x05\x08\0" V4 OURS OTHER, CAPTURE_OUT),
		CASE(HEAD "\x88\xa8\0\x05\x81\0\0\x06\x08\0" V4 OTHER OURS, CAPTURE_IN),
		CASE(HEAD "\x88\xcc" V4 OTHER OURS, CAPTURE_DIRECTION_UNKNOWN),
	};
	struct local_networks networks = { 0 };

	CHECK_NUMBER(local_add(&networks, "10.1.2.3/9,192.0.2.99", NULL), 0);
	CHECK_NUMBER(local_add(&networks, "2001:db8::/32", NULL), 0);
	CHECK_NUMBER(networks.count, 3);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct capture_packet packet = { .data = (const uint8_t *)cases[i].bytes,
						 .captured = (uint32_t)cases[i].length,
						 .length = (uint32_t)cases[i].length,
						 .link = 1 };
		struct link_frame frame;

		REQUIRE(link_frame(&packet, &frame) == LINK_AS_IS);
		CHECK_NUMBER(local_direction(&networks, &frame), cases[i].expected);
	}
}

TEST(what_is_no_network_is_refused_with_what_to_write)
{
	static const char *const texts[] = { "",          "eth0",       "10.0.0.0/33",
					     "10.0.0/8",  "fe80::/129", "10.0.0.0/x",
					     "10.0.0.0/", "10.0.0.1,",  "10.0.0.1/-1" };
	struct local_networks networks = { 0 };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct skbscope_error error = { 0 };

		CHECK_NUMBER(local_add(&networks, texts[i], &error), -EINVAL);
		CHECK_CONTAINS(error.message, "is not a network or an address");
		CHECK_CONTAINS(error.hint, "10.0.0.0/8");
	}
}

TEST(a_prefix_of_nothing_is_everything)
{
	struct capture_packet packet = { .data = (const uint8_t *)HEAD "\x08\0" V4 OTHER OURS,
					 .captured = 34,
					 .length = 34,
					 .link = 1 };
	struct local_networks networks = { 0 };
	struct link_frame frame;

	REQUIRE(link_frame(&packet, &frame) == LINK_AS_IS);
	CHECK_NUMBER(local_direction(&networks, &frame), CAPTURE_DIRECTION_UNKNOWN);
	CHECK_NUMBER(local_add(&networks, "10.1.2.3", NULL), 0);
	CHECK_NUMBER(local_direction(&networks, &frame), CAPTURE_IN);
	CHECK_NUMBER(local_add(&networks, "0.0.0.0/0", NULL), 0);
	CHECK_NUMBER(local_direction(&networks, &frame), CAPTURE_DIRECTION_UNKNOWN);
}
