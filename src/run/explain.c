/* SPDX-License-Identifier: Apache-2.0 */
#include "run/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <skbscope/events.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "kernel/session.h"
#include "kernel/session_points.h"
#include "render/registry.h"
#include "run/attach.h"
#include "run/fill.h"
#include "run/filter.h"
#include "run/report.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE

void explanation_clear(struct explanation *explanation)
{
	skbscope_snapshot_free(explanation->before);
	skbscope_snapshot_free(explanation->after);
	lines_clear(&explanation->lines);
	if (explanation->event_lines)
		explanation->event_format->close(explanation->event_lines);
	buffer_free(&explanation->events);
	buffer_free(&explanation->frame);
	skbscope_session_close(explanation->matcher);
	skbscope_session_close(explanation->session);
	recording_close(&explanation->recording);
	skbscope_filter_free(explanation->filter);
	program_clear(&explanation->program);
	free(TAKE(explanation->batch));
}

static int compile(struct explanation *explanation, struct skbscope_error *error)
{
	const struct explain_settings *settings = explanation->settings;
	struct program *program = &explanation->program;
	int r = program_read(&settings->compiling, settings->program, program, error);

	if (r == 0)
		r = program_compile(&settings->compiling, NULL, program, error);
	if (r == 0 && !settings->talk.quiet)
		report_diagnostics(program->diagnostics, settings->talk.verbose);
	if (r == 0)
		program_say_trouble(&settings->talk, program);
	return r;
}

static int fill_tables(struct explanation *explanation, struct skbscope_error *error)
{
	AUTO(filling_freep) struct filling *filling = NULL;
	AUTO(fill_close) struct fill fill = { 0 };
	int r = fill_open(&fill, &explanation->settings->tables, NULL, error);

	if (r == 0)
		r = fill_plan(&fill, explanation->program.image, NULL, &filling, error);
	return r < 0 ? r : fill_write(&fill, filling, explanation->session, NULL, 0, error);
}

/* The program sees all packets; its twin behind the filter says which one matches. */
static int load(struct explanation *explanation, struct skbscope_error *error)
{
	const struct explain_settings *settings = explanation->settings;
	struct traffic_settings traffic = settings->traffic;
	struct targets none = { 0 };
	int r = filter_make(&traffic, &settings->compiling, &none, &explanation->filter, error);

	if (r == 0 && explanation->filter)
		r = open_session(&traffic, explanation->filter, &explanation->program, false,
				 &explanation->matcher, error);
	traffic.points = true;
	if (r == 0)
		r = open_session(&traffic, NULL, &explanation->program, false,
				 &explanation->session, error);
	if (r == 0 && explanation->matcher)
		skbscope_session_feed_events(explanation->matcher, 0, NULL, NULL);
	return r < 0 ? r : fill_tables(explanation, error);
}

static int on_event(void *context, const struct skbscope_event *event)
{
	struct explanation *explanation = context;

	explanation->event_count++;
	if (explanation->event_lines)
		explanation->event_format->add(explanation->event_lines, event,
					       &explanation->events);
	return 0;
}

static int drain(void *context, struct skbscope_error *error)
{
	struct explanation *explanation = context;
	int r = 1;

	while (r > 0 && skbscope_session_event_fd(explanation->session) >= 0)
		r = skbscope_session_drain(explanation->session, 0, on_event, explanation, NULL,
					   error);
	return r < 0 ? r : 0;
}

static int next(struct explanation *explanation, struct link_frame *frame,
		struct skbscope_packet *packet, struct skbscope_error *error)
{
	struct recording *recording = &explanation->recording;
	int r;

	while ((r = recording_next(recording, frame, packet, error)) == -EAGAIN) {
		struct pollfd pipe = { .fd = capture_descriptor(recording->capture),
				       .events = POLLIN };

		if (poll(&pipe, 1, -1) < 0 && errno != EINTR)
			return fail_errno(error, errno, STAGE, "cannot wait for the recording");
	}
	return r;
}

/* 1: there may be more. */
static int read_batch(struct explanation *explanation, struct skbscope_error *error)
{
	const uint64_t last = explanation->filter ? 0 : explanation->settings->packet;
	struct packet_batch *batch = explanation->batch;
	int r = 1;

	packet_batch_clear(batch);
	while (r > 0 && !packet_batch_is_full(batch) &&
	       (!last || explanation->recording.packets < last)) {
		struct skbscope_packet packet;
		struct link_frame frame;

		r = next(explanation, &frame, &packet, error);
		if (r > 0)
			packet_batch_add(batch, &packet, &frame);
	}
	return r;
}

/* The first frame of the batch that matches, from number FIRST on; its length: none does. */
static int match(struct explanation *explanation, uint64_t first, size_t *out,
		 struct skbscope_error *error)
{
	struct packet_batch *batch = explanation->batch;
	const uint64_t before = explanation->recording.packets - batch->count;
	const size_t start = first > before + 1 ? (size_t)(first - before - 1) : 0;
	const int32_t *verdicts;
	size_t count, i;
	int r;

