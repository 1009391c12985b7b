/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a file holds: packets within it, or one error that stays. */
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "capture/capture.h"
#include "fuzz.h"

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
