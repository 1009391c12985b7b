/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a file holds: packets within it, or one error that stays. */
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "capture/capture.h"
#include "capture/link.h"
#include "capture/local.h"
#include "fuzz.h"

/* A frame lies within its packet, behind a header of at most 14 bytes. */
static void adapt(const struct capture_packet *packet)
{
	static const uint16_t links[] = { 1, 0, 6, 9, 50, 10, 107, 113, 117, 192, 239, 258, 276 };
	struct local_networks networks = { .list = { { .prefix = 97 } }, .count = 1 };

	for (size_t i = 0; i <= sizeof(links) / sizeof(*links); i++) {
		struct capture_packet other = *packet;
		struct link_frame frame;
		enum link_carry carry;
		uint8_t copy[96];

		if (i)
			other.link = links[i - 1];
		carry = link_frame(&other, &frame);
		if (carry != LINK_AS_IS && carry != LINK_ADAPTED)
			continue;
		PROMISE(frame.captured >= 14 && frame.captured <= packet->captured + 14);
		PROMISE(frame.captured == frame.parts[0].length + frame.parts[1].length);
		PROMISE(frame.captured <= frame.length && frame.packet_type <= 3);
		PROMISE(!frame.parts[1].length || (frame.parts[1].data >= packet->data &&
						   frame.parts[1].data + frame.parts[1].length <=
							   packet->data + packet->captured));
		PROMISE(link_copy(&frame, copy, sizeof(copy)) <= frame.captured);
		PROMISE(local_direction(&networks, &frame) <= CAPTURE_OUT);
	}
}

static void use(const struct capture *capture, const struct capture_packet *packet)
{
	const struct capture_interface *interface = capture_interface(capture, packet->interface);
	uint8_t sum = 0;

	PROMISE(interface && interface->link == packet->link);
	PROMISE(packet->captured <= packet->length && packet->captured <= CAPTURE_PACKET_MAX);
	PROMISE(packet->has_time || packet->time_ns == 0);
	for (uint32_t i = 0; i < packet->captured; i++)
		sum ^= packet->data[i];
	__asm__ volatile("" ::"r"(sum)); /* all of it is read */
	adapt(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(capture_freep) struct capture *capture = NULL;
	struct skbscope_error error = { 0 }, again = { 0 };
	struct capture_packet packet;
	struct capture_facts facts;
	uint64_t count = 0;
	int fd = memfd_create("fuzz", MFD_CLOEXEC), r;

	PROMISE(fd >= 0 && write_all(fd, data, size) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	r = capture_from_fd(fd, "seed", NULL, &capture, &error);
	if (r < 0) {
		PROMISE(!capture && error.code == r && error.message[0]);
		return 0;
	}
	/* A packed file may hold any number. */
	while (count < 100000 && (r = capture_next(capture, &packet, &error)) > 0) {
		use(capture, &packet);
		count++;
	}
	capture_facts(capture, &facts);
	PROMISE(facts.packets == count && facts.cut_short <= count && facts.odd_times <= count);
	PROMISE(facts.consumed <= size);
	if (r <= 0) {
		PROMISE(r == 0 || (error.code == r && error.message[0]));
		PROMISE(capture_next(capture, &packet, &again) == r && again.code == r);
	}
	return 0;
}
