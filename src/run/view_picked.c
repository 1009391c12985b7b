/* SPDX-License-Identifier: Apache-2.0 */
#include "run/view_picked.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "model/names.h"
#include "run/capture_file.h"
#include "run/people.h"

struct kept {
	struct capture_packet packet; /* without its bytes */
	struct capture_interface interface;
	size_t at; /* of its bytes */
};

struct view_picked {
	struct view view;
	struct capture_file *file;
	int32_t verdict;
	bool alone;
	struct kept *kept;
	size_t count, room, chosen; /* of which so many have been fed */
	struct buffer bytes;
	struct buffer *names; /* of interfaces, by their place in the recording */
	size_t name_count;
};

static int show(struct view *view, const struct shown *shown, enum show how,
		struct skbscope_error *error)
{
	(void)view;
	(void)shown;
	(void)how;
	(void)error;
	return 0;
}

static bool waits(struct view *view)
{
	(void)view;
	return false;
}

static bool has_room(struct view *base)
{
	return view_picked_has_room(base);
}

static void note(struct view *base, const char *text)
{
	if (((struct view_picked *)base)->alone)
		fputs(text, people_stderr());
}

static void resized(struct view *view)
{
	(void)view;
}

static int finish(struct view *base, uint64_t patience_ns, struct skbscope_error *error)
{
	return capture_file_finish(((struct view_picked *)base)->file, patience_ns, error);
}

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
	return capture_file_again(view->file, error);
}

void view_picked_complete(struct view *base)
{
	capture_file_complete(((struct view_picked *)base)->file);
}

static void close_view(struct view *base)
{
	struct view_picked *view = (struct view_picked *)base;

	capture_file_freep(&view->file);
	forget_names(view);
	free(view->kept);
	buffer_free(&view->bytes);
	free(view);
}

static void failed(void *context, const struct skbscope_error *error)
{
	struct view *view = context;

	view->failed(view->owner, error);
}

int view_picked_open(struct loop *loop, const struct picked_request *request, struct view **out,
		     struct skbscope_error *error)
{
	struct view_picked *view = calloc(1, sizeof(*view));
	const struct capture_file_request target = {
		.path = request->path, .read = request->read, .failed = failed, .context = view
	};
	int r;

	if (!view)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	view->view = (struct view){ .show = show,
				    .waits = waits,
				    .note = note,
				    .resized = resized,
				    .has_room = has_room,
				    .finish = finish,
				    .close = close_view };
	view->verdict = request->verdict;
	view->alone = request->alone;
	r = capture_file_open(loop, &target, &view->file, error);
	if (r < 0) {
		close_view(&view->view);
		return r;
	}
	*out = &view->view;
	return 0;
}

static void no_memory(struct view_picked *view)
{
	struct skbscope_error error;

	fail_memory(&error, SKBSCOPE_STAGE_RENDER);
	view->view.failed(view->view.owner, &error);
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
		capture_file_add(view->file, &kept->interface, &kept->packet, NULL, 0);
	}
	if (view->chosen == view->count) {
		view->count = view->chosen = 0;
		buffer_clear(&view->bytes);
	}
	capture_file_flush(view->file);
}

bool view_picked_has_room(const struct view *view)
{
	return capture_file_has_room(((const struct view_picked *)view)->file);
}

uint64_t view_picked_packets(const struct view *view)
{
	return capture_file_packets(((const struct view_picked *)view)->file);
}
