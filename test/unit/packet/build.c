/* SPDX-License-Identifier: Apache-2.0 */
/* Packets from text: bytes as they would be on a wire, and mistakes with their place. */
#include "base/io.h"
#include "built.h"

static void is_built(const char *text, const char *hex)
{
	AUTO(buffer_free) struct buffer said = { 0 }, written = { 0 };
	AUTO(buffer_free) struct buffer bytes = built(text, &said);

	CHECK_TEXT(buffer_text(&said), "");
	for (size_t i = 0; i < bytes.length; i++)
		buffer_printf(&written, "%02x", (uint8_t)bytes.data[i]);
	CHECK_TEXT(buffer_text(&written), hex);
}

#define ETH "020000000001020000000002"

/* The sums are those of another program. */
TEST(lengths_sums_and_what_follows_are_right_where_they_are_not_said)
{
	is_built("eth / ip flags=DF src=192.168.0.1 dst=192.168.0.199 / udp / zeros 87",
		 ETH "0800"
		     "45000073000040004011b861c0a80001c0a800c7"
		     "9c400009005fe0cd"
		     "0000000000000000000000000000000000000000000000000000000000"
		     "0000000000000000000000000000000000000000000000000000000000"
		     "0000000000000000000000000000000000000000000000000000000000");
	is_built("eth", ETH "88b5");
	is_built("eth / \"a\"", ETH "88b561");
	is_built("arp op=reply", ETH "0806"
				     "0001080006040002020000000002c0000201000000000000c0000202");
}

TEST(what_is_said_is_so_right_or_wrong)
{
	is_built("ip len=5 csum=0xdead proto=6 ttl=0",
		 ETH "080045000005000000000006deadc0000201c0000202");
	is_built("eth type=0x0800", ETH "0800");
	is_built("vlan id=5 pcp=7 dei=1 type=QinQ / vlan id=0xfff", ETH "8100f00588a80fff88b5");
}

TEST(bytes_are_texts_digits_and_zeros)
{
	is_built("hex 0102 ff:00 0xab / zeros 2 / \"a\\n\\r\\t\\0\\\"\\\\\\x7f# /\"",
		 "0102ff00ab0000610a0d0900225c7f23202f");
	is_built("eth pad=16", ETH "88b50000");
	is_built("eth # a comment / of nothing\n / hex 01 # 02\n03", ETH "88b50103");
	is_built("udp / trailer 01", ETH "0800"
					 "4500001c000000004011f6cdc0000201c0000202"
					 "9c4000090008df90"
					 "01");
}

TEST(options_stand_in_their_order_and_are_padded)
{
	AUTO(buffer_free) struct buffer said = { 0 };
	AUTO(buffer_free)
	struct buffer bytes =
		built("ip opts=01 / tcp mss=1460 nop wscale=7 sackok ts=1:2 sack=3:4", &said);

	CHECK_TEXT(buffer_text(&said), "");
	REQUIRE(bytes.length == 14 + 24 + 52);
	CHECK_NUMBER(bytes.data[14], 0x46);
	CHECK_NUMBER((uint8_t)bytes.data[14 + 24 + 12], 0xd0);
	CHECK(memcmp(bytes.data + 14 + 24 + 20,
		     "\2\4\5\264\1\3\3\7\4\2\10\12\0\0\0\1\0\0\0\2\5\12\0\0\0\3\0\0\0\4\0\0",
		     32) == 0);
}

