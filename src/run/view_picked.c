/* SPDX-License-Identifier: Apache-2.0 */
#include "run/view_picked.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "model/names.h"

struct kept {
	struct capture_packet packet; /* without its bytes */
	struct capture_interface interface;
	size_t at; /* of its bytes */
};

struct view_picked {
	struct view_file base;
	int32_t verdict;
	struct kept *kept;
	size_t count, room, chosen; /* of which so many have been fed */
	struct buffer bytes;
	struct buffer *names; /* of interfaces, by their place in the recording */
	size_t name_count;
};

static void forget_names(struct view_picked *view)
{
	for (size_t i = 0; i < view->name_count; i++)
		buffer_free(&view->names[i]);
	free(TAKE(view->names));
	view->name_count = 0;
}

int view_picked_again(struct view *base, struct skbscope_error *error)
{
	struct view_picked *view = (struct view_picked *)base;

	forget_names(view);
	view->count = view->chosen = 0;
	buffer_clear(&view->bytes);
	return view_file_again(base, error);
}

static void close_view(struct view *base)
{
	struct view_picked *view = (struct view_picked *)base;

	view_file_clear(&view->base);
	forget_names(view);
	free(view->kept);
	buffer_free(&view->bytes);
	free(view);
}

int view_picked_open(struct loop *loop, const struct view_file_request *request, int32_t verdict,
		     struct view **out, struct skbscope_error *error)
{
	struct view_picked *view = calloc(1, sizeof(*view));
	int r;

	if (!view)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	view->base.view.close = close_view;
	view->verdict = verdict;
	r = view_file_open(&view->base, loop, request, error);
	if (r < 0) {
		close_view(&view->base.view);
		return r;
	}
	*out = &view->base.view;
	return 0;
}

static void no_memory(struct view_picked *view)
{
	struct skbscope_error error;

	fail_memory(&error, SKBSCOPE_STAGE_RENDER);
	view->base.view.failed(view->base.view.owner, &error);
}

/* The capture's own may move while it is read on. */
static const char *name_of(struct view_picked *view, const struct capture_packet *packet,
			   const struct capture_interface *interface)
{
	struct buffer *larger;

	if (!interface->name)
		return NULL;
	if (packet->interface >= view->name_count) {
		const size_t count = (size_t)packet->interface + 1;

		larger = reallocarray(view->names, count, sizeof(*larger));
		if (!larger)
			return NULL;
		memset(larger + view->name_count, 0, (count - view->name_count) * sizeof(*larger));
		view->names = larger;
		view->name_count = count;
	}
	if (!view->names[packet->interface].length)
		buffer_string(&view->names[packet->interface], interface->name);
	return buffer_text(&view->names[packet->interface]);
}

void view_picked_keep(struct view *base, const struct capture *capture,
		      const struct capture_packet *packet)
{
	struct view_picked *view = (struct view_picked *)base;
	const struct capture_interface *interface = capture_interface(capture, packet->interface);
	struct kept *kept;

	if (view->count == view->room) {
		const size_t room = view->room ? view->room * 2 : 1024;
		struct kept *larger = reallocarray(view->kept, room, sizeof(*larger));

		if (!larger) {
			no_memory(view);
			return;
		}
		view->kept = larger;
		view->room = room;
	}
	kept = &view->kept[view->count++];
	*kept = (struct kept){ .packet = *packet, .at = view->bytes.length };
	kept->interface = interface ? *interface : (struct capture_interface) {
		.link = packet->link
	};
	kept->interface.name = interface ? name_of(view, packet, interface) : NULL;
	kept->interface.snapshot = 0;
	buffer_append(&view->bytes, packet->data, packet->captured);
}

void view_picked_choose(struct view *base, const int32_t *verdicts, size_t count)
{
	struct view_picked *view = (struct view_picked *)base;

	if (view->bytes.failed)
		no_memory(view);
	for (size_t i = 0; i < count && view->chosen < view->count; i++) {
		struct kept *kept = &view->kept[view->chosen++];

		if (verdicts[i] != view->verdict || view->bytes.failed)
			continue;
		kept->packet.data = (const uint8_t *)buffer_text(&view->bytes) + kept->at;
		capture_file_add(view->base.file, &kept->interface, &kept->packet, NULL, 0);
	}
	if (view->chosen == view->count) {
		view->count = view->chosen = 0;
		buffer_clear(&view->bytes);
	}
	capture_file_flush(view->base.file);
}
