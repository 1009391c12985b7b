/* SPDX-License-Identifier: Apache-2.0 */
/* The interface a person most likely means: the one the default route leaves by. */
#ifndef RUN_ROUTE_H
#define RUN_ROUTE_H

#include <net/if.h>
#include <stdbool.h>

/* From the text of /proc/net/route and /proc/net/ipv6_route; false if there is
 * no default route in it. */
bool route_default_ipv4(const char *table, char interface[IF_NAMESIZE]);
bool route_default_ipv6(const char *table, char interface[IF_NAMESIZE]);

/* The default route's interface in this network namespace, else "lo"; whether
 * there was a route. */
bool route_default_interface(char interface[IF_NAMESIZE]);

#endif
