/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the default route's interface in the kernel's own listings. */
#include "run/route.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/span.h"

#define TABLE_MAX (4u << 20) /* a router with a full table is no default case */
#define ROUTE_UP 0x0001u
#define ROUTE_REJECT 0x0200u

bool route_default_ipv4(const char *table, char interface[IF_NAMESIZE])
{
	unsigned int best = UINT32_MAX;
	bool found = false;
	struct span rest = span_of(table), line;

	while (span_next_line(&rest, &line)) {
		unsigned int destination, gateway, flags, metric, mask;
		char name[IF_NAMESIZE];

		if (sscanf(line.text, "%15s %x %x %x %*d %*d %u %x", name, &destination, &gateway,
			   &flags, &metric, &mask) != 6)
			continue; /* the heading */
		if (destination || mask || !(flags & ROUTE_UP) || flags & ROUTE_REJECT)
			continue;
		if (!found || metric < best) {
			found = true;
			best = metric;
			strcpy(interface, name);
		}
	}
	return found;
}

bool route_default_ipv6(const char *table, char interface[IF_NAMESIZE])
{
	unsigned int best = UINT32_MAX;
	bool found = false;
	struct span rest = span_of(table), line;

	while (span_next_line(&rest, &line)) {
		char destination[33], name[IF_NAMESIZE];
		unsigned int prefix, metric, flags;

		if (sscanf(line.text, "%32s %x %*s %*x %*s %x %*x %*x %x %15s", destination,
			   &prefix, &metric, &flags, name) != 5)
			continue;
		if (prefix || strspn(destination, "0") != 32 || strcmp(name, "lo") == 0 ||
		    !(flags & ROUTE_UP) || flags & ROUTE_REJECT)
			continue;
		if (!found || metric < best) {
			found = true;
			best = metric;
			strcpy(interface, name);
		}
	}
	return found;
}

bool route_default_interface(char interface[IF_NAMESIZE])
{
	static const struct {
		const char *path;
		bool (*find)(const char *table, char interface[IF_NAMESIZE]);
	} tables[] = {
		{ "/proc/thread-self/net/route", route_default_ipv4 },
		{ "/proc/thread-self/net/ipv6_route", route_default_ipv6 },
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		AUTO(buffer_free) struct buffer text = { 0 };

		/* Whatever could be read of it: an error leaves the text empty or short. */
		read_file(tables[i].path, TABLE_MAX, &text);
		if (tables[i].find(buffer_text(&text), interface))
			return true;
	}
	strcpy(interface, "lo");
	return false;
}
