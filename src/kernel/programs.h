/* SPDX-License-Identifier: Apache-2.0 */
/* Loading an image's functions as tc programs: relocated, passive, verified. */
#ifndef KERNEL_PROGRAMS_H
#define KERNEL_PROGRAMS_H

#include <linux/bpf.h>
#include <skbscope/diagnostics.h>
#include <skbscope/image.h>

#include "image/filter.h"
#include "kernel/maps.h"

struct loaded_program {
	const struct skbscope_image_program *program;
	uint32_t first_slot;  /* in the verdict map */
	uint32_t first_point; /* among those of the session's functions, where they are noted */
	uint64_t load_ns;     /* how long the kernel took */
	uint32_t verified;    /* instructions walked, by the verifier's own words; 0: not asked */
	uint32_t stack;       /* bytes, of all its subprograms; 0 if not asked */
	uint32_t id;
	int fd; /* -1: not loaded */
};

struct load_options {
	bool enforce;
	bool statistics;                      /* ask the verifier what it walked */
	enum skbscope_severity severity;      /* of a refusal by the verifier */
	const struct skbscope_filter *filter; /* in front of an entry function; NULL: none */
	enum filter_direction direction;
};

/* A function that the verifier refuses is reported with that severity, and
 * -EACCES is returned with SKBSCOPE_STAGE_VERIFY. Unless enforced, one that changes
 * packets is refused, too (kernel/passive.h); of recorded packets it may change its copy. */
int program_load(const struct skbscope_image *image, const struct map_set *maps,
		 const struct load_options *options, struct loaded_program *program,
		 struct skbscope_diagnostics *diagnostics, struct skbscope_error *error);

/* What the kernel says of a program; 0 or a negative errno. */
int program_info(int fd, struct bpf_prog_info *out);

#endif
