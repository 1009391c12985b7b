/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A capture of the frames that programs most often get wrong, and what sends the frames of
 * a capture:
 *
 *   frames make FILE [REPEAT [BYTES [FROM TO]]]
 *                                       a pcap of tags, fragments, extension headers, each
 *                                       cut after so many bytes; only some kinds of them
 *   frames large FILE                   TCP as a card puts it together, 20 to 60 kB each
 *   frames many FILE PACKETS            of one kind, 60 bytes each
 *   frames send FILE INTERFACE          prints how many went
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FRAME_MAX 65549 /* of a veth */

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snapshot, link;
};

struct packet_header {
	uint32_t seconds, microseconds, captured, length;
};

struct frame {
	uint8_t bytes[FRAME_MAX];
	uint32_t length;
};

static void add(struct frame *frame, const void *data, uint32_t length)
{
	memcpy(frame->bytes + frame->length, data, length);
	frame->length += length;
}

static void add_number(struct frame *frame, uint16_t number)
{
	const uint8_t bytes[] = { (uint8_t)(number >> 8), (uint8_t)number };

	add(frame, bytes, sizeof(bytes));
}

static void begin(struct frame *frame)
{
	static const uint8_t addresses[12] = { 2, 0, 0, 0, 0x23, 1, 2, 0, 0, 0, 0x23, 2 };

	memset(frame, 0, sizeof(*frame));
	add(frame, addresses, sizeof(addresses));
}

static void add_udp(struct frame *frame, uint16_t payload)
{
	add_number(frame, 4000);
	add_number(frame, 53);
	add_number(frame, (uint16_t)(payload + 8));
	add_number(frame, 0);
	frame->length += payload;
}

/* fragment: as in the header, 0x2000 for more to come. */
static void add_ip4(struct frame *frame, uint16_t fragment, uint8_t protocol, uint16_t payload)
{
	static const uint8_t addresses[8] = { 10, 0, 0, 1, 10, 0, 0, 2 };
	const uint8_t start[2] = { 0x45, 0 }, hops[2] = { 64, protocol };

	add_number(frame, ETH_P_IP);
	add(frame, start, sizeof(start));
	add_number(frame, (uint16_t)(20 + payload));
	add_number(frame, 23);
	add_number(frame, fragment);
	add(frame, hops, sizeof(hops));
	add_number(frame, 0);
	add(frame, addresses, sizeof(addresses));
}

static void add_ip6(struct frame *frame, uint8_t next, uint16_t payload)
{
	const uint8_t start[4] = { 0x60 }, hops[2] = { next, 64 };
	const uint8_t address[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };

	add_number(frame, ETH_P_IPV6);
	add(frame, start, sizeof(start));
	add_number(frame, payload);
	add(frame, hops, sizeof(hops));
	add(frame, address, sizeof(address));
	add(frame, address, sizeof(address));
}

static void add_extension(struct frame *frame, uint8_t next)
{
	const uint8_t padding[8] = { next, 0, 1, 4 };

	add(frame, padding, sizeof(padding));
}

static void add_fragment6(struct frame *frame, uint8_t next, uint16_t place)
{
	const uint8_t start[2] = { next };

	add(frame, start, sizeof(start));
	add_number(frame, place);
	add_number(frame, 0);
	add_number(frame, 23);
}

#define KINDS 12

static void make(struct frame *frame, int kind)
{
	static const uint8_t arp[28] = { 0, 1, 8, 0, 6, 4, 0, 1 };

	begin(frame);
	switch (kind) {
	case 0:
		add_ip4(frame, 0, IPPROTO_UDP, 18 + 8);
		add_udp(frame, 18);
		break;
	case 1: /* 802.1Q */
		add_number(frame, ETH_P_8021Q);
		add_number(frame, 0x6017);
		add_ip4(frame, 0, IPPROTO_UDP, 30 + 8);
		add_udp(frame, 30);
		break;
	case 2: /* QinQ */
		add_number(frame, ETH_P_8021AD);
		add_number(frame, 5);
		add_number(frame, ETH_P_8021Q);
		add_number(frame, 6);
		add_ip4(frame, 0, IPPROTO_UDP, 40 + 8);
		add_udp(frame, 40);
		break;
	case 3: /* the first fragment */
		add_ip4(frame, 0x2000, IPPROTO_UDP, 64);
		add_udp(frame, 56);
		break;
	case 4: /* and another */
		add_ip4(frame, 8, IPPROTO_UDP, 64);
		frame->length += 64;
		break;
	case 5: /* IPv6, two extension headers */
		add_ip6(frame, IPPROTO_HOPOPTS, 8 + 8 + 8 + 20);
		add_extension(frame, IPPROTO_DSTOPTS);
		add_extension(frame, IPPROTO_UDP);
		add_udp(frame, 20);
		break;
	case 6: /* a first fragment */
		add_ip6(frame, IPPROTO_FRAGMENT, 8 + 8 + 24);
		add_fragment6(frame, IPPROTO_UDP, 1);
		add_udp(frame, 24);
		break;
	case 7: /* a later one, in a VLAN */
		add_number(frame, ETH_P_8021Q);
		add_number(frame, 7);
		add_ip6(frame, IPPROTO_FRAGMENT, 8 + 32);
		add_fragment6(frame, IPPROTO_UDP, 32);
		frame->length += 32;
		break;
	case 8:
		memset(frame->bytes, 0xff, 6);
		add_number(frame, ETH_P_ARP);
		add(frame, arp, sizeof(arp));
		break;
	case 9: /* a length: spanning tree */
		add_number(frame, 40);
		add(frame, "\x42\x42\x03", 3);
		frame->length += 37;
		break;
	case 10: /* a header that is cut */
		add_ip4(frame, 0, IPPROTO_UDP, 8);
		frame->length = 30;
		break;
	default: /* full */
		add_ip4(frame, 0, IPPROTO_UDP, 1480);
		add_udp(frame, 1472);
		break;
	}
}