TEST(what_cannot_be_built_is_told_with_its_place)
{
	static const struct {
		const char *text, *said;
	} mistakes[] = {
		{ "", "1 a header is missing (as in: eth / ip dst=192.0.2.1 / tcp dport=80)" },
		{ "\"\"\n", "4 this packet has no bytes ()" },
		{ "eth /", "6 a header is missing" },
		{ "eth / ipp",
		  "7 'ipp' is no header (did you mean ip? headers and bytes are eth vlan" },
		{ "src=10.0.0.1",
		  "1 'src=10.0.0.1' is no header (a header begins with its name; " },
		{ "ip tll=3",
		  "4 'tll' is no field of ip (did you mean ttl? ip has ver hl dscp ecn len" },
		{ "ip tcp", "4 'tcp' is no field of ip (write / before a header; ip has " },
		{ "nd x", "4 'x' is no field of nd (nd has target)" },
		{ "ip ttl", "4 ttl has no value: it takes a number from 0 to 255 ()" },
		{ "ip ttl=256", "8 ttl=256: it takes a number from 0 to 255 ()" },
		{ "ip ttl=-1", "8 ttl=-1: it takes a number from 0 to 255 ()" },
		{ "ip ttl=1 ttl=2", "10 ttl is said twice ()" },
		{ "ip src=10.0.0.256", "8 src=10.0.0.256: it takes an address as 192.0.2.1 ()" },
		{ "ip6 src=10.0.0.1", "9 src=10.0.0.1: it takes an address as 2001:db8::1 ()" },
		{ "eth dst=02:00", "9 dst=02:00: it takes an address as 02:00:00:00:00:01 ()" },
		{ "arp op=ask",
		  "8 op=ask: it takes a number from 0 to 65535, request, or reply ()" },
		{ "tcp flags=SX",
		  "11 flags=SX: it takes a number from 0 to 511, letters of FSRPAUECN" },
		{ "tcp flags=SS", "11 flags=SS: " },
		{ "ip flags=FD", "10 flags=FD: it takes a number from 0 to 7, or DF and MF" },
		{ "tcp mss=65536", "9 mss=65536: it takes a number up to 65535 ()" },
		{ "tcp sackok=1", "12 sackok=1: it takes no value ()" },
		{ "tcp ts=1", "8 ts=1: it takes two numbers as 1:0 ()" },
		{ "tcp opts=0", "10 opts=0: it takes pairs of hexadecimal digits ()" },
		{ "ip "
		  "opts="
		  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0011223344556677"
		  "8899",
		  "1 hl of ip would be 16, and has only 4 bits (say it to have another one)" },
		{ "udp / zeros 65530", "7 a packet has at most 65535 bytes ()" },
		{ "udp / zeros 65507", "a packet has at most 65535 bytes ()" },
		{ "eth / tcp",
		  "7 tcp does not follow eth (put a header between them, or say type= of eth)" },
		{ "hex", "1 hex which bytes? (as in: hex 0102 ff)" },
		{ "hex 0", "5 '0' is no byte (bytes are pairs of hexadecimal digits)" },
		{ "eth / zeros", "7 zeros: how many? (as in: zeros 100)" },
		{ "eth / zeros 5 6", "15 '6' means nothing here ()" },
		{ "eth / \"GET", "7 a quote is not closed (a text ends with '\"' on its line" },
		{ "eth / \"G\n\"", "7 a quote is not closed" },
		{ "eth / \"\\q\"", "8 this is no escape" },
		{ "eth / \"a\"\"b\"", "10 something stands behind a text (write / between them)" },
		{ "eth \"a\"", "5 a text stands right behind a header (write / before it)" },
		{ "eth pad=3", "1 pad=3, but the frame has 14 bytes without any ()" },
		{ "eth pad=x", "5 pad takes how long the frame is to be" },
		{ "vxlan / eth pad=100", "13 pad is said once, of the first header" },
		{ "eth / trailer 01 / hex 02", "20 nothing follows a trailer" },
		{ "dns type=A", "10 type=A: it takes name= before it ()" },
		{ "dns name=a..b", "10 name=a..b: it takes one name as www.example.org" },
		{ "dns name=a type=B", "17 type=B: it takes a type as A, AAAA or PTR" },
	};

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
		AUTO(buffer_free) struct buffer said = { 0 };
		AUTO(buffer_free) struct buffer bytes = built(mistakes[i].text, &said);

		CHECK_CONTAINS(buffer_text(&said), mistakes[i].said);
		CHECK_NUMBER(bytes.length, 0);
	}
}

TEST(a_packet_is_told_from_bytes_by_its_first_word)
{
	CHECK(packet_is_described(span_of("eth / ip")));
	CHECK(packet_is_described(span_of("arp")));
	CHECK(packet_is_described(span_of("\"dead\"")));
	CHECK(packet_is_described(span_of("ipp / tcp")));
	CHECK(packet_is_described(span_of("hex 00")));
	CHECK(!packet_is_described(span_of("dead beef")));
	CHECK(!packet_is_described(span_of("0x0000:  0200")));
	CHECK(!packet_is_described(span_of("02:00:00")));
	CHECK(!packet_is_described(span_of("0000   02 00 00 00  / =")));
	CHECK(!packet_is_described(span_of("twice")));
	CHECK(!packet_is_described(span_of("")));
}

TEST(the_document_lists_what_can_be_said)
{
	AUTO(buffer_free) struct buffer page = { 0 };
	const char *name;

	REQUIRE(read_file(TEST_DIR "/../docs/testing-programs.md", 1 << 20, &page) == 0);
	for (size_t i = 0; (name = packet_header_name(i)); i++) {
		AUTO(buffer_free) struct buffer line = { 0 };

		buffer_printf(&line, "| `%s` | `", name);
		packet_header_fields(i, &line);
		buffer_string(&line, "` |\n");
		CHECK_CONTAINS(buffer_text(&page), buffer_text(&line));
	}
}
