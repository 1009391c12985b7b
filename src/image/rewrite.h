/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is made of a function before the kernel gets it. Every ability is a pass of the
 * table in rewrite.c, in the order stated there. They share one way: nothing moves inside
 * a function. An instruction becomes a jump to code behind the end, or code is put in
 * front. What the audit has to say is said before, of the function as it was compiled.
 */
#ifndef IMAGE_REWRITE_H
#define IMAGE_REWRITE_H

#include <skbscope/error.h>
#include <skbscope/image.h>

#include "image/filter.h"
#include "image/format.h"

enum rewrite_passes {
	REWRITE_SCRATCH = 1 << 0,   /* skb->cb is a copy of its own */
	REWRITE_REDIRECTS = 1 << 1, /* bpf_redirect() answers, and notes no destination */
	REWRITE_GUARDS = 1 << 2,    /* no packet load ends the function by itself */
	REWRITE_VERDICTS = 1 << 3,  /* verdicts are counted, and held back unless enforced */
	REWRITE_EVENTS = 1 << 4,    /* events that find no room are counted, see image/events.h */
	REWRITE_HARMLESS = 1 << 5,  /* nothing reaches beyond the copy of a packet */
	REWRITE_CLOCK = 1 << 6,     /* time is the recording's, and chance the same each time */
	REWRITE_FILTER = 1 << 7,    /* packets that a filter does not match pass by */
	REWRITE_INDEXES = 1 << 8,   /* indexes that an array has no slot for are counted */
	REWRITE_LENGTH = 1 << 9,    /* skb->len is what the packet had when it was recorded */
	REWRITE_POINTS = 1 << 10,   /* it is noted which instructions run, see image/points.h */
};

/* What it takes to count verdicts, and for a function to do no more than watch. */
#define REWRITE_ENFORCED (REWRITE_GUARDS | REWRITE_VERDICTS)
#define REWRITE_PASSIVE (REWRITE_ENFORCED | REWRITE_REDIRECTS | REWRITE_SCRATCH)
/* To be fed a recording. Whatever is done to the copy of a packet is of no consequence. */
#define REWRITE_REPLAY (REWRITE_ENFORCED | REWRITE_REDIRECTS | REWRITE_HARMLESS | REWRITE_CLOCK)

struct audit_finding;

struct rewrite_request {
	uint32_t passes;     /* enum rewrite_passes */
	bool enforce;        /* REWRITE_VERDICTS: the function's verdict is the answer */
	uint32_t first_slot; /* REWRITE_VERDICTS: in the verdict map, see image/passive.h */
	bool notes; /* REWRITE_VERDICTS, _EVENTS: those of each packet fed, see image/replay.h */
	const struct audit_finding *findings; /* REWRITE_SCRATCH: all of the function's */
	size_t finding_count;
	const struct audit_finding
		*uses; /* _EVENTS, _INDEXES, _LENGTH: as audit_uses() gives them */
	size_t use_count;
	const bool *counts;   /* REWRITE_INDEXES: of which maps, see events_count_indexes() */
	uint32_t map_count;   /* ... and how many maps the image has */
	const bool *as_ring;  /* REWRITE_EVENTS: which are EVENTS_AS_RING; NULL: none */
	uint32_t first_point; /* REWRITE_POINTS: of the function, among the image's */
	const struct skbscope_filter *filter; /* REWRITE_FILTER */
	enum filter_direction direction;      /* REWRITE_FILTER */
};

/* Numbers in relocations for maps that are the session's and not the image's. */
enum {
	REWRITE_MAP_VERDICTS = IMAGE_MAX_MAPS,
	REWRITE_MAP_EVENTS, /* see image/events.h */
	REWRITE_MAP_REPLAY, /* see image/replay.h */
	REWRITE_MAP_POINTS, /* a byte for each point of the image's functions */
};

/* As in struct skbscope_image_program. The image's first instruction is at FRONT. */
struct rewritten {
	struct bpf_insn *instructions;
	uint32_t instruction_count;
	struct skbscope_relocation *relocations;
	size_t relocation_count;
	struct bpf_func_info *functions;
	uint32_t function_count;
	struct bpf_line_info *lines;
	uint32_t line_count;
	uint32_t front;
};

/* *out is written only on success. */
int rewrite_program(const struct skbscope_image_program *program,
		    const struct rewrite_request *request, struct rewritten *out,
		    struct skbscope_error *error);
void rewritten_clear(struct rewritten *rewritten);

/* The table, and rewriting by another one. */
struct rewrite;
struct rewrite_pass {
	uint32_t bit; /* applied if the request has it */
	const char *name;
	int (*apply)(struct rewrite *rewrite);
};
const struct rewrite_pass *rewrite_passes(size_t *count);
int rewrite_by(const struct rewrite_pass *passes, size_t count,
	       const struct skbscope_image_program *program, const struct rewrite_request *request,
	       struct rewritten *out, struct skbscope_error *error);

#endif
