/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets of a recording, chosen by the verdict that each got, as a capture: as they were
 * recorded, with their link types, interfaces, times and directions. So a program is a filter
 * of captures.
 */
#ifndef RUN_VIEW_PICKED_H
#define RUN_VIEW_PICKED_H

#include "capture/capture.h"
#include "run/view_file.h"

int view_picked_open(struct loop *loop, const struct view_file_request *request, int32_t verdict,
		     struct view **out, struct skbscope_error *error);
/* As view_file_again. */
int view_picked_again(struct view *view, struct skbscope_error *error);

/* One more packet is about to be fed; it is copied. */
void view_picked_keep(struct view *view, const struct capture *capture,
		      const struct capture_packet *packet);
/* So many of those kept were fed, in their order, and have these verdicts. */
void view_picked_choose(struct view *view, const int32_t *verdicts, size_t count);

#endif
