/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events in the real kernel: what arrives and what the rewritten code counts as lost is what
 * was submitted.
 */
#include "fixture.h"

#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "image/audit.h"
#include "image/events.h"
#include "image/rewrite.h"
#include "kernel/maps.h"

#define RUNS 523u
#define PAGE_EVENTS 64u /* 64 bytes and a header each: one page has room for fewer */

static const char source[] = "#include <uapi/linux/bpf.h>\n"
			     "BPF_RINGBUF_OUTPUT(other, 64);\n"
			     "BPF_RINGBUF_OUTPUT(small, 1);\n"
			     "BPF_PERF_OUTPUT(unread);\n"
			     "BPF_PERF_OUTPUT(frames);\n"
			     "BPF_RINGBUF_OUTPUT(nobody, 8);\n"
			     "struct event { u64 length, more[7]; };\n"
			     "int put(struct __sk_buff *skb)\n"
			     "{\n"
			     "	struct event event = { .length = skb->len };\n"
			     "	small.ringbuf_output(&event, sizeof(event), 0);\n"
			     "	return 0;\n"
			     "}\n"
			     "int frame(struct __sk_buff *skb)\n"
			     "{\n"
			     "	u64 length = skb->len;\n"
			     "	frames.perf_submit_skb(skb, skb->len, &length, sizeof(length));\n"
			     "	return 0;\n"
			     "}\n"
			     "int tell(struct __sk_buff *skb)\n"
			     "{\n"
			     "	u64 length = skb->len;\n"
			     "	unread.perf_submit(skb, &length, sizeof(length));\n"
			     "	return 0;\n"
			     "}\n"
			     "int reserve(struct __sk_buff *skb)\n"
			     "{\n"
			     "	struct event *event = small.ringbuf_reserve(sizeof(*event));\n"
			     "	if (!event)\n"
			     "		return 0;\n"
			     "	event->length = skb->len;\n"
			     "	small.ringbuf_submit(event, 0);\n"
			     "	return 0;\n"
			     "}\n"
			     "int twice(struct __sk_buff *skb)\n"
			     "{\n"
			     "	struct event event = { .length = skb->len };\n"
			     "	other.ringbuf_output(&event.length, 8, 0);\n"
			     "	small.ringbuf_output(&event, sizeof(event), 0);\n"
			     "	return 0;\n"
			     "}\n";

struct rings {
	struct skbscope_image *image;
	struct map_set maps;
	int losses;
	int as_ring; /* in place of "unread"; -1: none */
};

static bool rings_open(struct rings *rings)
{
	struct skbscope_error error = { 0 };

	fixture_needs_root();
	rings->image = fixture_compile(source);
	if (!rings->image)
		return false;
	rings->losses =
		bpf_map_create(BPF_MAP_TYPE_ARRAY, "losses", 4,
			       events_value_size((uint32_t)rings->image->map_count), 1, NULL);
	return rings->losses >= 0 &&
	       maps_create(rings->image, 1, NULL, &rings->maps, NULL, &error) == 0;
}

static void rings_close(struct rings *rings)
{
	maps_close(&rings->maps);
	closep(&rings->losses);
	skbscope_image_free(rings->image);
}

static int descriptor(const struct rings *rings, uint32_t map)
{
	if (map == REWRITE_MAP_EVENTS)
		return rings->losses;
	if (rings->as_ring >= 0 && map == (uint32_t)image_find_map(rings->image, "unread"))
		return rings->as_ring;
	return rings->maps.maps[map];
}

static int load(const struct rings *rings, const char *function)
{
	bool as_ring[16] = { 0 };
	const int index = image_find_program(rings->image, function);
	const struct skbscope_image_program *program = &rings->image->programs[index];
	AUTO(rewritten_clear) struct rewritten code = { 0 };
	AUTO(freep) struct audit_finding *uses = NULL;
	struct rewrite_request request = { .passes = REWRITE_EVENTS,
					   .map_count = (uint32_t)rings->image->map_count };

	as_ring[image_find_map(rings->image, "unread")] = rings->as_ring >= 0;
	request.as_ring = as_ring;
	if (audit_uses(rings->image, program, &uses, &request.use_count) < 0)
		return -1;
	request.uses = uses;
	if (rewrite_program(program, &request, &code, NULL) < 0)
		return -1;
	for (size_t i = 0; i < code.relocation_count; i++)
		code.instructions[code.relocations[i].instruction].imm =
			descriptor(rings, code.relocations[i].map);
	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, function, rings->image->license,
			     code.instructions, code.instruction_count, NULL);
}

static int count_event(void *context, void *data, size_t size)
{
	uint64_t length = 0;

	CHECK(size >= sizeof(length));
	memcpy(&length, data, sizeof(length));
	CHECK_NUMBER(length, FIXTURE_FRAME_BYTES);
	++*(uint64_t *)context;
	return 0;
}

static uint64_t arrived(const struct rings *rings, const char *table)
{
	uint64_t count = 0;
	struct ring_buffer *ring =
		ring_buffer__new(descriptor(rings, (uint32_t)image_find_map(rings->image, table)),
				 count_event, &count, NULL);

	CHECK(ring && ring_buffer__consume(ring) >= 0);
	ring_buffer__free(ring);
	return count;
}

static uint64_t lost(const struct rings *rings, const char *table)
{
	uint64_t counted[16] = { 0 };
	uint32_t zero = 0;

	CHECK(bpf_map_lookup_elem(rings->losses, &zero, counted) == 0);
	CHECK_NUMBER(counted[rings->image->map_count], 0); /* the audit knows every table */
	return counted[image_find_map(rings->image, table)];
}

