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
#include "kernel/feed_frame.h"
#include "kernel/feed_record.h"
#include "kernel/feed_tap.h"
#include "kernel/feed_verdicts.h"
#include "kernel/permission.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE
#define LONGEST 65535u /* of a tap, and of what a card has ever put together */

struct feed {
	struct feed_maps maps;
	int program;
	bool single;      /* one packet a call */
	bool as_recorded; /* what was not recorded is not there; else it is zeros */
	bool plain;       /* the kernel knows no ingress_ifindex for a test run */
	bool targets[2];  /* by direction */
	uint8_t *area;
	struct replay_state *state;
	size_t area_size, state_size; /* as mapped */
	uint32_t used, records, done; /* of the area; of its records, those that were run */
	uint32_t burst;               /* how many are run at a time, while they stop */
	size_t next;                  /* packet of the call that is no record yet */
	uint32_t latest;              /* packet that was run last */
	struct feed_tap tap;
	uint8_t *long_frame; /* for the tap */
	struct skbscope_feed_counts counts;
	struct feed_verdicts verdicts;
	bool stays; /* on one CPU; before: on which it may run */
	cpu_set_t before;
	feed_room *make_room; /* for events; NULL: nobody is told */
	void *context;
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

/* Tables of CPUs are those of one. */
static void stay(struct feed *feed)
{
	cpu_set_t one;
	int cpu = 0;

	if (feed->stays || sched_getaffinity(0, sizeof(feed->before), &feed->before) < 0)
		return;
	while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET((size_t)cpu, &feed->before))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	feed->stays = sched_setaffinity(0, sizeof(one), &one) == 0;
}

static void move_freely(struct feed *feed)
{
	if (feed->stays)
		sched_setaffinity(0, sizeof(feed->before), &feed->before);
	feed->stays = false;
}

static void feed_freep(struct feed **feed)
{
	feed_free(*feed);
}

