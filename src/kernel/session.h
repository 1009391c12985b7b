/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a session, shared by the files that make, attach and read it. */
#ifndef KERNEL_SESSION_H
#define KERNEL_SESSION_H

#include <skbscope/session.h>

#include "kernel/entry_points.h"
#include "kernel/hooks.h"
#include "kernel/map_read.h"
#include "kernel/maps.h"
#include "kernel/programs.h"
#include "kernel/session_events.h"
#include "kernel/verdicts.h"
#include "model/snapshot.h"
#include "model/wanted.h"

/* What the functions of the program before the last swap cost. */
struct past_cost {
	char *function;
	uint32_t verified;
	uint64_t runs, run_ns; /* of all runs together */
};

struct skbscope_session {
	const struct skbscope_image *image; /* the caller's */
	bool enforce, every_function, numbers;
	const struct skbscope_filter *filter; /* the caller's; NULL: none */
	enum skbscope_directions directions;
	uint64_t generation;
	struct entry_points entry_points;
	struct map_set maps;
	struct loaded_program *programs; /* as many as the image has, in its order */
	struct hook *hooks;
	size_t hook_count;
	struct schema_set *schemas;
	struct map_reader *readers;  /* one a map of the image */
	struct table_source *tables; /* the image's maps, then what was added */
	size_t table_count;
	struct map_reader verdict_reader;
	struct verdict_past verdict_past; /* what earlier verdict maps held */
	struct session_events events;
	struct snapshot *previous;   /* NULL before the first reading */
	struct processes *processes; /* NULL: not asked for yet */
	struct past_cost *past_costs;
	size_t past_cost_count;
	bool same_code;                  /* as the program before the last swap */
	struct hook_program placeholder; /* what runs while paused; fd -1: not loaded yet */
	struct feed *feed;               /* NULL: packets are live */
	struct points *points;           /* a function's each; NULL: not noted */
	uint32_t point_count;
	int statistics; /* keeps the kernel's run-time statistics on; -1: not asked for */
};

/* skbscope_session_open(); with POINTS it is noted what runs: see kernel/session_points.h. */
int session_open(const struct skbscope_image *image, const struct skbscope_session_options *options,
		 bool points, struct skbscope_session **out,
		 struct skbscope_diagnostics *diagnostics, struct skbscope_error *error);
/* A session of which nothing is in the kernel yet: entry points chosen, schemas made. */
int session_new(const struct skbscope_image *image, const struct skbscope_session_options *options,
		struct skbscope_session **out, struct skbscope_error *error);
/* Its maps, programs and prog arrays, but for pinned ones. reuse may be NULL. */
int session_load(struct skbscope_session *session, const struct map_reuse *reuse,
		 struct skbscope_diagnostics *diagnostics, struct skbscope_error *error);
/* Puts the @tail targets into the prog arrays that are pinned, or into the others. */
int session_fill_tails(const struct skbscope_session *session, bool pinned,
		       struct skbscope_error *error);
/* Its table is in every reading from now on, across swaps, and is closed with the
 * session. Fails if there is one of that name; then it remains the caller's. */
int session_add_table(struct skbscope_session *session, const struct table_source *source,
		      struct skbscope_error *error);
/* NULL if there is none. */
struct table_source *session_table(const struct skbscope_session *session, const char *name);
bool session_has_tail(const struct skbscope_session *session, const char *map, uint32_t index);
void session_closep(struct skbscope_session **session);

/* NULL unless loaded. */
const struct loaded_program *session_program(const struct skbscope_session *session,
					     const char *function);

/* The function for a direction; false where none was chosen. */
bool session_entry(const struct skbscope_session *session, enum skbscope_direction direction,
		   struct hook_program *out);

/* Writes rows of a table of the image, all or none. On failure *failed is the change that is to
 * blame. */
int session_write(struct skbscope_session *session, const char *table,
		  const struct wanted_change *changes, size_t count, size_t *failed,
		  struct skbscope_error *error);

/* Of a table: the rows with these keys, key_size bytes each; NULL: all, up to the options'
 * max_rows. */
struct session_rows {
	const char *table;
	const uint8_t *keys;
	size_t key_count;
};
/* A reading of these tables alone, out of turn, without rates. A key that is not there has no
 * row, and where there were keys a table is not complete. */
int session_read_rows(struct skbscope_session *session, const struct session_rows *rows,
		      size_t count, const struct skbscope_read_options *options,
		      struct skbscope_snapshot **out, struct skbscope_error *error);
/* Puts the program, its hooks and its verdicts into a snapshot. */
int session_describe(struct skbscope_session *session, struct snapshot *snapshot,
		     struct skbscope_error *error);

/* Of a session that was opened to be fed, and was fed nothing since its last reading: its tables,
 * verdicts, losses and its time are as they were when it was opened, and its programs need not be
 * loaded again. 1: that cannot be promised, and what it was fed since then may have met what was
 * left of before. */
int session_reset(struct skbscope_session *session, struct skbscope_error *error);

/* Before the programs are loaded, and after. */
int session_feed_open(struct skbscope_session *session, struct skbscope_error *error);
int session_feed_targets(struct skbscope_session *session, struct skbscope_error *error);
/* Packets of a recording that the program could not be shown. */
int session_feed_losses(const struct skbscope_session *session, struct snapshot *snapshot,
			struct skbscope_error *error);

/* Before the maps are made. */
int session_points_open(struct skbscope_session *session, struct skbscope_error *error);
void session_points_close(struct skbscope_session *session);

/* The processes of a reading's rows. */
int session_add_processes(struct skbscope_session *session,
			  const struct skbscope_read_options *options, struct snapshot *snapshot,
			  struct skbscope_error *error);

/* Loads the placeholder program, once. */
int session_need_placeholder(struct skbscope_session *session, struct skbscope_error *error);

/* Whether it has a hook there, on which the program may be no more. */
bool session_has_hook(const struct skbscope_session *session, uint32_t ifindex);
/* Hooks of interfaces that are gone are shown no more. */
void session_forget_gone(struct skbscope_session *session);

/* skbscope_session_attach(), with part of the kernel's abilities left out. */
int session_attach(struct skbscope_session *session, const struct skbscope_attach_options *options,
		   struct hook_support support, struct skbscope_error *error);

#endif
