/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network namespaces: finding them, being in one for a moment, and knowing one
 * again. Nothing here holds a namespace open for longer than a call, because a
 * held namespace outlives its deletion, and our filters in it too.
 */
#ifndef KERNEL_NETNS_H
#define KERNEL_NETNS_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <skbscope/error.h>

#define NETNS_DIRECTORY "/run/netns"

/* Inode numbers are used again after a namespace ends; cookies are not, but
 * kernels before 5.14 have none (0). */
struct netns_identity {
	uint64_t device, inode, cookie;
};

/* The calling thread's. */
int netns_identity(struct netns_identity *out);
bool netns_same(const struct netns_identity *a, const struct netns_identity *b);

/* A name under /run/netns, a PID, or a path; NULL is the thread's own. Returns a
 * descriptor. */
int netns_open(const char *specification, struct skbscope_error *error);

/* A visit: enter, do, leave. Only the calling thread moves. Entering the
 * namespace one is in already costs nothing. */
struct netns_visit {
	int home; /* -1: not away */
};
#define NETNS_VISIT_INIT                                                                           \
	{                                                                                          \
		.home = -1                                                                         \
	}
int netns_enter(struct netns_visit *visit, int fd, struct skbscope_error *error);
int netns_leave(struct netns_visit *visit);   /* -errno when there is no way back */
void netns_leavep(struct netns_visit *visit); /* for AUTO() */

struct netns_guess {
	char path[320];
};
/* The absolute path of a specification that is one, as far as that will find the
 * namespace again; else "". */
void netns_path(const char *specification, struct netns_guess *out);

/* A descriptor of the namespace with this identity, looked for under
 * /run/netns and among all processes; -ENOENT if it is gone or hidden, another -errno
 * where there are too few descriptors or too little memory to know. A guess
 * (which may be NULL) is the path where it was last time: tried first, and
 * updated; start with what netns_path() gave. */
int netns_find(const struct netns_identity *identity, struct netns_guess *guess);

/* Does something in a namespace that is found again: -ENOENT if it is gone, else what
 * the function answers. */
int netns_run(const struct netns_identity *identity, struct netns_guess *guess,
	      int (*function)(void *context), void *context);

/* What an interface of that namespace is called now: as netns_run(). */
int netns_interface_name(const struct netns_identity *identity, struct netns_guess *guess,
			 uint32_t ifindex, char name[IF_NAMESIZE]);

/* The names under /run/netns whose namespace has an interface of this name,
 * comma-separated; empty if none. */
void netns_with_interface(const char *interface, char *out, size_t size);

#endif
