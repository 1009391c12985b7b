/* SPDX-License-Identifier: Apache-2.0 */
#include "run/test_feed.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "capture/link_headers.h"
#include "expect/lines.h"
#include "run/packet_batch.h"
#include "run/recording.h"
#include "run/test_paths.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE
#define FIRST_NS UINT64_C(1000000000) /* programs take 0 for "never" */
#define KEPT_MAX 1000000u             /* of events, prints and verdicts, each */

struct feeder {
	struct test_feeding *feeding;
	struct recording recording; /* of packets that are in the file: an account of them */
	struct packet_batch *batch;
	/* Room of the outcome's lists, which are made here. */
	struct outcome_event *events;
	const char **prints;
	int32_t *verdicts;
	size_t event_room, print_room, verdict_room;
	bool too_many;
};

static bool is_too_many(struct feeder *feeder, size_t count)
{
	feeder->too_many |= count >= KEPT_MAX;
	return feeder->too_many;
}

/* TABLE: of events; NULL: prints. */
static bool is_kept(const struct feeder *feeder, const char *table)
{
	const struct test_feeding *feeding = feeder->feeding;

	return feeding->keeps_all || outcome_needs_events(feeding->test, table);
}

static void keep_print(struct feeder *feeder, const char *text)
{
	struct outcome *outcome = feeder->feeding->outcome;
	struct arena *arena = feeder->feeding->arena;
	const char **print;

	if (!is_kept(feeder, NULL) || is_too_many(feeder, outcome->print_count))
		return;
	print = LINES_ADD(arena, feeder->prints, outcome->print_count, feeder->print_room);
	if (print)
		*print = arena_string(arena, text);
	outcome->prints = feeder->prints;
}

static void keep_event(struct feeder *feeder, const struct skbscope_event *event)
{
	const struct skbscope_schema *schema = event->record.schema;
	struct outcome *outcome = feeder->feeding->outcome;
	struct arena *arena = feeder->feeding->arena;
	struct outcome_event *out;

	if (!is_kept(feeder, schema->table) || is_too_many(feeder, outcome->event_count))
		return;
	out = LINES_ADD(arena, feeder->events, outcome->event_count, feeder->event_room);
	if (out)
		*out = (struct outcome_event){
			schema, arena_copy(arena, event->record.value, schema->value_size, 1),
			event->size
		};
	outcome->events = feeder->events;
}

static int on_event(void *context, const struct skbscope_event *event)
{
	struct feeder *feeder = context;

	if (event->text)
		keep_print(feeder, event->text);
	else
		keep_event(feeder, event);
	return 0;
}

static void keep_verdicts(struct feeder *feeder)
{
	struct outcome *outcome = feeder->feeding->outcome;
	struct arena *arena = feeder->feeding->arena;
	const int32_t *verdicts;
	size_t count;

	if (!outcome_needs_verdicts(feeder->feeding->test))
		return;
	verdicts = skbscope_session_feed_verdicts(feeder->feeding->session, &count);
	for (size_t i = 0; i < count && !is_too_many(feeder, outcome->verdict_count); i++) {
		int32_t *out = LINES_ADD(arena, feeder->verdicts, outcome->verdict_count,
					 feeder->verdict_room);

		if (out)
			*out = verdicts[i];
	}
	outcome->verdicts = feeder->verdicts;
}

static int drain(void *context, struct skbscope_error *error)
{
	struct feeder *feeder = context;
	struct skbscope_session *session = feeder->feeding->session;
	int r = 1;

	if (skbscope_session_event_fd(session) < 0)
		return 0;
	while (r > 0)
		r = skbscope_session_drain(session, 0, on_event, feeder, NULL, error);
	return r;
}

static int feed_batch(struct feeder *feeder, struct skbscope_error *error)
{
	struct packet_batch *batch = feeder->batch;
	int r = skbscope_session_feed(feeder->feeding->session, batch->packets, batch->count,
				      error);

	if (r == 0)
		keep_verdicts(feeder);
	if (r == 0)
		r = drain(feeder, error);
	packet_batch_clear(batch);
	if (r == 0 && feeder->too_many)
		r = fail(error, E2BIG, STAGE, "more than %u events or verdicts of one test",
			 KEPT_MAX);
	if (r == 0 && arena_failed(feeder->feeding->arena))
		r = fail_memory(error, STAGE);
	return r;
}

static int add(struct feeder *feeder, const struct skbscope_packet *packet,
	       const struct link_frame *frame, struct skbscope_error *error)
{
	packet_batch_add(feeder->batch, packet, frame);
	return packet_batch_is_full(feeder->batch) ? feed_batch(feeder, error) : 0;
}

