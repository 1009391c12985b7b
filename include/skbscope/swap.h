/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hot swap: an edited program takes the place of the running one, under full
 * load, and its tables go on. And what each of the two costs.
 */
#ifndef SKBSCOPE_SWAP_H
#define SKBSCOPE_SWAP_H

#include <skbscope/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What became of a table of either program. */
enum skbscope_table_outcome {
	SKBSCOPE_TABLE_KEPT,     /* same name and shape: the same kernel map goes on */
	SKBSCOPE_TABLE_MIGRATED, /* another shape: rows were copied field by field */
	SKBSCOPE_TABLE_EMPTY,    /* starts empty because that was asked for */
	SKBSCOPE_TABLE_NEW,      /* no table of that name before */
	SKBSCOPE_TABLE_GONE,     /* the new program has no such table */
	SKBSCOPE_TABLE_REFUSED,  /* starts empty because its rows do not fit; text says why */
	/* A prog array that is not pinned: the new program has its own, filled from its
	 * @tail tags. */
	SKBSCOPE_TABLE_REFILLED,
};

struct skbscope_table_swap {
	const char *table;
	enum skbscope_table_outcome outcome;
	uint64_t rows; /* MIGRATED: how many */
	const char
		*text; /* one line for people: "bytes u32→u64, drops added"; "" if nothing to say */
};

/* Of one function of the program that runs now, beside the function of that name in
 * the one before. Times are the mean of one packet, from the kernel's run-time
 * statistics: NAN while none was measured. A target of tail calls is part of the
 * function that packets arrive at, and has no time of its own. */
struct skbscope_function_cost {
	const char *function;
	uint32_t verified_before, verified_after; /* instructions the verifier walked; 0: unknown */
	double run_ns_before, run_ns_after;
	uint64_t runs_before, runs_after; /* how many were measured */
	/* Both programs have the very same instructions and tables: what differs between
	 * the times is the machine's doing. */
	bool same_code;
};

/* What a swap did. Read-only to callers, made only by the library, may grow at its
 * end; it outlives the session. */
struct skbscope_swap {
	const struct skbscope_table_swap *tables; /* the new program's, then those GONE */
	size_t table_count;
	const struct skbscope_function_cost *costs; /* nothing is measured yet of the new ones */
	size_t cost_count;
	uint64_t load_ns; /* maps made and filled, programs verified */
	uint64_t swap_ns; /* from the first hook to the last */
};

struct skbscope_swap_options {
	size_t size;         /* sizeof this struct */
	const char *ingress; /* function; NULL: as the image's tags say; borrowed */
	const char *egress;  /* function; NULL: as the image's tags say; borrowed */
	bool reset;          /* tables and verdicts start empty (pinned tables do not) */
	/* Called when the new program is loaded, its tables are there, and no packet has met it
	 * yet. What it refuses is not swapped in. NULL: nothing is to be done then. */
	int (*prepare)(void *context, struct skbscope_session *next,
		       const struct skbscope_table_swap *tables, size_t table_count,
		       struct skbscope_error *error);
	void *context;
	/* The session is passive from then on, as if it had been opened without "enforce"; refused
	 * (-EPERM) where the image changes packets. */
	bool passive;
};

/* Puts another image in the place of the one that runs, on every hook of the
 * session: on each, a packet meets either the old program or the new one, never
 * neither, never both. All is loaded, verified and filled before; on failure the
 * old program goes on exactly as it was. A hook whose interface is gone stays
 * detached; it is a failure (-ENODEV) if there was no other.
 *
 * On success the session uses image, which must outlive it from now on, and the
 * one before may be freed. A direction that only one of the two programs has is
 * attached or detached on all interfaces. *out (may be NULL) is the caller's to
 * free. options may be NULL. docs/hot-swap.md says what is migrated and how. */
SKBSCOPE_API int
skbscope_session_swap(struct skbscope_session *session, const struct skbscope_image *image,
		      const struct skbscope_swap_options *options, struct skbscope_swap **out,
		      struct skbscope_diagnostics *diagnostics, struct skbscope_error *error);
SKBSCOPE_API void skbscope_swap_free(struct skbscope_swap *swap); /* accepts NULL */

/* The functions that are loaded now, in source order. As struct skbscope_swap. */
struct skbscope_costs {
	const struct skbscope_function_cost *functions;
	size_t count;
};

/* What the functions cost until now, since they were loaded or swapped in, and what
 * those of the same name cost before the last swap. Times need the session option
 * "measure" (or kernel.bpf_stats_enabled). */
SKBSCOPE_API int skbscope_session_costs(struct skbscope_session *session,
					struct skbscope_costs **out, struct skbscope_error *error);
SKBSCOPE_API void skbscope_costs_free(struct skbscope_costs *costs); /* accepts NULL */

#ifdef __cplusplus
}
#endif

#endif
