/* SPDX-License-Identifier: Apache-2.0 */
#include "run/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "run/packet_batch.h"
#include "run/summary.h"

#define SLOW_READER_NS UINT64_C(1000000)
#define PROGRESS_NS UINT64_C(200000000)

static void stop_for(struct replay *replay, const struct skbscope_error *error)
{
	replay_stop(replay);
	readings_fail(replay->readings, error);
}

static int feed_batch(struct replay *replay, struct skbscope_error *error)
{
	struct packet_batch *batch = replay->batch;
	int r = 0;

	if (batch->count)
		r = replay->feed(replay->context, batch->packets, batch->count, error);
	packet_batch_clear(batch);
	return r;
}

static void take_pending(struct replay *replay)
{
	struct packet_batch *batch = replay->batch;

	batch->interfaces[batch->count] = replay->recording.found.interface;
	packet_batch_add(batch, &replay->pending, &replay->frame);
	replay->has_pending = false;
	if (replay->kept)
		replay->kept(replay->context, replay->recording.capture, &replay->recording.found);
}

/* A recording without an interval has one reading, at its end. */
static void begin_pace(struct replay *replay)
{
	struct pace_settings pace = *replay->pace;

	if (!pace.interval_ns && pace.count < 2)
		pace.interval_ns = UINT64_MAX;
	readings_begin(replay->readings, &pace, replay->recording.time_ns);
	replay->due_ns = readings_next(replay->readings, replay->recording.time_ns);
}

static int begin(struct replay *replay, struct skbscope_error *error)
{
	replay->begun = true;
	begin_pace(replay);
	return replay->begin(replay->context, error);
}

/* All readings that are due before the pending packet; of a long silence, the first and
 * the last. False: that was the end. */
static bool read_until(struct replay *replay, uint64_t now_ns)
{
	while (replay->due_ns <= now_ns) {
		const uint64_t due_ns = replay->due_ns;
		uint64_t last_ns;

		if (!readings_due(replay->readings, due_ns))
			return false;
		replay->due_ns = readings_next(replay->readings, due_ns);
		if (replay->due_ns > now_ns)
			break;
		last_ns = readings_next(replay->readings, now_ns) - (replay->due_ns - due_ns);
		if (last_ns > replay->due_ns && last_ns <= now_ns)
			replay->due_ns = last_ns;
	}
	return true;
}

/* 1: the batch is full, or what was asked for has ended it. As capture_next() otherwise. */
static int fill(struct replay *replay, struct skbscope_error *error)
{
	while (!packet_batch_is_full(replay->batch)) {
		int r = replay->has_pending ? 1
					    : recording_next(&replay->recording, &replay->frame,
							     &replay->pending, error);

		if (r <= 0)
			return r;
		replay->has_pending = true;
		if (!replay->begun && (r = begin(replay, error)) < 0)
			return r;
		if (replay->pending.time_ns >= replay->due_ns)
			return 1;
		take_pending(replay);
	}
	return 1;
}

static void tell_progress(struct replay *replay, uint64_t now_ns)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	struct capture_facts facts;
	double seconds = (double)(now_ns - replay->wall_start_ns) / 1e9, done;

	if (!views_have_status(replay->readings->views) || replay->quiet ||
	    now_ns < replay->told_ns + PROGRESS_NS)
		return;
	replay->told_ns = now_ns;
	capture_facts(replay->recording.capture, &facts);
	buffer_printf(&text, "%s: %" PRIu64 " packets of %s", replay->name, facts.packets,
		      recording_name(replay->recording.path));
	if (seconds > 0)
		buffer_printf(&text, ", %.2f M/s", (double)facts.packets / seconds / 1e6);
	done = facts.total ? (double)facts.consumed / (double)facts.total : 0;
	if (done > 0 && done < 1) {
		buffer_printf(&text, ", %.0f %%, ", done * 100);
		summary_time((uint64_t)(seconds * (1 - done) / done * 1e9), &text);
		buffer_string(&text, " left");
	}
	buffer_string(&text, "\n");
	views_status(replay->readings->views, buffer_text(&text), NULL);
}

static void finish(struct replay *replay)
{
	replay_stop(replay);
	replay->finished = true;
	views_status(replay->readings->views, "", NULL);
	if (!replay->ended || !replay->ended(replay->context))
		readings_reach(replay->readings);
}