static void run(int fd, int repeat)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = fixture_frame,
		    .data_size_in = sizeof(fixture_frame), .repeat = repeat);

	CHECK(bpf_prog_test_run_opts(fd, &options) == 0);
}

static void check_adds_up(const char *function, uint64_t others)
{
	struct rings rings = { .losses = -1, .as_ring = -1 };
	AUTO(closep) int fd = -1;
	uint64_t here;

	REQUIRE(rings_open(&rings));
	fd = load(&rings, function);
	REQUIRE(fd >= 0);
	run(fd, RUNS);
	here = arrived(&rings, "small");
	CHECK(here > 0 && here < PAGE_EVENTS);
	CHECK_NUMBER(here + lost(&rings, "small"), RUNS);
	run(fd, 23); /* there is room again */
	CHECK_NUMBER(arrived(&rings, "small"), 23);
	CHECK_NUMBER(here + lost(&rings, "small"), RUNS);
	CHECK_NUMBER(arrived(&rings, "other"), others);
	CHECK_NUMBER(lost(&rings, "other"), 0);
	rings_close(&rings);
}

TEST(what_arrives_and_what_is_lost_of_copied_events_is_what_was_submitted)
{
	check_adds_up("put", 0);
}

TEST(so_it_is_of_events_made_in_place)
{
	check_adds_up("reserve", 0);
}

TEST(losses_are_the_table_s_that_was_full)
{
	check_adds_up("twice", RUNS + 23);
}

TEST(a_perf_table_without_a_buffer_loses_every_event)
{
	struct rings rings = { .losses = -1, .as_ring = -1 };
	AUTO(closep) int fd = -1;

	REQUIRE(rings_open(&rings));
	fd = load(&rings, "tell");
	REQUIRE(fd >= 0);
	run(fd, RUNS);
	CHECK_NUMBER(lost(&rings, "unread"), RUNS);
	CHECK_NUMBER(lost(&rings, "small"), 0);
	rings_close(&rings);
}

TEST(a_perf_table_may_be_a_ring_buffer)
{
	struct rings rings = { .losses = -1, .as_ring = -1 };
	AUTO(closep) int fd = -1;
	uint64_t here;

	REQUIRE(rings_open(&rings));
	rings.as_ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "as_ring", 0, 0,
				       (uint32_t)sysconf(_SC_PAGESIZE), NULL);
	fd = load(&rings, "tell");
	REQUIRE(fd >= 0);
	run(fd, RUNS);
	here = arrived(&rings, "unread");
	CHECK(here > PAGE_EVENTS && here < RUNS);
	CHECK_NUMBER(here + lost(&rings, "unread"), RUNS);
	closep(&rings.as_ring);
	rings_close(&rings);
}

static bool is_woken(const struct rings *rings, const char *table, int fd)
{
	struct ring_buffer *ring =
		ring_buffer__new(rings->maps.maps[image_find_map(rings->image, table)], count_event,
				 &(uint64_t){ 0 }, NULL);
	bool woken;

	CHECK(ring && ring_buffer__consume(ring) >= 0);
	CHECK_NUMBER(ring_buffer__poll(ring, 0), 0); /* it waits to be woken from here on */
	run(fd, 1);
	woken = ring_buffer__poll(ring, 0) > 0;
	CHECK(ring_buffer__consume(ring) >= 0);
	ring_buffer__free(ring);
	return woken;
}

TEST(an_event_wakes_nobody_while_the_reader_does_not_wish_to_be_woken)
{
	static const char *const functions[] = { "put", "reserve" };

	for (size_t i = 0; i < 2; i++) {
		struct rings rings = { .losses = -1, .as_ring = -1 };
		AUTO(closep) int fd = -1;
		uint64_t value[16] = { 0 };
		uint32_t zero = 0, count;

		REQUIRE(rings_open(&rings));
		count = (uint32_t)rings.image->map_count;
		fd = load(&rings, functions[i]);
		REQUIRE(fd >= 0);
		CHECK(is_woken(&rings, "small", fd));
		value[events_flags_offset(count) / 8] = BPF_RB_NO_WAKEUP;
		CHECK(bpf_map_update_elem(rings.losses, &zero, value, BPF_ANY) == 0);
		CHECK(!is_woken(&rings, "small", fd));
		rings_close(&rings);
	}
}

static void check_events(const struct skbscope_image *image, const char *table, uint32_t size,
			 bool has_rest, const char *function, enum events_buffer buffer)
{
	const struct skbscope_image_map *map = &image->maps[image_find_map(image, table)];

	REQUIRE(map->events);
	CHECK_NUMBER(map->events->size, size);
	CHECK_NUMBER(map->events->has_rest, has_rest);
	CHECK_TEXT(map->events->function ? map->events->function : "several", function);
	CHECK_NUMBER(events_buffer_of(map, true), buffer);
}

TEST(an_image_says_what_is_submitted_to_each_table)
{
	struct skbscope_image *image = fixture_compile(source);

	REQUIRE(image);
	check_events(image, "small", 64, false, "several", EVENTS_RING);
	check_events(image, "other", 8, false, "twice", EVENTS_RING);
	check_events(image, "unread", 8, false, "tell", EVENTS_AS_RING);
	check_events(image, "frames", 8, true, "frame", EVENTS_PERF);
	CHECK(!image->maps[image_find_map(image, "nobody")].events);
	skbscope_image_free(image);
}
