/* SPDX-License-Identifier: Apache-2.0 */
/* capture/write: what is written is read again, by us and by tcpdump. */
#include "capture/write.h"

#include "made.h"

static const struct capture_interface interfaces[] = {
	{ .name = "veth0", .link = 1 },
	{ .name = NULL, .link = 101, .snapshot = 96 },
	{ .name = "a name with \xc3\xa4", .link = 276 },
};

TEST(what_is_written_is_read_again)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	AUTO(buffer_free) struct buffer out = { 0 };
	AUTO_MADE frame = { 0 };
	struct capture_packet packet;

	made_frame(&frame, 5, 300);
	capture_write_section(&out, "skbscope");
	for (size_t i = 0; i < 3; i++)
		capture_write_interface(&out, &interfaces[i]);
	for (unsigned i = 0; i < 30; i++) {
		packet = (struct capture_packet){
			.data = (const uint8_t *)frame.bytes.data,
			.captured = i * 9,
			.length = i * 9 + i % 2,
			.time_ns = UINT64_C(1700000000123456789) + i,
			.interface = i % 3,
			.direction = (enum capture_direction)(i % 3),
			.reception = (enum capture_reception)(i % 5),
		};
		capture_write_packet(&out, &packet, i % 4 ? "comment" : NULL, i % 8);
	}
	REQUIRE(!out.failed && out.length % 4 == 0);
	REQUIRE(made_open_bytes(out.data, out.length, &capture, NULL) == 0);
	for (unsigned i = 0; i < 30; i++) {
		const struct capture_interface *interface;

		REQUIRE(capture_next(capture, &packet, NULL) == 1);
		CHECK(is_frame(&packet, 5, i * 9) && packet.length == i * 9 + i % 2);
		CHECK_NUMBER(packet.time_ns, UINT64_C(1700000000123456789) + i);
		CHECK_NUMBER(packet.direction, i % 3);
		CHECK_NUMBER(packet.reception, i % 5);
		CHECK_NUMBER(packet.link, interfaces[i % 3].link);
		interface = capture_interface(capture, packet.interface);
		REQUIRE(interface && interface->snapshot == interfaces[i % 3].snapshot);
		if (interfaces[i % 3].name)
			CHECK_TEXT(interface->name, interfaces[i % 3].name);
		else
			CHECK(!interface->name);
	}
	CHECK_NUMBER(capture_next(capture, &packet, NULL), 0);
}

TEST(a_comment_that_is_too_long_is_cut_between_two_characters)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	AUTO(buffer_free) struct buffer out = { 0 }, comment = { 0 };
	struct capture_packet packet = { .direction = CAPTURE_OUT };
	const char *at;
	size_t length;

	buffer_string(&comment, "x"); /* so that the limit falls into one */
	for (int i = 0; i < 40000; i++)
		buffer_string(&comment, "\xc3\xa4");
	capture_write_section(&out, NULL);
	capture_write_interface(&out, &interfaces[0]);
	capture_write_packet(&out, &packet, comment.data, comment.length);
	REQUIRE(made_open_bytes(out.data, out.length, &capture, NULL) == 0);
	REQUIRE(capture_next(capture, &packet, NULL) == 1);
	CHECK_NUMBER(packet.direction, CAPTURE_OUT);
	CHECK_NUMBER(capture_next(capture, &packet, NULL), 0);
	at = memmem(out.data, out.length, "x\xc3\xa4", 3);
	REQUIRE(at);
	length = (uint8_t)at[-2] | (size_t)(uint8_t)at[-1] << 8;
	CHECK_NUMBER(length, 65531);
}

static const uint8_t udp[] = {
	0x02, 0,    0,    0,    0, 1,  0x02, 0, 0,   0,   0,   2,   0x08, 0x00, /* Ethernet */
	0x45, 0,    0,    32,   0, 0,  0,    0, 64,  17,  0,   0,   10,   0,
	0,    1,    10,   0,    0, 2,                               /* IPv4 */
	0x13, 0x88, 0x13, 0x89, 0, 12, 0,    0, 'a', 'b', 'c', 'd', /* UDP, 5000 to 5001 */
};

TEST(tcpdump_reads_it)
{
	AUTO(buffer_free) struct buffer out = { 0 };
	struct capture_packet packet = {
		.data = udp,
		.captured = sizeof(udp),
		.length = sizeof(udp),
		.time_ns = UINT64_C(1700000000123456789),
		.direction = CAPTURE_IN,
	};
	char path[] = "/tmp/skbscope-test-XXXXXX", command[128], said[4096];
	int fd;
	FILE *tcpdump;

	SKIP_UNLESS(system("command -v tcpdump >/dev/null") == 0, "there is no tcpdump");
	capture_write_section(&out, "skbscope");
	capture_write_interface(&out, &interfaces[0]);
	for (int i = 0; i < 23; i++)
		capture_write_packet(&out, &packet, "bytes=4", 7);
	fd = mkstemp(path);
	REQUIRE(fd >= 0);
	CHECK(write_all(fd, out.data, out.length) == 0);
	close(fd);
	snprintf(command, sizeof(command),
		 "TZ=UTC0 tcpdump --nano -ttttnr - <%s 2>&1 | sort | uniq -c", path);
	tcpdump = popen(command, "r");
	REQUIRE(tcpdump);
	said[fread(said, 1, sizeof(said) - 1, tcpdump)] = '\0';
	pclose(tcpdump);
	unlink(path);
	CHECK_CONTAINS(said, "23 2023-11-14 22:13:20.123456789 IP 10.0.0.1.5000 > 10.0.0.2.5001: "
			     "UDP, length 4");
	CHECK(!strstr(said, "truncated"));
}
