/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets of a recording, chosen by the verdict that each got, as a capture: as they were
 * recorded, with their link types, interfaces, times and directions. So a program is a filter
 * of captures.
 */
#ifndef RUN_VIEW_PICKED_H
#define RUN_VIEW_PICKED_H

#include "base/loop.h"
#include "capture/capture.h"
#include "run/view.h"

struct picked_request {
	const char *path; /* as capture_file.h has it */
	int read;         /* the recording's descriptor, which is not to be overwritten */
	int32_t verdict;
	bool alone; /* there is no other view to tell what happens */
};

int view_picked_open(struct loop *loop, const struct picked_request *request, struct view **out,
		     struct skbscope_error *error);

/* A recording begins once more, or has come to its end: see capture_file.h. */
int view_picked_again(struct view *view, struct skbscope_error *error);
void view_picked_complete(struct view *view);
/* One more packet is about to be fed; it is copied. */
void view_picked_keep(struct view *view, const struct capture *capture,
		      const struct capture_packet *packet);
/* So many of those kept were fed, in their order, and have these verdicts. */
void view_picked_choose(struct view *view, const int32_t *verdicts, size_t count);
bool view_picked_has_room(const struct view *view);
uint64_t view_picked_packets(const struct view *view);

#endif