int feed_new(bool single, bool as_recorded, struct feed **out, struct skbscope_error *error)
{
	AUTO(feed_freep) struct feed *feed = calloc(1, sizeof(*feed));
	int r;

	if (!feed)
		return fail_memory(error, STAGE);
	feed->maps = (struct feed_maps){ -1, -1, -1 };
	feed->program = -1;
	feed->tap = (struct feed_tap)FEED_TAP_INIT;
	feed->single = single;
	feed->as_recorded = as_recorded;
	feed->burst = 1;
	r = create_maps(feed);
	if (r == 0) {
		feed->state->events_wanted = feed->state->bytes_wanted = UINT64_MAX;
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
	move_freely(feed);
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

void feed_reset(struct feed *feed)
{
	struct replay_state *state = feed->state;

	state->now_ns = state->chance = state->packet_ns = 0;
	state->submitted = state->length = state->stops = 0;
	state->event_count = state->event_bytes = state->event_flags = 0;
	state->events_wanted = state->bytes_wanted = UINT64_MAX;
	memset(state->sends, 0, sizeof(state->sends));
	feed->counts = (struct skbscope_feed_counts){ .tap_error = feed->counts.tap_error };
	feed->next = feed->used = feed->records = feed->done = 0;
	feed->burst = 1;
	feed_on_events(feed, NULL, NULL);
}

int feed_map(const struct feed *feed)
{
	return feed->maps.state;
}

struct replay_state *feed_state(const struct feed *feed)
{
	return feed->state;
}

void feed_on_events(struct feed *feed, feed_room *make_room, void *context)
{
	feed->make_room = make_room;
	feed->context = context;
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

static int need_room(const struct feed *feed, struct skbscope_error *error)
{
	int r = 0;

	while (r == 0 && !replay_has_room(feed->state))
		r = feed->make_room ? feed->make_room(feed->context, error) : -EXFULL;
	return r == -EXFULL ? fail(error, EXFULL, STAGE, "nobody reads the events") : r;
}

static bool has_stopped(const struct feed *feed)
{
	return feed->state->submitted && feed->state->stops;
}

static void begin_records(struct feed *feed, uint32_t count)
{
	feed_verdicts_expect(&feed->verdicts, feed->state, count);
	feed->state->at = 0;
}

/* What was run since, of which some were refused. */
static void end_records(struct feed *feed, uint32_t ran, uint32_t refused)
{
	feed_verdicts_take(&feed->verdicts, feed->state, feed->done, feed->done + ran);
	feed->done += ran;
	if (ran)
		feed->latest = feed->verdicts.packets[feed->done - 1];
	feed->counts.refused += refused;
	feed->counts.seen += ran - refused;
	if (feed->done == feed->records)
		feed->used = feed->records = feed->done = 0;
}

/* What was not run when a signal came, or events had no room, is run after it. 1: there are
 * events. */
static int run_records(struct feed *feed, struct skbscope_error *error)
{
	struct replay_state *state = feed->state;
	const uint32_t runs = state->runs, fails = state->fails;
	uint32_t left = feed->records - feed->done;
	int r = 0, ended = 0;

	if (!feed->done)
		begin_records(feed, feed->records);
	state->submitted = 0;
	while (left && r == 0 && !has_stopped(feed) && (ended = need_room(feed, error)) == 0) {
		const uint32_t before = state->runs;
		const uint32_t most = state->stops && feed->burst < left ? feed->burst : left;

		r = test_run(feed, feed->single ? 1 : most);
		left -= state->runs - before;
		feed->burst = state->submitted ? 1 : most * 2;
		if (r == -EINTR || r == -EAGAIN)
			r = 0;
	}
	end_records(feed, state->runs - runs, state->fails - fails);
	if (ended < 0)
		return ended;
	return r < 0 ? fail_errno(error, r, STAGE, "cannot feed a recorded packet to the program")
		     : has_stopped(feed);
}

static bool has_room(const struct feed *feed)
{
	return feed->used + sizeof(struct feed_record) + FEED_LONGEST + 8 <= FEED_AREA_BYTES;
}

static void add_record(struct feed *feed, const struct skbscope_packet *packet, uint32_t said,
		       uint32_t number)
{
	struct feed_record record;

	feed_frame_describe(packet, &record);
	record.said = said;
	memcpy(feed->area + feed->used, &record, sizeof(record));
	memcpy(feed->area + feed->used + sizeof(record), packet->frame, packet->captured);
	feed->used += FEED_RECORD_BYTES(packet->captured);
	feed->verdicts.packets[feed->records++] = number;
	feed->counts.cut_short += said > packet->captured;
}

static int open_tap(struct feed *feed)
{
	int *error = &feed->counts.tap_error;

	if (feed->tap.tap >= 0 || *error)
		return *error;
	feed->long_frame = malloc(LONGEST + FEED_FRAME_MORE);
	*error = feed->long_frame ? feed_tap_open(feed->program, &feed->tap) : -ENOMEM;
	return *error;
}

/* There are no records. 1: there are events. */
static int feed_long(struct feed *feed, const struct skbscope_packet *packet, uint32_t said,
		     uint32_t number, struct skbscope_error *error)
{
	struct replay_state *state = feed->state;
	const uint32_t runs = state->runs, fails = state->fails;
	struct feed_record record;
	int r = need_room(feed, error);

	if (r < 0)
		return r;
	if (packet->length > LONGEST) {
		feed->counts.too_long++;
		return 0;
	}
	if (open_tap(feed) < 0) {
		feed->counts.no_tap++;
		return 0;
	}
	feed_frame_describe(packet, &record);
	record.said = said;
	record.is_there = true;
	record.stored = ETH_HLEN; /* of which none is looked at */
	memcpy(feed->area, &record, sizeof(record));
	feed->verdicts.packets[0] = number;
	begin_records(feed, 1);
	state->submitted = 0;
	r = feed_tap_write(&feed->tap, feed->long_frame,
			   feed_frame_whole(packet, feed->long_frame));
	if (r < 0 || state->runs != runs + 1 || state->fails != fails) {
		feed->counts.refused++;
		return 0;
	}
	feed->records = 1;
	end_records(feed, 1, 0);
	feed->counts.cut_short += said > packet->captured;
	return has_stopped(feed);
}

/* Whether it is one that the program can be shown; else it is counted. */
static bool is_carried(struct feed *feed, const struct skbscope_packet *packet)
{
	struct skbscope_feed_counts *counts = &feed->counts;

	if (!packet->captured)
		counts->no_frame++;
	else if (!feed_frame_is_whole(packet))
		counts->too_short++;
	else if (!feed->targets[packet->direction])
		counts->no_function++;
	else
		return true;
	return false;
}

/* The packet with the length of the frame that is made of it. */
static struct skbscope_packet as_fed(const struct feed *feed, const struct skbscope_packet *packet)
{
	struct skbscope_packet fed = *packet;

	if (feed->as_recorded || fed.length < fed.captured)
		fed.length = fed.captured;
	return fed;
}

static bool is_long(const struct feed *feed, const struct skbscope_packet *packet)
{
	return as_fed(feed, packet).length > FEED_LONGEST;
}

static int feed_one(struct feed *feed, const struct skbscope_packet *packet, uint32_t number,
		    struct skbscope_error *error)
{
	const struct skbscope_packet fed = as_fed(feed, packet);
	const uint32_t said = packet->length < fed.length ? fed.length : packet->length;

	if (!is_carried(feed, &fed))
		return 0;
	if (is_long(feed, packet))
		return feed_long(feed, &fed, said, number, error);
	add_record(feed, &fed, said, number);
	return 0;
}

/* From where it stopped. */
static int feed_rest(struct feed *feed, const struct skbscope_packet *packets, size_t count,
		     struct skbscope_error *error)
{
	int r = 0;

	while (r == 0 && (feed->next < count || feed->records)) {
		const bool must_run = feed->next == count || feed->done || !has_room(feed) ||
				      is_long(feed, &packets[feed->next]);

		if (feed->records && must_run) {
			r = run_records(feed, error);
		} else {
			r = feed_one(feed, &packets[feed->next], (uint32_t)feed->next, error);
			feed->next++;
		}
	}
	return r;
}

int feed_packets(struct feed *feed, const struct skbscope_packet *packets, size_t count,
		 size_t *fed, struct skbscope_error *error)
{
	int r = 0;

	if (!fed || !*fed) {
		feed->next = feed->used = feed->records = feed->done = 0;
		r = feed_verdicts_begin(&feed->verdicts, count);
	}
	if (r < 0)
		return fail_memory(error, STAGE);
	feed->state->stops = fed != NULL;
	stay(feed);
	r = feed_rest(feed, packets, count, error);
	if (r <= 0)
		move_freely(feed);
	if (fed && r >= 0)
		*fed = r > 0 ? feed->latest + (size_t)1 : count;
	return r < 0 ? r : 0;
}
