/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packets that a program submits (perf_submit_skb), as a capture. Its packets are as the
 * program saw them: without a VLAN tag that the card took off, and as much of each as was
 * submitted.
 */
#ifndef RUN_VIEW_CAPTURE_H
#define RUN_VIEW_CAPTURE_H

#include "capture/capture.h"
#include "run/targets.h"
#include "run/view_file.h"

int view_capture_open(struct loop *loop, const struct view_file_request *request,
		      const struct targets *targets, struct view **out,
		      struct skbscope_error *error);
/* Of a recording: where the packet came of which events are shown next. NULL: nobody knows. */
void view_capture_origin(struct view *view, const char *interface,
			 enum capture_direction direction);

#endif
