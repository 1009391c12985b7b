/* SPDX-License-Identifier: Apache-2.0 */
#include "run/recording.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "kernel/session.h"
#include "run/summary.h"

static int open_capture(struct recording *recording, struct skbscope_error *error)
{
	const struct capture_options options = { .never_waits = true };

	return capture_open(recording->path, &options, &recording->capture, error);
}

int recording_open(const struct traffic_settings *traffic, struct recording *out,
		   struct skbscope_error *error)
{
	struct recording recording = { .path = traffic->recording };
	int r = 0;

	if (traffic->interfaces.count || traffic->netns || traffic->hook)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				 "a recording is read from no interface: --read takes the place of "
				 "--interface, --netns and --hook"),
			    "leave out one of them");
	for (size_t i = 0; r == 0 && i < traffic->local.count; i++)
		r = local_add(&recording.local, traffic->local.items[i], error);
	if (r < 0) {
		error->stage = SKBSCOPE_STAGE_USAGE;
		return r;
	}
	r = open_capture(&recording, error);
	if (r == 0)
		*out = recording;
	return r;
}

void recording_close(struct recording *recording)
{
	capture_freep(&recording->capture);
}

int recording_rewind(struct recording *recording, struct skbscope_error *error)
{
	const struct recording again = { .path = recording->path,
					 .local = recording->local,
					 .otherwise = recording->otherwise };

	recording_close(recording);
	*recording = again;
	return open_capture(recording, error);
}

enum skbscope_direction recording_direction(const struct recording *recording,
					    const struct link_frame *frame)
{
	enum capture_direction direction = frame->direction;

	if (direction == CAPTURE_DIRECTION_UNKNOWN && recording->local.count)
		direction = local_direction(&recording->local, frame);
	return direction == CAPTURE_OUT  ? SKBSCOPE_EGRESS
	       : direction == CAPTURE_IN ? SKBSCOPE_INGRESS
					 : recording->otherwise;
}

static void account(struct recording *recording, uint16_t link, enum link_carry carry)
{
	switch (carry) {
	case LINK_AS_IS:
		break;
	case LINK_ADAPTED:
		if (!recording->adapted++)
			recording->adapted_link = link;
		break;
	case LINK_TOO_SHORT:
		recording->too_short++;
		break;
	case LINK_NO_PACKET:
		recording->no_packet++;
		break;
	case LINK_UNKNOWN:
		if (!recording->unknown++)
			recording->unknown_link = link;
		break;
	}
}

void recording_direct(struct recording *recording, const struct skbscope_session *session)
{
	struct hook_program program;

	recording->otherwise = session_entry(session, SKBSCOPE_INGRESS, &program) ? SKBSCOPE_INGRESS
										  : SKBSCOPE_EGRESS;
}

void recording_take(struct recording *recording, const struct capture_packet *found,
		    struct link_frame *frame, struct skbscope_packet *packet)
{
	enum link_carry carry;

	recording->found = *found;
	recording->packets++;
	if (found->has_time)
		recording->time_ns = found->time_ns;
	if (!recording->first_ns || recording->time_ns < recording->first_ns)
		recording->first_ns = recording->time_ns;
	if (recording->time_ns > recording->last_ns)
		recording->last_ns = recording->time_ns;
	memset(frame, 0, sizeof(*frame));
	*packet = (struct skbscope_packet){ .time_ns = recording->time_ns };
	carry = link_frame(found, frame);
	account(recording, found->link, carry);
	if (carry != LINK_AS_IS && carry != LINK_ADAPTED)
		return;
	packet->captured = frame->captured;
	packet->length = frame->length;
	packet->vlan_protocol = frame->vlan_protocol;
	packet->vlan_tci = frame->vlan_tci;
	packet->type = (enum skbscope_packet_type)frame->packet_type;
	packet->direction = recording_direction(recording, frame);
}

int recording_next(struct recording *recording, struct link_frame *frame,
		   struct skbscope_packet *packet, struct skbscope_error *error)
{
	struct capture_packet found;
	int r = capture_next(recording->capture, &found, error);

	if (r > 0)
		recording_take(recording, &found, frame, packet);
	return r;
}

static void append(struct buffer *out, const char **between, uint64_t count, const char *what)
{
	if (!count)
		return;
	buffer_printf(out, "%s%" PRIu64 " %s", *between, count, what);
	*between = ", ";
}

static void append_link(struct buffer *out, const char **between, uint64_t count, const char *what,
			uint16_t link)
{
	char name[LINK_NAME_MAX];

	if (!count)
		return;
	append(out, between, count, what);
	buffer_printf(out, " %s", link_name(link, name));
}

const char *recording_name(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

void recording_text(const struct recording *recording, const struct skbscope_feed_counts *counts,
		    struct buffer *out)
{
	const char *between = ": ";

	buffer_printf(out, "%" PRIu64 " packet%s of %s over ", recording->packets,
		      recording->packets == 1 ? "" : "s", recording_name(recording->path));
	summary_time(recording->last_ns - recording->first_ns, out);
	append(out, &between, counts->cut_short, "cut short when they were recorded");
	append_link(out, &between, recording->adapted, "adapted from link type",
		    recording->adapted_link);
	between = strcmp(between, ": ") == 0 ? ": not carried: " : "; not carried: ";
	append_link(out, &between, recording->unknown, "of link type", recording->unknown_link);
	append(out, &between, recording->no_packet, "that are no packets of a network");
	append(out, &between, recording->too_short + counts->too_short, "too short for a header");
	append(out, &between, counts->too_long, "longer than 65535 bytes");
	append(out, &between, counts->no_tap,
	       "longer than 16000 bytes, which takes a tap (/dev/net/tun): ");
	buffer_string(out, counts->no_tap ? strerror(-counts->tap_error) : "");
	append(out, &between, counts->refused, "refused by the kernel");
	append(out, &between, counts->no_function,
	       "of a direction that the program has no function for");
}
