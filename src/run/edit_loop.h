/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The edit loop: a saved program is compiled in the background and replaces the running
 * one. While it cannot, the old version runs on, and this knows since when and why.
 * What to do when is decided by edit.c; file_watch.c watches, builder.c compiles. Their
 * descriptors and deadlines are sources of the run's loop, news goes to the run's views.
 */
#ifndef RUN_EDIT_LOOP_H
#define RUN_EDIT_LOOP_H

#include <skbscope/swap.h>

#include "run/builder.h"
#include "run/edit.h"
#include "run/file_watch.h"
#include "run/fill.h"
#include "run/readings.h"
#include "run/running.h"
#include "run/stale.h"

struct edit_loop {
	/* The caller's, set before edit_loop_open(): */
	struct readings *readings;
	void (*swapped)(void *owner); /* another version runs */
	/* Puts it in the place of the session's program, in another way than a swap; NULL: by
	 * one. What is to be said of it goes to news. */
	int (*replace)(void *owner, struct program *program, struct buffer *news,
		       struct skbscope_error *error);
	void *owner;
	struct fill *fill; /* what tables are filled with */

	const struct run_settings *settings;
	struct skbscope_session *session; /* the caller's */
	struct program *program;          /* the caller's: always the one that runs */
	struct files *files;              /* NULL: not watching */
	struct builder *builder;          /* NULL: not needed yet */
	struct edit policy;
	uint64_t generation; /* of what runs, from 1 */

	struct loop_source heard, built;
	struct loop_timer due, compiling;

	struct skbscope_inputs *inputs; /* of the latest compilation, as they were then */
	struct running running;
	bool unseen; /* a file may have changed before it was watched */

	uint64_t swapped_ns; /* monotonic */
	bool costs_are_due;  /* the new version's have not been reported */

	struct stale stale; /* why what is on disk does not run */
};

/* Whether files are watched: --watch, --no-watch, or what suits the output. */
bool edit_loop_is_wanted(const struct run_settings *settings);

int edit_loop_open(struct edit_loop *loop, const struct run_settings *settings,
		   struct skbscope_session *session, struct program *program,
		   struct skbscope_error *error);
/* Starts a compiler in advance, so that the first change need not wait for it, and
 * compiles what may have changed before it was watched. */
void edit_loop_start(struct edit_loop *loop);
void edit_loop_stop(struct edit_loop *loop);  /* nothing more is heard of */
void edit_loop_close(struct edit_loop *loop); /* also for AUTO() */

void edit_loop_reload(struct edit_loop *loop);
/* The passive form of what runs takes its place; tables and counts go on. Negative: it runs as
 * before. */
int edit_loop_make_passive(struct edit_loop *loop, struct skbscope_error *error);

/* Once after a swap, when enough was measured: what the new version costs; true if out
 * was given any. */
bool edit_loop_costs(struct edit_loop *loop, struct buffer *out);

#endif
