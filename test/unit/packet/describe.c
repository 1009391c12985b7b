/* SPDX-License-Identifier: Apache-2.0 */
/* Packets as text, and back: what is described can be built, and is the same bytes. */
#include "built.h"

static void is_described(const char *text, const char *description)
{
	AUTO(buffer_free) struct buffer said = { 0 }, out = { 0 }, again = { 0 };
	AUTO(buffer_free) struct buffer bytes = built(text, &said);

	CHECK_TEXT(buffer_text(&said), "");
	packet_describe((const uint8_t *)buffer_text(&bytes), bytes.length, &out);
	CHECK_TEXT(buffer_text(&out), description);
	again = built(buffer_text(&out), &said);
	CHECK_TEXT(buffer_text(&said), "");
	CHECK(again.length == bytes.length &&
	      memcmp(buffer_text(&again), buffer_text(&bytes), bytes.length) == 0);
}

#define ETH "eth dst=02:00:00:00:00:01 src=02:00:00:00:00:02"
#define IP "/ ip src=192.0.2.1 dst=192.0.2.2"
#define IP6 "/ ip6 src=2001:db8::1 dst=2001:db8::2"

TEST(what_is_as_it_would_be_built_is_not_told)
{
	is_described("tcp ack=7 flags=SA mss=1460 nop wscale=7 / \"GET / HTTP/1.1\\r\\n\\r\\n\"",
		     ETH "\n" IP
			 "\n/ tcp sport=40000 dport=80 ack=7 flags=SA mss=1460 nop wscale=7\n"
			 "/ \"GET / HTTP/1.1\\r\\n\"\n/ \"\\r\\n\"\n");
	is_described("ip6 / udp sport=53 dport=5000 / dns qr=1 name=www.example.org type=AAAA",
		     ETH "\n" IP6 "\n/ udp sport=53 dport=5000\n"
			 "/ dns qr=1 name=www.example.org type=AAAA\n");
	is_described("arp tpa=10.0.0.9",
		     ETH "\n/ arp op=request sha=02:00:00:00:00:02 spa=192.0.2.1 tpa=10.0.0.9\n");
	is_described("icmp type=unreachable code=4 mtu=1400 / ip / udp / hex 0001",
		     ETH "\n" IP "\n/ icmp type=unreachable code=4 mtu=1400\n" IP
			 "\n/ udp sport=40000 dport=9\n/ hex 0001\n");
	is_described("vxlan vni=7 / eth / vlan id=5 / ip6 / icmp6",
		     ETH "\n" IP "\n/ udp sport=40000 dport=4789\n/ vxlan vni=7\n/ " ETH
			 "\n/ vlan id=5\n" IP6 "\n/ icmp6 type=request\n");
	is_described(
		"eth / ip / gre / ip6 / hop / route data=0000000001 / dstopts / frag / icmp6 / nd",
		ETH "\n" IP "\n/ gre\n" IP6 "\n/ hop\n/ route data=000000000100\n/ dstopts\n"
		    "/ frag off=0 more=0 id=0x00000000\n/ icmp6 type=solicit\n"
		    "/ nd target=2001:db8::2\n");
}

TEST(what_is_wrong_is_told)
{
	is_described("ip len=60 csum=1 / tcp csum=0xdead off=6 win=0 opts=0102030405",
		     ETH "\n/ ip len=60 csum=0x0001 src=192.0.2.1 dst=192.0.2.2\n"
			 "/ tcp sport=40000 dport=80 flags=S win=0 csum=0xdead nop opts=020304\n"
			 "/ hex 05000000\n");
}

TEST(the_rest_of_a_fragment_is_bytes)
{
	is_described(
		"ip frag=185 flags=MF proto=6 / hex 0102",
		ETH "\n/ ip flags=MF frag=185 proto=TCP src=192.0.2.1 dst=192.0.2.2\n/ hex 0102\n");
	is_described("ip6 / frag off=185 next=UDP / hex 0102",
		     ETH "\n" IP6 "\n/ frag next=UDP off=185 more=0 id=0x00000000\n/ hex 0102\n");
}

TEST(what_is_behind_the_end_is_padding_or_a_trailer)
{
	is_described("eth pad=60 / ip / udp",
		     "eth dst=02:00:00:00:00:01 src=02:00:00:00:00:02 pad=60\n" IP
		     "\n/ udp sport=40000 dport=9\n");
	is_described("ip / udp / trailer 00ff",
		     ETH "\n" IP "\n/ udp sport=40000 dport=9\n/ trailer 00ff\n");
}

TEST(bytes_that_are_no_packet_are_bytes)
{
	is_described("hex 01", "hex 01\n");
	is_described("eth type=IPv4 / hex 45", ETH " type=0x0800\n/ hex 45\n");
	is_described("eth / zeros 100 / hex 01", ETH "\n/ zeros 100\n/ hex 01\n");
}

TEST(headers_alone_say_how_much_they_carry)
{
	AUTO(buffer_free) struct buffer said = { 0 }, out = { 0 };
	AUTO(buffer_free) struct buffer bytes = built("udp / zeros 1400", &said);

	packet_describe_headers((const uint8_t *)buffer_text(&bytes), bytes.length, &out);
	CHECK_TEXT(buffer_text(&out), ETH "\n" IP "\n/ udp sport=40000 dport=9\n# 1400 bytes\n");
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* Packets with some of their bits the other way round, and cut anywhere. */
TEST(whatever_was_described_is_built_again)
{
	static const char *const texts[] = {
		"eth / vlan / ip opts=01010101 / tcp mss=1 ts=1:2 sackok nop nop wscale=3 / "
		"\"hello\"",
		"ip6 / hop / route / frag / dstopts / udp / zeros 40",
		"icmp type=unreachable / ip / udp / dns name=a.b",
		"vxlan / eth / arp",
		"udp sport=53 / dns qr=1 name=www.example.org / hex c00c 0001 0001 00000000 0004 "
		"01020304",
		"eth pad=120 / ip / gre / ip6 / icmp6 / nd",
	};
	uint32_t state = 1;

	for (size_t round = 0; round < 6000; round++) {
		AUTO(buffer_free) struct buffer said = { 0 }, out = { 0 };
		AUTO(buffer_free) struct buffer bytes = built(texts[round % 6], &said);
		AUTO(buffer_free) struct buffer again = { 0 };

		REQUIRE(bytes.length);
		for (uint32_t flips = next_random(&state) % 8; flips-- > 0;) {
			uint32_t at = next_random(&state) % (uint32_t)bytes.length;

			bytes.data[at] = (char)(bytes.data[at] ^ (1 << next_random(&state) % 8));
		}
		if (next_random(&state) % 3 == 0)
			bytes.length = 1 + next_random(&state) % bytes.length;
		packet_describe((const uint8_t *)bytes.data, bytes.length, &out);
		again = built(buffer_text(&out), &said);
		CHECK_TEXT(buffer_text(&said), "");
		CHECK(again.length == bytes.length &&
		      memcmp(again.data, bytes.data, bytes.length) == 0);
	}
}
