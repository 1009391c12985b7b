/* SPDX-License-Identifier: Apache-2.0 */
/* The running kernel's structs as C declarations. */
#ifndef COMPILE_KERNEL_TYPES_H
#define COMPILE_KERNEL_TYPES_H

#include <skbscope/error.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "base/span.h"

/* C declarations, from the running kernel's BTF (/sys/kernel/btf/vmlinux), of the
 * structs that the small tree leaves incomplete. -ENOENT where the kernel has no
 * BTF. The worker finds the text through the macro SKBSCOPE_KERNEL_TYPES, which
 * the tree's headers include; see programs/kernel/README.md. */
int kernel_types_generate(struct buffer *out, struct skbscope_error *error);
struct btf;
int kernel_types_write(const struct btf *btf, struct buffer *out, struct skbscope_error *error);

/* Whether kernel_types_generate() would define struct NAME on some kernel. */
bool kernel_types_offers(struct span name);
/* Whether the running kernel has a struct NAME at all; true where nobody can say. */
bool kernel_types_known(const char *name);

#endif
