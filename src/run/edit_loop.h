/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The edit loop: a saved program is compiled in the background and replaces the running
 * one. While it cannot, the old version runs on, and this knows since when and why.
 * What to do when is decided by edit.c; file_watch.c watches, builder.c compiles.
 */
#ifndef RUN_EDIT_LOOP_H
#define RUN_EDIT_LOOP_H

#include <skbscope/swap.h>

#include "run/builder.h"
#include "run/edit.h"
#include "run/file_watch.h"

enum edit_news {
	EDIT_NEWS_LIVE,  /* text says what changed */
	EDIT_NEWS_STALE, /* stale and pane say why the saved version does not run */
};

struct edit_loop {
	const struct run_settings *settings;
	struct skbscope_session *session; /* the caller's */
	struct program *program;          /* the caller's: always the one that runs */
	struct files *files;              /* NULL: not watching */
	struct builder *builder;          /* NULL: not needed yet */
	struct edit policy;
	uint64_t generation; /* of what runs, from 1 */

	/* The caller's, set before edit_loop_start(). text: a line or more, or "". */
	void (*report)(void *owner, enum edit_news news, const char *text);
	void *owner;

	struct skbscope_inputs *inputs;    /* of the latest compilation, as they were then */
	uint8_t running[CACHE_HASH_BYTES]; /* inputs_digest() of the running version */
	bool running_is_known;             /* ... is what the compiler saw */
	bool unseen;                       /* a file may have changed before it was watched */

	uint64_t swapped_ns; /* monotonic */
	bool costs_are_due;  /* the new version's have not been reported */

	/* While what is on disk does not run: */
	struct buffer stale; /* "does not compile (line 17)"; empty: it runs */
	struct buffer pane;  /* what the compiler or the verifier says of it */
	uint64_t stale_wall_ns;
};

/* Whether files are watched: --watch, --no-watch, or what suits the output. */
bool edit_loop_is_wanted(const struct run_settings *settings);

int edit_loop_open(struct edit_loop *loop, const struct run_settings *settings,
		   struct skbscope_session *session, struct program *program,
		   struct skbscope_error *error);
/* Starts a compiler in advance, so that the first change need not wait for it, and
 * compiles what may have changed before it was watched. */
void edit_loop_start(struct edit_loop *loop);
void edit_loop_close(struct edit_loop *loop); /* also for AUTO() */

/* Descriptors to wait for; -1: none, or none yet. */
int edit_loop_files_fd(const struct edit_loop *loop); /* readable: edit_loop_files_changed() */
int edit_loop_build_fd(const struct edit_loop *loop); /* readable: edit_loop_built() */
/* When to call edit_loop_time(); UINT64_MAX: not by itself. */
uint64_t edit_loop_due(const struct edit_loop *loop);

void edit_loop_files_changed(struct edit_loop *loop);
void edit_loop_built(struct edit_loop *loop);
void edit_loop_reload(struct edit_loop *loop);
void edit_loop_time(struct edit_loop *loop);

/* Since when something is being compiled; UINT64_MAX: nothing is. */
uint64_t edit_loop_compiles_since(const struct edit_loop *loop);

/* Once after a swap, when enough was measured: what the new version costs; true if out
 * was given any. */
bool edit_loop_costs(struct edit_loop *loop, struct buffer *out);

/* "old version still running since 12:03:11: does not compile (line 17)"; "" if the
 * file's version runs. */
void edit_loop_sentence(const struct edit_loop *loop, struct buffer *out);

#endif
