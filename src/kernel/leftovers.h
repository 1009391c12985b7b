/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters in the ledger whose owner has died. Only what matches the ledger in
 * interface, direction, priority, handle, name and program id is ever removed.
 */
#ifndef KERNEL_LEFTOVERS_H
#define KERNEL_LEFTOVERS_H

#include "kernel/ledger.h"

struct leftover {
	struct ledger_entry entry;
	/* 1: the kernel still has the filter; 0: only the record is left; negative: cannot
	 * be told, because its network namespace is not to be found (-ENOENT), or its owner
	 * may live in another PID namespace (-EXDEV). */
	int present;
};

/* In a new array that the caller frees. interface NULL: all. A missing ledger is
 * an empty one. */
int leftovers_list(const char *interface, struct leftover **out, size_t *count,
		   struct skbscope_error *error);

/* *removed (may be NULL) counts the filters taken out of the kernel. */
int leftovers_remove(const char *interface, size_t *removed, struct skbscope_error *error);

/* For an attachment that has the ledger open already. */
int leftovers_sweep(struct ledger *ledger, const struct ledger_entry *same_interface);

struct tc;
struct tc_filter;

/* The entry's filter, in the calling thread's namespace. 1: there, 0: not. */
int leftover_find(struct tc *tc, const struct ledger_entry *entry, struct tc_filter *out);

/* Takes one filter and, where we added it and nobody uses it, its qdisc out of
 * the kernel, and the entry out of the ledger. 1 if the filter was there, 0 if it is
 * gone, -ENOENT if its namespace is not found and its program still in the kernel. */
int filter_remove(struct ledger *ledger, struct ledger_entry *entry);
/* The same without a ledger: the entry stays, and nobody is told of a qdisc that others
 * still use. */
int filter_remove_alone(struct ledger_entry *entry);
/* Says that it could not be: why, and what to do. Returns the code. */
int leftover_not_removed(const struct ledger_entry *entry, int code, struct skbscope_error *error);

#endif
