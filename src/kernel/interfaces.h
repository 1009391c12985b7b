/* SPDX-License-Identifier: Apache-2.0 */
/* Network interfaces, as rtnetlink knows them, in the calling thread's namespace. */
#ifndef KERNEL_INTERFACES_H
#define KERNEL_INTERFACES_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct interface {
	uint32_t ifindex;
	char name[IF_NAMESIZE];
	uint16_t type;    /* ARPHRD_* */
	uint32_t master;  /* the bridge or bond it is a port of; 0: none */
	uint32_t beneath; /* what it is stacked on, in the same namespace; 0: nothing */
	uint32_t link;    /* that, or its other end, in whichever namespace; itself: nothing */
};

/* By its name, by an alternative name, or as ip(8) prints it: "eth0@if2". -ENODEV if there
 * is none, another negative errno where the kernel cannot be asked. */
int interface_find(const char *name, struct interface *out);

/* A descriptor that can be read whenever an interface comes, goes or changes, in the calling
 * thread's namespace: what is read only says that it is time to look. Negative errno. */
int interfaces_watch(void);

/* Whether its packets begin with an Ethernet header. */
bool interface_is_ethernet(const struct interface *interface);
/* Whether they begin with no link-layer header, but with the IP header. */
bool interface_is_bare(const struct interface *interface);

#endif