	*out = batch->count;
	if (start >= batch->count)
		return 0;
	r = skbscope_session_feed(explanation->matcher, batch->packets + start,
				  batch->count - start, error);
	if (r < 0)
		return r;
	verdicts = skbscope_session_feed_verdicts(explanation->matcher, &count);
	for (i = 0; i < count && verdicts[i] == SKBSCOPE_NO_VERDICT; i++)
		;
	*out = start + i;
	return 0;
}

static bool is_for_program(const struct explanation *explanation,
			   const struct skbscope_packet *packet)
{
	struct hook_program program;

	return packet->captured && session_entry(explanation->session, packet->direction, &program);
}

static int choose(struct explanation *explanation, size_t *out, struct skbscope_error *error)
{
	const uint64_t number = explanation->settings->packet;
	const struct packet_batch *batch = explanation->batch;

	if (explanation->filter)
		return match(explanation, number, out, error);
	for (*out = 0; *out < batch->count; ++*out)
		if (number ? explanation->recording.packets - batch->count + *out + 1 == number
			   : is_for_program(explanation, &batch->packets[*out]))
			break;
	return 0;
}

static int not_there(const struct explanation *explanation, struct skbscope_error *error)
{
	const uint64_t number = explanation->settings->packet,
		       count = explanation->recording.packets;
	const char *name = recording_name(explanation->recording.path);
	AUTO(buffer_free) struct buffer words = { 0 };

	if (!count)
		return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "there is no frame in %s", name);
	if (number > count)
		return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			    "there is no frame %" PRIu64 " in %s: it has %" PRIu64, number, name,
			    count);
	if (!explanation->filter)
		return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			    "the program sees none of the %" PRIu64 " frames in %s", count, name);
	for (size_t i = 0; i < explanation->settings->traffic.filter.count; i++)
		buffer_printf(&words, "%s%s", i ? " " : "",
			      explanation->settings->traffic.filter.items[i]);
	return hint(error,
		    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			 number ? "no frame in %s matches '%s' that the program sees, from the "
				  "one asked for on"
				: "no frame in %s matches '%s' that the program sees",
			 name, buffer_text(&words)),
		    "tcpdump -r %s %s shows which frames match", explanation->recording.path,
		    buffer_text(&words));
}

static int find_and_feed(struct explanation *explanation, struct skbscope_error *error)
{
	struct packet_batch *batch = explanation->batch;
	int more = 1, r = 0;
	size_t at;

	while (more > 0) {
		more = read_batch(explanation, error);
		if (more < 0 && !batch->count)
			return more;
		r = choose(explanation, &at, error);
		if (r == 0)
			r = skbscope_session_feed(explanation->session, batch->packets, at, error);
		if (r == 0)
			r = drain(explanation, error);
		if (r < 0)
			return r;
		if (at < batch->count) {
			explanation->packet = batch->packets[at];
			explanation->number =
				explanation->recording.packets - batch->count + at + 1;
			return 0;
		}
	}
	return more < 0 ? more : not_there(explanation, error);
}

static int keep_frame(struct explanation *explanation, struct skbscope_error *error)
{
	const struct skbscope_packet *packet = &explanation->packet;
	const uint8_t tag[] = { (uint8_t)(packet->vlan_protocol >> 8),
				(uint8_t)packet->vlan_protocol, (uint8_t)(packet->vlan_tci >> 8),
				(uint8_t)packet->vlan_tci };
	const size_t addresses = packet->vlan_protocol && packet->captured >= 12 ? 12 : 0;

	buffer_append(&explanation->frame, packet->frame, addresses);
	if (addresses)
		buffer_append(&explanation->frame, tag, sizeof(tag));
	buffer_append(&explanation->frame, (const uint8_t *)packet->frame + addresses,
		      packet->captured - addresses);
	return explanation->frame.failed ? fail_memory(error, STAGE) : 0;
}

static int read_tables(struct explanation *explanation, struct skbscope_snapshot **out,
		       struct skbscope_error *error)
{
	const struct skbscope_read_options options = {
		.size = sizeof(options),
		.monotonic_ns = explanation->packet.time_ns ? explanation->packet.time_ns : 1,
		.wall_ns = explanation->packet.time_ns,
		.recording = explanation->recording.path,
	};

	return skbscope_session_read(explanation->session, &options, out, error);
}

static const char *why_unseen(const struct skbscope_feed_counts *before,
			      const struct skbscope_feed_counts *after)
{
	if (after->no_frame > before->no_frame)
		return "it is of a link type that is not carried";
	if (after->too_short > before->too_short)
		return "it ends inside of its Ethernet header";
	if (after->too_long > before->too_long)
		return "it is longer than 65535 bytes";
	if (after->no_tap > before->no_tap)
		return "it takes a tap, and there is no /dev/net/tun";
	return "the kernel refused it";
}

