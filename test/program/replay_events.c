/* SPDX-License-Identifier: Apache-2.0 */
/* Events of packets that are fed: each has its packet's time, whichever table it is in. */
#include "fixture.h"

#define PACKETS 1000
#define SECOND_NS UINT64_C(1000000000)

static const char submits[] =
	"#include <uapi/linux/bpf.h>\n"
	"struct event { u64 at; u32 number; };\n"
	"BPF_ARRAY(count, u32, 1);\n"
	"BPF_RINGBUF_OUTPUT(rings, 8);\n"
	"BPF_RINGBUF_OUTPUT(reserved, 8);\n"
	"BPF_PERF_OUTPUT(perfs);\n"
	"int submits(struct __sk_buff *skb)\n"
	"{\n"
	"	struct event event = {}, *place;\n"
	"	int zero = 0;\n"
	"	u32 *number = count.lookup(&zero);\n"
	"	if (!number)\n"
	"		return 0;\n"
	"	event.number = (*number)++;\n"
	"	event.at = bpf_ktime_get_ns();\n"
	"	if (event.number % 3 == 0)\n"
	"		rings.ringbuf_output(&event, sizeof(event), 0);\n"
	"	if (event.number % 5 == 0)\n"
	"		perfs.perf_submit_skb(skb, skb->len, &event, sizeof(event));\n"
	"	if (event.number % 7)\n"
	"		return 0;\n"
	"	place = reserved.ringbuf_reserve(sizeof(*place));\n"
	"	if (!place)\n"
	"		return 0;\n"
	"	*place = event;\n"
	"	if (event.number % 2)\n"
	"		reserved.ringbuf_discard(place, 0);\n"
	"	else\n"
	"		reserved.ringbuf_submit(place, 0);\n"
	"	return 0;\n"
	"}\n";

static const struct skbscope_session_options replay = { .size = sizeof(replay), .replay = true };

struct seen {
	uint64_t now_ns; /* of the packet that was fed last */
	uint64_t count, wrong;
};

static int see(void *context, const struct skbscope_event *event)
{
	struct seen *seen = context;
	uint64_t at;

	memcpy(&at, event->record.value, sizeof(at));
	seen->count++;
	seen->wrong += event->wall_ns != seen->now_ns || event->monotonic_ns != seen->now_ns ||
		       at != seen->now_ns;
	return 0;
}

/* In parts. How often it came back. */
static uint64_t feed_all(struct fixture *fixture, struct skbscope_packet *packets,
			 struct seen *seen)
{
	uint64_t stops = 0;

	for (size_t at = 0, count; at < PACKETS; at += count) {
		size_t fed = 0;

		count = PACKETS - at < 300 ? PACKETS - at : 300;
		for (; fed < count; stops++) {
			CHECK(skbscope_session_feed_on(fixture->session, packets + at, count, &fed,
						       &fixture->error) == 0);
			if (!fed || fed > count)
				return stops;
			seen->now_ns = packets[at + fed - 1].time_ns;
			CHECK(skbscope_session_drain(fixture->session, 0, see, seen, NULL,
						     &fixture->error) == 0);
		}
	}
	return stops;
}

static uint64_t events_of(uint64_t packets)
{
	uint64_t events = 0;

	for (uint64_t i = 0; i < packets; i++)
		events += (i % 3 ? 0u : 1u) + (i % 5 ? 0u : 1u) + (i % 14 ? 0u : 1u);
	return events;
}

static void check_times(uint32_t long_every)
{
	static uint8_t frame[60] = { [12] = 8 };
	static struct skbscope_packet packets[PACKETS];
	struct skbscope_feed_counts counts;
	struct seen seen = { 0 };
	struct fixture fixture;

	fixture_needs_root();
	REQUIRE(fixture_opened(&fixture, submits, replay));
	for (uint32_t i = 0; i < PACKETS; i++)
		packets[i] = (struct skbscope_packet){
			.frame = frame,
			.captured = i % 11 ? 60 : 0,
			.length = long_every && i % long_every == 0 ? 20000 : 60,
			.time_ns = (i + 1) * SECOND_NS,
		};
	feed_all(&fixture, packets, &seen);
	skbscope_session_feed_counts(fixture.session, &counts);
	CHECK_NUMBER(counts.seen + counts.no_frame, PACKETS);
	CHECK_NUMBER(counts.no_frame, PACKETS / 11 + 1);
	CHECK_NUMBER(seen.count, events_of(counts.seen));
	CHECK_NUMBER(seen.wrong, 0);
	fixture_close(&fixture);
}

TEST(an_event_has_the_time_of_the_packet_it_is_of)
{
	check_times(0);
}

TEST(so_has_that_of_a_long_packet)
{
	SKIP_UNLESS(access("/dev/net/tun", R_OK | W_OK) == 0, "this machine has no tap");
	check_times(13);
}

TEST(without_events_all_is_fed_at_once)
{
	static uint8_t frame[60] = { [12] = 8 };
	static struct skbscope_packet packets[PACKETS];
	struct seen seen = { 0 };
	struct fixture fixture;

	fixture_needs_root();
	REQUIRE(fixture_opened(&fixture, "int f(struct __sk_buff *skb) { return 0; }\n", replay));
	for (uint32_t i = 0; i < PACKETS; i++)
		packets[i] =
			(struct skbscope_packet){ .frame = frame, .captured = 60, .length = 60 };
	CHECK_NUMBER(feed_all(&fixture, packets, &seen), 4);
	CHECK_NUMBER(seen.count, 0);
	fixture_close(&fixture);
}
