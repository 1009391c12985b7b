/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/feed.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "kernel/feed_record.h"
#include "kernel/feed_tap.h"
#include "kernel/feed_verdicts.h"
#include "kernel/permission.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE
#define LONGEST 65535u /* of a tap, and of what a card has ever put together */
#define TAG_BYTES 4u

struct feed {
	struct feed_maps maps;
	int program;
	bool single;     /* one packet a call */
	bool plain;      /* the kernel knows no ingress_ifindex for a test run */
	bool targets[2]; /* by direction */
	uint8_t *area;
	struct replay_state *state;
	size_t area_size, state_size; /* as mapped */
	uint32_t used, records;       /* of the area, since the last run */
	struct feed_tap tap;
	int tap_failed;      /* why there is none */
	uint8_t *long_frame; /* for the tap */
	struct skbscope_feed_counts counts;
	struct feed_verdicts verdicts;
};

_Static_assert(FEED_AREA_BYTES / (sizeof(struct feed_record) + ETH_HLEN) < REPLAY_VERDICTS,
	       "as many records as there may be at a time");

/* The kernel must be asked for whole pages. */
static size_t page_round(size_t size)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

static int map_shared(int fd, size_t size, size_t *mapped, void *out)
{
	void *memory = mmap(NULL, page_round(size), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	*mapped = page_round(size);
	memcpy(out, &memory, sizeof(memory));
	return 0;
}

static int create_maps(struct feed *feed)
{
	LIBBPF_OPTS(bpf_map_create_opts, shared, .map_flags = BPF_F_MMAPABLE);
	int r;

	feed->maps.area = bpf_map_create(BPF_MAP_TYPE_ARRAY, "skb_recording", sizeof(uint32_t),
					 FEED_AREA_BYTES, 1, &shared);
	if (feed->maps.area < 0)
		return -errno;
	feed->maps.state = bpf_map_create(BPF_MAP_TYPE_ARRAY, "skb_replay", sizeof(uint32_t),
					  sizeof(struct replay_state), 1, &shared);
	if (feed->maps.state < 0)
		return -errno;
	feed->maps.functions = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "skb_fed", sizeof(uint32_t),
					      sizeof(uint32_t), 2, NULL);
	if (feed->maps.functions < 0)
		return -errno;
	r = map_shared(feed->maps.area, FEED_AREA_BYTES, &feed->area_size, &feed->area);
	if (r == 0)
		r = map_shared(feed->maps.state, sizeof(struct replay_state), &feed->state_size,
			       &feed->state);
	return r;
}

static void feed_freep(struct feed **feed)
{
	feed_free(*feed);
}

int feed_new(bool single, struct feed **out, struct skbscope_error *error)
{
	AUTO(feed_freep) struct feed *feed = calloc(1, sizeof(*feed));
	int r;

	if (!feed)
		return fail_memory(error, STAGE);
	feed->maps = (struct feed_maps){ -1, -1, -1 };
	feed->program = -1;
	feed->tap = (struct feed_tap)FEED_TAP_INIT;
	feed->single = single;
	r = create_maps(feed);
	if (r == 0) {
		feed->program = feed_program_load(&feed->maps);
		r = feed->program < 0 ? feed->program : 0;
	}
	if (r < 0) {
		r = fail_errno(error, r, SKBSCOPE_STAGE_LOAD, "cannot prepare a replay");
		return permission_hint(error, r);
	}
	*out = TAKE(feed);
	return 0;
}

void feed_free(struct feed *feed)
{
	if (!feed)
		return;
	feed_tap_close(&feed->tap);
	if (feed->area)
		munmap(feed->area, feed->area_size);
	if (feed->state)
		munmap(feed->state, feed->state_size);
	closep(&feed->program);
	closep(&feed->maps.functions);
	closep(&feed->maps.state);
	closep(&feed->maps.area);
	free(feed->long_frame);
	feed_verdicts_clear(&feed->verdicts);
	free(feed);
}

int feed_map(const struct feed *feed)
{
	return feed->maps.state;
}

const struct replay_state *feed_state(const struct feed *feed)
{
	return feed->state;
}

const int32_t *feed_verdicts(const struct feed *feed, size_t *count)
{
	*count = feed->verdicts.count;
	return feed->verdicts.of;
}

const struct skbscope_feed_counts *feed_counts(const struct feed *feed)
{
	return &feed->counts;
}

