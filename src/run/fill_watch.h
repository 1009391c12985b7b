/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that --set names, while the program runs: what is saved is taken over as soon as
 * it is whole. A file that is gone, was just emptied or is still being written is given a
 * moment; one that has a mistake changes nothing.
 */
#ifndef RUN_FILL_WATCH_H
#define RUN_FILL_WATCH_H

#include "base/loop.h"
#include "compile/inputs.h"
#include "run/file_watch.h"
#include "run/fill.h"

struct fill_watch {
	/* The caller's, before fill_watch_open(): */
	struct fill *fill;
	struct loop *loop;
	/* A file's text is another one now; *text may be taken. What is to be said goes to news. */
	int (*changed)(void *owner, size_t file, struct buffer *text, struct buffer *news,
		       struct skbscope_error *error);
	/* For people, in lines. */
	void (*say)(void *owner, const char *text);
	void *owner;

	struct files *files;            /* NULL: none is watched */
	struct skbscope_inputs *inputs; /* their paths */
	struct seen_file *seen;         /* one a text of the fill */
	struct loop_source heard;
	struct loop_timer later;
};

int fill_watch_open(struct fill_watch *watch, struct skbscope_error *error);
void fill_watch_stop(struct fill_watch *watch);  /* nothing more is heard of */
void fill_watch_close(struct fill_watch *watch); /* also for AUTO() */

#endif
