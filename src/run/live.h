/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The edit loop: what is saved is compiled beside and takes the place of what runs.
 * While it cannot, the old version goes on, and this knows since when and why.
 * Hearing is file_watch.c's, compiling builder.c's, and showing watch.c's.
 */
#ifndef RUN_LIVE_H
#define RUN_LIVE_H

#include <skbscope/swap.h>

#include "run/builder.h"
#include "run/file_watch.h"
#include "run/waiter.h"

struct live {
	const struct run_settings *settings;
	struct skbscope_session *session; /* the caller's */
	struct program *program;          /* the caller's: always the one that runs */
	struct files *files;              /* NULL: not watching */
	struct builder *builder;          /* NULL: not needed yet */
	uint64_t generation;              /* of what runs, from 1 */

	uint64_t attempted;  /* fingerprint of what was last compiled to an end; 0: nothing */
	uint64_t compiling;  /* what is in the files that are being compiled, or just were */
	uint64_t running;    /* ... in those that the running version was made of; 0: unknown */
	uint64_t began_ns;   /* monotonic: the compiler was first asked, for what has no end yet */
	uint64_t saved_ns;   /* monotonic: the first change that nothing came of yet; 0: none */
	uint64_t heard_ns;   /* the last one */
	uint64_t due_ns;     /* when to compile; 0: nothing to do */
	bool forced;         /* asked for: compile it though it is the same */
	bool asked;          /* what is being compiled was: it has an answer whatever comes of it */
	bool superseded;     /* what is being compiled is not the latest */
	uint64_t swapped_ns; /* monotonic */
	bool costs_are_due;  /* the new version's have not been told */

	/* While what is on disk does not run: */
	struct buffer stale; /* "does not compile (line 17)"; empty: it runs */
	struct buffer pane;  /* what the compiler or the verifier says of it */
	uint64_t stale_wall_ns;
};

/* Whether to watch when nobody said so. */
bool live_is_wanted(const struct run_settings *settings);

/* since_wall_ns: when the program that runs was read. */
int live_open(struct live *live, const struct run_settings *settings,
	      struct skbscope_session *session, struct program *program, uint64_t since_wall_ns,
	      struct skbscope_error *error);
/* Gets a compiler ready; before, the first change would have to wait for one. */
void live_warm_up(struct live *live, struct waiter *waiter);
void live_close(struct live *live); /* also for AUTO() */

void live_heard(struct live *live);  /* WAKE_FILES */
void live_reload(struct live *live); /* WAKE_RELOAD */

/* When live_tick() has something to do; UINT64_MAX: not by itself. */
uint64_t live_due(const struct live *live);
/* False: it was to compile and cannot, for another reason than before; the sentence
 * says why. */
bool live_tick(struct live *live, uint64_t now_ns, struct waiter *waiter);

/* Since when something is being compiled; UINT64_MAX: nothing is. */
uint64_t live_compiles_since(const struct live *live);

enum live_news {
	LIVE_NOTHING, /* superseded, the same as what runs, or refused as it was before */
	LIVE_SWAPPED, /* news says what changed */
	LIVE_STALE,   /* live->stale and live->pane say why not */
};
/* WAKE_BUILT. news: a line or more for people. */
enum live_news live_built(struct live *live, struct buffer *news);

/* Once after a swap, when enough was measured: what it costs; true if there is news. */
bool live_costs(struct live *live, struct buffer *news);

/* "old version still running since 12:03:11: does not compile (line 17)"; "" if the
 * file's version runs. */
void live_sentence(const struct live *live, struct buffer *out);

#endif
