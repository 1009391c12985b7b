/* SPDX-License-Identifier: Apache-2.0 */
#include "run/view_file.h"

#include <stdio.h>

#include "run/people.h"

static struct capture_file *file_of(const struct view *view)
{
	return ((const struct view_file *)view)->file;
}

static bool has_room(struct view *view)
{
	return capture_file_has_room(file_of(view));
}

static void flush(struct view *view)
{
	capture_file_flush(file_of(view));
}

static void note(struct view *view, const char *text)
{
	if (((struct view_file *)view)->alone)
		fputs(text, people_stderr());
}

static int finish(struct view *view, uint64_t patience_ns, struct skbscope_error *error)
{
	return capture_file_finish(file_of(view), patience_ns, error);
}

static void failed(void *context, const struct skbscope_error *error)
{
	struct view *view = context;

	view->failed(view->owner, error);
}

int view_file_open(struct view_file *view, struct loop *loop,
		   const struct view_file_request *request, struct skbscope_error *error)
{
	const struct capture_file_request target = {
		.path = request->path, .read = request->read, .failed = failed, .context = view
	};

	view->view.note = note;
	view->view.has_room = has_room;
	view->view.flush = flush;
	view->view.finish = finish;
	view->alone = request->alone;
	return capture_file_open(loop, &target, &view->file, error);
}

void view_file_clear(struct view_file *view)
{
	capture_file_freep(&view->file);
}

int view_file_again(struct view *view, struct skbscope_error *error)
{
	return capture_file_again(file_of(view), error);
}

void view_file_complete(struct view *view)
{
	capture_file_complete(file_of(view));
}

uint64_t view_file_packets(const struct view *view)
{
	return capture_file_packets(file_of(view));
}
