/* SPDX-License-Identifier: Apache-2.0 */
/* Each thing that happens, to each view of a run. */
#include "run/view.h"

#include "base/cleanup.h"

int views_show(struct view *views, const struct shown *shown, enum show how,
	       struct skbscope_error *error)
{
	int first = 0;

	for (struct view *view = views; view; view = view->next) {
		int r = view->show ? view->show(view, shown, how, error) : 0;

		if (r < 0)
			return r;
		if (view == views)
			first = r;
	}
	return first;
}

bool views_wait(struct view *views)
{
	return views && views->waits && views->waits(views);
}

void views_note(struct view *views, const char *text)
{
	for (struct view *view = views; view; view = view->next)
		if (view->note)
			view->note(view, text);
}

void views_status(struct view *views, const char *status, const char *note)
{
	for (struct view *view = views; view; view = view->next) {
		if (view->status)
			view->status(view, status);
		else if (note && view->note)
			view->note(view, note);
	}
}

bool views_have_status(const struct view *views)
{
	for (const struct view *view = views; view; view = view->next)
		if (view->status)
			return true;
	return false;
}

void views_resized(struct view *views)
{
	for (struct view *view = views; view; view = view->next)
		if (view->resized)
			view->resized(view);
}

void views_suspend(struct view *views)
{
	for (struct view *view = views; view; view = view->next)
		if (view->suspend)
			view->suspend(view);
}

void views_resume(struct view *views)
{
	for (struct view *view = views; view; view = view->next)
		if (view->resume)
			view->resume(view);
}

bool views_take_enter(struct view *views, void (*entered)(void *context), void *context)
{
	for (struct view *view = views; view; view = view->next)
		if (view->take_enter && view->take_enter(view, entered, context))
			return true;
	return false;
}

bool views_want_cpus(struct view *views)
{
	for (struct view *view = views; view; view = view->next)
		if (view->wants_cpus && view->wants_cpus(view))
			return true;
	return false;
}

void views_expect(struct view *views, const struct event_outlook *outlook)
{
	for (struct view *view = views; view; view = view->next)
		if (view->expect)
			view->expect(view, outlook);
}

void views_event(struct view *views, const struct skbscope_event *event)
{
	for (struct view *view = views; view; view = view->next)
		if (view->event)
			view->event(view, event);
}

bool views_have_room(struct view *views)
{
	for (struct view *view = views; view; view = view->next)
		if (view->has_room && !view->has_room(view))
			return false;
	return true;
}

void views_flush(struct view *views)
{
	for (struct view *view = views; view; view = view->next)
		if (view->flush)
			view->flush(view);
}

int views_finish(struct view *views, uint64_t patience_ns, struct skbscope_error *error)
{
	for (struct view *view = views; view; view = view->next) {
		int r = view->finish ? view->finish(view, patience_ns, error) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

void views_close(struct view **views)
{
	while (*views) {
		struct view *view = *views;

		*views = view->next;
		view->close(view);
	}
}
