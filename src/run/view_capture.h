/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packets that a program submits (perf_submit_skb), as a capture. Its packets are as the
 * program saw them: without a VLAN tag that the card took off, and as much of each as was
 * submitted.
 */
#ifndef RUN_VIEW_CAPTURE_H
#define RUN_VIEW_CAPTURE_H

#include "base/loop.h"
#include "capture/capture.h"
#include "run/targets.h"
#include "run/view.h"

/* Path and read as capture_file.h has them. alone: there is no other view to tell what
 * happens. */
int view_capture_open(struct loop *loop, const char *path, const struct targets *targets, int read,
		      bool alone, struct view **out, struct skbscope_error *error);
/* A recording begins once more, or has come to its end: see capture_file.h. */
int view_capture_again(struct view *view, struct skbscope_error *error);
void view_capture_complete(struct view *view);
/* Of a recording: where the packet came of which events are shown next. NULL: nobody knows. */
void view_capture_origin(struct view *view, const char *interface,
			 enum capture_direction direction);
uint64_t view_capture_packets(const struct view *view);

#endif
