/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clsact: a classic tc filter in direct-action mode, for kernels without tcx. The
 * kernel keeps such a filter when its owner dies, so every one is written into a
 * ledger first (kernel/ledger.h), by which anyone of us can remove it later.
 */
#ifndef KERNEL_CLSACT_H
#define KERNEL_CLSACT_H

#include "kernel/hooks.h"

struct clsact_filter;

/* -EOPNOTSUPP where the kernel has no clsact qdisc or no bpf classifier. */
int clsact_attach(const struct hook_request *request, struct clsact_filter **out,
		  struct skbscope_error *error);
/* Asks the kernel; where that takes more descriptors or memory than there are, what
 * it said last. */
bool clsact_is_attached(struct clsact_filter *filter);

/* Another program in the place of the one that is there, atomically for packets.
 * -ENODEV if the filter is not there any more. */
int clsact_replace(struct clsact_filter *filter, const char *function, int program,
		   uint32_t program_id);

/* Removes the filter if it is still ours, and with it the qdisc if we added it and
 * nobody uses it. Frees it and makes it NULL; but not on failure, nor where its network
 * namespace is not found, which is none: whether that is gone is seen when the programs
 * are closed. */
int clsact_detach(struct clsact_filter **filter, struct skbscope_error *error);
/* Frees what clsact_detach() left, after a last attempt; accepts NULL. A filter that
 * may still be there stays in the ledger, and is an error. */
int clsact_forget(struct clsact_filter *filter, struct skbscope_error *error);

#endif