int feed_target(struct feed *feed, enum skbscope_direction direction, int program,
		struct skbscope_error *error)
{
	const uint32_t index = direction;

	if (bpf_map_update_elem(feed->maps.functions, &index, &program, BPF_ANY) < 0)
		return fail_errno(error, errno, SKBSCOPE_STAGE_LOAD, "cannot prepare a replay");
	feed->targets[direction] = true;
	return 0;
}

static int test_run(struct feed *feed, uint32_t repeat)
{
	/* Of no protocol that the kernel looks into, and with room for the usual frame. */
	static const uint8_t first[1514] = { [12] = 0x88, [13] = 0xb5 };
	const struct __sk_buff context = { .ifindex = 1, .ingress_ifindex = 1 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = first, .data_size_in = sizeof(first),
		    .repeat = (int)repeat);

	if (!feed->plain) {
		options.ctx_in = &context;
		options.ctx_size_in = sizeof(context);
	}
	if (bpf_prog_test_run_opts(feed->program, &options) == 0)
		return 0;
	if (!feed->plain && (errno == EINVAL || errno == E2BIG)) {
		feed->plain = true;
		return test_run(feed, repeat);
	}
	return -errno;
}

/* What was not run when a signal came is run after it. */
static int run_records(struct feed *feed, struct skbscope_error *error)
{
	struct replay_state *state = feed->state;
	const uint32_t count = feed->records;
	uint32_t left = count, fails;
	int r = 0;

	feed_verdicts_expect(&feed->verdicts, state, count);
	state->at = 0;
	fails = state->fails;
	while (left && r == 0) {
		const uint32_t before = state->runs;

		r = test_run(feed, feed->single ? 1 : left);
		left -= state->runs - before;
		if (r == -EINTR || r == -EAGAIN)
			r = 0;
	}
	fails = state->fails - fails;
	feed->counts.refused += fails;
	feed->counts.seen += count - fails - left;
	feed_verdicts_take(&feed->verdicts, state, count - left);
	feed->used = 0;
	feed->records = 0;
	return r < 0 ? fail_errno(error, r, STAGE, "cannot feed a recorded packet to the program")
		     : 0;
}

/* As the kernel finds it behind the addresses of a frame. */
static uint16_t protocol_of(const uint8_t *frame, uint32_t length)
{
	const uint16_t protocol = (uint16_t)(frame[12] << 8 | frame[13]);

	if (protocol >= ETH_P_802_3_MIN)
		return protocol;
	return length >= ETH_HLEN + 2 && frame[14] == 0xff && frame[15] == 0xff ? ETH_P_802_3
										: ETH_P_802_2;
}

static uint16_t to_network(uint16_t value)
{
	const uint8_t bytes[2] = { (uint8_t)(value >> 8), (uint8_t)value };
	uint16_t out;

	memcpy(&out, bytes, sizeof(out));
	return out;
}

static bool is_tag(uint16_t protocol)
{
	return protocol == ETH_P_8021Q || protocol == ETH_P_8021AD;
}

static void describe(const struct skbscope_packet *packet, struct feed_record *out)
{
	const uint16_t tag[2] = { to_network(packet->vlan_protocol), to_network(packet->vlan_tci) };

	*out = (struct feed_record){
		.length = packet->length,
		.stored = packet->captured,
		.time_ns = packet->time_ns,
		.mark = packet->mark,
		.protocol = to_network(protocol_of(packet->frame, packet->captured)),
		.vlan_protocol = tag[0],
		.vlan_tci = packet->vlan_tci,
		.type = (uint8_t)packet->type,
		.direction = (uint8_t)packet->direction,
	};
	memcpy(out->vlan_tag, tag, sizeof(tag));
}

static int feed_short(struct feed *feed, const struct skbscope_packet *packet, uint32_t number,
		      struct skbscope_error *error)
{
	const uint32_t size = FEED_RECORD_BYTES(packet->captured);
	struct feed_record record;
	int r = 0;

	if (feed->used + sizeof(record) + FEED_LONGEST + 8 > FEED_AREA_BYTES)
		r = run_records(feed, error);
	if (r < 0)
		return r;
	describe(packet, &record);
	memcpy(feed->area + feed->used, &record, sizeof(record));
	memcpy(feed->area + feed->used + sizeof(record), packet->frame, packet->captured);
	feed->used += size;
	feed->verdicts.packets[feed->records++] = number;
	feed->counts.cut_short += packet->length > packet->captured;
	return 0;
}

