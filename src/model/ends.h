/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where packets come from and go to, as a row's key tells it: two addresses and two ports, an
 * address and a port, or a port. Known by types and names of members, as for showing them.
 */
#ifndef MODEL_ENDS_H
#define MODEL_ENDS_H

#include <skbscope/snapshot.h>

struct ends_plan {
	size_t count;                                       /* of ends; 0: the key tells none */
	const struct skbscope_column *address[2], *port[2]; /* address: NULL, if there is none */
	const struct skbscope_column *protocol;             /* NULL: it does not say */
};

struct end {
	uint8_t address[16]; /* IPv4 as ::ffff:192.0.2.1; all zeros: any, or not told */
	uint16_t port;
};

struct ends {
	struct end end[2];
	uint8_t protocol; /* 0: not told */
};

struct ends_plan ends_plan_of(const struct skbscope_schema *schema);
struct ends ends_read(const struct ends_plan *plan, const uint8_t *key);

#endif
