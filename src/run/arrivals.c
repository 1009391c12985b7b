/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says of interfaces is only a sign to look at all that are there. */
#include "run/arrivals.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "kernel/netns.h"
#include "kernel/session.h"
#include "run/attach.h"
#include "run/filter.h"
#include "run/targets.h"

static bool is_left_out(const struct arrivals *arrivals, uint32_t ifindex)
{
	for (size_t i = 0; i < arrivals->left_out_count; i++)
		if (arrivals->left_out[i] == ifindex)
			return true;
	return false;
}

/* Without memory it is said again. */
static void leave_out(struct arrivals *arrivals, const struct interface *interface, const char *why,
		      struct buffer *text)
{
	uint32_t *list =
		reallocarray(arrivals->left_out, arrivals->left_out_count + 1, sizeof(*list));

	if (list) {
		arrivals->left_out = list;
		list[arrivals->left_out_count++] = interface->ifindex;
	}
	buffer_printf(text, "%s came, and is left out: %s\n", interface->name, why);
}

static void say_kin(const struct targets *there, const struct interface *interface,
		    struct buffer *text)
{
	size_t count = 0;

	for (size_t i = 0; i < there->count; i++)
		if (there->items[i].ifindex != interface->ifindex &&
		    targets_are_kin(&there->items[i], interface))
			buffer_printf(text, "%s%s",
				      count++ ? ", " : "; a packet may pass it and is counted at: ",
				      there->items[i].name);
}

static void take(struct arrivals *arrivals, const struct targets *there, size_t at,
		 struct buffer *text)
{
	const struct interface *interface = &there->items[at];
	const struct targets one = { .names = &there->names[at], .count = 1 };
	struct skbscope_error error;
	int r;

	if (!filter_takes(arrivals->filter, interface)) {
		leave_out(arrivals, interface,
			  "the expression was compiled for packets of other kinds; it is in when "
			  "skbscope starts again",
			  text);
		return;
	}
	r = attach_session(arrivals->traffic, &one, false, arrivals->session, &error);
	if (r == -ENODEV)
		return; /* and went */
	if (r < 0) {
		leave_out(arrivals, interface, error.message, text);
		return;
	}
	buffer_printf(text, "%s came, and is attached to, too", interface->name);
	if (!interface_is_ethernet(interface))
		buffer_string(text, "; its packets do not begin with an Ethernet header");
	say_kin(there, interface, text);
	buffer_string(text, "\n");
}

static void look(struct arrivals *arrivals)
{
	AUTO(targets_clear) struct targets there = { 0 };
	AUTO(buffer_free) struct buffer text = { 0 };
	size_t before;

	session_forget_gone(arrivals->session);
	before = skbscope_session_attached(arrivals->session);
	/* None is up, or the namespace is gone: whoever looks at the hooks will tell. */
	if (targets_choose(arrivals->traffic, true, &there, NULL) < 0)
		return;
	for (size_t i = 0; i < there.count; i++) {
		const uint32_t ifindex = there.items[i].ifindex;

		if (ifindex && !session_has_hook(arrivals->session, ifindex) &&
		    !is_left_out(arrivals, ifindex))
			take(arrivals, &there, i, &text);
	}
	if (text.length)
		arrivals->came(arrivals->owner,
			       skbscope_session_attached(arrivals->session) - before,
			       buffer_text(&text));
}

static void ready(void *context, uint32_t events, uint64_t now_ns)
{
	struct arrivals *arrivals = context;
	char said[8192];

	(void)events;
	(void)now_ns;
	/* What there was no room for (ENOBUFS) is seen all the same. */
	while (recv(arrivals->source.fd, said, sizeof(said), 0) > 0 || errno == ENOBUFS)
		;
	look(arrivals);
}

static int watch(const struct traffic_settings *traffic, struct skbscope_error *error)
{
	AUTO(netns_leavep) struct netns_visit visit = NETNS_VISIT_INIT;
	AUTO(closep) int netns = -1;
	int fd, r;

	if (traffic->netns) {
		netns = netns_open(traffic->netns, error);
		r = netns < 0 ? netns : netns_enter(&visit, netns, error);
		if (r < 0)
			return r;
	}
	fd = interfaces_watch();
	return fd < 0 ? fail_errno(error, fd, SKBSCOPE_STAGE_ATTACH,
				   "cannot be told of interfaces that come")
		      : fd;
}

int arrivals_open(struct arrivals *arrivals, const struct traffic_settings *traffic,
		  struct skbscope_session *session, const struct skbscope_filter *filter,
		  struct loop *loop, struct skbscope_error *error)
{
	int r;

	if (!targets_are_any(traffic))
		return 0;
	arrivals->traffic = traffic;
	arrivals->session = session;
	arrivals->filter = filter;
	arrivals->source.fd = watch(traffic, error);
	if (arrivals->source.fd < 0)
		return arrivals->source.fd;
	arrivals->source.events = EPOLLIN;
	arrivals->source.priority = LOOP_REST;
	arrivals->source.ready = ready;
	arrivals->source.context = arrivals;
	r = loop_add(loop, &arrivals->source);
	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_ATTACH,
				  "cannot be told of interfaces that come");
	look(arrivals); /* those that came since they were chosen */
	return 0;
}

void arrivals_close(struct arrivals *arrivals)
{
	loop_remove(&arrivals->source);
	closep(&arrivals->source.fd);
	free(TAKE(arrivals->left_out));
	arrivals->left_out_count = 0;
}

bool arrivals_are_awaited(const struct arrivals *arrivals)
{
	return arrivals->source.fd >= 0;
}
