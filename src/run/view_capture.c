/* SPDX-License-Identifier: Apache-2.0 */
#include "run/view_capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "capture/submitted.h"
#include "kernel/interfaces.h"
#include "model/format.h"
#include "render/event_lines.h"

#define PADDING 7u /* bytes that the kernel may add to what was submitted */
#define ETHERNET 1
#define RAW 101
#define PLACES 8

/* Where a function is attached, as far as its events can tell. */
struct place {
	char function[64];
	char interface[64]; /* "": one of several */
	uint16_t link;
	enum capture_direction direction;
};

struct view_capture {
	struct view_file base;
	struct place places[PLACES]; /* the last is for functions beyond them, and for none */
	size_t place_count;
	struct interface *interfaces; /* of which the link types are known */
	size_t interface_count;
	struct buffer comment;
};

static uint16_t link_of(const struct view_capture *view, uint32_t ifindex)
{
	for (size_t i = 0; i < view->interface_count; i++)
		if (view->interfaces[i].ifindex == ifindex)
			return interface_is_bare(&view->interfaces[i]) ? RAW : ETHERNET;
	return ETHERNET;
}

/* What is the same on all hooks of a function, or of any function (NULL). */
static struct place find_place(const struct view_capture *view,
			       const struct skbscope_snapshot *snapshot, const char *function)
{
	struct place place = { .link = ETHERNET };
	bool found = false;

	snprintf(place.function, sizeof(place.function), "%s", function ? function : "");
	for (size_t i = 0; i < snapshot->hook_count; i++) {
		const struct skbscope_hook_state *hook = &snapshot->hooks[i];
		enum capture_direction direction =
			hook->direction == SKBSCOPE_INGRESS ? CAPTURE_IN : CAPTURE_OUT;

		if (function && strcmp(hook->function, function) != 0)
			continue;
		if (!found) {
			snprintf(place.interface, sizeof(place.interface), "%s", hook->interface);
			place.link = link_of(view, hook->ifindex);
			place.direction = direction;
		} else {
			if (strcmp(place.interface, hook->interface) != 0)
				place.interface[0] = '\0';
			if (place.direction != direction)
				place.direction = CAPTURE_DIRECTION_UNKNOWN;
		}
		found = true;
	}
	return place;
}

static const struct place *place_of(const struct view_capture *view, const char *function)
{
	const size_t any = PLACES - 1;

	for (size_t i = 0; function && i < view->place_count; i++)
		if (strcmp(view->places[i].function, function) == 0)
			return &view->places[i];
	return &view->places[any];
}

static bool is_known(const struct view_capture *view, const char *function)
{
	return place_of(view, function)->function[0] || strlen(function) > 63;
}

/* Hooks come and go; a function's tail-called parts have none, and so any of them all. */
static int show(struct view *base, const struct shown *shown, enum show how,
		struct skbscope_error *error)
{
	struct view_capture *view = (struct view_capture *)base;
	const struct skbscope_snapshot *snapshot = shown->snapshot;
	const size_t any = PLACES - 1;

	(void)how;
	(void)error;
	if (!snapshot || !snapshot->hook_count)
		return 0;
	view->place_count = 0;
	for (size_t i = 0; i < snapshot->hook_count && view->place_count < any; i++)
		if (!is_known(view, snapshot->hooks[i].function))
			view->places[view->place_count++] =
				find_place(view, snapshot, snapshot->hooks[i].function);
	view->places[any] = find_place(view, snapshot, NULL);
	return 0;
}

void view_capture_origin(struct view *base, const char *interface, enum capture_direction direction)
{
	struct view_capture *view = (struct view_capture *)base;
	struct place *place = &view->places[sizeof(view->places) / sizeof(view->places[0]) - 1];

	view->place_count = 0;
	*place = (struct place){ .link = ETHERNET, .direction = direction };
	snprintf(place->interface, sizeof(place->interface), "%s", interface ? interface : "");
}

/* "syns: source=10.0.0.1 port=443": as people read it, and every digit. */
static void describe(struct view_capture *view, const struct skbscope_event *event)
{
	const struct skbscope_schema *schema = event->record.schema;
	struct buffer *out = &view->comment;
	const char *between = ": ";

	buffer_clear(out);
	buffer_string(out, schema->table);
	for (size_t i = 0; i < schema->column_count; i++) {
		const struct skbscope_column *column = &schema->columns[i];

		if (!event_has(event, column))
			continue;
		buffer_printf(out, "%s%s=", between, column->name);
		value_format(column, event->record.value, true, out);
		between = " ";
	}
}

static void add(struct view *base, const struct skbscope_event *event)
{
	struct view_capture *view = (struct view_capture *)base;
	const struct place *place = place_of(view, event->function);
	const struct capture_interface interface = {
		.name = place->interface[0] ? place->interface : NULL, .link = place->link
	};
	struct capture_packet packet = { .time_ns = event->wall_ns,
					 .has_time = true,
					 .direction = place->direction };

	/* What is behind a struct in a ring buffer is no packet. */
	if (!event->rest_size || event->rest_size > CAPTURE_PACKET_MAX ||
	    strcmp(event->record.schema->map_type, "perf_event_array") != 0)
		return;
	capture_submitted(event->rest, (uint32_t)event->rest_size, PADDING, place->link, &packet);
	describe(view, event);
	capture_file_add(view->base.file, &interface, &packet, buffer_text(&view->comment),
			 view->comment.length);
}

static void close_view(struct view *base)
{
	struct view_capture *view = (struct view_capture *)base;

	view_file_clear(&view->base);
	free(view->interfaces);
	buffer_free(&view->comment);
	free(view);
}

int view_capture_open(struct loop *loop, const struct view_file_request *request,
		      const struct targets *targets, struct view **out,
		      struct skbscope_error *error)
{
	struct view_capture *view = calloc(1, sizeof(*view));
	int r;

	if (!view)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	view->base.view.show = show;
	view->base.view.event = add;
	view->base.view.close = close_view;
	/* Where nothing is attached: what is fed to a program are Ethernet frames. */
	view->places[PLACES - 1].link = ETHERNET;
	view->interfaces = calloc(targets->count + 1, sizeof(*view->interfaces));
	if (view->interfaces) {
		memcpy(view->interfaces, targets->items,
		       targets->count * sizeof(*view->interfaces));
		view->interface_count = targets->count;
		r = view_file_open(&view->base, loop, request, error);
	} else {
		r = fail_memory(error, SKBSCOPE_STAGE_RENDER);
	}
	if (r < 0) {
		close_view(&view->base.view);
		return r;
	}
	*out = &view->base.view;
	return 0;
}