static int feed_the_one(struct explanation *explanation, struct skbscope_error *error)
{
	struct skbscope_session *session = explanation->session;
	const struct skbscope_packet *packet = &explanation->packet;
	struct skbscope_feed_counts before, after;
	struct hook_program program;
	const int32_t *verdicts;
	size_t count;
	int r;

	skbscope_session_feed_counts(session, &before);
	r = skbscope_session_feed(session, packet, 1, error);
	if (r < 0)
		return r;
	skbscope_session_feed_counts(session, &after);
	if (after.no_function > before.no_function)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				 "the program does not see frame %" PRIu64
				 ": it is %s, and there is no function for that",
				 explanation->number,
				 packet->direction == SKBSCOPE_EGRESS ? "outgoing" : "incoming"),
			    "-Q inout shows it both");
	verdicts = skbscope_session_feed_verdicts(session, &count);
	if (!count || verdicts[0] == SKBSCOPE_NO_VERDICT)
		return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			    "the program does not see frame %" PRIu64 ": %s", explanation->number,
			    why_unseen(&before, &after));
	explanation->verdict = verdicts[0];
	if (session_entry(session, packet->direction, &program))
		explanation->function = program.function;
	return 0;
}

#define UNSENT_MAX 256u

struct unsent {
	struct skbscope_unsent items[UNSENT_MAX];
	size_t count;
};

static void read_unsent(const struct explanation *explanation, struct unsent *out)
{
	out->count = skbscope_session_unsent(explanation->session, out->items, UNSENT_MAX);
	if (out->count > UNSENT_MAX)
		out->count = UNSENT_MAX;
}

/* Of one packet there is one destination that has more than before. */
static void note_unsent(struct explanation *explanation, const struct unsent *before)
{
	struct unsent now;

	read_unsent(explanation, &now);
	for (size_t i = 0; i < now.count; i++) {
		uint64_t more = now.items[i].packets;

		for (size_t k = 0; k < before->count; k++)
			if (before->items[k].ifindex == now.items[i].ifindex)
				more -= before->items[k].packets;
		if (more)
			explanation->unsent =
				(struct skbscope_unsent){ now.items[i].ifindex, more };
	}
}

static int open_events(struct explanation *explanation, struct skbscope_error *error)
{
	const struct output_settings *output = &explanation->settings->output;

	explanation->event_format = render_format_at((size_t)output->format)->events;
	if (!explanation->event_format)
		return 0;
	explanation->event_lines = explanation->event_format->open();
	if (!explanation->event_lines)
		return fail_memory(error, STAGE);
	explanation->event_lines->exact = output->exact;
	explanation->event_lines->hex = output->hex;
	explanation->event_lines->time = EVENT_TIME_NONE;
	explanation->event_lines->several = true;
	explanation->event_lines->verbose = true;
	explanation->event_lines->snapshot = explanation->before;
	return 0;
}

static int watch_the_one(struct explanation *explanation, struct skbscope_error *error)
{
	struct unsent before;
	int r = keep_frame(explanation, error);

	read_unsent(explanation, &before);
	if (r == 0)
		r = read_tables(explanation, &explanation->before, error);
	if (r == 0)
		r = session_points_forget(explanation->session, error);
	explanation->event_count = 0;
	if (r == 0)
		r = open_events(explanation, error);
	if (r == 0)
		r = feed_the_one(explanation, error);
	if (r == 0)
		r = drain(explanation, error);
	if (r == 0)
		r = read_tables(explanation, &explanation->after, error);
	if (r == 0)
		r = session_points_read(explanation->session, &explanation->lines, error);
	if (r < 0)
		return r;
	note_unsent(explanation, &before);
	return lines_finish(&explanation->lines) < 0 || explanation->events.failed
		       ? fail_memory(error, STAGE)
		       : 0;
}

int explain(const struct explain_settings *settings, struct explanation *explanation,
	    struct skbscope_error *error)
{
	int r;

	explanation->settings = settings;
	if (!settings->traffic.recording)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				 "there is no capture to take the frame from"),
			    "-r FILE names one: pcap or pcapng, as tcpdump and Wireshark write "
			    "them");
	explanation->batch = malloc(sizeof(*explanation->batch));
	if (!explanation->batch || lines_new(&explanation->lines) < 0)
		return fail_memory(error, STAGE);
	r = recording_open(&settings->traffic, &explanation->recording, error);
	if (r == 0)
		r = compile(explanation, error);
	if (r == 0)
		r = load(explanation, error);
	if (r < 0)
		return r;
	recording_direct(&explanation->recording, explanation->session);
	skbscope_session_feed_events(explanation->session, 0, drain, explanation);
	r = find_and_feed(explanation, error);
	return r < 0 ? r : watch_the_one(explanation, error);
}