static int feed_capture(struct feeder *feeder, const char *name, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer path = { 0 };
	struct recording recording = { .otherwise = feeder->recording.otherwise,
				       .local = feeder->recording.local };
	struct skbscope_packet packet;
	struct link_frame frame;
	struct stat status;
	int r;

	test_beside(feeder->feeding->file, name, &path);
	if (path.failed)
		return fail_memory(error, STAGE);
	recording.path = buffer_text(&path);
	if (stat(recording.path, &status) == 0 && !S_ISREG(status.st_mode) &&
	    !S_ISDIR(status.st_mode))
		return fail(error, EINVAL, SKBSCOPE_STAGE_READ, "'%s' is no regular file",
			    recording.path);
	r = capture_open(recording.path, NULL, &recording.capture, error);
	while (r >= 0 && (r = recording_next(&recording, &frame, &packet, error)) > 0)
		r = add(feeder, &packet, &frame, error);
	if (recording.last_ns)
		feeder->feeding->last_ns = recording.last_ns;
	capture_freep(&recording.capture);
	return r;
}

/* Shorter than this, a tag in a frame stays there (capture/link.h). */
#define TAGGED_MIN (ETH_HLEN + 2u)

/* The tag goes between addresses and type, where it is taken out again as a card does it. */
static void put_tag(const struct test_packet *packet, struct buffer *out)
{
	const uint8_t tag[] = { ETH_P_8021Q >> 8, ETH_P_8021Q & 0xff, (uint8_t)(packet->tag >> 8),
				(uint8_t)packet->tag };

	buffer_append(out, packet->bytes, 2 * ETH_ALEN);
	buffer_append(out, tag, sizeof(tag));
	buffer_append(out, packet->bytes + 2 * ETH_ALEN, packet->size - 2 * ETH_ALEN);
}

static int feed_packet(struct feeder *feeder, const struct test_packet *from,
		       struct skbscope_error *error)
{
	static const enum capture_direction directions[] = {
		[TEST_EITHER] = CAPTURE_DIRECTION_UNKNOWN,
		[TEST_IN] = CAPTURE_IN,
		[TEST_OUT] = CAPTURE_OUT,
	};
	AUTO(buffer_free) struct buffer tagged = { 0 };
	struct capture_packet found = { .data = from->bytes,
					.captured = from->size,
					.length = from->length,
					.link = LINK_ETHERNET,
					.direction = directions[from->direction],
					.has_time = true };
	uint64_t *now_ns = &feeder->feeding->last_ns;
	int r = 0;

	if (from->has_tag && from->size >= TAGGED_MIN) {
		put_tag(from, &tagged);
		if (tagged.failed)
			return fail_memory(error, STAGE);
		found.data = (const uint8_t *)tagged.data;
		found.captured = (uint32_t)tagged.length;
		found.length += (uint32_t)tagged.length - from->size;
	}
	for (uint64_t i = 0; i < from->times && r == 0; i++) {
		struct skbscope_packet packet;
		struct link_frame frame;

		*now_ns = *now_ns ? *now_ns + from->after_ns : FIRST_NS;
		found.time_ns = *now_ns;
		recording_take(&feeder->recording, &found, &frame, &packet);
		packet.mark = from->mark;
		if (from->has_tag && from->size < TAGGED_MIN) {
			packet.vlan_protocol = ETH_P_8021Q;
			packet.vlan_tci = from->tag;
		}
		r = add(feeder, &packet, &frame, error);
	}
	return r;
}

static void note(struct feeder *feeder)
{
	struct test_feeding *feeding = feeder->feeding;
	struct skbscope_feed_counts counts;

	skbscope_session_feed_counts(feeding->session, &counts);
	if (counts.no_function)
		feeding->outcome->notes = arena_printf(
			feeding->arena,
			"%" PRIu64 " packet%s of a direction that the program has no function for",
			counts.no_function, counts.no_function == 1 ? " is" : "s are");
}

static int prepare(struct feeder *feeder, struct skbscope_error *error)
{
	const struct test_words *local = &feeder->feeding->test->local;
	int r = 0;

	feeder->batch = malloc(sizeof(*feeder->batch));
	if (!feeder->batch)
		return fail_memory(error, STAGE);
	packet_batch_clear(feeder->batch);
	skbscope_session_feed_events(feeder->feeding->session, 0, drain, feeder);
	recording_direct(&feeder->recording, feeder->feeding->session);
	for (size_t i = 0; r == 0 && i < local->count; i++)
		r = local_add(&feeder->recording.local, local->items[i], error);
	if (r < 0)
		error->stage = SKBSCOPE_STAGE_USAGE;
	return r;
}

int test_feed(struct test_feeding *feeding, struct skbscope_error *error)
{
	const struct test_case *test = feeding->test;
	struct feeder feeder = { .feeding = feeding };
	int r = prepare(&feeder, error);

	for (size_t i = 0; i < test->feed_count && r == 0; i++) {
		const struct test_feed *feed = &test->feeds[i];

		feeding->line = feed->line;
		r = feed->capture ? feed_capture(&feeder, feed->capture, error)
				  : feed_packet(&feeder, &feed->packet, error);
	}
	if (r == 0)
		r = feed_batch(&feeder, error);
	if (r == 0)
		note(&feeder);
	skbscope_session_feed_events(feeding->session, 0, NULL, NULL);
	free(feeder.batch);
	return r;
}
