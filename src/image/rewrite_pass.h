/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What passes are made of. A pass sees the code that the passes before it left, what they
 * added included; indexes stay valid until code is put in front. Running out of memory is
 * noticed when all is done: until then what is added is lost, and what is read is zero.
 */
#ifndef IMAGE_REWRITE_PASS_H
#define IMAGE_REWRITE_PASS_H

#include "base/buffer.h"
#include "image/assemble.h"
#include "image/rewrite.h"

struct rewrite {
	const struct rewrite_request *request;
	const struct skbscope_image_program *program; /* as it was compiled */
	const char *name;
	struct skbscope_error *error;
	struct buffer instructions, relocations, functions, lines;
	uint32_t front;
};

uint32_t rewrite_count(const struct rewrite *rewrite);
struct bpf_insn rewrite_at(const struct rewrite *rewrite, uint32_t at);

/* Adds behind the end; returns the index. */
uint32_t rewrite_append(struct rewrite *rewrite, struct bpf_insn insn);
/* The two slots of a load of MAP, which has its relocation. KIND is BPF_PSEUDO_MAP_FD, or
 * BPF_PSEUDO_MAP_VALUE with an offset into the map's one entry. */
void rewrite_append_map(struct rewrite *rewrite, uint8_t target, uint8_t kind, uint32_t map,
			uint32_t offset);
void rewrite_put(struct rewrite *rewrite, uint32_t at, struct bpf_insn insn);
/* Makes the one-slot instruction AT a jump to TARGET; false if that is too far. */
bool rewrite_jump(struct rewrite *rewrite, uint32_t at, uint32_t target);
/* All jumps are relative: what shifts is relocations and records. The kernel wants a line
 * record where a function starts, so the code in front is on the first record's line. */
void rewrite_prepend(struct rewrite *rewrite, const struct bpf_insn *insns, uint32_t count);

/* "function 'NAME' WHAT" */
int rewrite_refuse(const struct rewrite *rewrite, int code, const char *what);

/* The passes, each in a file of its own. */
int scratch_apply(struct rewrite *rewrite);
int events_apply(struct rewrite *rewrite);
int indexes_apply(struct rewrite *rewrite);
int points_apply(struct rewrite *rewrite);
int redirects_apply(struct rewrite *rewrite);
int guards_apply(struct rewrite *rewrite);
int passive_apply(struct rewrite *rewrite);
int filter_apply(struct rewrite *rewrite);

#endif
