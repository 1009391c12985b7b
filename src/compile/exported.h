/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image in a file of its own, with what it depends on beside its bytes: of the machine that
 * compiled it, what is asked of the one that runs it. See docs/export.md.
 */
#ifndef COMPILE_EXPORTED_H
#define COMPILE_EXPORTED_H

#include <skbscope/error.h>
#include <skbscope/image.h>

#include "base/buffer.h"
#include "compile/cache_key.h"

#define EXPORTED_MAX_BYTES ((64u << 20) + (64u << 10)) /* an image, and what is beside it */

struct machine {
	const char *name;    /* of the architecture, as uname has it */
	const char *release; /* of the kernel */
	uint32_t cpus;       /* that there could be */
	bool has_types;
	uint8_t types[CACHE_HASH_BYTES]; /* of the kernel's BTF */
};

struct exported {
	struct machine machine;
	/* Facts of that kernel by which the program was compiled: "HZ, NR_CPUS"; or "". */
	const char *facts;
};

/* This one. with_types: the hash, which takes some milliseconds. Strings are static. */
int machine_here(bool with_types, struct machine *out, struct skbscope_error *error);

int exported_write(const struct exported *exported, const struct skbscope_image *image,
		   struct buffer *out);
/* Trusts nothing. Strings are borrowed from data. */
int exported_read(const char *data, size_t length, struct exported *out,
		  struct skbscope_image **image, struct skbscope_error *error);

/* Whether the image means here what it meant there; else says what it needs. */
int exported_require(const struct exported *exported, const struct skbscope_image *image,
		     const struct machine *here, struct skbscope_error *error);

#endif
