/* SPDX-License-Identifier: Apache-2.0 */
/* What the views have in common that write packets to a capture (run/capture_file.h). */
#ifndef RUN_VIEW_FILE_H
#define RUN_VIEW_FILE_H

#include "base/loop.h"
#include "run/capture_file.h"
#include "run/view.h"

/* The first member of such a view. */
struct view_file {
	struct view view;
	struct capture_file *file;
	bool alone; /* there is no other view to tell what happens */
};

/* Path and read as capture_file.h has them. */
struct view_file_request {
	const char *path;
	int read;
	bool alone;
};

/* Sets what a view of this kind does alike; the rest of it is the caller's to set. What was
 * opened is closed by view_file_clear, also after a failure. */
int view_file_open(struct view_file *view, struct loop *loop,
		   const struct view_file_request *request, struct skbscope_error *error);
void view_file_clear(struct view_file *view);

/* A recording begins once more, or has come to its end: see capture_file.h. */
int view_file_again(struct view *view, struct skbscope_error *error);
void view_file_complete(struct view *view);
uint64_t view_file_packets(const struct view *view);

#endif
