/* SPDX-License-Identifier: Apache-2.0 */
/* One program on one direction of one interface, by whichever hook the kernel has. */
#ifndef KERNEL_HOOKS_H
#define KERNEL_HOOKS_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include <skbscope/error.h>
#include <skbscope/snapshot.h>

#include "kernel/netns.h"

/* What the kernel is taken to have. Everything, in production: then the kernel is
 * asked by trying. Tests take things away. */
struct hook_support {
	bool tcx, clsact;
};

struct hook_program {
	const char *function;
	uint32_t id;
	int fd;
};

struct hook_request {
	uint32_t ifindex;
	char interface[IF_NAMESIZE];
	struct netns_identity netns; /* the one the calling thread is in */
	struct netns_guess netns_path;
	enum skbscope_direction direction;
	enum skbscope_hook wanted;
	struct hook_support support;
	struct hook_program program;
	bool first; /* in front of other programs on the hook, else behind */
};

struct clsact_filter;

struct hook {
	char interface[IF_NAMESIZE];
	uint32_t ifindex;
	struct netns_identity netns;
	struct netns_guess where;
	enum skbscope_direction direction;
	enum skbscope_hook kind; /* never AUTO */
	char *function;
	uint32_t program_id;
	int link;                     /* TCX */
	struct clsact_filter *filter; /* CLSACT */
};

/* In the calling thread's network namespace. On failure *out is untouched. */
int hook_attach(const struct hook_request *request, struct hook *out, struct skbscope_error *error);
bool hook_is_attached(const struct hook *hook); /* asks the kernel */
void hook_rename(struct hook *hook);            /* as its interface is called now */

/* Takes the program off; it can still be told what the hook was. On failure it may be
 * there yet, and this can be tried again. */
int hook_leave(struct hook *hook, struct skbscope_error *error);
/* What leaving did not find: an error, unless the kernel has freed its program, of which
 * no descriptor may be open any more. */
int hook_forget(struct hook *hook, struct skbscope_error *error);
/* Forgets the hook, off it or not. For one whose namespace was gone, call it when the
 * programs are closed. */
void hook_clear(struct hook *hook);

/* Someone put another program in the place of ours. */
bool hook_is_foreign(const struct hook *hook);
int hook_taken(const struct hook *hook, struct skbscope_error *error); /* -EBUSY */

/* Puts one program in the place of another, atomically for packets. -ENODEV, with
 * no error reported, where there is no place: the interface is gone, or someone
 * detached us. */
int hook_replace(struct hook *hook, const struct hook_program *from, const struct hook_program *to,
		 struct skbscope_error *error);

#endif
