/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of recorded packets: all of them whatever the buffer, in the order in which they
 * were submitted, over all tables, at the times of their packets.
 */
#include "fixture.h"

#include <skbscope/replay.h>

#include "base/cleanup.h"

#define PAGE 4096u
#define PACKETS 3023u
#define START_NS UINT64_C(1700000000000000000)

/* Every packet's number is in its first bytes behind the header. */
static struct skbscope_packet packets[PACKETS];
static uint8_t frames[PACKETS][64];

static uint32_t length_of(uint32_t i)
{
	return 60 + i % 4;
}

/* Some were recorded out of order. */
static uint64_t time_of(uint32_t i)
{
	return START_NS + (i % 7 == 3 ? i - 2 : i) * UINT64_C(1000000);
}

static void make_packets(void)
{
	for (uint32_t i = 0; i < PACKETS; i++) {
		memset(frames[i], 0, sizeof(frames[i]));
		frames[i][12] = 0x88;
		frames[i][13] = 0xb5;
		memcpy(frames[i] + 14, &i, sizeof(i));
		packets[i] = (struct skbscope_packet){ .frame = frames[i],
						       .captured = length_of(i),
						       .length = length_of(i),
						       .time_ns = time_of(i) };
	}
}

/* For each packet a print, two events in each of two tables, one that is given up, the packet
 * itself, and a print. */
static const char all_kinds[] = "#include <uapi/linux/bpf.h>\n"
				"BPF_PERF_OUTPUT(a);\n"
				"BPF_RINGBUF_OUTPUT(b, 8);\n"
				"BPF_PERF_OUTPUT(whole);\n"
				"int f(struct __sk_buff *skb)\n"
				"{\n"
				"	u32 n = 0, *r;\n"
				"	bpf_skb_load_bytes(skb, 14, &n, 4);\n"
				"	bpf_trace_printk(\"%u\\n\", n);\n"
				"	a.perf_submit(skb, &n, 4);\n"
				"	r = b.ringbuf_reserve(8);\n"
				"	if (r)\n"
				"		b.ringbuf_discard(r, 0);\n"
				"	b.ringbuf_output(&n, 4, 0);\n"
				"	a.perf_submit(skb, &n, 4);\n"
				"	r = b.ringbuf_reserve(4);\n"
				"	if (r) {\n"
				"		*r = n;\n"
				"		b.ringbuf_submit(r, 0);\n"
				"	}\n"
				"	whole.perf_submit_skb(skb, skb->len, &n, 4);\n"
				"	bpf_trace_printk(\"%u\\n\", n);\n"
				"	return -1;\n"
				"}\n";
static const char *const order[] = { "print", "a", "b", "a", "b", "whole", "print" };
#define EACH (sizeof(order) / sizeof(order[0]))

struct seen {
	struct fixture *fixture;
	uint64_t count, wrong;
	uint64_t most; /* 0: all */
	size_t rest;
};

static int see(void *context, const struct skbscope_event *event)
{
	struct seen *seen = context;
	const uint32_t packet = (uint32_t)(seen->count / EACH);
	uint32_t number = UINT32_MAX;

	if (event->text)
		number = (uint32_t)strtoul(event->text, NULL, 10);
	else
		memcpy(&number, event->record.value, sizeof(number));
	seen->wrong += strcmp(event->record.schema->table, order[seen->count % EACH]) != 0;
	seen->wrong += number != packet;
	seen->wrong += event->wall_ns != time_of(packet) || event->monotonic_ns != time_of(packet);
	seen->wrong += strcmp(order[seen->count % EACH], "whole") == 0 &&
		       event->rest_size < length_of(packet);
	seen->count++;
	return seen->most && seen->count >= seen->most ? -ECANCELED : 0;
}

static int drain(void *context, struct skbscope_error *error)
{
	struct seen *seen = context;

	if (seen->most && seen->count >= seen->most)
		return -ECANCELED;
	return skbscope_session_drain(seen->fixture->session, 0, see, seen, NULL, error) < 0 ? -EIO
											     : 0;
}

/* As a fixture, which has no prints. */
static bool open_all_kinds(struct fixture *fixture, uint64_t buffer_bytes)
{
	const struct skbscope_session_options options = { .size = sizeof(options),
							  .replay = true,
							  .buffer_bytes = buffer_bytes };
	const struct skbscope_compile_options compiling = { .size = sizeof(compiling),
							    .prints = true };
	struct skbscope_source *source = NULL;

	fixture_needs_root();
	make_packets();
	*fixture = (struct fixture){ .result = 0 };
	if (skbscope_source_from_text("kinds.c", all_kinds, strlen(all_kinds), &source,
				      &fixture->error) == 0 &&
	    skbscope_compile(source, &compiling, &fixture->image, NULL, NULL, &fixture->error) == 0)
		skbscope_session_open(fixture->image, &options, &fixture->session, NULL,
				      &fixture->error);
	skbscope_source_free(source);
	if (!fixture->session)
		fprintf(stderr, "%s\n", fixture->error.message);
	return fixture->session;
}

