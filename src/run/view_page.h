/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page: readings and events for the process that serves them (run/serving.h). What it asks
 * for is rendered, once a reading; it holds up nobody, and the run goes on without it.
 */
#ifndef RUN_VIEW_PAGE_H
#define RUN_VIEW_PAGE_H

#include "run/settings.h"
#include "run/signals.h"
#include "run/view.h"

struct page_request {
	const char *listen; /* "[ADDRESS:]PORT" */
	const struct output_settings *output;
	struct signals *signals;
	void (*lost)(void *owner, const char *text); /* is told why there is no page any more */
	void *owner;
};

int view_page_open(const struct page_request *request, struct view **out,
		   struct skbscope_error *error);
/* Says where it is. */
void view_page_introduce(const struct view *view);

#endif