static const struct file_header header = { 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1 };

static int make_file(const char *path, unsigned repeat, uint32_t snapshot, int from, int to)
{
	FILE *file = fopen(path, "wb");
	struct frame frame;
	uint32_t count = 0;

	if (!file || fwrite(&header, sizeof(header), 1, file) != 1)
		return 1;
	for (unsigned i = 0; i < repeat; i++)
		for (int kind = from; kind <= to; kind++)
			for (int same = 0; same <= kind; same++, count++) {
				struct packet_header packet = { 1000000000 + count / 100,
								count % 100 * 10000, 0, 0 };

				make(&frame, kind);
				packet.length = frame.length;
				packet.captured = frame.length < snapshot ? frame.length : snapshot;
				if (fwrite(&packet, sizeof(packet), 1, file) != 1 ||
				    fwrite(frame.bytes, packet.captured, 1, file) != 1)
					return 1;
			}
	return fclose(file) != 0;
}

static int make_large(const char *path)
{
	FILE *file = fopen(path, "wb");
	struct frame frame;

	if (!file || fwrite(&header, sizeof(header), 1, file) != 1)
		return 1;
	for (uint32_t i = 0; i < 23; i++) {
		struct packet_header packet = { 1000000000 + i, 0, 0, 0 };
		const uint16_t payload = (uint16_t)(20000 + i * 1810);

		begin(&frame);
		if (i % 4 == 3) {
			add_number(&frame, ETH_P_8021Q);
			add_number(&frame, 9);
		}
		add_ip4(&frame, 0, IPPROTO_TCP, (uint16_t)(20 + payload));
		add_number(&frame, 443);
		add_number(&frame, 4000);
		add(&frame, "\0\0\0\x01\0\0\0\x01\x50\x10\xff\xff", 12);
		add_number(&frame, 0);
		add_number(&frame, 0);
		frame.length += payload;
		packet.captured = packet.length = frame.length;
		if (fwrite(&packet, sizeof(packet), 1, file) != 1 ||
		    fwrite(frame.bytes, frame.length, 1, file) != 1)
			return 1;
	}
	return fclose(file) != 0;
}

static int make_many(const char *path, uint32_t packets)
{
	FILE *file = fopen(path, "wb");
	struct frame frame;

	if (!file || fwrite(&header, sizeof(header), 1, file) != 1)
		return 1;
	make(&frame, 0);
	for (uint32_t i = 0; i < packets; i++) {
		const struct packet_header packet = { 1000000000 + i / 100000, i % 100000 * 10,
						      frame.length, frame.length };

		if (fwrite(&packet, sizeof(packet), 1, file) != 1 ||
		    fwrite(frame.bytes, frame.length, 1, file) != 1)
			return 1;
	}
	return fclose(file) != 0;
}

static int send_file(const char *path, const char *interface)
{
	const struct sockaddr_ll address = { .sll_family = AF_PACKET,
					     .sll_ifindex = (int)if_nametoindex(interface) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	FILE *file = fopen(path, "rb");
	struct file_header read;
	struct packet_header packet;
	uint8_t bytes[FRAME_MAX];
	unsigned count = 0;

	if (!file || fread(&read, sizeof(read), 1, file) != 1)
		return 1;
	while (fread(&packet, sizeof(packet), 1, file) == 1) {
		if (packet.captured > sizeof(bytes) || fread(bytes, packet.captured, 1, file) != 1)
			return 1;
		while (sendto(fd, bytes, packet.captured, 0, (const void *)&address,
			      sizeof(address)) < 0)
			if (errno != ENOBUFS)
				return 1;
		count++;
	}
	printf("%u\n", count);
	return 0;
}

int main(int argc, char **argv)
{
	int r = 2;

	if (argc > 2 && strcmp(argv[1], "make") == 0)
		r = make_file(argv[2], argc > 3 ? (unsigned)atoi(argv[3]) : 1,
			      argc > 4 ? (uint32_t)atoi(argv[4]) : UINT32_MAX,
			      argc > 6 ? atoi(argv[5]) : 0, argc > 6 ? atoi(argv[6]) : KINDS - 1);
	else if (argc > 2 && strcmp(argv[1], "large") == 0)
		r = make_large(argv[2]);
	else if (argc > 3 && strcmp(argv[1], "many") == 0)
		r = make_many(argv[2], (uint32_t)atoi(argv[3]));
	else if (argc > 3 && strcmp(argv[1], "send") == 0)
		r = send_file(argv[2], argv[3]);
	if (r == 1)
		perror(argv[2]);
	return r;
}
