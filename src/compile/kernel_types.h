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

/* The running kernel's BTF, or NULL with errno; for btf__free(). */
struct btf *kernel_types_load(void);
/* Whether it has a struct or union of that name, or else a typedef or an enumerator. */
bool kernel_types_have(const struct btf *btf, bool tag, struct span name);

#endif
