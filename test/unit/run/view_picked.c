/* SPDX-License-Identifier: Apache-2.0 */
/* run/view_picked: packets as they were recorded. */
#include "run/view_picked.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "capture/write.h"
#include "harness.h"

#define COUNT 3000u

static int record(void)
{
	static const struct capture_interface interfaces[] = { { .name = "eth0", .link = 1 },
							       { .link = 101, .snapshot = 96 },
							       { .name = "eth1", .link = 1 } };
	static uint8_t bytes[200];
	AUTO(buffer_free) struct buffer out = { 0 };
	int fd = memfd_create("recording", MFD_CLOEXEC);

	capture_write_section(&out, NULL);
	for (int i = 0; i < 3; i++)
		capture_write_interface(&out, &interfaces[i]);
	for (uint32_t i = 0; i < COUNT; i++) {
		struct capture_packet packet = { .data = bytes,
						 .captured = 60 + i % 100,
						 .length = 60 + i % 200,
						 .time_ns = i,
						 .interface = i % 3,
						 .direction = (enum capture_direction)(i % 3) };

		if (packet.length < packet.captured)
			packet.length = packet.captured;
		bytes[0] = (uint8_t)i;
		capture_write_packet(&out, &packet, NULL, 0);
	}
	if (fd < 0 || write_all(fd, out.data, out.length) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	return fd;
}

static bool is_same(const struct capture *a, const struct capture_packet *p,
		    const struct capture *b, const struct capture_packet *q)
{
	const struct capture_interface *i = capture_interface(a, p->interface),
				       *j = capture_interface(b, q->interface);

	return p->captured == q->captured && p->length == q->length && p->time_ns == q->time_ns &&
	       p->link == q->link && p->direction == q->direction &&
	       memcmp(p->data, q->data, p->captured) == 0 && !i->name == !j->name &&
	       (!i->name || strcmp(i->name, j->name) == 0);
}

TEST(chosen_packets_are_as_they_were_recorded)
{
	AUTO(capture_freep) struct capture *capture = NULL, *again = NULL, *chosen = NULL;
	char path[] = "/tmp/skbscope-test-XXXXXX";
	struct view_file_request request = { .path = path, .read = -1 };
	struct capture_packet packet, other;
	struct loop *loop = NULL;
	struct view *view = NULL;
	int32_t verdicts[100];
	size_t batch = 0;
	int fd = record();

	close(mkstemp(path));
	REQUIRE(loop_new(&loop) == 0 && view_picked_open(loop, &request, 2, &view, NULL) == 0);
	REQUIRE(capture_from_fd(dup(fd), "x", NULL, &capture, NULL) == 0);
	for (uint32_t i = 0; i < COUNT; i++) {
		REQUIRE(capture_next(capture, &packet, NULL) == 1);
		view_picked_keep(view, capture, &packet);
		verdicts[batch++] = i % 7 == 3 ? 2 : i % 7 == 4 ? INT32_MAX : 0;
		if (batch == 100 || i + 1 == COUNT) {
			view_picked_choose(view, verdicts, batch);
			batch = 0;
		}
		while (!view->has_room(view))
			REQUIRE(view->finish(view, 1000000000, NULL) == 0);
	}
	CHECK_NUMBER(view->finish(view, 1000000000, NULL), 0);
	CHECK_NUMBER(view_file_packets(view), (COUNT + 3) / 7);
	views_close(&view);
	loop_freep(&loop);

	lseek(fd, 0, SEEK_SET);
	REQUIRE(capture_from_fd(fd, "x", NULL, &again, NULL) == 0);
	REQUIRE(capture_open(path, NULL, &chosen, NULL) == 0);
	for (uint32_t i = 0; i < COUNT; i++) {
		REQUIRE(capture_next(again, &packet, NULL) == 1);
		if (i % 7 == 3)
			CHECK(capture_next(chosen, &other, NULL) == 1 &&
			      is_same(again, &packet, chosen, &other));
	}
	CHECK_NUMBER(capture_next(chosen, &other, NULL), 0);
	unlink(path);
}