static void wait_for_more(struct replay *replay)
{
	struct skbscope_error error;
	int r;

	replay->more.fd = capture_descriptor(replay->recording.capture);
	r = loop_add(replay->readings->loop, &replay->more);
	if (r == 0)
		return;
	fail_errno(&error, r, SKBSCOPE_STAGE_OBSERVE, "cannot wait for the recording");
	stop_for(replay, &error);
}

static void feed_slice(void *context, uint64_t now_ns)
{
	struct replay *replay = context;
	struct skbscope_error error, feeding;
	int r;

	/* Whoever reads slowly gets every reading all the same. */
	if (views_wait(replay->readings->views) || !views_have_room(replay->readings->views)) {
		loop_arm(replay->readings->loop, &replay->slice, now_ns + SLOW_READER_NS);
		return;
	}
	tell_progress(replay, now_ns);
	r = fill(replay, &error);
	/* What came before is right, whatever follows. */
	if (feed_batch(replay, &feeding) < 0) {
		stop_for(replay, &feeding);
		return;
	}
	if (!replay->has_pending && replay->readings->ending == END_NOT_YET)
		readings_time(replay->readings, replay->recording.last_ns);
	if (r == 0) {
		finish(replay);
	} else if (r == -EAGAIN) {
		wait_for_more(replay);
	} else if (r < 0) {
		stop_for(replay, &error);
	} else if (!replay->has_pending || read_until(replay, replay->pending.time_ns)) {
		if (replay->has_pending && replay->readings->ending == END_NOT_YET)
			take_pending(replay);
		loop_arm(replay->readings->loop, &replay->slice, 0);
	}
}

static void more_is_there(void *context, uint32_t events, uint64_t now_ns)
{
	struct replay *replay = context;

	(void)events;
	loop_remove(&replay->more);
	feed_slice(replay, now_ns);
}

static bool peek(struct replay *replay)
{
	struct skbscope_error error; /* which comes again */

	replay->has_pending =
		recording_next(&replay->recording, &replay->frame, &replay->pending, &error) > 0;
	return replay->has_pending;
}

int replay_open(struct replay *replay, const struct traffic_settings *traffic,
		const struct pace_settings *pace, struct skbscope_error *error)
{
	int r;

	replay->pace = pace;
	replay->slice = (struct loop_timer){ .due = feed_slice, .context = replay };
	replay->more = (struct loop_source){
		.events = EPOLLIN,
		.priority = LOOP_REST,
		.ready = more_is_there,
		.context = replay,
	};
	replay->batch = malloc(sizeof(*replay->batch));
	if (!replay->batch)
		return fail_memory(error, SKBSCOPE_STAGE_OBSERVE);
	packet_batch_clear(replay->batch);
	r = recording_open(traffic, &replay->recording, error);
	if (r < 0)
		return r;
	replay->readings->recorded = true;
	replay->readings->recording = recording_name(traffic->recording);
	if (peek(replay))
		readings_time(replay->readings, replay->recording.time_ns);
	return 0;
}

void replay_direct(struct replay *replay, const struct skbscope_session *session)
{
	recording_direct(&replay->recording, session);
	if (replay->has_pending)
		replay->pending.direction = recording_direction(&replay->recording, &replay->frame);
}

struct capture_interface replay_interface(const struct replay *replay, size_t index)
{
	const struct capture_interface *interface =
		capture_interface(replay->recording.capture, replay->batch->interfaces[index]);

	return interface ? *interface : (struct capture_interface) {
		.name = NULL
	};
}

void replay_stop(struct replay *replay)
{
	loop_disarm(&replay->slice);
	loop_remove(&replay->more);
}

void replay_close(struct replay *replay)
{
	replay_stop(replay);
	recording_close(&replay->recording);
	free(TAKE(replay->batch));
}

void replay_start(struct replay *replay)
{
	replay->wall_start_ns = clock_monotonic_ns();
	loop_arm(replay->readings->loop, &replay->slice, 0);
}

int replay_again(struct replay *replay, struct skbscope_error *error)
{
	int r;

	replay_stop(replay);
	replay->begun = replay->finished = replay->has_pending = false;
	packet_batch_clear(replay->batch);
	replay->due_ns = 0;
	r = recording_rewind(&replay->recording, error);
	if (r == 0)
		replay_start(replay);
	return r;
}
