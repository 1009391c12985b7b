/* SPDX-License-Identifier: Apache-2.0 */
/* What is built, as another dissector reads it: tshark finds the headers, no wrong checksum and
 * nothing malformed. */
#include "built.h"
#include "capture/link_headers.h"
#include "capture/write.h"

/* Columns of tshark: headers, sums (1 is right; of each header that has one), and what it has to
 * complain about. */
#define FIELDS                                                                                     \
	"-e frame.protocols -e ip.checksum.status -e tcp.checksum.status -e udp.checksum.status "  \
	"-e icmp.checksum.status -e icmpv6.checksum.status -e _ws.malformed"
#define CHECKS "-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE"

static const struct {
	const char *text, *dissected;
} packets[] = {
	{ "ip ttl=3 dscp=46 flags=DF / tcp dport=4444 flags=S mss=1460 sackok ts=1:0 nop wscale=7",
	  "eth:ethertype:ip:tcp|1|1||||" },
	{ "ip opts=94040000 / tcp dport=4444 flags=PA / \"odd\"",
	  "eth:ethertype:ip:tcp:data|1|1||||" },
	{ "vlan id=5 / vlan id=6 / ip6 / tcp dport=4444 / \"hello\"",
	  "eth:ethertype:vlan:ethertype:vlan:ethertype:ipv6:tcp:data||1||||" },
	{ "eth pad=60 / ip / udp dport=4444 / \"a\"", "eth:ethertype:ip:udp:data|1||1|||" },
	{ "ip6 / hop / dstopts / udp dport=4444 / zeros 3",
	  "eth:ethertype:ipv6:ipv6.hopopts:ipv6.dstopts:udp:data|||1|||" },
	{ "udp / dns name=www.example.org type=AAAA", "eth:ethertype:ip:udp:dns|1||1|||" },
	{ "ip6 / udp sport=53 dport=5555 / dns qr=1 name=. type=NS",
	  "eth:ethertype:ipv6:udp:dns|||1|||" },
	{ "arp op=reply tha=02:00:00:00:00:01", "eth:ethertype:arp||||||" },
	{ "icmp id=7 seq=1 / zeros 56", "eth:ethertype:ip:icmp:data|1|||1||" },
	{ "icmp type=unreachable code=3 / ip / udp dport=4444 / zeros 8",
	  "eth:ethertype:ip:icmp:ip:udp:data|1,1||1|1||" },
	{ "icmp6 id=7 seq=1 / zeros 5", "eth:ethertype:ipv6:icmpv6:data|||||1|" },
	{ "ip6 hlim=255 dst=ff02::1:ff00:2 / icmp6 / nd target=2001:db8::2 / hex 0101 020000000002",
	  "eth:ethertype:ipv6:icmpv6|||||1|" },
	{ "icmp6 type=too-big mtu=1280 / ip6 / tcp dport=4444",
	  "eth:ethertype:ipv6:icmpv6:ipv6:tcp||1|||1|" },
	{ "vxlan vni=7 / eth / ip / tcp dport=4444",
	  "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp|1,1|1|1|||" },
	{ "gre / ip6 / udp dport=4444 / hex ff", "eth:ethertype:ip:gre:ipv6:udp:data|1||1|||" },
	/* That the columns tell anything. */
	{ "ip csum=1 / tcp dport=4444 csum=2", "eth:ethertype:ip:tcp|0|0||||" },
	{ "ip / udp dport=53 / hex 01",
	  "eth:ethertype:ip:udp:dns|1||1|||[Malformed Packet: DNS],_ws.malformed" },
};
#define PACKETS (sizeof(packets) / sizeof(*packets))

static void write_packets(struct buffer *out)
{
	capture_write_section(out, NULL);
	capture_write_interface(out, &(struct capture_interface){ .link = LINK_ETHERNET });
	for (size_t i = 0; i < PACKETS; i++) {
		AUTO(buffer_free) struct buffer said = { 0 };
		AUTO(buffer_free) struct buffer bytes = built(packets[i].text, &said);
		const struct capture_packet packet = {
			.data = (const uint8_t *)buffer_text(&bytes),
			.captured = (uint32_t)bytes.length,
			.length = (uint32_t)bytes.length,
			.time_ns = i * 1000,
			.has_time = true,
		};

		CHECK_TEXT(buffer_text(&said), "");
		capture_write_packet(out, &packet, NULL, 0);
	}
}

TEST(another_dissector_finds_what_was_said_and_nothing_wrong)
{
	char path[] = "/tmp/skbscope-dissected-XXXXXX", command[512], line[256];
	AUTO(buffer_free) struct buffer capture = { 0 };
	int fd = mkstemp(path);
	FILE *tshark;
	size_t i = 0;

	if (system("command -v tshark >/dev/null") != 0) {
		unlink(path);
		test_skip("tshark is not installed");
	}
	write_packets(&capture);
	REQUIRE(fd >= 0 && !capture.failed &&
		write(fd, capture.data, capture.length) == (ssize_t)capture.length);
	close(fd);
	snprintf(command, sizeof(command),
		 "tshark -n -r %s " CHECKS " -T fields -E separator='|' " FIELDS " 2>/dev/null",
		 path);
	tshark = popen(command, "r");
	REQUIRE(tshark);
	for (; fgets(line, sizeof(line), tshark); i++) {
		line[strcspn(line, "\n")] = '\0';
		CHECK_TEXT(line, i < PACKETS ? packets[i].dissected : "");
	}
	CHECK_NUMBER(i, PACKETS);
	CHECK_NUMBER(pclose(tshark), 0);
	unlink(path);
}
