/* SPDX-License-Identifier: Apache-2.0 */
/* What the filter's translation is written with: code that grows, and jumps to places that
 * are not there yet. */
#ifndef IMAGE_FILTER_CODE_H
#define IMAGE_FILTER_CODE_H

#include "base/buffer.h"
#include "image/assemble.h"
#include "image/filter.h"

/* Where jumps lead: classic instructions from 0 on in each copy, and these. */
enum filter_place { FILTER_CLASSIC, FILTER_SLOW, FILTER_NO_MATCH, FILTER_MATCH };

struct filter_code {
	enum filter_direction direction;
	struct buffer instructions;
	struct buffer jumps; /* struct filter_jump */
	struct buffer slow;  /* struct filter_slow: loads that need the helper */
	uint32_t *starts;    /* of the copy's classic instructions */
	bool tagged;         /* this copy is for frames whose tag is beside them */
	bool far;            /* a jump does not reach */
};

enum {
	FILTER_CONTEXT = BPF_REG_6,
	FILTER_A = BPF_REG_7,
	FILTER_X = BPF_REG_8,
	FILTER_OFFSET = BPF_REG_2, /* of a load, where it is not constant */
};

uint32_t filter_count(const struct filter_code *code);
uint32_t filter_emit(struct filter_code *code, struct bpf_insn insn);
/* A jump, to be completed by filter_finish(). */
void filter_jump(struct filter_code *code, struct bpf_insn insn, enum filter_place place,
		 uint32_t index);
/* The jump AT leads to what comes next. */
void filter_land(struct filter_code *code, uint32_t at);
/* The copy's jumps between classic instructions: their places are known now. */
void filter_finish_copy(struct filter_code *code);
/* Loads out of line, both ends, and the jumps to them. */
void filter_finish(struct filter_code *code);

/* SIZE bytes of the packet at OFFSET, or with indexed at X + OFFSET, as a number. No match
 * if the packet is too short. Of a tagged frame: as if the tag were in it. */
void filter_load(struct filter_code *code, uint8_t target, uint32_t size, uint32_t offset,
		 bool indexed);
/* A field of the context. */
void filter_load_field(struct filter_code *code, uint8_t target, size_t field);

#endif
