/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events in the real kernel: what arrives and what the rewritten code counts as lost is what
 * was submitted.
 */
#include "fixture.h"

#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "image/audit.h"
#include "image/rewrite.h"
#include "kernel/maps.h"

#define RUNS 523u
#define PAGE_EVENTS 64u /* 64 bytes and a header each: one page has room for fewer */

static const char source[] = "#include <uapi/linux/bpf.h>\n"
			     "BPF_RINGBUF_OUTPUT(other, 64);\n"
			     "BPF_RINGBUF_OUTPUT(small, 1);\n"
			     "BPF_PERF_OUTPUT(unread);\n"
			     "struct event { u64 length, more[7]; };\n"
			     "int put(struct __sk_buff *skb)\n"
			     "{\n"
			     "	struct event event = { .length = skb->len };\n"
			     "	small.ringbuf_output(&event, sizeof(event), 0);\n"
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
};

static bool rings_open(struct rings *rings)
{
	struct skbscope_error error = { 0 };

	fixture_needs_root();
	rings->image = fixture_compile(source);
	if (!rings->image)
		return false;
	rings->losses = bpf_map_create(BPF_MAP_TYPE_ARRAY, "losses", 4,
				       (uint32_t)(rings->image->map_count + 1) * 8, 1, NULL);
	return rings->losses >= 0 &&
	       maps_create(rings->image, 1, NULL, &rings->maps, NULL, &error) == 0;
}

static void rings_close(struct rings *rings)
{
	maps_close(&rings->maps);
	closep(&rings->losses);
	skbscope_image_free(rings->image);
}

static int load(const struct rings *rings, const char *function)
{
	const int index = image_find_program(rings->image, function);
	const struct skbscope_image_program *program = &rings->image->programs[index];
	AUTO(rewritten_clear) struct rewritten code = { 0 };
	AUTO(freep) struct audit_finding *uses = NULL;
	struct rewrite_request request = { .passes = REWRITE_LOSSES,
					   .other_losses = (uint32_t)rings->image->map_count };

	if (audit_uses(rings->image, program, &uses, &request.use_count) < 0)
		return -1;
	request.uses = uses;
	if (rewrite_program(program, &request, &code, NULL) < 0)
		return -1;
	for (size_t i = 0; i < code.relocation_count; i++)
		code.instructions[code.relocations[i].instruction].imm =
			code.relocations[i].map == REWRITE_MAP_LOSSES
				? rings->losses
				: rings->maps.maps[code.relocations[i].map];
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
	struct ring_buffer *ring = ring_buffer__new(
		rings->maps.maps[image_find_map(rings->image, table)], count_event, &count, NULL);

	CHECK(ring && ring_buffer__consume(ring) >= 0);
	ring_buffer__free(ring);
	return count;
}

static uint64_t lost(const struct rings *rings, const char *table)
{
	uint64_t counted[8] = { 0 };
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
	struct rings rings = { .losses = -1 };
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
	struct rings rings = { .losses = -1 };
	AUTO(closep) int fd = -1;

	REQUIRE(rings_open(&rings));
	fd = load(&rings, "tell");
	REQUIRE(fd >= 0);
	run(fd, RUNS);
	CHECK_NUMBER(lost(&rings, "unread"), RUNS);
	CHECK_NUMBER(lost(&rings, "small"), 0);
	rings_close(&rings);
}
