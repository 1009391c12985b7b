/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few words of rtnetlink that traffic control needs: qdiscs found, added and
 * deleted, filters listed, added and deleted. Decides nothing; that is clsact.c.
 */
#ifndef KERNEL_TC_H
#define KERNEL_TC_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skbscope/snapshot.h>

struct tc; /* one socket, in the namespace its maker was in */

int tc_open(struct tc **out);
void tc_closep(struct tc **tc);

/* A request of any other kind, to be completed and exchanged before the next is begun. */
struct nlmsghdr *tc_request(struct tc *tc, uint16_t type, uint16_t flags);
int tc_exchange(struct tc *tc, struct nlmsghdr *request, mnl_cb_t callback, void *data);

/* What the kernel said about the last refusal; "" if nothing. Borrowed. */
const char *tc_message(const struct tc *tc);

uint32_t tc_parent(enum skbscope_direction direction);

/* The kind of qdisc at the ingress and egress hook, "clsact" or "ingress"; -ENOENT
 * if there is none. */
int tc_qdisc_find(struct tc *tc, uint32_t ifindex, char kind[16]);
int tc_clsact_add(struct tc *tc, uint32_t ifindex); /* -EEXIST if there is one */
int tc_clsact_delete(struct tc *tc, uint32_t ifindex);

struct tc_filter {
	uint32_t ifindex, parent, handle;
	uint16_t priority;
	char kind[16];
	/* Of a bpf filter: */
	char name[256];
	uint32_t program_id;
};

/* All filters of one direction in a new array that the caller frees; none, and
 * no error, where there is no qdisc. */
int tc_filter_list(struct tc *tc, uint32_t ifindex, enum skbscope_direction direction,
		   struct tc_filter **out, size_t *count);
/* In direct-action mode, for every protocol; -EEXIST if the place is taken. */
int tc_filter_add(struct tc *tc, const struct tc_filter *filter, int program);
/* Another program and name in a filter that is there, atomically for packets; -ENOENT
 * if it is not. */
int tc_filter_change(struct tc *tc, const struct tc_filter *filter, int program);
int tc_filter_delete(struct tc *tc, const struct tc_filter *filter);

#endif
