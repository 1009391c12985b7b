/* SPDX-License-Identifier: Apache-2.0 */
/* Which interfaces are meant, and what is peculiar about them. */
#include "run/targets.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "kernel/netns.h"
#include "run/report.h"
#include "run/route.h"

#define STAGE SKBSCOPE_STAGE_ATTACH
#define PAIRS_SHOWN 6

static int add(struct targets *targets, const char *name, struct skbscope_error *error)
{
	struct interface *items =
		reallocarray(targets->items, targets->count + 1, sizeof(*targets->items));
	char **names = reallocarray(targets->names, targets->count + 1, sizeof(*targets->names));
	int r;

	targets->items = items ? items : targets->items;
	targets->names = names ? names : targets->names;
	if (!items || !names || !(names[targets->count] = strdup(name)))
		return fail_memory(error, STAGE);
	/* Attaching says what is wrong with a name that is not found. */
	r = interface_find(name, &items[targets->count]);
	if (r == -ENODEV)
		items[targets->count] = (struct interface){ 0 };
	targets->count++;
	return r < 0 && r != -ENODEV
		       ? fail_errno(error, r, STAGE, "cannot look at interface '%s'", name)
		       : 0;
}

static bool is_up(int sock, const char *name)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(sock, SIOCGIFFLAGS, &request) == 0 && request.ifr_flags & IFF_UP;
}

static int add_all(struct targets *targets, struct skbscope_error *error)
{
	AUTO(closep) int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct if_nameindex *list = if_nameindex();
	int r = 0;

	for (size_t i = 0; r == 0 && list && list[i].if_name; i++)
		if (is_up(sock, list[i].if_name))
			r = add(targets, list[i].if_name, error);
	if_freenameindex(list);
	if (r == 0 && !targets->count)
		r = fail(error, ENODEV, STAGE, "no interface is up");
	return r;
}

/* One list item of each -i after the other, until the function answers other than 0. */
static int each_wanted(const struct list *wanted, int (*function)(void *context, const char *name),
		       void *context, struct skbscope_error *error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < wanted->count; i++) {
		AUTO(freep) char *copy = strdup(wanted->items[i]);
		char *rest = copy;

		if (!copy)
			return fail_memory(error, STAGE);
		for (char *name = strsep(&rest, ","); r == 0 && name; name = strsep(&rest, ","))
			r = function(context, name);
	}
	return r;
}

static int is_any(void *context, const char *name)
{
	(void)context;
	return strcmp(name, "any") == 0;
}

bool targets_are_any(const struct traffic_settings *traffic)
{
	return each_wanted(&traffic->interfaces, is_any, NULL, NULL) == 1;
}

struct choice {
	struct targets *targets;
	struct skbscope_error *error;
};

static int add_wanted(void *context, const char *name)
{
	struct choice *choice = context;

	if (!is_any(NULL, name))
		return add(choice->targets, name, choice->error);
	choice->targets->any = true;
	return add_all(choice->targets, choice->error);
}

static int add_default(struct targets *targets, bool quiet, struct skbscope_error *error)
{
	char interface[IF_NAMESIZE];
	bool by_route = route_default_interface(interface);

	if (!quiet)
		report_say("no -i given: using %s, %s", interface,
			   by_route ? "the interface of the default route"
				    : "as there is no default route");
	return add(targets, interface, error);
}

static int choose_here(const struct list *wanted, bool quiet, struct targets *targets,
		       struct skbscope_error *error)
{
	struct choice choice = { targets, error };

	return wanted->count ? each_wanted(wanted, add_wanted, &choice, error)
			     : add_default(targets, quiet, error);
}

int targets_choose(const struct traffic_settings *traffic, bool quiet, struct targets *targets,
		   struct skbscope_error *error)
{
	AUTO(netns_leavep) struct netns_visit visit = NETNS_VISIT_INIT;
	AUTO(closep) int netns = -1;
	int r;

	if (traffic->recording)
		return 0;
	if (traffic->local.count)
		return hint(
			error,
			fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			     "--local says whose packets are outgoing in a capture, and none is "
			     "read"),
			"of an interface the kernel knows it; for a capture add -r FILE");
	if (traffic->netns) {
		netns = netns_open(traffic->netns, error);
		r = netns < 0 ? netns : netns_enter(&visit, netns, error);
		if (r < 0)
			return r;
	}
	return choose_here(&traffic->interfaces, quiet, targets, error);
}

void targets_clear(struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		free(targets->names[i]);
	free(targets->names);
	free(targets->items);
}

void targets_drop(struct targets *targets, size_t at)
{
	free(targets->names[at]);
	targets->count--;
	memmove(&targets->names[at], &targets->names[at + 1],
		(targets->count - at) * sizeof(*targets->names));
	memmove(&targets->items[at], &targets->items[at + 1],
		(targets->count - at) * sizeof(*targets->items));
}

bool targets_are_kin(const struct interface *a, const struct interface *b)
{
	return a->master == b->ifindex || b->master == a->ifindex || a->beneath == b->ifindex ||
	       b->beneath == a->ifindex;
}

static void remark_twice(const struct interface *a, const struct interface *b)
{
	bool pair = a->beneath == b->ifindex && b->beneath == a->ifindex;

	if (a->master == b->ifindex)
		report_say("%s is a port of %s: a packet that passes both is counted twice",
			   a->name, b->name);
	else if (pair && a->ifindex < b->ifindex)
		report_say("%s and %s are the ends of one pair: what leaves by one arrives by the "
			   "other, and is counted twice where both directions are",
			   a->name, b->name);
	else if (!pair && a->beneath == b->ifindex)
		report_say("%s is on top of %s: a packet that passes both is counted twice",
			   a->name, b->name);
}

/* Of many interfaces, in one line. */
static void remark_kin(const struct targets *targets)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	size_t pairs = 0;

	for (size_t i = 0; i < targets->count; i++)
		for (size_t k = i + 1; k < targets->count; k++) {
			const struct interface *a = &targets->items[i], *b = &targets->items[k];

			if (targets_are_kin(a, b) && pairs++ < PAIRS_SHOWN)
				buffer_printf(&text, "%s%s and %s", pairs > 1 ? ", " : "", a->name,
					      b->name);
		}
	if (pairs > PAIRS_SHOWN)
		buffer_printf(&text, ", and %zu other pairs", pairs - PAIRS_SHOWN);
	if (pairs)
		report_say("a packet may pass two of these, and is counted at each: %s",
			   buffer_text(&text));
}

void targets_remark(const struct targets *targets, size_t hooks)
{
	for (size_t i = 0; i < targets->count; i++) {
		const struct interface *item = &targets->items[i];

		if (interface_is_bare(item))
			report_say("packets of %s have no link-layer header, they begin with the "
				   "IP header: a program that expects Ethernet reads wrong bytes",
				   item->name);
		else if (!interface_is_ethernet(item))
			report_say("packets of %s have another link-layer header than Ethernet: a "
				   "program that expects Ethernet reads wrong bytes",
				   item->name);
		if (item->type == ARPHRD_LOOPBACK && hooks == 2 * targets->count)
			report_say("every packet of %s goes out and comes in: the program sees it "
				   "twice, at egress and at ingress",
				   item->name);
		for (size_t k = 0; k < targets->count && !targets->any; k++)
			remark_twice(item, &targets->items[k]);
	}
	if (targets->any)
		remark_kin(targets);
}
