/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two judges of whether a function may run without --enforce. Each sees what the other
 * cannot, so both must agree, and neither may abstain: skbscope's walk over the
 * instructions knows helpers and struct __sk_buff and names the line; the kernel's
 * verifier, by the prologue it adds, knows every direct write to packet data.
 */
#ifndef KERNEL_PASSIVE_H
#define KERNEL_PASSIVE_H

#include <skbscope/diagnostics.h>
#include <skbscope/image.h>

#include "image/audit.h"

/* Before it is loaded. What the walk found is the caller's to free, and for rewriting. */
int passive_require(const struct skbscope_image *image,
		    const struct skbscope_image_program *program, struct audit_finding **findings,
		    size_t *count, struct skbscope_diagnostics *diagnostics,
		    struct skbscope_error *error);

/* Of the program that the kernel made of it, before it is attached. */
int passive_require_loaded(const struct skbscope_image *image,
			   const struct skbscope_image_program *program, int program_fd,
			   struct skbscope_diagnostics *diagnostics, struct skbscope_error *error);

#endif