/* With its tag in it, which the kernel takes out as it does for a card. */
static uint32_t put_together(struct feed *feed, const struct skbscope_packet *packet)
{
	const uint16_t tag[2] = { to_network(packet->vlan_protocol), to_network(packet->vlan_tci) };
	const uint32_t addresses = 2 * ETH_ALEN, more = packet->vlan_protocol ? TAG_BYTES : 0;
	const uint8_t *frame = packet->frame;
	uint8_t *out = feed->long_frame;

	memcpy(out, frame, addresses);
	memcpy(out + addresses, tag, more);
	memcpy(out + addresses + more, frame + addresses, packet->captured - addresses);
	memset(out + packet->captured + more, 0, packet->length - packet->captured);
	return packet->length + more;
}

static int open_tap(struct feed *feed)
{
	if (feed->tap.tap >= 0 || feed->tap_failed)
		return feed->tap_failed;
	feed->long_frame = malloc(LONGEST + TAG_BYTES);
	feed->tap_failed = feed->long_frame ? feed_tap_open(feed->program, &feed->tap) : -ENOMEM;
	return feed->tap_failed;
}

static int feed_long(struct feed *feed, const struct skbscope_packet *packet, uint32_t number,
		     struct skbscope_error *error)
{
	struct replay_state *state = feed->state;
	struct feed_record record;
	uint32_t runs, fails;
	int r = run_records(feed, error);

	if (r < 0)
		return r;
	if (packet->length > LONGEST || open_tap(feed) < 0) {
		feed->counts.too_long++;
		return 0;
	}
	describe(packet, &record);
	record.is_there = true;
	record.stored = ETH_HLEN; /* of which none is looked at */
	memcpy(feed->area, &record, sizeof(record));
	state->at = 0;
	runs = state->runs;
	fails = state->fails;
	feed->verdicts.packets[0] = number;
	feed_verdicts_expect(&feed->verdicts, state, 1);
	r = feed_tap_write(&feed->tap, feed->long_frame, put_together(feed, packet));
	if (r < 0 || state->runs != runs + 1 || state->fails != fails) {
		feed->counts.too_long++;
		return 0;
	}
	feed_verdicts_take(&feed->verdicts, state, 1);
	feed->counts.seen++;
	feed->counts.cut_short += packet->length > packet->captured;
	return 0;
}

static bool is_whole_frame(const struct skbscope_packet *packet)
{
	const uint8_t *frame = packet->frame;

	if (packet->captured < ETH_HLEN)
		return false;
	/* A tag that is cut is no frame: a card's driver gives it up. */
	return packet->vlan_protocol || !is_tag((uint16_t)(frame[12] << 8 | frame[13]));
}

static int feed_one(struct feed *feed, struct skbscope_packet packet, uint32_t number,
		    struct skbscope_error *error)
{
	struct skbscope_feed_counts *counts = &feed->counts;

	if (packet.length < packet.captured)
		packet.length = packet.captured;
	if (!packet.captured) {
		counts->no_frame++;
		return 0;
	}
	if (!is_whole_frame(&packet)) {
		counts->too_short++;
		return 0;
	}
	if (!feed->targets[packet.direction]) {
		counts->no_function++;
		return 0;
	}
	return packet.length > FEED_LONGEST ? feed_long(feed, &packet, number, error)
					    : feed_short(feed, &packet, number, error);
}

/* Tables of CPUs are those of one. */
static void stay(cpu_set_t *before)
{
	cpu_set_t one;
	int cpu = 0;

	CPU_ZERO(before);
	if (sched_getaffinity(0, sizeof(*before), before) < 0)
		return;
	while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET((size_t)cpu, before))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

int feed_packets(struct feed *feed, const struct skbscope_packet *packets, size_t count,
		 struct skbscope_error *error)
{
	cpu_set_t before;
	int r = feed_verdicts_begin(&feed->verdicts, count);

	if (r < 0)
		return fail_memory(error, STAGE);
	stay(&before);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = feed_one(feed, packets[i], (uint32_t)i, error);
	if (r == 0)
		r = run_records(feed, error);
	if (CPU_COUNT(&before))
		sched_setaffinity(0, sizeof(before), &before);
	return r;
}