static void check_all(uint64_t buffer_bytes, uint64_t most_at_once)
{
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;
	struct seen seen = { .fixture = &fixture };

	REQUIRE(open_all_kinds(&fixture, buffer_bytes));
	skbscope_session_feed_events(fixture.session, most_at_once, drain, &seen);
	for (uint32_t i = 0; i < PACKETS; i += 1000)
		CHECK_NUMBER(skbscope_session_feed(fixture.session, packets + i,
						   PACKETS - i < 1000 ? PACKETS - i : 1000,
						   &fixture.error),
			     0);
	CHECK_NUMBER(drain(&seen, &fixture.error), 0);
	CHECK_NUMBER(seen.count, PACKETS * EACH);
	CHECK_NUMBER(seen.wrong, 0);
	snapshot = fixture_read(&fixture);
	CHECK_NUMBER(snapshot->loss_count, 0);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

TEST(all_events_come_in_their_order_at_the_times_of_their_packets)
{
	check_all(0, 0);
}

TEST(so_they_do_through_the_smallest_buffer)
{
	check_all(PAGE, 0);
}

TEST(so_they_do_when_each_is_waited_for)
{
	check_all(0, 1);
}

TEST(the_feed_ends_with_the_packet_whose_event_was_the_last_that_was_wanted)
{
	struct skbscope_feed_counts counts;
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;
	struct seen seen = { .fixture = &fixture, .most = 2 * EACH + 3 };
	const struct skbscope_table *table;

	REQUIRE(open_all_kinds(&fixture, 0));
	skbscope_session_feed_events(fixture.session, seen.most, drain, &seen);
	CHECK_NUMBER(skbscope_session_feed(fixture.session, packets, PACKETS, &fixture.error),
		     -ECANCELED);
	CHECK_NUMBER(drain(&seen, &fixture.error), -ECANCELED);
	skbscope_session_feed_counts(fixture.session, &counts);
	CHECK_NUMBER(counts.seen, 3);
	CHECK_NUMBER(seen.count, seen.most);
	CHECK_NUMBER(seen.wrong, 0);
	/* What is left is read for nobody. */
	CHECK_NUMBER(skbscope_session_drain(fixture.session, 0, NULL, NULL, NULL, &fixture.error),
		     0);
	snapshot = fixture_read(&fixture);
	table = fixture_table(snapshot, "a");
	CHECK_NUMBER(table->received, 6);
	CHECK_NUMBER(table->unseen, 1);
	CHECK_NUMBER(fixture_table(snapshot, "whole")->unseen, 1);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}

static int see_large(void *context, const struct skbscope_event *event)
{
	struct seen *seen = context;
	uint32_t length;

	memcpy(&length, event->record.value, sizeof(length));
	seen->wrong += event->rest_size < length || event->rest_size > length + 7 ||
		       event->rest[length - 1] != 0x5a;
	seen->rest += length;
	seen->count++;
	return 0;
}

static int drain_large(void *context, struct skbscope_error *error)
{
	struct seen *seen = context;

	return skbscope_session_drain(seen->fixture->session, 0, see_large, seen, NULL, error);
}

TEST(whole_packets_of_every_size_find_room)
{
	static const struct skbscope_session_options options = { .size = sizeof(options),
								 .replay = true };
	static struct skbscope_packet large[301];
	static uint8_t frame[65535];
	struct skbscope_snapshot *snapshot;
	struct fixture fixture;
	struct seen seen = { .fixture = &fixture };
	size_t total = 0;

	fixture_needs_root();
	memset(frame, 0x5a, sizeof(frame));
	REQUIRE(fixture_opened(&fixture,
			       "#include <uapi/linux/bpf.h>\n"
			       "BPF_PERF_OUTPUT(whole);\n"
			       "int f(struct __sk_buff *skb)\n"
			       "{\n"
			       "	u32 length = skb->len;\n"
			       "	whole.perf_submit_skb(skb, skb->len, &length, 4);\n"
			       "	return -1;\n"
			       "}\n",
			       options));
	for (size_t i = 0; i < 301; i++) {
		const uint32_t length = i % 3 == 0 ? 60 : i % 3 == 1 ? 15000 : 65000;

		large[i] = (struct skbscope_packet){
			.frame = frame, .captured = length, .length = length, .time_ns = START_NS
		};
		total += length;
	}
	skbscope_session_feed_events(fixture.session, 0, drain_large, &seen);
	CHECK_NUMBER(skbscope_session_feed(fixture.session, large, 301, &fixture.error), 0);
	CHECK_NUMBER(drain_large(&seen, &fixture.error), 0);
	CHECK_NUMBER(seen.count, 301);
	CHECK_NUMBER(seen.rest, total);
	CHECK_NUMBER(seen.wrong, 0);
	snapshot = fixture_read(&fixture);
	CHECK_NUMBER(snapshot->loss_count, 0);
	skbscope_snapshot_free(snapshot);
	fixture_close(&fixture);
}
